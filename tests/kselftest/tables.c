// SPDX-License-Identifier: GPL-2.0
/* Page tables go with a large allocation, and nothing else does. */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "proc.h"
#include "vm.h"

#define MB	  ((SIZE_T)1 << 20)
#define LARGE	  (512 * MB)
#define TABLES_KB ((long)(LARGE / (2 * MB) * 4))

static long tables_kb(void)
{
	return proc_status("VmPTE:");
}

static void touch_sparsely(char *base)
{
	for (SIZE_T offset = 0; offset < LARGE; offset += 2 * MB)
		base[offset] = 1;
}

TEST(tables_go_with_a_large_allocation)
{
	char *before = commit(MB), *base = commit(LARGE), *after = commit(MB);
	long empty = tables_kb();
	long maps = proc_vmas();

	ASSERT_NE(NULL, base);
	before[0] = 'b';
	after[0] = 'a';
	for (int round = 0; round < 3; round++) {
		touch_sparsely(base);
		EXPECT_LE(empty + TABLES_KB - 64, tables_kb());
		ASSERT_TRUE(release(base));
		EXPECT_GE(empty + 64, tables_kb());
		EXPECT_EQ(maps, proc_vmas());
		EXPECT_READS('b', before);
		EXPECT_READS('a', after);
		ASSERT_EQ(base,
			  VirtualAlloc(base, LARGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
		EXPECT_READS(0, base + LARGE / 2);
	}
	ASSERT_TRUE(release(base));
}

/* What Linux was told about the mapping stays: it is not mapped again then. */
TEST(advice_and_locks_stay)
{
	char *base = commit(LARGE);
	long maps;

	ASSERT_NE(NULL, base);
	ASSERT_EQ(0, madvise(base, LARGE, MADV_RANDOM));
	touch_sparsely(base);
	maps = proc_vmas();
	ASSERT_TRUE(release(base));
	EXPECT_EQ(maps, proc_vmas());
	ASSERT_EQ(base, VirtualAlloc(base, MB, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
	EXPECT_WRITES(base, 1);
}

/* A part of an allocation, with code beside it. */
TEST(released_in_parts)
{
	char *base = commit(LARGE);
	struct winvm_counters counted;
	long maps;

	ASSERT_NE(NULL, base);
	maps = proc_vmas();
	touch_sparsely(base);
	ASSERT_TRUE(protect(base + 4 * MB, MB, PAGE_EXECUTE_READWRITE));
	EXPECT_NTH(ST_SUCCESS, base + 64 * MB, 256 * MB,
		   nt_free(base + 64 * MB, 256 * MB, MEM_RELEASE));
	EXPECT_READS(1, base + 62 * MB);
	EXPECT_READS(1, base + 320 * MB);
	EXPECT_VIOLATION_READ(base + 64 * MB);
	EXPECT_READS(1, base + 4 * MB);
	ASSERT_TRUE(protect(base + 4 * MB, MB, PAGE_READWRITE));
	EXPECT_EQ(maps, proc_vmas());
	counted = counters();
	EXPECT_EQ((uint64_t)(LARGE - 256 * MB), counted.virtual_bytes);
}

static atomic_bool stop;

static void *keep_touching(void *argument)
{
	char *near = argument;

	while (!atomic_load(&stop))
		for (SIZE_T offset = 0; offset < MB; offset += PAGE)
			near[offset]++;
	return NULL;
}

/* Neighbours notice nothing. */
TEST(threads_beside_it_go_on)
{
	char *near = commit(MB), *base = commit(LARGE);
	pthread_t thread;

	ASSERT_EQ(0, pthread_create(&thread, NULL, keep_touching, near));
	for (int round = 0; round < 10; round++) {
		touch_sparsely(base);
		ASSERT_TRUE(release(base));
		ASSERT_EQ(base,
			  VirtualAlloc(base, LARGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
	}
	atomic_store(&stop, true);
	pthread_join(thread, NULL);
}

VM_TEST_MAIN
