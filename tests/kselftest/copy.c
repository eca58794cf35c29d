// SPDX-License-Identifier: GPL-2.0
/* Copying from and to another process (SPEC 13). */
#include "target.h"

#define ALL_RIGHTS \
	(PROCESS_VM_OPERATION | PROCESS_VM_READ | PROCESS_VM_WRITE | PROCESS_QUERY_INFORMATION)
#define RESERVE_COMMIT (MEM_RESERVE | MEM_COMMIT)

FIXTURE(copy)
{
	struct target target;
	HANDLE handle;
};

FIXTURE_SETUP(copy)
{
	self->target = target_start(TARGET_ASLEEP);
	ASSERT_LE(0, self->target.pid);
	self->handle = OpenProcess(ALL_RIGHTS, FALSE, (DWORD)self->target.pid);
	ASSERT_NE(NULL, self->handle);
}

FIXTURE_TEARDOWN(copy)
{
	target_end(&self->target);
	CloseHandle(self->handle);
}

static char *pages_of(HANDLE process, SIZE_T pages, DWORD protect)
{
	return VirtualAllocEx(process, NULL, pages * PAGE, RESERVE_COMMIT, protect);
}

static DWORD protection_of(HANDLE process, const void *address)
{
	MEMORY_BASIC_INFORMATION region = { 0 };

	VirtualQueryEx(process, address, &region, sizeof(region));
	return region.Protect;
}

TEST_F(copy, RW_1_nothing_to_copy)
{
	SIZE_T copied = MARK;
	char byte;

	EXPECT_WORKS(ReadProcessMemory(self->handle, FIXED, &byte, 0, &copied));
	EXPECT_EQ(0u, copied);
	copied = MARK;
	EXPECT_WORKS(WriteProcessMemory(self->handle, FIXED, &byte, 0, &copied));
	EXPECT_EQ(0u, copied);
	EXPECT_WORKS(ReadProcessMemory(self->handle, FIXED, &byte, 0, NULL));
	copied = MARK;
	EXPECT_STATUS(ST_SUCCESS, NtReadVirtualMemory(self->handle, FIXED, &byte, 0, &copied));
	EXPECT_EQ(0u, copied);
	copied = MARK;
	EXPECT_STATUS(ST_SUCCESS, NtWriteVirtualMemory(self->handle, FIXED, &byte, 0, &copied));
	EXPECT_EQ(0u, copied);
}

TEST_F(copy, RW_2_read_stops_at_a_hole)
{
	char *base = VirtualAllocEx(self->handle, NULL, 4 * PAGE, MEM_RESERVE, PAGE_READWRITE);
	static char buffer[4 * 0x1000];
	SIZE_T copied = MARK;

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(VirtualAllocEx(self->handle, base, 2 * PAGE, MEM_COMMIT, PAGE_READWRITE));
	EXPECT_FALSE(target_writes(&self->target, base + PAGE, 0x99).faulted);
	EXPECT_WORKS(ReadProcessMemory(self->handle, base, buffer, 2 * PAGE, &copied));
	EXPECT_EQ(2 * PAGE, copied);
	EXPECT_EQ((char)0x99, buffer[PAGE]);
	EXPECT_FAILS(299, ReadProcessMemory(self->handle, base, buffer, 4 * PAGE, &copied));
	EXPECT_STATUS(ST_PARTIAL_COPY, RtlGetLastNtStatus());
	EXPECT_TRUE(copied == 0 || copied == 2 * PAGE);
	EXPECT_FAILS(299, ReadProcessMemory(self->handle, base + 2 * PAGE, buffer, 8, &copied));
	EXPECT_EQ(0u, copied);
	copied = MARK;
	EXPECT_STATUS(ST_PARTIAL_COPY,
		      NtReadVirtualMemory(self->handle, base + 0xffe, buffer, 4 * PAGE, &copied));
	EXPECT_TRUE(copied == 0 || copied == PAGE + 2);
	EXPECT_STATUS(ST_PARTIAL_COPY,
		      NtReadVirtualMemory(self->handle, FIXED, buffer, 1, &copied));
	EXPECT_EQ(0u, copied);
}

