/* SPDX-License-Identifier: MIT */
/* A process as columns: those of ps, which events have, too. */
#ifndef TOOLS_PROCESS_H
#define TOOLS_PROCESS_H

#include <winvm-netlink.h>

#include "table.h"

/* In the order of PROCESS_COLUMNS. */
enum process_column {
	PROCESS_PID,
	PROCESS_USER,
	PROCESS_NAME,
	PROCESS_RESERVED,
	PROCESS_COMMITTED,
	PROCESS_PEAK,
	PROCESS_RESIDENT,
	PROCESS_KERNEL,
	PROCESS_ALLOCATIONS,
	PROCESS_LIMIT,
	PROCESS_SOFT_FAULTS,
	PROCESS_HARD_FAULTS,
	PROCESS_PEAK_RESERVED,
	PROCESS_UID,
	PROCESS_ID,
	PROCESS_REFUSED,
	PROCESS_WIDTH
};

/* clang-format off */
#define PROCESS_COLUMNS                                                       \
	{ "pid", "PID", COLUMN_PLAIN, 0, 0 },                                    \
	{ "user", "USER", COLUMN_TEXT, 3, 0 },                                   \
	{ "name", "NAME", COLUMN_TEXT, 0, 0 },                                   \
	{ "reserved", "RESERVED", COLUMN_SIZE, 0, 0 },                           \
	{ "committed", "COMMITTED", COLUMN_SIZE, 0, 0 },                         \
	{ "peak_committed", "PEAK", COLUMN_SIZE, 2, 0 },                         \
	{ "resident", "RESIDENT", COLUMN_SIZE, 1, 0 },                           \
	{ "kernel", "KERNEL", COLUMN_SIZE, 6, 0 },                               \
	{ "allocations", "ALLOCS", COLUMN_NUMBER, 5, 0 },                        \
	{ "limit", "LIMIT", COLUMN_SIZE, 4, 0 },                                 \
	{ "soft_faults", "SOFT FLT", COLUMN_NUMBER, 7, 0 },                      \
	{ "hard_faults", "HARD FLT", COLUMN_NUMBER, 8, 0 },                      \
	{ "peak_reserved", NULL, COLUMN_SIZE, 0, 0 },                            \
	{ "uid", NULL, COLUMN_PLAIN, 0, 0 },                                     \
	{ "id", NULL, COLUMN_PLAIN, 0, 0 },                                     \
	{ "refused", NULL, COLUMN_NUMBER, 0, 0 }
/* clang-format on */

/* Into a row that begins at @row. */
void process_cells(const struct winvm_nl_process *process, struct cell *row);

#endif
