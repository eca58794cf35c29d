// SPDX-License-Identifier: GPL-2.0
/* VirtualAlloc2's parameters, NUMA nodes, and calls for applications (SPEC 4.1, NU-1, VX-13). */
#include <sys/prctl.h>
#include <sys/wait.h>

#include "vm.h"

#define RESERVE_COMMIT (MEM_RESERVE | MEM_COMMIT)

static MEM_EXTENDED_PARAMETER parameter(DWORD64 type, DWORD64 value)
{
	return (MEM_EXTENDED_PARAMETER){ .Type = type & 0xff, .ULong64 = value };
}

static MEM_EXTENDED_PARAMETER required(MEM_ADDRESS_REQUIREMENTS *requirements)
{
	return parameter(MemExtendedParameterAddressRequirements, (uintptr_t)requirements);
}

/* An allocation of pages with one parameter. */
static void *with(void *base, ULONG type, MEM_EXTENDED_PARAMETER one)
{
	return VirtualAlloc2(NULL, base, 4 * PAGE, type, PAGE_READWRITE, &one, 1);
}

static void *where(uintptr_t lowest, uintptr_t highest, SIZE_T alignment)
{
	MEM_ADDRESS_REQUIREMENTS requirements = { (void *)lowest, (void *)highest, alignment };

	return with(NULL, MEM_RESERVE, required(&requirements));
}

TEST(VX_1_no_process_is_the_own_one)
{
	char *base = VirtualAlloc2(NULL, NULL, PAGE, RESERVE_COMMIT, PAGE_READWRITE, NULL, 0);
	SIZE_T bytes = PAGE;
	PVOID nowhere = NULL;

	EXPECT_COMMITTED(base, base, PAGE, PAGE_READWRITE);
	EXPECT_WORKS(VirtualAlloc2(GetCurrentProcess(), NULL, PAGE, MEM_RESERVE, PAGE_READWRITE,
				   NULL, 0));
	EXPECT_STATUS(ST_INVALID_HANDLE,
		      NtAllocateVirtualMemoryEx(NULL, &nowhere, &bytes, MEM_RESERVE, PAGE_READWRITE,
						NULL, 0));
	EXPECT_EQ(NULL, nowhere);
	EXPECT_STATUS_INVALID(
		NtAllocateVirtualMemoryEx(NULL, &nowhere, &bytes, 0, PAGE_READWRITE, NULL, 0));
	EXPECT_FAILS(6, VirtualAlloc2((HANDLE)0x7777770, NULL, PAGE, MEM_RESERVE, PAGE_READWRITE,
				      NULL, 0));
}

TEST(VX_1_another_process)
{
	MEM_ADDRESS_REQUIREMENTS low = { .HighestEndingAddress = (void *)0x7fffffff };
	MEM_EXTENDED_PARAMETER one = required(&low);
	MEMORY_BASIC_INFORMATION region;
	pid_t pid = fork();
	HANDLE child;
	char *base;

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	child = OpenProcess(PROCESS_VM_OPERATION | PROCESS_QUERY_INFORMATION, FALSE, (DWORD)pid);
	ASSERT_NE(NULL, child);
	base = VirtualAlloc2(child, NULL, 2 * PAGE, MEM_RESERVE | MEM_RESERVE_PLACEHOLDER,
			     PAGE_NOACCESS, &one, 1);
	ASSERT_NE(NULL, base);
	EXPECT_GE((uintptr_t)0x7fffffff, (uintptr_t)base);
	EXPECT_WORKS(VirtualFreeEx(child, base, PAGE, MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER));
	EXPECT_EQ(base, VirtualAlloc2(child, base, PAGE, RESERVE_COMMIT | MEM_REPLACE_PLACEHOLDER,
				      PAGE_READWRITE, NULL, 0));
	EXPECT_WORKS(VirtualQueryEx(child, base, &region, sizeof(region)));
	EXPECT_EQ((DWORD)MEM_COMMIT, region.State);
	EXPECT_EQ(PAGE, region.RegionSize);
	EXPECT_WORKS(VirtualAllocExNuma(child, NULL, PAGE, MEM_RESERVE, PAGE_READWRITE, 0));
	EXPECT_EQ(0, kill(pid, SIGKILL));
	EXPECT_EQ(pid, waitpid(pid, NULL, 0));
	EXPECT_FAILS(5, VirtualAlloc2(child, NULL, PAGE, MEM_RESERVE, PAGE_READWRITE, NULL, 0));
}

