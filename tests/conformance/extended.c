// SPDX-License-Identifier: GPL-2.0
/* Operations on VirtualAlloc2. */
#include <stdio.h>

#include "answer.h"
#include "operation.h"
#include "target.h"

/* The replayer itself is named by no process at all (SPEC VX-1). */
static HANDLE process(void)
{
	return target_is_child() ? target_process() : NULL;
}

void extended_alloc(char **argument)
{
	void *wanted = operation_pointer(argument[1]);
	ULONG type = operation_flags(argument[3]);
	void *base = VirtualAlloc2(process(), wanted, operation_number(argument[2]), type,
				   operation_flags(argument[4]), NULL, 0);

	if (base && ((type & MEM_RESERVE) || !wanted))
		slots_hold(operation_number(argument[0]), (uintptr_t)base);
	answer_address((uintptr_t)base);
}

static bool aligned(uint64_t base, uint64_t alignment)
{
	return !(base % (alignment ? alignment : 0x10000));
}

static bool in_range(uint64_t base, uint64_t bytes, const MEM_ADDRESS_REQUIREMENTS *wanted)
{
	uint64_t highest = (uintptr_t)wanted->HighestEndingAddress;

	return base >= (uintptr_t)wanted->LowestStartingAddress &&
	       (!highest || base + bytes - 1 <= highest);
}

void extended_alloc_required(char **argument)
{
	MEM_ADDRESS_REQUIREMENTS wanted = {
		.LowestStartingAddress = operation_pointer(argument[5]),
		.HighestEndingAddress = operation_pointer(argument[6]),
		.Alignment = operation_number(argument[7]),
	};
	MEM_EXTENDED_PARAMETER parameter = {
		.Type = MemExtendedParameterAddressRequirements,
		.Pointer = &wanted,
	};
	SIZE_T bytes = operation_number(argument[2]);
	void *allocated = VirtualAlloc2(process(), operation_pointer(argument[1]), bytes,
					operation_flags(argument[3]), operation_flags(argument[4]),
					&parameter, 1);
	uint64_t base = (uintptr_t)allocated;

	if (!base)
		return answer_failure();
	slots_hold(operation_number(argument[0]), base);
	printf("ok %s aligned=%d inrange=%d\n", slots_name(base), aligned(base, wanted.Alignment),
	       in_range(base, bytes, &wanted));
}
