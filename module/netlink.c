// SPDX-License-Identifier: GPL-2.0
/*
 * The generic netlink family (uapi/linux/winvm_netlink.h): questions, answers, and
 * messages about events.
 *
 * Who may see what: nothing that a module may call makes the kernel's own check
 * for ptrace, so this is its rule for reading, by users, groups, whether the
 * process may be dumped, and CAP_SYS_PTRACE. The socket may have come from
 * somebody else, who would read along: who opened it must pass, too.
 */

#include <linux/cred.h>
#include <linux/genetlink.h>
#include <linux/net.h>
#include <linux/pid_namespace.h>
#include <linux/sched/coredump.h>
#include <linux/sched/mm.h>
#include <linux/sched/task.h>
#include <linux/user_namespace.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "../uapi/linux/winvm_netlink.h"
#include "compat/netlink.h"
#include "netlink.h"
#include "roster.h"

/**
 * struct winvm_asker - who asks
 * @socket: by which socket
 * @pid_ns: where its numbers of processes are from
 */
struct winvm_asker {
	struct sock *socket;
	struct pid_namespace *pid_ns;
};

/**
 * struct winvm_portrait - a process as the asker sees it
 * @id: of its address space
 * @pid: in the asker's namespace
 * @uid: in that of the asker's socket
 * @comm: its name
 * @resident: bytes in memory
 * @faults: its page faults
 * @account: what it holds
 */
struct winvm_portrait {
	u64 id;
	u32 pid;
	u32 uid;
	char comm[TASK_COMM_LEN];
	u64 resident;
	struct winvm_faults faults;
	struct winvm_account account;
};

/* Sockets of the kernel's own have no file. */
static struct file *winvm_asker_file(const struct winvm_asker *asker)
{
	struct socket *socket = asker->socket->sk_socket;

	return socket ? socket->file : NULL;
}

static bool winvm_same_user(const struct cred *asker, const struct cred *owner)
{
	return uid_eq(asker->fsuid, owner->euid) && uid_eq(asker->fsuid, owner->suid) &&
	       uid_eq(asker->fsuid, owner->uid) && gid_eq(asker->fsgid, owner->egid) &&
	       gid_eq(asker->fsgid, owner->sgid) && gid_eq(asker->fsgid, owner->gid);
}

static bool winvm_capable(const struct file *socket, struct user_namespace *ns)
{
	return file_ns_capable(socket, ns, CAP_SYS_PTRACE) && ns_capable(ns, CAP_SYS_PTRACE);
}

static bool winvm_may_see(const struct winvm_asker *asker, struct mm_struct *mm,
			  const struct cred *owner)
{
	struct file *socket = winvm_asker_file(asker);

	if (!socket)
		return false;
	if (!(winvm_same_user(socket->f_cred, owner) && winvm_same_user(current_cred(), owner)) &&
	    !winvm_capable(socket, owner->user_ns))
		return false;
	return current->mm == mm || __get_dumpable(READ_ONCE(mm->flags)) == SUID_DUMP_USER ||
	       winvm_capable(socket, mm->user_ns);
}

static void winvm_draw(const struct winvm_asker *asker, const struct winvm_listed *listed,
		       struct task_struct *owner, struct winvm_portrait *portrait)
{
	portrait->id = listed->id;
	portrait->uid = from_kuid_munged(sk_user_ns(asker->socket), task_uid(owner));
	get_task_comm(portrait->comm, owner);
	portrait->resident = winvm_resident_of(listed->mm, owner) << PAGE_SHIFT;
	portrait->account = listed->account;
	winvm_faults_of(owner, &portrait->faults);
	portrait->faults.soft += listed->brought;
}

/* False if it is hidden, or has just died. */
static bool winvm_portray(const struct winvm_asker *asker, const struct winvm_listed *listed,
			  struct winvm_portrait *portrait)
{
	struct task_struct *owner = winvm_mm_owner(listed->mm);
	const struct cred *cred;
	bool seen;

	if (!owner)
		return false;
	portrait->pid = task_tgid_nr_ns(owner, asker->pid_ns);
	cred = get_task_cred(owner);
	seen = portrait->pid && winvm_may_see(asker, listed->mm, cred);
	put_cred(cred);
	if (seen)
		winvm_draw(asker, listed, owner, portrait);
	put_task_struct(owner);
	return seen;
}

/*
 * The next one behind @after that the asker may see. A walk past many that are
 * hidden lets others run, and ends when its reader is killed.
 */
static bool winvm_next_seen(const struct winvm_asker *asker, unsigned long after,
			    struct winvm_portrait *portrait)
{
	struct winvm_listed listed;
	bool seen;

