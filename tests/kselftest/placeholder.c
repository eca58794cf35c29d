// SPDX-License-Identifier: GPL-2.0
/* Placeholders: made, split, joined, replaced, returned to (SPEC 4.2). */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "vm.h"

#define MAKE	       (MEM_RESERVE | MEM_RESERVE_PLACEHOLDER)
#define REPLACE	       (MEM_RESERVE | MEM_REPLACE_PLACEHOLDER)
#define REPLACE_COMMIT (REPLACE | MEM_COMMIT)
#define PRESERVE       (MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER)
#define COALESCE       (MEM_RELEASE | MEM_COALESCE_PLACEHOLDERS)

static char *alloc2(void *base, SIZE_T bytes, ULONG type, ULONG protection)
{
	return VirtualAlloc2(NULL, base, bytes, type, protection, NULL, 0);
}

static char *placeholder(SIZE_T bytes)
{
	return alloc2(NULL, bytes, MAKE, PAGE_NOACCESS);
}

/* Region information has a bit for placeholders (SPEC PH-2). */
static bool is_placeholder(const void *address, MEMORY_INFORMATION_CLASS class)
{
	MEMORY_REGION_INFORMATION region = { 0 };

	NtQueryVirtualMemory(NtCurrentProcess(), (void *)(uintptr_t)address, class, &region,
			     sizeof(region), NULL);
	return region.PlaceholderReservation;
}

/* A reservation that nothing has been done to, as far as a query can tell (SPEC PH-2). */
#define EXPECT_PLACEHOLDER(address, bytes)                                             \
	do {                                                                           \
		EXPECT_RESERVED(address, address, bytes);                              \
		EXPECT_EQ((DWORD)PAGE_NOACCESS, region_at(address).AllocationProtect); \
		EXPECT_EQ((DWORD)MEM_PRIVATE, region_at(address).Type);                \
	} while (0)

