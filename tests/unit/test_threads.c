// SPDX-License-Identifier: GPL-2.0
/* Calls and faults at the same time, under ThreadSanitizer. */
#include "charge.h"
#include "commit_map.h"
#include "kselftest_harness.h"
#include "pstate.h"
#include "random.h"

#define LEAF	2048ULL
#define BASE	(7 * LEAF)
#define PAGES	(2 * LEAF)
#define FAULTERS 3

#define RW	WINVM_BASE_READWRITE
#define RO	WINVM_BASE_READONLY
#define GUARD	WINVM_PSTATE_GUARD
#define LOCKED	WINVM_PSTATE_LOCKED
#define ARMED	WINVM_PSTATE_ARMED

static struct winvm_pstates tree;
static struct winvm_charge charge;
static pthread_barrier_t barrier;
static bool stop;

struct faulter {
	pthread_t thread;
	u64 seed;
	u64 done;
	u64 wrong;
};

static struct faulter faulters[FAULTERS];

static void start(void *(*run)(void *))
{
	stop = false;
	pthread_barrier_init(&barrier, NULL, FAULTERS + 1);
	for (u64 i = 0; i < FAULTERS; i++) {
		faulters[i] = (struct faulter){ .seed = i + 1 };
		pthread_create(&faulters[i].thread, NULL, run, &faulters[i]);
	}
}

static void join(void)
{
	for (size_t i = 0; i < FAULTERS; i++)
		pthread_join(faulters[i].thread, NULL);
}

static u64 sum_done(void)
{
	u64 done = 0;

	for (size_t i = 0; i < FAULTERS; i++)
		done += faulters[i].done;
	return done;
}

static u64 sum_wrong(void)
{
	u64 wrong = 0;

	for (size_t i = 0; i < FAULTERS; i++)
		wrong += faulters[i].wrong;
	return wrong;
}

static void set(struct __test_metadata *_metadata, u64 vpn, u64 pages, winvm_pstate_t keep,
		winvm_pstate_t state)
{
	ASSERT_TRUE(winvm_pstate_prepare(&tree, vpn, pages));
	winvm_pstate_update(&tree, vpn, pages, keep, state);
}

FIXTURE(threads) {
};

FIXTURE_SETUP(threads)
{
	winvm_pstates_init(&tree);
	charge = (struct winvm_charge){};
}

FIXTURE_TEARDOWN(threads)
{
	winvm_pstates_destroy(&tree);
	EXPECT_EQ(0, seam_live());
	EXPECT_EQ(0, seam_warnings());
}

/* Take one bit from each page; two passes, so that a bit that came back is taken again. */
static u64 take_bit(winvm_pstate_t bit, u64 start_at)
{
	u64 taken = 0;

	for (u64 i = 0; i < 2 * PAGES; i++) {
		u64 vpn = BASE + (start_at + i) % PAGES;
		winvm_pstate_t old = winvm_pstate_get(&tree, vpn);

		while (old & bit) {
			if (!winvm_pstate_cmpxchg(&tree, vpn, old, (winvm_pstate_t)(old & ~bit)))
				taken++;
			old = winvm_pstate_get(&tree, vpn);
		}
	}
	return taken;
}

#define ROUNDS 4

static void *take_armed(void *arg)
{
	struct faulter *faulter = arg;

	for (int round = 0; round < ROUNDS; round++) {
		pthread_barrier_wait(&barrier);
		faulter->done += take_bit(ARMED, faulter->seed * PAGES / FAULTERS);
		pthread_barrier_wait(&barrier);
	}
	return NULL;
}

/* A kept bit that a fault took away never comes back: each is taken once. */
TEST_F_TIMEOUT(threads, bit_kept_while_slots_are_split_is_taken_once, 120)
{
	start(take_armed);
	for (u64 round = 1; round <= ROUNDS; round++) {
		set(_metadata, BASE, PAGES, 0, RW | ARMED);
		pthread_barrier_wait(&barrier);
		for (int i = 0; i < 20; i++)
			set(_metadata, BASE, PAGES, ARMED, i & 1 ? RW : RO);
		pthread_barrier_wait(&barrier);
		EXPECT_EQ(round * PAGES, sum_done());
		EXPECT_EQ(PAGES, winvm_pstate_run(&tree, BASE, PAGES + 5, WINVM_PSTATE_ALL));
		EXPECT_EQ(RW, winvm_pstate_get(&tree, BASE));
	}
	join();
}

#define FEW_PAGES 4

