// SPDX-License-Identifier: GPL-2.0
/*
 * Reading page tables. The caller holds mmap_lock for reading and stays within
 * a VMA, whose tables nobody takes down then: but for Linux turning a table
 * into a huge page, which frees it after an RCU grace period. So an entry is
 * copied before it is followed, and what it says was true a moment ago.
 *
 * The struct page behind an entry is looked at without a reference. It stays
 * readable; when its page goes meanwhile, it speaks of another.
 */

#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/rcupdate.h>
#include <linux/swap.h>
#include <linux/swapops.h>

#include "winvm.h"

/* Pages without a struct page of their own (devices, the zero page) have no node. */
static void winvm_entry_page(struct winvm_entry *entry, unsigned long pfn, bool special)
{
	struct page *page;

	entry->kind = WINVM_ENTRY_PRESENT;
	entry->pfn = pfn;
	entry->special = special || !pfn_valid(pfn);
	if (entry->special)
		return;
	page = pfn_to_page(pfn);
	entry->node = page_to_nid(page);
	entry->anon = PageAnon(page);
	if (!entry->anon)
		entry->mapcount = winvm_compat_mapcount(page);
}

/* A page that is on its way to another place in memory is as good as present. */
static void winvm_entry_swap(struct winvm_entry *entry, swp_entry_t swap)
{
	if (is_migration_entry(swap)) {
		entry->writable = is_writable_migration_entry(swap);
		winvm_entry_page(entry, swp_offset_pfn(swap), false);
	} else if (is_hwpoison_entry(swap)) {
		entry->kind = WINVM_ENTRY_BAD;
	} else if (!non_swap_entry(swap)) {
		entry->kind = WINVM_ENTRY_SWAPPED;
	}
}

static void winvm_look_at_pte(struct winvm_entry *entry, pte_t pte)
{
	entry->shift = PAGE_SHIFT;
	if (pte_none(pte))
		return;
	if (pte_present(pte)) {
		entry->writable = pte_write(pte);
		winvm_entry_page(entry, pte_pfn(pte), pte_special(pte) || pte_devmap(pte));
	} else {
		winvm_entry_swap(entry, pte_to_swp_entry(pte));
	}
}

/* Return: is there a table below? */
static bool winvm_look_at_pmd(struct winvm_entry *entry, pmd_t pmd)
{
	unsigned long inside = (entry->address & ~PMD_MASK) >> PAGE_SHIFT;

	entry->shift = PMD_SHIFT;
	if (pmd_none(pmd))
		return false;
	if (!pmd_present(pmd)) {
		/* Linux has only huge pages under migration here. */
		entry->kind = WINVM_ENTRY_PRESENT;
		entry->pfn = WINVM_NO_PFN;
		return false;
	}
	if (!pmd_leaf(pmd))
		return !pmd_bad(pmd);
	entry->writable = pmd_write(pmd);
	winvm_entry_page(entry, pmd_pfn(pmd) + inside, pmd_devmap(pmd));
	return false;
}

static bool winvm_look_at_pud(struct winvm_entry *entry, pud_t pud)
{
	unsigned long inside = (entry->address & ~PUD_MASK) >> PAGE_SHIFT;

	entry->shift = PUD_SHIFT;
	if (pud_none(pud) || !pud_present(pud))
		return false;
	if (!pud_leaf(pud))
		return !pud_bad(pud);
	entry->writable = pud_write(pud);
	winvm_entry_page(entry, pud_pfn(pud) + inside, pud_devmap(pud));
	return false;
}

/* Fills an entry whose address is set. Its shift tells how much is like it. */
static void winvm_look(struct mm_struct *mm, struct winvm_entry *entry)
{
	unsigned long address = entry->address;
	pgd_t pgd = READ_ONCE(*pgd_offset(mm, address));
	p4d_t p4d;
	pud_t pud;
	pmd_t pmd;

	entry->shift = PGDIR_SHIFT;
	if (pgd_none(pgd) || pgd_bad(pgd))
		return;
	p4d = READ_ONCE(*p4d_offset(&pgd, address));
	entry->shift = P4D_SHIFT;
	if (p4d_none(p4d) || p4d_bad(p4d))
		return;
	pud = READ_ONCE(*pud_offset(&p4d, address));
	if (!winvm_look_at_pud(entry, pud))
		return;
	pmd = READ_ONCE(*pmd_offset(&pud, address));
	if (winvm_look_at_pmd(entry, pmd))
		winvm_look_at_pte(entry, READ_ONCE(*pte_offset_kernel(&pmd, address)));
}

/*
 * winvm_walk_at() - what the page tables say of one page
 * @vma: of @address, not one of hugetlbfs, whose tables have locks of their own
 */
void winvm_walk_at(struct vm_area_struct *vma, unsigned long address, struct winvm_entry *entry)
{
	*entry = (struct winvm_entry){ .address = address & PAGE_MASK };
	rcu_read_lock();
	winvm_look(vma->vm_mm, entry);
	rcu_read_unlock();
}

/*
 * winvm_walk_next() - the next page that is not without an entry
 * @vma: as above
 * @address: where to begin, page-aligned, in @vma; then where to go on
 * @end: of @vma, or before
 * @steps: how many entries may be looked at; counted down
 *
 * Pages in huge pages come one by one.
 *
 * Return: was one found? If not, @address is @end or @steps is 0.
 */
bool winvm_walk_next(struct vm_area_struct *vma, unsigned long *address, unsigned long end,
		     unsigned int *steps, struct winvm_entry *entry)
{
	while (*address < end && *steps) {
		--*steps;
		winvm_walk_at(vma, *address, entry);
		if (entry->kind != WINVM_ENTRY_NONE) {
			*address += PAGE_SIZE;
			return true;
		}
		*address = min(end, (*address | ((1UL << entry->shift) - 1)) + 1);
	}
	return false;
}
