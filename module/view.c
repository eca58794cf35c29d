// SPDX-License-Identifier: GPL-2.0
/*
 * Views: a VAD that shows pages of a section. In the mm it is one VMA, mapped
 * over the arena's, whatever protections its pages have; these are page states
 * as everywhere else. When the view goes the arena is mapped there again.
 *
 * Each view has a struct file of its own, on the section's inode: VMAs hold
 * it, and it holds view and section, so that nothing dangles when a VMA is
 * split, or outlives the VAD. A view shows pages only while it is live, and
 * where the VAD was.
 */

#include <linux/err.h>
#include <linux/file.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "section.h"
#include "trace.h"
#include "winvm.h"

/* What the kernel needs for one: itself, what the shrinker knows, file, directory entry, VMA. */
#define WINVM_VIEW_BOOKS	(sizeof(struct winvm_view) + 1024)

static struct file_operations winvm_view_ops;	/* const once winvm_view_learn() filled it in */

/* winvm_view_of() - the view that a mapping's file belongs to, or NULL */
struct winvm_view *winvm_view_of(const struct file *file)
{
	return file->f_op == &winvm_view_ops ? file->private_data : winvm_data_view(file);
}

/* winvm_view_pgoff() - the page of the view's file that its address @vpn shows */
pgoff_t winvm_view_pgoff(const struct winvm_view *view, u64 vpn)
{
	return view->pgoff + (vpn - view->span.vpn);
}

/* winvm_view_shows() - may a fault at @vpn, on page @pgoff of the view's file, be served? */
bool winvm_view_shows(const struct winvm_view *view, u64 vpn, pgoff_t pgoff)
{
	return READ_ONCE(view->live) && vpn >= view->span.vpn &&
	       vpn <= winvm_span_last(view->span) && pgoff == winvm_view_pgoff(view, vpn);
}

struct address_space *winvm_view_mapping(const struct winvm_view *view)
{
	return view->file->f_mapping;
}

/* winvm_view_type() - MEM_* that queries show (SPEC VQ-10) */
u32 winvm_view_type(const struct winvm_view *view)
{
	return winvm_view_of_image(view) ? NT_MEM_IMAGE : NT_MEM_MAPPED;
}

/* Only winvm_map() maps the file, and only into the mm it belongs to. */
static int winvm_view_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct winvm_view *view = file->private_data;

	return winvm_backing_mmap(view->process, file, vma, view->shared ? 0 : VM_DONTCOPY);
}

/* winvm_view_free() - its file is closed */
void winvm_view_free(struct winvm_view *view)
{
	winvm_shrink_free(view);
	winvm_section_put(view->section);
	winvm_books_return(view->process, WINVM_VIEW_BOOKS);
	fput(view->arena);
	kfree(view);
}

/* winvm_view_close() - the VAD lets go of it; mappings may hold it */
void winvm_view_close(struct winvm_view *view)
{
	winvm_data_close(view);
	fput(view->file);
}

static int winvm_view_release(struct inode *inode, struct file *file)
{
	winvm_view_free(file->private_data);
	return 0;
}

/* As soon as a first file has shown what shmem's operations are. */
static void winvm_view_learn(void)
{
	static DEFINE_MUTEX(lock);

	mutex_lock(&lock);
	if (!winvm_view_ops.mmap) {
		winvm_backing_ops(&winvm_view_ops);
		winvm_view_ops.release = winvm_view_release;
		winvm_view_ops.mmap = winvm_view_mmap;
	}
	mutex_unlock(&lock);
}

static int winvm_view_open(struct winvm_view *view)
{
	struct file *file;

	winvm_view_learn();
	file = winvm_backing_another(view->section->file, &winvm_view_ops);
	if (IS_ERR(file))
		return PTR_ERR(file);
	file->private_data = view;
	view->file = file;
	return 0;
}

static u32 winvm_view_map_status(int err, bool exec)
{
	/* A file that is sealed, or may be appended to only, cannot be mapped for writing. */
	if (err == -EACCES || err == -EPERM)
		return exec ? STATUS_DYNAMIC_CODE_BLOCKED : STATUS_ACCESS_DENIED;
	return STATUS_INSUFFICIENT_RESOURCES;
}

/* winvm_view_new() - the arena has its file. The VAD will hold the view's. */
u32 winvm_view_new(struct winvm_process *process, struct winvm_section *section,
		   struct winvm_span span, u64 offset, struct winvm_view **made)
{
	struct winvm_view *view;
	int err = -ENOMEM;

