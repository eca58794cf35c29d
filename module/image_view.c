// SPDX-License-Identifier: GPL-2.0
/*
 * Views of images. Where one goes the image says, unless the caller does; what
 * its pages are, its headers say (SPEC SE-32).
 */

#include "section.h"
#include "winvm.h"

/* winvm_image_vpn() - where a view wants to be; 0 for nowhere that there is */
u64 winvm_image_vpn(const struct winvm_section *section, u64 offset)
{
	const struct winvm_pe *pe = winvm_image_pe(section->file);

	return pe->base > WINVM_HIGHEST_ADDRESS ? 0 : (pe->base + offset) >> PAGE_SHIFT;
}

static u32 winvm_image_state(const struct winvm_view *view, u32 protect)
{
	if (view->section->shape.attributes & NT_SEC_NOCACHE)
		protect = winvm_pe_unexecutable(protect);
	return winvm_protect_encode(protect);
}

/* What a view has of a part; no pages if it has none. */
static struct winvm_span winvm_part_span(const struct winvm_view *view,
					 const struct winvm_pe_part *part)
{
	u64 first = max_t(u64, part->page, view->pgoff);
	u64 end = min_t(u64, part->page + part->pages, view->pgoff + view->span.pages);

	if (first >= end)
		return (struct winvm_span){ };
	return (struct winvm_span){ view->span.vpn + (first - view->pgoff), end - first };
}

static u32 winvm_part_protect(struct winvm_process *process, struct winvm_span span,
			      winvm_pstate_t state)
{
	u32 status = winvm_states_prepare(process, span);

	if (!status)
		status = winvm_arena_exec(process, span, winvm_pstate_executable(state));
	if (!status)
		winvm_pstate_update(&process->states, span.vpn, span.pages,
				    WINVM_PSTATE_EXECMAP, state);
	return status;
}

/*
 * winvm_image_protect() - give the pages of a view what the headers say
 *
 * They are in state 0, and it is not live. What was not done when it fails stays
 * so. Pages of no part are reserved, and cannot be had.
 */
u32 winvm_image_protect(struct winvm_process *process, struct winvm_view *view)
{
	const struct winvm_pe *pe = winvm_image_pe(view->section->file);
	u32 status = STATUS_SUCCESS, index;

	for (index = 0; index < pe->count && !status; index++) {
		const struct winvm_pe_part *part = &pe->parts[index];
		struct winvm_span span = winvm_part_span(view, part);

		if (span.pages)
			status = winvm_part_protect(process, span,
						    winvm_image_state(view, part->protect));
	}
	winvm_states_settle(process);
	return status ? status : winvm_cow_map_image(process, view);
}
