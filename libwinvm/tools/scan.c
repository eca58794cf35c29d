// SPDX-License-Identifier: MIT
/* Reading JSON, byte by byte. */
#include <string.h>

#include "scan.h"

#define MOST_KEY 32

bool scan_wrong(struct scan *scan, const char *what)
{
	if (!scan->wrong)
		scan->wrong = what;
	return false;
}

/* -1: the text is over. */
static int next(const struct scan *scan)
{
	return scan->at < scan->length ? (unsigned char)scan->text[scan->at] : -1;
}

static void skip_spaces(struct scan *scan)
{
	int byte;

	while ((byte = next(scan)) == ' ' || byte == '\t' || byte == '\r')
		scan->at++;
}

bool scan_take(struct scan *scan, char wanted)
{
	skip_spaces(scan);
	if (next(scan) != (unsigned char)wanted)
		return false;
	scan->at++;
	return true;
}

bool scan_end(struct scan *scan)
{
	skip_spaces(scan);
	return next(scan) < 0 || scan_wrong(scan, "something follows that does not belong there");
}

/* What JSON or its dialects have for numbers, and we have not. */
static bool no_number(struct scan *scan, int byte)
{
	if (byte == '-')
		return scan_wrong(scan, "a number that is negative");
	if (byte == 'N' || byte == 'I')
		return scan_wrong(scan, "a number that is none or infinite");
	return scan_wrong(scan, byte < 0 ? "the line ends early" : "no number where one belongs");
}

bool scan_number(struct scan *scan, void *place)
{
	uint64_t number = 0;
	size_t start;
	int byte;

	skip_spaces(scan);
	start = scan->at;
	for (; (byte = next(scan)) >= '0' && byte <= '9'; scan->at++)
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(byte - '0'), &number) ||
		    number > SCAN_MOST)
			return scan_wrong(scan, "a number that is too great");
	if (scan->at == start)
		return no_number(scan, byte);
	if (scan->text[start] == '0' && scan->at - start > 1)
		return scan_wrong(scan, "a number that begins with 0");
	if (byte == '.' || byte == 'e' || byte == 'E')
		return scan_wrong(scan, "a number that is not whole");
	*(uint64_t *)place = number;
	return true;
}

/* Four digits behind \u. */
static bool read_unit(struct scan *scan, uint32_t *unit)
{
	*unit = 0;
	for (int i = 0; i < 4; i++, scan->at++) {
		int byte = next(scan), digit;

		if (byte >= '0' && byte <= '9')
			digit = byte - '0';
		else if ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'f')
			digit = (byte | 0x20) - 'a' + 10;
		else
			return scan_wrong(scan, "\\u without four hexadecimal digits");
		*unit = *unit << 4 | (uint32_t)digit;
	}
	return true;
}

/* Two of them for a character beyond the first 65,536. */
static bool read_character(struct scan *scan, uint32_t *character)
{
	uint32_t low;

	if (!read_unit(scan, character))
		return false;
	if (*character - 0xdc00 < 0x400)
		return scan_wrong(scan, "half of a character");
	if (*character - 0xd800 >= 0x400)
		return *character || scan_wrong(scan, "a text with a zero in it");
	if (next(scan) != '\\' || ++scan->at >= scan->length || next(scan) != 'u')
		return scan_wrong(scan, "half of a character");
	scan->at++;
	if (!read_unit(scan, &low))
		return false;
	if (low - 0xdc00 >= 0x400)
		return scan_wrong(scan, "half of a character");
	*character = 0x10000 + ((*character - 0xd800) << 10) + (low - 0xdc00);
	return true;
}

/* Gives the length. */
static size_t to_utf8(uint32_t character, char *bytes)
{
	size_t more = character < 0x80 ? 0 : character < 0x800 ? 1 : character < 0x10000 ? 2 : 3;
	static const unsigned char marks[] = { 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = more; i; i--, character >>= 6)
		bytes[i] = (char)(0x80 | (character & 0x3f));
	bytes[0] = (char)(marks[more] | character);
	return more + 1;
}

