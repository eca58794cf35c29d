// SPDX-License-Identifier: GPL-2.0
/* Whose stack it is: other threads, words that lie, threads that end (WINVM_IOC_THREAD). */
#include <errno.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "proc.h"
#include "stack.h"

/* Another thread's touch is an ordinary one (SPEC GP-1). */
static void *touch_other(void *address)
{
	return (void *)(uintptr_t)probe_read((uintptr_t)address).code;
}

TEST_IN_STACK(GP_1_touch_of_another_threads_stack)
{
	char *before = limit();
	pthread_t thread;
	void *code;

	EXPECT_EQ(0, pthread_create(&thread, NULL, touch_other, before - PAGE));
	EXPECT_EQ(0, pthread_join(thread, &code));
	EXPECT_EQ(0x80000001u, (uint32_t)(uintptr_t)code);
	EXPECT_EQ(before, limit());
	EXPECT_EQ(0, winvm_pthread_create(&thread, 0, 0, touch_other, before - 2 * PAGE));
	EXPECT_EQ(0, winvm_pthread_join(thread, &code));
	EXPECT_EQ(0x80000001u, (uint32_t)(uintptr_t)code);
	EXPECT_EQ(before, limit());
}

/* Guard pages elsewhere are ordinary for a thread with a stack, too. */
TEST_IN_STACK(GP_1_guard_outside_the_stack)
{
	char *base = commit(PAGE);

	EXPECT_TRUE(protect(base, PAGE, GUARDED));
	EXPECT_GUARD_WRITE(base);
	EXPECT_STACK(limit(), RUN);
}

static int device_now(void)
{
	return open(WINVM_DEVICE, O_RDWR | O_CLOEXEC);
}

static uint32_t tell_words(uint64_t base, uint64_t stack_limit, uint64_t deallocation,
			   uint64_t guarantee)
{
	struct winvm_thread request = {
		.size = sizeof(request),
		.status = MARK,
		.stack_base_at = base,
		.stack_limit_at = stack_limit,
		.deallocation_stack_at = deallocation,
		.guarantee_at = guarantee,
	};
	int device = device_now(), failed = ioctl(device, WINVM_IOC_THREAD, &request);

	close(device);
	return failed ? MARK : request.status;
}

static struct {
	uint64_t base;
	uint64_t limit;
	uint64_t deallocation;
	uint32_t guarantee;
} words;

static uint32_t tell_good_words(void)
{
	return tell_words((uintptr_t)&words.base, (uintptr_t)&words.limit,
			  (uintptr_t)&words.deallocation, (uintptr_t)&words.guarantee);
}

/* A stack of 16 pages that @words describe; the upper half committed. */
static char *worded_stack(void)
{
	char *base = reserve(16 * PAGE);

	commit_at(base + 8 * PAGE, 8 * PAGE, PAGE_READWRITE);
	commit_at(base + 5 * PAGE, RUN, GUARDED);
	words.base = (uintptr_t)base + 16 * PAGE;
	words.limit = (uintptr_t)base + 8 * PAGE;
	words.deallocation = (uintptr_t)base;
	words.guarantee = 0;
	return base;
}

TEST(threads_that_told_nothing_or_took_it_back)
{
	char *base = worded_stack();

	ASSERT_NE(NULL, base);
	EXPECT_GUARD_WRITE(base + 7 * PAGE);
	EXPECT_EQ(0u, tell_words(0, 0, 0, 0));
	EXPECT_EQ(0u, tell_good_words());
	EXPECT_WRITES(base + 6 * PAGE, 1);
	EXPECT_EQ((uintptr_t)base + 6 * PAGE, words.limit);
	EXPECT_EQ(0u, tell_words(0, 0, 0, 0));
	EXPECT_GUARD_WRITE(base + 5 * PAGE);
	EXPECT_EQ((uintptr_t)base + 6 * PAGE, words.limit);
}

TEST(words_that_are_not_all_there)
{
	for (int missing = 0; missing < 4; missing++) {
		uint64_t at[4] = { (uintptr_t)&words.base, (uintptr_t)&words.limit,
				   (uintptr_t)&words.deallocation, (uintptr_t)&words.guarantee };

		at[missing] = 0;
		EXPECT_STATUS(ST_INVALID_PARAMETER, tell_words(at[0], at[1], at[2], at[3]));
	}
}

