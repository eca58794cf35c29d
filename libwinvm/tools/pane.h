/* SPDX-License-Identifier: MIT */
/* A part of the screen through which some of many lines are seen. */
#ifndef TOOLS_PANE_H
#define TOOLS_PANE_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct pane - it
 * @count: lines that there are
 * @height: lines that are seen
 * @first: the first of these
 * @at: the line that is selected, always seen; of a pane that only scrolls, @first
 */
struct pane {
	size_t count;
	size_t height;
	size_t first;
	size_t at;
};

enum pane_move {
	PANE_UP,
	PANE_DOWN,
	PANE_PAGE_UP,
	PANE_PAGE_DOWN,
	PANE_HOME,
	PANE_END,
};

/* It has so many lines now, of which so many are seen. */
void pane_fit(struct pane *pane, size_t count, size_t height);

/* Selects a line. */
void pane_select(struct pane *pane, size_t at);

/* Moves the selection. */
void pane_move(struct pane *pane, enum pane_move move);

/* Moves what is seen; the selection is its first line. */
void pane_scroll(struct pane *pane, enum pane_move move);

#endif
