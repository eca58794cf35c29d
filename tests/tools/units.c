// SPDX-License-Identifier: GPL-2.0
/* Sizes as the program winvm reads and writes them, and names that are made fit for screens. */
#include <harness.h>

#include <locale.h>

#include "../../libwinvm/tools/text.h"
#include "../../libwinvm/tools/unit.h"

#define NO_SIZE 12345678

static uint64_t size(const char *text)
{
	uint64_t bytes;

	return unit_parse(text, &bytes) ? bytes : NO_SIZE;
}

TEST(sizes_are_read)
{
	EXPECT_EQ(0, size("0"));
	EXPECT_EQ(4096, size("4096"));
	EXPECT_EQ(4096, size("4096B"));
	EXPECT_EQ(65536, size("64K"));
	EXPECT_EQ(65536, size("64k"));
	EXPECT_EQ(65536, size("64KiB"));
	EXPECT_EQ(64ULL << 20, size("64 MB"));
	EXPECT_EQ(3ULL << 29, size("1.5G"));
	EXPECT_EQ(1ULL << 40, size("1T"));
	EXPECT_EQ(UINT64_MAX, size("none"));
}

TEST(what_is_no_size_is_refused)
{
	static const char *const wrong[] = {
		"",
		"K",
		"-1",
		"+1",
		" 1",
		"1.",
		"1.5",
		"1.5B",
		"0x10",
		"1Q",
		"1KK",
		"1M ",
		"18446744073709551616",
		"99999999T",
		"none ",
		"1e6",
	};

	for (size_t n = 0; n < sizeof(wrong) / sizeof(wrong[0]); n++) {
		EXPECT_EQ(NO_SIZE, size(wrong[n]))
		TH_LOG("\"%s\"", wrong[n]);
	}
}

TEST(pages_are_written)
{
	EXPECT_STREQ("24f8b5710", unit_page(0x24f8b5710).text);
	EXPECT_STREQ("000000010", unit_page(16).text);
	EXPECT_STREQ("000000000010", unit_address(16).text);
	EXPECT_STREQ("ffffffffffff", unit_page(0xffffffffffff).text);
}

TEST(sizes_are_written)
{
	EXPECT_STREQ("0 K", unit_size(0, UNIT_KB).text);
	EXPECT_STREQ("1 K", unit_size(1, UNIT_KB).text);
	EXPECT_STREQ("10,224 K", unit_size(10469376, UNIT_KB).text);
	EXPECT_STREQ("10,469,376", unit_size(10469376, UNIT_BYTES).text);
	EXPECT_STREQ("9.98 MB", unit_size(10469376, UNIT_HUMAN).text);
	EXPECT_STREQ("4 KB", unit_size(4096, UNIT_HUMAN).text);
	EXPECT_STREQ("128 TB", unit_size((1ULL << 47) - 131072, UNIT_HUMAN).text);
	EXPECT_STREQ("1.00 MB", unit_size((1ULL << 20) - 1, UNIT_HUMAN).text);
	EXPECT_STREQ("16 EB", unit_size(UINT64_MAX, UNIT_HUMAN).text);
	EXPECT_STREQ("18,446,744,073,709,551,615", unit_number(UINT64_MAX).text);
}

TEST(changes_are_written)
{
	EXPECT_STREQ("0 K", unit_change(0, UNIT_KB).text);
	EXPECT_STREQ("+4 K", unit_change(4096, UNIT_KB).text);
	EXPECT_STREQ("-4 KB", unit_change(-4096, UNIT_HUMAN).text);
	EXPECT_STREQ("-9,223,372,036,854,775,807", unit_change(-INT64_MAX, UNIT_BYTES).text);
}

static bool cleaned(const char *text, const char *wanted)
{
	char *clean = text_clean(text);
	bool same = !strcmp(clean, wanted);

	free(clean);
	return same;
}

TEST(names_cannot_speak_to_the_terminal)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	EXPECT_TRUE(cleaned("plain name", "plain name"));
	EXPECT_TRUE(cleaned("\033[2J\a\n", "?[2J??"));
	EXPECT_TRUE(cleaned("Gr\303\266\303\237e", "Gr\303\266\303\237e"));
	EXPECT_TRUE(cleaned("\303", "?"));
	EXPECT_TRUE(cleaned("\302\233K", "?K")); /* CSI in one character */
	EXPECT_TRUE(cleaned("\377\376", "??"));
}

TEST(widths_are_of_characters)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	EXPECT_EQ(5, text_width("Gr\303\266\303\237e"));
	EXPECT_EQ(4, text_fit("Gr\303\266\303\237e", 3));
	EXPECT_EQ(4, text_width("\344\270\255\346\226\207"));
	EXPECT_EQ(3, text_fit("\344\270\255\346\226\207", 3));
}

TEST_HARNESS_MAIN
