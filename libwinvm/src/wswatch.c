// SPDX-License-Identifier: MIT
/* What comes into the working set (SPEC WS-19). */

#include <psapi.h>

#include "internal.h"

WINVM_STATIC_ASSERT(sizeof(PSAPI_WS_WATCH_INFORMATION_EX) == sizeof(struct winvm_ws_fault),
		    "one layout");
WINVM_STATIC_ASSERT(sizeof(PSAPI_WS_WATCH_INFORMATION) == offsetof(struct winvm_ws_fault, thread),
		    "one layout");

/* *bytes: the room, and what was written or is needed. */
static NTSTATUS winvm_changes_take(HANDLE process, void *entries, __u32 entry_bytes,
				   uint64_t *bytes)
{
	struct winvm_watch_working_set request = {
		.size = sizeof(request),
		.buffer = winvm_address(entries),
		.bytes = *bytes,
		.operation = WINVM_CHANGES_TAKE,
		.entry_bytes = entry_bytes,
	};
	NTSTATUS status = winvm_call(process, WINVM_IOC_WATCH_WORKING_SET, &request);

	*bytes = request.bytes;
	return status;
}

static NTSTATUS winvm_changes_take_ex(HANDLE process, PSAPI_WS_WATCH_INFORMATION_EX *entries,
				      DWORD *room)
{
	NTSTATUS status = winvm_user_probe32(room);
	uint64_t bytes;

	if (status)
		return status;
	bytes = *room;
	status = winvm_changes_take(process, entries, sizeof(*entries), &bytes);
	winvm_user_put32(room, (uint32_t)bytes);
	return status;
}

BOOL WINAPI InitializeProcessForWsWatch(HANDLE hProcess)
{
	struct winvm_watch_working_set request = {
		.size = sizeof(request),
		.operation = WINVM_CHANGES_BEGIN,
	};
	NTSTATUS status = winvm_call(hProcess, WINVM_IOC_WATCH_WORKING_SET, &request);

	return status ? winvm_error_set(status) : TRUE;
}

BOOL WINAPI GetWsChanges(HANDLE hProcess, PPSAPI_WS_WATCH_INFORMATION lpWatchInfo, DWORD cb)
{
	uint64_t bytes = cb;
	NTSTATUS status = winvm_changes_take(hProcess, lpWatchInfo, sizeof(*lpWatchInfo), &bytes);

	return status ? winvm_error_set(status) : TRUE;
}

BOOL WINAPI GetWsChangesEx(HANDLE hProcess, PPSAPI_WS_WATCH_INFORMATION_EX lpWatchInfoEx, PDWORD cb)
{
	NTSTATUS status = winvm_changes_take_ex(hProcess, lpWatchInfoEx, cb);

	return status ? winvm_error_set(status) : TRUE;
}
