/* SPDX-License-Identifier: MIT */
/* What a page frame is, by the flags that /proc/kpageflags tells of it. */
#ifndef TOOLS_FRAME_H
#define TOOLS_FRAME_H

#include <stddef.h>
#include <stdint.h>

/* Lists of the page-frame database; each frame is on one. */
enum frame_list {
	FRAME_ACTIVE, /* in a working set, or in use by the kernel */
	FRAME_STANDBY, /* in no working set; its contents are elsewhere, too */
	FRAME_MODIFIED, /* in no working set; its contents are to be written first */
	FRAME_TRANSITION, /* being read or written */
	FRAME_UNUSED, /* free; Linux has one list for what is zero and what is not */
	FRAME_BAD, /* broken */
	FRAME_ABSENT, /* no memory: a number without a frame */
	FRAME_LISTS
};

/* What frames are used for. */
enum frame_use {
	FRAME_PRIVATE, /* of a process alone */
	FRAME_FILE, /* mapped files, and what is cached of files */
	FRAME_SECTION, /* sections of the page file: shmem */
	FRAME_LARGE, /* hugetlbfs */
	FRAME_TABLES, /* page tables */
	FRAME_SLAB, /* pools: the kernel's objects */
	FRAME_RESERVED, /* the kernel itself, and firmware */
	FRAME_OFFLINE, /* given to a hypervisor */
	FRAME_DRIVER, /* the rest of what the kernel and its drivers have */
	FRAME_FREE, /* nobody uses it */
	FRAME_NOTHING, /* no memory */
	FRAME_USES
};

#define FRAME_FLAGS 512

/* What is told of the first frame of a compound page holds for the others, too. */
uint64_t frame_inherit(uint64_t flags, uint64_t head);

enum frame_use frame_use(uint64_t flags);
enum frame_list frame_list(uint64_t flags);

const char *frame_use_name(enum frame_use use);
const char *frame_list_name(enum frame_list list);

/* "LOCKED UPTODATE LRU": at most FRAME_FLAGS bytes. */
void frame_flags(uint64_t flags, char *text);

#endif
