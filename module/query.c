// SPDX-License-Identifier: GPL-2.0
/* NtQueryVirtualMemory: what is at an address, and in all that follow (SPEC 7). */

#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "section.h"
#include "winvm.h"

/* Regions looked at under one hold of the locks. */
#define WINVM_QUERY_BATCH 64U

/* A run inside a VAD (SPEC VQ-6, VQ-9, VQ-12). */
static void winvm_describe_run(struct winvm_process *process, const struct winvm_vad *vad,
			       struct winvm_span span, struct winvm_region *region)
{
	winvm_pstate_t state = winvm_vad_state(process, vad, span.vpn);
	bool committed = winvm_pstate_committed(state);
	u64 pages = span.pages;

	if (vad->flags & WINVM_VAD_TOUCHED)
		pages = winvm_vad_run(process, vad, span, committed, WINVM_PSTATE_VISIBLE);
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

/* @end: of the address space, as long as the call lasts */
static int winvm_describe(struct winvm_process *process, u64 vpn, u64 end,
			  struct winvm_region *region)
{
	u64 next_vpn;
	struct winvm_vad *vad;
	int err = winvm_look_hold(process, vpn, &vad, &next_vpn);

	if (err)
		return err;
	if (vad) {
		err = winvm_describe_vad(process, vad, vpn, region);
		winvm_vad_let_go(process, vad);
		return err;
	}
	end = min_t(u64, end, next_vpn << PAGE_SHIFT);
	return winvm_foreign_region(process, vpn << PAGE_SHIFT, end, region);
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

/* Fill up to @most regions from @address to @end, under one hold of the lock. */
static int winvm_query_batch(struct winvm_process *process, u64 address, u64 end,
			     struct winvm_region *regions, unsigned int most)
{
	unsigned int count = 0;
	int err = winvm_query_lock(process);

	if (err)
		return err;
	while (count < most && address < end) {
		err = winvm_describe(process, address >> PAGE_SHIFT, end, &regions[count]);
		if (err)
			break;
		address = regions[count].base + regions[count].bytes;
		count++;
	}
	winvm_query_unlock(process);
	return err ? err : (int)count;
}

static int winvm_query_many(struct winvm_process *process, struct winvm_query *request, u64 end)
{
	struct winvm_region __user *user = u64_to_user_ptr(request->buffer);
	unsigned int room = min(request->capacity, WINVM_QUERY_BATCH);
	struct winvm_region *regions, one;
	u64 address = request->address;
	int got = 0;

	regions = room == 1 ? &one : kvmalloc_array(room, sizeof(*regions), GFP_KERNEL_ACCOUNT);
	if (!regions)
		return -ENOMEM;
	while (request->count < request->capacity && address < end) {
		if (fatal_signal_pending(current)) {
			got = -EINTR;
			break;
		}
		got = winvm_query_batch(process, address, end, regions,
					min(room, request->capacity - request->count));
		if (got < 0)
			break;
		if (copy_to_user(user + request->count, regions, got * sizeof(*regions))) {
			got = -EFAULT;
			break;
		}
		request->count += got;
		address = regions[got - 1].base + regions[got - 1].bytes;
		cond_resched();
	}
	if (regions != &one)
		kvfree(regions);
	request->next = address;
	return got < 0 ? got : 0;
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
	return winvm_query_many(process, request, winvm_bounds_end(bounds));
}
