/* SPDX-License-Identifier: MIT */
/* What a recording tells: its totals, what changed in all, and which changes were biggest. */
#ifndef TOOLS_HISTORY_H
#define TOOLS_HISTORY_H

#include "change.h"

/* So many of the changes between neighbours are kept. */
#define HISTORY_STEPS 20

/**
 * struct step - a change between one sample and the next
 * @change: it
 * @from, @to: when, in milliseconds
 */
struct step {
	struct change change;
	uint64_t from;
	uint64_t to;
};

/**
 * struct history - of a process
 * @recording: of it
 * @changes: between the first sample and the last, the biggest first
 * @steps: array of @count changes between neighbours, the biggest first
 * @count: how many there are
 * @all: changes between neighbours, also those that are not kept
 */
struct history {
	struct recording recording;
	struct changes changes;
	struct step steps[HISTORY_STEPS];
	size_t count;
	uint64_t all;
};

/**
 * struct kind_sums - of the regions of a kind, in bytes
 * @size: of them
 * @committed, @resident: of that
 */
struct kind_sums {
	uint64_t size;
	uint64_t committed;
	uint64_t resident;
};

/* From a file; false if it is damaged. It is to be closed in any case. */
bool history_read(struct history *history, FILE *file, struct recording_error *error);

/* By its path. Gives the exit status; it is to be closed in any case. */
int history_open(struct history *history, const char *command, const char *path);
void history_close(struct history *history);

/* The number of the sample in which a total was greatest first. */
size_t history_peak(const struct history *history, enum total total);

/* When it began, as "2026-11-27 01:58:22 UTC". */
const char *history_start(const struct recording *recording, char *room, size_t bytes);

/* Why it ended, in words. */
const char *history_end(enum recording_end end);

/* Whether it is known in the first sample and in the last. */
bool history_knows(const struct history *history, enum total total);

/* @sums: KINDS of them. */
void history_kinds(const struct snapshot *snapshot, struct kind_sums *sums);

#endif
