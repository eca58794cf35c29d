/* SPDX-License-Identifier: GPL-2.0 */
/*
 * PE files: what their headers say of the image, page by page (SPEC SE-3,
 * SE-32). The file is anybody's: every number in it is looked at before it is
 * used, and all arithmetic is in 64 bits.
 */
#ifndef WINVM_PURE_PE_H
#define WINVM_PURE_PE_H

#include "nt.h"
#include "seam.h"

/* So much of the beginning of a file is read; headers that go on are refused. */
#define WINVM_PE_HEAD_BYTES	0x10000U
#define WINVM_PE_SECTIONS	96U	/* no Windows loads more */

/**
 * struct winvm_pe_part - pages of an image that have one source and one protection
 * @page: the first, counted from the image's beginning
 * @pages: how many, at least 1
 * @offset: where in the file their bytes begin
 * @bytes: how many there are; the rest is zeros
 * @protect: PAGE_*
 */
struct winvm_pe_part {
	u32 page;
	u32 pages;
	u64 offset;
	u32 bytes;
	u32 protect;
};

/**
 * struct winvm_pe - an image
 * @base: where it wants to be, a multiple of 64 KB
 * @pages: its size
 * @entry: address where it begins to run, relative to its base; 0 for none
 * @stack_reserve, @stack_commit: bytes that its first thread's stack wants
 * @machine: IMAGE_FILE_MACHINE_*
 * @characteristics, @dll_characteristics: IMAGE_FILE_*, IMAGE_DLLCHARACTERISTICS_*
 * @subsystem: IMAGE_SUBSYSTEM_*
 * @subsystem_major, @subsystem_minor: the version of that
 * @loader_flags, @checksum: as the file has them
 * @file_bytes: length of the file, its low 32 bits
 * @code: a section is executable
 * @count: parts in use
 * @parts: the headers and the sections, in the order of their pages. What is
 *	in none of them is not committed.
 */
struct winvm_pe {
	u64 base;
	u32 pages;
	u32 entry;
	u64 stack_reserve;
	u64 stack_commit;
	u16 machine;
	u16 characteristics;
	u16 dll_characteristics;
	u16 subsystem;
	u16 subsystem_major;
	u16 subsystem_minor;
	u32 loader_flags;
	u32 checksum;
	u32 file_bytes;
	bool code;
	u32 count;
	struct winvm_pe_part parts[WINVM_PE_SECTIONS + 1];
};

/**
 * winvm_pe_parse() - SPEC SE-3
 * @head: the first bytes of the file
 * @head_bytes: how many: all of the file, or WINVM_PE_HEAD_BYTES
 * @file_bytes: length of the file
 * @pe: out
 *
 * Return: STATUS_INVALID_IMAGE_NOT_MZ; STATUS_INVALID_IMAGE_FORMAT;
 * STATUS_NOT_SUPPORTED for images whose sections are closer than pages, and for
 * those with a section that is written and shared.
 */
u32 winvm_pe_parse(const u8 *head, u64 head_bytes, u64 file_bytes, struct winvm_pe *pe);

/** winvm_pe_protect() - PAGE_* of a section with these IMAGE_SCN_MEM_* (SPEC SE-32) */
u32 winvm_pe_protect(u32 characteristics);

/** winvm_pe_unexecutable() - the same without execution, for SEC_IMAGE_NO_EXECUTE */
u32 winvm_pe_unexecutable(u32 protect);

/** winvm_pe_part() - the part a page is in; NULL if it is in none */
const struct winvm_pe_part *winvm_pe_part(const struct winvm_pe *pe, u64 page);

/**
 * winvm_pe_source() - where the bytes of a page are
 * @page: any
 * @offset: out: in the file
 *
 * Return: how many bytes there are, 0 to a page; the rest is zeros.
 */
u32 winvm_pe_source(const struct winvm_pe *pe, u64 page, u64 *offset);

#endif
