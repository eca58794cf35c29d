// SPDX-License-Identifier: GPL-2.0
/* NtAllocateVirtualMemory(Ex): reserve, commit, reset (SPEC 3, 4). */

#include <linux/err.h>
#include <linux/nodemask.h>

#include "section.h"
#include "trace.h"
#include "winvm.h"

/* Pages of a watched allocation begin clean, those that were committed keep their mark. */
static void winvm_commit_watched(struct winvm_process *process, struct winvm_span span,
				 winvm_pstate_t state)
{
	struct winvm_pstates *states = &process->states;
	u64 end = span.vpn + span.pages, vpn, run;

	for (vpn = span.vpn; vpn < end; vpn += run) {
		run = winvm_pstate_run(states, vpn, end - vpn, WINVM_PSTATE_BASE);
		if (winvm_pstate_committed(winvm_pstate_get(states, vpn)))
			winvm_pstate_update(states, vpn, run, WINVM_PSTATE_STAYS, state);
		else
			winvm_pstate_update(states, vpn, run, WINVM_PSTATE_STAYS,
					    state | WINVM_PSTATE_ARMED);
	}
}

/* What can fail comes first. */
static u32 winvm_commit_pages(struct winvm_process *process, struct winvm_vad *vad,
			      struct winvm_span span, u32 protect, u64 *charged)
{
	winvm_pstate_t state = winvm_protect_encode(protect);
	bool exec = winvm_pstate_executable(state);
	struct winvm_pstate_summary before;
	struct winvm_pstate_edit edit;
	u64 fresh;
	u32 status;

	winvm_pstate_begin(&process->states, &edit, span.vpn, span.pages);
	before = winvm_pstate_summarize(&process->states, span.vpn, span.pages);
	fresh = span.pages - before.committed;
	status = before.one_leaf ? STATUS_SUCCESS : winvm_states_prepare(process, span);
	if (!status)
		status = winvm_commit_take(process, fresh);
	if (status)
		goto abandon;
	if (exec || before.any & WINVM_PSTATE_EXECMAP)
		status = winvm_vad_exec(process, vad, span, exec);
	if (status)
		goto uncommit;
	if (vad->flags & WINVM_VAD_WATCH)
		winvm_commit_watched(process, span, state);
	else
		winvm_pstate_update(&process->states, span.vpn, span.pages,
				    WINVM_PSTATE_STAYS, state);
	winvm_pstate_end(&process->states, &edit);
	vad->committed += fresh;
	vad->flags |= WINVM_VAD_TOUCHED;
	*charged = fresh;
	winvm_states_settle(process);
	if (before.committed) {
		winvm_revoke_for(process, span, state);
		winvm_lock_map(process, span);
	}
	return STATUS_SUCCESS;

uncommit:
	winvm_commit_return(process, fresh);
abandon:
	winvm_pstate_end(&process->states, &edit);
	winvm_states_abandon(process, span);
	return status;
}

/*
 * winvm_commit_span() - commit a span of one VAD
 *
 * Or give it a new protection where it is committed
 * (SPEC VA-42, VA-43, VA-52). All or nothing.
 */
u32 winvm_commit_span(struct winvm_process *process, struct winvm_vad *vad,
		      struct winvm_span span, u32 protect)
{
	u64 charged = 0;
	u32 status = winvm_commit_pages(process, vad, span, protect, &charged);

	if (status != WINVM_ALONE)
		trace_commit(process, span.vpn, span.pages, charged, protect, status);
	return status;
}

/* winvm_reserve_span() - the place of a new allocation, mapped (SPEC VA-20 to VA-24) */
u32 winvm_reserve_span(struct winvm_process *process, const struct winvm_alloc_plan *plan,
		       struct winvm_span *span)
{
	struct winvm_vad *vad;

	*span = plan->span;
	if (plan->anywhere)
		return winvm_arena_place(process, plan, &span->vpn);
	vad = winvm_vad_at_or_after(&process->vads, span->vpn);
	if (vad && vad->start_vpn <= winvm_span_last(*span))
		return STATUS_CONFLICTING_ADDRESSES;
	return winvm_arena_cover(process, *span);
}

/* winvm_vad_describe() - make a VAD without committed pages what a plan says */
void winvm_vad_describe(struct winvm_vad *vad, const struct winvm_alloc_plan *plan,
			struct winvm_span span)
{
	vad->start_vpn = span.vpn;
	vad->end_vpn = winvm_span_last(span);
	vad->protect = plan->protect & ~NT_PAGE_TARGETS_INVALID;	/* SPEC PR-8 */
	vad->node = plan->node;
	vad->kind = plan->awe ? WINVM_VAD_AWE : WINVM_VAD_PRIVATE;
	vad->flags = plan->watch ? WINVM_VAD_WATCH : 0;
	if (plan->replace)
		vad->flags |= WINVM_VAD_REPLACED;
	if (plan->placeholder)
		winvm_placeholder_become(vad);
}

static u32 winvm_reserve(struct winvm_process *process, const struct winvm_alloc_plan *plan,
			 struct winvm_span *span)
{
	struct winvm_vad *vad = winvm_vad_new(process);
	u32 status;

