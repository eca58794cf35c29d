// SPDX-License-Identifier: MIT
/*
 * Vectored handlers: a list for exceptions, one for what goes on after them.
 *
 * The lists are read by signal handlers, so they are read without a lock.
 * Writers take winvm_vectored_lock with all signals blocked; nothing in there
 * can fault, so no handler ever runs while its own thread holds it. fork takes
 * it too, lest the child find it held by a thread it does not have.
 *
 * A removed entry keeps its next pointer and its memory, for a reader may
 * stand on it. It is used again only if no thread has been inside a list at
 * some moment since; a handler that is left by longjmp stays inside for ever,
 * one that an exception leaves is counted out by frame.c.
 */

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "internal.h"

struct winvm_vectored {
	_Atomic(struct winvm_vectored *) next;
	_Atomic(PVECTORED_EXCEPTION_HANDLER) handler;
	struct winvm_vectored *spare;
};

#define WINVM_VECTORED_CHUNK_BYTES 0x1000

typedef _Atomic(struct winvm_vectored *) winvm_vectored_list;

static winvm_vectored_list winvm_vectored_lists[WINVM_VECTORED_LISTS];
static atomic_uint winvm_vectored_readers;

/* How many of the readers are this thread: a handler may raise exceptions. */
static _Thread_local unsigned int winvm_vectored_inside;

/* Under winvm_vectored_lock, linked by spare: entries to use, and removed ones. */
static struct winvm_vectored *winvm_vectored_free;
static struct winvm_vectored *winvm_vectored_removed;

static atomic_flag winvm_vectored_lock = ATOMIC_FLAG_INIT;
static sigset_t winvm_vectored_signals;

static void winvm_vectored_acquire(void)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (atomic_flag_test_and_set_explicit(&winvm_vectored_lock, memory_order_acquire))
		sched_yield();
	winvm_vectored_signals = before;
}

static void winvm_vectored_release(void)
{
	sigset_t before = winvm_vectored_signals;

	atomic_flag_clear_explicit(&winvm_vectored_lock, memory_order_release);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

__attribute__((constructor)) static void winvm_vectored_survive_fork(void)
{
	pthread_atfork(winvm_vectored_acquire, winvm_vectored_release, winvm_vectored_release);
}

static void winvm_vectored_give(struct winvm_vectored **list, struct winvm_vectored *entry)
{
	entry->spare = *list;
	*list = entry;
}

static struct winvm_vectored *winvm_vectored_take(struct winvm_vectored **list)
{
	struct winvm_vectored *entry = *list;

	if (entry)
		*list = entry->spare;
	return entry;
}

static void winvm_vectored_reclaim(void)
{
	struct winvm_vectored *entry;

	if (atomic_load(&winvm_vectored_readers))
		return;
	while ((entry = winvm_vectored_take(&winvm_vectored_removed)))
		winvm_vectored_give(&winvm_vectored_free, entry);
}

/* From the kernel, since a signal handler may have interrupted malloc. */
static void winvm_vectored_grow(void)
{
	struct winvm_vectored *chunk;

	chunk = mmap(NULL, WINVM_VECTORED_CHUNK_BYTES, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (chunk == MAP_FAILED)
		return;
	for (size_t i = 0; i < WINVM_VECTORED_CHUNK_BYTES / sizeof(*chunk); i++)
		winvm_vectored_give(&winvm_vectored_free, &chunk[i]);
}

static struct winvm_vectored *winvm_vectored_new(PVECTORED_EXCEPTION_HANDLER handler)
{
	struct winvm_vectored *entry;

	winvm_vectored_reclaim();
	if (!winvm_vectored_free)
		winvm_vectored_grow();
	entry = winvm_vectored_take(&winvm_vectored_free);
	if (!entry)
		return NULL;
	atomic_store(&entry->next, NULL);
	atomic_store(&entry->handler, handler);
	return entry;
}

static void winvm_vectored_insert(winvm_vectored_list *link, struct winvm_vectored *entry,
				  bool first)
{
	while (!first && atomic_load(link))
		link = &atomic_load(link)->next;
	atomic_store(&entry->next, atomic_load(link));
	atomic_store(link, entry);
}

static bool winvm_vectored_take_out(winvm_vectored_list *link, const void *handle)
{
	struct winvm_vectored *entry;

	while ((entry = atomic_load(link)) && entry != handle)
		link = &entry->next;
	if (!entry)
		return false;
	atomic_store(link, atomic_load(&entry->next));
	winvm_vectored_give(&winvm_vectored_removed, entry);
	return true;
}

static PVOID winvm_vectored_add(enum winvm_vectored_kind kind, bool first,
				PVECTORED_EXCEPTION_HANDLER handler)
{
	struct winvm_vectored *entry;
	int saved = errno;

	winvm_vectored_acquire();
	winvm_signal_take();
	entry = winvm_vectored_new(handler);
	if (entry)
		winvm_vectored_insert(&winvm_vectored_lists[kind], entry, first);
	winvm_vectored_release();
	errno = saved;
	if (!entry)
		winvm_error_set(STATUS_NO_MEMORY);
	return entry;
}

static ULONG winvm_vectored_remove(enum winvm_vectored_kind kind, const void *handle)
{
	bool removed;

	winvm_vectored_acquire();
	removed = winvm_vectored_take_out(&winvm_vectored_lists[kind], handle);
	winvm_vectored_release();
	return removed;
}

PVOID WINAPI AddVectoredExceptionHandler(ULONG First, PVECTORED_EXCEPTION_HANDLER Handler)
{
	return winvm_vectored_add(WINVM_VECTORED_EXCEPTION, First, Handler);
}

ULONG WINAPI RemoveVectoredExceptionHandler(PVOID Handle)
{
	return winvm_vectored_remove(WINVM_VECTORED_EXCEPTION, Handle);
}

PVOID WINAPI AddVectoredContinueHandler(ULONG First, PVECTORED_EXCEPTION_HANDLER Handler)
{
	return winvm_vectored_add(WINVM_VECTORED_CONTINUE, First, Handler);
}

ULONG WINAPI RemoveVectoredContinueHandler(PVOID Handle)
{
	return winvm_vectored_remove(WINVM_VECTORED_CONTINUE, Handle);
}

/* For the handlers installed meanwhile: as a handler's addition does. */
void winvm_vectored_take_signals(void)
{
	int saved = errno;

	winvm_vectored_acquire();
	winvm_signal_take();
	winvm_vectored_release();
	errno = saved;
}

/* Calls the handlers in order; true if one of them answered EXCEPTION_CONTINUE_EXECUTION. */
bool winvm_vectored_call(enum winvm_vectored_kind kind, EXCEPTION_POINTERS *pointers)
{
	struct winvm_vectored *entry;
	bool go_on = false;

	atomic_fetch_add(&winvm_vectored_readers, 1);
	winvm_vectored_inside++;
	for (entry = atomic_load(&winvm_vectored_lists[kind]); entry && !go_on;
	     entry = atomic_load(&entry->next))
		go_on = atomic_load(&entry->handler)(pointers) == EXCEPTION_CONTINUE_EXECUTION;
	winvm_vectored_inside--;
	atomic_fetch_sub(&winvm_vectored_readers, 1);
	return go_on;
}

unsigned int winvm_vectored_depth(void)
{
	return winvm_vectored_inside;
}

/* Handlers are left for good, for a place that was @depth deep inside them. */
void winvm_vectored_leave(unsigned int depth)
{
	atomic_fetch_sub(&winvm_vectored_readers, winvm_vectored_inside - depth);
	winvm_vectored_inside = depth;
}
