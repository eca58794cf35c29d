// SPDX-License-Identifier: GPL-2.0
/* NtAllocateVirtualMemory: its checks in order, and reserving (SPEC 3.1, 3.2). */
#include "vm.h"

#define RESERVE_COMMIT (MEM_RESERVE | MEM_COMMIT)
#define LARGE	       ((SIZE_T)0x200000)

TEST(VA_1_win32_refuses_the_first_64k)
{
	EXPECT_FAILS(87, VirtualAlloc((void *)1, PAGE, MEM_RESERVE, PAGE_READWRITE));
	EXPECT_FAILS(87, VirtualAlloc((void *)0xffff, PAGE, MEM_COMMIT, PAGE_READWRITE));
}

TEST(VA_2_zero_bits_22_to_31)
{
	for (ULONG_PTR bits = 22; bits <= 31; bits++) {
		EXPECT_STATUS_INVALID(nt_allocate(NULL, bits, 0, 0, 0).status);
		EXPECT_STATUS_INVALID(
			nt_allocate(FIXED, bits, PAGE, MEM_RESERVE, PAGE_READWRITE).status);
	}
	EXPECT_FREE(FIXED, PAGE);
}

TEST(VA_3_unknown_type_bits)
{
	static const ULONG unknown[] = {
		0x40,	   0x80,      0x100,	 0x200,	     0x400,	 0x800,
		0x4000,	   0x8000,    0x10000,	 0x20000,    0x40000,	 0x800000,
		0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x40000000, 0x80000000,
	};

	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		ULONG type = MEM_RESERVE | unknown[i];

		EXPECT_STATUS_INVALID(nt_allocate(FIXED, 0, PAGE, type, PAGE_NOACCESS).status);
		EXPECT_FAILS(87, VirtualAlloc(FIXED, PAGE, type, PAGE_NOACCESS));
	}
	EXPECT_FREE(FIXED, PAGE);
}

TEST(VA_4_nothing_to_do)
{
	static const ULONG types[] = { 0, MEM_TOP_DOWN, MEM_WRITE_WATCH, MEM_PHYSICAL };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		EXPECT_STATUS_INVALID(nt_allocate(NULL, 0, PAGE, types[i], PAGE_READWRITE).status);
		EXPECT_FAILS(87, VirtualAlloc(NULL, PAGE, types[i], PAGE_READWRITE));
	}
}

TEST(VA_5_reset_goes_alone)
{
	static const ULONG others[] = { MEM_COMMIT,	 MEM_RESERVE,  MEM_TOP_DOWN,
					MEM_WRITE_WATCH, MEM_PHYSICAL, MEM_LARGE_PAGES,
					RESERVE_COMMIT };
	char *base = commit(PAGE);

	ASSERT_NE(NULL, base);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		EXPECT_FAILS(87, VirtualAlloc(base, PAGE, MEM_RESET | others[i], PAGE_READWRITE));
		EXPECT_FAILS(87,
			     VirtualAlloc(base, PAGE, MEM_RESET_UNDO | others[i], PAGE_READWRITE));
	}
	EXPECT_FAILS(87, VirtualAlloc(base, PAGE, MEM_RESET | MEM_RESET_UNDO, PAGE_READWRITE));
}

TEST(VA_6_large_pages_need_commit_and_no_other_kind)
{
	static const ULONG others[] = { 0, MEM_RESERVE, RESERVE_COMMIT | MEM_PHYSICAL,
					RESERVE_COMMIT | MEM_WRITE_WATCH, MEM_RESET };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		EXPECT_STATUS_INVALID(
			nt_allocate(NULL, 0, LARGE, MEM_LARGE_PAGES | others[i], PAGE_READWRITE)
				.status);
}

