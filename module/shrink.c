// SPDX-License-Identifier: GPL-2.0
/*
 * Copies of pages of views, when memory is short. Reclaim takes a page out of
 * the page tables by way of its file's mappings, and a copy is not mapped by
 * one of the arena's, but by its view's (cow.c): mapped, it could never go. So
 * a shrinker takes copies out of the page tables; what is used again comes
 * back with a fault, the rest goes to swap as all that the arena holds.
 *
 * Each view that has copies is known to it in the memory cgroup of whoever was
 * the first to copy, which pays for the copies, too. It is looked at while it
 * is live, under winvm_shrinking; whoever ends it waits for that.
 *
 * This runs wherever memory is asked for, with any locks held: it waits for
 * none of ours, nor for mmap_lock.
 */

#include <linux/mm.h>
#include <linux/pagemap.h>

#include "compat/shrinker.h"
#include "section.h"

/**
 * struct winvm_copies - what the shrinker knows of a view
 * @lru: in winvm_copies_lru; empty when it is not there
 * @view: whose part of it this is
 * @hand: page of the view where looking for copies goes on
 */
struct winvm_copies {
	struct list_head lru;
	struct winvm_view *view;
	u64 hand;
};

/* How many copies a view is thought to have: so much is looked at for each, in one go. */
#define WINVM_COPIES_GUESS 2048

static struct kmem_cache *winvm_copies_cache;
static struct list_lru winvm_copies_lru;
static struct shrinker *winvm_shrinker;
static DECLARE_RWSEM(winvm_shrinking);

/*
 * winvm_shrink_know() - a page of a view is about to be copied, or was
 *
 * In a fault. Without memory the next one tries again.
 */
void winvm_shrink_know(struct winvm_view *view)
{
	struct winvm_copies *copies;

	if (likely(READ_ONCE(view->known)))
		return;
	copies = kmem_cache_alloc_lru(winvm_copies_cache, &winvm_copies_lru, GFP_KERNEL_ACCOUNT);
	if (!copies)
		return;
	INIT_LIST_HEAD(&copies->lru);
	copies->view = view;
	copies->hand = 0;
	/* Known first, then the look whether it is live; pairs with winvm_shrink_forget(). */
	if (cmpxchg(&view->known, NULL, copies))
		kmem_cache_free(winvm_copies_cache, copies);
	else if (READ_ONCE(view->live))
		winvm_compat_lru_add(&winvm_copies_lru, &copies->lru);
}

/*
 * winvm_shrink_wait() - what was looked at before is left alone now
 *
 * Who looks later sees what the caller has changed before.
 */
void winvm_shrink_wait(void)
{
	down_write(&winvm_shrinking);
	up_write(&winvm_shrinking);
}

/* winvm_shrink_forget() - a view is not live any more, and from here on not looked at */
void winvm_shrink_forget(struct winvm_view *view)
{
	struct winvm_copies *copies;

	/* Not live first, then the look whether it is known; pairs with winvm_shrink_know(). */
	smp_mb();
	copies = READ_ONCE(view->known);
	if (!copies)
		return;
	winvm_compat_lru_del(&winvm_copies_lru, &copies->lru);
	winvm_shrink_wait();
}

/* winvm_shrink_free() - a view goes; after it was forgotten a late fault may have made it known */
void winvm_shrink_free(struct winvm_view *view)
{
	if (!view->known)
		return;
	winvm_compat_lru_del(&winvm_copies_lru, &view->known->lru);
	kmem_cache_free(winvm_copies_cache, view->known);
}

/* Is there a copy that is mapped, and may be taken out? */
static bool winvm_copy_idle(const struct winvm_view *view, struct folio *folio, u64 vpn)
{
	struct winvm_process *process = view->process;

	return !folio_test_large(folio) && folio_mapped(folio) && !xa_load(&process->locked, vpn) &&
	       winvm_pstate_get(&process->states, vpn) & WINVM_PSTATE_COPIED;
}

/* What mlock() holds stays. Under mmap_lock. */
static void winvm_copies_zap_here(const struct winvm_view *view, struct winvm_span span)
{
	VMA_ITERATOR(vmi, winvm_mm(view->process), span.vpn << PAGE_SHIFT);
	unsigned long start = span.vpn << PAGE_SHIFT, end = start + (span.pages << PAGE_SHIFT);
	struct vm_area_struct *vma;

	for_each_vma_range(vmi, vma, end) {
		unsigned long from = max(start, vma->vm_start), to = min(end, vma->vm_end);

		if (vma->vm_file == view->file && !(vma->vm_flags & VM_LOCKED))
			winvm_compat_zap(vma, from, to - from);
	}
}

/*
 * Out of the page tables. Where somebody wants mmap_lock for writing, who may
 * wait for the very memory that we are to find, the other mappings of the same
 * pages of the section pay, too, with a fault.
 */
