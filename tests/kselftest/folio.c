// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that Linux has in pieces of 2 MB: each page keeps a state of its own,
 * and contents of its own (SPEC VP-1, VF-23, GP-1, VL-1, WS-8, MR-9).
 */
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "proc.h"
#include "raw.h"
#include "squeeze.h"
#include "touch.h"

#define FOLIO	    (2 * RAW_MB)
#define FOLIO_PAGES (FOLIO / RAW_PAGE)
#define BYTES	    (20 * RAW_MB)
#define PAGES	    (BYTES / RAW_PAGE)
#define AHEAD	    (8 * RAW_MB) /* touched in a row before there are any */
#define ROUNDS	    (long)proc_rounds("FOLIO", 40)

FIXTURE(folio)
{
	int device;
	char *base;
	char *first; /* page of one; it begins a page before a multiple of 2 MB */
};

static uint64_t word_of(const char *page)
{
	return (uint64_t)(uintptr_t)page ^ 0x5bd1e995;
}

/* All pages of a range, in a row. */
static void fill(char *from, size_t bytes)
{
	for (char *page = from; page < from + bytes; page += RAW_PAGE) {
		*(uint64_t *)(void *)page = word_of(page);
		*(uint64_t *)(void *)(page + RAW_PAGE - 8) = word_of(page);
	}
}

static unsigned int count_wrong(const char *from, const char *to)
{
	unsigned int wrong = 0;

	for (const char *page = from; page < to; page += RAW_PAGE)
		wrong += *(const uint64_t *)(const void *)page != word_of(page) ||
			 *(const uint64_t *)(const void *)(page + RAW_PAGE - 8) != word_of(page);
	return wrong;
}

static unsigned int count_not_zero(const char *from, const char *to)
{
	unsigned int wrong = 0;

	for (const uint64_t *word = (const void *)from; word < (const uint64_t *)(const void *)to;
	     word++)
		wrong += *word != 0;
	return wrong;
}

FIXTURE_SETUP(folio)
{
	long before = proc_meminfo_kb("ShmemHugePages:");
	uintptr_t ahead;

	self->device = raw_open();
	ASSERT_LE(0, self->device);
	self->base = raw_committed(self->device, BYTES);
	ASSERT_NE(NULL, self->base);
	ahead = (uintptr_t)self->base + AHEAD + FOLIO;
	self->first = self->base + AHEAD + FOLIO - ahead % FOLIO + FOLIO - RAW_PAGE;
	fill(self->base, BYTES);
	if (proc_meminfo_kb("ShmemHugePages:") < before + 4096)
		SKIP(return, "Linux has no pieces of 2 MB to give");
}

FIXTURE_TEARDOWN(folio)
{
	close(self->device);
}

TEST_F(folio, contents_are_what_was_written)
{
	EXPECT_EQ(0u, count_wrong(self->base, self->base + BYTES));
	EXPECT_EQ(0u, raw_release(self->device, self->base));
	EXPECT_EQ(-1, peek(self->first));
}

/* Parts of folios: in the middle, at the beginning, at the end, and over an end. */
static const struct {
	size_t from, pages;
} parts[] = { { 100, 7 }, { 0, 1 }, { 511, 1 }, { 500, 24 }, { 0, 512 }, { 3, 700 } };

#define EACH_PART(i) (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)

TEST_F(folio, a_part_is_protected)
{
	static const uint32_t protections[] = { PAGE_NOACCESS, PAGE_READONLY,
						PAGE_READWRITE | PAGE_GUARD };

	for
		EACH_PART(i)
		{
			char *part = self->first + parts[i].from * RAW_PAGE;
			char *end = part + parts[i].pages * RAW_PAGE;
			uint32_t protection = protections[i % 3];

			ASSERT_EQ(0u, raw_protect(self->device, part, (size_t)(end - part),
						  protection));
			for (char *page = part; page < end; page += RAW_PAGE)
				EXPECT_FALSE(poke(page + 8, 1));
			EXPECT_TRUE(poke(part - RAW_PAGE + 8, 0));
			EXPECT_TRUE(poke(end + 8, 0));
			ASSERT_EQ(0u, raw_protect(self->device, part, (size_t)(end - part),
						  PAGE_READWRITE));
			EXPECT_EQ(0u, count_wrong(self->base, self->base + BYTES));
		}
}

