// SPDX-License-Identifier: GPL-2.0
/* Limits of the working set, and what leaves it (SPEC 8.2). */
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "proc.h"
#include "working-set.h"

#define EMPTY ((SIZE_T)-1)

static long soft_faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_minflt;
}

static long hard_faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_majflt;
}

static SIZE_T machine_pages(void)
{
	return (SIZE_T)proc_meminfo_kb("MemTotal:") / 4;
}

TEST(WS_1_defaults)
{
	SIZE_T minimum = MARK, maximum = MARK;

	EXPECT_WORKS(GetProcessWorkingSetSize(GetCurrentProcess(), &minimum, &maximum));
	EXPECT_EQ(204800u, minimum);
	EXPECT_EQ(1413120u, maximum);
}

/* The maximum is a wish: more than that can be present. */
TEST(WS_1_limits_are_soft)
{
	char *base = commit(400 * PAGE);

	ASSERT_NE(NULL, base);
	touch(base, 400 * PAGE);
	EXPECT_EQ(400u, pages_valid(base, 400 * PAGE));
}

TEST(WS_2_a_small_minimum_becomes_20)
{
	EXPECT_WORKS(set_limits(1, 100));
	EXPECT_LIMITS(20, 100);
	EXPECT_WORKS(set_limits(19, 100));
	EXPECT_LIMITS(20, 100);
	EXPECT_WORKS(SetProcessWorkingSetSize(GetCurrentProcess(), 1, 100 * PAGE));
	EXPECT_LIMITS(20, 100);
	EXPECT_WORKS(set_limits(21, 100));
	EXPECT_LIMITS(21, 100);
}

TEST(WS_2_maximum_of_13_pages_at_least)
{
	EXPECT_FAILS(87, set_limits(1, 12));
	EXPECT_LIMITS(50, 345);
	EXPECT_WORKS(set_limits(1, 13));
}

TEST(WS_2_minimum_not_above_the_maximum)
{
	EXPECT_FAILS(87, set_limits(101, 100));
	EXPECT_LIMITS(50, 345);
	EXPECT_WORKS(set_limits(100, 100));
	EXPECT_LIMITS(100, 100);
}

TEST(WS_2_maximum_leaves_512_pages)
{
	SIZE_T pages = machine_pages();

	EXPECT_FAILS(87, set_limits(50, pages));
	EXPECT_FAILS(87, set_limits(50, pages - 512));
	EXPECT_FAILS(87, SetProcessWorkingSetSize(GetCurrentProcess(), PAGE, EMPTY));
	EXPECT_LIMITS(50, 345);
	EXPECT_WORKS(set_limits(50, pages - 513));
}

TEST(WS_3_both_minus_one_empties)
{
	char *base = commit(64 * PAGE);

	ASSERT_NE(NULL, base);
	touch(base, 64 * PAGE);
	EXPECT_EQ(64u, pages_valid(base, 64 * PAGE));
	EXPECT_WORKS(SetProcessWorkingSetSize(GetCurrentProcess(), EMPTY, EMPTY));
	EXPECT_EQ(0u, pages_valid(base, 64 * PAGE));
	EXPECT_LIMITS(50, 345);
	EXPECT_TRUE(touched(base, 64 * PAGE));
	EXPECT_EQ(64u, pages_valid(base, 64 * PAGE));
}

TEST(WS_3_EmptyWorkingSet_leaves_what_is_locked)
{
	char *base = commit(64 * PAGE);

	ASSERT_NE(NULL, base);
	touch(base, 64 * PAGE);
	EXPECT_WORKS(VirtualLock(base, PAGE));
	EXPECT_WORKS(VirtualLock(base + 30 * PAGE, 3 * PAGE));
	EXPECT_WORKS(VirtualLock(base + 63 * PAGE, PAGE));
	EXPECT_WORKS(EmptyWorkingSet(GetCurrentProcess()));
	EXPECT_EQ(5u, pages_valid(base, 64 * PAGE));
	EXPECT_TRUE(page_valid(base));
	EXPECT_EQ(3u, pages_valid(base + 30 * PAGE, 3 * PAGE));
	EXPECT_TRUE(page_valid(base + 63 * PAGE));
	EXPECT_TRUE(touched(base, 64 * PAGE));
}

