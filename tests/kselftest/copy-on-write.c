// SPDX-License-Identifier: GPL-2.0
/* Copy on write in views (SPEC SE-29, SE-31, VQ-11, VP-18, VP-21, CC-4, CC-19). */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/uio.h>

#include "device.h"
#include "section.h"
#include "swap.h"
#include "working-set.h"

#define EXECUTE_COPY (FILE_MAP_EXECUTE | FILE_MAP_COPY)
#define RET	     0xc3

FIXTURE(copy_on_write)
{
	HANDLE section; /* 16 pages, READWRITE; page n holds n + 1 */
	char *shared;
	char *view; /* WRITECOPY */
};

FIXTURE_SETUP(copy_on_write)
{
	self->section = mapping(PAGE_READWRITE, 16 * PAGE);
	ASSERT_NE(NULL, self->section);
	self->shared = view_of(self->section, FILE_MAP_WRITE);
	self->view = view_of(self->section, FILE_MAP_COPY);
	ASSERT_NE(NULL, self->shared);
	ASSERT_NE(NULL, self->view);
	for (SIZE_T i = 0; i < 16; i++)
		self->shared[i * PAGE] = (char)(i + 1);
}

FIXTURE_TEARDOWN(copy_on_write)
{
	UnmapViewOfFile(self->view);
	UnmapViewOfFile(self->shared);
	CloseHandle(self->section);
}

TEST_F(copy_on_write, SE_13_protections_of_the_view)
{
	HANDLE code = mapping(PAGE_EXECUTE_READWRITE, PAGE);
	char *view;

	EXPECT_COMMITTED(self->view, self->view, 16 * PAGE, PAGE_WRITECOPY);
	EXPECT_EQ((DWORD)PAGE_WRITECOPY, region_at(self->view).AllocationProtect);
	EXPECT_EQ((DWORD)MEM_MAPPED, region_at(self->view).Type);
	EXPECT_WORKS(view = view_of(code, EXECUTE_COPY));
	EXPECT_COMMITTED(view, view, PAGE, PAGE_EXECUTE_WRITECOPY);
	EXPECT_WORKS(UnmapViewOfFile(view));
	EXPECT_WORKS(CloseHandle(code));
}

TEST_F(copy_on_write, SE_14_reading_is_right_enough)
{
	HANDLE read = nt_section(SECTION_MAP_READ, PAGE_READWRITE, SEC_COMMIT, PAGE);
	HANDLE write = nt_section(SECTION_MAP_WRITE, PAGE_READWRITE, SEC_COMMIT, PAGE);
	struct nt_answer answer = NT_MAP(.section = read, .protection = PAGE_WRITECOPY);

	EXPECT_STATUS(ST_SUCCESS, answer.status);
	EXPECT_WRITES(answer.base, 1);
	EXPECT_STATUS(ST_ACCESS_DENIED,
		      NT_MAP(.section = write, .protection = PAGE_WRITECOPY).status);
}

TEST_F(copy_on_write, SE_15a_of_sections_that_may_not_be_written)
{
	HANDLE read_only = mapping(PAGE_READONLY, PAGE), code = mapping(PAGE_EXECUTE_READ, PAGE);
	char *view, *same;

	EXPECT_WORKS(view = view_of(read_only, FILE_MAP_COPY));
	EXPECT_WORKS(same = view_of(read_only, FILE_MAP_READ));
	EXPECT_WRITES(view, 5);
	EXPECT_READS(5, view);
	EXPECT_READS(0, same);
	EXPECT_FAILS(5, view_of(read_only, EXECUTE_COPY));
	EXPECT_WORKS(view = view_of(code, FILE_MAP_COPY));
	EXPECT_WRITES(view, 6);
	EXPECT_FAILS(5, view_of(code, EXECUTE_COPY));
	EXPECT_WORKS(view = view_of(code, FILE_MAP_EXECUTE | FILE_MAP_READ));
	EXPECT_WORKS(protect(view, PAGE, PAGE_WRITECOPY));
	EXPECT_WORKS(protect(view, PAGE, PAGE_EXECUTE_WRITECOPY));
	EXPECT_FAILS(87, protect(view, PAGE, PAGE_READWRITE));
	EXPECT_FAILS(87, protect(view, PAGE, PAGE_EXECUTE_READWRITE));
	EXPECT_WRITES(view, RET);
	EXPECT_EXECUTES(view);
	EXPECT_COMMITTED(view, view, PAGE, PAGE_EXECUTE_READWRITE);
	EXPECT_FAILS(87, protect(view, PAGE, PAGE_EXECUTE_READWRITE));
}

