// SPDX-License-Identifier: MIT
/* A sample: the walk, what is in memory, what is charged, the faults. */
#include <stdio.h>
#include <string.h>

#include <winvm-netlink.h>

#include "backing.h"
#include "region.h"
#include "resident.h"
#include "sampler.h"

/**
 * struct walk - while a sample is taken
 * @snapshot: it
 * @backing: what is behind regions
 * @resident: what is in memory
 * @names: where names go
 */
struct walk {
	struct snapshot *snapshot;
	struct backing backing;
	struct resident resident;
	struct names *names;
};

uint64_t sampler_time(const struct sampler *sampler)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)((now.tv_sec - sampler->begin.tv_sec) * 1000 +
			  (now.tv_nsec - sampler->begin.tv_nsec) / 1000000);
}

static void add(const MEMORY_BASIC_INFORMATION *info, void *argument)
{
	struct walk *walk = argument;
	struct recorded_region *region;
	struct resident_sums sums;
	const char *backing;

	if (info->State == MEM_FREE)
		return;
	region = snapshot_add(walk->snapshot);
	region->base = (uintptr_t)info->BaseAddress;
	region->size = info->RegionSize;
	region->allocation = (uintptr_t)info->AllocationBase;
	region->state = info->State;
	region->type = info->Type;
	region->protect = info->State == MEM_COMMIT ? info->Protect : 0;
	sums = resident_of(&walk->resident, region->base, region->size);
	region->resident = sums.all;
	region->resident_private = sums.private;
	backing = backing_of(&walk->backing, info);
	region->backing = backing ? names_keep(walk->names, backing) : NULL;
}

static void put(struct totals *totals, enum total total, uint64_t number)
{
	totals->known |= 1U << total;
	totals->of[total] = number;
}

/* Of all its threads: fields 10 and 12, behind a name that may have anything in it. */
static void add_faults(struct totals *totals, DWORD pid)
{
	unsigned long long soft, hard;
	char path[32], line[1024];
	const char *name;
	FILE *stat;

	snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	stat = fopen(path, "re");
	if (!stat)
		return;
	name = fgets(line, sizeof(line), stat) ? strrchr(line, ')') : NULL;
	fclose(stat);
	if (!name || sscanf(name, ") %*c %*d %*d %*d %*d %*d %*u %llu %*u %llu", &soft, &hard) != 2)
		return;
	put(totals, TOTAL_SOFT_FAULTS, soft);
	put(totals, TOTAL_HARD_FAULTS, hard);
}

void sampler_ask(struct sampler *sampler)
{
	struct winvm_nl_process process;

	sampler->uses = sampler->nl &&
			!winvm_nl_get_process(sampler->nl, sampler->target->pid, &process);
}

static void add_charge(struct totals *totals, struct sampler *sampler)
{
	struct winvm_nl_process process;

	if (!sampler->nl || winvm_nl_get_process(sampler->nl, sampler->target->pid, &process))
		return;
	sampler->uses = sampler->uses || process.allocations;
	if (sampler->uses && process.told & WINVM_NL_TOLD(WINVM_NL_A_COMMIT_BYTES))
		put(totals, TOTAL_CHARGE, process.commit_bytes);
}

const char *sampler_take(struct sampler *sampler, struct snapshot *now)
{
	struct walk walk = { .snapshot = now, .names = sampler->names };
	struct region_totals totals;
	bool fine;

	now->count = 0;
	now->totals = (struct totals){ .time = sampler_time(sampler) };
	if (!resident_open(&walk.resident, sampler->target))
		return "see what is in memory of";
	backing_open(&walk.backing, sampler->target);
	fine = region_walk(sampler->target, add, &walk, &totals);
	backing_close(&walk.backing);
	resident_close(&walk.resident);
	if (!fine)
		return "walk to the end of";
	snapshot_sum(now);
	add_charge(&now->totals, sampler);
	add_faults(&now->totals, sampler->target->pid);
	return NULL;
}
