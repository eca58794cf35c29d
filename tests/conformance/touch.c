// SPDX-License-Identifier: GPL-2.0
/* Operations that touch memory: by an instruction of our own, or by copying from and to a child. */
#include <inttypes.h>
#include <stdio.h>

#include "answer.h"
#include "operation.h"
#include "target.h"

#define PAGE_BYTES 0x1000
#define X86_RET	   0xc3
#define EXECUTE_ANY \
	(PAGE_EXECUTE | PAGE_EXECUTE_READ | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY)

static void read_child(void *address)
{
	uint8_t byte = 0;
	SIZE_T copied = 0;

	if (ReadProcessMemory(target_process(), address, &byte, 1, &copied))
		printf("v=%02x\n", byte);
	else
		answer_failure();
}

void touch_read(char **argument)
{
	struct probe probe;

	if (target_is_child())
		return read_child(operation_pointer(argument[0]));
	probe = probe_read(slots_address(argument[0]));
	if (!probe.faulted) {
		printf("v=%02x\n", probe.value);
		return;
	}
	printf("rd");
	answer_exception(&probe);
}

static void write_child(void *address, uint8_t byte)
{
	SIZE_T copied = 0;

	answer_bool(WriteProcessMemory(target_process(), address, &byte, 1, &copied));
}

void touch_write(char **argument)
{
	uint8_t byte = (uint8_t)operation_number(argument[1]);
	struct probe probe;

	if (target_is_child())
		return write_child(operation_pointer(argument[0]), byte);
	probe = probe_write(slots_address(argument[0]), byte);
	if (!probe.faulted) {
		printf("ok\n");
		return;
	}
	printf("wr");
	answer_exception(&probe);
}

/* Calling it is safe: it returns at once, or it cannot be fetched. */
static bool callable(uint64_t address)
{
	MEMORY_BASIC_INFORMATION region;

	if (target_is_child() || !target_query(address, &region))
		return false;
	if (region.State != MEM_COMMIT || (region.Protect & PAGE_GUARD) ||
	    !(region.Protect & EXECUTE_ANY))
		return true;
	return !(region.Protect & PAGE_EXECUTE) && probe_read(address).value == X86_RET;
}

void touch_execute(char **argument)
{
	uint64_t address = slots_address(argument[0]);
	struct probe probe;

	if (!callable(address)) {
		printf("skip\n");
		return;
	}
	probe = probe_execute(address);
	if (!probe.faulted) {
		printf("ok\n");
		return;
	}
	printf("ex");
	answer_exception(&probe);
}

/* Touching a range, a byte at each page: how many went well, and the first failure. */
struct sweep {
	uint32_t done;
	uint32_t faults;
	uint32_t first;
};

static bool sweep_count(struct sweep *sweep, const struct probe *probe)
{
	if (!probe->faulted) {
		sweep->done++;
		return true;
	}
	if (!sweep->faults++)
		sweep->first = probe->code;
	return false;
}

void touch_fill(char **argument)
{
	uint64_t address = slots_address(argument[0]);
	uint64_t end = address + operation_number(argument[1]);
	uint8_t byte = (uint8_t)operation_number(argument[2]);
	struct sweep sweep = { 0 };
	struct probe probe;

	for (; address < end && !target_is_child(); address += PAGE_BYTES) {
		probe = probe_write(address, byte);
		sweep_count(&sweep, &probe);
	}
	printf("wrote=%" PRIu32 " faults=%" PRIu32 " first=%08" PRIx32 "\n", sweep.done,
	       sweep.faults, sweep.first);
}

void touch_sum(char **argument)
{
	uint64_t address = slots_address(argument[0]);
	uint64_t end = address + operation_number(argument[1]);
	struct sweep sweep = { 0 };
	struct probe probe;
	uint32_t sum = 0;

	for (; address < end && !target_is_child(); address += PAGE_BYTES) {
		probe = probe_read(address);
		if (sweep_count(&sweep, &probe))
			sum = sum * 31 + probe.value;
	}
	printf("read=%" PRIu32 " sum=%08" PRIx32 " faults=%" PRIu32 " first=%08" PRIx32 "\n",
	       sweep.done, sum, sweep.faults, sweep.first);
}