	if (!winvm_books_take(process, WINVM_VIEW_BOOKS))
		return STATUS_QUOTA_EXCEEDED;
	view = kzalloc(sizeof(*view), GFP_KERNEL_ACCOUNT);
	if (!view)
		goto books;
	view->process = process;
	view->section = section;
	view->span = span;
	view->pgoff = offset >> PAGE_SHIFT;
	if (!winvm_view_of_data(view))
		view->pgoff = winvm_section_pgoff(view->pgoff);
	err = winvm_view_of_data(view) ? winvm_data_open(view) : winvm_view_open(view);
	if (err)
		goto free;
	winvm_section_get(section);
	view->arena = get_file(process->arena.file);
	*made = view;
	return STATUS_SUCCESS;

free:
	kfree(view);
books:
	winvm_books_return(process, WINVM_VIEW_BOOKS);
	return winvm_view_map_status(err, false);
}

static struct winvm_window winvm_window_of(struct winvm_span span)
{
	return (struct winvm_window){ span.vpn, winvm_span_last(span) };
}

/* One more, or one less. */
static void winvm_view_count(struct winvm_process *process, const struct winvm_view *view, int one)
{
	process->views += one;
	if (view->shared)
		WRITE_ONCE(process->shared_views, process->shared_views + one);
}

/*
 * winvm_view_enter() - the VAD of a view goes into the tree
 * @placeholder: it was a placeholder's, and is there and charged already
 */
void winvm_view_enter(struct winvm_process *process, struct winvm_vad *vad, bool placeholder)
{
	vad->view->protect = vad->protect;
	vad->view->flags = vad->flags;
	if (!placeholder) {
		WARN_ON_ONCE(!winvm_vad_insert(&process->vads, vad));
		winvm_charge_add(&process->virtual, winvm_vad_pages(vad) << PAGE_SHIFT);
	}
	winvm_view_count(process, vad->view, 1);
}

/* winvm_view_leave() - the other way; the caller has the reference to the view that it had */
void winvm_view_leave(struct winvm_process *process, struct winvm_vad *vad, bool placeholder)
{
	winvm_view_count(process, vad->view, -1);
	if (placeholder) {
		vad->committed = 0;	/* the view was in its place */
		winvm_placeholder_become(vad);
		return;
	}
	winvm_vad_remove(&process->vads, vad);
	winvm_charge_sub(&process->virtual, winvm_vad_pages(vad) << PAGE_SHIFT);
	winvm_vad_delete(process, vad);
}

/*
 * winvm_view_show() - map a view, all but live
 *
 * The VMA first: were the states there before, the arena's would show them. Of
 * a map that fails the next call finds the traces (mend.c).
 */
u32 winvm_view_show(struct winvm_process *process, struct winvm_vad *vad)
{
	struct winvm_view *view = vad->view;
	winvm_pstate_t state = winvm_view_of_image(view) ? 0 : winvm_protect_encode(vad->protect);
	bool exec = winvm_pstate_executable(state);
	u32 status = winvm_states_prepare(process, view->span);
	int err;

	if (status)
		return status;
	err = winvm_arena_map(process, winvm_window_of(view->span), exec, MAP_FIXED);
	if ((err == -EACCES || err == -EPERM) && winvm_data_alike(view))
		err = winvm_arena_map(process, winvm_window_of(view->span), exec, MAP_FIXED);
	if (err) {
		winvm_states_abandon(process, view->span);
		return winvm_view_map_status(err, exec);
	}
	winvm_pstate_update(&process->states, view->span.vpn, view->span.pages, 0,
			    state | (exec ? WINVM_PSTATE_EXECMAP : 0));
	winvm_states_settle(process);
	return STATUS_SUCCESS;
}

/* The VAD that is to be the view's: a new one, or the placeholder's (SPEC PH-17). */
static u32 winvm_view_vad(struct winvm_process *process, const struct winvm_alloc_plan *place,
			  struct winvm_span *span, struct winvm_vad **vad)
{
	u32 status;

	*span = place->span;
	if (place->replace)
		return winvm_placeholder_find(process, *span, vad);
	*vad = winvm_vad_new(process);
	if (IS_ERR(*vad))
		return winvm_vad_refusal(*vad);
	status = winvm_reserve_span(process, place, span);
	if (status)
		winvm_vad_delete(process, *vad);
	return status;
}

/* All or nothing, with the first @commit pages of it (SPEC SE-25). */
static u32 winvm_view_show_committed(struct winvm_process *process, struct winvm_vad *vad,
				     u64 commit)
{
	struct winvm_span span = { vad->start_vpn, commit };
	u64 charged;
	u32 status = winvm_view_charge(vad->view, span, &charged);

	if (status)
		return status;
	status = winvm_view_show(process, vad);
	if (status) {
		winvm_commit_return_shared(charged);
		return status;
	}
	winvm_view_charged(vad->view, span, charged);
	return STATUS_SUCCESS;
}

