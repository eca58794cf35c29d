/* SPDX-License-Identifier: GPL-2.0 */
/* What the rooms share that know of jobs: job, member, allowance, commit, limit. */
#ifndef WINVM_JOB_H
#define WINVM_JOB_H

#include <linux/refcount.h>
#include <linux/wait.h>

#include "winvm.h"

/* Messages of a job that nobody has taken yet. */
#define WINVM_JOB_MESSAGES	256

/**
 * struct winvm_job_message - what happened in a job
 * @what: WINVM_JOB_MSG_*
 * @pid: of whom, a reference; NULL: of nobody
 */
struct winvm_job_message {
	u32 what;
	struct pid *pid;
};

/**
 * struct winvm_job_news - messages for who has asked for them
 * @wanted: somebody has
 * @ring: of WINVM_JOB_MESSAGES, allocated with the first who asks
 * @first: the oldest in @ring
 * @count: how many there are
 * @lost: how many there was no room for
 * @wait: for a message
 */
struct winvm_job_news {
	bool wanted;
	struct winvm_job_message *ring;
	unsigned int first;
	unsigned int count;
	u64 lost;
	wait_queue_head_t wait;
};

/**
 * struct winvm_job - processes with limits that hold for all of them
 * @refs: descriptors, members, and address spaces in it
 * @id: never given twice while the module is loaded
 * @flags: WINVM_JOB_LIMIT_*: which limits there are
 * @process_limit: pages that each may commit; U64_MAX: no limit
 * @limit: pages that all may together; U64_MAX: no limit
 * @commit: pages that they have
 * @process_peak: the most that one of them had, since it is in it
 * @near: bit 0: @limit is near, and that was told
 * @members: struct winvm_member; under winvm_members_lock
 * @spaces: struct winvm_process; under winvm_members_lock
 * @active: how many members there are
 * @total: how many there were in all
 * @sweeping: one at a time kills them
 * @sweep: its number
 * @news: under winvm_members_lock
 */
struct winvm_job {
	refcount_t refs;
	u64 id;
	u32 flags;
	u64 process_limit;
	u64 limit;
	struct winvm_charge commit;
	u64 process_peak;
	unsigned long near;
	struct list_head members;
	struct list_head spaces;
	u32 active;
	u32 total;
	struct mutex sweeping;	/* see above */
	u32 sweep;
	struct winvm_job_news news;
};

/* job.c */
struct winvm_job *winvm_job_get(struct winvm_job *job);
void winvm_job_put(struct winvm_job *job);
void winvm_job_mark(struct winvm_process *process, struct winvm_job *job, u64 pages);

/* member.c */
int winvm_members_follow(void);
u32 winvm_member_join(struct winvm_job *job, struct winvm_process *process,
		      struct task_struct *task);
struct winvm_job *winvm_member_job(const struct signal_struct *group);
bool winvm_member_of(const struct winvm_job *job, struct task_struct *task);
void winvm_member_enter(struct winvm_process *process, struct mm_struct *mm);
void winvm_member_leave(struct winvm_process *process);
unsigned int winvm_members_list(struct winvm_job *job, u32 *numbers, unsigned int room,
				u32 *active);
u32 winvm_members_kill(struct winvm_job *job);
void winvm_members_space(struct winvm_job *job, void (*visit)(struct winvm_process *process));
void winvm_members_unload(void);
void winvm_job_tell(struct winvm_job *job, u32 what, struct pid *pid);
bool winvm_job_hear(struct winvm_job *job, struct winvm_job_message *message);
bool winvm_job_listen(struct winvm_job *job, struct winvm_job_message *ring);

#endif
