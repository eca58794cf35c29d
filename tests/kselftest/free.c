// SPDX-License-Identifier: GPL-2.0
/* VirtualFree, NtFreeVirtualMemory (SPEC 5). */
#include "vm.h"

#define PAGES 16

/* A committed allocation at FIXED, each page marked with its number. */
static bool marked_allocation(void)
{
	if (!VirtualAlloc(FIXED, PAGES * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE))
		return false;
	for (SIZE_T i = 0; i < PAGES; i++)
		FIXED[i * PAGE] = (char)(i + 1);
	return true;
}

TEST(VF_1_win32_releases_whole_allocations)
{
	ASSERT_TRUE(marked_allocation());
	EXPECT_FAILS(87, VirtualFree(FIXED, PAGE, MEM_RELEASE));
	EXPECT_FAILS(87, VirtualFree(FIXED, PAGES * PAGE, MEM_RELEASE));
	EXPECT_COMMITTED(FIXED, FIXED, PAGES * PAGE, PAGE_READWRITE);
}

TEST(VF_2_types)
{
	static const ULONG bad[] = { 0,
				     MEM_COMMIT,
				     MEM_RESERVE,
				     MEM_FREE,
				     MEM_DECOMMIT | MEM_RELEASE,
				     MEM_RELEASE | MEM_FREE,
				     MEM_DECOMMIT | 1,
				     MEM_DECOMMIT | 2,
				     0x80000000 };

	ASSERT_TRUE(marked_allocation());
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		EXPECT_STATUS_INVALID(nt_free(FIXED, 0, bad[i]).status);
		EXPECT_FAILS(87, VirtualFree(FIXED, 0, bad[i]));
		/* Before the address is looked at. */
		EXPECT_STATUS_INVALID(nt_free(FIXED + 0x10000000, 0, bad[i]).status);
	}
	EXPECT_COMMITTED(FIXED, FIXED, PAGES * PAGE, PAGE_READWRITE);
}

TEST(VF_3_base_above_user_space)
{
	EXPECT_STATUS_INVALID(nt_free((void *)(HIGHEST_ADDRESS + 1), 0, MEM_RELEASE).status);
	EXPECT_STATUS_INVALID(nt_free((void *)UINTPTR_MAX, 0, MEM_DECOMMIT).status);
}

TEST(VF_4_size_beyond_the_top)
{
	ASSERT_TRUE(marked_allocation());
	EXPECT_NTH(0xc00000f1, FIXED, SIZE_MAX, nt_free(FIXED, SIZE_MAX, MEM_RELEASE));
	EXPECT_STATUS_INVALID(nt_free(FIXED, SIZE_MAX - (uintptr_t)FIXED, MEM_DECOMMIT).status);
	EXPECT_COMMITTED(FIXED, FIXED, PAGES * PAGE, PAGE_READWRITE);
}

TEST(VF_5_handle)
{
	PVOID base = FIXED;
	SIZE_T bytes = 0;

	EXPECT_STATUS(ST_INVALID_HANDLE, NtFreeVirtualMemory(NULL, &base, &bytes, MEM_RELEASE));
	EXPECT_STATUS_INVALID(NtFreeVirtualMemory(NULL, &base, &bytes, 0));
}

TEST(VF_6_nothing_there)
{
	EXPECT_FAILS(487, VirtualFree(FIXED, 0, MEM_RELEASE));
	EXPECT_NTH(ST_MEMORY_NOT_ALLOCATED, FIXED, PAGE, nt_free(FIXED, PAGE, MEM_DECOMMIT));
	EXPECT_NTH(ST_MEMORY_NOT_ALLOCATED, FIXED + 1, PAGE, nt_free(FIXED + 1, PAGE, MEM_RELEASE));
}

TEST(VF_7_past_the_end)
{
	ASSERT_TRUE(marked_allocation());
	EXPECT_NTH(ST_UNABLE_TO_FREE_VM, FIXED, PAGES * PAGE + 1,
		   nt_free(FIXED, PAGES * PAGE + 1, MEM_RELEASE));
	EXPECT_FAILS(87, VirtualFree(FIXED + (PAGES - 1) * PAGE, PAGE + 1, MEM_DECOMMIT));
	EXPECT_COMMITTED(FIXED, FIXED, PAGES * PAGE, PAGE_READWRITE);
}

