// SPDX-License-Identifier: GPL-2.0
/*
 * Taking access away. The caller changed the page states already; when these
 * functions return, no CPU can use what the old states allowed. What the
 * kernel has pinned before (O_DIRECT, process_vm_writev) is the one exception:
 * a write under way through such a pin may still arrive.
 */

#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/rmap.h>
#include <linux/sched.h>
#include <linux/shmem_fs.h>

#include "section.h"
#include "winvm.h"

#define WINVM_MANY	4	/* pages from which on one pass over the page tables is cheaper */
#define WINVM_STRETCH	(SZ_1G >> PAGE_SHIFT)	/* of it, between two looks at the scheduler */
#define WINVM_STEPS	1024	/* pages looked at between two */

static struct address_space *winvm_mapping(struct winvm_process *process)
{
	return process->arena.file->f_mapping;
}

/* The same as below for one page. */
static int winvm_wait_for_fault(struct address_space *mapping, pgoff_t index,
				int (*then)(struct winvm_process *process, struct folio *folio),
				struct winvm_process *process)
{
	struct folio *folio = winvm_compat_lock_folio(mapping, index);
	int err = folio && then ? then(process, folio) : 0;

	if (!folio)
		return 0;
	folio_unlock(folio);
	folio_put(folio);
	return err;
}

/*
 * Wait for faults that looked at the old states: each holds its page's lock
 * from its last look until the page is mapped. A page that is not in the file
 * yet will be looked at after it is, with the new states (barrier pairs with
 * winvm_fault()). @then is done to each page under its lock.
 *
 * Return: the last error of @then, or 0.
 */
static int winvm_wait_for_faults(struct address_space *mapping, pgoff_t index, u64 pages,
				 int (*then)(struct winvm_process *process, struct folio *folio),
				 struct winvm_process *process)
{
	pgoff_t last = index + pages - 1;
	struct folio_batch batch;
	int err, failed = 0;
	unsigned int i;

	/* New states before the look for pages; pairs with winvm_fault(). */
	smp_mb();
	if (pages == 1)
		return winvm_wait_for_fault(mapping, index, then, process);
	folio_batch_init(&batch);
	while (index <= last && filemap_get_folios(mapping, &index, last, &batch)) {
		for (i = 0; i < folio_batch_count(&batch); i++) {
			folio_lock(batch.folios[i]);
			err = then ? then(process, batch.folios[i]) : 0;
			if (err)
				failed = err;
			folio_unlock(batch.folios[i]);
		}
		folio_batch_release(&batch);
		cond_resched();
	}
	return failed;
}

/*
 * Is there a page in the file, or in swap? What is mapped is in the file. What
 * comes into it later will be looked at after it is, with the new states
 * (barrier pairs with winvm_fault()).
 */
static bool winvm_any_page(struct address_space *mapping, pgoff_t index, u64 pages)
{
	/* New states before the look for pages. */
	smp_mb();
	return xa_find(&mapping->i_pages, &index, index + pages - 1, XA_PRESENT);
}

/* Any next access asks the states. */
static void winvm_unmap_pages(struct address_space *mapping, pgoff_t index, u64 pages)
{
	if (!winvm_any_page(mapping, index, pages))
		return;
	winvm_wait_for_faults(mapping, index, pages, NULL, NULL);
	unmap_mapping_pages(mapping, index, pages, false);
}

/* The same for the pages of a view: the section's, and copies, which are the arena's. */
static void winvm_wait_for_view(const struct winvm_view *view, struct winvm_span span)
{
	winvm_wait_for_faults(view->arena->f_mapping, winvm_arena_pgoff(span.vpn), span.pages,
			      NULL, NULL);
	winvm_wait_for_faults(winvm_view_mapping(view), winvm_view_pgoff(view, span.vpn),
			      span.pages, NULL, NULL);
}

/*
 * winvm_revoke_here() - no access any more for a view of a user's file, and for no other
 * mapping of it: strangers may have it, who would pay; under mmap_lock
 */
