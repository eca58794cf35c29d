// SPDX-License-Identifier: MIT
/* Processes: one, or all. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* A machine where processes come and go all the time gives no dump of one moment. */
#define WINVM_NL_DUMPS 5

/**
 * struct winvm_nl_list - processes as a dump brings them
 * @at: array with room for @room
 * @count: how many there are
 * @room: elements
 */
struct winvm_nl_list {
	struct winvm_nl_process *at;
	size_t count;
	size_t room;
};

static int winvm_nl_read_one(const struct nlmsghdr *message, void *argument)
{
	return winvm_nl_parse_process(message, argument);
}

int winvm_nl_get_process(struct winvm_nl *nl, uint32_t pid, struct winvm_nl_process *process)
{
	struct nl_msg *request = winvm_nl_request(nl, WINVM_NL_CMD_GET_PROCESS, 0);

	if (!request)
		return -ENOMEM;
	if (nla_put_u32(request, WINVM_NL_A_PID, pid)) {
		nlmsg_free(request);
		return -ENOMEM;
	}
	return winvm_nl_ask(nl, request, winvm_nl_read_one, process);
}

static bool winvm_nl_list_grow(struct winvm_nl_list *list)
{
	size_t room = list->room ? 2 * list->room : 64;
	struct winvm_nl_process *at;

	if (list->count < list->room)
		return true;
	at = realloc(list->at, room * sizeof(*at));
	if (!at)
		return false;
	list->at = at;
	list->room = room;
	return true;
}

static int winvm_nl_read_next(const struct nlmsghdr *message, void *argument)
{
	struct winvm_nl_list *list = argument;
	int error;

	if (!winvm_nl_list_grow(list))
		return -ENOMEM;
	error = winvm_nl_parse_process(message, &list->at[list->count]);
	list->count += !error;
	return error;
}

static int winvm_nl_dump(struct winvm_nl *nl, struct winvm_nl_list *list)
{
	struct nl_msg *request = winvm_nl_request(nl, WINVM_NL_CMD_GET_PROCESS, NLM_F_DUMP);

	list->count = 0;
	return request ? winvm_nl_ask(nl, request, winvm_nl_read_next, list) : -ENOMEM;
}

int winvm_nl_list_processes(struct winvm_nl *nl, struct winvm_nl_process **processes, size_t *count)
{
	struct winvm_nl_list list = { 0 };
	int error = -EAGAIN;

	for (int i = 0; error == -EAGAIN && i < WINVM_NL_DUMPS; i++)
		error = winvm_nl_dump(nl, &list);
	if (error && error != -EAGAIN) {
		free(list.at);
		list = (struct winvm_nl_list){ 0 };
	} else {
		error = 0;
	}
	*processes = list.at;
	*count = list.count;
	return error;
}
