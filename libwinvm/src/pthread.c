// SPDX-License-Identifier: MIT
/* A pthread on a stack that grows (SPEC ST-1). */

#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>

#include "internal.h"

#include <winvm.h>

/*
 * What glibc keeps at the top of the stack besides the TLS of the objects, and
 * what it uses before the thread's own code runs.
 */
#define WINVM_PTHREAD_BYTES 0x4000

/**
 * struct winvm_pthread - a thread that was not joined yet
 * @next: in winvm_pthreads
 * @thread: which
 * @stack: what to free when it is joined
 */
struct winvm_pthread {
	struct winvm_pthread *next;
	pthread_t thread;
	INITIAL_TEB stack;
};

static struct winvm_pthread *winvm_pthreads;
static pthread_mutex_t winvm_pthreads_lock = PTHREAD_MUTEX_INITIALIZER;

/**
 * struct winvm_pthread_start - what a thread gets from its maker, who waits for it
 * @stack: where it runs
 * @mask: signals to block, once the module knows the stack
 * @start: the thread's own function
 * @argument: of @start
 * @ready: the maker may go on
 * @status: the module's answer
 */
struct winvm_pthread_start {
	const INITIAL_TEB *stack;
	sigset_t mask;
	winvm_pthread_routine *start;
	void *argument;
	sem_t ready;
	NTSTATUS status;
};

/* Signals are blocked until the stack can grow under a handler. */
static void *winvm_pthread_main(void *argument)
{
	struct winvm_pthread_start *maker = argument;
	winvm_pthread_routine *start = maker->start;
	void *start_argument = maker->argument;
	sigset_t mask = maker->mask;
	NTSTATUS status = winvm_teb_enter(maker->stack);

	maker->status = status;
	sem_post(&maker->ready);
	if (status)
		return NULL;
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
	return start(start_argument);
}

static int winvm_pthread_add_tls(struct dl_phdr_info *info, size_t size, void *sum)
{
	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_TLS)
			*(size_t *)sum += info->dlpi_phdr[i].p_memsz + info->dlpi_phdr[i].p_align;
	return 0;
}

/* The least that must be committed: nobody grows the stack before the thread runs. */
static SIZE_T winvm_pthread_commit(SIZE_T commit)
{
	SIZE_T least = WINVM_PTHREAD_BYTES;

	dl_iterate_phdr(winvm_pthread_add_tls, &least);
	return commit < least ? least : commit;
}

static int winvm_pthread_errno(NTSTATUS status)
{
	if (status == STATUS_NOT_SUPPORTED)
		return ENOSYS;
	return winvm_status_is_argument(status) ? EINVAL : EAGAIN;
}

/* Gives 0 or an errno; the thread runs, and its stack is known to the module. */
static int winvm_pthread_run(struct winvm_pthread *entry, struct winvm_pthread_start *maker)
{
	char *lowest = entry->stack.DeallocationStack;
	size_t bytes = (size_t)((char *)entry->stack.StackBase - lowest);
	pthread_attr_t attributes;
	sigset_t all;
	int err;

	err = pthread_attr_init(&attributes);
	if (err)
		return err;
	err = pthread_attr_setstack(&attributes, lowest, bytes);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &maker->mask);
	if (!err)
		err = pthread_create(&entry->thread, &attributes, winvm_pthread_main, maker);
	pthread_sigmask(SIG_SETMASK, &maker->mask, NULL);
	pthread_attr_destroy(&attributes);
	if (err)
		return err;
	while (sem_wait(&maker->ready))
		;
	if (!maker->status)
		return 0;
	pthread_join(entry->thread, NULL);
	return winvm_pthread_errno(maker->status);
}

static int winvm_pthread_begin(struct winvm_pthread *entry, winvm_pthread_routine *start,
			       void *argument)
{
	struct winvm_pthread_start maker = {
		.stack = &entry->stack,
		.start = start,
		.argument = argument,
	};
	int err;

	sem_init(&maker.ready, 0, 0);
	err = winvm_pthread_run(entry, &maker);
	sem_destroy(&maker.ready);
	return err;
}

int winvm_pthread_create(pthread_t *thread, SIZE_T commit, SIZE_T reserve,
			 winvm_pthread_routine *start, void *argument)
{
	struct winvm_pthread *entry = malloc(sizeof(*entry));
	NTSTATUS status;
	int err;

	if (!entry)
		return EAGAIN;
	status = RtlCreateUserStack(winvm_pthread_commit(commit), reserve, 0, 1, 1, &entry->stack);
	if (status) {
		free(entry);
		return winvm_pthread_errno(status);
	}
	err = winvm_pthread_begin(entry, start, argument);
	if (err) {
		RtlFreeUserStack(entry->stack.DeallocationStack);
		free(entry);
		return err;
	}
	*thread = entry->thread;
	pthread_mutex_lock(&winvm_pthreads_lock);
	entry->next = winvm_pthreads;
	winvm_pthreads = entry;
	pthread_mutex_unlock(&winvm_pthreads_lock);
	return 0;
}

static struct winvm_pthread *winvm_pthread_take(pthread_t thread)
{
	struct winvm_pthread **link = &winvm_pthreads, *entry;

	pthread_mutex_lock(&winvm_pthreads_lock);
	while (*link && !pthread_equal((*link)->thread, thread))
		link = &(*link)->next;
	entry = *link;
	if (entry)
		*link = entry->next;
	pthread_mutex_unlock(&winvm_pthreads_lock);
	return entry;
}

int winvm_pthread_join(pthread_t thread, void **value)
{
	int err = pthread_join(thread, value);
	struct winvm_pthread *entry = err ? NULL : winvm_pthread_take(thread);

	if (entry) {
		RtlFreeUserStack(entry->stack.DeallocationStack);
		free(entry);
	}
	return err;
}
