// SPDX-License-Identifier: GPL-2.0
/*
 * Who belongs to a job (SPEC CC-14): processes, as Linux has them, that is thread
 * groups. A job holds them whatever program they execute and whether they use the
 * module or not; their address spaces are charged from when they do.
 *
 * A child belongs to it from before its first instruction: the tracepoint of fork
 * is where that is known. A child that cannot be entered, for there is no memory,
 * is killed there: nobody gets out of a job. The tracepoint of exit is where a
 * thread group ends.
 *
 * All of it is guarded by winvm_members_lock, bottom halves off, since address
 * spaces end in SRCU callbacks, too.
 */

#include <linux/hashtable.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/tracepoint.h>

#include "job.h"
#include "limit.h"

/**
 * struct winvm_member - a thread group that belongs to a job
 * @hash: in winvm_members, by @group
 * @link: in the job's list
 * @group: whose, as long as it has threads
 * @pid: its number, a reference
 * @job: a reference
 * @serial: the job's @total when it came
 * @sweep: the last one of the job's sweeps that met it
 * @doomed: was sent SIGKILL: no child of it lives
 */
struct winvm_member {
	struct hlist_node hash;
	struct list_head link;
	struct signal_struct *group;
	struct pid *pid;
	struct winvm_job *job;
	u32 serial;
	u32 sweep;
	bool doomed;
};

static DEFINE_HASHTABLE(winvm_members, 10);
static DEFINE_SPINLOCK(winvm_members_lock);
static atomic_t winvm_member_count = ATOMIC_INIT(0);

static struct winvm_member *winvm_member_find(const struct signal_struct *group)
{
	struct winvm_member *member;

	lockdep_assert_held(&winvm_members_lock);
	hash_for_each_possible(winvm_members, member, hash, (unsigned long)group)
		if (member->group == group)
			return member;
	return NULL;
}

/* winvm_member_job() - the job of a thread group, a reference; NULL: none */
struct winvm_job *winvm_member_job(const struct signal_struct *group)
{
	struct winvm_member *member;
	struct winvm_job *job = NULL;

	if (!atomic_read(&winvm_member_count))
		return NULL;
	spin_lock_bh(&winvm_members_lock);
	member = winvm_member_find(group);
	if (member)
		job = winvm_job_get(member->job);
	spin_unlock_bh(&winvm_members_lock);
	return job;
}

/* Takes the reference on @pid over. Under the lock. */
static void winvm_news_add(struct winvm_job *job, u32 what, struct pid *pid)
{
	struct winvm_job_news *news = &job->news;

	if (news->wanted && news->count < WINVM_JOB_MESSAGES) {
		news->ring[(news->first + news->count++) % WINVM_JOB_MESSAGES] =
			(struct winvm_job_message){ what, pid };
		wake_up(&news->wait);
		return;
	}
	news->lost += news->wanted;
	put_pid(pid);
}

/* winvm_job_tell() - a message, to those who listen */
void winvm_job_tell(struct winvm_job *job, u32 what, struct pid *pid)
{
	spin_lock_bh(&winvm_members_lock);
	winvm_news_add(job, what, get_pid(pid));
	spin_unlock_bh(&winvm_members_lock);
}

/* winvm_job_hear() - the oldest message; its @pid is the caller's then */
bool winvm_job_hear(struct winvm_job *job, struct winvm_job_message *message)
{
	struct winvm_job_news *news = &job->news;
	bool any;

	spin_lock_bh(&winvm_members_lock);
	any = news->count;
	if (any) {
		*message = news->ring[news->first];
		news->first = (news->first + 1) % WINVM_JOB_MESSAGES;
		news->count--;
	}
	spin_unlock_bh(&winvm_members_lock);
	return any;
}

/* winvm_job_listen() - from now on, with this ring. Return: false if there is one. */
bool winvm_job_listen(struct winvm_job *job, struct winvm_job_message *ring)
{
	struct winvm_member *member;
	bool first;

	spin_lock_bh(&winvm_members_lock);
	first = !job->news.wanted;
	if (first) {
		job->news.ring = ring;
		job->news.wanted = true;
		/* Of those who are there already, too. */
		list_for_each_entry(member, &job->members, link)
			winvm_news_add(job, WINVM_JOB_MSG_NEW_PROCESS, get_pid(member->pid));
	}
	spin_unlock_bh(&winvm_members_lock);
	return first;
}

