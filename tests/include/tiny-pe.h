/* SPDX-License-Identifier: GPL-2.0 */
/* PE files of a few KB, made on the spot. */
#ifndef TINY_PE_H
#define TINY_PE_H

#include <stdint.h>
#include <string.h>

#define TINY_LFANEW	0x80u
#define TINY_OPTIONAL	(TINY_LFANEW + 24)
#define TINY_OPTIONAL_BYTES 240u
#define TINY_TABLE	(TINY_OPTIONAL + TINY_OPTIONAL_BYTES)
#define TINY_HEADERS	0x400u
#define TINY_BASE	0x180000000ull

#define TINY_CODE	0x60000020u	/* executed and read */
#define TINY_CONST	0x40000040u	/* read */
#define TINY_DATA	0xc0000040u	/* read and written */

static inline void tiny_put(uint8_t *at, uint64_t value, unsigned int bytes)
{
	for (unsigned int i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

/* Headers of an AMD64 image that has no section yet. */
static inline void tiny_pe_begin(uint8_t *pe, uint64_t base, uint32_t image_bytes)
{
	memset(pe, 0, TINY_HEADERS);
	memcpy(pe, "MZ", 2);
	tiny_put(pe + 0x3c, TINY_LFANEW, 4);
	memcpy(pe + TINY_LFANEW, "PE", 2);
	tiny_put(pe + TINY_LFANEW + 4, 0x8664, 2);
	tiny_put(pe + TINY_LFANEW + 20, TINY_OPTIONAL_BYTES, 2);
	tiny_put(pe + TINY_LFANEW + 22, 0x2022, 2);	/* executable, large addresses, DLL */
	tiny_put(pe + TINY_OPTIONAL, 0x20b, 2);
	tiny_put(pe + TINY_OPTIONAL + 16, 0x1000, 4);	/* entry */
	tiny_put(pe + TINY_OPTIONAL + 24, base, 8);
	tiny_put(pe + TINY_OPTIONAL + 32, 0x1000, 4);	/* alignments */
	tiny_put(pe + TINY_OPTIONAL + 36, 0x200, 4);
	tiny_put(pe + TINY_OPTIONAL + 48, 6, 2);	/* subsystem version 6.1 */
	tiny_put(pe + TINY_OPTIONAL + 50, 1, 2);
	tiny_put(pe + TINY_OPTIONAL + 56, image_bytes, 4);
	tiny_put(pe + TINY_OPTIONAL + 60, TINY_HEADERS, 4);
	tiny_put(pe + TINY_OPTIONAL + 64, 0x1234, 4);	/* checksum */
	tiny_put(pe + TINY_OPTIONAL + 68, 3, 2);	/* console */
	tiny_put(pe + TINY_OPTIONAL + 70, 0x140, 2);
	tiny_put(pe + TINY_OPTIONAL + 72, 0x200000, 8);	/* stack */
	tiny_put(pe + TINY_OPTIONAL + 80, 0x3000, 8);
	tiny_put(pe + TINY_OPTIONAL + 108, 16, 4);	/* directories */
}

/* One more entry in the table of sections. */
static inline uint8_t *tiny_pe_section(uint8_t *pe, uint32_t address, uint32_t bytes,
				       uint32_t raw, uint32_t raw_bytes, uint32_t characteristics)
{
	unsigned int count = pe[TINY_LFANEW + 6];
	uint8_t *entry = pe + TINY_TABLE + count * 40;

	tiny_put(pe + TINY_LFANEW + 6, count + 1, 2);
	memcpy(entry, ".tiny", 5);
	tiny_put(entry + 8, bytes, 4);
	tiny_put(entry + 12, address, 4);
	tiny_put(entry + 16, raw_bytes, 4);
	tiny_put(entry + 20, raw, 4);
	tiny_put(entry + 36, characteristics, 4);
	return entry;
}

static inline void tiny_pe_directory(uint8_t *pe, unsigned int index, uint32_t address,
				     uint32_t bytes)
{
	tiny_put(pe + TINY_OPTIONAL + 112 + 8 * index, address, 4);
	tiny_put(pe + TINY_OPTIONAL + 112 + 8 * index + 4, bytes, 4);
}

#endif
