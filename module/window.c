// SPDX-License-Identifier: GPL-2.0
/* The sorted list of address ranges that an arena's VMAs cover. */

#include <linux/kernel.h>
#include <linux/slab.h>

#include "winvm.h"

#define WINVM_WINDOWS_MOST	65536U

/* Index of the first window that ends at or after @vpn; windows->count if there is none. */
static unsigned int winvm_windows_search(const struct winvm_windows *windows, u64 vpn)
{
	unsigned int low = 0, high = windows->count;

	while (low < high) {
		unsigned int mid = low + (high - low) / 2;

		if (windows->at[mid].highest_vpn < vpn)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/*
 * winvm_windows_reserve() - make room, so that one add or cut cannot fail
 *
 * Return: 0, -ENOMEM, or -ENOSPC when there are too many.
 */
int winvm_windows_reserve(struct winvm_windows *windows)
{
	unsigned int room = max(16U, windows->room * 2);
	struct winvm_window *at;

	if (windows->count < windows->room)
		return 0;
	if (windows->room >= WINVM_WINDOWS_MOST)
		return -ENOSPC;
	at = kvmalloc_array(room, sizeof(*at), GFP_KERNEL_ACCOUNT);
	if (!at)
		return -ENOMEM;
	if (windows->count)
		memcpy(at, windows->at, windows->count * sizeof(*at));
	kvfree(windows->at);
	windows->at = at;
	windows->room = room;
	return 0;
}

static void winvm_windows_delete(struct winvm_windows *windows, unsigned int index)
{
	windows->count--;
	memmove(&windows->at[index], &windows->at[index + 1],
		(windows->count - index) * sizeof(*windows->at));
}

static void winvm_windows_insert(struct winvm_windows *windows, unsigned int index,
				 struct winvm_window window)
{
	memmove(&windows->at[index + 1], &windows->at[index],
		(windows->count - index) * sizeof(*windows->at));
	windows->at[index] = window;
	windows->count++;
}

/*
 * Add a range; windows that it overlaps or touches grow together with it. An
 * overlap comes about when others unmapped a piece and we map it again before
 * anybody has noticed (mend.c). Room is reserved.
 */
void winvm_windows_add(struct winvm_windows *windows, struct winvm_window window)
{
	unsigned int index = winvm_windows_search(windows, window.lowest_vpn - 1);

	while (index < windows->count &&
	       windows->at[index].lowest_vpn <= window.highest_vpn + 1) {
		window.lowest_vpn = min(window.lowest_vpn, windows->at[index].lowest_vpn);
		window.highest_vpn = max(window.highest_vpn, windows->at[index].highest_vpn);
		winvm_windows_delete(windows, index);
	}
	winvm_windows_insert(windows, index, window);
}

/* Take a range out, wherever windows overlap it. May need room for one more. */
int winvm_windows_cut(struct winvm_windows *windows, struct winvm_window cut)
{
	unsigned int index = winvm_windows_search(windows, cut.lowest_vpn);
	int err = winvm_windows_reserve(windows);

	if (err)
		return err;
	while (index < windows->count && windows->at[index].lowest_vpn <= cut.highest_vpn) {
		struct winvm_window old = windows->at[index];

		winvm_windows_delete(windows, index);
		if (old.lowest_vpn < cut.lowest_vpn)
			winvm_windows_insert(windows, index++, (struct winvm_window){
					     old.lowest_vpn, cut.lowest_vpn - 1 });
		if (old.highest_vpn > cut.highest_vpn)
			winvm_windows_insert(windows, index++, (struct winvm_window){
					     cut.highest_vpn + 1, old.highest_vpn });
	}
	return 0;
}

/* Does one window hold the whole span? Windows are never adjacent, so one must. */
bool winvm_windows_cover(const struct winvm_windows *windows, struct winvm_span span)
{
	unsigned int index = winvm_windows_search(windows, span.vpn);

	return index < windows->count && windows->at[index].lowest_vpn <= span.vpn &&
	       windows->at[index].highest_vpn >= winvm_span_last(span);
}

/* The first part of a span that no window holds. */
bool winvm_windows_missing(const struct winvm_windows *windows, struct winvm_span span,
			   struct winvm_window *missing)
{
	unsigned int index = winvm_windows_search(windows, span.vpn);
	u64 first = span.vpn, last = winvm_span_last(span);

	if (index < windows->count && windows->at[index].lowest_vpn <= first)
		first = windows->at[index++].highest_vpn + 1;
	if (first > last)
		return false;
	if (index < windows->count)
		last = min(last, windows->at[index].lowest_vpn - 1);
	*missing = (struct winvm_window){ first, last };
	return true;
}

static u64 winvm_window_gap(const struct winvm_window *window, const struct winvm_vad_tree *vads,
			    const struct winvm_gap *want, bool top_down)
{
	struct winvm_gap inside = *want;

	inside.lowest_vpn = max(want->lowest_vpn, window->lowest_vpn);
	inside.highest_vpn = min(want->highest_vpn, window->highest_vpn);
	if (inside.lowest_vpn > inside.highest_vpn)
		return WINVM_NO_GAP;
	return top_down ? winvm_vad_gap_highest(vads, &inside) :
			  winvm_vad_gap_lowest(vads, &inside);
}

/* The lowest or the highest hole between VADs in any window; WINVM_NO_GAP if none. */
u64 winvm_windows_gap(const struct winvm_windows *windows, const struct winvm_vad_tree *vads,
		      const struct winvm_gap *want, bool top_down)
{
	unsigned int first = winvm_windows_search(windows, want->lowest_vpn);
	unsigned int step;

	for (step = first; step < windows->count; step++) {
		unsigned int index = top_down ? windows->count - 1 - (step - first) : step;
		u64 vpn = winvm_window_gap(&windows->at[index], vads, want, top_down);

		if (vpn != WINVM_NO_GAP)
			return vpn;
	}
	return WINVM_NO_GAP;
}
