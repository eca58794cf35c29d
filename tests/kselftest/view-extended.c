// SPDX-License-Identifier: GPL-2.0
/* MapViewOfFile3's and CreateFileMapping2's parameters, nodes, calls for applications (SE-24). */
#include "section.h"
#include "target.h"

#define PAGES 16
#define MAKE  (MEM_RESERVE | MEM_RESERVE_PLACEHOLDER)

static MEM_EXTENDED_PARAMETER parameter(DWORD64 type, DWORD64 value)
{
	return (MEM_EXTENDED_PARAMETER){ .Type = type & 0xff, .ULong64 = value };
}

static MEM_EXTENDED_PARAMETER required(MEM_ADDRESS_REQUIREMENTS *requirements)
{
	return parameter(MemExtendedParameterAddressRequirements, (uintptr_t)requirements);
}

static HANDLE section; /* of PAGES pages */

FIXTURE(extended)
{};

FIXTURE_SETUP(extended)
{
	section = mapping(PAGE_READWRITE, PAGES * PAGE);
	ASSERT_NE(NULL, section);
}

FIXTURE_TEARDOWN(extended)
{
	CloseHandle(section);
}

/* A view with parameters. */
static void *with_all(void *base, MEM_EXTENDED_PARAMETER *parameters, ULONG count)
{
	return MapViewOfFile3(section, NULL, base, 0, 0, 0, PAGE_READWRITE, parameters, count);
}

static void *with(void *base, MEM_EXTENDED_PARAMETER one)
{
	return with_all(base, &one, 1);
}

static void *where(uintptr_t lowest, uintptr_t highest, SIZE_T alignment)
{
	MEM_ADDRESS_REQUIREMENTS requirements = { (void *)lowest, (void *)highest, alignment };

	return with(NULL, required(&requirements));
}

static ULONG node_at(const void *address)
{
	MEMORY_REGION_INFORMATION region = { 0 };

	NtQueryVirtualMemory(NtCurrentProcess(), (void *)(uintptr_t)address,
			     MemoryRegionInformation, &region, sizeof(region), NULL);
	return (ULONG)region.NodePreference;
}

static ULONG highest_node(void)
{
	ULONG highest = 77;

	return GetNumaHighestNodeNumber(&highest) ? highest : 77;
}

TEST_F(extended, SE_24_no_process_is_the_own_one)
{
	PVOID base = NULL;
	SIZE_T bytes = 0;
	char *view;

	EXPECT_WORKS(view = with_all(NULL, NULL, 0));
	EXPECT_COMMITTED(view, view, PAGES * PAGE, PAGE_READWRITE);
	EXPECT_EQ((DWORD)MEM_MAPPED, region_at(view).Type);
	EXPECT_WORKS(MapViewOfFile3(section, GetCurrentProcess(), NULL, 0, 0, 0, PAGE_READONLY,
				    NULL, 0));
	EXPECT_STATUS(ST_INVALID_HANDLE, NtMapViewOfSectionEx(section, NULL, &base, NULL, &bytes, 0,
							      PAGE_READWRITE, NULL, 0));
	EXPECT_FAILS(6, MapViewOfFile3(section, (HANDLE)0x7777770, NULL, 0, 0, 0, PAGE_READWRITE,
				       NULL, 0));
	EXPECT_FAILS(6, MapViewOfFile3(NULL, NULL, NULL, 0, 0, 0, PAGE_READWRITE, NULL, 0));
}

TEST_F(extended, SE_24_parameters_that_come_back)
{
	LARGE_INTEGER offset = { .QuadPart = (LONGLONG)GRANULARITY };
	HANDLE big = mapping(PAGE_READWRITE, 3 * GRANULARITY);
	PVOID base = NULL, none = NULL;
	SIZE_T bytes = PAGE + 1, refused = PAGE;

	EXPECT_STATUS(ST_SUCCESS, NtMapViewOfSectionEx(big, NtCurrentProcess(), &base, &offset,
						       &bytes, 0, PAGE_READWRITE, NULL, 0));
	EXPECT_EQ(2 * PAGE, bytes);
	EXPECT_COMMITTED(base, base, 2 * PAGE, PAGE_READWRITE);
	EXPECT_WRITES(MapViewOfFile(big, FILE_MAP_WRITE, 0, (DWORD)GRANULARITY, 0), 7);
	EXPECT_READS(7, base);
	offset.QuadPart = 1;
	EXPECT_STATUS(ST_MAPPED_ALIGNMENT,
		      NtMapViewOfSectionEx(big, NtCurrentProcess(), &none, &offset, &refused, 0,
					   PAGE_READWRITE, NULL, 0));
	EXPECT_EQ(NULL, none);
	EXPECT_EQ(PAGE, refused);
	EXPECT_STATUS(ST_ACCESS_VIOLATION,
		      NtMapViewOfSectionEx(big, NtCurrentProcess(), NULL, NULL, &refused, 0,
					   PAGE_READWRITE, NULL, 0));
	EXPECT_STATUS(ST_ACCESS_VIOLATION,
		      NtMapViewOfSectionEx(big, NtCurrentProcess(), &none, NULL, NULL, 0,
					   PAGE_READWRITE, NULL, 0));
}

