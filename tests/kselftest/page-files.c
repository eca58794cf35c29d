// SPDX-License-Identifier: GPL-2.0
/* EnumPageFiles: Linux' swap areas, each by its name (SPEC CC-1). */
#include <psapi.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "squeeze.h"
#include "working-set.h"

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
		uint64_t used;
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
		seen->areas[seen->count].used = about->TotalInUse;
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

/* A new zram device of some size: its number, or -1. */
static int disk_create(unsigned int kilobytes)
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
	return number;
}

/* The same, and formatted. */
static int area_create(unsigned int kilobytes)
{
	int number = disk_create(kilobytes);
	char path[32];

	snprintf(path, sizeof(path), "/dev/zram%d", number);
	return number >= 0 && swap_format(path, kilobytes / 4) ? number : -1;
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

/* As many as can be had up to @most, of equal priority: all are used. */
static int areas_begin(int *numbers, int most, unsigned int kilobytes, unsigned int more)
{
	char path[32];
	int count;

	for (count = 0; count < most; count++) {
		numbers[count] = area_create(kilobytes + more * (unsigned int)count);
		if (numbers[count] < 0)
			break;
		area_path(path, numbers[count]);
		if (swapon(path, SWAP_FLAG_PREFER | 5)) {
			area_remove(numbers[count]);
			break;
		}
	}
	return count;
}

static void areas_end(const int *numbers, int count)
{
	for (int i = 0; i < count; i++)
		area_delete(numbers[i]);
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
	int numbers[AREAS], count = areas_begin(numbers, AREAS, 1024, 64);
	char path[32];

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
	areas_end(numbers, count);
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

/*
 * Two kinds of pages that Linux takes: private ones that were written, and those
 * of a file on a disk that were only read.
 */
#define PRIVATE_PAGES ((SIZE_T)1500)
#define FILE_PAGES    ((SIZE_T)1000)
#define MOUNT	      "/tmp/page-files.disk"

struct scene {
	int areas[AREAS];
	int count;
	int disk;
	char *written; /* PRIVATE_PAGES */
	char *read; /* FILE_PAGES */
};

/* A file of other contents in each page, all of it on the disk and none in memory. */
static int file_begin(int disk)
{
	static char contents[4096];
	char command[96], path[32];
	int file;

	area_path(path, disk);
	snprintf(command, sizeof(command), "mkfs.ext4 -q %s && modprobe -q ext4", path);
	if (system(command) || (mkdir(MOUNT, 0700) && errno != EEXIST) ||
	    mount(path, MOUNT, "ext4", 0, NULL))
		return -1;
	file = open(MOUNT "/file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	for (SIZE_T i = 0; file >= 0 && i < FILE_PAGES; i++) {
		squeeze_fill(contents, 5000 + i);
		if (write(file, contents, PAGE) != (ssize_t)PAGE)
			return -1;
	}
	if (file < 0 || fsync(file) || posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED))
		return -1;
	return file;
}

static void file_end(int disk)
{
	umount(MOUNT);
	rmdir(MOUNT);
	if (disk >= 0)
		area_remove(disk);
}

static SIZE_T in_memory(void *base, SIZE_T pages)
{
	unsigned char flags[PRIVATE_PAGES];
	SIZE_T count = 0;

	if (mincore(base, pages * PAGE, flags))
		return SIZE_MAX;
	for (SIZE_T i = 0; i < pages; i++)
		count += flags[i] & 1;
	return count;
}

static SIZE_T in_page_file(const char *base, SIZE_T pages)
{
	SIZE_T count = 0;

	for (SIZE_T i = 0; i < pages; i++)
		count += page_location(base + i * PAGE) == MemoryLocationPagefile;
	return count;
}

/* Reading brings pages in, and shows what they hold. */
static SIZE_T intact(const char *base, SIZE_T pages, uint64_t number)
{
	SIZE_T count = 0;

	for (SIZE_T i = 0; i < pages; i++)
		count += squeeze_kind(base + i * PAGE, number + i) == SQUEEZE_INTACT;
	return count;
}

/* How many of the areas have more in them than before, and how much in all. */
static SIZE_T areas_grown(const struct seen *before, uint64_t *pages)
{
	struct seen after = { 0 };
	SIZE_T grown = 0;

	if (!EnumPageFilesA(see_bytes, &after) || after.count != before->count || after.odd)
		return 0;
	for (unsigned int i = 0; i < after.count; i++)
		grown += after.areas[i].used > before->areas[i].used;
	*pages = after.used - before->used;
	return grown;
}

FIXTURE(scene)
{
	struct scene scene;
	const char *lacking;
};

FIXTURE_VARIANT(scene)
{
	bool pressure;
};

/* Linux is told which pages can go. */
FIXTURE_VARIANT_ADD(scene, told){
	.pressure = false,
};

/* Memory is short, and Linux chooses: both kinds at once. */
FIXTURE_VARIANT_ADD(scene, short_of_memory){
	.pressure = true,
};

static const char *scene_begin(struct scene *scene, bool pressure)
{
	int file;

	scene->count = areas_begin(scene->areas, AREAS, 1024, 0);
	scene->disk = disk_create(16384);
	if (scene->count < AREAS || scene->disk < 0)
		return "no zram in this kernel";
	if (pressure && !group_join(0))
		return "no memory cgroups (version 2) on this machine";
	file = file_begin(scene->disk);
	if (file < 0)
		return "no ext4 on this machine";
	scene->read = mmap(NULL, FILE_PAGES * PAGE, PROT_READ, MAP_PRIVATE, file, 0);
	close(file);
	scene->written = commit(PRIVATE_PAGES * PAGE);
	for (SIZE_T i = 0; scene->written && i < PRIVATE_PAGES; i++)
		squeeze_fill(scene->written + i * PAGE, i);
	return NULL;
}

FIXTURE_SETUP(scene)
{
	self->lacking = scene_begin(&self->scene, variant->pressure);
	if (self->lacking)
		SKIP(return, "%s", self->lacking);
	ASSERT_NE(NULL, self->scene.written);
	ASSERT_NE(MAP_FAILED, (void *)self->scene.read);
}

FIXTURE_TEARDOWN(scene)
{
	if (!self->lacking) {
		EXPECT_TRUE(release(self->scene.written));
		munmap(self->scene.read, FILE_PAGES * PAGE);
	}
	if (variant->pressure)
		group_leave();
	areas_end(self->scene.areas, self->scene.count);
	file_end(self->scene.disk);
}

/* Linux may find less than it is asked for, and then it is asked again. */
static void squeeze_out(struct scene *scene)
{
	for (int tries = 0; tries < 100; tries++) {
		if (!in_memory(scene->read, FILE_PAGES) &&
		    in_page_file(scene->written, PRIVATE_PAGES) == PRIVATE_PAGES)
			return;
		group_reclaim("4M");
	}
}

static void send_out(struct scene *scene, bool pressure)
{
	if (pressure) {
		squeeze_out(scene);
		return;
	}
	madvise(scene->read, FILE_PAGES * PAGE, MADV_PAGEOUT);
	madvise(scene->written, PRIVATE_PAGES * PAGE, MADV_PAGEOUT);
}

/*
 * The written pages go to the page files, each of which tells so, and none of
 * the file's does: these are dropped, and nothing is written for them anywhere.
 */
TEST_F_TIMEOUT(scene, dirty_pages_are_written_and_clean_ones_dropped, 240)
{
	struct scene *scene = &self->scene;
	struct seen before = { 0 };
	uint64_t pages = 0;
	SIZE_T grown, out;

	if (self->lacking)
		return;
	ASSERT_EQ(FILE_PAGES, intact(scene->read, FILE_PAGES, 5000));
	ASSERT_EQ(FILE_PAGES, in_memory(scene->read, FILE_PAGES));
	ASSERT_TRUE(EnumPageFilesA(see_bytes, &before));
	ASSERT_EQ((unsigned int)AREAS, before.count);
	send_out(scene, variant->pressure);
	out = in_page_file(scene->written, PRIVATE_PAGES);
	grown = areas_grown(&before, &pages);
	TH_LOG("%zu private pages out, %zu of the file in; %zu areas hold %lu more", out,
	       in_memory(scene->read, FILE_PAGES), grown, pages);
	EXPECT_LE(PRIVATE_PAGES * 3 / 4, out);
	EXPECT_GE(FILE_PAGES / 8, in_memory(scene->read, FILE_PAGES));
	/* More than an area holds; and other pages of this process are few. */
	EXPECT_LE((SIZE_T)4, grown);
	EXPECT_LE(out, pages);
	EXPECT_GE(PRIVATE_PAGES + FILE_PAGES / 2, pages);
	/* Back from the file, which costs no page file anything, and from the page files. */
	EXPECT_EQ(FILE_PAGES, intact(scene->read, FILE_PAGES, 5000));
	EXPECT_EQ(out, in_page_file(scene->written, PRIVATE_PAGES));
	EXPECT_EQ(PRIVATE_PAGES, intact(scene->written, PRIVATE_PAGES, 0));
	EXPECT_EQ(0u, in_page_file(scene->written, PRIVATE_PAGES));
}

VM_TEST_MAIN
