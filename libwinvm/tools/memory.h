/* SPDX-License-Identifier: MIT */
/* The machine's memory: what each part of it is used for. */
#ifndef TOOLS_MEMORY_H
#define TOOLS_MEMORY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "bar.h"

/**
 * struct memory - what the kernel counts, in bytes
 * @total: all that it manages
 * @available: what can be had without swapping
 * @private: of processes alone: what has no file behind it
 * @shareable: sections of the page file, shared memory, files of tmpfs
 * @huge: kept for huge pages, in use or not
 * @standby: pages of files, the same as on the disk
 * @modified: pages of files that have to be written yet
 * @slab: small objects of the kernel
 * @slab_back: of these, what it gives back when asked
 * @tables: page tables
 * @stacks: of threads in the kernel
 * @percpu: what each processor has for itself
 * @other: what no counter has: drivers, compressed page files, buffers
 * @free: unused
 * @locked: of all, what stays in memory
 * @promised: what Linux has promised to all programs (Committed_AS)
 * @promises: how much that may be if overcommit is "never"
 * @swap, @swap_free: all page files
 *
 * The parts from @private to @percpu with @other and @free make up @total.
 */
struct memory {
	uint64_t total;
	uint64_t available;
	uint64_t private;
	uint64_t shareable;
	uint64_t huge;
	uint64_t standby;
	uint64_t modified;
	uint64_t slab;
	uint64_t slab_back;
	uint64_t tables;
	uint64_t stacks;
	uint64_t percpu;
	uint64_t other;
	uint64_t free;
	uint64_t locked;
	uint64_t promised;
	uint64_t promises;
	uint64_t swap;
	uint64_t swap_free;
};

/* Of a file as /proc/meminfo; false if it is none. */
bool memory_read(FILE *file, struct memory *memory);

/* Of this machine; false if it does not tell. */
bool memory_now(struct memory *memory);

/* What the kernel has for itself, and what of that it cannot give back. */
uint64_t memory_kernel(const struct memory *memory);
uint64_t memory_nonpaged(const struct memory *memory);

/* Of the bar: all of the memory. */
enum memory_part {
	MEMORY_PRIVATE,
	MEMORY_SHAREABLE,
	MEMORY_HUGE,
	MEMORY_MODIFIED,
	MEMORY_STANDBY,
	MEMORY_KERNEL,
	MEMORY_FREE,
	MEMORY_PARTS
};

void memory_bar(const struct memory *memory, struct bar_part parts[MEMORY_PARTS]);

#endif
