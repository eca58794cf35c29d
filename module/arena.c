// SPDX-License-Identifier: GPL-2.0
/*
 * The arena: a few large VMAs of one shmem file, in which all of a process's
 * VADs lie. Reserving and releasing are tree operations inside it; only when
 * it must grow, or when pages become executable, is mmap_lock taken.
 *
 * The page offset in the file is the address's page number plus one. So a VMA
 * that was split, moved or duplicated is recognised by any hook, and address
 * and offset never share a 2 MB alignment, which keeps MADV_COLLAPSE from
 * putting huge pages where page states would not be asked.
 *
 * Windows are 64 GB: large enough that few are needed, small enough that
 * mlockall() of a privileged process survives one.
 */

#include <linux/mman.h>
#include <linux/random.h>
#include <linux/sched/mm.h>

#include "section.h"
#include "winvm.h"

#define WINVM_PAGES(bytes)	((bytes) >> PAGE_SHIFT)

#define WINVM_WINDOW_LARGE	WINVM_PAGES(64ULL << 30)
#define WINVM_WINDOW_SMALL	WINVM_PAGES(16ULL << 20)
#define WINVM_LOW_END		WINVM_PAGES(4ULL << 30)
#define WINVM_HOLE_LARGE	WINVM_PAGES(1ULL << 40)

/*
 * winvm_arena_zone() - where allocations go when nothing else is asked for
 *
 * The start is random (SPEC AS-5); searches from above begin at the zone's end.
 */
void winvm_arena_zone(struct winvm_arena *arena, const struct winvm_bounds *bounds)
{
	u64 units = bounds->zone_spread_pages / WINVM_GRANULARITY_PAGES;

	arena->zone_vpn = bounds->zone_lowest_vpn;
	if (!(current->personality & ADDR_NO_RANDOMIZE))
		arena->zone_vpn += (get_random_u64() % units) * WINVM_GRANULARITY_PAGES;
	arena->floor_vpn = bounds->zone_highest_vpn + 1;
}

void winvm_arena_init(struct winvm_arena *arena, const struct winvm_bounds *bounds)
{
	winvm_arena_zone(arena, bounds);
	arena->hull_lowest = U64_MAX;
}

/* Ours, the arena's or a view's, and at the address that its page offset says? */
bool winvm_arena_owns(const struct winvm_process *process, const struct vm_area_struct *vma)
{
	u64 vpn = vma->vm_start >> PAGE_SHIFT;
	struct winvm_view *view;

	if (!vma->vm_file)
		return false;
	if (vma->vm_file == process->arena.file)
		return vma->vm_pgoff == winvm_arena_pgoff(vpn);
	view = winvm_view_of(vma->vm_file);
	return view && view->process == process && vma->vm_pgoff == winvm_view_pgoff(view, vpn);
}

/* Never smaller: what was lost to others may come back. */
void winvm_arena_hull(struct winvm_arena *arena)
{
	const struct winvm_windows *windows = &arena->windows;

	if (!windows->count)
		return;
	WRITE_ONCE(arena->hull_lowest, min(arena->hull_lowest, windows->at[0].lowest_vpn));
	WRITE_ONCE(arena->hull_highest,
		   max(arena->hull_highest, windows->at[windows->count - 1].highest_vpn));
}

/* Does one VMA hold all of it? -EINTR: killed */
static int winvm_in_one_vma(struct mm_struct *mm, const struct winvm_patch *patch)
{
	struct vm_area_struct *vma;
	int one;

	if (mmap_read_lock_killable(mm))
		return -EINTR;
	vma = find_vma(mm, patch->start);
	one = vma && vma->vm_start <= patch->start && vma->vm_end - patch->start >= patch->bytes;
	mmap_read_unlock(mm);
	return one;
}

/*
 * Replace what is there. Where the kernel must not merge what replaces several VMAs at
 * once, that stays apart first; then it is one VMA, and can be replaced by what merges.
 */
static int winvm_map_over(struct winvm_process *process, const struct winvm_patch *patch)
{
	int err = 1;

	if (winvm_compat_merges_astray())
		err = winvm_in_one_vma(winvm_mm(process), patch);
	if (!err) {
		WRITE_ONCE(process->arena.apart, true);
		err = winvm_map(process, patch);
		WRITE_ONCE(process->arena.apart, false);
	}
	return err < 0 ? err : winvm_map(process, patch);
}

static int winvm_arena_map_part(struct winvm_process *process, const struct winvm_view *view,
				struct winvm_window part, bool exec, unsigned long fixed)
{
	bool write = !view || view->file->f_mode & FMODE_WRITE;
	struct winvm_patch patch = {
		.file = view ? view->file : process->arena.file,
		.pgoff = view ? winvm_view_pgoff(view, part.lowest_vpn) :
				winvm_arena_pgoff(part.lowest_vpn),
		.start = part.lowest_vpn << PAGE_SHIFT,
		.bytes = (part.highest_vpn - part.lowest_vpn + 1) << PAGE_SHIFT,
		.prot = PROT_READ | (write ? PROT_WRITE : 0) | (exec ? PROT_EXEC : 0),
		.fixed = fixed,
	};