/* The destination, too, may end before the copy does. */
TEST_F(copy, RW_2_destination_stops_at_a_hole)
{
	char *base = pages_of(self->handle, 4, PAGE_READWRITE), *here = reserve(4 * PAGE);
	SIZE_T copied = MARK;

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(commit_at(here, 2 * PAGE, PAGE_READWRITE));
	EXPECT_FAILS(299, ReadProcessMemory(self->handle, base, here, 4 * PAGE, &copied));
	EXPECT_TRUE(copied == 0 || copied == 2 * PAGE);
	EXPECT_STATUS(ST_PARTIAL_COPY,
		      NtReadVirtualMemory(self->handle, base, here, 4 * PAGE, NULL));
	EXPECT_FAILS(299, ReadProcessMemory(self->handle, base, here + 2 * PAGE, 1, &copied));
	EXPECT_EQ(0u, copied);
}

TEST_F(copy, RW_2_write_stops_at_a_hole)
{
	char *base = VirtualAllocEx(self->handle, NULL, 4 * PAGE, MEM_RESERVE, PAGE_READWRITE);
	static char buffer[4 * 0x1000];
	SIZE_T copied = MARK;

	ASSERT_NE(NULL, base);
	memset(buffer, 0x55, sizeof(buffer));
	ASSERT_TRUE(VirtualAllocEx(self->handle, base, 2 * PAGE, MEM_COMMIT, PAGE_READWRITE));
	EXPECT_FAILS(299, WriteProcessMemory(self->handle, base, buffer, 4 * PAGE, &copied));
	EXPECT_TRUE(copied == 0 || copied == 2 * PAGE);
	EXPECT_EQ(copied ? 0x55 : 0, target_reads(&self->target, base + PAGE).value);
	copied = MARK;
	EXPECT_STATUS(ST_PARTIAL_COPY,
		      NtWriteVirtualMemory(self->handle, base + 2 * PAGE, buffer, 1, &copied));
	EXPECT_EQ(0u, copied);
}

TEST_F(copy, RW_3_source_cannot_be_read)
{
	char *base = pages_of(self->handle, 1, PAGE_READWRITE);
	SIZE_T copied = MARK;

	ASSERT_NE(NULL, base);
	SetLastError(MARK);
	EXPECT_FALSE(WriteProcessMemory(self->handle, base, FIXED, 8, &copied));
	EXPECT_TRUE(GetLastError() == 998 || GetLastError() == 299);
	EXPECT_EQ(0, target_reads(&self->target, base).value);
	copied = MARK;
	EXPECT_STATUS(ST_PARTIAL_COPY, NtWriteVirtualMemory(self->handle, base, FIXED, 8, &copied));
	EXPECT_EQ(0u, copied);
	EXPECT_EQ(0, target_reads(&self->target, base).value);
}

TEST_F(copy, RW_4_read_only_targets)
{
	static const DWORD refused[] = { PAGE_READONLY, PAGE_NOACCESS };
	char *base = pages_of(self->handle, 2, PAGE_READWRITE);
	static char buffer[2 * 0x1000];
	SIZE_T copied;
	DWORD old;

	ASSERT_NE(NULL, base);
	memset(buffer, 0x44, sizeof(buffer));
	for (int i = 0; i < 2; i++) {
		ASSERT_TRUE(VirtualProtectEx(self->handle, base, PAGE, refused[i], &old));
		copied = MARK;
		EXPECT_FAILS(998, WriteProcessMemory(self->handle, base, "ab", 2, &copied));
		EXPECT_EQ(MARK, copied);
		EXPECT_STATUS(ST_PARTIAL_COPY,
			      NtWriteVirtualMemory(self->handle, base, "ab", 2, &copied));
		EXPECT_EQ(0u, copied);
		EXPECT_EQ(refused[i], protection_of(self->handle, base));
	}
	ASSERT_TRUE(VirtualProtectEx(self->handle, base, PAGE, PAGE_READWRITE, &old));
	EXPECT_EQ(0, target_reads(&self->target, base).value);
	/* Where something was written before, the copy is a partial one. */
	ASSERT_TRUE(VirtualProtectEx(self->handle, base + PAGE, PAGE, PAGE_READONLY, &old));
	EXPECT_FAILS(299, WriteProcessMemory(self->handle, base, buffer, 2 * PAGE, &copied));
	EXPECT_EQ(PAGE, copied);
	EXPECT_EQ(0x44, target_reads(&self->target, base).value);
	EXPECT_EQ(0, target_reads(&self->target, base + PAGE).value);
}

