// SPDX-License-Identifier: MIT
/* winvm report: what a recording tells, in words or as a page. */
#include <json.h>
#include <stdio.h>

#include "duration.h"
#include "history.h"
#include "output.h"
#include "html.h"
#include "result.h"
#include "totals.h"
#include "winvm.h"

/* So many changes are enough for people. */
#define SHOWN 20

/**
 * struct report - what is wanted
 * @path: of the recording
 * @page: where the page goes; NULL: no page
 * @force: it may replace another file
 */
struct report {
	const char *path;
	const char *page;
	bool force;
};

static const struct argp_option options[] = {
	{ "output", 'o', "PAGE", 0, "as a page (HTML), into a new file; - is the output", 0 },
	{ "force", 'f', NULL, 0, "it may replace another", 0 },
	{ 0 }
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct report *report = state->input;

	switch (key) {
	case 'o':
		report->page = argument;
		return 0;
	case 'f':
		report->force = true;
		return 0;
	case ARGP_KEY_ARG:
		if (report->path)
			argp_error(state, "one recording at a time, and \"%s\" is another",
				   argument);
		report->path = argument;
		return 0;
	case ARGP_KEY_END:
		if (!report->path)
			argp_error(state, "which recording? Say its file, or -");
		if (report->page && output.form != OUTPUT_TEXT)
			argp_error(state, "the page of -o is HTML; without -o, --json or --csv");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp parser = {
	.options = options,
	.parser = parse,
	.args_doc = "FILE",
	.doc = "Shows what \"winvm record\" has recorded: totals, kinds of memory, and the biggest "
	       "changes; as a page, with pictures. With --csv: the totals, sample by sample.",
	.children = output_options,
};

static const struct column sample_columns[] = {
	{ "sample", "SAMPLE", COLUMN_NUMBER, 0, 0 },
	{ "time_ms", "TIME MS", COLUMN_NUMBER, 0, 0 },
	{ "reserved", "RESERVED", COLUMN_SIZE, 0, 0 },
	{ "committed", "COMMITTED", COLUMN_SIZE, 0, 0 },
	{ "private", "PRIVATE", COLUMN_SIZE, 0, 0 },
	{ "resident", "RESIDENT", COLUMN_SIZE, 0, 0 },
	{ "resident_private", "RES PRIV", COLUMN_SIZE, 0, 0 },
	{ "resident_shared", "RES SHARED", COLUMN_SIZE, 0, 0 },
	{ "regions", "REGIONS", COLUMN_NUMBER, 0, 0 },
	{ "charge", "CHARGE", COLUMN_SIZE, 0, 0 },
	{ "soft_faults", "SOFT FLT", COLUMN_NUMBER, 0, 0 },
	{ "hard_faults", "HARD FLT", COLUMN_NUMBER, 0, 0 },
};

#define SAMPLE_WIDTH (sizeof(sample_columns) / sizeof(sample_columns[0]))

enum { STEP_FROM, STEP_TO, STEP_CHANGE };

static const struct column step_columns[] = {
	{ "from_ms", "FROM MS", COLUMN_NUMBER, 4, 0 },
	{ "to_ms", "TO MS", COLUMN_NUMBER, 0, 0 },
	CHANGE_COLUMNS,
};

static const struct column change_columns[] = { CHANGE_COLUMNS };

static void print_samples(const struct recording *recording)
{
	struct table table = { .columns = sample_columns, .width = SAMPLE_WIDTH };

	for (size_t i = 0; i < recording->count; i++) {
		const struct totals *totals = &recording->totals[i];
		struct cell *row = table_row(&table);

		cell_number(&row[0], i);
		cell_number(&row[1], totals->time);
		for (enum total total = 0; total < TOTALS; total++)
			if (total_known(totals, total))
				cell_number(&row[2 + total], totals->of[total]);
	}
	table_print(&table, "samples");
	table_empty(&table);
}

static void print_changes(const struct history *history)
{
	struct table table = { .columns = change_columns, .width = CHANGE_WIDTH };
	size_t count = history->changes.count;

	if (output.form == OUTPUT_TEXT && count > SHOWN)
		count = SHOWN;
	for (size_t i = 0; i < count; i++)
		change_cells(&history->changes.of[i], table_row(&table));
	if (output.form == OUTPUT_TEXT)
		printf("\nfirst to last: %zu of %zu changes\n", count, history->changes.count);
	if (count || output.form != OUTPUT_TEXT)
		table_print(&table, "changes");
	table_empty(&table);
}

static void print_steps(const struct history *history)
{
	struct table table = { .columns = step_columns, .width = STEP_CHANGE + CHANGE_WIDTH };

	for (size_t i = 0; i < history->count; i++) {
		struct cell *row = table_row(&table);

		cell_number(&row[STEP_FROM], history->steps[i].from);
		cell_number(&row[STEP_TO], history->steps[i].to);
		change_cells(&history->steps[i].change, row + STEP_CHANGE);
	}
	if (output.form == OUTPUT_TEXT)
		printf("\nsample to sample: %zu of %llu changes\n", history->count,
		       (unsigned long long)history->all);
	if (history->count || output.form != OUTPUT_TEXT)
		table_print(&table, "steps");
	table_empty(&table);
}

static void put_head(const struct recording *recording)
{
	output_put_number("pid", recording->pid);
	output_put("name", json_object_new_string(recording->name));
	output_put("kernel", json_object_new_string(recording->kernel));
	output_put_number("start_ms", recording->start);
	output_put_number("interval_ms", recording->interval);
	output_put("end", json_object_new_string(end_names[recording->end]));
}

static void print_head(const struct recording *recording)
{
	char start[64];

	printf("process   %s (%llu)\n", recording->name, (unsigned long long)recording->pid);
	printf("kernel    %s\n", recording->kernel);
	printf("start     %s\n", history_start(recording, start, sizeof(start)));
	printf("samples   %zu in %s\n", recording->count,
	       duration(recording->last.totals.time).text);
	printf("interval  %s\n", duration(recording->interval).text);
	printf("end       %s\n\n", history_end(recording->end));
}

static int print_report(const struct history *history)
{
	const struct recording *recording = &history->recording;

	if (output.form == OUTPUT_CSV) {
		print_samples(recording);
		return output_end();
	}
	put_head(recording);
	if (output.form == OUTPUT_TEXT)
		print_head(recording);
	totals_print(&recording->first.totals, &recording->last.totals, history);
	if (output.form == OUTPUT_TEXT)
		putchar('\n');
	totals_print_kinds(&recording->first, &recording->last);
	print_changes(history);
	print_steps(history);
	if (output.form == OUTPUT_JSON)
		print_samples(recording);
	return output_end();
}

static int make_page(const struct report *report, const struct history *history)
{
	FILE *file = result_open("report", report->page, report->force);

	if (!file)
		return 1;
	html_write(file, history);
	return result_close("report", report->page, file, true);
}

int report_run(int argc, char **argv)
{
	struct report report = { 0 };
	struct history history;
	int status;

	argp_parse(&parser, argc, argv, 0, NULL, &report);
	status = history_open(&history, "report", report.path);
	if (!status)
		status = report.page ? make_page(&report, &history) : print_report(&history);
	history_close(&history);
	return status;
}
