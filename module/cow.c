// SPDX-License-Identifier: GPL-2.0
/*
 * Copy on write in views (SPEC SE-29, SE-31, VQ-11). Linux would copy pages
 * that are present without asking a hook, and could not enforce a protection of
 * the copy; so a view's VMA is a shared one, and we copy.
 *
 * A copy lies in the arena's file, at the page of its address. From the write on
 * the page's state has COPIED, and faults in the view's VMA are served from
 * there. Reverse mappings know nothing of that: a walk over the arena's mapping
 * does not find what is mapped here, one over the section's does. So page
 * tables are cleared by way of the section, or by address, before copies go.
 *
 * COPIED is set under the locks of both pages, the section's first, with no
 * entry in the page table: whoever maps the section's page holds its lock from
 * the last look at the state on, and waits. It never goes while the view lives.
 */

#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/shmem_fs.h>

#include "section.h"
#include "winvm.h"

static struct address_space *winvm_cow_mapping(const struct winvm_view *view)
{
	return view->arena->f_mapping;
}

static u64 winvm_cow_vpn(const struct vm_fault *vmf)
{
	return vmf->address >> PAGE_SHIFT;
}

/* winvm_cow_agrees() - is a page of a VMA, under its lock, the one that the state tells of? */
bool winvm_cow_agrees(const struct file *file, const struct folio *folio, winvm_pstate_t state)
{
	const struct winvm_view *view = winvm_view_of(file);

	return !view || (folio->mapping == winvm_cow_mapping(view)) ==
			!!(state & WINVM_PSTATE_COPIED);
}

/* winvm_cow_strange() - is it the arena's, in a view? */
bool winvm_cow_strange(const struct file *file, const struct folio *folio)
{
	const struct winvm_view *view = winvm_view_of(file);

	return view && folio->mapping == winvm_cow_mapping(view);
}

/*
 * winvm_cow_page() - the arena's page for a copy, with a reference
 *
 * Before the section's page is locked: memory is asked for with no lock held.
 */
struct page *winvm_cow_page(const struct vm_fault *vmf)
{
	struct winvm_view *view = winvm_view_of(vmf->vma->vm_file);

	winvm_shrink_know(view);
	return shmem_read_mapping_page(winvm_cow_mapping(view),
				       winvm_arena_pgoff(winvm_cow_vpn(vmf)));
}

/*
 * A copy that came after its view went, locked. While it is mapped the view has
 * not gone all the way yet, and takes it along.
 */
static void winvm_cow_remove(struct address_space *mapping, struct page *copy)
{
	if (!folio_mapped(page_folio(copy)))
		winvm_folio_drop(mapping, copy);
}

/* winvm_cow_late() - a fault has found that its page's view is gone; the page is locked */
void winvm_cow_late(const struct vm_fault *vmf)
{
	if (winvm_cow_strange(vmf->vma->vm_file, page_folio(vmf->page)))
		winvm_cow_remove(page_folio(vmf->page)->mapping, vmf->page);
}

/*
 * winvm_cow_put() - let go of it
 *
 * One that came after its view went is charged to nobody, and goes too. The
 * VMA may be gone.
 */
void winvm_cow_put(struct winvm_process *process, u64 vpn, struct page *copy)
{
	struct folio *folio = page_folio(copy);

	if (unlikely(!winvm_pstate_committed(winvm_pstate_get(&process->states, vpn)))) {
		folio_lock(folio);
		if (folio->mapping &&
		    !winvm_pstate_committed(winvm_pstate_get(&process->states, vpn)))
			winvm_cow_remove(folio->mapping, copy);
		folio_unlock(folio);
	}
	put_page(copy);
}

/* Both pages are locked. Return: 0, -EAGAIN, -ENOMEM. */
static int winvm_cow_fill(struct winvm_process *process, const struct vm_fault *vmf,
			  struct page *copy, winvm_pstate_t state)
{
	struct address_space *mapping = page_folio(copy)->mapping;
	u64 vpn = winvm_cow_vpn(vmf);
	int err;

