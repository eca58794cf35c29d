// SPDX-License-Identifier: GPL-2.0
/*
 * Descriptors that are not what they seem, or are used for more than they were
 * made for: what they give is what Linux gave their opener, and no more. See
 * attack.c for the others.
 */
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "device.h"
#include "victim.h"

FIXTURE(attack)
{
	int device;
};

FIXTURE_SETUP(attack)
{
	self->device = raw_open();
	ASSERT_LE(0, self->device);
}

FIXTURE_TEARDOWN(attack)
{
	close(self->device);
}

/* A child with this very number. */
static pid_t fork_as(pid_t pid)
{
	struct clone_args args = {
		.exit_signal = SIGCHLD,
		.set_tid = (uintptr_t)&pid,
		.set_tid_size = 1,
	};

	return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

TEST_F(attack, pid_reuse)
{
	struct child child = child_start(0);
	int file = raw_proc_open(child.pid, "mem", O_RDWR);
	int handle = raw_open_process(self->device, child.pid);
	pid_t again;

	ASSERT_LE(0, file);
	ASSERT_LE(0, handle);
	child_kill(&child);
	again = fork_as(child.pid);
	if (!again)
		for (;;)
			pause();
	ASSERT_EQ(child.pid, again);
	EXPECT_EQ(-1, raw_handle(self->device, file, RAW_ALL_RIGHTS));
	EXPECT_EQ(ESRCH, errno);
	EXPECT_EQ(NULL, raw_reserve(handle, RAW_PAGE));
	EXPECT_EQ(NT_PROCESS_IS_TERMINATING, raw_release(handle, (void *)0x10000));
	kill(again, SIGKILL);
	waitpid(again, NULL, 0);
}

/* Another file at the place of mem: 0 if it gives nothing, or what its own process is. */
static int mounted_over(void *unused)
{
	struct child child = child_start(0), other = child_start(0);
	char from[32], to[32];
	int device = raw_open(), handle;

	(void)unused;
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return 100;
	snprintf(from, sizeof(from), "/proc/%d/mem", other.pid);
	snprintf(to, sizeof(to), "/proc/%d/mem", child.pid);
	if (mount(from, to, NULL, MS_BIND, NULL))
		return 101;
	/* The name says one process, the file is the other's: so is the handle. */
	handle = raw_open_process(device, child.pid);
	if (handle < 0 || !raw_reserve(handle, RAW_PAGE) || raw_counters(handle).vads != 1)
		return 1;
	child_kill(&child);
	if (!raw_reserve(handle, RAW_PAGE))
		return 2;
	child_kill(&other);
	if (raw_reserve(handle, RAW_PAGE))
		return 3;
	/* A /proc that is none. */
	if (mount("tmpfs", "/proc", "tmpfs", 0, NULL) || mkdir("/proc/1", 0755) ||
	    close(open("/proc/1/mem", O_CREAT | O_RDWR, 0600)))
		return 102;
	return raw_open_process(device, 1) != -1 || errno != EINVAL ? 4 : 0;
}

TEST_F(attack, mounts)
{
	EXPECT_EQ(0, child_run(mounted_over, NULL));
}

static int offer_own_memory(int socket)
{
	int file = raw_proc_open(getpid(), "mem", O_RDWR);

	if (file < 0 || send_descriptor(socket, file))
		return 1;
	for (;;)
		pause();
}

/* A file that came through a socket stands for who opened it, not for who took it. */
TEST_F(attack, a_file_of_somebody_else)
{
	int ends[2], handle;
	pid_t pid;
	char *base;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_DGRAM, 0, ends));
	pid = fork();
	if (!pid)
		_exit(offer_own_memory(ends[1]));
	handle = raw_handle(self->device, receive_descriptor(ends[0]), RAW_ALL_RIGHTS);
	ASSERT_LE(0, handle);
	base = raw_committed(handle, RAW_PAGE);
	EXPECT_NE(NULL, base);
	EXPECT_EQ(0u, raw_counters(self->device).vads);
	EXPECT_EQ((uint32_t)MEM_FREE, raw_state(self->device, base));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	EXPECT_EQ(NULL, raw_reserve(handle, RAW_PAGE));
}

static void *tell_and_wait(void *socket)
{
	pid_t tid = (pid_t)syscall(SYS_gettid);

	if (write(*(int *)socket, &tid, sizeof(tid)) == sizeof(tid))
		for (;;)
			pause();
	return NULL;
}

/* The first thread is gone: the process has its memory by the others alone. */
static _Noreturn void leave_a_thread(int socket)
{
	pthread_t thread;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	pthread_create(&thread, NULL, tell_and_wait, &socket);
	pthread_exit(NULL);
}

