// SPDX-License-Identifier: MIT
/* Amounts, told. */
#include <json.h>
#include <stdio.h>
#include <string.h>

#include "amount.h"
#include "bar.h"
#include "output.h"
#include "unit.h"

static struct json_object *amount_json(const struct amount *amount)
{
	if (amount->kind == AMOUNT_WORD)
		return json_object_new_string(amount->word);
	if (amount->kind == AMOUNT_SIZE && amount->number == UINT64_MAX)
		return NULL;
	return json_object_new_uint64(amount->number);
}

static void print_json(const char *key, const struct amount *amounts, size_t count)
{
	struct json_object *object = json_object_new_object();

	for (size_t i = 0; i < count; i++)
		if (amounts[i].known)
			json_object_object_add(object, amounts[i].key, amount_json(&amounts[i]));
	output_put(key, object);
}

static void print_csv(const struct amount *amount)
{
	printf("\"%s\",", amount->key);
	if (amount->known && amount->kind == AMOUNT_WORD)
		printf("\"%s\"", amount->word);
	else if (amount->known && amount->kind == AMOUNT_SIZE && amount->number == UINT64_MAX)
		printf("none");
	else if (amount->known)
		printf("%llu", (unsigned long long)amount->number);
	putchar('\n');
}

static const char *shown(const struct amount *amount, struct unit_text *text)
{
	if (!amount->known)
		return "unknown";
	if (amount->kind == AMOUNT_WORD)
		return amount->word;
	if (amount->kind == AMOUNT_SIZE && amount->number == UINT64_MAX)
		return "none";
	*text = amount->kind == AMOUNT_SIZE ? unit_size(amount->number, output.unit) :
					      unit_number(amount->number);
	return text->text;
}

static void print_mark(const struct amount *amount)
{
	const struct bar_part part = { .colour = amount->colour, .letter = amount->letter };

	if (!amount->letter) {
		putchar(' ');
		return;
	}
	bar_key(&part);
	fputs(screen_plain(amount->colour), stdout);
}

/* Numbers end below one another, however long names and numbers are. */
static void print_text(const struct amount *amounts, size_t count)
{
	struct unit_text text;
	size_t title = 0, value = 0, wide;

	for (size_t i = 0; i < count; i++) {
		wide = strlen(amounts[i].title);
		title = wide > title ? wide : title;
		wide = strlen(shown(&amounts[i], &text));
		value = wide > value ? wide : value;
	}
	for (size_t i = 0; i < count; i++) {
		print_mark(&amounts[i]);
		printf(" %-*s  %*s\n", (int)title, amounts[i].title, (int)value,
		       shown(&amounts[i], &text));
	}
}

void amounts_print(const char *key, const struct amount *amounts, size_t count)
{
	switch (output.form) {
	case OUTPUT_JSON:
		print_json(key, amounts, count);
		return;
	case OUTPUT_CSV:
		puts("name,value");
		for (size_t i = 0; i < count; i++)
			print_csv(&amounts[i]);
		return;
	case OUTPUT_TEXT:
		print_text(amounts, count);
	}
}
