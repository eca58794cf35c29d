// SPDX-License-Identifier: GPL-2.0
/* What lies at an address, and what lies everywhere. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <windows.h>
#include <winvm.h>

#include "bench.h"
#include "peers.h"

/* Linux 6.11 and later: the mapping at an address, or the next one. */
struct procmap_query {
	uint64_t size, flags, address;
	uint64_t start, end, vma_flags, page_size, offset, inode;
	uint32_t major, minor, name_size, build_id_size;
	uint64_t name, build_id;
};

#define PROCMAP_QUERY	    _IOWR('f', 17, struct procmap_query)
#define COVERING_OR_NEXT    0x10
#define MAP_COUNT	    "/proc/sys/vm/max_map_count"
#define MAP_COUNT_ENOUGH    1000000
#define MAP_COUNT_OF_OTHERS 65530

static int maps = -1;

static bool query_at(char *address, struct procmap_query *query)
{
	*query = (struct procmap_query){
		.size = sizeof(*query),
		.flags = COVERING_OR_NEXT,
		.address = (uintptr_t)address,
	};
	return !ioctl(maps, PROCMAP_QUERY, query);
}

static const char *no_procmap_query(void)
{
	struct procmap_query query;

	if (maps < 0)
		maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	return query_at(NULL, &query) ? NULL : "the kernel has none";
}

/* Peers are allowed what Linux does not allow of itself. */
static bool allow_vmas(int count)
{
	FILE *file = fopen(MAP_COUNT, "w");

	return file && fprintf(file, "%d", count) > 0 && !fclose(file);
}

/* As the works of Win32 have them. */
static bool begin_vmas(struct job *job)
{
	job->base = peer_reserve(job->bytes);
	for (size_t at = 0; job->base && at < job->bytes; at += GRANULARITY)
		if (mprotect(job->base + at, PAGE, PROT_READ | PROT_WRITE))
			return false;
	return job->base;
}

static bool run_procmap_query(struct job *job)
{
	struct procmap_query query;
	unsigned int random = 1;

	for (size_t i = 0; i < job->count; i++) {
		random = random * 1103515245 + 12345;
		if (!query_at(job->base + (random >> 8) % (job->bytes / GRANULARITY) * GRANULARITY +
				      (random >> 31) * PAGE,
			      &query))
			return false;
	}
	return true;
}

static const struct work procmap_query_one = {
	.begin = begin_vmas,
	.run = run_procmap_query,
	.end = peer_unmap,
};

static bool run_procmap_walk(struct job *job)
{
	struct procmap_query query;
	size_t regions = 0;

	for (char *at = NULL; query_at(at, &query); regions++)
		at = (char *)(uintptr_t)query.end;
	job->count = regions;
	return regions;
}

static const struct work procmap_walk = {
	.begin = begin_vmas,
	.run = run_procmap_walk,
	.end = peer_unmap,
};

/* Both ends as the loop over VirtualQuery has them. */
static bool begin_all(struct job *job)
{
	return win32_walk.begin(job);
}

static bool end_all(struct job *job)
{
	return win32_walk.end(job);
}

/* Many at a time, which Windows has no call for. */
static bool run_all(struct job *job)
{
	static MEMORY_BASIC_INFORMATION found[256];
	const MEMORY_BASIC_INFORMATION *last = found;
	char *at, *highest;
	size_t regions = 0;
	DWORD count = 1;

	win32_ends(job, &at, &highest);
	for (; count && at <= highest; regions += count) {
		count = winvm_query_regions(GetCurrentProcess(), at, found, COUNT(found));
		last = &found[count ? count - 1 : 0];
		at = (char *)last->BaseAddress + last->RegionSize;
	}
	job->count = regions;
	return count;
}

static const struct work query_all = {
	.begin = begin_all,
	.run = run_all,
	.end = end_all,
};

/* As text. */
static bool run_maps_walk(struct job *job)
{
	job->count = bench_vmas();
	return true;
}

static const struct work maps_walk = {
	.begin = begin_vmas,
	.run = run_maps_walk,
	.end = peer_unmap,
};

static const struct bench_row rows[] = {
	{ .name = "query one of 100,000 regions",
	  .unit = "query",
	  .bytes = 50000 * GRANULARITY,
	  .count = 1000,
	  .rounds = 21,
	  .winvm = &win32_query,
	  .peers = { { .name = "PROCMAP_QUERY",
		       .work = &procmap_query_one,
		       .absent = no_procmap_query },
		     WINE(.work = &win32_query, .bar = BAR(0.6)) } },
	{ .name = "walk 50,000 regions",
	  .unit = "region",
	  .bytes = 25000 * GRANULARITY,
	  .count = 50000,
	  .rounds = 7,
	  .winvm = &win32_walk,
	  .peers = { { .name = "PROCMAP_QUERY",
		       .work = &procmap_walk,
		       .bar = BAR(0.25),
		       .absent = no_procmap_query },
		     WINE(.work = &win32_walk, .bar = BAR(0.25)),
		     { .name = "/proc/self/maps", .work = &maps_walk } } },
	{ .name = "walk 50,000 regions, many a call",
	  .unit = "region",
	  .bytes = 25000 * GRANULARITY,
	  .count = 50000,
	  .rounds = 7,
	  .winvm = &query_all,
	  .peers = { { .name = "PROCMAP_QUERY",
		       .work = &procmap_walk,
		       .bar = BAR(0.25),
		       .absent = no_procmap_query },
		     WINE(.work = &win32_walk, .bar = BAR(0.25)),
		     { .name = "/proc/self/maps", .work = &maps_walk } } },
};

void group_query(void)
{
	if (!allow_vmas(MAP_COUNT_ENOUGH))
		bench_fail(MAP_COUNT);
	bench_rows(rows, COUNT(rows));
	allow_vmas(MAP_COUNT_OF_OTHERS);
}
