/* SPDX-License-Identifier: MIT */
/*
 * Reserve, commit, protect, query, lock, prefetch, offer, watch, copy. Sizes are in bytes.
 *
 * A process is named by GetCurrentProcess() or by a handle of OpenProcess or
 * CreateProcessA. ERROR_INVALID_HANDLE (6): not such a handle.
 * ERROR_ACCESS_DENIED (5): the handle lacks the right named below, or the
 * process is gone (SPEC G-6, G-7).
 */
#ifndef WINVM_MEMORYAPI_H
#define WINVM_MEMORYAPI_H

#include <minwinbase.h>

WINVM_BEGIN_DECLS

/*
 * Reserves or commits pages, and gives the first address, or NULL.
 * Reserving rounds lpAddress down to 64 KB, committing to a page; the end is
 * rounded up to a page (SPEC VA-20, VA-40). Right: PROCESS_VM_OPERATION.
 * Errors: 87 bad argument, 487 address taken or not reserved, 8 no room,
 * 1455 commit limit, 1816 quota, 1314 large pages (SPEC 3.1).
 * MEM_RESET lets the contents of the pages that lie in the range entirely go
 * when memory is short, MEM_RESET_UNDO keeps what is left of them; 31: a page
 * has lost its contents (SPEC MR-4, MR-5, MR-9).
 */
WINBASEAPI LPVOID WINAPI VirtualAlloc(LPVOID lpAddress, SIZE_T dwSize, DWORD flAllocationType,
				      DWORD flProtect);
WINBASEAPI LPVOID WINAPI VirtualAllocEx(HANDLE hProcess, LPVOID lpAddress, SIZE_T dwSize,
					DWORD flAllocationType, DWORD flProtect);

/*
 * VirtualAllocEx that prefers a NUMA node, one that GetNumaHighestNodeNumber
 * allows or NUMA_NO_PREFERRED_NODE; else error 87 (SPEC NU-1). The node is
 * kept with the allocation; the threads' own policy places the pages.
 */
WINBASEAPI LPVOID WINAPI VirtualAllocExNuma(HANDLE hProcess, LPVOID lpAddress, SIZE_T dwSize,
					    DWORD flAllocationType, DWORD flProtect,
					    DWORD nndPreferred);

/*
 * VirtualAllocEx with requirements on the address the system chooses, and
 * placeholders (SPEC 4). Process may be NULL for the own one (SPEC VX-1).
 *
 * MEM_RESERVE | MEM_RESERVE_PLACEHOLDER with PAGE_NOACCESS makes a placeholder
 * (SPEC PH-1), MEM_RESERVE | MEM_REPLACE_PLACEHOLDER takes the place of exactly
 * one (SPEC PH-5). A BaseAddress is a multiple of 64 KB, or of a page where a
 * placeholder is replaced or pages are committed (SPEC VX-12, PH-9); Size is
 * in bytes and rounded up to a page. Right: PROCESS_VM_OPERATION. Errors: 87
 * bad argument or parameter (SPEC VX-2 to VX-12), 487 address taken, not
 * reserved, or no such placeholder, 8 no address meets the requirements
 * (SPEC VX-9), 50 a parameter the system does not provide, others as above.
 */
WINBASEAPI PVOID WINAPI VirtualAlloc2(HANDLE Process, PVOID BaseAddress, SIZE_T Size,
				      ULONG AllocationType, ULONG PageProtection,
				      MEM_EXTENDED_PARAMETER *ExtendedParameters,
				      ULONG ParameterCount);

/* The same, but error 87 for protections that permit execution (SPEC VX-13). */
WINBASEAPI PVOID WINAPI VirtualAllocFromApp(PVOID BaseAddress, SIZE_T Size, ULONG AllocationType,
					    ULONG Protection);
WINBASEAPI PVOID WINAPI VirtualAlloc2FromApp(HANDLE Process, PVOID BaseAddress, SIZE_T Size,
					     ULONG AllocationType, ULONG PageProtection,
					     MEM_EXTENDED_PARAMETER *ExtendedParameters,
					     ULONG ParameterCount);

/*
 * Decommits every page that holds a byte of the range, or releases a whole
 * allocation (dwSize 0) (SPEC VF-1, VF-20). MEM_RELEASE goes with
 * MEM_PRESERVE_PLACEHOLDER or MEM_COALESCE_PLACEHOLDERS, and takes a size then:
 * split, return to, or join placeholders (SPEC PH-7 to PH-13).
 * Right: PROCESS_VM_OPERATION. Errors: 87 bad argument or range past the
 * allocation, 487 nothing there, or placeholders are not as they must be.
 */
