// SPDX-License-Identifier: GPL-2.0
/* Protections (SPEC 2), changing them (SPEC 6), and being told of them (SPEC 7). */
#include "space.h"

#include <stddef.h>

/* PR-1, PR-4, PR-8, PR-10. */
bool model_protection_valid(uint32_t protect)
{
	uint32_t modifiers = protect & (GUARD | NOCACHE | WRITECOMBINE);
	uint32_t rest = protect & ~modifiers;
	bool targets = rest & TARGETS_INVALID;

	rest &= ~(uint32_t)TARGETS_INVALID;
	if (modifiers && modifiers != GUARD && modifiers != NOCACHE && modifiers != WRITECOMBINE)
		return false;
	switch (rest) {
	case NOACCESS:
		return !modifiers && !targets;
	case READONLY:
	case READWRITE:
	case WRITECOPY:
		return !targets;
	case EXECUTE:
	case EXECUTE_READ:
	case EXECUTE_READWRITE:
	case EXECUTE_WRITECOPY:
		return true;
	default:
		return false;
	}
}

/* PR-2: what private memory cannot be. */
bool model_protection_copies(uint32_t protect)
{
	return protect & (WRITECOPY | EXECUTE_WRITECOPY);
}

static uint32_t check_protect(uint64_t base, uint64_t bytes, uint32_t protect)
{
	if (!model_protection_valid(protect))
		return INVALID_PAGE_PROTECTION; /* VP-1 */
	if (base >= END_ADDRESS)
		return INVALID_PARAMETER_2; /* VP-3 */
	if (!bytes || bytes > END_ADDRESS - base)
		return INVALID_PARAMETER_3;
	return SUCCESS;
}

/* @allocation: the one that holds all of the range, or NULL */
static uint32_t check_allocation(const struct model_allocation *allocation, uint32_t protect)
{
	if (allocation && allocation->kind == KIND_VIEW)
		return model_view_permits(allocation, protect); /* VP-11, VP-12 */
	if (model_protection_copies(protect))
		return INVALID_PARAMETER_4; /* VP-10, DG-20 */
	if (!allocation || allocation->kind == KIND_AWE)
		return CONFLICTING_ADDRESSES; /* VP-5, DG-4; VP-19 */
	return SUCCESS;
}

static bool all_committed(const struct model_space *space, uint64_t base, uint64_t end)
{
	for (; base < end; base += PAGE_BYTES)
		if (!model_committed(model_page_at(space, base)))
			return false;
	return true;
}

static void protect_page(struct model_page *page, uint32_t protect)
{
	model_page_protect(page, protect);
	page->latched |= page->written; /* WW-13 */
}

uint32_t model_protect(struct model_space *space, uint64_t *base, uint64_t *bytes, uint32_t protect,
		       uint32_t *old)
{
	uint64_t start = *base & ~(PAGE_BYTES - 1);
	uint64_t end = (*base + *bytes + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
	uint32_t status = check_protect(*base, *bytes, protect);
	struct model_allocation *allocation;

	if (status)
		return status;
	allocation = model_find(space, start);
	if (allocation && end > model_end(allocation))
		allocation = NULL;
	status = check_allocation(allocation, protect);
	if (status)
		return status;
	if (!all_committed(space, start, end))
		return NOT_COMMITTED; /* VP-6 */
	*old = model_shown(allocation, model_page_at(space, start)); /* VP-8 */
	model_trim_code(space, start, end, protect);
	for (uint64_t address = start; address < end; address += PAGE_BYTES)
		protect_page(model_page_at(space, address), protect);
	*base = start;
	*bytes = end - start; /* VP-7 */
	return SUCCESS;
}

/* VQ-8. */
static void describe_free(const struct model_space *space, uint64_t start,
			  struct model_region *region)
{
	const struct model_allocation *next = space->first;

	while (next && next->base < start)
		next = next->next;
	*region = (struct model_region){
		.base = start,
		.bytes = (next ? next->base : END_ADDRESS) - start,
		.state = STATE_FREE,
		.protect = NOACCESS,
	};
}

/* VQ-6, VQ-9. */
static bool looks_alike(const struct model_allocation *allocation, const struct model_page *one,
			const struct model_page *other)
{
	if (model_committed(one) != model_committed(other))
		return false;
	return !model_committed(one) ||
	       model_shown(allocation, one) == model_shown(allocation, other);
}

uint32_t model_query(const struct model_space *space, uint64_t address, struct model_region *region)
{
	uint64_t start = address & ~(PAGE_BYTES - 1); /* VQ-5 */
	const struct model_allocation *allocation;
	const struct model_page *first;
	uint64_t end = start;

	if (address >= END_ADDRESS)
		return INVALID_PARAMETER; /* VQ-3 */
	allocation = model_find(space, start);
	if (!allocation) {
		describe_free(space, start, region);
		return SUCCESS;
	}
	first = model_page_at(space, start);
	while (end < model_end(allocation) &&
	       looks_alike(allocation, first, model_page_at(space, end)))
		end += PAGE_BYTES;
	*region = (struct model_region){
		.base = start,
		.allocation_base = allocation->base,
		.allocation_protect = allocation->protect, /* VQ-12 */
		.bytes = end - start,
		.state = model_committed(first) ? STATE_COMMIT : STATE_RESERVE,
		.protect = model_committed(first) ? model_shown(allocation, first) : 0,
		.type = allocation->section ? KIND_MAPPED : KIND_PRIVATE, /* VQ-10 */
	};
	return SUCCESS;
}
