// SPDX-License-Identifier: GPL-2.0
/* Page states. */
#include "kselftest_harness.h"
#include "pstate.h"
#include "random.h"

#define LEAF	0x800ULL	/* pages of a slot of each level */
#define TABLE	0x100000ULL
#define ROOT	0x20000000ULL
#define SPACE	0x800000000ULL

#define RW	WINVM_BASE_READWRITE
#define RO	WINVM_BASE_READONLY
#define GUARD	WINVM_PSTATE_GUARD
#define LOCKED	WINVM_PSTATE_LOCKED
#define ARMED	WINVM_PSTATE_ARMED

static struct winvm_pstates tree;

static bool set(u64 vpn, u64 pages, winvm_pstate_t keep, winvm_pstate_t state)
{
	if (!winvm_pstate_prepare(&tree, vpn, pages))
		return false;
	winvm_pstate_update(&tree, vpn, pages, keep, state);
	return true;
}

/* Do the pages from first to last, inclusive, all have this state, and those beside not? */
static bool exactly(u64 first, u64 last, winvm_pstate_t state)
{
	return winvm_pstate_get(&tree, first) == state &&
	       winvm_pstate_run(&tree, first, SPACE - first, WINVM_PSTATE_ALL) == last - first + 1 &&
	       (!first || winvm_pstate_get(&tree, first - 1) != state);
}

FIXTURE(pstate) {
};

FIXTURE_SETUP(pstate)
{
	winvm_pstates_init(&tree);
}

FIXTURE_TEARDOWN(pstate)
{
	winvm_pstates_destroy(&tree);
	EXPECT_EQ(0, tree.nodes);
	EXPECT_EQ(0, seam_live());
	EXPECT_EQ(0, seam_warnings());
}

TEST_F(pstate, all_is_0_at_first)
{
	struct winvm_pstate_summary sum = winvm_pstate_summarize(&tree, 0, SPACE);

	EXPECT_EQ(0, winvm_pstate_get(&tree, 0));
	EXPECT_EQ(0, winvm_pstate_get(&tree, SPACE - 1));
	EXPECT_EQ(SPACE, winvm_pstate_run(&tree, 0, SPACE, WINVM_PSTATE_ALL));
	EXPECT_EQ(0, sum.committed);
	EXPECT_EQ(0, sum.any);
	EXPECT_EQ(0, sum.all);
	EXPECT_EQ(0, seam_allocations());
}

TEST_F(pstate, edges_are_exact_at_every_level)
{
	static const u64 edges[] = { 0x10, LEAF, TABLE, ROOT, 3 * LEAF + 1, 5 * TABLE - 1,
				     7 * TABLE + LEAF, 2 * ROOT + TABLE, 63 * ROOT };
	static const u64 sizes[] = { 1, 2, LEAF - 1, LEAF, LEAF + 1, TABLE - 1, TABLE, TABLE + 1,
				     ROOT - 1, ROOT };

	for (size_t i = 0; i < ARRAY_SIZE(edges); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(sizes); j++) {
			u64 vpn = edges[i];

			ASSERT_TRUE(set(vpn, sizes[j], 0, RW));
			EXPECT_TRUE(exactly(vpn, vpn + sizes[j] - 1, RW)) {
				TH_LOG("vpn %#llx pages %#llx", vpn, sizes[j]);
			}
			EXPECT_EQ(0, winvm_pstate_get(&tree, vpn + sizes[j]));
			EXPECT_EQ(sizes[j], winvm_pstate_summarize(&tree, 0, SPACE).committed);
			ASSERT_TRUE(set(vpn, sizes[j], 0, 0));
			EXPECT_EQ(0, tree.nodes);
		}
	}
}

TEST_F(pstate, top_of_the_space)
{
	ASSERT_TRUE(set(SPACE - 1, 1, 0, RW));
	EXPECT_TRUE(exactly(SPACE - 1, SPACE - 1, RW));
	ASSERT_TRUE(set(SPACE - ROOT, ROOT, 0, RO));
	EXPECT_TRUE(exactly(SPACE - ROOT, SPACE - 1, RO));
	EXPECT_EQ(0, tree.nodes);
}

TEST_F(pstate, uniform_commit_of_any_size_is_cheap)
{
	u64 terabyte = 1ULL << 28;

	ASSERT_TRUE(set(0x10, terabyte, 0, RW));
	EXPECT_LE(seam_allocations(), 6);
	EXPECT_EQ(seam_allocations(), tree.nodes);
	ASSERT_TRUE(set(0x10, terabyte, 0, 0));
	EXPECT_EQ(0, tree.nodes);
	EXPECT_EQ(0, seam_live());
}