/* Contents go, also for good, and those beside them stay. */
TEST_F(folio, a_part_is_decommitted)
{
	for
		EACH_PART(i)
		{
			char *part = self->first + parts[i].from * RAW_PAGE;
			char *end = part + parts[i].pages * RAW_PAGE;

			ASSERT_EQ(0u, raw_decommit(self->device, part, (size_t)(end - part)));
			for (char *page = part; page < end; page += RAW_PAGE)
				EXPECT_EQ(-1, peek(page));
			EXPECT_EQ(0u, count_wrong(self->base, part));
			EXPECT_EQ(0u, count_wrong(end, self->base + BYTES));
			ASSERT_EQ(0u, raw_commit(self->device, part, (size_t)(end - part),
						 PAGE_READWRITE));
			EXPECT_EQ(0u, count_not_zero(part, end));
			fill(part, (size_t)(end - part));
		}
	EXPECT_EQ(0u, count_wrong(self->base, self->base + BYTES));
}

/* It cannot be split, and so the part stays where it is. */
TEST_F(folio, a_part_is_decommitted_beside_a_locked_page)
{
	char *locked = self->first + 300 * RAW_PAGE, *part = self->first + 100 * RAW_PAGE;

	ASSERT_EQ(0u, raw_lock(self->device, locked, RAW_PAGE));
	ASSERT_EQ(0u, raw_decommit(self->device, part, 50 * RAW_PAGE));
	EXPECT_EQ(-1, peek(part));
	EXPECT_FALSE(poke(part + 49 * RAW_PAGE, 1));
	ASSERT_EQ(0u, raw_commit(self->device, part, 50 * RAW_PAGE, PAGE_READWRITE));
	EXPECT_EQ(0u, count_not_zero(part, part + 50 * RAW_PAGE));
	EXPECT_TRUE(raw_page(self->device, locked) & RAW_PAGE_VALID);
	fill(part, 50 * RAW_PAGE);
	EXPECT_EQ(0u, count_wrong(self->base, self->base + BYTES));
	EXPECT_EQ(0u, raw_unlock(self->device, locked, RAW_PAGE));
	EXPECT_EQ(0u, raw_release(self->device, self->base));
}

/* The half of it goes with its allocation, and comes back with another. */
TEST_F(folio, the_memory_goes_back)
{
	long shmem = proc_meminfo_kb("Shmem:");

	ASSERT_EQ(0u, raw_decommit(self->device, self->base, BYTES / 2));
	EXPECT_EQ(0u, count_wrong(self->base + BYTES / 2, self->base + BYTES));
	EXPECT_EQ(0u, raw_release(self->device, self->base));
	EXPECT_GT(shmem - 16 * 1024, proc_shmem_settles(shmem - 17 * 1024));
}

/* What has left the working set comes back one by one, unless in a row. */
TEST_F(folio, pages_leave_the_working_set)
{
	char *page = self->first + 77 * RAW_PAGE;

	ASSERT_EQ(0u, raw_empty(self->device));
	EXPECT_FALSE(raw_page(self->device, page) & RAW_PAGE_VALID);
	EXPECT_TRUE(poke(page + 8, 0));
	EXPECT_TRUE(raw_page(self->device, page) & RAW_PAGE_VALID);
	EXPECT_FALSE(raw_page(self->device, page + RAW_PAGE) & RAW_PAGE_VALID);
	EXPECT_FALSE(raw_page(self->device, page - RAW_PAGE) & RAW_PAGE_VALID);
	EXPECT_EQ(0u, count_wrong(self->base, self->base + BYTES));
}

/* Pages that were not touched yet are not there (SPEC WS-10). */
TEST_F(folio, WS_10_few_come_before_they_are_touched)
{
	char *base = raw_committed(self->device, BYTES);
	size_t valid = 0;

	ASSERT_NE(NULL, base);
	fill(base, AHEAD + FOLIO + RAW_PAGE);
	for (char *page = base + AHEAD + FOLIO + RAW_PAGE; page < base + BYTES; page += RAW_PAGE)
		valid += raw_page(self->device, page) & RAW_PAGE_VALID;
	EXPECT_GE(63u, valid);
	EXPECT_EQ(0u, count_not_zero(base + AHEAD + FOLIO + RAW_PAGE, base + BYTES));
}

