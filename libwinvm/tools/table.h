/* SPDX-License-Identifier: MIT */
/* Rows and columns. */
#ifndef TOOLS_TABLE_H
#define TOOLS_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "screen.h"

struct json_object;

enum column_kind {
	COLUMN_TEXT,
	COLUMN_PATH, /* a text whose end matters most */
	COLUMN_NUMBER,
	COLUMN_PLAIN, /* a number that is a name: without commas */
	COLUMN_SIGNED, /* an int64_t, as that */
	COLUMN_SIZE, /* bytes; UINT64_MAX: no limit */
	COLUMN_CHANGE, /* bytes more or less: signed */
	COLUMN_ADDRESS, /* hexadecimal */
	COLUMN_PAGE, /* a page's number, hexadecimal */
};

/**
 * struct column - what stands in it
 * @key: its name for programs
 * @title: its name for people; NULL: for programs only
 * @kind: what it holds
 * @spare: left out where the screen is too narrow, those of the highest number first; 0: never
 * @wide: how many columns of the screen its cells take at most; 0: that is measured
 */
struct column {
	const char *key;
	const char *title;
	enum column_kind kind;
	unsigned int spare;
	unsigned int wide;
};

/**
 * struct cell - what is known of one thing
 * @known: something is
 * @number: unless it is of COLUMN_TEXT
 * @text: if it is
 * @own: the text is to be freed
 * @colour: on the screen
 */
struct cell {
	bool known;
	bool own;
	enum colour colour;
	uint64_t number;
	const char *text;
};

/**
 * struct table - cells, row by row
 * @columns: array of @width columns
 * @width: how many
 * @cells: array with room for @room rows
 * @rows: how many there are
 * @room: rows
 */
struct table {
	const struct column *columns;
	size_t width;
	struct cell *cells;
	size_t rows;
	size_t room;
};

/* A new row in which nothing is known; it is there until the next one is asked for. */
struct cell *table_row(struct table *table);

/* The text is copied, and made fit for screens. */
void cell_text(struct cell *cell, const char *text);

/* A word that is there as long as the table, and fit. */
void cell_word(struct cell *cell, const char *word, enum colour colour);
void cell_number(struct cell *cell, uint64_t number);

/* The column of a key, -1 if there is none. */
int table_find(const struct table *table, const char *key);

/* Numbers from the greatest down, texts and addresses upwards, or the other way. */
void table_sort(struct table *table, size_t column, bool reverse);

/* As --json, --csv or neither want it; in JSON it becomes a member of the whole. */
void table_print(const struct table *table, const char *key);

/* Forgets all rows. */
void table_empty(struct table *table);

/* table-form.c: for programs */
struct json_object *table_row_json(const struct table *table, size_t row);
struct json_object *table_json(const struct table *table);
void table_csv_head(const struct table *table);
void table_csv_row(const struct table *table, size_t row);

/* table-text.c: for people */
void table_text(const struct table *table);

static inline const struct cell *table_cell(const struct table *table, size_t row, size_t column)
{
	return &table->cells[row * table->width + column];
}

#endif
