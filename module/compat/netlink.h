/* SPDX-License-Identifier: GPL-2.0 */
/* Differences between kernels in generic netlink. */
#ifndef WINVM_COMPAT_NETLINK_H
#define WINVM_COMPAT_NETLINK_H

#include <linux/version.h>
#include <net/genetlink.h>

/* 6.7: they are in the structure that describes the request. */
static inline struct nlattr **winvm_compat_dump_attributes(struct netlink_callback *cb)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
	return genl_dumpit_info(cb)->attrs;
#else
	return genl_dumpit_info(cb)->info.attrs;
#endif
}

#endif
