// SPDX-License-Identifier: MIT
/*
 * A Windows command line into arguments, by the rules of Microsoft's C
 * runtime: blanks separate, double quotes group. The program's name ends at
 * its closing quote or at a blank. In the other arguments 2n backslashes
 * before a quote are n backslashes, 2n + 1 are n and a quote that stands for
 * itself, as does the second of two quotes inside a group; backslashes
 * anywhere else are themselves.
 */

#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* @out takes what was read; an argument never gets longer than its source. */
struct winvm_cmdline {
	const char *in;
	char *out;
};

static bool winvm_cmdline_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void winvm_cmdline_put(struct winvm_cmdline *line, char c, size_t count)
{
	memset(line->out, c, count);
	line->out += count;
}

static void winvm_cmdline_program(struct winvm_cmdline *line)
{
	bool quoted = false;

	for (; *line->in && (quoted || !winvm_cmdline_blank(*line->in)); line->in++) {
		if (*line->in == '"')
			quoted = !quoted;
		else
			winvm_cmdline_put(line, *line->in, 1);
	}
	winvm_cmdline_put(line, '\0', 1);
}

/* A run of backslashes, and the quote after it if that stands for itself. */
static void winvm_cmdline_backslashes(struct winvm_cmdline *line)
{
	size_t count = strspn(line->in, "\\");

	line->in += count;
	if (*line->in != '"') {
		winvm_cmdline_put(line, '\\', count);
		return;
	}
	winvm_cmdline_put(line, '\\', count / 2);
	if (count % 2)
		winvm_cmdline_put(line, *line->in++, 1);
}

static void winvm_cmdline_argument(struct winvm_cmdline *line)
{
	bool quoted = false;

	while (*line->in && (quoted || !winvm_cmdline_blank(*line->in))) {
		if (*line->in == '\\') {
			winvm_cmdline_backslashes(line);
		} else if (*line->in != '"') {
			winvm_cmdline_put(line, *line->in++, 1);
		} else if (quoted && line->in[1] == '"') {
			winvm_cmdline_put(line, '"', 1);
			line->in += 2;
		} else {
			quoted = !quoted;
			line->in++;
		}
	}
	winvm_cmdline_put(line, '\0', 1);
}

/* One block that free() takes: the pointers, NULL, then the strings. NULL without memory. */
char **winvm_cmdline_split(const char *text)
{
	size_t length = strlen(text);
	size_t most = length / 2 + 2;
	char **arguments = malloc((most + 1) * sizeof(*arguments) + length + 2);
	struct winvm_cmdline line = { .in = text };
	size_t count = 0;

	if (!arguments)
		return NULL;
	line.out = (char *)(arguments + most + 1);
	arguments[count++] = line.out;
	winvm_cmdline_program(&line);
	for (;;) {
		line.in += strspn(line.in, " \t");
		if (!*line.in)
			break;
		arguments[count++] = line.out;
		winvm_cmdline_argument(&line);
	}
	arguments[count] = NULL;
	return arguments;
}
