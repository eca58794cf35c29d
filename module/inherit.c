// SPDX-License-Identifier: GPL-2.0
/*
 * Views after fork(2), ViewShare (SPEC SE-36). Linux copies the VMAs of such
 * views, as of all shared mappings, and so they are what the child had at the
 * moment of the fork, whatever its parent does since. But they belong to the
 * parent's views, and show nothing in another address space. When the child
 * asks for it, each becomes a view of its own, at the same place of the same
 * section, with the protections that its pages have in the parent.
 *
 * That a VMA of somebody else's view is there is all the right that it takes:
 * there is no other way to it than a fork, for its file lets itself be mapped
 * by its owner only.
 */

#include <linux/fs.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>

#include "section.h"
#include "winvm.h"

static struct winvm_view *winvm_inherited(struct winvm_process *process,
					  const struct vm_area_struct *vma)
{
	struct winvm_view *view = vma->vm_file ? winvm_view_of(vma->vm_file) : NULL;

	return view && view->process != process && view->shared ? view : NULL;
}

/* Is all of a view there still, each page at its place? Under mmap_lock. */
static bool winvm_inherited_whole(struct winvm_process *process, const struct winvm_view *view)
{
	u64 vpn = view->span.vpn, end = vpn + view->span.pages;
	struct vm_area_struct *vma;

	while (vpn < end) {
		vma = vma_lookup(winvm_mm(process), vpn << PAGE_SHIFT);
		if (!vma || vma->vm_file != view->file ||
		    vma->vm_pgoff != winvm_view_pgoff(view, vma->vm_start >> PAGE_SHIFT))
			return false;
		vpn = vma->vm_end >> PAGE_SHIFT;
		cond_resched();
	}
	return vpn == end;
}

/*
 * The next view that was inherited, from an address on.
 *
 * @file: out: its file, a reference
 *
 * Return: 1, 0 if there is none, or -EINTR.
 */
static int winvm_inherited_next(struct winvm_process *process, unsigned long *address,
				struct file **file)
{
	VMA_ITERATOR(vmi, winvm_mm(process), *address);
	struct vm_area_struct *vma;
	int found = 0;

	if (mmap_read_lock_killable(winvm_mm(process)))
		return -EINTR;
	for_each_vma(vmi, vma) {
		struct winvm_view *view = winvm_inherited(process, vma);

		if (view && vma->vm_start >> PAGE_SHIFT == view->span.vpn &&
		    winvm_inherited_whole(process, view)) {
			*file = get_file(vma->vm_file);
			*address = (view->span.vpn + view->span.pages) << PAGE_SHIFT;
			found = 1;
			break;
		}
	}
	mmap_read_unlock(winvm_mm(process));
	return found;
}

/*
 * Give the pages of a new view the protections of the one it comes from. What
 * is more than the view may have is a page that its owner has copied, and the
 * copy is its own.
 */
static u32 winvm_inherit_states(struct winvm_process *process, struct winvm_vad *vad,
				struct winvm_process *from)
{
	u64 end = vad->end_vpn + 1, vpn, run;
	u32 status = STATUS_SUCCESS;

	for (vpn = vad->start_vpn; vpn < end && !status; vpn += run) {
		winvm_pstate_t state = winvm_pstate_get(&from->states, vpn) &
				       WINVM_PSTATE_VISIBLE;

		run = winvm_pstate_run(&from->states, vpn, end - vpn, WINVM_PSTATE_VISIBLE);
		if (state == winvm_protect_encode(vad->protect) ||
		    winvm_check_view_protect(vad->protect, winvm_protect_decode(state, 0)))
			continue;
		status = winvm_protect_span(process, vad, (struct winvm_span){ vpn, run }, state);
	}
	return status;
}

/*
 * The same if the parent, and its view, still is there; else all pages have the
 * protection of the view. Of two processes of which one comes from the other,
 * the younger one's call lock is the outer.
 */
