/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How the programs of this room measure: what is compared is measured in turn,
 * in one run, many times, and the medians are told.
 */
#ifndef BENCH_TIMING_H
#define BENCH_TIMING_H

#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#define TIMING_ROUNDS 101

/* Nanoseconds of each round. */
struct timing {
	uint64_t round[TIMING_ROUNDS];
	unsigned int count;
};

static inline uint64_t timing_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline void timing_add(struct timing *timing, uint64_t nanoseconds)
{
	if (timing->count < TIMING_ROUNDS)
		timing->round[timing->count++] = nanoseconds;
}

static inline int timing_compare(const void *a, const void *b)
{
	const uint64_t *left = a, *right = b;

	return *left < *right ? -1 : *left > *right;
}

/* Sorts the rounds. 0 without any. */
static inline double timing_median(struct timing *timing)
{
	if (!timing->count)
		return 0;
	qsort(timing->round, timing->count, sizeof(timing->round[0]), timing_compare);
	return (double)timing->round[timing->count / 2];
}

#endif
