// SPDX-License-Identifier: GPL-2.0
/*
 * Ends without warning: SIGKILL in the middle of calls, of a process's own and
 * of another's, exec while other threads are in calls, descriptors that outlive
 * everything. Afterwards nothing is left and the survivors are whole.
 */
#include <pthread.h>
#include <sys/mman.h>
#include <time.h>

#include "child.h"
#include "proc.h"
#include "raw.h"
#include "touch.h"

#define STORM proc_rounds("STORM", 200)
#define TIMEOUT 900

FIXTURE(storm)
{
	int device;
	long shmem;
};

FIXTURE_SETUP(storm)
{
	self->device = raw_open();
	ASSERT_LE(0, self->device);
	self->shmem = proc_meminfo_kb("Shmem:");
}

FIXTURE_TEARDOWN(storm)
{
	EXPECT_GT(self->shmem + 1024, proc_shmem_settles(self->shmem + 512));
	EXPECT_EQ(raw_counters(self->device).commit_bytes,
		  raw_counters(self->device).system_commit_bytes);
	close(self->device);
}

static void work_once(int device, size_t bytes)
{
	char *base = raw_reserve(device, bytes);

	raw_commit(device, base, bytes, PAGE_READWRITE);
	raw_commit(device, base + RAW_PAGE, RAW_PAGE, PAGE_EXECUTE_READWRITE);
	raw_lock(device, base, 2 * RAW_PAGE);
	raw_protect(device, base + 2 * RAW_PAGE, RAW_PAGE, PAGE_READONLY | PAGE_GUARD);
	raw_region(device, base);
	raw_decommit(device, base + 4 * RAW_PAGE, 3 * RAW_PAGE);
	raw_free(device, base + 5 * RAW_PAGE, RAW_PAGE, MEM_RELEASE);
}

/* Views of a section of its own: in a placeholder, left there or not, and elsewhere. */
static void work_on_views(int device, size_t bytes)
{
	char *place = raw_placeholder(device, bytes);
	void *piece, *view = NULL;
	int section;

	if (!place || raw_section(device, bytes, &section))
		return;
	piece = place + RAW_PAGE;
	raw_free(device, piece, 2 * RAW_PAGE, MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER);
	raw_map_view(device, section, &piece, 3 * RAW_PAGE, 2 * RAW_PAGE, MEM_REPLACE_PLACEHOLDER,
		     PAGE_EXECUTE_READWRITE);
	raw_map_view(device, section, &view, 0, 0, 0, PAGE_READWRITE);
	close(section);
	raw_protect(device, piece, RAW_PAGE, PAGE_READONLY);
	raw_lock(device, view, 2 * RAW_PAGE);
	raw_unmap_view_ex(device, piece, MEM_PRESERVE_PLACEHOLDER);
	raw_free(device, place, bytes, MEM_RELEASE | MEM_COALESCE_PLACEHOLDERS);
}

static void *work_on_and_on(void *device)
{
	for (size_t round = 1;; round++) {
		work_once(*(int *)device, (8 + round % 64) * RAW_PAGE);
		if (!(round % 4))
			work_on_views(*(int *)device, (8 + round % 64) * RAW_PAGE);
		if (!(round % 64))
			raw_release_everything(*(int *)device);
	}
	return NULL;
}

/* What else is in the target is left alone. */
static _Noreturn void work_for_others(int handle)
{
	for (size_t round = 1;; round++) {
		work_once(handle, (8 + round % 64) * RAW_PAGE);
		work_on_views(handle, (8 + round % 64) * RAW_PAGE);
	}
}

static void *touch_on_and_on(void *device)
{
	char *base = raw_committed(*(int *)device, 4 * RAW_MB);

	for (size_t page = 0;; page = (page + 1) % 1024)
		poke(base + page * RAW_PAGE, 1);
	return NULL;
}

/* A stack that grows to its end, again and again; others may release it. */
static void *grow_on_and_on(void *argument)
{
	const int device = *(int *)argument;
	struct raw_stack stack = { 0 };
	char *base = NULL, *top;

	raw_thread(device, &stack);
	for (;;) {
		top = base + RAW_MB;
		stack.deallocation = (uintptr_t)base;
		stack.base = (uintptr_t)top;
		stack.limit = (uintptr_t)top - RAW_PAGE;
		if (raw_commit(device, top - RAW_PAGE, RAW_PAGE, PAGE_READWRITE | PAGE_GUARD)) {
			base = raw_reserve(device, RAW_MB);
			continue;
		}
		for (char *at = top; at > base; at -= RAW_PAGE)
			poke(at - 1, 1);
		raw_decommit(device, base, RAW_MB);
	}
	return NULL;
}

/* Threads that work, touch, grow and query, in one process. */
static void be_busy(void)
{
	int device = raw_open();
	pthread_t threads[4];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	pthread_create(&threads[0], NULL, work_on_and_on, &device);
	pthread_create(&threads[1], NULL, work_on_and_on, &device);
	pthread_create(&threads[2], NULL, touch_on_and_on, &device);
	pthread_create(&threads[3], NULL, grow_on_and_on, &device);
	work_on_and_on(&device);
}

static void random_nap(unsigned int *seed)
{
	usleep((useconds_t)(rand_r(seed) % 20000));
}

