/* SPDX-License-Identifier: MIT */
/* A process that is looked into. */
#ifndef TOOLS_TARGET_H
#define TOOLS_TARGET_H

#include <argp.h>
#include <windows.h>

/**
 * struct target - it
 * @command: who looks, for what is said of errors
 * @pid: its number; 0: none was given yet
 * @handle: on it, to query
 */
struct target {
	const char *command;
	DWORD pid;
	HANDLE handle;
};

/* The argument PID, a number or "self"; for a parser's keys ARG and END. */
error_t target_parse(int key, const char *argument, struct argp_state *state,
		     struct target *target);

/* Opens it; gives the exit status, and has said why and what to do if it is not 0. */
int target_open(struct target *target);
void target_close(struct target *target);

/* Says why it could not be looked at, by the last error; gives the exit status. */
int target_failed(const struct target *target, const char *what);

#endif
