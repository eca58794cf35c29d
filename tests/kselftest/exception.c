// SPDX-License-Identifier: GPL-2.0
/* Access violations, and system calls on memory that is not accessible (SPEC 9, EX). */
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/uio.h>

#include "vm.h"

TEST(EX_1_access_violation_record)
{
	char *base = VirtualAlloc(NULL, 2 * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READONLY);

	ASSERT_NE(NULL, base);
	EXPECT_VIOLATION_WRITE(base + 0x7ff);
	EXPECT_VIOLATION_EXECUTE(base + PAGE);
	ASSERT_TRUE(protect(base, PAGE, PAGE_NOACCESS));
	EXPECT_VIOLATION_READ(base + 1);
	/* The processor does not tell a non-canonical address. */
	EXPECT_EXCEPTION(ST_ACCESS_VIOLATION, 0, UINTPTR_MAX, probe_read(0x8000000000001000));
}

TEST(EX_3_reserved_free_and_noaccess)
{
	char *base = reserve(4 * PAGE);

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(commit_at(base + PAGE, PAGE, PAGE_NOACCESS));
	EXPECT_VIOLATION_READ(base);
	EXPECT_VIOLATION_WRITE(base);
	EXPECT_VIOLATION_READ(base + PAGE);
	EXPECT_VIOLATION_WRITE(base + PAGE);
	EXPECT_VIOLATION_EXECUTE(base + PAGE);
	ASSERT_TRUE(release(base));
	EXPECT_VIOLATION_READ(base);
	EXPECT_VIOLATION_WRITE(base + PAGE);
	EXPECT_VIOLATION_EXECUTE(base + 2 * PAGE);
	EXPECT_VIOLATION_READ(FIXED);
}

/* Kinds of pages that an instruction fetch finds, present and not. */
TEST(EX_1_execute_faults_are_told_apart)
{
	char *base = reserve(6 * PAGE);

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(commit_at(base, 5 * PAGE, PAGE_READWRITE));
	for (SIZE_T i = 0; i < 5; i++)
		EXPECT_WRITES(base + i * PAGE, 0xc3);
	ASSERT_TRUE(protect(base + PAGE, PAGE, PAGE_READONLY));
	ASSERT_TRUE(protect(base + 2 * PAGE, PAGE, PAGE_NOACCESS));
	ASSERT_TRUE(protect(base + 3 * PAGE, PAGE, PAGE_EXECUTE_READ));
	ASSERT_TRUE(protect(base + 4 * PAGE, PAGE, PAGE_EXECUTE_READ | PAGE_GUARD));
	/* Present and writable, read-only, no access, reserved. */
	EXPECT_VIOLATION_EXECUTE(base);
	EXPECT_VIOLATION_EXECUTE(base + PAGE);
	EXPECT_VIOLATION_EXECUTE(base + 2 * PAGE);
	EXPECT_VIOLATION_EXECUTE(base + 5 * PAGE);
	/* The same pages, read and written: other kinds of the same address. */
	EXPECT_READS(0xc3, base);
	EXPECT_VIOLATION_WRITE(base + PAGE);
	EXPECT_VIOLATION_READ(base + 2 * PAGE);
	/* Executable, and behind a guard. */
	EXPECT_EXECUTES(base + 3 * PAGE);
	EXPECT_GUARD_EXECUTE(base + 4 * PAGE);
	EXPECT_EXECUTES(base + 4 * PAGE);
	/* Never touched: the page is not present. */
	ASSERT_TRUE(commit_at(base + 5 * PAGE, PAGE, PAGE_READWRITE));
	EXPECT_VIOLATION_EXECUTE(base + 5 * PAGE);
	EXPECT_READS(0, base + 5 * PAGE);
	EXPECT_VIOLATION_EXECUTE(base + 5 * PAGE);
}

/* Memory that winvm knows nothing of. */
TEST(EX_1_execute_faults_of_linux_memory)
{
	char *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, page);
	EXPECT_VIOLATION_EXECUTE(page);
	page[0] = (char)0xc3;
	EXPECT_VIOLATION_EXECUTE(page);
	EXPECT_VIOLATION_EXECUTE(0x100);
	munmap(page, PAGE);
	EXPECT_VIOLATION_EXECUTE(page);
}

