// SPDX-License-Identifier: MIT
/* The names of mapped files (SPEC NQ-3). */

#include <limits.h>

#include <psapi.h>

#include "internal.h"

static NTSTATUS winvm_filename_get(HANDLE process, const void *address, char path[PATH_MAX])
{
	struct winvm_query_name request = {
		.size = sizeof(request),
		.address = winvm_address(address),
		.buffer = winvm_address(path),
		.capacity = PATH_MAX,
	};

	return winvm_call(process, WINVM_IOC_QUERY_NAME, &request);
}

static size_t winvm_filename_units(const char *path)
{
	WCHAR units[2];
	size_t count = 0;

	while (*path)
		count += winvm_utf16_next(&path, units);
	return count;
}

/* With the zero at its end, piece by piece: a thread may have little stack. */
static NTSTATUS winvm_filename_put(const char *path, void *to)
{
	WCHAR piece[128];
	NTSTATUS status;
	size_t count = 0;

	while (*path) {
		count += winvm_utf16_next(&path, piece + count);
		if (count < 126)
			continue;
		status = winvm_user_copy(to, piece, count * sizeof(WCHAR));
		if (status)
			return status;
		to = (char *)to + count * sizeof(WCHAR);
		count = 0;
	}
	piece[count++] = 0;
	return winvm_user_copy(to, piece, count * sizeof(WCHAR));
}

NTSTATUS winvm_inquire_filename(const struct winvm_inquiry *inquiry)
{
	char path[PATH_MAX];
	NTSTATUS status = winvm_filename_get(inquiry->process, inquiry->address, path);
	UNICODE_STRING name;
	SIZE_T bytes;

	if (status)
		return status;
	name.Length = (USHORT)(winvm_filename_units(path) * sizeof(WCHAR));
	name.MaximumLength = (USHORT)(name.Length + sizeof(WCHAR));
	name.Buffer = (PWSTR)((PUNICODE_STRING)inquiry->buffer + 1);
	bytes = sizeof(name) + name.MaximumLength;
	if (inquiry->returned)
		winvm_user_put64(inquiry->returned, bytes);
	if (inquiry->length < bytes)
		return inquiry->length < sizeof(name) ? STATUS_INFO_LENGTH_MISMATCH :
							STATUS_BUFFER_OVERFLOW;
	status = winvm_user_copy(inquiry->buffer, &name, sizeof(name));
	return status ? status : winvm_filename_put(path, name.Buffer);
}

DWORD WINAPI GetMappedFileNameA(HANDLE hProcess, LPVOID lpv, LPSTR lpFilename, DWORD nSize)
{
	char path[PATH_MAX];
	NTSTATUS status = winvm_filename_get(hProcess, lpv, path);
	size_t length = status ? 0 : strlen(path);

	if (!status)
		status = length < nSize ? winvm_user_copy(lpFilename, path, length + 1) :
					  STATUS_BUFFER_TOO_SMALL;
	if (!status)
		return (DWORD)length;
	winvm_error_set(status);
	return 0;
}

DWORD WINAPI GetMappedFileNameW(HANDLE hProcess, LPVOID lpv, LPWSTR lpFilename, DWORD nSize)
{
	char path[PATH_MAX];
	NTSTATUS status = winvm_filename_get(hProcess, lpv, path);
	size_t length = status ? 0 : winvm_filename_units(path);

	if (!status)
		status = length < nSize ? winvm_filename_put(path, lpFilename) :
					  STATUS_BUFFER_TOO_SMALL;
	if (!status)
		return (DWORD)length;
	winvm_error_set(status);
	return 0;
}
