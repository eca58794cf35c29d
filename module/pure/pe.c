// SPDX-License-Identifier: GPL-2.0
/*
 * Headers of PE files, by Microsoft's "PE Format": a DOS header that says where
 * the COFF header is; behind that the optional header, behind that the table of
 * sections.
 */
#include "pe.h"

#define PE_DOS_BYTES		64U
#define PE_DOS_LFANEW		0x3cU
#define PE_DOS_MAGIC		0x5a4dU		/* "MZ" */
#define PE_SIGNATURE		0x4550U		/* "PE", two zeros */
#define PE_COFF_BYTES		24U		/* with the signature */
#define PE_MAGIC_32		0x10bU
#define PE_MAGIC_64		0x20bU
#define PE_MACHINE_I386		0x14cU
#define PE_MACHINE_AMD64	0x8664U
#define PE_EXECUTABLE		0x2U		/* IMAGE_FILE_EXECUTABLE_IMAGE */
#define PE_SECTION_BYTES	40U
#define PE_SECTOR		0x200U		/* raw data is aligned to it, in any file */

#define PE_MEM_SHARED		0x10000000U
#define PE_MEM_EXECUTE		0x20000000U
#define PE_MEM_READ		0x40000000U
#define PE_MEM_WRITE		0x80000000U

/**
 * struct winvm_pe_headers - where things are, and what the optional header tells of them
 * @head: the bytes
 * @bytes: how many
 * @file_bytes: length of the file
 * @coff: offset of the COFF header, as all within @bytes
 * @optional: of the optional header
 * @table: of the table of sections
 * @optional_bytes: length of the optional header
 * @sections: entries of the table
 * @wide: PE32+
 * @alignment: of sections
 * @headers_bytes: as much of the file is shown at the image's beginning
 * @image_bytes: size of the image, in whole pages
 */
struct winvm_pe_headers {
	const u8 *head;
	u64 bytes;
	u64 file_bytes;
	u64 coff;
	u64 optional;
	u64 table;
	u32 optional_bytes;
	u32 sections;
	bool wide;
	u32 alignment;
	u32 headers_bytes;
	u64 image_bytes;
};

static u16 winvm_pe_u16(const struct winvm_pe_headers *in, u64 at)
{
	return (u16)(in->head[at] | in->head[at + 1] << 8);
}

static u32 winvm_pe_u32(const struct winvm_pe_headers *in, u64 at)
{
	return winvm_pe_u16(in, at) | (u32)winvm_pe_u16(in, at + 2) << 16;
}

static u64 winvm_pe_u64(const struct winvm_pe_headers *in, u64 at)
{
	return winvm_pe_u32(in, at) | (u64)winvm_pe_u32(in, at + 4) << 32;
}

/* A field that is as wide as the image's addresses. */
static u64 winvm_pe_word(const struct winvm_pe_headers *in, u64 narrow, u64 wide)
{
	return in->wide ? winvm_pe_u64(in, in->optional + wide) :
			  winvm_pe_u32(in, in->optional + narrow);
}

static bool winvm_pe_power_of_2(u32 number)
{
	return number && !(number & (number - 1));
}

static u32 winvm_pe_find(struct winvm_pe_headers *in)
{
	if (in->bytes < 2 || winvm_pe_u16(in, 0) != PE_DOS_MAGIC)
		return STATUS_INVALID_IMAGE_NOT_MZ;
	if (in->bytes < PE_DOS_BYTES)
		return STATUS_INVALID_IMAGE_FORMAT;
	in->coff = winvm_pe_u32(in, PE_DOS_LFANEW);
	if (in->coff % 4 || in->coff + PE_COFF_BYTES > in->bytes ||
	    winvm_pe_u32(in, in->coff) != PE_SIGNATURE)
		return STATUS_INVALID_IMAGE_FORMAT;
	in->sections = winvm_pe_u16(in, in->coff + 6);
	in->optional_bytes = winvm_pe_u16(in, in->coff + 20);
	in->optional = in->coff + PE_COFF_BYTES;
	in->table = in->optional + in->optional_bytes;
	if (in->sections > WINVM_PE_SECTIONS ||
	    in->table + in->sections * PE_SECTION_BYTES > in->bytes)
		return STATUS_INVALID_IMAGE_FORMAT;
	return STATUS_SUCCESS;
}

