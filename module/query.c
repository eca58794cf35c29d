// SPDX-License-Identifier: GPL-2.0
/* NtQueryVirtualMemory: what is at an address, and in all that follow (SPEC 7). */

#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "section.h"
#include "winvm.h"

/* Regions looked at under one hold of the locks. */
#define WINVM_QUERY_BATCH 64U

/**
 * struct winvm_batch - regions that are looked at under one hold of process->look
 * @regions: with room for @most
 * @most: how many may be found
 * @count: how many were
 * @address: where the next one begins
 * @end: of the address space, as long as the call lasts
 * @vad: that was looked at last, and is held; or NULL
 */
struct winvm_batch {
	struct winvm_region *regions;
	unsigned int most;
	unsigned int count;
	u64 address;
	u64 end;
	struct winvm_vad *vad;
};

/* A run inside a VAD (SPEC VQ-6, VQ-9, VQ-12). */
static void winvm_describe_run(struct winvm_process *process, const struct winvm_vad *vad,
			       struct winvm_span span, struct winvm_region *region)
{
	u64 pages = span.pages;
	winvm_pstate_t state;
	bool committed;

	if (vad->flags & WINVM_VAD_TOUCHED)
		pages = winvm_vad_look(process, vad, span, WINVM_PSTATE_VISIBLE, &state);
	else
		state = winvm_vad_state(process, vad, span.vpn);
	committed = winvm_pstate_committed(state);
	*region = (struct winvm_region){
		.base = span.vpn << PAGE_SHIFT,
		.allocation_base = vad->start_vpn << PAGE_SHIFT,
		.allocation_protect = vad->protect,
		.bytes = pages << PAGE_SHIFT,
		.state = committed ? NT_MEM_COMMIT : NT_MEM_RESERVE,
		.protect = committed ? winvm_protect_decode(state, vad->protect &
							    WINVM_PROTECT_WHOLE) : 0,
		.type = vad->kind == WINVM_VAD_VIEW ? winvm_view_type(vad->view) : NT_MEM_PRIVATE,
	};
}

/*
 * Where somebody mapped over a VAD, what is there now is told. A hole that
 * nobody filled is told as the VAD has it.
 */
static int winvm_describe_vad(struct winvm_process *process, const struct winvm_vad *vad,
			      u64 vpn, struct winvm_region *region)
{
	struct winvm_span span = { vpn, vad->end_vpn - vpn + 1 };
	struct winvm_window missing;
	int err;

	if (winvm_windows_missing(&process->arena.windows, span, &missing)) {
		if (missing.lowest_vpn > vpn) {
			span.pages = missing.lowest_vpn - vpn;
		} else {
			span.pages = missing.highest_vpn - vpn + 1;
			err = winvm_foreign_region(process, vpn << PAGE_SHIFT,
						   (vpn + span.pages) << PAGE_SHIFT, region);
			if (err || region->state != NT_MEM_FREE)
				return err;
			span.pages = region->bytes >> PAGE_SHIFT;
		}
	}
	winvm_describe_run(process, vad, span, region);
	return 0;
}

/*
 * winvm_look_hold() - hold the VAD that has a page, for a query
 * @vad: out: NULL if none has
 * @next_vpn: out: then, where the next begins; U64_MAX >> PAGE_SHIFT if there is none
 *
 * Return: 0 or -EINTR.
 */
int winvm_look_hold(struct winvm_process *process, u64 vpn, struct winvm_vad **vad, u64 *next_vpn)
{
	int err;

	do {
		mutex_lock(&process->tree);
		*vad = winvm_vad_at_or_after(&process->vads, vpn);
		*next_vpn = *vad ? (*vad)->start_vpn : U64_MAX >> PAGE_SHIFT;
		if (*next_vpn > vpn)
			*vad = NULL;
		err = *vad ? winvm_vad_hold(process, *vad) : 0;
	} while (err == -EAGAIN);
	if (!err)
		mutex_unlock(&process->tree);
	return err;
}

/*
 * From one VAD to the next, without going down the tree again: for as long as one is held
 * it is there, and none comes between.
 */
static int winvm_look_next(struct winvm_process *process, struct winvm_batch *batch, u64 vpn,
			   u64 *next_vpn)
{
	struct winvm_vad *next;
	int err;

	if (!batch->vad)
		return winvm_look_hold(process, vpn, &batch->vad, next_vpn);
	mutex_lock(&process->tree);
	next = winvm_vad_next(batch->vad);
	winvm_vad_let_go(process, batch->vad);
	batch->vad = NULL;
	*next_vpn = next ? next->start_vpn : U64_MAX >> PAGE_SHIFT;
	err = *next_vpn == vpn ? winvm_vad_hold(process, next) : 0;
	if (err)
		return err == -EAGAIN ? winvm_look_hold(process, vpn, &batch->vad, next_vpn) : err;
	if (*next_vpn == vpn)
		batch->vad = next;
	mutex_unlock(&process->tree);
	return 0;
}

/* The region that @batch has room for is found. */
static void winvm_described(struct winvm_batch *batch)
{
	const struct winvm_region *region = &batch->regions[batch->count++];

	batch->address = region->base + region->bytes;
}

