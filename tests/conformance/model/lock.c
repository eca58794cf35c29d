// SPDX-License-Identifier: GPL-2.0
/* VirtualLock and VirtualUnlock (SPEC 8.1). */
#include "space.h"

/* VL-11, DG-17 */
#define OVERHEAD_PAGES 8

#define MAP_PROCESS 1u
#define MAP_SYSTEM  2u

static uint32_t check(uint64_t base, uint64_t bytes, uint32_t map_type)
{
	if (!map_type || map_type > (MAP_PROCESS | MAP_SYSTEM))
		return INVALID_PARAMETER; /* VL-1 */
	if (!bytes || base >= END_ADDRESS || bytes > END_ADDRESS - base)
		return INVALID_PARAMETER; /* VL-2 */
	if (map_type & MAP_SYSTEM)
		return PRIVILEGE_NOT_HELD; /* VL-3 */
	return SUCCESS;
}

/* Whether a page that was read for nothing is in the working set is nobody's contract. */
static uint32_t read_one(struct model_space *space, uint64_t address)
{
	const struct model_allocation *allocation = model_find(space, address);
	struct model_page *page = model_page_at(space, address);
	enum model_presence before;
	uint32_t status;

	if (!allocation)
		return ACCESS_VIOLATION;
	if (allocation->kind == KIND_AWE)
		return INCOMPATIBLE_FILE_MAP;
	before = page->presence;
	status = model_touch(space, address, ACCESS_READ);
	if (!status && before != PRESENCE_IN)
		page->presence = PRESENCE_OPEN;
	return status;
}

/* Each page is read once, from the lowest on (VL-4 to VL-7). */
static uint32_t read_each(struct model_space *space, uint64_t start, uint64_t end)
{
	uint32_t status = SUCCESS;

	for (; start < end && !status; start += PAGE_BYTES)
		status = read_one(space, start);
	return status;
}

uint64_t model_count_locked(const struct model_space *space, uint64_t start, uint64_t end)
{
	const struct model_allocation *allocation;
	uint64_t count = 0;

	for (allocation = space->first; allocation; allocation = allocation->next)
		for (uint64_t i = 0; i < allocation->pages; i++) {
			uint64_t address = allocation->base + i * PAGE_BYTES;

			count += address >= start && address < end && allocation->page[i].locked;
		}
	return count;
}

/* VL-10 */
uint64_t model_lock_quota(const struct model_space *space)
{
	return space->limits.minimum - OVERHEAD_PAGES;
}

static void lock_each(struct model_space *space, uint64_t start, uint64_t end)
{
	for (; start < end; start += PAGE_BYTES) {
		struct model_page *page = model_page_at(space, start);

		page->locked = true;
		page->presence = PRESENCE_IN; /* VL-12 */
		if (page->protect == READWRITE || page->protect == EXECUTE_READWRITE)
			page->written = true; /* VL-8, WW-16 */
	}
}

uint32_t model_lock(struct model_space *space, uint64_t *base, uint64_t *bytes, uint32_t map_type)
{
	uint64_t start = *base & ~(PAGE_BYTES - 1);
	uint64_t end = (*base + *bytes + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
	uint64_t pages = (end - start) / PAGE_BYTES;
	uint32_t status = check(*base, *bytes, map_type);
	uint64_t before;

	if (!status)
		status = read_each(space, start, end);
	if (status)
		return status;
	before = model_count_locked(space, start, end);
	if (model_count_locked(space, 0, END_ADDRESS) + pages - before > model_lock_quota(space))
		return WORKING_SET_QUOTA;
	lock_each(space, start, end);
	*base = start;
	*bytes = end - start;
	return before ? WAS_LOCKED : SUCCESS; /* VL-9 */
}

/* The trim trick: what is not locked leaves the working set (VL-15, VL-16). */
uint32_t model_unlock(struct model_space *space, uint64_t *base, uint64_t *bytes, uint32_t map_type)
{
	uint64_t start = *base & ~(PAGE_BYTES - 1);
	uint64_t end = (*base + *bytes + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
	uint32_t status = check(*base, *bytes, map_type);

	if (status)
		return status;
	if (model_count_locked(space, start, end) < (end - start) / PAGE_BYTES) {
		model_trim(space, start, end);
		return NOT_LOCKED; /* VL-14, VL-15 */
	}
	for (uint64_t address = start; address < end; address += PAGE_BYTES)
		model_page_at(space, address)->locked = false;
	*base = start;
	*bytes = end - start;
	return SUCCESS;
}
