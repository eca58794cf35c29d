// SPDX-License-Identifier: GPL-2.0
/* Validation of calls, in NT's order, before any lock is taken. */
#include "check.h"

#define WINVM_ALLOC_TYPES \
	(NT_MEM_COMMIT | NT_MEM_RESERVE | NT_MEM_RESET | NT_MEM_RESET_UNDO | NT_MEM_TOP_DOWN | \
	 NT_MEM_WRITE_WATCH | NT_MEM_PHYSICAL | NT_MEM_LARGE_PAGES)
#define WINVM_ALLOC_ACTIONS \
	(NT_MEM_COMMIT | NT_MEM_RESERVE | NT_MEM_RESET | NT_MEM_RESET_UNDO)
#define WINVM_ALLOC_PHYSICAL	(NT_MEM_RESERVE | NT_MEM_PHYSICAL | NT_MEM_TOP_DOWN)

/* What goes with a placeholder that is made, and with one that is replaced. */
#define WINVM_ALLOC_PLACEHOLDERS	(NT_MEM_RESERVE_PLACEHOLDER | NT_MEM_REPLACE_PLACEHOLDER)
#define WINVM_ALLOC_WITH_RESERVE \
	(NT_MEM_RESERVE | NT_MEM_RESERVE_PLACEHOLDER | NT_MEM_TOP_DOWN | NT_MEM_WRITE_WATCH)
#define WINVM_ALLOC_WITH_REPLACE \
	(NT_MEM_RESERVE | NT_MEM_REPLACE_PLACEHOLDER | NT_MEM_TOP_DOWN | NT_MEM_WRITE_WATCH | \
	 NT_MEM_COMMIT)

/* Zero bits: 1 to 21 count from bit 31 down, 32 and more are a mask (SPEC VA-28). */
#define WINVM_ZERO_BITS_COUNT_MAX	21
#define WINVM_ZERO_BITS_MASK_MIN	32

/* Passing the top of user space; @base lies in it. */
static bool winvm_passes_top(const struct winvm_bounds *bounds, u64 base, u64 bytes)
{
	return bytes > winvm_bounds_end(bounds) - base;
}

/* All pages with a byte of [base, base + bytes), from a multiple of @unit bytes on. */
static struct winvm_span winvm_span_round(u64 base, u64 bytes, u64 unit)
{
	u64 start = ALIGN_DOWN(base, unit);
	u64 end = ALIGN(base + bytes, WINVM_PAGE_BYTES);

	return (struct winvm_span){
		.vpn = start >> WINVM_PAGE_SHIFT,
		.pages = (end - start) >> WINVM_PAGE_SHIFT,
	};
}

static struct winvm_span winvm_span_of(u64 base, u64 bytes)
{
	return winvm_span_round(base, bytes, WINVM_PAGE_BYTES);
}

/* The pages that lie in [base, base + bytes) entirely. */
static struct winvm_span winvm_span_inside(u64 base, u64 bytes)
{
	u64 vpn = ALIGN(base, WINVM_PAGE_BYTES) >> WINVM_PAGE_SHIFT;
	u64 end = (base + bytes) >> WINVM_PAGE_SHIFT;

	return (struct winvm_span){ vpn, end > vpn ? end - vpn : 0 };
}

bool winvm_zero_bits_valid(u64 zero_bits)
{
	return zero_bits <= WINVM_ZERO_BITS_COUNT_MAX || zero_bits >= WINVM_ZERO_BITS_MASK_MIN;
}

/* Of a mask only the leading zeros count, so that 0x1aaaaaaa means 0x1fffffff. */
u64 winvm_zero_bits_highest(u64 zero_bits)
{
	if (!zero_bits)
		return ~0ULL;
	if (zero_bits < WINVM_ZERO_BITS_MASK_MIN)
		return (1ULL << (32 - zero_bits)) - 1;
	return ~0ULL >> __builtin_clzll(zero_bits);
}

u64 winvm_choice_lowest_vpn(const struct winvm_bounds *bounds,
			    const struct winvm_requirements *required)
{
	return max(bounds->lowest_address, required->lowest_address) >> WINVM_PAGE_SHIFT;
}

u64 winvm_choice_highest_vpn(const struct winvm_bounds *bounds, u64 zero_bits,
			     const struct winvm_requirements *required)
{
	u64 highest = min(bounds->highest_address, winvm_zero_bits_highest(zero_bits));

	if (required->highest_address)
		highest = min(highest, required->highest_address);
	return highest >> WINVM_PAGE_SHIFT;
}

