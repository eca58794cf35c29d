// SPDX-License-Identifier: GPL-2.0
/* VirtualProtect, NtProtectVirtualMemory (SPEC 6). */
#include "proc.h"
#include "vm.h"

TEST(VP_1_bad_protection_is_found_first)
{
	DWORD old = MARK;

	EXPECT_FAILS(87, VirtualProtect(FIXED, PAGE, 3, &old));
	EXPECT_STATUS(ST_INVALID_PAGE_PROTECTION, RtlGetLastNtStatus());
	EXPECT_STATUS(ST_INVALID_PAGE_PROTECTION,
		      nt_protect((void *)UINTPTR_MAX, 0, PAGE_GUARD).status);
	EXPECT_FAILS(87, VirtualProtect(FIXED, PAGE, PAGE_NOACCESS | PAGE_GUARD, NULL));
}

TEST(VP_2_old_protection_must_be_writable)
{
	char *base = commit(PAGE);
	char *readonly = VirtualAlloc(NULL, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READONLY);

	ASSERT_NE(NULL, base);
	ASSERT_NE(NULL, readonly);
	EXPECT_FAILS(998, VirtualProtect(base, PAGE, PAGE_READONLY, NULL));
	EXPECT_FAILS(998, VirtualProtect(base, PAGE, PAGE_READONLY, (DWORD *)readonly));
	EXPECT_COMMITTED(base, base, PAGE, PAGE_READWRITE);
	/* Before the range is looked at. */
	EXPECT_FAILS(998, VirtualProtect(FIXED, PAGE, PAGE_READONLY, NULL));
}

