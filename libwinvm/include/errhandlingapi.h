/* SPDX-License-Identifier: MIT */
/* The last error of a thread, and exceptions: handlers, filters, raising them. */
#ifndef WINVM_ERRHANDLINGAPI_H
#define WINVM_ERRHANDLINGAPI_H

#include <minwinbase.h>

WINVM_BEGIN_DECLS

/* Each thread has its own, 0 at first. Safe in signal handlers. */
WINBASEAPI DWORD WINAPI GetLastError(VOID);
WINBASEAPI VOID WINAPI SetLastError(DWORD dwErrCode);

/*
 * Who is asked about an exception, in order, until one answers:
 *
 *   the vectored handlers      EXCEPTION_CONTINUE_EXECUTION goes on, any other
 *                              answer asks the next
 *   the filters of the thread's try blocks, innermost first (winvm-seh.h)
 *   the unhandled exception filter
 *   whoever had SIGSEGV or SIGBUS before the library, if it is a fault; else
 *   the process ends by SIGABRT
 *
 * To go on means with the CONTEXT as the handlers and filters left it.
 *
 * The library takes SIGSEGV and SIGBUS when it is loaded. A program's own
 * handler that was installed later is found when a vectored handler is added
 * or the unhandled exception filter set, and is called last from then on. One
 * that is installed after that gets the signal first, and may pass it on to
 * the action that sigaction() gave back. Signals that were sent, by kill() and
 * its kin, are no exceptions.
 */

/*
 * Adds a handler at the front (First not 0) or the end of the list, and gives
 * a handle for its removal, or NULL (ERROR_NOT_ENOUGH_MEMORY).
 */
WINBASEAPI PVOID WINAPI AddVectoredExceptionHandler(ULONG First,
						    PVECTORED_EXCEPTION_HANDLER Handler);

/*
 * Removes one; gives 0 if there is none of that handle. A thread that is
 * inside the handler stays there. Handlers may add and remove handlers.
 */
WINBASEAPI ULONG WINAPI RemoveVectoredExceptionHandler(PVOID Handle);

/*
 * Continue handlers are called, in order, when somebody has answered
 * EXCEPTION_CONTINUE_EXECUTION, until one gives that answer, too. The thread
 * goes on whatever they answer. Add and remove are as above; the handles are
 * of this list.
 */
WINBASEAPI PVOID WINAPI AddVectoredContinueHandler(ULONG First,
						   PVECTORED_EXCEPTION_HANDLER Handler);
WINBASEAPI ULONG WINAPI RemoveVectoredContinueHandler(PVOID Handle);

/*
 * Sets the filter for exceptions that nobody took, NULL for none, and gives
 * the one before. On its EXCEPTION_EXECUTE_HANDLER the process ends without a
 * word, with the lower 8 bits of the exception's code as its exit status, or
 * 255 if they are 0.
 */
WINBASEAPI LPTOP_LEVEL_EXCEPTION_FILTER WINAPI SetUnhandledExceptionFilter(
	LPTOP_LEVEL_EXCEPTION_FILTER lpFilter);

/* Calls that filter; EXCEPTION_CONTINUE_SEARCH if there is none. */
WINBASEAPI LONG WINAPI UnhandledExceptionFilter(EXCEPTION_POINTERS *ExceptionInfo);

/*
 * Raises an exception with up to 15 arguments, further ones are left out; the
 * handlers and filters run on the caller's stack. Flags other than
 * EXCEPTION_NONCONTINUABLE have no effect. Returns if somebody goes on.
 */
WINBASEAPI VOID WINAPI RaiseException(DWORD dwExceptionCode, DWORD dwExceptionFlags,
				      DWORD nNumberOfArguments, const ULONG_PTR *lpArguments);

WINVM_END_DECLS

#endif /* WINVM_ERRHANDLINGAPI_H */
