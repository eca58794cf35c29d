// SPDX-License-Identifier: GPL-2.0
/*
 * Nodes of page states that say nothing, and stay for a while.
 *
 * Memory that is committed, used for a moment and given back needs a leaf and
 * the tables above it each time. To make them, look through them and free them
 * costs many times what the change of states does. So the last few leaves that
 * a decommit came by stay in the tree, with what is above, as nodes of zeros.
 *
 * Nothing is told apart by it: a node of zeros says what no node says, and it
 * goes as winvm_pstate_tidy() says, only later.
 */
#include "pstate.h"

/* A page of the leaf stands for it. */
static u64 winvm_kept_page(u64 vpn)
{
	return ALIGN_DOWN(vpn, WINVM_PSTATE_LEAF_PAGES);
}

/*
 * Return: the page whose leaf is kept no more; @page itself, if it is kept already.
 * The leaf of page 0 stands in all places at first: it may go too early, or once more.
 */
static u64 winvm_kept_swap(struct winvm_pstates *tree, u64 page)
{
	unsigned int i;
	u64 other;

	spin_lock(&tree->lock);
	for (i = 0; i < WINVM_PSTATE_KEPT; i++)
		if (tree->kept[i] == page)
			break;
	if (i == WINVM_PSTATE_KEPT) {
		other = tree->kept[tree->oldest];
		tree->kept[tree->oldest] = page;
		tree->oldest = (tree->oldest + 1) % WINVM_PSTATE_KEPT;
	} else {
		other = page;
	}
	spin_unlock(&tree->lock);
	return other;
}

static void winvm_pstate_keep_leaf(struct winvm_pstates *tree, u64 vpn)
{
	u64 page = winvm_kept_page(vpn);
	u64 other = winvm_kept_swap(tree, page);

	if (other != page)
		winvm_pstate_tidy(tree, other, 1);
}

void winvm_pstate_keep(struct winvm_pstates *tree, u64 vpn, u64 pages)
{
	u64 last = vpn + pages - 1;

	if (winvm_kept_page(last) > winvm_kept_page(vpn) + WINVM_PSTATE_LEAF_PAGES) {
		winvm_pstate_tidy(tree, vpn, pages);
		return;
	}
	winvm_pstate_keep_leaf(tree, vpn);
	if (winvm_kept_page(last) != winvm_kept_page(vpn))
		winvm_pstate_keep_leaf(tree, last);
}

void winvm_pstate_keep_none(struct winvm_pstates *tree)
{
	unsigned int i;
	u64 page;

	for (i = 0; i < WINVM_PSTATE_KEPT; i++) {
		spin_lock(&tree->lock);
		page = tree->kept[i];
		tree->kept[i] = 0;
		spin_unlock(&tree->lock);
		winvm_pstate_tidy(tree, page, 1);
	}
}
