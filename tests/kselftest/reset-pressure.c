// SPDX-License-Identifier: GPL-2.0
/* MEM_RESET and MEM_RESET_UNDO when memory is short (SPEC 3.4). */
#include <sys/mman.h>
#include <sys/uio.h>

#include "device.h"
#include "squeeze.h"

#define MEGA ((SIZE_T)1 << 20)

/* Our choice: the documentation names none (SPEC MR-9). */
#define LOST_ERROR 31
#define ST_LOST	   STATUS(0xc0000001)

#define LIMIT (24 * MEGA)
#define PAGES ((SIZE_T)2048)
#define BYTES (PAGES * PAGE)

static bool reset(void *address, SIZE_T bytes)
{
	return VirtualAlloc(address, bytes, MEM_RESET, PAGE_READWRITE);
}

static bool undo(void *address, SIZE_T bytes)
{
	return VirtualAlloc(address, bytes, MEM_RESET_UNDO, PAGE_READWRITE);
}

static SIZE_T resident(char *base, SIZE_T pages)
{
	unsigned char present[8192];
	SIZE_T count = 0;

	if (pages > sizeof(present) || mincore(base, pages * PAGE, present))
		return 0;
	for (SIZE_T i = 0; i < pages; i++)
		count += present[i] & 1;
	return count;
}

/* A memory cgroup that holds us, and swap. */
FIXTURE(pressure) {
	bool ready;
	char *base;
};

FIXTURE_SETUP(pressure)
{
	const char *missing = squeeze_begin(LIMIT, 512);

	if (missing)
		SKIP(return, "%s", missing);
	self->ready = true;
	self->base = commit(BYTES);
	ASSERT_NE(NULL, self->base);
}

FIXTURE_TEARDOWN(pressure)
{
	if (!self->ready)
		return;
	EXPECT_TRUE(release(self->base));
	EXPECT_TRUE(squeeze_end());
}

static void fill(char *base, SIZE_T first, SIZE_T pages)
{
	for (SIZE_T page = first; page < first + pages; page++)
		squeeze_fill(base + page * PAGE, page);
}

static enum squeeze_kind page_kind(const char *base, SIZE_T page)
{
	return squeeze_kind(base + page * PAGE, page);
}

static SIZE_T count(const char *base, SIZE_T first, SIZE_T pages, enum squeeze_kind kind)
{
	SIZE_T found = 0;

	for (SIZE_T page = first; page < first + pages; page++)
		found += page_kind(base, page) == kind;
	return found;
}

/* Other memory, touched @times over. */
static void press_with(SIZE_T bytes, SIZE_T times)
{
	char *ballast = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			     0);

	while (times--)
		for (SIZE_T at = 0; at < bytes; at += PAGE)
			*(volatile uint64_t *)(void *)(ballast + at) += at + times + 1;
	munmap(ballast, bytes);
}

/* As much as makes the group full. */
static void press(SIZE_T times)
{
	press_with(LIMIT, times);
}

/* Linux takes at once what it would take when memory is short. */
static void page_out(char *base)
{
	madvise(base, BYTES, MADV_PAGEOUT);
}

/* Each page reads old data or zeros, and most are zeros: nothing of it went to swap. */
TEST_F(pressure, MR_8_contents_go_without_being_written)
{
	SIZE_T swapped = 0, lost;

	if (!self->ready)
		return;
	fill(self->base, 0, PAGES);
	EXPECT_WORKS(reset(self->base, BYTES));
	press(1);
	for (SIZE_T page = 0; page < PAGES; page++) {
		bool present = resident(self->base + page * PAGE, 1);

		swapped += !present && page_kind(self->base, page) != SQUEEZE_ZERO;
	}
	EXPECT_EQ(0u, swapped);
	lost = count(self->base, 0, PAGES, SQUEEZE_ZERO);
	TH_LOG("%zu of %zu pages lost", lost, PAGES);
	EXPECT_LT(PAGES / 2, lost);
	EXPECT_EQ(0u, count(self->base, 0, PAGES, SQUEEZE_WRONG));
	EXPECT_EQ(BYTES, counters().commit_bytes);
	EXPECT_COMMITTED(self->base, self->base, BYTES, PAGE_READWRITE);
}