WINBASEAPI BOOL WINAPI VirtualFree(LPVOID lpAddress, SIZE_T dwSize, DWORD dwFreeType);
WINBASEAPI BOOL WINAPI VirtualFreeEx(HANDLE hProcess, LPVOID lpAddress, SIZE_T dwSize,
				     DWORD dwFreeType);

/*
 * Changes the protection of every page that holds a byte of the range, and
 * gives the one the first page had (SPEC VP-7, VP-8).
 * Right: PROCESS_VM_OPERATION. Errors: 87 bad protection, 487 not committed
 * or not one allocation, 998 lpflOldProtect cannot be written (SPEC VP-2), 1455
 * no commit for pages of a view that are to be copied on write (SPEC VP-21).
 */
WINBASEAPI BOOL WINAPI VirtualProtect(LPVOID lpAddress, SIZE_T dwSize, DWORD flNewProtect,
				      PDWORD lpflOldProtect);
WINBASEAPI BOOL WINAPI VirtualProtectEx(HANDLE hProcess, LPVOID lpAddress, SIZE_T dwSize,
					DWORD flNewProtect, PDWORD lpflOldProtect);

/*
 * Describes the run of equal pages from lpAddress's page on; gives 48, the
 * bytes written, or 0 (SPEC VQ-1 to VQ-6). Right: PROCESS_QUERY_INFORMATION.
 * Errors: 24 dwLength below 48, 87 lpAddress above the user range, 998
 * lpBuffer cannot be written.
 */
WINBASEAPI SIZE_T WINAPI VirtualQuery(LPCVOID lpAddress, PMEMORY_BASIC_INFORMATION lpBuffer,
				      SIZE_T dwLength);
WINBASEAPI SIZE_T WINAPI VirtualQueryEx(HANDLE hProcess, LPCVOID lpAddress,
					PMEMORY_BASIC_INFORMATION lpBuffer, SIZE_T dwLength);

typedef enum WIN32_MEMORY_INFORMATION_CLASS {
	MemoryRegionInfo = 0,
} WIN32_MEMORY_INFORMATION_CLASS;

/**
 * WIN32_MEMORY_REGION_INFORMATION - a whole allocation, in whatever states its pages are
 * @AllocationBase: where it begins
 * @AllocationProtect: PAGE_* given when it was reserved
 * @Flags: the bits below
 * @Private: MEM_PRIVATE
 * @MappedDataFile: MEM_MAPPED, and a file is behind it
 * @MappedImage: MEM_IMAGE
 * @MappedPageFile: MEM_MAPPED without a file
 * @RegionSize: length of the allocation in bytes
 * @CommitSize: its commit charge in bytes
 */
typedef struct WIN32_MEMORY_REGION_INFORMATION {
	PVOID AllocationBase;
	ULONG AllocationProtect;
	__extension__ union {
		ULONG Flags;
		__extension__ struct {
			ULONG Private : 1;
			ULONG MappedDataFile : 1;
			ULONG MappedImage : 1;
			ULONG MappedPageFile : 1;
			ULONG MappedPhysical : 1;
			ULONG DirectMapped : 1;
			ULONG Reserved : 26;
		};
	};
	SIZE_T RegionSize;
	SIZE_T CommitSize;
} WIN32_MEMORY_REGION_INFORMATION;

WINVM_STATIC_ASSERT(sizeof(WIN32_MEMORY_REGION_INFORMATION) == 32, "Windows x64 layout");

/*
 * Describes the whole allocation that holds an address; *ReturnSize, which may
 * be NULL, gets 32, the bytes written (SPEC NQ-13). Right:
 * PROCESS_QUERY_INFORMATION. Errors: 87 another class, or an address above
 * the user range; 24 MemoryInformationSize below 32; 59 nothing is there;
 * 998 MemoryInformation cannot be written.
 */
WINBASEAPI BOOL WINAPI QueryVirtualMemoryInformation(
	HANDLE Process, const VOID *VirtualAddress,
	WIN32_MEMORY_INFORMATION_CLASS MemoryInformationClass, PVOID MemoryInformation,
	SIZE_T MemoryInformationSize, PSIZE_T ReturnSize);

