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
		return protect == READWRITE || protect == EXECUTE_READWRITE ||
		       model_protection_copies(protect);
	case ACCESS_EXECUTE:
		return protect == EXECUTE || protect == EXECUTE_READ ||
		       protect == EXECUTE_READWRITE || protect == EXECUTE_WRITECOPY;
	}
	return false;
}

uint32_t model_touch(struct model_space *space, uint64_t address, enum model_access access)
{
	struct model_page *page = model_page_at(space, address);

	if (!page || !model_committed(page) || page->offered)
		return ACCESS_VIOLATION; /* EX-3, OF-2 */
	if (page->protect & GUARD) {
		page->protect &= ~(uint32_t)GUARD;
		return GUARD_PAGE_VIOLATION; /* GP-1, GP-6 */
	}
	if (!permits(page->protect, access))
		return ACCESS_VIOLATION;
	if (access == ACCESS_WRITE && model_protection_copies(page->protect))
		model_page_copy(page);
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
	const struct model_content *content = model_content(model_page_at(space, address));

	return content->kept ? content->kept[address % PAGE_BYTES] : 0;
}

uint8_t model_lost(const struct model_space *space, uint64_t address)
{
	const struct model_content *content = model_content(model_page_at(space, address));

	if (!content->faded)
		return model_kept(space, address);
	return content->lost ? content->lost[address % PAGE_BYTES] : 0;
}

void model_content_store(struct model_content *content, uint64_t offset, uint8_t value)
{
	bytes_of(&content->kept)[offset] = value;
	if (content->faded)
		bytes_of(&content->lost)[offset] = value;
	content->reset = false; /* MR-4: normal again */
}

void model_store(struct model_space *space, uint64_t address, uint8_t value)
{
	struct model_page *page = model_page_at(space, address);

	model_content_store(model_content(page), address % PAGE_BYTES, value);
	page->written = true; /* WW-5 */
}
