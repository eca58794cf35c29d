// SPDX-License-Identifier: GPL-2.0
/*
 * Sections that are reserved: which of their pages are committed. Any view
 * commits them, for all views, and for good (SPEC SE-26, CC-3). So there is a
 * bit for each page, made with the section, which no lock guards: it is set
 * after all else has been done, and never cleared. A page of a view is
 * committed if its state and the section say so.
 *
 * The bits are NT's prototype page tables, 64 times as dense; who creates the
 * section pays for them (SPEC SE-10).
 */

#include <linux/mm.h>
#include <linux/slab.h>

#include "section.h"
#include "winvm.h"

static size_t winvm_reserve_bytes(const struct winvm_section *section)
{
	return winvm_commit_map_bytes(section->shape.bytes >> PAGE_SHIFT);
}

/* winvm_reserve_new() - for a section that has its user and its shape */
u32 winvm_reserve_new(struct winvm_section *section)
{
	size_t bytes = winvm_reserve_bytes(section);

	if (!winvm_user_books_take(section->user, bytes))
		return STATUS_INSUFFICIENT_RESOURCES;
	section->map.words = kvzalloc(bytes, GFP_KERNEL_ACCOUNT);
	if (section->map.words)
		return STATUS_SUCCESS;
	winvm_user_books_return(section->user, bytes);
	return STATUS_INSUFFICIENT_RESOURCES;
}

void winvm_reserve_free(struct winvm_section *section)
{
	if (!section->map.words)
		return;
	kvfree(section->map.words);
	winvm_user_books_return(section->user, winvm_reserve_bytes(section));
}

/* The page of its section that a view shows at an address. */
static u64 winvm_view_page(const struct winvm_view *view, u64 vpn)
{
	return winvm_section_page(winvm_view_pgoff(view, vpn));
}

/*
 * winvm_view_committed() - does the section say that a page of a view is committed?
 *
 * Who asks before it looks at the page's state sees none that is older than the commit.
 */
bool winvm_view_committed(const struct winvm_view *view, u64 vpn)
{
	const struct winvm_commit_map *map = &view->section->map;

	return !map->words || winvm_commit_map_test(map, winvm_view_page(view, vpn));
}

/*
 * winvm_view_charge() - before pages of a view are committed
 * @charged: out: pages that the system is charged for (SPEC VA-52, CC-3); to be
 *	given to winvm_view_charged(), or back
 */
u32 winvm_view_charge(const struct winvm_view *view, struct winvm_span span, u64 *charged)
{
	const struct winvm_commit_map *map = &view->section->map;

	*charged = 0;
	if (map->words)
		*charged = span.pages - winvm_commit_map_count(map, winvm_view_page(view, span.vpn),
							       span.pages);
	return winvm_commit_take_shared(*charged);
}

/* winvm_view_charged() - commit them. What others committed meanwhile is paid for by them. */
void winvm_view_charged(const struct winvm_view *view, struct winvm_span span, u64 charged)
{
	struct winvm_section *section = view->section;
	u64 fresh;

	if (!charged)
		return;
	fresh = winvm_commit_map_set(&section->map, winvm_view_page(view, span.vpn), span.pages);
	atomic64_add(fresh, &section->committed);
	winvm_commit_return_shared(charged - fresh);
}

/* The view that a VAD is if some of its pages may not be committed; else NULL. */
static const struct winvm_view *winvm_vad_reserved(const struct winvm_vad *vad)
{
	if (vad->kind != WINVM_VAD_VIEW || !vad->view->section->map.words)
		return NULL;
	return vad->view;
}

/* winvm_vad_state() - the state of a page of a VAD; 0 if it is not committed, whoever says so */
winvm_pstate_t winvm_vad_state(struct winvm_process *process, const struct winvm_vad *vad, u64 vpn)
{
	const struct winvm_view *view = winvm_vad_reserved(vad);

	if (view && !winvm_view_committed(view, vpn))
		return 0;
	return winvm_pstate_get(&process->states, vpn);
}

/* winvm_state_at() - the same for any address; 0 outside of VADs */
winvm_pstate_t winvm_state_at(struct winvm_process *process, u64 vpn)
{
	const struct winvm_vad *vad;
	winvm_pstate_t state;

	if (!process->views)
		return winvm_pstate_get(&process->states, vpn);
	mutex_lock(&process->tree);
	vad = winvm_vad_find(&process->vads, vpn);
	state = vad ? winvm_vad_state(process, vad, vpn) : winvm_pstate_get(&process->states, vpn);
	mutex_unlock(&process->tree);
	return state;
}

/*
 * winvm_vad_run() - how many pages of a span of a VAD are as the first, in the bits of @mask
 * @committed: as the first was when it was looked at; others may have committed it since
 */
u64 winvm_vad_run(struct winvm_process *process, const struct winvm_vad *vad,
		  struct winvm_span span, bool committed, winvm_pstate_t mask)
{
	const struct winvm_view *view = winvm_vad_reserved(vad);

	if (view)
		span.pages = max(1ULL, winvm_commit_map_run(&view->section->map,
							    winvm_view_page(view, span.vpn),
							    span.pages, committed));
	return winvm_pstate_run(&process->states, span.vpn, span.pages, mask);
}

/* winvm_vad_look() - the same, and the state of the first, as winvm_vad_state() */
u64 winvm_vad_look(struct winvm_process *process, const struct winvm_vad *vad,
		   struct winvm_span span, winvm_pstate_t mask, winvm_pstate_t *state)
{
	if (!winvm_vad_reserved(vad))
		return winvm_pstate_look(&process->states, span.vpn, span.pages, mask, state);
	*state = winvm_vad_state(process, vad, span.vpn);
	return winvm_vad_run(process, vad, span, winvm_pstate_committed(*state), mask);
}

/* winvm_vad_committed() - how many pages of a span of a VAD are committed */
u64 winvm_vad_committed(struct winvm_process *process, const struct winvm_vad *vad,
			struct winvm_span span)
{
	const struct winvm_view *view = winvm_vad_reserved(vad);

	if (view)
		return winvm_commit_map_count(&view->section->map,
					      winvm_view_page(view, span.vpn), span.pages);
	return winvm_pstate_summarize(&process->states, span.vpn, span.pages).committed;
}
