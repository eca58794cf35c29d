// SPDX-License-Identifier: GPL-2.0
/*
 * What a process holds, and what the machine has: counters, for those who ask.
 *
 * What Linux counts of a process, it counts in several places. Page faults: in each
 * thread, and in the thread group for those that have ended. Pages in memory: in
 * the address space, and until 6.2 in each thread what it has not told there yet.
 * All of them are added up, so that a page that was touched is counted when the
 * call that asks comes after it (SPEC CC-11).
 */

#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/seqlock.h>

#include "compat/counters.h"
#include "roster.h"
#include "section.h"

/* winvm_counters() - what a process has charged, and the system's commit */
int winvm_counters(struct winvm_process *process, void *arg)
{
	struct winvm_counters *request = arg;
	struct winvm_commit_totals totals;

	winvm_commit_totals(&totals);
	request->virtual_bytes = READ_ONCE(process->virtual.used);
	request->peak_virtual_bytes = READ_ONCE(process->virtual.peak);
	request->commit_bytes = READ_ONCE(process->commit.used) << PAGE_SHIFT;
	request->peak_commit_bytes = READ_ONCE(process->commit.peak) << PAGE_SHIFT;
	request->vads = READ_ONCE(process->vads.count);
	request->bookkeeping_bytes = READ_ONCE(process->books.used);
	request->system_commit_bytes = totals.pages << PAGE_SHIFT;
	request->system_commit_limit_bytes = totals.limit << PAGE_SHIFT;
	request->shared_views = READ_ONCE(process->shared_views);
	request->status = STATUS_SUCCESS;
	return 0;
}

/* Of threads that have ended, and of those that are there. Under RCU. */
static void winvm_faults_sum(struct task_struct *task, struct winvm_faults *faults)
{
	struct task_struct *thread;

	faults->soft = task->signal->min_flt;
	faults->hard = task->signal->maj_flt;
	for_each_thread(task, thread) {
		faults->soft += READ_ONCE(thread->min_flt);
		faults->hard += READ_ONCE(thread->maj_flt);
	}
}

/*
 * winvm_faults_of() - the page faults of a thread group
 *
 * A thread that ends adds its own to the group's and leaves it, under stats_lock:
 * who does not see that happen counts each once. Where threads end all the time,
 * they are kept waiting.
 */
void winvm_faults_of(struct task_struct *task, struct winvm_faults *faults)
{
	seqlock_t *lock = &task->signal->stats_lock;
	unsigned int seq, tries;
	unsigned long flags;

	rcu_read_lock();
	for (tries = 0; tries < 3; tries++) {
		seq = read_seqbegin(lock);
		winvm_faults_sum(task, faults);
		if (!read_seqretry(lock, seq))
			goto done;
	}
	read_seqlock_excl_irqsave(lock, flags);
	winvm_faults_sum(task, faults);
	read_sequnlock_excl_irqrestore(lock, flags);
done:
	rcu_read_unlock();
}

/* Pages that threads have, and have not told their address space of. */
static long winvm_resident_untold(struct task_struct *task, const struct mm_struct *mm)
{
	struct task_struct *thread;
	long pages = 0;

	rcu_read_lock();
	for_each_thread(task, thread)
		if (READ_ONCE(thread->mm) == mm)
			pages += winvm_compat_thread_counter(thread, MM_FILEPAGES) +
				 winvm_compat_thread_counter(thread, MM_ANONPAGES) +
				 winvm_compat_thread_counter(thread, MM_SHMEMPAGES);
	rcu_read_unlock();
	return pages;
}

/* Pages of @mm in memory, exactly; without @owner, which may be NULL, a few may be missing. */
u64 winvm_resident_of(struct mm_struct *mm, struct task_struct *owner)
{
	long pages = owner ? winvm_resident_untold(owner, mm) : 0;

	pages += winvm_compat_mm_counter(mm, MM_FILEPAGES) +
		 winvm_compat_mm_counter(mm, MM_ANONPAGES) +
		 winvm_compat_mm_counter(mm, MM_SHMEMPAGES);
	return max(pages, 0L);
}

/* Linux' own counts in larger steps; what was told once never falls. */
static u64 winvm_peak_resident(struct winvm_process *process, u64 now)
{
	u64 most = max_t(u64, now, get_mm_hiwater_rss(winvm_mm(process)));
	u64 peak = READ_ONCE(process->ws.peak);

	while (most > peak) {
		u64 seen = cmpxchg(&process->ws.peak, peak, most);

		if (seen == peak)
			return most;
		peak = seen;
	}
	return peak;
}

