// SPDX-License-Identifier: GPL-2.0
/*
 * The arena against what the mm really holds. munmap(), mmap(MAP_FIXED) and
 * mremap() cannot be forbidden; the notifier tells of them, and before the next
 * call the windows are compared with the VMAs: a hole is mapped again, what
 * others mapped there is theirs, and VMAs are executable where they should be.
 * Contents are in the file and are not lost.
 */

#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/sched/signal.h>

#include "section.h"
#include "winvm.h"

enum winvm_flaw {
	WINVM_SOUND,
	WINVM_HOLE,		/* nothing is mapped */
	WINVM_FOREIGN,		/* something else is */
	WINVM_STRAY,		/* ours, but another view, or the arena, belongs there */
	WINVM_EXEC_WRONG,	/* ours, but VM_EXEC is not as the states say */
};

/* The first pages of a part of an own VMA whose EXECMAP bit it contradicts. */
static bool winvm_exec_flaw(struct winvm_process *process, const struct vm_area_struct *vma,
			    const struct winvm_window *part, struct winvm_window *flawed)
{
	winvm_pstate_t wrong = vma->vm_flags & VM_EXEC ? 0 : WINVM_PSTATE_EXECMAP;
	u64 vpn = part->lowest_vpn, pages = part->highest_vpn - vpn + 1;
	u64 first = winvm_pstate_next(&process->states, vpn, pages, WINVM_PSTATE_EXECMAP, wrong);

	if (first == WINVM_PSTATE_NO_PAGE)
		return false;
	pages = winvm_pstate_run(&process->states, first, vpn + pages - first,
				 WINVM_PSTATE_EXECMAP);
	*flawed = (struct winvm_window){ first, first + pages - 1 };
	return true;
}

/* The first flaw of a part that an own VMA covers. @part: cut to what was looked at */
static enum winvm_flaw winvm_part_flaw(struct winvm_process *process,
				       const struct vm_area_struct *vma,
				       struct winvm_window *part, struct winvm_window *flawed)
{
	const struct winvm_view *view = winvm_view_part(process, part);

	*flawed = *part;
	if (vma->vm_file != (view ? view->file : process->arena.file))
		return WINVM_STRAY;
	return winvm_exec_flaw(process, vma, part, flawed) ? WINVM_EXEC_WRONG : WINVM_SOUND;
}

/* The first flaw of a window. */
static enum winvm_flaw winvm_window_flaw(struct winvm_process *process,
					 const struct winvm_window *window,
					 struct winvm_window *flawed)
{
	struct mm_struct *mm = winvm_mm(process);
	struct winvm_window part = *window;

	while (part.lowest_vpn <= window->highest_vpn) {
		struct vm_area_struct *vma = find_vma(mm, part.lowest_vpn << PAGE_SHIFT);
		enum winvm_flaw flaw;

		part.highest_vpn = window->highest_vpn;
		if (!vma || vma->vm_start >> PAGE_SHIFT > part.lowest_vpn) {
			if (vma)
				part.highest_vpn = min_t(u64, part.highest_vpn,
							 (vma->vm_start >> PAGE_SHIFT) - 1);
			*flawed = part;
			return WINVM_HOLE;
		}
		part.highest_vpn = min_t(u64, part.highest_vpn, (vma->vm_end >> PAGE_SHIFT) - 1);
		*flawed = part;
		if (!winvm_arena_owns(process, vma))
			return WINVM_FOREIGN;
		flaw = winvm_part_flaw(process, vma, &part, flawed);
		if (flaw)
			return flaw;
		part.lowest_vpn = part.highest_vpn + 1;
	}
	return WINVM_SOUND;
}

/* Look for the next flaw from a page on. Return: enum winvm_flaw, or -EINTR. */
static int winvm_next_flaw(struct winvm_process *process, u64 from, struct winvm_window *flawed)
{
	const struct winvm_windows *windows = &process->arena.windows;
	struct mm_struct *mm = winvm_mm(process);
	int flaw = WINVM_SOUND;
	unsigned int index;

	if (mmap_read_lock_killable(mm))
		return -EINTR;
	for (index = 0; index < windows->count && !flaw; index++) {
		struct winvm_window rest = windows->at[index];

		rest.lowest_vpn = max(rest.lowest_vpn, from);
		if (rest.lowest_vpn <= rest.highest_vpn)
			flaw = winvm_window_flaw(process, &rest, flawed);
	}
	mmap_read_unlock(mm);
	return flaw;
}

/* Map what is ours again, each run as executable as its states say. */
static int winvm_map_again(struct winvm_process *process, struct winvm_window part,
			   unsigned long fixed)
{
	u64 end = part.highest_vpn + 1, vpn, run;
	int err = 0;

	for (vpn = part.lowest_vpn; vpn < end && !err; vpn += run) {
		bool exec = winvm_pstate_get(&process->states, vpn) & WINVM_PSTATE_EXECMAP;

		run = winvm_pstate_run(&process->states, vpn, end - vpn, WINVM_PSTATE_EXECMAP);
		err = winvm_arena_map(process, (struct winvm_window){ vpn, vpn + run - 1 }, exec,
				      fixed);
	}
	return err;
}

/* What cannot be mapped again (limits) is given up, as what others took. */
static int winvm_mend_flaw(struct winvm_process *process, enum winvm_flaw flaw,
			   struct winvm_window flawed)
{
	int err = -EEXIST;

	if (flaw == WINVM_HOLE)
		err = winvm_map_again(process, flawed, MAP_FIXED_NOREPLACE);
	else if (flaw == WINVM_STRAY || flaw == WINVM_EXEC_WRONG)
		err = winvm_map_again(process, flawed, MAP_FIXED);
	if (!err || err == -EINTR)
		return err;
	process->arena.lost = true;
	return winvm_windows_cut(&process->arena.windows, flawed);
}

/* A VAD that lost its place to others gets it back when they are gone. */
static void winvm_regain(struct winvm_process *process)
{
	struct winvm_vad *vad;
	bool lost = false;

	for (vad = winvm_vad_first(&process->vads); vad; vad = winvm_vad_next(vad)) {
		struct winvm_span span = { vad->start_vpn, winvm_vad_pages(vad) };

		if (!winvm_arena_covers(process, span))
			lost |= winvm_arena_cover(process, span);
	}
	process->arena.lost = lost;
}

/*
 * One pass from below: a thread that unmaps behind us as fast as we map is
 * seen by the next call.
 */
static int winvm_mend_windows(struct winvm_process *process)
{
	struct winvm_window flawed;
	u64 from = 0;
	int flaw;

	for (;;) {
		int err;

		if (fatal_signal_pending(current))
			return -EINTR;
		flaw = winvm_next_flaw(process, from, &flawed);
		if (flaw <= 0)
			return flaw;
		err = winvm_mend_flaw(process, flaw, flawed);
		if (err)
			return err;
		from = flawed.highest_vpn + 1;
		cond_resched();
	}
}

/*
 * winvm_mend() - put right what can be, forget what cannot
 *
 * Return: 0; -EINTR, -ENOMEM: not finished, call again.
 */
int winvm_mend(struct winvm_process *process)
{
	int err = winvm_mend_windows(process);

	if (err || !process->arena.lost)
		return err;
	winvm_regain(process);
	/* What came back was mapped without regard to execution. */
	return winvm_mend_windows(process);
}