TEST(VF_9_size_0_needs_the_first_page)
{
	static const SIZE_T elsewhere[] = { PAGE, PAGE + 1, 5 * PAGE };

	ASSERT_TRUE(marked_allocation());
	for (size_t i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++) {
		EXPECT_NTH(ST_FREE_VM_NOT_AT_BASE, FIXED + elsewhere[i], 0,
			   nt_free(FIXED + elsewhere[i], 0, MEM_RELEASE));
		EXPECT_FAILS(487, VirtualFree(FIXED + elsewhere[i], 0, MEM_DECOMMIT));
	}
	EXPECT_COMMITTED(FIXED, FIXED, PAGES * PAGE, PAGE_READWRITE);
	EXPECT_WORKS(VirtualFree(FIXED + 0xfff, 0, MEM_RELEASE));
	EXPECT_FREE(FIXED, PAGES * PAGE);
}

TEST(VF_10_awe_window_cannot_be_decommitted)
{
	char *base = VirtualAlloc(NULL, 2 * PAGE, MEM_RESERVE | MEM_PHYSICAL, PAGE_READWRITE);

	ASSERT_NE(NULL, base);
	EXPECT_NTH(ST_MEMORY_NOT_ALLOCATED, base, PAGE, nt_free(base, PAGE, MEM_DECOMMIT));
	EXPECT_WORKS(release(base));
}

TEST(VF_20_decommit_every_page_with_a_byte)
{
	ASSERT_TRUE(marked_allocation());
	EXPECT_NTH(ST_SUCCESS, FIXED + PAGE, 2 * PAGE,
		   nt_free(FIXED + 2 * PAGE - 1, 2, MEM_DECOMMIT));
	EXPECT_COMMITTED(FIXED, FIXED, PAGE, PAGE_READWRITE);
	EXPECT_RESERVED(FIXED + PAGE, FIXED, 2 * PAGE);
	EXPECT_COMMITTED(FIXED + 3 * PAGE, FIXED, (PAGES - 3) * PAGE, PAGE_READWRITE);
	EXPECT_READS(4, FIXED + 3 * PAGE);
}

TEST(VF_21_decommit_of_the_whole)
{
	ASSERT_TRUE(marked_allocation());
	EXPECT_NTH(ST_SUCCESS, FIXED, 0, nt_free(FIXED + 0x123, 0, MEM_DECOMMIT));
	EXPECT_RESERVED(FIXED, FIXED, PAGES * PAGE);
	EXPECT_WORKS(VirtualFree(FIXED, 0, MEM_DECOMMIT));
}