TEST_F(extended, SE_24_VX_2_a_count_without_an_array)
{
	EXPECT_FAILS(87, with_all(NULL, NULL, 1));
	EXPECT_STATUS(ST_INVALID_PARAMETER, RtlGetLastNtStatus());
	EXPECT_FAILS(998, with_all(NULL, (void *)8, 1));
}

TEST_F(extended, SE_24_VX_3_types_that_are_none_or_come_twice)
{
	MEM_EXTENDED_PARAMETER two[2] = { parameter(MemExtendedParameterNumaNode, 0),
					  parameter(MemExtendedParameterNumaNode, 0) };

	EXPECT_FAILS(87, with(NULL, parameter(0, 0)));
	for (DWORD64 type = MemExtendedParameterMax; type < 256; type++)
		EXPECT_FAILS(87, with(NULL, parameter(type, 0)));
	EXPECT_FAILS(87, with_all(NULL, two, 2));
	EXPECT_FAILS(87, with_all(NULL, two, UINT32_MAX));
	EXPECT_WORKS(with_all(NULL, two, 1));
	EXPECT_FAILS(50, with(NULL, parameter(MemExtendedParameterPartitionHandle, 4)));
	/* For images only. */
	EXPECT_FAILS(87, with(NULL, parameter(MemExtendedParameterImageMachine, 0x8664)));
}

TEST_F(extended, SE_24_VX_4_requirements_of_zero_are_none)
{
	MEM_ADDRESS_REQUIREMENTS none = { 0 };

	EXPECT_EQ(FIXED, with(FIXED, required(&none)));
	EXPECT_WORKS(with(NULL, required(&none)));
}

TEST_F(extended, SE_24_VX_5_requirements_go_with_no_base)
{
	MEM_ADDRESS_REQUIREMENTS wanted[] = {
		{ .LowestStartingAddress = (void *)0x10000 },
		{ .HighestEndingAddress = (void *)0x7fffffff },
	};
	char *place = VirtualAlloc2(NULL, NULL, PAGES * PAGE, MAKE, PAGE_NOACCESS, NULL, 0);

	for (int i = 0; i < 2; i++) {
		MEM_EXTENDED_PARAMETER one = required(&wanted[i]);

		EXPECT_FAILS(87, with(FIXED, one));
		EXPECT_FAILS(87, MapViewOfFile3(section, NULL, place, 0, 0, MEM_REPLACE_PLACEHOLDER,
						PAGE_READWRITE, &one, 1));
		EXPECT_WORKS(with(NULL, one));
	}
	EXPECT_FREE(FIXED, PAGE);
	EXPECT_RESERVED(place, place, PAGES * PAGE);
}

/* Unlike VX-6, whatever the documentation says. */
TEST_F(extended, SE_24_no_alignment_at_all)
{
	for (unsigned int bit = 0; bit < 64; bit++)
		EXPECT_FAILS(87, where(0, 0, (SIZE_T)1 << bit));
	EXPECT_FAILS(87, where(0, 0, 0x30000));
	EXPECT_FAILS(87, where(0x300000000000, 0, GRANULARITY));
	EXPECT_WORKS(where(0, 0, 0));
}

TEST_F(extended, SE_24_VX_7_lowest_address)
{
	EXPECT_LE((uintptr_t)0x300000000000, (uintptr_t)where(0x300000000000, 0, 0));
	EXPECT_FAILS(87, where(0x8000, 0, 0));
	EXPECT_FAILS(87, where(0x300000001000, 0, 0));
	EXPECT_FAILS(87, where(HIGHEST_ADDRESS + 1, 0, 0));
	EXPECT_FAILS(87, where(UINTPTR_MAX - 0xffff, 0, 0));
}

