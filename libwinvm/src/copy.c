// SPDX-License-Identifier: MIT
/* Copying between processes (SPEC 13). */

#include "internal.h"

static NTSTATUS winvm_copy(HANDLE process, const void *address, const void *buffer, SIZE_T *bytes,
			   uint32_t flags)
{
	struct winvm_copy request = {
		.size = sizeof(request),
		.address = winvm_address(address),
		.buffer = winvm_address(buffer),
		.bytes = *bytes,
		.flags = flags,
	};
	NTSTATUS status = winvm_call(process, WINVM_IOC_COPY, &request);

	*bytes = NT_SUCCESS(status) || status == STATUS_PARTIAL_COPY ? request.bytes : 0;
	return status;
}

/*
 * The count's place is looked at first: what has been written cannot be taken
 * back. It stays as it is where the range is no user memory.
 */
static NTSTATUS winvm_copy_nt(HANDLE process, const void *address, const void *buffer, SIZE_T bytes,
			      PSIZE_T count, uint32_t flags)
{
	uint64_t ignored;
	NTSTATUS status = count ? winvm_user_get64(count, &ignored) : STATUS_SUCCESS;

	if (status)
		return status;
	status = winvm_copy(process, address, buffer, &bytes, flags);
	if (count && status != STATUS_ACCESS_VIOLATION)
		winvm_user_put64(count, bytes);
	return status;
}

/* *@count is told unless nothing was attempted (SPEC RW-2, RW-4). */
static BOOL winvm_copy_win32(HANDLE process, const void *address, const void *buffer, SIZE_T bytes,
			     SIZE_T *count, uint32_t flags)
{
	NTSTATUS status = winvm_copy(process, address, buffer, &bytes, flags);

	if (count && (NT_SUCCESS(status) || status == STATUS_PARTIAL_COPY))
		*count = bytes;
	return NT_SUCCESS(status) ? TRUE : winvm_error_set(status);
}

NTSTATUS NTAPI NtReadVirtualMemory(HANDLE ProcessHandle, PVOID BaseAddress, PVOID Buffer,
				   SIZE_T BufferSize, PSIZE_T NumberOfBytesRead)
{
	return winvm_copy_nt(ProcessHandle, BaseAddress, Buffer, BufferSize, NumberOfBytesRead, 0);
}

NTSTATUS NTAPI NtWriteVirtualMemory(HANDLE ProcessHandle, PVOID BaseAddress, PVOID Buffer,
				    SIZE_T BufferSize, PSIZE_T NumberOfBytesWritten)
{
	return winvm_copy_nt(ProcessHandle, BaseAddress, Buffer, BufferSize, NumberOfBytesWritten,
			     WINVM_COPY_WRITE);
}

BOOL WINAPI ReadProcessMemory(HANDLE hProcess, LPCVOID lpBaseAddress, LPVOID lpBuffer, SIZE_T nSize,
			      SIZE_T *lpNumberOfBytesRead)
{
	return winvm_copy_win32(hProcess, lpBaseAddress, lpBuffer, nSize, lpNumberOfBytesRead, 0);
}

BOOL WINAPI WriteProcessMemory(HANDLE hProcess, LPVOID lpBaseAddress, LPCVOID lpBuffer,
			       SIZE_T nSize, SIZE_T *lpNumberOfBytesWritten)
{
	return winvm_copy_win32(hProcess, lpBaseAddress, lpBuffer, nSize, lpNumberOfBytesWritten,
				WINVM_COPY_WRITE | WINVM_COPY_CODE);
}
