/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Placeholders: reserved addresses that can be split and put together again,
 * and whose place an allocation can take without a moment in which they are
 * free (SPEC 4.2). Everything here is about VADs; no page is touched, and
 * nothing allocated: what needs VADs more gets them from the caller.
 *
 * A placeholder is a VAD with WINVM_VAD_PLACEHOLDER and no committed page.
 * What has replaced one has WINVM_VAD_REPLACED instead.
 */
#ifndef WINVM_PURE_PLACEHOLDER_H
#define WINVM_PURE_PLACEHOLDER_H

#include "check.h"
#include "vad.h"

static inline bool winvm_placeholder(const struct winvm_vad *vad)
{
	return vad->flags & WINVM_VAD_PLACEHOLDER;
}

/** winvm_placeholder_exact() - the placeholder of exactly these pages, or NULL (SPEC PH-5) */
struct winvm_vad *winvm_placeholder_exact(const struct winvm_vad_tree *tree,
					  struct winvm_span span);

/** winvm_placeholder_become() - a VAD without committed pages is one from now on */
void winvm_placeholder_become(struct winvm_vad *vad);

/**
 * winvm_placeholder_check_preserve() - may these pages become a placeholder of their own?
 * @span: within @vad
 *
 * A part of a placeholder may (SPEC PH-9), all of it is one already (SPEC
 * PH-10), and of what replaced one a part or all may (SPEC PH-7, PH-8).
 *
 * Return: STATUS_SUCCESS or STATUS_CONFLICTING_ADDRESSES.
 */
u32 winvm_placeholder_check_preserve(const struct winvm_vad *vad, struct winvm_span span);

/** winvm_vad_pieces() - VADs that carving @span out of @vad adds: 0, 1 or 2 */
unsigned int winvm_vad_pieces(const struct winvm_vad *vad, struct winvm_span span);

/**
 * winvm_vad_carve() - let pages of a VAD be a VAD of their own
 * @span: within @vad; none of its pages is committed
 * @pieces: as many new VADs as winvm_vad_pieces() says; they take over what
 *	@vad is and how it is protected
 *
 * All the committed pages stay counted in @vad, also where they are in
 * @pieces[1], which lies behind @span, by now: the caller knows which.
 *
 * Return: the VAD of @span.
 */
struct winvm_vad *winvm_vad_carve(struct winvm_vad_tree *tree, struct winvm_vad *vad,
				  struct winvm_span span, struct winvm_vad *const *pieces);

/**
 * winvm_placeholder_check_coalesce() - are these pages two or more whole placeholders, all
 * adjacent (SPEC PH-13)?
 * @first: out: the first of them
 *
 * Visits all of them. May sleep.
 *
 * Return: STATUS_SUCCESS, STATUS_MEMORY_NOT_ALLOCATED if nothing is at the
 * start (SPEC VF-6), or STATUS_CONFLICTING_ADDRESSES.
 */
u32 winvm_placeholder_check_coalesce(const struct winvm_vad_tree *tree, struct winvm_span span,
				     struct winvm_vad **first);

/**
 * winvm_placeholder_absorb() - give a placeholder the pages of the adjacent next one
 * Return: that one, which is no longer in the tree.
 */
struct winvm_vad *winvm_placeholder_absorb(struct winvm_vad_tree *tree, struct winvm_vad *vad);

#endif
