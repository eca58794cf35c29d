// SPDX-License-Identifier: MIT
/* Where a call goes: to the process itself, or to one that a handle names. */

#include "internal.h"

static NTSTATUS winvm_call_foreign(HANDLE handle, unsigned long code, struct winvm_request *request)
{
	struct winvm_process process;
	NTSTATUS status = winvm_process_get(handle, &process);
	int result;

	if (status)
		return status;
	if (process.memory < 0)
		return STATUS_ACCESS_DENIED;
	result = winvm_ioctl(process.memory, code, request);
	return result < 0 ? winvm_status_of_errno(-result) : (NTSTATUS)request->status;
}

/* @request is one of the structures that begin with struct winvm_request. */
NTSTATUS winvm_call(HANDLE process, unsigned long code, void *request)
{
	if (process == NtCurrentProcess())
		return winvm_device_call(code, request);
	return winvm_call_foreign(process, code, request);
}