static void winvm_copies_zap(const struct winvm_view *view, struct winvm_span span)
{
	struct mm_struct *mm = winvm_mm(view->process);

	if (!span.pages)
		return;
	if (mmap_read_trylock(mm)) {
		winvm_copies_zap_here(view, span);
		mmap_read_unlock(mm);
	} else if (!READ_ONCE(mm->locked_vm)) {
		unmap_mapping_pages(winvm_view_mapping(view), winvm_view_pgoff(view, span.vpn),
				    span.pages, false);
	}
}

/* Of some pages of the arena, in their order, those that can be: in runs. Return: how many. */
static unsigned long winvm_copies_take(const struct winvm_view *view, struct folio_batch *batch)
{
	struct winvm_span run = { };
	unsigned long taken = 0;
	unsigned int i;

	for (i = 0; i < folio_batch_count(batch); i++) {
		u64 vpn = winvm_arena_vpn(batch->folios[i]->index);

		if (!winvm_copy_idle(view, batch->folios[i], vpn))
			continue;
		if (vpn != run.vpn + run.pages) {
			winvm_copies_zap(view, run);
			run = (struct winvm_span){ vpn, 0 };
		}
		run.pages++;
		taken++;
	}
	winvm_copies_zap(view, run);
	return taken;
}

/* From where it ended the last time, to the end of the view. Return: pages taken out. */
static unsigned long winvm_copies_scan(struct winvm_copies *copies, unsigned long most)
{
	const struct winvm_view *view = copies->view;
	pgoff_t first = winvm_arena_pgoff(view->span.vpn);
	pgoff_t last = winvm_arena_pgoff(winvm_span_last(view->span));
	pgoff_t index = first + READ_ONCE(copies->hand);
	unsigned long seen = 0, taken = 0;
	struct folio_batch batch;

	folio_batch_init(&batch);
	while (seen < most && filemap_get_folios(view->arena->f_mapping, &index, last, &batch)) {
		seen += folio_batch_count(&batch);
		taken += winvm_copies_take(view, &batch);
		folio_batch_release(&batch);
		cond_resched();
	}
	WRITE_ONCE(copies->hand, index > last ? 0 : index - first);
	return taken;
}

/* The first of the list, which becomes the last of it; none that has ended. */
static enum lru_status winvm_copies_pick(struct list_head *item, struct list_lru_one *list,
					 spinlock_t *lock, void *picked)
{
	struct winvm_copies *copies = container_of(item, struct winvm_copies, lru);

	if (READ_ONCE(copies->view->live))
		*(struct winvm_copies **)picked = copies;
	return LRU_ROTATE;
}

static unsigned long winvm_shrink_count(struct shrinker *shrinker, struct shrink_control *sc)
{
	unsigned long views;

	winvm_memory_prod();
	if (!smp_load_acquire(&winvm_shrinker))	/* pairs with winvm_shrink_load() */
		return 0;
	views = list_lru_shrink_count(&winvm_copies_lru, sc);
	return views ? views * WINVM_COPIES_GUESS : SHRINK_EMPTY;
}

static unsigned long winvm_shrink_scan(struct shrinker *shrinker, struct shrink_control *sc)
{
	struct winvm_copies *copies = NULL;
	unsigned long taken = 0, one = 1;

	if (!down_read_trylock(&winvm_shrinking))
		return SHRINK_STOP;
	list_lru_walk_one(&winvm_copies_lru, sc->nid, sc->memcg, winvm_copies_pick, &copies, &one);
	if (copies)
		taken = winvm_copies_scan(copies, sc->nr_to_scan);
	up_read(&winvm_shrinking);
	return taken;
}

int winvm_shrink_load(void)
{
	const struct shrinker like = {
		.count_objects = winvm_shrink_count,
		.scan_objects = winvm_shrink_scan,
		.seeks = DEFAULT_SEEKS,
	};
	struct shrinker *shrinker;
	int err;

	winvm_copies_cache = KMEM_CACHE(winvm_copies, SLAB_ACCOUNT);
	if (!winvm_copies_cache)
		return -ENOMEM;
	err = winvm_compat_shrinker_add(&shrinker, &like, &winvm_copies_lru, "winvm-copies");
	if (err)
		kmem_cache_destroy(winvm_copies_cache);
	else
		/* The list is ready; pairs with winvm_shrink_count(). */
		smp_store_release(&winvm_shrinker, shrinker);
	return err;
}

/* No view is left. */
void winvm_shrink_unload(void)
{
	winvm_compat_shrinker_remove(winvm_shrinker);
	list_lru_destroy(&winvm_copies_lru);
	kmem_cache_destroy(winvm_copies_cache);
}
