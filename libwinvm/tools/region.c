// SPDX-License-Identifier: MIT
/* The walk of the address space, and words for what it finds. */
#include <stdio.h>

#include <winvm.h>

#include "output.h"
#include "region.h"

/* By one call of the system. */
#define REGIONS 1024

const char *region_state(const MEMORY_BASIC_INFORMATION *region)
{
	switch (region->State) {
	case MEM_COMMIT:
		return "committed";
	case MEM_RESERVE:
		return "reserved";
	case MEM_FREE:
		return "free";
	}
	return "?";
}

const char *region_type(const MEMORY_BASIC_INFORMATION *region)
{
	switch (region->Type) {
	case MEM_PRIVATE:
		return "private";
	case MEM_MAPPED:
		return "mapped";
	case MEM_IMAGE:
		return "image";
	case 0:
		return "-";
	}
	return "?";
}

enum colour region_colour(const MEMORY_BASIC_INFORMATION *region)
{
	switch (region->Type) {
	case MEM_PRIVATE:
		return COLOUR_PRIVATE;
	case MEM_MAPPED:
		return COLOUR_MAPPED;
	case MEM_IMAGE:
		return COLOUR_IMAGE;
	}
	return COLOUR_FAINT;
}

/* Exactly one is set, or none (SPEC PR-1, VQ-9). */
const char *region_protect(DWORD protect)
{
	switch (protect & 0xff) {
	case 0:
		return "-";
	case PAGE_NOACCESS:
		return "NOACCESS";
	case PAGE_READONLY:
		return "READONLY";
	case PAGE_READWRITE:
		return "READWRITE";
	case PAGE_WRITECOPY:
		return "WRITECOPY";
	case PAGE_EXECUTE:
		return "EXECUTE";
	case PAGE_EXECUTE_READ:
		return "EXECUTE_READ";
	case PAGE_EXECUTE_READWRITE:
		return "EXECUTE_READWRITE";
	case PAGE_EXECUTE_WRITECOPY:
		return "EXECUTE_WRITECOPY";
	}
	return "?";
}

const char *region_protect_text(DWORD protect, char *room, size_t bytes)
{
	if (!(protect & ~0xffU))
		return region_protect(protect);
	snprintf(room, bytes, "%s%s%s%s", region_protect(protect),
		 protect & PAGE_GUARD ? "+GUARD" : "", protect & PAGE_NOCACHE ? "+NOCACHE" : "",
		 protect & PAGE_WRITECOMBINE ? "+WRITECOMBINE" : "");
	return room;
}

static void add(struct region_totals *totals, const MEMORY_BASIC_INFORMATION *region)
{
	uint64_t bytes = region->RegionSize;

	totals->regions++;
	totals->all += bytes;
	totals->free += region->State == MEM_FREE ? bytes : 0;
	totals->reserved += region->State == MEM_RESERVE ? bytes : 0;
	totals->committed += region->State == MEM_COMMIT ? bytes : 0;
	totals->private += region->Type == MEM_PRIVATE ? bytes : 0;
	totals->mapped += region->Type == MEM_MAPPED ? bytes : 0;
	totals->image += region->Type == MEM_IMAGE ? bytes : 0;
}

bool region_walk(const struct target *target,
		 void (*each)(const MEMORY_BASIC_INFORMATION *region, void *argument),
		 void *argument, struct region_totals *totals)
{
	MEMORY_BASIC_INFORMATION regions[REGIONS];
	uintptr_t address = 0;
	DWORD count;

	*totals = (struct region_totals){ 0 };
	while ((count = winvm_query_regions(target->handle, (void *)address, regions, REGIONS))) {
		for (DWORD i = 0; i < count; i++) {
			if ((uintptr_t)regions[i].BaseAddress != address || !regions[i].RegionSize)
				return false;
			each(&regions[i], argument);
			add(totals, &regions[i]);
			address += regions[i].RegionSize;
		}
	}
	/* Above the highest address. */
	return totals->regions && GetLastError() == ERROR_INVALID_PARAMETER;
}

void region_print_totals(const struct region_totals *totals)
{
	output_pair("free", "free", totals->free, true, PAIR_SIZE);
	output_pair("reserved", "reserved", totals->reserved, true, PAIR_SIZE);
	output_pair("committed", "committed", totals->committed, true, PAIR_SIZE);
	output_pair("private", "private", totals->private, true, PAIR_SIZE);
	output_pair("mapped", "mapped", totals->mapped, true, PAIR_SIZE);
	output_pair("image", "image", totals->image, true, PAIR_SIZE);
	output_pair("all", "all", totals->all, true, PAIR_SIZE);
	output_pair("count", "regions", totals->regions, true, PAIR_NUMBER);
}
