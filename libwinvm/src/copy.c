// SPDX-License-Identifier: MIT
/* Copying between processes (SPEC 13). */

#include "internal.h"

#define WINVM_PAGE_BYTES 0x1000u

static NTSTATUS winvm_copy_bytes(HANDLE process, struct winvm_copy *request, SIZE_T bytes)
{
	request->size = sizeof(*request);
	request->bytes = bytes;
	return winvm_call(process, WINVM_IOC_COPY, request);
}

/* *@count is told unless nothing was attempted (SPEC RW-2, RW-4). */
static BOOL winvm_copy_end(NTSTATUS status, const struct winvm_copy *request, SIZE_T *count)
{
	if (count && (NT_SUCCESS(status) || status == STATUS_PARTIAL_COPY))
		*count = request->bytes;
	return NT_SUCCESS(status) ? TRUE : winvm_error_set(status);
}

static NTSTATUS winvm_copy_protect(HANDLE process, uint64_t page, DWORD protect, DWORD *old_protect)
{
	struct winvm_protect change = { .base = page, .bytes = 1, .protect = protect };
	NTSTATUS status = winvm_protect_range(process, &change);

	*old_protect = change.old_protect;
	return status;
}

/*
 * Writes within one page that refused. Win32 makes code writable for as long
 * as it takes, and answers ERROR_NOACCESS for what is read-only (SPEC RW-4).
 */
static NTSTATUS winvm_copy_page(HANDLE process, struct winvm_copy *request, SIZE_T bytes)
{
	NTSTATUS status = STATUS_PARTIAL_COPY;
	DWORD old, ours;

	if (winvm_copy_protect(process, request->address, PAGE_EXECUTE_READWRITE, &old))
		return status;
	if (old & (PAGE_READONLY | PAGE_NOACCESS))
		status = STATUS_ACCESS_VIOLATION;
	else if (old & (PAGE_EXECUTE | PAGE_EXECUTE_READ))
		status = winvm_copy_bytes(process, request, bytes);
	winvm_copy_protect(process, request->address, old, &ours);
	return status;
}

static SIZE_T winvm_copy_to_page_end(uint64_t address, SIZE_T bytes)
{
	SIZE_T left = WINVM_PAGE_BYTES - address % WINVM_PAGE_BYTES;

	return left < bytes ? left : bytes;
}

/* Goes on after a write that stopped, page by page where it must. */
static NTSTATUS winvm_copy_through(HANDLE process, struct winvm_copy *request, SIZE_T bytes)
{
	SIZE_T done = request->bytes;
	NTSTATUS status = STATUS_PARTIAL_COPY;

	while (status == STATUS_PARTIAL_COPY && done < bytes) {
		struct winvm_copy rest = *request;
		SIZE_T piece;

		rest.address += done;
		rest.buffer += done;
		piece = winvm_copy_to_page_end(rest.address, bytes - done);
		status = winvm_copy_page(process, &rest, piece);
		if (status)
			break;
		done += piece;
		rest.address += piece;
		rest.buffer += piece;
		status = winvm_copy_bytes(process, &rest, bytes - done);
		done += rest.bytes;
	}
	request->bytes = done;
	return status && done ? STATUS_PARTIAL_COPY : status;
}

BOOL WINAPI ReadProcessMemory(HANDLE hProcess, LPCVOID lpBaseAddress, LPVOID lpBuffer, SIZE_T nSize,
			      SIZE_T *lpNumberOfBytesRead)
{
	struct winvm_copy request = {
		.address = winvm_address(lpBaseAddress),
		.buffer = winvm_address(lpBuffer),
	};
	NTSTATUS status = winvm_copy_bytes(hProcess, &request, nSize);

	return winvm_copy_end(status, &request, lpNumberOfBytesRead);
}

BOOL WINAPI WriteProcessMemory(HANDLE hProcess, LPVOID lpBaseAddress, LPCVOID lpBuffer,
			       SIZE_T nSize, SIZE_T *lpNumberOfBytesWritten)
{
	struct winvm_copy request = {
		.address = winvm_address(lpBaseAddress),
		.buffer = winvm_address(lpBuffer),
		.flags = WINVM_COPY_WRITE,
	};
	NTSTATUS status = winvm_copy_bytes(hProcess, &request, nSize);

	if (status == STATUS_PARTIAL_COPY)
		status = winvm_copy_through(hProcess, &request, nSize);
	return winvm_copy_end(status, &request, lpNumberOfBytesWritten);
}