TEST_F(extended, SE_24_VX_8_highest_address)
{
	uintptr_t low = (uintptr_t)where(0, 0x7fffffff, 0);

	EXPECT_NE(0u, low);
	EXPECT_GE((uintptr_t)0x7fffffff, low + PAGES * PAGE - 1);
	EXPECT_WORKS(where(0, HIGHEST_ADDRESS, 0));
	EXPECT_FAILS(87, where(0, HIGHEST_ADDRESS + 0x1000, 0));
	EXPECT_FAILS(87, where(0, 0x20000800, 0));
	EXPECT_FAILS(87, where(0, 0x20000000, 0));
	EXPECT_FAILS(87, where(0x20010000, 0x2000ffff, 0));
	EXPECT_FAILS(87, where(0, UINTPTR_MAX, 0));
}

TEST_F(extended, SE_24_VX_9_the_result_meets_them_all)
{
	const uintptr_t lowest = 0x200000400000, highest = lowest + 4 * GRANULARITY - 1;
	MEM_ADDRESS_REQUIREMENTS wanted = { (void *)lowest, (void *)highest, 0 };
	MEM_EXTENDED_PARAMETER one = required(&wanted);

	EXPECT_EQ((void *)lowest, where(lowest, highest, 0));
	EXPECT_EQ((void *)(lowest + GRANULARITY), where(lowest, highest, 0));
	EXPECT_EQ((void *)(lowest + 3 * GRANULARITY),
		  MapViewOfFile3(section, NULL, NULL, 0, 0, MEM_TOP_DOWN, PAGE_READWRITE, &one, 1));
	EXPECT_EQ((void *)(lowest + 2 * GRANULARITY), where(lowest, highest, 0));
	EXPECT_FAILS(8, where(lowest, highest, 0));
	EXPECT_STATUS(ST_NO_MEMORY, RtlGetLastNtStatus());
}

TEST_F(extended, SE_24_VX_10_attribute_flags)
{
	EXPECT_WORKS(with(NULL, parameter(MemExtendedParameterAttributeFlags, 0)));
	EXPECT_FAILS(87, with(NULL, parameter(MemExtendedParameterAttributeFlags,
					      MEM_EXTENDED_PARAMETER_EC_CODE)));
	EXPECT_FAILS(87, with(NULL, parameter(MemExtendedParameterAttributeFlags, 0x8000)));
	EXPECT_FAILS(1314, with(NULL, parameter(MemExtendedParameterAttributeFlags,
						MEM_EXTENDED_PARAMETER_NONPAGED)));
}

TEST_F(extended, SE_24_VX_11_node)
{
	ULONG highest = highest_node();
	char *view;

	EXPECT_WORKS(view = with(NULL, parameter(MemExtendedParameterNumaNode, highest)));
	EXPECT_EQ(highest, node_at(view));
	EXPECT_FAILS(87, with(NULL, parameter(MemExtendedParameterNumaNode, highest + 1)));
	EXPECT_FAILS(87, with(NULL, parameter(MemExtendedParameterNumaNode, 0xfffffffe)));
	EXPECT_WORKS(
		view = with(NULL, parameter(MemExtendedParameterNumaNode, NUMA_NO_PREFERRED_NODE)));
	EXPECT_EQ(NUMA_NO_PREFERRED_NODE, node_at(view));
}

TEST_F(extended, SE_23_an_unaligned_base_is_not_rounded)
{
	char *taken = with_all(NULL, NULL, 0);

	EXPECT_FAILS(1132, with_all(FIXED + PAGE, NULL, 0));
	EXPECT_FAILS(1132, with_all(FIXED + 1, NULL, 0));
	EXPECT_FAILS(487, with_all(taken, NULL, 0));
	EXPECT_EQ(FIXED, with_all(FIXED, NULL, 0));
}

