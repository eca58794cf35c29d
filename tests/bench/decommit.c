// SPDX-License-Identifier: GPL-2.0
/* Pages are given back, their addresses kept. */
#include "bench.h"
#include "peers.h"

static bool prepare_touched(struct job *job)
{
	size_t bytes = job->count * job->bytes;

	job->base = peer_map(bytes, PROT_READ | PROT_WRITE);
	if (!job->base || madvise(job->base, bytes, MADV_NOHUGEPAGE))
		return false;
	peer_touch(job->base, bytes);
	return true;
}

static bool run_decommit(struct job *job)
{
	for (size_t i = 0; i < job->count; i++) {
		char *base = job->base + i * job->bytes;

		if (madvise(base, job->bytes, MADV_DONTNEED) ||
		    mprotect(base, job->bytes, PROT_NONE))
			return false;
	}
	return true;
}

static bool unmap(struct job *job)
{
	return !munmap(job->base, job->count * job->bytes);
}

static const struct work dontneed = {
	.prepare = prepare_touched,
	.run = run_decommit,
	.clear = unmap,
};

static const struct bench_row rows[] = {
	{ .name = "decommit 1 MB touched",
	  .unit = "MB",
	  .bytes = MB,
	  .count = 8,
	  .rounds = 21,
	  .winvm = &win32_decommit,
	  .peers = { { .name = "madvise(DONTNEED) + mprotect",
		       .work = &dontneed,
		       .bar = BAR(1.2) } } },
	{ .name = "decommit 4 KB touched",
	  .unit = "page",
	  .bytes = PAGE,
	  .count = 500,
	  .rounds = 21,
	  .winvm = &win32_decommit,
	  .peers = { { .name = "madvise(DONTNEED) + mprotect", .work = &dontneed } } },
};

void group_decommit(void)
{
	bench_rows(rows, COUNT(rows));
}
