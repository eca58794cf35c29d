// SPDX-License-Identifier: MIT
/*
 * A thread's stack: reserved as a whole, committed as deep as it was used.
 *
 * As Randy Kath told in 1993, the page below the committed part is a guard
 * page; a function that reaches it finds it committed, and the next one
 * guarded. VirtualQuery shows how deep that has gone. When there is no next
 * one the stack overflows: an exception, which this program survives, twice.
 *
 *	cc stack.c $(pkg-config --cflags --libs libwinvm) -o stack && ./stack
 */
#include <setjmp.h>
#include <stdint.h>

#include <winternl.h>
#include <winvm.h>

#include "region.h"

#define RESERVED_BYTES ((SIZE_T)1 << 20)
#define FRAME_BYTES    2048

static struct {
	sigjmp_buf way_out;
	unsigned int overflows;
} recovery;

/* The regions of the calling thread's stack, from its top downwards. */
static void print_stack(const char *when)
{
	const TEB *teb = NtCurrentTeb();
	MEMORY_BASIC_INFORMATION regions[8];
	char *at = teb->DeallocationStack;
	int count = 0;

	while (count < 8 && at < (char *)teb->Tib.StackBase &&
	       VirtualQuery(at, &regions[count], sizeof(regions[0]))) {
		at += regions[count].RegionSize;
		count++;
	}
	printf("%s\n", when);
	while (count-- > 0)
		printf("  %p %10s  %-9s  %s\n", regions[count].BaseAddress,
		       region_size(regions[count].RegionSize).text,
		       region_state(regions[count].State),
		       region_protect(regions[count].Protect).text);
}

/*
 * Each call takes half a page. Where frames may be larger than a page, a program
 * is compiled with -fstack-clash-protection, which touches them page by page.
 */
static __attribute__((noinline)) unsigned int go_down(unsigned int calls)
{
	volatile char frame[FRAME_BYTES];

	frame[0] = 1;
	if (calls)
		return go_down(calls - 1) + (unsigned int)frame[0];
	return (unsigned int)frame[0];
}

/* On what is left of the stack. */
static LONG CALLBACK leave(EXCEPTION_POINTERS *exception)
{
	if (exception->ExceptionRecord->ExceptionCode != EXCEPTION_STACK_OVERFLOW)
		return EXCEPTION_CONTINUE_SEARCH;
	recovery.overflows++;
	siglongjmp(recovery.way_out, 1);
}

static void overflow(void)
{
	if (!sigsetjmp(recovery.way_out, 1))
		go_down(RESERVED_BYTES / FRAME_BYTES);
}

static void *run(void *argument)
{
	(void)argument;
	print_stack("when the thread begins:");
	go_down(40);
	print_stack("40 calls of 2 KB later:");
	overflow();
	print_stack("after an overflow, nothing is guarded any more:");
	if (!_resetstkoflw())
		return NULL;
	print_stack("after _resetstkoflw:");
	overflow();
	return NULL;
}

int main(void)
{
	void *handler = AddVectoredExceptionHandler(1, leave);
	pthread_t thread;
	int err;

	err = winvm_pthread_create(&thread, 0, RESERVED_BYTES, run, NULL);
	if (!err)
		err = winvm_pthread_join(thread, NULL);
	if (err || !handler) {
		fprintf(stderr, "stack: %s\n", strerror(err));
		return 1;
	}
	printf("%u overflows survived\n", recovery.overflows);
	RemoveVectoredExceptionHandler(handler);
	return recovery.overflows == 2 ? 0 : 1;
}
