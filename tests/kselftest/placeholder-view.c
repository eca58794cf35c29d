// SPDX-License-Identifier: GPL-2.0
/* Views that take the place of placeholders, and give it back (SPEC 4.2). */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "device.h"
#include "proc.h"
#include "section.h"

#define MAKE	 (MEM_RESERVE | MEM_RESERVE_PLACEHOLDER)
#define PRESERVE (MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER)
#define COALESCE (MEM_RELEASE | MEM_COALESCE_PLACEHOLDERS)
#define REPLACE	 MEM_REPLACE_PLACEHOLDER
#define HUGE	 ((SIZE_T)0x200000)
#define PAGES	 64
#define RET	 0xc3

/* Not in the headers of Debian 12. */
#define ADVICE_COLLAPSE 25

static char *placeholder(SIZE_T bytes)
{
	return VirtualAlloc2(NULL, NULL, bytes, MAKE, PAGE_NOACCESS, NULL, 0);
}

static char *split(char *base, SIZE_T bytes)
{
	return VirtualFree(base, bytes, PRESERVE) ? base : NULL;
}

static bool join(char *base, SIZE_T bytes)
{
	return VirtualFree(base, bytes, COALESCE);
}

static char *map_into(HANDLE section, void *base, uint64_t offset, SIZE_T bytes, ULONG protection)
{
	return MapViewOfFile3(section, NULL, base, offset, bytes, REPLACE, protection, NULL, 0);
}

static bool give_back(char *view)
{
	return UnmapViewOfFileEx(view, MEM_PRESERVE_PLACEHOLDER);
}

static bool is_placeholder(const void *address)
{
	MEMORY_REGION_INFORMATION region = { 0 };

	NtQueryVirtualMemory(NtCurrentProcess(), (void *)(uintptr_t)address,
			     MemoryRegionInformation, &region, sizeof(region), NULL);
	return region.PlaceholderReservation;
}

#define EXPECT_PLACEHOLDER(address, bytes)                                             \
	do {                                                                           \
		EXPECT_RESERVED(address, address, bytes);                              \
		EXPECT_EQ((DWORD)PAGE_NOACCESS, region_at(address).AllocationProtect); \
		EXPECT_EQ((DWORD)MEM_PRIVATE, region_at(address).Type);                \
		EXPECT_TRUE(is_placeholder(address));                                  \
		EXPECT_VIOLATION_READ(address);                                        \
	} while (0)

#define EXPECT_VIEW(address, bytes, protection)                                   \
	do {                                                                      \
		EXPECT_COMMITTED(address, address, bytes, protection);            \
		EXPECT_EQ(protection, (int)region_at(address).AllocationProtect); \
		EXPECT_EQ((DWORD)MEM_MAPPED, region_at(address).Type);            \
		EXPECT_FALSE(is_placeholder(address));                            \
	} while (0)

FIXTURE(piece)
{
	HANDLE section; /* the first byte of each of its PAGES pages is its number plus one */
	HANDLE code; /* as large */
	char *all; /* its view, at a multiple of 64 KB */
	char *base; /* a placeholder of PAGES pages */
	struct winvm_counters before;
};

FIXTURE_SETUP(piece)
{
	self->section = mapping(PAGE_READWRITE, PAGES * PAGE);
	self->code = mapping(PAGE_EXECUTE_READWRITE, PAGES * PAGE);
	self->all = view_of(self->section, FILE_MAP_WRITE);
	ASSERT_NE(NULL, self->all);
	for (int i = 0; i < PAGES; i++)
		self->all[(SIZE_T)i * PAGE] = (char)(i + 1);
	self->base = placeholder(PAGES * PAGE);
	ASSERT_NE(NULL, self->base);
	self->before = counters();
}

FIXTURE_TEARDOWN(piece)
{
	CloseHandle(self->section);
	CloseHandle(self->code);
}

/* Nothing is counted twice, nothing is left. */
#define EXPECT_COUNTERS(self)                                                            \
	do {                                                                             \
		struct winvm_counters now_ = counters();                                 \
		EXPECT_EQ((self)->before.vads, now_.vads);                               \
		EXPECT_EQ((self)->before.virtual_bytes, now_.virtual_bytes);             \
		EXPECT_EQ((self)->before.commit_bytes, now_.commit_bytes);               \
		EXPECT_EQ((self)->before.system_commit_bytes, now_.system_commit_bytes); \
	} while (0)

