/* SPDX-License-Identifier: GPL-2.0 */
/* The operations of the script language, by name. */
#ifndef CONFORMANCE_OPERATION_H
#define CONFORMANCE_OPERATION_H

#include <stdint.h>
#include <stdlib.h>

#include "slots.h"

/* Performs an operation and prints its answer; argument[0] follows the name. */
typedef void operation_run(char **argument);

/* Does what a line of @count words says, words[0] being the operation's name. */
void operation_perform(char **words, int count);

static inline uint64_t operation_number(const char *text)
{
	return strtoull(text, NULL, 0);
}

static inline uint32_t operation_flags(const char *text)
{
	return (uint32_t)operation_number(text);
}

static inline void *operation_pointer(const char *text)
{
	return (void *)(uintptr_t)slots_address(text);
}

/* win32.c */
operation_run win32_alloc, win32_free, win32_protect, win32_protect_null, win32_query, win32_walk;
operation_run win32_lock, win32_unlock, win32_get_watch, win32_reset_watch;

/* extended.c */
operation_run extended_alloc, extended_alloc_required;

/* native.c */
operation_run native_allocate, native_free, native_protect, native_lock, native_unlock;

/* residency.c */
operation_run residency_query, residency_query_locks, residency_set, residency_set_flags;
operation_run residency_get, residency_empty, residency_offer, residency_reclaim;
operation_run residency_discard, residency_prefetch;

/* copy.c */
operation_run copy_read, copy_write, copy_by_kernel;

/* touch.c */
operation_run touch_read, touch_write, touch_execute, touch_fill, touch_sum;

/* section.c */
operation_run section_create, section_create_native, section_close, section_query;
operation_run section_map, section_map_at, section_map_extended, section_map_native;
operation_run section_unmap, section_unmap_with;
operation_run section_file, section_create_of_file, section_file_read, section_file_write;
operation_run section_flush;

#endif
