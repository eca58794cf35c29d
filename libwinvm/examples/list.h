/* SPDX-License-Identifier: MIT */
/*
 * A linked list in reserved memory.
 *
 * All the addresses the list can ever need are reserved at the start, which
 * costs nothing; pages are committed as nodes are put into them. The nodes lie
 * one behind the other and never move, so that pointers to them stay good.
 *
 * Nobody keeps a record of which pages are committed. Each append commits the
 * range of the new node: where a page is committed already, the call succeeds
 * and the page keeps its contents (SPEC VA-42).
 */
#ifndef EXAMPLE_LIST_H
#define EXAMPLE_LIST_H

#include <stdbool.h>
#include <stdio.h>

#include <windows.h>

struct list_node {
	struct list_node *next;
	unsigned int number;
	char name[52];
};

/**
 * struct list - a list and the memory it lives in
 * @base: the reservation
 * @reserved_bytes: its length
 * @used_bytes: how much of it nodes take
 * @first: NULL if the list is empty
 * @last: where the next node is linked to
 */
struct list {
	char *base;
	SIZE_T reserved_bytes;
	SIZE_T used_bytes;
	struct list_node *first;
	struct list_node *last;
};

/* Room for @bytes of nodes; false, with GetLastError(), if there is none. */
static inline bool list_create(struct list *list, SIZE_T bytes)
{
	*list = (struct list){ .reserved_bytes = bytes };
	list->base = VirtualAlloc(NULL, bytes, MEM_RESERVE, PAGE_NOACCESS);
	return list->base;
}

/* Commit the memory of one more node. */
static inline struct list_node *list_new_node(struct list *list)
{
	char *place = list->base + list->used_bytes;

	if (list->reserved_bytes - list->used_bytes < sizeof(struct list_node)) {
		SetLastError(ERROR_NOT_ENOUGH_MEMORY);
		return NULL;
	}
	if (!VirtualAlloc(place, sizeof(struct list_node), MEM_COMMIT, PAGE_READWRITE))
		return NULL;
	list->used_bytes += sizeof(struct list_node);
	return (struct list_node *)place;
}

/* Put a node at the end; NULL, with GetLastError(), if there is no memory. */
static inline struct list_node *list_append(struct list *list, unsigned int number,
					    const char *name)
{
	struct list_node *node = list_new_node(list);

	if (!node)
		return NULL;
	node->number = number;
	snprintf(node->name, sizeof(node->name), "%s", name);
	if (list->last)
		list->last->next = node;
	else
		list->first = node;
	list->last = node;
	return node;
}

/* Forget the nodes and give back their memory, but not the addresses. */
static inline bool list_clear(struct list *list)
{
	list->first = NULL;
	list->last = NULL;
	list->used_bytes = 0;
	return VirtualFree(list->base, list->reserved_bytes, MEM_DECOMMIT);
}

static inline bool list_destroy(struct list *list)
{
	return VirtualFree(list->base, 0, MEM_RELEASE);
}

#endif /* EXAMPLE_LIST_H */