TEST_F(extended, SE_17_types_of_the_extended_call)
{
	static const ULONG bad[] = { MEM_COMMIT,
				     MEM_RESERVE,
				     MEM_RESERVE_PLACEHOLDER,
				     MEM_RESET,
				     MEM_REPLACE_PLACEHOLDER | MEM_COMMIT,
				     0x40000000 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		EXPECT_FAILS(87, MapViewOfFile3(section, NULL, FIXED, 0, 0, bad[i], PAGE_READWRITE,
						NULL, 0));
	EXPECT_WORKS(
		MapViewOfFile3(section, NULL, NULL, 0, 0, MEM_TOP_DOWN, PAGE_READWRITE, NULL, 0));
}

static void views_in_another(struct __test_metadata *_metadata, enum target_state state)
{
	MEM_ADDRESS_REQUIREMENTS low = { .HighestEndingAddress = (void *)0x7fffffff };
	MEM_EXTENDED_PARAMETER one = required(&low);
	struct target target = target_start(state);
	char *here = view_of(section, FILE_MAP_WRITE), *there, *place;
	MEMORY_BASIC_INFORMATION region;
	HANDLE process;

	ASSERT_LT(0, target.pid);
	process = OpenProcess(PROCESS_VM_OPERATION | PROCESS_QUERY_INFORMATION, FALSE,
			      (DWORD)target.pid);
	ASSERT_NE(NULL, process);
	EXPECT_WRITES(here + 3 * PAGE, 3);
	ASSERT_TRUE(target_halt(&target));
	there = MapViewOfFile3(section, process, NULL, 0, 0, 0, PAGE_READWRITE, &one, 1);
	ASSERT_NE(NULL, there);
	EXPECT_GE((uintptr_t)0x7fffffff, (uintptr_t)there);
	place = VirtualAlloc2(process, NULL, 4 * PAGE, MAKE, PAGE_NOACCESS, NULL, 0);
	ASSERT_NE(NULL, place);
	EXPECT_WORKS(VirtualFreeEx(process, place, PAGE, MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER));
	EXPECT_EQ(place + PAGE, MapViewOfFile3(section, process, place + PAGE, 3 * PAGE, 3 * PAGE,
					       MEM_REPLACE_PLACEHOLDER, PAGE_READONLY, NULL, 0));
	EXPECT_WORKS(VirtualQueryEx(process, place + PAGE, &region, sizeof(region)));
	EXPECT_EQ((DWORD)MEM_MAPPED, region.Type);
	EXPECT_EQ(3 * PAGE, region.RegionSize);
	ASSERT_TRUE(target_resume(&target));
	EXPECT_EQ(3, target_reads(&target, there + 3 * PAGE).value);
	EXPECT_EQ(3, target_reads(&target, place + PAGE).value);
	EXPECT_TRUE(target_writes(&target, place + PAGE, 4).faulted);
	EXPECT_TRUE(target_reads(&target, place).faulted);
	ASSERT_TRUE(target_halt(&target));
	EXPECT_FAILS(487, UnmapViewOfFile2(process, there, MEM_PRESERVE_PLACEHOLDER));
	EXPECT_WORKS(UnmapViewOfFile2(process, place + 2 * PAGE, MEM_PRESERVE_PLACEHOLDER));
	EXPECT_WORKS(
		VirtualFreeEx(process, place, 4 * PAGE, MEM_RELEASE | MEM_COALESCE_PLACEHOLDERS));
	EXPECT_WORKS(UnmapViewOfFile2(process, there, 0));
	ASSERT_TRUE(target_resume(&target));
	EXPECT_TRUE(target_reads(&target, place + PAGE).faulted);
	EXPECT_TRUE(target_reads(&target, there).faulted);
	target_end(&target);
	EXPECT_FAILS(5, MapViewOfFile3(section, process, NULL, 0, 0, 0, PAGE_READWRITE, NULL, 0));
}

TEST_F(extended, SE_24_another_process)
{
	views_in_another(_metadata, TARGET_ASLEEP);
}

TEST_F(extended, SE_24_a_stopped_process)
{
	views_in_another(_metadata, TARGET_STOPPED);
}

TEST_F(extended, SE_24_a_process_with_threads)
{
	views_in_another(_metadata, TARGET_THREADED);
}

TEST_F(extended, SE_24_right_on_the_process)
{
	struct target target = target_start(TARGET_ASLEEP);
	HANDLE blind = OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, (DWORD)target.pid);

	ASSERT_NE(NULL, blind);
	EXPECT_FAILS(5, MapViewOfFile3(section, blind, NULL, 0, 0, 0, PAGE_READWRITE, NULL, 0));
	EXPECT_FAILS(5, MapViewOfFileNuma2(section, blind, 0, NULL, 0, 0, PAGE_READWRITE, 0));
	target_end(&target);
}

