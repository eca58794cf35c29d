// SPDX-License-Identifier: GPL-2.0
/* Validation in NT's order (SPEC 3.1 to 3.3, 5.1, 6, 7, 8.1, 10). */
#include "check.h"
#include "kselftest_harness.h"

#define RES		NT_MEM_RESERVE
#define COM		NT_MEM_COMMIT
#define BASE		0x50000000ULL
#define RW		NT_PAGE_READWRITE
#define END_OF_SPACE	0x7fffffff0000ULL

static struct winvm_alloc_plan plan;
static struct winvm_span span;

/* The layout that all these checks are made in. */
#define WIDE winvm_layout_bounds(WINVM_LAYOUT_KIND_64BIT)

static u32 check_allocate(u64 base, u64 bytes, u64 zero_bits, u32 type, u32 protect)
{
	struct winvm_alloc_args args = {
		.base = base,
		.bytes = bytes,
		.zero_bits = zero_bits,
		.type = type,
		.protect = protect,
	};

	return winvm_check_allocate(WIDE, &args, &plan);
}

/* Statuses of the three calls with all but the interesting arguments right. */

static u32 type_status(u32 type)
{
	return check_allocate(BASE, 0x1000, 0, type, RW);
}

static u32 range_status(u64 base, u64 bytes, u32 type)
{
	return check_allocate(base, bytes, 0, type, RW);
}

static u32 zero_bits_status(u64 base, u64 zero_bits)
{
	return check_allocate(base, 0x1000, zero_bits, RES, RW);
}

static u32 protect_status(u64 base, u32 type, u32 protect)
{
	return check_allocate(base, 0x1000, 0, type, protect);
}

TEST(VA_2_zero_bits_22_to_31)
{
	for (u64 bits = 0; bits <= 21; bits++)
		EXPECT_EQ(STATUS_SUCCESS, zero_bits_status(0, bits));
	for (u64 bits = 22; bits <= 31; bits++) {
		EXPECT_EQ(STATUS_INVALID_PARAMETER_3, zero_bits_status(0, bits));
		EXPECT_EQ(STATUS_INVALID_PARAMETER_3, zero_bits_status(BASE, bits));
	}
	EXPECT_EQ(STATUS_SUCCESS, zero_bits_status(0, 32));
	EXPECT_EQ(STATUS_SUCCESS, zero_bits_status(0, 0x1aaaaaaa));
	EXPECT_EQ(STATUS_SUCCESS, zero_bits_status(0, ~0ULL));
}

TEST(VA_3_unknown_type_bits)
{
	const u32 known = COM | RES | NT_MEM_RESET | NT_MEM_TOP_DOWN | NT_MEM_WRITE_WATCH |
			  NT_MEM_PHYSICAL | NT_MEM_RESET_UNDO | NT_MEM_LARGE_PAGES;

	for (u32 bit = 1; bit; bit <<= 1) {
		if (bit & known)
			continue;
		EXPECT_EQ(STATUS_INVALID_PARAMETER_5, type_status(RES | COM | bit))
			TH_LOG("bit %#x", bit);
	}
}

TEST(VA_4_no_action)
{
	EXPECT_EQ(STATUS_INVALID_PARAMETER_5, type_status(0));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_5, type_status(NT_MEM_TOP_DOWN));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_5, type_status(NT_MEM_WRITE_WATCH));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_5, type_status(NT_MEM_PHYSICAL));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_5, type_status(NT_MEM_LARGE_PAGES));
}

TEST(VA_5_RESET_stands_alone)
{
	const u32 resets[] = { NT_MEM_RESET, NT_MEM_RESET_UNDO };
	const u32 others[] = { COM, RES, NT_MEM_TOP_DOWN, NT_MEM_WRITE_WATCH, NT_MEM_PHYSICAL,
			       NT_MEM_LARGE_PAGES };

	for (size_t i = 0; i < ARRAY_SIZE(resets); i++) {
		EXPECT_EQ(STATUS_SUCCESS, type_status(resets[i]));
		for (size_t j = 0; j < ARRAY_SIZE(others); j++)
			EXPECT_EQ(STATUS_INVALID_PARAMETER_5, type_status(resets[i] | others[j]));
	}
	EXPECT_EQ(STATUS_INVALID_PARAMETER_5, type_status(NT_MEM_RESET | NT_MEM_RESET_UNDO));
}

TEST(VA_6_LARGE_PAGES_needs_COMMIT_and_not_others)
{
	const u32 large = NT_MEM_LARGE_PAGES;

	EXPECT_EQ(STATUS_INVALID_PARAMETER_5, type_status(RES | large));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_5, type_status(RES | COM | large | NT_MEM_PHYSICAL));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_5, type_status(RES | COM | large | NT_MEM_WRITE_WATCH));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_5, type_status(NT_MEM_RESET | large));
}

