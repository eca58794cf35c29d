/* SPDX-License-Identifier: MIT */
/* The address space as strips: how much of each piece is in memory. */
#ifndef TOOLS_STRIP_H
#define TOOLS_STRIP_H

#include <stddef.h>
#include <stdint.h>

#include "screen.h"

/**
 * struct strip_span - a piece that is in use, all of one kind and state
 * @start: its first byte
 * @bytes: its size
 * @committed: of these
 * @resident: of these
 * @colour: of its kind
 */
struct strip_span {
	uint64_t start;
	uint64_t bytes;
	uint64_t committed;
	uint64_t resident;
	enum colour colour;
};

/*
 * Draws spans, in the order of addresses: a strip for those that lie together, with where it
 * begins, how much it shows, and how much a column of it stands for; and what its marks mean.
 */
void strip_draw(const struct strip_span *spans, size_t count, size_t width);

#endif
