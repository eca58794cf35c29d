// SPDX-License-Identifier: MIT
/* winvm diff: what is different in two recordings, at their ends. */
#include <stdio.h>
#include <string.h>

#include "change.h"
#include "output.h"
#include "recording.h"
#include "totals.h"
#include "winvm.h"

/* Exit status, as diff(1) has it. */
enum { DIFF_EQUAL, DIFF_DIFFERENT, DIFF_TROUBLE };

/**
 * struct diff - what is wanted
 * @paths: of the recordings
 * @count: how many were given
 * @sort: by which column; CHANGE_WIDTH: the biggest first
 * @reverse: the other way
 * @quiet: only the exit status
 */
struct diff {
	const char *paths[2];
	int count;
	size_t sort;
	bool reverse;
	bool quiet;
};

static const struct column columns[] = { CHANGE_COLUMNS };

static const struct argp_option options[] = {
	{ "sort", 's', "COLUMN", 0,
	  "by this column: base, size, change, committed, resident, kind, before, after, backing; "
	  "else the biggest first",
	  0 },
	{ "reverse", 'r', NULL, 0, "the other way", 0 },
	{ "quiet", 'q', NULL, 0, "only the exit status", 0 },
	{ 0 }
};

static void parse_sort(struct argp_state *state, struct diff *diff, const char *argument)
{
	const struct table table = { .columns = columns, .width = CHANGE_WIDTH };
	int column = table_find(&table, argument);

	if (column < 0)
		argp_error(state, "there is no column \"%s\"", argument);
	diff->sort = (size_t)column;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct diff *diff = state->input;

	switch (key) {
	case 's':
		parse_sort(state, diff, argument);
		return 0;
	case 'r':
		diff->reverse = true;
		return 0;
	case 'q':
		diff->quiet = true;
		return 0;
	case ARGP_KEY_ARG:
		if (diff->count == 2)
			argp_error(state, "two recordings, and \"%s\" is a third", argument);
		diff->paths[diff->count++] = argument;
		return 0;
	case ARGP_KEY_END:
		if (diff->count < 2)
			argp_error(state, "which recordings? Say two files");
		if (!strcmp(diff->paths[0], "-") && !strcmp(diff->paths[1], "-"))
			argp_error(state, "only one of them can come from the input");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp parser = {
	.options = options,
	.parser = parse,
	.args_doc = "BEFORE AFTER",
	.doc = "Compares the last samples of two recordings: totals, kinds of memory, and what "
	       "has appeared, is gone, or has changed. The exit status is 0 if nothing has, 1 if "
	       "something has, and 2 if they could not be compared. With --csv: the changes.",
	.children = output_options,
};

static void print_changes(const struct diff *diff, const struct changes *changes)
{
	struct table table = { .columns = columns, .width = CHANGE_WIDTH };

	for (size_t i = 0; i < changes->count; i++) {
		size_t at = diff->reverse ? changes->count - 1 - i : i;

		change_cells(&changes->of[diff->sort == CHANGE_WIDTH ? at : i], table_row(&table));
	}
	if (diff->sort != CHANGE_WIDTH)
		table_sort(&table, diff->sort, diff->reverse);
	if (output.form == OUTPUT_TEXT)
		printf("\nchanges: %zu\n", changes->count);
	if (changes->count || output.form != OUTPUT_TEXT)
		table_print(&table, "changes");
	table_empty(&table);
}

static void print_diff(const struct diff *diff, const struct recording *recordings,
		       const struct changes *changes)
{
	const struct snapshot *before = &recordings[0].last, *after = &recordings[1].last;

	if (output.form != OUTPUT_CSV) {
		totals_print(&before->totals, &after->totals, NULL);
		if (output.form == OUTPUT_TEXT)
			putchar('\n');
		totals_print_kinds(before, after);
	}
	print_changes(diff, changes);
}

static int compare(const struct diff *diff, const struct recording *recordings)
{
	const struct snapshot *before = &recordings[0].last, *after = &recordings[1].last;
	struct changes changes = { 0 };
	int status;

	changes_find(&changes, before, after);
	changes_sort(&changes);
	status = changes.count || totals_differ(&before->totals, &after->totals) ? DIFF_DIFFERENT :
										   DIFF_EQUAL;
	if (!diff->quiet)
		print_diff(diff, recordings, &changes);
	changes_free(&changes);
	return output_end() ? DIFF_TROUBLE : status;
}

int diff_run(int argc, char **argv)
{
	struct diff diff = { .sort = CHANGE_WIDTH };
	struct recording recordings[2] = { { 0 } };
	int status = DIFF_TROUBLE;

	argp_parse(&parser, argc, argv, 0, NULL, &diff);
	if (!recording_open("diff", diff.paths[0], &recordings[0], NULL, NULL) &&
	    !recording_open("diff", diff.paths[1], &recordings[1], NULL, NULL))
		status = compare(&diff, recordings);
	recording_free(&recordings[0]);
	recording_free(&recordings[1]);
	return status;
}
