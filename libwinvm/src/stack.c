// SPDX-License-Identifier: MIT
/*
 * Stacks: made, given back, and what an overflow leaves (SPEC ST). How they
 * grow is the module's.
 */

#include "internal.h"

#include <winvm.h>

#define WINVM_STACK_PAGE     UINT64_C(0x1000)
#define WINVM_STACK_MEGABYTE UINT64_C(0x100000)

/* What Microsoft's linker writes into the header of an image. */
#define WINVM_STACK_COMMIT  WINVM_STACK_PAGE
#define WINVM_STACK_RESERVE WINVM_STACK_MEGABYTE

/* The guarantee of a thread that asked for none, in pages (SPEC ST-11). */
#define WINVM_STACK_GUARANTEE 2

/* Rounds up; false if there is no such number, or @align is not a power of two. */
static bool winvm_stack_align(uint64_t *bytes, uint64_t align)
{
	uint64_t sum;

	if (!align || align & (align - 1) || __builtin_add_overflow(*bytes, align - 1, &sum))
		return false;
	*bytes = sum & ~(align - 1);
	return true;
}

/* A guard run: the guarantee and a page, in bytes (SPEC ST-2, ST-11). */
static uint64_t winvm_stack_run(uint64_t guarantee)
{
	uint64_t pages = (guarantee + WINVM_STACK_PAGE - 1) / WINVM_STACK_PAGE;

	if (pages < WINVM_STACK_GUARANTEE)
		pages = WINVM_STACK_GUARANTEE;
	return (pages + 1) * WINVM_STACK_PAGE;
}

/* SPEC ST-13 */
static bool winvm_stack_sizes(uint64_t *commit, uint64_t *reserve, uint64_t commit_align,
			      uint64_t reserve_align)
{
	if (!*commit)
		*commit = WINVM_STACK_COMMIT;
	if (!*reserve)
		*reserve = WINVM_STACK_RESERVE;
	if (!winvm_stack_align(commit, commit_align) ||
	    !winvm_stack_align(commit, WINVM_STACK_PAGE))
		return false;
	if (*commit >= *reserve) {
		*reserve = *commit;
		if (!winvm_stack_align(reserve, WINVM_STACK_MEGABYTE))
			return false;
	}
	return winvm_stack_align(reserve, reserve_align) &&
	       winvm_stack_align(reserve, WINVM_STACK_PAGE);
}

static NTSTATUS winvm_stack_commit(uint64_t base, uint64_t bytes, DWORD protect)
{
	struct winvm_allocate request = {
		.base = base,
		.bytes = bytes,
		.type = MEM_COMMIT,
		.protect = protect,
	};

	return winvm_allocate_range(NtCurrentProcess(), &request);
}

/* The committed part at the top, the guard run below it; the lowest page stays reserved. */
static NTSTATUS winvm_stack_furnish(uint64_t base, uint64_t reserve, uint64_t commit)
{
	uint64_t limit = base + reserve - commit;
	uint64_t lowest = base + WINVM_STACK_PAGE;
	uint64_t run = winvm_stack_run(0);
	NTSTATUS status = winvm_stack_commit(limit, commit, PAGE_READWRITE);

	if (status || limit <= lowest)
		return status;
	if (run > limit - lowest)
		run = limit - lowest;
	return winvm_stack_commit(limit - run, run, PAGE_READWRITE | PAGE_GUARD);
}

VOID NTAPI RtlFreeUserStack(PVOID AllocationBase)
{
	struct winvm_free request = {
		.size = sizeof(request),
		.base = winvm_address(AllocationBase),
		.type = MEM_RELEASE,
	};

	winvm_device_call(WINVM_IOC_FREE, &request);
}

