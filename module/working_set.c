// SPDX-License-Identifier: GPL-2.0
/*
 * The working set: the pages of a process that are in its page tables
 * (SPEC 8.2). A page that is taken out of it keeps its contents and its place
 * in the file, and comes back by a fault that finds it there. Locked pages
 * stay; so does what Linux has mapped.
 *
 * A hard maximum is kept by the threads that go beyond it, each before it is
 * back in user mode: it counts what is present and takes pages out, from where
 * the last one stopped (a clock hand over the arena). In between, what was
 * counted plus the faults since is as many as there can be.
 */

#include <linux/file.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/task_work.h>

#include "winvm.h"

/* Entries of page tables looked at under one hold of mmap_lock. */
#define WINVM_WS_STEPS	4096U
/* Pages that are taken out at once. */
#define WINVM_WS_BATCH	64U

void winvm_ws_init(struct winvm_ws *ws)
{
	ws->limits = (struct winvm_ws_limits){
		.minimum_pages = WINVM_WS_MINIMUM_PAGES,
		.maximum_pages = WINVM_WS_MAXIMUM_PAGES,
	};
}

/* Devices' memory and large pages are in no working set (SPEC WS-9). */
bool winvm_ws_counts(const struct vm_area_struct *vma)
{
	return !(vma->vm_flags & (VM_IO | VM_PFNMAP | VM_HUGETLB));
}

/*
 * Where Linux shows zeros to who has only read, nobody has memory, and Linux counts none;
 * those in one huge page are told by being of no file and not anonymous either. What moves
 * is somebody's.
 */
static bool winvm_ws_has(struct vm_area_struct *vma, const struct winvm_entry *entry)
{
	if (entry->kind != WINVM_ENTRY_PRESENT || entry->special)
		return false;
	return entry->anon || entry->pfn == WINVM_NO_PFN || !vma_is_anonymous(vma);
}

/*
 * winvm_ws_next() - the next page of the working set
 * @scan: where to begin and to end; the former moves on
 * @entry: what the page tables say of it
 *
 * Under process->call and mmap_lock.
 *
 * Return: its VMA; NULL when there is none up to the end, or no step is left.
 */
struct vm_area_struct *winvm_ws_next(struct winvm_process *process, struct winvm_ws_scan *scan,
				     struct winvm_entry *entry)
{
	struct mm_struct *mm = winvm_mm(process);
	struct vm_area_struct *vma;

	while (scan->address < scan->end && scan->steps) {
		vma = find_vma(mm, scan->address);
		if (!vma || vma->vm_start >= scan->end) {
			scan->address = scan->end;
			break;
		}
		scan->address = max(scan->address, vma->vm_start);
		if (!winvm_ws_counts(vma) || (scan->ours && !winvm_arena_owns(process, vma))) {
			scan->address = vma->vm_end;
			scan->steps--;
		} else if (winvm_walk_next(vma, &scan->address, min(vma->vm_end, scan->end),
					   &scan->steps, entry) &&
			   winvm_ws_has(vma, entry)) {
			return vma;
		}
	}
	return NULL;
}

/* The addresses between the first window and the last, from @from on up to @to. */
static struct winvm_ws_scan winvm_ws_arena(struct winvm_process *process, u64 from, u64 to)
{
	const struct winvm_windows *windows = &process->arena.windows;
	u64 lowest = 0, highest = 0;

	if (windows->count) {
		lowest = windows->at[0].lowest_vpn;
		highest = windows->at[windows->count - 1].highest_vpn + 1;
	}
	return (struct winvm_ws_scan){
		.address = max(from, lowest) << PAGE_SHIFT,
		.end = min(to, highest) << PAGE_SHIFT,
		.ours = true,
	};
}

/* Whoever waits for a scan can be killed, and nobody waits for mmap_lock long. */
static int winvm_ws_begin(struct winvm_process *process, struct winvm_ws_scan *scan)
{
	cond_resched();
	scan->steps = WINVM_WS_STEPS;
	if (fatal_signal_pending(current))
		return -EINTR;
	return mmap_read_lock_killable(winvm_mm(process));
}

static void winvm_ws_end(struct winvm_process *process)
{
	mmap_read_unlock(winvm_mm(process));
}

