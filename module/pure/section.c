// SPDX-License-Identifier: GPL-2.0
/* Validation of the calls on sections and views, and what their protections allow. */
#include "section.h"

#define WINVM_SECTION_KINDS	(NT_SEC_COMMIT | NT_SEC_RESERVE | NT_SEC_IMAGE)
#define WINVM_SECTION_ATTRIBUTES \
	(WINVM_SECTION_KINDS | NT_SEC_NOCACHE | NT_SEC_WRITECOMBINE | NT_SEC_LARGE_PAGES | \
	 NT_SEC_BASED | NT_SEC_NO_CHANGE | NT_SEC_GLOBAL)
/* What does not go with images. */
#define WINVM_SECTION_NOT_IMAGE	(NT_SEC_WRITECOMBINE | NT_SEC_LARGE_PAGES)

/* SPEC SE-10. Larger ones pass the address space; reserved ones NT's own tables. */
#define WINVM_SECTION_END		0x800000000000ULL	/* 128 TB */
#define WINVM_SECTION_RESERVE_END	0x80000000000ULL	/* 8 TB */

#define WINVM_VIEW_TYPES	(NT_MEM_RESERVE | NT_MEM_TOP_DOWN)
#define WINVM_UNMAP_FLAGS	(NT_MEM_UNMAP_WITH_TRANSIENT_BOOST | NT_MEM_PRESERVE_PLACEHOLDER)

#define WINVM_MODIFIERS \
	(NT_PAGE_GUARD | NT_PAGE_NOCACHE | NT_PAGE_WRITECOMBINE | NT_PAGE_TARGETS_INVALID)

enum {
	WINVM_MAY_READ = 1,
	WINVM_MAY_WRITE = 2,
	WINVM_MAY_EXECUTE = 4,
};

/* access() of SPEC SE-30. */
static u32 winvm_protect_access(u32 protect)
{
	switch (protect & ~WINVM_MODIFIERS) {
	case NT_PAGE_NOACCESS:
		return 0;
	case NT_PAGE_READONLY:
	case NT_PAGE_WRITECOPY:
		return WINVM_MAY_READ;
	case NT_PAGE_READWRITE:
		return WINVM_MAY_READ | WINVM_MAY_WRITE;
	case NT_PAGE_EXECUTE_READWRITE:
		return WINVM_MAY_READ | WINVM_MAY_WRITE | WINVM_MAY_EXECUTE;
	default:
		return WINVM_MAY_READ | WINVM_MAY_EXECUTE;
	}
}

static bool winvm_protect_within(u32 outer, u32 inner)
{
	return !(winvm_protect_access(inner) & ~winvm_protect_access(outer));
}

bool winvm_protect_copies(u32 protect)
{
	return protect & (NT_PAGE_WRITECOPY | NT_PAGE_EXECUTE_WRITECOPY);
}

/* SPEC PR-8: no modifier at all. */
bool winvm_section_protect_valid(u32 protect)
{
	return winvm_protect_valid(protect) && !(protect & WINVM_MODIFIERS) &&
	       protect != NT_PAGE_NOACCESS && protect != NT_PAGE_EXECUTE;
}

static bool winvm_one_bit(u32 bits)
{
	return bits && !(bits & (bits - 1));
}

/* SPEC SE-2. NOCACHE on an image means that nothing of it is executed. */
static bool winvm_section_attributes_valid(u32 attributes, bool file)
{
	if (attributes & ~WINVM_SECTION_ATTRIBUTES)
		return false;
	if (!winvm_one_bit(attributes & WINVM_SECTION_KINDS))
		return false;
	if (attributes & NT_SEC_IMAGE)
		return !(attributes & WINVM_SECTION_NOT_IMAGE);
	if (attributes & NT_SEC_LARGE_PAGES && (file || attributes & NT_SEC_RESERVE))
		return false;
	return !(attributes & NT_SEC_NOCACHE && attributes & NT_SEC_WRITECOMBINE);
}