TEST(VA_7_WRITE_WATCH_needs_RESERVE)
{
	EXPECT_EQ(STATUS_INVALID_PARAMETER_5, type_status(COM | NT_MEM_WRITE_WATCH));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_5, range_status(0, 0x1000, COM | NT_MEM_WRITE_WATCH));
	EXPECT_EQ(STATUS_SUCCESS, type_status(RES | NT_MEM_WRITE_WATCH));
	EXPECT_TRUE(plan.watch);
	EXPECT_EQ(STATUS_SUCCESS, type_status(RES | COM | NT_MEM_WRITE_WATCH));
	EXPECT_TRUE(plan.watch);
	EXPECT_EQ(STATUS_SUCCESS, type_status(RES | COM));
	EXPECT_FALSE(plan.watch);
}

TEST(VA_8_PHYSICAL_goes_with_RESERVE_and_TOP_DOWN_only)
{
	const u32 physical = NT_MEM_PHYSICAL;

	EXPECT_EQ(STATUS_INVALID_PARAMETER_5, type_status(COM | physical));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_5, type_status(RES | COM | physical));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_5, type_status(RES | physical | NT_MEM_WRITE_WATCH));
	EXPECT_EQ(STATUS_SUCCESS, type_status(RES | physical));
	EXPECT_TRUE(plan.awe);
	EXPECT_EQ(STATUS_SUCCESS, type_status(RES | physical | NT_MEM_TOP_DOWN));
	EXPECT_EQ(STATUS_SUCCESS, type_status(RES));
	EXPECT_FALSE(plan.awe);
}

TEST(VA_9_PHYSICAL_is_READWRITE)
{
	const u32 type = RES | NT_MEM_PHYSICAL;

	EXPECT_EQ(STATUS_SUCCESS, protect_status(BASE, type, RW));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_6, protect_status(BASE, type, NT_PAGE_READONLY));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_6, protect_status(BASE, type, RW | NT_PAGE_GUARD));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_6, protect_status(BASE, type, 0));
}

TEST(VA_10_protection_is_checked_for_every_action)
{
	const u32 types[] = { RES, COM, RES | COM, NT_MEM_RESET, NT_MEM_RESET_UNDO };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		EXPECT_EQ(STATUS_INVALID_PAGE_PROTECTION, protect_status(BASE, types[i], 0));
		EXPECT_EQ(STATUS_INVALID_PAGE_PROTECTION, protect_status(BASE, types[i], 0x101));
		EXPECT_EQ(STATUS_INVALID_PAGE_PROTECTION, protect_status(BASE, types[i], 0x06));
		EXPECT_EQ(STATUS_INVALID_PAGE_PROTECTION, protect_status(BASE, types[i], ~0U));
	}
}

TEST(VA_12_base_above_or_below_user_space)
{
	const u32 types[] = { RES, COM };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		EXPECT_EQ(STATUS_INVALID_PARAMETER_2, range_status(1, 0x1000, types[i]));
		EXPECT_EQ(STATUS_INVALID_PARAMETER_2, range_status(0xf000, 0x1000, types[i]));
		EXPECT_EQ(STATUS_INVALID_PARAMETER_2, range_status(0xffff, 0x1000, types[i]));
		EXPECT_EQ(STATUS_SUCCESS, range_status(0x10000, 0x1000, types[i]));
		EXPECT_EQ(STATUS_SUCCESS, range_status(END_OF_SPACE - 1, 1, types[i]));
		EXPECT_EQ(STATUS_INVALID_PARAMETER_2, range_status(END_OF_SPACE, 1, types[i]));
		EXPECT_EQ(STATUS_INVALID_PARAMETER_2, range_status(~0ULL, 1, types[i]));
	}
}

TEST(VA_13_size_passes_the_top)
{
	EXPECT_EQ(STATUS_SUCCESS, range_status(BASE, END_OF_SPACE - BASE, RES));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_4, range_status(BASE, END_OF_SPACE - BASE + 1, RES));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_4, range_status(BASE, ~0ULL, RES));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_4, range_status(0, ~0ULL, RES));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_4, range_status(0, END_OF_SPACE + 1, RES));
	EXPECT_EQ(STATUS_SUCCESS, range_status(0, END_OF_SPACE, RES));
}

TEST(VA_14_size_0)
{
	EXPECT_EQ(STATUS_INVALID_PARAMETER_4, range_status(BASE, 0, RES));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_4, range_status(BASE, 0, COM));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_4, range_status(0, 0, RES | COM));
}