	return fixed == MAP_FIXED ? winvm_map_over(process, &patch) : winvm_map(process, &patch);
}

/*
 * winvm_arena_map() - map at their place what the VADs say: views, and the arena elsewhere
 * @exec: with VM_EXEC
 * @fixed: MAP_FIXED_NOREPLACE, or MAP_FIXED over what is ours. The latter
 *	unmaps first and may fail after that: then the arena is torn.
 */
int winvm_arena_map(struct winvm_process *process, struct winvm_window window, bool exec,
		    unsigned long fixed)
{
	int err = 0;

	while (window.lowest_vpn <= window.highest_vpn && !err) {
		struct winvm_window part = window;
		struct winvm_view *view = winvm_view_part(process, &part);

		err = winvm_arena_map_part(process, view, part, exec, fixed);
		window.lowest_vpn = part.highest_vpn + 1;
	}
	if (err && fixed == MAP_FIXED)
		set_bit(0, &process->arena.torn);
	return err;
}

static int winvm_arena_add(struct winvm_process *process, struct winvm_window window)
{
	struct winvm_arena *arena = &process->arena;
	int err = winvm_windows_reserve(&arena->windows);

	if (err)
		return err;
	err = winvm_arena_map(process, window, false, MAP_FIXED_NOREPLACE);
	if (err)
		return err;
	winvm_windows_add(&arena->windows, window);
	winvm_arena_hull(arena);
	return 0;
}

static struct winvm_window winvm_window_in(const struct winvm_window *hole,
					   const struct winvm_window *need, u64 unit)
{
	return (struct winvm_window){
		max(hole->lowest_vpn, ALIGN_DOWN(need->lowest_vpn, unit)),
		min(hole->highest_vpn, ALIGN(need->highest_vpn + 1, unit) - 1),
	};
}

/*
 * Add a window that holds @need and lies in @hole: large, or as large as
 * RLIMIT_AS (ENOMEM) and mlockall(MCL_FUTURE) under RLIMIT_MEMLOCK (EAGAIN) let it be.
 */
static int winvm_arena_grow(struct winvm_process *process, const struct winvm_window *hole,
			    const struct winvm_window *need)
{
	u64 hole_pages = hole->highest_vpn - hole->lowest_vpn + 1;
	bool low = need->lowest_vpn < WINVM_LOW_END;	/* scarce: MAP_32BIT, non-PIE programs */
	u64 unit = low || hole_pages < WINVM_HOLE_LARGE ? WINVM_WINDOW_SMALL :
							  WINVM_WINDOW_LARGE;
	int err;

	do {
		err = winvm_arena_add(process, winvm_window_in(hole, need, unit));
		unit /= 4;
	} while ((err == -ENOMEM || err == -EAGAIN) && unit >= WINVM_GRANULARITY_PAGES);
	return err;
}

static u32 winvm_arena_status(int err)
{
	switch (err) {
	case 0:
		return STATUS_SUCCESS;
	case -EEXIST:
		return STATUS_CONFLICTING_ADDRESSES;
	case -ENOSPC:
		return STATUS_QUOTA_EXCEEDED;
	case -ESRCH:
		return STATUS_PROCESS_IS_TERMINATING;
	default:
		return STATUS_NO_MEMORY;
	}
}

/*
 * VMAs of ours that no window names: a worker made them after its caller was
 * killed, or mending stopped half-way. The next verify looks at them closely.
 *
 * Return: 1 if a part of @missing was found, 0, or a negative errno.
 */
static int winvm_arena_adopt(struct winvm_process *process, struct winvm_window missing)
{
	VMA_ITERATOR(vmi, winvm_mm(process), missing.lowest_vpn << PAGE_SHIFT);
	unsigned long end = (missing.highest_vpn + 1) << PAGE_SHIFT;
	struct winvm_arena *arena = &process->arena;
	struct vm_area_struct *vma;
	int err = winvm_windows_reserve(&arena->windows);

	if (err)
		return err;
	if (mmap_read_lock_killable(winvm_mm(process)))
		return -EINTR;
	for_each_vma_range(vmi, vma, end) {
		if (!winvm_arena_owns(process, vma))
			continue;
		winvm_windows_add(&arena->windows, (struct winvm_window){
			max_t(u64, missing.lowest_vpn, vma->vm_start >> PAGE_SHIFT),
			min_t(u64, missing.highest_vpn, (vma->vm_end >> PAGE_SHIFT) - 1) });
		set_bit(0, &arena->torn);
		err = 1;
		break;
	}
	mmap_read_unlock(winvm_mm(process));
	return err;
}

