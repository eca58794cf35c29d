// SPDX-License-Identifier: GPL-2.0
/* Names of objects (SPEC SE-11). */
#include "name.h"
#include "kselftest_harness.h"

#include <string.h>

static u32 check(const char *text)
{
	return winvm_check_name(text, strlen(text));
}

static int order(const char *a, const char *b)
{
	return winvm_name_order(a, strlen(a), b, strlen(b));
}

TEST(SE_11_lengths)
{
	EXPECT_EQ(STATUS_SUCCESS, winvm_check_name_length(1));
	EXPECT_EQ(STATUS_SUCCESS, winvm_check_name_length(1020));
	EXPECT_EQ(STATUS_NAME_TOO_LONG, winvm_check_name_length(1021));
	EXPECT_EQ(STATUS_NAME_TOO_LONG, winvm_check_name_length(~0ULL));
}

TEST(SE_11_bytes_that_names_have)
{
	EXPECT_EQ(STATUS_SUCCESS, check("x"));
	EXPECT_EQ(STATUS_SUCCESS, check("a name/of: \xc3\xa4 \xff \x01 *?"));
	EXPECT_EQ(STATUS_OBJECT_PATH_NOT_FOUND, check("\\x"));
	EXPECT_EQ(STATUS_OBJECT_PATH_NOT_FOUND, check("x\\"));
	EXPECT_EQ(STATUS_OBJECT_NAME_INVALID, winvm_check_name("a\0b", 3));
	EXPECT_EQ(STATUS_OBJECT_NAME_INVALID, winvm_check_name("a\0", 2));
	/* What lies behind does not count. */
	EXPECT_EQ(STATUS_SUCCESS, winvm_check_name("a\\", 1));
}

TEST(SE_11_every_byte_counts)
{
	EXPECT_EQ(0, order("name", "name"));
	EXPECT_NE(0, order("name", "Name"));
	EXPECT_NE(0, order("name", "name "));
	EXPECT_NE(0, order("name", "nam"));
	EXPECT_EQ(0, winvm_name_order("namex", 4, "namey", 4));
}

TEST(SE_11_names_have_an_order)
{
	static const char *const sorted[] = { "", "A", "AA", "AB", "B", "a", "\x80", "\xff" };

	for (int i = 0; i < 8; i++)
		for (int j = 0; j < 8; j++) {
			EXPECT_EQ(i < j, order(sorted[i], sorted[j]) < 0);
			EXPECT_EQ(i > j, order(sorted[i], sorted[j]) > 0);
		}
}

TEST_HARNESS_MAIN
