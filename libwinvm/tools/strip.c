// SPDX-License-Identifier: MIT
/*
 * Strips. The 128 TB of an address space are empty but for a few places, so each place has a
 * strip of its own, and its scale is told.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "flow.h"
#include "output.h"
#include "strip.h"
#include "unit.h"

/* So much that is free parts two places. */
#define APART ((uint64_t)1 << 30)

/* Of a column: nothing is there, it is reserved, committed, and in memory by quarters. */
static const char *const marks[] = { " ", "\u00b7", "-", "\u2591", "\u2592", "\u2593", "\u2588" };

enum { MARK_FREE, MARK_RESERVED, MARK_COMMITTED, MARK_RESIDENT };

/**
 * struct sums - of what lies in a column, in bytes
 * @used: it
 * @committed, @resident: of these
 * @most: the greatest part of one colour
 * @colour: that one
 */
struct sums {
	double used;
	double committed;
	double resident;
	double most;
	enum colour colour;
};

/* What is in a span is thought to lie evenly in it. */
static void add(struct sums *sums, const struct strip_span *span, double from, double to)
{
	double start = (double)span->start, end = start + (double)span->bytes, share;

	from = start > from ? start : from;
	to = end < to ? end : to;
	if (from >= to)
		return;
	share = (to - from) / (double)span->bytes;
	sums->used += to - from;
	sums->committed += share * (double)span->committed;
	sums->resident += share * (double)span->resident;
	if (to - from > sums->most) {
		sums->most = to - from;
		sums->colour = span->colour;
	}
}

static const char *mark_of(const struct sums *sums)
{
	double heat;

	if (sums->used <= 0)
		return marks[MARK_FREE];
	if (sums->committed <= 0)
		return marks[MARK_RESERVED];
	heat = sums->resident / sums->used;
	if (heat <= 0)
		return marks[MARK_COMMITTED];
	return marks[MARK_RESIDENT + (heat > 0.25) + (heat > 0.5) + (heat > 0.75)];
}

/* @first: moves on to the first span that may lie in the next column. */
static void draw_column(const struct strip_span *spans, size_t count, size_t *first, double from,
			double to)
{
	struct sums sums = { 0 };

	while (*first < count && (double)(spans[*first].start + spans[*first].bytes) <= from)
		++*first;
	for (size_t i = *first; i < count && (double)spans[i].start < to; i++)
		add(&sums, &spans[i], from, to);
	printf("%s%s%s", screen_colour(sums.colour), mark_of(&sums), screen_plain(sums.colour));
}

static void draw_place(const struct strip_span *spans, size_t count, size_t width)
{
	uint64_t start = spans[0].start, end = spans[count - 1].start + spans[count - 1].bytes;
	double each = (double)(end - start) / (double)width;
	size_t first = 0;

	printf("%s  ", unit_address(start).text);
	for (size_t i = 0; i < width; i++)
		draw_column(spans, count, &first, (double)start + (double)i * each,
			    (double)start + (double)(i + 1) * each);
	printf("  %s\n", unit_size((uint64_t)each, UNIT_HUMAN).text);
}

static void draw_legend(void)
{
	static const char *const words[] = {
		NULL, "reserved", "committed", "in memory: some", "a quarter", "half", "most"
	};
	struct flow flow = { .gap = 2 };

	for (size_t i = MARK_RESERVED; i < sizeof(words) / sizeof(words[0]); i++) {
		flow_next(&flow, 2 + strlen(words[i]));
		printf("%s %s", marks[i], words[i]);
	}
	flow_end(&flow);
}

void strip_draw(const struct strip_span *spans, size_t count, size_t width)
{
	size_t first = 0;

	printf("%s%-12s  %-*s  a column%s\n", screen_colour(COLOUR_TITLE), "from", (int)width, "",
	       screen_plain(COLOUR_TITLE));
	for (size_t i = 1; i <= count; i++) {
		uint64_t end = spans[i - 1].start + spans[i - 1].bytes;

		if (i < count && spans[i].start - end < APART)
			continue;
		draw_place(spans + first, i - first, width);
		first = i;
	}
	draw_legend();
}