TEST(words_nowhere)
{
	uint64_t good = (uintptr_t)&words.base;
	const uint64_t bad[] = { 1,
				 0x10000,
				 0x7fffffffeff9,
				 0x800000000000,
				 0xffff888000000000,
				 0xffffffff81000000,
				 UINT64_MAX,
				 UINT64_MAX - 3 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char *base = worded_stack();

		EXPECT_EQ(0u, tell_words(bad[i], bad[i], bad[i], bad[i]));
		EXPECT_GUARD_WRITE(base + 7 * PAGE);
		EXPECT_EQ(0u, tell_words(good, (uintptr_t)&words.limit,
					 (uintptr_t)&words.deallocation, bad[i]));
		EXPECT_GUARD_WRITE(base + 6 * PAGE);
		EXPECT_TRUE(release(base));
	}
}

/* Words whose page is not mapped right now, for the thread and for a system call. */
TEST(words_that_must_come_from_elsewhere)
{
	int file = memfd_create("words", MFD_CLOEXEC), in = full_pipe(16);
	char *base = worded_stack();
	char *page;

	ASSERT_EQ(0, ftruncate(file, (off_t)PAGE));
	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	ASSERT_NE(MAP_FAILED, page);
	memcpy(page, &words, sizeof(words));
	EXPECT_EQ(0u, tell_words((uintptr_t)page, (uintptr_t)page + 8, (uintptr_t)page + 16,
				 (uintptr_t)page + 24));
	ASSERT_EQ(0, madvise(page, PAGE, MADV_DONTNEED));
	EXPECT_WRITES(base + 7 * PAGE, 1);
	EXPECT_EQ((uintptr_t)base + 7 * PAGE, *(uint64_t *)(page + 8));
	ASSERT_EQ(0, madvise(page, PAGE, MADV_DONTNEED));
	EXPECT_EQ(1, read(in, base + 6 * PAGE, 1));
	EXPECT_EQ((uintptr_t)base + 6 * PAGE, *(uint64_t *)(page + 8));
	EXPECT_COMMITTED(base + 3 * PAGE, base, RUN, GUARDED);
}

/* The place for StackLimit cannot be written: the stack grows all the same. */
TEST(limit_that_cannot_be_written)
{
	uint64_t *page =
		mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *base = worded_stack();

	*page = words.limit;
	ASSERT_EQ(0, mprotect(page, PAGE, PROT_READ));
	EXPECT_EQ(0u, tell_words((uintptr_t)&words.base, (uintptr_t)page,
				 (uintptr_t)&words.deallocation, (uintptr_t)&words.guarantee));
	EXPECT_WRITES(base + 7 * PAGE, 1);
	EXPECT_COMMITTED(base + 4 * PAGE, base, RUN, GUARDED);
}

/* Words in the very guard pages that they are about. */
TEST(words_in_the_stack_itself)
{
	char *base = worded_stack();
	uint64_t *at = (uint64_t *)(base + 8 * PAGE - 64);

	ASSERT_TRUE(protect(base + 5 * PAGE, RUN, PAGE_READWRITE));
	memcpy(at, &words, sizeof(words));
	memcpy((char *)at - PAGE, &words, sizeof(words));
	ASSERT_TRUE(protect(base + 5 * PAGE, RUN, GUARDED));
	EXPECT_EQ(0u, tell_words((uintptr_t)at, (uintptr_t)at + 8 - PAGE, (uintptr_t)at + 16,
				 (uintptr_t)at + 24 - PAGE));
	EXPECT_GT(2, probe_write((uintptr_t)base + 7 * PAGE, 1).faulted);
	EXPECT_WRITES(base + 7 * PAGE, 1);
	EXPECT_EQ(0u, tell_words(0, 0, 0, 0));
}

