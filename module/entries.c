// SPDX-License-Identifier: GPL-2.0
/*
 * Changing entries of page tables where they are: those of the arena's VMAs that
 * are present, and no others. What it takes is mmap_lock, which the threads of
 * another process may hold for ever: so it is only tried, and whoever calls can
 * do without. Views are not touched: strangers' pages may be mapped there.
 *
 * An entry that is present maps the page that the arena's file has at this
 * place, for whoever takes the page out of the file, or moves it, takes the
 * entry away before, under the lock of the page table, which is held here.
 */

#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/sched.h>

#include "winvm.h"

#define WINVM_ENTRIES_CHUNK	SZ_1G	/* of addresses, between two looks at the scheduler */

/**
 * struct winvm_entries - what a walk changes
 * @process: whose arena
 * @marks: some states may be of a kind that is not written without a fault
 * @found: out: what a look has found
 */
struct winvm_entries {
	struct winvm_process *process;
	bool marks;
	struct winvm_entries_found *found;
};

static void winvm_entries_of(struct mm_struct *mm, unsigned long start, unsigned long end,
			     pte_fn_t change, struct winvm_entries *entries)
{
	unsigned long next;

	for (; start < end; start = next) {
		next = min(end, ALIGN(start + 1, WINVM_ENTRIES_CHUNK));
		apply_to_existing_page_range(mm, start, next - start, change, entries);
		cond_resched();
	}
}

/* Return: false if mmap_lock is taken, and nothing was done. */
static bool winvm_entries_change(struct winvm_span span, pte_fn_t change,
				 struct winvm_entries *entries)
{
	VMA_ITERATOR(vmi, winvm_mm(entries->process), span.vpn << PAGE_SHIFT);
	unsigned long start = span.vpn << PAGE_SHIFT, end = start + (span.pages << PAGE_SHIFT);
	struct winvm_process *process = entries->process;
	struct mm_struct *mm = winvm_mm(process);
	struct vm_area_struct *vma;

	if (!mmap_read_trylock(mm))
		return false;
	for_each_vma_range(vmi, vma, end)
		if (vma->vm_file == process->arena.file && winvm_arena_owns(process, vma))
			winvm_entries_of(mm, max(start, vma->vm_start), min(end, vma->vm_end),
					 change, entries);
	mmap_read_unlock(mm);
	return true;
}

/* Entries that a fault, or Linux' balancing of memory nodes, has to look at first. */
static bool winvm_entry_plain(pte_t entry)
{
	return pte_present(entry) && !pte_protnone(entry) && !pte_special(entry) &&
	       !pte_uffd_wp(entry);
}

/* A write to this page asks for more than the entry: a watch, or a mark of a reset. */
static bool winvm_entry_waits(const struct winvm_entries *entries, unsigned long address)
{
	winvm_pstate_t state;

	if (likely(!entries->marks))
		return false;
	state = winvm_pstate_get(&entries->process->states, address >> PAGE_SHIFT);
	return state & WINVM_PSTATE_FAULTS || !winvm_pstate_writable(state);
}

/*
 * Dirty as after a write, for Linux takes a page of shmem that is clean for one
 * that nobody wrote: so its contents are kept wherever the entry goes. No
 * translation has to be flushed: at worst a processor faults on an old one.
 */
static int winvm_entry_grant(pte_t *pte, unsigned long address, void *data)
{
	struct winvm_entries *entries = data;
	pte_t entry = winvm_compat_entry(pte);

	if (!winvm_entry_plain(entry) || pte_write(entry) || winvm_entry_waits(entries, address))
		return 0;
	set_pte_at(winvm_mm(entries->process), address, pte,
		   winvm_compat_writable(pte_mkdirty(entry)));
	return 0;
}

/*
 * winvm_entries_grant() - what is present may be written at once, not after a fault each
 * @vad: private
 * @span: of it; all its pages have a state that lets them be written
 *
 * The VAD is held, or the call is alone: so nobody takes the right away, arms a watch
 * or resets pages meanwhile. Faults do change states, but away from those that
 * a fault has to see. A later call that takes the right away finds the entries
 * as it does those that faults made. What cannot be done is left to the faults.
 */
void winvm_entries_grant(struct winvm_process *process, const struct winvm_vad *vad,
			 struct winvm_span span)
{
	struct winvm_entries entries = {
		.process = process,
		.marks = vad->flags & (WINVM_VAD_WATCH | WINVM_VAD_MARKED),
	};

	winvm_entries_change(span, winvm_entry_grant, &entries);
}

/* A page that was written since its watch was armed may be written on. */
static bool winvm_entry_told(const struct winvm_entries *entries, unsigned long address)
{
	return entries->marks &&
	       !(winvm_pstate_get(&entries->process->states, address >> PAGE_SHIFT) &
		 WINVM_PSTATE_ARMED);
}

static int winvm_entry_clean(pte_t *pte, unsigned long address, void *data)
{
	struct winvm_entries *entries = data;
	struct winvm_entries_found *found = entries->found;
	pte_t entry = winvm_compat_entry(pte);
	struct folio *folio;

	if (!pte_present(entry) || pte_special(entry) ||
	    (pte_write(entry) && !winvm_entry_told(entries, address))) {
		found->odd = true;
		return 0;
	}
	folio = page_folio(pte_page(entry));
	found->pages++;
	found->locked |= folio_test_locked(folio);
	found->pinned |= folio_maybe_dma_pinned(folio);
	if (!winvm_compat_dirty_is_writable() || !pte_dirty(entry) || pte_write(entry))
		return 0;
	if (!folio_test_dirty(folio))
		folio_mark_dirty(folio);
	set_pte_at(winvm_mm(entries->process), address, pte, pte_mkclean(entry));
	return 0;
}

/*
 * winvm_entries_clean() - are all entries of a span read-only by now?
 * @armed: but for pages that are not ARMED any more
 * @found: out
 *
 * And make them clean where Linux would make a dirty one writable without a
 * fault. The page is dirty in its place; who makes it clean unmaps it before.
 *
 * An entry that migration has under way is odd: it puts back what was there
 * before.
 *
 * Return: false if one is odd, or if nobody could look.
 */
bool winvm_entries_clean(struct winvm_process *process, struct winvm_span span, bool armed,
			 struct winvm_entries_found *found)
{
	struct winvm_entries entries = { .process = process, .marks = armed, .found = found };

	*found = (struct winvm_entries_found){ };
	return winvm_entries_change(span, winvm_entry_clean, &entries) && !found->odd;
}

static int winvm_entry_age(pte_t *pte, unsigned long address, void *data)
{
	if (pte_present(winvm_compat_entry(pte)))
		winvm_compat_age(pte);
	return 0;
}

/*
 * winvm_entries_age() - that these pages were used does not speak for them
 *
 * Linux looks at it when it unmaps a page, and two pages of one folio that were
 * used make that an active one. What cannot be done is left as it is.
 */
void winvm_entries_age(struct winvm_process *process, struct winvm_span span)
{
	struct winvm_entries entries = { .process = process };

	winvm_entries_change(span, winvm_entry_age, &entries);
}
