// SPDX-License-Identifier: GPL-2.0
/* NtFreeVirtualMemory: decommit, release, release a part (SPEC 5). */

#include <linux/err.h>

#include "trace.h"
#include "winvm.h"

/*
 * winvm_free_target() - which VAD, and which pages of it (SPEC VF-6 to VF-10)
 * @target: out: the VAD at the address, also where it is refused; NULL if none is
 */
u32 winvm_free_target(struct winvm_process *process, const struct winvm_free_plan *plan,
		      struct winvm_vad **target, struct winvm_span *span)
{
	struct winvm_vad *vad = winvm_vad_find(&process->vads, plan->span.vpn);

	*target = vad;
	if (!vad)
		return STATUS_MEMORY_NOT_ALLOCATED;
	*span = plan->span;
	if (plan->whole)
		span->pages = winvm_vad_pages(vad);
	if (!plan->whole && winvm_span_last(*span) > vad->end_vpn)
		return STATUS_UNABLE_TO_FREE_VM;
	if (vad->kind == WINVM_VAD_VIEW)
		return STATUS_UNABLE_TO_DELETE_SECTION;	/* SPEC VF-8, SE-27 */
	if (plan->whole && span->vpn != vad->start_vpn)
		return STATUS_FREE_VM_NOT_AT_BASE;
	if (plan->kind == WINVM_FREE_DECOMMIT && vad->kind == WINVM_VAD_AWE)
		return STATUS_MEMORY_NOT_ALLOCATED;
	return STATUS_SUCCESS;
}

/* At the limit of VMAs the pages stay where they are; EXECMAP remembers it. */
static u32 winvm_decommit_exec(struct winvm_process *process, const struct winvm_vad *vad,
			       struct winvm_span span, winvm_pstate_t *stays)
{
	u32 status = winvm_vad_exec(process, vad, span, false);

	if (status == WINVM_ALONE)
		return status;
	if (status)
		*stays |= WINVM_PSTATE_EXECMAP;
	return STATUS_SUCCESS;
}

/*
 * winvm_decommit_span() - pages back to Linux, charge back to the system, states back to reserved
 * (SPEC VF-22, VF-23, VF-29). Only memory for an edge of the page states can
 * be short, and nothing is changed then.
 * @stays: bits of the states that outlive it: WINVM_PSTATE_LATCHED, or 0 when
 *	the allocation ends, too
 */
u32 winvm_decommit_span(struct winvm_process *process, struct winvm_vad *vad,
			struct winvm_span span, winvm_pstate_t stays)
{
	struct winvm_pstate_summary before;
	struct winvm_pstate_edit edit;
	u32 status = STATUS_SUCCESS;

	if (!(vad->flags & WINVM_VAD_TOUCHED))
		return STATUS_SUCCESS;
	winvm_pstate_begin(&process->states, &edit, span.vpn, span.pages);
	before = winvm_pstate_summarize(&process->states, span.vpn, span.pages);
	if (!before.one_leaf)
		status = winvm_states_prepare_free(process, span);
	if (!status)
		winvm_unlock_span(process, span);
	if (!status && before.any & WINVM_PSTATE_EXECMAP)
		status = winvm_decommit_exec(process, vad, span, &stays);
	if (status) {
		winvm_pstate_end(&process->states, &edit);
		winvm_states_abandon(process, span);
		return status;
	}
	winvm_pstate_change(&process->states, span.vpn, span.pages, before.any & stays, 0);
	winvm_pstate_end(&process->states, &edit);
	winvm_pstate_keep(&process->states, span.vpn, span.pages);
	winvm_revoke_contents(process, span);
	vad->committed -= before.committed;
	winvm_commit_return(process, before.committed);
	winvm_states_settle(process);
	trace_decommit(process, span.vpn, span.pages, before.committed);
	return STATUS_SUCCESS;
}

/* The part of a VAD behind a released middle is a VAD of its own (SPEC VF-25). */
static void winvm_split_tail(struct winvm_process *process, struct winvm_vad *vad,
			     struct winvm_vad *tail, u64 tail_vpn)
{
	struct winvm_pstate_summary summary;

