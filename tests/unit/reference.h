/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A plainly right address space to compare with: for each page of a small
 * window whose allocation it belongs to and the PAGE_* value a query shows.
 * SPEC's sentences, one loop each, no cleverness.
 */
#ifndef REFERENCE_H
#define REFERENCE_H

#include "seam_user.h"

#define REFERENCE_PAGES (3 * 4096ULL)

enum reference_kind {
	REFERENCE_PLAIN,
	REFERENCE_PLACEHOLDER,
	REFERENCE_REPLACED,	/* a placeholder (SPEC PH-7) */
};

/**
 * struct reference - a window of pages
 * @vpn: its first page, a multiple of 64 KB
 * @owner: start page of the page's allocation, 0 when free
 * @allocation_protect: of that allocation
 * @protect: what is shown; 0 when not committed
 * @kind: what the page's allocation is
 * @locked: by VirtualLock; ends with the commitment (SPEC VL-13)
 */
struct reference {
	u64 vpn;
	u64 owner[REFERENCE_PAGES];
	u32 allocation_protect[REFERENCE_PAGES];
	u32 protect[REFERENCE_PAGES];
	u8 kind[REFERENCE_PAGES];
	bool locked[REFERENCE_PAGES];
};

u32 reference_allocate(struct reference *ref, u64 *base, u64 *bytes, u32 type, u32 protect,
		       bool extended, u64 limit);
u32 reference_free(struct reference *ref, u64 *base, u64 *bytes, u32 type);
u32 reference_protect(struct reference *ref, u64 *base, u64 *bytes, u32 protect, u32 *old);
u32 reference_touch(struct reference *ref, u64 address, char access);

/* Committed pages of the window. */
u64 reference_committed(const struct reference *ref);

/* Allocations of the window. */
u64 reference_allocations(const struct reference *ref);

#endif
