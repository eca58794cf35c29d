/* SPDX-License-Identifier: MIT */
/*
 * Addresses of a process through its page tables: as the module tells it, or without it
 * as far as /proc/PID/pagemap and /proc/PID/maps do.
 */
#ifndef TOOLS_TRANSLATION_H
#define TOOLS_TRANSLATION_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/winvm.h>

#include "target.h"

/**
 * struct translation - of some addresses
 * @target: whose they are
 * @entries: the entries are known; else what there is comes from /proc
 * @frames: it is told where in memory and page files things are
 * @levels: of page tables
 */
struct translation {
	struct target *target;
	bool entries;
	bool frames;
	unsigned int levels;
};

/*
 * Fills in what is known of @count pages, whose addresses are set. Gives the exit
 * status, and has said why if it is not 0.
 */
int translation_read(struct translation *translation, struct winvm_translation *pages,
		     size_t count);

#endif