	while (!fatal_signal_pending(current) && winvm_roster_next(after, &listed)) {
		seen = winvm_portray(asker, &listed, portrait);
		mmdrop(listed.mm);
		if (seen)
			return true;
		after = listed.id;
		cond_resched();
	}
	return false;
}

static int winvm_put_account(struct sk_buff *skb, const struct winvm_account *account)
{
	return winvm_put_u64(skb, WINVM_NL_A_VIRTUAL_BYTES, account->virtual) ?:
	       winvm_put_u64(skb, WINVM_NL_A_PEAK_VIRTUAL_BYTES, account->peak_virtual) ?:
	       winvm_put_u64(skb, WINVM_NL_A_COMMIT_BYTES, account->commit) ?:
	       winvm_put_u64(skb, WINVM_NL_A_PEAK_COMMIT_BYTES, account->peak_commit) ?:
	       winvm_put_u64(skb, WINVM_NL_A_BOOKKEEPING_BYTES, account->books) ?:
	       winvm_put_u64(skb, WINVM_NL_A_ALLOCATIONS, account->vads);
}

static int winvm_put_portrait(struct sk_buff *skb, const struct winvm_portrait *portrait)
{
	return winvm_put_u64(skb, WINVM_NL_A_PROCESS_ID, portrait->id) ?:
	       nla_put_u32(skb, WINVM_NL_A_PID, portrait->pid) ?:
	       nla_put_u32(skb, WINVM_NL_A_UID, portrait->uid) ?:
	       nla_put_string(skb, WINVM_NL_A_COMM, portrait->comm) ?:
	       winvm_put_u64(skb, WINVM_NL_A_RESIDENT_BYTES, portrait->resident) ?:
	       winvm_put_account(skb, &portrait->account);
}

/* In answers only: events are told when there is nobody to count them. */
static int winvm_put_answer(struct sk_buff *skb, const struct winvm_portrait *portrait)
{
	return winvm_put_portrait(skb, portrait) ?:
	       winvm_put_u64(skb, WINVM_NL_A_LIMIT_BYTES, portrait->account.limit) ?:
	       winvm_put_u64(skb, WINVM_NL_A_REFUSED, portrait->account.refusals) ?:
	       winvm_put_u64(skb, WINVM_NL_A_SOFT_FAULTS, portrait->faults.soft) ?:
	       winvm_put_u64(skb, WINVM_NL_A_HARD_FAULTS, portrait->faults.hard);
}

static bool winvm_find_pid(const struct winvm_asker *asker, u32 pid,
			   struct winvm_portrait *portrait)
{
	unsigned long after = 0;

	for (; winvm_next_seen(asker, after, portrait); after = portrait->id)
		if (portrait->pid == pid)
			return true;
	return false;
}

/*
 * winvm_netlink_find() - a process that the sender of a message may see
 *
 * Return: false if there is none; else the caller drops @listed->mm.
 */
bool winvm_netlink_find(struct sk_buff *skb, u32 pid, struct winvm_listed *listed)
{
	const struct winvm_asker asker = {
		.socket = NETLINK_CB(skb).sk,
		.pid_ns = task_active_pid_ns(current),
	};
	struct winvm_portrait portrait;

	if (!winvm_find_pid(&asker, pid, &portrait) || !winvm_roster_next(portrait.id - 1, listed))
		return false;
	if (listed->id == portrait.id)
		return true;
	mmdrop(listed->mm);
	return false;
}

/* Of all processes: for who rules the network namespace. */
#define WINVM_GROUP(title) { .name = (title), .flags = GENL_MCAST_CAP_SYS_ADMIN }

static const struct genl_multicast_group winvm_groups[] = {
	[WINVM_GROUP_PROCESS] = WINVM_GROUP(WINVM_NL_GROUP_PROCESS),
	[WINVM_GROUP_LIMIT] = WINVM_GROUP(WINVM_NL_GROUP_LIMIT),
	[WINVM_GROUP_MEMORY] = WINVM_GROUP(WINVM_NL_GROUP_MEMORY),
	[WINVM_GROUP_GUARD] = WINVM_GROUP(WINVM_NL_GROUP_GUARD),
};

static int winvm_reply(struct genl_info *info, const struct winvm_portrait *portrait)
{
	struct sk_buff *reply = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	void *header;

	if (!reply)
		return -ENOMEM;
	header = genlmsg_put_reply(reply, info, &winvm_family, 0, WINVM_NL_CMD_GET_PROCESS);
	if (!header || winvm_put_answer(reply, portrait)) {
		nlmsg_free(reply);
		return -EMSGSIZE;
	}
	genlmsg_end(reply, header);
	return genlmsg_reply(reply, info);
}

