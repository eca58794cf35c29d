// SPDX-License-Identifier: GPL-2.0
/*
 * The process object: one for each address space that opened the device or is
 * served by a handle.
 *
 * It is a subscription of the mm's MMU notifiers: the subscription list is the
 * registry (one object for each mm), its user count is our reference count
 * (descriptors, and the arena's file), and it pins the mm's structure. When
 * the mm dies, release() frees the VADs, page states and charges at once,
 * whatever descriptors survive elsewhere; they stand for a dead process then
 * (STATUS_PROCESS_IS_TERMINATING).
 */

#include <linux/cred.h>
#include <linux/file.h>
#include <linux/sched/mm.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>
#include <linux/wait_bit.h>

#include "job.h"
#include "limit.h"
#include "section.h"
#include "winvm.h"

static struct kmem_cache *winvm_vad_cache;
static atomic_t winvm_process_count;

static struct winvm_process *winvm_of_notifier(struct mmu_notifier *notifier)
{
	return container_of(notifier, struct winvm_process, notifier);
}

/* The user who pays: the owner of the address space, not who opened a handle on it. */
static kuid_t winvm_mm_uid(struct mm_struct *mm)
{
	kuid_t uid = current_uid();
#ifdef CONFIG_MEMCG
	struct task_struct *owner;

	rcu_read_lock();
	owner = rcu_dereference(mm->owner);
	if (owner)
		uid = task_uid(owner);
	rcu_read_unlock();
#endif
	return uid;
}

static struct mmu_notifier *winvm_process_alloc(struct mm_struct *mm)
{
	struct winvm_process *process = kzalloc(sizeof(*process), GFP_KERNEL_ACCOUNT);

	if (!process)
		return ERR_PTR(-ENOMEM);
	process->user = winvm_user_get(winvm_mm_uid(mm));
	if (!process->user) {
		kfree(process);
		return ERR_PTR(-ENOMEM);
	}
	init_rwsem(&process->call);
	init_rwsem(&process->look);
	mutex_init(&process->tree);
	init_waitqueue_head(&process->waiting);
	init_rwsem(&process->batch);
	winvm_pstates_init(&process->states);
	process->bounds = winvm_layout_bounds(WINVM_LAYOUT_KIND_64BIT);
	winvm_arena_init(&process->arena, process->bounds);
	xa_init_flags(&process->exceptions, XA_FLAGS_ACCOUNT);
	xa_init_flags(&process->owners, XA_FLAGS_ACCOUNT);
	xa_init_flags(&process->locked, XA_FLAGS_ACCOUNT);
	winvm_ws_init(&process->ws);
	winvm_allowance_init(&process->allowance);
	winvm_limit_init(process);
	winvm_member_enter(process, mm);
	atomic_inc(&winvm_process_count);
	return &process->notifier;
}

/* Called when the last reference is gone and all notifier readers too; must not sleep. */
static void winvm_process_free(struct mmu_notifier *notifier)
{
	struct winvm_process *process = winvm_of_notifier(notifier);

	/* Without an arena the object goes with its last descriptor, before the mm. */
	winvm_roster_leave(process);
	winvm_member_leave(process);
	winvm_owners_forget(process);
	winvm_changes_forget(process);
	winvm_user_put(process->user);
	kfree(process);
	if (atomic_dec_and_test(&winvm_process_count))
		wake_up_var(&winvm_process_count);
}

static struct winvm_span winvm_vad_span(const struct winvm_vad *vad)
{
	return (struct winvm_span){ vad->start_vpn, winvm_vad_pages(vad) };
}

static void winvm_drop_vads(struct winvm_process *process)
{
	struct winvm_vad *vad;

	while ((vad = winvm_vad_first(&process->vads))) {
		winvm_unpin_locked(process, winvm_vad_span(vad));
		if (vad->kind == WINVM_VAD_VIEW)
			winvm_view_drop(process, vad);
		else
			winvm_commit_return(process, vad->committed);
		winvm_charge_sub(&process->virtual, winvm_vad_pages(vad) << PAGE_SHIFT);
		winvm_vad_remove(&process->vads, vad);
		winvm_vad_delete(process, vad);
		cond_resched();
	}
}

/*
 * Mappings hold the file until they are unmapped, and a child's copy of one may
 * outlive us; but nobody's charge covers the pages any more.
 */
