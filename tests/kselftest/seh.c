// SPDX-License-Identifier: GPL-2.0
/* Try blocks: except, finally, and how they are left (winvm-seh.h). */
#include <linux/seccomp.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "tell.h"

TEST(try_without_an_exception_skips_the_handler)
{
	WINVM_TRY {
		tell('b');
	} WINVM_EXCEPT(tell_and('f', EXCEPTION_EXECUTE_HANDLER)) {
		tell('h');
	} WINVM_END
	EXPECT_STREQ("b", told);
}

TEST(EX_1_try_handler_knows_the_code)
{
	volatile DWORD code = 0;
	volatile int reached = 0;

	WINVM_TRY {
		reached = 1;
		touch(0x1234);
		reached = 2;
	} WINVM_EXCEPT(EXCEPTION_EXECUTE_HANDLER) {
		code = GetExceptionCode();
	} WINVM_END
	EXPECT_EQ((DWORD)STATUS_ACCESS_VIOLATION, code);
	EXPECT_EQ(1, reached);
}

static EXCEPTION_RECORD filtered;

static LONG keep_record(EXCEPTION_POINTERS *exception)
{
	filtered = *exception->ExceptionRecord;
	return EXCEPTION_EXECUTE_HANDLER;
}

TEST(EX_1_try_filter_sees_record_and_code)
{
	static DWORD code;

	WINVM_TRY {
		touch(0x1234);
	} WINVM_EXCEPT((code = GetExceptionCode(), keep_record(GetExceptionInformation()))) {
		tell('h');
	} WINVM_END
	EXPECT_STREQ("h", told);
	EXPECT_EQ((DWORD)STATUS_ACCESS_VIOLATION, code);
	EXPECT_EQ(2u, filtered.NumberParameters);
	EXPECT_EQ(1u, filtered.ExceptionInformation[0]);
	EXPECT_EQ(0x1234u, filtered.ExceptionInformation[1]);
}

TEST(GP_2_try_handler_of_a_guard_page)
{
	char *base = commit(PAGE);

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(protect(base, PAGE, PAGE_READWRITE | PAGE_GUARD));
	for (volatile int round = 0; round < 2; round++) {
		WINVM_TRY {
			base[8] = 1;
			tell('b');
		} WINVM_EXCEPT(GetExceptionCode() == STATUS_GUARD_PAGE_VIOLATION) {
			tell('h');
		} WINVM_END
	}
	EXPECT_STREQ("hb", told);
}

/* The names of Windows do the same. */
TEST(try_names_of_windows)
{
	volatile BOOL abnormal = FALSE;

	__try {
		__try {
			for (;;)
				__leave;
			tell('!');
		} __finally {
			abnormal = AbnormalTermination();
			tell('f');
		} WINVM_END
		raise_code(CODE);
	} __except(_exception_code() == CODE ? EXCEPTION_EXECUTE_HANDLER :
					       EXCEPTION_CONTINUE_SEARCH) {
		tell('h');
	} WINVM_END
	EXPECT_STREQ("fh", told);
	EXPECT_FALSE(abnormal);
}

TEST(try_filters_are_asked_from_the_inside_out)
{
	WINVM_TRY {
		WINVM_TRY {
			WINVM_TRY {
				raise_code(CODE);
			} WINVM_EXCEPT(tell_and('1', EXCEPTION_CONTINUE_SEARCH)) {
				tell('!');
			} WINVM_END
		} WINVM_EXCEPT(tell_and('2', EXCEPTION_EXECUTE_HANDLER)) {
			tell('h');
		} WINVM_END
		tell('o');
	} WINVM_EXCEPT(tell_and('3', EXCEPTION_EXECUTE_HANDLER)) {
		tell('!');
	} WINVM_END
	EXPECT_STREQ("12ho", told);
}

/* Answers are told by their sign. */
TEST(try_answers_other_than_the_three)
{
	WINVM_TRY {
		WINVM_TRY {
			raise_code(CODE);
			tell('c');
			raise_code(MORE);
		} WINVM_EXCEPT(GetExceptionCode() == CODE ? -7 : 0) {
			tell('!');
		} WINVM_END
	} WINVM_EXCEPT(0x7fffffff) {
		tell('h');
	} WINVM_END
	EXPECT_STREQ("ch", told);
}

struct page_to_commit {
	char *base;
	unsigned int asked;
};

