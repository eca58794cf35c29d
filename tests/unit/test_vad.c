// SPDX-License-Identifier: GPL-2.0
/* The VAD tree (SPEC AS-2, AS-4, AS-5, DS-8 to DS-11). */
#include <math.h>

#include "kselftest_harness.h"
#include "random.h"
#include "vad.h"

#define G		WINVM_GRANULARITY_PAGES
#define NODES		4096

static struct winvm_vad nodes[NODES];
static struct winvm_vad_tree tree;

/* Make nodes[i] and put it in. */
static bool put(size_t i, u64 start_vpn, u64 pages)
{
	nodes[i] = (struct winvm_vad){ .start_vpn = start_vpn, .end_vpn = start_vpn + pages - 1 };
	return winvm_vad_insert(&tree, &nodes[i]);
}

static struct winvm_gap want(u64 lowest, u64 highest, u64 pages)
{
	return (struct winvm_gap){ lowest, highest, pages, G };
}

static u64 lowest(u64 low, u64 high, u64 pages)
{
	struct winvm_gap gap = want(low, high, pages);

	return winvm_vad_gap_lowest(&tree, &gap);
}

static u64 highest(u64 low, u64 high, u64 pages)
{
	struct winvm_gap gap = want(low, high, pages);

	return winvm_vad_gap_highest(&tree, &gap);
}

static u32 height_of(const struct winvm_vad *vad)
{
	u32 left, right;

	if (!vad)
		return 0;
	left = height_of(vad->child[WINVM_LEFT]);
	right = height_of(vad->child[WINVM_RIGHT]);
	return 1 + (left > right ? left : right);
}

static double height_limit(u64 count)
{
	return 1.44 * log2((double)count + 2);
}

TEST(DS_9_any_overlap_is_refused)
{
	ASSERT_TRUE(put(0, 0x100, 0x20));
	ASSERT_TRUE(put(1, 0x140, 0x20));
	EXPECT_FALSE(put(2, 0x100, 0x20));
	EXPECT_FALSE(put(2, 0x110, 1));
	EXPECT_FALSE(put(2, 0xf0, 0x11));
	EXPECT_FALSE(put(2, 0x11f, 2));
	EXPECT_FALSE(put(2, 0xf0, 0x100));
	EXPECT_FALSE(put(2, 0x11f, 0x22));
	EXPECT_EQ(2, tree.count);
	EXPECT_TRUE(winvm_vad_check(&tree));
	EXPECT_TRUE(put(2, 0x120, 0x20));
	EXPECT_TRUE(put(3, 0xff, 1));
	EXPECT_TRUE(put(4, 0x160, 1));
	EXPECT_EQ(5, tree.count);
	EXPECT_TRUE(winvm_vad_check(&tree));
}

TEST(DS_4_find_takes_the_end_as_inclusive)
{
	ASSERT_TRUE(put(0, 0x100, 0x10));
	ASSERT_TRUE(put(1, 0x110, 0x10));
	EXPECT_EQ(NULL, winvm_vad_find(&tree, 0xff));
	EXPECT_EQ(&nodes[0], winvm_vad_find(&tree, 0x100));
	EXPECT_EQ(&nodes[0], winvm_vad_find(&tree, 0x10f));
	EXPECT_EQ(&nodes[1], winvm_vad_find(&tree, 0x110));
	EXPECT_EQ(&nodes[1], winvm_vad_find(&tree, 0x11f));
	EXPECT_EQ(NULL, winvm_vad_find(&tree, 0x120));
	EXPECT_EQ(&nodes[0], winvm_vad_at_or_after(&tree, 0));
	EXPECT_EQ(&nodes[1], winvm_vad_at_or_after(&tree, 0x110));
	EXPECT_EQ(NULL, winvm_vad_at_or_after(&tree, 0x120));
	EXPECT_EQ(0x10, winvm_vad_pages(&nodes[0]));
}

TEST(empty_tree)
{
	EXPECT_EQ(NULL, winvm_vad_first(&tree));
	EXPECT_EQ(NULL, winvm_vad_last(&tree));
	EXPECT_EQ(NULL, winvm_vad_find(&tree, 0x100));
	EXPECT_EQ(NULL, winvm_vad_at_or_after(&tree, 0));
	EXPECT_TRUE(winvm_vad_check(&tree));
}

