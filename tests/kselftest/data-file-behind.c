// SPDX-License-Identifier: GPL-2.0
/*
 * Sections of files against those who mean no good: descriptors that are no
 * files or forbid it, what Linux can do to a file and to a mapping, races.
 */
#include <linux/fs.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "child.h"
#include "disks.h"
#include "proc.h"
#include "raw.h"

#define NT_INVALID_HANDLE	    0xc0000008u
#define NT_INVALID_FILE_FOR_SECTION 0xc0000020u
#define NT_SECTION_TOO_BIG	    0xc0000040u
#define NT_SHARING_VIOLATION	    0xc0000043u
#define NT_NOT_SUPPORTED	    0xc00000bbu
#define RIGHTS			    (SECTION_QUERY | SECTION_MAP_READ | SECTION_MAP_WRITE | SECTION_MAP_EXECUTE)
#define PAGES			    32

static uint32_t create(int device, int file, size_t bytes, uint32_t protection, int *section)
{
	struct winvm_create_section request = {
		.size = sizeof(request),
		.bytes = bytes,
		.protect = protection,
		.attributes = SEC_COMMIT,
		.access = RIGHTS,
		.file_fd = file,
	};

	if (ioctl(device, WINVM_IOC_CREATE_SECTION, &request))
		return RAW_NO_ANSWER;
	*section = request.section_fd;
	return request.status;
}

static uint32_t refusal(int device, int file, size_t bytes, uint32_t protection)
{
	int section = -1;
	uint32_t status = create(device, file, bytes, protection, &section);

	if (!status)
		close(section);
	return status;
}

static uint32_t map_status(int device, int section, uint32_t protection, char **view)
{
	struct winvm_map_view request = {
		.size = sizeof(request),
		.section_fd = section,
		.protect = protection,
		.inherit = 1,
	};

	if (ioctl(device, WINVM_IOC_MAP_VIEW, &request))
		return RAW_NO_ANSWER;
	*view = (char *)(uintptr_t)request.base;
	return request.status;
}

static char *map(int device, int section, uint32_t protection)
{
	char *view = NULL;

	return map_status(device, section, protection, &view) ? NULL : view;
}

FIXTURE(behind)
{
	struct disk disk;
	int device;
	int file;
	int section;
	char *view; /* READWRITE, the first byte of each page is its number plus one */
};

FIXTURE_VARIANT(behind)
{
	enum disk_kind kind;
};

/* clang-format off */
FIXTURE_VARIANT_ADD(behind, tmpfs) { .kind = DISK_TMPFS };
FIXTURE_VARIANT_ADD(behind, overlay) { .kind = DISK_OVERLAY };
FIXTURE_VARIANT_ADD(behind, ext4) { .kind = DISK_EXT4 };
/* clang-format on */

FIXTURE_SETUP(behind)
{
	if (!disk_begin(&self->disk, variant->kind))
		SKIP(return, "this machine cannot make the file system");
	self->device = raw_open();
	self->file = open(self->disk.file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
	ASSERT_LE(0, self->file);
	ASSERT_EQ(0, ftruncate(self->file, PAGES * RAW_PAGE));
	ASSERT_EQ(0u, create(self->device, self->file, 0, PAGE_EXECUTE_READWRITE, &self->section));
	self->view = map(self->device, self->section, PAGE_READWRITE);
	ASSERT_NE(NULL, self->view);
	for (int i = 0; i < PAGES; i++)
		self->view[(size_t)i * RAW_PAGE] = (char)(i + 1);
}

FIXTURE_TEARDOWN(behind)
{
	struct winvm_counters counters;

	raw_unmap_view(self->device, self->view);
	close(self->section);
	close(self->file);
	raw_release_everything(self->device);
	counters = raw_counters(self->device);
	EXPECT_EQ(0u, counters.vads);
	EXPECT_EQ(0u, counters.virtual_bytes);
	EXPECT_EQ(0u, counters.commit_bytes);
	close(self->device);
	disk_end(&self->disk);
}

#define EXPECT_CONTENTS(view)                                                          \
	do {                                                                           \
		for (int page_ = 0; page_ < PAGES; page_++)                            \
			EXPECT_EQ(page_ + 1, peek((view) + (size_t)page_ * RAW_PAGE)); \
	} while (0)

TEST_F(behind, descriptors_that_are_no_files)
{
	int pipes[2], sockets[2];
	int directory = open("/tmp", O_RDONLY | O_DIRECTORY), null = open("/dev/null", O_RDWR);
	int proc = open("/proc/self/status", O_RDONLY), path = open(self->disk.file, O_PATH);

	ASSERT_EQ(0, pipe(pipes));
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	EXPECT_EQ(NT_INVALID_FILE_FOR_SECTION, refusal(self->device, directory, 1, PAGE_READONLY));
	EXPECT_EQ(NT_INVALID_FILE_FOR_SECTION, refusal(self->device, null, 1, PAGE_READWRITE));
	EXPECT_EQ(NT_INVALID_FILE_FOR_SECTION, refusal(self->device, pipes[0], 1, PAGE_READONLY));
	EXPECT_EQ(NT_INVALID_FILE_FOR_SECTION,
		  refusal(self->device, sockets[0], 1, PAGE_READWRITE));
	EXPECT_EQ(NT_NOT_SUPPORTED, refusal(self->device, proc, 1, PAGE_READONLY));
	EXPECT_EQ(NT_INVALID_HANDLE, refusal(self->device, path, 1, PAGE_READONLY));
	EXPECT_EQ(NT_INVALID_HANDLE, refusal(self->device, 12345, 1, PAGE_READONLY));
	EXPECT_EQ(NT_INVALID_HANDLE, refusal(self->device, -2, 1, PAGE_READONLY));
	EXPECT_EQ(NT_INVALID_FILE_FOR_SECTION,
		  refusal(self->device, self->device, 1, PAGE_READWRITE));
	EXPECT_LT(0u, refusal(self->device, self->section, 1, PAGE_READWRITE));
}

TEST_F(behind, sizes_that_wrap)
{
	static const uint64_t sizes[] = { 1ULL << 47, 1ULL << 62, 1ULL << 63, UINT64_MAX,
					  UINT64_MAX - 4095 };
	struct stat about;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		EXPECT_EQ(NT_SECTION_TOO_BIG,
			  refusal(self->device, self->file, sizes[i], PAGE_READWRITE));
		EXPECT_EQ(NT_SECTION_TOO_BIG,
			  refusal(self->device, self->file, sizes[i], PAGE_READONLY));
	}
	ASSERT_EQ(0, fstat(self->file, &about));
	EXPECT_EQ((off_t)(PAGES * RAW_PAGE), about.st_size);
}