bool winvm_protect_writes(u32 protect)
{
	return winvm_protect_access(protect) & WINVM_MAY_WRITE;
}

u32 winvm_check_file(const struct winvm_file_facts *facts, u32 protect)
{
	u32 need = winvm_protect_access(protect);

	if (!facts->readable || (need & WINVM_MAY_WRITE && !facts->writable) ||
	    (need & WINVM_MAY_EXECUTE && !facts->executable))
		return STATUS_ACCESS_DENIED;
	return facts->regular ? STATUS_SUCCESS : STATUS_INVALID_FILE_FOR_SECTION;
}

u32 winvm_check_file_size(const struct winvm_file_facts *facts,
			  struct winvm_section_shape *shape)
{
	if (!shape->bytes)
		shape->bytes = facts->bytes;
	if (!shape->bytes)
		return STATUS_MAPPED_FILE_SIZE_ZERO;
	if (shape->bytes > facts->bytes && !winvm_protect_writes(shape->protect))
		return STATUS_SECTION_TOO_BIG;
	return shape->bytes < WINVM_SECTION_END ? STATUS_SUCCESS : STATUS_SECTION_TOO_BIG;
}

bool winvm_section_image(const struct winvm_section_shape *shape)
{
	return shape->attributes & NT_SEC_IMAGE;
}

u32 winvm_check_extend(const struct winvm_section_shape *shape, u64 bytes)
{
	if (!(shape->attributes & NT_SEC_FILE) || winvm_section_image(shape) ||
	    !winvm_protect_writes(shape->protect))
		return STATUS_SECTION_NOT_EXTENDED;
	return bytes < WINVM_SECTION_END ? STATUS_SUCCESS : STATUS_SECTION_TOO_BIG;
}

/* Whatever was asked for, a file has its pages (SPEC SE-4); its size is looked at later. */
static struct winvm_section_shape winvm_file_shape(const struct winvm_section_args *args)
{
	return (struct winvm_section_shape){
		.bytes = args->bytes,
		.attributes = NT_SEC_FILE |
			      (args->attributes & (NT_SEC_NOCACHE | NT_SEC_WRITECOMBINE)),
		.protect = args->protect,
	};
}

/* Without a file the size is rounded up to a page (SPEC SE-5). */
static u32 winvm_check_section_size(const struct winvm_section_args *args)
{
	if (!args->bytes)
		return STATUS_INVALID_PARAMETER_4;
	if (args->bytes >= WINVM_SECTION_END)
		return STATUS_SECTION_TOO_BIG;
	if (args->attributes & NT_SEC_RESERVE && args->bytes >= WINVM_SECTION_RESERVE_END)
		return STATUS_INSUFFICIENT_RESOURCES;
	return STATUS_SUCCESS;
}

/* How large it is the file tells. */
static u32 winvm_check_image(const struct winvm_section_args *args,
			     struct winvm_section_shape *shape)
{
	if (!args->file)
		return STATUS_INVALID_IMAGE_NOT_MZ;	/* SPEC SE-3 */
	*shape = (struct winvm_section_shape){
		.bytes = args->bytes,
		.attributes = args->attributes | NT_SEC_FILE,	/* SPEC SE-4 */
		.protect = args->protect,
	};
	return STATUS_SUCCESS;
}

u32 winvm_check_image_size(struct winvm_section_shape *shape, u64 bytes)
{
	if (shape->bytes > bytes)
		return STATUS_SECTION_TOO_BIG;
	shape->bytes = bytes;
	return STATUS_SUCCESS;
}

u32 winvm_check_section(const struct winvm_section_args *args,
			struct winvm_section_shape *shape)
{
	u32 status;

