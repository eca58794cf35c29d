/* SPDX-License-Identifier: GPL-2.0 */
/* Places in the model's memory for an operation to act on. */
#ifndef RANDOM_SPOT_H
#define RANDOM_SPOT_H

#include "generate.h"

enum spot_kind {
	SPOT_ANY,
	SPOT_RESERVED,
	SPOT_COMMITTED,
	SPOT_GUARD,
	SPOT_LOCKED,
	SPOT_WATCHED,
	SPOT_CODE,
	SPOT_READONLY,
	SPOT_NOACCESS,
	SPOT_WRITTEN,
	SPOT_WRITABLE,
	SPOT_LATCHED,
	SPOT_OFFERED,
	SPOT_PLACEHOLDER,
	SPOT_REPLACED,
	SPOT_AWE,
	SPOT_VIEW,
	SPOT_VIEW_RESERVED,
	SPOT_VIEW_COPYING,
	SPOT_VIEW_COPIED,
	SPOT_VIEW_LOCKED,
};

/*
 * @address: of a page, where there is one of the kind
 * @bytes: as far as the kind goes on in this allocation
 * @allocation: which, or NULL
 */
struct spot {
	uint64_t address;
	uint64_t bytes;
	const struct model_allocation *allocation;
};

/* A place of a kind; anywhere in the arena if there is none, and now and then. */
struct spot spot_draw(struct generator *generator, enum spot_kind kind);

/* The start of an allocation. */
struct spot spot_draw_whole(struct generator *generator, enum spot_kind kind);

/* Where the most committed pages begin that follow each other in one allocation. */
struct spot spot_draw_largest(struct generator *generator);

/* A free place in the arena, at a multiple of 64 KB; often right behind an allocation. */
uint64_t spot_draw_free(struct generator *generator, uint64_t bytes);

/* A size for an operation there: mostly within, sometimes unaligned or too long. */
uint64_t spot_draw_bytes(struct generator *generator, const struct spot *spot);

/* Moves an address by some bytes now and then. */
uint64_t spot_shift(struct generator *generator, uint64_t value);

#endif
