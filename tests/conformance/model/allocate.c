// SPDX-License-Identifier: GPL-2.0
/* NtAllocateVirtualMemory and NtAllocateVirtualMemoryEx (SPEC 3, 4). */
#include "space.h"

#include <stdlib.h>

/*
 * More than any machine has that runs this, less than any space: a commit of
 * this size passes the limit (VA-53). None of less is large enough to.
 */
#define TOO_MUCH_COMMIT UINT64_C(0x10000000000)

static uint64_t page_down(uint64_t address)
{
	return address & ~(PAGE_BYTES - 1);
}

static uint64_t page_up(uint64_t address)
{
	return page_down(address + PAGE_BYTES - 1);
}

static bool power_of_two(uint64_t value)
{
	return value && !(value & (value - 1));
}

/* VA-3 to VA-8, PH-1, PH-5. */
static bool type_valid(uint32_t type, bool extended)
{
	uint32_t known = TYPE_COMMIT | TYPE_RESERVE | TYPE_RESET | TYPE_UNDO | TYPE_TOP_DOWN |
			 TYPE_WATCH | TYPE_PHYSICAL | TYPE_LARGE;

	if (extended)
		known |= TYPE_PLACEHOLDER | TYPE_REPLACE;
	if (type & ~known)
		return false;
	if (!(type & (TYPE_COMMIT | TYPE_RESERVE | TYPE_RESET | TYPE_UNDO)))
		return false;
	if (type & (TYPE_RESET | TYPE_UNDO))
		return type == TYPE_RESET || type == TYPE_UNDO;
	if (type & TYPE_LARGE && (!(type & TYPE_COMMIT) || type & (TYPE_PHYSICAL | TYPE_WATCH)))
		return false;
	if (type & TYPE_WATCH && !(type & TYPE_RESERVE))
		return false;
	if (type & TYPE_PHYSICAL &&
	    (type & ~(uint32_t)TYPE_TOP_DOWN) != (TYPE_RESERVE | TYPE_PHYSICAL))
		return false;
	return true;
}

/* PH-1, PH-5, PH-19. Only the Ex call has these bits. */
static bool placeholder_type_valid(const struct model_allocate *call)
{
	uint32_t rest = call->type & ~(uint32_t)(TYPE_TOP_DOWN | TYPE_WATCH);

	if (call->type & TYPE_PLACEHOLDER)
		return rest == (TYPE_RESERVE | TYPE_PLACEHOLDER) && call->protect == NOACCESS;
	if (call->type & TYPE_REPLACE)
		return (rest | TYPE_COMMIT) == (TYPE_RESERVE | TYPE_REPLACE | TYPE_COMMIT) &&
		       call->base && call->base % PAGE_BYTES == 0;
	return true;
}

/* VX-12 */
static bool base_aligned(const struct model_allocate *call)
{
	return !call->extended || !(call->type & TYPE_RESERVE) || call->type & TYPE_REPLACE ||
	       call->base % GRANULE_BYTES == 0;
}

/* VX-5 to VX-8. */
static bool requirements_valid(const struct model_allocate *call)
{
	if (!call->lowest && !call->highest && !call->alignment)
		return true; /* VX-4 */
	if (call->base)
		return false;
	if (call->alignment && (!power_of_two(call->alignment) || call->alignment < GRANULE_BYTES))
		return false;
	if (call->lowest % GRANULE_BYTES || call->lowest >= END_ADDRESS)
		return false;
	if (!call->highest)
		return true;
	return !((call->highest + 1) % PAGE_BYTES) && call->highest < END_ADDRESS &&
	       call->highest > call->lowest;
}

static uint32_t check_range(uint64_t base, uint64_t bytes)
{
	if (base >= END_ADDRESS || (base && base < LOWEST_ADDRESS))
		return INVALID_PARAMETER_2; /* VA-12 */
	if (!bytes || bytes > END_ADDRESS - base)
		return INVALID_PARAMETER_4; /* VA-13, VA-14 */
	return SUCCESS;
}

static uint32_t check(const struct model_allocate *call)
{
	uint32_t status;

	if (call->zero_bits > ZERO_BITS_NEVER && call->zero_bits < 32)
		return INVALID_PARAMETER_3; /* VA-2 */
	if (!type_valid(call->type, call->extended))
		return INVALID_PARAMETER_5;
	if (call->type & TYPE_PHYSICAL && call->protect != READWRITE)
		return INVALID_PARAMETER_6; /* VA-9 */
	if (!placeholder_type_valid(call) || !requirements_valid(call) || !base_aligned(call))
		return INVALID_PARAMETER;
	if (!model_protection_valid(call->protect))
		return INVALID_PAGE_PROTECTION; /* VA-10 */
	status = check_range(call->base, call->bytes);
	if (status)
		return status;
	if (call->type & TYPE_LARGE)
		return PRIVILEGE_NOT_HELD; /* VA-16 */
	/* VA-17, MR-3; of a commit that depends on where (VA-45, VA-48) */
	if (model_protection_copies(call->protect) && (!call->base || call->type & TYPE_RESERVE))
		return INVALID_PAGE_PROTECTION;
	return SUCCESS;
}

