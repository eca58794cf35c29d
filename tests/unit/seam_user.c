// SPDX-License-Identifier: GPL-2.0
/* The seam in user space. */
#include <malloc.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "seam_user.h"

#define SEAM_THREADS 64

static u64 live, live_bytes, allocations, fail_nth, visits, warnings;
static bool failed;

/*
 * One count for each thread that ever read: odd while it is in a read section.
 * A grace period waits until each has been seen even, or has changed.
 */
static u64 readers[SEAM_THREADS];
static u32 reader_count;
static __thread u64 *reader;
static __thread u32 spinlocks_held;

static void seam_die(const char *what)
{
	fprintf(stderr, "# seam: %s\n", what);
	abort();
}

static void seam_might_sleep(const char *what)
{
	if (spinlocks_held || (reader && (*reader & 1)))
		seam_die(what);
}

void spin_lock_init(spinlock_t *lock)
{
	pthread_mutex_init(&lock->mutex, NULL);
}

void spin_lock(spinlock_t *lock)
{
	pthread_mutex_lock(&lock->mutex);
	spinlocks_held++;
}

void spin_unlock(spinlock_t *lock)
{
	spinlocks_held--;
	pthread_mutex_unlock(&lock->mutex);
}

static u64 *seam_reader(void)
{
	if (!reader) {
		u32 index = __atomic_fetch_add(&reader_count, 1, __ATOMIC_RELAXED);

		if (index >= SEAM_THREADS)
			seam_die("too many threads");
		reader = &readers[index];
	}
	return reader;
}

void rcu_read_lock(void)
{
	u64 *count = seam_reader();

	if (*count & 1)
		seam_die("read sections nest");
	__atomic_fetch_add(count, 1, __ATOMIC_SEQ_CST);
}

void rcu_read_unlock(void)
{
	if (!(*seam_reader() & 1))
		seam_die("no read section to leave");
	__atomic_fetch_add(reader, 1, __ATOMIC_SEQ_CST);
}

static void seam_grace_period(void)
{
	u32 i;

	for (i = 0; i < SEAM_THREADS; i++) {
		u64 count = __atomic_load_n(&readers[i], __ATOMIC_SEQ_CST);

		while ((count & 1) && __atomic_load_n(&readers[i], __ATOMIC_SEQ_CST) == count)
			sched_yield();
	}
}

#ifdef __SANITIZE_THREAD__
void seam_let_others_in(void)
{
	static __thread u32 calls;

	if (++calls % 61 == 0)
		sched_yield();
}
#endif

void cond_resched(void)
{
	seam_might_sleep("rescheduling in an atomic section");
}

static bool seam_fails_now(void)
{
	u64 nth = __atomic_load_n(&fail_nth, __ATOMIC_RELAXED);

	if (!nth)
		return false;
	__atomic_store_n(&fail_nth, nth - 1, __ATOMIC_RELAXED);
	if (nth > 1)
		return false;
	failed = true;
	return true;
}

void *winvm_seam_alloc(size_t bytes)
{
	void *p;

	seam_might_sleep("allocation in an atomic section");
	__atomic_fetch_add(&allocations, 1, __ATOMIC_RELAXED);
	if (seam_fails_now())
		return NULL;
	p = calloc(1, bytes);
	if (!p)
		seam_die("no memory");
	__atomic_fetch_add(&live, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&live_bytes, malloc_usable_size(p), __ATOMIC_RELAXED);
	return p;
}

void winvm_seam_free(void *p)
{
	if (!p)
		return;
	__atomic_fetch_sub(&live, 1, __ATOMIC_RELAXED);
	__atomic_fetch_sub(&live_bytes, malloc_usable_size(p), __ATOMIC_RELAXED);
	free(p);
}

void winvm_seam_free_rcu(void *p)
{
	seam_might_sleep("free by RCU in an atomic section");
	seam_grace_period();
	winvm_seam_free(p);
}

void winvm_seam_visit(void)
{
	__atomic_fetch_add(&visits, 1, __ATOMIC_RELAXED);
}

bool seam_warn(bool cond, const char *text, const char *file, int line)
{
	if (!cond)
		return false;
	fprintf(stderr, "# WARN %s:%d: %s\n", file, line, text);
	__atomic_fetch_add(&warnings, 1, __ATOMIC_RELAXED);
	return true;
}

u64 seam_warnings(void)
{
	return __atomic_exchange_n(&warnings, 0, __ATOMIC_RELAXED);
}

u64 seam_live(void)
{
	return __atomic_load_n(&live, __ATOMIC_RELAXED);
}

u64 seam_live_bytes(void)
{
	return __atomic_load_n(&live_bytes, __ATOMIC_RELAXED);
}

u64 seam_allocations(void)
{
	return __atomic_load_n(&allocations, __ATOMIC_RELAXED);
}

void seam_fail_nth(u64 nth)
{
	failed = false;
	__atomic_store_n(&fail_nth, nth, __ATOMIC_RELAXED);
}

bool seam_failed(void)
{
	return failed;
}

u64 seam_visits(void)
{
	return __atomic_exchange_n(&visits, 0, __ATOMIC_RELAXED);
}
