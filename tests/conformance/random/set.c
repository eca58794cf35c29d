// SPDX-License-Identifier: GPL-2.0
/* Lines on the working set, on what is offered, on locks and marks, and on copies. */
#include <inttypes.h>
#include <string.h>

#include "line.h"
#include "spot.h"

#define MOST_PAGES 24

static const enum spot_kind any_page[] = { SPOT_COMMITTED, SPOT_COMMITTED, SPOT_COMMITTED,
					   SPOT_LOCKED,	   SPOT_LOCKED,	   SPOT_OFFERED,
					   SPOT_WRITTEN,   SPOT_GUARD,	   SPOT_READONLY,
					   SPOT_NOACCESS,  SPOT_CODE,	   SPOT_ANY };

/* Whole pages from @spot on, mostly as far as the kind goes or less. */
static uint64_t whole_pages(struct draw *draw, const struct spot *spot)
{
	uint64_t pages = spot->bytes / PAGE_BYTES;

	if (pages > MOST_PAGES)
		pages = MOST_PAGES;
	if (!pages || draw_percent(draw, 8))
		return 1 + draw_below(draw, MOST_PAGES);
	return 1 + draw_below(draw, pages);
}

/* What these calls take has no odd bytes (OF-1), but now and then. */
static void put_range(struct generator *generator, char *line, const char *call, struct spot spot)
{
	struct draw *draw = &generator->draw;
	uint64_t bytes = whole_pages(draw, &spot) * PAGE_BYTES;
	bool odd = draw_percent(draw, 6);

	line_put(line, "%s %s %#" PRIx64, call,
		 odd ? line_address(generator, spot.address) : line_name(generator, spot.address),
		 odd ? line_size(generator, spot_shift(generator, bytes)) : bytes);
}

void set_offer(struct generator *generator, char *line)
{
	static const enum spot_kind kinds[] = { SPOT_COMMITTED, SPOT_COMMITTED, SPOT_LOCKED,
						SPOT_LOCKED,	SPOT_WRITTEN,	SPOT_WRITTEN,
						SPOT_READONLY,	SPOT_GUARD,	SPOT_CODE,
						SPOT_NOACCESS,	SPOT_OFFERED,	SPOT_ANY };
	static const int priorities[] = { 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 0, 5 };
	struct draw *draw = &generator->draw;
	char range[GENERATE_LINE];

	put_range(generator, range, "offer", spot_draw(generator, DRAW_FROM(draw, kinds)));
	line_put(line, "%.140s %d", range, DRAW_FROM(draw, priorities));
}

void set_reclaim(struct generator *generator, char *line)
{
	static const enum spot_kind kinds[] = { SPOT_OFFERED, SPOT_OFFERED, SPOT_OFFERED,
						SPOT_OFFERED, SPOT_OFFERED, SPOT_COMMITTED,
						SPOT_ANY };

	put_range(generator, line, "reclaim",
		  spot_draw(generator, DRAW_FROM(&generator->draw, kinds)));
}

void set_discard(struct generator *generator, char *line)
{
	static const enum spot_kind kinds[] = { SPOT_WRITTEN,  SPOT_WRITTEN, SPOT_WRITTEN,
						SPOT_WRITABLE, SPOT_LOCKED,  SPOT_WRITABLE,
						SPOT_WRITABLE, SPOT_OFFERED, SPOT_COMMITTED,
						SPOT_READONLY, SPOT_ANY };

	put_range(generator, line, "discard",
		  spot_draw(generator, DRAW_FROM(&generator->draw, kinds)));
}

