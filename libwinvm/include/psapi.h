/* SPDX-License-Identifier: MIT */
/* What is mapped into a process. */
#ifndef WINVM_PSAPI_H
#define WINVM_PSAPI_H

#include <windows.h>

WINVM_BEGIN_DECLS

/*
 * The path of the file that is mapped at an address: a program, a library or
 * data, as Linux has it, not a device path. Gives its length in characters,
 * without the zero that is written behind it; 0 on failure, and then nothing
 * is written. nSize is in characters: bytes, or units of UTF-16, where bytes
 * that are no UTF-8 become U+FFFD. Right: PROCESS_QUERY_INFORMATION.
 * Errors: 59 no file is mapped there; 122 nSize is too small; 1006 the file
 * has no path (shared memory, deleted, or outside the caller's root); 206 the
 * path has 4096 bytes or more; 87 an address above the user range; 998
 * lpFilename cannot be written (SPEC NQ-3).
 */
WINBASEAPI DWORD WINAPI GetMappedFileNameA(HANDLE hProcess, LPVOID lpv, LPSTR lpFilename,
					   DWORD nSize);
WINBASEAPI DWORD WINAPI GetMappedFileNameW(HANDLE hProcess, LPVOID lpv, LPWSTR lpFilename,
					   DWORD nSize);

#ifdef UNICODE
#define GetMappedFileName GetMappedFileNameW
#else
#define GetMappedFileName GetMappedFileNameA
#endif

WINVM_END_DECLS

#endif /* WINVM_PSAPI_H */
