// SPDX-License-Identifier: GPL-2.0
/*
 * Memory of the machine: low, plenty, or neither, and those who wait for it
 * (SPEC CC-15).
 *
 * A descriptor stands for one of the two. poll(2) looks at the memory itself, so
 * who asks is never told what was before. Who waits is woken by a look that is
 * made ten times a second, and when Linux goes for memory (shrink.c): nothing
 * that a module may call tells of memory that comes back. So a waiter hears of a
 * change at most 100 ms late, plus what it takes to run; one that is over by then
 * it does not hear of. Nobody looks while nobody waits or listens. Whether anybody
 * listens to the netlink group is looked up each second: nothing tells that.
 */

#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>

#include "../uapi/linux/winvm_netlink.h"
#include "pure/availability.h"
#include "roster.h"

#define WINVM_LOOK_PERIOD	(HZ / 10)
#define WINVM_LISTEN_PERIOD	round_jiffies_relative(HZ)
/* When Linux asks for memory it does so many times. */
#define WINVM_PROD_PERIOD	max(HZ / 100, 1)

/**
 * struct winvm_notices - who waits, and for what
 * @lock: a leaf; of @levels and @begun
 * @levels: what was set; @levels.high 0: what is usual
 * @begun: looks may be queued
 * @low: who waits for that
 * @high: the same
 * @told: what listeners were told last, or would have been; by the worker
 * @looked: when, in jiffies
 */
static struct winvm_notices {
	spinlock_t lock;	/* as above */
	struct winvm_levels levels;
	bool begun;
	wait_queue_head_t low;
	wait_queue_head_t high;
	enum winvm_availability told;
	unsigned long looked;
} winvm_notices = {
	.lock = __SPIN_LOCK_UNLOCKED(winvm_notices.lock),
	.low = __WAIT_QUEUE_HEAD_INITIALIZER(winvm_notices.low),
	.high = __WAIT_QUEUE_HEAD_INITIALIZER(winvm_notices.high),
};

static void winvm_memory_watch(struct work_struct *work);
static void winvm_memory_listen(struct work_struct *work);
static DECLARE_DELAYED_WORK(winvm_watching, winvm_memory_watch);
static DECLARE_DELAYED_WORK(winvm_listening, winvm_memory_listen);

static struct winvm_levels winvm_levels_now(void)
{
	struct winvm_levels levels;

	spin_lock(&winvm_notices.lock);
	levels = winvm_notices.levels;
	spin_unlock(&winvm_notices.lock);
	if (!levels.high)
		levels = winvm_levels_default((u64)totalram_pages() << PAGE_SHIFT);
	return levels;
}

/* winvm_memory_look() - how much memory is available, and what that is */
void winvm_memory_look(struct winvm_memory_news *news)
{
	struct winvm_levels levels = winvm_levels_now();
	u64 available = (u64)max(si_mem_available(), 0L) << PAGE_SHIFT;

	BUILD_BUG_ON((int)WINVM_AVAILABLE_LOW != WINVM_NL_MEMORY_LOW ||
		     (int)WINVM_AVAILABLE_HIGH != WINVM_NL_MEMORY_HIGH);
	*news = (struct winvm_memory_news){
		.state = winvm_levels_judge(&levels, available),
		.available = available,
		.low = levels.low,
		.high = levels.high,
	};
}

/*
 * winvm_memory_set() - other levels
 * @low, @high: in bytes; NULL: as it is
 *
 * Return: false if low would not be below high; nothing is changed then.
 */
bool winvm_memory_set(const u64 *low, const u64 *high)
{
	struct winvm_levels levels = winvm_levels_default((u64)totalram_pages() << PAGE_SHIFT);
	bool sound;

	spin_lock(&winvm_notices.lock);
	if (winvm_notices.levels.high)
		levels = winvm_notices.levels;
	if (low)
		levels.low = *low;
	if (high)
		levels.high = *high;
	sound = winvm_levels_sound(&levels);
	if (sound)
		winvm_notices.levels = levels;
	spin_unlock(&winvm_notices.lock);
	return sound;
}

/* Whoever waits is in the queue before it has a look queued: one of them sees the other. */
static bool winvm_memory_watched(void)
{
	return wq_has_sleeper(&winvm_notices.low) || wq_has_sleeper(&winvm_notices.high) ||
	       winvm_netlink_listened(&init_net, WINVM_GROUP_MEMORY);
}

/* What is queued already stays as it is, unless it is to be at once. */
static void winvm_memory_queue(struct delayed_work *work, unsigned long delay)
{
	spin_lock(&winvm_notices.lock);
	if (winvm_notices.begun && delay)
		queue_delayed_work(system_wq, work, delay);
	else if (winvm_notices.begun)
		mod_delayed_work(system_wq, work, 0);
	spin_unlock(&winvm_notices.lock);
}

