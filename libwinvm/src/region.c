// SPDX-License-Identifier: MIT
/* Describing whole allocations (SPEC NQ-4 to NQ-10, NQ-13). */

#include "internal.h"

/* PlaceholderReservation in RegionType */
#define WINVM_REGION_PLACEHOLDER 0x100u

/* Nothing is there: STATUS_INVALID_ADDRESS. */
static NTSTATUS winvm_query_whole(HANDLE process, const void *address,
				  struct winvm_query_allocation *whole)
{
	NTSTATUS status;

	*whole = (struct winvm_query_allocation){
		.size = sizeof(*whole),
		.address = winvm_address(address),
	};
	status = winvm_call(process, WINVM_IOC_QUERY_ALLOCATION, whole);
	return !status && !whole->type ? STATUS_INVALID_ADDRESS : status;
}

static void winvm_region_flags(const struct winvm_query_allocation *whole,
			       MEMORY_REGION_INFORMATION *region)
{
	bool page_file = whole->flags & WINVM_ALLOCATION_PAGE_FILE;

	region->Private = whole->type == MEM_PRIVATE;
	region->MappedImage = whole->type == MEM_IMAGE;
	region->MappedDataFile = whole->type == MEM_MAPPED && !page_file;
	region->MappedPageFile = whole->type == MEM_MAPPED && page_file;
	region->PlaceholderReservation = (whole->flags & WINVM_ALLOCATION_PLACEHOLDER) != 0;
}

static NTSTATUS winvm_region_get(HANDLE process, const void *address,
				 MEMORY_REGION_INFORMATION *region)
{
	struct winvm_query_allocation whole;
	NTSTATUS status = winvm_query_whole(process, address, &whole);

	if (status)
		return status;
	*region = (MEMORY_REGION_INFORMATION){
		.AllocationBase = winvm_pointer(whole.base),
		.AllocationProtect = whole.allocation_protect,
		.RegionSize = whole.bytes,
		.CommitSize = whole.commit_bytes,
		.NodePreference = whole.node,
	};
	winvm_region_flags(&whole, region);
	return STATUS_SUCCESS;
}

/* The fields from RegionSize on are as many as the caller has room for (SPEC NQ-5). */
static SIZE_T winvm_region_bytes(SIZE_T room)
{
	SIZE_T least = offsetof(MEMORY_REGION_INFORMATION, CommitSize);

	if (room < least)
		return 0;
	return min(room - room % sizeof(SIZE_T), sizeof(MEMORY_REGION_INFORMATION));
}

/* @flags: all of them, or only what tells a placeholder (SPEC NQ-6, PH-2, DG-19) */
NTSTATUS winvm_inquire_region(const struct winvm_inquiry *inquiry, bool flags)
{
	SIZE_T bytes = winvm_region_bytes(inquiry->length);
	MEMORY_REGION_INFORMATION region;
	NTSTATUS status;

	if (!bytes)
		return STATUS_INFO_LENGTH_MISMATCH;
	status = winvm_region_get(inquiry->process, inquiry->address, &region);
	if (status)
		return status;
	if (!flags)
		region.RegionType &= WINVM_REGION_PLACEHOLDER;
	return winvm_inquiry_answer(inquiry, &region, bytes);
}

/* Of the process: any address of the user range will do. */
NTSTATUS winvm_inquire_shared_commit(const struct winvm_inquiry *inquiry)
{
	MEMORY_SHARED_COMMIT_INFORMATION shared;
	struct winvm_query_allocation whole;
	struct winvm_query_memory memory;
	NTSTATUS status;

	if (inquiry->length < sizeof(shared))
		return STATUS_INFO_LENGTH_MISMATCH;
	status = winvm_query_whole(inquiry->process, inquiry->address, &whole);
	if (status && status != STATUS_INVALID_ADDRESS)
		return status;
	status = winvm_memory_ask(inquiry->process, WINVM_MEMORY_SHARED, &memory);
	if (status)
		return status;
	shared.CommitSize = memory.shared_commit_bytes;
	return winvm_inquiry_answer(inquiry, &shared, sizeof(shared));
}

NTSTATUS winvm_inquire_image(const struct winvm_inquiry *inquiry)
{
	MEMORY_IMAGE_INFORMATION image = { 0 };
	struct winvm_query_allocation whole;
	NTSTATUS status;

	if (inquiry->length < sizeof(image))
		return STATUS_INFO_LENGTH_MISMATCH;
	status = winvm_query_whole(inquiry->process, inquiry->address, &whole);
	if (status)
		return status;
	if (whole.type == MEM_IMAGE) {
		image.ImageBase = winvm_pointer(whole.base);
		image.SizeOfImage = whole.bytes;
	}
	return winvm_inquiry_answer(inquiry, &image, sizeof(image));
}

static NTSTATUS winvm_region_win32(HANDLE process, const void *address,
				   WIN32_MEMORY_REGION_INFORMATION *answer)
{
	MEMORY_REGION_INFORMATION region;
	NTSTATUS status = winvm_region_get(process, address, &region);

	if (status)
		return status;
	*answer = (WIN32_MEMORY_REGION_INFORMATION){
		.AllocationBase = region.AllocationBase,
		.AllocationProtect = region.AllocationProtect,
		.Flags = region.RegionType,
		.RegionSize = region.RegionSize,
		.CommitSize = region.CommitSize,
	};
	return STATUS_SUCCESS;
}

BOOL WINAPI QueryVirtualMemoryInformation(HANDLE Process, const VOID *VirtualAddress,
					  WIN32_MEMORY_INFORMATION_CLASS MemoryInformationClass,
					  PVOID MemoryInformation, SIZE_T MemoryInformationSize,
					  PSIZE_T ReturnSize)
{
	const struct winvm_inquiry inquiry = {
		.buffer = MemoryInformation,
		.returned = ReturnSize,
	};
	WIN32_MEMORY_REGION_INFORMATION region;
	NTSTATUS status;

	if (MemoryInformationClass != MemoryRegionInfo)
		return winvm_error_set(STATUS_INVALID_INFO_CLASS);
	if (MemoryInformationSize < sizeof(region))
		return winvm_error_set(STATUS_INFO_LENGTH_MISMATCH);
	status = winvm_region_win32(Process, VirtualAddress, &region);
	if (!status)
		status = winvm_inquiry_answer(&inquiry, &region, sizeof(region));
	return status ? winvm_error_set(status) : TRUE;
}
