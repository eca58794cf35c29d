// SPDX-License-Identifier: GPL-2.0
/* Committing inside an allocation (SPEC 3.3). */
#include "vm.h"

TEST(VA_40_every_page_with_a_byte_of_the_range)
{
	char *base = reserve(8 * PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_NTH(ST_SUCCESS, base + PAGE, 2 * PAGE,
		   nt_allocate(base + 2 * PAGE - 1, 0, 2, MEM_COMMIT, PAGE_READWRITE));
	EXPECT_RESERVED(base, base, PAGE);
	EXPECT_COMMITTED(base + PAGE, base, 2 * PAGE, PAGE_READWRITE);
	EXPECT_RESERVED(base + 3 * PAGE, base, 5 * PAGE);
	EXPECT_EQ(base + 5 * PAGE,
		  VirtualAlloc(base + 5 * PAGE + 0xabc, 1, MEM_COMMIT, PAGE_READONLY));
	EXPECT_COMMITTED(base + 5 * PAGE, base, PAGE, PAGE_READONLY);
}

TEST(VA_41_range_outside_one_allocation)
{
	char *base = FIXED, *next = FIXED + GRANULARITY;

	ASSERT_EQ(base, VirtualAlloc(base, GRANULARITY, MEM_RESERVE, PAGE_READWRITE));
	ASSERT_EQ(next, VirtualAlloc(next, GRANULARITY, MEM_RESERVE, PAGE_READWRITE));
	/* Free memory, past the end, over two allocations. */
	EXPECT_NTH(ST_CONFLICTING_ADDRESSES, next + GRANULARITY, PAGE,
		   nt_allocate(next + GRANULARITY, 0, PAGE, MEM_COMMIT, PAGE_READWRITE));
	EXPECT_FAILS(487,
		     VirtualAlloc(next + GRANULARITY - PAGE, PAGE + 1, MEM_COMMIT, PAGE_READWRITE));
	EXPECT_FAILS(487, VirtualAlloc(next - PAGE, 2 * PAGE, MEM_COMMIT, PAGE_READWRITE));
	EXPECT_FAILS(487, VirtualAlloc(next - 1, 2, MEM_COMMIT, PAGE_READWRITE));
	EXPECT_RESERVED(base, base, GRANULARITY);
	EXPECT_RESERVED(next, next, GRANULARITY);
}

TEST(VA_42_recommit_changes_protection_and_keeps_contents)
{
	char *base = commit(4 * PAGE);
	uint64_t charge = counters().commit_bytes;

	ASSERT_NE(NULL, base);
	EXPECT_WRITES(base, 0x11);
	EXPECT_WRITES(base + PAGE, 0x22);
	EXPECT_EQ(base, VirtualAlloc(base, 2 * PAGE, MEM_COMMIT, PAGE_READONLY));
	EXPECT_COMMITTED(base, base, 2 * PAGE, PAGE_READONLY);
	EXPECT_COMMITTED(base + 2 * PAGE, base, 2 * PAGE, PAGE_READWRITE);
	EXPECT_VIOLATION_WRITE(base);
	EXPECT_READS(0x11, base);
	EXPECT_READS(0x22, base + PAGE);
	EXPECT_EQ(charge, counters().commit_bytes);
}

TEST(VA_43_mixed_range)
{
	char *base = reserve(6 * PAGE);

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(commit_at(base + PAGE, PAGE, PAGE_READWRITE));
	ASSERT_TRUE(commit_at(base + 3 * PAGE, PAGE, PAGE_READWRITE));
	EXPECT_WRITES(base + PAGE, 0x33);
	EXPECT_WRITES(base + 3 * PAGE, 0x44);
	ASSERT_TRUE(commit_at(base, 5 * PAGE, PAGE_EXECUTE_READ));
	EXPECT_COMMITTED(base, base, 5 * PAGE, PAGE_EXECUTE_READ);
	EXPECT_RESERVED(base + 5 * PAGE, base, PAGE);
	EXPECT_READS(0, base);
	EXPECT_READS(0x33, base + PAGE);
	EXPECT_READS(0, base + 2 * PAGE);
	EXPECT_READS(0x44, base + 3 * PAGE);
	EXPECT_READS(0, base + 4 * PAGE);
}

TEST(VA_44_commit_with_guard)
{
	char *base = reserve(3 * PAGE);

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(commit_at(base, 3 * PAGE, PAGE_READWRITE));
	ASSERT_TRUE(commit_at(base + PAGE, PAGE, PAGE_READWRITE | PAGE_GUARD));
	EXPECT_COMMITTED(base + PAGE, base, PAGE, PAGE_READWRITE | PAGE_GUARD);
	EXPECT_READS(0, base);
	EXPECT_GUARD_READ(base + PAGE);
	EXPECT_READS(0, base + PAGE);
	EXPECT_READS(0, base + 2 * PAGE);
}

TEST(VA_45_write_copy)
{
	char *base = reserve(2 * PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_NTH(ST_INVALID_PAGE_PROTECTION, base, PAGE,
		   nt_allocate(base, 0, PAGE, MEM_COMMIT, PAGE_WRITECOPY));
	EXPECT_FAILS(87, VirtualAlloc(base, PAGE, MEM_COMMIT, PAGE_EXECUTE_WRITECOPY));
	EXPECT_RESERVED(base, base, 2 * PAGE);
}

TEST(VA_46_awe_window_cannot_be_committed)
{
	char *base = VirtualAlloc(NULL, 2 * PAGE, MEM_RESERVE | MEM_PHYSICAL, PAGE_READWRITE);

	ASSERT_NE(NULL, base);
	EXPECT_RESERVED(base, base, 2 * PAGE);
	EXPECT_FAILS(487, VirtualAlloc(base, PAGE, MEM_COMMIT, PAGE_READWRITE));
	EXPECT_STATUS(ST_CONFLICTING_ADDRESSES, RtlGetLastNtStatus());
	EXPECT_RESERVED(base, base, 2 * PAGE);
}

TEST(VA_51_allocation_protect_stays)
{
	char *base = VirtualAlloc(NULL, 2 * PAGE, MEM_RESERVE, PAGE_NOACCESS);

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(commit_at(base, PAGE, PAGE_EXECUTE_READWRITE));
	EXPECT_EQ((DWORD)PAGE_NOACCESS, region_at(base).AllocationProtect);
	EXPECT_COMMITTED(base, base, PAGE, PAGE_EXECUTE_READWRITE);
}

TEST(VA_52_only_new_pages_are_charged)
{
	char *base = reserve(64 * PAGE);
	uint64_t charge = counters().commit_bytes;

	ASSERT_NE(NULL, base);
	for (SIZE_T i = 0; i < 64; i += 2)
		ASSERT_TRUE(commit_at(base + i * PAGE, PAGE, PAGE_READWRITE));
	EXPECT_EQ(charge + 32 * PAGE, counters().commit_bytes);
	ASSERT_TRUE(commit_at(base, 64 * PAGE, PAGE_READONLY));
	EXPECT_EQ(charge + 64 * PAGE, counters().commit_bytes);
	ASSERT_TRUE(commit_at(base, 64 * PAGE, PAGE_NOACCESS));
	EXPECT_EQ(charge + 64 * PAGE, counters().commit_bytes);
	ASSERT_TRUE(decommit(base, 5 * PAGE));
	EXPECT_EQ(charge + 59 * PAGE, counters().commit_bytes);
	ASSERT_TRUE(release(base));
	EXPECT_EQ(charge, counters().commit_bytes);
	EXPECT_LE(charge + 64 * PAGE, counters().peak_commit_bytes);
}

TEST(VA_53_commit_limit_commits_nothing)
{
	SIZE_T bytes = (SIZE_T)counters().system_commit_limit_bytes * 4;
	char *base = reserve(bytes);

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(commit_at(base + PAGE, PAGE, PAGE_READWRITE));
	EXPECT_WRITES(base + PAGE, 0x55);
	EXPECT_NTH(ST_COMMITMENT_LIMIT, base, bytes,
		   nt_allocate(base, 0, bytes, MEM_COMMIT, PAGE_READONLY));
	EXPECT_FAILS(1455, VirtualAlloc(base, bytes, MEM_COMMIT, PAGE_READONLY));
	EXPECT_RESERVED(base, base, PAGE);
	EXPECT_COMMITTED(base + PAGE, base, PAGE, PAGE_READWRITE);
	EXPECT_RESERVED(base + 2 * PAGE, base, bytes - 2 * PAGE);
	EXPECT_READS(0x55, base + PAGE);
}

TEST(VA_54_zero_bits_are_ignored)
{
	char *base = VirtualAlloc(FIXED, 2 * PAGE, MEM_RESERVE, PAGE_READWRITE);

	ASSERT_NE(NULL, base);
	EXPECT_NTH(ST_SUCCESS, base, PAGE, nt_allocate(base, 20, PAGE, MEM_COMMIT, PAGE_READWRITE));
	EXPECT_COMMITTED(base, base, PAGE, PAGE_READWRITE);
}

VM_TEST_MAIN
