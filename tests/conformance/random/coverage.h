/* SPDX-License-Identifier: GPL-2.0 */
/* How often each call gave each status in each state, and which states followed which. */
#ifndef RANDOM_COVERAGE_H
#define RANDOM_COVERAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "../model/script.h"

/* Around an operation; @answer is the one that came. */
void coverage_before(const struct model_script *script, const char *line);
void coverage_after(const char *answer);

/* Prints the tables, each line after "# ". */
void coverage_print(void);

/*
 * Prints the statuses and transitions that must come, but did not come @wanted
 * times. Return: how many they are.
 */
unsigned int coverage_rare(uint64_t wanted, bool placeholders);

/* The same for scripts of the working set and what goes with it. */
unsigned int coverage_rare_set(uint64_t wanted);

/* The same for scripts of sections and views. */
unsigned int coverage_rare_map(uint64_t wanted);

#endif
