// SPDX-License-Identifier: GPL-2.0
/*
 * Events: what listeners are told without asking.
 *
 * What happens is put into a queue, and a worker tells it. Nobody waits for a
 * listener, and nothing fails because there is no memory to tell of it: then, or
 * when the queue is full, the event is lost. Events are numbered, in the order
 * in which they are told; the number of one that is lost is missing, and those
 * that follow say how many were. What a listener loses because it does not read,
 * the kernel tells it by ENOBUFS, and the numbers do.
 *
 * An event is told in the first network namespace and, if it belongs to users
 * who may know, in that of its process. Each counts for itself.
 */

#include <linux/cred.h>
#include <linux/ktime.h>
#include <linux/nsproxy.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/user_namespace.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "roster.h"

/* A quarter of a kilobyte each, charged to the memory cgroup of whom they are about. */
#define WINVM_EVENTS_MOST	4096

/**
 * struct winvm_events - the queue
 * @lock: a leaf; bottom halves off, since processes end in SRCU callbacks, too.
 *	Also for the counts of all network namespaces
 * @list: of struct winvm_event
 * @length: of @list
 */
static struct winvm_events {
	spinlock_t lock;	/* as above */
	struct list_head list;
	unsigned int length;
} winvm_events = {
	.lock = __SPIN_LOCK_UNLOCKED(winvm_events.lock),
	.list = LIST_HEAD_INIT(winvm_events.list),
};

/* A struct winvm_count in each network namespace. */
static unsigned int winvm_net_id;
static struct pernet_operations winvm_net_operations = {
	.id = &winvm_net_id,
	.size = sizeof(struct winvm_count),
};

static void winvm_tell_events(struct work_struct *work);
static DECLARE_WORK(winvm_telling, winvm_tell_events);

/* One worker at a time, so that events are told in the order of their numbers. */
static struct workqueue_struct *winvm_tellers;

/* May be called with bottom halves off. */
void winvm_event_free(struct winvm_event *event)
{
	put_net(event->net);
	put_pid(event->pid);
	kfree(event);
}

/* Who rules the network namespace must rule the process, too. */
static bool winvm_ruled(const struct net *net, struct task_struct *owner)
{
	const struct user_namespace *ns;

	rcu_read_lock();
	for (ns = __task_cred(owner)->user_ns; ns && ns != net->user_ns; ns = ns->parent)
		;
	rcu_read_unlock();
	return ns;
}

static struct net *winvm_net_of(struct task_struct *owner)
{
	struct net *net = &init_net;

	task_lock(owner);
	if (owner->nsproxy && winvm_ruled(owner->nsproxy->net_ns, owner))
		net = owner->nsproxy->net_ns;
	get_net(net);
	task_unlock(owner);
	return net;
}

/* winvm_event_wanted() - does anybody listen who would be told of a process? */
bool winvm_event_wanted(struct task_struct *owner, enum winvm_group group)
{
	struct net *net = winvm_net_of(owner);
	bool wanted = winvm_netlink_listened(&init_net, group) ||
		      winvm_netlink_listened(net, group);

	put_net(net);
	return wanted;
}

/* winvm_event_new() - about the address space of a process; NULL without memory */
struct winvm_event *winvm_event_new(struct task_struct *owner, unsigned long id)
{
	struct winvm_event *event;

	event = kzalloc(sizeof(*event), GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!event)
		return NULL;
	event->id = id;
	event->uid = task_uid(owner);
	event->pid = get_task_pid(owner, PIDTYPE_TGID);
	event->net = winvm_net_of(owner);
	get_task_comm(event->comm, owner);
	return event;
}

/* winvm_event_new_system() - about the machine: the first network namespace is told */
struct winvm_event *winvm_event_new_system(void)
{
	struct winvm_event *event = kzalloc(sizeof(*event), GFP_KERNEL | __GFP_NOWARN);

	if (event)
		event->net = get_net(&init_net);
	return event;
}

/* Every event has a number, whether it is told or not. */
static struct winvm_count winvm_number_event(struct net *net, bool lost)
{
	struct winvm_count *count = net_generic(net, winvm_net_id);

	lockdep_assert_held(&winvm_events.lock);
	count->number++;
	count->lost += lost;
	return *count;
}

static bool winvm_queue_event(struct winvm_event *event)
{
	bool lost;

	spin_lock_bh(&winvm_events.lock);
	lost = winvm_events.length >= WINVM_EVENTS_MOST;
	event->time = ktime_get_boottime_ns();
	event->first = winvm_number_event(&init_net, lost);
	if (event->net != &init_net)
		event->own = winvm_number_event(event->net, lost);
	if (!lost) {
		list_add_tail(&event->link, &winvm_events.list);
		winvm_events.length++;
	}
	spin_unlock_bh(&winvm_events.lock);
	return !lost;
}

/* winvm_event_send() - tell it, some time; it is freed then. Takes no time and no memory. */
void winvm_event_send(struct winvm_event *event)
{
	if (winvm_queue_event(event))
		queue_work(winvm_tellers, &winvm_telling);
	else
		winvm_event_free(event);
}

/* winvm_event_lost() - one that there was no memory for, like @other */
void winvm_event_lost(const struct winvm_event *other)
{
	spin_lock_bh(&winvm_events.lock);
	winvm_number_event(&init_net, true);
	if (other->net != &init_net)
		winvm_number_event(other->net, true);
	spin_unlock_bh(&winvm_events.lock);
}

static struct winvm_event *winvm_next_event(void)
{
	struct winvm_event *event;

	spin_lock_bh(&winvm_events.lock);
	event = list_first_entry_or_null(&winvm_events.list, struct winvm_event, link);
	if (event) {
		list_del(&event->link);
		winvm_events.length--;
	}
	spin_unlock_bh(&winvm_events.lock);
	return event;
}

static void winvm_tell_in(const struct winvm_event *event, struct net *net,
			  const struct winvm_count *count)
{
	if (winvm_netlink_tell(event, net, count))
		return;
	spin_lock_bh(&winvm_events.lock);
	((struct winvm_count *)net_generic(net, winvm_net_id))->lost++;
	spin_unlock_bh(&winvm_events.lock);
}

static void winvm_tell_events(struct work_struct *work)
{
	struct winvm_event *event;

	while ((event = winvm_next_event())) {
		winvm_tell_in(event, &init_net, &event->first);
		if (event->net != &init_net)
			winvm_tell_in(event, event->net, &event->own);
		winvm_event_free(event);
		cond_resched();
	}
}

int __init winvm_events_load(void)
{
	int err;

	winvm_tellers = alloc_ordered_workqueue("winvm-events", 0);
	if (!winvm_tellers)
		return -ENOMEM;
	err = register_pernet_subsys(&winvm_net_operations);
	if (err)
		destroy_workqueue(winvm_tellers);
	return err;
}

/* What is still in the queue is told; nobody puts more into it. */
void winvm_events_flush(void)
{
	flush_workqueue(winvm_tellers);
}

void winvm_events_unload(void)
{
	unregister_pernet_subsys(&winvm_net_operations);
	destroy_workqueue(winvm_tellers);
}
