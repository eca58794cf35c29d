// SPDX-License-Identifier: MIT
/*
 * The part of a thread's TEB that says where its stack is. The module reads it
 * when a guard page is hit, and moves StackLimit when the stack grows
 * (SPEC ST-1, ST-3). It learns of a thread when that first asks for its TEB.
 */

#include <errno.h>
#include <pthread.h>

#include "internal.h"

static _Thread_local TEB winvm_teb;
static _Thread_local bool winvm_teb_known;

/* The thread that forked has another number now, in an address space of its own. */
static void winvm_teb_forked(void)
{
	winvm_teb_known = false;
}

__attribute__((constructor)) static void winvm_teb_load(void)
{
	pthread_atfork(NULL, NULL, winvm_teb_forked);
}

static NTSTATUS winvm_teb_register(void)
{
	struct winvm_thread request = {
		.size = sizeof(request),
		.stack_base_at = winvm_address(&winvm_teb.Tib.StackBase),
		.stack_limit_at = winvm_address(&winvm_teb.Tib.StackLimit),
		.deallocation_stack_at = winvm_address(&winvm_teb.DeallocationStack),
		.guarantee_at = winvm_address(&winvm_teb.GuaranteedStackBytes),
	};

	winvm_teb.Tib.Self = &winvm_teb.Tib;
	winvm_teb_known = true;
	return winvm_device_call(WINVM_IOC_THREAD, &request);
}

/* A stack of Linux' own, which no guard page of ours is in. */
static void winvm_teb_foreign_stack(void)
{
	int saved = errno;
	pthread_attr_t attributes;
	size_t bytes = 0;
	void *lowest = NULL;

	if (!pthread_getattr_np(pthread_self(), &attributes)) {
		pthread_attr_getstack(&attributes, &lowest, &bytes);
		pthread_attr_destroy(&attributes);
	}
	winvm_teb.Tib.StackBase = (char *)lowest + bytes;
	winvm_teb.Tib.StackLimit = lowest;
	winvm_teb.DeallocationStack = lowest;
	errno = saved;
}

TEB *NTAPI NtCurrentTeb(VOID)
{
	if (!winvm_teb_known) {
		if (!winvm_teb.Tib.StackBase)
			winvm_teb_foreign_stack();
		winvm_teb_register();
	}
	return &winvm_teb;
}

/* The calling thread runs on @stack. */
NTSTATUS winvm_teb_enter(const INITIAL_TEB *stack)
{
	winvm_teb.Tib.StackBase = stack->StackBase;
	winvm_teb.Tib.StackLimit = stack->StackLimit;
	winvm_teb.DeallocationStack = stack->DeallocationStack;
	return winvm_teb_register();
}

/*
 * Pages of this process have been made guard pages. Within the thread's stack
 * that makes it end above them (SPEC ST-5).
 */
void winvm_teb_guarded(uint64_t base, uint64_t bytes)
{
	uint64_t end = base + bytes;

	if (base >= winvm_address(winvm_teb.DeallocationStack) &&
	    end <= winvm_address(winvm_teb.Tib.StackBase) &&
	    end > winvm_address(winvm_teb.Tib.StackLimit))
		winvm_teb.Tib.StackLimit = winvm_pointer(end);
}

VOID WINAPI GetCurrentThreadStackLimits(PULONG_PTR LowLimit, PULONG_PTR HighLimit)
{
	const TEB *teb = NtCurrentTeb();

	*LowLimit = winvm_address(teb->DeallocationStack);
	*HighLimit = winvm_address(teb->Tib.StackBase);
}
