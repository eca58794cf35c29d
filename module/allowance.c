// SPDX-License-Identifier: GPL-2.0
/*
 * How much a process may commit beside others. What its memory cgroups can hold
 * is shared by all processes in them; so that commit ends before the memory does,
 * and each page need not be weighed against all others, a process has an
 * allowance: what it has committed and a little more. While it stays within, it
 * asks nobody. To get more it is weighed, with the others standing still: the
 * allowances of a cgroup's processes never are more than what it can hold, so
 * neither is what they have committed, not by a page. When that is all, what the
 * others do not use of theirs is taken from them first.
 *
 * Who commits takes his charge first and looks at his allowance once more then;
 * who takes some of an allowance does that first, and looks at the charge then.
 * So one of them sees the other.
 *
 * A cgroup can hold its memory.max, and in swap what memory.swap.max lets it, less
 * 4 MB and a sixteenth of the first: what else is in it, the kernel's own memory
 * included, is not ours to know.
 *
 * A limit of the process itself bounds its allowance like what a cgroup can hold,
 * so whoever stays within asks for none of them. A limit that is near is looked at
 * in the same way: allowances end where it begins, and while it is near there is
 * nothing ahead, so that whoever goes past is seen, and who comes back, too.
 */

#include <linux/memcontrol.h>
#include <linux/mutex.h>

#include "../uapi/linux/winvm_netlink.h"
#include "job.h"
#include "limit.h"
#include "winvm.h"

/* Pages that an allowance is ahead: where somebody shares, and where nobody does. */
#define WINVM_AHEAD_SHARED	(SZ_512K >> PAGE_SHIFT)
#define WINVM_AHEAD_ALONE	(SZ_64M >> PAGE_SHIFT)

/**
 * struct winvm_weighing - what came out when a process was weighed
 * @refused: by which limit, if it was
 * @near: which limit is near, if @nears
 * @nears: it was not before
 */
struct winvm_weighing {
	struct winvm_bound refused;
	struct winvm_bound near;
	bool nears;
};

/* Pages of a group that are left for what is not committed, beside a sixteenth. */
#define WINVM_GROUP_REST	(SZ_4M >> PAGE_SHIFT)

/* All processes that have committed anything. */
static LIST_HEAD(winvm_allowed);
static DEFINE_MUTEX(winvm_allowed_lock);

/**
 * struct winvm_bounds_found - what bounds the commit of a process
 * @hard: the least that it may have
 * @near: the least with which a limit is near
 * @shared: others count: they may be weighed at the same time
 */
struct winvm_bounds_found {
	struct winvm_bound hard;
	struct winvm_bound near;
	bool shared;
};

static void winvm_bound_least(struct winvm_bound *bound, u64 room, u64 limit, u32 which)
{
	if (room < bound->room)
		*bound = (struct winvm_bound){ .room = room, .limit = limit, .which = which };
}

/* A limit, of which others have so much already. */
static void winvm_bound_by(struct winvm_bounds_found *found, u64 limit, u64 others, u32 which)
{
	u64 near = winvm_near_of(limit);

	winvm_bound_least(&found->hard, limit > others ? limit - others : 0, limit, which);
	winvm_bound_least(&found->near, near > others ? near - others : 0, limit, which);
}

#ifdef CONFIG_MEMCG

/* Pages, without swap; U64_MAX: without a limit. */
static u64 winvm_group_memory(const struct mem_cgroup *group)
{
	u64 most = READ_ONCE(group->memory.max);

	if (most >= PAGE_COUNTER_MAX)
		return U64_MAX;
	most -= most / 16;
	return most - min_t(u64, most, WINVM_GROUP_REST);
}

static u64 winvm_group_swap(const struct mem_cgroup *group, u64 swap)
{
	u64 memory = READ_ONCE(group->memory.max), both;

	if (cgroup_subsys_on_dfl(memory_cgrp_subsys))
		return min_t(u64, swap, READ_ONCE(group->swap.max));
	both = READ_ONCE(group->memsw.max);	/* of version 1: memory is a part of it */
	return min(swap, both > memory ? both - memory : 0);
}

/* What a group can hold, with so much swap; U64_MAX: without a limit. */
static u64 winvm_group_most(const struct mem_cgroup *group, u64 swap)
{
	u64 most = winvm_group_memory(group);

	return most == U64_MAX ? most : most + winvm_group_swap(group, swap);
}

