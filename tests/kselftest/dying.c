// SPDX-License-Identifier: GPL-2.0
/*
 * Targets that are killed in the middle of calls on them, whichever these are:
 * two threads call, a third kills. Afterwards the calls say that the process is
 * gone (SPEC G-7), nothing of it is left, and the kernel has nothing to report.
 *
 * An argument is the number of targets.
 */
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <time.h>

#include "child.h"
#include "proc.h"
#include "raw.h"

#define TIMEOUT 3000
#define CALLERS 2

static unsigned long targets = 300;

/* Two callers and a killer, who begin each round together. */
struct party {
	pthread_t thread;
	sem_t begin;
	sem_t end;
	unsigned int seed;
	unsigned long calls;
	unsigned long refused; /* calls that the ioctl itself refused */
};

static struct party callers[CALLERS], killer;
static pid_t target;
static int handle;
static int section; /* of 16 pages */

static unsigned int roll(unsigned int *seed, unsigned int sides)
{
	return (unsigned int)rand_r(seed) % sides;
}

static uint32_t call_write_watch(unsigned long call, char *base, size_t bytes)
{
	uint64_t pages[16];
	struct winvm_write_watch request = {
		.size = sizeof(request),
		.base = (uintptr_t)base,
		.bytes = bytes,
		.addresses = (uintptr_t)pages,
		.count = 16,
		.flags = call == WINVM_IOC_GET_WRITE_WATCH ? WINVM_WATCH_RESET : 0,
	};

	return ioctl(handle, call, &request) ? RAW_NO_ANSWER : request.status;
}

static uint32_t call_query(const char *base)
{
	struct winvm_region regions[64];
	struct winvm_query request = {
		.size = sizeof(request),
		.address = (uintptr_t)base,
		.buffer = (uintptr_t)regions,
		.capacity = 64,
	};

	return ioctl(handle, WINVM_IOC_QUERY, &request) ? RAW_NO_ANSWER : request.status;
}

static uint32_t call_query_whole(const void *address)
{
	char name[256];
	struct winvm_query_allocation whole = {
		.size = sizeof(whole),
		.address = (uintptr_t)address,
	};
	struct winvm_query_name path = {
		.size = sizeof(path),
		.address = (uintptr_t)address,
		.buffer = (uintptr_t)name,
		.capacity = sizeof(name),
	};

	if (ioctl(handle, WINVM_IOC_QUERY_ALLOCATION, &whole))
		return RAW_NO_ANSWER;
	return ioctl(handle, WINVM_IOC_QUERY_NAME, &path) ? RAW_NO_ANSWER : path.status;
}

static uint32_t call_copy(unsigned int *seed, const char *base, size_t bytes)
{
	static const uint32_t ways[] = { 0, WINVM_COPY_WRITE, WINVM_COPY_WRITE | WINVM_COPY_CODE };
	static __thread char buffer[16 * 0x1000];

	return raw_copy(handle, base, buffer, &bytes, ways[roll(seed, 3)]);
}

/* A piece of a placeholder that a view replaces, and which it leaves again. */
static uint32_t call_view_in_placeholder(unsigned int *seed, size_t bytes, uint32_t protection)
{
	char *place = raw_placeholder(handle, 32 * RAW_PAGE);
	void *base = place;
	uint32_t status;

	if (!place)
		return NT_SUCCESS_;
	raw_free(handle, place, bytes, MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER);
	raw_map_view(handle, section, &base, roll(seed, 4) * RAW_PAGE, bytes,
		     MEM_REPLACE_PLACEHOLDER, protection);
	status = raw_unmap_view_ex(handle, place, roll(seed, 4) ? MEM_PRESERVE_PLACEHOLDER : 0);
	raw_free(handle, place, 32 * RAW_PAGE, MEM_RELEASE | MEM_COALESCE_PLACEHOLDERS);
	raw_release(handle, place);
	return status;
}

static uint32_t call_view(unsigned int *seed, char **base, size_t bytes, uint32_t protection)
{
	void *any = NULL;

	if (roll(seed, 4))
		return raw_unmap_view(handle, *base);
	if (!raw_map_view(handle, section, &any, 0, bytes, 0, protection))
		*base = any;
	return NT_SUCCESS_;
}

