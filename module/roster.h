/* SPDX-License-Identifier: GPL-2.0 */
/* What the rooms share that tell of processes: roster, events and netlink. */
#ifndef WINVM_ROSTER_H
#define WINVM_ROSTER_H

#include <linux/sched.h>
#include <net/genetlink.h>

#include "../uapi/linux/winvm_netlink.h"
#include "winvm.h"

/**
 * struct winvm_account - what a process holds
 * @virtual, @peak_virtual: bytes reserved
 * @commit, @peak_commit: bytes committed
 * @limit: bytes that it may commit in all; U64_MAX: no limit of its own
 * @refusals: commits that were refused
 * @books: bytes of kernel memory for it
 * @vads: allocations
 */
struct winvm_account {
	u64 virtual;
	u64 peak_virtual;
	u64 commit;
	u64 peak_commit;
	u64 limit;
	u64 refusals;
	u64 books;
	u64 vads;
};

/**
 * struct winvm_listed - an entry of the roster, as it was found
 * @id: its identity
 * @mm: a reference on the structure; the memory may be gone
 * @account: what it held
 * @brought: its pages that came with another one's fault
 */
struct winvm_listed {
	unsigned long id;
	struct mm_struct *mm;
	struct winvm_account account;
	u64 brought;
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

/* Which listeners are told: an index of netlink.c's groups. */
enum winvm_group {
	WINVM_GROUP_PROCESS,
	WINVM_GROUP_LIMIT,
	WINVM_GROUP_MEMORY,
	WINVM_GROUP_GUARD,
};

/**
 * struct winvm_limit_news - a limit of commit is near or was hit
 * @which: enum winvm_nl_limit
 * @hit: a commit was refused
 * @limit, @wanted: bytes
 * @job: its identity, 0: none
 */
struct winvm_limit_news {
	u32 which;
	bool hit;
	u64 limit;
	u64 wanted;
	u64 job;
};

/**
 * struct winvm_memory_news - memory became low, high, or neither
 * @state: enum winvm_nl_memory
 * @available, @low, @high: bytes
 */
struct winvm_memory_news {
	u32 state;
	u64 available;
	u64 low;
	u64 high;
};

/**
 * struct winvm_guard_news - a guard page was touched
 * @what: enum winvm_nl_guard
 * @address: where; told in the first network namespace alone
 */
struct winvm_guard_news {
	u32 what;
	u64 address;
};

/**
 * struct winvm_event - what happened, most often to a process
 * @link: in the queue
 * @command: of enum winvm_nl_command
 * @group: who is told
 * @limit, @memory, @guard: by @command
 * @time: ns since the machine started
 * @first, @own: its numbers in the first network namespace, and in @net
 * @net: where else it is told, a reference; the first one if nowhere
 * @id: of the address space; 0: it is about no process
 * @pid: its thread group, a reference; NULL: none
 * @uid, @comm: its user and its name, when it came
 * @account: what it holds or, at its end, held
 */
struct winvm_event {
	struct list_head link;
	u8 command;
	enum winvm_group group;
	union {
		struct winvm_limit_news limit;
		struct winvm_memory_news memory;
		struct winvm_guard_news guard;
	};
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
struct winvm_event *winvm_roster_news(struct winvm_process *process, enum winvm_group group);
void winvm_account_of(const struct winvm_process *process, struct winvm_account *account);
struct task_struct *winvm_owner_now(struct mm_struct *mm);
bool winvm_roster_next(unsigned long after, struct winvm_listed *listed);
unsigned int winvm_roster_generation(void);

/* events.c */
struct winvm_event *winvm_event_new(struct task_struct *owner, unsigned long id);
struct winvm_event *winvm_event_try(struct task_struct *owner, unsigned long id);
bool winvm_event_heard(struct task_struct *owner, enum winvm_group group);
struct winvm_event *winvm_event_new_system(void);
void winvm_event_free(struct winvm_event *event);
void winvm_event_send(struct winvm_event *event);
void winvm_event_lost(const struct winvm_event *other);
void winvm_events_count(unsigned int *length, struct winvm_count *first);
int winvm_events_load(void);
void winvm_events_flush(void);
void winvm_events_unload(void);

/* memory_notice.c */
void winvm_memory_look(struct winvm_memory_news *news);
bool winvm_memory_set(const u64 *low, const u64 *high);
void winvm_memory_again(void);

/* netlink.c */
bool winvm_netlink_listened(struct net *net, enum winvm_group group);
bool winvm_netlink_tell(const struct winvm_event *event, struct net *net,
			const struct winvm_count *count);
bool winvm_netlink_find(struct sk_buff *skb, u32 pid, struct winvm_listed *listed);

/* netlink_admin.c */
extern const struct nla_policy winvm_set_limit_policy[WINVM_NL_A_LIMIT_BYTES + 1];
bool winvm_netlink_admin(const struct sk_buff *skb);
int winvm_netlink_set_limit(struct sk_buff *skb, struct genl_info *info);

#endif
