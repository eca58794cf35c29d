// SPDX-License-Identifier: GPL-2.0
#include "target.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "slots.h"

#define ALL_RIGHTS                                                                               \
	(PROCESS_VM_OPERATION | PROCESS_VM_READ | PROCESS_VM_WRITE | PROCESS_QUERY_INFORMATION | \
	 PROCESS_SET_QUOTA)

static pid_t child;
static HANDLE child_handle;
static bool on_child;

HANDLE target_process(void)
{
	return on_child ? child_handle : GetCurrentProcess();
}

bool target_is_child(void)
{
	return on_child;
}

void target_be_child(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (write(STDOUT_FILENO, "", 1) != 1)
		return;
	for (;;)
		pause();
}

/* The child says by a pipe when it has come to target_be_child(). */
static pid_t start_child(void)
{
	bool ready;
	int ends[2];
	char byte;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		return -1;
	pid = fork();
	if (!pid) {
		dup2(ends[1], STDOUT_FILENO);
		execl("/proc/self/exe", "replay", "--child", (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	ready = read(ends[0], &byte, 1) == 1;
	close(ends[0]);
	return ready ? pid : -1;
}

static bool open_child(void)
{
	child = start_child();
	if (child <= 0)
		return false;
	child_handle = OpenProcess(ALL_RIGHTS, FALSE, (DWORD)child);
	return child_handle;
}

bool target_choose_child(void)
{
	bool fresh = !child_handle;

	if (fresh && !open_child())
		return false;
	on_child = true;
	return !fresh || slots_fence_arena();
}

void target_choose_self(void)
{
	on_child = false;
}

void target_end(void)
{
	if (child <= 0)
		return;
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

bool target_query(uint64_t address, MEMORY_BASIC_INFORMATION *region)
{
	return VirtualQueryEx(target_process(), (void *)(uintptr_t)address, region,
			      sizeof(*region)) == sizeof(*region);
}
