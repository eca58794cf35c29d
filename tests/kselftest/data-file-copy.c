// SPDX-License-Identifier: GPL-2.0
/*
 * Copy on write in views of files (SPEC SE-29, SE-31, VQ-11): whatever is done
 * through such a view, the file stays as it is, its pages are not dirty, and it
 * has not been modified.
 */
#include <linux/fs.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#include <winvm.h>

#include "disks.h"
#include "files.h"
#include "section.h"

#define PAGES	     16
#define EXECUTE_COPY (FILE_MAP_EXECUTE | FILE_MAP_COPY)
#define RET	     ((char)0xc3)
#define PAGE_DIRTY   (1ULL << 4) /* of /proc/kpageflags */

FIXTURE(data_copy)
{
	struct disk disk;
	int fd; /* for reading and writing: the owner's */
	HANDLE file; /* as the variant says; the first byte of page n is n plus 1 */
	HANDLE section; /* EXECUTE_WRITECOPY, or more where the file can be written */
	char *view; /* WRITECOPY, all of it */
	struct timespec modified;
};

FIXTURE_VARIANT(data_copy)
{
	enum disk_kind kind;
	DWORD access;
	DWORD protection;
};

/* clang-format off */
#define READ_ONLY  .access = GENERIC_READ | GENERIC_EXECUTE, .protection = PAGE_EXECUTE_WRITECOPY
#define WRITEABLE  .access = READ_WRITE | GENERIC_EXECUTE, .protection = PAGE_EXECUTE_READWRITE

FIXTURE_VARIANT_ADD(data_copy, tmpfs) { .kind = DISK_TMPFS, READ_ONLY };
FIXTURE_VARIANT_ADD(data_copy, overlay) { .kind = DISK_OVERLAY, READ_ONLY };
FIXTURE_VARIANT_ADD(data_copy, ext4) { .kind = DISK_EXT4, READ_ONLY };
FIXTURE_VARIANT_ADD(data_copy, tmpfs_for_writing) { .kind = DISK_TMPFS, WRITEABLE };
FIXTURE_VARIANT_ADD(data_copy, overlay_for_writing) { .kind = DISK_OVERLAY, WRITEABLE };
FIXTURE_VARIANT_ADD(data_copy, ext4_for_writing) { .kind = DISK_EXT4, WRITEABLE };
/* clang-format on */

static HANDLE section_of(HANDLE file, DWORD protection)
{
	return CreateFileMappingA(file, NULL, protection, 0, 0, NULL);
}

static bool fill(int fd)
{
	char page[PAGE] = { 0 };

	for (int i = 0; i < PAGES; i++) {
		page[0] = (char)(i + 1);
		if (pwrite(fd, page, PAGE, i * (off_t)PAGE) != (ssize_t)PAGE)
			return false;
	}
	return !fsync(fd);
}

static struct timespec modified(int fd)
{
	struct stat about = { 0 };

	fstat(fd, &about);
	return about.st_mtim;
}

FIXTURE_SETUP(data_copy)
{
	if (!disk_begin(&self->disk, variant->kind))
		SKIP(return, "this machine cannot make the file system");
	self->fd = open(self->disk.file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
	ASSERT_LE(0, self->fd);
	ASSERT_TRUE(fill(self->fd));
	self->file = open_as(self->disk.file, variant->access, OPEN_EXISTING, 0);
	ASSERT_NE(INVALID_HANDLE_VALUE, self->file);
	self->section = section_of(self->file, variant->protection);
	ASSERT_NE(NULL, self->section);
	self->view = view_of(self->section, FILE_MAP_COPY);
	ASSERT_NE(NULL, self->view);
	self->modified = modified(self->fd);
}

FIXTURE_TEARDOWN(data_copy)
{
	UnmapViewOfFile(self->view);
	CloseHandle(self->section);
	CloseHandle(self->file);
	close(self->fd);
	disk_end(&self->disk);
}

static char byte_of(int fd, off_t at)
{
	char byte = 0;

	return pread(fd, &byte, 1, at) == 1 ? byte : -1;
}

static bool drop_caches(void)
{
	int caches = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);
	bool done = write(caches, "1", 1) == 1;

	close(caches);
	return done;
}

