/* SPDX-License-Identifier: GPL-2.0 */
/* What the generator's parts write lines with. */
#ifndef RANDOM_LINE_H
#define RANDOM_LINE_H

#include <stdint.h>

#include "generate.h"

#define LINE_OTHER_SLOT 63 /* what scripts do not come back to by its slot */

__attribute__((format(printf, 2, 3))) void line_put(char *line, const char *format, ...);

/* An address as scripts write it. */
const char *line_name(const struct generator *generator, uint64_t address);

/* An address mostly as given, now and then moved, or one that no call takes. */
const char *line_address(struct generator *generator, uint64_t address);

/* A size mostly as given, now and then one that no call takes. */
uint64_t line_size(struct generator *generator, uint64_t bytes);

/* Mostly right, and mostly PAGE_READWRITE. */
uint32_t line_protection(struct generator *generator);

/* Any flag of an allocation's type. */
uint32_t line_alloc_flag(struct generator *generator);

/* A size to reserve. */
uint64_t line_reserve_bytes(struct draw *draw);

/* A slot whose allocation is gone, or -1. */
int line_free_slot(struct generator *generator);

/* placeholder.c */
typedef void line_operation(struct generator *generator, char *line);

line_operation placeholder_create, placeholder_split, placeholder_coalesce, placeholder_replace;
line_operation placeholder_unreplace, placeholder_requirements;

/* touch.c */
line_operation touch_byte, touch_code, touch_sweep;

/* view.c */
line_operation view_section, view_file, view_section_end, view_map, view_place, view_place_prepare;
line_operation view_unmap, view_protect, view_commit, view_touch, view_query, view_other;

/* set.c */
line_operation set_offer, set_reclaim, set_discard, set_offered;
line_operation set_query, set_limits, set_get_or_empty, set_prefetch;
line_operation set_lock, set_unlock, set_read, set_write, set_latch;

#endif
