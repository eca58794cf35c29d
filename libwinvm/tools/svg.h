/* SPDX-License-Identifier: MIT */
/* Pieces of SVG and HTML: text that is safe in them, and axes. */
#ifndef TOOLS_SVG_H
#define TOOLS_SVG_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A text as HTML and SVG have it, in attributes too: nothing in it is markup. */
void svg_text(FILE *file, const char *text);

/* Of an axis of bytes: the distance of its marks, a power of two, for at most @most of them. */
uint64_t svg_size_step(uint64_t greatest, unsigned int most);

/* Of an axis of milliseconds: 1, 2, 5, 10 ... ms, seconds, minutes, hours, days. */
uint64_t svg_time_step(uint64_t greatest, unsigned int most);

/* The multiple that is not less. */
uint64_t svg_round_up(uint64_t number, uint64_t step);

/*
 * A square and a word beside it, part of a legend. @class: of the square; @width: what there
 * is for both. Longer words are drawn closer.
 */
void svg_legend(FILE *file, double x, double y, const char *class, const char *word, double width);

#endif
