// SPDX-License-Identifier: MIT
/* winvm ps: who uses winvm, and with how much. */
#include <stdio.h>
#include <stdlib.h>

#include "ask.h"
#include "output.h"
#include "process.h"
#include "winvm.h"

static const struct column columns[] = { PROCESS_COLUMNS };

/**
 * struct ps - what is wanted
 * @table: of processes
 * @sort: by which column
 * @reverse: the other way
 */
struct ps {
	struct table table;
	size_t sort;
	bool reverse;
};

static const struct argp_option options[] = {
	{ "sort", 's', "COLUMN", 0,
	  "by this column: pid, user, name, reserved, committed (the default), peak_committed, "
	  "resident, kernel, allocations, limit, soft_faults, hard_faults",
	  0 },
	{ "reverse", 'r', NULL, 0, "the other way", 0 },
	{ 0 }
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct ps *ps = state->input;
	int column;

	switch (key) {
	case 's':
		column = table_find(&ps->table, argument);
		if (column < 0)
			argp_error(state, "there is no column \"%s\"", argument);
		ps->sort = (size_t)column;
		return 0;
	case 'r':
		ps->reverse = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "no arguments are needed, and \"%s\" is one", argument);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp parser = {
	.options = options,
	.parser = parse,
	.doc = "Lists the processes that use winvm and that you may see.",
	.children = output_options,
};

static int ask(struct table *table)
{
	struct winvm_nl *nl = ask_open("ps");
	struct winvm_nl_process *list;
	size_t count;
	int error;

	if (!nl)
		return 1;
	error = winvm_nl_list_processes(nl, &list, &count);
	winvm_nl_close(nl);
	if (error)
		return ask_failed("ps", "list processes", error);
	for (size_t i = 0; i < count; i++)
		process_cells(&list[i], table_row(table));
	free(list);
	return 0;
}

int ps_run(int argc, char **argv)
{
	struct ps ps = {
		.table = { .columns = columns, .width = PROCESS_WIDTH },
		.sort = PROCESS_COMMITTED,
	};
	int status;

	argp_parse(&parser, argc, argv, 0, NULL, &ps);
	status = ask(&ps.table);
	if (!status) {
		table_sort(&ps.table, ps.sort, ps.reverse);
		table_print(&ps.table, "processes");
		status = output_end();
	}
	table_empty(&ps.table);
	return status;
}
