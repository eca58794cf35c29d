/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An address space made of the pure pieces alone: the order of checks, tree,
 * charges and page states of NT's calls, without pages behind. It shows that
 * the pieces fit together, under every failure of memory.
 */
#ifndef SPACE_H
#define SPACE_H

#include "charge.h"
#include "check.h"
#include "placeholder.h"
#include "pstate.h"
#include "section.h"
#include "vad.h"

/**
 * struct space - one process
 * @lowest_vpn, @highest_vpn: bounds of what the space chooses itself
 * @limit: commit limit in pages
 */
struct space {
	struct winvm_vad_tree vads;
	struct winvm_pstates states;
	struct winvm_charge commit;
	u64 lowest_vpn;
	u64 highest_vpn;
	u64 limit;
};

/* What a query tells, addresses in bytes (SPEC VQ-6). */
struct space_region {
	u64 base;
	u64 allocation_base;
	u32 allocation_protect;
	u64 bytes;
	u32 state;
	u32 protect;
};

void space_init(struct space *space);
void space_destroy(struct space *space);

/* As the Nt calls: @base and @bytes are in-out and kept on failure. */
u32 space_allocate(struct space *space, u64 *base, u64 *bytes, u32 type, u32 protect,
		   bool extended);
u32 space_free(struct space *space, u64 *base, u64 *bytes, u32 type);
u32 space_protect(struct space *space, u64 *base, u64 *bytes, u32 protect, u32 *old);
u32 space_query(struct space *space, u64 address, struct space_region *region);

/* One access: STATUS_SUCCESS, guard page violation (taken away), or access violation. */
u32 space_touch(struct space *space, u64 address, enum winvm_access access);

#endif
