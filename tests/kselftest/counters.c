// SPDX-License-Identifier: GPL-2.0
/*
 * Memory of a process in numbers: GetProcessMemoryInfo in its three forms,
 * NtQueryInformationProcess, page faults (SPEC CC-8 to CC-11, CC-18 to CC-20).
 */
#include <psapi.h>
#include <pthread.h>
#include <sys/mman.h>
#include <winvm.h>

#include "child.h"
#include "section.h"
#include "squeeze.h"

#define MB ((SIZE_T)1 << 20)

/* All bits set when it fails. */
static PROCESS_MEMORY_COUNTERS_EX2 memory_of(HANDLE process)
{
	PROCESS_MEMORY_COUNTERS_EX2 memory;

	if (!GetProcessMemoryInfo(process, (PROCESS_MEMORY_COUNTERS *)&memory, sizeof(memory)))
		memset(&memory, 0xff, sizeof(memory));
	return memory;
}

static PROCESS_MEMORY_COUNTERS_EX2 memory_now(void)
{
	return memory_of(GetCurrentProcess());
}

static SIZE_T charge_now(void)
{
	return memory_now().PrivateUsage;
}

/* What a question itself needs is in memory before anything is measured. */
static void warm(void)
{
	memory_now();
	memory_now();
}

static void touch_pages(char *base, SIZE_T pages)
{
	for (SIZE_T i = 0; i < pages; i++)
		*(volatile char *)(base + i * PAGE) = 1;
}

static char *touched(SIZE_T bytes)
{
	char *base = commit(bytes);

	if (base)
		touch_pages(base, bytes / PAGE);
	return base;
}

/* Whatever its protection, and whether it is touched or not. */
TEST(CC_2_every_committed_page)
{
	static const DWORD protections[] = {
		PAGE_NOACCESS,
		PAGE_READONLY,
		PAGE_READWRITE,
		PAGE_EXECUTE,
		PAGE_EXECUTE_READ,
		PAGE_EXECUTE_READWRITE,
		PAGE_READWRITE | PAGE_GUARD,
		PAGE_NOACCESS | PAGE_NOCACHE,
	};
	SIZE_T charge = 0;

	for (unsigned int i = 0; i < sizeof(protections) / sizeof(protections[0]); i++) {
		if (!VirtualAlloc(NULL, 3 * PAGE, MEM_RESERVE | MEM_COMMIT, protections[i]))
			continue;
		charge += 3 * PAGE;
		EXPECT_EQ(charge, charge_now());
	}
	EXPECT_LE(7 * 3 * PAGE, charge);
}

TEST(CC_6_what_is_not_charged)
{
	HANDLE section = mapping(PAGE_READWRITE, 16 * PAGE);

	ASSERT_NE(NULL, reserve(4 * MB));
	ASSERT_NE(NULL,
		  VirtualAlloc2(GetCurrentProcess(), NULL, 1 * MB,
				MEM_RESERVE | MEM_RESERVE_PLACEHOLDER, PAGE_NOACCESS, NULL, 0));
	ASSERT_NE(NULL, view_of(section, FILE_MAP_READ));
	ASSERT_NE(NULL, view_of(section, FILE_MAP_WRITE));
	EXPECT_EQ(0u, charge_now());
	CloseHandle(section);
}

TEST(CC_8_peak_never_falls)
{
	char *base = commit(4 * MB);
	PROCESS_MEMORY_COUNTERS_EX2 most, less;

	ASSERT_NE(NULL, base);
	touch_pages(base, 4 * MB / PAGE);
	most = memory_now();
	EXPECT_EQ(4 * MB, most.PagefileUsage);
	EXPECT_EQ(4 * MB, most.PeakPagefileUsage);
	EXPECT_LE(most.WorkingSetSize, most.PeakWorkingSetSize);
	ASSERT_TRUE(release(base));
	less = memory_now();
	EXPECT_EQ(0u, less.PagefileUsage);
	EXPECT_EQ(4 * MB, less.PeakPagefileUsage);
	EXPECT_LE(less.WorkingSetSize + 4 * MB, most.WorkingSetSize + 8 * PAGE);
	EXPECT_LE(most.PeakWorkingSetSize, less.PeakWorkingSetSize);
}

