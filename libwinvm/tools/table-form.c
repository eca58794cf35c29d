// SPDX-License-Identifier: MIT
/*
 * Tables for programs. What is not known has no member in JSON and is empty in CSV; no limit
 * is null and "none". Addresses are strings: JSON's numbers are exact to 2^53 only.
 */
#include <json.h>
#include <stdio.h>

#include "table.h"

static struct json_object *cell_json(const struct column *column, const struct cell *cell)
{
	char address[24];

	switch (column->kind) {
	case COLUMN_TEXT:
	case COLUMN_PATH:
		return json_object_new_string(cell->text);
	case COLUMN_ADDRESS:
		snprintf(address, sizeof(address), "0x%llx", (unsigned long long)cell->number);
		return json_object_new_string(address);
	case COLUMN_SIZE:
		if (cell->number == UINT64_MAX)
			return NULL;
		break;
	case COLUMN_SIGNED:
		return json_object_new_int64((int64_t)cell->number);
	case COLUMN_NUMBER:
	case COLUMN_PLAIN:
		break;
	}
	return json_object_new_uint64(cell->number);
}

struct json_object *table_row_json(const struct table *table, size_t row)
{
	struct json_object *object = json_object_new_object();

	for (size_t i = 0; i < table->width; i++) {
		const struct cell *cell = table_cell(table, row, i);

		if (cell->known)
			json_object_object_add_ex(object, table->columns[i].key,
						  cell_json(&table->columns[i], cell),
						  JSON_C_OBJECT_ADD_KEY_IS_NEW);
	}
	return object;
}

struct json_object *table_json(const struct table *table)
{
	struct json_object *array = json_object_new_array();

	for (size_t row = 0; row < table->rows; row++)
		json_object_array_add(array, table_row_json(table, row));
	return array;
}

/* Quotes are doubled inside quotes (RFC 4180). */
static void csv_text(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		if (*text == '"')
			putchar('"');
		putchar(*text);
	}
	putchar('"');
}

static void csv_cell(const struct column *column, const struct cell *cell)
{
	if (!cell->known)
		return;
	if (column->kind == COLUMN_TEXT || column->kind == COLUMN_PATH)
		csv_text(cell->text);
	else if (column->kind == COLUMN_ADDRESS)
		printf("0x%llx", (unsigned long long)cell->number);
	else if (column->kind == COLUMN_SIGNED)
		printf("%lld", (long long)cell->number);
	else if (column->kind == COLUMN_SIZE && cell->number == UINT64_MAX)
		printf("none");
	else
		printf("%llu", (unsigned long long)cell->number);
}

void table_csv_head(const struct table *table)
{
	for (size_t i = 0; i < table->width; i++)
		printf("%s%s", i ? "," : "", table->columns[i].key);
	putchar('\n');
}

void table_csv_row(const struct table *table, size_t row)
{
	for (size_t i = 0; i < table->width; i++) {
		if (i)
			putchar(',');
		csv_cell(&table->columns[i], table_cell(table, row, i));
	}
	putchar('\n');
}
