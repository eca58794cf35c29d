// SPDX-License-Identifier: GPL-2.0
/*
 * Free address ranges of an mm, where an arena can grow. Free is what no VMA
 * covers, less what Linux will want: the heap's way up, the stack's way down.
 */

#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>

#include "winvm.h"

#define WINVM_HEAP_ROOM		((64ULL << 30) >> PAGE_SHIFT)
#define WINVM_STACK_ROOM	((8ULL << 30) >> PAGE_SHIFT)
#define WINVM_STACK_GAP		((16ULL << 20) >> PAGE_SHIFT)

static u64 winvm_stack_room(void)
{
	return min_t(u64, rlimit(RLIMIT_STACK) >> PAGE_SHIFT, WINVM_STACK_ROOM) + WINVM_STACK_GAP;
}

/* Keep at least half of the gap, however much room is wanted. */
static void winvm_leave_room(struct mm_struct *mm, const struct vm_area_struct *above,
			     struct winvm_window *gap)
{
	u64 brk = PAGE_ALIGN(mm->brk) >> PAGE_SHIFT;
	u64 pages;

	if (brk >= gap->lowest_vpn && brk <= gap->highest_vpn)
		gap->lowest_vpn = brk + min(WINVM_HEAP_ROOM, (gap->highest_vpn - brk) / 2);
	pages = gap->highest_vpn - gap->lowest_vpn + 1;
	if (above && above->vm_flags & VM_GROWSDOWN)
		gap->highest_vpn -= min(winvm_stack_room(), pages / 2);
}

/* The gap between two VMAs, either of which may be missing; false if there is none. */
static bool winvm_gap_between(const struct vm_area_struct *below,
			      const struct vm_area_struct *above, struct winvm_window *gap)
{
	u64 lowest = below ? below->vm_end >> PAGE_SHIFT : 0;
	u64 end = above ? above->vm_start >> PAGE_SHIFT : WINVM_HIGHEST_VPN + 1;

	gap->lowest_vpn = max_t(u64, lowest, WINVM_LOWEST_VPN);
	gap->highest_vpn = min_t(u64, end, WINVM_HIGHEST_VPN + 1) - 1;
	return gap->lowest_vpn <= gap->highest_vpn;
}

static struct vm_area_struct *winvm_vma_before(struct mm_struct *mm, unsigned long address)
{
	VMA_ITERATOR(vmi, mm, address - 1);

	return mas_find_rev(&vmi.mas, 0);
}

/*
 * winvm_hole_around() - the free range around a needed one
 *
 * Return: 0, -EEXIST if a VMA lies in @need, -EINTR.
 */
int winvm_hole_around(struct mm_struct *mm, struct winvm_window need, struct winvm_window *hole)
{
	unsigned long start = need.lowest_vpn << PAGE_SHIFT;
	struct vm_area_struct *above, *below;
	int err = 0;

	if (mmap_read_lock_killable(mm))
		return -EINTR;
	above = find_vma(mm, start);
	below = winvm_vma_before(mm, start);
	if (!winvm_gap_between(below, above, hole) || hole->highest_vpn < need.highest_vpn) {
		err = -EEXIST;
	} else {
		winvm_leave_room(mm, above, hole);
		if (hole->lowest_vpn > need.lowest_vpn || hole->highest_vpn < need.highest_vpn)
			*hole = need;
	}
	mmap_read_unlock(mm);
	return err;
}

/* Clip a gap to what is wanted; does an aligned run of the size fit? */
static bool winvm_gap_fits(struct winvm_window *gap, const struct winvm_gap *want)
{
	u64 start;

	gap->lowest_vpn = max(gap->lowest_vpn, want->lowest_vpn);
	gap->highest_vpn = min(gap->highest_vpn, want->highest_vpn);
	start = ALIGN(gap->lowest_vpn, want->align_pages);
	return start <= gap->highest_vpn && gap->highest_vpn - start + 1 >= want->pages;
}

static bool winvm_hole_up(struct mm_struct *mm, const struct winvm_gap *want,
			  struct winvm_window *hole)
{
	VMA_ITERATOR(vmi, mm, want->lowest_vpn << PAGE_SHIFT);
	struct vm_area_struct *below = winvm_vma_before(mm, want->lowest_vpn << PAGE_SHIFT);
	struct vm_area_struct *above;

	do {
		above = vma_next(&vmi);
		if (winvm_gap_between(below, above, hole)) {
			winvm_leave_room(mm, above, hole);
			if (winvm_gap_fits(hole, want))
				return true;
		}
		below = above;
	} while (above && above->vm_start >> PAGE_SHIFT <= want->highest_vpn);
	return false;
}

static bool winvm_hole_down(struct mm_struct *mm, const struct winvm_gap *want,
			    struct winvm_window *hole)
{
	VMA_ITERATOR(vmi, mm, want->highest_vpn << PAGE_SHIFT);
	struct vm_area_struct *above = find_vma(mm, want->highest_vpn << PAGE_SHIFT);
	struct vm_area_struct *below;

	do {
		below = mas_find_rev(&vmi.mas, 0);
		if (below && below == above)
			continue;
		if (winvm_gap_between(below, above, hole)) {
			winvm_leave_room(mm, above, hole);
			if (winvm_gap_fits(hole, want))
				return true;
		}
		above = below;
	} while (below && below->vm_end >> PAGE_SHIFT > want->lowest_vpn);
	return false;
}

/*
 * winvm_hole_find() - the lowest or highest free range that takes an aligned run
 *
 * Return: 0 with the whole range clipped to @want, -ENOMEM if there is none, -EINTR.
 */
int winvm_hole_find(struct mm_struct *mm, const struct winvm_gap *want, bool top_down,
		    struct winvm_window *hole)
{
	bool found;

	if (mmap_read_lock_killable(mm))
		return -EINTR;
	found = top_down ? winvm_hole_down(mm, want, hole) : winvm_hole_up(mm, want, hole);
	mmap_read_unlock(mm);
	return found ? 0 : -ENOMEM;
}
