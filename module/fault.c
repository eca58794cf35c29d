// SPDX-License-Identifier: GPL-2.0
/*
 * Page faults in the arena and in views: find the page's state, let shmem serve the page,
 * look at the state again under the page's lock, and only then let it be
 * mapped.
 *
 * Why the second look suffices: whoever takes access away changes the state
 * first and locks the page after that (revoke.c). A fault that holds the page
 * before sees its mapping removed; one that comes after sees the new state.
 * Pages that are mapped together have a lock of their own (touch.c).
 */

#include <linux/mm.h>
#include <linux/pagemap.h>

#include "section.h"
#include "trace.h"
#include "winvm.h"

static struct vm_operations_struct winvm_ops;	/* const once shmem's are known */
static const struct vm_operations_struct *winvm_core_ops;

/* winvm_fault_access() - what is tried */
enum winvm_access winvm_fault_access(const struct vm_fault *vmf)
{
	if (vmf->flags & FAULT_FLAG_WRITE)
		return WINVM_WRITE;
	return vmf->flags & FAULT_FLAG_INSTRUCTION ? WINVM_EXECUTE : WINVM_READ;
}

static u64 winvm_fault_vpn(const struct vm_fault *vmf)
{
	return vmf->address >> PAGE_SHIFT;
}

/* winvm_fault_owner() - whose memory a file of ours shows, the arena's or a view's */
struct winvm_process *winvm_fault_owner(const struct file *file)
{
	struct winvm_view *view = winvm_view_of(file);

	return view ? view->process : file->private_data;
}

/* NULL for a mapping that a fork, mremap() or the like made: it shows nothing. */
static struct winvm_process *winvm_fault_process(const struct vm_fault *vmf)
{
	struct winvm_view *view = winvm_view_of(vmf->vma->vm_file);
	struct winvm_process *process = winvm_fault_owner(vmf->vma->vm_file);

	if (vmf->vma->vm_mm != winvm_mm(process))
		return NULL;
	if (view)
		return winvm_view_shows(view, winvm_fault_vpn(vmf), vmf->pgoff) ? process : NULL;
	return vmf->pgoff == winvm_arena_pgoff(winvm_fault_vpn(vmf)) ? process : NULL;
}

/* 0 for a page that its section does not have (SPEC SE-26). The section is asked first. */
static winvm_pstate_t winvm_fault_state(struct winvm_process *process, const struct vm_fault *vmf)
{
	struct winvm_view *view = winvm_view_of(vmf->vma->vm_file);
	u64 vpn = winvm_fault_vpn(vmf);

	if (view && !winvm_view_committed(view, vpn))
		return 0;
	return winvm_pstate_get(&process->states, vpn);
}

static vm_fault_t winvm_refuse(struct winvm_process *process, struct vm_fault *vmf,
			       winvm_pstate_t state, enum winvm_verdict verdict)
{
	if (verdict == WINVM_REFUSE_GUARD)
		return winvm_guard_fault(process, vmf, state);
	trace_fault(process, vmf->real_address, winvm_fault_access(vmf), WINVM_FAULT_VIOLATION, 0);
	if (vmf->flags & FAULT_FLAG_USER)
		winvm_exception_forget(process);
	return VM_FAULT_SIGSEGV;
}

/* NULL for the arena and for views of the page file. */
static struct winvm_view *winvm_fault_data(const struct vm_fault *vmf)
{
	struct winvm_view *view = winvm_view_of(vmf->vma->vm_file);

	return view && view->core ? view : NULL;
}

/* Who owns the pages: shmem, or the file system of a user's file. */
static vm_fault_t winvm_fault_core(struct vm_fault *vmf)
{
	struct winvm_view *data = winvm_fault_data(vmf);

	return data ? winvm_data_fault(data, vmf) : winvm_core_ops->fault(vmf);
}

/* A write to a page of a view that is to be copied. Return: 0 if it was. */
static vm_fault_t winvm_fault_copy(struct winvm_process *process, struct vm_fault *vmf)
{
	struct page *copy = winvm_cow_page(vmf);
	u64 vpn = winvm_fault_vpn(vmf);
	vm_fault_t ret;

	if (IS_ERR(copy))
		return vmf_error(PTR_ERR(copy));
	ret = winvm_fault_core(vmf);
	if (ret & VM_FAULT_LOCKED) {
		ret = winvm_cow_copy(process, vmf, copy);
		unlock_page(vmf->page);
		put_page(vmf->page);
		vmf->page = NULL;
	}
	winvm_cow_put(process, vpn, copy);
	return ret;
}

