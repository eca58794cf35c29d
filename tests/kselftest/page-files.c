// SPDX-License-Identifier: GPL-2.0
/* EnumPageFiles: Linux' swap areas, each by its name (SPEC CC-1). */
#include <psapi.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "swap.h"
#include "vm.h"

/* More than Windows' 16. */
#define AREAS 18

#define CONTROL "/sys/class/zram-control/"

struct seen {
	unsigned int count;
	unsigned int most; /* stop there */
	uint64_t pages;
	uint64_t used;
	bool odd; /* something is wrong with one of them */
	struct {
		char name[128];
		uint64_t pages;
	} areas[32];
};

static void see(struct seen *seen, const ENUM_PAGE_FILE_INFORMATION *about, const char *name)
{
	if (about->cb != sizeof(*about) || about->Reserved || !about->TotalSize ||
	    about->TotalInUse > about->TotalSize || about->PeakUsage < about->TotalInUse)
		seen->odd = true;
	if (seen->count < 32) {
		snprintf(seen->areas[seen->count].name, 128, "%s", name);
		seen->areas[seen->count].pages = about->TotalSize;
	}
	seen->count++;
	seen->pages += about->TotalSize;
	seen->used += about->TotalInUse;
}

static BOOL see_bytes(LPVOID context, PENUM_PAGE_FILE_INFORMATION about, LPCSTR name)
{
	struct seen *seen = context;

	see(seen, about, name);
	return seen->count != seen->most;
}

/* The pages of the area with this name, or 0. */
static uint64_t pages_of(const struct seen *seen, const char *name)
{
	for (unsigned int i = 0; i < seen->count && i < 32; i++)
		if (!strcmp(seen->areas[i].name, name))
			return seen->areas[i].pages;
	return 0;
}

/* A new zram device of some size, formatted: its number, or -1. */
static int area_create(unsigned int kilobytes)
{
	char path[64], size[32];
	int number = -1;
	FILE *file;

	if (access(CONTROL "hot_add", R_OK) && system("modprobe -q zram"))
		return -1;
	file = fopen(CONTROL "hot_add", "re");
	if (!file || fscanf(file, "%d", &number) != 1)
		number = -1;
	if (file)
		fclose(file);
	if (number < 0)
		return -1;
	snprintf(size, sizeof(size), "%uK", kilobytes);
	snprintf(path, sizeof(path), "/sys/block/zram%d/disksize", number);
	if (!proc_write(path, size))
		return -1;
	snprintf(path, sizeof(path), "/dev/zram%d", number);
	for (int tries = 0; access(path, W_OK) && tries < 100; tries++)
		usleep(20000);
	return swap_format(path, kilobytes / 4) ? number : -1;
}

static bool area_remove(int number)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", number);
	return proc_write(CONTROL "hot_remove", text);
}

static void area_path(char path[32], int number)
{
	snprintf(path, 32, "/dev/zram%d", number);
}

static void area_delete(int number)
{
	char path[32];

	area_path(path, number);
	swapoff(path);
	area_remove(number);
}

TEST(none)
{
	struct seen seen = { 0 };

	if (proc_meminfo_kb("SwapTotal:") > 0)
		SKIP(return, "this machine has swap");
	EXPECT_WORKS(EnumPageFilesA(see_bytes, &seen));
	EXPECT_EQ(0u, seen.count);
}

TEST(no_function)
{
	EXPECT_FAILS(87, EnumPageFilesA(NULL, NULL));
	EXPECT_FAILS(87, EnumPageFilesW(NULL, NULL));
}

