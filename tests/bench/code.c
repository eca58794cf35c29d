// SPDX-License-Identifier: GPL-2.0
/*
 * A JIT's pattern: every other page becomes executable. Each run of such pages is a
 * VMA of its own, of which Linux allows 65,530: how many can there be, and is all
 * still there when no more can?
 */
#include <stdio.h>
#include <windows.h>

#include "bench.h"
#include "peers.h"

#define WANTED	   ((size_t)100000)
#define LAST_ROUND 64 /* pages whose cost is told */

/* Writes a number into each page that will be code, and nothing else. */
static void fill(char *base)
{
	for (size_t page = 0; page < WANTED; page++)
		*(volatile size_t *)(base + 2 * page * PAGE) = page;
}

static bool all_there(char *base, size_t code)
{
	DWORD expected;
	MEMORY_BASIC_INFORMATION information;

	for (size_t page = 0; page < WANTED; page++) {
		if (*(volatile size_t *)(base + 2 * page * PAGE) != page)
			return false;
		expected = page < code ? PAGE_EXECUTE_READ : PAGE_READWRITE;
		if (!VirtualQuery(base + 2 * page * PAGE, &information, sizeof(information)) ||
		    information.Protect != expected)
			return false;
	}
	return true;
}

static size_t winvm_code(char *base, struct samples *samples)
{
	size_t page = 0, from;
	uint64_t began;
	DWORD old;

	while (page < WANTED) {
		began = bench_now();
		for (from = page; page < WANTED && page < from + LAST_ROUND; page++)
			if (!VirtualProtect(base + 2 * page * PAGE, PAGE, PAGE_EXECUTE_READ, &old))
				return page;
		if (from % (LAST_ROUND * 16) == 0)
			samples_add(samples, (double)(bench_now() - began) / LAST_ROUND);
	}
	return page;
}

static size_t mprotect_code(char *base, struct samples *samples)
{
	size_t page = 0, from;
	uint64_t began;

	while (page < WANTED) {
		began = bench_now();
		for (from = page; page < WANTED && page < from + LAST_ROUND; page++)
			if (mprotect(base + 2 * page * PAGE, PAGE, PROT_READ | PROT_EXEC))
				return page;
		if (from % (LAST_ROUND * 16) == 0)
			samples_add(samples, (double)(bench_now() - began) / LAST_ROUND);
	}
	return page;
}

static size_t peer_reached(struct samples *samples)
{
	size_t bytes = 2 * WANTED * PAGE, reached;
	char *base = peer_map(bytes, PROT_READ | PROT_WRITE);

	if (!base || madvise(base, bytes, MADV_NOHUGEPAGE))
		bench_fail("code: no memory for the peer");
	fill(base);
	reached = mprotect_code(base, samples);
	munmap(base, bytes);
	return reached;
}

void group_code(void)
{
	struct samples ours = {}, theirs = {};
	struct bench_result result = {
		.name = "alternating RX pages",
		.unit = "page",
		.peer_name = "mprotect",
		.winvm = &ours,
		.peer = &theirs,
	};
	size_t others = peer_reached(&theirs), reached, vmas, before;
	char *base =
		VirtualAlloc(NULL, 2 * WANTED * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
	DWORD error;

	if (!base)
		bench_fail("code: no memory");
	fill(base);
	before = bench_vmas();
	reached = winvm_code(base, &ours);
	error = reached < WANTED ? GetLastError() : 0;
	vmas = bench_vmas();
	if (!all_there(base, reached))
		bench_fail("code: something was lost");
	VirtualFree(base, 0, MEM_RELEASE);
	snprintf(result.note, sizeof(result.note),
		 "of 100,000: mprotect %zu; winvm %zu with %zu VMAs, then error %u, nothing lost, "
		 "%zu VMAs left when released",
		 others, reached, vmas - before, (unsigned int)error, bench_vmas() - before);
	bench_print(&result);
}
