// SPDX-License-Identifier: GPL-2.0
#include "generate.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "line.h"
#include "spot.h"

#define FIRST_NODE 1 /* in a type: the node's number plus one (NU-1) */
#define NULL_SLOTS 12 /* the slots 0 to 11 hold what the system placed */

static const uint32_t good_protections[] = { NOACCESS, READONLY,     READWRITE,
					     EXECUTE,  EXECUTE_READ, EXECUTE_READWRITE };
static const uint32_t modifiers[] = { GUARD, GUARD, NOCACHE, WRITECOMBINE };
static const uint32_t bad_protections[] = { 0,		0x3,	   0x6,	   0x8,	       0xc,
					    0x80,	0x44,	   0xff,   0x101,      0x201,
					    0x401,	0x300,	   0x304,  0x604,      0x704,
					    0x804,	0x108,	   0x1004, 0x80000004, 0x40000004,
					    0x40000020, 0xffffffff };
static const uint32_t alloc_flags[] = {
	TYPE_COMMIT,   TYPE_RESERVE, TYPE_RESET,   TYPE_UNDO,	     TYPE_TOP_DOWN, TYPE_WATCH,
	TYPE_PHYSICAL, TYPE_LARGE,   TYPE_REPLACE, TYPE_PLACEHOLDER, 0x8000,	    0x800000,
	0x40000000,    0x80000000,   0x800,	   FIRST_NODE
};
#define FIRST_NODE_AT (sizeof(alloc_flags) / sizeof(alloc_flags[0]) - 1)
static const uint32_t free_types[] = { 0,      FREE_COALESCE, FREE_PRESERVE, 0x3,
				       0xc000, 0x10000,	      0x1000,	     0xa000,
				       0x4001, 0x4002,	      0x8003,	     0xffffffff };
static const uint64_t bad_addresses[] = { 0x1,
					  0x1000,
					  0xf000,
					  0xffff,
					  0x7fffffff0000,
					  0x7fffffff1000,
					  0x800000000000,
					  0xffff800000000000,
					  UINT64_MAX };
static const uint64_t bad_sizes[] = {
	0, 0, UINT64_MAX, 0x7fffffff0000, 0x800000000000, 0x8000000000000000, 0xfffffffffffff000
};
static const uint64_t zero_bits[] = { 0,
				      1,
				      2,
				      8,
				      12,
				      14,
				      15,
				      16,
				      20,
				      21,
				      22,
				      27,
				      31,
				      32,
				      53,
				      64,
				      0x1aaaaaaa,
				      0x7fffffff,
				      0xffffffff,
				      0xffffffffffff,
				      0xffffffffffffffff };

uint32_t line_protection(struct generator *generator)
{
	struct draw *draw = &generator->draw;
	uint32_t protect = draw_percent(draw, 50) ? READWRITE : DRAW_FROM(draw, good_protections);

	if (draw_percent(draw, 18))
		protect |= DRAW_FROM(draw, modifiers);
	if (draw_percent(draw, 7))
		protect = DRAW_FROM(draw, bad_protections);
	if (draw_percent(draw, 4))
		protect = draw_percent(draw, 50) ? WRITECOPY : EXECUTE_WRITECOPY;
	if (!(generator->features & FEATURE_COPIES) && model_protection_copies(protect))
		protect = READONLY;
	return protect;
}

const char *line_name(const struct generator *generator, uint64_t address)
{
	const char *known = model_name(generator->script, address);
	static char plain[4][32];
	static unsigned int turn;

	if (!address)
		return "null";
	if (*known != '?')
		return known;
	snprintf(plain[++turn % 4], sizeof(plain[0]), "0x%" PRIx64, address);
	return plain[turn % 4];
}

const char *line_address(struct generator *generator, uint64_t address)
{
	if (draw_percent(&generator->draw, 5))
		address = DRAW_FROM(&generator->draw, bad_addresses);
	else if (spot_shift(generator, 0) && address % PAGE_BYTES == 0)
		address = spot_shift(generator, address);
	return line_name(generator, address);
}

uint64_t line_size(struct generator *generator, uint64_t bytes)
{
	return draw_percent(&generator->draw, 5) ? DRAW_FROM(&generator->draw, bad_sizes) : bytes;
}

