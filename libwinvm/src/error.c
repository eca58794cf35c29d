// SPDX-License-Identifier: MIT
/* The last error and the last status of a thread. */

#include "internal.h"

static _Thread_local DWORD winvm_last_error;
static _Thread_local NTSTATUS winvm_last_status;

/* Ends a Win32 call that failed (SPEC G-3); FALSE, so that callers can return it. */
BOOL winvm_error_set(NTSTATUS status)
{
	winvm_last_status = status;
	winvm_last_error = winvm_status_error(status);
	return FALSE;
}

void winvm_error_note_status(NTSTATUS status)
{
	winvm_last_status = status;
}

DWORD WINAPI GetLastError(VOID)
{
	return winvm_last_error;
}

VOID WINAPI SetLastError(DWORD dwErrCode)
{
	winvm_last_error = dwErrCode;
}

NTSTATUS NTAPI RtlGetLastNtStatus(VOID)
{
	return winvm_last_status;
}
