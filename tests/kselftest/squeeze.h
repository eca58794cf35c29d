/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Less memory than a test uses: a swap area, and a memory cgroup that holds
 * it; and contents that show whether a page was lost on the way.
 */
#ifndef KSELFTEST_SQUEEZE_H
#define KSELFTEST_SQUEEZE_H

#include "group.h"
#include "swap.h"

/* NULL, or the reason why it cannot be had here. */
static inline const char *squeeze_begin(size_t limit_bytes, uint32_t swap_megabytes)
{
	if (!swap_begin(swap_megabytes))
		return "no zram on this kernel";
	if (group_join(limit_bytes))
		return NULL;
	swap_end();
	return "no memory cgroups (version 2) on this machine";
}

static inline bool squeeze_end(void)
{
	return group_leave() && swap_end();
}

static inline long squeeze_swapped_kb(void)
{
	return proc_meminfo_kb("SwapTotal:") - proc_meminfo_kb("SwapFree:");
}

/*
 * Other in every page. Most pages are one word over and over, which costs zram
 * next to nothing; each eighth shrinks to a tenth only.
 */
static inline uint64_t squeeze_word(uint64_t number, size_t index)
{
	return number * UINT64_C(0x9e3779b97f4a7c15) + (number % 8 ? 0 : index / 32);
}

static inline void squeeze_fill(char *page, uint64_t number)
{
	uint64_t *words = (uint64_t *)(void *)page;

	for (size_t i = 0; i < 512; i++)
		words[i] = squeeze_word(number, i);
}

enum squeeze_kind { SQUEEZE_INTACT, SQUEEZE_ZERO, SQUEEZE_WRONG };

/* Does the page hold what it was filled with, or zeros? */
static inline enum squeeze_kind squeeze_kind(const char *page, uint64_t number)
{
	const uint64_t *words = (const uint64_t *)(const void *)page;
	uint64_t differs = 0, any = 0;

	for (size_t i = 0; i < 512; i++) {
		differs |= words[i] ^ squeeze_word(number, i);
		any |= words[i];
	}
	return !differs ? SQUEEZE_INTACT : !any ? SQUEEZE_ZERO : SQUEEZE_WRONG;
}

#endif
