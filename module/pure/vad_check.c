// SPDX-License-Identifier: GPL-2.0
/* Is a VAD tree what it should be? Run by tests after every step. */
#include "vad.h"

/*
 * Height by the higher child at each node: right if the balances below are,
 * and they are checked too. @limit ends the walk in a broken tree.
 */
static u64 winvm_vad_height(const struct winvm_vad *vad, u64 limit)
{
	u64 height = 0;

	for (; vad && height <= limit; height++)
		vad = vad->child[vad->balance > 0];
	return height;
}

static bool winvm_vad_linked(const struct winvm_vad_tree *tree, const struct winvm_vad *vad)
{
	const struct winvm_vad *parent = vad->parent;

	if (parent ? parent->child[0] != vad && parent->child[1] != vad : tree->root != vad)
		return false;
	return (!vad->child[0] || vad->child[0]->parent == vad) &&
	       (!vad->child[1] || vad->child[1]->parent == vad);
}

/* SPEC DS-8. */
static bool winvm_vad_balanced(const struct winvm_vad_tree *tree, const struct winvm_vad *vad)
{
	u64 left = winvm_vad_height(vad->child[0], tree->count);
	u64 right = winvm_vad_height(vad->child[1], tree->count);

	return vad->balance >= -1 && vad->balance <= 1 && right == left + vad->balance;
}

static bool winvm_vad_ordered(const struct winvm_vad *prev, const struct winvm_vad *vad)
{
	return vad->start_vpn <= vad->end_vpn && (!prev || prev->end_vpn < vad->start_vpn);
}

static bool winvm_vad_gaps_right(const struct winvm_vad *prev, const struct winvm_vad *vad)
{
	u64 start = winvm_vad_gap_start(prev);
	u64 gap = start < vad->start_vpn ? vad->start_vpn - start : 0;
	u64 largest = gap;
	int side;

	for (side = 0; side < 2; side++)
		if (vad->child[side])
			largest = max(largest, vad->child[side]->max_gap);
	return vad->gap == gap && vad->max_gap == largest;
}

bool winvm_vad_check(const struct winvm_vad_tree *tree)
{
	const struct winvm_vad *prev = NULL;
	const struct winvm_vad *vad = winvm_vad_first(tree);
	u64 count = 0;

	for (; vad; vad = winvm_vad_next(vad)) {
		if (++count > tree->count)
			return false;
		if (!winvm_vad_linked(tree, vad) || !winvm_vad_ordered(prev, vad) ||
		    !winvm_vad_balanced(tree, vad) || !winvm_vad_gaps_right(prev, vad))
			return false;
		prev = vad;
	}
	return count == tree->count;
}
