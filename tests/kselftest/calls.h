/* SPDX-License-Identifier: GPL-2.0 */
/* Every call on another process's memory, once: what it is named, and which rights it needs. */
#ifndef KSELFTEST_CALLS_H
#define KSELFTEST_CALLS_H

#include <psapi.h>

#include "vm.h"

/* The status of a Win32 call that gave NULL, FALSE or 0. */
static NTSTATUS status_unless(uintptr_t worked)
{
	return worked ? ST_SUCCESS : RtlGetLastNtStatus();
}

/* What the calls are made on: the first of 16 pages is committed. NULL if it cannot be had. */
static inline char *foreign_base(HANDLE process)
{
	char *base = VirtualAllocEx(process, NULL, 16 * PAGE, MEM_RESERVE | MEM_WRITE_WATCH,
				    PAGE_READWRITE);

	return VirtualAllocEx(process, base, PAGE, MEM_COMMIT, PAGE_READWRITE);
}

/* Each works on such a base if it is let, also more than once and in any order. */
static NTSTATUS call_alloc_ex(HANDLE process, char *base)
{
	return status_unless(
		(uintptr_t)VirtualAllocEx(process, base + PAGE, PAGE, MEM_COMMIT, PAGE_READWRITE));
}

static NTSTATUS call_alloc2(HANDLE process, char *base)
{
	(void)base;
	return status_unless((uintptr_t)VirtualAlloc2(process, NULL, PAGE, MEM_RESERVE,
						      PAGE_READWRITE, NULL, 0));
}

static NTSTATUS call_alloc_ex_numa(HANDLE process, char *base)
{
	(void)base;
	return status_unless(
		(uintptr_t)VirtualAllocExNuma(process, NULL, PAGE, MEM_RESERVE, PAGE_READWRITE, 0));
}

static NTSTATUS call_nt_allocate(HANDLE process, char *base)
{
	PVOID at = base + 2 * PAGE;
	SIZE_T bytes = PAGE;

	return NtAllocateVirtualMemory(process, &at, 0, &bytes, MEM_COMMIT, PAGE_READWRITE);
}

static NTSTATUS call_nt_allocate_ex(HANDLE process, char *base)
{
	PVOID at = NULL;
	SIZE_T bytes = PAGE;

	(void)base;
	return NtAllocateVirtualMemoryEx(process, &at, &bytes, MEM_RESERVE, PAGE_READWRITE, NULL,
					 0);
}

static NTSTATUS call_free_ex(HANDLE process, char *base)
{
	return status_unless(
		(uintptr_t)VirtualFreeEx(process, base + 4 * PAGE, PAGE, MEM_DECOMMIT));
}

static NTSTATUS call_nt_free(HANDLE process, char *base)
{
	PVOID at = base + 4 * PAGE;
	SIZE_T bytes = PAGE;

	return NtFreeVirtualMemory(process, &at, &bytes, MEM_DECOMMIT);
}

static NTSTATUS call_protect_ex(HANDLE process, char *base)
{
	DWORD old;

	return status_unless(
		(uintptr_t)VirtualProtectEx(process, base, PAGE, PAGE_READWRITE, &old));
}

static NTSTATUS call_nt_protect(HANDLE process, char *base)
{
	PVOID at = base;
	SIZE_T bytes = PAGE;
	ULONG old;

	return NtProtectVirtualMemory(process, &at, &bytes, PAGE_READWRITE, &old);
}

static NTSTATUS call_nt_lock(HANDLE process, char *base)
{
	PVOID at = base;
	SIZE_T bytes = PAGE;
	NTSTATUS status = NtLockVirtualMemory(process, &at, &bytes, MAP_PROCESS);

	return status == ST_WAS_LOCKED ? ST_SUCCESS : status;
}

static NTSTATUS call_nt_unlock(HANDLE process, char *base)
{
	PVOID at = base;
	SIZE_T bytes = PAGE;
	NTSTATUS status = NtUnlockVirtualMemory(process, &at, &bytes, MAP_PROCESS);

	return status == ST_NOT_LOCKED ? ST_SUCCESS : status;
}

static NTSTATUS call_nt_get_write_watch(HANDLE process, char *base)
{
	ULONG_PTR count = 1;
	ULONG granularity;
	PVOID page;

	return NtGetWriteWatch(process, WRITE_WATCH_FLAG_RESET, base, PAGE, &page, &count,
			       &granularity);
}

static NTSTATUS call_nt_reset_write_watch(HANDLE process, char *base)
{
	return NtResetWriteWatch(process, base, PAGE);
}

static NTSTATUS call_query_ex(HANDLE process, char *base)
{
	MEMORY_BASIC_INFORMATION region;

	return status_unless(VirtualQueryEx(process, base, &region, sizeof(region)));
}

static NTSTATUS query_class(HANDLE process, const void *address, MEMORY_INFORMATION_CLASS class)
{
	/* As much room as any class wants, and its alignment. */
	uint64_t answer[1024];

	return NtQueryVirtualMemory(process, (PVOID)(uintptr_t)address, class, answer,
				    sizeof(answer), NULL);
}

static NTSTATUS call_query_basic(HANDLE process, char *base)
{
	return query_class(process, base, MemoryBasicInformation);
}

static NTSTATUS call_query_capped(HANDLE process, char *base)
{
	return query_class(process, base, MemoryBasicInformationCapped);
}

