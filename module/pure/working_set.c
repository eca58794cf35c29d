// SPDX-License-Identifier: GPL-2.0
/* The working set (SPEC 8.2, 8.3). */
#include "working_set.h"

#define WINVM_WS_LEAST_MINIMUM	20ULL
#define WINVM_WS_LEAST_MAXIMUM	13ULL
#define WINVM_WS_KEPT_PAGES	512ULL	/* of the machine, for everybody else */

/* Pages that are not locked, and stay: more than an instruction can need. */
#define WINVM_WS_FLUID		8ULL

/* One of this many faults of a system call calls for a look. */
#define WINVM_WS_SELDOM		64ULL

/* SPEC WS-6 */
static bool winvm_ws_flags_valid(u32 flags)
{
	return !(flags & ~NT_HARDWS_ALL) &&
	       (flags & (NT_HARDWS_MIN_ENABLE | NT_HARDWS_MIN_DISABLE)) !=
		       (NT_HARDWS_MIN_ENABLE | NT_HARDWS_MIN_DISABLE) &&
	       (flags & (NT_HARDWS_MAX_ENABLE | NT_HARDWS_MAX_DISABLE)) !=
		       (NT_HARDWS_MAX_ENABLE | NT_HARDWS_MAX_DISABLE);
}

/* SPEC WS-2, WS-5. A maximum below the least minimum follows it. */
static u32 winvm_ws_check_range(const struct winvm_ws_change *change, u64 ram_pages,
				u64 available_pages, struct winvm_ws_limits *limits)
{
	u64 minimum = max(change->minimum_bytes >> WINVM_PAGE_SHIFT, WINVM_WS_LEAST_MINIMUM);
	u64 maximum = change->maximum_bytes >> WINVM_PAGE_SHIFT;

	if (change->minimum_bytes > change->maximum_bytes || maximum < WINVM_WS_LEAST_MAXIMUM)
		return STATUS_BAD_WORKING_SET_LIMIT;
	if (maximum + WINVM_WS_KEPT_PAGES >= ram_pages)
		return STATUS_BAD_WORKING_SET_LIMIT;
	if (minimum > limits->minimum_pages && minimum - limits->minimum_pages > available_pages)
		return STATUS_INSUFFICIENT_RESOURCES;
	limits->minimum_pages = minimum;
	limits->maximum_pages = max(minimum, maximum);
	return STATUS_SUCCESS;
}

u32 winvm_ws_check(const struct winvm_ws_change *change, u64 ram_pages, u64 available_pages,
		   struct winvm_ws_limits *limits)
{
	u32 status = STATUS_SUCCESS;

	if (!winvm_ws_flags_valid(change->flags))
		return STATUS_INVALID_PARAMETER;
	if (!change->minimum_bytes != !change->maximum_bytes)
		return STATUS_INVALID_PARAMETER;	/* SPEC WS-4 */
	if (change->minimum_bytes)
		status = winvm_ws_check_range(change, ram_pages, available_pages, limits);
	if (status)
		return status;
	if (change->flags & (NT_HARDWS_MIN_ENABLE | NT_HARDWS_MIN_DISABLE))
		limits->hard_minimum = change->flags & NT_HARDWS_MIN_ENABLE;
	if (change->flags & (NT_HARDWS_MAX_ENABLE | NT_HARDWS_MAX_DISABLE))
		limits->hard_maximum = change->flags & NT_HARDWS_MAX_ENABLE;
	return STATUS_SUCCESS;
}

u32 winvm_ws_flags(const struct winvm_ws_limits *limits)
{
	return (limits->hard_minimum ? NT_HARDWS_MIN_ENABLE : NT_HARDWS_MIN_DISABLE) |
	       (limits->hard_maximum ? NT_HARDWS_MAX_ENABLE : NT_HARDWS_MAX_DISABLE);
}

u64 winvm_ws_lockable(const struct winvm_ws_limits *limits, u64 overhead_pages)
{
	return limits->minimum_pages > overhead_pages ? limits->minimum_pages - overhead_pages : 0;
}

bool winvm_ws_due(const struct winvm_ws_limits *limits, u64 known, u64 since, bool user)
{
	u64 most = limits->maximum_pages;

	if (!limits->hard_maximum || known + since <= most)
		return false;
	return user || known + since == most + 1 || since % WINVM_WS_SELDOM == 0;
}

