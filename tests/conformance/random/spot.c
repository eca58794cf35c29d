// SPDX-License-Identifier: GPL-2.0
#include "spot.h"

#define EXECUTABLE (EXECUTE | EXECUTE_READ | EXECUTE_READWRITE | EXECUTE_WRITECOPY)

static bool allocation_is(const struct model_allocation *allocation, enum spot_kind kind)
{
	switch (kind) {
	case SPOT_PLACEHOLDER:
		return allocation->kind == KIND_PLACEHOLDER;
	case SPOT_AWE:
		return allocation->kind == KIND_AWE;
	case SPOT_REPLACED:
		return allocation->replaced;
	case SPOT_VIEW:
	case SPOT_VIEW_RESERVED:
	case SPOT_VIEW_COPYING:
	case SPOT_VIEW_COPIED:
	case SPOT_VIEW_LOCKED:
		return allocation->kind == KIND_VIEW;
	case SPOT_WATCHED:
	case SPOT_WRITTEN:
	case SPOT_LATCHED:
		return allocation->watch;
	default:
		return allocation->kind != KIND_PLACEHOLDER || kind == SPOT_ANY;
	}
}

static bool page_is(const struct model_page *page, enum spot_kind kind)
{
	switch (kind) {
	case SPOT_RESERVED:
	case SPOT_VIEW_RESERVED:
		return !model_committed(page);
	case SPOT_COMMITTED:
		return model_committed(page);
	case SPOT_GUARD:
		return model_committed(page) && page->protect & GUARD;
	case SPOT_CODE:
		return model_committed(page) && page->protect & EXECUTABLE;
	case SPOT_READONLY:
		return model_committed(page) && page->protect == READONLY;
	case SPOT_NOACCESS:
		return model_committed(page) && page->protect == NOACCESS;
	case SPOT_WRITTEN:
		return model_committed(page) && page->written && page->protect == READWRITE;
	case SPOT_WRITABLE:
		return model_committed(page) && page->protect == READWRITE;
	case SPOT_LATCHED:
		return page->latched;
	case SPOT_OFFERED:
		return page->offered;
	case SPOT_LOCKED:
	case SPOT_VIEW_LOCKED:
		return page->locked;
	case SPOT_VIEW_COPYING:
		return model_committed(page) && model_protection_copies(page->protect);
	case SPOT_VIEW_COPIED:
		return !page->shared;
	default:
		return true;
	}
}

/* Scripts can name it, and it is not one of the arena's fences. */
static bool nameable(const struct generator *generator, const struct model_allocation *allocation)
{
	uint64_t base = allocation->base;

	if (base == MODEL_ARENA_BASE - MODEL_FENCE_BYTES ||
	    base == MODEL_ARENA_BASE + MODEL_ARENA_BYTES)
		return false;
	return *model_name(generator->script, base) != '?';
}

static struct spot anywhere(struct generator *generator)
{
	uint64_t offset = draw_below(&generator->draw, MODEL_ARENA_BYTES / PAGE_BYTES) * PAGE_BYTES;

	return (struct spot){ MODEL_ARENA_BASE + offset, MODEL_ARENA_BYTES - offset, NULL };
}

static uint64_t count_pages(const struct model_allocation *allocation, enum spot_kind kind)
{
	uint64_t count = 0;

	for (uint64_t i = 0; i < allocation->pages; i++)
		count += page_is(&allocation->page[i], kind);
	return count;
}

static bool has_page(const struct model_allocation *allocation, enum spot_kind kind)
{
	for (uint64_t i = 0; i < allocation->pages; i++)
		if (page_is(&allocation->page[i], kind))
			return true;
	return false;
}

/* From the page of the kind that has @before such pages before it, as far as the kind goes. */
static struct spot run_from(const struct model_allocation *allocation, uint64_t before,
			    enum spot_kind kind)
{
	uint64_t index = 0, end;