TEST_F(pstate, any_pattern_costs_about_two_bytes_a_page)
{
	u64 pages = 64 * LEAF;

	for (u64 vpn = 0; vpn < pages; vpn += 2)
		ASSERT_TRUE(set(TABLE + vpn, 1, 0, RW));
	EXPECT_EQ(pages / 2, winvm_pstate_summarize(&tree, 0, SPACE).committed);
	EXPECT_EQ(seam_live(), tree.nodes);
	/* The quota is honest: it covers what kmalloc takes for powers of two. */
	EXPECT_LE(seam_live_bytes(), tree.nodes * WINVM_PSTATE_NODE_BYTES);
	EXPECT_GE(seam_live_bytes() + tree.nodes * 64, tree.nodes * WINVM_PSTATE_NODE_BYTES);
	EXPECT_EQ(tree.nodes * 4096, seam_live_bytes());
	TH_LOG("%.3f bytes of quota a page",
	       (double)(tree.nodes * WINVM_PSTATE_NODE_BYTES) / (double)pages);
	EXPECT_LE(tree.nodes * WINVM_PSTATE_NODE_BYTES * 100, pages * 210);
}

TEST_F(pstate, uniform_update_gives_leaves_back)
{
	for (u64 i = 0; i < LEAF; i += 2)
		ASSERT_TRUE(set(5 * LEAF + i, 1, 0, RW));
	EXPECT_EQ(3, tree.nodes);
	ASSERT_TRUE(set(5 * LEAF, LEAF, 0, RO));
	EXPECT_EQ(2, tree.nodes);
	EXPECT_TRUE(exactly(5 * LEAF, 6 * LEAF - 1, RO));
	ASSERT_TRUE(set(0, ROOT, 0, RW));
	EXPECT_EQ(0, tree.nodes);
}

TEST_F(pstate, last_page_gives_leaf_and_tables_back)
{
	const winvm_pstate_t keeps[] = { 0, LOCKED };

	for (size_t i = 0; i < ARRAY_SIZE(keeps); i++) {
		ASSERT_TRUE(set(ROOT + 7, 1, 0, RW));
		ASSERT_TRUE(set(ROOT + 9, 1, 0, RW));
		ASSERT_TRUE(set(ROOT + TABLE, 1, 0, RW));
		EXPECT_EQ(5, tree.nodes);
		ASSERT_TRUE(set(ROOT + 7, 1, keeps[i], 0));
		EXPECT_EQ(5, tree.nodes);
		ASSERT_TRUE(set(ROOT + 9, 1, keeps[i], 0));
		EXPECT_EQ(3, tree.nodes);
		ASSERT_TRUE(set(ROOT, 2 * TABLE, keeps[i], 0));
		EXPECT_EQ(0, tree.nodes);
		EXPECT_EQ(0, seam_live());
	}
}

TEST_F(pstate, table_of_uniform_slots_goes_when_all_became_0)
{
	/* Kept bits leave the slots' values alone until they are cleared one by one. */
	ASSERT_TRUE(set(TABLE + LEAF, 4 * LEAF, 0, LOCKED | RW));
	EXPECT_EQ(2, tree.nodes);
	ASSERT_TRUE(set(TABLE + LEAF, 4 * LEAF, LOCKED, 0));
	EXPECT_TRUE(exactly(TABLE + LEAF, TABLE + 5 * LEAF - 1, LOCKED));
	EXPECT_EQ(2, tree.nodes);
	ASSERT_TRUE(set(TABLE + LEAF, 4 * LEAF, GUARD, 0));
	EXPECT_EQ(0, tree.nodes);
}

TEST_F(pstate, whole_allocation_goes_without_memory)
{
	u64 start = 3 * LEAF + 16;
	u64 pages = 2 * TABLE + 160;

	/* Neighbours in the same leaves, states of all kinds within. */
	ASSERT_TRUE(set(start - 16, 16, 0, RO));
	ASSERT_TRUE(set(start + pages, 16, 0, RO));
	ASSERT_TRUE(set(start, pages, 0, RW));
	ASSERT_TRUE(set(start + 77, LEAF, 0, RO));
	ASSERT_TRUE(set(start + TABLE, 3, LOCKED, 0));
	seam_fail_nth(1);
	winvm_pstate_update(&tree, start, pages, 0, 0);
	EXPECT_FALSE(seam_failed());
	seam_fail_nth(0);
	EXPECT_EQ(0, seam_warnings());
	EXPECT_EQ(32, winvm_pstate_summarize(&tree, 0, SPACE).committed);
	EXPECT_TRUE(exactly(start - 16, start - 1, RO));
	EXPECT_TRUE(exactly(start + pages, start + pages + 15, RO));
}

TEST_F(pstate, keep_and_set_in_leaves_and_uniform_slots)
{
	u64 pages = 3 * LEAF;

	ASSERT_TRUE(set(LEAF, pages, 0, RW | ARMED | GUARD));
	ASSERT_EQ(0, winvm_pstate_cmpxchg(&tree, LEAF + 5, RW | ARMED | GUARD, RW | LOCKED));
	ASSERT_TRUE(set(LEAF, pages, ARMED | LOCKED, RO));
	EXPECT_TRUE(exactly(LEAF, LEAF + 4, RO | ARMED));
	EXPECT_TRUE(exactly(LEAF + 5, LEAF + 5, RO | LOCKED));
	EXPECT_TRUE(exactly(LEAF + 6, LEAF + pages - 1, RO | ARMED));
}

