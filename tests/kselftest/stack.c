// SPDX-License-Identifier: GPL-2.0
/* Thread stacks (SPEC 9, ST). */
#include <errno.h>

#include "stack.h"

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

VM_TEST_MAIN
