// SPDX-License-Identifier: GPL-2.0
/* VirtualQuery, NtQueryVirtualMemory (SPEC 7). */
#include <stdio.h>
#include <sys/mman.h>

#include "vm.h"

#define USER_END (HIGHEST_ADDRESS + 1)

TEST(VQ_1_returns_48)
{
	unsigned char buffer[64];

	memset(buffer, 0xee, sizeof(buffer));
	EXPECT_EQ(48u, sizeof(MEMORY_BASIC_INFORMATION));
	EXPECT_EQ(48u, VirtualQuery(FIXED, (void *)buffer, 48));
	EXPECT_EQ(48u, VirtualQuery(FIXED, (void *)buffer, sizeof(buffer)));
	EXPECT_EQ(0xee, buffer[48]);
}

TEST(VQ_2_short_buffer)
{
	unsigned char buffer[48];

	memset(buffer, 0xee, sizeof(buffer));
	for (SIZE_T length = 0; length < 48; length++)
		EXPECT_FAILS(24, VirtualQuery(FIXED, (void *)buffer, length));
	EXPECT_STATUS(ST_INFO_LENGTH_MISMATCH,
		      NtQueryVirtualMemory(NtCurrentProcess(), FIXED, MemoryBasicInformation,
					   buffer, 47, NULL));
	for (SIZE_T i = 0; i < sizeof(buffer); i++)
		EXPECT_EQ(0xee, buffer[i]);
}

TEST(VQ_3_above_user_space)
{
	MEMORY_BASIC_INFORMATION region;

	EXPECT_FAILS(87, VirtualQuery((void *)USER_END, &region, sizeof(region)));
	EXPECT_FAILS(87, VirtualQuery((void *)UINTPTR_MAX, &region, sizeof(region)));
	EXPECT_WORKS(VirtualQuery((void *)HIGHEST_ADDRESS, &region, sizeof(region)));
}

TEST(VQ_4_bad_buffer)
{
	EXPECT_FAILS(998, VirtualQuery(FIXED, NULL, 48));
	EXPECT_FAILS(998, VirtualQuery(FIXED, (void *)8, 48));
}

