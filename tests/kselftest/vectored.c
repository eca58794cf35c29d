// SPDX-License-Identifier: GPL-2.0
/* Vectored exception handlers and vectored continue handlers. */
#include "tell.h"

#define HANDLER(name, letter, answer)                             \
	static LONG CALLBACK name(EXCEPTION_POINTERS *exception)  \
	{                                                         \
		(void)exception;                                  \
		return tell_and(letter, answer);                  \
	}

HANDLER(search_a, 'a', EXCEPTION_CONTINUE_SEARCH)
HANDLER(search_b, 'b', EXCEPTION_CONTINUE_SEARCH)
HANDLER(go_on_c, 'c', EXCEPTION_CONTINUE_EXECUTION)
HANDLER(go_on_d, 'd', EXCEPTION_CONTINUE_EXECUTION)
HANDLER(execute_e, 'e', EXCEPTION_EXECUTE_HANDLER)
HANDLER(search_x, 'x', EXCEPTION_CONTINUE_SEARCH)
HANDLER(search_y, 'y', EXCEPTION_CONTINUE_SEARCH)
HANDLER(go_on_z, 'z', EXCEPTION_CONTINUE_EXECUTION)

/* Raises with the story empty. */
static const char *story_of(DWORD code)
{
	memset(told, 0, sizeof(told));
	raise_code(code);
	return told;
}

TEST(vectored_handlers_are_called_in_order)
{
	AddVectoredExceptionHandler(0, search_b);
	AddVectoredExceptionHandler(1, search_a);
	AddVectoredExceptionHandler(0, go_on_c);
	AddVectoredExceptionHandler(0, go_on_d);
	EXPECT_STREQ("abc", story_of(CODE));
}

/* Only one answer counts. */
TEST(vectored_handler_cannot_execute_a_handler)
{
	AddVectoredExceptionHandler(0, execute_e);
	AddVectoredExceptionHandler(0, go_on_c);
	EXPECT_STREQ("ec", story_of(CODE));
}

TEST(vectored_handlers_come_before_filters)
{
	AddVectoredExceptionHandler(0, search_a);
	WINVM_TRY {
		raise_code(CODE);
	} WINVM_EXCEPT(tell_and('f', EXCEPTION_EXECUTE_HANDLER)) {
		tell('h');
	} WINVM_END
	EXPECT_STREQ("afh", told);
}

TEST(vectored_handler_removed)
{
	void *a = AddVectoredExceptionHandler(0, search_a);
	void *b = AddVectoredExceptionHandler(0, search_b);

	AddVectoredExceptionHandler(0, go_on_c);
	EXPECT_NE(0u, RemoveVectoredExceptionHandler(a));
	EXPECT_EQ(0u, RemoveVectoredExceptionHandler(a));
	EXPECT_EQ(0u, RemoveVectoredContinueHandler(b));
	EXPECT_STREQ("bc", story_of(CODE));
}

/* A handler is called twice if it was added twice. */
TEST(vectored_handler_added_twice)
{
	void *first = AddVectoredExceptionHandler(0, search_a);

	EXPECT_NE(first, AddVectoredExceptionHandler(0, search_a));
	AddVectoredExceptionHandler(0, go_on_c);
	EXPECT_STREQ("aac", story_of(CODE));
	RemoveVectoredExceptionHandler(first);
	EXPECT_STREQ("ac", story_of(CODE));
}

static void *own_handle;

static LONG CALLBACK remove_oneself(EXCEPTION_POINTERS *exception)
{
	(void)exception;
	RemoveVectoredExceptionHandler(own_handle);
	AddVectoredExceptionHandler(0, go_on_c);
	return tell_and('r', EXCEPTION_CONTINUE_SEARCH);
}

TEST(vectored_handler_changes_the_list)
{
	own_handle = AddVectoredExceptionHandler(0, remove_oneself);
	AddVectoredExceptionHandler(0, search_b);
	EXPECT_STREQ("rbc", story_of(CODE));
	EXPECT_STREQ("bc", story_of(CODE));
}

