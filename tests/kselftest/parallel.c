// SPDX-License-Identifier: GPL-2.0
/*
 * Calls side by side: on allocations of their own they do not disturb each
 * other, on the same one each answer is one that an order of the calls gives,
 * and a query waits for nobody who works elsewhere. PARALLEL_ROUNDS in the
 * environment says how often.
 */
#include <psapi.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#include "proc.h"
#include "vm.h"

#define TIMEOUT 300
#define THREADS 4
#define BLOCKS	4
#define PAGES	((SIZE_T)48)
#define ROUNDS	proc_rounds("PARALLEL_ROUNDS", 400)

static pthread_barrier_t barrier;
static atomic_bool stop;

static uint32_t below(uint64_t *seed, uint32_t limit)
{
	*seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)(*seed >> 33) % limit;
}

/* What a thread knows of an allocation of its own. */
struct block {
	char *base;
	DWORD protect[PAGES]; /* 0: reserved */
	uint8_t value[PAGES];
};

struct worker {
	pthread_t thread;
	uint64_t seed;
	unsigned long wrong;
	unsigned long stayed; /* that could not be released in the end */
	struct block blocks[BLOCKS];
};

static void block_new(struct worker *worker, struct block *block)
{
	bool committed = below(&worker->seed, 2);

	*block = (struct block){};
	block->base = VirtualAlloc(NULL, PAGES * PAGE,
				   MEM_RESERVE | (committed ? (DWORD)MEM_COMMIT : 0),
				   PAGE_READWRITE);
	worker->wrong += !block->base;
	for (SIZE_T page = 0; committed && page < PAGES; page++)
		block->protect[page] = PAGE_READWRITE;
}

static void block_commit(struct worker *worker, struct block *block, SIZE_T first, SIZE_T count)
{
	DWORD protection = below(&worker->seed, 3) ? PAGE_READWRITE : PAGE_READONLY;

	worker->wrong += !commit_at(block->base + first * PAGE, count * PAGE, protection);
	for (SIZE_T page = first; page < first + count; page++)
		block->protect[page] = protection;
}

static void block_decommit(struct worker *worker, struct block *block, SIZE_T first, SIZE_T count)
{
	worker->wrong += !decommit(block->base + first * PAGE, count * PAGE);
	for (SIZE_T page = first; page < first + count; page++) {
		block->protect[page] = 0;
		block->value[page] = 0;
	}
}

static void block_protect(struct worker *worker, struct block *block, SIZE_T first, SIZE_T count)
{
	DWORD protection = below(&worker->seed, 2) ? PAGE_READWRITE : PAGE_NOACCESS;
	bool all = true;

	for (SIZE_T page = first; page < first + count; page++)
		all = all && block->protect[page];
	worker->wrong += protect(block->base + first * PAGE, count * PAGE, protection) != all;
	for (SIZE_T page = first; all && page < first + count; page++)
		block->protect[page] = protection;
}

/* Queries and contents, page by page, and new contents. */
static void block_check(struct worker *worker, struct block *block)
{
	for (SIZE_T page = 0, run; page < PAGES; page += run) {
		MEMORY_BASIC_INFORMATION region = region_at(block->base + page * PAGE);
		DWORD protection = block->protect[page];
		volatile uint8_t *byte = (uint8_t *)block->base + page * PAGE;

		for (run = 1; page + run < PAGES && block->protect[page + run] == protection;)
			run++;
		worker->wrong += region.AllocationBase != block->base ||
				 region.RegionSize != run * PAGE || region.Protect != protection ||
				 region.State != (DWORD)(protection ? MEM_COMMIT : MEM_RESERVE);
		for (SIZE_T at = page; at < page + run; at++, byte += PAGE) {
			if (protection == PAGE_READWRITE || protection == PAGE_READONLY)
				worker->wrong += *byte != block->value[at];
			if (protection == PAGE_READWRITE)
				*byte = block->value[at] = (uint8_t)below(&worker->seed, 256);
		}
	}
}