TEST(VX_2_a_count_without_an_array)
{
	EXPECT_FAILS(87, VirtualAlloc2(NULL, NULL, PAGE, MEM_RESERVE, PAGE_READWRITE, NULL, 1));
	EXPECT_STATUS(ST_INVALID_PARAMETER, RtlGetLastNtStatus());
	EXPECT_FAILS(998,
		     VirtualAlloc2(NULL, NULL, PAGE, MEM_RESERVE, PAGE_READWRITE, (void *)8, 1));
}

TEST(VX_3_types_that_are_none_or_come_twice)
{
	MEM_EXTENDED_PARAMETER two[2] = { parameter(MemExtendedParameterNumaNode, 0),
					  parameter(MemExtendedParameterNumaNode, 0) };

	EXPECT_FAILS(87, with(NULL, MEM_RESERVE, parameter(0, 0)));
	for (DWORD64 type = MemExtendedParameterMax; type < 256; type++)
		EXPECT_FAILS(87, with(NULL, MEM_RESERVE, parameter(type, 0)));
	EXPECT_FAILS(87, VirtualAlloc2(NULL, NULL, PAGE, MEM_RESERVE, PAGE_READWRITE, two, 2));
	EXPECT_WORKS(VirtualAlloc2(NULL, NULL, PAGE, MEM_RESERVE, PAGE_READWRITE, two, 1));
	EXPECT_FAILS(87,
		     VirtualAlloc2(NULL, NULL, PAGE, MEM_RESERVE, PAGE_READWRITE, two, UINT32_MAX));
	/* What is not provided says so, unless an argument is wrong. */
	EXPECT_FAILS(50, with(NULL, MEM_RESERVE, parameter(3, 4)));
	EXPECT_FAILS(50, with(NULL, MEM_RESERVE, parameter(4, 4)));
	EXPECT_FAILS(87, with(NULL, 0, parameter(3, 4)));
}

TEST(VX_4_requirements_of_zero_are_none)
{
	MEM_ADDRESS_REQUIREMENTS none = { 0 };

	EXPECT_EQ(FIXED, with(FIXED, MEM_RESERVE, required(&none)));
	EXPECT_EQ(FIXED, with(FIXED, MEM_COMMIT, required(&none)));
	EXPECT_WORKS(with(NULL, MEM_RESERVE, required(&none)));
}

TEST(VX_5_requirements_go_with_no_base)
{
	MEM_ADDRESS_REQUIREMENTS wanted[] = {
		{ .LowestStartingAddress = (void *)0x10000 },
		{ .HighestEndingAddress = (void *)0x7fffffff },
		{ .Alignment = 0x10000 },
	};
	char *base = reserve(4 * PAGE);

	for (int i = 0; i < 3; i++) {
		EXPECT_FAILS(87, with(FIXED, MEM_RESERVE, required(&wanted[i])));
		EXPECT_FAILS(87, with(base, MEM_COMMIT, required(&wanted[i])));
		EXPECT_WORKS(with(NULL, MEM_COMMIT, required(&wanted[i])));
	}
	EXPECT_RESERVED(base, base, 4 * PAGE);
}

TEST(VX_6_alignment)
{
	for (SIZE_T alignment = 0x10000; alignment <= 0x40000000; alignment *= 2)
		EXPECT_EQ(0u, (uintptr_t)where(0, 0, alignment) % alignment);
	EXPECT_FAILS(87, where(0, 0, 0x8000));
	EXPECT_FAILS(87, where(0, 0, 0x30000));
	EXPECT_FAILS(87, where(0, 0, 1));
	EXPECT_FAILS(87, where(0, 0, SIZE_MAX));
	/* No address that large is a multiple. */
	EXPECT_FAILS(8, where(0, 0, (SIZE_T)1 << 63));
	EXPECT_FAILS(8, where(0, 0, (SIZE_T)1 << 47));
}

TEST(VX_7_lowest_address)
{
	EXPECT_LE((uintptr_t)0x300000000000, (uintptr_t)where(0x300000000000, 0, 0));
	EXPECT_FAILS(87, where(0x8000, 0, 0));
	EXPECT_FAILS(87, where(HIGHEST_ADDRESS + 1, 0, 0));
	EXPECT_FAILS(87, where(UINTPTR_MAX - 0xffff, 0, 0));
}

/* What a request with a low end had mapped does not divide the place of a later one. */
TEST(VX_8_a_narrow_request_leaves_the_rest_usable)
{
	MEM_ADDRESS_REQUIREMENTS wide = { .HighestEndingAddress = (void *)0x7ffff };
	MEM_EXTENDED_PARAMETER one = required(&wide);
	char *narrow = where(0, 0x1ffff, 0);

	if (!narrow)
		SKIP(return, "something is mapped below 128 KB");
	ASSERT_TRUE(release(narrow));
	EXPECT_WORKS(VirtualAlloc2(NULL, NULL, 0x68000, MEM_RESERVE, PAGE_READWRITE, &one, 1));
}