TEST_F(piece, PH_17_a_view_takes_its_place)
{
	char *view;

	EXPECT_WORKS(view = map_into(self->section, self->base, 0, PAGES * PAGE, PAGE_READWRITE));
	ASSERT_EQ(self->base, view);
	EXPECT_VIEW(view, PAGES * PAGE, PAGE_READWRITE);
	EXPECT_COUNTERS(self);
	EXPECT_READS(5, view + 4 * PAGE);
	EXPECT_WRITES(view + 4 * PAGE, 99);
	EXPECT_READS(99, self->all + 4 * PAGE);
	/* It is no placeholder now. */
	EXPECT_FAILS(487, map_into(self->section, view, 0, PAGES * PAGE, PAGE_READWRITE));
	EXPECT_FAILS(487, VirtualAlloc2(NULL, view, PAGES * PAGE, MEM_RESERVE | REPLACE,
					PAGE_READWRITE, NULL, 0));
	EXPECT_FAILS(487, join(view, PAGES * PAGE));
	EXPECT_VIEW(view, PAGES * PAGE, PAGE_READWRITE);
}

TEST_F(piece, PH_17_exactly_one)
{
	char *base = self->base, *plain = reserve(4 * PAGE);

	ASSERT_NE(NULL, split(base, 4 * PAGE));
	ASSERT_NE(NULL, split(base + 4 * PAGE, 4 * PAGE));
	EXPECT_FAILS(487, map_into(self->section, base, 0, 3 * PAGE, PAGE_READWRITE));
	EXPECT_FAILS(487, map_into(self->section, base, 0, 5 * PAGE, PAGE_READWRITE));
	EXPECT_FAILS(487, map_into(self->section, base, 0, 8 * PAGE, PAGE_READWRITE));
	EXPECT_FAILS(487, map_into(self->section, base + PAGE, 0, 3 * PAGE, PAGE_READWRITE));
	EXPECT_FAILS(487, map_into(self->section, base + PAGE, 0, 4 * PAGE, PAGE_READWRITE));
	/* Size 0 is all of the section. */
	EXPECT_FAILS(487, map_into(self->section, base, 0, 0, PAGE_READWRITE));
	EXPECT_FAILS(487, map_into(self->section, plain, 0, 4 * PAGE, PAGE_READWRITE));
	EXPECT_FAILS(487, map_into(self->section, FIXED, 0, 4 * PAGE, PAGE_READWRITE));
	EXPECT_FAILS(487, map_into(self->section, self->all, 0, PAGES * PAGE, PAGE_READWRITE));
	EXPECT_STATUS(ST_CONFLICTING_ADDRESSES, RtlGetLastNtStatus());
	EXPECT_FAILS(87, map_into(self->section, NULL, 0, 4 * PAGE, PAGE_READWRITE));
	EXPECT_PLACEHOLDER(base, 4 * PAGE);
	EXPECT_PLACEHOLDER(base + 4 * PAGE, 4 * PAGE);
	EXPECT_PLACEHOLDER(base + 8 * PAGE, (PAGES - 8) * PAGE);
	/* Rounded up it is one (SE-19). */
	EXPECT_EQ(base, map_into(self->section, base, 0, 3 * PAGE + 1, PAGE_READONLY));
	EXPECT_VIEW(base, 4 * PAGE, PAGE_READONLY);
	/* As is what is left of the section from an offset on. */
	EXPECT_EQ(base + 4 * PAGE,
		  map_into(self->section, base + 4 * PAGE, (PAGES - 4) * PAGE, 0, PAGE_READONLY));
	EXPECT_READS(PAGES, base + 7 * PAGE);
}

TEST_F(piece, PH_17_other_calls_replace_none)
{
	HANDLE own = GetCurrentProcess();

	EXPECT_FAILS(87, MapViewOfFile2(self->section, own, 0, self->base, PAGES * PAGE, REPLACE,
					PAGE_READWRITE));
	EXPECT_FAILS(87, MapViewOfFileNuma2(self->section, own, 0, self->base, PAGES * PAGE,
					    REPLACE, PAGE_READWRITE, NUMA_NO_PREFERRED_NODE));
	EXPECT_STATUS_INVALID(
		NT_MAP(.section = self->section, .base = self->base, .type = REPLACE).status);
	EXPECT_FAILS(487, MapViewOfFileEx(self->section, FILE_MAP_WRITE, 0, 0, 0, self->base));
	EXPECT_FAILS(487, MapViewOfFile3(self->section, NULL, self->base, 0, 0, 0, PAGE_READWRITE,
					 NULL, 0));
	EXPECT_PLACEHOLDER(self->base, PAGES * PAGE);
}

