// SPDX-License-Identifier: GPL-2.0
/* Operations on the working set, and on what is offered. */
#include <inttypes.h>
#include <psapi.h>
#include <stdio.h>

#include "answer.h"
#include "operation.h"
#include "target.h"

#define PAGE_BYTES  0x1000
#define SHOWN_PAGES 64
#define RANGES	    2

/* Where a page is that is not valid; it may be anywhere. */
#define LOCATION (UINT64_C(3) << 22)

#define SHARED	 (UINT64_C(1) << 15)
#define ORIGINAL (UINT64_C(1) << 30) /* SharedOriginal: a view's page */

/* What is set of a valid page that must not be (SPEC WS-11, WS-13). */
static bool sound(const PSAPI_WORKING_SET_EX_BLOCK *block)
{
	return !block->ShareCount == !block->Shared && !block->LargePage && !block->Bad;
}

/* A view's page, one that was copied (SPEC WS-18), or a private one. */
static const char *owner(const PSAPI_WORKING_SET_EX_BLOCK *block)
{
	if (block->Flags & SHARED)
		return "s";
	return block->Flags & ORIGINAL ? "o" : "";
}

static void show_page(const PSAPI_WORKING_SET_EX_BLOCK *block, bool locks)
{
	if (!block->Valid && block->Flags & ~(LOCATION | SHARED | ORIGINAL))
		printf(" -:%zx", (size_t)block->Flags); /* SPEC WS-10, WS-12 */
	else if (!block->Valid)
		printf(" -%s", owner(block));
	else
		printf(" %c:%x%s%s", locks && block->Locked ? 'l' : 'v',
		       (unsigned int)block->Win32Protection, owner(block), sound(block) ? "" : "?");
}

static void query_pages(char **argument, bool locks)
{
	PSAPI_WORKING_SET_EX_INFORMATION pages[SHOWN_PAGES] = { 0 };
	uint64_t address = slots_address(argument[0]);
	uint64_t count = operation_number(argument[1]);

	if (count > SHOWN_PAGES)
		count = SHOWN_PAGES;
	for (uint64_t i = 0; i < count; i++)
		pages[i].VirtualAddress = (void *)(uintptr_t)(address + i * PAGE_BYTES);
	if (!QueryWorkingSetEx(target_process(), pages, (DWORD)(count * sizeof(*pages))))
		return answer_failure();
	printf("ok");
	for (uint64_t i = 0; i < count; i++)
		show_page(&pages[i].VirtualAttributes, locks);
	printf("\n");
}

/* In the words of the oracle, which does not tell of locks. */
void residency_query(char **argument)
{
	query_pages(argument, false);
}

void residency_query_locks(char **argument)
{
	query_pages(argument, true);
}

void residency_set(char **argument)
{
	answer_bool(SetProcessWorkingSetSize(target_process(), operation_number(argument[0]),
					     operation_number(argument[1])));
}

void residency_set_flags(char **argument)
{
	answer_bool(SetProcessWorkingSetSizeEx(target_process(), operation_number(argument[0]),
					       operation_number(argument[1]),
					       operation_flags(argument[2])));
}

void residency_get(char **argument)
{
	SIZE_T minimum = 0, maximum = 0;
	DWORD flags = 0;

	(void)argument;
	if (GetProcessWorkingSetSizeEx(target_process(), &minimum, &maximum, &flags))
		printf("ok min=%zx max=%zx flags=%" PRIx32 "\n", minimum, maximum, flags);
	else
		answer_failure();
}

void residency_empty(char **argument)
{
	(void)argument;
	answer_bool(EmptyWorkingSet(target_process()));
}

void residency_offer(char **argument)
{
	DWORD error = OfferVirtualMemory(operation_pointer(argument[0]),
					 operation_number(argument[1]),
					 (OFFER_PRIORITY)operation_number(argument[2]));

	printf("r=%" PRIu32 "\n", error);
}

void residency_reclaim(char **argument)
{
	DWORD error =
		ReclaimVirtualMemory(operation_pointer(argument[0]), operation_number(argument[1]));

	printf("r=%" PRIu32 "\n", error);
}

void residency_discard(char **argument)
{
	DWORD error =
		DiscardVirtualMemory(operation_pointer(argument[0]), operation_number(argument[1]));

	printf("r=%" PRIu32 "\n", error);
}

void residency_prefetch(char **argument)
{
	WIN32_MEMORY_RANGE_ENTRY ranges[RANGES];
	uint64_t count = operation_number(argument[0]);

	for (int i = 0; i < RANGES; i++)
		ranges[i] = (WIN32_MEMORY_RANGE_ENTRY){
			.VirtualAddress = operation_pointer(argument[2 + 2 * i]),
			.NumberOfBytes = operation_number(argument[3 + 2 * i]),
		};
	answer_bool(PrefetchVirtualMemory(target_process(), count > RANGES ? RANGES : count, ranges,
					  operation_flags(argument[1])));
}
