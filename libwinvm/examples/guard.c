// SPDX-License-Identifier: MIT
/*
 * A buffer that grows by itself: the page behind its end is a guard page.
 *
 * The first access to a guard page raises an exception and takes the guard
 * away, from that page and no other (SPEC GP-1). The handler has only to put a
 * new one behind it; then the instruction runs again, and succeeds.
 *
 *	cc guard.c $(pkg-config --cflags --libs libwinvm) -o guard && ./guard
 */
#include <stdio.h>

#include <windows.h>

#define PAGE_BYTES     4096
#define RESERVED_BYTES ((SIZE_T)16 * PAGE_BYTES)

static struct {
	char *base;
	char *guard; /* the guard page, NULL when all is committed */
	volatile unsigned int hits; /* changed by the handler */
} buffer;

static BOOL set_guard(char *page)
{
	if (page == buffer.base + RESERVED_BYTES) {
		buffer.guard = NULL;
		return TRUE;
	}
	buffer.guard = page;
	return VirtualAlloc(page, PAGE_BYTES, MEM_COMMIT, PAGE_READWRITE | PAGE_GUARD) != NULL;
}

static BOOL is_our_guard(const EXCEPTION_RECORD *record)
{
	ULONG_PTR address = record->ExceptionInformation[1];

	return record->ExceptionCode == STATUS_GUARD_PAGE_VIOLATION && buffer.guard &&
	       address - (ULONG_PTR)buffer.guard < PAGE_BYTES;
}

static LONG CALLBACK move_guard(EXCEPTION_POINTERS *exception)
{
	if (!is_our_guard(exception->ExceptionRecord))
		return EXCEPTION_CONTINUE_SEARCH;
	buffer.hits++;
	if (!set_guard(buffer.guard + PAGE_BYTES))
		return EXCEPTION_CONTINUE_SEARCH;
	return EXCEPTION_CONTINUE_EXECUTION;
}

static int fail(const char *what)
{
	fprintf(stderr, "guard: %s: error %u\n", what, GetLastError());
	return 1;
}

int main(void)
{
	void *handler = AddVectoredExceptionHandler(1, move_guard);
	SIZE_T at;

	buffer.base = VirtualAlloc(NULL, RESERVED_BYTES, MEM_RESERVE, PAGE_READWRITE);
	if (!handler || !buffer.base)
		return fail("reserve");
	if (!VirtualAlloc(buffer.base, PAGE_BYTES, MEM_COMMIT, PAGE_READWRITE) ||
	    !set_guard(buffer.base + PAGE_BYTES))
		return fail("commit");

	for (at = 0; at < RESERVED_BYTES; at++) {
		unsigned int hits = buffer.hits;

		((volatile char *)buffer.base)[at] = (char)('a' + at % 26);
		if (buffer.hits != hits)
			printf("byte %6zu hit the guard: the next page is committed\n", at);
	}
	printf("%zu bytes written, %u guard pages hit\n", at, buffer.hits);

	RemoveVectoredExceptionHandler(handler);
	if (!VirtualFree(buffer.base, 0, MEM_RELEASE))
		return fail("release");
	return buffer.hits == RESERVED_BYTES / PAGE_BYTES - 1 ? 0 : 1;
}
