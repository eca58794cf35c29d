// SPDX-License-Identifier: GPL-2.0
/*
 * Search for a hole. Only gaps of at least the wanted size are visited, found
 * by max_gap; the first whose usable part fits wins. As gaps begin at 64 KB
 * boundaries, every gap of that size between the bounds fits 64 KB alignment,
 * so that at most the gaps cut by the bounds are visited in vain.
 */
#include "vad.h"

/* A run of free pages; empty when start > end. */
struct winvm_hole {
	u64 start;
	u64 end;
};

static struct winvm_hole winvm_hole_before(const struct winvm_vad *vad)
{
	return (struct winvm_hole){ vad->start_vpn - vad->gap, vad->start_vpn - 1 };
}

static struct winvm_hole winvm_hole_at_end(const struct winvm_vad_tree *tree)
{
	return (struct winvm_hole){ winvm_vad_gap_start(winvm_vad_last(tree)), WINVM_HIGHEST_VPN };
}

static struct winvm_hole winvm_hole_clip(struct winvm_hole hole, const struct winvm_gap *want)
{
	return (struct winvm_hole){ max(hole.start, want->lowest_vpn),
				    min(hole.end, want->highest_vpn) };
}

/* SPEC DS-10. No sum can overflow: VPNs and sizes have 35 bits. */
static u64 winvm_hole_lowest(struct winvm_hole hole, const struct winvm_gap *want)
{
	struct winvm_hole usable = winvm_hole_clip(hole, want);
	u64 start = ALIGN(usable.start, want->align_pages);

	return start + want->pages <= usable.end + 1 ? start : WINVM_NO_GAP;
}

/* SPEC DS-11. */
static u64 winvm_hole_highest(struct winvm_hole hole, const struct winvm_gap *want)
{
	struct winvm_hole usable = winvm_hole_clip(hole, want);
	u64 start;

	if (usable.end + 1 < want->pages)
		return WINVM_NO_GAP;
	start = ALIGN_DOWN(usable.end + 1 - want->pages, want->align_pages);
	return start >= usable.start ? start : WINVM_NO_GAP;
}

static bool winvm_has_gap(const struct winvm_vad *vad, u64 pages)
{
	winvm_seam_visit();
	return vad && vad->max_gap >= pages;
}

/* The first VAD of a subtree, from @side on, with a gap of @pages; the subtree has one. */
static struct winvm_vad *winvm_gap_first(struct winvm_vad *vad, u64 pages,
					 enum winvm_side side)
{
	for (;;) {
		bool nearer = winvm_has_gap(vad->child[side], pages);

		if (!nearer && vad->gap >= pages)
			return vad;
		vad = vad->child[nearer ? side : winvm_other(side)];
	}
}

/* The next VAD with a gap of @pages in order away from @side. */
static struct winvm_vad *winvm_gap_after(struct winvm_vad *vad, u64 pages,
					 enum winvm_side side)
{
	struct winvm_vad *parent;

	if (winvm_has_gap(vad->child[winvm_other(side)], pages))
		return winvm_gap_first(vad->child[winvm_other(side)], pages, side);
	for (; (parent = vad->parent); vad = parent) {
		winvm_seam_visit();
		if (parent->child[side] != vad)
			continue;
		if (parent->gap >= pages)
			return parent;
		if (winvm_has_gap(parent->child[winvm_other(side)], pages))
			return winvm_gap_first(parent->child[winvm_other(side)], pages, side);
	}
	return NULL;
}

u64 winvm_vad_gap_lowest(const struct winvm_vad_tree *tree, const struct winvm_gap *want)
{
	struct winvm_vad *vad = winvm_vad_at_or_after(tree, want->lowest_vpn);

	for (; vad; vad = winvm_gap_after(vad, want->pages, WINVM_LEFT)) {
		struct winvm_hole hole = winvm_hole_before(vad);
		u64 start = winvm_hole_lowest(hole, want);

		if (start != WINVM_NO_GAP)
			return start;
		if (hole.start > want->highest_vpn)
			return WINVM_NO_GAP;
		cond_resched();
	}
	return winvm_hole_lowest(winvm_hole_at_end(tree), want);
}

u64 winvm_vad_gap_highest(const struct winvm_vad_tree *tree, const struct winvm_gap *want)
{
	struct winvm_vad *vad = winvm_vad_at_or_after(tree, want->highest_vpn);
	u64 start = winvm_hole_highest(winvm_hole_at_end(tree), want);

	if (start != WINVM_NO_GAP)
		return start;
	if (!vad)
		vad = winvm_vad_last(tree);
	for (; vad; vad = winvm_gap_after(vad, want->pages, WINVM_RIGHT)) {
		struct winvm_hole hole = winvm_hole_before(vad);

		start = winvm_hole_highest(hole, want);
		if (start != WINVM_NO_GAP)
			return start;
		if (hole.start < want->lowest_vpn)
			break;
		cond_resched();
	}
	return WINVM_NO_GAP;
}