/* VA-28: the last address that may be used. */
uint64_t model_zero_bits_limit(uint64_t zero_bits)
{
	uint64_t limit = END_ADDRESS - 1;
	uint64_t mask = ~UINT64_C(0);

	if (!zero_bits)
		return limit;
	if (zero_bits <= ZERO_BITS_NEVER)
		return (UINT64_C(1) << (32 - zero_bits)) - 1;
	while (mask >> 1 >= zero_bits)
		mask >>= 1;
	return mask < limit ? mask : limit;
}

/* The system may choose what it likes within the rules (AS-4, AS-5, VX-9). */
static const char *choice_wrong(const struct model_space *space, const struct model_place *place,
				uint64_t base)
{
	if (base % place->alignment)
		return "not aligned";
	if (base < place->lowest || base - 1 + place->bytes > place->highest)
		return "out of bounds";
	if (!model_is_free(space, base, base + place->bytes))
		return "not free";
	return NULL;
}

uint32_t model_choose_base(struct model_space *space, const struct model_allocate *call,
			   uint64_t *base)
{
	uint64_t limit = model_zero_bits_limit(call->zero_bits);
	struct model_place place = {
		.bytes = page_up(call->bytes), /* VA-21 */
		.lowest = call->lowest > LOWEST_ADDRESS ? call->lowest : LOWEST_ADDRESS,
		.highest = call->highest && call->highest < limit ? call->highest : limit,
		.alignment = call->alignment ? call->alignment : GRANULE_BYTES,
	};

	if (!model_lowest_fit(space, &place))
		return NO_MEMORY; /* VA-24, VX-9 */
	if (call->type & TYPE_COMMIT && call->bytes >= TOO_MUCH_COMMIT)
		return COMMITMENT_LIMIT;
	*base = space->choose(space, &place, space->context);
	space->wrong = choice_wrong(space, &place, *base);
	return space->wrong ? NO_MEMORY : SUCCESS;
}

/* VA-42 to VA-44: what was committed keeps its bytes and its mark. */
static void commit_page(struct model_page *page, uint32_t protect)
{
	model_content(page)->committed = true;
	model_page_protect(page, protect);
}

static void commit(struct model_space *space, uint64_t base, uint64_t end, uint32_t protect)
{
	model_trim_code(space, base, end, protect);
	for (; base < end; base += PAGE_BYTES)
		commit_page(model_page_at(space, base), protect);
}

static uint32_t reserve_at(struct model_space *space, const struct model_allocate *call,
			   uint64_t base, uint64_t end)
{
	struct model_allocation *allocation;

	if (call->type & TYPE_COMMIT && end - base >= TOO_MUCH_COMMIT)
		return COMMITMENT_LIMIT;
	allocation = model_insert(space, base, (end - base) / PAGE_BYTES);
	allocation->protect = call->protect & ~(uint32_t)TARGETS_INVALID; /* PR-8 */
	allocation->watch = call->type & TYPE_WATCH;
	if (call->type & TYPE_PHYSICAL)
		allocation->kind = KIND_AWE; /* AW-1 */
	if (call->type & TYPE_PLACEHOLDER) {
		allocation->kind = KIND_PLACEHOLDER; /* PH-2 */
		allocation->watch = false; /* PH-6: that is what replaces it */
	}
	if (call->type & TYPE_COMMIT)
		commit(space, base, end, call->protect);
	return SUCCESS;
}

static uint32_t reserve(struct model_space *space, struct model_allocate *call)
{
	uint64_t base = call->base & ~(GRANULE_BYTES - 1); /* VA-20 */
	uint64_t end = page_up(call->base + call->bytes);
	uint32_t status;

	if (!call->base) {
		call->type |= TYPE_RESERVE; /* VA-22 */
		status = model_choose_base(space, call, &base);
		if (status)
			return status;
		end = base + page_up(call->bytes);
	}
	if (!model_is_free(space, base, end))
		return CONFLICTING_ADDRESSES; /* VA-23, VA-29, PH-3 */
	status = reserve_at(space, call, base, end);
	if (status)
		return status;
	call->base = base;
	call->bytes = end - base;
	return SUCCESS;
}

