// SPDX-License-Identifier: MIT
/* The second half of the article: keep pages in memory, give them back, give up addresses. */
#include <stdio.h>

#include <winternl.h>

#include "demo.h"

/* Page by page, until the quota is used up. */
static unsigned int lock_pages(char *base, unsigned int most)
{
	unsigned int count = 0;

	while (count < most && VirtualLock(base + count * PAGE, PAGE))
		count++;
	return count;
}

void step_lock(void)
{
	char *lpBase = ten_megabytes, *lp60Pages;
	unsigned int locked;

	screen_say("A locked page stays in memory until it is unlocked. How many a process may "
		   "lock is limited, so that it cannot starve the others.");
	CALL(lp60Pages = VirtualAlloc(lpBase, 60 * 4096, MEM_COMMIT, PAGE_READWRITE));
	screen_answer("%p", (void *)lp60Pages);
	expect_committed(lpBase, 60 * PAGE, PAGE_READWRITE);
	expect_reserved(lpBase + 60 * PAGE, 10 * MB - 60 * PAGE);
	expect_false(CALL(VirtualLock(lp60Pages, 60 * 4096)), ERROR_WORKING_SET_QUOTA);

	CALL(locked = lock_pages(lp60Pages, 60));
	screen_answer("%u pages, one after the other; then error %u", locked, GetLastError());
	check(locked >= 20 && locked < 50, "20 pages can be locked, 50 cannot");
	check(GetLastError() == ERROR_WORKING_SET_QUOTA, "the limit is the working set's");
	screen_then("30 pages can be locked.");
	screen_now(5, "The minimum working set, 50 pages unless a program raises it, less a "
		      "little that Windows needs itself.");

	expect_true(CALL(VirtualUnlock(lp60Pages, locked * 4096)));
	expect_false(CALL(VirtualUnlock(lp60Pages, 4096)), ERROR_NOT_LOCKED);
}

void step_decommit(void)
{
	char *lpBase = ten_megabytes, *lpPage3;

	screen_say("Decommitting gives the memory back and keeps the addresses. What was in "
		   "the pages is gone.");
	expect_true(CALL(VirtualFree(lpBase, 10485760, MEM_DECOMMIT)));
	expect_reserved(lpBase, 10 * MB);
	screen_then("The pages to be decommitted must be committed.");
	screen_now(4, "Reserved pages among them are accepted: 2500 of these were. Size 0 at "
		      "the base means the whole allocation.");

	CALL(lpPage3 = VirtualAlloc(lpBase + (2 * 4096), 4096, MEM_COMMIT, PAGE_READWRITE));
	screen_answer("%p", (void *)lpPage3);
	expect_committed(lpPage3, PAGE, PAGE_READWRITE);
	check(!lpPage3[0] && !lpPage3[100], "page 3 is zero again");
	putchar('\n');
	screen_say("Page 3 is zero again: it reads %d and %d where the 'K' and the 'R' were.",
		   lpPage3[0], lpPage3[100]);
}

/* The Nt form releases a part: 4 MB in the middle of the 10. */
static void release_middle(char *lpBase)
{
	PVOID pvMiddle = lpBase + 3 * MB;
	SIZE_T cbMiddle = 4 * MB;
	NTSTATUS status;

	CALL(status = NtFreeVirtualMemory(NtCurrentProcess(), &pvMiddle, &cbMiddle, MEM_RELEASE));
	screen_answer("status %08x: two allocations are left", (unsigned int)status);
	check(!status && cbMiddle == 4 * MB, "a part can be released");
	expect_free(lpBase + 3 * MB);
	expect_reserved(lpBase + 7 * MB, 3 * MB);
	memory_show();
}

void step_release(void)
{
	char *lpBase = ten_megabytes;

	screen_say("Releasing gives up the addresses. Win32 releases only what VirtualAlloc "
		   "gave out, as a whole.");
	expect_false(CALL(VirtualFree(lpBase, 4096, MEM_RELEASE)), ERROR_INVALID_PARAMETER);
	screen_then("MEM_RELEASE frees the whole allocation, never a part.");
	screen_now(3, "True of Win32; the call beneath it can take a part out:");
	release_middle(lpBase);

	screen_then("All pages must be in one state, all reserved or all committed, to be "
		    "released together.");
	screen_now(2, "Any mixture goes in one step: page 3 of this is committed, the rest "
		      "reserved.");
	expect_committed(lpBase + 2 * PAGE, PAGE, PAGE_READWRITE);
	expect_true(CALL(VirtualFree(lpBase, 0, MEM_RELEASE)));
	expect_true(CALL(VirtualFree(lpBase + 7340032, 0, MEM_RELEASE)));
	expect_free(lpBase);
	expect_free(lpBase + 7 * MB);
}
