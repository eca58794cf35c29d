// SPDX-License-Identifier: GPL-2.0
/*
 * Notifications that memory is low or high, and the functions that wait: for
 * these and for processes (SPEC CC-15).
 */
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <winvm.h>

#include "child.h"
#include "levels.h"
#include "vm.h"

#define MB ((SIZE_T)1 << 20)

/* So long a wait is a wait for ever. */
#define LONG_MS 200000

FIXTURE(notice)
{
	struct genl genl;
	HANDLE low;
	HANDLE high;
};

FIXTURE_SETUP(notice)
{
	self->genl = genl_open();
	ASSERT_LE(0, self->genl.fd);
	self->low = CreateMemoryResourceNotification(LowMemoryResourceNotification);
	self->high = CreateMemoryResourceNotification(HighMemoryResourceNotification);
	ASSERT_NE(NULL, self->low);
	ASSERT_NE(NULL, self->high);
	ASSERT_EQ(0, levels_set(&self->genl, LEVELS_MIDDLE));
}

FIXTURE_TEARDOWN(notice)
{
	EXPECT_EQ(0, levels_set(&self->genl, LEVELS_USUAL));
	EXPECT_WORKS(CloseHandle(self->low));
	EXPECT_WORKS(CloseHandle(self->high));
	close(self->genl.fd);
}

static BOOL state_of(HANDLE notice)
{
	BOOL state = -1;

	return QueryMemoryResourceNotification(notice, &state) ? state : -2;
}

TEST(CC_15_types)
{
	static const int others[] = { 2, 3, -1, 0x7fffffff };

	for (unsigned int i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		EXPECT_FAILS(ERROR_INVALID_PARAMETER,
			     CreateMemoryResourceNotification(
				     (MEMORY_RESOURCE_NOTIFICATION_TYPE)others[i]));
}

TEST_F(notice, CC_15_low_high_and_neither)
{
	EXPECT_EQ(FALSE, state_of(self->low));
	EXPECT_EQ(FALSE, state_of(self->high));
	ASSERT_EQ(0, levels_set(&self->genl, LEVELS_LOW));
	EXPECT_EQ(TRUE, state_of(self->low));
	EXPECT_EQ(FALSE, state_of(self->high));
	ASSERT_EQ(0, levels_set(&self->genl, LEVELS_HIGH));
	EXPECT_EQ(FALSE, state_of(self->low));
	EXPECT_EQ(TRUE, state_of(self->high));
}

TEST_F(notice, CC_15_errors_of_the_query)
{
	BOOL state;

	EXPECT_FAILS(ERROR_INVALID_HANDLE, QueryMemoryResourceNotification(NULL, &state));
	EXPECT_FAILS(ERROR_INVALID_HANDLE,
		     QueryMemoryResourceNotification(GetCurrentProcess(), &state));
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, QueryMemoryResourceNotification(self->low, NULL));
	EXPECT_FAILS(ERROR_NOACCESS, QueryMemoryResourceNotification(self->low, (BOOL *)8));
}

/* It stays signalled, whoever has waited for it. */
TEST_F(notice, CC_15_level_triggered)
{
	EXPECT_EQ(WAIT_TIMEOUT, WaitForSingleObject(self->low, 0));
	EXPECT_EQ(WAIT_TIMEOUT, WaitForSingleObject(self->low, 150));
	ASSERT_EQ(0, levels_set(&self->genl, LEVELS_LOW));
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(WAIT_OBJECT_0, WaitForSingleObject(self->low, i ? INFINITE : 0));
	EXPECT_EQ(WAIT_TIMEOUT, WaitForSingleObject(self->high, 0));
}

struct waiter {
	HANDLE handle;
	DWORD result;
};

static void *wait_thread(void *argument)
{
	struct waiter *waiter = argument;

	waiter->result = WaitForSingleObject(waiter->handle, LONG_MS);
	return NULL;
}

/* The other thread sleeps by then, most often; if it does not the test is an easier one. */
static void let_sleep(void)
{
	usleep(250000);
}

