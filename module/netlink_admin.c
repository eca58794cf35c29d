// SPDX-License-Identifier: GPL-2.0
/*
 * The commands of the generic netlink family by which the administrator sets
 * limits (uapi/linux/winvm_netlink.h). Both must be one, who opened the socket and
 * who sends by it: it may have come from somebody else.
 */

#include <linux/capability.h>
#include <linux/netlink.h>
#include <linux/sched/mm.h>
#include <net/genetlink.h>

#include "../uapi/linux/winvm_netlink.h"
#include "limit.h"
#include "roster.h"

const struct nla_policy winvm_set_limit_policy[WINVM_NL_A_LIMIT_BYTES + 1] = {
	[WINVM_NL_A_PID] = NLA_POLICY_MIN(NLA_U32, 1),
	[WINVM_NL_A_LIMIT_BYTES] = { .type = NLA_U64 },
};

/* winvm_netlink_admin() - over the first user namespace */
bool winvm_netlink_admin(const struct sk_buff *skb)
{
	return netlink_capable(skb, CAP_SYS_ADMIN);
}

/* What is not a whole page is not enough for one. */
static u64 winvm_limit_pages(u64 bytes)
{
	return bytes == U64_MAX ? U64_MAX : bytes >> PAGE_SHIFT;
}

static int winvm_set_limit_of(struct sk_buff *skb, u32 pid, u64 pages)
{
	struct winvm_listed listed;
	int err;

	if (!winvm_netlink_find(skb, pid, &listed))
		return -ESRCH;
	err = winvm_limit_set(listed.mm, pages);
	mmdrop(listed.mm);
	return err;
}

int winvm_netlink_set_limit(struct sk_buff *skb, struct genl_info *info)
{
	u64 pages;

	if (!winvm_netlink_admin(skb))
		return -EPERM;
	if (GENL_REQ_ATTR_CHECK(info, WINVM_NL_A_LIMIT_BYTES))
		return -EINVAL;
	pages = winvm_limit_pages(nla_get_u64(info->attrs[WINVM_NL_A_LIMIT_BYTES]));
	if (info->attrs[WINVM_NL_A_PID])
		return winvm_set_limit_of(skb, nla_get_u32(info->attrs[WINVM_NL_A_PID]), pages);
	winvm_limit_default_set(pages);
	return 0;
}