/* Who is refused leaves no trace in it. */
TEST(CC_8_refused_commit_is_no_peak)
{
	char *base = reserve((SIZE_T)1 << 40);

	ASSERT_NE(NULL, base);
	EXPECT_FAILS(ERROR_COMMITMENT_LIMIT,
		     VirtualAlloc(base, (SIZE_T)1 << 40, MEM_COMMIT, PAGE_READWRITE));
	EXPECT_EQ(0u, memory_now().PeakPagefileUsage);
}

TEST(CC_9_one_charge_by_three_names)
{
	PROCESS_MEMORY_COUNTERS_EX2 memory;

	ASSERT_NE(NULL, commit(5 * PAGE));
	memory = memory_now();
	EXPECT_EQ(sizeof(memory), memory.cb);
	EXPECT_EQ(5 * PAGE, memory.PrivateUsage);
	EXPECT_EQ(5 * PAGE, memory.PagefileUsage);
	EXPECT_EQ(5 * PAGE, memory.PeakPagefileUsage);
	EXPECT_EQ(counters().commit_bytes, memory.PrivateUsage);
	EXPECT_EQ(counters().bookkeeping_bytes, memory.QuotaNonPagedPoolUsage);
	EXPECT_LE(memory.QuotaNonPagedPoolUsage, memory.QuotaPeakNonPagedPoolUsage);
	EXPECT_LT(0u, memory.QuotaNonPagedPoolUsage);
	EXPECT_EQ(0u, memory.QuotaPagedPoolUsage);
	EXPECT_EQ(0u, memory.QuotaPeakPagedPoolUsage);
}

/* What is its own is private; what another could map is not. */
TEST(CC_9_private_working_set_and_shared_commit)
{
	HANDLE section = mapping(PAGE_READWRITE, 64 * PAGE);
	char *view = view_of(section, FILE_MAP_WRITE), *again, *own;
	PROCESS_MEMORY_COUNTERS_EX2 before, after;

	ASSERT_NE(NULL, view);
	warm();
	before = memory_now();
	EXPECT_EQ(64 * PAGE, before.SharedCommitUsage);
	EXPECT_EQ(0u, before.PrivateUsage);
	touch_pages(view, 64);
	after = memory_now();
	EXPECT_EQ(before.WorkingSetSize + 64 * PAGE, after.WorkingSetSize);
	EXPECT_EQ(before.PrivateWorkingSetSize, after.PrivateWorkingSetSize);
	own = touched(64 * PAGE);
	ASSERT_NE(NULL, own);
	EXPECT_EQ(after.PrivateWorkingSetSize + 64 * PAGE, memory_now().PrivateWorkingSetSize);
	again = view_of(section, FILE_MAP_READ);
	ASSERT_NE(NULL, again);
	EXPECT_EQ(128 * PAGE, memory_now().SharedCommitUsage);
	EXPECT_WORKS(UnmapViewOfFile(again));
	EXPECT_WORKS(UnmapViewOfFile(view));
	EXPECT_EQ(0u, memory_now().SharedCommitUsage);
	CloseHandle(section);
}

