// SPDX-License-Identifier: MIT
/* The socket: found, asked, closed. */
#include <errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <stdlib.h>

#include "internal.h"

/**
 * struct winvm_nl_call - a question while it is answered
 * @reader: of answers
 * @argument: its own
 * @error: what it, or the kernel, said
 */
struct winvm_nl_call {
	winvm_nl_reader *reader;
	void *argument;
	int error;
};

/* What libnl itself has to say; what the kernel says comes as an errno. */
static int winvm_nl_errno(int error)
{
	if (error >= 0)
		return 0;
	switch (-error) {
	case NLE_NOMEM:
		return -ENOMEM;
	case NLE_OBJ_NOTFOUND:
		return -ENOENT;
	case NLE_PERM:
	case NLE_NOACCESS:
		return -EPERM;
	case NLE_DUMP_INTR:
		return -EAGAIN;
	case NLE_PROTO_MISMATCH:
	case NLE_AF_NOSUPPORT:
		return -EPROTONOSUPPORT;
	default:
		return -EPROTO;
	}
}

static int winvm_nl_connect(struct winvm_nl *nl)
{
	int error;

	nl->socket = nl_socket_alloc();
	if (!nl->socket)
		return -ENOMEM;
	error = winvm_nl_errno(genl_connect(nl->socket));
	if (error)
		return error;
	nl->family = genl_ctrl_resolve(nl->socket, WINVM_NL_FAMILY);
	return nl->family < 0 ? winvm_nl_errno(nl->family) : 0;
}

int winvm_nl_open(struct winvm_nl **nl)
{
	int error;

	*nl = calloc(1, sizeof(**nl));
	if (!*nl)
		return -ENOMEM;
	error = winvm_nl_connect(*nl);
	if (error) {
		winvm_nl_close(*nl);
		*nl = NULL;
	}
	return error;
}

void winvm_nl_close(struct winvm_nl *nl)
{
	if (!nl)
		return;
	if (nl->socket)
		nl_socket_free(nl->socket);
	free(nl);
}

int winvm_nl_fd(const struct winvm_nl *nl)
{
	return nl_socket_get_fd(nl->socket);
}

/* NULL without memory. */
struct nl_msg *winvm_nl_request(const struct winvm_nl *nl, int command, int flags)
{
	struct nl_msg *request = nlmsg_alloc();

	if (request && !genlmsg_put(request, NL_AUTO_PORT, NL_AUTO_SEQ, nl->family, 0, flags,
				    (uint8_t)command, WINVM_NL_VERSION)) {
		nlmsg_free(request);
		request = NULL;
	}
	return request;
}

static int winvm_nl_valid(struct nl_msg *message, void *argument)
{
	struct winvm_nl_call *call = argument;

	if (call->reader && !call->error)
		call->error = call->reader(nlmsg_hdr(message), call->argument);
	return NL_OK;
}

static int winvm_nl_refused(struct sockaddr_nl *from, struct nlmsgerr *refusal, void *argument)
{
	struct winvm_nl_call *call = argument;

	(void)from;
	call->error = refusal->error;
	return NL_STOP;
}

/* A dump ends with an error when it fails amid its way. */
static int winvm_nl_finish(struct nl_msg *message, void *argument)
{
	struct winvm_nl_call *call = argument;
	const struct nlmsghdr *header = nlmsg_hdr(message);

	if (nlmsg_datalen(header) >= (int)sizeof(int) && *(const int *)nlmsg_data(header) < 0)
		call->error = *(const int *)nlmsg_data(header);
	return NL_STOP;
}

static int winvm_nl_done(struct nl_msg *message, void *argument)
{
	(void)message;
	(void)argument;
	return NL_STOP;
}

static int winvm_nl_receive(struct winvm_nl *nl, struct winvm_nl_call *call)
{
	struct nl_cb *callbacks = nl_cb_alloc(NL_CB_DEFAULT);
	int error;

	if (!callbacks)
		return -ENOMEM;
	nl_cb_set(callbacks, NL_CB_VALID, NL_CB_CUSTOM, winvm_nl_valid, call);
	nl_cb_set(callbacks, NL_CB_FINISH, NL_CB_CUSTOM, winvm_nl_finish, call);
	nl_cb_set(callbacks, NL_CB_ACK, NL_CB_CUSTOM, winvm_nl_done, call);
	nl_cb_err(callbacks, NL_CB_CUSTOM, winvm_nl_refused, call);
	error = nl_recvmsgs(nl->socket, callbacks);
	nl_cb_put(callbacks);
	return call->error ? call->error : winvm_nl_errno(error);
}

/*
 * Sends the request, frees it, and reads what comes until the kernel says that that was
 * all. -EAGAIN: an answer in many parts is not of one moment.
 */
int winvm_nl_ask(struct winvm_nl *nl, struct nl_msg *request, winvm_nl_reader *reader,
		 void *argument)
{
	struct winvm_nl_call call = { .reader = reader, .argument = argument };
	bool answered = reader && !(nlmsg_hdr(request)->nlmsg_flags & NLM_F_DUMP);
	int error;

	if (nl->joined) {
		nlmsg_free(request);
		return -EBUSY;
	}
	error = winvm_nl_errno(nl_send_auto(nl->socket, request));
	nlmsg_free(request);
	if (error)
		return error;
	error = winvm_nl_receive(nl, &call);
	/* The acknowledgement comes after the answer. */
	if (answered && !error)
		error = winvm_nl_receive(nl, &call);
	return error;
}
