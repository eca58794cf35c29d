// SPDX-License-Identifier: GPL-2.0
/*
 * Who holds a descriptor of somebody else's memory: a forked child that changed
 * its uid, who got it through a socket, another program after exec, and who
 * still has it when the process is dead. None of them gains anything, and none
 * keeps memory alive.
 */
#include <sys/mman.h>
#include <sys/socket.h>

#include "child.h"
#include "device.h"
#include "proc.h"
#include "raw.h"
#include "touch.h"

#define SECRET 0x5e

struct holding {
	int device;
	char *base;
};

FIXTURE(holder)
{
	struct holding holding;
};

FIXTURE_SETUP(holder)
{
	self->holding.device = raw_open();
	ASSERT_LE(0, self->holding.device);
	self->holding.base = raw_committed(self->holding.device, 4 * RAW_PAGE);
	ASSERT_NE(NULL, self->holding.base);
	ASSERT_TRUE(poke(self->holding.base, SECRET));
}

FIXTURE_TEARDOWN(holder)
{
	close(self->holding.device);
}

static bool refused(uint32_t status)
{
	return status == RAW_NO_ANSWER && errno == EPERM;
}

/* Every call through a descriptor that is not ours: which one was let in? 0: none. */
static int try_everything(const struct holding *victim)
{
	struct winvm_hello hello = { .size = sizeof(hello) };
	struct winvm_counters counters = { .size = sizeof(counters) };
	struct winvm_region region;
	struct winvm_query query = { .size = sizeof(query), .buffer = (uintptr_t)&region,
				     .capacity = 1 };
	size_t bytes = 1;
	char byte;
	void *base = NULL;

	if (!refused(raw_allocate(victim->device, &base, 1, MEM_RESERVE, PAGE_READWRITE)))
		return 1;
	if (!refused(raw_commit(victim->device, victim->base, 1, PAGE_READWRITE)))
		return 2;
	if (!refused(raw_protect(victim->device, victim->base, 1, PAGE_READONLY)))
		return 3;
	if (!refused(raw_release(victim->device, victim->base)))
		return 4;
	if (!refused(raw_lock(victim->device, victim->base, 1)) ||
	    !refused(raw_unlock(victim->device, victim->base, 1)))
		return 5;
	if (!refused(raw_copy(victim->device, victim->base, &byte, &bytes, 0)) ||
	    !refused(raw_copy(victim->device, victim->base, &byte, &bytes, WINVM_COPY_WRITE)))
		return 6;
	if (ioctl(victim->device, WINVM_IOC_QUERY, &query) != -1 || errno != EPERM ||
	    ioctl(victim->device, WINVM_IOC_COUNTERS, &counters) != -1 || errno != EPERM ||
	    ioctl(victim->device, WINVM_IOC_HELLO, &hello) != -1 || errno != EPERM)
		return 7;
	if (!refused(raw_exception(victim->device, victim->base, 0, NULL)))
		return 8;
	if (raw_handle(victim->device, 0, 0) != -1 || errno != EPERM)
		return 9;
	return peek(victim->base) == SECRET ? 10 : 0;
}

static int as_child(void *holding)
{
	return try_everything(holding);
}

static int as_child_of_another_user(void *holding)
{
	if (setgid(1000) || setuid(1000))
		return 100;
	return try_everything(holding);
}

#define EXPECT_UNHARMED()                                                                       \
	do {                                                                                    \
		EXPECT_EQ(SECRET, peek(self->holding.base));                                    \
		EXPECT_TRUE(poke(self->holding.base, SECRET));                                  \
		EXPECT_EQ(4 * RAW_PAGE,                                                         \
			  raw_region(self->holding.device, self->holding.base).bytes);          \
		EXPECT_EQ(1u, raw_counters(self->holding.device).vads);                         \
	} while (0)

TEST_F(holder, a_forked_child_gains_nothing)
{
	EXPECT_EQ(0, child_run(as_child, &self->holding));
	EXPECT_UNHARMED();
}

TEST_F(holder, a_forked_child_that_changed_its_uid_gains_nothing)
{
	EXPECT_EQ(0, child_run(as_child_of_another_user, &self->holding));
	EXPECT_UNHARMED();
}

struct passed {
	int socket;
	char *base;
};

