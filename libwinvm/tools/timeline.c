// SPDX-License-Identifier: MIT
/*
 * Two panels over one axis of time: what is committed and in memory above, what is reserved
 * below, for that may be a thousand times as much.
 */
#include "duration.h"
#include "svg.h"
#include "timeline.h"
#include "unit.h"

/* In units of the picture, which is as wide as 1000 of them. */
#define LEFT   84.0
#define RIGHT  956.0
#define HEIGHT 446

/* A point for each of so many parts of the axis is as fine as it gets. */
#define POINTS 600

/**
 * struct panel - a part of the picture with an axis of bytes
 * @top, @bottom: of it
 * @full: bytes at its top
 * @step: between marks
 */
struct panel {
	double top;
	double bottom;
	uint64_t full;
	uint64_t step;
};

/**
 * struct line - of a total
 * @total: which
 * @name: in the legend
 * @class: of its style
 * @area: what is below it is filled
 */
struct line {
	enum total total;
	const char *name;
	const char *class;
	bool area;
};

static const struct line memory_lines[] = {
	{ TOTAL_COMMITTED, "committed", "committed", true },
	{ TOTAL_RESIDENT, "resident", "resident", true },
	{ TOTAL_CHARGE, "commit charge", "charge", false },
};

static const struct line reserved_line = { TOTAL_RESERVED, "reserved", "reserved", true };

static double across(const struct history *history, uint64_t time)
{
	uint64_t span = history->recording.last.totals.time;

	return span ? LEFT + (double)time / (double)span * (RIGHT - LEFT) : (LEFT + RIGHT) / 2;
}

static double down(const struct panel *panel, uint64_t bytes)
{
	return panel->bottom - (double)bytes / (double)panel->full * (panel->bottom - panel->top);
}

static struct panel panel_for(double top, double bottom, uint64_t greatest)
{
	struct panel panel = { .top = top, .bottom = bottom };

	panel.step = svg_size_step(greatest, bottom - top > 150 ? 6 : 3);
	panel.full = svg_round_up(greatest ? greatest : 1, panel.step);
	return panel;
}

/* The greatest of all lines that are drawn in it. */
static uint64_t greatest_of(const struct history *history, const struct line *lines, size_t count)
{
	uint64_t greatest = 0;

	for (size_t i = 0; i < count; i++) {
		size_t peak = history_peak(history, lines[i].total);
		uint64_t bytes = history->recording.totals[peak].of[lines[i].total];

		greatest = bytes > greatest ? bytes : greatest;
	}
	return greatest;
}

static void draw_grid(FILE *file, const struct panel *panel)
{
	for (uint64_t bytes = 0; bytes <= panel->full; bytes += panel->step) {
		double y = down(panel, bytes);

		fprintf(file, "<path class=\"%s\" d=\"M%.0f %.1fH%.0f\"/>", bytes ? "grid" : "axis",
			LEFT, y, RIGHT);
		fprintf(file, "<text class=\"mark end\" x=\"%.0f\" y=\"%.1f\">%s</text>\n",
			LEFT - 8, y + 4, bytes ? unit_size(bytes, UNIT_HUMAN).text : "0");
	}
}

/* The greatest of neighbours stands for those that would lie on one point. */
static size_t next_point(const struct recording *recording, size_t at, enum total total,
			 size_t *peak)
{
	size_t each = recording->count / POINTS + 1, end = at + each;

	*peak = at;
	for (; at < end && at < recording->count; at++)
		if (recording->totals[at].of[total] > recording->totals[*peak].of[total])
			*peak = at;
	return at;
}

static void draw_path(FILE *file, const struct history *history, const struct panel *panel,
		      const struct line *line, bool area)
{
	const struct recording *recording = &history->recording;
	size_t at = 0, peak;
	double x = across(history, 0), start = x;

	fprintf(file, "<path class=\"%s %s\" d=\"", line->class, area ? "area" : "line");
	while (at < recording->count) {
		bool first = !at;

		at = next_point(recording, at, line->total, &peak);
		x = across(history, recording->totals[peak].time);
		start = first ? x : start;
		fprintf(file, "%s%.1f %.1f", first ? "M" : "L", x,
			down(panel, recording->totals[peak].of[line->total]));
	}
	if (area)
		fprintf(file, "L%.1f %.1fL%.1f %.1fZ", x, panel->bottom, start, panel->bottom);
	fputs("\"/>\n", file);
}

