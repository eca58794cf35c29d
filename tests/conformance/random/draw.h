/* SPDX-License-Identifier: GPL-2.0 */
/* Random numbers, the same ones for the same seed everywhere. */
#ifndef RANDOM_DRAW_H
#define RANDOM_DRAW_H

#include <stdbool.h>
#include <stdint.h>

struct draw {
	uint64_t state;
};

/* splitmix64 */
static inline uint64_t draw_word(struct draw *draw)
{
	uint64_t word = draw->state += UINT64_C(0x9e3779b97f4a7c15);

	word = (word ^ (word >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	word = (word ^ (word >> 27)) * UINT64_C(0x94d049bb133111eb);
	return word ^ (word >> 31);
}

/* 0 to @count - 1 */
static inline uint64_t draw_below(struct draw *draw, uint64_t count)
{
	return (draw_word(draw) >> 11) % count;
}

static inline bool draw_percent(struct draw *draw, unsigned int percent)
{
	return draw_below(draw, 100) < percent;
}

#define DRAW_FROM(draw, list) ((list)[draw_below(draw, sizeof(list) / sizeof((list)[0]))])

#endif
