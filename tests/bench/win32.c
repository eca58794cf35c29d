// SPDX-License-Identifier: GPL-2.0
/* The works as a program for Windows does them. */
#include <stdlib.h>
#include <windows.h>

#include "win32.h"

static char *reserve(size_t bytes)
{
	return VirtualAlloc(NULL, bytes, MEM_RESERVE, PAGE_READWRITE);
}

static bool commit(char *base, size_t bytes)
{
	return VirtualAlloc(base, bytes, MEM_COMMIT, PAGE_READWRITE) != NULL;
}

static bool release(char *base)
{
	return VirtualFree(base, 0, MEM_RELEASE);
}

static bool release_job(struct job *job)
{
	return release(job->base);
}

static void touch(char *base, size_t bytes)
{
	for (size_t at = 0; at < bytes; at += PAGE)
		*(volatile char *)(base + at) = 1;
}

/* bytes are reserved and given back, count times. */
static bool run_reserve_release(struct job *job)
{
	for (size_t i = 0; i < job->count; i++) {
		char *base = reserve(job->bytes);

		if (!base || !release(base))
			return false;
	}
	return true;
}

const struct work win32_reserve_release = {
	.name = "reserve-release",
	.run = run_reserve_release,
};

static bool run_cycle(struct job *job)
{
	for (size_t i = 0; i < job->count; i++) {
		char *base = reserve(job->bytes);

		if (!base || !commit(base, job->bytes))
			return false;
		touch(base, 1);
		if (!release(base))
			return false;
	}
	return true;
}

const struct work win32_cycle = {
	.name = "cycle",
	.run = run_cycle,
};

static bool prepare_reserved(struct job *job)
{
	job->base = reserve(job->bytes);
	return job->base;
}

static bool commit_pages(struct job *job, size_t step)
{
	for (size_t i = 0; i < job->count; i++)
		if (!commit(job->base + i * step, PAGE))
			return false;
	return true;
}

static bool run_commit_sequential(struct job *job)
{
	return commit_pages(job, PAGE);
}

const struct work win32_commit_sequential = {
	.name = "commit-sequential",
	.prepare = prepare_reserved,
	.run = run_commit_sequential,
	.clear = release_job,
};

static bool run_commit_alternating(struct job *job)
{
	return commit_pages(job, 2 * PAGE);
}

const struct work win32_commit_alternating = {
	.name = "commit-alternating",
	.prepare = prepare_reserved,
	.run = run_commit_alternating,
	.clear = release_job,
};

static bool begin_touched(struct job *job)
{
	job->base = reserve(job->bytes);
	if (!job->base || !commit(job->base, job->bytes))
		return false;
	touch(job->base, job->bytes);
	return true;
}

/* All bytes become read-only, writable again, and are written. */
static bool run_flip(struct job *job)
{
	DWORD old;

	for (size_t i = 0; i < job->count; i++) {
		if (!VirtualProtect(job->base, job->bytes, PAGE_READONLY, &old) ||
		    !VirtualProtect(job->base, job->bytes, PAGE_READWRITE, &old))
			return false;
		touch(job->base, job->bytes);
	}
	return true;
}

const struct work win32_flip = {
	.name = "flip",
	.begin = begin_touched,
	.run = run_flip,
	.end = release_job,
};

/* count blocks of bytes that were touched. */
static bool prepare_decommit(struct job *job)
{
	struct job all = { .bytes = job->count * job->bytes };

	if (!begin_touched(&all))
		return false;
	job->base = all.base;
	return true;
}

static bool run_decommit(struct job *job)
{
	for (size_t i = 0; i < job->count; i++)
		if (!VirtualFree(job->base + i * job->bytes, job->bytes, MEM_DECOMMIT))
			return false;
	return true;
}

const struct work win32_decommit = {
	.name = "decommit",
	.prepare = prepare_decommit,
	.run = run_decommit,
	.clear = release_job,
};

/*
 * Two regions for each reservation, the first page and the others; base becomes the
 * array of their addresses.
 */
static bool begin_regions(struct job *job)
{
	size_t reservations = job->bytes / GRANULARITY;
	char **bases = calloc(reservations, sizeof(*bases));

	job->base = (char *)bases;
	for (size_t i = 0; bases && i < reservations; i++) {
		bases[i] = reserve(GRANULARITY);
		if (!bases[i] || !commit(bases[i], PAGE))
			return false;
	}
	return bases;
}

