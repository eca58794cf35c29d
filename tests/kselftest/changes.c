// SPDX-License-Identifier: GPL-2.0
/* What comes into the working set (SPEC WS-19). */
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "child.h"
#include "raw.h"
#include "working-set.h"

#undef MARK
#define MARK 0xdeadbeefu
#define ROOM 1024
#define MOST 1000 /* records that the module keeps */

static PSAPI_WS_WATCH_INFORMATION changes[ROOM];

static bool watch(void)
{
	return InitializeProcessForWsWatch(GetCurrentProcess());
}

/* How many were told, and how many were lost; -1 when none. */
static int take(ULONG_PTR *lost)
{
	int count = 0;

	if (!GetWsChanges(GetCurrentProcess(), changes, sizeof(changes)))
		return -1;
	while (count < ROOM && changes[count].FaultingPc)
		count++;
	if (lost)
		*lost = (ULONG_PTR)changes[count].FaultingVa;
	return count;
}

/* How many of those told lie in this page. */
static int told_of(const void *page, int count)
{
	int told = 0;

	for (int i = 0; i < count; i++)
		told += ((uintptr_t)changes[i].FaultingVa ^ (uintptr_t)page) < PAGE;
	return told;
}

TEST(WS_19_faults_are_told)
{
	char *base = commit(4 * PAGE);
	ULONG_PTR lost = MARK;
	int count;

	ASSERT_NE(NULL, base);
	touch(base, 2 * PAGE);
	EXPECT_WORKS(watch());
	/* These are in it. */
	touch(base, 2 * PAGE);
	EXPECT_WORKS(EmptyWorkingSet(GetCurrentProcess()));
	base[PAGE + 0x123] = 1;
	*(volatile char *)(base + 2 * PAGE);
	count = take(&lost);
	ASSERT_EQ(2, count);
	EXPECT_EQ(base + PAGE + 0x123, changes[0].FaultingVa);
	EXPECT_EQ(base + 2 * PAGE, changes[1].FaultingVa);
	EXPECT_EQ(0u, lost);
	/* By this program. */
	EXPECT_GT(0x100000u, (uintptr_t)changes[0].FaultingPc - (uintptr_t)touch + 0x80000);
	EXPECT_FAILS(259, GetWsChanges(GetCurrentProcess(), changes, sizeof(changes)));
}