/* SPEC VA-6 to VA-8. */
static bool winvm_alloc_kinds_agree(u32 type)
{
	if ((type & NT_MEM_LARGE_PAGES) &&
	    (!(type & NT_MEM_COMMIT) || (type & (NT_MEM_PHYSICAL | NT_MEM_WRITE_WATCH))))
		return false;
	if ((type & NT_MEM_WRITE_WATCH) && !(type & NT_MEM_RESERVE))
		return false;
	if ((type & NT_MEM_PHYSICAL) &&
	    (!(type & NT_MEM_RESERVE) || (type & ~WINVM_ALLOC_PHYSICAL)))
		return false;
	return true;
}

/* SPEC VA-3 to VA-8. */
static bool winvm_alloc_type_valid(u32 type, bool extended)
{
	if (type & ~(WINVM_ALLOC_TYPES | (extended ? WINVM_ALLOC_PLACEHOLDERS : 0)))
		return false;
	if (!(type & WINVM_ALLOC_ACTIONS))
		return false;
	if (type & (NT_MEM_RESET | NT_MEM_RESET_UNDO))
		return type == NT_MEM_RESET || type == NT_MEM_RESET_UNDO;
	return winvm_alloc_kinds_agree(type);
}

/*
 * SPEC PH-1, PH-5, PH-19. A placeholder has no pages, so it is not committed,
 * and watches none: MEM_WRITE_WATCH comes with what replaces it.
 */
static bool winvm_alloc_placeholder_valid(const struct winvm_alloc_args *args)
{
	u32 type = args->type;

	if (type & NT_MEM_RESERVE_PLACEHOLDER)
		return type & NT_MEM_RESERVE && !(type & ~WINVM_ALLOC_WITH_RESERVE) &&
		       args->protect == NT_PAGE_NOACCESS && !args->node;
	if (type & NT_MEM_REPLACE_PLACEHOLDER)
		return type & NT_MEM_RESERVE && !(type & ~WINVM_ALLOC_WITH_REPLACE) &&
		       args->base && !(args->base % WINVM_PAGE_BYTES);
	return true;
}

static bool winvm_required(const struct winvm_requirements *required)
{
	return required->lowest_address || required->highest_address || required->alignment_bytes;
}

/* SPEC VX-6: 0, or a power of two of at least 64 KB. */
static bool winvm_alignment_valid(u64 alignment)
{
	return !(alignment & (alignment - 1)) &&
	       (!alignment || alignment >= WINVM_GRANULARITY_BYTES);
}

bool winvm_requirements_valid(const struct winvm_bounds *bounds, u64 base,
			      const struct winvm_requirements *required)
{
	u64 lowest = required->lowest_address, highest = required->highest_address;

	if (base && winvm_required(required))
		return false;
	if (lowest % WINVM_GRANULARITY_BYTES || lowest > bounds->highest_address)
		return false;
	if (highest && ((highest + 1) % WINVM_PAGE_BYTES || highest > bounds->highest_address ||
			highest <= lowest))
		return false;
	return winvm_alignment_valid(required->alignment_bytes);
}

/* SPEC VX-12. */
static bool winvm_alloc_base_valid(const struct winvm_alloc_args *args)
{
	u32 type = args->type & (NT_MEM_RESERVE | NT_MEM_REPLACE_PLACEHOLDER);

	return !args->extended || type != NT_MEM_RESERVE ||
	       !(args->base % WINVM_GRANULARITY_BYTES);
}

/* What only VirtualAlloc2 can ask for. */
static bool winvm_alloc_extras_valid(const struct winvm_bounds *bounds,
				     const struct winvm_alloc_args *args)
{
	return winvm_alloc_placeholder_valid(args) &&
	       winvm_requirements_valid(bounds, args->base, &args->required) &&
	       winvm_alloc_base_valid(args);
}

/* SPEC VA-12 to VA-14. A base below the lowest address stays below when it is rounded. */
static u32 winvm_check_alloc_range(const struct winvm_bounds *bounds, u64 base, u64 bytes)
{
	if (base > bounds->highest_address || (base && base < bounds->lowest_address))
		return STATUS_INVALID_PARAMETER_2;
	if (winvm_passes_top(bounds, base, bytes) || !bytes)
		return STATUS_INVALID_PARAMETER_4;
	return STATUS_SUCCESS;
}

/*
 * SPEC VA-17. Resetting changes no protection, so it takes any that is valid,
 * except with base 0. What a commit may be depends on what is there.
 */
static bool winvm_alloc_protect_allowed(u64 base, u32 type, u32 protect)
{
	if (base && !(type & NT_MEM_RESERVE))
		return true;
	return winvm_protect_private(protect);
}

