// SPDX-License-Identifier: MIT
/*
 * Changes. Regions split and join as parts of them change, so ranges are compared, not regions:
 * a page that is committed amid what is reserved is one change, of a page.
 */
#include <stdlib.h>
#include <string.h>

#include "change.h"
#include "text.h"

/**
 * struct search - of changes, upwards
 * @changes: found so far
 * @start: where both snapshots had a boundary last, or nothing
 * @first: the first change since then
 * @resident: how much more is in memory since then, but for what changes tell
 * @pieces: of regions since then
 */
struct search {
	struct changes *changes;
	uint64_t start;
	size_t first;
	int64_t resident;
	size_t pieces;
};

static const struct recorded_region nothing;

static bool same_name(const char *one, const char *other)
{
	return one == other || (one && other && !strcmp(one, other));
}

static bool alike(const struct recorded_region *one, const struct recorded_region *other)
{
	return one->state == other->state && one->type == other->type &&
	       one->protect == other->protect && one->allocation == other->allocation &&
	       same_name(one->backing, other->backing);
}

static int64_t committed_in(const struct recorded_region *region, uint64_t size)
{
	return region->state == MEM_COMMIT ? (int64_t)size : 0;
}

/* What of a part of a region is in memory: known if that is all of it, all, or nothing. */
static bool resident_in(const struct recorded_region *region, uint64_t size, int64_t *resident)
{
	*resident = (int64_t)(region->resident < size ? region->resident : size);
	return size == region->size || !region->resident || region->resident == region->size;
}

static struct change *append(struct changes *changes)
{
	if (changes->count == changes->room) {
		changes->room = changes->room ? 2 * changes->room : 64;
		changes->of = text_allocate(changes->of, changes->room, sizeof(*changes->of));
	}
	changes->of[changes->count] = (struct change){ 0 };
	return &changes->of[changes->count++];
}

/* What is alike and adjoins is one change, unless it is told of in parts. */
static bool joins(const struct search *search, const struct change *last,
		  const struct change *change)
{
	return search->changes->count > search->first && last->kind == change->kind &&
	       last->base + last->size == change->base && alike(&last->before, &change->before) &&
	       alike(&last->after, &change->after);
}

static void add(struct search *search, struct change change)
{
	struct changes *changes = search->changes;
	struct change *last = changes->count ? &changes->of[changes->count - 1] : NULL;

	if (!last || !joins(search, last, &change)) {
		search->resident -= change.resident;
		*append(changes) = change;
		return;
	}
	last->size += change.size;
	last->committed += change.committed;
	if (last->resident_known && change.resident_known) {
		search->resident -= change.resident;
		last->resident += change.resident;
	} else {
		search->resident += last->resident;
		last->resident = 0;
		last->resident_known = false;
	}
}

static void add_piece(struct search *search, uint64_t base, uint64_t size,
		      const struct recorded_region *before, const struct recorded_region *after)
{
	struct change change = {
		.kind = CHANGE_CHANGED,
		.base = base,
		.size = size,
		.before = *before,
		.after = *after,
		.committed = committed_in(after, size) - committed_in(before, size),
	};
	int64_t was, is;

	search->pieces++;
	if (alike(before, after))
		return;
	change.resident_known = resident_in(before, size, &was) && resident_in(after, size, &is);
	change.resident = change.resident_known ? is - was : 0;
	if (!before->state)
		change.kind = CHANGE_APPEARED;
	else if (!after->state)
		change.kind = CHANGE_GONE;
	add(search, change);
}

/*
 * Between two boundaries that both snapshots have, what is in memory is known exactly. Where
 * all of that is one change, it is part of it.
 */
static void close_group(struct search *search, uint64_t end, const struct recorded_region *before,
			const struct recorded_region *after)
{
	struct changes *changes = search->changes;
	struct change *only = changes->count == search->first + 1 ? &changes->of[search->first] :
								    NULL;

	if (only && !only->resident_known && only->base == search->start &&
	    only->base + only->size == end) {
		only->resident = search->resident;
		only->resident_known = true;
	} else if (search->resident) {
		*append(changes) = (struct change){
			.kind = CHANGE_RESIDENT,
			.base = search->start,
			.size = end - search->start,
			.before = *before,
			.after = *after,
			.resident = search->resident,
			.resident_known = true,
			.mixed = search->pieces > 1,
		};
	}
	search->first = changes->count;
	search->resident = 0;
	search->pieces = 0;
}

