// SPDX-License-Identifier: GPL-2.0
/*
 * Writers, while others offer, reclaim and discard the same pages and memory is
 * short. A write that returned before the offer did is intact, or is told as
 * lost; after a success of reclaiming nothing differs (SPEC OF-2, OF-3); and a
 * write after the last call is there for good. OFFER_ROUNDS in the environment says
 * how often, 30 if it is not set.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "squeeze.h"
#include "vm.h"

#define PAGES	((SIZE_T)64)
#define BYTES	(PAGES * PAGE)
#define WRITERS 2
#define TIMEOUT 1800
#define LOST	170

/* More than is used: memory is short when we say so. */
#define ROOM ((SIZE_T)256 << 20)

static struct {
	char *base;
	atomic_bool stop;
	atomic_bool resting; /* what the writers are told */
	atomic_uint at_rest; /* how many do it */
	uint8_t last[WRITERS][PAGES]; /* written by the writer, read while it rests */
} shared;

static char *byte_of(SIZE_T page, SIZE_T writer)
{
	return shared.base + page * PAGE + 100 + writer * 1000;
}

static void rest(void)
{
	atomic_fetch_add(&shared.at_rest, 1);
	while (atomic_load(&shared.resting) && !atomic_load(&shared.stop))
		usleep(200);
	atomic_fetch_sub(&shared.at_rest, 1);
}

/* Values other than 0, and another one each time. */
static void *write_pages(void *argument)
{
	SIZE_T writer = (uintptr_t)argument;
	unsigned int value = 0;

	while (!atomic_load(&shared.stop)) {
		for (SIZE_T page = 0; page < PAGES && !atomic_load(&shared.resting); page++) {
			uint8_t next = (uint8_t)(1 + value++ % 255);

			if (!probe_write((uintptr_t)byte_of(page, writer), next).faulted)
				shared.last[writer][page] = next;
		}
		if (atomic_load(&shared.resting))
			rest();
	}
	return NULL;
}

static void rest_begin(void)
{
	atomic_store(&shared.resting, true);
	while (atomic_load(&shared.at_rest) != WRITERS)
		usleep(200);
}

static void rest_end(void)
{
	atomic_store(&shared.resting, false);
	while (atomic_load(&shared.at_rest))
		usleep(200);
}

/* Memory that is always short. */
static void *shorten(void *argument)
{
	(void)argument;
	while (!atomic_load(&shared.stop)) {
		group_reclaim("128K");
		usleep(1000);
	}
	return NULL;
}

FIXTURE(offer_race)
{
	bool ready;
	pthread_t writers[WRITERS];
	pthread_t shortage;
	unsigned long rounds;
};

FIXTURE_SETUP(offer_race)
{
	const char *missing = squeeze_begin(ROOM, 64);

	self->rounds = proc_rounds("OFFER_ROUNDS", 30);
	if (missing)
		SKIP(return, missing);
	self->ready = true;
	shared.base = commit(BYTES);
	ASSERT_NE(NULL, shared.base);
	atomic_store(&shared.resting, true);
	for (SIZE_T writer = 0; writer < WRITERS; writer++)
		ASSERT_EQ(0, pthread_create(&self->writers[writer], NULL, write_pages,
					    (void *)(uintptr_t)writer));
	ASSERT_EQ(0, pthread_create(&self->shortage, NULL, shorten, NULL));
	rest_begin();
}

FIXTURE_TEARDOWN(offer_race)
{
	if (!self->ready)
		return;
	atomic_store(&shared.stop, true);
	for (SIZE_T writer = 0; writer < WRITERS; writer++)
		pthread_join(self->writers[writer], NULL);
	pthread_join(self->shortage, NULL);
	EXPECT_TRUE(release(shared.base));
	EXPECT_TRUE(squeeze_end());
}

static bool page_is_as_written(SIZE_T page)
{
	for (SIZE_T writer = 0; writer < WRITERS; writer++)
		if (*(volatile uint8_t *)byte_of(page, writer) != shared.last[writer][page])
			return false;
	return true;
}

static bool page_is_zero(SIZE_T page)
{
	for (SIZE_T i = 0; i < PAGE; i++)
		if (shared.base[page * PAGE + i])
			return false;
	return true;
}

static SIZE_T count_wrong(void)
{
	SIZE_T wrong = 0;

	for (SIZE_T page = 0; page < PAGES; page++)
		wrong += !page_is_as_written(page);
	return wrong;
}

