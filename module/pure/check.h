/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Validation: what a call asks for, checked in NT's order before any lock is
 * taken, and turned into page numbers (SPEC 3.1, 5.1, 6, 8.1, 8.4).
 *
 * Each function returns STATUS_SUCCESS and fills the plan, or the first
 * failing check's status. Checks that need the VAD tree come later, in the
 * call. Checks that only Win32 makes (VA-1, VF-1) are the library's. What an
 * address may be, the process's layout bounds.
 */
#ifndef WINVM_PURE_CHECK_H
#define WINVM_PURE_CHECK_H

#include "layout.h"
#include "nt.h"
#include "protect.h"
#include "seam.h"

/* A range of whole pages. */
struct winvm_span {
	u64 vpn;
	u64 pages;
};

static inline u64 winvm_span_last(struct winvm_span span)
{
	return span.vpn + span.pages - 1;
}

enum winvm_alloc_kind {
	WINVM_ALLOC_RESERVE,		/* MEM_RESERVE */
	WINVM_ALLOC_RESERVE_COMMIT,	/* both, or MEM_COMMIT with base 0 (SPEC VA-22) */
	WINVM_ALLOC_COMMIT,		/* MEM_COMMIT inside an allocation (SPEC 3.3) */
	WINVM_ALLOC_RESET,		/* MEM_RESET (SPEC 3.4) */
	WINVM_ALLOC_RESET_UNDO,		/* MEM_RESET_UNDO */
};

/**
 * struct winvm_requirements - what an address that is chosen must keep to
 * @lowest_address: 0 for none (SPEC VX-7)
 * @highest_address: its last byte may be this one, 0 for none (SPEC VX-8)
 * @alignment_bytes: 0 for none (SPEC VX-6)
 */
struct winvm_requirements {
	u64 lowest_address;
	u64 highest_address;
	u64 alignment_bytes;
};

/** winvm_requirements_valid() - SPEC VX-4 to VX-8. @base: the address that is asked for, or 0 */
bool winvm_requirements_valid(const struct winvm_bounds *bounds, u64 base,
			      const struct winvm_requirements *required);

/** winvm_choice_lowest_vpn() - the first page that the choice of an address may use */
u64 winvm_choice_lowest_vpn(const struct winvm_bounds *bounds,
			    const struct winvm_requirements *required);

/** winvm_choice_highest_vpn() - the last one, inclusive (SPEC VA-28, VX-8) */
u64 winvm_choice_highest_vpn(const struct winvm_bounds *bounds, u64 zero_bits,
			     const struct winvm_requirements *required);

/**
 * struct winvm_alloc_args - NtAllocateVirtualMemory(Ex), as it was called
 * @base: wanted address, 0 for any
 * @bytes: length
 * @zero_bits: SPEC VA-28
 * @required: of the choice
 * @type: MEM_*
 * @protect: PAGE_*
 * @node: NUMA node plus one, one that there is; 0 for none (SPEC NU-1, VX-11)
 * @extended: the Ex call, which knows placeholders (SPEC VA-3)
 */
struct winvm_alloc_args {
	u64 base;
	u64 bytes;
	u64 zero_bits;
	struct winvm_requirements required;
	u32 type;
	u32 protect;
	u32 node;
	bool extended;
};

/**
 * struct winvm_alloc_plan - a checked NtAllocateVirtualMemory(Ex)
 * @kind: what to do
 * @span: the pages; when @anywhere, only span.pages counts. Reserving rounds
 *	the start down to 64 KB (SPEC VA-20), the others and what replaces a
 *	placeholder to a page (SPEC VA-40, PH-9)
 * @inside: of a reset, the pages that lie in the range entirely; may be none (SPEC MR-5)
 * @anywhere: base was 0: the module chooses (SPEC VA-21)
 * @top_down: choose the highest hole, not the lowest (SPEC VA-30)
 * @lowest_vpn: first page the choice may use (SPEC VX-7)
 * @highest_vpn: last page the choice may use, inclusive (SPEC VA-28, VX-8)
 * @align_pages: power of two that the choice is a multiple of (SPEC AS-4, VX-6)
 * @protect: PAGE_* as given
 * @node: as given
 * @watch: MEM_WRITE_WATCH
 * @awe: MEM_PHYSICAL
 * @placeholder: reserves a placeholder (SPEC PH-1)
 * @replace: takes the place of one (SPEC PH-5)
 */
struct winvm_alloc_plan {
	enum winvm_alloc_kind kind;
	struct winvm_span span;
	struct winvm_span inside;
	bool anywhere;
	bool top_down;
	u64 lowest_vpn;
	u64 highest_vpn;
	u64 align_pages;
	u32 protect;
	u32 node;
	bool watch;
	bool awe;
	bool placeholder;
	bool replace;
};

/** winvm_zero_bits_valid() - is there such a number of zero bits, or such a mask? (SPEC VA-2) */
bool winvm_zero_bits_valid(u64 zero_bits);

/** winvm_zero_bits_highest() - the last byte that valid zero bits let an address be (SPEC VA-28) */
u64 winvm_zero_bits_highest(u64 zero_bits);

u32 winvm_check_allocate(const struct winvm_bounds *bounds, const struct winvm_alloc_args *args,
			 struct winvm_alloc_plan *plan);

enum winvm_free_kind {
	WINVM_FREE_DECOMMIT,
	WINVM_FREE_RELEASE,
	WINVM_FREE_PRESERVE,		/* MEM_PRESERVE_PLACEHOLDER (SPEC PH-7, PH-9) */
	WINVM_FREE_COALESCE,		/* MEM_COALESCE_PLACEHOLDERS (SPEC PH-13) */
};

/**
 * struct winvm_free_plan - a checked NtFreeVirtualMemory
 * @span: the pages; span.pages is 0 when @whole
 * @whole: bytes was 0: the whole allocation that starts at span.vpn (SPEC VF-9, VF-21)
 */
struct winvm_free_plan {
	enum winvm_free_kind kind;
	struct winvm_span span;
	bool whole;
};

u32 winvm_check_free(const struct winvm_bounds *bounds, u64 base, u64 bytes, u32 type,
		     struct winvm_free_plan *plan);

/* SPEC VP-1, VP-3, VP-7. */
u32 winvm_check_protect(const struct winvm_bounds *bounds, u64 base, u64 bytes, u32 protect,
			struct winvm_span *span);

/* SPEC VL-1, VL-2, VL-3. */
u32 winvm_check_lock(const struct winvm_bounds *bounds, u64 base, u64 bytes, u32 map_type,
		     struct winvm_span *span);

/* SPEC VQ-3, VQ-5. */
u32 winvm_check_query(const struct winvm_bounds *bounds, u64 address, u64 *vpn);

/* SPEC WW-2 (what needs no tree), WW-3, WW-20. @watch_flags: bit 0 reset. */
u32 winvm_check_watch(const struct winvm_bounds *bounds, u64 base, u64 bytes, u64 count,
		      u32 watch_flags, struct winvm_span *span);

/* SPEC PF-1 (flags), PF-2. @count: ranges of two 64-bit words. */
u32 winvm_check_prefetch(u64 count, u32 flags);

/* SPEC PF-1, PF-4, of one range. */
u32 winvm_check_prefetch_range(const struct winvm_bounds *bounds, u64 base, u64 bytes,
			       struct winvm_span *span);

/* SPEC DG-8. */
bool winvm_offer_priority_valid(u32 priority);

/* SPEC OF-1: of offering, reclaiming and discarding alike. */
u32 winvm_check_offer(const struct winvm_bounds *bounds, u64 base, u64 bytes,
		      struct winvm_span *span);

#endif
