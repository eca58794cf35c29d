// SPDX-License-Identifier: GPL-2.0
/* Guard pages (SPEC 9, GP). */
#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>

#include "vm.h"

#define GUARDED (PAGE_READWRITE | PAGE_GUARD)

TEST(GP_1_any_first_access_fires_once_and_on_one_page)
{
	char *base = commit(4 * PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_WRITES(base + 2 * PAGE, 0xc3);
	ASSERT_TRUE(protect(base, 2 * PAGE, GUARDED));
	ASSERT_TRUE(protect(base + 2 * PAGE, 2 * PAGE, PAGE_EXECUTE_READ | PAGE_GUARD));
	EXPECT_GUARD_READ(base + 0x123);
	EXPECT_READS(0, base + 0x123);
	EXPECT_GUARD_WRITE(base + PAGE);
	EXPECT_WRITES(base + PAGE, 7);
	EXPECT_GUARD_EXECUTE(base + 2 * PAGE);
	EXPECT_EXECUTES(base + 2 * PAGE);
	/* Then the base protection. */
	EXPECT_VIOLATION_WRITE(base + 2 * PAGE);
	EXPECT_COMMITTED(base + 3 * PAGE, base, PAGE, PAGE_EXECUTE_READ | PAGE_GUARD);
}

/* A fetch fires the guard of a page that is not executable, too. */
TEST(GP_1_execution_of_a_page_without_execute)
{
	char *base = commit(PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_WRITES(base, 0xc3);
	ASSERT_TRUE(protect(base, PAGE, GUARDED));
	EXPECT_GUARD_EXECUTE(base);
	EXPECT_VIOLATION_EXECUTE(base);
	EXPECT_COMMITTED(base, base, PAGE, PAGE_READWRITE);
}

static struct {
	unsigned int count;
	EXCEPTION_RECORD record;
	char *touch;
} handled;

/* Goes on at the same instruction, having used the page first (SPEC GP-3). */
static LONG CALLBACK use_the_page(EXCEPTION_POINTERS *exception)
{
	handled.count++;
	handled.record = *exception->ExceptionRecord;
	if (handled.touch)
		*handled.touch = 0x42;
	return EXCEPTION_CONTINUE_EXECUTION;
}

TEST(GP_2_record_and_continuation)
{
	volatile char *base = commit(PAGE);
	void *handler;

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(protect((char *)base, PAGE, GUARDED));
	handler = AddVectoredExceptionHandler(1, use_the_page);
	base[0x10] = 0x33;
	EXPECT_EQ(1u, handled.count);
	EXPECT_EQ(0x33, base[0x10]);
	EXPECT_EQ(0x80000001u, handled.record.ExceptionCode);
	EXPECT_EQ(2u, handled.record.NumberParameters);
	EXPECT_EQ(1u, handled.record.ExceptionInformation[0]);
	EXPECT_EQ((uintptr_t)base + 0x10, handled.record.ExceptionInformation[1]);
	EXPECT_EQ(0u, handled.record.ExceptionFlags);
	ASSERT_TRUE(protect((char *)base, PAGE, GUARDED));
	EXPECT_EQ(0x33, base[0x10]);
	EXPECT_EQ(2u, handled.count);
	EXPECT_EQ(0u, handled.record.ExceptionInformation[0]);
	EXPECT_NE(0u, RemoveVectoredExceptionHandler(handler));
}

TEST(GP_3_cleared_before_the_handler_runs)
{
	volatile char *base = commit(PAGE);
	void *handler;

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(protect((char *)base, PAGE, GUARDED));
	handled.touch = (char *)base + 0x80;
	handler = AddVectoredExceptionHandler(1, use_the_page);
	EXPECT_EQ(0, base[0]);
	EXPECT_EQ(1u, handled.count);
	EXPECT_EQ(0x42, base[0x80]);
	RemoveVectoredExceptionHandler(handler);
}

/* Two threads on one guard page, again and again. */
static struct {
	pthread_barrier_t barrier;
	char *page;
	unsigned int rounds;
} contest;

static void *contend(void *hits)
{
	for (unsigned int i = 0; i < contest.rounds; i++) {
		pthread_barrier_wait(&contest.barrier);
		if (probe_read((uintptr_t)contest.page).code == (uint32_t)ST_GUARD_PAGE_VIOLATION)
			++*(unsigned int *)hits;
		pthread_barrier_wait(&contest.barrier);
	}
	return NULL;
}

TEST(GP_4_one_of_two_racing_threads_sees_it)
{
	unsigned int mine = 0, theirs = 0, before;
	pthread_t thread;

	contest.rounds = 1000;
	contest.page = commit(PAGE);
	ASSERT_NE(NULL, contest.page);
	ASSERT_EQ(0, pthread_barrier_init(&contest.barrier, NULL, 2));
	ASSERT_EQ(0, pthread_create(&thread, NULL, contend, &theirs));
	for (unsigned int i = 0; i < contest.rounds; i++) {
		before = mine + theirs;
		ASSERT_TRUE(protect(contest.page, PAGE, GUARDED));
		pthread_barrier_wait(&contest.barrier);
		if (probe_read((uintptr_t)contest.page).faulted)
			mine++;
		pthread_barrier_wait(&contest.barrier);
		ASSERT_EQ(before + 1, mine + theirs);
		ASSERT_EQ((DWORD)PAGE_READWRITE, region_at(contest.page).Protect);
	}
	pthread_join(thread, NULL);
	EXPECT_EQ(contest.rounds, mine + theirs);
}

/* More threads than processors, on guards that are set again and again. */
#define CONTENDERS 8

TEST(GP_4_one_of_many_racing_threads_sees_it)
{
	unsigned int hits[CONTENDERS] = { 0 }, sum;
	pthread_t threads[CONTENDERS];

	contest.rounds = 500;
	contest.page = commit(PAGE);
	ASSERT_NE(NULL, contest.page);
	ASSERT_EQ(0, pthread_barrier_init(&contest.barrier, NULL, CONTENDERS + 1));
	for (int i = 0; i < CONTENDERS; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, contend, &hits[i]));
	for (unsigned int round = 1; round <= contest.rounds; round++) {
		ASSERT_TRUE(protect(contest.page, PAGE, GUARDED));
		pthread_barrier_wait(&contest.barrier);
		pthread_barrier_wait(&contest.barrier);
		sum = 0;
		for (int i = 0; i < CONTENDERS; i++)
			sum += __atomic_load_n(&hits[i], __ATOMIC_RELAXED);
		ASSERT_EQ(round, sum);
		ASSERT_EQ((DWORD)PAGE_READWRITE, region_at(contest.page).Protect);
	}
	for (int i = 0; i < CONTENDERS; i++)
		pthread_join(threads[i], NULL);
}

TEST(GP_5_system_call_across_two_guard_pages)
{
	char *base = commit(2 * PAGE);
	int ends[2];

	ASSERT_NE(NULL, base);
	ASSERT_EQ(0, pipe2(ends, O_NONBLOCK));
	ASSERT_EQ(4, write(ends[1], "abcd", 4));
	ASSERT_TRUE(protect(base, 2 * PAGE, GUARDED));
	/* Each attempt meets one guard, takes it away, and loses nothing of the pipe. */
	EXPECT_EQ(-1, read(ends[0], base + PAGE - 2, 4));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_COMMITTED(base, base, PAGE, PAGE_READWRITE);
	EXPECT_COMMITTED(base + PAGE, base, PAGE, GUARDED);
	EXPECT_EQ(-1, read(ends[0], base + PAGE - 2, 4));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_COMMITTED(base, base, 2 * PAGE, PAGE_READWRITE);
	EXPECT_EQ(4, read(ends[0], base + PAGE - 2, 4));
	EXPECT_READS('b', base + PAGE - 1);
	EXPECT_READS('c', base + PAGE);
}

/* The same with a write, and with a file, which may do a part of it. */
TEST(GP_5_write_to_a_file_across_two_guard_pages)
{
	int file = memfd_create("guarded", MFD_CLOEXEC);
	char *base = commit(2 * PAGE);
	ssize_t done = 0;
	int attempts = 0;

	ASSERT_LE(0, file);
	ASSERT_NE(NULL, base);
	EXPECT_WRITES(base + PAGE - 1, 'y');
	EXPECT_WRITES(base + PAGE, 'z');
	ASSERT_TRUE(protect(base, 2 * PAGE, GUARDED));
	for (; done < 4 && attempts < 5; attempts++) {
		ssize_t step = write(file, base + PAGE - 2 + done, (size_t)(4 - done));

		done += step > 0 ? step : 0;
	}
	EXPECT_EQ(4, done);
	EXPECT_LE(2, attempts);
	EXPECT_GE(3, attempts);
	EXPECT_COMMITTED(base, base, 2 * PAGE, PAGE_READWRITE);
	EXPECT_EQ(4, pread(file, base, 4, 0));
	EXPECT_READS('y', base + 1);
	EXPECT_READS('z', base + 2);
}

/* A handler is not asked about what happens inside a system call, and the next access is quiet. */
TEST(GP_5_system_call_raises_nothing)
{
	char *base = commit(PAGE);
	void *handler = AddVectoredExceptionHandler(1, use_the_page);

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(protect(base, PAGE, GUARDED));
	EXPECT_EQ(-1, open(base, O_RDONLY));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(0, *(volatile char *)base);
	EXPECT_EQ(0u, handled.count);
	RemoveVectoredExceptionHandler(handler);
}

TEST(GP_5_system_call_fails_and_consumes_the_guard)
{
	char *base = commit(2 * PAGE);
	int ends[2];

	ASSERT_NE(NULL, base);
	ASSERT_EQ(0, pipe2(ends, O_NONBLOCK));
	ASSERT_EQ(4, write(ends[1], "abcd", 4));
	ASSERT_TRUE(protect(base, 2 * PAGE, GUARDED));
	EXPECT_EQ(-1, read(ends[0], base, 4));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_COMMITTED(base, base, PAGE, PAGE_READWRITE);
	EXPECT_EQ(4, read(ends[0], base, 4));
	EXPECT_READS('a', base);
	/* The second page is still guarded, and a write from it fires as well. */
	EXPECT_COMMITTED(base + PAGE, base, PAGE, GUARDED);
	EXPECT_EQ(-1, write(ends[1], base + PAGE, 1));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(1, write(ends[1], base + PAGE, 1));
}

TEST(GP_6_guard_before_write_watch)
{
	char *base = VirtualAlloc(NULL, 2 * PAGE, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH,
				  PAGE_READWRITE);
	void *written[2];
	ULONG_PTR count = 2;
	DWORD granularity;

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(protect(base, 2 * PAGE, GUARDED));
	EXPECT_GUARD_WRITE(base);
	EXPECT_GUARD_READ(base + PAGE);
	EXPECT_EQ(0u, GetWriteWatch(0, base, 2 * PAGE, written, &count, &granularity));
	EXPECT_EQ(0u, count);
	EXPECT_WRITES(base, 1);
	count = 2;
	EXPECT_EQ(0u, GetWriteWatch(0, base, 2 * PAGE, written, &count, &granularity));
	EXPECT_EQ(1u, count);
	EXPECT_EQ(base, written[0]);
}

TEST(GP_7_rearming)
{
	char *base = VirtualAlloc(NULL, PAGE, MEM_RESERVE | MEM_COMMIT, GUARDED);

	ASSERT_NE(NULL, base);
	EXPECT_GUARD_READ(base);
	EXPECT_EQ((DWORD)GUARDED, region_at(base).AllocationProtect);
	for (int round = 0; round < 10; round++) {
		ASSERT_TRUE(protect(base, PAGE, GUARDED));
		EXPECT_GUARD_WRITE(base);
		ASSERT_TRUE(commit_at(base, PAGE, GUARDED));
		EXPECT_GUARD_READ(base);
		EXPECT_READS(0, base);
	}
	EXPECT_EQ((DWORD)GUARDED, region_at(base).AllocationProtect);
}

TEST(GP_8_not_with_noaccess_nor_on_reserved_pages)
{
	char *base = VirtualAlloc(NULL, 2 * PAGE, MEM_RESERVE, GUARDED);

	ASSERT_NE(NULL, base);
	EXPECT_RESERVED(base, base, 2 * PAGE);
	EXPECT_VIOLATION_READ(base);
	EXPECT_FAILS(487, protect(base, PAGE, GUARDED));
	ASSERT_TRUE(commit_at(base, PAGE, PAGE_READWRITE));
	EXPECT_READS(0, base);
	EXPECT_FAILS(87, protect(base, PAGE, PAGE_NOACCESS | PAGE_GUARD));
	EXPECT_COMMITTED(base, base, PAGE, PAGE_READWRITE);
}

TEST(GP_9_guard_over_read_only)
{
	char *base = commit(2 * PAGE);

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(protect(base, 2 * PAGE, PAGE_READONLY | PAGE_GUARD));
	EXPECT_GUARD_READ(base);
	EXPECT_READS(0, base);
	EXPECT_GUARD_WRITE(base + PAGE);
	EXPECT_VIOLATION_WRITE(base + PAGE);
}

VM_TEST_MAIN
