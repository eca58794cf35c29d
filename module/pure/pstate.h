/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Page states: two bytes a page, keyed by virtual page number, for the whole
 * user address space. A radix tree whose slots hold nothing (state 0), one
 * state for all pages below (a uniform slot), or a lower node:
 *
 *   root  64 slots of 2 TB
 *   table 512 slots of 4 GB
 *   table 512 slots of 8 MB
 *   leaf  2048 states
 *
 * so that a uniform commit of any size touches a few slots, and any pattern
 * costs two bytes a page.
 *
 * Who may do what:
 *   readers (faults, queries)  winvm_pstate_get, _alike, _run, _look, _same,
 *                              _next, _summarize: no lock, RCU inside.
 *   faults                     winvm_pstate_cmpxchg: one page, any number at a time.
 *   calls                      everything else: one at a time; or several, each
 *                              within an edit of its own, if no two edits overlap.
 *                              Where all pages are committed, and stay so, it
 *                              takes no edit: no node of theirs is needless.
 * Slots change under tree->lock (a leaf lock, held for a few stores, or for a
 * look whether a node is all zero); states of a leaf change by cmpxchg, because
 * faults change them at the same time. Nodes that are taken out go by RCU.
 */
#ifndef WINVM_PURE_PSTATE_H
#define WINVM_PURE_PSTATE_H

#include "protect.h"

#define WINVM_PSTATE_VPN_BITS	35	/* 47-bit addresses */
#define WINVM_PSTATE_ROOT_SLOTS	64
#define WINVM_PSTATE_LEAF_PAGES	2048U
#define WINVM_PSTATE_KEPT	2	/* leaves of zeros that may stay; see winvm_pstate_keep() */

struct winvm_pstates {
	spinlock_t lock;	/* slots and @nodes change under it */
	void *root[WINVM_PSTATE_ROOT_SLOTS];
	u64 nodes;		/* tables and leaves allocated; read with READ_ONCE */
	struct winvm_pstate_edit *edits;	/* under it, too */
	u64 kept[WINVM_PSTATE_KEPT];	/* first pages of leaves, under it; leaf 0 at first */
	unsigned int oldest;		/* of @kept, under it */
};

/**
 * struct winvm_pstate_edit - a range that a call is changing
 * @next: another call's
 * @at: what points here
 * @vpn: first page
 * @last: last page, inclusive
 *
 * While it lasts, no node goes that has one of its pages: what the call has
 * prepared stays so, and what it walks through stays there.
 */
struct winvm_pstate_edit {
	struct winvm_pstate_edit *next;
	struct winvm_pstate_edit **at;
	u64 vpn;
	u64 last;
};

/*
 * Bytes a node takes, for the caller's quota: tables and leaves are 4096 bytes
 * alike, which kmalloc serves without waste, and the memory cgroup keeps a pointer.
 */
#define WINVM_PSTATE_NODE_BYTES 4104ULL

void winvm_pstates_init(struct winvm_pstates *tree);

/** winvm_pstates_destroy() - free all nodes; no reader may be left */
void winvm_pstates_destroy(struct winvm_pstates *tree);

winvm_pstate_t winvm_pstate_get(struct winvm_pstates *tree, u64 vpn);

/** winvm_pstate_begin() - of an edit that overlaps no other */
void winvm_pstate_begin(struct winvm_pstates *tree, struct winvm_pstate_edit *edit,
			u64 vpn, u64 pages);

/**
 * winvm_pstate_end() - of an edit; winvm_pstate_tidy() is to follow if pages of it are 0
 *
 * Two edits that have a node together each leave it to the other: whoever ends
 * last finds no other edit there.
 */
void winvm_pstate_end(struct winvm_pstates *tree, struct winvm_pstate_edit *edit);

/** winvm_pstate_tidy() - give back the nodes of a range that say nothing but 0. May sleep. */
void winvm_pstate_tidy(struct winvm_pstates *tree, u64 vpn, u64 pages);

/**
 * winvm_pstate_keep() - as winvm_pstate_tidy(), but the last nodes may stay for the next commit
 *
 * At most WINVM_PSTATE_KEPT leaves with the tables above them; those of larger
 * ranges do not stay. May take nodes of zeros anywhere that lie in no edit: so
 * what a call has prepared must be in its edit, or be over.
 */
void winvm_pstate_keep(struct winvm_pstates *tree, u64 vpn, u64 pages);

/** winvm_pstate_keep_none() - give back what winvm_pstate_keep() kept. May sleep. */
void winvm_pstate_keep_none(struct winvm_pstates *tree);

/** winvm_pstate_ready() - would winvm_pstate_prepare() find nothing to do? */
bool winvm_pstate_ready(struct winvm_pstates *tree, u64 vpn, u64 pages);

