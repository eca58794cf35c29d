// SPDX-License-Identifier: GPL-2.0
/* Views of sections (SPEC 11, and PH-17 to PH-22). */
#include <stdlib.h>
#include <string.h>

#include "space.h"

#define MODIFIERS (GUARD | NOCACHE | WRITECOMBINE | TARGETS_INVALID)

enum ability {
	MAY_READ = 1,
	MAY_WRITE = 2,
	MAY_EXECUTE = 4,
};

/* SE-30 */
static unsigned int abilities(uint32_t protect)
{
	switch (protect & ~(uint32_t)MODIFIERS) {
	case READONLY:
	case WRITECOPY:
		return MAY_READ;
	case READWRITE:
		return MAY_READ | MAY_WRITE;
	case EXECUTE:
	case EXECUTE_READ:
	case EXECUTE_WRITECOPY:
		return MAY_READ | MAY_EXECUTE;
	case EXECUTE_READWRITE:
		return MAY_READ | MAY_WRITE | MAY_EXECUTE;
	default:
		return 0;
	}
}

static bool within(uint32_t inner, uint32_t outer)
{
	return !(abilities(inner) & ~abilities(outer));
}

uint32_t model_view_permits(const struct model_allocation *view, uint32_t protect)
{
	return within(protect, view->protect) ? SUCCESS : SECTION_PROTECTION;
}

/* SE-14 */
static uint32_t rights_for(uint32_t protect)
{
	switch (protect & ~(uint32_t)MODIFIERS) {
	case READWRITE:
		return RIGHT_WRITE;
	case EXECUTE:
		return RIGHT_EXECUTE;
	case EXECUTE_READ:
	case EXECUTE_WRITECOPY:
		return RIGHT_EXECUTE | RIGHT_READ;
	case EXECUTE_READWRITE:
		return RIGHT_EXECUTE | RIGHT_WRITE;
	default:
		return RIGHT_READ;
	}
}

/* SE-16 to SE-18, SE-20: what needs no section. */
static uint32_t check(const struct model_map *call)
{
	uint32_t types = TYPE_RESERVE | TYPE_TOP_DOWN | (call->extended ? TYPE_REPLACE : 0);

	if (call->type & ~types)
		return INVALID_PARAMETER_9;
	if (!model_protection_valid(call->protect))
		return INVALID_PAGE_PROTECTION;
	if (call->zero_bits > ZERO_BITS_NEVER && call->zero_bits < 32)
		return INVALID_PARAMETER_4;
	if (call->base >= END_ADDRESS || (call->base && call->base < LOWEST_ADDRESS) ||
	    call->bytes > END_ADDRESS - call->base)
		return INVALID_PARAMETER_3;
	if (call->base > model_zero_bits_limit(call->zero_bits))
		return INVALID_PARAMETER_4;
	return SUCCESS;
}

/* SE-16, SE-23, PH-22 */
static bool aligned(const struct model_map *call)
{
	uint64_t unit = call->type & TYPE_REPLACE ? PAGE_BYTES : GRANULE_BYTES;

	return call->offset % unit == 0 && call->base % unit == 0;
}

/* SE-15, SE-15a: copies are more than EXECUTE_READ allows. */
static bool below_ceiling(uint32_t section, uint32_t view)
{
	if (section == EXECUTE_READ && (view & ~(uint32_t)MODIFIERS) == EXECUTE_WRITECOPY)
		return false;
	return within(view, section);
}

