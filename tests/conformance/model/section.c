// SPDX-License-Identifier: GPL-2.0
/* Sections of the page file (SPEC 11). */
#include <stdlib.h>

#include "space.h"

#define KIND_BITS  (SEC_IMAGE_BIT | SEC_RESERVE_BIT | SEC_COMMIT_BIT)
#define KNOWN_BITS (KIND_BITS | SEC_NOCACHE_BIT | SEC_WRITECOMBINE_BIT | SEC_LARGE_BIT)

/* SE-10: no address space has it; NT's tables for reserved pages have not. */
#define TOO_BIG		UINT64_C(0x800000000000)
#define TOO_BIG_RESERVE UINT64_C(0x80000000000)
#define TOO_MUCH_COMMIT UINT64_C(0x10000000000)

struct model_file *model_file_new(uint64_t bytes)
{
	struct model_file *file = calloc(1, sizeof(*file));

	if (!file)
		abort();
	file->users = 1;
	file->bytes = bytes;
	for (int i = 0; i < MODEL_FILE_PAGES; i++)
		file->content[i].committed = true;
	return file;
}

void model_file_put(struct model_file *file)
{
	if (!file || --file->users)
		return;
	for (int i = 0; i < MODEL_FILE_PAGES; i++)
		model_content_clear(&file->content[i]);
	free(file);
}

/* SE-2 */
static bool attributes_valid(uint32_t attributes, bool file)
{
	if (attributes & ~KNOWN_BITS || (file && attributes & SEC_LARGE_BIT))
		return false;
	switch (attributes & KIND_BITS) {
	case SEC_IMAGE_BIT:
		return !(attributes & (SEC_WRITECOMBINE_BIT | SEC_LARGE_BIT));
	case SEC_RESERVE_BIT:
		if (attributes & SEC_LARGE_BIT)
			return false;
		break;
	case SEC_COMMIT_BIT:
		break;
	default:
		return false;
	}
	return !(attributes & SEC_NOCACHE_BIT && attributes & SEC_WRITECOMBINE_BIT); /* PR-4 */
}

/* SE-9, PR-3, PR-8 */
static bool protection_valid(uint32_t protect)
{
	switch (protect) {
	case READONLY:
	case READWRITE:
	case WRITECOPY:
	case EXECUTE_READ:
	case EXECUTE_READWRITE:
	case EXECUTE_WRITECOPY:
		return true;
	default:
		return false;
	}
}

/* SE-5 to SE-7. Who may write makes the file larger. */
static uint32_t check_file_size(const struct model_create_section *call)
{
	bool writes = call->protect == READWRITE || call->protect == EXECUTE_READWRITE;

	if (!call->bytes && !call->file->bytes)
		return MAPPED_FILE_SIZE_ZERO;
	if (call->bytes > call->file->bytes && (!writes || call->bytes >= TOO_BIG))
		return SECTION_TOO_BIG;
	return SUCCESS;
}

/* SE-5, SE-10 */
static uint32_t check_size(const struct model_create_section *call)
{
	if (!call->bytes)
		return INVALID_PARAMETER_4;
	if (call->bytes >= TOO_BIG)
		return SECTION_TOO_BIG;
	if (call->attributes & SEC_RESERVE_BIT)
		return call->bytes >= TOO_BIG_RESERVE ? INSUFFICIENT_RESOURCES : SUCCESS;
	return call->bytes >= TOO_MUCH_COMMIT ? COMMITMENT_LIMIT : SUCCESS;
}

static uint32_t check(const struct model_create_section *call)
{
	if (!attributes_valid(call->attributes, call->file))
		return INVALID_PARAMETER_6;
	if (!protection_valid(call->protect))
		return INVALID_PAGE_PROTECTION;
	if (call->attributes & SEC_LARGE_BIT)
		return PRIVILEGE_NOT_HELD; /* LP-5 */
	if (call->attributes & SEC_IMAGE_BIT)
		return INVALID_IMAGE_NOT_MZ; /* SE-3 */
	return call->file ? check_file_size(call) : check_size(call);
}

static void take_pages(struct model_section *section)
{
	section->pages = (section->bytes + PAGE_BYTES - 1) / PAGE_BYTES;
	section->bytes = section->pages * PAGE_BYTES; /* SE-5 */
	section->content = calloc(section->pages, sizeof(*section->content));
	if (!section->content)
		abort();
	for (uint64_t i = 0; i < section->pages; i++)
		section->content[i].committed = !(section->attributes & SEC_RESERVE_BIT);
}

/* SE-4, SE-5, SE-7 */
static void take_file(struct model_section *section, struct model_file *file)
{
	if (!section->bytes)
		section->bytes = file->bytes;
	if (section->bytes > file->bytes)
		file->bytes = section->bytes;
	section->attributes &= SEC_NOCACHE_BIT | SEC_WRITECOMBINE_BIT;
	section->attributes |= SEC_FILE_BIT;
	section->pages = (section->bytes + PAGE_BYTES - 1) / PAGE_BYTES;
	section->content = file->content;
	section->file = file;
	file->users++;
}

uint32_t model_create_section(const struct model_create_section *call, struct model_section **made)
{
	struct model_section *section;
	uint32_t status = check(call);

	if (status)
		return status;
	section = calloc(1, sizeof(*section));
	if (!section)
		abort();
	section->users = 1;
	section->attributes = call->attributes;
	section->protect = call->protect;
	section->bytes = call->bytes;
	if (call->file)
		take_file(section, call->file);
	else
		take_pages(section);
	*made = section;
	return SUCCESS;
}

struct model_section *model_section_get(struct model_section *section)
{
	section->users++;
	return section;
}

void model_section_put(struct model_section *section)
{
	if (!section || --section->users)
		return;
	for (uint64_t i = 0; !section->file && i < section->pages; i++)
		model_content_clear(&section->content[i]);
	if (!section->file)
		free(section->content);
	model_file_put(section->file);
	free(section);
}
