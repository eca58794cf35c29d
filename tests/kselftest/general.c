// SPDX-License-Identifier: GPL-2.0
/* General rules and the address space (SPEC 0, 1). */
#include "vm.h"

TEST(G_1_page_and_granularity)
{
	SYSTEM_INFO info;

	GetSystemInfo(&info);
	EXPECT_EQ(0x1000u, info.dwPageSize);
	EXPECT_EQ(0x10000u, info.dwAllocationGranularity);
}

TEST(G_2_success_leaves_the_last_error_alone)
{
	MEMORY_BASIC_INFORMATION region;
	DWORD old;
	char *base;

	EXPECT_WORKS(base = VirtualAlloc(NULL, PAGE, MEM_RESERVE, PAGE_READWRITE));
	EXPECT_WORKS(VirtualAlloc(base, PAGE, MEM_COMMIT, PAGE_READWRITE));
	EXPECT_WORKS(VirtualProtect(base, PAGE, PAGE_READONLY, &old));
	EXPECT_WORKS(VirtualQuery(base, &region, sizeof(region)));
	EXPECT_WORKS(VirtualLock(base, PAGE));
	EXPECT_WORKS(VirtualUnlock(base, PAGE));
	EXPECT_WORKS(VirtualFree(base, PAGE, MEM_DECOMMIT));
	EXPECT_WORKS(VirtualFree(base, 0, MEM_RELEASE));
}

TEST(G_3_failure_gives_the_error_of_the_status)
{
	DWORD old;

	EXPECT_FAILS(487, VirtualAlloc(FIXED, PAGE, MEM_COMMIT, PAGE_READWRITE));
	EXPECT_STATUS(ST_CONFLICTING_ADDRESSES, RtlGetLastNtStatus());
	EXPECT_FAILS(87, VirtualAlloc(FIXED, 0, MEM_RESERVE, PAGE_READWRITE));
	EXPECT_FAILS(487, VirtualFree(FIXED, 0, MEM_RELEASE));
	EXPECT_FAILS(487, VirtualProtect(FIXED, PAGE, PAGE_READONLY, &old));
	EXPECT_FAILS(24, VirtualQuery(FIXED, NULL, 0));
	EXPECT_FAILS(998, VirtualLock(FIXED, PAGE));
}

TEST(G_4_invalid_parameter_is_87)
{
	for (uint32_t status = 0xc00000ef; status <= 0xc00000fa; status++)
		EXPECT_EQ(87u, RtlNtStatusToDosError(STATUS(status)));
	EXPECT_EQ(87u, RtlNtStatusToDosError(ST_INVALID_PARAMETER));
}

/* Fails in every call over memory in three states, and looks whether anything moved. */
TEST(G_5_failure_changes_nothing)
{
	struct winvm_counters before, after;
	MEMORY_BASIC_INFORMATION first, last;
	char *base = reserve(4 * PAGE);

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(commit_at(base, 2 * PAGE, PAGE_READWRITE));
	EXPECT_WRITES(base, 0x5a);
	first = region_at(base);
	last = region_at(base + 2 * PAGE);
	before = counters();

	/* Each range begins well and ends badly. */
	EXPECT_FAILS(487, VirtualAlloc(base, 5 * PAGE, MEM_COMMIT, PAGE_READONLY));
	EXPECT_FAILS(487, VirtualAlloc(base, 5 * PAGE, MEM_RESERVE, PAGE_READONLY));
	EXPECT_FAILS(87, VirtualFree(base, 5 * PAGE, MEM_DECOMMIT));
	EXPECT_STATUS(ST_UNABLE_TO_FREE_VM, nt_free(base, 5 * PAGE, MEM_RELEASE).status);
	EXPECT_FALSE(protect(base, 3 * PAGE, PAGE_NOACCESS));
	EXPECT_FALSE(protect(base, 5 * PAGE, PAGE_NOACCESS));
	EXPECT_FAILS(998, VirtualLock(base, 3 * PAGE));

	after = counters();
	EXPECT_EQ(0, memcmp(&before, &after, sizeof(before)));
	EXPECT_COMMITTED(base, base, first.RegionSize, PAGE_READWRITE);
	EXPECT_RESERVED(base + 2 * PAGE, base, last.RegionSize);
	EXPECT_READS(0x5a, base);
}

