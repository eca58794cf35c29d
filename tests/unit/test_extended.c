// SPDX-License-Identifier: GPL-2.0
/* What only VirtualAlloc2 can ask for (SPEC 4), and layouts (SPEC 1). */
#include "check.h"
#include "kselftest_harness.h"
#include "vad.h"

#define RES	     NT_MEM_RESERVE
#define COM	     NT_MEM_COMMIT
#define MAKE	     (RES | NT_MEM_RESERVE_PLACEHOLDER)
#define REPLACE	     (RES | NT_MEM_REPLACE_PLACEHOLDER)
#define BASE	     0x50000000ULL
#define RW	     NT_PAGE_READWRITE
#define END_OF_SPACE 0x7fffffff0000ULL
#define END_OF_2GB   0x7fff0000ULL
#define REFUSED	     STATUS_INVALID_PARAMETER

#define WIDE   winvm_layout_bounds(WINVM_LAYOUT_KIND_64BIT)
#define NARROW winvm_layout_bounds(WINVM_LAYOUT_KIND_2GB)

static struct winvm_alloc_plan plan;
static struct winvm_free_plan freed;

static u32 check(const struct winvm_alloc_args *args)
{
	return winvm_check_allocate(WIDE, args, &plan);
}

static u32 type_status(u64 base, u32 type, u32 protect)
{
	struct winvm_alloc_args args = {
		.base = base, .bytes = 0x1000, .type = type, .protect = protect, .extended = true,
	};

	return check(&args);
}

static u32 required(u64 lowest, u64 highest, u64 alignment)
{
	struct winvm_alloc_args args = {
		.bytes = 0x1000, .required.lowest_address = lowest, .required.highest_address = highest,
		.required.alignment_bytes = alignment, .type = RES, .protect = RW, .extended = true,
	};

	return check(&args);
}

TEST(PH_1_a_placeholder_is_RESERVE_and_NOACCESS)
{
	ASSERT_EQ(STATUS_SUCCESS, type_status(BASE, MAKE, NT_PAGE_NOACCESS));
	EXPECT_TRUE(plan.placeholder);
	EXPECT_FALSE(plan.replace);
	EXPECT_EQ(WINVM_ALLOC_RESERVE, plan.kind);
	ASSERT_EQ(STATUS_SUCCESS, type_status(0, MAKE | NT_MEM_TOP_DOWN, NT_PAGE_NOACCESS));
	EXPECT_TRUE(plan.anywhere);
	EXPECT_TRUE(plan.top_down);
	EXPECT_EQ(STATUS_SUCCESS, type_status(0, MAKE | NT_MEM_WRITE_WATCH, NT_PAGE_NOACCESS));
	EXPECT_EQ(REFUSED, type_status(BASE, MAKE, RW));
	EXPECT_EQ(REFUSED, type_status(BASE, MAKE, NT_PAGE_NOACCESS | NT_PAGE_GUARD));
	EXPECT_EQ(REFUSED, type_status(BASE, MAKE, 0));
	EXPECT_EQ(REFUSED, type_status(BASE, MAKE | COM, NT_PAGE_NOACCESS));
	EXPECT_EQ(REFUSED, type_status(BASE, COM | NT_MEM_RESERVE_PLACEHOLDER, NT_PAGE_NOACCESS));
	EXPECT_EQ(REFUSED, type_status(BASE, MAKE | NT_MEM_REPLACE_PLACEHOLDER, NT_PAGE_NOACCESS));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_5,
		  type_status(BASE, NT_MEM_RESERVE_PLACEHOLDER, NT_PAGE_NOACCESS));
	ASSERT_EQ(STATUS_SUCCESS, type_status(BASE, RES, NT_PAGE_NOACCESS));
	EXPECT_FALSE(plan.placeholder);
}

TEST(PH_1_only_the_extended_call_knows_placeholders)
{
	struct winvm_alloc_args args = {
		.base = BASE, .bytes = 0x1000, .type = MAKE, .protect = NT_PAGE_NOACCESS,
	};

	EXPECT_EQ(STATUS_INVALID_PARAMETER_5, check(&args));
	args.type = REPLACE;
	EXPECT_EQ(STATUS_INVALID_PARAMETER_5, check(&args));
	args.extended = true;
	EXPECT_EQ(STATUS_SUCCESS, check(&args));
}

