// SPDX-License-Identifier: MIT
/* Moments compared. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sample.h"
#include "text.h"

int sample_take(struct winvm_nl *nl, struct sample *sample)
{
	struct timespec now;
	int error;

	*sample = (struct sample){ 0 };
	error = commit_ask(nl, &sample->commit);
	if (error)
		return error;
	clock_gettime(CLOCK_MONOTONIC, &now);
	sample->time = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
	memory_now(&sample->memory);
	return 0;
}

void sample_forget(struct sample *sample)
{
	free(sample->rows);
	commit_forget(&sample->commit);
	*sample = (struct sample){ 0 };
}

/* In a second; a count that has fallen is of nothing that happened. */
static uint64_t rate(uint64_t before, uint64_t now, uint64_t elapsed)
{
	return now > before ? (uint64_t)((double)(now - before) * 1e9 / (double)elapsed + 0.5) : 0;
}

static void rate_row(struct sample_row *row, const struct winvm_nl_process *before,
		     uint64_t elapsed)
{
	const uint64_t faults = WINVM_NL_TOLD(WINVM_NL_A_SOFT_FAULTS) |
				WINVM_NL_TOLD(WINVM_NL_A_HARD_FAULTS);

	if (!elapsed || (row->process->told & before->told & faults) != faults)
		return;
	row->rated = true;
	row->soft = rate(before->soft_faults, row->process->soft_faults, elapsed);
	row->hard = rate(before->hard_faults, row->process->hard_faults, elapsed);
}

/* Both lists are in the order of identities. */
void sample_rate(struct sample *sample, const struct sample *before)
{
	uint64_t elapsed = sample->time > before->time ? sample->time - before->time : 0;
	size_t old = 0;

	free(sample->rows);
	sample->rows = text_allocate(NULL, sample->commit.count + 1, sizeof(*sample->rows));
	for (size_t i = 0; i < sample->commit.count; i++) {
		const struct winvm_nl_process *process = &sample->commit.list[i];

		sample->rows[i] = (struct sample_row){ .process = process };
		while (old < before->commit.count && before->commit.list[old].id < process->id)
			old++;
		if (old < before->commit.count && before->commit.list[old].id == process->id)
			rate_row(&sample->rows[i], &before->commit.list[old], elapsed);
	}
}

static int by_number(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

/* Upwards. */
static int by_order(const struct sample_row *a, const struct sample_row *b, enum sample_order order)
{
	switch (order) {
	case SAMPLE_RESIDENT:
		return by_number(a->process->resident_bytes, b->process->resident_bytes);
	case SAMPLE_FAULTS:
		return by_number(a->soft + a->hard, b->soft + b->hard);
	case SAMPLE_PID:
		return by_number(a->process->pid, b->process->pid);
	case SAMPLE_NAME:
		return strcmp(a->process->comm, b->process->comm);
	case SAMPLE_COMMITTED:
	default:
		return by_number(a->process->commit_bytes, b->process->commit_bytes);
	}
}

struct sorting {
	enum sample_order order;
	bool down;
};

/* Equal ones keep their places from one sample to the next. */
static int compare(const void *left, const void *right, void *argument)
{
	const struct sample_row *a = left, *b = right;
	const struct sorting *sorting = argument;
	int sign = by_order(a, b, sorting->order);

	if (sign)
		return sorting->down ? -sign : sign;
	return by_number(a->process->id, b->process->id);
}

void sample_sort(struct sample *sample, enum sample_order order, bool reverse)
{
	bool down = order != SAMPLE_PID && order != SAMPLE_NAME;
	struct sorting sorting = { order, down != reverse };

	if (sample->commit.count)
		qsort_r(sample->rows, sample->commit.count, sizeof(*sample->rows), compare,
			&sorting);
}

size_t sample_find(const struct sample *sample, uint64_t id)
{
	size_t i = 0;

	while (i < sample->commit.count && sample->rows[i].process->id != id)
		i++;
	return i;
}
