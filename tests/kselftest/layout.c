// SPDX-License-Identifier: GPL-2.0
/* Layouts of the address space: the 2 GB one of the seed texts (SPEC AS-1, AS-2). */
#include <stdlib.h>
#include <sys/mman.h>
#include <winvm.h>

#include "device.h"

#define END_OF_2GB UINT64_C(0x7fff0000)

static uintptr_t highest(void)
{
	SYSTEM_INFO info;

	GetSystemInfo(&info);
	return (uintptr_t)info.lpMaximumApplicationAddress;
}

static bool is_narrow(void)
{
	return highest() == END_OF_2GB - 1;
}

TEST(AS_1_a_process_begins_with_the_large_one)
{
	EXPECT_EQ(HIGHEST_ADDRESS, highest());
	EXPECT_LT(END_OF_2GB, (uintptr_t)reserve(PAGE));
}

TEST(AS_1_the_2_gb_one_tells_its_bounds)
{
	SYSTEM_INFO info;

	EXPECT_WORKS(winvm_choose_layout(WINVM_LAYOUT_2GB));
	GetSystemInfo(&info);
	EXPECT_EQ((void *)0x10000, info.lpMinimumApplicationAddress);
	EXPECT_EQ((void *)(END_OF_2GB - 1), info.lpMaximumApplicationAddress);
	EXPECT_FAILS(87, winvm_choose_layout(2));
	EXPECT_WORKS(winvm_choose_layout(WINVM_LAYOUT_64BIT));
	EXPECT_EQ(HIGHEST_ADDRESS, highest());
}

TEST(AS_1_only_while_nothing_is_allocated)
{
	char *base = reserve(PAGE);

	EXPECT_FAILS(487, winvm_choose_layout(WINVM_LAYOUT_2GB));
	EXPECT_WORKS(winvm_choose_layout(WINVM_LAYOUT_64BIT));
	EXPECT_RESERVED(base, base, PAGE);
	EXPECT_WORKS(release(base));
	EXPECT_WORKS(winvm_choose_layout(WINVM_LAYOUT_2GB));
	base = reserve(PAGE);
	EXPECT_GT(END_OF_2GB, (uintptr_t)base);
	EXPECT_FAILS(487, winvm_choose_layout(WINVM_LAYOUT_64BIT));
	EXPECT_TRUE(is_narrow());
}

TEST(AS_1_the_environment_chooses_it)
{
	ASSERT_EQ(0, setenv("WINVM_LAYOUT", "2gb", 1));
	EXPECT_TRUE(is_narrow());
	/* Once: what the program chooses stays. */
	EXPECT_WORKS(winvm_choose_layout(WINVM_LAYOUT_64BIT));
	EXPECT_EQ(HIGHEST_ADDRESS, highest());
}

TEST(AS_1_the_environment_names_none)
{
	ASSERT_EQ(0, setenv("WINVM_LAYOUT", "3gb", 1));
	EXPECT_EQ(HIGHEST_ADDRESS, highest());
	EXPECT_WORKS(winvm_choose_layout(WINVM_LAYOUT_2GB));
}

static int tell(void *argument)
{
	(void)argument;
	return is_narrow();
}

static int become_another(void *argument)
{
	(void)argument;
	if (!winvm_choose_layout(WINVM_LAYOUT_2GB) || !is_narrow())
		return 2;
	execl("/proc/self/exe", "layout", "--tell", (char *)NULL);
	return 3;
}

TEST(AS_1_fork_and_exec_begin_anew)
{
	ASSERT_TRUE(winvm_choose_layout(WINVM_LAYOUT_2GB));
	EXPECT_EQ(0, in_child(tell, NULL));
	EXPECT_TRUE(is_narrow());
	EXPECT_EQ(0, in_child(become_another, NULL));
	/* Unless the environment chooses again. */
	ASSERT_EQ(0, setenv("WINVM_LAYOUT", "2gb", 1));
	EXPECT_EQ(1, in_child(tell, NULL));
	EXPECT_EQ(1, in_child(become_another, NULL));
}

