/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The working set: its limits, what they let be locked and when pages must
 * go, and how a page is told (SPEC 8.2, 8.3).
 */
#ifndef WINVM_PURE_WORKING_SET_H
#define WINVM_PURE_WORKING_SET_H

#include "nt.h"
#include "seam.h"

/* SPEC WS-1 */
#define WINVM_WS_MINIMUM_PAGES	50ULL
#define WINVM_WS_MAXIMUM_PAGES	345ULL

/**
 * struct winvm_ws_limits - of a process
 * @minimum_pages: what VirtualLock's quota comes from (SPEC VL-10)
 * @maximum_pages: a limit only when it is hard
 * @hard_minimum: emptying stops there (SPEC WS-6)
 * @hard_maximum: faults beyond make other pages go (SPEC WS-6)
 */
struct winvm_ws_limits {
	u64 minimum_pages;
	u64 maximum_pages;
	bool hard_minimum;
	bool hard_maximum;
};

/**
 * struct winvm_ws_change - SetProcessWorkingSetSizeEx
 * @minimum_bytes, @maximum_bytes: both 0 leave the limits as they are (SPEC WS-4)
 * @flags: NT_HARDWS_*, 0 leaves them as they are
 */
struct winvm_ws_change {
	u64 minimum_bytes;
	u64 maximum_bytes;
	u32 flags;
};

/**
 * winvm_ws_check() - what limits become by a change (SPEC WS-2, WS-4 to WS-6)
 * @ram_pages: of the machine
 * @available_pages: of these, what could be had now
 * @limits: changed when the answer is STATUS_SUCCESS
 */
u32 winvm_ws_check(const struct winvm_ws_change *change, u64 ram_pages, u64 available_pages,
		   struct winvm_ws_limits *limits);

/** winvm_ws_flags() - NT_HARDWS_* that tell which limits are hard (SPEC WS-7) */
u32 winvm_ws_flags(const struct winvm_ws_limits *limits);

/** winvm_ws_lockable() - pages that VirtualLock may hold (SPEC VL-10, VL-11) */
u64 winvm_ws_lockable(const struct winvm_ws_limits *limits, u64 overhead_pages);

/**
 * winvm_ws_due() - does this fault call for a look at the hard maximum?
 * @known: pages present when they were counted last
 * @since: faults since then, with this one
 * @user: it is the thread itself that faults, not a system call
 *
 * Every fault of a thread beyond the maximum does. Of a system call, which can
 * do nothing before its end, the first one and a few more, should the thread
 * that had the first one not come back.
 */
bool winvm_ws_due(const struct winvm_ws_limits *limits, u64 known, u64 since, bool user);

/**
 * winvm_ws_excess() - how many pages must go when so many are present
 * @locked: of these cannot
 *
 * Of a set beyond its hard maximum an eighth more, so that not each fault
 * needs a count. But a few pages beside the locked ones stay in any case, or
 * an instruction might never have all that it needs.
 */
u64 winvm_ws_excess(const struct winvm_ws_limits *limits, u64 present, u64 locked);

/** winvm_ws_surplus() - how many pages emptying may take of so many (SPEC WS-3, WS-6) */
u64 winvm_ws_surplus(const struct winvm_ws_limits *limits, u64 present);

/* Where a page is that is not in the working set. */
enum winvm_ws_location {
	WINVM_WS_NOWHERE,
	WINVM_WS_RESIDENT,	/* in memory: a soft fault away */
	WINVM_WS_PAGEFILE,	/* in swap */
};

/**
 * struct winvm_ws_page - what is told of a page
 * @protect: PAGE_*
 * @sharers: processes that have it mapped, if @shared
 * @node: NUMA node
 * @location: if it is not @valid
 * @valid: in the working set
 * @shared: with whoever maps the same file
 * @original: was shared before it was copied, or is
 * @locked: by VirtualLock
 * @bad: its memory is broken
 */
struct winvm_ws_page {
	u32 protect;
	u32 sharers;
	u32 node;
	enum winvm_ws_location location;
	bool valid;
	bool shared;
	bool original;
	bool locked;
	bool bad;
};

/** winvm_ws_attributes() - as PSAPI_WORKING_SET_EX_BLOCK */
u64 winvm_ws_attributes(const struct winvm_ws_page *page);

/** winvm_ws_block() - of a valid page, as PSAPI_WORKING_SET_BLOCK */
u64 winvm_ws_block(u64 vpn, const struct winvm_ws_page *page);

#endif