/* What is left of the VAD, or as much as there is room for. */
static int winvm_describe_held(struct winvm_process *process, struct winvm_batch *batch)
{
	struct winvm_vad *vad = batch->vad;
	u64 vpn = batch->address >> PAGE_SHIFT;
	bool torn = !winvm_windows_cover(&process->arena.windows, (struct winvm_span){
		vpn, vad->end_vpn - vpn + 1 });
	struct winvm_region *region;
	int err = 0;

	for (; batch->count < batch->most && vpn <= vad->end_vpn;
	     vpn = batch->address >> PAGE_SHIFT) {
		region = &batch->regions[batch->count];
		if (unlikely(torn))
			err = winvm_describe_vad(process, vad, vpn, region);
		else
			winvm_describe_run(process, vad, (struct winvm_span){
				vpn, vad->end_vpn - vpn + 1 }, region);
		if (err)
			break;
		winvm_described(batch);
	}
	return err;
}

static int winvm_describe(struct winvm_process *process, struct winvm_batch *batch)
{
	u64 next_vpn;
	int err = winvm_look_next(process, batch, batch->address >> PAGE_SHIFT, &next_vpn);

	if (err)
		return err;
	if (batch->vad)
		return winvm_describe_held(process, batch);
	err = winvm_foreign_region(process, batch->address & PAGE_MASK,
				   min_t(u64, batch->end, next_vpn << PAGE_SHIFT),
				   &batch->regions[batch->count]);
	if (!err)
		winvm_described(batch);
	return err;
}

/*
 * winvm_query_lock() - no call is alone until winvm_query_unlock(); others may run
 *
 * Mending what was torn must be alone; that is rare.
 */
int winvm_query_lock(struct winvm_process *process)
{
	int err;

	if (likely(!test_bit(0, &process->arena.torn)))
		return down_read_killable(&process->look) ? -EINTR : 0;
	if (winvm_alone(process))
		return -EINTR;
	err = winvm_arena_verify(process);
	if (err) {
		winvm_alone_end(process);
		return err;
	}
	downgrade_write(&process->look);
	up_write(&process->call);
	return 0;
}

void winvm_query_unlock(struct winvm_process *process)
{
	up_read(&process->look);
}

/* Fill the batch. Return: 0, or the error that the next region had. */
static int winvm_query_batch(struct winvm_process *process, struct winvm_batch *batch)
{
	int err = winvm_query_lock(process);

	if (err)
		return err;
	batch->count = 0;
	while (!err && batch->count < batch->most && batch->address < batch->end)
		err = winvm_describe(process, batch);
	if (batch->vad)
		winvm_vad_let_go(process, batch->vad);
	batch->vad = NULL;
	winvm_query_unlock(process);
	return err;
}

/* Most calls are for one, and the copy routine first looks whether it may have it. */
static int winvm_tell_region(struct winvm_region __user *user, const struct winvm_region *region)
{
	const u64 *word = (const u64 *)region;
	u64 __user *to = (u64 __user *)user;
	size_t i;

	BUILD_BUG_ON(sizeof(*region) % sizeof(*word));
	if (!user_write_access_begin(user, sizeof(*user)))
		return -EFAULT;
	for (i = 0; i < sizeof(*region) / sizeof(*word); i++)
		unsafe_put_user(word[i], &to[i], fault);
	user_write_access_end();
	return 0;
fault:
	user_write_access_end();
	return -EFAULT;
}

static int winvm_query_one(struct winvm_process *process, struct winvm_query *request, u64 end)
{
	struct winvm_region region;
	struct winvm_batch batch = {
		.regions = &region,
		.most = 1,
		.address = request->address,
		.end = end,
	};
	int err = winvm_query_batch(process, &batch);

	if (err)
		return err;
	if (winvm_tell_region(u64_to_user_ptr(request->buffer), &region))
		return -EFAULT;
	request->count = 1;
	request->next = batch.address;
	return 0;
}

static int winvm_query_many(struct winvm_process *process, struct winvm_query *request, u64 end)
{
	struct winvm_region __user *user = u64_to_user_ptr(request->buffer);
	struct winvm_batch batch = { .address = request->address, .end = end };
	int err = 0;

	batch.regions = kvmalloc_array(min(request->capacity, WINVM_QUERY_BATCH),
				       sizeof(*batch.regions), GFP_KERNEL_ACCOUNT);
	if (!batch.regions)
		return -ENOMEM;
	while (!err && request->count < request->capacity && batch.address < end) {
		batch.most = min(WINVM_QUERY_BATCH, request->capacity - request->count);
		err = fatal_signal_pending(current) ? -EINTR : winvm_query_batch(process, &batch);
		if (!err && copy_to_user(user + request->count, batch.regions,
					 batch.count * sizeof(*user)))
			err = -EFAULT;
		if (err)
			break;
		request->count += batch.count;
		request->next = batch.address;
		cond_resched();
	}
	kvfree(batch.regions);
	return err;
}

int winvm_query(struct winvm_process *process, void *arg)
{
	const struct winvm_bounds *bounds = READ_ONCE(process->bounds);
	struct winvm_query *request = arg;
	u64 vpn;

	if (!request->capacity || request->__reserved)
		return -EINVAL;
	request->count = 0;
	request->next = request->address;
	request->status = winvm_check_query(bounds, request->address, &vpn);
	if (request->status)
		return 0;
	return request->capacity == 1 ?
		       winvm_query_one(process, request, winvm_bounds_end(bounds)) :
		       winvm_query_many(process, request, winvm_bounds_end(bounds));
}
