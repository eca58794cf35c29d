// SPDX-License-Identifier: GPL-2.0
/* Lines on VirtualAlloc2 and placeholders. */
#include <inttypes.h>

#include "line.h"
#include "spot.h"

void placeholder_create(struct generator *generator, char *line)
{
	static const uint64_t granules[] = { 1, 2, 2, 4, 8 };
	struct draw *draw = &generator->draw;
	uint64_t bytes = DRAW_FROM(draw, granules) * GRANULE_BYTES;
	uint64_t base = spot_draw_free(generator, bytes);
	uint32_t type = TYPE_RESERVE | TYPE_PLACEHOLDER;

	if (draw_percent(draw, 6))
		type ^= line_alloc_flag(generator);
	line_put(line, "alloc2 %d %s %#" PRIx64 " %#" PRIx32 " %#" PRIx32, LINE_OTHER_SLOT,
		 line_name(generator, base), bytes, type,
		 draw_percent(draw, 92) ? NOACCESS : line_protection(generator));
}

void placeholder_split(struct generator *generator, char *line)
{
	struct draw *draw = &generator->draw;
	struct spot spot = spot_draw(generator, SPOT_PLACEHOLDER);
	uint64_t bytes = spot_draw_bytes(generator, &spot);

	if (draw_percent(draw, 50) && spot.allocation) {
		spot.address = spot.allocation->base;
		bytes = (1 + draw_below(draw, spot.allocation->pages)) * PAGE_BYTES;
	}
	line_put(line, "%s %s %#" PRIx64 " 0x8002", draw_percent(draw, 50) ? "free" : "nfree",
		 line_address(generator, spot.address), line_size(generator, bytes));
}

/* A placeholder and those that follow it, mostly to the end of one. */
void placeholder_coalesce(struct generator *generator, char *line)
{
	struct draw *draw = &generator->draw;
	struct spot spot = spot_draw_whole(generator, SPOT_PLACEHOLDER);
	const struct model_allocation *next = spot.allocation;
	uint64_t bytes = spot.bytes;

	while (next && (next = next->next) && next->base == spot.address + bytes &&
	       next->kind == KIND_PLACEHOLDER && draw_percent(draw, 70))
		bytes += next->pages * PAGE_BYTES;
	line_put(line, "%s %s %#" PRIx64 " 0x8001", draw_percent(draw, 50) ? "free" : "nfree",
		 line_address(generator, spot.address),
		 line_size(generator, spot_shift(generator, bytes)));
}

void placeholder_replace(struct generator *generator, char *line)
{
	static const uint32_t odd[] = { TYPE_REPLACE, TYPE_REPLACE | TYPE_COMMIT,
					TYPE_RESERVE, TYPE_COMMIT,
					0x46000,      0x106000,
					0x404000 };
	static const uint32_t protections[] = { NOACCESS, READONLY, READWRITE | GUARD,
						EXECUTE_READ };
	struct draw *draw = &generator->draw;
	struct spot spot = spot_draw_whole(generator, SPOT_PLACEHOLDER);
	uint32_t type = TYPE_RESERVE | TYPE_REPLACE;

	if (draw_percent(draw, 70))
		type |= TYPE_COMMIT;
	if (draw_percent(draw, 30))
		type |= TYPE_WATCH;
	if (draw_percent(draw, 8))
		type = DRAW_FROM(draw, odd);
	line_put(line, "alloc2 %d %s %#" PRIx64 " %#" PRIx32 " %#" PRIx32, LINE_OTHER_SLOT,
		 line_address(generator, spot.address),
		 line_size(generator, spot_shift(generator, spot.bytes)), type,
		 draw_percent(draw, 40) ? DRAW_FROM(draw, protections) :
					  line_protection(generator));
}

void placeholder_unreplace(struct generator *generator, char *line)
{
	struct draw *draw = &generator->draw;
	struct spot spot =
		spot_draw_whole(generator, draw_percent(draw, 85) ? SPOT_REPLACED : SPOT_ANY);

	line_put(line, "%s %s %#" PRIx64 " 0x8002", draw_percent(draw, 50) ? "free" : "nfree",
		 line_address(generator, spot.address), line_size(generator, spot.bytes));
}

void placeholder_requirements(struct generator *generator, char *line)
{
	static const char *const lows[] = { "null",	  "null",	"0x10000000",
					    "0x10000001", "0x30000000", "0x7fffffff0000" };
	static const char *const highs[] = { "null",	   "0x7fffffff",     "0x1fffffff",
					     "0xffffffff", "0x20000fff",     "0x20000800",
					     "0x1000",	   "0x7ffffffeffff", "0x7fffffff0fff" };
	static const uint64_t alignments[] = { 0,	 0,	 0x10000, 0x40000,
					       0x200000, 0x1000, 0x8000,  0x30000 };
	struct draw *draw = &generator->draw;
	int slot = line_free_slot(generator);
	const char *where = draw_percent(draw, 90) ?
				    "null" :
				    line_name(generator, spot_draw_free(generator, 1));

	line_put(line, "alloc2r %d %s %#" PRIx64 " %#" PRIx32 " 0x4 %s %s %#" PRIx64,
		 slot < 0 ? LINE_OTHER_SLOT : slot, where,
		 line_size(generator, spot_shift(generator, line_reserve_bytes(draw))),
		 TYPE_RESERVE | (draw_percent(draw, 50) ? TYPE_COMMIT : 0u), DRAW_FROM(draw, lows),
		 DRAW_FROM(draw, highs), DRAW_FROM(draw, alignments));
}
