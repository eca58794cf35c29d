/* SPDX-License-Identifier: MIT */
/* The picture of an address space: where things lie, at first and at last. */
#ifndef TOOLS_SPACE_H
#define TOOLS_SPACE_H

#include <stdio.h>

#include "history.h"

/* At most so many places, and columns for each. */
#define SPACE_PLACES  14
#define SPACE_COLUMNS 720

/* What is in memory of a column, in parts. */
#define SPACE_LEVELS 8

/**
 * struct place - a part of the address space that is in use, apart from the others
 * @start: its first byte
 * @end: behind its last
 */
struct place {
	uint64_t start;
	uint64_t end;
};

/**
 * struct column_run - columns of a place that look alike
 * @first: the first of them
 * @count: how many
 * @kind: that has most of it
 * @committed: some of it is
 * @level: how much of it is in memory, of SPACE_LEVELS
 */
struct column_run {
	unsigned int first;
	unsigned int count;
	enum kind kind;
	bool committed;
	unsigned int level;
};

/* The places of two snapshots together, @places for SPACE_PLACES; gives their number. */
size_t space_places(const struct snapshot *one, const struct snapshot *other, struct place *places);

/* What a place has, @runs for SPACE_COLUMNS; gives their number. Free columns are in none. */
size_t space_runs(const struct snapshot *snapshot, const struct place *place,
		  struct column_run *runs);

void space_draw(FILE *file, const struct history *history);

#endif