TEST_F(copy_on_write, SE_29_others_writes_are_seen_until_the_first_own)
{
	char *other = view_of(self->section, FILE_MAP_COPY);

	EXPECT_READS(1, self->view);
	EXPECT_WRITES(self->shared, 20);
	EXPECT_READS(20, self->view);
	EXPECT_READS(20, other);
	EXPECT_WRITES(self->view + 1, 21);
	EXPECT_READS(20, self->view);
	EXPECT_WRITES(self->shared, 22);
	EXPECT_READS(20, self->view);
	EXPECT_READS(21, self->view + 1);
	EXPECT_READS(0, self->shared + 1);
	EXPECT_READS(22, other);
	/* The neighbour is shared as before. */
	EXPECT_WRITES(self->shared + PAGE, 23);
	EXPECT_READS(23, self->view + PAGE);
	EXPECT_WORKS(UnmapViewOfFile(other));
}

TEST_F(copy_on_write, VQ_11_the_run_splits)
{
	EXPECT_READS(6, self->view + 5 * PAGE);
	EXPECT_COMMITTED(self->view, self->view, 16 * PAGE, PAGE_WRITECOPY);
	EXPECT_WRITES(self->view + 5 * PAGE, 1);
	EXPECT_WRITES(self->view + 7 * PAGE, 1); /* not touched before */
	EXPECT_COMMITTED(self->view, self->view, 5 * PAGE, PAGE_WRITECOPY);
	EXPECT_COMMITTED(self->view + 5 * PAGE, self->view, PAGE, PAGE_READWRITE);
	EXPECT_COMMITTED(self->view + 6 * PAGE, self->view, PAGE, PAGE_WRITECOPY);
	EXPECT_COMMITTED(self->view + 7 * PAGE, self->view, PAGE, PAGE_READWRITE);
	EXPECT_COMMITTED(self->view + 8 * PAGE, self->view, 8 * PAGE, PAGE_WRITECOPY);
	EXPECT_EQ((DWORD)PAGE_WRITECOPY, region_at(self->view + 5 * PAGE).AllocationProtect);
	/* VQ-10 */
	EXPECT_EQ((DWORD)MEM_MAPPED, region_at(self->view + 5 * PAGE).Type);
	EXPECT_WRITES(self->view + 6 * PAGE, 1);
	EXPECT_COMMITTED(self->view + 5 * PAGE, self->view, 3 * PAGE, PAGE_READWRITE);
}

TEST_F(copy_on_write, VQ_11_a_copied_page_is_as_its_READWRITE_neighbour)
{
	EXPECT_WORKS(protect(self->shared + PAGE, PAGE, PAGE_WRITECOPY));
	EXPECT_WRITES(self->shared + PAGE, 40);
	EXPECT_COMMITTED(self->shared, self->shared, 16 * PAGE, PAGE_READWRITE);
	EXPECT_READS(2, self->view + PAGE);
}

TEST_F(copy_on_write, VP_18_WRITECOPY_asked_of_a_copied_page)
{
	char *page = self->view + PAGE;
	DWORD old = 0;

	EXPECT_WRITES(page, 30);
	EXPECT_WORKS(VirtualProtect(self->view, 3 * PAGE, PAGE_WRITECOPY, &old));
	EXPECT_EQ((DWORD)PAGE_WRITECOPY, old);
	EXPECT_COMMITTED(self->view, self->view, PAGE, PAGE_WRITECOPY);
	EXPECT_COMMITTED(page, self->view, PAGE, PAGE_READWRITE);
	EXPECT_WORKS(VirtualProtect(page, PAGE, PAGE_READONLY, &old));
	EXPECT_EQ((DWORD)PAGE_READWRITE, old);
	EXPECT_VIOLATION_WRITE(page);
	EXPECT_READS(30, page);
	EXPECT_WORKS(protect(page, PAGE, PAGE_NOACCESS));
	EXPECT_VIOLATION_READ(page);
	EXPECT_WORKS(protect(page, PAGE, PAGE_WRITECOPY));
	EXPECT_COMMITTED(page, self->view, PAGE, PAGE_READWRITE);
	EXPECT_READS(30, page);
	EXPECT_WRITES(page, 31);
	EXPECT_READS(2, self->shared + PAGE);
	/* SE-30: what the view does not grant the copy does not, either. */
	EXPECT_FAILS(87, protect(page, PAGE, PAGE_READWRITE));
	EXPECT_FAILS(87, protect(page, PAGE, PAGE_EXECUTE_READ));
}

