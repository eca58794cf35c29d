/* SPDX-License-Identifier: MIT */
/* The last error of a thread, and vectored exception handlers. */
#ifndef WINVM_ERRHANDLINGAPI_H
#define WINVM_ERRHANDLINGAPI_H

#include <minwinbase.h>

WINVM_BEGIN_DECLS

/* Each thread has its own, 0 at first. Safe in signal handlers. */
WINBASEAPI DWORD WINAPI GetLastError(VOID);
WINBASEAPI VOID WINAPI SetLastError(DWORD dwErrCode);

/*
 * Adds a handler at the front (First not 0) or the end of the list, and gives
 * a handle for its removal, or NULL (ERROR_NOT_ENOUGH_MEMORY).
 *
 * On a fault the handlers are called in order until one answers
 * EXCEPTION_CONTINUE_EXECUTION: the thread goes on with the CONTEXT as the
 * handler left it. When all of them answer EXCEPTION_CONTINUE_SEARCH, the
 * signal goes where it went before: to the program's handler, or the process
 * dies of it.
 *
 * The library takes SIGSEGV and SIGBUS when it is loaded. A program's own
 * handler that was installed later is found by the next call of this
 * function, and is called after the vectored handlers from then on. One that
 * is installed after it gets the signal first, and may pass it on to the
 * action that sigaction() gave back. Signals that were sent, by kill() and its
 * kin, are no exceptions.
 */
WINBASEAPI PVOID WINAPI AddVectoredExceptionHandler(ULONG First,
						    PVECTORED_EXCEPTION_HANDLER Handler);

/*
 * Removes one; gives 0 if there is none of that handle. A thread that is
 * inside the handler stays there. Handlers may add and remove handlers.
 */
WINBASEAPI ULONG WINAPI RemoveVectoredExceptionHandler(PVOID Handle);

WINVM_END_DECLS

#endif /* WINVM_ERRHANDLINGAPI_H */
