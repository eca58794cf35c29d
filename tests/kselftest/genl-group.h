/* SPDX-License-Identifier: GPL-2.0 */
/* Listeners of one of the family's groups, by its name. */
#ifndef KSELFTEST_GENL_GROUP_H
#define KSELFTEST_GENL_GROUP_H

#include <stdlib.h>

#include "genl.h"

struct genl_group {
	const char *name;
	char seen[32]; /* of the group whose attributes are read */
	uint32_t number;
	uint32_t found;
};

static inline void genl_group_attribute(const struct nlattr *attribute, const void *data,
					void *argument)
{
	struct genl_group *group = argument;
	size_t bytes = attribute->nla_len - GENL_ATTRIBUTE;

	if (attribute->nla_type == CTRL_ATTR_MCAST_GRP_ID)
		memcpy(&group->number, data, sizeof(group->number));
	else if (attribute->nla_type == CTRL_ATTR_MCAST_GRP_NAME)
		snprintf(group->seen, sizeof(group->seen), "%.*s", (int)bytes, (const char *)data);
}

static inline void genl_group_entry(const struct nlattr *attribute, const void *data,
				    void *argument)
{
	struct genl_group *group = argument;

	genl_attributes(data, attribute->nla_len - GENL_ATTRIBUTE, genl_group_attribute, group);
	if (!strcmp(group->seen, group->name))
		group->found = group->number;
}

static inline void genl_group_list(const struct nlattr *attribute, const void *data, void *argument)
{
	if ((attribute->nla_type & NLA_TYPE_MASK) == CTRL_ATTR_MCAST_GROUPS)
		genl_attributes(data, attribute->nla_len - GENL_ATTRIBUTE, genl_group_entry,
				argument);
}

/* Joins a group: 0 or minus errno. */
static inline int genl_join(struct genl *genl, const char *name)
{
	char buffer[8192] __attribute__((aligned(8)));
	const struct nlmsghdr *header = (const struct nlmsghdr *)buffer;
	struct genl_group group = { .name = name };
	struct genl_request request;

	genl_begin(&request, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
	genl_add(&request, CTRL_ATTR_FAMILY_NAME, WINVM_NL_FAMILY, sizeof(WINVM_NL_FAMILY));
	if (genl_send(genl, &request) || genl_receive(genl, buffer, sizeof(buffer)) < NLMSG_HDRLEN)
		return -EIO;
	genl_attributes((const char *)NLMSG_DATA(header) + sizeof(struct genlmsghdr),
			header->nlmsg_len - GENL_HEADERS, genl_group_list, &group);
	if (!group.found)
		return -ENOENT;
	return setsockopt(genl->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group.found,
			  sizeof(group.found)) ?
		       -errno :
		       0;
}

/* fd -1 on failure. @bytes: how much may wait. */
static inline struct genl genl_listen(const char *name, int bytes)
{
	struct genl genl = genl_open();

	if (genl.fd >= 0 &&
	    (setsockopt(genl.fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) ||
	     genl_join(&genl, name))) {
		close(genl.fd);
		genl.fd = -1;
	}
	return genl;
}

/* The next event; command 0 when none comes in time. */
static inline struct genl_told genl_hear(struct genl *genl)
{
	char buffer[8192] __attribute__((aligned(8)));
	ssize_t length = genl_receive(genl, buffer, sizeof(buffer));

	if (length < (ssize_t)sizeof(struct nlmsghdr))
		return (struct genl_told){ .command = 0 };
	return genl_read((const struct nlmsghdr *)buffer);
}

#endif
