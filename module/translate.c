// SPDX-License-Identifier: GPL-2.0
/*
 * An address through the page tables, level by level, for who wants to see it,
 * and what a page is that no entry tells of.
 *
 * Who may query a process may see its tables; where in memory things are, and
 * in which slots of page files, is for those whom /proc/PID/pagemap tells it,
 * too. What is in the page cache of files is for these only: others could find
 * out what somebody else has read.
 *
 * Entries are read as walk.c does, of addresses outside of VMAs, too. Linux
 * takes a table down that no VMA needs, which it may do with mmap_lock held for
 * reading: so a table is only looked into if a VMA is where the table maps. Of
 * hugetlbfs none is, for its tables have locks of their own.
 */

#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/pgtable.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/swap.h>
#include <linux/swapops.h>
#include <linux/uaccess.h>

#include "section.h"
#include "winvm.h"

/* Addresses that are translated under one hold of the locks: less than a page of them. */
#define WINVM_TRANSLATE_BATCH	32U

/* What of an entry that is present says where, and what of others does not. */
#define WINVM_ENTRY_WHERE	GENMASK_ULL(51, PAGE_SHIFT)
#define WINVM_ENTRY_PLAIN	GENMASK_ULL(8, 0)

/* Levels: indices of winvm_translation.entries, and one more than that. */
enum {
	WINVM_LEVEL_PTE = 1,
	WINVM_LEVEL_PMD,
	WINVM_LEVEL_PUD,
	WINVM_LEVEL_P4D,
	WINVM_LEVEL_PGD,
};

static bool winvm_table_stands(struct mm_struct *mm, unsigned long address, unsigned int shift)
{
	unsigned long start = address & ~((1UL << shift) - 1);
	struct vm_area_struct *vma = find_vma(mm, start);

	return vma && vma->vm_start < start + (1UL << shift) && !(vma->vm_flags & VM_HUGETLB);
}

static void winvm_translated_entry(struct winvm_translation *told, unsigned int level, u64 entry)
{
	told->level = level;
	told->entries[level - 1] = entry;
}

static void winvm_translated_frame(struct winvm_translation *told, u32 location, u64 pfn)
{
	told->location = location;
	told->frame = pfn;
	told->flags |= WINVM_TRANSLATED_FRAME;
}

static void winvm_translated_slot(struct winvm_translation *told, swp_entry_t swap)
{
	told->location = WINVM_AT_PAGE_FILE;
	told->page_file = swp_type(swap);
	told->slot = swp_offset(swap);
	told->flags |= WINVM_TRANSLATED_SLOT;
}

/* An entry that is neither empty nor present. */
static void winvm_translate_swap(struct winvm_translation *told, swp_entry_t swap)
{
	if (is_migration_entry(swap))
		winvm_translated_frame(told, WINVM_AT_MEMORY, swp_offset_pfn(swap));
	else if (is_hwpoison_entry(swap))
		told->location = WINVM_AT_BROKEN;
	else if (!non_swap_entry(swap))
		winvm_translated_slot(told, swap);
}

static void winvm_translate_pte(struct winvm_translation *told, pte_t pte)
{
	winvm_translated_entry(told, WINVM_LEVEL_PTE, pte_val(pte));
	if (pte_present(pte))
		winvm_translated_frame(told, WINVM_AT_MAPPED, pte_pfn(pte));
	else if (!pte_none(pte))
		winvm_translate_swap(told, pte_to_swp_entry(pte));
}

/* Return: is there a table below? */
static bool winvm_translate_pmd(struct winvm_translation *told, pmd_t pmd)
{
	unsigned long inside = (told->address & ~PMD_MASK) >> PAGE_SHIFT;

	winvm_translated_entry(told, WINVM_LEVEL_PMD, pmd_val(pmd));
	if (pmd_none(pmd))
		return false;
	/* Linux has only huge pages under migration here. */
	if (!pmd_present(pmd))
		told->location = WINVM_AT_MEMORY;
	else if (pmd_leaf(pmd))
		winvm_translated_frame(told, WINVM_AT_MAPPED, pmd_pfn(pmd) + inside);
	else
		return !pmd_bad(pmd);
	return false;
}

static bool winvm_translate_pud(struct winvm_translation *told, pud_t pud)
{
	unsigned long inside = (told->address & ~PUD_MASK) >> PAGE_SHIFT;

	winvm_translated_entry(told, WINVM_LEVEL_PUD, pud_val(pud));
	if (pud_none(pud) || !pud_present(pud))
		return false;
	if (!pud_leaf(pud))
		return !pud_bad(pud);
	winvm_translated_frame(told, WINVM_AT_MAPPED, pud_pfn(pud) + inside);
	return false;
}

