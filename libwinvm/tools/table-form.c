// SPDX-License-Identifier: MIT
/*
 * Tables for programs. What is not known has no member in JSON and is empty in CSV; no limit
 * is null and "none". Addresses are strings: JSON's numbers are exact to 2^53 only.
 *
 * A table of 50,000 rows as objects of json-c takes longer to make than to fill: rows are
 * written as they are printed, and json-c gets the text.
 */
#include <json.h>
#include <stdio.h>
#include <stdlib.h>

#include "table.h"
#include "text.h"

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

/* Cells' texts are fit for screens: there are no characters that JSON would need as numbers. */
static void write_string(FILE *out, const char *text)
{
	putc_unlocked('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			putc_unlocked('\\', out);
		putc_unlocked(*text, out);
	}
	putc_unlocked('"', out);
}

static void write_cell(FILE *out, const struct column *column, const struct cell *cell)
{
	if (is_text(column)) {
		write_string(out, cell->text);
	} else if (is_address(column)) {
		putc_unlocked('"', out);
		write_address(out, cell->number);
		putc_unlocked('"', out);
	} else if (column->kind == COLUMN_SIZE && cell->number == UINT64_MAX) {
		fputs_unlocked("null", out);
	} else {
		write_number(out, cell->number);
	}
}

static void write_row(FILE *out, const struct table *table, size_t row)
{
	char next = '{';

	for (size_t i = 0; i < table->width; i++) {
		const struct cell *cell = table_cell(table, row, i);

		if (!cell->known)
			continue;
		putc_unlocked(next, out);
		write_string(out, table->columns[i].key);
		putc_unlocked(':', out);
		write_cell(out, &table->columns[i], cell);
		next = ',';
	}
	fputs_unlocked(next == '{' ? "{}" : "}", out);
}

/* What was written into memory, as a value that json-c prints as it is. */
static struct json_object *written(FILE *out, char **text)
{
	struct json_object *value = json_object_new_object();

	if (fclose(out)) {
		fputs("winvm: no memory\n", stderr);
		exit(1);
	}
	json_object_set_serializer(value, json_object_userdata_to_json_string, *text,
				   json_object_free_userdata);
	return value;
}

struct json_object *table_row_json(const struct table *table, size_t row)
{
	char *text;
	FILE *out = text_open(&text);

	write_row(out, table, row);
	return written(out, &text);
}

struct json_object *table_json(const struct table *table)
{
	char *text;
	FILE *out = text_open(&text);

	putc_unlocked('[', out);
	for (size_t row = 0; row < table->rows; row++) {
		fputs_unlocked(row ? ",\n    " : "\n    ", out);
		write_row(out, table, row);
	}
	fputs_unlocked(table->rows ? "\n  ]" : "]", out);
	return written(out, &text);
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
