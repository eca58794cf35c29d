// SPDX-License-Identifier: GPL-2.0
/* Placeholders in the VAD tree (SPEC 4.2). */
#include "kselftest_harness.h"
#include "placeholder.h"

#define PIECES 8

static struct winvm_vad_tree vads;
static struct winvm_vad pool[PIECES];
static unsigned int used;

static struct winvm_vad *make(u64 vpn, u64 pages, u8 flags)
{
	struct winvm_vad *vad = &pool[used++];

	*vad = (struct winvm_vad){ .start_vpn = vpn, .end_vpn = vpn + pages - 1 };
	if (flags & WINVM_VAD_PLACEHOLDER)
		winvm_placeholder_become(vad);
	vad->flags = flags;
	return winvm_vad_insert(&vads, vad) ? vad : NULL;
}

static struct winvm_span span_of(u64 vpn, u64 pages)
{
	return (struct winvm_span){ vpn, pages };
}

static void begin(void)
{
	vads = (struct winvm_vad_tree){ };
	used = 0;
}

/* Carve with as many VADs as it says it needs, and no more. */
static struct winvm_vad *carve(struct winvm_vad *vad, u64 vpn, u64 pages)
{
	struct winvm_vad *pieces[2] = { };
	unsigned int count = winvm_vad_pieces(vad, span_of(vpn, pages));

	for (unsigned int i = 0; i < count; i++) {
		pieces[i] = &pool[used++];
		*pieces[i] = (struct winvm_vad){ };
	}
	return winvm_vad_carve(&vads, vad, span_of(vpn, pages), pieces);
}

/* The tree holds VADs of these first pages, one behind the other up to @end. */
#define EXPECT_STARTS(end_, ...)                                                     \
	do {                                                                         \
		const u64 starts_[] = { __VA_ARGS__, (end_) };                       \
		struct winvm_vad *vad_ = winvm_vad_first(&vads);                     \
		for (size_t i_ = 0; i_ + 1 < ARRAY_SIZE(starts_); i_++) {            \
			ASSERT_NE(NULL, vad_);                                       \
			EXPECT_EQ(starts_[i_], vad_->start_vpn);                     \
			EXPECT_EQ(starts_[i_ + 1] - 1, vad_->end_vpn);               \
			vad_ = winvm_vad_next(vad_);                                 \
		}                                                                    \
		EXPECT_EQ(NULL, vad_);                                               \
		EXPECT_TRUE(winvm_vad_check(&vads));                                 \
	} while (0)

TEST(PH_9_a_middle_leaves_three)
{
	struct winvm_vad *vad, *middle;

	begin();
	vad = make(0x100, 0x40, WINVM_VAD_PLACEHOLDER);
	EXPECT_EQ(STATUS_SUCCESS, winvm_placeholder_check_preserve(vad, span_of(0x104, 4)));
	EXPECT_EQ(2, winvm_vad_pieces(vad, span_of(0x104, 4)));
	middle = carve(vad, 0x104, 4);
	EXPECT_EQ(0x104, middle->start_vpn);
	EXPECT_STARTS(0x140, 0x100, 0x104, 0x108);
	for (vad = winvm_vad_first(&vads); vad; vad = winvm_vad_next(vad)) {
		EXPECT_TRUE(winvm_placeholder(vad));
		EXPECT_EQ(NT_PAGE_NOACCESS, vad->protect);
	}
}

TEST(PH_9_a_head_or_a_tail_leaves_two)
{
	struct winvm_vad *vad;

	begin();
	vad = make(0x100, 0x40, WINVM_VAD_PLACEHOLDER);
	EXPECT_EQ(1, winvm_vad_pieces(vad, span_of(0x100, 1)));
	EXPECT_EQ(0x100, carve(vad, 0x100, 1)->start_vpn);
	EXPECT_STARTS(0x140, 0x100, 0x101);
	vad = winvm_vad_find(&vads, 0x13f);
	EXPECT_EQ(1, winvm_vad_pieces(vad, span_of(0x13f, 1)));
	EXPECT_EQ(0x13f, carve(vad, 0x13f, 1)->start_vpn);
	EXPECT_STARTS(0x140, 0x100, 0x101, 0x13f);
}

