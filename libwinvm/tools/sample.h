/* SPDX-License-Identifier: MIT */
/* What top knows of one moment, and how fast it has changed since the one before. */
#ifndef TOOLS_SAMPLE_H
#define TOOLS_SAMPLE_H

#include "commit.h"
#include "memory.h"

enum sample_order {
	SAMPLE_COMMITTED,
	SAMPLE_RESIDENT,
	SAMPLE_FAULTS,
	SAMPLE_PID,
	SAMPLE_NAME,
	SAMPLE_ORDERS
};

/**
 * struct sample_row - a process
 * @process: it, of the sample's list
 * @rated: it was there before, so that is known:
 * @soft, @hard: faults in a second
 */
struct sample_row {
	const struct winvm_nl_process *process;
	bool rated;
	uint64_t soft;
	uint64_t hard;
};

/**
 * struct sample - a moment
 * @time: ns of CLOCK_MONOTONIC
 * @memory, @commit: of the machine; its list of processes in the order of identities
 * @rows: array of a row for each of these, in the order that was wanted
 */
struct sample {
	uint64_t time;
	struct memory memory;
	struct commit commit;
	struct sample_row *rows;
};

/* Minus an errno, and there is nothing in it. */
int sample_take(struct winvm_nl *nl, struct sample *sample);
void sample_forget(struct sample *sample);

/* Makes rows of the list, rated by an earlier sample. */
void sample_rate(struct sample *sample, const struct sample *before);

/* Numbers from the greatest down, PIDs and names upwards, or the other way. */
void sample_sort(struct sample *sample, enum sample_order order, bool reverse);

/* The place of a process, by its identity; the count of all if it is not there. */
size_t sample_find(const struct sample *sample, uint64_t id);

#endif
