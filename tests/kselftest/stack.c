// SPDX-License-Identifier: GPL-2.0
/*
 * Thread stacks (SPEC 9, ST).
 *
 * The module asks who touches a page and where it lies, not where the stack
 * pointer is. So most tests run near the top of a stack with room to spare,
 * and touch pages far below.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "proc.h"
#include "vm.h"
#include <winvm.h>

/* The debug kernel in an emulator takes its time. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 240

#define MEGABYTE	  ((SIZE_T)0x100000)
#define COMMIT		  ((SIZE_T)0x10000)
#define RUN		  (3 * PAGE)
#define GUARDED		  (PAGE_READWRITE | PAGE_GUARD)
#define ST_STACK_OVERFLOW STATUS(0xc00000fd)
#define RECORD_OVERFLOW	  0xc00000fdu

typedef void in_stack(struct __test_metadata *_metadata);

struct visit {
	struct __test_metadata *metadata;
	in_stack *body;
};

static void *visit_stack(void *argument)
{
	struct visit *visit = argument;

	visit->body(visit->metadata);
	return NULL;
}

static void run_in_stack(struct __test_metadata *_metadata, in_stack *body)
{
	struct visit visit = { _metadata, body };
	pthread_t thread;

	ASSERT_EQ(0, winvm_pthread_create(&thread, COMMIT, MEGABYTE, visit_stack, &visit));
	ASSERT_EQ(0, winvm_pthread_join(thread, NULL));
}

/* A test that runs in a thread with a stack of 1 MB, 64 KB of it committed. */
#define TEST_IN_STACK(name)                                         \
	static void name##_body(struct __test_metadata *_metadata); \
	TEST(name)                                                  \
	{                                                           \
		run_in_stack(_metadata, name##_body);               \
	}                                                           \
	static void name##_body(struct __test_metadata *_metadata)

static char *limit(void)
{
	return NtCurrentTeb()->Tib.StackLimit;
}

static char *lowest(void)
{
	return NtCurrentTeb()->DeallocationStack;
}

static char *top(void)
{
	return NtCurrentTeb()->Tib.StackBase;
}

/* Reserved, the guard run, committed: nothing else. */
#define EXPECT_STACK(stack_limit, run)                                                        \
	do {                                                                                  \
		char *limit_ = (stack_limit), *guard_ = limit_ - (run);                       \
		EXPECT_EQ((void *)limit_, limit());                                           \
		if (guard_ > lowest())                                                        \
			EXPECT_RESERVED(lowest(), lowest(), (SIZE_T)(guard_ - lowest()));     \
		if (run)                                                                      \
			EXPECT_COMMITTED(guard_, lowest(), run, GUARDED);                     \
		EXPECT_COMMITTED(limit_, lowest(), (SIZE_T)(top() - limit_), PAGE_READWRITE); \
	} while (0)

/* Page by page from StackLimit down to @address: no exception. */
#define EXPECT_GROWS_TO(address)                        \
	do {                                            \
		char *to_ = (address);                  \
		for (char *at_ = limit(); at_ > to_;) { \
			at_ -= PAGE;                    \
			EXPECT_WRITES(at_, 0x5a);       \
		}                                       \
	} while (0)

TEST_IN_STACK(ST_1_one_allocation_and_what_the_teb_says)
{
	MEMORY_BASIC_INFORMATION region = region_at(limit());
	ULONG_PTR low, high;

	EXPECT_EQ((void *)lowest(), region.AllocationBase);
	EXPECT_EQ((DWORD)PAGE_READWRITE, region.AllocationProtect);
	EXPECT_EQ((DWORD)MEM_PRIVATE, region.Type);
	EXPECT_EQ(MEGABYTE, (SIZE_T)(top() - lowest()));
	EXPECT_LT((void *)limit(), (void *)&region);
	EXPECT_GT((void *)top(), (void *)&region);
	EXPECT_EQ((void *)NtCurrentTeb(), NtCurrentTeb()->Tib.Self);
	GetCurrentThreadStackLimits(&low, &high);
	EXPECT_EQ((ULONG_PTR)lowest(), low);
	EXPECT_EQ((ULONG_PTR)top(), high);
}

TEST_IN_STACK(ST_2_reserved_guard_run_committed)
{
	EXPECT_EQ(COMMIT, (SIZE_T)(top() - limit()));
	EXPECT_STACK(limit(), RUN);
}

TEST_IN_STACK(ST_3_touching_the_guard_run_is_silent)
{
	char *before = limit();

	EXPECT_WRITES(before - 1, 0x42);
	EXPECT_STACK(before - PAGE, RUN);
	EXPECT_READS(0x42, before - 1);
	/* A read does, and a page further down in the run, too. */
	EXPECT_READS(0, before - 3 * PAGE);
	EXPECT_STACK(before - 3 * PAGE, RUN);
}

TEST_IN_STACK(ST_4_growth_page_by_page)
{
	char *before = limit();

	for (SIZE_T pages = 1; pages <= 8; pages++) {
		EXPECT_WRITES(before - pages * PAGE, 1);
		EXPECT_STACK(before - pages * PAGE, RUN);
	}
}

TEST_IN_STACK(ST_5_guard_in_the_committed_part_raises_the_limit)
{
	char *before = limit(), *guard;

	EXPECT_GROWS_TO(before - 8 * PAGE);
	guard = limit() + 2 * PAGE;
	EXPECT_TRUE(commit_at(guard, PAGE, GUARDED));
	EXPECT_EQ(guard + PAGE, limit());
	EXPECT_COMMITTED(guard - 2 * PAGE, lowest(), 2 * PAGE, PAGE_READWRITE);
	EXPECT_COMMITTED(guard, lowest(), PAGE, GUARDED);
	guard += 3 * PAGE;
	EXPECT_TRUE(protect(guard, PAGE, GUARDED));
	EXPECT_EQ(guard + PAGE, limit());
	/* Below it changes nothing. */
	EXPECT_TRUE(protect(guard - 2 * PAGE, PAGE, GUARDED));
	EXPECT_EQ(guard + PAGE, limit());
}

TEST_IN_STACK(ST_6_growing_back_over_a_guard)
{
	char *before = limit(), *guard;

	EXPECT_GROWS_TO(before - 8 * PAGE);
	EXPECT_WRITES(limit(), 0x77);
	guard = limit() + 5 * PAGE;
	EXPECT_TRUE(protect(guard, PAGE, GUARDED));
	EXPECT_WRITES(guard, 1);
	EXPECT_EQ(guard, limit());
	EXPECT_COMMITTED(guard - RUN, lowest(), RUN, GUARDED);
	EXPECT_COMMITTED(guard, lowest(), (SIZE_T)(top() - guard), PAGE_READWRITE);
	/* Then down to where it was and further; what the pages held is there. */
	EXPECT_GROWS_TO(before - 8 * PAGE);
	EXPECT_READS(0x5a, before - 8 * PAGE);
	EXPECT_GROWS_TO(before - 9 * PAGE);
	EXPECT_STACK(before - 9 * PAGE, RUN);
}

TEST_IN_STACK(ST_7_taking_a_guard_away_leaves_the_limit)
{
	char *before = limit(), *guard;

	EXPECT_GROWS_TO(before - 8 * PAGE);
	guard = limit() + 4 * PAGE;
	EXPECT_TRUE(protect(guard, PAGE, GUARDED));
	EXPECT_TRUE(protect(guard, PAGE, PAGE_READWRITE));
	EXPECT_EQ(guard + PAGE, limit());
	EXPECT_WRITES(guard, 1);
	EXPECT_WRITES(guard - PAGE, 1);
	EXPECT_EQ(guard + PAGE, limit());
}

TEST_IN_STACK(ST_8_limit_follows_the_page_touched)
{
	char *before = limit();

	/* Below the guard run: the touch raises it. */
	NtCurrentTeb()->Tib.StackLimit = before - 8 * PAGE;
	EXPECT_WRITES(before - PAGE, 1);
	EXPECT_STACK(before - PAGE, RUN);
	/* Nonsense: the same. */
	NtCurrentTeb()->Tib.StackLimit = NULL;
	EXPECT_WRITES(before - 2 * PAGE, 1);
	EXPECT_STACK(before - 2 * PAGE, RUN);
	NtCurrentTeb()->Tib.StackLimit = (void *)-1;
	EXPECT_WRITES(before - 3 * PAGE, 1);
	EXPECT_STACK(before - 3 * PAGE, RUN);
}

/* Makes the memory at @base the stack of the calling thread, as far as the module can see. */
static void pretend_stack(char *base, SIZE_T bytes, char *stack_limit)
{
	TEB *teb = NtCurrentTeb();

	teb->DeallocationStack = base;
	teb->Tib.StackBase = base + bytes;
	teb->Tib.StackLimit = stack_limit;
}

static char *hand_made_stack(SIZE_T bytes)
{
	char *base = reserve(bytes);

	commit_at(base + bytes - PAGE, PAGE, GUARDED);
	pretend_stack(base, bytes, base + bytes - PAGE);
	return base;
}

TEST(ST_9_stack_made_by_hand)
{
	char *base = hand_made_stack(4 * MEGABYTE), *at = base + 4 * MEGABYTE;

	ASSERT_NE(NULL, base);
	while (at > base + RUN + PAGE) {
		at -= PAGE;
		ASSERT_FALSE(probe_write((uintptr_t)at, 1).faulted);
		ASSERT_EQ(at, limit());
	}
	EXPECT_RESERVED(base, base, PAGE);
	EXPECT_COMMITTED(base + PAGE, base, RUN, GUARDED);
	EXPECT_EXCEPTION(RECORD_OVERFLOW, 1, at - PAGE, probe_write((uintptr_t)at - PAGE, 1));
	EXPECT_COMMITTED(base + PAGE, base, 4 * MEGABYTE - PAGE, PAGE_READWRITE);
}

TEST_IN_STACK(ST_10_overflow)
{
	char *last = lowest() + RUN, *bottom = lowest() + PAGE;

	EXPECT_GROWS_TO(last + PAGE);
	EXPECT_STACK(last + PAGE, RUN);
	EXPECT_EXCEPTION(RECORD_OVERFLOW, 1, last + 0x123, probe_write((uintptr_t)last + 0x123, 1));
	/* The rest is the handler's, without guard. The lowest page is nobody's. */
	EXPECT_STACK(bottom, 0);
	EXPECT_WRITES(last, 1);
	EXPECT_WRITES(bottom, 1);
	EXPECT_VIOLATION_WRITE(bottom - 1);
	EXPECT_EQ(1, _resetstkoflw());
	EXPECT_STACK(bottom + RUN, RUN);
	EXPECT_EQ(1, _resetstkoflw());
	EXPECT_EXCEPTION(RECORD_OVERFLOW, 0, last, probe_read((uintptr_t)last));
	EXPECT_STACK(bottom, 0);
}

/* The guards that were skipped are gone, too. */
TEST_IN_STACK(ST_10_overflow_in_the_lowest_guard)
{
	char *bottom = lowest() + PAGE;

	EXPECT_GROWS_TO(bottom + RUN);
	EXPECT_EXCEPTION(RECORD_OVERFLOW, 1, bottom, probe_write((uintptr_t)bottom, 1));
	EXPECT_STACK(bottom, 0);
}

TEST_IN_STACK(ST_11_guarantee)
{
	ULONG bytes = 0x8000;
	char *before = limit();
	SIZE_T run = 9 * PAGE;

	EXPECT_WORKS(SetThreadStackGuarantee(&bytes));
	EXPECT_EQ(0u, bytes);
	EXPECT_STACK(before, run);
	EXPECT_GROWS_TO(before - 2 * PAGE);
	EXPECT_STACK(before - 2 * PAGE, run);
	EXPECT_GROWS_TO(lowest() + PAGE + run);
	EXPECT_EXCEPTION(RECORD_OVERFLOW, 1, lowest() + run,
			 probe_write((uintptr_t)lowest() + run, 1));
	EXPECT_STACK(lowest() + PAGE, 0);
	EXPECT_EQ(1, _resetstkoflw());
	EXPECT_STACK(lowest() + PAGE + run, run);
}

TEST_IN_STACK(ST_11_guarantee_is_asked_rounded_and_never_lowered)
{
	ULONG bytes = 0;

	EXPECT_WORKS(SetThreadStackGuarantee(&bytes));
	EXPECT_EQ(0u, bytes);
	bytes = 0x3001;
	EXPECT_WORKS(SetThreadStackGuarantee(&bytes));
	EXPECT_EQ(0u, bytes);
	bytes = 0x1000;
	EXPECT_WORKS(SetThreadStackGuarantee(&bytes));
	EXPECT_EQ(0x4000u, bytes);
	bytes = 0;
	EXPECT_WORKS(SetThreadStackGuarantee(&bytes));
	EXPECT_EQ(0x4000u, bytes);
	for (int i = 0; i < 3; i++) {
		const ULONG too_much[] = { 0x100000, 0xf0000, 0xffffffff };

		bytes = too_much[i];
		EXPECT_FAILS(87, SetThreadStackGuarantee(&bytes));
		EXPECT_EQ(too_much[i], bytes);
	}
	EXPECT_STACK(limit(), 5 * PAGE);
}

TEST(ST_11_no_guarantee_on_a_stack_of_linux)
{
	ULONG bytes = 0x4000;

	EXPECT_FAILS(87, SetThreadStackGuarantee(&bytes));
	bytes = 0;
	EXPECT_WORKS(SetThreadStackGuarantee(&bytes));
	EXPECT_EQ(0u, bytes);
	EXPECT_EQ(0, _resetstkoflw());
}

TEST_IN_STACK(ST_12_touch_below_the_guards)
{
	char *before = limit();

	EXPECT_VIOLATION_WRITE(before - RUN - 1);
	EXPECT_VIOLATION_READ(lowest());
	EXPECT_STACK(before, RUN);
}

struct sizes {
	SIZE_T commit;
	SIZE_T reserve;
	SIZE_T commit_align;
	SIZE_T reserve_align;
	SIZE_T committed;
	SIZE_T reserved;
};

TEST(ST_13_sizes)
{
	static const struct sizes cases[] = {
		{ 0, 0, 1, 1, 0x1000, 0x100000 },
		{ 0x2000, 0, 1, 1, 0x2000, 0x100000 },
		{ 0, 0x200000, 1, 1, 0x1000, 0x200000 },
		{ 0x4000, 0x200000, 1, 1, 0x4000, 0x200000 },
		{ 0x20000, 0x20000, 1, 1, 0x20000, 0x100000 },
		{ 0x20000, 0x20000, 1, 0x400000, 0x20000, 0x400000 },
		{ 0x100000, 0x100000, 1, 1, 0x100000, 0x100000 },
		{ 0x101000, 0x100000, 1, 1, 0x101000, 0x200000 },
		{ 0x11000, 0x110000, 1, 0x10000, 0x11000, 0x110000 },
		{ 0x11001, 0x110001, 0x1000, 0x10000, 0x12000, 0x120000 },
		{ 0x11000, 0x110000, 0x10000, 1, 0x20000, 0x110000 },
		{ 1, 0x10001, 1, 1, 0x1000, 0x11000 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct sizes *c = &cases[i];
		INITIAL_TEB stack = { 0 };

		EXPECT_STATUS(0, RtlCreateUserStack(c->commit, c->reserve, 0, c->commit_align,
						    c->reserve_align, &stack));
		EXPECT_EQ(c->committed,
			  (SIZE_T)((char *)stack.StackBase - (char *)stack.StackLimit));
		EXPECT_EQ(c->reserved,
			  (SIZE_T)((char *)stack.StackBase - (char *)stack.DeallocationStack));
		EXPECT_COMMITTED(stack.StackLimit, stack.DeallocationStack, c->committed,
				 PAGE_READWRITE);
		RtlFreeUserStack(stack.DeallocationStack);
		EXPECT_EQ((DWORD)MEM_FREE, region_at(stack.StackLimit).State);
	}
	EXPECT_EQ(0u, counters().commit_bytes);
}

TEST(ST_13_alignments_that_cannot_be)
{
	INITIAL_TEB stack = { 0 };

	EXPECT_STATUS(ST_INVALID_PARAMETER, RtlCreateUserStack(0x11000, 0x110000, 0, 0, 1, &stack));
	EXPECT_STATUS(ST_INVALID_PARAMETER, RtlCreateUserStack(0x11000, 0x110000, 0, 1, 0, &stack));
	EXPECT_STATUS(ST_INVALID_PARAMETER, RtlCreateUserStack(0x11000, 0x110000, 0, 1, 3, &stack));
	EXPECT_STATUS(ST_INVALID_PARAMETER,
		      RtlCreateUserStack(~(SIZE_T)0, 0x110000, 0, 1, 1, &stack));
	EXPECT_STATUS(ST_INVALID_PARAMETER,
		      RtlCreateUserStack(0x11000, ~(SIZE_T)0, 0, 1, 0x10000, &stack));
	EXPECT_EQ(NULL, stack.StackBase);
	EXPECT_EQ(0u, counters().vads);
}

TEST(ST_13_no_room_for_a_guard_run)
{
	INITIAL_TEB stack;
	char *base;

	ASSERT_EQ(0, RtlCreateUserStack(0xfd000, 0x100000, 0, 1, 1, &stack));
	base = stack.DeallocationStack;
	EXPECT_RESERVED(base, base, PAGE);
	EXPECT_COMMITTED(base + PAGE, base, 2 * PAGE, GUARDED);
	RtlFreeUserStack(base);
	ASSERT_EQ(0, RtlCreateUserStack(0xff000, 0x100000, 0, 1, 1, &stack));
	base = stack.DeallocationStack;
	EXPECT_RESERVED(base, base, PAGE);
	EXPECT_COMMITTED(base + PAGE, base, 0xff000, PAGE_READWRITE);
	RtlFreeUserStack(base);
}

/* Commits all that there is, but for @pages. */
static char *exhaust_commit(SIZE_T pages)
{
	struct winvm_counters now = counters();
	SIZE_T rest = now.system_commit_limit_bytes - now.system_commit_bytes - pages * PAGE;
	char *base = reserve(rest);

	return commit_at(base, rest, PAGE_READWRITE) ? base : NULL;
}

TEST_IN_STACK(EX_5_no_commit_for_the_next_guard)
{
	char *before = limit(), *hog = exhaust_commit(2);

	EXPECT_NE(NULL, hog);
	EXPECT_GROWS_TO(before - 2 * PAGE);
	EXPECT_EXCEPTION(RECORD_OVERFLOW, 1, before - 3 * PAGE,
			 probe_write((uintptr_t)before - 3 * PAGE, 1));
	/* What was committed as a guard is the handler's. */
	EXPECT_STACK(before - 5 * PAGE, 0);
	EXPECT_VIOLATION_WRITE(before - 5 * PAGE - 1);
	EXPECT_TRUE(release(hog));
	/* With memory it goes on. */
	EXPECT_EQ(1, _resetstkoflw());
	EXPECT_STACK(before - 2 * PAGE, RUN);
	EXPECT_GROWS_TO(before - 9 * PAGE);
	EXPECT_STACK(before - 9 * PAGE, RUN);
}

/* A pipe with @bytes bytes in it. */
static int full_pipe(SIZE_T bytes)
{
	static char data[0x10000];
	int ends[2];

	memset(data, 0x33, sizeof(data));
	if (pipe(ends) || write(ends[1], data, bytes) != (ssize_t)bytes)
		return -1;
	close(ends[1]);
	return ends[0];
}

TEST_IN_STACK(GP_5_system_call_grows_the_stack)
{
	char *before = limit();
	int in = full_pipe(0x4000);

	EXPECT_EQ(16, read(in, before - 16, 16));
	EXPECT_STACK(before - PAGE, RUN);
	EXPECT_READS(0x33, before - 1);
	/* All pages of a run in one call, and a bit of the committed part. */
	before = limit();
	EXPECT_EQ((ssize_t)(RUN + 16), read(in, before - RUN, RUN + 16));
	EXPECT_STACK(before - RUN, RUN);
	EXPECT_READS(0x33, before + 15);
	close(in);
}

TEST_IN_STACK(ST_12_system_call_below_the_guards)
{
	char *before = limit();
	int in = full_pipe(0x4000);

	EXPECT_EQ(-1, read(in, before - RUN - PAGE, 16));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_STACK(before, RUN);
	close(in);
}

/* At the bottom a system call uses the guards up; there is no exception to raise in it. */
TEST_IN_STACK(ST_10_system_call_in_the_last_run)
{
	char *last = lowest() + RUN;
	int in = full_pipe(0x4000);

	EXPECT_GROWS_TO(last + PAGE);
	EXPECT_EQ(16, read(in, last, 16));
	EXPECT_STACK(last, RUN - PAGE);
	EXPECT_EXCEPTION(RECORD_OVERFLOW, 1, last - PAGE, probe_write((uintptr_t)last - PAGE, 1));
	EXPECT_STACK(lowest() + PAGE, 0);
	EXPECT_EQ(-1, read(in, lowest(), 16));
	EXPECT_EQ(EFAULT, errno);
	close(in);
}

static volatile sig_atomic_t signals_seen;

static void count_signal(int number)
{
	(void)number;
	signals_seen++;
}

__attribute__((noinline)) static void raise_below(char *address)
{
	volatile char room[(char *)__builtin_frame_address(0) - address];

	room[0] = 1;
	(void)room[0];
	syscall(SYS_tgkill, getpid(), gettid(), SIGUSR1);
}

/* The kernel writes the frame of a signal into the guard run. */
TEST_IN_STACK(ST_3_signal_frame_grows_the_stack)
{
	struct sigaction action = { .sa_handler = count_signal };
	char *before = limit();

	EXPECT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	raise_below(before + 64);
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

/* Another thread's touch is an ordinary one (SPEC GP-1). */
static void *touch_other(void *address)
{
	return (void *)(uintptr_t)probe_read((uintptr_t)address).code;
}

TEST_IN_STACK(GP_1_touch_of_another_threads_stack)
{
	char *before = limit();
	pthread_t thread;
	void *code;

	EXPECT_EQ(0, pthread_create(&thread, NULL, touch_other, before - PAGE));
	EXPECT_EQ(0, pthread_join(thread, &code));
	EXPECT_EQ(0x80000001u, (uint32_t)(uintptr_t)code);
	EXPECT_EQ(before, limit());
	EXPECT_EQ(0, winvm_pthread_create(&thread, 0, 0, touch_other, before - 2 * PAGE));
	EXPECT_EQ(0, winvm_pthread_join(thread, &code));
	EXPECT_EQ(0x80000001u, (uint32_t)(uintptr_t)code);
	EXPECT_EQ(before, limit());
}

/* Guard pages elsewhere are ordinary for a thread with a stack, too. */
TEST_IN_STACK(GP_1_guard_outside_the_stack)
{
	char *base = commit(PAGE);

	EXPECT_TRUE(protect(base, PAGE, GUARDED));
	EXPECT_GUARD_WRITE(base);
	EXPECT_STACK(limit(), RUN);
}

static int device_now(void)
{
	return open(WINVM_DEVICE, O_RDWR | O_CLOEXEC);
}

static uint32_t tell_words(uint64_t base, uint64_t stack_limit, uint64_t deallocation,
			   uint64_t guarantee)
{
	struct winvm_thread request = {
		.size = sizeof(request),
		.status = MARK,
		.stack_base_at = base,
		.stack_limit_at = stack_limit,
		.deallocation_stack_at = deallocation,
		.guarantee_at = guarantee,
	};
	int device = device_now(), failed = ioctl(device, WINVM_IOC_THREAD, &request);

	close(device);
	return failed ? MARK : request.status;
}

static struct {
	uint64_t base;
	uint64_t limit;
	uint64_t deallocation;
	uint32_t guarantee;
} words;

static uint32_t tell_good_words(void)
{
	return tell_words((uintptr_t)&words.base, (uintptr_t)&words.limit,
			  (uintptr_t)&words.deallocation, (uintptr_t)&words.guarantee);
}

/* A stack of 16 pages that @words describe; the upper half committed. */
static char *worded_stack(void)
{
	char *base = reserve(16 * PAGE);

	commit_at(base + 8 * PAGE, 8 * PAGE, PAGE_READWRITE);
	commit_at(base + 5 * PAGE, RUN, GUARDED);
	words.base = (uintptr_t)base + 16 * PAGE;
	words.limit = (uintptr_t)base + 8 * PAGE;
	words.deallocation = (uintptr_t)base;
	words.guarantee = 0;
	return base;
}

TEST(threads_that_told_nothing_or_took_it_back)
{
	char *base = worded_stack();

	ASSERT_NE(NULL, base);
	EXPECT_GUARD_WRITE(base + 7 * PAGE);
	EXPECT_EQ(0u, tell_words(0, 0, 0, 0));
	EXPECT_EQ(0u, tell_good_words());
	EXPECT_WRITES(base + 6 * PAGE, 1);
	EXPECT_EQ((uintptr_t)base + 6 * PAGE, words.limit);
	EXPECT_EQ(0u, tell_words(0, 0, 0, 0));
	EXPECT_GUARD_WRITE(base + 5 * PAGE);
	EXPECT_EQ((uintptr_t)base + 6 * PAGE, words.limit);
}

TEST(words_that_are_not_all_there)
{
	for (int missing = 0; missing < 4; missing++) {
		uint64_t at[4] = { (uintptr_t)&words.base, (uintptr_t)&words.limit,
				   (uintptr_t)&words.deallocation, (uintptr_t)&words.guarantee };

		at[missing] = 0;
		EXPECT_STATUS(ST_INVALID_PARAMETER, tell_words(at[0], at[1], at[2], at[3]));
	}
}

TEST(words_nowhere)
{
	uint64_t good = (uintptr_t)&words.base;
	const uint64_t bad[] = { 1,
				 0x10000,
				 0x7fffffffeff9,
				 0x800000000000,
				 0xffff888000000000,
				 0xffffffff81000000,
				 UINT64_MAX,
				 UINT64_MAX - 3 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char *base = worded_stack();

		EXPECT_EQ(0u, tell_words(bad[i], bad[i], bad[i], bad[i]));
		EXPECT_GUARD_WRITE(base + 7 * PAGE);
		EXPECT_EQ(0u, tell_words(good, (uintptr_t)&words.limit,
					 (uintptr_t)&words.deallocation, bad[i]));
		EXPECT_GUARD_WRITE(base + 6 * PAGE);
		EXPECT_TRUE(release(base));
	}
}

/* Words whose page is not mapped right now, for the thread and for a system call. */
TEST(words_that_must_come_from_elsewhere)
{
	int file = memfd_create("words", MFD_CLOEXEC), in = full_pipe(16);
	char *base = worded_stack();
	char *page;

	ASSERT_EQ(0, ftruncate(file, (off_t)PAGE));
	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	ASSERT_NE(MAP_FAILED, page);
	memcpy(page, &words, sizeof(words));
	EXPECT_EQ(0u, tell_words((uintptr_t)page, (uintptr_t)page + 8, (uintptr_t)page + 16,
				 (uintptr_t)page + 24));
	ASSERT_EQ(0, madvise(page, PAGE, MADV_DONTNEED));
	EXPECT_WRITES(base + 7 * PAGE, 1);
	EXPECT_EQ((uintptr_t)base + 7 * PAGE, *(uint64_t *)(page + 8));
	ASSERT_EQ(0, madvise(page, PAGE, MADV_DONTNEED));
	EXPECT_EQ(1, read(in, base + 6 * PAGE, 1));
	EXPECT_EQ((uintptr_t)base + 6 * PAGE, *(uint64_t *)(page + 8));
	EXPECT_COMMITTED(base + 3 * PAGE, base, RUN, GUARDED);
}

/* The place for StackLimit cannot be written: the stack grows all the same. */
TEST(limit_that_cannot_be_written)
{
	uint64_t *page =
		mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *base = worded_stack();

	*page = words.limit;
	ASSERT_EQ(0, mprotect(page, PAGE, PROT_READ));
	EXPECT_EQ(0u, tell_words((uintptr_t)&words.base, (uintptr_t)page,
				 (uintptr_t)&words.deallocation, (uintptr_t)&words.guarantee));
	EXPECT_WRITES(base + 7 * PAGE, 1);
	EXPECT_COMMITTED(base + 4 * PAGE, base, RUN, GUARDED);
}

/* Words in the very guard pages that they are about. */
TEST(words_in_the_stack_itself)
{
	char *base = worded_stack();
	uint64_t *at = (uint64_t *)(base + 8 * PAGE - 64);

	ASSERT_TRUE(protect(base + 5 * PAGE, RUN, PAGE_READWRITE));
	memcpy(at, &words, sizeof(words));
	memcpy((char *)at - PAGE, &words, sizeof(words));
	ASSERT_TRUE(protect(base + 5 * PAGE, RUN, GUARDED));
	EXPECT_EQ(0u, tell_words((uintptr_t)at, (uintptr_t)at + 8 - PAGE, (uintptr_t)at + 16,
				 (uintptr_t)at + 24 - PAGE));
	EXPECT_GT(2, probe_write((uintptr_t)base + 7 * PAGE, 1).faulted);
	EXPECT_WRITES(base + 7 * PAGE, 1);
	EXPECT_EQ(0u, tell_words(0, 0, 0, 0));
}

/* The stack is not one allocation, or not ours, or not what the words say. */
TEST(words_that_lie)
{
	char *base = worded_stack();

	EXPECT_EQ(0u, tell_good_words());
	/* More than the allocation. */
	words.deallocation = 0;
	words.base = UINT64_MAX;
	words.limit = UINT64_MAX;
	EXPECT_WRITES(base + 7 * PAGE, 1);
	EXPECT_COMMITTED(base + 4 * PAGE, base, RUN, GUARDED);
	EXPECT_COMMITTED(base + 7 * PAGE, base, 9 * PAGE, PAGE_READWRITE);
	/* A guarantee of 4 GB: the first touch is an overflow. */
	words.guarantee = UINT32_MAX;
	EXPECT_EXCEPTION(RECORD_OVERFLOW, 1, base + 6 * PAGE,
			 probe_write((uintptr_t)base + 6 * PAGE, 1));
	EXPECT_COMMITTED(base + PAGE, base, 15 * PAGE, PAGE_READWRITE);
	/* Upside down. */
	ASSERT_TRUE(protect(base + 4 * PAGE, PAGE, GUARDED));
	words.deallocation = (uintptr_t)base + 16 * PAGE;
	words.base = (uintptr_t)base;
	EXPECT_GUARD_WRITE(base + 4 * PAGE);
}

/* Linux has put something over the pages below. */
TEST(mapping_over_the_stack)
{
	char *base = worded_stack();

	EXPECT_EQ(0u, tell_good_words());
	ASSERT_EQ(base,
		  mmap(base, 5 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	EXPECT_EXCEPTION(RECORD_OVERFLOW, 1, base + 7 * PAGE,
			 probe_write((uintptr_t)base + 7 * PAGE, 1));
	EXPECT_READS(0, base);
	EXPECT_VIOLATION_WRITE(base);
}

TEST(fork_begins_without_a_stack)
{
	int status;
	pid_t pid;

	ASSERT_NE(NULL, worded_stack());
	ASSERT_EQ(0u, tell_good_words());
	ASSERT_NE(NULL, NtCurrentTeb());
	pid = fork();
	if (!pid) {
		char *base = worded_stack();
		bool ordinary = probe_write((uintptr_t)base + 7 * PAGE, 1).code == 0x80000001u;

		/* Asked again the child's TEB is known. */
		base = hand_made_stack(MEGABYTE);
		base += MEGABYTE - PAGE;
		_exit(ordinary && !probe_write((uintptr_t)base, 1).faulted && limit() == base ? 0 :
												1);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

/* Of another process's thread nobody can tell. */
TEST(no_call_through_a_handle)
{
	struct winvm_thread request = { .size = sizeof(request) };
	struct winvm_open_process open_process = {
		.size = sizeof(open_process),
		.proc_fd = open("/proc/self/mem", O_RDWR),
		.access = WINVM_PROCESS_VM_OPERATION,
	};
	int handle = ioctl(device_now(), WINVM_IOC_OPEN_PROCESS, &open_process);

	ASSERT_LE(0, handle);
	EXPECT_EQ(-1, ioctl(handle, WINVM_IOC_THREAD, &request));
	EXPECT_EQ(ENOTTY, errno);
}

static void *exit_thread(void *value)
{
	pthread_exit(value);
}

static void *wait_thread(void *unused)
{
	for (;;)
		pause();
	return unused;
}

static void *return_thread(void *value)
{
	return value;
}

TEST(threads_that_return_exit_or_are_cancelled)
{
	pthread_t thread;
	void *value;

	ASSERT_EQ(0, winvm_pthread_create(&thread, 0, 0, return_thread, &value));
	ASSERT_EQ(0, winvm_pthread_join(thread, &value));
	EXPECT_EQ(&value, value);
	ASSERT_EQ(0, winvm_pthread_create(&thread, 0, 0, exit_thread, &thread));
	ASSERT_EQ(0, winvm_pthread_join(thread, &value));
	EXPECT_EQ(&thread, value);
	ASSERT_EQ(0, winvm_pthread_create(&thread, 0, 0, wait_thread, NULL));
	ASSERT_EQ(0, pthread_cancel(thread));
	ASSERT_EQ(0, winvm_pthread_join(thread, &value));
	EXPECT_EQ(PTHREAD_CANCELED, value);
	ASSERT_EQ(0, pthread_create(&thread, NULL, return_thread, &value));
	ASSERT_EQ(0, winvm_pthread_join(thread, &value));
	EXPECT_EQ(&value, value);
	EXPECT_EQ(0u, counters().vads);
	EXPECT_EQ(EINVAL, winvm_pthread_create(&thread, 0, (SIZE_T)1 << 47, return_thread, NULL));
	EXPECT_EQ(EINVAL, winvm_pthread_create(&thread, ~(SIZE_T)0, 0, return_thread, NULL));
}

static void *tell_and_end(void *tid)
{
	tell_good_words();
	*(pid_t *)tid = gettid();
	return NULL;
}

static void *touch_as(void *address)
{
	static pid_t tid;

	tid = gettid();
	*(uint32_t *)address = probe_write(words.limit - PAGE, 1).code;
	return &tid;
}

/* A thread with the number of one that has ended does not inherit its stack. */
TEST(number_of_a_thread_that_has_ended)
{
	pid_t wanted;
	pthread_t thread;
	char number[16];

	ASSERT_NE(NULL, worded_stack());
	ASSERT_EQ(0, pthread_create(&thread, NULL, tell_and_end, &wanted));
	pthread_join(thread, NULL);
	snprintf(number, sizeof(number), "%d", wanted - 1);
	for (int tries = 0; tries < 100; tries++) {
		uint32_t code = 0;
		void *tid;

		if (!proc_write("/proc/sys/kernel/ns_last_pid", number))
			SKIP(return, "this kernel does not let thread numbers be chosen");
		ASSERT_EQ(0, pthread_create(&thread, NULL, touch_as, &code));
		pthread_join(thread, &tid);
		EXPECT_EQ(0x80000001u, code);
		ASSERT_TRUE(protect((void *)(words.limit - PAGE), PAGE, GUARDED));
		if (*(pid_t *)tid == wanted)
			return;
	}
	SKIP(return, "no thread got the number %s again", number);
}

/* Both say that it is theirs: it grows for either. */
struct claim {
	char *base;
	pthread_barrier_t *barrier;
	unsigned int faults;
};

static void *claim_stack(void *argument)
{
	struct claim *claim = argument;

	pretend_stack(claim->base, MEGABYTE, claim->base + MEGABYTE - PAGE);
	pthread_barrier_wait(claim->barrier);
	for (char *at = claim->base + MEGABYTE; at > claim->base + PAGE + RUN;) {
		at -= PAGE;
		claim->faults += probe_write((uintptr_t)at, 1).faulted;
	}
	return NULL;
}

TEST(two_threads_that_claim_one_stack)
{
	char *base = hand_made_stack(MEGABYTE);
	pthread_barrier_t barrier;
	struct claim claims[2] = { { base, &barrier, 0 }, { base, &barrier, 0 } };
	pthread_t threads[2];

	ASSERT_NE(NULL, base);
	pthread_barrier_init(&barrier, NULL, 2);
	for (int i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, claim_stack, &claims[i]));
	for (int i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_join(threads[i], NULL));
	EXPECT_EQ(0u, claims[0].faults + claims[1].faults);
}

/* One thread's stack is released and made anew by another while it grows. */
static struct {
	char *base;
	volatile bool stop;
} contested;

static void *grow_contested(void *unused)
{
	(void)unused;
	while (!contested.stop) {
		char *base = contested.base;

		pretend_stack(base, MEGABYTE, base + MEGABYTE - PAGE);
		for (char *at = base + MEGABYTE; at > base;) {
			at -= PAGE;
			if (probe_write((uintptr_t)at, 1).faulted)
				break;
		}
	}
	return NULL;
}

TEST(stack_released_while_it_grows)
{
	unsigned long rounds = proc_rounds("STACK_ROUNDS", 2000);
	pthread_t thread;

	contested.base = reserve(MEGABYTE);
	ASSERT_NE(NULL, contested.base);
	ASSERT_TRUE(commit_at(contested.base + MEGABYTE - PAGE, PAGE, GUARDED));
	ASSERT_EQ(0, pthread_create(&thread, NULL, grow_contested, NULL));
	while (rounds--) {
		char *base = contested.base;

		ASSERT_TRUE(release(base));
		ASSERT_EQ(base, VirtualAlloc(base, MEGABYTE, MEM_RESERVE, PAGE_READWRITE));
		ASSERT_TRUE(commit_at(base + MEGABYTE - PAGE, PAGE, GUARDED));
	}
	contested.stop = true;
	pthread_join(thread, NULL);
	ASSERT_TRUE(release(contested.base));
	EXPECT_EQ(0u, counters().commit_bytes);
}

struct many {
	pthread_barrier_t barrier;
	unsigned int failed;
};

static void *grow_with_many(void *argument)
{
	struct many *many = argument;
	char *to = limit() - 4 * PAGE;
	unsigned int faults = 0;

	while (limit() > to)
		faults += probe_write((uintptr_t)limit() - 1, 1).faulted;
	__atomic_fetch_add(&many->failed, faults, __ATOMIC_RELAXED);
	pthread_barrier_wait(&many->barrier);
	pthread_barrier_wait(&many->barrier);
	return NULL;
}

#define MANY 1000

/* What malloc needs for a thousand threads is not what is asked. */
static long vmas_without_heap(void)
{
	FILE *file = fopen("/proc/self/maps", "re");
	char line[512];
	long count = 0;

	while (file && fgets(line, sizeof(line), file))
		count += !strstr(line, "[heap]");
	return file && !fclose(file) ? count : -1;
}

/* All in one VMA, and nothing is left of them. */
TEST(a_thousand_stacks_and_not_one_vma)
{
	static pthread_t threads[MANY];
	static struct many many;
	struct winvm_counters before;
	pthread_t first;
	long vmas;
	int i;

	/* The arena, and what glibc maps with the first thread. */
	ASSERT_EQ(0, pthread_barrier_init(&many.barrier, NULL, 1));
	ASSERT_EQ(0, winvm_pthread_create(&first, 0, 0, grow_with_many, &many));
	ASSERT_EQ(0, winvm_pthread_join(first, NULL));
	ASSERT_EQ(0, pthread_barrier_init(&many.barrier, NULL, MANY + 1));
	before = counters();
	vmas = vmas_without_heap();
	for (i = 0; i < MANY; i++)
		ASSERT_EQ(0, winvm_pthread_create(&threads[i], 0, 0, grow_with_many, &many));
	pthread_barrier_wait(&many.barrier);
	EXPECT_EQ(0u, many.failed);
	EXPECT_EQ(vmas, vmas_without_heap());
	EXPECT_EQ((uint64_t)MANY, counters().vads - before.vads);
	pthread_barrier_wait(&many.barrier);
	for (i = 0; i < MANY; i++)
		ASSERT_EQ(0, winvm_pthread_join(threads[i], NULL));
	EXPECT_EQ(vmas, vmas_without_heap());
	EXPECT_EQ(before.vads, counters().vads);
	EXPECT_EQ(before.commit_bytes, counters().commit_bytes);
}

/* Told to an object that goes with its last descriptor: nothing is left of it. */
TEST(words_told_and_descriptor_closed)
{
	for (int i = 0; i < 100; i++)
		ASSERT_EQ(0u, tell_good_words());
	EXPECT_EQ(0u, counters().bookkeeping_bytes);
}

/* Threads that end do not say so: their entries go when many have come after them. */
TEST(entries_of_dead_threads_go)
{
	uint64_t once = 0;
	pthread_t thread;
	pid_t tid;

	/* Keeps what the process has told. */
	ASSERT_LE(0, device_now());
	for (int i = 0; i < 1000; i++) {
		ASSERT_EQ(0, pthread_create(&thread, NULL, tell_and_end, &tid));
		pthread_join(thread, NULL);
		if (i == 99)
			once = counters().bookkeeping_bytes;
	}
	EXPECT_LT(0u, once);
	EXPECT_LE(counters().bookkeeping_bytes, 2 * once);
	EXPECT_GT(1u << 17, counters().bookkeeping_bytes);
}

VM_TEST_MAIN