TEST(VP_3_range)
{
	char *base = commit(PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_STATUS_INVALID(nt_protect(base, 0, PAGE_READONLY).status);
	EXPECT_FAILS(87, protect(base, 0, PAGE_READONLY));
	EXPECT_STATUS_INVALID(nt_protect(base, SIZE_MAX, PAGE_READONLY).status);
	EXPECT_STATUS_INVALID(
		nt_protect((void *)(HIGHEST_ADDRESS + 1), PAGE, PAGE_READONLY).status);
	EXPECT_COMMITTED(base, base, PAGE, PAGE_READWRITE);
}

TEST(VP_4_handle)
{
	char *base = commit(PAGE);
	DWORD old;

	ASSERT_NE(NULL, base);
	EXPECT_FAILS(6, VirtualProtectEx(NULL, base, PAGE, PAGE_READONLY, &old));
	EXPECT_FAILS(87, VirtualProtectEx(NULL, base, PAGE, 0, &old));
	EXPECT_COMMITTED(base, base, PAGE, PAGE_READWRITE);
}

TEST(VP_5_range_outside_one_allocation)
{
	char *next = FIXED + GRANULARITY;

	EXPECT_FAILS(487, protect(FIXED, PAGE, PAGE_READONLY));
	ASSERT_TRUE(VirtualAlloc(FIXED, GRANULARITY, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
	ASSERT_TRUE(VirtualAlloc(next, GRANULARITY, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
	EXPECT_NTH(ST_CONFLICTING_ADDRESSES, next - PAGE, 2 * PAGE,
		   nt_protect(next - PAGE, 2 * PAGE, PAGE_READONLY));
	EXPECT_FAILS(487, protect(next, GRANULARITY + 1, PAGE_READONLY));
	EXPECT_COMMITTED(FIXED, FIXED, GRANULARITY, PAGE_READWRITE);
	EXPECT_COMMITTED(next, next, GRANULARITY, PAGE_READWRITE);
}

TEST(VP_6_every_page_committed)
{
	char *base = reserve(4 * PAGE);

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(commit_at(base, 2 * PAGE, PAGE_READWRITE));
	EXPECT_NTH(ST_NOT_COMMITTED, base, 3 * PAGE, nt_protect(base, 3 * PAGE, PAGE_READONLY));
	EXPECT_FAILS(487, protect(base + 2 * PAGE, PAGE, PAGE_READONLY));
	EXPECT_COMMITTED(base, base, 2 * PAGE, PAGE_READWRITE);
	EXPECT_RESERVED(base + 2 * PAGE, base, 2 * PAGE);
}

TEST(VP_7_every_page_touched)
{
	char *base = commit(4 * PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_NTH(ST_SUCCESS, base + PAGE, 2 * PAGE,
		   nt_protect(base + 2 * PAGE - 1, 2, PAGE_READONLY));
	EXPECT_COMMITTED(base, base, PAGE, PAGE_READWRITE);
	EXPECT_COMMITTED(base + PAGE, base, 2 * PAGE, PAGE_READONLY);
	EXPECT_COMMITTED(base + 3 * PAGE, base, PAGE, PAGE_READWRITE);
}

TEST(VP_8_old_protection_is_the_first_page_s)
{
	char *base = commit(4 * PAGE);
	DWORD old = MARK;

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(protect(base, PAGE, PAGE_READONLY));
	ASSERT_TRUE(protect(base + PAGE, PAGE, PAGE_EXECUTE | PAGE_GUARD));
	EXPECT_WORKS(VirtualProtect(base, 4 * PAGE, PAGE_READWRITE, &old));
	EXPECT_EQ((DWORD)PAGE_READONLY, old);
	ASSERT_TRUE(protect(base, PAGE, PAGE_READWRITE | PAGE_GUARD));
	EXPECT_WORKS(VirtualProtect(base + 0x10, 2 * PAGE, PAGE_READONLY, &old));
	EXPECT_EQ((DWORD)(PAGE_READWRITE | PAGE_GUARD), old);
	EXPECT_EQ((ULONG)PAGE_READONLY, nt_protect(base, PAGE, PAGE_NOACCESS).old);
}

TEST(VP_9_allocation_protect_stays)
{
	char *base = commit(2 * PAGE);

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(protect(base, PAGE, PAGE_EXECUTE_READ));
	EXPECT_EQ((DWORD)PAGE_READWRITE, region_at(base).AllocationProtect);
}

TEST(VP_10_write_copy)
{
	char *base = commit(PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_STATUS_INVALID(nt_protect(base, PAGE, PAGE_WRITECOPY).status);
	EXPECT_FAILS(87, protect(base, PAGE, PAGE_EXECUTE_WRITECOPY));
	EXPECT_COMMITTED(base, base, PAGE, PAGE_READWRITE);
}

TEST(VP_13_contents_survive_noaccess)
{
	char *base = commit(8 * PAGE);

	ASSERT_NE(NULL, base);
	for (SIZE_T i = 0; i < 8; i++)
		EXPECT_WRITES(base + i * PAGE, i + 0x40);
	for (int round = 0; round < 10; round++) {
		ASSERT_TRUE(protect(base, 8 * PAGE, PAGE_NOACCESS));
		EXPECT_VIOLATION_READ(base + 3 * PAGE);
		ASSERT_TRUE(protect(base, 8 * PAGE, PAGE_READWRITE));
		for (SIZE_T i = 0; i < 8; i++)
			EXPECT_READS(i + 0x40, base + i * PAGE);
	}
}

TEST(VP_14_noaccess_pages_can_be_freed)
{
	for (int round = 0; round < 200; round++) {
		char *base = commit(4 * PAGE);

		ASSERT_NE(NULL, base);
		EXPECT_READS(0, base);
		EXPECT_WRITES(base, 0x12);
		EXPECT_WRITES(base + 3 * PAGE, 0x34);
		ASSERT_TRUE(protect(base, 2 * PAGE, PAGE_NOACCESS));
		ASSERT_TRUE(decommit(base, PAGE));
		ASSERT_TRUE(commit_at(base, PAGE, PAGE_READWRITE));
		EXPECT_READS(0, base);
		EXPECT_READS(0x34, base + 3 * PAGE);
		ASSERT_TRUE(release(base));
	}
}

TEST(VP_16_guard_is_set_and_taken_away)
{
	char *base = commit(PAGE);

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(protect(base, PAGE, PAGE_READWRITE | PAGE_GUARD));
	EXPECT_GUARD_READ(base);
	ASSERT_TRUE(protect(base, PAGE, PAGE_READWRITE | PAGE_GUARD));
	EXPECT_GUARD_WRITE(base);
	ASSERT_TRUE(protect(base, PAGE, PAGE_READWRITE | PAGE_GUARD));
	ASSERT_TRUE(protect(base, PAGE, PAGE_READWRITE));
	EXPECT_READS(0, base);
}

static bool protect_even_pages(char *base, SIZE_T pages, DWORD value)
{
	for (SIZE_T page = 0; page < pages; page += 2)
		if (!protect(base + page * PAGE, PAGE, value))
			return false;
	return true;
}

/*
 * Many executable runs become one that is not. Linux has one VMA for them again, and
 * has not looked for the one before it in a wrong node of its tree (6.12 warns then).
 */
TEST(runs_of_code_become_one)
{
	const long before = proc_vmas();
	const SIZE_T pages = 600, run = 40;
	char *base = commit(pages * PAGE);

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(protect_even_pages(base, pages, PAGE_EXECUTE_READWRITE));
	EXPECT_LE(before + (long)pages, proc_vmas());
	for (SIZE_T from = 2; from + run < pages; from += 6) {
		char *at = base + from * PAGE;

		*at = (char)from;
		ASSERT_TRUE(protect(at, run * PAGE, PAGE_READWRITE));
		EXPECT_READS((char)from, at);
		EXPECT_GE(before + (long)(pages - run) + 2, proc_vmas());
		ASSERT_TRUE(protect_even_pages(at, run, PAGE_EXECUTE_READWRITE));
	}
	ASSERT_TRUE(protect(base, pages * PAGE, PAGE_READWRITE));
	EXPECT_GE(before + 1, proc_vmas());
	EXPECT_COMMITTED(base, base, pages * PAGE, PAGE_READWRITE);
	ASSERT_TRUE(release(base));
}

TEST(VP_19_awe_window)
{
	char *base = VirtualAlloc(NULL, PAGE, MEM_RESERVE | MEM_PHYSICAL, PAGE_READWRITE);
	DWORD old;

	ASSERT_NE(NULL, base);
	SetLastError(MARK);
	EXPECT_FALSE(VirtualProtect(base, PAGE, PAGE_READONLY, &old));
	EXPECT_TRUE(GetLastError() == 87 || GetLastError() == 487);
}

VM_TEST_MAIN