TEST_F(attack, threads)
{
	int ends[2], handle = -1;
	char path[64];
	pid_t pid, tid;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	pid = fork();
	if (!pid)
		leave_a_thread(ends[1]);
	ASSERT_EQ(sizeof(tid), (size_t)read(ends[0], &tid, sizeof(tid)));
	do {
		close(handle);
		handle = raw_open_process(self->device, pid);
	} while (handle >= 0);
	EXPECT_EQ(ESRCH, errno);
	snprintf(path, sizeof(path), "/proc/%d/task/%d/mem", pid, tid);
	handle = raw_handle(self->device, open(path, O_RDWR | O_CLOEXEC), RAW_ALL_RIGHTS);
	ASSERT_LE(0, handle);
	EXPECT_NE(NULL, raw_committed(handle, RAW_PAGE));
	EXPECT_EQ(1u, raw_counters(handle).vads);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	EXPECT_EQ(NULL, raw_reserve(handle, RAW_PAGE));
}

/* It serves for memory, with the rights it was made with, whoever has it and however. */
TEST_F(attack, handle_is_no_way_to_more_rights)
{
	struct child child = child_start(0);
	int reading = raw_handle(self->device, raw_proc_open(child.pid, "mem", O_RDWR),
				 WINVM_PROCESS_VM_READ);
	char path[32], byte = 0;
	size_t bytes = 1;

	ASSERT_LE(0, reading);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", reading);
	EXPECT_EQ(-1, open(path, O_RDWR));
	EXPECT_EQ(-1, raw_handle(self->device, reading, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, raw_handle(reading, raw_proc_open(child.pid, "mem", O_RDWR), 0));
	EXPECT_EQ(ENOTTY, errno);
	EXPECT_EQ(NT_ACCESS_DENIED, raw_copy(dup(reading), &byte, &byte, &bytes, WINVM_COPY_WRITE));
	EXPECT_EQ(NT_ACCESS_DENIED, raw_release(reading, &byte));
	EXPECT_EQ(-1, read(reading, &byte, 1));
	EXPECT_EQ(-1, write(reading, &byte, 1));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, RAW_PAGE, PROT_READ, MAP_SHARED, reading, 0));
	child_kill(&child);
}

/* Each right alone, and what it does not open: writing code takes two. */
TEST_F(attack, handle_has_no_right_that_was_not_asked_for)
{
	struct child child = child_start(0);
	int all = raw_open_process(self->device, child.pid);
	char *base = raw_new(all, RAW_PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_EXECUTE_READ);
	int writing = raw_handle(self->device, raw_proc_open(child.pid, "mem", O_RDWR),
				 WINVM_PROCESS_VM_WRITE);
	size_t bytes = 1;

	ASSERT_NE(NULL, base);
	EXPECT_EQ(NT_ACCESS_DENIED,
		  raw_copy(writing, base, "x", &bytes, WINVM_COPY_WRITE | WINVM_COPY_CODE));
	EXPECT_EQ(NT_PARTIAL_COPY, raw_copy(writing, base, "x", &bytes, WINVM_COPY_WRITE));
	EXPECT_EQ(0, child_peek(&child, base));
	child_kill(&child);
}

struct passed_handle {
	int socket;
	pid_t target;
};

static int use_a_handle_as_nobody(void *argument)
{
	struct passed_handle *passed = argument;
	int handle = receive_descriptor(passed->socket);

	if (!become(USER) || handle < 0)
		return 100;
	if (gains(passed->target))
		return 1;
	return raw_committed(handle, RAW_PAGE) ? 0 : 2;
}

/* It is a capability: who is given it has it. What it makes is the target's to pay. */
TEST_F(attack, handle_passed_to_somebody_with_less_rights)
{
	struct child child = child_start(0);
	struct passed_handle passed = { .target = child.pid };
	int ends[2], handle = raw_open_process(self->device, child.pid);

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_DGRAM, 0, ends));
	ASSERT_EQ(0, send_descriptor(ends[0], handle));
	passed.socket = ends[1];
	EXPECT_EQ(0, child_run(use_a_handle_as_nobody, &passed));
	EXPECT_EQ(RAW_PAGE, raw_counters(handle).commit_bytes);
	child_kill(&child);
}

/* A filter that refuses a call with EPERM. */
static bool forbid(int number)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned int)number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = 4, .filter = code };

	return !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
	       !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static int behind_seccomp(void *pid)
{
	int device = raw_open(), handle = raw_open_process(device, *(pid_t *)pid);

	if (handle < 0 || !forbid(SYS_ioctl))
		return 100;
	if (raw_reserve(handle, RAW_PAGE) || errno != EPERM)
		return 1;
	if (raw_reserve(device, RAW_PAGE) || errno != EPERM)
		return 2;
	return raw_open_process(device, *(pid_t *)pid) != -1 ? 3 : 0;
}

TEST_F(attack, seccomp)
{
	struct child child = child_start(0);

	EXPECT_EQ(0, child_run(behind_seccomp, &child.pid));
	child_kill(&child);
}

TEST_HARNESS_MAIN