/* SE-15, SE-17, SE-19, SE-25. @bytes: of whole pages. */
static uint32_t check_with_section(const struct model_map *call, uint64_t *bytes)
{
	const struct model_section *section = call->section;
	uint64_t all = section->bytes;

	if (!aligned(call))
		return MAPPED_ALIGNMENT;
	/* SE-17 leaves open what room behind the end of a file is; winvm gives none. */
	if (call->type & TYPE_RESERVE)
		return section->file ? NOT_SUPPORTED : INVALID_PARAMETER_9;
	if (!below_ceiling(section->protect, call->protect))
		return SECTION_PROTECTION;
	if (call->offset >= all || call->bytes > all - call->offset)
		return INVALID_VIEW_SIZE;
	*bytes = call->bytes ? call->bytes : all - call->offset;
	*bytes = (*bytes + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
	return call->commit > *bytes ? INVALID_PARAMETER_5 : SUCCESS;
}

/* PH-17 */
static uint32_t take_placeholder(struct model_space *space, uint64_t base, uint64_t bytes)
{
	struct model_allocation *allocation = model_find(space, base);

	if (!allocation || allocation->kind != KIND_PLACEHOLDER || allocation->base != base ||
	    model_end(allocation) != base + bytes)
		return CONFLICTING_ADDRESSES;
	model_cut(space, allocation, base, base + bytes);
	return SUCCESS;
}

static uint32_t find_place(struct model_space *space, struct model_map *call, uint64_t bytes)
{
	struct model_allocate place = {
		.bytes = bytes,
		.zero_bits = call->zero_bits,
		.type = call->type,
	};

	if (call->type & TYPE_REPLACE)
		return take_placeholder(space, call->base, bytes);
	if (!call->base)
		return model_choose_base(space, &place, &call->base);
	if (bytes > END_ADDRESS - call->base)
		return CONFLICTING_ADDRESSES;
	return model_is_free(space, call->base, call->base + bytes) ? SUCCESS :
								      CONFLICTING_ADDRESSES;
}

/* PR-7 */
static uint32_t whole(const struct model_section *section)
{
	if (section->attributes & SEC_NOCACHE_BIT)
		return NOCACHE;
	return section->attributes & SEC_WRITECOMBINE_BIT ? WRITECOMBINE : 0;
}

static void show(struct model_allocation *view, struct model_section *section, uint64_t offset,
		 uint32_t protect)
{
	uint32_t own = protect & (0xff | GUARD);

	view->kind = KIND_VIEW;
	view->section = model_section_get(section);
	view->protect = own | whole(section);
	for (uint64_t i = 0; i < view->pages; i++) {
		view->page[i].protect = own;
		view->page[i].shared = &section->content[offset / PAGE_BYTES + i];
	}
}

/* SE-25 */
static void commit_first(struct model_allocation *view, uint64_t bytes)
{
	for (uint64_t i = 0; i * PAGE_BYTES < bytes; i++)
		view->page[i].shared->committed = true;
}

uint32_t model_map(struct model_space *space, struct model_map *call)
{
	uint32_t rights = rights_for(call->protect);
	uint32_t status = check(call);
	struct model_allocation *view;
	uint64_t bytes;

	if (!status && !call->section)
		status = INVALID_HANDLE;
	if (!status && (call->rights & rights) != rights)
		status = ACCESS_DENIED;
	if (!status)
		status = check_with_section(call, &bytes);
	if (!status)
		status = find_place(space, call, bytes);
	if (status)
		return status;
	view = model_insert(space, call->base, bytes / PAGE_BYTES);
	view->replaced = call->type & TYPE_REPLACE;
	show(view, call->section, call->offset, call->protect);
	commit_first(view, call->commit);
	call->bytes = bytes; /* SE-20 */
	return SUCCESS;
}

/* SE-28, SE-40, PH-18 */
uint32_t model_unmap(struct model_space *space, uint64_t address, uint32_t flags)
{
	struct model_allocation *view;

	if (flags & ~(uint32_t)(UNMAP_BOOST | UNMAP_PRESERVE))
		return INVALID_PARAMETER;
	view = model_find(space, address);
	if (!view || view->kind != KIND_VIEW)
		return NOT_MAPPED_VIEW;
	if (flags & UNMAP_PRESERVE && !view->replaced)
		return CONFLICTING_ADDRESSES;
	if (flags & UNMAP_PRESERVE)
		model_make_placeholder(space, view, view->base, model_end(view));
	else
		model_cut(space, view, view->base, model_end(view));
	return SUCCESS;
}

uint32_t model_flush(const struct model_space *space, uint64_t base, uint64_t bytes)
{
	const struct model_allocation *view = model_find(space, base);

	if (!view || view->kind != KIND_VIEW || bytes > model_end(view) - base)
		return NOT_MAPPED_DATA;
	return SUCCESS;
}

static uint8_t *copy_of(const uint8_t *bytes)
{
	uint8_t *copy;

	if (!bytes)
		return NULL;
	copy = malloc(PAGE_BYTES);
	if (!copy)
		abort();
	return memcpy(copy, bytes, PAGE_BYTES);
}

void model_page_copy(struct model_page *page)
{
	const struct model_content *from = page->shared;

	page->protect = page->protect == WRITECOPY ? READWRITE : EXECUTE_READWRITE;
	if (!from)
		return;
	page->own = *from;
	page->own.kept = copy_of(from->kept);
	page->own.lost = copy_of(from->lost);
	page->shared = NULL;
}