TEST(VA_7_write_watch_needs_reserve)
{
	char *base = reserve(PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_FAILS(87, VirtualAlloc(base, PAGE, MEM_COMMIT | MEM_WRITE_WATCH, PAGE_READWRITE));
	EXPECT_FAILS(87, VirtualAlloc(NULL, PAGE, MEM_COMMIT | MEM_WRITE_WATCH, PAGE_READWRITE));
	EXPECT_RESERVED(base, base, PAGE);
}

TEST(VA_8_physical_needs_reserve_alone)
{
	static const ULONG types[] = { MEM_COMMIT, RESERVE_COMMIT, MEM_RESERVE | MEM_WRITE_WATCH };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		EXPECT_STATUS_INVALID(
			nt_allocate(NULL, 0, PAGE, MEM_PHYSICAL | types[i], PAGE_READWRITE).status);
}

TEST(VA_9_physical_is_readwrite)
{
	EXPECT_STATUS_INVALID(
		nt_allocate(NULL, 0, PAGE, MEM_PHYSICAL | MEM_RESERVE, PAGE_READONLY).status);
	EXPECT_STATUS_INVALID(
		nt_allocate(NULL, 0, PAGE, MEM_PHYSICAL | MEM_RESERVE, PAGE_NOACCESS).status);
}

TEST(VA_10_protection_is_checked_for_every_type)
{
	static const ULONG types[] = { MEM_RESERVE, MEM_COMMIT, RESERVE_COMMIT, MEM_RESET };
	char *base = commit(PAGE);

	ASSERT_NE(NULL, base);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		EXPECT_STATUS(ST_INVALID_PAGE_PROTECTION,
			      nt_allocate(base, 0, PAGE, types[i], 0).status);
		/* Before the address and the size are looked at. */
		EXPECT_STATUS(
			ST_INVALID_PAGE_PROTECTION,
			nt_allocate((void *)(HIGHEST_ADDRESS + 1), 0, 0, types[i], 0x300).status);
	}
}

TEST(VA_11_base_and_size_must_be_writable)
{
	PVOID base = NULL;
	SIZE_T bytes = PAGE;

	EXPECT_STATUS(ST_ACCESS_VIOLATION,
		      NtAllocateVirtualMemory(NtCurrentProcess(), NULL, 0, &bytes, MEM_RESERVE,
					      PAGE_READWRITE));
	EXPECT_STATUS(ST_ACCESS_VIOLATION,
		      NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, NULL, MEM_RESERVE,
					      PAGE_READWRITE));
	/* A bad protection is found first. */
	EXPECT_STATUS(ST_INVALID_PAGE_PROTECTION,
		      NtAllocateVirtualMemory(NtCurrentProcess(), NULL, 0, &bytes, MEM_RESERVE, 0));
}

TEST(VA_12_base_outside_user_space)
{
	static const uintptr_t bases[] = { 0x1000,	   0xf000,     0xffff, HIGHEST_ADDRESS + 1,
					   0x800000000000, UINTPTR_MAX };

	for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
		EXPECT_STATUS_INVALID(
			nt_allocate((void *)bases[i], 0, PAGE, MEM_RESERVE, PAGE_READWRITE).status);
		EXPECT_FAILS(87, VirtualAlloc((void *)bases[i], PAGE, MEM_RESERVE, PAGE_READWRITE));
	}
}

TEST(VA_13_size_beyond_the_top)
{
	const SIZE_T rest = HIGHEST_ADDRESS + 1 - (uintptr_t)FIXED;

	EXPECT_STATUS_INVALID(nt_allocate(FIXED, 0, rest + 1, MEM_RESERVE, PAGE_READWRITE).status);
	EXPECT_STATUS_INVALID(nt_allocate(FIXED, 0, SIZE_MAX, MEM_RESERVE, PAGE_READWRITE).status);
	EXPECT_STATUS_INVALID(nt_allocate(NULL, 0, SIZE_MAX, MEM_RESERVE, PAGE_READWRITE).status);
	EXPECT_FAILS(87, VirtualAlloc(NULL, 0x800000000000, MEM_RESERVE, PAGE_READWRITE));
	EXPECT_FAILS(87, VirtualAlloc(FIXED, SIZE_MAX - 0xfff, MEM_COMMIT, PAGE_READWRITE));
}

TEST(VA_14_size_0)
{
	EXPECT_STATUS_INVALID(nt_allocate(NULL, 0, 0, MEM_RESERVE, PAGE_READWRITE).status);
	EXPECT_STATUS_INVALID(nt_allocate(FIXED, 0, 0, MEM_COMMIT, PAGE_READWRITE).status);
	EXPECT_FAILS(87, VirtualAlloc(NULL, 0, RESERVE_COMMIT, PAGE_READWRITE));
}

