// SPDX-License-Identifier: GPL-2.0
/*
 * A Windows program, built by Debian's mingw-w64, in two processes: what nobody
 * wrote is in memory once (SPEC SE-31, SE-32).
 */
#include <sys/mman.h>
#include <sys/wait.h>
#include <winvm.h>

#include "image.h"
#include "proc.h"

#define PAGES_MOST 512u

/* What the processes tell each other: each fills its own side. */
struct side {
	char *view;
	unsigned int pages;
	uint64_t frames[PAGES_MOST]; /* 0: not committed */
	DWORD protections[PAGES_MOST];
};

struct meeting {
	struct side sides[2];
	volatile unsigned int stage;
};

FIXTURE(program)
{
	struct directory directory;
	const char *path;
	struct meeting *meeting;
	HANDLE section;
	uint8_t *file;
	size_t bytes;
};

FIXTURE_SETUP(program)
{
	struct stat status;
	int file;

	ASSERT_TRUE(directory_begin(&self->directory));
	self->path = self->directory.file;
	self->meeting = mmap(NULL, sizeof(*self->meeting), PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->meeting);
	if (!image_copy("program.exe", self->path)) {
		directory_end(&self->directory);
		SKIP(return, NO_MINGW);
	}
	file = open(self->path, O_RDONLY | O_CLOEXEC);
	ASSERT_EQ(0, fstat(file, &status));
	self->bytes = (size_t)status.st_size;
	self->file = mmap(NULL, self->bytes, PROT_READ, MAP_PRIVATE, file, 0);
	ASSERT_NE(MAP_FAILED, self->file);
	close(file);
	self->section = image_section(self->path, PAGE_EXECUTE_READ | SEC_IMAGE);
	ASSERT_NE(NULL, self->section);
}

FIXTURE_TEARDOWN(program)
{
	directory_end(&self->directory);
}

/* Touches all that is committed, and notes where it is. */
static void look(struct side *side)
{
	for (unsigned int i = 0; i < side->pages; i++) {
		volatile char *page = side->view + i * PAGE;
		MEMORY_BASIC_INFORMATION region = region_at((char *)page);

		side->protections[i] = region.State == MEM_COMMIT ? region.Protect : 0;
		side->frames[i] = 0;
		if (side->protections[i]) {
			(void)*page;
			side->frames[i] = frame_of(page);
		}
	}
}

static bool map(HANDLE section, struct side *side)
{
	MEMORY_IMAGE_INFORMATION image;

	side->view = view_of(section, FILE_MAP_READ);
	if (!side->view ||
	    NtQueryVirtualMemory(NtCurrentProcess(), side->view, MemoryImageInformation, &image,
				 sizeof(image), NULL))
		return false;
	side->pages = (unsigned int)(image.SizeOfImage / PAGE);
	return side->pages <= PAGES_MOST;
}

/* Waits for the other one. */
static void meet(struct meeting *meeting, unsigned int stage)
{
	while (meeting->stage < stage)
		usleep(1000);
}

/* A number in the file. */
static uint32_t in_file(const uint8_t *file, size_t at)
{
	uint32_t value;

	memcpy(&value, file + at, sizeof(value));
	return value;
}

/* Bytes of the view that differ from what the table of sections says. */
static unsigned int differences(const uint8_t *file, const uint8_t *view)
{
	size_t headers = in_file(file, 0x3c), table;
	unsigned int sections = in_file(file, headers + 6) & 0xffff, wrong = 0;

	table = headers + 24 + (in_file(file, headers + 20) & 0xffff);
	for (size_t entry = table; entry < table + sections * 40; entry += 40) {
		size_t size = in_file(file, entry + 8), raw = in_file(file, entry + 16);

		for (size_t i = 0; i < size; i++)
			wrong += view[in_file(file, entry + 12) + i] !=
				 (i < raw ? file[in_file(file, entry + 20) + i] : 0);
	}
	return wrong;
}

TEST_F(program, SE_32_it_is_what_the_linker_made)
{
	struct side *side = &self->meeting->sides[0];
	unsigned int kinds[3] = { 0, 0, 0 };

	ASSERT_TRUE(map(self->section, side));
	EXPECT_EQ((char *)0x140000000, side->view);
	EXPECT_EQ(0u, differences(self->file, (uint8_t *)side->view));
	look(side);
	for (unsigned int i = 0; i < side->pages; i++) {
		kinds[0] += side->protections[i] == PAGE_READONLY;
		kinds[1] += side->protections[i] == PAGE_EXECUTE_READ;
		kinds[2] += side->protections[i] == PAGE_WRITECOPY;
	}
	EXPECT_EQ(side->pages, kinds[0] + kinds[1] + kinds[2]);
	EXPECT_LT(6u, kinds[0]);
	EXPECT_LT(0u, kinds[1]);
	EXPECT_LT(9u, kinds[2]);
}

static int second_reader(struct meeting *meeting, HANDLE section)
{
	if (!map(section, &meeting->sides[1]))
		return 1;
	look(&meeting->sides[1]);
	meeting->stage = 1;
	meet(meeting, 2);
	return 0;
}

TEST_F(program, SE_32_two_processes_share_what_nobody_wrote)
{
	struct side *first = &self->meeting->sides[0], *second = &self->meeting->sides[1];
	int status;
	pid_t pid;

	ASSERT_TRUE(map(self->section, first));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(second_reader(self->meeting, self->section));
	meet(self->meeting, 1);
	look(first);
	self->meeting->stage = 2;
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	ASSERT_EQ(first->pages, second->pages);
	for (unsigned int i = 0; i < first->pages; i++) {
		EXPECT_NE(0u, first->frames[i]);
		EXPECT_EQ(first->frames[i], second->frames[i]) TH_LOG("page %u", i);
	}
}

