// SPDX-License-Identifier: MIT
/* What placeholders are for: the ring buffer of ring.h. */
#include <stdio.h>

#include "demo.h"
#include "ring.h"

#define RING_BYTES ((SIZE_T)65536)

static struct ring ring;

static void expect_view(const void *address)
{
	MEMORY_BASIC_INFORMATION info;

	check(VirtualQuery(address, &info, sizeof(info)) == sizeof(info) &&
		      info.Type == MEM_MAPPED && info.State == MEM_COMMIT &&
		      info.Protect == PAGE_READWRITE && info.AllocationBase == address &&
		      info.RegionSize == RING_BYTES,
	      "%p is a view of %zu bytes", address, RING_BYTES);
}

/* Bring the ring's end to eight bytes before that of the first view. */
static void fill_up(void)
{
	static const char blank[65536 - 8];

	ring_put(&ring, blank, sizeof(blank));
	ring_drop(&ring, sizeof(blank));
}

void step_ring(void)
{
	screen_say("In 1993 an address was reserved or it was free. Today a placeholder can be "
		   "split, and its pieces replaced, with no moment at which they are free. So "
		   "two views of one section come to lie side by side: what passes the end of "
		   "the first goes on at the beginning.");
	expect_true(CALL(ring_create(&ring, 65536)));
	expect_view(ring.base);
	expect_view(ring.base + RING_BYTES);
	fill_up();
	expect_true(CALL(ring_put(&ring, "in one piece", 13)));
	screen_answer("\"%s\" lies across the end", ring_first(&ring));
	check(!strcmp(ring_first(&ring), "in one piece"), "the text lies in one piece");
	check(!strcmp(ring.base, "iece"), "its tail is at the beginning");
	expect_true(CALL(ring_destroy(&ring)));
	expect_free(ring.base);
}
