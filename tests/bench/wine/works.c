// SPDX-License-Identifier: GPL-2.0
/*
 * The works of Win32 as a Windows program, which does as it is told by lines of its
 * input, and answers each with one:
 *
 *	begin NAME BYTES COUNT	"ok"
 *	round			nanoseconds for one of the count
 *	end			"ok"
 *
 * or "failed".
 */
#include <stdio.h>
#include <string.h>
#include <windows.h>

#include "../win32.h"

static const struct work *const works[] = {
	&win32_reserve_release,
	&win32_cycle,
	&win32_commit_sequential,
	&win32_commit_alternating,
	&win32_flip,
	&win32_decommit,
	&win32_query,
	&win32_walk,
	&win32_guard,
	&win32_watch_dirty,
	&win32_watch_get,
};

static const struct work *work;
static struct job job;

static double now(void)
{
	LARGE_INTEGER frequency, ticks;

	QueryPerformanceFrequency(&frequency);
	QueryPerformanceCounter(&ticks);
	return (double)ticks.QuadPart * 1e9 / (double)frequency.QuadPart;
}

static BOOL step(bool (*part)(struct job *job))
{
	return !part || part(&job);
}

static BOOL begin(const char *line)
{
	unsigned long long bytes, count;
	char name[64];

	if (sscanf(line, "begin %63s %llu %llu", name, &bytes, &count) != 3)
		return FALSE;
	job = (struct job){ .bytes = bytes, .count = count };
	work = NULL;
	for (size_t i = 0; i < sizeof(works) / sizeof(works[0]); i++)
		if (!strcmp(works[i]->name, name))
			work = works[i];
	return work && step(work->begin);
}

static BOOL run_round(void)
{
	double began, ended;

	if (!step(work->prepare))
		return FALSE;
	began = now();
	if (!work->run(&job))
		return FALSE;
	ended = now();
	printf("%f\n", (ended - began) / (double)job.count);
	return step(work->clear);
}

static void obey(const char *line)
{
	if (!strncmp(line, "round", 5)) {
		if (!work || !run_round())
			printf("failed\n");
	} else if (!strncmp(line, "begin", 5)) {
		printf(begin(line) ? "ok\n" : "failed\n");
	} else {
		printf(work && step(work->end) ? "ok\n" : "failed\n");
	}
}

int main(void)
{
	char line[128];

	while (fgets(line, sizeof(line), stdin)) {
		obey(line);
		fflush(stdout);
	}
	return 0;
}