TEST(PH_1_made_with_noaccess_by_the_extended_call_only)
{
	char *base = placeholder(16 * PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_PLACEHOLDER(base, 16 * PAGE);
	EXPECT_EQ(0u, (uintptr_t)base % GRANULARITY);
	EXPECT_FAILS(87, alloc2(NULL, PAGE, MAKE, PAGE_READWRITE));
	EXPECT_STATUS_INVALID(RtlGetLastNtStatus());
	EXPECT_FAILS(87, alloc2(NULL, PAGE, MAKE | MEM_COMMIT, PAGE_NOACCESS));
	EXPECT_FAILS(87, alloc2(NULL, PAGE, MEM_RESERVE_PLACEHOLDER, PAGE_NOACCESS));
	EXPECT_FAILS(87, alloc2(FIXED, PAGE, MAKE | REPLACE, PAGE_NOACCESS));
	EXPECT_FAILS(87, VirtualAlloc(NULL, PAGE, MAKE, PAGE_NOACCESS));
	EXPECT_STATUS_INVALID(nt_allocate(NULL, 0, PAGE, MAKE, PAGE_NOACCESS).status);
	EXPECT_NTH(ST_SUCCESS, FIXED, 2 * PAGE,
		   nt_allocate_ex(FIXED, PAGE + 1, MAKE, PAGE_NOACCESS, NULL, 0));
}

TEST(PH_2_looks_like_a_reservation)
{
	uint64_t charge = counters().commit_bytes;
	char *base = placeholder(4 * PAGE);
	char *plain = VirtualAlloc(NULL, 4 * PAGE, MEM_RESERVE, PAGE_NOACCESS);
	MEMORY_BASIC_INFORMATION a = region_at(base), b = region_at(plain);

	b.BaseAddress = a.BaseAddress;
	b.AllocationBase = a.AllocationBase;
	EXPECT_EQ(0, memcmp(&a, &b, sizeof(a)));
	EXPECT_EQ(charge, counters().commit_bytes);
	EXPECT_VIOLATION_READ(base);
	EXPECT_VIOLATION_WRITE(base + PAGE);
	EXPECT_VIOLATION_EXECUTE(base);
	EXPECT_FAILS(487, VirtualProtect(base, PAGE, PAGE_READWRITE, &a.Protect));
	EXPECT_FAILS(998, VirtualLock(base, PAGE));
	/* Nothing is committed, so nothing is to decommit (VF-22). */
	EXPECT_WORKS(decommit(base, PAGE));
	EXPECT_PLACEHOLDER(base, 4 * PAGE);
}

TEST(PH_2_region_information_tells_it)
{
	static const MEMORY_INFORMATION_CLASS classes[] = { MemoryRegionInformation,
							    MemoryRegionInformationEx };

	for (int i = 0; i < 2; i++) {
		char *base = placeholder(4 * PAGE);

		EXPECT_TRUE(is_placeholder(base + PAGE, classes[i]));
		ASSERT_EQ(base, alloc2(base, 4 * PAGE, REPLACE, PAGE_READWRITE));
		EXPECT_FALSE(is_placeholder(base, classes[i]));
		EXPECT_WORKS(VirtualFree(base + PAGE, PAGE, PRESERVE));
		EXPECT_FALSE(is_placeholder(base, classes[i]));
		EXPECT_TRUE(is_placeholder(base + PAGE, classes[i]));
		EXPECT_FALSE(is_placeholder(reserve(PAGE), classes[i]));
	}
}

TEST(PH_3_nothing_is_reserved_over_it)
{
	ASSERT_EQ(FIXED, alloc2(FIXED, 2 * GRANULARITY, MAKE, PAGE_NOACCESS));
	EXPECT_FAILS(487, VirtualAlloc(FIXED, PAGE, MEM_RESERVE, PAGE_READWRITE));
	EXPECT_FAILS(487, alloc2(FIXED + GRANULARITY, PAGE, MEM_RESERVE, PAGE_READWRITE));
	EXPECT_FAILS(487, alloc2(FIXED, 2 * GRANULARITY, MAKE, PAGE_NOACCESS));
	EXPECT_STATUS(ST_CONFLICTING_ADDRESSES, RtlGetLastNtStatus());
	EXPECT_PLACEHOLDER(FIXED, 2 * GRANULARITY);
}

TEST(PH_4_nothing_is_committed_in_it)
{
	char *base = placeholder(4 * PAGE);

	EXPECT_FAILS(487, VirtualAlloc(base, PAGE, MEM_COMMIT, PAGE_READWRITE));
	EXPECT_FAILS(487, alloc2(base, 4 * PAGE, MEM_COMMIT, PAGE_READWRITE));
	EXPECT_STATUS(ST_CONFLICTING_ADDRESSES, RtlGetLastNtStatus());
	EXPECT_PLACEHOLDER(base, 4 * PAGE);
}

TEST(PH_5_exactly_one_is_replaced)
{
	char *base = placeholder(8 * PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_FAILS(87, alloc2(base, 8 * PAGE, MEM_REPLACE_PLACEHOLDER, PAGE_READWRITE));
	EXPECT_FAILS(87,
		     alloc2(base, 8 * PAGE, MEM_REPLACE_PLACEHOLDER | MEM_COMMIT, PAGE_READWRITE));
	EXPECT_FAILS(87, alloc2(NULL, 8 * PAGE, REPLACE, PAGE_READWRITE));
	EXPECT_FAILS(487, alloc2(base, 7 * PAGE, REPLACE, PAGE_READWRITE));
	EXPECT_FAILS(487, alloc2(base, 9 * PAGE, REPLACE, PAGE_READWRITE));
	EXPECT_FAILS(487, alloc2(base + PAGE, 7 * PAGE, REPLACE, PAGE_READWRITE));
	EXPECT_FAILS(487, alloc2(FIXED, PAGE, REPLACE, PAGE_READWRITE));
	EXPECT_PLACEHOLDER(base, 8 * PAGE);
	EXPECT_EQ(base, alloc2(base, 8 * PAGE, REPLACE, PAGE_READWRITE));
	EXPECT_RESERVED(base, base, 8 * PAGE);
	EXPECT_EQ((DWORD)PAGE_READWRITE, region_at(base).AllocationProtect);
	EXPECT_WORKS(commit_at(base + PAGE, PAGE, PAGE_READWRITE));
	/* What has replaced one is none. */
	EXPECT_FAILS(487, alloc2(base, 8 * PAGE, REPLACE, PAGE_READWRITE));
	EXPECT_STATUS(ST_CONFLICTING_ADDRESSES, RtlGetLastNtStatus());
}

/* Old content never returns. */
TEST(PH_6_what_replaces_is_fresh)
{
	char *base = placeholder(4 * PAGE);
	uint64_t charge = counters().commit_bytes;

	for (int round = 0; round < 3; round++) {
		ASSERT_EQ(base, alloc2(base, 4 * PAGE, REPLACE_COMMIT, PAGE_READWRITE));
		EXPECT_COMMITTED(base, base, 4 * PAGE, PAGE_READWRITE);
		EXPECT_EQ(charge + 4 * PAGE, counters().commit_bytes);
		for (SIZE_T i = 0; i < 4; i++) {
			EXPECT_READS(0, base + i * PAGE);
			EXPECT_WRITES(base + i * PAGE, 0x5a);
		}
		EXPECT_WORKS(VirtualFree(base, 4 * PAGE, PRESERVE));
		EXPECT_EQ(charge, counters().commit_bytes);
	}
}

TEST(PH_6_writes_can_be_watched)
{
	char *base = placeholder(4 * PAGE);
	ULONG_PTR count = 4;
	DWORD granularity;
	PVOID pages[4];

	ASSERT_EQ(base, alloc2(base, 4 * PAGE, REPLACE_COMMIT | MEM_WRITE_WATCH, PAGE_READWRITE));
	EXPECT_WRITES(base + 2 * PAGE, 1);
	EXPECT_EQ(0u, GetWriteWatch(0, base, 4 * PAGE, pages, &count, &granularity));
	EXPECT_EQ(1u, count);
	EXPECT_EQ(base + 2 * PAGE, pages[0]);
	/* The next one watches nothing. */
	EXPECT_WORKS(VirtualFree(base, 4 * PAGE, PRESERVE));
	ASSERT_EQ(base, alloc2(base, 4 * PAGE, REPLACE_COMMIT, PAGE_READWRITE));
	EXPECT_EQ(~0u, GetWriteWatch(0, base, 4 * PAGE, pages, &count, &granularity));
}

TEST(PH_6_executable_pages_and_guards_go_with_what_they_were)
{
	char *base = placeholder(4 * PAGE);

	ASSERT_EQ(base, alloc2(base, 4 * PAGE, REPLACE_COMMIT, PAGE_EXECUTE_READWRITE));
	EXPECT_WRITES(base, 0xc3);
	EXPECT_EXECUTES(base);
	EXPECT_WORKS(protect(base + PAGE, PAGE, PAGE_READWRITE | PAGE_GUARD));
	EXPECT_WORKS(VirtualFree(base, 4 * PAGE, PRESERVE));
	EXPECT_VIOLATION_EXECUTE(base);
	EXPECT_VIOLATION_READ(base + PAGE);
	ASSERT_EQ(base, alloc2(base, 4 * PAGE, REPLACE_COMMIT, PAGE_READWRITE));
	EXPECT_VIOLATION_EXECUTE(base);
	EXPECT_READS(0, base + PAGE);
}

TEST(PH_7_a_replaced_one_returns)
{
	char *base = placeholder(8 * PAGE);

	ASSERT_EQ(base, alloc2(base, 8 * PAGE, REPLACE_COMMIT, PAGE_READWRITE));
	EXPECT_WORKS(VirtualFree(base, 8 * PAGE, PRESERVE));
	EXPECT_PLACEHOLDER(base, 8 * PAGE);
	EXPECT_VIOLATION_READ(base);
	EXPECT_FAILS(487, commit_at(base, PAGE, PAGE_READWRITE));
	EXPECT_WORKS(release(base));
	EXPECT_FREE(base, 8 * PAGE);
}

TEST(PH_7_a_part_of_a_replaced_one_returns)
{
	uint64_t charge = counters().commit_bytes;
	char *base = placeholder(8 * PAGE);

	ASSERT_EQ(base, alloc2(base, 8 * PAGE, REPLACE_COMMIT, PAGE_READWRITE));
	for (SIZE_T i = 0; i < 8; i++)
		EXPECT_WRITES(base + i * PAGE, 1 + i);
	EXPECT_NTH(ST_SUCCESS, base + 2 * PAGE, 3 * PAGE,
		   nt_free(base + 2 * PAGE + 1, 3 * PAGE - 1, PRESERVE));
	EXPECT_COMMITTED(base, base, 2 * PAGE, PAGE_READWRITE);
	EXPECT_PLACEHOLDER(base + 2 * PAGE, 3 * PAGE);
	EXPECT_COMMITTED(base + 5 * PAGE, base + 5 * PAGE, 3 * PAGE, PAGE_READWRITE);
	EXPECT_READS(2, base + PAGE);
	EXPECT_READS(6, base + 5 * PAGE);
	EXPECT_EQ(charge + 5 * PAGE, counters().commit_bytes);
	EXPECT_WORKS(release(base));
	EXPECT_WORKS(release(base + 2 * PAGE));
	EXPECT_EQ(charge + 3 * PAGE, counters().commit_bytes);
	EXPECT_WORKS(VirtualFree(base + 5 * PAGE, 3 * PAGE, PRESERVE));
	EXPECT_EQ(charge, counters().commit_bytes);
	EXPECT_WORKS(release(base + 5 * PAGE));
}

TEST(PH_7_locked_pages_are_unlocked)
{
	char *base = placeholder(4 * PAGE);

	ASSERT_EQ(base, alloc2(base, 4 * PAGE, REPLACE_COMMIT, PAGE_READWRITE));
	EXPECT_WORKS(VirtualLock(base, 4 * PAGE));
	EXPECT_WORKS(VirtualFree(base, 4 * PAGE, PRESERVE));
	ASSERT_EQ(base, alloc2(base, 4 * PAGE, REPLACE_COMMIT, PAGE_READWRITE));
	EXPECT_FAILS(158, VirtualUnlock(base, 4 * PAGE));
}

TEST(PH_8_what_never_was_one_does_not_return)
{
	char *base = commit(8 * PAGE);

	EXPECT_FAILS(487, VirtualFree(base, 8 * PAGE, PRESERVE));
	EXPECT_FAILS(487, VirtualFree(base, PAGE, PRESERVE));
	EXPECT_NTH(ST_CONFLICTING_ADDRESSES, base, 8 * PAGE, nt_free(base, 8 * PAGE, PRESERVE));
	EXPECT_COMMITTED(base, base, 8 * PAGE, PAGE_READWRITE);
	EXPECT_FAILS(487, VirtualFree(FIXED, PAGE, PRESERVE));
	EXPECT_FAILS(87, VirtualFree(base, 9 * PAGE, PRESERVE));
	EXPECT_STATUS(ST_UNABLE_TO_FREE_VM, RtlGetLastNtStatus());
}

TEST(PH_9_split_at_page_granularity)
{
	char *base = placeholder(0x40000);
	uint64_t vads = counters().vads;

	/* A middle of 16 KB, a head, a tail. */
	EXPECT_NTH(ST_SUCCESS, base + 0x14000, 0x4000, nt_free(base + 0x14000, 0x4000, PRESERVE));
	EXPECT_PLACEHOLDER(base, 0x14000);
	EXPECT_PLACEHOLDER(base + 0x14000, 0x4000);
	EXPECT_PLACEHOLDER(base + 0x18000, 0x28000);
	EXPECT_EQ(vads + 2, counters().vads);
	EXPECT_WORKS(VirtualFree(base, PAGE, PRESERVE));
	EXPECT_PLACEHOLDER(base, PAGE);
	EXPECT_PLACEHOLDER(base + PAGE, 0x13000);
	EXPECT_WORKS(VirtualFree(base + 0x3f000, PAGE, PRESERVE));
	EXPECT_PLACEHOLDER(base + 0x18000, 0x27000);
	EXPECT_PLACEHOLDER(base + 0x3f000, PAGE);
	EXPECT_EQ(vads + 4, counters().vads);
	/* Each can be replaced by itself. */
	EXPECT_EQ(base + 0x14000, alloc2(base + 0x14000, 0x4000, REPLACE_COMMIT, PAGE_READWRITE));
	EXPECT_WRITES(base + 0x14000, 1);
	EXPECT_VIOLATION_READ(base + 0x13fff);
	EXPECT_VIOLATION_READ(base + 0x18000);
}

TEST(PH_10_all_of_it_is_no_split)
{
	char *base = placeholder(4 * PAGE);

	EXPECT_FAILS(487, VirtualFree(base, 4 * PAGE, PRESERVE));
	EXPECT_STATUS(ST_CONFLICTING_ADDRESSES, RtlGetLastNtStatus());
	EXPECT_PLACEHOLDER(base, 4 * PAGE);
}

TEST(PH_11_no_size_0)
{
	char *base = placeholder(4 * PAGE);

	EXPECT_FAILS(87, VirtualFree(base, 0, PRESERVE));
	EXPECT_FAILS(87, VirtualFree(base, 0, COALESCE));
	EXPECT_STATUS_INVALID(nt_free(base, 0, PRESERVE).status);
	EXPECT_STATUS_INVALID(nt_free(base, 0, COALESCE).status);
	EXPECT_PLACEHOLDER(base, 4 * PAGE);
}

TEST(PH_12_only_with_release)
{
	char *base = placeholder(4 * PAGE);

	EXPECT_FAILS(87, VirtualFree(base, PAGE, MEM_COALESCE_PLACEHOLDERS));
	EXPECT_FAILS(87, VirtualFree(base, PAGE, MEM_PRESERVE_PLACEHOLDER));
	EXPECT_FAILS(87, VirtualFree(base, PAGE, MEM_DECOMMIT | MEM_COALESCE_PLACEHOLDERS));
	EXPECT_FAILS(87, VirtualFree(base, PAGE, PRESERVE | COALESCE));
	EXPECT_PLACEHOLDER(base, 4 * PAGE);
}

TEST(PH_13_two_or_more_become_one)
{
	char *base = placeholder(16 * PAGE);
	uint64_t vads = counters().vads;

	for (SIZE_T i = 0; i < 3; i++)
		EXPECT_WORKS(VirtualFree(base + i * 4 * PAGE, 4 * PAGE, PRESERVE));
	EXPECT_EQ(vads + 3, counters().vads);
	/* One, a page more or less, shifted, none at all. */
	EXPECT_FAILS(487, VirtualFree(base, 4 * PAGE, COALESCE));
	EXPECT_FAILS(487, VirtualFree(base, 9 * PAGE, COALESCE));
	EXPECT_FAILS(487, VirtualFree(base, 7 * PAGE, COALESCE));
	EXPECT_FAILS(487, VirtualFree(base + PAGE, 7 * PAGE, COALESCE));
	EXPECT_FAILS(487, VirtualFree(base + 12 * PAGE, 5 * PAGE, COALESCE));
	EXPECT_FAILS(487, VirtualFree(FIXED, 4 * PAGE, COALESCE));
	EXPECT_WORKS(VirtualFree(base, 8 * PAGE, COALESCE));
	EXPECT_PLACEHOLDER(base, 8 * PAGE);
	EXPECT_NTH(ST_SUCCESS, base, 16 * PAGE, nt_free(base, 16 * PAGE, COALESCE));
	EXPECT_PLACEHOLDER(base, 16 * PAGE);
	EXPECT_EQ(vads, counters().vads);
	EXPECT_EQ(base, alloc2(base, 16 * PAGE, REPLACE_COMMIT, PAGE_READWRITE));
}

TEST(PH_13_not_over_a_hole_or_a_replaced_one)
{
	char *base = placeholder(12 * PAGE);

	EXPECT_WORKS(VirtualFree(base + 4 * PAGE, 4 * PAGE, PRESERVE));
	ASSERT_EQ(base + 4 * PAGE,
		  alloc2(base + 4 * PAGE, 4 * PAGE, REPLACE_COMMIT, PAGE_READWRITE));
	EXPECT_FAILS(487, VirtualFree(base, 12 * PAGE, COALESCE));
	EXPECT_FAILS(487, VirtualFree(base, 8 * PAGE, COALESCE));
	EXPECT_FAILS(487, VirtualFree(base + 4 * PAGE, 8 * PAGE, COALESCE));
	EXPECT_WRITES(base + 4 * PAGE, 1);
	EXPECT_WORKS(release(base + 4 * PAGE));
	EXPECT_FAILS(487, VirtualFree(base, 12 * PAGE, COALESCE));
	EXPECT_PLACEHOLDER(base, 4 * PAGE);
	EXPECT_PLACEHOLDER(base + 8 * PAGE, 4 * PAGE);
}

TEST(PH_14_a_plain_release_of_several_fails)
{
	char *base = placeholder(8 * PAGE);

	EXPECT_WORKS(VirtualFree(base, 4 * PAGE, PRESERVE));
	EXPECT_STATUS(ST_UNABLE_TO_FREE_VM, nt_free(base, 8 * PAGE, MEM_RELEASE).status);
	EXPECT_STATUS(ST_UNABLE_TO_FREE_VM, nt_free(base + PAGE, 4 * PAGE, MEM_RELEASE).status);
	EXPECT_PLACEHOLDER(base, 4 * PAGE);
	EXPECT_PLACEHOLDER(base + 4 * PAGE, 4 * PAGE);
}

TEST(PH_15_a_plain_release_of_one_or_a_part_frees)
{
	char *base = placeholder(8 * PAGE);

	EXPECT_NTH(ST_SUCCESS, base + 2 * PAGE, PAGE, nt_free(base + 2 * PAGE, PAGE, MEM_RELEASE));
	EXPECT_FREE(base + 2 * PAGE, PAGE);
	EXPECT_PLACEHOLDER(base, 2 * PAGE);
	EXPECT_PLACEHOLDER(base + 3 * PAGE, 5 * PAGE);
	EXPECT_WORKS(release(base));
	EXPECT_FREE(base, 3 * PAGE);
	/* What is left is still one. */
	EXPECT_EQ(base + 3 * PAGE,
		  alloc2(base + 3 * PAGE, 5 * PAGE, REPLACE_COMMIT, PAGE_READWRITE));
	EXPECT_WORKS(release(base + 3 * PAGE));
	EXPECT_FREE(base, 8 * PAGE);
}

TEST(PH_16_release_of_what_was_freed)
{
	char *base = placeholder(8 * PAGE);

	EXPECT_WORKS(VirtualFree(base, 4 * PAGE, PRESERVE));
	EXPECT_WORKS(release(base));
	EXPECT_FAILS(487, release(base));
	EXPECT_STATUS(ST_MEMORY_NOT_ALLOCATED, RtlGetLastNtStatus());
	EXPECT_WORKS(release(base + 4 * PAGE));
}

TEST(PH_19_no_large_pages_and_no_node)
{
	MEM_EXTENDED_PARAMETER node = { .Type = MemExtendedParameterNumaNode };

	EXPECT_FAILS(87,
		     alloc2(NULL, 0x200000, MAKE | MEM_COMMIT | MEM_LARGE_PAGES, PAGE_NOACCESS));
	EXPECT_FAILS(87, VirtualAlloc2(NULL, NULL, PAGE, MAKE, PAGE_NOACCESS, &node, 1));
	ASSERT_EQ(FIXED, alloc2(FIXED, 0x200000, MAKE, PAGE_NOACCESS));
	EXPECT_FAILS(87, alloc2(FIXED, 0x200000, REPLACE_COMMIT | MEM_LARGE_PAGES, PAGE_READWRITE));
	EXPECT_PLACEHOLDER(FIXED, 0x200000);
}

TEST(PH_20_the_64_kb_rule_stays)
{
	ASSERT_EQ(FIXED, alloc2(FIXED, GRANULARITY, MAKE, PAGE_NOACCESS));
	EXPECT_WORKS(VirtualFree(FIXED + 0x4000, 0x4000, PRESERVE));
	EXPECT_WORKS(release(FIXED + 0x4000));
	EXPECT_FREE(FIXED + 0x4000, 0x4000);
	/* Rounded down to 64 KB it meets the piece in front; unrounded it is refused (VX-12). */
	EXPECT_FAILS(487, VirtualAlloc(FIXED + 0x4000, 0x4000, MEM_RESERVE, PAGE_READWRITE));
	EXPECT_FAILS(87, alloc2(FIXED + 0x4000, 0x4000, MEM_RESERVE, PAGE_READWRITE));
	EXPECT_FAILS(487, alloc2(FIXED + 0x4000, 0x4000, REPLACE, PAGE_READWRITE));
	EXPECT_WORKS(release(FIXED));
	EXPECT_EQ(FIXED, alloc2(FIXED, 0x8000, MEM_RESERVE, PAGE_READWRITE));
}

TEST(PH_9_ten_thousand_pieces_and_back)
{
	const SIZE_T pieces = 10000;
	uint64_t vads = counters().vads, virtual = counters().virtual_bytes;
	char *base = placeholder(pieces * PAGE);

	ASSERT_NE(NULL, base);
	for (SIZE_T i = 1; i < pieces; i++)
		ASSERT_TRUE(VirtualFree(base + (i - 1) * PAGE, PAGE, PRESERVE));
	EXPECT_EQ(vads + pieces, counters().vads);
	EXPECT_EQ(virtual + pieces * PAGE, counters().virtual_bytes);
	EXPECT_PLACEHOLDER(base + 4321 * PAGE, PAGE);
	EXPECT_WORKS(VirtualFree(base, pieces * PAGE, COALESCE));
	EXPECT_PLACEHOLDER(base, pieces * PAGE);
	EXPECT_EQ(vads + 1, counters().vads);
	EXPECT_WORKS(release(base));
	EXPECT_EQ(virtual, counters().virtual_bytes);
}

/* A commit that the limit forbids leaves the placeholder what it was (G-5). */
TEST(PH_6_a_refused_commit_leaves_the_placeholder)
{
	SIZE_T bytes = (SIZE_T)counters().system_commit_limit_bytes * 2;
	char *base = placeholder(bytes);

	ASSERT_NE(NULL, base);
	EXPECT_FAILS(1455, alloc2(base, bytes, REPLACE_COMMIT, PAGE_READWRITE));
	EXPECT_PLACEHOLDER(base, bytes);
	EXPECT_FAILS(487, commit_at(base, PAGE, PAGE_READWRITE));
	EXPECT_EQ(base, alloc2(base, bytes, REPLACE, PAGE_READWRITE));
}

/* What Linux maps over one is not ours to replace; when it is gone it is again. */
TEST(PH_5_not_what_linux_has_mapped_over)
{
	char *base = placeholder(4 * PAGE);

	ASSERT_EQ(base + PAGE, mmap(base + PAGE, PAGE, PROT_READ,
				    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	EXPECT_FAILS(487, alloc2(base, 4 * PAGE, REPLACE_COMMIT, PAGE_READWRITE));
	ASSERT_EQ(0, munmap(base + PAGE, PAGE));
	EXPECT_EQ(base, alloc2(base, 4 * PAGE, REPLACE_COMMIT, PAGE_READWRITE));
	EXPECT_WRITES(base + PAGE, 1);
	/* A hole is mapped again. */
	ASSERT_EQ(0, munmap(base, 4 * PAGE));
	EXPECT_WORKS(VirtualFree(base + PAGE, PAGE, PRESERVE));
	EXPECT_EQ(base + PAGE, alloc2(base + PAGE, PAGE, REPLACE_COMMIT, PAGE_READWRITE));
	EXPECT_READS(0, base + PAGE);
	EXPECT_WRITES(base + 2 * PAGE, 1);
}

#define RACERS 4
#define ROUNDS 300

static struct {
	char *base;
	atomic_uint replaced;
	pthread_barrier_t start;
} race;

/* All try to replace the same placeholder; one returns it in the end. */
static void *replace_the_same(void *unused)
{
	(void)unused;
	for (int round = 0; round < ROUNDS; round++) {
		char *mine;

		pthread_barrier_wait(&race.start);
		mine = alloc2(race.base, 4 * PAGE, REPLACE_COMMIT, PAGE_READWRITE);
		if (mine) {
			atomic_fetch_add(&race.replaced, mine[PAGE] == 0);
			mine[PAGE] = 1;
		}
		pthread_barrier_wait(&race.start);
		if (mine && !VirtualFree(mine, 4 * PAGE, PRESERVE))
			atomic_fetch_add(&race.replaced, 1000000);
	}
	return NULL;
}

TEST(PH_5_one_of_many_threads_replaces)
{
	pthread_t racers[RACERS];

	race.base = placeholder(4 * PAGE);
	ASSERT_EQ(0, pthread_barrier_init(&race.start, NULL, RACERS));
	for (int i = 0; i < RACERS; i++)
		ASSERT_EQ(0, pthread_create(&racers[i], NULL, replace_the_same, NULL));
	for (int i = 0; i < RACERS; i++)
		EXPECT_EQ(0, pthread_join(racers[i], NULL));
	EXPECT_EQ((unsigned int)ROUNDS, race.replaced);
	EXPECT_PLACEHOLDER(race.base, 4 * PAGE);
}

/* Splits pieces of its own quarter off, and joins what it can. */
static void *split_and_join(void *argument)
{
	char *mine = race.base + (uintptr_t)argument * 64 * PAGE;

	for (SIZE_T round = 0; round < ROUNDS; round++) {
		SIZE_T first = round * 7 % 64, pages = 1 + round % 5;

		VirtualFree(mine + first * PAGE, pages * PAGE, PRESERVE);
		VirtualFree(mine + (first & ~(SIZE_T)7) * PAGE, 8 * PAGE, COALESCE);
		VirtualFree(mine, 128 * PAGE, COALESCE);
	}
	return NULL;
}

/* Whatever came of it, all is still placeholders, and joins to one. */
TEST(PH_13_threads_that_split_and_join)
{
	uint64_t vads = counters().vads;
	pthread_t racers[RACERS];

	race.base = placeholder(RACERS * 64 * PAGE);
	for (uintptr_t i = 0; i < RACERS; i++)
		ASSERT_EQ(0, pthread_create(&racers[i], NULL, split_and_join, (void *)i));
	for (int i = 0; i < RACERS; i++)
		EXPECT_EQ(0, pthread_join(racers[i], NULL));
	/* At least two there must be. */
	VirtualFree(race.base, PAGE, PRESERVE);
	EXPECT_WORKS(VirtualFree(race.base, RACERS * 64 * PAGE, COALESCE));
	EXPECT_PLACEHOLDER(race.base, RACERS * 64 * PAGE);
	EXPECT_EQ(vads + 1, counters().vads);
}

VM_TEST_MAIN