TEST(WS_19_what_cannot_be_told_is_kept)
{
	char *base = commit(2 * PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_WORKS(watch());
	EXPECT_FAILS(259, GetWsChanges(GetCurrentProcess(), changes, sizeof(changes)));
	EXPECT_FAILS(259, GetWsChanges(GetCurrentProcess(), changes, 0));
	touch(base, 2 * PAGE);
	EXPECT_FAILS(122, GetWsChanges(GetCurrentProcess(), changes, 0));
	EXPECT_FAILS(122, GetWsChanges(GetCurrentProcess(), changes, 3 * sizeof(changes[0]) - 1));
	EXPECT_FAILS(998, GetWsChanges(GetCurrentProcess(), NULL, sizeof(changes)));
	EXPECT_WORKS(GetWsChanges(GetCurrentProcess(), changes, 3 * sizeof(changes[0])));
	EXPECT_EQ(1, told_of(base, 2));
	EXPECT_EQ(1, told_of(base + PAGE, 2));
	EXPECT_EQ(NULL, changes[2].FaultingPc);
}

TEST(WS_19_a_process_that_is_not_watched)
{
	char *base = commit(PAGE);

	ASSERT_NE(NULL, base);
	touch(base, PAGE);
	EXPECT_FAILS(31, GetWsChanges(GetCurrentProcess(), changes, sizeof(changes)));
	EXPECT_FAILS(6, InitializeProcessForWsWatch(NULL));
	EXPECT_FAILS(6, GetWsChanges(NULL, changes, sizeof(changes)));
}

TEST(WS_19_with_the_thread)
{
	static PSAPI_WS_WATCH_INFORMATION_EX more[4];
	char *base = commit(PAGE);
	DWORD bytes = 0;

	ASSERT_NE(NULL, base);
	EXPECT_WORKS(watch());
	touch(base, PAGE);
	EXPECT_FAILS(122, GetWsChangesEx(GetCurrentProcess(), more, &bytes));
	EXPECT_EQ(2 * sizeof(more[0]), bytes);
	EXPECT_FAILS(998, GetWsChangesEx(GetCurrentProcess(), more, NULL));
	bytes = sizeof(more);
	more[2].Flags = MARK;
	EXPECT_WORKS(GetWsChangesEx(GetCurrentProcess(), more, &bytes));
	EXPECT_EQ(2 * sizeof(more[0]), bytes);
	EXPECT_EQ(base, more[0].BasicInfo.FaultingVa);
	EXPECT_EQ((ULONG_PTR)syscall(SYS_gettid), more[0].FaultingThreadId);
	EXPECT_EQ(NULL, more[1].BasicInfo.FaultingPc);
	EXPECT_EQ(0u, more[1].FaultingThreadId);
	EXPECT_EQ(MARK, more[2].Flags);
}

TEST(WS_19_what_has_no_room_is_counted)
{
	char *base = commit(1500 * PAGE);
	ULONG_PTR lost = 0;

	ASSERT_NE(NULL, base);
	EXPECT_WORKS(watch());
	touch(base, 1500 * PAGE);
	EXPECT_EQ(MOST, take(&lost));
	EXPECT_EQ(1500u - MOST, lost);
	EXPECT_EQ(base + (MOST - 1) * PAGE, changes[MOST - 1].FaultingVa);
	EXPECT_WORKS(EmptyWorkingSet(GetCurrentProcess()));
	touch(base, PAGE);
	EXPECT_EQ(1, take(&lost));
	EXPECT_EQ(0u, lost);
}

TEST(WS_19_beginning_again_forgets)
{
	char *base = commit(2 * PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_WORKS(watch());
	touch(base, PAGE);
	EXPECT_WORKS(watch());
	EXPECT_EQ(-1, take(NULL));
	touch(base + PAGE, PAGE);
	EXPECT_EQ(1, take(NULL));
}

TEST(WS_19_faults_of_system_calls)
{
	char *base = commit(2 * PAGE);
	int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);

	ASSERT_NE(NULL, base);
	EXPECT_WORKS(watch());
	EXPECT_EQ((ssize_t)(2 * PAGE), read(zero, base, 2 * PAGE));
	EXPECT_EQ(2, take(NULL));
	EXPECT_NE(NULL, changes[0].FaultingPc);
	EXPECT_EQ(1, told_of(base, 2));
	EXPECT_EQ(1, told_of(base + PAGE, 2));
	close(zero);
}

/* Goes together with a hard maximum, which makes pages fault again and again. */
TEST(WS_19_with_a_hard_maximum)
{
	char *base = commit(200 * PAGE);
	int count;

	ASSERT_NE(NULL, base);
	EXPECT_WORKS(set_limits_ex(20, 20, QUOTA_LIMITS_HARDWS_MAX_ENABLE));
	EXPECT_WORKS(watch());
	touch(base, 200 * PAGE);
	EXPECT_EQ(200, take(NULL));
	EXPECT_TRUE(touched(base, 200 * PAGE));
	count = take(NULL);
	EXPECT_LE(180, count);
	EXPECT_LE(working_set_pages(base, 200 * PAGE), 20u);
}

/* Every fault of four threads is told once, however often somebody takes them. */
static void *touch_hundred(void *base)
{
	touch(base, 100 * PAGE);
	return NULL;
}

TEST(WS_19_several_threads)
{
	char *base = commit(400 * PAGE);
	pthread_t threads[4];

	ASSERT_NE(NULL, base);
	EXPECT_WORKS(watch());
	for (SIZE_T i = 0; i < 4; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, touch_hundred,
					    base + i * 100 * PAGE));
	for (SIZE_T i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	EXPECT_EQ(400, take(NULL));
	for (SIZE_T i = 0; i < 400; i++)
		EXPECT_EQ(1, told_of(base + i * PAGE, 400));
}

static struct winvm_watch_working_set watch_request(uint32_t operation, void *buffer,
						    uint64_t bytes)
{
	return (struct winvm_watch_working_set){
		.size = sizeof(struct winvm_watch_working_set),
		.buffer = (uintptr_t)buffer,
		.bytes = bytes,
		.operation = operation,
		.entry_bytes = operation == WINVM_CHANGES_TAKE ? 32 : 0,
	};
}

/* From outside, with the thread's number; what we write there is no fault of its. */
TEST(WS_19_of_another_process)
{
	struct child child = child_start(0);
	struct winvm_ws_fault faults[3];
	struct winvm_watch_working_set begin = watch_request(WINVM_CHANGES_BEGIN, NULL, 0);
	struct winvm_watch_working_set taken =
		watch_request(WINVM_CHANGES_TAKE, faults, sizeof(faults));
	int device = raw_open(), handle = raw_open_process(device, child.pid);
	char *base = raw_committed(handle, 3 * RAW_PAGE);
	size_t bytes = 1;

	ASSERT_NE(NULL, base);
	EXPECT_EQ(0, ioctl(handle, WINVM_IOC_WATCH_WORKING_SET, &begin));
	EXPECT_EQ(0u, begin.status);
	EXPECT_EQ(1, child_poke(&child, base + RAW_PAGE, 7));
	EXPECT_EQ(0u, raw_copy(handle, base + 2 * RAW_PAGE, "x", &bytes, WINVM_COPY_WRITE));
	EXPECT_EQ(0, ioctl(handle, WINVM_IOC_WATCH_WORKING_SET, &taken));
	EXPECT_EQ(0u, taken.status);
	EXPECT_EQ(2 * sizeof(faults[0]), taken.bytes);
	EXPECT_EQ((uintptr_t)base + RAW_PAGE, faults[0].address);
	EXPECT_EQ((uint64_t)child.pid, faults[0].thread);
	EXPECT_EQ(0u, faults[1].pc);
	child_kill(&child);
	close(handle);
	close(device);
}

VM_TEST_MAIN
