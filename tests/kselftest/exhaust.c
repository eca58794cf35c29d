// SPDX-License-Identifier: GPL-2.0
/*
 * Calls without end get an error code, never the OOM killer (SPEC VA-19, VA-53,
 * CC-1). What takes long in a large machine asks for a small one: boot with
 * --mem 512M.
 */
#include <sys/mman.h>

#include "child.h"
#include "proc.h"
#include "raw.h"
#include "touch.h"

#define SMALL_KB (700 * 1024)
#define TIMEOUT 1500

#define SMALL_MACHINE_ONLY()                                                                    \
	do {                                                                                    \
		if (proc_meminfo_kb("MemTotal:") > SMALL_KB)                                    \
			SKIP(return, "needs a machine of 512 MB: tests/vm/run --mem 512M");     \
	} while (0)

FIXTURE(exhaust)
{
	int device;
	long oom_kills;
};

FIXTURE_SETUP(exhaust)
{
	self->device = raw_open();
	ASSERT_LE(0, self->device);
	self->oom_kills = proc_value("/proc/vmstat", "oom_kill");
}

FIXTURE_TEARDOWN(exhaust)
{
	EXPECT_EQ(self->oom_kills, proc_value("/proc/vmstat", "oom_kill"));
	close(self->device);
}

/* Reserves until that is refused: with which status, and how often it was not. */
static uint32_t reserve_on(int device, unsigned long most, unsigned long *count)
{
	uint32_t status = 0;

	for (*count = 0; *count < most && !status; *count += !status) {
		void *base = NULL;

		status = raw_allocate(device, &base, RAW_GRANULARITY, MEM_RESERVE, PAGE_READWRITE);
	}
	return status;
}

TEST_F_TIMEOUT(exhaust, a_hundred_million_reservations_end_in_1816, TIMEOUT)
{
	unsigned long count;
	char *first;

	SMALL_MACHINE_ONLY();
	first = raw_committed(self->device, RAW_PAGE);
	ASSERT_NE(NULL, first);
	EXPECT_EQ(NT_QUOTA_EXCEEDED, reserve_on(self->device, 100000000, &count));
	TH_LOG("%lu reservations", count);
	EXPECT_LT(100000u, count);
	EXPECT_EQ(count + 1, raw_counters(self->device).vads);
	/* Life goes on, and giving back makes room. */
	EXPECT_TRUE(poke(first, 1));
	EXPECT_EQ(0u, raw_release(self->device, first));
	EXPECT_NE(NULL, raw_reserve(self->device, RAW_PAGE));
	raw_release_everything(self->device);
	EXPECT_EQ(0u, raw_counters(self->device).vads);
}

/* One page here and there costs a node of page states each time. */
TEST_F_TIMEOUT(exhaust, scattered_commits_end_in_an_error, TIMEOUT)
{
	size_t step = 16 * RAW_MB, bytes = (size_t)16384 * RAW_GB / 4;
	char *base;
	uint32_t status = 0;
	size_t at;

	SMALL_MACHINE_ONLY();
	base = raw_reserve(self->device, bytes);
	ASSERT_NE(NULL, base);
	for (at = 0; at < bytes && !status; at += step)
		status = raw_commit(self->device, base + at, 1, PAGE_READWRITE);
	EXPECT_EQ(NT_QUOTA_EXCEEDED, status);
	EXPECT_LT(1000 * step, at);
	EXPECT_TRUE(poke(base, 1));
	/* What gives memory back is never refused for want of it. */
	EXPECT_EQ(0u, raw_decommit(self->device, base, 64 * step));
	EXPECT_EQ(0u, raw_commit(self->device, base, 1, PAGE_READWRITE));
	EXPECT_EQ(0u, raw_release(self->device, base));
	EXPECT_GT(256 * 1024u, raw_counters(self->device).bookkeeping_bytes);
}

TEST_F_TIMEOUT(exhaust, alternating_protections_without_end, TIMEOUT)
{
	size_t bytes = 256 * RAW_MB;
	char *base = raw_committed(self->device, bytes);
	uint64_t books;

	ASSERT_NE(NULL, base);
	for (int round = 0; round < 3; round++)
		for (size_t at = 0; at < bytes; at += 2 * RAW_PAGE)
			ASSERT_EQ(0u, raw_protect(self->device, base + at, 1,
						  round & 1 ? PAGE_READWRITE : PAGE_READONLY));
	books = raw_counters(self->device).bookkeeping_bytes;
	EXPECT_GT(2 * bytes / RAW_PAGE + 64 * 1024, books);
	/* Leaves come and go; those on their way out must not pile up. */
	for (int round = 0; round < 2000; round++) {
		ASSERT_EQ(0u, raw_decommit(self->device, base, 16 * RAW_MB));
		ASSERT_EQ(0u, raw_commit(self->device, base, 16 * RAW_MB, PAGE_READWRITE));
		ASSERT_EQ(0u, raw_protect(self->device, base + RAW_PAGE, 1, PAGE_READONLY));
	}
	EXPECT_EQ(0u, raw_release(self->device, base));
}