static uint64_t word_of(const char *path, uint64_t index)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	uint64_t word = 0;

	if (pread(file, &word, sizeof(word), (off_t)(index * sizeof(word))) != sizeof(word))
		word = 0;
	close(file);
	return word;
}

/* Of all pages of the file that are in memory: how many are dirty? */
static int dirty_pages(int fd)
{
	const char *pages = mmap(NULL, PAGES * PAGE, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
	int count = 0;

	for (uint64_t i = 0; i < PAGES; i++) {
		uint64_t entry = word_of("/proc/self/pagemap", (uintptr_t)pages / PAGE + i);

		if (entry >> 63)
			count += !!(word_of("/proc/kpageflags", entry & ((1ULL << 55) - 1)) &
				    PAGE_DIRTY);
	}
	munmap((void *)(uintptr_t)pages, PAGES * PAGE);
	return count;
}

/* The pages of tmpfs are always dirty: they have no other place. */
#define EXPECT_UNTOUCHED()                                                                   \
	do {                                                                                 \
		struct timespec now_ = modified(self->fd);                                   \
		for (int round_ = 0; round_ < 2; round_++) {                                 \
			for (int page_ = 0; page_ < PAGES; page_++)                          \
				EXPECT_EQ(page_ + 1, byte_of(self->fd, page_ * (off_t)PAGE)); \
			if (variant->kind == DISK_EXT4)                                      \
				EXPECT_EQ(0, dirty_pages(self->fd));                         \
			sync();                                                              \
			EXPECT_TRUE(drop_caches());                                          \
		}                                                                            \
		EXPECT_EQ(self->modified.tv_sec, now_.tv_sec);                               \
		EXPECT_EQ(self->modified.tv_nsec, now_.tv_nsec);                             \
	} while (0)

TEST_F(data_copy, VQ_11_the_first_write_makes_a_copy)
{
	EXPECT_COMMITTED(self->view, self->view, PAGES * PAGE, PAGE_WRITECOPY);
	EXPECT_EQ((DWORD)MEM_MAPPED, region_at(self->view).Type);
	EXPECT_READS(6, self->view + 5 * PAGE);
	EXPECT_WRITES(self->view + 5 * PAGE, 100);
	EXPECT_WRITES(self->view + 7 * PAGE + 1, 101); /* not touched before */
	EXPECT_COMMITTED(self->view, self->view, 5 * PAGE, PAGE_WRITECOPY);
	EXPECT_COMMITTED(self->view + 5 * PAGE, self->view, PAGE, PAGE_READWRITE);
	EXPECT_COMMITTED(self->view + 6 * PAGE, self->view, PAGE, PAGE_WRITECOPY);
	EXPECT_COMMITTED(self->view + 7 * PAGE, self->view, PAGE, PAGE_READWRITE);
	EXPECT_READS(100, self->view + 5 * PAGE);
	EXPECT_READS(8, self->view + 7 * PAGE);
	EXPECT_READS(101, self->view + 7 * PAGE + 1);
	EXPECT_WORKS(FlushViewOfFile(self->view, 0));
	EXPECT_EQ(0, msync(self->view, PAGES * PAGE, MS_SYNC));
	EXPECT_UNTOUCHED();
	EXPECT_READS(100, self->view + 5 * PAGE);
	EXPECT_READS(101, self->view + 7 * PAGE + 1);
}

TEST_F(data_copy, VQ_11_executable_pages)
{
	char *view = view_of(self->section, EXECUTE_COPY);

	ASSERT_NE(NULL, view);
	EXPECT_COMMITTED(view, view, PAGES * PAGE, PAGE_EXECUTE_WRITECOPY);
	EXPECT_WRITES(view, RET);
	EXPECT_COMMITTED(view, view, PAGE, PAGE_EXECUTE_READWRITE);
	EXPECT_EXECUTES(view);
	EXPECT_WORKS(protect(view, PAGE, PAGE_WRITECOPY));
	EXPECT_VIOLATION_EXECUTE(view);
	EXPECT_COMMITTED(view, view, PAGE, PAGE_READWRITE);
	EXPECT_READS(1, self->view);
	EXPECT_WORKS(UnmapViewOfFile(view));
	EXPECT_UNTOUCHED();
}

TEST_F(data_copy, SE_29_others_writes_are_seen_until_the_first_own)
{
	char *other = view_of(self->section, FILE_MAP_COPY);
	char *linux_view = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd, 0);

	ASSERT_NE(NULL, other);
	ASSERT_NE(MAP_FAILED, linux_view);
	EXPECT_READS(1, self->view);
	linux_view[0] = 20;
	EXPECT_READS(20, self->view);
	ASSERT_EQ(1, pwrite(self->fd, "\x15", 1, 0));
	EXPECT_READS(21, self->view);
	EXPECT_READS(21, other);
	EXPECT_WRITES(self->view + 1, 22);
	linux_view[0] = 23;
	EXPECT_READS(21, self->view);
	EXPECT_READS(22, self->view + 1);
	EXPECT_EQ(0, linux_view[1]);
	EXPECT_READS(23, other);
	EXPECT_READS(0, other + 1);
	/* The neighbour is the file's as before. */
	ASSERT_EQ(1, pwrite(self->fd, "\x18", 1, PAGE));
	EXPECT_READS(24, self->view + PAGE);
	EXPECT_WORKS(UnmapViewOfFile(other));
	munmap(linux_view, PAGE);
}

