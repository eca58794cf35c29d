// SPDX-License-Identifier: GPL-2.0
/* Which pages of a reserved section are committed (SPEC SE-26, CC-3). */
#include "commit_map.h"
#include "kselftest_harness.h"
#include "random.h"

#define PAGES 1000ULL

FIXTURE(commit_map)
{
	u64 words[PAGES / 64 + 3];
	struct winvm_commit_map map;	/* in the middle of @words */
	bool set[PAGES];
};

FIXTURE_SETUP(commit_map)
{
	memset(self, 0, sizeof(*self));
	self->words[0] = ~0ULL;
	self->map.words = self->words + 1;
}

FIXTURE_TEARDOWN(commit_map)
{
	EXPECT_EQ(~0ULL, self->words[0]);
	EXPECT_EQ(0, self->words[1 + PAGES / 64] >> PAGES % 64);
	EXPECT_EQ(0, self->words[2 + PAGES / 64]);
}

TEST(bytes_of_whole_words)
{
	EXPECT_EQ(0, winvm_commit_map_bytes(0));
	EXPECT_EQ(8, winvm_commit_map_bytes(1));
	EXPECT_EQ(8, winvm_commit_map_bytes(64));
	EXPECT_EQ(16, winvm_commit_map_bytes(65));
	EXPECT_EQ(1ULL << 28, winvm_commit_map_bytes(1ULL << 31));
}

TEST_F(commit_map, SE_26_nothing_is_committed_at_first)
{
	EXPECT_FALSE(winvm_commit_map_test(&self->map, 0));
	EXPECT_FALSE(winvm_commit_map_test(&self->map, PAGES - 1));
	EXPECT_EQ(PAGES, winvm_commit_map_run(&self->map, 0, PAGES, false));
	EXPECT_EQ(0, winvm_commit_map_run(&self->map, 0, PAGES, true));
	EXPECT_EQ(0, winvm_commit_map_count(&self->map, 0, PAGES));
}

TEST_F(commit_map, CC_3_each_page_is_told_once)
{
	EXPECT_EQ(10, winvm_commit_map_set(&self->map, 60, 10));
	EXPECT_EQ(0, winvm_commit_map_set(&self->map, 60, 10));
	EXPECT_EQ(2, winvm_commit_map_set(&self->map, 59, 12));
	EXPECT_EQ(12, winvm_commit_map_count(&self->map, 0, PAGES));
	EXPECT_EQ(PAGES - 12, winvm_commit_map_set(&self->map, 0, PAGES));
	EXPECT_EQ(PAGES, winvm_commit_map_run(&self->map, 0, PAGES, true));
	EXPECT_EQ(0, winvm_commit_map_run(&self->map, 0, PAGES, false));
}

/* What it should say, page by page. */
static u64 run_of(const bool *set, u64 page, u64 pages, bool committed)
{
	u64 run = 0;

	while (run < pages && set[page + run] == committed)
		run++;
	return run;
}

static u64 count_of(const bool *set, u64 page, u64 pages)
{
	u64 count = 0;

	for (u64 i = 0; i < pages; i++)
		count += set[page + i];
	return count;
}

TEST_F(commit_map, SE_26_random_ranges)
{
	struct random random = { 26 };

	for (int round = 0; round < 20000; round++) {
		u64 page = random_below(&random, PAGES);
		u64 most = random_below(&random, 3) ? 70 : PAGES;
		u64 pages = 1 + random_below(&random, min(most, PAGES - page));

		if (!random_below(&random, 2000)) {
			memset(self->words + 1, 0, winvm_commit_map_bytes(PAGES));
			memset(self->set, 0, sizeof(self->set));
		}
		ASSERT_EQ(self->set[page], winvm_commit_map_test(&self->map, page));
		ASSERT_EQ(run_of(self->set, page, pages, round & 1),
			  winvm_commit_map_run(&self->map, page, pages, round & 1));
		ASSERT_EQ(count_of(self->set, page, pages),
			  winvm_commit_map_count(&self->map, page, pages));
		if (random_below(&random, 8))
			continue;
		pages = min(pages, 1 + random_below(&random, 9));
		ASSERT_EQ(pages - count_of(self->set, page, pages),
			  winvm_commit_map_set(&self->map, page, pages));
		memset(self->set + page, true, pages);
	}
}

TEST_HARNESS_MAIN
