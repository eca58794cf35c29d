// SPDX-License-Identifier: GPL-2.0
/* Views of sections: mapping, sharing, protecting, unmapping (SPEC 11, PR-7, VA-48 to VA-51). */
#include <psapi.h>
#include <sys/socket.h>
#include <winvm.h>

#include "device.h"
#include "section.h"

#define EXECUTE_READ  (FILE_MAP_EXECUTE | FILE_MAP_READ)
#define EXECUTE_WRITE (FILE_MAP_EXECUTE | FILE_MAP_WRITE)
#define RET	      0xc3

FIXTURE(view)
{
	HANDLE section; /* 16 pages, READWRITE */
	HANDLE code; /* the same, EXECUTE_READWRITE */
};

FIXTURE_SETUP(view)
{
	self->section = mapping(PAGE_READWRITE, 16 * PAGE);
	self->code = mapping(PAGE_EXECUTE_READWRITE, 16 * PAGE);
	ASSERT_NE(NULL, self->section);
	ASSERT_NE(NULL, self->code);
}

FIXTURE_TEARDOWN(view)
{
	CloseHandle(self->section);
	CloseHandle(self->code);
}

TEST_F(view, SE_13_access_and_protection)
{
	static const struct {
		DWORD access, protection;
	} table[] = {
		{ FILE_MAP_WRITE, PAGE_READWRITE },
		{ FILE_MAP_ALL_ACCESS, PAGE_READWRITE },
		{ FILE_MAP_READ, PAGE_READONLY },
		{ FILE_MAP_READ | FILE_MAP_WRITE, PAGE_READWRITE },
		{ 0, PAGE_NOACCESS },
		{ SECTION_MAP_EXECUTE, PAGE_NOACCESS },
		{ FILE_MAP_EXECUTE, PAGE_NOACCESS },
		{ FILE_MAP_COPY, PAGE_WRITECOPY },
		{ FILE_MAP_COPY | FILE_MAP_READ, PAGE_READONLY },
		{ FILE_MAP_COPY | FILE_MAP_WRITE, PAGE_READWRITE },
		{ FILE_MAP_EXECUTE | FILE_MAP_COPY, PAGE_EXECUTE_WRITECOPY },
		{ EXECUTE_READ, PAGE_EXECUTE_READ },
		{ EXECUTE_WRITE, PAGE_EXECUTE_READWRITE },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char *view;

		EXPECT_WORKS(view = view_of(self->code, table[i].access));
		EXPECT_COMMITTED(view, view, 16 * PAGE, table[i].protection);
		EXPECT_EQ(table[i].protection, region_at(view).AllocationProtect);
		EXPECT_EQ((DWORD)MEM_MAPPED, region_at(view).Type);
		EXPECT_EQ(0u, (uintptr_t)view % GRANULARITY);
		EXPECT_WORKS(UnmapViewOfFile(view));
		EXPECT_FREE(view, 16 * PAGE);
	}
}

TEST_F(view, SE_14_rights_of_the_handle)
{
	HANDLE read = nt_section(SECTION_MAP_READ, PAGE_EXECUTE_READWRITE, SEC_COMMIT, PAGE);
	HANDLE write = nt_section(SECTION_MAP_WRITE, PAGE_EXECUTE_READWRITE, SEC_COMMIT, PAGE);
	HANDLE none = nt_section(0, PAGE_EXECUTE_READWRITE, SEC_COMMIT, PAGE);

	EXPECT_STATUS(ST_SUCCESS, NT_MAP(.section = read, .protection = PAGE_NOACCESS).status);
	EXPECT_STATUS(ST_SUCCESS, NT_MAP(.section = read, .protection = PAGE_READONLY).status);
	EXPECT_STATUS(ST_ACCESS_DENIED, NT_MAP(.section = read).status);
	EXPECT_STATUS(ST_ACCESS_DENIED,
		      NT_MAP(.section = read, .protection = PAGE_EXECUTE_READ).status);
	EXPECT_STATUS(ST_SUCCESS, NT_MAP(.section = write).status);
	EXPECT_STATUS(ST_ACCESS_DENIED,
		      NT_MAP(.section = write, .protection = PAGE_READONLY).status);
	EXPECT_STATUS(ST_ACCESS_DENIED,
		      NT_MAP(.section = write, .protection = PAGE_EXECUTE_READWRITE).status);
	EXPECT_STATUS(ST_ACCESS_DENIED,
		      NT_MAP(.section = none, .protection = PAGE_NOACCESS).status);
	EXPECT_FAILS(5, view_of(none, 0));
}