/* The optional header is there up to its directories, and of the machine's kind. */
static bool winvm_pe_kind_valid(struct winvm_pe_headers *in)
{
	u16 machine = winvm_pe_u16(in, in->coff + 4), magic;

	if (in->optional_bytes < 96)
		return false;
	magic = winvm_pe_u16(in, in->optional);
	in->wide = magic == PE_MAGIC_64;
	if (in->wide)
		return machine == PE_MACHINE_AMD64 && in->optional_bytes >= 112;
	return magic == PE_MAGIC_32 && machine == PE_MACHINE_I386;
}

static bool winvm_pe_alignment_valid(const struct winvm_pe_headers *in)
{
	u32 file = winvm_pe_u32(in, in->optional + 36);

	return winvm_pe_power_of_2(in->alignment) && winvm_pe_power_of_2(file) &&
	       file >= PE_SECTOR && file <= 0x10000 && in->alignment >= file;
}

/* The headers hold the table of sections, are in the file, and begin the image. */
static bool winvm_pe_size_valid(struct winvm_pe_headers *in)
{
	in->headers_bytes = winvm_pe_u32(in, in->optional + 60);
	in->image_bytes = ALIGN((u64)winvm_pe_u32(in, in->optional + 56), WINVM_PAGE_BYTES);
	return in->headers_bytes >= in->table + in->sections * PE_SECTION_BYTES &&
	       in->headers_bytes <= in->file_bytes && in->headers_bytes <= in->image_bytes;
}

static u32 winvm_pe_check(struct winvm_pe_headers *in)
{
	if (!winvm_pe_kind_valid(in))
		return STATUS_INVALID_IMAGE_FORMAT;
	if (!(winvm_pe_u16(in, in->coff + 22) & PE_EXECUTABLE))
		return STATUS_INVALID_IMAGE_FORMAT;
	in->alignment = winvm_pe_u32(in, in->optional + 32);
	if (!winvm_pe_alignment_valid(in) || !winvm_pe_size_valid(in))
		return STATUS_INVALID_IMAGE_FORMAT;
	if (winvm_pe_word(in, 28, 24) % WINVM_GRANULARITY_BYTES)
		return STATUS_INVALID_IMAGE_FORMAT;
	return in->alignment < WINVM_PAGE_BYTES ? STATUS_NOT_SUPPORTED : STATUS_SUCCESS;
}

static void winvm_pe_describe(const struct winvm_pe_headers *in, struct winvm_pe *pe)
{
	pe->base = winvm_pe_word(in, 28, 24);
	pe->pages = in->image_bytes >> WINVM_PAGE_SHIFT;
	pe->entry = winvm_pe_u32(in, in->optional + 16);
	pe->stack_reserve = winvm_pe_word(in, 72, 72);
	pe->stack_commit = winvm_pe_word(in, 76, 80);
	pe->machine = winvm_pe_u16(in, in->coff + 4);
	pe->characteristics = winvm_pe_u16(in, in->coff + 22);
	pe->dll_characteristics = winvm_pe_u16(in, in->optional + 70);
	pe->subsystem = winvm_pe_u16(in, in->optional + 68);
	pe->subsystem_major = winvm_pe_u16(in, in->optional + 48);
	pe->subsystem_minor = winvm_pe_u16(in, in->optional + 50);
	pe->loader_flags = winvm_pe_u32(in, in->optional + (in->wide ? 104 : 88));
	pe->checksum = winvm_pe_u32(in, in->optional + 64);
	pe->file_bytes = (u32)in->file_bytes;
}

u32 winvm_pe_protect(u32 characteristics)
{
	u32 protect = NT_PAGE_NOACCESS;

	if (characteristics & PE_MEM_WRITE)
		protect = characteristics & PE_MEM_SHARED ? NT_PAGE_READWRITE : NT_PAGE_WRITECOPY;
	else if (characteristics & PE_MEM_READ)
		protect = NT_PAGE_READONLY;
	/* The executable protections are the others, four bits up. */
	return characteristics & PE_MEM_EXECUTE ? protect << 4 : protect;
}

u32 winvm_pe_unexecutable(u32 protect)
{
	return protect >= NT_PAGE_EXECUTE ? protect >> 4 : protect;
}

