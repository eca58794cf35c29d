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

WINVM_END_DECLS

#endif /* WINVM_SYSINFOAPI_H */