/* What was not reset is in memory or in swap. */
TEST_F(pressure, MR_4_other_pages_keep_their_contents)
{
	if (!self->ready)
		return;
	fill(self->base, 0, PAGES);
	for (SIZE_T page = 0; page < PAGES; page += 2)
		EXPECT_TRUE(reset(self->base + page * PAGE, PAGE));
	press(2);
	for (SIZE_T page = 1; page < PAGES; page += 2)
		EXPECT_EQ(SQUEEZE_INTACT, page_kind(self->base, page));
	EXPECT_EQ(0u, count(self->base, 0, PAGES, SQUEEZE_WRONG));
	EXPECT_LT(PAGES / 4, count(self->base, 0, PAGES, SQUEEZE_ZERO));
}

TEST_F(pressure, MR_4_a_write_makes_a_page_normal)
{
	if (!self->ready)
		return;
	fill(self->base, 0, PAGES);
	EXPECT_WORKS(reset(self->base, BYTES));
	/* Nothing is lost yet: these come through a write to a page that is there. */
	fill(self->base, 0, PAGES / 2);
	page_out(self->base);
	EXPECT_EQ(PAGES / 2, count(self->base, 0, PAGES / 2, SQUEEZE_INTACT));
	EXPECT_LT(PAGES / 4, count(self->base, PAGES / 2, PAGES / 2, SQUEEZE_ZERO));
	EXPECT_WORKS(undo(self->base, BYTES / 2));
	/* These have been lost. */
	fill(self->base, PAGES / 2, PAGES / 2);
	page_out(self->base);
	EXPECT_EQ(PAGES, count(self->base, 0, PAGES, SQUEEZE_INTACT));
	EXPECT_FAILS(LOST_ERROR, undo(self->base, BYTES));
	EXPECT_EQ(PAGES, count(self->base, 0, PAGES, SQUEEZE_INTACT));
}

static ssize_t kernel_writes(char *page)
{
	int pipe_ends[2];
	char value = 'w';
	ssize_t done = 0;

	if (!pipe(pipe_ends) && write(pipe_ends[1], &value, 1) == 1)
		done = read(pipe_ends[0], page + 5, 1);
	close(pipe_ends[0]);
	close(pipe_ends[1]);
	return done;
}

static bool process_writes(char *page)
{
	char value = 'w';
	struct iovec from = { &value, 1 }, to = { page + 5, 1 };

	return process_vm_writev(getpid(), &from, 1, &to, 1, 0) == 1;
}

/* A write of the kernel is a write. */
TEST_F(pressure, MR_4_writes_of_system_calls_count)
{
	if (!self->ready)
		return;
	fill(self->base, 0, PAGES);
	EXPECT_WORKS(reset(self->base, BYTES));
	for (SIZE_T page = 0; page < PAGES; page += 2)
		ASSERT_EQ(1, kernel_writes(self->base + page * PAGE));
	for (SIZE_T page = 1; page < PAGES; page += 2)
		ASSERT_TRUE(process_writes(self->base + page * PAGE));
	page_out(self->base);
	for (SIZE_T page = 0; page < PAGES; page++) {
		ASSERT_EQ('w', self->base[page * PAGE + 5]);
		ASSERT_EQ(squeeze_word(page, 16),
			  ((uint64_t *)(void *)(self->base + page * PAGE))[16]);
	}
	EXPECT_WORKS(undo(self->base, BYTES));
}

/* A page that lies in the range with a part only loses nothing. */
TEST_F(pressure, MR_5_rounded_inward)
{
	if (!self->ready)
		return;
	fill(self->base, 0, PAGES);
	for (SIZE_T page = 0; page < PAGES; page += 4) {
		char *at = self->base + page * PAGE;

		EXPECT_TRUE(reset(at + 1, 3 * PAGE - 2));
		EXPECT_TRUE(reset(at + 3 * PAGE, PAGE - 1));
		EXPECT_TRUE(reset(at + 3 * PAGE + 1, PAGE - 1));
	}
	page_out(self->base);
	for (SIZE_T page = 0; page < PAGES; page++)
		if (page % 4 != 1)
			EXPECT_EQ(SQUEEZE_INTACT, page_kind(self->base, page));
	EXPECT_LT(PAGES / 8, count(self->base, 0, PAGES, SQUEEZE_ZERO));
	EXPECT_WORKS(undo(self->base + 2 * PAGE, 3 * PAGE));
}