/* VP-18 */
TEST_F(pstate, copied_pages_are_never_copied_again)
{
	const winvm_pstate_t copied = WINVM_PSTATE_COPIED;

	ASSERT_TRUE(set(LEAF, 2 * LEAF, 0, WINVM_BASE_WRITECOPY));
	ASSERT_EQ(0, winvm_pstate_cmpxchg(&tree, LEAF + 5, WINVM_BASE_WRITECOPY, RW | copied));
	ASSERT_TRUE(set(LEAF, 2 * LEAF, WINVM_PSTATE_STAYS, WINVM_BASE_EXECUTE_WRITECOPY));
	EXPECT_TRUE(exactly(LEAF, LEAF + 4, WINVM_BASE_EXECUTE_WRITECOPY));
	EXPECT_TRUE(exactly(LEAF + 5, LEAF + 5, WINVM_BASE_EXECUTE_READWRITE | copied));
	EXPECT_TRUE(exactly(LEAF + 6, 3 * LEAF - 1, WINVM_BASE_EXECUTE_WRITECOPY));
	ASSERT_TRUE(set(LEAF, 2 * LEAF, 0, RO));
	ASSERT_TRUE(set(LEAF, 2 * LEAF, WINVM_PSTATE_STAYS, copied));
	ASSERT_TRUE(set(LEAF, 2 * LEAF, WINVM_PSTATE_STAYS, WINVM_BASE_WRITECOPY));
	EXPECT_TRUE(exactly(LEAF, 3 * LEAF - 1, RW | copied));
}

TEST_F(pstate, cmpxchg_answers)
{
	EXPECT_EQ(-EINVAL, winvm_pstate_cmpxchg(&tree, 5, 0, RW));
	EXPECT_EQ(-EAGAIN, winvm_pstate_cmpxchg(&tree, 5, RW, RO));
	EXPECT_EQ(0, seam_allocations());
	ASSERT_TRUE(set(0, ROOT, 0, RW));
	EXPECT_EQ(-EAGAIN, winvm_pstate_cmpxchg(&tree, 5, RO, RW));
	EXPECT_EQ(0, seam_allocations());
	EXPECT_EQ(0, winvm_pstate_cmpxchg(&tree, 5, RW, RO));
	EXPECT_EQ(3, tree.nodes);
	EXPECT_EQ(-EAGAIN, winvm_pstate_cmpxchg(&tree, 5, RW, RO));
	EXPECT_TRUE(exactly(5, 5, RO));
	EXPECT_TRUE(exactly(6, ROOT - 1, RW));
}

TEST_F(pstate, cmpxchg_without_memory_changes_nothing)
{
	for (u64 nth = 1; nth <= 3; nth++) {
		ASSERT_TRUE(set(0, ROOT, 0, RW));
		seam_fail_nth(nth);
		EXPECT_EQ(-ENOMEM, winvm_pstate_cmpxchg(&tree, 5, RW, RO));
		EXPECT_TRUE(seam_failed());
		EXPECT_EQ(nth - 1, tree.nodes);
		EXPECT_TRUE(exactly(0, ROOT - 1, RW));
		EXPECT_EQ(0, winvm_pstate_cmpxchg(&tree, 5, RW, RO));
		EXPECT_TRUE(exactly(5, 5, RO));
		ASSERT_TRUE(set(0, ROOT, 0, 0));
	}
}

TEST_F(pstate, prepare_without_memory_changes_nothing)
{
	u64 vpn = 5, pages = 2 * ROOT + 5, allocations = seam_allocations();

	ASSERT_TRUE(set(0, 4 * ROOT, 0, RO));
	for (u64 nth = 1;; nth++) {
		seam_fail_nth(nth);
		if (winvm_pstate_prepare(&tree, vpn, pages))
			break;
		EXPECT_TRUE(seam_failed());
		EXPECT_TRUE(exactly(0, 4 * ROOT - 1, RO));
		EXPECT_EQ(seam_live(), tree.nodes);
		winvm_pstate_update(&tree, 0, 4 * ROOT, 0, RO);
		EXPECT_EQ(0, tree.nodes);
	}
	EXPECT_EQ(6, tree.nodes);
	EXPECT_EQ(allocations + 1 + 2 + 3 + 4 + 5 + 6 + 6, seam_allocations());
	seam_fail_nth(1);
	winvm_pstate_update(&tree, vpn, pages, 0, RW);
	EXPECT_FALSE(seam_failed());
	EXPECT_TRUE(exactly(vpn, vpn + pages - 1, RW));
}

