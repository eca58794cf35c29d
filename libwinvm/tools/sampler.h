/* SPDX-License-Identifier: MIT */
/* Samples of a process that runs. */
#ifndef TOOLS_SAMPLER_H
#define TOOLS_SAMPLER_H

#include <time.h>

#include "recording.h"
#include "target.h"

struct winvm_nl;

/**
 * struct sampler - of a process
 * @target: it
 * @nl: the module, by netlink; NULL: it is not asked for what the process is charged
 * @uses: the process uses winvm
 * @names: of what is behind its regions
 * @begin: when it began, by CLOCK_MONOTONIC
 */
struct sampler {
	struct target *target;
	struct winvm_nl *nl;
	bool uses;
	struct names *names;
	struct timespec begin;
};

/*
 * Asks whether the process uses winvm: before it is opened, since the module knows from then
 * on whom somebody looks at.
 */
void sampler_ask(struct sampler *sampler);

/* Milliseconds since it began. */
uint64_t sampler_time(const struct sampler *sampler);

/* Takes one in place of what is in @now. NULL, or what could not be done. */
const char *sampler_take(struct sampler *sampler, struct snapshot *now);

#endif
