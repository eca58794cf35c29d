// SPDX-License-Identifier: GPL-2.0
/*
 * Which pages are in the working set, and what is to be told of them
 * (SPEC 8.3). Nothing that is told depends on physical addresses, nor on what
 * of a file others have in memory.
 */

#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "section.h"
#include "winvm.h"

/* Pages looked at under one hold of the locks. */
#define WINVM_PAGES_BATCH	128U

/* Entries of page tables looked at under one hold of the locks. */
#define WINVM_PAGES_STEPS	4096U

/* A page that is not in the page tables may be in memory or in swap (SPEC WS-8). */
static enum winvm_ws_location winvm_page_location(struct winvm_process *process,
						  const struct winvm_view *view, u64 vpn)
{
	struct address_space *mapping = view ? winvm_view_mapping(view) :
					       process->arena.file->f_mapping;
	void *at = xa_load(&mapping->i_pages, view ? winvm_view_pgoff(view, vpn) :
						     winvm_arena_pgoff(vpn));

	if (!at)
		return WINVM_WS_NOWHERE;
	if (!xa_is_value(at))
		return WINVM_WS_RESIDENT;
	/* Of other files it is the trace of a page that was there. */
	return mapping->a_ops == process->arena.file->f_mapping->a_ops ? WINVM_WS_PAGEFILE :
									 WINVM_WS_NOWHERE;
}

/* SPEC WS-10 to WS-12, WS-14 */
static void winvm_page_ours(struct winvm_process *process, const struct winvm_entry *entry,
			    struct winvm_ws_page *page)
{
	u64 vpn = entry->address >> PAGE_SHIFT;
	const struct winvm_vad *vad = winvm_vad_find(&process->vads, vpn);
	winvm_pstate_t state = vad ? winvm_vad_state(process, vad, vpn) : 0;
	const struct winvm_view *view = NULL;

	if (!winvm_pstate_committed(state))
		return;
	if (vad->kind == WINVM_VAD_VIEW) {
		page->original = true;
		page->shared = !(state & WINVM_PSTATE_COPIED);	/* SPEC WS-18 */
	}
	if (page->shared) {
		view = vad->view;
		page->sharers = max(entry->mapcount, 1U);
	}
	page->locked = state & WINVM_PSTATE_LOCKED;
	page->valid = entry->kind == WINVM_ENTRY_PRESENT;
	page->node = entry->node;
	page->protect = winvm_protect_decode(state, vad->protect & WINVM_PROTECT_WHOLE);
	if (!page->valid)
		page->location = winvm_page_location(process, view, vpn);
}

/*
 * SPEC WS-12, WS-13, WS-18. What a process wrote to a private mapping of a file
 * is its own copy.
 */
static void winvm_page_foreign(const struct vm_area_struct *vma, const struct winvm_entry *entry,
			       struct winvm_ws_page *page)
{
	bool copied = entry->anon || entry->kind == WINVM_ENTRY_SWAPPED;

	page->original = vma->vm_file;
	page->shared = vma->vm_file && (!copied || vma->vm_flags & VM_SHARED);
	page->sharers = max(entry->mapcount, 1U);
	page->node = entry->node;
	page->protect = winvm_foreign_protect(vma);
	if (page->protect & (NT_PAGE_WRITECOPY | NT_PAGE_EXECUTE_WRITECOPY) && copied)
		page->protect >>= 1;
	page->valid = entry->kind == WINVM_ENTRY_PRESENT &&
		      vma->vm_flags & (VM_READ | VM_WRITE | VM_EXEC);
	if (entry->kind == WINVM_ENTRY_SWAPPED)
		page->location = WINVM_WS_PAGEFILE;
}

static void winvm_page_describe(struct winvm_process *process, const struct vm_area_struct *vma,
				const struct winvm_entry *entry, struct winvm_ws_page *page)
{
	*page = (struct winvm_ws_page){ .bad = entry->kind == WINVM_ENTRY_BAD };
	if (winvm_arena_owns(process, vma))
		winvm_page_ours(process, entry, page);
	else
		winvm_page_foreign(vma, entry, page);
}

static u64 winvm_page_attributes(struct winvm_process *process, u64 address, u64 end)
{
	struct vm_area_struct *vma = address < end ? vma_lookup(winvm_mm(process), address) : NULL;
	struct winvm_ws_page page;
	struct winvm_entry entry;

	if (!vma || !winvm_ws_counts(vma))
		return 0;
	winvm_walk_at(vma, address, &entry);
	winvm_page_describe(process, vma, &entry, &page);
	return winvm_ws_attributes(&page);
}

/* winvm_pages_lock() - process->look, mmap_lock and process->tree, until all are unlocked */
int winvm_pages_lock(struct winvm_process *process)
{
	int err = winvm_query_lock(process);

	if (err)
		return err;
	if (mmap_read_lock_killable(winvm_mm(process))) {
		winvm_query_unlock(process);
		return -EINTR;
	}
	mutex_lock(&process->tree);
	return 0;
}

void winvm_pages_unlock(struct winvm_process *process)
{
	mutex_unlock(&process->tree);
	mmap_read_unlock(winvm_mm(process));
	winvm_query_unlock(process);
}

