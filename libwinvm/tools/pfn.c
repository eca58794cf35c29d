// SPDX-License-Identifier: MIT
/*
 * winvm pfn: the page-frame database, by lists and uses as RAMMap counts them, or one frame.
 */
#include <json.h>
#include <stdio.h>

#include "address.h"
#include "bar.h"
#include "frames.h"
#include "line.h"
#include "output.h"
#include "table.h"
#include "winvm.h"

#define PAGE UINT64_C(4096)

enum pfn_column { PFN_USE, PFN_TOTAL, PFN_LIST, PFN_WIDTH = PFN_LIST + FRAME_LISTS };

static const struct column columns[PFN_WIDTH] = {
	{ "use", "USE", COLUMN_TEXT, 0, 0 },
	{ "total", "TOTAL", COLUMN_SIZE, 0, 0 },
	[PFN_LIST + FRAME_ACTIVE] = { "active", "ACTIVE", COLUMN_SIZE, 1, 0 },
	[PFN_LIST + FRAME_STANDBY] = { "standby", "STANDBY", COLUMN_SIZE, 2, 0 },
	[PFN_LIST + FRAME_MODIFIED] = { "modified", "MODIFIED", COLUMN_SIZE, 3, 0 },
	[PFN_LIST + FRAME_TRANSITION] = { "transition", "TRANSITION", COLUMN_SIZE, 5, 0 },
	[PFN_LIST + FRAME_UNUSED] = { "free", "FREE", COLUMN_SIZE, 4, 0 },
	[PFN_LIST + FRAME_BAD] = { "bad", "BAD", COLUMN_SIZE, 6, 0 },
	[PFN_LIST + FRAME_ABSENT] = { "no_memory", NULL, COLUMN_SIZE, 0, 0 },
};

enum list_column { LIST_NAME, LIST_FRAMES, LIST_SIZE, LIST_WIDTH };

static const struct column list_columns[LIST_WIDTH] = {
	{ "list", "LIST", COLUMN_TEXT, 0, 0 },
	{ "frames", "FRAMES", COLUMN_NUMBER, 0, 0 },
	{ "size", "SIZE", COLUMN_SIZE, 1, 0 },
};

static const struct {
	enum colour colour;
	char letter;
} looks[FRAME_LISTS] = {
	[FRAME_ACTIVE] = { COLOUR_PRIVATE, 'a' }, [FRAME_STANDBY] = { COLOUR_MAPPED, 's' },
	[FRAME_MODIFIED] = { COLOUR_WARN, 'm' },  [FRAME_TRANSITION] = { COLOUR_IMAGE, 't' },
	[FRAME_UNUSED] = { COLOUR_GOOD, 'f' },	  [FRAME_BAD] = { COLOUR_BAD, 'b' },
	[FRAME_ABSENT] = { COLOUR_FAINT, '.' },
};

/**
 * struct pfn - what is wanted
 * @one: of one frame
 * @frame: that
 */
struct pfn {
	bool one;
	uint64_t frame;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct pfn *pfn = state->input;

	if (key != ARGP_KEY_ARG)
		return ARGP_ERR_UNKNOWN;
	if (pfn->one)
		argp_error(state, "one frame at a time, and \"%s\" is another", argument);
	if (!address_parse(argument, &pfn->frame))
		argp_error(state, "\"%s\" is no frame: its number is hexadecimal, as 1a2b",
			   argument);
	pfn->one = true;
	return 0;
}

static const struct argp parser = {
	.parser = parse,
	.args_doc = "[FRAME]",
	.doc = "Shows what the page frames of the machine are used for, and on which lists NT "
	       "would have them; of one FRAME, a hexadecimal number, all that is known. It takes "
	       "CAP_SYS_ADMIN.",
	.children = output_options,
};

static uint64_t use_total(const struct frames *frames, enum frame_use use)
{
	uint64_t sum = 0;

	for (enum frame_list list = 0; list < FRAME_LISTS; list++)
		sum += frames->of[use][list];
	return sum;
}

static uint64_t list_total(const struct frames *frames, enum frame_list list)
{
	uint64_t sum = 0;

	for (enum frame_use use = 0; use < FRAME_USES; use++)
		sum += frames->of[use][list];
	return sum;
}

/* What has memory. */
static uint64_t memory_total(const struct frames *frames)
{
	return frames->all - list_total(frames, FRAME_ABSENT);
}

static void add_sums(struct table *table, const struct frames *frames)
{
	struct cell *row = table_row(table);

	cell_word(&row[PFN_USE], "all memory", COLOUR_TITLE);
	cell_number(&row[PFN_TOTAL], memory_total(frames) * PAGE);
	for (enum frame_list list = 0; list < FRAME_LISTS; list++)
		cell_number(&row[PFN_LIST + list], list_total(frames, list) * PAGE);
}

