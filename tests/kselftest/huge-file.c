// SPDX-License-Identifier: GPL-2.0
/*
 * A file that is larger than memory, viewed through a window of 64 MB: every
 * byte of it is looked at, and nothing grows (SPEC SE-19, CC-6).
 *
 *	huge-file [MB]		128 by default, which is not larger than memory
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "disks.h"
#include "files.h"
#include "section.h"

#define WINDOW ((SIZE_T)64 << 20)
#define MARKS  ((SIZE_T)0x2345000) /* from one page that is not empty to the next */
#define TEXT   "a page that is not empty"

static char zeros[PAGE];

static SIZE_T file_bytes(void)
{
	const char *megabytes = getenv("HUGE_FILE_MB");

	return (megabytes ? strtoul(megabytes, NULL, 0) : 128) << 20;
}

static bool make(const char *path, SIZE_T bytes)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool made = fd >= 0 && !ftruncate(fd, (off_t)bytes);

	for (SIZE_T at = 0; made && at < bytes; at += MARKS)
		made = pwrite(fd, TEXT, sizeof(TEXT), (off_t)at) == sizeof(TEXT);
	if (fd >= 0)
		close(fd);
	return made;
}

/* Is each byte of a page what make() has made it? */
static bool right(const char *page, SIZE_T at)
{
	if (at % MARKS)
		return !memcmp(page, zeros, PAGE);
	return !memcmp(page, TEXT, sizeof(TEXT)) &&
	       !memcmp(page + sizeof(TEXT), zeros, PAGE - sizeof(TEXT));
}

/* Pages of the window that are wrong, or -1 if it cannot be mapped. */
static long check(HANDLE section, SIZE_T offset)
{
	char *view =
		MapViewOfFile(section, FILE_MAP_READ, (DWORD)(offset >> 32), (DWORD)offset, WINDOW);
	long wrong = 0;

	if (!view)
		return -1;
	for (SIZE_T at = 0; at < WINDOW; at += PAGE)
		wrong += !right(view + at, offset + at);
	return UnmapViewOfFile(view) ? wrong : -1;
}

static long kilobytes(const char *file, const char *what)
{
	FILE *lines = fopen(file, "re");
	long value = -1;
	char line[256];

	while (lines && fgets(line, sizeof(line), lines))
		if (!strncmp(line, what, strlen(what)))
			value = strtol(line + strlen(what), NULL, 10);
	if (lines)
		fclose(lines);
	return value;
}

static long memory(const char *what)
{
	return kilobytes("/proc/meminfo", what);
}

/*
 * Kilobytes that the kernel cannot have back. Not the total less MemAvailable:
 * that counts half of a small page cache as kept, and so falls as files are read.
 */
static long kept(void)
{
	return memory("MemTotal:") - memory("MemFree:") - memory("Buffers:") -
	       memory("Cached:") - memory("SReclaimable:") + memory("Shmem:");
}

FIXTURE(huge_file)
{
	struct disk disk;
	SIZE_T bytes;
	HANDLE file;
	HANDLE section;
};

FIXTURE_SETUP(huge_file)
{
	if (!disk_begin(&self->disk, DISK_EXT4))
		SKIP(return, "this machine cannot make an ext4");
	self->bytes = file_bytes();
	ASSERT_TRUE(make(self->disk.file, self->bytes));
	self->file = open_as(self->disk.file, GENERIC_READ, OPEN_EXISTING, 0);
	self->section = CreateFileMappingA(self->file, NULL, PAGE_READONLY, 0, 0, NULL);
	ASSERT_NE(NULL, self->section);
}

FIXTURE_TEARDOWN(huge_file)
{
	CloseHandle(self->section);
	CloseHandle(self->file);
	disk_end(&self->disk);
}

/* An hour for all of the ten gigabytes in an emulator. */
TEST_F_TIMEOUT(huge_file, SE_19_every_byte_of_a_file_larger_than_memory, 3600)
{
	struct winvm_counters before, after;
	long used, wrong = 0;
	time_t began = time(NULL);

	ASSERT_EQ(0, check(self->section, 0));
	before = counters();
	used = kept();
	for (SIZE_T offset = 0; offset < self->bytes && !wrong; offset += WINDOW)
		wrong = check(self->section, offset);
	EXPECT_EQ(0, wrong);
	after = counters();
	EXPECT_EQ(before.commit_bytes, after.commit_bytes);
	EXPECT_EQ(before.system_commit_bytes, after.system_commit_bytes);
	EXPECT_EQ(before.virtual_bytes, after.virtual_bytes);
	EXPECT_EQ(before.vads, after.vads);
	/* The most that was in the page tables is the window, and what a program has anyway. */
	EXPECT_LT((long)(WINDOW >> 10), kilobytes("/proc/self/status", "VmHWM:"));
	EXPECT_GT((long)(WINDOW >> 10) + 16384, kilobytes("/proc/self/status", "VmHWM:"));
	EXPECT_GT(used + 32768, kept());
	TH_LOG("%zu MB in %ld s", self->bytes >> 20, (long)(time(NULL) - began));
}

int main(int argc, char **argv)
{
	if (!probe_begin() || (argc == 2 && setenv("HUGE_FILE_MB", argv[1], 1)))
		ksft_exit_fail_msg("cannot begin\n");
	return test_harness_run(1, argv);
}
