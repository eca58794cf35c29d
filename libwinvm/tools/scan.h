/* SPDX-License-Identifier: MIT */
/*
 * JSON as recordings have it, read strictly: nothing is guessed, rounded or skipped, a key comes
 * once, and what reads an object says how deep it may be. The first thing wrong ends it.
 */
#ifndef TOOLS_SCAN_H
#define TOOLS_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The greatest number: those of JSON's readers that have signed ones know it, too. */
#define SCAN_MOST ((uint64_t)INT64_MAX)

/**
 * struct scan - a text, and how far it is read
 * @text: array of @length bytes
 * @length: how many there are
 * @at: the next one
 * @wrong: what is wrong there; NULL: nothing so far
 */
struct scan {
	const char *text;
	size_t length;
	size_t at;
	const char *wrong;
};

/**
 * struct scan_member - of an object
 * @key: its name
 * @needed: the object is nothing without it
 * @read: reads the value into the object's place
 * @offset: of that place
 */
struct scan_member {
	const char *key;
	bool needed;
	bool (*read)(struct scan *scan, void *place);
	size_t offset;
};

/* Says what is wrong, unless something was already; always false. */
bool scan_wrong(struct scan *scan, const char *what);

/* Is this next? Then it is read. */
bool scan_take(struct scan *scan, char wanted);

/* Nothing follows. */
bool scan_end(struct scan *scan);

/* A whole number from 0 to SCAN_MOST, into an uint64_t. */
bool scan_number(struct scan *scan, void *place);

/* A text of less than so many bytes, with an end. */
bool scan_text(struct scan *scan, char *room, size_t bytes);

/* An address: a text of 0x and hexadecimal digits, into an uint64_t. */
bool scan_address(struct scan *scan, void *place);

/* An object of at most 32 members. @seen: which there were, a bit each. */
bool scan_object(struct scan *scan, const struct scan_member *members, size_t count, void *object,
		 uint32_t *seen);

/* An array, item by item. */
bool scan_list(struct scan *scan, bool (*item)(struct scan *scan, void *list), void *list);

#endif
