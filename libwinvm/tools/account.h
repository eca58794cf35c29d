/* SPDX-License-Identifier: MIT */
/* What winvm counts of a process that is looked into, and whether it counts anything. */
#ifndef TOOLS_ACCOUNT_H
#define TOOLS_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "target.h"

/**
 * struct account - counters, in bytes
 * @known: the process has allocated with winvm; if not, @allocated and @charge are nothing
 * @allocated: reserved and committed with winvm, and its views
 * @charge: its commit charge
 * @resident: its working set
 */
struct account {
	bool known;
	uint64_t allocated;
	uint64_t charge;
	uint64_t resident;
};

/* False: the last error says why not. */
bool account_read(struct account *account, const struct target *target);

/* As lines or members: allocated, charge, resident. */
void account_print(const struct account *account);

/* What of regions is unknown then. */
#define ACCOUNT_REGIONS                                                                     \
	"Unknown without winvm: ALLOCATED AS, guard pages, its charge. What is accessible " \
	"counts as committed, private memory that is not (PROT_NONE) as reserved."

/*
 * Of a process that has not allocated with winvm: says that, and then what that means, which
 * are sentences. In JSON: the member "winvm", true or false.
 */
void account_explain(const struct account *account, const struct target *target,
		     const char *meaning);

#endif
