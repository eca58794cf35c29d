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

/* Pages that were written, one after the other, as a word: the first, and how many. */
#define WINVM_RUN_BITS	(64 - WINVM_PSTATE_VPN_BITS)
#define WINVM_RUN_MOST	((1ULL << WINVM_RUN_BITS) - 1)

#define WINVM_TOLD_AT_ONCE	512	/* addresses */

/**
 * struct winvm_written - pages that were written
 * @runs: array with room for @room runs, the lowest first; NULL: they are only counted
 * @room: how many runs may be found
 * @count: how many were
 * @pages: in them
 */
struct winvm_written {
	u64 *runs;
	u64 room;
	u64 count;
	u64 pages;
};

static struct winvm_span winvm_written_run(const struct winvm_written *written, u64 index)
{
	u64 run = written->runs[index];

	return (struct winvm_span){ run >> WINVM_RUN_BITS, run & WINVM_RUN_MOST };
}

/*
 * First pages written at or after @span.vpn that are alike; none if there is none.
 * Faults mark pages meanwhile: none that was marked before is passed over, and
 * only calls take marks away.
 */
static struct winvm_span winvm_next_written(struct winvm_process *process, struct winvm_span span)
{
	u64 vpn = span.vpn, end = span.vpn + span.pages;

	while (vpn < end) {
		winvm_pstate_t state = winvm_pstate_get(&process->states, vpn);
		u64 run = winvm_pstate_same(&process->states, vpn, end - vpn, WINVM_WRITTEN_MASK,
					    state & WINVM_WRITTEN_MASK);

		if (winvm_pstate_written(state))
			return (struct winvm_span){ vpn, max(run, 1ULL) };
		vpn += run;
	}
	return (struct winvm_span){ end, 0 };
}

/* The lowest of a span, at most @most pages. */
static void winvm_collect_written(struct winvm_process *process, struct winvm_span span,
				  u64 most, struct winvm_written *written)
{
	u64 end = span.vpn + span.pages;
	struct winvm_span run;

	written->count = 0;
	written->pages = 0;
	while (written->count < written->room && written->pages < most) {
		run = winvm_next_written(process, span);
		if (!run.pages)
			break;
		run.pages = min3(run.pages, most - written->pages, WINVM_RUN_MOST);
		if (written->runs)
			written->runs[written->count] = run.vpn << WINVM_RUN_BITS | run.pages;
		written->count++;
		written->pages += run.pages;
		span.vpn = run.vpn + run.pages;
		span.pages = end - span.vpn;
		cond_resched();
	}
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
static u32 winvm_arm_told(struct winvm_process *process, u64 vpn,
			  const struct winvm_written *written)
{
	struct winvm_span run = winvm_written_run(written, written->count - 1);
	u32 status;
	u64 i;

	status = winvm_states_prepare(process, (struct winvm_span){
		vpn, run.vpn + run.pages - vpn });
	for (i = 0; !status && i < written->count; i++)
		winvm_arm(process, winvm_written_run(written, i));
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

/* How many runs there may be by the time that they are taken: some more than now. */
static int winvm_count_written(struct winvm_process *process, struct winvm_span span,
			       struct winvm_write_watch *request, u64 *most)
{
	struct winvm_written written = { .room = U64_MAX };

	if (down_read_killable(&process->call))
		return -EINTR;
	mutex_lock(&process->tree);
	request->status = winvm_watched(process, span) ? STATUS_SUCCESS :
							 STATUS_INVALID_PARAMETER_1;
	mutex_unlock(&process->tree);
	winvm_collect_written(process, span, request->count, &written);
	up_read(&process->call);
	*most = min(request->count, written.count + written.count / 4 + 16);
	return 0;
}

/* -EAGAIN when the runs written since then are more than there is room for. */
static int winvm_take_written(struct winvm_process *process, struct winvm_span span,
			      struct winvm_write_watch *request, struct winvm_written *written)
{
	int err = 0;

	if (winvm_alone(process))
		return -EINTR;
	request->status = winvm_watched(process, span) ? STATUS_SUCCESS :
							 STATUS_INVALID_PARAMETER_1;
	winvm_collect_written(process, span, request->count, written);
	if (written->count == written->room && written->pages < request->count)
		err = -EAGAIN;
	else if (!request->status && request->flags & WINVM_WATCH_RESET && written->count)
		request->status = winvm_arm_told(process, span.vpn, written);
	winvm_alone_end(process);
	return err;
}

static int winvm_tell_addresses(u64 __user *user, struct winvm_span span)
{
	u64 address = span.vpn << PAGE_SHIFT, i;

	if (!user_write_access_begin(user, span.pages * sizeof(*user)))
		return -EFAULT;
	for (i = 0; i < span.pages; i++)
		unsafe_put_user(address + (i << PAGE_SHIFT), &user[i], fault);
	user_write_access_end();
	return 0;
fault:
	user_write_access_end();
	return -EFAULT;
}

/* In pieces, between which others may run. */
static int winvm_tell_run(u64 __user *user, struct winvm_span run)
{
	struct winvm_span piece;
	int err = 0;

	while (!err && run.pages) {
		piece = (struct winvm_span){ run.vpn, min_t(u64, run.pages, WINVM_TOLD_AT_ONCE) };
		err = winvm_tell_addresses(user, piece);
		user += piece.pages;
		run.vpn += piece.pages;
		run.pages -= piece.pages;
		cond_resched();
	}
	return err;
}

static int winvm_disarm_all(struct winvm_process *process, const struct winvm_written *written)
{
	struct winvm_span run;
	u64 i, page;

	if (winvm_alone(process))
		return -EINTR;
	for (i = 0; i < written->count; i++) {
		run = winvm_written_run(written, i);
		for (page = 0; page < run.pages; page++)
			winvm_disarm(process, run.vpn + page);
	}
	winvm_alone_end(process);
	return 0;
}

static int winvm_tell_written(struct winvm_process *process, struct winvm_write_watch *request,
			      const struct winvm_written *written)
{
	u64 __user *user = u64_to_user_ptr(request->addresses);
	struct winvm_span run;
	int err = 0;
	u64 i;

	for (i = 0; !err && i < written->count; i++) {
		run = winvm_written_run(written, i);
		err = winvm_tell_run(user, run);
		user += run.pages;
	}
	if (!err) {
		request->count = written->pages;
		request->granularity_bytes = PAGE_SIZE;
	} else if (request->flags & WINVM_WATCH_RESET && winvm_disarm_all(process, written)) {
		err = -EINTR;
	}
	return err;
}

/* -EAGAIN when more pages were written meanwhile than could be told. */
static int winvm_get_written(struct winvm_process *process, struct winvm_span span,
			     struct winvm_write_watch *request)
{
	struct winvm_written written = { };
	int err;

	err = winvm_count_written(process, span, request, &written.room);
	if (err || request->status)
		return err;
	written.runs = kvmalloc_array(written.room, sizeof(*written.runs),
				      GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!written.runs)
		return -ENOMEM;
	err = winvm_take_written(process, span, request, &written);
	if (!err && !request->status)
		err = winvm_tell_written(process, request, &written);
	kvfree(written.runs);
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