static int winvm_pages_answer(struct winvm_process *process, struct winvm_page *pages,
			      unsigned int count)
{
	u64 end = winvm_bounds_end(READ_ONCE(process->bounds));
	unsigned int i;
	int err = winvm_pages_lock(process);

	if (err)
		return err;
	for (i = 0; i < count; i++)
		pages[i].attributes = winvm_page_attributes(process, pages[i].address, end);
	winvm_pages_unlock(process);
	return 0;
}

static int winvm_pages_batch(struct winvm_process *process, struct winvm_page __user *user,
			     struct winvm_page *pages, unsigned int count)
{
	int err;

	if (fatal_signal_pending(current))
		return -EINTR;
	if (copy_from_user(pages, user, count * sizeof(*pages)))
		return -EFAULT;
	err = winvm_pages_answer(process, pages, count);
	if (!err && copy_to_user(user, pages, count * sizeof(*pages)))
		err = -EFAULT;
	cond_resched();
	return err;
}

/* SPEC WS-15, WS-16: each for itself. */
int winvm_query_pages(struct winvm_process *process, void *arg)
{
	struct winvm_query_pages *request = arg;
	struct winvm_page __user *user = u64_to_user_ptr(request->pages);
	struct winvm_page *pages;
	u64 done, count;
	int err = 0;

	pages = kmalloc_array(WINVM_PAGES_BATCH, sizeof(*pages), GFP_KERNEL_ACCOUNT);
	if (!pages)
		return -ENOMEM;
	for (done = 0; done < request->count && !err; done += count) {
		count = min_t(u64, request->count - done, WINVM_PAGES_BATCH);
		err = winvm_pages_batch(process, user + done, pages, count);
	}
	kfree(pages);
	request->status = STATUS_SUCCESS;
	return err;
}

/*
 * Up to @most blocks. What Linux has protected from all access stays in memory, and counts
 * (SPEC CC-9), though nobody can have it without a fault (SPEC WS-12).
 *
 * Return: how many, or -EINTR.
 */
static int winvm_blocks_batch(struct winvm_process *process, struct winvm_ws_scan *scan,
			      u64 *blocks, unsigned int most)
{
	struct vm_area_struct *vma;
	struct winvm_ws_page page;
	struct winvm_entry entry;
	unsigned int count = 0;
	int err = winvm_pages_lock(process);

	if (err)
		return err;
	scan->steps = WINVM_PAGES_STEPS;
	while (count < most) {
		vma = winvm_ws_next(process, scan, &entry);
		if (!vma)
			break;
		winvm_page_describe(process, vma, &entry, &page);
		blocks[count++] = winvm_ws_block(entry.address >> PAGE_SHIFT, &page);
	}
	winvm_pages_unlock(process);
	return count;
}

/* Those that there is room for are written; all are counted (SPEC WS-17). */
static int winvm_blocks_put(struct winvm_query_working_set *request, const u64 *blocks, u64 got)
{
	u64 __user *user = u64_to_user_ptr(request->buffer);
	u64 room = request->capacity - min(request->capacity, request->count);
	u64 put = min(got, room);

	if (put && copy_to_user(user + request->count, blocks, put * sizeof(*blocks)))
		return -EFAULT;
	request->count += got;
	return 0;
}

static int winvm_blocks_all(struct winvm_process *process,
			    struct winvm_query_working_set *request, u64 *blocks)
{
	struct winvm_ws_scan scan = { .end = winvm_bounds_end(READ_ONCE(process->bounds)) };
	int got, err;

	while (scan.address < scan.end) {
		if (fatal_signal_pending(current))
			return -EINTR;
		got = winvm_blocks_batch(process, &scan, blocks, WINVM_PAGES_BATCH);
		err = got < 0 ? got : winvm_blocks_put(request, blocks, got);
		if (err)
			return err;
		cond_resched();
	}
	return 0;
}

int winvm_query_working_set(struct winvm_process *process, void *arg)
{
	struct winvm_query_working_set *request = arg;
	u64 *blocks = kmalloc_array(WINVM_PAGES_BATCH, sizeof(*blocks), GFP_KERNEL_ACCOUNT);
	int err;

	if (!blocks)
		return -ENOMEM;
	request->count = 0;
	err = winvm_blocks_all(process, request, blocks);
	kfree(blocks);
	request->status = request->count > request->capacity ? STATUS_INFO_LENGTH_MISMATCH :
							       STATUS_SUCCESS;
	return err;
}

/* Up to the end of what is looked at under one hold of the locks. */
static int winvm_private_batch(struct winvm_process *process, struct winvm_ws_scan *scan,
			       u64 *pages)
{
	struct vm_area_struct *vma;
	struct winvm_ws_page page;
	struct winvm_entry entry;
	int err = winvm_pages_lock(process);

	if (err)
		return err;
	scan->steps = WINVM_PAGES_STEPS;
	while ((vma = winvm_ws_next(process, scan, &entry))) {
		winvm_page_describe(process, vma, &entry, &page);
		*pages += !page.shared;
	}
	winvm_pages_unlock(process);
	return 0;
}

/*
 * winvm_ws_private() - how many pages of the working set nobody could share
 *
 * Return: 0 or -EINTR.
 */
int winvm_ws_private(struct winvm_process *process, u64 *pages)
{
	struct winvm_ws_scan scan = { .end = winvm_bounds_end(READ_ONCE(process->bounds)) };
	int err = 0;

	for (*pages = 0; scan.address < scan.end && !err;) {
		if (fatal_signal_pending(current))
			return -EINTR;
		err = winvm_private_batch(process, &scan, pages);
		cond_resched();
	}
	return err;
}