/* What the section forbids, it forbids here. */
TEST_F(piece, PH_17_a_refused_view_leaves_the_placeholder)
{
	EXPECT_FAILS(5, map_into(self->section, self->base, 0, PAGES * PAGE, PAGE_EXECUTE_READ));
	EXPECT_FAILS(5, map_into(self->section, self->base, PAGE, PAGES * PAGE, PAGE_READWRITE));
	EXPECT_FAILS(6, map_into(NULL, self->base, 0, PAGES * PAGE, PAGE_READWRITE));
	EXPECT_FAILS(87, map_into(self->section, self->base, 0, PAGES * PAGE, 0));
	EXPECT_PLACEHOLDER(self->base, PAGES * PAGE);
	EXPECT_COUNTERS(self);
}

TEST_F(piece, PH_17_code_in_a_placeholder)
{
	char *view = map_into(self->code, self->base, 0, 0, PAGE_EXECUTE_READWRITE);

	ASSERT_EQ(self->base, view);
	EXPECT_WRITES(view + 3 * PAGE, RET);
	EXPECT_EXECUTES(view + 3 * PAGE);
	EXPECT_WORKS(give_back(view));
	EXPECT_PLACEHOLDER(view, PAGES * PAGE);
	/* Nothing is executable that comes next. */
	ASSERT_EQ(view, map_into(self->code, view, 0, 0, PAGE_READWRITE));
	EXPECT_READS(RET, view + 3 * PAGE);
	EXPECT_VIOLATION_EXECUTE(view + 3 * PAGE);
}

TEST_F(piece, PH_18_returns_to_a_placeholder)
{
	char *base = self->base;

	for (int round = 0; round < 3; round++) {
		ASSERT_EQ(base, map_into(self->section, base, 0, 0, PAGE_READWRITE));
		EXPECT_WRITES(base + 7 * PAGE, (uint8_t)(round + 50));
		/* Any address of the view names it (SE-28). */
		EXPECT_WORKS(UnmapViewOfFile2(GetCurrentProcess(), base + 5 * PAGE + 5,
					      MEM_PRESERVE_PLACEHOLDER));
		EXPECT_PLACEHOLDER(base, PAGES * PAGE);
		EXPECT_READS(round + 50, self->all + 7 * PAGE);
		EXPECT_COUNTERS(self);
	}
	EXPECT_FAILS(487, give_back(base));
	EXPECT_STATUS(ST_NOT_MAPPED_VIEW, RtlGetLastNtStatus());
	/* What comes next has nothing of it. */
	ASSERT_EQ(base, VirtualAlloc2(NULL, base, PAGES * PAGE, MEM_RESERVE | MEM_COMMIT | REPLACE,
				      PAGE_READWRITE, NULL, 0));
	EXPECT_READS(0, base + 7 * PAGE);
	EXPECT_WRITES(base + 7 * PAGE, 1);
	EXPECT_READS(52, self->all + 7 * PAGE);
	EXPECT_WORKS(VirtualFree(base, PAGES * PAGE, PRESERVE));
	EXPECT_PLACEHOLDER(base, PAGES * PAGE);
	EXPECT_COUNTERS(self);
}

TEST_F(piece, PH_18_not_what_replaced_none)
{
	EXPECT_FAILS(487, give_back(self->all));
	EXPECT_STATUS(ST_CONFLICTING_ADDRESSES, RtlGetLastNtStatus());
	EXPECT_READS(1, self->all);
	ASSERT_EQ(self->base, map_into(self->section, self->base, 0, 0, PAGE_READWRITE));
	EXPECT_FAILS(87, UnmapViewOfFileEx(self->base, MEM_PRESERVE_PLACEHOLDER | 4));
	EXPECT_FAILS(87, UnmapViewOfFileEx(self->base, MEM_COALESCE_PLACEHOLDERS | 8));
	EXPECT_VIEW(self->base, PAGES * PAGE, PAGE_READWRITE);
	EXPECT_WORKS(UnmapViewOfFileEx(self->base,
				       MEM_PRESERVE_PLACEHOLDER | MEM_UNMAP_WITH_TRANSIENT_BOOST));
	EXPECT_PLACEHOLDER(self->base, PAGES * PAGE);
}