/* winvm_memory_again() - something has changed: look now, if anybody cares */
void winvm_memory_again(void)
{
	if (winvm_memory_watched())
		winvm_memory_queue(&winvm_watching, 0);
}

/* winvm_memory_prod() - Linux goes for memory. Takes no time. */
void winvm_memory_prod(void)
{
	unsigned long looked = READ_ONCE(winvm_notices.looked);

	if (delayed_work_pending(&winvm_watching) &&
	    time_after(jiffies, looked + WINVM_PROD_PERIOD)) {
		WRITE_ONCE(winvm_notices.looked, jiffies);
		winvm_memory_queue(&winvm_watching, 0);
	}
}

/* As long as it is so, for who waits may have come since. */
static void winvm_memory_wake(const struct winvm_memory_news *news)
{
	if (news->state == WINVM_NL_MEMORY_LOW)
		wake_up_poll(&winvm_notices.low, EPOLLIN | EPOLLRDNORM);
	else if (news->state == WINVM_NL_MEMORY_HIGH)
		wake_up_poll(&winvm_notices.high, EPOLLIN | EPOLLRDNORM);
}

static void winvm_memory_tell(const struct winvm_memory_news *news)
{
	const struct winvm_event like = { .net = &init_net };
	struct winvm_event *event;

	if (news->state == (u32)winvm_notices.told)
		return;
	winvm_notices.told = news->state;
	if (!winvm_netlink_listened(&init_net, WINVM_GROUP_MEMORY))
		return;
	event = winvm_event_new_system();
	if (!event) {
		winvm_event_lost(&like);
		return;
	}
	event->command = WINVM_NL_CMD_MEMORY;
	event->group = WINVM_GROUP_MEMORY;
	event->memory = *news;
	winvm_event_send(event);
}

static void winvm_memory_watch(struct work_struct *work)
{
	struct winvm_memory_news news;

	WRITE_ONCE(winvm_notices.looked, jiffies);
	winvm_memory_look(&news);
	winvm_memory_wake(&news);
	winvm_memory_tell(&news);
	if (winvm_memory_watched())
		winvm_memory_queue(&winvm_watching, WINVM_LOOK_PERIOD);
}

static void winvm_memory_listen(struct work_struct *work)
{
	if (winvm_netlink_listened(&init_net, WINVM_GROUP_MEMORY))
		winvm_memory_queue(&winvm_watching, WINVM_LOOK_PERIOD);
	winvm_memory_queue(&winvm_listening, WINVM_LISTEN_PERIOD);
}

static __poll_t winvm_notice_poll(struct file *file, struct poll_table_struct *wait)
{
	const u32 type = (unsigned long)file->private_data;
	const u32 wanted = type == WINVM_NOTICE_LOW ? WINVM_NL_MEMORY_LOW : WINVM_NL_MEMORY_HIGH;
	struct winvm_memory_news news;

	poll_wait(file, type == WINVM_NOTICE_LOW ? &winvm_notices.low : &winvm_notices.high, wait);
	if (!poll_does_not_wait(wait))
		winvm_memory_queue(&winvm_watching, WINVM_LOOK_PERIOD);
	winvm_memory_look(&news);
	return news.state == wanted ? EPOLLIN | EPOLLRDNORM : 0;
}

static const struct file_operations winvm_notice_fops = {
	.owner = THIS_MODULE,
	.poll = winvm_notice_poll,
	.llseek = noop_llseek,
};

/* winvm_open_notice() - a descriptor that can be read while memory is low, or high */
int winvm_open_notice(struct winvm_process *process, void *arg,
		      struct winvm_descriptor *descriptor)
{
	struct winvm_open_notice *request = arg;
	struct file *file;
	int number;

	if (request->type > WINVM_NOTICE_HIGH) {
		request->status = STATUS_INVALID_PARAMETER;
		return 0;
	}
	number = get_unused_fd_flags(O_CLOEXEC);
	if (number < 0)
		return number;
	file = anon_inode_getfile("[winvm-memory]", &winvm_notice_fops,
				  (void *)(unsigned long)request->type, O_RDONLY);
	if (IS_ERR(file)) {
		put_unused_fd(number);
		return PTR_ERR(file);
	}
	*descriptor = (struct winvm_descriptor){ number, file };
	request->notice_fd = number;
	request->status = STATUS_SUCCESS;
	return 0;
}

/* When the netlink family is there. */
void winvm_memory_load(void)
{
	winvm_notices.begun = true;
	winvm_memory_queue(&winvm_listening, WINVM_LISTEN_PERIOD);
}

/* Before the family goes. No descriptor is left; who asks by netlink queues no look any more. */
void winvm_memory_unload(void)
{
	spin_lock(&winvm_notices.lock);
	winvm_notices.begun = false;
	spin_unlock(&winvm_notices.lock);
	cancel_delayed_work_sync(&winvm_listening);
	cancel_delayed_work_sync(&winvm_watching);
}