/* Behind a backslash. Gives the length, 0 if it is wrong. */
static size_t read_escape(struct scan *scan, char *bytes)
{
	static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	int byte = next(scan);
	const char *letter = byte > 0 ? strchr(letters, byte) : NULL;
	uint32_t character;

	if (letter) {
		scan->at++;
		bytes[0] = meant[letter - letters];
		return 1;
	}
	if (byte != 'u')
		return scan_wrong(scan, "a backslash before what needs none");
	scan->at++;
	return read_character(scan, &character) ? to_utf8(character, bytes) : 0;
}

/* Gives the length of what is to be added, 0 if it is wrong. */
static size_t read_piece(struct scan *scan, char *bytes)
{
	int byte = next(scan);

	if (byte < 0)
		return scan_wrong(scan, "the line ends amid a text");
	if (byte < ' ')
		return scan_wrong(scan, "a control character in a text");
	scan->at++;
	if (byte == '\\')
		return read_escape(scan, bytes);
	bytes[0] = (char)byte;
	return 1;
}

bool scan_text(struct scan *scan, char *room, size_t bytes)
{
	size_t length = 0, more;
	char piece[4];

	if (!scan_take(scan, '"'))
		return scan_wrong(scan, next(scan) < 0 ? "the line ends early" :
							 "no text where one belongs");
	while (next(scan) != '"') {
		more = read_piece(scan, piece);
		if (!more)
			return false;
		if (length + more >= bytes)
			return scan_wrong(scan, "a text that is too long");
		memcpy(room + length, piece, more);
		length += more;
	}
	scan->at++;
	room[length] = 0;
	return true;
}

bool scan_address(struct scan *scan, void *place)
{
	uint64_t address = 0;
	char text[19], *digit = text + 2;

	if (!scan_text(scan, text, sizeof(text)))
		return false;
	if (strncmp(text, "0x", 2) || !*digit)
		return scan_wrong(scan, "an address without 0x");
	for (; *digit; digit++) {
		static const char digits[] = "0123456789abcdef";
		const char *found = strchr(digits, *digit);

		if (!found)
			return scan_wrong(scan, "an address with something else in it");
		address = address << 4 | (uint64_t)(found - digits);
	}
	*(uint64_t *)place = address;
	return true;
}

static bool read_member(struct scan *scan, const struct scan_member *members, size_t count,
			void *object, uint32_t *seen)
{
	char key[MOST_KEY];
	size_t i = 0;

	if (!scan_text(scan, key, sizeof(key)))
		return false;
	while (i < count && strcmp(members[i].key, key))
		i++;
	if (i == count)
		return scan_wrong(scan, "a key that does not belong here");
	if (*seen & 1U << i)
		return scan_wrong(scan, "a key that was there before");
	*seen |= 1U << i;
	if (!scan_take(scan, ':'))
		return scan_wrong(scan, "no colon behind a key");
	return members[i].read(scan, (char *)object + members[i].offset);
}

bool scan_object(struct scan *scan, const struct scan_member *members, size_t count, void *object,
		 uint32_t *seen)
{
	*seen = 0;
	if (!scan_take(scan, '{'))
		return scan_wrong(scan, "no object where one belongs");
	if (!scan_take(scan, '}')) {
		do
			if (!read_member(scan, members, count, object, seen))
				return false;
		while (scan_take(scan, ','));
		if (!scan_take(scan, '}'))
			return scan_wrong(scan, "an object without its end");
	}
	for (size_t i = 0; i < count; i++)
		if (members[i].needed && !(*seen & 1U << i))
			return scan_wrong(scan, "an object that lacks a key it needs");
	return true;
}

bool scan_list(struct scan *scan, bool (*item)(struct scan *scan, void *list), void *list)
{
	if (!scan_take(scan, '['))
		return scan_wrong(scan, "no list where one belongs");
	if (scan_take(scan, ']'))
		return true;
	do
		if (!item(scan, list))
			return false;
	while (scan_take(scan, ','));
	return scan_take(scan, ']') || scan_wrong(scan, "a list without its end");
}
