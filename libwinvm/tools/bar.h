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
 * @letter: it is drawn with where there are no colours
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

/* What a part is drawn with, without its colour. */
void bar_mark(enum colour colour, char letter);

/* Which part is drawn how, in lines of @width; 0: in one. */
void bar_legend(const struct bar_part *parts, size_t count, size_t width);

/* A bar across the screen behind its title and @full, bytes (0: unknown), and the legend. */
void bar_gauge(const char *title, uint64_t full, const struct bar_part *parts, size_t count);

#endif