	if (!winvm_section_attributes_valid(args->attributes, args->file))
		return STATUS_INVALID_PARAMETER_6;
	if (!winvm_section_protect_valid(args->protect))
		return STATUS_INVALID_PAGE_PROTECTION;
	if (args->attributes & NT_SEC_LARGE_PAGES)
		return STATUS_PRIVILEGE_NOT_HELD;	/* nobody holds it */
	if (args->attributes & NT_SEC_IMAGE)
		return winvm_check_image(args, shape);
	if (args->file) {
		*shape = winvm_file_shape(args);
		return STATUS_SUCCESS;
	}
	status = winvm_check_section_size(args);
	if (status)
		return status;
	*shape = (struct winvm_section_shape){
		.bytes = ALIGN(args->bytes, WINVM_PAGE_BYTES),
		.attributes = args->attributes,
		.protect = args->protect,
		.node = args->node,
	};
	return STATUS_SUCCESS;
}

/* Of an image NOCACHE means something else (SPEC SE-3). */
u32 winvm_section_whole(u32 attributes)
{
	if (attributes & NT_SEC_IMAGE)
		return 0;
	if (attributes & NT_SEC_NOCACHE)
		return NT_PAGE_NOCACHE;
	return attributes & NT_SEC_WRITECOMBINE ? NT_PAGE_WRITECOMBINE : 0;
}

u32 winvm_section_rights(u32 protect)
{
	switch (protect & ~WINVM_MODIFIERS) {
	case NT_PAGE_READWRITE:
		return NT_SECTION_MAP_WRITE;
	case NT_PAGE_EXECUTE:
		return NT_SECTION_MAP_EXECUTE;
	case NT_PAGE_EXECUTE_READ:
	case NT_PAGE_EXECUTE_WRITECOPY:
		return NT_SECTION_MAP_EXECUTE | NT_SECTION_MAP_READ;
	case NT_PAGE_EXECUTE_READWRITE:
		return NT_SECTION_MAP_EXECUTE | NT_SECTION_MAP_WRITE;
	default:
		return NT_SECTION_MAP_READ;
	}
}

u32 winvm_check_view_protect(u32 view, u32 protect)
{
	return winvm_protect_within(view, protect) ? STATUS_SUCCESS : STATUS_SECTION_PROTECTION;
}

u32 winvm_check_no_change(const struct winvm_vad *vad, u32 protect)
{
	if (vad->flags & WINVM_VAD_NO_CHANGE &&
	    winvm_protect_encode(protect) != winvm_protect_encode(vad->protect))
		return STATUS_INVALID_PAGE_PROTECTION;
	return STATUS_SUCCESS;
}

u32 winvm_check_protect_of(const struct winvm_vad *vad, u32 protect)
{
	u32 status;

	if (vad && vad->kind == WINVM_VAD_VIEW) {
		status = winvm_check_view_protect(vad->protect, protect);
		return status ? status : winvm_check_no_change(vad, protect);
	}
	if (!winvm_protect_private(protect))
		return STATUS_INVALID_PARAMETER_4;	/* SPEC VP-10 */
	if (!vad || vad->kind != WINVM_VAD_PRIVATE)
		return STATUS_CONFLICTING_ADDRESSES;
	return STATUS_SUCCESS;
}

u32 winvm_check_view_commit(u32 view, u32 protect)
{
	if (protect & WINVM_PROTECT_WHOLE & ~view)
		return STATUS_INVALID_PAGE_PROTECTION;
	return winvm_check_view_protect(view, protect);
}

/* SPEC SE-15, SE-15a: copy on write is more than EXECUTE_READ allows. */
static u32 winvm_check_ceiling(u32 section, u32 view)
{
	if (!winvm_protect_within(section, view) ||
	    (section == NT_PAGE_EXECUTE_READ &&
	     (view & ~WINVM_MODIFIERS) == NT_PAGE_EXECUTE_WRITECOPY))
		return STATUS_SECTION_PROTECTION;
	return STATUS_SUCCESS;
}

/*
 * AllocationProtect of a view. That of an image is the same for all; what was
 * asked for says what the descriptor must allow, and no more (SPEC SE-32).
 */
