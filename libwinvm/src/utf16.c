// SPDX-License-Identifier: MIT
/* From UTF-8 to UTF-16, and back. */

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

/* 0 for half of a pair: the text ends there, or is none. */
static uint32_t winvm_utf16_character(const WCHAR **text)
{
	uint32_t first = *(*text)++, second;

	if (first < 0xd800 || first > 0xdfff)
		return first;
	second = **text;
	if (first > 0xdbff || second < 0xdc00 || second > 0xdfff)
		return 0;
	*text += 1;
	return 0x10000 + ((first & 0x3ff) << 10 | (second & 0x3ff));
}

/* Gives how many bytes the character takes. */
static size_t winvm_utf8_put(uint32_t character, char bytes[4])
{
	static const unsigned char first[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t count = 1u + (character > 0x7f) + (character > 0x7ff) + (character > 0xffff);

	for (size_t i = count - 1; i; i--) {
		bytes[i] = (char)(0x80 | (character & 0x3f));
		character >>= 6;
	}
	bytes[0] = (char)(first[count] | character);
	return count;
}

/*
 * With the zero at its end. Gives STATUS_OBJECT_NAME_INVALID for half of a
 * pair, which no UTF-8 is like, STATUS_NAME_TOO_LONG when there is no room.
 */
NTSTATUS winvm_utf16_to_utf8(const WCHAR *text, char *to, size_t room)
{
	size_t length = 0, count;
	uint32_t character;
	char bytes[4];

	while (*text) {
		character = winvm_utf16_character(&text);
		if (!character)
			return STATUS_OBJECT_NAME_INVALID;
		count = winvm_utf8_put(character, bytes);
		if (count >= room - length)
			return STATUS_NAME_TOO_LONG;
		memcpy(to + length, bytes, count);
		length += count;
	}
	to[length] = 0;
	return STATUS_SUCCESS;
}
