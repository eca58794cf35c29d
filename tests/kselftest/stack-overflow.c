// SPDX-License-Identifier: GPL-2.0
/* Stacks that are really used: by signals, and down to the overflow (SPEC ST-10). */
#include <setjmp.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "stack.h"

static volatile sig_atomic_t signals_seen;

static void count_signal(int number)
{
	(void)number;
	signals_seen++;
}

/* Calls nothing that has not been called before: the linker would use the stack. */
__attribute__((noinline)) static void raise_below(char *address, pid_t pid, long tid)
{
	volatile char room[(char *)__builtin_frame_address(0) - address];

	room[0] = 1;
	(void)room[0];
	syscall(SYS_tgkill, pid, tid, SIGUSR1);
}

/* The kernel writes the frame of a signal into the guard run. */
TEST_IN_STACK(ST_3_signal_frame_grows_the_stack)
{
	struct sigaction action = { .sa_handler = count_signal };
	char *before = limit();

	EXPECT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	raise_below(before + 64, getpid(), syscall(SYS_gettid));
	EXPECT_EQ(1, signals_seen);
	EXPECT_STACK(limit(), RUN);
	EXPECT_GT(before, limit());
}

static sigjmp_buf recovery;
static volatile unsigned int overflows, deepest;

__attribute__((noinline)) static unsigned int recurse(unsigned int depth)
{
	volatile char frame[1000];

	frame[0] = (char)depth;
	deepest = depth;
	return depth == UINT32_MAX ? 0 : recurse(depth + 1) + (unsigned char)frame[0];
}

static _Noreturn void recover(void)
{
	siglongjmp(recovery, 1);
}

static LONG CALLBACK catch_overflow(EXCEPTION_POINTERS *exception)
{
	if (exception->ExceptionRecord->ExceptionCode != RECORD_OVERFLOW)
		return EXCEPTION_CONTINUE_SEARCH;
	overflows++;
	exception->ContextRecord->Rip = (uintptr_t)recover;
	exception->ContextRecord->Rsp = (exception->ContextRecord->Rsp & ~UINT64_C(15)) - 8;
	return EXCEPTION_CONTINUE_EXECUTION;
}

/* Runs into the end of the stack; false if it did not. */
static bool overflow_once(void)
{
	unsigned int before = overflows;

	if (!sigsetjmp(recovery, 0))
		recurse(0);
	return overflows == before + 1;
}

/* The handler has no stack but what the overflow left. */
TEST_IN_STACK(ST_10_recursion_overflows_recovers_and_overflows_again)
{
	void *handler = AddVectoredExceptionHandler(1, catch_overflow);

	for (int round = 0; round < 3; round++) {
		EXPECT_TRUE(overflow_once());
		EXPECT_LT(700u, deepest);
		EXPECT_EQ((void *)(lowest() + PAGE), limit());
		EXPECT_EQ(1, _resetstkoflw());
		EXPECT_STACK(lowest() + PAGE + RUN, RUN);
	}
	RemoveVectoredExceptionHandler(handler);
}

static volatile uint64_t handler_needs;

static LONG CALLBACK measure(EXCEPTION_POINTERS *exception)
{
	handler_needs = exception->ContextRecord->Rsp - (uintptr_t)__builtin_frame_address(0);
	exception->ContextRecord->Rip = (uintptr_t)recover;
	exception->ContextRecord->Rsp = (exception->ContextRecord->Rsp & ~UINT64_C(15)) - 8;
	return EXCEPTION_CONTINUE_EXECUTION;
}

/* What a signal takes at most of the stack where the processor has AVX-512 and PKU. */
#define AVX_512_FRAME 3700u

/* What comes before the handler leaves it 2 KB, with the largest frames. */
TEST_IN_STACK(ST_11_usual_guarantee_is_enough_for_a_handler)
{
	void *handler = AddVectoredExceptionHandler(1, measure);

	if (!sigsetjmp(recovery, 0))
		recurse(0);
	EXPECT_NE(0u, handler_needs);
	EXPECT_LT(handler_needs - getauxval(AT_MINSIGSTKSZ) + AVX_512_FRAME, 2 * PAGE - 2048);
	RemoveVectoredExceptionHandler(handler);
}

static void *overflow_thread(void *unused)
{
	(void)unused;
	recurse(0);
	return NULL;
}

/* Without a handler, and without a reset after an overflow, the process dies. */
TEST(ST_10_overflow_that_nobody_handles)
{
	pthread_t thread;
	int status;
	pid_t pid = fork();

	if (!pid) {
		winvm_pthread_create(&thread, 0, 0, overflow_thread, NULL);
		pause();
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(SIGSEGV, WTERMSIG(status));
}

static void *overflow_twice_thread(void *unused)
{
	(void)unused;
	AddVectoredExceptionHandler(1, catch_overflow);
	overflow_once();
	overflow_once();
	return NULL;
}

TEST(ST_10_second_overflow_without_reset)
{
	pthread_t thread;
	int status;
	pid_t pid = fork();

	if (!pid) {
		winvm_pthread_create(&thread, 0, 0, overflow_twice_thread, NULL);
		pause();
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(SIGSEGV, WTERMSIG(status));
}

VM_TEST_MAIN