/* Map the first part of @missing that can be; the caller looks what is left. */
static int winvm_arena_fill(struct winvm_process *process, struct winvm_window missing)
{
	struct winvm_window hole;
	int err = winvm_arena_adopt(process, missing);

	if (err)
		return min(err, 0);
	err = winvm_hole_around(winvm_mm(process), missing, &hole);
	if (err)
		return err;
	hole.highest_vpn = min(hole.highest_vpn, winvm_bounds_highest_vpn(process->bounds));
	return winvm_arena_grow(process, &hole, &missing);
}

/*
 * winvm_arena_cover() - make sure that windows hold a span (SPEC VA-20, VA-23)
 *
 * Return: STATUS_CONFLICTING_ADDRESSES if Linux has something there.
 */
u32 winvm_arena_cover(struct winvm_process *process, struct winvm_span span)
{
	struct winvm_arena *arena = &process->arena;
	struct winvm_window missing;
	int err;

	if (!arena->file && winvm_backing_create(process))
		return STATUS_NO_MEMORY;
	while (winvm_windows_missing(&arena->windows, span, &missing)) {
		err = winvm_arena_fill(process, missing);
		if (err)
			return winvm_arena_status(err);
	}
	return STATUS_SUCCESS;
}

bool winvm_arena_covers(const struct winvm_process *process, struct winvm_span span)
{
	return winvm_windows_cover(&process->arena.windows, span);
}

/* Where in a hole the wanted run goes. */
static u64 winvm_run_in_hole(const struct winvm_window *hole, const struct winvm_gap *want,
			     bool top_down)
{
	if (top_down)
		return ALIGN_DOWN(hole->highest_vpn + 1 - want->pages, want->align_pages);
	return ALIGN(hole->lowest_vpn, want->align_pages);
}

#define WINVM_PLACE_TRIES 8	/* mappings of other threads may be quicker than ours */

/* Choose a place in a range: in a window if one has it, else in a new one. */
static u32 winvm_place_in(struct winvm_process *process, const struct winvm_gap *want,
			  bool top_down, u64 *vpn)
{
	struct winvm_arena *arena = &process->arena;
	unsigned int tries;

	for (tries = 0; tries < WINVM_PLACE_TRIES; tries++) {
		struct winvm_window hole, need;
		u64 run;
		int err;

		*vpn = winvm_windows_gap(&arena->windows, &process->vads, want, top_down);
		if (*vpn != WINVM_NO_GAP && (!top_down || *vpn >= arena->floor_vpn))
			return STATUS_SUCCESS;
		err = winvm_hole_find(winvm_mm(process), want, top_down, &hole);
		run = err ? 0 : winvm_run_in_hole(&hole, want, top_down);
		if (*vpn != WINVM_NO_GAP && (err || *vpn > run))
			return STATUS_SUCCESS;
		if (err)
			return winvm_arena_status(err);
		need = (struct winvm_window){ run, run + want->pages - 1 };
		/* Not just what @want has of the hole: a later one may need what is beside it. */
		err = winvm_arena_fill(process, need);
		if (err && err != -EEXIST)
			return winvm_arena_status(err);
		if (!err && top_down && need.lowest_vpn <= process->bounds->zone_highest_vpn)
			arena->floor_vpn = min(arena->floor_vpn, need.lowest_vpn);
	}
	return STATUS_NO_MEMORY;
}

/* Where in the zone an allocation can go; false if nowhere. */
static bool winvm_zone_gap(const struct winvm_process *process,
			   const struct winvm_alloc_plan *plan, struct winvm_gap *want)
{
	const struct winvm_bounds *bounds = process->bounds;
	u64 lowest = plan->top_down ? bounds->zone_lowest_vpn : process->arena.zone_vpn;

	*want = (struct winvm_gap){
		.lowest_vpn = max(plan->lowest_vpn, lowest),
		.highest_vpn = min(plan->highest_vpn, bounds->zone_highest_vpn),
		.pages = plan->span.pages,
		.align_pages = plan->align_pages,
	};
	return want->lowest_vpn <= want->highest_vpn;
}

/* winvm_arena_room() - is there a place where winvm_arena_place() has nothing to map? */
bool winvm_arena_room(struct winvm_process *process, const struct winvm_alloc_plan *plan, u64 *vpn)
{
	struct winvm_arena *arena = &process->arena;
	struct winvm_gap want;

	if (!winvm_zone_gap(process, plan, &want))
		return false;
	*vpn = winvm_windows_gap(&arena->windows, &process->vads, &want, plan->top_down);
	return *vpn != WINVM_NO_GAP && (!plan->top_down || *vpn >= arena->floor_vpn);
}

