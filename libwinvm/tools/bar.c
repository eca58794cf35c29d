// SPDX-License-Identifier: MIT
/* Drawing bars. */
#include <stdbool.h>
#include <stdio.h>

#include "bar.h"

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

/* Ends where the sum so far does, so that roundings do not add up. */
void bar_draw(const struct bar_part *parts, size_t count, uint64_t full, size_t width)
{
	uint64_t sum = 0;
	size_t at = 0;

	for (size_t i = 0; i < count; i++) {
		size_t end;

		sum += parts[i].amount;
		end = full ? (size_t)((double)sum / (double)full * (double)width + 0.5) : 0;
		if (parts[i].amount && end <= at)
			end = at + 1;
		if (!parts[i].amount || at >= width)
			continue;
		end = end > width ? width : end;
		draw_part(&parts[i], end - at);
		at = end;
	}
	putchar('\n');
}
