/* SPDX-License-Identifier: MIT */
/* The terminal, if there is one. */
#ifndef TOOLS_SCREEN_H
#define TOOLS_SCREEN_H

#include <stddef.h>

/* Names of what is coloured, not of colours. */
enum colour {
	COLOUR_NONE,
	COLOUR_TITLE,
	COLOUR_FAINT,
	COLOUR_GOOD,
	COLOUR_WARN,
	COLOUR_BAD,
	COLOUR_PRIVATE,
	COLOUR_MAPPED,
	COLOUR_IMAGE,
	COLOUR_OTHER,
};

/* Columns: of the terminal, or what COLUMNS says; 0 where lines may have any length. */
size_t screen_width(void);

/*
 * What begins and ends a colour: nothing where there is no terminal, or NO_COLOR is set.
 * WINVM_COLOR=1 colours pipes, too. Each is readable on dark and light ground.
 */
const char *screen_colour(enum colour colour);
const char *screen_plain(enum colour colour);

#endif