	tail->start_vpn = tail_vpn;
	tail->end_vpn = vad->end_vpn;
	tail->protect = vad->protect;
	tail->node = vad->node;
	tail->kind = vad->kind;
	tail->flags = vad->flags;
	summary = winvm_pstate_summarize(&process->states, tail_vpn, winvm_vad_pages(tail));
	tail->committed = summary.committed;
	vad->committed -= summary.committed;
}

static void winvm_release_pages(struct winvm_process *process, struct winvm_vad *vad,
				struct winvm_vad *tail, struct winvm_span span)
{
	struct winvm_vad_tree *vads = &process->vads;
	u64 last = winvm_span_last(span);

	if (tail) {
		winvm_split_tail(process, vad, tail, last + 1);
		winvm_vad_trim(vads, vad, vad->start_vpn, span.vpn - 1);
		WARN_ON_ONCE(!winvm_vad_insert(vads, tail));
	} else if (span.vpn > vad->start_vpn) {
		winvm_vad_trim(vads, vad, vad->start_vpn, span.vpn - 1);
	} else if (last < vad->end_vpn) {
		winvm_vad_trim(vads, vad, last + 1, vad->end_vpn);
	} else {
		winvm_vad_remove(vads, vad);
		winvm_vad_delete(process, vad);
	}
	winvm_charge_sub(&process->virtual, span.pages << PAGE_SHIFT);
}

/* SPEC VF-24, VF-25: a head, a tail, a middle or all, in whatever state. */
static u32 winvm_release_span(struct winvm_process *process, struct winvm_vad *vad,
			      struct winvm_span span)
{
	bool middle = span.vpn > vad->start_vpn && winvm_span_last(span) < vad->end_vpn;
	struct winvm_vad *tail = middle ? winvm_vad_new(process) : NULL;
	u32 status;

	if (IS_ERR(tail))
		return winvm_vad_refusal(tail);
	status = winvm_decommit_span(process, vad, span, 0);
	if (status) {
		if (tail)
			winvm_vad_delete(process, tail);
		return status;
	}
	if (vad->flags & WINVM_VAD_TOUCHED)
		winvm_tables_return(process, span);
	winvm_release_pages(process, vad, tail, span);
	return STATUS_SUCCESS;
}

/* All but coalescing concern one VAD. */
static u32 winvm_free_plan(struct winvm_process *process, const struct winvm_free_plan *plan,
			   struct winvm_span *span)
{
	struct winvm_vad *vad;
	u32 status;

	*span = plan->span;
	if (plan->kind == WINVM_FREE_COALESCE)
		return winvm_placeholder_coalesce(process, *span);
	status = winvm_free_target(process, plan, &vad, span);
	if (status)
		return status;
	switch (plan->kind) {
	case WINVM_FREE_DECOMMIT:
		return winvm_decommit_span(process, vad, *span, WINVM_PSTATE_LATCHED);
	case WINVM_FREE_PRESERVE:
		return winvm_placeholder_preserve(process, vad, *span);
	default:
		return winvm_release_span(process, vad, *span);
	}
}

/* winvm_free_answer() - what a call that has freed memory tells */
void winvm_free_answer(struct winvm_free *request, const struct winvm_free_plan *plan,
		       struct winvm_span span)
{
	request->base = span.vpn << PAGE_SHIFT;
	request->bytes = span.pages << PAGE_SHIFT;
	if (plan->whole && plan->kind == WINVM_FREE_DECOMMIT)
		request->bytes = 0;	/* SPEC VF-21 */
}

u32 winvm_free(struct winvm_process *process, void *arg)
{
	struct winvm_free *request = arg;
	struct winvm_free_plan plan;
	struct winvm_span span;
	u32 status;

	status = winvm_check_free(process->bounds, request->base, request->bytes, request->type,
				  &plan);
	if (!status)
		status = winvm_free_plan(process, &plan, &span);
	if (status)
		return status;
	winvm_free_answer(request, &plan, span);
	return STATUS_SUCCESS;
}