TEST(VQ_5_rounded_down_to_a_page)
{
	char *base = commit(8 * PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_EQ(base, region_at(base + 0xfff).BaseAddress);
	EXPECT_EQ(base + 3 * PAGE, region_at(base + 3 * PAGE + 0x123).BaseAddress);
	EXPECT_EQ(5 * PAGE, region_at(base + 3 * PAGE + 0x123).RegionSize);
}

TEST(VQ_6_runs)
{
	char *base = FIXED, *next = FIXED + GRANULARITY;

	ASSERT_TRUE(VirtualAlloc(base, GRANULARITY, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
	ASSERT_TRUE(VirtualAlloc(next, GRANULARITY, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
	/* Adjacent and equal, but two allocations. */
	EXPECT_COMMITTED(base, base, GRANULARITY, PAGE_READWRITE);
	EXPECT_COMMITTED(next, next, GRANULARITY, PAGE_READWRITE);
	/* State, base protection and guard each end a run. */
	ASSERT_TRUE(protect(base + 2 * PAGE, PAGE, PAGE_READONLY));
	ASSERT_TRUE(protect(base + 4 * PAGE, PAGE, PAGE_READWRITE | PAGE_GUARD));
	ASSERT_TRUE(decommit(base + 6 * PAGE, PAGE));
	EXPECT_COMMITTED(base, base, 2 * PAGE, PAGE_READWRITE);
	EXPECT_COMMITTED(base + 2 * PAGE, base, PAGE, PAGE_READONLY);
	EXPECT_COMMITTED(base + 3 * PAGE, base, PAGE, PAGE_READWRITE);
	EXPECT_COMMITTED(base + 4 * PAGE, base, PAGE, PAGE_READWRITE | PAGE_GUARD);
	EXPECT_RESERVED(base + 6 * PAGE, base, PAGE);
	EXPECT_COMMITTED(base + 7 * PAGE, base, 9 * PAGE, PAGE_READWRITE);
	/* Equal again: one run. */
	ASSERT_TRUE(commit_at(base, GRANULARITY, PAGE_READWRITE));
	EXPECT_COMMITTED(base, base, GRANULARITY, PAGE_READWRITE);
}

TEST(VQ_7_what_does_not_split_runs)
{
	char *base = VirtualAlloc(NULL, 8 * PAGE, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH,
				  PAGE_READWRITE);

	ASSERT_NE(NULL, base);
	EXPECT_WRITES(base + 2 * PAGE, 1);
	EXPECT_READS(0, base + 4 * PAGE);
	ASSERT_TRUE(VirtualLock(base + 5 * PAGE, PAGE));
	EXPECT_COMMITTED(base, base, 8 * PAGE, PAGE_READWRITE);
}

TEST(VQ_8_free_memory)
{
	const SIZE_T mega = 1 << 20;
	char *fence = FIXED + 40 * mega;
	MEMORY_BASIC_INFORMATION region;

	ASSERT_TRUE(VirtualAlloc(FIXED - GRANULARITY, GRANULARITY, MEM_RESERVE, PAGE_NOACCESS));
	ASSERT_TRUE(VirtualAlloc(fence, PAGE, MEM_RESERVE, PAGE_NOACCESS));
	region = region_at(FIXED + 10 * mega);
	EXPECT_EQ(FIXED + 10 * mega, region.BaseAddress);
	EXPECT_EQ(NULL, region.AllocationBase);
	EXPECT_EQ(0u, region.AllocationProtect);
	EXPECT_EQ(30 * mega, region.RegionSize);
	EXPECT_EQ((DWORD)MEM_FREE, region.State);
	EXPECT_EQ((DWORD)PAGE_NOACCESS, region.Protect);
	EXPECT_EQ(0u, region.Type);
}

TEST(VQ_9_reserved_is_not_noaccess)
{
	char *base = reserve(2 * PAGE);

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(commit_at(base, PAGE, PAGE_NOACCESS));
	EXPECT_COMMITTED(base, base, PAGE, PAGE_NOACCESS);
	EXPECT_RESERVED(base + PAGE, base, PAGE);
}

static int a_function(int value)
{
	return value + 1;
}

/* The program's own mappings: image, file, stack and anonymous memory. */
TEST(VQ_10_types)
{
	char local = 0;
	char *base = commit(PAGE);
	FILE *file = tmpfile();
	void *view;

	ASSERT_NE(NULL, base);
	EXPECT_EQ((DWORD)MEM_PRIVATE, region_at(base).Type);
	EXPECT_EQ((DWORD)MEM_IMAGE, region_at((void *)(uintptr_t)a_function).Type);
	EXPECT_EQ((DWORD)MEM_COMMIT, region_at((void *)(uintptr_t)a_function).State);
	EXPECT_EQ((DWORD)MEM_PRIVATE, region_at(&local).Type);
	ASSERT_NE(NULL, file);
	ASSERT_EQ(0, ftruncate(fileno(file), 0x4000));
	view = mmap(NULL, 0x4000, PROT_READ, MAP_SHARED, fileno(file), 0);
	ASSERT_NE(MAP_FAILED, view);
	EXPECT_EQ((DWORD)MEM_MAPPED, region_at(view).Type);
	EXPECT_EQ((DWORD)PAGE_READONLY, region_at(view).Protect);
	view = mmap(NULL, 0x4000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, view);
	EXPECT_EQ((DWORD)MEM_PRIVATE, region_at(view).Type);
	EXPECT_EQ((DWORD)MEM_COMMIT, region_at(view).State);
	fclose(file);
}

TEST(VQ_12_allocation_base_and_protect)
{
	char *base = VirtualAlloc(NULL, 4 * PAGE, MEM_RESERVE, PAGE_EXECUTE_READ);

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(commit_at(base + PAGE, PAGE, PAGE_READWRITE));
	for (SIZE_T i = 0; i < 4; i++) {
		EXPECT_EQ(base, region_at(base + i * PAGE).AllocationBase);
		EXPECT_EQ((DWORD)PAGE_EXECUTE_READ, region_at(base + i * PAGE).AllocationProtect);
	}
}

/* Allocations of every kind and state, so that a walk has much to show. */
static void scatter(void)
{
	for (uintptr_t i = 0; i < 32; i++) {
		char *base = VirtualAlloc(FIXED + i * 0x1230000, (i + 1) * PAGE, MEM_RESERVE,
					  PAGE_READWRITE);

		if (base && i % 3)
			commit_at(base + PAGE * (i % 5 % (i + 1)), PAGE, PAGE_READONLY);
	}
}

TEST(VQ_13_walk_visits_every_byte_once)
{
	MEMORY_BASIC_INFORMATION region;
	uintptr_t address = 0;
	unsigned int count = 0;

	scatter();
	while (VirtualQuery((void *)address, &region, sizeof(region))) {
		ASSERT_EQ((void *)address, region.BaseAddress);
		ASSERT_NE(0u, region.RegionSize);
		ASSERT_EQ(0u, region.RegionSize % PAGE);
		address += region.RegionSize;
		ASSERT_LE(address, USER_END);
		count++;
	}
	EXPECT_EQ(87u, GetLastError());
	EXPECT_EQ((uintptr_t)USER_END, address);
	EXPECT_LT(64u, count);
}

/* Neighbouring regions differ, or belong to two allocations or mappings. */
TEST(VQ_13_runs_are_as_long_as_they_can_be)
{
	MEMORY_BASIC_INFORMATION region, before = { .State = 0 };
	uintptr_t address = 0;

	scatter();
	while (VirtualQuery((void *)address, &region, sizeof(region))) {
		EXPECT_FALSE(region.State == MEM_FREE && before.State == MEM_FREE);
		EXPECT_FALSE(region.State == before.State && region.Protect == before.Protect &&
			     region.AllocationBase == before.AllocationBase &&
			     region.State != MEM_FREE);
		before = region;
		address += region.RegionSize;
	}
}

TEST(VQ_14_partition_0)
{
	MEMORY_BASIC_INFORMATION region;

	memset(&region, 0xee, sizeof(region));
	EXPECT_EQ(48u, VirtualQuery(FIXED, &region, sizeof(region)));
	EXPECT_EQ(0u, region.PartitionId);
	memset(&region, 0xee, sizeof(region));
	EXPECT_EQ(48u, VirtualQuery(commit(PAGE), &region, sizeof(region)));
	EXPECT_EQ(0u, region.PartitionId);
}

TEST(VQ_16_guard_hit_shows_in_one_page)
{
	char *base = commit(4 * PAGE);

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(protect(base, 4 * PAGE, PAGE_READWRITE | PAGE_GUARD));
	EXPECT_GUARD_WRITE(base + PAGE);
	EXPECT_COMMITTED(base, base, PAGE, PAGE_READWRITE | PAGE_GUARD);
	EXPECT_COMMITTED(base + PAGE, base, PAGE, PAGE_READWRITE);
	EXPECT_COMMITTED(base + 2 * PAGE, base, 2 * PAGE, PAGE_READWRITE | PAGE_GUARD);
}

TEST(NQ_1_basic_information)
{
	MEMORY_BASIC_INFORMATION win32, native;
	char *base = commit(4 * PAGE);
	SIZE_T length = MARK;

	ASSERT_NE(NULL, base);
	memset(&win32, 0, sizeof(win32));
	memset(&native, 0, sizeof(native));
	EXPECT_EQ(48u, VirtualQuery(base + PAGE + 1, &win32, sizeof(win32)));
	EXPECT_STATUS(ST_SUCCESS, NtQueryVirtualMemory(NtCurrentProcess(), base + PAGE + 1,
						       MemoryBasicInformation, &native,
						       sizeof(native), &length));
	EXPECT_EQ(48u, length);
	EXPECT_EQ(0, memcmp(&win32, &native, sizeof(win32)));
	EXPECT_STATUS(ST_SUCCESS,
		      NtQueryVirtualMemory(NtCurrentProcess(), base, MemoryBasicInformation,
					   &native, sizeof(native), NULL));
	EXPECT_STATUS_INVALID(NtQueryVirtualMemory(NtCurrentProcess(), (void *)USER_END,
						   MemoryBasicInformation, &native, sizeof(native),
						   NULL));
}

TEST(NQ_12_unknown_class)
{
	char buffer[256];

	EXPECT_STATUS(ST_INVALID_INFO_CLASS,
		      NtQueryVirtualMemory(NtCurrentProcess(), FIXED, (MEMORY_INFORMATION_CLASS)99,
					   buffer, sizeof(buffer), NULL));
	EXPECT_EQ(87u, RtlNtStatusToDosError(ST_INVALID_INFO_CLASS));
}

VM_TEST_MAIN
