// SPDX-License-Identifier: GPL-2.0
/* Offered memory when memory is short (SPEC OF-2, OF-3). */
#include <sys/mman.h>

#include "squeeze.h"
#include "vm.h"

#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 600

#define MEGA ((SIZE_T)1 << 20)

#define LIMIT (12 * MEGA)
#define PAGES ((SIZE_T)1024)
#define BYTES (PAGES * PAGE)

#define LOST 170

static DWORD offer(void *address, SIZE_T bytes)
{
	return OfferVirtualMemory(address, bytes, VmOfferPriorityVeryLow);
}

/* A memory cgroup that holds us, and swap. */
FIXTURE(shortage)
{
	bool ready;
	char *base;
};

FIXTURE_SETUP(shortage)
{
	const char *missing = squeeze_begin(LIMIT, 512);

	if (missing)
		SKIP(return, missing);
	self->ready = true;
	self->base = commit(BYTES);
	ASSERT_NE(NULL, self->base);
}

FIXTURE_TEARDOWN(shortage)
{
	if (!self->ready)
		return;
	EXPECT_TRUE(release(self->base));
	EXPECT_TRUE(squeeze_end());
}

static void fill(char *base, SIZE_T first, SIZE_T pages)
{
	for (SIZE_T page = first; page < first + pages; page++)
		squeeze_fill(base + page * PAGE, page + 1);
}

static enum squeeze_kind page_kind(const char *base, SIZE_T page)
{
	return squeeze_kind(base + page * PAGE, page + 1);
}

static SIZE_T count(const char *base, SIZE_T first, SIZE_T pages, enum squeeze_kind kind)
{
	SIZE_T found = 0;

	for (SIZE_T page = first; page < first + pages; page++)
		found += page_kind(base, page) == kind;
	return found;
}

