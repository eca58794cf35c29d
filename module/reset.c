// SPDX-License-Identifier: GPL-2.0
/*
 * MEM_RESET: contents that may be thrown away when memory is short, and are
 * never written to swap then; MEM_RESET_UNDO: they are wanted after all
 * (SPEC 3.4).
 *
 * Reclaim writes a page of shmem to swap because it is dirty. One that is
 * clean it takes for a hole that was read, and drops it. So a reset makes the
 * pages clean, in the page tables as well; whoever writes one after that must
 * ask page_mkwrite, and the core makes the page dirty before it lets the lock
 * go. Both happen under the page's lock: a write that returned after the reset
 * is never dropped. Pages that are in swap stay there. Where there is no swap
 * Linux looks at no page of shmem, and all contents stay.
 *
 * What undoing will tell is a mark in the state of each page that had contents
 * (all zero is none): RESET, until a write makes it an ordinary page again; or
 * LOST, when the write finds that the contents are gone. Marks are set page by
 * page, so that no uniform slot has one, and they can be changed without memory.
 */

#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/rmap.h>
#include <linux/sched/signal.h>
#include <linux/shmem_fs.h>
#include <linux/string.h>

#include "winvm.h"

#define WINVM_MARKS	(WINVM_PSTATE_RESET | WINVM_PSTATE_LOST)

/* The page of the arena's file, which may be one of many in its folio. */
static bool winvm_folio_empty(struct folio *folio, u64 vpn)
{
	struct page *page = folio_file_page(folio, winvm_arena_pgoff(vpn));

	return !memchr_inv(page_address(page), 0, PAGE_SIZE);
}

/* Faults change marks too, under the page's lock. */
static void winvm_mark(struct winvm_process *process, u64 vpn, winvm_pstate_t mark)
{
	winvm_pstate_update(&process->states, vpn, 1, WINVM_PSTATE_ALL ^ WINVM_MARKS, mark);
}

/*
 * Under the page's lock, with its state prepared for the mark. A page that
 * was lost before and is empty keeps its mark: its contents did not come back.
 */
static void winvm_reset_locked(struct winvm_process *process, u64 vpn, struct folio *folio)
{
	folio_mkclean(folio);
	if (!winvm_folio_empty(folio, vpn))
		winvm_mark(process, vpn, WINVM_PSTATE_RESET);
	folio_cancel_dirty(folio);
	/* That it was used does not speak for it: else reclaim would make it an active page. */
	folio_clear_referenced(folio);
}

/* When there is no memory for a mark the page just stays as it is; so does a large folio. */
static void winvm_reset_folio(struct winvm_process *process, struct folio *folio)
{
	u64 vpn = winvm_arena_vpn(folio->index);

	if (winvm_states_prepare(process, (struct winvm_span){ vpn, 1 }))
		return;
	folio_lock(folio);
	if (folio->mapping == process->arena.file->f_mapping && !folio_test_large(folio))
		winvm_reset_locked(process, vpn, folio);
	folio_unlock(folio);
}

/*
 * A page of a large folio is about to be taken out. From here on a write finds
 * the mark. Return: may it be taken?
 */
static bool winvm_put_aside(struct winvm_process *process, u64 vpn, struct page *aside)
{
	struct address_space *mapping = process->arena.file->f_mapping;
	pgoff_t index = winvm_arena_pgoff(vpn);
	struct folio *folio = winvm_compat_lock_folio(mapping, index);
	bool may;

	if (!folio)
		return false;
	may = folio_test_large(folio) && !folio_maybe_dma_pinned(folio) &&
	      !xa_load(&process->locked, vpn);
	if (may) {
		winvm_mark(process, vpn, WINVM_PSTATE_RESET);
		folio_clear_referenced(folio);
		unmap_mapping_pages(mapping, index, 1, false);
		folio_clear_referenced(folio);
		copy_highpage(aside, folio_file_page(folio, index));
	}
	folio_unlock(folio);
	folio_put(folio);
	return may;
}