/* The stack is not one allocation, or not ours, or not what the words say. */
TEST(words_that_lie)
{
	char *base = worded_stack();

	EXPECT_EQ(0u, tell_good_words());
	/* More than the allocation. */
	words.deallocation = 0;
	words.base = UINT64_MAX;
	words.limit = UINT64_MAX;
	EXPECT_WRITES(base + 7 * PAGE, 1);
	EXPECT_COMMITTED(base + 4 * PAGE, base, RUN, GUARDED);
	EXPECT_COMMITTED(base + 7 * PAGE, base, 9 * PAGE, PAGE_READWRITE);
	/* A guarantee of 4 GB: the first touch is an overflow. */
	words.guarantee = UINT32_MAX;
	EXPECT_EXCEPTION(RECORD_OVERFLOW, 1, base + 6 * PAGE,
			 probe_write((uintptr_t)base + 6 * PAGE, 1));
	EXPECT_COMMITTED(base + PAGE, base, 15 * PAGE, PAGE_READWRITE);
	/* Upside down. */
	ASSERT_TRUE(protect(base + 4 * PAGE, PAGE, GUARDED));
	words.deallocation = (uintptr_t)base + 16 * PAGE;
	words.base = (uintptr_t)base;
	EXPECT_GUARD_WRITE(base + 4 * PAGE);
}