static void winvm_member_add(struct winvm_member *member, struct signal_struct *group,
			     struct winvm_job *job)
{
	lockdep_assert_held(&winvm_members_lock);
	member->group = group;
	member->job = winvm_job_get(job);
	member->serial = job->total++;
	job->active++;
	hash_add(winvm_members, &member->hash, (unsigned long)group);
	list_add_tail(&member->link, &job->members);
	winvm_news_add(job, WINVM_JOB_MSG_NEW_PROCESS, get_pid(member->pid));
}

static struct winvm_member *winvm_member_new(struct task_struct *task, gfp_t flags)
{
	struct winvm_member *member = kzalloc(sizeof(*member), flags | __GFP_ACCOUNT);

	if (member)
		member->pid = get_task_pid(task, PIDTYPE_TGID);
	return member;
}

static void winvm_member_free(struct winvm_member *member)
{
	put_pid(member->pid);
	kfree(member);
}

/* The last thread of a group has ended. */
static void winvm_member_end(struct signal_struct *group)
{
	struct winvm_member *member;
	struct winvm_job *job;

	spin_lock_bh(&winvm_members_lock);
	member = winvm_member_find(group);
	if (member) {
		job = member->job;
		hash_del(&member->hash);
		list_del(&member->link);
		job->active--;
		winvm_news_add(job, WINVM_JOB_MSG_EXIT_PROCESS, get_pid(member->pid));
		if (!job->active)
			winvm_news_add(job, WINVM_JOB_MSG_ACTIVE_PROCESS_ZERO, NULL);
	}
	spin_unlock_bh(&winvm_members_lock);
	if (!member)
		return;
	atomic_dec(&winvm_member_count);
	winvm_job_put(job);
	winvm_member_free(member);
}

/*
 * Of a group that lives. Its end is either seen here, or sees us: its threads are
 * counted down before winvm_member_count is looked at.
 */
static u32 winvm_member_insert(struct winvm_member *member, struct task_struct *task,
			       struct winvm_job *job)
{
	u32 status = STATUS_SUCCESS;

	atomic_inc(&winvm_member_count);
	smp_mb__after_atomic();	/* pairs with the atomic_dec_and_test() of do_exit() */
	spin_lock_bh(&winvm_members_lock);
	if (!atomic_read(&task->signal->live))
		status = STATUS_PROCESS_IS_TERMINATING;
	else if (winvm_member_find(task->signal))
		status = STATUS_ACCESS_DENIED;
	else
		winvm_member_add(member, task->signal, job);
	spin_unlock_bh(&winvm_members_lock);
	if (status)
		atomic_dec(&winvm_member_count);
	return status;
}

static bool winvm_member_doomed(const struct signal_struct *group)
{
	struct winvm_member *member;
	bool doomed;

	spin_lock_bh(&winvm_members_lock);
	member = winvm_member_find(group);
	doomed = member && member->doomed;
	spin_unlock_bh(&winvm_members_lock);
	return doomed;
}

/*
 * In fork, after the child is made and before it runs; preemption is off. A sweep
 * of winvm_members_kill() meets the child, or has met its parent, which is seen here.
 */
static void winvm_member_forked(void *unused, struct task_struct *parent,
				struct task_struct *child)
{
	struct winvm_member *member;
	struct winvm_job *job;

	if (child->signal == current->signal)
		return;
	job = winvm_member_job(current->signal);
	if (!job)
		return;
	member = winvm_member_new(child, GFP_ATOMIC | __GFP_NOWARN);
	if (member && winvm_member_insert(member, child, job))
		winvm_member_free(member);
	if (!member || winvm_member_doomed(current->signal))
		send_sig(SIGKILL, child, 1);
	winvm_job_put(job);
}

/* In the exit of a thread, after its address space is let go. */
static void winvm_member_exited(void *unused, struct task_struct *task)
{
	if (!atomic_read(&winvm_member_count) || atomic_read(&task->signal->live))
		return;
	winvm_member_end(task->signal);
}

#ifdef CONFIG_TRACEPOINTS

/**
 * struct winvm_tracepoint - one that is followed
 * @name: of the kernel's
 * @probe: is called there
 * @at: where it is; NULL: not known
 */
