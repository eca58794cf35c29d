// SPDX-License-Identifier: GPL-2.0
/*
 * Limits of commit that the administrator sets, and what is told when a limit is
 * near or a commit was refused.
 *
 * A process limit belongs to an address space: a child of fork and a program that
 * is executed have a new one, with the limit for newcomers. (Who is to be held
 * with all that he starts belongs into a job.) Windows has process limits by job
 * alone, and children are in it with their parents.
 *
 * What is told is bounded: of each process a few messages a second, however often
 * it is refused, and none when nobody listens. All refusals are counted.
 */

#include <linux/math64.h>
#include <linux/ratelimit.h>
#include <linux/sched/mm.h>

#include "../uapi/linux/winvm_netlink.h"
#include "job.h"
#include "limit.h"
#include "roster.h"
#include "trace.h"

/* Messages of a process in a second. */
#define WINVM_LIMIT_NEWS	8

static unsigned int winvm_near = 90;	/* per cent of a limit */
static u64 winvm_limit_newcomers = U64_MAX;	/* pages */
static atomic64_t winvm_refusals = ATOMIC64_INIT(0);

/* winvm_near_of() - pages with which a limit is near; of none, none are */
u64 winvm_near_of(u64 limit)
{
	return limit > U64_MAX / 100 ? U64_MAX : div_u64(limit * READ_ONCE(winvm_near), 100);
}

unsigned int winvm_near_percent(void)
{
	return READ_ONCE(winvm_near);
}

/* winvm_near_percent_set() - 1 to 100; whoever is weighed next sees it */
void winvm_near_percent_set(unsigned int percent)
{
	WRITE_ONCE(winvm_near, percent);
}

u64 winvm_limit_default(void)
{
	return READ_ONCE(winvm_limit_newcomers);
}

void winvm_limit_default_set(u64 pages)
{
	WRITE_ONCE(winvm_limit_newcomers, pages);
}

/*
 * winvm_limit_set() - of an address space
 * @mm: a reference on the structure
 *
 * Return: 0; -ESRCH if it has gone, or what winvm_process_get() gives.
 */
int winvm_limit_set(struct mm_struct *mm, u64 pages)
{
	struct winvm_process *process;

	if (!mmget_not_zero(mm))
		return -ESRCH;
	process = winvm_process_get(mm);
	mmput(mm);
	if (IS_ERR(process))
		return PTR_ERR(process);
	winvm_allowance_limit(process, pages);
	winvm_process_put(process);
	return 0;
}

/* winvm_limit_init() - of a process that begins */
void winvm_limit_init(struct winvm_process *process)
{
	process->limit = winvm_limit_default();
	atomic64_set(&process->refusals, 0);
	ratelimit_state_init(&process->news, HZ, WINVM_LIMIT_NEWS);
	ratelimit_set_flags(&process->news, RATELIMIT_MSG_ON_RELEASE);
}

static bool winvm_bound_of_job(const struct winvm_bound *bound)
{
	return bound->which == WINVM_NL_LIMIT_JOB || bound->which == WINVM_NL_LIMIT_JOB_PROCESS;
}

/* By who calls for the process: it is on the roster, and stays there meanwhile. */
static void winvm_limit_tell(struct winvm_process *process, const struct winvm_bound *bound,
			     u64 pages, bool hit)
{
	const struct winvm_limit_news news = {
		.which = bound->which,
		.hit = hit,
		.limit = winvm_limit_bytes(bound->limit),
		.wanted = winvm_limit_bytes(pages),
		.job = winvm_bound_of_job(bound) ? process->job->id : 0,
	};
	struct winvm_event *event;

	if (!__ratelimit(&process->news))
		return;
	event = winvm_roster_news(process, WINVM_GROUP_LIMIT);
	if (!event)
		return;
	event->command = WINVM_NL_CMD_LIMIT;
	event->limit = news;
	winvm_event_send(event);
}

/* winvm_limit_hit() - a commit of so many pages was refused */
void winvm_limit_hit(struct winvm_process *process, const struct winvm_bound *bound, u64 pages)
{
	winvm_commit_refuse();
	atomic64_inc(&process->refusals);
	trace_refused(process, pages, bound->which);
	if (winvm_bound_of_job(bound))
		winvm_job_tell(process->job,
			       bound->which == WINVM_NL_LIMIT_JOB ?
				       WINVM_JOB_MSG_JOB_MEMORY_LIMIT :
				       WINVM_JOB_MSG_PROCESS_MEMORY_LIMIT,
			       process->farewell->pid);
	winvm_limit_tell(process, bound, pages, true);
}

/* winvm_limit_near() - after a commit of so many pages */
void winvm_limit_near(struct winvm_process *process, const struct winvm_bound *bound, u64 pages)
{
	winvm_limit_tell(process, bound, pages, false);
}

/* winvm_commit_refuse() - one more was refused */
void winvm_commit_refuse(void)
{
	atomic64_inc(&winvm_refusals);
}

/* winvm_commit_refused() - how many were, since the module was loaded */
u64 winvm_commit_refused(void)
{
	return (u64)atomic64_read(&winvm_refusals);
}