TEST(PH_5_replacing_takes_RESERVE_and_a_base)
{
	ASSERT_EQ(STATUS_SUCCESS, type_status(BASE + 0x3000, REPLACE, RW));
	EXPECT_TRUE(plan.replace);
	EXPECT_FALSE(plan.placeholder);
	EXPECT_EQ(WINVM_ALLOC_RESERVE, plan.kind);
	/* SPEC PH-9: page granularity. */
	EXPECT_EQ((BASE >> 12) + 3, plan.span.vpn);
	EXPECT_EQ(1, plan.span.pages);
	ASSERT_EQ(STATUS_SUCCESS, type_status(BASE, REPLACE | COM | NT_MEM_WRITE_WATCH, RW));
	EXPECT_EQ(WINVM_ALLOC_RESERVE_COMMIT, plan.kind);
	EXPECT_TRUE(plan.watch);
	EXPECT_EQ(REFUSED, type_status(BASE, NT_MEM_REPLACE_PLACEHOLDER | COM, RW));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_5, type_status(BASE, NT_MEM_REPLACE_PLACEHOLDER, RW));
	EXPECT_EQ(REFUSED, type_status(0, REPLACE, RW));
	EXPECT_EQ(REFUSED, type_status(BASE + 1, REPLACE, RW));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_5, type_status(BASE, REPLACE | NT_MEM_PHYSICAL, RW));
	EXPECT_EQ(STATUS_INVALID_PAGE_PROTECTION, type_status(BASE, REPLACE, 6));
	ASSERT_EQ(STATUS_SUCCESS, type_status(BASE, RES, RW));
	EXPECT_FALSE(plan.replace);
}

TEST(PH_19_no_large_pages_and_no_node)
{
	struct winvm_alloc_args args = {
		.bytes = 0x200000, .type = MAKE, .protect = NT_PAGE_NOACCESS, .node = 1,
		.extended = true,
	};

	EXPECT_EQ(REFUSED, check(&args));
	args.node = 0;
	EXPECT_EQ(STATUS_SUCCESS, check(&args));
	EXPECT_EQ(REFUSED, type_status(BASE, REPLACE | COM | NT_MEM_LARGE_PAGES, RW));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_5,
		  type_status(BASE, MAKE | NT_MEM_LARGE_PAGES, NT_PAGE_NOACCESS));
	args.type = RES;
	args.node = 1;
	ASSERT_EQ(STATUS_SUCCESS, check(&args));
	EXPECT_EQ(1, plan.node);
}

TEST(PH_11_PH_12_types_and_sizes_of_freeing)
{
	const u32 preserve = NT_MEM_RELEASE | NT_MEM_PRESERVE_PLACEHOLDER;
	const u32 coalesce = NT_MEM_RELEASE | NT_MEM_COALESCE_PLACEHOLDERS;

	ASSERT_EQ(STATUS_SUCCESS, winvm_check_free(WIDE, BASE + 0x1fff, 2, preserve, &freed));
	EXPECT_EQ(WINVM_FREE_PRESERVE, freed.kind);
	EXPECT_EQ((BASE >> 12) + 1, freed.span.vpn);
	EXPECT_EQ(2, freed.span.pages);
	EXPECT_FALSE(freed.whole);
	ASSERT_EQ(STATUS_SUCCESS, winvm_check_free(WIDE, BASE, 1, coalesce, &freed));
	EXPECT_EQ(WINVM_FREE_COALESCE, freed.kind);
	EXPECT_EQ(STATUS_INVALID_PARAMETER_3, winvm_check_free(WIDE, BASE, 0, preserve, &freed));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_3, winvm_check_free(WIDE, BASE, 0, coalesce, &freed));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_4, winvm_check_free(WIDE, BASE, 1, 1, &freed));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_4, winvm_check_free(WIDE, BASE, 1, 2, &freed));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_4, winvm_check_free(WIDE, BASE, 1, 0x8003, &freed));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_4, winvm_check_free(WIDE, BASE, 1, 0x4002, &freed));
}

TEST(VX_4_no_requirement_leaves_all_to_the_layout)
{
	ASSERT_EQ(STATUS_SUCCESS, required(0, 0, 0));
	EXPECT_EQ(0x10, plan.lowest_vpn);
	EXPECT_EQ((END_OF_SPACE >> 12) - 1, plan.highest_vpn);
	EXPECT_EQ(16, plan.align_pages);
	EXPECT_EQ(STATUS_SUCCESS, type_status(BASE, RES, RW));
}

