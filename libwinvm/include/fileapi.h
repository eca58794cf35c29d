/* SPDX-License-Identifier: MIT */
/*
 * Files, as much as is needed to map them. A handle is a Linux descriptor in
 * disguise, closed by exec and not inherited. Names are Linux paths: UTF-8 or
 * UTF-16, with slashes; a backslash and a colon are characters like any other.
 * Input and output is synchronous.
 */
#ifndef WINVM_FILEAPI_H
#define WINVM_FILEAPI_H

#include <minwinbase.h>

WINVM_BEGIN_DECLS

/* dwCreationDisposition */
#define CREATE_NEW	  1
#define CREATE_ALWAYS	  2
#define OPEN_EXISTING	  3
#define OPEN_ALWAYS	  4
#define TRUNCATE_EXISTING 5

#define INVALID_FILE_SIZE ((DWORD)0xffffffff)

/*
 * Opens or creates a file; INVALID_HANDLE_VALUE on failure. The handle has the
 * rights asked for (SPEC SE-8); reading and FILE_EXECUTE need Linux' right to
 * read. On success the last error is 183 if CREATE_ALWAYS or OPEN_ALWAYS found
 * a file, else 0. dwShareMode is checked and not enforced; lpSecurityAttributes
 * is not looked at. Of the flags WRITE_THROUGH, NO_BUFFERING (O_DIRECT where
 * the file system has it), RANDOM_ACCESS, SEQUENTIAL_SCAN and DELETE_ON_CLOSE
 * are obeyed; of the attributes READONLY, for a file that is created. Other
 * attributes, POSIX_SEMANTICS and OPEN_NO_RECALL mean nothing here.
 * Errors: 2 no such file; 3 no such directory, no name; 5 Linux refuses, or a
 * directory; 19 read-only file system; 32 a program that runs; 80 CREATE_NEW
 * and the file exists; 87 disposition or share mode, TRUNCATE_EXISTING without
 * the right to write; 112 disk full; 123 half of a pair in UTF-16; 206 a path
 * of 4096 bytes; 50 FILE_FLAG_OVERLAPPED, BACKUP_SEMANTICS,
 * OPEN_REPARSE_POINT, other flags, a template,
 * MAXIMUM_ALLOWED; 1314 ACCESS_SYSTEM_SECURITY; 1450 no descriptors or handles.
 */
WINBASEAPI HANDLE WINAPI CreateFileA(LPCSTR lpFileName, DWORD dwDesiredAccess, DWORD dwShareMode,
				     LPSECURITY_ATTRIBUTES lpSecurityAttributes,
				     DWORD dwCreationDisposition, DWORD dwFlagsAndAttributes,
				     HANDLE hTemplateFile);
WINBASEAPI HANDLE WINAPI CreateFileW(LPCWSTR lpFileName, DWORD dwDesiredAccess, DWORD dwShareMode,
				     LPSECURITY_ATTRIBUTES lpSecurityAttributes,
				     DWORD dwCreationDisposition, DWORD dwFlagsAndAttributes,
				     HANDLE hTemplateFile);

/*
 * Takes a name away; the file goes with its last handle and view.
 * Errors: 2, 3, 5, 19, 32, 123, 206 as of CreateFile.
 */
WINBASEAPI BOOL WINAPI DeleteFileA(LPCSTR lpFileName);
WINBASEAPI BOOL WINAPI DeleteFileW(LPCWSTR lpFileName);

/*
 * Reads bytes at the file pointer, or where lpOverlapped tells, and moves the
 * file pointer behind them. A file gives all bytes up to its end, there 0 with
 * success, or error 38 with lpOverlapped. The whole buffer is made sure of
 * before anything is read: its pages count as written (SPEC WW-14), a guard is
 * consumed (SPEC GP-5). *lpNumberOfBytesRead may be NULL; it is told what was
 * read also when the call fails on the way. Right: FILE_READ_DATA.
 * Errors: 998 the buffer cannot be written, 0x80000001 it has a guard page; 6
 * no file, or an hEvent; 5 no right; 87 a negative offset, or NO_BUFFERING
 * and something not aligned; 109 a pipe without writers; 1117 the device.
 */