static LONG commit_what_is_touched(EXCEPTION_POINTERS *exception, PVOID argument)
{
	struct page_to_commit *page = argument;

	page->asked++;
	if (!commit_at((void *)exception->ExceptionRecord->ExceptionInformation[1], 1,
		       PAGE_READWRITE))
		return EXCEPTION_CONTINUE_SEARCH;
	return EXCEPTION_CONTINUE_EXECUTION;
}

TEST(EX_3_try_filter_commits_and_goes_on)
{
	struct page_to_commit page = { .base = reserve(4 * PAGE) };

	ASSERT_NE(NULL, page.base);
	WINVM_TRY {
		for (SIZE_T i = 0; i < 4 * PAGE; i++)
			((volatile char *)page.base)[i] = (char)i;
		tell('b');
	} WINVM_EXCEPT_CALL(commit_what_is_touched, &page) {
		tell('!');
	} WINVM_END
	EXPECT_STREQ("b", told);
	EXPECT_EQ(4u, page.asked);
	EXPECT_EQ((char)0xff, page.base[4 * PAGE - 1]);
}

/* The argument is evaluated once, before the body. */
TEST(try_argument_of_the_filter)
{
	volatile int evaluated = 0;

	for (volatile int round = 0; round < 3; round++) {
		WINVM_TRY {
			tell((char)('0' + evaluated));
		} WINVM_EXCEPT_CALL(commit_what_is_touched, (evaluated++, NULL)) {
			tell('!');
		} WINVM_END
	}
	EXPECT_STREQ("123", told);
}

/* Between exception and filter nothing has been left: the functions' frames are there. */
static const volatile char *deep;

static __attribute__((noinline)) void fault_deep_down(void)
{
	volatile char frame[256];

	for (size_t i = 0; i < sizeof(frame); i++)
		frame[i] = (char)(i ^ 0x5a);
	deep = frame;
	touch(0x10);
	deep = NULL;
}

static LONG is_intact(void)
{
	for (size_t i = 0; i < 256; i++)
		if (deep[i] != (char)(i ^ 0x5a))
			return tell_and('!', EXCEPTION_EXECUTE_HANDLER);
	return tell_and('i', EXCEPTION_EXECUTE_HANDLER);
}

TEST(try_filter_runs_before_anything_is_left)
{
	WINVM_TRY {
		fault_deep_down();
	} WINVM_EXCEPT(is_intact()) {
		tell('h');
	} WINVM_END
	EXPECT_STREQ("ih", told);
}

TEST(try_exception_in_the_handler_goes_outside)
{
	WINVM_TRY {
		WINVM_TRY {
			touch(1);
		} WINVM_EXCEPT(tell_and('1', EXCEPTION_EXECUTE_HANDLER)) {
			touch(2);
			tell('!');
		} WINVM_END
	} WINVM_EXCEPT(tell_and('2', EXCEPTION_EXECUTE_HANDLER)) {
		tell('h');
	} WINVM_END
	EXPECT_STREQ("12h", told);
}

/* A try in the handler, and one in the filter. */
static LONG try_in_the_filter(void)
{
	WINVM_TRY {
		touch(3);
	} WINVM_EXCEPT(tell_and('f', EXCEPTION_EXECUTE_HANDLER)) {
		tell('g');
	} WINVM_END
	return EXCEPTION_EXECUTE_HANDLER;
}

TEST(try_inside_filter_and_handler)
{
	volatile DWORD codes[2] = { 0, 0 };

	WINVM_TRY {
		raise_code(CODE);
	} WINVM_EXCEPT(try_in_the_filter()) {
		WINVM_TRY {
			touch(1);
		} WINVM_EXCEPT(GetExceptionCode() == STATUS_ACCESS_VIOLATION) {
			codes[1] = GetExceptionCode();
		} WINVM_END
		codes[0] = GetExceptionCode();
	} WINVM_END
	EXPECT_STREQ("fg", told);
	EXPECT_EQ(CODE, codes[0]);
	EXPECT_EQ((DWORD)STATUS_ACCESS_VIOLATION, codes[1]);
}

/* The filter that is running is asked about its own exception, as on Windows. */
static LONG fault_once(DWORD code)
{
	tell(code == CODE ? '1' : '2');
	if (code == CODE)
		touch(1);
	return EXCEPTION_EXECUTE_HANDLER;
}