TEST(continue_handlers_after_a_vectored_handler)
{
	AddVectoredContinueHandler(0, search_y);
	AddVectoredContinueHandler(1, search_x);
	AddVectoredExceptionHandler(0, go_on_c);
	EXPECT_STREQ("cxy", story_of(CODE));
}

/* The first that answers "go on" is the last; the thread goes on anyway. */
TEST(continue_handlers_are_called_in_order)
{
	void *first = AddVectoredContinueHandler(0, search_x);

	AddVectoredContinueHandler(0, go_on_z);
	AddVectoredContinueHandler(0, search_y);
	AddVectoredExceptionHandler(0, go_on_c);
	EXPECT_STREQ("cxz", story_of(CODE));
	EXPECT_EQ(0u, RemoveVectoredExceptionHandler(first));
	EXPECT_NE(0u, RemoveVectoredContinueHandler(first));
	EXPECT_STREQ("cz", story_of(CODE));
}

static LONG WINAPI unhandled_go_on(EXCEPTION_POINTERS *exception)
{
	(void)exception;
	return tell_and('u', EXCEPTION_CONTINUE_EXECUTION);
}

TEST(continue_handlers_after_a_filter)
{
	AddVectoredContinueHandler(0, search_x);
	WINVM_TRY {
		raise_code(CODE);
	} WINVM_EXCEPT(tell_and('f', EXCEPTION_CONTINUE_EXECUTION)) {
		tell('!');
	} WINVM_END
	SetUnhandledExceptionFilter(unhandled_go_on);
	raise_code(CODE);
	EXPECT_STREQ("fxux", told);
}

TEST(continue_handlers_not_before_a_handler)
{
	AddVectoredContinueHandler(0, search_x);
	AddVectoredExceptionHandler(0, search_a);
	WINVM_TRY {
		raise_code(CODE);
	} WINVM_EXCEPT(EXCEPTION_EXECUTE_HANDLER) {
		tell('h');
	} WINVM_END
	EXPECT_STREQ("ah", told);
}

/* They are told of faults, too, and see the registers the thread goes on with. */
static DWORD64 seen_rax;

static LONG CALLBACK skip_the_store(EXCEPTION_POINTERS *exception)
{
	/* movb $1, (%rax) */
	exception->ContextRecord->Rip += 3;
	exception->ContextRecord->Rax = 0x77;
	return tell_and('s', EXCEPTION_CONTINUE_EXECUTION);
}

static LONG CALLBACK change_it_again(EXCEPTION_POINTERS *exception)
{
	seen_rax = exception->ContextRecord->Rax;
	exception->ContextRecord->Rax++;
	return tell_and('x', EXCEPTION_CONTINUE_SEARCH);
}

TEST(EX_1_continue_handlers_after_a_fault)
{
	DWORD64 rax = 0x100;

	AddVectoredExceptionHandler(1, skip_the_store);
	AddVectoredContinueHandler(0, change_it_again);
	__asm__ volatile("movb $1, (%0)" : "+a"(rax)::"memory");
	EXPECT_STREQ("sx", told);
	EXPECT_EQ(0x77u, seen_rax);
	EXPECT_EQ(0x78u, rax);
}

/* A handler that faults: an exception like any other, before the first is done. */
static LONG CALLBACK fault_in_the_handler(EXCEPTION_POINTERS *exception)
{
	if (exception->ExceptionRecord->ExceptionCode != CODE)
		return tell_and('2', EXCEPTION_CONTINUE_SEARCH);
	tell('1');
	WINVM_TRY {
		touch(0x100);
	} WINVM_EXCEPT(EXCEPTION_EXECUTE_HANDLER) {
		tell('h');
	} WINVM_END
	return EXCEPTION_CONTINUE_EXECUTION;
}

TEST(EX_1_fault_in_a_vectored_handler)
{
	AddVectoredExceptionHandler(1, fault_in_the_handler);
	EXPECT_STREQ("12h", story_of(CODE));
}