static int reserve_as(void *uid)
{
	unsigned long count;
	int device;

	if (setgid(*(uid_t *)uid) || setuid(*(uid_t *)uid))
		return 100;
	device = raw_open();
	return reserve_on(device, 100000000, &count) == NT_QUOTA_EXCEEDED ? 0 : 1;
}

/* Ends with what has to be said, holding on to all it has. */
static pid_t hoard_as(uid_t uid, int *answers)
{
	pid_t pid = fork();
	int result;

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	result = reserve_as(&uid);
	if (write(*answers, &result, sizeof(result)) != sizeof(result))
		_exit(1);
	for (;;)
		pause();
}

/* Many users together stop at the system's limit. */
TEST_F_TIMEOUT(exhaust, hoarding_users_do_not_bring_the_machine_down, TIMEOUT)
{
	int answers[2], result;
	pid_t hoarders[4];

	SMALL_MACHINE_ONLY();
	ASSERT_EQ(0, pipe(answers));
	for (int i = 0; i < 4; i++)
		hoarders[i] = hoard_as(1000 + (uid_t)i, &answers[1]);
	for (int i = 0; i < 4; i++) {
		ASSERT_EQ((ssize_t)sizeof(result), read(answers[0], &result, sizeof(result)));
		EXPECT_EQ(0, result);
	}
	EXPECT_EQ(NULL, raw_reserve(self->device, RAW_PAGE));
	for (int i = 0; i < 4; i++) {
		kill(hoarders[i], SIGKILL);
		waitpid(hoarders[i], NULL, 0);
	}
	EXPECT_NE(NULL, raw_committed(self->device, RAW_PAGE));
}

/* Commit ends at RAM plus swap, for all processes together; reserving does not count. */
TEST_F(exhaust, commit_beyond_ram_and_swap_is_1455)
{
	uint64_t limit = raw_counters(self->device).system_commit_limit_bytes;
	char *all = raw_reserve(self->device, 2 * limit);

	ASSERT_NE(NULL, all);
	EXPECT_EQ((uint64_t)(proc_meminfo_kb("MemTotal:") + proc_meminfo_kb("SwapTotal:")) << 10,
		  limit);
	EXPECT_EQ(NT_COMMITMENT_LIMIT, raw_commit(self->device, all, limit + 1, PAGE_READWRITE));
	EXPECT_EQ(0u, raw_counters(self->device).commit_bytes);
	EXPECT_EQ(2 * limit, raw_region(self->device, all).bytes);
	ASSERT_EQ(0u, raw_commit(self->device, all, limit, PAGE_READWRITE));
	EXPECT_EQ(NT_COMMITMENT_LIMIT,
		  raw_commit(self->device, all + limit, 1, PAGE_READWRITE));
	EXPECT_EQ(NULL, raw_committed(self->device, 1));
	/* What is committed costs nothing a second time. */
	EXPECT_EQ(0u, raw_commit(self->device, all, limit, PAGE_READONLY));
	EXPECT_EQ(0u, raw_decommit(self->device, all, RAW_PAGE));
	EXPECT_EQ(0u, raw_commit(self->device, all + limit, 1, PAGE_READWRITE));
	EXPECT_EQ(limit, raw_counters(self->device).commit_bytes);
}

TEST_F(exhaust, failed_commit_leaves_no_books)
{
	uint64_t limit = raw_counters(self->device).system_commit_limit_bytes, before;
	char *base = raw_reserve(self->device, 64 * limit);

	ASSERT_NE(NULL, base);
	before = raw_counters(self->device).bookkeeping_bytes;
	for (size_t i = 0; i < 30; i++)
		EXPECT_EQ(NT_COMMITMENT_LIMIT,
			  raw_commit(self->device, base + i * limit + RAW_PAGE, limit + RAW_PAGE,
				     PAGE_READWRITE));
	EXPECT_EQ(before, raw_counters(self->device).bookkeeping_bytes);
	EXPECT_EQ(0u, raw_release(self->device, base));
}

static void exhaust_everything(int device)
{
	unsigned long count;

	for (;;) {
		reserve_on(device, 50000, &count);
		raw_release_everything(device);
		raw_committed(device, 32 * RAW_MB);
	}
}

/* Killed in the middle, everything is given back. */
TEST_F(exhaust, hoarders_killed_in_the_middle_leave_nothing)
{
	long shmem = proc_meminfo_kb("Shmem:");

	for (int i = 0; i < 10; i++) {
		pid_t pid = fork();

		if (!pid)
			exhaust_everything(raw_open());
		usleep(100000);
		kill(pid, SIGKILL);
		ASSERT_EQ(pid, waitpid(pid, NULL, 0));
	}
	EXPECT_GT(shmem + 1024, proc_shmem_settles(shmem + 512));
	EXPECT_EQ(0u, raw_counters(self->device).system_commit_bytes);
}

TEST_HARNESS_MAIN