static int as_receiver(void *argument)
{
	struct passed *passed = argument;
	struct holding holding = { receive_descriptor(passed->socket), passed->base };

	if (holding.device < 0 || setgid(1000) || setuid(1000))
		return 100;
	return try_everything(&holding);
}

TEST_F(holder, a_receiver_by_scm_rights_gains_nothing)
{
	struct passed passed = { .base = self->holding.base };
	int ends[2];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_DGRAM, 0, ends));
	ASSERT_EQ(0, send_descriptor(ends[0], self->holding.device));
	passed.socket = ends[1];
	EXPECT_EQ(0, child_run(as_receiver, &passed));
	EXPECT_UNHARMED();
}

/* This very program, run again with a descriptor it had before. */
static int as_another_program(char **argv)
{
	struct holding holding = {
		.device = atoi(argv[2]),
		.base = (char *)strtoul(argv[3], NULL, 16),
	};

	return try_everything(&holding);
}

static int become_another_program(void *argument)
{
	struct holding *holding = argument;
	char device[16], base[32];

	/* The memory that is looked for is this process's own. */
	close(holding->device);
	holding->device = open(WINVM_DEVICE, O_RDWR);
	holding->base = raw_committed(holding->device, RAW_PAGE);
	snprintf(device, sizeof(device), "%d", holding->device);
	snprintf(base, sizeof(base), "%lx", (unsigned long)holding->base);
	execl("/proc/self/exe", "holder", "--after-exec", device, base, NULL);
	return 100;
}

TEST_F(holder, a_descriptor_kept_across_exec_gains_nothing)
{
	EXPECT_EQ(0, child_run(become_another_program, &self->holding));
	EXPECT_UNHARMED();
}

/* What a handle on a dead process answers, call by call. 0: as it should. */
static int try_the_dead(int handle, char *base)
{
	struct winvm_counters counters = { .size = sizeof(counters) };
	struct winvm_query query = { .size = sizeof(query), .buffer = 16, .capacity = 1 };
	void *anywhere = NULL;
	size_t bytes = 1;
	char byte;

	if (raw_allocate(handle, &anywhere, 1, MEM_RESERVE, PAGE_READWRITE) !=
		    NT_PROCESS_IS_TERMINATING ||
	    raw_commit(handle, base, 1, PAGE_READWRITE) != NT_PROCESS_IS_TERMINATING)
		return 1;
	if (raw_protect(handle, base, 1, PAGE_READONLY) != NT_PROCESS_IS_TERMINATING ||
	    raw_release(handle, base) != NT_PROCESS_IS_TERMINATING)
		return 2;
	if (raw_lock(handle, base, 1) != NT_PROCESS_IS_TERMINATING ||
	    raw_copy(handle, base, &byte, &bytes, 0) != NT_PROCESS_IS_TERMINATING)
		return 3;
	if (ioctl(handle, WINVM_IOC_QUERY, &query) ||
	    query.status != NT_PROCESS_IS_TERMINATING)
		return 4;
	if (ioctl(handle, WINVM_IOC_COUNTERS, &counters) ||
	    counters.status != NT_PROCESS_IS_TERMINATING)
		return 5;
	return 0;
}

TEST_F(holder, a_handle_on_an_ended_process_says_so)
{
	struct child child = child_start(0);
	int handle = raw_open_process(self->holding.device, child.pid);
	char *base = raw_committed(handle, RAW_PAGE);

	ASSERT_LE(0, handle);
	ASSERT_NE(NULL, base);
	EXPECT_EQ(1, child_poke(&child, base, 1));
	child_kill(&child);
	EXPECT_EQ(0, try_the_dead(handle, base));
	close(handle);
}

TEST_F(holder, a_handle_on_a_process_that_became_another_program_says_so)
{
	struct child child = child_start(0);
	int handle = raw_open_process(self->holding.device, child.pid);
	char *base = raw_committed(handle, RAW_PAGE);

	ASSERT_LE(0, handle);
	ASSERT_NE(NULL, base);
	child_exec(&child);
	EXPECT_EQ(0, try_the_dead(handle, base));
	close(handle);
	child_kill(&child);
}

/* A process that fills memory, hands its descriptor out and waits to be killed. */
static int fill_and_pass(int socket, size_t bytes)
{
	int device = raw_open();
	char *base = raw_committed(device, bytes);

	if (!base)
		return 1;
	memset(base, 0x99, bytes);
	raw_lock(device, base, 8 * RAW_PAGE);
	if (send_descriptor(socket, device))
		return 2;
	for (;;)
		pause();
}

