// SPDX-License-Identifier: GPL-2.0
/* Lines on sections and views. */
#include <inttypes.h>
#include <string.h>

#include "line.h"
#include "spot.h"

#define SECTIONS   8 /* few, so that most numbers have one */
#define MOST_PAGES 24

static const uint32_t protections[] = { NOACCESS,	  READONLY,	     READONLY,
					READWRITE,	  READWRITE,	     READWRITE,
					WRITECOPY,	  EXECUTE,	     EXECUTE_READ,
					EXECUTE_READ,	  EXECUTE_READWRITE, EXECUTE_READWRITE,
					EXECUTE_WRITECOPY };

/* What can be reserved has more pages than the model likes. */
static uint64_t section_bytes(struct draw *draw, bool reserved)
{
	static const uint64_t pages[] = { 1, 2, 4, 4, 8, 16, 16, 17, 20, 32, 32, 48 };
	static const uint64_t odd[] = { 0, 0x8000000000000000, UINT64_MAX, 0x800000000000,
					0x80000000000 };

	if (draw_percent(draw, 3))
		return reserved || draw_percent(draw, 80) ? DRAW_FROM(draw, odd) : 0x20000000000;
	return DRAW_FROM(draw, pages) * PAGE_BYTES - (draw_percent(draw, 20) ? 5 : 0);
}

static uint32_t section_protection(struct generator *generator)
{
	static const uint32_t good[] = { READONLY,	    READWRITE,	       READWRITE,
					 READWRITE,	    WRITECOPY,	       EXECUTE_READ,
					 EXECUTE_READWRITE, EXECUTE_READWRITE, EXECUTE_READWRITE,
					 EXECUTE_WRITECOPY };

	return draw_percent(&generator->draw, 95) ? DRAW_FROM(&generator->draw, good) :
						    line_protection(generator);
}

/* What pages hold that are reserved comes by and by (SE-26). */
static uint32_t section_attributes(struct generator *generator)
{
	static const uint32_t good[] = { 0,
					 0,
					 SEC_COMMIT_BIT,
					 SEC_COMMIT_BIT,
					 SEC_RESERVE_BIT,
					 SEC_RESERVE_BIT,
					 SEC_RESERVE_BIT,
					 SEC_COMMIT_BIT | SEC_NOCACHE_BIT,
					 SEC_COMMIT_BIT | SEC_WRITECOMBINE_BIT,
					 SEC_RESERVE_BIT | SEC_NOCACHE_BIT };
	static const uint32_t odd[] = { SEC_FILE_BIT,
					SEC_IMAGE_BIT,
					SEC_NOCACHE_BIT,
					SEC_RESERVE_BIT | SEC_COMMIT_BIT,
					SEC_LARGE_BIT,
					SEC_COMMIT_BIT | SEC_LARGE_BIT,
					SEC_RESERVE_BIT | SEC_LARGE_BIT,
					SEC_IMAGE_BIT | SEC_COMMIT_BIT };
	uint32_t attributes = draw_percent(&generator->draw, 95) ?
				      DRAW_FROM(&generator->draw, good) :
				      DRAW_FROM(&generator->draw, odd);

	if (!(generator->features & FEATURE_RESERVED) && attributes & SEC_RESERVE_BIT)
		attributes ^= SEC_RESERVE_BIT | SEC_COMMIT_BIT;
	return attributes;
}

/* Attributes of the page file's sections mean nothing here (SE-4). */
static uint32_t file_protection(struct generator *generator)
{
	static const uint32_t attributes[] = {
		0,	     0, SEC_COMMIT_BIT, SEC_RESERVE_BIT, SEC_COMMIT_BIT | SEC_NOCACHE_BIT,
		SEC_FILE_BIT
	};

	return section_protection(generator) | DRAW_FROM(&generator->draw, attributes);
}

void view_section(struct generator *generator, char *line)
{
	static const uint32_t rights[] = { 0x1f, 0x1f, 0x1f, 0xf, 0xd, 0x6, 0x4, 0x2, 0xc, 0x1, 0 };
	struct draw *draw = &generator->draw;
	int number = (int)draw_below(draw, SECTIONS);
	uint32_t protect = section_protection(generator);
	uint32_t attributes = section_attributes(generator);
	uint64_t bytes = section_bytes(draw, attributes & SEC_RESERVE_BIT);

	if (draw_percent(draw, 70))
		line_put(line, "sec %d %#" PRIx64 " %#" PRIx32, number, bytes,
			 protect | attributes);
	else
		line_put(line, "nsec %d %#" PRIx64 " %#" PRIx32 " %#" PRIx32 " %#" PRIx32, number,
			 bytes, protect, attributes, DRAW_FROM(draw, rights));
}