/* What the file has of a section; the rest of its pages is zeros. */
static bool winvm_pe_raw(const struct winvm_pe_headers *in, u64 entry, struct winvm_pe_part *part)
{
	u64 offset = winvm_pe_u32(in, entry + 20);
	u64 bytes = min((u64)winvm_pe_u32(in, entry + 16), (u64)part->pages << WINVM_PAGE_SHIFT);

	if (!offset || !bytes)
		return true;
	part->offset = ALIGN_DOWN(offset, PE_SECTOR);
	part->bytes = (u32)bytes;
	return part->offset + bytes <= in->file_bytes;
}

/*
 * Sections lie one behind the other.
 *
 * @next: in: the page where this one has to begin; out: the next one
 */
static u32 winvm_pe_section(const struct winvm_pe_headers *in, u64 entry, u64 *next,
			    struct winvm_pe *pe)
{
	u32 characteristics = winvm_pe_u32(in, entry + 36);
	struct winvm_pe_part *part = &pe->parts[pe->count];
	u64 start = winvm_pe_u32(in, entry + 12);
	u64 bytes = winvm_pe_u32(in, entry + 8);
	u64 pages;

	if (!bytes)
		bytes = winvm_pe_u32(in, entry + 16);
	pages = ALIGN(bytes, WINVM_PAGE_BYTES) >> WINVM_PAGE_SHIFT;
	if (!pages || start != *next << WINVM_PAGE_SHIFT || *next + pages > pe->pages)
		return STATUS_INVALID_IMAGE_FORMAT;
	if (characteristics & PE_MEM_SHARED && characteristics & PE_MEM_WRITE)
		return STATUS_NOT_SUPPORTED;
	*part = (struct winvm_pe_part){
		.page = (u32)*next,
		.pages = (u32)pages,
		.protect = winvm_pe_protect(characteristics),
	};
	if (!winvm_pe_raw(in, entry, part))
		return STATUS_INVALID_IMAGE_FORMAT;
	pe->count++;
	pe->code |= !!(characteristics & PE_MEM_EXECUTE);
	*next = ALIGN(start + bytes, in->alignment) >> WINVM_PAGE_SHIFT;
	return STATUS_SUCCESS;
}

/* The headers are the first part. */
static u32 winvm_pe_sections(const struct winvm_pe_headers *in, struct winvm_pe *pe)
{
	u64 next = ALIGN((u64)in->headers_bytes, in->alignment) >> WINVM_PAGE_SHIFT;
	u32 status = STATUS_SUCCESS, index;

	pe->parts[0] = (struct winvm_pe_part){
		.pages = (u32)(ALIGN((u64)in->headers_bytes, WINVM_PAGE_BYTES) >>
			       WINVM_PAGE_SHIFT),
		.bytes = in->headers_bytes,
		.protect = NT_PAGE_READONLY,
	};
	pe->count = 1;
	for (index = 0; index < in->sections && !status; index++)
		status = winvm_pe_section(in, in->table + index * PE_SECTION_BYTES, &next, pe);
	return status;
}

u32 winvm_pe_parse(const u8 *head, u64 head_bytes, u64 file_bytes, struct winvm_pe *pe)
{
	struct winvm_pe_headers in = {
		.head = head,
		.bytes = min(head_bytes, file_bytes),
		.file_bytes = file_bytes,
	};
	u32 status = winvm_pe_find(&in);

	if (!status)
		status = winvm_pe_check(&in);
	if (status)
		return status;
	memset(pe, 0, sizeof(*pe));
	winvm_pe_describe(&in, pe);
	return winvm_pe_sections(&in, pe);
}

const struct winvm_pe_part *winvm_pe_part(const struct winvm_pe *pe, u64 page)
{
	u32 index;

	for (index = 0; index < pe->count; index++) {
		const struct winvm_pe_part *part = &pe->parts[index];

		if (page >= part->page && page - part->page < part->pages)
			return part;
	}
	return NULL;
}

u32 winvm_pe_source(const struct winvm_pe *pe, u64 page, u64 *offset)
{
	const struct winvm_pe_part *part = winvm_pe_part(pe, page);
	u64 skip;

	*offset = 0;
	if (!part)
		return 0;
	skip = (page - part->page) << WINVM_PAGE_SHIFT;
	if (skip >= part->bytes)
		return 0;
	*offset = part->offset + skip;
	return (u32)min(part->bytes - skip, WINVM_PAGE_BYTES);
}