static int winvm_get_process(struct sk_buff *skb, struct genl_info *info)
{
	const struct winvm_asker asker = {
		.socket = NETLINK_CB(skb).sk,
		.pid_ns = task_active_pid_ns(current),
	};
	struct winvm_portrait portrait;

	if (GENL_REQ_ATTR_CHECK(info, WINVM_NL_A_PID))
		return -EINVAL;
	if (!winvm_find_pid(&asker, nla_get_u32(info->attrs[WINVM_NL_A_PID]), &portrait))
		return -ESRCH;
	return winvm_reply(info, &portrait);
}

/**
 * struct winvm_dump - a dump between its messages
 * @after: the identity that was told last
 * @pid_ns: of who began it, a reference
 */
struct winvm_dump {
	unsigned long after;
	struct pid_namespace *pid_ns;
};

static struct winvm_dump *winvm_dump_of(struct netlink_callback *cb)
{
	BUILD_BUG_ON(sizeof(struct winvm_dump) > sizeof(cb->ctx));
	return (struct winvm_dump *)cb->ctx;
}

static int winvm_dump_start(struct netlink_callback *cb)
{
	struct winvm_dump *dump = winvm_dump_of(cb);

	if (winvm_compat_dump_attributes(cb)[WINVM_NL_A_PID]) {
		NL_SET_ERR_MSG(cb->extack, "a dump is of all processes");
		return -EINVAL;
	}
	dump->pid_ns = get_pid_ns(task_active_pid_ns(current));
	return 0;
}

static int winvm_dump_done(struct netlink_callback *cb)
{
	put_pid_ns(winvm_dump_of(cb)->pid_ns);
	return 0;
}

static int winvm_dump_one(struct sk_buff *skb, struct netlink_callback *cb,
			  const struct winvm_portrait *portrait)
{
	void *header = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				   &winvm_family, NLM_F_MULTI, WINVM_NL_CMD_GET_PROCESS);

	if (!header)
		return -EMSGSIZE;
	genl_dump_check_consistent(cb, header);
	if (winvm_put_answer(skb, portrait)) {
		genlmsg_cancel(skb, header);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, header);
	return 0;
}

/* What does not fit comes with the next message, as it is then. */
static int winvm_dump_processes(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct winvm_dump *dump = winvm_dump_of(cb);
	const struct winvm_asker asker = {
		.socket = NETLINK_CB(cb->skb).sk,
		.pid_ns = dump->pid_ns,
	};
	struct winvm_portrait portrait;

	cb->seq = winvm_roster_generation();
	while (winvm_next_seen(&asker, dump->after, &portrait)) {
		if (winvm_dump_one(skb, cb, &portrait))
			break;
		dump->after = portrait.id;
	}
	return skb->len;
}

/* Numbers as the first namespace has them are told there, its own elsewhere. */
static void winvm_draw_event(const struct winvm_event *event, const struct net *net,
			     struct winvm_portrait *portrait)
{
	*portrait = (struct winvm_portrait){
		.id = event->id,
		.pid = net_eq(net, &init_net) ? pid_nr(event->pid) :
						pid_nr_ns(event->pid, ns_of_pid(event->pid)),
		.uid = from_kuid_munged(net->user_ns, event->uid),
		.account = event->account,
	};
	memcpy(portrait->comm, event->comm, sizeof(portrait->comm));
}

static int winvm_put_limit(struct sk_buff *skb, const struct winvm_limit_news *news)
{
	return nla_put_u32(skb, WINVM_NL_A_LIMIT, news->which) ?:
	       nla_put_u8(skb, WINVM_NL_A_LIMIT_HIT, news->hit) ?:
	       winvm_put_u64(skb, WINVM_NL_A_LIMIT_BYTES, news->limit) ?:
	       winvm_put_u64(skb, WINVM_NL_A_WANTED_BYTES, news->wanted) ?:
	       (news->job ? winvm_put_u64(skb, WINVM_NL_A_JOB_ID, news->job) : 0);
}

int winvm_put_memory(struct sk_buff *skb, const struct winvm_memory_news *news)
{
	return nla_put_u32(skb, WINVM_NL_A_MEMORY, news->state) ?:
	       winvm_put_u64(skb, WINVM_NL_A_AVAILABLE_BYTES, news->available) ?:
	       winvm_put_u64(skb, WINVM_NL_A_LOW_BYTES, news->low) ?:
	       winvm_put_u64(skb, WINVM_NL_A_HIGH_BYTES, news->high);
}

static int winvm_put_guard(struct sk_buff *skb, const struct winvm_guard_news *news,
			   const struct net *net)
{
	return nla_put_u32(skb, WINVM_NL_A_GUARD, news->what) ?:
	       (net_eq(net, &init_net) ?
			winvm_put_u64(skb, WINVM_NL_A_ADDRESS, news->address) : 0);
}

