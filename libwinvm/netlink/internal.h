/* SPDX-License-Identifier: MIT */
/* What the files of libwinvm-netlink share. */
#ifndef WINVM_NETLINK_INTERNAL_H
#define WINVM_NETLINK_INTERNAL_H

#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <stdbool.h>

#include <winvm-netlink.h>

#define WINVM_NL_GROUPS 4

/**
 * struct winvm_nl - a socket
 * @socket: libnl's
 * @family: number of the family
 * @joined: how many of the groups it listens to; 0: it asks
 * @heard: an event was read: the three that follow are known
 * @number: of the last event
 * @lost: as it told
 * @overruns: since then
 */
struct winvm_nl {
	struct nl_sock *socket;
	int family;
	unsigned int joined;
	bool heard;
	uint64_t number;
	uint64_t lost;
	uint32_t overruns;
};

/* Called for each answer; 0, or minus an errno. */
typedef int winvm_nl_reader(const struct nlmsghdr *message, void *argument);

/* socket.c: a request, sent and answered. */
struct nl_msg *winvm_nl_request(const struct winvm_nl *nl, int command, int flags);
int winvm_nl_ask(struct winvm_nl *nl, struct nl_msg *request, winvm_nl_reader *reader,
		 void *argument);

/* parse.c: 0, or -EPROTO. */
int winvm_nl_parse_process(const struct nlmsghdr *message, struct winvm_nl_process *process);
int winvm_nl_parse_system(const struct nlmsghdr *message, struct winvm_nl_system *system);
int winvm_nl_parse_event(const struct nlmsghdr *message, struct winvm_nl_event *event);

/* event.c: what is missing between the last event and this. */
void winvm_nl_count_missed(struct winvm_nl *nl, struct winvm_nl_event *event);

#endif
