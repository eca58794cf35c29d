/* SPDX-License-Identifier: MIT */
/* The commit of all, and of the processes that may be seen. */
#ifndef TOOLS_COMMIT_H
#define TOOLS_COMMIT_H

#include <stdbool.h>
#include <winvm-netlink.h>

#include "bar.h"

/**
 * struct commit - what the module told; bytes
 * @system: of the machine
 * @list: array of @count processes, to be freed
 * @count: how many may be seen
 * @charges: what these have committed
 * @kernel: the kernel's memory for their books
 */
struct commit {
	struct winvm_nl_system system;
	struct winvm_nl_process *list;
	size_t count;
	uint64_t charges;
	uint64_t kernel;
};

/* Minus an errno, and nothing is known. */
int commit_ask(struct winvm_nl *nl, struct commit *commit);
void commit_forget(struct commit *commit);

/* The caller sees the processes of all. */
bool commit_sees_all(void);

/* Committed, but charged to nobody who may be seen: sections first of all. */
uint64_t commit_others(const struct commit *commit);

/* What may be committed yet. */
uint64_t commit_left(const struct commit *commit);

/* Of the bar: the whole limit. */
enum commit_part { COMMIT_PROCESSES, COMMIT_OTHERS, COMMIT_LEFT, COMMIT_PARTS };

void commit_bar(const struct commit *commit, struct bar_part parts[COMMIT_PARTS]);

#endif