static u32 winvm_view_map(struct winvm_process *process, struct winvm_section *section,
			  const struct winvm_alloc_plan *place,
			  const struct winvm_map_view *request, struct winvm_span *span)
{
	struct winvm_view *view;
	struct winvm_vad *vad;
	u32 status = winvm_view_vad(process, place, span, &vad);

	if (status)
		return status;
	status = winvm_view_new(process, section, *span, request->offset, &view);
	if (status) {
		if (!place->replace)
			winvm_vad_delete(process, vad);
		return status;
	}
	view->shared = request->inherit == NT_VIEW_SHARE && !winvm_view_of_image(view);
	winvm_vad_describe(vad, place, *span);
	vad->kind = WINVM_VAD_VIEW;
	vad->flags |= WINVM_VAD_TOUCHED;
	if (section->shape.attributes & NT_SEC_NO_CHANGE)
		vad->flags |= WINVM_VAD_NO_CHANGE;
	vad->view = view;
	if (!winvm_view_of_image(view))
		status = winvm_cow_map(process, view, vad->protect);
	winvm_view_enter(process, vad, place->replace);
	if (!status)
		status = winvm_view_show_committed(process, vad,
						   DIV_ROUND_UP_ULL(request->commit_bytes,
								    PAGE_SIZE));
	if (status) {
		winvm_view_leave(process, vad, place->replace);
		winvm_commit_return(process, view->charged);
		winvm_view_close(view);
		return status;
	}
	if (winvm_view_of_image(view))
		status = winvm_image_protect(process, view);
	if (status)
		winvm_view_end(process, vad, false);
	else
		WRITE_ONCE(view->live, true);
	return status;
}

/* Where the image wants to be, if that is free, and the caller wants nothing else. */
static u32 winvm_view_map_image(struct winvm_process *process, struct winvm_section *section,
				const struct winvm_alloc_plan *place,
				const struct winvm_map_view *request, struct winvm_span *span)
{
	u64 wanted = winvm_image_vpn(section, request->offset);
	u32 status = STATUS_CONFLICTING_ADDRESSES;
	struct winvm_alloc_plan there;

	if (winvm_view_at(place, wanted, &there))
		status = winvm_view_map(process, section, &there, request, span);
	if (status == STATUS_CONFLICTING_ADDRESSES)
		status = winvm_view_map(process, section, place, request, span);
	if (!status && span->vpn != wanted)
		status = STATUS_IMAGE_NOT_AT_BASE;	/* a success (SPEC SE-32) */
	return status;
}

static u32 winvm_view_plan(struct winvm_process *process, const struct winvm_map_view *request,
			   struct winvm_section **section, struct winvm_alloc_plan *place)
{
	struct winvm_view_args args = {
		.base = request->base,
		.bytes = request->bytes,
		.offset = request->offset,
		.zero_bits = request->zero_bits,
		.commit_bytes = request->commit_bytes,
		.required = {
			.lowest_address = request->lowest_address,
			.highest_address = request->highest_address,
			.alignment_bytes = request->alignment_bytes,
		},
		.type = request->type,
		.protect = request->protect,
		.inherit = request->inherit,
		.node = request->node,
		.extended = request->flags & WINVM_MAP_VIEW_EXTENDED,
	};
	struct winvm_section_shape shape;
	u32 status = STATUS_INVALID_PARAMETER;

	if (winvm_node_valid(request->node))
		status = winvm_check_view(process->bounds, &args);
	if (!status)
		status = winvm_section_of(request->section_fd,
					  winvm_section_rights(request->protect), section, NULL);
	if (status)
		return status;
	shape = winvm_section_shape(*section);
	status = winvm_check_view_of(process->bounds, &args, &shape, place);
	if (status) {
		winvm_section_put(*section);
		return status;
	}
	if (!place->node)
		place->node = (*section)->shape.node;
	return STATUS_SUCCESS;
}

/* winvm_map_view() - NtMapViewOfSection(Ex) */
u32 winvm_map_view(struct winvm_process *process, void *arg)
{
	struct winvm_map_view *request = arg;
	struct winvm_alloc_plan place;
	struct winvm_section *section;
	struct winvm_span span;
	u32 status;

	status = winvm_view_plan(process, request, &section, &place);
	if (status)
		return status;
	if (winvm_section_image(&section->shape))
		status = winvm_view_map_image(process, section, &place, request, &span);
	else
		status = winvm_view_map(process, section, &place, request, &span);
	winvm_section_put(section);
	if (status && status != STATUS_IMAGE_NOT_AT_BASE)
		return status;
	request->base = span.vpn << PAGE_SHIFT;
	request->bytes = span.pages << PAGE_SHIFT;
	return status;
}

/*
 * Map the arena again where the windows say that it is ours. The VAD is a view no more.
 * Where that cannot be the view's VMA stays, and shows nothing any more.
 */
