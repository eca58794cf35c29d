/* SPDX-License-Identifier: GPL-2.0 */
/* Where kernels count the pages that a process has in memory. */
#ifndef WINVM_COMPAT_COUNTERS_H
#define WINVM_COMPAT_COUNTERS_H

#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/version.h>

/* 6.2: counts are kept by processors, no longer by threads. The former are added up exactly. */
static inline long winvm_compat_mm_counter(struct mm_struct *mm, int member)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
	return atomic_long_read(&mm->rss_stat.count[member]);
#else
	return percpu_counter_sum(&mm->rss_stat[member]);
#endif
}

static inline long winvm_compat_thread_counter(const struct task_struct *thread, int member)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0) && defined(SPLIT_RSS_COUNTING)
	return READ_ONCE(thread->rss_stat.count[member]);
#else
	return 0;
#endif
}

#endif
