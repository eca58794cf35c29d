/* SPDX-License-Identifier: MIT */
/* What a page is, in the words of NT, by what is known of its address. */
#ifndef TOOLS_PAGE_H
#define TOOLS_PAGE_H

#include <linux/winvm.h>

enum page_kind {
	PAGE_VALID,
	PAGE_DEMAND_ZERO,
	PAGE_TRANSITION,
	PAGE_SWAPPED,
	PAGE_PROTOTYPE,
	PAGE_GUARDED,
	PAGE_CLOSED,
	PAGE_RESERVED,
	PAGE_FREE,
	PAGE_BROKEN,
	PAGE_UNTOLD,
	PAGE_NONE, /* no address of user space */
};

enum page_kind page_kind(const struct winvm_translation *page);

/* A word or two. */
const char *page_word(enum page_kind kind);

/* What that means. */
const char *page_words(enum page_kind kind);

/* Where its contents are: a word for programs. */
const char *page_location(const struct winvm_translation *page);

#endif
