// SPDX-License-Identifier: MIT
/* What a process has of memory, and how often it faulted (SPEC CC-9, CC-10, CC-11). */

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "internal.h"

#include <psapi.h>
#include <winvm.h>

#define WINVM_MEMORY_ALL (WINVM_MEMORY_PRIVATE | WINVM_MEMORY_SHARED)

/* A handle whose right is not one to the memory: a descriptor for the call. */
static NTSTATUS winvm_memory_limited(const struct winvm_process *handle,
				     struct winvm_query_memory *request)
{
	struct winvm_process again;
	NTSTATUS status = winvm_process_open(PROCESS_QUERY_INFORMATION, handle->pid, &again);
	int result;

	if (status)
		return status == STATUS_INVALID_CID ? STATUS_PROCESS_IS_TERMINATING : status;
	/* If the handle's own process is there still, the number is its. */
	result = syscall(SYS_pidfd_send_signal, handle->pidfd, 0, NULL, 0) && errno == ESRCH ?
			 -ESRCH :
			 winvm_ioctl(again.memory, WINVM_IOC_QUERY_MEMORY, request);
	winvm_process_release(&again);
	return result < 0 ? winvm_status_of_errno(-result) : (NTSTATUS)request->status;
}

/* @flags: WINVM_MEMORY_* */
NTSTATUS winvm_memory_ask(HANDLE process, __u32 flags, struct winvm_query_memory *request)
{
	struct winvm_process handle;
	NTSTATUS status;
	int saved = errno;

	*request = (struct winvm_query_memory){ .size = sizeof(*request), .flags = flags };
	status = winvm_call(process, WINVM_IOC_QUERY_MEMORY, request);
	if (status != STATUS_ACCESS_DENIED || process == NtCurrentProcess() ||
	    winvm_process_get(process, &handle) ||
	    !(handle.access & PROCESS_QUERY_LIMITED_INFORMATION))
		return status;
	status = winvm_memory_limited(&handle, request);
	errno = saved;
	return status;
}

/* The module's memory is not pageable: all of it stands for the non-paged pool. */
static void winvm_memory_describe(const struct winvm_query_memory *memory, DWORD bytes,
				  PROCESS_MEMORY_COUNTERS_EX2 *counters)
{
	*counters = (PROCESS_MEMORY_COUNTERS_EX2){
		.cb = bytes,
		.PageFaultCount = (DWORD)(memory->soft_faults + memory->hard_faults),
		.PeakWorkingSetSize = memory->peak_resident_bytes,
		.WorkingSetSize = memory->resident_bytes,
		.QuotaPeakNonPagedPoolUsage = memory->peak_bookkeeping_bytes,
		.QuotaNonPagedPoolUsage = memory->bookkeeping_bytes,
		.PagefileUsage = memory->commit_bytes,
		.PeakPagefileUsage = memory->peak_commit_bytes,
		.PrivateUsage = memory->commit_bytes,
		.PrivateWorkingSetSize = memory->private_resident_bytes,
		.SharedCommitUsage = memory->shared_commit_bytes,
	};
}

/* SPEC CC-10: the largest structure that there is room for. */
static NTSTATUS winvm_memory_counters(HANDLE process, PROCESS_MEMORY_COUNTERS *to, DWORD room)
{
	PROCESS_MEMORY_COUNTERS_EX2 counters;
	struct winvm_query_memory memory;
	NTSTATUS status;
	DWORD bytes = sizeof(PROCESS_MEMORY_COUNTERS);

	if (room < bytes)
		return STATUS_BUFFER_TOO_SMALL;
	if (room >= sizeof(PROCESS_MEMORY_COUNTERS_EX2))
		bytes = sizeof(PROCESS_MEMORY_COUNTERS_EX2);
	else if (room >= sizeof(PROCESS_MEMORY_COUNTERS_EX))
		bytes = sizeof(PROCESS_MEMORY_COUNTERS_EX);
	status = winvm_memory_ask(process, bytes == sizeof(counters) ? WINVM_MEMORY_ALL : 0,
				  &memory);
	if (status)
		return status;
	winvm_memory_describe(&memory, bytes, &counters);
	return winvm_user_copy(to, &counters, bytes);
}

BOOL WINAPI GetProcessMemoryInfo(HANDLE Process, PPROCESS_MEMORY_COUNTERS ppsmemCounters, DWORD cb)
{
	NTSTATUS status = winvm_memory_counters(Process, ppsmemCounters, cb);

	return status ? winvm_error_set(status) : TRUE;
}

static NTSTATUS winvm_vm_counters(HANDLE process, ULONG bytes, VM_COUNTERS_EX2 *counters)
{
	struct winvm_counters charged = { .size = sizeof(charged) };
	struct winvm_query_memory memory;
	NTSTATUS status = winvm_call(process, WINVM_IOC_COUNTERS, &charged);

	if (!status)
		status = winvm_memory_ask(
			process, bytes == sizeof(*counters) ? WINVM_MEMORY_ALL : 0, &memory);
	if (status)
		return status;
	*counters = (VM_COUNTERS_EX2){
		.CountersEx = {
			.PeakVirtualSize = charged.peak_virtual_bytes,
			.VirtualSize = charged.virtual_bytes,
			.PageFaultCount = (ULONG)(memory.soft_faults + memory.hard_faults),
			.PeakWorkingSetSize = memory.peak_resident_bytes,
			.WorkingSetSize = memory.resident_bytes,
			.QuotaPeakNonPagedPoolUsage = memory.peak_bookkeeping_bytes,
			.QuotaNonPagedPoolUsage = memory.bookkeeping_bytes,
			.PagefileUsage = memory.commit_bytes,
			.PeakPagefileUsage = memory.peak_commit_bytes,
			.PrivateUsage = memory.commit_bytes,
		},
		.PrivateWorkingSetSize = memory.private_resident_bytes,
		.SharedCommitUsage = memory.shared_commit_bytes,
	};
	return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtQueryInformationProcess(HANDLE ProcessHandle,
					 PROCESSINFOCLASS ProcessInformationClass,
					 PVOID ProcessInformation, ULONG ProcessInformationLength,
					 PULONG ReturnLength)
{
	VM_COUNTERS_EX2 counters;
	NTSTATUS status;

	if (ProcessInformationClass != ProcessVmCounters)
		return STATUS_INVALID_INFO_CLASS;
	if (ProcessInformationLength != sizeof(VM_COUNTERS) &&
	    ProcessInformationLength != sizeof(VM_COUNTERS_EX) &&
	    ProcessInformationLength != sizeof(VM_COUNTERS_EX2))
		return STATUS_INFO_LENGTH_MISMATCH;
	status = winvm_vm_counters(ProcessHandle, ProcessInformationLength, &counters);
	if (!status)
		status = winvm_user_copy(ProcessInformation, &counters, ProcessInformationLength);
	if (!status && ReturnLength)
		status = winvm_user_put32(ReturnLength, ProcessInformationLength);
	return status;
}

BOOL WINAPI winvm_get_page_faults(HANDLE process, ULONG64 *soft, ULONG64 *hard)
{
	struct winvm_query_memory memory;
	NTSTATUS status = winvm_memory_ask(process, 0, &memory);

	if (!status && soft)
		status = winvm_user_put64(soft, memory.soft_faults);
	if (!status && hard)
		status = winvm_user_put64(hard, memory.hard_faults);
	return status ? winvm_error_set(status) : TRUE;
}
