// SPDX-License-Identifier: GPL-2.0
/* Views after fork(2): ViewShare ones are the child's, too (SPEC SE-36). */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <winvm.h>

#include "device.h"
#include "section.h"

#define PAGES 16
#define SIZE  (PAGES * PAGE)

FIXTURE(forked)
{
	HANDLE section; /* PAGES pages, EXECUTE_READWRITE */
	char *view; /* READWRITE, shared */
	char *own; /* the same, not shared */
};

/* The bodies of children see what the fixture has. */
static char *view, *own, *private;

FIXTURE_SETUP(forked)
{
	self->section = mapping(PAGE_EXECUTE_READWRITE, SIZE);
	ASSERT_NE(NULL, self->section);
	self->view = view_of(self->section, FILE_MAP_WRITE);
	self->own = NT_MAP(.section = self->section, .inherit = ViewUnmap).base;
	ASSERT_NE(NULL, self->view);
	ASSERT_NE(NULL, self->own);
	view = self->view;
	own = self->own;
	private = commit(PAGE);
}

FIXTURE_TEARDOWN(forked)
{
	UnmapViewOfFile(self->view);
	UnmapViewOfFile(self->own);
	CloseHandle(self->section);
}

static bool shows(const char *address, SIZE_T pages, DWORD state, DWORD protection)
{
	MEMORY_BASIC_INFORMATION region = region_at(address);

	return region.State == state && region.Protect == protection &&
	       region.RegionSize == pages * PAGE && region.AllocationProtect == PAGE_READWRITE &&
	       region.Type == MEM_MAPPED && region.AllocationBase == view;
}

static bool faults(const char *address, bool write)
{
	return write ? probe_write((uintptr_t)address, 1).faulted :
		       probe_read((uintptr_t)address).faulted;
}

static int child_has_the_view(void *unused)
{
	(void)unused;
	/* Before any call. */
	if (view[0] != 5)
		return 1;
	if (!shows(view, 1, MEM_COMMIT, PAGE_READWRITE) ||
	    !shows(view + PAGE, 1, MEM_COMMIT, PAGE_READONLY) ||
	    !shows(view + 2 * PAGE, 1, MEM_COMMIT, PAGE_NOACCESS) ||
	    !shows(view + 3 * PAGE, 1, MEM_COMMIT, PAGE_READWRITE | PAGE_GUARD) ||
	    !shows(view + 4 * PAGE, PAGES - 4, MEM_COMMIT, PAGE_READWRITE))
		return 2;
	if (!faults(view + PAGE, true) || faults(view + PAGE, false) ||
	    !faults(view + 2 * PAGE, false) || !faults(view + 3 * PAGE, false) ||
	    faults(view + 3 * PAGE, false))
		return 3;
	view[4 * PAGE] = 6;
	return 0;
}

TEST_F(forked, SE_36_child_has_shared_views)
{
	EXPECT_WRITES(view, 5);
	EXPECT_TRUE(protect(view + PAGE, PAGE, PAGE_READONLY));
	EXPECT_TRUE(protect(view + 2 * PAGE, PAGE, PAGE_NOACCESS));
	EXPECT_TRUE(protect(view + 3 * PAGE, PAGE, PAGE_READWRITE | PAGE_GUARD));
	EXPECT_EQ(0, in_child(child_has_the_view, NULL));
	EXPECT_READS(6, view + 4 * PAGE);
	/* The guard that the child took was its own. */
	EXPECT_COMMITTED(view + 3 * PAGE, view, PAGE, PAGE_READWRITE | PAGE_GUARD);
}

static int child_has_no_other(void *unused)
{
	(void)unused;
	return region_at(own).State == MEM_FREE && region_at(private).State == MEM_FREE &&
			       faults(own, false) && faults(private, false) ?
		       0 :
		       1;
}

TEST_F(forked, SE_36_child_has_no_unshared_view)
{
	EXPECT_EQ(0, in_child(child_has_no_other, NULL));
	EXPECT_EQ(1u, counters().shared_views);
	EXPECT_WORKS(UnmapViewOfFile(view));
	EXPECT_EQ(0u, counters().shared_views);
}

static int child_does_as_it_likes(void *section)
{
	char *another = view_of(*(HANDLE *)section, FILE_MAP_READ);

	if (!another || another == view || !protect(view, PAGE, PAGE_READONLY) ||
	    !VirtualLock(view, PAGE) || decommit(view, PAGE) || !UnmapViewOfFile(view + PAGE))
		return 1;
	if (region_at(view).State != MEM_FREE || UnmapViewOfFile(view))
		return 2;
	/* The address can be used for something else. */
	return VirtualAlloc(view, SIZE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE) == view &&
			       view[0] == 0 ?
		       0 :
		       3;
}

