// SPDX-License-Identifier: GPL-2.0
/*
 * What a call of the library costs beside the work: one ioctl, and no other
 * call of the system, no memory of its own, no lock. A child makes each call
 * under ptrace, between two marks; memory and locks are counted in the child.
 */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <winvm.h>

#include "vm.h"

/* No call of Linux: where the child says that a case begins (1) and ends (0). */
#define BOUNDARY 0x7000

static _Atomic unsigned int allocations, locks;
static int (*real_lock)(pthread_mutex_t *mutex);

extern void *__libc_malloc(size_t bytes);
extern void *__libc_calloc(size_t count, size_t bytes);
extern void *__libc_realloc(void *old, size_t bytes);
extern void __libc_free(void *at);

void *malloc(size_t bytes)
{
	allocations++;
	return __libc_malloc(bytes);
}

void *calloc(size_t count, size_t bytes)
{
	allocations++;
	return __libc_calloc(count, bytes);
}

void *realloc(void *old, size_t bytes)
{
	allocations++;
	return __libc_realloc(old, bytes);
}

void free(void *at)
{
	allocations++;
	__libc_free(at);
}

int pthread_mutex_lock(pthread_mutex_t *mutex)
{
	locks++;
	if (!real_lock)
		*(void **)&real_lock = dlsym(RTLD_NEXT, "pthread_mutex_lock");
	return real_lock(mutex);
}

/* What the cases work on, made before they are watched. */
static char *memory, *watched, *guarded, *made;
static HANDLE self;

static LONG WINAPI go_on(EXCEPTION_POINTERS *pointers)
{
	return pointers->ExceptionRecord->ExceptionCode == (DWORD)STATUS_GUARD_PAGE_VIOLATION ?
		       EXCEPTION_CONTINUE_EXECUTION :
		       EXCEPTION_CONTINUE_SEARCH;
}

static bool prepare(void)
{
	memory = VirtualAlloc(NULL, 16 * PAGE, MEM_RESERVE, PAGE_READWRITE);
	watched = VirtualAlloc(NULL, 16 * PAGE, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH,
			       PAGE_READWRITE);
	guarded = VirtualAlloc(NULL, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE | PAGE_GUARD);
	self = OpenProcess(PROCESS_ALL_ACCESS, FALSE, GetCurrentProcessId());
	return memory && watched && guarded && self && NtCurrentTeb() &&
	       AddVectoredExceptionHandler(1, go_on);
}

static bool make_reserve(void)
{
	made = VirtualAlloc(NULL, 16 * PAGE, MEM_RESERVE, PAGE_READWRITE);
	return made;
}

static bool make_release(void)
{
	return VirtualFree(made, 0, MEM_RELEASE);
}

static bool make_reserve_and_commit(void)
{
	made = VirtualAllocEx(GetCurrentProcess(), NULL, 16 * PAGE, MEM_RESERVE | MEM_COMMIT,
			      PAGE_READWRITE);
	return made;
}

static bool make_reserve2(void)
{
	made = VirtualAlloc2(NULL, NULL, 16 * PAGE, MEM_RESERVE, PAGE_READWRITE, NULL, 0);
	return made;
}

static bool make_reserve_elsewhere(void)
{
	made = VirtualAllocEx(self, NULL, 16 * PAGE, MEM_RESERVE, PAGE_READWRITE);
	return made;
}

static bool make_commit_page(void)
{
	return VirtualAlloc(memory, PAGE, MEM_COMMIT, PAGE_READWRITE);
}

static bool make_decommit(void)
{
	return VirtualFree(memory, PAGE, MEM_DECOMMIT);
}

static bool make_protect(void)
{
	DWORD old;

	return VirtualProtect(memory, PAGE, PAGE_READONLY, &old);
}

static bool make_protect_back(void)
{
	PVOID base = memory;
	SIZE_T bytes = PAGE;
	ULONG old;

	return !NtProtectVirtualMemory(NtCurrentProcess(), &base, &bytes, PAGE_READWRITE, &old);
}

static bool make_query(void)
{
	MEMORY_BASIC_INFORMATION region;

	return VirtualQuery(memory, &region, sizeof(region));
}

static bool make_query_nt(void)
{
	MEMORY_BASIC_INFORMATION region;

	return !NtQueryVirtualMemory(NtCurrentProcess(), memory, MemoryBasicInformation, &region,
				     sizeof(region), NULL);
}

