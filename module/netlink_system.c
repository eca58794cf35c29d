// SPDX-License-Identifier: GPL-2.0
/*
 * What stands for the machine: asked for by everybody, set by the administrator.
 */

#include <net/genetlink.h>

#include "../uapi/linux/winvm_netlink.h"
#include "limit.h"
#include "netlink.h"
#include "roster.h"

/* All attributes are refused. */
const struct nla_policy winvm_get_system_policy[WINVM_NL_A_PAD + 1] = {
	[WINVM_NL_A_PAD] = { .type = NLA_REJECT },
};

const struct nla_policy winvm_set_system_policy[WINVM_SET_SYSTEM_MOST + 1] = {
	[WINVM_NL_A_LOW_BYTES] = { .type = NLA_U64 },
	[WINVM_NL_A_HIGH_BYTES] = { .type = NLA_U64 },
	[WINVM_NL_A_NEAR_PERCENT] = NLA_POLICY_RANGE(NLA_U32, 1, 100),
};

static int winvm_put_system(struct sk_buff *skb)
{
	struct winvm_commit_totals totals;
	struct winvm_memory_news news;

	winvm_commit_totals(&totals);
	winvm_memory_look(&news);
	return winvm_put_u64(skb, WINVM_NL_A_SYSTEM_COMMIT_BYTES, totals.pages << PAGE_SHIFT) ?:
	       winvm_put_u64(skb, WINVM_NL_A_PEAK_SYSTEM_COMMIT_BYTES,
			     totals.peak << PAGE_SHIFT) ?:
	       winvm_put_u64(skb, WINVM_NL_A_LIMIT_BYTES,
			     winvm_limit_bytes(winvm_limit_default())) ?:
	       winvm_put_u64(skb, WINVM_NL_A_REFUSED, winvm_commit_refused()) ?:
	       nla_put_u32(skb, WINVM_NL_A_NEAR_PERCENT, winvm_near_percent()) ?:
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
	const struct nlattr *near;
	const u64 *low, *high;
	u64 room[2];

	if (!winvm_netlink_admin(skb))
		return -EPERM;
	low = winvm_get_u64(info, WINVM_NL_A_LOW_BYTES, &room[0]);
	high = winvm_get_u64(info, WINVM_NL_A_HIGH_BYTES, &room[1]);
	near = info->attrs[WINVM_NL_A_NEAR_PERCENT];
	if (!low && !high && !near) {
		NL_SET_ERR_MSG(info->extack, "nothing to set");
		return -EINVAL;
	}
	if ((low || high) && !winvm_memory_set(low, high)) {
		NL_SET_ERR_MSG(info->extack, "low must be below high");
		return -EINVAL;
	}
	if (near)
		winvm_near_percent_set(nla_get_u32(near));
	winvm_memory_again();
	return 0;
}
