// SPDX-License-Identifier: GPL-2.0
/* Operations on sections and views, in the words of the replayer. */
#include <inttypes.h>

#include "script.h"

static struct model_handle *numbered(struct model_script *script, const char *word)
{
	return &script->section[model_number(word) % MODEL_SECTIONS];
}

static uint32_t flags(const char *word)
{
	return (uint32_t)model_number(word);
}

static void close_handle(struct model_handle *handle)
{
	model_section_put(handle->section);
	*handle = (struct model_handle){ 0 };
}

void model_close_sections(struct model_script *script)
{
	for (int i = 0; i < MODEL_SECTIONS; i++)
		close_handle(&script->section[i]);
	for (int i = 0; i < MODEL_FILES; i++)
		model_file_put(script->file[i]);
}

#define MOST_SECTIONS 4096

/* Each section once, however many handles and views it has. */
struct sections {
	const struct model_section *section[MOST_SECTIONS];
	unsigned int count;
};

static void add_section(struct sections *sections, const struct model_section *section)
{
	for (unsigned int i = 0; i < sections->count; i++)
		if (sections->section[i] == section)
			return;
	if (section && sections->count < MOST_SECTIONS)
		sections->section[sections->count++] = section;
}

static uint64_t committed_bytes(const struct model_section *section)
{
	uint64_t pages = 0;

	if (section->file)
		return 0; /* CC-6 */
	for (uint64_t i = 0; i < section->pages; i++)
		pages += section->content[i].committed;
	return pages * PAGE_BYTES;
}

uint64_t model_system_commit(const struct model_script *script)
{
	static struct sections sections;
	uint64_t bytes = 0;

	sections.count = 0;
	for (int i = 0; i < MODEL_SECTIONS; i++)
		add_section(&sections, script->section[i].section);
	for (int i = 0; i < 2; i++) {
		const struct model_allocation *at = script->space[i].first;

		for (; at; at = at->next)
			add_section(&sections, at->section);
		bytes += model_charge(&script->space[i]).commit_bytes;
	}
	for (unsigned int i = 0; i < sections.count; i++)
		bytes += committed_bytes(sections.section[i]);
	return bytes;
}

/* What CreateFileMapping's handle grants: what the protection lets views be. */
static uint32_t rights_of(uint32_t protect)
{
	uint32_t rights = RIGHT_QUERY | RIGHT_READ;

	if (protect & (READWRITE | EXECUTE_READWRITE))
		rights |= RIGHT_WRITE;
	if (protect & (EXECUTE_READ | EXECUTE_READWRITE | EXECUTE_WRITECOPY))
		rights |= RIGHT_EXECUTE;
	return rights;
}

static uint32_t create(struct model_handle *handle, const struct model_create_section *call,
		       uint32_t rights)
{
	uint32_t status;

	close_handle(handle);
	status = model_create_section(call, &handle->section);
	if (!status)
		handle->rights = rights;
	return status;
}

/* SE-1 */
void model_op_sec(struct model_script *script, char **word)
{
	uint32_t protect = flags(word[2]) & ~SECTION_BITS;
	uint32_t attributes = flags(word[2]) & SECTION_BITS;
	struct model_create_section call = {
		.bytes = model_number(word[1]),
		.protect = protect,
		.attributes = attributes ? attributes : SEC_COMMIT_BIT,
	};

	model_print_success(script, create(numbered(script, word[0]), &call, rights_of(protect)));
}

void model_op_nsec(struct model_script *script, char **word)
{
	struct model_create_section call = {
		.bytes = model_number(word[1]),
		.protect = flags(word[2]),
		.attributes = flags(word[3]),
	};

	fprintf(script->out, "st=%08" PRIx32 "\n",
		create(numbered(script, word[0]), &call, flags(word[4])));
}

/* A new file; sections of the old one keep it. */
void model_op_file(struct model_script *script, char **word)
{
	struct model_file **file = &script->file[model_number(word[0]) % MODEL_FILES];

	model_file_put(*file);
	*file = model_file_new(model_number(word[1]));
	fprintf(script->out, "ok\n");
}

void model_op_fsec(struct model_script *script, char **word)
{
	uint32_t protect = flags(word[3]) & ~SECTION_BITS;
	uint32_t attributes = flags(word[3]) & SECTION_BITS;
	struct model_create_section call = {
		.bytes = model_number(word[2]),
		.protect = protect,
		.attributes = attributes ? attributes : SEC_COMMIT_BIT,
		.file = script->file[model_number(word[1]) % MODEL_FILES],
	};

	if (!call.file)
		fprintf(script->out, "none\n");
	else
		model_print_success(script,
				    create(numbered(script, word[0]), &call, rights_of(protect)));
}

/* read(2) and write(2) see what views see (SE-29). */
void model_op_frd(struct model_script *script, char **word)
{
	const struct model_file *file = script->file[model_number(word[0]) % MODEL_FILES];
	uint64_t at = model_number(word[1]);
	const uint8_t *kept;

	if (!file || at >= file->bytes) {
		fprintf(script->out, "none\n");
		return;
	}
	kept = file->content[at / PAGE_BYTES].kept;
	fprintf(script->out, "v=%02x\n", kept ? kept[at % PAGE_BYTES] : 0);
}