struct winvm_tracepoint {
	const char *name;
	void *probe;
	struct tracepoint *at;
};

static struct winvm_tracepoint winvm_tracepoints[] = {
	{ .name = "sched_process_exit", .probe = winvm_member_exited },
	{ .name = "sched_process_fork", .probe = winvm_member_forked },
};

static DEFINE_MUTEX(winvm_follow_lock);
static bool winvm_followed;

static void winvm_tracepoint_found(struct tracepoint *tracepoint, void *unused)
{
	for (int i = 0; i < ARRAY_SIZE(winvm_tracepoints); i++)
		if (!strcmp(tracepoint->name, winvm_tracepoints[i].name))
			winvm_tracepoints[i].at = tracepoint;
}

static void winvm_unfollow(int count)
{
	while (count--)
		tracepoint_probe_unregister(winvm_tracepoints[count].at,
					    winvm_tracepoints[count].probe, NULL);
	tracepoint_synchronize_unregister();
}

static int winvm_follow(void)
{
	for (int i = 0; i < ARRAY_SIZE(winvm_tracepoints); i++) {
		struct winvm_tracepoint *point = &winvm_tracepoints[i];
		int err = point->at ? tracepoint_probe_register(point->at, point->probe, NULL) :
				      -EOPNOTSUPP;

		if (!err)
			continue;
		winvm_unfollow(i);
		return err;
	}
	return 0;
}

/* winvm_members_follow() - before the first job is made; until the module goes. */
int winvm_members_follow(void)
{
	int err = 0;

	mutex_lock(&winvm_follow_lock);
	if (!winvm_followed) {
		for_each_kernel_tracepoint(winvm_tracepoint_found, NULL);
		err = winvm_follow();
		winvm_followed = !err;
	}
	mutex_unlock(&winvm_follow_lock);
	return err;
}

static void winvm_members_unfollow(void)
{
	if (winvm_followed)
		winvm_unfollow(ARRAY_SIZE(winvm_tracepoints));
}

#else

int winvm_members_follow(void)
{
	return -EOPNOTSUPP;
}

static void winvm_members_unfollow(void)
{
}

#endif

/* Takes the reference on the job over. */
static void winvm_space_add(struct winvm_process *process, struct winvm_job *job)
{
	spin_lock_bh(&winvm_members_lock);
	list_add_tail(&process->job_link, &job->spaces);
	WRITE_ONCE(process->job, job);
	spin_unlock_bh(&winvm_members_lock);
}

/*
 * winvm_member_join() - a process, and what it has committed, belongs to a job
 *
 * The process is alone, and executes no program meanwhile.
 */
u32 winvm_member_join(struct winvm_job *job, struct winvm_process *process,
		      struct task_struct *task)
{
	struct winvm_member *member;
	u32 status;

	if (process->job)
		return STATUS_ACCESS_DENIED;
	member = winvm_member_new(task, GFP_KERNEL);
	if (!member)
		return STATUS_INSUFFICIENT_RESOURCES;
	status = winvm_member_insert(member, task, job);
	if (status) {
		winvm_member_free(member);
		return status;
	}
	winvm_charge_take(&job->commit, process->commit.used, U64_MAX);
	winvm_space_add(process, winvm_job_get(job));
	winvm_allowance_forget(process);
	return STATUS_SUCCESS;
}

/* winvm_member_of() - does a thread group belong to a job? NULL: to any */
bool winvm_member_of(const struct winvm_job *job, struct task_struct *task)
{
	struct winvm_job *own = winvm_member_job(task->signal);

	if (!own)
		return false;
	winvm_job_put(own);
	return !job || job == own;
}

/* winvm_member_enter() - a process whose object is made, with its mmap_lock for writing */
void winvm_member_enter(struct winvm_process *process, struct mm_struct *mm)
{
	struct task_struct *owner = winvm_mm_owner(mm);
	struct winvm_job *job;

	INIT_LIST_HEAD(&process->job_link);
	if (!owner && current->mm == mm)
		owner = get_task_struct(current);
	if (!owner)
		return;
	job = winvm_member_job(owner->signal);
	put_task_struct(owner);
	if (job)
		winvm_space_add(process, job);
}

