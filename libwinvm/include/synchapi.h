/* SPDX-License-Identifier: MIT */
#ifndef WINVM_SYNCHAPI_H
#define WINVM_SYNCHAPI_H

#include <minwinbase.h>

WINVM_BEGIN_DECLS

/* Sleeps at least that long, signals or not; 0 yields, INFINITE never ends. */
WINBASEAPI VOID WINAPI Sleep(DWORD dwMilliseconds);

#define WAIT_OBJECT_0	     0
#define WAIT_TIMEOUT	     258
#define WAIT_FAILED	     ((DWORD)0xFFFFFFFF)
#define MAXIMUM_WAIT_OBJECTS 64

/*
 * Wait until an object is signalled: a process or its first thread, when it has
 * ended; a notification, while memory is as it says (SPEC CC-15). dwMilliseconds:
 * at most, INFINITE: without end, 0: only look. Give WAIT_TIMEOUT, or WAIT_OBJECT_0
 * plus the index of the first one that is signalled; with bWaitAll they wait until
 * all are at once. bAlertable is not looked at: nothing would be called. Right:
 * SYNCHRONIZE. WAIT_FAILED: 6 no such handle, 5 no right, 87 no handle, more than
 * 64, or with bWaitAll one that is there twice.
 */
WINBASEAPI DWORD WINAPI WaitForSingleObject(HANDLE hHandle, DWORD dwMilliseconds);
WINBASEAPI DWORD WINAPI WaitForSingleObjectEx(HANDLE hHandle, DWORD dwMilliseconds,
					      BOOL bAlertable);
WINBASEAPI DWORD WINAPI WaitForMultipleObjects(DWORD nCount, const HANDLE *lpHandles, BOOL bWaitAll,
					       DWORD dwMilliseconds);
WINBASEAPI DWORD WINAPI WaitForMultipleObjectsEx(DWORD nCount, const HANDLE *lpHandles,
						 BOOL bWaitAll, DWORD dwMilliseconds,
						 BOOL bAlertable);

WINVM_END_DECLS

#endif /* WINVM_SYNCHAPI_H */
