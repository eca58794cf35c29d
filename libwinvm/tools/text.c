// SPDX-License-Identifier: MIT
/* Characters, and how wide they are. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include "text.h"

void *text_allocate(void *old, size_t count, size_t bytes)
{
	void *memory = reallocarray(old, count, bytes);

	if (!memory && count) {
		fputs("winvm: no memory\n", stderr);
		exit(1);
	}
	return memory;
}

/* The next character and its length; one byte that is none, or not for screens: 0. */
static size_t next_character(const char *text, wchar_t *character)
{
	mbstate_t state = { 0 };
	size_t bytes;

	/* Nearly all are. */
	if (*text >= ' ' && *text <= '~') {
		*character = (wchar_t)*text;
		return 1;
	}
	bytes = mbrtowc(character, text, strlen(text), &state);
	if (bytes == (size_t)-1 || bytes == (size_t)-2) {
		*character = 0;
		return 1;
	}
	if (!iswprint((wint_t)*character) || wcwidth(*character) < 0)
		*character = 0;
	return bytes;
}

char *text_clean(const char *text)
{
	char *clean = text_allocate(NULL, strlen(text) + 1, 1), *to = clean;
	wchar_t character;
	size_t bytes;

	for (; *text; text += bytes) {
		bytes = next_character(text, &character);
		if (character) {
			memcpy(to, text, bytes);
			to += bytes;
		} else {
			*to++ = '?';
		}
	}
	*to = 0;
	return clean;
}

size_t text_fit(const char *text, size_t columns)
{
	const char *at = text;
	wchar_t character;
	size_t bytes, wide;

	for (; *at; at += bytes, columns -= wide) {
		bytes = next_character(at, &character);
		wide = bytes > 1 && character ? (size_t)wcwidth(character) : 1;
		if (wide > columns)
			break;
	}
	return (size_t)(at - text);
}

size_t text_width(const char *text)
{
	size_t width = 0, bytes;
	wchar_t character;

	for (; *text >= ' ' && *text <= '~'; text++)
		width++;
	for (; *text; text += bytes) {
		bytes = next_character(text, &character);
		width += bytes > 1 && character ? (size_t)wcwidth(character) : 1;
	}
	return width;
}
