/* SPDX-License-Identifier: MIT */
/* What of an address space is in memory: the working set. */
#ifndef TOOLS_RESIDENT_H
#define TOOLS_RESIDENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <psapi.h>

#include "target.h"

/**
 * struct resident_sums - of a range, in bytes
 * @all: in the working set
 * @private: of these, those that no other process can have
 * @locked: of these, those that are locked
 */
struct resident_sums {
	uint64_t all;
	uint64_t private;
	uint64_t locked;
};

/**
 * struct resident - the working set of a process
 * @pages: array of @count pages, in the order of addresses
 * @count: how many there are
 * @next: the first that is not behind the last range that was asked for
 */
struct resident {
	PSAPI_WORKING_SET_EX_INFORMATION *pages;
	size_t count;
	size_t next;
};

/* False if it cannot be known: the last error says why. */
bool resident_open(struct resident *resident, const struct target *target);
void resident_close(struct resident *resident);

/* Of a range; each is to lie behind the one before. */
struct resident_sums resident_of(struct resident *resident, uint64_t address, uint64_t bytes);

#endif
