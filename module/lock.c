// SPDX-License-Identifier: GPL-2.0
/*
 * NtLockVirtualMemory, NtUnlockVirtualMemory (SPEC 8.1). A locked page is one
 * whose reference we hold: reclaim and migration leave it where it is, and no
 * VMA is split for it. The page itself is kept, for the file's owner could put
 * another one in its place.
 */

#include <linux/capability.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>
#include <linux/shmem_fs.h>

#include "section.h"
#include "winvm.h"

static bool winvm_lockable(winvm_pstate_t state)
{
	return (state & WINVM_PSTATE_BASE) > WINVM_BASE_NOACCESS &&
	       !(state & WINVM_PSTATE_OFFERED);
}

/* A guard page in the range is consumed, and the call fails (SPEC VL-7). */
static u32 winvm_lock_guard(struct winvm_process *process, u64 vpn, winvm_pstate_t state)
{
	int err;

	do {
		err = winvm_pstate_cmpxchg(&process->states, vpn, state,
					   state & ~WINVM_PSTATE_GUARD);
		state = winvm_pstate_get(&process->states, vpn);
	} while (err == -EAGAIN && state & WINVM_PSTATE_GUARD);
	return err == -ENOMEM ? STATUS_INSUFFICIENT_RESOURCES : STATUS_GUARD_PAGE_VIOLATION;
}

/* Are all pages of this part of one VAD accessible? (SPEC VL-6, VL-7) */
static u32 winvm_lock_probe(struct winvm_process *process, const struct winvm_vad *vad,
			    struct winvm_span span)
{
	u64 end = span.vpn + span.pages, vpn, run;

	for (vpn = span.vpn; vpn < end; vpn += run) {
		winvm_pstate_t state = winvm_vad_state(process, vad, vpn);

		if (!winvm_lockable(state))
			return STATUS_ACCESS_VIOLATION;
		if (state & WINVM_PSTATE_GUARD)
			return winvm_lock_guard(process, vpn, state);
		run = winvm_vad_run(process, vad, (struct winvm_span){ vpn, end - vpn }, true,
				    WINVM_PSTATE_VISIBLE | WINVM_PSTATE_OFFERED);
	}
	return STATUS_SUCCESS;
}

/* The range may span allocations, but no hole (SPEC VL-4, VL-5). */
static u32 winvm_lock_check(struct winvm_process *process, struct winvm_span span)
{
	u64 end = span.vpn + span.pages, vpn = span.vpn, stop;
	const struct winvm_vad *vad;
	u32 status;

	while (vpn < end) {
		vad = winvm_vad_find(&process->vads, vpn);
		if (!vad)
			return STATUS_ACCESS_VIOLATION;
		if (vad->kind != WINVM_VAD_PRIVATE && vad->kind != WINVM_VAD_VIEW)
			return STATUS_INCOMPATIBLE_FILE_MAP;
		stop = min(end, vad->end_vpn + 1);
		status = winvm_lock_probe(process, vad, (struct winvm_span){ vpn, stop - vpn });
		if (status)
			return status;
		vpn = stop;
	}
	return STATUS_SUCCESS;
}

static u64 winvm_count_unlocked(struct winvm_process *process, struct winvm_span span)
{
	u64 end = span.vpn + span.pages, vpn, run, count = 0;

	for (vpn = span.vpn; vpn < end; vpn += run) {
		run = winvm_pstate_run(&process->states, vpn, end - vpn, WINVM_PSTATE_LOCKED);
		if (!(winvm_pstate_get(&process->states, vpn) & WINVM_PSTATE_LOCKED))
			count += run;
	}
	return count;
}

/* Let go of the locked pages of a span; the caller clears the bits. */
static u64 winvm_unpin(struct winvm_process *process, struct winvm_span span)
{
	unsigned long vpn;
	struct page *page;
	u64 count = 0;

	xa_for_each_range(&process->locked, vpn, page, span.vpn, winvm_span_last(span)) {
		put_page(xa_erase(&process->locked, vpn));	/* it may be another by now */
		count++;
	}
	return count;
}

