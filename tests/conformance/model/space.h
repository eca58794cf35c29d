/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The memory of one process as SPEC describes it, kept as simply as can be: a
 * list of allocations in the order of their addresses, a struct for each page
 * of each, the page's bytes. Every rule is written down once, in its own words;
 * nothing is shared with the module.
 *
 * The calls take what the Nt calls take and answer a status. Base and size are
 * in and out: what a call that succeeds writes back.
 */
#ifndef MODEL_SPACE_H
#define MODEL_SPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "nt.h"

/* Is a page in the working set (SPEC 8.2, 8.3)? */
enum model_presence {
	PRESENCE_OUT,
	PRESENCE_IN,
	PRESENCE_OPEN, /* the rules do not say */
};

/*
 * What a page holds. Private pages have their own; views of a section show the section's.
 *
 * @committed: there is something
 * @reset: MEM_RESET came and no write since
 * @kept: its bytes, NULL for zeros
 * @lost: its bytes if MEM_RESET cost it its old ones (MR-4)
 * @faded: @lost counts
 */
struct model_content {
	bool committed;
	bool reset;
	bool faded;
	uint8_t *kept;
	uint8_t *lost;
};

/*
 * @protect: a base value, perhaps with GUARD; of a committed page
 * @written: its write watch mark
 * @latched: the mark was there when VirtualProtect came; it outlives a decommit (WW-13)
 * @offered: no access until it is reclaimed (OF-2)
 * @own: what it holds, unless
 * @shared: the section's page, which a view shows until it copies it (SE-29, SE-31)
 */
struct model_page {
	uint32_t protect;
	enum model_presence presence;
	bool locked;
	bool written;
	bool latched;
	bool offered;
	struct model_content own;
	struct model_content *shared;
};

static inline struct model_content *model_content(struct model_page *page)
{
	return page->shared ? page->shared : &page->own;
}

static inline bool model_committed(const struct model_page *page)
{
	return page->shared ? page->shared->committed : page->own.committed;
}

enum model_kind {
	KIND_NORMAL,
	KIND_AWE,
	KIND_PLACEHOLDER,
	KIND_VIEW,
};

#define MODEL_FILE_PAGES 64 /* the most a file has */

/* A user's file, of which only its size and its bytes are known. */
struct model_file {
	unsigned int users;
	uint64_t bytes;
	struct model_content content[MODEL_FILE_PAGES];
};

/*
 * Memory that views show.
 *
 * @users: views, handles
 * @attributes: SEC_*
 * @protect: the most that views may be (SE-15)
 * @bytes: the size, of whole pages unless there is
 * @file: whose content it is, or NULL for the page file
 */
struct model_section {
	unsigned int users;
	uint32_t attributes;
	uint32_t protect;
	uint64_t bytes;
	uint64_t pages;
	struct model_file *file;
	struct model_content *content;
};

/*
 * @protect: AllocationProtect
 * @watch: reserved with MEM_WRITE_WATCH
 * @replaced: came from a placeholder (PH-7)
 * @section: what a view shows
 */
