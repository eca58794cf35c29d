// SPDX-License-Identifier: GPL-2.0
/*
 * The tree of VADs as it is, for those who want to see it (SPEC DS-4, DS-8 to DS-11).
 *
 * One VAD is held at a time, as queries do: what is told of each is true, and the
 * tree may turn between two. Whoever wants all of one moment stops the process.
 */

#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "section.h"
#include "winvm.h"

/* Told under one hold of process->look. */
#define WINVM_TELL_BATCH	64U

#define WINVM_NO_VPN		(U64_MAX >> PAGE_SHIFT)

/* The root is on level 1. Under process->tree. */
static u32 winvm_vad_level(const struct winvm_vad *vad)
{
	u32 level = 0;

	for (; vad; vad = vad->parent)
		level++;
	return level;
}

static u32 winvm_vad_told_flags(const struct winvm_vad *vad)
{
	u32 flags = 0;

	if (vad->flags & WINVM_VAD_WATCH)
		flags |= WINVM_VADS_WATCH;
	if (winvm_placeholder(vad))
		flags |= WINVM_VADS_PLACEHOLDER;
	if (vad->flags & WINVM_VAD_NO_CHANGE)
		flags |= WINVM_VADS_NO_CHANGE;
	if (vad->kind == WINVM_VAD_VIEW && !winvm_view_of_data(vad->view))
		flags |= WINVM_VADS_PAGE_FILE;
	return flags;
}

/* What lies in the VAD itself, which is held. */
static void winvm_tell_own(const struct winvm_vad *vad, struct winvm_vad_record *record)
{
	bool view = vad->kind == WINVM_VAD_VIEW;

	*record = (struct winvm_vad_record){
		.start_vpn = vad->start_vpn,
		.end_vpn = vad->end_vpn,
		.commit_pages = view ? vad->view->charged : vad->committed,
		.protect = vad->protect,
		.type = view ? winvm_view_type(vad->view) : NT_MEM_PRIVATE,
		.flags = winvm_vad_told_flags(vad),
	};
}

/* Where it is in the tree. */
static void winvm_tell_place(struct winvm_process *process, const struct winvm_vad *vad,
			     struct winvm_vad_record *record)
{
	mutex_lock(&process->tree);
	record->gap_pages = vad->gap;
	record->max_gap_pages = vad->max_gap;
	record->level = winvm_vad_level(vad);
	record->balance = vad->balance;
	mutex_unlock(&process->tree);
}

/* The first VAD that ends at @vpn or behind it. Return: 1, 0 if there is none, -EINTR */
static int winvm_tell_vad(struct winvm_process *process, u64 vpn, struct winvm_vad_record *record)
{
	struct winvm_vad *vad;
	u64 next_vpn;
	int err;

	for (;; vpn = next_vpn) {
		err = winvm_look_hold(process, vpn, &vad, &next_vpn);
		if (err)
			return err;
		if (vad)
			break;
		if (next_vpn == WINVM_NO_VPN)
			return 0;
	}
	winvm_tell_own(vad, record);
	winvm_tell_place(process, vad, record);
	winvm_vad_let_go(process, vad);
	return 1;
}

/* Return: how many were told, fewer than @most at the end of the tree; or an error */
static int winvm_tell_batch(struct winvm_process *process, u64 vpn,
			    struct winvm_vad_record *records, unsigned int most)
{
	unsigned int count = 0;
	int err = winvm_query_lock(process);

	if (err)
		return err;
	while (count < most) {
		err = winvm_tell_vad(process, vpn, &records[count]);
		if (err <= 0)
			break;
		vpn = records[count++].end_vpn + 1;
	}
	winvm_query_unlock(process);
	return err < 0 ? err : count;
}

static int winvm_tell_vads(struct winvm_process *process, struct winvm_vads *request,
			   struct winvm_vad_record *records)
{
	struct winvm_vad_record __user *user = u64_to_user_ptr(request->buffer);
	unsigned int most;
	int count;

	do {
		most = min(WINVM_TELL_BATCH, request->capacity - request->count);
		count = fatal_signal_pending(current) ? -EINTR :
			winvm_tell_batch(process, request->next >> PAGE_SHIFT, records, most);
		if (count <= 0)
			return count;
		if (copy_to_user(user + request->count, records, count * sizeof(*records)))
			return -EFAULT;
		request->count += count;
		request->next = (records[count - 1].end_vpn + 1) << PAGE_SHIFT;
		cond_resched();
	} while (count == most && request->count < request->capacity);
	return 0;
}

/* winvm_vads() - WINVM_IOC_VADS */
int winvm_vads(struct winvm_process *process, void *arg)
{
	struct winvm_vads *request = arg;
	struct winvm_vad_record *records;
	int err;

	if (!request->capacity)
		return -EINVAL;
	request->count = 0;
	request->next = request->address;
	request->status = STATUS_SUCCESS;
	records = kmalloc_array(min(request->capacity, WINVM_TELL_BATCH), sizeof(*records),
				GFP_KERNEL_ACCOUNT);
	if (!records)
		return -ENOMEM;
	err = winvm_tell_vads(process, request, records);
	kfree(records);
	if (err)
		return err;
	mutex_lock(&process->tree);
	request->vads = process->vads.count;
	mutex_unlock(&process->tree);
	return 0;
}
