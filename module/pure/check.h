/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Validation: what a call asks for, checked in NT's order before any lock is
 * taken, and turned into page numbers (SPEC 3.1, 5.1, 6, 8.1).
 *
 * Each function returns STATUS_SUCCESS and fills the plan, or the first
 * failing check's status. Checks that need the VAD tree come later, in the
 * call. Checks that only Win32 makes (VA-1, VF-1) are the library's.
 */
#ifndef WINVM_PURE_CHECK_H
#define WINVM_PURE_CHECK_H

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
 * struct winvm_alloc_plan - a checked NtAllocateVirtualMemory
 * @kind: what to do
 * @span: the pages; when @anywhere, only span.pages counts. Reserving rounds
 *	the start down to 64 KB (SPEC VA-20), the others to a page (SPEC VA-40)
 * @anywhere: base was 0: the module chooses (SPEC VA-21)
 * @top_down: choose the highest hole, not the lowest (SPEC VA-30)
 * @highest_vpn: last page the choice may use, inclusive (SPEC VA-28)
 * @protect: PAGE_* as given
 * @watch: MEM_WRITE_WATCH
 * @awe: MEM_PHYSICAL
 */
struct winvm_alloc_plan {
	enum winvm_alloc_kind kind;
	struct winvm_span span;
	bool anywhere;
	bool top_down;
	u64 highest_vpn;
	u32 protect;
	bool watch;
	bool awe;
};

u32 winvm_check_allocate(u64 base, u64 bytes, u64 zero_bits, u32 type, u32 protect,
			 struct winvm_alloc_plan *plan);

enum winvm_free_kind {
	WINVM_FREE_DECOMMIT,
	WINVM_FREE_RELEASE,
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

u32 winvm_check_free(u64 base, u64 bytes, u32 type, struct winvm_free_plan *plan);

/* SPEC VP-1, VP-3, VP-7, VP-10. VP-10 is checked here because only private memory exists. */
u32 winvm_check_protect(u64 base, u64 bytes, u32 protect, struct winvm_span *span);

/* SPEC VL-1, VL-2, VL-3. */
u32 winvm_check_lock(u64 base, u64 bytes, u32 map_type, struct winvm_span *span);

/* SPEC VQ-3, VQ-5. */
u32 winvm_check_query(u64 address, u64 *vpn);

/* SPEC WW-2 (what needs no tree), WW-3, WW-20. @watch_flags: bit 0 reset. */
u32 winvm_check_watch(u64 base, u64 bytes, u64 count, u32 watch_flags, struct winvm_span *span);

#endif