/* The last bytes of an executable page: the fetch of the rest is what faults. */
TEST(EX_1_instruction_across_a_page_boundary)
{
	char *base = commit(2 * PAGE);
	char *code = base + PAGE - 2;

	ASSERT_NE(NULL, base);
	/* movl $..., %eax; the last three bytes are on the next page */
	memcpy(code, "\xb8\x01", 2);
	ASSERT_TRUE(protect(base, PAGE, PAGE_EXECUTE_READ));
	EXPECT_EXCEPTION(ST_ACCESS_VIOLATION, 8, base + PAGE, probe_execute((uintptr_t)code));
	memcpy(base + PAGE, "\0\0\0\xc3", 4);
	ASSERT_TRUE(protect(base + PAGE, PAGE, PAGE_EXECUTE_READ | PAGE_GUARD));
	EXPECT_EXCEPTION(ST_GUARD_PAGE_VIOLATION, 8, base + PAGE, probe_execute((uintptr_t)code));
	EXPECT_EXECUTES(code);
}

/* The handler takes the place of the read: it puts a value into the register and goes on. */
static char *committed_on_demand;

static LONG CALLBACK commit_on_demand(EXCEPTION_POINTERS *exception)
{
	uintptr_t address = exception->ExceptionRecord->ExceptionInformation[1];

	if (address - (uintptr_t)committed_on_demand >= 64 * PAGE)
		return EXCEPTION_CONTINUE_SEARCH;
	if (!VirtualAlloc((void *)address, 1, MEM_COMMIT, PAGE_READWRITE))
		return EXCEPTION_CONTINUE_SEARCH;
	return EXCEPTION_CONTINUE_EXECUTION;
}

TEST(EX_3_reserved_memory_committed_in_the_handler)
{
	volatile char *base = reserve(64 * PAGE);

	ASSERT_NE(NULL, base);
	committed_on_demand = (char *)base;
	ASSERT_NE(NULL, AddVectoredExceptionHandler(1, commit_on_demand));
	for (SIZE_T i = 0; i < 64; i++)
		base[i * PAGE] = (char)i;
	for (SIZE_T i = 0; i < 64; i++)
		EXPECT_EQ((char)i, base[i * PAGE]);
	EXPECT_COMMITTED((char *)base, (char *)base, 64 * PAGE, PAGE_READWRITE);
}

TEST(EX_4_system_calls_do_not_raise)
{
	MEMORY_BASIC_INFORMATION *out = (void *)reserve(PAGE);
	char *readonly = VirtualAlloc(NULL, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READONLY);
	char *base = commit(PAGE);
	SIZE_T copied = MARK;

	ASSERT_NE(NULL, out);
	ASSERT_NE(NULL, readonly);
	EXPECT_FAILS(998, VirtualQuery(base, out, sizeof(*out)));
	EXPECT_FAILS(998, VirtualQuery(base, (void *)readonly, sizeof(*out)));
	EXPECT_FAILS(998, VirtualProtect(base, PAGE, PAGE_READONLY, (void *)readonly));
	EXPECT_FAILS(299, ReadProcessMemory(GetCurrentProcess(), out, base, 8, &copied));
	EXPECT_STATUS(ST_PARTIAL_COPY, RtlGetLastNtStatus());
	EXPECT_EQ(0u, copied);
	EXPECT_COMMITTED(base, base, PAGE, PAGE_READWRITE);
}

TEST(EX_4_read_and_write_of_linux)
{
	char *base = reserve(3 * PAGE);
	int ends[2];

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(commit_at(base, PAGE, PAGE_READWRITE));
	ASSERT_TRUE(commit_at(base + PAGE, PAGE, PAGE_READONLY));
	ASSERT_EQ(0, pipe(ends));
	EXPECT_EQ(4, write(ends[1], "abcd", 4));
	EXPECT_EQ(-1, read(ends[0], base + PAGE, 4));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, read(ends[0], base + 2 * PAGE, 4));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(4, read(ends[0], base, 4));
	EXPECT_READS('d', base + 3);
	EXPECT_EQ(PAGE, (SIZE_T)write(ends[1], base + PAGE, PAGE));
	EXPECT_EQ(-1, write(ends[1], base + 2 * PAGE, 1));
	EXPECT_EQ(EFAULT, errno);
}

TEST_SIGNAL(EX_3_without_a_handler_the_process_dies, SIGSEGV)
{
	volatile char *base = reserve(PAGE);

	ASSERT_NE(NULL, base);
	base[0] = 1;
}

TEST_SIGNAL(EX_1_of_memory_that_is_not_ours, SIGSEGV)
{
	volatile char *page = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, page);
	page[0] = 1;
}

VM_TEST_MAIN