static void winvm_drop_file(struct file *file)
{
	if (!file)
		return;
	unmap_mapping_range(file->f_mapping, 0, 0, 0);
	shmem_truncate_range(file_inode(file), 0, (loff_t)-1);
	fput(file);
}

/* The mm is on its way out: nobody acts on it any more, and nobody ever will. */
static void winvm_process_release(struct mmu_notifier *notifier, struct mm_struct *mm)
{
	struct winvm_process *process = winvm_of_notifier(notifier);
	struct winvm_arena *arena = &process->arena;

	winvm_roster_leave(process);
	winvm_drop_vads(process);
	winvm_allowance_end(&process->allowance);
	winvm_member_leave(process);
	winvm_pstates_destroy(&process->states);
	winvm_states_settle(process);
	winvm_owners_forget(process);
	winvm_changes_forget(process);
	xa_destroy(&process->exceptions);
	xa_destroy(&process->locked);
	kvfree(arena->windows.at);
	arena->windows = (struct winvm_windows){ };
	winvm_drop_file(arena->file);
}

static int winvm_process_invalidate(struct mmu_notifier *notifier,
				    const struct mmu_notifier_range *range)
{
	if (range->event == MMU_NOTIFY_UNMAP)
		winvm_arena_unmapped(winvm_of_notifier(notifier), range->start, range->end);
	return 0;
}

static const struct mmu_notifier_ops winvm_process_ops = {
	.release = winvm_process_release,
	.invalidate_range_start = winvm_process_invalidate,
	.alloc_notifier = winvm_process_alloc,
	.free_notifier = winvm_process_free,
};

/* Under mmap_lock for writing: nobody else finds it before it is on the roster. */
static struct winvm_process *winvm_process_enter(struct mm_struct *mm)
{
	struct mmu_notifier *notifier = mmu_notifier_get_locked(&winvm_process_ops, mm);
	int err;

	if (IS_ERR(notifier))
		return ERR_CAST(notifier);
	err = winvm_roster_join(winvm_of_notifier(notifier));
	if (!err)
		return winvm_of_notifier(notifier);
	mmu_notifier_put(notifier);
	return ERR_PTR(err);
}

/*
 * winvm_process_get() - the object of an address space, made if need be
 * @mm: the caller holds mm_users
 *
 * Return: a reference, or an ERR_PTR (-ENOMEM, -EINTR; -ESRCH if it ends).
 */
struct winvm_process *winvm_process_get(struct mm_struct *mm)
{
	struct winvm_process *process;

	if (mmap_write_lock_killable(mm))
		return ERR_PTR(-EINTR);
	process = winvm_process_enter(mm);
	mmap_write_unlock(mm);
	return process;
}

/* Takes no lock that sleeps; the object itself goes after an SRCU grace period. */
void winvm_process_put(struct winvm_process *process)
{
	mmu_notifier_put(&process->notifier);
}

struct winvm_vad *winvm_vad_new(struct winvm_process *process)
{
	struct winvm_vad *vad;

	if (!winvm_books_take(process, sizeof(*vad)))
		return ERR_PTR(-EDQUOT);
	vad = kmem_cache_zalloc(winvm_vad_cache, GFP_KERNEL);
	if (!vad) {
		winvm_books_return(process, sizeof(*vad));
		return ERR_PTR(-ENOMEM);
	}
	return vad;
}

/* Why winvm_vad_new() gave an ERR_PTR (SPEC VA-19). */
u32 winvm_vad_refusal(const struct winvm_vad *vad)
{
	return PTR_ERR(vad) == -EDQUOT ? STATUS_QUOTA_EXCEEDED : STATUS_INSUFFICIENT_RESOURCES;
}

void winvm_vad_delete(struct winvm_process *process, struct winvm_vad *vad)
{
	kmem_cache_free(winvm_vad_cache, vad);
	winvm_books_return(process, sizeof(*vad));
}

int winvm_process_init(void)
{
	winvm_vad_cache = KMEM_CACHE(winvm_vad, SLAB_ACCOUNT);
	return winvm_vad_cache ? 0 : -ENOMEM;
}

/*
 * No descriptor and no mapping is left, else the module could not go. The last
 * objects may still wait for their grace period, and the callback that frees
 * one runs our code: with bottom halves off, so that RCU waits for its end.
 */
void winvm_process_exit(void)
{
	wait_var_event(&winvm_process_count, !atomic_read(&winvm_process_count));
	synchronize_rcu();
	rcu_barrier();
	kmem_cache_destroy(winvm_vad_cache);
}
