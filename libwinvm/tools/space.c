// SPDX-License-Identifier: MIT
/*
 * Places and columns. Nearly all of an address space is free: gaps are left out, and each place
 * between them has a scale of its own.
 */
#include "space.h"
#include "svg.h"
#include "unit.h"

/* The least gap that is left out, if there are not too many. */
#define GAP ((uint64_t)16 << 20)

/* In units of the picture, which is as wide as 1000 of them. */
#define LEFT	132
#define LEGEND	76
#define ROW	74
#define BETWEEN 26
#define LANE	22

/**
 * struct column_sums - of what lies in a column, in bytes
 * @used: it
 * @committed: of it
 * @resident: of it
 * @kinds: of it
 */
struct column_sums {
	double used;
	double committed;
	double resident;
	double kinds[KINDS];
};

static uint64_t end_of(const struct recorded_region *region)
{
	return region->base + region->size;
}

/* The lower of the next regions of both; NULL: there is none. */
static const struct recorded_region *next_region(const struct snapshot *one, size_t *at,
						 const struct snapshot *other, size_t *other_at)
{
	if (*at < one->count &&
	    (*other_at == other->count || one->regions[*at].base <= other->regions[*other_at].base))
		return &one->regions[(*at)++];
	return *other_at < other->count ? &other->regions[(*other_at)++] : NULL;
}

/* Gives 0 when there are too many. */
static size_t places_apart(const struct snapshot *one, const struct snapshot *other, uint64_t gap,
			   struct place *places)
{
	const struct recorded_region *region;
	size_t at = 0, other_at = 0, count = 0;

	while ((region = next_region(one, &at, other, &other_at))) {
		struct place *last = count ? &places[count - 1] : NULL;

		if (last && (region->base <= last->end || region->base - last->end < gap)) {
			last->end = end_of(region) > last->end ? end_of(region) : last->end;
			continue;
		}
		if (count == SPACE_PLACES)
			return 0;
		places[count++] = (struct place){ region->base, end_of(region) };
	}
	return count;
}

size_t space_places(const struct snapshot *one, const struct snapshot *other, struct place *places)
{
	uint64_t gap = GAP;
	size_t count;

	if (!one->count && !other->count)
		return 0;
	while (!(count = places_apart(one, other, gap, places)))
		gap *= 4;
	return count;
}

static void add_part(struct column_sums *sums, const struct recorded_region *region, double from,
		     double to)
{
	double start = (double)region->base, end = (double)end_of(region), part;

	from = start > from ? start : from;
	to = end < to ? end : to;
	if (from >= to)
		return;
	part = to - from;
	sums->used += part;
	sums->committed += region->state == MEM_COMMIT ? part : 0;
	sums->resident += part / (double)region->size * (double)region->resident;
	sums->kinds[recorded_kind(region)] += part;
}

static struct column_run look_of(const struct column_sums *sums, unsigned int column)
{
	struct column_run run = { .first = column, .count = 1, .committed = sums->committed > 0 };

	for (enum kind kind = 0; kind < KINDS; kind++)
		if (sums->kinds[kind] > sums->kinds[run.kind])
			run.kind = kind;
	if (sums->resident > 0)
		run.level = 1 + (unsigned int)(sums->resident / sums->used * (SPACE_LEVELS - 0.01));
	if (run.level > SPACE_LEVELS)
		run.level = SPACE_LEVELS;
	return run;
}

static bool continues(const struct column_run *run, const struct column_run *next)
{
	return run->first + run->count == next->first && run->kind == next->kind &&
	       run->committed == next->committed && run->level == next->level;
}

size_t space_runs(const struct snapshot *snapshot, const struct place *place,
		  struct column_run *runs)
{
	double each = (double)(place->end - place->start) / SPACE_COLUMNS;
	size_t first = 0, count = 0;

	while (first < snapshot->count && end_of(&snapshot->regions[first]) <= place->start)
		first++;
	for (unsigned int column = 0; column < SPACE_COLUMNS; column++) {
		double from = (double)place->start + column * each, to = from + each;
		struct column_sums sums = { 0 };
		struct column_run run;

		while (first < snapshot->count && (double)end_of(&snapshot->regions[first]) <= from)
			first++;
		for (size_t i = first;
		     i < snapshot->count && (double)snapshot->regions[i].base < to; i++)
			add_part(&sums, &snapshot->regions[i], from, to);
		if (sums.used <= 0)
			continue;
		run = look_of(&sums, column);
		if (count && continues(&runs[count - 1], &run))
			runs[count - 1].count++;
		else
			runs[count++] = run;
	}
	return count;
}

