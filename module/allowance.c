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
 */

#include <linux/memcontrol.h>
#include <linux/mutex.h>

#include "winvm.h"

/* Pages that an allowance is ahead: where somebody shares, and where nobody does. */
#define WINVM_AHEAD_SHARED	(SZ_512K >> PAGE_SHIFT)
#define WINVM_AHEAD_ALONE	(SZ_64M >> PAGE_SHIFT)

/* Pages of a group that are left for what is not committed, beside a sixteenth. */
#define WINVM_GROUP_REST	(SZ_4M >> PAGE_SHIFT)

/* All processes that have committed anything. */
static LIST_HEAD(winvm_allowed);
static DEFINE_MUTEX(winvm_allowed_lock);

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

/* How much a process may commit in all, with so much swap. Under the lock. */
static u64 winvm_allowance_room(struct winvm_process *process, u64 swap)
{
	struct mem_cgroup *own = get_mem_cgroup_from_mm(winvm_mm(process)), *group;
	u64 room = U64_MAX;

	for (group = own; group; group = parent_mem_cgroup(group)) {
		u64 most = winvm_group_memory(group), others;

		if (most == U64_MAX)
			continue;
		most += winvm_group_swap(group, swap);
		others = winvm_group_others(group, process);
		room = min(room, most > others ? most - others : 0);
	}
	mem_cgroup_put(own);
	return room;
}

#else

static u64 winvm_allowance_room(struct winvm_process *process, u64 swap)
{
	return U64_MAX;
}

#endif

/* To what it has committed. Under the lock. */
static void winvm_allowance_strip(struct winvm_process *process)
{
	WRITE_ONCE(process->allowance.pages, READ_ONCE(process->commit.used));
	smp_mb();	/* pairs with the cmpxchg() of winvm_charge_try() */
	WRITE_ONCE(process->allowance.pages, READ_ONCE(process->commit.used));
}

static void winvm_allowance_strip_others(const struct winvm_process *except)
{
	struct winvm_process *process;

	list_for_each_entry(process, &winvm_allowed, allowance.link)
		if (process != except)
			winvm_allowance_strip(process);
}

/* Take pages, and an allowance for more if there is. Under the lock. */
static bool winvm_allowance_take(struct winvm_process *process, u64 pages, u64 swap)
{
	u64 room = winvm_allowance_room(process, swap);
	u64 ahead = room == U64_MAX ? WINVM_AHEAD_ALONE : WINVM_AHEAD_SHARED;

	if (!winvm_charge_try(&process->commit, pages, room))
		return false;
	WRITE_ONCE(process->allowance.pages, min(room, READ_ONCE(process->commit.used) + ahead));
	return true;
}

static bool winvm_allowance_grow(struct winvm_process *process, u64 pages)
{
	struct winvm_allowance *allowance = &process->allowance;
	bool taken;

	mutex_lock(&winvm_allowed_lock);
	if (list_empty(&allowance->link))
		list_add(&allowance->link, &winvm_allowed);
	taken = winvm_allowance_take(process, pages, winvm_swap_pages(false));
	if (!taken) {
		winvm_allowance_strip_others(process);
		taken = winvm_allowance_take(process, pages, winvm_swap_pages(true));
	}
	mutex_unlock(&winvm_allowed_lock);
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
 * winvm_allowance_trim() - after something was given back
 *
 * Nobody is weighed while he stays within his allowance, so it is not much more
 * than he has: else he would never see a limit that was set since.
 */
void winvm_allowance_trim(struct winvm_process *process)
{
	u64 *allowed = &process->allowance.pages, seen = READ_ONCE(*allowed);
	u64 most = READ_ONCE(process->commit.used) + WINVM_AHEAD_ALONE;

	if (unlikely(seen > most))
		cmpxchg(allowed, seen, most);	/* or somebody else has changed it */
}

void winvm_allowance_init(struct winvm_allowance *allowance)
{
	INIT_LIST_HEAD(&allowance->link);
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
