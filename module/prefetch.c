// SPDX-License-Identifier: GPL-2.0
/*
 * NtSetInformationVirtualMemory(VmPrefetchInformation): memory that is wanted
 * soon (SPEC 8.4). A hint, which never fails for what it finds: pages of ours
 * that are in swap come into the page cache, files of Linux's own are read
 * ahead. Nothing is mapped (SPEC PF-6), and no page is made that is not there.
 */

#include <linux/fadvise.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>
#include <linux/shmem_fs.h>
#include <linux/uaccess.h>
#include <linux/xarray.h>

#include "section.h"
#include "winvm.h"

/* Ranges copied in at a time. */
#define WINVM_PREFETCH_RANGES	16U

/* Under one hold of the lock: pages that are waited for, and that are looked at. */
#define WINVM_PREFETCH_READ	16U
#define WINVM_PREFETCH_LOOK	4096U

/**
 * struct winvm_prefetching - a call under way
 * @process: whose memory
 * @left: pages that it may bring in still
 */
struct winvm_prefetching {
	struct winvm_process *process;
	u64 left;
};

static void winvm_prefetch_spend(struct winvm_prefetching *call, u64 pages)
{
	call->left -= min(call->left, pages);
}

/*
 * One page that is in swap. Its VAD is held, so that it cannot be
 * decommitted, and be made anew here. A hint kills nobody to get memory.
 */
static bool winvm_prefetch_page(struct winvm_prefetching *call, pgoff_t index)
{
	struct address_space *mapping = call->process->arena.file->f_mapping;
	gfp_t gfp = mapping_gfp_mask(mapping) | __GFP_NORETRY | __GFP_NOWARN;
	struct page *page = shmem_read_mapping_page_gfp(mapping, index, gfp);

	winvm_prefetch_spend(call, 1);
	if (IS_ERR(page))
		return false;
	put_page(page);
	return true;
}

/* Pages that cannot be read are not wanted. */
static bool winvm_prefetch_wants(struct winvm_process *process, u64 vpn, const void *entry)
{
	winvm_pstate_t state = winvm_pstate_get(&process->states, vpn);

	return xa_is_value(entry) && winvm_pstate_judge(state, WINVM_READ) == WINVM_PERMIT;
}

/* Return: how many pages of a span of one VAD are done with. */
static u64 winvm_prefetch_own(struct winvm_prefetching *call, const struct winvm_vad *vad,
			      struct winvm_span span)
{
	unsigned long index = winvm_arena_pgoff(span.vpn);
	unsigned long last = winvm_arena_pgoff(winvm_span_last(span));
	unsigned int looked = 0, done = 0;
	struct xarray *pages;
	void *entry;

	if (!(vad->flags & WINVM_VAD_TOUCHED))
		return span.pages;
	pages = &call->process->arena.file->f_mapping->i_pages;
	for (entry = xa_find(pages, &index, last, XA_PRESENT); entry;
	     entry = xa_find_after(pages, &index, last, XA_PRESENT)) {
		if (looked++ == WINVM_PREFETCH_LOOK || done == WINVM_PREFETCH_READ || !call->left)
			break;
		if (winvm_prefetch_wants(call->process, winvm_arena_vpn(index), entry) &&
		    winvm_prefetch_page(call, index))
			done++;
	}
	return entry ? winvm_arena_vpn(index) - span.vpn : span.pages;
}

/* What a view shows of a user's file is read ahead as if Linux had mapped it. */
static void winvm_prefetch_view(const struct winvm_view *view, struct winvm_span span,
				struct winvm_file_part *part)
{
	*part = (struct winvm_file_part){
		.pages = span.pages,
		.file = get_file(view->file),
		.offset = (loff_t)winvm_view_pgoff(view, span.vpn) << PAGE_SHIFT,
		.bytes = span.pages << PAGE_SHIFT,
	};
}

/*
 * The beginning of a span: what one VAD has of it, or one mapping of Linux's.
 *
 * Return: 0 or -EINTR.
 */
static int winvm_prefetch_some(struct winvm_prefetching *call, struct winvm_span span,
			       struct winvm_file_part *part)
{
	struct winvm_vad *vad;
	u64 next_vpn;
	int err = winvm_look_hold(call->process, span.vpn, &vad, &next_vpn);

