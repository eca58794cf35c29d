/* SPDX-License-Identifier: MIT */
/* Entries of page tables, as x86-64 and Linux have them. */
#ifndef TOOLS_ENTRY_H
#define TOOLS_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum entry_kind {
	ENTRY_NONE, /* nothing at all */
	ENTRY_TABLE, /* a table is below */
	ENTRY_PAGE, /* that of a page, of 4 KB, 2 MB or 1 GB by its level */
	ENTRY_CLOSED, /* the same, but nobody may have access: Linux' PROT_NONE */
	ENTRY_AWAY, /* that of a page that is elsewhere: in swap, or on its way */
};

enum entry_kind entry_kind(uint64_t entry, unsigned int level);

/* The frame of a table or page; 0 of others. What is not told is 0, too. */
uint64_t entry_frame(uint64_t entry, unsigned int level);

/* "P RW US A D NX": at most ENTRY_FLAGS bytes. "" for none. */
#define ENTRY_FLAGS 128
void entry_flags(uint64_t entry, unsigned int level, char *text);

/* What a page of that level holds, in bytes; level 1 is the lowest. */
uint64_t entry_bytes(unsigned int level);

#endif
