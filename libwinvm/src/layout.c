// SPDX-License-Identifier: MIT
/* The layout of the address space, as the program or its environment wants it (SPEC AS-1). */

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <winvm.h>

#include "internal.h"

BOOL WINAPI winvm_choose_layout(DWORD layout)
{
	struct winvm_layout request = { .size = sizeof(request), .layout = layout };
	NTSTATUS status = winvm_device_call(WINVM_IOC_LAYOUT, &request);

	return NT_SUCCESS(status) ? TRUE : winvm_error_set(status);
}

/* Once a process: what a program chose for itself later stays. */
static bool winvm_layout_asked(void)
{
	static atomic_int asked;
	int pid = getpid();

	return atomic_exchange(&asked, pid) == pid;
}

static bool winvm_layout_named(const char *name, __u32 *layout)
{
	if (!strcmp(name, "64bit"))
		*layout = WINVM_LAYOUT_64BIT;
	else if (!strcmp(name, "2gb"))
		*layout = WINVM_LAYOUT_2GB;
	else
		return false;
	return true;
}

/* Called when the device was opened; a program with privileges keeps its own counsel. */
void winvm_layout_from_environment(int device, bool aloud)
{
	const char *name = secure_getenv("WINVM_LAYOUT");
	struct winvm_layout request = { .size = sizeof(request) };

	if (!name || !*name || winvm_layout_asked())
		return;
	if (winvm_layout_named(name, &request.layout) &&
	    !ioctl(device, WINVM_IOC_LAYOUT, &request) && !request.status)
		return;
	if (aloud)
		dprintf(STDERR_FILENO, "winvm: WINVM_LAYOUT=%s cannot be had\n", name);
}