/*
 * Makes pages resident until they are unlocked or freed (SPEC VL-12); there
 * is no count of locks (SPEC VL-9). Errors: 87 size 0, 998 not committed or
 * NOACCESS, 0x80000001 a guard page was hit (SPEC VL-7), 1453 more than the
 * minimum working set allows (SPEC VL-10, SetProcessWorkingSetSize) or
 * RLIMIT_MEMLOCK, 158 unlocking what is not locked.
 */
WINBASEAPI BOOL WINAPI VirtualLock(LPVOID lpAddress, SIZE_T dwSize);
WINBASEAPI BOOL WINAPI VirtualUnlock(LPVOID lpAddress, SIZE_T dwSize);

/**
 * WIN32_MEMORY_RANGE_ENTRY - a range of addresses
 * @VirtualAddress: where it begins
 * @NumberOfBytes: its length, not 0
 */
typedef struct _WIN32_MEMORY_RANGE_ENTRY {
	PVOID VirtualAddress;
	SIZE_T NumberOfBytes;
} WIN32_MEMORY_RANGE_ENTRY, *PWIN32_MEMORY_RANGE_ENTRY;

WINVM_STATIC_ASSERT(sizeof(WIN32_MEMORY_RANGE_ENTRY) == 16, "Windows x64 layout");

/*
 * Brings pages that are in swap, and those of mapped files, into memory, but
 * not into the working set: a hint, for which any address will do (SPEC PF-1,
 * PF-6). Right: PROCESS_VM_OPERATION. Errors: 87 no entries, an entry of 0
 * bytes or past the user range, Flags not 0 (SPEC PF-2, PF-4); 998
 * VirtualAddresses cannot be read (SPEC PF-3).
 */
WINBASEAPI BOOL WINAPI PrefetchVirtualMemory(HANDLE hProcess, ULONG_PTR NumberOfEntries,
					     PWIN32_MEMORY_RANGE_ENTRY VirtualAddresses,
					     ULONG Flags);

/* How long the contents of an offer should be kept. */
typedef enum OFFER_PRIORITY {
	VmOfferPriorityVeryLow = 1,
	VmOfferPriorityLow,
	VmOfferPriorityBelowNormal,
	VmOfferPriorityNormal,
} OFFER_PRIORITY;

/*
 * Contents that may be thrown away when memory is short. Offered pages cannot
 * be accessed until they are reclaimed, and are not locked any more (SPEC OF-2,
 * VL-18); their state, protection and commit charge stay. Priority is one of
 * the four, and has no effect.
 *
 * Reclaimed pages can be accessed again, with their contents; ERROR_BUSY (170):
 * all pages were reclaimed, but some have lost their contents, and are zero
 * (SPEC OF-3). Discarded pages are zero (SPEC OF-4, DG-23), and neither offered
 * nor locked.
 *
 * VirtualAddress and Size, in bytes, are multiples of the page size: nothing is
 * rounded (SPEC OF-1). All three return 0 or the error, and leave the last
 * error alone. A call that fails changes nothing. Errors: 87 bad argument, or
 * for Discard pages that are not PAGE_READWRITE; 487 not committed, or not in
 * one private allocation (SPEC OF-5); 1816 quota.
 */
WINBASEAPI DWORD WINAPI OfferVirtualMemory(PVOID VirtualAddress, SIZE_T Size,
					   OFFER_PRIORITY Priority);
WINBASEAPI DWORD WINAPI ReclaimVirtualMemory(const void *VirtualAddress, SIZE_T Size);
WINBASEAPI DWORD WINAPI DiscardVirtualMemory(PVOID VirtualAddress, SIZE_T Size);

/*
 * Limits of the working set in bytes, rounded down to pages; at first 204,800
 * and 1,413,120 (SPEC WS-1). The minimum bounds what VirtualLock may lock
 * (SPEC VL-10). Less than 20 pages become 20. The limits are soft but for
 * QUOTA_LIMITS_HARDWS_MIN_ENABLE and _MAX_ENABLE in Flags: emptying stops at a
 * hard minimum, a fault beyond a hard maximum makes other pages go (SPEC WS-6);
 * of both winvm's memory alone counts. Flags 0 leaves that as it is. Both
 * sizes (SIZE_T)-1: the working set is emptied, but for locked pages, and the
 * limits stay (SPEC WS-3). Right: PROCESS_SET_QUOTA. Errors: 87 a limit is 0
 * (SPEC WS-4), the minimum above the maximum, the maximum below 13 pages or
 * within 512 pages of RAM (SPEC WS-2), Flags unknown or contradictory; 1450
 * there is not so much memory (SPEC WS-5).
 */
