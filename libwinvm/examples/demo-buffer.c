// SPDX-License-Identifier: MIT
/*
 * The buffer that grows by itself. Its last committed page, the fence, is
 * NOACCESS; writing into it raises an exception, and the handler moves the
 * fence one page on. guard.c does the same with guard pages.
 */
#include <stdio.h>

#include "demo.h"
#include "region.h"

#define BUFFER_BYTES ((SIZE_T)65536)
#define TEXT_BYTES   ((SIZE_T)20000)

static struct {
	char *base;
	char *fence;
	unsigned int moves;
} buffer;

static bool is_fence(const struct fault *fault)
{
	return fault->code == STATUS_ACCESS_VIOLATION &&
	       fault->address - (uintptr_t)buffer.fence < PAGE;
}

/* Behind the last page there is nowhere to go: then the exception stands. */
static bool move_fence(const struct fault *fault)
{
	char *next = buffer.fence + PAGE;
	DWORD old;

	if (!is_fence(fault) || next == buffer.base + BUFFER_BYTES)
		return false;
	if (!VirtualAlloc(next, PAGE, MEM_COMMIT, PAGE_NOACCESS) ||
	    !VirtualProtect(buffer.fence, PAGE, PAGE_READWRITE, &old))
		return false;
	buffer.fence = next;
	buffer.moves++;
	return true;
}

static char letter(SIZE_T at)
{
	return (char)('a' + at % 26);
}

/* An ordinary loop, that knows nothing of pages. */
static void write_text(void)
{
	volatile char *text = buffer.base;
	SIZE_T at;

	for (at = 0; at < TEXT_BYTES; at++)
		text[at] = letter(at);
}

static SIZE_T correct_bytes(void)
{
	SIZE_T at = 0;

	while (at < TEXT_BYTES && buffer.base[at] == letter(at))
		at++;
	return at;
}

static void make_buffer(void)
{
	char *lpBuffer, *lpPage, *lpFence;

	CALL(lpBuffer = VirtualAlloc(NULL, 65536, MEM_RESERVE, PAGE_NOACCESS));
	screen_answer("%p", (void *)lpBuffer);
	CALL(lpPage = VirtualAlloc(lpBuffer, 4096, MEM_COMMIT, PAGE_READWRITE));
	screen_answer("%p", (void *)lpPage);
	CALL(lpFence = VirtualAlloc(lpBuffer + 4096, 4096, MEM_COMMIT, PAGE_NOACCESS));
	screen_answer("%p", (void *)lpFence);
	buffer.base = lpBuffer;
	buffer.fence = lpFence;
	memory_add("buffer", lpBuffer, BUFFER_BYTES);
	expect_committed(lpBuffer, PAGE, PAGE_READWRITE);
	expect_committed(lpBuffer + PAGE, PAGE, PAGE_NOACCESS);
	expect_reserved(lpBuffer + 2 * PAGE, BUFFER_BYTES - 2 * PAGE);
}

static void show_guard_rule(void)
{
	char *lpPage = buffer.base + 8 * PAGE, *lpGuard;

	screen_then("PAGE_GUARD is a modifier for any protection.");
	screen_now(6, "It cannot go with PAGE_NOACCESS, PAGE_NOCACHE or PAGE_WRITECOMBINE:");
	CALL(lpGuard = VirtualAlloc(lpPage, 4096, MEM_COMMIT, PAGE_NOACCESS | PAGE_GUARD));
	screen_failed("NULL");
	check(!lpGuard && GetLastError() == ERROR_INVALID_PARAMETER, "it is refused");
}

void step_buffer(void)
{
	struct fault fault;

	screen_say("A buffer for text of unknown length: 64 KB of addresses, one page of "
		   "memory, and behind it a page that nobody may touch, the fence.");
	make_buffer();
	memory_show();

	putchar('\n');
	screen_say("A loop writes %s bytes and never looks where the memory ends. Each time it "
		   "runs into the fence the handler commits the next page as the new fence, "
		   "and opens the old one.",
		   region_number(TEXT_BYTES).text);
	fault_catch(move_fence);
	CALL(write_text());
	check(fault_release(&fault) == buffer.moves, "every exception came from the fence");
	screen_answer("the fence moved %u times; the last time:", buffer.moves);
	fault_show(&fault);
	check(buffer.moves == TEXT_BYTES / PAGE, "a page a move");
	check(correct_bytes() == TEXT_BYTES, "all of the text is there");
	expect_committed(buffer.base, 5 * PAGE, PAGE_READWRITE);
	expect_committed(buffer.base + 5 * PAGE, PAGE, PAGE_NOACCESS);
	show_guard_rule();
}