void winvm_revoke_here(const struct winvm_view *view, struct winvm_span span)
{
	VMA_ITERATOR(vmi, winvm_mm(view->process), span.vpn << PAGE_SHIFT);
	unsigned long start = span.vpn << PAGE_SHIFT, end = start + (span.pages << PAGE_SHIFT);
	struct vm_area_struct *vma;

	winvm_wait_for_view(view, span);
	for_each_vma_range(vmi, vma, end) {
		unsigned long from = max(start, vma->vm_start), to = min(end, vma->vm_end);

		if (vma->vm_file == view->file)
			winvm_compat_zap(vma, from, to - from);
	}
}

/* All views of the pages, and whoever else has them mapped, ask again. */
static void winvm_revoke_everywhere(const struct winvm_view *view, struct winvm_span span)
{
	winvm_wait_for_view(view, span);
	unmap_mapping_pages(winvm_view_mapping(view), winvm_view_pgoff(view, span.vpn), span.pages,
			    false);
}

/* A caller who is killed waits for nobody; strangers may pay, this once. */
static void winvm_revoke_data(const struct winvm_view *view, struct winvm_span span)
{
	struct mm_struct *mm = winvm_mm(view->process);

	if (mmap_read_lock_killable(mm)) {
		winvm_revoke_everywhere(view, span);
		return;
	}
	winvm_revoke_here(view, span);
	mmap_read_unlock(mm);
}

/*
 * winvm_revoke_view() - any next access to pages of a view asks the states
 *
 * So do other views of the page file's pages: they lose nothing by it, while to
 * reach this view alone takes the mmap_lock of a process that may not give it.
 */
void winvm_revoke_view(const struct winvm_view *view, struct winvm_span span)
{
	if (winvm_view_of_data(view)) {
		winvm_revoke_data(view, span);
		return;
	}
	winvm_revoke_everywhere(view, span);
}

/* What of a span is views. */
static void winvm_revoke_views(struct winvm_process *process, struct winvm_span span)
{
	u64 end = span.vpn + span.pages, vpn = span.vpn;

	while (process->views && vpn < end) {
		struct winvm_window part = { vpn, end - 1 };
		struct winvm_view *view;
		u64 pages;

		mutex_lock(&process->tree);
		view = winvm_view_part(process, &part);
		mutex_unlock(&process->tree);
		pages = part.highest_vpn - vpn + 1;

		if (view)
			winvm_revoke_view(view, (struct winvm_span){ vpn, pages });
		vpn += pages;
	}
}

/*
 * Under the page's lock, for migration holds it from end to end: an entry that
 * is under way would come back writable.
 */
static int winvm_write_protect(struct winvm_process *process, struct folio *folio)
{
	if (folio_mkclean(folio))
		folio_mark_dirty(folio);
	return 0;
}

/* The page counts as written; under its lock, in a call that is alone. */
static int winvm_mark_pinned(struct winvm_process *process, u64 vpn)
{
	winvm_pstate_t state;
	int err;

	do {
		state = winvm_pstate_get(&process->states, vpn);
		if (!(state & WINVM_PSTATE_ARMED))
			return 0;
		err = winvm_pstate_cmpxchg(&process->states, vpn, state,
					   state & ~WINVM_PSTATE_ARMED);
	} while (err == -EAGAIN);
	return err;
}

/*
 * Pins are taken through a mapping that is writable, under its page table's
 * lock or with a second look at it: what was pinned before shows by now, what
 * comes later faults.
 */
static int winvm_write_protect_armed(struct winvm_process *process, struct folio *folio)
{
	u64 vpn = winvm_arena_vpn(folio->index);
	long i, pages = folio_nr_pages(folio);
	int err = 0;

	winvm_write_protect(process, folio);
	if (likely(!folio_maybe_dma_pinned(folio)) || folio->mapping != winvm_mapping(process))
		return 0;
	/* Which of its pages is pinned is not known. */
	for (i = 0; i < pages && !err; i++)
		err = winvm_mark_pinned(process, vpn + i);
	return err;
}

/*
 * Wait for those faults alone that are under way, without a lock or a reference
 * for each page. One that is not locked after the new states are there: whoever
 * locks it after this look sees them. A page that has left its slot since is no
 * matter, for whoever took it out held its lock; so is one that is of somebody
 * else by now, and looks locked.
 */
