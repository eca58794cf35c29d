/* SPDX-License-Identifier: GPL-2.0 */
/* Processes that are attacked, and what an attacker gets of them. */
#ifndef KSELFTEST_VICTIM_H
#define KSELFTEST_VICTIM_H

#include <grp.h>
#include <sched.h>
#include <sys/prctl.h>

#include "child.h"
#include "proc.h"
#include "raw.h"

#define USER	 1000
#define NEIGHBOR 1001

#define YAMA "/proc/sys/kernel/yama/ptrace_scope"

/* -1 without Yama. */
static inline long yama_scope(void)
{
	return proc_value(YAMA, "");
}

static inline bool yama_set(long scope)
{
	char text[24];

	snprintf(text, sizeof(text), "%ld", scope);
	return proc_write(YAMA, text);
}

/* A process that has prepared itself and waits to be killed. */
struct victim {
	pid_t pid;
	int ready;
};

/* Says that it is ready, and waits. Also what the programs do that it becomes. */
static inline _Noreturn void victim_wait(int ready)
{
	char byte = 1;

	if (write(ready, &byte, 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

/* @prepare may also end in another program that calls victim_wait(). pid -1 on failure. */
static inline struct victim victim_start(bool (*prepare)(int ready, void *argument), void *argument)
{
	struct victim victim = { .pid = -1 };
	int ends[2];
	char byte;

	if (pipe(ends))
		return victim;
	victim.pid = fork();
	if (!victim.pid) {
		close(ends[0]);
		if (!prepare(ends[1], argument))
			_exit(1);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		victim_wait(ends[1]);
	}
	close(ends[1]);
	victim.ready = ends[0];
	if (read(ends[0], &byte, 1) != 1)
		victim.pid = -1;
	return victim;
}

/* When it is gone nobody has its memory. */
static inline void victim_end(const struct victim *victim)
{
	if (victim->pid > 0) {
		kill(victim->pid, SIGKILL);
		waitpid(victim->pid, NULL, 0);
	}
	close(victim->ready);
}

/* A user, and nothing but a user, who can be looked into. */
static inline bool become(uid_t uid)
{
	return !setgroups(0, NULL) && !setresgid(uid, uid, uid) && !setresuid(uid, uid, uid) &&
	       !prctl(PR_SET_DUMPABLE, 1);
}

/* Ways in, as bits. */
#define GAINS_ALL	 1 /* mem, for reading and writing */
#define GAINS_READ	 2
#define GAINS_WRITE	 4
#define GAINS_QUERY	 8 /* environ */
#define GAINS_EVERYTHING 15

/* By which of them the calling process gets a handle on another. */
static inline int gains(pid_t pid)
{
	static const struct {
		const char *name;
		int flags;
		uint32_t access;
	} ways[] = {
		{ "mem", O_RDWR, RAW_ALL_RIGHTS },
		{ "mem", O_RDONLY, WINVM_PROCESS_VM_READ },
		{ "mem", O_WRONLY, WINVM_PROCESS_VM_WRITE | WINVM_PROCESS_VM_OPERATION },
		{ "environ", O_RDONLY, WINVM_PROCESS_QUERY_INFORMATION },
	};
	int device = raw_open(), gained = 0;

	for (int way = 0; way < 4; way++) {
		int file = raw_proc_open(pid, ways[way].name, ways[way].flags);
		int handle = file < 0 ? -1 : raw_handle(device, file, ways[way].access);

		gained |= (handle >= 0) << way;
		close(handle);
		close(file);
	}
	close(device);
	return gained;
}

#endif