TEST(VX_8_highest_address)
{
	EXPECT_WORKS(where(0, HIGHEST_ADDRESS, 0));
	EXPECT_FAILS(87, where(0, HIGHEST_ADDRESS + 0x1000, 0));
	EXPECT_FAILS(87, where(0, 0x20000800, 0));
	EXPECT_FAILS(87, where(0, 0x20000000, 0));
	EXPECT_FAILS(87, where(0x20010000, 0x2000ffff, 0));
	EXPECT_FAILS(87, where(0x20010000, 0x2001, 0));
	EXPECT_FAILS(87, where(0, UINTPTR_MAX, 0));
}

TEST(VX_9_the_result_meets_them_all)
{
	const uintptr_t lowest = 0x200000400000, highest = 0x200000c00fff;
	unsigned int got = 0;
	uintptr_t base;

	while ((base = (uintptr_t)where(lowest, highest, 0x100000))) {
		EXPECT_LE(lowest, base);
		EXPECT_GE(highest, base + 4 * PAGE - 1);
		EXPECT_EQ(0u, base % 0x100000);
		got++;
	}
	/* One a megabyte; of the last there is a page. */
	EXPECT_EQ(8u, got);
	EXPECT_EQ(8u, GetLastError());
	EXPECT_STATUS(ST_NO_MEMORY, RtlGetLastNtStatus());
	EXPECT_WORKS(where(lowest, highest, 0));
}

TEST(VX_9_from_above)
{
	MEM_ADDRESS_REQUIREMENTS wanted = { (void *)0x200000400000, (void *)0x200000c0ffff, 0 };
	char *high = with(NULL, MEM_RESERVE | MEM_TOP_DOWN, required(&wanted));
	char *next = with(NULL, MEM_RESERVE | MEM_TOP_DOWN, required(&wanted));

	EXPECT_EQ((char *)0x200000c00000, high);
	EXPECT_EQ(high - GRANULARITY, next);
	EXPECT_EQ((char *)0x200000400000, with(NULL, MEM_RESERVE, required(&wanted)));
}

TEST(VX_10_attribute_flags)
{
	EXPECT_WORKS(with(NULL, MEM_RESERVE, parameter(MemExtendedParameterAttributeFlags, 0)));
	EXPECT_FAILS(87, with(NULL, MEM_RESERVE,
			      parameter(MemExtendedParameterAttributeFlags,
					MEM_EXTENDED_PARAMETER_EC_CODE)));
	EXPECT_FAILS(87, with(NULL, MEM_RESERVE,
			      parameter(MemExtendedParameterAttributeFlags, 0x8000)));
	EXPECT_FAILS(1314, with(NULL, MEM_RESERVE,
				parameter(MemExtendedParameterAttributeFlags,
					  MEM_EXTENDED_PARAMETER_NONPAGED)));
}

TEST(VX_11_node)
{
	ULONG highest = 77;

	ASSERT_TRUE(GetNumaHighestNodeNumber(&highest));
	EXPECT_WORKS(with(NULL, RESERVE_COMMIT, parameter(MemExtendedParameterNumaNode, highest)));
	EXPECT_FAILS(87,
		     with(NULL, MEM_RESERVE, parameter(MemExtendedParameterNumaNode, highest + 1)));
	EXPECT_FAILS(87,
		     with(NULL, MEM_RESERVE, parameter(MemExtendedParameterNumaNode, 0xfffffffe)));
	EXPECT_WORKS(with(NULL, MEM_RESERVE,
			  parameter(MemExtendedParameterNumaNode, NUMA_NO_PREFERRED_NODE)));
}

TEST(VX_12_a_base_is_a_multiple_of_64_kb)
{
	EXPECT_FAILS(87, VirtualAlloc2(NULL, FIXED + 0x4000, PAGE, MEM_RESERVE, PAGE_READWRITE,
				       NULL, 0));
	EXPECT_FAILS(87,
		     VirtualAlloc2(NULL, FIXED + 1, PAGE, RESERVE_COMMIT, PAGE_READWRITE, NULL, 0));
	EXPECT_FREE(FIXED, PAGE);
	EXPECT_EQ(FIXED,
		  VirtualAlloc2(NULL, FIXED, 4 * PAGE, MEM_RESERVE, PAGE_READWRITE, NULL, 0));
	/* VirtualAlloc2 gives the page that a commit began in. */
	EXPECT_EQ(FIXED + PAGE,
		  VirtualAlloc2(NULL, FIXED + PAGE, PAGE, MEM_COMMIT, PAGE_READWRITE, NULL, 0));
}