/* A file of few pages, and sections of it. */
void view_file(struct generator *generator, char *line)
{
	static const uint64_t pages[] = { 0, 1, 4, 16, 17, 20, 32, 40 };
	struct draw *draw = &generator->draw;
	int file = (int)draw_below(draw, MODEL_FILES);
	uint64_t bytes = DRAW_FROM(draw, pages) * PAGE_BYTES;
	struct spot spot;

	switch (draw_below(draw, 10)) {
	case 3:
		spot = spot_draw(generator, draw_percent(draw, 85) ? SPOT_VIEW : SPOT_ANY);
		line_put(line, "flush %s %#" PRIx64, line_address(generator, spot.address),
			 draw_percent(draw, 50) ? 0 : spot_draw_bytes(generator, &spot));
		break;
	case 0:
		line_put(line, "file %d %#" PRIx64, file, bytes);
		break;
	case 1:
		line_put(line, "frd %d %#" PRIx64, file, draw_below(draw, 32) * PAGE_BYTES);
		break;
	case 2:
		line_put(line, "fwr %d %#" PRIx64 " %#x", file, draw_below(draw, 32) * PAGE_BYTES,
			 (unsigned int)draw_below(draw, 256));
		break;
	default:
		if (!generator->script->file[file])
			line_put(line, "file %d %#" PRIx64, file, bytes);
		else
			line_put(line, "fsec %d %d %#" PRIx64 " %#" PRIx32,
				 (int)draw_below(draw, SECTIONS), file,
				 draw_percent(draw, 60) ? 0 : bytes, file_protection(generator));
	}
}

void view_section_end(struct generator *generator, char *line)
{
	line_put(line, draw_percent(&generator->draw, 60) ? "qsec %d" : "close %d",
		 (int)draw_below(&generator->draw, SECTIONS));
}

/* Mostly one that is there. */
static int section_number(struct generator *generator)
{
	int number = 0;

	for (int tries = 0; tries < 4; tries++) {
		number = (int)draw_below(&generator->draw, SECTIONS);
		if (generator->script->section[number].section)
			break;
	}
	return number;
}

/* How many bytes the section has; some, if there is none. */
static uint64_t bytes_of(const struct generator *generator, int number)
{
	const struct model_section *section = generator->script->section[number].section;

	return (section ? section->pages : 16) * PAGE_BYTES;
}

static uint64_t view_offset(struct draw *draw, uint64_t bytes)
{
	static const uint64_t odd[] = { 1,	  PAGE_BYTES, 0x8000,
					0x100000, UINT64_MAX, 0x7fffffffffff0000 };

	if (draw_percent(draw, 6))
		return DRAW_FROM(draw, odd);
	if (bytes > GRANULE_BYTES && draw_percent(draw, 40))
		return draw_below(draw, bytes / GRANULE_BYTES + 1) * GRANULE_BYTES;
	return 0;
}

static uint64_t view_bytes(struct generator *generator, uint64_t left)
{
	struct draw *draw = &generator->draw;

	if (draw_percent(draw, 45))
		return 0;
	if (draw_percent(draw, 10))
		return left + draw_below(draw, 2) * PAGE_BYTES + draw_below(draw, 2);
	return line_size(generator,
			 spot_shift(generator,
				    (1 + draw_below(draw, left / PAGE_BYTES + 1)) * PAGE_BYTES));
}

static uint32_t view_protection(struct generator *generator)
{
	uint32_t protect = draw_percent(&generator->draw, 92) ?
				   DRAW_FROM(&generator->draw, protections) :
				   line_protection(generator);

	if (!(generator->features & FEATURE_COPIES) && model_protection_copies(protect))
		return READONLY;
	return protect;
}

static uint32_t view_access(struct generator *generator)
{
	static const uint32_t list[] = { 2, 2, 2, 6,	4,	 4, 0x22, 0x22, 0x24, 0x20, 0xf001f,
					 0, 8, 5, 0x26, 0xf003f, 1, 1,	  1,	0x21, 0x21, 0x21 };
	uint32_t access = DRAW_FROM(&generator->draw, list);

	if (!(generator->features & FEATURE_COPIES) && (access == 1 || access == 0x21))
		return access ^ 5;
	return access;
}

static uint32_t view_type(struct draw *draw)
{
	static const uint32_t odd[] = { TYPE_RESERVE, TYPE_COMMIT, TYPE_REPLACE, 0x40000000,
					TYPE_PLACEHOLDER };

	if (draw_percent(draw, 8))
		return DRAW_FROM(draw, odd);
	return draw_percent(draw, 10) ? TYPE_TOP_DOWN : 0;
}