TEST(order_is_kept_both_ways)
{
	const u64 starts[] = { 0x500, 0x100, 0x300, 0x200, 0x600, 0x400, 0x700 };
	struct winvm_vad *vad;
	u64 at;

	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		ASSERT_TRUE(put(i, starts[i], 0x10));
	for (vad = winvm_vad_first(&tree), at = 0x100; vad; vad = winvm_vad_next(vad), at += 0x100)
		EXPECT_EQ(at, vad->start_vpn);
	EXPECT_EQ(0x800, at);
	for (vad = winvm_vad_last(&tree), at = 0x700; vad; vad = winvm_vad_prev(vad), at -= 0x100)
		EXPECT_EQ(at, vad->start_vpn);
	EXPECT_EQ(0, at);
}

TEST(AS_2_nothing_below_64_KB_nor_above_the_top)
{
	EXPECT_EQ(WINVM_LOWEST_VPN, lowest(0, ~0ULL >> 1, 1));
	EXPECT_EQ(ALIGN_DOWN(WINVM_HIGHEST_VPN, G), highest(0, ~0ULL >> 1, 1));
	EXPECT_EQ(WINVM_LOWEST_VPN, lowest(0, ~0ULL >> 1, WINVM_HIGHEST_VPN - 15));
	EXPECT_EQ(WINVM_LOWEST_VPN, highest(0, ~0ULL >> 1, WINVM_HIGHEST_VPN - 15));
	EXPECT_EQ(WINVM_NO_GAP, lowest(0, ~0ULL >> 1, WINVM_HIGHEST_VPN - 14));
	EXPECT_EQ(WINVM_NO_GAP, highest(0, ~0ULL >> 1, WINVM_HIGHEST_VPN - 14));
	/* SPEC VA-28: 21 zero bits. */
	EXPECT_EQ(WINVM_NO_GAP, lowest(WINVM_LOWEST_VPN, 0, 1));
	EXPECT_EQ(WINVM_NO_GAP, highest(WINVM_LOWEST_VPN, 0, 1));
}

TEST(AS_4_tail_of_a_64_KB_block_is_lost)
{
	ASSERT_TRUE(put(0, 0x10, 1));
	EXPECT_EQ(0x20, lowest(WINVM_LOWEST_VPN, 0xff, 1));
	ASSERT_TRUE(put(1, 0x30, 0x11));
	EXPECT_EQ(0x50, lowest(WINVM_LOWEST_VPN, 0xff, 0x11));
	EXPECT_EQ(0x20, lowest(WINVM_LOWEST_VPN, 0xff, 0x10));
	EXPECT_EQ(0x10, nodes[1].gap);
}

TEST(AS_5_bottom_up_and_top_down)
{
	ASSERT_TRUE(put(0, 0x100, 0x100));
	ASSERT_TRUE(put(1, 0x300, 0x100));
	EXPECT_EQ(0x10, lowest(WINVM_LOWEST_VPN, 0x3ff, 0xf0));
	EXPECT_EQ(0x200, lowest(WINVM_LOWEST_VPN, 0x3ff, 0xf1));
	EXPECT_EQ(0x200, lowest(WINVM_LOWEST_VPN, 0x3ff, 0x100));
	EXPECT_EQ(WINVM_NO_GAP, lowest(WINVM_LOWEST_VPN, 0x3ff, 0x101));
	EXPECT_EQ(0x400, lowest(WINVM_LOWEST_VPN, 0x500, 0x101));
	EXPECT_EQ(WINVM_NO_GAP, lowest(WINVM_LOWEST_VPN, 0x4ff, 0x101));
	EXPECT_EQ(0x2f0, highest(WINVM_LOWEST_VPN, 0x3ff, 1));
	EXPECT_EQ(0x2e0, highest(WINVM_LOWEST_VPN, 0x3ff, 0x11));
	EXPECT_EQ(0x200, highest(WINVM_LOWEST_VPN, 0x3ff, 0x100));
	EXPECT_EQ(WINVM_NO_GAP, highest(WINVM_LOWEST_VPN, 0x3ff, 0x101));
	EXPECT_EQ(0x400, highest(WINVM_LOWEST_VPN, 0x40f, 0x10));
	EXPECT_EQ(0x2f0, highest(WINVM_LOWEST_VPN, 0x40e, 0x10));
	EXPECT_EQ(0x10, highest(WINVM_LOWEST_VPN, 0xff, 0xf0));
}

