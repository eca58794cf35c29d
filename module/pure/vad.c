// SPDX-License-Identifier: GPL-2.0
/* The VAD tree: an AVL tree that keeps the free gaps between its nodes. */
#include "vad.h"

/* What a subtree that is one higher on that side adds to the balance. */
static s8 winvm_side_weight(enum winvm_side side)
{
	return side == WINVM_RIGHT ? 1 : -1;
}

static enum winvm_side winvm_vad_side(const struct winvm_vad *parent, const struct winvm_vad *child)
{
	return parent->child[WINVM_RIGHT] == child ? WINVM_RIGHT : WINVM_LEFT;
}

/* The node at the far end of a subtree. */
static struct winvm_vad *winvm_vad_far(struct winvm_vad *vad, enum winvm_side side)
{
	while (vad && vad->child[side])
		vad = vad->child[side];
	return vad;
}

/* The neighbour in order. */
static struct winvm_vad *winvm_vad_step(const struct winvm_vad *vad, enum winvm_side side)
{
	struct winvm_vad *parent;

	if (vad->child[side])
		return winvm_vad_far(vad->child[side], winvm_other(side));
	parent = vad->parent;
	while (parent && parent->child[side] == vad) {
		vad = parent;
		parent = vad->parent;
	}
	return parent;
}

struct winvm_vad *winvm_vad_first(const struct winvm_vad_tree *tree)
{
	return winvm_vad_far(tree->root, WINVM_LEFT);
}

struct winvm_vad *winvm_vad_last(const struct winvm_vad_tree *tree)
{
	return winvm_vad_far(tree->root, WINVM_RIGHT);
}

struct winvm_vad *winvm_vad_next(const struct winvm_vad *vad)
{
	return winvm_vad_step(vad, WINVM_RIGHT);
}

struct winvm_vad *winvm_vad_prev(const struct winvm_vad *vad)
{
	return winvm_vad_step(vad, WINVM_LEFT);
}

struct winvm_vad *winvm_vad_at_or_after(const struct winvm_vad_tree *tree, u64 vpn)
{
	struct winvm_vad *vad = tree->root;
	struct winvm_vad *found = NULL;

	while (vad) {
		winvm_seam_visit();
		if (vad->end_vpn >= vpn) {
			found = vad;
			vad = vad->child[WINVM_LEFT];
		} else {
			vad = vad->child[WINVM_RIGHT];
		}
	}
	return found;
}

struct winvm_vad *winvm_vad_find(const struct winvm_vad_tree *tree, u64 vpn)
{
	struct winvm_vad *vad = winvm_vad_at_or_after(tree, vpn);

	return vad && vad->start_vpn <= vpn ? vad : NULL;
}

u64 winvm_vad_gap_start(const struct winvm_vad *prev)
{
	return prev ? ALIGN(prev->end_vpn + 1, WINVM_GRANULARITY_PAGES) : WINVM_LOWEST_VPN;
}

static u64 winvm_vad_max_gap(const struct winvm_vad *vad)
{
	return vad ? vad->max_gap : 0;
}

static void winvm_vad_refresh(struct winvm_vad *vad)
{
	u64 below = max(winvm_vad_max_gap(vad->child[WINVM_LEFT]),
			winvm_vad_max_gap(vad->child[WINVM_RIGHT]));

	vad->max_gap = max(vad->gap, below);
}

/* As far up as it makes a difference: above a node that stays as it was all is right. */
static void winvm_vad_refresh_path(struct winvm_vad *vad)
{
	for (; vad; vad = vad->parent) {
		u64 before = vad->max_gap;

		winvm_vad_refresh(vad);
		if (vad->max_gap == before)
			break;
	}
}

/* The pages in front of @vad have changed hands. */
static void winvm_vad_regap(struct winvm_vad *vad)
{
	u64 start;

	if (!vad)
		return;
	start = winvm_vad_gap_start(winvm_vad_prev(vad));
	vad->gap = start < vad->start_vpn ? vad->start_vpn - start : 0;
	winvm_vad_refresh_path(vad);
}

/* Hang @child, which may be NULL, where @old hangs. */
static void winvm_vad_replace(struct winvm_vad_tree *tree, const struct winvm_vad *old,
			      struct winvm_vad *child)
{
	struct winvm_vad *parent = old->parent;

	if (!parent)
		tree->root = child;
	else
		parent->child[winvm_vad_side(parent, old)] = child;
	if (child)
		child->parent = parent;
}

static void winvm_vad_link(struct winvm_vad *parent, enum winvm_side side, struct winvm_vad *child)
{
	parent->child[side] = child;
	if (child)
		child->parent = parent;
}

/* @vad goes down on @side; its child on the other side comes up. */
static void winvm_vad_rotate(struct winvm_vad_tree *tree, struct winvm_vad *vad,
			     enum winvm_side side)
{
	struct winvm_vad *pivot = vad->child[winvm_other(side)];

	winvm_vad_replace(tree, vad, pivot);
	winvm_vad_link(vad, winvm_other(side), pivot->child[side]);
	winvm_vad_link(pivot, side, vad);
	winvm_vad_refresh(vad);
	winvm_vad_refresh(pivot);
}

/* @top leans two to @heavy, its child there leans to the other side. */
static void winvm_vad_rotate_twice(struct winvm_vad_tree *tree, struct winvm_vad *top,
				   enum winvm_side heavy)
{
	struct winvm_vad *child = top->child[heavy];
	struct winvm_vad *pivot = child->child[winvm_other(heavy)];
	s8 weight = winvm_side_weight(heavy);