TEST_F(copy_on_write, VP_18_executable_pages)
{
	HANDLE code = mapping(PAGE_EXECUTE_READWRITE, 4 * PAGE);
	char *shared = view_of(code, FILE_MAP_EXECUTE | FILE_MAP_WRITE);
	char *view = view_of(code, EXECUTE_COPY);

	EXPECT_WRITES(shared, RET);
	EXPECT_EXECUTES(view);
	EXPECT_WRITES(view + 1, 1);
	EXPECT_COMMITTED(view, view, PAGE, PAGE_EXECUTE_READWRITE);
	EXPECT_EXECUTES(view);
	EXPECT_WORKS(protect(view, PAGE, PAGE_WRITECOPY));
	EXPECT_COMMITTED(view, view, PAGE, PAGE_READWRITE);
	EXPECT_VIOLATION_EXECUTE(view);
	EXPECT_WORKS(protect(view, PAGE, PAGE_EXECUTE_WRITECOPY));
	EXPECT_COMMITTED(view, view, PAGE, PAGE_EXECUTE_READWRITE);
	EXPECT_EXECUTES(view);
	EXPECT_READS(1, view + 1);
	EXPECT_READS(0, shared + 1);
	EXPECT_WORKS(UnmapViewOfFile(view));
	EXPECT_WORKS(UnmapViewOfFile(shared));
	EXPECT_WORKS(CloseHandle(code));
}

TEST_F(copy_on_write, SE_30_a_written_page_becomes_copy_on_write_and_back)
{
	EXPECT_WRITES(self->shared, 50);
	EXPECT_WORKS(protect(self->shared, 2 * PAGE, PAGE_WRITECOPY));
	EXPECT_COMMITTED(self->shared, self->shared, 2 * PAGE, PAGE_WRITECOPY);
	EXPECT_WRITES(self->shared, 51);
	EXPECT_READS(50, self->view);
	EXPECT_WORKS(protect(self->shared, 2 * PAGE, PAGE_READWRITE));
	EXPECT_COMMITTED(self->shared, self->shared, 16 * PAGE, PAGE_READWRITE);
	/* The first is the process's own for good, the second never was. */
	EXPECT_WRITES(self->shared, 52);
	EXPECT_WRITES(self->shared + PAGE, 53);
	EXPECT_READS(50, self->view);
	EXPECT_READS(53, self->view + PAGE);
}

TEST_F(copy_on_write, GP_1_guards)
{
	EXPECT_WORKS(protect(self->view, PAGE, PAGE_WRITECOPY | PAGE_GUARD));
	EXPECT_GUARD_WRITE(self->view);
	EXPECT_COMMITTED(self->view, self->view, 16 * PAGE, PAGE_WRITECOPY);
	EXPECT_WRITES(self->view, 9);
	EXPECT_WORKS(protect(self->view, PAGE, PAGE_WRITECOPY | PAGE_GUARD));
	EXPECT_COMMITTED(self->view, self->view, PAGE, PAGE_READWRITE | PAGE_GUARD);
	EXPECT_GUARD_READ(self->view);
	EXPECT_READS(9, self->view);
	EXPECT_READS(1, self->shared);
}

