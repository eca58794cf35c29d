/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Addresses as scripts write them: A+offset in the arena, sN+offset in the
 * allocation that slot N remembers, null, or a plain number.
 */
#ifndef CONFORMANCE_SLOTS_H
#define CONFORMANCE_SLOTS_H

#include <stdbool.h>
#include <stdint.h>

#define ARENA_BASE  UINT64_C(0x200000000000)
#define ARENA_BYTES UINT64_C(0x400000)
#define FENCE_BYTES UINT64_C(0x10000)

/* The address a script names; 0 for a slot that holds nothing. */
uint64_t slots_address(const char *text);

/* An address as transcripts show it: "0", "A+0x1000", "s3+0x0", "?". Good until eight names later. */
const char *slots_name(uint64_t address);

/* Slot @number now holds the allocation at @base, as far as the system says it reaches. */
void slots_hold(uint64_t number, uint64_t base);

/* All slots hold nothing again. */
void slots_forget(void);

/* Reserves the fences on both sides of the arena in the process operated on. */
bool slots_fence_arena(void);

#endif
