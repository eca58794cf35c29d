/* SPDX-License-Identifier: MIT */
/*
 * The calls beneath Win32. They answer an NTSTATUS and leave the last error
 * alone. In-out parameters keep their value on failure (SPEC G-5) and get the
 * rounded range on success. A pointer that cannot be read or written gives
 * STATUS_ACCESS_VIOLATION, or STATUS_GUARD_PAGE_VIOLATION if it points into a
 * guard page, which is consumed (SPEC G-8, GP-5).
 *
 * Such a pointer costs a SIGSEGV that the library handles itself. If the
 * program has taken that signal from the library, the call faults as any C
 * function would; so does a thread that has blocked it.
 */
#ifndef WINVM_WINTERNL_H
#define WINVM_WINTERNL_H

#include <windef.h>
#include <winnt.h>

WINVM_BEGIN_DECLS

typedef LONG NTSTATUS, *PNTSTATUS;

#define NT_SUCCESS(status)     ((NTSTATUS)(status) >= 0)
#define NT_INFORMATION(status) ((ULONG)(status) >> 30 == 1)
#define NT_WARNING(status)     ((ULONG)(status) >> 30 == 2)
#define NT_ERROR(status)       ((ULONG)(status) >> 30 == 3)

#define NtCurrentProcess() ((HANDLE)(LONG_PTR)-1)
#define ZwCurrentProcess() NtCurrentProcess()

#define MAP_PROCESS 1
#define MAP_SYSTEM  2

typedef enum _MEMORY_INFORMATION_CLASS {
	MemoryBasicInformation = 0,
} MEMORY_INFORMATION_CLASS;

/*
 * Reserves, commits or resets (SPEC 3). ZeroBits: number of high zero bits,
 * or a mask (SPEC VA-28). *RegionSize is in bytes.
 */
NTSYSAPI NTSTATUS NTAPI NtAllocateVirtualMemory(HANDLE ProcessHandle, PVOID *BaseAddress,
						ULONG_PTR ZeroBits, PSIZE_T RegionSize,
						ULONG AllocationType, ULONG Protect);

/* Decommits or releases; MEM_RELEASE may free a part (SPEC VF-25). */
NTSYSAPI NTSTATUS NTAPI NtFreeVirtualMemory(HANDLE ProcessHandle, PVOID *BaseAddress,
					    PSIZE_T RegionSize, ULONG FreeType);

/* *OldProtect is what the first page had (SPEC VP-8). */
NTSYSAPI NTSTATUS NTAPI NtProtectVirtualMemory(HANDLE ProcessHandle, PVOID *BaseAddress,
					       PSIZE_T RegionSize, ULONG NewProtect,
					       PULONG OldProtect);

/*
 * MemoryBasicInformation is served; any other class gives
 * STATUS_INVALID_INFO_CLASS (SPEC NQ-12). ReturnLength, 48 on success, may be
 * NULL.
 */
NTSYSAPI NTSTATUS NTAPI NtQueryVirtualMemory(HANDLE ProcessHandle, PVOID BaseAddress,
					     MEMORY_INFORMATION_CLASS MemoryInformationClass,
					     PVOID MemoryInformation,
					     SIZE_T MemoryInformationLength, PSIZE_T ReturnLength);

/* MapType: MAP_PROCESS; MAP_SYSTEM needs a privilege nobody has (SPEC VL-3). */
NTSYSAPI NTSTATUS NTAPI NtLockVirtualMemory(HANDLE ProcessHandle, PVOID *BaseAddress,
					    PSIZE_T RegionSize, ULONG MapType);
NTSYSAPI NTSTATUS NTAPI NtUnlockVirtualMemory(HANDLE ProcessHandle, PVOID *BaseAddress,
					      PSIZE_T RegionSize, ULONG MapType);

/*
 * The Win32 error of a status (SPEC 0.1), ERROR_MR_MID_NOT_FOUND if it has
 * none. The status becomes the thread's last status.
 */
NTSYSAPI ULONG NTAPI RtlNtStatusToDosError(NTSTATUS Status);

/*
 * The status behind the last failure of a Win32 call of this thread, or the
 * last one RtlNtStatusToDosError got. Checks that Win32 makes without NT,
 * such as VirtualFree's of dwSize (SPEC VF-1), leave it alone.
 */
NTSYSAPI NTSTATUS NTAPI RtlGetLastNtStatus(VOID);

WINVM_END_DECLS

#endif /* WINVM_WINTERNL_H */
