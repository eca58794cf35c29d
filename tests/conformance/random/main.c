// SPDX-License-Identifier: GPL-2.0
/*
 * Random scripts, played on the system and on the model. TAP: a test for each
 * seed, named after it, so that a failure can be played again.
 *
 *	random [-c] [-m] [-s] [-p PROFILE] [-r TIMES] SEED [OPERATIONS [SEEDS]]
 *
 * -c: print how often what was covered. -m: the model by itself, without a
 * system. -p: set is the working set and what goes with it, map is sections,
 * views and placeholders; without it, or with all, each script has its own
 * mixture. -r: a last test that every status and transition came so many times.
 * -s: each call is made once while Linux refuses what it can of commits (strict
 * overcommit), and again if it was refused; a refused call has charged nothing.
 * Needs root, and the machine for itself.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../target.h"
#include "coverage.h"
#include "generate.h"
#include "shrink.h"
#include "system.h"
#include "trial.h"

static bool alone;
static bool squeezed;
static uint64_t refusals;
static unsigned int features;
static enum profile profile;

/* Return: do the answers fit, and the counters? */
static bool perform(struct trial *trial, const char *line)
{
	if (squeezed && system_may_refuse(line))
		return trial_perform_squeezed(trial, line, &refusals);
	return trial_perform(trial, line);
}

/* Return: as shrink_play. */
static size_t play(struct trial *trial, const struct lines *script)
{
	size_t at;

	trial_begin(trial, alone);
	for (at = 0; at < script->count; at++)
		if (!perform(trial, script->line[at]) || !trial_count(trial))
			break;
	return at;
}

static size_t play_silently(const struct lines *script)
{
	struct trial trial;
	size_t at = play(&trial, script);

	if (!trial_end(&trial) && at == script->count)
		return script->count + 1;
	return at;
}

static void print_indented(const char *prefix, const char *answer)
{
	printf("#   %s", prefix);
	for (; *answer; answer++) {
		putchar(*answer);
		if (*answer == '\n' && answer[1])
			printf("#   %*s", (int)strlen(prefix), "");
	}
}

static void print_answers(const struct trial *trial)
{
	print_indented("model:  ", trial->ours);
	print_indented("winvm:  ", trial->theirs);
}

static void print_failure(const struct lines *script)
{
	struct trial trial;
	size_t at = play(&trial, script);

	printf("# the shortest script that fails, for replay:\n");
	for (size_t i = 0; i < script->count; i++)
		printf("%s\n", script->line[i]);
	if (at < script->count) {
		printf("# the last operation's answers:\n");
		print_answers(&trial);
	}
	if (trial_end(&trial) && at == script->count)
		printf("# played alone it does not fail\n");
	if (*trial.complaint)
		printf("# %s\n", trial.complaint);
}

/* Return: did the script fail? Its lines are kept. */
static bool play_seed(uint64_t seed, struct lines *script, size_t operations)
{
	struct generator generator;
	struct trial trial;
	bool failed = false;

	trial_begin(&trial, alone);
	generate_begin(&generator, seed, &trial.script, profile, features);
	for (script->count = 0; script->count < operations && !failed;) {
		char *line = script->line[script->count++];

		generate_line(&generator, line);
		coverage_before(&trial.script, line);
		failed = !perform(&trial, line);
		if (failed) {
			printf("# %s\n", line);
			print_answers(&trial);
		}
		coverage_after(alone ? trial.ours : trial.theirs);
		failed = failed || !trial_count(&trial);
	}
	failed |= !trial_end(&trial);
	return failed;
}

static bool test_seed(int number, uint64_t seed, struct lines *script, size_t operations)
{
	bool failed = play_seed(seed, script, operations);

	if (failed) {
		printf("# seed %" PRIu64 " fails at operation %zu of %zu\n", seed, script->count,
		       operations);
		fflush(stdout);
		shrink(script, play_silently);
		print_failure(script);
	}
	printf("%s %d random seed %" PRIu64 ", %zu operations\n", failed ? "not ok" : "ok", number,
	       seed, operations);
	fflush(stdout);
	return !failed;
}