static NTSTATUS call_query_region(HANDLE process, char *base)
{
	return query_class(process, base, MemoryRegionInformation);
}

static NTSTATUS call_query_region_ex(HANDLE process, char *base)
{
	return query_class(process, base, MemoryRegionInformationEx);
}

static NTSTATUS call_query_shared_commit(HANDLE process, char *base)
{
	return query_class(process, base, MemorySharedCommitInformation);
}

static NTSTATUS call_query_image(HANDLE process, char *base)
{
	return query_class(process, base, MemoryImageInformation);
}

static NTSTATUS call_query_filename(HANDLE process, char *base)
{
	(void)base;
	return query_class(process, (void *)(uintptr_t)call_query_image,
			   MemoryMappedFilenameInformation);
}

static NTSTATUS call_query_information(HANDLE process, char *base)
{
	WIN32_MEMORY_REGION_INFORMATION region;
	SIZE_T bytes;

	return status_unless((uintptr_t)QueryVirtualMemoryInformation(
		process, base, MemoryRegionInfo, &region, sizeof(region), &bytes));
}

static NTSTATUS call_mapped_name_a(HANDLE process, char *base)
{
	char name[4096];

	(void)base;
	return status_unless(GetMappedFileNameA(process, (void *)(uintptr_t)call_query_image, name,
						sizeof(name)));
}

static NTSTATUS call_mapped_name_w(HANDLE process, char *base)
{
	WCHAR name[4096];

	(void)base;
	return status_unless(
		GetMappedFileNameW(process, (void *)(uintptr_t)call_query_image, name, 4096));
}

static NTSTATUS call_read(HANDLE process, char *base)
{
	char byte;

	return status_unless((uintptr_t)ReadProcessMemory(process, base, &byte, 1, NULL));
}

static NTSTATUS call_nt_read(HANDLE process, char *base)
{
	char byte;

	return NtReadVirtualMemory(process, base, &byte, 1, NULL);
}

static NTSTATUS call_write(HANDLE process, char *base)
{
	return status_unless((uintptr_t)WriteProcessMemory(process, base, "w", 1, NULL));
}

static NTSTATUS call_nt_write(HANDLE process, char *base)
{
	return NtWriteVirtualMemory(process, base, "w", 1, NULL);
}

struct foreign_call {
	const char *name;
	DWORD needs;
	NTSTATUS (*call)(HANDLE process, char *base);
};

static const struct foreign_call foreign_calls[] = {
	{ "VirtualAllocEx", PROCESS_VM_OPERATION, call_alloc_ex },
	{ "VirtualAlloc2", PROCESS_VM_OPERATION, call_alloc2 },
	{ "VirtualAllocExNuma", PROCESS_VM_OPERATION, call_alloc_ex_numa },
	{ "NtAllocateVirtualMemory", PROCESS_VM_OPERATION, call_nt_allocate },
	{ "NtAllocateVirtualMemoryEx", PROCESS_VM_OPERATION, call_nt_allocate_ex },
	{ "VirtualFreeEx", PROCESS_VM_OPERATION, call_free_ex },
	{ "NtFreeVirtualMemory", PROCESS_VM_OPERATION, call_nt_free },
	{ "VirtualProtectEx", PROCESS_VM_OPERATION, call_protect_ex },
	{ "NtProtectVirtualMemory", PROCESS_VM_OPERATION, call_nt_protect },
	{ "NtLockVirtualMemory", PROCESS_VM_OPERATION, call_nt_lock },
	{ "NtUnlockVirtualMemory", PROCESS_VM_OPERATION, call_nt_unlock },
	{ "NtGetWriteWatch", PROCESS_VM_OPERATION, call_nt_get_write_watch },
	{ "NtResetWriteWatch", PROCESS_VM_OPERATION, call_nt_reset_write_watch },
	{ "VirtualQueryEx", PROCESS_QUERY_INFORMATION, call_query_ex },
	{ "MemoryBasicInformation", PROCESS_QUERY_INFORMATION, call_query_basic },
	{ "MemoryBasicInformationCapped", PROCESS_QUERY_INFORMATION, call_query_capped },
	{ "MemoryRegionInformation", PROCESS_QUERY_INFORMATION, call_query_region },
	{ "MemoryRegionInformationEx", PROCESS_QUERY_INFORMATION, call_query_region_ex },
	{ "MemorySharedCommitInformation", PROCESS_QUERY_INFORMATION, call_query_shared_commit },
	{ "MemoryImageInformation", PROCESS_QUERY_INFORMATION, call_query_image },
	{ "MemoryMappedFilenameInformation", PROCESS_QUERY_INFORMATION, call_query_filename },
	{ "QueryVirtualMemoryInformation", PROCESS_QUERY_INFORMATION, call_query_information },
	{ "GetMappedFileNameA", PROCESS_QUERY_INFORMATION, call_mapped_name_a },
	{ "GetMappedFileNameW", PROCESS_QUERY_INFORMATION, call_mapped_name_w },
	{ "ReadProcessMemory", PROCESS_VM_READ, call_read },
	{ "NtReadVirtualMemory", PROCESS_VM_READ, call_nt_read },
	{ "WriteProcessMemory", PROCESS_VM_WRITE | PROCESS_VM_OPERATION, call_write },
	{ "NtWriteVirtualMemory", PROCESS_VM_WRITE, call_nt_write },
};

#define FOREIGN_CALLS (sizeof(foreign_calls) / sizeof(foreign_calls[0]))

#endif