TEST(PH_10_all_of_it_is_no_split)
{
	struct winvm_vad *vad;

	begin();
	vad = make(0x100, 0x40, WINVM_VAD_PLACEHOLDER);
	EXPECT_EQ(STATUS_CONFLICTING_ADDRESSES,
		  winvm_placeholder_check_preserve(vad, span_of(0x100, 0x40)));
	EXPECT_EQ(STATUS_SUCCESS, winvm_placeholder_check_preserve(vad, span_of(0x100, 0x3f)));
	EXPECT_EQ(STATUS_SUCCESS, winvm_placeholder_check_preserve(vad, span_of(0x101, 0x3f)));
}

TEST(PH_7_what_replaced_one_returns_whole_or_in_part)
{
	struct winvm_vad *vad, *part;

	begin();
	vad = make(0x100, 0x40, WINVM_VAD_REPLACED | WINVM_VAD_WATCH);
	vad->protect = NT_PAGE_READWRITE;
	vad->node = 1;
	vad->committed = 7;
	EXPECT_EQ(STATUS_SUCCESS, winvm_placeholder_check_preserve(vad, span_of(0x100, 0x40)));
	EXPECT_EQ(STATUS_SUCCESS, winvm_placeholder_check_preserve(vad, span_of(0x110, 1)));
	part = carve(vad, 0x110, 0x10);
	EXPECT_EQ(WINVM_VAD_REPLACED | WINVM_VAD_WATCH, part->flags);
	EXPECT_EQ(1, part->node);
	winvm_placeholder_become(part);
	EXPECT_STARTS(0x140, 0x100, 0x110, 0x120);
	EXPECT_EQ(WINVM_VAD_PLACEHOLDER, part->flags);
	EXPECT_EQ(NT_PAGE_NOACCESS, part->protect);
	EXPECT_EQ(0, part->node);
	EXPECT_EQ(0, part->committed);
	EXPECT_EQ(7, vad->committed);
	EXPECT_EQ(WINVM_VAD_REPLACED | WINVM_VAD_WATCH, winvm_vad_next(part)->flags);
	EXPECT_EQ(NT_PAGE_READWRITE, winvm_vad_next(part)->protect);
	EXPECT_EQ(vad, carve(vad, 0x100, 0x10));
}

TEST(PH_8_what_never_was_one_does_not)
{
	struct winvm_vad *vad;

	begin();
	vad = make(0x100, 0x40, 0);
	EXPECT_EQ(STATUS_CONFLICTING_ADDRESSES,
		  winvm_placeholder_check_preserve(vad, span_of(0x100, 0x40)));
	EXPECT_EQ(STATUS_CONFLICTING_ADDRESSES,
		  winvm_placeholder_check_preserve(vad, span_of(0x100, 1)));
}

TEST(PH_5_exactly_one_can_be_replaced)
{
	struct winvm_vad *vad;

	begin();
	vad = make(0x100, 0x40, WINVM_VAD_PLACEHOLDER);
	make(0x140, 0x10, WINVM_VAD_PLACEHOLDER);
	make(0x150, 0x10, WINVM_VAD_REPLACED);
	make(0x160, 0x10, 0);
	EXPECT_EQ(vad, winvm_placeholder_exact(&vads, span_of(0x100, 0x40)));
	EXPECT_EQ(NULL, winvm_placeholder_exact(&vads, span_of(0x100, 0x3f)));
	EXPECT_EQ(NULL, winvm_placeholder_exact(&vads, span_of(0x101, 0x3f)));
	EXPECT_EQ(NULL, winvm_placeholder_exact(&vads, span_of(0x100, 0x50)));
	EXPECT_EQ(NULL, winvm_placeholder_exact(&vads, span_of(0x150, 0x10)));
	EXPECT_EQ(NULL, winvm_placeholder_exact(&vads, span_of(0x160, 0x10)));
	EXPECT_EQ(NULL, winvm_placeholder_exact(&vads, span_of(0x170, 0x10)));
}

