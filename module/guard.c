// SPDX-License-Identifier: GPL-2.0
/*
 * Guard pages (SPEC GP): the first access takes the guard away and fails,
 * unless the page is one of the thread's own stack (stack.c).
 *
 * A system call that touches one must fail as a whole (SPEC GP-5), but the
 * kernel's copy routines try the rest again after a fault. So for them the
 * guard stays until the thread returns to user mode.
 */

#include <linux/file.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/task_work.h>

#include "roster.h"
#include "trace.h"
#include "winvm.h"

/**
 * struct winvm_guard_later - a guard to take away when a system call is over
 * @work: of the thread that makes the call
 * @file: the arena's file or a view's, a reference; its process is ours
 * @address: where the guard page was touched
 */
struct winvm_guard_later {
	struct callback_head work;
	struct file *file;
	unsigned long address;
};

/*
 * winvm_guard_tell() - somebody ran into a guard page: tell those who listen
 *
 * In a page fault or a call, with none of our locks held. Whether that is told
 * makes no difference to what happens.
 */
void winvm_guard_tell(struct winvm_process *process, unsigned long address, bool overflow)
{
	struct winvm_event *event = winvm_roster_news(process, WINVM_GROUP_GUARD);

	if (!event)
		return;
	event->command = WINVM_NL_CMD_GUARD;
	event->guard.what = overflow ? WINVM_NL_GUARD_STACK : WINVM_NL_GUARD_PAGE;
	event->guard.address = address;
	winvm_event_send(event);
}

/* Return: 0 if it was us who took it away; -EAGAIN, -ENOMEM. */
static int winvm_guard_take(struct winvm_process *process, u64 vpn, winvm_pstate_t state)
{
	return winvm_pstate_cmpxchg(&process->states, vpn, state, state & ~WINVM_PSTATE_GUARD);
}

/* Return: was there one to be taken away? */
static bool winvm_guard_end(struct winvm_process *process, unsigned long address)
{
	u64 vpn = address >> PAGE_SHIFT;
	int err = -EAGAIN;

	while (err == -EAGAIN) {
		winvm_pstate_t state = winvm_pstate_get(&process->states, vpn);

		if (!(state & WINVM_PSTATE_GUARD))
			return false;
		err = winvm_guard_take(process, vpn, state);
	}
	return !err;
}

/* At the return to user mode, or on the thread's way out, when the mm is gone already. */
static void winvm_guard_work(struct callback_head *work)
{
	struct winvm_guard_later *hit = container_of(work, struct winvm_guard_later, work);
	struct winvm_process *process = winvm_fault_owner(hit->file);

	if (current->mm == winvm_mm(process) && winvm_guard_end(process, hit->address))
		winvm_guard_tell(process, hit->address, false);
	fput(hit->file);
	kfree(hit);
}

/*
 * Return: 0; -ENOMEM: the call can fail, and the guard stay; -ESRCH: nobody returns to
 * user mode here, the guard must be taken away at once.
 */
static int winvm_guard_postpone(struct winvm_process *process, struct vm_fault *vmf)
{
	struct winvm_guard_later *hit;

	if (current->mm != winvm_mm(process) || current->flags & PF_KTHREAD)
		return -ESRCH;
	hit = kmalloc(sizeof(*hit), GFP_KERNEL_ACCOUNT);
	if (!hit)
		return -ENOMEM;
	init_task_work(&hit->work, winvm_guard_work);
	hit->file = get_file(vmf->vma->vm_file);
	hit->address = vmf->real_address;
	if (!task_work_add(current, &hit->work, TWA_RESUME))
		return 0;
	fput(hit->file);
	kfree(hit);
	return -ESRCH;
}

/* Take the guard away; what the fault comes to if that was us is @done. */
static vm_fault_t winvm_guard_remove(struct winvm_process *process, struct vm_fault *vmf,
				     winvm_pstate_t state, vm_fault_t done)
{
	int err = winvm_guard_take(process, vmf->address >> PAGE_SHIFT, state);

	if (err == -EAGAIN)
		return VM_FAULT_NOPAGE;
	return err ? VM_FAULT_OOM : done;
}

/* Whoever takes the guard away is the one who ran into it (SPEC GP-1, GP-4). */
static vm_fault_t winvm_guard_hit(struct winvm_process *process, struct vm_fault *vmf,
				  winvm_pstate_t state, bool overflow)
{
	bool user = vmf->flags & FAULT_FLAG_USER;
	int err = user ? -ESRCH : winvm_guard_postpone(process, vmf);
	vm_fault_t ret = VM_FAULT_SIGSEGV;

	if (err == -ENOMEM)
		return VM_FAULT_OOM;
	if (err)
		ret = winvm_guard_remove(process, vmf, state, VM_FAULT_SIGSEGV);
	if (ret != VM_FAULT_SIGSEGV)
		return ret;
	trace_fault(process, vmf->real_address, winvm_fault_access(vmf),
		    overflow ? WINVM_FAULT_STACK_OVERFLOW : WINVM_FAULT_GUARD, 0);
	if (user)
		winvm_exception_note(process, vmf->address, overflow);
	if (err)
		winvm_guard_tell(process, vmf->real_address, overflow);
	return ret;
}

vm_fault_t winvm_guard_fault(struct winvm_process *process, struct vm_fault *vmf,
			     winvm_pstate_t state)
{
	enum winvm_touch touch = winvm_stack_touch(process, vmf);

	switch (touch) {
	case WINVM_TOUCH_AGAIN:
		return VM_FAULT_NOPAGE;
	case WINVM_TOUCH_PASS:
		return winvm_guard_remove(process, vmf, state, VM_FAULT_NOPAGE);
	case WINVM_TOUCH_NO_MEMORY:
		return VM_FAULT_OOM;
	default:
		return winvm_guard_hit(process, vmf, state, touch == WINVM_TOUCH_OVERFLOW);
	}
}