static bool make_query_many(void)
{
	MEMORY_BASIC_INFORMATION regions[8];

	return winvm_query_regions(GetCurrentProcess(), memory, regions, 8) == 8;
}

static bool make_query_elsewhere(void)
{
	MEMORY_BASIC_INFORMATION region;

	return VirtualQueryEx(self, memory, &region, sizeof(region));
}

static bool make_lock_page(void)
{
	return VirtualLock(memory, PAGE);
}

static bool make_unlock_page(void)
{
	return VirtualUnlock(memory, PAGE);
}

static bool make_get_watch(void)
{
	ULONG_PTR count = 16;
	void *written[16];
	DWORD granularity;

	return !GetWriteWatch(WRITE_WATCH_FLAG_RESET, watched, 16 * PAGE, written, &count,
			      &granularity);
}

static bool make_reset_watch(void)
{
	return !ResetWriteWatch(watched, 16 * PAGE);
}

static bool make_fails(void)
{
	errno = 77;
	return !VirtualFree(memory + PAGE, 0, MEM_RELEASE) && errno == 77 &&
	       GetLastError() == ERROR_INVALID_ADDRESS;
}

static bool make_last_error(void)
{
	SetLastError(5);
	return GetLastError() == 5;
}

static bool make_last_status(void)
{
	return RtlGetLastNtStatus() || true;
}

static bool make_teb(void)
{
	return NtCurrentTeb()->Tib.StackBase;
}

static bool make_stack_limits(void)
{
	ULONG_PTR low, high;

	GetCurrentThreadStackLimits(&low, &high);
	return low < high;
}

/* The handler asks once what it was, and returns by rt_sigreturn(2). */
static bool make_guard_hit(void)
{
	return *(volatile char *)guarded == 0;
}

static const struct {
	const char *name;
	bool (*make)(void);
	unsigned int ioctls;
	unsigned int others;
} cases[] = {
	{ "reserve", make_reserve, 1, 0 },
	{ "release", make_release, 1, 0 },
	{ "reserve and commit", make_reserve_and_commit, 1, 0 },
	{ "release what is committed", make_release, 1, 0 },
	{ "VirtualAlloc2", make_reserve2, 1, 0 },
	{ "release of that", make_release, 1, 0 },
	{ "reserve by a handle", make_reserve_elsewhere, 1, 0 },
	{ "release of that", make_release, 1, 0 },
	{ "commit", make_commit_page, 1, 0 },
	{ "VirtualProtect", make_protect, 1, 0 },
	{ "NtProtectVirtualMemory", make_protect_back, 1, 0 },
	{ "VirtualLock", make_lock_page, 1, 0 },
	{ "VirtualUnlock", make_unlock_page, 1, 0 },
	{ "VirtualQuery", make_query, 1, 0 },
	{ "NtQueryVirtualMemory", make_query_nt, 1, 0 },
	{ "VirtualQueryEx by a handle", make_query_elsewhere, 1, 0 },
	{ "winvm_query_regions", make_query_many, 1, 0 },
	{ "decommit", make_decommit, 1, 0 },
	{ "GetWriteWatch", make_get_watch, 1, 0 },
	{ "ResetWriteWatch", make_reset_watch, 1, 0 },
	{ "a call that fails", make_fails, 1, 0 },
	{ "a guard page", make_guard_hit, 1, 1 },
	{ "the last error", make_last_error, 0, 0 },
	{ "the last status", make_last_status, 0, 0 },
	{ "NtCurrentTeb", make_teb, 0, 0 },
	{ "GetCurrentThreadStackLimits", make_stack_limits, 0, 0 },
};

#define CASES (sizeof(cases) / sizeof(cases[0]))

/* Shared: the child tells of memory and locks, the parent of calls of the system. */
struct tally {
	bool worked;
	unsigned int ioctls;
	unsigned int others;
	unsigned int allocations;
	unsigned int locks;
};

static void child(struct tally *tallies)
{
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) || !prepare())
		_exit(1);
	raise(SIGSTOP);
	for (size_t i = 0; i < CASES; i++) {
		allocations = 0;
		locks = 0;
		syscall(BOUNDARY, 1, i);
		tallies[i].worked = cases[i].make();
		syscall(BOUNDARY, 0, i);
		tallies[i].allocations = allocations;
		tallies[i].locks = locks;
	}
	_exit(0);
}

/* A call of the system begins. @at: the case that is under way, or NULL */
static struct tally *count(struct tally *tallies, struct tally *at,
			   const struct __ptrace_syscall_info *info)
{
	if (info->entry.nr == BOUNDARY)
		return info->entry.args[0] ? &tallies[info->entry.args[1]] : NULL;
	if (at && info->entry.nr == SYS_ioctl)
		at->ioctls++;
	else if (at)
		at->others++;
	return at;
}