/* Each faulter has a bit that nobody else changes: it stays as it was left. */
static void *flip_own_bit(void *arg)
{
	static const winvm_pstate_t bits[FAULTERS] = { LOCKED, ARMED, WINVM_PSTATE_EXECMAP };
	struct faulter *faulter = arg;
	struct random random = { faulter->seed };
	winvm_pstate_t bit = bits[faulter->seed - 1];
	winvm_pstate_t left[FEW_PAGES] = {};

	pthread_barrier_wait(&barrier);
	while (!READ_ONCE(stop)) {
		u64 page = random_below(&random, FEW_PAGES);
		winvm_pstate_t old = winvm_pstate_get(&tree, BASE + page);

		faulter->wrong += (old & bit) != left[page];
		if (winvm_pstate_cmpxchg(&tree, BASE + page, old, (winvm_pstate_t)(old ^ bit)))
			continue;
		faulter->done++;
		left[page] ^= bit;
	}
	return NULL;
}

TEST_F_TIMEOUT(threads, update_that_keeps_a_bit_loses_no_cmpxchg_of_it, 120)
{
	set(_metadata, BASE, FEW_PAGES, 0, RW);
	start(flip_own_bit);
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < 100000; i++)
		set(_metadata, BASE, FEW_PAGES, LOCKED | ARMED | WINVM_PSTATE_EXECMAP,
		    i & 1 ? RW : RO);
	WRITE_ONCE(stop, true);
	join();
	EXPECT_EQ(0, sum_wrong());
	EXPECT_LT(0, sum_done());
	TH_LOG("%llu flips", sum_done());
}

static void *take_guard(void *arg)
{
	struct faulter *faulter = arg;

	for (int round = 0; round < ROUNDS; round++) {
		pthread_barrier_wait(&barrier);
		faulter->done += take_bit(GUARD, 0);
		pthread_barrier_wait(&barrier);
	}
	return NULL;
}

TEST_F_TIMEOUT(threads, GP_4_one_of_the_racing_threads_takes_the_guard, 120)
{
	start(take_guard);
	for (u64 round = 1; round <= ROUNDS; round++) {
		set(_metadata, BASE, PAGES, 0, RW | GUARD);
		pthread_barrier_wait(&barrier);
		pthread_barrier_wait(&barrier);
		EXPECT_EQ(round * PAGES, sum_done());
		EXPECT_EQ(PAGES, winvm_pstate_run(&tree, BASE, PAGES + 5, WINVM_PSTATE_ALL));
	}
	join();
}

/* Faults on pages that come and go: the state is one that somebody set, always. */
static void *fault_at_random(void *arg)
{
	struct faulter *faulter = arg;
	struct random random = { faulter->seed };

	while (!READ_ONCE(stop)) {
		u64 vpn = BASE + random_below(&random, PAGES);
		winvm_pstate_t old = winvm_pstate_get(&tree, vpn);

		if (old && (old & ~LOCKED) != RW)
			faulter->wrong++;
		if (old && !winvm_pstate_cmpxchg(&tree, vpn, old, (winvm_pstate_t)(old ^ LOCKED)))
			faulter->done++;
	}
	return NULL;
}

TEST_F_TIMEOUT(threads, nodes_go_only_when_readers_have_gone, 120)
{
	struct random random = { 99 };

	start(fault_at_random);
	for (int i = 0; i < 300; i++) {
		u64 vpn = BASE + random_below(&random, PAGES);
		u64 pages = random_between(&random, 1, BASE + PAGES - vpn);
		winvm_pstate_t keep = random_below(&random, 2) ? LOCKED : 0;

		if (!random_below(&random, 4)) {
			vpn = ALIGN_DOWN(BASE, LEAF);
			pages = PAGES;
		}
		set(_metadata, vpn, pages, random_below(&random, 3) ? keep : 0, RW);
		if (random_below(&random, 2))
			set(_metadata, vpn, pages, 0, 0);
		ASSERT_EQ(0, winvm_pstate_get(&tree, BASE - 1));
		ASSERT_EQ(0, winvm_pstate_get(&tree, BASE + PAGES));
	}
	WRITE_ONCE(stop, true);
	join();
	EXPECT_EQ(0, sum_wrong());
	EXPECT_LT(0, sum_done());
	TH_LOG("%llu faults, %llu nodes made", sum_done(), seam_allocations());
	winvm_pstate_update(&tree, BASE, PAGES, 0, 0);
	EXPECT_EQ(0, tree.nodes);
	EXPECT_EQ(0, seam_live());
}

#define BLOCK	16ULL
#define BLOCKS	(PAGES / BLOCK)