/* A page that must not be touched ends what may come at once. */
TEST_F(folio, other_states_stay_out)
{
	for (size_t odd = 0; odd < FOLIO_PAGES; odd += 73) {
		char *base = raw_committed(self->device, BYTES);
		uintptr_t ahead = (uintptr_t)base + AHEAD + FOLIO;
		char *first = base + AHEAD + FOLIO - ahead % FOLIO + FOLIO - RAW_PAGE;
		char *page = first + odd * RAW_PAGE;

		ASSERT_NE(NULL, base);
		ASSERT_EQ(0u, raw_decommit(self->device, page, RAW_PAGE));
		fill(base, (size_t)(page - base));
		fill(page + RAW_PAGE, (size_t)(base + BYTES - page) - RAW_PAGE);
		EXPECT_EQ(-1, peek(page));
		ASSERT_EQ(0u, raw_commit(self->device, page, RAW_PAGE, PAGE_READWRITE));
		EXPECT_EQ(0u, count_not_zero(page, page + RAW_PAGE));
		EXPECT_EQ(0u, count_wrong(base, page));
		EXPECT_EQ(0u, count_wrong(page + RAW_PAGE, base + BYTES));
		EXPECT_EQ(0u, raw_release(self->device, base));
	}
}

/* A child of fork has none of it, and the parent's pages are its own. */
TEST_F(folio, not_in_a_child)
{
	int status;
	pid_t child = fork();

	ASSERT_LE(0, child);
	if (!child)
		_exit(peek(self->first) >= 0 || poke(self->first + FOLIO, 1));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0u, count_wrong(self->base, self->base + BYTES));
}

/* What Linux is asked for by others makes no page that knows no state. */
TEST_F(folio, huge_pages_are_advised)
{
	char *part = self->first + 100 * RAW_PAGE;

	madvise(self->base, BYTES, MADV_HUGEPAGE);
	madvise(self->base, BYTES, 25 /* MADV_COLLAPSE */);
	ASSERT_EQ(0u, raw_protect(self->device, part, RAW_PAGE, PAGE_READONLY));
	madvise(self->base, BYTES, 25);
	EXPECT_FALSE(poke(part, 1));
	ASSERT_EQ(0u, raw_decommit(self->device, part, RAW_PAGE));
	EXPECT_EQ(-1, peek(part));
	EXPECT_EQ(0u, count_wrong(self->base, part));
	EXPECT_EQ(0u, count_wrong(part + RAW_PAGE, self->base + BYTES));
}

static uint32_t mark(int device, char *base, size_t bytes, uint32_t type)
{
	void *at = base;

	return raw_allocate(device, &at, bytes, type, PAGE_READWRITE);
}

/* Linux has split those of which a part was reset. */
TEST_F(folio, MR_9_parts_are_reset_and_undone)
{
	for
		EACH_PART(i)
		{
			char *part = self->first + parts[i].from * RAW_PAGE;
			size_t bytes = parts[i].pages * RAW_PAGE;

			ASSERT_EQ(0u, mark(self->device, part, bytes, MEM_RESET));
			ASSERT_EQ(0u, mark(self->device, part, bytes, MEM_RESET_UNDO));
			EXPECT_EQ(0u, count_wrong(self->base, self->base + BYTES));
		}
}

/* The page that is taken out for a moment may hold nothing but zeros. */
TEST_F(folio, MR_9_empty_parts_lose_nothing)
{
	char *page = self->first + FOLIO / 2;

	memset(page, 0, RAW_PAGE);
	ASSERT_EQ(0u, mark(self->device, page, RAW_PAGE, MEM_RESET));
	ASSERT_EQ(0u, mark(self->device, page, RAW_PAGE, MEM_RESET_UNDO));
	EXPECT_EQ(0u, count_not_zero(page, page + RAW_PAGE));
	fill(page, RAW_PAGE);
	EXPECT_EQ(0u, count_wrong(self->base, self->base + BYTES));
}

/* It cannot be split, and all of it stays. */
TEST_F(folio, MR_9_parts_are_reset_beside_a_locked_page)
{
	char *locked = self->first + 300 * RAW_PAGE, *part = self->first + 100 * RAW_PAGE;

	ASSERT_EQ(0u, raw_lock(self->device, locked, RAW_PAGE));
	ASSERT_EQ(0u, mark(self->device, part, 400 * RAW_PAGE, MEM_RESET));
	ASSERT_EQ(0u, mark(self->device, locked, RAW_PAGE, MEM_RESET));
	EXPECT_TRUE(raw_page(self->device, locked) & RAW_PAGE_VALID);
	ASSERT_EQ(0u, mark(self->device, part, 400 * RAW_PAGE, MEM_RESET_UNDO));
	EXPECT_EQ(0u, count_wrong(self->base, self->base + BYTES));
	EXPECT_EQ(0u, raw_unlock(self->device, locked, RAW_PAGE));
}

