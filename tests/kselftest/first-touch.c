// SPDX-License-Identifier: GPL-2.0
/*
 * The first write to a page, with which those behind it may come: all are
 * zero, and none is there that its state forbids (SPEC VA-26, VF-23).
 */
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "proc.h"
#include "raw.h"
#include "squeeze.h"
#include "touch.h"

#define PAGES  1024
#define BYTES  (PAGES * RAW_PAGE)
#define RACED  (128 * RAW_PAGE)
#define ROUNDS (long)proc_rounds("FIRST_TOUCH", 100)

FIXTURE(first_touch)
{
	int device;
};

/* What the pages held that others gave back must not be seen in new ones. */
static void leave_rubbish(void)
{
	char *rubbish =
		mmap(NULL, 16 * BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memset(rubbish, 0xee, 16 * BYTES);
	munmap(rubbish, 16 * BYTES);
}

FIXTURE_SETUP(first_touch)
{
	self->device = raw_open();
	ASSERT_LE(0, self->device);
	leave_rubbish();
}

FIXTURE_TEARDOWN(first_touch)
{
	close(self->device);
}

/* Is there an entry for the page in the page tables? */
static bool is_present(const void *address)
{
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t entry = 0;
	ssize_t got = pread(pagemap, &entry, sizeof(entry),
			    (off_t)((uintptr_t)address / RAW_PAGE * sizeof(entry)));

	close(pagemap);
	return got == sizeof(entry) && entry >> 63;
}

static unsigned int count_present(const char *base, unsigned int pages)
{
	unsigned int count = 0;

	for (unsigned int page = 0; page < pages; page++)
		count += is_present(base + page * RAW_PAGE);
	return count;
}

/* Is the page zero, but for its first byte? */
static bool is_clean(const char *page, char first)
{
	uint64_t words[512], any = 0;

	memcpy(words, page, sizeof(words));
	*(char *)words ^= first;
	for (unsigned int i = 0; i < 512; i++)
		any |= words[i];
	return !any;
}

static unsigned int count_dirty(const char *base, unsigned int pages, char first)
{
	unsigned int count = 0;

	for (unsigned int page = 0; page < pages; page++)
		count += !is_clean(base + page * RAW_PAGE, first);
	return count;
}

/* The page that is touched as the @step-th of @pages. */
typedef unsigned int (*order)(unsigned int step, unsigned int pages);

static unsigned int forward(unsigned int step, unsigned int pages)
{
	(void)pages;
	return step;
}

static unsigned int backward(unsigned int step, unsigned int pages)
{
	return pages - 1 - step;
}

static unsigned int even_ones_first(unsigned int step, unsigned int pages)
{
	return step < (pages + 1) / 2 ? 2 * step : 2 * (step - (pages + 1) / 2) + 1;
}

/* Any page, each of them once: @pages is no multiple of this prime. */
static unsigned int anyhow(unsigned int step, unsigned int pages)
{
	return (unsigned int)((step * UINT64_C(7919)) % pages);
}

static const order orders[] = { forward, backward, even_ones_first, anyhow };

/* In pieces of all sizes a batch may have, and some; at each place in a granule. */
TEST_F(first_touch, pages_are_zero_in_whatever_order)
{
	static const unsigned int sizes[] = { 1, 2, 3, 5, 15, 16, 17, 63, 64, 65, 130, 600 };

	for (size_t i = 0; i < 4 * sizeof(sizes) / sizeof(*sizes); i++) {
		unsigned int pages = sizes[i / 4], from = (unsigned int)i % 17;
		char *base = raw_reserve(self->device, BYTES);
		char *at = base + from * RAW_PAGE;

		ASSERT_NE(NULL, base);
		ASSERT_EQ(0u, raw_commit(self->device, at, pages * RAW_PAGE, PAGE_READWRITE));
		for (unsigned int step = 0; step < pages; step++) {
			unsigned int page = orders[i % 4](step, pages);

			EXPECT_TRUE(step % 3 || is_clean(at + page * RAW_PAGE, 0));
			at[page * RAW_PAGE] = 1;
		}
		EXPECT_EQ(0u, count_dirty(at, pages, 1));
		EXPECT_EQ(-1, peek(at + pages * RAW_PAGE));
		EXPECT_EQ(0u, raw_release(self->device, base));
	}
}

TEST_F(first_touch, one_page_comes_alone)
{
	char *base = raw_committed(self->device, BYTES);

	ASSERT_NE(NULL, base);
	for (unsigned int page = 100; page < PAGES; page += 100)
		base[page * RAW_PAGE] = 1;
	EXPECT_EQ(10u, count_present(base, PAGES));
}

/* Never far beyond what was touched, and never before it. */
TEST_F(first_touch, neighbours_come_with_pages_in_a_row)
{
	char *base = raw_committed(self->device, BYTES);

	ASSERT_NE(NULL, base);
	for (unsigned int page = 256; page < 512; page++) {
		base[page * RAW_PAGE] = 1;
		EXPECT_FALSE(is_present(base + (page + 64) * RAW_PAGE));
	}
	EXPECT_EQ(0u, count_present(base, 256));
	EXPECT_EQ(0u, count_dirty(base + 256 * RAW_PAGE, 256, 1));
	EXPECT_EQ(0u, count_dirty(base + 512 * RAW_PAGE, 64, 0));
}

TEST_F(first_touch, WS_10_few_pages_bring_no_others)
{
	char *base = raw_committed(self->device, BYTES);

	ASSERT_NE(NULL, base);
	for (unsigned int page = 256 - 8; page < 256 + 16; page++) {
		base[page * RAW_PAGE] = 1;
		EXPECT_FALSE(is_present(base + (page + 1) * RAW_PAGE));
	}
}

/* @base and 20 pages, touched, with page 20 + @page in the way of a batch. */
static void run_into(char *base, unsigned int page)
{
	for (unsigned int i = 0; i < page; i++)
		base[i * RAW_PAGE] = 1;
}

TEST_F(first_touch, other_states_stay_out)
{
	static const uint32_t protections[] = {
		PAGE_NOACCESS,
		PAGE_READONLY,
		PAGE_READWRITE | PAGE_GUARD,
		PAGE_EXECUTE_READWRITE,
	};

	for (unsigned int i = 0; i < 4; i++) {
		for (unsigned int odd = 6; odd < 200; odd += 31) {
			char *base = raw_committed(self->device, BYTES);
			char *page = base + odd * RAW_PAGE;

			ASSERT_NE(NULL, base);
			ASSERT_EQ(0u, raw_protect(self->device, page, RAW_PAGE, protections[i]));
			run_into(base, odd);
			EXPECT_FALSE(is_present(page));
			EXPECT_EQ(i == 3, poke(page, 1));
			EXPECT_EQ(0u, raw_release(self->device, base));
		}
	}
}

TEST_F(first_touch, decommitted_and_reserved_pages_stay_out)
{
	char *base = raw_committed(self->device, BYTES);
	uint64_t before;

	ASSERT_NE(NULL, base);
	ASSERT_EQ(0u, raw_decommit(self->device, base + 70 * RAW_PAGE, RAW_PAGE));
	run_into(base, 70);
	EXPECT_FALSE(is_present(base + 70 * RAW_PAGE));
	EXPECT_FALSE(poke(base + 70 * RAW_PAGE, 1));
	before = raw_counters(self->device).commit_bytes;
	EXPECT_EQ(0u, raw_commit(self->device, base + 70 * RAW_PAGE, RAW_PAGE, PAGE_READWRITE));
	EXPECT_EQ(before + RAW_PAGE, raw_counters(self->device).commit_bytes);
	EXPECT_EQ(0, peek(base + 70 * RAW_PAGE));
}

/* What was not written is not told as written (SPEC WW-5). */
TEST_F(first_touch, watched_pages_come_one_by_one)
{
	char *base = raw_new(self->device, BYTES, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH,
			     PAGE_READWRITE);

	ASSERT_NE(NULL, base);
	run_into(base, 100);
	EXPECT_EQ(100u, count_present(base, PAGES));
}

/* A page that has left the working set comes back alone, with its contents (SPEC WS-8). */
TEST_F(first_touch, pages_with_contents_come_one_by_one)
{
	char *base = raw_committed(self->device, BYTES);

	ASSERT_NE(NULL, base);
	run_into(base, 300);
	ASSERT_EQ(0u, raw_protect(self->device, base, BYTES, PAGE_NOACCESS));
	ASSERT_EQ(0u, raw_protect(self->device, base, BYTES, PAGE_READWRITE));
	EXPECT_EQ(0u, count_present(base, PAGES));
	for (unsigned int page = 0; page < 300; page++)
		base[page * RAW_PAGE + 1] = 0;
	EXPECT_EQ(300u, count_present(base, PAGES));
	EXPECT_EQ(0u, count_dirty(base, 300, 1));
}

/* A child of fork has none of it, and the parent's pages are its own. */
TEST_F(first_touch, not_in_a_child)
{
	char *base = raw_committed(self->device, BYTES);
	int status;
	pid_t child;

	ASSERT_NE(NULL, base);
	run_into(base, 10);
	child = fork();
	ASSERT_LE(0, child);
	if (!child)
		_exit(poke(base + 100 * RAW_PAGE, 1) || peek(base) >= 0);
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	run_into(base, 200);
	EXPECT_EQ(0u, count_dirty(base, 200, 1));
}

struct race {
	char *base;
	volatile bool over;
};

/* Touches all pages in a row, again and again; most of it is refused. */
static void *touch_on_and_on(void *argument)
{
	struct race *race = argument;

	while (!race->over)
		for (unsigned int page = 0; page < RACED / RAW_PAGE && !race->over; page++)
			poke(race->base + page * RAW_PAGE, 1);
	return NULL;
}

static uint64_t sum(const char *base)
{
	uint64_t all = 0;

	for (unsigned int page = 0; page < RACED / RAW_PAGE; page++)
		all += (uint64_t)base[page * RAW_PAGE] * (page + 1);
	return all;
}

/* Nothing is written any more when the call has returned. */
static void check_read_only(struct __test_metadata *_metadata, int device, const char *base)
{
	uint64_t before;

	ASSERT_EQ(0u, raw_protect(device, base, RACED, PAGE_READONLY));
	before = sum(base);
	sched_yield();
	EXPECT_EQ(before, sum(base));
	EXPECT_EQ(0u, raw_protect(device, base, RACED, PAGE_READWRITE));
}

/* Nothing is left when the call has returned, and comes to light when committed again. */
static void check_decommit(struct __test_metadata *_metadata, int device, char *base)
{
	ASSERT_EQ(0u, raw_decommit(device, base, RACED));
	sched_yield();
	ASSERT_EQ(0u, raw_commit(device, base, RACED, PAGE_READONLY));
	EXPECT_EQ(0u, count_dirty(base, RACED / RAW_PAGE, 0));
	EXPECT_EQ(0u, raw_decommit(device, base, RACED));
	EXPECT_EQ(0u, raw_commit(device, base, RACED, PAGE_READWRITE));
}

TEST_F_TIMEOUT(first_touch, against_decommit_and_protect, 900)
{
	struct race race = { .base = raw_committed(self->device, BYTES) };
	long shmem = proc_meminfo_kb("Shmem:"), rounds = ROUNDS;
	pthread_t threads[2];

	ASSERT_NE(NULL, race.base);
	for (int i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, touch_on_and_on, &race));
	for (long round = 0; round < rounds; round++) {
		if (round % 2)
			check_read_only(_metadata, self->device, race.base);
		else
			check_decommit(_metadata, self->device, race.base);
		/* Time for a few faults, and more of them now and then. */
		if (!(round % 8))
			usleep(1000);
	}
	race.over = true;
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	EXPECT_EQ(0u, raw_decommit(self->device, race.base, BYTES));
	EXPECT_GT(shmem + 1024, proc_shmem_settles(shmem + 512));
}

/* In less memory than is touched: what is in swap is not made anew. */
TEST_F_TIMEOUT(first_touch, keeps_what_is_in_swap, 900)
{
	const unsigned int pages = 12288;
	unsigned int wrong = 0;
	const char *reason = squeeze_begin(24 * RAW_MB, 128);
	char *base;

	if (reason)
		SKIP(return, "%s", reason);
	base = raw_committed(self->device, pages * RAW_PAGE);
	ASSERT_NE(NULL, base);
	for (unsigned int page = 0; page < pages; page++)
		squeeze_fill(base + page * RAW_PAGE, page);
	EXPECT_LT(16 << 10, squeeze_swapped_kb());
	for (unsigned int page = 0; page < pages; page++) {
		base[page * RAW_PAGE + 1] = base[page * RAW_PAGE + 1];
		wrong += squeeze_kind(base + page * RAW_PAGE, page) != SQUEEZE_INTACT;
	}
	EXPECT_EQ(0u, wrong);
	EXPECT_EQ(0u, raw_release(self->device, base));
	EXPECT_TRUE(squeeze_end());
}

TEST_HARNESS_MAIN