TEST(VF_22_decommit_of_reserved_pages)
{
	char *base = reserve(8 * PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_WORKS(VirtualFree(base, 3 * PAGE, MEM_DECOMMIT));
	EXPECT_WORKS(VirtualFree(base, 0, MEM_DECOMMIT));
	EXPECT_RESERVED(base, base, 8 * PAGE);
}

TEST(VF_23_decommitted_pages)
{
	uint64_t charge;

	ASSERT_TRUE(marked_allocation());
	charge = counters().commit_bytes;
	EXPECT_WORKS(decommit(FIXED + PAGE, 2 * PAGE));
	EXPECT_EQ(charge - 2 * PAGE, counters().commit_bytes);
	EXPECT_RESERVED(FIXED + PAGE, FIXED, 2 * PAGE);
	EXPECT_VIOLATION_READ(FIXED + PAGE);
	EXPECT_VIOLATION_WRITE(FIXED + 2 * PAGE);
	EXPECT_WORKS(commit_at(FIXED + PAGE, 2 * PAGE, PAGE_READWRITE));
	EXPECT_READS(0, FIXED + PAGE);
	EXPECT_READS(0, FIXED + 2 * PAGE);
	EXPECT_READS(1, FIXED);
	EXPECT_EQ(charge, counters().commit_bytes);
}

TEST(VF_24_release_takes_mixed_states)
{
	ASSERT_TRUE(marked_allocation());
	ASSERT_TRUE(decommit(FIXED + PAGE, PAGE));
	ASSERT_TRUE(protect(FIXED + 3 * PAGE, PAGE, PAGE_NOACCESS));
	ASSERT_TRUE(protect(FIXED + 5 * PAGE, PAGE, PAGE_READONLY | PAGE_GUARD));
	EXPECT_WORKS(release(FIXED));
	EXPECT_FREE(FIXED, PAGES * PAGE);
	EXPECT_VIOLATION_READ(FIXED);
}

TEST(VF_25_partial_release)
{
	ASSERT_TRUE(marked_allocation());
	EXPECT_NTH(ST_SUCCESS, FIXED + PAGE, PAGE, nt_free(FIXED + PAGE + 1, 0xfff, MEM_RELEASE));
	EXPECT_COMMITTED(FIXED, FIXED, PAGE, PAGE_READWRITE);
	EXPECT_FREE(FIXED + PAGE, PAGE);
	EXPECT_COMMITTED(FIXED + 2 * PAGE, FIXED + 2 * PAGE, (PAGES - 2) * PAGE, PAGE_READWRITE);
	EXPECT_NTH(ST_SUCCESS, FIXED, PAGE, nt_free(FIXED + 1, 0xfff, MEM_RELEASE));
	EXPECT_FREE(FIXED, 2 * PAGE);
	EXPECT_VIOLATION_READ(FIXED);
	EXPECT_READS(3, FIXED + 2 * PAGE);
	/* The tail. */
	EXPECT_NTH(ST_SUCCESS, FIXED + 15 * PAGE, PAGE,
		   nt_free(FIXED + 15 * PAGE, PAGE, MEM_RELEASE));
	EXPECT_COMMITTED(FIXED + 2 * PAGE, FIXED + 2 * PAGE, 13 * PAGE, PAGE_READWRITE);
	EXPECT_READS(15, FIXED + 14 * PAGE);
}

TEST(VF_26_freed_head_can_be_reserved_again)
{
	ASSERT_TRUE(marked_allocation());
	ASSERT_EQ(0, nt_free(FIXED, 2 * PAGE, MEM_RELEASE).status);
	EXPECT_EQ(FIXED, VirtualAlloc(FIXED, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READONLY));
	EXPECT_COMMITTED(FIXED, FIXED, PAGE, PAGE_READONLY);
	EXPECT_READS(0, FIXED);
	EXPECT_COMMITTED(FIXED + 2 * PAGE, FIXED + 2 * PAGE, 14 * PAGE, PAGE_READWRITE);
	EXPECT_READS(3, FIXED + 2 * PAGE);
}

TEST(VF_27_after_a_partial_release)
{
	ASSERT_TRUE(marked_allocation());
	ASSERT_EQ(0, nt_free(FIXED, 2 * PAGE, MEM_RELEASE).status);
	EXPECT_NTH(ST_UNABLE_TO_FREE_VM, FIXED + 2 * PAGE, 15 * PAGE,
		   nt_free(FIXED + 2 * PAGE, 15 * PAGE, MEM_RELEASE));
	EXPECT_NTH(ST_MEMORY_NOT_ALLOCATED, FIXED, PAGE, nt_free(FIXED, PAGE, MEM_RELEASE));
	EXPECT_FAILS(487, VirtualFree(FIXED, 0, MEM_RELEASE));
	EXPECT_WORKS(VirtualFree(FIXED + 2 * PAGE, 0, MEM_RELEASE));
	EXPECT_FREE(FIXED, PAGES * PAGE);
}

TEST(VF_28_range_over_two_allocations)
{
	char *next = FIXED + GRANULARITY;

	ASSERT_TRUE(marked_allocation());
	ASSERT_EQ(next, VirtualAlloc(next, GRANULARITY, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
	EXPECT_NTH(ST_UNABLE_TO_FREE_VM, FIXED, 2 * GRANULARITY,
		   nt_free(FIXED, 2 * GRANULARITY, MEM_RELEASE));
	EXPECT_FAILS(87, VirtualFree(next - PAGE, 2 * PAGE, MEM_DECOMMIT));
	EXPECT_COMMITTED(FIXED, FIXED, GRANULARITY, PAGE_READWRITE);
	EXPECT_COMMITTED(next, next, GRANULARITY, PAGE_READWRITE);
}

TEST(VF_29_locks_guards_and_marks_vanish)
{
	char *base = VirtualAlloc(NULL, 3 * PAGE, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH,
				  PAGE_READWRITE);
	void *written[3];
	ULONG_PTR count = 3;
	DWORD granularity;

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(VirtualLock(base, PAGE));
	EXPECT_WRITES(base + PAGE, 1);
	ASSERT_TRUE(protect(base + 2 * PAGE, PAGE, PAGE_READWRITE | PAGE_GUARD));
	EXPECT_WORKS(decommit(base, 3 * PAGE));
	EXPECT_WORKS(commit_at(base, 3 * PAGE, PAGE_READWRITE));
	EXPECT_FAILS(158, VirtualUnlock(base, PAGE));
	EXPECT_READS(0, base + 2 * PAGE);
	EXPECT_EQ(0u, GetWriteWatch(0, base, 2 * PAGE, written, &count, &granularity));
	EXPECT_EQ(0u, count);
}

TEST(VF_30_release_of_an_awe_window)
{
	char *base = VirtualAlloc(FIXED, 2 * PAGE, MEM_RESERVE | MEM_PHYSICAL, PAGE_READWRITE);

	ASSERT_EQ(FIXED, base);
	EXPECT_WORKS(release(base));
	EXPECT_FREE(FIXED, 2 * PAGE);
}

VM_TEST_MAIN