	if (!mapping)
		return -EAGAIN;
	winvm_compat_zap(vmf->vma, vpn << PAGE_SHIFT, PAGE_SIZE);
	copy_highpage(copy, vmf->page);
	set_page_dirty(copy);
	err = winvm_pstate_cmpxchg(&process->states, vpn, state, winvm_pstate_copied(state));
	/* Whoever finds the page next expects zeros. */
	if (err)
		winvm_folio_drop(mapping, copy);
	else
		winvm_lock_copied(process, vpn, vmf->page, copy);
	return err;
}

/*
 * winvm_cow_copy() - copy a page of the section's, on a write
 * @vmf: its page is the section's, locked
 * @copy: what winvm_cow_page() gave
 *
 * Return: 0: done. VM_FAULT_NOPAGE: the state is another by now. VM_FAULT_OOM,
 * VM_FAULT_HWPOISON.
 */
vm_fault_t winvm_cow_copy(struct winvm_process *process, const struct vm_fault *vmf,
			  struct page *copy)
{
	winvm_pstate_t state;
	int err;

	/* As in winvm_fault(). */
	smp_mb();
	state = winvm_pstate_get(&process->states, winvm_cow_vpn(vmf));
	if (winvm_pstate_judge(state, WINVM_WRITE) != WINVM_COPY)
		return VM_FAULT_NOPAGE;
	if (PageHWPoison(vmf->page))
		return VM_FAULT_HWPOISON;	/* broken memory is not to be read */
	lock_page(copy);
	err = winvm_cow_fill(process, vmf, copy, state);
	unlock_page(copy);
	if (err)
		return err == -ENOMEM ? VM_FAULT_OOM : VM_FAULT_NOPAGE;
	return 0;
}

/* winvm_cow_serve() - the copy of a page that is COPIED, locked, as a fault wants it */
vm_fault_t winvm_cow_serve(struct vm_fault *vmf)
{
	struct page *copy = winvm_cow_page(vmf);

	if (IS_ERR(copy))
		return vmf_error(PTR_ERR(copy));
	lock_page(copy);
	if (!page_folio(copy)->mapping) {
		unlock_page(copy);
		put_page(copy);
		return VM_FAULT_NOPAGE;
	}
	vmf->page = copy;
	return VM_FAULT_LOCKED;
}

/* winvm_cow_mkwrite() - a write to a page that is mapped, and must be copied first */
vm_fault_t winvm_cow_mkwrite(struct winvm_process *process, struct vm_fault *vmf)
{
	struct folio *folio = page_folio(vmf->page);
	struct page *copy = winvm_cow_page(vmf);
	vm_fault_t ret = 0;

	if (IS_ERR(copy))
		return vmf_error(PTR_ERR(copy));
	folio_lock(folio);
	if (folio->mapping && !winvm_cow_strange(vmf->vma->vm_file, folio))
		ret = winvm_cow_copy(process, vmf, copy);
	folio_unlock(folio);
	winvm_cow_put(process, winvm_cow_vpn(vmf), copy);
	return ret ? ret : VM_FAULT_NOPAGE;	/* the fault that comes next is served the copy */
}

/* Pages of a span that are paid for: those to be copied, and those that are. */
static u64 winvm_cow_count(struct winvm_process *process, struct winvm_span span)
{
	u64 end = span.vpn + span.pages, vpn, run, count = 0;

	for (vpn = span.vpn; vpn < end; vpn += run) {
		/* A fault makes the one the other, and neither of what is neither. */
		winvm_pstate_t state = winvm_pstate_get(&process->states, vpn);

		run = winvm_pstate_run(&process->states, vpn, end - vpn,
				       WINVM_PSTATE_BASE | WINVM_PSTATE_COPIED);
		if (winvm_pstate_copies(state) || state & WINVM_PSTATE_COPIED)
			count += run;
	}
	return count;
}

