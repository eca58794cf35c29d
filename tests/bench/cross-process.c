// SPDX-License-Identifier: GPL-2.0
/*
 * What a call costs on another process that sleeps, and on one that SIGSTOP has
 * stopped, against the same call on one's own.
 */
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "child.h"
#include "raw.h"

#define CALLS	  64 /* of one kind, timed together */
#define ROUNDS	  31
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
	struct samples samples[PLACES];
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

static struct place place_on(int device)
{
	struct place place = { device, raw_reserve(device, 2 * PAGES * RAW_PAGE) };
	size_t bytes = COPY_MOST;

	if (!place.base || raw_commit(device, place.base, PAGES * RAW_PAGE, PAGE_READWRITE) ||
	    raw_copy(device, place.base, buffer, &bytes, WINVM_COPY_WRITE))
		bench_fail("cross-process: no memory");
	return place;
}

static void measure(struct row *row, const struct place *place, struct samples *samples)
{
	uint64_t began = bench_now();

	for (int call = 0; call < CALLS; call++)
		if (!row->call(place))
			bench_fail(row->name);
	samples_add(samples, (double)(bench_now() - began) / CALLS);
}

/* What comes first in a round changes, so that none gains by it. */
static void measure_all(const struct place *places)
{
	unsigned int rounds = bench_rounds(ROUNDS);

	for (unsigned int round = 0; round < rounds; round++)
		for (size_t row = 0; row < COUNT(rows); row++)
			for (unsigned int i = 0; i < PLACES; i++) {
				unsigned int at = (round + i) % PLACES;

				measure(&rows[row], &places[at], &rows[row].samples[at]);
			}
}

static void print(struct row *row, unsigned int place, const char *where)
{
	char name[64];
	struct bench_result result = {
		.name = name,
		.unit = "call",
		.peer_name = "on its own",
		.winvm = &row->samples[place],
		.peer = &row->samples[LOCAL],
	};

	snprintf(name, sizeof(name), "%s, on %s", row->name, where);
	bench_print(&result);
}

void group_cross_process(void)
{
	int device = raw_open();
	struct child sleeper, stopped;
	struct place places[PLACES];

	if (device < 0)
		bench_fail("the module is not loaded");
	sleeper = child_start(0);
	stopped = child_start(0);
	places[LOCAL] = place_on(device);
	places[REMOTE] = place_on(raw_open_process(device, sleeper.pid));
	places[STOPPED] = place_on(raw_open_process(device, stopped.pid));
	kill(stopped.pid, SIGSTOP);
	waitpid(stopped.pid, NULL, WUNTRACED);
	measure_all(places);
	for (size_t row = 0; row < COUNT(rows); row++) {
		print(&rows[row], REMOTE, "another process");
		print(&rows[row], STOPPED, "a stopped process");
	}
	child_kill(&sleeper);
	child_kill(&stopped);
}
