/* SPDX-License-Identifier: MIT */
#ifndef WINVM_HANDLEAPI_H
#define WINVM_HANDLEAPI_H

#include <minwinbase.h>

WINVM_BEGIN_DECLS

/*
 * Closes a handle on a process, a thread, a file, a section, a job, a port or a
 * notification. GetCurrentProcess() need not be closed: doing so succeeds and does
 * nothing. A child that has ended is reaped; one that runs on is left for the
 * program to wait for, if it likes.
 * Error: 6 no such handle.
 */
WINBASEAPI BOOL WINAPI CloseHandle(HANDLE hObject);

#define DUPLICATE_CLOSE_SOURCE 0x00000001
#define DUPLICATE_SAME_ACCESS  0x00000002

/*
 * A second handle on a section, in this process: both processes are
 * GetCurrentProcess(), or a handle on it. dwDesiredAccess: SECTION_* or
 * FILE_MAP_* rights, of which the source must have all; with
 * DUPLICATE_SAME_ACCESS those of the source. DUPLICATE_CLOSE_SOURCE closes the
 * source, whatever comes of the rest; lpTargetHandle may be NULL then. A section
 * keeps its name as long as any handle is open (SPEC SE-12). bInheritHandle is
 * not looked at.
 * Errors: 6 no such handle, 5 rights that the source has not, 50 another kind
 * of handle, or another process, 998 lpTargetHandle, 1450 no descriptors or handles.
 */
WINBASEAPI BOOL WINAPI DuplicateHandle(HANDLE hSourceProcessHandle, HANDLE hSourceHandle,
				       HANDLE hTargetProcessHandle, LPHANDLE lpTargetHandle,
				       DWORD dwDesiredAccess, BOOL bInheritHandle, DWORD dwOptions);

WINVM_END_DECLS

#endif /* WINVM_HANDLEAPI_H */