/* What is done to offered pages by the calls that know nothing of them. */
void set_offered(struct generator *generator, char *line)
{
	static const char *const calls[] = { "rd",   "sum", "nlock", "prot", "prot", "rpm",
					     "wsex", "kwr", "wpm",   "fill", "free", "alloc" };
	struct draw *draw = &generator->draw;
	struct spot spot = spot_draw(generator, SPOT_OFFERED);
	const char *call = DRAW_FROM(draw, calls);
	const char *where = line_name(generator, spot.address);
	uint64_t bytes = whole_pages(draw, &spot) * PAGE_BYTES;

	switch (*call) {
	case 'r':
		if (call[1] == 'd')
			line_put(line, "rd %s", where);
		else
			line_put(line, "rpm %s %#" PRIx64, where, bytes);
		break;
	case 's':
		line_put(line, "sum %s %#" PRIx64, where, bytes);
		break;
	case 'n':
		line_put(line, "nlock %s %#" PRIx64 " 1", where, bytes);
		break;
	case 'p':
		line_put(line, "prot %s %#" PRIx64 " %#" PRIx32, where, bytes,
			 line_protection(generator));
		break;
	case 'a':
		line_put(line, "alloc %d %s %#" PRIx64 " 0x1000 %#" PRIx32, LINE_OTHER_SLOT, where,
			 bytes, line_protection(generator));
		break;
	case 'f':
		if (call[1] == 'i')
			line_put(line, "fill %s %#" PRIx64 " 0xa5", where, bytes);
		else
			line_put(line, "free %s %#" PRIx64 " 0x4000", where, bytes);
		break;
	case 'w':
		if (call[1] == 's')
			line_put(line, "wsex %s %" PRIu64, where, bytes / PAGE_BYTES);
		else
			line_put(line, "wpm %s %#" PRIx64 " 0x3c", where, bytes);
		break;
	default:
		line_put(line, "kwr %s %#" PRIx64 " 0x3d", where, bytes);
	}
}

void set_query(struct generator *generator, char *line)
{
	struct draw *draw = &generator->draw;
	struct spot spot = spot_draw(generator, DRAW_FROM(draw, any_page));

	line_put(line, "%s %s %" PRIu64, draw_percent(draw, 85) ? "wsex" : "wsx",
		 line_name(generator, spot_shift(generator, spot.address)),
		 whole_pages(draw, &spot) + draw_below(draw, 3));
}

/* Enough for more locks, or hardly any. */
void set_limits(struct generator *generator, char *line)
{
	static const uint64_t minima[] = { 1, 19, 20, 21, 24, 30, 40, 49, 50, 51, 58, 80, 100 };
	static const uint64_t maxima[] = { 0, 0, 0, 1, 40, 345, 345, 345 };
	static const uint32_t flags[] = { 0, 0, 1, 2, 4, 8, 5, 6, 9, 0xa, 3, 0xc, 0xf, 0x10 };
	struct draw *draw = &generator->draw;
	uint64_t minimum = DRAW_FROM(draw, minima), maximum = minimum + DRAW_FROM(draw, maxima);

	if (maximum < 20 && draw_percent(draw, 70))
		maximum = 20;
	if (draw_percent(draw, 5))
		minimum = 0;
	if (draw_percent(draw, 5))
		maximum = draw_below(draw, 3) * 10;
	if (draw_percent(draw, 8))
		line_put(line, "wsset 0xffffffffffffffff 0xffffffffffffffff");
	else if (draw_percent(draw, 60))
		line_put(line, "wsset %#" PRIx64 " %#" PRIx64, minimum * PAGE_BYTES,
			 maximum * PAGE_BYTES);
	else
		line_put(line, "wsset %#" PRIx64 " %#" PRIx64 " %#" PRIx32, minimum * PAGE_BYTES,
			 maximum * PAGE_BYTES, DRAW_FROM(draw, flags));
}

void set_get_or_empty(struct generator *generator, char *line)
{
	line_put(line, draw_percent(&generator->draw, 40) ? "wsget" : "wsempty");
}

void set_prefetch(struct generator *generator, char *line)
{
	struct draw *draw = &generator->draw;
	struct spot one = spot_draw(generator, DRAW_FROM(draw, any_page));
	struct spot other = spot_draw(generator, SPOT_ANY);
	int count = draw_percent(draw, 92) ? 1 + (int)draw_below(draw, 2) : 0;

	line_put(line, "prefetch %d %d %s %#" PRIx64 " %s %#" PRIx64, count,
		 draw_percent(draw, 95) ? 0 : 1,
		 line_name(generator, spot_shift(generator, one.address)),
		 draw_percent(draw, 96) ?
			 spot_shift(generator, whole_pages(draw, &one) * PAGE_BYTES) :
			 0,
		 draw_percent(draw, 95) ? line_name(generator, other.address) : "null",
		 draw_percent(draw, 96) ? whole_pages(draw, &other) * PAGE_BYTES : 0);
}

/* About as many pages as may be locked yet (VL-10), in whatever allocations they lie. */
static uint64_t pages_to_lock(const struct generator *generator, struct draw *draw)
{
	const struct model_space *space = generator->script->space_now;
	uint64_t locked = model_count_locked(space, 0, END_ADDRESS);
	uint64_t quota = model_lock_quota(space);

	return (quota > locked ? quota - locked : 0) + draw_below(draw, 3);
}