/* With guard pages, in handlers within handlers, as deep as there are pages. */
static char *guarded;
static volatile SIZE_T guards_hit;

static LONG CALLBACK hit_the_next_guard(EXCEPTION_POINTERS *exception)
{
	const EXCEPTION_RECORD *record = exception->ExceptionRecord;

	if (record->ExceptionCode != STATUS_GUARD_PAGE_VIOLATION ||
	    record->ExceptionInformation[1] != (uintptr_t)guarded + guards_hit * PAGE)
		return EXCEPTION_CONTINUE_SEARCH;
	guards_hit++;
	if (guards_hit < 16)
		((volatile char *)guarded)[guards_hit * PAGE] = 1;
	return EXCEPTION_CONTINUE_EXECUTION;
}

TEST(GP_1_guards_hit_in_nested_handlers)
{
	guarded = VirtualAlloc(NULL, 16 * PAGE, MEM_RESERVE | MEM_COMMIT,
			       PAGE_READWRITE | PAGE_GUARD);
	ASSERT_NE(NULL, guarded);
	use_own_stack(0);
	AddVectoredExceptionHandler(1, hit_the_next_guard);
	((volatile char *)guarded)[0] = 1;
	EXPECT_EQ(16u, guards_hit);
	for (SIZE_T i = 0; i < 16; i++)
		EXPECT_EQ(1, guarded[i * PAGE]);
}

static LONG CALLBACK fault_always(EXCEPTION_POINTERS *exception)
{
	(void)exception;
	touch(0x100);
	return EXCEPTION_CONTINUE_EXECUTION;
}

static void fault_without_end(void)
{
	shorten_stack();
	AddVectoredExceptionHandler(1, fault_always);
	touch(0x100);
}

static void fault_without_end_on_an_alternate_stack(void)
{
	use_own_stack(0);
	fault_without_end();
}

static void raise_without_end(void)
{
	shorten_stack();
	AddVectoredExceptionHandler(1, fault_always);
	raise_code(CODE);
}

TEST(vectored_handler_that_always_faults)
{
	EXPECT_EQ(-SIGSEGV, end_of(fault_without_end));
	EXPECT_EQ(-SIGSEGV, end_of(fault_without_end_on_an_alternate_stack));
	EXPECT_EQ(-SIGSEGV, end_of(raise_without_end));
}

/* What an exception has left is not inside any more: removed entries are used again. */
static LONG CALLBACK raise_more(EXCEPTION_POINTERS *exception)
{
	if (exception->ExceptionRecord->ExceptionCode == CODE)
		raise_code(MORE);
	return EXCEPTION_CONTINUE_SEARCH;
}

TEST(vectored_handler_left_by_an_exception)
{
	void *handle = AddVectoredExceptionHandler(1, raise_more);
	uintptr_t lowest = UINTPTR_MAX, highest = 0;

	for (volatile int round = 0; round < 3; round++) {
		WINVM_TRY {
			raise_code(CODE);
		} WINVM_EXCEPT(GetExceptionCode() == MORE) {
			tell('h');
		} WINVM_END
	}
	EXPECT_STREQ("hhh", told);
	EXPECT_NE(0u, RemoveVectoredExceptionHandler(handle));
	for (int i = 0; i < 1000; i++) {
		handle = AddVectoredExceptionHandler(1, raise_more);
		lowest = (uintptr_t)handle < lowest ? (uintptr_t)handle : lowest;
		highest = (uintptr_t)handle > highest ? (uintptr_t)handle : highest;
		RemoveVectoredExceptionHandler(handle);
	}
	EXPECT_GT(PAGE, highest - lowest);
}

static void raise_in_the_child(void)
{
	_exit(strcmp(story_of(CODE), "acx") ? 1 : 0);
}

TEST(vectored_handlers_of_a_forked_child)
{
	AddVectoredExceptionHandler(0, search_a);
	AddVectoredExceptionHandler(0, go_on_c);
	AddVectoredContinueHandler(0, search_x);
	EXPECT_EQ(0, end_of(raise_in_the_child));
}

VM_TEST_MAIN
