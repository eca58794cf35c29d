/* SPDX-License-Identifier: MIT */
/* What has changed between two snapshots, range by range. */
#ifndef TOOLS_CHANGE_H
#define TOOLS_CHANGE_H

#include "recording.h"
#include "table.h"

enum change_kind {
	CHANGE_APPEARED, /* free before */
	CHANGE_GONE, /* free now */
	CHANGE_CHANGED, /* reserved, committed or protected otherwise, or something else */
	CHANGE_RESIDENT, /* the same, but more or less of it is in memory */
};

/**
 * struct change - of a range
 * @kind: of it
 * @base: the first byte
 * @size: in bytes
 * @before, @after: of which region it was and is; state 0: it was or is free
 * @committed: how much more is committed, in bytes
 * @resident: how much more is in memory, if that is known: not for parts of regions
 * @resident_known: it is
 * @mixed: it is of several regions: @before and @after are one of them
 */
struct change {
	enum change_kind kind;
	uint64_t base;
	uint64_t size;
	struct recorded_region before;
	struct recorded_region after;
	int64_t committed;
	int64_t resident;
	bool resident_known;
	bool mixed;
};

/**
 * struct changes - between two snapshots
 * @of: array of @count changes
 * @count: how many there are
 * @room: for how many there is memory
 */
struct changes {
	struct change *of;
	size_t count;
	size_t room;
};

/* Adds them, in the order of addresses. */
void changes_find(struct changes *changes, const struct snapshot *before,
		  const struct snapshot *after);
void changes_free(struct changes *changes);

/* The biggest first: by what is committed or in memory, whichever changed more; by size. */
void changes_sort(struct changes *changes);

/* Whether one is bigger: less than 0, 0 or more, as qsort() has it for the biggest first. */
int change_compare(const void *one, const void *other);

const char *change_word(enum change_kind kind);

/* "free", "reserved", "committed READWRITE". */
const char *change_side(const struct recorded_region *region, char *room, size_t bytes);

/* What is or was there; NULL: nothing that has a name. */
const char *change_backing(const struct change *change);
enum kind change_of_kind(const struct change *change);

enum change_column {
	CHANGE_BASE,
	CHANGE_SIZE,
	CHANGE_WORD,
	CHANGE_MORE_COMMITTED,
	CHANGE_MORE_RESIDENT,
	CHANGE_OF_KIND,
	CHANGE_BEFORE,
	CHANGE_AFTER,
	CHANGE_BACKING,
	CHANGE_WIDTH
};

/* clang-format off */
#define CHANGE_COLUMNS                                                        \
	{ "base", "BASE", COLUMN_ADDRESS, 0, 12 },                               \
	{ "size", "SIZE", COLUMN_SIZE, 0, 0 },                                   \
	{ "change", "CHANGE", COLUMN_TEXT, 0, 0 },                               \
	{ "committed", "COMMITTED", COLUMN_CHANGE, 1, 0 },                       \
	{ "resident", "RESIDENT", COLUMN_CHANGE, 2, 0 },                         \
	{ "kind", "KIND", COLUMN_TEXT, 3, 0 },                                   \
	{ "before", "BEFORE", COLUMN_TEXT, 5, 0 },                               \
	{ "after", "AFTER", COLUMN_TEXT, 4, 0 },                                 \
	{ "backing", "BACKING", COLUMN_PATH, 6, 0 }
/* clang-format on */

/* Into a row that begins at @row. */
void change_cells(const struct change *change, struct cell *row);

#endif