static void block_step(struct worker *worker, struct block *block)
{
	SIZE_T first = below(&worker->seed, PAGES);
	SIZE_T count = 1 + below(&worker->seed, (uint32_t)(PAGES - first));

	if (!block->base) {
		block_new(worker, block);
		return;
	}
	switch (below(&worker->seed, 8)) {
	case 0:
		worker->wrong += !release(block->base);
		block->base = NULL;
		return;
	case 1:
	case 2:
	case 3:
		block_commit(worker, block, first, count);
		break;
	case 4:
	case 5:
		block_decommit(worker, block, first, count);
		break;
	default:
		block_protect(worker, block, first, count);
		break;
	}
	block_check(worker, block);
}

static void *work_alone(void *arg)
{
	struct worker *worker = arg;

	pthread_barrier_wait(&barrier);
	for (unsigned long round = 0; round < ROUNDS; round++)
		block_step(worker, &worker->blocks[below(&worker->seed, BLOCKS)]);
	for (int i = 0; i < BLOCKS; i++)
		if (worker->blocks[i].base)
			worker->stayed += !release(worker->blocks[i].base);
	return NULL;
}

FIXTURE(apart)
{};

FIXTURE_SETUP(apart)
{
}

FIXTURE_TEARDOWN(apart)
{
}

TEST_F_TIMEOUT(apart, own_allocations_are_not_disturbed, TIMEOUT)
{
	static struct worker workers[THREADS];
	struct winvm_counters before, after;
	unsigned long wrong = 0, stayed = 0;

	ASSERT_TRUE(release(reserve(PAGE)));
	before = counters();
	pthread_barrier_init(&barrier, NULL, THREADS);
	for (uint64_t i = 0; i < THREADS; i++) {
		workers[i].seed = i;
		ASSERT_EQ(0, pthread_create(&workers[i].thread, NULL, work_alone, &workers[i]));
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(workers[i].thread, NULL);
		wrong += workers[i].wrong;
		stayed += workers[i].stayed;
	}
	EXPECT_EQ(0, wrong);
	EXPECT_EQ(0, stayed);
	/* Which nodes of page states stayed for the next commit is chance: all go. */
	EXPECT_WORKS(EmptyWorkingSet(GetCurrentProcess()));
	after = counters();
	EXPECT_EQ(before.vads, after.vads);
	EXPECT_EQ(before.virtual_bytes, after.virtual_bytes);
	EXPECT_EQ(before.commit_bytes, after.commit_bytes);
	EXPECT_EQ(before.bookkeeping_bytes, after.bookkeeping_bytes);
}

/* Two threads on one allocation: what the other one does in each round. */
FIXTURE(shared)
{
	pthread_t thread;
	char *base;
	struct nt_answer (*call)(char *base);
	struct nt_answer answer;
};

FIXTURE_SETUP(shared)
{
	atomic_store(&stop, false);
	pthread_barrier_init(&barrier, NULL, 2);
}

FIXTURE_TEARDOWN(shared)
{
}

static void *call_each_round(void *arg)
{
	FIXTURE_DATA(shared) *self = arg;

	for (;;) {
		pthread_barrier_wait(&barrier);
		if (atomic_load(&stop))
			return NULL;
		self->answer = self->call(self->base);
		pthread_barrier_wait(&barrier);
	}
}

static struct nt_answer release_it(char *base)
{
	return nt_free(base, 0, MEM_RELEASE);
}

static struct nt_answer commit_some(char *base)
{
	return nt_allocate(base + 3 * PAGE, 0, 5 * PAGE, MEM_COMMIT, PAGE_READWRITE);
}

static struct nt_answer decommit_all(char *base)
{
	return nt_free(base, 0, MEM_DECOMMIT);
}

static struct nt_answer protect_first(char *base)
{
	return nt_protect(base, PAGE, PAGE_READONLY);
}

/* One of two statuses, whichever call was first. */
static void race_with_release(struct __test_metadata *_metadata, FIXTURE_DATA(shared) * self,
			      struct nt_answer (*call)(char *base), NTSTATUS late)
{
	struct winvm_counters before = counters(), after;