TEST_F(data_copy, SE_30_a_page_for_reading_becomes_copy_on_write)
{
	HANDLE section = section_of(self->file, PAGE_READONLY);
	char *view = view_of(section, FILE_MAP_READ), *same = view_of(section, FILE_MAP_READ);

	ASSERT_NE(NULL, view);
	EXPECT_READS(2, view + PAGE);
	EXPECT_VIOLATION_WRITE(view + PAGE);
	EXPECT_WORKS(protect(view + PAGE, 2 * PAGE, PAGE_WRITECOPY));
	EXPECT_WRITES(view + PAGE, 30);
	EXPECT_WRITES(view + 2 * PAGE, 31);
	EXPECT_VIOLATION_WRITE(view);
	EXPECT_VIOLATION_WRITE(view + 3 * PAGE);
	EXPECT_READS(30, view + PAGE);
	EXPECT_READS(2, same + PAGE);
	EXPECT_VIOLATION_WRITE(same + PAGE);
	EXPECT_FAILS(87, protect(view, PAGES * PAGE, PAGE_READWRITE));
	EXPECT_WORKS(protect(view, PAGES * PAGE, PAGE_READONLY));
	EXPECT_VIOLATION_WRITE(view + PAGE);
	EXPECT_READS(30, view + PAGE);
	EXPECT_WORKS(protect(view, PAGES * PAGE, PAGE_WRITECOPY));
	EXPECT_WRITES(view + 3 * PAGE, 32);
	EXPECT_WORKS(UnmapViewOfFile(view));
	EXPECT_WORKS(UnmapViewOfFile(same));
	EXPECT_WORKS(CloseHandle(section));
	EXPECT_UNTOUCHED();
}

/* A page that may be written becomes one that is copied, and is written after all. */
TEST_F(data_copy, SE_30_there_and_back)
{
	char *view;

	if (variant->protection != PAGE_EXECUTE_READWRITE)
		return;
	view = view_of(self->section, FILE_MAP_WRITE);
	EXPECT_WRITES(view, 50);
	EXPECT_EQ(50, byte_of(self->fd, 0));
	EXPECT_WORKS(protect(view, 2 * PAGE, PAGE_WRITECOPY));
	EXPECT_WRITES(view, 51);
	EXPECT_EQ(50, byte_of(self->fd, 0));
	EXPECT_WORKS(protect(view, 2 * PAGE, PAGE_READWRITE));
	EXPECT_WRITES(view, 52);
	EXPECT_WRITES(view + PAGE, 53);
	EXPECT_EQ(50, byte_of(self->fd, 0));
	EXPECT_EQ(53, byte_of(self->fd, PAGE));
	EXPECT_WORKS(UnmapViewOfFile(view));
}