TEST_F(forked, SE_36_each_view_is_its_process_own)
{
	EXPECT_WRITES(view, 5);
	EXPECT_EQ(0, in_child(child_does_as_it_likes, &self->section));
	EXPECT_COMMITTED(view, view, SIZE, PAGE_READWRITE);
	EXPECT_READS(5, view);
}

static int child_reads(void *unused)
{
	(void)unused;
	return view[0] == 9 && shows(view, PAGES, MEM_COMMIT, PAGE_READWRITE) ? 0 : 1;
}

static int child_forks(void *section)
{
	if (!CloseHandle(*(HANDLE *)section))
		return 100;
	view[0] = 9;
	return in_child(child_reads, NULL);
}

TEST_F(forked, SE_36_grandchild_has_it_from_the_child)
{
	EXPECT_EQ(0, in_child(child_forks, &self->section));
	EXPECT_READS(9, view);
}

static int child_is_not_locked(void *unused)
{
	(void)unused;
	return VirtualUnlock(view, PAGE) ? 1 : 0;
}

TEST_F(forked, VL_17_locks_are_not_inherited)
{
	EXPECT_WORKS(VirtualLock(view, PAGE));
	EXPECT_EQ(0, in_child(child_is_not_locked, NULL));
	EXPECT_WORKS(VirtualUnlock(view, PAGE));
}

static char *code;

static int child_runs(void *unused)
{
	(void)unused;
	if (probe_execute((uintptr_t)code).faulted)
		return 1;
	return probe_execute((uintptr_t)code + PAGE).faulted &&
			       region_at(code + PAGE).Protect == PAGE_READWRITE ?
		       0 :
		       2;
}

TEST_F(forked, SE_36_executable_pages)
{
	code = view_of(self->section, FILE_MAP_EXECUTE | FILE_MAP_WRITE);
	ASSERT_NE(NULL, code);
	EXPECT_WRITES(code, 0xc3);
	EXPECT_WRITES(code + PAGE, 0xc3);
	EXPECT_TRUE(protect(code + PAGE, PAGE, PAGE_READWRITE));
	EXPECT_EQ(0, in_child(child_runs, NULL));
}

static int child_commits(void *unused)
{
	(void)unused;
	return shows(view, PAGES, MEM_RESERVE, 0) && commit_at(view, PAGE, PAGE_READWRITE) ? 0 : 1;
}

TEST_F(forked, SE_26_child_commits_for_all)
{
	HANDLE section = mapping(PAGE_READWRITE | SEC_RESERVE, SIZE);

	ASSERT_NE(NULL, view = view_of(section, FILE_MAP_WRITE));
	EXPECT_EQ(0, in_child(child_commits, NULL));
	EXPECT_COMMITTED(view, view, PAGE, PAGE_READWRITE);
}

/* Past the library: the views show nothing until they are asked for. */
static pid_t bare_fork(void)
{
	return (pid_t)syscall(SYS_fork);
}

static int inherit(int device, uint64_t *views)
{
	struct winvm_inherit request = { .size = sizeof(request), .views = 99 };
	int err = ioctl(device, WINVM_IOC_INHERIT, &request);

	*views = request.views;
	return err ? -1 : (int)request.status;
}