/* What the other processes below a group may commit. Under the lock. */
static u64 winvm_group_others(struct mem_cgroup *group, const struct winvm_process *except)
{
	const struct winvm_process *process;
	u64 sum = 0;

	rcu_read_lock();
	list_for_each_entry(process, &winvm_allowed, allowance.link) {
		struct task_struct *owner = rcu_dereference(winvm_mm(process)->owner);

		if (process != except && owner &&
		    mem_cgroup_is_descendant(mem_cgroup_from_task(owner), group))
			sum += max(READ_ONCE(process->allowance.pages),
				   READ_ONCE(process->commit.used));
	}
	rcu_read_unlock();
	return sum;
}

/* By its memory cgroups, with so much swap. Under the lock. */
static void winvm_bound_by_groups(struct winvm_process *process, u64 swap,
				  struct winvm_bounds_found *found)
{
	struct mem_cgroup *own = get_mem_cgroup_from_mm(winvm_mm(process)), *group;

	for (group = own; group; group = parent_mem_cgroup(group)) {
		u64 most = winvm_group_most(group, swap);

		if (most == U64_MAX)
			continue;
		found->shared = true;
		winvm_bound_by(found, most, winvm_group_others(group, process),
			       WINVM_NL_LIMIT_CGROUP);
	}
	mem_cgroup_put(own);
}

/* The least that its memory cgroups can hold. */
static u64 winvm_groups_ceiling(struct winvm_process *process)
{
	struct mem_cgroup *own = get_mem_cgroup_from_mm(winvm_mm(process)), *group;
	u64 least = U64_MAX, swap = winvm_swap_pages(false);

	for (group = own; group; group = parent_mem_cgroup(group))
		least = min(least, winvm_group_most(group, swap));
	mem_cgroup_put(own);
	return least;
}

/* winvm_groups_have() - could its memory cgroups take so many pages more, with nothing to go? */
bool winvm_groups_have(struct winvm_process *process, u64 pages)
{
	struct mem_cgroup *own = get_mem_cgroup_from_mm(winvm_mm(process)), *group;
	bool have = true;

	for (group = own; group && have; group = parent_mem_cgroup(group))
		have = page_counter_read(&group->memory) + pages <=
		       min(READ_ONCE(group->memory.max), READ_ONCE(group->memory.high));
	mem_cgroup_put(own);
	return have;
}

#else

bool winvm_groups_have(struct winvm_process *process, u64 pages)
{
	return true;
}

static void winvm_bound_by_groups(struct winvm_process *process, u64 swap,
				  struct winvm_bounds_found *found)
{
}

static u64 winvm_groups_ceiling(struct winvm_process *process)
{
	return U64_MAX;
}

#endif

/*
 * The system's limit is seen to be near here, when somebody is weighed; commit.c
 * holds to it. What others commit meanwhile is not looked at.
 */
static void winvm_near_by_system(struct winvm_process *process, struct winvm_bounds_found *found)
{
	u64 own = READ_ONCE(process->commit.used), others, near;
	struct winvm_commit_totals totals;

	winvm_commit_totals(&totals);
	others = totals.pages - min(totals.pages, own);
	near = winvm_near_of(totals.limit);
	winvm_bound_least(&found->near, near > others ? near - others : 0, totals.limit,
			  WINVM_NL_LIMIT_SYSTEM);
}

/* How much a process may commit in all, with so much swap. Under the lock. */
static void winvm_allowance_room(struct winvm_process *process, u64 swap,
				 struct winvm_bounds_found *found)
{
	*found = (struct winvm_bounds_found){
		.hard = { .room = U64_MAX },
		.near = { .room = U64_MAX },
	};
	winvm_bound_by(found, process->limit, 0, WINVM_NL_LIMIT_PROCESS);
	if (process->job)
		winvm_bound_by(found, READ_ONCE(process->job->process_limit), 0,
			       WINVM_NL_LIMIT_JOB_PROCESS);
	winvm_bound_by_groups(process, swap, found);
	winvm_near_by_system(process, found);
}

/*
 * Nothing is allowed any more without being weighed. Who is committing sees it,
 * or we see his charge: barriers as in the head of this file.
 */
