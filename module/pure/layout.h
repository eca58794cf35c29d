/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Layouts of an address space: which addresses an allocation can have
 * (SPEC AS-1, AS-2). The 64 KB below and above are never given.
 */
#ifndef WINVM_PURE_LAYOUT_H
#define WINVM_PURE_LAYOUT_H

#include "nt.h"
#include "seam.h"

enum winvm_layout_kind {
	WINVM_LAYOUT_KIND_64BIT,	/* 128 TB */
	WINVM_LAYOUT_KIND_2GB,		/* as of programs linked without /LARGEADDRESSAWARE */
};

/**
 * struct winvm_bounds - what a layout lets calls use
 * @lowest_address: first byte an allocation can have
 * @highest_address: last byte an allocation can have
 * @zone_lowest_vpn: where allocations go when nothing else is asked for ...
 * @zone_highest_vpn: ... and the last page of that, where searches from above begin
 * @zone_spread_pages: searches from below begin this far in at most, by chance (SPEC AS-5)
 * @lock_overhead_pages: of the minimum working set, what cannot be locked
 *	(SPEC VL-11, DG-17)
 */
struct winvm_bounds {
	u64 lowest_address;
	u64 highest_address;
	u64 zone_lowest_vpn;
	u64 zone_highest_vpn;
	u64 zone_spread_pages;
	u64 lock_overhead_pages;
};

/** winvm_layout_bounds() - of an enum winvm_layout_kind, NULL if there is no such */
const struct winvm_bounds *winvm_layout_bounds(u32 layout);

static inline u64 winvm_bounds_end(const struct winvm_bounds *bounds)
{
	return bounds->highest_address + 1;
}

static inline u64 winvm_bounds_lowest_vpn(const struct winvm_bounds *bounds)
{
	return bounds->lowest_address >> WINVM_PAGE_SHIFT;
}

static inline u64 winvm_bounds_highest_vpn(const struct winvm_bounds *bounds)
{
	return bounds->highest_address >> WINVM_PAGE_SHIFT;
}

#endif
