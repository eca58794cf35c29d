// SPDX-License-Identifier: GPL-2.0
/* Lines that touch memory by an instruction. */
#include <inttypes.h>

#include "line.h"
#include "spot.h"

#define SWEEP_BYTES (24 * PAGE_BYTES)

void touch_byte(struct generator *generator, char *line)
{
	static const enum spot_kind kinds[] = { SPOT_COMMITTED, SPOT_COMMITTED, SPOT_GUARD,
						SPOT_GUARD,	SPOT_WATCHED,	SPOT_CODE,
						SPOT_ANY };
	struct draw *draw = &generator->draw;
	struct spot spot = spot_draw(generator, DRAW_FROM(draw, kinds));
	const char *where = line_name(generator, spot.address + draw_below(draw, 2) * 0x7f8);

	switch (draw_below(draw, 5)) {
	case 0:
	case 1:
		line_put(line, "rd %s", where);
		break;
	case 2:
		line_put(line, "ex %s", where);
		break;
	default:
		line_put(line, "wr %s %#x", where,
			 draw_percent(draw, 50) ? 0xc3u : (unsigned int)draw_below(draw, 256));
		break;
	}
}

/* A RET to be called. */
void touch_code(struct generator *generator, char *line)
{
	struct spot spot = spot_draw(generator, SPOT_CODE);
	const char *where = line_name(generator, spot.address);

	if (draw_percent(&generator->draw, 50))
		line_put(line, "fill %s %#" PRIx64 " 0xc3", where, spot.bytes % SWEEP_BYTES);
	else
		line_put(line, "ex %s", where);
}

void touch_sweep(struct generator *generator, char *line)
{
	static const enum spot_kind kinds[] = { SPOT_COMMITTED, SPOT_COMMITTED, SPOT_GUARD,
						SPOT_WATCHED, SPOT_ANY };
	struct draw *draw = &generator->draw;
	struct spot spot = spot_draw(generator, DRAW_FROM(draw, kinds));
	const char *where = line_name(generator, spot_shift(generator, spot.address));
	uint64_t bytes = spot_draw_bytes(generator, &spot) % SWEEP_BYTES;

	if (draw_percent(draw, 50))
		line_put(line, "sum %s %#" PRIx64, where, bytes);
	else
		line_put(line, "fill %s %#" PRIx64 " %#x", where, bytes,
			 1 + (unsigned int)draw_below(draw, 255));
}