static void winvm_view_hide(struct winvm_process *process, const struct winvm_view *view)
{
	u64 end = view->span.vpn + view->span.pages, vpn = view->span.vpn;
	bool whole = winvm_arena_covers(process, view->span);
	int err = 0;

	while (vpn < end) {
		struct winvm_window missing = { end, end };

		winvm_windows_missing(&process->arena.windows,
				      (struct winvm_span){ vpn, end - vpn }, &missing);
		if (missing.lowest_vpn > vpn && !err)
			err = winvm_arena_map(process,
					      (struct winvm_window){ vpn, missing.lowest_vpn - 1 },
					      false, MAP_FIXED);
		vpn = missing.highest_vpn + 1;
	}
	if (err || !whole)
		winvm_revoke_view(view, view->span);
}

/*
 * winvm_view_end() - from here on nothing fails: who goes on holds what was asked to go.
 * @placeholder: to leave one (SPEC PH-18)
 */
void winvm_view_end(struct winvm_process *process, struct winvm_vad *vad, bool placeholder)
{
	struct winvm_view *view = vad->view;

	winvm_unlock_span(process, view->span);
	WRITE_ONCE(view->live, false);
	winvm_pstate_update(&process->states, view->span.vpn, view->span.pages, 0, 0);
	winvm_states_settle(process);
	winvm_view_leave(process, vad, placeholder);
	winvm_view_hide(process, view);
	winvm_cow_end(process, view);
	winvm_view_close(view);
}

/* winvm_unmap_view() - NtUnmapViewOfSectionEx */
u32 winvm_unmap_view(struct winvm_process *process, void *arg)
{
	struct winvm_unmap_view *request = arg;
	bool placeholder = request->flags & NT_MEM_PRESERVE_PLACEHOLDER;
	struct winvm_vad *vad;
	u32 status;
	u64 vpn;

	status = winvm_check_unmap(process->bounds, request->base, request->flags, &vpn);
	if (status)
		return status;
	vad = winvm_vad_find(&process->vads, vpn);
	if (!vad || vad->kind != WINVM_VAD_VIEW)
		return STATUS_NOT_MAPPED_VIEW;
	if (placeholder && !(vad->flags & WINVM_VAD_REPLACED))
		return STATUS_CONFLICTING_ADDRESSES;	/* SPEC PH-18 */
	status = winvm_states_prepare_free(process, vad->view->span);
	if (!status)
		winvm_view_end(process, vad, placeholder);
	return status;
}

/* winvm_view_drop() - the mm is on its way out: so is what it has mapped */
void winvm_view_drop(struct winvm_process *process, struct winvm_vad *vad)
{
	WRITE_ONCE(vad->view->live, false);
	winvm_cow_drop(process, vad->view);
	winvm_view_count(process, vad->view, -1);
	winvm_view_close(vad->view);
}

/*
 * winvm_view_part() - the first part of a window that is a view's, or none's
 * @window: out: that part
 *
 * Return: the view, NULL if it is none's.
 */
struct winvm_view *winvm_view_part(struct winvm_process *process, struct winvm_window *window)
{
	struct winvm_vad *vad = NULL;

	if (process->views)
		vad = winvm_vad_at_or_after(&process->vads, window->lowest_vpn);
	while (vad && vad->start_vpn <= window->highest_vpn && vad->kind != WINVM_VAD_VIEW)
		vad = winvm_vad_next(vad);
	if (!vad || vad->start_vpn > window->highest_vpn)
		return NULL;
	if (vad->start_vpn > window->lowest_vpn) {
		window->highest_vpn = vad->start_vpn - 1;
		return NULL;
	}
	window->highest_vpn = min(window->highest_vpn, vad->end_vpn);
	return vad->view;
}

/*
 * winvm_view_commit() - NtAllocateVirtualMemory in a view (SPEC VA-48)
 *
 * The pages that the section does not have come last: by then their states
 * allow nothing that was not asked for.
 */
u32 winvm_view_commit(struct winvm_process *process, struct winvm_vad *vad,
		      struct winvm_span span, u32 protect)
{
	u32 status;
	u64 charged;

	if (winvm_view_of_data(vad->view))
		return STATUS_ALREADY_COMMITTED;	/* SPEC VA-47 */
	status = winvm_check_view_commit(vad->protect, protect);
	if (!status)
		status = winvm_check_no_change(vad, protect);
	if (!status)
		status = winvm_view_charge(vad->view, span, &charged);
	if (status)
		return status;
	status = winvm_protect_span(process, vad, span, winvm_protect_encode(protect));
	if (status)
		winvm_commit_return_shared(charged);
	else
		winvm_view_charged(vad->view, span, charged);
	trace_commit(process, span.vpn, span.pages, charged, protect, status);
	return status;
}