/* Of a SEC_RESERVE section what of the view is committed, whoever did that. */
TEST(NQ_8_shared_commit_of_sections_that_are_reserved)
{
	HANDLE section = mapping(PAGE_READWRITE | SEC_RESERVE, 64 * PAGE);
	char *view = view_of(section, FILE_MAP_WRITE);
	MEMORY_SHARED_COMMIT_INFORMATION shared = { .CommitSize = MARK };

	ASSERT_NE(NULL, view);
	EXPECT_EQ(0u, memory_now().SharedCommitUsage);
	ASSERT_TRUE(commit_at(view + PAGE, 3 * PAGE, PAGE_READWRITE));
	EXPECT_EQ(3 * PAGE, memory_now().SharedCommitUsage);
	EXPECT_STATUS(ST_SUCCESS,
		      NtQueryVirtualMemory(GetCurrentProcess(), view, MemorySharedCommitInformation,
					   &shared, sizeof(shared), NULL));
	EXPECT_EQ(3 * PAGE, shared.CommitSize);
	CloseHandle(section);
}

TEST(CC_10_sizes_of_the_structure)
{
	union {
		PROCESS_MEMORY_COUNTERS_EX2 memory;
		unsigned char bytes[200];
	} answer;
	PROCESS_MEMORY_COUNTERS *first = (PROCESS_MEMORY_COUNTERS *)&answer;

	ASSERT_NE(NULL, commit(PAGE));
	for (DWORD cb = 0; cb < 72; cb++) {
		memset(&answer, 0xa5, sizeof(answer));
		EXPECT_FAILS(ERROR_INSUFFICIENT_BUFFER,
			     GetProcessMemoryInfo(GetCurrentProcess(), first, cb));
		EXPECT_EQ(0xa5, answer.bytes[0]);
	}
	for (DWORD cb = 72; cb < 200; cb++) {
		DWORD filled = cb < 80 ? 72 : cb < 96 ? 80 : 96;

		memset(&answer, 0xa5, sizeof(answer));
		EXPECT_WORKS(GetProcessMemoryInfo(GetCurrentProcess(), first, cb));
		EXPECT_EQ(filled, answer.memory.cb);
		EXPECT_EQ(PAGE, answer.memory.PagefileUsage);
		EXPECT_EQ(filled < 80 ? UINT64_C(0xa5a5a5a5a5a5a5a5) : PAGE,
			  answer.memory.PrivateUsage);
		EXPECT_EQ(0xa5, answer.bytes[filled]);
	}
}

TEST(CC_10_handles_and_pointers)
{
	PROCESS_MEMORY_COUNTERS memory;
	HANDLE section = mapping(PAGE_READWRITE, PAGE);

	/* The size is looked at first. */
	EXPECT_FAILS(ERROR_INSUFFICIENT_BUFFER, GetProcessMemoryInfo(NULL, &memory, 71));
	EXPECT_FAILS(ERROR_INVALID_HANDLE, GetProcessMemoryInfo(NULL, &memory, sizeof(memory)));
	EXPECT_FAILS(ERROR_INVALID_HANDLE, GetProcessMemoryInfo(section, &memory, sizeof(memory)));
	EXPECT_FAILS(ERROR_NOACCESS, GetProcessMemoryInfo(GetCurrentProcess(), NULL, 72));
	EXPECT_WORKS(winvm_get_page_faults(GetCurrentProcess(), NULL, NULL));
	EXPECT_FAILS(ERROR_INVALID_HANDLE, winvm_get_page_faults(NULL, NULL, NULL));
	EXPECT_FAILS(ERROR_NOACCESS,
		     winvm_get_page_faults(GetCurrentProcess(), (ULONG64 *)8, NULL));
	CloseHandle(section);
}

static BOOL ask_with(DWORD access, pid_t pid)
{
	HANDLE process = OpenProcess(access, FALSE, (DWORD)pid);
	PROCESS_MEMORY_COUNTERS memory;
	BOOL done = process && GetProcessMemoryInfo(process, &memory, sizeof(memory));
	DWORD error = GetLastError();

	if (process)
		CloseHandle(process);
	SetLastError(error);
	return done;
}

