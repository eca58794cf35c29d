// SPDX-License-Identifier: MIT
/* Decommitting and releasing (SPEC 5). */

#include "internal.h"

/*
 * The handle was bad, but the type is checked first (SPEC VF-2). The module
 * checks it in a call that ends at page 0, where nothing can be (SPEC VF-6).
 */
static NTSTATUS winvm_free_refuse(const struct winvm_free *wanted, NTSTATUS status)
{
	struct winvm_free request = {
		.size = sizeof(request),
		.bytes = 1,
		.type = wanted->type,
	};
	NTSTATUS argument = winvm_device_call(WINVM_IOC_FREE, &request);

	return winvm_status_is_argument(argument) ? argument : status;
}

static NTSTATUS winvm_free_range(HANDLE process, struct winvm_free *request)
{
	NTSTATUS status;

	request->size = sizeof(*request);
	status = winvm_call(process, WINVM_IOC_FREE, request);
	return winvm_status_is_handle(status) ? winvm_free_refuse(request, status) : status;
}

NTSTATUS NTAPI NtFreeVirtualMemory(HANDLE ProcessHandle, PVOID *BaseAddress, PSIZE_T RegionSize,
				   ULONG FreeType)
{
	struct winvm_free request = { .type = FreeType };
	uint64_t base, bytes;
	NTSTATUS status = winvm_range_get(BaseAddress, RegionSize, &base, &bytes);

	if (status)
		return winvm_free_refuse(&request, status);
	request.base = base;
	request.bytes = bytes;
	status = winvm_free_range(ProcessHandle, &request);
	if (NT_SUCCESS(status))
		winvm_range_put(BaseAddress, RegionSize, request.base, request.bytes);
	return status;
}

BOOL WINAPI VirtualFreeEx(HANDLE hProcess, LPVOID lpAddress, SIZE_T dwSize, DWORD dwFreeType)
{
	struct winvm_free request = {
		.base = winvm_address(lpAddress),
		.bytes = dwSize,
		.type = dwFreeType,
	};
	NTSTATUS status;

	/* SPEC VF-1: Win32 decides this alone, there is no status. */
	if (dwFreeType == MEM_RELEASE && dwSize) {
		SetLastError(ERROR_INVALID_PARAMETER);
		return FALSE;
	}
	status = winvm_free_range(hProcess, &request);
	return NT_SUCCESS(status) ? TRUE : winvm_error_set(status);
}

BOOL WINAPI VirtualFree(LPVOID lpAddress, SIZE_T dwSize, DWORD dwFreeType)
{
	return VirtualFreeEx(NtCurrentProcess(), lpAddress, dwSize, dwFreeType);
}
