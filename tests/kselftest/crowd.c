// SPDX-License-Identifier: GPL-2.0
/* Guard pages and many threads: every guard is told, once, to the thread that ran into it (SPEC GP-1, GP-4). */
#include <pthread.h>
#include <stdatomic.h>

#include "proc.h"
#include "raw.h"
#include "touch.h"

#define THREADS 4
#define HITS (proc_rounds("ROUNDS", 100000) / 10)
#define TIMEOUT 900

struct member {
	pthread_t thread;
	int device;
	char *page;
	unsigned long hits;
	unsigned long told;
};

static bool set_guard(const struct member *member)
{
	return !raw_protect(member->device, member->page, 1, PAGE_READWRITE | PAGE_GUARD);
}

/* Alone on its page: each touch must be told as a guard page violation. */
static void *hit_own_guard(void *argument)
{
	struct member *member = argument;

	for (unsigned long i = member->hits; i; i--) {
		if (!set_guard(member) || peek(member->page) != -1)
			break;
		member->told += raw_exception(member->device, member->page, WINVM_ACCESS_READ, NULL) ==
				NT_GUARD_PAGE_VIOLATION;
	}
	return NULL;
}

FIXTURE(crowd)
{
	struct member members[THREADS];
};

FIXTURE_SETUP(crowd)
{
	int device = raw_open();

	ASSERT_LE(0, device);
	for (int i = 0; i < THREADS; i++) {
		self->members[i] = (struct member){ .device = device, .hits = HITS };
		self->members[i].page = raw_committed(device, RAW_PAGE);
		ASSERT_NE(NULL, self->members[i].page);
	}
}

FIXTURE_TEARDOWN(crowd)
{
	close(self->members[0].device);
}

TEST_F_TIMEOUT(crowd, no_guard_is_lost_among_many, TIMEOUT)
{
	for (int i = 0; i < THREADS; i++)
		ASSERT_EQ(0, pthread_create(&self->members[i].thread, NULL, hit_own_guard,
					    &self->members[i]));
	for (int i = 0; i < THREADS; i++) {
		pthread_join(self->members[i].thread, NULL);
		EXPECT_EQ(HITS, self->members[i].told);
	}
}

/* A thread that dies of its guard page, or never asks. */
static void *hit_and_leave(void *argument)
{
	struct member *member = argument;

	member->told += set_guard(member) && peek(member->page) == -1;
	return NULL;
}

TEST_F_TIMEOUT(crowd, threads_that_never_ask_do_not_matter, TIMEOUT)
{
	struct member *member = &self->members[0];

	for (unsigned long i = HITS; i; i--) {
		ASSERT_EQ(0, pthread_create(&member->thread, NULL, hit_and_leave, member));
		ASSERT_EQ(0, pthread_join(member->thread, NULL));
	}
	EXPECT_EQ(HITS, member->told);
	member->told = 0;
	hit_own_guard(member);
	EXPECT_EQ(HITS, member->told);
}

/* Many on one page: one of them is told. */
static pthread_barrier_t barrier;
static atomic_ulong violations;

static void *race_for_the_guard(void *argument)
{
	struct member *member = argument;

	for (unsigned long i = member->hits; i; i--) {
		pthread_barrier_wait(&barrier);
		if (peek(member->page) == -1 &&
		    raw_exception(member->device, member->page, WINVM_ACCESS_READ, NULL) ==
			    NT_GUARD_PAGE_VIOLATION)
			atomic_fetch_add(&violations, 1);
		if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD)
			set_guard(member);
	}
	return NULL;
}

TEST_F_TIMEOUT(crowd, one_of_many_takes_a_guard, TIMEOUT)
{
	ASSERT_EQ(0, pthread_barrier_init(&barrier, NULL, THREADS));
	ASSERT_TRUE(set_guard(&self->members[0]));
	for (int i = 0; i < THREADS; i++) {
		self->members[i].page = self->members[0].page;
		self->members[i].hits = HITS / 5;
		ASSERT_EQ(0, pthread_create(&self->members[i].thread, NULL, race_for_the_guard,
					    &self->members[i]));
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(self->members[i].thread, NULL);
	EXPECT_EQ(HITS / 5, atomic_load(&violations));
}

TEST_HARNESS_MAIN
