// SPDX-License-Identifier: GPL-2.0
/*
 * Copies of pages of views when memory is short (SPEC SE-29): they go to the
 * page file as what is private does, come back byte for byte, and nobody is
 * killed for want of the memory that they hold.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "disks.h"
#include "section.h"
#include "squeeze.h"
#include "working-set.h"

#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 600

#define MEGA  ((SIZE_T)1 << 20)
#define LIMIT (4 * MEGA)
#define PAGES ((SIZE_T)2048) /* twice as much as the group may hold */

/* A memory cgroup that holds us, swap, and a view. */
struct shortage {
	const char *missing; /* NULL if there is all it takes */
	long oom_kills;
	long swapped_kb;
	struct disk disk;
	bool file;
	HANDLE section;
	char *view;
	SIZE_T step; /* each so many pages one is written to */
};

static HANDLE section_of_file(const struct disk *disk, SIZE_T bytes)
{
	int fd = open(disk->file, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	HANDLE file, section;

	if (fd < 0 || ftruncate(fd, (off_t)bytes) || close(fd))
		return NULL;
	file = CreateFileA(disk->file, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
	section = CreateFileMappingA(file, NULL, PAGE_READONLY, 0, 0, NULL);
	CloseHandle(file);
	return section;
}

static bool shortage_begin(struct shortage *shortage, SIZE_T step, bool file)
{
	SIZE_T bytes = PAGES * step * PAGE;

	*shortage = (struct shortage){ .step = step, .file = file };
	shortage->missing = squeeze_begin(LIMIT, 256);
	if (shortage->missing)
		return false;
	shortage->oom_kills = proc_value("/proc/vmstat", "oom_kill");
	shortage->swapped_kb = squeeze_swapped_kb();
	if (!file)
		shortage->section = mapping(PAGE_READWRITE, bytes);
	else if (disk_begin(&shortage->disk, DISK_EXT4))
		shortage->section = section_of_file(&shortage->disk, bytes);
	shortage->view = view_of(shortage->section, FILE_MAP_COPY);
	return shortage->view;
}

/* False if somebody was killed. */
static bool shortage_end(struct shortage *shortage)
{
	bool unmapped = UnmapViewOfFile(shortage->view) && CloseHandle(shortage->section);

	if (shortage->file)
		disk_end(&shortage->disk);
	return squeeze_end() && unmapped &&
	       proc_value("/proc/vmstat", "oom_kill") == shortage->oom_kills;
}

static char *page_of(const struct shortage *shortage, SIZE_T page)
{
	return shortage->view + page * shortage->step * PAGE;
}

static void fill(const struct shortage *shortage, uint64_t salt)
{
	for (SIZE_T page = 0; page < PAGES; page++)
		squeeze_fill(page_of(shortage, page), page + salt);
}

static SIZE_T count_wrong(const struct shortage *shortage, uint64_t salt)
{
	SIZE_T wrong = 0;

	for (SIZE_T page = 0; page < PAGES; page++)
		wrong += squeeze_kind(page_of(shortage, page), page + salt) != SQUEEZE_INTACT;
	return wrong;
}

FIXTURE(copies)
{
	struct shortage shortage;
};

FIXTURE_VARIANT(copies)
{
	SIZE_T step;
	bool file;
};

/* clang-format off */
FIXTURE_VARIANT_ADD(copies, dense) { .step = 1 };
FIXTURE_VARIANT_ADD(copies, sparse) { .step = 7 };
FIXTURE_VARIANT_ADD(copies, of_a_file) { .step = 1, .file = true };
/* clang-format on */

FIXTURE_SETUP(copies)
{
	bool begun = shortage_begin(&self->shortage, variant->step, variant->file);

	if (self->shortage.missing)
		SKIP(return, "%s", self->shortage.missing);
	ASSERT_TRUE(begun);
}

FIXTURE_TEARDOWN(copies)
{
	if (!self->shortage.missing)
		EXPECT_TRUE(shortage_end(&self->shortage));
}

TEST_F(copies, go_to_swap_and_come_back)
{
	if (self->shortage.missing)
		return;
	fill(&self->shortage, 1);
	TH_LOG("%ld KB in swap", squeeze_swapped_kb() - self->shortage.swapped_kb);
	EXPECT_LT((long)((PAGES * PAGE - LIMIT) / 1024),
		  squeeze_swapped_kb() - self->shortage.swapped_kb);
	EXPECT_EQ(0u, count_wrong(&self->shortage, 1));
	/* VQ-11 */
	EXPECT_COMMITTED(self->shortage.view, self->shortage.view,
			 PAGE * (variant->step == 1 ? PAGES : 1), PAGE_READWRITE);
}

FIXTURE(copies_while)
{
	struct shortage shortage;
	char *view;
};

FIXTURE_SETUP(copies_while)
{
	bool begun = shortage_begin(&self->shortage, 1, false);

	if (self->shortage.missing)
		SKIP(return, "%s", self->shortage.missing);
	ASSERT_TRUE(begun);
	self->view = self->shortage.view;
}

FIXTURE_TEARDOWN(copies_while)
{
	if (!self->shortage.missing)
		EXPECT_TRUE(shortage_end(&self->shortage));
}

/* A locked copy is in memory, and mapped: it is not looked at (SPEC VL-12). */
TEST_F(copies_while, VL_12_some_are_locked)
{
	SIZE_T bytes = 8 * PAGE;

	if (self->shortage.missing)
		return;
	squeeze_fill(self->view, 1);
	EXPECT_WORKS(VirtualLock(self->view, bytes));
	fill(&self->shortage, 1);
	EXPECT_EQ(8u, pages_valid(self->view, bytes));
	EXPECT_EQ(0u, count_wrong(&self->shortage, 1));
	EXPECT_EQ(8u, pages_valid(self->view, bytes));
	EXPECT_WORKS(VirtualUnlock(self->view, bytes));
}

/* What mlock() holds in memory stays there, too. */
TEST_F(copies_while, mlock_holds_some)
{
	SIZE_T bytes = 8 * PAGE;

	if (self->shortage.missing)
		return;
	ASSERT_EQ(0, mlock(self->view, bytes));
	fill(&self->shortage, 1);
	EXPECT_EQ(8u, pages_valid(self->view, bytes));
	EXPECT_EQ(0u, count_wrong(&self->shortage, 1));
	EXPECT_EQ(0, munlock(self->view, bytes));
}

static struct {
	HANDLE section;
	atomic_bool stop;
	atomic_uint wrong;
	atomic_uint views;
} others;

/* Views that come and go, with copies of their own. */
static void *maps_and_unmaps(void *unused)
{
	while (!atomic_load(&others.stop)) {
		char *view = MapViewOfFile(others.section, FILE_MAP_COPY, 0, 0, 64 * PAGE);

		for (SIZE_T page = 0; view && page < 64; page++)
			squeeze_fill(view + page * PAGE, page + 3);
		for (SIZE_T page = 0; view && page < 64; page++)
			others.wrong += squeeze_kind(view + page * PAGE, page + 3) !=
					SQUEEZE_INTACT;
		others.wrong += !view || !UnmapViewOfFile(view);
		others.views++;
	}
	return unused;
}

/* Who wants mmap_lock for writing all the time. */
static void *maps_memory(void *unused)
{
	while (!atomic_load(&others.stop)) {
		void *map = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		munmap(map, 4 * PAGE);
	}
	return unused;
}

/* Locks and unlocks the first pages: while they are locked they are there. */
static void *locks(void *view)
{
	while (!atomic_load(&others.stop)) {
		if (!VirtualLock(view, 8 * PAGE))
			continue;
		for (SIZE_T page = 0; page < 8; page++)
			others.wrong += page_location((char *)view + page * PAGE) ==
					MemoryLocationPagefile;
		others.wrong += !VirtualUnlock(view, 8 * PAGE);
	}
	return NULL;
}

TEST_F(copies_while, others_map_lock_and_unmap)
{
	pthread_t threads[3];

	if (self->shortage.missing)
		return;
	others.section = self->shortage.section;
	ASSERT_EQ(0, pthread_create(&threads[0], NULL, maps_and_unmaps, NULL));
	ASSERT_EQ(0, pthread_create(&threads[1], NULL, maps_memory, NULL));
	ASSERT_EQ(0, pthread_create(&threads[2], NULL, locks, self->view));
	fill(&self->shortage, 1);
	EXPECT_EQ(0u, count_wrong(&self->shortage, 1));
	atomic_store(&others.stop, true);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	EXPECT_EQ(0u, others.wrong);
	EXPECT_LT(0u, others.views);
	TH_LOG("%u views came and went", others.views);
}

/* Another process, which is killed with its copies where they are. */
TEST_F(copies_while, processes_are_killed)
{
	if (self->shortage.missing)
		return;
	for (int round = 0; round < 3; round++) {
		pid_t child = fork();
		int status;

		if (!child) {
			self->shortage.view = view_of(self->shortage.section, FILE_MAP_COPY);
			fill(&self->shortage, 4);
			_exit(count_wrong(&self->shortage, 4) != 0);
		}
		usleep(100000u << round);
		for (SIZE_T page = 0; page < PAGES / 4; page++)
			squeeze_fill(page_of(&self->shortage, page), page + 5);
		kill(child, SIGKILL);
		ASSERT_EQ(child, waitpid(child, &status, 0));
		for (SIZE_T page = 0; page < PAGES / 4; page++)
			ASSERT_EQ(SQUEEZE_INTACT,
				  squeeze_kind(page_of(&self->shortage, page), page + 5));
	}
}

VM_TEST_MAIN
