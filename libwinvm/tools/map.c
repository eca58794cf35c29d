// SPDX-License-Identifier: MIT
/*
 * winvm map: what the memory of a process is, by kind, as VMMap shows it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "account.h"
#include "backing.h"
#include "bar.h"
#include "kind.h"
#include "output.h"
#include "region.h"
#include "resident.h"
#include "strip.h"
#include "table.h"
#include "text.h"
#include "winvm.h"

/* NT's allocations begin at multiples of this (SPEC AS-4). */
#define GRANULE 65536

/* Columns of the screen in front of a bar. */
#define TITLE_WIDTH 32

enum kind_column {
	KIND_NAME,
	KIND_SIZE,
	KIND_COMMITTED,
	KIND_CHARGED,
	KIND_RESIDENT,
	KIND_RESIDENT_PRIVATE,
	KIND_RESIDENT_SHARED,
	KIND_LOCKED,
	KIND_BLOCKS,
	KIND_LARGEST,
	KIND_LOST,
	KIND_WIDTH
};

static const struct column kind_columns[KIND_WIDTH] = {
	{ "kind", "KIND", COLUMN_TEXT, 0, 0 },
	{ "size", "SIZE", COLUMN_SIZE, 0, 0 },
	{ "committed", "COMMITTED", COLUMN_SIZE, 1, 0 },
	{ "private", "PRIVATE", COLUMN_SIZE, 4, 0 },
	{ "resident", "RESIDENT", COLUMN_SIZE, 2, 0 },
	{ "resident_private", "RES PRIV", COLUMN_SIZE, 5, 0 },
	{ "resident_shared", "RES SHARED", COLUMN_SIZE, 6, 0 },
	{ "locked", "LOCKED", COLUMN_SIZE, 8, 0 },
	{ "blocks", "BLOCKS", COLUMN_NUMBER, 3, 0 },
	{ "largest", "LARGEST", COLUMN_SIZE, 9, 0 },
	{ "unusable", "UNUSABLE", COLUMN_SIZE, 7, 0 },
};

enum place_column {
	PLACE_BASE,
	PLACE_KIND,
	PLACE_SIZE,
	PLACE_COMMITTED,
	PLACE_RESIDENT,
	PLACE_RESIDENT_PRIVATE,
	PLACE_BLOCKS,
	PLACE_PROTECT,
	PLACE_BACKING,
	PLACE_WIDTH
};

static const struct column place_columns[PLACE_WIDTH] = {
	{ "base", "BASE", COLUMN_ADDRESS, 0, 12 },
	{ "kind", "KIND", COLUMN_TEXT, 0, 0 },
	{ "size", "SIZE", COLUMN_SIZE, 0, 0 },
	{ "committed", "COMMITTED", COLUMN_SIZE, 1, 0 },
	{ "resident", "RESIDENT", COLUMN_SIZE, 2, 0 },
	{ "resident_private", "RES PRIV", COLUMN_SIZE, 4, 0 },
	{ "blocks", "BLOCKS", COLUMN_NUMBER, 3, 0 },
	{ "allocated_as", "ALLOCATED AS", COLUMN_TEXT, 5, 0 },
	{ "backing", "BACKING", COLUMN_PATH, 0, 0 },
};

/**
 * struct sums - of the regions of a kind or an allocation; bytes but for @blocks
 * @size, @committed: of them
 * @private: of what is committed, what is charged to the process alone
 * @resident: of them
 * @blocks: how many there are
 * @largest: of them
 * @lost: free, behind them, where no allocation can begin
 */
struct sums {
	uint64_t size;
	uint64_t committed;
	uint64_t private;
	struct resident_sums resident;
	uint64_t blocks;
	uint64_t largest;
	uint64_t lost;
};

/**
 * struct place - an allocation
 * @base: its first byte
 * @kind: of it
 * @protect: that it was made with
 * @sums: of its regions
 * @backing: what is behind it; NULL: nothing
 */
struct place {
	uint64_t base;
	enum kind kind;
	DWORD protect;
	struct sums sums;
	char *backing;
};

/**
 * struct map - while it is made
 * @target: whose address space
 * @backing: what is behind it
 * @resident: what of it is in memory
 * @account: what winvm counts
 * @summary: without the allocations one by one
 * @kinds: sums by kind
 * @all: sums of what is in use
 * @places: array of @count allocations
 * @spans: array of @used regions that are in use
 * @last: the kind of the last region that is in use
 * @totals: of the walk
 */
struct map {
	struct target target;
	struct backing backing;
	struct resident resident;
	struct account account;
	bool summary;
	struct sums kinds[KINDS];
	struct sums all;
	struct place *places;
	size_t count;
	struct strip_span *spans;
	size_t used;
	enum kind last;
	struct region_totals totals;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct map *map = state->input;

	if (key == 's')
		map->summary = true;
	else
		return target_parse(key, argument, state, &map->target);
	return 0;
}

static const struct argp_option options[] = {
	{ "summary", 's', NULL, 0, "without the allocations one by one", 0 },
	{ 0 }
};