static u32 winvm_view_protect(u32 protect, u32 attributes)
{
	if (!(attributes & NT_SEC_IMAGE))
		return (protect & ~WINVM_PROTECT_WHOLE) | winvm_section_whole(attributes);
	return attributes & NT_SEC_NOCACHE ? NT_PAGE_WRITECOPY : NT_PAGE_EXECUTE_WRITECOPY;
}

/* @base lies in the address space, or is 0. */
static bool winvm_view_too_long(const struct winvm_bounds *bounds, u64 base, u64 bytes)
{
	return bytes > winvm_bounds_end(bounds) - base;
}

/* SPEC SE-16, SE-20. */
static u32 winvm_check_view_range(const struct winvm_bounds *bounds,
				  const struct winvm_view_args *args)
{
	if (!winvm_zero_bits_valid(args->zero_bits))
		return STATUS_INVALID_PARAMETER_4;
	if (args->base > bounds->highest_address ||
	    (args->base && args->base < bounds->lowest_address) ||
	    winvm_view_too_long(bounds, args->base, args->bytes))
		return STATUS_INVALID_PARAMETER_3;
	if (args->base && args->base > winvm_zero_bits_highest(args->zero_bits))
		return STATUS_INVALID_PARAMETER_4;
	return STATUS_SUCCESS;
}

/* SPEC SE-24: as of VirtualAlloc2, but for the alignment. */
static bool winvm_view_requirements_valid(const struct winvm_bounds *bounds,
					  const struct winvm_view_args *args)
{
	return !args->required.alignment_bytes &&
	       winvm_requirements_valid(bounds, args->base, &args->required);
}

static bool winvm_view_replaces(const struct winvm_view_args *args)
{
	return args->type & NT_MEM_REPLACE_PLACEHOLDER;
}

/* SPEC SE-17, SE-18. Placeholders are the Ex call's (SPEC PH-17). */
static bool winvm_view_type_valid(const struct winvm_view_args *args)
{
	u32 valid = WINVM_VIEW_TYPES | (args->extended ? NT_MEM_REPLACE_PLACEHOLDER : 0);

	return !(args->type & ~valid);
}

u32 winvm_check_view(const struct winvm_bounds *bounds, const struct winvm_view_args *args)
{
	if (!winvm_view_requirements_valid(bounds, args))
		return STATUS_INVALID_PARAMETER;
	if (args->inherit != NT_VIEW_SHARE && args->inherit != NT_VIEW_UNMAP)
		return STATUS_INVALID_PARAMETER_8;
	if (!winvm_view_type_valid(args))
		return STATUS_INVALID_PARAMETER_9;
	if (winvm_view_replaces(args) && !args->base)
		return STATUS_INVALID_PARAMETER_3;
	if (!winvm_protect_valid(args->protect))
		return STATUS_INVALID_PAGE_PROTECTION;
	return winvm_check_view_range(bounds, args);
}

/* Up to the end of the section (SPEC SE-19), as whole pages. */
static u32 winvm_check_view_size(const struct winvm_view_args *args,
				 const struct winvm_section_shape *shape, u64 *bytes)
{
	u64 rest;

	if (args->offset >= shape->bytes)
		return STATUS_INVALID_VIEW_SIZE;
	rest = shape->bytes - args->offset;
	if (args->bytes > rest)
		return STATUS_INVALID_VIEW_SIZE;
	*bytes = ALIGN(args->bytes ? args->bytes : rest, WINVM_PAGE_BYTES);
	return args->commit_bytes > *bytes ? STATUS_INVALID_PARAMETER_5 : STATUS_SUCCESS;
}

/*
 * Where a view must begin, or 0 for anywhere. A based section is at its own
 * address, wherever else it is wanted (SPEC SE-37).
 */