WINBASEAPI BOOL WINAPI ReadFile(HANDLE hFile, LPVOID lpBuffer, DWORD nNumberOfBytesToRead,
				LPDWORD lpNumberOfBytesRead, LPOVERLAPPED lpOverlapped);

/*
 * Writes bytes at the file pointer, or where lpOverlapped tells, and moves the
 * file pointer behind them; both halves of the offset 0xffffffff: at the end.
 * Right: FILE_WRITE_DATA, or FILE_APPEND_DATA, which alone writes at the end.
 * Errors: 1784 the buffer cannot be read, 0x80000001 it has a guard page; 112
 * disk full and 223 file too large, with a part written perhaps, of which
 * *lpNumberOfBytesWritten tells; 232 a pipe without readers; 5, 6, 87, 1117 as
 * of ReadFile.
 */
WINBASEAPI BOOL WINAPI WriteFile(HANDLE hFile, LPCVOID lpBuffer, DWORD nNumberOfBytesToWrite,
				 LPDWORD lpNumberOfBytesWritten, LPOVERLAPPED lpOverlapped);

/*
 * Makes sure that what was written is on the disk. Right: FILE_WRITE_DATA or
 * FILE_APPEND_DATA. Errors: 1 there is nothing of the kind, 5, 6, 112, 1117.
 */
WINBASEAPI BOOL WINAPI FlushFileBuffers(HANDLE hFile);

/*
 * The size of a file or block device in bytes. GetFileSize gives its lower
 * half, which may be INVALID_FILE_SIZE: the last error is 0 then.
 * Errors: 1 a pipe or a character device, 6 no file.
 */
WINBASEAPI BOOL WINAPI GetFileSizeEx(HANDLE hFile, PLARGE_INTEGER lpFileSize);
WINBASEAPI DWORD WINAPI GetFileSize(HANDLE hFile, LPDWORD lpFileSizeHigh);

/*
 * Move the file pointer, which may be past the end of the file. SetFilePointer
 * takes 32 bits if lpDistanceToMoveHigh is NULL and gives the lower half of
 * the new position, which may be INVALID_SET_FILE_POINTER: the last error is 0
 * then. Errors: 131 before the beginning; 87 dwMoveMethod, or a position that
 * the variables or Linux have no room for; 1 a pipe; 5 a handle that may
 * neither read, write nor execute; 6 no file.
 */
WINBASEAPI BOOL WINAPI SetFilePointerEx(HANDLE hFile, LARGE_INTEGER liDistanceToMove,
					PLARGE_INTEGER lpNewFilePointer, DWORD dwMoveMethod);
WINBASEAPI DWORD WINAPI SetFilePointer(HANDLE hFile, LONG lDistanceToMove,
				       PLONG lpDistanceToMoveHigh, DWORD dwMoveMethod);

/*
 * The file ends at the file pointer from now on; what is added is zero.
 * Right: FILE_WRITE_DATA. Errors: 5, 6, 112, 223, 87 no file that has an end, 1224
 * it would end before a section of it does (SPEC SE-34).
 */
WINBASEAPI BOOL WINAPI SetEndOfFile(HANDLE hFile);

/* FILE_TYPE_*: UNKNOWN with error 6 if hFile is no file. */
WINBASEAPI DWORD WINAPI GetFileType(HANDLE hFile);

#ifdef UNICODE
#define CreateFile CreateFileW
#define DeleteFile DeleteFileW
#else
#define CreateFile CreateFileA
#define DeleteFile DeleteFileA
#endif

WINVM_END_DECLS

#endif /* WINVM_FILEAPI_H */