WINBASEAPI BOOL WINAPI SetProcessWorkingSetSize(HANDLE hProcess, SIZE_T dwMinimumWorkingSetSize,
						SIZE_T dwMaximumWorkingSetSize);
WINBASEAPI BOOL WINAPI SetProcessWorkingSetSizeEx(HANDLE hProcess, SIZE_T dwMinimumWorkingSetSize,
						  SIZE_T dwMaximumWorkingSetSize, DWORD Flags);

/*
 * The limits in bytes, and in *Flags one of each pair of QUOTA_LIMITS_HARDWS_*
 * (SPEC WS-7). Right: PROCESS_QUERY_INFORMATION. Errors: 998 a variable cannot
 * be written.
 */
WINBASEAPI BOOL WINAPI GetProcessWorkingSetSize(HANDLE hProcess, PSIZE_T lpMinimumWorkingSetSize,
						PSIZE_T lpMaximumWorkingSetSize);
WINBASEAPI BOOL WINAPI GetProcessWorkingSetSizeEx(HANDLE hProcess, PSIZE_T lpMinimumWorkingSetSize,
						  PSIZE_T lpMaximumWorkingSetSize, PDWORD Flags);

/*
 * The pages of a MEM_WRITE_WATCH allocation that were written; *lpdwCount is
 * the room in lpAddresses, then the number of pages written to it, ascending
 * (SPEC WW-5); *lpdwGranularity becomes 4096. dwRegionSize is in bytes; every
 * page with a byte of the range counts. dwFlags: 0, or WRITE_WATCH_FLAG_RESET,
 * which takes away the marks that are told (SPEC WW-6, WW-7). Resetting takes
 * away all of the range. Give 0, or ~0u. Errors: 87 range not in one watched
 * allocation (SPEC WW-2), other flags, no room or size 0 (SPEC WW-3), 998 a
 * pointer cannot be written to (SPEC WW-4).
 */
WINBASEAPI UINT WINAPI GetWriteWatch(DWORD dwFlags, PVOID lpBaseAddress, SIZE_T dwRegionSize,
				     PVOID *lpAddresses, ULONG_PTR *lpdwCount,
				     LPDWORD lpdwGranularity);
WINBASEAPI UINT WINAPI ResetWriteWatch(LPVOID lpBaseAddress, SIZE_T dwRegionSize);

/*
 * Copy between this process and another; sizes in bytes. The count, which may
 * be NULL, tells the bytes copied also when the call fails with 299 (SPEC RW-1
 * to RW-3), and stays as it is with other errors. WriteProcessMemory writes to
 * PAGE_EXECUTE and PAGE_EXECUTE_READ, too (SPEC RW-4). A guard page loses its
 * guard and ends the copy (SPEC RW-5). Rights: PROCESS_VM_READ;
 * PROCESS_VM_WRITE and PROCESS_VM_OPERATION. Errors: 299 part of the target or
 * the buffer cannot be accessed, 998 the target is read-only from the first
 * byte on, or the range leaves the user addresses.
 */
WINBASEAPI BOOL WINAPI ReadProcessMemory(HANDLE hProcess, LPCVOID lpBaseAddress, LPVOID lpBuffer,
					 SIZE_T nSize, SIZE_T *lpNumberOfBytesRead);
WINBASEAPI BOOL WINAPI WriteProcessMemory(HANDLE hProcess, LPVOID lpBaseAddress, LPCVOID lpBuffer,
					  SIZE_T nSize, SIZE_T *lpNumberOfBytesWritten);