static int winvm_ws_count(struct winvm_process *process, u64 *pages)
{
	struct winvm_ws_scan scan = winvm_ws_arena(process, 0, U64_MAX);
	struct winvm_entry entry;

	for (*pages = 0; scan.address < scan.end;) {
		if (winvm_ws_begin(process, &scan))
			return -EINTR;
		while (winvm_ws_next(process, &scan, &entry))
			++*pages;
		winvm_ws_end(process);
	}
	return 0;
}

static bool winvm_ws_is_locked(struct winvm_process *process, unsigned long address)
{
	return winvm_pstate_get(&process->states, address >> PAGE_SHIFT) & WINVM_PSTATE_LOCKED;
}

/* Up to @most pages that can go. Return: how many, or -EINTR. */
static int winvm_ws_collect(struct winvm_process *process, struct winvm_ws_scan *scan,
			    u64 *vpns, unsigned int most)
{
	struct winvm_entry entry;
	unsigned int count = 0;

	if (winvm_ws_begin(process, scan))
		return -EINTR;
	while (count < most && winvm_ws_next(process, scan, &entry))
		if (!winvm_ws_is_locked(process, entry.address))
			vpns[count++] = entry.address >> PAGE_SHIFT;
	winvm_ws_end(process);
	return count;
}

static void winvm_ws_drop(struct winvm_process *process, const u64 *vpns, unsigned int count)
{
	unsigned int first, next;

	for (first = 0; first < count; first = next) {
		for (next = first + 1; next < count; next++)
			if (vpns[next] != vpns[next - 1] + 1)
				break;
		winvm_revoke_presence(process, (struct winvm_span){ vpns[first], next - first });
	}
}

/* Take up to *@pages pages out; counted down. */
static int winvm_ws_trim_scan(struct winvm_process *process, struct winvm_ws_scan scan, u64 *pages)
{
	u64 vpns[WINVM_WS_BATCH];
	int got;

	while (*pages && scan.address < scan.end) {
		got = winvm_ws_collect(process, &scan, vpns, min_t(u64, *pages, WINVM_WS_BATCH));
		if (got < 0)
			return got;
		winvm_ws_drop(process, vpns, got);
		*pages -= got;
		process->ws.hand = scan.address >> PAGE_SHIFT;
	}
	return 0;
}

/* From the hand on, and from the beginning up to it; *@pages becomes how many did not go. */
static int winvm_ws_trim(struct winvm_process *process, u64 *pages)
{
	u64 hand = process->ws.hand;
	int err = winvm_ws_trim_scan(process, winvm_ws_arena(process, hand, U64_MAX), pages);

	if (!err)
		err = winvm_ws_trim_scan(process, winvm_ws_arena(process, 0, hand), pages);
	return err;
}

/* Alone. What faults meanwhile is counted twice, not left out. */
static void winvm_ws_keep_maximum(struct winvm_process *process)
{
	struct winvm_ws *ws = &process->ws;
	u64 present, excess, stay;

	atomic64_set(&ws->since, 0);
	if (winvm_ws_count(process, &present))
		return;
	excess = winvm_ws_excess(&ws->limits, present, process->locked_pages);
	stay = excess;
	if (excess && winvm_ws_trim(process, &stay))
		return;
	WRITE_ONCE(ws->known, present - excess + stay);
}

/* All pages between those that are locked, window by window. */
static void winvm_ws_empty_all(struct winvm_process *process)
{
	const struct winvm_windows *windows = &process->arena.windows;
	unsigned long vpn;
	unsigned int i;
	void *page;
	u64 first;

	for (i = 0; i < windows->count && !fatal_signal_pending(current); i++) {
		first = windows->at[i].lowest_vpn;
		xa_for_each_range(&process->locked, vpn, page, first, windows->at[i].highest_vpn) {
			winvm_revoke_presence(process, (struct winvm_span){ first, vpn - first });
			first = vpn + 1;
		}
		winvm_revoke_presence(process, (struct winvm_span){
			first, windows->at[i].highest_vpn + 1 - first });
		cond_resched();
	}
}