/* A page of one of the VADs, brought in if need be, with a reference. */
static struct page *winvm_lock_page(struct winvm_process *process, u64 vpn, bool copied)
{
	struct winvm_window page = { vpn, vpn };
	struct winvm_view *view = winvm_view_part(process, &page);

	if (view && !copied && winvm_view_of_data(view))
		return winvm_data_page(view, vpn);
	if (view && !copied)
		return shmem_read_mapping_page(winvm_view_mapping(view),
					       winvm_view_pgoff(view, vpn));
	return shmem_read_mapping_page(process->arena.file->f_mapping, winvm_arena_pgoff(vpn));
}

static bool winvm_is_copied(struct winvm_process *process, u64 vpn)
{
	return winvm_pstate_get(&process->states, vpn) & WINVM_PSTATE_COPIED;
}

static int winvm_pin_as(struct winvm_process *process, u64 vpn, bool copied)
{
	struct page *page = winvm_lock_page(process, vpn, copied);
	int err;

	if (IS_ERR(page))
		return PTR_ERR(page);
	err = xa_insert(&process->locked, vpn, page, GFP_KERNEL);
	if (err)
		put_page(page);
	return err;
}

/* Take a reference on one page, unless it is locked. Return: 0 or a negative errno. */
static int winvm_pin_page(struct winvm_process *process, u64 vpn)
{
	bool copied;
	int err;

	if (fatal_signal_pending(current))
		return -EINTR;
	if (winvm_pstate_get(&process->states, vpn) & WINVM_PSTATE_LOCKED)
		return 0;
	copied = winvm_is_copied(process, vpn);
	err = winvm_pin_as(process, vpn, copied);
	/* The entry first, then the state; pairs with winvm_lock_copied(). */
	smp_mb();
	if (err || winvm_is_copied(process, vpn) == copied)
		return err;
	winvm_unpin(process, (struct winvm_span){ vpn, 1 });
	return winvm_pin_as(process, vpn, true);
}

/*
 * winvm_lock_copied() - a page of a view has been copied: if it was locked, the copy is
 *
 * In a page fault, with the new state set.
 */
void winvm_lock_copied(struct winvm_process *process, u64 vpn, struct page *from, struct page *to)
{
	get_page(to);
	if (xa_cmpxchg(&process->locked, vpn, from, to, GFP_NOWAIT) == from)
		put_page(from);
	else
		put_page(to);
}

/* Undo: let go of what this call has pinned, that is, what is not marked as locked. */
static void winvm_pin_undo(struct winvm_process *process, struct winvm_span span)
{
	u64 end = span.vpn + span.pages, vpn;

	for (vpn = span.vpn; vpn < end; vpn++)
		if (!(winvm_pstate_get(&process->states, vpn) & WINVM_PSTATE_LOCKED))
			winvm_unpin(process, (struct winvm_span){ vpn, 1 });
}

/* All pages of the span, or none. The quota keeps the span short. */
static int winvm_pin(struct winvm_process *process, struct winvm_span span)
{
	u64 end = span.vpn + span.pages, vpn;
	int err;

	for (vpn = span.vpn; vpn < end; vpn++) {
		err = winvm_pin_page(process, vpn);
		if (err < 0) {
			winvm_pin_undo(process, span);
			return err;
		}
	}
	return 0;
}

/*
 * Map a page that is pinned, as the process would by touching it (SPEC VL-12):
 * writable if it may be, so that no access has to fault any more. The fault
 * runs under this hold of mmap_lock, in a VMA of ours, whose pages are served
 * at once: whoever unmaps meanwhile waits.
 */