/* Whoever writes for the process copies as well, and nothing is forced. */
TEST_F(data_copy, SE_31_writes_by_the_kernel)
{
	int zero = open("/dev/zero", O_RDONLY), mem = open("/proc/self/mem", O_RDWR);
	char *reads = view_of(self->section, FILE_MAP_READ);
	char bytes[4] = { 80, 81, 82, 83 };
	struct iovec here = { bytes, 1 }, there = { self->view + PAGE, 1 };
	SIZE_T done;

	ASSERT_NE(NULL, reads);
	EXPECT_READS(3, self->view + 2 * PAGE);
	EXPECT_EQ(1, read(zero, self->view, 1));
	EXPECT_EQ(1, process_vm_writev(getpid(), &here, 1, &there, 1, 0));
	EXPECT_EQ(1, pwrite(mem, bytes + 1, 1, (off_t)(uintptr_t)(self->view + 2 * PAGE)));
	EXPECT_WORKS(WriteProcessMemory(GetCurrentProcess(), self->view + 3 * PAGE, bytes + 2, 1,
					&done));
	EXPECT_COMMITTED(self->view, self->view, 4 * PAGE, PAGE_READWRITE);
	EXPECT_READS(0, self->view);
	EXPECT_READS(80, self->view + PAGE);
	EXPECT_READS(81, self->view + 2 * PAGE);
	EXPECT_READS(82, self->view + 3 * PAGE);
	there.iov_base = reads;
	EXPECT_READS(1, reads);
	EXPECT_EQ(-1, read(zero, reads, 1));
	EXPECT_EQ(-1, process_vm_writev(getpid(), &here, 1, &there, 1, 0));
	EXPECT_EQ(-1, pwrite(mem, bytes, 1, (off_t)(uintptr_t)reads));
	EXPECT_FALSE(WriteProcessMemory(GetCurrentProcess(), reads, bytes, 1, &done));
	EXPECT_EQ(-1, madvise(reads, PAGE, MADV_REMOVE));
	EXPECT_EQ(-1, mprotect(reads, PAGE, PROT_READ | PROT_WRITE));
	EXPECT_EQ(-1, madvise(reads, PAGE, MADV_POPULATE_WRITE));
	EXPECT_UNTOUCHED();
	EXPECT_WORKS(UnmapViewOfFile(reads));
	close(zero);
	close(mem);
}

TEST_F(data_copy, RW_4_WriteProcessMemory_to_code)
{
	char *view = view_of(self->section, EXECUTE_COPY);
	const char byte = RET;

	ASSERT_NE(NULL, view);
	EXPECT_WORKS(WriteProcessMemory(GetCurrentProcess(), view, &byte, 1, NULL));
	EXPECT_COMMITTED(view, view, PAGE, PAGE_EXECUTE_READWRITE);
	EXPECT_WORKS(protect(view, 2 * PAGE, PAGE_EXECUTE_READ));
	/* The copy is written to, the file's page is not. */
	EXPECT_WORKS(WriteProcessMemory(GetCurrentProcess(), view + 1, &byte, 1, NULL));
	EXPECT_FALSE(WriteProcessMemory(GetCurrentProcess(), view + PAGE, &byte, 1, NULL));
	EXPECT_READS(2, view + PAGE);
	EXPECT_EXECUTES(view + 1);
	EXPECT_WORKS(UnmapViewOfFile(view));
	EXPECT_UNTOUCHED();
}