/* Each second page goes without being written to swap, the others stay. */
TEST_F_TIMEOUT(folio, MR_8_parts_that_are_reset_go, 900)
{
	const char *reason = squeeze_begin(64 * RAW_MB, 128);
	const unsigned int pages = 12288;
	unsigned int zero = 0, wrong = 0;
	char *base, *ballast;

	if (reason)
		SKIP(return, "%s", reason);
	base = raw_committed(self->device, pages * RAW_PAGE);
	ballast = raw_committed(self->device, 48 * RAW_MB);
	ASSERT_NE(NULL, base);
	ASSERT_NE(NULL, ballast);
	for (unsigned int page = 0; page < pages; page++)
		squeeze_fill(base + page * RAW_PAGE, page);
	for (unsigned int page = 0; page < pages; page += 2)
		ASSERT_EQ(0u, mark(self->device, base + page * RAW_PAGE, RAW_PAGE, MEM_RESET));
	fill(ballast, 48 * RAW_MB);
	fill(ballast, 48 * RAW_MB);
	for (unsigned int page = 0; page < pages; page++) {
		enum squeeze_kind kind = squeeze_kind(base + page * RAW_PAGE, page);

		zero += kind == SQUEEZE_ZERO;
		wrong += kind == SQUEEZE_WRONG || (page % 2 && kind != SQUEEZE_INTACT);
	}
	TH_LOG("%u of %u pages went", zero, pages / 2);
	EXPECT_EQ(0u, wrong);
	EXPECT_LT(pages / 4, zero);
	EXPECT_EQ(0u, raw_release(self->device, base));
	EXPECT_EQ(0u, raw_release(self->device, ballast));
	EXPECT_TRUE(squeeze_end());
}

struct race {
	char *from;
	volatile bool over;
};

/* Two folios, again and again; most of it is refused. */
static void *touch_on_and_on(void *argument)
{
	struct race *race = argument;

	while (!race->over)
		for (size_t page = 0; page < 2 * FOLIO_PAGES && !race->over; page++)
			poke(race->from + page * RAW_PAGE + 16, 1);
	return NULL;
}

static uint64_t sum(const char *from, const char *end)
{
	uint64_t all = 0;

	for (; from < end; from += RAW_PAGE)
		all = all * 3 + (uint8_t)from[16];
	return all;
}

/* Nothing is written any more when a call has returned, nor comes to light later. */
static void check_part(struct __test_metadata *_metadata, int device, char *part, char *end)
{
	size_t bytes = (size_t)(end - part);
	uint64_t before;

	ASSERT_EQ(0u, raw_protect(device, part, bytes, PAGE_READONLY));
	before = sum(part, end);
	sched_yield();
	EXPECT_EQ(before, sum(part, end));
	ASSERT_EQ(0u, raw_protect(device, part, bytes, PAGE_READWRITE));
	ASSERT_EQ(0u, raw_decommit(device, part, bytes));
	sched_yield();
	ASSERT_EQ(0u, raw_commit(device, part, bytes, PAGE_READONLY));
	EXPECT_EQ(0u, count_not_zero(part, end));
	ASSERT_EQ(0u, raw_decommit(device, part, bytes));
	ASSERT_EQ(0u, raw_commit(device, part, bytes, PAGE_READWRITE));
}

TEST_F_TIMEOUT(folio, parts_against_two_threads, 900)
{
	struct race race = { .from = self->first };
	long rounds = ROUNDS;
	pthread_t threads[2];

	for (int i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, touch_on_and_on, &race));
	for (long round = 0; round < rounds; round++) {
		size_t i = (size_t)round % (sizeof(parts) / sizeof(*parts));
		char *part = self->first + parts[i].from * RAW_PAGE;

		check_part(_metadata, self->device, part, part + parts[i].pages * RAW_PAGE);
		/* All of it empty now and then, so that folios come again. */
		if (round % 4)
			continue;
		check_part(_metadata, self->device, self->first, self->first + 2 * FOLIO);
		usleep(1000);
	}
	race.over = true;
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	EXPECT_EQ(0u, count_wrong(self->base, self->first));
	EXPECT_EQ(0u, count_wrong(self->first + 2 * FOLIO, self->base + BYTES));
}

