/* SPDX-License-Identifier: MIT */
/* Structures that several calls share. */
#ifndef WINVM_MINWINBASE_H
#define WINVM_MINWINBASE_H

#include <winnt.h>

#define INFINITE 0xFFFFFFFF

#define CopyMemory RtlCopyMemory
#define FillMemory RtlFillMemory
#define MoveMemory RtlMoveMemory
#define ZeroMemory RtlZeroMemory

typedef struct _SECURITY_ATTRIBUTES {
	DWORD nLength;
	LPVOID lpSecurityDescriptor;
	BOOL bInheritHandle;
} SECURITY_ATTRIBUTES, *PSECURITY_ATTRIBUTES, *LPSECURITY_ATTRIBUTES;

/**
 * OVERLAPPED - where in the file to read or write
 * @Internal: the call's NTSTATUS, afterwards
 * @InternalHigh: bytes transferred, afterwards
 * @Offset, @OffsetHigh: bytes from the file's beginning
 * @hEvent: must be NULL
 */
typedef struct _OVERLAPPED {
	ULONG_PTR Internal;
	ULONG_PTR InternalHigh;
	__extension__ union {
		__extension__ struct {
			DWORD Offset;
			DWORD OffsetHigh;
		};
		PVOID Pointer;
	};
	HANDLE hEvent;
} OVERLAPPED, *LPOVERLAPPED;

WINVM_STATIC_ASSERT(sizeof(OVERLAPPED) == 32, "Windows x64 layout");

#endif /* WINVM_MINWINBASE_H */