TEST_F(pressure, MR_9_undone_pages_stay)
{
	if (!self->ready)
		return;
	fill(self->base, 0, PAGES);
	EXPECT_WORKS(reset(self->base, BYTES));
	EXPECT_WORKS(undo(self->base, BYTES));
	page_out(self->base);
	EXPECT_EQ(PAGES, count(self->base, 0, PAGES, SQUEEZE_INTACT));
}

TEST_F(pressure, MR_9_undo_tells_the_truth)
{
	SIZE_T failed = 0, before;

	if (!self->ready)
		return;
	fill(self->base, 0, PAGES);
	EXPECT_WORKS(reset(self->base, BYTES));
	press_with(LIMIT - BYTES / 2, 1);
	/* Page by page, half of them not looked at before. */
	for (SIZE_T page = 0; page < PAGES; page++) {
		bool zero = page & 1 && page_kind(self->base, page) == SQUEEZE_ZERO;
		bool intact = undo(self->base + page * PAGE, PAGE);

		if (page & 1)
			ASSERT_EQ(!zero, intact);
		ASSERT_EQ(intact ? SQUEEZE_INTACT : SQUEEZE_ZERO, page_kind(self->base, page));
		failed += !intact;
	}
	TH_LOG("%zu of %zu pages lost", failed, PAGES);
	EXPECT_LT(PAGES / 8, failed);
	/* It was told, and is no news. What was left is safe. */
	EXPECT_WORKS(undo(self->base, BYTES));
	before = count(self->base, 0, PAGES, SQUEEZE_INTACT);
	page_out(self->base);
	EXPECT_EQ(before, count(self->base, 0, PAGES, SQUEEZE_INTACT));
	EXPECT_EQ(PAGES - failed, before);
}

TEST_F(pressure, MR_9_one_lost_page_fails_the_whole_undo)
{
	SIZE_T before;

	if (!self->ready)
		return;
	fill(self->base, 0, PAGES);
	EXPECT_WORKS(reset(self->base, BYTES));
	page_out(self->base);
	EXPECT_STATUS(ST_LOST, nt_allocate(self->base, 0, BYTES, MEM_RESET_UNDO, PAGE_READWRITE)
				       .status);
	before = count(self->base, 0, PAGES, SQUEEZE_INTACT);
	page_out(self->base);
	EXPECT_EQ(before, count(self->base, 0, PAGES, SQUEEZE_INTACT));
	EXPECT_EQ(0u, count(self->base, 0, PAGES, SQUEEZE_WRONG));
}

/* Zeros that are lost are zeros still; and what never was there is not missed. */
TEST_F(pressure, MR_9_empty_pages_lose_nothing)
{
	if (!self->ready)
		return;
	for (SIZE_T page = 0; page < PAGES / 2; page++)
		*(volatile char *)(self->base + page * PAGE) = 0;
	EXPECT_WORKS(reset(self->base, BYTES));
	page_out(self->base);
	EXPECT_WORKS(undo(self->base, BYTES));
}

TEST_F(pressure, MR_9_a_second_reset)
{
	if (!self->ready)
		return;
	fill(self->base, 0, PAGES);
	EXPECT_WORKS(reset(self->base, BYTES));
	page_out(self->base);
	ASSERT_LT(PAGES / 2, count(self->base, 0, PAGES, SQUEEZE_ZERO));
	/* It does not make good what is lost, */
	EXPECT_WORKS(reset(self->base, BYTES));
	EXPECT_FAILS(LOST_ERROR, undo(self->base, BYTES));
	/* but the contents that were written since are what it is about. */
	EXPECT_WORKS(reset(self->base, BYTES));
	page_out(self->base);
	fill(self->base, 0, PAGES);
	EXPECT_WORKS(reset(self->base, BYTES));
	EXPECT_WORKS(undo(self->base, BYTES));
	EXPECT_EQ(PAGES, count(self->base, 0, PAGES, SQUEEZE_INTACT));
}

