// SPDX-License-Identifier: GPL-2.0
/*
 * Writers in too little memory: the threads of one process, or of two, write
 * more than fits while others protect, lock and trim their pages, pin some,
 * and let a device write to some. Nothing is lost, nobody is killed, and all
 * is given back.
 *
 * The argument says how many seconds each test writes, else 3.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/uio.h>

#include "child.h"
#include "proc.h"
#include "raw.h"
#include "squeeze.h"
#include "touch.h"

#define LIMIT_MB 96
#define SMALL_KB (420 * 1024)
#define TIMEOUT	 1800

#define WRITERS	  2
#define CELL	  ((size_t)16) /* pages that a step is about: what a pipe holds */
#define BLOCK	  ((size_t)512) /* what a huge page holds */
#define PIN_CELLS 8 /* at the end: they belong to those who pin */

static unsigned int seconds = 3;
static atomic_int filled; /* writers that have filled their pages once */
static atomic_bool stop;

/* The memory of a process. */
static struct place {
	int device;
	char *base;
	size_t pages;
	uint32_t *times; /* how often a page was filled since it was committed */
} place;

struct actor {
	pthread_t thread;
	size_t first; /* of its pages */
	size_t pages;
	unsigned int seed;
	unsigned long steps;
	unsigned long lost;
};

static size_t roll(struct actor *actor, size_t sides)
{
	return (size_t)rand_r(&actor->seed) % sides;
}

static char *page_at(size_t page)
{
	return place.base + page * RAW_PAGE;
}

/* One of the actor's cells: its first page. */
static size_t cell_of(struct actor *actor)
{
	return actor->first + roll(actor, actor->pages / CELL) * CELL;
}

struct contents {
	char *page;
	uint64_t number;
	enum squeeze_kind kind;
};

static void fill_it(void *argument)
{
	struct contents *contents = argument;

	squeeze_fill(contents->page, contents->number);
}

static void look_at_it(void *argument)
{
	struct contents *contents = argument;

	contents->kind = squeeze_kind(contents->page, contents->number);
}

static struct contents contents_of(size_t page)
{
	return (struct contents){
		.page = page_at(page),
		.number = ((uint64_t)place.times[page] << 32) + page + 1,
	};
}

/* Access is taken away now and then, and comes back. */
static void insist(void (*body)(void *), struct contents *contents)
{
	while (!touch_all(body, contents))
		sched_yield();
}

static void fill(size_t first, size_t pages)
{
	for (size_t page = first; page < first + pages; page++) {
		struct contents contents;

		place.times[page]++;
		contents = contents_of(page);
		insist(fill_it, &contents);
	}
}

static unsigned long count_lost(size_t first, size_t pages)
{
	unsigned long lost = 0;

	for (size_t page = first; page < first + pages; page++) {
		struct contents contents = contents_of(page);

		insist(look_at_it, &contents);
		lost += contents.kind != (place.times[page] ? SQUEEZE_INTACT : SQUEEZE_ZERO);
	}
	return lost;
}

/* Fresh memory in its place: zeros, all of them or the first alone seen, and new contents. */
static unsigned long renew(size_t first, size_t pages)
{
	unsigned long lost;

	lost = raw_decommit(place.device, page_at(first), pages * RAW_PAGE);
	lost += raw_commit(place.device, page_at(first), pages * RAW_PAGE, PAGE_READWRITE);
	memset(place.times + first, 0, pages * sizeof(*place.times));
	lost += count_lost(first, first % (2 * CELL) ? pages : 1);
	fill(first, pages - 1);
	return lost + count_lost(first, pages);
}

/* The same for what could be one huge page. */
static unsigned long renew_block(struct actor *actor)
{
	size_t skew = BLOCK - (uintptr_t)place.base / RAW_PAGE % BLOCK;
	size_t block = roll(actor, actor->pages / BLOCK - 1);
	size_t first = actor->first + (skew + BLOCK - actor->first % BLOCK) % BLOCK;

	return renew(first + block * BLOCK, BLOCK);
}

static void write_step(struct actor *actor)
{
	size_t cell = cell_of(actor), what = roll(actor, 64);

	if (!what)
		actor->lost += renew_block(actor);
	else if (what < 8)
		actor->lost += renew(cell, CELL);
	else if (what < 40)
		fill(cell, CELL);
	else
		actor->lost += count_lost(cell, CELL);
}

static void *write_on(void *argument)
{
	struct actor *actor = argument;

	fill(actor->first, actor->pages);
	atomic_fetch_add(&filled, 1);
	while (!atomic_load(&stop)) {
		write_step(actor);
		actor->steps++;
	}
	return NULL;
}

/*
 * Inside a cell: what a writer renews meanwhile is writable again. What is
 * over two cells would stay as it is when one of them is not committed.
 */