/* Nodes came with VirtualAlloc2. */
uint32_t line_alloc_flag(struct generator *generator)
{
	uint64_t count = FIRST_NODE_AT + (generator->features & FEATURE_PLACEHOLDERS ? 1 : 0);

	return alloc_flags[draw_below(&generator->draw, count)];
}

void line_put(char *line, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(line, GENERATE_LINE, format, list);
	va_end(list);
}

int line_free_slot(struct generator *generator)
{
	const struct model_script *script = generator->script;

	for (int tries = 0; tries < 4; tries++) {
		int number = (int)draw_below(&generator->draw, NULL_SLOTS);
		uint64_t base = script->slot[number].base;
		uint64_t end = base + script->slot[number].bytes;

		if (model_is_free(&script->space[0], base, end) &&
		    model_is_free(&script->space[1], base, end))
			return number;
	}
	return -1;
}

uint64_t line_reserve_bytes(struct draw *draw)
{
	static const uint64_t pages[] = { 1, 1, 2, 3, 4, 5, 8, 15, 16, 16, 17, 32, 44, 48 };

	return draw_percent(draw, 80) ? DRAW_FROM(draw, pages) * PAGE_BYTES :
					(1 + draw_below(draw, 48)) * PAGE_BYTES;
}

static uint32_t reserve_type(struct generator *generator)
{
	struct draw *draw = &generator->draw;
	uint32_t type = TYPE_RESERVE;

	if (draw_percent(draw, 45))
		type |= TYPE_COMMIT;
	if (draw_percent(draw, 35))
		type |= TYPE_WATCH;
	if (draw_percent(draw, 8))
		type |= TYPE_TOP_DOWN;
	if (draw_percent(draw, 4))
		type |= TYPE_COMMIT | TYPE_LARGE;
	return draw_percent(draw, 10) ? TYPE_RESERVE | TYPE_PHYSICAL : type;
}

/* In the arena, or (@anywhere) where the system likes. */
static void put_allocation(struct generator *generator, char *line, bool anywhere, uint32_t type)
{
	struct draw *draw = &generator->draw;
	uint64_t bytes = spot_shift(generator, line_reserve_bytes(draw));
	int slot = anywhere ? line_free_slot(generator) : -1;
	uint64_t base = slot < 0 ? spot_draw_free(generator, bytes) : 0;
	uint32_t protect = type & TYPE_PHYSICAL && draw_percent(draw, 50) ?
				   READWRITE :
				   line_protection(generator);
	const char *where = base ? line_address(generator, base) : "null";

	if (slot < 0)
		slot = LINE_OTHER_SLOT;
	bytes = line_size(generator, bytes);
	if (draw_percent(draw, 60))
		line_put(line, "alloc %d %s %#" PRIx64 " %#" PRIx32 " %#" PRIx32, slot, where,
			 bytes, type, protect);
	else
		line_put(line, "nalloc %d %s %#" PRIx64 " %#" PRIx64 " %#" PRIx32 " %#" PRIx32,
			 slot, where, draw_percent(draw, 50) ? 0 : DRAW_FROM(draw, zero_bits),
			 bytes, type, protect);
}

static void op_reserve(struct generator *generator, char *line)
{
	put_allocation(generator, line, false, reserve_type(generator));
}

static void op_reserve_anywhere(struct generator *generator, char *line)
{
	uint32_t type = reserve_type(generator);

	/* VA-22 */
	if (draw_percent(&generator->draw, 10))
		type = TYPE_COMMIT;
	put_allocation(generator, line, true, type);
}

/* Sizes that no machine can commit, and that no address space has (VA-24, VA-53). */
static void op_too_much(struct generator *generator, char *line)
{
	static const uint64_t sizes[] = { 0x10000000000, 0x20000000000, 0x7ffffff00000,
					  0x7ffffffe0001 };
	uint64_t bytes = DRAW_FROM(&generator->draw, sizes);
	const char *prefix = draw_percent(&generator->draw, 50) ? "alloc 63 null" :
								  "nalloc 63 null 0";
	/* What could succeed would have more pages than the model likes. */
	uint32_t type = bytes < 0x70000000000 ? TYPE_RESERVE | TYPE_COMMIT : TYPE_RESERVE;

	line_put(line, "%s %#" PRIx64 " %#" PRIx32 " 0x4", prefix, bytes, type);
}

