// SPDX-License-Identifier: GPL-2.0
/* What happens to the cost when there is more of everything. */
#include <stdio.h>
#include <windows.h>

#include "bench.h"
#include "peers.h"

#define PEER_MOST 20000 /* mappings that the peer is given: two VMAs each */

static bool run_map_unmap(struct job *job)
{
	for (size_t i = 0; i < job->count; i++) {
		char *base = peer_reserve(job->bytes);

		if (!base || munmap(base, job->bytes))
			return false;
	}
	return true;
}

static const struct work map_unmap = { .run = run_map_unmap };

static void grow_vads(size_t *have, size_t wanted)
{
	for (; *have < wanted; (*have)++)
		if (!VirtualAlloc(NULL, GRANULARITY, MEM_RESERVE, PAGE_READWRITE))
			bench_fail("growth: no further VAD");
}

/* Neighbours differ, or Linux would make one of them. */
static void grow_mappings(size_t *have, size_t wanted)
{
	for (; *have < wanted && *have < PEER_MOST; (*have)++) {
		char *base = peer_reserve(GRANULARITY);

		if (!base || mprotect(base, PAGE, PROT_READ | PROT_WRITE))
			bench_fail("growth: no further mapping");
	}
}

/* Against VADs of the process, and that of the last point against that of a thousand. */
static void curve_of_vads(void)
{
	static struct samples thousand, most;
	size_t vads = 0, mappings = 0, end = bench_options.quick ? 100000 : 1000000;
	struct bench_result self = {
		.name = "reserve + release among 1,000,000 VADs",
		.unit = "pair",
		.peer_name = "among 1,000",
		.winvm = &most,
		.peer = &thousand,
		.bar = BAR(2.0),
	};

	for (size_t point = 10; point <= end; point *= 10) {
		struct samples ours = {}, theirs = {};
		struct bench_result result = {
			.name = "reserve + release among VADs",
			.unit = "pair",
			.peer_name = "mmap + munmap among mappings",
			.winvm = &ours,
			.peer = &theirs,
			.at = (double)point,
		};

		grow_vads(&vads, point);
		grow_mappings(&mappings, point);
		bench_measure(&win32_reserve_release, GRANULARITY, 200, bench_rounds(15), &ours);
		if (mappings == point)
			bench_measure(&map_unmap, GRANULARITY, 200, bench_rounds(15), &theirs);
		bench_print(&result);
		if (point == 1000)
			thousand = ours;
		most = ours;
	}
	if (end < 1000000)
		snprintf(self.note, sizeof(self.note), "in short: among %zu", end);
	bench_print(&self);
}

static void curve_of_sizes(void)
{
	for (size_t bytes = GRANULARITY; bytes <= 16 * TB; bytes *= 16) {
		const struct bench_row row = {
			.name = "reserve + release, size in KB",
			.unit = "pair",
			.bytes = bytes,
			.count = 100,
			.rounds = 15,
			.at = (double)(bytes / KB),
			.winvm = &win32_reserve_release,
			.peers = { { .name = "mmap + munmap", .work = &map_unmap } },
		};

		bench_row(&row);
	}
}

/* An allocation whose pages are committed by turns: base, and how many runs it has. */
static char *runs_base;

static bool run_state_change(struct job *job)
{
	DWORD old;

	for (size_t i = 0; i < job->count; i++)
		if (!VirtualProtect(runs_base + 4 * PAGE, PAGE, PAGE_READONLY, &old) ||
		    !VirtualProtect(runs_base + 4 * PAGE, PAGE, PAGE_READWRITE, &old))
			return false;
	return true;
}

static bool run_run_query(struct job *job)
{
	MEMORY_BASIC_INFORMATION information;

	for (size_t i = 0; i < job->count; i++)
		if (!VirtualQuery(runs_base + 4 * PAGE, &information, sizeof(information)))
			return false;
	return true;
}

static const struct work state_change = { .run = run_state_change };
static const struct work run_query = { .run = run_run_query };

static void measure_runs(size_t runs)
{
	static const struct {
		const char *name;
		const struct work *work;
	} works[] = {
		{ "protect + back among runs of pages", &state_change },
		{ "query among runs of pages", &run_query },
	};

	for (size_t i = 0; i < COUNT(works); i++) {
		struct samples ours = {}, none = {};
		struct bench_result result = {
			.name = works[i].name,
			.unit = "call",
			.peer_name = "-",
			.winvm = &ours,
			.peer = &none,
			.at = (double)runs,
		};

		bench_measure(works[i].work, 0, 200, bench_rounds(15), &ours);
		bench_print(&result);
	}
}

static void curve_of_runs(void)
{
	size_t runs = 0, end = bench_options.quick ? 100000 : 1000000;

	runs_base = VirtualAlloc(NULL, end * PAGE, MEM_RESERVE, PAGE_READWRITE);
	for (size_t point = 10; runs_base && point <= end; point *= 10) {
		for (; runs < point; runs += 2)
			if (!VirtualAlloc(runs_base + runs * PAGE, PAGE, MEM_COMMIT,
					  PAGE_READWRITE))
				bench_fail("growth: no further run");
		measure_runs(point);
	}
	VirtualFree(runs_base, 0, MEM_RELEASE);
}

void group_growth(void)
{
	curve_of_sizes();
	curve_of_runs();
	curve_of_vads();
}
