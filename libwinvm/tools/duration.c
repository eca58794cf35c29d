// SPDX-License-Identifier: MIT
/* Times: written and read. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "duration.h"

/* A year is longer than anybody records. */
#define MOST ((uint64_t)366 * 24 * 3600 * 1000)

struct duration_text duration(uint64_t milliseconds)
{
	unsigned long long seconds = milliseconds / 1000, rest = milliseconds % 1000;
	struct duration_text out;

	if (!seconds)
		snprintf(out.text, sizeof(out.text), "%llu ms", rest);
	else if (seconds < 60 && rest >= 10)
		snprintf(out.text, sizeof(out.text), "%llu.%0*llu s", seconds,
			 rest / 10 % 10 ? 2 : 1, rest / 10 % 10 ? rest / 10 : rest / 100);
	else if (seconds < 60)
		snprintf(out.text, sizeof(out.text), "%llu s", seconds);
	else if (seconds < 3600)
		snprintf(out.text, sizeof(out.text), "%llu min %llu s", seconds / 60, seconds % 60);
	else
		snprintf(out.text, sizeof(out.text), "%llu h %llu min", seconds / 3600,
			 seconds / 60 % 60);
	return out;
}

/* Of a unit in milliseconds; 0 if it is none. */
static uint64_t unit_of(const char *text)
{
	if (!*text || !strcmp(text, "s"))
		return 1000;
	if (!strcmp(text, "ms"))
		return 1;
	if (!strcmp(text, "m") || !strcmp(text, "min"))
		return 60000;
	return strcmp(text, "h") ? 0 : 3600000;
}

bool duration_parse(const char *text, uint64_t *milliseconds)
{
	uint64_t whole, thousandths = 0, scale = 1000, unit;
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	whole = strtoull(text, &end, 10);
	if (*end == '.' && isdigit((unsigned char)end[1]))
		for (end++; isdigit((unsigned char)*end); end++, scale /= 10)
			thousandths += (uint64_t)(*end - '0') * scale / 10;
	unit = unit_of(end);
	if (errno || !unit || whole > MOST / unit)
		return false;
	*milliseconds = whole * unit + thousandths * unit / 1000;
	return *milliseconds && *milliseconds <= MOST;
}
