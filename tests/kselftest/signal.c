// SPDX-License-Identifier: GPL-2.0
/* A program's own handlers of SIGSEGV and SIGBUS, beside the library's. */
#include <errno.h>
#include <setjmp.h>
#include <sys/mman.h>

#include "tell.h"

static LONG CALLBACK vectored_search(EXCEPTION_POINTERS *exception)
{
	(void)exception;
	return tell_and('v', EXCEPTION_CONTINUE_SEARCH);
}

static LONG WINAPI unhandled_search(EXCEPTION_POINTERS *exception)
{
	(void)exception;
	return tell_and('u', EXCEPTION_CONTINUE_SEARCH);
}

static sigjmp_buf way_out;
static siginfo_t own_info;
static sigset_t own_mask;

static void note_and_leave(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)context;
	own_info = *info;
	sigprocmask(SIG_BLOCK, NULL, &own_mask);
	tell('s');
	siglongjmp(way_out, 1);
}

static bool install(int number, int flags)
{
	struct sigaction action = { .sa_sigaction = note_and_leave, .sa_flags = SA_SIGINFO | flags };

	sigemptyset(&action.sa_mask);
	sigaddset(&action.sa_mask, SIGUSR1);
	return !sigaction(number, &action, NULL);
}

static void fault_and_come_back(uintptr_t address)
{
	if (!sigsetjmp(way_out, 1))
		touch(address);
}

/* Before the library is loaded: its constructor has a later turn. */
__attribute__((constructor(101))) static void install_early(void)
{
	install(SIGSEGV, 0);
}

TEST(signal_handler_from_before_the_library_comes_last)
{
	AddVectoredExceptionHandler(0, vectored_search);
	SetUnhandledExceptionFilter(unhandled_search);
	WINVM_TRY {
		fault_and_come_back(0x123);
	} WINVM_EXCEPT(tell_and('f', EXCEPTION_CONTINUE_SEARCH)) {
		tell('!');
	} WINVM_END
	EXPECT_STREQ("vfus", told);
	EXPECT_EQ((void *)0x123, own_info.si_addr);
	EXPECT_EQ(SEGV_MAPERR, own_info.si_code);
}

/* With the mask it was promised. */
TEST(signal_handler_runs_with_its_mask)
{
	fault_and_come_back(0x123);
	EXPECT_STREQ("s", told);
	EXPECT_EQ(1, sigismember(&own_mask, SIGSEGV));
	EXPECT_EQ(1, sigismember(&own_mask, SIGUSR1));
	EXPECT_EQ(0, sigismember(&own_mask, SIGUSR2));
	sigprocmask(SIG_BLOCK, NULL, &own_mask);
	EXPECT_EQ(0, sigismember(&own_mask, SIGSEGV));
}

/* Installed later it is first, and the library is asked no more. */
TEST(signal_handler_installed_later_comes_first)
{
	AddVectoredExceptionHandler(0, vectored_search);
	ASSERT_TRUE(install(SIGSEGV, 0));
	fault_and_come_back(0x123);
	EXPECT_STREQ("s", told);
}

/* Until the library takes the signal again. */
TEST(signal_handler_installed_later_and_taken_back)
{
	ASSERT_TRUE(install(SIGSEGV, 0));
	AddVectoredExceptionHandler(0, vectored_search);
	fault_and_come_back(0x123);
	EXPECT_STREQ("vs", told);
	ASSERT_TRUE(install(SIGSEGV, 0));
	SetUnhandledExceptionFilter(unhandled_search);
	fault_and_come_back(0x123);
	EXPECT_STREQ("vsvus", told);
	ASSERT_TRUE(install(SIGSEGV, 0));
	AddVectoredContinueHandler(0, vectored_search);
	fault_and_come_back(0x123);
	EXPECT_STREQ("vsvusvus", told);
}

/* One that is in front may pass on what is not its own. */
static struct sigaction library;

static void pass_on(int number, siginfo_t *info, void *context)
{
	tell('p');
	library.sa_sigaction(number, info, context);
	tell('q');
}

TEST(signal_handler_that_passes_on)
{
	struct sigaction action = { .sa_sigaction = pass_on, .sa_flags = SA_SIGINFO | SA_ONSTACK };

	AddVectoredExceptionHandler(0, vectored_search);
	ASSERT_EQ(0, sigaction(SIGSEGV, &action, &library));
	WINVM_TRY {
		touch(0x123);
	} WINVM_EXCEPT(tell_and('f', EXCEPTION_EXECUTE_HANDLER)) {
		tell('h');
	} WINVM_END
	EXPECT_STREQ("pvfqh", told);
}

