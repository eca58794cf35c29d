/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The memory of one process as SPEC describes it, kept as simply as can be: a
 * list of allocations in the order of their addresses, a struct for each page
 * of each, the page's bytes. Every rule is written down once, in its own words;
 * nothing is shared with the module. Missing: WW-13 (marks that outlive a
 * decommit), which the module does not keep.
 *
 * The calls take what the Nt calls take and answer a status. Base and size are
 * in and out: what a call that succeeds writes back.
 */
#ifndef MODEL_SPACE_H
#define MODEL_SPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "nt.h"

/*
 * @protect: a base value, perhaps with GUARD; of a committed page
 * @reset: MEM_RESET came and no write since
 * @kept: its bytes, NULL for zeros
 * @lost: its bytes if MEM_RESET cost it its old ones (MR-4)
 * @faded: @lost counts
 */
struct model_page {
	bool committed;
	uint32_t protect;
	bool locked;
	bool written;
	bool reset;
	bool faded;
	uint8_t *kept;
	uint8_t *lost;
};

enum model_kind {
	KIND_NORMAL,
	KIND_AWE,
	KIND_PLACEHOLDER,
};

/*
 * @protect: AllocationProtect
 * @watch: reserved with MEM_WRITE_WATCH
 * @replaced: came from a placeholder (PH-7)
 */
struct model_allocation {
	struct model_allocation *next;
	uint64_t base;
	uint64_t pages;
	uint32_t protect;
	enum model_kind kind;
	bool watch;
	bool replaced;
	struct model_page *page;
};

/* Where an allocation may go that has no address: bounds inclusive, as VX-7 and VX-8 have them. */
struct model_place {
	uint64_t bytes;
	uint64_t lowest;
	uint64_t highest;
	uint64_t alignment;
};

struct model_space;

/*
 * Chooses an address where the rules leave it to the system. What it says is
 * checked. Return: 0 if there is no room.
 */
typedef uint64_t model_choose(const struct model_space *space, const struct model_place *place,
			      void *context);

struct model_space {
	struct model_allocation *first;
	model_choose *choose;
	void *context;
	const char *wrong; /* what was wrong with the system's choice, or NULL */
};

void model_space_empty(struct model_space *space);

/* The allocation that holds @address, or NULL. */
struct model_allocation *model_find(const struct model_space *space, uint64_t address);

/* The page that holds @address, or NULL if it is free. */
struct model_page *model_page_at(const struct model_space *space, uint64_t address);

uint64_t model_end(const struct model_allocation *allocation);

/* No allocation has a byte of [base, end). */
bool model_is_free(const struct model_space *space, uint64_t base, uint64_t end);

/* The lowest address that is free and fits, 0 if there is none: a chooser's help. */
uint64_t model_lowest_fit(const struct model_space *space, const struct model_place *place);

/* A new allocation of reserved pages, or placeholder, at a free place. */
struct model_allocation *model_insert(struct model_space *space, uint64_t base, uint64_t pages);

/* Takes [base, end) of one allocation away; what is left on both sides stays (VF-25). */
void model_cut(struct model_space *space, struct model_allocation *allocation, uint64_t base,
	       uint64_t end);

/* Makes @address, inside @allocation, the start of an allocation of its own. */
struct model_allocation *model_split(struct model_allocation *allocation, uint64_t address);

/* Back to reserved: contents, lock and marks are gone (VF-23, VF-29). */
void model_page_decommit(struct model_page *page);

/* What VirtualQuery and old protections show of a page (PR-4, PR-6). */
uint32_t model_shown(const struct model_allocation *allocation, const struct model_page *page);

/* allocate.c */
struct model_allocate {
	uint64_t base;
	uint64_t bytes;
	uint64_t zero_bits;
	uint32_t type;
	uint32_t protect;
	bool extended; /* NtAllocateVirtualMemoryEx: placeholders exist */
	uint64_t lowest; /* AddressRequirements (VX-5 to VX-8) */
	uint64_t highest;
	uint64_t alignment;
	bool undo_fails; /* MEM_RESET_UNDO may say that data are lost (MR-9), and does */
};

uint32_t model_allocate(struct model_space *space, struct model_allocate *call);

/* release.c */
uint32_t model_free(struct model_space *space, uint64_t *base, uint64_t *bytes, uint32_t type);

/* protect.c */
bool model_protection_valid(uint32_t protect);
bool model_protection_copies(uint32_t protect);
uint32_t model_protect(struct model_space *space, uint64_t *base, uint64_t *bytes, uint32_t protect,
		       uint32_t *old);

struct model_region {
	uint64_t base;
	uint64_t allocation_base;
	uint32_t allocation_protect;
	uint64_t bytes;
	uint32_t state;
	uint32_t protect;
	uint32_t type;
};

uint32_t model_query(const struct model_space *space, uint64_t address,
		     struct model_region *region);

/* lock.c */
uint32_t model_lock(struct model_space *space, uint64_t *base, uint64_t *bytes, uint32_t map_type);
uint32_t model_unlock(struct model_space *space, uint64_t *base, uint64_t *bytes,
		      uint32_t map_type);

/* access.c */
enum model_access {
	ACCESS_READ = 0,
	ACCESS_WRITE = 1,
	ACCESS_EXECUTE = 8,
};

/* What an access does and gives: SUCCESS or the exception's code. Reading changes only guards. */
uint32_t model_touch(struct model_space *space, uint64_t address, enum model_access access);

/* The byte there: as it was kept, and as it is if MEM_RESET lost it. */
uint8_t model_kept(const struct model_space *space, uint64_t address);
uint8_t model_lost(const struct model_space *space, uint64_t address);

/* Stores a byte, after a touch that succeeded. */
void model_store(struct model_space *space, uint64_t address, uint8_t value);

/* watch.c */
uint32_t model_get_watch(struct model_space *space, uint64_t base, uint64_t bytes, uint32_t flags,
			 uint64_t *addresses, uint64_t *count);
uint32_t model_reset_watch(struct model_space *space, uint64_t base, uint64_t bytes);

/* What WINVM_IOC_COUNTERS tells (CC-2, CC-6, CC-12). */
struct model_charge {
	uint64_t virtual_bytes;
	uint64_t commit_bytes;
	uint64_t vads;
};

struct model_charge model_charge(const struct model_space *space);

#endif