static void winvm_memory_linux(struct winvm_process *process, struct winvm_query_memory *request)
{
	struct mm_struct *mm = winvm_mm(process);
	struct task_struct *owner = winvm_owner_now(mm);
	struct winvm_faults faults = { };
	u64 resident = winvm_resident_of(mm, owner);

	if (owner) {
		winvm_faults_of(owner, &faults);
		put_task_struct(owner);
	}
	request->soft_faults = faults.soft + atomic64_read(&process->ws.brought);
	request->hard_faults = faults.hard;
	request->resident_bytes = resident << PAGE_SHIFT;
	request->peak_resident_bytes = winvm_peak_resident(process, resident) << PAGE_SHIFT;
}

/* Of sections of the page file: what of a view is committed. */
static u64 winvm_view_shared_commit(struct winvm_process *process, const struct winvm_vad *vad)
{
	const struct winvm_span span = { vad->start_vpn, winvm_vad_pages(vad) };

	if (vad->kind != WINVM_VAD_VIEW || winvm_view_of_data(vad->view) ||
	    winvm_view_of_image(vad->view))
		return 0;
	return winvm_vad_committed(process, vad, span);
}

/* One allocation; @vpn moves behind it. */
static int winvm_shared_commit_at(struct winvm_process *process, u64 *vpn, u64 *pages)
{
	struct winvm_vad *vad;
	u64 next_vpn = *vpn;
	int err = winvm_query_lock(process);

	if (err)
		return err;
	err = winvm_look_hold(process, *vpn, &vad, &next_vpn);
	if (!err && vad) {
		next_vpn = vad->end_vpn + 1;
		*pages += winvm_view_shared_commit(process, vad);
		winvm_vad_let_go(process, vad);
	}
	winvm_query_unlock(process);
	*vpn = next_vpn;
	return err;
}

/* SPEC NQ-8. Each view was so at some moment. */
static int winvm_shared_commit(struct winvm_process *process, u64 *pages)
{
	u64 end = winvm_bounds_end(READ_ONCE(process->bounds)) >> PAGE_SHIFT, vpn = 0;
	int err = 0;

	*pages = 0;
	if (!READ_ONCE(process->views))
		return 0;
	while (vpn < end && !err) {
		if (fatal_signal_pending(current))
			return -EINTR;
		err = winvm_shared_commit_at(process, &vpn, pages);
		cond_resched();
	}
	return err;
}

/* winvm_query_memory() - SPEC CC-9, CC-11 */
int winvm_query_memory(struct winvm_process *process, void *arg)
{
	struct winvm_query_memory *request = arg;
	u64 private = 0, shared = 0;
	int err = 0;

	if (request->flags & ~(WINVM_MEMORY_PRIVATE | WINVM_MEMORY_SHARED) ||
	    request->__reserved)
		return -EINVAL;
	if (request->flags & WINVM_MEMORY_PRIVATE)
		err = winvm_ws_private(process, &private);
	if (!err && request->flags & WINVM_MEMORY_SHARED)
		err = winvm_shared_commit(process, &shared);
	if (err)
		return err;
	winvm_memory_linux(process, request);
	request->commit_bytes = READ_ONCE(process->commit.used) << PAGE_SHIFT;
	request->peak_commit_bytes = READ_ONCE(process->commit.peak) << PAGE_SHIFT;
	request->bookkeeping_bytes = READ_ONCE(process->books.used);
	request->peak_bookkeeping_bytes = READ_ONCE(process->books.peak);
	request->private_resident_bytes = private << PAGE_SHIFT;
	request->shared_commit_bytes = shared << PAGE_SHIFT;
	request->status = STATUS_SUCCESS;
	return 0;
}

/* winvm_query_system() - SPEC CC-12, CC-13 */
int winvm_query_system(struct winvm_process *process, void *arg)
{
	struct winvm_query_system *request = arg;
	struct winvm_commit_totals totals;

	if (down_read_killable(&process->call))
		return -EINTR;
	request->ceiling_bytes = winvm_commit_ceiling(process) << PAGE_SHIFT;
	request->left_bytes = winvm_commit_left(process) << PAGE_SHIFT;
	up_read(&process->call);
	winvm_commit_totals(&totals);
	request->commit_bytes = totals.pages << PAGE_SHIFT;
	request->peak_commit_bytes = totals.peak << PAGE_SHIFT;
	request->commit_limit_bytes = totals.limit << PAGE_SHIFT;
	request->memory_bytes = (u64)totalram_pages() << PAGE_SHIFT;
	request->available_bytes = (u64)max(si_mem_available(), 0L) << PAGE_SHIFT;
	request->status = STATUS_SUCCESS;
	return 0;
}
