// SPDX-License-Identifier: GPL-2.0
/*
 * Writers, while others reset, undo, decommit and commit the same pages and
 * memory is reclaimed: a write that returned after the last of these calls is
 * there for good (SPEC MR-4, MR-9). RESET_ROUNDS in the environment says how often,
 * 100 if it is not set.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "swap.h"
#include "vm.h"

#define PAGES	((SIZE_T)64)
#define BYTES	(PAGES * PAGE)
#define WRITERS 2
#define TIMEOUT 1800

static struct {
	char *base;
	atomic_bool stop;
	atomic_bool churning;
	atomic_uint done; /* the round whose calls have all returned */
	atomic_uint passed[WRITERS]; /* the round in which all pages were written since */
	bool decommits;
} shared;

static uint8_t value_of(unsigned int round)
{
	return (uint8_t)(1 + round % 255);
}

static char *byte_of(SIZE_T page, SIZE_T writer)
{
	return shared.base + page * PAGE + 100 + writer * 1000;
}

/* While nothing changes all writers rest, so that no write hides another that was lost. */
static void *write_pages(void *argument)
{
	SIZE_T writer = (uintptr_t)argument;

	while (!atomic_load(&shared.stop)) {
		unsigned int round = atomic_load(&shared.done);

		for (SIZE_T page = 0; page < PAGES; page++)
			probe_write((uintptr_t)byte_of(page, writer), value_of(round));
		atomic_store(&shared.passed[writer], round);
		while (!atomic_load(&shared.stop) && !atomic_load(&shared.churning) &&
		       atomic_load(&shared.done) == round)
			usleep(500);
	}
	return NULL;
}

/* Any of the calls on any of the pages. */
static void churn_once(unsigned int *seed)
{
	SIZE_T first = (SIZE_T)rand_r(seed) % PAGES;
	SIZE_T pages = 1 + (SIZE_T)rand_r(seed) % (PAGES - first);
	char *at = shared.base + first * PAGE;

	switch (rand_r(seed) % (shared.decommits ? 4 : 3)) {
	case 0:
		VirtualAlloc(at, pages * PAGE, MEM_RESET_UNDO, PAGE_READWRITE);
		break;
	case 3:
		decommit(at, pages * PAGE);
		commit_at(at, pages * PAGE, PAGE_READWRITE);
		break;
	default:
		VirtualAlloc(at, pages * PAGE, MEM_RESET, PAGE_READWRITE);
		break;
	}
}

static void *churn(void *argument)
{
	unsigned int seed = (unsigned int)(uintptr_t)argument;

	for (int i = 0; i < 10; i++)
		churn_once(&seed);
	return NULL;
}

/* All that can go goes: what is clean is dropped, the rest is written to swap. */
static void reclaim(void)
{
	madvise(shared.base, BYTES, MADV_PAGEOUT);
}

/* Two threads make calls, and memory is reclaimed amid them. */
static bool churn_round(unsigned int round)
{
	pthread_t other;

	atomic_store(&shared.churning, true);
	if (pthread_create(&other, NULL, churn, (void *)(uintptr_t)(2 * round + 1)))
		return false;
	if (round % 4 == 0)
		reclaim();
	churn((void *)(uintptr_t)(2 * round));
	pthread_join(other, NULL);
	atomic_store(&shared.done, round);
	atomic_store(&shared.churning, false);
	return true;
}

static void await_writers(unsigned int round)
{
	for (SIZE_T writer = 0; writer < WRITERS; writer++)
		while (atomic_load(&shared.passed[writer]) != round)
			usleep(500);
}

static SIZE_T count_lost(unsigned int round)
{
	SIZE_T lost = 0;

	for (SIZE_T page = 0; page < PAGES; page++)
		for (SIZE_T writer = 0; writer < WRITERS; writer++)
			lost += *(volatile uint8_t *)byte_of(page, writer) != value_of(round);
	return lost;
}

FIXTURE(reset_race) {
	bool ready;
	pthread_t writers[WRITERS];
	unsigned long rounds;
};

FIXTURE_VARIANT(reset_race) {
	bool decommits;
};

FIXTURE_VARIANT_ADD(reset_race, reset_and_undo) {
	.decommits = false,
};

FIXTURE_VARIANT_ADD(reset_race, decommit_as_well) {
	.decommits = true,
};

FIXTURE_SETUP(reset_race)
{
	self->rounds = proc_rounds("RESET_ROUNDS", 100);
	if (!swap_begin(64))
		SKIP(return, "no zram on this kernel");
	self->ready = true;
	shared.decommits = variant->decommits;
	shared.base = commit(BYTES);
	ASSERT_NE(NULL, shared.base);
	for (SIZE_T writer = 0; writer < WRITERS; writer++)
		ASSERT_EQ(0, pthread_create(&self->writers[writer], NULL, write_pages,
					    (void *)(uintptr_t)writer));
}

FIXTURE_TEARDOWN(reset_race)
{
	if (!self->ready)
		return;
	atomic_store(&shared.stop, true);
	for (SIZE_T writer = 0; writer < WRITERS; writer++)
		pthread_join(self->writers[writer], NULL);
	EXPECT_TRUE(release(shared.base));
	EXPECT_TRUE(swap_end());
}

TEST_F_TIMEOUT(reset_race, a_write_after_the_calls_stays, TIMEOUT)
{
	SIZE_T dropped = 0;

	if (!self->ready)
		return;
	for (unsigned int round = 1; round <= self->rounds; round++) {
		ASSERT_TRUE(churn_round(round));
		await_writers(round);
		reclaim();
		ASSERT_EQ(0u, count_lost(round));
		/* Marks of before do not matter any more: all are ordinary pages. */
		if (round % 8 == 0) {
			ASSERT_TRUE(VirtualAlloc(shared.base, BYTES, MEM_RESET, PAGE_READWRITE));
			reclaim();
			dropped += count_lost(round);
		}
	}
	TH_LOG("%zu bytes dropped after resets without a write", dropped);
	EXPECT_LT(PAGES, dropped);
}

VM_TEST_MAIN
