// SPDX-License-Identifier: MIT
/* Processes and the handles on them (SPEC G-6). */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "internal.h"

#define WINVM_MEMORY_RIGHTS \
	(PROCESS_VM_OPERATION | PROCESS_VM_READ | PROCESS_VM_WRITE | PROCESS_SET_QUOTA | \
	 PROCESS_QUERY_INFORMATION)

WINVM_STATIC_ASSERT(PROCESS_VM_OPERATION == WINVM_PROCESS_VM_OPERATION, "rights pass through");
WINVM_STATIC_ASSERT(PROCESS_VM_READ == WINVM_PROCESS_VM_READ, "rights pass through");
WINVM_STATIC_ASSERT(PROCESS_VM_WRITE == WINVM_PROCESS_VM_WRITE, "rights pass through");
WINVM_STATIC_ASSERT(PROCESS_SET_QUOTA == WINVM_PROCESS_SET_QUOTA, "rights pass through");
WINVM_STATIC_ASSERT(PROCESS_QUERY_INFORMATION == WINVM_PROCESS_QUERY_INFORMATION,
		    "rights pass through");

static int winvm_pidfd_open(DWORD pid)
{
	return (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
}

static int winvm_pidfd_signal(int pidfd, int number)
{
	return (int)syscall(SYS_pidfd_send_signal, pidfd, number, NULL, 0);
}

/* The file whose opening is the kernel's check of what we may do. */
static int winvm_process_file(DWORD access, DWORD pid)
{
	bool query_only = !(access & WINVM_MEMORY_RIGHTS & ~(DWORD)PROCESS_QUERY_INFORMATION);
	bool write = access & (PROCESS_VM_WRITE | PROCESS_VM_OPERATION | PROCESS_SET_QUOTA);
	char path[32];

	snprintf(path, sizeof(path), "/proc/%u/%s", pid, query_only ? "environ" : "mem");
	return open(path, (write ? O_RDWR : O_RDONLY) | O_CLOEXEC);
}

/* A process that ends while its file is opened is as good as none. */
static NTSTATUS winvm_process_refusal(int err)
{
	if (err == ENOENT || err == ESRCH)
		return STATUS_INVALID_CID;
	return winvm_status_of_errno(err);
}

/* The descriptor for the memory, or -1 if @access has no right to it. */
static NTSTATUS winvm_process_open_memory(DWORD access, DWORD pid, int *memory)
{
	struct winvm_open_process request = {
		.size = sizeof(request),
		.access = access & WINVM_MEMORY_RIGHTS,
	};
	NTSTATUS status;

	*memory = -1;
	if (!request.access)
		return STATUS_SUCCESS;
	request.proc_fd = winvm_process_file(access, pid);
	if (request.proc_fd < 0)
		return winvm_process_refusal(errno);
	status = winvm_device_open_process(&request, memory);
	close(request.proc_fd);
	return status;
}

/* Its descriptors; nobody is waited for. */
void winvm_process_release(const struct winvm_process *process)
{
	if (process->memory >= 0)
		close(process->memory);
	if (process->pidfd >= 0)
		close(process->pidfd);
}

/* Whether the kernel lets us end the process is known before it is tried. */
static NTSTATUS winvm_process_may_signal(DWORD access, int pidfd)
{
	if (access & PROCESS_TERMINATE && winvm_pidfd_signal(pidfd, 0) && errno == EPERM)
		return STATUS_ACCESS_DENIED;
	return STATUS_SUCCESS;
}

/* The process must be there when its memory has been opened by number: see below. */
static NTSTATUS winvm_process_grant(DWORD access, struct winvm_process *process)
{
	NTSTATUS status = winvm_process_may_signal(access, process->pidfd);

	if (!status)
		status = winvm_process_open_memory(access, process->pid, &process->memory);
	if (!status && winvm_pidfd_signal(process->pidfd, 0) && errno == ESRCH)
		status = STATUS_INVALID_CID;
	process->access = access;
	return status;
}

/* MAXIMUM_ALLOWED: as many as there are, and at least those that are named. */
static NTSTATUS winvm_process_grant_most(DWORD least, struct winvm_process *process)
{
	static const DWORD most[] = {
		PROCESS_ALL_ACCESS,
		PROCESS_ALL_ACCESS &
			~(DWORD)(PROCESS_VM_WRITE | PROCESS_VM_OPERATION | PROCESS_SET_QUOTA),
		SYNCHRONIZE | PROCESS_QUERY_INFORMATION | PROCESS_TERMINATE,
		SYNCHRONIZE | PROCESS_QUERY_INFORMATION,
		SYNCHRONIZE | PROCESS_QUERY_LIMITED_INFORMATION | PROCESS_TERMINATE,
		SYNCHRONIZE | PROCESS_QUERY_LIMITED_INFORMATION,
	};
	NTSTATUS status = STATUS_ACCESS_DENIED;

	for (size_t i = 0; i < sizeof(most) / sizeof(most[0]); i++) {
		if (status != STATUS_ACCESS_DENIED)
			break;
		status = winvm_process_grant(winvm_rights_imply(most[i] | least), process);
	}
	return status;
}

/*
 * The pidfd is opened first: if it still names a process when the memory has
 * been opened by number, then both are the same process.
 */
NTSTATUS winvm_process_open(DWORD access, DWORD pid, struct winvm_process *process)
{
	NTSTATUS status;

	*process = (struct winvm_process){ .memory = -1, .pid = pid };
	process->pidfd = winvm_pidfd_open(pid);
	if (process->pidfd < 0)
		return errno == EINVAL ? STATUS_INVALID_CID : winvm_process_refusal(errno);
	status = winvm_rights_read(&access);
	if (!status && access & MAXIMUM_ALLOWED)
		status = winvm_process_grant_most(access & ~(DWORD)MAXIMUM_ALLOWED, process);
	else if (!status)
		status = winvm_process_grant(access, process);
	if (status)
		winvm_process_release(process);
	return status;
}

/* A child that has ended is reaped with its handle; others are not ours to wait for. */
void winvm_process_close(const struct winvm_process *process)
{
	siginfo_t ignored;

	if (process->pidfd >= 0)
		waitid(P_PIDFD, (id_t)process->pidfd, &ignored, WEXITED | WNOHANG);
	winvm_process_release(process);
}

/* NULL when all handles are in use; the process is closed then. */
HANDLE winvm_process_handle(enum winvm_handle_kind kind, const struct winvm_process *process)
{
	const union winvm_object object = { .process = *process };
	HANDLE handle = winvm_handle_create(kind, &object);

	if (!handle)
		winvm_process_close(process);
	return handle;
}

NTSTATUS winvm_process_get(HANDLE handle, struct winvm_process *process)
{
	union winvm_object object;
	NTSTATUS status = winvm_handle_get(handle, WINVM_HANDLE_PROCESS, &object);

	if (!status)
		*process = object.process;
	return status;
}

HANDLE WINAPI OpenProcess(DWORD dwDesiredAccess, BOOL bInheritHandle, DWORD dwProcessId)
{
	struct winvm_process process;
	HANDLE handle = NULL;
	int saved = errno;
	NTSTATUS status = winvm_process_open(dwDesiredAccess, dwProcessId, &process);

	(void)bInheritHandle;
	if (!status) {
		handle = winvm_process_handle(WINVM_HANDLE_PROCESS, &process);
		status = handle ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
	}
	if (status)
		winvm_error_set(status);
	errno = saved;
	return handle;
}

HANDLE WINAPI GetCurrentProcess(VOID)
{
	return NtCurrentProcess();
}

DWORD WINAPI GetCurrentProcessId(VOID)
{
	return (DWORD)getpid();
}

DWORD WINAPI GetProcessId(HANDLE hProcess)
{
	struct winvm_process process;
	NTSTATUS status;

	if (hProcess == NtCurrentProcess())
		return GetCurrentProcessId();
	status = winvm_process_get(hProcess, &process);
	if (!status)
		return process.pid;
	winvm_error_set(status);
	return 0;
}

static NTSTATUS winvm_process_kill(HANDLE handle)
{
	struct winvm_process process;
	NTSTATUS status = winvm_process_get(handle, &process);
	int saved = errno;

	if (status)
		return status;
	if (!(process.access & PROCESS_TERMINATE))
		return STATUS_ACCESS_DENIED;
	if (winvm_pidfd_signal(process.pidfd, SIGKILL))
		status = winvm_status_of_errno(errno);
	errno = saved;
	return status;
}

BOOL WINAPI TerminateProcess(HANDLE hProcess, UINT uExitCode)
{
	NTSTATUS status;

	if (hProcess == NtCurrentProcess())
		_exit((int)(uExitCode & 0xff));
	status = winvm_process_kill(hProcess);
	return status ? winvm_error_set(status) : TRUE;
}

VOID WINAPI ExitProcess(UINT uExitCode)
{
	exit((int)(uExitCode & 0xff));
}
