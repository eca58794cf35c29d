/* SPDX-License-Identifier: MIT */
/* Completion ports, for the messages of jobs. */
#ifndef WINVM_IOAPISET_H
#define WINVM_IOAPISET_H

#include <minwinbase.h>

WINVM_BEGIN_DECLS

/*
 * A port; NULL on failure. FileHandle: INVALID_HANDLE_VALUE, for files have no
 * completion here; ExistingCompletionPort: NULL. The others are not looked at.
 * Errors: 50 a file; 87 a port; 1450 no descriptors or handles.
 */
WINBASEAPI HANDLE WINAPI CreateIoCompletionPort(HANDLE FileHandle, HANDLE ExistingCompletionPort,
						ULONG_PTR CompletionKey,
						DWORD NumberOfConcurrentThreads);

/*
 * Waits for a packet that was posted or a job's message: JOB_OBJECT_MSG_* in
 * lpNumberOfBytesTransferred, the job's key, and the process id in lpOverlapped.
 * A job keeps 256 messages; those that there is no room for are lost, as Windows
 * may lose them. Errors: 258 none in time, lpOverlapped is NULL then; 6; 998.
 */
WINBASEAPI BOOL WINAPI GetQueuedCompletionStatus(HANDLE CompletionPort,
						 LPDWORD lpNumberOfBytesTransferred,
						 PULONG_PTR lpCompletionKey,
						 LPOVERLAPPED *lpOverlapped, DWORD dwMilliseconds);

/* Puts a packet into the port. Errors: 6; 1450 more are waiting than it can hold. */
WINBASEAPI BOOL WINAPI PostQueuedCompletionStatus(HANDLE CompletionPort,
						  DWORD dwNumberOfBytesTransferred,
						  ULONG_PTR dwCompletionKey,
						  LPOVERLAPPED lpOverlapped);

WINVM_END_DECLS

#endif /* WINVM_IOAPISET_H */