	self->call = call;
	ASSERT_EQ(0, pthread_create(&self->thread, NULL, call_each_round, self));
	for (unsigned long round = 0; round < ROUNDS; round++) {
		struct nt_answer released;

		self->base = reserve(16 * PAGE);
		ASSERT_TRUE(commit_at(self->base, PAGE, PAGE_READWRITE));
		*self->base = 1;
		pthread_barrier_wait(&barrier);
		released = release_it(self->base);
		pthread_barrier_wait(&barrier);
		if (call == release_it) {
			EXPECT_NE(released.status, self->answer.status);
		} else {
			EXPECT_STATUS(ST_SUCCESS, released.status);
		}
		if (self->answer.status) {
			EXPECT_STATUS(late, self->answer.status);
		}
		EXPECT_FREE(self->base, 16 * PAGE);
	}
	atomic_store(&stop, true);
	pthread_barrier_wait(&barrier);
	pthread_join(self->thread, NULL);
	after = counters();
	EXPECT_EQ(before.vads, after.vads);
	EXPECT_EQ(before.virtual_bytes, after.virtual_bytes);
	EXPECT_EQ(before.commit_bytes, after.commit_bytes);
}

TEST_F_TIMEOUT(shared, is_released_once, TIMEOUT)
{
	race_with_release(_metadata, self, release_it, ST_MEMORY_NOT_ALLOCATED);
}

TEST_F_TIMEOUT(shared, commit_comes_before_a_release_or_after_it, TIMEOUT)
{
	race_with_release(_metadata, self, commit_some, ST_CONFLICTING_ADDRESSES);
}

TEST_F_TIMEOUT(shared, decommit_comes_before_a_release_or_after_it, TIMEOUT)
{
	race_with_release(_metadata, self, decommit_all, ST_MEMORY_NOT_ALLOCATED);
}

TEST_F_TIMEOUT(shared, protect_comes_before_a_release_or_after_it, TIMEOUT)
{
	race_with_release(_metadata, self, protect_first, ST_CONFLICTING_ADDRESSES);
}

#define HALF (256 * PAGE)

static void *commit_and_decommit(void *arg)
{
	char *base = arg;

	while (!atomic_load(&stop)) {
		commit_at(base + PAGE, HALF, PAGE_READWRITE);
		decommit(base + PAGE, HALF);
	}
	return NULL;
}

/* No query sees a part of a commit; the pages around it keep the states apart. */
TEST_F_TIMEOUT(shared, query_sees_a_call_whole_or_not_at_all, TIMEOUT)
{
	MEMORY_BASIC_INFORMATION region;
	unsigned long seen[2] = {}, wrong = 0;

	self->base = reserve(2 * HALF);
	ASSERT_TRUE(commit_at(self->base, PAGE, PAGE_READONLY));
	ASSERT_TRUE(commit_at(self->base + PAGE + HALF, PAGE, PAGE_READONLY));
	ASSERT_EQ(0, pthread_create(&self->thread, NULL, commit_and_decommit, self->base));
	for (unsigned long round = 0; round < 10 * ROUNDS; round++) {
		region = region_at(self->base + PAGE);
		seen[region.State == MEM_COMMIT]++;
		wrong += region.RegionSize != HALF;
	}
	atomic_store(&stop, true);
	pthread_join(self->thread, NULL);
	EXPECT_EQ(0, wrong);
	TH_LOG("%lu reserved, %lu committed", seen[0], seen[1]);
}

