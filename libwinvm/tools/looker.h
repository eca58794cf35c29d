/* SPDX-License-Identifier: MIT */
/* Somebody who looks at the map of a process, while we go on. */
#ifndef TOOLS_LOOKER_H
#define TOOLS_LOOKER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/**
 * struct looker - a child that runs winvm map
 * @child: it; 0: there is none
 * @fd: what it prints
 * @text: what it has printed, @bytes with room for @room
 */
struct looker {
	pid_t child;
	int fd;
	char *text;
	size_t bytes;
	size_t room;
};

enum looker_state {
	LOOKER_LOOKS,
	LOOKER_HAS_SEEN,
	LOOKER_FAILED,
};

/* Sends it to look at @pid, for a screen of so many columns; false if it cannot. */
bool looker_start(struct looker *looker, unsigned int pid, size_t columns);

/* When there is something to read. What it has seen, or why not, is to be taken then. */
enum looker_state looker_read(struct looker *looker);

/* The text, to be freed; there is no looker any more. */
char *looker_take(struct looker *looker);

/* Calls it back, if there is one. */
void looker_stop(struct looker *looker);

#endif
