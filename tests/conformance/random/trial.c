// SPDX-License-Identifier: GPL-2.0
#include "trial.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "system.h"

/* The system has chosen already, for it plays each line first. */
static uint64_t follow(const struct model_space *space, const struct model_place *place,
		       void *context)
{
	const struct trial *trial = context;
	uint64_t base;

	if (trial->alone)
		return model_lowest_fit(space, place);
	base = system_slot(trial->script.holding);
	system_remember(base, place->bytes);
	return base;
}

void trial_begin(struct trial *trial, bool alone)
{
	FILE *out;

	*trial = (struct trial){ .alone = alone };
	out = open_memstream(&trial->ours, &trial->ours_bytes);
	if (!out) {
		perror("random");
		exit(2);
	}
	model_script_begin(&trial->script, out, follow, trial);
}

static bool counters_equal(struct trial *trial, struct model_charge expected, uint64_t system_bytes,
			   const char *when)
{
	struct system_counters seen = system_count_settled(system_bytes);

	if (seen.virtual_bytes == expected.virtual_bytes &&
	    seen.commit_bytes == expected.commit_bytes && seen.vads == expected.vads &&
	    seen.system_bytes == system_bytes)
		return true;
	snprintf(trial->complaint, sizeof(trial->complaint),
		 "%s: %" PRIu64 " bytes reserved, %" PRIu64 " committed, %" PRIu64
		 " allocations, %" PRIu64 " bytes in the system; the model has %" PRIu64
		 ", %" PRIu64 ", %" PRIu64 ", %" PRIu64,
		 when, seen.virtual_bytes, seen.commit_bytes, seen.vads, seen.system_bytes,
		 expected.virtual_bytes, expected.commit_bytes, expected.vads, system_bytes);
	return false;
}

bool trial_count(struct trial *trial)
{
	struct model_charge charge = model_charge(&trial->script.space[0]);

	/* The fences, which the system has counted before the script. */
	charge.virtual_bytes -= 2 * MODEL_FENCE_BYTES;
	charge.vads -= 2;
	return trial->alone ||
	       counters_equal(trial, charge, model_system_commit(&trial->script), "counters");
}

/* Also what scripts reserved outside the arena at an address of their own. */
static void remember_all(const struct model_space *space)
{
	const struct model_allocation *allocation;

	for (allocation = space->first; allocation; allocation = allocation->next)
		system_remember(allocation->base, allocation->pages * PAGE_BYTES);
}

bool trial_end(struct trial *trial)
{
	bool clean;

	remember_all(&trial->script.space[0]);
	remember_all(&trial->script.space[1]);
	model_script_end(&trial->script);
	fclose(trial->script.out);
	free(trial->ours);
	if (trial->alone)
		return true;
	system_reset();
	clean = counters_equal(trial, (struct model_charge){ 0 }, 0,
			       "after everything was released");
	if (!clean)
		system_accept_leftovers();
	return clean;
}

/* The system has answered already. */
static bool model_agrees(struct trial *trial, const char *line)
{
	struct model_script *script = &trial->script;
	const char *wrong;

	script->heard = trial->theirs;
	rewind(script->out);
	model_script_perform(script, line);
	fflush(script->out);
	trial->ours[trial->ours_bytes] = '\0';
	wrong = script->space_now->wrong;
	if (wrong && !trial->alone)
		snprintf(trial->complaint, sizeof(trial->complaint),
			 "the address the system chose is %s", wrong);
	return trial->alone || (!wrong && model_answer_fits(trial->ours, trial->theirs));
}

bool trial_perform(struct trial *trial, const char *line)
{
	trial->theirs = trial->alone ? NULL : system_perform(line);
	return model_agrees(trial, line);
}

/* Of commit, of a mapping of Linux's, of memory for books. */
static bool refused(const char *answer)
{
	return strstr(answer, "st=c000012d") || strstr(answer, "st=c0000017") ||
	       strstr(answer, "st=c000009a");
}

bool trial_perform_squeezed(struct trial *trial, const char *line, uint64_t *refusals)
{
	system_squeeze(true);
	trial->theirs = system_perform(line);
	system_squeeze(false);
	if (!refused(trial->theirs))
		return model_agrees(trial, line);
	++*refusals;
	return trial_count(trial) && trial_perform(trial, line);
}
