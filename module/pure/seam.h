/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The seam: all that the pure code needs of its surroundings. In the kernel
 * that is the kernel; in tests/unit it is seam_user.h, which runs the same
 * code under sanitizers and can make any allocation fail.
 *
 *   u8 .. u64, s8 .. s64, bool, size_t
 *   READ_ONCE, WRITE_ONCE, smp_load_acquire, smp_store_release, cmpxchg, likely, unlikely
 *   memset, memcmp, memchr, min, max, ALIGN, ALIGN_DOWN (u64 only), ARRAY_SIZE, WARN_ON_ONCE
 *   EAGAIN, EINVAL, ENOMEM
 *   spinlock_t, spin_lock_init, spin_lock, spin_unlock
 *   rcu_read_lock, rcu_read_unlock, cond_resched
 *   winvm_seam_alloc(bytes): zeroed, may sleep, charged to the memory cgroup; NULL on failure
 *   winvm_seam_free(p): at once
 *   winvm_seam_free_rcu(p): when no reader can hold it any more; may sleep
 *   winvm_seam_visit(): a search looked at a tree node; tests count them
 */
#ifndef WINVM_PURE_SEAM_H
#define WINVM_PURE_SEAM_H

#ifdef __KERNEL__
#include <linux/align.h>
#include <linux/bug.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/types.h>

#define winvm_seam_alloc(bytes)		kzalloc(bytes, GFP_KERNEL_ACCOUNT)
#define winvm_seam_free(p)		kfree(p)
#define winvm_seam_free_rcu(p)		kvfree_rcu_mightsleep(p)
#define winvm_seam_visit()		((void)0)
#else
#include "seam_user.h"
#endif

#endif
