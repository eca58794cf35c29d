// SPDX-License-Identifier: GPL-2.0
/*
 * Growing stacks: a thread that touches a guard page of its own stack goes on
 * as if nothing had been, and finds the next guard pages below (SPEC ST-3).
 *
 * The fault itself decides nothing: page states come out of 0 under the call
 * lock only, which a fault must not take. It queues work that runs before the
 * thread returns to user mode, and so before the instruction runs again. The
 * work grows the stack; or it leaves a verdict, and the guard in place, for
 * the fault that the instruction then takes again.
 *
 * A system call cannot wait for that. Its access goes on at once, for guard
 * pages are committed, and the stack grows when the call ends. Where there is
 * no room any more it uses the guard pages up without an exception: the
 * thread's own next touch below gets it.
 */

#include <linux/file.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/task_work.h>
#include <linux/uaccess.h>

#include "trace.h"
#include "winvm.h"

/* Bits of a page state that losing the guard leaves alone. */
#define WINVM_KEEP_UNGUARDED	(WINVM_PSTATE_ALL & ~WINVM_PSTATE_GUARD)

/**
 * struct winvm_stack_growth - a stack to grow before its thread goes on
 * @work: of that thread
 * @file: the arena's file or a view's, a reference; its process is ours
 * @vpn: the page touched, the lowest of them if a system call touched several
 * @access: how
 * @user: the thread itself touched it; the guard is still there
 */
struct winvm_stack_growth {
	struct callback_head work;
	struct file *file;
	u64 vpn;
	enum winvm_access access;
	bool user;
};

/* Pages lose their guard. When memory is short they keep it, and the next touch tries again. */
static void winvm_stack_unguard(struct winvm_process *process, struct winvm_span span)
{
	if (!span.pages || winvm_states_prepare_free(process, span))
		return;
	winvm_pstate_update(&process->states, span.vpn, span.pages, WINVM_KEEP_UNGUARDED, 0);
	winvm_states_settle(process);
}

/* Lowest page of those from @vpn down to @lowest that can be used. */
static u64 winvm_stack_reach(struct winvm_process *process, u64 vpn, u64 lowest)
{
	winvm_pstate_t state;

	for (; vpn > lowest; vpn--) {
		state = winvm_pstate_get(&process->states, vpn - 1);
		if (!winvm_pstate_committed(state) || state & WINVM_PSTATE_GUARD)
			break;
		cond_resched();
	}
	return vpn;
}

/*
 * SPEC ST-10, EX-5: what is left of the stack is the handler's, as far as
 * there is memory for it. The page touched keeps its guard, so that the
 * instruction faults again. Return: the new StackLimit, as a page.
 */
static u64 winvm_stack_overflow(struct winvm_process *process, struct winvm_vad *vad,
				const struct winvm_stack_plan *plan)
{
	struct winvm_span above = { plan->touched.vpn + 1, plan->touched.pages - 1 };
	struct winvm_span below = plan->below;

	winvm_stack_unguard(process, above);
	if (below.pages && (plan->room || !winvm_arena_covers(process, below) ||
			    winvm_commit_span(process, vad, below, NT_PAGE_READWRITE)))
		winvm_stack_unguard(process, below);
	return winvm_stack_reach(process, plan->touched.vpn, below.vpn);
}

/* SPEC ST-3, ST-6. All or nothing. */
static u32 winvm_stack_extend(struct winvm_process *process, struct winvm_vad *vad,
			      const struct winvm_stack_plan *plan)
{
	u32 status;

	if (!winvm_arena_covers(process, plan->below))
		return STATUS_CONFLICTING_ADDRESSES;
	status = winvm_states_prepare(process, plan->touched);
	if (status)
		return status;
	status = winvm_commit_span(process, vad, plan->below, NT_PAGE_READWRITE | NT_PAGE_GUARD);
	if (status)
		winvm_states_abandon(process, plan->touched);
	else
		winvm_stack_unguard(process, plan->touched);
	return status;
}

/*
 * Alone. @limit gets the new StackLimit, as a page;
 * it is left alone if StackLimit does not change. Return: the verdict for a
 * thread that touched the page itself.
 */
static enum winvm_touch winvm_stack_settle(struct winvm_process *process,
					   const struct winvm_stack *stack,
					   const struct winvm_stack_growth *growth, u64 *limit)
{
	struct winvm_vad *vad = winvm_vad_holding(process, (struct winvm_span){ growth->vpn, 1 });
	winvm_pstate_t state = winvm_pstate_get(&process->states, growth->vpn);
	struct winvm_stack_plan plan;

	if (!vad || !winvm_pstate_committed(state))
		return WINVM_TOUCH_NONE;	/* gone meanwhile */
	if (vad->kind != WINVM_VAD_PRIVATE)
		return WINVM_TOUCH_ORDINARY;	/* a view never grows */
	if (growth->user && !(state & WINVM_PSTATE_GUARD))
		return WINVM_TOUCH_NONE;	/* another thread was faster */
	winvm_stack_plan(stack, growth->vpn,
			 (struct winvm_span){ vad->start_vpn, winvm_vad_pages(vad) }, &plan);
	*limit = growth->vpn;
	if (plan.room && !winvm_stack_extend(process, vad, &plan)) {
		trace_fault(process, growth->vpn << PAGE_SHIFT, growth->access,
			    WINVM_FAULT_STACK_GROW, plan.below.pages);
		return WINVM_TOUCH_NONE;
	}
	if (!growth->user) {
		winvm_stack_unguard(process, plan.touched);
		return WINVM_TOUCH_NONE;
	}
	*limit = winvm_stack_overflow(process, vad, &plan);
	return WINVM_TOUCH_OVERFLOW;
}