TEST(VA_16_LARGE_PAGES_needs_a_privilege_nobody_holds)
{
	const u32 large = RES | COM | NT_MEM_LARGE_PAGES;

	EXPECT_EQ(STATUS_PRIVILEGE_NOT_HELD, type_status(large));
	EXPECT_EQ(STATUS_PRIVILEGE_NOT_HELD, type_status(large | NT_MEM_TOP_DOWN));
	EXPECT_EQ(STATUS_PRIVILEGE_NOT_HELD, type_status(COM | NT_MEM_LARGE_PAGES));
	EXPECT_EQ(STATUS_PRIVILEGE_NOT_HELD, protect_status(BASE, large, NT_PAGE_WRITECOPY));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_4, range_status(BASE, 0, large));
}

TEST(VA_17_reserving_WRITECOPY)
{
	EXPECT_EQ(STATUS_INVALID_PAGE_PROTECTION, protect_status(BASE, RES, 0x08));
	EXPECT_EQ(STATUS_INVALID_PAGE_PROTECTION, protect_status(BASE, RES | COM, 0x80));
	EXPECT_EQ(STATUS_INVALID_PAGE_PROTECTION, protect_status(0, COM, 0x08));
	EXPECT_EQ(STATUS_INVALID_PAGE_PROTECTION, protect_status(0, RES, 0x80));
}

TEST(VA_18_order_first_failing_check_wins)
{
	/* Each line mends the mistake the line before was refused for. */
	EXPECT_EQ(STATUS_INVALID_PARAMETER_3,
		  check_allocate(0xf000, 0, 22, 0x400000, 0));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_5,
		  check_allocate(0xf000, 0, 0, 0x400000, 0));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_6,
		  check_allocate(0xf000, 0, 0, RES | 0x400000, 0));
	EXPECT_EQ(STATUS_INVALID_PAGE_PROTECTION,
		  check_allocate(0xf000, 0, 0, RES, 0));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_2,
		  check_allocate(0xf000, 0, 0, RES, 0x08));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_4,
		  check_allocate(BASE, 0, 0, RES, 0x08));
	EXPECT_EQ(STATUS_INVALID_PAGE_PROTECTION,
		  check_allocate(BASE, 1, 0, RES, 0x08));
	EXPECT_EQ(STATUS_SUCCESS,
		  check_allocate(BASE, 1, 0, RES, RW));
}

TEST(VA_20_reserving_rounds_down_to_64_KB_and_up_to_a_page)
{
	static const struct {
		u64 base, bytes, rounded;
	} vectors[] = {
		{ 0x50000000, 0x1, 0x1000 },	{ 0x50008000, 0x1, 0x9000 },
		{ 0x50000010, 0x1000, 0x2000 },	{ 0x50010000, 0x2000, 0x2000 },
		{ 0x5000ffff, 0x3000, 0x13000 }, { 0x50001010, 0x7000, 0x9000 },
		{ 0x50001010, 0xc000, 0xe000 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		const u32 types[] = { RES, RES | COM };

		for (size_t j = 0; j < ARRAY_SIZE(types); j++) {
			ASSERT_EQ(STATUS_SUCCESS,
				  range_status(vectors[i].base, vectors[i].bytes, types[j]));
			EXPECT_EQ((vectors[i].base & ~0xffffULL) >> 12, plan.span.vpn);
			EXPECT_EQ(vectors[i].rounded >> 12, plan.span.pages);
			EXPECT_FALSE(plan.anywhere);
		}
	}
}

TEST(VA_21_anywhere_rounds_up_to_a_page)
{
	ASSERT_EQ(STATUS_SUCCESS, range_status(0, 0x10001, RES));
	EXPECT_TRUE(plan.anywhere);
	EXPECT_EQ(0x11, plan.span.pages);
	EXPECT_EQ(WINVM_ALLOC_RESERVE, plan.kind);
	EXPECT_EQ(WINVM_HIGHEST_VPN, plan.highest_vpn);
}

TEST(VA_22_COMMIT_at_0_reserves_too)
{
	ASSERT_EQ(STATUS_SUCCESS, range_status(0, 0x1000, COM));
	EXPECT_EQ(WINVM_ALLOC_RESERVE_COMMIT, plan.kind);
	EXPECT_TRUE(plan.anywhere);
	ASSERT_EQ(STATUS_SUCCESS, range_status(0, 0x1000, RES | COM));
	EXPECT_EQ(WINVM_ALLOC_RESERVE_COMMIT, plan.kind);
	ASSERT_EQ(STATUS_SUCCESS, range_status(BASE, 0x1000, RES | COM));
	EXPECT_EQ(WINVM_ALLOC_RESERVE_COMMIT, plan.kind);
	EXPECT_FALSE(plan.anywhere);
}

TEST(VA_25_protection_goes_into_the_plan_as_given)
{
	ASSERT_EQ(STATUS_SUCCESS, protect_status(BASE, RES, 0x204));
	EXPECT_EQ(0x204, plan.protect);
}

TEST(VA_28_zero_bits_limit_the_address)
{
	for (u64 bits = 1; bits <= 20; bits++) {
		ASSERT_EQ(STATUS_SUCCESS, zero_bits_status(0, bits));
		EXPECT_EQ(((1ULL << (32 - bits)) - 1) >> 12, plan.highest_vpn);
	}
	ASSERT_EQ(STATUS_SUCCESS, zero_bits_status(0, 0));
	EXPECT_EQ(WINVM_HIGHEST_VPN, plan.highest_vpn);
	/* 21 leaves no address that could be had. */
	ASSERT_EQ(STATUS_SUCCESS, zero_bits_status(0, 21));
	EXPECT_EQ(0, plan.highest_vpn);
}

TEST(VA_28_zero_bits_from_32_on_are_a_mask)
{
	static const struct {
		u64 mask, highest;
	} vectors[] = {
		{ 0x20, 0x3f },
		{ 0x1aaaaaaa, 0x1fffffff },
		{ 0x7fffffff, 0x7fffffff },
		{ 0x80000000, 0xffffffff },
		{ 0x123456789, 0x1ffffffff },
		{ 0xffffffffffff, 0x7ffffffeffff },
		{ ~0ULL, 0x7ffffffeffff },
	};

	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		ASSERT_EQ(STATUS_SUCCESS, zero_bits_status(0, vectors[i].mask));
		EXPECT_EQ(vectors[i].highest >> 12, plan.highest_vpn);
	}
}

