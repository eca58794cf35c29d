// SPDX-License-Identifier: GPL-2.0
/*
 * What stands for the machine: asked for by everybody, set by who rules it. The
 * socket may have come from somebody else, so who opened it must rule, too.
 */

#include <linux/cred.h>
#include <linux/net.h>
#include <linux/user_namespace.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "../uapi/linux/winvm_netlink.h"
#include "netlink.h"
#include "roster.h"

/* All attributes are refused. */
const struct nla_policy winvm_get_system_policy[WINVM_NL_A_PAD + 1] = {
	[WINVM_NL_A_PAD] = { .type = NLA_REJECT },
};

const struct nla_policy winvm_set_system_policy[WINVM_SET_SYSTEM_MOST + 1] = {
	[WINVM_NL_A_LOW_BYTES] = { .type = NLA_U64 },
	[WINVM_NL_A_HIGH_BYTES] = { .type = NLA_U64 },
};

static int winvm_put_u64(struct sk_buff *skb, int type, u64 value)
{
	return nla_put_u64_64bit(skb, type, value, WINVM_NL_A_PAD);
}

static int winvm_put_system(struct sk_buff *skb)
{
	struct winvm_commit_totals totals;
	struct winvm_memory_news news;

	winvm_commit_totals(&totals);
	winvm_memory_look(&news);
	return winvm_put_u64(skb, WINVM_NL_A_SYSTEM_COMMIT_BYTES, totals.pages << PAGE_SHIFT) ?:
	       winvm_put_u64(skb, WINVM_NL_A_PEAK_SYSTEM_COMMIT_BYTES,
			     totals.peak << PAGE_SHIFT) ?:
	       winvm_put_u64(skb, WINVM_NL_A_SYSTEM_LIMIT_BYTES, totals.limit << PAGE_SHIFT) ?:
	       winvm_put_memory(skb, &news);
}

/* winvm_get_system() - WINVM_NL_CMD_GET_SYSTEM */
int winvm_get_system(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *reply = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	void *header;

	if (!reply)
		return -ENOMEM;
	header = genlmsg_put_reply(reply, info, &winvm_family, 0, WINVM_NL_CMD_GET_SYSTEM);
	if (!header || winvm_put_system(reply)) {
		nlmsg_free(reply);
		return -EMSGSIZE;
	}
	genlmsg_end(reply, header);
	/* Who listens and asks is told of each change from now on. */
	winvm_memory_again();
	return genlmsg_reply(reply, info);
}

static bool winvm_may_rule(const struct sk_buff *skb)
{
	const struct socket *socket = NETLINK_CB(skb).sk->sk_socket;

	return socket && socket->file &&
	       file_ns_capable(socket->file, &init_user_ns, CAP_SYS_ADMIN) &&
	       ns_capable(&init_user_ns, CAP_SYS_ADMIN);
}

/* What an attribute says; NULL if it is not there. */
static const u64 *winvm_get_u64(const struct genl_info *info, int type, u64 *room)
{
	if (!info->attrs[type])
		return NULL;
	*room = nla_get_u64(info->attrs[type]);
	return room;
}

/* winvm_set_system() - WINVM_NL_CMD_SET_SYSTEM: all or nothing */
int winvm_set_system(struct sk_buff *skb, struct genl_info *info)
{
	const u64 *low, *high;
	u64 room[2];

	if (!winvm_may_rule(skb))
		return -EPERM;
	low = winvm_get_u64(info, WINVM_NL_A_LOW_BYTES, &room[0]);
	high = winvm_get_u64(info, WINVM_NL_A_HIGH_BYTES, &room[1]);
	if (!low && !high) {
		NL_SET_ERR_MSG(info->extack, "nothing to set");
		return -EINVAL;
	}
	if (!winvm_memory_set(low, high)) {
		NL_SET_ERR_MSG(info->extack, "low must be below high");
		return -EINVAL;
	}
	winvm_memory_again();
	return 0;
}