void set_lock(struct generator *generator, char *line)
{
	struct draw *draw = &generator->draw;
	uint64_t pages = pages_to_lock(generator, draw);
	struct spot spot = draw_percent(draw, 60) ? spot_draw_largest(generator) :
						    spot_draw(generator, DRAW_FROM(draw, any_page));

	if (draw_percent(draw, 70) && pages > spot.bytes / PAGE_BYTES)
		pages = spot.bytes / PAGE_BYTES;
	if (draw_percent(draw, 10))
		spot.address += draw_below(draw, 4) * PAGE_BYTES;
	line_put(line, "nlock %s %#" PRIx64 " 1", line_name(generator, spot.address),
		 pages * PAGE_BYTES);
}

/* The trim trick on pages that are not locked, and unlocking those that are (VL-14 to VL-16). */
void set_unlock(struct generator *generator, char *line)
{
	struct draw *draw = &generator->draw;
	struct spot spot = spot_draw(generator, draw_percent(draw, 50) ? SPOT_LOCKED :
									 DRAW_FROM(draw, any_page));

	put_range(generator, line, draw_percent(draw, 50) ? "unlock" : "nunlock", spot);
	if (*line == 'n')
		line_put(line + strlen(line), " 1");
}

static void put_copy(struct generator *generator, char *line, const char *call, struct spot spot)
{
	struct draw *draw = &generator->draw;
	uint64_t bytes = (1 + draw_below(draw, 6)) * PAGE_BYTES;
	uint64_t address = spot.address;
	bool beyond = draw_percent(draw, 30);

	/* Into what lies behind, too. */
	if (beyond && spot.bytes < MOST_PAGES * PAGE_BYTES)
		address += spot.bytes - PAGE_BYTES;
	else if (bytes > spot.bytes)
		bytes = spot.bytes;
	if (draw_percent(draw, 50))
		bytes -= draw_below(draw, PAGE_BYTES);
	if (draw_percent(draw, 40))
		address +=
			draw_below(draw, beyond ? PAGE_BYTES : 1 + PAGE_BYTES - bytes % PAGE_BYTES);
	if (draw_percent(draw, 3))
		bytes = 0;
	line_put(line, "%s %s %#" PRIx64, call,
		 draw_percent(draw, 96) ? line_name(generator, address) :
					  line_address(generator, address),
		 bytes);
}

void set_read(struct generator *generator, char *line)
{
	put_copy(generator, line, "rpm",
		 spot_draw(generator, DRAW_FROM(&generator->draw, any_page)));
}

void set_write(struct generator *generator, char *line)
{
	struct draw *draw = &generator->draw;
	char range[GENERATE_LINE];

	put_copy(generator, range, draw_percent(draw, 55) ? "wpm" : "kwr",
		 spot_draw(generator,
			   draw_percent(draw, 35) ? SPOT_WATCHED : DRAW_FROM(draw, any_page)));
	line_put(line, "%.140s %#x", range, (unsigned int)draw_below(draw, 256));
}

/* WW-13: what was marked, protected and decommitted; and what comes of it. */
void set_latch(struct generator *generator, char *line)
{
	struct draw *draw = &generator->draw;
	unsigned int what = (unsigned int)draw_below(draw, 8);
	struct spot spot = spot_draw(generator, what < 2 ? SPOT_WRITTEN : SPOT_LATCHED);
	const char *where = line_name(generator, spot.address);
	uint64_t bytes = whole_pages(draw, &spot) * PAGE_BYTES;

	switch (what) {
	case 0:
	case 1:
		line_put(line, "prot %s %#" PRIx64 " 0x4", where, bytes);
		break;
	case 2:
	case 3:
	case 4:
		line_put(line, "free %s %#" PRIx64 " 0x4000", where, bytes);
		break;
	case 5:
		line_put(line, "alloc %d %s %#" PRIx64 " 0x1000 %#" PRIx32, LINE_OTHER_SLOT, where,
			 bytes, line_protection(generator));
		break;
	default:
		line_put(line, "ww %s %#" PRIx64 " %d %d", where, bytes, draw_percent(draw, 40),
			 1 + (int)draw_below(draw, 8));
	}
}
