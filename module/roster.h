/* SPDX-License-Identifier: GPL-2.0 */
/* What the rooms share that tell of processes: roster, events and netlink. */
#ifndef WINVM_ROSTER_H
#define WINVM_ROSTER_H

#include <linux/sched.h>

#include "winvm.h"

/**
 * struct winvm_account - what a process holds
 * @virtual, @peak_virtual: bytes reserved
 * @commit, @peak_commit: bytes committed
 * @books: bytes of kernel memory for it
 * @vads: allocations
 */
struct winvm_account {
	u64 virtual;
	u64 peak_virtual;
	u64 commit;
	u64 peak_commit;
	u64 books;
	u64 vads;
};

/**
 * struct winvm_listed - an entry of the roster, as it was found
 * @id: its identity
 * @mm: a reference on the structure; the memory may be gone
 * @account: what it held
 */
struct winvm_listed {
	unsigned long id;
	struct mm_struct *mm;
	struct winvm_account account;
};

/**
 * struct winvm_count - the events of a network namespace
 * @number: how many there were so far
 * @lost: how many of these were not told
 */
struct winvm_count {
	u64 number;
	u64 lost;
};

/**
 * struct winvm_event - what happened to a process
 * @link: in the queue
 * @command: WINVM_NL_CMD_ATTACH or WINVM_NL_CMD_EXIT
 * @time: ns since the machine started
 * @first, @own: its numbers in the first network namespace, and in @net
 * @net: where else it is told, a reference; the first one if nowhere
 * @id: of the address space
 * @pid: its thread group, a reference
 * @uid, @comm: its user and its name, when it came
 * @account: what it holds or, at its end, held
 */
struct winvm_event {
	struct list_head link;
	u8 command;
	u64 time;
	struct winvm_count first;
	struct winvm_count own;
	struct net *net;
	unsigned long id;
	struct pid *pid;
	kuid_t uid;
	char comm[TASK_COMM_LEN];
	struct winvm_account account;
};

/* roster.c */
bool winvm_roster_next(unsigned long after, struct winvm_listed *listed);
unsigned int winvm_roster_generation(void);

/* events.c */
struct winvm_event *winvm_event_new(struct task_struct *owner, unsigned long id);
void winvm_event_free(struct winvm_event *event);
void winvm_event_send(struct winvm_event *event);
void winvm_event_lost(const struct winvm_event *other);
int winvm_events_load(void);
void winvm_events_flush(void);
void winvm_events_unload(void);

/* netlink.c */
bool winvm_netlink_tell(const struct winvm_event *event, struct net *net,
			const struct winvm_count *count);

#endif