TEST_F(pstate, prepare_without_memory_keeps_no_node_that_says_nothing)
{
	for (u64 nth = 1;; nth++) {
		seam_fail_nth(nth);
		if (winvm_pstate_prepare(&tree, 5, 2 * ROOT))
			break;
		EXPECT_EQ(0, tree.nodes);
	}
	EXPECT_EQ(6, tree.nodes);
	winvm_pstate_update(&tree, 5, 2 * ROOT, WINVM_PSTATE_ALL, 0);
	EXPECT_EQ(0, tree.nodes);
}

TEST_F(pstate, unprepared_update_that_needs_memory_warns_and_spares_the_neighbours)
{
	ASSERT_TRUE(set(0, LEAF, 0, RO));
	winvm_pstate_update(&tree, 5, 5, 0, RW);
	EXPECT_EQ(1, seam_warnings());
	EXPECT_TRUE(exactly(0, LEAF - 1, RO));
}

TEST_F(pstate, update_of_flags_leaves_the_range_prepared)
{
	/* A flag alone, as if left over, in leaves of their own. */
	ASSERT_TRUE(set(ROOT + 5, LEAF, 0, LOCKED));
	ASSERT_TRUE(winvm_pstate_prepare(&tree, ROOT + 5, LEAF));
	seam_fail_nth(1);
	winvm_pstate_update(&tree, ROOT + 5, LEAF, (winvm_pstate_t)~LOCKED, 0);
	winvm_pstate_update(&tree, ROOT + 5, LEAF, ARMED, RW);
	EXPECT_FALSE(seam_failed());
	EXPECT_EQ(0, seam_warnings());
	EXPECT_TRUE(exactly(ROOT + 5, ROOT + 4 + LEAF, RW));
}

TEST_F(pstate, update_that_keeps_all_gives_a_prepared_range_back)
{
	ASSERT_TRUE(set(7, 1, 0, RW));
	ASSERT_TRUE(winvm_pstate_prepare(&tree, ROOT + 5, 2 * TABLE));
	EXPECT_EQ(8, tree.nodes);
	winvm_pstate_update(&tree, ROOT + 5, 2 * TABLE, WINVM_PSTATE_ALL, 0);
	EXPECT_EQ(3, tree.nodes);
	ASSERT_TRUE(winvm_pstate_prepare(&tree, 5, 10));
	winvm_pstate_update(&tree, 5, 10, WINVM_PSTATE_ALL, 0);
	EXPECT_EQ(3, tree.nodes);
	EXPECT_TRUE(exactly(7, 7, RW));
}

TEST_F(pstate, range_in_an_edit_stays_prepared)
{
	struct winvm_pstate_edit one, other;

	winvm_pstate_begin(&tree, &one, 5, 10);
	winvm_pstate_begin(&tree, &other, 100, 10);
	EXPECT_FALSE(winvm_pstate_ready(&tree, 5, 10));
	ASSERT_TRUE(winvm_pstate_prepare(&tree, 5, 10));
	EXPECT_TRUE(winvm_pstate_ready(&tree, 5, 10));
	EXPECT_EQ(3, tree.nodes);
	/* Another call's pages are 0 again; the leaf that it shares with this one stays. */
	winvm_pstate_end(&tree, &other);
	winvm_pstate_tidy(&tree, 100, 10);
	EXPECT_EQ(3, tree.nodes);
	winvm_pstate_change(&tree, 5, 10, 0, RW);
	winvm_pstate_change(&tree, 5, 10, 0, 0);
	winvm_pstate_end(&tree, &one);
	EXPECT_EQ(3, tree.nodes);
	winvm_pstate_tidy(&tree, 5, 10);
	EXPECT_EQ(0, tree.nodes);
	EXPECT_EQ(NULL, tree.edits);
}

/* As a call that decommits does it. */
static void decommit(u64 vpn, u64 pages)
{
	struct winvm_pstate_edit edit;

	winvm_pstate_begin(&tree, &edit, vpn, pages);
	winvm_pstate_change(&tree, vpn, pages, 0, 0);
	winvm_pstate_end(&tree, &edit);
	winvm_pstate_keep(&tree, vpn, pages);
}

TEST_F(pstate, kept_nodes_serve_the_next_commit)
{
	for (int i = 0; i < 3; i++) {
		ASSERT_TRUE(set(TABLE + 5, 10, 0, RW));
		EXPECT_TRUE(exactly(TABLE + 5, TABLE + 14, RW));
		decommit(TABLE + 5, 10);
		EXPECT_EQ(SPACE, winvm_pstate_run(&tree, 0, SPACE, WINVM_PSTATE_ALL));
		EXPECT_EQ(3, tree.nodes);
		EXPECT_EQ(3, seam_allocations());
		EXPECT_TRUE(winvm_pstate_ready(&tree, TABLE + 100, 10));
	}
	winvm_pstate_keep_none(&tree);
	EXPECT_EQ(0, tree.nodes);
	winvm_pstate_keep_none(&tree);
}

