// SPDX-License-Identifier: GPL-2.0
/* The works as a program for Windows does them. */
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
