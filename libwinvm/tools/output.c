// SPDX-License-Identifier: MIT
/* The form of what is told. */
#include <json.h>
#include <stdio.h>
#include <string.h>

#include "output.h"
#include "screen.h"

/* Columns that a pair takes at most; and so many that sizes in KB are too wide for. */
#define PAIR_WIDTH 55
#define NARROW	   60

struct output output;

/* Options that have no letter. */
enum {
	OPTION_JSON = 0x100,
	OPTION_CSV,
};

static struct json_object *output_root;

static const struct argp_option options[] = {
	{ NULL, 0, NULL, 0, "What it looks like:", 10 },
	{ "json", OPTION_JSON, NULL, 0, "JSON; sizes in bytes", 10 },
	{ "csv", OPTION_CSV, NULL, 0, "comma-separated values; sizes in bytes", 10 },
	{ "human", 'h', NULL, 0, "sizes in the unit that fits each", 10 },
	{ "bytes", 'b', NULL, 0, "sizes in bytes", 10 },
	{ 0 }
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	(void)argument;
	(void)state;
	switch (key) {
	case OPTION_JSON:
		output.form = OUTPUT_JSON;
		return 0;
	case OPTION_CSV:
		output.form = OUTPUT_CSV;
		return 0;
	case 'h':
		output.unit = UNIT_HUMAN;
		return 0;
	case 'b':
		output.unit = UNIT_BYTES;
		return 0;
	case ARGP_KEY_END:
		if (output.unit == UNIT_KB && screen_width() && screen_width() < NARROW)
			output.unit = UNIT_HUMAN;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp output_argp = { .options = options, .parser = parse };

const struct argp_child output_options[] = { { &output_argp, 0, NULL, 10 }, { 0 } };

void output_put(const char *key, struct json_object *value)
{
	if (output.form != OUTPUT_JSON) {
		json_object_put(value);
		return;
	}
	if (!output_root)
		output_root = json_object_new_object();
	json_object_object_add(output_root, key, value);
}

void output_put_number(const char *key, uint64_t number)
{
	if (output.form == OUTPUT_JSON)
		output_put(key, json_object_new_uint64(number));
}

/* For the number, which ends where all do: at PAIR_WIDTH or the end of the screen. */
static int pair_room(size_t title, size_t number)
{
	size_t width = screen_width();

	width = width && width < PAIR_WIDTH ? width : PAIR_WIDTH;
	return (int)(title + 1 + number < width ? width - title : 1 + number);
}

static void pair_text(const char *title, uint64_t number, bool known, enum pair kind)
{
	const struct unit_text text = kind == PAIR_SIZE ? unit_size(number, output.unit) :
							  unit_number(number);
	const char *shown = known ? text.text : "unknown";

	if (known && kind == PAIR_SIZE && number == UINT64_MAX)
		shown = "none";
	printf("%s%s%*s%s\n", title, screen_colour(COLOUR_TITLE),
	       pair_room(strlen(title), strlen(shown)), shown, screen_plain(COLOUR_TITLE));
}

void output_pair(const char *key, const char *title, uint64_t number, bool known, enum pair kind)
{
	if (output.form == OUTPUT_TEXT)
		pair_text(title, number, known, kind);
	else if (!known)
		return;
	else if (output.form == OUTPUT_CSV)
		printf("%s,%llu\n", key, (unsigned long long)number);
	else if (kind == PAIR_SIZE && number == UINT64_MAX)
		output_put(key, NULL);
	else
		output_put_number(key, number);
}

int output_end(void)
{
	if (output_root)
		puts(json_object_to_json_string_ext(
			output_root, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(output_root);
	output_root = NULL;
	return fflush(stdout) || ferror(stdout);
}