TEST_F(view, SE_15_view_within_the_section)
{
	HANDLE read_only = mapping(PAGE_READONLY, PAGE);
	HANDLE all = nt_section(SECTION_ALL_ACCESS, PAGE_READONLY, SEC_COMMIT, PAGE);
	char *view = view_of(read_only, FILE_MAP_READ);

	EXPECT_FAILS(5, view_of(read_only, FILE_MAP_WRITE));
	EXPECT_FAILS(5, view_of(all, FILE_MAP_WRITE));
	EXPECT_STATUS(ST_SECTION_PROTECTION, NT_MAP(.section = all).status);
	ASSERT_NE(NULL, view);
	EXPECT_READS(0, view);
	EXPECT_VIOLATION_WRITE(view);
	EXPECT_FAILS(87, protect(view, PAGE, PAGE_READWRITE));
	EXPECT_FAILS(87, protect(view, PAGE, PAGE_EXECUTE_READ));
}

TEST_F(view, SE_15a_views_of_an_executable_section)
{
	HANDLE code = mapping(PAGE_EXECUTE_READ, PAGE);

	EXPECT_WORKS(view_of(code, FILE_MAP_READ));
	EXPECT_WORKS(view_of(code, EXECUTE_READ));
	EXPECT_FAILS(5, view_of(code, FILE_MAP_WRITE));
	EXPECT_FAILS(5, view_of(code, EXECUTE_WRITE));
	EXPECT_FAILS(5, view_of(code, FILE_MAP_EXECUTE | FILE_MAP_COPY));
	EXPECT_FAILS(87, protect(view_of(code, EXECUTE_READ), PAGE, PAGE_EXECUTE_READWRITE));
}

TEST_F(view, SE_16_order_of_checks)
{
	char *taken = view_of(self->section, FILE_MAP_READ);

	EXPECT_STATUS(
		ST_INVALID_HANDLE,
		NT_MAP(.section = self->section, .process = (HANDLE)4444, .zero_bits = 22).status);
	EXPECT_STATUS_INVALID(
		NT_MAP(.section = self->section, .zero_bits = 22, .offset = 1).status);
	EXPECT_STATUS_INVALID(
		NT_MAP(.section = self->section, .zero_bits = 12, .base = taken).status);
	EXPECT_STATUS(
		ST_MAPPED_ALIGNMENT,
		NT_MAP(.section = self->section, .offset = (LONGLONG)PAGE, .base = taken).status);
	EXPECT_STATUS(ST_MAPPED_ALIGNMENT,
		      NT_MAP(.section = self->section, .base = taken + PAGE).status);
	EXPECT_NTH(ST_CONFLICTING_ADDRESSES, taken, 0,
		   NT_MAP(.section = self->section, .base = taken));
}

TEST_F(view, SE_17_types)
{
	EXPECT_STATUS_INVALID(NT_MAP(.section = self->section, .type = MEM_COMMIT).status);
	EXPECT_STATUS_INVALID(NT_MAP(.section = self->section, .type = MEM_RESERVE).status);
	EXPECT_STATUS(ST_SUCCESS, NT_MAP(.section = self->section, .type = MEM_TOP_DOWN).status);
}

TEST_F(view, SE_18_no_rounding_to_a_page)
{
	EXPECT_STATUS_INVALID(
		NT_MAP(.section = self->section, .type = 0x40000000, .base = FIXED + PAGE).status);
}