/*
 * winvm_arena_place() - choose where an allocation goes (SPEC VA-21, VA-24, VA-28, VA-30)
 *
 * First in the zone, then anywhere that the plan allows.
 */
u32 winvm_arena_place(struct winvm_process *process, const struct winvm_alloc_plan *plan,
		      u64 *vpn)
{
	u32 status = STATUS_NO_MEMORY;
	struct winvm_gap want;

	if (!process->arena.file && winvm_backing_create(process))
		return STATUS_NO_MEMORY;
	if (winvm_zone_gap(process, plan, &want))
		status = winvm_place_in(process, &want, plan->top_down, vpn);
	if (status != STATUS_NO_MEMORY)
		return status;
	want.lowest_vpn = plan->lowest_vpn;
	want.highest_vpn = plan->highest_vpn;
	if (want.lowest_vpn > want.highest_vpn)
		return STATUS_NO_MEMORY;
	return winvm_place_in(process, &want, plan->top_down, vpn);
}

/* The pages of a span whose VMA is not (not) executable as wanted, as one range. */
static bool winvm_exec_mismatch(struct winvm_process *process, struct winvm_span span, bool exec,
				struct winvm_window *range)
{
	winvm_pstate_t other = exec ? 0 : WINVM_PSTATE_EXECMAP;
	u64 end = span.vpn + span.pages;
	u64 vpn;

	range->lowest_vpn = winvm_pstate_next(&process->states, span.vpn, span.pages,
					      WINVM_PSTATE_EXECMAP, other);
	if (range->lowest_vpn == WINVM_PSTATE_NO_PAGE)
		return false;
	for (vpn = range->lowest_vpn; vpn != WINVM_PSTATE_NO_PAGE && vpn < end;
	     vpn = winvm_pstate_next(&process->states, vpn, end - vpn,
				     WINVM_PSTATE_EXECMAP, other)) {
		vpn += winvm_pstate_run(&process->states, vpn, end - vpn, WINVM_PSTATE_EXECMAP);
		range->highest_vpn = vpn - 1;
		if (vpn == end)
			break;
	}
	return true;
}

/* winvm_arena_exec_differs() - would winvm_arena_exec() have to map? */
bool winvm_arena_exec_differs(struct winvm_process *process, struct winvm_span span, bool exec)
{
	struct winvm_window range;

	return winvm_exec_mismatch(process, span, exec, &range);
}

/*
 * winvm_arena_exec() - put a prepared span into VMAs with or without VM_EXEC
 *
 * The hardware forbids execution by page, but Linux takes it from the VMA: so
 * executable runs are VMAs of their own at the same page offset, which merge
 * back. One mapping call: it is done whole or not at all. Contents stay.
 *
 * Return: STATUS_INSUFFICIENT_RESOURCES at the limit of VMAs,
 * STATUS_DYNAMIC_CODE_BLOCKED if the system's policy forbids it (SPEC PR-11).
 */
u32 winvm_arena_exec(struct winvm_process *process, struct winvm_span span, bool exec)
{
	struct winvm_window range;
	int err;

	if (!winvm_exec_mismatch(process, span, exec, &range))
		return STATUS_SUCCESS;
	if (!winvm_arena_covers(process, span))
		return STATUS_CONFLICTING_ADDRESSES;
	err = winvm_arena_map(process, range, exec, MAP_FIXED);
	if (err == -EACCES || err == -EPERM)
		return STATUS_DYNAMIC_CODE_BLOCKED;
	if (err)
		return STATUS_INSUFFICIENT_RESOURCES;
	winvm_pstate_update(&process->states, span.vpn, span.pages,
			    WINVM_PSTATE_ALL ^ WINVM_PSTATE_EXECMAP,
			    exec ? WINVM_PSTATE_EXECMAP : 0);
	return STATUS_SUCCESS;
}

/* Called for every unmap in the mm, under locks we know nothing of: only mark. */
void winvm_arena_unmapped(struct winvm_process *process, unsigned long start, unsigned long end)
{
	struct winvm_arena *arena = &process->arena;

	if (READ_ONCE(arena->mapper) == current)
		return;
	if (start >> PAGE_SHIFT <= READ_ONCE(arena->hull_highest) &&
	    (end - 1) >> PAGE_SHIFT >= READ_ONCE(arena->hull_lowest))
		set_bit(0, &arena->torn);
}

/*
 * winvm_arena_verify() - notice what was unmapped or mapped behind our back
 *
 * Costs a test of one bit unless something was. The caller is alone.
 */
int winvm_arena_verify(struct winvm_process *process)
{
	int err;

	if (likely(!test_and_clear_bit(0, &process->arena.torn)))
		return 0;
	err = winvm_mend(process);
	if (err)
		set_bit(0, &process->arena.torn);
	return err;
}