TEST(VX_5_no_requirement_goes_with_a_base)
{
	struct winvm_alloc_args args = {
		.base = BASE, .bytes = 0x1000, .type = RES, .protect = RW, .extended = true,
	};

	for (int i = 0; i < 3; i++) {
		struct winvm_alloc_args one = args;

		*(i == 0 ? &one.required.lowest_address : i == 1 ? &one.required.highest_address :
							  &one.required.alignment_bytes) =
			i == 1 ? 0xffffff : 0x10000;
		EXPECT_EQ(REFUSED, check(&one));
		one.type = COM;
		EXPECT_EQ(REFUSED, check(&one));
		one.base = 0;
		EXPECT_EQ(STATUS_SUCCESS, check(&one));
	}
	EXPECT_EQ(STATUS_SUCCESS, check(&args));
}

TEST(VX_6_alignment_is_a_power_of_two_from_64_KB_on)
{
	for (u64 alignment = 0x10000; alignment; alignment <<= 1) {
		ASSERT_EQ(STATUS_SUCCESS, required(0, 0, alignment));
		EXPECT_EQ(alignment >> 12, plan.align_pages);
		EXPECT_EQ(REFUSED, required(0, 0, alignment | alignment >> 1));
	}
	for (u64 alignment = 1; alignment < 0x10000; alignment <<= 1)
		EXPECT_EQ(REFUSED, required(0, 0, alignment));
	EXPECT_EQ(REFUSED, required(0, 0, 0x30000));
	EXPECT_EQ(REFUSED, required(0, 0, ~0ULL));
}

TEST(VX_7_lowest_address_is_a_multiple_of_64_KB_in_user_space)
{
	ASSERT_EQ(STATUS_SUCCESS, required(0x20000, 0, 0));
	EXPECT_EQ(0x20, plan.lowest_vpn);
	EXPECT_EQ(REFUSED, required(0x21000, 0, 0));
	EXPECT_EQ(REFUSED, required(1, 0, 0));
	EXPECT_EQ(STATUS_SUCCESS, required(END_OF_SPACE - 0x10000, 0, 0));
	EXPECT_EQ(REFUSED, required(END_OF_SPACE, 0, 0));
	EXPECT_EQ(REFUSED, required(~0xffffULL, 0, 0));
}

TEST(VX_8_highest_address_is_the_last_byte_of_a_page)
{
	ASSERT_EQ(STATUS_SUCCESS, required(0, 0x20000fff, 0));
	EXPECT_EQ(0x20000, plan.highest_vpn);
	EXPECT_EQ(REFUSED, required(0, 0x20001000, 0));
	EXPECT_EQ(REFUSED, required(0, 0x20000800, 0));
	EXPECT_EQ(REFUSED, required(0, 0x200007ff, 0));
	EXPECT_EQ(STATUS_SUCCESS, required(0, END_OF_SPACE - 1, 0));
	EXPECT_EQ(REFUSED, required(0, END_OF_SPACE + 0xfff, 0));
	EXPECT_EQ(REFUSED, required(0, ~0ULL, 0));
	EXPECT_EQ(REFUSED, required(0x30000, 0x2ffff, 0));
	EXPECT_EQ(STATUS_SUCCESS, required(0x30000, 0x30fff, 0));
}

TEST(VX_12_a_base_is_a_multiple_of_64_KB)
{
	EXPECT_EQ(REFUSED, type_status(BASE + 0x4000, RES, RW));
	EXPECT_EQ(REFUSED, type_status(BASE + 1, RES | COM, RW));
	EXPECT_EQ(REFUSED, type_status(BASE + 0x1000, MAKE, NT_PAGE_NOACCESS));
	EXPECT_EQ(STATUS_SUCCESS, type_status(BASE + 0x4001, COM, RW));
	EXPECT_EQ(STATUS_SUCCESS, type_status(BASE + 0x4000, REPLACE, RW));
}

TEST(VX_2_order_large_pages_after_the_rest)
{
	struct winvm_alloc_args args = {
		.bytes = 0x200000, .required.alignment_bytes = 0x30000, .protect = RW, .extended = true,
		.type = RES | COM | NT_MEM_LARGE_PAGES,
	};

	EXPECT_EQ(REFUSED, check(&args));
	args.required.alignment_bytes = 0;
	EXPECT_EQ(STATUS_PRIVILEGE_NOT_HELD, check(&args));
}

