// SPDX-License-Identifier: MIT
/* Colours and lines of what was printed. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ink.h"
#include "text.h"

static FILE *ink_stdout;
static char *ink_text;
static size_t ink_bytes;

/* "[32m": the number, or what was before if it is something else; gives its length. */
static size_t read_code(const char *text, unsigned int *code)
{
	size_t at = 1;
	unsigned int number = 0;

	if (*text != '[')
		return 0;
	for (; text[at] >= '0' && text[at] <= '9' && at < 5; at++)
		number = number * 10 + (unsigned int)(text[at] - '0');
	if (text[at] != 'm')
		return at;
	*code = number;
	return at + 1;
}

void ink_next(struct ink *ink)
{
	ink->text += ink->bytes;
	while (*ink->text == '\033')
		ink->text += 1 + read_code(ink->text + 1, &ink->code);
	ink->bytes = strcspn(ink->text, "\033");
}

void ink_split(struct ink_lines *lines, char *text)
{
	size_t count = 0;

	ink_forget(lines);
	lines->text = text;
	for (const char *at = text; at && *at; at++)
		count += *at == '\n';
	lines->at = text_allocate(NULL, count + 1, sizeof(*lines->at));
	while (text && *text) {
		char *end = strchrnul(text, '\n');

		lines->at[lines->count++] = text;
		text = *end ? end + 1 : end;
		*end = 0;
	}
}

void ink_forget(struct ink_lines *lines)
{
	free(lines->text);
	free(lines->at);
	*lines = (struct ink_lines){ 0 };
}

/* The GNU C Library lets programs set stdout. */
void ink_catch(void)
{
	FILE *stream = open_memstream(&ink_text, &ink_bytes);

	if (!stream)
		text_allocate(NULL, SIZE_MAX, 1);
	ink_stdout = stdout;
	stdout = stream;
}

char *ink_caught(void)
{
	FILE *stream = stdout;

	stdout = ink_stdout;
	if (fclose(stream))
		text_allocate(NULL, SIZE_MAX, 1);
	return ink_text;
}