TEST_F(notice, CC_15_who_waits_is_woken)
{
	struct waiter waiter = { .handle = self->low };
	pthread_t thread;

	ASSERT_EQ(0, pthread_create(&thread, NULL, wait_thread, &waiter));
	let_sleep();
	ASSERT_EQ(0, levels_set(&self->genl, LEVELS_LOW));
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(WAIT_OBJECT_0, waiter.result);
}

TEST_F(notice, poll_and_epoll)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u32 = 7 }, got = { 0 };
	struct pollfd look = { .fd = winvm_get_wait_fd(self->high), .events = POLLIN };
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	char byte;

	ASSERT_LE(0, look.fd);
	EXPECT_EQ(0, poll(&look, 1, 0));
	ASSERT_EQ(0, epoll_ctl(epoll, EPOLL_CTL_ADD, look.fd, &event));
	EXPECT_EQ(0, epoll_wait(epoll, &got, 1, 0));
	ASSERT_EQ(0, levels_set(&self->genl, LEVELS_HIGH));
	EXPECT_EQ(1, epoll_wait(epoll, &got, 1, LONG_MS));
	EXPECT_EQ(7u, got.data.u32);
	EXPECT_EQ(1, poll(&look, 1, 0));
	EXPECT_EQ(-1, read(look.fd, &byte, 1));
	ASSERT_EQ(0, levels_set(&self->genl, LEVELS_MIDDLE));
	EXPECT_EQ(0, epoll_wait(epoll, &got, 1, 0));
	close(epoll);
}

TEST_F(notice, waiting_for_several)
{
	HANDLE both[2] = { self->low, self->high }, twice[2] = { self->low, self->low };
	struct child child = child_start(0);
	HANDLE mixed[2] = { self->high, OpenProcess(SYNCHRONIZE, FALSE, (DWORD)child.pid) };

	ASSERT_NE(NULL, mixed[1]);
	EXPECT_EQ(WAIT_TIMEOUT, WaitForMultipleObjects(2, both, FALSE, 0));
	EXPECT_EQ(WAIT_TIMEOUT, WaitForMultipleObjects(2, mixed, FALSE, 0));
	ASSERT_EQ(0, levels_set(&self->genl, LEVELS_HIGH));
	EXPECT_EQ(WAIT_OBJECT_0 + 1, WaitForMultipleObjects(2, both, FALSE, LONG_MS));
	EXPECT_EQ(WAIT_TIMEOUT, WaitForMultipleObjects(2, both, TRUE, 20));
	EXPECT_EQ(WAIT_OBJECT_0, WaitForMultipleObjects(2, mixed, FALSE, LONG_MS));
	EXPECT_EQ(WAIT_TIMEOUT, WaitForMultipleObjects(2, mixed, TRUE, 20));
	kill(child.pid, SIGKILL);
	EXPECT_EQ(WAIT_OBJECT_0, WaitForMultipleObjects(2, mixed, TRUE, LONG_MS));
	EXPECT_EQ(WAIT_OBJECT_0, WaitForMultipleObjectsEx(2, mixed, TRUE, LONG_MS, TRUE));
	SetLastError(MARK);
	EXPECT_EQ(WAIT_FAILED, WaitForMultipleObjects(2, twice, TRUE, 0));
	EXPECT_EQ(ERROR_INVALID_PARAMETER, (int)GetLastError());
	EXPECT_EQ(WAIT_TIMEOUT, WaitForMultipleObjects(2, twice, FALSE, 0));
	child_kill(&child);
	CloseHandle(mixed[1]);
}

TEST_F(notice, errors_of_waiting)
{
	HANDLE many[65];

	for (int i = 0; i < 65; i++)
		many[i] = self->low;
	SetLastError(MARK);
	EXPECT_EQ(WAIT_FAILED, WaitForMultipleObjects(65, many, FALSE, 0));
	EXPECT_EQ(ERROR_INVALID_PARAMETER, (int)GetLastError());
	SetLastError(MARK);
	EXPECT_EQ(WAIT_FAILED, WaitForMultipleObjects(0, many, FALSE, 0));
	EXPECT_EQ(ERROR_INVALID_PARAMETER, (int)GetLastError());
	EXPECT_EQ(WAIT_TIMEOUT, WaitForMultipleObjects(64, many, FALSE, 0));
	SetLastError(MARK);
	EXPECT_EQ(WAIT_FAILED, WaitForSingleObject(NULL, 0));
	EXPECT_EQ(ERROR_INVALID_HANDLE, (int)GetLastError());
	EXPECT_EQ(-1, winvm_get_wait_fd(NULL));
	EXPECT_EQ(ERROR_INVALID_HANDLE, (int)GetLastError());
}

