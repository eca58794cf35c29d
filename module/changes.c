// SPDX-License-Identifier: GPL-2.0
/*
 * What enters the working set (SPEC WS-19): while a process is watched, each
 * fault that brings one of its pages back leaves a record. There is room for
 * so many; what comes after that is counted only, until somebody takes them.
 */

#include <linux/mm.h>
#include <linux/ptrace.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "winvm.h"

/* With these a struct winvm_changes takes 32 KB, which kmalloc serves without waste. */
#define WINVM_CHANGES_MOST	1000U

/**
 * struct winvm_changes - the records of a process
 * @lock: guards all that follows
 * @told: somebody takes the records: there will be no others until it is done
 * @count: how many there are
 * @lost: how many had no room
 * @faults: the records
 */
struct winvm_changes {
	spinlock_t lock;	/* a leaf */
	bool told;
	u32 count;
	u64 lost;
	struct winvm_ws_fault faults[WINVM_CHANGES_MOST];
};

static void winvm_changes_record(struct winvm_changes *changes, const struct winvm_ws_fault *fault)
{
	spin_lock(&changes->lock);
	if (!changes->told) {
		if (changes->count < WINVM_CHANGES_MOST)
			changes->faults[changes->count++] = *fault;
		else
			changes->lost++;
	}
	spin_unlock(&changes->lock);
}

/*
 * winvm_changes_note() - a page is about to be mapped
 *
 * In a page fault. A worker of io_uring is at no instruction, and tells nothing.
 */
void winvm_changes_note(struct winvm_process *process, const struct vm_fault *vmf)
{
	/* Pairs with winvm_changes_begin(). */
	struct winvm_changes *changes = smp_load_acquire(&process->ws.changes);
	struct winvm_ws_fault fault = {
		.pc = instruction_pointer(task_pt_regs(current)),
		.address = vmf->real_address,
		.thread = task_pid_vnr(current),
	};

	if (changes && fault.pc)
		winvm_changes_record(changes, &fault);
}

static void winvm_changes_clear(struct winvm_changes *changes)
{
	spin_lock(&changes->lock);
	if (!changes->told) {
		changes->count = 0;
		changes->lost = 0;
	}
	spin_unlock(&changes->lock);
}

/* Alone. */
static u32 winvm_changes_begin(struct winvm_process *process)
{
	struct winvm_changes *changes = process->ws.changes;

	if (changes) {
		winvm_changes_clear(changes);
		return STATUS_SUCCESS;
	}
	if (!winvm_books_take(process, sizeof(*changes)))
		return STATUS_QUOTA_EXCEEDED;
	changes = kzalloc(sizeof(*changes), GFP_KERNEL_ACCOUNT);
	if (!changes) {
		winvm_books_return(process, sizeof(*changes));
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	spin_lock_init(&changes->lock);
	/* Pairs with winvm_changes_note(). */
	smp_store_release(&process->ws.changes, changes);
	winvm_ws_attend(process);
	return STATUS_SUCCESS;
}

/* Nobody is left who could fault or ask. Must not sleep. */
void winvm_changes_forget(struct winvm_process *process)
{
	struct winvm_changes *changes = process->ws.changes;

	if (!changes)
		return;
	process->ws.changes = NULL;
	kfree(changes);
	winvm_books_return(process, sizeof(*changes));
}

/* Are there records that have room, and does nobody else take them? */
static u32 winvm_changes_claim(struct winvm_changes *changes,
			       struct winvm_watch_working_set *request)
{
	u64 need;
	u32 status = STATUS_SUCCESS;

	spin_lock(&changes->lock);
	need = (changes->count + 1ULL) * request->entry_bytes;
	if (changes->told || !changes->count)
		status = STATUS_NO_MORE_ENTRIES;
	else if (request->bytes < need)
		status = STATUS_BUFFER_TOO_SMALL;
	else
		changes->told = true;
	spin_unlock(&changes->lock);
	if (status != STATUS_NO_MORE_ENTRIES)
		request->bytes = need;
	return status;
}

/* The records of a claim are its own, and one that tells what was lost ends them. */
static int winvm_changes_put(const struct winvm_changes *changes,
			     const struct winvm_watch_working_set *request)
{
	struct winvm_ws_fault end = { .address = changes->lost };
	void __user *user = u64_to_user_ptr(request->buffer);
	u32 i;

	for (i = 0; i <= changes->count; i++)
		if (copy_to_user(user + i * request->entry_bytes,
				 i < changes->count ? &changes->faults[i] : &end,
				 request->entry_bytes))
			return -EFAULT;
	return 0;
}

static int winvm_changes_take(struct winvm_process *process,
			      struct winvm_watch_working_set *request)
{
	/* Pairs with winvm_changes_begin(). */
	struct winvm_changes *changes = smp_load_acquire(&process->ws.changes);
	int err;

	request->status = changes ? winvm_changes_claim(changes, request) : STATUS_UNSUCCESSFUL;
	if (request->status)
		return 0;
	err = winvm_changes_put(changes, request);
	spin_lock(&changes->lock);
	changes->told = false;
	if (!err) {
		changes->count = 0;
		changes->lost = 0;
	}
	spin_unlock(&changes->lock);
	return err;
}

int winvm_watch_working_set(struct winvm_process *process, void *arg)
{
	struct winvm_watch_working_set *request = arg;

	if (request->operation == WINVM_CHANGES_TAKE)
		return winvm_changes_take(process, request);
	if (winvm_alone(process))
		return -EINTR;
	request->status = winvm_changes_begin(process);
	winvm_alone_end(process);
	return 0;
}