/* SPEC WS-3, WS-6: what the caller does not live to see needs no end. */
static void winvm_ws_empty(struct winvm_process *process)
{
	struct winvm_ws *ws = &process->ws;
	u64 pages;

	if (!ws->limits.hard_minimum) {
		atomic64_set(&ws->since, 0);
		winvm_ws_empty_all(process);
		WRITE_ONCE(ws->known, process->locked_pages);
	} else if (!winvm_ws_count(process, &pages)) {
		pages = winvm_ws_surplus(&ws->limits, pages);
		winvm_ws_trim(process, &pages);
	}
}

/* winvm_ws_attend() - what faults have to do has changed; alone */
void winvm_ws_attend(struct winvm_process *process)
{
	struct winvm_ws *ws = &process->ws;

	WRITE_ONCE(ws->attended, ws->limits.hard_maximum || ws->changes);
	winvm_touch_wait(process);
}

static u32 winvm_ws_set(struct winvm_process *process, const struct winvm_working_set *request)
{
	struct winvm_ws_change change = {
		.minimum_bytes = request->minimum_bytes,
		.maximum_bytes = request->maximum_bytes,
		.flags = request->flags,
	};
	bool empty = (change.minimum_bytes & change.maximum_bytes) == U64_MAX;
	u32 status;

	if (empty)
		change = (struct winvm_ws_change){ .flags = request->flags };
	status = winvm_ws_check(&change, totalram_pages(), si_mem_available(),
				&process->ws.limits);
	if (status)
		return status;
	winvm_ws_attend(process);
	if (process->ws.limits.hard_maximum)
		winvm_ws_keep_maximum(process);
	if (empty) {
		winvm_ws_empty(process);
		winvm_states_trim(process);
	}
	return STATUS_SUCCESS;
}

/* SPEC WS-7 */
static u32 winvm_ws_get(struct winvm_process *process, struct winvm_working_set *request)
{
	const struct winvm_ws_limits *limits = &process->ws.limits;

	request->minimum_bytes = limits->minimum_pages << PAGE_SHIFT;
	request->maximum_bytes = limits->maximum_pages << PAGE_SHIFT;
	request->flags = winvm_ws_flags(limits);
	return STATUS_SUCCESS;
}

u32 winvm_working_set(struct winvm_process *process, void *arg)
{
	struct winvm_working_set *request = arg;

	if (request->operation == WINVM_WORKING_SET_SET)
		return winvm_ws_set(process, request);
	return winvm_ws_get(process, request);
}

/**
 * struct winvm_ws_work - a look at the hard maximum, before a thread goes on
 * @work: of that thread
 * @file: the arena's file or a view's, a reference; its process is ours
 */
struct winvm_ws_work {
	struct callback_head work;
	struct file *file;
};

/* At the return to user mode, or on the thread's way out, when the mm is gone already. */
static void winvm_ws_look(struct callback_head *head)
{
	struct winvm_ws_work *work = container_of(head, struct winvm_ws_work, work);
	struct winvm_process *process = winvm_fault_owner(work->file);

	if (current->mm == winvm_mm(process) && !winvm_alone(process)) {
		winvm_ws_keep_maximum(process);
		winvm_alone_end(process);
	}
	fput(work->file);
	kfree(work);
}

/* Where it cannot be done now the next fault tries again. */
static void winvm_ws_queue(struct file *file)
{
	struct winvm_ws_work *work = kmalloc(sizeof(*work), GFP_KERNEL_ACCOUNT);

	if (!work)
		return;
	init_task_work(&work->work, winvm_ws_look);
	work->file = get_file(file);
	if (!task_work_add(current, &work->work, TWA_RESUME))
		return;
	fput(work->file);
	kfree(work);
}

/*
 * winvm_ws_faulted() - a page is about to be mapped, in a process that is attended
 *
 * In a page fault, under the page's lock. Who acts on another address space
 * leaves it to the threads there.
 */
void winvm_ws_faulted(struct winvm_process *process, const struct vm_fault *vmf)
{
	struct winvm_ws *ws = &process->ws;
	/* Limits that change just now are kept by whoever changes them. */
	struct winvm_ws_limits limits = data_race(ws->limits);
	u64 since = atomic64_inc_return(&ws->since);

	if (current->mm != winvm_mm(process) || current->flags & PF_KTHREAD)
		return;
	winvm_changes_note(process, vmf);
	if (winvm_ws_due(&limits, READ_ONCE(ws->known), since, vmf->flags & FAULT_FLAG_USER))
		winvm_ws_queue(vmf->vma->vm_file);
}
