/* SPDX-License-Identifier: MIT */
/* Text with colours, taken apart: lines, and what of a line has one colour. */
#ifndef TOOLS_INK_H
#define TOOLS_INK_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct ink - a part of a line that looks alike
 * @colour: one of the terminal's 256; -1: that of its own
 * @bold, @reverse: how it looks, too
 * @text: it, @bytes of it
 */
struct ink {
	int colour;
	bool bold;
	bool reverse;
	const char *text;
	size_t bytes;
};

/* To begin with. */
static inline struct ink ink_of(const char *line)
{
	return (struct ink){ .colour = -1, .text = line };
}

/* The next part of a line. 0 bytes: there is no more. Escapes that are no colours are left out. */
void ink_next(struct ink *ink);

/**
 * struct ink_lines - a text, line by line
 * @text: all of it, to be freed
 * @at: array of @count lines
 * @count: how many
 */
struct ink_lines {
	char *text;
	char **at;
	size_t count;
};

/* Takes over @text, which may be NULL: of no lines. */
void ink_split(struct ink_lines *lines, char *text);
void ink_forget(struct ink_lines *lines);

/*
 * What is printed to stdout from the first to the second becomes a text, to be freed. Ends
 * the program without memory.
 */
void ink_catch(void);
char *ink_caught(void);

#endif
