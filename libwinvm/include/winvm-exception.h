/* SPDX-License-Identifier: MIT */
/* Exception records, and the handlers and filters that get them (SPEC 9). */
#ifndef WINVM_EXCEPTION_H
#define WINVM_EXCEPTION_H

#include <windef.h>
#include <winvm-context.h>

#define EXCEPTION_MAXIMUM_PARAMETERS 15

/* ExceptionFlags: to go on raises STATUS_NONCONTINUABLE_EXCEPTION */
#define EXCEPTION_NONCONTINUABLE 0x1

/* ExceptionInformation[0] of the memory exceptions */
#define EXCEPTION_READ_FAULT	0
#define EXCEPTION_WRITE_FAULT	1
#define EXCEPTION_EXECUTE_FAULT 8

/* What a handler answers */
#define EXCEPTION_EXECUTE_HANDLER    1
#define EXCEPTION_CONTINUE_SEARCH    0
#define EXCEPTION_CONTINUE_EXECUTION (-1)

/*
 * The status codes that winnt.h has always had, as DWORD. A program that
 * wants all of ntstatus.h as NTSTATUS defines WIN32_NO_STATUS for windows.h,
 * undefines it, then includes ntstatus.h.
 */
#if !defined(WIN32_NO_STATUS) && !defined(WINVM_NTSTATUS_H)
#define STATUS_GUARD_PAGE_VIOLATION	((DWORD)0x80000001)
#define STATUS_ACCESS_VIOLATION		((DWORD)0xC0000005)
#define STATUS_IN_PAGE_ERROR		((DWORD)0xC0000006)
#define STATUS_INVALID_HANDLE		((DWORD)0xC0000008)
#define STATUS_INVALID_PARAMETER	((DWORD)0xC000000D)
#define STATUS_NO_MEMORY		((DWORD)0xC0000017)
#define STATUS_NONCONTINUABLE_EXCEPTION ((DWORD)0xC0000025)
#define STATUS_STACK_OVERFLOW		((DWORD)0xC00000FD)
#endif

#define EXCEPTION_GUARD_PAGE		   STATUS_GUARD_PAGE_VIOLATION
#define EXCEPTION_ACCESS_VIOLATION	   STATUS_ACCESS_VIOLATION
#define EXCEPTION_IN_PAGE_ERROR		   STATUS_IN_PAGE_ERROR
#define EXCEPTION_INVALID_HANDLE	   STATUS_INVALID_HANDLE
#define EXCEPTION_STACK_OVERFLOW	   STATUS_STACK_OVERFLOW
#define EXCEPTION_NONCONTINUABLE_EXCEPTION STATUS_NONCONTINUABLE_EXCEPTION

/**
 * EXCEPTION_RECORD - what happened
 * @ExceptionCode: STATUS_ACCESS_VIOLATION (SPEC EX-1),
 *	STATUS_GUARD_PAGE_VIOLATION (SPEC GP-2), STATUS_STACK_OVERFLOW (SPEC ST-10),
 *	STATUS_IN_PAGE_ERROR (SPEC EX-2), or what RaiseException() was given
 * @ExceptionFlags: 0 or EXCEPTION_NONCONTINUABLE
 * @ExceptionRecord: NULL; with STATUS_NONCONTINUABLE_EXCEPTION the exception
 *	that a handler wanted to go on from
 * @ExceptionAddress: the instruction, or where RaiseException() returns
 * @NumberParameters: 2, or 3 with STATUS_IN_PAGE_ERROR, or as given
 * @ExceptionInformation: EXCEPTION_READ_FAULT, _WRITE_FAULT or _EXECUTE_FAULT;
 *	the address touched, all ones where the processor does not tell it;
 *	the NTSTATUS of the failed page-in
 */
typedef struct _EXCEPTION_RECORD {
	DWORD ExceptionCode;
	DWORD ExceptionFlags;
	struct _EXCEPTION_RECORD *ExceptionRecord;
	PVOID ExceptionAddress;
	DWORD NumberParameters;
	ULONG_PTR ExceptionInformation[EXCEPTION_MAXIMUM_PARAMETERS];
} EXCEPTION_RECORD, *PEXCEPTION_RECORD;

WINVM_STATIC_ASSERT(sizeof(EXCEPTION_RECORD) == 152, "Windows x64 layout");

typedef struct _EXCEPTION_POINTERS {
	PEXCEPTION_RECORD ExceptionRecord;
	PCONTEXT ContextRecord;
} EXCEPTION_POINTERS, *PEXCEPTION_POINTERS, *LPEXCEPTION_POINTERS;

/*
 * Handlers and filters run in the thread of the exception. If it is a fault
 * they run in a signal handler, on the thread's alternate signal stack where
 * it has one. Exceptions inside them are dispatched as well.
 */
typedef LONG(NTAPI *PVECTORED_EXCEPTION_HANDLER)(EXCEPTION_POINTERS *ExceptionInfo);
typedef LONG(WINAPI *PTOP_LEVEL_EXCEPTION_FILTER)(EXCEPTION_POINTERS *ExceptionInfo);
typedef PTOP_LEVEL_EXCEPTION_FILTER LPTOP_LEVEL_EXCEPTION_FILTER;

#endif /* WINVM_EXCEPTION_H */