/*
 * And is to be there again. A write that found it gone has left a mark of that;
 * one that came before it was taken, while the call is under way, is lost with it.
 */
static void winvm_put_back(struct winvm_process *process, u64 vpn, struct page *aside)
{
	pgoff_t index = winvm_arena_pgoff(vpn);
	winvm_pstate_t mark;
	struct folio *folio;
	struct page *page;

	folio = winvm_compat_write_begin(process->arena.file->f_mapping, index);
	if (IS_ERR(folio))
		return;		/* as if it had been dropped */
	page = folio_file_page(folio, index);
	mark = winvm_pstate_get(&process->states, vpn) & WINVM_MARKS;
	if (mark == WINVM_PSTATE_RESET)
		copy_highpage(page, aside);
	else if (!folio_test_uptodate(folio))
		clear_highpage(page);
	if (mark == WINVM_PSTATE_RESET && !memchr_inv(page_address(page), 0, PAGE_SIZE))
		winvm_mark(process, vpn, 0);
	else if (!mark)
		winvm_mark(process, vpn, WINVM_PSTATE_LOST);
	folio_mark_uptodate(folio);
	folio_mark_dirty(folio);
	folio_clear_referenced(folio);
	folio_unlock(folio);
	folio_put(folio);
}

/*
 * What is reset goes page by page. Nothing that a module may call splits a large
 * folio, but Linux does when a part of it is taken out of the file: so one of the
 * pages that are reset is, for a moment. Nobody must have a reference on the
 * folio: if somebody has it stays one, and nothing of it is dropped.
 */
static void winvm_reset_split(struct winvm_process *process, u64 vpn)
{
	loff_t at = (loff_t)winvm_arena_pgoff(vpn) << PAGE_SHIFT;
	struct page *aside = alloc_page(GFP_KERNEL);

	if (!aside)
		return;
	if (!winvm_states_prepare(process, (struct winvm_span){ vpn, 1 }) &&
	    winvm_put_aside(process, vpn, aside)) {
		shmem_truncate_range(file_inode(process->arena.file), at, at + PAGE_SIZE - 1);
		winvm_put_back(process, vpn, aside);
	}
	__free_page(aside);
}

/**
 * struct winvm_reset_hand - where resetting is
 * @index: first page of the file that is left
 * @last: the last one
 * @split: the page where a large folio was to be split; it is tried once
 */
struct winvm_reset_hand {
	pgoff_t index;
	pgoff_t last;
	pgoff_t split;
};

/* Return: is there a large folio to split first, where the hand points now? */
static bool winvm_reset_batch(struct winvm_process *process, struct winvm_reset_hand *hand)
{
	pgoff_t first = hand->index;
	struct folio_batch batch;
	bool large = false;
	unsigned int i;

	folio_batch_init(&batch);
	filemap_get_folios(process->arena.file->f_mapping, &hand->index, hand->last, &batch);
	for (i = 0; i < folio_batch_count(&batch) && !large; i++) {
		struct folio *folio = batch.folios[i];
		pgoff_t index = max(folio->index, first);

		large = folio_test_large(folio) && index != hand->split;
		if (large)
			hand->index = index;
		else
			winvm_reset_folio(process, folio);
	}
	folio_batch_release(&batch);
	return large;
}

static void winvm_reset_folios(struct winvm_process *process, struct winvm_span span)
{
	struct winvm_reset_hand hand = {
		.index = winvm_arena_pgoff(span.vpn),
		.last = winvm_arena_pgoff(winvm_span_last(span)),
		.split = ULONG_MAX,
	};

	/* Nobody waits for it when the caller is dying. */
	while (hand.index <= hand.last && !fatal_signal_pending(current)) {
		if (winvm_reset_batch(process, &hand)) {
			winvm_reset_split(process, winvm_arena_vpn(hand.index));
			hand.split = hand.index;
		}
		cond_resched();
	}
}

