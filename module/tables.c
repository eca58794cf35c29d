// SPDX-License-Identifier: GPL-2.0
/*
 * Giving page tables back. Linux frees a table when what it maps is unmapped,
 * and the arena never is; so what was touched here and there in a large
 * allocation would leave a table for each 2 MB behind. The inside of a large
 * release is mapped over itself: the pieces merge again, and no VMA is added.
 */

#include <linux/mm.h>
#include <linux/mempolicy.h>
#include <linux/mman.h>
#include <linux/pgtable.h>

#include "winvm.h"

#define WINVM_TABLES_LEAST	16	/* that are worth the mapping: 64 KB */
#define WINVM_TABLES_STEPS	65536	/* entries that are looked at */

/* What a mapping of ours has by itself; others would not merge, or lose what was asked for. */
static bool winvm_tables_plain(const struct winvm_process *process, struct vm_area_struct *vma)
{
	const unsigned long ours = VM_DONTCOPY | VM_DONTDUMP | VM_NOHUGEPAGE;
	const unsigned long others = VM_EXEC | VM_LOCKED | VM_LOCKONFAULT | VM_RAND_READ |
				     VM_SEQ_READ | VM_DONTEXPAND | VM_UFFD_MISSING | VM_UFFD_WP;

	return vma->vm_file == process->arena.file && winvm_arena_owns(process, vma) &&
	       (vma->vm_flags & (ours | others)) == ours &&
	       !(vma->vm_mm->def_flags & VM_LOCKED) && !vma_policy(vma);
}

/* Are there enough page tables? */
static bool winvm_tables_enough(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	unsigned int steps = WINVM_TABLES_STEPS, count = 0;
	struct winvm_entry entry;

	while (start < end && count < WINVM_TABLES_LEAST && steps--) {
		winvm_walk_at(vma, start, &entry);
		if (entry.shift == PAGE_SHIFT)
			count++;
		start = ALIGN(start + 1, 1UL << max_t(unsigned int, entry.shift, PMD_SHIFT));
	}
	return count == WINVM_TABLES_LEAST;
}

/* The part whose tables nobody else needs, with something of the same VMA on both sides. */
static bool winvm_tables_inside(struct winvm_process *process, struct winvm_span span,
				struct winvm_window *inside)
{
	unsigned long start = ALIGN(span.vpn << PAGE_SHIFT, PMD_SIZE);
	unsigned long end = ALIGN_DOWN((span.vpn + span.pages) << PAGE_SHIFT, PMD_SIZE);
	struct vm_area_struct *vma = vma_lookup(winvm_mm(process), start);

	if (!vma || !winvm_tables_plain(process, vma))
		return false;
	if (start == vma->vm_start)
		start += PMD_SIZE;
	if (end == vma->vm_end)
		end -= PMD_SIZE;
	*inside = (struct winvm_window){ start >> PAGE_SHIFT, (end >> PAGE_SHIFT) - 1 };
	return start < end && end < vma->vm_end && winvm_tables_enough(vma, start, end);
}

/* winvm_tables_many() - may there be enough page tables that winvm_tables_return() maps? */
bool winvm_tables_many(struct winvm_span span)
{
	return span.pages >= (WINVM_TABLES_LEAST * PMD_SIZE) >> PAGE_SHIFT;
}

/*
 * winvm_tables_return() - page tables of pages that are decommitted for good
 * @span: of a VAD that is about to go, so that nobody else gets its place
 *	meanwhile; the call is alone
 *
 * For the process itself only: the threads of another might let its mmap_lock
 * never go, and its tables are its own cost. What fails is left as it is.
 */
void winvm_tables_return(struct winvm_process *process, struct winvm_span span)
{
	struct mm_struct *mm = winvm_mm(process);
	struct winvm_window inside;
	bool worth;

	if (!winvm_tables_many(span) || current->mm != mm ||
	    test_bit(0, &process->arena.torn) || !mmap_read_trylock(mm))
		return;
	worth = winvm_tables_inside(process, span, &inside);
	mmap_read_unlock(mm);
	if (worth)
		winvm_arena_map(process, inside, false, MAP_FIXED);
}