/* Linux has put something over the pages below. */
TEST(mapping_over_the_stack)
{
	char *base = worded_stack();

	EXPECT_EQ(0u, tell_good_words());
	ASSERT_EQ(base,
		  mmap(base, 5 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	EXPECT_EXCEPTION(RECORD_OVERFLOW, 1, base + 7 * PAGE,
			 probe_write((uintptr_t)base + 7 * PAGE, 1));
	EXPECT_READS(0, base);
	EXPECT_VIOLATION_WRITE(base);
}

TEST(fork_begins_without_a_stack)
{
	int status;
	pid_t pid;

	ASSERT_NE(NULL, worded_stack());
	ASSERT_EQ(0u, tell_good_words());
	ASSERT_NE(NULL, NtCurrentTeb());
	pid = fork();
	if (!pid) {
		char *base = worded_stack();
		bool ordinary = probe_write((uintptr_t)base + 7 * PAGE, 1).code == 0x80000001u;

		/* Asked again the child's TEB is known. */
		base = hand_made_stack(MEGABYTE);
		base += MEGABYTE - PAGE;
		_exit(ordinary && !probe_write((uintptr_t)base, 1).faulted && limit() == base ? 0 :
												1);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

/* Of another process's thread nobody can tell. */
TEST(no_call_through_a_handle)
{
	struct winvm_thread request = { .size = sizeof(request) };
	struct winvm_open_process open_process = {
		.size = sizeof(open_process),
		.proc_fd = open("/proc/self/mem", O_RDWR),
		.access = WINVM_PROCESS_VM_OPERATION,
	};
	int handle = ioctl(device_now(), WINVM_IOC_OPEN_PROCESS, &open_process);

	ASSERT_LE(0, handle);
	EXPECT_EQ(-1, ioctl(handle, WINVM_IOC_THREAD, &request));
	EXPECT_EQ(ENOTTY, errno);
}

static void *exit_thread(void *value)
{
	pthread_exit(value);
}

static void *wait_thread(void *unused)
{
	for (;;)
		pause();
	return unused;
}

static void *return_thread(void *value)
{
	return value;
}

TEST(threads_that_return_exit_or_are_cancelled)
{
	pthread_t thread;
	void *value;

	ASSERT_EQ(0, winvm_pthread_create(&thread, 0, 0, return_thread, &value));
	ASSERT_EQ(0, winvm_pthread_join(thread, &value));
	EXPECT_EQ(&value, value);
	ASSERT_EQ(0, winvm_pthread_create(&thread, 0, 0, exit_thread, &thread));
	ASSERT_EQ(0, winvm_pthread_join(thread, &value));
	EXPECT_EQ(&thread, value);
	ASSERT_EQ(0, winvm_pthread_create(&thread, 0, 0, wait_thread, NULL));
	ASSERT_EQ(0, pthread_cancel(thread));
	ASSERT_EQ(0, winvm_pthread_join(thread, &value));
	EXPECT_EQ(PTHREAD_CANCELED, value);
	ASSERT_EQ(0, pthread_create(&thread, NULL, return_thread, &value));
	ASSERT_EQ(0, winvm_pthread_join(thread, &value));
	EXPECT_EQ(&value, value);
	EXPECT_EQ(0u, counters().vads);
	EXPECT_EQ(EINVAL, winvm_pthread_create(&thread, 0, (SIZE_T)1 << 47, return_thread, NULL));
	EXPECT_EQ(EINVAL, winvm_pthread_create(&thread, ~(SIZE_T)0, 0, return_thread, NULL));
}

static void *tell_and_end(void *tid)
{
	tell_good_words();
	*(pid_t *)tid = gettid();
	return NULL;
}

static void *touch_as(void *address)
{
	static pid_t tid;

	tid = gettid();
	*(uint32_t *)address = probe_write(words.limit - PAGE, 1).code;
	return &tid;
}

/* A thread with the number of one that has ended does not inherit its stack. */
TEST(number_of_a_thread_that_has_ended)
{
	pid_t wanted;
	pthread_t thread;
	char number[16];

	ASSERT_NE(NULL, worded_stack());
	ASSERT_EQ(0, pthread_create(&thread, NULL, tell_and_end, &wanted));
	pthread_join(thread, NULL);
	snprintf(number, sizeof(number), "%d", wanted - 1);
	for (int tries = 0; tries < 100; tries++) {
		uint32_t code = 0;
		void *tid;

		if (!proc_write("/proc/sys/kernel/ns_last_pid", number))
			SKIP(return, "this kernel does not let thread numbers be chosen");
		ASSERT_EQ(0, pthread_create(&thread, NULL, touch_as, &code));
		pthread_join(thread, &tid);
		EXPECT_EQ(0x80000001u, code);
		ASSERT_TRUE(protect((void *)(words.limit - PAGE), PAGE, GUARDED));
		if (*(pid_t *)tid == wanted)
			return;
	}
	SKIP(return, "no thread got the number %s again", number);
}

/* Both say that it is theirs: it grows for either. */
struct claim {
	char *base;
	pthread_barrier_t *barrier;
	unsigned int faults;
};

static void *claim_stack(void *argument)
{
	struct claim *claim = argument;

	pretend_stack(claim->base, MEGABYTE, claim->base + MEGABYTE - PAGE);
	pthread_barrier_wait(claim->barrier);
	for (char *at = claim->base + MEGABYTE; at > claim->base + PAGE + RUN;) {
		at -= PAGE;
		claim->faults += probe_write((uintptr_t)at, 1).faulted;
	}
	return NULL;
}

TEST(two_threads_that_claim_one_stack)
{
	char *base = hand_made_stack(MEGABYTE);
	pthread_barrier_t barrier;
	struct claim claims[2] = { { base, &barrier, 0 }, { base, &barrier, 0 } };
	pthread_t threads[2];

	ASSERT_NE(NULL, base);
	pthread_barrier_init(&barrier, NULL, 2);
	for (int i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, claim_stack, &claims[i]));
	for (int i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_join(threads[i], NULL));
	EXPECT_EQ(0u, claims[0].faults + claims[1].faults);
}

/* One thread's stack is released and made anew by another while it grows. */
static struct {
	char *base;
	volatile bool stop;
} contested;

static void *grow_contested(void *unused)
{
	(void)unused;
	while (!contested.stop) {
		char *base = contested.base;

		pretend_stack(base, MEGABYTE, base + MEGABYTE - PAGE);
		for (char *at = base + MEGABYTE; at > base;) {
			at -= PAGE;
			if (probe_write((uintptr_t)at, 1).faulted)
				break;
		}
	}
	return NULL;
}

TEST(stack_released_while_it_grows)
{
	unsigned long rounds = proc_rounds("STACK_ROUNDS", 2000);
	pthread_t thread;

	contested.base = reserve(MEGABYTE);
	ASSERT_NE(NULL, contested.base);
	ASSERT_TRUE(commit_at(contested.base + MEGABYTE - PAGE, PAGE, GUARDED));
	ASSERT_EQ(0, pthread_create(&thread, NULL, grow_contested, NULL));
	while (rounds--) {
		char *base = contested.base;

		ASSERT_TRUE(release(base));
		ASSERT_EQ(base, VirtualAlloc(base, MEGABYTE, MEM_RESERVE, PAGE_READWRITE));
		ASSERT_TRUE(commit_at(base + MEGABYTE - PAGE, PAGE, GUARDED));
	}
	contested.stop = true;
	pthread_join(thread, NULL);
	ASSERT_TRUE(release(contested.base));
	EXPECT_EQ(0u, counters().commit_bytes);
}

struct many {
	pthread_barrier_t barrier;
	unsigned int failed;
};

static void *grow_with_many(void *argument)
{
	struct many *many = argument;
	char *to = limit() - 4 * PAGE;
	unsigned int faults = 0;

	while (limit() > to)
		faults += probe_write((uintptr_t)limit() - 1, 1).faulted;
	__atomic_fetch_add(&many->failed, faults, __ATOMIC_RELAXED);
	pthread_barrier_wait(&many->barrier);
	pthread_barrier_wait(&many->barrier);
	return NULL;
}

#define MANY 1000

/* What malloc needs for a thousand threads is not what is asked. */
static long vmas_without_heap(void)
{
	FILE *file = fopen("/proc/self/maps", "re");
	char line[512];
	long count = 0;

	while (file && fgets(line, sizeof(line), file))
		count += !strstr(line, "[heap]");
	return file && !fclose(file) ? count : -1;
}

/* All in one VMA, and nothing is left of them. */
TEST(a_thousand_stacks_and_not_one_vma)
{
	static pthread_t threads[MANY];
	static struct many many;
	struct winvm_counters before;
	pthread_t first;
	long vmas;
	int i;

	/* The arena, and what glibc maps with the first thread. */
	ASSERT_EQ(0, pthread_barrier_init(&many.barrier, NULL, 1));
	ASSERT_EQ(0, winvm_pthread_create(&first, 0, 0, grow_with_many, &many));
	ASSERT_EQ(0, winvm_pthread_join(first, NULL));
	ASSERT_EQ(0, pthread_barrier_init(&many.barrier, NULL, MANY + 1));
	before = counters();
	vmas = vmas_without_heap();
	for (i = 0; i < MANY; i++)
		ASSERT_EQ(0, winvm_pthread_create(&threads[i], 0, 0, grow_with_many, &many));
	pthread_barrier_wait(&many.barrier);
	EXPECT_EQ(0u, many.failed);
	EXPECT_EQ(vmas, vmas_without_heap());
	EXPECT_EQ((uint64_t)MANY, counters().vads - before.vads);
	pthread_barrier_wait(&many.barrier);
	for (i = 0; i < MANY; i++)
		ASSERT_EQ(0, winvm_pthread_join(threads[i], NULL));
	EXPECT_EQ(vmas, vmas_without_heap());
	EXPECT_EQ(before.vads, counters().vads);
	EXPECT_EQ(before.commit_bytes, counters().commit_bytes);
}

/* Told to an object that goes with its last descriptor: nothing is left of it. */
TEST(words_told_and_descriptor_closed)
{
	for (int i = 0; i < 100; i++)
		ASSERT_EQ(0u, tell_good_words());
	EXPECT_EQ(0u, counters().bookkeeping_bytes);
}

/* Threads that end do not say so: their entries go when many have come after them. */
TEST(entries_of_dead_threads_go)
{
	uint64_t once = 0;
	pthread_t thread;
	pid_t tid;

	/* Keeps what the process has told. */
	ASSERT_LE(0, device_now());
	for (int i = 0; i < 1000; i++) {
		ASSERT_EQ(0, pthread_create(&thread, NULL, tell_and_end, &tid));
		pthread_join(thread, NULL);
		if (i == 99)
			once = counters().bookkeeping_bytes;
	}
	EXPECT_LT(0u, once);
	EXPECT_LE(counters().bookkeeping_bytes, 2 * once);
	EXPECT_GT(1u << 17, counters().bookkeeping_bytes);
}

VM_TEST_MAIN
