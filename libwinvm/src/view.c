// SPDX-License-Identifier: MIT
/* Views of sections: mapped and unmapped, here and in other processes (SPEC 11). */

#include "internal.h"

/* Of a handle that is no section's the module knows only that it is none. */
NTSTATUS winvm_view_map(HANDLE handle, HANDLE process, struct winvm_map_view *request)
{
	struct winvm_section section = { .fd = -1 };
	NTSTATUS bad = winvm_section_get(handle, &section);
	NTSTATUS status;

	request->size = sizeof(*request);
	request->section_fd = section.fd;
	status = winvm_call(process, WINVM_IOC_MAP_VIEW, request);
	return status == STATUS_INVALID_HANDLE && bad ? bad : status;
}

NTSTATUS winvm_view_read(PVOID *base, PSIZE_T bytes, PLARGE_INTEGER offset,
			 struct winvm_map_view *request)
{
	uint64_t value;
	NTSTATUS status = winvm_user_get64(base, &value);

	if (status)
		return status;
	request->base = value;
	status = winvm_user_get64(bytes, &value);
	if (status)
		return status;
	request->bytes = value;
	if (!offset)
		return STATUS_SUCCESS;
	status = winvm_user_get64(offset, &value);
	request->offset = value;
	return status;
}

NTSTATUS NTAPI NtMapViewOfSection(HANDLE SectionHandle, HANDLE ProcessHandle, PVOID *BaseAddress,
				  ULONG_PTR ZeroBits, SIZE_T CommitSize,
				  PLARGE_INTEGER SectionOffset, PSIZE_T ViewSize,
				  SECTION_INHERIT InheritDisposition, ULONG AllocationType,
				  ULONG Win32Protect)
{
	struct winvm_map_view request = {
		.zero_bits = ZeroBits,
		.commit_bytes = CommitSize,
		.type = AllocationType,
		.protect = Win32Protect,
		.inherit = (__u32)InheritDisposition,
	};
	NTSTATUS status = winvm_view_read(BaseAddress, ViewSize, SectionOffset, &request);

	if (!status)
		status = winvm_view_map(SectionHandle, ProcessHandle, &request);
	if (NT_SUCCESS(status))
		winvm_range_put(BaseAddress, ViewSize, request.base, request.bytes);
	return status;
}

/* Win32 calls a protection that the section forbids a lack of rights (SPEC SE-15). */
void *winvm_view_win32(HANDLE section, HANDLE process, struct winvm_map_view *request)
{
	NTSTATUS status = winvm_view_map(section, process, request);

	if (NT_SUCCESS(status))
		return winvm_pointer(request->base);
	winvm_error_set(status == STATUS_SECTION_PROTECTION ? STATUS_ACCESS_DENIED : status);
	return NULL;
}

/* SPEC SE-13 */
static DWORD winvm_view_protect(DWORD access)
{
	bool execute = access & FILE_MAP_EXECUTE;
	DWORD targets = access & FILE_MAP_TARGETS_INVALID ? PAGE_TARGETS_INVALID : 0;

	if (access & FILE_MAP_WRITE)
		return execute ? PAGE_EXECUTE_READWRITE | targets : PAGE_READWRITE | targets;
	if (access & FILE_MAP_READ)
		return execute ? PAGE_EXECUTE_READ | targets : PAGE_READONLY | targets;
	if (access & FILE_MAP_COPY)
		return execute ? PAGE_EXECUTE_WRITECOPY | targets : PAGE_WRITECOPY | targets;
	return PAGE_NOACCESS;
}

static DWORD winvm_view_type(DWORD access)
{
	return (access & FILE_MAP_RESERVE ? MEM_RESERVE : 0) |
	       (access & FILE_MAP_LARGE_PAGES ? MEM_LARGE_PAGES : 0);
}

/* What the calls with FILE_MAP_* ask for. */
struct winvm_map_view winvm_view_request(DWORD access, uint64_t offset, SIZE_T bytes,
					 const void *base)
{
	return (struct winvm_map_view){
		.base = winvm_address(base),
		.bytes = bytes,
		.offset = offset,
		.type = winvm_view_type(access),
		.protect = winvm_view_protect(access),
		.inherit = ViewShare,
	};
}

LPVOID WINAPI MapViewOfFileExNuma(HANDLE hFileMappingObject, DWORD dwDesiredAccess,
				  DWORD dwFileOffsetHigh, DWORD dwFileOffsetLow,
				  SIZE_T dwNumberOfBytesToMap, LPVOID lpBaseAddress,
				  DWORD nndPreferred)
{
	struct winvm_map_view request = winvm_view_request(
		dwDesiredAccess, (uint64_t)dwFileOffsetHigh << 32 | dwFileOffsetLow,
		dwNumberOfBytesToMap, lpBaseAddress);

	request.node = winvm_numa_field(nndPreferred);
	return winvm_view_win32(hFileMappingObject, NtCurrentProcess(), &request);
}

