/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The seam in user space: what module/pure/seam.h promises, watched over.
 *
 * Allocations are counted, and any of them can be made to fail. What may sleep
 * must not be called under a spinlock or in an RCU read section. An object
 * freed by RCU is freed as soon as the readers of that moment have gone, so that
 * AddressSanitizer sees who looks at it later.
 */
#ifndef SEAM_USER_H
#define SEAM_USER_H

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef unsigned long long u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef long long s64;

/*
 * Between a load and what is made of it lies the race: under ThreadSanitizer
 * other threads are let in there now and then.
 */
#ifdef __SANITIZE_THREAD__
void seam_let_others_in(void);
#else
static inline void seam_let_others_in(void)
{
}
#endif

#define READ_ONCE(x)							\
	({								\
		__auto_type read_once = __atomic_load_n(&(x), __ATOMIC_RELAXED); \
		seam_let_others_in();					\
		read_once;						\
	})
#define WRITE_ONCE(x, v)	__atomic_store_n(&(x), (v), __ATOMIC_RELAXED)
#define smp_load_acquire(p)	__atomic_load_n((p), __ATOMIC_ACQUIRE)
#define smp_store_release(p, v)	__atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define cmpxchg(p, old, new)						\
	({								\
		__typeof__(*(p)) cmpxchg_seen = (old);			\
		__atomic_compare_exchange_n((p), &cmpxchg_seen, (new), false, \
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
		cmpxchg_seen;						\
	})

#define likely(x)		__builtin_expect(!!(x), 1)
#define unlikely(x)		__builtin_expect(!!(x), 0)
#define ALIGN_DOWN(x, a)	((x) & ~((u64)(a) - 1))
#define ALIGN(x, a)		ALIGN_DOWN((x) + (u64)(a) - 1, (a))
#define min(x, y)			\
	({				\
		__typeof__(x) min_x = (x);	\
		__typeof__(y) min_y = (y);	\
		(void)(&min_x == &min_y);	\
		min_x < min_y ? min_x : min_y;	\
	})
#define max(x, y)			\
	({				\
		__typeof__(x) max_x = (x);	\
		__typeof__(y) max_y = (y);	\
		(void)(&max_x == &max_y);	\
		max_x > max_y ? max_x : max_y;	\
	})
#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#endif
#define hweight64(x)		((u64)__builtin_popcountll(x))
#define WARN_ON_ONCE(cond)	seam_warn((cond), #cond, __FILE__, __LINE__)

typedef struct {
	pthread_mutex_t mutex;
} spinlock_t;

void spin_lock_init(spinlock_t *lock);
void spin_lock(spinlock_t *lock);
void spin_unlock(spinlock_t *lock);
void rcu_read_lock(void);
void rcu_read_unlock(void);
void cond_resched(void);

void *winvm_seam_alloc(size_t bytes);
void winvm_seam_free(void *p);
void winvm_seam_free_rcu(void *p);
void winvm_seam_visit(void);

/* What tests see and steer. */

bool seam_warn(bool cond, const char *text, const char *file, int line);

/* seam_warnings() - WARNs since the last call */
u64 seam_warnings(void);

/* seam_live() - allocations not freed */
u64 seam_live(void);

/* seam_live_bytes() - the bytes of those */
u64 seam_live_bytes(void);

/* seam_allocations() - how many there ever were, failed ones included */
u64 seam_allocations(void);

/* seam_fail_nth() - let the nth allocation from now fail, 1 for the next, 0 for none */
void seam_fail_nth(u64 nth);

/* seam_failed() - has that failure happened? */
bool seam_failed(void);

/* seam_visits() - tree nodes visited since the last call */
u64 seam_visits(void);

#endif
