// SPDX-License-Identifier: GPL-2.0
/* Exceptions that a program raises, and those that nobody takes. */
#include "tell.h"

static EXCEPTION_RECORD seen;

static LONG CALLBACK see_and_go_on(EXCEPTION_POINTERS *exception)
{
	seen = *exception->ExceptionRecord;
	return EXCEPTION_CONTINUE_EXECUTION;
}

TEST(raise_record)
{
	ULONG_PTR arguments[16];

	for (ULONG_PTR i = 0; i < 16; i++)
		arguments[i] = 0x1111 * i;
	ASSERT_NE(NULL, AddVectoredExceptionHandler(1, see_and_go_on));
	RaiseException(CODE, 0, 3, arguments);
	EXPECT_EQ(CODE, seen.ExceptionCode);
	EXPECT_EQ(0u, seen.ExceptionFlags);
	EXPECT_EQ(NULL, seen.ExceptionRecord);
	EXPECT_EQ(3u, seen.NumberParameters);
	for (ULONG_PTR i = 0; i < 15; i++)
		EXPECT_EQ(i < 3 ? 0x1111 * i : 0, seen.ExceptionInformation[i]);
}

TEST(raise_up_to_15_arguments)
{
	ULONG_PTR arguments[16];

	for (ULONG_PTR i = 0; i < 16; i++)
		arguments[i] = ~i;
	ASSERT_NE(NULL, AddVectoredExceptionHandler(1, see_and_go_on));
	RaiseException(CODE, 0, 15, arguments);
	EXPECT_EQ(15u, seen.NumberParameters);
	EXPECT_EQ(~(ULONG_PTR)14, seen.ExceptionInformation[14]);
	RaiseException(CODE, 0, 0xffffffff, arguments);
	EXPECT_EQ(15u, seen.NumberParameters);
	/* Without arguments their number does not count. */
	RaiseException(CODE, 0, 5, NULL);
	EXPECT_EQ(0u, seen.NumberParameters);
}

static LONG CALLBACK see_and_search(EXCEPTION_POINTERS *exception)
{
	seen = *exception->ExceptionRecord;
	return EXCEPTION_CONTINUE_SEARCH;
}

/* Of the flags one is the caller's. */
TEST(raise_flags)
{
	ASSERT_NE(NULL, AddVectoredExceptionHandler(1, see_and_search));
	WINVM_TRY {
		RaiseException(CODE, 0xffffffff, 0, NULL);
	} WINVM_EXCEPT(EXCEPTION_EXECUTE_HANDLER) {
		tell('h');
	} WINVM_END
	EXPECT_EQ((DWORD)EXCEPTION_NONCONTINUABLE, seen.ExceptionFlags);
	WINVM_TRY {
		RaiseException(CODE, 0xfffffffe, 0, NULL);
	} WINVM_EXCEPT(EXCEPTION_EXECUTE_HANDLER) {
		tell('h');
	} WINVM_END
	EXPECT_EQ(0u, seen.ExceptionFlags);
	EXPECT_STREQ("hh", told);
}

/* The address is in the function that calls. */
static __attribute__((noinline)) void raise_here(void)
{
	RaiseException(CODE, 0, 0, NULL);
	tell('c');
}

TEST(raise_address)
{
	ASSERT_NE(NULL, AddVectoredExceptionHandler(1, see_and_go_on));
	raise_here();
	EXPECT_STREQ("c", told);
	EXPECT_LT((uintptr_t)raise_here, (uintptr_t)seen.ExceptionAddress);
	EXPECT_GT((uintptr_t)raise_here + 64, (uintptr_t)seen.ExceptionAddress);
}

TEST(raise_record_of_ones_own)
{
	EXCEPTION_RECORD inner = { .ExceptionCode = MORE };
	EXCEPTION_RECORD record = {
		.ExceptionCode = CODE,
		.ExceptionFlags = 0x80,
		.ExceptionRecord = &inner,
		.NumberParameters = 2,
		.ExceptionInformation = { 7, 8 },
	};

	ASSERT_NE(NULL, AddVectoredExceptionHandler(1, see_and_go_on));
	RtlRaiseException(&record);
	EXPECT_NE(NULL, record.ExceptionAddress);
	EXPECT_EQ(0, memcmp(&record, &seen, sizeof(record)));
}