/* Gives the child's exit status. Signals are passed on, but for the stop at the beginning. */
static int watch(pid_t pid, struct tally *tallies)
{
	struct __ptrace_syscall_info info;
	struct tally *at = NULL;
	int status, signal = 0;

	waitpid(pid, &status, 0);
	ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
	while (WIFSTOPPED(status)) {
		ptrace(PTRACE_SYSCALL, pid, NULL, signal);
		waitpid(pid, &status, 0);
		signal = 0;
		if (!WIFSTOPPED(status))
			break;
		if (WSTOPSIG(status) != (SIGTRAP | 0x80))
			signal = WSTOPSIG(status);
		else if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) > 0 &&
			 info.op == PTRACE_SYSCALL_INFO_ENTRY)
			at = count(tallies, at, &info);
	}
	return status;
}

TEST(one_ioctl_a_call)
{
	struct tally *tallies = mmap(NULL, CASES * sizeof(*tallies), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	ASSERT_NE(MAP_FAILED, tallies);
	pid = fork();
	if (!pid)
		child(tallies);
	ASSERT_EQ(0, watch(pid, tallies));
	for (size_t i = 0; i < CASES; i++) {
		TH_LOG("%s", cases[i].name);
		EXPECT_TRUE(tallies[i].worked);
		EXPECT_EQ(cases[i].ioctls, tallies[i].ioctls);
		EXPECT_EQ(cases[i].others, tallies[i].others);
		EXPECT_EQ(0, tallies[i].allocations);
		EXPECT_EQ(0, tallies[i].locks);
	}
}

/* The counters count: what the C library and the kernel are asked for shows. */
TEST(what_is_counted)
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	void *volatile at;

	allocations = 0;
	locks = 0;
	at = malloc(PAGE);
	free(at);
	pthread_mutex_lock(&mutex);
	pthread_mutex_unlock(&mutex);
	EXPECT_EQ(2, allocations);
	EXPECT_EQ(1, locks);
}

/* Many regions by one call are those of single queries (SPEC VQ-6, VQ-13). */
TEST(VQ_13_regions_as_single_queries)
{
	char *base = VirtualAlloc(NULL, 64 * PAGE, MEM_RESERVE, PAGE_READWRITE);
	MEMORY_BASIC_INFORMATION many[80], one;
	char *address = base;
	SIZE_T pages;
	DWORD count;

	ASSERT_NE(NULL, base);
	for (pages = 0; pages < 64; pages += 2)
		ASSERT_NE(NULL, VirtualAlloc(base + pages * PAGE, PAGE, MEM_COMMIT, PAGE_READONLY));
	count = winvm_query_regions(GetCurrentProcess(), base, many, 80);
	ASSERT_EQ(80, count);
	for (DWORD i = 0; i < 64; i++) {
		ASSERT_EQ(48, VirtualQuery(address, &one, sizeof(one)));
		EXPECT_EQ(0, memcmp(&one, &many[i], sizeof(one)));
		address += one.RegionSize;
	}
	EXPECT_EQ(base + 64 * PAGE, address);
	EXPECT_TRUE(VirtualFree(base, 0, MEM_RELEASE));
}

TEST(VQ_13_regions_to_the_end)
{
	MEMORY_BASIC_INFORMATION many[7];
	char *address = NULL;
	DWORD count, last = 7;

	while ((count = winvm_query_regions(GetCurrentProcess(), address, many, 7))) {
		EXPECT_EQ(7, last);
		EXPECT_EQ(address, many[0].BaseAddress);
		last = count;
		address = (char *)many[count - 1].BaseAddress + many[count - 1].RegionSize;
	}
	EXPECT_EQ(ERROR_INVALID_PARAMETER, GetLastError());
	EXPECT_EQ((char *)HIGHEST_ADDRESS + 1, address);
}

TEST(VQ_4_regions_refused)
{
	MEMORY_BASIC_INFORMATION region;

	EXPECT_FAILS(87, winvm_query_regions(GetCurrentProcess(), NULL, &region, 0));
	EXPECT_FAILS(998, winvm_query_regions(GetCurrentProcess(), NULL, NULL, 1));
	EXPECT_FAILS(6, winvm_query_regions(NULL, NULL, &region, 1));
}

TEST_HARNESS_MAIN