/* What is in swap at the time stays there. */
TEST_F(pressure, MR_9_pages_in_swap)
{
	if (!self->ready)
		return;
	fill(self->base, 0, PAGES);
	page_out(self->base);
	ASSERT_GT(PAGES / 2, resident(self->base, PAGES));
	EXPECT_WORKS(reset(self->base, BYTES));
	EXPECT_WORKS(undo(self->base, BYTES));
	EXPECT_EQ(PAGES, count(self->base, 0, PAGES, SQUEEZE_INTACT));
}

TEST_F(pressure, decommit_forgets_the_reset)
{
	if (!self->ready)
		return;
	fill(self->base, 0, PAGES);
	EXPECT_WORKS(reset(self->base, BYTES));
	page_out(self->base);
	ASSERT_TRUE(decommit(self->base, BYTES));
	ASSERT_TRUE(commit_at(self->base, BYTES, PAGE_READWRITE));
	EXPECT_WORKS(undo(self->base, BYTES));
	fill(self->base, 0, PAGES);
	page_out(self->base);
	EXPECT_EQ(PAGES, count(self->base, 0, PAGES, SQUEEZE_INTACT));
}

/* Neither committing again nor another protection makes good or forgets. */
TEST_F(pressure, recommit_and_protect_leave_the_reset)
{
	if (!self->ready)
		return;
	fill(self->base, 0, PAGES);
	EXPECT_WORKS(reset(self->base, BYTES));
	ASSERT_TRUE(commit_at(self->base, BYTES, PAGE_READONLY));
	ASSERT_TRUE(protect(self->base, BYTES / 2, PAGE_NOACCESS));
	press(1);
	ASSERT_TRUE(protect(self->base, BYTES, PAGE_READWRITE));
	EXPECT_LT(PAGES / 2, count(self->base, 0, PAGES, SQUEEZE_ZERO));
	EXPECT_FAILS(LOST_ERROR, undo(self->base, BYTES));
}

TEST_F(pressure, VL_12_locked_pages_stay)
{
	if (!self->ready)
		return;
	fill(self->base, 0, PAGES);
	ASSERT_TRUE(VirtualLock(self->base, 16 * PAGE));
	EXPECT_WORKS(reset(self->base, BYTES));
	page_out(self->base);
	EXPECT_EQ(16u, resident(self->base, 16));
	EXPECT_EQ(16u, count(self->base, 0, 16, SQUEEZE_INTACT));
	EXPECT_WORKS(undo(self->base, 16 * PAGE));
	ASSERT_TRUE(VirtualUnlock(self->base, 16 * PAGE));
}

TEST_F(pressure, in_another_process)
{
	const SIZE_T pages = 512, bytes = pages * PAGE;
	HANDLE handle;
	char *base;
	pid_t pid;

	if (!self->ready)
		return;
	pid = fork();
	if (!pid) {
		pause();
		_exit(0);
	}
	handle = OpenProcess(PROCESS_VM_OPERATION | PROCESS_VM_WRITE | PROCESS_VM_READ, FALSE,
			     (DWORD)pid);
	ASSERT_NE(NULL, handle);
	base = VirtualAllocEx(handle, NULL, bytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
	ASSERT_NE(NULL, base);
	fill(self->base, 0, pages);
	ASSERT_TRUE(WriteProcessMemory(handle, base, self->base, bytes, NULL));
	EXPECT_WORKS(VirtualAllocEx(handle, base, bytes, MEM_RESET, PAGE_READWRITE));
	press(2);
	EXPECT_FAILS(LOST_ERROR,
		     VirtualAllocEx(handle, base, bytes, MEM_RESET_UNDO, PAGE_READWRITE));
	/* Written from here after a reset, it stays. */
	EXPECT_WORKS(VirtualAllocEx(handle, base, bytes, MEM_RESET, PAGE_READWRITE));
	ASSERT_TRUE(WriteProcessMemory(handle, base, self->base, bytes, NULL));
	press(2);
	memset(self->base, 0, bytes);
	ASSERT_TRUE(ReadProcessMemory(handle, base, self->base, bytes, NULL));
	EXPECT_EQ(pages, count(self->base, 0, pages, SQUEEZE_INTACT));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

VM_TEST_MAIN
