/* SPDX-License-Identifier: GPL-2.0 */
/*
 * VADs: virtual address descriptors, one for each allocation, in an AVL tree
 * ordered by virtual page number (SPEC DS-4, DS-8, DS-9). Every node knows the
 * free gap in front of it and the largest gap of its subtree, so that a hole
 * of a given size is found without visiting the VADs (SPEC DS-10, DS-11).
 *
 * The tree has no lock of its own: its process has (winvm.h).
 */
#ifndef WINVM_PURE_VAD_H
#define WINVM_PURE_VAD_H

#include "nt.h"
#include "seam.h"

struct winvm_view;

/* What stands behind an allocation. Images come later. */
enum winvm_vad_kind {
	WINVM_VAD_PRIVATE,
	WINVM_VAD_AWE,		/* MEM_PHYSICAL window (SPEC AW-1) */
	WINVM_VAD_VIEW,		/* of a section (SPEC SE-21) */
};

#define WINVM_VAD_WATCH		0x1U	/* MEM_WRITE_WATCH (SPEC WW-1) */
#define WINVM_VAD_PLACEHOLDER	0x2U	/* nothing has replaced it (SPEC PH-1) */
#define WINVM_VAD_REPLACED	0x4U	/* has taken a placeholder's place (SPEC PH-7) */
#define WINVM_VAD_NO_CHANGE	0x8U	/* its pages keep their protection (SEC_NO_CHANGE) */

/**
 * struct winvm_vad - one allocation
 * @parent: NULL at the root
 * @child: by enum winvm_side
 * @start_vpn: first page
 * @end_vpn: last page, inclusive (SPEC DS-4)
 * @gap: free pages in front that an allocation can use: from the end of the
 *	VAD before, rounded up to 64 KB, to @start_vpn; 0 if none
 * @max_gap: largest @gap of this subtree
 * @committed: committed pages of this VAD, kept by the calls; of a view none are its own
 * @view: what a WINVM_VAD_VIEW shows
 * @protect: AllocationProtect, a PAGE_* value with modifiers (SPEC VQ-12)
 * @node: NUMA node asked for plus one, 0 if none was (SPEC NU-1)
 * @kind: enum winvm_vad_kind
 * @balance: height of right minus height of left: -1, 0, 1
 * @flags: WINVM_VAD_*
 * @held: a call that runs beside others works on it (parallel.c)
 */
struct winvm_vad {
	struct winvm_vad *parent;
	struct winvm_vad *child[2];
	u64 start_vpn;
	u64 end_vpn;
	u64 gap;
	u64 max_gap;
	union {
		u64 committed;
		struct winvm_view *view;
	};
	u16 protect;
	u16 node;
	u8 kind;
	s8 balance;
	u8 flags;
	u8 held;
};

enum winvm_side {
	WINVM_LEFT,
	WINVM_RIGHT,
};

static inline enum winvm_side winvm_other(enum winvm_side side)
{
	return side == WINVM_RIGHT ? WINVM_LEFT : WINVM_RIGHT;
}

struct winvm_vad_tree {
	struct winvm_vad *root;
	u64 count;
};

static inline u64 winvm_vad_pages(const struct winvm_vad *vad)
{
	return vad->end_vpn - vad->start_vpn + 1;
}

/** winvm_vad_find() - the VAD that holds @vpn, or NULL */
struct winvm_vad *winvm_vad_find(const struct winvm_vad_tree *tree, u64 vpn);

/** winvm_vad_at_or_after() - the first VAD with end_vpn >= @vpn, or NULL */
struct winvm_vad *winvm_vad_at_or_after(const struct winvm_vad_tree *tree, u64 vpn);

struct winvm_vad *winvm_vad_first(const struct winvm_vad_tree *tree);
struct winvm_vad *winvm_vad_last(const struct winvm_vad_tree *tree);
struct winvm_vad *winvm_vad_next(const struct winvm_vad *vad);
struct winvm_vad *winvm_vad_prev(const struct winvm_vad *vad);

/**
 * winvm_vad_insert() - add a VAD whose start_vpn and end_vpn are set
 * Return: false if it would overlap one (nothing changed).
 */
bool winvm_vad_insert(struct winvm_vad_tree *tree, struct winvm_vad *vad);

void winvm_vad_remove(struct winvm_vad_tree *tree, struct winvm_vad *vad);

/**
 * winvm_vad_trim() - give up pages at the head or the tail, or take in free ones there
 * The new range is not empty and holds pages of the old one.
 */
void winvm_vad_trim(struct winvm_vad_tree *tree, struct winvm_vad *vad,
		    u64 start_vpn, u64 end_vpn);

/**
 * winvm_vad_gap_start() - first page behind @prev that an allocation can begin
 * at (SPEC AS-4); behind nothing, when @prev is NULL (SPEC AS-2)
 */
u64 winvm_vad_gap_start(const struct winvm_vad *prev);

/**
 * struct winvm_gap - which hole is wanted
 * @lowest_vpn: first page the hole may use
 * @highest_vpn: last page the hole may use, inclusive
 * @pages: its size, at least 1
 * @align_pages: power of two, at least WINVM_GRANULARITY_PAGES
 */
struct winvm_gap {
	u64 lowest_vpn;
	u64 highest_vpn;
	u64 pages;
	u64 align_pages;
};

#define WINVM_NO_GAP (~0ULL)

/**
 * winvm_vad_gap_lowest() - lowest start of a hole, WINVM_NO_GAP if there is none (SPEC AS-5)
 *
 * O(log n) for 64 KB alignment; a larger alignment visits, besides, the gaps
 * that are large enough and turn out to be badly aligned. May sleep.
 */
u64 winvm_vad_gap_lowest(const struct winvm_vad_tree *tree, const struct winvm_gap *want);

/** winvm_vad_gap_highest() - highest start of a hole (SPEC AS-5, VA-30), as above */
u64 winvm_vad_gap_highest(const struct winvm_vad_tree *tree, const struct winvm_gap *want);

/**
 * winvm_vad_check() - is the tree what it should be? For tests.
 * Order, no overlap, parents, balance, gap, max_gap, count.
 */
bool winvm_vad_check(const struct winvm_vad_tree *tree);

#endif
