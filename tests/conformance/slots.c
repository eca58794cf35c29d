// SPDX-License-Identifier: GPL-2.0
#include "slots.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "target.h"

#define SLOTS 64
#define NAMES 8

struct slot {
	uint64_t base;
	uint64_t bytes;
};

static struct slot slots[SLOTS];

/* "+0x10" and "-0x10" move away from the base, anything else stays there. */
static uint64_t displaced(uint64_t base, const char *text)
{
	if (*text == '+')
		return base + strtoull(text + 1, NULL, 0);
	if (*text == '-')
		return base - strtoull(text + 1, NULL, 0);
	return base;
}

uint64_t slots_address(const char *text)
{
	unsigned long number;
	char *rest;

	if (!strcmp(text, "null"))
		return 0;
	if (*text == 'A')
		return displaced(ARENA_BASE, text + 1);
	if (*text != 's')
		return strtoull(text, NULL, 0);
	number = strtoul(text + 1, &rest, 10) % SLOTS;
	return slots[number].base ? displaced(slots[number].base, rest) : 0;
}

static bool name_in_arena(uint64_t address, char *name, size_t room)
{
	if (address < ARENA_BASE - FENCE_BYTES || address > ARENA_BASE + ARENA_BYTES + FENCE_BYTES)
		return false;
	if (address < ARENA_BASE)
		snprintf(name, room, "A-0x%" PRIx64, ARENA_BASE - address);
	else
		snprintf(name, room, "A+0x%" PRIx64, address - ARENA_BASE);
	return true;
}

/* The highest slot wins where two remember the same address. */
static bool name_in_slot(uint64_t address, char *name, size_t room)
{
	for (int i = SLOTS - 1; i >= 0; i--) {
		if (!slots[i].base || address - slots[i].base >= slots[i].bytes)
			continue;
		snprintf(name, room, "s%d+0x%" PRIx64, i, address - slots[i].base);
		return true;
	}
	return false;
}

const char *slots_name(uint64_t address)
{
	static char names[NAMES][48];
	static unsigned int turn;
	char *name = names[turn++ % NAMES];

	if (!address)
		return "0";
	if (name_in_arena(address, name, sizeof(names[0])) ||
	    name_in_slot(address, name, sizeof(names[0])))
		return name;
	if (address >= 0x10000)
		return "?";
	snprintf(name, sizeof(names[0]), "0x%" PRIx64, address);
	return name;
}

void slots_hold(uint64_t number, uint64_t base)
{
	struct slot *slot = &slots[number % SLOTS];
	MEMORY_BASIC_INFORMATION region;
	uint64_t end = base;

	while (target_query(end, &region) && (uintptr_t)region.AllocationBase == base)
		end = (uintptr_t)region.BaseAddress + region.RegionSize;
	*slot = (struct slot){ .base = base, .bytes = end - base };
}

void slots_forget(void)
{
	memset(slots, 0, sizeof(slots));
}

static bool fence(uint64_t base)
{
	return VirtualAllocEx(target_process(), (void *)(uintptr_t)base, FENCE_BYTES, MEM_RESERVE,
			      PAGE_NOACCESS);
}

bool slots_fence_arena(void)
{
	return fence(ARENA_BASE - FENCE_BYTES) && fence(ARENA_BASE + ARENA_BYTES);
}
