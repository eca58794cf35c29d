/* SPDX-License-Identifier: MIT */
/*
 * What is mapped into a process, what of it is in its working set, and where the
 * machine pages to.
 */
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

/**
 * PSAPI_WORKING_SET_BLOCK - a page of the working set; see MEMORY_WORKING_SET_BLOCK
 * @Reserved: the low bits of its NUMA node
 */
typedef union _PSAPI_WORKING_SET_BLOCK {
	ULONG_PTR Flags;
	__extension__ struct {
		ULONG_PTR Protection : 5;
		ULONG_PTR ShareCount : 3;
		ULONG_PTR Shared : 1;
		ULONG_PTR Reserved : 3;
		ULONG_PTR VirtualPage : 52;
	};
} PSAPI_WORKING_SET_BLOCK, *PPSAPI_WORKING_SET_BLOCK;

typedef struct _PSAPI_WORKING_SET_INFORMATION {
	ULONG_PTR NumberOfEntries;
	PSAPI_WORKING_SET_BLOCK WorkingSetInfo[1];
} PSAPI_WORKING_SET_INFORMATION, *PPSAPI_WORKING_SET_INFORMATION;

/* What is told of a page; see MEMORY_WORKING_SET_EX_BLOCK, which has more names. */
typedef union _PSAPI_WORKING_SET_EX_BLOCK {
	ULONG_PTR Flags;
	__extension__ union {
		__extension__ struct {
			ULONG_PTR Valid : 1;
			ULONG_PTR ShareCount : 3;
			ULONG_PTR Win32Protection : 11;
			ULONG_PTR Shared : 1;
			ULONG_PTR Node : 6;
			ULONG_PTR Locked : 1;
			ULONG_PTR LargePage : 1;
			ULONG_PTR Reserved : 7;
			ULONG_PTR Bad : 1;
			ULONG_PTR ReservedUlong : 32;
		};
		struct {
			ULONG_PTR Valid : 1;
			ULONG_PTR Reserved0 : 14;
			ULONG_PTR Shared : 1;
			ULONG_PTR Reserved1 : 15;
			ULONG_PTR Bad : 1;
			ULONG_PTR ReservedUlong : 32;
		} Invalid;
	};
} PSAPI_WORKING_SET_EX_BLOCK, *PPSAPI_WORKING_SET_EX_BLOCK;

typedef struct _PSAPI_WORKING_SET_EX_INFORMATION {
	PVOID VirtualAddress;
	PSAPI_WORKING_SET_EX_BLOCK VirtualAttributes;
} PSAPI_WORKING_SET_EX_INFORMATION, *PPSAPI_WORKING_SET_EX_INFORMATION;

WINVM_STATIC_ASSERT(sizeof(PSAPI_WORKING_SET_INFORMATION) == 16, "Windows x64 layout");
WINVM_STATIC_ASSERT(sizeof(PSAPI_WORKING_SET_EX_INFORMATION) == 16, "Windows x64 layout");

/*
 * Takes every page of winvm's memory that is not locked out of the working
 * set, or as many as its hard minimum allows (SPEC WS-3, WS-8). Contents stay.
 * Right: PROCESS_SET_QUOTA.
 */
WINBASEAPI BOOL WINAPI EmptyWorkingSet(HANDLE hProcess);

/*
 * All pages of the working set, as PSAPI_WORKING_SET_INFORMATION, by address.
 * Right: PROCESS_QUERY_INFORMATION. Errors: 24 cb bytes have no room for them;
 * NumberOfEntries tells how many there were, unless cb is less than 8 (SPEC
 * WS-17). 998 pv cannot be written.
 */
WINBASEAPI BOOL WINAPI QueryWorkingSet(HANDLE hProcess, PVOID pv, DWORD cb);

/*
 * Tells of each page whose address is in the array of
 * PSAPI_WORKING_SET_EX_INFORMATION whether it is in the working set, and how
 * (SPEC WS-10 to WS-16). cb in bytes; what is left over behind the last entry
 * is ignored. Right: PROCESS_QUERY_INFORMATION. Errors: 24 no room for one
 * entry, 998 pv cannot be accessed.
 */
WINBASEAPI BOOL WINAPI QueryWorkingSetEx(HANDLE hProcess, PVOID pv, DWORD cb);

/**
 * PSAPI_WS_WATCH_INFORMATION - a page that came into the working set
 * @FaultingPc: the instruction that touched it; NULL ends an array
 * @FaultingVa: the address it touched; behind the last how many are missing
 */