TEST(VA_30_bounds_within_a_gap)
{
	ASSERT_TRUE(put(0, 0x1000, 0x10));
	EXPECT_EQ(0x210, lowest(0x201, 0x2ff, 0x10));
	EXPECT_EQ(0x2f0, highest(0x201, 0x2ff, 0x10));
	EXPECT_EQ(0x2e0, highest(0x201, 0x2fe, 0x10));
	EXPECT_EQ(WINVM_NO_GAP, lowest(0x201, 0x21e, 0x10));
	EXPECT_EQ(WINVM_NO_GAP, highest(0x201, 0x21e, 0x10));
	EXPECT_EQ(0x210, lowest(0x201, 0x21f, 0x10));
	EXPECT_EQ(0x210, highest(0x201, 0x21f, 0x10));
	/* Bounds inside the VAD. */
	EXPECT_EQ(0x1010, lowest(0x1008, 0x2000, 1));
	EXPECT_EQ(0xff0, highest(0x10, 0x1008, 1));
}

TEST(VX_6_larger_alignment)
{
	struct winvm_gap gap = { WINVM_LOWEST_VPN, 0xfff, 0x10, 0x200 };

	ASSERT_TRUE(put(0, 0x210, 0x10));
	ASSERT_TRUE(put(1, 0x3f0, 0x20));
	ASSERT_TRUE(put(2, 0x610, 0x10));
	EXPECT_EQ(0x200, winvm_vad_gap_lowest(&tree, &gap));
	EXPECT_EQ(0xe00, winvm_vad_gap_highest(&tree, &gap));
	ASSERT_TRUE(put(3, 0x200, 0x10));
	EXPECT_EQ(0x600, winvm_vad_gap_lowest(&tree, &gap));
	gap.highest_vpn = 0x7ff;
	EXPECT_EQ(0x600, winvm_vad_gap_highest(&tree, &gap));
	gap.highest_vpn = 0x5ff;
	EXPECT_EQ(WINVM_NO_GAP, winvm_vad_gap_lowest(&tree, &gap));
	EXPECT_EQ(WINVM_NO_GAP, winvm_vad_gap_highest(&tree, &gap));
}

TEST(AS_6_released_place_is_found_again)
{
	ASSERT_TRUE(put(0, 0x10, 0x10));
	ASSERT_TRUE(put(1, 0x20, 0x10));
	ASSERT_TRUE(put(2, 0x30, 0x10));
	winvm_vad_remove(&tree, &nodes[1]);
	EXPECT_TRUE(winvm_vad_check(&tree));
	EXPECT_EQ(0x20, lowest(WINVM_LOWEST_VPN, 0xff, 0x10));
	EXPECT_TRUE(put(1, 0x20, 0x10));
	EXPECT_EQ(0x40, lowest(WINVM_LOWEST_VPN, 0xff, 0x10));
	EXPECT_TRUE(winvm_vad_check(&tree));
}

TEST(VF_26_freed_head_of_a_64_KB_block_is_a_gap)
{
	ASSERT_TRUE(put(0, 0x10, 0x10));
	ASSERT_TRUE(put(1, 0x20, 0x10));
	winvm_vad_trim(&tree, &nodes[1], 0x22, 0x2f);
	EXPECT_TRUE(winvm_vad_check(&tree));
	EXPECT_EQ(2, nodes[1].gap);
	EXPECT_EQ(0x20, lowest(WINVM_LOWEST_VPN, 0x2f, 1));
	EXPECT_EQ(0x20, highest(WINVM_LOWEST_VPN, 0x2f, 2));
	EXPECT_TRUE(put(2, 0x20, 1));
	EXPECT_TRUE(winvm_vad_check(&tree));
	EXPECT_EQ(WINVM_NO_GAP, lowest(WINVM_LOWEST_VPN, 0x2f, 1));
	EXPECT_EQ(WINVM_NO_GAP, highest(WINVM_LOWEST_VPN, 0x2f, 1));
}

