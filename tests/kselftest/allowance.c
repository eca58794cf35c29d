// SPDX-License-Identifier: GPL-2.0
/*
 * Memory cgroups: what their processes have committed together is no more than
 * they can hold, so that commit is refused with 1455 and nobody is killed
 * (SPEC CC-1, VA-52, VA-53).
 */
#include <sys/mman.h>

#include "child.h"
#include "device.h"
#include "group.h"

#define MB     ((SIZE_T)1 << 20)
#define LIMIT  (64 * MB)
/* 4 MB and a sixteenth are left for what is not committed. */
#define HELD   (LIMIT - LIMIT / 16 - 4 * MB)
#define HELPERS 4
#define LOOKS   300

/* What helpers share with the test. */
struct board {
	SIZE_T bytes[HELPERS]; /* that each has got */
	DWORD error[HELPERS];
	int done;
	int stop;
};

FIXTURE(allowance)
{
	long kills;
	struct board *board;
	pid_t helpers[HELPERS];
};

FIXTURE_SETUP(allowance)
{
	self->kills = proc_value("/proc/vmstat", "oom_kill");
	self->board = mmap(NULL, sizeof(*self->board), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->board);
	if (!group_join(LIMIT))
		SKIP(return, "no memory cgroups (version 2) on this machine");
	group_limit_swap(0);
}

FIXTURE_TEARDOWN(allowance)
{
	EXPECT_EQ(self->kills, proc_value("/proc/vmstat", "oom_kill"));
	EXPECT_TRUE(group_leave());
	munmap(self->board, sizeof(*self->board));
}

/* Commits until it is refused: how much that was. */
static SIZE_T commit_all(SIZE_T step, char **base)
{
	SIZE_T offset = 0;

	*base = reserve(4 * LIMIT);
	while (*base && offset < 4 * LIMIT && commit_at(*base + offset, step, PAGE_READWRITE))
		offset += step;
	return offset;
}

TEST_F(allowance, CC_1_refused_at_what_the_group_can_hold)
{
	SIZE_T before = counters().commit_bytes, peak = counters().peak_commit_bytes, got;
	char *base;

	EXPECT_FAILS(1455, commit(LIMIT));
	EXPECT_EQ(before, counters().commit_bytes);
	EXPECT_EQ(peak, counters().peak_commit_bytes);
	got = commit_all(PAGE, &base);
	EXPECT_EQ(1455u, GetLastError());
	EXPECT_EQ(HELD, got + before);
	EXPECT_EQ(HELD, counters().peak_commit_bytes);
	memset(base, 1, got);
	ASSERT_TRUE(decommit(base, PAGE));
	EXPECT_TRUE(commit_at(base, PAGE, PAGE_READWRITE));
	EXPECT_FAILS(1455, commit(PAGE));
	EXPECT_WORKS(VirtualFree(base, 0, MEM_RELEASE));
}

TEST_F(allowance, CC_1_a_limit_of_a_group_above)
{
	char pid[32];
	char *base;

	ASSERT_TRUE(proc_write(GROUP "/memory.max", "max"));
	ASSERT_TRUE(group_leave());
	ASSERT_TRUE(proc_write(GROUP "/cgroup.subtree_control", "+memory"));
	ASSERT_TRUE(!mkdir(GROUP "/below", 0755) || errno == EEXIST);
	snprintf(pid, sizeof(pid), "%d", getpid());
	ASSERT_TRUE(proc_write(GROUP "/below/cgroup.procs", pid));
	ASSERT_NE(NULL, base = commit(LIMIT));
	EXPECT_WORKS(VirtualFree(base, 0, MEM_RELEASE));
	/* One that is set later is seen, too, after what the allowance is ahead. */
	ASSERT_TRUE(proc_write(GROUP "/memory.max", "67108864"));
	EXPECT_FAILS(1455, commit(2 * LIMIT));
	ASSERT_TRUE(group_leave());
	EXPECT_EQ(0, rmdir(GROUP "/below"));
	EXPECT_TRUE(proc_write(GROUP "/cgroup.subtree_control", "-memory"));
	EXPECT_WORKS(base = commit(2 * LIMIT));
	EXPECT_WORKS(VirtualFree(base, 0, MEM_RELEASE));
}

/* What a process has and does not use, it does not keep from others. */
static int get_all(void *argument)
{
	struct board *board = argument;
	char *base;

	board->bytes[0] = commit_all(PAGE, &base);
	board->error[0] = GetLastError();
	memset(base, 1, board->bytes[0]);
	return 0;
}

TEST_F(allowance, CC_1_what_others_do_not_use)
{
	char *base = commit(HELD - MB);

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(decommit(base, HELD - 2 * MB));
	EXPECT_EQ(0, child_run(get_all, self->board));
	EXPECT_EQ(1455u, self->board->error[0]);
	EXPECT_EQ(HELD, self->board->bytes[0] + counters().commit_bytes);
	EXPECT_FAILS(1455, commit(HELD));
	EXPECT_TRUE(commit_at(base, HELD - 2 * MB, PAGE_READWRITE));
	EXPECT_WORKS(VirtualFree(base, 0, MEM_RELEASE));
}

