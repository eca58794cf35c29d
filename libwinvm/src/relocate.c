// SPDX-License-Identifier: MIT
/*
 * Relocating images (SPEC SE-32): what Windows' loader does with one that is not
 * where it was made for. The image is anybody's file: nothing in it is believed,
 * and its table is copied first, for an entry may be about the table itself.
 */

#include <stdlib.h>
#include <string.h>

#include <winvm.h>

#include "internal.h"

/* Offsets in the headers, by Microsoft's "PE Format". */
#define PE_LFANEW	   0x3cu
#define PE_COFF_BYTES	   24u /* with the signature */
#define PE_CHARACTERISTICS 22u
#define PE_RELOCS_STRIPPED 0x1u
#define PE_OPTIONAL_BYTES  20u
#define PE_MAGIC_32	   0x10bu
#define PE_MAGIC_64	   0x20bu
#define PE_RELOC_DIRECTORY 5u
#define PE_BLOCK_BYTES	   8u
#define PE_RELOC_ABSOLUTE  0u
#define PE_RELOC_HIGHLOW   3u
#define PE_RELOC_DIR64	   10u

/* Regions of an image: 97 parts and the gaps between them, split once by headers and table. */
#define RELOCATE_REGIONS 1024

/**
 * struct winvm_relocation - an image that is being relocated
 * @base: where it is
 * @bytes: its size
 * @delta: what is added
 * @field: where ImageBase is, from @base
 * @wide: PE32+
 * @table: where the table is, from @base
 * @table_bytes: its size
 * @copy: of the table
 * @count: regions in use
 * @regions: the committed ones, by address, with the protections to go back to
 */
struct winvm_relocation {
	uint8_t *base;
	uint64_t bytes;
	uint64_t delta;
	uint64_t field;
	bool wide;
	uint64_t table;
	uint64_t table_bytes;
	uint8_t *copy;
	size_t count;
	MEMORY_BASIC_INFORMATION regions[RELOCATE_REGIONS];
};

