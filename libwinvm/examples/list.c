// SPDX-License-Identifier: MIT
/*
 * A linked list in reserved memory, after Randy Kath (1993): see list.h.
 *
 *	cc list.c $(pkg-config --cflags --libs libwinvm) -o list && ./list 1000
 */
#include <stdlib.h>

#include "list.h"
#include "region.h"

#define LIST_BYTES ((SIZE_T)1 << 20)

static int fail(const char *what)
{
	fprintf(stderr, "list: %s: error %u\n", what, GetLastError());
	return 1;
}

/* The committed pages are the first region of the reservation. */
static SIZE_T committed_bytes(const struct list *list)
{
	MEMORY_BASIC_INFORMATION info;

	if (!VirtualQuery(list->base, &info, sizeof(info)) || info.State != MEM_COMMIT)
		return 0;
	return info.RegionSize;
}

static void print_memory(const struct list *list)
{
	printf("%10s of nodes, %10s committed, %s reserved\n", region_size(list->used_bytes).text,
	       region_size(committed_bytes(list)).text, region_size(list->reserved_bytes).text);
}

/* Tells each time that another page had to be committed. */
static bool grow(struct list *list, unsigned int nodes)
{
	unsigned int number;
	char name[32];

	for (number = 1; number <= nodes; number++) {
		SIZE_T before = committed_bytes(list);

		snprintf(name, sizeof(name), "node %u", number);
		if (!list_append(list, number, name))
			return false;
		if (committed_bytes(list) != before)
			print_memory(list);
	}
	return true;
}

static unsigned int count(const struct list *list)
{
	const struct list_node *node;
	unsigned int nodes = 0;

	for (node = list->first; node; node = node->next)
		if (node->number == nodes + 1)
			nodes++;
	return nodes;
}

int main(int argc, char **argv)
{
	unsigned int nodes = argc > 1 ? (unsigned int)strtoul(argv[1], NULL, 10) : 500;
	struct list list;

	if (!list_create(&list, LIST_BYTES))
		return fail("reserve");
	print_memory(&list);
	if (!grow(&list, nodes))
		return fail("append");
	printf("%u nodes, one after the other from %p on\n", count(&list), (void *)list.first);
	if (count(&list) != nodes)
		return 1;
	if (!list_clear(&list))
		return fail("decommit");
	print_memory(&list);
	return list_destroy(&list) ? 0 : fail("release");
}
