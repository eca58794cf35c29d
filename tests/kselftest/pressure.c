// SPDX-License-Identifier: GPL-2.0
/* Too little memory: swap, memory cgroups, locks, and what the kernel takes away and brings back. */
#include <sys/mman.h>

#include "child.h"
#include "proc.h"
#include "raw.h"
#include "squeeze.h"
#include "touch.h"

#define LIMIT_MB 96
#define BYTES (192 * RAW_MB)
#define PAGES (BYTES / RAW_PAGE)
#define TIMEOUT 900

FIXTURE(pressure)
{
	bool ready;
	int device;
	char *base;
	long oom_kills;
};

FIXTURE_SETUP(pressure)
{
	const char *missing = squeeze_begin(LIMIT_MB * RAW_MB, 512);

	if (missing)
		SKIP(return, "%s", missing);
	self->ready = true;
	self->oom_kills = proc_value("/proc/vmstat", "oom_kill");
	self->device = raw_open();
	self->base = raw_committed(self->device, BYTES);
	ASSERT_NE(NULL, self->base);
}

FIXTURE_TEARDOWN(pressure)
{
	if (!self->ready)
		return;
	EXPECT_EQ(self->oom_kills, proc_value("/proc/vmstat", "oom_kill"));
	EXPECT_EQ(0u, raw_release(self->device, self->base));
	EXPECT_TRUE(squeeze_end());
}

static void fill(char *base)
{
	for (size_t page = 0; page < PAGES; page++)
		squeeze_fill(base + page * RAW_PAGE, page);
}

static size_t count_wrong(const char *base, size_t step)
{
	size_t wrong = 0;

	for (size_t page = 0; page < PAGES; page += step)
		wrong += squeeze_kind(base + page * RAW_PAGE, page) != SQUEEZE_INTACT;
	return wrong;
}

/* Twice as much as the group may hold in memory: the rest goes out and comes back. */
TEST_F_TIMEOUT(pressure, nothing_is_lost_in_a_small_group, TIMEOUT)
{
	if (!self->ready)
		return;
	fill(self->base);
	EXPECT_LT(64 * 1024, squeeze_swapped_kb());
	EXPECT_EQ(0u, count_wrong(self->base, 1));
	EXPECT_EQ(0u, count_wrong(self->base, 1));
}

TEST_F_TIMEOUT(pressure, protections_hold_across_swap, TIMEOUT)
{
	if (!self->ready)
		return;
	fill(self->base);
	for (size_t page = 0; page < PAGES; page += 64) {
		char *at = self->base + page * RAW_PAGE;

		ASSERT_EQ(0u, raw_protect(self->device, at, 1, PAGE_READONLY));
		ASSERT_EQ(0u, raw_protect(self->device, at + RAW_PAGE, 1, PAGE_NOACCESS));
		ASSERT_EQ(0u, raw_protect(self->device, at + 2 * RAW_PAGE, 1,
					  PAGE_READWRITE | PAGE_GUARD));
		ASSERT_EQ(0u, raw_decommit(self->device, at + 3 * RAW_PAGE, RAW_PAGE));
	}
	for (size_t page = 0; page < PAGES; page += 64) {
		char *at = self->base + page * RAW_PAGE;

		EXPECT_FALSE(poke(at, 1));
		EXPECT_EQ(-1, peek(at + RAW_PAGE));
		EXPECT_EQ(-1, peek(at + 2 * RAW_PAGE));
		EXPECT_NE(-1, peek(at + 2 * RAW_PAGE));
		EXPECT_EQ(-1, peek(at + 3 * RAW_PAGE));
	}
	EXPECT_EQ(0u, count_wrong(self->base, 64));
}

