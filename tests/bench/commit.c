// SPDX-License-Identifier: GPL-2.0
/* Pages of a reservation become usable, one at a time. */
#include <stdio.h>
#include <windows.h>

#include "bench.h"
#include "peers.h"

static bool mprotect_pages(struct job *job, size_t step)
{
	for (size_t i = 0; i < job->count; i++)
		if (mprotect(job->base + i * step, PAGE, PROT_READ | PROT_WRITE))
			return false;
	return true;
}

static bool run_mprotect_sequential(struct job *job)
{
	return mprotect_pages(job, PAGE);
}

static const struct work mprotect_sequential = {
	.prepare = peer_prepare_reserved,
	.run = run_mprotect_sequential,
	.clear = peer_unmap,
};

static bool run_mprotect_alternating(struct job *job)
{
	return mprotect_pages(job, 2 * PAGE);
}

static const struct work mprotect_alternating = {
	.prepare = peer_prepare_reserved,
	.run = run_mprotect_alternating,
	.clear = peer_unmap,
};

static const struct bench_row rows[] = {
	{ .name = "commit one page, sequential",
	  .unit = "page",
	  .bytes = 16 * MB,
	  .count = 2000,
	  .rounds = 21,
	  .winvm = &win32_commit_sequential,
	  .peers = { { .name = "mprotect", .work = &mprotect_sequential, .bar = BAR(0.30) },
		     WINE(.work = &win32_commit_sequential) } },
	{ .name = "commit one page, alternating",
	  .unit = "page",
	  .bytes = 16 * MB,
	  .count = 2000,
	  .rounds = 21,
	  .winvm = &win32_commit_alternating,
	  .peers = { { .name = "mprotect", .work = &mprotect_alternating, .bar = BAR(0.10) } } },
};

#define MILLION 1000000
#define SPAN	1000 /* pages a round */
#define SPANS	21 /* rounds at the start, and at the end */

static void commit_span(char *base, size_t first, struct samples *samples)
{
	uint64_t began = bench_now();

	for (size_t page = first; page < first + SPAN; page++)
		if (!VirtualAlloc(base + 2 * page * PAGE, PAGE, MEM_COMMIT, PAGE_READWRITE))
			bench_fail("an alternating page could not be committed");
	samples_add(samples, (double)(bench_now() - began) / SPAN);
}

/* The last of them cost what the first did, and no VMA more. */
static void alternating_million(void)
{
	size_t pages = bench_options.quick ? MILLION / 10 : MILLION;
	char *base = VirtualAlloc(NULL, 2 * pages * PAGE, MEM_RESERVE, PAGE_READWRITE);
	struct samples start = {}, middle = {}, end = {};
	size_t vmas = bench_vmas();
	struct bench_result result = {
		.name = "alternating commit of 1,000,000 pages",
		.unit = "page",
		.peer_name = "the first of them",
		.winvm = &end,
		.peer = &start,
		.bar = BAR(1.3),
	};

	if (!base)
		bench_fail("no room for the alternating pages");
	for (size_t page = 0; page + SPAN <= pages; page += SPAN)
		commit_span(base, page,
			    page < SPANS * SPAN		 ? &start :
			    pages - page <= SPANS * SPAN ? &end :
							   &middle);
	snprintf(result.note, sizeof(result.note), "%zu pages, %zu VMAs before, %zu after", pages,
		 vmas, bench_vmas());
	bench_print(&result);
	VirtualFree(base, 0, MEM_RELEASE);
}

void group_commit(void)
{
	bench_rows(rows, COUNT(rows));
	alternating_million();
}