static int usage(void)
{
	fprintf(stderr,
		"usage: random [-c] [-m] [-s] [-p PROFILE] [-r TIMES] SEED [OPERATIONS [SEEDS]]\n");
	return 2;
}

static bool choose_profile(const char *name)
{
	static const char *const names[] = { "all", "set", "map" };

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(names[i], name)) {
			profile = (enum profile)i;
			return true;
		}
	return false;
}

static bool works(const char *line)
{
	return !strncmp(system_perform(line), "ok", 2);
}

static unsigned int find_features(void)
{
	unsigned int found = 0;

	if (strcmp(system_perform("alloc2 63 null 0 0 0"), "absent\n"))
		found |= FEATURE_PLACEHOLDERS;
	if (works("sec 0 0x1000 0x4000004"))
		found |= FEATURE_RESERVED;
	if (works("sec 0 0x1000 0x4"))
		found |= FEATURE_SECTIONS;
	if (works("map 63 0 0x1 0 0 A+0x0"))
		found |= FEATURE_COPIES;
	if (strstr(system_perform("map3 63 0 A+0x10000 0 0 0x4000 0x4"), "err=487"))
		found |= FEATURE_PLACED;
	if (works("file 0 0x1000") && works("fsec 0 0 0 0x4"))
		found |= FEATURE_FILES;
	system_reset();
	return found;
}

static unsigned int count_rare(uint64_t wanted)
{
	switch (profile) {
	case PROFILE_SET:
		return coverage_rare_set(wanted);
	case PROFILE_MAP:
		return coverage_rare_map(wanted);
	default:
		return coverage_rare(wanted, features & FEATURE_PLACEHOLDERS);
	}
}

static int test_seeds(uint64_t first, size_t operations, uint64_t seeds, uint64_t wanted)
{
	struct lines script = { calloc(operations, sizeof(*script.line)), 0 };
	int failed = 0, number = 0;
	unsigned int rare;

	if (!script.line)
		return 2;
	printf("TAP version 13\n1..%" PRIu64 "\n", seeds + (wanted ? 1 : 0) + (squeezed ? 1 : 0));
	for (uint64_t seed = first; seed < first + seeds; seed++)
		failed += !test_seed(++number, seed, &script, operations);
	if (squeezed) {
		printf("%s %d commits were refused: %" PRIu64 "\n", refusals ? "ok" : "not ok",
		       ++number, refusals);
		failed += !refusals;
	}
	if (wanted) {
		rare = count_rare(wanted);
		printf("%s %d all statuses and transitions came %" PRIu64 " times\n",
		       rare ? "not ok" : "ok", ++number, wanted);
		failed += rare > 0;
	}
	free(script.line);
	return failed ? 1 : 0;
}

int main(int argc, char **argv)
{
	uint64_t wanted = 0;
	bool covered = false;
	int option, status;

	if (argc == 2 && !strcmp(argv[1], "--child"))
		target_be_child();
	while ((option = getopt(argc, argv, "cmsp:r:")) != -1) {
		if (option == '?' || (option == 'p' && !choose_profile(optarg)))
			return usage();
		covered |= option == 'c';
		alone |= option == 'm';
		squeezed |= option == 's';
		if (option == 'r')
			wanted = strtoull(optarg, NULL, 0);
	}
	if (optind >= argc || argc - optind > 3)
		return usage();
	if (!alone && !system_begin())
		return 3;
	features = alone ? FEATURES_ALL : find_features();
	if (squeezed && (alone || !system_squeeze_begin()))
		return usage();
	status = test_seeds(strtoull(argv[optind], NULL, 0),
			    argc - optind > 1 ? strtoull(argv[optind + 1], NULL, 0) : 1000,
			    argc - optind > 2 ? strtoull(argv[optind + 2], NULL, 0) : 1, wanted);
	if (covered)
		coverage_print();
	if (squeezed)
		system_squeeze_end();
	if (!alone)
		system_end();
	return status;
}
