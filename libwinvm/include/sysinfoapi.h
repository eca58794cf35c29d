/* SPDX-License-Identifier: MIT */
#ifndef WINVM_SYSINFOAPI_H
#define WINVM_SYSINFOAPI_H

#include <minwinbase.h>

WINVM_BEGIN_DECLS

/**
 * SYSTEM_INFO - page size, granularity (bytes, SPEC G-1), address range and processors
 * @lpMinimumApplicationAddress: lowest address an allocation can have (SPEC AS-1)
 * @lpMaximumApplicationAddress: highest byte an allocation can have (SPEC AS-1)
 * @dwActiveProcessorMask: the first 64 processors this process may run on
 * @dwNumberOfProcessors: how many these are
 * @wProcessorLevel: family
 * @wProcessorRevision: model in the high byte, stepping in the low byte
 */
typedef struct _SYSTEM_INFO {
	__extension__ union {
		DWORD dwOemId;
		__extension__ struct {
			WORD wProcessorArchitecture;
			WORD wReserved;
		};
	};
	DWORD dwPageSize;
	LPVOID lpMinimumApplicationAddress;
	LPVOID lpMaximumApplicationAddress;
	DWORD_PTR dwActiveProcessorMask;
	DWORD dwNumberOfProcessors;
	DWORD dwProcessorType;
	DWORD dwAllocationGranularity;
	WORD wProcessorLevel;
	WORD wProcessorRevision;
} SYSTEM_INFO, *LPSYSTEM_INFO;

WINVM_STATIC_ASSERT(sizeof(SYSTEM_INFO) == 48, "Windows x64 layout");

/* Cannot fail: without the module it tells the values of Windows x64. */
WINBASEAPI VOID WINAPI GetSystemInfo(LPSYSTEM_INFO lpSystemInfo);

/**
 * MEMORYSTATUSEX - memory of the machine and of the process, in bytes (SPEC CC-12)
 * @dwLength: in: 64
 * @dwMemoryLoad: percent of @ullTotalPhys that are in use
 * @ullTotalPhys: RAM, without what the kernel took when it started
 * @ullAvailPhys: what of it could be had without swapping
 * @ullTotalPageFile: the least of the limits of commit: the system's and the process's
 * @ullAvailPageFile: what the process can still commit
 * @ullTotalVirtual: addresses that it may use
 * @ullAvailVirtual: those that it has not reserved nor mapped by calls of winvm
 * @ullAvailExtendedVirtual: 0
 */
typedef struct _MEMORYSTATUSEX {
	DWORD dwLength;
	DWORD dwMemoryLoad;
	DWORDLONG ullTotalPhys;
	DWORDLONG ullAvailPhys;
	DWORDLONG ullTotalPageFile;
	DWORDLONG ullAvailPageFile;
	DWORDLONG ullTotalVirtual;
	DWORDLONG ullAvailVirtual;
	DWORDLONG ullAvailExtendedVirtual;
} MEMORYSTATUSEX, *LPMEMORYSTATUSEX;

WINVM_STATIC_ASSERT(sizeof(MEMORYSTATUSEX) == 64, "Windows x64 layout");

/* Error: 87 dwLength is not 64. */
WINBASEAPI BOOL WINAPI GlobalMemoryStatusEx(LPMEMORYSTATUSEX lpBuffer);

/*
 * How much memory is in the machine, in KB, as far as Linux has it: in whole blocks
 * that could be switched off, else what programs and kernel have. Errors: 87 no
 * pointer, 998 it cannot be written.
 */
WINBASEAPI BOOL WINAPI GetPhysicallyInstalledSystemMemory(PULONGLONG TotalMemoryInKilobytes);

WINVM_END_DECLS

#endif /* WINVM_SYSINFOAPI_H */
