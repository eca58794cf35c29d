// SPDX-License-Identifier: GPL-2.0
/*
 * Pages that become writable again without a fault each, and what must have its
 * fault all the same. ROUNDS in the environment says how often the races are
 * run, 100000 if it is not set: a thousandth of it.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "proc.h"
#include "vm.h"

#define PAGES 256
#define BYTES (PAGES * PAGE)
/* The debug kernel in an emulator takes its time. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 600

static long minor_faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_minflt;
}

static void write_all(char *base, char value)
{
	for (size_t page = 0; page < PAGES; page++)
		*(volatile char *)(base + page * PAGE) = value;
}

static size_t count_other(const char *base, char value)
{
	size_t count = 0;

	for (size_t page = 0; page < PAGES; page++)
		count += *(const volatile char *)(base + page * PAGE) != value;
	return count;
}

static size_t count_writable(char *base)
{
	size_t count = 0;

	for (size_t page = 0; page < PAGES; page++)
		count += !probe_write((uintptr_t)base + page * PAGE, 9).faulted;
	return count;
}

static unsigned long written_of(char *base, void **addresses)
{
	ULONG_PTR count = PAGES;
	DWORD granularity;

	if (GetWriteWatch(WRITE_WATCH_FLAG_RESET, base, BYTES, addresses, &count, &granularity))
		return ~0UL;
	return count;
}

TEST(read_only_is_at_once_and_without_exception)
{
	char *base = commit(BYTES);

	write_all(base, 1);
	for (int round = 0; round < 20; round++) {
		ASSERT_TRUE(protect(base, BYTES, PAGE_READONLY));
		ASSERT_EQ(0u, count_writable(base));
		ASSERT_TRUE(protect(base, BYTES, PAGE_READWRITE));
		write_all(base, (char)round);
		ASSERT_EQ(0u, count_other(base, (char)round));
	}
}

TEST(what_is_present_takes_no_fault)
{
	char *base = commit(BYTES);
	long before;

	write_all(base, 1);
	ASSERT_TRUE(protect(base, BYTES, PAGE_READONLY));
	ASSERT_TRUE(protect(base, BYTES, PAGE_READWRITE));
	before = minor_faults();
	write_all(base, 2);
	EXPECT_GT(PAGES / 2, minor_faults() - before);
}

/* Nor does what is half-way: some pages of the range were never touched, some not read-only. */
TEST(mixed_ranges)
{
	char *base = commit(BYTES);

	for (size_t page = 0; page < PAGES; page += 3)
		base[page * PAGE] = 1;
	ASSERT_TRUE(protect(base + 64 * PAGE, 64 * PAGE, PAGE_READONLY));
	ASSERT_TRUE(protect(base + 128 * PAGE, 64 * PAGE, PAGE_NOACCESS));
	ASSERT_TRUE(protect(base, BYTES, PAGE_READWRITE));
	for (size_t page = 0; page < PAGES; page++)
		EXPECT_READS(page % 3 == 0, base + page * PAGE);
	write_all(base, 7);
	EXPECT_EQ(0u, count_other(base, 7));
	ASSERT_TRUE(protect(base, BYTES, PAGE_READONLY));
	EXPECT_EQ(0u, count_writable(base));
}

/* A write to a page that is watched is told, whatever the protection was before (SPEC WW-5). */
TEST(WW_5_every_write_is_told)
{
	char *base = VirtualAlloc(NULL, BYTES, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH,
				  PAGE_READWRITE);
	static void *addresses[PAGES];

	ASSERT_NE(NULL, base);
	write_all(base, 1);
	for (int round = 0; round < 10; round++) {
		ASSERT_EQ(round ? PAGES / 2 : PAGES, written_of(base, addresses));
		ASSERT_TRUE(protect(base, BYTES, PAGE_READONLY));
		ASSERT_TRUE(protect(base, BYTES, PAGE_READWRITE));
		for (size_t page = 0; page < PAGES; page += 2)
			base[page * PAGE] = (char)round;
	}
	/* Written pages are written, so they may be written at once. */
	ASSERT_EQ(PAGES / 2, written_of(base, addresses));
	EXPECT_EQ(base, addresses[0]);
	EXPECT_EQ(base + 2 * PAGE, addresses[1]);
	ASSERT_TRUE(protect(base, BYTES, PAGE_READONLY));
	ASSERT_TRUE(protect(base, BYTES, PAGE_READWRITE));
	EXPECT_EQ(0u, written_of(base, addresses));
}

/* A page that was reset counts from the next write on (SPEC MR-9). */
TEST(MR_9_write_after_reset_stays)
{
	char *base = commit(BYTES);

	write_all(base, 1);
	ASSERT_NE(NULL, VirtualAlloc(base, BYTES, MEM_RESET, PAGE_NOACCESS));
	ASSERT_TRUE(protect(base, BYTES, PAGE_READONLY));
	ASSERT_TRUE(protect(base, BYTES, PAGE_READWRITE));
	write_all(base, 2);
	madvise(base, BYTES, MADV_PAGEOUT);
	EXPECT_EQ(0u, count_other(base, 2));
}