typedef struct _PSAPI_WS_WATCH_INFORMATION {
	LPVOID FaultingPc;
	LPVOID FaultingVa;
} PSAPI_WS_WATCH_INFORMATION, *PPSAPI_WS_WATCH_INFORMATION;

/**
 * PSAPI_WS_WATCH_INFORMATION_EX - the same, and who it was
 * @FaultingThreadId: the thread's id
 * @Flags: 0
 */
typedef struct _PSAPI_WS_WATCH_INFORMATION_EX {
	PSAPI_WS_WATCH_INFORMATION BasicInfo;
	ULONG_PTR FaultingThreadId;
	ULONG_PTR Flags;
} PSAPI_WS_WATCH_INFORMATION_EX, *PPSAPI_WS_WATCH_INFORMATION_EX;

WINVM_STATIC_ASSERT(sizeof(PSAPI_WS_WATCH_INFORMATION) == 16, "Windows x64 layout");
WINVM_STATIC_ASSERT(sizeof(PSAPI_WS_WATCH_INFORMATION_EX) == 32, "Windows x64 layout");

/*
 * From now on pages of winvm's memory that faults bring into the working set
 * are remembered, a thousand of them, until they are asked for (SPEC WS-19).
 * Again: what was remembered is forgotten. Right: PROCESS_QUERY_INFORMATION.
 * Errors: 1816 bookkeeping has reached its limit.
 */
WINBASEAPI BOOL WINAPI InitializeProcessForWsWatch(HANDLE hProcess);

/*
 * What was remembered, oldest first, with a last entry whose FaultingPc is
 * NULL; it is forgotten then. cb is the room in bytes; *cb becomes what was
 * written, or is needed. Right: PROCESS_QUERY_INFORMATION. Errors: 31 the
 * process is not watched, 122 too little room, 259 nothing was remembered, or
 * another thread takes it just now, 998 the buffer cannot be written.
 */
WINBASEAPI BOOL WINAPI GetWsChanges(HANDLE hProcess, PPSAPI_WS_WATCH_INFORMATION lpWatchInfo,
				    DWORD cb);
WINBASEAPI BOOL WINAPI GetWsChangesEx(HANDLE hProcess, PPSAPI_WS_WATCH_INFORMATION_EX lpWatchInfoEx,
				      PDWORD cb);

/**
 * PROCESS_MEMORY_COUNTERS - memory of a process, in bytes (SPEC CC-9)
 * @cb: what was filled in of the structure
 * @PageFaultCount: soft and hard page faults, of all threads that it has had
 * @PeakWorkingSetSize: the most of @WorkingSetSize
 * @WorkingSetSize: in memory, of all that it has mapped
 * @QuotaPagedPoolUsage, @QuotaPeakPagedPoolUsage: 0
 * @QuotaNonPagedPoolUsage: kernel memory for its allocations and page states
 * @QuotaPeakNonPagedPoolUsage: the most that was
 * @PagefileUsage: commit charge: what was committed by calls of winvm
 * @PeakPagefileUsage: the most that was (SPEC CC-8)
 */
typedef struct _PROCESS_MEMORY_COUNTERS {
	DWORD cb;
	DWORD PageFaultCount;
	SIZE_T PeakWorkingSetSize;
	SIZE_T WorkingSetSize;
	SIZE_T QuotaPeakPagedPoolUsage;
	SIZE_T QuotaPagedPoolUsage;
	SIZE_T QuotaPeakNonPagedPoolUsage;
	SIZE_T QuotaNonPagedPoolUsage;
	SIZE_T PagefileUsage;
	SIZE_T PeakPagefileUsage;
} PROCESS_MEMORY_COUNTERS, *PPROCESS_MEMORY_COUNTERS;

/**
 * PROCESS_MEMORY_COUNTERS_EX - the same, and
 * @PrivateUsage: @PagefileUsage once more
 */
typedef struct _PROCESS_MEMORY_COUNTERS_EX {
	DWORD cb;
	DWORD PageFaultCount;
	SIZE_T PeakWorkingSetSize;
	SIZE_T WorkingSetSize;
	SIZE_T QuotaPeakPagedPoolUsage;
	SIZE_T QuotaPagedPoolUsage;
	SIZE_T QuotaPeakNonPagedPoolUsage;
	SIZE_T QuotaNonPagedPoolUsage;
	SIZE_T PagefileUsage;
	SIZE_T PeakPagefileUsage;
	SIZE_T PrivateUsage;
} PROCESS_MEMORY_COUNTERS_EX, *PPROCESS_MEMORY_COUNTERS_EX;

/**
 * PROCESS_MEMORY_COUNTERS_EX2 - the same, and
 * @PrivateWorkingSetSize: what of @WorkingSetSize no other process could share
 * @SharedCommitUsage: what is committed of its views of the page file's sections,
 *	each view for itself
 */