void view_map(struct generator *generator, char *line)
{
	static const uint64_t zero_bits[] = { 0, 0, 0, 0, 0, 1, 8, 21, 22, 31, 33, 0x7fffffff };
	struct draw *draw = &generator->draw;
	int number = section_number(generator);
	uint64_t all = bytes_of(generator, number), offset = view_offset(draw, all);
	uint64_t bytes = view_bytes(generator, all > offset ? all - offset : PAGE_BYTES);
	int slot = draw_percent(draw, 45) ? line_free_slot(generator) : -1;
	const char *where = slot < 0 ? line_address(generator, spot_draw_free(generator, all)) :
				       "null";

	if (slot < 0)
		slot = LINE_OTHER_SLOT;
	switch (draw_below(draw, 4)) {
	case 0:
	case 1:
		line_put(line, "map %d %d %#" PRIx32 " %#" PRIx64 " %#" PRIx64 " %s", slot, number,
			 view_access(generator), offset, bytes, where);
		break;
	case 2:
		line_put(line, "map2 %d %d %s %#" PRIx64 " %#" PRIx64 " %#" PRIx32 " %#" PRIx32,
			 slot, number, where, offset, bytes, view_type(draw),
			 view_protection(generator));
		break;
	default:
		line_put(line,
			 "nmap %d %d %s %#" PRIx64 " %#" PRIx64 " %#" PRIx64 " %#" PRIx64
			 " %#" PRIx32 " %#" PRIx32,
			 slot, number, where, DRAW_FROM(draw, zero_bits),
			 draw_percent(draw, 70) ? 0 : draw_below(draw, all + PAGE_BYTES), offset,
			 bytes, view_type(draw), view_protection(generator));
	}
}

/* Into a placeholder, from any page on (PH-17, PH-22). */
void view_place(struct generator *generator, char *line)
{
	struct draw *draw = &generator->draw;
	struct spot spot = spot_draw_whole(generator, SPOT_PLACEHOLDER);
	int number = section_number(generator);
	uint64_t all = bytes_of(generator, number), bytes = spot.bytes, offset = 0;

	if (all > bytes && draw_percent(draw, 80))
		offset = draw_below(draw, (all - bytes) / PAGE_BYTES + 1) * PAGE_BYTES;
	if (draw_percent(draw, 4))
		offset += draw_percent(draw, 50) ? 1 : PAGE_BYTES;
	if (draw_percent(draw, 5))
		bytes = line_size(generator, spot_shift(generator, bytes));
	line_put(line, "map3 %d %d %s %#" PRIx64 " %#" PRIx64 " %#" PRIx32 " %#" PRIx32,
		 LINE_OTHER_SLOT, number, line_address(generator, spot.address), offset, bytes,
		 draw_percent(draw, 95) ? (uint32_t)TYPE_REPLACE : view_type(draw),
		 view_protection(generator));
}

/* Small pieces, which sections fill (PH-9, PH-23). */
void view_place_prepare(struct generator *generator, char *line)
{
	struct draw *draw = &generator->draw;
	struct spot spot = spot_draw_whole(generator, SPOT_PLACEHOLDER);
	uint64_t pages = spot.bytes / PAGE_BYTES;

	if (!spot.allocation || pages < 2)
		placeholder_create(generator, line);
	else
		line_put(line, "nfree %s %#" PRIx64 " 0x8002", line_name(generator, spot.address),
			 (1 + draw_below(draw, pages < 20 ? pages - 1 : 20)) * PAGE_BYTES);
}

void view_unmap(struct generator *generator, char *line)
{
	static const uint32_t flags[] = { 0, 0, 1, 2, 2, 2, 3, 4, 0xffffffff };
	struct draw *draw = &generator->draw;
	struct spot spot = spot_draw(generator, draw_percent(draw, 92) ? SPOT_VIEW : SPOT_ANY);
	const char *where = line_address(generator, spot.address + draw_below(draw, 3) * 5);

	if (draw_percent(draw, 35))
		line_put(line, "unmap %s", where);
	else
		line_put(line, "unmap2 %s %#" PRIx32, where, DRAW_FROM(draw, flags));
}

/* What happens to the pages of a view. */
static enum spot_kind page_kind(struct draw *draw)
{
	static const enum spot_kind kinds[] = { SPOT_VIEW,	   SPOT_VIEW,
						SPOT_VIEW_COPYING, SPOT_VIEW_COPYING,
						SPOT_VIEW_COPIED,  SPOT_VIEW_COPIED,
						SPOT_VIEW_LOCKED };

	return DRAW_FROM(draw, kinds);
}