TEST(kill_9_gives_memory_back_while_the_descriptor_is_held_elsewhere)
{
	long before = proc_meminfo_kb("Shmem:");
	int ends[2], held;
	pid_t pid;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_DGRAM, 0, ends));
	pid = fork();
	if (!pid)
		_exit(fill_and_pass(ends[1], 128 * RAW_MB));
	held = receive_descriptor(ends[0]);
	ASSERT_LE(0, held);
	EXPECT_LT(before + 120 * 1024, proc_meminfo_kb("Shmem:"));
	kill(pid, SIGKILL);
	ASSERT_EQ(pid, waitpid(pid, NULL, 0));
	EXPECT_GT(before + 1024, proc_shmem_settles(before + 512));
	EXPECT_EQ(NULL, raw_reserve(held, RAW_PAGE));
	EXPECT_EQ(EPERM, errno);
	close(held);
}

TEST(kill_9_gives_memory_back_while_a_handle_is_held)
{
	long before = proc_meminfo_kb("Shmem:");
	int ends[2], held, handle, device = raw_open();
	pid_t pid;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_DGRAM, 0, ends));
	pid = fork();
	if (!pid)
		_exit(fill_and_pass(ends[1], 64 * RAW_MB));
	held = receive_descriptor(ends[0]);
	handle = raw_open_process(device, pid);
	ASSERT_LE(0, handle);
	EXPECT_LT(64 * RAW_MB - 1, raw_counters(handle).commit_bytes);
	kill(pid, SIGKILL);
	ASSERT_EQ(pid, waitpid(pid, NULL, 0));
	EXPECT_GT(before + 1024, proc_shmem_settles(before + 512));
	EXPECT_EQ(0u, raw_counters(device).system_commit_bytes);
	close(held);
	close(handle);
}

/* A file that only looks like a process's memory. */
TEST_F(holder, a_planted_descriptor_gains_nothing)
{
	char name[] = "/tmp/winvm-holder-XXXXXX";
	int planted[] = {
		memfd_create("mem", MFD_CLOEXEC), mkstemp(name), dup(self->holding.device),
		raw_proc_open(getpid(), "maps", O_RDONLY), raw_proc_open(getpid(), "stat", O_RDONLY),
		open("/dev/mem", O_RDONLY | O_CLOEXEC), open("/dev/zero", O_RDWR | O_CLOEXEC),
		open("/proc/self", O_RDONLY | O_CLOEXEC),
	};

	unlink(name);
	for (size_t i = 0; i < sizeof(planted) / sizeof(planted[0]); i++) {
		EXPECT_EQ(-1, raw_handle(self->holding.device, planted[i], 0));
		EXPECT_EQ(planted[i] < 0 ? EBADF : EINVAL, errno);
	}
	EXPECT_EQ(-1, raw_handle(self->holding.device, raw_proc_open(getpid(), "mem", O_PATH), 0));
	EXPECT_EQ(EBADF, errno);
}

/* An unprivileged user has all of it for himself, and nothing of others. */
static int live_as_user(void *victim_pid)
{
	struct child child;
	int device, handle;
	char *base;

	if (setgid(1000) || setuid(1000) || prctl(PR_SET_DUMPABLE, 1))
		return 100;
	device = raw_open();
	base = raw_committed(device, RAW_MB);
	if (!base || !poke(base, 1) || raw_protect(device, base, 1, PAGE_READONLY) ||
	    poke(base, 2) || raw_lock(device, base, RAW_PAGE))
		return 1;
	child = child_start(0);
	handle = raw_open_process(device, child.pid);
	base = raw_committed(handle, RAW_PAGE);
	if (!base || child_poke(&child, base, 7) != 1)
		return 2;
	child_kill(&child);
	if (raw_proc_open(*(pid_t *)victim_pid, "mem", O_RDONLY) >= 0 ||
	    raw_proc_open(*(pid_t *)victim_pid, "environ", O_RDONLY) >= 0)
		return 3;
	return 0;
}

TEST_F(holder, an_unprivileged_user_lives_well_and_alone)
{
	pid_t self_pid = getpid();

	EXPECT_EQ(0, child_run(live_as_user, &self_pid));
	EXPECT_UNHARMED();
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "--after-exec"))
		return as_another_program(argv);
	return test_harness_run(argc, argv);
}