static const struct argp parser = {
	.options = options,
	.parser = parse,
	.args_doc = "PID",
	.doc = "Shows what the memory of a process is, by kind: how much is reserved, "
	       "committed, and in memory; where it lies; and each allocation. PID may be self. "
	       "With --csv: the table by kind.",
	.children = output_options,
};

static void sum(struct sums *sums, const struct sums *part)
{
	sums->size += part->size;
	sums->committed += part->committed;
	sums->private += part->private;
	sums->resident.all += part->resident.all;
	sums->resident.private += part->resident.private;
	sums->resident.locked += part->resident.locked;
	sums->blocks += part->blocks;
	sums->largest = part->largest > sums->largest ? part->largest : sums->largest;
}

/* What is free up to where an allocation can begin is of no use to NT's programs. */
static void add_free(struct map *map, uint64_t base, uint64_t bytes)
{
	uint64_t unusable = -base % GRANULE;
	struct sums part = { .blocks = 1 };

	unusable = unusable < bytes ? unusable : bytes;
	part.size = part.largest = unusable;
	if (unusable) {
		sum(&map->kinds[KIND_UNUSABLE], &part);
		map->kinds[map->last].lost += unusable;
		map->all.lost += unusable;
	}
	part.size = part.largest = bytes - unusable;
	if (part.size)
		sum(&map->kinds[KIND_FREE], &part);
}

static void add_span(struct map *map, uint64_t base, const struct sums *part, enum kind kind)
{
	map->spans = text_allocate(map->spans, map->used + 1, sizeof(*map->spans));
	map->spans[map->used++] = (struct strip_span){
		.start = base,
		.bytes = part->size,
		.committed = part->committed,
		.resident = part->resident.all,
		.colour = kind_colour(kind),
	};
}

/* Of the region's allocation; what Linux has beneath one base may be of several kinds. */
static struct place *place_of(struct map *map, const MEMORY_BASIC_INFORMATION *region,
			      enum kind kind, const char *backing)
{
	uint64_t base = (uintptr_t)region->AllocationBase;
	struct place *last = map->count ? &map->places[map->count - 1] : NULL;

	if (last && last->base == base && last->kind == kind)
		return last;
	map->places = text_allocate(map->places, map->count + 1, sizeof(*map->places));
	last = &map->places[map->count++];
	*last = (struct place){
		.base = base,
		.kind = kind,
		.protect = region->AllocationProtect,
		.backing = backing ? text_clean(backing) : NULL,
	};
	return last;
}

static void add(const MEMORY_BASIC_INFORMATION *region, void *argument)
{
	struct map *map = argument;
	uint64_t base = (uintptr_t)region->BaseAddress;
	struct sums part = { .size = region->RegionSize, .blocks = 1 };
	const char *backing;
	enum kind kind;

	if (region->State == MEM_FREE) {
		add_free(map, base, region->RegionSize);
		return;
	}
	backing = backing_of(&map->backing, region);
	kind = kind_of(region, backing);
	map->last = kind;
	part.largest = part.size;
	part.committed = region->State == MEM_COMMIT ? part.size : 0;
	part.private = region->Type == MEM_PRIVATE ? part.committed : 0;
	part.resident = resident_of(&map->resident, base, part.size);
	sum(&map->kinds[kind], &part);
	sum(&map->all, &part);
	sum(&place_of(map, region, kind, backing)->sums, &part);
	add_span(map, base, &part, kind);
}

/* Of what is free there is no more to be known. */
static void fill_free(struct cell *row, const struct sums *sums)
{
	cell_number(&row[KIND_SIZE], sums->size);
	cell_number(&row[KIND_BLOCKS], sums->blocks);
	cell_number(&row[KIND_LARGEST], sums->largest);
}

static void fill_kind(struct cell *row, const struct sums *sums)
{
	fill_free(row, sums);
	cell_number(&row[KIND_COMMITTED], sums->committed);
	cell_number(&row[KIND_CHARGED], sums->private);
	cell_number(&row[KIND_RESIDENT], sums->resident.all);
	cell_number(&row[KIND_RESIDENT_PRIVATE], sums->resident.private);
	cell_number(&row[KIND_RESIDENT_SHARED], sums->resident.all - sums->resident.private);
	cell_number(&row[KIND_LOCKED], sums->resident.locked);
	cell_number(&row[KIND_LOST], sums->lost);
}

static void print_kinds(const struct map *map)
{
	struct table table = { .columns = kind_columns, .width = KIND_WIDTH };
	struct cell *row = table_row(&table);

	cell_word(&row[KIND_NAME], "in use", COLOUR_TITLE);
	fill_kind(row, &map->all);
	for (enum kind kind = 0; kind < KINDS; kind++) {
		row = table_row(&table);
		cell_word(&row[KIND_NAME], kind_name(kind), kind_colour(kind));
		(kind < KIND_UNUSABLE ? fill_kind : fill_free)(row, &map->kinds[kind]);
	}
	table_print(&table, "kinds");
	table_empty(&table);
}