/* Commits and decommits, most of the time at the limit. */
static void contend(struct board *board, int number)
{
	char *base = reserve(LIMIT);
	SIZE_T at = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	__atomic_add_fetch(&board->done, 1, __ATOMIC_SEQ_CST);
	for (unsigned int i = 0; base && !__atomic_load_n(&board->stop, __ATOMIC_RELAXED); i++) {
		SIZE_T bytes = PAGE * (1 + i % 300);

		if (at + bytes <= LIMIT && commit_at(base + at, bytes, PAGE_READWRITE)) {
			at += bytes;
		} else if (GetLastError() != 1455 && at + bytes <= LIMIT) {
			board->error[number] = GetLastError();
			break;
		} else if (at) {
			SIZE_T back = at > 100 * PAGE ? 100 * PAGE : at;

			at -= back;
			decommit(base + at, back);
		}
		__atomic_store_n(&board->bytes[number], at, __ATOMIC_SEQ_CST);
	}
	_exit(base ? 0 : 1);
}

TEST_F(allowance, CC_1_contended_and_never_passed)
{
	SIZE_T start = counters().system_commit_bytes - counters().commit_bytes, most = 0;
	int status;

	for (int i = 0; i < HELPERS; i++) {
		self->helpers[i] = fork();
		if (!self->helpers[i])
			contend(self->board, i);
		ASSERT_LT(0, self->helpers[i]);
	}
	while (__atomic_load_n(&self->board->done, __ATOMIC_SEQ_CST) < HELPERS)
		usleep(10000);
	for (int i = 0; i < LOOKS; i++) {
		SIZE_T now = counters().system_commit_bytes - start;

		most = now > most ? now : most;
		EXPECT_GE(HELD, now);
		usleep(1000);
	}
	__atomic_store_n(&self->board->stop, 1, __ATOMIC_SEQ_CST);
	for (int i = 0; i < HELPERS; i++) {
		ASSERT_EQ(self->helpers[i], waitpid(self->helpers[i], &status, 0));
		EXPECT_EQ(0, status);
		EXPECT_EQ(0u, self->board->error[i]);
	}
	EXPECT_LT(HELD - 4 * MB, most); /* it came near */
	EXPECT_EQ(start, counters().system_commit_bytes - counters().commit_bytes);
}

/* Two at once get all there is, and touch it. */
static void keep_promise(struct board *board, int number)
{
	char *base;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	board->bytes[number] = commit_all(16 * PAGE, &base);
	board->error[number] = GetLastError();
	for (SIZE_T offset = 0; offset < board->bytes[number]; offset += PAGE)
		base[offset] = (char)(offset >> 12 | 1);
	__atomic_add_fetch(&board->done, 1, __ATOMIC_SEQ_CST);
	while (!__atomic_load_n(&board->stop, __ATOMIC_SEQ_CST))
		usleep(1000);
	for (SIZE_T offset = 0; offset < board->bytes[number]; offset += PAGE)
		if (base[offset] != (char)(offset >> 12 | 1))
			_exit(2);
	_exit(0);
}

TEST_F(allowance, VA_53_what_was_granted_can_be_touched)
{
	int status;

	for (int i = 0; i < 2; i++) {
		self->helpers[i] = fork();
		if (!self->helpers[i])
			keep_promise(self->board, i);
		ASSERT_LT(0, self->helpers[i]);
	}
	for (int tries = 0; tries < 2000; tries++) {
		if (__atomic_load_n(&self->board->done, __ATOMIC_SEQ_CST) == 2)
			break;
		usleep(20000);
	}
	EXPECT_EQ(2, self->board->done);
	self->board->stop = 1;
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(self->helpers[i], waitpid(self->helpers[i], &status, 0));
		EXPECT_EQ(0, status);
		EXPECT_EQ(1455u, self->board->error[i]);
	}
	EXPECT_GE(HELD, self->board->bytes[0] + self->board->bytes[1]);
	EXPECT_LT(HELD - 4 * MB, self->board->bytes[0] + self->board->bytes[1]);
}

/* All of a larger one: touched, too, and nobody is killed. */
TEST_F(allowance, CC_1_a_group_of_256_MB)
{
	SIZE_T before = counters().commit_bytes, limit = 256 * MB, got = 0;
	char *base = reserve(2 * limit);

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(proc_write(GROUP "/memory.max", "268435456"));
	while (got < 2 * limit && commit_at(base + got, 4 * PAGE, PAGE_READWRITE))
		got += 4 * PAGE;
	EXPECT_EQ(1455u, GetLastError());
	EXPECT_LT(limit - limit / 16 - 4 * MB - 4 * PAGE, got + before);
	EXPECT_GE(limit - limit / 16 - 4 * MB, got + before);
	for (SIZE_T at = 0; at < got; at += PAGE)
		base[at] = 1;
	EXPECT_WORKS(VirtualFree(base, 0, MEM_RELEASE));
}

TEST_HARNESS_MAIN
