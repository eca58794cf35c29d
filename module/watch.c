// SPDX-License-Identifier: GPL-2.0
/*
 * Write watch (SPEC 10): a page of a watched allocation is ARMED from commit
 * or reset until its first write, which the fault hook sees, whoever writes.
 * A mark that is there when the protection changes is LATCHED besides: it
 * outlives a decommit (SPEC WW-13).
 */

#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "winvm.h"

#define WINVM_WRITTEN_MASK	(WINVM_PSTATE_BASE | WINVM_PSTATE_ARMED | WINVM_PSTATE_LATCHED)

/* The one watched VAD that holds the span, or NULL (SPEC WW-2). */
static struct winvm_vad *winvm_watched(struct winvm_process *process, struct winvm_span span)
{
	struct winvm_vad *vad = winvm_vad_holding(process, span);

	return vad && vad->flags & WINVM_VAD_WATCH ? vad : NULL;
}

/*
 * First written page at or after @vpn, before @end; WINVM_PSTATE_NO_PAGE if none.
 * Faults mark pages meanwhile: none that was marked before is passed over.
 */
static u64 winvm_next_written(struct winvm_process *process, u64 vpn, u64 end)
{
	while (vpn < end) {
		winvm_pstate_t state = winvm_pstate_get(&process->states, vpn);

		if (winvm_pstate_written(state))
			return vpn;
		vpn += winvm_pstate_same(&process->states, vpn, end - vpn, WINVM_WRITTEN_MASK,
					 state & WINVM_WRITTEN_MASK);
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
		cond_resched();
	}
	return count;
}

/*
 * winvm_watch_latch() - the marks of a span of a watched VAD are there to stay (SPEC WW-13)
 *
 * The span is prepared. Only calls take marks away, so pages that have one keep it.
 */
void winvm_watch_latch(struct winvm_process *process, struct winvm_span span)
{
	u64 end = span.vpn + span.pages, vpn, run;

	for (vpn = span.vpn; vpn < end; vpn += run) {
		winvm_pstate_t armed = winvm_pstate_get(&process->states, vpn) &
				       WINVM_PSTATE_ARMED;

		run = winvm_pstate_same(&process->states, vpn, end - vpn, WINVM_PSTATE_ARMED,
					armed);
		if (!armed)
			winvm_pstate_update(&process->states, vpn, run, WINVM_PSTATE_ALL,
					    WINVM_PSTATE_LATCHED);
	}
}

/*
 * Take the marks of a span away whose edges are prepared. Arming precedes the
 * revocation, so that a write is either before it, and told, or faults and
 * marks the page again (SPEC WW-7). Who has pinned a page for writing does not
 * fault: such a page keeps its mark. Without memory to tell them apart, all do.
 */
static void winvm_arm(struct winvm_process *process, struct winvm_span span)
{
	struct winvm_pstates *states = &process->states;
	u64 end = span.vpn + span.pages, vpn, run;

	for (vpn = span.vpn; vpn < end; vpn += run) {
		run = winvm_pstate_run(states, vpn, end - vpn, WINVM_PSTATE_BASE);
		if (winvm_pstate_committed(winvm_pstate_get(states, vpn)))
			winvm_pstate_update(states, vpn, run,
					    WINVM_PSTATE_ALL ^ WINVM_PSTATE_LATCHED,
					    WINVM_PSTATE_ARMED);
		else
			winvm_pstate_update(states, vpn, run,
					    WINVM_PSTATE_ALL ^ WINVM_WRITTEN_MASK, 0);
	}
	if (winvm_revoke_armed(process, span))
		winvm_pstate_update(states, span.vpn, span.pages,
				    WINVM_PSTATE_ALL ^ WINVM_PSTATE_ARMED, 0);
}

/*
 * Of what is told, take the marks away. Where it ends early pages follow that
 * may be the same; all its other edges lie between pages that differ.
 */
static u32 winvm_arm_told(struct winvm_process *process, u64 vpn, const u64 *addresses, u64 count)
{
	struct winvm_span run = { vpn, (addresses[count - 1] >> PAGE_SHIFT) - vpn + 1 };
	u32 status = winvm_states_prepare(process, run);
	u64 first, next;

	for (first = 0; !status && first < count; first = next) {
		for (next = first + 1; next < count; next++)
			if (addresses[next] != addresses[next - 1] + PAGE_SIZE)
				break;
		run = (struct winvm_span){ addresses[first] >> PAGE_SHIFT, next - first };
		winvm_arm(process, run);
	}
	winvm_states_settle(process);
	return status;
}