TEST_F(copy, RW_4_executable_targets)
{
	static const DWORD code[] = { PAGE_EXECUTE_READ, PAGE_EXECUTE };
	char *base = pages_of(self->handle, 1, PAGE_READWRITE);
	SIZE_T copied;
	DWORD old;

	ASSERT_NE(NULL, base);
	for (int i = 0; i < 2; i++) {
		uint8_t byte = (uint8_t)('a' + i);

		ASSERT_TRUE(VirtualProtectEx(self->handle, base, PAGE, code[i], &old));
		copied = MARK;
		EXPECT_WORKS(WriteProcessMemory(self->handle, base, &byte, 1, &copied));
		EXPECT_EQ(1u, copied);
		EXPECT_EQ(byte, target_reads(&self->target, base).value);
		EXPECT_EQ(code[i], protection_of(self->handle, base));
		/* The moment is over. */
		EXPECT_TRUE(target_writes(&self->target, base, 1).faulted);
		copied = MARK;
		EXPECT_STATUS(ST_PARTIAL_COPY,
			      NtWriteVirtualMemory(self->handle, base, "x", 1, &copied));
		EXPECT_EQ(0u, copied);
		EXPECT_EQ(byte, target_reads(&self->target, base).value);
	}
}

TEST_F(copy, RW_4_one_write_over_code_and_data)
{
	static const DWORD protections[] = { PAGE_READWRITE, PAGE_EXECUTE_READ, PAGE_EXECUTE,
					     PAGE_EXECUTE_READWRITE, PAGE_EXECUTE_READ };
	char *base = pages_of(self->handle, 5, PAGE_READWRITE);
	static char buffer[5 * 0x1000];
	SIZE_T copied = MARK;
	DWORD old;

	ASSERT_NE(NULL, base);
	memset(buffer, 0x66, sizeof(buffer));
	for (int i = 0; i < 5; i++)
		ASSERT_TRUE(VirtualProtectEx(self->handle, base + i * (int)PAGE, PAGE,
					     protections[i], &old));
	EXPECT_WORKS(WriteProcessMemory(self->handle, base + 8, buffer, 5 * PAGE - 8, &copied));
	EXPECT_EQ(5 * PAGE - 8, copied);
	for (int i = 0; i < 5; i++) {
		EXPECT_EQ(protections[i], protection_of(self->handle, base + i * (int)PAGE));
		EXPECT_EQ(0x66, target_reads(&self->target, base + i * (int)PAGE + 8).value);
	}
	EXPECT_EQ(0, target_reads(&self->target, base).value);
}

/* A write of code is one that a watch and a lock know of. */
TEST_F(copy, RW_4_code_is_written_by_the_process_itself)
{
	char *base = VirtualAlloc(NULL, PAGE, RESERVE_COMMIT | MEM_WRITE_WATCH, PAGE_READWRITE);
	ULONG_PTR count = 1;
	DWORD granularity;
	SIZE_T copied;
	void *page;

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(protect(base, PAGE, PAGE_EXECUTE_READ));
	ASSERT_EQ(0u, ResetWriteWatch(base, PAGE));
	EXPECT_WORKS(WriteProcessMemory(GetCurrentProcess(), base, "\xc3", 1, &copied));
	EXPECT_EXECUTES(base);
	EXPECT_VIOLATION_WRITE(base);
	EXPECT_EQ(0u, GetWriteWatch(0, base, PAGE, &page, &count, &granularity));
	EXPECT_EQ(1u, count);
}

