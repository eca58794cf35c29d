// SPDX-License-Identifier: GPL-2.0
/* Protection: taken away, given back, page by page. */
#include "bench.h"
#include "peers.h"

static bool run_flip(struct job *job)
{
	for (size_t i = 0; i < job->count; i++) {
		if (mprotect(job->base, job->bytes, PROT_READ) ||
		    mprotect(job->base, job->bytes, PROT_READ | PROT_WRITE))
			return false;
		peer_touch(job->base, job->bytes);
	}
	return true;
}

static const struct work mprotect_flip = {
	.begin = peer_begin_touched,
	.run = run_flip,
	.end = peer_unmap,
};

static const struct bench_row rows[] = {
	{ .name = "flip RW/RO and touch, 1 page",
	  .unit = "flip",
	  .bytes = PAGE,
	  .count = 300,
	  .rounds = 31,
	  .winvm = &win32_flip,
	  .peers = { { .name = "mprotect", .work = &mprotect_flip, .bar = BAR(0.5) },
		     WINE(.work = &win32_flip) } },
	{ .name = "flip RW/RO and touch, 1,000 pages",
	  .unit = "flip",
	  .bytes = 1000 * PAGE,
	  .count = 5,
	  .rounds = 21,
	  .winvm = &win32_flip,
	  .peers = { { .name = "mprotect", .work = &mprotect_flip, .bar = BAR(0.9) } } },
};

void group_protect(void)
{
	bench_rows(rows, COUNT(rows));
}
