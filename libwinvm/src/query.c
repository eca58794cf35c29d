// SPDX-License-Identifier: MIT
/* Describing memory (SPEC 7). */

#include "internal.h"

/* The module writes into the caller's buffer: one structure under two names. */
WINVM_STATIC_ASSERT(sizeof(struct winvm_region) == sizeof(MEMORY_BASIC_INFORMATION), "one layout");
WINVM_STATIC_ASSERT(offsetof(struct winvm_region, bytes) ==
			    offsetof(MEMORY_BASIC_INFORMATION, RegionSize),
		    "one layout");
WINVM_STATIC_ASSERT(offsetof(struct winvm_region, type) == offsetof(MEMORY_BASIC_INFORMATION, Type),
		    "one layout");

NTSTATUS winvm_query_region(HANDLE process, const void *address, MEMORY_BASIC_INFORMATION *region)
{
	struct winvm_query request = {
		.size = sizeof(request),
		.address = winvm_address(address),
		.buffer = winvm_address(region),
		.capacity = 1,
	};

	return winvm_call(process, WINVM_IOC_QUERY, &request);
}

NTSTATUS NTAPI NtQueryVirtualMemory(HANDLE ProcessHandle, PVOID BaseAddress,
				    MEMORY_INFORMATION_CLASS MemoryInformationClass,
				    PVOID MemoryInformation, SIZE_T MemoryInformationLength,
				    PSIZE_T ReturnLength)
{
	NTSTATUS status;

	if (MemoryInformationClass != MemoryBasicInformation)
		return STATUS_INVALID_INFO_CLASS;
	if (MemoryInformationLength < sizeof(MEMORY_BASIC_INFORMATION))
		return STATUS_INFO_LENGTH_MISMATCH;
	status = winvm_query_region(ProcessHandle, BaseAddress, MemoryInformation);
	if (NT_SUCCESS(status) && ReturnLength)
		winvm_user_put64(ReturnLength, sizeof(MEMORY_BASIC_INFORMATION));
	return status;
}

SIZE_T WINAPI VirtualQueryEx(HANDLE hProcess, LPCVOID lpAddress, PMEMORY_BASIC_INFORMATION lpBuffer,
			     SIZE_T dwLength)
{
	NTSTATUS status = STATUS_INFO_LENGTH_MISMATCH;

	/* SPEC VQ-1, VQ-2 */
	if (dwLength >= sizeof(*lpBuffer))
		status = winvm_query_region(hProcess, lpAddress, lpBuffer);
	if (NT_SUCCESS(status))
		return sizeof(*lpBuffer);
	winvm_error_set(status);
	return 0;
}

SIZE_T WINAPI VirtualQuery(LPCVOID lpAddress, PMEMORY_BASIC_INFORMATION lpBuffer, SIZE_T dwLength)
{
	return VirtualQueryEx(NtCurrentProcess(), lpAddress, lpBuffer, dwLength);
}