static int winvm_put_news(struct sk_buff *skb, const struct winvm_event *event,
			  const struct net *net)
{
	switch (event->command) {
	case WINVM_NL_CMD_LIMIT:
		return winvm_put_limit(skb, &event->limit);
	case WINVM_NL_CMD_MEMORY:
		return winvm_put_memory(skb, &event->memory);
	case WINVM_NL_CMD_GUARD:
		return winvm_put_guard(skb, &event->guard, net);
	default:
		return 0;
	}
}

static int winvm_put_subject(struct sk_buff *skb, const struct winvm_event *event,
			     const struct net *net)
{
	struct winvm_portrait portrait;

	if (!event->pid)
		return 0;
	winvm_draw_event(event, net, &portrait);
	return winvm_put_portrait(skb, &portrait);
}

static int winvm_put_event(struct sk_buff *skb, const struct winvm_event *event,
			   const struct net *net, const struct winvm_count *count)
{
	return winvm_put_u64(skb, WINVM_NL_A_NUMBER, count->number) ?:
	       winvm_put_u64(skb, WINVM_NL_A_LOST, count->lost) ?:
	       winvm_put_u64(skb, WINVM_NL_A_TIME, event->time) ?:
	       winvm_put_subject(skb, event, net) ?:
	       winvm_put_news(skb, event, net);
}

/* winvm_netlink_listened() - does anybody in a network namespace? May change at once. */
bool winvm_netlink_listened(struct net *net, enum winvm_group group)
{
	return genl_has_listeners(&winvm_family, net, group);
}

/*
 * winvm_netlink_tell() - tell an event to those in a network namespace who listen
 *
 * Whoever may sleep yields to a listener whose buffer is half full, each time:
 * one that never reads would keep the others waiting, until the queue is full.
 *
 * Return: false if it is lost, to all of them.
 */
bool winvm_netlink_tell(const struct winvm_event *event, struct net *net,
			const struct winvm_count *count)
{
	struct sk_buff *skb;
	void *header;

	if (!winvm_netlink_listened(net, event->group))
		return true;
	skb = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL | __GFP_NOWARN);
	if (!skb)
		return false;
	header = genlmsg_put(skb, 0, 0, &winvm_family, 0, event->command);
	if (!header || winvm_put_event(skb, event, net, count)) {
		nlmsg_free(skb);
		return false;
	}
	genlmsg_end(skb, header);
	genlmsg_multicast_netns(&winvm_family, net, skb, 0, event->group, GFP_ATOMIC);
	return true;
}

static const struct nla_policy winvm_process_policy[] = {
	[WINVM_NL_A_PID] = NLA_POLICY_MIN(NLA_U32, 1),
};

static const struct genl_ops winvm_operations[] = {
	{
		.cmd = WINVM_NL_CMD_GET_PROCESS,
		.policy = winvm_process_policy,
		.maxattr = ARRAY_SIZE(winvm_process_policy) - 1,
		.doit = winvm_get_process,
		.start = winvm_dump_start,
		.dumpit = winvm_dump_processes,
		.done = winvm_dump_done,
	},
	{
		.cmd = WINVM_NL_CMD_SET_LIMIT,
		.policy = winvm_set_limit_policy,
		.maxattr = ARRAY_SIZE(winvm_set_limit_policy) - 1,
		.doit = winvm_netlink_set_limit,
	},
	{
		.cmd = WINVM_NL_CMD_GET_SYSTEM,
		.policy = winvm_get_system_policy,
		.maxattr = ARRAY_SIZE(winvm_get_system_policy) - 1,
		.doit = winvm_get_system,
	},
	{
		.cmd = WINVM_NL_CMD_SET_SYSTEM,
		.policy = winvm_set_system_policy,
		.maxattr = ARRAY_SIZE(winvm_set_system_policy) - 1,
		.doit = winvm_set_system,
	},
};

/* Questions take no lock of the family's: each may be asked while others are. */
struct genl_family winvm_family __ro_after_init = {
	.name = WINVM_NL_FAMILY,
	.version = WINVM_NL_VERSION,
	.netnsok = true,
	.parallel_ops = true,
	.module = THIS_MODULE,
	.ops = winvm_operations,
	.n_ops = ARRAY_SIZE(winvm_operations),
	.mcgrps = winvm_groups,
	.n_mcgrps = ARRAY_SIZE(winvm_groups),
};

int __init winvm_netlink_load(void)
{
	int err = winvm_events_load();

	if (err)
		return err;
	err = genl_register_family(&winvm_family);
	if (err)
		winvm_events_unload();
	return err;
}

/*
 * When no process is left. Waits for questions that are being answered; listeners
 * are cut off, after they were told of the last.
 */
void winvm_netlink_unload(void)
{
	winvm_events_flush();
	genl_unregister_family(&winvm_family);
	winvm_events_unload();
}