/**
 * winvm_pstate_prepare() - make the edges of a range exact
 *
 * Afterwards winvm_pstate_update() of this very range cannot fail, nor can one
 * that follows an update of flags alone. No state changes. At most three nodes
 * an edge; an update that keeps all bits gives back those that are not needed.
 *
 * Needless when the update says what the slots cut by the edges say already.
 * So to bring a whole allocation to state 0 never takes memory: a uniform
 * slot with a state lies within the range that one update gave it.
 *
 * Return: false when memory is short. Nothing changed that a reader sees, and
 * no node stays that says nothing but 0, unless within an edit.
 */
bool winvm_pstate_prepare(struct winvm_pstates *tree, u64 vpn, u64 pages);

/**
 * winvm_pstate_update() - state = (state & keep) | set, for every page of a prepared range;
 * of COPIED pages as winvm_pstate_renewed() says
 * @keep: bits that stay as they are, also while faults change them
 * @set: bits that are set
 *
 * Gives nodes back: of whole slots when @keep is 0, and leaves and tables that
 * say nothing but 0 when @set is 0 and @keep has no base bit, or all bits. So
 * an update of flags alone leaves the range prepared. Within an edit these last
 * stay until it has ended. May sleep.
 */
void winvm_pstate_update(struct winvm_pstates *tree, u64 vpn, u64 pages,
			 winvm_pstate_t keep, winvm_pstate_t set);

/** winvm_pstate_change() - the same, and no node of zeros is looked for */
void winvm_pstate_change(struct winvm_pstates *tree, u64 vpn, u64 pages,
			 winvm_pstate_t keep, winvm_pstate_t set);

/**
 * winvm_pstate_cmpxchg() - change one page's state if it is still @old
 *
 * @old: not 0. Pages come out of state 0 by calls only, so that these can give
 *	nodes of zeros back while faults go on.
 *
 * Splits a uniform slot if it must. A winvm_pstate_update() with @keep 0 that
 * replaces the page's slot at the same time counts as later.
 *
 * Return: 0 done; -EAGAIN the state was another; -ENOMEM no memory for the
 * split; -EINVAL @old is 0.
 */
int winvm_pstate_cmpxchg(struct winvm_pstates *tree, u64 vpn,
			 winvm_pstate_t old, winvm_pstate_t new_state);

/**
 * winvm_pstate_run() - how many pages from @vpn on have the same bits under @mask
 * @pages: look at most this far, at least 1
 *
 * Return: 1 to @pages. Jumps over uniform slots.
 */
u64 winvm_pstate_run(struct winvm_pstates *tree, u64 vpn, u64 pages, winvm_pstate_t mask);

/** winvm_pstate_look() - the same, and the state of the first of them */
u64 winvm_pstate_look(struct winvm_pstates *tree, u64 vpn, u64 pages, winvm_pstate_t mask,
		      winvm_pstate_t *state);

/**
 * winvm_pstate_same() - how many pages from @vpn on have (state & @mask) == @value
 *
 * For bits that faults change: whoever has looked at the first page asks for
 * the pages that are as it was, even if it is not so any more.
 *
 * Return: 0 to @pages. Jumps over uniform slots.
 */
u64 winvm_pstate_same(struct winvm_pstates *tree, u64 vpn, u64 pages,
		      winvm_pstate_t mask, winvm_pstate_t value);

/**
 * winvm_pstate_alike() - how many pages from @vpn on are in exactly this state
 *
 * For faults: no lock, RCU inside, and no rest. Looks no further than the slot
 * of @vpn, or its leaf.
 *
 * Return: 0 to @pages.
 */
u64 winvm_pstate_alike(struct winvm_pstates *tree, u64 vpn, u64 pages, winvm_pstate_t state);

/** struct winvm_pstate_summary - what winvm_pstate_summarize() found */
struct winvm_pstate_summary {
	u64 committed;		/* pages */
	winvm_pstate_t any;	/* OR of all states */
	winvm_pstate_t all;	/* AND of all states */
	bool one_leaf;		/* has all: winvm_pstate_prepare() would find nothing to do */
};

/** winvm_pstate_summarize() - count and combine the states of a range */
struct winvm_pstate_summary winvm_pstate_summarize(struct winvm_pstates *tree, u64 vpn, u64 pages);

#define WINVM_PSTATE_NO_PAGE (~0ULL)

/**
 * winvm_pstate_next() - first page in [@vpn, @vpn + @pages) with (state & @mask) == @value
 *
 * Return: its VPN, or WINVM_PSTATE_NO_PAGE. Jumps over uniform slots.
 */
u64 winvm_pstate_next(struct winvm_pstates *tree, u64 vpn, u64 pages,
		      winvm_pstate_t mask, winvm_pstate_t value);

#endif
