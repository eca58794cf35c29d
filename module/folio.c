// SPDX-License-Identifier: GPL-2.0
/*
 * Folios of 2 MB in an arena's file: what shmem does for a page it does once for
 * 512 of them. They are mapped by page table entries all the same, so that each
 * page has its own state: Linux maps no huge page where address and page offset
 * differ in their places in one, as they do in all of the arena (backing.c).
 *
 * shmem makes such folios for whoever asks where the mount says so. The arena's
 * mount is its own, and says so while a first touch asks (touch.c): an arena
 * that is touched here and there is not to cost 2 MB for each page. What else of
 * the same process asks for a page meanwhile may get one, too, which takes
 * memory and does no harm: it is empty, and what its pages are is in their states.
 *
 * Begun only where 8 MB before were touched, one page after the other, the states
 * of all its pages are those of ordinary memory that nobody had yet, and nothing
 * has to go for it: it would be split again soon. Linux splits it when it swaps it
 * out, or when a part of it is decommitted; if it cannot, as a page is pinned, this
 * part is cleared, and stays until the rest goes. A part that is reset has it split
 * as well (reset.c).
 */

#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/mount.h>
#include <linux/pagemap.h>
#include <linux/shmem_fs.h>

#include "winvm.h"

#define WINVM_FOLIO_PAGES	(PMD_SIZE >> PAGE_SHIFT)
#define WINVM_FOLIO_BEHIND	(SZ_8M >> PAGE_SHIFT)

/* winvm_folio_mount() - learn what an arena's mount says when it has such folios */
void winvm_folio_mount(struct winvm_arena *arena, const struct vfsmount *mount)
{
	struct shmem_sb_info *info = mount->mnt_sb->s_fs_info;

	arena->huge = info->huge;
	info->huge = 0;
}

/* Of the pages before, one in each batch: as if all were touched. */
static bool winvm_folio_behind(struct address_space *mapping, pgoff_t index)
{
	pgoff_t back;

	for (back = WINVM_TOUCH_MOST; back <= WINVM_FOLIO_BEHIND; back += WINVM_TOUCH_MOST)
		if (!winvm_touch_present(mapping, index - back))
			return false;
	return true;
}

/*
 * winvm_folio_next() - may a folio begin here, when all before is touched?
 *
 * A batch that comes before it leaves the page to it.
 */
bool winvm_folio_next(const struct winvm_process *process, struct address_space *mapping,
		      pgoff_t index)
{
	return process->arena.huge && IS_ALIGNED(index, WINVM_FOLIO_PAGES) &&
	       winvm_folio_behind(mapping, index);
}

/* Ordinary pages, all of them? A look ends where a node of states does. */
static bool winvm_folio_alike(struct winvm_process *process, u64 vpn)
{
	u64 alike = 0, more;

	do {
		more = winvm_pstate_alike(&process->states, vpn + alike, WINVM_FOLIO_PAGES - alike,
					  WINVM_BASE_READWRITE);
		alike += more;
	} while (more && alike < WINVM_FOLIO_PAGES);
	return alike == WINVM_FOLIO_PAGES;
}

/* winvm_folio_wanted() - shall a first touch bring in 2 MB? */
bool winvm_folio_wanted(struct winvm_process *process, const struct vm_fault *vmf)
{
	struct address_space *mapping = vmf->vma->vm_file->f_mapping;
	unsigned long index = vmf->pgoff;

	return winvm_folio_next(process, mapping, index) &&
	       vmf->address + PMD_SIZE <= vmf->vma->vm_end &&
	       winvm_touch_present(mapping, index - 1) &&
	       winvm_folio_alike(process, vmf->address >> PAGE_SHIFT) &&
	       winvm_groups_have(process, 2 * WINVM_FOLIO_PAGES) &&
	       !xa_find(&mapping->i_pages, &index, index + WINVM_FOLIO_PAGES - 1, XA_PRESENT);
}

/*
 * winvm_folio_begin() - a page of an arena's file, and all of its 2 MB if they can be had
 *
 * As winvm_compat_write_begin(). Another thread may have switched it off again.
 */
struct folio *winvm_folio_begin(struct winvm_process *process, struct address_space *mapping,
				pgoff_t index)
{
	struct shmem_sb_info *info = mapping->host->i_sb->s_fs_info;
	struct folio *folio;

	/* shmem reads it without a lock, as it does when a mount is changed. */
	data_race(info->huge = process->arena.huge);
	folio = winvm_compat_write_begin(mapping, index);
	/* The same. */
	data_race(info->huge = 0);
	return folio;
}

/*
 * winvm_folio_stays() - is a folio that was just made one that may stay? It is locked
 *
 * If not, it is out of the file, and nobody has used it.
 */
bool winvm_folio_stays(struct winvm_process *process, struct folio *folio)
{
	if (!folio_test_large(folio))
		return true;
	/* The pages are in the file and locked; as in winvm_fault(). */
	smp_mb();
	if (winvm_folio_alike(process, winvm_arena_vpn(folio->index)))
		return true;
	winvm_compat_remove_page(folio->mapping, &folio->page);
	return false;
}

/*
 * winvm_folio_drop() - a page that nobody is to find the contents of; it is locked
 *
 * Out of the file, unless it is one of many that have contents that count.
 */
void winvm_folio_drop(struct address_space *mapping, struct page *page)
{
	if (folio_test_large(page_folio(page)))
		clear_highpage(page);
	else
		winvm_compat_remove_page(mapping, page);
}

static bool winvm_folio_mapped(const struct vm_fault *vmf, unsigned int back)
{
	unsigned long address = vmf->address - ((unsigned long)back << PAGE_SHIFT);
	struct winvm_entry entry;

	if (address < vmf->vma->vm_start || address > vmf->address)
		return false;
	winvm_walk_at(vmf->vma, address, &entry);
	return entry.kind == WINVM_ENTRY_PRESENT;
}

/*
 * winvm_folio_left() - pages of a large folio from the one of a fault on
 *
 * None unless those before them are mapped: what was taken out of the working
 * set comes back one by one (SPEC WS-8).
 */
unsigned int winvm_folio_left(const struct vm_fault *vmf)
{
	struct address_space *mapping = vmf->vma->vm_file->f_mapping;
	unsigned int left = 0;
	struct folio *folio;

	/* No reference: what it was a moment ago is as good. */
	rcu_read_lock();
	folio = xa_load(&mapping->i_pages, vmf->pgoff);
	if (folio && !xa_is_value(folio) && folio_test_large(folio))
		left = WINVM_FOLIO_PAGES - vmf->pgoff % WINVM_FOLIO_PAGES;
	rcu_read_unlock();
	if (left > 1 && winvm_folio_mapped(vmf, 1) && winvm_folio_mapped(vmf, WINVM_TOUCH_MOST))
		return left;
	return 0;
}
