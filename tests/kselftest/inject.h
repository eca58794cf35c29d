/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One allocation of the calling thread made to fail, or one copy from or to user space:
 * the nth from now on. On kernels that can do that, as the debug kernel.
 */
#ifndef TEST_INJECT_H
#define TEST_INJECT_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "proc.h"

static inline bool faults_can_be_injected(void)
{
	static const char *const settings[][2] = {
		{ "/sys/kernel/debug/failslab/ignore-gfp-wait", "N" },
		{ "/sys/kernel/debug/failslab/verbose", "0" },
		{ "/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait", "N" },
		{ "/sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem", "N" },
		{ "/sys/kernel/debug/fail_page_alloc/min-order", "0" },
		{ "/sys/kernel/debug/fail_page_alloc/verbose", "0" },
		{ "/sys/kernel/debug/fail_usercopy/verbose", "0" },
	};

	if (access("/proc/self/fail-nth", W_OK))
		return false;
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (!proc_write(settings[i][0], settings[i][1]))
			return false;
	return true;
}

/* A descriptor kept open: nothing but the call itself may allocate. */
static int fail_nth = -1;

static inline void arm(unsigned int nth)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%u", nth);

	if (fail_nth < 0)
		fail_nth = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	/* Copies from user space fail in turn, too. */
	for (int tries = 0; pwrite(fail_nth, text, (size_t)length, 0) != length; tries++)
		if (tries > 1000)
			abort();
}

/* Was the failure delivered to the call? If not, it may hit the question itself. */
static inline bool disarm(void)
{
	char text[16] = "";
	bool delivered;

	delivered = pread(fail_nth, text, sizeof(text) - 1, 0) > 0 && atoi(text) == 0;
	arm(0);
	return delivered;
}

#endif