TEST_F(piece, PH_18_without_the_flag_the_range_is_free)
{
	uint64_t virtual = self->before.virtual_bytes;

	ASSERT_EQ(self->base, map_into(self->section, self->base, 0, 0, PAGE_READWRITE));
	EXPECT_WORKS(UnmapViewOfFile(self->base));
	EXPECT_FREE(self->base, PAGES * PAGE);
	EXPECT_VIOLATION_READ(self->base);
	EXPECT_EQ(virtual - PAGES * PAGE, counters().virtual_bytes);
	EXPECT_EQ(self->base, VirtualAlloc(self->base, PAGES * PAGE, MEM_RESERVE, PAGE_READWRITE));
}

TEST_F(piece, PH_13_pieces_merge_again)
{
	char *base = self->base;

	for (SIZE_T i = 1; i < PAGES; i++)
		ASSERT_NE(NULL, split(base + (i - 1) * PAGE, PAGE));
	/* In each the page of the section that lies at the other end. */
	for (SIZE_T i = 0; i < PAGES; i++)
		ASSERT_EQ(base + i * PAGE, map_into(self->section, base + i * PAGE,
						    (PAGES - 1 - i) * PAGE, PAGE, PAGE_READWRITE));
	for (int i = 0; i < PAGES; i++)
		EXPECT_READS(PAGES - i, base + (SIZE_T)i * PAGE);
	EXPECT_FAILS(487, join(base, PAGES * PAGE));
	for (SIZE_T i = 0; i < PAGES; i += 2)
		EXPECT_WORKS(give_back(base + i * PAGE));
	EXPECT_FAILS(487, join(base, PAGES * PAGE));
	EXPECT_FAILS(487, join(base, 2 * PAGE));
	EXPECT_READS(PAGES - 1, base + PAGE);
	for (SIZE_T i = 1; i < PAGES; i += 2)
		EXPECT_WORKS(give_back(base + i * PAGE));
	EXPECT_WORKS(join(base, PAGES * PAGE));
	EXPECT_PLACEHOLDER(base, PAGES * PAGE);
	EXPECT_COUNTERS(self);
	EXPECT_EQ(base, map_into(self->section, base, 0, 0, PAGE_READWRITE));
	EXPECT_READS(PAGES, base + (PAGES - 1) * PAGE);
}

TEST_F(piece, PH_21_unmap_first)
{
	ASSERT_NE(NULL, split(self->base, 8 * PAGE));
	ASSERT_EQ(self->base, map_into(self->section, self->base, 0, 8 * PAGE, PAGE_READWRITE));
	EXPECT_FAILS(87, release(self->base));
	EXPECT_STATUS(ST_UNABLE_TO_DELETE_SECTION, RtlGetLastNtStatus());
	EXPECT_STATUS(ST_UNABLE_TO_DELETE_SECTION,
		      nt_free(self->base, 8 * PAGE, MEM_RELEASE).status);
	EXPECT_FAILS(87, split(self->base, 4 * PAGE));
	EXPECT_FAILS(87, VirtualFree(self->base, 8 * PAGE, PRESERVE));
	EXPECT_FAILS(87, decommit(self->base, PAGE));
	EXPECT_VIEW(self->base, 8 * PAGE, PAGE_READWRITE);
	EXPECT_WORKS(give_back(self->base));
	EXPECT_WORKS(release(self->base));
	EXPECT_FREE(self->base, 8 * PAGE);
}

TEST_F(piece, PH_22_any_page_of_the_section)
{
	const SIZE_T pages = 512 + 4;
	HANDLE section = mapping(PAGE_READWRITE, pages * PAGE);
	char *all = view_of(section, FILE_MAP_WRITE), *base = self->base;

	ASSERT_NE(NULL, all);
	for (SIZE_T i = 0; i < pages; i++)
		*(SIZE_T *)(void *)(all + i * PAGE) = i;
	ASSERT_NE(NULL, split(base, 3 * PAGE));
	for (SIZE_T i = 0; i < 512; i++) {
		ASSERT_EQ(base, map_into(section, base, i * PAGE, 3 * PAGE, PAGE_READWRITE));
		for (SIZE_T page = 0; page < 3; page++)
			EXPECT_EQ(i + page, *(SIZE_T *)(void *)(base + page * PAGE));
		ASSERT_TRUE(give_back(base));
	}
	CloseHandle(section);
}

