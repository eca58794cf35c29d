// SPDX-License-Identifier: GPL-2.0
/*
 * First touch. What is not committed all alike within 2 MB takes 4 KB pages: there
 * the last page of each 2 MB is left out, by all sides.
 */
#include <windows.h>

#include "bench.h"
#include "peers.h"

#define HUGE_BYTES (2 * MB)

static bool commit_all(struct job *job)
{
	job->base = VirtualAlloc(NULL, job->bytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
	return job->base;
}

static bool commit_but_one(struct job *job)
{
	job->base = VirtualAlloc(NULL, job->bytes, MEM_RESERVE, PAGE_READWRITE);
	if (!job->base)
		return false;
	for (size_t at = 0; at < job->bytes; at += HUGE_BYTES)
		if (!VirtualAlloc(job->base + at, HUGE_BYTES - PAGE, MEM_COMMIT, PAGE_READWRITE))
			return false;
	return true;
}

static bool release(struct job *job)
{
	return VirtualFree(job->base, 0, MEM_RELEASE);
}

/* count pages, whatever bytes is. */
static bool touch_pages(struct job *job)
{
	peer_touch(job->base, job->count * PAGE);
	return true;
}

static bool touch_but_one(struct job *job)
{
	for (size_t at = 0; at < job->bytes; at += HUGE_BYTES)
		peer_touch(job->base + at, HUGE_BYTES - PAGE);
	return true;
}

static const struct work winvm_all = {
	.prepare = commit_all,
	.run = touch_pages,
	.clear = release,
};

static const struct work winvm_but_one = {
	.prepare = commit_but_one,
	.run = touch_but_one,
	.clear = release,
};

static bool map_small(struct job *job)
{
	job->base = peer_map(job->bytes, PROT_READ | PROT_WRITE);
	return job->base && !madvise(job->base, job->bytes, MADV_NOHUGEPAGE);
}

static bool map_huge(struct job *job)
{
	job->base = peer_map(job->bytes, PROT_READ | PROT_WRITE);
	return job->base && !madvise(job->base, job->bytes, MADV_HUGEPAGE);
}

static const struct work anonymous = {
	.prepare = map_small,
	.run = touch_pages,
	.clear = peer_unmap,
};

static const struct work anonymous_but_one = {
	.prepare = map_small,
	.run = touch_but_one,
	.clear = peer_unmap,
};

static const struct work anonymous_huge = {
	.prepare = map_huge,
	.run = touch_pages,
	.clear = peer_unmap,
};

static void first_touch(size_t bytes, unsigned int rounds)
{
	const struct bench_row rows[] = {
		{ .name = "first touch of 256 MB, 4 KB pages",
		  .unit = "page",
		  .bytes = bytes,
		  .count = bytes / HUGE_BYTES * 511,
		  .rounds = rounds,
		  .winvm = &winvm_but_one,
		  .peers = { { .name = "anonymous, no THP",
			       .work = &anonymous_but_one,
			       .bar = BAR(1.10) } } },
		{ .name = "first touch of 256 MB, one uniform commit",
		  .unit = "page",
		  .bytes = bytes,
		  .count = bytes / PAGE,
		  .rounds = rounds,
		  .winvm = &winvm_all,
		  .peers = { { .name = "anonymous, no THP", .work = &anonymous, .bar = BAR(0.75) },
			     { .name = "anonymous with THP",
			       .work = &anonymous_huge,
			       .bar = BAR(1.15) } } },
	};

	bench_rows(rows, COUNT(rows));
}

void group_touch(void)
{
	first_touch(bench_options.quick ? 64 * MB : 256 * MB, 5);
}
