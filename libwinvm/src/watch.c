// SPDX-License-Identifier: MIT
/* Which pages were written (SPEC 10). */

#include "internal.h"

#define WINVM_WATCH_FAILED (~0u)

WINVM_STATIC_ASSERT(WRITE_WATCH_FLAG_RESET == WINVM_WATCH_RESET, "the flags pass through");

static NTSTATUS winvm_watch_call(HANDLE process, unsigned long code,
				 struct winvm_write_watch *request)
{
	request->size = sizeof(*request);
	return winvm_call(process, code, request);
}

/* What is wrong with flags and range comes before what is wrong elsewhere (SPEC WW-20). */
static NTSTATUS winvm_watch_refuse(const struct winvm_write_watch *wanted, NTSTATUS status)
{
	uint64_t page;
	struct winvm_write_watch range = {
		.base = wanted->base,
		.bytes = wanted->bytes,
		.addresses = winvm_address(&page),
		.count = 1,
		.flags = wanted->flags & ~WINVM_WATCH_RESET,
	};
	NTSTATUS wrong = winvm_watch_call(NtCurrentProcess(), WINVM_IOC_GET_WRITE_WATCH, &range);

	switch (wrong) {
	case STATUS_INVALID_PARAMETER:
	case STATUS_INVALID_PARAMETER_2:
	case STATUS_INVALID_PARAMETER_3:
		return wrong;
	default:
		return status;
	}
}

/* A count that cannot be is the worse mistake: no array is looked at (SPEC WW-3, WW-20). */
static NTSTATUS winvm_watch_probe(uint64_t address, uint64_t count)
{
	uint64_t *array = winvm_pointer(address);
	NTSTATUS status;

	if (!count || count > UINT64_MAX / sizeof(*array))
		return STATUS_INVALID_PARAMETER_5;
	if (address + count * sizeof(*array) < address)
		return STATUS_ACCESS_VIOLATION;
	status = winvm_user_probe32(array);
	return status ? status : winvm_user_probe32(array + count - 1);
}

/*
 * The array is the module's to write; the two variables are ours. All must be
 * writable before marks are reset (SPEC WW-4, WW-20).
 */
static NTSTATUS winvm_watch_get(HANDLE process, struct winvm_write_watch *request, ULONG_PTR *count,
				DWORD *granularity)
{
	uint64_t room = 0;
	NTSTATUS status = winvm_user_get64(count, &room);

	request->count = room;
	if (!status)
		status = winvm_user_probe32(granularity);
	if (!status)
		status = winvm_watch_probe(request->addresses, room);
	if (!status)
		status = winvm_watch_call(process, WINVM_IOC_GET_WRITE_WATCH, request);
	if (!NT_SUCCESS(status))
		return winvm_watch_refuse(request, status);
	winvm_user_put64(count, request->count);
	winvm_user_put32(granularity, request->granularity_bytes);
	return status;
}

static NTSTATUS winvm_watch_reset(HANDLE process, PVOID base, SIZE_T bytes)
{
	struct winvm_write_watch request = {
		.base = winvm_address(base),
		.bytes = bytes,
	};
	NTSTATUS status = winvm_watch_call(process, WINVM_IOC_RESET_WRITE_WATCH, &request);

	return winvm_status_is_handle(status) ? winvm_watch_refuse(&request, status) : status;
}

static UINT winvm_watch_answer(NTSTATUS status)
{
	if (NT_SUCCESS(status))
		return 0;
	winvm_error_set(status);
	return WINVM_WATCH_FAILED;
}

NTSTATUS NTAPI NtGetWriteWatch(HANDLE ProcessHandle, ULONG Flags, PVOID BaseAddress,
			       SIZE_T RegionSize, PVOID *UserAddressArray,
			       PULONG_PTR EntriesInUserAddressArray, PULONG Granularity)
{
	struct winvm_write_watch request = {
		.base = winvm_address(BaseAddress),
		.bytes = RegionSize,
		.addresses = winvm_address(UserAddressArray),
		.flags = Flags,
	};

	return winvm_watch_get(ProcessHandle, &request, EntriesInUserAddressArray, Granularity);
}

NTSTATUS NTAPI NtResetWriteWatch(HANDLE ProcessHandle, PVOID BaseAddress, SIZE_T RegionSize)
{
	return winvm_watch_reset(ProcessHandle, BaseAddress, RegionSize);
}

UINT WINAPI GetWriteWatch(DWORD dwFlags, PVOID lpBaseAddress, SIZE_T dwRegionSize,
			  PVOID *lpAddresses, ULONG_PTR *lpdwCount, LPDWORD lpdwGranularity)
{
	return winvm_watch_answer(NtGetWriteWatch(NtCurrentProcess(), dwFlags, lpBaseAddress,
						  dwRegionSize, lpAddresses, lpdwCount,
						  lpdwGranularity));
}

UINT WINAPI ResetWriteWatch(LPVOID lpBaseAddress, SIZE_T dwRegionSize)
{
	return winvm_watch_answer(
		winvm_watch_reset(NtCurrentProcess(), lpBaseAddress, dwRegionSize));
}