static void winvm_allowance_strip_others(const struct winvm_process *except)
{
	struct winvm_process *process;

	list_for_each_entry(process, &winvm_allowed, allowance.link)
		if (process != except)
			WRITE_ONCE(process->allowance.pages, 0);
	smp_mb();	/* pairs with the cmpxchg() of winvm_charge_try() */
}

/* Once when a limit comes near; again after a twentieth of it was given back. */
static bool winvm_allowance_nears(struct winvm_allowance *allowance, u64 used,
				  const struct winvm_bound *near)
{
	bool was = allowance->near;

	if (used >= near->room)
		allowance->near = true;
	else if (near->room - used > near->limit / 20)
		allowance->near = false;
	return allowance->near && !was;
}

/* So much ahead as nobody has to hear of. */
static u64 winvm_allowance_of(struct winvm_allowance *allowance, u64 used,
			      const struct winvm_bounds_found *found)
{
	bool watched = allowance->near && found->near.which != WINVM_NL_LIMIT_SYSTEM;
	u64 most = used + (found->shared ? WINVM_AHEAD_SHARED : WINVM_AHEAD_ALONE);

	WRITE_ONCE(allowance->ahead, watched ? 0 : WINVM_AHEAD_ALONE);
	if (watched)
		return used;
	if (!allowance->near && found->near.room > used)
		most = min(most, found->near.room - 1);
	return min(most, found->hard.room);
}

/* Take pages, and an allowance for more if there is. Under the lock. */
static bool winvm_allowance_take(struct winvm_process *process, u64 pages, u64 swap,
				 struct winvm_weighing *weighing)
{
	struct winvm_allowance *allowance = &process->allowance;
	struct winvm_bounds_found found;
	u64 used;

	winvm_allowance_room(process, swap, &found);
	weighing->refused = found.hard;
	if (!winvm_charge_try(&process->commit, pages, found.hard.room))
		return false;
	used = READ_ONCE(process->commit.used);
	weighing->near = found.near;
	weighing->nears = winvm_allowance_nears(allowance, used, &found.near);
	WRITE_ONCE(allowance->pages, winvm_allowance_of(allowance, used, &found));
	return true;
}

/*
 * Swap is looked at before the lock is taken: what reads a file of /proc has taken locks
 * of which one is held where an address space ends in exec, which takes this one.
 */
static bool winvm_allowance_weigh(struct winvm_process *process, u64 pages,
				  struct winvm_weighing *weighing)
{
	struct winvm_allowance *allowance = &process->allowance;
	u64 swap = winvm_swap_pages(false);
	bool taken;

	mutex_lock(&winvm_allowed_lock);
	if (list_empty(&allowance->link))
		list_add(&allowance->link, &winvm_allowed);
	taken = winvm_allowance_take(process, pages, swap, weighing);
	mutex_unlock(&winvm_allowed_lock);
	if (taken)
		return true;
	swap = winvm_swap_pages(true);
	mutex_lock(&winvm_allowed_lock);
	winvm_allowance_strip_others(process);
	taken = winvm_allowance_take(process, pages, swap, weighing);
	mutex_unlock(&winvm_allowed_lock);
	return taken;
}

static bool winvm_allowance_grow(struct winvm_process *process, u64 pages)
{
	struct winvm_weighing weighing = { };
	bool taken = winvm_allowance_weigh(process, pages, &weighing);

	if (!taken)
		winvm_limit_hit(process, &weighing.refused, pages);
	else if (weighing.nears)
		winvm_limit_near(process, &weighing.near, pages);
	return taken;
}

/* winvm_allowance_try() - a process commits pages. Return: false if it may not. */
bool winvm_allowance_try(struct winvm_process *process, u64 pages)
{
	struct winvm_allowance *allowance = &process->allowance;

	if (!winvm_charge_try(&process->commit, pages, READ_ONCE(allowance->pages)))
		return winvm_allowance_grow(process, pages);
	if (likely(READ_ONCE(process->commit.used) <= READ_ONCE(allowance->pages)))
		return true;
	winvm_charge_return(&process->commit, pages);
	return winvm_allowance_grow(process, pages);
}

/*
 * winvm_allowance_limit() - a limit of the process's own, from the next commit on
 *
 * Who commits meanwhile has come before. What is there already stays, even if
 * it is more.
 */
