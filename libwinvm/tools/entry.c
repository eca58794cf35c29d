// SPDX-License-Identifier: MIT
/* Entries of page tables: which bits mean what. */
#include <stdio.h>
#include <string.h>

#include "entry.h"

/* Intel's manual, volume 3, 4.5; from bit 9 on some are free, and Linux has a use for them. */
#define PRESENT (UINT64_C(1) << 0)
#define LARGE	(UINT64_C(1) << 7) /* above the page table */
#define CLOSED	(UINT64_C(1) << 8) /* of an entry that is not present */
#define WHERE	UINT64_C(0x000ffffffffff000)

/**
 * struct name - a bit with a name
 * @bit: which
 * @of: kinds of entries that have it
 * @lowest, @highest: levels where it means that
 * @text: the name
 */
struct name {
	unsigned int bit;
	unsigned int of;
	unsigned int lowest;
	unsigned int highest;
	const char *text;
};

#define PAGES  (1U << ENTRY_PAGE | 1U << ENTRY_CLOSED)
#define SHOWN  (PAGES | 1U << ENTRY_TABLE)
#define ABSENT (1U << ENTRY_AWAY)

static const struct name names[] = {
	{ 0, SHOWN, 1, 5, "P" },
	{ 1, SHOWN, 1, 5, "RW" },
	{ 2, SHOWN, 1, 5, "US" },
	{ 3, SHOWN, 1, 5, "PWT" },
	{ 4, SHOWN, 1, 5, "PCD" },
	{ 5, SHOWN, 1, 5, "A" },
	{ 6, PAGES, 1, 5, "D" },
	{ 7, PAGES, 2, 5, "PS" },
	{ 7, PAGES, 1, 1, "PAT" },
	{ 12, PAGES, 2, 5, "PAT" },
	{ 8, 1U << ENTRY_PAGE, 1, 5, "G" },
	{ 8, 1U << ENTRY_CLOSED, 1, 5, "protnone" },
	{ 63, SHOWN, 1, 5, "NX" },
	{ 9, PAGES, 1, 5, "special" },
	{ 10, PAGES, 1, 5, "uffd-wp" },
	{ 11, PAGES, 1, 5, "soft-dirty" },
	{ 58, PAGES, 1, 5, "devmap" },
	{ 1, ABSENT, 1, 5, "soft-dirty" },
	{ 2, ABSENT, 1, 5, "uffd-wp" },
	{ 3, ABSENT, 1, 5, "exclusive" },
};

enum entry_kind entry_kind(uint64_t entry, unsigned int level)
{
	if (!entry)
		return ENTRY_NONE;
	if (entry & PRESENT)
		return level == 1 || (level < 4 && entry & LARGE) ? ENTRY_PAGE : ENTRY_TABLE;
	return entry & CLOSED ? ENTRY_CLOSED : ENTRY_AWAY;
}

/* Linux inverts the frame of a closed page, against L1TF. */
uint64_t entry_frame(uint64_t entry, unsigned int level)
{
	enum entry_kind kind = entry_kind(entry, level);
	uint64_t where = entry & WHERE;

	if (kind == ENTRY_CLOSED && where)
		where = ~entry & WHERE;
	if (kind != ENTRY_TABLE)
		where &= ~(entry_bytes(level) - 1);
	return kind == ENTRY_NONE || kind == ENTRY_AWAY ? 0 : where >> 12;
}

uint64_t entry_bytes(unsigned int level)
{
	return UINT64_C(4096) << 9 * (level - 1);
}

static void append(char *text, const char *word)
{
	size_t used = strlen(text);

	snprintf(text + used, ENTRY_FLAGS - used, "%s%s", used ? " " : "", word);
}

void entry_flags(uint64_t entry, unsigned int level, char *text)
{
	enum entry_kind kind = entry_kind(entry, level);
	unsigned int key = entry >> 59 & 15;
	char word[16];

	*text = 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (entry >> names[i].bit & 1 && names[i].of >> kind & 1 &&
		    level >= names[i].lowest && level <= names[i].highest)
			append(text, names[i].text);
	if (key && kind == ENTRY_PAGE) {
		snprintf(word, sizeof(word), "key=%u", key);
		append(text, word);
	}
}