TEST_F(view, SE_19_sizes)
{
	HANDLE big = mapping(PAGE_READWRITE, 0x30001);
	char *view;

	EXPECT_WORKS(view = MapViewOfFile(big, FILE_MAP_WRITE, 0, 0x10000, 0));
	EXPECT_COMMITTED(view, view, 0x21000, PAGE_READWRITE);
	EXPECT_WORKS(view = MapViewOfFile(big, FILE_MAP_WRITE, 0, 0x10000, 0x21000));
	EXPECT_FAILS(5, MapViewOfFile(big, FILE_MAP_WRITE, 0, 0x10000, 0x21001));
	EXPECT_FAILS(5, MapViewOfFile(big, FILE_MAP_WRITE, 0, 0x40000, 0));
	EXPECT_FAILS(5, MapViewOfFile(big, FILE_MAP_WRITE, 0xffffffff, 0xffff0000, 0));
	EXPECT_STATUS(ST_INVALID_VIEW_SIZE, NT_MAP(.section = big, .bytes = 0x31001).status);
}

TEST_F(view, SE_20_size_is_written_back)
{
	struct nt_answer answer = NT_MAP(.section = self->section, .bytes = 0x1001);

	EXPECT_STATUS(ST_SUCCESS, answer.status);
	EXPECT_EQ(2 * PAGE, answer.bytes);
	EXPECT_COMMITTED(answer.base, answer.base, 2 * PAGE, PAGE_READWRITE);
	EXPECT_STATUS_INVALID(NT_MAP(.section = self->section, .bytes = ~(SIZE_T)0).status);
}

