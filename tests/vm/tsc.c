// SPDX-License-Identifier: GPL-2.0
/*
 * Prints how many thousand times a second this machine's time stamp counter
 * ticks. Each reading lies between two of the clock, and the closest pair of
 * many counts: so other programs may take the processor at any time.
 */
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

struct moment {
	uint64_t tsc;
	uint64_t ns;
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_RAW, &now);
	return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

static struct moment moment(void)
{
	uint64_t closest = UINT64_MAX;
	struct moment best = { 0 };

	for (int i = 0; i < 100; i++) {
		uint64_t before = now_ns(), tsc = __rdtsc(), after = now_ns();

		if (after - before < closest) {
			closest = after - before;
			best = (struct moment){ tsc, before + closest / 2 };
		}
	}
	return best;
}

int main(void)
{
	struct moment from = moment(), to;

	nanosleep(&(struct timespec){ .tv_nsec = 200000000 }, NULL);
	to = moment();
	printf("%llu\n", (unsigned long long)((to.tsc - from.tsc) * 1000000U / (to.ns - from.ns)));
	return 0;
}