/* Each is named, and its size is told in pages: all but the first, which is its header. */
TEST(eighteen_areas)
{
	struct seen seen = { 0 }, few = { .most = 5 };
	int numbers[AREAS], count = 0;
	char path[32];

	for (; count < AREAS; count++) {
		numbers[count] = area_create(1024 + 64 * (unsigned int)count);
		if (numbers[count] < 0)
			break;
		area_path(path, numbers[count]);
		if (swapon(path, 0)) {
			area_remove(numbers[count]);
			break;
		}
	}
	if (!count)
		SKIP(return, "no zram in this kernel");
	EXPECT_EQ(AREAS, count);
	EXPECT_WORKS(EnumPageFilesA(see_bytes, &seen));
	EXPECT_EQ((unsigned int)count, seen.count);
	EXPECT_FALSE(seen.odd);
	EXPECT_EQ((uint64_t)proc_meminfo_kb("SwapTotal:"), seen.pages * 4);
	for (int i = 0; i < count; i++) {
		area_path(path, numbers[i]);
		EXPECT_EQ(256u + 16u * (unsigned int)i - 1, pages_of(&seen, path));
	}
	EXPECT_WORKS(EnumPageFilesA(see_bytes, &few));
	EXPECT_EQ(5u, few.count);
	for (int i = 0; i < count; i++)
		area_delete(numbers[i]);
}

/* What Linux writes as \ooo, UTF-8, and a byte that is none. */
#define ODD_NAME  "/tmp/swap \\\t\n\\040\xc3\xa4\xff\xf0\x9f\x98\x80"
#define ODD_UNITS u"/tmp/swap \\\t\n\\040\u00e4\ufffd\U0001f600"

static BOOL see_units(LPVOID context, PENUM_PAGE_FILE_INFORMATION about, LPCWSTR name)
{
	static const WCHAR expected[] = ODD_UNITS;
	struct seen *seen = context;

	see(seen, about, memcmp(name, expected, sizeof(expected)) ? "another" : "as expected");
	return TRUE;
}

TEST(names_with_odd_characters)
{
	struct seen bytes = { 0 }, units = { 0 };
	struct stat about;
	char path[32];
	int number = area_create(2048);

	if (number < 0)
		SKIP(return, "no zram in this kernel");
	area_path(path, number);
	ASSERT_EQ(0, stat(path, &about));
	unlink(ODD_NAME);
	ASSERT_EQ(0, mknod(ODD_NAME, S_IFBLK | 0600, about.st_rdev));
	ASSERT_EQ(0, swapon(ODD_NAME, 0));
	EXPECT_WORKS(EnumPageFilesA(see_bytes, &bytes));
	EXPECT_EQ(511u, pages_of(&bytes, ODD_NAME));
	EXPECT_WORKS(EnumPageFilesW(see_units, &units));
	EXPECT_EQ(511u, pages_of(&units, "as expected"));
	EXPECT_EQ(0, swapoff(ODD_NAME));
	EXPECT_EQ(0, unlink(ODD_NAME));
	EXPECT_TRUE(area_remove(number));
}

/* Dirty private pages that are thrown out of memory are found in the page file. */
TEST(pages_in_use)
{
	struct seen before = { 0 }, after = { 0 };
	const SIZE_T pages = 512;
	int number = area_create(16384);
	char *base = commit(pages * PAGE);
	char path[32];

	if (number < 0)
		SKIP(return, "no zram in this kernel");
	area_path(path, number);
	ASSERT_EQ(0, swapon(path, 0));
	for (SIZE_T i = 0; i < pages; i++)
		base[i * PAGE] = 'x';
	ASSERT_TRUE(EnumPageFilesA(see_bytes, &before));
	ASSERT_EQ(0, madvise(base, pages * PAGE, MADV_PAGEOUT));
	ASSERT_TRUE(EnumPageFilesA(see_bytes, &after));
	TH_LOG("%lu of %lu pages went out", after.used - before.used, pages);
	EXPECT_LE(before.used + pages / 2, after.used);
	for (SIZE_T i = 0; i < pages; i++)
		EXPECT_READS('x', base + i * PAGE);
	EXPECT_TRUE(release(base));
	area_delete(number);
}

VM_TEST_MAIN