TEST_F(view, SE_23_address_that_is_asked_for)
{
	EXPECT_EQ(FIXED, MapViewOfFileEx(self->section, FILE_MAP_WRITE, 0, 0, 0, FIXED));
	EXPECT_FAILS(487, MapViewOfFileEx(self->section, FILE_MAP_WRITE, 0, 0, 0, FIXED));
	EXPECT_FAILS(1132, MapViewOfFileEx(self->section, FILE_MAP_WRITE, 0, 0, 0,
					   FIXED + GRANULARITY + PAGE));
	EXPECT_FAILS(487, VirtualAlloc(FIXED, PAGE, MEM_RESERVE, PAGE_READWRITE));
	EXPECT_WORKS(UnmapViewOfFile(FIXED));
	EXPECT_EQ(FIXED, VirtualAlloc(FIXED, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
	EXPECT_READS(0, FIXED);
}

TEST_F(view, SE_25_commit_size)
{
	EXPECT_STATUS(ST_SUCCESS, NT_MAP(.section = self->section, .commit = PAGE).status);
	EXPECT_STATUS_INVALID(NT_MAP(.section = self->section, .commit = 17 * PAGE).status);
}

TEST_F(view, SE_27_not_freed_by_VirtualFree)
{
	char *view = view_of(self->section, FILE_MAP_WRITE);

	EXPECT_FAILS(87, release(view));
	EXPECT_FAILS(87, decommit(view, PAGE));
	EXPECT_STATUS(ST_UNABLE_TO_DELETE_SECTION, nt_free(view, 0, MEM_RELEASE).status);
	EXPECT_STATUS(ST_UNABLE_TO_DELETE_SECTION, nt_free(view + PAGE, PAGE, MEM_DECOMMIT).status);
	EXPECT_STATUS(ST_UNABLE_TO_DELETE_SECTION,
		      nt_free(view, PAGE, MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER).status);
	/* VF-7 comes before VF-8. */
	EXPECT_STATUS(ST_UNABLE_TO_FREE_VM, nt_free(view, 17 * PAGE, MEM_RELEASE).status);
	EXPECT_COMMITTED(view, view, 16 * PAGE, PAGE_READWRITE);
}

TEST_F(view, SE_28_any_address_unmaps)
{
	char *view = view_of(self->section, FILE_MAP_WRITE);
	char *private = commit(PAGE);

	EXPECT_WRITES(view + 5 * PAGE, 5);
	EXPECT_WORKS(UnmapViewOfFile(view + 5 * PAGE + 77));
	EXPECT_FREE(view, 16 * PAGE);
	EXPECT_VIOLATION_READ(view + 5 * PAGE);
	EXPECT_FAILS(487, UnmapViewOfFile(view));
	EXPECT_FAILS(487, UnmapViewOfFile(private));
	EXPECT_FAILS(487, UnmapViewOfFile(NULL));
	EXPECT_FAILS(487, UnmapViewOfFile((void *)(uintptr_t)view_of));
	EXPECT_FAILS(487, UnmapViewOfFile((void *)0xffff800000000000));
	EXPECT_STATUS(ST_NOT_MAPPED_VIEW, NtUnmapViewOfSection(NtCurrentProcess(), private));
	EXPECT_WRITES(private, 1);
}

TEST_F(view, SE_40_flags_of_unmapping)
{
	char *view = view_of(self->section, FILE_MAP_WRITE);

	EXPECT_FAILS(87, UnmapViewOfFileEx(view, 4));
	/* PH-18: it has taken no placeholder's place. */
	EXPECT_FAILS(487, UnmapViewOfFileEx(view, MEM_PRESERVE_PLACEHOLDER));
	EXPECT_WORKS(UnmapViewOfFileEx(view, MEM_UNMAP_WITH_TRANSIENT_BOOST));
	EXPECT_FREE(view, 16 * PAGE);
}

TEST_F(view, SE_29_views_are_coherent)
{
	HANDLE big = mapping(PAGE_READWRITE, 3 * GRANULARITY);
	char *all = view_of(big, FILE_MAP_WRITE), *same = view_of(big, FILE_MAP_READ);
	char *part = MapViewOfFile(big, FILE_MAP_WRITE, 0, (DWORD)GRANULARITY, PAGE);

	EXPECT_WRITES(all + GRANULARITY, 7);
	EXPECT_READS(7, same + GRANULARITY);
	EXPECT_READS(7, part);
	EXPECT_WRITES(part + 1, 8);
	EXPECT_READS(8, all + GRANULARITY + 1);
	EXPECT_READS(8, same + GRANULARITY + 1);
	EXPECT_VIOLATION_WRITE(same);
	EXPECT_WORKS(UnmapViewOfFile(all));
	EXPECT_WORKS(CloseHandle(big));
	/* A view keeps the section. */
	EXPECT_READS(7, same + GRANULARITY);
	EXPECT_WRITES(part, 9);
	EXPECT_READS(9, same + GRANULARITY);
}

TEST_F(view, SE_30_protections_within_the_view)
{
	char *view = view_of(self->section, FILE_MAP_WRITE), *other;
	DWORD old = 0;

	other = view_of(self->section, FILE_MAP_WRITE);
	EXPECT_WRITES(view + PAGE, 1);
	EXPECT_WORKS(VirtualProtect(view + PAGE, PAGE, PAGE_READONLY, &old));
	EXPECT_EQ((DWORD)PAGE_READWRITE, old);
	EXPECT_VIOLATION_WRITE(view + PAGE);
	EXPECT_READS(1, view + PAGE);
	EXPECT_COMMITTED(view, view, PAGE, PAGE_READWRITE);
	EXPECT_COMMITTED(view + PAGE, view, PAGE, PAGE_READONLY);
	EXPECT_COMMITTED(view + 2 * PAGE, view, 14 * PAGE, PAGE_READWRITE);
	/* Other views of the page keep their own. */
	EXPECT_WRITES(other + PAGE, 2);
	EXPECT_READS(2, view + PAGE);
	EXPECT_WORKS(protect(view + PAGE, PAGE, PAGE_NOACCESS));
	EXPECT_VIOLATION_READ(view + PAGE);
	EXPECT_READS(2, other + PAGE);
	EXPECT_WORKS(protect(view + PAGE, PAGE, PAGE_READWRITE));
	EXPECT_WRITES(view + PAGE, 3);
	EXPECT_FAILS(87, protect(view, PAGE, PAGE_EXECUTE_READ));
	EXPECT_STATUS(ST_SECTION_PROTECTION, nt_protect(view, PAGE, PAGE_EXECUTE).status);
	EXPECT_EQ((DWORD)PAGE_READWRITE, region_at(view).AllocationProtect);
}

TEST_F(view, SE_30_executable_pages)
{
	char *view = view_of(self->code, EXECUTE_WRITE);

	EXPECT_WRITES(view + PAGE, RET);
	EXPECT_EXECUTES(view + PAGE);
	EXPECT_WORKS(protect(view + PAGE, PAGE, PAGE_READWRITE));
	EXPECT_VIOLATION_EXECUTE(view + PAGE);
	EXPECT_WORKS(protect(view + PAGE, PAGE, PAGE_EXECUTE));
	EXPECT_EXECUTES(view + PAGE);
	EXPECT_VIOLATION_WRITE(view + PAGE);
	EXPECT_WORKS(UnmapViewOfFile(view));
	/* Nothing of that is left to who comes next. */
	view = VirtualAlloc(view, 16 * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
	ASSERT_NE(NULL, view);
	EXPECT_READS(0, view + PAGE);
	EXPECT_WRITES(view + PAGE, RET);
	EXPECT_VIOLATION_EXECUTE(view + PAGE);
}

TEST_F(view, GP_1_guard_pages_in_a_view)
{
	char *view = view_of(self->section, FILE_MAP_WRITE);
	char *other = view_of(self->section, FILE_MAP_WRITE);

	EXPECT_WORKS(protect(view, PAGE, PAGE_READWRITE | PAGE_GUARD));
	EXPECT_WRITES(other, 1);
	EXPECT_GUARD_READ(view);
	EXPECT_READS(1, view);
}

TEST_F(view, PR_7_attributes_of_the_section)
{
	HANDLE section = mapping(PAGE_READWRITE | SEC_COMMIT | SEC_NOCACHE, 2 * PAGE);
	char *view = view_of(section, FILE_MAP_WRITE);

	EXPECT_COMMITTED(view, view, 2 * PAGE, PAGE_READWRITE | PAGE_NOCACHE);
	EXPECT_EQ((DWORD)(PAGE_READWRITE | PAGE_NOCACHE), region_at(view).AllocationProtect);
	EXPECT_WORKS(commit_at(view, PAGE, PAGE_READONLY));
	EXPECT_COMMITTED(view, view, PAGE, PAGE_READONLY | PAGE_NOCACHE);
}

TEST_F(view, VA_48_commit_changes_protection_here_alone)
{
	char *view = view_of(self->section, FILE_MAP_WRITE);
	char *other = view_of(self->section, FILE_MAP_WRITE);
	uint64_t charge = counters().system_commit_bytes;

	EXPECT_WRITES(view, 1);
	EXPECT_WORKS(commit_at(view, 2 * PAGE, PAGE_READONLY));
	EXPECT_COMMITTED(view, view, 2 * PAGE, PAGE_READONLY);
	EXPECT_READS(1, view);
	EXPECT_VIOLATION_WRITE(view);
	EXPECT_COMMITTED(other, other, 16 * PAGE, PAGE_READWRITE);
	EXPECT_EQ(charge, counters().system_commit_bytes);
	EXPECT_EQ((DWORD)PAGE_READWRITE, region_at(view).AllocationProtect);
}

TEST_F(view, VA_49_commit_beyond_the_view)
{
	char *view = view_of(self->section, FILE_MAP_READ);

	EXPECT_FAILS(87, commit_at(view, PAGE, PAGE_READWRITE));
	EXPECT_STATUS(ST_SECTION_PROTECTION,
		      nt_allocate(view, 0, PAGE, MEM_COMMIT, PAGE_EXECUTE_READ).status);
	EXPECT_COMMITTED(view, view, 16 * PAGE, PAGE_READONLY);
}

TEST_F(view, VA_50_commit_with_attributes_of_the_whole)
{
	char *view = view_of(self->section, FILE_MAP_WRITE);

	EXPECT_FAILS(87, commit_at(view, PAGE, PAGE_READWRITE | PAGE_NOCACHE));
	EXPECT_FAILS(87, commit_at(view, PAGE, PAGE_READWRITE | PAGE_WRITECOMBINE));
}

TEST_F(view, MR_6_reset)
{
	char *view = view_of(self->section, FILE_MAP_WRITE);

	EXPECT_WRITES(view, 5);
	EXPECT_EQ(view, VirtualAlloc(view, 16 * PAGE, MEM_RESET, PAGE_READWRITE));
	EXPECT_READS(5, view);
	EXPECT_EQ(view, VirtualAlloc(view, 16 * PAGE, MEM_RESET_UNDO, PAGE_READWRITE));
	EXPECT_COMMITTED(view, view, 16 * PAGE, PAGE_READWRITE);
}

TEST_F(view, VL_12_locked_pages_of_a_view)
{
	char *view = view_of(self->section, FILE_MAP_WRITE);

	EXPECT_WRITES(view, 5);
	EXPECT_WORKS(VirtualLock(view, 2 * PAGE));
	EXPECT_WORKS(protect(view, PAGE, PAGE_READONLY));
	EXPECT_READS(5, view);
	EXPECT_WORKS(VirtualUnlock(view, PAGE));
	EXPECT_FAILS(158, VirtualUnlock(view, PAGE));
	EXPECT_READS(5, view);
	EXPECT_WORKS(UnmapViewOfFile(view));
	EXPECT_FAILS(158, VirtualUnlock(view, PAGE));
}

TEST_F(view, NQ_4_whole_view)
{
	char *view = view_of(self->section, FILE_MAP_READ), path[64];
	WIN32_MEMORY_REGION_INFORMATION region = { 0 };

	EXPECT_WORKS(QueryVirtualMemoryInformation(
		GetCurrentProcess(), view + PAGE, MemoryRegionInfo, &region, sizeof(region), NULL));
	EXPECT_EQ(view, region.AllocationBase);
	EXPECT_EQ(16 * PAGE, region.RegionSize);
	EXPECT_EQ(0u, region.CommitSize);
	EXPECT_TRUE(!!region.MappedPageFile);
	EXPECT_FALSE(!!region.Private);
	/* It has no file that a name could tell. */
	EXPECT_FAILS(1006, GetMappedFileNameA(GetCurrentProcess(), view, path, sizeof(path)));
}

TEST_F(view, SE_36_inherit_dispositions)
{
	char *view = NT_MAP(.section = self->section, .inherit = ViewUnmap).base;

	EXPECT_READS(0, view);
	EXPECT_STATUS_INVALID(
		NT_MAP(.section = self->section, .inherit = (SECTION_INHERIT)3).status);
}

/* The child's own view of what it has inherited the descriptor of. */
static int writes_there(void *argument)
{
	char *view = view_of(*(HANDLE *)argument, FILE_MAP_WRITE);

	if (!view || view[PAGE] != 1)
		return 1;
	view[PAGE] = 2;
	return 0;
}

TEST_F(view, SE_29_other_processes)
{
	char *view = view_of(self->section, FILE_MAP_WRITE);

	EXPECT_WRITES(view + PAGE, 1);
	EXPECT_EQ(0, in_child(writes_there, &self->section));
	EXPECT_READS(2, view + PAGE);
}

/* A process that touches its memory when it is told to. */
struct toucher {
	pid_t pid;
	int socket;
};

struct touch {
	void *address;
	int value; /* -1: to read */
};

static void obey(int socket)
{
	struct touch touch;

	while (read(socket, &touch, sizeof(touch)) == sizeof(touch)) {
		uintptr_t at = (uintptr_t)touch.address;
		struct probe probe = touch.value < 0 ? probe_read(at) :
						       probe_write(at, (uint8_t)touch.value);
		int answer = probe.faulted ? -1 : probe.value;

		if (write(socket, &answer, sizeof(answer)) != sizeof(answer))
			break;
	}
}

static struct toucher toucher_start(void)
{
	struct toucher toucher = { .pid = -1 };
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends))
		return toucher;
	toucher.pid = fork();
	if (!toucher.pid) {
		close(ends[0]);
		obey(ends[1]);
		_exit(0);
	}
	close(ends[1]);
	toucher.socket = ends[0];
	return toucher;
}

static int touch(const struct toucher *toucher, void *address, int value)
{
	struct touch touch = { address, value };
	int answer = -2;

	if (write(toucher->socket, &touch, sizeof(touch)) != sizeof(touch) ||
	    read(toucher->socket, &answer, sizeof(answer)) != sizeof(answer))
		return -2;
	return answer;
}

static int peek_in(const struct toucher *toucher, void *address)
{
	return touch(toucher, address, -1);
}

static bool poke_in(const struct toucher *toucher, void *address, uint8_t value)
{
	return touch(toucher, address, value) >= 0;
}

TEST_F(view, views_in_another_process)
{
	struct toucher child = toucher_start();
	HANDLE process = OpenProcess(PROCESS_VM_OPERATION | PROCESS_QUERY_INFORMATION, FALSE,
				     (DWORD)child.pid);
	HANDLE blind = OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, (DWORD)child.pid);
	char *here = view_of(self->section, FILE_MAP_WRITE), *there;
	MEMORY_BASIC_INFORMATION region;
	DWORD old;

	ASSERT_NE(NULL, process);
	EXPECT_FAILS(5, MapViewOfFile2(self->section, blind, 0, NULL, 0, 0, PAGE_READWRITE));
	EXPECT_WORKS(there = MapViewOfFile2(self->section, process, 0, NULL, 0, 0, PAGE_READWRITE));
	ASSERT_NE(NULL, there);
	EXPECT_WRITES(here, 4);
	EXPECT_EQ(4, peek_in(&child, there));
	EXPECT_TRUE(poke_in(&child, there + 1, 5));
	EXPECT_READS(5, here + 1);
	EXPECT_WORKS(VirtualQueryEx(process, there, &region, sizeof(region)));
	EXPECT_EQ((DWORD)MEM_MAPPED, region.Type);
	EXPECT_WORKS(VirtualProtectEx(process, there, PAGE, PAGE_READONLY, &old));
	EXPECT_FALSE(poke_in(&child, there, 6));
	EXPECT_EQ(4, peek_in(&child, there));
	EXPECT_WRITES(here, 7);
	EXPECT_EQ(7, peek_in(&child, there));
	EXPECT_FAILS(5, UnmapViewOfFile2(blind, there, 0));
	EXPECT_WORKS(UnmapViewOfFile2(process, there, 0));
	EXPECT_EQ(-1, peek_in(&child, there));
	kill(child.pid, SIGKILL);
	waitpid(child.pid, NULL, 0);
	EXPECT_FAILS(5, MapViewOfFile2(self->section, process, 0, NULL, 0, 0, PAGE_READWRITE));
}

/* A descriptor that is passed on has the rights of its handle. */
TEST_F(view, section_from_a_descriptor)
{
	HANDLE reader = nt_section(SECTION_MAP_READ, PAGE_READWRITE, SEC_COMMIT, PAGE);
	int fd = dup(winvm_get_section_fd(reader));
	HANDLE again = winvm_open_section(fd);

	ASSERT_NE(NULL, again);
	close(fd);
	EXPECT_WORKS(CloseHandle(reader));
	EXPECT_WORKS(view_of(again, FILE_MAP_READ));
	EXPECT_FAILS(5, view_of(again, FILE_MAP_WRITE));
	EXPECT_WORKS(CloseHandle(again));
	EXPECT_FAILS(6, winvm_open_section(0));
	EXPECT_FAILS(6, winvm_open_section(-1));
	SetLastError(MARK);
	EXPECT_EQ(-1, winvm_get_section_fd(NULL));
	EXPECT_EQ(6u, GetLastError());
}

VM_TEST_MAIN