TEST(VA_29_zero_bits_do_not_limit_a_given_base)
{
	ASSERT_EQ(STATUS_SUCCESS, zero_bits_status(BASE, 12));
	EXPECT_EQ(WINVM_HIGHEST_VPN, plan.highest_vpn);
	EXPECT_EQ(BASE >> 12, plan.span.vpn);
}

TEST(VA_30_TOP_DOWN_goes_into_the_plan)
{
	ASSERT_EQ(STATUS_SUCCESS, range_status(0, 0x1000, RES | NT_MEM_TOP_DOWN));
	EXPECT_TRUE(plan.top_down);
	ASSERT_EQ(STATUS_SUCCESS, range_status(0, 0x1000, RES));
	EXPECT_FALSE(plan.top_down);
}

TEST(VA_40_committing_rounds_to_pages)
{
	ASSERT_EQ(STATUS_SUCCESS, range_status(BASE + 0x5fff, 2, COM));
	EXPECT_EQ(WINVM_ALLOC_COMMIT, plan.kind);
	EXPECT_EQ((BASE >> 12) + 5, plan.span.vpn);
	EXPECT_EQ(2, plan.span.pages);
	EXPECT_EQ((BASE >> 12) + 6, winvm_span_last(plan.span));
	ASSERT_EQ(STATUS_SUCCESS, range_status(BASE + 0x1000, 0x1000, COM));
	EXPECT_EQ((BASE >> 12) + 1, plan.span.vpn);
	EXPECT_EQ(1, plan.span.pages);
	EXPECT_FALSE(plan.anywhere);
}

/* Private memory cannot be that, a view can (VA-45). */
TEST(VA_48_committing_WRITECOPY)
{
	EXPECT_EQ(STATUS_SUCCESS, protect_status(BASE, COM, 0x08));
	EXPECT_EQ(STATUS_SUCCESS, protect_status(BASE, COM, 0x80));
	EXPECT_EQ(STATUS_INVALID_PAGE_PROTECTION, protect_status(0, COM, 0x08));
	EXPECT_EQ(STATUS_INVALID_PAGE_PROTECTION, protect_status(BASE, RES | COM, 0x80));
}

TEST(VA_54_zero_bits_do_not_matter_to_COMMIT)
{
	ASSERT_EQ(STATUS_SUCCESS, check_allocate(BASE, 1, 12, COM, RW));
	EXPECT_EQ(WINVM_ALLOC_COMMIT, plan.kind);
	EXPECT_EQ(WINVM_HIGHEST_VPN, plan.highest_vpn);
}

TEST(MR_3_RESET_takes_any_valid_protection)
{
	ASSERT_EQ(STATUS_SUCCESS, protect_status(BASE, NT_MEM_RESET, 0x08));
	EXPECT_EQ(WINVM_ALLOC_RESET, plan.kind);
	ASSERT_EQ(STATUS_SUCCESS, protect_status(BASE, NT_MEM_RESET_UNDO, NT_PAGE_NOACCESS));
	EXPECT_EQ(WINVM_ALLOC_RESET_UNDO, plan.kind);
	/* Base 0 names no allocation and chooses none. */
	ASSERT_EQ(STATUS_SUCCESS, protect_status(0, NT_MEM_RESET, RW));
	EXPECT_FALSE(plan.anywhere);
	EXPECT_EQ(0, plan.span.vpn);
}

