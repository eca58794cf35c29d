// SPDX-License-Identifier: GPL-2.0
/* Operations on the Nt calls: status, and the in-out parameters as they came back. */
#include <inttypes.h>
#include <stdio.h>
#include <winternl.h>

#include "answer.h"
#include "operation.h"
#include "target.h"

void native_allocate(char **argument)
{
	void *wanted = operation_pointer(argument[1]);
	void *base = wanted;
	SIZE_T bytes = operation_number(argument[3]);
	ULONG type = operation_flags(argument[4]);
	NTSTATUS status = NtAllocateVirtualMemory(target_process(), &base,
						  operation_number(argument[2]), &bytes, type,
						  operation_flags(argument[5]));

	if (!status && ((type & MEM_RESERVE) || !wanted))
		slots_hold(operation_number(argument[0]), (uintptr_t)base);
	answer_status(status, base, bytes);
	printf("\n");
}

void native_free(char **argument)
{
	void *base = operation_pointer(argument[0]);
	SIZE_T bytes = operation_number(argument[1]);
	NTSTATUS status =
		NtFreeVirtualMemory(target_process(), &base, &bytes, operation_flags(argument[2]));

	answer_status(status, base, bytes);
	printf("\n");
}

/* What a failed call leaves in the old protection is nobody's contract (SPEC VP-20). */
void native_protect(char **argument)
{
	void *base = operation_pointer(argument[0]);
	SIZE_T bytes = operation_number(argument[1]);
	ULONG old = 0;
	NTSTATUS status = NtProtectVirtualMemory(target_process(), &base, &bytes,
						 operation_flags(argument[2]), &old);

	answer_status(status, base, bytes);
	printf(" old=%" PRIx32 "\n", status ? 0 : old);
}

typedef NTSTATUS NTAPI lock_call(HANDLE process, PVOID *base, PSIZE_T bytes, ULONG map_type);

static void lock_or_unlock(lock_call *call, char **argument)
{
	void *base = operation_pointer(argument[0]);
	SIZE_T bytes = operation_number(argument[1]);
	NTSTATUS status = call(target_process(), &base, &bytes, operation_flags(argument[2]));

	answer_status(status, base, bytes);
	printf("\n");
}

void native_lock(char **argument)
{
	lock_or_unlock(NtLockVirtualMemory, argument);
}

void native_unlock(char **argument)
{
	lock_or_unlock(NtUnlockVirtualMemory, argument);
}