static u32 winvm_check_view_base(const struct winvm_bounds *bounds,
				 const struct winvm_view_args *args,
				 const struct winvm_section_shape *shape, u64 bytes, u64 *base)
{
	*base = args->base;
	if (shape->base)
		*base = shape->base + args->offset;
	if (args->base && args->base != *base)
		return STATUS_CONFLICTING_ADDRESSES;
	if (*base > bounds->highest_address || winvm_view_too_long(bounds, *base, bytes))
		return STATUS_CONFLICTING_ADDRESSES;
	return STATUS_SUCCESS;
}

u32 winvm_check_view_of(const struct winvm_bounds *bounds, const struct winvm_view_args *args,
			const struct winvm_section_shape *shape, struct winvm_alloc_plan *place)
{
	bool replace = winvm_view_replaces(args);
	u64 unit = replace ? WINVM_PAGE_BYTES : WINVM_GRANULARITY_BYTES, bytes, base;
	u32 status = STATUS_SUCCESS;

	if (args->offset % unit || args->base % unit)
		return STATUS_MAPPED_ALIGNMENT;		/* SPEC PH-22, SE-16 */
	if (args->type & NT_MEM_RESERVE)	/* SPEC SE-17 */
		return shape->attributes & NT_SEC_FILE ? STATUS_NOT_SUPPORTED :
							 STATUS_INVALID_PARAMETER_9;
	if (replace && winvm_section_image(shape))
		return STATUS_INVALID_PARAMETER_9;	/* SPEC PH-17 */
	if (!winvm_section_image(shape))
		status = winvm_check_ceiling(shape->protect, args->protect);
	if (!status)
		status = winvm_check_view_size(args, shape, &bytes);
	if (!status)
		status = winvm_check_view_base(bounds, args, shape, bytes, &base);
	if (status)
		return status;
	*place = (struct winvm_alloc_plan){
		.kind = WINVM_ALLOC_RESERVE,
		.span = { base >> WINVM_PAGE_SHIFT, bytes >> WINVM_PAGE_SHIFT },
		.anywhere = !base,
		.top_down = args->type & NT_MEM_TOP_DOWN,
		.lowest_vpn = winvm_choice_lowest_vpn(bounds, &args->required),
		.highest_vpn = winvm_choice_highest_vpn(bounds, args->zero_bits, &args->required),
		.align_pages = WINVM_GRANULARITY_PAGES,
		.protect = winvm_view_protect(args->protect, shape->attributes),
		.node = args->node,
		.replace = replace,
	};
	return STATUS_SUCCESS;
}

u32 winvm_check_flush(const struct winvm_bounds *bounds, u64 base, u64 bytes,
		      struct winvm_span *span)
{
	u64 first = ALIGN_DOWN(base, WINVM_PAGE_BYTES);

	if (base > bounds->highest_address || bytes > winvm_bounds_end(bounds) - base)
		return STATUS_NOT_MAPPED_DATA;
	*span = (struct winvm_span){ first >> WINVM_PAGE_SHIFT, 0 };
	if (bytes)
		span->pages = (ALIGN(base + bytes, WINVM_PAGE_BYTES) - first) >> WINVM_PAGE_SHIFT;
	return STATUS_SUCCESS;
}

bool winvm_view_at(const struct winvm_alloc_plan *place, u64 vpn,
		   struct winvm_alloc_plan *there)
{
	if (!place->anywhere || vpn < place->lowest_vpn || vpn > place->highest_vpn ||
	    place->span.pages - 1 > place->highest_vpn - vpn)
		return false;
	*there = *place;
	there->anywhere = false;
	there->span.vpn = vpn;
	return true;
}

u32 winvm_check_unmap(const struct winvm_bounds *bounds, u64 base, u32 flags, u64 *vpn)
{
	if (flags & ~WINVM_UNMAP_FLAGS)
		return STATUS_INVALID_PARAMETER;
	if (base > bounds->highest_address)
		return STATUS_NOT_MAPPED_VIEW;	/* SPEC SE-28 */
	*vpn = base >> WINVM_PAGE_SHIFT;
	return STATUS_SUCCESS;
}