/* The library in front of it again, and behind it: nobody is asked twice. */
TEST(signal_handler_that_passes_on_and_was_taken_back)
{
	struct sigaction action = { .sa_sigaction = pass_on, .sa_flags = SA_SIGINFO | SA_NODEFER };

	ASSERT_EQ(0, sigaction(SIGSEGV, &action, &library));
	AddVectoredExceptionHandler(0, vectored_search);
	fault_and_come_back(0x123);
	EXPECT_STREQ("vps", told);
}

/* A garbage collector's barrier: its handler makes the page writable and returns. */
static char *barrier;

static void open_the_barrier(int number)
{
	(void)number;
	tell('o');
	mprotect(barrier, PAGE, PROT_READ | PROT_WRITE);
}

TEST(signal_handler_that_repairs_and_returns)
{
	struct sigaction action = { .sa_handler = open_the_barrier };

	barrier = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, barrier);
	ASSERT_EQ(0, sigaction(SIGSEGV, &action, NULL));
	AddVectoredExceptionHandler(0, vectored_search);
	touch((uintptr_t)barrier);
	EXPECT_STREQ("vo", told);
	EXPECT_EQ(1, *barrier);
}

TEST(signal_handler_for_one_time)
{
	ASSERT_TRUE(install(SIGSEGV, (int)SA_RESETHAND));
	AddVectoredExceptionHandler(0, vectored_search);
	fault_and_come_back(0x123);
	EXPECT_STREQ("vs", told);
}

static void use_it_twice(void)
{
	install(SIGSEGV, (int)SA_RESETHAND);
	AddVectoredExceptionHandler(0, vectored_search);
	fault_and_come_back(0x123);
	fault_and_come_back(0x123);
}

static void ignore_and_fault(void)
{
	signal(SIGSEGV, SIG_IGN);
	AddVectoredExceptionHandler(0, vectored_search);
	touch(0x123);
}

TEST(signal_that_nobody_handles)
{
	EXPECT_EQ(-SIGSEGV, end_of(use_it_twice));
	EXPECT_EQ(-SIGSEGV, end_of(ignore_and_fault));
}

/* What was sent is no exception. */
TEST(signal_that_was_sent)
{
	ASSERT_TRUE(install(SIGSEGV, 0));
	AddVectoredExceptionHandler(0, vectored_search);
	if (!sigsetjmp(way_out, 1))
		raise(SIGSEGV);
	EXPECT_STREQ("s", told);
	EXPECT_EQ(SI_TKILL, own_info.si_code);
}

/* A file that is shorter than its mapping (SPEC EX-2, as Linux tells it). */
TEST(EX_2_signal_bus)
{
	EXCEPTION_RECORD *volatile record = NULL;
	int file = memfd_create("short", MFD_CLOEXEC);
	static EXCEPTION_RECORD copy;
	char *page;

	ASSERT_LE(0, file);
	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	ASSERT_NE(MAP_FAILED, page);
	WINVM_TRY {
		touch((uintptr_t)page + 8);
	} WINVM_EXCEPT((copy = *GetExceptionInformation()->ExceptionRecord, 1)) {
		record = &copy;
	} WINVM_END
	ASSERT_NE(NULL, record);
	EXPECT_EQ((DWORD)STATUS_IN_PAGE_ERROR, record->ExceptionCode);
	EXPECT_EQ(3u, record->NumberParameters);
	EXPECT_EQ(1u, record->ExceptionInformation[0]);
	EXPECT_EQ((uintptr_t)page + 8, record->ExceptionInformation[1]);
}

/* Handlers and filters leave errno alone, and so does what they make of the thread. */
static LONG fail_with(int error)
{
	errno = error;
	return EXCEPTION_EXECUTE_HANDLER;
}

TEST(signal_keeps_errno)
{
	volatile int found = 0;

	errno = EXDEV;
	WINVM_TRY {
		touch(0x123);
	} WINVM_EXCEPT(fail_with(ENOENT)) {
		found = errno;
	} WINVM_END
	EXPECT_EQ(EXDEV, found);
}

VM_TEST_MAIN
