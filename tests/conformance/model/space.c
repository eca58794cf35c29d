// SPDX-License-Identifier: GPL-2.0
#include "space.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *must_allocate(uint64_t count, uint64_t bytes)
{
	void *memory = calloc(count, bytes);

	if (!memory) {
		perror("model");
		exit(3);
	}
	return memory;
}

uint64_t model_end(const struct model_allocation *allocation)
{
	return allocation->base + allocation->pages * PAGE_BYTES;
}

struct model_allocation *model_find(const struct model_space *space, uint64_t address)
{
	struct model_allocation *allocation;

	for (allocation = space->first; allocation; allocation = allocation->next)
		if (address >= allocation->base && address < model_end(allocation))
			return allocation;
	return NULL;
}

struct model_page *model_page_at(const struct model_space *space, uint64_t address)
{
	struct model_allocation *allocation = model_find(space, address);

	return allocation ? &allocation->page[(address - allocation->base) / PAGE_BYTES] : NULL;
}

bool model_is_free(const struct model_space *space, uint64_t base, uint64_t end)
{
	const struct model_allocation *allocation;

	for (allocation = space->first; allocation; allocation = allocation->next)
		if (allocation->base < end && base < model_end(allocation))
			return false;
	return true;
}

uint64_t model_lowest_fit(const struct model_space *space, const struct model_place *place)
{
	const struct model_allocation *allocation = space->first;
	uint64_t mask = place->alignment - 1;
	uint64_t base = (place->lowest + mask) & ~mask;

	while (place->bytes <= place->highest && base <= place->highest - place->bytes + 1) {
		while (allocation && model_end(allocation) <= base)
			allocation = allocation->next;
		if (!allocation || base + place->bytes <= allocation->base)
			return base;
		base = (model_end(allocation) + mask) & ~mask;
	}
	return 0;
}

struct model_allocation *model_insert(struct model_space *space, uint64_t base, uint64_t pages)
{
	struct model_allocation *allocation = must_allocate(1, sizeof(*allocation));
	struct model_allocation **link = &space->first;

	while (*link && (*link)->base < base)
		link = &(*link)->next;
	allocation->next = *link;
	allocation->base = base;
	allocation->pages = pages;
	allocation->page = must_allocate(pages, sizeof(*allocation->page));
	*link = allocation;
	return allocation;
}

void model_content_clear(struct model_content *content)
{
	free(content->kept);
	free(content->lost);
	*content = (struct model_content){ .committed = content->committed };
}

void model_page_undo(struct model_page *page)
{
	struct model_content *content = model_content(page);

	if (!content->reset)
		return;
	free(content->lost);
	content->lost = NULL;
	content->faded = content->reset = false;
}

void model_page_decommit(struct model_page *page)
{
	bool latched = page->latched;

	model_content_clear(&page->own);
	*page = (struct model_page){ .written = latched, .latched = latched };
}

/* WS-12; VL-12, VL-13: a locked page is there. While nobody may read it the rules do not say. */
void model_page_protect(struct model_page *page, uint32_t protect)
{
	bool copied = !page->shared;

	page->protect = protect & (0xff | GUARD); /* PR-6, PR-8 */
	if (copied && model_protection_copies(protect))
		page->protect ^= protect & WRITECOPY ? WRITECOPY | READWRITE :
						       EXECUTE_WRITECOPY | EXECUTE_READWRITE;
	if (page->protect == NOACCESS || page->protect & GUARD)
		page->presence = page->locked ? PRESENCE_OPEN : PRESENCE_OUT;
	else if (page->locked)
		page->presence = PRESENCE_IN;
}

struct model_allocation *model_split(struct model_allocation *allocation, uint64_t address)
{
	uint64_t head = (address - allocation->base) / PAGE_BYTES;
	struct model_allocation *tail = must_allocate(1, sizeof(*tail));

	*tail = *allocation;
	tail->base = address;
	tail->pages = allocation->pages - head;
	tail->page = must_allocate(tail->pages, sizeof(*tail->page));
	memcpy(tail->page, allocation->page + head, tail->pages * sizeof(*tail->page));
	allocation->pages = head;
	allocation->next = tail;
	return tail;
}

static void remove_whole(struct model_space *space, struct model_allocation *allocation)
{
	struct model_allocation **link = &space->first;

	while (*link != allocation)
		link = &(*link)->next;
	*link = allocation->next;
	for (uint64_t i = 0; i < allocation->pages; i++)
		model_page_decommit(&allocation->page[i]);
	model_section_put(allocation->section);
	free(allocation->page);
	free(allocation);
}

void model_cut(struct model_space *space, struct model_allocation *allocation, uint64_t base,
	       uint64_t end)
{
	if (end < model_end(allocation))
		model_split(allocation, end);
	if (base > allocation->base)
		allocation = model_split(allocation, base);
	remove_whole(space, allocation);
}

static bool executable(uint32_t protect)
{
	return protect & (EXECUTE | EXECUTE_READ | EXECUTE_READWRITE | EXECUTE_WRITECOPY);
}

void model_trim_code(struct model_space *space, uint64_t start, uint64_t end, uint32_t protect)
{
	bool trims = false;

	for (uint64_t at = start; at < end; at += PAGE_BYTES) {
		const struct model_page *page = model_page_at(space, at);

		trims |= !model_committed(page) || executable(page->protect) != executable(protect);
	}
	for (; trims && start < end; start += PAGE_BYTES) {
		struct model_page *page = model_page_at(space, start);

		if (page->presence == PRESENCE_IN)
			page->presence = PRESENCE_OPEN;
	}
}

void model_space_empty(struct model_space *space)
{
	while (space->first)
		remove_whole(space, space->first);
}

uint32_t model_shown(const struct model_allocation *allocation, const struct model_page *page)
{
	if (page->protect & GUARD || page->protect == NOACCESS)
		return page->protect;
	return page->protect | (allocation->protect & (NOCACHE | WRITECOMBINE));
}

/* CC-2, CC-6. CC-4, VP-21: pages of a view that are copied, or will be when they are written. */
static bool charged(const struct model_allocation *allocation, const struct model_page *page)
{
	if (allocation->kind != KIND_VIEW)
		return model_committed(page);
	return model_protection_copies(allocation->protect) || !page->shared ||
	       model_protection_copies(page->protect);
}

struct model_charge model_charge(const struct model_space *space)
{
	const struct model_allocation *allocation;
	struct model_charge charge = { 0 };

	for (allocation = space->first; allocation; allocation = allocation->next) {
		charge.vads++;
		charge.virtual_bytes += allocation->pages * PAGE_BYTES;
		for (uint64_t i = 0; i < allocation->pages; i++)
			if (charged(allocation, &allocation->page[i]))
				charge.commit_bytes += PAGE_BYTES;
	}
	return charge;
}
