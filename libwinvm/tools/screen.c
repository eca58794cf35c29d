// SPDX-License-Identifier: MIT
/* How wide, and in which colours. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "screen.h"
#include "unit.h"

/* Of the 16 that every terminal has: its owner chose them to be read. */
static const char *const screen_colours[] = {
	[COLOUR_NONE] = "",
	[COLOUR_TITLE] = "\033[1m",
	[COLOUR_FAINT] = "\033[90m",
	[COLOUR_GOOD] = "\033[32m",
	[COLOUR_WARN] = "\033[33m",
	[COLOUR_BAD] = "\033[31m",
	[COLOUR_PRIVATE] = "\033[34m",
	[COLOUR_MAPPED] = "\033[36m",
	[COLOUR_IMAGE] = "\033[35m",
	[COLOUR_OTHER] = "\033[33m",
};

size_t screen_width(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	uint64_t number;

	if (columns && unit_parse_number(columns, 20, 10000, &number))
		return (size_t)number;
	if (!isatty(STDOUT_FILENO))
		return 0;
	return !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col ? size.ws_col : 80;
}

static bool has_colours(void)
{
	const char *no = getenv("NO_COLOR"), *forced = getenv("WINVM_COLOR");
	const char *terminal = getenv("TERM");

	if (no && *no)
		return false;
	if (forced && !strcmp(forced, "1"))
		return true;
	return isatty(STDOUT_FILENO) && terminal && strcmp(terminal, "dumb");
}

static bool coloured(void)
{
	static int known = -1;

	if (known < 0)
		known = has_colours();
	return known;
}

const char *screen_colour(enum colour colour)
{
	return coloured() ? screen_colours[colour] : "";
}

const char *screen_plain(enum colour colour)
{
	return colour != COLOUR_NONE && coloured() ? "\033[0m" : "";
}
