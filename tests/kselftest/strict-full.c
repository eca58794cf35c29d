// SPDX-License-Identifier: GPL-2.0
/*
 * Where Linux does not overcommit, commit is a promise: two programs commit until
 * that is refused with 1455, and touch all that they were granted while nothing
 * else is free; nobody is killed (SPEC CC-1, VA-53). In a small machine, for it
 * takes all of it: boot with --mem 512M.
 */
#include <sys/mman.h>

#include "child.h"
#include "device.h"
#include "proc.h"
#include "swap.h"

#define SMALL_KB (700 * 1024)
#define SWAP_MB	 128
#define PROGRAMS 2
#define STEP	 (16 * PAGE)
#define SPACE	 ((SIZE_T)1 << 30)
#define TIMEOUT	 900

/* What the programs share with the test, and how far they are. */
struct board {
	SIZE_T bytes[PROGRAMS]; /* granted */
	DWORD error[PROGRAMS]; /* of the commit that was refused */
	SIZE_T wrong[PROGRAMS];
	int full;
	int refused;
	int touched;
	int looked;
};

FIXTURE(strict)
{
	struct board *board;
	pid_t program[PROGRAMS];
	pid_t hog;
	long kills;
	long mode;
};

FIXTURE_SETUP(strict)
{
	char limit[32];
	long all;

	if (proc_meminfo_kb("MemTotal:") > SMALL_KB)
		SKIP(return, "needs a machine of 512 MB: tests/vm/run --mem 512M");
	if (!swap_begin(SWAP_MB))
		SKIP(return, "no zram on this kernel");
	self->board = mmap(NULL, sizeof(*self->board), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->board);
	self->kills = proc_value("/proc/vmstat", "oom_kill");
	self->mode = proc_value("/proc/sys/vm/overcommit_memory", "");
	/* Nine tenths of memory and swap. The swap counts beside what is written here. */
	all = proc_meminfo_kb("MemTotal:") + proc_meminfo_kb("SwapTotal:");
	snprintf(limit, sizeof(limit), "%ld", all * 9 / 10 - proc_meminfo_kb("SwapTotal:"));
	ASSERT_TRUE(proc_write("/proc/sys/vm/overcommit_kbytes", limit));
	ASSERT_TRUE(proc_write("/proc/sys/vm/overcommit_memory", "2"));
	EXPECT_LE(all * 9 / 10 - 8, proc_meminfo_kb("CommitLimit:"));
}

FIXTURE_TEARDOWN(strict)
{
	if (!self->board)
		return;
	for (int i = 0; i < PROGRAMS; i++)
		if (self->program[i] > 0)
			kill(self->program[i], SIGKILL);
	EXPECT_TRUE(proc_write("/proc/sys/vm/overcommit_memory", "0"));
	EXPECT_TRUE(proc_write("/proc/sys/vm/overcommit_ratio", "50"));
	EXPECT_EQ(0, self->mode);
	munmap(self->board, sizeof(*self->board));
	EXPECT_TRUE(swap_end());
}

static void wait_for(const int *count, int wanted)
{
	while (__atomic_load_n(count, __ATOMIC_SEQ_CST) < wanted)
		usleep(1000);
}

static void come_to(int *count)
{
	__atomic_add_fetch(count, 1, __ATOMIC_SEQ_CST);
	wait_for(count, PROGRAMS);
}

/* Another in each page, so that none is another's; and little to keep in swap. */
static void fill(char *page, uint64_t number)
{
	uint64_t *words = (uint64_t *)(void *)page;

	for (SIZE_T i = 0; i < PAGE / sizeof(*words); i++)
		words[i] = number;
}

static bool filled(const char *page, uint64_t number)
{
	const uint64_t *words = (const uint64_t *)(const void *)page;

	return words[0] == number && words[PAGE / sizeof(*words) - 1] == number;
}

static _Noreturn void rely_on_it(struct board *board, int number)
{
	char *base = reserve(SPACE);
	SIZE_T bytes = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!base)
		_exit(1);
	while (bytes < SPACE && commit_at(base + bytes, STEP, PAGE_READWRITE))
		bytes += STEP;
	board->error[number] = GetLastError();
	board->bytes[number] = bytes;
	come_to(&board->refused);
	for (SIZE_T at = 0; at < bytes; at += PAGE)
		fill(base + at, at + (SIZE_T)number + 1);
	come_to(&board->touched);
	for (SIZE_T at = 0; at < bytes; at += PAGE)
		board->wrong[number] += !filled(base + at, at + (SIZE_T)number + 1);
	come_to(&board->looked);
	_exit(0);
}

/* Memory of Linux's own, in use. Return: when all of it is. */
static pid_t fill_machine(SIZE_T bytes, struct board *board)
{
	pid_t pid = fork();
	char *base;

	if (pid) {
		wait_for(&board->full, 1);
		return pid;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	base = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (SIZE_T at = 0; base != MAP_FAILED && at < bytes; at += PAGE)
		fill(base + at, at + 77);
	__atomic_store_n(&board->full, 1, __ATOMIC_SEQ_CST);
	if (base == MAP_FAILED)
		_exit(1);
	for (;;)
		pause();
}

TEST_F_TIMEOUT(strict, VA_53_two_programs_use_all_they_were_granted, TIMEOUT)
{
	SIZE_T third = (SIZE_T)proc_meminfo_kb("CommitLimit:") / 3 * 1024, most;
	int status;

	if (!self->board)
		return;
	self->hog = fill_machine(third, self->board);
	ASSERT_LT(0, self->hog);
	for (int i = 0; i < PROGRAMS; i++) {
		self->program[i] = fork();
		if (!self->program[i])
			rely_on_it(self->board, i);
		ASSERT_LT(0, self->program[i]);
	}
	for (int i = 0; i < PROGRAMS; i++) {
		ASSERT_EQ(self->program[i], waitpid(self->program[i], &status, 0));
		self->program[i] = 0;
		EXPECT_EQ(0, status);
		EXPECT_EQ(1455u, self->board->error[i]);
		EXPECT_EQ(0u, self->board->wrong[i]);
	}
	EXPECT_EQ(0, waitpid(self->hog, &status, WNOHANG));
	kill(self->hog, SIGKILL);
	waitpid(self->hog, NULL, 0);
	EXPECT_EQ(self->kills, proc_value("/proc/vmstat", "oom_kill"));
	most = self->board->bytes[0] + self->board->bytes[1];
	TH_LOG("%zu and %zu MB were granted beside %zu MB", self->board->bytes[0] >> 20,
	       self->board->bytes[1] >> 20, third >> 20);
	EXPECT_LT(third, most); /* about two thirds */
}

TEST_HARNESS_MAIN
