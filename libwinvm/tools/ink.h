/* SPDX-License-Identifier: MIT */
/* Text with colours, taken apart: lines, and what of a line has one colour. */
#ifndef TOOLS_INK_H
#define TOOLS_INK_H

#include <stddef.h>

/**
 * struct ink - a part of a line that has one colour
 * @code: as "ESC [ code m" says; 0: none
 * @text: it, @bytes of it
 */
struct ink {
	unsigned int code;
	const char *text;
	size_t bytes;
};

/*
 * The next part of a line; @code and @text begin as 0 and the line. 0 bytes: there is no
 * more. Escapes that are no colours are left out.
 */
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