static void print_places(const struct map *map)
{
	struct table table = { .columns = place_columns, .width = PLACE_WIDTH };

	for (size_t i = 0; i < map->count; i++) {
		const struct place *place = &map->places[i];
		struct cell *row = table_row(&table);

		cell_number(&row[PLACE_BASE], place->base);
		cell_word(&row[PLACE_KIND], kind_name(place->kind), kind_colour(place->kind));
		cell_number(&row[PLACE_SIZE], place->sums.size);
		cell_number(&row[PLACE_COMMITTED], place->sums.committed);
		cell_number(&row[PLACE_RESIDENT], place->sums.resident.all);
		cell_number(&row[PLACE_RESIDENT_PRIVATE], place->sums.resident.private);
		cell_number(&row[PLACE_BLOCKS], place->sums.blocks);
		if (map->account.known)
			cell_word(&row[PLACE_PROTECT], region_protect(place->protect), COLOUR_NONE);
		if (place->backing)
			cell_text(&row[PLACE_BACKING], place->backing);
	}
	table_print(&table, "allocations");
	table_empty(&table);
}

static uint64_t committed_of(const struct sums *sums)
{
	return sums->committed;
}

static uint64_t resident_private_of(const struct sums *sums)
{
	return sums->resident.private;
}

static uint64_t resident_all_of(const struct sums *sums)
{
	return sums->resident.all;
}

/* As long as what is committed would be across the screen. */
static void print_bar(const struct map *map, const char *title,
		      uint64_t (*part)(const struct sums *sums), size_t width)
{
	struct bar_part parts[KIND_UNUSABLE];

	for (enum kind kind = 0; kind < KIND_UNUSABLE; kind++)
		parts[kind] = (struct bar_part){
			.amount = part(&map->kinds[kind]),
			.colour = kind_colour(kind),
			.letter = kind_letter(kind),
		};
	printf("%-18s%12s  ", title, unit_size(part(&map->all), output.unit).text);
	bar_draw(parts, KIND_UNUSABLE, map->all.committed,
		 width > TITLE_WIDTH ? width - TITLE_WIDTH : 1);
}

/* In the order of the bars' parts. */
static void print_legend(void)
{
	struct bar_part parts[KIND_UNUSABLE];

	for (enum kind kind = 0; kind < KIND_UNUSABLE; kind++)
		parts[kind] = (struct bar_part){ 0, kind_colour(kind), kind_letter(kind),
						 kind_name(kind) };
	bar_legend(parts, KIND_UNUSABLE);
	putchar('\n');
}

static void print_pictures(const struct map *map)
{
	size_t width = screen_width();

	width = width && width < 200 ? width : 100;
	print_bar(map, "committed", committed_of, width);
	print_bar(map, "private in memory", resident_private_of, width);
	print_bar(map, "all in memory", resident_all_of, width);
	print_legend();
	strip_draw(map->spans, map->used, width > 36 ? width - 26 : 10);
	putchar('\n');
}

/* How much of what is free is not in one piece, in per cent. */
static uint64_t fragmentation(const struct sums *free)
{
	return free->size ? 100 - free->largest / (free->size / 100 + 1) : 0;
}

static void print_map(const struct map *map)
{
	if (output.form == OUTPUT_TEXT)
		print_pictures(map);
	output_put_number("pid", map->target.pid);
	print_kinds(map);
	if (output.form == OUTPUT_CSV)
		return;
	if (output.form == OUTPUT_TEXT)
		putchar('\n');
	output_pair("fragmentation_percent", "free, but not in one piece, in %",
		    fragmentation(&map->kinds[KIND_FREE]), true, PAIR_NUMBER);
	if (output.form == OUTPUT_JSON)
		region_print_totals(&map->totals);
	account_print(&map->account);
	account_explain(&map->account, &map->target, ACCOUNT_REGIONS);
	if (map->summary)
		return;
	if (output.form == OUTPUT_TEXT)
		putchar('\n');
	print_places(map);
}

static int map_through(struct map *map)
{
	if (!account_read(&map->account, &map->target))
		return target_failed(&map->target, "see the counters of");
	if (!resident_open(&map->resident, &map->target))
		return target_failed(&map->target, "see what is in memory of");
	backing_open(&map->backing, &map->target);
	if (!region_walk(&map->target, add, map, &map->totals))
		return target_failed(&map->target, "walk to the end of");
	print_map(map);
	return output_end();
}

static void map_close(struct map *map)
{
	for (size_t i = 0; i < map->count; i++)
		free(map->places[i].backing);
	free(map->places);
	free(map->spans);
	resident_close(&map->resident);
	backing_close(&map->backing);
	target_close(&map->target);
}

int map_run(int argc, char **argv)
{
	struct map map = { .target = { .command = "map" } };
	int status;

	argp_parse(&parser, argc, argv, 0, NULL, &map);
	status = target_open(&map.target);
	if (status)
		return status;
	status = map_through(&map);
	map_close(&map);
	return status;
}
