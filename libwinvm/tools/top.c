// SPDX-License-Identifier: MIT
/* winvm top: processes by what they have committed, have in memory, and fault, as it changes. */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "ask.h"
#include "output.h"
#include "top.h"
#include "winvm.h"

static const struct argp_option options[] = {
	{ "batch", 'b', NULL, 0, "no screen: frame after frame, as text", 0 },
	{ "delay", 'd', "SECONDS", 0, "between frames: 0.1 to 3600; 1 if nothing is said", 0 },
	{ "frames", 'n', "COUNT", 0, "ends after so many", 0 },
	{ "sort", 's', "ORDER", 0, "by this: committed (the default), resident, faults, pid, name",
	  0 },
	{ "reverse", 'r', NULL, 0, "the other way", 0 },
	{ 0 }
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct top *top = state->input;

	switch (key) {
	case 'b':
		top->batch = true;
		return 0;
	case 'd':
		if (!unit_parse_seconds(argument, TOP_LEAST, TOP_MOST, &top->frame.interval))
			argp_error(state, "\"%s\" is no time: say seconds, 0.1 to 3600", argument);
		return 0;
	case 'n':
		if (!unit_parse_number(argument, 1, UINT32_MAX, &top->frames))
			argp_error(state, "\"%s\" is no count", argument);
		return 0;
	case 's':
		top->frame.order = top_frame_order(argument);
		if (top->frame.order == SAMPLE_ORDERS)
			argp_error(state, "there is no order \"%s\"", argument);
		return 0;
	case 'r':
		top->frame.reverse = true;
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
	.doc = "Shows the processes that use winvm and that you may see, again and again. "
	       "--json and --csv are of batches: an object a frame, a line a process.\vOn the "
	       "screen: arrows and PgUp, PgDn select, Enter shows the map of a process, h helps, "
	       "q quits.",
	.children = output_options,
};

static void pause_for(uint64_t ms)
{
	const struct timespec time = { (time_t)(ms / 1000), (long)(ms % 1000) * 1000000 };

	nanosleep(&time, NULL);
}

int top_failed(int error)
{
	struct winvm_nl *again = NULL;
	int now = winvm_nl_open(&again);

	if (!now)
		winvm_nl_close(again);
	return ask_failed("top", "list processes", now ? now : error);
}

static int batch(struct top *top)
{
	struct sample before = { 0 }, now;
	int error = 0;

	for (uint64_t frame = 0; !top->frames || frame < top->frames; frame++) {
		if (frame)
			pause_for(top->frame.interval);
		error = sample_take(top->nl, &now);
		if (error)
			break;
		sample_rate(&now, &before);
		sample_sort(&now, top->frame.order, top->frame.reverse);
		top_frame_print(&top->frame, &now, !frame);
		sample_forget(&before);
		before = now;
		if (fflush(stdout) || ferror(stdout))
			break;
	}
	sample_forget(&before);
	return error ? top_failed(error) : ferror(stdout) != 0;
}

static int start(struct top *top)
{
	if (top->batch || output.form != OUTPUT_TEXT)
		return batch(top);
	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		return top_live(top);
	fputs("winvm top: this is no terminal to draw on; for text, say -b, and -n for how "
	      "often: winvm top -b -n 1\n",
	      stderr);
	return WINVM_MISUSED;
}

int top_run(int argc, char **argv)
{
	struct top top = { .frame = { .interval = 1000 } };
	int status;

	argp_parse(&parser, argc, argv, 0, NULL, &top);
	top.nl = ask_open("top");
	if (!top.nl)
		return 1;
	status = start(&top);
	winvm_nl_close(top.nl);
	return status;
}