static void draw_run(FILE *file, const struct place *place, const struct column_run *run, double y,
		     double height)
{
	uint64_t size = place->end - place->start, each = size / SPACE_COLUMNS;
	double full = height * run->level / SPACE_LEVELS;

	fprintf(file, "<g class=\"kind%d\"><title>%s, %s, %s and on</title>", (int)run->kind,
		kind_name(run->kind), run->committed ? "committed" : "reserved",
		unit_address((place->start + run->first * each) & ~(uint64_t)0xfff).text);
	fprintf(file, "<rect class=\"%s\" x=\"%u\" y=\"%.1f\" width=\"%u\" height=\"%.1f\"/>",
		run->committed ? "paged" : "empty", LEFT + run->first, y, run->count, height);
	if (run->level)
		fprintf(file, "<rect x=\"%u\" y=\"%.1f\" width=\"%u\" height=\"%.1f\"/>",
			LEFT + run->first, y + height - full, run->count, full);
	fputs("</g>\n", file);
}

static void draw_lane(FILE *file, const struct snapshot *snapshot, const struct place *place,
		      const char *name, double y)
{
	struct column_run runs[SPACE_COLUMNS];
	size_t count = space_runs(snapshot, place, runs);

	fprintf(file, "<text class=\"mark end\" x=\"%d\" y=\"%.1f\">%s</text>", LEFT - 10,
		y + LANE - 7, name);
	fprintf(file, "<rect class=\"lane\" x=\"%d\" y=\"%.1f\" width=\"%d\" height=\"%d\"/>\n",
		LEFT, y, SPACE_COLUMNS, LANE);
	for (size_t i = 0; i < count; i++)
		draw_run(file, place, &runs[i], y, LANE);
}

static void draw_place(FILE *file, const struct history *history, const struct place *place,
		       double y)
{
	const struct recording *recording = &history->recording;
	uint64_t size = place->end - place->start;

	fprintf(file, "<text class=\"address\" x=\"%d\" y=\"%.1f\">%s</text>", LEFT, y + 12,
		unit_address(place->start).text);
	fprintf(file, "<text class=\"address end\" x=\"%d\" y=\"%.1f\">%s</text>\n",
		LEFT + SPACE_COLUMNS, y + 12, unit_address(place->end).text);
	draw_lane(file, &recording->first, place, "first", y + 20);
	draw_lane(file, &recording->last, place, "last", y + 24 + LANE);
	fprintf(file, "<text class=\"mark\" x=\"%d\" y=\"%.1f\">%s</text>",
		LEFT + SPACE_COLUMNS + 12, y + 36, unit_size(size, UNIT_HUMAN).text);
	fprintf(file, "<text class=\"mark\" x=\"%d\" y=\"%.1f\">%s a column</text>\n",
		LEFT + SPACE_COLUMNS + 12, y + 58,
		unit_size(size / SPACE_COLUMNS, UNIT_HUMAN).text);
}

/* The gap in front of a place. */
static void draw_gap(FILE *file, uint64_t bytes, double y)
{
	fprintf(file, "<path class=\"gap\" d=\"M%d %.1fH%dM%d %.1fH%d\"/>", LEFT, y,
		LEFT + SPACE_COLUMNS / 2 - 80, LEFT + SPACE_COLUMNS / 2 + 80, y,
		LEFT + SPACE_COLUMNS);
	fprintf(file, "<text class=\"mark middle\" x=\"%d\" y=\"%.1f\">%s free</text>\n",
		LEFT + SPACE_COLUMNS / 2, y + 4, unit_size(bytes, UNIT_HUMAN).text);
}

static void draw_legend(FILE *file)
{
	static const char *const words[] = { "reserved", "committed, not in memory",
					     "in memory: as high as its part" };
	static const char *const classes[] = { "empty", "paged", "" };
	char class[16];

	for (enum kind kind = 0; kind < KIND_UNUSABLE; kind++) {
		snprintf(class, sizeof(class), "kind%d", (int)kind);
		svg_legend(file, LEFT + 120 * (double)kind, 18, class, kind_name(kind), 120);
	}
	for (int i = 0; i < 3; i++) {
		snprintf(class, sizeof(class), "kind5 %s", classes[i]);
		svg_legend(file, LEFT + 240 * (double)i, 44, class, words[i], 240);
	}
}

void space_draw(FILE *file, const struct history *history)
{
	struct place places[SPACE_PLACES];
	size_t count = space_places(&history->recording.first, &history->recording.last, places);
	double y = LEGEND;

	fprintf(file,
		"<svg role=\"img\" aria-labelledby=\"space-title space-desc\" "
		"viewBox=\"0 0 1000 %zu\">\n",
		LEGEND + count * (ROW + BETWEEN));
	fprintf(file,
		"<title id=\"space-title\">The address space</title>\n<desc id=\"space-desc\">%zu "
		"places in use, each on a scale of its own, with the gaps between them left out; "
		"in the first sample and in the last. The table has their sizes.</desc>\n",
		count);
	draw_legend(file);
	for (size_t i = 0; i < count; i++) {
		if (i)
			draw_gap(file, places[i].start - places[i - 1].end, y - BETWEEN / 2.0);
		draw_place(file, history, &places[i], y);
		y += ROW + BETWEEN;
	}
	fputs("</svg>\n", file);
}
