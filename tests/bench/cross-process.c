// SPDX-License-Identifier: GPL-2.0
/*
 * What a call costs on one's own process, on another that sleeps, and on one
 * that SIGSTOP has stopped: medians of a call, in nanoseconds, and what the
 * other processes' are of one's own.
 *
 *	cross-process [--json]
 */
#include <stdio.h>
#include <string.h>

#include "child.h"
#include "raw.h"
#include "timing.h"

#define CALLS	  64 /* of one kind, timed together */
#define PAGES	  16
#define COPY_MOST (16 * RAW_PAGE)

enum { LOCAL, REMOTE, STOPPED, PLACES };

/* Where the calls go: a descriptor, and memory of that process. */
struct place {
	int device;
	char *base;
};

static char buffer[COPY_MOST];

static bool reserve_and_release(const struct place *place)
{
	char *base = raw_reserve(place->device, PAGES * RAW_PAGE);

	return base && !raw_release(place->device, base);
}

static bool commit_and_decommit(const struct place *place)
{
	char *base = place->base + PAGES * RAW_PAGE;

	return !raw_commit(place->device, base, PAGES * RAW_PAGE, PAGE_READWRITE) &&
	       !raw_decommit(place->device, base, PAGES * RAW_PAGE);
}

static bool protect_and_back(const struct place *place)
{
	return !raw_protect(place->device, place->base, PAGES * RAW_PAGE, PAGE_READONLY) &&
	       !raw_protect(place->device, place->base, PAGES * RAW_PAGE, PAGE_READWRITE);
}

static bool protect_as_code_and_back(const struct place *place)
{
	return !raw_protect(place->device, place->base, PAGES * RAW_PAGE, PAGE_EXECUTE_READ) &&
	       !raw_protect(place->device, place->base, PAGES * RAW_PAGE, PAGE_READWRITE);
}

static bool query(const struct place *place)
{
	return raw_region(place->device, place->base).state == MEM_COMMIT;
}

static bool lock_and_unlock(const struct place *place)
{
	return !raw_lock(place->device, place->base, PAGES * RAW_PAGE) &&
	       !raw_unlock(place->device, place->base, PAGES * RAW_PAGE);
}

static bool copy(const struct place *place, size_t bytes, uint32_t flags)
{
	size_t copied = bytes;

	return !raw_copy(place->device, place->base, buffer, &copied, flags) && copied == bytes;
}

static bool read_8(const struct place *place)
{
	return copy(place, 8, 0);
}

static bool read_64k(const struct place *place)
{
	return copy(place, COPY_MOST, 0);
}

static bool write_8(const struct place *place)
{
	return copy(place, 8, WINVM_COPY_WRITE);
}

static bool write_64k(const struct place *place)
{
	return copy(place, COPY_MOST, WINVM_COPY_WRITE);
}

static struct row {
	const char *name;
	bool (*call)(const struct place *place);
	struct timing timings[PLACES];
	double medians[PLACES];
} rows[] = {
	{ .name = "reserve, release", .call = reserve_and_release },
	{ .name = "commit, decommit", .call = commit_and_decommit },
	{ .name = "protect, back", .call = protect_and_back },
	{ .name = "protect as code, back", .call = protect_as_code_and_back },
	{ .name = "query", .call = query },
	{ .name = "lock, unlock", .call = lock_and_unlock },
	{ .name = "read 8 bytes", .call = read_8 },
	{ .name = "read 64 KB", .call = read_64k },
	{ .name = "write 8 bytes", .call = write_8 },
	{ .name = "write 64 KB", .call = write_64k },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "cross-process: %s\n", what);
	exit(1);
}

static struct place place_on(int device)
{
	struct place place = { device, raw_reserve(device, 2 * PAGES * RAW_PAGE) };
	size_t bytes = COPY_MOST;

	if (!place.base || raw_commit(device, place.base, PAGES * RAW_PAGE, PAGE_READWRITE) ||
	    raw_copy(device, place.base, buffer, &bytes, WINVM_COPY_WRITE))
		fail("no memory to measure with");
	return place;
}

static void measure(struct row *row, const struct place *place, struct timing *timing)
{
	uint64_t began = timing_now();

	for (int call = 0; call < CALLS; call++)
		if (!row->call(place))
			fail(row->name);
	timing_add(timing, (timing_now() - began) / CALLS);
}

/* What comes first in a round changes, so that none gains by it. */
static void measure_all(const struct place *places)
{
	for (unsigned int round = 0; round < TIMING_ROUNDS; round++)
		for (size_t row = 0; row < ROWS; row++)
			for (unsigned int i = 0; i < PLACES; i++) {
				unsigned int at = (round + i) % PLACES;

				measure(&rows[row], &places[at], &rows[row].timings[at]);
			}
	for (size_t row = 0; row < ROWS; row++)
		for (unsigned int at = 0; at < PLACES; at++)
			rows[row].medians[at] = timing_median(&rows[row].timings[at]);
}

static void print_table(void)
{
	printf("%-24s %10s %10s %10s %8s %8s\n", "ns a call", "local", "remote", "stopped", "ratio",
	       "stopped");
	for (size_t row = 0; row < ROWS; row++) {
		const double *medians = rows[row].medians;

		printf("%-24s %10.0f %10.0f %10.0f %8.2f %8.2f\n", rows[row].name, medians[LOCAL],
		       medians[REMOTE], medians[STOPPED], medians[REMOTE] / medians[LOCAL],
		       medians[STOPPED] / medians[LOCAL]);
	}
}

static void print_json(void)
{
	printf("[\n");
	for (size_t row = 0; row < ROWS; row++)
		printf("  { \"name\": \"%s\", \"local_ns\": %.0f, \"remote_ns\": %.0f, "
		       "\"stopped_ns\": %.0f }%s\n",
		       rows[row].name, rows[row].medians[LOCAL], rows[row].medians[REMOTE],
		       rows[row].medians[STOPPED], row + 1 < ROWS ? "," : "");
	printf("]\n");
}

int main(int argc, char **argv)
{
	int device = raw_open();
	struct child sleeper, stopped;
	struct place places[PLACES];

	if (argc > 2 || (argc == 2 && strcmp(argv[1], "--json")))
		fail("usage: cross-process [--json]");
	if (device < 0)
		fail("the module is not loaded");
	sleeper = child_start(0);
	stopped = child_start(0);
	places[LOCAL] = place_on(device);
	places[REMOTE] = place_on(raw_open_process(device, sleeper.pid));
	places[STOPPED] = place_on(raw_open_process(device, stopped.pid));
	kill(stopped.pid, SIGSTOP);
	waitpid(stopped.pid, NULL, WUNTRACED);
	measure_all(places);
	if (argc == 2)
		print_json();
	else
		print_table();
	child_kill(&sleeper);
	child_kill(&stopped);
	return 0;
}