TEST(VF_25_trim_of_the_tail_widens_the_next_gap)
{
	ASSERT_TRUE(put(0, 0x10, 0x30));
	ASSERT_TRUE(put(1, 0x40, 0x10));
	EXPECT_EQ(0, nodes[1].gap);
	winvm_vad_trim(&tree, &nodes[0], 0x10, 0x20);
	EXPECT_TRUE(winvm_vad_check(&tree));
	EXPECT_EQ(0x10, nodes[1].gap);
	EXPECT_EQ(0x30, lowest(WINVM_LOWEST_VPN, 0x3f, 0x10));
}

TEST(DS_8_every_rotation_case_of_insert)
{
	static const u64 orders[][3] = {
		{ 1, 2, 3 }, { 1, 3, 2 }, { 2, 1, 3 }, { 2, 3, 1 }, { 3, 1, 2 }, { 3, 2, 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		tree = (struct winvm_vad_tree){};
		for (size_t j = 0; j < 3; j++) {
			ASSERT_TRUE(put(j, orders[i][j] * 0x100, 0x10));
			ASSERT_TRUE(winvm_vad_check(&tree));
		}
		EXPECT_EQ(0x200, tree.root->start_vpn);
		EXPECT_EQ(2, height_of(tree.root));
	}
}

/* Every tree of up to 7 nodes built in every order, less every node. */
static void permute(struct __test_metadata *_metadata, u64 *order, size_t done, size_t count)
{
	if (done < count) {
		for (size_t i = done; i < count; i++) {
			u64 kept = order[done];

			order[done] = order[i];
			order[i] = kept;
			permute(_metadata, order, done + 1, count);
			order[i] = order[done];
			order[done] = kept;
		}
		return;
	}
	for (size_t victim = 0; victim < count; victim++) {
		tree = (struct winvm_vad_tree){};
		for (size_t i = 0; i < count; i++)
			ASSERT_TRUE(put(i, order[i] * 0x20, 0x11));
		ASSERT_TRUE(winvm_vad_check(&tree));
		winvm_vad_remove(&tree, &nodes[victim]);
		ASSERT_TRUE(winvm_vad_check(&tree));
		ASSERT_EQ(count - 1, tree.count);
	}
}

TEST(DS_8_all_small_trees)
{
	for (size_t count = 1; count <= 7; count++) {
		u64 order[7] = { 1, 2, 3, 4, 5, 6, 7 };

		permute(_metadata, order, 0, count);
	}
}

TEST(DS_8_height_of_ascending_descending_and_random_inserts)
{
	static const char *const kinds[] = { "ascending", "descending", "random" };

	for (u32 kind = 0; kind < ARRAY_SIZE(kinds); kind++) {
		struct random random = { 1 };
		size_t made = 0;

		tree = (struct winvm_vad_tree){};
		while (made < NODES) {
			u64 slot = kind == 0 ? made + 1 :
				   kind == 1 ? NODES - made :
				   random_between(&random, 1, 1 << 24);

			made += put(made, slot * G, 1);
		}
		ASSERT_TRUE(winvm_vad_check(&tree));
		EXPECT_LE(height_of(tree.root), height_limit(tree.count));
		TH_LOG("%s: %llu VADs, height %u, limit %.1f", kinds[kind], tree.count,
		       height_of(tree.root), height_limit(tree.count));
	}
}

TEST(DS_8_height_while_removing)
{
	struct random random = { 2 };

	for (size_t i = 0; i < NODES; i++)
		ASSERT_TRUE(put(i, (i + 1) * G, 1));
	for (size_t left = NODES; left; left--) {
		size_t victim = random_below(&random, left);
		struct winvm_vad *vad = winvm_vad_at_or_after(&tree, (victim + 1) * G);

		winvm_vad_remove(&tree, vad ? vad : winvm_vad_last(&tree));
		if (left % 64 == 0) {
			ASSERT_TRUE(winvm_vad_check(&tree));
			ASSERT_LE(height_of(tree.root), height_limit(tree.count));
		}
	}
	EXPECT_EQ(NULL, tree.root);
	EXPECT_EQ(0, tree.count);
}

/* A million VADs would do, too: a search looks at a few nodes a level. */
TEST(DS_10_gap_search_visits_few_nodes)
{
	u64 worst = 0;
	double limit = 6 * height_limit(NODES);

	/* VADs of 1 page, so that all gaps are 1 to 8 blocks, growing to the middle. */
	for (size_t i = 0; i < NODES; i++) {
		u64 blocks = 1 + 8 * (i < NODES / 2 ? i : NODES - i) / (NODES / 2);
		u64 at = tree.count ? winvm_vad_last(&tree)->start_vpn + (1 + blocks) * G : G;

		ASSERT_TRUE(put(i, at, 1));
	}
	ASSERT_TRUE(winvm_vad_check(&tree));
	for (u64 blocks = 1; blocks <= 10; blocks++) {
		u64 middle = nodes[NODES / 2].start_vpn;
		u64 top = nodes[NODES - 1].start_vpn;
		const u64 bounds[][2] = {
			{ G, top }, { G, WINVM_HIGHEST_VPN }, { middle, top },
			{ G, middle }, { middle + 3, middle + 11 }, { top / 4, top / 4 * 3 },
		};

		for (size_t i = 0; i < ARRAY_SIZE(bounds); i++) {
			u64 visits;

			seam_visits();
			lowest(bounds[i][0], bounds[i][1], blocks * G);
			visits = seam_visits();
			worst = visits > worst ? visits : worst;
			highest(bounds[i][0], bounds[i][1], blocks * G);
			visits = seam_visits();
			worst = visits > worst ? visits : worst;
		}
	}
	TH_LOG("%d VADs: at most %llu nodes visited, limit %.0f", NODES, worst, limit);
	EXPECT_LE((double)worst, limit);
	EXPECT_LT(0, worst);
}

/*
 * A plainly right reference: a byte a page for the first WORLD pages, where
 * all VADs of the random test lie.
 */
#define WORLD	(96 * G)
#define RANDOM_NODES 64

static u8 taken[WORLD];

static void mark(const struct winvm_vad *vad, u8 value)
{
	memset(&taken[vad->start_vpn], value, winvm_vad_pages(vad));
}

static bool is_free(u64 start, u64 pages)
{
	for (u64 i = start; i < start + pages; i++)
		if (taken[i])
			return false;
	return true;
}

static bool reference_fits(const struct winvm_gap *gap, u64 start)
{
	return start >= gap->lowest_vpn && start >= WINVM_LOWEST_VPN &&
	       start + gap->pages - 1 <= gap->highest_vpn && is_free(start, gap->pages) &&
	       /* A hole begins at a 64 KB boundary: no VAD's tail shares the block. */
	       (start % G == 0);
}

static u64 reference_lowest(const struct winvm_gap *gap)
{
	for (u64 start = 0; start + gap->pages <= WORLD; start += gap->align_pages)
		if (reference_fits(gap, start))
			return start;
	return WINVM_NO_GAP;
}

static u64 reference_highest(const struct winvm_gap *gap)
{
	u64 found = WINVM_NO_GAP;

	for (u64 start = 0; start + gap->pages <= WORLD; start += gap->align_pages)
		if (reference_fits(gap, start))
			found = start;
	return found;
}

static void try_searches(struct __test_metadata *_metadata, struct random *random)
{
	for (int i = 0; i < 4; i++) {
		u64 low = random_below(random, WORLD);
		u64 high = random_below(random, WORLD);
		struct winvm_gap gap = {
			.lowest_vpn = random_below(random, 2) ? low : WINVM_LOWEST_VPN,
			.highest_vpn = random_below(random, 2) ? high : WORLD - 1,
			.pages = random_between(random, 1, 6 * G),
			.align_pages = G << (random_below(random, 2) ? random_below(random, 5) : 0),
		};

		ASSERT_EQ(reference_lowest(&gap), winvm_vad_gap_lowest(&tree, &gap));
		ASSERT_EQ(reference_highest(&gap), winvm_vad_gap_highest(&tree, &gap));
	}
}

static void random_insert(struct __test_metadata *_metadata, struct random *random,
			  struct winvm_vad *vad)
{
	u64 start = random_between(random, WINVM_LOWEST_VPN, WORLD - 4 * G - 1);
	u64 pages = random_between(random, 1, random_below(random, 4) ? G : 4 * G);
	bool expected;

	if (random_below(random, 8))
		start = ALIGN_DOWN(start, G);
	expected = is_free(start, pages);
	*vad = (struct winvm_vad){ .start_vpn = start, .end_vpn = start + pages - 1 };
	ASSERT_EQ(expected, winvm_vad_insert(&tree, vad));
	if (expected)
		mark(vad, 1);
	else
		vad->end_vpn = 0;
}

static void random_trim(struct random *random, struct winvm_vad *vad)
{
	u64 start = random_between(random, vad->start_vpn, vad->end_vpn);
	u64 end = random_between(random, start, vad->end_vpn);

	mark(vad, 0);
	if (random_below(random, 2))
		start = vad->start_vpn;
	else if (random_below(random, 2))
		end = vad->end_vpn;
	winvm_vad_trim(&tree, vad, start, end);
	mark(vad, 1);
}

static void verify_finds(struct __test_metadata *_metadata, struct random *random)
{
	u64 vpn = random_below(random, WORLD);
	struct winvm_vad *vad = winvm_vad_find(&tree, vpn);

	ASSERT_EQ(taken[vpn], vad ? 1 : 0);
	if (vad) {
		ASSERT_LE(vad->start_vpn, vpn);
		ASSERT_GE(vad->end_vpn, vpn);
	}
}

static void random_steps(struct __test_metadata *_metadata, u64 seed, u32 steps)
{
	struct random random = { seed };

	tree = (struct winvm_vad_tree){};
	memset(taken, 0, sizeof(taken));
	memset(nodes, 0, sizeof(nodes));
	for (u32 step = 0; step < steps; step++) {
		struct winvm_vad *vad = &nodes[random_below(&random, RANDOM_NODES)];

		if (!vad->end_vpn) {
			random_insert(_metadata, &random, vad);
		} else if (random_below(&random, 3)) {
			mark(vad, 0);
			winvm_vad_remove(&tree, vad);
			vad->end_vpn = 0;
		} else {
			random_trim(&random, vad);
		}
		ASSERT_TRUE(winvm_vad_check(&tree)) {
			TH_LOG("seed %llu step %u", seed, step);
		}
		try_searches(_metadata, &random);
		verify_finds(_metadata, &random);
	}
}

TEST(random_steps_against_a_byte_a_page)
{
	TH_LOG("seeds 1 to 12, 3000 steps each");
	for (u64 seed = 1; seed <= 12; seed++)
		random_steps(_metadata, seed, 3000);
}

/* winvm_vad_check() itself must see each kind of damage. */
TEST(check_sees_damage)
{
	for (size_t i = 0; i < 7; i++)
		ASSERT_TRUE(put(i, (i + 1) * 0x20, 0x10));
	ASSERT_TRUE(winvm_vad_check(&tree));
	tree.count++;
	EXPECT_FALSE(winvm_vad_check(&tree));
	tree.count -= 2;
	EXPECT_FALSE(winvm_vad_check(&tree));
	tree.count++;
	nodes[2].gap++;
	EXPECT_FALSE(winvm_vad_check(&tree));
	nodes[2].gap--;
	tree.root->max_gap++;
	EXPECT_FALSE(winvm_vad_check(&tree));
	tree.root->max_gap--;
	tree.root->balance = 1;
	EXPECT_FALSE(winvm_vad_check(&tree));
	tree.root->balance = 0;
	nodes[0].end_vpn = nodes[1].start_vpn;
	EXPECT_FALSE(winvm_vad_check(&tree));
	nodes[0].end_vpn = nodes[0].start_vpn + 0xf;
	nodes[0].parent = NULL;
	EXPECT_FALSE(winvm_vad_check(&tree));
	nodes[0].parent = &nodes[1];
	EXPECT_TRUE(winvm_vad_check(&tree));
}

TEST_HARNESS_MAIN