/* The page of data that both look at: the first that a write copies. */
static unsigned int first_copying(const struct side *side)
{
	unsigned int i = 0;

	while (i < side->pages && side->protections[i] != PAGE_WRITECOPY)
		i++;
	return i;
}

/* Writes to one page, and to no other; what the first one writes then is not to be seen. */
static int second_writer(struct meeting *meeting, HANDLE section)
{
	struct side *side = &meeting->sides[1];
	unsigned int written;

	if (!map(section, side))
		return 1;
	look(side);
	written = first_copying(side);
	if (written == side->pages)
		return 2;
	side->view[written * PAGE] ^= 1;
	look(side);
	meeting->stage = 1;
	meet(meeting, 2);
	return side->protections[written + 1] == PAGE_WRITECOPY ? 0 : 3;
}

TEST_F(program, SE_31_what_a_process_writes_is_its_own)
{
	struct side *first = &self->meeting->sides[0], *second = &self->meeting->sides[1];
	unsigned int written;
	int status;
	pid_t pid;

	ASSERT_TRUE(map(self->section, first));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(second_writer(self->meeting, self->section));
	while (!self->meeting->stage && !waitpid(pid, &status, WNOHANG))
		usleep(1000);
	ASSERT_EQ(1u, self->meeting->stage);
	look(first);
	written = first_copying(first);
	for (unsigned int i = 0; i < first->pages; i++) {
		EXPECT_EQ(i != written, first->frames[i] == second->frames[i])
		TH_LOG("page %u", i);
	}
	EXPECT_EQ((DWORD)PAGE_WRITECOPY, first->protections[written]);
	EXPECT_EQ((DWORD)PAGE_READWRITE, second->protections[written]);
	EXPECT_EQ(0u, differences(self->file, (uint8_t *)first->view));
	self->meeting->stage = 2;
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0u, differences(self->file, (uint8_t *)first->view));
}

typedef int (*entry_point)(int) __attribute__((ms_abi));

/* A library in two views: the second is where it was not made for. */
static bool map_library(const char *path, char *views[2], SIZE_T *entry)
{
	SECTION_IMAGE_INFORMATION about;
	HANDLE section;

	if (!image_copy("library.dll", path))
		return false;
	section = image_section(path, PAGE_EXECUTE_READ | SEC_IMAGE);
	if (!section ||
	    NtQuerySection(section, SectionImageInformation, &about, sizeof(about), NULL))
		return false;
	views[0] = view_of(section, FILE_MAP_READ);
	views[1] = view_of(section, FILE_MAP_READ);
	*entry = (SIZE_T)((char *)about.TransferAddress - views[0]);
	return views[0] && views[1];
}

/* Where the table of relocations begins in a view. */
static char *relocations(char *view)
{
	uint32_t headers = in_file((uint8_t *)view, 0x3c);

	return view + in_file((uint8_t *)view, headers + 24 + 112 + 40);
}

TEST_F(program, SE_32_relocated)
{
	char path[PATH_MAX], *views[2];
	SIZE_T entry;
	entry_point begin[2];

	snprintf(path, sizeof(path), "%s.dll", self->path);
	ASSERT_TRUE(map_library(path, views, &entry));
	EXPECT_WORKS(winvm_relocate_image(views[0]));
	EXPECT_WORKS(winvm_relocate_image(views[1]));
	for (int i = 0; i < 2; i++)
		begin[i] = (entry_point)(uintptr_t)(views[i] + entry);
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(11 * (i + 1), begin[1](i));
	EXPECT_EQ(44, begin[1](3));
	EXPECT_EQ(45, begin[1](3));
	EXPECT_EQ(44, begin[0](3));
	/* Once is enough. */
	EXPECT_WORKS(winvm_relocate_image(views[1]));
	EXPECT_EQ(46, begin[1](3));
	EXPECT_EQ((DWORD)PAGE_EXECUTE_READ, region_at(views[1] + entry).Protect);
	EXPECT_FAILS(487, winvm_relocate_image(views[1] + PAGE));
	EXPECT_FAILS(487, winvm_relocate_image(NULL));
	unlink(path);
}

/* Tables that make no sense: refused, and nothing was written. */
TEST_F(program, SE_32_relocations_that_make_no_sense)
{
	static const uint32_t sizes[] = { 0, 7, 11, 0x7fffffff, 0xfffffffe };
	char path[PATH_MAX], *views[2], *table;
	SIZE_T entry;

	snprintf(path, sizeof(path), "%s.dll", self->path);
	ASSERT_TRUE(map_library(path, views, &entry));
	table = relocations(views[1]);
	EXPECT_WORKS(protect(table, PAGE, PAGE_READWRITE));
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		memcpy(table + 4, &sizes[i], 4);
		EXPECT_FAILS(193, winvm_relocate_image(views[1]));
	}
	memcpy(table + 4, relocations(views[0]) + 4, 4);
	memcpy(table, &(uint32_t){ 0xfffffff0 }, 4);
	EXPECT_FAILS(193, winvm_relocate_image(views[1]));
	memcpy(table, relocations(views[0]), 4);
	EXPECT_EQ(0, memcmp(views[0], views[1], PAGE));
	EXPECT_WORKS(winvm_relocate_image(views[1]));
	EXPECT_EQ(22, ((entry_point)(uintptr_t)(views[1] + entry))(1));
	unlink(path);
}

VM_TEST_MAIN
