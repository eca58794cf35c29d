// SPDX-License-Identifier: MIT
/* Events: heard one by one, and what was not heard counted. */
#include <errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <string.h>
#include <sys/socket.h>

#include "internal.h"

/* An event is some 300 bytes long. */
#define WINVM_NL_EVENT_BYTES 4096

/* The controller is asked by another socket: this one may listen already. */
static int winvm_nl_group_number(const char *group)
{
	struct nl_sock *socket = nl_socket_alloc();
	int number = -NLE_NOMEM;

	if (socket && !genl_connect(socket))
		number = genl_ctrl_resolve_grp(socket, WINVM_NL_FAMILY, group);
	if (socket)
		nl_socket_free(socket);
	return number;
}

int winvm_nl_join(struct winvm_nl *nl, const char *group)
{
	int number = winvm_nl_group_number(group);

	if (number < 0)
		return number == -NLE_NOMEM ? -ENOMEM : -EOPNOTSUPP;
	if (setsockopt(nl_socket_get_fd(nl->socket), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &number,
		       sizeof(number)))
		return -errno;
	nl->joined++;
	return 0;
}

/*
 * Who has not joined all groups sees gaps where there were events of others: only what
 * the module itself lost is known then.
 */
void winvm_nl_count_missed(struct winvm_nl *nl, struct winvm_nl_event *event)
{
	event->overruns = nl->overruns;
	if (nl->heard && nl->joined >= WINVM_NL_GROUPS)
		event->missed = event->number - nl->number - 1;
	else if (nl->heard)
		event->missed = event->lost - nl->lost;
	nl->heard = true;
	nl->number = event->number;
	nl->lost = event->lost;
	nl->overruns = 0;
}

/* Only the kernel tells events; bytes, or minus an errno. */
static ssize_t winvm_nl_receive_event(struct winvm_nl *nl, void *buffer, size_t room)
{
	struct sockaddr_nl from = { 0 };
	socklen_t bytes = sizeof(from);
	ssize_t length;

	do {
		length = recvfrom(nl_socket_get_fd(nl->socket), buffer, room,
				  MSG_DONTWAIT | MSG_TRUNC, (struct sockaddr *)&from, &bytes);
		nl->overruns += length < 0 && errno == ENOBUFS;
	} while (length < 0 ? errno == ENOBUFS || errno == EINTR : from.nl_pid != 0);
	if (length < 0)
		return -errno;
	return (size_t)length <= room ? length : -EPROTO;
}

int winvm_nl_read_event(struct winvm_nl *nl, struct winvm_nl_event *event)
{
	char buffer[WINVM_NL_EVENT_BYTES] __attribute__((aligned(8)));
	const struct nlmsghdr *message = (const struct nlmsghdr *)buffer;
	ssize_t length = winvm_nl_receive_event(nl, buffer, sizeof(buffer));
	int error;

	if (length < 0)
		return (int)length;
	if (!nlmsg_ok(message, (int)length) || message->nlmsg_type != nl->family)
		return -EPROTO;
	error = winvm_nl_parse_event(message, event);
	if (!error)
		winvm_nl_count_missed(nl, event);
	return error;
}
