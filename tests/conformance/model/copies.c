// SPDX-License-Identifier: GPL-2.0
/* Operations that copy: ReadProcessMemory, WriteProcessMemory (SPEC 13), and a system call. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "script.h"

static uint64_t to_page_end(uint64_t address, uint64_t bytes)
{
	uint64_t left = PAGE_BYTES - address % PAGE_BYTES;

	return left < bytes ? left : bytes;
}

static void store_bytes(struct model_space *space, uint64_t address, uint64_t bytes, uint8_t value)
{
	for (uint64_t i = 0; i < bytes; i++)
		model_store(space, address + i, value);
}

/* The guard refuses, and is consumed (RW-5). What comes then of the protection is open (RW-4). */
static enum model_outcome write_guard(const struct model_page *page)
{
	switch (page->protect) {
	case READONLY:
		return OUTCOME_REFUSED_SOMEHOW;
	case EXECUTE:
	case EXECUTE_READ:
		return OUTCOME_OPEN;
	default:
		return OUTCOME_REFUSED;
	}
}

enum model_outcome model_write_piece(struct model_space *space, uint64_t address, uint64_t bytes,
				     uint8_t value, bool again)
{
	struct model_page *page = model_page_at(space, address);
	uint32_t status = model_touch(space, address, ACCESS_WRITE);

	if (!status) {
		store_bytes(space, address, bytes, value);
		return OUTCOME_WRITTEN;
	}
	if (status == GUARD_PAGE_VIOLATION)
		return write_guard(page);
	if (!page || !model_committed(page) || page->offered)
		return OUTCOME_REFUSED; /* RW-2, OF-2 */
	if (page->protect == NOACCESS || page->protect == READONLY)
		return OUTCOME_READ_ONLY; /* RW-4 */
	if (page->shared && !again)
		return OUTCOME_OPEN; /* RW-4 tells of private memory */
	store_bytes(space, address, bytes, value);
	page->presence = PRESENCE_IN;
	return OUTCOME_WRITTEN;
}

/* How many bytes the system said it wrote. */
static uint64_t heard_bytes(const struct model_script *script)
{
	const char *count = script->heard ? strstr(script->heard, "n=") : NULL;

	return count ? strtoull(count + 2, NULL, 16) : 0;
}

/* EX-4: an address of no user space. */
static bool beyond(struct model_script *script, uint64_t address, uint64_t bytes)
{
	if (address <= END_ADDRESS && bytes <= END_ADDRESS - address)
		return false;
	fprintf(script->out, "{n=- FAIL err=998 st=c0000005|n=0 FAIL err=299 st=8000000d%s}\n",
		bytes ? "" : "|ok n=0");
	return true;
}

static void print_write(struct model_script *script, uint64_t done, enum model_outcome outcome)
{
	switch (outcome) {
	case OUTCOME_WRITTEN:
		fprintf(script->out, "ok n=%" PRIx64 "\n", done);
		return;
	case OUTCOME_READ_ONLY:
	case OUTCOME_REFUSED_SOMEHOW:
		/* RW-4 tells of the first page only. */
		if (done || outcome == OUTCOME_REFUSED_SOMEHOW) {
			fprintf(script->out,
				"{n=- FAIL err=998 st=c0000005|n=%" PRIx64
				" FAIL err=299 st=8000000d}\n",
				done);
			return;
		}
		fprintf(script->out, "n=- ");
		model_print_failure(script, ACCESS_VIOLATION);
		return;
	default:
		fprintf(script->out, "n=%" PRIx64 " ", done);
		model_print_failure(script, PARTIAL_COPY);
	}
}

void model_op_wpm(struct model_script *script, char **word)
{
	uint64_t address = model_address(script, word[0]), bytes = model_number(word[1]);
	uint8_t value = (uint8_t)model_number(word[2]);
	enum model_outcome outcome = OUTCOME_WRITTEN;
	uint64_t done = 0;

	if (beyond(script, address, bytes))
		return;
	while (done < bytes) {
		uint64_t piece = to_page_end(address + done, bytes - done);

		outcome = model_write_piece(script->space_now, address + done, piece, value, false);
		if (outcome == OUTCOME_OPEN && heard_bytes(script) >= done + piece)
			outcome = model_write_piece(script->space_now, address + done, piece, value,
						    true);
		if (outcome != OUTCOME_WRITTEN)
			break;
		done += piece;
	}
	print_write(script, done, outcome);
}

/* All bytes of a piece, as they were kept and as they are if they were lost (MR-4). */
static void add_piece(const struct model_space *space, uint64_t address, uint64_t bytes,
		      uint32_t *sum, bool *open)
{
	for (uint64_t i = 0; i < bytes; i++) {
		uint8_t kept = model_kept(space, address + i);

		*open |= kept != model_lost(space, address + i);
		*sum = *sum * 31 + kept;
	}
}

void model_op_rpm(struct model_script *script, char **word)
{
	uint64_t address = model_address(script, word[0]), bytes = model_number(word[1]);
	uint64_t done = 0, piece;
	bool open = false;
	uint32_t sum = 0;

	if (beyond(script, address, bytes))
		return;
	for (; done < bytes; done += piece) {
		piece = to_page_end(address + done, bytes - done);
		if (model_touch(script->space_now, address + done, ACCESS_READ))
			break;
		add_piece(script->space_now, address + done, piece, &sum, &open);
	}
	fprintf(script->out, done < bytes ? "n=%" PRIx64 " " : "ok n=%" PRIx64 " ", done);
	fprintf(script->out, open ? "sum={%08" PRIx32 "|*}" : "sum=%08" PRIx32, sum);
	fprintf(script->out, done < bytes ? " " : "\n");
	if (done < bytes)
		model_print_failure(script, PARTIAL_COPY); /* RW-2, RW-5 */
}

/* A system call stops at what an instruction could not write (GP-5, EX-4, WW-14). */
void model_op_kwr(struct model_script *script, char **word)
{
	uint64_t address = model_address(script, word[0]), bytes = model_number(word[1]);
	uint8_t value = (uint8_t)model_number(word[2]);
	uint64_t done = 0;

	if (model_script_on_child(script)) {
		fprintf(script->out, "skip\n");
		return;
	}
	while (done < bytes) {
		uint64_t piece = to_page_end(address + done, bytes - done);

		if (model_touch(script->space_now, address + done, ACCESS_WRITE))
			break;
		store_bytes(script->space_now, address + done, piece, value);
		done += piece;
	}
	fprintf(script->out, "n=%" PRIx64 "\n", done);
}
