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

#endif /* WINVM_MINWINBASE_H */
