/* SPDX-License-Identifier: MIT */
/* The page frames of the machine, as /proc/kpage* tell of them to CAP_SYS_ADMIN. */
#ifndef TOOLS_FRAMES_H
#define TOOLS_FRAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "frame.h"

/**
 * struct frames - how many there are
 * @all: numbers, those without memory included
 * @of: by use and list
 */
struct frames {
	uint64_t all;
	uint64_t of[FRAME_USES][FRAME_LISTS];
};

/**
 * struct frame_facts - of one
 * @flags: KPF_*, with those of the first frame of its compound page
 * @head: that frame
 * @mapped: how often it is in page tables
 * @cgroup: inode of the memory cgroup that it is charged to; 0: none
 * @mapped_known, @cgroup_known: this kernel tells
 */
struct frame_facts {
	uint64_t flags;
	uint64_t head;
	uint64_t mapped;
	uint64_t cgroup;
	bool mapped_known;
	bool cgroup_known;
};

/*
 * These give the exit status, and have said why if it is not 0. Counting takes a while where
 * there is much memory: it tells how far it is if somebody may see it.
 */
int frames_count(struct frames *frames);
int frames_facts(uint64_t frame, struct frame_facts *facts);

#endif
