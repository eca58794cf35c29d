// SPDX-License-Identifier: MIT
/* Addresses taken apart. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "address.h"

static const char *const tables[] = { "PT", "PD", "PDPT", "PML4", "PML5" };

#define LEVELS	       (sizeof(tables) / sizeof(tables[0]))
#define PAGE_BITS      12
#define INDEX_BITS     9
#define INDEX_BITS_X86 10

static int digit(char character)
{
	if (isdigit((unsigned char)character))
		return character - '0';
	if (isxdigit((unsigned char)character))
		return tolower((unsigned char)character) - 'a' + 10;
	return -1;
}

/* Debuggers write a ` between the halves. */
bool address_parse(const char *text, uint64_t *address)
{
	size_t digits = 0;

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		text += 2;
	for (*address = 0; *text; text++) {
		int value = digit(*text);

		if (*text == '`' && digits && digit(text[1]) >= 0)
			continue;
		if (value < 0 || *address >> 60)
			return false;
		*address = *address << 4 | (uint64_t)value;
		digits++;
	}
	return digits;
}

bool address_canonical(uint64_t address, unsigned int levels)
{
	unsigned int bits = PAGE_BITS + INDEX_BITS * levels;
	int64_t top = (int64_t)address >> (bits - 1);

	return top == 0 || top == -1;
}

const char *address_table(unsigned int level)
{
	return level && level <= LEVELS ? tables[level - 1] : "-";
}

size_t address_parts(unsigned int levels, struct address_part *parts)
{
	size_t count = 0;

	for (unsigned int level = levels; level; level--)
		parts[count++] = (struct address_part){
			.name = address_table(level),
			.low = PAGE_BITS + INDEX_BITS * (level - 1),
			.bits = INDEX_BITS,
		};
	parts[count++] = (struct address_part){ "offset", 0, PAGE_BITS };
	return count;
}

size_t address_parts_x86(struct address_part *parts)
{
	parts[0] = (struct address_part){ "directory", PAGE_BITS + INDEX_BITS_X86, INDEX_BITS_X86 };
	parts[1] = (struct address_part){ "table", PAGE_BITS, INDEX_BITS_X86 };
	parts[2] = (struct address_part){ "offset", 0, PAGE_BITS };
	return 3;
}

uint64_t address_value(uint64_t address, const struct address_part *part)
{
	return address >> part->low & ((UINT64_C(1) << part->bits) - 1);
}

/* Each line gets its piece, padded to the width of the longest. */
static void append(struct address_picture *picture, char pieces[4][32], bool last)
{
	size_t wide = 0;

	for (int line = 0; line < 4; line++)
		if (strlen(pieces[line]) > wide)
			wide = strlen(pieces[line]);
	for (int line = 0; line < 4; line++) {
		char *at = picture->lines[line];
		size_t used = strlen(at);

		snprintf(at + used, sizeof(picture->lines[line]) - used, "%-*s%s", (int)wide,
			 pieces[line], last ? "" : "  ");
	}
	picture->width += wide + (last ? 0 : 2);
}

static void draw_part(uint64_t address, const struct address_part *part, char pieces[4][32])
{
	unsigned int bits = part->bits;

	snprintf(pieces[0], 32, "%-2u%*u", part->low + bits - 1, (int)bits - 2, part->low);
	for (unsigned int bit = 0; bit < bits; bit++)
		pieces[1][bit] = (char)('0' + (address >> (part->low + bits - 1 - bit) & 1));
	pieces[1][bits] = 0;
	memset(pieces[2], '_', bits);
	pieces[2][0] = '\\';
	pieces[2][bits - 1] = '/';
	pieces[2][bits] = 0;
	snprintf(pieces[3], 32, "%s %llx", part->name,
		 (unsigned long long)address_value(address, part));
}

struct address_picture address_picture(uint64_t address, const struct address_part *parts,
				       size_t count)
{
	struct address_picture picture = { .width = 0 };
	char pieces[4][32];

	for (size_t i = 0; i < count; i++) {
		draw_part(address, &parts[i], pieces);
		append(&picture, pieces, i + 1 == count);
	}
	return picture;
}
