// SPDX-License-Identifier: MIT
/* Describing memory (SPEC 7). */

#include <winvm.h>

#include "internal.h"

/* The module writes into the caller's buffer: one structure under two names. */
WINVM_STATIC_ASSERT(sizeof(struct winvm_region) == sizeof(MEMORY_BASIC_INFORMATION), "one layout");
WINVM_STATIC_ASSERT(offsetof(struct winvm_region, bytes) ==
			    offsetof(MEMORY_BASIC_INFORMATION, RegionSize),
		    "one layout");
WINVM_STATIC_ASSERT(offsetof(struct winvm_region, type) == offsetof(MEMORY_BASIC_INFORMATION, Type),
		    "one layout");

NTSTATUS winvm_query_region(HANDLE process, const void *address, MEMORY_BASIC_INFORMATION *region)
{
	struct winvm_query request = {
		.size = sizeof(request),
		.address = winvm_address(address),
		.buffer = winvm_address(region),
		.capacity = 1,
	};

	return winvm_call(process, WINVM_IOC_QUERY, &request);
}

/* The answer is complete, and there is room for it. */
NTSTATUS winvm_inquiry_answer(const struct winvm_inquiry *inquiry, const void *answer, SIZE_T bytes)
{
	NTSTATUS status = winvm_user_copy(inquiry->buffer, answer, bytes);

	if (!status && inquiry->returned)
		winvm_user_put64(inquiry->returned, bytes);
	return status;
}

/* A run is told no further than this by the class that does not look far (SPEC NQ-11). */
#define WINVM_CAPPED_BYTES ((SIZE_T)2 << 20)

static NTSTATUS winvm_inquire_basic(const struct winvm_inquiry *inquiry, SIZE_T most)
{
	MEMORY_BASIC_INFORMATION region;
	NTSTATUS status;

	if (inquiry->length < sizeof(region))
		return STATUS_INFO_LENGTH_MISMATCH;
	status = winvm_query_region(inquiry->process, inquiry->address, &region);
	if (status)
		return status;
	region.RegionSize = min(region.RegionSize, most);
	return winvm_inquiry_answer(inquiry, &region, sizeof(region));
}

NTSTATUS NTAPI NtQueryVirtualMemory(HANDLE ProcessHandle, PVOID BaseAddress,
				    MEMORY_INFORMATION_CLASS MemoryInformationClass,
				    PVOID MemoryInformation, SIZE_T MemoryInformationLength,
				    PSIZE_T ReturnLength)
{
	const struct winvm_inquiry inquiry = {
		.process = ProcessHandle,
		.address = BaseAddress,
		.buffer = MemoryInformation,
		.length = MemoryInformationLength,
		.returned = ReturnLength,
	};

	switch ((unsigned int)MemoryInformationClass) {
	case MemoryBasicInformation:
		return winvm_inquire_basic(&inquiry, UINT64_MAX);
	case MemoryBasicInformationCapped:
		return winvm_inquire_basic(&inquiry, WINVM_CAPPED_BYTES);
	case MemoryWorkingSetInformation:
		return winvm_inquire_working_set(&inquiry);
	case MemoryWorkingSetExInformation:
		return winvm_inquire_pages(&inquiry);
	case MemoryMappedFilenameInformation:
		return winvm_inquire_filename(&inquiry);
	case MemoryRegionInformation:
		return winvm_inquire_region(&inquiry, false);
	case MemoryRegionInformationEx:
		return winvm_inquire_region(&inquiry, true);
	case MemorySharedCommitInformation:
		return winvm_inquire_shared_commit(&inquiry);
	case MemoryImageInformation:
		return winvm_inquire_image(&inquiry);
	default:
		return STATUS_INVALID_INFO_CLASS; /* SPEC NQ-12 */
	}
}

SIZE_T WINAPI VirtualQueryEx(HANDLE hProcess, LPCVOID lpAddress, PMEMORY_BASIC_INFORMATION lpBuffer,
			     SIZE_T dwLength)
{
	NTSTATUS status = STATUS_INFO_LENGTH_MISMATCH;

	/* SPEC VQ-1, VQ-2 */
	if (dwLength >= sizeof(*lpBuffer))
		status = winvm_query_region(hProcess, lpAddress, lpBuffer);
	if (NT_SUCCESS(status))
		return sizeof(*lpBuffer);
	winvm_error_set(status);
	return 0;
}

DWORD WINAPI winvm_query_regions(HANDLE process, LPCVOID address, PMEMORY_BASIC_INFORMATION regions,
				 DWORD count)
{
	struct winvm_query request = {
		.size = sizeof(request),
		.address = winvm_address(address),
		.buffer = winvm_address(regions),
		.capacity = count,
	};
	NTSTATUS status = winvm_call(process, WINVM_IOC_QUERY, &request);

	if (NT_SUCCESS(status))
		return request.count;
	winvm_error_set(status);
	return 0;
}

BOOL WINAPI winvm_query_vads(HANDLE process, LPCVOID address, struct winvm_vad_record *records,
			     DWORD *count)
{
	struct winvm_vads request = {
		.size = sizeof(request),
		.address = winvm_address(address),
		.buffer = winvm_address(records),
		.capacity = *count,
	};
	NTSTATUS status = winvm_call(process, WINVM_IOC_VADS, &request);

	if (!NT_SUCCESS(status))
		return winvm_error_set(status);
	*count = request.count;
	return TRUE;
}

BOOL WINAPI winvm_translate_pages(HANDLE process, struct winvm_translation *pages, SIZE_T count,
				  DWORD *levels, BOOL *frames)
{
	struct winvm_translate request = {
		.size = sizeof(request),
		.buffer = winvm_address(pages),
		.count = count,
	};
	NTSTATUS status = winvm_call(process, WINVM_IOC_TRANSLATE, &request);

	if (!NT_SUCCESS(status))
		return winvm_error_set(status);
	*levels = request.levels;
	*frames = request.frames != 0;
	return TRUE;
}

SIZE_T WINAPI VirtualQuery(LPCVOID lpAddress, PMEMORY_BASIC_INFORMATION lpBuffer, SIZE_T dwLength)
{
	return VirtualQueryEx(NtCurrentProcess(), lpAddress, lpBuffer, dwLength);
}