/* What was lost and then written has contents that count from now on. */
static void winvm_reset_anew(struct winvm_process *process, struct winvm_span span)
{
	u64 end = span.vpn + span.pages, vpn = span.vpn;

	for (; vpn < end; vpn++) {
		vpn = winvm_pstate_next(&process->states, vpn, end - vpn, WINVM_PSTATE_LOST,
					WINVM_PSTATE_LOST);
		if (vpn == WINVM_PSTATE_NO_PAGE)
			break;
		winvm_mark(process, vpn, 0);
	}
}

/* winvm_reset_span() - the contents of these pages of one VAD are not needed */
void winvm_reset_span(struct winvm_process *process, struct winvm_span span)
{
	if (!span.pages)
		return;
	winvm_vad_find(&process->vads, span.vpn)->flags |= WINVM_VAD_MARKED;
	winvm_reset_anew(process, span);
	/* A batch of first touches looks at states, not at page locks (touch.c). */
	down_write(&process->batch);
	winvm_reset_folios(process, span);
	up_write(&process->batch);
}

/* Is a page that is not in the cache in swap? -EAGAIN if it came back meanwhile. */
static int winvm_swapped(struct address_space *mapping, pgoff_t index)
{
	void *entry = xa_load(&mapping->i_pages, index);

	if (entry && !xa_is_value(entry))
		return -EAGAIN;
	return !!entry;
}

/*
 * Make a marked page safe. Its mark may go until it is locked: a write came.
 *
 * Return: are its contents intact?
 */
static bool winvm_undo_page(struct winvm_process *process, u64 vpn)
{
	struct address_space *mapping = process->arena.file->f_mapping;
	pgoff_t index = winvm_arena_pgoff(vpn);
	winvm_pstate_t mark;
	struct folio *folio;
	int swapped = 0;

	do {
		folio = winvm_compat_lock_folio(mapping, index);
		if (!folio)
			swapped = winvm_swapped(mapping, index);
	} while (!folio && swapped < 0);
	mark = winvm_pstate_get(&process->states, vpn) & WINVM_MARKS;
	if (!folio)
		return swapped && mark != WINVM_PSTATE_LOST;
	if (mark == WINVM_PSTATE_RESET && winvm_folio_empty(folio, vpn))
		mark = WINVM_PSTATE_LOST;
	if (mark == WINVM_PSTATE_RESET)
		folio_mark_dirty(folio);
	folio_unlock(folio);
	folio_put(folio);
	return mark != WINVM_PSTATE_LOST;
}

/*
 * winvm_reset_undo() - the contents are needed after all (SPEC MR-9, OF-3)
 * @offered: WINVM_PSTATE_OFFERED for pages that were offered, 0 for the others
 *
 * All that is left is kept, also when something was lost. Pages that lie in the
 * range with a part only count as well.
 *
 * Return: are all contents intact?
 */
bool winvm_reset_undo(struct winvm_process *process, struct winvm_span span,
		      winvm_pstate_t offered)
{
	const winvm_pstate_t mask = WINVM_MARKS | WINVM_PSTATE_OFFERED;
	u64 end = span.vpn + span.pages, vpn, run;
	bool intact = true;

	for (vpn = span.vpn; vpn < end; vpn += run) {
		winvm_pstate_t state = winvm_pstate_get(&process->states, vpn);

		run = 1;
		if (state & WINVM_MARKS && (state & WINVM_PSTATE_OFFERED) == offered) {
			intact &= winvm_undo_page(process, vpn);
			winvm_mark(process, vpn, 0);
		} else {
			run = winvm_pstate_run(&process->states, vpn, end - vpn, mask);
		}
		cond_resched();
	}
	return intact;
}

/*
 * winvm_reset_written() - a page is about to become writable; under its lock
 * @state: its state
 *
 * Return: its state when it has been written.
 */
winvm_pstate_t winvm_reset_written(winvm_pstate_t state, u64 vpn, struct folio *folio)
{
	if (likely(!(state & WINVM_PSTATE_RESET)))
		return state;
	if (winvm_folio_empty(folio, vpn))
		state |= WINVM_PSTATE_LOST;
	return state & ~WINVM_PSTATE_RESET;
}
