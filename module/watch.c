// SPDX-License-Identifier: GPL-2.0
/*
 * Write watch (SPEC 10): a page of a watched allocation is ARMED from commit
 * or reset until its first write, which the fault hook sees, whoever writes.
 */

#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "winvm.h"

#define WINVM_WRITTEN_MASK	(WINVM_PSTATE_BASE | WINVM_PSTATE_ARMED)

/* The one watched VAD that holds the span, or NULL (SPEC WW-2). */
static struct winvm_vad *winvm_watched(struct winvm_process *process, struct winvm_span span)
{
	struct winvm_vad *vad = winvm_vad_holding(process, span);

	return vad && vad->flags & WINVM_VAD_WATCH ? vad : NULL;
}

/* First written page at or after @vpn, before @end; WINVM_PSTATE_NO_PAGE if none. */
static u64 winvm_next_written(struct winvm_process *process, u64 vpn, u64 end)
{
	u64 run;

	for (; vpn < end; vpn += run) {
		winvm_pstate_t state = winvm_pstate_get(&process->states, vpn);

		if (winvm_pstate_committed(state) && !(state & WINVM_PSTATE_ARMED))
			return vpn;
		run = winvm_pstate_run(&process->states, vpn, end - vpn, WINVM_WRITTEN_MASK);
	}
	return WINVM_PSTATE_NO_PAGE;
}

static u64 winvm_collect_written(struct winvm_process *process, struct winvm_span span,
				 u64 *addresses, u64 most)
{
	u64 end = span.vpn + span.pages, vpn = span.vpn, count;

	for (count = 0; count < most; count++, vpn++) {
		vpn = winvm_next_written(process, vpn, end);
		if (vpn == WINVM_PSTATE_NO_PAGE)
			break;
		if (addresses)
			addresses[count] = vpn << PAGE_SHIFT;
	}
	return count;
}

/*
 * Arm pages again. Arming precedes the revocation, so that a write is either
 * before it, and reported, or faults and marks the page again (SPEC WW-7).
 */
static void winvm_arm(struct winvm_process *process, struct winvm_span span)
{
	u64 end = span.vpn + span.pages, vpn, run;

	for (vpn = span.vpn; vpn < end; vpn += run) {
		run = winvm_pstate_run(&process->states, vpn, end - vpn, WINVM_PSTATE_BASE);
		if (winvm_pstate_committed(winvm_pstate_get(&process->states, vpn)))
			winvm_pstate_update(&process->states, vpn, run, WINVM_PSTATE_ALL,
					    WINVM_PSTATE_ARMED);
	}
	winvm_revoke_write(process, span);
}

static void winvm_arm_each(struct winvm_process *process, const u64 *addresses, u64 count)
{
	struct winvm_span run;
	u64 first, next;

	for (first = 0; first < count; first = next) {
		for (next = first + 1; next < count; next++)
			if (addresses[next] != addresses[next - 1] + PAGE_SIZE)
				break;
		run = (struct winvm_span){ addresses[first] >> PAGE_SHIFT, next - first };
		winvm_arm(process, run);
	}
}

/* The caller could not be told: the pages count as written again. */
static void winvm_disarm_each(struct winvm_process *process, const u64 *addresses, u64 count)
{
	u64 index;

	for (index = 0; index < count; index++) {
		struct winvm_span page = { addresses[index] >> PAGE_SHIFT, 1 };

		if (winvm_watched(process, page) &&
		    !winvm_states_prepare_free(process, page))
			winvm_pstate_update(&process->states, page.vpn, 1,
					    WINVM_PSTATE_ALL ^ WINVM_PSTATE_ARMED, 0);
	}
}

/* How many addresses there are room for, and a use for. */
static int winvm_count_written(struct winvm_process *process, struct winvm_span span,
			       struct winvm_write_watch *request, u64 *most)
{
	if (down_read_killable(&process->call))
		return -EINTR;
	request->status = winvm_watched(process, span) ? STATUS_SUCCESS :
							 STATUS_INVALID_PARAMETER_1;
	*most = winvm_collect_written(process, span, NULL, request->count);
	up_read(&process->call);
	return 0;
}

static int winvm_take_written(struct winvm_process *process, struct winvm_span span,
			      struct winvm_write_watch *request, u64 *addresses, u64 *count)
{
	if (down_write_killable(&process->call))
		return -EINTR;
	request->status = winvm_watched(process, span) ? STATUS_SUCCESS :
							 STATUS_INVALID_PARAMETER_1;
	if (!request->status)
		request->status = winvm_states_prepare(process, span);
	if (!request->status) {
		*count = winvm_collect_written(process, span, addresses, *count);
		if (request->flags & WINVM_WATCH_RESET)
			winvm_arm_each(process, addresses, *count);
	}
	up_write(&process->call);
	return 0;
}

static int winvm_tell_written(struct winvm_process *process, struct winvm_write_watch *request,
			      const u64 *addresses, u64 count)
{
	u64 __user *user = u64_to_user_ptr(request->addresses);

	if (!copy_to_user(user, addresses, count * sizeof(*addresses))) {
		request->count = count;
		request->granularity_bytes = PAGE_SIZE;
		return 0;
	}
	if (request->flags & WINVM_WATCH_RESET) {
		if (down_write_killable(&process->call))
			return -EINTR;
		winvm_disarm_each(process, addresses, count);
		up_write(&process->call);
	}
	return -EFAULT;
}

/* SPEC WW-5, WW-6, WW-7: the lowest pages that fit, and only those are reset. */
int winvm_get_write_watch(struct winvm_process *process, void *arg)
{
	struct winvm_write_watch *request = arg;
	u64 *addresses, count;
	struct winvm_span span;
	int err;

	request->status = winvm_check_watch(READ_ONCE(process->bounds), request->base,
					    request->bytes, request->count, request->flags,
					    &span);
	if (request->status)
		return 0;
	err = winvm_count_written(process, span, request, &count);
	if (err || request->status)
		return err;
	addresses = kvmalloc_array(max(count, 1ULL), sizeof(*addresses), GFP_KERNEL_ACCOUNT);
	if (!addresses)
		return -ENOMEM;
	err = winvm_take_written(process, span, request, addresses, &count);
	if (!err && !request->status)
		err = winvm_tell_written(process, request, addresses, count);
	kvfree(addresses);
	return err;
}

/* SPEC WW-19. */
int winvm_reset_write_watch(struct winvm_process *process, void *arg)
{
	struct winvm_write_watch *request = arg;
	struct winvm_span span;

	request->status = winvm_check_watch(READ_ONCE(process->bounds), request->base,
					    request->bytes, 1, 0, &span);
	if (request->status)
		return 0;
	if (down_write_killable(&process->call))
		return -EINTR;
	request->status = winvm_watched(process, span) ? STATUS_SUCCESS :
							 STATUS_INVALID_PARAMETER_1;
	if (!request->status)
		request->status = winvm_states_prepare(process, span);
	if (!request->status)
		winvm_arm(process, span);
	up_write(&process->call);
	return 0;
}