typedef struct _PROCESS_MEMORY_COUNTERS_EX2 {
	DWORD cb;
	DWORD PageFaultCount;
	SIZE_T PeakWorkingSetSize;
	SIZE_T WorkingSetSize;
	SIZE_T QuotaPeakPagedPoolUsage;
	SIZE_T QuotaPagedPoolUsage;
	SIZE_T QuotaPeakNonPagedPoolUsage;
	SIZE_T QuotaNonPagedPoolUsage;
	SIZE_T PagefileUsage;
	SIZE_T PeakPagefileUsage;
	SIZE_T PrivateUsage;
	SIZE_T PrivateWorkingSetSize;
	ULONG64 SharedCommitUsage;
} PROCESS_MEMORY_COUNTERS_EX2, *PPROCESS_MEMORY_COUNTERS_EX2;

WINVM_STATIC_ASSERT(sizeof(PROCESS_MEMORY_COUNTERS) == 72, "Windows x64 layout");
WINVM_STATIC_ASSERT(sizeof(PROCESS_MEMORY_COUNTERS_EX) == 80, "Windows x64 layout");
WINVM_STATIC_ASSERT(sizeof(PROCESS_MEMORY_COUNTERS_EX2) == 96, "Windows x64 layout");

/*
 * Fills in the largest of the three that has room in cb bytes. Right:
 * PROCESS_QUERY_INFORMATION or PROCESS_QUERY_LIMITED_INFORMATION; with the
 * latter alone Linux is asked by each call. The last one takes a walk through the
 * process's page tables. Errors: 122 cb is less than the first one's size (SPEC
 * CC-10), 6 no process, 5 no right, or the process has ended, 998 the structure
 * cannot be written.
 */
WINBASEAPI BOOL WINAPI GetProcessMemoryInfo(HANDLE Process, PPROCESS_MEMORY_COUNTERS ppsmemCounters,
					    DWORD cb);

/**
 * PERFORMANCE_INFORMATION - the machine, in pages (SPEC CC-13)
 * @cb: 104, bytes of this structure
 * @CommitTotal: commit charge of all processes and sections of winvm
 * @CommitLimit: RAM plus swap
 * @CommitPeak: the most of @CommitTotal since the module was loaded
 * @PhysicalTotal, @PhysicalAvailable: as of MEMORYSTATUSEX
 * @SystemCache: Linux' Cached and Buffers
 * @KernelTotal: the sum of
 * @KernelPaged: memory of the kernel that it can give back: SReclaimable
 * @KernelNonpaged: SUnreclaim, stacks and page tables
 * @PageSize: in bytes
 * @HandleCount: open files
 * @ProcessCount, @ThreadCount: of those that can be seen in /proc
 */
typedef struct _PERFORMANCE_INFORMATION {
	DWORD cb;
	SIZE_T CommitTotal;
	SIZE_T CommitLimit;
	SIZE_T CommitPeak;
	SIZE_T PhysicalTotal;
	SIZE_T PhysicalAvailable;
	SIZE_T SystemCache;
	SIZE_T KernelTotal;
	SIZE_T KernelPaged;
	SIZE_T KernelNonpaged;
	SIZE_T PageSize;
	DWORD HandleCount;
	DWORD ProcessCount;
	DWORD ThreadCount;
} PERFORMANCE_INFORMATION, *PPERFORMANCE_INFORMATION;

WINVM_STATIC_ASSERT(sizeof(PERFORMANCE_INFORMATION) == 104, "Windows x64 layout");

/* Errors: 24 cb is less than 104, 998 the structure cannot be written. */
WINBASEAPI BOOL WINAPI GetPerformanceInfo(PPERFORMANCE_INFORMATION pPerformanceInformation,
					  DWORD cb);

/* The names that kernel32.dll has for them. */
#define K32GetPerformanceInfo	       GetPerformanceInfo
#define K32GetProcessMemoryInfo	       GetProcessMemoryInfo
#define K32GetMappedFileNameA	       GetMappedFileNameA
#define K32GetMappedFileNameW	       GetMappedFileNameW
#define K32EmptyWorkingSet	       EmptyWorkingSet
#define K32QueryWorkingSet	       QueryWorkingSet
#define K32QueryWorkingSetEx	       QueryWorkingSetEx
#define K32GetWsChanges		       GetWsChanges
#define K32GetWsChangesEx	       GetWsChangesEx
#define K32InitializeProcessForWsWatch InitializeProcessForWsWatch

WINVM_END_DECLS

#endif /* WINVM_PSAPI_H */
