// SPDX-License-Identifier: GPL-2.0
/* Linux's own calls on winvm memory: they work, are refused, or are noticed and told truthfully. */
#include <linux/mempolicy.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "child.h"
#include "proc.h"
#include "raw.h"
#include "touch.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

#define HUGE ((size_t)2 * RAW_MB)

FIXTURE(behind)
{
	int device;
	char *base; /* 16 MB: 2 to 6 MB committed; page 2 MB holds 0x11, the next 0x22 read-only */
};

#define FIRST (self->base + HUGE)
#define SECOND (self->base + HUGE + RAW_PAGE)

FIXTURE_SETUP(behind)
{
	self->device = raw_open();
	ASSERT_LE(0, self->device);
	self->base = raw_reserve(self->device, 8 * HUGE);
	ASSERT_NE(NULL, self->base);
	ASSERT_EQ(0u, raw_commit(self->device, FIRST, 2 * HUGE, PAGE_READWRITE));
	ASSERT_TRUE(poke(FIRST, 0x11));
	ASSERT_TRUE(poke(SECOND, 0x22));
	ASSERT_EQ(0u, raw_protect(self->device, SECOND, RAW_PAGE, PAGE_READONLY));
}

FIXTURE_TEARDOWN(behind)
{
	close(self->device);
}

/* Nothing has changed: contents, protections, what a query says. */
#define EXPECT_AS_BEFORE()                                                                      \
	do {                                                                                    \
		EXPECT_EQ(0x11, peek(FIRST));                                                   \
		EXPECT_TRUE(poke(FIRST, 0x11));                                                 \
		EXPECT_EQ(0x22, peek(SECOND));                                                  \
		EXPECT_FALSE(poke(SECOND, 0x33));                                               \
		EXPECT_EQ(-1, peek(self->base));                                                \
		EXPECT_EQ((uint32_t)MEM_RESERVE, raw_state(self->device, self->base));          \
		EXPECT_EQ((uint32_t)PAGE_READWRITE, raw_protection(self->device, FIRST));       \
		EXPECT_EQ((uint32_t)PAGE_READONLY, raw_protection(self->device, SECOND));       \
	} while (0)

TEST_F(behind, mprotect_is_refused)
{
	EXPECT_EQ(-1, mprotect(SECOND, RAW_PAGE, PROT_READ | PROT_WRITE));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, mprotect(FIRST, RAW_PAGE, PROT_NONE));
	EXPECT_EQ(-1, mprotect(self->base, HUGE, PROT_READ | PROT_WRITE | PROT_EXEC));
	EXPECT_AS_BEFORE();
}

TEST_F(behind, pkey_mprotect_is_refused)
{
	EXPECT_EQ(-1, syscall(SYS_pkey_mprotect, SECOND, RAW_PAGE, PROT_READ | PROT_WRITE, -1));
	if (errno == ENOSYS)
		SKIP(return, "this kernel has no protection keys");
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, syscall(SYS_pkey_mprotect, SECOND, RAW_PAGE, PROT_READ | PROT_WRITE, 0));
	EXPECT_AS_BEFORE();
}

TEST_F(behind, mremap_moves_and_duplicates_nothing)
{
	EXPECT_EQ(MAP_FAILED, mremap(FIRST, HUGE, 2 * HUGE, MREMAP_MAYMOVE));
	EXPECT_AS_BEFORE();
	EXPECT_EQ(MAP_FAILED, mremap(FIRST, 0, HUGE, MREMAP_MAYMOVE));
	EXPECT_AS_BEFORE();
	EXPECT_EQ(MAP_FAILED, mremap(SECOND, RAW_PAGE, RAW_PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
				     (void *)0x500000000000));
	EXPECT_EQ(-1, peek((void *)0x500000000000));
	EXPECT_AS_BEFORE();
	EXPECT_EQ(MAP_FAILED, mremap(FIRST, HUGE, HUGE, MREMAP_MAYMOVE | 4 /* DONTUNMAP */));
	EXPECT_AS_BEFORE();
}

