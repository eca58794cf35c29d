// SPDX-License-Identifier: MIT
/* How wide, and in which colours. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "screen.h"
#include "unit.h"

/* Of the 16 that every terminal has: its owner chose them. */
static const char *const screen_colours[] = {
	[COLOUR_NONE] = "",
	[COLOUR_TITLE] = "\033[1m",
	[COLOUR_FAINT] = "\033[90m",
	[COLOUR_GOOD] = "\033[32m",
	[COLOUR_WARN] = "\033[33m",
	[COLOUR_BAD] = "\033[31m",
	[COLOUR_PRIVATE] = "\033[94m",
	[COLOUR_MAPPED] = "\033[36m",
	[COLOUR_IMAGE] = "\033[35m",
	[COLOUR_OTHER] = "\033[33m",
};

/*
 * Where there are 256: each at least 3:1 against black as against white, and told apart by
 * who sees no red or no green, neighbours in a bar above all.
 */
static const char *const screen_colours_256[] = {
	[COLOUR_NONE] = "",
	[COLOUR_TITLE] = "\033[1m",
	[COLOUR_FAINT] = "\033[38;5;245m",
	[COLOUR_GOOD] = "\033[38;5;64m",
	[COLOUR_WARN] = "\033[38;5;136m",
	[COLOUR_BAD] = "\033[38;5;167m",
	[COLOUR_PRIVATE] = "\033[38;5;33m",
	[COLOUR_MAPPED] = "\033[38;5;30m",
	[COLOUR_IMAGE] = "\033[38;5;133m",
	[COLOUR_OTHER] = "\033[38;5;136m",
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

static bool has_256(void)
{
	const char *terminal = getenv("TERM"), *kind = getenv("COLORTERM");

	return (terminal && strstr(terminal, "256color")) || (kind && *kind);
}

/* NULL where there are none. */
static const char *const *colours(void)
{
	static const char *const *table;
	static bool known;

	if (!known && has_colours())
		table = has_256() ? screen_colours_256 : screen_colours;
	known = true;
	return table;
}

const char *screen_colour(enum colour colour)
{
	return colours() ? colours()[colour] : "";
}

const char *screen_plain(enum colour colour)
{
	return colour != COLOUR_NONE && colours() ? "\033[0m" : "";
}