static void draw_peak(FILE *file, const struct history *history, const struct panel *panel,
		      const struct line *line)
{
	const struct totals *peak = &history->recording.totals[history_peak(history, line->total)];

	fprintf(file, "<circle class=\"%s peak\" cx=\"%.1f\" cy=\"%.1f\" r=\"4.5\"/>\n",
		line->class, across(history, peak->time), down(panel, peak->of[line->total]));
}

/* Where the peak is, is told here: beside it there may be no room. */
static void draw_legend(FILE *file, const struct history *history, const struct line *line,
			double x, double y)
{
	const struct totals *peak = &history->recording.totals[history_peak(history, line->total)];
	char word[160], class[32];

	snprintf(word, sizeof(word), "%s: peak %s at %s", line->name,
		 unit_size(peak->of[line->total], UNIT_HUMAN).text, duration(peak->time).text);
	snprintf(class, sizeof(class), "%s key", line->class);
	svg_legend(file, x, y, class, word, 288);
}

static void draw_panel(FILE *file, const struct history *history, const struct panel *panel,
		       const struct line *lines, size_t count)
{
	draw_grid(file, panel);
	for (size_t i = 0; i < count; i++)
		if (lines[i].area && history_knows(history, lines[i].total))
			draw_path(file, history, panel, &lines[i], true);
	for (size_t i = 0; i < count; i++) {
		if (!history_knows(history, lines[i].total))
			continue;
		draw_path(file, history, panel, &lines[i], false);
		draw_peak(file, history, panel, &lines[i]);
		draw_legend(file, history, &lines[i], LEFT + 290 * (double)i, panel->top - 16);
	}
}

static void draw_times(FILE *file, const struct history *history, double top, double bottom)
{
	uint64_t span = history->recording.last.totals.time, step = svg_time_step(span, 8);

	for (uint64_t time = 0; time <= span; time += step) {
		double x = across(history, time);

		fprintf(file, "<path class=\"grid\" d=\"M%.1f %.1fV%.1f\"/>", x, top, bottom);
		fprintf(file, "<text class=\"mark middle\" x=\"%.1f\" y=\"%.1f\">%s</text>\n", x,
			bottom + 18, time ? duration(time).text : "0");
	}
	fprintf(file,
		"<text class=\"mark middle\" x=\"%.1f\" y=\"%.1f\">time since the first sample</text>\n",
		(LEFT + RIGHT) / 2, bottom + 38);
}

static void describe(FILE *file, const struct history *history)
{
	const struct recording *recording = &history->recording;

	fputs("<title id=\"timeline-title\">Memory over time</title>\n"
	      "<desc id=\"timeline-desc\">",
	      file);
	for (enum total total = TOTAL_RESERVED; total <= TOTAL_RESIDENT; total++) {
		const struct totals *peak = &recording->totals[history_peak(history, total)];

		if (total == TOTAL_PRIVATE)
			continue;
		fprintf(file, "%s: ", total_names[total].title);
		fprintf(file, "%s at first, ",
			unit_size(recording->first.totals.of[total], UNIT_HUMAN).text);
		fprintf(file, "%s at last, at most %s after %s. ",
			unit_size(recording->last.totals.of[total], UNIT_HUMAN).text,
			unit_size(peak->of[total], UNIT_HUMAN).text, duration(peak->time).text);
	}
	fputs("</desc>\n", file);
}

void timeline_draw(FILE *file, const struct history *history)
{
	const size_t count = sizeof(memory_lines) / sizeof(memory_lines[0]);
	struct panel memory = panel_for(40, 250, greatest_of(history, memory_lines, count));
	struct panel reserved = panel_for(304, 394, greatest_of(history, &reserved_line, 1));

	fprintf(file,
		"<svg role=\"img\" aria-labelledby=\"timeline-title timeline-desc\" "
		"viewBox=\"0 0 1000 %d\">\n",
		HEIGHT);
	describe(file, history);
	draw_times(file, history, memory.top, reserved.bottom);
	draw_panel(file, history, &memory, memory_lines, count);
	draw_panel(file, history, &reserved, &reserved_line, 1);
	fputs("</svg>\n", file);
}
