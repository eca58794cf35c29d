/* SPDX-License-Identifier: GPL-2.0 */
/* Deterministic random numbers (splitmix64); a test prints its seed. */
#ifndef RANDOM_H
#define RANDOM_H

#include "seam_user.h"

struct random {
	u64 state;
};

static inline u64 random_next(struct random *random)
{
	u64 z = random->state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

/* 0 to limit - 1 */
static inline u64 random_below(struct random *random, u64 limit)
{
	return random_next(random) % limit;
}

/* low to high, both included */
static inline u64 random_between(struct random *random, u64 low, u64 high)
{
	return low + random_below(random, high - low + 1);
}

#endif
