// SPDX-License-Identifier: GPL-2.0
/*
 * Views and sections against those who mean no good: what Linux can do to a
 * mapping, descriptors in other hands, races, and limits.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "child.h"
#include "proc.h"
#include "raw.h"

#define NT_NOT_MAPPED_VIEW	0xc0000019u
#define NT_INVALID_HANDLE	0xc0000008u
#define NT_OBJECT_TYPE_MISMATCH 0xc0000024u
#define NT_INVALID_VIEW_SIZE	0xc000001fu
#define RIGHTS			(SECTION_QUERY | SECTION_MAP_READ | SECTION_MAP_WRITE | SECTION_MAP_EXECUTE)
#define PAGES			32

static uint32_t create(int device, size_t bytes, uint32_t access, int *section)
{
	struct winvm_create_section request = {
		.size = sizeof(request),
		.bytes = bytes,
		.protect = PAGE_EXECUTE_READWRITE,
		.attributes = SEC_COMMIT,
		.access = access,
		.file_fd = WINVM_NO_FILE,
	};

	if (ioctl(device, WINVM_IOC_CREATE_SECTION, &request))
		return RAW_NO_ANSWER;
	*section = request.section_fd;
	return request.status;
}

static uint32_t map_at(int device, int section, void **base, uint64_t offset, uint64_t bytes,
		       uint32_t protection)
{
	struct winvm_map_view request = {
		.size = sizeof(request),
		.base = (uintptr_t)*base,
		.bytes = bytes,
		.offset = offset,
		.section_fd = section,
		.protect = protection,
		.inherit = 1,
	};

	if (ioctl(device, WINVM_IOC_MAP_VIEW, &request))
		return RAW_NO_ANSWER;
	*base = (void *)(uintptr_t)request.base;
	return request.status;
}

/* NULL if it fails. */
static char *map(int device, int section, uint32_t protection)
{
	void *base = NULL;

	return map_at(device, section, &base, 0, 0, protection) ? NULL : base;
}

FIXTURE(view)
{
	int device;
	int section;
	char *view; /* READWRITE, the first byte of each page is its number plus one */
};

FIXTURE_SETUP(view)
{
	self->device = raw_open();
	ASSERT_LE(0, self->device);
	ASSERT_EQ(0u, create(self->device, PAGES * RAW_PAGE, RIGHTS, &self->section));
	self->view = map(self->device, self->section, PAGE_READWRITE);
	ASSERT_NE(NULL, self->view);
	for (int i = 0; i < PAGES; i++)
		self->view[(size_t)i * RAW_PAGE] = (char)(i + 1);
}

FIXTURE_TEARDOWN(view)
{
	struct winvm_counters counters;

	raw_unmap_view(self->device, self->view);
	close(self->section);
	raw_release_everything(self->device);
	counters = raw_counters(self->device);
	EXPECT_EQ(0u, counters.vads);
	EXPECT_EQ(0u, counters.virtual_bytes);
	close(self->device);
}

#define EXPECT_CONTENTS(view)                                                          \
	do {                                                                           \
		for (int page_ = 0; page_ < PAGES; page_++)                            \
			EXPECT_EQ(page_ + 1, peek((view) + (size_t)page_ * RAW_PAGE)); \
	} while (0)

TEST_F(view, munmap_is_mended)
{
	ASSERT_EQ(0, munmap(self->view + 3 * RAW_PAGE, 2 * RAW_PAGE));
	EXPECT_EQ(-1, peek(self->view + 3 * RAW_PAGE));
	EXPECT_EQ((uint32_t)MEM_COMMIT, raw_state(self->device, self->view));
	EXPECT_CONTENTS(self->view);
	ASSERT_EQ(0, munmap(self->view, PAGES * RAW_PAGE));
	EXPECT_EQ((uint32_t)MEM_COMMIT, raw_state(self->device, self->view));
	EXPECT_CONTENTS(self->view);
	ASSERT_EQ(0, munmap(self->view - RAW_GRANULARITY, RAW_GRANULARITY + RAW_PAGE));
	EXPECT_EQ(0u, raw_unmap_view(self->device, self->view));
	EXPECT_EQ((uint32_t)MEM_FREE, raw_state(self->device, self->view));
	EXPECT_EQ(-1, peek(self->view));
}

