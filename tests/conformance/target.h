/* SPDX-License-Identifier: GPL-2.0 */
/* The process that a script's operations act on: the replayer itself or a child of it. */
#ifndef CONFORMANCE_TARGET_H
#define CONFORMANCE_TARGET_H

#include <stdbool.h>
#include <stdint.h>
#include <windows.h>

HANDLE target_process(void);
bool target_is_child(void);

/* Starts the child at the first call. */
bool target_choose_child(void);
void target_choose_self(void);

/* Ends the child, if there is one. */
void target_end(void);

/* What a child does until it is ended: nothing. It never opens winvm itself. */
void target_be_child(void);

bool target_query(uint64_t address, MEMORY_BASIC_INFORMATION *region);

#endif
