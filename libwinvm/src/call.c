// SPDX-License-Identifier: MIT
/* Where a call goes: to the process itself, or to one that a handle names. */

#include <errno.h>
#include <sys/ioctl.h>

#include "internal.h"

static NTSTATUS winvm_call_foreign(HANDLE handle, unsigned long code, struct winvm_request *request)
{
	struct winvm_process process;
	NTSTATUS status = winvm_process_get(handle, &process);
	int saved = errno;

	if (status)
		return status;
	if (process.memory < 0)
		return STATUS_ACCESS_DENIED;
	status = ioctl(process.memory, code, request) ? winvm_status_of_errno(errno) :
							(NTSTATUS)request->status;
	errno = saved;
	return status;
}

/* @request is one of the structures that begin with struct winvm_request. */
NTSTATUS winvm_call(HANDLE process, unsigned long code, void *request)
{
	if (process == NtCurrentProcess())
		return winvm_device_call(code, request);
	return winvm_call_foreign(process, code, request);
}
