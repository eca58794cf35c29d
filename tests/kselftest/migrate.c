// SPDX-License-Identifier: GPL-2.0
/*
 * Revocation while pages move: a page under migration is mapped nowhere for a
 * moment and comes back with the rights it had. Moved are pages between two
 * memory nodes (boot with numa=fake=2, tests/vm/run --append), or, where there
 * is one node only, by compaction. Beside it, what races leave behind.
 */
#include <linux/mempolicy.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "proc.h"
#include "raw.h"
#include "touch.h"

#define ROUNDS (proc_rounds("ROUNDS", 100000) / 50)
#define PAGES 128
#define TIMEOUT 2400

static struct {
	int device;
	char *base;
	atomic_bool stop;
	atomic_ulong moves;
} shared;

/* Moves all pages; how many are there now. */
static unsigned long move_all(int node)
{
	void *pages[PAGES];
	int nodes[PAGES], status[PAGES];
	unsigned long moved = 0;

	for (size_t page = 0; page < PAGES; page++) {
		pages[page] = shared.base + page * RAW_PAGE;
		nodes[page] = node;
		status[page] = -1;
	}
	syscall(SYS_move_pages, 0, PAGES, pages, nodes, status, MPOL_MF_MOVE);
	for (size_t page = 0; page < PAGES; page++)
		moved += status[page] == node;
	return moved;
}

/* Back and forth, for as long as it goes. */
static void *keep_moving(void *unused)
{
	(void)unused;
	for (int node = 0; !atomic_load(&shared.stop); node = !node)
		atomic_fetch_add(&shared.moves, move_all(node));
	return NULL;
}

static size_t poke_all(uint8_t value)
{
	size_t written = 0;

	for (size_t page = 0; page < PAGES; page++)
		written += poke(shared.base + page * RAW_PAGE, value);
	return written;
}

static size_t count_nonzero(void)
{
	size_t count = 0;

	for (size_t page = 0; page < PAGES; page++)
		count += peek(shared.base + page * RAW_PAGE) != 0;
	return count;
}

FIXTURE(migrate)
{
	pthread_t mover;
};

FIXTURE_SETUP(migrate)
{
	shared.device = raw_open();
	ASSERT_LE(0, shared.device);
	shared.base = raw_committed(shared.device, PAGES * RAW_PAGE);
	ASSERT_NE(NULL, shared.base);
	ASSERT_EQ(PAGES, poke_all(1));
	if (!move_all(1))
		SKIP(return, "one memory node only: boot with --append numa=fake=2");
	ASSERT_EQ(0, pthread_create(&self->mover, NULL, keep_moving, NULL));
}

FIXTURE_TEARDOWN(migrate)
{
	if (!self->mover)
		return;
	atomic_store(&shared.stop, true);
	pthread_join(self->mover, NULL);
	TH_LOG("%lu moves", shared.moves);
	EXPECT_LT(1000u, shared.moves);
}

TEST_F_TIMEOUT(migrate, protect_read_only_holds_while_pages_migrate, TIMEOUT)
{
	size_t bytes = PAGES * RAW_PAGE, late = 0;

	for (unsigned long round = ROUNDS; round && self->mover; round--) {
		ASSERT_EQ(PAGES, poke_all((uint8_t)round));
		ASSERT_EQ(0u, raw_protect(shared.device, shared.base, bytes, PAGE_READONLY));
		late += poke_all(0);
		ASSERT_EQ(0u, raw_protect(shared.device, shared.base, bytes, PAGE_READWRITE));
	}
	EXPECT_EQ(0u, late);
}

TEST_F_TIMEOUT(migrate, recommitted_pages_are_zero_while_pages_migrate, TIMEOUT)
{
	size_t bytes = PAGES * RAW_PAGE, dirty = 0;

	for (unsigned long round = ROUNDS; round && self->mover; round--) {
		ASSERT_EQ(PAGES, poke_all(1));
		ASSERT_EQ(0u, raw_decommit(shared.device, shared.base, bytes));
		ASSERT_EQ(0u, raw_commit(shared.device, shared.base, bytes, PAGE_READWRITE));
		dirty += count_nonzero();
	}
	EXPECT_EQ(0u, dirty);
}

/* Every page of a range is touched, again and again, whether it is there or not. */
#define RACE_PAGES 64

static void *keep_touching(void *unused)
{
	(void)unused;
	while (!atomic_load(&shared.stop))
		for (size_t page = 0; page < RACE_PAGES; page++)
			poke(shared.base + page * RAW_PAGE, 1);
	return NULL;
}

/* A fault that loses against a decommit must not leave its new page behind. */
TEST(decommit_race_leaves_no_page)
{
	size_t bytes = RACE_PAGES * RAW_PAGE;
	unsigned long rounds = proc_rounds("ROUNDS", 100000) / 50;
	long before = proc_meminfo_kb("Shmem:");
	pthread_t toucher;
	char *base;

	shared.device = raw_open();
	base = raw_reserve(shared.device, rounds * bytes);
	ASSERT_NE(NULL, base);
	shared.base = base;
	ASSERT_EQ(0, pthread_create(&toucher, NULL, keep_touching, NULL));
	for (unsigned long round = 0; round < rounds; round++) {
		shared.base = base + round * bytes;
		ASSERT_EQ(0u, raw_commit(shared.device, shared.base, bytes, PAGE_READWRITE));
		sched_yield();
		ASSERT_EQ(0u, raw_decommit(shared.device, shared.base, bytes));
	}
	atomic_store(&shared.stop, true);
	pthread_join(toucher, NULL);
	EXPECT_EQ(0u, raw_counters(shared.device).commit_bytes);
	/* The counters of the kernel's processors are a little behind. */
	EXPECT_GT(before + 256, proc_shmem_settles(before + 64));
}

static void *keep_compacting(void *unused)
{
	(void)unused;
	while (!atomic_load(&shared.stop)) {
		proc_write("/proc/sys/vm/compact_memory", "1");
		atomic_fetch_add(&shared.moves, 1);
	}
	return NULL;
}

TEST(contents_and_protections_survive_compaction)
{
	size_t pages = 4096;
	pthread_t compactor;
	char *base;

	shared.device = raw_open();
	base = raw_committed(shared.device, pages * RAW_PAGE);
	ASSERT_NE(NULL, base);
	if (access("/proc/sys/vm/compact_memory", W_OK))
		SKIP(return, "this kernel cannot be asked to compact memory");
	ASSERT_EQ(0, pthread_create(&compactor, NULL, keep_compacting, NULL));
	for (size_t page = 0; page < pages; page++) {
		ASSERT_TRUE(poke(base + page * RAW_PAGE, (uint8_t)page));
		if (page % 3 == 0)
			ASSERT_EQ(0u, raw_protect(shared.device, base + page * RAW_PAGE, 1,
						  PAGE_READONLY));
		if (page % 14 == 0)
			ASSERT_EQ(0u, raw_decommit(shared.device, base + page * RAW_PAGE, 1));
	}
	for (size_t page = 1; page < pages; page += 2) {
		EXPECT_EQ((uint8_t)page, peek(base + page * RAW_PAGE));
		EXPECT_EQ(page % 3 != 0, poke(base + page * RAW_PAGE, (uint8_t)page));
	}
	atomic_store(&shared.stop, true);
	pthread_join(compactor, NULL);
	EXPECT_LT(0u, shared.moves);
}

TEST_HARNESS_MAIN
