/* SPDX-License-Identifier: GPL-2.0 */
/* What the tests of exceptions share: a story in letters, accesses that fault, child processes. */
#ifndef KSELFTEST_TELL_H
#define KSELFTEST_TELL_H

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "vm.h"

#define CODE 0xe0000001u
#define MORE 0xe0000002u

/* What happened, in order. */
static char told[64];

static inline void tell(char letter)
{
	size_t length = strlen(told);

	if (length + 1 < sizeof(told))
		told[length] = letter;
}

static inline LONG tell_and(char letter, LONG answer)
{
	tell(letter);
	return answer;
}

/* The compiler must not know that this ends here. */
static inline void touch(uintptr_t address)
{
	__asm__ volatile("movb $1, (%0)" ::"r"(address) : "memory");
}

static inline void raise_code(DWORD code)
{
	RaiseException(code, 0, 0, NULL);
}

static inline stack_t use_own_stack(int flags)
{
	static char memory[1 << 18];
	stack_t stack = { .ss_sp = memory, .ss_size = sizeof(memory), .ss_flags = flags };

	sigaltstack(&stack, NULL);
	return stack;
}

/* For faults without end: they need not fill all of the stack. */
static inline void shorten_stack(void)
{
	struct rlimit limit = { .rlim_cur = 1 << 19, .rlim_max = 1 << 19 };

	setrlimit(RLIMIT_STACK, &limit);
}

/* How a child process ends that does this: its exit status, or minus the signal. */
static inline int end_of(void (*deed)(void))
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		deed();
		_exit(111);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1000;
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

#endif
