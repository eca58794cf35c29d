// SPDX-License-Identifier: MIT
/* SVG's pieces. */
#include "svg.h"
#include "text.h"

/* Of a character of our legends, at 12 units, in most fonts. */
#define CHARACTER 6.6

/* Of a legend's square, and of the space behind it. */
#define SQUARE 12.0
#define SPACE  6.0

void svg_text(FILE *file, const char *text)
{
	for (; *text; text++)
		switch (*text) {
		case '&':
			fputs("&amp;", file);
			break;
		case '<':
			fputs("&lt;", file);
			break;
		case '>':
			fputs("&gt;", file);
			break;
		case '"':
			fputs("&quot;", file);
			break;
		case '\'':
			fputs("&#39;", file);
			break;
		default:
			putc(*text, file);
		}
}

uint64_t svg_size_step(uint64_t greatest, unsigned int most)
{
	uint64_t step = 4096;

	while (step < (uint64_t)1 << 62 && greatest / step >= most)
		step *= 2;
	return step;
}

uint64_t svg_time_step(uint64_t greatest, unsigned int most)
{
	static const uint64_t steps[] = {
		1,	2,	5,	 10,	  20,	   50,	     100,      200,	 500,
		1000,	2000,	5000,	 10000,	  15000,   30000,    60000,    120000,	 300000,
		600000, 900000, 1800000, 3600000, 7200000, 21600000, 43200000, 86400000,
	};
	const size_t count = sizeof(steps) / sizeof(steps[0]);
	uint64_t step;

	for (size_t i = 0; i < count; i++)
		if (greatest / steps[i] <= most)
			return steps[i];
	step = steps[count - 1];
	while (greatest / step > most && step < (uint64_t)1 << 62)
		step *= 2;
	return step;
}

uint64_t svg_round_up(uint64_t number, uint64_t step)
{
	uint64_t rest = number % step;

	return rest ? number + (step - rest) : number;
}

void svg_legend(FILE *file, double x, double y, const char *class, const char *word, double width)
{
	double room = width - SQUARE - SPACE - SPACE;

	fprintf(file,
		"<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.0f\" height=\"%.0f\" rx=\"2\"/>",
		class, x, y - SQUARE + 2, SQUARE, SQUARE);
	fprintf(file, "<text class=\"legend\" x=\"%.1f\" y=\"%.1f\"", x + SQUARE + SPACE, y);
	if ((double)text_width(word) * CHARACTER > room)
		fprintf(file, " textLength=\"%.0f\" lengthAdjust=\"spacingAndGlyphs\"", room);
	putc('>', file);
	svg_text(file, word);
	fputs("</text>\n", file);
}