TEST_F(behind, remap_file_pages_shows_no_other_page)
{
	/* It may leave a hole, never another page. */
	EXPECT_NE(0, syscall(SYS_remap_file_pages, SECOND, RAW_PAGE, 0, 1, 0));
	EXPECT_EQ((uint32_t)PAGE_READONLY, raw_protection(self->device, SECOND));
	EXPECT_AS_BEFORE();
}

TEST_F(behind, munmap_of_a_part_is_mended)
{
	ASSERT_EQ(0, munmap(FIRST, HUGE));
	EXPECT_EQ((uint32_t)MEM_COMMIT, raw_state(self->device, FIRST));
	EXPECT_AS_BEFORE();
	EXPECT_EQ(0u, raw_release(self->device, self->base));
}

TEST_F(behind, munmap_of_everything_is_mended)
{
	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(0, munmap(self->base, 8 * HUGE));
		EXPECT_EQ(0u, raw_commit(self->device, self->base + 6 * HUGE, HUGE, PAGE_READWRITE));
		EXPECT_TRUE(poke(self->base + 6 * HUGE, 1));
		EXPECT_AS_BEFORE();
	}
}

TEST_F(behind, munmap_of_executable_pages_is_mended_with_execute)
{
	ASSERT_TRUE(poke(FIRST, 0xc3));
	ASSERT_EQ(0u, raw_protect(self->device, FIRST, RAW_PAGE, PAGE_EXECUTE_READ));
	((void (*)(void))(uintptr_t)FIRST)();
	ASSERT_EQ(0, munmap(FIRST, HUGE));
	EXPECT_EQ((uint32_t)PAGE_EXECUTE_READ, raw_protection(self->device, FIRST));
	((void (*)(void))(uintptr_t)FIRST)();
	EXPECT_FALSE(poke(FIRST, 0));
}

