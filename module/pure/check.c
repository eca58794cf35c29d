// SPDX-License-Identifier: GPL-2.0
/* Validation of calls, in NT's order, before any lock is taken. */
#include "check.h"

#define WINVM_ALLOC_TYPES \
	(NT_MEM_COMMIT | NT_MEM_RESERVE | NT_MEM_RESET | NT_MEM_RESET_UNDO | NT_MEM_TOP_DOWN | \
	 NT_MEM_WRITE_WATCH | NT_MEM_PHYSICAL | NT_MEM_LARGE_PAGES)
#define WINVM_ALLOC_ACTIONS \
	(NT_MEM_COMMIT | NT_MEM_RESERVE | NT_MEM_RESET | NT_MEM_RESET_UNDO)
#define WINVM_ALLOC_PHYSICAL	(NT_MEM_RESERVE | NT_MEM_PHYSICAL | NT_MEM_TOP_DOWN)

/* Zero bits: 1 to 21 count from bit 31 down, 32 and more are a mask (SPEC VA-28). */
#define WINVM_ZERO_BITS_COUNT_MAX	21
#define WINVM_ZERO_BITS_MASK_MIN	32

#define WINVM_TOP_ADDRESS	(WINVM_HIGHEST_ADDRESS + 1)

/* Passing the top of user space; @base lies in it. */
static bool winvm_passes_top(u64 base, u64 bytes)
{
	return bytes > WINVM_TOP_ADDRESS - base;
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

static bool winvm_zero_bits_valid(u64 zero_bits)
{
	return zero_bits <= WINVM_ZERO_BITS_COUNT_MAX || zero_bits >= WINVM_ZERO_BITS_MASK_MIN;
}

/* Of a mask only the leading zeros count, so that 0x1aaaaaaa means 0x1fffffff. */
static u64 winvm_highest_vpn(u64 zero_bits)
{
	u64 highest;

	if (!zero_bits)
		return WINVM_HIGHEST_VPN;
	if (zero_bits < WINVM_ZERO_BITS_MASK_MIN)
		highest = (1ULL << (32 - zero_bits)) - 1;
	else
		highest = ~0ULL >> __builtin_clzll(zero_bits);
	return min(highest, WINVM_HIGHEST_ADDRESS) >> WINVM_PAGE_SHIFT;
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
static bool winvm_alloc_type_valid(u32 type)
{
	if (type & ~WINVM_ALLOC_TYPES)
		return false;
	if (!(type & WINVM_ALLOC_ACTIONS))
		return false;
	if (type & (NT_MEM_RESET | NT_MEM_RESET_UNDO))
		return type == NT_MEM_RESET || type == NT_MEM_RESET_UNDO;
	return winvm_alloc_kinds_agree(type);
}

/* SPEC VA-12 to VA-14. A base below the lowest address stays below when it is rounded. */
static u32 winvm_check_alloc_range(u64 base, u64 bytes)
{
	if (base > WINVM_HIGHEST_ADDRESS || (base && base < WINVM_LOWEST_ADDRESS))
		return STATUS_INVALID_PARAMETER_2;
	if (winvm_passes_top(base, bytes) || !bytes)
		return STATUS_INVALID_PARAMETER_4;
	return STATUS_SUCCESS;
}

/*
 * SPEC VA-17, VA-45. Resetting changes no protection, so it takes any that is
 * valid, except with base 0.
 */
static bool winvm_alloc_protect_allowed(u64 base, u32 type, u32 protect)
{
	if (base && (type & (NT_MEM_RESET | NT_MEM_RESET_UNDO)))
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

static void winvm_alloc_plan(u64 base, u64 bytes, u64 zero_bits, u32 type, u32 protect,
			     struct winvm_alloc_plan *plan)
{
	enum winvm_alloc_kind kind = winvm_alloc_kind(base, type);
	bool reserves = kind == WINVM_ALLOC_RESERVE || kind == WINVM_ALLOC_RESERVE_COMMIT;
	u64 unit = reserves ? WINVM_GRANULARITY_BYTES : WINVM_PAGE_BYTES;

	*plan = (struct winvm_alloc_plan){
		.kind = kind,
		.span = winvm_span_round(base, bytes, unit),
		.anywhere = reserves && !base,
		.top_down = type & NT_MEM_TOP_DOWN,
		.highest_vpn = base ? WINVM_HIGHEST_VPN : winvm_highest_vpn(zero_bits),
		.protect = protect,
		.watch = type & NT_MEM_WRITE_WATCH,
		.awe = type & NT_MEM_PHYSICAL,
	};
}

u32 winvm_check_allocate(u64 base, u64 bytes, u64 zero_bits, u32 type, u32 protect,
			 struct winvm_alloc_plan *plan)
{
	u32 status;

	if (!winvm_zero_bits_valid(zero_bits))
		return STATUS_INVALID_PARAMETER_3;	/* SPEC VA-2 */
	if (!winvm_alloc_type_valid(type))
		return STATUS_INVALID_PARAMETER_5;
	if ((type & NT_MEM_PHYSICAL) && protect != NT_PAGE_READWRITE)
		return STATUS_INVALID_PARAMETER_6;	/* SPEC VA-9 */
	if (!winvm_protect_valid(protect))
		return STATUS_INVALID_PAGE_PROTECTION;	/* SPEC VA-10 */
	status = winvm_check_alloc_range(base, bytes);
	if (status)
		return status;
	if (type & NT_MEM_LARGE_PAGES)
		return STATUS_PRIVILEGE_NOT_HELD;	/* SPEC VA-16: nobody holds it */
	if (!winvm_alloc_protect_allowed(base, type, protect))
		return STATUS_INVALID_PAGE_PROTECTION;
	winvm_alloc_plan(base, bytes, zero_bits, type, protect, plan);
	return STATUS_SUCCESS;
}

u32 winvm_check_free(u64 base, u64 bytes, u32 type, struct winvm_free_plan *plan)
{
	if (type != NT_MEM_DECOMMIT && type != NT_MEM_RELEASE)
		return STATUS_INVALID_PARAMETER_4;	/* SPEC VF-2 */
	if (base > WINVM_HIGHEST_ADDRESS)
		return STATUS_INVALID_PARAMETER_2;	/* SPEC VF-3 */
	if (winvm_passes_top(base, bytes))
		return STATUS_INVALID_PARAMETER_3;	/* SPEC VF-4 */
	*plan = (struct winvm_free_plan){
		.kind = type == NT_MEM_DECOMMIT ? WINVM_FREE_DECOMMIT : WINVM_FREE_RELEASE,
		.span = winvm_span_of(base, bytes),
		.whole = !bytes,
	};
	if (plan->whole)
		plan->span.pages = 0;
	return STATUS_SUCCESS;
}

u32 winvm_check_protect(u64 base, u64 bytes, u32 protect, struct winvm_span *span)
{
	if (!winvm_protect_valid(protect))
		return STATUS_INVALID_PAGE_PROTECTION;	/* SPEC VP-1 */
	if (base > WINVM_HIGHEST_ADDRESS)
		return STATUS_INVALID_PARAMETER_2;	/* SPEC VP-3 */
	if (winvm_passes_top(base, bytes) || !bytes)
		return STATUS_INVALID_PARAMETER_3;
	if (!winvm_protect_private(protect))
		return STATUS_INVALID_PARAMETER_4;	/* SPEC VP-10 */
	*span = winvm_span_of(base, bytes);
	return STATUS_SUCCESS;
}

u32 winvm_check_lock(u64 base, u64 bytes, u32 map_type, struct winvm_span *span)
{
	if (!map_type || (map_type & ~(NT_MAP_PROCESS | NT_MAP_SYSTEM)))
		return STATUS_INVALID_PARAMETER;	/* SPEC VL-1 */
	if (base > WINVM_HIGHEST_ADDRESS || winvm_passes_top(base, bytes) || !bytes)
		return STATUS_INVALID_PARAMETER;	/* SPEC VL-2 */
	if (map_type & NT_MAP_SYSTEM)
		return STATUS_PRIVILEGE_NOT_HELD;	/* SPEC VL-3: nobody holds it */
	*span = winvm_span_of(base, bytes);
	return STATUS_SUCCESS;
}

u32 winvm_check_query(u64 address, u64 *vpn)
{
	if (address > WINVM_HIGHEST_ADDRESS)
		return STATUS_INVALID_PARAMETER;	/* SPEC VQ-3 */
	*vpn = address >> WINVM_PAGE_SHIFT;		/* SPEC VQ-5 */
	return STATUS_SUCCESS;
}

u32 winvm_check_watch(u64 base, u64 bytes, u64 count, u32 watch_flags, struct winvm_span *span)
{
	if (watch_flags & ~1U)
		return STATUS_INVALID_PARAMETER;	/* SPEC WW-3 */
	if (base > WINVM_HIGHEST_ADDRESS)
		return STATUS_INVALID_PARAMETER_2;	/* SPEC WW-20 */
	if (winvm_passes_top(base, bytes) || !bytes)
		return STATUS_INVALID_PARAMETER_3;
	if (!count || count > ~0ULL / sizeof(u64))
		return STATUS_INVALID_PARAMETER_5;
	*span = winvm_span_of(base, bytes);
	return STATUS_SUCCESS;
}
