// SPDX-License-Identifier: MIT
/* The working set, page by page. */
#include <stdlib.h>

#include "resident.h"
#include "text.h"

#define PAGE 4096

/* It grows while it is asked for: some are asked for besides. */
static PSAPI_WORKING_SET_INFORMATION *query(HANDLE process)
{
	PSAPI_WORKING_SET_INFORMATION *set = NULL;
	size_t room = 1024;
	BOOL known;

	do {
		set = text_allocate(set, room + 1, sizeof(set->WorkingSetInfo[0]));
		known = QueryWorkingSet(process, set,
					(DWORD)((room + 1) * sizeof(set->WorkingSetInfo[0])));
		room = set->NumberOfEntries + set->NumberOfEntries / 8 + 64;
	} while (!known && GetLastError() == ERROR_BAD_LENGTH);
	if (known)
		return set;
	free(set);
	return NULL;
}

static int by_address(const void *one, const void *other)
{
	const PSAPI_WORKING_SET_EX_INFORMATION *a = one, *b = other;

	return a->VirtualAddress < b->VirtualAddress ? -1 : a->VirtualAddress > b->VirtualAddress;
}

/* Most of what is to be known of a page is told by address. */
static void look_closer(struct resident *resident, HANDLE process,
			const PSAPI_WORKING_SET_INFORMATION *set)
{
	resident->count = set->NumberOfEntries;
	resident->pages = text_allocate(NULL, resident->count + 1, sizeof(*resident->pages));
	for (size_t i = 0; i < resident->count; i++)
		resident->pages[i].VirtualAddress =
			(PVOID)(uintptr_t)(set->WorkingSetInfo[i].VirtualPage * PAGE);
	qsort(resident->pages, resident->count, sizeof(*resident->pages), by_address);
	if (!QueryWorkingSetEx(process, resident->pages,
			       (DWORD)(resident->count * sizeof(*resident->pages))))
		resident->count = 0;
}

bool resident_open(struct resident *resident, const struct target *target)
{
	PSAPI_WORKING_SET_INFORMATION *set = query(target->handle);

	*resident = (struct resident){ 0 };
	if (!set)
		return false;
	look_closer(resident, target->handle, set);
	free(set);
	return true;
}

void resident_close(struct resident *resident)
{
	free(resident->pages);
}

struct resident_sums resident_of(struct resident *resident, uint64_t address, uint64_t bytes)
{
	struct resident_sums sums = { 0 };

	for (; resident->next < resident->count; resident->next++) {
		const PSAPI_WORKING_SET_EX_INFORMATION *page = &resident->pages[resident->next];
		uint64_t at = (uintptr_t)page->VirtualAddress;

		if (at >= address + bytes)
			break;
		if (at < address)
			continue;
		sums.all += PAGE;
		sums.private += page->VirtualAttributes.Shared ? 0 : PAGE;
		sums.locked += page->VirtualAttributes.Locked ? PAGE : 0;
	}
	return sums;
}