TEST(VX_9_the_hole_keeps_to_all_requirements)
{
	struct winvm_vad_tree vads = { };
	struct winvm_vad taken = { .start_vpn = 0x400, .end_vpn = 0x4ff };
	struct winvm_gap want = { .pages = 1 };

	ASSERT_TRUE(winvm_vad_insert(&vads, &taken));
	ASSERT_EQ(STATUS_SUCCESS, required(0x300000, 0x7fffff, 0x100000));
	want.lowest_vpn = plan.lowest_vpn;
	want.highest_vpn = plan.highest_vpn;
	want.align_pages = plan.align_pages;
	EXPECT_EQ(0x300, winvm_vad_gap_lowest(&vads, &want));
	EXPECT_EQ(0x700, winvm_vad_gap_highest(&vads, &want));
	want.pages = 0x101;
	EXPECT_EQ(0x500, winvm_vad_gap_lowest(&vads, &want));
	want.pages = 0x301;
	EXPECT_EQ(WINVM_NO_GAP, winvm_vad_gap_lowest(&vads, &want));
	/* No alignment overflows. */
	want = (struct winvm_gap){ 0x10, 0x7ffffffef, 1, 1ULL << 51 };
	EXPECT_EQ(WINVM_NO_GAP, winvm_vad_gap_lowest(&vads, &want));
	EXPECT_EQ(WINVM_NO_GAP, winvm_vad_gap_highest(&vads, &want));
}

TEST(AS_1_bounds_of_the_layouts)
{
	EXPECT_EQ(0x10000, WIDE->lowest_address);
	EXPECT_EQ(END_OF_SPACE - 1, WIDE->highest_address);
	EXPECT_EQ(0x10000, NARROW->lowest_address);
	EXPECT_EQ(END_OF_2GB - 1, NARROW->highest_address);
	EXPECT_EQ(NULL, winvm_layout_bounds(2));
	EXPECT_EQ(NULL, winvm_layout_bounds(~0U));
}

TEST(AS_5_zones_lie_in_their_layouts)
{
	for (u32 layout = 0; layout < 2; layout++) {
		const struct winvm_bounds *bounds = winvm_layout_bounds(layout);

		EXPECT_LE(winvm_bounds_lowest_vpn(bounds), bounds->zone_lowest_vpn);
		EXPECT_LE(bounds->zone_highest_vpn, winvm_bounds_highest_vpn(bounds));
		EXPECT_LT(bounds->zone_lowest_vpn + bounds->zone_spread_pages,
			  bounds->zone_highest_vpn);
		EXPECT_EQ(0, bounds->zone_lowest_vpn % WINVM_GRANULARITY_PAGES);
		EXPECT_EQ(0, (bounds->zone_highest_vpn + 1) % WINVM_GRANULARITY_PAGES);
	}
}

static u32 narrow_status(u64 base, u64 bytes, u64 highest)
{
	struct winvm_alloc_args args = {
		.base = base, .bytes = bytes, .required.highest_address = highest, .type = RES,
		.protect = RW,
	};

	return winvm_check_allocate(NARROW, &args, &plan);
}

TEST(AS_2_every_check_keeps_to_the_layout)
{
	struct winvm_span span;
	u64 vpn;

	EXPECT_EQ(STATUS_SUCCESS, narrow_status(END_OF_2GB - 1, 1, 0));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_2, narrow_status(END_OF_2GB, 1, 0));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_4, narrow_status(END_OF_2GB - 0x1000, 0x1001, 0));
	EXPECT_EQ(STATUS_SUCCESS, narrow_status(0, 1, END_OF_2GB - 1));
	EXPECT_EQ(REFUSED, narrow_status(0, 1, END_OF_2GB + 0xfff));
	ASSERT_EQ(STATUS_SUCCESS, narrow_status(0, 1, 0));
	EXPECT_EQ((END_OF_2GB >> 12) - 1, plan.highest_vpn);
	EXPECT_EQ(STATUS_INVALID_PARAMETER_2,
		  winvm_check_free(NARROW, END_OF_2GB, 0, NT_MEM_RELEASE, &freed));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_3,
		  winvm_check_free(NARROW, END_OF_2GB - 1, 2, NT_MEM_RELEASE, &freed));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_2,
		  winvm_check_protect(NARROW, END_OF_2GB, 1, RW, &span));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_3,
		  winvm_check_protect(NARROW, END_OF_2GB - 1, 2, RW, &span));
	EXPECT_EQ(REFUSED, winvm_check_lock(NARROW, END_OF_2GB, 1, 1, &span));
	EXPECT_EQ(REFUSED, winvm_check_lock(NARROW, END_OF_2GB - 1, 2, 1, &span));
	EXPECT_EQ(REFUSED, winvm_check_query(NARROW, END_OF_2GB, &vpn));
	EXPECT_EQ(STATUS_SUCCESS, winvm_check_query(NARROW, END_OF_2GB - 1, &vpn));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_2,
		  winvm_check_watch(NARROW, END_OF_2GB, 1, 1, 0, &span));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_3,
		  winvm_check_watch(NARROW, END_OF_2GB - 1, 2, 1, 0, &span));
}

TEST_HARNESS_MAIN