static uint16_t winvm_relocate_u16(const uint8_t *at)
{
	uint16_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static uint32_t winvm_relocate_u32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static uint64_t winvm_relocate_u64(const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

/* The regions of the image that are committed. */
static NTSTATUS winvm_relocate_look(struct winvm_relocation *image)
{
	MEMORY_BASIC_INFORMATION region;

	for (uint64_t at = 0; at < image->bytes;) {
		if (!VirtualQuery(image->base + at, &region, sizeof(region)))
			return STATUS_NOT_MAPPED_VIEW;
		at += region.RegionSize;
		if (region.State != MEM_COMMIT)
			continue;
		if (image->count == RELOCATE_REGIONS)
			return STATUS_INSUFFICIENT_RESOURCES;
		image->regions[image->count++] = region;
	}
	return STATUS_SUCCESS;
}

static bool winvm_relocate_committed(const struct winvm_relocation *image, uint64_t at)
{
	for (size_t i = 0; i < image->count; i++) {
		uint64_t start =
			winvm_address(image->regions[i].BaseAddress) - winvm_address(image->base);

		if (at >= start && at - start < image->regions[i].RegionSize)
			return true;
	}
	return false;
}

/* Of a range all pages are. */
static bool winvm_relocate_present(const struct winvm_relocation *image, uint64_t at,
				   uint64_t bytes)
{
	if (at > image->bytes || bytes > image->bytes - at)
		return false;
	for (uint64_t page = at & ~UINT64_C(0xfff); page < at + bytes; page += 0x1000)
		if (!winvm_relocate_committed(image, page))
			return false;
	return true;
}

/* For copy on write; 0 if it can be written as it is. */
static DWORD winvm_relocate_writable(DWORD protect)
{
	if (protect == PAGE_READWRITE || protect == PAGE_EXECUTE_READWRITE)
		return 0;
	return protect & (PAGE_EXECUTE | PAGE_EXECUTE_READ | PAGE_EXECUTE_WRITECOPY |
			  PAGE_EXECUTE_READWRITE) ?
		       PAGE_EXECUTE_WRITECOPY :
		       PAGE_WRITECOPY;
}

static BOOL winvm_relocate_protect(const MEMORY_BASIC_INFORMATION *region, DWORD protect)
{
	DWORD ignored;

	return !winvm_relocate_writable(region->Protect) ||
	       VirtualProtect(region->BaseAddress, region->RegionSize, protect, &ignored);
}

/* Back to what they were: the first @count of them. */
static void winvm_relocate_close(const struct winvm_relocation *image, size_t count)
{
	for (size_t i = 0; i < count; i++)
		winvm_relocate_protect(&image->regions[i], image->regions[i].Protect);
}

/* All of it can be read and written: what is written is a copy. */
static NTSTATUS winvm_relocate_open(const struct winvm_relocation *image)
{
	for (size_t i = 0; i < image->count; i++) {
		const MEMORY_BASIC_INFORMATION *region = &image->regions[i];
		NTSTATUS status;

		if (winvm_relocate_protect(region, winvm_relocate_writable(region->Protect)))
			continue;
		status = RtlGetLastNtStatus();
		winvm_relocate_close(image, i);
		return status;
	}
	return STATUS_SUCCESS;
}

/* Where the table is; none is fine for an image that says that it needs none. */
static NTSTATUS winvm_relocate_directory(struct winvm_relocation *image, const uint8_t *coff)
{
	uint64_t fixed = image->wide ? 112 : 96, entry = fixed + 8 * PE_RELOC_DIRECTORY;
	const uint8_t *optional = coff + PE_COFF_BYTES;

	if (winvm_relocate_u16(coff + PE_OPTIONAL_BYTES) >= entry + 8 &&
	    winvm_relocate_u32(optional + fixed - 4) > PE_RELOC_DIRECTORY) {
		image->table = winvm_relocate_u32(optional + entry);
		image->table_bytes = winvm_relocate_u32(optional + entry + 4);
	}
	if (!image->table_bytes)
		return winvm_relocate_u16(coff + PE_CHARACTERISTICS) & PE_RELOCS_STRIPPED ?
			       STATUS_CONFLICTING_ADDRESSES :
			       STATUS_SUCCESS;
	return winvm_relocate_present(image, image->table, image->table_bytes) ?
		       STATUS_SUCCESS :
		       STATUS_INVALID_IMAGE_FORMAT;
}

static NTSTATUS winvm_relocate_parse(struct winvm_relocation *image)
{
	const uint8_t *coff;
	uint64_t lfanew;
	uint16_t magic;

	if (!winvm_relocate_present(image, 0, 64) || memcmp(image->base, "MZ", 2))
		return STATUS_INVALID_IMAGE_NOT_MZ;
	lfanew = winvm_relocate_u32(image->base + PE_LFANEW);
	coff = image->base + lfanew;
	if (!winvm_relocate_present(image, lfanew, PE_COFF_BYTES + 96) || memcmp(coff, "PE\0\0", 4))
		return STATUS_INVALID_IMAGE_FORMAT;
	if (!winvm_relocate_present(image, lfanew + PE_COFF_BYTES,
				    winvm_relocate_u16(coff + PE_OPTIONAL_BYTES)))
		return STATUS_INVALID_IMAGE_FORMAT;
	magic = winvm_relocate_u16(coff + PE_COFF_BYTES);
	if (magic != PE_MAGIC_64 && magic != PE_MAGIC_32)
		return STATUS_INVALID_IMAGE_FORMAT;
	image->wide = magic == PE_MAGIC_64;
	image->field = lfanew + PE_COFF_BYTES + (image->wide ? 24 : 28);
	image->delta = winvm_address(image->base) -
		       (image->wide ? winvm_relocate_u64(image->base + image->field) :
				      winvm_relocate_u32(image->base + image->field));
	return winvm_relocate_directory(image, coff);
}

static void winvm_relocate_add(const struct winvm_relocation *image, uint8_t *at, bool wide)
{
	uint64_t word = (wide ? winvm_relocate_u64(at) : winvm_relocate_u32(at)) + image->delta;

	memcpy(at, &word, wide ? 8 : 4);
}

/* One entry, looked at, or carried out. */
static bool winvm_relocate_entry(const struct winvm_relocation *image, uint64_t page,
				 uint16_t entry, bool apply)
{
	uint64_t at = page + (entry & 0xfff);
	unsigned int type = entry >> 12;

	if (type == PE_RELOC_ABSOLUTE)
		return true;
	if (type != PE_RELOC_HIGHLOW && type != PE_RELOC_DIR64)
		return false;
	if (apply)
		winvm_relocate_add(image, image->base + at, type == PE_RELOC_DIR64);
	else if (!winvm_relocate_present(image, at, type == PE_RELOC_DIR64 ? 8 : 4))
		return false;
	return true;
}

/* All of the table. */
static bool winvm_relocate_walk(const struct winvm_relocation *image, bool apply)
{
	for (uint64_t at = 0; at < image->table_bytes;) {
		uint64_t rest = image->table_bytes - at, bytes, entry;

		if (rest < PE_BLOCK_BYTES)
			return false;
		bytes = winvm_relocate_u32(image->copy + at + 4);
		if (bytes < PE_BLOCK_BYTES || bytes > rest || bytes % 2)
			return false;
		for (entry = PE_BLOCK_BYTES; entry < bytes; entry += 2)
			if (!winvm_relocate_entry(image, winvm_relocate_u32(image->copy + at),
						  winvm_relocate_u16(image->copy + at + entry),
						  apply))
				return false;
		at += bytes;
	}
	return true;
}

/* The image can be read and written. */
static NTSTATUS winvm_relocate_whole(struct winvm_relocation *image)
{
	NTSTATUS status = winvm_relocate_parse(image);
	uint64_t base = winvm_address(image->base);

	if (status == STATUS_CONFLICTING_ADDRESSES && !image->delta)
		return STATUS_SUCCESS;
	if (status || !image->delta)
		return status;
	if (!image->wide && base + image->bytes > UINT64_C(1) << 32)
		return STATUS_CONFLICTING_ADDRESSES;
	image->copy = malloc(image->table_bytes + 1);
	if (!image->copy)
		return STATUS_NO_MEMORY;
	memcpy(image->copy, image->base + image->table, image->table_bytes);
	if (winvm_relocate_walk(image, false)) {
		winvm_relocate_walk(image, true);
		memcpy(image->base + image->field, &base, image->wide ? 8 : 4);
	} else {
		status = STATUS_INVALID_IMAGE_FORMAT;
	}
	free(image->copy);
	return status;
}

static NTSTATUS winvm_relocate_at(struct winvm_relocation *image, void *base)
{
	MEMORY_IMAGE_INFORMATION whole;
	NTSTATUS status = NtQueryVirtualMemory(NtCurrentProcess(), base, MemoryImageInformation,
					       &whole, sizeof(whole), NULL);

	if (status || !base || whole.ImageBase != base)
		return STATUS_NOT_MAPPED_VIEW;
	image->base = base;
	image->bytes = whole.SizeOfImage;
	status = winvm_relocate_look(image);
	if (!status)
		status = winvm_relocate_open(image);
	if (status)
		return status;
	status = winvm_relocate_whole(image);
	winvm_relocate_close(image, image->count);
	return status;
}

BOOL WINAPI winvm_relocate_image(PVOID base)
{
	struct winvm_relocation *image = calloc(1, sizeof(*image));
	NTSTATUS status = STATUS_NO_MEMORY;

	if (image)
		status = winvm_relocate_at(image, base);
	free(image);
	return status ? winvm_error_set(status) : TRUE;
}