TEST_F(behind, a_reader_does_not_become_a_writer)
{
	int file = open(self->disk.file, O_RDONLY), section;
	char *view, path[80];
	int mem = open("/proc/self/mem", O_RDWR);

	EXPECT_EQ(NT_ACCESS_DENIED, refusal(self->device, file, 0, PAGE_READWRITE));
	EXPECT_EQ(NT_ACCESS_DENIED, refusal(self->device, file, 0, PAGE_EXECUTE_READWRITE));
	ASSERT_EQ(0u, create(self->device, file, 0, PAGE_READONLY, &section));
	view = map(self->device, section, PAGE_READONLY);
	ASSERT_NE(NULL, view);
	EXPECT_EQ(1, peek(view));
	EXPECT_FALSE(poke(view, 66));
	EXPECT_NE(0u, raw_protect(self->device, view, RAW_PAGE, PAGE_READWRITE));
	EXPECT_EQ(-1, mprotect(view, RAW_PAGE, PROT_READ | PROT_WRITE));
	EXPECT_NE(1, pwrite(mem, "x", 1, (off_t)(uintptr_t)view));
	snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx", (unsigned long)view,
		 (unsigned long)view + PAGES * RAW_PAGE);
	close(open(path, O_RDONLY));
	EXPECT_EQ(1, peek(view));
	EXPECT_CONTENTS(self->view);
	EXPECT_EQ(0u, raw_unmap_view(self->device, view));
	close(section);
	close(mem);
}

TEST_F(behind, files_that_forbid_it)
{
	int append = open(self->disk.file, O_RDWR | O_APPEND), attributes = 0, section;
	char *view;

	/* The flag of a descriptor is no property of the file: as with mmap(). */
	EXPECT_EQ(0u, refusal(self->device, append, 0, PAGE_READWRITE));
	ioctl(self->file, FS_IOC_GETFLAGS, &attributes);
	attributes |= FS_APPEND_FL;
	if (!ioctl(self->file, FS_IOC_SETFLAGS, &attributes)) {
		EXPECT_EQ(NT_ACCESS_DENIED, refusal(self->device, append, 0, PAGE_READWRITE));
		EXPECT_EQ(NT_ACCESS_DENIED, refusal(self->device, append, 1 << 20, PAGE_READWRITE));
		EXPECT_EQ(0u, refusal(self->device, append, 0, PAGE_READONLY));
		/* The section is there already; its views map anew. */
		EXPECT_EQ(NT_ACCESS_DENIED,
			  map_status(self->device, self->section, PAGE_READWRITE, &view));
		attributes &= ~FS_APPEND_FL;
		ASSERT_EQ(0, ioctl(self->file, FS_IOC_SETFLAGS, &attributes));
	}
	close(append);
	ASSERT_EQ(0, mount(NULL, self->disk.path, NULL, MS_REMOUNT | MS_NOEXEC | MS_BIND, NULL));
	append = open(self->disk.file, O_RDWR);
	ASSERT_LE(0, append);
	EXPECT_EQ(NT_ACCESS_DENIED, refusal(self->device, append, 0, PAGE_EXECUTE_READ));
	EXPECT_EQ(0u, create(self->device, append, 0, PAGE_READWRITE, &section));
	close(section);
	close(append);
}

