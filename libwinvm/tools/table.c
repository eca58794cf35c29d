// SPDX-License-Identifier: MIT
/* Tables: filled, sorted, printed, emptied. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output.h"
#include "table.h"
#include "text.h"

struct cell *table_row(struct table *table)
{
	struct cell *row;

	if (table->rows == table->room) {
		table->room = table->room ? 2 * table->room : 16;
		table->cells = text_allocate(table->cells, table->room,
					     table->width * sizeof(*table->cells));
	}
	row = &table->cells[table->rows++ * table->width];
	memset(row, 0, table->width * sizeof(*row));
	return row;
}

void cell_text(struct cell *cell, const char *text)
{
	cell->known = true;
	cell->own = true;
	cell->text = text_clean(text);
}

void cell_word(struct cell *cell, const char *word, enum colour colour)
{
	cell->known = true;
	cell->text = word;
	cell->colour = colour;
}

void cell_number(struct cell *cell, uint64_t number)
{
	cell->known = true;
	cell->number = number;
}

int table_find(const struct table *table, const char *key)
{
	for (size_t i = 0; i < table->width; i++)
		if (!strcmp(table->columns[i].key, key))
			return (int)i;
	return -1;
}

/* By which column, and which way; qsort_r() has one argument. */
struct order {
	size_t column;
	enum column_kind kind;
	bool reverse;
};

/* The bigger first, whichever way it goes. */
static int compare_changes(int64_t one, int64_t other)
{
	uint64_t a = (uint64_t)(one < 0 ? -one : one), b = (uint64_t)(other < 0 ? -other : other);

	return a == b ? 0 : a > b ? -1 : 1;
}

static int compare(const void *left, const void *right, void *argument)
{
	const struct order *order = argument;
	const struct cell *a = (const struct cell *)left + order->column;
	const struct cell *b = (const struct cell *)right + order->column;
	int sign = order->reverse ? -1 : 1;

	if (a->known != b->known)
		return a->known ? -1 : 1;
	if (order->kind == COLUMN_TEXT)
		return a->known ? sign * strcmp(a->text, b->text) : 0;
	if (order->kind == COLUMN_CHANGE)
		return sign * compare_changes((int64_t)a->number, (int64_t)b->number);
	if (order->kind == COLUMN_SIGNED && a->number != b->number)
		return (int64_t)a->number < (int64_t)b->number ? sign : -sign;
	if (order->kind == COLUMN_NUMBER || order->kind == COLUMN_SIZE)
		sign = -sign;
	return a->number == b->number ? 0 : a->number < b->number ? -sign : sign;
}

void table_sort(struct table *table, size_t column, bool reverse)
{
	struct order order = { column, table->columns[column].kind, reverse };

	if (table->rows)
		qsort_r(table->cells, table->rows, table->width * sizeof(*table->cells), compare,
			&order);
}

void table_print(const struct table *table, const char *key)
{
	switch (output.form) {
	case OUTPUT_JSON:
		output_put(key, table_json(table));
		return;
	case OUTPUT_CSV:
		table_csv_head(table);
		for (size_t row = 0; row < table->rows; row++)
			table_csv_row(table, row);
		return;
	case OUTPUT_TEXT:
		table_text(table);
	}
}

void table_empty(struct table *table)
{
	for (size_t i = 0; i < table->rows * table->width; i++)
		if (table->cells[i].own)
			free((char *)(uintptr_t)table->cells[i].text);
	free(table->cells);
	table->cells = NULL;
	table->rows = 0;
	table->room = 0;
}
