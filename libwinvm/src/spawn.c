// SPDX-License-Identifier: MIT
/* Starting a program. */

#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

/* The strings of an environment block lie behind each other, an empty one ends them. */
static size_t winvm_environment_count(const char *block)
{
	size_t count = 0;

	for (; *block; block += strlen(block) + 1)
		count++;
	return count;
}

/* An array for posix_spawn over @block's strings, to be freed; NULL without memory. */
static char **winvm_environment_array(char *block)
{
	char **array = malloc((winvm_environment_count(block) + 1) * sizeof(*array));
	size_t count = 0;

	if (!array)
		return NULL;
	for (; *block; block += strlen(block) + 1)
		array[count++] = block;
	array[count] = NULL;
	return array;
}

static int winvm_spawn_at(const char *program, char **arguments, char **environment,
			  const char *directory, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	int err = posix_spawn_file_actions_init(&actions);

	if (err)
		return err;
	if (directory)
		err = posix_spawn_file_actions_addchdir_np(&actions, directory);
	if (!err && program)
		err = posix_spawn(pid, program, &actions, NULL, arguments, environment);
	else if (!err)
		err = posix_spawnp(pid, arguments[0], &actions, NULL, arguments, environment);
	posix_spawn_file_actions_destroy(&actions);
	return err;
}

/* Gives 0 or an errno. */
static int winvm_spawn(const char *program, const char *line, char *block, const char *directory,
		       pid_t *pid)
{
	char **arguments = winvm_cmdline_split(line);
	char **environment = block ? winvm_environment_array(block) : environ;
	int err = ENOMEM;

	if (arguments && environment)
		err = winvm_spawn_at(program, arguments, environment, directory, pid);
	free(arguments);
	if (block)
		free(environment);
	return err;
}

/* Where Linux refuses the memory of the new process, its handle goes without. */
static NTSTATUS winvm_spawn_process_handle(DWORD pid, HANDLE *handle)
{
	struct winvm_process process;
	NTSTATUS status = winvm_process_open(MAXIMUM_ALLOWED, pid, &process);

	/* It may have ended already. */
	if (status)
		status = winvm_process_open(PROCESS_TERMINATE, pid, &process);
	if (status)
		return status;
	*handle = winvm_process_handle(WINVM_HANDLE_PROCESS, &process);
	return *handle ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static NTSTATUS winvm_spawn_handles(DWORD pid, PROCESS_INFORMATION *information)
{
	const struct winvm_process thread = { .memory = -1, .pidfd = -1, .pid = pid };
	HANDLE process;
	NTSTATUS status = winvm_spawn_process_handle(pid, &process);

	if (status)
		return status;
	*information = (PROCESS_INFORMATION){
		.hProcess = process,
		.hThread = winvm_process_handle(WINVM_HANDLE_THREAD, &thread),
		.dwProcessId = pid,
		.dwThreadId = pid,
	};
	if (information->hThread)
		return STATUS_SUCCESS;
	CloseHandle(process);
	return STATUS_INSUFFICIENT_RESOURCES;
}

static NTSTATUS winvm_spawn_check(const char *program, const char *line, DWORD flags,
				  const STARTUPINFOA *startup,
				  const PROCESS_INFORMATION *information)
{
	if (!startup || !information || (!program && !line))
		return STATUS_INVALID_PARAMETER;
	if (!program && !line[strspn(line, " \t")])
		return STATUS_INVALID_PARAMETER;
	if (flags || startup->dwFlags & STARTF_USESTDHANDLES)
		return STATUS_NOT_SUPPORTED;
	return STATUS_SUCCESS;
}

BOOL WINAPI CreateProcessA(LPCSTR lpApplicationName, LPSTR lpCommandLine,
			   LPSECURITY_ATTRIBUTES lpProcessAttributes,
			   LPSECURITY_ATTRIBUTES lpThreadAttributes, BOOL bInheritHandles,
			   DWORD dwCreationFlags, LPVOID lpEnvironment, LPCSTR lpCurrentDirectory,
			   LPSTARTUPINFOA lpStartupInfo, LPPROCESS_INFORMATION lpProcessInformation)
{
	NTSTATUS status = winvm_spawn_check(lpApplicationName, lpCommandLine, dwCreationFlags,
					    lpStartupInfo, lpProcessInformation);
	int saved = errno;
	pid_t pid;
	int err;

	(void)lpProcessAttributes;
	(void)lpThreadAttributes;
	(void)bInheritHandles;
	if (status)
		return winvm_error_set(status);
	err = winvm_spawn(lpApplicationName, lpCommandLine ? lpCommandLine : lpApplicationName,
			  lpEnvironment, lpCurrentDirectory, &pid);
	status = err ? winvm_status_of_errno(err) :
		       winvm_spawn_handles((DWORD)pid, lpProcessInformation);
	errno = saved;
	return status ? winvm_error_set(status) : TRUE;
}