TEST(G_5_nt_parameters_keep_their_values)
{
	char *base = reserve(2 * PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_NTH(ST_CONFLICTING_ADDRESSES, base + 0x123, 3 * PAGE,
		   nt_allocate(base + 0x123, 0, 3 * PAGE, MEM_COMMIT, PAGE_READWRITE));
	EXPECT_NTH(ST_CONFLICTING_ADDRESSES, base + 0x123, 0x456,
		   nt_allocate(base + 0x123, 0, 0x456, MEM_RESERVE, PAGE_READWRITE));
	EXPECT_NTH(ST_UNABLE_TO_FREE_VM, base + 0x123, 2 * PAGE,
		   nt_free(base + 0x123, 2 * PAGE, MEM_DECOMMIT));
	EXPECT_NTH(ST_FREE_VM_NOT_AT_BASE, base + PAGE + 1, 0,
		   nt_free(base + PAGE + 1, 0, MEM_RELEASE));
	EXPECT_NTH(ST_NOT_COMMITTED, base + 1, 0x10, nt_protect(base + 1, 0x10, PAGE_READONLY));
	EXPECT_NTH(ST_ACCESS_VIOLATION, base + 1, 0x10, nt_lock(base + 1, 0x10, MAP_PROCESS));
	EXPECT_NTH(ST_NOT_LOCKED, base + 1, 0x10, nt_unlock(base + 1, 0x10, MAP_PROCESS));
}

TEST(G_6_bad_handles)
{
	HANDLE junk[] = { NULL, (HANDLE)0x7ffffff0, (HANDLE)1, (HANDLE)-2 };
	MEMORY_BASIC_INFORMATION region;
	SIZE_T copied;
	DWORD old;
	char byte;
	char *base = commit(PAGE);

	ASSERT_NE(NULL, base);
	for (size_t i = 0; i < sizeof(junk) / sizeof(junk[0]); i++) {
		EXPECT_FAILS(6, VirtualAllocEx(junk[i], NULL, PAGE, MEM_RESERVE, PAGE_READWRITE));
		EXPECT_FAILS(6, VirtualFreeEx(junk[i], base, 0, MEM_RELEASE));
		EXPECT_FAILS(6, VirtualProtectEx(junk[i], base, PAGE, PAGE_READONLY, &old));
		EXPECT_FAILS(6, VirtualQueryEx(junk[i], base, &region, sizeof(region)));
		EXPECT_FAILS(6, ReadProcessMemory(junk[i], base, &byte, 1, &copied));
		EXPECT_FAILS(6, WriteProcessMemory(junk[i], base, &byte, 1, &copied));
	}
	EXPECT_COMMITTED(base, base, PAGE, PAGE_READWRITE);
}

/* Pointers to nothing, to memory that is only reserved, and to what cannot be written. */
TEST(G_8_bad_pointers)
{
	PVOID reserved = reserve(PAGE);
	char *base = commit(PAGE);
	SIZE_T bytes = PAGE;
	PVOID where = base;
	ULONG old;

	ASSERT_NE(NULL, reserved);
	ASSERT_NE(NULL, base);
	EXPECT_STATUS(ST_ACCESS_VIOLATION,
		      NtAllocateVirtualMemory(NtCurrentProcess(), NULL, 0, &bytes, MEM_RESERVE,
					      PAGE_READWRITE));
	EXPECT_STATUS(ST_ACCESS_VIOLATION,
		      NtAllocateVirtualMemory(NtCurrentProcess(), &where, 0, reserved, MEM_RESERVE,
					      PAGE_READWRITE));
	EXPECT_STATUS(ST_ACCESS_VIOLATION,
		      NtFreeVirtualMemory(NtCurrentProcess(), reserved, &bytes, MEM_RELEASE));
	EXPECT_STATUS(ST_ACCESS_VIOLATION, NtProtectVirtualMemory(NtCurrentProcess(), &where, NULL,
								  PAGE_READONLY, &old));
	EXPECT_STATUS(ST_ACCESS_VIOLATION, NtProtectVirtualMemory(NtCurrentProcess(), &where,
								  &bytes, PAGE_READONLY, NULL));
	EXPECT_FAILS(998, VirtualProtect(base, PAGE, PAGE_READONLY, NULL));
	EXPECT_FAILS(998, VirtualProtect(base, PAGE, PAGE_READONLY, reserved));
	EXPECT_FAILS(998, VirtualQuery(base, NULL, sizeof(MEMORY_BASIC_INFORMATION)));
	EXPECT_FAILS(998, VirtualQuery(base, reserved, sizeof(MEMORY_BASIC_INFORMATION)));
	EXPECT_COMMITTED(base, base, PAGE, PAGE_READWRITE);
}

/* SPEC 0.1, in its order. */
TEST(S_0_1_errors_of_statuses)
{
	static const struct {
		uint32_t status;
		DWORD error;
	} map[] = {
		{ 0xc0000003, 87 },   { 0xc0000004, 24 },	  { 0xc0000005, 998 },
		{ 0xc0000006, 999 },  { 0xc0000007, 1454 },	  { 0xc0000008, 6 },
		{ 0xc000000d, 87 },   { 0xc0000017, 8 },	  { 0xc0000018, 487 },
		{ 0xc0000019, 487 },  { 0xc000001a, 87 },	  { 0xc000001b, 87 },
		{ 0xc000001f, 5 },    { 0xc0000020, 193 },	  { 0xc0000021, 5 },
		{ 0xc0000022, 5 },    { 0xc0000024, 6 },	  { 0xc000002a, 158 },
		{ 0xc000002c, 487 },  { 0xc000002d, 487 },	  { 0xc0000040, 8 },
		{ 0xc0000044, 1816 }, { 0xc0000045, 87 },	  { 0xc0000049, 87 },
		{ 0xc000004c, 87 },   { 0xc000004d, 87 },	  { 0xc000004e, 87 },
		{ 0xc0000061, 1314 }, { 0xc0000087, 14 },	  { 0xc0000088, 487 },
		{ 0xc000009a, 1450 }, { 0xc000009f, 487 },	  { 0xc00000a0, 487 },
		{ 0xc00000a1, 1453 }, { 0xc00000bb, 50 },	  { 0xc00000fd, 1001 },
		{ 0xc000010a, 5 },    { 0xc000011e, 1006 },	  { 0xc000012d, 1455 },
		{ 0xc000012f, 193 },  { 0xc0000141, 59 },	  { 0xc0000220, 1132 },
		{ 0xc0000243, 1224 }, { 0x80000001, 0x80000001 }, { 0x8000000d, 299 },
		{ 0x40000002, 87 },
	};

	for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++) {
		EXPECT_EQ(map[i].error, RtlNtStatusToDosError(STATUS(map[i].status)))
		{
			TH_LOG("status %08x", map[i].status);
		}
		EXPECT_STATUS(map[i].status, RtlGetLastNtStatus());
	}
}

