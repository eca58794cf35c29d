// SPDX-License-Identifier: GPL-2.0
/* Threads that work side by side. */
#include <pthread.h>
#include <unistd.h>
#include <windows.h>

#include "bench.h"
#include "peers.h"

#define MOST_THREADS 4
#define CALLS	     8000 /* of all threads together, in a round: threads begin and end in no time */

static bool commit_decommit(struct job *job)
{
	char *base = VirtualAlloc(NULL, job->bytes, MEM_RESERVE, PAGE_READWRITE);

	for (size_t i = 0; base && i < job->count; i++) {
		char *at = base + i % (job->bytes / PAGE) * PAGE;

		if (!VirtualAlloc(at, PAGE, MEM_COMMIT, PAGE_READWRITE) ||
		    !VirtualFree(at, PAGE, MEM_DECOMMIT))
			return false;
	}
	return base && VirtualFree(base, 0, MEM_RELEASE);
}

static bool map_unmap(struct job *job)
{
	for (size_t i = 0; i < job->count; i++) {
		char *base = peer_reserve(job->bytes);

		if (!base || munmap(base, job->bytes))
			return false;
	}
	return true;
}

static bool protect_unprotect(struct job *job)
{
	char *base = peer_reserve(job->bytes);

	for (size_t i = 0; base && i < job->count; i++) {
		char *at = base + i % (job->bytes / PAGE) * PAGE;

		if (mprotect(at, PAGE, PROT_READ | PROT_WRITE) || mprotect(at, PAGE, PROT_NONE))
			return false;
	}
	return base && !munmap(base, job->bytes);
}

/* One of them; all begin together. */
struct thread {
	pthread_t thread;
	pthread_barrier_t *start;
	bool (*run)(struct job *job);
	struct job job;
	bool done;
};

static void *thread_body(void *argument)
{
	struct thread *thread = argument;

	pthread_barrier_wait(thread->start);
	thread->done = thread->run(&thread->job);
	return NULL;
}

static bool run_threads(struct job *job, unsigned int count, bool (*run)(struct job *job))
{
	struct thread threads[MOST_THREADS];
	pthread_barrier_t start;
	bool done = true;

	pthread_barrier_init(&start, NULL, count);
	for (unsigned int i = 0; i < count; i++) {
		threads[i] = (struct thread){ .start = &start, .run = run, .job = *job };
		threads[i].job.count = job->count / count;
		if (pthread_create(&threads[i].thread, NULL, thread_body, &threads[i]))
			bench_fail("no thread");
	}
	for (unsigned int i = 0; i < count; i++) {
		pthread_join(threads[i].thread, NULL);
		done = done && threads[i].done;
	}
	pthread_barrier_destroy(&start);
	return done;
}

static bool reserve_1(struct job *job)
{
	return run_threads(job, 1, win32_reserve_release.run);
}

static bool reserve_2(struct job *job)
{
	return run_threads(job, 2, win32_reserve_release.run);
}

static bool reserve_4(struct job *job)
{
	return run_threads(job, 4, win32_reserve_release.run);
}

static bool commit_1(struct job *job)
{
	return run_threads(job, 1, commit_decommit);
}

static bool commit_2(struct job *job)
{
	return run_threads(job, 2, commit_decommit);
}

static bool map_1(struct job *job)
{
	return run_threads(job, 1, map_unmap);
}

static bool map_2(struct job *job)
{
	return run_threads(job, 2, map_unmap);
}

static bool map_4(struct job *job)
{
	return run_threads(job, 4, map_unmap);
}

static bool protect_2(struct job *job)
{
	return run_threads(job, 2, protect_unprotect);
}

static const struct work one_reserves = { .run = reserve_1 };
static const struct work two_reserve = { .run = reserve_2 };
static const struct work four_reserve = { .run = reserve_4 };
static const struct work one_commits = { .run = commit_1 };
static const struct work two_commit = { .run = commit_2 };
static const struct work one_maps = { .run = map_1 };
static const struct work two_map = { .run = map_2 };
static const struct work four_map = { .run = map_4 };
static const struct work two_protect = { .run = protect_2 };

/* 1.6 times the throughput is 0.625 of the time. */
static const struct bench_row rows[] = {
	{ .name = "two threads: reserve + release",
	  .unit = "pair",
	  .bytes = GRANULARITY,
	  .count = CALLS,
	  .rounds = 31,
	  .winvm = &two_reserve,
	  .peers = { { .name = "one thread", .work = &one_reserves, .bar = BAR(0.625) },
		     { .name = "two threads: mmap + munmap", .work = &two_map } } },
	{ .name = "two threads: commit + decommit",
	  .unit = "pair",
	  .bytes = 4 * MB,
	  .count = CALLS,
	  .rounds = 31,
	  .winvm = &two_commit,
	  .peers = { { .name = "one thread", .work = &one_commits, .bar = BAR(0.625) },
		     { .name = "two threads: mprotect twice", .work = &two_protect } } },
};

#define AT(threads, ours, theirs)                                                             \
	{                                                                                     \
		.name = "reserve + release by threads", .unit = "pair", .bytes = GRANULARITY, \
		.count = CALLS, .rounds = 7, .at = (threads), .winvm = (ours), .peers = {     \
			{ .name = "mmap + munmap", .work = (theirs) }                         \
		}                                                                             \
	}

static const struct bench_row curve[] = {
	AT(1, &one_reserves, &one_maps),
	AT(2, &two_reserve, &two_map),
	AT(4, &four_reserve, &four_map),
};

void group_threads(void)
{
	if (bench_options.icount || sysconf(_SC_NPROCESSORS_ONLN) < 2) {
		bench_note("threads: not measured: that takes two processors, and a clock that is "
			   "not the number of instructions");
		return;
	}
	bench_rows(rows, COUNT(rows));
	bench_rows(curve, COUNT(curve));
}
