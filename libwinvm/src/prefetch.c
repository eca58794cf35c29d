// SPDX-License-Identifier: MIT
/* Memory that is wanted soon (SPEC 8.4). */

#include "internal.h"

WINVM_STATIC_ASSERT(sizeof(MEMORY_RANGE_ENTRY) == sizeof(struct winvm_range),
		    "the entries pass through");

/* SPEC PF-2, PF-3 come before the handle; the module looks at the entries. */
static NTSTATUS winvm_prefetch(HANDLE process, uint64_t count, const void *ranges, ULONG flags)
{
	struct winvm_prefetch request = {
		.size = sizeof(request),
		.ranges = winvm_address(ranges),
		.count = count,
		.flags = flags,
	};

	if (!count)
		return STATUS_INVALID_PARAMETER_3;
	if (!ranges)
		return STATUS_ACCESS_VIOLATION;
	return winvm_call(process, WINVM_IOC_PREFETCH, &request);
}

/* SPEC PF-5. */
NTSTATUS NTAPI NtSetInformationVirtualMemory(HANDLE ProcessHandle,
					     VIRTUAL_MEMORY_INFORMATION_CLASS VmInformationClass,
					     ULONG_PTR NumberOfEntries,
					     PMEMORY_RANGE_ENTRY VirtualAddresses,
					     PVOID VmInformation, ULONG VmInformationLength)
{
	NTSTATUS status;
	ULONG flags;

	if (VmInformationClass != VmPrefetchInformation)
		return STATUS_INVALID_PARAMETER_2;
	if (!VmInformation)
		return STATUS_INVALID_PARAMETER_5;
	if (VmInformationLength != sizeof(flags))
		return STATUS_INVALID_PARAMETER_6;
	status = winvm_user_copy(&flags, VmInformation, sizeof(flags));
	if (status)
		return status;
	return winvm_prefetch(ProcessHandle, NumberOfEntries, VirtualAddresses, flags);
}

BOOL WINAPI PrefetchVirtualMemory(HANDLE hProcess, ULONG_PTR NumberOfEntries,
				  PWIN32_MEMORY_RANGE_ENTRY VirtualAddresses, ULONG Flags)
{
	NTSTATUS status = winvm_prefetch(hProcess, NumberOfEntries, VirtualAddresses, Flags);

	return NT_SUCCESS(status) ? TRUE : winvm_error_set(status);
}