/* MEM_COMMIT, MEM_RESET and the like inside an allocation. */
static void put_inside(struct generator *generator, char *line, const struct spot *spot,
		       uint32_t type)
{
	const char *where = line_address(generator, spot->address);
	uint64_t bytes = line_size(generator, spot_draw_bytes(generator, spot));

	if (draw_percent(&generator->draw, 70))
		line_put(line, "alloc %d %s %#" PRIx64 " %#" PRIx32 " %#" PRIx32, LINE_OTHER_SLOT,
			 where, bytes, type, line_protection(generator));
	else
		line_put(line, "nalloc %d %s 0 %#" PRIx64 " %#" PRIx32 " %#" PRIx32,
			 LINE_OTHER_SLOT, where, bytes, type, line_protection(generator));
}

static void op_commit(struct generator *generator, char *line)
{
	static const enum spot_kind kinds[] = { SPOT_RESERVED, SPOT_RESERVED, SPOT_COMMITTED,
						SPOT_ANY, SPOT_WATCHED };
	struct spot spot = spot_draw(generator, DRAW_FROM(&generator->draw, kinds));

	put_inside(generator, line, &spot, TYPE_COMMIT);
}

static void op_reset(struct generator *generator, char *line)
{
	struct spot spot = spot_draw(
		generator, draw_percent(&generator->draw, 80) ? SPOT_COMMITTED : SPOT_ANY);

	put_inside(generator, line, &spot,
		   draw_percent(&generator->draw, 65) ? TYPE_RESET : TYPE_UNDO);
}

/* Any flags at all. What reserves is kept out of slots that hold something. */
static void op_odd_type(struct generator *generator, char *line)
{
	struct draw *draw = &generator->draw;
	struct spot spot = spot_draw(generator, SPOT_ANY);
	uint32_t type = 0;

	for (uint64_t i = draw_below(draw, 4); i; i--)
		type |= line_alloc_flag(generator);
	if (draw_percent(draw, 50))
		type |= draw_percent(draw, 50) ? TYPE_RESERVE : TYPE_COMMIT;
	put_inside(generator, line, &spot, type);
}

static void op_decommit(struct generator *generator, char *line)
{
	static const enum spot_kind kinds[] = { SPOT_COMMITTED, SPOT_COMMITTED, SPOT_ANY,
						SPOT_LOCKED,	SPOT_WRITTEN,	SPOT_GUARD };
	struct spot spot = spot_draw(generator, DRAW_FROM(&generator->draw, kinds));

	line_put(line, "%s %s %#" PRIx64 " 0x4000",
		 draw_percent(&generator->draw, 50) ? "free" : "nfree",
		 line_address(generator, spot.address),
		 line_size(generator, spot_draw_bytes(generator, &spot)));
}

static void op_free_whole(struct generator *generator, char *line)
{
	static const enum spot_kind kinds[] = { SPOT_ANY,    SPOT_ANY,	 SPOT_ANY,
						SPOT_LOCKED, SPOT_GUARD, SPOT_WRITTEN };
	struct draw *draw = &generator->draw;
	struct spot spot = spot_draw_whole(generator, DRAW_FROM(draw, kinds));

	/* VF-9 */
	if (draw_percent(draw, 12))
		spot.address += PAGE_BYTES;
	line_put(line, "%s %s 0x0 %#x", draw_percent(draw, 50) ? "free" : "nfree",
		 line_address(generator, spot.address),
		 draw_percent(draw, 80) ? FREE_RELEASE : FREE_DECOMMIT);
}

/* Partial release of an AWE window is nowhere described (AW-5). */
static void op_release_part(struct generator *generator, char *line)
{
	struct spot spot = spot_draw(generator, SPOT_ANY);

	if (spot.allocation && spot.allocation->kind == KIND_AWE)
		return op_free_whole(generator, line);
	line_put(line, "%s %s %#" PRIx64 " 0x8000",
		 draw_percent(&generator->draw, 92) ? "nfree" : "free",
		 line_name(generator, spot_shift(generator, spot.address)),
		 spot_draw_bytes(generator, &spot));
}