static bool end_regions(struct job *job)
{
	char **bases = (char **)job->base;

	for (size_t i = 0; i < job->bytes / GRANULARITY; i++)
		if (!release(bases[i]))
			return false;
	free(bases);
	return true;
}

/* Here and there. */
static bool run_query(struct job *job)
{
	char **bases = (char **)job->base;
	MEMORY_BASIC_INFORMATION information;
	unsigned int random = 1;

	for (size_t i = 0; i < job->count; i++) {
		random = random * 1103515245 + 12345;
		if (!VirtualQuery(bases[(random >> 8) % (job->bytes / GRANULARITY)] +
					  (random >> 31) * PAGE,
				  &information, sizeof(information)))
			return false;
	}
	return true;
}

const struct work win32_query = {
	.name = "query",
	.begin = begin_regions,
	.run = run_query,
	.end = end_regions,
};

/* Of the reservations of a job. */
void win32_ends(const struct job *job, char **lowest, char **highest)
{
	char **bases = (char **)job->base;

	*lowest = *highest = bases[0];
	for (size_t i = 1; i < job->bytes / GRANULARITY; i++) {
		*lowest = bases[i] < *lowest ? bases[i] : *lowest;
		*highest = bases[i] > *highest ? bases[i] : *highest;
	}
}

/*
 * From the lowest to the highest; count becomes the number of regions. What peers
 * have mapped elsewhere is no part of it.
 */
static bool run_walk(struct job *job)
{
	MEMORY_BASIC_INFORMATION information;
	char *at, *highest;
	size_t regions = 0;

	for (win32_ends(job, &at, &highest); at <= highest; regions++) {
		if (!VirtualQuery(at, &information, sizeof(information)))
			return false;
		at = (char *)information.BaseAddress + information.RegionSize;
	}
	job->count = regions;
	return regions;
}

const struct work win32_walk = {
	.name = "walk",
	.begin = begin_regions,
	.run = run_walk,
	.end = end_regions,
};

static LONG CALLBACK pass_guard(EXCEPTION_POINTERS *pointers)
{
	return pointers->ExceptionRecord->ExceptionCode == STATUS_GUARD_PAGE_VIOLATION ?
		       EXCEPTION_CONTINUE_EXECUTION :
		       EXCEPTION_CONTINUE_SEARCH;
}

static PVOID guard_handler;

static bool begin_guard(struct job *job)
{
	guard_handler = AddVectoredExceptionHandler(1, pass_guard);
	return guard_handler && begin_touched(job);
}

static bool prepare_guard(struct job *job)
{
	DWORD old;

	return VirtualProtect(job->base, job->bytes, PAGE_READWRITE | PAGE_GUARD, &old);
}

static bool run_touch(struct job *job)
{
	touch(job->base, job->bytes);
	return true;
}

static bool end_guard(struct job *job)
{
	return RemoveVectoredExceptionHandler(guard_handler) && release(job->base);
}

const struct work win32_guard = {
	.name = "guard",
	.begin = begin_guard,
	.prepare = prepare_guard,
	.run = run_touch,
	.end = end_guard,
};

static bool begin_watched(struct job *job)
{
	job->base = VirtualAlloc(NULL, job->bytes, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH,
				 PAGE_READWRITE);
	if (!job->base)
		return false;
	touch(job->base, job->bytes);
	return true;
}

static bool reset_watch(struct job *job)
{
	return !ResetWriteWatch(job->base, job->bytes);
}

const struct work win32_watch_dirty = {
	.name = "watch-dirty",
	.begin = begin_watched,
	.prepare = reset_watch,
	.run = run_touch,
	.end = release_job,
};

#define WATCHED 4096

/* All of them were written. */
static bool run_watch_get(struct job *job)
{
	static PVOID addresses[WATCHED];
	ULONG_PTR count = WATCHED;
	DWORD granularity;

	return !GetWriteWatch(WRITE_WATCH_FLAG_RESET, job->base, job->bytes, addresses, &count,
			      &granularity) &&
	       count == job->bytes / PAGE;
}

const struct work win32_watch_get = {
	.name = "watch-get",
	.begin = begin_watched,
	.prepare = run_touch,
	.run = run_watch_get,
	.end = release_job,
};