static void edit(u64 vpn, u64 pages, winvm_pstate_t state)
{
	struct winvm_pstate_edit edit;

	winvm_pstate_begin(&tree, &edit, vpn, pages);
	if (winvm_pstate_prepare(&tree, vpn, pages))
		winvm_pstate_change(&tree, vpn, pages, 0, state);
	winvm_pstate_end(&tree, &edit);
	if (!state && vpn / BLOCK % 2)
		winvm_pstate_tidy(&tree, vpn, pages);
	else if (!state)
		winvm_pstate_keep(&tree, vpn, pages);
}

/* Pages of a block that are not as they were left: @pages of it from @first on are RW. */
static u64 block_wrong(u64 block, u64 first, u64 pages)
{
	u64 wrong = 0, vpn;

	for (vpn = block; vpn < block + BLOCK; vpn++)
		wrong += winvm_pstate_get(&tree, vpn) !=
			 (vpn >= first && vpn < first + pages ? RW : 0);
	return wrong + (winvm_pstate_summarize(&tree, block, BLOCK).committed != pages);
}

/* Each has every third block, so that all have all leaves together, which come and go. */
static void *call_on_own_blocks(void *arg)
{
	struct faulter *faulter = arg;
	struct random random = { faulter->seed };

	pthread_barrier_wait(&barrier);
	for (int i = 0; i < 4000; i++) {
		u64 nth = random_below(&random, 8) ? 0 : random_below(&random, BLOCKS / FAULTERS);
		u64 block = BASE + (nth * FAULTERS + faulter->seed - 1) * BLOCK;
		u64 first = block + random_below(&random, BLOCK);
		u64 pages = random_between(&random, 1, block + BLOCK - first);

		edit(first, pages, RW);
		faulter->wrong += block_wrong(block, first, pages);
		winvm_pstate_run(&tree, BASE + random_below(&random, PAGES), PAGES,
				 WINVM_PSTATE_ALL);
		edit(block, BLOCK, 0);
		faulter->wrong += block_wrong(block, first, 0);
		faulter->done++;
	}
	return NULL;
}

TEST_F_TIMEOUT(threads, calls_on_ranges_of_their_own_do_not_disturb_each_other, 120)
{
	start(call_on_own_blocks);
	pthread_barrier_wait(&barrier);
	join();
	EXPECT_EQ(0, sum_wrong());
	EXPECT_LT(0, sum_done());
	EXPECT_GE(3 * WINVM_PSTATE_KEPT, tree.nodes);
	winvm_pstate_keep_none(&tree);
	EXPECT_EQ(0, tree.nodes);
	EXPECT_EQ(0, seam_live());
}

#define LIMIT 100

static void *take_and_return(void *arg)
{
	struct faulter *faulter = arg;
	struct random random = { faulter->seed };

	pthread_barrier_wait(&barrier);
	for (int i = 0; i < 200000; i++) {
		u64 amount = random_between(&random, 1, LIMIT / 2);

		if (!winvm_charge_take(&charge, amount, LIMIT))
			continue;
		faulter->done++;
		faulter->wrong += READ_ONCE(charge.used) > LIMIT;
		winvm_charge_return(&charge, amount);
	}
	return NULL;
}

TEST_F_TIMEOUT(threads, CC_1_limit_is_never_passed, 120)
{
	start(take_and_return);
	pthread_barrier_wait(&barrier);
	join();
	EXPECT_EQ(0, sum_wrong());
	EXPECT_LT(0, sum_done());
	EXPECT_EQ(0, charge.used);
	EXPECT_LE(charge.peak, LIMIT);
	EXPECT_LE(LIMIT / 2, charge.peak);
}

static u64 committed_words[PAGES / 64];

static void *commit_at_random(void *arg)
{
	struct winvm_commit_map map = { committed_words };
	struct faulter *faulter = arg;
	struct random random = { faulter->seed };

	pthread_barrier_wait(&barrier);
	for (int i = 0; i < 2000; i++) {
		u64 page = random_below(&random, PAGES);
		u64 pages = random_between(&random, 1, min(9ULL, PAGES - page));

		faulter->done += winvm_commit_map_set(&map, page, pages);
		faulter->wrong += winvm_commit_map_count(&map, page, pages) != pages;
		faulter->wrong += winvm_commit_map_run(&map, page, pages, true) != pages;
	}
	return NULL;
}

TEST_F_TIMEOUT(threads, CC_3_page_that_several_commit_is_told_to_one, 120)
{
	struct winvm_commit_map map = { committed_words };

	memset(committed_words, 0, sizeof(committed_words));
	start(commit_at_random);
	pthread_barrier_wait(&barrier);
	join();
	EXPECT_EQ(0, sum_wrong());
	EXPECT_EQ(winvm_commit_map_count(&map, 0, PAGES), sum_done());
}

TEST_HARNESS_MAIN