TEST_F(extended, NU_1_views_on_a_node)
{
	HANDLE own = GetCurrentProcess();
	ULONG highest = highest_node();
	char *view;

	EXPECT_WORKS(view = MapViewOfFileExNuma(section, FILE_MAP_WRITE, 0, 0, 0, NULL, 0));
	EXPECT_EQ(0u, node_at(view));
	EXPECT_WORKS(view = MapViewOfFileNuma2(section, own, 0, NULL, 0, 0, PAGE_READWRITE, 0));
	EXPECT_EQ(0u, node_at(view));
	EXPECT_WORKS(view = MapViewOfFileExNuma(section, FILE_MAP_WRITE, 0, 0, 0, NULL,
						NUMA_NO_PREFERRED_NODE));
	EXPECT_EQ(NUMA_NO_PREFERRED_NODE, node_at(view));
	EXPECT_FAILS(87, MapViewOfFileExNuma(section, FILE_MAP_WRITE, 0, 0, 0, NULL, highest + 1));
	EXPECT_FAILS(87,
		     MapViewOfFileNuma2(section, own, 0, NULL, 0, 0, PAGE_READWRITE, highest + 1));
}

TEST_F(extended, NU_1_sections_on_a_node)
{
	ULONG highest = highest_node();
	HANDLE handle;
	char *view;

	EXPECT_FAILS(87, CreateFileMappingNumaA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 1,
						NULL, highest + 1));
	EXPECT_FAILS(87, CreateFileMappingNumaW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 1,
						NULL, 0xfffffffe));
	ASSERT_NE(NULL, handle = CreateFileMappingNumaW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE,
							0, 1, NULL, 0));
	EXPECT_WORKS(view = view_of(handle, FILE_MAP_WRITE));
	EXPECT_EQ(0u, node_at(view));
	ASSERT_NE(NULL, handle = CreateFileMappingNumaA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE,
							0, 1, NULL, NUMA_NO_PREFERRED_NODE));
	EXPECT_WORKS(view = view_of(handle, FILE_MAP_WRITE));
	EXPECT_EQ(NUMA_NO_PREFERRED_NODE, node_at(view));
}

static HANDLE mapping2(ULONG access, ULONG protection, ULONG attributes,
		       MEM_EXTENDED_PARAMETER *all, ULONG count)
{
	return CreateFileMapping2(INVALID_HANDLE_VALUE, NULL, access, protection, attributes,
				  2 * PAGE, NULL, all, count);
}

TEST_F(extended, SE_1_CreateFileMapping2)
{
	SECTION_BASIC_INFORMATION basic;
	HANDLE handle;
	char *view;

	ASSERT_NE(NULL,
		  handle = mapping2(FILE_MAP_WRITE | SECTION_QUERY, PAGE_READWRITE, 0, NULL, 0));
	EXPECT_STATUS(ST_SUCCESS,
		      NtQuerySection(handle, SectionBasicInformation, &basic, sizeof(basic), NULL));
	EXPECT_EQ((ULONG)SEC_COMMIT, basic.AllocationAttributes);
	EXPECT_EQ((LONGLONG)(2 * PAGE), basic.MaximumSize.QuadPart);
	EXPECT_WORKS(view = view_of(handle, FILE_MAP_WRITE));
	EXPECT_COMMITTED(view, view, 2 * PAGE, PAGE_READWRITE);
	/* The handle has the rights that were asked for (SE-14). */
	EXPECT_FAILS(5, view_of(handle, FILE_MAP_READ));
	ASSERT_NE(NULL,
		  handle = mapping2(FILE_MAP_ALL_ACCESS, PAGE_EXECUTE_READ, SEC_COMMIT, NULL, 0));
	EXPECT_WORKS(view_of(handle, FILE_MAP_READ));
	EXPECT_FAILS(87, mapping2(FILE_MAP_ALL_ACCESS, PAGE_READWRITE, SEC_COMMIT | SEC_RESERVE,
				  NULL, 0));
	/* The attributes are no part of the protection here. */
	EXPECT_FAILS(87, mapping2(FILE_MAP_ALL_ACCESS, PAGE_READWRITE | SEC_COMMIT, SEC_COMMIT,
				  NULL, 0));
	EXPECT_FAILS(87, CreateFileMapping2(INVALID_HANDLE_VALUE, NULL, FILE_MAP_ALL_ACCESS,
					    PAGE_READWRITE, 0, 0, NULL, NULL, 0));
}