TEST_F(view, what_is_mapped_over_it_is_told_and_left_alone)
{
	char *middle = self->view + 4 * RAW_PAGE;

	ASSERT_EQ(middle, mmap(middle, RAW_PAGE, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	*middle = 'x';
	EXPECT_EQ((uint32_t)MEM_PRIVATE, raw_region(self->device, middle).type);
	EXPECT_EQ((uint32_t)MEM_MAPPED, raw_region(self->device, self->view).type);
	EXPECT_EQ(0u, raw_unmap_view(self->device, self->view));
	EXPECT_EQ('x', *middle);
	EXPECT_EQ(-1, peek(self->view));
	EXPECT_EQ(-1, peek(middle + RAW_PAGE));
	munmap(middle, RAW_PAGE);
}

TEST_F(view, mprotect_and_mremap_are_refused)
{
	void *elsewhere =
		mmap(NULL, PAGES * RAW_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	EXPECT_EQ(-1, mprotect(self->view, RAW_PAGE, PROT_READ));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(MAP_FAILED, mremap(self->view, PAGES * RAW_PAGE, PAGES * RAW_PAGE,
				     MREMAP_MAYMOVE | MREMAP_FIXED, elsewhere));
	/* Old size 0 would make a second mapping. */
	EXPECT_EQ(MAP_FAILED, mremap(self->view, 0, RAW_PAGE, MREMAP_MAYMOVE));
	EXPECT_EQ(-1, remap_file_pages(self->view, RAW_PAGE, 0, 5, 0));
	raw_state(self->device, self->view);
	EXPECT_CONTENTS(self->view);
}

/* Growing needs no move where the place behind is free: the pages there show nothing. */
TEST_F(view, mremap_that_grows_shows_no_more)
{
	void *base = NULL;
	char *half;

	ASSERT_EQ(0u, raw_unmap_view(self->device, self->view));
	ASSERT_EQ(0u,
		  map_at(self->device, self->section, &base, 0, RAW_GRANULARITY, PAGE_READWRITE));
	half = base;
	ASSERT_EQ(0, munmap(half + RAW_GRANULARITY, RAW_GRANULARITY));
	mremap(half, RAW_GRANULARITY, 2 * RAW_GRANULARITY, 0);
	EXPECT_EQ(-1, peek(half + RAW_GRANULARITY));
	/* Private memory that comes there is no section's. */
	base = half + RAW_GRANULARITY;
	ASSERT_EQ(0u, raw_allocate(self->device, &base, RAW_PAGE, MEM_RESERVE | MEM_COMMIT,
				   PAGE_READWRITE));
	EXPECT_EQ(0, peek(base));
	EXPECT_EQ(0u, raw_unmap_view(self->device, half));
	self->view = map(self->device, self->section, PAGE_READWRITE);
	ASSERT_NE(NULL, self->view);
}

TEST_F(view, madvise_takes_nothing_away)
{
	static const int advice[] = { MADV_DONTNEED,	MADV_REMOVE,   8 /* FREE */,
				      21 /* PAGEOUT */, MADV_HUGEPAGE, 25 /* COLLAPSE */ };

	for (size_t i = 0; i < sizeof(advice) / sizeof(advice[0]); i++)
		madvise(self->view, PAGES * RAW_PAGE, advice[i]);
	EXPECT_CONTENTS(self->view);
}

static int child_sees(void *argument)
{
	char *view = argument;

	return peek(view) != -1 || poke(view, 9);
}

TEST_F(view, fork_shows_nothing)
{
	EXPECT_EQ(0, child_run(child_sees, self->view));
	/* Not even if Linux is told to copy the mapping. */
	ASSERT_EQ(0, madvise(self->view, PAGES * RAW_PAGE, MADV_DOFORK));
	EXPECT_EQ(0, child_run(child_sees, self->view));
	EXPECT_CONTENTS(self->view);
}

TEST_F(view, its_file_cannot_be_opened_nor_mapped)
{
	char path[80];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx", (unsigned long)self->view,
		 (unsigned long)self->view + PAGES * RAW_PAGE);
	fd = open(path, O_RDWR);
	EXPECT_EQ(-1, fd);
	EXPECT_EQ(EPERM, errno);
	/* The descriptor of a section is no file of its contents. */
	EXPECT_EQ(MAP_FAILED, mmap(NULL, RAW_PAGE, PROT_READ, MAP_SHARED, self->section, 0));
	EXPECT_EQ(-1, read(self->section, path, 1));
	EXPECT_EQ(-1, ftruncate(self->section, 0));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", self->section);
	fd = open(path, O_RDWR);
	EXPECT_EQ(-1, fd);
}

/* A stack or working set that is looked after by a fault's work, in a view as elsewhere. */
TEST_F(view, stack_words_that_name_a_view)
{
	struct raw_stack stack = {
		.base = (uintptr_t)self->view + PAGES * RAW_PAGE,
		.limit = (uintptr_t)self->view + 8 * RAW_PAGE,
		.deallocation = (uintptr_t)self->view,
	};
	int null = memfd_create("null", MFD_CLOEXEC);

	ASSERT_EQ(0u, raw_thread(self->device, &stack));
	ASSERT_EQ(0u, raw_protect(self->device, self->view + 7 * RAW_PAGE, RAW_PAGE,
				  PAGE_READWRITE | PAGE_GUARD));
	peek(self->view + 7 * RAW_PAGE);
	peek(self->view + 7 * RAW_PAGE);
	ASSERT_EQ(0u, raw_protect(self->device, self->view + 7 * RAW_PAGE, RAW_PAGE,
				  PAGE_READWRITE | PAGE_GUARD));
	/* By a system call as well. */
	EXPECT_GE(1, write(null, self->view + 7 * RAW_PAGE, 1));
	peek(self->view + 7 * RAW_PAGE);
	close(null);
	EXPECT_CONTENTS(self->view);
}

TEST_F(view, working_set_with_a_hard_maximum)
{
	struct winvm_working_set request = {
		.size = sizeof(request),
		.minimum_bytes = 20 * RAW_PAGE,
		.maximum_bytes = 24 * RAW_PAGE,
		.operation = WINVM_WORKING_SET_SET,
		.flags = WINVM_HARDWS_MAX_ENABLE,
	};

	ASSERT_EQ(0, ioctl(self->device, WINVM_IOC_WORKING_SET, &request));
	for (int round = 0; round < 3; round++)
		EXPECT_CONTENTS(self->view);
	request.minimum_bytes = UINT64_MAX;
	request.maximum_bytes = UINT64_MAX;
	request.flags = WINVM_HARDWS_MAX_DISABLE;
	ASSERT_EQ(0, ioctl(self->device, WINVM_IOC_WORKING_SET, &request));
	EXPECT_CONTENTS(self->view);
}

TEST_F(view, descriptors_that_are_no_sections)
{
	void *base = NULL;

	EXPECT_EQ(NT_INVALID_HANDLE, map_at(self->device, -1, &base, 0, 0, PAGE_READWRITE));
	EXPECT_EQ(NT_OBJECT_TYPE_MISMATCH,
		  map_at(self->device, self->device, &base, 0, 0, PAGE_READWRITE));
	EXPECT_EQ(NT_OBJECT_TYPE_MISMATCH, map_at(self->device, 0, &base, 0, 0, PAGE_READWRITE));
	EXPECT_EQ(NT_NOT_MAPPED_VIEW, raw_unmap_view(self->device, NULL));
	/* None is installed when the answer cannot be written. */
	EXPECT_EQ(-1, ioctl(self->device, WINVM_IOC_CREATE_SECTION, (void *)8));
}

TEST_F(view, offset_and_size_that_wrap)
{
	static const uint64_t values[] = {
		0x10000, 0x20000, 1ULL << 47, ~0xffffULL, 0x8000000000000000, ~0ULL
	};

	for (size_t i = 0; i < 6; i++)
		for (size_t j = 0; j < 6; j++) {
			void *base = NULL;
			uint32_t status = map_at(self->device, self->section, &base, values[i],
						 values[j], PAGE_READWRITE);

			if (!status)
				EXPECT_EQ(0u, raw_unmap_view(self->device, base));
			EXPECT_EQ(values[i] == 0x10000 && values[j] == 0x10000, !status);
		}
}

/* A reader's rights do not grow: not by protecting, not by forcing, nor as root. */
static int reads_only(void *argument)
{
	int section = *(int *)argument, device, mem;
	char *view;

	if (setgid(1234) || setuid(1234))
		return 1;
	device = raw_open();
	view = map(device, section, PAGE_READONLY);
	if (!view || peek(view))
		return 2;
	if (map(device, section, PAGE_READWRITE) || map(device, section, PAGE_EXECUTE_READ))
		return 3;
	if (poke(view, 66) || !raw_protect(device, view, RAW_PAGE, PAGE_READWRITE))
		return 4;
	mem = open("/proc/self/mem", O_RDWR);
	if (mem >= 0 && pwrite(mem, "x", 1, (off_t)(uintptr_t)view) == 1)
		return 5;
	return peek(view) ? 6 : 0;
}

TEST_F(view, another_user_with_a_descriptor_to_read)
{
	int section;

	ASSERT_EQ(0u, create(self->device, RAW_PAGE, SECTION_MAP_READ, &section));
	EXPECT_EQ(0, child_run(reads_only, &section));
	close(section);
}

static int dies_with_views(void *argument)
{
	int section = *(int *)argument, device = raw_open();
	char *view = NULL;

	for (int i = 0; i < 200; i++) {
		view = map(device, section, PAGE_READWRITE);
		if (!view)
			return 1;
		poke(view + RAW_PAGE, 77);
	}
	if (getpid() % 2)
		execl("/bin/true", "true", NULL);
	raise(SIGKILL);
	return 1;
}

TEST_F(view, processes_that_die_with_views)
{
	uint64_t commit = raw_counters(self->device).system_commit_bytes;

	for (int i = 0; i < 6; i++) {
		int status = child_run(dies_with_views, &self->section);

		EXPECT_TRUE(status == 0 || status == 128 + SIGKILL);
	}
	EXPECT_EQ(77, peek(self->view + RAW_PAGE));
	self->view[RAW_PAGE] = 2;
	EXPECT_CONTENTS(self->view);
	EXPECT_EQ(commit, raw_counters(self->device).system_commit_bytes);
}

/* VIEWS of the environment: fewer, as the debug kernel takes seven minutes for so many. */
TEST_F_TIMEOUT(view, ten_thousand_views, 900)
{
	static void *views[10000];
	unsigned long usual = sizeof(views) / sizeof(views[0]);
	int most = (int)proc_rounds("VIEWS", usual), count;

	ASSERT_GE(usual, (unsigned long)most);
	for (count = 0; count < most; count++) {
		views[count] = map(self->device, self->section, PAGE_READWRITE);
		if (!views[count])
			break;
	}
	EXPECT_EQ(most, count);
	EXPECT_EQ(7, peek((char *)views[count / 2] + 6 * RAW_PAGE));
	EXPECT_EQ(0u, raw_protect(self->device, views[0], RAW_PAGE, PAGE_READONLY));
	/* All are looked through when something was unmapped. */
	munmap(views[5], RAW_PAGE);
	EXPECT_EQ((uint32_t)MEM_COMMIT, raw_state(self->device, views[5]));
	EXPECT_EQ(1, peek(views[5]));
	while (count)
		EXPECT_EQ(0u, raw_unmap_view(self->device, views[--count]));
}

struct race {
	int device;
	int section;
	atomic_bool stop;
	char *_Atomic view;
	atomic_ulong reads;
	atomic_ulong wrong;
};

/* What is there is the section's first page or nothing. */
static void *touch_all_the_time(void *argument)
{
	struct race *race = argument;

	while (!atomic_load(&race->stop)) {
		char *view = atomic_load(&race->view);
		int value = view ? peek(view) : -1;

		if (value != -1 && value != 1)
			atomic_fetch_add(&race->wrong, 1);
		atomic_fetch_add(&race->reads, value != -1);
		if (view)
			poke(view + RAW_PAGE, 2);
	}
	return NULL;
}

static void *map_all_the_time(void *argument)
{
	struct race *race = argument;

	for (int i = 0; !atomic_load(&race->stop); i++) {
		char *view = map(race->device, race->section, PAGE_READWRITE);

		if (!view) {
			atomic_fetch_add(&race->wrong, 1);
			break;
		}
		atomic_store(&race->view, view);
		sched_yield();
		if (i % 3 == 0)
			raw_protect(race->device, view, RAW_PAGE, PAGE_NOACCESS);
		if (i % 3 == 1)
			munmap(view, RAW_PAGE);
		if (raw_unmap_view(race->device, view + RAW_PAGE))
			atomic_fetch_add(&race->wrong, 1);
	}
	return NULL;
}

TEST_F(view, unmapping_races_with_faults)
{
	struct race race = { .device = self->device, .section = self->section };
	pthread_t threads[4];
	unsigned long rounds = proc_rounds("VIEW_SECONDS", 5);

	for (int i = 0; i < 4; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL,
					    i < 2 ? touch_all_the_time : map_all_the_time, &race));
	sleep((unsigned int)rounds);
	atomic_store(&race.stop, true);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	EXPECT_EQ(0u, atomic_load(&race.wrong));
	EXPECT_LT(0u, atomic_load(&race.reads));
	EXPECT_CONTENTS(self->view);
}

/* In two processes at once, and closing what the other maps. */
static int maps_and_closes(void *argument)
{
	int section = *(int *)argument, device = raw_open(), own;

	for (int i = 0; i < 300; i++) {
		char *view = map(device, section, PAGE_READWRITE), *other;

		if (!view || !poke(view, 1) || create(device, RAW_PAGE, RIGHTS, &own))
			return 1;
		other = map(device, own, PAGE_READWRITE);
		close(own);
		if (!other || !poke(other, 1) || raw_unmap_view(device, view) ||
		    raw_unmap_view(device, other))
			return 2;
	}
	return 0;
}

TEST_F(view, two_processes_map_and_close)
{
	uint64_t commit = raw_counters(self->device).system_commit_bytes;
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(maps_and_closes(&self->section));
	EXPECT_EQ(0, maps_and_closes(&self->section));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(commit, raw_counters(self->device).system_commit_bytes);
}

/* Each takes the system's memory to keep it: the user's quota ends that. */
TEST_F(view, sections_are_bounded_by_descriptors)
{
	struct rlimit limit = { 64, 64 };
	int section, count = 0;
	uint32_t status;

	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	do {
		errno = 0;
		status = create(self->device, RAW_PAGE, RIGHTS, &section);
	} while (!status && ++count < 100);
	EXPECT_EQ(RAW_NO_ANSWER, status);
	EXPECT_EQ(EMFILE, errno);
}

TEST_HARNESS_MAIN
