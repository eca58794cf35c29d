// SPDX-License-Identifier: MIT
/* Reserving and committing (SPEC 3). */

#include "internal.h"

/* A NUMA node plus one, which VirtualAlloc does not let through (SPEC NU-1). */
#define WINVM_ALLOCATE_NODE_BITS 0x3fu

/*
 * A pointer or handle was bad, but arguments are checked first (SPEC VA-2 to
 * VA-14). The module checks them in a call that ends at its size of 0. A bad
 * pointer tells no size that could be wrong (SPEC VA-11).
 */
NTSTATUS winvm_allocate_refuse(const struct winvm_allocate *wanted, NTSTATUS status)
{
	bool size_counts = winvm_status_is_handle(status) && !wanted->bytes;
	struct winvm_allocate request = *wanted;
	NTSTATUS argument;

	request.size = sizeof(request);
	request.bytes = 0;
	argument = winvm_device_call(WINVM_IOC_ALLOCATE, &request);
	if (!winvm_status_is_argument(argument))
		return status;
	if (argument != STATUS_INVALID_PARAMETER_4 || size_counts)
		return argument;
	return status;
}

NTSTATUS winvm_allocate_range(HANDLE process, struct winvm_allocate *request)
{
	NTSTATUS status;

	request->size = sizeof(*request);
	status = winvm_call(process, WINVM_IOC_ALLOCATE, request);
	if (!status && process == NtCurrentProcess() && request->type & MEM_COMMIT &&
	    request->protect & PAGE_GUARD)
		winvm_teb_guarded(request->base, request->bytes);
	return winvm_status_is_handle(status) ? winvm_allocate_refuse(request, status) : status;
}

NTSTATUS NTAPI NtAllocateVirtualMemory(HANDLE ProcessHandle, PVOID *BaseAddress, ULONG_PTR ZeroBits,
				       PSIZE_T RegionSize, ULONG AllocationType, ULONG Protect)
{
	struct winvm_allocate request = {
		.zero_bits = ZeroBits,
		.type = AllocationType & ~WINVM_ALLOCATE_NODE_BITS,
		.protect = Protect,
		.node = AllocationType & WINVM_ALLOCATE_NODE_BITS,
	};
	uint64_t base, bytes;
	NTSTATUS status = winvm_range_get(BaseAddress, RegionSize, &base, &bytes);

	if (status)
		return winvm_allocate_refuse(&request, status);
	request.base = base;
	request.bytes = bytes;
	status = winvm_allocate_range(ProcessHandle, &request);
	if (NT_SUCCESS(status))
		winvm_range_put(BaseAddress, RegionSize, request.base, request.bytes);
	return status;
}

LPVOID WINAPI VirtualAllocExNuma(HANDLE hProcess, LPVOID lpAddress, SIZE_T dwSize,
				 DWORD flAllocationType, DWORD flProtect, DWORD nndPreferred)
{
	struct winvm_allocate request = {
		.base = winvm_address(lpAddress),
		.bytes = dwSize,
		.type = flAllocationType & ~WINVM_ALLOCATE_NODE_BITS,
		.protect = flProtect,
		.node = winvm_numa_field(nndPreferred),
	};
	NTSTATUS status;

	/* SPEC VA-1 */
	if (lpAddress && winvm_address(lpAddress) < 0x10000) {
		winvm_error_set(STATUS_INVALID_PARAMETER);
		return NULL;
	}
	status = winvm_allocate_range(hProcess, &request);
	if (!NT_SUCCESS(status)) {
		winvm_error_set(status);
		return NULL;
	}
	return winvm_pointer(request.base);
}

LPVOID WINAPI VirtualAllocEx(HANDLE hProcess, LPVOID lpAddress, SIZE_T dwSize,
			     DWORD flAllocationType, DWORD flProtect)
{
	return VirtualAllocExNuma(hProcess, lpAddress, dwSize, flAllocationType, flProtect,
				  NUMA_NO_PREFERRED_NODE);
}

LPVOID WINAPI VirtualAlloc(LPVOID lpAddress, SIZE_T dwSize, DWORD flAllocationType, DWORD flProtect)
{
	return VirtualAllocEx(NtCurrentProcess(), lpAddress, dwSize, flAllocationType, flProtect);
}