static enum winvm_alloc_kind winvm_alloc_kind(u64 base, u32 type)
{
	if (type & NT_MEM_RESET)
		return WINVM_ALLOC_RESET;
	if (type & NT_MEM_RESET_UNDO)
		return WINVM_ALLOC_RESET_UNDO;
	if (!(type & NT_MEM_COMMIT))
		return WINVM_ALLOC_RESERVE;
	if ((type & NT_MEM_RESERVE) || !base)
		return WINVM_ALLOC_RESERVE_COMMIT;
	return WINVM_ALLOC_COMMIT;
}

static void winvm_alloc_plan(const struct winvm_bounds *bounds,
			     const struct winvm_alloc_args *args, struct winvm_alloc_plan *plan)
{
	enum winvm_alloc_kind kind = winvm_alloc_kind(args->base, args->type);
	bool reserves = kind == WINVM_ALLOC_RESERVE || kind == WINVM_ALLOC_RESERVE_COMMIT;
	bool replace = args->type & NT_MEM_REPLACE_PLACEHOLDER;
	u64 unit = reserves && !replace ? WINVM_GRANULARITY_BYTES : WINVM_PAGE_BYTES;

	*plan = (struct winvm_alloc_plan){
		.kind = kind,
		.span = winvm_span_round(args->base, args->bytes, unit),
		.inside = winvm_span_inside(args->base, args->bytes),
		.anywhere = reserves && !args->base,
		.top_down = args->type & NT_MEM_TOP_DOWN,
		.lowest_vpn = winvm_choice_lowest_vpn(bounds, &args->required),
		.highest_vpn = args->base ? winvm_bounds_highest_vpn(bounds) :
					    winvm_choice_highest_vpn(bounds, args->zero_bits,
								     &args->required),
		.align_pages = max(args->required.alignment_bytes, WINVM_GRANULARITY_BYTES) >>
			       WINVM_PAGE_SHIFT,
		.protect = args->protect,
		.node = args->node,
		.watch = args->type & NT_MEM_WRITE_WATCH,
		.awe = args->type & NT_MEM_PHYSICAL,
		.placeholder = args->type & NT_MEM_RESERVE_PLACEHOLDER,
		.replace = replace,
	};
}

u32 winvm_check_allocate(const struct winvm_bounds *bounds, const struct winvm_alloc_args *args,
			 struct winvm_alloc_plan *plan)
{
	u32 status;

	if (!winvm_zero_bits_valid(args->zero_bits))
		return STATUS_INVALID_PARAMETER_3;	/* SPEC VA-2 */
	if (!winvm_alloc_type_valid(args->type, args->extended))
		return STATUS_INVALID_PARAMETER_5;
	if ((args->type & NT_MEM_PHYSICAL) && args->protect != NT_PAGE_READWRITE)
		return STATUS_INVALID_PARAMETER_6;	/* SPEC VA-9 */
	if (!winvm_alloc_extras_valid(bounds, args))
		return STATUS_INVALID_PARAMETER;
	if (!winvm_protect_valid(args->protect))
		return STATUS_INVALID_PAGE_PROTECTION;	/* SPEC VA-10 */
	status = winvm_check_alloc_range(bounds, args->base, args->bytes);
	if (status)
		return status;
	if (args->type & NT_MEM_LARGE_PAGES)
		return STATUS_PRIVILEGE_NOT_HELD;	/* SPEC VA-16: nobody holds it */
	if (!winvm_alloc_protect_allowed(args->base, args->type, args->protect))
		return STATUS_INVALID_PAGE_PROTECTION;
	winvm_alloc_plan(bounds, args, plan);
	return STATUS_SUCCESS;
}

/* SPEC VF-2, PH-12. */
static bool winvm_free_kind(u32 type, enum winvm_free_kind *kind)
{
	switch (type) {
	case NT_MEM_DECOMMIT:
		*kind = WINVM_FREE_DECOMMIT;
		return true;
	case NT_MEM_RELEASE:
		*kind = WINVM_FREE_RELEASE;
		return true;
	case NT_MEM_RELEASE | NT_MEM_PRESERVE_PLACEHOLDER:
		*kind = WINVM_FREE_PRESERVE;
		return true;
	case NT_MEM_RELEASE | NT_MEM_COALESCE_PLACEHOLDERS:
		*kind = WINVM_FREE_COALESCE;
		return true;
	default:
		return false;
	}
}

u32 winvm_check_free(const struct winvm_bounds *bounds, u64 base, u64 bytes, u32 type,
		     struct winvm_free_plan *plan)
{
	enum winvm_free_kind kind;