/* Linux does not let us have the writes to every file that is open for reading. */
static bool winvm_cow_hears(const struct winvm_view *view)
{
	return view->file->f_mode & FMODE_WRITE;
}

static u32 winvm_cow_take(struct winvm_process *process, struct winvm_view *view, u64 pages)
{
	u32 status = winvm_commit_take(process, pages);

	if (status)
		return status;
	view->charged += pages;
	view->copies = view->copies || pages;
	return STATUS_SUCCESS;
}

static void winvm_cow_give(struct winvm_process *process, struct winvm_view *view, u64 pages)
{
	view->charged -= pages;
	winvm_commit_return(process, pages);
}

/*
 * winvm_cow_map() - what a new view is charged (SPEC CC-4, CC-19)
 * @protect: AllocationProtect
 */
u32 winvm_cow_map(struct winvm_process *process, struct winvm_view *view, u32 protect)
{
	if (!winvm_protect_copies(protect))
		return STATUS_SUCCESS;
	if (!winvm_cow_hears(view))
		return STATUS_ACCESS_DENIED;
	view->prepaid = true;
	return winvm_cow_take(process, view, view->span.pages);
}

/* winvm_cow_map_image() - the same of an image, whose pages have their protections (SPEC CC-4) */
u32 winvm_cow_map_image(struct winvm_process *process, struct winvm_view *view)
{
	return winvm_cow_take(process, view, winvm_cow_count(process, view->span));
}

/*
 * winvm_cow_charge() - what a new protection may cost (SPEC VP-21)
 * @vad: any
 * @state: that all pages of @span get
 * @most: out: for winvm_cow_settle(), which is called when they have it, or
 *	will not get it
 */
u32 winvm_cow_charge(struct winvm_process *process, struct winvm_vad *vad,
		     struct winvm_span span, winvm_pstate_t state, u64 *most)
{
	u64 before;

	*most = 0;
	if (vad->kind != WINVM_VAD_VIEW || vad->view->prepaid)
		return STATUS_SUCCESS;
	if (winvm_pstate_copies(state) && !winvm_cow_hears(vad->view))
		return STATUS_ACCESS_DENIED;
	before = winvm_cow_count(process, span);
	*most = winvm_pstate_copies(state) ? span.pages : before;
	return winvm_cow_take(process, vad->view, *most - before);
}

void winvm_cow_settle(struct winvm_process *process, struct winvm_vad *vad,
		      struct winvm_span span, u64 most)
{
	if (most)
		winvm_cow_give(process, vad->view, most - winvm_cow_count(process, span));
}

/* winvm_cow_end() - a view is gone from the page tables, and so go its copies */
void winvm_cow_end(struct winvm_process *process, struct winvm_view *view)
{
	if (!view->copies)
		return;
	winvm_shrink_forget(view);
	winvm_revoke_contents(process, view->span);
	winvm_cow_give(process, view, view->charged);
}

/* The mm is on its way out: its lock is free. */
static void winvm_cow_zap(struct winvm_process *process, const struct winvm_view *view)
{
	VMA_ITERATOR(vmi, winvm_mm(process), view->span.vpn << PAGE_SHIFT);
	unsigned long end = (view->span.vpn + view->span.pages) << PAGE_SHIFT;
	struct mm_struct *mm = winvm_mm(process);
	struct vm_area_struct *vma;

	mmap_read_lock(mm);
	for_each_vma_range(vmi, vma, end)
		if (vma->vm_file == view->file)
			winvm_compat_zap(vma, vma->vm_start, vma->vm_end - vma->vm_start);
	mmap_read_unlock(mm);
}

/* winvm_cow_drop() - the same when the process ends: the contents go with the arena's */
void winvm_cow_drop(struct winvm_process *process, struct winvm_view *view)
{
	if (!view->copies)
		return;
	winvm_shrink_forget(view);
	winvm_cow_zap(process, view);
	winvm_cow_give(process, view, view->charged);
}
