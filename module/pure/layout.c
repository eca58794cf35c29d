// SPDX-License-Identifier: GPL-2.0
/* The two layouts. */
#include "layout.h"

#define WINVM_PAGES(bytes)	((bytes) >> WINVM_PAGE_SHIFT)

/*
 * The zone of the large layout lies above every common sanitizer's shadow and
 * below the lowest legacy mmap base, that of the small one above where
 * programs that are not position-independent lie.
 *
 * What cannot be locked of 50 pages: 8, which a process needs to go on at all;
 * in the small layout also the 10 of NT 5's working-set list, so that 32 can.
 */
static const struct winvm_bounds winvm_layouts[] = {
	[WINVM_LAYOUT_KIND_64BIT] = {
		.lowest_address = WINVM_LOWEST_ADDRESS,
		.highest_address = WINVM_HIGHEST_ADDRESS,
		.zone_lowest_vpn = WINVM_PAGES(0x210000000000ULL),
		.zone_highest_vpn = WINVM_PAGES(0x290000000000ULL) - 1,
		.zone_spread_pages = WINVM_PAGES(0x040000000000ULL),
		.lock_overhead_pages = 8,
	},
	[WINVM_LAYOUT_KIND_2GB] = {
		.lowest_address = WINVM_LOWEST_ADDRESS,
		.highest_address = 0x7ffeffffULL,
		.zone_lowest_vpn = WINVM_PAGES(0x01000000ULL),
		.zone_highest_vpn = WINVM_PAGES(0x7fff0000ULL) - 1,
		.zone_spread_pages = WINVM_PAGES(0x04000000ULL),
		.lock_overhead_pages = 18,
	},
};

const struct winvm_bounds *winvm_layout_bounds(u32 layout)
{
	return layout < ARRAY_SIZE(winvm_layouts) ? &winvm_layouts[layout] : NULL;
}
