// SPDX-License-Identifier: GPL-2.0
/*
 * The whole allocation that holds an address, whatever the states of its
 * pages, and the name of the file behind it (SPEC NQ-3 to NQ-10).
 */

#include <linux/dcache.h>
#include <linux/file.h>
#include <linux/fs_struct.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "section.h"
#include "winvm.h"

static void winvm_describe_whole(const struct winvm_vad *vad,
				 struct winvm_query_allocation *answer)
{
	answer->base = vad->start_vpn << PAGE_SHIFT;
	answer->bytes = winvm_vad_pages(vad) << PAGE_SHIFT;
	answer->allocation_protect = vad->protect;
	if (vad->kind == WINVM_VAD_VIEW) {
		answer->type = winvm_view_type(vad->view);
		if (!winvm_view_of_data(vad->view))
			answer->flags |= WINVM_ALLOCATION_PAGE_FILE;
		answer->commit_bytes = vad->view->charged << PAGE_SHIFT;
	} else {
		answer->type = NT_MEM_PRIVATE;
		answer->commit_bytes = vad->committed << PAGE_SHIFT;
	}
	if (winvm_placeholder(vad))
		answer->flags |= WINVM_ALLOCATION_PLACEHOLDER;	/* SPEC PH-2 */
	if (vad->node)
		answer->node = vad->node - 1;
}

/* As queries of regions do: what was mapped over a VAD is told, a hole in it is the VAD's. */
static int winvm_describe_holder(struct winvm_process *process, u64 vpn,
				 struct winvm_query_allocation *answer)
{
	struct winvm_vad *vad;
	u64 next_vpn;
	int err = winvm_look_hold(process, vpn, &vad, &next_vpn);

	if (err)
		return err;
	if (!vad || !winvm_arena_covers(process, (struct winvm_span){ vpn, 1 }))
		err = winvm_foreign_allocation(process, vpn << PAGE_SHIFT, answer);
	if (vad && !err && !answer->type)
		winvm_describe_whole(vad, answer);
	if (vad)
		winvm_vad_let_go(process, vad);
	return err;
}

/* winvm_query_allocation() - all zero but the node where memory is free */
int winvm_query_allocation(struct winvm_process *process, void *arg)
{
	struct winvm_query_allocation *request = arg;
	u64 vpn;
	int err;

	*request = (struct winvm_query_allocation){
		.size = request->size,
		.address = request->address,
		.node = WINVM_NO_NODE,
	};
	request->status = winvm_check_query(READ_ONCE(process->bounds), request->address,
					    &vpn);
	if (request->status)
		return 0;
	err = winvm_query_lock(process);
	if (err)
		return err;
	err = winvm_describe_holder(process, vpn, request);
	winvm_query_unlock(process);
	return err;
}

/* The file at a page, a reference; NULL if there is none. */
static int winvm_file_at(struct winvm_process *process, u64 vpn, struct file **file)
{
	int err = winvm_query_lock(process);
	const struct winvm_vad *vad;

	*file = NULL;
	if (err)
		return err;
	mutex_lock(&process->tree);
	vad = winvm_arena_covers(process, (struct winvm_span){ vpn, 1 }) ?
		      winvm_vad_find(&process->vads, vpn) : NULL;
	if (vad && vad->kind == WINVM_VAD_VIEW)
		*file = get_file(winvm_view_of_image(vad->view) ? vad->view->section->origin :
								  vad->view->file);
	mutex_unlock(&process->tree);
	if (!vad)
		err = winvm_foreign_file(process, vpn << PAGE_SHIFT, file);
	winvm_query_unlock(process);
	return err;
}

/*
 * Does the path name the file, for the caller? Not if the file was deleted, or
 * never had a name, or lies outside what the caller's root shows.
 */
static bool winvm_path_reachable(const struct path *path)
{
	struct path root;
	bool reachable;

	get_fs_root(current->fs, &root);
	reachable = !d_unlinked(path->dentry) && path_is_under(path, &root);
	path_put(&root);
	return reachable;
}

/* Under no lock: a page of the caller's may take for ever to come. */
static int winvm_copy_name(struct winvm_query_name *request, const char *name)
{
	size_t bytes = strlen(name) + 1;

	request->length = bytes;
	if (request->capacity < bytes)
		request->status = STATUS_BUFFER_OVERFLOW;
	else if (copy_to_user(u64_to_user_ptr(request->buffer), name, bytes))
		return -EFAULT;
	return 0;
}

static int winvm_tell_name(struct winvm_query_name *request, const struct path *path)
{
	char *room = kmalloc(PATH_MAX, GFP_KERNEL_ACCOUNT), *name;
	int err = 0;

	if (!room)
		return -ENOMEM;
	name = d_path(path, room, PATH_MAX);
	/* Asked now, so that a file that was deleted by then shows no made-up name. */
	if (!winvm_path_reachable(path))
		request->status = STATUS_FILE_INVALID;
	else if (IS_ERR(name))
		request->status = STATUS_NAME_TOO_LONG;
	else
		err = winvm_copy_name(request, name);
	kfree(room);
	return err;
}

/* winvm_query_name() - SPEC NQ-3 */
int winvm_query_name(struct winvm_process *process, void *arg)
{
	struct winvm_query_name *request = arg;
	struct file *file;
	u64 vpn;
	int err;

	request->length = 0;
	request->status = winvm_check_query(READ_ONCE(process->bounds), request->address,
					    &vpn);
	if (request->status)
		return 0;
	err = winvm_file_at(process, vpn, &file);
	if (err)
		return err;
	if (!file) {
		request->status = STATUS_INVALID_ADDRESS;
		return 0;
	}
	err = winvm_tell_name(request, winvm_compat_file_path(file));
	fput(file);
	return err;
}
