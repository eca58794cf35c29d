/* SPDX-License-Identifier: MIT */
/* Totals of two samples, side by side. */
#ifndef TOOLS_TOTALS_H
#define TOOLS_TOTALS_H

#include "history.h"

/*
 * Prints two tables, "sizes" and "counts". @history: what the two are the first and the last
 * sample of, for the peaks; NULL: of two recordings.
 */
void totals_print(const struct totals *before, const struct totals *after,
		  const struct history *history);

/* Prints the table "kinds" of two snapshots. */
void totals_print_kinds(const struct snapshot *before, const struct snapshot *after);

/* Any that is known of both, or of one only, is another. */
bool totals_differ(const struct totals *before, const struct totals *after);

#endif