/* A process chooses for itself: no handle can. */
TEST(AS_1_not_for_another_process)
{
	struct winvm_layout request = { .size = sizeof(request), .layout = WINVM_LAYOUT_2GB };
	int device = device_open(), proc = device_open_proc(getpid(), "mem", O_RDWR);
	int handle = device_open_process(device, proc, WINVM_PROCESS_VM_OPERATION);

	ASSERT_LE(0, handle);
	EXPECT_EQ(ENOTTY, device_call(handle, WINVM_IOC_LAYOUT, &request));
	EXPECT_EQ(HIGHEST_ADDRESS, highest());
	EXPECT_EQ(0, device_call(device, WINVM_IOC_LAYOUT, &request));
	EXPECT_EQ(0u, request.status);
	EXPECT_TRUE(is_narrow());
}

FIXTURE(narrow)
{
	int unused;
};

FIXTURE_SETUP(narrow)
{
	ASSERT_TRUE(winvm_choose_layout(WINVM_LAYOUT_2GB));
}

FIXTURE_TEARDOWN(narrow)
{
}

TEST_F(narrow, AS_1_every_choice_lies_in_it)
{
	for (int i = 0; i < 64; i++) {
		ULONG type = MEM_RESERVE | MEM_COMMIT | (i % 2 ? MEM_TOP_DOWN : 0);
		char *base = VirtualAlloc(NULL, 0x11000, type, PAGE_READWRITE);

		ASSERT_NE(NULL, base);
		EXPECT_LE((uintptr_t)0x10000, (uintptr_t)base);
		EXPECT_GE(END_OF_2GB, (uintptr_t)base + 0x11000);
		EXPECT_WRITES(base, i);
		EXPECT_WRITES(base + 0x10fff, i);
	}
}

TEST_F(narrow, AS_5_top_down_begins_at_the_end)
{
	char *high = VirtualAlloc(NULL, PAGE, MEM_RESERVE | MEM_TOP_DOWN, PAGE_READWRITE);
	char *low = reserve(PAGE);

	EXPECT_EQ((char *)END_OF_2GB - GRANULARITY, high);
	EXPECT_LT((uintptr_t)low, (uintptr_t)high);
}

/* All of it can be had, bar what Linux has there. */
TEST_F(narrow, AS_8_the_space_can_be_used_up)
{
	const SIZE_T piece = (SIZE_T)32 << 20;
	SIZE_T total = 0;

	EXPECT_WORKS(release(reserve((SIZE_T)3 << 29)));
	while (reserve(piece))
		total += piece;
	EXPECT_EQ(8u, GetLastError());
	EXPECT_LT((SIZE_T)60 * piece, total);
	EXPECT_GT((SIZE_T)64 * piece, total);
	EXPECT_FAILS(87, VirtualAlloc(NULL, END_OF_2GB + 1, MEM_RESERVE, PAGE_READWRITE));
}

