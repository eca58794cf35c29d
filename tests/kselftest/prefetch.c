// SPDX-License-Identifier: GPL-2.0
/* PrefetchVirtualMemory, NtSetInformationVirtualMemory (SPEC 8.4). */
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "swap.h"
#include "vm.h"

#define PAGES ((SIZE_T)256)
#define BYTES (PAGES * PAGE)

#define ST_INVALID_PARAMETER_2 STATUS(0xc00000f0)
#define ST_INVALID_PARAMETER_3 STATUS(0xc00000f1)
#define ST_INVALID_PARAMETER_4 STATUS(0xc00000f2)
#define ST_INVALID_PARAMETER_5 STATUS(0xc00000f3)
#define ST_INVALID_PARAMETER_6 STATUS(0xc00000f4)

static BOOL prefetch(void *address, SIZE_T bytes)
{
	WIN32_MEMORY_RANGE_ENTRY entry = { address, bytes };

	return PrefetchVirtualMemory(GetCurrentProcess(), 1, &entry, 0);
}

static NTSTATUS nt_prefetch(HANDLE process, ULONG_PTR count, void *entries)
{
	ULONG flags = 0;

	return NtSetInformationVirtualMemory(process, VmPrefetchInformation, count, entries, &flags,
					     sizeof(flags));
}

static NTSTATUS nt_prefetch_one(void *address, SIZE_T bytes)
{
	MEMORY_RANGE_ENTRY entry = { address, bytes };

	return nt_prefetch(NtCurrentProcess(), 1, &entry);
}

TEST(PF_1_any_address_will_do)
{
	char *base = reserve(8 * PAGE);

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(commit_at(base, 4 * PAGE, PAGE_READWRITE));
	EXPECT_WORKS(prefetch(base, 8 * PAGE));
	EXPECT_WORKS(prefetch(NULL, PAGE));
	EXPECT_WORKS(prefetch(FIXED, PAGE));
	EXPECT_WORKS(prefetch(base + 5 * PAGE, 3 * PAGE));
	EXPECT_WORKS(prefetch(base + 123, 1));
	EXPECT_WORKS(prefetch(base + PAGE - 1, 2));
	ASSERT_TRUE(decommit(base, PAGE));
	ASSERT_TRUE(protect(base + PAGE, PAGE, PAGE_NOACCESS));
	ASSERT_TRUE(protect(base + 2 * PAGE, PAGE, PAGE_READWRITE | PAGE_GUARD));
	EXPECT_WORKS(prefetch(base, 4 * PAGE));
	/* It is no touch. */
	EXPECT_COMMITTED(base + 2 * PAGE, base, PAGE, PAGE_READWRITE | PAGE_GUARD);
	/* All there is, ours and Linux's. */
	EXPECT_WORKS(prefetch(NULL, HIGHEST_ADDRESS + 1));
	EXPECT_COMMITTED(base + 2 * PAGE, base, PAGE, PAGE_READWRITE | PAGE_GUARD);
}

TEST(PF_1_flags_are_0)
{
	WIN32_MEMORY_RANGE_ENTRY entry = { FIXED, PAGE };

	for (ULONG flag = 1; flag; flag <<= 1) {
		EXPECT_FAILS(87, PrefetchVirtualMemory(GetCurrentProcess(), 1, &entry, flag));
		EXPECT_STATUS(ST_INVALID_PARAMETER_5,
			      NtSetInformationVirtualMemory(NtCurrentProcess(),
							    VmPrefetchInformation, 1,
							    (PMEMORY_RANGE_ENTRY)&entry, &flag,
							    sizeof(flag)));
	}
}

TEST(PF_2_no_entries)
{
	WIN32_MEMORY_RANGE_ENTRY entry = { FIXED, PAGE };

	EXPECT_FAILS(87, PrefetchVirtualMemory(GetCurrentProcess(), 0, &entry, 0));
	EXPECT_FAILS(87, PrefetchVirtualMemory(GetCurrentProcess(), 0, NULL, 0));
	EXPECT_STATUS(ST_INVALID_PARAMETER_3, nt_prefetch(NtCurrentProcess(), 0, &entry));
	EXPECT_STATUS(ST_INVALID_PARAMETER_3, nt_prefetch(NtCurrentProcess(), 0, NULL));
	/* As many as no array can have. */
	EXPECT_STATUS(ST_INVALID_PARAMETER_3,
		      nt_prefetch(NtCurrentProcess(), SIZE_MAX / sizeof(entry) + 1, &entry));
}

