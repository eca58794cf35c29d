/* SPDX-License-Identifier: MIT */
/* Things side by side, on as many lines as the screen makes of them. */
#ifndef TOOLS_FLOW_H
#define TOOLS_FLOW_H

#include <stddef.h>

/**
 * struct flow - a line that is being filled
 * @gap: columns between two things
 * @at: columns that are taken
 */
struct flow {
	size_t gap;
	size_t at;
};

/* Before something of so many columns is printed: goes on behind the gap, or on a new line. */
void flow_next(struct flow *flow, size_t columns);

/* The end of the last line. */
void flow_end(struct flow *flow);

/* A paragraph. */
void flow_text(const char *text);

#endif
