/* SPDX-License-Identifier: GPL-2.0 */
/* The generic netlink family, spoken to byte by byte. */
#ifndef KSELFTEST_GENL_H
#define KSELFTEST_GENL_H

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "../../uapi/linux/winvm_netlink.h"

#define GENL_NO_ANSWER (-1000)

/* As the macros of Linux have them, without a sign. */
#define GENL_ATTRIBUTE	   sizeof(struct nlattr)
#define GENL_HEADERS	   (sizeof(struct nlmsghdr) + sizeof(struct genlmsghdr))
#define GENL_PADDED(bytes) (((size_t)(bytes) + 3) & ~(size_t)3)

struct genl {
	int fd;
	uint16_t family;
	uint32_t group; /* the family's first one */
	uint32_t sequence;
};

/* A request while it is written. */
struct genl_request {
	struct nlmsghdr header;
	struct genlmsghdr genl;
	char attributes[256];
};

/* What is told of a process; @has: bits of the attributes that were there. */
struct genl_told {
	uint64_t has;
	uint64_t number[WINVM_NL_A_MAX + 1];
	char comm[64];
	uint8_t command;
};

static inline void genl_begin(struct genl_request *request, uint16_t type, uint8_t command,
			      uint16_t flags)
{
	memset(request, 0, sizeof(*request));
	request->header.nlmsg_len = GENL_HEADERS;
	request->header.nlmsg_type = type;
	request->header.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	request->genl.cmd = command;
	request->genl.version = WINVM_NL_VERSION;
}

static inline void genl_add(struct genl_request *request, uint16_t type, const void *data,
			    size_t bytes)
{
	size_t at = GENL_PADDED(request->header.nlmsg_len);
	struct nlattr *attribute = (struct nlattr *)((char *)request + at);

	attribute->nla_type = type;
	attribute->nla_len = (uint16_t)(GENL_ATTRIBUTE + bytes);
	memcpy((char *)attribute + GENL_ATTRIBUTE, data, bytes);
	request->header.nlmsg_len = (uint32_t)(at + GENL_PADDED(attribute->nla_len));
}

static inline int genl_send(struct genl *genl, struct genl_request *request)
{
	request->header.nlmsg_seq = ++genl->sequence;
	return send(genl->fd, request, request->header.nlmsg_len, 0) < 0 ? -errno : 0;
}

/* Calls @each for every attribute of a list. */
static inline void genl_attributes(const void *list, size_t bytes,
				   void (*each)(const struct nlattr *, const void *, void *),
				   void *argument)
{
	const char *at = list, *end = at + bytes;

	while (at + GENL_ATTRIBUTE <= end) {
		const struct nlattr *attribute = (const struct nlattr *)at;

		if (attribute->nla_len < GENL_ATTRIBUTE || attribute->nla_len > end - at)
			return;
		each(attribute, at + GENL_ATTRIBUTE, argument);
		at += GENL_PADDED(attribute->nla_len);
	}
}

static inline void genl_tell(const struct nlattr *attribute, const void *data, void *argument)
{
	struct genl_told *told = argument;
	size_t bytes = attribute->nla_len - GENL_ATTRIBUTE;
	uint16_t type = attribute->nla_type;

	if (type > WINVM_NL_A_MAX || type == WINVM_NL_A_PAD)
		return;
	told->has |= UINT64_C(1) << type;
	if (type == WINVM_NL_A_COMM)
		snprintf(told->comm, sizeof(told->comm), "%.*s", (int)bytes, (const char *)data);
	else if (bytes <= sizeof(told->number[0]))
		memcpy(&told->number[type], data, bytes);
}

static inline struct genl_told genl_read(const struct nlmsghdr *header)
{
	const struct genlmsghdr *genl = NLMSG_DATA(header);
	struct genl_told told = { .command = genl->cmd };

	genl_attributes((const char *)genl + sizeof(struct genlmsghdr),
			header->nlmsg_len - GENL_HEADERS, genl_tell, &told);
	return told;
}

/* The number in an error message or at a dump's end: 0 or minus errno. */
static inline int genl_error(const struct nlmsghdr *header)
{
	int error;

	memcpy(&error, NLMSG_DATA(header), sizeof(error));
	return error;
}

static inline ssize_t genl_receive(struct genl *genl, void *buffer, size_t bytes)
{
	ssize_t length = recv(genl->fd, buffer, bytes, 0);

	return length < 0 ? -errno : length;
}

/* 0 and the answer, or minus errno. */
static inline int genl_ask(struct genl *genl, struct genl_request *request, struct genl_told *told)
{
	char buffer[8192] __attribute__((aligned(8)));
	const struct nlmsghdr *header = (const struct nlmsghdr *)buffer;
	int err = genl_send(genl, request);
	ssize_t length;

	if (err)
		return err;
	length = genl_receive(genl, buffer, sizeof(buffer));
	if (length < (ssize_t)sizeof(*header))
		return GENL_NO_ANSWER;
	if (header->nlmsg_type == NLMSG_ERROR)
		return genl_error(header);
	if (told)
		*told = genl_read(header);
	return 0;
}

