/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Page protections: PAGE_* values on the outside, the page state byte on the
 * inside (SPEC 2, DS-6).
 */
#ifndef WINVM_PURE_PROTECT_H
#define WINVM_PURE_PROTECT_H

#include "nt.h"
#include "seam.h"

/*
 * A page state is two bytes. The low four bits are the base protection; 0 means
 * not committed. The values from 9 up are free for backings that come later.
 */
typedef u16 winvm_pstate_t;

enum winvm_base {
	WINVM_BASE_NONE = 0,		/* not committed: reserved, or in no VAD */
	WINVM_BASE_NOACCESS,
	WINVM_BASE_READONLY,
	WINVM_BASE_READWRITE,
	WINVM_BASE_WRITECOPY,
	WINVM_BASE_EXECUTE,
	WINVM_BASE_EXECUTE_READ,
	WINVM_BASE_EXECUTE_READWRITE,
	WINVM_BASE_EXECUTE_WRITECOPY,
};

#define WINVM_PSTATE_BASE	0x000f
#define WINVM_PSTATE_GUARD	0x0010	/* the next access takes the guard away (SPEC GP-1) */
#define WINVM_PSTATE_LOCKED	0x0020	/* VirtualLock holds a reference on the page */
#define WINVM_PSTATE_ARMED	0x0040	/* write watch: not written since commit or reset */
#define WINVM_PSTATE_EXECMAP	0x0080	/* lies in a VMA that has VM_EXEC */
#define WINVM_PSTATE_LATCHED	0x0100	/* write watch: the mark outlives a decommit (SPEC WW-13) */
#define WINVM_PSTATE_OFFERED	0x0200	/* nobody has access until it is reclaimed (SPEC OF-2) */
#define WINVM_PSTATE_RESET	0x0400	/* had contents when it was reset, not written since */
#define WINVM_PSTATE_LOST	0x0800	/* written since, but the contents were gone by then */
#define WINVM_PSTATE_COPIED	0x1000	/* of a view: the page is the process's own (SPEC SE-31) */
#define WINVM_PSTATE_ALL	0x1fff

/* What a query shows, and what splits a run (SPEC VQ-6, VQ-7). */
#define WINVM_PSTATE_VISIBLE	(WINVM_PSTATE_BASE | WINVM_PSTATE_GUARD)

/* What a new protection leaves alone (SPEC VL-13, WW-11). */
#define WINVM_PSTATE_STAYS	(WINVM_PSTATE_ALL ^ WINVM_PSTATE_VISIBLE)

/* A write to such a page must not go on without a fault that sees it. */
#define WINVM_PSTATE_FAULTS	(WINVM_PSTATE_GUARD | WINVM_PSTATE_ARMED | \
				 WINVM_PSTATE_OFFERED | WINVM_PSTATE_RESET | WINVM_PSTATE_COPIED)

/* Attributes of a whole allocation, kept in its VAD (SPEC PR-6). */
#define WINVM_PROTECT_WHOLE	(NT_PAGE_NOCACHE | NT_PAGE_WRITECOMBINE)

enum winvm_access {
	WINVM_READ,
	WINVM_WRITE,
	WINVM_EXECUTE,
};

/* Why an access is refused. */
enum winvm_verdict {
	WINVM_PERMIT,
	WINVM_COPY,		/* a write that makes a copy first (SPEC SE-31) */
	WINVM_REFUSE,		/* access violation */
	WINVM_REFUSE_GUARD,	/* guard page violation */
};

/**
 * winvm_protect_valid() - is this PAGE_* value encodable at all? (SPEC PR-1, PR-4, PR-8, PR-10)
 * @protect: PAGE_* value with modifiers
 */
bool winvm_protect_valid(u32 protect);

/**
 * winvm_protect_private() - may private memory have it? (SPEC PR-2)
 * @protect: a valid PAGE_* value
 */
bool winvm_protect_private(u32 protect);

/**
 * winvm_protect_encode() - base and GUARD of a valid PAGE_* value, as a page state
 * @protect: a valid PAGE_* value
 */
winvm_pstate_t winvm_protect_encode(u32 protect);

/**
 * winvm_protect_decode() - the PAGE_* value a query shows for a committed page
 * @state: page state
 * @whole: the VAD's WINVM_PROTECT_WHOLE bits, shown with every base but
 *	NOACCESS, and not with GUARD (SPEC PR-4, PR-6)
 */
u32 winvm_protect_decode(winvm_pstate_t state, u32 whole);

static inline bool winvm_pstate_committed(winvm_pstate_t state)
{
	return state & WINVM_PSTATE_BASE;
}

/** winvm_pstate_executable() - does the base protection allow instruction fetches? (SPEC PR-9) */
bool winvm_pstate_executable(winvm_pstate_t state);

/** winvm_pstate_writable() - does the base protection allow writes in place? */
bool winvm_pstate_writable(winvm_pstate_t state);

/**
 * winvm_pstate_code() - code that can be run, not written, and has no guard
 *
 * What WriteProcessMemory writes to all the same (SPEC RW-4, RW-5).
 */
bool winvm_pstate_code(winvm_pstate_t state);

/**
 * winvm_pstate_written() - does a page of a watched allocation count as written?
 *
 * Committed and not ARMED, or LATCHED, in whatever state (SPEC WW-5, WW-10, WW-13).
 */
bool winvm_pstate_written(winvm_pstate_t state);

/**
 * winvm_pstate_judge() - may this access go on?
 *
 * Offered pages refuse everything (SPEC OF-2); of the others, guard comes before
 * everything else (SPEC GP-1, GP-9). EXECUTE is readable (SPEC PR-9). Writes to
 * WRITECOPY bases are WINVM_COPY.
 */
enum winvm_verdict winvm_pstate_judge(winvm_pstate_t state, enum winvm_access access);

/**
 * winvm_protect_copying() - what pages of an image get for a PAGE_* value (SPEC VP-17)
 * @protect: a valid PAGE_* value
 *
 * An image is never written in place: the writable bases become those that copy
 * on write.
 */
u32 winvm_protect_copying(u32 protect);

/** winvm_pstate_copies() - does the base protection copy on write? */
bool winvm_pstate_copies(winvm_pstate_t state);

/**
 * winvm_pstate_copied() - the state of a page when it has been copied
 *
 * COPIED, and where the base was WRITECOPY it is READWRITE: once of the
 * process's own a page is never copied again, whatever is asked for (SPEC
 * VQ-11, VP-18).
 */
winvm_pstate_t winvm_pstate_copied(winvm_pstate_t state);

/** winvm_pstate_renewed() - (@state & @keep) | @set, for a copied page as winvm_pstate_copied() */
static inline winvm_pstate_t winvm_pstate_renewed(winvm_pstate_t state, winvm_pstate_t keep,
						  winvm_pstate_t set)
{
	state = (state & keep) | set;
	return unlikely(state & WINVM_PSTATE_COPIED) ? winvm_pstate_copied(state) : state;
}

#endif
