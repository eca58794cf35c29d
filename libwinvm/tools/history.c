// SPDX-License-Identifier: MIT
/* Reading a recording for what it tells. */
#include <string.h>
#include <time.h>

#include "history.h"

/* Among those that are kept, if it is big enough. */
static void keep(struct history *history, const struct step *step)
{
	size_t at = history->count;

	while (at && change_compare(&step->change, &history->steps[at - 1].change) < 0)
		at--;
	if (at == HISTORY_STEPS)
		return;
	history->count += history->count < HISTORY_STEPS;
	memmove(&history->steps[at + 1], &history->steps[at],
		(history->count - 1 - at) * sizeof(*step));
	history->steps[at] = *step;
}

static void look(const struct snapshot *before, const struct snapshot *now, void *argument)
{
	struct history *history = argument;
	struct changes changes = { 0 };

	changes_find(&changes, before, now);
	history->all += changes.count;
	for (size_t i = 0; i < changes.count; i++) {
		struct step step = { changes.of[i], before->totals.time, now->totals.time };

		keep(history, &step);
	}
	changes_free(&changes);
}

static void sum_up(struct history *history)
{
	changes_find(&history->changes, &history->recording.first, &history->recording.last);
	changes_sort(&history->changes);
}

bool history_read(struct history *history, FILE *file, struct recording_error *error)
{
	bool fine;

	*history = (struct history){ 0 };
	fine = recording_read(file, &history->recording, look, history, error);
	if (fine)
		sum_up(history);
	return fine;
}

int history_open(struct history *history, const char *command, const char *path)
{
	int status;

	*history = (struct history){ 0 };
	status = recording_open(command, path, &history->recording, look, history);
	if (!status)
		sum_up(history);
	return status;
}

void history_close(struct history *history)
{
	changes_free(&history->changes);
	recording_free(&history->recording);
}

size_t history_peak(const struct history *history, enum total total)
{
	const struct recording *recording = &history->recording;
	size_t peak = 0;

	for (size_t i = 1; i < recording->count; i++)
		if (recording->totals[i].of[total] > recording->totals[peak].of[total])
			peak = i;
	return peak;
}

/* Times that no calendar has are damage, but harmless. */
const char *history_start(const struct recording *recording, char *room, size_t bytes)
{
	time_t start = (time_t)(recording->start / 1000);
	struct tm parts;

	if (!gmtime_r(&start, &parts) || !strftime(room, bytes, "%F %T UTC", &parts))
		return "?";
	return room;
}

const char *history_end(enum recording_end end)
{
	static const char *const words[ENDS] = {
		[END_COUNT] = "as many samples as were wanted",
		[END_TIME] = "the time was over",
		[END_SIGNAL] = "stopped",
		[END_EXIT] = "the process has ended",
		[END_EXEC] = "the process runs another program now",
		[END_FAILED] = "it could go no further",
	};

	return words[end];
}

bool history_knows(const struct history *history, enum total total)
{
	return total_known(&history->recording.first.totals, total) &&
	       total_known(&history->recording.last.totals, total);
}

void history_kinds(const struct snapshot *snapshot, struct kind_sums *sums)
{
	memset(sums, 0, KINDS * sizeof(*sums));
	for (size_t i = 0; i < snapshot->count; i++) {
		const struct recorded_region *region = &snapshot->regions[i];
		struct kind_sums *sum = &sums[recorded_kind(region)];

		sum->size += region->size;
		sum->committed += region->state == MEM_COMMIT ? region->size : 0;
		sum->resident += region->resident;
	}
}
