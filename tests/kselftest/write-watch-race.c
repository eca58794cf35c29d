// SPDX-License-Identifier: GPL-2.0
/*
 * Threads that write while another gets and resets: each write is told, by the
 * first call that begins after it or by one before that saw its value (SPEC
 * WW-7). The argument says how many seconds for each way of writing, else 3.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <time.h>

#include "swap.h"
#include "watch.h"

#define PAGES	((SIZE_T)128)
#define BYTES	(PAGES * PAGE)
#define WRITERS 2
#define ROOM	40
#define TIMEOUT 1800

/* Writes of one writer that nobody has looked for yet. */
#define AHEAD 1024

static struct {
	char *base;
	bool (*write)(uint64_t *to, uint64_t value);
	atomic_bool stop;
	atomic_ulong done[WRITERS]; /* writes that have returned */
	atomic_ulong checked[WRITERS];
} shared;

/* What was seen after a page was told, by writer: only the one who collects uses it. */
static uint64_t seen[PAGES][WRITERS];

/* The number of a writer's write is its value, and decides its page. */
static SIZE_T page_of(SIZE_T writer, uint64_t number)
{
	return (SIZE_T)(number * UINT64_C(0x9e3779b97f4a7c15) >> 40) * (writer + 1) % PAGES;
}

static uint64_t *word_of(SIZE_T page, SIZE_T writer)
{
	return (uint64_t *)(void *)(shared.base + page * PAGE) + 8 * writer;
}

static bool write_by_cpu(uint64_t *to, uint64_t value)
{
	*(volatile uint64_t *)to = value;
	return true;
}

/* The kernel pins the page, and writes a little later. */
static bool write_by_process_vm(uint64_t *to, uint64_t value)
{
	struct iovec source = { &value, sizeof(value) }, target = { to, sizeof(value) };

	return process_vm_writev(getpid(), &source, 1, &target, 1, 0) == sizeof(value);
}

static bool write_by_write_process_memory(uint64_t *to, uint64_t value)
{
	return WriteProcessMemory(GetCurrentProcess(), to, &value, sizeof(value), NULL);
}

static void *write_on(void *argument)
{
	SIZE_T writer = (uintptr_t)argument;

	for (uint64_t number = 1; !atomic_load(&shared.stop); number++) {
		while (number > atomic_load(&shared.checked[writer]) + AHEAD) {
			if (atomic_load(&shared.stop))
				return NULL;
			sched_yield();
		}
		if (!shared.write(word_of(page_of(writer, number), writer), number))
			abort();
		atomic_store(&shared.done[writer], number);
	}
	return NULL;
}

/* Get and reset all of it from below; remember what a page that is told holds after that. */
static bool sweep(void)
{
	char *at = shared.base, *end = at + BYTES, *told[ROOM];
	ULONG_PTR count;
	DWORD granularity;

	do {
		count = ROOM;
		if (at == end)
			break;
		if (GetWriteWatch(RESET, at, (SIZE_T)(end - at), (PVOID *)told, &count,
				  &granularity))
			return false;
		for (ULONG_PTR i = 0; i < count; i++) {
			SIZE_T page = (SIZE_T)(told[i] - shared.base) / PAGE;

			for (SIZE_T writer = 0; writer < WRITERS; writer++)
				seen[page][writer] = *(volatile uint64_t *)word_of(page, writer);
			at = told[i] + PAGE;
		}
	} while (count == ROOM);
	return true;
}

/* Writes that had returned when the sweep began, and were not told. */
static unsigned long lost_writes(SIZE_T writer, uint64_t upto)
{
	unsigned long lost = 0;
	uint64_t number;

	for (number = atomic_load(&shared.checked[writer]) + 1; number <= upto; number++)
		lost += seen[page_of(writer, number)][writer] < number;
	atomic_store(&shared.checked[writer], upto);
	return lost;
}

static bool round_of(unsigned long *lost)
{
	uint64_t upto[WRITERS];
	bool good;

	for (SIZE_T writer = 0; writer < WRITERS; writer++)
		upto[writer] = atomic_load(&shared.done[writer]);
	good = sweep();
	for (SIZE_T writer = 0; writer < WRITERS; writer++)
		*lost += lost_writes(writer, upto[writer]);
	return good;
}

FIXTURE(watch_race)
{
	pthread_t writers[WRITERS];
	bool ready;
	bool swap;
};

/* @disturb is done before each round. */
FIXTURE_VARIANT(watch_race)
{
	bool (*write)(uint64_t * to, uint64_t value);
	bool (*disturb)(void);
};

static bool leave_alone(void)
{
	return true;
}

/* Latches the marks of half of the pages. */
static bool protect_half(void)
{
	return protect(shared.base, BYTES / 2, PAGE_EXECUTE_READWRITE) &&
	       protect(shared.base, BYTES / 2, PAGE_READWRITE);
}

static bool page_out(void)
{
	return !madvise(shared.base, BYTES, MADV_PAGEOUT);
}

FIXTURE_VARIANT_ADD(watch_race, by_cpu){
	.write = write_by_cpu,
	.disturb = leave_alone,
};

FIXTURE_VARIANT_ADD(watch_race, with_protect){
	.write = write_by_cpu,
	.disturb = protect_half,
};

FIXTURE_VARIANT_ADD(watch_race, with_swap){
	.write = write_by_cpu,
	.disturb = page_out,
};

FIXTURE_VARIANT_ADD(watch_race, by_process_vm){
	.write = write_by_process_vm,
	.disturb = leave_alone,
};

FIXTURE_VARIANT_ADD(watch_race, by_write_process_memory){
	.write = write_by_write_process_memory,
	.disturb = leave_alone,
};

FIXTURE_SETUP(watch_race)
{
	self->swap = variant->disturb == page_out;
	if (self->swap && !swap_begin(64))
		SKIP(return, "no zram on this kernel");
	self->ready = true;
	shared.write = variant->write;
	shared.base = watched(BYTES);
	ASSERT_NE(NULL, shared.base);
	for (SIZE_T writer = 0; writer < WRITERS; writer++)
		ASSERT_EQ(0, pthread_create(&self->writers[writer], NULL, write_on,
					    (void *)(uintptr_t)writer));
}

FIXTURE_TEARDOWN(watch_race)
{
	if (!self->ready)
		return;
	EXPECT_TRUE(release(shared.base));
	if (self->swap)
		EXPECT_TRUE(swap_end());
}

static time_t seconds = 3;

static time_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec;
}

TEST_F_TIMEOUT(watch_race, WW_7_no_write_is_lost, TIMEOUT)
{
	time_t end = now() + seconds;
	unsigned long lost = 0, rounds = 0, writes = 0;

	if (!self->ready)
		return;
	for (; now() < end; rounds++) {
		ASSERT_TRUE(variant->disturb());
		ASSERT_TRUE(round_of(&lost));
	}
	atomic_store(&shared.stop, true);
	for (SIZE_T writer = 0; writer < WRITERS; writer++) {
		pthread_join(self->writers[writer], NULL);
		writes += atomic_load(&shared.done[writer]);
	}
	/* Nothing is left that nobody was told of, and nothing is told twice. */
	ASSERT_TRUE(round_of(&lost));
	EXPECT_EQ(0u, lost);
	EXPECT_CLEAN(shared.base, BYTES);
	EXPECT_LT(100u, writes);
	TH_LOG("%lu writes, %lu rounds", writes, rounds);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		seconds = strtol(argv[1], NULL, 10);
	if (!probe_begin())
		ksft_exit_fail_msg("no exception handler\n");
	return test_harness_run(1, argv);
}
