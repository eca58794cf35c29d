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

/*
 * A fault has mapped so many pages besides its own. Before 6.2 what a thread has
 * mapped is added to the process' counts after 64 faults: each page stands for one.
 */
static inline void winvm_compat_mapped_besides(unsigned int pages)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0) && defined(SPLIT_RSS_COUNTING)
	current->rss_stat.events += pages;
#endif
}

#endif
