// SPDX-License-Identifier: GPL-2.0
/* What is told of pages and of the working set (SPEC 8.3, NQ-2, NQ-7). */
#include <sys/mman.h>

#include "device.h"
#include "working-set.h"

/* One attribute, which EXPECT_ macros cannot take from a bit-field. */
#define BIT_OF(address, field) ((ULONG_PTR)page_at(address).field)

/* Never written: a page of the program that nobody else needs. */
static const char constant[3 * 4096] = { 1 };

static const char *constant_page(void)
{
	return (const char *)(((uintptr_t)constant + 2 * PAGE - 1) & ~(PAGE - 1));
}

/* A file of @pages pages, which are not zero. */
static int a_file(unsigned int pages)
{
	int file = memfd_create("pages", MFD_CLOEXEC);
	char page[4096];

	memset(page, 'f', sizeof(page));
	while (pages--)
		if (write(file, page, sizeof(page)) != sizeof(page))
			return -1;
	return file;
}

static char *a_mapping(int file, unsigned int pages, int prot, int flags)
{
	char *base = mmap(NULL, pages * PAGE, prot, flags, file, 0);

	return base == MAP_FAILED ? NULL : base;
}

static NTSTATUS nt_query(MEMORY_INFORMATION_CLASS what, void *buffer, SIZE_T bytes,
			 SIZE_T *returned)
{
	return NtQueryVirtualMemory(NtCurrentProcess(), NULL, what, buffer, bytes, returned);
}

