/* SPDX-License-Identifier: MIT */
/* What top shows of a sample. */
#ifndef TOOLS_TOP_FRAME_H
#define TOOLS_TOP_FRAME_H

#include "sample.h"

/**
 * struct top_frame - how it is shown
 * @order: by which processes are sorted
 * @reverse: the other way
 * @interval: between samples, in ms
 */
struct top_frame {
	enum sample_order order;
	bool reverse;
	uint64_t interval;
};

/* The order of this name, SAMPLE_ORDERS if there is none. */
enum sample_order top_frame_order(const char *name);

/* The lines above the processes: what there is, and, if @bars, what of it is used. */
void top_frame_head(const struct top_frame *frame, const struct sample *sample, bool bars);

/* The processes, a line each under their titles. */
void top_frame_processes(const struct top_frame *frame, const struct sample *sample);

/* All of it in the form that is wanted. @first: of a list of samples. */
void top_frame_print(const struct top_frame *frame, const struct sample *sample, bool first);

#endif