/* The page that a state tells of: the arena's, the section's, or the process's own copy. */
static vm_fault_t winvm_fault_page(struct winvm_process *process, struct vm_fault *vmf,
				   winvm_pstate_t state, enum winvm_verdict verdict)
{
	vm_fault_t ret;

	if (verdict == WINVM_COPY) {
		ret = winvm_fault_copy(process, vmf);
		return ret ? ret : winvm_cow_serve(vmf);
	}
	return state & WINVM_PSTATE_COPIED ? winvm_cow_serve(vmf) : winvm_fault_core(vmf);
}

/* May it be the first touch of a page that nobody else has anything to do with? */
static bool winvm_fault_first(const struct vm_fault *vmf, winvm_pstate_t state,
			      enum winvm_access access)
{
	return access == WINVM_WRITE && state == WINVM_BASE_READWRITE &&
	       !winvm_view_of(vmf->vma->vm_file);
}

/* What the fault will have been, for who traces; as things are before. */
static enum winvm_fault_kind winvm_fault_kind(struct vm_fault *vmf, winvm_pstate_t state,
					      enum winvm_verdict verdict)
{
	struct winvm_view *view;
	const void *entry;

	if (!trace_fault_enabled())
		return WINVM_FAULT_SOFT;
	if (verdict == WINVM_COPY)
		return WINVM_FAULT_COPY_ON_WRITE;
	view = winvm_view_of(vmf->vma->vm_file);
	if (view && state & WINVM_PSTATE_COPIED)
		entry = xa_load(&view->arena->f_mapping->i_pages,
				winvm_arena_pgoff(winvm_fault_vpn(vmf)));
	else
		entry = xa_load(&vmf->vma->vm_file->f_mapping->i_pages, vmf->pgoff);
	if (entry)
		return xa_is_value(entry) ? WINVM_FAULT_SWAP_IN : WINVM_FAULT_SOFT;
	return winvm_fault_data(vmf) ? WINVM_FAULT_FILE_READ : WINVM_FAULT_DEMAND_ZERO;
}

static vm_fault_t winvm_fault(struct vm_fault *vmf)
{
	struct winvm_process *process = winvm_fault_process(vmf);
	enum winvm_access access = winvm_fault_access(vmf);
	enum winvm_fault_kind kind;
	enum winvm_verdict verdict;
	winvm_pstate_t state;
	vm_fault_t ret;

	if (!process)
		return VM_FAULT_SIGSEGV;
	state = winvm_fault_state(process, vmf);
	verdict = winvm_pstate_judge(state, access);
	if (verdict != WINVM_PERMIT && verdict != WINVM_COPY)
		return winvm_refuse(process, vmf, state, verdict);
	if (winvm_fault_first(vmf, state, access) && winvm_touch(process, vmf))
		return VM_FAULT_NOPAGE;
	kind = winvm_fault_kind(vmf, state, verdict);
	ret = winvm_fault_page(process, vmf, state, verdict);
	if (!(ret & VM_FAULT_LOCKED))
		return ret;
	/* The page is in the file and locked; pairs with the barrier in winvm_wait_for_faults(). */
	smp_mb();
	state = winvm_fault_state(process, vmf);
	if (likely(winvm_pstate_judge(state, access) == WINVM_PERMIT &&
		   winvm_cow_agrees(vmf->vma->vm_file, page_folio(vmf->page), state))) {
		if (unlikely(READ_ONCE(process->ws.attended)))
			winvm_ws_faulted(process, vmf);
		trace_fault(process, vmf->real_address, access, kind, 1);
		return ret;
	}
	/*
	 * Decommitted since: the page came after the truncation, and is charged
	 * to nobody. That of a section stays committed there.
	 */
	if (!winvm_pstate_committed(state) && !winvm_view_of(vmf->vma->vm_file))
		winvm_folio_drop(vmf->vma->vm_file->f_mapping, vmf->page);
	else if (!winvm_pstate_committed(state))
		winvm_cow_late(vmf);
	unlock_page(vmf->page);
	put_page(vmf->page);
	vmf->page = NULL;
	return VM_FAULT_NOPAGE;
}

/*
 * winvm_mark_written() - a page is about to be written; under its lock
 *
 * The first write since commit or reset marks a watched page (SPEC WW-5, MR-9).
 *
 * Return: 0; -EAGAIN if its state is not @state any more; -ENOMEM.
 */
int winvm_mark_written(struct winvm_process *process, u64 vpn, winvm_pstate_t state,
		       struct folio *folio)
{
	winvm_pstate_t written = winvm_reset_written(state, vpn, folio) & ~WINVM_PSTATE_ARMED;

	if (written == state)
		return 0;
	return winvm_pstate_cmpxchg(&process->states, vpn, state, written);
}

/* Lock a page that is going to be written. Return: 0, or what the hook is to return. */
static vm_fault_t winvm_lock_written(struct vm_fault *vmf)
{
	struct winvm_view *data = winvm_fault_data(vmf);
	struct folio *folio = page_folio(vmf->page);

	if (data && !winvm_cow_strange(vmf->vma->vm_file, folio))
		return winvm_data_written(data, vmf);
	folio_lock(folio);
	return 0;
}