	while (!page_is(&allocation->page[index], kind) || before--)
		index++;
	for (end = index; end < allocation->pages; end++)
		if (!page_is(&allocation->page[end], kind))
			break;
	return (struct spot){ allocation->base + index * PAGE_BYTES, (end - index) * PAGE_BYTES,
			      allocation };
}

/* Each allocation that has such a page is as likely as any other, and each of its pages. */
struct spot spot_draw(struct generator *generator, enum spot_kind kind)
{
	const struct model_allocation *allocation, *chosen = NULL;
	uint64_t count = 0;

	if (draw_percent(&generator->draw, 5))
		return anywhere(generator);
	for (allocation = generator->script->space_now->first; allocation;
	     allocation = allocation->next)
		if (allocation_is(allocation, kind) && has_page(allocation, kind) &&
		    nameable(generator, allocation) && !draw_below(&generator->draw, ++count))
			chosen = allocation;
	if (!chosen)
		return anywhere(generator);
	return run_from(chosen, draw_below(&generator->draw, count_pages(chosen, kind)), kind);
}

struct spot spot_draw_whole(struct generator *generator, enum spot_kind kind)
{
	struct spot spot = spot_draw(generator, kind);

	if (spot.allocation) {
		spot.address = spot.allocation->base;
		spot.bytes = spot.allocation->pages * PAGE_BYTES;
	}
	return spot;
}

struct spot spot_draw_largest(struct generator *generator)
{
	const struct model_allocation *allocation;
	struct spot largest = anywhere(generator);

	largest.bytes = 0;
	for (allocation = generator->script->space_now->first; allocation;
	     allocation = allocation->next) {
		struct spot spot;

		if (!has_page(allocation, SPOT_COMMITTED) || !nameable(generator, allocation))
			continue;
		spot = run_from(allocation, 0, SPOT_COMMITTED);
		if (spot.bytes > largest.bytes)
			largest = spot;
	}
	return largest;
}

/* Right behind an allocation, if the next 64 KB boundary is. */
static uint64_t behind(struct generator *generator)
{
	struct spot spot = spot_draw_whole(generator, SPOT_ANY);
	uint64_t end = spot.address + spot.bytes;

	return (end + GRANULE_BYTES - 1) & ~(GRANULE_BYTES - 1);
}

uint64_t spot_draw_free(struct generator *generator, uint64_t bytes)
{
	uint64_t base = behind(generator);

	for (int tries = 0; tries < 12; tries++) {
		if (base >= MODEL_ARENA_BASE && bytes <= MODEL_ARENA_BYTES &&
		    base - MODEL_ARENA_BASE <= MODEL_ARENA_BYTES - bytes &&
		    model_is_free(generator->script->space_now, base, base + bytes))
			break;
		base = MODEL_ARENA_BASE +
		       draw_below(&generator->draw, MODEL_ARENA_BYTES / GRANULE_BYTES) *
			       GRANULE_BYTES;
	}
	return base;
}

uint64_t spot_shift(struct generator *generator, uint64_t value)
{
	static const int64_t shifts[] = { 1,	  8,	  0x7ff, 0x800,	 0xfff,
					  0x1000, 0x1001, -1,	 -0x7ff, -0x1000 };

	return draw_percent(&generator->draw, 12) ?
		       value + (uint64_t)DRAW_FROM(&generator->draw, shifts) :
		       value;
}

uint64_t spot_draw_bytes(struct generator *generator, const struct spot *spot)
{
	struct draw *draw = &generator->draw;
	uint64_t pages = spot->bytes / PAGE_BYTES;
	uint64_t bytes;

	switch (draw_below(draw, 12)) {
	case 0:
		return spot->bytes;
	case 1:
		return spot->bytes + PAGE_BYTES;
	case 2:
		return 1 + draw_below(draw, 0x2000);
	case 3:
		bytes = (1 + draw_below(draw, 24)) * PAGE_BYTES;
		break;
	default:
		bytes = (1 + draw_below(draw, pages < 24 ? pages : 24)) * PAGE_BYTES;
		break;
	}
	bytes = spot_shift(generator, bytes);
	return bytes < 0x100000 ? bytes : PAGE_BYTES;
}
