// SPDX-License-Identifier: MIT
/* The tables of the page. */
#include <stdlib.h>

#include "duration.h"
#include "html.h"
#include "space.h"
#include "svg.h"
#include "unit.h"

/* So many rows are enough for people; --csv has all. */
#define SAMPLES 100
#define CHANGES 20

static void table_begin(FILE *file, const char *what)
{
	fprintf(file,
		"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"%s\"><table>\n"
		"<thead><tr>",
		what);
}

static void table_end(FILE *file)
{
	fputs("</tbody></table></div>\n", file);
}

/* Titles with a "*" in front are of columns of text. */
static void head(FILE *file, const char *const *titles)
{
	for (; *titles; titles++)
		if (**titles == '*')
			fprintf(file, "<th scope=\"col\" class=\"t\">%s</th>", *titles + 1);
		else
			fprintf(file, "<th scope=\"col\">%s</th>", *titles);
	fputs("</tr></thead>\n<tbody>\n", file);
}

static void cell_size(FILE *file, uint64_t bytes)
{
	fprintf(file, "<td>%s</td>", unit_size(bytes, UNIT_HUMAN).text);
}

static void cell_change(FILE *file, int64_t bytes)
{
	fprintf(file, "<td>%s</td>", unit_change(bytes, UNIT_HUMAN).text);
}

static void cell_total(FILE *file, const struct totals *totals, enum total total)
{
	if (!total_known(totals, total))
		fputs("<td>unknown</td>", file);
	else if (total_names[total].size)
		cell_size(file, totals->of[total]);
	else
		fprintf(file, "<td>%s</td>", unit_number(totals->of[total]).text);
}

static void cell_kind(FILE *file, enum kind kind)
{
	fprintf(file, "<td class=\"t\"><span class=\"dot kind%d\"></span>%s</td>", (int)kind,
		kind_name(kind));
}

void html_samples(FILE *file, const struct history *history)
{
	static const char *const titles[] = { "time",	     "reserved",    "committed",
					      "private",     "resident",    "commit charge",
					      "soft faults", "hard faults", NULL };
	static const enum total shown[] = { TOTAL_RESERVED,   TOTAL_COMMITTED, TOTAL_PRIVATE,
					    TOTAL_RESIDENT,   TOTAL_CHARGE,    TOTAL_SOFT_FAULTS,
					    TOTAL_HARD_FAULTS };
	const struct recording *recording = &history->recording;
	size_t each = (recording->count + SAMPLES - 1) / SAMPLES;

	fprintf(file, "<details><summary>The numbers, sample by sample");
	if (each > 1)
		fprintf(file, " (one of each %zu)", each);
	fputs("</summary>\n", file);
	table_begin(file, "samples");
	head(file, titles);
	for (size_t i = 0; i < recording->count; i += each) {
		const struct totals *totals = &recording->totals[i];

		fprintf(file, "<tr><td>%s</td>", duration(totals->time).text);
		for (size_t n = 0; n < sizeof(shown) / sizeof(shown[0]); n++)
			cell_total(file, totals, shown[n]);
		fputs("</tr>\n", file);
	}
	table_end(file);
	fputs("</details>\n", file);
}

void html_kinds(FILE *file, const struct history *history)
{
	static const char *const titles[] = { "*kind", "size",	    "committed", "resident",
					      "size",  "committed", "resident",	 NULL };
	struct kind_sums first[KINDS], last[KINDS];

	history_kinds(&history->recording.first, first);
	history_kinds(&history->recording.last, last);
	table_begin(file, "kinds of memory");
	fputs("<th></th><th scope=\"colgroup\" colspan=\"3\">at last</th>"
	      "<th scope=\"colgroup\" colspan=\"3\">since the first sample</th></tr>\n<tr>",
	      file);
	head(file, titles);
	for (enum kind kind = 0; kind < KIND_UNUSABLE; kind++) {
		fputs("<tr>", file);
		cell_kind(file, kind);
		cell_size(file, last[kind].size);
		cell_size(file, last[kind].committed);
		cell_size(file, last[kind].resident);
		cell_change(file, (int64_t)(last[kind].size - first[kind].size));
		cell_change(file, (int64_t)(last[kind].committed - first[kind].committed));
		cell_change(file, (int64_t)(last[kind].resident - first[kind].resident));
		fputs("</tr>\n", file);
	}
	table_end(file);
}

/* Of the last sample. */
static struct kind_sums sums_in(const struct snapshot *snapshot, const struct place *place)
{
	struct kind_sums sums = { 0 };

