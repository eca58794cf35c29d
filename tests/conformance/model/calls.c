// SPDX-License-Identifier: GPL-2.0
/* Operations on the calls, in the words of the replayer. */
#include <inttypes.h>
#include <string.h>

#include "script.h"

#define MAP_PROCESS 1
#define WATCH_ROOM  4096
#define WATCH_SHOWN 12

static uint32_t flags(const char *text)
{
	return (uint32_t)model_number(text);
}

void model_print_failure(struct model_script *script, uint32_t status)
{
	fprintf(script->out, "FAIL err=%" PRIu32 " st=%08" PRIx32 "\n", model_error(status),
		status);
}

void model_print_success(struct model_script *script, uint32_t status)
{
	if (status && status != WAS_LOCKED)
		model_print_failure(script, status);
	else
		fprintf(script->out, "ok\n");
}

static void print_status(struct model_script *script, uint32_t status, uint64_t base,
			 uint64_t bytes)
{
	fprintf(script->out, "st=%08" PRIx32 " a=%s s=%" PRIx64, status, model_name(script, base),
		bytes);
}

void model_print_line(struct model_script *script, uint32_t status, uint64_t base, uint64_t bytes)
{
	print_status(script, status, base, bytes);
	fprintf(script->out, "\n");
}

/* Only MEM_RESET_UNDO may do either (MR-9). */
static bool heard_failure(const struct model_script *script)
{
	const char *answer = script->heard;

	return answer && strncmp(answer, "ok", 2) && strncmp(answer, "st=00000000", 11);
}

/* The base, or 0 after a failure, which is printed. */
static uint64_t allocate(struct model_script *script, struct model_allocate *call, const char *slot)
{
	bool holds = !(call->type & (TYPE_RESET | TYPE_UNDO)) &&
		     (call->type & TYPE_RESERVE || !call->base);
	uint32_t status;

	script->holding = model_slot_number(model_number(slot));
	call->undo_fails = heard_failure(script);
	status = model_allocate(script->space_now, call);
	if (status == UNSUCCESSFUL) {
		/* MR-9: the code is not documented. */
		fprintf(script->out, "FAIL err={%" PRIu32 "|*} st={%08" PRIx32 "|*}\n",
			model_error(status), status);
		return 0;
	}
	if (status) {
		model_print_failure(script, status);
		return 0;
	}
	if (holds)
		model_hold(script, script->holding, call->base);
	fprintf(script->out, "ok %s", model_name(script, call->base));
	return call->base;
}

static void allocate_line(struct model_script *script, struct model_allocate *call,
			  const char *slot)
{
	if (allocate(script, call, slot))
		fprintf(script->out, "\n");
}

/* VA-1, NU-1: what VirtualAlloc does before it calls down. */
void model_op_alloc(struct model_script *script, char **word)
{
	struct model_allocate call = {
		.base = model_address(script, word[1]),
		.bytes = model_number(word[2]),
		.type = flags(word[3]) & ~(uint32_t)TYPE_NODE,
		.protect = flags(word[4]),
	};

	if (call.base && call.base < LOWEST_ADDRESS)
		model_print_failure(script, INVALID_PARAMETER);
	else
		allocate_line(script, &call, word[0]);
}

static struct model_allocate extended(struct model_script *script, char **word)
{
	return (struct model_allocate){
		.base = model_address(script, word[1]),
		.bytes = model_number(word[2]),
		.type = flags(word[3]),
		.protect = flags(word[4]),
		.extended = true,
	};
}

void model_op_alloc2(struct model_script *script, char **word)
{
	struct model_allocate call = extended(script, word);

	allocate_line(script, &call, word[0]);
}

/* With AddressRequirements. Whatever succeeds fills the slot. */
void model_op_alloc2r(struct model_script *script, char **word)
{
	struct model_allocate call = extended(script, word);
	uint64_t last, mask;

	call.lowest = model_address(script, word[5]);
	call.highest = model_address(script, word[6]);
	call.alignment = model_number(word[7]);
	mask = (call.alignment ? call.alignment : GRANULE_BYTES) - 1;
	if (!allocate(script, &call, word[0]))
		return;
	last = call.base + model_number(word[2]) - 1;
	fprintf(script->out, " aligned=%d inrange=%d\n", !(call.base & mask),
		call.base >= call.lowest && (!call.highest || last <= call.highest));
	model_hold(script, script->holding, call.base);
}

void model_op_nalloc(struct model_script *script, char **word)
{
	struct model_allocate call = {
		.base = model_address(script, word[1]),
		.zero_bits = model_number(word[2]),
		.bytes = model_number(word[3]),
		.type = flags(word[4]),
		.protect = flags(word[5]),
		.undo_fails = heard_failure(script),
	};
	bool holds = call.type & TYPE_RESERVE || !call.base;
	uint32_t status;

	script->holding = model_slot_number(model_number(word[0]));
	status = model_allocate(script->space_now, &call);
	if (!status && holds)
		model_hold(script, script->holding, call.base);
	if (status == NO_MEMORY && call.zero_bits == ZERO_BITS_NEVER)
		fprintf(script->out, "st={%08" PRIx32 "|%08" PRIx32 "} a=0 s=%" PRIx64 "\n",
			NO_MEMORY, INVALID_PARAMETER, call.bytes); /* VA-28, DG-11 */
	else if (status == UNSUCCESSFUL)
		fprintf(script->out, "st={%08" PRIx32 "|*} a=%s s=%" PRIx64 "\n", status,
			model_name(script, call.base), call.bytes); /* MR-9 */
	else
		model_print_line(script, status, call.base, call.bytes);
}

