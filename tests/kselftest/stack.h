/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of stacks share.
 *
 * The module asks who touches a page and where it lies, not where the stack
 * pointer is. So most tests run near the top of a stack with room to spare,
 * and touch pages far below.
 */
#ifndef KSELFTEST_STACK_H
#define KSELFTEST_STACK_H

#include <pthread.h>

#include "vm.h"
#include <winvm.h>

#define MEGABYTE	((SIZE_T)0x100000)
#define COMMIT		((SIZE_T)0x10000)
#define RUN		(3 * PAGE)
#define GUARDED		(PAGE_READWRITE | PAGE_GUARD)
#define RECORD_OVERFLOW 0xc00000fdu

typedef void in_stack(struct __test_metadata *_metadata);

struct visit {
	struct __test_metadata *metadata;
	in_stack *body;
};

static inline void *visit_stack(void *argument)
{
	struct visit *visit = argument;

	visit->body(visit->metadata);
	return NULL;
}

static inline void run_in_stack(struct __test_metadata *_metadata, in_stack *body)
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

static inline char *limit(void)
{
	return NtCurrentTeb()->Tib.StackLimit;
}

static inline char *lowest(void)
{
	return NtCurrentTeb()->DeallocationStack;
}

static inline char *top(void)
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

/* Makes the memory at @base the stack of the calling thread, as far as the module can see. */
static inline void pretend_stack(char *base, SIZE_T bytes, char *stack_limit)
{
	TEB *teb = NtCurrentTeb();

	teb->DeallocationStack = base;
	teb->Tib.StackBase = base + bytes;
	teb->Tib.StackLimit = stack_limit;
}

static inline char *hand_made_stack(SIZE_T bytes)
{
	char *base = reserve(bytes);

	commit_at(base + bytes - PAGE, PAGE, GUARDED);
	pretend_stack(base, bytes, base + bytes - PAGE);
	return base;
}

/* A pipe with @bytes bytes in it. */
static inline int full_pipe(SIZE_T bytes)
{
	static char data[0x10000];
	int ends[2];

	memset(data, 0x33, sizeof(data));
	if (pipe(ends) || write(ends[1], data, bytes) != (ssize_t)bytes)
		return -1;
	close(ends[1]);
	return ends[0];
}

#endif