/* What somebody put there is written to as its mapping allows. */
TEST_F(copy, RW_4_what_was_mapped_over_code)
{
	char *base = VirtualAlloc(NULL, PAGE, RESERVE_COMMIT, PAGE_EXECUTE_READ);
	const int how = MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS;
	SIZE_T copied = MARK;

	ASSERT_NE(NULL, base);
	EXPECT_WORKS(WriteProcessMemory(GetCurrentProcess(), base, "a", 1, &copied));
	ASSERT_EQ(base, mmap(base, PAGE, PROT_READ | PROT_WRITE, how, -1, 0));
	EXPECT_WORKS(WriteProcessMemory(GetCurrentProcess(), base, "b", 1, &copied));
	EXPECT_READS('b', base);
	ASSERT_EQ(base, mmap(base, PAGE, PROT_READ, how, -1, 0));
	EXPECT_FAILS(299, WriteProcessMemory(GetCurrentProcess(), base, "c", 1, &copied));
	EXPECT_READS(0, base);
}

TEST_F(copy, RW_5_guard_pages)
{
	static const DWORD protections[] = { PAGE_READONLY, PAGE_READWRITE, PAGE_EXECUTE,
					     PAGE_EXECUTE_READ, PAGE_EXECUTE_READWRITE };
	enum { READ, WRITE, NT_READ, NT_WRITE, WAYS };
	char *base = pages_of(self->handle, 1, PAGE_READWRITE);
	SIZE_T copied;
	DWORD old;
	char byte;

	ASSERT_NE(NULL, base);
	for (int i = 0; i < 5 * WAYS; i++) {
		DWORD without = protections[i / WAYS];

		ASSERT_TRUE(VirtualProtectEx(self->handle, base, PAGE, without | PAGE_GUARD, &old));
		copied = MARK;
		SetLastError(MARK);
		switch (i % WAYS) {
		case READ:
			EXPECT_FAILS(299, ReadProcessMemory(self->handle, base, &byte, 1, &copied));
			break;
		case WRITE:
			EXPECT_FAILS(299, WriteProcessMemory(self->handle, base, "g", 1, &copied));
			break;
		case NT_READ:
			EXPECT_STATUS(ST_PARTIAL_COPY,
				      NtReadVirtualMemory(self->handle, base, &byte, 1, &copied));
			break;
		case NT_WRITE:
			EXPECT_STATUS(ST_PARTIAL_COPY,
				      NtWriteVirtualMemory(self->handle, base, "g", 1, &copied));
			break;
		}
		EXPECT_EQ(0u, copied);
		EXPECT_EQ(without, protection_of(self->handle, base))
		{
			TH_LOG("protection %x, way %d", without, i % WAYS);
		}
		EXPECT_WORKS(ReadProcessMemory(self->handle, base, &byte, 1, &copied));
		EXPECT_EQ(0, byte);
	}
}

/* The first touch of the guard ends the copy; what lies before it has been copied. */
TEST_F(copy, RW_5_guard_in_the_middle)
{
	char *base = pages_of(self->handle, 3, PAGE_EXECUTE_READ);
	static char buffer[3 * 0x1000];
	SIZE_T copied = MARK;
	DWORD old;

	ASSERT_NE(NULL, base);
	memset(buffer, 0x77, sizeof(buffer));
	ASSERT_TRUE(VirtualProtectEx(self->handle, base + PAGE, PAGE,
				     PAGE_EXECUTE_READ | PAGE_GUARD, &old));
	EXPECT_FAILS(299, WriteProcessMemory(self->handle, base, buffer, 3 * PAGE, &copied));
	EXPECT_EQ(PAGE, copied);
	EXPECT_EQ(0, target_reads(&self->target, base + PAGE).value);
	EXPECT_EQ(0, target_reads(&self->target, base + 2 * PAGE).value);
	EXPECT_WORKS(WriteProcessMemory(self->handle, base, buffer, 3 * PAGE, &copied));
	EXPECT_EQ(0x77, target_reads(&self->target, base + 2 * PAGE).value);
	EXPECT_EQ((DWORD)PAGE_EXECUTE_READ, protection_of(self->handle, base + PAGE));
}

struct writer {
	HANDLE process;
	char *page;
	volatile bool end;
	unsigned long refused;
};

