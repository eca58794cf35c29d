// SPDX-License-Identifier: GPL-2.0
/*
 * What the netlink group "guard" is told: guard pages that were touched, and stacks
 * that ended. Nothing of that when nobody listens, and never more than a part of
 * the queue.
 */
#include "child.h"
#include "device.h"
#include "genl-group.h"
#include "inject.h"
#include "proc.h"
#include "stack.h"

/* As many as the environment wants events; a hit is an exception, too. */
#define HITS ((int)proc_rounds("EVENTS", 5000))

#define EXPECT_TOLD_OF(address, what)                                                        \
	do {                                                                                 \
		struct genl_told told_ = genl_hear(&self->genl);                             \
		EXPECT_EQ(WINVM_NL_CMD_GUARD, told_.command);                                \
		EXPECT_EQ((uint64_t)getpid(), told_.number[WINVM_NL_A_PID]);                 \
		EXPECT_EQ((uint64_t)(what), told_.number[WINVM_NL_A_GUARD]);                 \
		EXPECT_EQ((uint64_t)(uintptr_t)(address), told_.number[WINVM_NL_A_ADDRESS]); \
		EXPECT_STREQ("guard-events", told_.comm);                                    \
	} while (0)

FIXTURE(guard)
{
	struct genl genl;
	char *base;
};

FIXTURE_SETUP(guard)
{
	self->base = commit(16 * PAGE);
	ASSERT_NE(NULL, self->base);
	ASSERT_TRUE(protect(self->base, PAGE, PAGE_READWRITE | PAGE_GUARD));
	self->genl = genl_listen(WINVM_NL_GROUP_GUARD, 8 << 20);
	ASSERT_LE(0, self->genl.fd);
}

FIXTURE_TEARDOWN(guard)
{
	close(self->genl.fd);
}

/* Does nothing more come? Passes over what does. */
static bool quiet(struct genl *genl)
{
	struct timeval soon = { .tv_usec = 100000 }, patience = { .tv_sec = 30 };
	bool was = true;

	setsockopt(genl->fd, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon));
	while (genl_hear(genl).command)
		was = false;
	setsockopt(genl->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return was;
}

TEST_F(guard, a_guard_page_is_told_once)
{
	EXPECT_GUARD_WRITE(self->base + 0x123);
	EXPECT_TOLD_OF(self->base + 0x123, WINVM_NL_GUARD_PAGE);
	EXPECT_WRITES(self->base + 0x123, 1);
	EXPECT_TRUE(protect(self->base, PAGE, PAGE_NOACCESS));
	EXPECT_VIOLATION_READ(self->base);
	EXPECT_TRUE(quiet(&self->genl));
}

TEST_F(guard, with_what_its_process_holds)
{
	struct winvm_counters now = counters();
	struct genl_told told;

	EXPECT_GUARD_READ(self->base);
	told = genl_hear(&self->genl);
	EXPECT_EQ(now.commit_bytes, told.number[WINVM_NL_A_COMMIT_BYTES]);
	EXPECT_EQ(now.virtual_bytes, told.number[WINVM_NL_A_VIRTUAL_BYTES]);
	EXPECT_EQ(0u, told.number[WINVM_NL_A_UID]);
	EXPECT_NE(0u, told.number[WINVM_NL_A_PROCESS_ID]);
	EXPECT_NE(0u, told.number[WINVM_NL_A_TIME]);
}

TEST_F(guard, GP_1_an_instruction_in_one)
{
	EXPECT_TRUE(protect(self->base, PAGE, PAGE_READWRITE | PAGE_GUARD));
	EXPECT_GUARD_EXECUTE(self->base);
	EXPECT_TOLD_OF(self->base, WINVM_NL_GUARD_PAGE);
	EXPECT_TRUE(quiet(&self->genl));
}

/* However often the call tried. */
TEST_F(guard, GP_5_a_system_call)
{
	EXPECT_EQ(-1, read(full_pipe(2 * PAGE), self->base + PAGE - 8, 1));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_TOLD_OF(self->base + PAGE - 8, WINVM_NL_GUARD_PAGE);
	EXPECT_TRUE(quiet(&self->genl));
}

static void overflow(struct __test_metadata *_metadata)
{
	char *last = lowest() + RUN;

	EXPECT_GROWS_TO(last + PAGE);
	EXPECT_EXCEPTION(RECORD_OVERFLOW, 1, last + 8, probe_write((uintptr_t)last + 8, 1));
}

/* A stack that grows is nobody's business; its end is. */
TEST_F(guard, ST_10_the_end_of_a_stack)
{
	struct genl_told told;

	run_in_stack(_metadata, overflow);
	told = genl_hear(&self->genl);
	EXPECT_EQ(WINVM_NL_CMD_GUARD, told.command);
	EXPECT_EQ(WINVM_NL_GUARD_STACK, told.number[WINVM_NL_A_GUARD]);
	EXPECT_EQ(8u, told.number[WINVM_NL_A_ADDRESS] % PAGE);
	EXPECT_TRUE(quiet(&self->genl));
}

