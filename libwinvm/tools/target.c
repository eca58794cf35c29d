// SPDX-License-Identifier: MIT
/* Opened, or why not. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/winvm.h>

#include "target.h"
#include "unit.h"

error_t target_parse(int key, const char *argument, struct argp_state *state, struct target *target)
{
	uint64_t number = 0;

	if (key == ARGP_KEY_END && !target->pid)
		argp_error(state, "which process? Say its PID, or self");
	if (key != ARGP_KEY_ARG)
		return key == ARGP_KEY_END ? 0 : ARGP_ERR_UNKNOWN;
	if (target->pid)
		argp_error(state, "one process at a time, and \"%s\" is another", argument);
	if (!strcmp(argument, "self"))
		number = (uint64_t)getpid();
	else if (!unit_parse_number(argument, 1, INT32_MAX, &number))
		argp_error(state, "\"%s\" is no PID", argument);
	target->pid = (DWORD)number;
	return 0;
}

/* A number of /proc/PID/status; 0 without such a line. */
static unsigned long status_number(const char *status, const char *name)
{
	const char *line = strstr(status, name);

	return line ? strtoul(line + strlen(name), NULL, 10) : 0;
}

/* Empty: there is none of that number. */
static void read_status(DWORD pid, char *status, size_t room)
{
	char path[32];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%u/status", pid);
	file = fopen(path, "re");
	status[file ? fread(status, 1, room - 1, file) : 0] = 0;
	if (file)
		fclose(file);
}

/* The parent of all threads of the kernel. */
#define KTHREADD 2

/* What number @target has; NULL: a process, as it should. */
static const char *who(const struct target *target)
{
	static char words[80];
	char status[4096];
	bool zombie;

	read_status(target->pid, status, sizeof(status));
	zombie = strstr(status, "\nState:\tZ") || strstr(status, "\nState:\tX");
	if (target->handle && (zombie || !strstr(status, "\nVmSize:")))
		return "it has ended meanwhile";
	if (!*status)
		return "there is no such process";
	if (zombie)
		return "it has ended; its parent has not asked how";
	if (target->pid == KTHREADD || status_number(status, "\nPPid:") == KTHREADD)
		return "it is a thread of the kernel, and has no address space";
	if (status_number(status, "\nTgid:") == target->pid)
		return NULL;
	snprintf(words, sizeof(words), "it is a thread; its process is %lu",
		 status_number(status, "\nTgid:"));
	return words;
}

static const char *reason(DWORD error)
{
	switch (error) {
	case ERROR_INVALID_PARAMETER:
		return "it ends just now";
	case ERROR_ACCESS_DENIED:
		return "you may not; be its user, or root";
	case ERROR_NOT_SUPPORTED:
		return "the module that is loaded cannot; load the one that came with this "
		       "program";
	case ERROR_NOT_ENOUGH_MEMORY:
	case ERROR_NO_SYSTEM_RESOURCES:
		return "memory is short";
	default:
		return NULL;
	}
}

int target_failed(const struct target *target, const char *what)
{
	DWORD error = GetLastError();
	const char *words = reason(error);

	fflush(stdout);
	if (who(target))
		words = who(target);
	if (access(WINVM_DEVICE, F_OK))
		words = "the module is not loaded; as root: modprobe winvm";
	fprintf(stderr, "winvm %s: cannot %s process %u: ", target->command, what, target->pid);
	if (words)
		fprintf(stderr, "%s\n", words);
	else
		fprintf(stderr, "error %u\n", error);
	return 1;
}

int target_open(struct target *target)
{
	target->handle = OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, target->pid);
	return target->handle ? 0 : target_failed(target, "look into");
}

void target_close(struct target *target)
{
	CloseHandle(target->handle);
}