TEST(AS_1_usable_addresses)
{
	SYSTEM_INFO info;

	GetSystemInfo(&info);
	EXPECT_EQ((void *)0x10000, info.lpMinimumApplicationAddress);
	EXPECT_EQ((void *)HIGHEST_ADDRESS, info.lpMaximumApplicationAddress);
}

TEST(AS_2_first_and_last_64k_are_never_given)
{
	EXPECT_FAILS(87, VirtualAlloc((void *)PAGE, PAGE, MEM_RESERVE, PAGE_READWRITE));
	EXPECT_FAILS(87, VirtualAlloc((void *)(HIGHEST_ADDRESS + 1), PAGE, MEM_RESERVE,
				      PAGE_READWRITE));
	EXPECT_VIOLATION_READ((void *)8);
	EXPECT_VIOLATION_WRITE((void *)0xfff8);
}

TEST(AS_4_bases_are_aligned_and_tails_unusable)
{
	char *base;

	for (SIZE_T bytes = 1; bytes < 0x40000; bytes = bytes * 3 + 1) {
		base = reserve(bytes);
		EXPECT_NE(NULL, base);
		EXPECT_EQ(0u, (uintptr_t)base % GRANULARITY);
	}
	ASSERT_EQ(FIXED, VirtualAlloc(FIXED, PAGE, MEM_RESERVE, PAGE_READWRITE));
	EXPECT_RESERVED(FIXED, FIXED, PAGE);
	EXPECT_FREE(FIXED + PAGE, GRANULARITY - PAGE);
	EXPECT_FAILS(487, VirtualAlloc(FIXED + PAGE, PAGE, MEM_RESERVE, PAGE_READWRITE));
}