static u32 coalesce(u64 vpn, u64 pages)
{
	struct winvm_vad *vad;
	u32 status = winvm_placeholder_check_coalesce(&vads, span_of(vpn, pages), &vad);

	while (!status && vad->end_vpn < vpn + pages - 1)
		winvm_placeholder_absorb(&vads, vad);
	return status;
}

TEST(PH_13_adjacent_ones_become_one)
{
	begin();
	make(0x100, 4, WINVM_VAD_PLACEHOLDER);
	make(0x104, 4, WINVM_VAD_PLACEHOLDER);
	make(0x108, 8, WINVM_VAD_PLACEHOLDER);
	make(0x110, 8, WINVM_VAD_PLACEHOLDER);
	/* One, one page less or more, shifted, nothing there. */
	EXPECT_EQ(STATUS_CONFLICTING_ADDRESSES, coalesce(0x100, 4));
	EXPECT_EQ(STATUS_CONFLICTING_ADDRESSES, coalesce(0x100, 7));
	EXPECT_EQ(STATUS_CONFLICTING_ADDRESSES, coalesce(0x100, 9));
	EXPECT_EQ(STATUS_CONFLICTING_ADDRESSES, coalesce(0x101, 7));
	EXPECT_EQ(STATUS_CONFLICTING_ADDRESSES, coalesce(0x101, 3));
	EXPECT_EQ(STATUS_CONFLICTING_ADDRESSES, coalesce(0x110, 9));
	EXPECT_EQ(STATUS_CONFLICTING_ADDRESSES, coalesce(0x108, 0x11));
	EXPECT_EQ(STATUS_MEMORY_NOT_ALLOCATED, coalesce(0xff, 9));
	EXPECT_EQ(STATUS_MEMORY_NOT_ALLOCATED, coalesce(0x118, 9));
	EXPECT_STARTS(0x118, 0x100, 0x104, 0x108, 0x110);
	EXPECT_EQ(STATUS_SUCCESS, coalesce(0x100, 8));
	EXPECT_STARTS(0x118, 0x100, 0x108, 0x110);
	EXPECT_EQ(STATUS_SUCCESS, coalesce(0x100, 0x18));
	EXPECT_STARTS(0x118, 0x100);
	EXPECT_EQ(1, vads.count);
}

TEST(PH_13_no_hole_and_nothing_that_is_none_lies_between)
{
	begin();
	make(0x100, 4, WINVM_VAD_PLACEHOLDER);
	make(0x104, 4, WINVM_VAD_REPLACED);
	make(0x108, 4, WINVM_VAD_PLACEHOLDER);
	make(0x110, 4, WINVM_VAD_PLACEHOLDER);
	make(0x114, 4, 0);
	EXPECT_EQ(STATUS_CONFLICTING_ADDRESSES, coalesce(0x100, 8));
	EXPECT_EQ(STATUS_CONFLICTING_ADDRESSES, coalesce(0x100, 0xc));
	EXPECT_EQ(STATUS_CONFLICTING_ADDRESSES, coalesce(0x104, 8));
	EXPECT_EQ(STATUS_CONFLICTING_ADDRESSES, coalesce(0x108, 0xc));
	EXPECT_EQ(STATUS_CONFLICTING_ADDRESSES, coalesce(0x110, 8));
	EXPECT_EQ(5, vads.count);
}

TEST(PH_20_64_KB_rule_of_what_comes_later)
{
	struct winvm_gap want = { .lowest_vpn = 0x100, .highest_vpn = 0x13f, .pages = 4,
				  .align_pages = 16 };
	struct winvm_vad *vad;

	begin();
	vad = make(0x100, 0x40, WINVM_VAD_PLACEHOLDER);
	vad = carve(vad, 0x104, 4);
	/* Free at 0x104, but no 64 KB boundary is. */
	winvm_vad_remove(&vads, vad);
	EXPECT_TRUE(winvm_vad_check(&vads));
	EXPECT_EQ(WINVM_NO_GAP, winvm_vad_gap_lowest(&vads, &want));
	winvm_vad_remove(&vads, winvm_vad_find(&vads, 0x100));
	EXPECT_EQ(0x100, winvm_vad_gap_lowest(&vads, &want));
}

TEST_HARNESS_MAIN
