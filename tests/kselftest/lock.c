// SPDX-License-Identifier: GPL-2.0
/* VirtualLock, VirtualUnlock (SPEC 8.1). */
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <winvm.h>

#include "device.h"
#include "proc.h"
#include "working-set.h"

TEST(VL_1_map_type)
{
	char *base = commit(PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_STATUS_INVALID(nt_lock(base, PAGE, 0).status);
	EXPECT_STATUS_INVALID(nt_lock(base, PAGE, 4).status);
	EXPECT_STATUS_INVALID(nt_unlock(base, PAGE, 8).status);
	EXPECT_STATUS(ST_NOT_LOCKED, nt_unlock(base, PAGE, MAP_PROCESS).status);
}

TEST(VL_2_range)
{
	char *base = commit(PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_FAILS(87, VirtualLock(base, 0));
	EXPECT_FAILS(87, VirtualLock((void *)(HIGHEST_ADDRESS + 1), PAGE));
	EXPECT_FAILS(87, VirtualLock(base, SIZE_MAX));
	EXPECT_FAILS(87, VirtualUnlock(base, 0));
}

TEST(VL_3_handle_and_privilege)
{
	char *base = commit(PAGE);
	PVOID where = base;
	SIZE_T bytes = PAGE;

	ASSERT_NE(NULL, base);
	EXPECT_STATUS(ST_INVALID_HANDLE, NtLockVirtualMemory(NULL, &where, &bytes, MAP_PROCESS));
	EXPECT_STATUS(ST_PRIVILEGE_NOT_HELD, nt_lock(base, PAGE, MAP_SYSTEM).status);
	EXPECT_STATUS(ST_PRIVILEGE_NOT_HELD, nt_lock(base, PAGE, MAP_PROCESS | MAP_SYSTEM).status);
}

TEST(VL_4_several_allocations_but_no_hole)
{
	char *next = FIXED + GRANULARITY;

	ASSERT_TRUE(VirtualAlloc(FIXED, GRANULARITY, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
	ASSERT_TRUE(VirtualAlloc(next, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
	EXPECT_WORKS(VirtualLock(next - PAGE, 2 * PAGE));
	EXPECT_WORKS(VirtualUnlock(next - PAGE, 2 * PAGE));
	EXPECT_FAILS(998, VirtualLock(next, 2 * PAGE));
	EXPECT_FAILS(158, VirtualUnlock(next, PAGE));
}

TEST(VL_6_what_cannot_be_read)
{
	char *base = reserve(3 * PAGE);

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(commit_at(base, 2 * PAGE, PAGE_READWRITE));
	EXPECT_FAILS(998, VirtualLock(base + PAGE, 2 * PAGE));
	ASSERT_TRUE(protect(base + PAGE, PAGE, PAGE_NOACCESS));
	EXPECT_FAILS(998, VirtualLock(base, 2 * PAGE));
	EXPECT_FAILS(158, VirtualUnlock(base, PAGE));
}

TEST(VL_7_guard_page)
{
	char *base = commit(2 * PAGE);

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(protect(base + PAGE, PAGE, PAGE_READWRITE | PAGE_GUARD));
	EXPECT_FAILS(0x80000001, VirtualLock(base, 2 * PAGE));
	EXPECT_COMMITTED(base, base, 2 * PAGE, PAGE_READWRITE);
	EXPECT_FAILS(158, VirtualUnlock(base, PAGE));
	EXPECT_WORKS(VirtualLock(base, 2 * PAGE));
}

TEST(VL_8_lock_marks_pages_written)
{
	char *base = VirtualAlloc(NULL, 2 * PAGE, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH,
				  PAGE_READWRITE);
	ULONG_PTR count = 2;
	DWORD granularity;
	void *written[2];

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(protect(base, PAGE, PAGE_READWRITE | PAGE_GUARD));
	EXPECT_FAILS(0x80000001, VirtualLock(base, PAGE));
	EXPECT_EQ(0u, GetWriteWatch(0, base, 2 * PAGE, written, &count, &granularity));
	EXPECT_EQ(0u, count);
	EXPECT_WORKS(VirtualLock(base, PAGE));
	count = 2;
	EXPECT_EQ(0u, GetWriteWatch(0, base, 2 * PAGE, written, &count, &granularity));
	EXPECT_EQ(1u, count);
	EXPECT_EQ(base, written[0]);
}

TEST(VL_9_locks_are_not_counted)
{
	char *base = commit(2 * PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_NTH(ST_SUCCESS, base, PAGE, nt_lock(base + 1, 1, MAP_PROCESS));
	EXPECT_NTH(ST_WAS_LOCKED, base, 2 * PAGE, nt_lock(base, 2 * PAGE, MAP_PROCESS));
	EXPECT_WORKS(VirtualLock(base, PAGE));
	EXPECT_WORKS(VirtualUnlock(base, PAGE));
	EXPECT_FAILS(158, VirtualUnlock(base, PAGE));
}

TEST(VL_10_quota)
{
	char *base = commit(60 * PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_FAILS(1453, VirtualLock(base, 60 * PAGE));
	EXPECT_FAILS(158, VirtualUnlock(base, PAGE));
	EXPECT_WORKS(VirtualLock(base, 42 * PAGE));
	EXPECT_FAILS(1453, VirtualLock(base + 42 * PAGE, PAGE));
	/* What is locked already needs no quota. */
	EXPECT_WORKS(VirtualLock(base, 42 * PAGE));
	EXPECT_WORKS(VirtualUnlock(base + 7 * PAGE, PAGE));
	EXPECT_WORKS(VirtualLock(base + 42 * PAGE, PAGE));
}

TEST(VL_10_quota_follows_the_minimum_working_set)
{
	char *base = commit(200 * PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_WORKS(set_limits(100, 345));
	EXPECT_WORKS(VirtualLock(base, 92 * PAGE));
	EXPECT_FAILS(1453, VirtualLock(base, 93 * PAGE));
	/* What is locked stays so when the minimum falls, and counts. */
	EXPECT_WORKS(set_limits(20, 345));
	EXPECT_FAILS(1453, VirtualLock(base + 100 * PAGE, PAGE));
	EXPECT_WORKS(VirtualUnlock(base, 81 * PAGE));
	EXPECT_WORKS(VirtualLock(base + 100 * PAGE, PAGE));
	EXPECT_FAILS(1453, VirtualLock(base + 101 * PAGE, PAGE));
}

TEST(VL_11_twenty_pages_can_be_locked)
{
	char *base = commit(60 * PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_WORKS(VirtualLock(base, 20 * PAGE));
	EXPECT_FAILS(1453, VirtualLock(base, 60 * PAGE));
	EXPECT_WORKS(VirtualUnlock(base, 20 * PAGE));
	EXPECT_WORKS(VirtualLock(base + 20 * PAGE, 20 * PAGE));
}

TEST(VL_11_sixty_pages_after_the_minimum_was_raised)
{
	char *base = commit(60 * PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_FAILS(1453, VirtualLock(base, 60 * PAGE));
	EXPECT_WORKS(set_limits(60 + 32, 345));
	EXPECT_WORKS(VirtualLock(base, 60 * PAGE));
}

/* As the seed text has it. */
TEST(VL_11_thirty_two_pages_in_the_2_gb_layout)
{
	char *base;

	ASSERT_TRUE(winvm_choose_layout(WINVM_LAYOUT_2GB));
	base = commit(40 * PAGE);
	ASSERT_NE(NULL, base);
	EXPECT_FAILS(1453, VirtualLock(base, 33 * PAGE));
	EXPECT_WORKS(VirtualLock(base, 32 * PAGE));
	EXPECT_FAILS(1453, VirtualLock(base + 32 * PAGE, PAGE));
}

static bool become_user(rlim_t locked_pages)
{
	struct rlimit limit = { locked_pages * PAGE, locked_pages * PAGE };

	return !setrlimit(RLIMIT_MEMLOCK, &limit) && !setgid(1000) && !setuid(1000) &&
	       !prctl(PR_SET_DUMPABLE, 1);
}

/* 0, or the number of the expectation that failed. */
static int lock_under_a_limit(void *unused)
{
	char *base;

	(void)unused;
	if (!become_user(8))
		return 1;
	base = commit(20 * PAGE);
	if (!base || VirtualLock(base, 9 * PAGE) || GetLastError() != 1453)
		return 2;
	if (!VirtualLock(base, 8 * PAGE))
		return 3;
	if (VirtualLock(base + 8 * PAGE, PAGE) || GetLastError() != 1453)
		return 4;
	if (!VirtualUnlock(base, PAGE) || !VirtualLock(base + 8 * PAGE, PAGE))
		return 5;
	return VirtualFree(base, 0, MEM_RELEASE) && proc_status("VmLck:") == 0 ? 0 : 6;
}

TEST(RLIMIT_MEMLOCK_holds)
{
	EXPECT_EQ(0, in_child(lock_under_a_limit, NULL));
}

/* Root has CAP_IPC_LOCK. */
static int lock_beyond_a_limit(void *unused)
{
	struct rlimit limit = { PAGE, PAGE };
	char *base = commit(20 * PAGE);

	(void)unused;
	return setrlimit(RLIMIT_MEMLOCK, &limit) || !base || !VirtualLock(base, 9 * PAGE);
}

TEST(CAP_IPC_LOCK_passes_the_limit)
{
	EXPECT_EQ(0, in_child(lock_beyond_a_limit, NULL));
}

/* A process that may lock 4 pages, and waits; 0 if it could not be made. */
static pid_t a_limited_target(bool user)
{
	struct rlimit limit = { 4 * PAGE, 4 * PAGE };
	int ready[2];
	char byte;
	pid_t pid;

	if (pipe2(ready, O_CLOEXEC))
		return 0;
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (user ? become_user(4) : !setrlimit(RLIMIT_MEMLOCK, &limit))
			write(ready[1], "r", 1) == 1 ? pause() : 0;
		_exit(1);
	}
	close(ready[1]);
	if (pid > 0 && read(ready[0], &byte, 1) != 1)
		pid = 0;
	close(ready[0]);
	return pid > 0 ? pid : 0;
}

static NTSTATUS lock_in(HANDLE process, char *base, SIZE_T bytes)
{
	PVOID where = base;

	return NtLockVirtualMemory(process, &where, &bytes, MAP_PROCESS);
}

/* The limit is that of the process whose memory it is, the capability the caller's. */
static int lock_in_a_limited_target(void *privileged)
{
	pid_t pid;
	HANDLE process;
	char *base;
	NTSTATUS many, few;

	if (!privileged && !become_user(1000))
		return 1;
	pid = a_limited_target(!privileged);
	process = pid ? OpenProcess(PROCESS_VM_OPERATION, FALSE, (DWORD)pid) : NULL;
	base = process ? VirtualAllocEx(process, NULL, 20 * PAGE, MEM_RESERVE | MEM_COMMIT,
					PAGE_READWRITE) : NULL;
	if (!base)
		return 2;
	many = lock_in(process, base, 5 * PAGE);
	few = lock_in(process, base, 4 * PAGE);
	kill(pid, SIGKILL);
	if (many != (privileged ? ST_SUCCESS : ST_WORKING_SET_QUOTA))
		return 3;
	return few == (privileged ? ST_WAS_LOCKED : ST_SUCCESS) ? 0 : 4;
}

TEST(RLIMIT_MEMLOCK_of_another_process_is_its_own)
{
	EXPECT_EQ(0, in_child(lock_in_a_limited_target, NULL));
}

TEST(CAP_IPC_LOCK_of_the_caller_passes_the_limit_of_another_process)
{
	EXPECT_EQ(0, in_child(lock_in_a_limited_target, ""));
}

/* Seen by mincore: resident without a touch, and still after Linux was asked to drop them. */
TEST(VL_12_locked_pages_are_resident)
{
	unsigned char resident[8];
	char *base = commit(8 * PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_WORKS(VirtualLock(base, 8 * PAGE));
	madvise(base, 8 * PAGE, MADV_PAGEOUT);
	ASSERT_EQ(0, mincore(base, 8 * PAGE, resident));
	for (int i = 0; i < 8; i++)
		EXPECT_TRUE(resident[i] & 1);
}

/* Mapped, too: nothing faults any more, not even the first write. */
TEST(VL_12_locked_pages_do_not_fault)
{
	char *base = commit(40 * PAGE);
	struct rusage before, after;

	ASSERT_NE(NULL, base);
	EXPECT_WORKS(VirtualLock(base, 40 * PAGE));
	EXPECT_EQ(40u, pages_valid(base, 40 * PAGE));
	getrusage(RUSAGE_SELF, &before);
	touch(base, 40 * PAGE);
	getrusage(RUSAGE_SELF, &after);
	/* The test's own stack and the like. */
	EXPECT_GT(before.ru_minflt + 20, after.ru_minflt);
	EXPECT_TRUE(touched(base, 40 * PAGE));
}

TEST(VL_12_in_another_process)
{
	pid_t pid = a_limited_target(false);
	HANDLE process = OpenProcess(PROCESS_VM_OPERATION | PROCESS_SET_QUOTA |
				     PROCESS_QUERY_INFORMATION, FALSE, (DWORD)pid);
	char *base = VirtualAllocEx(process, NULL, 4 * PAGE, MEM_RESERVE | MEM_COMMIT,
				    PAGE_READWRITE);

	ASSERT_NE(NULL, base);
	EXPECT_STATUS(ST_SUCCESS, lock_in(process, base, 2 * PAGE));
	EXPECT_EQ(1u, (ULONG_PTR)page_in(process, base).Valid);
	EXPECT_EQ(1u, (ULONG_PTR)page_in(process, base + PAGE).Locked);
	EXPECT_EQ(0u, (ULONG_PTR)page_in(process, base + 2 * PAGE).Valid);
	EXPECT_WORKS(EmptyWorkingSet(process));
	EXPECT_EQ(1u, (ULONG_PTR)page_in(process, base).Valid);
	kill(pid, SIGKILL);
	CloseHandle(process);
}

TEST(VL_13_lock_survives_protect_and_ends_with_the_page)
{
	char *base = commit(2 * PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_WORKS(VirtualLock(base, 2 * PAGE));
	ASSERT_TRUE(protect(base, 2 * PAGE, PAGE_NOACCESS));
	ASSERT_TRUE(protect(base, 2 * PAGE, PAGE_READONLY));
	EXPECT_WORKS(VirtualUnlock(base, PAGE));
	ASSERT_TRUE(decommit(base + PAGE, PAGE));
	ASSERT_TRUE(commit_at(base + PAGE, PAGE, PAGE_READWRITE));
	EXPECT_FAILS(158, VirtualUnlock(base + PAGE, PAGE));
}

/* Code that becomes data lies in another mapping of Linux'; and the other way round. */
TEST(VL_13_locked_pages_stay_in_the_working_set)
{
	static const DWORD protections[] = { PAGE_EXECUTE_READ, PAGE_READWRITE, PAGE_READONLY,
					     PAGE_EXECUTE_READWRITE, PAGE_READWRITE };
	char *base = commit(4 * PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_WORKS(VirtualLock(base, 2 * PAGE));
	for (size_t i = 0; i < sizeof(protections) / sizeof(protections[0]); i++) {
		ASSERT_TRUE(protect(base, 4 * PAGE, protections[i]));
		EXPECT_EQ(2u, pages_valid(base, 4 * PAGE));
	}
	ASSERT_TRUE(commit_at(base, 4 * PAGE, PAGE_EXECUTE_READ));
	EXPECT_EQ(2u, pages_valid(base, 4 * PAGE));
	ASSERT_TRUE(protect(base, 4 * PAGE, PAGE_NOACCESS));
	EXPECT_EQ(0u, pages_valid(base, 4 * PAGE));
	ASSERT_TRUE(protect(base, 4 * PAGE, PAGE_READONLY));
	EXPECT_EQ(2u, pages_valid(base, 4 * PAGE));
	EXPECT_WORKS(VirtualUnlock(base, 2 * PAGE));
}

TEST(VL_14_parts_can_be_unlocked)
{
	char *base = commit(8 * PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_WORKS(VirtualLock(base, 8 * PAGE));
	EXPECT_WORKS(VirtualUnlock(base + 2 * PAGE, PAGE));
	EXPECT_WORKS(VirtualUnlock(base + 4 * PAGE, 3 * PAGE));
	EXPECT_WORKS(VirtualUnlock(base, 2 * PAGE));
}

TEST(VL_15_unlock_of_what_is_not_locked)
{
	char *base = commit(4 * PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_WORKS(VirtualLock(base, PAGE));
	EXPECT_NTH(ST_NOT_LOCKED, base, 2 * PAGE, nt_unlock(base, 2 * PAGE, MAP_PROCESS));
	/* The one that was locked still is, and is still there. */
	EXPECT_TRUE(page_valid(base));
	EXPECT_WORKS(VirtualUnlock(base, PAGE));
}

/* The contents stay; the page is mapped again at the next touch. */
TEST(VL_16_unlock_as_a_way_to_trim)
{
	char *base = commit(4 * PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_WRITES(base, 0x41);
	EXPECT_TRUE(page_valid(base));
	EXPECT_FAILS(158, VirtualUnlock(base, 4 * PAGE));
	EXPECT_FALSE(page_valid(base));
	EXPECT_READS(0x41, base);
	EXPECT_TRUE(page_valid(base));
}

static int unlock_what_the_parent_locked(void *base)
{
	bool inherited = proc_status("VmLck:") != 0 || VirtualUnlock(base, PAGE);

	return inherited || !VirtualAlloc(base, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE) ||
	       VirtualUnlock(base, PAGE) || GetLastError() != 158;
}

TEST(VL_17_locks_are_not_inherited)
{
	char *base = commit(PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_WORKS(VirtualLock(base, PAGE));
	EXPECT_EQ(4, proc_status("VmLck:"));
	EXPECT_EQ(0, in_child(unlock_what_the_parent_locked, base));
	EXPECT_WORKS(VirtualUnlock(base, PAGE));
	EXPECT_EQ(0, proc_status("VmLck:"));
}

VM_TEST_MAIN