LPVOID WINAPI MapViewOfFileEx(HANDLE hFileMappingObject, DWORD dwDesiredAccess,
			      DWORD dwFileOffsetHigh, DWORD dwFileOffsetLow,
			      SIZE_T dwNumberOfBytesToMap, LPVOID lpBaseAddress)
{
	return MapViewOfFileExNuma(hFileMappingObject, dwDesiredAccess, dwFileOffsetHigh,
				   dwFileOffsetLow, dwNumberOfBytesToMap, lpBaseAddress,
				   NUMA_NO_PREFERRED_NODE);
}

LPVOID WINAPI MapViewOfFile(HANDLE hFileMappingObject, DWORD dwDesiredAccess,
			    DWORD dwFileOffsetHigh, DWORD dwFileOffsetLow,
			    SIZE_T dwNumberOfBytesToMap)
{
	return MapViewOfFileEx(hFileMappingObject, dwDesiredAccess, dwFileOffsetHigh,
			       dwFileOffsetLow, dwNumberOfBytesToMap, NULL);
}

PVOID WINAPI MapViewOfFileNuma2(HANDLE FileMappingHandle, HANDLE ProcessHandle, ULONG64 Offset,
				PVOID BaseAddress, SIZE_T ViewSize, ULONG AllocationType,
				ULONG PageProtection, ULONG PreferredNode)
{
	struct winvm_map_view request = {
		.base = winvm_address(BaseAddress),
		.bytes = ViewSize,
		.offset = Offset,
		.type = AllocationType,
		.protect = PageProtection,
		.inherit = ViewShare,
		.node = winvm_numa_field(PreferredNode),
	};

	return winvm_view_win32(FileMappingHandle, ProcessHandle, &request);
}

PVOID WINAPI MapViewOfFile2(HANDLE FileMappingHandle, HANDLE ProcessHandle, ULONG64 Offset,
			    PVOID BaseAddress, SIZE_T ViewSize, ULONG AllocationType,
			    ULONG PageProtection)
{
	return MapViewOfFileNuma2(FileMappingHandle, ProcessHandle, Offset, BaseAddress, ViewSize,
				  AllocationType, PageProtection, NUMA_NO_PREFERRED_NODE);
}

NTSTATUS NTAPI NtUnmapViewOfSectionEx(HANDLE ProcessHandle, PVOID BaseAddress, ULONG Flags)
{
	struct winvm_unmap_view request = {
		.size = sizeof(request),
		.base = winvm_address(BaseAddress),
		.flags = Flags,
	};

	return winvm_call(ProcessHandle, WINVM_IOC_UNMAP_VIEW, &request);
}

NTSTATUS NTAPI NtUnmapViewOfSection(HANDLE ProcessHandle, PVOID BaseAddress)
{
	return NtUnmapViewOfSectionEx(ProcessHandle, BaseAddress, 0);
}

BOOL WINAPI UnmapViewOfFile2(HANDLE Process, PVOID BaseAddress, ULONG UnmapFlags)
{
	NTSTATUS status = NtUnmapViewOfSectionEx(Process, BaseAddress, UnmapFlags);

	return NT_SUCCESS(status) ? TRUE : winvm_error_set(status);
}

BOOL WINAPI UnmapViewOfFileEx(PVOID BaseAddress, ULONG UnmapFlags)
{
	return UnmapViewOfFile2(NtCurrentProcess(), BaseAddress, UnmapFlags);
}

BOOL WINAPI UnmapViewOfFile(LPCVOID lpBaseAddress)
{
	return UnmapViewOfFileEx(winvm_pointer(winvm_address(lpBaseAddress)), 0);
}

static NTSTATUS winvm_view_flush(HANDLE process, struct winvm_flush_view *request)
{
	request->size = sizeof(*request);
	return winvm_call(process, WINVM_IOC_FLUSH_VIEW, request);
}

/* SPEC SE-33 */
NTSTATUS NTAPI NtFlushVirtualMemory(HANDLE ProcessHandle, PVOID *BaseAddress, PSIZE_T RegionSize,
				    PIO_STATUS_BLOCK IoStatus)
{
	struct winvm_flush_view request = { 0 };
	IO_STATUS_BLOCK done = { 0 };
	uint64_t base, bytes;
	NTSTATUS status = winvm_range_get(BaseAddress, RegionSize, &base, &bytes);

	if (!status)
		status = winvm_user_copy(IoStatus, &done, sizeof(done));
	if (status)
		return status;
	request.base = base;
	request.bytes = bytes;
	status = winvm_view_flush(ProcessHandle, &request);
	if (status)
		return status;
	winvm_range_put(BaseAddress, RegionSize, request.base, request.bytes);
	done.Information = request.bytes;
	winvm_user_copy(IoStatus, &done, sizeof(done));
	return STATUS_SUCCESS;
}

BOOL WINAPI FlushViewOfFile(LPCVOID lpBaseAddress, SIZE_T dwNumberOfBytesToFlush)
{
	struct winvm_flush_view request = {
		.base = winvm_address(lpBaseAddress),
		.bytes = dwNumberOfBytesToFlush,
	};
	NTSTATUS status = winvm_view_flush(NtCurrentProcess(), &request);

	return status ? winvm_error_set(status) : TRUE;
}
