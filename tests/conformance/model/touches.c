// SPDX-License-Identifier: GPL-2.0
/* Operations that touch memory: of the process itself, or by copying from and to the child. */
#include <inttypes.h>
#include <string.h>

#include "script.h"

#define X86_RET 0xc3

static void print_exception(struct model_script *script, const char *name, uint32_t code,
			    enum model_access access, uint64_t address)
{
	fprintf(script->out, "%s exc=%08" PRIx32 " n=2 i0=%d i1=%s\n", name, code, access,
		model_name(script, address)); /* GP-2, EX-1 */
}

static void print_byte(struct model_script *script, uint64_t address)
{
	uint8_t kept = model_kept(script->space_now, address);
	uint8_t lost = model_lost(script->space_now, address);

	if (kept == lost)
		fprintf(script->out, "v=%02x\n", kept);
	else
		fprintf(script->out, "v={%02x|%02x}\n", kept, lost); /* MR-4 */
}

void model_op_rd(struct model_script *script, char **word)
{
	uint64_t address = model_address(script, word[0]);
	uint32_t status = model_touch(script->space_now, address, ACCESS_READ);

	if (!status)
		print_byte(script, address);
	else if (model_script_on_child(script))
		model_print_failure(script, PARTIAL_COPY); /* RW-2, RW-5 */
	else
		print_exception(script, "rd", status, ACCESS_READ, address);
}

static bool heard(const struct model_script *script, const char *answer)
{
	return script->heard && !strncmp(script->heard, answer, strlen(answer));
}

/* A byte by WriteProcessMemory. */
static void write_child(struct model_script *script, uint64_t address, uint8_t value)
{
	switch (model_write_piece(script->space_now, address, 1, value, false)) {
	case OUTCOME_WRITTEN:
		fprintf(script->out, "ok\n");
		return;
	case OUTCOME_READ_ONLY:
		model_print_failure(script, ACCESS_VIOLATION);
		return;
	case OUTCOME_REFUSED_SOMEHOW:
		fprintf(script->out, "FAIL {err=299 st=8000000d|err=998 st=c0000005}\n");
		return;
	case OUTCOME_OPEN:
		fprintf(script->out, "{FAIL err=299 st=8000000d|ok}\n");
		if (heard(script, "ok"))
			model_write_piece(script->space_now, address, 1, value, true);
		return;
	case OUTCOME_REFUSED:
		model_print_failure(script, PARTIAL_COPY);
	}
}

void model_op_wr(struct model_script *script, char **word)
{
	uint64_t address = model_address(script, word[0]);
	uint8_t value = (uint8_t)model_number(word[1]);
	uint32_t status;

	if (model_script_on_child(script)) {
		write_child(script, address, value);
		return;
	}
	status = model_touch(script->space_now, address, ACCESS_WRITE);
	if (status) {
		print_exception(script, "wr", status, ACCESS_WRITE, address);
		return;
	}
	model_store(script->space_now, address, value);
	fprintf(script->out, "ok\n");
}

/* Called are only a RET, which is read first, and what cannot be fetched. */
static bool callable(struct model_script *script, uint64_t address)
{
	const struct model_page *page = model_page_at(script->space_now, address);

	if (model_script_on_child(script) || address >= END_ADDRESS)
		return false;
	if (!page || !model_committed(page) || page->protect & GUARD || page->protect < EXECUTE)
		return true;
	return page->protect != EXECUTE && !model_touch(script->space_now, address, ACCESS_READ) &&
	       model_kept(script->space_now, address) == X86_RET;
}

void model_op_ex(struct model_script *script, char **word)
{
	uint64_t address = model_address(script, word[0]);
	uint32_t status;

	if (!callable(script, address)) {
		fprintf(script->out, "skip\n");
		return;
	}
	status = model_touch(script->space_now, address, ACCESS_EXECUTE);
	if (status)
		print_exception(script, "ex", status, ACCESS_EXECUTE, address);
	else if (model_lost(script->space_now, address) != X86_RET)
		fprintf(script->out, "{ok|skip}\n"); /* MR-4 */
	else
		fprintf(script->out, "ok\n");
}

/* A byte at each page: how many went well, and the first failure. */
struct sweep {
	uint32_t done;
	uint32_t faults;
	uint32_t first;
};

static bool count_touch(struct sweep *sweep, uint32_t status)
{
	if (!status) {
		sweep->done++;
		return true;
	}
	if (!sweep->faults++)
		sweep->first = status;
	return false;
}

void model_op_fill(struct model_script *script, char **word)
{
	uint64_t address = model_address(script, word[0]);
	uint64_t end = address + model_number(word[1]);
	uint8_t value = (uint8_t)model_number(word[2]);
	struct sweep sweep = { 0 };

	for (; address < end && !model_script_on_child(script); address += PAGE_BYTES)
		if (count_touch(&sweep, model_touch(script->space_now, address, ACCESS_WRITE)))
			model_store(script->space_now, address, value);
	fprintf(script->out, "wrote=%" PRIu32 " faults=%" PRIu32 " first=%08" PRIx32 "\n",
		sweep.done, sweep.faults, sweep.first);
}

void model_op_sum(struct model_script *script, char **word)
{
	uint64_t address = model_address(script, word[0]);
	uint64_t end = address + model_number(word[1]);
	struct sweep sweep = { 0 };
	bool open = false;
	uint32_t sum = 0;

	for (; address < end && !model_script_on_child(script); address += PAGE_BYTES) {
		if (!count_touch(&sweep, model_touch(script->space_now, address, ACCESS_READ)))
			continue;
		open |= model_kept(script->space_now, address) !=
			model_lost(script->space_now, address);
		sum = sum * 31 + model_kept(script->space_now, address);
	}
	fprintf(script->out, "read=%" PRIu32 " sum=", sweep.done);
	fprintf(script->out, open ? "{%08" PRIx32 "|*}" : "%08" PRIx32, sum); /* MR-4 */
	fprintf(script->out, " faults=%" PRIu32 " first=%08" PRIx32 "\n", sweep.faults,
		sweep.first);
}
