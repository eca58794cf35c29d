// SPDX-License-Identifier: MIT
/* Samples, printed. */
#include <json.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "top-frame.h"
#include "output.h"
#include "process.h"

/* Behind those of ps. */
enum frame_column { FRAME_FAULTS = PROCESS_WIDTH, FRAME_SOFT, FRAME_HARD, FRAME_TIME, FRAME_WIDTH };

static const struct column columns[FRAME_WIDTH] = {
	PROCESS_COLUMNS,
	{ "fault_rate", "FAULTS/S", COLUMN_NUMBER, 0, 0 },
	{ "soft_rate", "SOFT/S", COLUMN_NUMBER, 6, 0 },
	{ "hard_rate", "HARD/S", COLUMN_NUMBER, 2, 0 },
	{ "time_ms", NULL, COLUMN_PLAIN, 0, 0 },
};

static const struct {
	const char *name;
	size_t column;
	const char *title; /* of the column while processes are sorted by it, */
	const char *other; /* and the other way */
} orders[SAMPLE_ORDERS] = {
	[SAMPLE_COMMITTED] = { "committed", PROCESS_COMMITTED, "COMMITTED\u2193",
			       "COMMITTED\u2191" },
	[SAMPLE_RESIDENT] = { "resident", PROCESS_RESIDENT, "WORKING SET\u2193",
			      "WORKING SET\u2191" },
	[SAMPLE_FAULTS] = { "faults", FRAME_FAULTS, "FAULTS/S\u2193", "FAULTS/S\u2191" },
	[SAMPLE_PID] = { "pid", PROCESS_PID, "PID\u2191", "PID\u2193" },
	[SAMPLE_NAME] = { "name", PROCESS_NAME, "NAME\u2191", "NAME\u2193" },
};

enum sample_order top_frame_order(const char *name)
{
	enum sample_order order = 0;

	while (order < SAMPLE_ORDERS && strcmp(orders[order].name, name))
		order++;
	return order;
}

void top_frame_head(const struct top_frame *frame, const struct sample *sample, bool bars)
{
	struct bar_part memory[MEMORY_PARTS], commit[COMMIT_PARTS];

	printf("%swinvm top%s  %zu %sprocess%s, every %llu.%llu s\n", screen_colour(COLOUR_TITLE),
	       screen_plain(COLOUR_TITLE), sample->commit.count, commit_sees_all() ? "" : "own ",
	       sample->commit.count == 1 ? "" : "es", (unsigned long long)frame->interval / 1000,
	       (unsigned long long)frame->interval % 1000 / 100);
	if (!bars)
		return;
	memory_bar(&sample->memory, memory);
	commit_bar(&sample->commit, commit);
	bar_gauge("memory", sample->memory.total, memory, MEMORY_PARTS);
	bar_gauge("commit", sample->commit.system.commit_limit_bytes, commit, COMMIT_PARTS);
}

/* Of narrow screens: what processes are sorted by is always there. */
static void choose_columns(const struct top_frame *frame, struct column chosen[FRAME_WIDTH])
{
	static const enum process_column hidden[] = { PROCESS_KERNEL, PROCESS_ALLOCATIONS,
						      PROCESS_SOFT_FAULTS, PROCESS_HARD_FAULTS };

	memcpy(chosen, columns, sizeof(columns));
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		chosen[hidden[i]].title = NULL;
	chosen[PROCESS_RESIDENT].title = "WORKING SET";
	chosen[PROCESS_RESERVED].spare = 7;
	chosen[PROCESS_PEAK].spare = 5;
	chosen[PROCESS_COMMITTED].spare = 1;
	chosen[PROCESS_RESIDENT].spare = 1;
	chosen[FRAME_FAULTS].spare = 1;
	chosen[orders[frame->order].column].spare = 0;
	chosen[orders[frame->order].column].title = frame->reverse ? orders[frame->order].other :
								     orders[frame->order].title;
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void fill(struct table *table, const struct sample *sample)
{
	uint64_t time = now_ms();

	for (size_t i = 0; i < sample->commit.count; i++) {
		const struct sample_row *process = &sample->rows[i];
		struct cell *row = table_row(table);

		process_cells(process->process, row);
		cell_number(&row[FRAME_TIME], time);
		if (!process->rated)
			continue;
		cell_number(&row[FRAME_FAULTS], process->soft + process->hard);
		cell_number(&row[FRAME_SOFT], process->soft);
		cell_number(&row[FRAME_HARD], process->hard);
	}
}

void top_frame_processes(const struct top_frame *frame, const struct sample *sample)
{
	struct column chosen[FRAME_WIDTH];
	struct table table = { .columns = chosen, .width = FRAME_WIDTH };

	choose_columns(frame, chosen);
	fill(&table, sample);
	table_text(&table);
	table_empty(&table);
}

static void print_json(const struct table *table, const struct sample *sample)
{
	const struct winvm_nl_system *system = &sample->commit.system;
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "time_ms", json_object_new_uint64(now_ms()));
	json_object_object_add(object, "memory", json_object_new_uint64(sample->memory.total));
	json_object_object_add(object, "available",
			       json_object_new_uint64(sample->memory.available));
	json_object_object_add(object, "committed", json_object_new_uint64(system->commit_bytes));
	json_object_object_add(object, "limit", json_object_new_uint64(system->commit_limit_bytes));
	json_object_object_add(object, "refused", json_object_new_uint64(system->refused));
	json_object_object_add(object, "processes", table_json(table));
	puts(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN |
							    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
}

static void print_text(const struct top_frame *frame, const struct sample *sample, bool first)
{
	if (!first)
		putchar('\n');
	top_frame_head(frame, sample, true);
	putchar('\n');
	top_frame_processes(frame, sample);
}

void top_frame_print(const struct top_frame *frame, const struct sample *sample, bool first)
{
	struct table table = { .columns = columns, .width = FRAME_WIDTH };

	if (output.form == OUTPUT_TEXT) {
		print_text(frame, sample, first);
		return;
	}
	fill(&table, sample);
	if (output.form == OUTPUT_JSON)
		print_json(&table, sample);
	else if (first)
		table_csv_head(&table);
	for (size_t row = 0; row < table.rows && output.form == OUTPUT_CSV; row++)
		table_csv_row(&table, row);
	table_empty(&table);
}
