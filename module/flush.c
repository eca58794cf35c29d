// SPDX-License-Identifier: GPL-2.0
/* NtFlushVirtualMemory: what was written through a view reaches its file's disk (SPEC SE-33). */

#include <linux/file.h>
#include <linux/fs.h>

#include "section.h"
#include "winvm.h"

/**
 * struct winvm_flushing - what is to be written
 * @file: of the view, a reference; NULL: the page file has no place of its own, and
 *	to an image nobody writes
 * @first: byte of the file
 * @last: byte of the file, inclusive
 */
struct winvm_flushing {
	struct file *file;
	loff_t first;
	loff_t last;
};

/* The range of a view, whole pages. @request: in and out */
static u32 winvm_flush_find(struct winvm_process *process, struct winvm_flush_view *request,
			    struct winvm_flushing *flushing)
{
	struct winvm_span span;
	struct winvm_vad *vad;
	u32 status = winvm_check_flush(process->bounds, request->base, request->bytes, &span);

	if (status)
		return status;
	vad = winvm_vad_find(&process->vads, span.vpn);
	if (!vad || vad->kind != WINVM_VAD_VIEW)
		return STATUS_NOT_MAPPED_DATA;
	if (!span.pages)
		span.pages = vad->end_vpn - span.vpn + 1;
	if (winvm_span_last(span) > vad->end_vpn)
		return STATUS_NOT_MAPPED_DATA;
	request->base = span.vpn << PAGE_SHIFT;
	request->bytes = span.pages << PAGE_SHIFT;
	if (!winvm_view_of_data(vad->view) || winvm_view_of_image(vad->view))
		return STATUS_SUCCESS;
	flushing->file = get_file(vad->view->file);
	flushing->first = (loff_t)winvm_view_pgoff(vad->view, span.vpn) << PAGE_SHIFT;
	flushing->last = flushing->first + request->bytes - 1;
	return STATUS_SUCCESS;
}

static u32 winvm_flush_status(int err)
{
	switch (err) {
	case 0:
		return STATUS_SUCCESS;
	case -ENOSPC:
	case -EDQUOT:
		return STATUS_DISK_FULL;
	default:
		return STATUS_IO_DEVICE_ERROR;
	}
}

/* winvm_flush_view() - the disk is waited for under no lock */
int winvm_flush_view(struct winvm_process *process, void *arg)
{
	struct winvm_flush_view *request = arg;
	struct winvm_flushing flushing = { };
	int err = winvm_query_lock(process);

	if (err)
		return err;
	mutex_lock(&process->tree);
	request->status = winvm_flush_find(process, request, &flushing);
	mutex_unlock(&process->tree);
	winvm_query_unlock(process);
	if (!flushing.file)
		return 0;
	err = vfs_fsync_range(flushing.file, flushing.first, flushing.last, 1);
	request->status = winvm_flush_status(err);
	fput(flushing.file);
	return 0;
}