	if (!winvm_free_kind(type, &kind))
		return STATUS_INVALID_PARAMETER_4;
	if (base > bounds->highest_address)
		return STATUS_INVALID_PARAMETER_2;	/* SPEC VF-3 */
	if (winvm_passes_top(bounds, base, bytes))
		return STATUS_INVALID_PARAMETER_3;	/* SPEC VF-4 */
	if (!bytes && (kind == WINVM_FREE_PRESERVE || kind == WINVM_FREE_COALESCE))
		return STATUS_INVALID_PARAMETER_3;	/* SPEC PH-11 */
	*plan = (struct winvm_free_plan){
		.kind = kind,
		.span = winvm_span_of(base, bytes),
		.whole = !bytes,
	};
	if (plan->whole)
		plan->span.pages = 0;
	return STATUS_SUCCESS;
}

u32 winvm_check_protect(const struct winvm_bounds *bounds, u64 base, u64 bytes, u32 protect,
			struct winvm_span *span)
{
	if (!winvm_protect_valid(protect))
		return STATUS_INVALID_PAGE_PROTECTION;	/* SPEC VP-1 */
	if (base > bounds->highest_address)
		return STATUS_INVALID_PARAMETER_2;	/* SPEC VP-3 */
	if (winvm_passes_top(bounds, base, bytes) || !bytes)
		return STATUS_INVALID_PARAMETER_3;
	*span = winvm_span_of(base, bytes);
	return STATUS_SUCCESS;
}

u32 winvm_check_lock(const struct winvm_bounds *bounds, u64 base, u64 bytes, u32 map_type,
		     struct winvm_span *span)
{
	if (!map_type || (map_type & ~(NT_MAP_PROCESS | NT_MAP_SYSTEM)))
		return STATUS_INVALID_PARAMETER;	/* SPEC VL-1 */
	if (base > bounds->highest_address || winvm_passes_top(bounds, base, bytes) || !bytes)
		return STATUS_INVALID_PARAMETER;	/* SPEC VL-2 */
	if (map_type & NT_MAP_SYSTEM)
		return STATUS_PRIVILEGE_NOT_HELD;	/* SPEC VL-3: nobody holds it */
	*span = winvm_span_of(base, bytes);
	return STATUS_SUCCESS;
}

u32 winvm_check_query(const struct winvm_bounds *bounds, u64 address, u64 *vpn)
{
	if (address > bounds->highest_address)
		return STATUS_INVALID_PARAMETER;	/* SPEC VQ-3 */
	*vpn = address >> WINVM_PAGE_SHIFT;		/* SPEC VQ-5 */
	return STATUS_SUCCESS;
}

u32 winvm_check_watch(const struct winvm_bounds *bounds, u64 base, u64 bytes, u64 count,
		      u32 watch_flags, struct winvm_span *span)
{
	if (watch_flags & ~1U)
		return STATUS_INVALID_PARAMETER;	/* SPEC WW-3 */
	if (base > bounds->highest_address)
		return STATUS_INVALID_PARAMETER_2;	/* SPEC WW-20 */
	if (winvm_passes_top(bounds, base, bytes) || !bytes)
		return STATUS_INVALID_PARAMETER_3;
	if (!count || count > ~0ULL / sizeof(u64))
		return STATUS_INVALID_PARAMETER_5;
	*span = winvm_span_of(base, bytes);
	return STATUS_SUCCESS;
}

u32 winvm_check_prefetch(u64 count, u32 flags)
{
	if (!count || count > ~0ULL / (2 * sizeof(u64)))
		return STATUS_INVALID_PARAMETER_3;	/* SPEC PF-2 */
	if (flags)
		return STATUS_INVALID_PARAMETER_5;	/* SPEC PF-1 */
	return STATUS_SUCCESS;
}

/* SPEC PF-4. What lies past the top is no more a part of the address space than what is empty. */
u32 winvm_check_prefetch_range(const struct winvm_bounds *bounds, u64 base, u64 bytes,
			       struct winvm_span *span)
{
	if (!bytes || base > bounds->highest_address || winvm_passes_top(bounds, base, bytes))
		return STATUS_INVALID_PARAMETER_4;
	*span = winvm_span_of(base, bytes);
	return STATUS_SUCCESS;
}

bool winvm_offer_priority_valid(u32 priority)
{
	return priority >= NT_OFFER_VERY_LOW && priority <= NT_OFFER_NORMAL;
}

u32 winvm_check_offer(const struct winvm_bounds *bounds, u64 base, u64 bytes,
		      struct winvm_span *span)
{
	if (base % WINVM_PAGE_BYTES || bytes % WINVM_PAGE_BYTES || !bytes)
		return STATUS_INVALID_PARAMETER;	/* SPEC OF-1 */
	if (base > bounds->highest_address || winvm_passes_top(bounds, base, bytes))
		return STATUS_INVALID_PARAMETER;
	*span = winvm_span_of(base, bytes);
	return STATUS_SUCCESS;
}
