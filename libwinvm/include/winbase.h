/* SPDX-License-Identifier: MIT */
/* How files are opened, and kinds of files; jobs. */
#ifndef WINVM_WINBASE_H
#define WINVM_WINBASE_H

#include <minwinbase.h>

/* dwFlagsAndAttributes of CreateFile, which tells what they do. */
#define FILE_FLAG_OPEN_NO_RECALL     0x00100000
#define FILE_FLAG_OPEN_REPARSE_POINT 0x00200000
#define FILE_FLAG_POSIX_SEMANTICS    0x01000000
#define FILE_FLAG_BACKUP_SEMANTICS   0x02000000
#define FILE_FLAG_DELETE_ON_CLOSE    0x04000000
#define FILE_FLAG_SEQUENTIAL_SCAN    0x08000000
#define FILE_FLAG_RANDOM_ACCESS	     0x10000000
#define FILE_FLAG_NO_BUFFERING	     0x20000000
#define FILE_FLAG_OVERLAPPED	     0x40000000
#define FILE_FLAG_WRITE_THROUGH	     0x80000000

WINVM_BEGIN_DECLS

/* As CreateJobObjectW, whose page tells what it does. */
WINBASEAPI HANDLE WINAPI CreateJobObjectA(LPSECURITY_ATTRIBUTES lpJobAttributes, LPCSTR lpName);

WINVM_END_DECLS

/* Where SetFilePointer counts from. */
#define FILE_BEGIN   0
#define FILE_CURRENT 1
#define FILE_END     2

#define INVALID_SET_FILE_POINTER ((DWORD)-1)

/* What GetFileType gives. */
#define FILE_TYPE_UNKNOWN 0x0000
#define FILE_TYPE_DISK	  0x0001
#define FILE_TYPE_CHAR	  0x0002
#define FILE_TYPE_PIPE	  0x0003

WINVM_BEGIN_DECLS

/* MEMORYSTATUSEX of sysinfoapi.h, in its older form; @dwLength is out. */
typedef struct _MEMORYSTATUS {
	DWORD dwLength;
	DWORD dwMemoryLoad;
	SIZE_T dwTotalPhys;
	SIZE_T dwAvailPhys;
	SIZE_T dwTotalPageFile;
	SIZE_T dwAvailPageFile;
	SIZE_T dwTotalVirtual;
	SIZE_T dwAvailVirtual;
} MEMORYSTATUS, *LPMEMORYSTATUS;

WINVM_STATIC_ASSERT(sizeof(MEMORYSTATUS) == 56, "Windows x64 layout");

/* As GlobalMemoryStatusEx(); without the module all but dwLength is 0. */
WINBASEAPI VOID WINAPI GlobalMemoryStatus(LPMEMORYSTATUS lpBuffer);

WINVM_END_DECLS

#endif /* WINVM_WINBASE_H */
