/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Another process, for calls on it: it runs, sleeps or is stopped, and when it
 * can, it touches its own memory and reports.
 */
#ifndef KSELFTEST_TARGET_H
#define KSELFTEST_TARGET_H

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vm.h"

enum target_state {
	TARGET_ASLEEP, /* in a system call */
	TARGET_RUNNING,
	TARGET_THREADED, /* other threads run, and map and unmap */
	TARGET_STOPPED, /* by SIGSTOP */
	TARGET_TRACED, /* and stopped by its tracer */
	TARGET_VFORKED, /* waits for a child that shares its memory */
	TARGET_FROZEN, /* with its control group */
};

struct target {
	enum target_state state;
	pid_t pid;
	int socket;
};

/* Touch memory and report, or become another program. */
struct order {
	enum { ORDER_READ, ORDER_WRITE, ORDER_EXEC, ORDER_OPEN_DEVICE } what;
	uintptr_t address;
	uint8_t value;
};

static void target_obey(int socket, int flags)
{
	struct order order;
	struct probe probe = { 0 };

	for (;;) {
		ssize_t got = recv(socket, &order, sizeof(order), flags);

		if (got < 0 && errno == EAGAIN)
			continue;
		if (got != sizeof(order))
			break;
		if (order.what == ORDER_READ)
			probe = probe_read(order.address);
		else if (order.what == ORDER_WRITE)
			probe = probe_write(order.address, order.value);
		else if (order.what == ORDER_OPEN_DEVICE)
			probe.value = (uint8_t)open(WINVM_DEVICE, O_RDWR | O_CLOEXEC);
		else
			execl("/bin/sleep", "sleep", "1000", (char *)NULL);
		if (write(socket, &probe, sizeof(probe)) != sizeof(probe))
			break;
	}
}

static inline void *target_be_busy(void *unused)
{
	for (;;) {
		char *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
				  -1, 0);

		*page = 1;
		munmap(page, PAGE);
	}
	return unused;
}

static _Noreturn void target_live(enum target_state state, int socket)
{
	pthread_t thread;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int i = 0; i < 3 && state == TARGET_THREADED; i++)
		pthread_create(&thread, NULL, target_be_busy, NULL);
	/* The parent waits in vfork() as long as the child obeys, in their memory. */
	if (state == TARGET_VFORKED && vfork())
		_exit(0);
	target_obey(socket, state == TARGET_RUNNING ? MSG_DONTWAIT : 0);
	_exit(0);
}

static struct probe target_obeys(const struct target *target, struct order order)
{
	struct probe probe = { .faulted = true };

	if (write(target->socket, &order, sizeof(order)) == sizeof(order) &&
	    read(target->socket, &probe, sizeof(probe)) != sizeof(probe))
		probe.faulted = true;
	return probe;
}

static inline struct probe target_reads(const struct target *target, const void *address)
{
	return target_obeys(target, (struct order){ ORDER_READ, (uintptr_t)address, 0 });
}

static inline struct probe target_writes(const struct target *target, const void *address,
					 uint8_t value)
{
	return target_obeys(target, (struct order){ ORDER_WRITE, (uintptr_t)address, value });
}

#define TARGET_GROUP "/sys/fs/cgroup/winvm-frozen"

static inline bool target_tells(const char *path, const char *text)
{
	int file = open(path, O_WRONLY | O_CLOEXEC);
	bool told = file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text);

	close(file);
	return told;
}

/* The group says when all are frozen. */
static inline bool target_frozen(void)
{
	char events[64] = "";
	int file = open(TARGET_GROUP "/cgroup.events", O_RDONLY | O_CLOEXEC);
	bool read_some = file >= 0 && read(file, events, sizeof(events) - 1) > 0;

	close(file);
	return read_some && strstr(events, "frozen 1");
}

static inline bool target_freeze(pid_t pid)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", pid);
	if ((mkdir(TARGET_GROUP, 0755) && errno != EEXIST) ||
	    !target_tells(TARGET_GROUP "/cgroup.procs", text) ||
	    !target_tells(TARGET_GROUP "/cgroup.freeze", "1"))
		return false;
	while (!target_frozen())
		usleep(1000);
	return true;
}

/* Brings it into its state, from which it does not come by itself. */
static inline bool target_halt(const struct target *target)
{
	int status;

	switch (target->state) {
	case TARGET_STOPPED:
		return !kill(target->pid, SIGSTOP) &&
		       waitpid(target->pid, &status, WUNTRACED) == target->pid;
	case TARGET_TRACED:
		return !ptrace(PTRACE_SEIZE, target->pid, NULL, NULL) &&
		       !ptrace(PTRACE_INTERRUPT, target->pid, NULL, NULL) &&
		       waitpid(target->pid, &status, 0) == target->pid;
	case TARGET_FROZEN:
		return target_freeze(target->pid);
	default:
		return true;
	}
}

/* Lets it obey again. */
static inline bool target_resume(const struct target *target)
{
	switch (target->state) {
	case TARGET_STOPPED:
		return !kill(target->pid, SIGCONT);
	case TARGET_TRACED:
		return !ptrace(PTRACE_DETACH, target->pid, NULL, NULL);
	case TARGET_FROZEN:
		return target_tells(TARGET_GROUP "/cgroup.freeze", "0");
	default:
		return true;
	}
}

/* pid -1 when it could not be made. It obeys until target_halt(). */
static inline struct target target_start(enum target_state state)
{
	struct target target = { .state = state, .pid = -1 };
	int ends[2];

	/* So that a child of the target's is waited for here. */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) || socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends))
		return target;
	target.pid = fork();
	if (!target.pid) {
		close(ends[0]);
		target_live(state, ends[1]);
	}
	close(ends[1]);
	target.socket = ends[0];
	/* Its first answer comes when it has all its threads and children. */
	target_reads(&target, NULL);
	return target;
}

/* Kills it, once; nobody is left then who has its memory. */
static inline void target_end(struct target *target)
{
	if (target->pid <= 0)
		return;
	kill(target->pid, SIGKILL);
	waitpid(target->pid, NULL, 0);
	close(target->socket);
	if (target->state == TARGET_VFORKED)
		waitpid(-1, NULL, 0);
	if (target->state == TARGET_FROZEN)
		rmdir(TARGET_GROUP);
	target->pid = 0;
}

#endif