	winvm_vad_rotate(tree, child, heavy);
	winvm_vad_rotate(tree, top, winvm_other(heavy));
	top->balance = pivot->balance == weight ? -weight : 0;
	child->balance = pivot->balance == -weight ? weight : 0;
	pivot->balance = 0;
}

/*
 * Level @top, which leans two to @heavy, by one (double) rotation (SPEC DS-8).
 * Return: true if the subtree is one lower now.
 */
static bool winvm_vad_level(struct winvm_vad_tree *tree, struct winvm_vad *top,
			    enum winvm_side heavy)
{
	struct winvm_vad *child = top->child[heavy];
	s8 weight = winvm_side_weight(heavy);

	if (child->balance == -weight) {
		winvm_vad_rotate_twice(tree, top, heavy);
		return true;
	}
	winvm_vad_rotate(tree, top, winvm_other(heavy));
	top->balance = weight - child->balance;
	child->balance -= weight;
	return !child->balance;
}

/* @vad's subtree has become one higher. */
static void winvm_vad_grown(struct winvm_vad_tree *tree, struct winvm_vad *vad)
{
	struct winvm_vad *parent;

	for (; (parent = vad->parent); vad = parent) {
		enum winvm_side side = winvm_vad_side(parent, vad);
		s8 weight = winvm_side_weight(side);

		if (parent->balance == weight) {
			winvm_vad_level(tree, parent, side);
			return;
		}
		parent->balance += weight;
		if (!parent->balance)
			return;
	}
}

/* @parent's subtree on @side has become one lower. */
static void winvm_vad_shrunk(struct winvm_vad_tree *tree, struct winvm_vad *parent,
			     enum winvm_side side)
{
	while (parent) {
		struct winvm_vad *above = parent->parent;
		enum winvm_side above_side = above ? winvm_vad_side(above, parent) : WINVM_LEFT;
		s8 weight = winvm_side_weight(side);

		if (parent->balance == -weight) {
			if (!winvm_vad_level(tree, parent, winvm_other(side)))
				return;
		} else {
			parent->balance -= weight;
			if (parent->balance)
				return;
		}
		parent = above;
		side = above_side;
	}
}

/* SPEC DS-9: the last node visited is the insertion point. */
bool winvm_vad_insert(struct winvm_vad_tree *tree, struct winvm_vad *vad)
{
	struct winvm_vad *parent = NULL;
	struct winvm_vad *at = tree->root;
	enum winvm_side side = WINVM_LEFT;

	while (at) {
		if (vad->end_vpn < at->start_vpn)
			side = WINVM_LEFT;
		else if (vad->start_vpn > at->end_vpn)
			side = WINVM_RIGHT;
		else
			return false;
		parent = at;
		at = at->child[side];
	}
	vad->child[WINVM_LEFT] = NULL;
	vad->child[WINVM_RIGHT] = NULL;
	vad->parent = NULL;
	vad->balance = 0;
	vad->max_gap = 0;	/* what the path above knows of it */
	if (parent)
		winvm_vad_link(parent, side, vad);
	else
		tree->root = vad;
	tree->count++;
	winvm_vad_regap(vad);
	winvm_vad_regap(winvm_vad_next(vad));
	winvm_vad_grown(tree, vad);
	return true;
}

/* A place in the tree below which something was taken away. */
struct winvm_vad_wound {
	struct winvm_vad *parent;
	enum winvm_side side;
};

/* The next VAD, which has no left child, takes the place of @vad, which has two. */
static struct winvm_vad_wound winvm_vad_succeed(struct winvm_vad_tree *tree, struct winvm_vad *vad)
{
	struct winvm_vad *heir = winvm_vad_next(vad);
	struct winvm_vad_wound wound = { heir, WINVM_RIGHT };

	if (heir->parent != vad) {
		wound = (struct winvm_vad_wound){ heir->parent, WINVM_LEFT };
		winvm_vad_link(heir->parent, WINVM_LEFT, heir->child[WINVM_RIGHT]);
		winvm_vad_link(heir, WINVM_RIGHT, vad->child[WINVM_RIGHT]);
	}
	winvm_vad_link(heir, WINVM_LEFT, vad->child[WINVM_LEFT]);
	winvm_vad_replace(tree, vad, heir);
	heir->balance = vad->balance;
	heir->max_gap = vad->max_gap;	/* what the path above knows of it; its gap grows next */
	return wound;
}

static struct winvm_vad_wound winvm_vad_unlink(struct winvm_vad_tree *tree, struct winvm_vad *vad)
{
	struct winvm_vad *left = vad->child[WINVM_LEFT];
	struct winvm_vad *right = vad->child[WINVM_RIGHT];
	struct winvm_vad_wound wound = { vad->parent, WINVM_LEFT };

	if (left && right)
		return winvm_vad_succeed(tree, vad);
	if (vad->parent)
		wound.side = winvm_vad_side(vad->parent, vad);
	winvm_vad_replace(tree, vad, left ? left : right);
	return wound;
}

void winvm_vad_remove(struct winvm_vad_tree *tree, struct winvm_vad *vad)
{
	struct winvm_vad *next = winvm_vad_next(vad);
	struct winvm_vad_wound wound = winvm_vad_unlink(tree, vad);

	tree->count--;
	winvm_vad_refresh_path(wound.parent);
	winvm_vad_regap(next);
	winvm_vad_shrunk(tree, wound.parent, wound.side);
}

void winvm_vad_trim(struct winvm_vad_tree *tree, struct winvm_vad *vad,
		    u64 start_vpn, u64 end_vpn)
{
	vad->start_vpn = start_vpn;
	vad->end_vpn = end_vpn;
	winvm_vad_regap(vad);
	winvm_vad_regap(winvm_vad_next(vad));
}
