// SPDX-License-Identifier: GPL-2.0
/* Placeholders: split, coalesce, replace, return to one. */
#include "placeholder.h"

static bool winvm_vad_is(const struct winvm_vad *vad, struct winvm_span span)
{
	return vad->start_vpn == span.vpn && vad->end_vpn == winvm_span_last(span);
}

struct winvm_vad *winvm_placeholder_exact(const struct winvm_vad_tree *tree,
					  struct winvm_span span)
{
	struct winvm_vad *vad = winvm_vad_find(tree, span.vpn);

	return vad && winvm_placeholder(vad) && winvm_vad_is(vad, span) ? vad : NULL;
}

/* SPEC PH-2: nothing is left of what it was. */
void winvm_placeholder_become(struct winvm_vad *vad)
{
	vad->kind = WINVM_VAD_PRIVATE;
	vad->flags = WINVM_VAD_PLACEHOLDER;
	vad->protect = NT_PAGE_NOACCESS;
	vad->node = 0;
}

u32 winvm_placeholder_check_preserve(const struct winvm_vad *vad, struct winvm_span span)
{
	if (vad->flags & WINVM_VAD_REPLACED)
		return STATUS_SUCCESS;
	if (winvm_placeholder(vad) && !winvm_vad_is(vad, span))
		return STATUS_SUCCESS;
	return STATUS_CONFLICTING_ADDRESSES;
}

unsigned int winvm_vad_pieces(const struct winvm_vad *vad, struct winvm_span span)
{
	return (span.vpn > vad->start_vpn) + (winvm_span_last(span) < vad->end_vpn);
}

static void winvm_vad_describe_piece(struct winvm_vad *piece, const struct winvm_vad *vad,
				     u64 start_vpn, u64 end_vpn)
{
	piece->start_vpn = start_vpn;
	piece->end_vpn = end_vpn;
	piece->protect = vad->protect;
	piece->node = vad->node;
	piece->kind = vad->kind;
	piece->flags = vad->flags;
}

/* The old VAD keeps its head if it has one, else its tail. */
struct winvm_vad *winvm_vad_carve(struct winvm_vad_tree *tree, struct winvm_vad *vad,
				  struct winvm_span span, struct winvm_vad *const *pieces)
{
	bool head = span.vpn > vad->start_vpn;
	u64 last = winvm_span_last(span), end = vad->end_vpn;

	if (!winvm_vad_pieces(vad, span))
		return vad;
	winvm_vad_describe_piece(pieces[0], vad, span.vpn, last);
	if (head)
		winvm_vad_trim(tree, vad, vad->start_vpn, span.vpn - 1);
	else
		winvm_vad_trim(tree, vad, last + 1, end);
	WARN_ON_ONCE(!winvm_vad_insert(tree, pieces[0]));
	if (head && last < end) {
		winvm_vad_describe_piece(pieces[1], vad, last + 1, end);
		WARN_ON_ONCE(!winvm_vad_insert(tree, pieces[1]));
	}
	return pieces[0];
}

u32 winvm_placeholder_check_coalesce(const struct winvm_vad_tree *tree, struct winvm_span span,
				     struct winvm_vad **first)
{
	struct winvm_vad *vad = winvm_vad_find(tree, span.vpn);
	u64 at = span.vpn, last = winvm_span_last(span);

	*first = vad;
	if (!vad)
		return STATUS_MEMORY_NOT_ALLOCATED;
	if (vad->end_vpn == last)
		return STATUS_CONFLICTING_ADDRESSES;
	for (; vad && at <= last && vad->start_vpn == at && winvm_placeholder(vad);
	     vad = winvm_vad_next(vad)) {
		if (vad->end_vpn == last)
			return STATUS_SUCCESS;
		at = vad->end_vpn + 1;
		cond_resched();
	}
	return STATUS_CONFLICTING_ADDRESSES;
}

struct winvm_vad *winvm_placeholder_absorb(struct winvm_vad_tree *tree, struct winvm_vad *vad)
{
	struct winvm_vad *next = winvm_vad_next(vad);

	winvm_vad_remove(tree, next);
	winvm_vad_trim(tree, vad, vad->start_vpn, next->end_vpn);
	return next;
}
