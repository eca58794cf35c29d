// SPDX-License-Identifier: GPL-2.0
/* The tracepoints themselves. */

#include <linux/pid.h>

#include "roster.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

/* winvm_trace_pid() - who had the address space when it came; on the roster till it ends */
u32 winvm_trace_pid(const struct winvm_process *process)
{
	return pid_nr(process->farewell->pid);
}
