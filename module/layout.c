// SPDX-License-Identifier: GPL-2.0
/* The layout of an address space, chosen while nothing is allocated in it. */

#include "winvm.h"

static bool winvm_layout_change(struct winvm_process *process, const struct winvm_bounds *bounds)
{
	if (process->vads.count)
		return false;
	winvm_arena_zone(&process->arena, bounds);
	WRITE_ONCE(process->bounds, bounds);
	return true;
}

/* What the arena has mapped outside the new bounds stays, and is used no more. */
u32 winvm_choose_layout(struct winvm_process *process, void *arg)
{
	struct winvm_layout *request = arg;
	const struct winvm_bounds *bounds = winvm_layout_bounds(request->layout);

	BUILD_BUG_ON((int)WINVM_LAYOUT_KIND_64BIT != WINVM_LAYOUT_64BIT);
	BUILD_BUG_ON((int)WINVM_LAYOUT_KIND_2GB != WINVM_LAYOUT_2GB);
	if (!bounds)
		return STATUS_INVALID_PARAMETER;
	if (bounds != process->bounds && !winvm_layout_change(process, bounds))
		return STATUS_CONFLICTING_ADDRESSES;
	return STATUS_SUCCESS;
}
