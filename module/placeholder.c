// SPDX-License-Identifier: GPL-2.0
/*
 * Placeholders (SPEC 4.2): what the calls do to them. Splitting and coalescing
 * change VADs and nothing else; a placeholder has no page that could be mapped.
 */

#include <linux/err.h>
#include <linux/sched.h>

#include "winvm.h"

/* winvm_placeholder_find() - the placeholder of exactly these pages, mapped (SPEC PH-5, PH-17) */
u32 winvm_placeholder_find(struct winvm_process *process, struct winvm_span span,
			   struct winvm_vad **placeholder)
{
	*placeholder = winvm_placeholder_exact(&process->vads, span);
	if (!*placeholder)
		return STATUS_CONFLICTING_ADDRESSES;
	/* Others may have unmapped it, or taken its place. */
	return winvm_arena_cover(process, span);
}

/* SPEC PH-5, PH-6. No VAD is made: the placeholder's own turns into another. */
u32 winvm_placeholder_replace(struct winvm_process *process, const struct winvm_alloc_plan *plan)
{
	struct winvm_vad *vad;
	u32 status = winvm_placeholder_find(process, plan->span, &vad);

	if (status)
		return status;
	winvm_vad_describe(vad, plan, plan->span);
	if (plan->kind == WINVM_ALLOC_RESERVE_COMMIT)
		status = winvm_commit_span(process, vad, plan->span, plan->protect);
	if (status)
		winvm_placeholder_become(vad);
	return status;
}

/* SPEC VA-19: VADs that are needed more are there before anything is changed. */
static u32 winvm_pieces_new(struct winvm_process *process, struct winvm_vad **pieces,
			    unsigned int count)
{
	unsigned int made;
	u32 status;

	for (made = 0; made < count; made++) {
		pieces[made] = winvm_vad_new(process);
		if (IS_ERR(pieces[made]))
			break;
	}
	if (made == count)
		return STATUS_SUCCESS;
	status = winvm_vad_refusal(pieces[made]);
	while (made)
		winvm_vad_delete(process, pieces[--made]);
	return status;
}

/* What was counted in the old VAD and lies in the part behind now. */
static void winvm_recount(struct winvm_process *process, struct winvm_vad *vad,
			  struct winvm_vad *behind)
{
	struct winvm_pstate_summary summary;

	summary = winvm_pstate_summarize(&process->states, behind->start_vpn,
					 winvm_vad_pages(behind));
	behind->committed = summary.committed;
	vad->committed -= summary.committed;
}

/*
 * winvm_placeholder_preserve() - free a span of a VAD, but keep its addresses as
 * a placeholder (SPEC PH-7 to PH-10)
 */
u32 winvm_placeholder_preserve(struct winvm_process *process, struct winvm_vad *vad,
			       struct winvm_span span)
{
	unsigned int count = winvm_vad_pieces(vad, span);
	struct winvm_vad *pieces[2];
	u32 status = winvm_placeholder_check_preserve(vad, span);

	if (!status)
		status = winvm_pieces_new(process, pieces, count);
	if (status)
		return status;
	status = winvm_decommit_span(process, vad, span, 0);
	if (status) {
		while (count)
			winvm_vad_delete(process, pieces[--count]);
		return status;
	}
	winvm_placeholder_become(winvm_vad_carve(&process->vads, vad, span, pieces));
	if (count == 2 && vad->committed)
		winvm_recount(process, vad, pieces[1]);
	return STATUS_SUCCESS;
}

/*
 * winvm_placeholder_coalesce() - make two or more adjacent placeholders one (SPEC PH-13)
 *
 * It takes as long as there are placeholders, each of which a call made and
 * the quota allowed.
 */
u32 winvm_placeholder_coalesce(struct winvm_process *process, struct winvm_span span)
{
	struct winvm_vad *vad;
	u32 status = winvm_placeholder_check_coalesce(&process->vads, span, &vad);

	if (status)
		return status;
	while (vad->end_vpn < winvm_span_last(span)) {
		winvm_vad_delete(process, winvm_placeholder_absorb(&process->vads, vad));
		cond_resched();
	}
	return STATUS_SUCCESS;
}
