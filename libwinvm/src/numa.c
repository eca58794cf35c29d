// SPDX-License-Identifier: MIT
/* NUMA nodes (SPEC NU-1). */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "internal.h"

/* As the module counts: 0 for none, else from 1 on. */
__u32 winvm_numa_field(DWORD node)
{
	return node == NUMA_NO_PREFERRED_NODE ? 0 : node + 1;
}

/* The last number of a list such as "0-1,3"; 0 if there is none. */
static ULONG winvm_numa_last(const char *list)
{
	ULONG last = 0;

	for (char *rest; *list; list = *rest ? rest + 1 : rest)
		last = (ULONG)strtoul(list, &rest, 10);
	return last;
}

/* A kernel without NUMA has no such file. */
static ULONG winvm_numa_highest(void)
{
	int fd = open("/sys/devices/system/node/online", O_RDONLY | O_CLOEXEC);
	char list[256];
	ssize_t length;

	if (fd < 0)
		return 0;
	length = read(fd, list, sizeof(list) - 1);
	close(fd);
	list[length > 0 ? length : 0] = '\0';
	return winvm_numa_last(list);
}

BOOL WINAPI GetNumaHighestNodeNumber(PULONG HighestNodeNumber)
{
	int saved = errno;
	NTSTATUS status = winvm_user_put32(HighestNodeNumber, winvm_numa_highest());

	errno = saved;
	return status ? winvm_error_set(status) : TRUE;
}
