// SPDX-License-Identifier: GPL-2.0
/*
 * Revocation against use on another processor. ROUNDS in the environment says
 * how often, 100000 if it is not set.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "vm.h"

#define TIMEOUT 3000

static unsigned long rounds(void)
{
	const char *text = getenv("ROUNDS");

	return text ? strtoul(text, NULL, 0) : 100000;
}

FIXTURE(race) {
	char *page;
	pthread_t thread;
};

/* What the two threads share. */
static struct {
	char *page;
	atomic_bool stop;
	atomic_ulong writes;
	atomic_ulong refusals;
} shared;

FIXTURE_SETUP(race)
{
	self->page = commit(PAGE);
	ASSERT_NE(NULL, self->page);
	shared.page = self->page;
}

FIXTURE_TEARDOWN(race)
{
	release(self->page);
}

/* Writes a new number as fast as it can; refused writes are counted and tried again. */
static void *write_numbers(void *unused)
{
	(void)unused;
	for (unsigned int number = 1; !atomic_load(&shared.stop); number++) {
		if (probe_write((uintptr_t)shared.page + number % PAGE, (uint8_t)number).faulted)
			atomic_fetch_add(&shared.refusals, 1);
		else
			atomic_fetch_add(&shared.writes, 1);
	}
	return NULL;
}

static bool start_writer(pthread_t *thread)
{
	return !pthread_create(thread, NULL, write_numbers, NULL);
}

static void stop_writer(pthread_t thread)
{
	atomic_store(&shared.stop, true);
	pthread_join(thread, NULL);
}

/* A copy of the page, and whether the page still equals it. */
static bool page_is_still(const char *page)
{
	static char copy[0x1000];

	memcpy(copy, page, sizeof(copy));
	for (int i = 0; i < 3; i++) {
		atomic_signal_fence(memory_order_seq_cst);
		if (memcmp(copy, page, sizeof(copy)))
			return false;
	}
	return true;
}

TEST_F_TIMEOUT(race, no_write_lands_after_protect_returned, TIMEOUT)
{
	unsigned long count = rounds(), late = 0;

	ASSERT_TRUE(start_writer(&self->thread));
	for (unsigned long i = 0; i < count; i++) {
		ASSERT_TRUE(protect(self->page, PAGE, PAGE_READONLY));
		late += !page_is_still(self->page);
		ASSERT_TRUE(protect(self->page, PAGE, PAGE_READWRITE));
	}
	stop_writer(self->thread);
	EXPECT_EQ(0u, late);
	/* The writer really was there, on both sides. */
	EXPECT_LT(count / 100, shared.writes);
	EXPECT_LT(0u, shared.refusals);
	TH_LOG("%lu rounds, %lu writes, %lu refused", count, shared.writes, shared.refusals);
}

TEST_F_TIMEOUT(race, no_access_after_protect_noaccess_returned, TIMEOUT)
{
	unsigned long count = rounds() / 10, before;

	ASSERT_TRUE(start_writer(&self->thread));
	for (unsigned long i = 0; i < count; i++) {
		ASSERT_TRUE(protect(self->page, PAGE, PAGE_NOACCESS));
		/* A write that was under way may be counted late, but no second one. */
		before = atomic_load(&shared.writes);
		for (int spin = 0; spin < 20; spin++)
			ASSERT_GE(before + 1, atomic_load(&shared.writes));
		ASSERT_TRUE(protect(self->page, PAGE, PAGE_READWRITE));
	}
	stop_writer(self->thread);
	EXPECT_LT(0u, shared.refusals);
}

/* Decommitted and committed again the page is zero, whatever was being written. */
TEST_F_TIMEOUT(race, recommitted_page_is_zero, TIMEOUT)
{
	static const char zero[0x1000];
	unsigned long count = rounds() / 10, dirty = 0;

	ASSERT_TRUE(start_writer(&self->thread));
	for (unsigned long i = 0; i < count; i++) {
		ASSERT_TRUE(decommit(self->page, PAGE));
		ASSERT_TRUE(commit_at(self->page, PAGE, PAGE_READONLY));
		dirty += !!memcmp(self->page, zero, PAGE);
		ASSERT_TRUE(protect(self->page, PAGE, PAGE_READWRITE));
	}
	stop_writer(self->thread);
	EXPECT_EQ(0u, dirty);
	EXPECT_LT(0u, shared.writes);
	TH_LOG("%lu rounds, %lu writes, %lu refused", count, shared.writes, shared.refusals);
}

/* The same across release: the new allocation at the old place is zero. */
TEST_F_TIMEOUT(race, reserved_again_page_is_zero, TIMEOUT)
{
	static const char zero[0x1000];
	unsigned long count = rounds() / 10, dirty = 0;

	ASSERT_TRUE(start_writer(&self->thread));
	for (unsigned long i = 0; i < count; i++) {
		ASSERT_TRUE(release(self->page));
		ASSERT_EQ(self->page, VirtualAlloc(self->page, PAGE, MEM_RESERVE | MEM_COMMIT,
						   PAGE_READONLY));
		dirty += !!memcmp(self->page, zero, PAGE);
		ASSERT_TRUE(protect(self->page, PAGE, PAGE_READWRITE));
	}
	stop_writer(self->thread);
	EXPECT_EQ(0u, dirty);
}