/* Fills in the entries, and where the page is if one of them says so. */
static void winvm_translate_walk(struct mm_struct *mm, struct winvm_translation *told)
{
	unsigned long address = told->address;
	pgd_t pgd = READ_ONCE(*pgd_offset(mm, address));
	p4d_t p4d;
	pud_t pud;
	pmd_t pmd;

	if (pgtable_l5_enabled()) {
		winvm_translated_entry(told, WINVM_LEVEL_PGD, pgd_val(pgd));
		if (pgd_none(pgd) || pgd_bad(pgd) ||
		    !winvm_table_stands(mm, address, PGDIR_SHIFT))
			return;
	}
	p4d = READ_ONCE(*p4d_offset(&pgd, address));
	winvm_translated_entry(told, WINVM_LEVEL_P4D, p4d_val(p4d));
	if (p4d_none(p4d) || p4d_bad(p4d) || !winvm_table_stands(mm, address, P4D_SHIFT))
		return;
	pud = READ_ONCE(*pud_offset(&p4d, address));
	if (!winvm_translate_pud(told, pud) || !winvm_table_stands(mm, address, PUD_SHIFT))
		return;
	pmd = READ_ONCE(*pmd_offset(&pud, address));
	if (winvm_translate_pmd(told, pmd) && winvm_table_stands(mm, address, PMD_SHIFT))
		winvm_translate_pte(told, READ_ONCE(*pte_offset_kernel(&pmd, address)));
}

/* The page is in no page table: what of it is in a file's memory, or in swap? */
static void winvm_translate_mapping(struct winvm_translation *told, struct address_space *mapping,
				    pgoff_t index)
{
	bool memory = mapping->host->i_sb->s_magic == TMPFS_MAGIC;
	void *at = xa_load(&mapping->i_pages, index);
	struct page *page;

	/* Of files on disks a value is the trace of a page that was there. */
	if (xa_is_value(at)) {
		if (memory)
			winvm_translated_slot(told, radix_to_swp_entry(at));
		else
			told->location = WINVM_AT_FILE;
		return;
	}
	page = at ? find_get_page(mapping, index) : NULL;
	if (page) {
		winvm_translated_frame(told, WINVM_AT_MEMORY, page_to_pfn(page));
		put_page(page);
	} else {
		told->location = memory ? WINVM_AT_NOWHERE : WINVM_AT_FILE;
	}
}

/* Whoever maps a file may not know what others have of it in memory. */
static void winvm_translate_file(struct winvm_translation *told, struct address_space *mapping,
				 pgoff_t index, bool ours, bool frames)
{
	if (told->location != WINVM_AT_NOWHERE)
		return;
	if (ours || frames)
		winvm_translate_mapping(told, mapping, index);
	else
		told->location = WINVM_AT_FILE;
}

static void winvm_translate_contents(struct winvm_process *process, const struct winvm_vad *vad,
				     struct winvm_translation *told, bool frames)
{
	u64 vpn = told->address >> PAGE_SHIFT;

	if (told->flags & WINVM_TRANSLATED_SHARED)
		winvm_translate_file(told, winvm_view_mapping(vad->view),
				     winvm_view_pgoff(vad->view, vpn),
				     !winvm_view_of_data(vad->view) &&
				     !winvm_view_of_image(vad->view), frames);
	else if (process->arena.file)
		winvm_translate_file(told, process->arena.file->f_mapping,
				     winvm_arena_pgoff(vpn), true, frames);
}

static void winvm_translate_ours(struct winvm_process *process, const struct winvm_vad *vad,
				 struct winvm_translation *told, bool frames)
{
	winvm_pstate_t state = winvm_vad_state(process, vad, told->address >> PAGE_SHIFT);
	bool view = vad->kind == WINVM_VAD_VIEW, committed = winvm_pstate_committed(state);

	told->flags |= WINVM_TRANSLATED_VAD;
	if (view && !(state & WINVM_PSTATE_COPIED))
		told->flags |= WINVM_TRANSLATED_SHARED;
	told->allocation_base = vad->start_vpn << PAGE_SHIFT;
	told->allocation_protect = vad->protect;
	told->type = view ? winvm_view_type(vad->view) : NT_MEM_PRIVATE;
	told->state = committed ? NT_MEM_COMMIT : NT_MEM_RESERVE;
	if (!committed)
		return;
	told->protect = winvm_protect_decode(state, vad->protect & WINVM_PROTECT_WHOLE);
	winvm_translate_contents(process, vad, told, frames);
}

