// SPDX-License-Identifier: MIT
/*
 * winvm walk: the whole address space of a process, as ProcessWalker showed it in 1993.
 */
#include <stdio.h>

#include "account.h"
#include "backing.h"
#include "output.h"
#include "region.h"
#include "table.h"
#include "winvm.h"

enum walk_column {
	WALK_BASE,
	WALK_SIZE,
	WALK_STATE,
	WALK_TYPE,
	WALK_PROTECT,
	WALK_ALLOCATION,
	WALK_ALLOCATED_AS,
	WALK_BACKING,
	WALK_WIDTH
};

static const struct column columns[WALK_WIDTH] = {
	{ "base", "BASE", COLUMN_ADDRESS, 0, 12 },
	{ "size", "SIZE", COLUMN_SIZE, 0, 0 },
	{ "state", "STATE", COLUMN_TEXT, 0, 9 },
	{ "type", "TYPE", COLUMN_TEXT, 1, 7 },
	{ "protection", "PROTECTION", COLUMN_TEXT, 2, 0 },
	{ "allocation", "ALLOCATION", COLUMN_ADDRESS, 4, 12 },
	{ "allocated_as", "ALLOCATED AS", COLUMN_TEXT, 5, 17 },
	{ "backing", "BACKING", COLUMN_PATH, 3, 0 },
};

/**
 * struct walk - while it goes
 * @target: whose address space
 * @backing: what is behind it
 * @table: of regions
 * @totals: of them
 * @account: what winvm counts
 */
struct walk {
	struct target target;
	struct backing backing;
	struct table table;
	struct region_totals totals;
	struct account account;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct walk *walk = state->input;

	return target_parse(key, argument, state, &walk->target);
}

static const struct argp parser = {
	.parser = parse,
	.args_doc = "PID",
	.doc = "Shows every region of the address space of a process, also of one that knows "
	       "nothing of winvm, from 0 to the top. PID may be self.",
	.children = output_options,
};

static void cell_protect(struct cell *cell, DWORD protect)
{
	char room[64];
	const char *text = region_protect_text(protect, room, sizeof(room));

	if (text == room)
		cell_text(cell, room);
	else
		cell_word(cell, text, COLOUR_NONE);
	if (protect & PAGE_GUARD)
		cell->colour = COLOUR_WARN;
}

static void add(const MEMORY_BASIC_INFORMATION *region, void *argument)
{
	struct walk *walk = argument;
	struct cell *row = table_row(&walk->table);
	enum colour colour = region_colour(region);
	const char *backing;

	cell_number(&row[WALK_BASE], (uintptr_t)region->BaseAddress);
	cell_number(&row[WALK_SIZE], region->RegionSize);
	cell_word(&row[WALK_STATE], region_state(region),
		  region->State == MEM_COMMIT ? COLOUR_NONE : COLOUR_FAINT);
	if (region->State == MEM_FREE)
		return;
	cell_word(&row[WALK_TYPE], region_type(region), colour);
	if (region->Protect)
		cell_protect(&row[WALK_PROTECT], region->Protect);
	cell_number(&row[WALK_ALLOCATION], (uintptr_t)region->AllocationBase);
	if (walk->account.known)
		cell_protect(&row[WALK_ALLOCATED_AS], region->AllocationProtect);
	backing = backing_of(&walk->backing, region);
	if (backing)
		cell_text(&row[WALK_BACKING], backing);
}

static void print_totals(const struct walk *walk)
{
	if (output.form == OUTPUT_CSV)
		return;
	if (output.form == OUTPUT_TEXT)
		putchar('\n');
	region_print_totals(&walk->totals);
	account_print(&walk->account);
	account_explain(&walk->account, &walk->target, ACCOUNT_REGIONS);
}

static int walk_through(struct walk *walk)
{
	backing_open(&walk->backing, &walk->target);
	if (!account_read(&walk->account, &walk->target))
		return target_failed(&walk->target, "see the counters of");
	if (!region_walk(&walk->target, add, walk, &walk->totals))
		return target_failed(&walk->target, "walk to the end of");
	output_put_number("pid", walk->target.pid);
	table_print(&walk->table, "regions");
	print_totals(walk);
	return output_end();
}

int walk_run(int argc, char **argv)
{
	struct walk walk = {
		.target = { .command = "walk" },
		.table = { .columns = columns, .width = WALK_WIDTH },
	};
	int status;

	argp_parse(&parser, argc, argv, 0, NULL, &walk);
	status = target_open(&walk.target);
	if (status)
		return status;
	status = walk_through(&walk);
	backing_close(&walk.backing);
	table_empty(&walk.table);
	target_close(&walk.target);
	return status;
}
