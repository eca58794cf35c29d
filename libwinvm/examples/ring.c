// SPDX-License-Identifier: MIT
/*
 * A ring buffer by two views of one section: see ring.h.
 *
 *	cc ring.c $(pkg-config --cflags --libs libwinvm) -o ring && ./ring 1000
 */
#include <stdio.h>
#include <stdlib.h>

#include "region.h"
#include "ring.h"

#define RING_BYTES ((SIZE_T)4096)

static int fail(const char *what)
{
	fprintf(stderr, "ring: %s: error %u\n", what, GetLastError());
	return 1;
}

static void print_memory(const struct ring *ring)
{
	const char *at = ring->base, *end = ring->base + 2 * ring->bytes;
	MEMORY_BASIC_INFORMATION info;

	for (; at < end && VirtualQuery(at, &info, sizeof(info)); at += info.RegionSize)
		printf("%p  %10s  %-9s  %s\n", (const void *)at, region_size(info.RegionSize).text,
		       region_state(info.State), region_type(info.Type));
}

/* Does the ring begin with this line? It lies there in one piece, also across the end. */
static bool is_first(const struct ring *ring, unsigned int number, SIZE_T *bytes)
{
	char line[64];

	*bytes = (SIZE_T)snprintf(line, sizeof(line), "This is line %u.\n", number);
	return ring_used(ring) >= *bytes && !memcmp(ring_first(ring), line, *bytes);
}

/* Lines go in until there is no room, and come out again. */
static unsigned int pass(struct ring *ring, unsigned int lines, unsigned int *across)
{
	unsigned int in = 0, out = 0;
	SIZE_T bytes;
	char line[64];

	while (out < lines) {
		bytes = (SIZE_T)snprintf(line, sizeof(line), "This is line %u.\n", in);
		if (in < lines && ring_put(ring, line, bytes)) {
			in++;
			continue;
		}
		if (!is_first(ring, out, &bytes))
			break;
		*across += ring_first(ring) + bytes > ring->base + ring->bytes;
		ring_drop(ring, bytes);
		out++;
	}
	return out;
}

int main(int argc, char **argv)
{
	unsigned int lines = argc > 1 ? (unsigned int)strtoul(argv[1], NULL, 10) : 1000;
	unsigned int out, across = 0;
	struct ring ring;

	if (!ring_create(&ring, RING_BYTES))
		return fail("create");
	print_memory(&ring);
	out = pass(&ring, lines, &across);
	printf("%u lines went through, of which %u lay across the end\n", out, across);
	if (out != lines)
		return 1;
	return ring_destroy(&ring) ? 0 : fail("destroy");
}
