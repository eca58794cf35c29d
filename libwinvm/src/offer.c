// SPDX-License-Identifier: MIT
/* Contents that the system may throw away (SPEC 8.4). */

#include "internal.h"

/* These calls return their error, and leave the last one alone (SPEC OF-1). */
static DWORD winvm_offer_call(unsigned long code, const void *address, SIZE_T bytes, __u32 priority)
{
	struct winvm_offer request = {
		.size = sizeof(request),
		.base = winvm_address(address),
		.bytes = bytes,
		.priority = priority,
	};
	NTSTATUS status = winvm_call(NtCurrentProcess(), code, &request);

	if (status)
		winvm_error_note_status(status);
	return winvm_status_error(status);
}

DWORD WINAPI OfferVirtualMemory(PVOID VirtualAddress, SIZE_T Size, OFFER_PRIORITY Priority)
{
	return winvm_offer_call(WINVM_IOC_OFFER, VirtualAddress, Size, (__u32)Priority);
}

DWORD WINAPI ReclaimVirtualMemory(const void *VirtualAddress, SIZE_T Size)
{
	return winvm_offer_call(WINVM_IOC_RECLAIM, VirtualAddress, Size, 0);
}

DWORD WINAPI DiscardVirtualMemory(PVOID VirtualAddress, SIZE_T Size)
{
	return winvm_offer_call(WINVM_IOC_DISCARD, VirtualAddress, Size, 0);
}
