// SPDX-License-Identifier: GPL-2.0
/* Tables of the program winvm as JSON, read again. */
#include <harness.h>

#include <json.h>
#include <stdlib.h>

#include "../../libwinvm/tools/table.h"

static const struct column columns[] = {
	{ "text", "TEXT", COLUMN_TEXT, 0, 0 },	      { "path", "PATH", COLUMN_PATH, 0, 0 },
	{ "number", "NUMBER", COLUMN_NUMBER, 0, 0 },  { "size", "SIZE", COLUMN_SIZE, 0, 0 },
	{ "address", "BASE", COLUMN_ADDRESS, 0, 12 }, { "page", "VPN", COLUMN_PAGE, 0, 9 },
};

enum { TEXT, PATH, NUMBER, SIZE, ADDRESS, PAGE, WIDTH };

FIXTURE(form)
{
	struct table table;
	struct json_object *value;
};

/* What is written is read again. */
static struct json_object *read_back(struct json_object *written)
{
	struct json_object *value = json_tokener_parse(json_object_to_json_string(written));

	json_object_put(written);
	return value;
}

static const char *string_of(struct json_object *row, const char *key)
{
	struct json_object *member = NULL;

	return json_object_object_get_ex(row, key, &member) ? json_object_get_string(member) : "";
}

FIXTURE_SETUP(form)
{
	self->table = (struct table){ .columns = columns, .width = WIDTH };
	self->value = NULL;
}

FIXTURE_TEARDOWN(form)
{
	json_object_put(self->value);
	table_empty(&self->table);
}

TEST_F(form, a_row_is_an_object)
{
	struct cell *row = table_row(&self->table);

	cell_text(&row[TEXT], "say \"no\\yes\"\n");
	cell_text(&row[PATH], "/tmp/Gr\303\266\303\237e");
	cell_number(&row[NUMBER], UINT64_MAX);
	cell_number(&row[SIZE], 4096);
	cell_number(&row[ADDRESS], 0);
	cell_number(&row[PAGE], 0x7fffffff0);
	self->value = read_back(table_row_json(&self->table, 0));
	EXPECT_STREQ("say \"no\\yes\"?", string_of(self->value, "text"));
	EXPECT_STREQ("18446744073709551615", string_of(self->value, "number"));
	EXPECT_STREQ("4096", string_of(self->value, "size"));
	EXPECT_STREQ("0x0", string_of(self->value, "address"));
	EXPECT_STREQ("0x7fffffff0", string_of(self->value, "page"));
}

TEST_F(form, no_limit_is_null_and_what_is_unknown_is_missing)
{
	struct json_object *member = NULL;
	struct cell *row = table_row(&self->table);

	cell_number(&row[SIZE], UINT64_MAX);
	self->value = read_back(table_row_json(&self->table, 0));
	EXPECT_TRUE(json_object_object_get_ex(self->value, "size", &member));
	EXPECT_EQ(NULL, member);
	EXPECT_FALSE(json_object_object_get_ex(self->value, "number", NULL));
	EXPECT_EQ(1, json_object_object_length(self->value));
}

TEST_F(form, a_row_of_nothing_is_an_empty_object)
{
	table_row(&self->table);
	self->value = read_back(table_row_json(&self->table, 0));
	EXPECT_EQ(0, json_object_object_length(self->value));
}

TEST_F(form, a_table_is_an_array)
{
	for (uint64_t i = 0; i < 1000; i++)
		cell_number(&table_row(&self->table)[NUMBER], i);
	self->value = read_back(table_json(&self->table));
	ASSERT_EQ(1000u, json_object_array_length(self->value));
	EXPECT_STREQ("999", string_of(json_object_array_get_idx(self->value, 999), "number"));
}

TEST_F(form, a_table_without_rows_is_an_empty_array)
{
	self->value = read_back(table_json(&self->table));
	EXPECT_EQ(0u, json_object_array_length(self->value));
}

TEST_HARNESS_MAIN