static void op_odd_free(struct generator *generator, char *line)
{
	struct spot spot = spot_draw(generator, SPOT_ANY);

	line_put(line, "%s %s %#" PRIx64 " %#" PRIx32,
		 draw_percent(&generator->draw, 50) ? "free" : "nfree",
		 line_address(generator, spot.address),
		 draw_percent(&generator->draw, 50) ? 0 : spot_draw_bytes(generator, &spot),
		 DRAW_FROM(&generator->draw, free_types));
}

static void op_protect(struct generator *generator, char *line)
{
	static const enum spot_kind kinds[] = { SPOT_COMMITTED, SPOT_COMMITTED, SPOT_COMMITTED,
						SPOT_GUARD,	SPOT_LOCKED,	SPOT_LOCKED,
						SPOT_CODE,	SPOT_WRITTEN,	SPOT_WRITTEN,
						SPOT_WRITTEN,	SPOT_ANY };
	struct spot spot = spot_draw(generator, DRAW_FROM(&generator->draw, kinds));

	line_put(line, "%s %s %#" PRIx64 " %#" PRIx32,
		 draw_percent(&generator->draw, 60) ? "prot" : "nprot",
		 line_address(generator, spot.address),
		 line_size(generator, spot_draw_bytes(generator, &spot)),
		 line_protection(generator));
}

static void op_protect_null(struct generator *generator, char *line)
{
	struct spot spot = spot_draw(generator, SPOT_COMMITTED);

	line_put(line, "protnull %s %#" PRIx64 " %#" PRIx32, line_name(generator, spot.address),
		 spot_draw_bytes(generator, &spot), line_protection(generator));
}

/* A spot that is seldom met. */
static struct spot seldom_spot(struct generator *generator)
{
	static const enum spot_kind kinds[] = { SPOT_WRITTEN,  SPOT_WRITTEN,  SPOT_WRITTEN,
						SPOT_WATCHED,  SPOT_LOCKED,   SPOT_LOCKED,
						SPOT_GUARD,    SPOT_READONLY, SPOT_NOACCESS,
						SPOT_REPLACED, SPOT_CODE };

	return spot_draw(generator, DRAW_FROM(&generator->draw, kinds));
}

/* The states that come seldom become each of the others. */
static void op_seldom(struct generator *generator, char *line)
{
	static const uint32_t protections[] = { READONLY, READONLY,	READWRITE,
						NOACCESS, EXECUTE_READ, READWRITE | GUARD };
	struct draw *draw = &generator->draw;
	struct spot spot = seldom_spot(generator);
	const char *where = line_name(generator, spot.address);
	uint64_t bytes = (1 + draw_below(draw, 4)) * PAGE_BYTES;
	uint32_t protect = DRAW_FROM(draw, protections);

	if (bytes > spot.bytes)
		bytes = spot.bytes;
	switch (draw_below(draw, 10)) {
	case 0:
		line_put(line, "rww %s %#" PRIx64, where, bytes);
		break;
	case 1:
		line_put(line, "nlock %s %#" PRIx64 " 1", where, bytes);
		break;
	case 2:
		line_put(line, "nunlock %s %#" PRIx64 " 1", where, bytes);
		break;
	case 3:
		line_put(line, "nfree %s %#" PRIx64 " %#x", where, bytes,
			 generator->features & FEATURE_PLACEHOLDERS ? FREE_RELEASE | FREE_PRESERVE :
								      FREE_DECOMMIT);
		break;
	case 4:
		line_put(line, "nfree %s %#" PRIx64 " %#x", where, bytes,
			 draw_percent(draw, 50) ? FREE_DECOMMIT : FREE_RELEASE);
		break;
	case 5:
		line_put(line, "fill %s %#" PRIx64 " 0x5a", where, bytes);
		break;
	case 6:
	case 7:
		line_put(line, "alloc %d %s %#" PRIx64 " 0x1000 %#" PRIx32, LINE_OTHER_SLOT, where,
			 bytes, protect);
		break;
	default:
		line_put(line, "prot %s %#" PRIx64 " %#" PRIx32, where, bytes, protect);
		break;
	}
}

