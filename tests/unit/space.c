// SPDX-License-Identifier: GPL-2.0
/* An address space made of the pure pieces alone. */
#include "space.h"

/* What all is checked against. */
#define SPACE_BOUNDS winvm_layout_bounds(WINVM_LAYOUT_KIND_64BIT)

/* Locks outlive protections (SPEC VL-13). */
#define SPACE_KEPT WINVM_PSTATE_LOCKED

void space_init(struct space *space)
{
	*space = (struct space){ .limit = ~0ULL };
	space->lowest_vpn = WINVM_LOWEST_VPN;
	space->highest_vpn = WINVM_HIGHEST_VPN;
	winvm_pstates_init(&space->states);
}

void space_destroy(struct space *space)
{
	struct winvm_vad *vad;

	while ((vad = winvm_vad_first(&space->vads))) {
		winvm_vad_remove(&space->vads, vad);
		winvm_seam_free(vad);
	}
	winvm_pstates_destroy(&space->states);
}

/* The VAD that holds all of the span. */
static struct winvm_vad *space_vad(struct space *space, struct winvm_span span)
{
	struct winvm_vad *vad = winvm_vad_find(&space->vads, span.vpn);

	return vad && winvm_span_last(span) <= vad->end_vpn ? vad : NULL;
}

static u64 space_committed(struct space *space, struct winvm_span span)
{
	return winvm_pstate_summarize(&space->states, span.vpn, span.pages).committed;
}