TEST_F(piece, PH_22_alignments)
{
	char *base = self->base;

	ASSERT_NE(NULL, split(base + PAGE, 2 * PAGE));
	EXPECT_FAILS(1132, map_into(self->section, base + PAGE, 0x800, 2 * PAGE, PAGE_READWRITE));
	EXPECT_FAILS(1132, map_into(self->section, base + PAGE, 1, 2 * PAGE, PAGE_READWRITE));
	EXPECT_FAILS(1132, map_into(self->section, base + PAGE + 1, 0, 2 * PAGE, PAGE_READWRITE));
	/* Elsewhere 64 KB it is (SE-16). */
	EXPECT_FAILS(1132, MapViewOfFile3(self->section, NULL, NULL, PAGE, PAGE, 0, PAGE_READWRITE,
					  NULL, 0));
	EXPECT_FAILS(1132, MapViewOfFile3(self->section, NULL, NULL, 1, PAGE, 0, PAGE_READWRITE,
					  NULL, 0));
	EXPECT_FAILS(1132, MapViewOfFile3(self->section, NULL, FIXED + PAGE, 0, PAGE, 0,
					  PAGE_READWRITE, NULL, 0));
	EXPECT_PLACEHOLDER(base + PAGE, 2 * PAGE);
	EXPECT_EQ(base + PAGE,
		  map_into(self->section, base + PAGE, 9 * PAGE, 2 * PAGE, PAGE_READWRITE));
	EXPECT_READS(11, base + 2 * PAGE);
}

TEST_F(piece, PH_23_sizes)
{
	static const SIZE_T sizes[] = { 4, 16, 60, 64, 68, 128 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		SIZE_T bytes = sizes[i] << 10;
		char *base = self->base;

		ASSERT_NE(NULL, split(base, bytes));
		ASSERT_EQ(base, map_into(self->section, base, PAGE, bytes, PAGE_READWRITE));
		EXPECT_VIEW(base, bytes, PAGE_READWRITE);
		EXPECT_READS(bytes / PAGE + 1, base + bytes - PAGE);
		EXPECT_PLACEHOLDER(base + bytes, PAGES * PAGE - bytes);
		EXPECT_WORKS(protect(base + bytes - PAGE, PAGE, PAGE_READONLY));
		EXPECT_VIOLATION_WRITE(base + bytes - PAGE);
		if (bytes > PAGE)
			EXPECT_WRITES(base, 2);
		EXPECT_FAILS(487, protect(base + bytes - PAGE, 2 * PAGE, PAGE_READONLY));
		EXPECT_WORKS(give_back(base));
		EXPECT_WORKS(join(base, PAGES * PAGE));
	}
	EXPECT_COUNTERS(self);
}

TEST_F(piece, PH_24_exported_by_the_library)
{
	EXPECT_NE(NULL, (void *)(uintptr_t)VirtualAlloc2);
	EXPECT_NE(NULL, (void *)(uintptr_t)MapViewOfFile3);
	EXPECT_NE(NULL, (void *)(uintptr_t)UnmapViewOfFile2);
	EXPECT_NE(NULL, (void *)(uintptr_t)OfferVirtualMemory);
}

TEST_F(piece, VL_18_locked_pages_are_unlocked)
{
	char *base = self->base;

	ASSERT_EQ(base, map_into(self->section, base, 0, 0, PAGE_READWRITE));
	EXPECT_WORKS(VirtualLock(base + PAGE, 2 * PAGE));
	EXPECT_WORKS(give_back(base));
	EXPECT_FAILS(158, VirtualUnlock(base + PAGE, PAGE));
	ASSERT_EQ(base, map_into(self->section, base, 0, 0, PAGE_READWRITE));
	EXPECT_FAILS(158, VirtualUnlock(base + PAGE, PAGE));
}

