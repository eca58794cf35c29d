// SPDX-License-Identifier: GPL-2.0
/* Memory of the machine in numbers: GlobalMemoryStatusEx, GetPerformanceInfo (SPEC CC-12, CC-13). */
#include <psapi.h>
#include <winvm.h>

#include "child.h"
#include "proc.h"
#include "section.h"

#define MB ((SIZE_T)1 << 20)
#define GB ((SIZE_T)1 << 30)

/* All bits set when it fails. */
static MEMORYSTATUSEX status_now(void)
{
	MEMORYSTATUSEX memory = { .dwLength = sizeof(memory) };

	if (!GlobalMemoryStatusEx(&memory))
		memset(&memory, 0xff, sizeof(memory));
	return memory;
}

static PERFORMANCE_INFORMATION performance_now(void)
{
	PERFORMANCE_INFORMATION info;

	if (!GetPerformanceInfo(&info, sizeof(info)))
		memset(&info, 0xff, sizeof(info));
	return info;
}

TEST(CC_12_length_must_be_64)
{
	for (DWORD length = 0; length < 130; length++) {
		MEMORYSTATUSEX memory = { .dwLength = length, .ullTotalPhys = MARK };

		if (length == 64)
			continue;
		EXPECT_FAILS(ERROR_INVALID_PARAMETER, GlobalMemoryStatusEx(&memory));
		EXPECT_EQ(MARK, memory.ullTotalPhys);
		EXPECT_EQ(length, memory.dwLength);
	}
}

TEST(CC_12_physical_memory)
{
	MEMORYSTATUSEX memory = { .dwLength = sizeof(memory) };

	EXPECT_WORKS(GlobalMemoryStatusEx(&memory));
	EXPECT_EQ(64u, memory.dwLength);
	EXPECT_EQ((DWORDLONG)proc_meminfo_kb("MemTotal:") << 10, memory.ullTotalPhys);
	EXPECT_LT(0u, memory.ullAvailPhys);
	EXPECT_GT(memory.ullTotalPhys, memory.ullAvailPhys);
	EXPECT_EQ((memory.ullTotalPhys - memory.ullAvailPhys) * 100 / memory.ullTotalPhys,
		  memory.dwMemoryLoad);
	EXPECT_EQ(0u, memory.ullAvailExtendedVirtual);
}

TEST(CC_12_limit_and_what_is_left)
{
	const struct winvm_counters before = counters();
	MEMORYSTATUSEX first = status_now(), then;

	EXPECT_EQ(before.system_commit_limit_bytes, first.ullTotalPageFile);
	EXPECT_GE(first.ullTotalPageFile, first.ullAvailPageFile);
	ASSERT_NE(NULL, commit(16 * MB));
	then = status_now();
	EXPECT_EQ(first.ullTotalPageFile, then.ullTotalPageFile);
	EXPECT_LE(first.ullAvailPageFile, then.ullAvailPageFile + 17 * MB);
	EXPECT_GE(first.ullAvailPageFile, then.ullAvailPageFile + 15 * MB);
}

/* More than what is left cannot be had; that it can is up to Linux. */
TEST(CC_12_more_than_is_left_is_refused)
{
	SIZE_T left = status_now().ullAvailPageFile;

	EXPECT_FAILS(ERROR_COMMITMENT_LIMIT, commit(left + 16 * MB));
}

TEST(CC_12_addresses)
{
	MEMORYSTATUSEX first = status_now(), then;

	EXPECT_EQ(UINT64_C(0x7FFFFFFE0000), first.ullTotalVirtual);
	EXPECT_EQ(first.ullTotalVirtual - counters().virtual_bytes, first.ullAvailVirtual);
	ASSERT_NE(NULL, reserve(4 * GB));
	then = status_now();
	EXPECT_EQ(first.ullTotalVirtual, then.ullTotalVirtual);
	EXPECT_EQ(first.ullAvailVirtual - 4 * GB, then.ullAvailVirtual);
	ASSERT_NE(NULL, view_of(mapping(PAGE_READWRITE, 16 * MB), FILE_MAP_WRITE));
	EXPECT_EQ(then.ullAvailVirtual - 16 * MB, status_now().ullAvailVirtual);
}