/* First page, counted from BASE, and number of pages that a reset is about. */
#define EXPECT_INSIDE(base, bytes, first, pages_)                                      \
	do {                                                                           \
		ASSERT_EQ(STATUS_SUCCESS, range_status(base, bytes, NT_MEM_RESET));    \
		EXPECT_EQ(pages_, plan.inside.pages);                                  \
		if (plan.inside.pages)                                                 \
			EXPECT_EQ(BASE / 0x1000 + (first), plan.inside.vpn);           \
	} while (0)

TEST(MR_5_pages_that_lie_in_the_range_entirely)
{
	EXPECT_INSIDE(BASE, 0x1000, 0, 1);
	EXPECT_INSIDE(BASE, 0xfff, 0, 0);
	EXPECT_INSIDE(BASE, 0x1fff, 0, 1);
	EXPECT_INSIDE(BASE, 0x2000, 0, 2);
	EXPECT_INSIDE(BASE + 1, 0xfff, 0, 0);
	EXPECT_INSIDE(BASE + 1, 0x1000, 0, 0);
	EXPECT_INSIDE(BASE + 1, 0x1ffe, 0, 0);
	EXPECT_INSIDE(BASE + 1, 0x1fff, 1, 1);
	EXPECT_INSIDE(BASE + 0xfff, 0x1001, 1, 1);
	EXPECT_INSIDE(BASE + 0x800, 1, 0, 0);
	EXPECT_INSIDE(BASE + 0x1800, 0x3000, 2, 2);
	/* What must be of one allocation is every page with a byte in the range. */
	EXPECT_EQ(BASE / 0x1000 + 1, plan.span.vpn);
	EXPECT_EQ(4, plan.span.pages);
}

TEST(G_5_refused_call_leaves_the_plan_alone)
{
	struct winvm_alloc_plan before;

	memset(&plan, 0x5a, sizeof(plan));
	before = plan;
	EXPECT_EQ(STATUS_INVALID_PARAMETER_3, zero_bits_status(0, 22));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_5, type_status(0));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_4, range_status(BASE, 0, RES));
	EXPECT_EQ(STATUS_INVALID_PAGE_PROTECTION, protect_status(BASE, RES, 0x08));
	EXPECT_EQ(0, memcmp(&before, &plan, sizeof(plan)));
}

TEST(VF_2_free_type)
{
	struct winvm_free_plan freed;
	const u32 wrong[] = { 0, 0x10000, 0xc000, 0x4001, 0x8004, 0x2000, 0x18000, 0x8000c000,
			      0x3, 0xa000 };

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		EXPECT_EQ(STATUS_INVALID_PARAMETER_4,
			  winvm_check_free(WIDE, ~0ULL, 0, wrong[i], &freed));
	ASSERT_EQ(STATUS_SUCCESS, winvm_check_free(WIDE, BASE, 0, 0x4000, &freed));
	EXPECT_EQ(WINVM_FREE_DECOMMIT, freed.kind);
	ASSERT_EQ(STATUS_SUCCESS, winvm_check_free(WIDE, BASE, 0, 0x8000, &freed));
	EXPECT_EQ(WINVM_FREE_RELEASE, freed.kind);
}

TEST(VF_3_free_base_above_user_space)
{
	struct winvm_free_plan freed;

	EXPECT_EQ(STATUS_SUCCESS, winvm_check_free(WIDE, END_OF_SPACE - 1, 1, 0x8000, &freed));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_2,
		  winvm_check_free(WIDE, END_OF_SPACE, ~0ULL, 0x8000, &freed));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_2, winvm_check_free(WIDE, ~0ULL, 0, 0x4000, &freed));
	/* VF-6 is for the tree to tell. */
	EXPECT_EQ(STATUS_SUCCESS, winvm_check_free(WIDE, 0, 0, 0x8000, &freed));
}

TEST(VF_4_free_size_passes_the_top)
{
	struct winvm_free_plan freed;

	EXPECT_EQ(STATUS_SUCCESS,
		  winvm_check_free(WIDE, BASE, END_OF_SPACE - BASE, 0x8000, &freed));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_3,
		  winvm_check_free(WIDE, BASE, END_OF_SPACE - BASE + 1, 0x8000, &freed));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_3, winvm_check_free(WIDE, BASE, ~0ULL, 0x4000, &freed));
}

