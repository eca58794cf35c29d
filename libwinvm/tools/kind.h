/* SPDX-License-Identifier: MIT */
/* Kinds of memory, as VMMap has them. */
#ifndef TOOLS_KIND_H
#define TOOLS_KIND_H

#include <windows.h>

#include "screen.h"

enum kind {
	KIND_IMAGE, /* programs and libraries */
	KIND_MAPPED, /* files */
	KIND_SHAREABLE, /* sections of the page file */
	KIND_HEAP, /* Linux' own, [heap] */
	KIND_STACK, /* of the first thread, [stack] */
	KIND_PRIVATE,
	KIND_UNUSABLE, /* free, but no allocation can begin there (SPEC AS-4) */
	KIND_FREE,
	KINDS
};

/* @backing: what is behind it, NULL: nothing. Of what is free, KIND_FREE. */
enum kind kind_of(const MEMORY_BASIC_INFORMATION *region, const char *backing);

const char *kind_name(enum kind kind);
enum colour kind_colour(enum kind kind);

/* Where there are no colours. */
char kind_letter(enum kind kind);

#endif
