// SPDX-License-Identifier: GPL-2.0
/* The calls on the working set, asked with ill will: numbers, races, killed callers and targets. */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "child.h"
#include "proc.h"
#include "raw.h"

#define MISMATCH 0xc0000004u
#define ROUNDS 40

FIXTURE(siege)
{
	int device;
	char *base;
};

#define BYTES (64 * RAW_PAGE)

FIXTURE_SETUP(siege)
{
	self->device = raw_open();
	self->base = raw_committed(self->device, BYTES);
	ASSERT_NE(NULL, self->base);
}

FIXTURE_TEARDOWN(siege)
{
	EXPECT_EQ(0u, raw_release(self->device, self->base));
	close(self->device);
}

static void poke_all(char *base, size_t bytes)
{
	for (size_t at = 0; at < bytes; at += RAW_PAGE)
		*(volatile char *)(base + at) = 1;
}

TEST_F(siege, no_room_at_all)
{
	uint64_t count = 0, few;

	poke_all(self->base, BYTES);
	EXPECT_EQ(MISMATCH, raw_working_set(self->device, NULL, 0, &count));
	EXPECT_LT(64u, count);
	EXPECT_EQ(MISMATCH, raw_working_set(self->device, &few, 1, &count));
}

/* As far as there is memory to write to; and then the call ends. */
TEST_F(siege, room_without_end)
{
	uint64_t *blocks = mmap(NULL, 2 * RAW_PAGE, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct winvm_page *pages = (void *)blocks;
	struct winvm_query_pages request = { .size = sizeof(request), .count = UINT64_MAX };
	uint64_t count;

	ASSERT_NE(MAP_FAILED, blocks);
	poke_all(self->base, BYTES);
	ASSERT_EQ(0, munmap((char *)blocks + RAW_PAGE, RAW_PAGE));
	EXPECT_EQ(RAW_NO_ANSWER, raw_working_set(self->device, blocks + 508, UINT64_MAX, &count));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(RAW_NO_ANSWER, raw_working_set(self->device, (uint64_t *)UINT64_C(0xffff888000000000),
						 100000, &count));
	EXPECT_EQ(EFAULT, errno);
	for (size_t i = 0; i < 256; i++)
		pages[i] = (struct winvm_page){ .address = (uintptr_t)self->base };
	request.pages = (uintptr_t)pages;
	EXPECT_EQ(-1, ioctl(self->device, WINVM_IOC_QUERY_PAGES, &request));
	EXPECT_EQ(EFAULT, errno);
	/* Whole batches before the bad address are answered. */
	EXPECT_EQ(0x41u, pages[0].attributes);
	request.pages = 0xffffffffffffff00;
	EXPECT_EQ(-1, ioctl(self->device, WINVM_IOC_QUERY_PAGES, &request));
	EXPECT_EQ(EFAULT, errno);
}

/* Answers that go into the memory they are about: the faults of the copy are as any. */
TEST_F(siege, answers_into_the_memory_that_is_asked_about)
{
	uint64_t *blocks = (uint64_t *)(void *)self->base, count = 0;
	struct winvm_page *pages = (void *)self->base;
	struct winvm_query_pages request = {
		.size = sizeof(request), .pages = (uintptr_t)pages, .count = 256 };

	EXPECT_EQ(0u, raw_working_set(self->device, blocks, BYTES / 8, &count));
	EXPECT_LT(10u, count);
	for (size_t i = 0; i < 256; i++)
		pages[i].address = (uintptr_t)self->base + (i % 64) * RAW_PAGE;
	EXPECT_EQ(0, ioctl(self->device, WINVM_IOC_QUERY_PAGES, &request));
	EXPECT_EQ(0x41u, pages[0].attributes);
	ASSERT_EQ(0u, raw_protect(self->device, self->base, RAW_PAGE, PAGE_READWRITE | PAGE_GUARD));
	EXPECT_EQ(-1, ioctl(self->device, WINVM_IOC_QUERY_PAGES, &request));
	EXPECT_EQ(EFAULT, errno);
}

/* Bits that could tell where in memory a page lies are none. */
static int learn_about_memory(void *unused)
{
	static uint64_t blocks[100000];
	uint64_t count;
	char *base;
	int device;

	(void)unused;
	if (setgid(1000) || setuid(1000))
		return 1;
	device = raw_open();
	base = raw_committed(device, BYTES);
	if (!base || raw_working_set(device, blocks, 100000, &count))
		return 2;
	poke_all(base, BYTES);
	for (uint64_t i = 0; i < count; i++) {
		void *page = (void *)(uintptr_t)(blocks[i] & ~UINT64_C(0xfff));

		if (raw_page(device, page) > UINT32_MAX)
			return 3;
	}
	return raw_page(device, base) == 0x41 && raw_page(device, base + RAW_PAGE) == 0x41 ? 0 : 4;
}

TEST_F(siege, an_unprivileged_user_learns_no_address_of_memory)
{
	EXPECT_EQ(0, child_run(learn_about_memory, NULL));
}

TEST_F(siege, rights_of_the_handle)
{
	struct child child = child_start(0);
	int environment = raw_proc_open(child.pid, "environ", O_RDONLY);
	int memory = raw_proc_open(child.pid, "mem", O_RDWR);
	int reading = raw_proc_open(child.pid, "mem", O_RDONLY);
	int query = raw_handle(self->device, environment, WINVM_PROCESS_QUERY_INFORMATION);
	int quota = raw_handle(self->device, memory, WINVM_PROCESS_SET_QUOTA);
	uint64_t count;

	EXPECT_EQ(NT_ACCESS_DENIED, raw_empty(query));
	EXPECT_EQ(NT_ACCESS_DENIED, raw_limits(query, 1 << 20, 1 << 21, 0));
	EXPECT_EQ(MISMATCH, raw_working_set(query, NULL, 0, &count));
	EXPECT_EQ(0u, raw_empty(quota));
	EXPECT_EQ(NT_ACCESS_DENIED, raw_working_set(quota, NULL, 0, &count));
	EXPECT_EQ(UINT64_MAX, raw_page(quota, self->base));
	EXPECT_EQ(-1, raw_handle(self->device, environment, WINVM_PROCESS_SET_QUOTA));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, raw_handle(self->device, reading, WINVM_PROCESS_SET_QUOTA));
	EXPECT_EQ(EACCES, errno);
	child_kill(&child);
	EXPECT_EQ(NT_PROCESS_IS_TERMINATING, raw_empty(quota));
	EXPECT_EQ(NT_PROCESS_IS_TERMINATING, raw_working_set(query, NULL, 0, &count));
}