TEST(VF_9_size_0_compares_the_page_of_the_base)
{
	struct winvm_free_plan freed;

	ASSERT_EQ(STATUS_SUCCESS, winvm_check_free(WIDE, BASE + 0xfff, 0, 0x8000, &freed));
	EXPECT_TRUE(freed.whole);
	EXPECT_EQ(BASE >> 12, freed.span.vpn);
	EXPECT_EQ(0, freed.span.pages);
	ASSERT_EQ(STATUS_SUCCESS, winvm_check_free(WIDE, BASE + 0x1001, 0, 0x4000, &freed));
	EXPECT_TRUE(freed.whole);
	EXPECT_EQ((BASE >> 12) + 1, freed.span.vpn);
}

TEST(VF_20_free_covers_every_page_with_a_byte_of_the_range)
{
	struct winvm_free_plan freed;

	ASSERT_EQ(STATUS_SUCCESS, winvm_check_free(WIDE, BASE + 0x1fff, 2, 0x4000, &freed));
	EXPECT_FALSE(freed.whole);
	EXPECT_EQ((BASE >> 12) + 1, freed.span.vpn);
	EXPECT_EQ(2, freed.span.pages);
}

TEST(VF_25_release_of_a_part_rounds_to_pages)
{
	struct winvm_free_plan freed;

	ASSERT_EQ(STATUS_SUCCESS, winvm_check_free(WIDE, BASE + 0x1001, 0xfff, 0x8000, &freed));
	EXPECT_EQ((BASE >> 12) + 1, freed.span.vpn);
	EXPECT_EQ(1, freed.span.pages);
	ASSERT_EQ(STATUS_SUCCESS, winvm_check_free(WIDE, BASE + 1, 0xfff, 0x8000, &freed));
	EXPECT_EQ(BASE >> 12, freed.span.vpn);
	EXPECT_EQ(1, freed.span.pages);
}

TEST(VP_1_bad_protection_comes_first)
{
	EXPECT_EQ(STATUS_INVALID_PAGE_PROTECTION, winvm_check_protect(WIDE, ~0ULL, 0, 0, &span));
	EXPECT_EQ(STATUS_INVALID_PAGE_PROTECTION, winvm_check_protect(WIDE, BASE, 1, 0x101, &span));
	EXPECT_EQ(STATUS_INVALID_PAGE_PROTECTION, winvm_check_protect(WIDE, BASE, 1, 0x06, &span));
}

TEST(VP_3_protect_range)
{
	EXPECT_EQ(STATUS_INVALID_PARAMETER_2,
		  winvm_check_protect(WIDE, END_OF_SPACE, 0, RW, &span));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_3, winvm_check_protect(WIDE, BASE, 0, RW, &span));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_3, winvm_check_protect(WIDE, BASE, ~0ULL, RW, &span));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_3,
		  winvm_check_protect(WIDE, BASE, END_OF_SPACE - BASE + 1, RW, &span));
	EXPECT_EQ(STATUS_SUCCESS, winvm_check_protect(WIDE, BASE, END_OF_SPACE - BASE, RW, &span));
	EXPECT_EQ(STATUS_SUCCESS, winvm_check_protect(WIDE, END_OF_SPACE - 1, 1, RW, &span));
}

TEST(VP_7_protect_covers_every_page_touched)
{
	ASSERT_EQ(STATUS_SUCCESS, winvm_check_protect(WIDE, BASE + 0x1fff, 2, RW, &span));
	EXPECT_EQ((BASE >> 12) + 1, span.vpn);
	EXPECT_EQ(2, span.pages);
	ASSERT_EQ(STATUS_SUCCESS, winvm_check_protect(WIDE, BASE + 0x1000, 0x1000, RW, &span));
	EXPECT_EQ(1, span.pages);
}

TEST(VL_1_map_type)
{
	EXPECT_EQ(STATUS_INVALID_PARAMETER, winvm_check_lock(WIDE, BASE, 1, 0, &span));
	EXPECT_EQ(STATUS_INVALID_PARAMETER, winvm_check_lock(WIDE, BASE, 1, 4, &span));
	EXPECT_EQ(STATUS_INVALID_PARAMETER, winvm_check_lock(WIDE, BASE, 1, 5, &span));
	EXPECT_EQ(STATUS_SUCCESS, winvm_check_lock(WIDE, BASE, 1, 1, &span));
}