static void *map_over(void *address, size_t bytes, int protection)
{
	return mmap(address, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

/* Somebody's mapping over an allocation is told as what it is, and never taken away again. */
TEST_F(behind, a_mapping_over_an_allocation_is_told_and_left_alone)
{
	ASSERT_EQ(FIRST, map_over(FIRST, RAW_PAGE, PROT_READ | PROT_WRITE));
	*FIRST = 0x77;
	EXPECT_EQ((uint32_t)MEM_COMMIT, raw_state(self->device, FIRST));
	EXPECT_EQ((uintptr_t)FIRST, raw_region(self->device, FIRST).allocation_base);
	EXPECT_EQ(RAW_PAGE, raw_region(self->device, FIRST).bytes);
	EXPECT_NE(0u, raw_protect(self->device, FIRST, RAW_PAGE, PAGE_EXECUTE_READ));
	EXPECT_NE(0u, raw_commit(self->device, FIRST, RAW_PAGE, PAGE_EXECUTE_READ));
	EXPECT_EQ(0x77, peek(FIRST));
	EXPECT_EQ(0x22, peek(SECOND));
	EXPECT_EQ(0u, raw_decommit(self->device, FIRST, 2 * RAW_PAGE));
	EXPECT_EQ(0u, raw_release(self->device, self->base));
	EXPECT_EQ(0x77, peek(FIRST));
	EXPECT_TRUE(poke(FIRST, 0x78));
}

/*
 * A handler that is told "run the instruction again" while that cannot succeed
 * goes round for ever.
 */
TEST_F(behind, exception_after_munmap_is_no_endless_loop)
{
	ASSERT_EQ(0, munmap(FIRST, RAW_PAGE));
	for (int i = 0; i < 10 && peek(FIRST) < 0; i++) {
		ASSERT_GT(5, i);
		if (raw_exception(self->device, FIRST, WINVM_ACCESS_READ, NULL))
			return;
	}
	EXPECT_EQ(0x11, peek(FIRST));
}

TEST_F(behind, exception_of_a_mapping_over_a_page_is_no_endless_loop)
{
	ASSERT_EQ(FIRST, map_over(FIRST, RAW_PAGE, PROT_NONE));
	EXPECT_EQ(-1, peek(FIRST));
	EXPECT_EQ(NT_ACCESS_VIOLATION,
		  raw_exception(self->device, FIRST, WINVM_ACCESS_READ, NULL));
	EXPECT_EQ((uint32_t)MEM_RESERVE, raw_state(self->device, FIRST));
	EXPECT_EQ(NT_ACCESS_VIOLATION,
		  raw_exception(self->device, FIRST, WINVM_ACCESS_READ, NULL));
}

TEST_F(behind, exception_of_a_place_that_was_mapped_over_is_no_endless_loop)
{
	ASSERT_EQ(FIRST, map_over(FIRST, RAW_PAGE, PROT_READ));
	ASSERT_NE(0u, raw_state(self->device, FIRST));
	ASSERT_EQ(0, munmap(FIRST, RAW_PAGE));
	for (int i = 0; i < 10 && peek(FIRST) < 0; i++) {
		ASSERT_GT(5, i);
		if (raw_exception(self->device, FIRST, WINVM_ACCESS_READ, NULL))
			return;
	}
	EXPECT_EQ(0x11, peek(FIRST));
}

TEST_F(behind, executable_pages_that_were_mapped_over_execute_again)
{
	ASSERT_TRUE(poke(FIRST, 0xc3));
	ASSERT_EQ(0u, raw_protect(self->device, FIRST, RAW_PAGE, PAGE_EXECUTE_READ));
	ASSERT_EQ(FIRST, map_over(FIRST, RAW_PAGE, PROT_READ));
	/* The place is given up, and regained. */
	ASSERT_EQ((uint32_t)MEM_COMMIT, raw_state(self->device, FIRST));
	ASSERT_EQ(0, munmap(FIRST, RAW_PAGE));
	ASSERT_EQ((uint32_t)PAGE_EXECUTE_READ, raw_protection(self->device, FIRST));
	EXPECT_EQ(0xc3, peek(FIRST));
	EXPECT_TRUE(call_returns(FIRST));
}

TEST_F(behind, the_first_page_of_the_arena_is_regained)
{
	void *base = (void *)0x200000000000;

	ASSERT_EQ(0u, raw_allocate(self->device, &base, RAW_PAGE, MEM_RESERVE | MEM_COMMIT,
				   PAGE_READWRITE));
	ASSERT_TRUE(poke(base, 0x44));
	ASSERT_EQ(base, map_over(base, RAW_PAGE, PROT_NONE));
	EXPECT_EQ((uint32_t)MEM_RESERVE, raw_state(self->device, base));
	ASSERT_EQ(0, munmap(base, RAW_PAGE));
	EXPECT_EQ((uint32_t)MEM_COMMIT, raw_state(self->device, base));
	EXPECT_EQ(0x44, peek(base));
}

/* The program's own guard pages go to the program's own handler. */
TEST_F(behind, exception_of_a_foreign_mapping_is_not_ours)
{
	void *low = (void *)0x10000000, *high = (void *)0x7000000000;
	void *guard = mmap((void *)0x300000000, RAW_PAGE, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	uint32_t flags = RAW_POISON;

	ASSERT_NE(MAP_FAILED, guard);
	ASSERT_EQ(0u, raw_allocate(self->device, &low, 1, MEM_RESERVE, PAGE_READWRITE));
	ASSERT_EQ(0u, raw_allocate(self->device, &high, 1, MEM_RESERVE, PAGE_READWRITE));
	EXPECT_EQ(-1, peek(guard));
	EXPECT_EQ(NT_ACCESS_VIOLATION,
		  raw_exception(self->device, guard, WINVM_ACCESS_READ, &flags));
	EXPECT_EQ(0u, flags & WINVM_EXCEPTION_OURS);
	EXPECT_EQ(NT_ACCESS_VIOLATION, raw_exception(self->device, low, WINVM_ACCESS_READ, &flags));
	EXPECT_EQ(WINVM_EXCEPTION_OURS, flags & WINVM_EXCEPTION_OURS);
}

TEST_F(behind, madvise_dontneed_keeps_contents)
{
	EXPECT_EQ(0, madvise(self->base, 8 * HUGE, MADV_DONTNEED));
	EXPECT_AS_BEFORE();
	madvise(self->base, 8 * HUGE, MADV_FREE);
	madvise(self->base, 8 * HUGE, MADV_COLD);
	madvise(self->base, 8 * HUGE, MADV_PAGEOUT);
	EXPECT_AS_BEFORE();
}

TEST_F(behind, madvise_remove_is_refused)
{
	EXPECT_EQ(-1, madvise(FIRST, RAW_PAGE, MADV_REMOVE));
	EXPECT_EQ(-1, madvise(SECOND, RAW_PAGE, MADV_REMOVE));
	EXPECT_EQ(-1, madvise(self->base, 8 * HUGE, MADV_REMOVE));
	EXPECT_AS_BEFORE();
}

/* The page that is unlocked is the page that was locked, whatever the file holds now. */
TEST_F(behind, madvise_remove_of_locked_pages_frees_nothing_twice)
{
	ASSERT_EQ(0u, raw_lock(self->device, FIRST, 8 * RAW_PAGE));
	for (int i = 0; i < 3; i++) {
		madvise(FIRST, 8 * RAW_PAGE, MADV_REMOVE);
		for (size_t page = 0; page < 4; page++)
			peek(FIRST + page * RAW_PAGE);
	}
	EXPECT_EQ(0u, raw_unlock(self->device, FIRST, 8 * RAW_PAGE));
	EXPECT_TRUE(poke(FIRST, 0x44));
	EXPECT_EQ(0u, raw_decommit(self->device, FIRST, 8 * RAW_PAGE));
	EXPECT_EQ(0u, raw_commit(self->device, FIRST, 8 * RAW_PAGE, PAGE_READWRITE));
	EXPECT_EQ(0, peek(FIRST));
}

TEST_F(behind, huge_pages_do_not_bypass_protections)
{
	char *huge = self->base + 2 * HUGE;

	for (size_t page = 0; page < HUGE / RAW_PAGE; page++)
		ASSERT_TRUE(poke(huge + page * RAW_PAGE, 0x55));
	madvise(self->base, 8 * HUGE, MADV_HUGEPAGE);
	EXPECT_NE(0, madvise(huge, HUGE, MADV_COLLAPSE));
	ASSERT_EQ(0u, raw_protect(self->device, huge, RAW_PAGE, PAGE_READONLY));
	ASSERT_EQ(0u, raw_decommit(self->device, huge + RAW_PAGE, RAW_PAGE));
	madvise(huge, HUGE, MADV_COLLAPSE);
	EXPECT_FALSE(poke(huge, 1));
	EXPECT_EQ(-1, peek(huge + RAW_PAGE));
	EXPECT_EQ(0x55, peek(huge + 2 * RAW_PAGE));
	EXPECT_AS_BEFORE();
}

TEST_F(behind, populating_and_locking_reach_no_further_than_the_states)
{
	EXPECT_NE(0, madvise(self->base, 8 * HUGE, MADV_POPULATE_WRITE));
	EXPECT_NE(0, madvise(SECOND, RAW_PAGE, MADV_POPULATE_WRITE));
	EXPECT_EQ(0, madvise(FIRST, RAW_PAGE, MADV_POPULATE_WRITE));
	EXPECT_AS_BEFORE();
	mlock(self->base, 8 * HUGE);
	EXPECT_AS_BEFORE();
	EXPECT_EQ(0, mlock(FIRST, 2 * RAW_PAGE));
	EXPECT_AS_BEFORE();
	EXPECT_EQ(0u, raw_decommit(self->device, FIRST, RAW_PAGE));
	EXPECT_EQ(-1, peek(FIRST));
	EXPECT_EQ(0, munlock(self->base, 8 * HUGE));
}

static int reserve_after_mlockall(void *unused)
{
	struct rlimit limit = { 1 << 20, 1 << 20 };
	int device;
	char *base;

	(void)unused;
	if (setrlimit(RLIMIT_MEMLOCK, &limit) || setgid(1000) || setuid(1000))
		return 2;
	if (mlockall(MCL_FUTURE))
		return 3;
	device = raw_open();
	base = raw_committed(device, RAW_PAGE);
	return base && poke(base, 1) ? 0 : 1;
}

TEST(mlockall_future_still_lets_reserve)
{
	EXPECT_EQ(0, child_run(reserve_after_mlockall, NULL));
}

static int reserve_with_little_address_space(void *unused)
{
	size_t used = (size_t)proc_status("VmSize:") << 10;
	struct rlimit limit = { used + 8 * RAW_MB, used + 8 * RAW_MB };
	int device = raw_open();
	char *base;

	(void)unused;
	if (setrlimit(RLIMIT_AS, &limit))
		return 2;
	base = raw_committed(device, RAW_MB);
	if (!base || !poke(base, 1))
		return 1;
	return raw_reserve(device, 64 * RAW_MB) ? 3 : 0;
}

TEST(address_space_limit_is_kept_and_used_up)
{
	EXPECT_EQ(0, child_run(reserve_with_little_address_space, NULL));
}

/* A limit stops the mending after the executable page; with more room all of it comes back. */
static int mend_in_two_steps(void *unused)
{
	struct rlimit limit = { 0, RLIM_INFINITY };
	int device = raw_open();
	char *base = raw_committed(device, HUGE);

	(void)unused;
	if (!base || !poke(base, 1) || !poke(base + RAW_PAGE, 2) ||
	    raw_protect(device, base, 1, PAGE_EXECUTE_READWRITE))
		return 1;
	munmap(base, HUGE);
	limit.rlim_cur = ((size_t)proc_status("VmSize:") << 10) + 16 * RAW_PAGE;
	if (setrlimit(RLIMIT_AS, &limit))
		return 2;
	raw_region(device, base);
	if (peek(base + RAW_PAGE) != -1)
		return 3;
	limit.rlim_cur = RLIM_INFINITY;
	if (setrlimit(RLIMIT_AS, &limit))
		return 4;
	munmap(base + HUGE, RAW_PAGE);
	if (raw_region(device, base).allocation_base != (uintptr_t)base)
		return 5;
	if (peek(base) != 1 || peek(base + RAW_PAGE) != 2)
		return 6;
	return raw_release(device, base) ? 7 : 0;
}

TEST(what_was_mended_half_way_is_regained)
{
	EXPECT_EQ(0, child_run(mend_in_two_steps, NULL));
}

TEST_F(behind, fork_leaves_the_memory_behind)
{
	struct child child = child_start(0);

	ASSERT_LT(0, child.pid);
	EXPECT_EQ(-1, child_peek(&child, FIRST));
	EXPECT_EQ(0, child_poke(&child, FIRST, 1));
	child_kill(&child);
	EXPECT_AS_BEFORE();
}

TEST_F(behind, dofork_does_not_give_the_memory_to_a_child)
{
	struct child child;

	ASSERT_EQ(0, madvise(self->base, 8 * HUGE, MADV_DOFORK));
	child = child_start(0);
	ASSERT_LT(0, child.pid);
	EXPECT_EQ(-1, child_peek(&child, FIRST));
	EXPECT_EQ(0, child_poke(&child, FIRST, 1));
	EXPECT_EQ(-1, child_peek(&child, SECOND));
	EXPECT_AS_BEFORE();
	child_kill(&child);
	EXPECT_EQ(0u, raw_release(self->device, self->base));
}

/* Leaves a child behind that has the arena's mapping. */
static int fill_and_leave_a_child(void *report)
{
	int device = raw_open();
	char *base = raw_committed(device, 64 * RAW_MB);
	pid_t child;

	if (!base)
		return 1;
	memset(base, 0x66, 64 * RAW_MB);
	if (madvise(base, 64 * RAW_MB, MADV_DOFORK))
		return 2;
	child = fork();
	if (!child) {
		setpgid(0, 0);
		for (;;)
			pause();
	}
	*(pid_t *)report = child;
	raise(SIGKILL);
	return 3;
}

TEST(dofork_child_does_not_keep_the_memory)
{
	pid_t *left = mmap(NULL, RAW_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
			   0);
	long before = proc_meminfo_kb("Shmem:");

	ASSERT_NE(MAP_FAILED, left);
	EXPECT_EQ(128 + SIGKILL, child_run(fill_and_leave_a_child, left));
	EXPECT_GT(before + 4096, proc_shmem_settles(before + 1024));
	ASSERT_LT(0, *left);
	kill(*left, SIGKILL);
}

struct cloned {
	int device;
	char *base;
	int result;
};

static int clone_uses_the_memory(void *argument)
{
	struct cloned *cloned = argument;
	char *other = raw_committed(cloned->device, RAW_PAGE);

	*cloned->base = 0x12;
	if (other)
		*other = 0x34;
	cloned->result = raw_protect(cloned->device, cloned->base, 1, PAGE_READONLY) ? 2 : 1;
	_exit(0);
}

TEST_F(behind, clone_vm_shares_the_memory)
{
	static char stack[65536] __attribute__((aligned(16)));
	struct cloned cloned = { self->device, FIRST, 0 };
	pid_t pid = clone(clone_uses_the_memory, stack + sizeof(stack), CLONE_VM | SIGCHLD, &cloned);

	ASSERT_LT(0, pid);
	ASSERT_EQ(pid, waitpid(pid, NULL, 0));
	EXPECT_EQ(1, cloned.result);
	EXPECT_EQ(0x12, peek(FIRST));
	EXPECT_FALSE(poke(FIRST, 1));
}

TEST_F(behind, vfork_and_exec_leave_the_memory_whole)
{
	pid_t pid = vfork();

	if (!pid) {
		execl("/bin/true", "true", NULL);
		_exit(1);
	}
	ASSERT_LT(0, pid);
	ASSERT_EQ(pid, waitpid(pid, NULL, 0));
	EXPECT_AS_BEFORE();
}

TEST_F(behind, process_madvise_changes_nothing)
{
	struct iovec range = { self->base, 8 * HUGE };
	int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);

	ASSERT_LE(0, pidfd);
	syscall(SYS_process_madvise, pidfd, &range, 1, MADV_COLD, 0);
	syscall(SYS_process_madvise, pidfd, &range, 1, MADV_PAGEOUT, 0);
	syscall(SYS_process_madvise, pidfd, &range, 1, MADV_COLLAPSE, 0);
	EXPECT_AS_BEFORE();
	close(pidfd);
}

TEST_F(behind, mbind_and_mlockall_change_nothing)
{
	unsigned long nodes = 1;

	syscall(SYS_mbind, SECOND, RAW_PAGE, MPOL_BIND, &nodes, 8, MPOL_MF_MOVE);
	EXPECT_AS_BEFORE();
	syscall(SYS_mbind, SECOND, RAW_PAGE, MPOL_DEFAULT, NULL, 0, 0);
	mlockall(MCL_CURRENT);
	EXPECT_AS_BEFORE();
	munlockall();
	EXPECT_AS_BEFORE();
}

/* System calls obey the states and consume guards without an exception (SPEC GP-5). */
TEST_F(behind, read_and_write_obey_the_states)
{
	char *third = FIRST + 2 * RAW_PAGE;
	int ends[2];

	ASSERT_EQ(0, pipe(ends));
	ASSERT_EQ(0u, raw_protect(self->device, third, RAW_PAGE, PAGE_READWRITE | PAGE_GUARD));
	EXPECT_EQ(1, write(ends[1], FIRST, 1));
	EXPECT_EQ(1, read(ends[0], FIRST + 1, 1));
	EXPECT_EQ(0x11, peek(FIRST + 1));
	EXPECT_EQ(-1, write(ends[1], self->base, 1));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(1, write(ends[1], SECOND, 1));
	EXPECT_EQ(-1, read(ends[0], SECOND, 1));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(0x22, peek(SECOND));
	EXPECT_EQ(-1, write(ends[1], third, 1));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ((uint32_t)PAGE_READWRITE, raw_protection(self->device, third));
	EXPECT_EQ(1, write(ends[1], third, 1));
}

TEST_F(behind, process_vm_calls_and_proc_mem_obey_the_states)
{
	char value = 0x33, seen = 0;
	struct iovec here = { &value, 1 }, there = { SECOND, 1 };
	int mem = open("/proc/self/mem", O_RDWR);

	ASSERT_LE(0, mem);
	EXPECT_EQ(-1, process_vm_writev(getpid(), &here, 1, &there, 1, 0));
	EXPECT_EQ(-1, pwrite(mem, &value, 1, (off_t)(uintptr_t)SECOND));
	EXPECT_EQ(-1, pread(mem, &seen, 1, (off_t)(uintptr_t)self->base));
	EXPECT_EQ(1, pread(mem, &seen, 1, (off_t)(uintptr_t)SECOND));
	EXPECT_EQ(0x22, seen);
	there.iov_base = FIRST;
	value = 0x11;
	EXPECT_EQ(1, process_vm_writev(getpid(), &here, 1, &there, 1, 0));
	EXPECT_AS_BEFORE();
	close(mem);
}

/* The file behind the arena gives its pages to nobody, not even to root. */
TEST_F(behind, map_files_do_not_bypass_the_states)
{
	unsigned long start = 0, end = 0;
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512], path[64];
	int file;

	ASSERT_NE(NULL, maps);
	while (fgets(line, sizeof(line), maps) && sscanf(line, "%lx-%lx", &start, &end) == 2)
		if (start <= (uintptr_t)FIRST && (uintptr_t)FIRST < end)
			break;
	fclose(maps);
	snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx", start, end);
	file = open(path, O_RDWR | O_CLOEXEC);
	if (file < 0)
		return;
	ASSERT_EQ(0u, raw_lock(self->device, FIRST, RAW_PAGE));
	EXPECT_NE(0, ftruncate(file, 0));
	EXPECT_NE(0, fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			       ((off_t)(uintptr_t)FIRST) + 0x1000, RAW_PAGE));
	peek(FIRST);
	EXPECT_EQ(0u, raw_unlock(self->device, FIRST, RAW_PAGE));
	close(file);
	EXPECT_AS_BEFORE();
}