/* On the caller's stack, in no signal handler: whatever is safe there is safe here. */
static LONG CALLBACK is_on_this_stack(EXCEPTION_POINTERS *exception)
{
	char *here = __builtin_frame_address(0);
	char *there = (char *)exception->ContextRecord->Rsp;

	tell(here < there && there - here < 0x8000 ? 's' : '!');
	free(malloc(100));
	return EXCEPTION_CONTINUE_EXECUTION;
}

TEST(raise_runs_handlers_on_the_stack_of_the_thread)
{
	use_own_stack(0);
	ASSERT_NE(NULL, AddVectoredExceptionHandler(1, is_on_this_stack));
	raise_code(CODE);
	EXPECT_STREQ("s", told);
}

/* SPEC has no rule; Windows' documentation of RaiseException has. */
static LONG CALLBACK insist_on_going_on(EXCEPTION_POINTERS *exception)
{
	const EXCEPTION_RECORD *record = exception->ExceptionRecord;

	tell(record->ExceptionCode == CODE ? '1' : '2');
	if (record->ExceptionCode == CODE)
		return EXCEPTION_CONTINUE_EXECUTION;
	seen = *record;
	seen.NumberParameters = record->ExceptionRecord->ExceptionCode;
	return EXCEPTION_CONTINUE_SEARCH;
}

TEST(raise_noncontinuable_and_a_handler_goes_on)
{
	volatile DWORD code = 0;

	ASSERT_NE(NULL, AddVectoredExceptionHandler(1, insist_on_going_on));
	WINVM_TRY {
		RaiseException(CODE, EXCEPTION_NONCONTINUABLE, 0, NULL);
		tell('!');
	} WINVM_EXCEPT(EXCEPTION_EXECUTE_HANDLER) {
		code = GetExceptionCode();
	} WINVM_END
	EXPECT_STREQ("12", told);
	EXPECT_EQ((DWORD)STATUS_NONCONTINUABLE_EXCEPTION, code);
	EXPECT_EQ((DWORD)STATUS_NONCONTINUABLE_EXCEPTION, seen.ExceptionCode);
	EXPECT_EQ((DWORD)EXCEPTION_NONCONTINUABLE, seen.ExceptionFlags);
	EXPECT_EQ(CODE, seen.NumberParameters);
}

static LONG go_on_once(DWORD code)
{
	return code == CODE ? EXCEPTION_CONTINUE_EXECUTION : EXCEPTION_EXECUTE_HANDLER;
}

TEST(raise_noncontinuable_and_a_filter_goes_on)
{
	volatile DWORD code = 0;

	WINVM_TRY {
		RaiseException(CODE, EXCEPTION_NONCONTINUABLE, 0, NULL);
		tell('!');
	} WINVM_EXCEPT(go_on_once(GetExceptionCode())) {
		code = GetExceptionCode();
	} WINVM_END
	EXPECT_STREQ("", told);
	EXPECT_EQ((DWORD)STATUS_NONCONTINUABLE_EXCEPTION, code);
}

static void go_on_for_ever(void)
{
	AddVectoredExceptionHandler(1, see_and_go_on);
	RaiseException(CODE, EXCEPTION_NONCONTINUABLE, 0, NULL);
}

TEST(raise_noncontinuable_and_everybody_goes_on)
{
	EXPECT_EQ(-SIGABRT, end_of(go_on_for_ever));
}

static void raise_for_nobody(void)
{
	raise_code(CODE);
}

static void fault_for_nobody(void)
{
	touch(0x100);
}

static void fault_like_a_fault(void)
{
	raise_code((DWORD)STATUS_ACCESS_VIOLATION);
}