/* VF-1: that one Win32 decides alone, and sets no status. */
void model_op_free(struct model_script *script, char **word)
{
	uint64_t base = model_address(script, word[0]), bytes = model_number(word[1]);
	uint32_t type = flags(word[2]);

	if (type == FREE_RELEASE && bytes)
		fprintf(script->out, "FAIL err=87 st=00000000\n");
	else
		model_print_success(script, model_free(script->space_now, &base, &bytes, type));
}

void model_op_nfree(struct model_script *script, char **word)
{
	uint64_t base = model_address(script, word[0]), bytes = model_number(word[1]);
	uint32_t status = model_free(script->space_now, &base, &bytes, flags(word[2]));

	model_print_line(script, status, base, bytes);
}

static uint32_t protect(struct model_script *script, char **word, uint64_t *base, uint64_t *bytes,
			uint32_t *old)
{
	*base = model_address(script, word[0]);
	*bytes = model_number(word[1]);
	*old = 0;
	return model_protect(script->space_now, base, bytes, flags(word[2]), old);
}

void model_op_prot(struct model_script *script, char **word)
{
	uint64_t base, bytes;
	uint32_t old, status = protect(script, word, &base, &bytes, &old);

	if (status)
		model_print_failure(script, status);
	else
		fprintf(script->out, "ok old=%" PRIx32 "\n", old);
}

/* VP-1, VP-2: always of the process itself. */
void model_op_protnull(struct model_script *script, char **word)
{
	bool valid = model_protection_valid(flags(word[2]));

	model_print_failure(script, valid ? ACCESS_VIOLATION : INVALID_PAGE_PROTECTION);
}

void model_op_nprot(struct model_script *script, char **word)
{
	uint64_t base, bytes;
	uint32_t old, status = protect(script, word, &base, &bytes, &old);

	print_status(script, status, base, bytes);
	fprintf(script->out, " old=%" PRIx32 "\n", old);
}

static bool in_arena(const struct model_region *region)
{
	return region->base >= MODEL_ARENA_BASE &&
	       region->base + region->bytes <= MODEL_ARENA_BASE + MODEL_ARENA_BYTES;
}

/* Return: the end of the region, 0 after a failure. */
static uint64_t print_region(struct model_script *script, uint64_t address)
{
	struct model_region region;
	uint32_t status = model_query(script->space_now, address, &region);
	bool is_free = region.state == STATE_FREE;
	const char *name;

	if (status) {
		model_print_failure(script, status);
		return 0;
	}
	name = model_name(script, region.base);
	if (*name == '?' || (is_free && !in_arena(&region)))
		fprintf(script->out, "outside st=%" PRIx32 " t=%" PRIx32 "\n", region.state,
			region.type);
	else
		fprintf(script->out,
			"b=%s ab=%s ap=%" PRIx32 " rs=%" PRIx64 " st=%" PRIx32 " p=%" PRIx32
			" t=%" PRIx32 "\n",
			name, model_name(script, region.allocation_base), region.allocation_protect,
			region.bytes, region.state, region.protect, region.type);
	return region.base + region.bytes;
}

void model_op_query(struct model_script *script, char **word)
{
	print_region(script, model_address(script, word[0]));
}

void model_op_walk(struct model_script *script, char **word)
{
	uint64_t address = MODEL_ARENA_BASE;

	(void)word;
	fprintf(script->out, "begin\n");
	while (address < MODEL_ARENA_BASE + MODEL_ARENA_BYTES) {
		fprintf(script->out, "   ");
		address = print_region(script, address);
	}
}

/* VirtualLock and VirtualUnlock have no handle: always the process itself. */
void model_op_lock(struct model_script *script, char **word)
{
	uint64_t base = model_address(script, word[0]), bytes = model_number(word[1]);

	model_print_success(script, model_lock(&script->space[0], &base, &bytes, MAP_PROCESS));
}

void model_op_unlock(struct model_script *script, char **word)
{
	uint64_t base = model_address(script, word[0]), bytes = model_number(word[1]);

	model_print_success(script, model_unlock(&script->space[0], &base, &bytes, MAP_PROCESS));
}

void model_op_nlock(struct model_script *script, char **word)
{
	uint64_t base = model_address(script, word[0]), bytes = model_number(word[1]);
	uint32_t status = model_lock(script->space_now, &base, &bytes, flags(word[2]));

	model_print_line(script, status, base, bytes);
}

void model_op_nunlock(struct model_script *script, char **word)
{
	uint64_t base = model_address(script, word[0]), bytes = model_number(word[1]);
	uint32_t status = model_unlock(script->space_now, &base, &bytes, flags(word[2]));

	model_print_line(script, status, base, bytes);
}

static void print_watch_failure(struct model_script *script, uint32_t status)
{
	fprintf(script->out, "r=ffffffff ");
	model_print_failure(script, status);
}

void model_op_ww(struct model_script *script, char **word)
{
	static uint64_t pages[WATCH_ROOM];
	uint64_t count = model_number(word[3]);
	uint32_t status;

	if (count > WATCH_ROOM)
		count = WATCH_ROOM;
	status = model_get_watch(&script->space[0], model_address(script, word[0]),
				 model_number(word[1]), flags(word[2]), pages, &count);
	if (status) {
		print_watch_failure(script, status);
		return;
	}
	fprintf(script->out, "ok n=%" PRIu64 " g=1000", count);
	for (uint64_t i = 0; i < count && i < WATCH_SHOWN; i++)
		fprintf(script->out, " %s", model_name(script, pages[i]));
	fprintf(script->out, "\n");
}

void model_op_rww(struct model_script *script, char **word)
{
	uint32_t status = model_reset_watch(&script->space[0], model_address(script, word[0]),
					    model_number(word[1]));

	if (status)
		print_watch_failure(script, status);
	else
		fprintf(script->out, "ok\n");
}
