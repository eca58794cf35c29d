// SPDX-License-Identifier: MIT
/*
 * Walks the whole address space of a process, as ProcessWalker did in 1993:
 * each VirtualQueryEx begins where the region before it ended.
 *
 *	cc walk.c $(pkg-config --cflags --libs libwinvm) -o walk && ./walk PID
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "region.h"

#define RULE "  ------------------------------------------------------------------------"

/* Sums of the walk, in bytes. */
struct totals {
	unsigned int regions;
	SIZE_T all;
	SIZE_T free;
	SIZE_T reserved;
	SIZE_T committed;
	SIZE_T image;
	SIZE_T mapped;
	SIZE_T private;
};

static int fail(const char *what)
{
	fprintf(stderr, "walk: %s: error %u\n", what, GetLastError());
	return 1;
}

static void print_region(const MEMORY_BASIC_INFORMATION *info)
{
	uintptr_t first = (uintptr_t)info->BaseAddress;

	printf("  %012" PRIxPTR "-%012" PRIxPTR " %10s  %-9s  %-7s  %s\n", first,
	       first + info->RegionSize - 1, region_size(info->RegionSize).text,
	       region_state(info->State), region_type(info->Type),
	       info->State == MEM_FREE ? "-" : region_protect(info->Protect).text);
}

static void add(struct totals *totals, const MEMORY_BASIC_INFORMATION *info)
{
	totals->regions++;
	totals->all += info->RegionSize;
	totals->free += info->State == MEM_FREE ? info->RegionSize : 0;
	totals->reserved += info->State == MEM_RESERVE ? info->RegionSize : 0;
	totals->committed += info->State == MEM_COMMIT ? info->RegionSize : 0;
	totals->image += info->Type == MEM_IMAGE ? info->RegionSize : 0;
	totals->mapped += info->Type == MEM_MAPPED ? info->RegionSize : 0;
	totals->private += info->Type == MEM_PRIVATE ? info->RegionSize : 0;
}

static void print_sum(const char *name, SIZE_T bytes)
{
	printf("  %-10s %20s bytes  %10s\n", name, region_number(bytes).text,
	       region_size(bytes).text);
}

static void print_totals(const struct totals *totals)
{
	print_sum("free", totals->free);
	print_sum("reserved", totals->reserved);
	print_sum("committed", totals->committed);
	puts(RULE);
	print_sum("image", totals->image);
	print_sum("mapped", totals->mapped);
	print_sum("private", totals->private);
	puts(RULE);
	print_sum("all", totals->all);
}

/*
 * The address behind the last region. Each byte is visited once if every
 * region begins where it was asked for and none is empty (SPEC VQ-13).
 */
static uintptr_t walk(HANDLE process, struct totals *totals)
{
	MEMORY_BASIC_INFORMATION info;
	uintptr_t address = 0;

	while (VirtualQueryEx(process, (void *)address, &info, sizeof(info))) {
		if ((uintptr_t)info.BaseAddress != address || !info.RegionSize)
			break;
		print_region(&info);
		add(totals, &info);
		address += info.RegionSize;
	}
	return address;
}

/* A walk ends behind the highest address, where a query fails with error 87. */
static bool complete(uintptr_t end, const struct totals *totals)
{
	DWORD error = GetLastError();
	SYSTEM_INFO system;

	GetSystemInfo(&system);
	return error == ERROR_INVALID_PARAMETER && totals->all == end &&
	       end == (uintptr_t)system.lpMaximumApplicationAddress + 1;
}

int main(int argc, char **argv)
{
	struct totals totals = { 0 };
	HANDLE process;
	uintptr_t end;
	bool whole;

	if (argc != 2) {
		fprintf(stderr, "usage: walk PID\n");
		return 2;
	}
	process = OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, (DWORD)strtoul(argv[1], NULL, 10));
	if (!process)
		return fail("OpenProcess");
	puts("  first byte   last byte          size  state      type     protection\n" RULE);
	end = walk(process, &totals);
	whole = complete(end, &totals);
	puts(RULE);
	print_totals(&totals);
	CloseHandle(process);
	if (!whole)
		return fail("the walk stopped before the end of the address space");
	printf("\n  %u regions; every byte up to %" PRIxPTR " was visited once.\n", totals.regions,
	       end - 1);
	return 0;
}
