// SPDX-License-Identifier: GPL-2.0
/* Try blocks and the signals that bring the exceptions: masks, stacks, nested handlers. */
#include "tell.h"

static bool is_clean(const stack_t *expected)
{
	sigset_t mask;
	stack_t stack;

	sigprocmask(SIG_BLOCK, NULL, &mask);
	sigaltstack(NULL, &stack);
	for (int number = 1; number < SIGRTMIN; number++)
		if (sigismember(&mask, number) != (number == SIGUSR2))
			return false;
	return stack.ss_flags == expected->ss_flags &&
	       (expected->ss_flags == SS_DISABLE || stack.ss_sp == expected->ss_sp);
}

static void block_one_signal(void)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR2);
	sigprocmask(SIG_SETMASK, &mask, NULL);
}

#define AUTODISARM (int)(1u << 31)

FIXTURE(try_on)
{
	stack_t stack;
};

FIXTURE_VARIANT(try_on)
{
	int flags;
};

FIXTURE_VARIANT_ADD(try_on, one_stack)
{
	.flags = SS_DISABLE,
};

FIXTURE_VARIANT_ADD(try_on, an_alternate_stack)
{
	.flags = 0,
};

FIXTURE_VARIANT_ADD(try_on, a_stack_that_disarms)
{
	.flags = AUTODISARM,
};

FIXTURE_SETUP(try_on)
{
	self->stack = use_own_stack(variant->flags);
	block_one_signal();
}

FIXTURE_TEARDOWN(try_on)
{
}

TEST_F(try_on, signals_are_right_in_the_handler)
{
	for (volatile int round = 0; round < 200; round++) {
		WINVM_TRY {
			touch(0x40);
		} WINVM_EXCEPT(EXCEPTION_EXECUTE_HANDLER) {
			ASSERT_TRUE(is_clean(&self->stack));
		} WINVM_END
	}
}

/* From a filter that faults to a try around the one that it belongs to. */
static LONG fault_again(void)
{
	static int depth;

	if (depth++ < 3)
		touch(0x50);
	depth = 0;
	return EXCEPTION_CONTINUE_SEARCH;
}

TEST_F(try_on, signals_are_right_after_nested_faults)
{
	for (volatile int round = 0; round < 200; round++) {
		WINVM_TRY {
			WINVM_TRY {
				touch(0x40);
			} WINVM_EXCEPT(fault_again()) {
				tell('!');
			} WINVM_END
		} WINVM_EXCEPT(EXCEPTION_EXECUTE_HANDLER) {
			ASSERT_TRUE(is_clean(&self->stack));
		} WINVM_END
	}
	EXPECT_STREQ("", told);
}

/* Raised in the filter of a fault: there is no signal to return from. */
static LONG raise_in_the_filter(DWORD code)
{
	if (code != MORE)
		raise_code(MORE);
	return EXCEPTION_EXECUTE_HANDLER;
}

TEST_F(try_on, signals_are_right_after_raising_in_a_filter)
{
	volatile DWORD code = 0;

	for (volatile int round = 0; round < 200; round++) {
		WINVM_TRY {
			touch(0x40);
		} WINVM_EXCEPT(raise_in_the_filter(GetExceptionCode())) {
			code = GetExceptionCode();
			ASSERT_TRUE(is_clean(&self->stack));
		} WINVM_END
	}
	EXPECT_EQ(MORE, code);
}

/* Finally blocks inside the signal handler, and outside of it. */
static LONG raise_behind_a_finally_block(DWORD code)
{
	if (code == MORE)
		return EXCEPTION_EXECUTE_HANDLER;
	WINVM_TRY {
		raise_code(MORE);
	} WINVM_FINALLY {
		tell('1');
	} WINVM_END
	return EXCEPTION_CONTINUE_SEARCH;
}

TEST_F(try_on, signals_are_right_behind_finally_blocks)
{
	WINVM_TRY {
		WINVM_TRY {
			touch(0x40);
		} WINVM_FINALLY {
			tell(is_clean(&self->stack) ? '2' : '!');
		} WINVM_END
	} WINVM_EXCEPT(raise_behind_a_finally_block(GetExceptionCode())) {
		tell(is_clean(&self->stack) ? 'h' : '!');
	} WINVM_END
	EXPECT_STREQ("12h", told);
}

/* The program's own handler, called with the signal blocked, raises an exception. */
static void raise_in_a_signal_handler(int number)
{
	(void)number;
	tell('s');
	raise_code(MORE);
	tell('!');
}

TEST_F(try_on, signals_are_right_after_raising_in_a_signal_handler)
{
	struct sigaction action = { .sa_handler = raise_in_a_signal_handler };

	sigfillset(&action.sa_mask);
	ASSERT_EQ(0, sigaction(SIGSEGV, &action, NULL));
	SetUnhandledExceptionFilter(NULL);
	for (volatile int round = 0; round < 3; round++) {
		WINVM_TRY {
			touch(0x40);
		} WINVM_EXCEPT(GetExceptionCode() == MORE) {
			tell(is_clean(&self->stack) ? 'h' : '!');
		} WINVM_END
	}
	EXPECT_STREQ("shshsh", told);
}

/* It faults, which it may: its own signal is not blocked, another one is. */
static void fault_in_a_signal_handler(int number)
{
	(void)number;
	tell('s');
	touch(0x50);
	tell('!');
}

static LONG is_second_fault(EXCEPTION_POINTERS *exception)
{
	return exception->ExceptionRecord->ExceptionInformation[1] == 0x50;
}

TEST_F(try_on, signals_are_right_after_a_fault_in_a_signal_handler)
{
	struct sigaction action = {
		.sa_handler = fault_in_a_signal_handler,
		.sa_flags = SA_NODEFER,
	};

	sigemptyset(&action.sa_mask);
	sigaddset(&action.sa_mask, SIGUSR1);
	ASSERT_EQ(0, sigaction(SIGSEGV, &action, NULL));
	SetUnhandledExceptionFilter(NULL);
	for (volatile int round = 0; round < 3; round++) {
		WINVM_TRY {
			touch(0x40);
		} WINVM_EXCEPT(is_second_fault(GetExceptionInformation())) {
			tell(is_clean(&self->stack) ? 'h' : '!');
		} WINVM_END
	}
	EXPECT_STREQ("shshsh", told);
}

/* A filter that always faults asks for itself again, until the stack is used up. */
static LONG always_fault(void)
{
	touch(0x70);
	return EXCEPTION_EXECUTE_HANDLER;
}

static void fault_for_ever(void)
{
	shorten_stack();
	WINVM_TRY {
		touch(0x40);
	} WINVM_EXCEPT(always_fault()) {
		tell('!');
	} WINVM_END
}

TEST_SIGNAL(try_endless_faults_end_on_the_stack, SIGSEGV)
{
	fault_for_ever();
}

TEST_SIGNAL(try_endless_faults_end_on_an_alternate_stack, SIGSEGV)
{
	use_own_stack(0);
	fault_for_ever();
}

VM_TEST_MAIN