/* The contents of these pages are not those that were written, and so it was said. */
static void forget(SIZE_T page)
{
	for (SIZE_T writer = 0; writer < WRITERS; writer++)
		shared.last[writer][page] = 0;
}

/* Pages offered under the writers' hands, reclaimed one by one; counts the lost. */
static bool reclaim_each(SIZE_T *lost)
{
	for (SIZE_T page = 0; page < PAGES; page++) {
		DWORD error = ReclaimVirtualMemory(shared.base + page * PAGE, PAGE);

		if (error && error != LOST)
			return false;
		if (error ? !page_is_zero(page) : !page_is_as_written(page))
			return false;
		if (error)
			forget(page);
		*lost += !!error;
	}
	return true;
}

TEST_F_TIMEOUT(offer_race, a_write_before_the_offer_is_intact_or_told, TIMEOUT)
{
	SIZE_T lost = 0, whole = 0;

	if (!self->ready)
		return;
	for (unsigned long round = 0; round < self->rounds; round++) {
		rest_end();
		usleep(2000);
		ASSERT_EQ(0u, OfferVirtualMemory(shared.base, BYTES, VmOfferPriorityLow));
		rest_begin();
		if (round % 2)
			group_reclaim("128K");
		if (round % 4 > 1 && !ReclaimVirtualMemory(shared.base, BYTES)) {
			ASSERT_EQ(0u, count_wrong());
			whole++;
		}
		ASSERT_TRUE(round % 4 > 1 || reclaim_each(&lost));
		/* Whoever was told of a loss writes anew. */
		memset(shared.base, 0, BYTES);
		memset(shared.last, 0, sizeof(shared.last));
	}
	TH_LOG("%zu pages lost, %zu offers intact", lost, whole);
	EXPECT_LT(0u, lost);
}

/* Any of the calls on any of the pages. */
static void churn_once(unsigned int *seed)
{
	SIZE_T first = (SIZE_T)rand_r(seed) % PAGES;
	SIZE_T pages = 1 + (SIZE_T)rand_r(seed) % (PAGES - first);
	char *at = shared.base + first * PAGE;

	switch (rand_r(seed) % 8) {
	case 0:
		VirtualAlloc(at, pages * PAGE, MEM_RESET, PAGE_READWRITE);
		break;
	case 1:
		VirtualAlloc(at, pages * PAGE, MEM_RESET_UNDO, PAGE_READWRITE);
		break;
	case 2:
		decommit(at, pages * PAGE);
		commit_at(at, pages * PAGE, PAGE_READWRITE);
		break;
	case 3:
		DiscardVirtualMemory(at, pages * PAGE);
		break;
	case 4:
		VirtualLock(at, 4 * PAGE);
		break;
	case 5:
		ReclaimVirtualMemory(at, pages * PAGE);
		break;
	default:
		OfferVirtualMemory(at, pages * PAGE, VmOfferPriorityVeryLow);
		break;
	}
}

static void *churn(void *argument)
{
	unsigned int seed = (unsigned int)(uintptr_t)argument;

	for (int i = 0; i < 20; i++)
		churn_once(&seed);
	return NULL;
}

/* Two threads make calls under the writers' hands; then all pages are there again. */
static bool churn_round(unsigned long round)
{
	pthread_t other;

	if (pthread_create(&other, NULL, churn, (void *)(2 * round + 1)))
		return false;
	churn((void *)(2 * round));
	pthread_join(other, NULL);
	return commit_at(shared.base, BYTES, PAGE_READWRITE) &&
	       ReclaimVirtualMemory(shared.base, BYTES) % LOST == 0;
}

TEST_F_TIMEOUT(offer_race, a_write_after_the_calls_stays, TIMEOUT)
{
	if (!self->ready)
		return;
	for (unsigned long round = 0; round < self->rounds; round++) {
		rest_end();
		ASSERT_TRUE(churn_round(round));
		rest_begin();
		memset(shared.last, 0, sizeof(shared.last));
		/* All pages are written at least once by each. */
		for (SIZE_T writer = 0; writer < WRITERS; writer++)
			for (SIZE_T page = 0; page < PAGES; page++)
				*byte_of(page, writer) = 0;
		rest_end();
		usleep(5000);
		rest_begin();
		group_reclaim("512K");
		ASSERT_EQ(0u, count_wrong());
	}
}

VM_TEST_MAIN
