/* SPDX-License-Identifier: MIT */
/* Bars: lines whose parts are as long as what they stand for. */
#ifndef TOOLS_BAR_H
#define TOOLS_BAR_H

#include <stddef.h>
#include <stdint.h>

#include "screen.h"

/**
 * struct bar_part - of a bar
 * @amount: what it stands for
 * @colour: it is drawn in
 * @letter: in front of it, and all of it where there are no colours
 */
struct bar_part {
	uint64_t amount;
	enum colour colour;
	char letter;
};

/* The first column of a part, for a legend; screen_plain() is the caller's. */
void bar_key(const struct bar_part *part);

/*
 * Draws the parts in as many columns as @full would take @width; each that is anything
 * takes one at least.
 */
void bar_draw(const struct bar_part *parts, size_t count, uint64_t full, size_t width);

#endif
