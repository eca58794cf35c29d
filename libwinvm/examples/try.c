// SPDX-License-Identifier: MIT
/*
 * An array that grows while a loop fills it, and a loop that may run too far.
 *
 * The array is reserved, and its next page is a guard page. The filter of the
 * try block moves the guard and has the instruction run again. When there is
 * no page left it takes the exception, and the handler runs in the place of
 * the rest of the loop: the loop itself knows nothing of pages.
 *
 *	cc try.c $(pkg-config --cflags --libs libwinvm) -o try && ./try
 */
#include <stdio.h>

#include <windows.h>

#define PAGE_BYTES     4096
#define RESERVED_BYTES ((SIZE_T)8 * PAGE_BYTES)

struct array {
	char *base;
	SIZE_T committed; /* bytes, the guard page at their end not counted */
};

/* The page behind the last one is reserved, and stays so. */
static BOOL set_guard(const struct array *array)
{
	return array->committed + PAGE_BYTES == RESERVED_BYTES ||
	       VirtualAlloc(array->base + array->committed, PAGE_BYTES, MEM_COMMIT,
			    PAGE_READWRITE | PAGE_GUARD);
}

static BOOL is_inside(const struct array *array, ULONG_PTR address)
{
	return address - (ULONG_PTR)array->base < RESERVED_BYTES;
}

/* Asked while the loop is where it was; what it answers decides how that goes on. */
static LONG grow(EXCEPTION_POINTERS *exception, PVOID argument)
{
	const EXCEPTION_RECORD *record = exception->ExceptionRecord;
	struct array *array = argument;

	if (record->NumberParameters < 2 || !is_inside(array, record->ExceptionInformation[1]))
		return EXCEPTION_CONTINUE_SEARCH;
	if (record->ExceptionCode != STATUS_GUARD_PAGE_VIOLATION)
		return EXCEPTION_EXECUTE_HANDLER;
	array->committed += PAGE_BYTES;
	return set_guard(array) ? EXCEPTION_CONTINUE_EXECUTION : EXCEPTION_EXECUTE_HANDLER;
}

static int fail(const char *what)
{
	fprintf(stderr, "try: %s: error %u\n", what, GetLastError());
	return 1;
}

int main(void)
{
	struct array array = { .committed = 0 };
	volatile SIZE_T written = 0;
	volatile BOOL full = FALSE;

	array.base = VirtualAlloc(NULL, RESERVED_BYTES, MEM_RESERVE, PAGE_READWRITE);
	if (!array.base || !set_guard(&array))
		return fail("reserve");

	__try {
		__try {
			for (;; written++)
				((volatile char *)array.base)[written] = 'x';
		} __except(GetExceptionCode() == STATUS_STACK_OVERFLOW) {
			printf("not our business\n");
		} WINVM_END
	} WINVM_EXCEPT_CALL(grow, &array) {
		full = TRUE;
		printf("exception %08x: the array is full\n", GetExceptionCode());
	} WINVM_END

	printf("%zu bytes written, %zu bytes committed\n", (size_t)written,
	       (size_t)array.committed);
	if (!VirtualFree(array.base, 0, MEM_RELEASE))
		return fail("release");
	return full && written == RESERVED_BYTES - PAGE_BYTES ? 0 : 1;
}