TEST_F_TIMEOUT(storm, kill_9_at_any_moment, TIMEOUT)
{
	unsigned int seed = (unsigned int)proc_rounds("STORM_SEED", (unsigned long)time(NULL));

	TH_LOG("STORM_SEED=%u", seed);
	for (unsigned long i = STORM; i; i--) {
		pid_t pid = fork();

		if (!pid)
			be_busy();
		random_nap(&seed);
		kill(pid, SIGKILL);
		ASSERT_EQ(pid, waitpid(pid, NULL, 0));
	}
}

TEST_F_TIMEOUT(storm, kill_9_of_a_process_that_others_work_on, TIMEOUT)
{
	unsigned int seed = (unsigned int)time(NULL);

	for (unsigned long i = STORM / 2; i; i--) {
		struct child target = child_start(0);
		pid_t workers[2];

		for (int w = 0; w < 2; w++) {
			workers[w] = fork();
			if (!workers[w]) {
				int handle = raw_open_process(raw_open(), target.pid);

				work_on_and_on(&handle);
			}
		}
		random_nap(&seed);
		child_kill(&target);
		random_nap(&seed);
		for (int w = 0; w < 2; w++) {
			kill(workers[w], SIGKILL);
			ASSERT_EQ(workers[w], waitpid(workers[w], NULL, 0));
		}
	}
}

/* The workers die, in whatever call; their target must not notice. */
TEST_F_TIMEOUT(storm, kill_9_of_those_who_work_on_a_process, TIMEOUT)
{
	struct child target = child_start(0);
	int handle = raw_open_process(self->device, target.pid);
	unsigned int seed = (unsigned int)time(NULL);
	char *base = raw_committed(handle, 64 * RAW_PAGE);

	ASSERT_NE(NULL, base);
	ASSERT_EQ(1, child_poke(&target, base, 0x42));
	for (unsigned long i = STORM; i; i--) {
		pid_t worker = fork();

		if (!worker)
			work_for_others(handle);
		random_nap(&seed);
		kill(worker, SIGKILL);
		ASSERT_EQ(worker, waitpid(worker, NULL, 0));
		ASSERT_EQ((uint32_t)MEM_COMMIT, raw_state(handle, base));
		base = raw_committed(handle, 64 * RAW_PAGE);
		ASSERT_NE(NULL, base);
		ASSERT_EQ(1, child_poke(&target, base, 0x42));
		if (!(i % 16)) {
			raw_release_everything(handle);
			base = raw_committed(handle, RAW_PAGE);
			ASSERT_EQ(1, child_poke(&target, base, 1));
		}
	}
	raw_release_everything(handle);
	EXPECT_EQ(0u, raw_counters(handle).vads);
	EXPECT_EQ(0u, raw_counters(handle).commit_bytes);
	close(handle);
	child_kill(&target);
}

static _Noreturn void exec_amid_calls(void)
{
	int device = raw_open();
	pthread_t threads[2];

	pthread_create(&threads[0], NULL, work_on_and_on, &device);
	pthread_create(&threads[1], NULL, touch_on_and_on, &device);
	usleep(3000);
	execl("/bin/true", "true", NULL);
	_exit(1);
}

TEST_F_TIMEOUT(storm, exec_while_other_threads_are_in_calls, TIMEOUT)
{
	for (unsigned long i = STORM / 2; i; i--) {
		pid_t pid = fork();
		int status;

		if (!pid)
			exec_amid_calls();
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_EQ(0, status);
	}
}

static void *query_on_and_on(void *handle)
{
	static struct winvm_region regions[256];

	for (;;) {
		struct winvm_query query = {
			.size = sizeof(query),
			.buffer = (uintptr_t)regions,
			.capacity = 256,
		};

		ioctl(*(int *)handle, WINVM_IOC_QUERY, &query);
	}
	return NULL;
}

/* Queries of a process that works, maps, forks and dies. */
TEST_F_TIMEOUT(storm, queries_race_with_everything, TIMEOUT)
{
	for (unsigned long i = STORM / 4; i; i--) {
		pid_t pid = fork(), onlooker;

		if (!pid)
			be_busy();
		onlooker = fork();
		if (!onlooker) {
			int handle = raw_open_process(raw_open(), pid);

			query_on_and_on(&handle);
		}
		usleep(30000);
		kill(pid, SIGKILL);
		usleep(1000);
		kill(onlooker, SIGKILL);
		ASSERT_EQ(pid, waitpid(pid, NULL, 0));
		ASSERT_EQ(onlooker, waitpid(onlooker, NULL, 0));
	}
}

/* A query of very many regions, into the same page over and over, ends when it is killed. */
static _Noreturn void query_for_long(int device, size_t pages)
{
	char *base = raw_reserve(device, pages * RAW_PAGE);
	size_t bytes = pages * sizeof(struct winvm_region);
	struct winvm_query query = { .size = sizeof(query), .capacity = (uint32_t)pages };
	char *buffer = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	for (size_t page = 0; page < pages; page += 2)
		raw_commit(device, base + page * RAW_PAGE, RAW_PAGE, PAGE_READWRITE);
	query.buffer = (uintptr_t)buffer;
	query.address = (uintptr_t)base;
	for (;;)
		ioctl(device, WINVM_IOC_QUERY, &query);
}

TEST_F_TIMEOUT(storm, kill_9_of_long_queries, TIMEOUT)
{
	for (int i = 0; i < 10; i++) {
		pid_t pid = fork();

		if (!pid)
			query_for_long(raw_open(), 1 << 16);
		usleep(500000);
		kill(pid, SIGKILL);
		ASSERT_EQ(pid, waitpid(pid, NULL, 0));
	}
}

TEST_HARNESS_MAIN
