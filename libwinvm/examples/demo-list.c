// SPDX-License-Identifier: MIT
/* The linked list of the article: list.h. */
#include <stdio.h>

#include "demo.h"
#include "list.h"
#include "region.h"

#define LIST_BYTES ((SIZE_T)65536)
#define NODES	   200

static struct list list;

static bool append_many(unsigned int first, unsigned int last)
{
	unsigned int number;
	char name[32];

	for (number = first; number <= last; number++) {
		snprintf(name, sizeof(name), "node %u", number);
		if (!list_append(&list, number, name))
			return false;
	}
	return true;
}

static unsigned int count_nodes(void)
{
	const struct list_node *node;
	unsigned int count = 0;

	for (node = list.first; node && node->number == count + 1; node = node->next)
		count++;
	return count;
}

static SIZE_T pages(SIZE_T bytes)
{
	return (bytes + PAGE - 1) / PAGE;
}

void step_list(void)
{
	screen_say("A list whose nodes lie side by side in reserved memory. Each new node "
		   "commits the range it will lie in. Most of the time that page is committed "
		   "already: then the call succeeds, and the page keeps what it holds. So "
		   "nobody has to keep a record of pages.");
	expect_true(CALL(list_create(&list, 65536)));
	memory_add("list", list.base, LIST_BYTES);
	expect_reserved(list.base, LIST_BYTES);

	expect_true(CALL(append_many(1, 200)));
	screen_answer("%u nodes of %zu bytes: %s bytes in %zu pages", count_nodes(),
		      sizeof(struct list_node), region_number(list.used_bytes).text,
		      pages(list.used_bytes));
	check(count_nodes() == NODES, "the list has all its nodes, in order");
	expect_committed(list.base, pages(list.used_bytes) * PAGE, PAGE_READWRITE);
	expect_reserved(list.base + pages(list.used_bytes) * PAGE,
			LIST_BYTES - pages(list.used_bytes) * PAGE);
}
