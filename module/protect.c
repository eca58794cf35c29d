// SPDX-License-Identifier: GPL-2.0
/* NtProtectVirtualMemory (SPEC 6). */

#include "section.h"
#include "winvm.h"

/*
 * Of a user's file one view alone is reached, through its mm: what that takes is
 * had before anything changes, for its threads may hold it for ever.
 */
static u32 winvm_protect_data(struct winvm_process *process, const struct winvm_view *view,
			      struct winvm_span span, winvm_pstate_t state)
{
	if (mmap_read_lock_killable(winvm_mm(process)))
		return STATUS_INSUFFICIENT_RESOURCES;	/* nobody is left to see it */
	winvm_pstate_update(&process->states, span.vpn, span.pages, WINVM_PSTATE_STAYS, state);
	winvm_states_settle(process);
	if (winvm_pstate_judge(state, WINVM_WRITE) != WINVM_PERMIT)
		winvm_revoke_here(view, span);
	mmap_read_unlock(winvm_mm(process));
	winvm_lock_map(process, span);
	return STATUS_SUCCESS;
}

static u32 winvm_protect_charged(struct winvm_process *process, struct winvm_vad *vad,
				 struct winvm_span span, winvm_pstate_t state)
{
	/* All pages are committed: no other call takes a node of theirs for one of zeros. */
	u32 status = winvm_states_prepare(process, span);

	if (!status)
		status = winvm_vad_exec(process, vad, span, winvm_pstate_executable(state));
	if (status)
		return status;
	if (vad->kind == WINVM_VAD_VIEW && winvm_view_of_data(vad->view))
		return winvm_protect_data(process, vad->view, span, state);
	if (vad->flags & WINVM_VAD_WATCH)
		winvm_watch_latch(process, span);
	winvm_pstate_update(&process->states, span.vpn, span.pages, WINVM_PSTATE_STAYS, state);
	winvm_states_settle(process);
	winvm_revoke_for(process, span, state);
	if (vad->kind == WINVM_VAD_PRIVATE &&
	    winvm_pstate_judge(state, WINVM_WRITE) == WINVM_PERMIT)
		winvm_entries_grant(process, vad, span);
	winvm_lock_map(process, span);
	return STATUS_SUCCESS;
}

/* winvm_protect_span() - of one VAD, all of it committed */
u32 winvm_protect_span(struct winvm_process *process, struct winvm_vad *vad,
		       struct winvm_span span, winvm_pstate_t state)
{
	u64 charged;
	u32 status = winvm_cow_charge(process, vad, span, state, &charged);

	if (status)
		return status;
	status = winvm_protect_charged(process, vad, span, state);
	winvm_cow_settle(process, vad, span, charged);
	return status;
}

/* What is asked for, as the VAD can give it (SPEC VP-17). */
static u32 winvm_protect_asked(const struct winvm_vad *vad, u32 protect)
{
	if (vad && vad->kind == WINVM_VAD_VIEW && winvm_view_of_image(vad->view))
		return winvm_protect_copying(protect);
	return protect;
}

/*
 * winvm_protect_of() - the pages of a span (SPEC VP-5, VP-6)
 * @vad: that has all of it; NULL if none has
 */
u32 winvm_protect_of(struct winvm_process *process, struct winvm_vad *vad, struct winvm_span span,
		     struct winvm_protect *request)
{
	u32 protect = winvm_protect_asked(vad, request->protect);
	u32 status = winvm_check_protect_of(vad, protect);
	winvm_pstate_t first;

	if (status)
		return status;
	if (winvm_vad_committed(process, vad, span) != span.pages)
		return STATUS_NOT_COMMITTED;
	first = winvm_pstate_get(&process->states, span.vpn);
	status = winvm_protect_span(process, vad, span, winvm_protect_encode(protect));
	if (status)
		return status;
	request->base = span.vpn << PAGE_SHIFT;
	request->bytes = span.pages << PAGE_SHIFT;
	request->old_protect = winvm_protect_decode(first, vad->protect & WINVM_PROTECT_WHOLE);
	return STATUS_SUCCESS;
}

/* Protection first, then the addresses, then the pages (SPEC VP-1, VP-5, VP-6). */
u32 winvm_protect(struct winvm_process *process, void *arg)
{
	struct winvm_protect *request = arg;
	struct winvm_span span;
	u32 status = winvm_check_protect(process->bounds, request->base, request->bytes,
					 request->protect, &span);

	if (status)
		return status;
	return winvm_protect_of(process, winvm_vad_holding(process, span), span, request);
}
