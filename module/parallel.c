// SPDX-License-Identifier: GPL-2.0
/*
 * Calls side by side. Most calls concern one allocation of private memory, and
 * need nothing but that: they have process->call for reading, find their VAD
 * under process->tree, and hold the VAD alone while they work. What needs more,
 * mapping, views, locked pages, placeholders, write watch, is found out before
 * anything has changed; then the call begins anew, alone.
 *
 * Nobody sees half a call: whoever wants to know of a VAD, or to take its
 * place, waits until it is let go. A call holds one VAD at a time, and a wait
 * for one ends when its thread is killed.
 */

#include <linux/err.h>
#include <linux/sched/signal.h>
#include <linux/wait.h>

#include "winvm.h"

/* What is in winvm_vad.held. It becomes FREE without process->tree, all else under it. */
#define WINVM_VAD_FREE		0
#define WINVM_VAD_HELD		1
#define WINVM_VAD_WANTED	2	/* and somebody waits for it */

/* winvm_alone() - no other call runs until winvm_alone_end(), nor a query. Return: 0 or -EINTR */
int winvm_alone(struct winvm_process *process)
{
	if (down_write_killable(&process->call))
		return -EINTR;
	if (!down_write_killable(&process->look))
		return 0;
	up_write(&process->call);
	return -EINTR;
}

void winvm_alone_end(struct winvm_process *process)
{
	up_write(&process->look);
	up_write(&process->call);
}

/* Under process->tree: somebody is going to wait. False if there is nothing to wait for. */
static bool winvm_vad_want(struct winvm_vad *vad)
{
	return READ_ONCE(vad->held) == WINVM_VAD_WANTED ||
	       cmpxchg(&vad->held, WINVM_VAD_HELD, WINVM_VAD_WANTED) != WINVM_VAD_FREE;
}

/*
 * winvm_vad_hold() - hold a VAD that was found under process->tree
 *
 * The count is read before the VAD is wanted, and goes up after it was let go.
 *
 * Return: 0; -EAGAIN when that took a wait, in which process->tree was let go
 * of, so that it is to be found again; -EINTR. Only with 0 is it held still.
 */
int winvm_vad_hold(struct winvm_process *process, struct winvm_vad *vad)
{
	int before;

	/* Pairs with the xchg() in winvm_vad_let_go(). */
	if (likely(!smp_load_acquire(&vad->held)))
		goto hold;
	before = atomic_read(&process->let_go);
	/* The count first: winvm_vad_let_go() lets go before it counts. */
	smp_rmb();
	if (!winvm_vad_want(vad))
		goto hold;
	mutex_unlock(&process->tree);
	return wait_event_killable(process->waiting, atomic_read(&process->let_go) != before) ?
		       -EINTR : -EAGAIN;

hold:
	WRITE_ONCE(vad->held, WINVM_VAD_HELD);
	return 0;
}

/* It may be gone as soon as it is free. */
void winvm_vad_let_go(struct winvm_process *process, struct winvm_vad *vad)
{
	if (likely(xchg(&vad->held, WINVM_VAD_FREE) == WINVM_VAD_HELD))
		return;
	atomic_inc(&process->let_go);
	wake_up_all(&process->waiting);
}

/*
 * winvm_vad_exec() - winvm_arena_exec(), if the call may map
 *
 * Return: WINVM_ALONE if it holds nothing but the VAD.
 */
u32 winvm_vad_exec(struct winvm_process *process, const struct winvm_vad *vad,
		   struct winvm_span span, bool exec)
{
	if (!vad->held)
		return winvm_arena_exec(process, span, exec);
	return winvm_arena_exec_differs(process, span, exec) ? WINVM_ALONE : STATUS_SUCCESS;
}

/* A VAD that is held: is it of the simple kind that calls change side by side? */
static bool winvm_vad_simple(const struct winvm_process *process, const struct winvm_vad *vad)
{
	const u16 special = WINVM_VAD_WATCH | WINVM_VAD_PLACEHOLDER | WINVM_VAD_REPLACED;

	return vad->kind == WINVM_VAD_PRIVATE && !(vad->flags & special) &&
	       !process->locked_pages;
}

/*
 * Hold the VAD that has all of a span; NULL if there is none.
 *
 * Return: 0; -EAGAIN if it is not simple; -EINTR. Only with 0 is it held.
 */
static int winvm_hold_span(struct winvm_process *process, struct winvm_span span,
			   struct winvm_vad **vad)
{
	int err;

	do {
		mutex_lock(&process->tree);
		*vad = winvm_vad_holding(process, span);
		err = *vad ? winvm_vad_hold(process, *vad) : 0;
	} while (err == -EAGAIN);
	if (err)
		return err;
	mutex_unlock(&process->tree);
	if (!*vad || winvm_vad_simple(process, *vad))
		return 0;
	winvm_vad_let_go(process, *vad);
	return -EAGAIN;
}