/* winvm_member_leave() - when it has given back all that it had committed */
void winvm_member_leave(struct winvm_process *process)
{
	struct winvm_job *job = process->job;

	if (!job)
		return;
	spin_lock_bh(&winvm_members_lock);
	list_del_init(&process->job_link);
	WRITE_ONCE(process->job, NULL);
	spin_unlock_bh(&winvm_members_lock);
	winvm_job_put(job);
}

/* winvm_members_space() - each address space that is in a job; nothing may sleep */
void winvm_members_space(struct winvm_job *job, void (*visit)(struct winvm_process *process))
{
	struct winvm_process *process;

	spin_lock_bh(&winvm_members_lock);
	list_for_each_entry(process, &job->spaces, job_link)
		visit(process);
	spin_unlock_bh(&winvm_members_lock);
}

/* winvm_members_list() - their numbers, as the caller has them; who has none is left out */
unsigned int winvm_members_list(struct winvm_job *job, u32 *numbers, unsigned int room,
				u32 *active)
{
	struct pid_namespace *ns = task_active_pid_ns(current);
	struct winvm_member *member;
	unsigned int count = 0;

	spin_lock_bh(&winvm_members_lock);
	*active = job->active;
	list_for_each_entry(member, &job->members, link) {
		pid_t number = pid_nr_ns(member->pid, ns);

		if (number && count < room)
			numbers[count++] = number;
	}
	spin_unlock_bh(&winvm_members_lock);
	return count;
}

/**
 * struct winvm_victim - a member that is to be killed
 * @group: whose; only to find it again
 * @pid: its number, a reference
 * @serial: of the member
 */
struct winvm_victim {
	const struct signal_struct *group;
	struct pid *pid;
	u32 serial;
};

/* The next one that this sweep has not met. */
static bool winvm_sweep_next(struct winvm_job *job, struct winvm_victim *victim)
{
	struct winvm_member *member;
	bool found = false;

	spin_lock_bh(&winvm_members_lock);
	list_for_each_entry(member, &job->members, link) {
		found = member->sweep != job->sweep;
		if (!found)
			continue;
		member->sweep = job->sweep;
		*victim = (struct winvm_victim){
			.group = member->group,
			.pid = get_pid(member->pid),
			.serial = member->serial,
		};
		/* What was met is not passed again. */
		list_move_tail(&member->link, &job->members);
		break;
	}
	spin_unlock_bh(&winvm_members_lock);
	return found;
}

/* It has been sent SIGKILL; a child that is on its way sees it, or was met before. */
static void winvm_sweep_doom(const struct winvm_victim *victim)
{
	struct winvm_member *member;

	spin_lock_bh(&winvm_members_lock);
	member = winvm_member_find(victim->group);
	if (member && member->pid == victim->pid)
		member->doomed = true;
	spin_unlock_bh(&winvm_members_lock);
}

/* Whom the caller may not kill stays; the children of such a one are not waited for. */
static u32 winvm_sweep(struct winvm_job *job)
{
	u32 status = STATUS_SUCCESS, last = READ_ONCE(job->total);
	struct winvm_victim victim;

	job->sweep++;
	while (winvm_sweep_next(job, &victim)) {
		if (kill_pid(victim.pid, SIGKILL, 0) == -EPERM)
			status = STATUS_ACCESS_DENIED;
		else
			winvm_sweep_doom(&victim);
		put_pid(victim.pid);
		if (status && victim.serial >= last)
			break;
		cond_resched();
	}
	return status;
}

/*
 * winvm_members_kill() - all of them, those that are born meanwhile, too; the caller
 *	himself, perhaps. Who is to be killed has no more children, so it ends.
 */
u32 winvm_members_kill(struct winvm_job *job)
{
	u32 status;

	mutex_lock(&job->sweeping);
	status = winvm_sweep(job);
	mutex_unlock(&job->sweeping);
	return status;
}

/* When no descriptor is left; members are told to nobody any more. */
void winvm_members_unload(void)
{
	struct winvm_member *member;
	struct hlist_node *next;
	int bucket;

	winvm_members_unfollow();
	hash_for_each_safe(winvm_members, bucket, next, member, hash) {
		hash_del(&member->hash);
		winvm_job_put(member->job);
		winvm_member_free(member);
	}
}