TEST(CC_12_addresses_of_the_small_layout)
{
	ASSERT_TRUE(winvm_choose_layout(WINVM_LAYOUT_2GB));
	EXPECT_EQ(0x7FFE0000u, status_now().ullTotalVirtual);
	EXPECT_EQ(0x7FFE0000u, status_now().ullAvailVirtual);
}

TEST(CC_12_GlobalMemoryStatus)
{
	MEMORYSTATUS memory = { 0 };
	MEMORYSTATUSEX all = status_now();

	ASSERT_NE(NULL, reserve(GRANULARITY));
	GlobalMemoryStatus(&memory);
	EXPECT_EQ(56u, memory.dwLength);
	EXPECT_EQ(all.ullTotalPhys, memory.dwTotalPhys);
	EXPECT_EQ(all.ullTotalPageFile, memory.dwTotalPageFile);
	EXPECT_EQ(all.ullTotalVirtual, memory.dwTotalVirtual);
	EXPECT_EQ(all.ullAvailVirtual - GRANULARITY, memory.dwAvailVirtual);
	EXPECT_LE(memory.dwMemoryLoad, 100u);
}

TEST(CC_13_size_of_the_structure)
{
	PERFORMANCE_INFORMATION info;

	memset(&info, 0xa5, sizeof(info));
	for (DWORD cb = 0; cb < sizeof(info); cb++)
		EXPECT_FAILS(ERROR_BAD_LENGTH, GetPerformanceInfo(&info, cb));
	EXPECT_EQ(0xa5a5a5a5u, info.cb);
	EXPECT_WORKS(GetPerformanceInfo(&info, sizeof(info)));
	EXPECT_EQ(104u, info.cb);
	EXPECT_FAILS(ERROR_NOACCESS, GetPerformanceInfo(NULL, sizeof(info)));
}

TEST(CC_13_pages)
{
	PERFORMANCE_INFORMATION info = performance_now();

	EXPECT_EQ(PAGE, info.PageSize);
	EXPECT_EQ((SIZE_T)proc_meminfo_kb("MemTotal:") / 4, info.PhysicalTotal);
	EXPECT_LT(0u, info.PhysicalAvailable);
	EXPECT_GT(info.PhysicalTotal, info.PhysicalAvailable);
	EXPECT_EQ(counters().system_commit_limit_bytes / PAGE, info.CommitLimit);
	EXPECT_LT(0u, info.SystemCache);
	EXPECT_EQ(info.KernelTotal, info.KernelPaged + info.KernelNonpaged);
	EXPECT_LT(0u, info.KernelNonpaged);
	EXPECT_LT(1u, info.ProcessCount);
	EXPECT_LE(info.ProcessCount, info.ThreadCount);
}

TEST(CC_13_commit_and_its_peak)
{
	PERFORMANCE_INFORMATION before = performance_now(), most, after;
	char *base = commit(32 * MB);

	ASSERT_NE(NULL, base);
	most = performance_now();
	EXPECT_LE(before.CommitTotal + 31 * MB / PAGE, most.CommitTotal);
	EXPECT_LE(most.CommitTotal, most.CommitPeak);
	ASSERT_TRUE(release(base));
	after = performance_now();
	EXPECT_LE(after.CommitTotal + 31 * MB / PAGE, most.CommitTotal);
	EXPECT_LE(most.CommitPeak, after.CommitPeak);
}

TEST(GetPhysicallyInstalledSystemMemory_is_no_less_than_there_is)
{
	ULONGLONG kilobytes = 0;

	EXPECT_WORKS(GetPhysicallyInstalledSystemMemory(&kilobytes));
	EXPECT_LE((ULONGLONG)proc_meminfo_kb("MemTotal:"), kilobytes);
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, GetPhysicallyInstalledSystemMemory(NULL));
}

VM_TEST_MAIN