struct model_allocation {
	struct model_allocation *next;
	uint64_t base;
	uint64_t pages;
	uint32_t protect;
	enum model_kind kind;
	bool watch;
	bool replaced;
	struct model_section *section;
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

/* Of the working set, in pages; HARD_MINIMUM and HARD_MAXIMUM if set (WS-6). */
struct model_limits {
	uint64_t minimum;
	uint64_t maximum;
	uint32_t hard;
};

/* WS-1 */
#define MODEL_DEFAULT_LIMITS ((struct model_limits){ .minimum = 50, .maximum = 345 })

struct model_space {
	struct model_allocation *first;
	struct model_limits limits;
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

/* The contents are zeros. */
void model_content_clear(struct model_content *content);

/* MEM_RESET is taken back, and nothing was lost that was not written since (MR-9). */
void model_page_undo(struct model_page *page);

/* Back to reserved: contents and lock are gone, marks but for latched ones (VF-23, VF-29, WW-13). */
void model_page_decommit(struct model_page *page);

/* The page has a new protection. One that was copied need not copy again (VP-18). */
void model_page_protect(struct model_page *page, uint32_t protect);

/*
 * Before [start, end) of an allocation gets a new protection: the system may
 * trim pages at any time (WS-8), and does where code becomes data or data code.
 * Locked pages stay in memory (VL-12), but not in the page tables.
 */
void model_trim_code(struct model_space *space, uint64_t start, uint64_t end, uint32_t protect);

/* What VirtualQuery and old protections show of a page (PR-4, PR-6). */
uint32_t model_shown(const struct model_allocation *allocation, const struct model_page *page);

/* [base, end) of an allocation that had replaced one is a placeholder again (PH-7, PH-18). */
void model_make_placeholder(struct model_space *space, struct model_allocation *allocation,
			    uint64_t base, uint64_t end);

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

/* VA-28: the last address that zero bits leave. */
uint64_t model_zero_bits_limit(uint64_t zero_bits);

/* Has an address chosen for what is asked for, of which are looked at: size, bounds, type. */
uint32_t model_choose_base(struct model_space *space, const struct model_allocate *call,
			   uint64_t *base);

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
uint64_t model_lock_quota(const struct model_space *space);
uint64_t model_count_locked(const struct model_space *space, uint64_t start, uint64_t end);
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

void model_content_store(struct model_content *content, uint64_t offset, uint8_t value);

/* Stores a byte, after a touch that succeeded. */
void model_store(struct model_space *space, uint64_t address, uint8_t value);

/* section.c */
struct model_create_section {
	uint64_t bytes;
	uint32_t protect;
	uint32_t attributes;
	struct model_file *file;
};

struct model_file *model_file_new(uint64_t bytes);
void model_file_put(struct model_file *file);

uint32_t model_create_section(const struct model_create_section *call, struct model_section **made);
struct model_section *model_section_get(struct model_section *section);
void model_section_put(struct model_section *section);

/* view.c */
struct model_map {
	struct model_section *section;
	uint32_t rights; /* of the handle (SE-14) */
	uint64_t base;
	uint64_t bytes;
	uint64_t offset;
	uint64_t zero_bits;
	uint64_t commit;
	uint32_t type;
	uint32_t protect;
	bool extended; /* NtMapViewOfSectionEx: placeholders exist (PH-17) */
};

uint32_t model_map(struct model_space *space, struct model_map *call);
uint32_t model_unmap(struct model_space *space, uint64_t address, uint32_t flags);

/* May pages of a view be that (SE-30, VA-49, VA-50, VP-11)? */
uint32_t model_view_permits(const struct model_allocation *view, uint32_t protect);

/* SE-33 */
uint32_t model_flush(const struct model_space *space, uint64_t base, uint64_t bytes);

/* A write has come to a page that copies (SE-31, VQ-11). */
void model_page_copy(struct model_page *page);

/* watch.c */
uint32_t model_get_watch(struct model_space *space, uint64_t base, uint64_t bytes, uint32_t flags,
			 uint64_t *addresses, uint64_t *count);
uint32_t model_reset_watch(struct model_space *space, uint64_t base, uint64_t bytes);

/* working_set.c */
uint32_t model_set_limits(struct model_space *space, uint64_t minimum, uint64_t maximum,
			  uint32_t flags);
void model_empty(struct model_space *space);

/* After an operation: what a hard maximum leaves of the working set. */
void model_keep_maximum(struct model_space *space);

/* What is not locked in [start, end) leaves the working set. */
void model_trim(struct model_space *space, uint64_t start, uint64_t end);

/* offer.c: Win32 errors, not statuses (OF-1) */
uint32_t model_offer(struct model_space *space, uint64_t base, uint64_t bytes, uint32_t priority);
uint32_t model_reclaim(struct model_space *space, uint64_t base, uint64_t bytes);
uint32_t model_discard(struct model_space *space, uint64_t base, uint64_t bytes);

/* What WINVM_IOC_COUNTERS tells (CC-2, CC-6, CC-12). */
struct model_charge {
	uint64_t virtual_bytes;
	uint64_t commit_bytes;
	uint64_t vads;
};

struct model_charge model_charge(const struct model_space *space);

#endif