static inline int genl_get(struct genl *genl, uint32_t pid, struct genl_told *told)
{
	struct genl_request request;

	genl_begin(&request, genl->family, WINVM_NL_CMD_GET_PROCESS, 0);
	genl_add(&request, WINVM_NL_A_PID, &pid, sizeof(pid));
	return genl_ask(genl, &request, told);
}

/* A dump as it goes on: what one recv() brought, until @done. */
struct genl_dump {
	struct genl_told *told;
	size_t count;
	size_t room;
	bool interrupted;
	bool done;
	int error;
};

static inline int genl_dump_begin(struct genl *genl)
{
	struct genl_request request;

	genl_begin(&request, genl->family, WINVM_NL_CMD_GET_PROCESS, NLM_F_DUMP);
	return genl_send(genl, &request);
}

static inline void genl_dump_message(struct genl_dump *dump, const struct nlmsghdr *header)
{
	dump->interrupted |= header->nlmsg_flags & NLM_F_DUMP_INTR;
	if (header->nlmsg_type == NLMSG_DONE || header->nlmsg_type == NLMSG_ERROR) {
		dump->done = true;
		dump->error = genl_error(header);
	} else if (dump->count < dump->room) {
		dump->told[dump->count++] = genl_read(header);
	}
}

static inline void genl_dump_more(struct genl *genl, struct genl_dump *dump)
{
	char buffer[16384] __attribute__((aligned(8)));
	const struct nlmsghdr *header = (const struct nlmsghdr *)buffer;
	ssize_t left = genl_receive(genl, buffer, sizeof(buffer));

	if (left <= 0) {
		dump->done = true;
		dump->error = left ? (int)left : GENL_NO_ANSWER;
	}
	for (; left > 0 && NLMSG_OK(header, (uint32_t)left); header = NLMSG_NEXT(header, left))
		genl_dump_message(dump, header);
}

static inline int genl_dump(struct genl *genl, struct genl_dump *dump)
{
	int err = genl_dump_begin(genl);

	while (!err && !dump->done)
		genl_dump_more(genl, dump);
	return err ? err : dump->error;
}

/* How often a number is in a dump. */
static inline int genl_dump_has(const struct genl_dump *dump, int attribute, uint64_t number)
{
	int found = 0;

	for (size_t i = 0; i < dump->count; i++)
		found += dump->told[i].number[attribute] == number;
	return found;
}

static inline void genl_learn_group(const struct nlattr *attribute, const void *data,
				    void *argument)
{
	struct genl *genl = argument;

	if (attribute->nla_type == CTRL_ATTR_MCAST_GRP_ID)
		memcpy(&genl->group, data, sizeof(genl->group));
}

static inline void genl_learn_groups(const struct nlattr *attribute, const void *data,
				     void *argument)
{
	struct genl *genl = argument;

	if (!genl->group)
		genl_attributes(data, attribute->nla_len - GENL_ATTRIBUTE, genl_learn_group, genl);
}

static inline void genl_learn(const struct nlattr *attribute, const void *data, void *argument)
{
	struct genl *genl = argument;

	if ((attribute->nla_type & NLA_TYPE_MASK) == CTRL_ATTR_FAMILY_ID)
		memcpy(&genl->family, data, sizeof(genl->family));
	else if ((attribute->nla_type & NLA_TYPE_MASK) == CTRL_ATTR_MCAST_GROUPS)
		genl_attributes(data, attribute->nla_len - GENL_ATTRIBUTE, genl_learn_groups, genl);
}

/* The family is asked for by its name. */
static inline bool genl_find(struct genl *genl)
{
	char buffer[8192] __attribute__((aligned(8)));
	const struct nlmsghdr *header = (const struct nlmsghdr *)buffer;
	struct genl_request request;

	genl_begin(&request, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
	genl_add(&request, CTRL_ATTR_FAMILY_NAME, WINVM_NL_FAMILY, sizeof(WINVM_NL_FAMILY));
	if (genl_send(genl, &request) ||
	    genl_receive(genl, buffer, sizeof(buffer)) < NLMSG_HDRLEN ||
	    header->nlmsg_type != GENL_ID_CTRL)
		return false;
	genl_attributes((const char *)NLMSG_DATA(header) + sizeof(struct genlmsghdr),
			header->nlmsg_len - GENL_HEADERS, genl_learn, genl);
	return genl->family;
}

/* Not every kernel has them. */
static inline bool genl_net_namespaces(void)
{
	return !access("/proc/self/ns/net", F_OK);
}

/* fd -1 on failure. Whoever waits for an answer that does not come learns it. */
static inline struct genl genl_open(void)
{
	struct genl genl = { .fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC) };
	struct timeval patience = { .tv_sec = 30 };

	if (genl.fd < 0)
		return genl;
	setsockopt(genl.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (!genl_find(&genl)) {
		close(genl.fd);
		genl.fd = -1;
	}
	return genl;
}

#endif
