// SPDX-License-Identifier: MIT
/* winvm record: an address space over time, into a file. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <winvm-netlink.h>

#include "duration.h"
#include "history.h"
#include "result.h"
#include "sampler.h"
#include "text.h"
#include "unit.h"
#include "winvm.h"

/**
 * struct record - while it goes
 * @target: whose address space
 * @path: of the file
 * @force: it may replace another
 * @most: samples; 0: any number
 * @span: for how long, in milliseconds; 0: for ever
 * @interval: between samples, in milliseconds
 * @pidfd: readable when the process ends
 * @inside: the signals that wait while we do
 * @sampler: takes samples
 * @file: where they go
 * @before, @now: the last two
 * @count: how many there are
 */
struct record {
	struct target target;
	const char *path;
	bool force;
	uint64_t most;
	uint64_t span;
	uint64_t interval;
	int pidfd;
	sigset_t inside;
	struct sampler sampler;
	struct names names;
	FILE *file;
	struct snapshot before;
	struct snapshot now;
	uint64_t count;
};

static volatile sig_atomic_t stopped;

static const struct argp_option options[] = {
	{ "output", 'o', "FILE", 0, "the file, a new one; - is the output", 0 },
	{ "force", 'f', NULL, 0, "it may replace another", 0 },
	{ "interval", 'i', "TIME", 0, "between samples: 1 (second, the default), 250ms, 5m", 0 },
	{ "samples", 'n', "N", 0, "end after N samples", 0 },
	{ "time", 't', "TIME", 0, "end after so long", 0 },
	{ 0 }
};

static void parse_time(struct argp_state *state, const char *argument, uint64_t *time)
{
	if (!duration_parse(argument, time))
		argp_error(state, "\"%s\" is no time; 2, 0.5, 250ms, 5m are", argument);
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct record *record = state->input;

	switch (key) {
	case 'o':
		record->path = argument;
		return 0;
	case 'f':
		record->force = true;
		return 0;
	case 'i':
		parse_time(state, argument, &record->interval);
		return 0;
	case 't':
		parse_time(state, argument, &record->span);
		return 0;
	case 'n':
		if (!unit_parse_number(argument, 1, RECORDING_SAMPLES, &record->most))
			argp_error(state, "\"%s\" is no number of samples", argument);
		return 0;
	case ARGP_KEY_END:
		if (record->target.pid && !record->path)
			argp_error(state, "into which file? Say -o FILE");
	}
	return target_parse(key, argument, state, &record->target);
}

static const struct argp parser = {
	.options = options,
	.parser = parse,
	.args_doc = "PID",
	.doc = "Takes samples of the address space of a process, also of one that knows nothing "
	       "of winvm, until there are enough, it ends, or Ctrl-C. \"winvm report\" shows "
	       "them, \"winvm diff\" compares. PID may be self.",
};

static void stop(int number)
{
	(void)number;
	stopped = 1;
}

/* They come only while we wait, so that no sample is half one. */
static void catch_signals(struct record *record)
{
	struct sigaction action = { .sa_handler = stop };
	sigset_t blocked;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGINT);
	sigaddset(&blocked, SIGTERM);
	sigprocmask(SIG_BLOCK, &blocked, &record->inside);
	sigdelset(&record->inside, SIGINT);
	sigdelset(&record->inside, SIGTERM);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* What it is called, as the kernel cuts it. */
static char *name_of(DWORD pid)
{
	char path[32], name[64] = "?";
	FILE *comm;

	snprintf(path, sizeof(path), "/proc/%u/comm", pid);
	comm = fopen(path, "re");
	if (comm) {
		if (fgets(name, sizeof(name), comm))
			name[strcspn(name, "\n")] = 0;
		fclose(comm);
	}
	return text_clean(name);
}

static bool write_head(struct record *record)
{
	struct recording head = {
		.pid = record->target.pid,
		.page = (uint64_t)sysconf(_SC_PAGESIZE),
		.interval = record->interval,
	};
	struct timespec now;
	struct utsname kernel;
	bool fine;

	clock_gettime(CLOCK_REALTIME, &now);
	head.start = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
	uname(&kernel);
	head.name = name_of(record->target.pid);
	head.kernel = text_clean(kernel.release);
	fine = recording_write_head(record->file, &head);
	recording_free(&head);
	return fine;
}

static void show_progress(const struct record *record)
{
	const uint64_t *of = record->now.totals.of;

	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%s samples, %s: %s committed, %s in memory\033[K",
			unit_number(record->count).text, duration(record->now.totals.time).text,
			unit_size(of[TOTAL_COMMITTED], UNIT_HUMAN).text,
			unit_size(of[TOTAL_RESIDENT], UNIT_HUMAN).text);
}

/* Waits for the time of the next sample, or for an end. */
static enum recording_end wait_for(struct record *record, uint64_t time)
{
	struct pollfd process = { .fd = record->pidfd, .events = POLLIN };