TEST_F(extended, VX_3_parameters_of_sections)
{
	MEM_EXTENDED_PARAMETER node = parameter(MemSectionExtendedParameterNumaNode, 0);
	MEM_EXTENDED_PARAMETER two[2] = { node, node };
	LARGE_INTEGER size = { .QuadPart = 1 };
	HANDLE handle;

	ASSERT_NE(NULL, handle = mapping2(FILE_MAP_ALL_ACCESS, PAGE_READWRITE, 0, &node, 1));
	EXPECT_EQ(0u, node_at(view_of(handle, FILE_MAP_WRITE)));
	EXPECT_FAILS(87, mapping2(FILE_MAP_ALL_ACCESS, PAGE_READWRITE, 0, two, 2));
	EXPECT_FAILS(87, mapping2(FILE_MAP_ALL_ACCESS, PAGE_READWRITE, 0, NULL, 1));
	EXPECT_FAILS(998, mapping2(FILE_MAP_ALL_ACCESS, PAGE_READWRITE, 0, (void *)8, 1));
	two[1] = parameter(MemSectionExtendedParameterSigningLevel, 0);
	EXPECT_FAILS(50, mapping2(FILE_MAP_ALL_ACCESS, PAGE_READWRITE, 0, two, 2));
	for (DWORD64 type = MemSectionExtendedParameterMax; type < 256; type++) {
		two[1] = parameter(type, 0);
		EXPECT_FAILS(87, mapping2(FILE_MAP_ALL_ACCESS, PAGE_READWRITE, 0, two, 2));
	}
	handle = NULL;
	EXPECT_STATUS(ST_SUCCESS, NtCreateSectionEx(&handle, SECTION_ALL_ACCESS, NULL, &size,
						    PAGE_READWRITE, SEC_COMMIT, NULL, two, 1));
	EXPECT_EQ(0u, node_at(view_of(handle, FILE_MAP_WRITE)));
	handle = NULL;
	two[0] = parameter(MemSectionExtendedParameterNumaNode, highest_node() + 1);
	EXPECT_STATUS_INVALID(NtCreateSectionEx(&handle, SECTION_ALL_ACCESS, NULL, &size,
						PAGE_READWRITE, SEC_COMMIT, NULL, two, 1));
	EXPECT_EQ(NULL, handle);
}

TEST_F(extended, VX_13_applications_map_nothing_executable)
{
	static const ULONG executable[] = { PAGE_EXECUTE, PAGE_EXECUTE_READ, PAGE_EXECUTE_READWRITE,
					    PAGE_EXECUTE_WRITECOPY };
	HANDLE code = mapping(PAGE_EXECUTE_READWRITE, PAGE), handle;
	char *view;

	for (size_t i = 0; i < sizeof(executable) / sizeof(executable[0]); i++) {
		EXPECT_FAILS(87, CreateFileMappingFromApp(INVALID_HANDLE_VALUE, NULL, executable[i],
							  PAGE, NULL));
		EXPECT_FAILS(87, MapViewOfFile3FromApp(code, NULL, NULL, 0, 0, 0, executable[i],
						       NULL, 0));
	}
	EXPECT_FAILS(87, MapViewOfFileFromApp(code, FILE_MAP_READ | FILE_MAP_EXECUTE, 0, 0));
	EXPECT_FAILS(87, MapViewOfFileFromApp(code, FILE_MAP_EXECUTE, 0, 0));
	ASSERT_NE(NULL, handle = CreateFileMappingFromApp(INVALID_HANDLE_VALUE, NULL,
							  PAGE_READWRITE, 3 * GRANULARITY, NULL));
	EXPECT_WORKS(view = MapViewOfFileFromApp(handle, FILE_MAP_ALL_ACCESS, 2 * GRANULARITY, 0));
	EXPECT_COMMITTED(view, view, GRANULARITY, PAGE_READWRITE);
	EXPECT_WORKS(view = MapViewOfFile3FromApp(handle, NULL, NULL, GRANULARITY, PAGE, 0,
						  PAGE_READONLY, NULL, 0));
	EXPECT_COMMITTED(view, view, PAGE, PAGE_READONLY);
	EXPECT_FAILS(1132, MapViewOfFileFromApp(handle, FILE_MAP_READ, PAGE, 0));
}

VM_TEST_MAIN
