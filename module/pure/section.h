/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sections and views: validation in NT's order, and which protections go
 * within which (SPEC 11). What needs the VAD tree or a descriptor comes later,
 * in the call.
 */
#ifndef WINVM_PURE_SECTION_H
#define WINVM_PURE_SECTION_H

#include "check.h"
#include "vad.h"

/**
 * struct winvm_section_args - NtCreateSection, as it was called
 * @bytes: maximum size
 * @protect: PAGE_*
 * @attributes: SEC_*
 * @node: NUMA node plus one, or 0
 * @file: is a file behind it?
 */
struct winvm_section_args {
	u64 bytes;
	u32 protect;
	u32 attributes;
	u32 node;
	bool file;
};

/**
 * struct winvm_section_shape - what a section is, from its creation on
 * @bytes: its size (SPEC SE-5)
 * @attributes: SEC_* (SPEC SE-4)
 * @protect: PAGE_*, the most that views may have (SPEC SE-15)
 * @node: NUMA node plus one that views have if they ask for none; 0 for none
 * @base: where every process maps it (SPEC SE-37); 0: anywhere
 */
struct winvm_section_shape {
	u64 bytes;
	u32 attributes;
	u32 protect;
	u32 node;
	u64 base;
};

/**
 * winvm_check_section() - SPEC SE-2, SE-3, SE-5, SE-9, SE-10
 * @shape: out; of an image not complete before winvm_check_image_size()
 */
u32 winvm_check_section(const struct winvm_section_args *args,
			struct winvm_section_shape *shape);

/**
 * struct winvm_file_facts - the file that a section is to be of, as its descriptor has it
 * @bytes: its size
 * @readable, @writable, @executable: what may be done through the descriptor
 * @regular: it is a file, no directory, pipe or device
 */
struct winvm_file_facts {
	u64 bytes;
	bool readable;
	bool writable;
	bool executable;
	bool regular;
};

/** winvm_check_file() - may a section of it have a valid protection? (SPEC SE-8) */
u32 winvm_check_file(const struct winvm_file_facts *facts, u32 protect);

/**
 * winvm_check_file_size() - SPEC SE-5 to SE-7
 * @shape: its size was asked for: becomes the section's, and the file must have it
 */
u32 winvm_check_file_size(const struct winvm_file_facts *facts,
			  struct winvm_section_shape *shape);

/** winvm_check_extend() - SPEC SE-39; @bytes is more than the section has */
u32 winvm_check_extend(const struct winvm_section_shape *shape, u64 bytes);

/** winvm_protect_writes() - do pages with a valid PAGE_* value, or a section's, change the file? */
bool winvm_protect_writes(u32 protect);

/**
 * winvm_check_image_size() - the size of an image's section
 * @bytes: that of the image
 *
 * Return: STATUS_SECTION_TOO_BIG if more was asked for.
 */
u32 winvm_check_image_size(struct winvm_section_shape *shape, u64 bytes);

/** winvm_section_image() - is it an image's? */
bool winvm_section_image(const struct winvm_section_shape *shape);

/** winvm_section_protect_valid() - may a section have it? (SPEC PR-3, SE-9) */
bool winvm_section_protect_valid(u32 protect);

/**
 * winvm_section_whole() - what a section shows with the protection of each page of
 * its views: PAGE_NOCACHE, PAGE_WRITECOMBINE or 0 (SPEC PR-7)
 */
u32 winvm_section_whole(u32 attributes);

/** winvm_section_rights() - SECTION_MAP_* that a view with this PAGE_* value needs (SPEC SE-14) */
u32 winvm_section_rights(u32 protect);

/** winvm_protect_copies() - does a valid PAGE_* value copy on write? */
bool winvm_protect_copies(u32 protect);

/**
 * winvm_check_view_protect() - may pages of a view get this protection? (SPEC SE-30, VP-11)
 * @view: AllocationProtect of the view
 * @protect: a valid PAGE_* value
 *
 * Return: STATUS_SUCCESS or STATUS_SECTION_PROTECTION.
 */
u32 winvm_check_view_protect(u32 view, u32 protect);

/**
 * winvm_check_protect_of() - may pages of a VAD get this protection? (SPEC VP-5, VP-10, VP-19)
 * @vad: the one that holds all of the range, or NULL
 * @protect: a valid PAGE_* value
 */
u32 winvm_check_protect_of(const struct winvm_vad *vad, u32 protect);

/**
 * winvm_check_no_change() - pages of a view of a SEC_NO_CHANGE section keep their protection
 * @protect: a valid PAGE_* value
 *
 * Return: STATUS_SUCCESS, also for the protection that they have, or
 * STATUS_INVALID_PAGE_PROTECTION.
 */
u32 winvm_check_no_change(const struct winvm_vad *vad, u32 protect);

/** winvm_check_view_commit() - the same for a commit (SPEC VA-49, VA-50) */
u32 winvm_check_view_commit(u32 view, u32 protect);

/**
 * struct winvm_view_args - NtMapViewOfSection, as it was called
 * @base: wanted address, 0 for any
 * @bytes: length, 0 to the end of the section
 * @offset: in the section
 * @zero_bits: SPEC SE-16
 * @commit_bytes: SPEC SE-25
 * @required: of the choice; no alignment can be (SPEC SE-24)
 * @type: MEM_*
 * @protect: PAGE_*
 * @inherit: SPEC SE-36
 * @node: NUMA node plus one, one that there is; 0 for none
 * @extended: the Ex call, which knows placeholders (SPEC PH-17)
 */
struct winvm_view_args {
	u64 base;
	u64 bytes;
	u64 offset;
	u64 zero_bits;
	u64 commit_bytes;
	struct winvm_requirements required;
	u32 type;
	u32 protect;
	u32 inherit;
	u32 node;
	bool extended;
};

/** winvm_check_view() - what needs no section (SPEC PH-17, SE-16 to SE-18, SE-20, SE-24, SE-36) */
u32 winvm_check_view(const struct winvm_bounds *bounds, const struct winvm_view_args *args);

/**
 * winvm_check_view_of() - what does (SPEC PH-17, PH-22, SE-15, SE-16, SE-17, SE-19, SE-37)
 * @args: as winvm_check_view() has passed them
 * @place: out: where the view goes, as for a reservation
 */
u32 winvm_check_view_of(const struct winvm_bounds *bounds, const struct winvm_view_args *args,
			const struct winvm_section_shape *shape,
			struct winvm_alloc_plan *place);

/** winvm_check_flush() - SPEC SE-33: @span: out: whole pages; none of them: to the view's end */
u32 winvm_check_flush(const struct winvm_bounds *bounds, u64 base, u64 bytes,
		      struct winvm_span *span);

/**
 * winvm_view_at() - the same place, at the page that would be the right one (SPEC SE-32)
 * @place: of a view that may go anywhere
 * @vpn: a multiple of 64 KB, as a page number
 * @there: out
 *
 * Return: false if @place does not allow it.
 */
bool winvm_view_at(const struct winvm_alloc_plan *place, u64 vpn,
		   struct winvm_alloc_plan *there);

/** winvm_check_unmap() - SPEC PH-18, SE-40: flags that there are */
u32 winvm_check_unmap(const struct winvm_bounds *bounds, u64 base, u32 flags, u64 *vpn);

#endif
