// SPDX-License-Identifier: MIT
/* Makes memory of all kinds (kinds.h), says so, and waits for a line, or the end, of its input. */
#include <stdio.h>

#include "kinds.h"

int main(void)
{
	if (!kinds_make()) {
		fprintf(stderr, "kinds: error %u\n", GetLastError());
		return 1;
	}
	printf("ready: winvm map %u\n", GetCurrentProcessId());
	fflush(stdout);
	getchar();
	return 0;
}
