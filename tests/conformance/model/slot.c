// SPDX-License-Identifier: GPL-2.0
/* Addresses as scripts write them and as answers show them. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "script.h"

#define NAMES 8

uint64_t model_number(const char *text)
{
	return strtoull(text, NULL, 0);
}

static uint64_t moved(uint64_t base, const char *by)
{
	if (*by == '-')
		return base - model_number(by + 1);
	return *by == '+' ? base + model_number(by + 1) : base;
}

uint64_t model_address(const struct model_script *script, const char *text)
{
	char *rest;
	unsigned long number;

	if (!strcmp(text, "null"))
		return 0;
	if (*text == 'A')
		return moved(MODEL_ARENA_BASE, text + 1);
	if (*text != 's')
		return model_number(text);
	number = model_slot_number(strtoul(text + 1, &rest, 10));
	return script->slot[number].base ? moved(script->slot[number].base, rest) : 0;
}

static const struct model_slot *slot_of(const struct model_script *script, uint64_t address)
{
	for (int i = MODEL_SLOTS - 1; i >= 0; i--) {
		const struct model_slot *slot = &script->slot[i];

		if (slot->base && address >= slot->base && address < slot->base + slot->bytes)
			return slot;
	}
	return NULL;
}

const char *model_name(const struct model_script *script, uint64_t address)
{
	uint64_t low = MODEL_ARENA_BASE - MODEL_FENCE_BYTES;
	uint64_t high = MODEL_ARENA_BASE + MODEL_ARENA_BYTES + MODEL_FENCE_BYTES;
	static char names[NAMES][48];
	static unsigned int turn;
	char *name = names[turn++ % NAMES];
	const struct model_slot *slot = slot_of(script, address);

	if (!address)
		return "0";
	if (address >= low && address < MODEL_ARENA_BASE)
		snprintf(name, sizeof(names[0]), "A-0x%" PRIx64, MODEL_ARENA_BASE - address);
	else if (address >= low && address <= high)
		snprintf(name, sizeof(names[0]), "A+0x%" PRIx64, address - MODEL_ARENA_BASE);
	else if (slot)
		snprintf(name, sizeof(names[0]), "s%td+0x%" PRIx64, slot - script->slot,
			 address - slot->base);
	else if (address < 0x10000)
		snprintf(name, sizeof(names[0]), "0x%" PRIx64, address);
	else
		return "?";
	return name;
}

/* As much as the system says belongs to the allocation at @base. */
void model_hold(struct model_script *script, uint64_t number, uint64_t base)
{
	const struct model_allocation *allocation = model_find(script->space_now, base);
	bool starts = allocation && allocation->base == base;

	script->slot[model_slot_number(number)] = (struct model_slot){
		.base = base,
		.bytes = starts ? allocation->pages * PAGE_BYTES : 0,
	};
}