static void add_use(struct table *table, const struct frames *frames, enum frame_use use)
{
	struct cell *row = table_row(table);

	cell_word(&row[PFN_USE], frame_use_name(use), COLOUR_NONE);
	cell_number(&row[PFN_TOTAL], use_total(frames, use) * PAGE);
	for (enum frame_list list = 0; list < FRAME_LISTS; list++)
		if (frames->of[use][list] || output.form != OUTPUT_TEXT)
			cell_number(&row[PFN_LIST + list], frames->of[use][list] * PAGE);
}

static void print_uses(const struct frames *frames)
{
	struct table table = { .columns = columns, .width = PFN_WIDTH };

	add_sums(&table, frames);
	for (enum frame_use use = 0; use < FRAME_USES; use++)
		if (use_total(frames, use) || output.form != OUTPUT_TEXT)
			add_use(&table, frames, use);
	table_print(&table, "uses");
	table_empty(&table);
}

/* In numbers of frames, and their sum. */
static void print_lists(const struct frames *frames)
{
	struct table table = { .columns = list_columns, .width = LIST_WIDTH };
	struct cell *row;

	for (enum frame_list list = 0; list < FRAME_LISTS; list++) {
		row = table_row(&table);
		cell_word(&row[LIST_NAME], frame_list_name(list), looks[list].colour);
		cell_number(&row[LIST_FRAMES], list_total(frames, list));
		cell_number(&row[LIST_SIZE], list_total(frames, list) * PAGE);
	}
	row = table_row(&table);
	cell_word(&row[LIST_NAME], "all", COLOUR_TITLE);
	cell_number(&row[LIST_FRAMES], frames->all);
	cell_number(&row[LIST_SIZE], frames->all * PAGE);
	if (output.form == OUTPUT_TEXT)
		putchar('\n');
	table_print(&table, "lists");
	table_empty(&table);
}

static void print_bar(const struct frames *frames)
{
	struct bar_part parts[FRAME_ABSENT];
	size_t width = screen_width();

	width = width && width < 200 ? width : 100;
	for (enum frame_list list = 0; list < FRAME_ABSENT; list++)
		parts[list] = (struct bar_part){
			.amount = list_total(frames, list),
			.colour = looks[list].colour,
			.letter = looks[list].letter,
			.name = frame_list_name(list),
		};
	bar_draw(parts, FRAME_ABSENT, memory_total(frames), width);
	bar_legend(parts, FRAME_ABSENT);
	putchar('\n');
}

static int show_all(void)
{
	struct frames frames;
	int status = frames_count(&frames);

	if (status)
		return status;
	if (output.form == OUTPUT_TEXT)
		print_bar(&frames);
	print_uses(&frames);
	if (output.form != OUTPUT_CSV)
		print_lists(&frames);
	return output_end();
}

/* A name and a text, in the form that is wanted. */
static void put_text(const char *key, const char *title, const char *text)
{
	if (output.form == OUTPUT_JSON)
		output_put(key, json_object_new_string(text));
	else if (output.form == OUTPUT_CSV)
		printf("%s,\"%s\"\n", key, text);
	else
		line_print(title, text);
}

static void put_hex(const char *key, const char *title, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), output.form == OUTPUT_TEXT ? "%llx" : "0x%llx",
		 (unsigned long long)number);
	put_text(key, title, text);
}

static void put_number(const char *key, const char *title, uint64_t number, bool known)
{
	if (output.form == OUTPUT_TEXT)
		put_text(key, title, known ? unit_number(number).text : "unknown");
	else
		output_pair(key, title, number, known, PAIR_NUMBER);
}

static int show_one(uint64_t frame)
{
	struct frame_facts facts;
	char text[FRAME_FLAGS];
	int status = frames_facts(frame, &facts);

	if (status)
		return status;
	put_hex("frame", "frame", frame);
	put_hex("address", "at", frame * PAGE);
	put_text("list", "list", frame_list_name(frame_list(facts.flags)));
	put_text("use", "use", frame_use_name(frame_use(facts.flags)));
	frame_flags(facts.flags, text);
	put_text("flags", "flags", *text ? text : "-");
	if (facts.head != frame)
		put_hex("head", "first of it", facts.head);
	put_number("mapped", "mapped", facts.mapped, facts.mapped_known);
	put_number("cgroup", "cgroup inode", facts.cgroup, facts.cgroup_known);
	return output_end();
}

int pfn_run(int argc, char **argv)
{
	struct pfn pfn = { 0 };

	argp_parse(&parser, argc, argv, 0, NULL, &pfn);
	return pfn.one ? show_one(pfn.frame) : show_all();
}