/* The caller could not be told: the page counts as written again. */
static void winvm_disarm(struct winvm_process *process, u64 vpn)
{
	struct winvm_span page = { vpn, 1 };

	if (!winvm_watched(process, page) || winvm_states_prepare_free(process, page))
		return;
	if (winvm_pstate_committed(winvm_pstate_get(&process->states, vpn)))
		winvm_pstate_update(&process->states, vpn, 1,
				    WINVM_PSTATE_ALL ^ WINVM_PSTATE_ARMED, 0);
	else
		winvm_pstate_update(&process->states, vpn, 1, WINVM_PSTATE_ALL,
				    WINVM_PSTATE_LATCHED);
}

/* How many addresses there may be by the time that they are taken: some more than now. */
static int winvm_count_written(struct winvm_process *process, struct winvm_span span,
			       struct winvm_write_watch *request, u64 *most)
{
	u64 count;

	if (down_read_killable(&process->call))
		return -EINTR;
	mutex_lock(&process->tree);
	request->status = winvm_watched(process, span) ? STATUS_SUCCESS :
							 STATUS_INVALID_PARAMETER_1;
	mutex_unlock(&process->tree);
	count = winvm_collect_written(process, span, NULL, request->count);
	up_read(&process->call);
	*most = min(request->count, count + count / 4 + 16);
	return 0;
}

/* -EAGAIN when the pages written since then are more than there is room for. */
static int winvm_take_written(struct winvm_process *process, struct winvm_span span,
			      struct winvm_write_watch *request, u64 *addresses, u64 *count)
{
	u64 room = *count;
	int err = 0;

	if (winvm_alone(process))
		return -EINTR;
	request->status = winvm_watched(process, span) ? STATUS_SUCCESS :
							 STATUS_INVALID_PARAMETER_1;
	*count = winvm_collect_written(process, span, addresses, room);
	if (*count == room && room < request->count)
		err = -EAGAIN;
	else if (!request->status && request->flags & WINVM_WATCH_RESET && *count)
		request->status = winvm_arm_told(process, span.vpn, addresses, *count);
	winvm_alone_end(process);
	return err;
}

static int winvm_tell_written(struct winvm_process *process, struct winvm_write_watch *request,
			      const u64 *addresses, u64 count)
{
	u64 __user *user = u64_to_user_ptr(request->addresses);
	u64 index;

	if (!copy_to_user(user, addresses, count * sizeof(*addresses))) {
		request->count = count;
		request->granularity_bytes = PAGE_SIZE;
		return 0;
	}
	if (request->flags & WINVM_WATCH_RESET) {
		if (winvm_alone(process))
			return -EINTR;
		for (index = 0; index < count; index++)
			winvm_disarm(process, addresses[index] >> PAGE_SHIFT);
		winvm_alone_end(process);
	}
	return -EFAULT;
}

/* -EAGAIN when more pages were written meanwhile than could be told. */
static int winvm_get_written(struct winvm_process *process, struct winvm_span span,
			     struct winvm_write_watch *request)
{
	u64 *addresses, count;
	int err;

	err = winvm_count_written(process, span, request, &count);
	if (err || request->status)
		return err;
	addresses = kvmalloc_array(count, sizeof(*addresses), GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!addresses)
		return -ENOMEM;
	err = winvm_take_written(process, span, request, addresses, &count);
	if (!err && !request->status)
		err = winvm_tell_written(process, request, addresses, count);
	kvfree(addresses);
	return err;
}

/*
 * SPEC WW-5, WW-6, WW-7: the lowest pages that fit, and only those are reset.
 * When there is room left no page is missing that was written before the call.
 */
int winvm_get_write_watch(struct winvm_process *process, void *arg)
{
	struct winvm_write_watch *request = arg;
	struct winvm_span span;
	int err;

	request->status = winvm_check_watch(READ_ONCE(process->bounds), request->base,
					    request->bytes, request->count, request->flags,
					    &span);
	if (request->status)
		return 0;
	do {
		err = winvm_get_written(process, span, request);
	} while (err == -EAGAIN);
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
	if (winvm_alone(process))
		return -EINTR;
	request->status = winvm_watched(process, span) ? STATUS_SUCCESS :
							 STATUS_INVALID_PARAMETER_1;
	if (!request->status)
		request->status = winvm_states_prepare(process, span);
	if (!request->status)
		winvm_arm(process, span);
	winvm_states_settle(process);
	winvm_alone_end(process);
	return 0;
}