/* With write watch no write is lost: what is reported, plus what is found later, is all. */
/* And across a placeholder: what replaces it is fresh (SPEC PH-6, PH-7). */
TEST_F_TIMEOUT(race, replacing_page_is_zero, TIMEOUT)
{
	static const char zero[0x1000];
	unsigned long count = rounds() / 10, dirty = 0;

	ASSERT_TRUE(release(self->page));
	ASSERT_EQ(self->page, VirtualAlloc2(NULL, self->page, PAGE,
					    MEM_RESERVE | MEM_RESERVE_PLACEHOLDER, PAGE_NOACCESS,
					    NULL, 0));
	ASSERT_TRUE(start_writer(&self->thread));
	for (unsigned long i = 0; i < count; i++) {
		ASSERT_EQ(self->page, VirtualAlloc2(NULL, self->page, PAGE,
						    MEM_RESERVE | MEM_COMMIT |
						    MEM_REPLACE_PLACEHOLDER, PAGE_READONLY,
						    NULL, 0));
		dirty += !!memcmp(self->page, zero, PAGE);
		ASSERT_TRUE(protect(self->page, PAGE, PAGE_READWRITE));
		ASSERT_TRUE(VirtualFree(self->page, PAGE,
					MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER));
	}
	stop_writer(self->thread);
	EXPECT_EQ(0u, dirty);
	EXPECT_LT(0u, shared.writes);
	TH_LOG("%lu rounds, %lu writes, %lu refused", count, shared.writes, shared.refusals);
}

TEST_F_TIMEOUT(race, write_watch_loses_no_write, TIMEOUT)
{
	unsigned long count = rounds() / 10, lost = 0;
	char *page = VirtualAlloc(NULL, PAGE, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH,
				  PAGE_READWRITE);
	static char before[0x1000];
	ULONG_PTR written;
	DWORD granularity;
	void *address;

	ASSERT_NE(NULL, page);
	shared.page = page;
	ASSERT_TRUE(start_writer(&self->thread));
	for (unsigned long i = 0; i < count; i++) {
		written = 1;
		ASSERT_EQ(0u, GetWriteWatch(WRITE_WATCH_FLAG_RESET, page, PAGE, &address, &written,
					    &granularity));
		memcpy(before, page, sizeof(before));
		for (int spin = 0; spin < 50 && !memcmp(before, page, sizeof(before)); spin++)
			atomic_signal_fence(memory_order_seq_cst);
		if (memcmp(before, page, sizeof(before))) {
			written = 1;
			ASSERT_EQ(0u, GetWriteWatch(0, page, PAGE, &address, &written,
						    &granularity));
			lost += written != 1;
		}
	}
	stop_writer(self->thread);
	EXPECT_EQ(0u, lost);
}

/* Threads that reserve, commit, touch and release at once, each looking after its own. */
#define CROWD 4

struct member {
	pthread_t thread;
	unsigned long rounds;
	uint64_t failures;
	unsigned int number;
};

static bool churn_once(const struct member *member, unsigned long round)
{
	SIZE_T bytes = (1 + round % 33) * PAGE;
	char *base = reserve(bytes);
	bool good = base && commit_at(base, bytes, PAGE_READWRITE);

	for (SIZE_T offset = 0; good && offset < bytes; offset += PAGE) {
		good = !base[offset];
		base[offset] = (char)(member->number + round);
	}
	for (SIZE_T offset = 0; good && offset < bytes; offset += PAGE)
		good = base[offset] == (char)(member->number + round);
	if (round % 3 == 0)
		good = good && decommit(base, bytes);
	return base && release(base) && good;
}

static void *churn(void *argument)
{
	struct member *member = argument;

	for (unsigned long i = 0; i < member->rounds; i++)
		member->failures += !churn_once(member, i);
	return NULL;
}

TEST_F_TIMEOUT(race, parallel_reserve_and_release, TIMEOUT)
{
	struct member crowd[CROWD] = { 0 };
	struct winvm_counters before = counters(), after;

	for (unsigned int i = 0; i < CROWD; i++) {
		crowd[i].rounds = rounds() / 20;
		crowd[i].number = 1 + i;
		ASSERT_EQ(0, pthread_create(&crowd[i].thread, NULL, churn, &crowd[i]));
	}
	for (unsigned int i = 0; i < CROWD; i++) {
		pthread_join(crowd[i].thread, NULL);
		EXPECT_EQ(0u, crowd[i].failures);
	}
	after = counters();
	EXPECT_EQ(before.vads, after.vads);
	EXPECT_EQ(before.commit_bytes, after.commit_bytes);
	EXPECT_EQ(before.virtual_bytes, after.virtual_bytes);
}

/* Two threads in calls on the same range: each call as a whole, no page in between states. */
static void *flip_between_two_bases(void *unused)
{
	(void)unused;
	while (!atomic_load(&shared.stop)) {
		protect(shared.page, 16 * PAGE, PAGE_READONLY);
		protect(shared.page, 16 * PAGE, PAGE_READWRITE);
	}
	return NULL;
}

TEST_F_TIMEOUT(race, query_sees_whole_calls, TIMEOUT)
{
	unsigned long count = rounds() / 10, torn = 0;

	shared.page = commit(16 * PAGE);
	ASSERT_NE(NULL, shared.page);
	ASSERT_EQ(0, pthread_create(&self->thread, NULL, flip_between_two_bases, NULL));
	for (unsigned long i = 0; i < count; i++)
		torn += region_at(shared.page).RegionSize != 16 * PAGE;
	stop_writer(self->thread);
	EXPECT_EQ(0u, torn);
}

VM_TEST_MAIN