static void *write_on_and_on(void *argument)
{
	struct writer *writer = argument;

	while (!writer->end)
		if (!WriteProcessMemory(writer->process, writer->page, "w", 1, NULL))
			writer->refused += GetLastError() == 299;
	return NULL;
}

/* Every guard that was set has stopped a write, or is still there. */
TEST_F(copy, RW_5_no_guard_on_code_is_lost)
{
	struct writer writer = { .process = self->handle };
	unsigned long set = 0;
	pthread_t thread;
	DWORD old;

	writer.page = pages_of(self->handle, 1, PAGE_EXECUTE_READ);
	ASSERT_NE(NULL, writer.page);
	ASSERT_EQ(0, pthread_create(&thread, NULL, write_on_and_on, &writer));
	for (int i = 0; i < 5000; i++) {
		ASSERT_TRUE(VirtualProtectEx(self->handle, writer.page, 1,
					     PAGE_EXECUTE_READ | PAGE_GUARD, &old));
		ASSERT_EQ((DWORD)PAGE_EXECUTE_READ, old & ~(DWORD)PAGE_GUARD);
		set += !(old & PAGE_GUARD);
	}
	writer.end = true;
	pthread_join(thread, NULL);
	if (protection_of(self->handle, writer.page) & PAGE_GUARD)
		set--;
	/* More, where one went between VirtualProtectEx's look at it and its renewal. */
	EXPECT_LE(set, writer.refused);
	EXPECT_LT(0u, set);
}

TEST_F(copy, ranges_that_are_no_user_memory)
{
	char *const bad[] = { (char *)HIGHEST_ADDRESS, (char *)0x7ffffffff000, (char *)~0xfffull,
			      (char *)0x8000000000000000 };
	SIZE_T copied;
	char byte = 0;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		copied = MARK;
		EXPECT_STATUS(ST_ACCESS_VIOLATION,
			      NtReadVirtualMemory(self->handle, bad[i], &byte, 0x2000, &copied));
		EXPECT_STATUS(ST_ACCESS_VIOLATION,
			      NtWriteVirtualMemory(self->handle, bad[i], &byte, 0x2000, &copied));
		EXPECT_EQ(MARK, copied);
		EXPECT_FAILS(998, ReadProcessMemory(self->handle, bad[i], &byte, 0x2000, &copied));
		EXPECT_FAILS(998, WriteProcessMemory(self->handle, bad[i], &byte, 0x2000, &copied));
	}
	EXPECT_STATUS(ST_ACCESS_VIOLATION,
		      NtReadVirtualMemory(self->handle, FIXED, &byte, ~(SIZE_T)0, &copied));
}

/* Nothing has been written when the count cannot be told. */
TEST_F(copy, G_8_bad_count_pointers)
{
	char *base = pages_of(self->handle, 1, PAGE_READWRITE);
	SIZE_T *nowhere = (SIZE_T *)FIXED;
	char byte;

	ASSERT_NE(NULL, base);
	EXPECT_STATUS(ST_ACCESS_VIOLATION,
		      NtWriteVirtualMemory(self->handle, base, "z", 1, nowhere));
	EXPECT_EQ(0, target_reads(&self->target, base).value);
	EXPECT_STATUS(ST_ACCESS_VIOLATION,
		      NtReadVirtualMemory(self->handle, base, &byte, 1, nowhere));
}

/* Linux' own memory of the target is read and written as its mappings allow. */
TEST_F(copy, memory_that_linux_mapped)
{
	static char data[8] = "before";
	SIZE_T copied;
	char here[8];

	EXPECT_WORKS(WriteProcessMemory(self->handle, data, "behind", 7, &copied));
	EXPECT_WORKS(ReadProcessMemory(self->handle, data, here, sizeof(here), &copied));
	EXPECT_STREQ("behind", here);
	EXPECT_STREQ("before", data);
	EXPECT_WORKS(
		ReadProcessMemory(self->handle, (void *)(uintptr_t)target_live, here, 1, &copied));
	/* Nothing is forced: Linux' own code is not written to. */
	EXPECT_FAILS(299, WriteProcessMemory(self->handle, (void *)(uintptr_t)target_live, here, 1,
					     &copied));
	EXPECT_EQ(0u, copied);
}

VM_TEST_MAIN