static void winvm_translate_foreign(struct mm_struct *mm, struct vm_area_struct *vma,
				    struct winvm_translation *told, bool frames)
{
	pgoff_t index = vma->vm_pgoff + ((told->address - vma->vm_start) >> PAGE_SHIFT);
	struct winvm_region region = { };

	winvm_foreign_describe(mm, vma, &region);
	told->allocation_base = region.allocation_base;
	told->allocation_protect = region.allocation_protect;
	told->type = region.type;
	told->state = region.state;
	told->protect = region.protect;
	if (vma->vm_flags & VM_HUGETLB) {
		if (told->location == WINVM_AT_NOWHERE)
			told->location = WINVM_AT_UNTOLD;
	} else if (vma->vm_file && !(vma->vm_flags & (VM_IO | VM_PFNMAP))) {
		told->flags |= WINVM_TRANSLATED_SHARED;
		winvm_translate_file(told, vma->vm_file->f_mapping, index, false, frames);
	}
}

/* Where somebody mapped over a VAD, what is there now is told. */
static void winvm_translate_memory(struct winvm_process *process, struct winvm_translation *told,
				   bool frames)
{
	struct vm_area_struct *vma = vma_lookup(winvm_mm(process), told->address);
	const struct winvm_vad *vad = winvm_vad_find(&process->vads, told->address >> PAGE_SHIFT);

	if (vma && !winvm_arena_owns(process, vma))
		winvm_translate_foreign(winvm_mm(process), vma, told, frames);
	else if (vad)
		winvm_translate_ours(process, vad, told, frames);
	else
		told->state = NT_MEM_FREE;
}

/* Without the right to know it, what says where is taken out. */
static void winvm_translate_hide(struct winvm_translation *told)
{
	unsigned int i;
	u64 *entry;

	told->flags &= ~(WINVM_TRANSLATED_FRAME | WINVM_TRANSLATED_SLOT);
	told->frame = 0;
	told->slot = 0;
	told->page_file = 0;
	for (i = 0; i < WINVM_TABLE_LEVELS; i++) {
		entry = &told->entries[i];
		*entry &= *entry & (_PAGE_PRESENT | _PAGE_PROTNONE) ? ~WINVM_ENTRY_WHERE :
								     WINVM_ENTRY_PLAIN;
	}
}

static void winvm_translate_one(struct winvm_process *process, struct winvm_translation *told,
				bool frames)
{
	struct mm_struct *mm = winvm_mm(process);

	*told = (struct winvm_translation){ .address = told->address };
	if (told->address >= mm->task_size)
		return;
	rcu_read_lock();
	winvm_translate_walk(mm, told);
	rcu_read_unlock();
	winvm_translate_memory(process, told, frames);
	if (!frames)
		winvm_translate_hide(told);
}

static int winvm_translate_answer(struct winvm_process *process, struct winvm_translation *told,
				  unsigned int count, bool frames)
{
	unsigned int i;
	int err = winvm_pages_lock(process);

	if (err)
		return err;
	for (i = 0; i < count; i++)
		winvm_translate_one(process, &told[i], frames);
	winvm_pages_unlock(process);
	return 0;
}

static int winvm_translate_batch(struct winvm_process *process,
				 struct winvm_translation __user *user,
				 struct winvm_translation *told, unsigned int count, bool frames)
{
	int err;

	if (fatal_signal_pending(current))
		return -EINTR;
	if (copy_from_user(told, user, count * sizeof(*told)))
		return -EFAULT;
	err = winvm_translate_answer(process, told, count, frames);
	if (!err && copy_to_user(user, told, count * sizeof(*told)))
		err = -EFAULT;
	cond_resched();
	return err;
}

/* winvm_translate() - WINVM_IOC_TRANSLATE: each address for itself */
int winvm_translate(struct winvm_process *process, void *arg)
{
	struct winvm_translate *request = arg;
	struct winvm_translation __user *user = u64_to_user_ptr(request->buffer);
	bool frames = ns_capable_noaudit(&init_user_ns, CAP_SYS_ADMIN);
	struct winvm_translation *told;
	u64 done, count;
	int err = 0;

	told = kmalloc_array(WINVM_TRANSLATE_BATCH, sizeof(*told), GFP_KERNEL_ACCOUNT);
	if (!told)
		return -ENOMEM;
	for (done = 0; done < request->count && !err; done += count) {
		count = min_t(u64, request->count - done, WINVM_TRANSLATE_BATCH);
		err = winvm_translate_batch(process, user + done, told, count, frames);
	}
	kfree(told);
	request->status = STATUS_SUCCESS;
	request->levels = pgtable_l5_enabled() ? 5 : 4;
	request->frames = frames;
	return err;
}
