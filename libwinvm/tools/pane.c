// SPDX-License-Identifier: MIT
/* Moving through lines. */
#include "pane.h"

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The last place from which the pane is full. */
static size_t last_first(const struct pane *pane)
{
	return pane->count > pane->height ? pane->count - pane->height : 0;
}

void pane_select(struct pane *pane, size_t at)
{
	pane->at = least(at, pane->count ? pane->count - 1 : 0);
	if (pane->at < pane->first)
		pane->first = pane->at;
	if (pane->height && pane->at - pane->first >= pane->height)
		pane->first = pane->at - pane->height + 1;
}

void pane_fit(struct pane *pane, size_t count, size_t height)
{
	pane->count = count;
	pane->height = height;
	pane->first = least(pane->first, last_first(pane));
	pane_select(pane, pane->at);
}

static size_t moved(size_t at, size_t page, size_t last, enum pane_move move)
{
	switch (move) {
	case PANE_UP:
		return at - (at > 0);
	case PANE_DOWN:
		return least(at + 1, last);
	case PANE_PAGE_UP:
		return at - least(at, page);
	case PANE_PAGE_DOWN:
		return least(at + page, last);
	case PANE_HOME:
		return 0;
	case PANE_END:
	default:
		return last;
	}
}

void pane_move(struct pane *pane, enum pane_move move)
{
	size_t page = pane->height > 1 ? pane->height - 1 : 1;

	pane_select(pane, moved(pane->at, page, pane->count ? pane->count - 1 : 0, move));
}

void pane_scroll(struct pane *pane, enum pane_move move)
{
	size_t page = pane->height > 1 ? pane->height - 1 : 1;

	pane->first = moved(pane->first, page, last_first(pane), move);
	pane->at = pane->first;
}
