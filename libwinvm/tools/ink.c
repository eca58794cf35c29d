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

/* More numbers than an escape of ours has. */
#define MOST_NUMBERS 8

/* One of the numbers of an escape. Gives how many it took. */
static size_t apply(struct ink *ink, const int *numbers, size_t count)
{
	int number = *numbers;

	if (number == 0)
		*ink = (struct ink){ .colour = -1, .text = ink->text };
	else if (number == 1)
		ink->bold = true;
	else if (number == 7 || number == 27)
		ink->reverse = number == 7;
	else if (number >= 30 && number < 38)
		ink->colour = number - 30;
	else if (number >= 90 && number < 98)
		ink->colour = number - 90 + 8;
	else if (number == 38 && count > 2 && numbers[1] == 5)
		ink->colour = numbers[2];
	return number == 38 && count > 2 ? 3 : 1;
}

/* "[38;5;33m": changes how it looks, unless it is something else. Gives its length. */
static size_t read_escape(const char *text, struct ink *ink)
{
	int numbers[MOST_NUMBERS] = { 0 };
	size_t at = 1, count = 0;

	if (*text != '[')
		return 0;
	for (; (text[at] >= '0' && text[at] <= '9') || text[at] == ';'; at++)
		if (text[at] == ';')
			count += count < MOST_NUMBERS - 1;
		else if (numbers[count] < 1000)
			numbers[count] = numbers[count] * 10 + text[at] - '0';
	if (text[at] != 'm')
		return at;
	for (size_t i = 0; i <= count;)
		i += apply(ink, numbers + i, count + 1 - i);
	return at + 1;
}

void ink_next(struct ink *ink)
{
	ink->text += ink->bytes;
	while (*ink->text == '\033')
		ink->text += 1 + read_escape(ink->text + 1, ink);
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
