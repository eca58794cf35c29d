// SPDX-License-Identifier: MIT
/* Tables of totals, and of kinds. */
#include <stdio.h>

#include "output.h"
#include "table.h"
#include "totals.h"

enum totals_column {
	COLUMN_TOTAL,
	COLUMN_BEFORE,
	COLUMN_AFTER,
	COLUMN_MORE,
	COLUMN_PEAK,
	COLUMN_PEAK_TIME,
	COLUMN_COUNT
};

#define TOTAL_COLUMNS(head, kind)                                                         \
	{                                                                                 \
		{ "total", head, COLUMN_TEXT, 0, 0 }, { "before", "BEFORE", kind, 0, 0 }, \
			{ "after", "AFTER", kind, 0, 0 },                                 \
			{ "change", "CHANGE", COLUMN_CHANGE, 1, 0 },                      \
			{ "peak", "PEAK", kind, 2, 0 },                                   \
			{ "peak_ms", "PEAK AT MS", COLUMN_NUMBER, 3, 0 },                 \
	}

static const struct column size_columns[COLUMN_COUNT] = TOTAL_COLUMNS("TOTAL", COLUMN_SIZE);
static const struct column count_columns[COLUMN_COUNT] = TOTAL_COLUMNS("COUNT", COLUMN_NUMBER);

enum kinds_column {
	KINDS_KIND,
	KINDS_SIZE,
	KINDS_COMMITTED,
	KINDS_RESIDENT,
	KINDS_MORE_SIZE,
	KINDS_MORE_COMMITTED,
	KINDS_MORE_RESIDENT,
	KINDS_WIDTH
};

static const struct column kinds_columns[KINDS_WIDTH] = {
	{ "kind", "KIND", COLUMN_TEXT, 0, 0 },
	{ "size", "SIZE", COLUMN_SIZE, 0, 0 },
	{ "committed", "COMMITTED", COLUMN_SIZE, 2, 0 },
	{ "resident", "RESIDENT", COLUMN_SIZE, 1, 0 },
	{ "size_change", "SIZE +/-", COLUMN_CHANGE, 3, 0 },
	{ "committed_change", "COMM +/-", COLUMN_CHANGE, 4, 0 },
	{ "resident_change", "RES +/-", COLUMN_CHANGE, 5, 0 },
};

static void add_peak(struct cell *row, enum total total, const struct history *history)
{
	const struct totals *peak = &history->recording.totals[history_peak(history, total)];

	cell_number(&row[COLUMN_PEAK], peak->of[total]);
	cell_number(&row[COLUMN_PEAK_TIME], peak->time);
}

static void add_total(struct table *table, enum total total, const struct totals *before,
		      const struct totals *after, const struct history *history)
{
	struct cell *row = table_row(table);

	cell_word(&row[COLUMN_TOTAL],
		  output.form == OUTPUT_TEXT ? total_names[total].title : total_names[total].key,
		  COLOUR_TITLE);
	if (total_known(before, total))
		cell_number(&row[COLUMN_BEFORE], before->of[total]);
	if (total_known(after, total))
		cell_number(&row[COLUMN_AFTER], after->of[total]);
	if (!total_known(before, total) || !total_known(after, total))
		return;
	if (total_names[total].size)
		cell_number(&row[COLUMN_MORE], after->of[total] - before->of[total]);
	if (history)
		add_peak(row, total, history);
}

static void print(const struct column *columns, bool sizes, const struct totals *before,
		  const struct totals *after, const struct history *history)
{
	struct column own[COLUMN_COUNT];
	struct table table = { .columns = own, .width = COLUMN_COUNT };

	for (size_t i = 0; i < COLUMN_COUNT; i++)
		own[i] = columns[i];
	if (!history)
		own[COLUMN_PEAK].title = own[COLUMN_PEAK_TIME].title = NULL;
	if (!sizes)
		own[COLUMN_MORE].title = NULL;
	for (enum total total = 0; total < TOTALS; total++)
		if (total_names[total].size == sizes)
			add_total(&table, total, before, after, history);
	table_print(&table, sizes ? "sizes" : "counts");
	table_empty(&table);
}

void totals_print(const struct totals *before, const struct totals *after,
		  const struct history *history)
{
	print(size_columns, true, before, after, history);
	if (output.form == OUTPUT_TEXT)
		putchar('\n');
	print(count_columns, false, before, after, history);
}

void totals_print_kinds(const struct snapshot *before, const struct snapshot *after)
{
	struct table table = { .columns = kinds_columns, .width = KINDS_WIDTH };
	struct kind_sums was[KINDS], is[KINDS];

	history_kinds(before, was);
	history_kinds(after, is);
	for (enum kind kind = 0; kind < KIND_UNUSABLE; kind++) {
		struct cell *row = table_row(&table);

		cell_word(&row[KINDS_KIND], kind_name(kind), kind_colour(kind));
		cell_number(&row[KINDS_SIZE], is[kind].size);
		cell_number(&row[KINDS_COMMITTED], is[kind].committed);
		cell_number(&row[KINDS_RESIDENT], is[kind].resident);
		cell_number(&row[KINDS_MORE_SIZE], is[kind].size - was[kind].size);
		cell_number(&row[KINDS_MORE_COMMITTED], is[kind].committed - was[kind].committed);
		cell_number(&row[KINDS_MORE_RESIDENT], is[kind].resident - was[kind].resident);
	}
	table_print(&table, "kinds");
	table_empty(&table);
}

bool totals_differ(const struct totals *before, const struct totals *after)
{
	for (enum total total = 0; total < TOTALS; total++)
		if (total_known(before, total) != total_known(after, total) ||
		    before->of[total] != after->of[total])
			return true;
	return false;
}