TEST_F(behind, userfaultfd_cannot_take_the_faults)
{
	struct { uint64_t api, features, ioctls; } api = { 0xaa, 0, 0 };
	struct { uint64_t start, bytes, mode, ioctls; } wanted = {
		(uintptr_t)self->base, 8 * HUGE, 1, 0 };
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);

	if (fd < 0)
		SKIP(return, "no userfaultfd on this kernel");
	ASSERT_EQ(0, ioctl(fd, _IOWR(0xaa, 0x3f, api), &api));
	EXPECT_EQ(-1, ioctl(fd, _IOWR(0xaa, 0, wanted), &wanted));
	EXPECT_AS_BEFORE();
	close(fd);
}

/*
 * Linux 6.7 and later let userfaultfd write-protect any mapping. When it gives
 * the right to write back, it asks no hook, and goes by dirty page table entries.
 */
TEST_F(behind, userfaultfd_gives_no_right_to_write)
{
	struct { uint64_t api, features, ioctls; } api = { 0xaa, UINT64_C(1) << 15, 0 };
	struct { uint64_t start, bytes, mode, ioctls; } wanted = {
		(uintptr_t)self->base, 8 * HUGE, 2, 0 };
	struct { uint64_t start, bytes, mode; } protect = { (uintptr_t)self->base, 8 * HUGE, 1 },
		give_back = { (uintptr_t)self->base, 8 * HUGE, 0 };
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);

	if (fd < 0 || ioctl(fd, _IOWR(0xaa, 0x3f, api), &api))
		SKIP(return, "no asynchronous userfaultfd on this kernel");
	ASSERT_EQ(0, ioctl(fd, _IOWR(0xaa, 0, wanted), &wanted));
	ASSERT_EQ(0, ioctl(fd, _IOWR(0xaa, 6, protect), &protect));
	EXPECT_AS_BEFORE();
	ASSERT_EQ(0, ioctl(fd, _IOWR(0xaa, 6, protect), &protect));
	ASSERT_EQ(0u, raw_protect(self->device, FIRST, RAW_PAGE, PAGE_READONLY));
	ASSERT_EQ(0, ioctl(fd, _IOWR(0xaa, 6, give_back), &give_back));
	EXPECT_FALSE(poke(FIRST, 0x44));
	ASSERT_EQ(0u, raw_protect(self->device, FIRST, RAW_PAGE, PAGE_READWRITE));
	EXPECT_AS_BEFORE();
	close(fd);
	EXPECT_AS_BEFORE();
}

TEST_HARNESS_MAIN
