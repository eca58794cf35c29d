/* SPDX-License-Identifier: MIT */
/* An event: as a line for people, as columns for programs. */
#ifndef TOOLS_EVENT_H
#define TOOLS_EVENT_H

#include <winvm-netlink.h>

#include "table.h"

extern const struct column event_columns[];
extern const size_t event_width;

/* Into a row of event_columns. */
void event_cells(const struct winvm_nl_event *event, struct cell *row);

/* Prints a line. */
void event_line(const struct winvm_nl_event *event);

/* Words for what has no other; "?" for numbers of a later module. */
const char *event_name(int command);
const char *event_limit(uint32_t limit);
const char *event_memory(uint32_t memory);

#endif
