/* SPDX-License-Identifier: MIT */
/* What is mapped into a process, and where the machine pages to. */
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

/**
 * ENUM_PAGE_FILE_INFORMATION - one page file: sizes in pages of 4 KB
 * @cb: 32, bytes of this structure
 * @TotalSize: how many pages it has room for
 * @TotalInUse: how many it holds
 * @PeakUsage: @TotalInUse: Linux keeps no peak
 */
typedef struct _ENUM_PAGE_FILE_INFORMATION {
	DWORD cb;
	DWORD Reserved;
	SIZE_T TotalSize;
	SIZE_T TotalInUse;
	SIZE_T PeakUsage;
} ENUM_PAGE_FILE_INFORMATION, *PENUM_PAGE_FILE_INFORMATION;

WINVM_STATIC_ASSERT(sizeof(ENUM_PAGE_FILE_INFORMATION) == 32, "Windows x64 layout");

/* What is called for a page file; FALSE: no more of them. */
typedef BOOL(CALLBACK *PENUM_PAGE_FILE_CALLBACKA)(LPVOID pContext,
						  PENUM_PAGE_FILE_INFORMATION pPageFileInfo,
						  LPCSTR lpFilename);
typedef BOOL(CALLBACK *PENUM_PAGE_FILE_CALLBACKW)(LPVOID pContext,
						  PENUM_PAGE_FILE_INFORMATION pPageFileInfo,
						  LPCWSTR lpFilename);

/*
 * Calls a function for each page file, which is to say for each of Linux' swap
 * areas, with its path; TRUE also if there is none. All of them are looked up
 * before the first call. Errors: 87 no function; 5 /proc/swaps cannot
 * be read; 8 memory is short.
 */
WINBASEAPI BOOL WINAPI EnumPageFilesA(PENUM_PAGE_FILE_CALLBACKA pCallBackRoutine, LPVOID pContext);
WINBASEAPI BOOL WINAPI EnumPageFilesW(PENUM_PAGE_FILE_CALLBACKW pCallBackRoutine, LPVOID pContext);

#define K32EnumPageFilesA EnumPageFilesA
#define K32EnumPageFilesW EnumPageFilesW

#ifdef UNICODE
#define GetMappedFileName	 GetMappedFileNameW
#define PENUM_PAGE_FILE_CALLBACK PENUM_PAGE_FILE_CALLBACKW
#define EnumPageFiles		 EnumPageFilesW
#else
#define GetMappedFileName	 GetMappedFileNameA
#define PENUM_PAGE_FILE_CALLBACK PENUM_PAGE_FILE_CALLBACKA
#define EnumPageFiles		 EnumPageFilesA
#endif

WINVM_END_DECLS

#endif /* WINVM_PSAPI_H */
