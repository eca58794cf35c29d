// SPDX-License-Identifier: MIT
/* Keeping pages in memory (SPEC 8.1). */

#include "internal.h"

static NTSTATUS winvm_lock_range(HANDLE process, unsigned long code, struct winvm_lock *request)
{
	NTSTATUS status;

	request->size = sizeof(*request);
	status = winvm_call(process, code, request);
	/* SPEC VL-2 comes before VL-3. */
	if (winvm_status_is_handle(status) && !request->bytes)
		return STATUS_INVALID_PARAMETER;
	return status;
}

static NTSTATUS winvm_lock_nt(HANDLE process, unsigned long code, PVOID *base, PSIZE_T size,
			      ULONG map_type)
{
	struct winvm_lock request = { .map_type = map_type };
	uint64_t address, bytes;
	NTSTATUS status;

	/* SPEC VL-1 */
	if (!map_type || map_type & ~(ULONG)(MAP_PROCESS | MAP_SYSTEM))
		return STATUS_INVALID_PARAMETER;
	status = winvm_range_get(base, size, &address, &bytes);
	if (status)
		return status;
	request.base = address;
	request.bytes = bytes;
	status = winvm_lock_range(process, code, &request);
	if (NT_SUCCESS(status))
		winvm_range_put(base, size, request.base, request.bytes);
	return status;
}

static BOOL winvm_lock_win32(unsigned long code, const void *address, SIZE_T bytes)
{
	struct winvm_lock request = {
		.base = winvm_address(address),
		.bytes = bytes,
		.map_type = MAP_PROCESS,
	};
	NTSTATUS status = winvm_lock_range(NtCurrentProcess(), code, &request);

	return NT_SUCCESS(status) ? TRUE : winvm_error_set(status);
}

NTSTATUS NTAPI NtLockVirtualMemory(HANDLE ProcessHandle, PVOID *BaseAddress, PSIZE_T RegionSize,
				   ULONG MapType)
{
	return winvm_lock_nt(ProcessHandle, WINVM_IOC_LOCK, BaseAddress, RegionSize, MapType);
}

NTSTATUS NTAPI NtUnlockVirtualMemory(HANDLE ProcessHandle, PVOID *BaseAddress, PSIZE_T RegionSize,
				     ULONG MapType)
{
	return winvm_lock_nt(ProcessHandle, WINVM_IOC_UNLOCK, BaseAddress, RegionSize, MapType);
}

BOOL WINAPI VirtualLock(LPVOID lpAddress, SIZE_T dwSize)
{
	return winvm_lock_win32(WINVM_IOC_LOCK, lpAddress, dwSize);
}

BOOL WINAPI VirtualUnlock(LPVOID lpAddress, SIZE_T dwSize)
{
	return winvm_lock_win32(WINVM_IOC_UNLOCK, lpAddress, dwSize);
}
