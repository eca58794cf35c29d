// SPDX-License-Identifier: MIT
/* Changing protection (SPEC 6). */

#include "internal.h"

/*
 * A pointer or handle was bad, but the protection is checked before both, and
 * the range before handles (SPEC VP-1 to VP-4). The module checks them in a
 * call that ends at its size of 0.
 */
static NTSTATUS winvm_protect_refuse(const struct winvm_protect *wanted, NTSTATUS status)
{
	struct winvm_protect request = {
		.size = sizeof(request),
		.base = wanted->base,
		.protect = wanted->protect,
	};
	NTSTATUS argument = winvm_device_call(WINVM_IOC_PROTECT, &request);

	if (argument == STATUS_INVALID_PAGE_PROTECTION)
		return argument;
	if (!winvm_status_is_handle(status) || !winvm_status_is_argument(argument))
		return status;
	return argument == STATUS_INVALID_PARAMETER_3 && wanted->bytes ? status : argument;
}

NTSTATUS winvm_protect_range(HANDLE process, struct winvm_protect *request)
{
	NTSTATUS status;

	request->size = sizeof(*request);
	status = winvm_call(process, WINVM_IOC_PROTECT, request);
	if (!status && process == NtCurrentProcess() && request->protect & PAGE_GUARD)
		winvm_teb_guarded(request->base, request->bytes);
	return winvm_status_is_handle(status) ? winvm_protect_refuse(request, status) : status;
}

/* The result's place is looked at first, for the call cannot be undone (SPEC VP-2). */
static NTSTATUS winvm_protect_call(HANDLE process, struct winvm_protect *request,
				   uint32_t *old_protect)
{
	NTSTATUS status = winvm_user_probe32(old_protect);

	if (status)
		return winvm_protect_refuse(request, status);
	status = winvm_protect_range(process, request);
	if (NT_SUCCESS(status))
		winvm_user_put32(old_protect, request->old_protect);
	return status;
}

NTSTATUS NTAPI NtProtectVirtualMemory(HANDLE ProcessHandle, PVOID *BaseAddress, PSIZE_T RegionSize,
				      ULONG NewProtect, PULONG OldProtect)
{
	struct winvm_protect request = { .protect = NewProtect };
	uint64_t base, bytes;
	NTSTATUS status = winvm_range_get(BaseAddress, RegionSize, &base, &bytes);

	if (status)
		return winvm_protect_refuse(&request, status);
	request.base = base;
	request.bytes = bytes;
	status = winvm_protect_call(ProcessHandle, &request, OldProtect);
	if (NT_SUCCESS(status))
		winvm_range_put(BaseAddress, RegionSize, request.base, request.bytes);
	return status;
}

BOOL WINAPI VirtualProtectEx(HANDLE hProcess, LPVOID lpAddress, SIZE_T dwSize, DWORD flNewProtect,
			     PDWORD lpflOldProtect)
{
	struct winvm_protect request = {
		.base = winvm_address(lpAddress),
		.bytes = dwSize,
		.protect = flNewProtect,
	};
	NTSTATUS status = winvm_protect_call(hProcess, &request, lpflOldProtect);

	return NT_SUCCESS(status) ? TRUE : winvm_error_set(status);
}

BOOL WINAPI VirtualProtect(LPVOID lpAddress, SIZE_T dwSize, DWORD flNewProtect,
			   PDWORD lpflOldProtect)
{
	return VirtualProtectEx(NtCurrentProcess(), lpAddress, dwSize, flNewProtect,
				lpflOldProtect);
}