TEST(VA_15_handle_after_the_arguments)
{
	PVOID base = NULL;
	SIZE_T bytes = PAGE;

	EXPECT_STATUS(ST_INVALID_HANDLE,
		      NtAllocateVirtualMemory(NULL, &base, 0, &bytes, MEM_RESERVE, PAGE_READWRITE));
	EXPECT_EQ(NULL, base);
	EXPECT_EQ(PAGE, bytes);
	EXPECT_STATUS(ST_INVALID_PAGE_PROTECTION,
		      NtAllocateVirtualMemory(NULL, &base, 0, &bytes, MEM_RESERVE, 0));
}

TEST(VA_16_large_pages_need_a_privilege)
{
	EXPECT_FAILS(1314,
		     VirtualAlloc(NULL, LARGE, RESERVE_COMMIT | MEM_LARGE_PAGES, PAGE_READWRITE));
	EXPECT_NTH(ST_PRIVILEGE_NOT_HELD, NULL, LARGE,
		   nt_allocate(NULL, 0, LARGE, RESERVE_COMMIT | MEM_LARGE_PAGES, PAGE_READWRITE));
}

TEST(VA_17_reserving_is_not_write_copy)
{
	EXPECT_STATUS(ST_INVALID_PAGE_PROTECTION,
		      nt_allocate(FIXED, 0, PAGE, MEM_RESERVE, PAGE_WRITECOPY).status);
	EXPECT_STATUS(ST_INVALID_PAGE_PROTECTION,
		      nt_allocate(NULL, 0, PAGE, MEM_COMMIT, PAGE_EXECUTE_WRITECOPY).status);
	EXPECT_FREE(FIXED, PAGE);
}

TEST(VA_18_state_is_checked_last)
{
	ASSERT_EQ(FIXED, VirtualAlloc(FIXED, PAGE, MEM_RESERVE, PAGE_READWRITE));
	EXPECT_FAILS(87, VirtualAlloc(FIXED, PAGE, MEM_RESERVE, PAGE_WRITECOPY));
	EXPECT_FAILS(1314,
		     VirtualAlloc(FIXED, LARGE, RESERVE_COMMIT | MEM_LARGE_PAGES, PAGE_READWRITE));
	EXPECT_FAILS(487, VirtualAlloc(FIXED, PAGE, MEM_RESERVE, PAGE_READWRITE));
}

/* Ten times what there is: refused at commit, not at touch. */
TEST(VA_19_commit_limit)
{
	SIZE_T bytes = (SIZE_T)counters().system_commit_limit_bytes * 10;
	struct winvm_counters before, after;

	ASSERT_NE(0u, bytes);
	before = counters();
	EXPECT_FAILS(1455, VirtualAlloc(NULL, bytes, RESERVE_COMMIT, PAGE_READWRITE));
	EXPECT_STATUS(ST_COMMITMENT_LIMIT, RtlGetLastNtStatus());
	after = counters();
	EXPECT_EQ(before.vads, after.vads);
	EXPECT_EQ(before.commit_bytes, after.commit_bytes);
	EXPECT_EQ(before.virtual_bytes, after.virtual_bytes);
	EXPECT_WORKS(reserve(bytes));
}

TEST(VA_20_rounding_vectors)
{
	static const struct {
		uintptr_t base;
		SIZE_T bytes;
		SIZE_T expected;
	} vectors[] = {
		{ 0x50000000, 1, 0x1000 },	 { 0x50008000, 1, 0x9000 },
		{ 0x50000010, 0x1000, 0x2000 },	 { 0x50010000, 0x2000, 0x2000 },
		{ 0x5000ffff, 0x3000, 0x13000 }, { 0x50001010, 0x7000, 0x9000 },
		{ 0x50001010, 0xc000, 0xe000 },
	};

	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		void *start = (void *)(vectors[i].base & ~(GRANULARITY - 1));

		EXPECT_NTH(ST_SUCCESS, start, vectors[i].expected,
			   nt_allocate((void *)vectors[i].base, 0, vectors[i].bytes, MEM_RESERVE,
				       PAGE_READWRITE));
		EXPECT_RESERVED(start, start, vectors[i].expected);
		EXPECT_WORKS(release(start));
		EXPECT_EQ(start, VirtualAlloc((void *)vectors[i].base, vectors[i].bytes,
					      RESERVE_COMMIT, PAGE_READWRITE));
		EXPECT_COMMITTED(start, start, vectors[i].expected, PAGE_READWRITE);
		EXPECT_WORKS(release(start));
	}
}