TEST(CC_10_rights_of_the_handle)
{
	struct child child = child_start(0);

	ASSERT_LE(0, child.pid);
	EXPECT_WORKS(ask_with(PROCESS_QUERY_INFORMATION, child.pid));
	EXPECT_WORKS(ask_with(PROCESS_QUERY_LIMITED_INFORMATION, child.pid));
	EXPECT_WORKS(ask_with(PROCESS_ALL_ACCESS, child.pid));
	EXPECT_WORKS(ask_with(PROCESS_VM_READ | PROCESS_QUERY_LIMITED_INFORMATION, child.pid));
	EXPECT_FAILS(ERROR_ACCESS_DENIED, ask_with(PROCESS_VM_READ, child.pid));
	EXPECT_FAILS(ERROR_ACCESS_DENIED, ask_with(PROCESS_TERMINATE, child.pid));
	child_kill(&child);
}

/* The handle is on a process, not on its number. */
TEST(CC_10_process_that_has_ended)
{
	struct child child = child_start(0);
	PROCESS_MEMORY_COUNTERS memory;
	HANDLE full, limited;

	ASSERT_LE(0, child.pid);
	full = OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, (DWORD)child.pid);
	limited = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, (DWORD)child.pid);
	child_kill(&child);
	EXPECT_FAILS(ERROR_ACCESS_DENIED, GetProcessMemoryInfo(full, &memory, sizeof(memory)));
	EXPECT_STATUS(ST_PROCESS_IS_TERMINATING, RtlGetLastNtStatus());
	EXPECT_FAILS(ERROR_ACCESS_DENIED, GetProcessMemoryInfo(limited, &memory, sizeof(memory)));
	EXPECT_STATUS(ST_PROCESS_IS_TERMINATING, RtlGetLastNtStatus());
	CloseHandle(full);
	CloseHandle(limited);
}

/* One that Linux hides keeps its numbers for itself. */
TEST(CC_10_who_may_not_look_is_denied)
{
	struct child child = child_start(0);
	pid_t other;
	int status;

	ASSERT_LE(0, child.pid);
	other = fork();
	if (!other) {
		if (setgid(4711) || setuid(4711))
			_exit(1);
		_exit(ask_with(PROCESS_QUERY_LIMITED_INFORMATION, child.pid) ||
				      GetLastError() != ERROR_ACCESS_DENIED ?
			      2 :
			      0);
	}
	ASSERT_EQ(other, waitpid(other, &status, 0));
	EXPECT_EQ(0, status);
	child_kill(&child);
}

/* It never used the module: what Linux knows is told. */
TEST(CC_9_process_without_memory_of_ours)
{
	struct child child = child_start(0);
	PROCESS_MEMORY_COUNTERS_EX2 memory;
	HANDLE process;

	ASSERT_LE(0, child.pid);
	child_exec(&child);
	process = OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, (DWORD)child.pid);
	ASSERT_NE(NULL, process);
	memory = memory_of(process);
	EXPECT_EQ(sizeof(memory), memory.cb);
	EXPECT_EQ(0u, memory.PrivateUsage);
	EXPECT_LT(0u, memory.WorkingSetSize);
	EXPECT_LE(memory.WorkingSetSize, memory.PeakWorkingSetSize);
	EXPECT_LE(memory.PrivateWorkingSetSize, memory.WorkingSetSize);
	EXPECT_LT(0u, memory.PageFaultCount);
	CloseHandle(process);
	child_kill(&child);
}

