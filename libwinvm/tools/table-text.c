// SPDX-License-Identifier: MIT
/*
 * Tables for people: columns under their titles, numbers to the right. Where the screen is
 * too narrow spare columns are left out, and at last the text of the last one is cut.
 */
#include <stdio.h>
#include <string.h>

#include "output.h"
#include "table.h"
#include "text.h"

#define MOST_COLUMNS 32
#define GAP	     2

/* So much of a path's end is worth another column, and less is worth nothing. */
#define PATH_LEAST 8

/**
 * struct layout - where things go
 * @wide: columns of the screen for each column of the table; 0: left out
 * @last: the last that is not left out
 */
struct layout {
	size_t wide[MOST_COLUMNS];
	size_t last;
};

static bool is_text(const struct column *column)
{
	return column->kind == COLUMN_TEXT || column->kind == COLUMN_PATH;
}

/* A cell as text; of a number in @number. */
static const char *shown(const struct column *column, const struct cell *cell,
			 struct unit_text *number)
{
	if (!cell->known)
		return "-";
	switch (column->kind) {
	case COLUMN_TEXT:
	case COLUMN_PATH:
		return cell->text;
	case COLUMN_NUMBER:
		*number = unit_number(cell->number);
		break;
	case COLUMN_PLAIN:
		snprintf(number->text, sizeof(number->text), "%llu",
			 (unsigned long long)cell->number);
		break;
	case COLUMN_SIGNED:
		snprintf(number->text, sizeof(number->text), "%lld", (long long)cell->number);
		break;
	case COLUMN_ADDRESS:
		*number = unit_address(cell->number);
		break;
	case COLUMN_PAGE:
		*number = unit_page(cell->number);
		break;
	case COLUMN_CHANGE:
		*number = unit_change((int64_t)cell->number, output.unit);
		break;
	case COLUMN_SIZE:
		if (cell->number == UINT64_MAX)
			return "none";
		*number = unit_size(cell->number, output.unit);
	}
	return number->text;
}

static size_t column_width(const struct table *table, size_t column)
{
	size_t width;
	struct unit_text number;

	if (!table->columns[column].title)
		return 0;
	width = text_width(table->columns[column].title);
	if (table->columns[column].wide)
		return width > table->columns[column].wide ? width : table->columns[column].wide;
	for (size_t row = 0; row < table->rows; row++) {
		size_t wide = text_width(
			shown(&table->columns[column], table_cell(table, row, column), &number));

		if (wide > width)
			width = wide;
	}
	return width;
}

static size_t layout_width(const struct table *table, struct layout *layout)
{
	size_t width = 0;

	for (size_t i = 0; i < table->width; i++) {
		if (!layout->wide[i])
			continue;
		width += layout->wide[i] + (width ? GAP : 0);
		layout->last = i;
	}
	return width;
}

/* The column that is missed least; -1 if none is to spare. */
static int most_spare(const struct table *table, const struct layout *layout)
{
	unsigned int spare = 0;
	int found = -1;

	for (size_t i = 0; i < table->width; i++)
		if (layout->wide[i] && table->columns[i].spare > spare) {
			spare = table->columns[i].spare;
			found = (int)i;
		}
	return found;
}

/* What a path can do without. */
static size_t to_cut(const struct table *table, const struct layout *layout)
{
	size_t wide = layout->wide[layout->last];

	return table->columns[layout->last].kind == COLUMN_PATH && wide > PATH_LEAST ?
		       wide - PATH_LEAST :
		       0;
}

/* The last text takes what is left. */
static void cut_last(const struct table *table, struct layout *layout, size_t excess)
{
	const struct column *column = &table->columns[layout->last];
	size_t *wide = &layout->wide[layout->last];

	if (!is_text(column))
		return;
	if (column->kind == COLUMN_PATH && *wide < excess + PATH_LEAST) {
		*wide = 0;
		layout_width(table, layout);
	} else if (*wide > excess) {
		*wide -= excess;
	}
}

static struct layout lay_out(const struct table *table)
{
	size_t screen = screen_width(), width;
	struct layout layout = { .wide = { 0 } };
	int spare;

	for (size_t i = 0; i < table->width && i < MOST_COLUMNS; i++)
		layout.wide[i] = column_width(table, i);
	width = layout_width(table, &layout);
	while (screen && width - to_cut(table, &layout) > screen) {
		spare = most_spare(table, &layout);
		if (spare < 0)
			break;
		layout.wide[spare] = 0;
		width = layout_width(table, &layout);
	}
	if (screen && width > screen)
		cut_last(table, &layout, width - screen);
	return layout;
}

static void print_spaces(size_t count)
{
	for (; count; count--)
		putchar_unlocked(' ');
}

/* What does not fit has dots for its end, a path for its beginning. */
static void print_cut(const struct column *column, const char *text, size_t wide, size_t width)
{
	if (column->kind == COLUMN_PATH)
		printf("...%s", text + text_fit(text, width - wide + 3));
	else
		printf("%.*s...", (int)text_fit(text, wide - 3), text);
}

static void print_text(const struct column *column, const char *text, size_t wide, bool last)
{
	size_t width = text_width(text);

	if (width > wide && wide > 3) {
		print_cut(column, text, wide, width);
		return;
	}
	if (!is_text(column) && width < wide)
		print_spaces(wide - width);
	fputs_unlocked(text, stdout);
	if (is_text(column) && !last && width < wide)
		print_spaces(wide - width);
}

/* Row -1: the titles. */
static void print_row(const struct table *table, const struct layout *layout, long row)
{
	struct unit_text number;
	bool first = true;

	for (size_t i = 0; i <= layout->last; i++) {
		const struct column *column = &table->columns[i];
		const struct cell *cell = row < 0 ? NULL : table_cell(table, (size_t)row, i);
		enum colour colour = cell ? cell->colour : COLOUR_TITLE;

		if (!layout->wide[i])
			continue;
		if (!first)
			print_spaces(GAP);
		first = false;
		fputs_unlocked(screen_colour(colour), stdout);
		print_text(column, cell ? shown(column, cell, &number) : column->title,
			   layout->wide[i], i == layout->last);
		fputs_unlocked(screen_plain(colour), stdout);
	}
	putchar('\n');
}

void table_text(const struct table *table)
{
	struct layout layout = lay_out(table);

	for (long row = -1; row < (long)table->rows; row++)
		print_row(table, &layout, row);
}
