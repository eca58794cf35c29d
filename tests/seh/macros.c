// SPDX-License-Identifier: GPL-2.0
/*
 * The macros of winvm-seh.h, compiled as C and C++ by several compilers with
 * all warnings, and run here: no module is needed. With -DMISUSE=n it must not
 * compile.
 */
#include <stdio.h>
#include <windows.h>

static int wrong;

static void expect(int holds, const char *what)
{
	if (!holds)
		printf("wrong: %s\n", what);
	wrong += !holds;
}

static LONG is_code(EXCEPTION_POINTERS *exception, PVOID code)
{
	return exception->ExceptionRecord->ExceptionCode == *(DWORD *)code;
}

static void raise_code(DWORD code)
{
	RaiseException(code, 0, 0, NULL);
}

static void constant_filter(void)
{
	volatile int step = 0;

	WINVM_TRY {
		step = 1;
		raise_code(0xe0000001);
		step = 2;
	} WINVM_EXCEPT(EXCEPTION_EXECUTE_HANDLER) {
		expect(GetExceptionCode() == 0xe0000001, "code in the handler");
		step = step + 10;
	} WINVM_END
	expect(step == 11, "constant filter");
}

static void called_filter(void)
{
	DWORD code = 0xe0000002;
	volatile int handled = 0;

	WINVM_TRY {
		WINVM_TRY {
			raise_code(0xe0000002);
		} WINVM_EXCEPT(EXCEPTION_CONTINUE_SEARCH) {
			handled = -10;
		} WINVM_END
	} WINVM_EXCEPT_CALL(is_code, &code) {
		handled = handled + 1;
	} WINVM_END
	expect(handled == 1, "filter with an argument");
}

/* Clang has neither functions in functions nor, in C, lambdas. */
#if !defined(__clang__) || defined(__cplusplus)
static void expression_filter(void)
{
	volatile int handled = 0;

	WINVM_TRY {
		raise_code(0xe0000003);
	} WINVM_EXCEPT(GetExceptionCode() == 0xe0000003 &&
		       GetExceptionInformation()->ExceptionRecord->NumberParameters == 0) {
		handled = 1;
	} WINVM_END
	expect(handled == 1, "filter that is an expression");
}
#else
static void expression_filter(void)
{
}
#endif

static int many_ways_out(int way)
{
	for (;;) {
		WINVM_TRY {
			if (way == 0)
				return 10;
			if (way == 1)
				break;
			if (way == 2)
				goto out;
			if (way == 3) {
				way = 1;
				continue;
			}
			WINVM_LEAVE;
		} WINVM_EXCEPT(EXCEPTION_EXECUTE_HANDLER) {
			return -1;
		} WINVM_END
		return 14;
	}
	return 11;
out:
	return 12;
}

static void ways_out(void)
{
	expect(many_ways_out(0) == 10, "return");
	expect(many_ways_out(1) == 11, "break");
	expect(many_ways_out(2) == 12, "goto");
	expect(many_ways_out(3) == 11, "continue");
	expect(many_ways_out(4) == 14, "leave");
}

static void finally_blocks(void)
{
	volatile int normal = 0, abnormal = 0, handled = 0, round = 0;

	WINVM_TRY {
		while (round < 2) {
			WINVM_TRY {
				if (round)
					*(volatile int *)(UINT_PTR)(0x10 + round) = 1;
				WINVM_LEAVE;
			} WINVM_FINALLY {
				if (AbnormalTermination())
					abnormal = abnormal + 1;
				else
					normal = normal + 1;
			} WINVM_END
			round = round + 1;
		}
	} WINVM_EXCEPT(EXCEPTION_EXECUTE_HANDLER) {
		handled = GetExceptionCode() == EXCEPTION_ACCESS_VIOLATION;
	} WINVM_END
	expect(normal == 1 && abnormal == 1 && handled == 1, "finally");
}

#ifndef __cplusplus
static void names_of_windows(void)
{
	volatile int steps = 0;

	__try {
		__try {
			__leave;
		} __finally {
			steps = 1;
		} WINVM_END
		raise_code(0xe0000004);
	} __except(EXCEPTION_EXECUTE_HANDLER) {
		steps = steps + 1;
	} WINVM_END
	expect(steps == 2, "names of Windows");
}
#else
static void names_of_windows(void)
{
}
#endif

#if defined(__cplusplus) && defined(__EXCEPTIONS)
/* An exception of C++ takes the block it leaves out of the chain. */
static void thrown_through(void)
{
	volatile int caught = 0, handled = 0;

	WINVM_TRY {
		try {
			WINVM_TRY {
				throw 1;
			} WINVM_EXCEPT(EXCEPTION_EXECUTE_HANDLER) {
				caught = -10;
			} WINVM_END
		} catch (int) {
			caught = 1;
		}
		raise_code(0xe0000005);
	} WINVM_EXCEPT(EXCEPTION_EXECUTE_HANDLER) {
		handled = 1;
	} WINVM_END
	expect(caught == 1 && handled == 1, "C++ exception");
}
#else
static void thrown_through(void)
{
}
#endif

#if MISUSE == 1
int out_of_finally_by_return(int *at)
{
	WINVM_TRY {
		if (*at)
			return 1;
	} WINVM_FINALLY {
		*at = 2;
	} WINVM_END
	return 0;
}
#elif MISUSE == 2
void out_of_finally_by_break(int *at)
{
	while (*at) {
		WINVM_TRY {
			if (*at == 2)
				break;
		} WINVM_FINALLY {
			*at = 3;
		} WINVM_END
	}
}
#elif MISUSE == 3
void locals_in_the_expression(DWORD code)
{
	WINVM_TRY {
		raise_code(1);
	} WINVM_EXCEPT(GetExceptionCode() == code) {
		wrong++;
	} WINVM_END
}
#elif MISUSE == 4
EXCEPTION_POINTERS *information_in_the_handler(void)
{
	WINVM_TRY {
		raise_code(1);
	} WINVM_EXCEPT(EXCEPTION_EXECUTE_HANDLER) {
		return GetExceptionInformation();
	} WINVM_END
	return NULL;
}
#elif MISUSE == 5
DWORD code_elsewhere(void)
{
	return GetExceptionCode();
}
#elif MISUSE == 6
void leave_elsewhere(void)
{
	WINVM_TRY {
		raise_code(1);
	} WINVM_EXCEPT(EXCEPTION_EXECUTE_HANDLER) {
		WINVM_LEAVE;
	} WINVM_END
}
#elif MISUSE == 7
void no_end(void)
{
	WINVM_TRY {
		raise_code(1);
	} WINVM_EXCEPT(EXCEPTION_EXECUTE_HANDLER) {
		wrong++;
	}
}
#elif MISUSE == 8
BOOL termination_of_except(void)
{
	WINVM_TRY {
		raise_code(1);
	} WINVM_EXCEPT(EXCEPTION_EXECUTE_HANDLER) {
		return AbnormalTermination();
	} WINVM_END
	return FALSE;
}
#endif

int main(void)
{
	constant_filter();
	called_filter();
	expression_filter();
	ways_out();
	finally_blocks();
	names_of_windows();
	thrown_through();
	return wrong != 0;
}
