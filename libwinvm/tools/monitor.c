// SPDX-License-Identifier: MIT
/* winvm monitor: what happens, as it happens. */
#include <errno.h>
#include <json.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "event.h"
#include "output.h"
#include "winvm.h"

static const char *const groups[] = {
	WINVM_NL_GROUP_PROCESS,
	WINVM_NL_GROUP_LIMIT,
	WINVM_NL_GROUP_MEMORY,
	WINVM_NL_GROUP_GUARD,
};

#define GROUPS (sizeof(groups) / sizeof(groups[0]))

/**
 * struct monitor - what is wanted, and what came
 * @nl: the listener
 * @wanted: bits of groups; 0: all
 * @most: end after so many; 0: never
 * @heard: events
 * @missed: those that were lost
 */
struct monitor {
	struct winvm_nl *nl;
	unsigned int wanted;
	uint64_t most;
	uint64_t heard;
	uint64_t missed;
};

static volatile sig_atomic_t stopped;

static const struct argp_option options[] = {
	{ "group", 'g', "GROUP", 0,
	  "only what is told to this group: process, limit, memory, guard; may be given several "
	  "times",
	  0 },
	{ "count", 'n', "N", 0, "end after N events", 0 },
	{ 0 }
};

static void want(struct argp_state *state, struct monitor *monitor, const char *group)
{
	for (size_t i = 0; i < GROUPS; i++)
		if (!strcmp(groups[i], group)) {
			monitor->wanted |= 1U << i;
			return;
		}
	argp_error(state, "there is no group \"%s\"", group);
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct monitor *monitor = state->input;

	switch (key) {
	case 'g':
		want(state, monitor, argument);
		return 0;
	case 'n':
		if (!unit_parse_number(argument, 1, UINT64_MAX, &monitor->most))
			argp_error(state, "\"%s\" is no number of events", argument);
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "no arguments are needed, and \"%s\" is one", argument);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp parser = {
	.options = options,
	.parser = parse,
	.doc = "Prints what happens to processes that use winvm, a line each, until Ctrl-C. "
	       "With --json each line is an object.",
	.children = output_options,
};

static void stop(int number)
{
	(void)number;
	stopped = 1;
}

/*
 * The signals that end us come only inside ppoll(), so that none is missed between a look
 * at @stopped and the wait.
 */
static void catch_signals(sigset_t *inside)
{
	struct sigaction action = { .sa_handler = stop };
	sigset_t blocked;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGINT);
	sigaddset(&blocked, SIGTERM);
	sigprocmask(SIG_BLOCK, &blocked, inside);
	sigdelset(inside, SIGINT);
	sigdelset(inside, SIGTERM);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static int join(struct monitor *monitor)
{
	char what[48];
	int error = 0;

	for (size_t i = 0; !error && i < GROUPS; i++) {
		if (monitor->wanted && !(monitor->wanted & 1U << i))
			continue;
		error = winvm_nl_join(monitor->nl, groups[i]);
		snprintf(what, sizeof(what), "listen to group %s", groups[i]);
	}
	return error ? ask_failed("monitor", what, error) : 0;
}

static void print_row(const struct winvm_nl_event *event)
{
	struct table table = { .columns = event_columns, .width = event_width };
	struct json_object *object;

	event_cells(event, table_row(&table));
	if (output.form == OUTPUT_CSV) {
		table_csv_row(&table, 0);
	} else {
		object = table_row_json(&table, 0);
		puts(json_object_to_json_string_ext(
			object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
		json_object_put(object);
	}
	table_empty(&table);
}

static void print_event(struct monitor *monitor, const struct winvm_nl_event *event)
{
	monitor->heard++;
	monitor->missed += event->missed;
	if (output.form == OUTPUT_TEXT)
		event_line(event);
	else
		print_row(event);
}

/* All that wait. False when it is over: enough came, nobody reads, or an error. */
static bool drain(struct monitor *monitor, int *status)
{
	struct winvm_nl_event event;
	int error;

	while (!stopped) {
		error = winvm_nl_read_event(monitor->nl, &event);
		if (error == -EAGAIN)
			return !(*status = fflush(stdout) != 0);
		if (error) {
			*status = ask_failed("monitor", "read an event", error);
			return false;
		}
		print_event(monitor, &event);
		if (monitor->heard == monitor->most)
			return false;
	}
	return false;
}

static int listen_on(struct monitor *monitor)
{
	struct pollfd wait = { .fd = winvm_nl_fd(monitor->nl), .events = POLLIN };
	sigset_t inside;
	int status = 0;

	catch_signals(&inside);
	if (output.form == OUTPUT_CSV) {
		const struct table table = { .columns = event_columns, .width = event_width };

		table_csv_head(&table);
	} else if (output.form == OUTPUT_TEXT) {
		fprintf(stderr, "winvm monitor: listening; Ctrl-C ends it\n");
	}
	do
		ppoll(&wait, 1, NULL, &inside);
	while (!stopped && drain(monitor, &status));
	return status;
}

int monitor_run(int argc, char **argv)
{
	struct monitor monitor = { 0 };
	int status;

	argp_parse(&parser, argc, argv, 0, NULL, &monitor);
	monitor.nl = ask_open("monitor");
	if (!monitor.nl)
		return 1;
	status = join(&monitor);
	if (!status)
		status = listen_on(&monitor);
	if (!status && output.form == OUTPUT_TEXT)
		fprintf(stderr, "winvm monitor: %s events, %s lost\n",
			unit_number(monitor.heard).text, unit_number(monitor.missed).text);
	winvm_nl_close(monitor.nl);
	return output_end() || status;
}