TEST(AS_5_top_down_lies_above_bottom_up)
{
	char *low, *high;

	for (int i = 0; i < 20; i++) {
		low = VirtualAlloc(NULL, 3 * PAGE, MEM_RESERVE, PAGE_READWRITE);
		high = VirtualAlloc(NULL, 3 * PAGE, MEM_RESERVE | MEM_TOP_DOWN, PAGE_READWRITE);
		ASSERT_NE(NULL, low);
		ASSERT_NE(NULL, high);
		EXPECT_GT(high, low);
		EXPECT_EQ(0u, ((uintptr_t)low | (uintptr_t)high) % GRANULARITY);
		EXPECT_LE((uint64_t)(uintptr_t)high + 3 * PAGE - 1, HIGHEST_ADDRESS);
		EXPECT_RESERVED(low, low, 3 * PAGE);
		EXPECT_RESERVED(high, high, 3 * PAGE);
	}
}

TEST(AS_6_released_base_can_be_taken_again)
{
	for (int i = 0; i < 10; i++) {
		EXPECT_EQ(FIXED, VirtualAlloc(FIXED, 5 * PAGE, MEM_RESERVE, PAGE_READWRITE));
		EXPECT_WORKS(release(FIXED));
	}
}

TEST(AS_7_states)
{
	EXPECT_FREE(FIXED, PAGE);
	EXPECT_FAILS(487, VirtualAlloc(FIXED, PAGE, MEM_COMMIT, PAGE_READWRITE));
	EXPECT_WORKS(VirtualAlloc(FIXED, PAGE, MEM_RESERVE, PAGE_READWRITE));
	EXPECT_RESERVED(FIXED, FIXED, PAGE);
	EXPECT_WORKS(commit_at(FIXED, PAGE, PAGE_READWRITE));
	EXPECT_COMMITTED(FIXED, FIXED, PAGE, PAGE_READWRITE);
	EXPECT_WORKS(decommit(FIXED, PAGE));
	EXPECT_RESERVED(FIXED, FIXED, PAGE);
	EXPECT_WORKS(release(FIXED));
	EXPECT_FREE(FIXED, PAGE);
	EXPECT_WORKS(VirtualAlloc(FIXED, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
	EXPECT_COMMITTED(FIXED, FIXED, PAGE, PAGE_READWRITE);
}

TEST(AS_8_space_runs_out_with_no_memory)
{
	const SIZE_T terabyte = (SIZE_T)1 << 40;
	unsigned int count = 0;

	while (VirtualAlloc(NULL, terabyte, MEM_RESERVE, PAGE_READWRITE))
		ASSERT_GT(128u, ++count);
	EXPECT_EQ(8u, GetLastError());
	EXPECT_LT(100u, count);
	EXPECT_WORKS(reserve(PAGE));
}

FIXTURE(many)
{
	int unused;
};

FIXTURE_SETUP(many)
{
}

FIXTURE_TEARDOWN(many)
{
}

TEST_F_TIMEOUT(many, AS_8_300000_reservations, 300)
{
	for (unsigned int i = 0; i < 300000; i++)
		ASSERT_NE(NULL, VirtualAlloc(NULL, GRANULARITY, MEM_RESERVE, PAGE_READWRITE));
	EXPECT_EQ(300000u, counters().vads);
}

VM_TEST_MAIN
