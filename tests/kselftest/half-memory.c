// SPDX-License-Identifier: GPL-2.0
/*
 * A program with 1 GB committed and half the memory that it needs: every byte
 * is right, through trim, lock, offer and reset (SPEC VL-12, VL-16, WS-3,
 * MR-4, MR-9, OF-2, OF-3). NO_HALF_MEMORY in the environment is a reason to skip it.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "squeeze.h"
#include "vm.h"

#define MEGA	((SIZE_T)1 << 20)
#define BYTES	(1024 * MEGA)
#define PAGES	(BYTES / PAGE)
#define MEMORY	(512 * MEGA)
#define SWAP_MB 1536
#define TIMEOUT 2300

/*
 * Parts with which something is done besides. Those that are reset are among
 * the last, which are still in memory then; TWICE_PARTS are filled again.
 */
#define PARTS  ((SIZE_T)16)
#define PART   (PAGES / PARTS)
#define LOCKED ((SIZE_T)20)

enum { TRIMMED = 1, TWICE = 8, TWICE_PARTS = 4, RESET = 12, UNDONE = 13, OFFERED = 14 };

struct part {
	char *base;
	SIZE_T first;
	SIZE_T pages;
};

static struct part part_of(char *base, SIZE_T number)
{
	return (struct part){ base, number * PART, PART };
}

static char *page_at(const struct part *part, SIZE_T index)
{
	return part->base + (part->first + index) * PAGE;
}

/* What a page holds is told by its number and by how often it was filled. */
static uint64_t contents(const struct part *part, SIZE_T index, uint64_t time)
{
	return (time << 32) + part->first + index;
}

static void fill(struct part part, SIZE_T step, uint64_t time)
{
	for (SIZE_T i = 0; i < part.pages; i += step)
		squeeze_fill(page_at(&part, i), contents(&part, i, time));
}

static SIZE_T count(struct part part, SIZE_T from, SIZE_T step, uint64_t time,
		    enum squeeze_kind kind)
{
	SIZE_T found = 0;

	for (SIZE_T i = from; i < part.pages; i += step)
		found += squeeze_kind(page_at(&part, i), contents(&part, i, time)) == kind;
	return found;
}

static SIZE_T lost(struct part part, uint64_t time)
{
	return part.pages - count(part, 0, 1, time, SQUEEZE_INTACT);
}

static SIZE_T resident(struct part part)
{
	static unsigned char present[PAGES];
	SIZE_T found = 0;

	if (mincore(page_at(&part, 0), part.pages * PAGE, present))
		return 0;
	for (SIZE_T i = 0; i < part.pages; i++)
		found += present[i] & 1;
	return found;
}

static bool part_call(struct part part, ULONG type)
{
	return VirtualAlloc(page_at(&part, 0), part.pages * PAGE, type, PAGE_READWRITE);
}

FIXTURE(half)
{
	bool ready;
	bool group;
	char *base;
};

/* A machine that is small itself needs no group. */
FIXTURE_SETUP(half)
{
	const char *missing = getenv("NO_HALF_MEMORY");

	if (missing)
		SKIP(return, "%s", missing);
	self->group = (SIZE_T)proc_meminfo_kb("MemTotal:") << 10 > BYTES;
	if (self->group)
		missing = squeeze_begin(MEMORY, SWAP_MB);
	else if (!swap_begin(SWAP_MB))
		missing = "no zram on this kernel";
	if (missing)
		SKIP(return, "%s", missing);
	self->ready = true;
	/* The limit of commit follows within a second. */
	for (int tries = 0; !self->base && tries < 40; tries++) {
		self->base = commit(BYTES);
		if (!self->base)
			usleep(100000);
	}
	ASSERT_NE(NULL, self->base);
}

FIXTURE_TEARDOWN(half)
{
	if (!self->ready)
		return;
	EXPECT_TRUE(release(self->base));
	EXPECT_TRUE(self->group ? squeeze_end() : swap_end());
}

/* Takes ranges out of the working set for as long as others use them. */
struct trimmer {
	pthread_t thread;
	struct part part;
	atomic_bool stop;
	unsigned long calls;
};

static void *trim_on(void *argument)
{
	struct trimmer *trimmer = argument;
	unsigned int seed = 1;

	while (!atomic_load(&trimmer->stop)) {
		SIZE_T at = (SIZE_T)rand_r(&seed) % (trimmer->part.pages - 256);

		VirtualUnlock(page_at(&trimmer->part, at), 256 * PAGE);
		trimmer->calls++;
		usleep(1000);
	}
	return NULL;
}

static void report(struct __test_metadata *_metadata, const char *done)
{
	TH_LOG("%ld MB in swap: %s", squeeze_swapped_kb() >> 10, done);
}