u64 winvm_ws_excess(const struct winvm_ws_limits *limits, u64 present, u64 locked)
{
	u64 most = limits->maximum_pages, stay = locked + WINVM_WS_FLUID;

	if (!limits->hard_maximum || present <= most || present <= stay)
		return 0;
	return present - max(most - most / 8, stay);
}

u64 winvm_ws_surplus(const struct winvm_ws_limits *limits, u64 present)
{
	if (!limits->hard_minimum)
		return present;
	return present > limits->minimum_pages ? present - limits->minimum_pages : 0;
}

#define WINVM_WS_MOST_SHARERS	7U

static u64 winvm_ws_sharers(const struct winvm_ws_page *page)
{
	return page->shared ? min(page->sharers, WINVM_WS_MOST_SHARERS) : 0;
}

/* Fields of PSAPI_WORKING_SET_EX_BLOCK. */
#define WINVM_EX_VALID			0x1ULL
#define WINVM_EX_SHARERS_SHIFT		1
#define WINVM_EX_PROTECT_SHIFT		4
#define WINVM_EX_PROTECT_MASK		0x7ffULL
#define WINVM_EX_SHARED			0x8000ULL
#define WINVM_EX_NODE_SHIFT		16
#define WINVM_EX_NODE_MASK		0x3fULL
#define WINVM_EX_LOCKED			0x400000ULL
#define WINVM_EX_LOCATION_SHIFT		22	/* of an invalid page */
#define WINVM_EX_ORIGINAL		0x40000000ULL
#define WINVM_EX_BAD			0x80000000ULL

/* SPEC WS-10 to WS-13, WS-18 */
u64 winvm_ws_attributes(const struct winvm_ws_page *page)
{
	u64 bits = (page->shared ? WINVM_EX_SHARED : 0) | (page->bad ? WINVM_EX_BAD : 0) |
		   (page->original ? WINVM_EX_ORIGINAL : 0);

	if (!page->valid)
		return bits | (u64)page->location << WINVM_EX_LOCATION_SHIFT;
	return bits | WINVM_EX_VALID | winvm_ws_sharers(page) << WINVM_EX_SHARERS_SHIFT |
	       (page->protect & WINVM_EX_PROTECT_MASK) << WINVM_EX_PROTECT_SHIFT |
	       (page->node & WINVM_EX_NODE_MASK) << WINVM_EX_NODE_SHIFT |
	       (page->locked ? WINVM_EX_LOCKED : 0);
}

/* NT's own code of a base protection: its place in this list. */
static const u32 winvm_ws_bases[] = {
	NT_PAGE_NOACCESS, NT_PAGE_READONLY, NT_PAGE_EXECUTE, NT_PAGE_EXECUTE_READ,
	NT_PAGE_READWRITE, NT_PAGE_WRITECOPY, NT_PAGE_EXECUTE_READWRITE,
	NT_PAGE_EXECUTE_WRITECOPY,
};

#define WINVM_WS_CODE_NOCACHE		8U
#define WINVM_WS_CODE_GUARD		16U
#define WINVM_WS_CODE_WRITECOMBINE	24U

static u32 winvm_ws_protection(u32 protect)
{
	u32 code = 0, index;

	for (index = 0; index < ARRAY_SIZE(winvm_ws_bases); index++)
		if (protect & winvm_ws_bases[index])
			code = index;
	if (protect & NT_PAGE_WRITECOMBINE)
		return code + WINVM_WS_CODE_WRITECOMBINE;
	if (protect & NT_PAGE_GUARD)
		return code + WINVM_WS_CODE_GUARD;
	return protect & NT_PAGE_NOCACHE ? code + WINVM_WS_CODE_NOCACHE : code;
}

/* Fields of PSAPI_WORKING_SET_BLOCK. */
#define WINVM_BLOCK_SHARERS_SHIFT	5
#define WINVM_BLOCK_SHARED		0x100ULL
#define WINVM_BLOCK_NODE_SHIFT		9
#define WINVM_BLOCK_NODE_MASK		7ULL

u64 winvm_ws_block(u64 vpn, const struct winvm_ws_page *page)
{
	return vpn << WINVM_PAGE_SHIFT | winvm_ws_protection(page->protect) |
	       winvm_ws_sharers(page) << WINVM_BLOCK_SHARERS_SHIFT |
	       (page->shared ? WINVM_BLOCK_SHARED : 0) |
	       (page->node & WINVM_BLOCK_NODE_MASK) << WINVM_BLOCK_NODE_SHIFT;
}
