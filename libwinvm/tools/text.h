/* SPDX-License-Identifier: MIT */
/* What may be shown of names that others chose: of processes, of files. */
#ifndef TOOLS_TEXT_H
#define TOOLS_TEXT_H

#include <stddef.h>

/*
 * A copy, to be freed. What a terminal would obey, and what is no UTF-8, becomes "?".
 * Ends the program without memory.
 */
char *text_clean(const char *text);

/* How many columns of a terminal it takes. */
size_t text_width(const char *text);

/* How many of its bytes fit into so many columns. */
size_t text_fit(const char *text, size_t columns);

/* Memory, or the end of the program. */
void *text_allocate(void *old, size_t count, size_t bytes);

#endif
