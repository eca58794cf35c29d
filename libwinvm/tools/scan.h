/* SPDX-License-Identifier: MIT */
/*
 * JSON as recordings have it: json-c parses it, and what it found is taken strictly. Nothing is
 * guessed, rounded or skipped. The first thing wrong ends it.
 */
#ifndef TOOLS_SCAN_H
#define TOOLS_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_object;

/* The greatest number: those of JSON's readers that have signed ones know it, too. */
#define SCAN_MOST ((uint64_t)INT64_MAX)

/**
 * struct scan - a text that is taken apart
 * @value: what is taken next
 * @column: where it is no JSON, from 1; 0: it is
 * @wrong: what is wrong; NULL: nothing so far
 */
struct scan {
	struct json_object *value;
	size_t column;
	const char *wrong;
};

/**
 * struct scan_member - of an object
 * @key: its name
 * @needed: the object is nothing without it
 * @read: takes the value into the object's place
 * @offset: of that place
 */
struct scan_member {
	const char *key;
	bool needed;
	bool (*read)(struct scan *scan, void *place);
	size_t offset;
};

/* One value, and nothing behind it. False if it is wrong; scan_close() in any case. */
bool scan_open(struct scan *scan, const char *text, size_t length);
void scan_close(struct scan *scan);

/* Says what is wrong, unless something was already; always false. */
bool scan_wrong(struct scan *scan, const char *what);

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
