// SPDX-License-Identifier: GPL-2.0
/*
 * The roster: which address spaces use the module, for those who ask.
 *
 * One is on it from when its object is made until the address space dies, or the
 * object goes before that. A process that closes the device and opens it again
 * may be on it twice for a moment: the identities tell one from the other.
 *
 * Identities only grow, so a walk that goes on behind the last one it saw meets
 * each that stays once, however many come and go.
 */

#include <linux/sched/mm.h>
#include <linux/sched/task.h>
#include <linux/xarray.h>

#include "../uapi/linux/winvm_netlink.h"
#include "limit.h"
#include "roster.h"

/* Entries are taken out by SRCU callbacks, that is with bottom halves off. */
static DEFINE_XARRAY_FLAGS(winvm_roster, XA_FLAGS_LOCK_BH | XA_FLAGS_ACCOUNT);
static atomic_long_t winvm_roster_last = ATOMIC_LONG_INIT(0);
static atomic_t winvm_roster_changes = ATOMIC_INIT(1);

/* Changes whenever the roster does; 0 means to netlink that nobody knows. */
unsigned int winvm_roster_generation(void)
{
	return (unsigned int)atomic_read(&winvm_roster_changes) ?: 1;
}

/* winvm_account_of() - what a process holds now */
void winvm_account_of(const struct winvm_process *process, struct winvm_account *account)
{
	*account = (struct winvm_account){
		.virtual = READ_ONCE(process->virtual.used),
		.peak_virtual = READ_ONCE(process->virtual.peak),
		.commit = READ_ONCE(process->commit.used) << PAGE_SHIFT,
		.peak_commit = READ_ONCE(process->commit.peak) << PAGE_SHIFT,
		.limit = winvm_limit_bytes(READ_ONCE(process->limit)),
		.refusals = (u64)atomic64_read(&process->refusals),
		.books = READ_ONCE(process->books.used),
		.vads = READ_ONCE(process->vads.count),
	};
}

/* winvm_owner_now() - whose address space it is; @mm may lose its owner while threads end */
struct task_struct *winvm_owner_now(struct mm_struct *mm)
{
	struct task_struct *owner = winvm_mm_owner(mm);

	if (!owner && current->mm == mm)
		owner = get_task_struct(current);
	return owner;
}

static struct winvm_event *winvm_roster_event(struct winvm_process *process, unsigned long id)
{
	struct task_struct *owner = winvm_owner_now(winvm_mm(process));
	struct winvm_event *event;

	if (!owner)
		return ERR_PTR(-ESRCH);
	event = winvm_event_new(owner, id);
	put_task_struct(owner);
	return event ?: ERR_PTR(-ENOMEM);
}

/* The one at its end must be told: there is memory for it from the beginning on. */
static void winvm_roster_greet(struct winvm_process *process)
{
	struct winvm_event *event = winvm_roster_event(process, process->farewell->id);

	if (IS_ERR(event)) {
		winvm_event_lost(process->farewell);
		return;
	}
	event->command = WINVM_NL_CMD_ATTACH;
	winvm_event_send(event);
}

/*
 * winvm_roster_join() - enter a process, if it is not there; under its mmap_lock for writing
 *
 * Return: 0, -ENOMEM, -ESRCH.
 */
int winvm_roster_join(struct winvm_process *process)
{
	struct winvm_event *farewell;
	int err;

	lockdep_assert_held_write(&winvm_mm(process)->mmap_lock);
	if (process->farewell)
		return 0;
	farewell = winvm_roster_event(process, atomic_long_inc_return(&winvm_roster_last));
	if (IS_ERR(farewell))
		return PTR_ERR(farewell);
	farewell->command = WINVM_NL_CMD_EXIT;
	err = xa_err(xa_store_bh(&winvm_roster, farewell->id, process, GFP_KERNEL));
	if (err) {
		winvm_event_free(farewell);
		return err;
	}
	process->farewell = farewell;
	atomic_inc(&winvm_roster_changes);
	winvm_roster_greet(process);
	return 0;
}

/*
 * winvm_roster_news() - something happens to a process that is on the roster
 *
 * NULL if nobody listens, or without memory: then it is counted as lost. May be
 * called in a page fault, as winvm_event_try().
 */
struct winvm_event *winvm_roster_news(struct winvm_process *process, enum winvm_group group)
{
	struct task_struct *owner = winvm_owner_now(winvm_mm(process));
	struct winvm_event *event = NULL;

	if (!owner)
		return NULL;
	if (winvm_event_heard(owner, group)) {
		event = winvm_event_try(owner, process->farewell->id);
		if (!event)
			winvm_event_lost(process->farewell);
	}
	put_task_struct(owner);
	if (!event)
		return NULL;
	event->group = group;
	winvm_account_of(process, &event->account);
	return event;
}

/* When nobody can join it any more: the address space dies, or the object goes. */
void winvm_roster_leave(struct winvm_process *process)
{
	struct winvm_event *farewell = process->farewell;

	if (!farewell)
		return;
	process->farewell = NULL;
	xa_erase_bh(&winvm_roster, farewell->id);
	atomic_inc(&winvm_roster_changes);
	winvm_account_of(process, &farewell->account);
	winvm_event_send(farewell);
}

/*
 * winvm_roster_next() - the first one whose identity is above @after
 *
 * Who is on the roster is not freed: the object leaves it before, under its lock.
 *
 * Return: false if there is none; else the caller drops @listed->mm.
 */
bool winvm_roster_next(unsigned long after, struct winvm_listed *listed)
{
	struct winvm_process *process;

	listed->id = after + 1;
	xa_lock_bh(&winvm_roster);
	process = xa_find(&winvm_roster, &listed->id, ULONG_MAX, XA_PRESENT);
	if (process) {
		listed->mm = winvm_mm(process);
		mmgrab(listed->mm);
		winvm_account_of(process, &listed->account);
		listed->brought = atomic64_read(&process->ws.brought);
	}
	xa_unlock_bh(&winvm_roster);
	return process;
}
