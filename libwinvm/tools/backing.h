/* SPDX-License-Identifier: MIT */
/* What is behind regions: files by their paths, and what Linux has names for. */
#ifndef TOOLS_BACKING_H
#define TOOLS_BACKING_H

#include <stdint.h>

#include "target.h"

/**
 * struct backing_name - a range that Linux has a name for, as [heap]
 * @first: its first byte
 * @end: behind its last
 * @text: the name
 */
struct backing_name {
	uint64_t first;
	uint64_t end;
	char text[24];
};

/**
 * struct backing - of a process
 * @target: it
 * @names: array of @count names, in the order of addresses
 * @count: how many there are
 * @next: the first that may still come, for walks go upwards
 * @allocation: whose file is in @path
 * @path: empty: none
 */
struct backing {
	const struct target *target;
	struct backing_name *names;
	size_t count;
	size_t next;
	const void *allocation;
	char path[4096];
};

/* Reads /proc/PID/maps; if it may not be read there are no names. */
void backing_open(struct backing *backing, const struct target *target);
void backing_close(struct backing *backing);

/* Of the next region of a walk: there until the one after that is asked for; NULL: nothing. */
const char *backing_of(struct backing *backing, const MEMORY_BASIC_INFORMATION *region);

#endif