	if (IS_ERR(vad))
		return winvm_vad_refusal(vad);
	status = winvm_reserve_span(process, plan, span);
	if (status)
		goto delete_vad;
	winvm_vad_describe(vad, plan, *span);
	if (plan->kind == WINVM_ALLOC_RESERVE_COMMIT) {
		status = winvm_commit_span(process, vad, *span, plan->protect);
		if (status)
			goto delete_vad;
	}
	WARN_ON_ONCE(!winvm_vad_insert(&process->vads, vad));
	winvm_charge_add(&process->virtual, span->pages << PAGE_SHIFT);
	return STATUS_SUCCESS;

delete_vad:
	winvm_vad_delete(process, vad);
	return status;
}

/*
 * winvm_vad_holding() - the one VAD that holds a whole span, where it is still ours
 *
 * NULL for free memory, for more than one VAD, and where Linux has put
 * something else (SPEC VA-41, VP-5).
 */
struct winvm_vad *winvm_vad_holding(struct winvm_process *process, struct winvm_span span)
{
	struct winvm_vad *vad = winvm_vad_find(&process->vads, span.vpn);

	if (!vad || winvm_span_last(span) > vad->end_vpn || !winvm_arena_covers(process, span))
		return NULL;
	return vad;
}

/* The system commits nothing there, nor may it lose anything. */
static bool winvm_vad_of_file(const struct winvm_vad *vad)
{
	return vad->kind == WINVM_VAD_VIEW && vad->view->section->shape.attributes & NT_SEC_FILE;
}

/* winvm_commit_of() - @vad: that has all of what is to be committed; NULL if none has */
u32 winvm_commit_of(struct winvm_process *process, struct winvm_vad *vad,
		    const struct winvm_alloc_plan *plan)
{
	if (vad && winvm_vad_of_file(vad))
		return STATUS_ALREADY_COMMITTED;	/* SPEC VA-47 */
	if (vad && vad->kind == WINVM_VAD_VIEW)
		return winvm_view_commit(process, vad, plan->span, plan->protect);
	if (!winvm_protect_private(plan->protect))
		return STATUS_INVALID_PAGE_PROTECTION;	/* SPEC VA-45 */
	if (!vad || vad->kind != WINVM_VAD_PRIVATE || winvm_placeholder(vad))
		return STATUS_CONFLICTING_ADDRESSES;	/* SPEC VA-41, VA-46, PH-4 */
	return winvm_commit_span(process, vad, plan->span, plan->protect);
}

/* All pages with a byte in the range must be of one VAD; those inside lose their contents. */
static u32 winvm_reset(struct winvm_process *process, const struct winvm_alloc_plan *plan)
{
	struct winvm_vad *vad = winvm_vad_holding(process, plan->span);

	if (vad && winvm_vad_of_file(vad))
		return STATUS_USER_MAPPED_FILE;	/* SPEC MR-7 */
	if (vad && vad->kind == WINVM_VAD_VIEW)
		return STATUS_SUCCESS;	/* SPEC MR-6: contents may go; all of them stay */
	if (!vad || vad->kind != WINVM_VAD_PRIVATE)
		return STATUS_CONFLICTING_ADDRESSES;	/* SPEC MR-1 */
	if (plan->kind == WINVM_ALLOC_RESET_UNDO)
		return winvm_reset_undo(process, plan->span, 0) ? STATUS_SUCCESS :
								  STATUS_UNSUCCESSFUL;
	winvm_reset_span(process, plan->inside);
	return STATUS_SUCCESS;
}

/* winvm_node_valid() - is there such a node? (SPEC NU-1, VX-11) Counted from 1 */
bool winvm_node_valid(u32 node)
{
	return !node || (node <= MAX_NUMNODES && node_online(node - 1));
}

u32 winvm_allocate_plan(struct winvm_process *process, const struct winvm_allocate *request,
			struct winvm_alloc_plan *plan)
{
	struct winvm_alloc_args args = {
		.base = request->base,
		.bytes = request->bytes,
		.zero_bits = request->zero_bits,
		.required = {
			.lowest_address = request->lowest_address,
			.highest_address = request->highest_address,
			.alignment_bytes = request->alignment_bytes,
		},
		.type = request->type,
		.protect = request->protect,
		.node = request->node,
		.extended = request->flags & WINVM_ALLOCATE_EXTENDED,
	};

	if (!winvm_node_valid(request->node))
		return STATUS_INVALID_PARAMETER;
	return winvm_check_allocate(process->bounds, &args, plan);
}

u32 winvm_allocate(struct winvm_process *process, void *arg)
{
	struct winvm_allocate *request = arg;
	struct winvm_alloc_plan plan;
	struct winvm_span span;
	u32 status;

	status = winvm_allocate_plan(process, request, &plan);
	if (status)
		return status;
	span = plan.span;
	switch (plan.kind) {
	case WINVM_ALLOC_RESERVE:
	case WINVM_ALLOC_RESERVE_COMMIT:
		status = plan.replace ? winvm_placeholder_replace(process, &plan) :
					winvm_reserve(process, &plan, &span);
		break;
	case WINVM_ALLOC_COMMIT:
		status = winvm_commit_of(process, winvm_vad_holding(process, plan.span), &plan);
		break;
	default:
		status = winvm_reset(process, &plan);
		break;
	}
	if (status)
		return status;
	request->base = span.vpn << PAGE_SHIFT;
	request->bytes = span.pages << PAGE_SHIFT;
	return STATUS_SUCCESS;
}
