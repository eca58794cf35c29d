// SPDX-License-Identifier: MIT
/* Drawing bars. */
#include <stdbool.h>
#include <stdio.h>

#include "bar.h"
#include "output.h"
#include "text.h"

/* Columns of the screen in front of a gauge. */
#define GAUGE_TITLE 24

/* More parts than any bar has. */
#define MOST_PARTS 16

/* Ends where the sum so far does, so that roundings do not add up. */
void bar_lay_out(const struct bar_part *parts, size_t count, uint64_t full, size_t width,
		 size_t *columns)
{
	uint64_t sum = 0;
	size_t at = 0;

	for (size_t i = 0; i < count; i++) {
		size_t end;

		columns[i] = 0;
		sum += parts[i].amount;
		end = full ? (size_t)((double)sum / (double)full * (double)width + 0.5) : 0;
		if (parts[i].amount && end <= at)
			end = at + 1;
		if (!parts[i].amount || at >= width)
			continue;
		end = end > width ? width : end;
		columns[i] = end - at;
		at = end;
	}
}

void bar_mark(enum colour colour, char letter)
{
	if (*screen_colour(colour))
		fputs("\u2588", stdout);
	else
		putchar(letter);
}

void bar_draw(const struct bar_part *parts, size_t count, uint64_t full, size_t width)
{
	size_t columns[MOST_PARTS];

	bar_lay_out(parts, count, full, width, columns);
	for (size_t i = 0; i < count; i++) {
		fputs(screen_colour(parts[i].colour), stdout);
		for (size_t column = 0; column < columns[i]; column++)
			bar_mark(parts[i].colour, parts[i].letter);
		fputs(screen_plain(parts[i].colour), stdout);
	}
	putchar('\n');
}

void bar_legend(const struct bar_part *parts, size_t count, size_t width)
{
	size_t at = 0;

	for (size_t i = 0; i < count; i++) {
		size_t wide = 2 + text_width(parts[i].name);

		if (at && width && at + 2 + wide > width) {
			putchar('\n');
			at = 0;
		}
		fputs(at ? "  " : "", stdout);
		at += at ? 2 + wide : wide;
		fputs(screen_colour(parts[i].colour), stdout);
		bar_mark(parts[i].colour, parts[i].letter);
		printf("%s %s", screen_plain(parts[i].colour), parts[i].name);
	}
	putchar('\n');
}

void bar_gauge(const char *title, uint64_t full, const struct bar_part *parts, size_t count)
{
	size_t width = screen_width();

	width = width && width < 200 ? width : 100;
	printf("%-8s%14s  ", title, full ? unit_size(full, output.unit).text : "unknown");
	bar_draw(parts, count, full, width > GAUGE_TITLE ? width - GAUGE_TITLE : 1);
	bar_legend(parts, count, width);
}