TEST_F(behind, sealed_memory)
{
	int file = memfd_create("sealed", MFD_CLOEXEC | MFD_ALLOW_SEALING), section;
	char *view;

	ASSERT_EQ(0, ftruncate(file, RAW_PAGE));
	ASSERT_EQ(0u, create(self->device, file, 0, PAGE_READWRITE, &section));
	view = map(self->device, section, PAGE_READWRITE);
	ASSERT_NE(NULL, view);
	/* While it can be written it is not sealed. */
	EXPECT_EQ(-1, fcntl(file, F_ADD_SEALS, F_SEAL_WRITE));
	EXPECT_EQ(0u, raw_unmap_view(self->device, view));
	ASSERT_EQ(0, fcntl(file, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK));
	EXPECT_EQ(NT_ACCESS_DENIED, map_status(self->device, section, PAGE_READWRITE, &view));
	EXPECT_EQ(NT_ACCESS_DENIED, refusal(self->device, file, 2 * RAW_PAGE, PAGE_READWRITE));
	close(section);
	close(file);
}

TEST_F(behind, leases_are_not_waited_for)
{
	int file;

	raw_unmap_view(self->device, self->view);
	close(self->section);
	close(self->file);
	signal(SIGIO, SIG_IGN);
	self->file = open(self->disk.file, O_RDONLY);
	if (fcntl(self->file, F_SETLEASE, F_WRLCK))
		TH_LOG("no leases here");
	else
		EXPECT_EQ(NT_SHARING_VIOLATION,
			  refusal(self->device, self->file, 0, PAGE_READONLY));
	fcntl(self->file, F_SETLEASE, F_UNLCK);
	file = open(self->disk.file, O_RDWR);
	ASSERT_EQ(0u, create(self->device, file, 0, PAGE_READWRITE, &self->section));
	self->view = map(self->device, self->section, PAGE_READWRITE);
	close(file);
}

TEST_F(behind, munmap_is_mended)
{
	ASSERT_EQ(0, munmap(self->view + 3 * RAW_PAGE, 2 * RAW_PAGE));
	EXPECT_EQ(-1, peek(self->view + 3 * RAW_PAGE));
	EXPECT_EQ((uint32_t)MEM_COMMIT, raw_state(self->device, self->view));
	EXPECT_CONTENTS(self->view);
	ASSERT_EQ(0, munmap(self->view, PAGES * RAW_PAGE));
	EXPECT_EQ((uint32_t)MEM_COMMIT, raw_state(self->device, self->view));
	EXPECT_CONTENTS(self->view);
}

TEST_F(behind, mprotect_mremap_and_madvise)
{
	static const int advice[] = { MADV_DONTNEED,	MADV_REMOVE,   8 /* FREE */,
				      21 /* PAGEOUT */, MADV_HUGEPAGE, 25 /* COLLAPSE */ };

	EXPECT_EQ(-1, mprotect(self->view, RAW_PAGE, PROT_READ));
	EXPECT_EQ(MAP_FAILED, mremap(self->view, 0, RAW_PAGE, MREMAP_MAYMOVE));
	EXPECT_EQ(-1, remap_file_pages(self->view, RAW_PAGE, 0, 5, 0));
	for (size_t i = 0; i < sizeof(advice) / sizeof(advice[0]); i++)
		madvise(self->view, PAGES * RAW_PAGE, advice[i]);
	raw_state(self->device, self->view);
	EXPECT_CONTENTS(self->view);
	EXPECT_EQ(0, msync(self->view, PAGES * RAW_PAGE, MS_SYNC));
	EXPECT_EQ(0, mlock(self->view, 4 * RAW_PAGE));
	EXPECT_EQ(0u, raw_protect(self->device, self->view, RAW_PAGE, PAGE_NOACCESS));
	EXPECT_EQ(-1, peek(self->view));
	EXPECT_EQ(0u, raw_protect(self->device, self->view, RAW_PAGE, PAGE_READWRITE));
	EXPECT_CONTENTS(self->view);
}

static int child_sees(void *argument)
{
	return peek(argument) != -1 || poke(argument, 9);
}

TEST_F(behind, fork_shows_nothing)
{
	EXPECT_EQ(0, child_run(child_sees, self->view));
	ASSERT_EQ(0, madvise(self->view, PAGES * RAW_PAGE, MADV_DOFORK));
	EXPECT_EQ(0, child_run(child_sees, self->view));
	EXPECT_CONTENTS(self->view);
}

