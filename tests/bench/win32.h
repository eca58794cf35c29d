/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Works that are measured, and those of them that are done by Win32's calls: the
 * same source is built with libwinvm, and as a Windows program for Wine.
 */
#ifndef BENCH_WIN32_H
#define BENCH_WIN32_H

#include <stdbool.h>
#include <stddef.h>

#define PAGE	    ((size_t)0x1000)
#define GRANULARITY ((size_t)0x10000)
#define KB	    ((size_t)1 << 10)
#define MB	    ((size_t)1 << 20)
#define GB	    ((size_t)1 << 30)
#define TB	    ((size_t)1 << 40)

/* One side's share of a row. begin may change what is given; base is its own. */
struct job {
	size_t bytes;
	size_t count;
	char *base;
};

/*
 * begin and end come once, prepare and clear in each round around run, which alone
 * is timed. Each but run may be NULL; false: it failed.
 */
struct work {
	const char *name; /* on the wire to Wine */
	bool (*begin)(struct job *job);
	bool (*prepare)(struct job *job);
	bool (*run)(struct job *job);
	bool (*clear)(struct job *job);
	bool (*end)(struct job *job);
};

extern const struct work win32_reserve_release;
extern const struct work win32_cycle;
extern const struct work win32_commit_sequential;
extern const struct work win32_commit_alternating;
extern const struct work win32_flip;
extern const struct work win32_decommit;
extern const struct work win32_query;
extern const struct work win32_walk;
extern const struct work win32_guard;
extern const struct work win32_watch_dirty;
extern const struct work win32_watch_get;

/* For works that begin as the queries do: the reservations that lie lowest and highest. */
void win32_ends(const struct job *job, char **lowest, char **highest);

#endif