	for (size_t i = 0; i < snapshot->count; i++) {
		const struct recorded_region *region = &snapshot->regions[i];

		if (region->base < place->start || region->base >= place->end)
			continue;
		sums.size += region->size;
		sums.committed += region->state == MEM_COMMIT ? region->size : 0;
		sums.resident += region->resident;
	}
	return sums;
}

void html_places(FILE *file, const struct history *history)
{
	static const char *const titles[] = { "*from",	   "*to",      "span", "in use",
					      "committed", "resident", NULL };
	struct place places[SPACE_PLACES];
	size_t count = space_places(&history->recording.first, &history->recording.last, places);

	fputs("<details><summary>The places, at last</summary>\n", file);
	table_begin(file, "places of the address space");
	head(file, titles);
	for (size_t i = 0; i < count; i++) {
		struct kind_sums sums = sums_in(&history->recording.last, &places[i]);

		fprintf(file, "<tr><td class=\"t\"><code>%s</code></td>",
			unit_address(places[i].start).text);
		fprintf(file, "<td class=\"t\"><code>%s</code></td>",
			unit_address(places[i].end).text);
		cell_size(file, places[i].end - places[i].start);
		cell_size(file, sums.size);
		cell_size(file, sums.committed);
		cell_size(file, sums.resident);
		fputs("</tr>\n", file);
	}
	table_end(file);
	fputs("</details>\n", file);
}

static uint64_t size_of(const struct change *change)
{
	uint64_t committed = (uint64_t)llabs(change->committed);
	uint64_t resident = (uint64_t)llabs(change->resident);

	return committed > resident ? committed : resident;
}

/* As long as it is of the biggest; paler for what went. */
static void cell_bar(FILE *file, const struct change *change, uint64_t biggest)
{
	bool less = change->committed < 0 || (!change->committed && change->resident < 0);
	double part = biggest ? (double)size_of(change) / (double)biggest : 0;

	fprintf(file,
		"<td class=\"bars\"><span class=\"bar%s kind%d\" style=\"width:%.0f%%\"></span></td>",
		less ? " less" : "", (int)change_of_kind(change), part * 100);
}

/* "reserved" and "committed READWRITE" with an arrow between. */
static void cell_sides(FILE *file, const struct change *change)
{
	char room[80];

	if (change->mixed) {
		fputs("<td class=\"t\">several regions</td>", file);
		return;
	}
	fprintf(file, "<td class=\"t\">%s", change_side(&change->before, room, sizeof(room)));
	if (change->kind != CHANGE_RESIDENT)
		fprintf(file, " \342\206\222 %s", change_side(&change->after, room, sizeof(room)));
	fputs("</td>", file);
}

static void change_row(FILE *file, const struct change *change, uint64_t biggest)
{
	const char *backing = change_backing(change);

	fprintf(file, "<td class=\"t\"><code>%s</code></td>", unit_address(change->base).text);
	cell_size(file, change->size);
	fprintf(file, "<td class=\"t\">%s</td>", change_word(change->kind));
	cell_change(file, change->committed);
	if (change->resident_known)
		cell_change(file, change->resident);
	else
		fputs("<td>unknown</td>", file);
	cell_bar(file, change, biggest);
	cell_kind(file, change_of_kind(change));
	cell_sides(file, change);
	fputs("<td class=\"t w\">", file);
	svg_text(file, backing ? backing : "");
	fputs("</td></tr>\n", file);
}

#define CHANGE_TITLES \
	"*base", "size", "*change", "committed", "resident", "*", "*kind", "*what", "*backing", NULL

void html_changes(FILE *file, const struct history *history)
{
	static const char *const titles[] = { CHANGE_TITLES };
	const struct changes *changes = &history->changes;
	size_t count = changes->count < CHANGES ? changes->count : CHANGES;

	fprintf(file, "<p class=\"soft\">%zu of %zu changes, the biggest first.</p>\n", count,
		changes->count);
	if (!count)
		return;
	table_begin(file, "changes between the first and the last sample");
	head(file, titles);
	for (size_t i = 0; i < count; i++) {
		fputs("<tr>", file);
		change_row(file, &changes->of[i], size_of(&changes->of[0]));
	}
	table_end(file);
}

void html_steps(FILE *file, const struct history *history)
{
	static const char *const titles[] = { "until", CHANGE_TITLES };

	fprintf(file, "<p class=\"soft\">%zu of %llu changes, the biggest first.</p>\n",
		history->count, (unsigned long long)history->all);
	if (!history->count)
		return;
	table_begin(file, "changes between samples");
	head(file, titles);
	for (size_t i = 0; i < history->count; i++) {
		const struct step *step = &history->steps[i];

		fprintf(file, "<tr><td>%s</td>", duration(step->to).text);
		change_row(file, &step->change, size_of(&history->steps[0].change));
	}
	table_end(file);
}
