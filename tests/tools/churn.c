// SPDX-License-Identifier: GPL-2.0
/* Somebody who faults all the time: touches what it has committed, gives it back, again. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <windows.h>

#define BYTES ((SIZE_T)1 << 20)

int main(void)
{
	char *base = VirtualAlloc(NULL, BYTES, MEM_RESERVE, PAGE_READWRITE);

	if (!base || !VirtualAlloc(base, BYTES, MEM_COMMIT, PAGE_READWRITE))
		return 1;
	puts("ready");
	fflush(stdout);
	for (;;) {
		memset(base, 1, BYTES);
		if (!VirtualFree(base, BYTES, MEM_DECOMMIT) ||
		    !VirtualAlloc(base, BYTES, MEM_COMMIT, PAGE_READWRITE))
			return 1;
		usleep(100000);
	}
}