static void winvm_let_go_span(struct winvm_process *process, struct winvm_vad *vad)
{
	if (vad)
		winvm_vad_let_go(process, vad);
}

/* Under process->tree: is the place of a new VAD known, and covered? Return: as winvm_vad_hold() */
static int winvm_find_place(struct winvm_process *process, const struct winvm_alloc_plan *plan,
			    struct winvm_span *span, u32 *status)
{
	struct winvm_vad *there;
	int err;

	if (plan->anywhere)
		return winvm_arena_room(process, plan, &span->vpn) ? 0 : -ENOSPC;
	there = winvm_vad_at_or_after(&process->vads, span->vpn);
	if (!there || there->start_vpn > winvm_span_last(*span))
		return winvm_arena_covers(process, *span) ? 0 : -ENOSPC;
	/* One that is coming or going is waited for. */
	err = winvm_vad_hold(process, there);
	if (!err) {
		winvm_vad_let_go(process, there);
		*status = STATUS_CONFLICTING_ADDRESSES;
	}
	return err;
}

/* Return: 0 and a status; -ENOSPC if the arena must grow; -EINTR. */
static int winvm_enter(struct winvm_process *process, const struct winvm_alloc_plan *plan,
		       struct winvm_vad *vad, struct winvm_span *span, u32 *status)
{
	int err;

	do {
		*status = STATUS_SUCCESS;
		mutex_lock(&process->tree);
		err = winvm_find_place(process, plan, span, status);
	} while (err == -EAGAIN);
	if (err == -EINTR)
		return err;
	if (!err && !*status) {
		winvm_vad_describe(vad, plan, *span);
		WARN_ON_ONCE(!winvm_vad_insert(&process->vads, vad));
		winvm_charge_add(&process->virtual, span->pages << PAGE_SHIFT);
	}
	mutex_unlock(&process->tree);
	return err;
}

/* A VAD that is held goes. */
static void winvm_leave(struct winvm_process *process, struct winvm_vad *vad)
{
	mutex_lock(&process->tree);
	winvm_vad_remove(&process->vads, vad);
	winvm_charge_sub(&process->virtual, winvm_vad_pages(vad) << PAGE_SHIFT);
	mutex_unlock(&process->tree);
	winvm_vad_let_go(process, vad);
	winvm_vad_delete(process, vad);
}

static bool winvm_reserve_simple(const struct winvm_process *process,
				 const struct winvm_alloc_plan *plan)
{
	return process->arena.file && !plan->replace && !plan->placeholder && !plan->watch &&
	       plan->align_pages <= WINVM_GRANULARITY_PAGES;
}

/* A new VAD is held until its pages are committed, or it is gone again. */
static int winvm_reserve_parallel(struct winvm_process *process,
				  const struct winvm_alloc_plan *plan, struct winvm_span *span,
				  u32 *status)
{
	bool commits = plan->kind == WINVM_ALLOC_RESERVE_COMMIT;
	struct winvm_vad *vad;
	int err;

	if (!winvm_reserve_simple(process, plan))
		return -EAGAIN;
	vad = winvm_vad_new(process);
	if (IS_ERR(vad)) {
		*status = winvm_vad_refusal(vad);
		return 0;
	}
	vad->held = commits ? WINVM_VAD_HELD : WINVM_VAD_FREE;
	err = winvm_enter(process, plan, vad, span, status);
	if (err || *status) {
		winvm_vad_delete(process, vad);
		return err == -ENOSPC ? -EAGAIN : err;
	}
	if (commits) {
		*status = winvm_commit_span(process, vad, *span, plan->protect);
		if (*status)
			winvm_leave(process, vad);
		else
			winvm_vad_let_go(process, vad);
	}
	return 0;
}

static int winvm_commit_parallel(struct winvm_process *process,
				 const struct winvm_alloc_plan *plan, u32 *status)
{
	struct winvm_vad *vad;
	int err = winvm_hold_span(process, plan->span, &vad);

	if (err)
		return err;
	*status = winvm_commit_of(process, vad, plan);
	winvm_let_go_span(process, vad);
	return 0;
}

static int winvm_finish(u32 *status, u32 got)
{
	if (got == WINVM_ALONE)
		return -EAGAIN;
	*status = got;
	return 0;
}

/*
 * winvm_allocate_parallel() - beside other calls; process->call held for reading
 *
 * Return: 0, -EINTR, or -EAGAIN if the call must be alone; nothing has changed then.
 */