TEST_F(pstate, no_more_is_kept_than_a_few_leaves_and_their_tables)
{
	for (u64 i = 0; i < 20; i++) {
		u64 vpn = i % 7 * ROOT + i * TABLE + i * LEAF;

		ASSERT_TRUE(set(vpn + 7, 3, 0, RW));
		decommit(vpn + 7, 3);
		EXPECT_LE(tree.nodes, (i < WINVM_PSTATE_KEPT ? i + 1 : WINVM_PSTATE_KEPT) * 3);
		EXPECT_TRUE(winvm_pstate_ready(&tree, vpn + 7, 3));
	}
	winvm_pstate_keep_none(&tree);
	EXPECT_EQ(0, tree.nodes);
}

TEST_F(pstate, leaf_that_is_kept_twice_pushes_out_no_other)
{
	const u64 last = WINVM_PSTATE_KEPT * LEAF;

	for (u64 vpn = LEAF; vpn <= last; vpn += LEAF)
		ASSERT_TRUE(set(vpn, 1, 0, RW));
	for (u64 vpn = LEAF; vpn <= last; vpn += LEAF)
		decommit(vpn, 1);
	decommit(last + 3, 1);
	decommit(last + LEAF - 1, 1);
	EXPECT_EQ(2 + WINVM_PSTATE_KEPT, tree.nodes);
	EXPECT_TRUE(winvm_pstate_ready(&tree, LEAF + 1, 1));
}

TEST_F(pstate, both_leaves_of_a_small_range_are_kept_and_none_of_a_large_one)
{
	ASSERT_TRUE(set(2 * LEAF - 1, 2, 0, RW));
	decommit(2 * LEAF - 1, 2);
	EXPECT_EQ(4, tree.nodes);
	EXPECT_TRUE(winvm_pstate_ready(&tree, LEAF + 9, LEAF));
	winvm_pstate_keep_none(&tree);
	EXPECT_EQ(0, tree.nodes);
	ASSERT_TRUE(set(2 * LEAF - 1, LEAF + 2, 0, RW));
	EXPECT_EQ(4, tree.nodes);
	decommit(2 * LEAF - 1, LEAF + 2);
	EXPECT_EQ(0, tree.nodes);
}

TEST_F(pstate, kept_node_that_is_used_again_stays)
{
	struct winvm_pstate_edit edit;

	ASSERT_TRUE(set(5, 1, 0, RW));
	decommit(5, 1);
	/* One with states, one that a call is about to give some. */
	ASSERT_TRUE(set(6, 1, 0, RW));
	winvm_pstate_keep_none(&tree);
	EXPECT_EQ(3, tree.nodes);
	decommit(6, 1);
	winvm_pstate_begin(&tree, &edit, 5, 1);
	winvm_pstate_keep_none(&tree);
	EXPECT_EQ(3, tree.nodes);
	EXPECT_TRUE(winvm_pstate_ready(&tree, 5, 1));
	winvm_pstate_end(&tree, &edit);
	winvm_pstate_keep(&tree, 5, 1);
	EXPECT_EQ(3, tree.nodes);
	winvm_pstate_keep_none(&tree);
	EXPECT_EQ(0, tree.nodes);
}

TEST_F(pstate, next_finds_states_and_ends)
{
	ASSERT_TRUE(set(LEAF - 1, 2, 0, RW));
	ASSERT_TRUE(set(TABLE + 3, 1, 0, RW | GUARD));
	EXPECT_EQ(LEAF - 1, winvm_pstate_next(&tree, 0, SPACE, WINVM_PSTATE_BASE, RW));
	EXPECT_EQ(LEAF, winvm_pstate_next(&tree, LEAF, SPACE - LEAF, WINVM_PSTATE_BASE, RW));
	EXPECT_EQ(TABLE + 3, winvm_pstate_next(&tree, 0, SPACE, GUARD, GUARD));
	EXPECT_EQ(TABLE + 3, winvm_pstate_next(&tree, 0, TABLE + 4, GUARD, GUARD));
	EXPECT_EQ(WINVM_PSTATE_NO_PAGE, winvm_pstate_next(&tree, 0, TABLE + 3, GUARD, GUARD));
	EXPECT_EQ(0, winvm_pstate_next(&tree, 0, SPACE, WINVM_PSTATE_BASE, 0));
	EXPECT_EQ(LEAF + 1, winvm_pstate_next(&tree, LEAF - 1, SPACE - LEAF, WINVM_PSTATE_ALL, 0));
	EXPECT_EQ(WINVM_PSTATE_NO_PAGE, winvm_pstate_next(&tree, LEAF - 1, 2, WINVM_PSTATE_ALL, 0));
}

TEST_F(pstate, VQ_7_run_sees_only_the_masked_bits)
{
	ASSERT_TRUE(set(LEAF, 10, 0, RW));
	ASSERT_TRUE(set(LEAF + 2, 3, 0, RW | LOCKED | ARMED));
	ASSERT_TRUE(set(LEAF + 8, 1, 0, RW | GUARD));
	EXPECT_EQ(8, winvm_pstate_run(&tree, LEAF, 100, WINVM_PSTATE_VISIBLE));
	EXPECT_EQ(2, winvm_pstate_run(&tree, LEAF, 100, WINVM_PSTATE_ALL));
	EXPECT_EQ(10, winvm_pstate_run(&tree, LEAF, 100, WINVM_PSTATE_BASE));
	EXPECT_EQ(1, winvm_pstate_run(&tree, LEAF, 1, WINVM_PSTATE_ALL));
}