TEST(raise_without_a_handler_the_process_dies)
{
	EXPECT_EQ(-SIGABRT, end_of(raise_for_nobody));
	EXPECT_EQ(-SIGABRT, end_of(fault_like_a_fault));
	EXPECT_EQ(-SIGSEGV, end_of(fault_for_nobody));
}

static LONG WINAPI unhandled_search(EXCEPTION_POINTERS *exception)
{
	seen = *exception->ExceptionRecord;
	return tell_and('u', EXCEPTION_CONTINUE_SEARCH);
}

static LONG WINAPI unhandled_end(EXCEPTION_POINTERS *exception)
{
	(void)exception;
	return EXCEPTION_EXECUTE_HANDLER;
}

static LONG WINAPI unhandled_go_on(EXCEPTION_POINTERS *exception)
{
	seen = *exception->ExceptionRecord;
	return tell_and('u', EXCEPTION_CONTINUE_EXECUTION);
}

TEST(unhandled_filter_is_set_and_given_back)
{
	EXPECT_EQ(NULL, SetUnhandledExceptionFilter(unhandled_search));
	EXPECT_TRUE(SetUnhandledExceptionFilter(unhandled_end) == unhandled_search);
	EXPECT_TRUE(SetUnhandledExceptionFilter(NULL) == unhandled_end);
	EXPECT_EQ(NULL, SetUnhandledExceptionFilter(NULL));
}

TEST(unhandled_filter_goes_on)
{
	SetUnhandledExceptionFilter(unhandled_go_on);
	raise_code(CODE);
	EXPECT_STREQ("u", told);
	EXPECT_EQ(CODE, seen.ExceptionCode);
}

/* Called last, and only if no filter takes the exception. */
TEST(unhandled_filter_is_asked_after_the_try_blocks)
{
	SetUnhandledExceptionFilter(unhandled_go_on);
	WINVM_TRY {
		raise_code(CODE);
	} WINVM_EXCEPT(tell_and('f', EXCEPTION_CONTINUE_SEARCH)) {
		tell('!');
	} WINVM_END
	WINVM_TRY {
		raise_code(CODE);
	} WINVM_EXCEPT(tell_and('f', EXCEPTION_EXECUTE_HANDLER)) {
		tell('h');
	} WINVM_END
	EXPECT_STREQ("fufh", told);
}

static DWORD code_to_end_with;

static void end_by_the_filter(void)
{
	SetUnhandledExceptionFilter(unhandled_end);
	raise_code(code_to_end_with);
}

static void fault_and_end_by_the_filter(void)
{
	SetUnhandledExceptionFilter(unhandled_end);
	touch(0x100);
}

TEST(unhandled_filter_ends_the_process)
{
	code_to_end_with = 0xe0000042;
	EXPECT_EQ(0x42, end_of(end_by_the_filter));
	code_to_end_with = 0xe0000100;
	EXPECT_EQ(0xff, end_of(end_by_the_filter));
	EXPECT_EQ(5, end_of(fault_and_end_by_the_filter));
}

static void search_and_raise(void)
{
	SetUnhandledExceptionFilter(unhandled_search);
	raise_code(CODE);
}

static void search_and_fault(void)
{
	SetUnhandledExceptionFilter(unhandled_search);
	touch(0x100);
}

TEST(unhandled_filter_that_searches_on)
{
	EXPECT_EQ(-SIGABRT, end_of(search_and_raise));
	EXPECT_EQ(-SIGSEGV, end_of(search_and_fault));
}

TEST(unhandled_exception_filter_called_by_a_filter)
{
	EXCEPTION_RECORD record = { .ExceptionCode = CODE };
	EXCEPTION_POINTERS exception = { .ExceptionRecord = &record };

	EXPECT_EQ(EXCEPTION_CONTINUE_SEARCH, UnhandledExceptionFilter(&exception));
	SetUnhandledExceptionFilter(unhandled_end);
	WINVM_TRY {
		raise_code(CODE);
	} WINVM_EXCEPT(UnhandledExceptionFilter(GetExceptionInformation())) {
		tell('h');
	} WINVM_END
	EXPECT_STREQ("h", told);
}

VM_TEST_MAIN