/* More than the system has: it fails, and at no moment took the place. */
static void *reserve_too_much(void *arg)
{
	while (!atomic_load(&stop))
		nt_allocate(arg, 0, (SIZE_T)1 << 40, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
	return NULL;
}

TEST_F_TIMEOUT(shared, reservation_that_fails_is_in_nobody_s_way, TIMEOUT)
{
	/* The arena has it from now on. */
	self->base = reserve((SIZE_T)1 << 40);
	ASSERT_NE(NULL, self->base);
	ASSERT_TRUE(release(self->base));
	ASSERT_EQ(0, pthread_create(&self->thread, NULL, reserve_too_much, self->base));
	for (unsigned long round = 0; round < 2 * ROUNDS; round++) {
		struct nt_answer answer =
			nt_allocate(self->base, 0, PAGE, MEM_RESERVE, PAGE_READWRITE);

		EXPECT_STATUS(ST_SUCCESS, answer.status);
		EXPECT_TRUE(release(self->base));
	}
	atomic_store(&stop, true);
	pthread_join(self->thread, NULL);
}

#define LARGE ((SIZE_T)64 << 20)

static void *decommit_much(void *arg)
{
	char *base = arg;

	while (!atomic_load(&stop)) {
		commit_at(base, LARGE, PAGE_READWRITE);
		for (SIZE_T at = 0; at < LARGE; at += PAGE)
			base[at] = 1;
		decommit(base, LARGE);
	}
	return NULL;
}

static bool in_memory(char *page)
{
	unsigned char there = 0;

	return !mincore(page, PAGE, &there) && there & 1;
}

/* Pages are touched, and given back, from the first to the last. */
static bool within_decommit(char *base)
{
	return in_memory(base + LARGE - PAGE) && !in_memory(base);
}

/* Needs the whole process: it waits for the long call, and others may wait behind it. */
static void *lock_and_unlock(void *arg)
{
	while (!atomic_load(&stop)) {
		nt_lock(arg, PAGE, MAP_PROCESS);
		nt_unlock(arg, PAGE, MAP_PROCESS);
	}
	return NULL;
}

static bool query_once(char *page)
{
	return region_at(page).State == MEM_COMMIT;
}

static bool reserve_once(char *page)
{
	(void)page;
	return release(reserve(PAGE));
}

#define ENOUGH 5

/* Seconds until it is given up. */
#define PATIENCE 60

/* Calls that began and ended while the other thread's decommit was under way. */
static unsigned long calls_within(char *base, bool (*once)(char *page), char *page)
{
	time_t end = time(NULL) + PATIENCE;
	unsigned long count = 0;

	while (count < ENOUGH && time(NULL) < end) {
		if (!within_decommit(base))
			continue;
		if (!once(page))
			return 0;
		count += within_decommit(base);
	}
	return count;
}

TEST_F_TIMEOUT(shared, query_waits_for_no_call_elsewhere, TIMEOUT)
{
	char *page = commit(PAGE), *other = commit(PAGE);
	pthread_t locker;

	self->base = reserve(LARGE);
	ASSERT_EQ(0, pthread_create(&self->thread, NULL, decommit_much, self->base));
	ASSERT_EQ(0, pthread_create(&locker, NULL, lock_and_unlock, other));
	EXPECT_EQ(ENOUGH, calls_within(self->base, query_once, page));
	atomic_store(&stop, true);
	pthread_join(self->thread, NULL);
	pthread_join(locker, NULL);
}

TEST_F_TIMEOUT(shared, reservation_waits_for_no_call_elsewhere, TIMEOUT)
{
	self->base = reserve(LARGE);
	ASSERT_EQ(0, pthread_create(&self->thread, NULL, decommit_much, self->base));
	EXPECT_EQ(ENOUGH, calls_within(self->base, reserve_once, NULL));
	atomic_store(&stop, true);
	pthread_join(self->thread, NULL);
}

static char *fought_over;

/* Of a process that is killed: all threads want the same allocation, and have others. */
static void *fight(void *arg)
{
	uint64_t seed = (uint64_t)(uintptr_t)arg;

	for (;;) {
		SIZE_T at = below(&seed, 256) * PAGE, bytes = (1 + below(&seed, 256)) * PAGE;

		switch (below(&seed, 5)) {
		case 0:
			decommit(fought_over + at, bytes);
			break;
		case 1:
			region_at(fought_over + at);
			break;
		case 2:
			release(commit(bytes));
			break;
		default:
			commit_at(fought_over + at, bytes, PAGE_READWRITE);
			break;
		}
	}
	return NULL;
}

static _Noreturn void fight_until_killed(void)
{
	pthread_t thread;

	fought_over = reserve(512 * PAGE);
	for (uintptr_t i = 1; i < THREADS; i++)
		pthread_create(&thread, NULL, fight, (void *)i);
	fight(NULL);
	_exit(1);
}

TEST_F_TIMEOUT(apart, killed_callers_leave_nothing, TIMEOUT)
{
	uint64_t before = counters().system_commit_bytes;

	for (int round = 0; round < 20; round++) {
		pid_t pid = fork();
		int status;

		ASSERT_LE(0, pid);
		if (!pid)
			fight_until_killed();
		usleep(3000 + (useconds_t)round * 2000);
		kill(pid, SIGKILL);
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	}
	EXPECT_EQ(before, counters().system_commit_bytes);
}

VM_TEST_MAIN
