// SPDX-License-Identifier: GPL-2.0
#include "operation.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "answer.h"
#include "target.h"

/* Any word but "child" means the replayer itself. */
static void choose_target(char **argument)
{
	if (strcmp(argument[0], "child"))
		target_choose_self();
	else if (!target_choose_child())
		return answer_failure();
	printf("ok\n");
}

static const struct operation {
	const char *name;
	int arguments;
	operation_run *run;
} operations[] = {
	{ "alloc", 5, win32_alloc }, /* slot address size type protect */
	{ "free", 3, win32_free }, /* address size type */
	{ "alloc2", 5, extended_alloc }, /* slot address size type protect */
	{ "alloc2r", 8, extended_alloc_required }, /* ... lowest highest alignment */
	{ "prot", 3, win32_protect }, /* address size protect */
	{ "protnull", 3, win32_protect_null }, /* address size protect */
	{ "query", 1, win32_query }, /* address */
	{ "walk", 0, win32_walk },
	{ "lock", 2, win32_lock }, /* address size */
	{ "unlock", 2, win32_unlock }, /* address size */
	{ "ww", 4, win32_get_watch }, /* address size flags count */
	{ "rww", 2, win32_reset_watch }, /* address size */
	{ "nalloc", 6, native_allocate }, /* slot address zerobits size type protect */
	{ "nfree", 3, native_free }, /* address size type */
	{ "nprot", 3, native_protect }, /* address size protect */
	{ "nlock", 3, native_lock }, /* address size maptype */
	{ "nunlock", 3, native_unlock }, /* address size maptype */
	{ "wsx", 2, residency_query }, /* address pages */
	{ "wsex", 2, residency_query_locks }, /* address pages */
	{ "wsset", 2, residency_set }, /* minimum maximum */
	{ "wsset", 3, residency_set_flags }, /* minimum maximum flags */
	{ "wsget", 0, residency_get },
	{ "wsempty", 0, residency_empty },
	{ "offer", 3, residency_offer }, /* address size priority */
	{ "reclaim", 2, residency_reclaim }, /* address size */
	{ "discard", 2, residency_discard }, /* address size */
	{ "prefetch", 6, residency_prefetch }, /* count flags address size address size */
	{ "rpm", 2, copy_read }, /* address size */
	{ "wpm", 3, copy_write }, /* address size value */
	{ "kwr", 3, copy_by_kernel }, /* address size value */
	{ "rd", 1, touch_read }, /* address */
	{ "wr", 2, touch_write }, /* address value */
	{ "ex", 1, touch_execute }, /* address */
	{ "fill", 3, touch_fill }, /* address size value */
	{ "sum", 2, touch_sum }, /* address size */
	{ "target", 1, choose_target }, /* self|child */
	{ "sec", 3, section_create }, /* section size protect|attributes */
	{ "nsec", 5, section_create_native }, /* section size protect attributes access */
	{ "file", 2, section_file }, /* file size */
	{ "fsec", 4, section_create_of_file }, /* section file size protect|attributes */
	{ "frd", 2, section_file_read }, /* file offset */
	{ "fwr", 3, section_file_write }, /* file offset value */
	{ "flush", 2, section_flush }, /* address size */
	{ "close", 1, section_close }, /* section */
	{ "qsec", 1, section_query }, /* section */
	{ "map", 6, section_map }, /* slot section access offset size address */
	{ "map2", 7, section_map_at }, /* slot section address offset size type protect */
	{ "map3", 7, section_map_extended }, /* the same */
	{ "nmap", 9,
	  section_map_native }, /* ... address zerobits commit offset size type protect */
	{ "unmap", 1, section_unmap }, /* address */
	{ "unmap2", 2, section_unmap_with }, /* address flags */
};

static const struct operation *find(const char *name, int arguments)
{
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		if (!strcmp(operations[i].name, name) && operations[i].arguments == arguments)
			return &operations[i];
	return NULL;
}

void operation_perform(char **words, int count)
{
	const struct operation *operation = find(words[0], count - 1);

	answer_begin();
	if (operation)
		operation->run(words + 1);
	else
		printf("bad op\n");
}
