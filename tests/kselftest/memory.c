// SPDX-License-Identifier: GPL-2.0
/* What memory costs: page tables, VMAs, page frames (SPEC DS-13, VA-25, VF-23). */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "vm.h"

#define GIGABYTE ((SIZE_T)1 << 30)

/* A line "NAME: 123 kB" of a /proc file, in bytes. */
static uint64_t proc_bytes(const char *path, const char *name)
{
	FILE *file = fopen(path, "r");
	uint64_t value = UINT64_MAX;
	char line[256];

	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, name, strlen(name)) && line[strlen(name)] == ':')
			value = strtoull(line + strlen(name) + 1, NULL, 10) * 1024;
	if (file)
		fclose(file);
	return value;
}

static uint64_t page_tables(void)
{
	return proc_bytes("/proc/self/status", "VmPTE");
}

static uint64_t shared_memory(void)
{
	return proc_bytes("/proc/meminfo", "Shmem");
}

static unsigned int mappings(void)
{
	FILE *file = fopen("/proc/self/maps", "r");
	unsigned int count = 0;
	int character;

	while (file && (character = fgetc(file)) != EOF)
		count += character == '\n';
	if (file)
		fclose(file);
	return count;
}

TEST(reservation_makes_no_page_tables)
{
	uint64_t before;

	ASSERT_NE(NULL, reserve(PAGE));
	before = page_tables();
	for (int i = 0; i < 100; i++)
		ASSERT_NE(NULL, reserve(16 * GIGABYTE));
	EXPECT_EQ(before, page_tables());
}

TEST(commit_alone_takes_no_page_frames)
{
	uint64_t shared, tables;
	char *base = reserve(GIGABYTE);

	ASSERT_NE(NULL, base);
	shared = shared_memory();
	tables = page_tables();
	for (SIZE_T offset = 0; offset < GIGABYTE; offset += 2 * PAGE)
		ASSERT_TRUE(commit_at(base + offset, PAGE, PAGE_READWRITE));
	EXPECT_GT(shared + 4096 * PAGE, shared_memory());
	EXPECT_EQ(tables, page_tables());
}

/* Every other page of a gigabyte, and their protections: no VMA is split. */
TEST(alternating_pages_split_no_mapping)
{
	char *base = reserve(GIGABYTE);
	unsigned int before;

	ASSERT_NE(NULL, base);
	before = mappings();
	for (SIZE_T offset = 0; offset < GIGABYTE; offset += 2 * PAGE)
		ASSERT_TRUE(commit_at(base + offset, PAGE, PAGE_READWRITE));
	EXPECT_EQ(before, mappings());
	for (SIZE_T offset = 0; offset < GIGABYTE / 16; offset += 4 * PAGE)
		ASSERT_TRUE(protect(base + offset, PAGE, PAGE_READONLY));
	EXPECT_EQ(before, mappings());
	EXPECT_COMMITTED(base, base, PAGE, PAGE_READONLY);
	EXPECT_RESERVED(base + PAGE, base, PAGE);
	EXPECT_COMMITTED(base + 2 * PAGE, base, PAGE, PAGE_READWRITE);
}

TEST(first_touch_brings_one_zero_page)
{
	char *base = commit(1024 * PAGE);
	uint64_t before = shared_memory();

	ASSERT_NE(NULL, base);
	for (SIZE_T i = 0; i < 1024; i++)
		EXPECT_READS(0, base + i * PAGE + i);
	EXPECT_LE(before + 1000 * PAGE, shared_memory());
}

TEST(decommit_gives_page_frames_back)
{
	char *base = commit(8192 * PAGE);
	uint64_t before = shared_memory();

	ASSERT_NE(NULL, base);
	memset(base, 0x5a, 8192 * PAGE);
	EXPECT_LE(before + 8000 * PAGE, shared_memory());
	ASSERT_TRUE(decommit(base, 8192 * PAGE));
	EXPECT_GT(before + 500 * PAGE, shared_memory());
	ASSERT_TRUE(commit_at(base, 8192 * PAGE, PAGE_READWRITE));
	for (SIZE_T i = 0; i < 8192; i += 97)
		EXPECT_READS(0, base + i * PAGE);
}

TEST(bookkeeping_is_given_back)
{
	struct winvm_counters before, after;
	char *base;

	ASSERT_NE(NULL, reserve(PAGE));
	before = counters();
	base = reserve(GIGABYTE);
	ASSERT_NE(NULL, base);
	for (SIZE_T offset = 0; offset < GIGABYTE; offset += 2 * PAGE)
		ASSERT_TRUE(commit_at(base + offset, PAGE, PAGE_READWRITE));
	after = counters();
	EXPECT_LT(before.bookkeeping_bytes, after.bookkeeping_bytes);
	/* Two bytes a page, and a little for the tables above. */
	EXPECT_GT(before.bookkeeping_bytes + GIGABYTE / PAGE * 3, after.bookkeeping_bytes);
	ASSERT_TRUE(release(base));
	after = counters();
	EXPECT_EQ(before.commit_bytes, after.commit_bytes);
	EXPECT_EQ(before.virtual_bytes, after.virtual_bytes);
	EXPECT_EQ(before.vads, after.vads);
	/* Upper tables may stay; the leaves, a page for 8 MB, must not. */
	EXPECT_GT(before.bookkeeping_bytes + 8 * PAGE, after.bookkeeping_bytes);
}

static double reserve_and_release(SIZE_T bytes, int rounds)
{
	struct timespec start, end;

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (int i = 0; i < rounds; i++)
		release(reserve(bytes));
	clock_gettime(CLOCK_MONOTONIC, &end);
	return ((double)(end.tv_sec - start.tv_sec) * 1e9 + (double)(end.tv_nsec - start.tv_nsec)) /
	       rounds;
}

/* A figure, not a verdict: 16 GB should cost what 64 KB cost. */
TEST(cost_of_a_reservation_does_not_grow_with_its_size)
{
	double small, large;

	reserve_and_release(16 * GIGABYTE, 100);
	small = reserve_and_release(0x10000, 2000);
	large = reserve_and_release(16 * GIGABYTE, 2000);
	TH_LOG("64 KB: %.0f ns, 16 GB: %.0f ns, ratio %.2f", small, large, large / small);
	EXPECT_LT(large, small * 100);
}

VM_TEST_MAIN