static int winvm_map_pinned(struct winvm_process *process, u64 vpn, bool write)
{
	struct mm_struct *mm = winvm_mm(process);
	unsigned long address = vpn << PAGE_SHIFT;
	unsigned int flags = write ? FAULT_FLAG_WRITE : 0;
	struct vm_area_struct *vma;
	int err = -EFAULT;

	if (current->mm != mm)
		flags |= FAULT_FLAG_REMOTE;
	if (mmap_read_lock_killable(mm))
		return -EINTR;
	vma = vma_lookup(mm, address);
	if (vma && winvm_arena_owns(process, vma))
		err = fixup_user_fault(mm, address, flags, NULL);
	mmap_read_unlock(mm);
	return err;
}

/* All pages of the span are in memory and mapped, or none is held. */
static int winvm_pin_mapped(struct winvm_process *process, struct winvm_span span)
{
	u64 end = span.vpn + span.pages, vpn;
	int err = winvm_pin(process, span);

	if (process->views)
		winvm_shrink_wait();	/* it sees them locked from here on */
	for (vpn = span.vpn; vpn < end && !err; vpn++) {
		winvm_pstate_t state = winvm_pstate_get(&process->states, vpn);

		err = winvm_map_pinned(process, vpn, winvm_pstate_writable(state));
		if (err)
			winvm_pin_undo(process, span);
	}
	return err;
}

/*
 * winvm_lock_map() - map the locked pages of a span again (SPEC VL-12, VL-13)
 *
 * After a new protection: code that became data is mapped anew, and so is data
 * that became code. No page is marked as written for it.
 */
void winvm_lock_map(struct winvm_process *process, struct winvm_span span)
{
	unsigned long vpn;
	struct page *page;

	if (!process->locked_pages)
		return;
	xa_for_each_range(&process->locked, vpn, page, span.vpn, winvm_span_last(span)) {
		winvm_pstate_t state = winvm_pstate_get(&process->states, vpn);
		bool write = winvm_pstate_writable(state) && !(state & WINVM_PSTATE_ARMED);

		if (winvm_pstate_judge(state, WINVM_READ) == WINVM_PERMIT)
			winvm_map_pinned(process, vpn, write);
	}
}

/* A lock counts as a write where writing is allowed (SPEC VL-8, WW-16). */
static void winvm_lock_mark_written(struct winvm_process *process, struct winvm_span span)
{
	u64 end = span.vpn + span.pages, vpn, run;

	for (vpn = span.vpn; vpn < end; vpn += run) {
		winvm_pstate_t state = winvm_pstate_get(&process->states, vpn);

		run = winvm_pstate_run(&process->states, vpn, end - vpn,
				       WINVM_PSTATE_VISIBLE | WINVM_PSTATE_ARMED);
		if (state & WINVM_PSTATE_ARMED && winvm_pstate_writable(state))
			winvm_pstate_update(&process->states, vpn, run,
					    WINVM_PSTATE_ALL ^ WINVM_PSTATE_ARMED, 0);
	}
}

/* SPEC VL-10 */
static bool winvm_lock_fits(struct winvm_process *process, u64 pages)
{
	return process->locked_pages + pages <=
	       winvm_ws_lockable(&process->ws.limits, process->bounds->lock_overhead_pages);
}

/*
 * Count pages against RLIMIT_MEMLOCK, as mlock() would: the limit of the
 * process whose memory it is, so that no other with more can give it more; but
 * the caller's CAP_IPC_LOCK, as the caller is who asks. A target can keep its
 * mmap_lock from us for ever, so a dying caller goes without: what it leaves
 * is a count of a few pages too many.
 */
static int winvm_account_locked(struct winvm_process *process, u64 pages, bool locked)
{
	struct mm_struct *mm = winvm_mm(process);
	struct task_struct *owner;
	int err;

	if (!pages)
		return 0;
	if (mmap_write_lock_killable(mm))
		return -EINTR;
	owner = winvm_mm_owner(mm);
	err = __account_locked_vm(mm, pages, locked, owner ? owner : current,
				  capable(CAP_IPC_LOCK));
	mmap_write_unlock(mm);
	if (owner)
		put_task_struct(owner);
	return err;
}