TEST(PF_3_entries_that_cannot_be_read)
{
	WIN32_MEMORY_RANGE_ENTRY *last;
	char *base = commit(2 * PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_FAILS(998, PrefetchVirtualMemory(GetCurrentProcess(), 1, NULL, 0));
	EXPECT_STATUS(ST_ACCESS_VIOLATION, nt_prefetch(NtCurrentProcess(), 1, NULL));
	EXPECT_STATUS(ST_ACCESS_VIOLATION, nt_prefetch(NtCurrentProcess(), 1, (void *)16));
	EXPECT_STATUS(ST_ACCESS_VIOLATION,
		      nt_prefetch(NtCurrentProcess(), 1, (void *)0xffff888000000000));
	last = (WIN32_MEMORY_RANGE_ENTRY *)(void *)(base + PAGE) - 1;
	*last = (WIN32_MEMORY_RANGE_ENTRY){ base, PAGE };
	ASSERT_TRUE(protect(base + PAGE, PAGE, PAGE_NOACCESS));
	EXPECT_WORKS(PrefetchVirtualMemory(GetCurrentProcess(), 1, last, 0));
	EXPECT_FAILS(998, PrefetchVirtualMemory(GetCurrentProcess(), 2, last, 0));
	EXPECT_FAILS(998, PrefetchVirtualMemory(GetCurrentProcess(), SIZE_MAX / 16, last, 0));
}

TEST(PF_4_an_entry_of_0_bytes)
{
	WIN32_MEMORY_RANGE_ENTRY entries[40];

	EXPECT_FAILS(87, prefetch(FIXED, 0));
	EXPECT_STATUS(ST_INVALID_PARAMETER_4, nt_prefetch_one(FIXED, 0));
	EXPECT_STATUS(ST_INVALID_PARAMETER_4, nt_prefetch_one(NULL, 0));
	/* Nor is there anything past the top. */
	EXPECT_STATUS(ST_SUCCESS, nt_prefetch_one((void *)HIGHEST_ADDRESS, 1));
	EXPECT_STATUS(ST_INVALID_PARAMETER_4, nt_prefetch_one((void *)HIGHEST_ADDRESS, 2));
	EXPECT_STATUS(ST_INVALID_PARAMETER_4, nt_prefetch_one((void *)(HIGHEST_ADDRESS + 1), 1));
	EXPECT_STATUS(ST_INVALID_PARAMETER_4, nt_prefetch_one(FIXED, SIZE_MAX));
	/* Wherever it is in the array. */
	for (int i = 0; i < 40; i++)
		entries[i] = (WIN32_MEMORY_RANGE_ENTRY){ FIXED, PAGE };
	EXPECT_WORKS(PrefetchVirtualMemory(GetCurrentProcess(), 40, entries, 0));
	for (int i = 0; i < 40; i++) {
		entries[i].NumberOfBytes = 0;
		EXPECT_STATUS(ST_INVALID_PARAMETER_4, nt_prefetch(NtCurrentProcess(), 40, entries));
		entries[i].NumberOfBytes = PAGE;
	}
}

static NTSTATUS set(HANDLE process, int class, ULONG_PTR count, void *entries, void *information,
		    ULONG length)
{
	return NtSetInformationVirtualMemory(process, (VIRTUAL_MEMORY_INFORMATION_CLASS)class, count,
					     entries, information, length);
}

TEST(PF_5_order_of_the_checks)
{
	MEMORY_RANGE_ENTRY empty = { FIXED, 0 };
	HANDLE self = NtCurrentProcess();
	ULONG zero[2] = { 0, 0 };

	for (int class = -1; class <= 12; class++)
		if (class != VmPrefetchInformation) {
			EXPECT_STATUS(ST_INVALID_PARAMETER_2, set(self, class, 0, NULL, NULL, 0));
			EXPECT_STATUS(ST_INVALID_PARAMETER_2, set(NULL, class, 1, &empty, zero, 4));
		}
	EXPECT_STATUS(ST_INVALID_PARAMETER_5, set(self, 0, 0, NULL, NULL, 0));
	EXPECT_STATUS(ST_INVALID_PARAMETER_5, set(self, 0, 1, &empty, NULL, 4));
	EXPECT_STATUS(ST_INVALID_PARAMETER_6, set(self, 0, 0, NULL, zero, 0));
	EXPECT_STATUS(ST_INVALID_PARAMETER_6, set(self, 0, 1, &empty, zero, 8));
	EXPECT_STATUS(ST_INVALID_PARAMETER_6, set(self, 0, 1, &empty, (void *)16, 3));
	EXPECT_STATUS(ST_ACCESS_VIOLATION, set(self, 0, 1, &empty, (void *)16, 4));
	EXPECT_STATUS(ST_INVALID_PARAMETER_3, set(NULL, 0, 0, NULL, zero, 4));
	EXPECT_STATUS(ST_ACCESS_VIOLATION, set(NULL, 0, 1, NULL, zero, 4));
	EXPECT_STATUS(ST_INVALID_HANDLE, set(NULL, 0, 1, &empty, zero, 4));
	EXPECT_STATUS(ST_INVALID_PARAMETER_4, set(self, 0, 1, &empty, zero, 4));
}

static pid_t idle_child(void)
{
	pid_t pid = fork();

	if (!pid) {
		pause();
		_exit(0);
	}
	return pid;
}

static void end_child(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

TEST(G_6_prefetch_needs_the_right)
{
	WIN32_MEMORY_RANGE_ENTRY entry = { FIXED, PAGE };
	pid_t pid = idle_child();
	ULONG zero = 0;
	HANDLE handle;

	ASSERT_LT(0, pid);
	handle = OpenProcess(PROCESS_QUERY_INFORMATION | PROCESS_VM_READ, FALSE, (DWORD)pid);
	ASSERT_NE(NULL, handle);
	EXPECT_FAILS(5, PrefetchVirtualMemory(handle, 1, &entry, 0));
	/* The arguments come first. */
	EXPECT_FAILS(87, PrefetchVirtualMemory(handle, 0, &entry, 0));
	EXPECT_STATUS(ST_INVALID_PARAMETER_2, set(handle, 1, 1, &entry, &zero, 4));
	ASSERT_TRUE(CloseHandle(handle));
	handle = OpenProcess(PROCESS_VM_OPERATION, FALSE, (DWORD)pid);
	ASSERT_NE(NULL, handle);
	EXPECT_WORKS(PrefetchVirtualMemory(handle, 1, &entry, 0));
	EXPECT_STATUS(ST_INVALID_PARAMETER_2, set(handle, 1, 1, &entry, &zero, 4));
	end_child(pid);
	EXPECT_FAILS(5, PrefetchVirtualMemory(handle, 1, &entry, 0));
	EXPECT_FAILS(6, PrefetchVirtualMemory(NULL, 1, &entry, 0));
}

/* Pages in memory, mapped or not. */
static SIZE_T resident(const char *base, SIZE_T pages)
{
	unsigned char present[4 * PAGES];
	SIZE_T count = 0;

	if (pages > sizeof(present) || mincore((void *)(uintptr_t)base, pages * PAGE, present))
		return 0;
	for (SIZE_T i = 0; i < pages; i++)
		count += present[i] & 1;
	return count;
}

/* Pages in the page tables, that is in the working set. */
static SIZE_T mapped(const char *base, SIZE_T pages)
{
	uint64_t entries[4 * PAGES];
	size_t bytes = pages * sizeof(*entries);
	off_t at = (off_t)((uintptr_t)base / PAGE * sizeof(*entries));
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	SIZE_T count = 0;

	if (bytes <= sizeof(entries) && pread(pagemap, entries, bytes, at) == (ssize_t)bytes)
		for (SIZE_T i = 0; i < pages; i++)
			count += entries[i] >> 63;
	close(pagemap);
	return count;
}

static void fill(char *base, SIZE_T pages)
{
	for (SIZE_T page = 0; page < pages; page++)
		for (SIZE_T i = 0; i < PAGE / 8; i += 16)
			((uint64_t *)(void *)(base + page * PAGE))[i] =
				page * UINT64_C(0x9e3779b97f4a7c15) + i + 1;
}

static SIZE_T count_intact(const char *base, SIZE_T pages)
{
	SIZE_T count = 0;

	for (SIZE_T page = 0; page < pages; page++) {
		const uint64_t *words = (const uint64_t *)(const void *)(base + page * PAGE);
		bool intact = true;

		for (SIZE_T i = 0; i < PAGE / 8; i += 16)
			intact &= words[i] == page * UINT64_C(0x9e3779b97f4a7c15) + i + 1;
		count += intact;
	}
	return count;
}

/* Writes them all to swap, which takes a try or two. */
static bool swap_out(char *base, SIZE_T pages)
{
	for (int tries = 0; tries < 50; tries++) {
		madvise(base, pages * PAGE, MADV_PAGEOUT);
		if (!resident(base, pages))
			return true;
		usleep(20000);
	}
	return false;
}

FIXTURE(swapped)
{
	bool ready;
	char *base;
};

FIXTURE_SETUP(swapped)
{
	if (!swap_begin(64))
		SKIP(return, "no zram on this kernel");
	/* One page, and what was asked for, at a time. */
	ASSERT_TRUE(proc_write("/proc/sys/vm/page-cluster", "0"));
	self->ready = true;
	self->base = commit(4 * BYTES);
	ASSERT_NE(NULL, self->base);
	/* Behind pages that are touched in a row, some that can be written come along. */
	ASSERT_TRUE(protect(self->base + BYTES, 3 * BYTES, PAGE_READONLY));
	fill(self->base, PAGES);
	ASSERT_TRUE(protect(self->base + BYTES, 3 * BYTES, PAGE_READWRITE));
	ASSERT_TRUE(swap_out(self->base, PAGES));
}

FIXTURE_TEARDOWN(swapped)
{
	if (!self->ready)
		return;
	EXPECT_TRUE(release(self->base));
	EXPECT_TRUE(proc_write("/proc/sys/vm/page-cluster", "3"));
	EXPECT_TRUE(swap_end());
}

TEST_F(swapped, PF_6_pages_come_in_but_are_not_mapped)
{
	struct winvm_counters before, after;

	if (!self->ready)
		return;
	before = counters();
	EXPECT_WORKS(prefetch(self->base, 4 * BYTES));
	EXPECT_EQ(PAGES, resident(self->base, PAGES));
	EXPECT_EQ(0u, mapped(self->base, PAGES));
	/* Pages that nobody has touched get no memory. */
	EXPECT_EQ(PAGES, resident(self->base, 4 * PAGES));
	after = counters();
	EXPECT_EQ(before.commit_bytes, after.commit_bytes);
	EXPECT_EQ(before.bookkeeping_bytes, after.bookkeeping_bytes);
	EXPECT_EQ(PAGES, count_intact(self->base, PAGES));
	EXPECT_EQ(PAGES, mapped(self->base, PAGES));
}

TEST_F(swapped, PF_1_what_is_asked_for_and_no_more)
{
	WIN32_MEMORY_RANGE_ENTRY entries[PAGES / 4];

	if (!self->ready)
		return;
	/* A byte each, at the beginning, the end, and over an edge of pages. */
	for (SIZE_T i = 0; i < PAGES / 4; i++)
		entries[i] = (WIN32_MEMORY_RANGE_ENTRY){ self->base + 4 * i * PAGE +
							 (i % 2 ? 0 : PAGE - 1), 1 + i % 2 };
	EXPECT_WORKS(PrefetchVirtualMemory(GetCurrentProcess(), PAGES / 4, entries, 0));
	EXPECT_EQ(PAGES / 4, resident(self->base, PAGES));
	for (SIZE_T page = 0; page < PAGES; page++)
		EXPECT_EQ(page % 4 == 0, resident(self->base + page * PAGE, 1));
	EXPECT_WORKS(prefetch(self->base + PAGE - 1, 2));
	EXPECT_EQ(PAGES / 4 + 1, resident(self->base, PAGES));
}

TEST_F(swapped, PF_1_what_cannot_be_read_stays_away)
{
	if (!self->ready)
		return;
	ASSERT_TRUE(protect(self->base, PAGE, PAGE_NOACCESS));
	ASSERT_TRUE(protect(self->base + PAGE, PAGE, PAGE_READWRITE | PAGE_GUARD));
	ASSERT_TRUE(protect(self->base + 2 * PAGE, PAGE, PAGE_READONLY));
	ASSERT_TRUE(decommit(self->base + 3 * PAGE, PAGE));
	EXPECT_WORKS(prefetch(self->base, BYTES));
	EXPECT_EQ(0u, resident(self->base, 2));
	EXPECT_EQ(1u, resident(self->base + 2 * PAGE, 1));
	EXPECT_EQ(0u, resident(self->base + 3 * PAGE, 1));
	EXPECT_EQ(PAGES - 4, resident(self->base + 4 * PAGE, PAGES - 4));
}

/* An entry that is wrong comes to light before anything is done. */
TEST_F(swapped, PF_4_nothing_comes_in_then)
{
	WIN32_MEMORY_RANGE_ENTRY entries[20];

	if (!self->ready)
		return;
	for (int i = 0; i < 20; i++)
		entries[i] = (WIN32_MEMORY_RANGE_ENTRY){ self->base, BYTES };
	entries[19].NumberOfBytes = 0;
	EXPECT_FAILS(87, PrefetchVirtualMemory(GetCurrentProcess(), 20, entries, 0));
	EXPECT_EQ(0u, resident(self->base, PAGES));
}

/* How much of the child's memory is in RAM can be seen by what all processes have. */
static long shared_kb(void)
{
	proc_write("/proc/sys/vm/stat_refresh", "1");
	return proc_meminfo_kb("Shmem:");
}

static long remote_swap_out(pid_t pid, void *base, SIZE_T bytes)
{
	struct iovec range = { base, bytes };
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	long done = syscall(SYS_process_madvise, pidfd, &range, 1, MADV_PAGEOUT, 0);

	close(pidfd);
	return done;
}

TEST_F(swapped, in_another_process)
{
	const SIZE_T bytes = 4 * BYTES;
	WIN32_MEMORY_RANGE_ENTRY entry = { NULL, bytes };
	HANDLE handle;
	pid_t pid;
	long out;

	if (!self->ready)
		return;
	fill(self->base, 4 * PAGES);
	pid = idle_child();
	handle = OpenProcess(PROCESS_VM_OPERATION | PROCESS_VM_WRITE | PROCESS_VM_READ, FALSE,
			     (DWORD)pid);
	ASSERT_NE(NULL, handle);
	entry.VirtualAddress = VirtualAllocEx(handle, NULL, bytes, MEM_RESERVE | MEM_COMMIT,
					      PAGE_READWRITE);
	ASSERT_NE(NULL, entry.VirtualAddress);
	ASSERT_TRUE(WriteProcessMemory(handle, entry.VirtualAddress, self->base, bytes, NULL));
	ASSERT_EQ(0, kill(pid, SIGSTOP));
	ASSERT_EQ((long)bytes, remote_swap_out(pid, entry.VirtualAddress, bytes));
	out = shared_kb();
	EXPECT_WORKS(PrefetchVirtualMemory(handle, 1, &entry, 0));
	EXPECT_LT(out + (long)(bytes / 1024) * 3 / 4, shared_kb());
	memset(self->base, 0, bytes);
	ASSERT_TRUE(ReadProcessMemory(handle, entry.VirtualAddress, self->base, bytes, NULL));
	EXPECT_EQ(4 * PAGES, count_intact(self->base, 4 * PAGES));
	end_child(pid);
}

/* Reading ahead is only begun, so it is waited for. */
static bool becomes_resident(const char *base, SIZE_T pages)
{
	for (int tries = 0; tries < 500; tries++) {
		if (resident(base, pages) == pages)
			return true;
		usleep(20000);
	}
	return false;
}

/* A file that is sure to lie on no tmpfs: a disk. */
static int disk_begin(void)
{
	static char contents[4 * BYTES];
	int disk;

	if (!swap_begin(64) || swapoff(SWAP_DEVICE))
		return -1;
	disk = open(SWAP_DEVICE, O_RDWR | O_CLOEXEC);
	fill(contents, 4 * PAGES);
	if (write(disk, contents, sizeof(contents)) != sizeof(contents) || fsync(disk) ||
	    posix_fadvise(disk, 0, 0, POSIX_FADV_DONTNEED))
		return -1;
	return disk;
}

TEST(PF_1_mapped_files_are_read_ahead)
{
	int disk = disk_begin();
	char *view;

	if (disk < 0)
		SKIP(return, "no zram on this kernel");
	view = mmap(NULL, 4 * BYTES, PROT_READ, MAP_SHARED, disk, 0);
	ASSERT_NE(MAP_FAILED, view);
	ASSERT_EQ(0u, resident(view, 4 * PAGES));
	EXPECT_WORKS(prefetch(view + BYTES, 2 * BYTES));
	EXPECT_TRUE(becomes_resident(view + BYTES, 2 * PAGES));
	EXPECT_EQ(0u, resident(view, PAGES));
	EXPECT_EQ(0u, resident(view + 3 * BYTES, PAGES));
	EXPECT_EQ(0u, mapped(view, 4 * PAGES));
	/* From the middle of memory that is free to the middle of the file. */
	ASSERT_EQ(0, munmap(view, PAGE));
	EXPECT_WORKS(prefetch(view, 2 * PAGE));
	EXPECT_TRUE(becomes_resident(view + PAGE, 1));
	munmap(view, 4 * BYTES);
	close(disk);
	EXPECT_TRUE(proc_write("/sys/block/zram0/reset", "1"));
}

VM_TEST_MAIN