/* What Linux can do to a mapping behind our back. */
TEST_F(piece, munmap_is_mended)
{
	char *base = self->base;

	ASSERT_NE(NULL, split(base, 8 * PAGE));
	ASSERT_EQ(base, map_into(self->section, base, PAGE, 8 * PAGE, PAGE_READWRITE));
	ASSERT_EQ(0, munmap(base + 2 * PAGE, 8 * PAGE));
	EXPECT_VIEW(base, 8 * PAGE, PAGE_READWRITE);
	EXPECT_READS(5, base + 3 * PAGE);
	/* Unmapped, and given back before anybody has looked. */
	ASSERT_EQ(0, munmap(base, 8 * PAGE));
	EXPECT_WORKS(give_back(base));
	EXPECT_PLACEHOLDER(base, 8 * PAGE);
	ASSERT_EQ(0, munmap(base, PAGES * PAGE));
	EXPECT_WORKS(join(base, PAGES * PAGE));
	ASSERT_EQ(0, munmap(base, PAGES * PAGE));
	EXPECT_EQ(base, map_into(self->section, base, 0, 0, PAGE_READWRITE));
	EXPECT_READS(PAGES, base + (PAGES - 1) * PAGE);
	EXPECT_COUNTERS(self);
}

TEST_F(piece, not_where_linux_has_mapped_over)
{
	char *base = self->base, *hole = base + 3 * PAGE;

	ASSERT_EQ(hole, mmap(hole, PAGE, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	*hole = 'x';
	EXPECT_FAILS(487, map_into(self->section, base, 0, 0, PAGE_READWRITE));
	EXPECT_EQ('x', *hole);
	ASSERT_EQ(0, munmap(hole, PAGE));
	ASSERT_EQ(base, map_into(self->section, base, 0, 0, PAGE_READWRITE));
	EXPECT_READS(4, hole);
	/* And over the view: what is Linux' stays when the view goes. */
	ASSERT_EQ(hole, mmap(hole, PAGE, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	*hole = 'y';
	EXPECT_WORKS(give_back(base));
	EXPECT_EQ('y', *hole);
	EXPECT_VIOLATION_READ(hole + PAGE);
	EXPECT_FAILS(487, map_into(self->section, base, 0, 0, PAGE_READWRITE));
	ASSERT_EQ(0, munmap(hole, PAGE));
	EXPECT_PLACEHOLDER(base, PAGES * PAGE);
	EXPECT_EQ(base, map_into(self->section, base, 0, 0, PAGE_READWRITE));
	EXPECT_READS(4, hole);
}

/* Kilobytes of this process's memory that huge pages of files map; -1: not told. */
static long huge_kb(void)
{
	long shmem = proc_value("/proc/self/smaps_rollup", "ShmemPmdMapped:");
	long file = proc_value("/proc/self/smaps_rollup", "FilePmdMapped:");

	return shmem < 0 || file < 0 ? -1 : shmem + file;
}

/*
 * Pages in a huge page have no states of their own. Linux can make one where
 * address and offset in the file agree, wherever the section's pages lie in it:
 * of 512 offsets in a row one does.
 */
TEST_F_TIMEOUT(piece, no_huge_pages_at_any_offset, 900)
{
	HANDLE section = mapping(PAGE_READWRITE, 3 * HUGE);
	char *base = placeholder(4 * HUGE), *all, *view;

	ASSERT_NE(NULL, section);
	ASSERT_NE(NULL, base);
	ASSERT_LE(0, huge_kb());
	all = view_of(section, FILE_MAP_WRITE);
	for (SIZE_T at = 0; at < 3 * HUGE; at += PAGE)
		all[at] = 1;
	view = (char *)(((uintptr_t)base + HUGE - 1) & ~(HUGE - 1));
	if (view > base)
		ASSERT_NE(NULL, split(base, (SIZE_T)(view - base)));
	ASSERT_NE(NULL, split(view, 2 * HUGE));
	for (SIZE_T offset = 0; offset < HUGE; offset += PAGE) {
		char *page = view + HUGE / 2;

		ASSERT_EQ(view, map_into(section, view, offset, 2 * HUGE, PAGE_READWRITE));
		ASSERT_TRUE(protect(page, PAGE, PAGE_NOACCESS));
		EXPECT_READS(1, page + PAGE);
		madvise(view, 2 * HUGE, MADV_HUGEPAGE);
		EXPECT_EQ(-1, madvise(view, 2 * HUGE, ADVICE_COLLAPSE));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_READS(1, page + PAGE);
		EXPECT_VIOLATION_READ(page);
		ASSERT_TRUE(give_back(view));
	}
	EXPECT_EQ(0, huge_kb());
	EXPECT_EQ(0, proc_meminfo_kb("ShmemHugePages:"));
	CloseHandle(section);
}

/* Of a view that could hold huge pages all else is as it is of others. */
TEST_F(piece, what_agrees_in_alignment_works_as_well)
{
	HANDLE section = mapping(PAGE_EXECUTE_READWRITE, 2 * HUGE);
	char *base = placeholder(3 * HUGE), *view;

	view = (char *)(((uintptr_t)base + HUGE - 1) & ~(HUGE - 1));
	if (view > base)
		ASSERT_NE(NULL, split(base, (SIZE_T)(view - base)));
	ASSERT_NE(NULL, split(view, HUGE));
	ASSERT_EQ(view, map_into(section, view, HUGE - PAGE, HUGE, PAGE_EXECUTE_READWRITE));
	for (int round = 0; round < 2; round++) {
		EXPECT_WORKS(protect(view + 4 * PAGE, PAGE, PAGE_READWRITE));
		EXPECT_WRITES(view + 4 * PAGE, RET);
		EXPECT_VIOLATION_EXECUTE(view + 4 * PAGE);
		EXPECT_WORKS(protect(view + 4 * PAGE, PAGE, PAGE_EXECUTE_READ));
		EXPECT_EXECUTES(view + 4 * PAGE);
		EXPECT_WORKS(VirtualLock(view + 4 * PAGE, 2 * PAGE));
		EXPECT_WORKS(VirtualUnlock(view + 4 * PAGE, 2 * PAGE));
	}
	ASSERT_EQ(0, munmap(view + 2 * PAGE, 4 * PAGE));
	EXPECT_EXECUTES(view + 4 * PAGE);
	EXPECT_EQ(MAP_FAILED, mremap(view, HUGE, 2 * HUGE, 0));
	EXPECT_WORKS(give_back(view));
	EXPECT_PLACEHOLDER(view, HUGE);
	CloseHandle(section);
}

/* Pieces change between placeholder, view and private memory while others touch them. */
#define SLOTS 4

static struct {
	HANDLE section;
	char *base;
	atomic_bool stop;
	atomic_uint wrong;
	atomic_uint seen;
} race;

static void change(char *slot, unsigned int number)
{
	bool works;

	if (number % 3) {
		works = map_into(race.section, slot, number % 8 * PAGE, 2 * PAGE, PAGE_READWRITE) &&
			give_back(slot);
	} else {
		works = VirtualAlloc2(NULL, slot, 2 * PAGE, MEM_RESERVE | MEM_COMMIT | REPLACE,
				      PAGE_READWRITE, NULL, 0) &&
			VirtualFree(slot, 2 * PAGE, PRESERVE);
	}
	if (!works)
		atomic_fetch_add(&race.wrong, 1);
}

static void *change_slots(void *argument)
{
	uintptr_t first = (uintptr_t)argument;

	for (unsigned int i = 0; !atomic_load(&race.stop); i++)
		change(race.base + (first + i % 2) * 2 * PAGE, i);
	return NULL;
}

/* The second byte tells a page of the section from one of the private ones, which are zero. */
static void *touch_slots(void *unused)
{
	(void)unused;
	for (uint8_t i = 0; !atomic_load(&race.stop); i++) {
		uintptr_t at = (uintptr_t)race.base + i % (2 * SLOTS) * PAGE;
		struct probe probe = probe_read(at + 1);

		if (probe.faulted)
			continue;
		if (probe.value != 0 && probe.value != 77)
			atomic_fetch_add(&race.wrong, 1);
		atomic_fetch_add(&race.seen, probe.value == 77);
	}
	return NULL;
}

TEST_F(piece, pieces_change_under_those_who_touch_them)
{
	unsigned int seconds = (unsigned int)proc_rounds("VIEW_SECONDS", 3);
	pthread_t threads[4];

	race.section = self->section;
	race.base = self->base;
	for (SIZE_T i = 0; i < PAGES; i++)
		self->all[i * PAGE + 1] = 77;
	for (SIZE_T i = 0; i < SLOTS; i++)
		ASSERT_NE(NULL, split(self->base + 2 * i * PAGE, 2 * PAGE));
	for (uintptr_t i = 0; i < 4; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, i < 2 ? change_slots : touch_slots,
					    (void *)(i * 2)));
	sleep(seconds);
	atomic_store(&race.stop, true);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	EXPECT_EQ(0u, atomic_load(&race.wrong));
	EXPECT_LT(0u, atomic_load(&race.seen));
	EXPECT_WORKS(join(self->base, PAGES * PAGE));
	EXPECT_PLACEHOLDER(self->base, PAGES * PAGE);
	EXPECT_COUNTERS(self);
}

VM_TEST_MAIN