/* Allocations apart, so that the arena has several windows. */
TEST(WS_3_everywhere)
{
	char *low = VirtualAlloc((void *)0x60000000, PAGE, MEM_RESERVE | MEM_COMMIT,
				 PAGE_READWRITE);
	char *high = VirtualAlloc(NULL, PAGE, MEM_RESERVE | MEM_COMMIT | MEM_TOP_DOWN,
				  PAGE_READWRITE);
	char *base = commit(PAGE);

	ASSERT_NE(NULL, low);
	ASSERT_NE(NULL, high);
	ASSERT_NE(NULL, base);
	touch(low, PAGE);
	touch(high, PAGE);
	touch(base, PAGE);
	EXPECT_WORKS(EmptyWorkingSet(GetCurrentProcess()));
	EXPECT_FALSE(page_valid(low));
	EXPECT_FALSE(page_valid(high));
	EXPECT_FALSE(page_valid(base));
}

TEST(WS_4_zero)
{
	EXPECT_FAILS(87, set_limits(0, 100));
	EXPECT_FAILS(87, set_limits(100, 0));
	EXPECT_FAILS(87, set_limits(0, 0));
	EXPECT_LIMITS(50, 345);
}

/* Everybody may raise them, but not beyond what there is. */
TEST(WS_5_raising)
{
	SIZE_T pages = machine_pages();

	EXPECT_WORKS(set_limits(1000, 2000));
	EXPECT_LIMITS(1000, 2000);
	EXPECT_FAILS(1450, set_limits(pages - 513, pages - 513));
	EXPECT_LIMITS(1000, 2000);
}

TEST(WS_6_flags)
{
	EXPECT_FAILS(87, set_limits_ex(50, 345, 0x10));
	EXPECT_FAILS(87, set_limits_ex(50, 345, 0x80000000));
	EXPECT_FAILS(87, set_limits_ex(50, 345, QUOTA_LIMITS_HARDWS_MIN_ENABLE |
						QUOTA_LIMITS_HARDWS_MIN_DISABLE));
	EXPECT_FAILS(87, set_limits_ex(50, 345, QUOTA_LIMITS_HARDWS_MAX_ENABLE |
						QUOTA_LIMITS_HARDWS_MAX_DISABLE));
	EXPECT_WORKS(set_limits_ex(50, 345, QUOTA_LIMITS_HARDWS_MIN_ENABLE |
					    QUOTA_LIMITS_HARDWS_MAX_ENABLE));
	EXPECT_EQ(5u, limits_now().flags);
	EXPECT_WORKS(set_limits_ex(50, 345, QUOTA_LIMITS_HARDWS_MIN_DISABLE));
	EXPECT_EQ(6u, limits_now().flags);
	EXPECT_WORKS(set_limits(51, 346));
	EXPECT_EQ(6u, limits_now().flags);
}

