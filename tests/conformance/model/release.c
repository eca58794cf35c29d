// SPDX-License-Identifier: GPL-2.0
/* NtFreeVirtualMemory (SPEC 5), and what it does to placeholders (SPEC 4.2). */
#include "space.h"

static uint32_t check(uint64_t base, uint64_t bytes, uint32_t type)
{
	switch (type) {
	case FREE_DECOMMIT:
	case FREE_RELEASE:
	case FREE_RELEASE | FREE_PRESERVE:
	case FREE_RELEASE | FREE_COALESCE:
		break;
	default:
		return INVALID_PARAMETER_4; /* VF-2, PH-12 */
	}
	if (base >= END_ADDRESS)
		return INVALID_PARAMETER_2; /* VF-3 */
	if (bytes > END_ADDRESS - base)
		return INVALID_PARAMETER_3; /* VF-4 */
	if (!bytes && type & (FREE_PRESERVE | FREE_COALESCE))
		return INVALID_PARAMETER_3; /* PH-11 */
	return SUCCESS;
}

/* PH-13: two or more placeholders, side by side, each of them whole. */
static uint32_t coalesce(struct model_space *space, uint64_t start, uint64_t end)
{
	struct model_allocation *allocation = model_find(space, start);
	uint64_t at = start, pieces = 0;

	while (at < end) {
		allocation = model_find(space, at);
		if (!allocation || allocation->kind != KIND_PLACEHOLDER || allocation->base != at)
			return CONFLICTING_ADDRESSES;
		at = model_end(allocation);
		pieces++;
	}
	if (at != end || pieces < 2)
		return CONFLICTING_ADDRESSES;
	for (at = start; at < end;) {
		allocation = model_find(space, at);
		at = model_end(allocation);
		model_cut(space, allocation, allocation->base, at);
	}
	allocation = model_insert(space, start, (end - start) / PAGE_BYTES);
	allocation->protect = NOACCESS;
	allocation->kind = KIND_PLACEHOLDER;
	return SUCCESS;
}

void model_make_placeholder(struct model_space *space, struct model_allocation *allocation,
			    uint64_t start, uint64_t end)
{
	model_cut(space, allocation, start, end);
	allocation = model_insert(space, start, (end - start) / PAGE_BYTES);
	allocation->protect = NOACCESS;
	allocation->kind = KIND_PLACEHOLDER;
}

static void split_placeholder(struct model_allocation *allocation, uint64_t start, uint64_t end)
{
	if (end < model_end(allocation))
		model_split(allocation, end);
	if (start > allocation->base)
		model_split(allocation, start);
}

/* PH-7 to PH-10. */
static uint32_t preserve(struct model_space *space, uint64_t start, uint64_t end)
{
	struct model_allocation *allocation = model_find(space, start);
	bool whole = start == allocation->base && end == model_end(allocation);

	if (allocation->replaced)
		model_make_placeholder(space, allocation, start, end);
	else if (allocation->kind != KIND_PLACEHOLDER || whole)
		return CONFLICTING_ADDRESSES;
	else
		split_placeholder(allocation, start, end);
	return SUCCESS;
}

static void decommit(struct model_space *space, uint64_t start, uint64_t end)
{
	for (; start < end; start += PAGE_BYTES)
		model_page_decommit(model_page_at(space, start)); /* VF-22, VF-23 */
}

uint32_t model_free(struct model_space *space, uint64_t *base, uint64_t *bytes, uint32_t type)
{
	uint64_t start = *base & ~(PAGE_BYTES - 1); /* VF-20 */
	uint64_t end = (*base + *bytes + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
	uint32_t status = check(*base, *bytes, type);
	struct model_allocation *allocation;

	if (status)
		return status;
	allocation = model_find(space, start);
	if (!allocation)
		return MEMORY_NOT_ALLOCATED; /* VF-6, PH-16 */
	if (allocation->kind == KIND_VIEW && !(type & FREE_COALESCE) &&
	    end <= model_end(allocation))
		return UNABLE_TO_DELETE_SECTION; /* VF-8, SE-27, PH-21 */
	if (!*bytes && start != allocation->base)
		return FREE_VM_NOT_AT_BASE; /* VF-9 */
	if (!*bytes)
		end = model_end(allocation);
	if (type & FREE_COALESCE) {
		status = coalesce(space, start, end);
	} else if (end > model_end(allocation)) {
		return UNABLE_TO_FREE_VM; /* VF-7, VF-28, PH-14 */
	} else if (type & FREE_PRESERVE) {
		status = preserve(space, start, end);
	} else if (type == FREE_RELEASE) {
		model_cut(space, allocation, start, end); /* VF-24, VF-25, PH-15 */
	} else if (allocation->kind == KIND_AWE) {
		return MEMORY_NOT_ALLOCATED; /* VF-10 */
	} else {
		decommit(space, start, end);
		end = *bytes ? end : start; /* VF-21, DG-10 */
	}
	if (status)
		return status;
	*base = start;
	*bytes = end - start;
	return SUCCESS;
}