TEST(try_exception_in_the_filter)
{
	volatile DWORD code = 0;

	WINVM_TRY {
		raise_code(CODE);
	} WINVM_EXCEPT(fault_once(GetExceptionCode())) {
		code = GetExceptionCode();
	} WINVM_END
	EXPECT_STREQ("12", told);
	EXPECT_EQ((DWORD)STATUS_ACCESS_VIOLATION, code);
}

TEST(finally_after_the_body)
{
	volatile BOOL abnormal = TRUE;

	WINVM_TRY {
		tell('b');
	} WINVM_FINALLY {
		abnormal = AbnormalTermination();
		tell('f');
	} WINVM_END
	EXPECT_STREQ("bf", told);
	EXPECT_FALSE(abnormal);
}

/* Filters first, then the finally blocks from the inside out, then the handler. */
static __attribute__((noinline)) void finally_in_a_function(void)
{
	WINVM_TRY {
		touch(0x20);
	} WINVM_FINALLY {
		tell(AbnormalTermination() ? 'A' : '!');
	} WINVM_END
	tell('!');
}

TEST(finally_on_the_way_to_a_handler)
{
	volatile DWORD code = 0;

	WINVM_TRY {
		WINVM_TRY {
			WINVM_TRY {
				finally_in_a_function();
			} WINVM_EXCEPT(tell_and('1', EXCEPTION_CONTINUE_SEARCH)) {
				tell('!');
			} WINVM_END
		} WINVM_FINALLY {
			tell(AbnormalTermination() ? 'B' : '!');
		} WINVM_END
	} WINVM_EXCEPT(tell_and('2', EXCEPTION_EXECUTE_HANDLER)) {
		code = GetExceptionCode();
		tell('h');
	} WINVM_END
	EXPECT_STREQ("12ABh", told);
	EXPECT_EQ((DWORD)STATUS_ACCESS_VIOLATION, code);
}

TEST(finally_does_not_run_when_the_filter_goes_on)
{
	WINVM_TRY {
		WINVM_TRY {
			raise_code(CODE);
			tell('b');
		} WINVM_FINALLY {
			tell(AbnormalTermination() ? '!' : 'f');
		} WINVM_END
	} WINVM_EXCEPT(EXCEPTION_CONTINUE_EXECUTION) {
		tell('!');
	} WINVM_END
	EXPECT_STREQ("bf", told);
}

/* The exception that was under way is given up for the new one. */
TEST(finally_that_raises_an_exception)
{
	volatile DWORD code = 0;

	WINVM_TRY {
		WINVM_TRY {
			WINVM_TRY {
				raise_code(CODE);
			} WINVM_FINALLY {
				tell('1');
				raise_code(MORE);
				tell('!');
			} WINVM_END
		} WINVM_FINALLY {
			tell('2');
		} WINVM_END
	} WINVM_EXCEPT(EXCEPTION_EXECUTE_HANDLER) {
		code = GetExceptionCode();
	} WINVM_END
	EXPECT_STREQ("12", told);
	EXPECT_EQ(MORE, code);
}

static int leave_by_return(void)
{
	WINVM_TRY {
		return 7;
	} WINVM_EXCEPT(tell_and('!', EXCEPTION_EXECUTE_HANDLER)) {
		tell('!');
	} WINVM_END
	return 0;
}

static void leave_by_break_and_continue(void)
{
	for (volatile int i = 0; i < 3; i++) {
		WINVM_TRY {
			tell((char)('0' + i));
			if (i == 0)
				continue;
			break;
		} WINVM_EXCEPT(tell_and('!', EXCEPTION_EXECUTE_HANDLER)) {
			tell('!');
		} WINVM_END
		tell('!');
	}
}

static void leave_by_goto(void)
{
	WINVM_TRY {
		WINVM_TRY {
			goto out;
		} WINVM_EXCEPT(tell_and('!', EXCEPTION_EXECUTE_HANDLER)) {
			tell('!');
		} WINVM_END
	} WINVM_EXCEPT(tell_and('!', EXCEPTION_EXECUTE_HANDLER)) {
		tell('!');
	} WINVM_END
out:
	tell('o');
}

/* What was left is not asked any more. */
TEST(try_left_by_return_break_continue_goto)
{
	WINVM_TRY {
		EXPECT_EQ(7, leave_by_return());
		leave_by_break_and_continue();
		leave_by_goto();
		raise_code(CODE);
	} WINVM_EXCEPT(tell_and('f', EXCEPTION_EXECUTE_HANDLER)) {
		tell('h');
	} WINVM_END
	EXPECT_STREQ("01ofh", told);
}

