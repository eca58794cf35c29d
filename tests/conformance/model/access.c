// SPDX-License-Identifier: GPL-2.0
/* Touching memory (SPEC PR-9, GP, EX, WW). */
#include <stdlib.h>
#include <string.h>

#include "space.h"

static bool permits(uint32_t protect, enum model_access access)
{
	switch (access) {
	case ACCESS_READ:
		return protect != NOACCESS;
	case ACCESS_WRITE:
		return protect == READWRITE || protect == EXECUTE_READWRITE;
	case ACCESS_EXECUTE:
		return protect == EXECUTE || protect == EXECUTE_READ ||
		       protect == EXECUTE_READWRITE;
	}
	return false;
}

uint32_t model_touch(struct model_space *space, uint64_t address, enum model_access access)
{
	struct model_page *page = model_page_at(space, address);

	if (!page || !page->committed || page->offered)
		return ACCESS_VIOLATION; /* EX-3, OF-2 */
	if (page->protect & GUARD) {
		page->protect &= ~(uint32_t)GUARD;
		return GUARD_PAGE_VIOLATION; /* GP-1, GP-6 */
	}
	if (!permits(page->protect, access))
		return ACCESS_VIOLATION;
	page->presence = PRESENCE_IN; /* WS-8, WS-11 */
	return SUCCESS;
}

static uint8_t *bytes_of(uint8_t **bytes)
{
	if (!*bytes)
		*bytes = calloc(1, PAGE_BYTES);
	if (!*bytes)
		abort();
	return *bytes;
}

uint8_t model_kept(const struct model_space *space, uint64_t address)
{
	const struct model_page *page = model_page_at(space, address);

	return page->kept ? page->kept[address % PAGE_BYTES] : 0;
}

uint8_t model_lost(const struct model_space *space, uint64_t address)
{
	const struct model_page *page = model_page_at(space, address);

	if (!page->faded)
		return model_kept(space, address);
	return page->lost ? page->lost[address % PAGE_BYTES] : 0;
}

void model_store(struct model_space *space, uint64_t address, uint8_t value)
{
	struct model_page *page = model_page_at(space, address);

	bytes_of(&page->kept)[address % PAGE_BYTES] = value;
	if (page->faded)
		bytes_of(&page->lost)[address % PAGE_BYTES] = value;
	page->reset = false; /* MR-4: normal again */
	page->written = true; /* WW-5 */
}