static uint64_t pages_of(struct draw *draw, const struct spot *spot)
{
	uint64_t pages = spot->bytes / PAGE_BYTES;

	return 1 + draw_below(draw, pages > 1 && pages < MOST_PAGES ? pages : MOST_PAGES / 4);
}

void view_protect(struct generator *generator, char *line)
{
	struct draw *draw = &generator->draw;
	struct spot spot = spot_draw(generator, page_kind(draw));
	uint64_t bytes = pages_of(draw, &spot) * PAGE_BYTES;
	uint32_t protect = view_protection(generator);

	if (draw_percent(draw, 8))
		protect |= GUARD;
	line_put(line, "%s %s %#" PRIx64 " %#" PRIx32, draw_percent(draw, 60) ? "prot" : "nprot",
		 line_address(generator, spot.address), bytes, protect);
}

void view_commit(struct generator *generator, char *line)
{
	struct draw *draw = &generator->draw;
	struct spot spot =
		spot_draw(generator, draw_percent(draw, 70) ? SPOT_VIEW_RESERVED : SPOT_VIEW);
	uint32_t protect = spot.allocation && draw_percent(draw, 60) ?
				   spot.allocation->protect & 0xff :
				   view_protection(generator);

	line_put(line, "alloc %d %s %#" PRIx64 " %#" PRIx32 " %#" PRIx32, LINE_OTHER_SLOT,
		 line_address(generator, spot.address),
		 spot_shift(generator, pages_of(draw, &spot) * PAGE_BYTES),
		 draw_percent(draw, 90) ? (uint32_t)TYPE_COMMIT : (uint32_t)TYPE_RESET, protect);
}

void view_touch(struct generator *generator, char *line)
{
	struct draw *draw = &generator->draw;
	struct spot spot = spot_draw(generator, page_kind(draw));
	uint64_t address = spot.address + draw_below(draw, 2) * 0x7f8;
	const char *where = line_name(generator, address);
	uint64_t bytes = pages_of(draw, &spot) * PAGE_BYTES;
	unsigned int value = draw_percent(draw, 30) ? 0xc3 : (unsigned int)draw_below(draw, 256);

	switch (draw_below(draw, 10)) {
	case 0:
	case 1:
		line_put(line, "rd %s", where);
		break;
	case 2:
		line_put(line, "sum %s %#" PRIx64, where, bytes);
		break;
	case 3:
		line_put(line, "fill %s %#" PRIx64 " %#x", where, bytes, value);
		break;
	case 4:
		line_put(line, "ex %s", where);
		break;
	case 5:
		line_put(line, "rpm %s %#" PRIx64, where, bytes);
		break;
	case 6:
		line_put(line, "%s %s %#" PRIx64 " %#x", draw_percent(draw, 50) ? "wpm" : "kwr",
			 where, draw_below(draw, bytes), value);
		break;
	default:
		line_put(line, "wr %s %#x", where, value);
	}
}

void view_query(struct generator *generator, char *line)
{
	struct draw *draw = &generator->draw;
	struct spot spot = spot_draw(generator, page_kind(draw));

	if (draw_percent(draw, 70))
		line_put(line, "query %s", line_address(generator, spot.address));
	else
		line_put(line, "wsex %s %" PRIu64, line_name(generator, spot.address),
			 pages_of(draw, &spot));
}

/* What is not for views, and what is for them as for any memory. */
void view_other(struct generator *generator, char *line)
{
	static const char *const calls[] = { "free %s 0x0 0x8000",
					     "nfree %s 0x1000 0x4000",
					     "free %s 0x1000 0x4000",
					     "nfree %s 0x1000 0x8002",
					     "nfree %s 0x2000 0x8001",
					     "nfree %s 0x0 0x4000",
					     "offer %s 0x1000 1",
					     "discard %s 0x1000",
					     "reclaim %s 0x1000",
					     "ww %s 0x1000 0 1",
					     "alloc 63 %s 0x1000 0x2000 0x4",
					     "alloc 63 %s 0x2000 0x80000 0x4",
					     "alloc 63 %s 0x2000 0x1000000 0x4",
					     "nlock %s 0x1000 1",
					     "nlock %s 0x3000 1",
					     "nlock %s 0x4000 1",
					     "nunlock %s 0x1000 1",
					     "nunlock %s 0x2000 1",
					     "nunlock %s 0x4000 1" };
	struct draw *draw = &generator->draw;
	struct spot spot = spot_draw(generator, page_kind(draw));
	const char *call = DRAW_FROM(draw, calls);
	const char *where = line_name(generator, spot.address);
	size_t before = strcspn(call, "%");

	line_put(line, "%.*s%s%s", (int)before, call, where, call + before + 2);
}
