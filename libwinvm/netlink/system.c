// SPDX-License-Identifier: MIT
/* What stands for the machine, and what administrators set. */
#include <errno.h>

#include "internal.h"

static int winvm_nl_read_system(const struct nlmsghdr *message, void *argument)
{
	return winvm_nl_parse_system(message, argument);
}

int winvm_nl_get_system(struct winvm_nl *nl, struct winvm_nl_system *system)
{
	struct nl_msg *request = winvm_nl_request(nl, WINVM_NL_CMD_GET_SYSTEM, 0);

	return request ? winvm_nl_ask(nl, request, winvm_nl_read_system, system) : -ENOMEM;
}

/* Sends the request if all of it found room. */
static int winvm_nl_order(struct winvm_nl *nl, struct nl_msg *request, bool complete)
{
	if (complete)
		return winvm_nl_ask(nl, request, NULL, NULL);
	nlmsg_free(request);
	return -ENOMEM;
}

int winvm_nl_set_limit(struct winvm_nl *nl, uint32_t pid, uint64_t bytes)
{
	struct nl_msg *request = winvm_nl_request(nl, WINVM_NL_CMD_SET_LIMIT, 0);
	bool complete;

	if (!request)
		return -ENOMEM;
	complete = !(pid && nla_put_u32(request, WINVM_NL_A_PID, pid)) &&
		   !nla_put_u64(request, WINVM_NL_A_LIMIT_BYTES, bytes);
	return winvm_nl_order(nl, request, complete);
}

static bool winvm_nl_put_told(struct nl_msg *request, const struct winvm_nl_system *system,
			      int attribute, uint64_t bytes)
{
	return !(system->told & WINVM_NL_TOLD(attribute)) ||
	       !nla_put_u64(request, attribute, bytes);
}

int winvm_nl_set_system(struct winvm_nl *nl, const struct winvm_nl_system *system)
{
	struct nl_msg *request = winvm_nl_request(nl, WINVM_NL_CMD_SET_SYSTEM, 0);
	bool complete;

	if (!request)
		return -ENOMEM;
	complete = winvm_nl_put_told(request, system, WINVM_NL_A_LOW_BYTES, system->low_bytes) &&
		   winvm_nl_put_told(request, system, WINVM_NL_A_HIGH_BYTES, system->high_bytes);
	if (system->told & WINVM_NL_TOLD(WINVM_NL_A_NEAR_PERCENT))
		complete &= !nla_put_u32(request, WINVM_NL_A_NEAR_PERCENT, system->near_percent);
	return winvm_nl_order(nl, request, complete);
}
