/* SPDX-License-Identifier: GPL-2.0 */
/* A memory cgroup for the test alone, in which memory can be made short. */
#ifndef KSELFTEST_GROUP_H
#define KSELFTEST_GROUP_H

#include <errno.h>
#include <sys/stat.h>

#include "proc.h"

#define GROUP "/sys/fs/cgroup/winvm-offer"

/*
 * @limit: in bytes, 0 for none; in swap there may be as much as there is. False
 * where there are no cgroups of version 2.
 */
static inline bool group_join(size_t limit)
{
	char most[32] = "max", pid[32];

	if (!proc_write("/sys/fs/cgroup/cgroup.subtree_control", "+memory"))
		return false;
	if (mkdir(GROUP, 0755) && errno != EEXIST)
		return false;
	if (limit)
		snprintf(most, sizeof(most), "%zu", limit);
	snprintf(pid, sizeof(pid), "%d", getpid());
	proc_write(GROUP "/memory.swap.max", "max");
	return proc_write(GROUP "/memory.max", most) && proc_write(GROUP "/cgroup.procs", pid);
}

/* How much of it may be in swap; kernels without swap accounting do not ask. */
static inline void group_limit_swap(size_t bytes)
{
	char most[32];

	snprintf(most, sizeof(most), "%zu", bytes);
	proc_write(GROUP "/memory.swap.max", most);
}

static inline bool group_leave(void)
{
	return proc_write("/sys/fs/cgroup/cgroup.procs", "0");
}

/* Linux takes what it would take when memory is short; it may find less. */
static inline void group_reclaim(const char *bytes)
{
	proc_write(GROUP "/memory.reclaim", bytes);
}

#endif
