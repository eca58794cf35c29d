/* SPDX-License-Identifier: GPL-2.0 */
/* How much memory of the machine is little, and how much is plenty (SPEC CC-15). */
#ifndef WINVM_PURE_AVAILABILITY_H
#define WINVM_PURE_AVAILABILITY_H

#include "seam.h"

#define WINVM_LEVELS_STEP	(4ULL << 30)	/* bytes of memory */
#define WINVM_LEVELS_LOW	(32ULL << 20)	/* of which so many are little */
#define WINVM_LEVELS_LOW_MOST	(64ULL << 20)
#define WINVM_LEVELS_HIGH	3ULL		/* times as much is plenty */

/**
 * struct winvm_levels - in bytes
 * @low: so much available, or less, is low
 * @high: so much available, or more, is high
 */
struct winvm_levels {
	u64 low;
	u64 high;
};

/* Between the two memory is neither low nor high. */
enum winvm_availability {
	WINVM_AVAILABLE_MIDDLE,
	WINVM_AVAILABLE_LOW,
	WINVM_AVAILABLE_HIGH,
};

/** winvm_levels_default() - of a machine with @memory bytes */
static inline struct winvm_levels winvm_levels_default(u64 memory)
{
	u64 low = min(ALIGN(memory, WINVM_LEVELS_STEP) / WINVM_LEVELS_STEP * WINVM_LEVELS_LOW,
		      WINVM_LEVELS_LOW_MOST);

	return (struct winvm_levels){ low, low * WINVM_LEVELS_HIGH };
}

/** winvm_levels_sound() - memory is never low and high at once */
static inline bool winvm_levels_sound(const struct winvm_levels *levels)
{
	return levels->low < levels->high;
}

/** winvm_levels_judge() - what @available bytes are */
static inline enum winvm_availability winvm_levels_judge(const struct winvm_levels *levels,
							 u64 available)
{
	if (available <= levels->low)
		return WINVM_AVAILABLE_LOW;
	return available >= levels->high ? WINVM_AVAILABLE_HIGH : WINVM_AVAILABLE_MIDDLE;
}

#endif