TEST(leave_ends_the_body_only)
{
	WINVM_TRY {
		WINVM_TRY {
			for (int i = 0;; i++)
				switch (i) {
				case 2:
					WINVM_LEAVE;
				default:
					tell((char)('0' + i));
				}
		} WINVM_FINALLY {
			tell('f');
		} WINVM_END
		/* Here it ends the outer one's. */
		WINVM_TRY {
			raise_code(CODE);
		} WINVM_EXCEPT(EXCEPTION_EXECUTE_HANDLER) {
			WINVM_LEAVE;
		} WINVM_END
		tell('!');
	} WINVM_EXCEPT(tell_and('!', EXCEPTION_EXECUTE_HANDLER)) {
		tell('!');
	} WINVM_END
	EXPECT_STREQ("01f", told);
}

/* Registers a function keeps are those of the entry. */
TEST(try_handler_finds_the_locals_of_before)
{
	long a = getpid(), b = a + 1, c = a + 2, d = a + 3, e = a + 4, f = a + 5, g = a + 6;

	for (volatile int round = 0; round < 3; round++) {
		WINVM_TRY {
			__asm__ volatile("xorl %%ebx, %%ebx; xorl %%r12d, %%r12d\n\t"
					 "xorl %%r13d, %%r13d; xorl %%r14d, %%r14d\n\t"
					 "xorl %%r15d, %%r15d; std; movb $0, 0x30"
					 ::: "rbx", "r12", "r13", "r14", "r15", "memory", "cc");
		} WINVM_EXCEPT(EXCEPTION_EXECUTE_HANDLER) {
			unsigned long flags = __builtin_ia32_readeflags_u64();

			EXPECT_EQ(0u, flags & 0x400);
			tell('h');
		} WINVM_END
		EXPECT_EQ(7 * a + 21, a + b + c + d + e + f + g);
	}
	EXPECT_STREQ("hhh", told);
}

/* Under this regime only read, write, exit and sigreturn are allowed. */
static void use_try_without_system_calls(void)
{
	volatile int handled = 0;

	prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
	for (volatile int round = 0; round < 10; round++) {
		WINVM_TRY {
			if (round & 1)
				raise_code(CODE);
		} WINVM_EXCEPT(EXCEPTION_EXECUTE_HANDLER) {
			handled++;
		} WINVM_END
	}
	syscall(SYS_exit, handled);
}

TEST(try_needs_no_system_call)
{
	EXPECT_EQ(5, end_of(use_try_without_system_calls));
}

#define THREADS 8
#define ROUNDS	300

static LONG is_mine(EXCEPTION_POINTERS *exception, PVOID argument)
{
	return exception->ExceptionRecord->ExceptionInformation[1] == (ULONG_PTR)argument;
}

static void *try_and_try_again(void *address)
{
	volatile uintptr_t handled = 0;

	for (volatile int round = 0; round < ROUNDS; round++) {
		WINVM_TRY {
			touch((uintptr_t)address);
		} WINVM_EXCEPT_CALL(is_mine, address) {
			handled++;
		} WINVM_END
	}
	return (void *)handled;
}

TEST(try_belongs_to_its_thread)
{
	pthread_t threads[THREADS];
	void *handled;

	for (uintptr_t i = 0; i < THREADS; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, try_and_try_again,
					    (void *)(i + 1)));
	for (int i = 0; i < THREADS; i++) {
		ASSERT_EQ(0, pthread_join(threads[i], &handled));
		EXPECT_EQ((uintptr_t)ROUNDS, (uintptr_t)handled);
	}
}

static int try_deep(int depth)
{
	volatile int inner = 0;

	WINVM_TRY {
		if (depth)
			inner = try_deep(depth - 1);
		else
			touch(0x60);
	} WINVM_EXCEPT(EXCEPTION_CONTINUE_SEARCH) {
		tell('!');
	} WINVM_END
	return inner + 1;
}

TEST(try_a_thousand_deep)
{
	WINVM_TRY {
		try_deep(1000);
		tell('!');
	} WINVM_EXCEPT(EXCEPTION_EXECUTE_HANDLER) {
		tell('h');
	} WINVM_END
	EXPECT_STREQ("h", told);
}

/* What is called where the compiler did not notice. */
extern void misuse(void) __asm__("winvm_try_misuse");

TEST(finally_left_by_a_jump_aborts)
{
	EXPECT_EQ(-SIGABRT, end_of(misuse));
}

VM_TEST_MAIN
