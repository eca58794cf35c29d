// SPDX-License-Identifier: GPL-2.0
/*
 * Based sections: each has an address of its own in the whole system, from
 * above down, at which every process maps it (SPEC SE-37). These addresses lie
 * above those that allocations get and below those that Linux gives, so that
 * they are free in most processes. No user can have more than a part of them.
 */

#include <linux/mutex.h>

#include "section.h"
#include "winvm.h"

#define WINVM_BASED_LOWEST	(0x290000000000ULL >> PAGE_SHIFT)
#define WINVM_BASED_HIGHEST	((0x2a0000000000ULL >> PAGE_SHIFT) - 1)
#define WINVM_BASED_OF_USER	((WINVM_BASED_HIGHEST + 1 - WINVM_BASED_LOWEST) / 4)

static struct winvm_vad_tree winvm_based;
static DEFINE_MUTEX(winvm_based_lock);

static bool winvm_based_insert(struct winvm_section *section, u64 pages)
{
	struct winvm_gap want = {
		.lowest_vpn = WINVM_BASED_LOWEST,
		.highest_vpn = WINVM_BASED_HIGHEST,
		.pages = pages,
		.align_pages = WINVM_GRANULARITY_PAGES,
	};
	u64 vpn = winvm_vad_gap_highest(&winvm_based, &want);

	if (vpn == WINVM_NO_GAP)
		return false;
	section->place.start_vpn = vpn;
	section->place.end_vpn = vpn + pages - 1;
	return winvm_vad_insert(&winvm_based, &section->place);
}

/* winvm_based_place() - choose the address of a new section that has its user and its shape */
u32 winvm_based_place(struct winvm_section *section)
{
	u64 pages = section->shape.bytes >> PAGE_SHIFT;
	bool placed;

	if (!winvm_user_based_take(section->user, pages, WINVM_BASED_OF_USER))
		return STATUS_NO_MEMORY;
	mutex_lock(&winvm_based_lock);
	placed = winvm_based_insert(section, pages);
	mutex_unlock(&winvm_based_lock);
	if (!placed) {
		winvm_user_based_return(section->user, pages);
		return STATUS_NO_MEMORY;
	}
	section->shape.base = section->place.start_vpn << PAGE_SHIFT;
	return STATUS_SUCCESS;
}

void winvm_based_forget(struct winvm_section *section)
{
	if (!section->shape.base)
		return;
	mutex_lock(&winvm_based_lock);
	winvm_vad_remove(&winvm_based, &section->place);
	mutex_unlock(&winvm_based_lock);
	winvm_user_based_return(section->user, section->shape.bytes >> PAGE_SHIFT);
}