static int status_of(pid_t pid)
{
	int status = -1;

	if (waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFSIGNALED(status) ? 256 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int bare_child(void)
{
	int device = device_open();
	uint64_t views;

	if (!faults(view, false))
		return 1;
	if (inherit(device, &views) || views != 1)
		return 2;
	if (view[0] != 5 || inherit(device, &views) || views)
		return 3;
	return 0;
}

TEST_F(forked, SE_36_nothing_is_shown_before_it_is_asked_for)
{
	uint64_t views;
	int device = device_open();
	pid_t pid;

	EXPECT_WRITES(view, 5);
	EXPECT_EQ(0, inherit(device, &views));
	EXPECT_EQ(0u, views);
	pid = bare_fork();
	if (!pid)
		_exit(bare_child());
	EXPECT_EQ(0, status_of(pid));
	EXPECT_READS(5, view);
}

static int child_of_the_dead(int parents_end)
{
	char byte;
	uint64_t views;

	/* Its parent's descriptors end before its memory does; the call waits for neither. */
	if (read(parents_end, &byte, 1))
		return 1;
	if (inherit(device_open(), &views) || views != 1)
		return 2;
	return view[0] == 5 && !faults(view + PAGE, true) ? 0 : 3;
}

/* The section lives on, and the protections are the view's. */
static int parent_that_dies(int parents_end[2], int report)
{
	pid_t pid;

	if (!protect(view + PAGE, PAGE, PAGE_READWRITE) || !protect(view, PAGE, PAGE_READWRITE))
		return 1;
	pid = bare_fork();
	if (pid)
		return 0;
	close(parents_end[1]);
	dprintf(report, "%d", child_of_the_dead(parents_end[0]));
	return 0;
}

TEST_F(forked, SE_36_parent_that_has_gone)
{
	int parents_end[2], report[2];
	char answer[8] = "";
	pid_t pid;

	ASSERT_EQ(0, pipe2(parents_end, O_CLOEXEC));
	ASSERT_EQ(0, pipe2(report, O_CLOEXEC));
	EXPECT_WRITES(view, 5);
	pid = fork();
	if (!pid)
		_exit(parent_that_dies(parents_end, report[1]));
	close(parents_end[1]);
	close(report[1]);
	EXPECT_EQ(0, status_of(pid));
	EXPECT_EQ(1, read(report[0], answer, sizeof(answer) - 1));
	EXPECT_EQ('0', answer[0]);
}

static int child_that_unmapped(void)
{
	uint64_t views;
	int device = device_open();

	munmap(view + 3 * PAGE, PAGE);
	if (inherit(device, &views) || views || !faults(view, false))
		return 1;
	munmap(view, SIZE);
	return VirtualAlloc(view, SIZE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE) == view ? 0 : 2;
}

TEST_F(forked, SE_36_part_of_a_view_is_none)
{
	pid_t pid = bare_fork();

	if (!pid)
		_exit(child_that_unmapped());
	EXPECT_EQ(0, status_of(pid));
}

/* A handle on another process does not do. */
TEST_F(forked, G_6_a_process_inherits_for_itself)
{
	int device = device_open(), proc, handle;
	uint64_t views;
	pid_t pid = fork();

	if (!pid) {
		pause();
		_exit(0);
	}
	proc = device_open_proc(pid, "mem", O_RDWR);
	handle = device_open_process(device, proc, WINVM_PROCESS_VM_OPERATION);
	ASSERT_LE(0, handle);
	EXPECT_EQ(-1, inherit(handle, &views));
	EXPECT_EQ(ENOTTY, errno);
	kill(pid, SIGKILL);
	status_of(pid);
}

/* The parent changes its views all the while; the children have some state of theirs. */
#define ROUNDS 8

static atomic_bool stop;

static void *change_views(void *argument)
{
	HANDLE section = *(HANDLE *)argument;

	while (!atomic_load(&stop)) {
		char *other = view_of(section, FILE_MAP_READ);

		protect(view + PAGE, 3 * PAGE, PAGE_READONLY);
		UnmapViewOfFile(other);
		protect(view + 2 * PAGE, PAGE, PAGE_READWRITE | PAGE_GUARD);
		protect(view + PAGE, 3 * PAGE, PAGE_READWRITE);
	}
	return NULL;
}

static int child_has_some_state(void *unused)
{
	MEMORY_BASIC_INFORMATION region;

	(void)unused;
	if (view[0] != 5)
		return 1;
	for (char *at = view; at < view + SIZE; at += region.RegionSize) {
		region = region_at(at);
		if (region.State != MEM_COMMIT || region.AllocationBase != view)
			return 2;
	}
	return UnmapViewOfFile(view) ? 0 : 3;
}

TEST_F(forked, SE_36_parent_that_changes_meanwhile)
{
	pthread_t thread;

	EXPECT_WRITES(view, 5);
	atomic_store(&stop, false);
	ASSERT_EQ(0, pthread_create(&thread, NULL, change_views, &self->section));
	for (int round = 0; round < ROUNDS; round++)
		EXPECT_EQ(0, in_child(child_has_some_state, NULL));
	atomic_store(&stop, true);
	pthread_join(thread, NULL);
}

/* All that a view takes goes with its process. */
TEST_F(forked, CC_7_children_leave_nothing)
{
	struct winvm_counters before = counters();

	for (int i = 0; i < 5; i++)
		EXPECT_EQ(0, in_child(child_has_no_other, NULL));
	EXPECT_EQ(before.system_commit_bytes, counters().system_commit_bytes);
	EXPECT_EQ(before.bookkeeping_bytes, counters().bookkeeping_bytes);
}

VM_TEST_MAIN