TEST_F(pstate, same_begins_with_what_the_caller_saw)
{
	ASSERT_TRUE(set(LEAF, LEAF, 0, RW | ARMED));
	ASSERT_TRUE(set(LEAF + 1, 3, 0, RW | LOCKED));
	EXPECT_EQ(1, winvm_pstate_same(&tree, LEAF, LEAF, ARMED, ARMED));
	EXPECT_EQ(0, winvm_pstate_same(&tree, LEAF, LEAF, ARMED, 0));
	EXPECT_EQ(3, winvm_pstate_same(&tree, LEAF + 1, LEAF, ARMED, 0));
	EXPECT_EQ(0, winvm_pstate_same(&tree, LEAF + 1, LEAF, ARMED, ARMED));
	EXPECT_EQ(2, winvm_pstate_same(&tree, LEAF + 1, 2, ARMED, 0));
	EXPECT_EQ(LEAF - 4, winvm_pstate_same(&tree, LEAF + 4, TABLE, ARMED, ARMED));
	EXPECT_EQ(TABLE, winvm_pstate_same(&tree, 2 * LEAF, TABLE, WINVM_PSTATE_ALL, 0));
}

TEST_F(pstate, alike_is_exact_and_looks_at_one_slot)
{
	ASSERT_TRUE(set(LEAF, 2 * LEAF, 0, RW));
	EXPECT_EQ(LEAF, winvm_pstate_alike(&tree, LEAF, 3 * LEAF, RW));
	ASSERT_TRUE(set(LEAF + 10, 1, WINVM_PSTATE_ALL, LOCKED));
	EXPECT_EQ(10, winvm_pstate_alike(&tree, LEAF, LEAF, RW));
	EXPECT_EQ(9, winvm_pstate_alike(&tree, LEAF, 9, RW));
	EXPECT_EQ(0, winvm_pstate_alike(&tree, LEAF + 10, 5, RW));
	EXPECT_EQ(1, winvm_pstate_alike(&tree, LEAF + 10, 5, RW | LOCKED));
	EXPECT_EQ(0, winvm_pstate_alike(&tree, LEAF, 5, 0));
	EXPECT_EQ(5, winvm_pstate_alike(&tree, 0, 5, 0));
}

/* A reserved page may have a bit that is not of its base (SPEC WW-13). */
TEST_F(pstate, WW_13_bit_that_outlives_the_base)
{
	const winvm_pstate_t latched = WINVM_PSTATE_LATCHED;

	ASSERT_TRUE(set(0, 2 * TABLE, 0, RW | ARMED));
	ASSERT_TRUE(set(LEAF + 5, 2, 0, RW | latched));
	ASSERT_TRUE(set(TABLE, LEAF, 0, RW | latched));
	ASSERT_TRUE(set(0, 2 * TABLE, latched, 0));
	EXPECT_EQ(0, winvm_pstate_summarize(&tree, 0, 2 * TABLE).committed);
	EXPECT_EQ(LEAF + 5, winvm_pstate_next(&tree, 0, SPACE, latched, latched));
	EXPECT_EQ(2, winvm_pstate_run(&tree, LEAF + 5, SPACE - LEAF - 5, WINVM_PSTATE_ALL));
	EXPECT_EQ(TABLE, winvm_pstate_next(&tree, LEAF + 7, SPACE - LEAF - 7, latched, latched));
	EXPECT_EQ(LEAF, winvm_pstate_run(&tree, TABLE, TABLE, WINVM_PSTATE_ALL));
	/* Committed again it is there still. */
	ASSERT_TRUE(set(0, 2 * LEAF, latched, RW));
	EXPECT_EQ(RW | latched, winvm_pstate_get(&tree, LEAF + 6));
	EXPECT_EQ(RW, winvm_pstate_get(&tree, LEAF + 7));
	/* Without it nothing is left. */
	ASSERT_TRUE(set(0, 2 * LEAF, latched, 0));
	ASSERT_TRUE(set(0, 2 * TABLE, (winvm_pstate_t)(WINVM_PSTATE_ALL ^ latched ^
						       WINVM_PSTATE_BASE), 0));
	EXPECT_EQ(SPACE, winvm_pstate_run(&tree, 0, SPACE, WINVM_PSTATE_ALL));
	EXPECT_EQ(0, tree.nodes);
}