/*
 * A section: memory that views show, in one process or in many. Its size, of
 * two halves, is in bytes and rounded up to a page (SPEC SE-5), of a file not
 * rounded, and 0 for all of it. flProtect: the
 * most that a view may have, a PAGE_* value (SPEC PR-3), with SEC_*; without
 * any of these SEC_COMMIT, which charges all of it to the system (SPEC SE-1,
 * CC-3). Pages of a SEC_RESERVE section are committed with VirtualAlloc through
 * any view, for all views and for good (SPEC SE-26). SEC_NO_CHANGE: pages of
 * views keep the view's protection. A SEC_BASED section has an address, the same
 * in every process (SPEC SE-37). SEC_GLOBAL changes nothing. Gives a handle for
 * CloseHandle, and last error 0; or NULL. A section lives as long as a handle or
 * a view.
 * hFile: INVALID_HANDLE_VALUE: its contents begin as zeros. Or a file, which needs
 * FILE_READ_DATA, for READWRITE FILE_WRITE_DATA, for EXECUTE FILE_EXECUTE (SPEC
 * SE-8); nothing is charged then, and a file that is too small grows, if
 * flProtect lets views write (SPEC SE-7). lpAttributes is not looked at.
 * lpName: NULL or "" for none; UTF-8 of at most 1020 bytes, in which case counts.
 * The user has one set of names in each IPC namespace of Linux, which nobody
 * else sees; "Local\" and "Global\" in front change nothing, and there is no
 * other backslash. If there is a section of that name the handle is on it, the
 * size does not matter, and the last error is 183 (SPEC SE-11). A name goes
 * with the last handle in any process (SPEC SE-12).
 * Errors: 87 bad combination, protection, or size 0 (SPEC SE-2, SE-5, SE-9), 8
 * too large, or no address for SEC_BASED, 1455 commit limit (SPEC SE-10), 1816
 * quota, 193 an image without a file, 1314 large pages, 1450 no descriptors or
 * handles, or a reservation that is too large (SPEC SE-10), 3 a backslash in the
 * name, 123 no characters behind Local\, or half of a UTF-16 pair, 206 name too
 * long; of files 5 rights (SPEC SE-8), 1006 empty (SPEC SE-6), 8 too small (SPEC
 * SE-7), 112 cannot grow, 32 in use; 50: not provided are file systems other than
 * ext4, tmpfs and overlays of these, and some images (CreateFileMapping(3)).
 */
WINBASEAPI HANDLE WINAPI CreateFileMappingA(HANDLE hFile, LPSECURITY_ATTRIBUTES lpAttributes,
					    DWORD flProtect, DWORD dwMaximumSizeHigh,
					    DWORD dwMaximumSizeLow, LPCSTR lpName);
WINBASEAPI HANDLE WINAPI CreateFileMappingW(HANDLE hFile, LPSECURITY_ATTRIBUTES lpAttributes,
					    DWORD flProtect, DWORD dwMaximumSizeHigh,
					    DWORD dwMaximumSizeLow, LPCWSTR lpName);

/*
 * The same with a NUMA node, which its views prefer where they ask for none;
 * NUMA_NO_PREFERRED_NODE for none. Error 87, besides: no such node (SPEC NU-1).
 */
WINBASEAPI HANDLE WINAPI CreateFileMappingNumaA(HANDLE hFile, LPSECURITY_ATTRIBUTES lpAttributes,
						DWORD flProtect, DWORD dwMaximumSizeHigh,
						DWORD dwMaximumSizeLow, LPCSTR lpName,
						DWORD nndPreferred);
WINBASEAPI HANDLE WINAPI CreateFileMappingNumaW(HANDLE hFile, LPSECURITY_ATTRIBUTES lpAttributes,
						DWORD flProtect, DWORD dwMaximumSizeHigh,
						DWORD dwMaximumSizeLow, LPCWSTR lpName,
						DWORD nndPreferred);

#ifdef UNICODE
#define CreateFileMapping CreateFileMappingW
#define CreateFileMappingNuma CreateFileMappingNumaW
#else
#define CreateFileMapping CreateFileMappingA
#define CreateFileMappingNuma CreateFileMappingNumaA
#endif

/*
 * The same with the rights that the handle is to have (SECTION_*, FILE_MAP_*),
 * with SEC_* apart from the protection, 0 for SEC_COMMIT, and a size in bytes.
 * ParameterCount parameters of the types of sections, of which
 * MemSectionExtendedParameterNumaNode is provided (error 50 for the others, 87
 * for what is none or comes twice).
 */
WINBASEAPI HANDLE WINAPI CreateFileMapping2(HANDLE File, SECURITY_ATTRIBUTES *SecurityAttributes,
					    ULONG DesiredAccess, ULONG PageProtection,
					    ULONG AllocationAttributes, ULONG64 MaximumSize,
					    PCWSTR Name, MEM_EXTENDED_PARAMETER *ExtendedParameters,
					    ULONG ParameterCount);