TEST(VX_13_applications_make_nothing_executable)
{
	static const ULONG executable[] = { PAGE_EXECUTE, PAGE_EXECUTE_READ, PAGE_EXECUTE_READWRITE,
					    PAGE_EXECUTE_WRITECOPY,
					    PAGE_EXECUTE_READ | PAGE_GUARD };
	char *base;

	for (size_t i = 0; i < sizeof(executable) / sizeof(executable[0]); i++) {
		EXPECT_FAILS(87, VirtualAllocFromApp(NULL, PAGE, RESERVE_COMMIT, executable[i]));
		EXPECT_FAILS(87, VirtualAlloc2FromApp(NULL, NULL, PAGE, RESERVE_COMMIT,
						      executable[i], NULL, 0));
	}
	EXPECT_WORKS(base = VirtualAllocFromApp(NULL, PAGE, RESERVE_COMMIT, PAGE_READWRITE));
	EXPECT_COMMITTED(base, base, PAGE, PAGE_READWRITE);
	EXPECT_WORKS(base = VirtualAlloc2FromApp(NULL, NULL, PAGE, RESERVE_COMMIT, PAGE_READONLY,
						 NULL, 0));
	EXPECT_COMMITTED(base, base, PAGE, PAGE_READONLY);
}

TEST(VA_54_the_node_does_not_matter_to_a_commit)
{
	char *base = reserve(4 * PAGE);

	EXPECT_EQ(base, with(base, MEM_COMMIT, parameter(MemExtendedParameterNumaNode, 0)));
	EXPECT_COMMITTED(base, base, 4 * PAGE, PAGE_READWRITE);
}

TEST(NU_1_the_node_must_be_there)
{
	HANDLE self = GetCurrentProcess();
	ULONG highest;

	EXPECT_WORKS(GetNumaHighestNodeNumber(&highest));
	EXPECT_FAILS(998, GetNumaHighestNodeNumber(NULL));
	EXPECT_WORKS(VirtualAllocExNuma(self, NULL, PAGE, MEM_RESERVE, PAGE_READWRITE, highest));
	EXPECT_WORKS(VirtualAllocExNuma(self, NULL, PAGE, RESERVE_COMMIT, PAGE_READWRITE,
					NUMA_NO_PREFERRED_NODE));
	EXPECT_FAILS(87, VirtualAllocExNuma(self, NULL, PAGE, MEM_RESERVE, PAGE_READWRITE,
					    highest + 1));
	EXPECT_FAILS(87, VirtualAllocExNuma(self, NULL, PAGE, MEM_RESERVE, PAGE_READWRITE, 4096));
}

/* It stays with the allocation, and leaves with it (NQ-4). */
TEST(NU_1_the_node_is_remembered)
{
	HANDLE self = GetCurrentProcess();
	char *base = VirtualAllocExNuma(self, NULL, PAGE, MEM_RESERVE, PAGE_READWRITE, 0);
	MEMORY_REGION_INFORMATION region;

	EXPECT_STATUS(ST_SUCCESS, NtQueryVirtualMemory(self, base, MemoryRegionInformation, &region,
						       sizeof(region), NULL));
	EXPECT_EQ(0u, region.NodePreference);
	EXPECT_STATUS(ST_SUCCESS, NtQueryVirtualMemory(self, reserve(PAGE), MemoryRegionInformation,
						       &region, sizeof(region), NULL));
	EXPECT_EQ(NUMA_NO_PREFERRED_NODE, region.NodePreference);
}

/* It travels in the low bits of the type, which VirtualAlloc does not let through. */
TEST(NU_1_the_node_in_the_type)
{
	ULONG highest;

	ASSERT_TRUE(GetNumaHighestNodeNumber(&highest));
	EXPECT_STATUS(ST_SUCCESS,
		      nt_allocate(NULL, 0, PAGE, MEM_RESERVE | 1, PAGE_READWRITE).status);
	if (highest < 61)
		EXPECT_STATUS_INVALID(
			nt_allocate(NULL, 0, PAGE, MEM_RESERVE | (highest + 2), PAGE_READWRITE)
				.status);
	EXPECT_WORKS(VirtualAlloc(NULL, PAGE, MEM_RESERVE | 0x3f, PAGE_READWRITE));
}

VM_TEST_MAIN
