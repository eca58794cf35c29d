// SPDX-License-Identifier: GPL-2.0
/* MEM_RESET and MEM_RESET_UNDO while there is memory enough (SPEC 3.4). */
#include <sys/mman.h>

#include "vm.h"

#define MEGA ((SIZE_T)1 << 20)

static bool reset(void *address, SIZE_T bytes)
{
	return VirtualAlloc(address, bytes, MEM_RESET, PAGE_READWRITE);
}

static bool undo(void *address, SIZE_T bytes)
{
	return VirtualAlloc(address, bytes, MEM_RESET_UNDO, PAGE_READWRITE);
}

static const DWORD kinds[] = { MEM_RESET, MEM_RESET_UNDO };

TEST(MR_1_one_allocation)
{
	char *base = FIXED, *next = FIXED + GRANULARITY;

	ASSERT_TRUE(VirtualAlloc(base, GRANULARITY, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
	ASSERT_TRUE(VirtualAlloc(next, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
	for (int i = 0; i < 2; i++) {
		EXPECT_FAILS(487, VirtualAlloc(next - PAGE, 2 * PAGE, kinds[i], PAGE_READWRITE));
		EXPECT_FAILS(487, VirtualAlloc(next, PAGE + 1, kinds[i], PAGE_READWRITE));
		/* Whole pages lie in one allocation, but the range does not. */
		EXPECT_FAILS(487, VirtualAlloc(next - PAGE, PAGE + 1, kinds[i], PAGE_READWRITE));
		EXPECT_FAILS(487, VirtualAlloc(base - 1, 2, kinds[i], PAGE_READWRITE));
		EXPECT_FAILS(487, VirtualAlloc(next + GRANULARITY, PAGE, kinds[i],
					       PAGE_READWRITE));
		EXPECT_STATUS(ST_CONFLICTING_ADDRESSES,
			      nt_allocate(next - PAGE, 0, 2 * PAGE, kinds[i], PAGE_READWRITE)
				      .status);
		EXPECT_WORKS(VirtualAlloc(base, GRANULARITY, kinds[i], PAGE_READWRITE));
		EXPECT_WORKS(VirtualAlloc(next, PAGE, kinds[i], PAGE_READWRITE));
	}
}

TEST(MR_2_reserved_pages_are_fine)
{
	char *base = reserve(8 * PAGE);

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(commit_at(base + 2 * PAGE, PAGE, PAGE_READWRITE));
	for (int i = 0; i < 2; i++) {
		EXPECT_WORKS(VirtualAlloc(base, 8 * PAGE, kinds[i], PAGE_READWRITE));
		EXPECT_WORKS(VirtualAlloc(base + 4 * PAGE, PAGE, kinds[i], PAGE_READWRITE));
		EXPECT_RESERVED(base, base, 2 * PAGE);
		EXPECT_COMMITTED(base + 2 * PAGE, base, PAGE, PAGE_READWRITE);
		EXPECT_RESERVED(base + 3 * PAGE, base, 5 * PAGE);
	}
}

TEST(MR_3_protection_is_checked_and_ignored)
{
	static const DWORD protections[] = { PAGE_NOACCESS, PAGE_READONLY, PAGE_READWRITE,
					     PAGE_EXECUTE_READWRITE, PAGE_WRITECOPY };
	char *base = commit(4 * PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_WRITES(base, 1);
	ASSERT_TRUE(protect(base + PAGE, PAGE, PAGE_READONLY));
	ASSERT_TRUE(protect(base + 2 * PAGE, PAGE, PAGE_NOACCESS));
	ASSERT_TRUE(protect(base + 3 * PAGE, PAGE, PAGE_READWRITE | PAGE_GUARD));
	for (SIZE_T i = 0; i < 10; i++) {
		EXPECT_WORKS(VirtualAlloc(base, 4 * PAGE, kinds[i % 2], protections[i / 2]));
		EXPECT_COMMITTED(base, base, PAGE, PAGE_READWRITE);
		EXPECT_COMMITTED(base + PAGE, base, PAGE, PAGE_READONLY);
		EXPECT_COMMITTED(base + 2 * PAGE, base, PAGE, PAGE_NOACCESS);
		EXPECT_COMMITTED(base + 3 * PAGE, base, PAGE, PAGE_READWRITE | PAGE_GUARD);
	}
	EXPECT_VIOLATION_WRITE(base + PAGE);
	EXPECT_VIOLATION_READ(base + 2 * PAGE);
	EXPECT_GUARD_READ(base + 3 * PAGE);
	for (int i = 0; i < 2; i++)
		EXPECT_FAILS(87, VirtualAlloc(base, PAGE, kinds[i], 0x3));
}

TEST(MR_8_charge_is_unchanged)
{
	char *base = commit(64 * PAGE);
	struct winvm_counters before, after;

	ASSERT_NE(NULL, base);
	memset(base, 1, 64 * PAGE);
	before = counters();
	EXPECT_WORKS(reset(base, 64 * PAGE));
	after = counters();
	EXPECT_EQ(before.commit_bytes, after.commit_bytes);
	EXPECT_EQ(before.virtual_bytes, after.virtual_bytes);
	EXPECT_WORKS(undo(base, 64 * PAGE));
	after = counters();
	EXPECT_EQ(before.commit_bytes, after.commit_bytes);
	/* Neither do the marks stay. */
	EXPECT_EQ(before.bookkeeping_bytes, after.bookkeeping_bytes);
}

TEST(MR_9_undo_without_a_reset)
{
	char *base = commit(4 * PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_WORKS(undo(base, 4 * PAGE));
	EXPECT_WRITES(base, 0x21);
	EXPECT_WORKS(undo(base, 4 * PAGE));
	EXPECT_READS(0x21, base);
}

TEST(MR_10_gives_the_rounded_address)
{
	char *base = commit(4 * PAGE);

	ASSERT_NE(NULL, base);
	for (int i = 0; i < 2; i++) {
		struct nt_answer answer = nt_allocate(base + PAGE + 0x234, 0, PAGE, kinds[i],
						      PAGE_READWRITE);

		EXPECT_EQ((void *)(base + PAGE),
			  VirtualAlloc(base + PAGE + 0x234, PAGE, kinds[i], PAGE_READWRITE));
		EXPECT_STATUS(ST_SUCCESS, answer.status);
		EXPECT_EQ((void *)(base + PAGE), answer.base);
		EXPECT_EQ(2 * PAGE, answer.bytes);
	}
}

static SIZE_T resident(char *base, SIZE_T pages)
{
	unsigned char present[8192];
	SIZE_T count = 0;

	if (pages > sizeof(present) || mincore(base, pages * PAGE, present))
		return 0;
	for (SIZE_T i = 0; i < pages; i++)
		count += present[i] & 1;
	return count;
}

TEST(MR_11_without_pressure_nothing_happens)
{
	char *base = commit(64 * PAGE);

	ASSERT_NE(NULL, base);
	for (SIZE_T i = 0; i < 64; i++)
		base[i * PAGE] = (char)(i + 1);
	EXPECT_WORKS(reset(base, 64 * PAGE));
	EXPECT_EQ(64u, resident(base, 64));
	for (SIZE_T i = 0; i < 64; i++)
		EXPECT_READS(i + 1, base + i * PAGE);
	EXPECT_WORKS(undo(base, 64 * PAGE));
	for (SIZE_T i = 0; i < 64; i++)
		EXPECT_READS(i + 1, base + i * PAGE);
	/* A reset is no write. */
	base = VirtualAlloc(NULL, PAGE, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH, PAGE_READWRITE);
	ASSERT_NE(NULL, base);
	base[0] = 1;
	EXPECT_EQ(0u, ResetWriteWatch(base, PAGE));
	EXPECT_WORKS(reset(base, PAGE));
	for (ULONG_PTR expected = 0; expected < 2; expected++) {
		ULONG_PTR count = 1;
		DWORD granularity;
		void *address;

		EXPECT_EQ(0u, GetWriteWatch(0, base, PAGE, &address, &count, &granularity));
		EXPECT_EQ(expected, count);
		base[0] = 2;
	}
}

TEST(reset_leaves_no_books_behind)
{
	uint64_t before = counters().bookkeeping_bytes;
	char *base = commit(64 * MEGA);

	ASSERT_NE(NULL, base);
	for (SIZE_T i = 0; i < 64; i++)
		base[i * MEGA] = 1;
	EXPECT_WORKS(reset(base, 64 * MEGA));
	EXPECT_LT(before, counters().bookkeeping_bytes);
	/* Written, each by each, decommitted, released: every way out. */
	for (SIZE_T i = 0; i < 16; i++)
		base[i * MEGA] = 2;
	ASSERT_TRUE(decommit(base + 16 * MEGA, 16 * MEGA));
	ASSERT_EQ(ST_SUCCESS, nt_free(base + 32 * MEGA, 16 * MEGA, MEM_RELEASE).status);
	ASSERT_TRUE(release(base));
	ASSERT_TRUE(release(base + 48 * MEGA));
	EXPECT_EQ(before, counters().bookkeeping_bytes);
}

VM_TEST_MAIN
