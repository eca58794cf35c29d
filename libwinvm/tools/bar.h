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
 * @name: in the legend
 */
struct bar_part {
	uint64_t amount;
	enum colour colour;
	char letter;
	const char *name;
};

/*
 * How many columns each part takes where @full would take @width; each that is anything
 * takes one at least, while there are any.
 */
void bar_lay_out(const struct bar_part *parts, size_t count, uint64_t full, size_t width,
		 size_t *columns);

/* Draws a line. */
void bar_draw(const struct bar_part *parts, size_t count, uint64_t full, size_t width);

/* The first column of a part, for a legend; screen_plain() is the caller's. */
void bar_key(const struct bar_part *part);

/* Which part is drawn how, on as many lines of the screen as it takes. */
void bar_legend(const struct bar_part *parts, size_t count);

/* A bar across the screen behind its title and @full, bytes (0: unknown), and the legend. */
void bar_gauge(const char *title, uint64_t full, const struct bar_part *parts, size_t count);

#endif