/* What was swapped out and decommitted is gone, from swap as well. */
TEST_F_TIMEOUT(pressure, decommit_gives_swap_back, TIMEOUT)
{
	long before = squeeze_swapped_kb();

	if (!self->ready)
		return;
	fill(self->base);
	EXPECT_LT(before + 64 * 1024, squeeze_swapped_kb());
	ASSERT_EQ(0u, raw_decommit(self->device, self->base, BYTES));
	/* Pages of swap are given back in batches. */
	for (int tries = 0; squeeze_swapped_kb() > before + 4096 && tries < 100; tries++)
		usleep(50000);
	EXPECT_GT(before + 4096, squeeze_swapped_kb());
	ASSERT_EQ(0u, raw_commit(self->device, self->base, BYTES, PAGE_READWRITE));
	for (size_t page = 0; page < PAGES; page += 97)
		EXPECT_EQ(0, peek(self->base + page * RAW_PAGE));
}

/* A locked page is in memory: no fault brings it from swap (SPEC VL-12). */
TEST_F_TIMEOUT(pressure, locked_pages_stay_in_memory, TIMEOUT)
{
	unsigned char present[8];

	if (!self->ready)
		return;
	squeeze_fill(self->base, 0);
	ASSERT_EQ(0u, raw_lock(self->device, self->base, 8 * RAW_PAGE));
	fill(self->base);
	EXPECT_EQ(0u, count_wrong(self->base, 1));
	ASSERT_EQ(0, mincore(self->base, 8 * RAW_PAGE, present));
	for (size_t page = 0; page < 8; page++)
		EXPECT_EQ(1, present[page] & 1);
	EXPECT_EQ(0u, raw_unlock(self->device, self->base, 8 * RAW_PAGE));
}

/* What was taken out of the working set goes first, and comes back as it was (SPEC WS-8). */
TEST_F_TIMEOUT(pressure, trimmed_pages_go_to_swap_and_come_back, TIMEOUT)
{
	size_t in_swap = 0, half = PAGES / 2;

	if (!self->ready)
		return;
	for (size_t page = 0; page < half / 2; page++)
		squeeze_fill(self->base + page * RAW_PAGE, page);
	ASSERT_EQ(0u, raw_empty(self->device));
	EXPECT_EQ(0u, raw_page(self->device, self->base) & RAW_PAGE_VALID);
	for (size_t page = half; page < PAGES; page++)
		squeeze_fill(self->base + page * RAW_PAGE, page);
	for (size_t page = 0; page < half / 2; page++)
		in_swap += RAW_PAGE_LOCATION(raw_page(self->device,
						      self->base + page * RAW_PAGE)) ==
			   RAW_PAGE_IN_SWAP;
	EXPECT_LT(half / 4, in_swap);
	for (size_t page = 0; page < half / 2; page++)
		ASSERT_EQ(SQUEEZE_INTACT, squeeze_kind(self->base + page * RAW_PAGE, page));
	EXPECT_EQ(1u, raw_page(self->device, self->base + (half / 2 - 1) * RAW_PAGE) &
			      RAW_PAGE_VALID);
}

/* Swap that goes away lowers the limit; what is committed stays usable (SPEC CC-1). */
TEST(commit_follows_swapon_and_swapoff)
{
	int device = raw_open();
	uint64_t before;
	char *base;

	/* Changes are noticed within two seconds, also those of the tests before this one. */
	sleep(2);
	before = raw_counters(device).system_commit_limit_bytes;
	if (!swap_begin(256))
		SKIP(return, "no zram on this kernel");
	sleep(2);
	EXPECT_EQ(before + 256 * RAW_MB - RAW_PAGE,
		  raw_counters(device).system_commit_limit_bytes);
	base = raw_committed(device, before + 16 * RAW_MB);
	EXPECT_NE(NULL, base);
	EXPECT_TRUE(poke(base, 1));
	ASSERT_TRUE(swap_end());
	sleep(2);
	EXPECT_EQ(before, raw_counters(device).system_commit_limit_bytes);
	EXPECT_EQ(NULL, raw_committed(device, RAW_PAGE));
	EXPECT_EQ(0u, raw_commit(device, base, RAW_MB, PAGE_READONLY));
	EXPECT_EQ(1, peek(base));
	EXPECT_EQ(0u, raw_decommit(device, base, 32 * RAW_MB));
	EXPECT_NE(NULL, raw_committed(device, RAW_PAGE));
}

TEST_HARNESS_MAIN
