/* SPDX-License-Identifier: MIT */
/* Virtual addresses: how they are written, and of which parts they are made. */
#ifndef TOOLS_ADDRESS_H
#define TOOLS_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct address_part - bits of an address that have one meaning
 * @name: what they are: an index into a table, by its name, or the offset
 * @low: the lowest bit
 * @bits: how many
 */
struct address_part {
	const char *name;
	unsigned int low;
	unsigned int bits;
};

/* Parts, the highest first: as many as there are levels, and the offset. */
#define ADDRESS_PARTS 6

/**
 * struct address_picture - bits with braces under them, and what they are
 * @lines: numbers of bits, bits, braces, names with values
 * @width: columns of the longest
 */
struct address_picture {
	char lines[4][160];
	size_t width;
};

/* Hexadecimal, with or without 0x in front and ` between its halves; false if it is none. */
bool address_parse(const char *text, uint64_t *address);

/* Are all bits alike from the highest on that is translated? */
bool address_canonical(uint64_t address, unsigned int levels);

/* The name of a table on a level, 1 for the lowest; "PT", "PD" and so on. */
const char *address_table(unsigned int level);

/* Of an x86-64 with so many levels; gives how many parts there are. */
size_t address_parts(unsigned int levels, struct address_part *parts);

/* Of an x86 of 32 bits: directory, table, offset. */
size_t address_parts_x86(struct address_part *parts);

uint64_t address_value(uint64_t address, const struct address_part *part);

struct address_picture address_picture(uint64_t address, const struct address_part *parts,
				       size_t count);

#endif