/* Executable pages come and go without leaving a mapping each. */
TEST_F(behind, executable_runs_merge_again)
{
	char *view = map(self->device, self->section, PAGE_EXECUTE_READWRITE);

	ASSERT_NE(NULL, view);
	for (int round = 0; round < 3; round++)
		for (size_t page = 0; page < PAGES; page++)
			EXPECT_EQ(0u, raw_protect(self->device, view + page * RAW_PAGE, RAW_PAGE,
						  (page + (size_t)round) % 2 ? PAGE_READWRITE :
									       PAGE_EXECUTE_READ));
	EXPECT_EQ(0u, raw_protect(self->device, view, PAGES * RAW_PAGE, PAGE_READWRITE));
	EXPECT_CONTENTS(view);
	EXPECT_EQ(0u, raw_unmap_view(self->device, view));
}

static long faults(void)
{
	struct rusage usage;

	return getrusage(RUSAGE_SELF, &usage) ? -1 : usage.ru_minflt;
}

/* A protection here costs no stranger his mapping. */
TEST_F(behind, strangers_mappings_stay)
{
	char *stranger = mmap(NULL, PAGES * RAW_PAGE, PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_POPULATE, self->file, 0);
	long before, after;

	ASSERT_NE(MAP_FAILED, stranger);
	for (size_t page = 0; page < PAGES; page++)
		stranger[page * RAW_PAGE] = (char)(page + 1);
	before = faults();
	for (int i = 0; i < 50; i++)
		raw_protect(self->device, self->view, PAGES * RAW_PAGE,
			    i % 2 ? PAGE_READWRITE : PAGE_NOACCESS);
	for (size_t page = 0; page < PAGES; page++)
		stranger[page * RAW_PAGE]++;
	after = faults();
	EXPECT_GT(PAGES, after - before);
	for (size_t page = 0; page < PAGES; page++)
		stranger[page * RAW_PAGE]--;
	munmap(stranger, PAGES * RAW_PAGE);
}

struct race {
	int device;
	int section;
	char *view;
	atomic_bool stop;
	atomic_ulong writes;
	atomic_ulong wrong;
};

static void *write_all_the_time(void *argument)
{
	struct race *race = argument;

	while (!atomic_load(&race->stop))
		atomic_fetch_add(&race->writes, poke(race->view, (uint8_t)rand()));
	return NULL;
}

/* When protect has returned the page is what it was then until it may be written again. */
static void *protect_all_the_time(void *argument)
{
	struct race *race = argument;

	while (!atomic_load(&race->stop)) {
		int seen;

		raw_protect(race->device, race->view, RAW_PAGE, PAGE_READONLY);
		seen = peek(race->view);
		for (int i = 0; i < 20; i++)
			if (peek(race->view) != seen)
				atomic_fetch_add(&race->wrong, 1);
		raw_protect(race->device, race->view, RAW_PAGE, PAGE_READWRITE);
		sched_yield();
	}
	return NULL;
}

static void *cut_all_the_time(void *argument)
{
	struct race *race = argument;

	while (!atomic_load(&race->stop)) {
		char *view = map(race->device, race->section, PAGE_READWRITE);

		if (!view)
			atomic_fetch_add(&race->wrong, 1);
		poke(view + RAW_PAGE, 2);
		raw_unmap_view(race->device, view);
	}
	return NULL;
}

TEST_F(behind, protecting_races_with_writes)
{
	struct race race = { .device = self->device, .section = self->section, .view = self->view };
	void *(*const bodies[])(void *) = { write_all_the_time, write_all_the_time,
					    protect_all_the_time, cut_all_the_time };
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, bodies[i], &race));
	sleep((unsigned int)proc_rounds("VIEW_SECONDS", 2));
	atomic_store(&race.stop, true);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	EXPECT_EQ(0u, atomic_load(&race.wrong));
	EXPECT_LT(0u, atomic_load(&race.writes));
	self->view[0] = 1;
	EXPECT_CONTENTS(self->view);
}

static int dies_with_views(void *argument)
{
	int section = *(int *)argument, device = raw_open();

	for (int i = 0; i < 50; i++) {
		char *view = map(device, section, PAGE_READWRITE);

		if (!view || !poke(view + RAW_PAGE, 2))
			return 1;
	}
	raise(SIGKILL);
	return 1;
}

TEST_F(behind, processes_that_die_with_views)
{
	for (int i = 0; i < 4; i++)
		EXPECT_EQ(128 + SIGKILL, child_run(dies_with_views, &self->section));
	EXPECT_CONTENTS(self->view);
}

TEST_HARNESS_MAIN
