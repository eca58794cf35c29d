// SPDX-License-Identifier: GPL-2.0
/* Page protections: validity, page states, and what each permits. */
#include "protect.h"

#define WINVM_PROTECT_BASES	0xffU	/* the eight base protections, a bit each */
#define WINVM_PROTECT_MODIFIERS	(NT_PAGE_GUARD | NT_PAGE_NOCACHE | NT_PAGE_WRITECOMBINE)

#define WINVM_PROTECT_EXECUTABLE \
	(NT_PAGE_EXECUTE | NT_PAGE_EXECUTE_READ | NT_PAGE_EXECUTE_READWRITE | \
	 NT_PAGE_EXECUTE_WRITECOPY)
#define WINVM_PROTECT_WRITABLE	(NT_PAGE_READWRITE | NT_PAGE_EXECUTE_READWRITE)
#define WINVM_PROTECT_COPYING	(NT_PAGE_WRITECOPY | NT_PAGE_EXECUTE_WRITECOPY)

/* The base protections that permit an access (SPEC PR-9). */
static const u32 winvm_permitted_by[] = {
	[WINVM_READ] = WINVM_PROTECT_BASES & ~NT_PAGE_NOACCESS,
	[WINVM_WRITE] = WINVM_PROTECT_WRITABLE,
	[WINVM_EXECUTE] = WINVM_PROTECT_EXECUTABLE,
};

static bool winvm_at_most_one_bit(u32 bits)
{
	return !(bits & (bits - 1));
}

bool winvm_protect_valid(u32 protect)
{
	u32 base = protect & WINVM_PROTECT_BASES;
	u32 modifiers = protect & WINVM_PROTECT_MODIFIERS;
	u32 targets = protect & NT_PAGE_TARGETS_INVALID;

	if (protect & ~(WINVM_PROTECT_BASES | WINVM_PROTECT_MODIFIERS | NT_PAGE_TARGETS_INVALID))
		return false;
	if (!base || !winvm_at_most_one_bit(base) || !winvm_at_most_one_bit(modifiers))
		return false;
	if (modifiers && base == NT_PAGE_NOACCESS)
		return false;
	return !targets || (base & WINVM_PROTECT_EXECUTABLE);
}

bool winvm_protect_private(u32 protect)
{
	return !(protect & WINVM_PROTECT_COPYING);
}

/* Each base that copies on write is the next bit of the one that is writable. */
u32 winvm_protect_copying(u32 protect)
{
	return protect + (protect & WINVM_PROTECT_WRITABLE);
}

/* enum winvm_base counts the bits of PAGE_* from 1. */
winvm_pstate_t winvm_protect_encode(u32 protect)
{
	winvm_pstate_t state = __builtin_ffs((int)(protect & WINVM_PROTECT_BASES));

	if (protect & NT_PAGE_GUARD)
		state |= WINVM_PSTATE_GUARD;
	return state;
}

/* The PAGE_* bit of the state's base; 0 when not committed or of no known base. */
static u32 winvm_pstate_page(winvm_pstate_t state)
{
	u32 base = state & WINVM_PSTATE_BASE;

	return base ? (1U << (base - 1)) & WINVM_PROTECT_BASES : 0;
}

u32 winvm_protect_decode(winvm_pstate_t state, u32 whole)
{
	u32 page = winvm_pstate_page(state);

	if (!page || page == NT_PAGE_NOACCESS)
		return page;
	if (state & WINVM_PSTATE_GUARD)
		return page | NT_PAGE_GUARD;
	return page | (whole & WINVM_PROTECT_WHOLE);
}

bool winvm_pstate_executable(winvm_pstate_t state)
{
	return winvm_pstate_page(state) & WINVM_PROTECT_EXECUTABLE;
}

bool winvm_pstate_writable(winvm_pstate_t state)
{
	return winvm_pstate_page(state) & WINVM_PROTECT_WRITABLE;
}

bool winvm_pstate_copies(winvm_pstate_t state)
{
	return winvm_pstate_page(state) & WINVM_PROTECT_COPYING;
}

bool winvm_pstate_code(winvm_pstate_t state)
{
	return winvm_pstate_executable(state) && !winvm_pstate_writable(state) &&
	       !winvm_pstate_copies(state) &&
	       !(state & (WINVM_PSTATE_GUARD | WINVM_PSTATE_OFFERED));
}

bool winvm_pstate_written(winvm_pstate_t state)
{
	if (state & WINVM_PSTATE_LATCHED)
		return true;
	return winvm_pstate_committed(state) && !(state & WINVM_PSTATE_ARMED);
}

enum winvm_verdict winvm_pstate_judge(winvm_pstate_t state, enum winvm_access access)
{
	if (!winvm_pstate_committed(state) || state & WINVM_PSTATE_OFFERED)
		return WINVM_REFUSE;
	if (state & WINVM_PSTATE_GUARD)
		return WINVM_REFUSE_GUARD;
	if (access == WINVM_WRITE && winvm_pstate_copies(state))
		return WINVM_COPY;
	return winvm_pstate_page(state) & winvm_permitted_by[access] ? WINVM_PERMIT : WINVM_REFUSE;
}

winvm_pstate_t winvm_pstate_copied(winvm_pstate_t state)
{
	/* Each WRITECOPY base comes after the base that it becomes. */
	return (winvm_pstate_copies(state) ? state - 1 : state) | WINVM_PSTATE_COPIED;
}
