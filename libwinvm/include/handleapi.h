/* SPDX-License-Identifier: MIT */
#ifndef WINVM_HANDLEAPI_H
#define WINVM_HANDLEAPI_H

#include <minwinbase.h>

WINVM_BEGIN_DECLS

/*
 * Closes a handle on a process, a thread or a file. GetCurrentProcess() need
 * not be closed: doing so succeeds and does nothing. A child that has ended is
 * reaped; one that runs on is left for the program to wait for, if it likes.
 * Error: 6 no such handle.
 */
WINBASEAPI BOOL WINAPI CloseHandle(HANDLE hObject);

WINVM_END_DECLS

#endif /* WINVM_HANDLEAPI_H */