/* CreateFileMappingW with a size in bytes; executable protections are error 87. */
WINBASEAPI HANDLE WINAPI CreateFileMappingFromApp(HANDLE hFile,
						  PSECURITY_ATTRIBUTES SecurityAttributes,
						  ULONG PageProtection, ULONG64 MaximumSize,
						  PCWSTR Name);

/*
 * A handle on the section that has a name, which is looked for as
 * CreateFileMapping does. dwDesiredAccess: the FILE_MAP_* or SECTION_* rights that
 * it is to have; its user gets any. bInheritHandle is not looked at.
 * Errors: 2 no section has that name (SPEC SE-12), 87 NULL, 161 "", and what
 * CreateFileMapping has against names.
 */
WINBASEAPI HANDLE WINAPI OpenFileMappingA(DWORD dwDesiredAccess, BOOL bInheritHandle,
					  LPCSTR lpName);
WINBASEAPI HANDLE WINAPI OpenFileMappingW(DWORD dwDesiredAccess, BOOL bInheritHandle,
					  LPCWSTR lpName);

#ifdef UNICODE
#define OpenFileMapping OpenFileMappingW
#else
#define OpenFileMapping OpenFileMappingA
#endif

#define FILE_MAP_COPY		 0x0001
#define FILE_MAP_WRITE		 0x0002
#define FILE_MAP_READ		 0x0004
#define FILE_MAP_EXECUTE	 0x0020
#define FILE_MAP_ALL_ACCESS	 0x000f001f
#define FILE_MAP_LARGE_PAGES	 0x20000000
#define FILE_MAP_TARGETS_INVALID 0x40000000
#define FILE_MAP_RESERVE	 0x80000000

/*
 * Maps a view of a section, and gives its address, a multiple of 64 KB, or
 * NULL. The offset, of two halves, is a multiple of 64 KB; 0 bytes are all up
 * to the end, others are rounded up to a page (SPEC SE-16, SE-19). FILE_MAP_*
 * become the protection of its pages (SPEC SE-13), and VirtualProtect can
 * change that within it (SPEC SE-30).
 * Errors: 1132 offset or address not a multiple of 64 KB, 487 address taken, 8
 * no room, 5 the handle or the section does not allow it (SPEC SE-14, SE-15), or
 * the view would pass the section's end (SPEC SE-19), 87 bad argument, 6 no
 * section, 1816 quota, 1450 memory or VMAs are short.
 *
 * FILE_MAP_COPY: the first write to a page makes a copy of it for this process
 * alone, and VirtualQuery shows PAGE_READWRITE for it (SPEC SE-31, VQ-11). All
 * pages of such a view are charged to the process when it is mapped: 1455 at
 * the commit limit (SPEC CC-4).
 */
WINBASEAPI LPVOID WINAPI MapViewOfFile(HANDLE hFileMappingObject, DWORD dwDesiredAccess,
				       DWORD dwFileOffsetHigh, DWORD dwFileOffsetLow,
				       SIZE_T dwNumberOfBytesToMap);
WINBASEAPI LPVOID WINAPI MapViewOfFileEx(HANDLE hFileMappingObject, DWORD dwDesiredAccess,
					 DWORD dwFileOffsetHigh, DWORD dwFileOffsetLow,
					 SIZE_T dwNumberOfBytesToMap, LPVOID lpBaseAddress);

/*
 * The same in any process, with a PAGE_* value. AllocationType: MEM_TOP_DOWN
 * or 0. Right on the process: PROCESS_VM_OPERATION (SPEC SE-14, SE-17).
 */
WINBASEAPI PVOID WINAPI MapViewOfFile2(HANDLE FileMappingHandle, HANDLE ProcessHandle,
				       ULONG64 Offset, PVOID BaseAddress, SIZE_T ViewSize,
				       ULONG AllocationType, ULONG PageProtection);

/* Both with a NUMA node (SPEC NU-1), NUMA_NO_PREFERRED_NODE for the section's. */
WINBASEAPI LPVOID WINAPI MapViewOfFileExNuma(HANDLE hFileMappingObject, DWORD dwDesiredAccess,
					     DWORD dwFileOffsetHigh, DWORD dwFileOffsetLow,
					     SIZE_T dwNumberOfBytesToMap, LPVOID lpBaseAddress,
					     DWORD nndPreferred);
WINBASEAPI PVOID WINAPI MapViewOfFileNuma2(HANDLE FileMappingHandle, HANDLE ProcessHandle,
					   ULONG64 Offset, PVOID BaseAddress, SIZE_T ViewSize,
					   ULONG AllocationType, ULONG PageProtection,
					   ULONG PreferredNode);

