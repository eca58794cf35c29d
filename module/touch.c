// SPDX-License-Identifier: GPL-2.0
/*
 * First touch: a page of the arena that is written for the first time, and
 * those behind it if it looks as if they came next.
 *
 * shmem's own fault clears a page that the allocator has cleared already, and
 * maps one page a fault. So its write_begin makes the pages, which leaves the
 * clearing to us, and its map_pages maps them, writable and dirty as the fault
 * is a write. That looks at no page states, and takes the lock of each page
 * only for itself. Hence process->batch: a batch looks at all its states once
 * more while it holds that for reading, and maps them under the same hold.
 * Whoever takes access away changes the states first, and then waits until
 * nobody holds it (winvm_touch_wait()): a batch that looked before has mapped
 * its pages, and they are found in the page tables; one that comes after sees
 * the new states. Who cannot have it at once does without a batch.
 *
 * What was said of a page that came into the file too late (fault.c) holds for
 * each page of a batch.
 *
 * Pages that were never touched may so be in the working set, at most 63
 * behind one that was. Only if those before them were touched too; not where
 * somebody counts (working_set.c), nor at the cost of another address space:
 * shmem charges the memory cgroup of whoever runs.
 */

#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>

#include "compat/counters.h"
#include "trace.h"
#include "winvm.h"

/* The batches grow in these steps: an allocation's granule, four of them. */
#define WINVM_TOUCH_GRANULE	16U

/* winvm_touch_present() - is a page in the file, and not in swap? */
bool winvm_touch_present(struct address_space *mapping, pgoff_t index)
{
	const void *entry = xa_load(&mapping->i_pages, index);

	return entry && !xa_is_value(entry);
}

/*
 * As many as the pages before bear out: a page that was not touched is not there
 * (SPEC WS-10), unless a granule and more before it was touched, one page after
 * the other. No batch goes beyond where the next one may begin.
 */
static unsigned int winvm_touch_wanted(struct address_space *mapping, pgoff_t index, u64 vpn)
{
	if (vpn % WINVM_TOUCH_GRANULE || !winvm_touch_present(mapping, index - 1) ||
	    !winvm_touch_present(mapping, index - WINVM_TOUCH_GRANULE))
		return 1;
	return winvm_touch_present(mapping, index - WINVM_TOUCH_MOST) ?
		WINVM_TOUCH_MOST - vpn % WINVM_TOUCH_MOST : WINVM_TOUCH_GRANULE;
}

/*
 * How many pages the batch shall have: ordinary ones that were never touched.
 * What is in the file, or in swap, comes back one by one (SPEC WS-8). A batch never
 * lies in two page tables, as it ends where a multiple of its size does.
 */
static unsigned int winvm_touch_count(struct winvm_process *process, const struct vm_fault *vmf)
{
	struct address_space *mapping = vmf->vma->vm_file->f_mapping;
	u64 vpn = vmf->address >> PAGE_SHIFT;
	unsigned int count = winvm_touch_wanted(mapping, vmf->pgoff, vpn);
	unsigned long index = vmf->pgoff;

	count = min_t(u64, count, (vmf->vma->vm_end >> PAGE_SHIFT) - vpn);
	if (count > 1)
		count = winvm_pstate_alike(&process->states, vpn, count, WINVM_BASE_READWRITE);
	if (count && xa_find(&mapping->i_pages, &index, vmf->pgoff + count - 1, XA_PRESENT))
		count = index - vmf->pgoff;
	if (count > 1 && winvm_folio_next(process, mapping, vmf->pgoff + count - 1))
		count--;
	return count;
}

/* The allocator may have cleared it. */
static void winvm_touch_clear(struct address_space *mapping, struct folio *folio)
{
	long i;

	if (want_init_on_alloc(mapping_gfp_mask(mapping)))
		return;
	for (i = 0; i < folio_nr_pages(folio); i++)
		clear_highpage(folio_page(folio, i));
}

/*
 * A page that was brought into the file, and 511 more perhaps. What came
 * meanwhile, from swap even, has contents.
 *
 * Return: is it still there?
 */
static bool winvm_touch_finish(struct winvm_process *process, struct address_space *mapping,
			       struct folio *folio)
{
	bool stays = true;

	if (IS_ERR(folio))
		return false;
	if (!folio_test_uptodate(folio)) {
		winvm_touch_clear(mapping, folio);
		folio_mark_uptodate(folio);
		/* Nobody but us has: else its end would make it an active page first. */
		folio_clear_referenced(folio);
		stays = winvm_folio_stays(process, folio);
	}
	if (stays)
		folio_mark_dirty(folio);
	folio_unlock(folio);
	folio_put(folio);
	return stays;
}

