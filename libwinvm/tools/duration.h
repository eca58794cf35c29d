/* SPDX-License-Identifier: MIT */
/* Times as people write them. */
#ifndef TOOLS_DURATION_H
#define TOOLS_DURATION_H

#include <stdbool.h>
#include <stdint.h>

struct duration_text {
	char text[32];
};

/* "250 ms", "1.5 s", "2 min 5 s", "3 h 20 min". */
struct duration_text duration(uint64_t milliseconds);

/*
 * "2", "0.25", "250ms", "5s", "10m", "1h": milliseconds, one at least. Without a unit it is
 * seconds. False if it is none.
 */
bool duration_parse(const char *text, uint64_t *milliseconds);

#endif