TEST_F(pstate, summary_combines_all_states)
{
	struct winvm_pstate_summary sum;

	ASSERT_TRUE(set(LEAF - 2, 4, 0, RW | LOCKED));
	ASSERT_TRUE(set(LEAF + 2, LEAF, 0, RO | LOCKED | GUARD));
	sum = winvm_pstate_summarize(&tree, LEAF - 2, LEAF + 4);
	EXPECT_EQ(LEAF + 4, sum.committed);
	EXPECT_EQ(RW | RO | LOCKED | GUARD, sum.any);
	EXPECT_EQ((RW & RO) | LOCKED, sum.all);
	sum = winvm_pstate_summarize(&tree, LEAF - 3, LEAF + 5);
	EXPECT_EQ(LEAF + 4, sum.committed);
	EXPECT_EQ(0, sum.all);
	ASSERT_TRUE(set(LEAF - 3, 1, 0, LOCKED));
	sum = winvm_pstate_summarize(&tree, LEAF - 3, LEAF + 5);
	EXPECT_EQ(LEAF + 4, sum.committed);
	EXPECT_EQ(LOCKED, sum.all);
}

/* Whoever sees that a range lies in one leaf need not prepare it. */
TEST_F(pstate, summary_knows_what_lies_in_one_leaf)
{
	const struct {
		u64 vpn, pages;
		bool one_leaf;
	} ranges[] = {
		{ LEAF + 5, 1, true },	{ LEAF, LEAF, true },	       { 2 * LEAF - 1, 1, true },
		{ LEAF - 1, 2, false }, { LEAF, LEAF + 1, false },     { 4, 4, false },
		{ LEAF - 2, 9, false }, { 2 * LEAF + 1, 1, false },    { LEAF, 2 * LEAF, false },
		{ 4 * LEAF, 9, true },	{ 4 * LEAF, 2 * LEAF, false },
	};

	ASSERT_TRUE(set(LEAF + 5, 3, 0, RW));
	ASSERT_TRUE(set(2 * LEAF, LEAF, 0, RW));
	ASSERT_TRUE(set(4 * LEAF + 1, LEAF, 0, RW));
	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
		u64 vpn = ranges[i].vpn, pages = ranges[i].pages;

		EXPECT_EQ(ranges[i].one_leaf, winvm_pstate_summarize(&tree, vpn, pages).one_leaf);
		if (ranges[i].one_leaf) {
			EXPECT_TRUE(winvm_pstate_ready(&tree, vpn, pages));
		}
	}
	EXPECT_FALSE(winvm_pstate_ready(&tree, 2 * LEAF - 1, 2));
	EXPECT_FALSE(winvm_pstate_ready(&tree, 2 * LEAF + 1, 1));
}

/*
 * The reference: one byte for each unit of 1 or more pages of a window. The
 * windows lie over the borders of slots; with large units whole tables change.
 */
#define UNITS 12288

struct window {
	u64 base;
	u64 unit;
	winvm_pstate_t state[UNITS];
};

static struct window window;

static u64 page_of(u64 unit)
{
	return window.base + unit * window.unit;
}

static void verify_window(struct __test_metadata *_metadata, u64 first, u64 count)
{
	u64 end = first + count + 2 < UNITS ? first + count + 2 : UNITS;

	for (u64 i = first > 2 ? first - 2 : 0; i < end; i++) {
		ASSERT_EQ(window.state[i], winvm_pstate_get(&tree, page_of(i)));
		ASSERT_EQ(window.state[i], winvm_pstate_get(&tree, page_of(i + 1) - 1));
	}
}

static void verify_scans(struct __test_metadata *_metadata, struct random *random)
{
	static const winvm_pstate_t masks[] = { WINVM_PSTATE_ALL, WINVM_PSTATE_BASE, WINVM_PSTATE_VISIBLE,
						LOCKED };
	winvm_pstate_t mask = masks[random_below(random, ARRAY_SIZE(masks))];
	u64 first = random_below(random, UNITS);
	u64 count = random_between(random, 1, UNITS - first);
	winvm_pstate_t value = window.state[random_below(random, UNITS)] & mask;
	struct winvm_pstate_summary sum =
		winvm_pstate_summarize(&tree, page_of(first), count * window.unit);
	u64 run = 0, next = 0, same = 0, committed = 0;
	winvm_pstate_t any = 0, all = WINVM_PSTATE_ALL;

	while (run < count && !((window.state[first + run] ^ window.state[first]) & mask))
		run++;
	while (next < count && (window.state[first + next] & mask) != value)
		next++;
	while (same < count && (window.state[first + same] & mask) == value)
		same++;
	for (u64 i = first; i < first + count; i++) {
		committed += winvm_pstate_committed(window.state[i]) ? window.unit : 0;
		any |= window.state[i];
		all &= window.state[i];
	}
	ASSERT_EQ(run * window.unit,
		  winvm_pstate_run(&tree, page_of(first), count * window.unit, mask));
	ASSERT_EQ(next < count ? page_of(first + next) : WINVM_PSTATE_NO_PAGE,
		  winvm_pstate_next(&tree, page_of(first), count * window.unit, mask, value));
	ASSERT_EQ(same * window.unit,
		  winvm_pstate_same(&tree, page_of(first), count * window.unit, mask, value));
	ASSERT_EQ(committed, sum.committed);
	ASSERT_EQ(any, sum.any);
	ASSERT_EQ(all, sum.all);
}