TEST(WS_10_committed_and_never_touched)
{
	char *base = commit(2 * PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_EQ(0u, page_bits(base));
	EXPECT_EQ(0u, page_bits(base + PAGE));
}

TEST(WS_11_after_a_read)
{
	char *base = commit(2 * PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_READS(0, base + PAGE);
	EXPECT_EQ(0u, page_bits(base));
	EXPECT_EQ(1u, BIT_OF(base + PAGE, Valid));
	EXPECT_EQ((ULONG_PTR)PAGE_READWRITE, BIT_OF(base + PAGE, Win32Protection));
	EXPECT_EQ(0u, BIT_OF(base + PAGE, Shared));
	EXPECT_EQ(0u, BIT_OF(base + PAGE, ShareCount));
	EXPECT_EQ(0u, BIT_OF(base + PAGE, Locked));
	EXPECT_EQ(0u, BIT_OF(base + PAGE, LargePage));
	EXPECT_EQ(0u, BIT_OF(base + PAGE, SharedOriginal));
	EXPECT_EQ(0u, BIT_OF(base + PAGE, Bad));
}

TEST(WS_11_protection_is_the_page_s)
{
	static const DWORD protections[] = {
		PAGE_READONLY, PAGE_READWRITE, PAGE_EXECUTE_READ, PAGE_EXECUTE_READWRITE,
		PAGE_READWRITE | PAGE_NOCACHE, PAGE_READONLY | PAGE_WRITECOMBINE,
	};

	for (size_t i = 0; i < sizeof(protections) / sizeof(protections[0]); i++) {
		char *base = VirtualAlloc(NULL, PAGE, MEM_RESERVE | MEM_COMMIT, protections[i]);

		ASSERT_NE(NULL, base);
		EXPECT_READS(0, base);
		EXPECT_EQ(1u, BIT_OF(base, Valid));
		EXPECT_EQ((ULONG_PTR)protections[i], BIT_OF(base, Win32Protection));
	}
}

TEST(WS_12_no_access_and_back)
{
	char *base = commit(PAGE);

	ASSERT_NE(NULL, base);
	touch(base, PAGE);
	ASSERT_TRUE(protect(base, PAGE, PAGE_NOACCESS));
	EXPECT_EQ(0u, BIT_OF(base, Valid));
	EXPECT_EQ(0u, BIT_OF(base, Win32Protection));
	EXPECT_EQ(MemoryLocationResident, page_location(base));
	ASSERT_TRUE(protect(base, PAGE, PAGE_READWRITE));
	EXPECT_EQ(0u, BIT_OF(base, Valid));
	EXPECT_READS(0, base);
	EXPECT_EQ(1u, BIT_OF(base, Valid));
	EXPECT_EQ((ULONG_PTR)PAGE_READWRITE, BIT_OF(base, Win32Protection));
}

/* Linux keeps the page in its table; to NT nobody can use it. */
TEST(WS_12_image_without_access_is_shared_still)
{
	char *page = (char *)(uintptr_t)constant_page();

	EXPECT_EQ(0, *(volatile char *)page);
	ASSERT_EQ(0, mprotect(page, PAGE, PROT_NONE));
	EXPECT_EQ(0u, BIT_OF(page, Valid));
	EXPECT_EQ(0u, BIT_OF(page, Win32Protection));
	EXPECT_EQ(1u, BIT_OF(page, Shared));
	ASSERT_EQ(0, mprotect(page, PAGE, PROT_READ));
	EXPECT_EQ(0, *(volatile char *)page);
	EXPECT_EQ(1u, BIT_OF(page, Valid));
}

TEST(WS_13_image)
{
	const char *page = constant_page();

	EXPECT_EQ(0, *(const volatile char *)page);
	EXPECT_EQ(1u, BIT_OF(page, Valid));
	EXPECT_EQ((ULONG_PTR)PAGE_READONLY, BIT_OF(page, Win32Protection));
	EXPECT_EQ(1u, BIT_OF(page, Shared));
	EXPECT_NE(0u, BIT_OF(page, ShareCount));
	EXPECT_EQ((ULONG_PTR)PAGE_EXECUTE_READ, BIT_OF(page_bits, Win32Protection));
}

TEST(WS_13_private_memory_of_linux_is_not_shared)
{
	char *own = a_mapping(-1, 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);

	ASSERT_NE(NULL, own);
	EXPECT_EQ(0u, page_bits(own));
	touch(own, PAGE);
	EXPECT_EQ(1u, BIT_OF(own, Valid));
	EXPECT_EQ((ULONG_PTR)PAGE_READWRITE, BIT_OF(own, Win32Protection));
	EXPECT_EQ(0u, BIT_OF(own, Shared));
	EXPECT_EQ(0u, BIT_OF(own, ShareCount));
}

/* As often as it is mapped, but no more than seven. */
TEST(WS_13_share_count)
{
	int file = a_file(1);
	char *views[9];

	for (int i = 0; i < 9; i++) {
		views[i] = a_mapping(file, 1, PROT_READ, MAP_SHARED);
		ASSERT_NE(NULL, views[i]);
		EXPECT_EQ('f', *(volatile char *)views[i]);
		EXPECT_EQ((ULONG_PTR)(i < 7 ? i + 1 : 7), BIT_OF(views[0], ShareCount));
	}
	close(file);
}

TEST(WS_14_free_and_reserved_addresses)
{
	char *base = commit(2 * PAGE);

	ASSERT_NE(NULL, base);
	touch(base, 2 * PAGE);
	ASSERT_TRUE(decommit(base, PAGE));
	EXPECT_EQ(0u, page_bits(base));
	ASSERT_TRUE(release(base));
	EXPECT_EQ(0u, page_bits(base + PAGE));
	EXPECT_EQ(0u, page_bits(NULL));
	EXPECT_EQ(0u, page_bits(FIXED));
	EXPECT_EQ(0u, page_bits((void *)HIGHEST_ADDRESS));
	EXPECT_EQ(0u, page_bits((void *)(HIGHEST_ADDRESS + 1)));
	EXPECT_EQ(0u, page_bits((void *)UINT64_C(0xffff800000000000)));
	EXPECT_EQ(0u, page_bits((void *)UINTPTR_MAX));
}

TEST(WS_15_entries_are_independent)
{
	char *base = commit(3 * PAGE);
	PSAPI_WORKING_SET_EX_INFORMATION pages[] = {
		{ .VirtualAddress = base + 2 * PAGE + 7 },
		{ .VirtualAddress = FIXED },
		{ .VirtualAddress = base + PAGE },
		{ .VirtualAddress = base + PAGE - 1 },
		{ .VirtualAddress = base + 2 * PAGE },
		{ .VirtualAddress = base + 2 * PAGE },
	};
	static const ULONG_PTR valid[] = { 1, 0, 0, 1, 1, 1 };

	ASSERT_NE(NULL, base);
	touch(base, PAGE);
	touch(base + 2 * PAGE, PAGE);
	EXPECT_WORKS(QueryWorkingSetEx(GetCurrentProcess(), pages, sizeof(pages)));
	for (int i = 0; i < 6; i++)
		EXPECT_EQ(valid[i], (ULONG_PTR)pages[i].VirtualAttributes.Valid);
	EXPECT_EQ(base + 2 * PAGE + 7, pages[0].VirtualAddress);
}

/* More than one batch, with holes. */
TEST(WS_15_many_entries)
{
	enum { COUNT = 1000 };
	static PSAPI_WORKING_SET_EX_INFORMATION pages[COUNT];
	char *base = commit(COUNT * PAGE);

	ASSERT_NE(NULL, base);
	for (SIZE_T i = 0; i < COUNT; i++) {
		pages[i].VirtualAddress = base + (COUNT - 1 - i) * PAGE;
		if (i % 3)
			touch(pages[i].VirtualAddress, PAGE);
	}
	EXPECT_WORKS(QueryWorkingSetEx(GetCurrentProcess(), pages, sizeof(pages)));
	for (SIZE_T i = 0; i < COUNT; i++)
		EXPECT_EQ((ULONG_PTR)(i % 3 != 0), (ULONG_PTR)pages[i].VirtualAttributes.Valid);
}

TEST(WS_16_lengths)
{
	MEMORY_WORKING_SET_EX_INFORMATION pages[2] = { { .VirtualAddress = NULL } };
	SIZE_T returned = MARK;
	char *base = commit(PAGE);

	ASSERT_NE(NULL, base);
	touch(base, PAGE);
	pages[0].VirtualAddress = base;
	pages[1].u1.Long = MARK;
	EXPECT_FAILS(24, QueryWorkingSetEx(GetCurrentProcess(), pages, 0));
	EXPECT_FAILS(24, QueryWorkingSetEx(GetCurrentProcess(), pages, 15));
	EXPECT_STATUS(ST_INFO_LENGTH_MISMATCH,
		      nt_query(MemoryWorkingSetExInformation, pages, 0, &returned));
	EXPECT_EQ(MARK, returned);
	EXPECT_STATUS(ST_SUCCESS, nt_query(MemoryWorkingSetExInformation, pages, 24, &returned));
	EXPECT_EQ(24u, returned);
	EXPECT_EQ(1u, (ULONG_PTR)pages[0].u1.VirtualAttributes.Valid);
	EXPECT_EQ(MARK, pages[1].u1.Long);
}

TEST(WS_16_bad_pointers)
{
	char *base = commit(PAGE);
	MEMORY_WORKING_SET_EX_INFORMATION *last =
		(void *)(base + PAGE - sizeof(MEMORY_WORKING_SET_EX_INFORMATION));

	ASSERT_NE(NULL, base);
	EXPECT_FAILS(998, QueryWorkingSetEx(GetCurrentProcess(), NULL, 16));
	EXPECT_FAILS(998, QueryWorkingSetEx(GetCurrentProcess(), (void *)UINTPTR_MAX, 16));
	EXPECT_FAILS(998, QueryWorkingSetEx(GetCurrentProcess(), last, 2 * sizeof(*last)));
	EXPECT_WORKS(QueryWorkingSetEx(GetCurrentProcess(), last, sizeof(*last)));
	ASSERT_TRUE(protect(base, PAGE, PAGE_READONLY));
	EXPECT_FAILS(998, QueryWorkingSetEx(GetCurrentProcess(), last, sizeof(*last)));
	EXPECT_FAILS(6, QueryWorkingSetEx(NULL, last, sizeof(*last)));
}

TEST(WS_17_too_small)
{
	ULONG_PTR words[3] = { MARK, MARK, MARK };
	PSAPI_WORKING_SET_INFORMATION *set = working_set_of(GetCurrentProcess());

	ASSERT_NE(NULL, set);
	EXPECT_FAILS(24, QueryWorkingSet(GetCurrentProcess(), words, 0));
	EXPECT_FAILS(24, QueryWorkingSet(GetCurrentProcess(), words, 7));
	EXPECT_EQ(MARK, words[0]);
	EXPECT_FAILS(24, QueryWorkingSet(GetCurrentProcess(), words, 16));
	/* The set itself moves while it is looked at. */
	EXPECT_LE(set->NumberOfEntries, words[0] + 64);
	EXPECT_LE(words[0], set->NumberOfEntries + 64);
	EXPECT_EQ(MARK, words[2]);
	EXPECT_FAILS(998, QueryWorkingSet(GetCurrentProcess(), NULL, 4096));
	EXPECT_FAILS(6, QueryWorkingSet(NULL, words, 16));
	free(set);
}

/* Zeros that were only read are no memory of anybody's; what nobody may touch still is. */
TEST(the_working_set_is_what_linux_counts)
{
	char *base = a_mapping(-1, 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
	PROCESS_MEMORY_COUNTERS_EX2 counters;
	PSAPI_WORKING_SET_INFORMATION *set;

	ASSERT_NE(NULL, base);
	for (SIZE_T i = 0; i < 8; i++)
		EXPECT_READS(0, base + i * PAGE);
	touch(base + 8 * PAGE, 4 * PAGE);
	ASSERT_EQ(0, mprotect(base + 8 * PAGE, 2 * PAGE, PROT_NONE));
	ASSERT_TRUE(GetProcessMemoryInfo(GetCurrentProcess(), (PROCESS_MEMORY_COUNTERS *)&counters,
					 sizeof(counters)));
	EXPECT_LE(counters.PrivateWorkingSetSize, counters.WorkingSetSize);
	set = working_set_of(GetCurrentProcess());
	ASSERT_NE(NULL, set);
	EXPECT_EQ(4u, working_set_has(set, base, 16 * PAGE));
	free(set);
	munmap(base, 16 * PAGE);
}

TEST(WS_17_all_pages_ascending)
{
	char *base = commit(3 * PAGE);
	PSAPI_WORKING_SET_INFORMATION *set;
	ULONG_PTR last = 0, wrong = 0;

	ASSERT_NE(NULL, base);
	touch(base, PAGE);
	touch(base + 2 * PAGE, PAGE);
	ASSERT_TRUE(protect(base + 2 * PAGE, PAGE, PAGE_EXECUTE_READ));
	EXPECT_READS(0, base + 2 * PAGE);
	EXPECT_READS(0, constant_page());
	set = working_set_of(GetCurrentProcess());
	ASSERT_NE(NULL, set);
	for (ULONG_PTR i = 0; i < set->NumberOfEntries; i++) {
		wrong += set->WorkingSetInfo[i].VirtualPage <= last;
		last = set->WorkingSetInfo[i].VirtualPage;
		wrong += !set->WorkingSetInfo[i].Protection;
	}
	EXPECT_EQ(0u, wrong);
	EXPECT_EQ(2u, working_set_has(set, base, 3 * PAGE));
	EXPECT_EQ(1u, working_set_has(set, constant_page(), PAGE));
	for (ULONG_PTR i = 0; i < set->NumberOfEntries; i++) {
		if (set->WorkingSetInfo[i].VirtualPage == (uintptr_t)base / PAGE)
			EXPECT_EQ(4u, set->WorkingSetInfo[i].Flags & 0xfff);
		if (set->WorkingSetInfo[i].VirtualPage == (uintptr_t)base / PAGE + 2)
			EXPECT_EQ(3u, set->WorkingSetInfo[i].Flags & 0xfff);
	}
	free(set);
}

TEST(WS_18_locked)
{
	char *base = commit(3 * PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_WORKS(VirtualLock(base + PAGE, PAGE));
	EXPECT_EQ(0u, page_bits(base));
	EXPECT_EQ(1u, BIT_OF(base + PAGE, Valid));
	EXPECT_EQ(1u, BIT_OF(base + PAGE, Locked));
	EXPECT_WORKS(VirtualUnlock(base + PAGE, PAGE));
	EXPECT_EQ(1u, BIT_OF(base + PAGE, Valid));
	EXPECT_EQ(0u, BIT_OF(base + PAGE, Locked));
}

TEST(WS_18_copy_of_a_private_mapping)
{
	int file = a_file(2);
	char *view = a_mapping(file, 2, PROT_READ | PROT_WRITE, MAP_PRIVATE);

	ASSERT_NE(NULL, view);
	EXPECT_EQ('f', *(volatile char *)view);
	EXPECT_EQ(1u, BIT_OF(view, Valid));
	EXPECT_EQ(1u, BIT_OF(view, Shared));
	EXPECT_EQ((ULONG_PTR)PAGE_WRITECOPY, BIT_OF(view, Win32Protection));
	*(volatile char *)view = 'c';
	EXPECT_EQ(1u, BIT_OF(view, Valid));
	EXPECT_EQ(0u, BIT_OF(view, Shared));
	EXPECT_EQ(0u, BIT_OF(view, ShareCount));
	EXPECT_EQ(1u, BIT_OF(view, SharedOriginal));
	EXPECT_EQ((ULONG_PTR)PAGE_READWRITE, BIT_OF(view, Win32Protection));
	close(file);
}

TEST(NQ_2_class_1)
{
	const SIZE_T bytes = 16 << 20;
	MEMORY_WORKING_SET_INFORMATION *set = malloc(bytes), few;
	SIZE_T returned = MARK;

	ASSERT_NE(NULL, set);
	ASSERT_EQ(ST_SUCCESS, nt_query(MemoryWorkingSetInformation, set, bytes, &returned));
	EXPECT_EQ((set->NumberOfEntries + 1) * sizeof(ULONG_PTR), returned);
	EXPECT_LT(10u, set->NumberOfEntries);
	returned = MARK;
	EXPECT_STATUS(ST_INFO_LENGTH_MISMATCH,
		      nt_query(MemoryWorkingSetInformation, &few, sizeof(few), &returned));
	EXPECT_LT(10u, few.NumberOfEntries);
	EXPECT_EQ(MARK, returned);
	EXPECT_STATUS(ST_INFO_LENGTH_MISMATCH,
		      nt_query(MemoryWorkingSetInformation, &few, 7, &returned));
	EXPECT_STATUS(ST_SUCCESS, nt_query(MemoryWorkingSetInformation, set, bytes, NULL));
	free(set);
}

TEST(NQ_7_class_4)
{
	char *base = commit(PAGE);
	MEMORY_WORKING_SET_EX_INFORMATION page = { .VirtualAddress = base };

	ASSERT_NE(NULL, base);
	touch(base, PAGE);
	EXPECT_STATUS(ST_SUCCESS,
		      nt_query(MemoryWorkingSetExInformation, &page, sizeof(page), NULL));
	EXPECT_EQ(page_bits(base), page.u1.Long);
	EXPECT_STATUS(ST_ACCESS_VIOLATION,
		      nt_query(MemoryWorkingSetExInformation, NULL, sizeof(page), NULL));
	EXPECT_STATUS(ST_INVALID_HANDLE,
		      NtQueryVirtualMemory(NULL, NULL, MemoryWorkingSetExInformation, &page,
					   sizeof(page), NULL));
}

/* What stands in mincore's way stands in ours: what others read of a file is not told. */
TEST(page_cache_of_a_file_is_not_told)
{
	int file = a_file(2);
	char *view = a_mapping(file, 2, PROT_READ, MAP_SHARED);

	ASSERT_NE(NULL, view);
	EXPECT_EQ(0u, BIT_OF(view + PAGE, Valid));
	EXPECT_EQ(MemoryLocationInvalid, page_location(view + PAGE));
	close(file);
}

VM_TEST_MAIN
