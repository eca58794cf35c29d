// SPDX-License-Identifier: MIT
/* The working set: its limits, and what is in it (SPEC 8.2, 8.3). */

#include "internal.h"

#include <psapi.h>

WINVM_STATIC_ASSERT(sizeof(PSAPI_WORKING_SET_EX_INFORMATION) == sizeof(struct winvm_page),
		    "one layout");
WINVM_STATIC_ASSERT(sizeof(MEMORY_WORKING_SET_EX_INFORMATION) == sizeof(struct winvm_page),
		    "one layout");
WINVM_STATIC_ASSERT(QUOTA_LIMITS_HARDWS_MIN_ENABLE == WINVM_HARDWS_MIN_ENABLE &&
			    QUOTA_LIMITS_HARDWS_MAX_DISABLE == WINVM_HARDWS_MAX_DISABLE,
		    "the flags pass through");

static NTSTATUS winvm_limits_call(HANDLE process, struct winvm_working_set *request)
{
	request->size = sizeof(*request);
	return winvm_call(process, WINVM_IOC_WORKING_SET, request);
}

static NTSTATUS winvm_limits_set(HANDLE process, SIZE_T minimum, SIZE_T maximum, DWORD flags)
{
	struct winvm_working_set request = {
		.minimum_bytes = minimum,
		.maximum_bytes = maximum,
		.operation = WINVM_WORKING_SET_SET,
		.flags = flags,
	};

	/* SPEC WS-4: Win32 takes no 0; to NT two of them are no change. */
	if (!minimum || !maximum)
		return STATUS_INVALID_PARAMETER;
	return winvm_limits_call(process, &request);
}

/* @flags may be NULL. */
static NTSTATUS winvm_limits_get(HANDLE process, SIZE_T *minimum, SIZE_T *maximum, DWORD *flags)
{
	struct winvm_working_set request = { .operation = WINVM_WORKING_SET_GET };
	NTSTATUS status = winvm_limits_call(process, &request);

	if (!status)
		status = winvm_user_put64(minimum, request.minimum_bytes);
	if (!status)
		status = winvm_user_put64(maximum, request.maximum_bytes);
	if (!status && flags)
		status = winvm_user_put32(flags, request.flags);
	return status;
}

BOOL WINAPI SetProcessWorkingSetSizeEx(HANDLE hProcess, SIZE_T dwMinimumWorkingSetSize,
				       SIZE_T dwMaximumWorkingSetSize, DWORD Flags)
{
	NTSTATUS status = winvm_limits_set(hProcess, dwMinimumWorkingSetSize,
					   dwMaximumWorkingSetSize, Flags);

	return status ? winvm_error_set(status) : TRUE;
}

BOOL WINAPI SetProcessWorkingSetSize(HANDLE hProcess, SIZE_T dwMinimumWorkingSetSize,
				     SIZE_T dwMaximumWorkingSetSize)
{
	return SetProcessWorkingSetSizeEx(hProcess, dwMinimumWorkingSetSize,
					  dwMaximumWorkingSetSize, 0);
}

BOOL WINAPI GetProcessWorkingSetSizeEx(HANDLE hProcess, PSIZE_T lpMinimumWorkingSetSize,
				       PSIZE_T lpMaximumWorkingSetSize, PDWORD Flags)
{
	NTSTATUS status = winvm_limits_get(hProcess, lpMinimumWorkingSetSize,
					   lpMaximumWorkingSetSize, Flags);

	return status ? winvm_error_set(status) : TRUE;
}

BOOL WINAPI GetProcessWorkingSetSize(HANDLE hProcess, PSIZE_T lpMinimumWorkingSetSize,
				     PSIZE_T lpMaximumWorkingSetSize)
{
	return GetProcessWorkingSetSizeEx(hProcess, lpMinimumWorkingSetSize,
					  lpMaximumWorkingSetSize, NULL);
}

BOOL WINAPI EmptyWorkingSet(HANDLE hProcess)
{
	return SetProcessWorkingSetSizeEx(hProcess, (SIZE_T)-1, (SIZE_T)-1, 0);
}

/* The count is written also where the blocks have no room (SPEC NQ-2, WS-17). */
NTSTATUS winvm_inquire_working_set(const struct winvm_inquiry *inquiry)
{
	struct winvm_query_working_set request = { .size = sizeof(request) };
	ULONG_PTR *count = inquiry->buffer;
	NTSTATUS status, told;

	if (inquiry->length < sizeof(*count))
		return STATUS_INFO_LENGTH_MISMATCH;
	request.buffer = winvm_address(count + 1);
	request.capacity = inquiry->length / sizeof(*count) - 1;
	status = winvm_call(inquiry->process, WINVM_IOC_QUERY_WORKING_SET, &request);
	if (status && status != STATUS_INFO_LENGTH_MISMATCH)
		return status;
	told = winvm_user_put64(count, request.count);
	if (!told && !status && inquiry->returned)
		winvm_user_put64(inquiry->returned, (request.count + 1) * sizeof(*count));
	return told ? told : status;
}

/* SPEC WS-16: what is left over of the buffer is told as if it were written. */
NTSTATUS winvm_inquire_pages(const struct winvm_inquiry *inquiry)
{
	struct winvm_query_pages request = {
		.size = sizeof(request),
		.pages = winvm_address(inquiry->buffer),
		.count = inquiry->length / sizeof(struct winvm_page),
	};
	NTSTATUS status;

	if (!request.count)
		return STATUS_INFO_LENGTH_MISMATCH;
	status = winvm_call(inquiry->process, WINVM_IOC_QUERY_PAGES, &request);
	if (!status && inquiry->returned)
		winvm_user_put64(inquiry->returned, inquiry->length);
	return status;
}

BOOL WINAPI QueryWorkingSet(HANDLE hProcess, PVOID pv, DWORD cb)
{
	const struct winvm_inquiry inquiry = { .process = hProcess, .buffer = pv, .length = cb };
	NTSTATUS status = winvm_inquire_working_set(&inquiry);

	return status ? winvm_error_set(status) : TRUE;
}

BOOL WINAPI QueryWorkingSetEx(HANDLE hProcess, PVOID pv, DWORD cb)
{
	const struct winvm_inquiry inquiry = { .process = hProcess, .buffer = pv, .length = cb };
	NTSTATUS status = winvm_inquire_pages(&inquiry);

	return status ? winvm_error_set(status) : TRUE;
}
