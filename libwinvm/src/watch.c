// SPDX-License-Identifier: MIT
/* Which pages were written (SPEC 10). */

#include "internal.h"

#define WINVM_WATCH_FAILED (~0u)

WINVM_STATIC_ASSERT(WRITE_WATCH_FLAG_RESET == WINVM_WATCH_RESET, "the flags pass through");

static NTSTATUS winvm_watch_call(unsigned long code, struct winvm_write_watch *request)
{
	request->size = sizeof(*request);
	return winvm_call(NtCurrentProcess(), code, request);
}

/*
 * The array is the module's to write; the two variables are ours, and must be
 * writable before marks are reset (SPEC WW-4, WW-20).
 */
static NTSTATUS winvm_watch_get(struct winvm_write_watch *request, ULONG_PTR *count,
				DWORD *granularity)
{
	uint64_t capacity;
	NTSTATUS status = winvm_user_get64(count, &capacity);

	if (!status)
		status = winvm_user_probe32(granularity);
	if (status)
		return status;
	/* SPEC WW-3: an array without room is the worse mistake. */
	if (request->flags & ~WINVM_WATCH_RESET || !capacity || !request->bytes)
		return STATUS_INVALID_PARAMETER;
	if (!request->addresses)
		return STATUS_ACCESS_VIOLATION;
	request->count = capacity;
	status = winvm_watch_call(WINVM_IOC_GET_WRITE_WATCH, request);
	if (NT_SUCCESS(status)) {
		winvm_user_put64(count, request->count);
		winvm_user_put32(granularity, request->granularity_bytes);
	}
	return status;
}

UINT WINAPI GetWriteWatch(DWORD dwFlags, PVOID lpBaseAddress, SIZE_T dwRegionSize,
			  PVOID *lpAddresses, ULONG_PTR *lpdwCount, LPDWORD lpdwGranularity)
{
	struct winvm_write_watch request = {
		.base = winvm_address(lpBaseAddress),
		.bytes = dwRegionSize,
		.addresses = winvm_address(lpAddresses),
		.flags = dwFlags,
	};
	NTSTATUS status = winvm_watch_get(&request, lpdwCount, lpdwGranularity);

	if (NT_SUCCESS(status))
		return 0;
	winvm_error_set(status);
	return WINVM_WATCH_FAILED;
}

UINT WINAPI ResetWriteWatch(LPVOID lpBaseAddress, SIZE_T dwRegionSize)
{
	struct winvm_write_watch request = {
		.base = winvm_address(lpBaseAddress),
		.bytes = dwRegionSize,
	};
	NTSTATUS status = winvm_watch_call(WINVM_IOC_RESET_WRITE_WATCH, &request);

	if (NT_SUCCESS(status))
		return 0;
	winvm_error_set(status);
	return WINVM_WATCH_FAILED;
}