TEST_F(copy_on_write, unmapped_copies_are_gone)
{
	char *again;

	EXPECT_WRITES(self->view, 60);
	EXPECT_WORKS(UnmapViewOfFile(self->view));
	EXPECT_VIOLATION_READ(self->view);
	again = MapViewOfFileEx(self->section, FILE_MAP_COPY, 0, 0, 0, self->view);
	EXPECT_EQ(self->view, again);
	EXPECT_READS(1, again);
	EXPECT_COMMITTED(again, again, 16 * PAGE, PAGE_WRITECOPY);
	EXPECT_WRITES(again, 61);
	EXPECT_WORKS(UnmapViewOfFile(again));
	EXPECT_EQ(again, VirtualAlloc(again, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
	EXPECT_READS(0, again);
	EXPECT_WORKS(release(again));
	self->view = view_of(self->section, FILE_MAP_COPY);
}

static int writes_a_copy(void *argument)
{
	char *view = view_of(*(HANDLE *)argument, FILE_MAP_COPY);

	if (!view || view[0] != 1)
		return 1;
	view[0] = 70;
	return view[0] != 70;
}

TEST_F(copy_on_write, SE_31_other_processes_see_nothing_of_it)
{
	EXPECT_EQ(0, in_child(writes_a_copy, &self->section));
	EXPECT_READS(1, self->shared);
	EXPECT_READS(1, self->view);
}

/* Whoever writes for the process copies as well. */
TEST_F(copy_on_write, SE_31_writes_by_the_kernel)
{
	int zero = open("/dev/zero", O_RDONLY), mem = open("/proc/self/mem", O_RDWR);
	char bytes[4] = { 80, 81, 82, 83 };
	struct iovec here = { bytes, 1 }, there = { self->view + PAGE, 1 };
	SIZE_T done;

	EXPECT_EQ(1, read(zero, self->view, 1));
	EXPECT_EQ(1, process_vm_writev(getpid(), &here, 1, &there, 1, 0));
	EXPECT_EQ(1, pwrite(mem, bytes + 1, 1, (off_t)(uintptr_t)(self->view + 2 * PAGE)));
	EXPECT_WORKS(WriteProcessMemory(GetCurrentProcess(), self->view + 3 * PAGE, bytes + 2, 1,
					&done));
	EXPECT_EQ(1u, done);
	EXPECT_COMMITTED(self->view, self->view, 4 * PAGE, PAGE_READWRITE);
	EXPECT_READS(0, self->view);
	EXPECT_READS(80, self->view + PAGE);
	EXPECT_READS(81, self->view + 2 * PAGE);
	EXPECT_READS(82, self->view + 3 * PAGE);
	for (SIZE_T i = 0; i < 4; i++)
		EXPECT_READS(i + 1, self->shared + i * PAGE);
	/* Nothing is forced. */
	EXPECT_WORKS(protect(self->view + 4 * PAGE, PAGE, PAGE_READONLY));
	EXPECT_EQ(-1, pwrite(mem, bytes, 1, (off_t)(uintptr_t)(self->view + 4 * PAGE)));
	EXPECT_READS(5, self->shared + 4 * PAGE);
	EXPECT_EQ(1, pread(mem, bytes, 1, (off_t)(uintptr_t)(self->view + PAGE)));
	EXPECT_EQ(80, bytes[0]);
	close(zero);
	close(mem);
}

TEST_F(copy_on_write, RW_4_WriteProcessMemory_to_code)
{
	HANDLE code = mapping(PAGE_EXECUTE_READWRITE, 2 * PAGE);
	char *view = view_of(code, EXECUTE_COPY), *same = view_of(code, FILE_MAP_READ);
	const unsigned char byte = RET;

	EXPECT_WORKS(WriteProcessMemory(GetCurrentProcess(), view, &byte, 1, NULL));
	EXPECT_COMMITTED(view, view, PAGE, PAGE_EXECUTE_READWRITE);
	EXPECT_WORKS(protect(view, PAGE, PAGE_EXECUTE_READ));
	EXPECT_WORKS(WriteProcessMemory(GetCurrentProcess(), view + 1, &byte, 1, NULL));
	EXPECT_EXECUTES(view + 1);
	EXPECT_COMMITTED(view, view, PAGE, PAGE_EXECUTE_READ);
	EXPECT_READS(0, same);
	EXPECT_WORKS(UnmapViewOfFile(view));
	EXPECT_WORKS(UnmapViewOfFile(same));
	EXPECT_WORKS(CloseHandle(code));
}

TEST_F(copy_on_write, CC_19_charged_when_it_is_mapped)
{
	struct winvm_counters before = counters(), after;
	char *view;

	EXPECT_WORKS(view = view_of(self->section, FILE_MAP_COPY));
	after = counters();
	EXPECT_EQ(16 * PAGE, after.commit_bytes - before.commit_bytes);
	EXPECT_EQ(16 * PAGE, after.system_commit_bytes - before.system_commit_bytes);
	EXPECT_WRITES(view, 1);
	EXPECT_WORKS(protect(view, 4 * PAGE, PAGE_READONLY));
	EXPECT_WORKS(protect(view, 16 * PAGE, PAGE_WRITECOPY));
	EXPECT_EQ(after.commit_bytes, counters().commit_bytes);
	EXPECT_WORKS(UnmapViewOfFile(view));
	EXPECT_EQ(before.commit_bytes, counters().commit_bytes);
	EXPECT_EQ(before.system_commit_bytes, counters().system_commit_bytes);
	/* CC-6 */
	EXPECT_WORKS(view = view_of(self->section, FILE_MAP_WRITE));
	EXPECT_EQ(before.commit_bytes, counters().commit_bytes);
	EXPECT_WORKS(UnmapViewOfFile(view));
}

TEST_F(copy_on_write, VP_21_charged_when_it_is_protected)
{
	uint64_t before = counters().commit_bytes;

	EXPECT_WORKS(protect(self->shared, 4 * PAGE, PAGE_WRITECOPY));
	EXPECT_EQ(4 * PAGE, counters().commit_bytes - before);
	EXPECT_WORKS(protect(self->shared + 2 * PAGE, 4 * PAGE, PAGE_WRITECOPY));
	EXPECT_EQ(6 * PAGE, counters().commit_bytes - before);
	EXPECT_WRITES(self->shared, 1);
	EXPECT_EQ(6 * PAGE, counters().commit_bytes - before);
	/* What was not copied is not paid for any more. */
	EXPECT_WORKS(protect(self->shared, 16 * PAGE, PAGE_READWRITE));
	EXPECT_EQ(PAGE, counters().commit_bytes - before);
	EXPECT_WORKS(protect(self->shared, 16 * PAGE, PAGE_WRITECOPY));
	EXPECT_EQ(16 * PAGE, counters().commit_bytes - before);
	EXPECT_WORKS(UnmapViewOfFile(self->shared));
	EXPECT_EQ(before, counters().commit_bytes);
	self->shared = view_of(self->section, FILE_MAP_WRITE);
}

/* More than half of what there is: once for the section, and not once more for copies. */
TEST_F(copy_on_write, CC_4_refused_at_the_commit_limit)
{
	struct winvm_counters before = counters();
	SIZE_T bytes = (before.system_commit_limit_bytes - before.system_commit_bytes) / 2;
	HANDLE big;
	char *view;

	bytes = (bytes / GRANULARITY + 16) * GRANULARITY;
	big = mapping(PAGE_READWRITE, bytes);
	ASSERT_NE(NULL, big);
	EXPECT_FAILS(1455, view_of(big, FILE_MAP_COPY));
	EXPECT_STATUS(ST_COMMITMENT_LIMIT,
		      NT_MAP(.section = big, .protection = PAGE_WRITECOPY).status);
	EXPECT_WORKS(view = view_of(big, FILE_MAP_WRITE));
	EXPECT_WRITES(view, 1);
	EXPECT_FAILS(1455, protect(view, bytes, PAGE_WRITECOPY));
	EXPECT_COMMITTED(view, view, bytes, PAGE_READWRITE);
	EXPECT_WRITES(view, 2);
	EXPECT_EQ(before.commit_bytes, counters().commit_bytes);
	EXPECT_WORKS(UnmapViewOfFile(view));
	EXPECT_WORKS(CloseHandle(big));
	EXPECT_EQ(before.system_commit_bytes, counters().system_commit_bytes);
}

TEST_F(copy_on_write, NQ_4_commit_size_of_the_view)
{
	WIN32_MEMORY_REGION_INFORMATION region = { 0 };

	EXPECT_WORKS(QueryVirtualMemoryInformation(
		GetCurrentProcess(), self->view, MemoryRegionInfo, &region, sizeof(region), NULL));
	EXPECT_EQ(16 * PAGE, region.CommitSize);
}

TEST_F(copy_on_write, WS_18_a_copied_page_is_not_shared)
{
	EXPECT_READS(1, self->view);
	EXPECT_TRUE(!!page_at(self->view).Valid);
	EXPECT_TRUE(!!page_at(self->view).Shared);
	EXPECT_EQ(PAGE_WRITECOPY, (DWORD)page_at(self->view).Win32Protection);
	EXPECT_WRITES(self->view, 1);
	EXPECT_TRUE(!!page_at(self->view).Valid);
	EXPECT_FALSE(!!page_at(self->view).Shared);
	EXPECT_TRUE(!!page_at(self->view).SharedOriginal);
	EXPECT_EQ(PAGE_READWRITE, (DWORD)page_at(self->view).Win32Protection);
	EXPECT_EQ(0u, (unsigned int)page_at(self->view).ShareCount);
	EXPECT_WORKS(EmptyWorkingSet(GetCurrentProcess()));
	EXPECT_FALSE(!!page_at(self->view).Valid);
	EXPECT_FALSE(!!page_at(self->view).Shared);
	EXPECT_READS(1, self->view);
	EXPECT_TRUE(!!page_at(self->view).Valid);
}

TEST_F(copy_on_write, VL_12_a_locked_page_is_copied)
{
	/* Taking pages of another view away reaches this one. */
	EXPECT_WORKS(UnmapViewOfFile(self->shared));
	EXPECT_WORKS(VirtualLock(self->view, 4 * PAGE));
	EXPECT_COMMITTED(self->view, self->view, 16 * PAGE, PAGE_WRITECOPY);
	EXPECT_TRUE(!!page_at(self->view).Locked);
	EXPECT_WRITES(self->view, 90);
	EXPECT_TRUE(!!page_at(self->view).Locked);
	EXPECT_WORKS(EmptyWorkingSet(GetCurrentProcess()));
	EXPECT_TRUE(page_valid(self->view));
	EXPECT_READS(90, self->view);
	EXPECT_WORKS(protect(self->view, PAGE, PAGE_READONLY));
	EXPECT_TRUE(page_valid(self->view));
	EXPECT_READS(90, self->view);
	EXPECT_WORKS(VirtualUnlock(self->view, 4 * PAGE));
	EXPECT_FAILS(158, VirtualUnlock(self->view, PAGE));
	/* A copy that is locked. */
	EXPECT_WORKS(VirtualLock(self->view, PAGE));
	EXPECT_READS(90, self->view);
	self->shared = view_of(self->section, FILE_MAP_WRITE);
	EXPECT_READS(1, self->shared);
}

TEST_F(copy_on_write, MR_6_reset)
{
	EXPECT_WRITES(self->view, 95);
	EXPECT_EQ(self->view, VirtualAlloc(self->view, 16 * PAGE, MEM_RESET, PAGE_READWRITE));
	EXPECT_READS(95, self->view);
	EXPECT_EQ(self->view, VirtualAlloc(self->view, 16 * PAGE, MEM_RESET_UNDO, PAGE_READWRITE));
	EXPECT_READS(95, self->view);
	EXPECT_READS(1, self->shared);
	EXPECT_COMMITTED(self->view, self->view, PAGE, PAGE_READWRITE);
}

TEST_F(copy_on_write, SE_27_copies_are_not_decommitted)
{
	EXPECT_WRITES(self->view, 96);
	EXPECT_FAILS(87, decommit(self->view, PAGE));
	EXPECT_FAILS(87, release(self->view));
	EXPECT_READS(96, self->view);
}

static int shows_the_section(void *argument)
{
	char *view = argument;

	if (region_at(view).Protect != PAGE_WRITECOPY || region_at(view).RegionSize != 16 * PAGE)
		return 1;
	if (view[0] != 1 || view[PAGE] != 2)
		return 2;
	view[0] = 98;
	return view[0] == 98 && region_at(view).Protect == PAGE_READWRITE ? 0 : 3;
}

/* Copies are the process's own: its child begins with the section's pages, and copies for itself. */
TEST_F(copy_on_write, SE_36_a_child_has_the_view_without_the_copies)
{
	EXPECT_WRITES(self->view, 97);
	EXPECT_EQ(0, in_child(shows_the_section, self->view));
	EXPECT_READS(97, self->view);
	EXPECT_READS(1, self->shared);
}

/* What munmap() takes away is mapped again, and the copies are where they were. */
TEST_F(copy_on_write, unmapped_behind_our_back)
{
	EXPECT_WRITES(self->view + PAGE, 98);
	ASSERT_EQ(0, munmap(self->view, 4 * PAGE));
	EXPECT_COMMITTED(self->view, self->view, PAGE, PAGE_WRITECOPY);
	EXPECT_WORKS(protect(self->view, PAGE, PAGE_WRITECOPY));
	EXPECT_READS(98, self->view + PAGE);
	EXPECT_READS(1, self->view);
	ASSERT_EQ(self->view, mmap(self->view, PAGE, PROT_READ,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	EXPECT_WORKS(UnmapViewOfFile(self->view + PAGE));
	munmap(self->view, PAGE);
	self->view = view_of(self->section, FILE_MAP_COPY);
	EXPECT_READS(2, self->view + PAGE);
}

VM_TEST_MAIN