static void protect_step(struct actor *actor)
{
	static const uint32_t less[] = { PAGE_READONLY, PAGE_NOACCESS,
					 PAGE_READWRITE | PAGE_GUARD };
	size_t page = roll(actor, CELL);
	char *at = page_at(cell_of(actor) + page);
	size_t bytes = (1 + roll(actor, CELL - page)) * RAW_PAGE;

	if (raw_protect(place.device, at, bytes, less[roll(actor, 3)]))
		return;
	sched_yield();
	raw_protect(place.device, at, bytes, PAGE_READWRITE);
	actor->steps++;
}

static void lock_step(struct actor *actor)
{
	char *at = page_at(cell_of(actor));

	if (raw_lock(place.device, at, 4 * RAW_PAGE))
		return;
	usleep(500);
	raw_unlock(place.device, at, 4 * RAW_PAGE);
	actor->steps++;
}

static void trim_step(struct actor *actor)
{
	size_t cells = 1 + roll(actor, 16);

	if (!roll(actor, 16))
		raw_empty(place.device);
	else
		raw_unlock(place.device, page_at(cell_of(actor)), cells * CELL * RAW_PAGE);
	actor->steps++;
}

/* What waits in a pipe is the page itself, with what was written to it since. */
static void splice_step(struct actor *actor)
{
	static char seen[0x1000];
	size_t cell = cell_of(actor);
	struct iovec cells = { page_at(cell), CELL * RAW_PAGE };
	int ends[2];

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK))
		return;
	fill(cell, CELL);
	if (vmsplice(ends[1], &cells, 1, 0) == (ssize_t)cells.iov_len) {
		fill(cell, CELL);
		usleep(5000);
		for (size_t page = cell; page < cell + CELL; page++)
			actor->lost += read(ends[0], seen, RAW_PAGE) != (ssize_t)RAW_PAGE ||
				       squeeze_kind(seen, contents_of(page).number);
		actor->steps++;
	}
	close(ends[0]);
	close(ends[1]);
	actor->lost += count_lost(cell, CELL);
}

static char header[0x1000]; /* of the swap area */

struct comparison {
	const char *page;
	int result;
};

static void compare(void *argument)
{
	struct comparison *comparison = argument;

	comparison->result = memcmp(comparison->page, header, RAW_PAGE);
}

/* A device writes to pages that the kernel has pinned for it. */
static void direct_step(struct actor *actor)
{
	int device = open(SWAP_DEVICE, O_RDONLY | O_DIRECT | O_CLOEXEC);
	size_t page = cell_of(actor);
	struct comparison comparison = { .page = page_at(page) };

	fill(page, 1);
	if (pread(device, page_at(page), RAW_PAGE, 0) == (ssize_t)RAW_PAGE) {
		usleep(5000);
		while (!touch_all(compare, &comparison))
			sched_yield();
		actor->lost += !!comparison.result;
		actor->steps++;
		fill(page, 1);
	}
	close(device);
}

/* Those who disturb the writers; the last two on pages of their own. */
static void (*const disturb[])(struct actor *actor) = {
	protect_step, lock_step, trim_step, splice_step, direct_step,
};

#define DISTURBERS (sizeof(disturb) / sizeof(*disturb))
#define ACTORS	   (WRITERS + DISTURBERS)

static struct actor actors[ACTORS];

static void *disturb_on(void *argument)
{
	struct actor *actor = argument;

	while (!atomic_load(&stop)) {
		disturb[actor - actors - WRITERS](actor);
		usleep(500);
	}
	return NULL;
}

static bool header_read(void)
{
	int device = open(SWAP_DEVICE, O_RDONLY | O_CLOEXEC);

	return pread(device, header, sizeof(header), 0) == sizeof(header) && !close(device);
}

static bool place_begin(size_t bytes)
{
	const size_t pins = PIN_CELLS * CELL, share = (bytes / RAW_PAGE - 2 * pins) / WRITERS;

	place.device = raw_open();
	place.pages = WRITERS * (share & ~(CELL - 1)) + 2 * pins;
	place.base = raw_committed(place.device, place.pages * RAW_PAGE);
	place.times = calloc(place.pages, sizeof(*place.times));
	for (size_t i = 0; i < ACTORS; i++) {
		struct actor *actor = &actors[i];

		*actor = (struct actor){ .pages = place.pages, .seed = 1 + (unsigned int)i };
		if (i < WRITERS) {
			actor->pages = (place.pages - 2 * pins) / WRITERS;
			actor->first = i * actor->pages;
		} else if (i >= ACTORS - 2) {
			actor->first = place.pages - (ACTORS - i) * pins;
			actor->pages = pins;
		}
	}
	return place.base && place.times && header_read();
}

