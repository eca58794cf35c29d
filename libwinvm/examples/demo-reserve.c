// SPDX-License-Identifier: MIT
/* The first half of the article: addresses, then memory, then protection. */
#include <stdio.h>

#include "demo.h"
#include "region.h"

char *ten_megabytes;

/* Volatile: the compiler must neither drop an access nor guess what it reads. */
static void poke(char *address, char value)
{
	*(volatile char *)address = value;
}

static char peek(const char *address)
{
	return *(const volatile char *)address;
}

void step_address_space(void)
{
	SYSTEM_INFO system;

	screen_say("Two sizes rule everything: memory comes in pages, addresses are given out "
		   "in blocks of 64 KB. And a process can use the addresses in between two "
		   "bounds.");
	CALL(GetSystemInfo(&system));
	screen_answer("page %s, granularity %s", region_size(system.dwPageSize).text,
		      region_size(system.dwAllocationGranularity).text);
	screen_answer("from %p to %p", system.lpMinimumApplicationAddress,
		      system.lpMaximumApplicationAddress);
	check(system.dwPageSize == PAGE, "a page has 4096 bytes");
	check(system.dwAllocationGranularity == 65536, "the granularity is 64 KB");
	check(system.lpMinimumApplicationAddress == (void *)0x10000 &&
		      system.lpMaximumApplicationAddress == (void *)0x7ffffffeffff,
	      "the bounds are those of Windows x64");
	screen_then("A process has 2 GB, of which the first and the last 64 KB are never "
		    "given out.");
	screen_now(1, "128 TB. The two forbidden blocks are still there, the last one now "
		      "at 7FFFFFFF0000.");
}

void step_reserve(void)
{
	char *lpBase;

	screen_say("Reserving takes addresses, no memory: 2560 pages cost nothing but an entry "
		   "in the table of allocations.");
	CALL(lpBase = VirtualAlloc(NULL, 10485760, MEM_RESERVE, PAGE_NOACCESS));
	screen_answer("%p", (void *)lpBase);
	if (!lpBase)
		fail("VirtualAlloc: error %u", GetLastError());
	check((uintptr_t)lpBase % 65536 == 0, "the base is a multiple of 64 KB");
	ten_megabytes = lpBase;
	memory_add("10 MB", lpBase, 10 * MB);
	expect_reserved(lpBase, 10 * MB);
	screen_then("Types of allocation: MEM_RESERVE, MEM_COMMIT, MEM_TOP_DOWN.");
	screen_now(7, "Also MEM_RESET, MEM_RESET_UNDO and MEM_WRITE_WATCH, which winvm has; "
		      "MEM_PHYSICAL, MEM_LARGE_PAGES and placeholders, which it has not yet.");
}

void step_commit(void)
{
	char *lpBase = ten_megabytes, *lpPage3;

	screen_say("Committing promises memory for addresses that are reserved, here for the "
		   "third page. The reservation falls into three regions; it remains one "
		   "allocation.");
	CALL(lpPage3 = VirtualAlloc(lpBase + (2 * 4096), 4096, MEM_COMMIT, PAGE_READWRITE));
	screen_answer("%p", (void *)lpPage3);
	check(lpPage3 == lpBase + 2 * PAGE, "page 3 is where it was asked for");
	expect_reserved(lpBase, 2 * PAGE);
	expect_committed(lpPage3, PAGE, PAGE_READWRITE);
	expect_reserved(lpPage3 + PAGE, 10 * MB - 3 * PAGE);
}

static bool commit_page(const struct fault *fault)
{
	return VirtualAlloc((void *)fault->address, 1, MEM_COMMIT, PAGE_READWRITE);
}

void step_touch(void)
{
	char *lpPage3 = ten_megabytes + 2 * PAGE, *lpPage4 = lpPage3 + PAGE;
	struct fault fault;
	unsigned int count;
	char value;

	screen_say("A committed page gets its memory at the first touch, and is zero.");
	CALL(value = peek(lpPage3));
	screen_answer("%d", value);
	check(!value, "page 3 is zero");
	CALL(poke(lpPage3, 'K'));
	check(peek(lpPage3) == 'K', "page 3 keeps what is written");

	putchar('\n');
	screen_say("The page behind it is only reserved. Touching it raises an exception; a "
		   "handler may commit the page and have the instruction run again.");
	fault_catch(commit_page);
	CALL(poke(lpPage4, 'K'));
	count = fault_release(&fault);
	fault_show(&fault);
	check(count == 1 && fault.code == STATUS_ACCESS_VIOLATION &&
		      fault.kind == EXCEPTION_WRITE_FAULT && fault.address == (uintptr_t)lpPage4,
	      "one access violation, a write to page 4");
	screen_answer("committed by the handler; now '%c' is there", peek(lpPage4));
	check(peek(lpPage4) == 'K', "the write was done after all");
	expect_committed(lpPage3, 2 * PAGE, PAGE_READWRITE);
}

static bool allow_writing(const struct fault *fault)
{
	DWORD old;

	return VirtualProtect((void *)fault->address, 1, PAGE_READWRITE, &old);
}

void step_protect(void)
{
	char *lpPage3 = ten_megabytes + 2 * PAGE;
	struct fault fault;
	DWORD dwOld = 0;

	screen_say("Protection belongs to the page. Page 3 becomes read-only; its contents "
		   "stay.");
	CALL(VirtualProtect(lpPage3, 4096, PAGE_READONLY, &dwOld));
	screen_answer("old protection %#x, still '%c'", dwOld, peek(lpPage3));
	check(dwOld == PAGE_READWRITE && peek(lpPage3) == 'K', "the old protection is told");
	expect_committed(lpPage3, PAGE, PAGE_READONLY);
	expect_committed(lpPage3 + PAGE, PAGE, PAGE_READWRITE);
	memory_show();

	putchar('\n');
	screen_say("Reading is allowed, writing is not.");
	fault_catch(allow_writing);
	CALL(poke(lpPage3 + 100, 'R'));
	check(fault_release(&fault) == 1 && fault.code == STATUS_ACCESS_VIOLATION &&
		      fault.kind == EXCEPTION_WRITE_FAULT &&
		      fault.address == (uintptr_t)lpPage3 + 100,
	      "one access violation, a write to byte 100 of page 3");
	fault_show(&fault);
	screen_answer("the handler made the page READWRITE again: '%c'", peek(lpPage3 + 100));
	check(peek(lpPage3 + 100) == 'R', "the write was done after all");
	expect_committed(lpPage3, 2 * PAGE, PAGE_READWRITE);
}
