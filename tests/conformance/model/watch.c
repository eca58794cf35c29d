// SPDX-License-Identifier: GPL-2.0
/* Write watch (SPEC 10). */
#include "space.h"

/* WW-3, WW-20 */
static uint32_t check_range(uint64_t base, uint64_t bytes)
{
	if (base >= END_ADDRESS)
		return INVALID_PARAMETER_2;
	return !bytes || bytes > END_ADDRESS - base ? INVALID_PARAMETER_3 : SUCCESS;
}

/* WW-2 */
static uint32_t check_watched(const struct model_space *space, uint64_t base, uint64_t bytes)
{
	const struct model_allocation *allocation = model_find(space, base);

	if (!allocation || !allocation->watch || base + bytes > model_end(allocation))
		return INVALID_PARAMETER_1;
	return SUCCESS;
}

static bool reported(const struct model_page *page)
{
	return (model_committed(page) && page->written) || page->latched; /* WW-10, WW-13 */
}

uint32_t model_get_watch(struct model_space *space, uint64_t base, uint64_t bytes, uint32_t flags,
			 uint64_t *addresses, uint64_t *count)
{
	uint64_t room = *count;
	uint64_t found = 0;
	uint32_t status;

	if (flags > 1)
		return INVALID_PARAMETER; /* WW-3 */
	status = check_range(base, bytes);
	if (!status && !room)
		status = INVALID_PARAMETER_5; /* WW-3, WW-20 */
	if (!status)
		status = check_watched(space, base, bytes);
	if (status)
		return status;
	for (uint64_t address = base & ~(PAGE_BYTES - 1); address < base + bytes && found < room;
	     address += PAGE_BYTES) {
		struct model_page *page = model_page_at(space, address);

		if (!reported(page))
			continue;
		addresses[found++] = address; /* WW-5, WW-6 */
		if (flags & 1)
			page->written = page->latched = false;
	}
	*count = found;
	return SUCCESS;
}

uint32_t model_reset_watch(struct model_space *space, uint64_t base, uint64_t bytes)
{
	uint32_t status = check_range(base, bytes);

	if (!status)
		status = check_watched(space, base, bytes);
	if (status)
		return status; /* WW-19 */
	for (uint64_t address = base & ~(PAGE_BYTES - 1); address < base + bytes;
	     address += PAGE_BYTES) {
		struct model_page *page = model_page_at(space, address);

		page->written = page->latched = false;
	}
	return SUCCESS;
}
