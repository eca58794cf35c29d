// SPDX-License-Identifier: GPL-2.0
/* What the kernel counts of memory and page files, as the program winvm reads it. */
#include <harness.h>

#include <locale.h>
#include <string.h>

#include "../../libwinvm/tools/memory.h"
#include "../../libwinvm/tools/pagefile.h"

#define KB UINT64_C(1024)

static bool read_memory(const char *text, struct memory *memory)
{
	FILE *file = fmemopen((char *)(uintptr_t)text, strlen(text), "r");
	bool known = memory_read(file, memory);

	fclose(file);
	return known;
}

static struct table read_page_files(const char *text)
{
	struct table table = { .columns = page_file_columns, .width = PAGE_FILE_WIDTH };
	FILE *file = fmemopen((char *)(uintptr_t)text, strlen(text), "r");

	page_files_read(file, &table);
	fclose(file);
	return table;
}

TEST(parts_make_up_the_whole)
{
	struct bar_part parts[MEMORY_PARTS];
	struct memory memory;
	uint64_t sum = 0;

	ASSERT_TRUE(read_memory("MemTotal:  1000 kB\nMemFree: 100 kB\nMemAvailable: 400 kB\n"
				"Buffers: 10 kB\nCached: 300 kB\nDirty: 20 kB\nWriteback: 5 kB\n"
				"AnonPages: 200 kB\nShmem: 50 kB\nSlab: 80 kB\n"
				"SReclaimable: 30 kB\nPageTables: 7 kB\nSecPageTables: 1 kB\n"
				"KernelStack: 6 kB\nPercpu: 4 kB\nHugePages_Total: 3\n"
				"Hugetlb: 64 kB\n",
				&memory));
	EXPECT_EQ(50 * KB, memory.shareable);
	EXPECT_EQ(25 * KB, memory.modified);
	EXPECT_EQ(235 * KB, memory.standby);
	EXPECT_EQ(8 * KB, memory.tables);
	EXPECT_EQ(228 * KB, memory.other);
	EXPECT_EQ(memory_kernel(&memory) - 30 * KB, memory_nonpaged(&memory));
	memory_bar(&memory, parts);
	for (size_t i = 0; i < MEMORY_PARTS; i++)
		sum += parts[i].amount;
	EXPECT_EQ(memory.total, sum);
}

TEST(counters_of_two_moments_are_no_huge_numbers)
{
	struct memory memory;

	ASSERT_TRUE(read_memory("MemTotal: 100 kB\nMemFree: 90 kB\nCached: 10 kB\nShmem: 20 kB\n"
				"Dirty: 5 kB\nAnonPages: 30 kB\n",
				&memory));
	EXPECT_EQ(0, memory.standby);
	EXPECT_EQ(0, memory.modified);
	EXPECT_EQ(0, memory.other);
}

TEST(what_tells_no_memory_is_noticed)
{
	struct memory memory;

	EXPECT_FALSE(read_memory("\n", &memory));
	EXPECT_FALSE(read_memory("MemTotal 100\nMemTotal: kB\n:::\n", &memory));
}

TEST(page_files_have_any_name)
{
	struct table table = read_page_files(
		"Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
		"/dev/dm-0                               partition\t1024\t\t256\t\t-2\n"
		"/a\\040b\\011c\\134040d\\012  file\t\t8\t\t8\t\t32767\n"
		"/swap\\040(deleted) file 4 0 5\n");

	ASSERT_EQ(3, table.rows);
	EXPECT_STREQ("/dev/dm-0", table_cell(&table, 0, PAGE_FILE_NAME)->text);
	EXPECT_EQ(-2, (int64_t)table_cell(&table, 0, PAGE_FILE_PRIORITY)->number);
	EXPECT_EQ(768 * KB, table_cell(&table, 0, PAGE_FILE_FREE)->number);
	EXPECT_STREQ("/a b?c\\040d?", table_cell(&table, 1, PAGE_FILE_NAME)->text);
	EXPECT_EQ(0, table_cell(&table, 1, PAGE_FILE_FREE)->number);
	EXPECT_STREQ("/swap (deleted)", table_cell(&table, 2, PAGE_FILE_NAME)->text);
	EXPECT_STREQ("file", table_cell(&table, 2, PAGE_FILE_TYPE)->text);
	table_empty(&table);
}

TEST(damaged_lists_of_page_files_are_survived)
{
	static const char *const wrong[] = {
		"\n",
		"/x",
		"/x file",
		"/x file 1 2",
		"/x file one two three",
		"  file 1 2 3\n\n",
		"\\",
		"/x\\0 file 1 x 3",
		"/x\\9",
	};

	for (size_t n = 0; n < sizeof(wrong) / sizeof(wrong[0]); n++) {
		struct table table = read_page_files(wrong[n]);

		EXPECT_TRUE(table.rows == 0 || n == 5)
		TH_LOG("\"%s\"", wrong[n]);
		table_empty(&table);
	}
}

static size_t drawn(const struct bar_part *parts, size_t count, uint64_t full, size_t width,
		    size_t *columns)
{
	size_t sum = 0;

	bar_lay_out(parts, count, full, width, columns);
	for (size_t i = 0; i < count; i++)
		sum += columns[i];
	return sum;
}

TEST(bars_are_as_long_as_what_they_stand_for)
{
	const struct bar_part parts[] = {
		{ 1, COLOUR_NONE, 'a', "a" },
		{ 0, COLOUR_NONE, 'b', "b" },
		{ 499, COLOUR_NONE, 'c', "c" },
		{ 500, COLOUR_NONE, 'd', "d" },
	};
	size_t columns[4];

	EXPECT_EQ(10, drawn(parts, 4, 1000, 10, columns));
	EXPECT_EQ(1, columns[0]);
	EXPECT_EQ(0, columns[1]);
	EXPECT_EQ(4, columns[2]);
	EXPECT_EQ(5, columns[3]);
	EXPECT_EQ(5, drawn(parts, 4, 2000, 10, columns));
	EXPECT_EQ(1, drawn(parts, 4, 1000, 1, columns));
	EXPECT_EQ(0, drawn(parts, 4, 1000, 0, columns));
	EXPECT_EQ(3, drawn(parts, 4, 0, 10, columns)); /* of nothing: a column each */
	EXPECT_EQ(3, drawn(parts, 4, 1, 3, columns)); /* more than there is */
}

TEST_HARNESS_MAIN