TEST(VL_2_lock_range)
{
	EXPECT_EQ(STATUS_INVALID_PARAMETER, winvm_check_lock(WIDE, BASE, 0, 1, &span));
	EXPECT_EQ(STATUS_INVALID_PARAMETER, winvm_check_lock(WIDE, END_OF_SPACE, 1, 1, &span));
	EXPECT_EQ(STATUS_INVALID_PARAMETER, winvm_check_lock(WIDE, BASE, ~0ULL, 1, &span));
	EXPECT_EQ(STATUS_INVALID_PARAMETER,
		  winvm_check_lock(WIDE, BASE, END_OF_SPACE - BASE + 1, 1, &span));
	EXPECT_EQ(STATUS_SUCCESS, winvm_check_lock(WIDE, BASE, END_OF_SPACE - BASE, 1, &span));
	ASSERT_EQ(STATUS_SUCCESS, winvm_check_lock(WIDE, BASE + 0x1fff, 2, 1, &span));
	EXPECT_EQ((BASE >> 12) + 1, span.vpn);
	EXPECT_EQ(2, span.pages);
}

TEST(VL_3_MAP_SYSTEM_needs_a_privilege_nobody_holds)
{
	EXPECT_EQ(STATUS_PRIVILEGE_NOT_HELD, winvm_check_lock(WIDE, BASE, 1, 2, &span));
	EXPECT_EQ(STATUS_PRIVILEGE_NOT_HELD, winvm_check_lock(WIDE, BASE, 1, 3, &span));
	EXPECT_EQ(STATUS_INVALID_PARAMETER, winvm_check_lock(WIDE, BASE, 0, 2, &span));
}

TEST(VQ_3_query_above_user_space)
{
	u64 vpn = 77;

	EXPECT_EQ(STATUS_INVALID_PARAMETER, winvm_check_query(WIDE, END_OF_SPACE, &vpn));
	EXPECT_EQ(STATUS_INVALID_PARAMETER, winvm_check_query(WIDE, ~0ULL, &vpn));
	EXPECT_EQ(77, vpn);
	EXPECT_EQ(STATUS_SUCCESS, winvm_check_query(WIDE, END_OF_SPACE - 1, &vpn));
	EXPECT_EQ(WINVM_HIGHEST_VPN, vpn);
}

TEST(VQ_5_query_rounds_down_to_a_page)
{
	u64 vpn;

	ASSERT_EQ(STATUS_SUCCESS, winvm_check_query(WIDE, 0xfff, &vpn));
	EXPECT_EQ(0, vpn);
	ASSERT_EQ(STATUS_SUCCESS, winvm_check_query(WIDE, 0x12345678, &vpn));
	EXPECT_EQ(0x12345, vpn);
}

TEST(WW_3_watch_size_flags_and_count)
{
	EXPECT_EQ(STATUS_INVALID_PARAMETER_3, winvm_check_watch(WIDE, BASE, 0, 1, 0, &span));
	EXPECT_EQ(STATUS_INVALID_PARAMETER, winvm_check_watch(WIDE, BASE, 1, 1, 2, &span));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_5, winvm_check_watch(WIDE, BASE, 1, 0, 0, &span));
	EXPECT_EQ(STATUS_SUCCESS, winvm_check_watch(WIDE, BASE, 1, 1, 0, &span));
	ASSERT_EQ(STATUS_SUCCESS, winvm_check_watch(WIDE, BASE + 0xfff, 2, 1, 1, &span));
	EXPECT_EQ(BASE >> 12, span.vpn);
	EXPECT_EQ(2, span.pages);
}

TEST(WW_20_watch_order)
{
	EXPECT_EQ(STATUS_INVALID_PARAMETER_2,
		  winvm_check_watch(WIDE, END_OF_SPACE, 0, 0, 0, &span));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_3, winvm_check_watch(WIDE, BASE, ~0ULL, 0, 0, &span));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_5, winvm_check_watch(WIDE, BASE, 1, ~0ULL, 0, &span));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_5,
		  winvm_check_watch(WIDE, BASE, 1, ~0ULL / 8 + 1, 0, &span));
	EXPECT_EQ(STATUS_SUCCESS, winvm_check_watch(WIDE, BASE, 1, ~0ULL / 8, 0, &span));
}

TEST(PF_2_prefetch_of_no_ranges)
{
	EXPECT_EQ(STATUS_INVALID_PARAMETER_3, winvm_check_prefetch(0, 0));
	EXPECT_EQ(STATUS_SUCCESS, winvm_check_prefetch(1, 0));
	EXPECT_EQ(STATUS_SUCCESS, winvm_check_prefetch(~0ULL / 16, 0));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_3, winvm_check_prefetch(~0ULL / 16 + 1, 0));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_3, winvm_check_prefetch(~0ULL, 0));
}

TEST(PF_1_prefetch_has_no_flags)
{
	for (u32 flag = 1; flag; flag <<= 1)
		EXPECT_EQ(STATUS_INVALID_PARAMETER_5, winvm_check_prefetch(1, flag));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_3, winvm_check_prefetch(0, 1));
}

