// SPDX-License-Identifier: MIT
/* What kind of memory a region is. */
#include <string.h>

#include "kind.h"

static const struct {
	const char *name;
	enum colour colour;
	char letter;
} kinds[KINDS] = {
	[KIND_IMAGE] = { "image", COLOUR_IMAGE, 'i' },
	[KIND_MAPPED] = { "mapped file", COLOUR_MAPPED, 'm' },
	[KIND_SHAREABLE] = { "shareable", COLOUR_GOOD, 's' },
	[KIND_HEAP] = { "heap", COLOUR_BAD, 'h' },
	[KIND_STACK] = { "stack", COLOUR_WARN, 't' },
	[KIND_PRIVATE] = { "private", COLOUR_PRIVATE, 'p' },
	[KIND_UNUSABLE] = { "unusable", COLOUR_FAINT, '-' },
	[KIND_FREE] = { "free", COLOUR_FAINT, '-' },
};

enum kind kind_of(const MEMORY_BASIC_INFORMATION *region, const char *backing)
{
	if (region->State == MEM_FREE)
		return KIND_FREE;
	if (region->Type == MEM_IMAGE)
		return KIND_IMAGE;
	if (region->Type == MEM_MAPPED)
		return backing && !strcmp(backing, "page file") ? KIND_SHAREABLE : KIND_MAPPED;
	if (backing && !strcmp(backing, "[heap]"))
		return KIND_HEAP;
	if (backing && !strcmp(backing, "[stack]"))
		return KIND_STACK;
	return KIND_PRIVATE;
}

const char *kind_name(enum kind kind)
{
	return kinds[kind].name;
}

enum colour kind_colour(enum kind kind)
{
	return kinds[kind].colour;
}

char kind_letter(enum kind kind)
{
	return kinds[kind].letter;
}
