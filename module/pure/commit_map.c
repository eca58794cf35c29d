// SPDX-License-Identifier: GPL-2.0
/* A bit for each page of a reserved section. */
#include "commit_map.h"

#define WINVM_WORD_PAGES	64U

/* Pages that lie in one word. */
struct winvm_part {
	u64 *word;
	u64 mask;
	u64 pages;
};

u64 winvm_commit_map_bytes(u64 pages)
{
	return ALIGN(pages, WINVM_WORD_PAGES) / 8;
}

/* The beginning of a range. @pages: at least 1 */
static struct winvm_part winvm_part_at(const struct winvm_commit_map *map, u64 page, u64 pages)
{
	unsigned int bit = page % WINVM_WORD_PAGES;
	struct winvm_part part = {
		.word = &map->words[page / WINVM_WORD_PAGES],
		.mask = ~0ULL << bit,
		.pages = WINVM_WORD_PAGES - bit,
	};

	if (part.pages > pages) {
		part.mask &= ~0ULL >> (part.pages - pages);
		part.pages = pages;
	}
	return part;
}

bool winvm_commit_map_test(const struct winvm_commit_map *map, u64 page)
{
	/* Pairs with the cmpxchg in winvm_part_set(). */
	u64 word = smp_load_acquire(&map->words[page / WINVM_WORD_PAGES]);

	return word >> (page % WINVM_WORD_PAGES) & 1;
}

u64 winvm_commit_map_run(const struct winvm_commit_map *map, u64 page, u64 pages, bool committed)
{
	u64 same = committed ? ~0ULL : 0;
	u64 done = 0;

	while (done < pages) {
		struct winvm_part part = winvm_part_at(map, page + done, pages - done);
		u64 others = (READ_ONCE(*part.word) ^ same) & part.mask;

		if (others)
			return done + __builtin_ctzll(others) - __builtin_ctzll(part.mask);
		done += part.pages;
		cond_resched();
	}
	return done;
}

u64 winvm_commit_map_count(const struct winvm_commit_map *map, u64 page, u64 pages)
{
	u64 count = 0;

	while (pages) {
		struct winvm_part part = winvm_part_at(map, page, pages);

		count += hweight64(READ_ONCE(*part.word) & part.mask);
		page += part.pages;
		pages -= part.pages;
		cond_resched();
	}
	return count;
}

/* Return: the bits that were not set. */
static u64 winvm_part_set(const struct winvm_part *part)
{
	u64 old = READ_ONCE(*part->word);

	for (;;) {
		u64 seen = cmpxchg(part->word, old, old | part->mask);

		if (seen == old)
			return part->mask & ~old;
		old = seen;
	}
}

u64 winvm_commit_map_set(struct winvm_commit_map *map, u64 page, u64 pages)
{
	u64 fresh = 0;

	while (pages) {
		struct winvm_part part = winvm_part_at(map, page, pages);

		fresh += hweight64(winvm_part_set(&part));
		page += part.pages;
		pages -= part.pages;
		cond_resched();
	}
	return fresh;
}