/* What is done in another process is counted there. */
TEST(CC_9_charge_of_another_process)
{
	struct child child = child_start(0);
	HANDLE process;
	void *base;

	ASSERT_LE(0, child.pid);
	process = OpenProcess(PROCESS_ALL_ACCESS, FALSE, (DWORD)child.pid);
	ASSERT_NE(NULL, process);
	base = VirtualAllocEx(process, NULL, 7 * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
	ASSERT_NE(NULL, base);
	EXPECT_EQ(7 * PAGE, memory_of(process).PrivateUsage);
	EXPECT_EQ(0u, charge_now());
	CloseHandle(process);
	child_kill(&child);
}

TEST(CC_11_charge_by_call)
{
	char *base = reserve(8 * MB);

	ASSERT_NE(NULL, base);
	EXPECT_EQ(0u, charge_now());
	ASSERT_TRUE(commit_at(base, 100 * PAGE, PAGE_READWRITE));
	EXPECT_EQ(100 * PAGE, charge_now());
	ASSERT_TRUE(commit_at(base + 100 * PAGE, PAGE, PAGE_READWRITE));
	EXPECT_EQ(101 * PAGE, charge_now());
	ASSERT_TRUE(commit_at(base, 101 * PAGE, PAGE_READWRITE));
	EXPECT_EQ(101 * PAGE, charge_now());
	touch_pages(base, 101);
	EXPECT_EQ(101 * PAGE, charge_now());
	ASSERT_TRUE(decommit(base, 50 * PAGE));
	EXPECT_EQ(51 * PAGE, charge_now());
	ASSERT_TRUE(release(base));
	EXPECT_EQ(0u, charge_now());
}

static void expect_touched(struct __test_metadata *_metadata, char *base, SIZE_T pages)
{
	PROCESS_MEMORY_COUNTERS_EX2 before, after;

	warm();
	before = memory_now();
	touch_pages(base, pages);
	after = memory_now();
	EXPECT_EQ(before.WorkingSetSize + pages * PAGE, after.WorkingSetSize);
	EXPECT_LE(after.WorkingSetSize, after.PeakWorkingSetSize);
	EXPECT_LE(before.PageFaultCount + pages, after.PageFaultCount);
	EXPECT_EQ(before.PrivateUsage, after.PrivateUsage);
}

/* Single pages, some, and so many that they come in batches. */
TEST(CC_11_touch_is_in_the_working_set_and_in_the_faults)
{
	static const SIZE_T pages[] = { 1, 2, 15, 64, 1000, 4096 };

	for (unsigned int i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		char *base = commit(pages[i] * PAGE);

		ASSERT_NE(NULL, base);
		expect_touched(_metadata, base, pages[i]);
		ASSERT_TRUE(release(base));
	}
}

struct toucher {
	char *base;
	SIZE_T pages;
};

static void *touch_thread(void *argument)
{
	const struct toucher *toucher = argument;

	touch_pages(toucher->base, toucher->pages);
	return NULL;
}

/* Threads that have ended are counted. */
TEST(CC_11_faults_of_threads_that_are_gone)
{
	char *base = commit(8 * 300 * PAGE);
	PROCESS_MEMORY_COUNTERS_EX2 before, after;

	ASSERT_NE(NULL, base);
	warm();
	before = memory_now();
	for (int i = 0; i < 8; i++) {
		struct toucher toucher = { base + (SIZE_T)i * 300 * PAGE, 300 };
		pthread_t thread;

		ASSERT_EQ(0, pthread_create(&thread, NULL, touch_thread, &toucher));
		ASSERT_EQ(0, pthread_join(thread, NULL));
	}
	after = memory_now();
	EXPECT_LE(before.PageFaultCount + 8 * 300, after.PageFaultCount);
	EXPECT_LE(before.WorkingSetSize + 8 * 300 * PAGE, after.WorkingSetSize);
}

/* What comes from swap needed a disk: what was touched first has gone there. */
TEST(hard_faults)
{
	const char *why = squeeze_begin(16 * MB, 96);
	ULONG64 soft, hard, more_soft, more_hard;
	char *base;

	if (why)
		SKIP(return, "%s", why);
	base = touched(24 * MB);
	ASSERT_NE(NULL, base);
	ASSERT_TRUE(winvm_get_page_faults(GetCurrentProcess(), &soft, &hard));
	touch_pages(base, 256);
	ASSERT_TRUE(winvm_get_page_faults(GetCurrentProcess(), &more_soft, &more_hard));
	EXPECT_LT(hard, more_hard);
	EXPECT_LE(soft, more_soft);
	ASSERT_TRUE(release(base));
	EXPECT_TRUE(squeeze_end());
}

/* What was never anywhere needs none. */
TEST(soft_faults_and_hard_ones)
{
	ULONG64 soft, hard, more_soft, more_hard;
	char *base = commit(100 * PAGE);

	ASSERT_NE(NULL, base);
	warm();
	ASSERT_TRUE(winvm_get_page_faults(GetCurrentProcess(), &soft, &hard));
	touch_pages(base, 100);
	ASSERT_TRUE(winvm_get_page_faults(GetCurrentProcess(), &more_soft, &more_hard));
	EXPECT_LE(soft + 100, more_soft);
	EXPECT_EQ(hard, more_hard);
	EXPECT_LE((DWORD)(more_soft + more_hard), memory_now().PageFaultCount);
}

/* What the calls do to the charge, and to the working set. */
TEST(CC_18_charge_and_working_set_by_call)
{
	const SIZE_T size = 8 * MB;
	char *base = touched(size);
	PROCESS_MEMORY_COUNTERS_EX2 before;

	ASSERT_NE(NULL, base);
	warm();
	before = memory_now();
	ASSERT_EQ(size, before.PrivateUsage);
	ASSERT_NE(NULL, VirtualAlloc(base, size, MEM_RESET, PAGE_READWRITE));
	EXPECT_EQ(size, charge_now());
	EXPECT_EQ(before.WorkingSetSize, memory_now().WorkingSetSize);
	ASSERT_NE(NULL, VirtualAlloc(base, size, MEM_RESET_UNDO, PAGE_READWRITE));
	EXPECT_EQ(size, charge_now());
	EXPECT_EQ(before.WorkingSetSize, memory_now().WorkingSetSize);
	ASSERT_EQ(0u, OfferVirtualMemory(base, size, VmOfferPriorityNormal));
	EXPECT_EQ(size, charge_now());
	EXPECT_EQ(before.WorkingSetSize - size, memory_now().WorkingSetSize);
	ASSERT_EQ(0u, ReclaimVirtualMemory(base, size));
	EXPECT_EQ(size, charge_now());
	touch_pages(base, size / PAGE);
	EXPECT_EQ(before.WorkingSetSize, memory_now().WorkingSetSize);
	ASSERT_EQ(0u, DiscardVirtualMemory(base, size));
	EXPECT_EQ(size, charge_now());
	EXPECT_EQ(before.WorkingSetSize - size, memory_now().WorkingSetSize);
	touch_pages(base, size / PAGE);
	ASSERT_TRUE(EmptyWorkingSet(GetCurrentProcess()));
	EXPECT_EQ(size, charge_now());
	EXPECT_EQ(before.WorkingSetSize - size, memory_now().WorkingSetSize);
	ASSERT_TRUE(SetProcessWorkingSetSizeEx(GetCurrentProcess(), 1 * MB, 64 * MB, 0));
	EXPECT_EQ(size, charge_now());
	touch_pages(base, size / PAGE);
	ASSERT_TRUE(decommit(base, size / 2));
	EXPECT_EQ(size / 2, charge_now());
	EXPECT_EQ(before.WorkingSetSize - size / 2, memory_now().WorkingSetSize);
	ASSERT_TRUE(release(base));
	EXPECT_EQ(0u, charge_now());
	EXPECT_EQ(before.WorkingSetSize - size, memory_now().WorkingSetSize);
}

TEST(CC_19_section_of_the_page_file)
{
	uint64_t system = counters().system_commit_bytes;
	HANDLE section = mapping(PAGE_READWRITE, 4 * MB);
	char *view = view_of(section, FILE_MAP_WRITE), *copy;

	ASSERT_NE(NULL, view);
	EXPECT_LE(system + 4 * MB, counters().system_commit_bytes);
	EXPECT_EQ(0u, charge_now());
	touch_pages(view, 4 * MB / PAGE);
	EXPECT_EQ(0u, charge_now());
	copy = view_of(section, FILE_MAP_COPY);
	ASSERT_NE(NULL, copy);
	EXPECT_EQ(4 * MB, charge_now());
	touch_pages(copy, 4 * MB / PAGE);
	EXPECT_EQ(4 * MB, charge_now());
	CloseHandle(section);
}

TEST(CC_20_commit_in_the_place_of_a_placeholder)
{
	char *base = VirtualAlloc2(GetCurrentProcess(), NULL, 1 * MB,
				   MEM_RESERVE | MEM_RESERVE_PLACEHOLDER, PAGE_NOACCESS, NULL, 0);

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(VirtualFree(base, GRANULARITY, MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER));
	EXPECT_EQ(0u, charge_now());
	EXPECT_EQ(base, VirtualAlloc2(GetCurrentProcess(), base, GRANULARITY,
				      MEM_RESERVE | MEM_COMMIT | MEM_REPLACE_PLACEHOLDER,
				      PAGE_READWRITE, NULL, 0));
	EXPECT_EQ(GRANULARITY, charge_now());
}

/* SPEC CC-20 has 300,000: the charge of none is that of all. */
TEST(CC_20_reservations_cost_no_charge)
{
	SIZE_T books = memory_now().QuotaNonPagedPoolUsage;

	for (int i = 0; i < 3000; i++)
		ASSERT_NE(NULL, reserve(GRANULARITY));
	EXPECT_EQ(0u, charge_now());
	EXPECT_LT(books, memory_now().QuotaNonPagedPoolUsage);
}

TEST(CC_9_NtQueryInformationProcess)
{
	union {
		VM_COUNTERS_EX2 memory;
		unsigned char bytes[200];
	} answer;
	VM_COUNTERS_EX *memory = (VM_COUNTERS_EX *)&answer;
	ULONG length;

	ASSERT_NE(NULL, commit(3 * PAGE));
	ASSERT_NE(NULL, reserve(1 * MB));
	for (ULONG bytes = 0; bytes < 200; bytes++) {
		bool known = bytes == 88 || bytes == 96 || bytes == 112;

		memset(&answer, 0xa5, sizeof(answer));
		length = MARK;
		EXPECT_STATUS(known ? ST_SUCCESS : ST_INFO_LENGTH_MISMATCH,
			      NtQueryInformationProcess(GetCurrentProcess(), ProcessVmCounters,
							&answer, bytes, &length));
		EXPECT_EQ(known ? bytes : MARK, length);
		EXPECT_EQ(0xa5, answer.bytes[known ? bytes : 0]);
		if (!known)
			continue;
		EXPECT_EQ(counters().virtual_bytes, memory->VirtualSize);
		EXPECT_LE(memory->VirtualSize, memory->PeakVirtualSize);
		EXPECT_LE(1 * MB, memory->VirtualSize);
		EXPECT_EQ(3 * PAGE, memory->PagefileUsage);
		EXPECT_LT(0u, memory->WorkingSetSize);
		if (bytes > 88)
			EXPECT_EQ(3 * PAGE, memory->PrivateUsage);
	}
	EXPECT_STATUS(ST_INVALID_INFO_CLASS,
		      NtQueryInformationProcess(GetCurrentProcess(), (PROCESSINFOCLASS)999, &answer,
						88, NULL));
	EXPECT_STATUS(ST_SUCCESS, NtQueryInformationProcess(GetCurrentProcess(), ProcessVmCounters,
							    &answer, 88, NULL));
	EXPECT_STATUS(ST_ACCESS_VIOLATION,
		      NtQueryInformationProcess(GetCurrentProcess(), ProcessVmCounters, NULL, 88,
						NULL));
	EXPECT_STATUS(ST_INVALID_HANDLE,
		      NtQueryInformationProcess(NULL, ProcessVmCounters, &answer, 88, NULL));
}

VM_TEST_MAIN
