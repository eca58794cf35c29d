/* SPDX-License-Identifier: GPL-2.0 */
/* A failing script, made as short as can be. */
#ifndef RANDOM_SHRINK_H
#define RANDOM_SHRINK_H

#include <stdbool.h>
#include <stddef.h>

#include "generate.h"

struct lines {
	char (*line)[GENERATE_LINE];
	size_t count;
};

/*
 * Plays a script afresh. Return: the number of its first operation that went
 * wrong, or the count of lines if none did; one more if only what was left at
 * the end is wrong.
 */
typedef size_t shrink_play(const struct lines *script);

/* Takes operations out of @script, then makes arguments simpler, as long as it still fails. */
void shrink(struct lines *script, shrink_play *play);

#endif
