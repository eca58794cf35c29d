// SPDX-License-Identifier: MIT
/*
 * Tables for programs. What is not known has no member in JSON and is empty in CSV; no limit
 * is null and "none". Addresses are strings: JSON's numbers are exact to 2^53 only.
 */
#include <json.h>
#include <stdio.h>

#include "table.h"

static bool is_text(const struct column *column)
{
	return column->kind == COLUMN_TEXT || column->kind == COLUMN_PATH;
}

static bool is_address(const struct column *column)
{
	return column->kind == COLUMN_ADDRESS || column->kind == COLUMN_PAGE;
}

static void write_number(FILE *out, uint64_t number)
{
	char digits[24];
	size_t at = sizeof(digits);

	digits[--at] = 0;
	do
		digits[--at] = (char)('0' + number % 10);
	while (number /= 10);
	fputs_unlocked(digits + at, out);
}

static void write_signed(FILE *out, int64_t number)
{
	if (number < 0)
		putc_unlocked('-', out);
	write_number(out, number < 0 ? -(uint64_t)number : (uint64_t)number);
}

static void write_address(FILE *out, uint64_t address)
{
	char digits[24];
	size_t at = sizeof(digits);

	digits[--at] = 0;
	do
		digits[--at] = "0123456789abcdef"[address & 15];
	while (address >>= 4);
	digits[--at] = 'x';
	digits[--at] = '0';
	fputs_unlocked(digits + at, out);
}

static struct json_object *cell_json(const struct column *column, const struct cell *cell)
{
	char address[24];

	switch (column->kind) {
	case COLUMN_TEXT:
	case COLUMN_PATH:
		return json_object_new_string(cell->text);
	case COLUMN_ADDRESS:
	case COLUMN_PAGE:
		snprintf(address, sizeof(address), "0x%llx", (unsigned long long)cell->number);
		return json_object_new_string(address);
	case COLUMN_SIZE:
		if (cell->number == UINT64_MAX)
			return NULL;
		break;
	case COLUMN_CHANGE:
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
						  JSON_C_OBJECT_ADD_KEY_IS_NEW |
							  JSON_C_OBJECT_ADD_CONSTANT_KEY);
	}
	return object;
}

struct json_object *table_json(const struct table *table)
{
	struct json_object *list = json_object_new_array_ext((int)table->rows);

	for (size_t row = 0; row < table->rows; row++)
		json_object_array_add(list, table_row_json(table, row));
	return list;
}

/* Quotes are doubled inside quotes (RFC 4180). */
static void csv_text(const char *text)
{
	putchar_unlocked('"');
	for (; *text; text++) {
		if (*text == '"')
			putchar_unlocked('"');
		putchar_unlocked(*text);
	}
	putchar_unlocked('"');
}

static void csv_cell(const struct column *column, const struct cell *cell)
{
	if (!cell->known)
		return;
	if (is_text(column))
		csv_text(cell->text);
	else if (is_address(column))
		write_address(stdout, cell->number);
	else if (column->kind == COLUMN_CHANGE || column->kind == COLUMN_SIGNED)
		write_signed(stdout, (int64_t)cell->number);
	else if (column->kind == COLUMN_SIZE && cell->number == UINT64_MAX)
		fputs_unlocked("none", stdout);
	else
		write_number(stdout, cell->number);
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
			putchar_unlocked(',');
		csv_cell(&table->columns[i], table_cell(table, row, i));
	}
	putchar_unlocked('\n');
}
