// SPDX-License-Identifier: GPL-2.0
/*
 * OfferVirtualMemory, ReclaimVirtualMemory, DiscardVirtualMemory (SPEC 8.4).
 *
 * An offered page is one that was reset (reset.c), and that nobody has access
 * to until it is reclaimed. Nobody can write it, so its marks keep until then,
 * and what a success of reclaiming says is true: a page is made safe before
 * anybody has access to it again.
 *
 * The priority has no use: Linux asks nobody which of the clean pages to drop
 * first.
 */

#include "winvm.h"

/* The pages must be committed ones of one private allocation (SPEC OF-1, OF-5). */
static u32 winvm_offer_check(struct winvm_process *process, const struct winvm_offer *request,
			     struct winvm_span *span)
{
	struct winvm_vad *vad;
	u32 status;

	status = winvm_check_offer(process->bounds, request->base, request->bytes, span);
	if (status)
		return status;
	vad = winvm_vad_holding(process, *span);
	if (!vad || vad->kind != WINVM_VAD_PRIVATE)
		return STATUS_CONFLICTING_ADDRESSES;
	if (winvm_pstate_summarize(&process->states, span->vpn, span->pages).committed !=
	    span->pages)
		return STATUS_NOT_COMMITTED;
	return STATUS_SUCCESS;
}

/*
 * SPEC OF-2, OF-6. No access first, then nothing to be written to swap: what
 * was written before is all there, or is told as lost.
 */
u32 winvm_offer(struct winvm_process *process, void *arg)
{
	struct winvm_offer *request = arg;
	struct winvm_span span;
	u32 status;

	if (!winvm_offer_priority_valid(request->priority))
		return STATUS_INVALID_PARAMETER;	/* SPEC DG-8 */
	status = winvm_offer_check(process, request, &span);
	if (!status)
		status = winvm_states_prepare(process, span);
	if (status)
		return status;
	winvm_unlock_span(process, span);	/* SPEC VL-18 */
	winvm_pstate_update(&process->states, span.vpn, span.pages,
			    WINVM_PSTATE_ALL ^ WINVM_PSTATE_LOCKED, WINVM_PSTATE_OFFERED);
	winvm_entries_age(process, span);
	winvm_revoke_access(process, span);
	winvm_reset_span(process, span);
	winvm_states_settle(process);
	return STATUS_SUCCESS;
}

/* SPEC OF-3. Pages that were not offered stay as they are, and lose nothing. */
u32 winvm_reclaim(struct winvm_process *process, void *arg)
{
	struct winvm_span span;
	bool intact;
	u32 status;

	status = winvm_offer_check(process, arg, &span);
	if (!status)
		status = winvm_states_prepare_free(process, span);
	if (status)
		return status;
	intact = winvm_reset_undo(process, span, WINVM_PSTATE_OFFERED);
	winvm_pstate_update(&process->states, span.vpn, span.pages,
			    WINVM_PSTATE_ALL ^ WINVM_PSTATE_OFFERED, 0);
	winvm_states_settle(process);
	return intact ? STATUS_SUCCESS : STATUS_DEVICE_BUSY;
}

static bool winvm_all_readwrite(struct winvm_process *process, struct winvm_span span)
{
	winvm_pstate_t first = winvm_pstate_get(&process->states, span.vpn);

	return (first & WINVM_PSTATE_VISIBLE) == WINVM_BASE_READWRITE &&
	       winvm_pstate_run(&process->states, span.vpn, span.pages,
				WINVM_PSTATE_VISIBLE) == span.pages;
}

/*
 * SPEC OF-4, DG-23. Afterwards the pages are as freshly committed ones, but
 * for the marks of a write watch: neither locked nor offered.
 */
u32 winvm_discard(struct winvm_process *process, void *arg)
{
	struct winvm_span span;
	u32 status;

	status = winvm_offer_check(process, arg, &span);
	if (!status && !winvm_all_readwrite(process, span))
		status = STATUS_INVALID_PAGE_PROTECTION;
	if (!status)
		status = winvm_states_prepare_free(process, span);
	if (status)
		return status;
	winvm_unlock_span(process, span);
	winvm_pstate_update(&process->states, span.vpn, span.pages,
			    WINVM_PSTATE_ALL ^ (WINVM_PSTATE_LOCKED | WINVM_PSTATE_OFFERED |
						WINVM_PSTATE_RESET | WINVM_PSTATE_LOST), 0);
	winvm_revoke_contents(process, span);
	winvm_states_settle(process);
	return STATUS_SUCCESS;
}