/* Another process reads it: it is told of whose page it is. */
TEST_F(guard, somebody_else_touches_it)
{
	char copy[8];
	SIZE_T done;
	int status;
	pid_t parent = getpid(), pid = fork();

	if (!pid) {
		HANDLE process = OpenProcess(PROCESS_ALL_ACCESS, FALSE, (DWORD)parent);

		_exit(process && !ReadProcessMemory(process, self->base, copy, 8, &done) ? 0 : 1);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	if (region_at(self->base).Protect & PAGE_GUARD) {
		EXPECT_TRUE(quiet(&self->genl));
	} else {
		EXPECT_TOLD_OF(self->base, WINVM_NL_GUARD_PAGE);
	}
}

static int come_and_go(void *unused)
{
	(void)unused;
	return device_open() < 0;
}

/* Then it is no event, and takes no number. */
TEST_F(guard, nobody_listens)
{
	struct genl genl = genl_listen(WINVM_NL_GROUP_PROCESS, 1 << 20);
	struct genl_told went, came;

	close(self->genl.fd);
	self->genl.fd = -1;
	quiet(&genl); /* our own coming */
	EXPECT_EQ(0, in_child(come_and_go, NULL));
	EXPECT_EQ(WINVM_NL_CMD_ATTACH, genl_hear(&genl).command);
	went = genl_hear(&genl);
	EXPECT_EQ(WINVM_NL_CMD_EXIT, went.command);
	EXPECT_GUARD_WRITE(self->base);
	EXPECT_EQ(0, in_child(come_and_go, NULL));
	came = genl_hear(&genl);
	EXPECT_EQ(WINVM_NL_CMD_ATTACH, came.command);
	EXPECT_EQ(went.number[WINVM_NL_A_NUMBER] + 1, came.number[WINVM_NL_A_NUMBER]);
	close(genl.fd);
}

static int may_join(void *unused)
{
	struct genl genl = genl_open();

	(void)unused;
	if (setgid(1000) || setuid(1000))
		return 100;
	return -genl_join(&genl, WINVM_NL_GROUP_GUARD);
}

TEST_F(guard, users_may_not_listen)
{
	EXPECT_EQ(EPERM, child_run(may_join, NULL));
}

/* Hits without end: what is not told is counted, and other news have room. */
TEST_F(guard, a_storm_of_hits)
{
	struct genl genl = genl_listen(WINVM_NL_GROUP_PROCESS, 1 << 20);
	int much = 32 << 20, hits = HITS;
	uint64_t first = 0, last = 0, heard = 0, lost_first = 0, lost = 0;
	struct genl_told told;

	quiet(&genl);
	ASSERT_EQ(0, setsockopt(self->genl.fd, SOL_SOCKET, SO_RCVBUFFORCE, &much, sizeof(much)));
	for (int i = 0; i < hits; i++) {
		protect(self->base, PAGE, PAGE_READWRITE | PAGE_GUARD);
		EXPECT_GUARD_WRITE(self->base);
	}
	EXPECT_EQ(0, in_child(come_and_go, NULL));
	EXPECT_EQ(WINVM_NL_CMD_ATTACH, genl_hear(&genl).command);
	ASSERT_TRUE(protect(self->base, PAGE, PAGE_READWRITE | PAGE_GUARD));
	EXPECT_GUARD_WRITE(self->base + 7);
	do {
		told = genl_hear(&self->genl);
		ASSERT_EQ(WINVM_NL_CMD_GUARD, told.command);
		if (!heard++) {
			first = told.number[WINVM_NL_A_NUMBER];
			lost_first = told.number[WINVM_NL_A_LOST];
		}
		last = told.number[WINVM_NL_A_NUMBER];
		lost = told.number[WINVM_NL_A_LOST] - lost_first;
	} while (told.number[WINVM_NL_A_ADDRESS] != (uintptr_t)self->base + 7);
	TH_LOG("%lu heard, %lu lost", heard, lost);
	EXPECT_EQ((uint64_t)hits + 1, heard + lost);
	EXPECT_LE(heard + lost, last - first + 1); /* processes came and went, too */
	close(genl.fd);
}

/* A hit that there is no memory to tell of is missing in the numbers, and counted. */
TEST_F(guard, a_hit_without_memory_is_counted)
{
	uint64_t lost_before, lost, hits = 0, heard = 0;
	struct genl_told told;
	bool delivered = true;
	int ends[2];

	if (!faults_can_be_injected())
		SKIP(return, "this kernel injects no faults: tests/vm/run --kernel debug");
	ASSERT_EQ(0, pipe(ends));
	EXPECT_GUARD_WRITE(self->base);
	lost_before = genl_hear(&self->genl).number[WINVM_NL_A_LOST];
	for (unsigned int nth = 1; delivered && nth < 100; nth++) {
		ASSERT_TRUE(protect(self->base, PAGE, PAGE_READWRITE | PAGE_GUARD));
		arm(nth);
		EXPECT_EQ(-1, write(ends[1], self->base, 1));
		delivered = disarm();
		hits += !(region_at(self->base).Protect & PAGE_GUARD);
	}
	EXPECT_FALSE(delivered);
	ASSERT_TRUE(protect(self->base, PAGE, PAGE_READWRITE | PAGE_GUARD));
	EXPECT_GUARD_WRITE(self->base + 7);
	do {
		told = genl_hear(&self->genl);
		ASSERT_EQ(WINVM_NL_CMD_GUARD, told.command);
		heard++;
	} while (told.number[WINVM_NL_A_ADDRESS] != (uintptr_t)self->base + 7);
	lost = told.number[WINVM_NL_A_LOST] - lost_before;
	EXPECT_LT(0u, lost);
	EXPECT_EQ(hits + 1, heard + lost);
	close(ends[0]);
	close(ends[1]);
}

VM_TEST_MAIN
