/* SPDX-License-Identifier: MIT */
/* Regions: words for them, and the walk from one to the next. */
#ifndef TOOLS_REGION_H
#define TOOLS_REGION_H

#include <stdbool.h>
#include <stdint.h>
#include <windows.h>

#include "screen.h"
#include "target.h"

/**
 * struct region_totals - sums of a walk, in bytes
 * @regions: how many there were
 * @all, @free, @reserved, @committed: by state
 * @private, @mapped, @image: by type
 */
struct region_totals {
	uint64_t regions;
	uint64_t all;
	uint64_t free;
	uint64_t reserved;
	uint64_t committed;
	uint64_t private;
	uint64_t mapped;
	uint64_t image;
};

const char *region_state(const MEMORY_BASIC_INFORMATION *region);
const char *region_type(const MEMORY_BASIC_INFORMATION *region);
enum colour region_colour(const MEMORY_BASIC_INFORMATION *region);

/* Without what modifies it; "-" for none. */
const char *region_protect(DWORD protect);

/* "READWRITE+GUARD"; a word that stays, if nothing modifies it. */
const char *region_protect_text(DWORD protect, char *room, size_t bytes);

/*
 * Calls @each for every region from 0 to the top. Each byte is visited once (SPEC VQ-13):
 * false if that is not so, or the process cannot be looked at: then the last error says why.
 */
bool region_walk(const struct target *target,
		 void (*each)(const MEMORY_BASIC_INFORMATION *region, void *argument),
		 void *argument, struct region_totals *totals);

/* As lines or members. */
void region_print_totals(const struct region_totals *totals);

#endif