static u32 winvm_inherit_protections(struct winvm_process *process, struct winvm_vad *vad,
				     const struct winvm_view *theirs)
{
	struct winvm_process *from = theirs->process;
	u32 status = STATUS_SUCCESS;

	if (!mmget_not_zero(winvm_mm(from)))
		return STATUS_SUCCESS;
	if (down_read_killable_nested(&from->call, SINGLE_DEPTH_NESTING)) {
		status = STATUS_INSUFFICIENT_RESOURCES;
	} else {
		if (theirs->live)
			status = winvm_inherit_states(process, vad, from);
		up_read(&from->call);
	}
	mmput(winvm_mm(from));
	return status;
}

/* Are the addresses free but for what was inherited, and can they be used? */
static bool winvm_inherit_place(struct winvm_process *process, struct winvm_span span)
{
	struct winvm_vad *vad = winvm_vad_at_or_after(&process->vads, span.vpn);

	if (vad && vad->start_vpn <= winvm_span_last(span))
		return false;
	return winvm_span_last(span) <= winvm_bounds_highest_vpn(process->bounds);
}

static u32 winvm_inherit_show(struct winvm_process *process, struct winvm_vad *vad,
			      const struct winvm_view *theirs)
{
	struct winvm_view *view = vad->view;
	u32 status = winvm_cow_map(process, view, vad->protect);

	winvm_view_enter(process, vad, false);
	if (!status)
		status = winvm_view_show(process, vad);
	if (status) {
		winvm_view_leave(process, vad, false);
		winvm_commit_return(process, view->charged);
		winvm_view_close(view);
		return status;
	}
	winvm_windows_add(&process->arena.windows,
			  (struct winvm_window){ vad->start_vpn, vad->end_vpn });
	winvm_arena_hull(&process->arena);
	status = winvm_inherit_protections(process, vad, theirs);
	if (status)
		winvm_view_end(process, vad, false);
	else
		WRITE_ONCE(view->live, true);
	return status;
}

/* Mapped over what was inherited, which ends by it. */
static u32 winvm_inherit_view(struct winvm_process *process, const struct winvm_view *theirs)
{
	struct winvm_view *view;
	struct winvm_vad *vad;
	u32 status;

	if (!winvm_inherit_place(process, theirs->span))
		return STATUS_CONFLICTING_ADDRESSES;
	if (!process->arena.file && winvm_backing_create(process))
		return STATUS_NO_MEMORY;
	if (winvm_windows_reserve(&process->arena.windows))
		return STATUS_INSUFFICIENT_RESOURCES;
	vad = winvm_vad_new(process);
	if (IS_ERR(vad))
		return winvm_vad_refusal(vad);
	status = winvm_view_new(process, theirs->section, theirs->span,
				winvm_view_offset(theirs), &view);
	if (status) {
		winvm_vad_delete(process, vad);
		return status;
	}
	view->shared = true;
	vad->start_vpn = view->span.vpn;
	vad->end_vpn = winvm_span_last(view->span);
	vad->kind = WINVM_VAD_VIEW;
	vad->protect = theirs->protect;
	vad->flags = theirs->flags;
	vad->view = view;
	return winvm_inherit_show(process, vad, theirs);
}

/*
 * winvm_inherit() - take over what was inherited (SPEC SE-36)
 *
 * Each view by itself; one that failed shows nothing.
 */
u32 winvm_inherit(struct winvm_process *process, void *arg)
{
	struct winvm_inherit *request = arg;
	u32 status, failure = STATUS_SUCCESS;
	unsigned long address = 0;
	struct file *file;
	int found;

	request->views = 0;
	while ((found = winvm_inherited_next(process, &address, &file)) > 0) {
		status = fatal_signal_pending(current) ?
				 STATUS_INSUFFICIENT_RESOURCES :
				 winvm_inherit_view(process, winvm_view_of(file));
		fput(file);
		if (!status)
			request->views++;
		else if (!failure)
			failure = status;
	}
	return found ? STATUS_INSUFFICIENT_RESOURCES : failure;
}
