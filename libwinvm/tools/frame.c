// SPDX-License-Identifier: MIT
/*
 * Page frames: Linux' flags in the words of NT. Linux keeps lists of another kind, so the
 * rules are ours; winvm(1) has them.
 */
#include <linux/kernel-page-flags.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "frame.h"

/* Documentation/admin-guide/mm/pagemap.rst; from 32 on fs/proc/page.c. */
#define FLAG(name)   (UINT64_C(1) << KPF_##name)
#define KPF_RESERVED 32

static const char *const names[64] = {
	[KPF_LOCKED] = "LOCKED",
	[KPF_ERROR] = "ERROR",
	[KPF_REFERENCED] = "REFERENCED",
	[KPF_UPTODATE] = "UPTODATE",
	[KPF_DIRTY] = "DIRTY",
	[KPF_LRU] = "LRU",
	[KPF_ACTIVE] = "ACTIVE",
	[KPF_SLAB] = "SLAB",
	[KPF_WRITEBACK] = "WRITEBACK",
	[KPF_RECLAIM] = "RECLAIM",
	[KPF_BUDDY] = "BUDDY",
	[KPF_MMAP] = "MMAP",
	[KPF_ANON] = "ANON",
	[KPF_SWAPCACHE] = "SWAPCACHE",
	[KPF_SWAPBACKED] = "SWAPBACKED",
	[KPF_COMPOUND_HEAD] = "COMPOUND_HEAD",
	[KPF_COMPOUND_TAIL] = "COMPOUND_TAIL",
	[KPF_HUGE] = "HUGE",
	[KPF_UNEVICTABLE] = "UNEVICTABLE",
	[KPF_HWPOISON] = "HWPOISON",
	[KPF_NOPAGE] = "NOPAGE",
	[KPF_KSM] = "KSM",
	[KPF_THP] = "THP",
	[KPF_OFFLINE] = "OFFLINE",
	[KPF_ZERO_PAGE] = "ZERO_PAGE",
	[KPF_IDLE] = "IDLE",
	[KPF_PGTABLE] = "PGTABLE",
	[KPF_RESERVED] = "RESERVED",
	[33] = "MLOCKED",
	[34] = "MAPPEDTODISK",
	[35] = "PRIVATE",
	[36] = "PRIVATE_2",
	[37] = "OWNER_PRIVATE",
	[38] = "ARCH",
	[39] = "UNCACHED",
	[40] = "SOFTDIRTY",
	[41] = "ARCH_2",
};

/* Some kernels tell these of all frames of a compound page, some of the first. */
#define OF_HEAD                                                                                   \
	(FLAG(LOCKED) | FLAG(UPTODATE) | FLAG(DIRTY) | FLAG(LRU) | FLAG(SLAB) | FLAG(WRITEBACK) | \
	 FLAG(ANON) | FLAG(SWAPCACHE) | FLAG(SWAPBACKED) | FLAG(HUGE) | FLAG(MMAP) | FLAG(THP))

uint64_t frame_inherit(uint64_t flags, uint64_t head)
{
	return flags & FLAG(COMPOUND_TAIL) ? flags | (head & OF_HEAD) : flags;
}

/* What file systems and swap have to do with; some of it is on no list of Linux just now. */
static bool is_cached(uint64_t flags)
{
	return flags & (FLAG(LRU) | FLAG(UPTODATE) | FLAG(SWAPBACKED) | FLAG(WRITEBACK));
}

static enum frame_use cached_use(uint64_t flags)
{
	if (flags & (FLAG(ANON) | FLAG(KSM)))
		return FRAME_PRIVATE;
	if (flags & FLAG(SWAPBACKED))
		return FRAME_SECTION;
	return is_cached(flags) ? FRAME_FILE : FRAME_DRIVER;
}

enum frame_use frame_use(uint64_t flags)
{
	if (flags & FLAG(NOPAGE))
		return FRAME_NOTHING;
	if (flags & FLAG(BUDDY))
		return FRAME_FREE;
	if (flags & FLAG(SLAB))
		return FRAME_SLAB;
	if (flags & FLAG(PGTABLE))
		return FRAME_TABLES;
	if (flags & FLAG(OFFLINE))
		return FRAME_OFFLINE;
	if (flags & FLAG(HUGE))
		return FRAME_LARGE;
	if (flags & (FLAG(RESERVED) | FLAG(ZERO_PAGE)))
		return FRAME_RESERVED;
	return cached_use(flags);
}

/* In no working set: the contents of files are on a disk unless dirty, those of others not. */
static enum frame_list unmapped_list(uint64_t flags)
{
	if (flags & (FLAG(WRITEBACK) | FLAG(LOCKED)))
		return FRAME_TRANSITION;
	if (flags & FLAG(DIRTY))
		return FRAME_MODIFIED;
	if (flags & (FLAG(SWAPBACKED) | FLAG(ANON)) && !(flags & FLAG(SWAPCACHE)))
		return FRAME_MODIFIED;
	return FRAME_STANDBY;
}

enum frame_list frame_list(uint64_t flags)
{
	if (flags & FLAG(NOPAGE))
		return FRAME_ABSENT;
	if (flags & FLAG(HWPOISON))
		return FRAME_BAD;
	if (flags & FLAG(BUDDY))
		return FRAME_UNUSED;
	switch (frame_use(flags)) {
	case FRAME_PRIVATE:
	case FRAME_FILE:
	case FRAME_SECTION:
		return flags & FLAG(MMAP) ? FRAME_ACTIVE : unmapped_list(flags);
	default:
		return FRAME_ACTIVE;
	}
}

const char *frame_use_name(enum frame_use use)
{
	static const char *const uses[] = {
		[FRAME_PRIVATE] = "process private", [FRAME_FILE] = "file",
		[FRAME_SECTION] = "page file",	     [FRAME_LARGE] = "large page",
		[FRAME_TABLES] = "page table",	     [FRAME_SLAB] = "slab",
		[FRAME_RESERVED] = "reserved",	     [FRAME_OFFLINE] = "offline",
		[FRAME_DRIVER] = "driver, other",    [FRAME_FREE] = "unused",
		[FRAME_NOTHING] = "no memory",
	};

	return uses[use];
}

const char *frame_list_name(enum frame_list list)
{
	static const char *const lists[] = {
		[FRAME_ACTIVE] = "active",     [FRAME_STANDBY] = "standby",
		[FRAME_MODIFIED] = "modified", [FRAME_TRANSITION] = "transition",
		[FRAME_UNUSED] = "free",       [FRAME_BAD] = "bad",
		[FRAME_ABSENT] = "no memory",
	};

	return lists[list];
}

void frame_flags(uint64_t flags, char *text)
{
	size_t used = 0;

	*text = 0;
	for (unsigned int bit = 0; bit < 64; bit++) {
		if (!(flags >> bit & 1))
			continue;
		used += (size_t)(names[bit] ? snprintf(text + used, FRAME_FLAGS - used, "%s%s",
						       used ? " " : "", names[bit]) :
					      snprintf(text + used, FRAME_FLAGS - used, "%s%u",
						       used ? " " : "", bit));
	}
}
