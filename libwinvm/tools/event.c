// SPDX-License-Identifier: MIT
/* Events: words and columns. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "event.h"
#include "output.h"
#include "process.h"
#include "text.h"

/* Behind those of a process. */
enum {
	EVENT_EVENT = PROCESS_WIDTH,
	EVENT_TIME,
	EVENT_NUMBER,
	EVENT_MISSED,
	EVENT_OVERRUNS,
	EVENT_WHICH,
	EVENT_HIT,
	EVENT_BOUND,
	EVENT_WANTED,
	EVENT_JOB,
	EVENT_MEMORY,
	EVENT_AVAILABLE,
	EVENT_LOW,
	EVENT_HIGH,
	EVENT_GUARD,
	EVENT_ADDRESS,
	EVENT_WIDTH
};

const struct column event_columns[] = {
	PROCESS_COLUMNS,
	{ "event", NULL, COLUMN_TEXT, 0, 0 },
	{ "time", NULL, COLUMN_TEXT, 0, 0 },
	{ "number", NULL, COLUMN_PLAIN, 0, 0 },
	{ "missed", NULL, COLUMN_PLAIN, 0, 0 },
	{ "overruns", NULL, COLUMN_PLAIN, 0, 0 },
	{ "which_limit", NULL, COLUMN_TEXT, 0, 0 },
	{ "refused", NULL, COLUMN_PLAIN, 0, 0 },
	{ "limit_bytes", NULL, COLUMN_SIZE, 0, 0 },
	{ "wanted", NULL, COLUMN_SIZE, 0, 0 },
	{ "job", NULL, COLUMN_PLAIN, 0, 0 },
	{ "memory", NULL, COLUMN_TEXT, 0, 0 },
	{ "available", NULL, COLUMN_SIZE, 0, 0 },
	{ "low", NULL, COLUMN_SIZE, 0, 0 },
	{ "high", NULL, COLUMN_SIZE, 0, 0 },
	{ "guard", NULL, COLUMN_TEXT, 0, 0 },
	{ "address", NULL, COLUMN_ADDRESS, 0, 0 },
};

const size_t event_width = EVENT_WIDTH;

/* The word that a number has in a list that begins with 0. */
#define WORD(words, number) \
	((number) < sizeof(words) / sizeof((words)[0]) && (words)[number] ? (words)[number] : "?")

const char *event_name(int command)
{
	static const char *const words[] = {
		[WINVM_NL_CMD_ATTACH] = "attach", [WINVM_NL_CMD_EXIT] = "exit",
		[WINVM_NL_CMD_LIMIT] = "limit",	  [WINVM_NL_CMD_MEMORY] = "memory",
		[WINVM_NL_CMD_GUARD] = "guard",
	};

	return WORD(words, (size_t)command);
}

const char *event_limit(uint32_t limit)
{
	static const char *const words[] = {
		[WINVM_NL_LIMIT_SYSTEM] = "system",
		[WINVM_NL_LIMIT_LINUX] = "linux",
		[WINVM_NL_LIMIT_CGROUP] = "cgroup",
		[WINVM_NL_LIMIT_PROCESS] = "process",
		[WINVM_NL_LIMIT_JOB_PROCESS] = "job's process",
		[WINVM_NL_LIMIT_JOB] = "job",
	};

	return WORD(words, limit);
}

const char *event_memory(uint32_t memory)
{
	static const char *const words[] = {
		[WINVM_NL_MEMORY_MIDDLE] = "middle",
		[WINVM_NL_MEMORY_LOW] = "low",
		[WINVM_NL_MEMORY_HIGH] = "high",
	};

	return WORD(words, memory);
}

static const char *event_guard(uint32_t guard)
{
	static const char *const words[] = {
		[WINVM_NL_GUARD_PAGE] = "page",
		[WINVM_NL_GUARD_STACK] = "stack",
	};

	return WORD(words, guard);
}

/* CLOCK_BOOTTIME is what o'clock? The clock may have been set since. */
static struct timespec wall_clock(uint64_t boot)
{
	struct timespec now, since_boot;
	uint64_t ns;

	clock_gettime(CLOCK_REALTIME, &now);
	clock_gettime(CLOCK_BOOTTIME, &since_boot);
	ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec + boot -
	     ((uint64_t)since_boot.tv_sec * 1000000000 + (uint64_t)since_boot.tv_nsec);
	return (struct timespec){ (time_t)(ns / 1000000000), (long)(ns % 1000000000) };
}

/* @format: of strftime(), for the whole seconds; behind it go milliseconds. */
static void clock_text(uint64_t boot, const char *format, char *text, size_t room)
{
	struct timespec when = wall_clock(boot);
	struct tm local;
	size_t used;

	localtime_r(&when.tv_sec, &local);
	used = strftime(text, room, format, &local);
	snprintf(text + used, room - used, ".%03ld", when.tv_nsec / 1000000);
}

static void told(struct cell *cell, const struct winvm_nl_event *event, int attribute,
		 uint64_t number)
{
	if (event->told & WINVM_NL_TOLD(attribute))
		cell_number(cell, number);
}

static void told_word(struct cell *cell, const struct winvm_nl_event *event, int attribute,
		      const char *word)
{
	if (event->told & WINVM_NL_TOLD(attribute))
		cell_text(cell, word);
}