static void op_query(struct generator *generator, char *line)
{
	struct spot spot = spot_draw(generator, SPOT_ANY);

	line_put(line, "query %s", line_address(generator, spot.address));
}

static void op_walk(struct generator *generator, char *line)
{
	(void)generator;
	line_put(line, "walk");
}

/* About as much as may be locked (VL-10). */
static uint64_t quota_bytes(struct draw *draw)
{
	return (38 + draw_below(draw, 10)) * PAGE_BYTES;
}

static void op_lock(struct generator *generator, char *line)
{
	static const enum spot_kind kinds[] = { SPOT_COMMITTED, SPOT_GUARD,    SPOT_GUARD,
						SPOT_GUARD,	SPOT_LOCKED,   SPOT_LOCKED,
						SPOT_LOCKED,	SPOT_WRITTEN,  SPOT_WRITTEN,
						SPOT_WRITTEN,	SPOT_READONLY, SPOT_READONLY,
						SPOT_CODE,	SPOT_AWE,      SPOT_AWE,
						SPOT_ANY };
	static const char *const calls[] = { "lock", "unlock", "nlock", "nunlock" };
	static const int types[] = { 1, 1, 1, 1, 1, 1, 1, 2, 3, 0, 4 };
	struct draw *draw = &generator->draw;
	struct spot spot = spot_draw(generator, DRAW_FROM(draw, kinds));
	uint64_t bytes = spot_draw_bytes(generator, &spot);
	const char *call = DRAW_FROM(draw, calls);

	if (draw_percent(draw, 40)) {
		spot = spot_draw_largest(generator);
		bytes = quota_bytes(draw);
	}
	line_put(line, "%s %s %#" PRIx64, call, line_address(generator, spot.address),
		 line_size(generator, bytes));
	if (*call == 'n')
		snprintf(line + strlen(line), GENERATE_LINE - strlen(line), " %d",
			 DRAW_FROM(draw, types));
}

static void op_watch(struct generator *generator, char *line)
{
	static const int counts[] = { 0, 1, 1, 2, 16, 256 };
	static const int flags[] = { 0, 0, 1, 1, 1, 2 };
	struct draw *draw = &generator->draw;
	struct spot spot = spot_draw(generator, draw_percent(draw, 85) ? SPOT_WATCHED : SPOT_ANY);
	const char *where = line_address(generator, spot.address);
	uint64_t bytes = line_size(generator, spot_draw_bytes(generator, &spot));

	if (draw_percent(draw, 35))
		line_put(line, "rww %s %#" PRIx64, where, bytes);
	else
		line_put(line, "ww %s %#" PRIx64 " %d %d", where, bytes, DRAW_FROM(draw, flags),
			 DRAW_FROM(draw, counts));
}

static void op_target(struct generator *generator, char *line)
{
	line_put(line, "target %s",
		 generator->child && !model_script_on_child(generator->script) ? "child" : "self");
}

/* Which kinds go together, and may be missing in a script. */
enum group {
	GROUP_BASE,
	GROUP_SET, /* also the profile of that name */
	GROUP_PLACEHOLDERS,
	GROUP_VIEWS, /* the profile is called map */
	GROUP_PLACED,
	GROUP_FILES,
};

#define GROUPS (GROUP_FILES + 1)