void winvm_allowance_limit(struct winvm_process *process, u64 pages)
{
	mutex_lock(&winvm_allowed_lock);
	WRITE_ONCE(process->limit, pages);
	WRITE_ONCE(process->allowance.pages, 0);
	mutex_unlock(&winvm_allowed_lock);
}

static void winvm_allowance_drop(struct winvm_process *process)
{
	WRITE_ONCE(process->allowance.pages, 0);
}

/* winvm_allowance_forget() - something is another way for the process: it is weighed */
void winvm_allowance_forget(struct winvm_process *process)
{
	mutex_lock(&winvm_allowed_lock);
	winvm_allowance_drop(process);
	mutex_unlock(&winvm_allowed_lock);
}

/* winvm_allowance_limit_job() - as winvm_allowance_limit(), for each in a job */
void winvm_allowance_limit_job(struct winvm_job *job, u64 pages)
{
	mutex_lock(&winvm_allowed_lock);
	WRITE_ONCE(job->process_limit, pages);
	winvm_members_space(job, winvm_allowance_drop);
	mutex_unlock(&winvm_allowed_lock);
}

static u64 winvm_job_ceiling(struct winvm_process *process)
{
	struct winvm_job *job = process->job;

	return job ? min(READ_ONCE(job->process_limit), READ_ONCE(job->limit)) : U64_MAX;
}

/*
 * winvm_commit_ceiling() - what a process could have if nobody else had anything
 *
 * Return: pages: the least of the system's limit, what its memory cgroups can
 * hold, its own limit, and its job's (SPEC CC-12). Under process->call.
 */
u64 winvm_commit_ceiling(struct winvm_process *process)
{
	struct winvm_commit_totals totals;
	u64 limit;

	winvm_commit_totals(&totals);
	limit = min(totals.limit, winvm_job_ceiling(process));
	return min3(limit, READ_ONCE(process->limit), winvm_groups_ceiling(process));
}

static u64 winvm_left_of(u64 limit, u64 used)
{
	return limit - min(used, limit);
}

/*
 * winvm_commit_left() - how much more a process could commit if nobody else did
 *
 * Return: pages. What others of its memory cgroup are allowed counts as theirs.
 * Under process->call.
 */
u64 winvm_commit_left(struct winvm_process *process)
{
	struct winvm_job *job = process->job;
	struct winvm_commit_totals totals;
	u64 left, swap = winvm_swap_pages(false);
	struct winvm_bounds_found found;

	mutex_lock(&winvm_allowed_lock);
	winvm_allowance_room(process, swap, &found);
	left = winvm_left_of(found.hard.room, READ_ONCE(process->commit.used));
	mutex_unlock(&winvm_allowed_lock);
	if (job)
		left = min(left, winvm_left_of(READ_ONCE(job->limit), READ_ONCE(job->commit.used)));
	winvm_commit_totals(&totals);
	return min(left, winvm_left_of(totals.limit, totals.pages));
}

/*
 * winvm_allowance_trim() - after something was given back
 *
 * Nobody is weighed while he stays within his allowance, so it is not much more
 * than he has: else he would never see a limit that was set since.
 */
void winvm_allowance_trim(struct winvm_process *process)
{
	u64 *allowed = &process->allowance.pages, seen = READ_ONCE(*allowed);
	u64 most = READ_ONCE(process->commit.used) + READ_ONCE(process->allowance.ahead);

	if (unlikely(seen > most))
		cmpxchg(allowed, seen, most);	/* or somebody else has changed it */
}

void winvm_allowance_init(struct winvm_allowance *allowance)
{
	INIT_LIST_HEAD(&allowance->link);
	allowance->ahead = WINVM_AHEAD_ALONE;
}

/* winvm_allowance_end() - the process has given back all that it had committed */
void winvm_allowance_end(struct winvm_allowance *allowance)
{
	mutex_lock(&winvm_allowed_lock);
	list_del_init(&allowance->link);
	mutex_unlock(&winvm_allowed_lock);
}

/* winvm_allowance_totals() - of all processes */
void winvm_allowance_totals(struct winvm_allowances *totals)
{
	const struct winvm_process *process;

	*totals = (struct winvm_allowances){ };
	mutex_lock(&winvm_allowed_lock);
	list_for_each_entry(process, &winvm_allowed, allowance.link) {
		totals->pages += READ_ONCE(process->allowance.pages);
		totals->processes++;
	}
	mutex_unlock(&winvm_allowed_lock);
}