/* Return: how many pages of the batch are in the file now. */
static unsigned int winvm_touch_fill(struct winvm_process *process, struct address_space *mapping,
				     pgoff_t index, unsigned int count)
{
	struct folio *folio;
	unsigned int made;

	for (made = 0; made < count; made++) {
		folio = winvm_compat_write_begin(mapping, index + made);
		if (!winvm_touch_finish(process, mapping, folio) || fatal_signal_pending(current))
			break;
	}
	return made;
}

/* Bring pages into the file, or find them there: up to the end of a batch. Return: how many. */
static unsigned int winvm_touch_bring(struct winvm_process *process, const struct vm_fault *vmf)
{
	struct address_space *mapping = vmf->vma->vm_file->f_mapping;
	u64 vpn = vmf->address >> PAGE_SHIFT, end = vmf->vma->vm_end >> PAGE_SHIFT;
	unsigned int left = winvm_folio_left(vmf);

	if (left)
		return min3((u64)left, WINVM_TOUCH_MOST - vpn % WINVM_TOUCH_MOST, end - vpn);
	if (winvm_folio_wanted(process, vmf) &&
	    winvm_touch_finish(process, mapping, winvm_folio_begin(process, mapping, vmf->pgoff)))
		return 1;
	return winvm_touch_fill(process, mapping, vmf->pgoff, winvm_touch_count(process, vmf));
}

/* As in winvm_fault(): a page that came after the truncation is charged to nobody. */
static void winvm_touch_late(struct winvm_process *process, struct address_space *mapping,
			     pgoff_t index)
{
	struct folio *folio = winvm_compat_lock_folio(mapping, index);

	if (!folio)
		return;
	/* The page is in the file and locked; as in winvm_fault(). */
	smp_mb();
	if (!winvm_pstate_committed(winvm_pstate_get(&process->states, winvm_arena_vpn(index))))
		winvm_folio_drop(mapping, folio_file_page(folio, index));
	folio_unlock(folio);
	folio_put(folio);
}

/* Return: how many pages of the batch had the right state; @ret: of mapping them. */
static unsigned int winvm_touch_map(struct winvm_process *process, struct vm_fault *vmf,
				    unsigned int count, vm_fault_t *ret)
{
	unsigned int alike;

	if (!down_read_trylock(&process->batch))
		return 0;
	/* The pages are in the file, and the lock is held; pairs with winvm_touch_wait(). */
	smp_mb();
	alike = winvm_pstate_alike(&process->states, vmf->address >> PAGE_SHIFT, count,
				   WINVM_BASE_READWRITE);
	if (alike && !READ_ONCE(process->ws.attended))
		*ret = filemap_map_pages(vmf, vmf->pgoff, vmf->pgoff + alike - 1);
	/* Linux counts one fault (SPEC CC-11). */
	if (alike > 1 && *ret & VM_FAULT_NOPAGE) {
		atomic64_add(alike - 1, &process->ws.brought);
		winvm_compat_mapped_besides(alike - 1);
	}
	up_read(&process->batch);
	return alike;
}

/*
 * winvm_touch() - the first write to an ordinary page of the arena
 *
 * In a page fault.
 *
 * Return: is it mapped? If not, it is for shmem's own fault, and what is in
 * the file by now is no different from what other faults bring there.
 */
bool winvm_touch(struct winvm_process *process, struct vm_fault *vmf)
{
	struct address_space *mapping = vmf->vma->vm_file->f_mapping;
	pgoff_t index = vmf->pgoff;
	vm_fault_t ret = 0;
	unsigned int made, mapped, alike;

	if (READ_ONCE(process->ws.attended) || current->mm != winvm_mm(process))
		return false;
	made = winvm_touch_bring(process, vmf);
	if (!made)
		return false;
	mapped = winvm_touch_map(process, vmf, made, &ret);
	for (alike = mapped; alike < made; alike++)
		winvm_touch_late(process, mapping, index + alike);
	if (!(ret & VM_FAULT_NOPAGE))
		return false;
	trace_fault(process, vmf->real_address, WINVM_WRITE, WINVM_FAULT_DEMAND_ZERO, mapped);
	return true;
}

/*
 * winvm_touch_wait() - batches that looked at the old states have mapped their pages
 *
 * After a change of states, before the page tables are looked at.
 */
void winvm_touch_wait(struct winvm_process *process)
{
	/* New states before the look at the lock; pairs with winvm_touch_map(). */
	smp_mb();
	if (likely(!rwsem_is_locked(&process->batch)))
		return;
	down_write(&process->batch);
	up_write(&process->batch);
}