static void winvm_wait_for_locked(struct address_space *mapping, pgoff_t index, u64 pages)
{
	XA_STATE(xas, &mapping->i_pages, index);
	pgoff_t last = index + pages - 1;
	unsigned int steps = 0;
	struct folio *folio;

	/* New states before the look at locks; pairs with winvm_fault(). */
	smp_mb();
	rcu_read_lock();
	xas_for_each(&xas, folio, last) {
		bool locked = !xas_retry(&xas, folio) && !xa_is_value(folio) &&
			      test_bit(PG_locked, &folio->flags);

		index = xas.xa_index;
		if (likely(!locked && ++steps % WINVM_STEPS))
			continue;
		xas_pause(&xas);
		rcu_read_unlock();
		if (locked)
			winvm_wait_for_fault(mapping, index, NULL, NULL);
		cond_resched();
		rcu_read_lock();
	}
	rcu_read_unlock();
	/* What a fault mapped before it unlocked the page is there for what comes now. */
	smp_rmb();
}

static void winvm_write_protect_range(struct address_space *mapping, pgoff_t index, u64 pages)
{
	pgoff_t end = index + pages, next;

	for (; index < end; index = next) {
		next = min(end, index + WINVM_STRETCH);
		winvm_compat_write_protect(mapping, index, next - index);
		cond_resched();
	}
}

/* Pages that nobody has mapped may be pinned, too: is one? */
static bool winvm_any_pinned(struct address_space *mapping, pgoff_t index, u64 pages)
{
	XA_STATE(xas, &mapping->i_pages, index);
	pgoff_t last = index + pages - 1;
	unsigned int steps = 0;
	bool pinned = false;
	struct folio *folio;

	rcu_read_lock();
	xas_for_each(&xas, folio, last) {
		pinned = !xas_retry(&xas, folio) && !xa_is_value(folio) &&
			 folio_maybe_dma_pinned(folio);
		if (pinned)
			break;
		if (likely(++steps % WINVM_STEPS))
			continue;
		xas_pause(&xas);
		rcu_read_unlock();
		cond_resched();
		rcu_read_lock();
	}
	rcu_read_unlock();
	return pinned;
}

/*
 * All pages of a span present, so that the look at the entries was one at each
 * page, under the lock of its page table: one that was not locked then has no
 * fault under way that looked at the old states, for that holds it until the
 * entry is writable.
 */
static bool winvm_write_protect_dense(struct winvm_process *process, struct winvm_span span,
				      bool armed)
{
	struct winvm_entries_found found;

	/* New states before the look at locks; pairs with winvm_fault(). */
	smp_mb();
	winvm_write_protect_range(winvm_mapping(process), winvm_arena_pgoff(span.vpn), span.pages);
	return winvm_entries_clean(process, span, armed, &found) && found.pages == span.pages &&
	       !found.locked && !(armed && found.pinned);
}

static bool winvm_write_protect_sparse(struct winvm_process *process, struct winvm_span span,
				       bool armed)
{
	pgoff_t index = winvm_arena_pgoff(span.vpn);
	struct address_space *mapping = winvm_mapping(process);
	struct winvm_entries_found found;

	winvm_wait_for_locked(mapping, index, span.pages);
	winvm_write_protect_range(mapping, index, span.pages);
	return winvm_entries_clean(process, span, armed, &found) &&
	       !(armed && (found.pinned || winvm_any_pinned(mapping, index, span.pages)));
}

/*
 * Many pages in one pass over the page tables. That knows no page locks, so
 * migration may hold an entry meanwhile, and put it back writable: the second
 * look finds it, or the entry that it put back.
 * @armed: pages may be ARMED; one that is pinned must not stay so
 *
 * Return: false if pages must be looked at one by one.
 */
static bool winvm_write_protect_many(struct winvm_process *process, struct winvm_span span,
				     bool armed)
{
	if (span.pages < WINVM_MANY || !winvm_compat_write_protects())
		return false;
	if (READ_ONCE(winvm_mapping(process)->nrpages) >= span.pages &&
	    winvm_write_protect_dense(process, span, armed))
		return true;
	return winvm_write_protect_sparse(process, span, armed);
}

/*
 * winvm_revoke_write() - pages stay readable, but the next write asks the states
 *
 * Write-protecting leaves mappings in place, which an mlock() may count on.
 */