static u32 prefetch_range_status(u64 base, u64 bytes)
{
	return winvm_check_prefetch_range(WIDE, base, bytes, &span);
}

TEST(PF_4_prefetch_of_0_bytes)
{
	EXPECT_EQ(STATUS_INVALID_PARAMETER_4, prefetch_range_status(BASE, 0));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_4, prefetch_range_status(0, 0));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_4, prefetch_range_status(END_OF_SPACE, 1));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_4, prefetch_range_status(END_OF_SPACE - 1, 2));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_4, prefetch_range_status(BASE, ~0ULL));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_4, prefetch_range_status(~0ULL, 2));
}

TEST(PF_1_prefetch_of_any_range)
{
	EXPECT_EQ(STATUS_SUCCESS, prefetch_range_status(0, END_OF_SPACE));
	EXPECT_EQ(0, span.vpn);
	EXPECT_EQ(END_OF_SPACE >> 12, span.pages);
	EXPECT_EQ(STATUS_SUCCESS, prefetch_range_status(END_OF_SPACE - 1, 1));
	EXPECT_EQ(1, span.pages);
	ASSERT_EQ(STATUS_SUCCESS, prefetch_range_status(BASE + 0xfff, 2));
	EXPECT_EQ(BASE >> 12, span.vpn);
	EXPECT_EQ(2, span.pages);
}

static u32 offer_status(u64 base, u64 bytes)
{
	return winvm_check_offer(WIDE, base, bytes, &span);
}

TEST(OF_1_offers_are_of_whole_pages)
{
	EXPECT_EQ(STATUS_INVALID_PARAMETER, offer_status(BASE, 0));
	EXPECT_EQ(STATUS_INVALID_PARAMETER, offer_status(BASE, 1));
	EXPECT_EQ(STATUS_INVALID_PARAMETER, offer_status(BASE, 0xfff));
	EXPECT_EQ(STATUS_INVALID_PARAMETER, offer_status(BASE, 0x1001));
	EXPECT_EQ(STATUS_INVALID_PARAMETER, offer_status(BASE + 1, 0x1000));
	EXPECT_EQ(STATUS_INVALID_PARAMETER, offer_status(BASE + 0xfff, 0x1000));
	ASSERT_EQ(STATUS_SUCCESS, offer_status(BASE + 0x1000, 0x3000));
	EXPECT_EQ((BASE >> 12) + 1, span.vpn);
	EXPECT_EQ(3, span.pages);
}

TEST(OF_1_offers_lie_in_user_space)
{
	EXPECT_EQ(STATUS_INVALID_PARAMETER, offer_status(END_OF_SPACE, 0x1000));
	EXPECT_EQ(STATUS_INVALID_PARAMETER, offer_status(END_OF_SPACE - 0x1000, 0x2000));
	EXPECT_EQ(STATUS_INVALID_PARAMETER, offer_status(BASE, ~0xfffULL));
	EXPECT_EQ(STATUS_INVALID_PARAMETER, offer_status(~0xfffULL, 0x1000));
	EXPECT_EQ(STATUS_SUCCESS, offer_status(END_OF_SPACE - 0x1000, 0x1000));
	EXPECT_EQ(STATUS_SUCCESS, offer_status(0, END_OF_SPACE));
}

TEST(DG_8_offer_priorities)
{
	EXPECT_FALSE(winvm_offer_priority_valid(0));
	for (u32 priority = 1; priority <= 4; priority++)
		EXPECT_TRUE(winvm_offer_priority_valid(priority));
	EXPECT_FALSE(winvm_offer_priority_valid(5));
	EXPECT_FALSE(winvm_offer_priority_valid(0x1000));
	EXPECT_FALSE(winvm_offer_priority_valid(0x2000));
	EXPECT_FALSE(winvm_offer_priority_valid(~0U));
}

TEST(AS_1_bounds_of_user_space)
{
	EXPECT_EQ(0x10000, WINVM_LOWEST_ADDRESS);
	EXPECT_EQ(0x7ffffffeffff, WINVM_HIGHEST_ADDRESS);
	EXPECT_EQ(0x10, WINVM_LOWEST_VPN);
	EXPECT_EQ(0x7ffffffef, WINVM_HIGHEST_VPN);
}

TEST(G_1_page_and_granularity)
{
	EXPECT_EQ(0x1000, WINVM_PAGE_BYTES);
	EXPECT_EQ(1ULL << WINVM_PAGE_SHIFT, WINVM_PAGE_BYTES);
	EXPECT_EQ(0x10000, WINVM_GRANULARITY_BYTES);
	EXPECT_EQ(16, WINVM_GRANULARITY_PAGES);
}

TEST_HARNESS_MAIN
