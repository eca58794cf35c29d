/* SPDX-License-Identifier: GPL-2.0 */
/* What the rooms of the netlink family share. */
#ifndef WINVM_NETLINK_ROOMS_H
#define WINVM_NETLINK_ROOMS_H

#include <net/genetlink.h>

#include "../uapi/linux/winvm_netlink.h"

struct winvm_memory_news;

/* The highest attribute of WINVM_NL_CMD_SET_SYSTEM. */
#define WINVM_SET_SYSTEM_MOST	WINVM_NL_A_NEAR_PERCENT

static inline int winvm_put_u64(struct sk_buff *skb, int type, u64 value)
{
	return nla_put_u64_64bit(skb, type, value, WINVM_NL_A_PAD);
}

/* netlink.c */
extern struct genl_family winvm_family;
int winvm_put_memory(struct sk_buff *skb, const struct winvm_memory_news *news);

/* netlink_system.c */
extern const struct nla_policy winvm_get_system_policy[WINVM_NL_A_PAD + 1];
extern const struct nla_policy winvm_set_system_policy[WINVM_SET_SYSTEM_MOST + 1];
int winvm_get_system(struct sk_buff *skb, struct genl_info *info);
int winvm_set_system(struct sk_buff *skb, struct genl_info *info);

#endif
