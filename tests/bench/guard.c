// SPDX-License-Identifier: GPL-2.0
/* A guard page is hit, a handler hears of it, the program goes on. */
#include <signal.h>

#include "bench.h"
#include "peers.h"

static struct sigaction others;

/* The library had the signal first: it gets it back. */
static bool prepare_guard(struct job *job)
{
	struct sigaction action = { .sa_sigaction = peer_open_page, .sa_flags = SA_SIGINFO };

	return !mprotect(job->base, job->bytes, PROT_NONE) && !sigaction(SIGSEGV, &action, &others);
}

static bool run_touch(struct job *job)
{
	peer_touch(job->base, job->bytes);
	return true;
}

static bool clear_guard(struct job *job)
{
	(void)job;
	return !sigaction(SIGSEGV, &others, NULL);
}

static const struct work handler = {
	.begin = peer_begin_touched,
	.prepare = prepare_guard,
	.run = run_touch,
	.clear = clear_guard,
	.end = peer_unmap,
};

static const struct bench_row row = {
	.name = "guard page hit, handler, go on",
	.unit = "hit",
	.bytes = 256 * PAGE,
	.count = 256,
	.rounds = 21,
	.winvm = &win32_guard,
	.peers = { { .name = "mprotect + SIGSEGV handler", .work = &handler, .bar = BAR(1.0) },
		   WINE(.work = &win32_guard) },
};

void group_guard(void)
{
	bench_row(&row);
}
