/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which pages of a reserved section are committed: a bit a page. They are
 * committed one by one and for good (SPEC SE-26), by any number of processes
 * at a time and without a lock, while faults look.
 */
#ifndef WINVM_PURE_COMMIT_MAP_H
#define WINVM_PURE_COMMIT_MAP_H

#include "seam.h"

/**
 * struct winvm_commit_map - the bits
 * @words: the caller's, zero at first; page 0 is bit 0 of the first
 */
struct winvm_commit_map {
	u64 *words;
};

/** winvm_commit_map_bytes() - size of @words for so many pages */
u64 winvm_commit_map_bytes(u64 pages);

/** winvm_commit_map_test() - is a page committed? What was done before it was is seen after this */
bool winvm_commit_map_test(const struct winvm_commit_map *map, u64 page);

/**
 * winvm_commit_map_run() - how many pages from @page on are @committed, or are not
 * @pages: look at most this far
 *
 * Return: 0 to @pages. May sleep.
 */
u64 winvm_commit_map_run(const struct winvm_commit_map *map, u64 page, u64 pages, bool committed);

/** winvm_commit_map_count() - how many pages of a range are committed. May sleep. */
u64 winvm_commit_map_count(const struct winvm_commit_map *map, u64 page, u64 pages);

/**
 * winvm_commit_map_set() - commit a range. May sleep.
 *
 * Return: how many pages of it were not; each is told to one caller only.
 */
u64 winvm_commit_map_set(struct winvm_commit_map *map, u64 page, u64 pages);

#endif