TEST(a_process_is_signalled_when_it_has_ended)
{
	struct child child = child_start(0);
	HANDLE process = OpenProcess(SYNCHRONIZE, FALSE, (DWORD)child.pid);
	HANDLE silent = OpenProcess(PROCESS_TERMINATE, FALSE, (DWORD)child.pid);

	ASSERT_NE(NULL, process);
	EXPECT_EQ(WAIT_TIMEOUT, WaitForSingleObject(process, 0));
	EXPECT_EQ(WAIT_TIMEOUT, WaitForSingleObjectEx(process, 20, TRUE));
	SetLastError(MARK);
	EXPECT_EQ(WAIT_FAILED, WaitForSingleObject(silent, 0));
	EXPECT_EQ(ERROR_ACCESS_DENIED, (int)GetLastError());
	ASSERT_TRUE(TerminateProcess(silent, 1));
	EXPECT_EQ(WAIT_OBJECT_0, WaitForSingleObject(process, INFINITE));
	EXPECT_EQ(WAIT_OBJECT_0, WaitForSingleObject(process, 0));
	EXPECT_EQ(WAIT_TIMEOUT, WaitForSingleObject(GetCurrentProcess(), 20));
	EXPECT_EQ(-1, winvm_get_wait_fd(GetCurrentProcess()));
	child_kill(&child);
	CloseHandle(process);
	CloseHandle(silent);
}

static void on_signal(int number)
{
	(void)number;
}

struct pest {
	pthread_t victim;
	bool done;
};

static void *pester(void *argument)
{
	struct pest *pest = argument;

	while (!__atomic_load_n(&pest->done, __ATOMIC_RELAXED)) {
		pthread_kill(pest->victim, SIGUSR1);
		usleep(1000);
	}
	return NULL;
}

/* Signals neither end a wait nor make it longer. */
TEST_F(notice, signals_do_not_end_a_wait)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct pest pest = { .victim = pthread_self() };
	pthread_t thread;

	sigaction(SIGUSR1, &action, NULL);
	errno = 1234;
	ASSERT_EQ(0, pthread_create(&thread, NULL, pester, &pest));
	EXPECT_EQ(WAIT_TIMEOUT, WaitForSingleObject(self->low, 300));
	EXPECT_EQ(1234, errno);
	__atomic_store_n(&pest.done, true, __ATOMIC_RELAXED);
	ASSERT_EQ(0, pthread_join(thread, NULL));
}

static uint64_t available(struct genl *genl)
{
	struct genl_told told;

	return levels_get(genl, &told) ? 0 : told.number[WINVM_NL_A_AVAILABLE_BYTES];
}

/*
 * Memory that is used is not available, and is again when it is given back. The
 * levels lie 40 MB and more from what is available before and after.
 */
TEST_F(notice, CC_15_memory_that_is_used_and_given_back)
{
	const SIZE_T size = 128 * MB;
	uint64_t before = available(&self->genl);
	void *used;

	ASSERT_LT(size + 64 * MB, before);
	ASSERT_EQ(0, levels_set(&self->genl, before - 80 * MB, before - 48 * MB));
	EXPECT_EQ(TRUE, state_of(self->high));
	EXPECT_EQ(FALSE, state_of(self->low));
	used = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE,
		    -1, 0);
	ASSERT_NE(MAP_FAILED, used);
	EXPECT_EQ(WAIT_OBJECT_0, WaitForSingleObject(self->low, LONG_MS));
	EXPECT_EQ(FALSE, state_of(self->high));
	munmap(used, size);
	EXPECT_EQ(WAIT_OBJECT_0, WaitForSingleObject(self->high, LONG_MS));
	EXPECT_EQ(FALSE, state_of(self->low));
}

VM_TEST_MAIN