void model_op_fwr(struct model_script *script, char **word)
{
	struct model_file *file = script->file[model_number(word[0]) % MODEL_FILES];
	uint64_t at = model_number(word[1]);

	if (!file || at >= file->bytes) {
		fprintf(script->out, "none\n");
		return;
	}
	model_content_store(&file->content[at / PAGE_BYTES], at % PAGE_BYTES,
			    (uint8_t)model_number(word[2]));
	fprintf(script->out, "ok\n");
}

/* Which of the two statuses it is Win32 does not tell. */
void model_op_flush(struct model_script *script, char **word)
{
	if (model_flush(&script->space[0], model_address(script, word[0]), model_number(word[1])))
		fprintf(script->out, "FAIL err=487 st={c0000088|c0000019}\n");
	else
		fprintf(script->out, "ok\n");
}

void model_op_close(struct model_script *script, char **word)
{
	struct model_handle *handle = numbered(script, word[0]);

	fprintf(script->out, handle->section ? "ok\n" : "none\n");
	close_handle(handle);
}

/* SE-4, SE-5, SE-38 */
void model_op_qsec(struct model_script *script, char **word)
{
	const struct model_handle *handle = numbered(script, word[0]);

	if (!handle->section)
		fprintf(script->out, "st=%08" PRIx32 " a=0 s=0\n", INVALID_HANDLE);
	else if (!(handle->rights & RIGHT_QUERY))
		fprintf(script->out, "st=%08" PRIx32 " a=0 s=0\n", ACCESS_DENIED);
	else
		fprintf(script->out, "st=00000000 a=%" PRIx32 " s=%" PRIx64 "\n",
			handle->section->attributes, handle->section->bytes);
}

/* SE-15: what the section forbids is for Win32 a lack of rights. */
static void map_line(struct model_script *script, struct model_space *space, struct model_map *call,
		     const char *slot)
{
	uint32_t status;

	script->holding = model_slot_number(model_number(slot));
	status = model_map(space, call);
	if (status) {
		model_print_failure(script, status == SECTION_PROTECTION ? ACCESS_DENIED : status);
		return;
	}
	model_hold(script, script->holding, call->base);
	fprintf(script->out, "ok %s\n", model_name(script, call->base));
}

/* SE-13 */
static uint32_t protect_of(uint32_t access)
{
	bool execute = access & MAP_EXECUTE;
	uint32_t targets = access & MAP_TARGETS;

	if (access & MAP_WRITE)
		return targets | (execute ? EXECUTE_READWRITE : READWRITE);
	if (access & MAP_READ)
		return targets | (execute ? EXECUTE_READ : READONLY);
	if (access & MAP_COPY)
		return targets | (execute ? EXECUTE_WRITECOPY : WRITECOPY);
	return NOACCESS;
}

/* Always into the process itself. */
void model_op_map(struct model_script *script, char **word)
{
	const struct model_handle *handle = numbered(script, word[1]);
	uint32_t access = flags(word[2]);
	struct model_map call = {
		.section = handle->section,
		.rights = handle->rights,
		.base = model_address(script, word[5]),
		.bytes = model_number(word[4]),
		.offset = model_number(word[3]),
		.type = (access & MAP_RESERVED ? TYPE_RESERVE : 0u) |
			(access & MAP_LARGE ? TYPE_LARGE : 0u),
		.protect = protect_of(access),
	};

	map_line(script, &script->space[0], &call, word[0]);
}

static struct model_map map_at(struct model_script *script, char **word)
{
	const struct model_handle *handle = numbered(script, word[1]);

	return (struct model_map){
		.section = handle->section,
		.rights = handle->rights,
		.base = model_address(script, word[2]),
		.bytes = model_number(word[4]),
		.offset = model_number(word[3]),
		.type = flags(word[5]),
		.protect = flags(word[6]),
	};
}

void model_op_map2(struct model_script *script, char **word)
{
	struct model_map call = map_at(script, word);

	map_line(script, script->space_now, &call, word[0]);
}

void model_op_map3(struct model_script *script, char **word)
{
	struct model_map call = map_at(script, word);

	call.extended = true;
	map_line(script, script->space_now, &call, word[0]);
}

void model_op_nmap(struct model_script *script, char **word)
{
	const struct model_handle *handle = numbered(script, word[1]);
	struct model_map call = {
		.section = handle->section,
		.rights = handle->rights,
		.base = model_address(script, word[2]),
		.zero_bits = model_number(word[3]),
		.commit = model_number(word[4]),
		.offset = model_number(word[5]),
		.bytes = model_number(word[6]),
		.type = flags(word[7]),
		.protect = flags(word[8]),
	};
	uint32_t status;

	script->holding = model_slot_number(model_number(word[0]));
	status = model_map(script->space_now, &call);
	if (!status)
		model_hold(script, script->holding, call.base);
	model_print_line(script, status, call.base, call.bytes);
}

void model_op_unmap(struct model_script *script, char **word)
{
	model_print_success(script,
			    model_unmap(&script->space[0], model_address(script, word[0]), 0));
}

void model_op_unmap2(struct model_script *script, char **word)
{
	model_print_success(script, model_unmap(script->space_now, model_address(script, word[0]),
						flags(word[1])));
}