/* What a thread does to a target while that is killed. */
struct attacker {
	int handle;
	char *base;
	atomic_bool stop;
	atomic_uint wrong;
};

static bool answer_is_sound(uint32_t status)
{
	switch (status) {
	case 0:
	case MISMATCH:
	case 0x40000019u: /* was locked */
	case NT_PROCESS_IS_TERMINATING:
	case NT_INSUFFICIENT_RESOURCES:
	case NT_ACCESS_VIOLATION:
		return true;
	default:
		return false;
	}
}

static void *attack(void *argument)
{
	struct attacker *attacker = argument;
	uint64_t count;

	while (!atomic_load(&attacker->stop)) {
		if (!answer_is_sound(raw_working_set(attacker->handle, NULL, 0, &count)) ||
		    !answer_is_sound(raw_lock(attacker->handle, attacker->base, 20 * RAW_PAGE)) ||
		    !answer_is_sound(raw_empty(attacker->handle)))
			atomic_fetch_add(&attacker->wrong, 1);
		raw_page(attacker->handle, attacker->base);
	}
	return NULL;
}

TEST_F_TIMEOUT(siege, targets_that_die_in_the_middle, 900)
{
	for (int round = 0; round < ROUNDS; round++) {
		struct child child = child_start(0);
		struct attacker attacker = { .handle = raw_open_process(self->device, child.pid) };
		pthread_t thread;

		attacker.base = raw_committed(attacker.handle, BYTES);
		ASSERT_EQ(0, pthread_create(&thread, NULL, attack, &attacker));
		usleep(1000 * (unsigned int)(round % 10));
		child_kill(&child);
		usleep(1000);
		atomic_store(&attacker.stop, true);
		pthread_join(thread, NULL);
		EXPECT_EQ(0u, attacker.wrong);
		close(attacker.handle);
	}
}

/* Thousands of page tables, one page in each. */
static int wander(void)
{
	const size_t bytes = 4 * RAW_GB;
	int device = raw_open();
	char *base = raw_reserve(device, bytes);
	uint64_t count;

	for (size_t at = 0; at < bytes; at += 2 * RAW_MB)
		if (!base || raw_commit(device, base + at, RAW_PAGE, PAGE_READWRITE))
			return 1;
	if (raw_limits(device, 20 * RAW_PAGE, 500 * RAW_PAGE, WINVM_HARDWS_MAX_ENABLE))
		return 2;
	for (;;) {
		raw_working_set(device, NULL, 0, &count);
		for (size_t at = 0; at < bytes; at += 2 * RAW_MB)
			*(volatile char *)(base + at) = 1;
		raw_empty(device);
	}
}

TEST_F_TIMEOUT(siege, callers_that_are_killed_in_the_middle, 900)
{
	for (int round = 0; round < ROUNDS / 4; round++) {
		pid_t pid = fork();
		int status;

		if (!pid)
			_exit(wander());
		usleep(200000 + 50000 * (unsigned int)round);
		kill(pid, SIGKILL);
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_TRUE(WIFSIGNALED(status));
	}
}

/* Threads that empty, limit and touch, while one looks whether its locks hold. */
static struct {
	int device;
	char *base;
	atomic_bool stop;
} race;

static void *race_empty(void *unused)
{
	while (!atomic_load(&race.stop))
		raw_empty(race.device);
	return unused;
}

static void *race_limit(void *unused)
{
	for (uint32_t flags = 5; !atomic_load(&race.stop); flags ^= 15)
		raw_limits(race.device, 50 * RAW_PAGE, 60 * RAW_PAGE, flags);
	return unused;
}

static void *race_touch(void *unused)
{
	while (!atomic_load(&race.stop))
		poke_all(race.base + 32 * RAW_PAGE, 32 * RAW_PAGE);
	return unused;
}

TEST_F_TIMEOUT(siege, locks_hold_while_others_empty_and_limit, 900)
{
	void *(*const bodies[])(void *) = { race_empty, race_limit, race_touch };
	const uint64_t held = RAW_PAGE_VALID | RAW_PAGE_LOCKED;
	unsigned int wrong = 0;
	pthread_t threads[3];

	race.device = self->device;
	race.base = self->base;
	for (int i = 0; i < 3; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, bodies[i], NULL));
	for (int round = 0; round < 50 * ROUNDS; round++) {
		ASSERT_EQ(0u, raw_lock(self->device, self->base, 8 * RAW_PAGE));
		for (size_t page = 0; page < 8; page++)
			wrong += (raw_page(self->device, self->base + page * RAW_PAGE) & held) !=
				 held;
		ASSERT_EQ(0u, raw_unlock(self->device, self->base, 8 * RAW_PAGE));
	}
	EXPECT_EQ(0u, wrong);
	atomic_store(&race.stop, true);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
}

TEST_HARNESS_MAIN