/* Bit 0 of each byte: is the page in memory? */
static bool look(char *base, unsigned char present[PAGES])
{
	return !mincore(base, BYTES, present);
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

TEST_F(shortage, OF_2_contents_go_without_being_written)
{
	unsigned char present[PAGES];
	SIZE_T swapped = 0, lost;

	if (!self->ready)
		return;
	fill(self->base, 0, PAGES);
	ASSERT_EQ(0u, offer(self->base, BYTES));
	press(1);
	ASSERT_TRUE(look(self->base, present));
	EXPECT_EQ((uint64_t)BYTES, counters().commit_bytes);
	EXPECT_COMMITTED(self->base, self->base, BYTES, PAGE_READWRITE);
	EXPECT_VIOLATION_READ(self->base);
	EXPECT_EQ((DWORD)LOST, ReclaimVirtualMemory(self->base, BYTES));
	for (SIZE_T page = 0; page < PAGES; page++)
		swapped += !(present[page] & 1) && page_kind(self->base, page) != SQUEEZE_ZERO;
	EXPECT_EQ(0u, swapped);
	lost = count(self->base, 0, PAGES, SQUEEZE_ZERO);
	TH_LOG("%zu of %zu pages lost", lost, PAGES);
	EXPECT_LT(PAGES / 2, lost);
	EXPECT_EQ(0u, count(self->base, 0, PAGES, SQUEEZE_WRONG));
}

/* What was not offered is in memory or in swap. */
TEST_F(shortage, OF_2_other_pages_keep_their_contents)
{
	if (!self->ready)
		return;
	fill(self->base, 0, PAGES);
	for (SIZE_T page = 0; page < PAGES; page += 2)
		ASSERT_EQ(0u, offer(self->base + page * PAGE, PAGE));
	press(2);
	for (SIZE_T page = 1; page < PAGES; page += 2)
		ASSERT_EQ(SQUEEZE_INTACT, page_kind(self->base, page));
	EXPECT_EQ((DWORD)LOST, ReclaimVirtualMemory(self->base, BYTES));
	EXPECT_EQ(0u, count(self->base, 0, PAGES, SQUEEZE_WRONG));
	EXPECT_LT(PAGES / 4, count(self->base, 0, PAGES, SQUEEZE_ZERO));
}

TEST_F(shortage, OF_3_reclaim_tells_the_truth)
{
	SIZE_T failed = 0, before;

	if (!self->ready)
		return;
	fill(self->base, 0, PAGES);
	ASSERT_EQ(0u, offer(self->base, BYTES));
	press_with(LIMIT - BYTES / 2, 1);
	/* Page by page. */
	for (SIZE_T page = 0; page < PAGES; page++) {
		DWORD error = ReclaimVirtualMemory(self->base + page * PAGE, PAGE);

		ASSERT_TRUE(error == 0 || error == LOST);
		ASSERT_EQ(error ? SQUEEZE_ZERO : SQUEEZE_INTACT, page_kind(self->base, page));
		failed += error == LOST;
	}
	TH_LOG("%zu of %zu pages lost", failed, PAGES);
	EXPECT_LT(PAGES / 8, failed);
	EXPECT_GT(PAGES, failed);
	/* It was told, and is no news. What was left is safe. */
	EXPECT_EQ(0u, ReclaimVirtualMemory(self->base, BYTES));
	before = count(self->base, 0, PAGES, SQUEEZE_INTACT);
	page_out(self->base);
	EXPECT_EQ(before, count(self->base, 0, PAGES, SQUEEZE_INTACT));
	EXPECT_EQ(PAGES - failed, before);
	/* And what is written then stays, too. */
	fill(self->base, 0, PAGES);
	press(1);
	EXPECT_EQ(PAGES, count(self->base, 0, PAGES, SQUEEZE_INTACT));
}

TEST_F(shortage, OF_3_one_lost_page_is_told_for_all)
{
	SIZE_T lost;

	if (!self->ready)
		return;
	fill(self->base, 0, PAGES);
	ASSERT_EQ(0u, offer(self->base, BYTES));
	press(1);
	/* Another offer does not make good what is lost, whatever its priority. */
	ASSERT_EQ(0u, OfferVirtualMemory(self->base, BYTES, VmOfferPriorityNormal));
	EXPECT_EQ((DWORD)LOST, ReclaimVirtualMemory(self->base, BYTES));
	lost = count(self->base, 0, PAGES, SQUEEZE_ZERO);
	press(1);
	EXPECT_EQ(PAGES - lost, count(self->base, 0, PAGES, SQUEEZE_INTACT));
	EXPECT_EQ(lost, count(self->base, 0, PAGES, SQUEEZE_ZERO));
}

/* Without a shortage nothing goes (SPEC OF-6), nor from pages that are safe again. */
TEST_F(shortage, OF_6_reclaimed_pages_stay)
{
	if (!self->ready)
		return;
	fill(self->base, 0, PAGES);
	ASSERT_EQ(0u, offer(self->base, BYTES));
	EXPECT_EQ(0u, ReclaimVirtualMemory(self->base, BYTES));
	press(1);
	EXPECT_EQ(PAGES, count(self->base, 0, PAGES, SQUEEZE_INTACT));
	/* They were in swap in part, and the rest was not. */
	ASSERT_EQ(0u, offer(self->base, BYTES));
	EXPECT_EQ(0u, ReclaimVirtualMemory(self->base, BYTES));
	press(1);
	EXPECT_EQ(PAGES, count(self->base, 0, PAGES, SQUEEZE_INTACT));
}

/* What is in swap at the time stays there. */
TEST_F(shortage, OF_3_pages_in_swap)
{
	unsigned char present[PAGES];
	SIZE_T resident = 0;

	if (!self->ready)
		return;
	fill(self->base, 0, PAGES);
	page_out(self->base);
	ASSERT_TRUE(look(self->base, present));
	for (SIZE_T page = 0; page < PAGES; page++)
		resident += present[page] & 1;
	ASSERT_GT(PAGES / 2, resident);
	ASSERT_EQ(0u, offer(self->base, BYTES));
	/* Nobody wants them: they are not fetched either (SPEC PF-1). */
	EXPECT_TRUE(PrefetchVirtualMemory(GetCurrentProcess(), 1,
					  &(WIN32_MEMORY_RANGE_ENTRY){ self->base, BYTES }, 0));
	ASSERT_TRUE(look(self->base, present));
	for (SIZE_T page = 0; page < PAGES; page++)
		resident -= present[page] & 1;
	EXPECT_EQ(0u, resident);
	EXPECT_EQ(0u, ReclaimVirtualMemory(self->base, BYTES));
	EXPECT_EQ(PAGES, count(self->base, 0, PAGES, SQUEEZE_INTACT));
}

/* Zeros that are lost are zeros still; and what never was there is not missed. */
TEST_F(shortage, OF_3_empty_pages_lose_nothing)
{
	if (!self->ready)
		return;
	for (SIZE_T page = 0; page < PAGES / 2; page++)
		*(volatile char *)(self->base + page * PAGE) = 0;
	ASSERT_EQ(0u, offer(self->base, BYTES));
	press(1);
	EXPECT_EQ(0u, ReclaimVirtualMemory(self->base, BYTES));
}

/* Undoing a reset neither makes offered pages safe nor forgets what they lost. */
TEST_F(shortage, OF_3_an_undo_leaves_offers_alone)
{
	if (!self->ready)
		return;
	fill(self->base, 0, PAGES);
	ASSERT_EQ(0u, offer(self->base, BYTES));
	EXPECT_WORKS(VirtualAlloc(self->base, BYTES, MEM_RESET_UNDO, PAGE_READWRITE));
	press(1);
	EXPECT_WORKS(VirtualAlloc(self->base, BYTES, MEM_RESET_UNDO, PAGE_READWRITE));
	EXPECT_WORKS(VirtualAlloc(self->base, BYTES, MEM_RESET, PAGE_READWRITE));
	EXPECT_EQ((DWORD)LOST, ReclaimVirtualMemory(self->base, BYTES));
	EXPECT_LT(PAGES / 2, count(self->base, 0, PAGES, SQUEEZE_ZERO));
	/* And reclaiming leaves resets alone. */
	fill(self->base, 0, PAGES);
	EXPECT_WORKS(VirtualAlloc(self->base, BYTES, MEM_RESET, PAGE_READWRITE));
	EXPECT_EQ(0u, ReclaimVirtualMemory(self->base, BYTES));
	press(1);
	EXPECT_FAILS(31, VirtualAlloc(self->base, BYTES, MEM_RESET_UNDO, PAGE_READWRITE));
}

/* Neither committing again nor another protection makes good or forgets. */
TEST_F(shortage, OF_3_recommit_and_protect_leave_the_offer)
{
	if (!self->ready)
		return;
	fill(self->base, 0, PAGES);
	ASSERT_EQ(0u, offer(self->base, BYTES));
	ASSERT_TRUE(commit_at(self->base, BYTES, PAGE_READONLY));
	ASSERT_TRUE(protect(self->base, BYTES / 2, PAGE_NOACCESS));
	press(1);
	ASSERT_TRUE(protect(self->base, BYTES, PAGE_READWRITE));
	EXPECT_EQ((DWORD)LOST, ReclaimVirtualMemory(self->base, BYTES));
	EXPECT_LT(PAGES / 2, count(self->base, 0, PAGES, SQUEEZE_ZERO));
}

/* The lock of locked pages would keep them. */
TEST_F(shortage, VL_18_what_was_locked_goes)
{
	if (!self->ready)
		return;
	fill(self->base, 0, PAGES);
	ASSERT_TRUE(VirtualLock(self->base, 16 * PAGE));
	ASSERT_EQ(0u, offer(self->base, BYTES));
	press(2);
	EXPECT_EQ((DWORD)LOST, ReclaimVirtualMemory(self->base, BYTES));
	EXPECT_LT(PAGES / 2, count(self->base, 0, PAGES, SQUEEZE_ZERO));
	EXPECT_LT(0u, count(self->base, 0, 16, SQUEEZE_ZERO));
}

/* Discarded pages have nothing to lose. */
TEST_F(shortage, OF_4_discard_forgets)
{
	if (!self->ready)
		return;
	fill(self->base, 0, PAGES);
	ASSERT_EQ(0u, offer(self->base, BYTES));
	press(1);
	EXPECT_EQ(0u, DiscardVirtualMemory(self->base, BYTES));
	EXPECT_EQ(0u, ReclaimVirtualMemory(self->base, BYTES));
	EXPECT_EQ(PAGES, count(self->base, 0, PAGES, SQUEEZE_ZERO));
	fill(self->base, 0, PAGES);
	page_out(self->base);
	EXPECT_EQ(0u, DiscardVirtualMemory(self->base, BYTES));
	EXPECT_EQ(PAGES, count(self->base, 0, PAGES, SQUEEZE_ZERO));
	EXPECT_WORKS(VirtualAlloc(self->base, BYTES, MEM_RESET_UNDO, PAGE_READWRITE));
}

VM_TEST_MAIN
