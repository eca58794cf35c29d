/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Accesses that survive their SIGSEGV or SIGBUS, in any thread. Programs that
 * use them have no other handler for these signals.
 */
#ifndef KSELFTEST_TOUCH_H
#define KSELFTEST_TOUCH_H

#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

static __thread sigjmp_buf touch_way_out;
static __thread volatile sig_atomic_t touch_under_way;

/* The signal of the last access that failed, and where. */
static __thread volatile sig_atomic_t touch_signal;
static __thread void *volatile touch_address;

static void touch_caught(int signal_number, siginfo_t *info, void *context)
{
	(void)context;
	if (!touch_under_way) {
		signal(signal_number, SIG_DFL);
		return;
	}
	touch_signal = signal_number;
	touch_address = info->si_addr;
	siglongjmp(touch_way_out, 1);
}

/* SA_NODEFER: the way out need not restore a mask, which costs a system call. */
__attribute__((constructor)) static void touch_begin(void)
{
	struct sigaction action = {
		.sa_sigaction = touch_caught,
		.sa_flags = SA_SIGINFO | SA_NODEFER,
	};

	if (sigaction(SIGSEGV, &action, NULL) || sigaction(SIGBUS, &action, NULL))
		abort();
}

/* The byte there, or -1. */
static inline int peek(const volatile void *address)
{
	volatile int value = -1;

	touch_under_way = 1;
	if (!sigsetjmp(touch_way_out, 0))
		value = *(const volatile uint8_t *)address;
	touch_under_way = 0;
	return value;
}

/* Can a function there be called? The caller knows that it is a RET. */
static inline bool call_returns(void *address)
{
	volatile bool done = false;

	touch_under_way = 1;
	if (!sigsetjmp(touch_way_out, 0)) {
		((void (*)(void))(uintptr_t)address)();
		done = true;
	}
	touch_under_way = 0;
	return done;
}

/* Does a write succeed? */
static inline bool poke(volatile void *address, uint8_t value)
{
	volatile bool done = false;

	touch_under_way = 1;
	if (!sigsetjmp(touch_way_out, 0)) {
		*(volatile uint8_t *)address = value;
		done = true;
	}
	touch_under_way = 0;
	return done;
}

/* Does @body, which is one access after another, come to its end? */
static inline bool touch_all(void (*body)(void *), void *argument)
{
	volatile bool done = false;

	touch_under_way = 1;
	if (!sigsetjmp(touch_way_out, 0)) {
		body(argument);
		done = true;
	}
	touch_under_way = 0;
	return done;
}

#endif
