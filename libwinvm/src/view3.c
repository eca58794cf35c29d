// SPDX-License-Identifier: MIT
/* MapViewOfFile3 and its kin: views with requirements, and in placeholders (SPEC 4.2, 11). */

#include "internal.h"

/* SPEC SE-24 */
static NTSTATUS winvm_view_extend(const MEM_EXTENDED_PARAMETER *parameters, ULONG count,
				  struct winvm_map_view *request)
{
	struct winvm_extended extended;
	NTSTATUS status = winvm_extended_read(parameters, count, &extended);

	request->lowest_address = extended.lowest_address;
	request->highest_address = extended.highest_address;
	request->alignment_bytes = extended.alignment_bytes;
	request->node = extended.node;
	request->flags = WINVM_MAP_VIEW_EXTENDED;
	return status;
}

NTSTATUS NTAPI NtMapViewOfSectionEx(HANDLE SectionHandle, HANDLE ProcessHandle, PVOID *BaseAddress,
				    PLARGE_INTEGER SectionOffset, PSIZE_T ViewSize,
				    ULONG AllocationType, ULONG PageProtection,
				    MEM_EXTENDED_PARAMETER *ExtendedParameters,
				    ULONG ExtendedParameterCount)
{
	struct winvm_map_view request = {
		.type = AllocationType,
		.protect = PageProtection,
		.inherit = ViewShare,
	};
	NTSTATUS status = winvm_view_extend(ExtendedParameters, ExtendedParameterCount, &request);

	if (!status)
		status = winvm_view_read(BaseAddress, ViewSize, SectionOffset, &request);
	if (!status)
		status = winvm_view_map(SectionHandle, ProcessHandle, &request);
	if (NT_SUCCESS(status))
		winvm_range_put(BaseAddress, ViewSize, request.base, request.bytes);
	return status;
}

PVOID WINAPI MapViewOfFile3(HANDLE FileMapping, HANDLE Process, PVOID BaseAddress, ULONG64 Offset,
			    SIZE_T ViewSize, ULONG AllocationType, ULONG PageProtection,
			    MEM_EXTENDED_PARAMETER *ExtendedParameters, ULONG ParameterCount)
{
	struct winvm_map_view request = {
		.base = winvm_address(BaseAddress),
		.bytes = ViewSize,
		.offset = Offset,
		.type = AllocationType,
		.protect = PageProtection,
		.inherit = ViewShare,
	};
	NTSTATUS status = winvm_view_extend(ExtendedParameters, ParameterCount, &request);

	if (!status)
		return winvm_view_win32(FileMapping, Process ? Process : NtCurrentProcess(),
					&request);
	winvm_error_set(status);
	return NULL;
}

PVOID WINAPI MapViewOfFile3FromApp(HANDLE FileMapping, HANDLE Process, PVOID BaseAddress,
				   ULONG64 Offset, SIZE_T ViewSize, ULONG AllocationType,
				   ULONG PageProtection, MEM_EXTENDED_PARAMETER *ExtendedParameters,
				   ULONG ParameterCount)
{
	if (winvm_from_app_refuses(PageProtection))
		return NULL;
	return MapViewOfFile3(FileMapping, Process, BaseAddress, Offset, ViewSize, AllocationType,
			      PageProtection, ExtendedParameters, ParameterCount);
}

/* FILE_MAP_EXECUTE alone shows nothing, but is no less refused. */
PVOID WINAPI MapViewOfFileFromApp(HANDLE hFileMappingObject, ULONG DesiredAccess,
				  ULONG64 FileOffset, SIZE_T NumberOfBytesToMap)
{
	struct winvm_map_view request =
		winvm_view_request(DesiredAccess, FileOffset, NumberOfBytesToMap, NULL);

	if (winvm_from_app_refuses(DesiredAccess & FILE_MAP_EXECUTE ? PAGE_EXECUTE : 0))
		return NULL;
	return winvm_view_win32(hFileMappingObject, NtCurrentProcess(), &request);
}
