// SPDX-License-Identifier: MIT
/*
 * The page. Names are others' and may be anything: they are written by svg_text() only. Nothing
 * is loaded, and nothing could be: the policy at its top forbids that.
 */
#include <winvm.h>

#include "duration.h"
#include "html.h"
#include "space.h"
#include "svg.h"
#include "timeline.h"
#include "unit.h"

static void write_head(FILE *file, const struct recording *recording)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta http-equiv=\"Content-Security-Policy\" "
	      "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	      "<title>",
	      file);
	svg_text(file, recording->name);
	fprintf(file, " (%llu): memory over time</title>\n<style>\n%s</style>\n</head>\n",
		(unsigned long long)recording->pid, html_style);
}

static void write_title(FILE *file, const struct recording *recording)
{
	char start[64];

	fputs("<h1>", file);
	svg_text(file, recording->name);
	fprintf(file, " <span class=\"soft\">%llu</span></h1>\n<p class=\"soft\">",
		(unsigned long long)recording->pid);
	fprintf(file, "%s samples in %s, one each %s, from %s on Linux ",
		unit_number(recording->count).text, duration(recording->last.totals.time).text,
		duration(recording->interval).text, history_start(recording, start, sizeof(start)));
	svg_text(file, recording->kernel);
	fprintf(file, ". The end: %s.</p>\n", history_end(recording->end));
}

static void write_card(FILE *file, const struct history *history, enum total total,
		       const char *name)
{
	const struct recording *recording = &history->recording;
	uint64_t last = recording->last.totals.of[total];
	const struct totals *peak = &recording->totals[history_peak(history, total)];

	fprintf(file, "<div class=\"card %s\"><span>%s, at last</span>", name,
		total_names[total].title);
	if (!history_knows(history, total)) {
		fputs("<b>unknown</b><span>it does not use winvm</span></div>\n", file);
		return;
	}
	fprintf(file, "<b>%s</b><span>%s since the first sample</span>",
		unit_size(last, UNIT_HUMAN).text,
		unit_change((int64_t)(last - recording->first.totals.of[total]), UNIT_HUMAN).text);
	fprintf(file, "<span>peak %s at %s</span></div>\n",
		unit_size(peak->of[total], UNIT_HUMAN).text, duration(peak->time).text);
}

static void write_cards(FILE *file, const struct history *history)
{
	fputs("<div class=\"cards\">\n", file);
	write_card(file, history, TOTAL_RESERVED, "reserved");
	write_card(file, history, TOTAL_COMMITTED, "committed");
	write_card(file, history, TOTAL_RESIDENT, "resident");
	write_card(file, history, TOTAL_CHARGE, "charge");
	fputs("</div>\n", file);
}

static void write_timeline(FILE *file, const struct history *history)
{
	fputs("<section aria-labelledby=\"over-time\"><h2 id=\"over-time\">Memory over time</h2>\n"
	      "<figure><figcaption>Committed: promised to the process. Resident: of that, in "
	      "memory. Reserved: addresses only. A ring marks each peak.</figcaption>\n"
	      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"timeline\">\n",
	      file);
	timeline_draw(file, history);
	fputs("</div></figure>\n", file);
	html_samples(file, history);
	fputs("</section>\n", file);
}

static void write_space(FILE *file, const struct history *history)
{
	fputs("<section aria-labelledby=\"space\"><h2 id=\"space\">The address space</h2>\n"
	      "<figure><figcaption>Each place has a scale of its own, told beside it; what is "
	      "free between them is left out.</figcaption>\n"
	      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"address space\">\n",
	      file);
	space_draw(file, history);
	fputs("</div></figure>\n", file);
	html_kinds(file, history);
	html_places(file, history);
	fputs("</section>\n", file);
}

static void write_changes(FILE *file, const struct history *history)
{
	fputs("<section aria-labelledby=\"changes\"><h2 id=\"changes\">What changed in all</h2>\n",
	      file);
	html_changes(file, history);
	fputs("</section>\n<section aria-labelledby=\"steps\"><h2 id=\"steps\">What changed from "
	      "one sample to the next</h2>\n",
	      file);
	html_steps(file, history);
	fputs("</section>\n", file);
}

void html_write(FILE *file, const struct history *history)
{
	write_head(file, &history->recording);
	fputs("<body>\n<main>\n<header>\n", file);
	write_title(file, &history->recording);
	fputs("</header>\n", file);
	write_cards(file, history);
	write_timeline(file, history);
	write_space(file, history);
	write_changes(file, history);
	fprintf(file, "<footer>winvm %s, winvm report</footer>\n</main>\n</body>\n</html>\n",
		WINVM_VERSION);
}
