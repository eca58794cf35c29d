// SPDX-License-Identifier: GPL-2.0
/* VirtualLock, VirtualUnlock (SPEC 8.1). */
#include <sys/mman.h>

#include "vm.h"

TEST(VL_1_map_type)
{
	char *base = commit(PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_STATUS_INVALID(nt_lock(base, PAGE, 0).status);
	EXPECT_STATUS_INVALID(nt_lock(base, PAGE, 4).status);
	EXPECT_STATUS_INVALID(nt_unlock(base, PAGE, 8).status);
	EXPECT_STATUS(ST_NOT_LOCKED, nt_unlock(base, PAGE, MAP_PROCESS).status);
}

TEST(VL_2_range)
{
	char *base = commit(PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_FAILS(87, VirtualLock(base, 0));
	EXPECT_FAILS(87, VirtualLock((void *)(HIGHEST_ADDRESS + 1), PAGE));
	EXPECT_FAILS(87, VirtualLock(base, SIZE_MAX));
	EXPECT_FAILS(87, VirtualUnlock(base, 0));
}

TEST(VL_3_handle_and_privilege)
{
	char *base = commit(PAGE);
	PVOID where = base;
	SIZE_T bytes = PAGE;

	ASSERT_NE(NULL, base);
	EXPECT_STATUS(ST_INVALID_HANDLE, NtLockVirtualMemory(NULL, &where, &bytes, MAP_PROCESS));
	EXPECT_STATUS(ST_PRIVILEGE_NOT_HELD, nt_lock(base, PAGE, MAP_SYSTEM).status);
	EXPECT_STATUS(ST_PRIVILEGE_NOT_HELD, nt_lock(base, PAGE, MAP_PROCESS | MAP_SYSTEM).status);
}

TEST(VL_4_several_allocations_but_no_hole)
{
	char *next = FIXED + GRANULARITY;

	ASSERT_TRUE(VirtualAlloc(FIXED, GRANULARITY, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
	ASSERT_TRUE(VirtualAlloc(next, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
	EXPECT_WORKS(VirtualLock(next - PAGE, 2 * PAGE));
	EXPECT_WORKS(VirtualUnlock(next - PAGE, 2 * PAGE));
	EXPECT_FAILS(998, VirtualLock(next, 2 * PAGE));
	EXPECT_FAILS(158, VirtualUnlock(next, PAGE));
}

TEST(VL_6_what_cannot_be_read)
{
	char *base = reserve(3 * PAGE);

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(commit_at(base, 2 * PAGE, PAGE_READWRITE));
	EXPECT_FAILS(998, VirtualLock(base + PAGE, 2 * PAGE));
	ASSERT_TRUE(protect(base + PAGE, PAGE, PAGE_NOACCESS));
	EXPECT_FAILS(998, VirtualLock(base, 2 * PAGE));
	EXPECT_FAILS(158, VirtualUnlock(base, PAGE));
}

TEST(VL_7_guard_page)
{
	char *base = commit(2 * PAGE);

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(protect(base + PAGE, PAGE, PAGE_READWRITE | PAGE_GUARD));
	EXPECT_FAILS(0x80000001, VirtualLock(base, 2 * PAGE));
	EXPECT_COMMITTED(base, base, 2 * PAGE, PAGE_READWRITE);
	EXPECT_FAILS(158, VirtualUnlock(base, PAGE));
	EXPECT_WORKS(VirtualLock(base, 2 * PAGE));
}

TEST(VL_8_lock_marks_pages_written)
{
	char *base = VirtualAlloc(NULL, 2 * PAGE, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH,
				  PAGE_READWRITE);
	ULONG_PTR count = 2;
	DWORD granularity;
	void *written[2];

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(protect(base, PAGE, PAGE_READWRITE | PAGE_GUARD));
	EXPECT_FAILS(0x80000001, VirtualLock(base, PAGE));
	EXPECT_EQ(0u, GetWriteWatch(0, base, 2 * PAGE, written, &count, &granularity));
	EXPECT_EQ(0u, count);
	EXPECT_WORKS(VirtualLock(base, PAGE));
	count = 2;
	EXPECT_EQ(0u, GetWriteWatch(0, base, 2 * PAGE, written, &count, &granularity));
	EXPECT_EQ(1u, count);
	EXPECT_EQ(base, written[0]);
}

TEST(VL_9_locks_are_not_counted)
{
	char *base = commit(2 * PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_NTH(ST_SUCCESS, base, PAGE, nt_lock(base + 1, 1, MAP_PROCESS));
	EXPECT_NTH(ST_WAS_LOCKED, base, 2 * PAGE, nt_lock(base, 2 * PAGE, MAP_PROCESS));
	EXPECT_WORKS(VirtualLock(base, PAGE));
	EXPECT_WORKS(VirtualUnlock(base, PAGE));
	EXPECT_FAILS(158, VirtualUnlock(base, PAGE));
}

TEST(VL_10_quota)
{
	char *base = commit(60 * PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_FAILS(1453, VirtualLock(base, 60 * PAGE));
	EXPECT_FAILS(158, VirtualUnlock(base, PAGE));
}

TEST(VL_11_twenty_pages_can_be_locked)
{
	char *base = commit(60 * PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_WORKS(VirtualLock(base, 20 * PAGE));
	EXPECT_FAILS(1453, VirtualLock(base, 60 * PAGE));
	EXPECT_WORKS(VirtualUnlock(base, 20 * PAGE));
	EXPECT_WORKS(VirtualLock(base + 20 * PAGE, 20 * PAGE));
}

/* Seen by mincore: resident without a touch, and still after Linux was asked to drop them. */
TEST(VL_12_locked_pages_are_resident)
{
	unsigned char resident[8];
	char *base = commit(8 * PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_WORKS(VirtualLock(base, 8 * PAGE));
	madvise(base, 8 * PAGE, MADV_PAGEOUT);
	ASSERT_EQ(0, mincore(base, 8 * PAGE, resident));
	for (int i = 0; i < 8; i++)
		EXPECT_TRUE(resident[i] & 1);
}

TEST(VL_13_lock_survives_protect_and_ends_with_the_page)
{
	char *base = commit(2 * PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_WORKS(VirtualLock(base, 2 * PAGE));
	ASSERT_TRUE(protect(base, 2 * PAGE, PAGE_NOACCESS));
	ASSERT_TRUE(protect(base, 2 * PAGE, PAGE_READONLY));
	EXPECT_WORKS(VirtualUnlock(base, PAGE));
	ASSERT_TRUE(decommit(base + PAGE, PAGE));
	ASSERT_TRUE(commit_at(base + PAGE, PAGE, PAGE_READWRITE));
	EXPECT_FAILS(158, VirtualUnlock(base + PAGE, PAGE));
}

TEST(VL_14_parts_can_be_unlocked)
{
	char *base = commit(8 * PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_WORKS(VirtualLock(base, 8 * PAGE));
	EXPECT_WORKS(VirtualUnlock(base + 2 * PAGE, PAGE));
	EXPECT_WORKS(VirtualUnlock(base + 4 * PAGE, 3 * PAGE));
	EXPECT_WORKS(VirtualUnlock(base, 2 * PAGE));
}

TEST(VL_15_unlock_of_what_is_not_locked)
{
	char *base = commit(4 * PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_WORKS(VirtualLock(base, PAGE));
	EXPECT_NTH(ST_NOT_LOCKED, base, 2 * PAGE, nt_unlock(base, 2 * PAGE, MAP_PROCESS));
	/* The one that was locked still is. */
	EXPECT_WORKS(VirtualUnlock(base, PAGE));
}

/* The contents stay; the page is mapped again at the next touch. */
TEST(VL_16_unlock_as_a_way_to_trim)
{
	char *base = commit(4 * PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_WRITES(base, 0x41);
	EXPECT_FAILS(158, VirtualUnlock(base, 4 * PAGE));
	EXPECT_READS(0x41, base);
}

VM_TEST_MAIN