/* What was written after an upgrade outlives its way to swap, or the way out of the tables. */
TEST(written_pages_survive_reclaim)
{
	char *base = commit(BYTES);

	for (int round = 1; round < 10; round++) {
		write_all(base, (char)round);
		ASSERT_TRUE(protect(base, BYTES, PAGE_READONLY));
		madvise(base, BYTES, round & 1 ? MADV_PAGEOUT : MADV_COLD);
		ASSERT_TRUE(protect(base, BYTES, PAGE_READWRITE));
		ASSERT_EQ(0u, count_other(base, (char)round));
		write_all(base, (char)-round);
		madvise(base, BYTES, MADV_PAGEOUT);
		ASSERT_EQ(0u, count_other(base, (char)-round));
	}
}

/* A page that was only ever read is no dirty one: it becomes one by the write. */
TEST(pages_that_were_only_read_keep_what_is_written_then)
{
	char *base = commit(BYTES);

	ASSERT_EQ(0u, count_other(base, 0));
	ASSERT_TRUE(protect(base, BYTES, PAGE_READONLY));
	ASSERT_TRUE(protect(base, BYTES, PAGE_READWRITE));
	write_all(base, 3);
	madvise(base, BYTES, MADV_PAGEOUT);
	EXPECT_EQ(0u, count_other(base, 3));
	ASSERT_TRUE(protect(base, BYTES, PAGE_READONLY));
	madvise(base, BYTES, MADV_PAGEOUT);
	EXPECT_EQ(0u, count_other(base, 3));
}

/* Children have none of it, before and after. */
TEST(children_of_fork)
{
	char *base = commit(BYTES);
	int status;
	pid_t child;

	write_all(base, 1);
	ASSERT_TRUE(protect(base, BYTES, PAGE_READONLY));
	child = fork();
	ASSERT_LE(0, child);
	if (!child)
		_exit(probe_read((uintptr_t)base).faulted ? 0 : 1);
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	ASSERT_TRUE(protect(base, BYTES, PAGE_READWRITE));
	write_all(base, 2);
	EXPECT_EQ(0u, count_other(base, 2));
	ASSERT_TRUE(protect(base, BYTES, PAGE_READONLY));
	EXPECT_EQ(0u, count_writable(base));
}

static struct {
	char *base;
	atomic_bool stop;
	atomic_ulong writes;
	atomic_ulong refusals;
} shared;

static void *keep_writing(void *unused)
{
	(void)unused;
	for (unsigned int number = 1; !atomic_load(&shared.stop); number++) {
		uintptr_t page = (uintptr_t)shared.base + number * 7 % PAGES * PAGE;

		if (probe_write(page + 8 + number % 2048, (uint8_t)number).faulted)
			atomic_fetch_add(&shared.refusals, 1);
		else
			atomic_fetch_add(&shared.writes, 1);
	}
	return NULL;
}

static void *keep_reading(void *unused)
{
	(void)unused;
	while (!atomic_load(&shared.stop))
		for (size_t page = 0; page < PAGES; page++)
			probe_read((uintptr_t)shared.base + page * PAGE);
	return NULL;
}

static void *keep_paging_out(void *unused)
{
	(void)unused;
	while (!atomic_load(&shared.stop))
		madvise(shared.base, BYTES, MADV_PAGEOUT);
	return NULL;
}

static bool is_still(const char *base)
{
	static char copy[BYTES];

	memcpy(copy, base, BYTES);
	return !memcmp(copy, base, BYTES);
}

/* No write lands after the call has returned, while others write, read and take pages out. */
TEST(no_write_lands_after_protect_returned)
{
	void *(*const jobs[])(void *) = { keep_writing, keep_reading, keep_paging_out };
	unsigned long rounds = proc_rounds("ROUNDS", 100000) / 1000, late = 0;
	pthread_t threads[3];

	shared.base = commit(BYTES);
	ASSERT_NE(NULL, shared.base);
	write_all(shared.base, 5);
	for (size_t i = 0; i < 3; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, jobs[i], NULL));
	for (unsigned long round = 0; round < rounds; round++) {
		ASSERT_TRUE(protect(shared.base, BYTES, PAGE_READONLY));
		late += !is_still(shared.base);
		ASSERT_TRUE(protect(shared.base, BYTES, PAGE_READWRITE));
		ASSERT_EQ(0u, count_other(shared.base, 5));
	}
	atomic_store(&shared.stop, true);
	for (size_t i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	EXPECT_EQ(0u, late);
	EXPECT_LT(0u, shared.writes);
	TH_LOG("%lu rounds, %lu writes, %lu refused", rounds, shared.writes, shared.refusals);
}

VM_TEST_MAIN