/* The tracer's pokes are forced on what Linux calls private; on this they are not. */
TEST_F(data_copy, SE_31_a_tracers_pokes)
{
	char *reads = view_of(self->section, FILE_MAP_READ);
	pid_t child;
	int status;

	/* Two of its own, at the places of those it would inherit. */
	ASSERT_NE(NULL, reads);
	fflush(NULL);
	child = fork();
	if (!child) {
		char *own = view_of(self->section, FILE_MAP_COPY);

		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		_exit(own && own[0] == 1 && self->view[0] == 'p' && reads[0] == 1 ? 0 : 1);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	ASSERT_TRUE(WIFSTOPPED(status));
	EXPECT_EQ(0, ptrace(PTRACE_POKEDATA, child, self->view, (void *)'p'));
	EXPECT_EQ(-1, ptrace(PTRACE_POKEDATA, child, reads, (void *)'q'));
	EXPECT_EQ(0, ptrace(PTRACE_CONT, child, NULL, NULL));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_READS(1, self->view);
	EXPECT_WORKS(UnmapViewOfFile(reads));
	EXPECT_UNTOUCHED();
}

TEST_F(data_copy, VL_12_a_locked_page_is_copied)
{
	EXPECT_WORKS(VirtualLock(self->view, 4 * PAGE));
	EXPECT_COMMITTED(self->view, self->view, PAGES * PAGE, PAGE_WRITECOPY);
	EXPECT_WRITES(self->view, 90);
	EXPECT_READS(90, self->view);
	EXPECT_WORKS(protect(self->view, PAGE, PAGE_READONLY));
	EXPECT_READS(90, self->view);
	EXPECT_WORKS(VirtualUnlock(self->view, 4 * PAGE));
	EXPECT_WORKS(VirtualLock(self->view, 2 * PAGE));
	EXPECT_READS(90, self->view);
	EXPECT_READS(2, self->view + PAGE);
	EXPECT_UNTOUCHED();
}

TEST_F(data_copy, EX_2_copies_outlive_the_end_of_the_file)
{
	struct probe probe;

	EXPECT_READS(12, self->view + 11 * PAGE);
	EXPECT_WRITES(self->view + 12 * PAGE, 40);
	ASSERT_EQ(0, ftruncate(self->fd, 10 * PAGE));
	EXPECT_READS(40, self->view + 12 * PAGE);
	EXPECT_WRITES(self->view + 12 * PAGE + 1, 41);
	probe = probe_read((uintptr_t)self->view + 11 * PAGE);
	EXPECT_TRUE(probe.faulted);
	EXPECT_EQ(0xc0000006u, probe.code);
	probe = probe_write((uintptr_t)self->view + 11 * PAGE, 1);
	EXPECT_TRUE(probe.faulted);
	EXPECT_EQ(0xc0000006u, probe.code);
	EXPECT_COMMITTED(self->view, self->view, 12 * PAGE, PAGE_WRITECOPY);
	ASSERT_EQ(0, ftruncate(self->fd, PAGES * PAGE));
	EXPECT_READS(0, self->view + 11 * PAGE);
	EXPECT_READS(40, self->view + 12 * PAGE);
	EXPECT_EQ(0, byte_of(self->fd, 12 * PAGE));
}

TEST_F(data_copy, CC_19_and_VP_21_charges)
{
	uint64_t before = counters().commit_bytes;
	char *view = view_of(self->section, FILE_MAP_COPY);
	char *reads = view_of(self->section, FILE_MAP_READ);

	EXPECT_EQ(PAGES * PAGE, counters().commit_bytes - before);
	EXPECT_WRITES(view, 1);
	EXPECT_EQ(PAGES * PAGE, counters().commit_bytes - before);
	EXPECT_WORKS(UnmapViewOfFile(view));
	EXPECT_EQ(before, counters().commit_bytes);
	EXPECT_WORKS(protect(reads, 4 * PAGE, PAGE_WRITECOPY));
	EXPECT_EQ(4 * PAGE, counters().commit_bytes - before);
	EXPECT_WRITES(reads, 1);
	EXPECT_WORKS(protect(reads, 4 * PAGE, PAGE_READONLY));
	EXPECT_EQ(PAGE, counters().commit_bytes - before);
	EXPECT_WORKS(UnmapViewOfFile(reads));
	EXPECT_EQ(before, counters().commit_bytes);
}

TEST_F(data_copy, unmapped_copies_are_gone)
{
	char *again = self->view;

	EXPECT_WRITES(again, 60);
	EXPECT_WORKS(UnmapViewOfFile(again));
	EXPECT_VIOLATION_READ(again);
	EXPECT_EQ(again, VirtualAlloc(again, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
	EXPECT_READS(0, again);
	EXPECT_WRITES(again, 61);
	EXPECT_WORKS(release(again));
	self->view = MapViewOfFileEx(self->section, FILE_MAP_COPY, 0, 0, 0, again);
	EXPECT_EQ(again, self->view);
	EXPECT_READS(1, again);
	EXPECT_COMMITTED(again, again, PAGES * PAGE, PAGE_WRITECOPY);
	EXPECT_UNTOUCHED();
}

TEST_F(data_copy, unmapped_behind_our_back)
{
	EXPECT_WRITES(self->view + PAGE, 98);
	ASSERT_EQ(0, munmap(self->view, 4 * PAGE));
	EXPECT_WORKS(protect(self->view, PAGE, PAGE_WRITECOPY));
	EXPECT_READS(98, self->view + PAGE);
	EXPECT_READS(1, self->view);
	EXPECT_WRITES(self->view, 99);
	EXPECT_UNTOUCHED();
}

/* SPEC SE-36 */
TEST_F(data_copy, SE_36_a_child_copies_for_itself)
{
	pid_t child;
	int status = -1;

	EXPECT_WRITES(self->view, 97);
	fflush(NULL);
	child = fork();
	if (!child) {
		bool good = self->view[0] == 1;

		self->view[0] = 70;
		self->view[PAGE] = 71;
		_exit(good && self->view[0] == 70 ? 0 : 1);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_READS(97, self->view);
	EXPECT_READS(2, self->view + PAGE);
	EXPECT_UNTOUCHED();
}

/* Who watches the file sees nobody who might have written. */
TEST_F(data_copy, SE_31_no_writer_closes_the_file)
{
	int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	char event[256], *view;
	HANDLE section;

	if (watch < 0 && errno == ENOSYS)
		SKIP(return, "this kernel has no inotify");
	section = section_of(self->file, PAGE_READONLY);
	ASSERT_LE(0, inotify_add_watch(watch, self->disk.file, IN_CLOSE_WRITE | IN_MODIFY));
	EXPECT_WORKS(view = view_of(section, FILE_MAP_COPY));
	EXPECT_WRITES(view, 55);
	EXPECT_WORKS(UnmapViewOfFile(view));
	EXPECT_WORKS(view = view_of(section, FILE_MAP_READ));
	EXPECT_WORKS(UnmapViewOfFile(view));
	EXPECT_WORKS(CloseHandle(section));
	EXPECT_EQ(-1, read(watch, event, sizeof(event)));
	EXPECT_EQ(EAGAIN, errno);
	close(watch);
}

struct copying {
	HANDLE section;
	atomic_bool stop;
};

static void *copies_for_ever(void *argument)
{
	struct copying *copying = argument;

	while (!atomic_load(&copying->stop)) {
		char *view = view_of(copying->section, FILE_MAP_COPY);

		for (SIZE_T i = 0; view && i < PAGES; i++)
			view[i * PAGE]++;
		UnmapViewOfFile(view);
	}
	return NULL;
}

TEST_F(data_copy, SE_31_killed_while_it_copies)
{
	for (int round = 0; round < 6; round++) {
		struct copying copying = { .section = self->section };
		pthread_t threads[2];
		int status;
		pid_t child;

		fflush(NULL);
		child = fork();
		if (!child) {
			pthread_create(&threads[0], NULL, copies_for_ever, &copying);
			pthread_create(&threads[1], NULL, copies_for_ever, &copying);
			pthread_join(threads[0], NULL);
			_exit(0);
		}
		usleep(20000 * (unsigned int)(round + 1));
		ASSERT_EQ(0, kill(child, SIGKILL));
		ASSERT_EQ(child, waitpid(child, &status, 0));
	}
	EXPECT_UNTOUCHED();
}

/* One thread protects, one drops pages, one writes: the file hears of nothing. */
struct racing {
	char *view;
	atomic_bool stop;
};

static void *protects_for_ever(void *argument)
{
	struct racing *racing = argument;

	while (!atomic_load(&racing->stop)) {
		protect(racing->view, PAGES * PAGE, PAGE_READONLY);
		protect(racing->view, PAGES * PAGE, PAGE_WRITECOPY);
	}
	return NULL;
}

static void *drops_for_ever(void *argument)
{
	struct racing *racing = argument;

	while (!atomic_load(&racing->stop)) {
		madvise(racing->view, PAGES * PAGE, MADV_DONTNEED);
		madvise(racing->view, PAGES * PAGE, MADV_POPULATE_WRITE);
	}
	return NULL;
}

TEST_F(data_copy, SE_31_races_do_not_reach_the_file)
{
	char *reads = view_of(self->section, FILE_MAP_READ);
	struct racing racing = { .view = reads };
	int mem = open("/proc/self/mem", O_RDWR);
	pthread_t threads[2];

	ASSERT_NE(NULL, reads);
	ASSERT_EQ(0, pthread_create(&threads[0], NULL, protects_for_ever, &racing));
	ASSERT_EQ(0, pthread_create(&threads[1], NULL, drops_for_ever, &racing));
	for (SIZE_T i = 0; i < 2000; i++) {
		ssize_t done = pwrite(mem, "x", 1,
				      (off_t)(uintptr_t)(reads + i % PAGES * PAGE));

		(void)done;
		if (i % 500 == 499) {
			/* Again without copies. */
			UnmapViewOfFile(reads);
			EXPECT_EQ(reads, MapViewOfFileEx(self->section, FILE_MAP_READ, 0, 0, 0,
							 reads));
		}
	}
	atomic_store(&racing.stop, true);
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	EXPECT_WORKS(UnmapViewOfFile(reads));
	close(mem);
	EXPECT_UNTOUCHED();
}

/* Linux lets nobody have such a file mapped for writing: they are not copied on write. */
TEST_F(data_copy, SE_15a_files_that_are_only_appended_to)
{
	int before, flags;
	HANDLE section;
	char *view;

	if (variant->kind != DISK_EXT4)
		return;
	ASSERT_EQ(0, ioctl(self->fd, FS_IOC_GETFLAGS, &before));
	flags = before | FS_APPEND_FL;
	ASSERT_EQ(0, ioctl(self->fd, FS_IOC_SETFLAGS, &flags));
	section = section_of(self->file, PAGE_READONLY);
	ASSERT_NE(NULL, section);
	EXPECT_WORKS(view = view_of(section, FILE_MAP_READ));
	EXPECT_READS(1, view);
	EXPECT_FAILS(5, view_of(section, FILE_MAP_COPY));
	EXPECT_FAILS(5, protect(view, PAGE, PAGE_WRITECOPY));
	EXPECT_VIOLATION_WRITE(view);
	EXPECT_COMMITTED(view, view, PAGES * PAGE, PAGE_READONLY);
	EXPECT_WORKS(protect(view, PAGE, PAGE_NOACCESS));
	EXPECT_WORKS(UnmapViewOfFile(view));
	EXPECT_WORKS(CloseHandle(section));
	EXPECT_EQ(0, ioctl(self->fd, FS_IOC_SETFLAGS, &before));
	EXPECT_UNTOUCHED();
}

TEST(SE_15a_files_that_are_sealed)
{
	int fd = memfd_create("sealed", MFD_ALLOW_SEALING | MFD_CLOEXEC), again;
	char path[32], *view;
	HANDLE section;

	ASSERT_TRUE(fill(fd));
	ASSERT_EQ(0, fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, again);
	section = section_of(winvm_open_fd(again, MAXIMUM_ALLOWED), PAGE_WRITECOPY);
	ASSERT_NE(NULL, section);
	EXPECT_WORKS(view = view_of(section, FILE_MAP_READ));
	EXPECT_READS(2, view + PAGE);
	EXPECT_VIOLATION_WRITE(view);
	EXPECT_FAILS(5, view_of(section, FILE_MAP_COPY));
	EXPECT_FAILS(5, protect(view, PAGE, PAGE_WRITECOPY));
	EXPECT_COMMITTED(view, view, PAGES * PAGE, PAGE_READONLY);
	EXPECT_WORKS(UnmapViewOfFile(view));
	EXPECT_WORKS(CloseHandle(section));
	close(again);
	close(fd);
}

VM_TEST_MAIN