TEST_F(narrow, AS_2_null_and_no_access_partitions)
{
	EXPECT_FAILS(87, VirtualAlloc((void *)1, PAGE, MEM_RESERVE, PAGE_READWRITE));
	EXPECT_STATUS_INVALID(
		nt_allocate((void *)0xf000, 0, PAGE, MEM_RESERVE, PAGE_READWRITE).status);
	EXPECT_FAILS(87, VirtualAlloc((void *)END_OF_2GB, PAGE, MEM_RESERVE, PAGE_READWRITE));
	EXPECT_FAILS(87, VirtualAlloc(FIXED, PAGE, MEM_RESERVE, PAGE_READWRITE));
	EXPECT_EQ((char *)END_OF_2GB - GRANULARITY,
		  VirtualAlloc((char *)END_OF_2GB - GRANULARITY, GRANULARITY,
			       MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
	EXPECT_WRITES(END_OF_2GB - 1, 1);
	EXPECT_VIOLATION_WRITE((char *)END_OF_2GB);
	EXPECT_VIOLATION_READ((char *)0x80000000 - 1);
	EXPECT_VIOLATION_READ((char *)0xffff);
	EXPECT_FAILS(87, VirtualAlloc((char *)END_OF_2GB - GRANULARITY, GRANULARITY + 1, MEM_COMMIT,
				      PAGE_READWRITE));
}

TEST_F(narrow, AS_2_no_call_goes_beyond)
{
	MEMORY_BASIC_INFORMATION region;
	char *beyond = (char *)END_OF_2GB;
	char local = 0, other = 0;
	DWORD old;

	EXPECT_FAILS(87, VirtualFree(beyond, 0, MEM_RELEASE));
	EXPECT_FAILS(87, VirtualProtect(beyond, PAGE, PAGE_READONLY, &old));
	EXPECT_FAILS(87, VirtualLock(beyond, PAGE));
	EXPECT_FAILS(87, VirtualUnlock(beyond, PAGE));
	EXPECT_EQ(~0u, ResetWriteWatch(beyond, PAGE));
	EXPECT_FAILS(87, VirtualQuery(beyond, &region, sizeof(region)));
	/* Linux' own memory, above, is out of reach as well. */
	EXPECT_FAILS(998, ReadProcessMemory(GetCurrentProcess(), &local, &other, 1, NULL));
	EXPECT_FAILS(87, VirtualQuery(&local, &region, sizeof(region)));
}

TEST_F(narrow, VQ_13_a_walk_ends_at_the_end)
{
	MEMORY_BASIC_INFORMATION region;
	uintptr_t at = 0;

	ASSERT_NE(NULL, VirtualAlloc(NULL, PAGE, MEM_RESERVE | MEM_TOP_DOWN, PAGE_READWRITE));
	ASSERT_NE(NULL, reserve(PAGE));
	while (VirtualQuery((void *)at, &region, sizeof(region))) {
		ASSERT_EQ((void *)at, region.BaseAddress);
		ASSERT_NE(0u, region.RegionSize);
		at += region.RegionSize;
	}
	EXPECT_EQ(END_OF_2GB, at);
	EXPECT_EQ(87u, GetLastError());
}

TEST_F(narrow, VX_8_requirements_end_with_it)
{
	MEM_ADDRESS_REQUIREMENTS wanted = { .HighestEndingAddress = (void *)(END_OF_2GB - 1) };
	MEM_EXTENDED_PARAMETER one = { .Type = MemExtendedParameterAddressRequirements,
				       .Pointer = &wanted };

	EXPECT_WORKS(VirtualAlloc2(NULL, NULL, PAGE, MEM_RESERVE, PAGE_READWRITE, &one, 1));
	wanted.HighestEndingAddress = (void *)(END_OF_2GB + 0xfff);
	EXPECT_FAILS(87, VirtualAlloc2(NULL, NULL, PAGE, MEM_RESERVE, PAGE_READWRITE, &one, 1));
}

/* The seed's example: 70,000 bytes from 7FFEEE90 on reach into the no-access partition. */
TEST_F(narrow, AS_2_WriteProcessMemory_writes_nothing_past_7FFEFFFF)
{
	char *last = VirtualAlloc((void *)0x7ffe0000, GRANULARITY, MEM_RESERVE | MEM_COMMIT,
				  PAGE_READWRITE);
	char *beyond = mmap((void *)END_OF_2GB, GRANULARITY, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	char *target = (char *)0x7ffeee90;
	static char bytes[70000];
	SIZE_T written = MARK;

	ASSERT_EQ((char *)0x7ffe0000, last);
	ASSERT_EQ((char *)END_OF_2GB, beyond);
	memset(bytes, 0x5a, sizeof(bytes));
	EXPECT_FAILS(998, WriteProcessMemory(GetCurrentProcess(), target, bytes, sizeof(bytes),
					     &written));
	EXPECT_EQ(MARK, written);
	for (SIZE_T i = 0; i < GRANULARITY; i++)
		ASSERT_EQ(0, last[i] | beyond[i]);
	/* As much as fits is written. */
	EXPECT_WORKS(WriteProcessMemory(GetCurrentProcess(), target, bytes, END_OF_2GB - 0x7ffeee90,
					&written));
	EXPECT_EQ(4464u, written);
	EXPECT_EQ(0x5a, target[0]);
	EXPECT_EQ(0x5a, ((char *)END_OF_2GB)[-1]);
	EXPECT_EQ(0, beyond[0]);
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "--tell"))
		return is_narrow();
	if (!probe_begin())
		ksft_exit_fail_msg("no exception handler\n");
	return test_harness_run(argc, argv);
}