	while (!stopped) {
		uint64_t now = sampler_time(&record->sampler), left = time > now ? time - now : 0;
		struct timespec timeout = { .tv_sec = (time_t)(left / 1000),
					    .tv_nsec = (long)(left % 1000 * 1000000) };
		int ready = ppoll(&process, 1, &timeout, &record->inside);

		if (ready > 0)
			return END_EXIT;
		if (!ready && !left)
			break;
	}
	return stopped ? END_SIGNAL : END_NONE;
}

static bool has_ended(const struct record *record)
{
	struct pollfd process = { .fd = record->pidfd, .events = POLLIN };

	return poll(&process, 1, 0) > 0;
}

static void end_progress(void)
{
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
}

/* Its address space is gone when a process runs another program; the new one is another's. */
static bool has_changed(const struct record *record)
{
	HANDLE handle;

	if (!record->count || GetLastError() != ERROR_ACCESS_DENIED)
		return false;
	handle = OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, record->target.pid);
	if (!handle) {
		SetLastError(ERROR_ACCESS_DENIED);
		return false;
	}
	CloseHandle(handle);
	return true;
}

/* A sample, if there is anybody left to take one of; else why not. */
static enum recording_end look(struct record *record)
{
	const char *failed = sampler_take(&record->sampler, &record->now);

	if (failed && has_ended(record))
		return END_EXIT;
	if (failed && has_changed(record))
		return END_EXEC;
	if (!failed && record->now.count <= RECORDING_REGIONS)
		return END_NONE;
	end_progress();
	if (failed)
		target_failed(&record->target, failed);
	else
		fprintf(stderr, "winvm record: process %u has more regions than a recording can\n",
			record->target.pid);
	return END_FAILED;
}

/* False: it could not be written. */
static bool take(struct record *record, enum recording_end *end)
{
	struct snapshot before = record->before;

	*end = look(record);
	if (*end != END_NONE)
		return true;
	if (!recording_write_sample(record->file, record->count, record->count ? &before : NULL,
				    &record->now))
		return false;
	record->count++;
	show_progress(record);
	record->before = record->now;
	record->now = before;
	return true;
}

/* What was missed because a sample took long is not caught up with. */
static uint64_t next_time(const struct record *record, uint64_t time)
{
	uint64_t now = sampler_time(&record->sampler);

	time += record->interval;
	return time > now ? time : now - (now - time) % record->interval;
}

static enum recording_end enough(const struct record *record, uint64_t next)
{
	if (record->count == (record->most ? record->most : RECORDING_SAMPLES))
		return END_COUNT;
	return record->span && next > record->span ? END_TIME : END_NONE;
}

/* False: it could not be written. */
static bool take_all(struct record *record, enum recording_end *end)
{
	uint64_t next = 0;

	do {
		*end = wait_for(record, next);
		if (*end != END_NONE)
			break;
		if (!take(record, end))
			return false;
		next = next_time(record, next);
		if (*end == END_NONE)
			*end = enough(record, next);
	} while (*end == END_NONE);
	return recording_write_end(record->file, *end, record->count);
}

static void say_end(const struct record *record, enum recording_end end)
{
	const struct totals *last = &record->before.totals;

	fprintf(stderr, "winvm record: %s samples: %s\n", unit_number(record->count).text,
		history_end(end));
	if (record->count && !total_known(last, TOTAL_CHARGE))
		fprintf(stderr,
			"winvm record: process %u does not use winvm: its commit charge is unknown\n",
			record->target.pid);
}

static int write_all(struct record *record)
{
	enum recording_end end = END_NONE;
	bool fine;
	int status;

	clock_gettime(CLOCK_MONOTONIC, &record->sampler.begin);
	fine = write_head(record) && take_all(record, &end);
	status = result_close("record", record->path, record->file, fine);
	end_progress();
	if (!status)
		say_end(record, end);
	return status || end == END_FAILED || !record->count;
}

static int open_all(struct record *record)
{
	int status;

	if (winvm_nl_open(&record->sampler.nl))
		record->sampler.nl = NULL;
	sampler_ask(&record->sampler);
	status = target_open(&record->target);
	if (status)
		return status;
	record->pidfd = pidfd_open((pid_t)record->target.pid, 0);
	if (record->pidfd < 0) {
		SetLastError(ERROR_INVALID_PARAMETER);
		return target_failed(&record->target, "look into");
	}
	record->file = result_open("record", record->path, record->force);
	return !record->file;
}

int record_run(int argc, char **argv)
{
	struct record record = { .target = { .command = "record" }, .interval = 1000 };
	int status;

	argp_parse(&parser, argc, argv, 0, NULL, &record);
	catch_signals(&record);
	record.sampler.target = &record.target;
	record.sampler.names = &record.names;
	status = open_all(&record);
	if (!status)
		status = write_all(&record);
	if (record.sampler.nl)
		winvm_nl_close(record.sampler.nl);
	if (record.target.handle)
		target_close(&record.target);
	snapshot_empty(&record.before);
	snapshot_empty(&record.now);
	names_empty(&record.names);
	return status;
}