	*part = (struct winvm_file_part){ };
	if (err)
		return err;
	if (vad) {
		span.pages = min(span.pages, vad->end_vpn - span.vpn + 1);
		if (vad->kind == WINVM_VAD_VIEW && winvm_view_of_data(vad->view))
			winvm_prefetch_view(vad->view, span, part);
		else
			part->pages = winvm_prefetch_own(call, vad, span);
		winvm_vad_let_go(call->process, vad);
		return 0;
	}
	span.pages = min(span.pages, next_vpn - span.vpn);
	return winvm_foreign_part(call->process, span, part);
}

/*
 * Without any lock, for the file system may be anybody's. Linux reads no more
 * than a window ahead at a time. What has no pages to be read says so itself.
 */
static void winvm_prefetch_file(struct winvm_prefetching *call, const struct winvm_file_part *part)
{
	loff_t size = i_size_read(part->file->f_mapping->host);
	loff_t end = min(part->offset + part->bytes, size);
	loff_t window = VM_READAHEAD_PAGES << PAGE_SHIFT, at;

	for (at = part->offset; at < end && call->left && !fatal_signal_pending(current);
	     at += window) {
		window = min(window, end - at);
		if (vfs_fadvise(part->file, at, window, POSIX_FADV_WILLNEED))
			break;
		winvm_prefetch_spend(call, DIV_ROUND_UP(window, PAGE_SIZE));
		cond_resched();
	}
}

/* Return: 0 or a negative errno. */
static int winvm_prefetch_span(struct winvm_prefetching *call, struct winvm_span span)
{
	struct winvm_process *process = call->process;
	struct winvm_file_part part;
	int err;

	for (; span.pages && call->left; span.vpn += part.pages, span.pages -= part.pages) {
		if (fatal_signal_pending(current))
			return -EINTR;
		err = winvm_query_lock(process);
		if (err)
			return err;
		err = winvm_prefetch_some(call, span, &part);
		winvm_query_unlock(process);
		if (err)
			return err;
		if (part.file) {
			winvm_prefetch_file(call, &part);
			fput(part.file);
		}
		cond_resched();
	}
	return 0;
}

/* @call: NULL to check the ranges only. Return: 0 or a negative errno. */
static int winvm_prefetch_batch(struct winvm_prefetching *call, const struct winvm_bounds *bounds,
				const struct winvm_range *ranges, unsigned int count, u32 *status)
{
	struct winvm_span span;
	unsigned int i;
	int err = 0;

	for (i = 0; i < count && !err; i++) {
		*status = winvm_check_prefetch_range(bounds, ranges[i].base, ranges[i].bytes,
						     &span);
		if (*status)
			break;
		if (call)
			err = winvm_prefetch_span(call, span);
	}
	return err;
}

/* One pass over the ranges. */
static int winvm_prefetch_pass(struct winvm_prefetching *call, const struct winvm_bounds *bounds,
			       struct winvm_prefetch *request)
{
	struct winvm_range __user *user = u64_to_user_ptr(request->ranges);
	struct winvm_range ranges[WINVM_PREFETCH_RANGES];
	unsigned int batch;
	u64 done;
	int err = 0;

	for (done = 0; done < request->count && !err && !request->status; done += batch) {
		batch = min_t(u64, request->count - done, WINVM_PREFETCH_RANGES);
		if (fatal_signal_pending(current))
			return -EINTR;
		if (copy_from_user(ranges, user + done, batch * sizeof(*ranges)))
			return -EFAULT;
		err = winvm_prefetch_batch(call, bounds, ranges, batch, &request->status);
		cond_resched();
	}
	return err;
}

/*
 * All ranges are looked at before any page is. What the caller makes of them
 * meanwhile is looked at again.
 */
int winvm_prefetch(struct winvm_process *process, void *arg)
{
	const struct winvm_bounds *bounds = READ_ONCE(process->bounds);
	struct winvm_prefetching call = { process, totalram_pages() / 4 };
	struct winvm_prefetch *request = arg;
	int err;

	if (request->__reserved)
		return -EINVAL;
	request->status = winvm_check_prefetch(request->count, request->flags);
	if (request->status)
		return 0;
	err = winvm_prefetch_pass(NULL, bounds, request);
	if (!err && !request->status)
		err = winvm_prefetch_pass(&call, bounds, request);
	return err;
}
