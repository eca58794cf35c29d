// SPDX-License-Identifier: MIT
/* Drawing bars. */
#include <stdbool.h>
#include <stdio.h>

#include "bar.h"
#include "flow.h"
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

void bar_key(const struct bar_part *part)
{
	const char *colour = screen_colour(part->colour);

	printf(*colour ? "%s\033[7m%c\033[27m" : "%s%c", colour, part->letter);
}

/* Its letter is in front in any case: not all see colours. */
static void draw_part(const struct bar_part *part, size_t columns)
{
	bool coloured = *screen_colour(part->colour);

	bar_key(part);
	while (--columns)
		coloured ? fputs("\u2588", stdout) : putchar(part->letter);
	fputs(screen_plain(part->colour), stdout);
}

void bar_draw(const struct bar_part *parts, size_t count, uint64_t full, size_t width)
{
	size_t columns[MOST_PARTS];

	bar_lay_out(parts, count, full, width, columns);
	for (size_t i = 0; i < count; i++)
		if (columns[i])
			draw_part(&parts[i], columns[i]);
	putchar('\n');
}

void bar_legend(const struct bar_part *parts, size_t count)
{
	struct flow flow = { .gap = 2 };

	for (size_t i = 0; i < count; i++) {
		flow_next(&flow, 2 + text_width(parts[i].name));
		bar_key(&parts[i]);
		printf("%s %s", screen_plain(parts[i].colour), parts[i].name);
	}
	flow_end(&flow);
}

void bar_gauge(const char *title, uint64_t full, const struct bar_part *parts, size_t count)
{
	size_t width = screen_width();

	width = width && width < 200 ? width : 100;
	printf("%-8s%14s  ", title, full ? unit_size(full, output.unit).text : "unknown");
	bar_draw(parts, count, full, width > GAUGE_TITLE ? width - GAUGE_TITLE : 1);
	bar_legend(parts, count);
}