TEST(WS_6_hard_maximum_when_it_is_touched)
{
	char *base = commit(400 * PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_WORKS(set_limits_ex(20, 100, QUOTA_LIMITS_HARDWS_MAX_ENABLE));
	for (SIZE_T page = 0; page < 400; page++) {
		touch(base + page * PAGE, PAGE);
		if (page % 37 == 0)
			EXPECT_LE(working_set_pages(base, 400 * PAGE), 100u);
		base[page * PAGE] = (char)page;
	}
	EXPECT_LE(working_set_pages(base, 400 * PAGE), 100u);
	/* It is used, too. */
	EXPECT_LE(80u, working_set_pages(base, 400 * PAGE));
	for (SIZE_T page = 0; page < 400; page++)
		EXPECT_EQ((char)page, base[page * PAGE]);
	EXPECT_LE(working_set_pages(base, 400 * PAGE), 100u);
	EXPECT_WORKS(set_limits_ex(20, 100, QUOTA_LIMITS_HARDWS_MAX_DISABLE));
	touch(base, 400 * PAGE);
	EXPECT_EQ(400u, pages_valid(base, 400 * PAGE));
}

TEST(WS_6_hard_maximum_of_what_is_present)
{
	char *base = commit(400 * PAGE);

	ASSERT_NE(NULL, base);
	touch(base, 400 * PAGE);
	EXPECT_WORKS(set_limits_ex(20, 100, QUOTA_LIMITS_HARDWS_MAX_ENABLE));
	EXPECT_LE(working_set_pages(base, 400 * PAGE), 100u);
	EXPECT_TRUE(touched(base, 400 * PAGE));
}

TEST(WS_6_hard_maximum_leaves_what_is_locked)
{
	char *base = commit(400 * PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_WORKS(set_limits_ex(50, 60, QUOTA_LIMITS_HARDWS_MAX_ENABLE));
	EXPECT_WORKS(VirtualLock(base + 10 * PAGE, 40 * PAGE));
	touch(base, 400 * PAGE);
	EXPECT_EQ(40u, pages_valid(base + 10 * PAGE, 40 * PAGE));
	EXPECT_TRUE(touched(base, 400 * PAGE));
	EXPECT_EQ(40u, pages_valid(base + 10 * PAGE, 40 * PAGE));
	EXPECT_LE(working_set_pages(base, 400 * PAGE), 60u);
}

/* Lock first, lower the maximum then: the thread goes on all the same. */
TEST(WS_6_more_locked_than_the_hard_maximum)
{
	char *base = commit(160 * PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_WORKS(set_limits(60, 345));
	EXPECT_WORKS(VirtualLock(base, 50 * PAGE));
	EXPECT_WORKS(set_limits_ex(20, 20, QUOTA_LIMITS_HARDWS_MAX_ENABLE));
	touch(base, 160 * PAGE);
	EXPECT_TRUE(touched(base, 160 * PAGE));
	memmove(base + 60 * PAGE + 0x800, base + 100 * PAGE + 0x400, 20 * PAGE);
	EXPECT_EQ(50u, pages_valid(base, 50 * PAGE));
	EXPECT_LE(working_set_pages(base, 160 * PAGE), 50u + 20);
}

/* A system call goes as far as it must; the maximum holds again when it is over. */
TEST(WS_6_hard_maximum_after_a_system_call)
{
	char *base = commit(400 * PAGE);
	int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);

	ASSERT_NE(NULL, base);
	ASSERT_LE(0, zero);
	EXPECT_WORKS(set_limits_ex(20, 100, QUOTA_LIMITS_HARDWS_MAX_ENABLE));
	EXPECT_EQ((ssize_t)(400 * PAGE), read(zero, base, 400 * PAGE));
	EXPECT_LE(working_set_pages(base, 400 * PAGE), 100u);
	close(zero);
}

static void *touch_quarter(void *base)
{
	for (int round = 0; round < 2; round++)
		touch(base, 80 * PAGE);
	return NULL;
}

TEST(WS_6_hard_maximum_with_several_threads)
{
	char *base = commit(320 * PAGE);
	pthread_t threads[4];

	ASSERT_NE(NULL, base);
	EXPECT_WORKS(set_limits_ex(20, 100, QUOTA_LIMITS_HARDWS_MAX_ENABLE));
	for (SIZE_T i = 0; i < 4; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, touch_quarter,
					    base + i * 80 * PAGE));
	for (SIZE_T i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	EXPECT_LE(working_set_pages(base, 320 * PAGE), 100u);
	for (SIZE_T i = 0; i < 4; i++)
		EXPECT_TRUE(touched(base + i * 80 * PAGE, 80 * PAGE));
}

TEST(WS_6_emptying_stops_at_a_hard_minimum)
{
	char *base = commit(200 * PAGE);

	ASSERT_NE(NULL, base);
	touch(base, 200 * PAGE);
	EXPECT_WORKS(set_limits_ex(60, 345, QUOTA_LIMITS_HARDWS_MIN_ENABLE));
	EXPECT_WORKS(EmptyWorkingSet(GetCurrentProcess()));
	EXPECT_EQ(60u, working_set_pages(base, 200 * PAGE));
	EXPECT_WORKS(EmptyWorkingSet(GetCurrentProcess()));
	EXPECT_EQ(60u, working_set_pages(base, 200 * PAGE));
	EXPECT_WORKS(set_limits_ex(60, 345, QUOTA_LIMITS_HARDWS_MIN_DISABLE));
	EXPECT_WORKS(EmptyWorkingSet(GetCurrentProcess()));
	EXPECT_EQ(0u, working_set_pages(base, 200 * PAGE));
}

TEST(WS_7_limits_and_flags_are_told)
{
	SIZE_T size;

	EXPECT_EQ((DWORD)(QUOTA_LIMITS_HARDWS_MIN_DISABLE | QUOTA_LIMITS_HARDWS_MAX_DISABLE),
		  limits_now().flags);
	EXPECT_WORKS(set_limits(64, 512));
	EXPECT_LIMITS(64, 512);
	EXPECT_WORKS(SetProcessWorkingSetSize(GetCurrentProcess(), 65 * PAGE - 1,
					      513 * PAGE - 1));
	EXPECT_LIMITS(64, 512);
	EXPECT_FAILS(998, GetProcessWorkingSetSize(GetCurrentProcess(), NULL, &size));
	EXPECT_FAILS(998, GetProcessWorkingSetSize(GetCurrentProcess(), &size, NULL));
	EXPECT_FAILS(6, GetProcessWorkingSetSize(NULL, &size, &size));
}

/* By each of the ways; and back by a fault that reads nothing from anywhere. */
TEST(WS_8_ways_out_and_the_way_back)
{
	char *base = commit(4 * PAGE);
	long soft, hard;

	ASSERT_NE(NULL, base);
	touch(base, 4 * PAGE);
	EXPECT_FAILS(158, VirtualUnlock(base, PAGE));
	EXPECT_FALSE(page_valid(base));
	EXPECT_TRUE(page_valid(base + PAGE));
	ASSERT_TRUE(decommit(base + PAGE, PAGE));
	EXPECT_FALSE(page_valid(base + PAGE));
	EXPECT_WORKS(EmptyWorkingSet(GetCurrentProcess()));
	EXPECT_EQ(MemoryLocationResident, page_location(base + 2 * PAGE));
	EXPECT_EQ(MemoryLocationInvalid, page_location(base + PAGE));
	soft = soft_faults();
	hard = hard_faults();
	EXPECT_READS(0, base);
	EXPECT_READS(2, base + 2 * PAGE);
	EXPECT_READS(3, base + 3 * PAGE);
	EXPECT_LE(soft + 3, soft_faults());
	EXPECT_EQ(hard, hard_faults());
	EXPECT_TRUE(page_valid(base));
	ASSERT_TRUE(release(base));
	EXPECT_EQ(0u, page_bits(base));
}

TEST(WS_9_large_pages_are_not_in_it)
{
	const SIZE_T bytes = 2 << 20;
	char *huge;

	if (!proc_write("/proc/sys/vm/nr_hugepages", "2"))
		SKIP(return, "this kernel has no hugetlbfs");
	huge = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	if (huge == MAP_FAILED)
		SKIP(return, "no large pages to be had");
	*(volatile char *)huge = 1;
	EXPECT_EQ(0u, page_bits(huge));
	EXPECT_EQ(0u, working_set_pages(huge, bytes));
	munmap(huge, bytes);
	proc_write("/proc/sys/vm/nr_hugepages", "0");
}

VM_TEST_MAIN