/*
 * MapViewOfFile2 with extended parameters (winvm-extended.h), as VirtualAlloc2
 * takes them, but with Alignment 0 (SPEC SE-24). Process: NULL for the caller's
 * own. AllocationType may be MEM_REPLACE_PLACEHOLDER: the view takes the place of
 * exactly one placeholder, at any page and from any page of the section on
 * (SPEC PH-17, PH-22).
 * Errors, besides: 487 not exactly one placeholder, 8 no room that keeps to the
 * requirements, 50 a parameter that is not provided, 1314 nonpaged memory.
 */
WINBASEAPI PVOID WINAPI MapViewOfFile3(HANDLE FileMapping, HANDLE Process, PVOID BaseAddress,
				       ULONG64 Offset, SIZE_T ViewSize, ULONG AllocationType,
				       ULONG PageProtection,
				       MEM_EXTENDED_PARAMETER *ExtendedParameters,
				       ULONG ParameterCount);

/* As MapViewOfFile3, and MapViewOfFile with an offset of bytes; nothing executable: error 87. */
WINBASEAPI PVOID WINAPI MapViewOfFile3FromApp(HANDLE FileMapping, HANDLE Process,
					      PVOID BaseAddress, ULONG64 Offset, SIZE_T ViewSize,
					      ULONG AllocationType, ULONG PageProtection,
					      MEM_EXTENDED_PARAMETER *ExtendedParameters,
					      ULONG ParameterCount);
WINBASEAPI PVOID WINAPI MapViewOfFileFromApp(HANDLE hFileMappingObject, ULONG DesiredAccess,
					     ULONG64 FileOffset, SIZE_T NumberOfBytesToMap);

/*
 * Writes pages of a view of a file to its disk, if they were changed (SPEC SE-33).
 * dwNumberOfBytesToFlush is rounded to whole pages, 0: to the end of the view.
 * Of a view of the page file nothing is written. Errors: 487 the range does not
 * lie in one view, 112 the disk is full, 1117 it failed.
 */
WINBASEAPI BOOL WINAPI FlushViewOfFile(LPCVOID lpBaseAddress, SIZE_T dwNumberOfBytesToFlush);

/*
 * Unmaps the view that any address in it tells (SPEC SE-28). UnmapFlags:
 * MEM_UNMAP_WITH_TRANSIENT_BOOST, which changes nothing (SPEC SE-40), and
 * MEM_PRESERVE_PLACEHOLDER: the view has taken a placeholder's place, and that
 * is there again (SPEC PH-18); without it the addresses are free. Right:
 * PROCESS_VM_OPERATION.
 * Errors: 487 no view is there, or it replaced no placeholder (SPEC PH-18), 87
 * unknown flags.
 */
WINBASEAPI BOOL WINAPI UnmapViewOfFile(LPCVOID lpBaseAddress);
WINBASEAPI BOOL WINAPI UnmapViewOfFileEx(PVOID BaseAddress, ULONG UnmapFlags);
WINBASEAPI BOOL WINAPI UnmapViewOfFile2(HANDLE Process, PVOID BaseAddress, ULONG UnmapFlags);

typedef enum _MEMORY_RESOURCE_NOTIFICATION_TYPE {
	LowMemoryResourceNotification = 0,
	HighMemoryResourceNotification = 1,
} MEMORY_RESOURCE_NOTIFICATION_TYPE;

/*
 * An object that is signalled while the machine's available memory is low, or high
 * (SPEC CC-15): 32 MB or less, 64 MB above 4 GB of memory; three times as much or
 * more; or as the administrator has set it. Between them it is neither. For the
 * functions of synchapi.h that wait, which hear of a change at most 100 ms late,
 * and for winvm_get_wait_fd(). NULL with an error: 87 another type, 1450 no
 * descriptors or handles.
 */
WINBASEAPI HANDLE WINAPI CreateMemoryResourceNotification(MEMORY_RESOURCE_NOTIFICATION_TYPE Type);

/* Is it signalled just now? Errors: 6 no such object, 87 no pointer, 998 it cannot be written. */
WINBASEAPI BOOL WINAPI QueryMemoryResourceNotification(HANDLE ResourceNotificationHandle,
						       PBOOL ResourceState);

WINVM_END_DECLS

#endif /* WINVM_MEMORYAPI_H */