/* SPEC VL-9: pages that are locked already are no error, but told. */
static u32 winvm_lock_span(struct winvm_process *process, struct winvm_span span)
{
	u64 pages = winvm_count_unlocked(process, span);
	u32 status;

	if (!winvm_lock_fits(process, pages))
		return STATUS_WORKING_SET_QUOTA;
	status = winvm_states_prepare(process, span);
	if (status)
		return status;
	if (winvm_account_locked(process, pages, true))
		return STATUS_WORKING_SET_QUOTA;
	if (winvm_pin_mapped(process, span)) {
		winvm_account_locked(process, pages, false);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	winvm_pstate_update(&process->states, span.vpn, span.pages, WINVM_PSTATE_ALL,
			    WINVM_PSTATE_LOCKED);
	winvm_lock_mark_written(process, span);
	process->locked_pages += pages;
	return pages == span.pages ? STATUS_SUCCESS : STATUS_WAS_LOCKED;
}

static void winvm_lock_answer(struct winvm_lock *request, struct winvm_span span)
{
	request->base = span.vpn << PAGE_SHIFT;
	request->bytes = span.pages << PAGE_SHIFT;
}

u32 winvm_lock(struct winvm_process *process, void *arg)
{
	struct winvm_lock *request = arg;
	struct winvm_span span;
	u32 status;

	status = winvm_check_lock(process->bounds, request->base, request->bytes,
				  request->map_type, &span);
	if (!status)
		status = winvm_lock_check(process, span);
	if (!status)
		status = winvm_lock_span(process, span);
	if (!status || status == STATUS_WAS_LOCKED)
		winvm_lock_answer(request, span);
	return status;
}

/*
 * winvm_unpin_locked() - let go of the locked pages of a span of VADs
 *
 * The caller clears the bits, or the states altogether.
 *
 * Return: how many there were.
 */
u64 winvm_unpin_locked(struct winvm_process *process, struct winvm_span span)
{
	u64 pages;

	if (!process->locked_pages)
		return 0;
	pages = winvm_unpin(process, span);
	process->locked_pages -= pages;
	return pages;
}

/* winvm_unlock_span() - the same, and return what counted against RLIMIT_MEMLOCK */
void winvm_unlock_span(struct winvm_process *process, struct winvm_span span)
{
	u64 pages = winvm_unpin_locked(process, span);

	winvm_account_locked(process, pages, false);
}

/* Pages of the range that are not locked leave the working set (SPEC VL-15, VL-16). */
static void winvm_trim_unlocked(struct winvm_process *process, struct winvm_span span)
{
	u64 end = span.vpn + span.pages, vpn, run;

	for (vpn = span.vpn; vpn < end; vpn += run) {
		run = winvm_pstate_run(&process->states, vpn, end - vpn, WINVM_PSTATE_LOCKED);
		if (!(winvm_pstate_get(&process->states, vpn) & WINVM_PSTATE_LOCKED))
			winvm_revoke_access(process, (struct winvm_span){ vpn, run });
	}
}

u32 winvm_unlock(struct winvm_process *process, void *arg)
{
	struct winvm_lock *request = arg;
	struct winvm_span span;
	u32 status;

	status = winvm_check_lock(process->bounds, request->base, request->bytes,
				  request->map_type, &span);
	if (status)
		return status;
	if (!process->arena.file)
		return STATUS_NOT_LOCKED;
	if (winvm_count_unlocked(process, span)) {
		winvm_trim_unlocked(process, span);
		return STATUS_NOT_LOCKED;
	}
	status = winvm_states_prepare_free(process, span);
	if (status)
		return status;
	winvm_unlock_span(process, span);
	winvm_pstate_update(&process->states, span.vpn, span.pages,
			    WINVM_PSTATE_ALL ^ WINVM_PSTATE_LOCKED, 0);
	winvm_lock_answer(request, span);
	return STATUS_SUCCESS;
}
