// SPDX-License-Identifier: MIT
/* From UTF-8 to UTF-16. */

#include "internal.h"

#define WINVM_NO_CHARACTER 0xfffdu

/* Bytes that follow the first one, by its high bits; -1 if none begins so. */
static int winvm_utf8_more(unsigned char first)
{
	if (first < 0x80)
		return 0;
	if (first >= 0xc2 && first < 0xe0)
		return 1;
	if (first >= 0xe0 && first < 0xf0)
		return 2;
	return first >= 0xf0 && first < 0xf5 ? 3 : -1;
}

/* Neither longer than need be, nor half of a pair, nor past the last plane. */
static bool winvm_utf8_valid(uint32_t character, int more)
{
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };

	return character >= least[more] && character <= 0x10ffff &&
	       (character < 0xd800 || character > 0xdfff);
}

/* The text ends in a zero, which follows nothing. */
static uint32_t winvm_utf8_next(const char **text)
{
	const unsigned char *at = (const unsigned char *)*text;
	int more = winvm_utf8_more(*at);
	uint32_t character = *at & (more > 0 ? 0x3fu >> more : 0x7fu);

	*text += 1;
	if (more < 0)
		return WINVM_NO_CHARACTER;
	for (int i = 1; i <= more; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return WINVM_NO_CHARACTER;
		character = character << 6 | (at[i] & 0x3f);
	}
	if (!winvm_utf8_valid(character, more))
		return WINVM_NO_CHARACTER;
	*text += more;
	return character;
}

/*
 * The next character of a text that is not at its end, and how many units it
 * takes. A byte that no character begins with becomes U+FFFD.
 */
unsigned int winvm_utf16_next(const char **text, WCHAR units[2])
{
	uint32_t character = winvm_utf8_next(text);

	if (character < 0x10000) {
		units[0] = (WCHAR)character;
		return 1;
	}
	units[0] = (WCHAR)(0xd800 + ((character - 0x10000) >> 10));
	units[1] = (WCHAR)(0xdc00 + (character & 0x3ff));
	return 2;
}