static u32 space_commit(struct space *space, struct winvm_vad *vad, struct winvm_span span,
			u32 protect)
{
	u64 fresh = span.pages - space_committed(space, span);

	if (!winvm_charge_take(&space->commit, fresh, space->limit))
		return STATUS_COMMITMENT_LIMIT;
	if (!winvm_pstate_prepare(&space->states, span.vpn, span.pages)) {
		winvm_charge_return(&space->commit, fresh);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	winvm_pstate_update(&space->states, span.vpn, span.pages, SPACE_KEPT,
			    winvm_protect_encode(protect));
	vad->committed += fresh;
	return STATUS_SUCCESS;
}

/* Pages to state 0; a whole VAD needs no memory for it. */
static bool space_uncommit(struct space *space, struct winvm_vad *vad, struct winvm_span span)
{
	u64 committed = space_committed(space, span);

	if (span.pages != winvm_vad_pages(vad) &&
	    !winvm_pstate_prepare(&space->states, span.vpn, span.pages))
		return false;
	winvm_pstate_update(&space->states, span.vpn, span.pages, 0, 0);
	winvm_charge_return(&space->commit, committed);
	vad->committed -= committed;
	return true;
}

static u64 space_choose(struct space *space, const struct winvm_alloc_plan *plan)
{
	struct winvm_gap want = {
		.lowest_vpn = max(space->lowest_vpn, plan->lowest_vpn),
		.highest_vpn = min(space->highest_vpn, plan->highest_vpn),
		.pages = plan->span.pages,
		.align_pages = plan->align_pages,
	};

	return plan->top_down ? winvm_vad_gap_highest(&space->vads, &want) :
				winvm_vad_gap_lowest(&space->vads, &want);
}

static struct winvm_vad *space_vad_make(struct winvm_span span, u32 protect)
{
	struct winvm_vad *vad = winvm_seam_alloc(sizeof(*vad));

	if (!vad)
		return NULL;
	vad->start_vpn = span.vpn;
	vad->end_vpn = winvm_span_last(span);
	vad->protect = (u16)protect;
	return vad;
}

/* SPEC PH-5: in place, and back if that fails. */
static u32 space_replace(struct space *space, struct winvm_alloc_plan *plan)
{
	struct winvm_vad *vad = winvm_placeholder_exact(&space->vads, plan->span);
	u32 status = STATUS_SUCCESS;

	if (!vad)
		return STATUS_CONFLICTING_ADDRESSES;
	vad->flags = WINVM_VAD_REPLACED;
	vad->protect = (u16)plan->protect;
	if (plan->kind == WINVM_ALLOC_RESERVE_COMMIT)
		status = space_commit(space, vad, plan->span, plan->protect);
	if (status)
		winvm_placeholder_become(vad);
	return status;
}

static u32 space_reserve(struct space *space, struct winvm_alloc_plan *plan)
{
	struct winvm_vad *vad;
	u32 status = STATUS_SUCCESS;

	if (plan->replace)
		return space_replace(space, plan);
	if (plan->anywhere)
		plan->span.vpn = space_choose(space, plan);
	if (plan->span.vpn == WINVM_NO_GAP)
		return STATUS_NO_MEMORY;
	vad = space_vad_make(plan->span, plan->protect);
	if (!vad)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (plan->placeholder)
		winvm_placeholder_become(vad);
	if (!winvm_vad_insert(&space->vads, vad)) {
		winvm_seam_free(vad);
		return STATUS_CONFLICTING_ADDRESSES;
	}
	if (plan->kind == WINVM_ALLOC_RESERVE_COMMIT)
		status = space_commit(space, vad, plan->span, plan->protect);
	if (status) {
		winvm_vad_remove(&space->vads, vad);
		winvm_seam_free(vad);
	}
	return status;
}

u32 space_allocate(struct space *space, u64 *base, u64 *bytes, u32 type, u32 protect,
		   bool extended)
{
	struct winvm_alloc_args args = {
		.base = *base,
		.bytes = *bytes,
		.type = type,
		.protect = protect,
		.extended = extended,
	};
	struct winvm_alloc_plan plan;
	u32 status = winvm_check_allocate(SPACE_BOUNDS, &args, &plan);

	if (status)
		return status;
	if (plan.kind == WINVM_ALLOC_RESERVE || plan.kind == WINVM_ALLOC_RESERVE_COMMIT) {
		status = space_reserve(space, &plan);
	} else {
		struct winvm_vad *vad = space_vad(space, plan.span);

		if (plan.kind == WINVM_ALLOC_COMMIT && !winvm_protect_private(protect))
			status = STATUS_INVALID_PAGE_PROTECTION;
		else if (!vad || winvm_placeholder(vad))
			status = STATUS_CONFLICTING_ADDRESSES;
		else if (plan.kind == WINVM_ALLOC_COMMIT)
			status = space_commit(space, vad, plan.span, protect);
	}
	if (status)
		return status;
	*base = plan.span.vpn << WINVM_PAGE_SHIFT;
	*bytes = plan.span.pages << WINVM_PAGE_SHIFT;
	return STATUS_SUCCESS;
}

/* A hole in the middle leaves two VADs (SPEC VF-25). */
static bool space_punch(struct space *space, struct winvm_vad *vad, struct winvm_span hole)
{
	u64 last = winvm_span_last(hole);
	struct winvm_span rest = { last + 1, vad->end_vpn - last };
	struct winvm_vad *tail = space_vad_make(rest, vad->protect);

	if (!tail)
		return false;
	if (!space_uncommit(space, vad, hole)) {
		winvm_seam_free(tail);
		return false;
	}
	tail->flags = vad->flags;
	tail->committed = space_committed(space, rest);
	vad->committed -= tail->committed;
	winvm_vad_trim(&space->vads, vad, vad->start_vpn, hole.vpn - 1);
	return !WARN_ON_ONCE(!winvm_vad_insert(&space->vads, tail));
}

static bool space_release(struct space *space, struct winvm_vad *vad, struct winvm_span span)
{
	bool head = span.vpn == vad->start_vpn;
	bool tail = winvm_span_last(span) == vad->end_vpn;

	if (!head && !tail)
		return space_punch(space, vad, span);
	if (!space_uncommit(space, vad, span))
		return false;
	if (head && tail) {
		winvm_vad_remove(&space->vads, vad);
		winvm_seam_free(vad);
	} else if (head) {
		winvm_vad_trim(&space->vads, vad, winvm_span_last(span) + 1, vad->end_vpn);
	} else {
		winvm_vad_trim(&space->vads, vad, vad->start_vpn, span.vpn - 1);
	}
	return true;
}

/* SPEC PH-7, PH-9. */
static u32 space_preserve(struct space *space, struct winvm_vad *vad, struct winvm_span span)
{
	u32 status = winvm_placeholder_check_preserve(vad, span);
	unsigned int count = winvm_vad_pieces(vad, span), made;
	struct winvm_vad *pieces[2];
	bool done;

	if (status)
		return status;
	for (made = 0; made < count; made++) {
		pieces[made] = winvm_seam_alloc(sizeof(*vad));
		if (!pieces[made])
			break;
	}
	done = made == count && space_uncommit(space, vad, span);
	if (!done) {
		while (made)
			winvm_seam_free(pieces[--made]);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	winvm_placeholder_become(winvm_vad_carve(&space->vads, vad, span, pieces));
	if (count == 2) {
		struct winvm_span rest = { pieces[1]->start_vpn, winvm_vad_pages(pieces[1]) };

		pieces[1]->committed = space_committed(space, rest);
		vad->committed -= pieces[1]->committed;
	}
	return STATUS_SUCCESS;
}

/* SPEC PH-13. */
static u32 space_coalesce(struct space *space, struct winvm_span span)
{
	struct winvm_vad *vad;
	u32 status = winvm_placeholder_check_coalesce(&space->vads, span, &vad);

	while (!status && vad->end_vpn < winvm_span_last(span))
		winvm_seam_free(winvm_placeholder_absorb(&space->vads, vad));
	return status;
}

static u32 space_free_vad(struct space *space, struct winvm_vad *vad,
			  const struct winvm_free_plan *plan)
{
	bool done;

	if (plan->kind == WINVM_FREE_PRESERVE)
		return space_preserve(space, vad, plan->span);
	done = plan->kind == WINVM_FREE_RELEASE ? space_release(space, vad, plan->span) :
						  space_uncommit(space, vad, plan->span);
	return done ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

u32 space_free(struct space *space, u64 *base, u64 *bytes, u32 type)
{
	struct winvm_free_plan plan;
	struct winvm_vad *vad;
	u32 status = winvm_check_free(SPACE_BOUNDS, *base, *bytes, type, &plan);

	if (status)
		return status;
	vad = winvm_vad_find(&space->vads, plan.span.vpn);
	if (!vad)
		return STATUS_MEMORY_NOT_ALLOCATED;
	if (plan.whole && plan.span.vpn != vad->start_vpn)
		return STATUS_FREE_VM_NOT_AT_BASE;
	if (plan.whole)
		plan.span.pages = winvm_vad_pages(vad);
	if (plan.kind != WINVM_FREE_COALESCE && winvm_span_last(plan.span) > vad->end_vpn)
		return STATUS_UNABLE_TO_FREE_VM;
	status = plan.kind == WINVM_FREE_COALESCE ? space_coalesce(space, plan.span) :
						    space_free_vad(space, vad, &plan);
	if (status)
		return status;
	*base = plan.span.vpn << WINVM_PAGE_SHIFT;
	*bytes = plan.whole && plan.kind == WINVM_FREE_DECOMMIT ?
			 0 : plan.span.pages << WINVM_PAGE_SHIFT;
	return STATUS_SUCCESS;
}

u32 space_protect(struct space *space, u64 *base, u64 *bytes, u32 protect, u32 *old)
{
	struct winvm_span span;
	struct winvm_vad *vad;
	u32 status = winvm_check_protect(SPACE_BOUNDS, *base, *bytes, protect, &span);

	if (status)
		return status;
	vad = space_vad(space, span);
	status = winvm_check_protect_of(vad, protect);
	if (status)
		return status;
	if (space_committed(space, span) != span.pages)
		return STATUS_NOT_COMMITTED;
	if (!winvm_pstate_prepare(&space->states, span.vpn, span.pages))
		return STATUS_INSUFFICIENT_RESOURCES;
	*old = winvm_protect_decode(winvm_pstate_get(&space->states, span.vpn), vad->protect);
	winvm_pstate_update(&space->states, span.vpn, span.pages, SPACE_KEPT,
			    winvm_protect_encode(protect));
	*base = span.vpn << WINVM_PAGE_SHIFT;
	*bytes = span.pages << WINVM_PAGE_SHIFT;
	return STATUS_SUCCESS;
}

static void space_query_free(struct space *space, u64 vpn, struct space_region *region)
{
	struct winvm_vad *next = winvm_vad_at_or_after(&space->vads, vpn);
	u64 end = next ? next->start_vpn : WINVM_HIGHEST_VPN + 1;

	region->bytes = (end - vpn) << WINVM_PAGE_SHIFT;
	region->state = NT_MEM_FREE;
	region->protect = NT_PAGE_NOACCESS;
}

static void space_query_vad(struct space *space, struct winvm_vad *vad, u64 vpn,
			    struct space_region *region)
{
	winvm_pstate_t state = winvm_pstate_get(&space->states, vpn);
	u64 run = winvm_pstate_run(&space->states, vpn, vad->end_vpn - vpn + 1,
				   WINVM_PSTATE_VISIBLE);

	region->bytes = run << WINVM_PAGE_SHIFT;
	region->allocation_base = vad->start_vpn << WINVM_PAGE_SHIFT;
	region->allocation_protect = vad->protect;
	region->state = winvm_pstate_committed(state) ? NT_MEM_COMMIT : NT_MEM_RESERVE;
	region->protect = winvm_protect_decode(state, vad->protect);
}

u32 space_query(struct space *space, u64 address, struct space_region *region)
{
	struct winvm_vad *vad;
	u64 vpn;
	u32 status = winvm_check_query(SPACE_BOUNDS, address, &vpn);

	if (status)
		return status;
	*region = (struct space_region){ .base = vpn << WINVM_PAGE_SHIFT };
	vad = winvm_vad_find(&space->vads, vpn);
	if (vad)
		space_query_vad(space, vad, vpn, region);
	else
		space_query_free(space, vpn, region);
	return STATUS_SUCCESS;
}

u32 space_touch(struct space *space, u64 address, enum winvm_access access)
{
	u64 vpn = address >> WINVM_PAGE_SHIFT;
	winvm_pstate_t state = winvm_pstate_get(&space->states, vpn);

	switch (winvm_pstate_judge(state, access)) {
	case WINVM_PERMIT:
		return STATUS_SUCCESS;
	case WINVM_REFUSE:
		return STATUS_ACCESS_VIOLATION;
	default:
		break;
	}
	if (winvm_pstate_cmpxchg(&space->states, vpn, state,
				 (winvm_pstate_t)(state & ~WINVM_PSTATE_GUARD)))
		return STATUS_INSUFFICIENT_RESOURCES;
	return STATUS_GUARD_PAGE_VIOLATION;
}
