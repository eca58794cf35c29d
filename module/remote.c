// SPDX-License-Identifier: GPL-2.0
/*
 * Mapping the arena's file, or a view's, into the address space. A caller of another process
 * cannot map there itself; a kernel worker does it, on behalf of the target:
 * with its credentials, under its limits, charged to its memory cgroup.
 */

#include <linux/completion.h>
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/kref.h>
#include <linux/kthread.h>
#include <linux/memcontrol.h>
#include <linux/mman.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "winvm.h"

/*
 * Our own: a mapping may wait long for a target that holds its mmap_lock. The
 * worker runs where its caller has just gone to sleep, so that no other CPU
 * must be woken, and no other holds the target's translations.
 */
static struct workqueue_struct *winvm_workers;

static int winvm_map_here(const struct winvm_patch *patch)
{
	unsigned long at;

	at = vm_mmap(patch->file, patch->start, patch->bytes, patch->prot,
		     MAP_SHARED | MAP_NORESERVE | patch->fixed, patch->pgoff << PAGE_SHIFT);
	return IS_ERR_VALUE(at) ? (int)at : 0;
}

/**
 * struct winvm_mapping - a mapping that a worker makes
 * @work: queued in winvm_workers
 * @refs: the caller and the worker; the caller may be killed and leave
 * @done: the worker has set @err
 * @process: kept by the file of @patch
 * @patch: what and where, with a reference on its file
 * @abandoned: the caller was killed
 * @err: result
 */
struct winvm_mapping {
	struct work_struct work;
	struct kref refs;
	struct completion done;
	struct winvm_process *process;
	struct winvm_patch patch;
	bool abandoned;
	int err;
};

static void winvm_mapping_free(struct kref *refs)
{
	struct winvm_mapping *mapping = container_of(refs, struct winvm_mapping, refs);

	fput(mapping->patch.file);
	kfree(mapping);
}

/* The task whose limits count: the owner of the mm. NULL when it is gone. */
struct task_struct *winvm_mm_owner(struct mm_struct *mm)
{
	struct task_struct *owner = NULL;
#ifdef CONFIG_MEMCG
	rcu_read_lock();
	owner = rcu_dereference(mm->owner);
	if (owner)
		get_task_struct(owner);
	rcu_read_unlock();
#endif
	return owner;
}

/* The worker's own RLIMIT_AS is no limit. */
static bool winvm_within_limit(struct mm_struct *mm, struct task_struct *owner,
			       const struct winvm_patch *patch)
{
	u64 pages = mm->total_vm + (patch->bytes >> PAGE_SHIFT);

	return patch->fixed == MAP_FIXED || pages <= task_rlimit(owner, RLIMIT_AS) >> PAGE_SHIFT;
}

static int winvm_map_as(struct mm_struct *mm, struct task_struct *owner,
			const struct winvm_patch *patch)
{
	struct mem_cgroup *memcg = get_mem_cgroup_from_mm(mm);
	struct mem_cgroup *old_memcg = set_active_memcg(memcg);
	const struct cred *cred = get_task_cred(owner);
	const struct cred *old_cred = override_creds(cred);
	int err;

	err = winvm_map_here(patch);
	revert_creds(old_cred);
	put_cred(cred);
	set_active_memcg(old_memcg);
	mem_cgroup_put(memcg);
	return err;
}

static int winvm_map_there(struct winvm_mapping *mapping)
{
	struct mm_struct *mm = winvm_mm(mapping->process);
	struct task_struct *owner = winvm_mm_owner(mm);
	int err = -ESRCH;

	if (!owner)
		return err;
	if (!mmget_not_zero(mm))
		goto put_owner;
	err = -ENOMEM;
	if (!READ_ONCE(mapping->abandoned) && winvm_within_limit(mm, owner, &mapping->patch)) {
		kthread_use_mm(mm);
		err = winvm_map_as(mm, owner, &mapping->patch);
		kthread_unuse_mm(mm);
	}
	mmput(mm);
put_owner:
	put_task_struct(owner);
	return err;
}

static void winvm_mapping_work(struct work_struct *work)
{
	struct winvm_mapping *mapping = container_of(work, struct winvm_mapping, work);

	mapping->err = winvm_map_there(mapping);
	complete(&mapping->done);
	kref_put(&mapping->refs, winvm_mapping_free);
}

static struct winvm_mapping *winvm_mapping_new(struct winvm_process *process,
					       const struct winvm_patch *patch)
{
	struct winvm_mapping *mapping = kzalloc(sizeof(*mapping), GFP_KERNEL);

	if (!mapping)
		return NULL;
	INIT_WORK(&mapping->work, winvm_mapping_work);
	kref_init(&mapping->refs);
	init_completion(&mapping->done);
	mapping->process = process;
	mapping->patch = *patch;
	get_file(patch->file);
	return mapping;
}

/*
 * A killed caller leaves the worker alone with its reference. A window that the
 * worker may still map is not known, so it shows nothing; the next search for a
 * hole goes around it. One that it maps over an old one is seen as an unmap of
 * somebody else's, and put right by the next call (mend.c).
 */
static int winvm_map_remote(struct winvm_process *process, const struct winvm_patch *patch)
{
	struct winvm_mapping *mapping = winvm_mapping_new(process, patch);
	int err;

	if (!mapping)
		return -ENOMEM;
	kref_get(&mapping->refs);
	queue_work(winvm_workers, &mapping->work);
	err = wait_for_completion_killable(&mapping->done);
	if (err)
		WRITE_ONCE(mapping->abandoned, true);
	else
		err = mapping->err;
	kref_put(&mapping->refs, winvm_mapping_free);
	return err;
}

/*
 * winvm_map() - map what belongs at a place there; alone
 *
 * Return: 0 or a negative errno; -EEXIST when something is there.
 */
int winvm_map(struct winvm_process *process, const struct winvm_patch *patch)
{
	int err;

	if (current->mm != winvm_mm(process))
		return winvm_map_remote(process, patch);
	WRITE_ONCE(process->arena.mapper, current);
	err = winvm_map_here(patch);
	WRITE_ONCE(process->arena.mapper, NULL);
	return err;
}

int winvm_remote_init(void)
{
	winvm_workers = alloc_workqueue("winvm", 0, 0);
	return winvm_workers ? 0 : -ENOMEM;
}

void winvm_remote_exit(void)
{
	destroy_workqueue(winvm_workers);
}
