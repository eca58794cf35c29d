// SPDX-License-Identifier: GPL-2.0
/* Address space: reserved, used for a moment, given back. */
#include <stdlib.h>
#include <sys/mman.h>
#include <windows.h>

#include "bench.h"
#include "peers.h"

#define MANY 100000

static bool run_mmap_munmap(struct job *job)
{
	for (size_t i = 0; i < job->count; i++) {
		char *base = peer_reserve(job->bytes);

		if (!base || munmap(base, job->bytes))
			return false;
	}
	return true;
}

static const struct work mmap_munmap = { .run = run_mmap_munmap };

static bool run_small_mmap_munmap(struct job *job)
{
	struct job small = { .bytes = GRANULARITY, .count = job->count };

	return run_mmap_munmap(&small);
}

static const struct work small_mmap_munmap = { .run = run_small_mmap_munmap };

static bool run_mmap_cycle(struct job *job)
{
	for (size_t i = 0; i < job->count; i++) {
		char *base = peer_reserve(job->bytes);

		if (!base || mprotect(base, job->bytes, PROT_READ | PROT_WRITE))
			return false;
		*(volatile char *)base = 1;
		if (munmap(base, job->bytes))
			return false;
	}
	return true;
}

static const struct work mmap_cycle = { .run = run_mmap_cycle };

#define SMALL_MMAP .name = "mmap + munmap 64 KB", .work = &small_mmap_munmap, .bar = { 0.25, 0.35 }

static const struct bench_row alone[] = {
	{ .name = "reserve + release 64 KB",
	  .unit = "pair",
	  .bytes = GRANULARITY,
	  .count = 300,
	  .rounds = 31,
	  .winvm = &win32_reserve_release,
	  .peers = { { SMALL_MMAP } } },
	{ .name = "reserve + release 16 GB",
	  .unit = "pair",
	  .bytes = 16 * GB,
	  .count = 300,
	  .rounds = 31,
	  .winvm = &win32_reserve_release,
	  .peers = { { SMALL_MMAP } } },
	{ .name = "reserve + release 64 KB",
	  .unit = "pair",
	  .bytes = GRANULARITY,
	  .count = 300,
	  .rounds = 31,
	  .winvm = &win32_reserve_release,
	  .peers = { WINE(.work = &win32_reserve_release, .bar = BAR(0.3)) } },
	{ .name = "reserve + release 1 GB",
	  .unit = "pair",
	  .bytes = GB,
	  .count = 100,
	  .rounds = 31,
	  .winvm = &win32_reserve_release,
	  .peers = { WINE(.work = &win32_reserve_release, .bar = BAR(0.1)) } },
	{ .name = "reserve + release 16 TB",
	  .unit = "pair",
	  .bytes = 16 * TB,
	  .count = 100,
	  .rounds = 31,
	  .winvm = &win32_reserve_release,
	  .peers = { { .name = "mmap + munmap 16 TB", .work = &mmap_munmap, .bar = BAR(2.5) } } },
	{ .name = "reserve + commit + touch one + release 64 KB",
	  .unit = "cycle",
	  .bytes = GRANULARITY,
	  .count = 100,
	  .rounds = 31,
	  .winvm = &win32_cycle,
	  .peers = { { .name = "mmap + mprotect + touch + munmap",
		       .work = &mmap_cycle,
		       .bar = { 0.65, 1.0 } } } },
};

static const struct bench_row among[] = {
	{ .name = "reserve + release 64 KB among 100,000 VADs",
	  .unit = "pair",
	  .bytes = GRANULARITY,
	  .count = 300,
	  .rounds = 31,
	  .winvm = &win32_reserve_release,
	  .peers = { { SMALL_MMAP } } },
	{ .name = "reserve + release 16 GB among 100,000 VADs",
	  .unit = "pair",
	  .bytes = 16 * GB,
	  .count = 300,
	  .rounds = 31,
	  .winvm = &win32_reserve_release,
	  .peers = { { SMALL_MMAP } } },
};

void group_reserve(void)
{
	bench_rows(alone, COUNT(alone));
	for (unsigned int i = 0; i < MANY; i++)
		if (!VirtualAlloc(NULL, GRANULARITY, MEM_RESERVE, PAGE_READWRITE))
			bench_fail("100,000 VADs");
	bench_rows(among, COUNT(among));
}
