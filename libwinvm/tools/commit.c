// SPDX-License-Identifier: MIT
/* Commit, asked for and added up. */
#include <linux/capability.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "commit.h"

int commit_ask(struct winvm_nl *nl, struct commit *commit)
{
	int error;

	*commit = (struct commit){ 0 };
	error = winvm_nl_get_system(nl, &commit->system);
	if (!error)
		error = winvm_nl_list_processes(nl, &commit->list, &commit->count);
	if (error) {
		*commit = (struct commit){ 0 };
		return error;
	}
	for (size_t i = 0; i < commit->count; i++) {
		commit->charges += commit->list[i].commit_bytes;
		commit->kernel += commit->list[i].bookkeeping_bytes;
	}
	return 0;
}

void commit_forget(struct commit *commit)
{
	free(commit->list);
	*commit = (struct commit){ 0 };
}

/* In a container it says more than is so: no harm is done by that. */
bool commit_sees_all(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	return !syscall(SYS_capget, &header, data) && data[0].effective & 1U << CAP_SYS_PTRACE;
}

/* Charges may have come between the two questions. */
uint64_t commit_others(const struct commit *commit)
{
	uint64_t all = commit->system.commit_bytes;

	return all > commit->charges ? all - commit->charges : 0;
}

uint64_t commit_left(const struct commit *commit)
{
	uint64_t all = commit->system.commit_bytes, limit = commit->system.commit_limit_bytes;

	return limit > all ? limit - all : 0;
}

void commit_bar(const struct commit *commit, struct bar_part parts[COMMIT_PARTS])
{
	parts[COMMIT_PROCESSES] =
		(struct bar_part){ commit->charges, COLOUR_PRIVATE, 'p', "processes" };
	parts[COMMIT_OTHERS] = (struct bar_part){
		commit_others(commit),
		COLOUR_GOOD,
		's',
		commit_sees_all() ? "sections" : "sections and others",
	};
	parts[COMMIT_LEFT] = (struct bar_part){ commit_left(commit), COLOUR_FAINT, '.', "left" };
}