NTSTATUS NTAPI RtlCreateUserStack(SIZE_T CommittedStackSize, SIZE_T MaximumStackSize,
				  ULONG_PTR ZeroBits, SIZE_T CommitAlignment,
				  SIZE_T ReserveAlignment, INITIAL_TEB *InitialTeb)
{
	uint64_t commit = CommittedStackSize, reserve = MaximumStackSize;
	struct winvm_allocate request = {
		.zero_bits = ZeroBits,
		.type = MEM_RESERVE,
		.protect = PAGE_READWRITE,
	};
	NTSTATUS status;

	if (!winvm_stack_sizes(&commit, &reserve, CommitAlignment, ReserveAlignment))
		return STATUS_INVALID_PARAMETER;
	request.bytes = reserve;
	status = winvm_allocate_range(NtCurrentProcess(), &request);
	if (status)
		return status;
	status = winvm_stack_furnish(request.base, reserve, commit);
	if (status) {
		RtlFreeUserStack(winvm_pointer(request.base));
		return status;
	}
	*InitialTeb = (INITIAL_TEB){
		.StackBase = winvm_pointer(request.base + reserve),
		.StackLimit = winvm_pointer(request.base + reserve - commit),
		.DeallocationStack = winvm_pointer(request.base),
	};
	return STATUS_SUCCESS;
}

/* A longer guard run, from the end of the stack downwards. */
static NTSTATUS winvm_stack_guarantee(TEB *teb, uint64_t bytes)
{
	uint64_t limit = winvm_address(teb->Tib.StackLimit);
	uint64_t lowest = winvm_address(teb->DeallocationStack) + WINVM_STACK_PAGE;
	uint64_t run = winvm_stack_run(bytes);
	NTSTATUS status;

	if (!winvm_stack_align(&bytes, WINVM_STACK_PAGE) || bytes > UINT32_MAX || limit < lowest ||
	    run > limit - lowest)
		return STATUS_INVALID_PARAMETER;
	status = winvm_stack_commit(limit - run, run, PAGE_READWRITE | PAGE_GUARD);
	if (!status)
		teb->GuaranteedStackBytes = (ULONG)bytes;
	return status;
}

BOOL WINAPI SetThreadStackGuarantee(PULONG StackSizeInBytes)
{
	TEB *teb = NtCurrentTeb();
	ULONG now = teb->GuaranteedStackBytes;
	NTSTATUS status = STATUS_SUCCESS;

	if (*StackSizeInBytes > now)
		status = winvm_stack_guarantee(teb, *StackSizeInBytes);
	if (status)
		return winvm_error_set(status);
	*StackSizeInBytes = now;
	return TRUE;
}

/* The lowest committed region of the stack. */
static bool winvm_stack_lowest(const TEB *teb, MEMORY_BASIC_INFORMATION *region)
{
	char *at = teb->DeallocationStack;

	for (; at < (char *)teb->Tib.StackBase; at += region->RegionSize) {
		if (winvm_query_region(NtCurrentProcess(), at, region))
			return false;
		if (region->State == MEM_COMMIT)
			return true;
	}
	return false;
}

int _resetstkoflw(void)
{
	const TEB *teb = NtCurrentTeb();
	uint64_t here = winvm_address(__builtin_frame_address(0)) & ~(WINVM_STACK_PAGE - 1);
	uint64_t lowest = winvm_address(teb->DeallocationStack) + WINVM_STACK_PAGE;
	uint64_t run = winvm_stack_run(teb->GuaranteedStackBytes), guard;
	MEMORY_BASIC_INFORMATION region;

	if (here < lowest || here >= winvm_address(teb->Tib.StackBase) ||
	    !winvm_stack_lowest(teb, &region))
		return 0;
	if (region.Protect & PAGE_GUARD)
		return 1;
	guard = winvm_address(region.BaseAddress);
	if (guard < lowest)
		guard = lowest;
	if (guard >= here || run > here - guard)
		return 0;
	return !winvm_stack_commit(guard, run, PAGE_READWRITE | PAGE_GUARD);
}
