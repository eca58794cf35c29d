// SPDX-License-Identifier: MIT
/* winvm limit: what may be committed, shown and set. */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "ask.h"
#include "output.h"
#include "winvm.h"

enum {
	OPTION_NEAR = 0x100,
	OPTION_LOW,
	OPTION_HIGH,
};

/**
 * struct limit - what is wanted
 * @nl: who is asked
 * @pid: whose limit; 0: the machine's, and the default
 * @set: it is set, to @bytes
 * @bytes: UINT64_MAX: none
 * @system: what of the machine is set
 */
struct limit {
	struct winvm_nl *nl;
	uint32_t pid;
	bool set;
	uint64_t bytes;
	struct winvm_nl_system system;
};

static const struct argp_option options[] = {
	{ "default", 'd', "SIZE", 0, "what each process may commit that begins to use winvm", 0 },
	{ "near", OPTION_NEAR, "PERCENT", 0, "from there on a limit is near: an event", 0 },
	{ "low", OPTION_LOW, "SIZE", 0, "so much memory available, or less, is low", 0 },
	{ "high", OPTION_HIGH, "SIZE", 0, "so much, or more, is high", 0 },
	{ 0 }
};

static uint64_t parse_size(struct argp_state *state, const char *argument)
{
	uint64_t bytes = 0;

	if (!unit_parse(argument, &bytes))
		argp_error(state, "\"%s\" is no size: say 4096, 64M, 1.5G or none", argument);
	return bytes;
}

static void parse_argument(struct argp_state *state, struct limit *limit, const char *argument)
{
	uint64_t number;

	if (state->arg_num > 1)
		argp_error(state, "too many arguments");
	if (state->arg_num == 1) {
		if (limit->set)
			argp_error(state, "either a process or the default is set");
		limit->set = true;
		limit->bytes = parse_size(state, argument);
		return;
	}
	if (!unit_parse_number(argument, 1, INT32_MAX, &number))
		argp_error(state, "\"%s\" is no PID", argument);
	limit->pid = (uint32_t)number;
}

static void parse_near(struct argp_state *state, struct limit *limit, const char *argument)
{
	uint64_t number = 0;

	if (!unit_parse_number(argument, 1, 100, &number))
		argp_error(state, "\"%s\" is no percentage: say 1 to 100", argument);
	limit->system.near_percent = (uint32_t)number;
	limit->system.told |= WINVM_NL_TOLD(WINVM_NL_A_NEAR_PERCENT);
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct limit *limit = state->input;

	switch (key) {
	case 'd':
		limit->set = true;
		limit->bytes = parse_size(state, argument);
		return 0;
	case OPTION_NEAR:
		parse_near(state, limit, argument);
		return 0;
	case OPTION_LOW:
		limit->system.low_bytes = parse_size(state, argument);
		limit->system.told |= WINVM_NL_TOLD(WINVM_NL_A_LOW_BYTES);
		return 0;
	case OPTION_HIGH:
		limit->system.high_bytes = parse_size(state, argument);
		limit->system.told |= WINVM_NL_TOLD(WINVM_NL_A_HIGH_BYTES);
		return 0;
	case ARGP_KEY_ARG:
		parse_argument(state, limit, argument);
		return 0;
	case ARGP_KEY_END:
		if (limit->pid && limit->system.told)
			argp_error(state, "thresholds are the machine's, not a process's");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp parser = {
	.options = options,
	.parser = parse,
	.args_doc = "[PID [SIZE]]",
	.doc = "Shows what the machine, or the process PID, may commit; sets the process's to "
	       "SIZE: bytes, or with K, M, G, T, or none.\vSetting takes CAP_SYS_ADMIN. What is "
	       "committed stays so, also if it is more.",
	.children = output_options,
};

static void print_system(const struct winvm_nl_system *system)
{
#define PAIR(key, title, field, attribute, kind) \
	output_pair(key, title, system->field, system->told &WINVM_NL_TOLD(attribute), kind)
	PAIR("committed", "committed by all", commit_bytes, WINVM_NL_A_SYSTEM_COMMIT_BYTES,
	     PAIR_SIZE);
	PAIR("peak_committed", "the most that was", peak_commit_bytes,
	     WINVM_NL_A_PEAK_SYSTEM_COMMIT_BYTES, PAIR_SIZE);
	PAIR("limit", "limit of the machine", commit_limit_bytes, WINVM_NL_A_SYSTEM_LIMIT_BYTES,
	     PAIR_SIZE);
	PAIR("refused", "commits refused", refused, WINVM_NL_A_REFUSED, PAIR_NUMBER);
	PAIR("default", "default limit of a process", default_limit_bytes, WINVM_NL_A_LIMIT_BYTES,
	     PAIR_SIZE);
	PAIR("near_percent", "near, in percent of a limit", near_percent, WINVM_NL_A_NEAR_PERCENT,
	     PAIR_NUMBER);
	PAIR("available", "memory available", available_bytes, WINVM_NL_A_AVAILABLE_BYTES,
	     PAIR_SIZE);
	PAIR("low", "low if not above", low_bytes, WINVM_NL_A_LOW_BYTES, PAIR_SIZE);
	PAIR("high", "high if not below", high_bytes, WINVM_NL_A_HIGH_BYTES, PAIR_SIZE);
#undef PAIR
}

static void print_process(const struct winvm_nl_process *process)
{
	output_pair("pid", "process", process->pid, true, PAIR_NUMBER);
	output_pair("committed", "committed", process->commit_bytes, true, PAIR_SIZE);
	output_pair("peak_committed", "the most that was", process->peak_commit_bytes, true,
		    PAIR_SIZE);
	output_pair("limit", "limit", process->limit_bytes,
		    process->told & WINVM_NL_TOLD(WINVM_NL_A_LIMIT_BYTES), PAIR_SIZE);
}

static int show(const struct limit *limit)
{
	struct winvm_nl_process process;
	struct winvm_nl_system system;
	int error;

	if (limit->pid) {
		error = winvm_nl_get_process(limit->nl, limit->pid, &process);
		if (error)
			return ask_failed("limit", "look at that process", error);
		print_process(&process);
	} else {
		error = winvm_nl_get_system(limit->nl, &system);
		if (error)
			return ask_failed("limit", "look at the machine's limits", error);
		print_system(&system);
	}
	return output_end();
}

static int set(const struct limit *limit)
{
	int error = 0;

	if (limit->system.told)
		error = winvm_nl_set_system(limit->nl, &limit->system);
	if (error == -EINVAL)
		fprintf(stderr, "winvm limit: low must be below high\n");
	if (error)
		return error == -EINVAL ? 1 : ask_failed("limit", "set thresholds", error);
	if (limit->set)
		error = winvm_nl_set_limit(limit->nl, limit->pid, limit->bytes);
	return error ? ask_failed("limit", "set a limit", error) : 0;
}

int limit_run(int argc, char **argv)
{
	struct limit limit = { 0 };
	int status;

	argp_parse(&parser, argc, argv, 0, NULL, &limit);
	limit.nl = ask_open("limit");
	if (!limit.nl)
		return 1;
	if (limit.set || limit.system.told)
		status = set(&limit);
	else
		status = show(&limit);
	winvm_nl_close(limit.nl);
	return status;
}
