// SPDX-License-Identifier: GPL-2.0
/* Measuring: works in turn, round by round. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"

#define SIDES (BENCH_PEERS + 1)

uint64_t bench_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

_Noreturn void bench_fail(const char *what)
{
	fprintf(stderr, "bench: failed: %s\n", what);
	exit(1);
}

void samples_add(struct samples *samples, double figure)
{
	if (samples->count < BENCH_ROUNDS)
		samples->round[samples->count++] = figure;
}

static int compare(const void *a, const void *b)
{
	const double *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

double samples_quantile(struct samples *samples, double fraction)
{
	if (!samples->count)
		return 0;
	qsort(samples->round, samples->count, sizeof(samples->round[0]), compare);
	return samples->round[(unsigned int)((samples->count - 1) * fraction + 0.5)];
}

double samples_median(struct samples *samples)
{
	return samples_quantile(samples, 0.5);
}

unsigned int bench_rounds(unsigned int rounds)
{
	/* Instructions do not scatter. */
	if (bench_options.quick || bench_options.icount)
		rounds = rounds / 3 > 5 ? rounds / 3 : rounds < 5 ? rounds : 5;
	return rounds < BENCH_ROUNDS ? rounds : BENCH_ROUNDS;
}

size_t bench_vmas(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	size_t lines = 0;
	int c;

	if (!maps)
		bench_fail("/proc/self/maps");
	while ((c = getc(maps)) != EOF)
		lines += c == '\n';
	fclose(maps);
	return lines;
}

static bool step(bool (*part)(struct job *job), struct job *job)
{
	return !part || part(job);
}

/* Adds what one of count costs. */
static bool measure_round(const struct work *work, struct job *job, struct samples *samples)
{
	uint64_t began, ended;
	bool done;

	if (!step(work->prepare, job))
		return false;
	began = bench_now();
	done = work->run(job);
	ended = bench_now();
	if (samples)
		samples_add(samples, (double)(ended - began) / (double)job->count);
	return step(work->clear, job) && done;
}

bool bench_measure(const struct work *work, size_t bytes, size_t count, unsigned int rounds,
		   struct samples *samples)
{
	struct job job = { .bytes = bytes, .count = count };
	bool done = step(work->begin, &job) && measure_round(work, &job, NULL);

	for (unsigned int round = 0; done && round < rounds; round++)
		done = measure_round(work, &job, samples);
	return step(work->end, &job) && done;
}

/* What takes part in a row. */
struct side {
	const char *name;
	const struct work *work;
	const char *absent;
	bool wine;
	struct job job;
	struct samples samples;
};

static void side_round(struct side *side, bool warm)
{
	struct samples *samples = warm ? &side->samples : NULL;

	if (side->absent)
		return;
	if (side->wine ? !wine_round(samples) : !measure_round(side->work, &side->job, samples))
		side->absent = "failed";
}

static void side_begin(struct side *side)
{
	if (side->absent)
		return;
	if (side->wine ? !wine_begin(side->work, &side->job) : !step(side->work->begin, &side->job))
		side->absent = "failed to begin";
}

static void side_end(struct side *side)
{
	if (!side->absent && (side->wine ? !wine_end() : !step(side->work->end, &side->job)))
		side->absent = "failed to end";
}

static unsigned int sides_of(const struct bench_row *row, struct side *sides)
{
	unsigned int count = 1;

	sides[0] = (struct side){ .name = "winvm", .work = row->winvm };
	for (; count <= BENCH_PEERS && row->peers[count - 1].name; count++) {
		const struct bench_peer *peer = &row->peers[count - 1];

		sides[count] = (struct side){
			.name = peer->name,
			.work = peer->work,
			.wine = peer->wine,
		};
		if (peer->absent)
			sides[count].absent = peer->absent();
	}
	for (unsigned int i = 0; i < count; i++) {
		sides[i].job = (struct job){ .bytes = row->bytes, .count = row->count };
		side_begin(&sides[i]);
	}
	return count;
}

static void print_side(const struct bench_row *row, struct side *winvm, struct side *peer,
		       struct bench_bar bar)
{
	struct bench_result result = {
		.name = row->name,
		.unit = row->unit,
		.peer_name = peer->name,
		.winvm = &winvm->samples,
		.peer = &peer->samples,
		.bar = bar,
		.at = row->at,
	};
	const char *note = winvm->absent ? winvm->absent : peer->absent;

	if (note)
		snprintf(result.note, sizeof(result.note), "%s", note);
	bench_print(&result);
}

/* What comes first in a round changes, so that none gains by it; the first one warms up. */
void bench_row(const struct bench_row *row)
{
	static struct side sides[SIDES];
	unsigned int rounds = bench_rounds(row->rounds), count = sides_of(row, sides);

	for (unsigned int round = 0; round <= rounds; round++)
		for (unsigned int i = 0; i < count; i++)
			side_round(&sides[(round + i) % count], round > 0);
	for (unsigned int i = 0; i < count; i++)
		side_end(&sides[i]);
	for (unsigned int i = 1; i < count; i++)
		print_side(row, &sides[0], &sides[i], row->peers[i - 1].bar);
}

void bench_rows(const struct bench_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		bench_row(&rows[i]);
}