/* No state says that a file may be written that is open for reading; if one did, no page would. */
static bool winvm_fault_may_write(const struct vm_fault *vmf)
{
	struct winvm_view *data = winvm_fault_data(vmf);

	return !data || winvm_data_writable(data) ||
	       winvm_cow_strange(vmf->vma->vm_file, page_folio(vmf->page));
}

/* The fault that comes next is served the copy, and is a soft one. */
static vm_fault_t winvm_fault_copy_mapped(struct winvm_process *process, struct vm_fault *vmf)
{
	vm_fault_t ret = winvm_cow_mkwrite(process, vmf);

	if (ret == VM_FAULT_NOPAGE)
		trace_fault(process, vmf->real_address, WINVM_WRITE, WINVM_FAULT_COPY_ON_WRITE, 1);
	return ret;
}

/* A write to a page that is mapped read-only, or about to be mapped for a write. */
static vm_fault_t winvm_page_mkwrite(struct vm_fault *vmf)
{
	struct winvm_process *process = winvm_fault_process(vmf);
	struct folio *folio = page_folio(vmf->page);
	enum winvm_verdict verdict;
	winvm_pstate_t state;
	vm_fault_t ret;
	int err = 0;

	if (!process)
		return VM_FAULT_SIGSEGV;
	state = winvm_pstate_get(&process->states, winvm_fault_vpn(vmf));
	if (winvm_pstate_judge(state, WINVM_WRITE) == WINVM_COPY)
		return winvm_fault_copy_mapped(process, vmf);
	ret = winvm_lock_written(vmf);
	if (ret)
		return ret;
	/* As in winvm_fault(). */
	smp_mb();
	state = winvm_fault_state(process, vmf);
	verdict = winvm_pstate_judge(state, WINVM_WRITE);
	if (!folio->mapping || !winvm_cow_agrees(vmf->vma->vm_file, folio, state) ||
	    verdict == WINVM_COPY) {
		folio_unlock(folio);
		return VM_FAULT_NOPAGE;
	}
	if (verdict == WINVM_PERMIT && WARN_ON_ONCE(!winvm_fault_may_write(vmf)))
		verdict = WINVM_REFUSE;
	if (verdict == WINVM_PERMIT)
		err = winvm_mark_written(process, winvm_fault_vpn(vmf), state, folio);
	if (verdict == WINVM_PERMIT && !err) {
		/* Else it is a part of the fault that maps the page. */
		if (vmf->pte)
			trace_fault(process, vmf->real_address, WINVM_WRITE, WINVM_FAULT_SOFT, 1);
		return VM_FAULT_LOCKED;
	}
	folio_unlock(folio);
	if (err)
		return err == -EAGAIN ? VM_FAULT_NOPAGE : VM_FAULT_OOM;
	return winvm_refuse(process, vmf, state, verdict);
}

/*
 * Mapping pages around a read fault is optional, and each of them would need
 * its state looked at under its own lock. Having no hook at all would cost the
 * faults that run under the VMA's lock alone.
 */
static vm_fault_t winvm_map_pages(struct vm_fault *vmf, pgoff_t first, pgoff_t last)
{
	return 0;
}

static int winvm_refuse_mprotect(struct vm_area_struct *vma, unsigned long start,
				 unsigned long end, unsigned long flags)
{
	return -EACCES;
}

static int winvm_refuse_mremap(struct vm_area_struct *vma)
{
	return -EACCES;
}

/*
 * winvm_fault_data_ops - for views of users' files: they know no other hooks of
 * the file system than the view's own, and nothing that maps more than a page
 */
const struct vm_operations_struct winvm_fault_data_ops = {
	.fault = winvm_fault,
	.page_mkwrite = winvm_page_mkwrite,
	.map_pages = winvm_map_pages,
	.mprotect = winvm_refuse_mprotect,
	.mremap = winvm_refuse_mremap,
};

/*
 * winvm_fault_ops() - shmem's operations with our hooks
 * @core: shmem's own; the same at every call
 *
 * There is no close hook: VMAs that were split would not merge again.
 */
const struct vm_operations_struct *winvm_fault_ops(const struct vm_operations_struct *core)
{
	winvm_core_ops = core;
	winvm_ops = *core;
	winvm_ops.fault = winvm_fault;
	winvm_ops.page_mkwrite = winvm_page_mkwrite;
	winvm_ops.map_pages = winvm_map_pages;
	winvm_ops.mprotect = winvm_refuse_mprotect;
	winvm_ops.mremap = winvm_refuse_mremap;
	return &winvm_ops;
}
