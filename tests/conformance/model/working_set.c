// SPDX-License-Identifier: GPL-2.0
/* The working set and its limits (SPEC 8.2). */
#include "space.h"

#define LEAST_MINIMUM 20
#define LEAST_MAXIMUM 13
#define EMPTY_IT      UINT64_MAX

/* VL-15, VL-16, WS-8 */
void model_trim(struct model_space *space, uint64_t start, uint64_t end)
{
	for (struct model_allocation *at = space->first; at; at = at->next)
		for (uint64_t i = 0; i < at->pages; i++) {
			uint64_t address = at->base + i * PAGE_BYTES;

			if (address >= start && address < end && !at->page[i].locked)
				at->page[i].presence = PRESENCE_OUT;
		}
}

/* Who goes, where not all must, the rules do not say. */
static void open_all(struct model_space *space)
{
	for (struct model_allocation *at = space->first; at; at = at->next)
		for (uint64_t i = 0; i < at->pages; i++)
			if (at->page[i].presence == PRESENCE_IN && !at->page[i].locked)
				at->page[i].presence = PRESENCE_OPEN;
}

/* WS-3; WS-6: a hard minimum stays. */
void model_empty(struct model_space *space)
{
	if (space->limits.hard & HARD_MINIMUM)
		open_all(space);
	else
		model_trim(space, 0, END_ADDRESS);
}

/* WS-6: whoever goes beyond a hard maximum loses pages for it. */
void model_keep_maximum(struct model_space *space)
{
	uint64_t count = 0;

	if (!(space->limits.hard & HARD_MAXIMUM))
		return;
	for (const struct model_allocation *at = space->first; at; at = at->next)
		for (uint64_t i = 0; i < at->pages; i++)
			count += at->page[i].presence != PRESENCE_OUT;
	if (count > space->limits.maximum)
		open_all(space);
}

/* WS-6 */
static bool flags_valid(uint32_t flags)
{
	uint32_t known = HARD_MINIMUM | SOFT_MINIMUM | HARD_MAXIMUM | SOFT_MAXIMUM;

	if (flags & ~known)
		return false;
	return !(flags & HARD_MINIMUM && flags & SOFT_MINIMUM) &&
	       !(flags & HARD_MAXIMUM && flags & SOFT_MAXIMUM);
}

static void set_hard(struct model_limits *limits, uint32_t flags)
{
	limits->hard |= flags & (HARD_MINIMUM | HARD_MAXIMUM);
	if (flags & SOFT_MINIMUM)
		limits->hard &= ~(uint32_t)HARD_MINIMUM;
	if (flags & SOFT_MAXIMUM)
		limits->hard &= ~(uint32_t)HARD_MAXIMUM;
}

uint32_t model_set_limits(struct model_space *space, uint64_t minimum, uint64_t maximum,
			  uint32_t flags)
{
	struct model_limits limits = {
		.minimum = minimum / PAGE_BYTES,
		.maximum = maximum / PAGE_BYTES,
		.hard = space->limits.hard,
	};

	if (!flags_valid(flags))
		return INVALID_PARAMETER;
	if (!minimum != !maximum)
		return INVALID_PARAMETER; /* WS-4 */
	if (minimum == EMPTY_IT && maximum == EMPTY_IT) {
		set_hard(&space->limits, flags);
		model_empty(space); /* WS-3 */
		return SUCCESS;
	}
	/* WS-4: whether it succeeds or not, nothing changes. */
	if (!minimum)
		return SUCCESS;
	/* WS-2 */
	if (minimum > maximum || limits.maximum < LEAST_MAXIMUM)
		return BAD_WORKING_SET_LIMIT;
	if (limits.minimum < LEAST_MINIMUM)
		limits.minimum = LEAST_MINIMUM;
	if (limits.maximum < limits.minimum)
		limits.maximum = limits.minimum;
	set_hard(&limits, flags);
	space->limits = limits;
	return SUCCESS;
}