static u64 random_count(struct random *random, u64 first)
{
	static const u64 sizes[] = { 1, 4, 16, 512, 4096, UNITS };
	u64 count = random_between(random, 1, sizes[random_below(random, ARRAY_SIZE(sizes))]);

	return count < UNITS - first ? count : UNITS - first;
}

static u64 random_first(struct random *random)
{
	u64 first = random_below(random, UNITS);

	/* Often on a border of slots, or one off. */
	if (random_below(random, 2))
		first = ALIGN_DOWN(first, LEAF) + random_below(random, 2);
	return first;
}

static void random_update(struct __test_metadata *_metadata, struct random *random)
{
	static const winvm_pstate_t states[] = { 0, 0, RW, RO, RW | GUARD, RW | ARMED };
	static const winvm_pstate_t keeps[] = { 0, 0, LOCKED, LOCKED | ARMED };
	winvm_pstate_t state = states[random_below(random, ARRAY_SIZE(states))];
	winvm_pstate_t keep = keeps[random_below(random, ARRAY_SIZE(keeps))];
	u64 first = random_first(random);
	u64 count = random_count(random, first);

	/* Let an allocation fail now and then: nothing changes. */
	seam_fail_nth(random_below(random, 6));
	if (!winvm_pstate_prepare(&tree, page_of(first), count * window.unit)) {
		ASSERT_TRUE(seam_failed());
		verify_window(_metadata, first, count);
		ASSERT_TRUE(winvm_pstate_prepare(&tree, page_of(first), count * window.unit));
	}
	seam_fail_nth(1);
	winvm_pstate_update(&tree, page_of(first), count * window.unit, keep, state);
	ASSERT_FALSE(seam_failed());
	seam_fail_nth(0);
	for (u64 i = first; i < first + count; i++)
		window.state[i] = (winvm_pstate_t)((window.state[i] & keep) | state);
	verify_window(_metadata, first, count);
}

/* A fault changes a page; with large units it changes it back, and leaves a leaf. */
static void random_fault(struct __test_metadata *_metadata, struct random *random)
{
	u64 unit = random_below(random, UNITS);
	winvm_pstate_t old = window.state[unit];
	winvm_pstate_t changed = (winvm_pstate_t)(old ^ LOCKED);
	u64 vpn = page_of(unit) + random_below(random, window.unit);

	if (!winvm_pstate_committed(old))
		return;
	seam_fail_nth(random_below(random, 5));
	if (winvm_pstate_cmpxchg(&tree, vpn, old, changed) == -ENOMEM) {
		ASSERT_TRUE(seam_failed());
		ASSERT_EQ(old, winvm_pstate_get(&tree, vpn));
		seam_fail_nth(0);
		ASSERT_EQ(0, winvm_pstate_cmpxchg(&tree, vpn, old, changed));
	}
	seam_fail_nth(0);
	ASSERT_EQ(changed, winvm_pstate_get(&tree, vpn));
	ASSERT_EQ(-EAGAIN, winvm_pstate_cmpxchg(&tree, vpn, old, old));
	if (window.unit == 1)
		window.state[unit] = changed;
	else
		ASSERT_EQ(0, winvm_pstate_cmpxchg(&tree, vpn, changed, old));
	verify_window(_metadata, unit, 1);
}

static void random_window(struct __test_metadata *_metadata, u64 seed, u64 base, u64 unit,
			  u32 steps)
{
	struct random random = { seed };

	window.base = base;
	window.unit = unit;
	memset(window.state, 0, sizeof(window.state));
	TH_LOG("seed %llu: window at %#llx of %d units of %#llx pages", seed, base, UNITS, unit);
	for (u32 step = 0; step < steps; step++) {
		if (random_below(&random, 3))
			random_update(_metadata, &random);
		else
			random_fault(_metadata, &random);
		ASSERT_EQ(seam_live(), tree.nodes);
		if (step % 16 == 0)
			verify_scans(_metadata, &random);
		if (step % 64 == 0)
			verify_window(_metadata, 0, UNITS);
	}
	winvm_pstate_update(&tree, base, UNITS * unit, 0, 0);
	ASSERT_EQ(0, tree.nodes);
}

TEST_F(pstate, random_steps_over_the_border_of_leaves)
{
	random_window(_metadata, 1, 100 * LEAF, 1, 3000);
	random_window(_metadata, 2, TABLE - LEAF - 7, 1, 3000);
}

TEST_F(pstate, random_steps_over_the_border_of_tables)
{
	random_window(_metadata, 3, ROOT - 2 * LEAF, 1, 3000);
	random_window(_metadata, 4, SPACE - UNITS, 1, 3000);
}

TEST_F(pstate, random_steps_with_large_units)
{
	random_window(_metadata, 5, 0, LEAF / 2, 2000);
	random_window(_metadata, 6, ROOT, 1ULL << 18, 2000);
}

TEST_HARNESS_MAIN