/* One of all calls, on what the caller has allocated, or something new. */
static uint32_t call(unsigned int *seed, char **base)
{
	static const uint32_t protections[] = {
		PAGE_READWRITE,	   PAGE_READONLY,	   PAGE_NOACCESS,
		PAGE_EXECUTE_READ, PAGE_EXECUTE_READWRITE, PAGE_READWRITE | PAGE_GUARD
	};
	char *at = *base + roll(seed, 16) * RAW_PAGE;
	size_t bytes = (1 + roll(seed, 16)) * RAW_PAGE;
	uint32_t protection = protections[roll(seed, 6)];
	void *any = NULL;

	switch (roll(seed, 15)) {
	case 0:
		any = NULL;
		if (!raw_allocate(handle, &any, 32 * RAW_PAGE,
				  MEM_RESERVE | (roll(seed, 2) ? MEM_COMMIT : 0) |
					  (roll(seed, 2) ? MEM_WRITE_WATCH : 0),
				  PAGE_READWRITE))
			*base = any;
		return NT_SUCCESS_;
	case 1:
		/* Far away, where the arena must grow. */
		any = (void *)(uintptr_t)(0x100000000000 +
					  (uint64_t)roll(seed, 1 << 14) * (64ull << 30) / 8);
		return raw_allocate(handle, &any, bytes, MEM_RESERVE, PAGE_READWRITE);
	case 2:
		return raw_commit(handle, at, bytes, protection);
	case 3:
		return raw_decommit(handle, at, bytes);
	case 4:
		return roll(seed, 4) ? raw_free(handle, at, bytes, MEM_RELEASE) :
				       raw_release(handle, *base);
	case 5:
		return raw_protect(handle, at, bytes, protection);
	case 6:
		return call_query(roll(seed, 2) ? at : NULL);
	case 7:
		return raw_lock(handle, at, bytes);
	case 8:
		return raw_unlock(handle, at, bytes);
	case 9:
		return call_write_watch(roll(seed, 2) ? WINVM_IOC_GET_WRITE_WATCH :
							WINVM_IOC_RESET_WRITE_WATCH,
					at, bytes);
	case 10:
		return call_query_whole(roll(seed, 2) ? at : (void *)(uintptr_t)call);
	case 11:
		any = at;
		return raw_allocate(handle, &any, bytes, roll(seed, 2) ? MEM_RESET : MEM_RESET_UNDO,
				    PAGE_READWRITE);
	case 12:
		return call_view(seed, base, bytes, protection & ~(uint32_t)PAGE_GUARD);
	case 13:
		return call_view_in_placeholder(seed, bytes, protection);
	default:
		return call_copy(seed, at, bytes);
	}
}

static void *be_caller(void *argument)
{
	struct party *self = argument;

	for (;; sem_post(&self->end)) {
		char *base = (char *)0x10000;
		uint32_t status = NT_SUCCESS_;

		sem_wait(&self->begin);
		while (status != NT_PROCESS_IS_TERMINATING) {
			status = call(&self->seed, &base);
			self->refused += status == RAW_NO_ANSWER;
			self->calls++;
		}
	}
	return NULL;
}

static void *be_killer(void *argument)
{
	struct party *self = argument;

	for (;; sem_post(&self->end)) {
		sem_wait(&self->begin);
		/* Some at once, most after a few calls. */
		if (roll(&self->seed, 8))
			usleep(roll(&self->seed, 3000));
		kill(target, SIGKILL);
	}
	return NULL;
}

static bool party_join(struct party *party, void *(*body)(void *), unsigned int seed)
{
	*party = (struct party){ .seed = seed };
	sem_init(&party->begin, 0, 0);
	sem_init(&party->end, 0, 0);
	return !pthread_create(&party->thread, NULL, body, party);
}

static _Noreturn void wait_to_be_killed(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		pause();
}

/* Of half of them some memory is theirs already, and touched. */
static void round_begin(int device, unsigned long round)
{
	target = fork();
	if (!target)
		wait_to_be_killed();
	handle = raw_open_process(device, target);
	if (round % 2) {
		char *base = raw_committed(handle, 16 * RAW_PAGE);
		size_t bytes = RAW_PAGE;

		raw_copy(handle, base, (void *)((uintptr_t)&callers & ~0xffful), &bytes,
			 WINVM_COPY_WRITE);
		raw_lock(handle, base, 2 * RAW_PAGE);
	}
}

static void round_run(void)
{
	for (int i = 0; i < CALLERS; i++)
		sem_post(&callers[i].begin);
	sem_post(&killer.begin);
	for (int i = 0; i < CALLERS; i++)
		sem_wait(&callers[i].end);
	sem_wait(&killer.end);
}

FIXTURE(targets)
{
	int device;
	long shmem;
};

FIXTURE_SETUP(targets)
{
	self->shmem = proc_meminfo_kb("Shmem:");
	self->device = raw_open();
	ASSERT_LE(0, self->device);
	ASSERT_EQ(0u, raw_section(self->device, 16 * RAW_PAGE, &section));
}

/* Nothing is left of any of them. */
FIXTURE_TEARDOWN(targets)
{
	close(section);
	EXPECT_GT(self->shmem + 1024, proc_shmem_settles(self->shmem + 512));
	EXPECT_EQ(0u, raw_counters(self->device).system_commit_bytes);
	close(self->device);
}

TEST_F_TIMEOUT(targets, G_7_killed_at_any_moment_of_any_call, TIMEOUT)
{
	unsigned int seed = (unsigned int)proc_rounds("DYING_SEED", (unsigned long)time(NULL));

	TH_LOG("DYING_SEED=%u", seed);
	for (unsigned int i = 0; i < CALLERS; i++)
		ASSERT_TRUE(party_join(&callers[i], be_caller, seed + i));
	ASSERT_TRUE(party_join(&killer, be_killer, seed + CALLERS));
	for (unsigned long round = 0; round < targets; round++) {
		round_begin(self->device, round);
		ASSERT_LT(0, target);
		ASSERT_LE(0, handle);
		round_run();
		ASSERT_EQ(target, waitpid(target, NULL, 0));
		close(handle);
	}
	TH_LOG("%lu targets, %lu calls", targets, callers[0].calls + callers[1].calls);
	EXPECT_EQ(0u, callers[0].refused + callers[1].refused);
	/* On average the killer came in the middle. */
	EXPECT_LT(4 * targets, callers[0].calls + callers[1].calls);
}

int main(int argc, char **argv)
{
	if (argc == 2)
		targets = strtoul(argv[1], NULL, 10);
	return test_harness_run(argc, argv);
}