void winvm_revoke_write(struct winvm_process *process, struct winvm_span span)
{
	struct address_space *mapping = winvm_mapping(process);
	pgoff_t index = winvm_arena_pgoff(span.vpn);

	winvm_touch_wait(process);
	if (winvm_any_page(mapping, index, span.pages) &&
	    !winvm_write_protect_many(process, span, false))
		winvm_wait_for_faults(mapping, index, span.pages, winvm_write_protect, process);
	winvm_revoke_views(process, span);
}

/*
 * winvm_revoke_armed() - the same for pages that are ARMED; what is pinned for
 * writing is so no more, as nobody would hear of these writes
 *
 * Return: 0, or -ENOMEM if a pinned page is ARMED still.
 */
int winvm_revoke_armed(struct winvm_process *process, struct winvm_span span)
{
	struct address_space *mapping = winvm_mapping(process);
	pgoff_t index = winvm_arena_pgoff(span.vpn);

	winvm_touch_wait(process);
	if (!winvm_any_page(mapping, index, span.pages) ||
	    winvm_write_protect_many(process, span, true))
		return 0;
	return winvm_wait_for_faults(mapping, index, span.pages, winvm_write_protect_armed,
				     process);
}

/* winvm_revoke_access() - any next access asks the states; contents stay */
void winvm_revoke_access(struct winvm_process *process, struct winvm_span span)
{
	winvm_touch_wait(process);
	winvm_unmap_pages(winvm_mapping(process), winvm_arena_pgoff(span.vpn), span.pages);
	winvm_revoke_views(process, span);
}

/* winvm_revoke_presence() - out of the page tables; access and contents stay (SPEC WS-8) */
void winvm_revoke_presence(struct winvm_process *process, struct winvm_span span)
{
	if (!span.pages)
		return;
	winvm_entries_age(process, span);
	unmap_mapping_pages(winvm_mapping(process), winvm_arena_pgoff(span.vpn), span.pages, false);
	winvm_revoke_views(process, span);
}

/* As winvm_wait_for_fault(), where a large folio begins or ends that goes in part. */
static void winvm_wait_for_part(struct address_space *mapping, pgoff_t index)
{
	struct folio *folio;
	bool large;

	rcu_read_lock();
	folio = xa_load(&mapping->i_pages, index);
	large = folio && !xa_is_value(folio) && folio_test_large(folio);
	rcu_read_unlock();
	if (large)
		winvm_wait_for_fault(mapping, index, NULL, NULL);
}

/*
 * winvm_revoke_contents() - no access, and the pages go back to Linux (SPEC VF-23)
 * @span: without views; nobody has access by the states any more, or, if it
 *	stays committed, no contents to count on
 *
 * Nobody waits for single faults here: shmem takes no page out of the file without its
 * lock, and unmaps it under that. So a fault that has looked at the old states
 * has mapped its page by then; one that looks after that, at a page that came
 * after that, sees the new ones. To unmap before is but cheaper than page by page;
 * but for a large folio of which a part only goes: shmem clears that, and unmaps
 * the folio only if it can split it. So faults there are waited for, and what
 * they have mapped is unmapped before.
 */
void winvm_revoke_contents(struct winvm_process *process, struct winvm_span span)
{
	struct address_space *mapping = winvm_mapping(process);
	pgoff_t index = winvm_arena_pgoff(span.vpn);
	loff_t first = (loff_t)index << PAGE_SHIFT;
	loff_t end = first + ((loff_t)span.pages << PAGE_SHIFT);

	winvm_touch_wait(process);
	if (!winvm_any_page(mapping, index, span.pages))
		return;
	winvm_wait_for_part(mapping, index);
	winvm_wait_for_part(mapping, index + span.pages - 1);
	unmap_mapping_pages(mapping, index, span.pages, false);
	shmem_truncate_range(file_inode(process->arena.file), first, end - 1);
}

/*
 * winvm_revoke_for() - revoke what a new state of the whole span does not allow
 * @state: the state the pages have now
 */
void winvm_revoke_for(struct winvm_process *process, struct winvm_span span,
		      winvm_pstate_t state)
{
	if (winvm_pstate_judge(state, WINVM_READ) != WINVM_PERMIT)
		winvm_revoke_access(process, span);
	else if (winvm_pstate_judge(state, WINVM_WRITE) != WINVM_PERMIT)
		winvm_revoke_write(process, span);
}