TEST(VA_21_size_is_rounded_up_base_is_aligned)
{
	for (SIZE_T bytes = 1; bytes < 0x100000; bytes = bytes * 2 + 1) {
		SIZE_T whole = (bytes + PAGE - 1) & ~(PAGE - 1);
		struct nt_answer answer = nt_allocate(NULL, 0, bytes, MEM_RESERVE, PAGE_READWRITE);

		EXPECT_STATUS(ST_SUCCESS, answer.status);
		EXPECT_EQ(whole, answer.bytes);
		EXPECT_EQ(0u, (uintptr_t)answer.base % GRANULARITY);
		EXPECT_RESERVED(answer.base, answer.base, whole);
	}
}

TEST(VA_22_commit_without_base_reserves)
{
	char *base = VirtualAlloc(NULL, 3 * PAGE, MEM_COMMIT, PAGE_READONLY);

	ASSERT_NE(NULL, base);
	EXPECT_EQ(0u, (uintptr_t)base % GRANULARITY);
	EXPECT_COMMITTED(base, base, 3 * PAGE, PAGE_READONLY);
}

TEST(VA_23_overlap_conflicts)
{
	static const struct {
		uintptr_t offset;
		SIZE_T bytes;
	} overlaps[] = {
		{ 0x20000, 0x1000 },  { 0x2f000, 0x1000 }, { 0x10000, 0x10001 },
		{ 0x10000, 0x40000 }, { 0x1ffff, 0x1001 }, { 0x20000, 0x10000 },
	};

	ASSERT_EQ(FIXED + 0x20000,
		  VirtualAlloc(FIXED + 0x20000, GRANULARITY, MEM_RESERVE, PAGE_READWRITE));
	for (size_t i = 0; i < sizeof(overlaps) / sizeof(overlaps[0]); i++) {
		char *base = FIXED + overlaps[i].offset;

		EXPECT_NTH(ST_CONFLICTING_ADDRESSES, base, overlaps[i].bytes,
			   nt_allocate(base, 0, overlaps[i].bytes, MEM_RESERVE, PAGE_READWRITE));
		EXPECT_FAILS(487,
			     VirtualAlloc(base, overlaps[i].bytes, RESERVE_COMMIT, PAGE_READWRITE));
	}
	EXPECT_RESERVED(FIXED + 0x20000, FIXED + 0x20000, GRANULARITY);
	EXPECT_FREE(FIXED + 0x10000, GRANULARITY);
}

/* The process's own Linux mappings are taken as well. */
TEST(VA_23_linux_mappings_are_occupied)
{
	static char variable[16];
	char local;

	EXPECT_FAILS(487, VirtualAlloc(variable, PAGE, MEM_RESERVE, PAGE_READWRITE));
	EXPECT_FAILS(487, VirtualAlloc(&local, PAGE, MEM_RESERVE, PAGE_READWRITE));
}

TEST(VA_24_no_hole_is_large_enough)
{
	EXPECT_FAILS(8, VirtualAlloc(NULL, 0x7ff000000000, MEM_RESERVE, PAGE_READWRITE));
	EXPECT_NTH(ST_NO_MEMORY, NULL, 0x7ff000000000,
		   nt_allocate(NULL, 0, 0x7ff000000000, MEM_RESERVE, PAGE_READWRITE));
}

TEST(VA_25_a_reservation_gives_no_access)
{
	uint64_t charge = counters().commit_bytes;
	char *base = VirtualAlloc(NULL, 4 * PAGE, MEM_RESERVE, PAGE_EXECUTE_READWRITE);

	ASSERT_NE(NULL, base);
	EXPECT_RESERVED(base, base, 4 * PAGE);
	EXPECT_EQ((DWORD)PAGE_EXECUTE_READWRITE, region_at(base).AllocationProtect);
	EXPECT_EQ((DWORD)MEM_PRIVATE, region_at(base).Type);
	EXPECT_VIOLATION_READ(base);
	EXPECT_VIOLATION_WRITE(base + PAGE);
	EXPECT_VIOLATION_EXECUTE(base + 2 * PAGE);
	EXPECT_EQ(charge, counters().commit_bytes);
}

