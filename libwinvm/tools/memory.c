// SPDX-License-Identifier: MIT
/* The parts of memory, from what the kernel counts. */
#include <stddef.h>
#include <string.h>

#include "memory.h"

/* What is told in other sums than ours: files count shared memory, the modified and buffers. */
struct counts {
	struct memory memory;
	uint64_t cached;
	uint64_t buffers;
	uint64_t dirty;
	uint64_t writeback;
};

#define MEMBER(name, field)                          \
	{                                            \
		name, offsetof(struct counts, field) \
	}

/* Lines of one name add up. */
static const struct {
	const char *name;
	size_t offset;
} lines[] = {
	MEMBER("MemTotal", memory.total),
	MEMBER("MemFree", memory.free),
	MEMBER("MemAvailable", memory.available),
	MEMBER("Buffers", buffers),
	MEMBER("Cached", cached),
	MEMBER("Dirty", dirty),
	MEMBER("Writeback", writeback),
	MEMBER("AnonPages", memory.private),
	MEMBER("Shmem", memory.shareable),
	MEMBER("Hugetlb", memory.huge),
	MEMBER("Slab", memory.slab),
	MEMBER("SReclaimable", memory.slab_back),
	MEMBER("PageTables", memory.tables),
	MEMBER("SecPageTables", memory.tables),
	MEMBER("KernelStack", memory.stacks),
	MEMBER("Percpu", memory.percpu),
	MEMBER("Mlocked", memory.locked),
	MEMBER("Committed_AS", memory.promised),
	MEMBER("CommitLimit", memory.promises),
	MEMBER("SwapTotal", memory.swap),
	MEMBER("SwapFree", memory.swap_free),
};

static void count_line(struct counts *counts, const char *name, uint64_t bytes)
{
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (!strcmp(name, lines[i].name)) {
			uint64_t *count = (uint64_t *)((char *)counts + lines[i].offset);

			*count += bytes;
			return;
		}
}

/* The counters are not of one moment: a part may seem to be more than the whole. */
static uint64_t without(uint64_t whole, uint64_t part)
{
	return whole > part ? whole - part : 0;
}

static void part_files(struct counts *counts)
{
	struct memory *memory = &counts->memory;
	uint64_t files = without(counts->cached, memory->shareable) + counts->buffers;
	uint64_t modified = counts->dirty + counts->writeback;

	memory->modified = modified < files ? modified : files;
	memory->standby = files - memory->modified;
}

bool memory_read(FILE *file, struct memory *memory)
{
	struct counts counts = { 0 };
	unsigned long long kilobytes;
	char line[128], name[32];

	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%31[^:]: %llu kB", name, &kilobytes) == 2)
			count_line(&counts, name, kilobytes * 1024);
	part_files(&counts);
	*memory = counts.memory;
	memory->other =
		without(memory->total, memory->private + memory->shareable + memory->huge +
					       memory->standby + memory->modified + memory->slab +
					       memory->tables + memory->stacks + memory->percpu +
					       memory->free);
	return memory->total;
}

bool memory_now(struct memory *memory)
{
	FILE *file = fopen("/proc/meminfo", "re");
	bool known = file && memory_read(file, memory);

	if (file)
		fclose(file);
	return known;
}

uint64_t memory_kernel(const struct memory *memory)
{
	return memory->slab + memory->tables + memory->stacks + memory->percpu + memory->other;
}

uint64_t memory_nonpaged(const struct memory *memory)
{
	return memory_kernel(memory) - memory->slab_back;
}

void memory_bar(const struct memory *memory, struct bar_part parts[MEMORY_PARTS])
{
	parts[MEMORY_PRIVATE] =
		(struct bar_part){ memory->private, COLOUR_PRIVATE, 'p', "private" };
	parts[MEMORY_SHAREABLE] =
		(struct bar_part){ memory->shareable, COLOUR_GOOD, 's', "shareable" };
	parts[MEMORY_HUGE] = (struct bar_part){ memory->huge, COLOUR_WARN, 'h', "huge pages" };
	parts[MEMORY_MODIFIED] =
		(struct bar_part){ memory->modified, COLOUR_IMAGE, 'm', "modified" };
	parts[MEMORY_STANDBY] = (struct bar_part){ memory->standby, COLOUR_MAPPED, 'c', "standby" };
	parts[MEMORY_KERNEL] =
		(struct bar_part){ memory_kernel(memory), COLOUR_BAD, 'k', "kernel" };
	parts[MEMORY_FREE] = (struct bar_part){ memory->free, COLOUR_FAINT, '.', "free" };
}