static void event_head(const struct winvm_nl_event *event, struct cell *row)
{
	char when[64];

	clock_text(event->time, "%Y-%m-%dT%H:%M:%S", when, sizeof(when));
	cell_text(&row[EVENT_EVENT], event_name(event->command));
	cell_text(&row[EVENT_TIME], when);
	cell_number(&row[EVENT_NUMBER], event->number);
	cell_number(&row[EVENT_MISSED], event->missed);
	cell_number(&row[EVENT_OVERRUNS], event->overruns);
}

void event_cells(const struct winvm_nl_event *event, struct cell *row)
{
	process_cells(&event->process, row);
	event_head(event, row);
	told_word(&row[EVENT_WHICH], event, WINVM_NL_A_LIMIT, event_limit(event->limit));
	told(&row[EVENT_HIT], event, WINVM_NL_A_LIMIT_HIT, event->hit);
	told(&row[EVENT_BOUND], event, WINVM_NL_A_LIMIT_BYTES, event->limit_bytes);
	told(&row[EVENT_WANTED], event, WINVM_NL_A_WANTED_BYTES, event->wanted_bytes);
	told(&row[EVENT_JOB], event, WINVM_NL_A_JOB_ID, event->job_id);
	told_word(&row[EVENT_MEMORY], event, WINVM_NL_A_MEMORY, event_memory(event->memory));
	told(&row[EVENT_AVAILABLE], event, WINVM_NL_A_AVAILABLE_BYTES, event->available_bytes);
	told(&row[EVENT_LOW], event, WINVM_NL_A_LOW_BYTES, event->low_bytes);
	told(&row[EVENT_HIGH], event, WINVM_NL_A_HIGH_BYTES, event->high_bytes);
	told_word(&row[EVENT_GUARD], event, WINVM_NL_A_GUARD, event_guard(event->guard));
	told(&row[EVENT_ADDRESS], event, WINVM_NL_A_ADDRESS, event->address);
}

static struct unit_text size(uint64_t bytes)
{
	return unit_size(bytes, output.unit);
}

static enum colour event_colour(const struct winvm_nl_event *event)
{
	switch (event->command) {
	case WINVM_NL_CMD_ATTACH:
		return COLOUR_GOOD;
	case WINVM_NL_CMD_EXIT:
		return COLOUR_FAINT;
	case WINVM_NL_CMD_LIMIT:
		return event->hit ? COLOUR_BAD : COLOUR_WARN;
	case WINVM_NL_CMD_MEMORY:
		return event->memory == WINVM_NL_MEMORY_LOW ? COLOUR_BAD : COLOUR_NONE;
	default:
		return COLOUR_WARN;
	}
}

static void print_missed(const struct winvm_nl_event *event)
{
	if (event->missed)
		printf("%s              %s events were lost%s\n", screen_colour(COLOUR_BAD),
		       unit_number(event->missed).text, screen_plain(COLOUR_BAD));
	else if (event->overruns)
		printf("%s              some events were lost: they came too fast%s\n",
		       screen_colour(COLOUR_BAD), screen_plain(COLOUR_BAD));
}

static void print_subject(const struct winvm_nl_process *process)
{
	char *name;

	if (!process->told) {
		printf("%-24s", "the machine");
		return;
	}
	name = text_clean(process->comm);
	printf("%7u %-16s", process->pid, name);
	free(name);
}

static void print_limit(const struct winvm_nl_event *event)
{
	printf("%s of %s limit %s", size(event->wanted_bytes).text, event_limit(event->limit),
	       event->limit_bytes == UINT64_MAX ? "none" : size(event->limit_bytes).text);
	if (event->told & WINVM_NL_TOLD(WINVM_NL_A_JOB_ID))
		printf(" (job %llu)", (unsigned long long)event->job_id);
	fputs(event->hit ? " refused" : " near", stdout);
}

static void print_news(const struct winvm_nl_event *event)
{
	switch (event->command) {
	case WINVM_NL_CMD_EXIT:
		printf("peak %s reserved, %s committed",
		       size(event->process.peak_virtual_bytes).text,
		       size(event->process.peak_commit_bytes).text);
		break;
	case WINVM_NL_CMD_LIMIT:
		print_limit(event);
		break;
	case WINVM_NL_CMD_MEMORY:
		printf("%s: %s available", event_memory(event->memory),
		       size(event->available_bytes).text);
		break;
	case WINVM_NL_CMD_GUARD:
		printf("%s",
		       event->guard == WINVM_NL_GUARD_STACK ? "stack overflow" : "guard page");
		if (event->told & WINVM_NL_TOLD(WINVM_NL_A_ADDRESS))
			printf(" at %llx", (unsigned long long)event->address);
		break;
	default:
		printf("uid %u", event->process.uid);
	}
}

void event_line(const struct winvm_nl_event *event)
{
	enum colour colour = event_colour(event);
	char when[32];

	print_missed(event);
	clock_text(event->time, "%H:%M:%S", when, sizeof(when));
	printf("%s  %s%-6s%s  ", when, screen_colour(colour), event_name(event->command),
	       screen_plain(colour));
	print_subject(&event->process);
	fputs("  ", stdout);
	print_news(event);
	putchar('\n');
}