TEST(VA_26_reserve_and_commit_at_once)
{
	uint64_t charge = counters().commit_bytes;
	char *base = commit(16 * PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_COMMITTED(base, base, 16 * PAGE, PAGE_READWRITE);
	EXPECT_EQ((DWORD)PAGE_READWRITE, region_at(base).AllocationProtect);
	EXPECT_EQ(charge + 16 * PAGE, counters().commit_bytes);
	for (SIZE_T i = 0; i < 16; i++)
		EXPECT_READS(0, base + i * PAGE);
	EXPECT_EQ(charge + 16 * PAGE, counters().commit_bytes);
}

TEST(VA_27_memory_taken_again_is_zero)
{
	for (int round = 0; round < 5; round++) {
		ASSERT_EQ(FIXED, VirtualAlloc(FIXED, 8 * PAGE, RESERVE_COMMIT, PAGE_READWRITE));
		for (SIZE_T i = 0; i < 8; i++) {
			EXPECT_READS(0, FIXED + i * PAGE);
			EXPECT_WRITES(FIXED + i * PAGE, 0x77);
		}
		EXPECT_WORKS(release(FIXED));
	}
}

TEST(VA_28_zero_bits_limit_the_address)
{
	struct nt_answer answer;

	for (ULONG_PTR bits = 1; bits <= 12; bits++) {
		answer = nt_allocate(NULL, bits, PAGE, RESERVE_COMMIT | MEM_TOP_DOWN,
				     PAGE_READWRITE);
		EXPECT_STATUS(ST_SUCCESS, answer.status);
		EXPECT_LT((uintptr_t)answer.base + PAGE - 1, (uintptr_t)1 << (32 - bits));
		EXPECT_WRITES(answer.base, 1);
	}
	/* Too little room, or none at all: 4 KB, 2 KB. */
	EXPECT_STATUS(ST_NO_MEMORY,
		      nt_allocate(NULL, 20, PAGE, MEM_RESERVE, PAGE_READWRITE).status);
	answer = nt_allocate(NULL, 21, PAGE, MEM_RESERVE, PAGE_READWRITE);
	EXPECT_TRUE(answer.status == ST_NO_MEMORY || status_is_invalid_parameter(answer.status));
}

TEST(VA_28_of_a_mask_the_leading_zeros_count)
{
	static const struct {
		ULONG_PTR mask;
		uintptr_t highest;
	} masks[] = {
		{ 0x1aaaaaaa, 0x1fffffff },   { 0x7fffffff, 0x7fffffff },
		{ 0x40000000, 0x7fffffff },   { 0xffffffffffff, HIGHEST_ADDRESS },
		{ 0x100000000, 0x1ffffffff },
	};

	for (size_t i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
		struct nt_answer answer = nt_allocate(NULL, masks[i].mask, PAGE,
						      MEM_RESERVE | MEM_TOP_DOWN, PAGE_READWRITE);

		EXPECT_STATUS(ST_SUCCESS, answer.status);
		EXPECT_LE((uintptr_t)answer.base + PAGE - 1, masks[i].highest);
	}
	EXPECT_STATUS(ST_NO_MEMORY,
		      nt_allocate(NULL, 32, PAGE, MEM_RESERVE, PAGE_READWRITE).status);
}

TEST(VA_29_zero_bits_do_not_move_a_given_base)
{
	EXPECT_NTH(ST_SUCCESS, FIXED, PAGE,
		   nt_allocate(FIXED, 12, PAGE, MEM_RESERVE, PAGE_READWRITE));
	EXPECT_NTH(ST_CONFLICTING_ADDRESSES, FIXED, PAGE,
		   nt_allocate(FIXED, 12, PAGE, MEM_RESERVE, PAGE_READWRITE));
}

TEST(VA_30_top_down_is_the_highest_below_the_limit)
{
	struct nt_answer high =
		nt_allocate(NULL, 1, PAGE, MEM_RESERVE | MEM_TOP_DOWN, PAGE_READWRITE);
	struct nt_answer low = nt_allocate(NULL, 1, PAGE, MEM_RESERVE, PAGE_READWRITE);

	EXPECT_STATUS(ST_SUCCESS, high.status);
	EXPECT_STATUS(ST_SUCCESS, low.status);
	EXPECT_GT((char *)high.base, (char *)low.base);
	EXPECT_LT((uintptr_t)high.base, (uintptr_t)1 << 31);
	EXPECT_EQ(FIXED, VirtualAlloc(FIXED, PAGE, MEM_RESERVE | MEM_TOP_DOWN, PAGE_READWRITE));
}

VM_TEST_MAIN
