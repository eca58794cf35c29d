/* SPDX-License-Identifier: MIT */
/* winvm top: what was wanted of it, in batches and live. */
#ifndef TOOLS_TOP_H
#define TOOLS_TOP_H

#include "top-frame.h"

/**
 * struct top - it
 * @nl: who is asked
 * @frame: how it is shown
 * @batch: frame after frame, as text
 * @frames: how many; 0: any number
 */
struct top {
	struct winvm_nl *nl;
	struct top_frame frame;
	bool batch;
	uint64_t frames;
};

/* Between samples, in ms. */
#define TOP_LEAST 100
#define TOP_MOST  3600000

/* Says why; of a module that has gone, that it has. Gives the exit status. */
int top_failed(int error);

/* top-live.c: the whole screen; gives the exit status. */
int top_live(struct top *top);

#endif
