/* SPDX-License-Identifier: GPL-2.0 */
/* What tests of the working set ask. */
#ifndef KSELFTEST_WORKING_SET_H
#define KSELFTEST_WORKING_SET_H

#include <psapi.h>
#include <stdlib.h>

#include "vm.h"

/* All bits set when the query fails. */
static inline MEMORY_WORKING_SET_EX_BLOCK page_in(HANDLE process, const void *address)
{
	MEMORY_WORKING_SET_EX_INFORMATION page = { .VirtualAddress = (void *)(uintptr_t)address };

	if (!QueryWorkingSetEx(process, &page, sizeof(page)))
		page.u1.Long = ~0ul;
	return page.u1.VirtualAttributes;
}

static inline MEMORY_WORKING_SET_EX_BLOCK page_at(const void *address)
{
	return page_in(GetCurrentProcess(), address);
}

static inline ULONG_PTR page_bits(const void *address)
{
	MEMORY_WORKING_SET_EX_BLOCK block = page_at(address);
	ULONG_PTR bits;

	memcpy(&bits, &block, sizeof(bits));
	return bits;
}

static inline bool page_valid(const void *address)
{
	return page_at(address).Valid;
}

/* How many pages of a range are in the working set: one by one. */
static inline SIZE_T pages_valid(const char *base, SIZE_T bytes)
{
	SIZE_T count = 0;

	for (SIZE_T offset = 0; offset < bytes; offset += PAGE)
		count += page_valid(base + offset);
	return count;
}

/* Where a page is that is not in the working set. */
static inline MEMORY_WORKING_SET_EX_LOCATION page_location(const void *address)
{
	MEMORY_WORKING_SET_EX_BLOCK page = page_at(address);

	return page.Valid ? MemoryLocationReserved :
			    (MEMORY_WORKING_SET_EX_LOCATION)page.Invalid.Location;
}

static inline void touch(char *base, SIZE_T bytes)
{
	for (SIZE_T offset = 0; offset < bytes; offset += PAGE)
		((volatile char *)base)[offset] = (char)(offset / PAGE);
}

/* Is each byte that touch() wrote there? */
static inline bool touched(const char *base, SIZE_T bytes)
{
	for (SIZE_T offset = 0; offset < bytes; offset += PAGE)
		if (((const volatile char *)base)[offset] != (char)(offset / PAGE))
			return false;
	return true;
}

/* The whole working set; NULL when it cannot be asked. */
static inline PSAPI_WORKING_SET_INFORMATION *working_set_of(HANDLE process)
{
	DWORD bytes = 64 << 20;
	PSAPI_WORKING_SET_INFORMATION *set = malloc(bytes);

	if (set && !QueryWorkingSet(process, set, bytes)) {
		free(set);
		set = NULL;
	}
	return set;
}

/* How many pages of a range the whole has. */
static inline SIZE_T working_set_has(const PSAPI_WORKING_SET_INFORMATION *set, const void *base,
				     SIZE_T bytes)
{
	ULONG_PTR first = (uintptr_t)base / PAGE, count = 0;

	for (ULONG_PTR i = 0; set && i < set->NumberOfEntries; i++)
		count += set->WorkingSetInfo[i].VirtualPage - first < bytes / PAGE;
	return count;
}

static inline SIZE_T working_set_pages(const void *base, SIZE_T bytes)
{
	PSAPI_WORKING_SET_INFORMATION *set = working_set_of(GetCurrentProcess());
	SIZE_T count = working_set_has(set, base, bytes);

	free(set);
	return count;
}

struct limits {
	SIZE_T minimum;
	SIZE_T maximum;
	DWORD flags;
};

static inline struct limits limits_now(void)
{
	struct limits limits = { MARK, MARK, MARK };

	GetProcessWorkingSetSizeEx(GetCurrentProcess(), &limits.minimum, &limits.maximum,
				   &limits.flags);
	return limits;
}

/* In pages. */
#define EXPECT_LIMITS(minimum_, maximum_)                                    \
	do {                                                                 \
		struct limits limits_ = limits_now();                        \
		EXPECT_EQ((SIZE_T)(minimum_) * PAGE, limits_.minimum);       \
		EXPECT_EQ((SIZE_T)(maximum_) * PAGE, limits_.maximum);       \
	} while (0)

static inline BOOL set_limits(SIZE_T minimum, SIZE_T maximum)
{
	return SetProcessWorkingSetSize(GetCurrentProcess(), minimum * PAGE, maximum * PAGE);
}

static inline BOOL set_limits_ex(SIZE_T minimum, SIZE_T maximum, DWORD flags)
{
	return SetProcessWorkingSetSizeEx(GetCurrentProcess(), minimum * PAGE, maximum * PAGE,
					  flags);
}

#endif