/* What is done with parts before the others are read. */
static void use_parts(struct __test_metadata *_metadata, char *base)
{
	struct part trimmed = part_of(base, TRIMMED), reset = part_of(base, RESET);
	struct part offered = part_of(base, OFFERED);

	ASSERT_TRUE(VirtualLock(base, LOCKED * PAGE));
	EXPECT_FAILS(158, VirtualUnlock(page_at(&trimmed, 0), PART * PAGE));
	/* All of it leaves the working set, and comes back when it is touched. */
	EXPECT_WORKS(SetProcessWorkingSetSize(GetCurrentProcess(), (SIZE_T)-1, (SIZE_T)-1));
	ASSERT_TRUE(part_call(reset, MEM_RESET));
	fill(reset, 2, 2);
	ASSERT_TRUE(part_call(part_of(base, UNDONE), MEM_RESET));
	ASSERT_EQ(0u, OfferVirtualMemory(page_at(&offered, 0), PART * PAGE, VmOfferPriorityLow));
}

/* Reading the others presses on what was reset; what was locked stays. */
static void read_others(struct __test_metadata *_metadata, char *base)
{
	struct part locked = { base, 0, LOCKED };

	for (SIZE_T number = PARTS; number-- > 0;)
		if (number != RESET && number != UNDONE && number != OFFERED)
			EXPECT_EQ(0u, lost(part_of(base, number), 1));
	EXPECT_EQ(LOCKED, resident(locked));
	EXPECT_TRUE(VirtualUnlock(base, LOCKED * PAGE));
}

/* What was written after the reset is there; all else is what it was, or zero. */
static void check_reset(struct __test_metadata *_metadata, char *base)
{
	struct part reset = part_of(base, RESET), undone = part_of(base, UNDONE);

	EXPECT_EQ(PART / 2, count(reset, 0, 2, 2, SQUEEZE_INTACT));
	EXPECT_EQ(0u, count(reset, 1, 2, 1, SQUEEZE_WRONG));
	if (part_call(undone, MEM_RESET_UNDO))
		EXPECT_EQ(0u, lost(undone, 1));
	EXPECT_EQ(0u, count(undone, 0, 1, 1, SQUEEZE_WRONG));
	TH_LOG("%zu of %zu pages reset and lost", count(undone, 0, 1, 1, SQUEEZE_ZERO), PART);
}

/* What is reclaimed is intact, or its loss is told and it is zero where it was lost. */
static void check_offer(struct __test_metadata *_metadata, char *base)
{
	struct part offered = part_of(base, OFFERED);
	DWORD error;

	EXPECT_VIOLATION_READ(page_at(&offered, PART / 2));
	error = ReclaimVirtualMemory(page_at(&offered, 0), PART * PAGE);
	EXPECT_TRUE(!error || error == ERROR_BUSY);
	EXPECT_EQ(!error, !lost(offered, 1));
	EXPECT_EQ(0u, count(offered, 0, 1, 1, SQUEEZE_WRONG));
	TH_LOG("%zu of %zu pages offered and lost", count(offered, 0, 1, 1, SQUEEZE_ZERO), PART);
	/* It is ordinary memory again. */
	fill(offered, 1, 4);
}

static void fill_while_trimming(struct __test_metadata *_metadata, char *base)
{
	struct part twice = { base, TWICE * PART, TWICE_PARTS * PART };
	struct trimmer trimmer = { .part = twice };

	ASSERT_EQ(0, pthread_create(&trimmer.thread, NULL, trim_on, &trimmer));
	fill(twice, 1, 3);
	EXPECT_EQ(0u, lost(twice, 3));
	atomic_store(&trimmer.stop, true);
	pthread_join(trimmer.thread, NULL);
	EXPECT_LT(0u, trimmer.calls);
	TH_LOG("trimmed %lu times", trimmer.calls);
}

TEST_F_TIMEOUT(half, every_byte_is_right, TIMEOUT)
{
	if (!self->ready)
		return;
	fill((struct part){ self->base, 0, PAGES }, 1, 1);
	report(_metadata, "filled");
	EXPECT_LT((long)(BYTES / 4 >> 10), squeeze_swapped_kb());
	use_parts(_metadata, self->base);
	read_others(_metadata, self->base);
	report(_metadata, "read");
	check_reset(_metadata, self->base);
	check_offer(_metadata, self->base);
	fill_while_trimming(_metadata, self->base);
	report(_metadata, "written and read again");
	/* Nobody else's were touched. */
	EXPECT_EQ(0u, lost(part_of(self->base, TRIMMED), 1));
	EXPECT_EQ(0u, lost(part_of(self->base, OFFERED), 4));
}

VM_TEST_MAIN