/* Each must have done something. */
static unsigned long actor_end(struct actor *actor)
{
	pthread_join(actor->thread, NULL);
	printf("# actor %td: %lu steps, %lu lost\n", actor - actors, actor->steps, actor->lost);
	return actor->lost + !actor->steps;
}

/* Return: how many pages were lost. */
static unsigned long work(size_t bytes)
{
	unsigned long lost = 0;

	if (!place_begin(bytes))
		return 200;
	for (size_t i = 0; i < ACTORS; i++)
		if (pthread_create(&actors[i].thread, NULL, i < WRITERS ? write_on : disturb_on,
				   &actors[i]))
			return 201;
	while (atomic_load(&filled) < WRITERS)
		usleep(10000);
	sleep(seconds);
	atomic_store(&stop, true);
	for (size_t i = 0; i < ACTORS; i++)
		lost += actor_end(&actors[i]);
	lost += count_lost(0, place.pages);
	return lost + raw_release(place.device, place.base);
}

FIXTURE(writers)
{
	bool ready;
	size_t bytes; /* more than fits */
	long oom_kills;
	long group_kills;
	uint64_t charged;
	long shmem_kb;
	int device;
};

FIXTURE_VARIANT(writers)
{
	bool group; /* of 96 MB; else the whole machine */
	size_t processes;
};

/* clang-format off */
FIXTURE_VARIANT_ADD(writers, one_process_in_a_small_group) { true, 1 };
FIXTURE_VARIANT_ADD(writers, two_processes_in_a_small_group) { true, 2 };
FIXTURE_VARIANT_ADD(writers, two_processes_in_a_small_machine) { false, 2 };
/* clang-format on */

static long group_kills(void)
{
	return proc_value(GROUP "/memory.events", "oom_kill");
}

FIXTURE_SETUP(writers)
{
	bool small = proc_meminfo_kb("MemTotal:") < SMALL_KB;
	const char *missing;

	if (small && variant->group)
		SKIP(return, "the machine is small itself");
	if (!small && !variant->group)
		SKIP(return, "needs a machine of 384 MB: tests/vm/run --mem 384M");
	missing = squeeze_begin(variant->group ? LIMIT_MB * RAW_MB : 0, 512);
	if (missing)
		SKIP(return, "%s", missing);
	self->ready = true;
	self->bytes = LIMIT_MB * RAW_MB / 3 * 4;
	if (!variant->group)
		self->bytes = ((size_t)proc_meminfo_kb("MemAvailable:") << 10) / 4 * 5;
	self->device = raw_open();
	self->oom_kills = proc_value("/proc/vmstat", "oom_kill");
	self->group_kills = group_kills();
	self->charged = raw_counters(self->device).system_commit_bytes;
	self->shmem_kb = proc_meminfo_kb("Shmem:");
	/* The limit of commit follows swapon within two seconds. */
	sleep(2);
}

FIXTURE_TEARDOWN(writers)
{
	if (!self->ready)
		return;
	EXPECT_EQ(self->oom_kills, proc_value("/proc/vmstat", "oom_kill"));
	EXPECT_EQ(self->group_kills, group_kills());
	EXPECT_EQ(self->charged, raw_counters(self->device).system_commit_bytes);
	EXPECT_GE(self->shmem_kb + 1024, proc_shmem_settles(self->shmem_kb + 1024));
	EXPECT_TRUE(squeeze_end());
}

static pid_t work_in_child(size_t bytes)
{
	pid_t pid = fork();
	unsigned long lost;

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	lost = work(bytes);
	fflush(stdout);
	_exit(lost > 100 ? 100 : (int)lost);
}

/* Waits for its end, and looks how much is in swap meanwhile. */
static int wait_for(pid_t pid, long *most_kb)
{
	int status;

	while (!waitpid(pid, &status, WNOHANG)) {
		long now = squeeze_swapped_kb();

		*most_kb = now > *most_kb ? now : *most_kb;
		usleep(100000);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

TEST_F_TIMEOUT(writers, lose_nothing, TIMEOUT)
{
	pid_t children[2];
	long most_kb = 0;

	if (!self->ready)
		return;
	fflush(stdout);
	for (size_t i = 0; i < variant->processes; i++)
		children[i] = work_in_child(self->bytes / variant->processes);
	for (size_t i = 0; i < variant->processes; i++)
		EXPECT_EQ(0, wait_for(children[i], &most_kb));
	TH_LOG("%zu MB written to, up to %ld MB in swap", self->bytes >> 20, most_kb >> 10);
	/* What fits is three quarters at most. */
	EXPECT_LT((long)(self->bytes >> 10) / 8, most_kb);
}

int main(int argc, char **argv)
{
	if (argc > 1 && strtoul(argv[1], NULL, 10)) {
		seconds = (unsigned int)strtoul(argv[1], NULL, 10);
		argc = 1;
	}
	return test_harness_run(argc, argv);
}