static const struct kind {
	void (*run)(struct generator *generator, char *line);
	unsigned int weight;
	enum group group;
} kinds[] = {
	{ op_reserve, 12, GROUP_BASE },
	{ op_reserve_anywhere, 6, GROUP_BASE },
	{ op_too_much, 1, GROUP_BASE },
	{ op_commit, 15, GROUP_BASE },
	{ op_reset, 4, GROUP_BASE },
	{ op_odd_type, 4, GROUP_BASE },
	{ op_decommit, 9, GROUP_BASE },
	{ op_free_whole, 6, GROUP_BASE },
	{ op_release_part, 4, GROUP_BASE },
	{ op_odd_free, 2, GROUP_BASE },
	{ op_protect, 14, GROUP_BASE },
	{ op_protect_null, 3, GROUP_BASE },
	{ op_query, 7, GROUP_BASE },
	{ op_seldom, 24, GROUP_BASE },
	{ op_walk, 1, GROUP_BASE },
	{ op_lock, 14, GROUP_BASE },
	{ op_watch, 14, GROUP_BASE },
	{ touch_byte, 14, GROUP_BASE },
	{ touch_code, 4, GROUP_BASE },
	{ touch_sweep, 7, GROUP_BASE },
	{ op_target, 2, GROUP_BASE },
	{ set_offer, 9, GROUP_SET },
	{ set_reclaim, 6, GROUP_SET },
	{ set_discard, 4, GROUP_SET },
	{ set_offered, 9, GROUP_SET },
	{ set_query, 16, GROUP_SET },
	{ set_limits, 5, GROUP_SET },
	{ set_get_or_empty, 3, GROUP_SET },
	{ set_prefetch, 4, GROUP_SET },
	{ set_lock, 10, GROUP_SET },
	{ set_unlock, 6, GROUP_SET },
	{ set_read, 8, GROUP_SET },
	{ set_write, 12, GROUP_SET },
	{ set_latch, 6, GROUP_SET },
	{ placeholder_create, 6, GROUP_PLACEHOLDERS },
	{ placeholder_split, 8, GROUP_PLACEHOLDERS },
	{ placeholder_coalesce, 6, GROUP_PLACEHOLDERS },
	{ placeholder_replace, 8, GROUP_PLACEHOLDERS },
	{ placeholder_unreplace, 5, GROUP_PLACEHOLDERS },
	{ placeholder_requirements, 3, GROUP_PLACEHOLDERS },
	{ view_section, 10, GROUP_VIEWS },
	{ view_file, 8, GROUP_FILES },
	{ view_section_end, 3, GROUP_VIEWS },
	{ view_map, 16, GROUP_VIEWS },
	{ view_unmap, 8, GROUP_VIEWS },
	{ view_protect, 22, GROUP_VIEWS },
	{ view_commit, 10, GROUP_VIEWS },
	{ view_touch, 24, GROUP_VIEWS },
	{ view_query, 10, GROUP_VIEWS },
	{ view_other, 6, GROUP_VIEWS },
	{ view_place, 20, GROUP_PLACED },
	{ view_place_prepare, 10, GROUP_PLACED },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* Percent of the scripts that have the operations of a group. */
static unsigned int share(enum group group, enum profile profile, unsigned int features)
{
	switch (group) {
	case GROUP_SET:
		return profile == PROFILE_SET ? 100 : 40;
	case GROUP_PLACEHOLDERS:
		return features & FEATURE_PLACEHOLDERS ? 60 : 0;
	case GROUP_VIEWS:
		return !(features & FEATURE_SECTIONS) || profile == PROFILE_SET ? 0 :
		       profile == PROFILE_MAP					? 100 :
										  40;
	default:
		return 100;
	}
}

/* Each script has its own mixture, so that some go deep where others do not. */
void generate_begin(struct generator *generator, uint64_t seed, const struct model_script *script,
		    enum profile profile, unsigned int features)
{
	static const unsigned int factors[] = { 1, 2, 2, 2, 6 };
	bool has[GROUPS];

	*generator = (struct generator){
		.draw.state = seed,
		.script = script,
		.features = features,
	};
	generator->child = draw_percent(&generator->draw, profile == PROFILE_ALL ? 15 : 30);
	for (int group = 0; group < GROUP_PLACED; group++)
		has[group] =
			draw_percent(&generator->draw, share((enum group)group, profile, features));
	has[GROUP_PLACED] = has[GROUP_VIEWS] && has[GROUP_PLACEHOLDERS] &&
			    features & FEATURE_PLACED;
	has[GROUP_FILES] = has[GROUP_VIEWS] && features & FEATURE_FILES &&
			   draw_percent(&generator->draw, 50);
	for (size_t i = 0; i < KINDS; i++) {
		generator->weight[i] = kinds[i].weight * DRAW_FROM(&generator->draw, factors);
		if (!has[kinds[i].group])
			generator->weight[i] = 0;
		generator->total += generator->weight[i];
	}
}

void generate_line(struct generator *generator, char line[GENERATE_LINE])
{
	uint64_t pick = draw_below(&generator->draw, generator->total);
	size_t kind = 0;

	while (pick >= generator->weight[kind])
		pick -= generator->weight[kind++];
	kinds[kind].run(generator, line);
}