struct counting {
	uint64_t *at;
	volatile bool over;
	bool went_back; /* to something that is neither what was counted, nor nothing */
};

static void *count_up(void *argument)
{
	struct counting *counting = argument;

	for (uint64_t last = 0, now; !counting->over; last = now + 1) {
		now = __atomic_load_n(counting->at, __ATOMIC_RELAXED);
		counting->went_back |= now != last && now;
		__atomic_store_n(counting->at, now + 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

/*
 * One thread writes pages that are never reset, and another the one page that is
 * reset first, and so goes for a moment. What was written once a call has returned is there.
 */
TEST_F_TIMEOUT(folio, MR_4_parts_are_reset_against_two_threads, 900)
{
	char *part = self->first + 5 * RAW_PAGE;
	struct counting within = { .at = (uint64_t *)(void *)(part + 64) };
	struct counting beside = { .at = (uint64_t *)(void *)(part - RAW_PAGE + 64) };
	uint64_t *word = (uint64_t *)(void *)(part + 128);
	long rounds = ROUNDS;
	pthread_t threads[2];

	*within.at = 0;
	*beside.at = 0;
	for (long round = 0; round < rounds; round++) {
		bool intact;

		within.over = false;
		beside.over = false;
		*within.at = 0;
		*beside.at = 0;
		ASSERT_EQ(0, pthread_create(&threads[0], NULL, count_up, &within));
		ASSERT_EQ(0, pthread_create(&threads[1], NULL, count_up, &beside));
		sched_yield();
		ASSERT_EQ(0u, mark(self->device, part, 7 * RAW_PAGE, MEM_RESET));
		*word = (uint64_t)round;
		sched_yield();
		within.over = true;
		beside.over = true;
		for (int i = 0; i < 2; i++)
			pthread_join(threads[i], NULL);
		intact = !mark(self->device, part, 7 * RAW_PAGE, MEM_RESET_UNDO);
		EXPECT_FALSE(beside.went_back);
		EXPECT_FALSE(intact && within.went_back);
		EXPECT_EQ((uint64_t)round, *word);
		within.went_back = false;
		/* As one again. */
		ASSERT_EQ(0u, raw_decommit(self->device, self->first, 2 * FOLIO));
		ASSERT_EQ(0u, raw_commit(self->device, self->first, 2 * FOLIO, PAGE_READWRITE));
		fill(self->first, 2 * FOLIO);
	}
	EXPECT_EQ(0u, count_wrong(self->base, self->base + BYTES));
}

/* In less memory than is touched. */
TEST_F_TIMEOUT(folio, goes_to_swap_and_comes_back, 900)
{
	const char *reason = squeeze_begin(32 * RAW_MB, 128);
	const unsigned int pages = 12288;
	unsigned int wrong = 0;
	char *base;

	if (reason)
		SKIP(return, "%s", reason);
	base = raw_committed(self->device, pages * RAW_PAGE);
	ASSERT_NE(NULL, base);
	for (unsigned int page = 0; page < pages; page++)
		squeeze_fill(base + page * RAW_PAGE, page);
	EXPECT_LT(16 << 10, squeeze_swapped_kb());
	EXPECT_EQ(0u, raw_decommit(self->device, base + 5000 * RAW_PAGE, 100 * RAW_PAGE));
	EXPECT_EQ(0u,
		  raw_commit(self->device, base + 5000 * RAW_PAGE, 100 * RAW_PAGE, PAGE_READWRITE));
	EXPECT_EQ(0u, count_not_zero(base + 5000 * RAW_PAGE, base + 5100 * RAW_PAGE));
	for (unsigned int page = 0; page < pages; page++)
		if (page < 5000 || page >= 5100)
			wrong += squeeze_kind(base + page * RAW_PAGE, page) != SQUEEZE_INTACT;
	EXPECT_EQ(0u, wrong);
	EXPECT_EQ(0u, raw_release(self->device, base));
	EXPECT_TRUE(squeeze_end());
}

TEST_HARNESS_MAIN
