// SPDX-License-Identifier: GPL-2.0
/*
 * Threads that have told where their stack is: not the bounds themselves, but
 * where the words of their TEB lie. These are read when a guard page is hit,
 * as NT does, so that a program may change them as it likes (SPEC ST-8, ST-9).
 *
 * Nobody but the thread itself uses its entry, so there is no lock on it. It
 * outlives the thread: a thread that ends tells nobody. The next one to come
 * with its number is not taken for it, and when there are many entries those
 * of the dead are looked for and go.
 */

#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "winvm.h"

/* An entry may need a node of the xarray for itself. */
#define WINVM_OWNER_BYTES	(sizeof(struct winvm_stack_owner) + sizeof(struct xa_node))

/* So many entries are not worth a search for dead ones. */
#define WINVM_OWNERS_FEW	64U

/* The calling thread's entry. NULL also while it acts on another address space. */
struct winvm_stack_owner *winvm_stack_owner(struct winvm_process *process)
{
	struct winvm_stack_owner *owner;

	if (xa_empty(&process->owners) || current->mm != winvm_mm(process) ||
	    current->flags & PF_KTHREAD)
		return NULL;
	/* One of a dead thread with our number may be freed now; ours only by us. */
	rcu_read_lock();
	owner = xa_load(&process->owners, current->pid);
	if (owner && owner->began != current->start_boottime)
		owner = NULL;
	rcu_read_unlock();
	return owner;
}

typedef unsigned long winvm_read_user(void *to, const void __user *from, size_t bytes);

static unsigned long winvm_read_now(void *to, const void __user *from, size_t bytes)
{
	return copy_from_user_nofault(to, from, bytes) ? bytes : 0;
}

static unsigned long winvm_read_sleeping(void *to, const void __user *from, size_t bytes)
{
	return copy_from_user(to, from, bytes);
}

static bool winvm_owner_read(struct winvm_stack_owner *owner, winvm_read_user *read)
{
	const struct winvm_stack_words *at = &owner->at;
	struct winvm_stack stack;

	if (read(&stack.base, u64_to_user_ptr(at->base), sizeof(stack.base)) ||
	    read(&stack.limit, u64_to_user_ptr(at->limit), sizeof(stack.limit)) ||
	    read(&stack.deallocation, u64_to_user_ptr(at->deallocation),
		 sizeof(stack.deallocation)) ||
	    read(&stack.guarantee, u64_to_user_ptr(at->guarantee), sizeof(stack.guarantee)))
		return false;
	owner->stack = stack;
	return true;
}

/*
 * In a page fault. Return: false if a word is not in memory right now; what
 * was seen before is kept then.
 */
bool winvm_owner_peek(struct winvm_stack_owner *owner)
{
	return winvm_owner_read(owner, winvm_read_now);
}

/* Without locks: the words may have to come from swap, or from a FUSE server. */
bool winvm_owner_look(struct winvm_stack_owner *owner)
{
	return winvm_owner_read(owner, winvm_read_sleeping);
}

static bool winvm_owner_lives(unsigned long tid, const struct winvm_stack_owner *owner)
{
	struct task_struct *task;
	bool lives;

	rcu_read_lock();
	task = pid_task(find_pid_ns(tid, &init_pid_ns), PIDTYPE_PID);
	lives = task && task->start_boottime == owner->began;
	rcu_read_unlock();
	return lives;
}

static void winvm_owner_free(struct winvm_process *process, struct winvm_stack_owner *owner)
{
	kfree_rcu(owner, rcu);
	winvm_books_return(process, WINVM_OWNER_BYTES);
}

static void winvm_owners_sweep(struct winvm_process *process)
{
	struct winvm_stack_owner *owner;
	unsigned long tid;

	lockdep_assert_held(&process->owners.xa_lock);
	xa_for_each(&process->owners, tid, owner) {
		if (winvm_owner_lives(tid, owner))
			continue;
		__xa_erase(&process->owners, tid);
		process->owner_count--;
		winvm_owner_free(process, owner);
	}
	process->owner_many = max(2 * process->owner_count, WINVM_OWNERS_FEW);
}

/* Put @owner, or nothing, in the calling thread's place. Return: 0 or -ENOMEM. */
static int winvm_owner_replace(struct winvm_process *process, struct winvm_stack_owner *owner)
{
	struct winvm_stack_owner *old;

	xa_lock(&process->owners);
	if (owner && process->owner_count >= process->owner_many)
		winvm_owners_sweep(process);
	old = __xa_store(&process->owners, current->pid, owner, GFP_KERNEL);
	if (!xa_is_err(old))
		process->owner_count += !!owner - !!old;
	xa_unlock(&process->owners);
	if (xa_is_err(old))
		return xa_err(old);
	if (old)
		winvm_owner_free(process, old);
	return 0;
}

static u32 winvm_owner_register(struct winvm_process *process, const struct winvm_thread *request)
{
	struct winvm_stack_owner *owner;

	if (!winvm_books_take(process, WINVM_OWNER_BYTES))
		return STATUS_QUOTA_EXCEEDED;
	owner = kzalloc(sizeof(*owner), GFP_KERNEL_ACCOUNT);
	if (!owner)
		goto failed;
	owner->began = current->start_boottime;
	owner->at = (struct winvm_stack_words){
		.base = request->stack_base_at,
		.limit = request->stack_limit_at,
		.deallocation = request->deallocation_stack_at,
		.guarantee = request->guarantee_at,
	};
	if (!winvm_owner_replace(process, owner)) {
		winvm_owner_look(owner);	/* for a peek that fails */
		return STATUS_SUCCESS;
	}
	kfree(owner);
failed:
	winvm_books_return(process, WINVM_OWNER_BYTES);
	return STATUS_INSUFFICIENT_RESOURCES;
}

/* winvm_thread() - the calling thread tells where its words are, or takes that back */
int winvm_thread(struct winvm_process *process, void *arg)
{
	struct winvm_thread *request = arg;
	u64 any = request->stack_base_at | request->stack_limit_at |
		  request->deallocation_stack_at | request->guarantee_at;

	if (request->stack_base_at && request->stack_limit_at &&
	    request->deallocation_stack_at && request->guarantee_at)
		request->status = winvm_owner_register(process, request);
	else if (any)
		request->status = STATUS_INVALID_PARAMETER;
	else
		request->status = winvm_owner_replace(process, NULL) ?
				  STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
	return 0;
}

/* Nobody is left who could look for an entry. Must not sleep. */
void winvm_owners_forget(struct winvm_process *process)
{
	struct winvm_stack_owner *owner;
	unsigned long tid;

	xa_for_each(&process->owners, tid, owner)
		winvm_owner_free(process, owner);
	xa_destroy(&process->owners);
}