/* Return: the verdict for a thread that touched the page itself. */
static enum winvm_touch winvm_stack_grow(struct winvm_process *process,
					 struct winvm_stack_owner *owner,
					 const struct winvm_stack_growth *growth)
{
	enum winvm_touch verdict = WINVM_TOUCH_OVERFLOW;
	u64 limit = 0;

	if (!winvm_owner_look(owner) ||
	    !winvm_stack_holds(&owner->stack, growth->vpn << PAGE_SHIFT))
		return WINVM_TOUCH_ORDINARY;
	if (winvm_alone(process))
		return WINVM_TOUCH_NONE;
	if (!winvm_arena_verify(process))
		verdict = winvm_stack_settle(process, &owner->stack, growth, &limit);
	winvm_alone_end(process);
	/* A program that hides this word from us has the stack as it wants it. */
	if (limit)
		put_user(limit << PAGE_SHIFT, (u64 __user *)u64_to_user_ptr(owner->at.limit));
	return verdict;
}

static void winvm_stack_resolve(struct winvm_process *process, struct winvm_stack_growth *growth)
{
	struct winvm_stack_owner *owner = winvm_stack_owner(process);
	enum winvm_touch verdict;

	if (!owner || fatal_signal_pending(current))
		return;
	/* Its words may lie in guard pages of the stack: then more work is queued. */
	if (owner->growth == growth)
		owner->growth = NULL;
	verdict = winvm_stack_grow(process, owner, growth);
	owner->vpn = growth->vpn;
	owner->verdict = growth->user ? verdict : WINVM_TOUCH_NONE;
}

/* At the return to user mode, or on the thread's way out, when the mm is gone already. */
static void winvm_stack_work(struct callback_head *work)
{
	struct winvm_stack_growth *growth = container_of(work, struct winvm_stack_growth, work);

	winvm_stack_resolve(winvm_fault_owner(growth->file), growth);
	fput(growth->file);
	kfree(growth);
}

/* Return: 0, -ENOMEM, or -ESRCH when the thread is beyond all that. */
static int winvm_stack_queue(struct winvm_stack_owner *owner, struct vm_fault *vmf)
{
	struct winvm_stack_growth *growth = owner->growth;
	u64 vpn = vmf->address >> PAGE_SHIFT;

	if (growth) {
		growth->vpn = min(growth->vpn, vpn);
		return 0;
	}
	growth = kmalloc(sizeof(*growth), GFP_KERNEL_ACCOUNT);
	if (!growth)
		return -ENOMEM;
	init_task_work(&growth->work, winvm_stack_work);
	growth->file = get_file(vmf->vma->vm_file);
	growth->vpn = vpn;
	growth->access = winvm_fault_access(vmf);
	growth->user = vmf->flags & FAULT_FLAG_USER;
	if (!task_work_add(current, &growth->work, TWA_RESUME)) {
		owner->growth = growth;
		return 0;
	}
	fput(growth->file);
	kfree(growth);
	return -ESRCH;
}

static enum winvm_touch winvm_stack_verdict(struct winvm_stack_owner *owner, u64 vpn)
{
	enum winvm_touch verdict = owner->vpn == vpn ? owner->verdict : WINVM_TOUCH_NONE;

	owner->verdict = WINVM_TOUCH_NONE;
	return verdict;
}

/*
 * winvm_stack_touch() - a guard page was touched: is it of the thread's own stack?
 *
 * In a page fault. Another thread's touch is an ordinary one. Words that are
 * swapped out are read by the work, or for a system call were read before.
 */
enum winvm_touch winvm_stack_touch(struct winvm_process *process, struct vm_fault *vmf)
{
	struct winvm_stack_owner *owner = winvm_stack_owner(process);
	bool user = vmf->flags & FAULT_FLAG_USER, known;
	enum winvm_touch verdict;

	if (!owner)
		return WINVM_TOUCH_ORDINARY;
	verdict = user ? winvm_stack_verdict(owner, vmf->address >> PAGE_SHIFT) : WINVM_TOUCH_NONE;
	if (verdict != WINVM_TOUCH_NONE)
		return verdict;
	known = winvm_owner_peek(owner) || !user;
	if (known && !winvm_stack_holds(&owner->stack, vmf->address & PAGE_MASK))
		return WINVM_TOUCH_ORDINARY;
	switch (winvm_stack_queue(owner, vmf)) {
	case 0:
		return user ? WINVM_TOUCH_AGAIN : WINVM_TOUCH_PASS;
	case -ENOMEM:
		return WINVM_TOUCH_NO_MEMORY;
	default:
		return WINVM_TOUCH_ORDINARY;
	}
}