/* The region of a snapshot at an address; nothing. @end: up to where that is so. */
static const struct recorded_region *at(const struct snapshot *snapshot, size_t next,
					uint64_t address, uint64_t *end)
{
	const struct recorded_region *region;

	if (next == snapshot->count) {
		*end = UINT64_MAX;
		return &nothing;
	}
	region = &snapshot->regions[next];
	*end = region->base > address ? region->base : region->base + region->size;
	return region->base > address ? &nothing : region;
}

void changes_find(struct changes *changes, const struct snapshot *before,
		  const struct snapshot *after)
{
	struct search search = { .changes = changes, .first = changes->count };
	size_t old = 0, new = 0;
	uint64_t address = 0;

	while (old < before->count || new < after->count) {
		uint64_t old_end, new_end, end;
		const struct recorded_region *was = at(before, old, address, &old_end);
		const struct recorded_region *is = at(after, new, address, &new_end);

		end = old_end < new_end ? old_end : new_end;
		if (was->state || is->state)
			add_piece(&search, address, end - address, was, is);
		if (was->state && old_end == end) {
			search.resident -= (int64_t)was->resident;
			old++;
		}
		if (is->state && new_end == end) {
			search.resident += (int64_t)is->resident;
			new ++;
		}
		if ((old_end == end || !was->state) && (new_end == end || !is->state)) {
			if (search.pieces)
				close_group(&search, end, was, is);
			search.start = end;
		}
		address = end;
	}
}

void changes_free(struct changes *changes)
{
	free(changes->of);
	*changes = (struct changes){ 0 };
}

static uint64_t weight(const struct change *change)
{
	uint64_t committed = (uint64_t)llabs(change->committed);
	uint64_t resident = (uint64_t)llabs(change->resident);

	return committed > resident ? committed : resident;
}

static int more(uint64_t one, uint64_t other)
{
	return one > other ? -1 : one < other;
}

int change_compare(const void *one, const void *other)
{
	const struct change *a = one, *b = other;
	int order = more(weight(a), weight(b));

	if (!order)
		order = more(a->size, b->size);
	return order ? order : more(b->base, a->base);
}

void changes_sort(struct changes *changes)
{
	if (changes->count)
		qsort(changes->of, changes->count, sizeof(*changes->of), change_compare);
}

const char *change_word(enum change_kind kind)
{
	switch (kind) {
	case CHANGE_APPEARED:
		return "appeared";
	case CHANGE_GONE:
		return "gone";
	case CHANGE_CHANGED:
		return "changed";
	case CHANGE_RESIDENT:
		return "in memory";
	}
	return "?";
}

const char *change_side(const struct recorded_region *region, char *room, size_t bytes)
{
	char protect[64];

	if (!region->state)
		return "free";
	if (region->state == MEM_RESERVE)
		return "reserved";
	snprintf(room, bytes, "committed %s", recorded_protect(region, protect, sizeof(protect)));
	return room;
}

const char *change_backing(const struct change *change)
{
	return change->after.state ? change->after.backing : change->before.backing;
}

enum kind change_of_kind(const struct change *change)
{
	return recorded_kind(change->after.state ? &change->after : &change->before);
}

static void cell_side(struct cell *cell, const struct recorded_region *region)
{
	char room[80];
	const char *text = change_side(region, room, sizeof(room));

	if (text == room)
		cell_text(cell, room);
	else
		cell_word(cell, text, COLOUR_FAINT);
}

void change_cells(const struct change *change, struct cell *row)
{
	static const enum colour colours[] = { COLOUR_GOOD, COLOUR_BAD, COLOUR_WARN, COLOUR_NONE };
	const char *backing = change_backing(change);
	enum kind kind = change_of_kind(change);

	cell_number(&row[CHANGE_BASE], change->base);
	cell_number(&row[CHANGE_SIZE], change->size);
	cell_word(&row[CHANGE_WORD], change_word(change->kind), colours[change->kind]);
	cell_number(&row[CHANGE_MORE_COMMITTED], (uint64_t)change->committed);
	if (change->resident_known)
		cell_number(&row[CHANGE_MORE_RESIDENT], (uint64_t)change->resident);
	cell_word(&row[CHANGE_OF_KIND], kind_name(kind), kind_colour(kind));
	if (!change->mixed) {
		cell_side(&row[CHANGE_BEFORE], &change->before);
		cell_side(&row[CHANGE_AFTER], &change->after);
	}
	if (backing)
		cell_text(&row[CHANGE_BACKING], backing);
}