int winvm_allocate_parallel(struct winvm_process *process, void *arg)
{
	struct winvm_allocate *request = arg;
	struct winvm_alloc_plan plan;
	struct winvm_span span;
	u32 status;
	int err = 0;

	status = winvm_allocate_plan(process, request, &plan);
	if (status)
		return winvm_finish(&request->status, status);
	span = plan.span;
	switch (plan.kind) {
	case WINVM_ALLOC_RESERVE:
	case WINVM_ALLOC_RESERVE_COMMIT:
		err = winvm_reserve_parallel(process, &plan, &span, &status);
		break;
	case WINVM_ALLOC_COMMIT:
		err = winvm_commit_parallel(process, &plan, &status);
		break;
	default:
		return -EAGAIN;
	}
	if (err || status)
		return err ? err : winvm_finish(&request->status, status);
	request->base = span.vpn << PAGE_SHIFT;
	request->bytes = span.pages << PAGE_SHIFT;
	return winvm_finish(&request->status, STATUS_SUCCESS);
}

/* Find what is to be freed. Return: 0 with process->tree held, or -EINTR. */
static int winvm_free_find(struct winvm_process *process, const struct winvm_free_plan *plan,
			   struct winvm_vad **vad, struct winvm_span *span, u32 *status)
{
	int err;

	do {
		mutex_lock(&process->tree);
		*status = winvm_free_target(process, plan, vad, span);
		err = *vad ? winvm_vad_hold(process, *vad) : 0;
	} while (err == -EAGAIN);
	return err;
}

/* Decommit pages of a VAD that is held, or all of it, which then goes, too. */
static u32 winvm_free_held(struct winvm_process *process, struct winvm_vad *vad,
			   const struct winvm_free_plan *plan, struct winvm_span span)
{
	bool release = plan->kind == WINVM_FREE_RELEASE;
	u32 status = winvm_decommit_span(process, vad, span, release ? 0 : WINVM_PSTATE_LATCHED);

	if (!status && release)
		winvm_leave(process, vad);
	else
		winvm_vad_let_go(process, vad);
	return status;
}

/*
 * Nothing was ever committed in it: one look at the tree is enough. It is held since
 * that look, so nobody waits for it. Lets go of process->tree.
 */
static u32 winvm_free_untouched(struct winvm_process *process, struct winvm_vad *vad,
				struct winvm_span span)
{
	winvm_vad_remove(&process->vads, vad);
	winvm_charge_sub(&process->virtual, span.pages << PAGE_SHIFT);
	mutex_unlock(&process->tree);
	winvm_vad_delete(process, vad);
	return STATUS_SUCCESS;
}

/* A part that is released changes the VAD, and many page tables go by mapping. */
static bool winvm_free_simple(const struct winvm_process *process, const struct winvm_vad *vad,
			      const struct winvm_free_plan *plan, struct winvm_span span)
{
	if (!winvm_vad_simple(process, vad))
		return false;
	return plan->kind != WINVM_FREE_RELEASE ||
	       (span.pages == winvm_vad_pages(vad) &&
		!(vad->flags & WINVM_VAD_TOUCHED && winvm_tables_many(span)));
}

static int winvm_free_one(struct winvm_process *process, const struct winvm_free_plan *plan,
			  struct winvm_span *span, u32 *status)
{
	struct winvm_vad *vad;
	int err = winvm_free_find(process, plan, &vad, span, status);

	if (err)
		return err;
	if (!*status && !winvm_free_simple(process, vad, plan, *span))
		err = -EAGAIN;
	if (!err && !*status && plan->kind == WINVM_FREE_RELEASE &&
	    !(vad->flags & WINVM_VAD_TOUCHED)) {
		*status = winvm_free_untouched(process, vad, *span);
		return 0;
	}
	mutex_unlock(&process->tree);
	if (!err && !*status)
		*status = winvm_free_held(process, vad, plan, *span);
	else
		winvm_let_go_span(process, vad);
	return err;
}

/* winvm_free_parallel() - as winvm_allocate_parallel() */
int winvm_free_parallel(struct winvm_process *process, void *arg)
{
	struct winvm_free *request = arg;
	struct winvm_free_plan plan;
	struct winvm_span span;
	u32 status;
	int err;

	status = winvm_check_free(process->bounds, request->base, request->bytes, request->type,
				  &plan);
	if (status)
		return winvm_finish(&request->status, status);
	if (plan.kind != WINVM_FREE_RELEASE && plan.kind != WINVM_FREE_DECOMMIT)
		return -EAGAIN;
	err = winvm_free_one(process, &plan, &span, &status);
	if (err)
		return err;
	if (!status)
		winvm_free_answer(request, &plan, span);
	return winvm_finish(&request->status, status);
}

/* winvm_protect_parallel() - as winvm_allocate_parallel() */
int winvm_protect_parallel(struct winvm_process *process, void *arg)
{
	struct winvm_protect *request = arg;
	struct winvm_span span;
	struct winvm_vad *vad;
	u32 status;
	int err;

	status = winvm_check_protect(process->bounds, request->base, request->bytes,
				     request->protect, &span);
	if (status)
		return winvm_finish(&request->status, status);
	err = winvm_hold_span(process, span, &vad);
	if (err)
		return err;
	status = winvm_protect_of(process, vad, span, request);
	winvm_let_go_span(process, vad);
	return winvm_finish(&request->status, status);
}
