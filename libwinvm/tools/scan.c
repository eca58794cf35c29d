// SPDX-License-Identifier: MIT
/* What json-c parses, taken strictly. */
#include <json.h>
#include <string.h>

#include "scan.h"

/* The line, its lists, their objects, and what these hold. */
#define MOST_DEPTH 4

bool scan_wrong(struct scan *scan, const char *what)
{
	if (!scan->wrong)
		scan->wrong = what;
	return false;
}

static const char *parse_error(enum json_tokener_error error)
{
	return error == json_tokener_continue ? "the line ends early" :
						json_tokener_error_desc(error);
}

bool scan_open(struct scan *scan, const char *text, size_t length)
{
	struct json_tokener *tokener = json_tokener_new_ex(MOST_DEPTH);
	enum json_tokener_error error;

	*scan = (struct scan){ 0 };
	if (!tokener)
		return scan_wrong(scan, "no memory");
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	scan->value = json_tokener_parse_ex(tokener, text, (int)length);
	error = json_tokener_get_error(tokener);
	if (error != json_tokener_success) {
		scan->column = json_tokener_get_parse_end(tokener) + 1;
		scan_wrong(scan, parse_error(error));
	}
	json_tokener_free(tokener);
	return !scan->wrong;
}

void scan_close(struct scan *scan)
{
	json_object_put(scan->value);
	scan->value = NULL;
}

bool scan_number(struct scan *scan, void *place)
{
	if (json_object_is_type(scan->value, json_type_double))
		return scan_wrong(scan, "a number that is not whole");
	if (!json_object_is_type(scan->value, json_type_int))
		return scan_wrong(scan, "no number where one belongs");
	if (json_object_get_int64(scan->value) < 0)
		return scan_wrong(scan, "a number that is negative");
	*(uint64_t *)place = json_object_get_uint64(scan->value);
	return *(uint64_t *)place <= SCAN_MOST || scan_wrong(scan, "a number that is too great");
}

bool scan_text(struct scan *scan, char *room, size_t bytes)
{
	const char *text = json_object_get_string(scan->value);
	size_t length = (size_t)json_object_get_string_len(scan->value);

	if (!json_object_is_type(scan->value, json_type_string))
		return scan_wrong(scan, "no text where one belongs");
	if (strlen(text) != length)
		return scan_wrong(scan, "a text with a zero in it");
	if (length >= bytes)
		return scan_wrong(scan, "a text that is too long");
	memcpy(room, text, length + 1);
	return true;
}

bool scan_address(struct scan *scan, void *place)
{
	uint64_t address = 0;
	char text[19], *digit = text + 2;

	if (!scan_text(scan, text, sizeof(text)))
		return false;
	if (strncmp(text, "0x", 2) || !*digit)
		return scan_wrong(scan, "an address without 0x");
	for (; *digit; digit++) {
		static const char digits[] = "0123456789abcdef";
		const char *found = strchr(digits, *digit);

		if (!found)
			return scan_wrong(scan, "an address with something else in it");
		address = address << 4 | (uint64_t)(found - digits);
	}
	*(uint64_t *)place = address;
	return true;
}

static bool read_member(struct scan *scan, const char *key, const struct scan_member *members,
			size_t count, void *object, uint32_t *seen)
{
	size_t i = 0;

	while (i < count && strcmp(members[i].key, key))
		i++;
	if (i == count)
		return scan_wrong(scan, "a key that does not belong here");
	*seen |= 1U << i;
	return members[i].read(scan, (char *)object + members[i].offset);
}

static bool read_members(struct scan *scan, const struct scan_member *members, size_t count,
			 void *object, uint32_t *seen)
{
	struct json_object *whole = scan->value;
	bool fine = true;

	json_object_object_foreach(whole, key, value) {
		scan->value = value;
		fine = fine && read_member(scan, key, members, count, object, seen);
	}
	scan->value = whole;
	return fine;
}

bool scan_object(struct scan *scan, const struct scan_member *members, size_t count, void *object,
		 uint32_t *seen)
{
	*seen = 0;
	if (!json_object_is_type(scan->value, json_type_object))
		return scan_wrong(scan, "no object where one belongs");
	if (!read_members(scan, members, count, object, seen))
		return false;
	for (size_t i = 0; i < count; i++)
		if (members[i].needed && !(*seen & 1U << i))
			return scan_wrong(scan, "an object that lacks a key it needs");
	return true;
}

bool scan_list(struct scan *scan, bool (*item)(struct scan *scan, void *list), void *list)
{
	struct json_object *whole = scan->value;
	bool fine = true;

	if (!json_object_is_type(whole, json_type_array))
		return scan_wrong(scan, "no list where one belongs");
	for (size_t i = 0; fine && i < json_object_array_length(whole); i++) {
		scan->value = json_object_array_get_idx(whole, i);
		fine = item(scan, list);
	}
	scan->value = whole;
	return fine;
}