/* PH-5, PH-6. */
static uint32_t replace(struct model_space *space, struct model_allocate *call)
{
	struct model_allocation *allocation = model_find(space, call->base);
	uint64_t base = call->base, end = page_up(call->base + call->bytes);

	if (!allocation || allocation->kind != KIND_PLACEHOLDER || base != allocation->base ||
	    end != model_end(allocation))
		return CONFLICTING_ADDRESSES;
	model_cut(space, allocation, base, end);
	reserve_at(space, call, base, end);
	model_find(space, base)->replaced = true;
	call->bytes = end - base;
	return SUCCESS;
}

/* The one allocation with pages that holds the whole range (VA-41, VA-46, MR-1). */
static struct model_allocation *holding(const struct model_space *space, uint64_t start,
					uint64_t end)
{
	struct model_allocation *allocation = model_find(space, start);

	if (!allocation || end > model_end(allocation) || allocation->kind == KIND_AWE)
		return NULL;
	return allocation;
}

/* VA-47, VA-49, VA-50 */
static uint32_t check_view(const struct model_allocation *view, uint32_t protect)
{
	if (view->section->file)
		return ALREADY_COMMITTED;
	if (protect & (NOCACHE | WRITECOMBINE) & ~view->protect)
		return INVALID_PAGE_PROTECTION;
	return model_view_permits(view, protect);
}

static uint32_t commit_inside(struct model_space *space, struct model_allocate *call)
{
	uint64_t start = page_down(call->base); /* VA-40 */
	uint64_t end = page_up(call->base + call->bytes);
	const struct model_allocation *allocation = holding(space, start, end);
	uint32_t status = SUCCESS;

	if (allocation && allocation->kind == KIND_VIEW)
		status = check_view(allocation, call->protect);
	else if (model_protection_copies(call->protect))
		status = INVALID_PAGE_PROTECTION; /* VA-45 */
	else if (!allocation || allocation->kind == KIND_PLACEHOLDER)
		status = CONFLICTING_ADDRESSES; /* PH-4 */
	if (status)
		return status;
	commit(space, start, end, call->protect);
	call->base = start;
	call->bytes = end - start;
	return SUCCESS;
}

/* MR-4: from now on the page holds what it held, or zeros. */
static void reset_page(struct model_page *page)
{
	struct model_content *content = model_content(page);

	free(content->lost);
	content->lost = NULL;
	content->faded = content->reset = true;
	if (page->presence == PRESENCE_IN && !page->locked)
		page->presence = PRESENCE_OPEN; /* DG-24 */
}

/* Was data reset there that may be gone by now? */
static bool faded_inside(const struct model_space *space, uint64_t start, uint64_t end)
{
	for (; start < end; start += PAGE_BYTES)
		if (model_content(model_page_at(space, start))->faded)
			return true;
	return false;
}

static uint32_t reset(struct model_space *space, struct model_allocate *call)
{
	uint64_t start = page_down(call->base);
	uint64_t end = page_up(call->base + call->bytes);
	uint64_t first = page_up(call->base); /* MR-5: only pages that are covered whole */
	uint64_t last = page_down(call->base + call->bytes);
	const struct model_allocation *allocation = holding(space, start, end);

	if (!allocation)
		return CONFLICTING_ADDRESSES;
	if (allocation->kind == KIND_VIEW && allocation->section->file)
		return USER_MAPPED_FILE; /* MR-7 */
	if (call->type == TYPE_UNDO && call->undo_fails && faded_inside(space, start, end))
		return UNSUCCESSFUL;
	for (uint64_t address = first; address < last; address += PAGE_BYTES) {
		struct model_page *page = model_page_at(space, address);

		if (!model_committed(page) || page->offered)
			continue; /* MR-2, OF-2 */
		if (call->type == TYPE_RESET)
			reset_page(page);
		else
			model_page_undo(page);
	}
	call->base = start; /* MR-10 */
	call->bytes = end - start;
	return SUCCESS;
}

uint32_t model_allocate(struct model_space *space, struct model_allocate *call)
{
	uint32_t node = call->extended ? 0 : call->type & TYPE_NODE;
	uint32_t status;

	/* NU-1: the node's number plus one; there is a first node on every machine. */
	if (node > 1)
		return INVALID_PARAMETER;
	call->type &= ~node;
	status = check(call);
	if (status)
		return status;
	if (call->type & TYPE_REPLACE)
		return replace(space, call);
	if (call->type & (TYPE_RESET | TYPE_UNDO))
		return reset(space, call);
	if (call->base && !(call->type & TYPE_RESERVE))
		return commit_inside(space, call);
	return reserve(space, call);
}
