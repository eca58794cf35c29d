// SPDX-License-Identifier: MIT
/* VirtualAlloc2 and its kin (SPEC 4). */

#include "internal.h"

#define WINVM_EXECUTABLE \
	(PAGE_EXECUTE | PAGE_EXECUTE_READ | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY)

NTSTATUS NTAPI NtAllocateVirtualMemoryEx(HANDLE ProcessHandle, PVOID *BaseAddress,
					 PSIZE_T RegionSize, ULONG AllocationType,
					 ULONG PageProtection,
					 MEM_EXTENDED_PARAMETER *ExtendedParameters,
					 ULONG ExtendedParameterCount)
{
	struct winvm_allocate request = {
		.type = AllocationType,
		.protect = PageProtection,
		.flags = WINVM_ALLOCATE_EXTENDED,
	};
	struct winvm_extended extended;
	uint64_t base, bytes;
	NTSTATUS status =
		winvm_extended_read(ExtendedParameters, ExtendedParameterCount, &extended);

	if (winvm_status_is_argument(status))
		return status;
	request.lowest_address = extended.lowest_address;
	request.highest_address = extended.highest_address;
	request.alignment_bytes = extended.alignment_bytes;
	request.node = extended.node;
	if (!status)
		status = winvm_range_get(BaseAddress, RegionSize, &base, &bytes);
	if (status)
		return winvm_allocate_refuse(&request, status);
	request.base = base;
	request.bytes = bytes;
	status = winvm_allocate_range(ProcessHandle, &request);
	if (NT_SUCCESS(status))
		winvm_range_put(BaseAddress, RegionSize, request.base, request.bytes);
	return status;
}

PVOID WINAPI VirtualAlloc2(HANDLE Process, PVOID BaseAddress, SIZE_T Size, ULONG AllocationType,
			   ULONG PageProtection, MEM_EXTENDED_PARAMETER *ExtendedParameters,
			   ULONG ParameterCount)
{
	PVOID base = BaseAddress;
	SIZE_T bytes = Size;
	NTSTATUS status = NtAllocateVirtualMemoryEx(Process ? Process : NtCurrentProcess(), &base,
						    &bytes, AllocationType, PageProtection,
						    ExtendedParameters, ParameterCount);

	if (NT_SUCCESS(status))
		return base;
	winvm_error_set(status);
	return NULL;
}

/* SPEC VX-13: Win32 decides this alone, there is no status. */
bool winvm_from_app_refuses(ULONG protection)
{
	if (!(protection & WINVM_EXECUTABLE))
		return false;
	SetLastError(ERROR_INVALID_PARAMETER);
	return true;
}

PVOID WINAPI VirtualAllocFromApp(PVOID BaseAddress, SIZE_T Size, ULONG AllocationType,
				 ULONG Protection)
{
	if (winvm_from_app_refuses(Protection))
		return NULL;
	return VirtualAlloc(BaseAddress, Size, AllocationType, Protection);
}

PVOID WINAPI VirtualAlloc2FromApp(HANDLE Process, PVOID BaseAddress, SIZE_T Size,
				  ULONG AllocationType, ULONG PageProtection,
				  MEM_EXTENDED_PARAMETER *ExtendedParameters, ULONG ParameterCount)
{
	if (winvm_from_app_refuses(PageProtection))
		return NULL;
	return VirtualAlloc2(Process, BaseAddress, Size, AllocationType, PageProtection,
			     ExtendedParameters, ParameterCount);
}
