/* SPDX-License-Identifier: GPL-2.0 */
/* What the rooms share that know of limits of commit: commit, allowance, limit, netlink. */
#ifndef WINVM_LIMIT_H
#define WINVM_LIMIT_H

#include "winvm.h"

/**
 * struct winvm_bound - a limit as one process sees it
 * @room: pages that it may have in all
 * @limit: pages that those it is for may have together
 * @which: enum winvm_nl_limit
 */
struct winvm_bound {
	u64 room;
	u64 limit;
	u32 which;
};

/* limit.c */
u64 winvm_near_of(u64 limit);
unsigned int winvm_near_percent(void);
void winvm_near_percent_set(unsigned int percent);
u64 winvm_limit_default(void);
void winvm_limit_default_set(u64 pages);
int winvm_limit_set(struct mm_struct *mm, u64 pages);
void winvm_limit_init(struct winvm_process *process);
void winvm_limit_hit(struct winvm_process *process, const struct winvm_bound *bound, u64 pages);
void winvm_limit_near(struct winvm_process *process, const struct winvm_bound *bound, u64 pages);
void winvm_commit_refuse(void);
u64 winvm_commit_refused(void);

static inline u64 winvm_limit_bytes(u64 pages)
{
	return pages > U64_MAX >> PAGE_SHIFT ? U64_MAX : pages << PAGE_SHIFT;
}

#endif
