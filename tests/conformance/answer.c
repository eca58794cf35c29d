// SPDX-License-Identifier: GPL-2.0
#include "answer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <winternl.h>

#include "slots.h"
#include "target.h"

#define UNTOUCHED_ERROR 0xdead

void answer_begin(void)
{
	RtlNtStatusToDosError(0);
	SetLastError(UNTOUCHED_ERROR);
}

void answer_failure(void)
{
	DWORD error = GetLastError();

	printf("FAIL err=%" PRIu32 " st=%08" PRIx32 "\n", error, (uint32_t)RtlGetLastNtStatus());
}

void answer_bool(bool success)
{
	if (success)
		printf("ok\n");
	else
		answer_failure();
}

void answer_address(uint64_t address)
{
	if (address)
		printf("ok %s\n", slots_name(address));
	else
		answer_failure();
}

void answer_status(NTSTATUS status, const void *base, SIZE_T bytes)
{
	printf("st=%08" PRIx32 " a=%s s=%zx", (uint32_t)status, slots_name((uintptr_t)base), bytes);
}

void answer_exception(const struct probe *probe)
{
	printf(" exc=%08" PRIx32 " n=%" PRIu32, probe->code, probe->parameters);
	if (probe->parameters > 0)
		printf(" i0=%" PRIu64, probe->kind);
	if (probe->parameters > 1)
		printf(" i1=%s", slots_name(probe->address));
	printf("\n");
}

static bool inside_arena(uint64_t base, uint64_t end)
{
	return base >= ARENA_BASE && end <= ARENA_BASE + ARENA_BYTES;
}

/* Free space outside the arena reaches as far as the machine's other mappings let it. */
static bool same_everywhere(const MEMORY_BASIC_INFORMATION *region)
{
	uint64_t base = (uintptr_t)region->BaseAddress;

	if (!strcmp(slots_name(base), "?"))
		return false;
	return region->State != MEM_FREE || inside_arena(base, base + region->RegionSize);
}

uint64_t answer_region(uint64_t address)
{
	MEMORY_BASIC_INFORMATION region;
	uint64_t base;
	bool is_free;

	if (!target_query(address, &region)) {
		answer_failure();
		return 0;
	}
	base = (uintptr_t)region.BaseAddress;
	is_free = region.State == MEM_FREE;
	if (same_everywhere(&region))
		printf("b=%s ab=%s ap=%" PRIx32 " rs=%zx st=%" PRIx32 " p=%" PRIx32 " t=%" PRIx32
		       "\n",
		       slots_name(base), slots_name((uintptr_t)region.AllocationBase),
		       is_free ? 0 : region.AllocationProtect, region.RegionSize, region.State,
		       region.Protect, region.Type);
	else
		printf("outside st=%" PRIx32 " t=%" PRIx32 "\n", region.State,
		       is_free ? 0 : region.Type);
	return base + region.RegionSize;
}
