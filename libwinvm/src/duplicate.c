// SPDX-License-Identifier: MIT
/* A second handle on a section, perhaps with fewer rights. */

#include <unistd.h>

#include "internal.h"

/* A handle on the calling process, or what stands for one. */
static NTSTATUS winvm_duplicate_self(HANDLE handle)
{
	struct winvm_process process;
	NTSTATUS status = STATUS_SUCCESS;

	if (handle == NtCurrentProcess())
		return status;
	status = winvm_process_get(handle, &process);
	if (status)
		return status;
	return process.pid == (DWORD)getpid() ? STATUS_SUCCESS : STATUS_NOT_SUPPORTED;
}

/* Of what else is a handle there is no second one. */
static NTSTATUS winvm_duplicate_section(HANDLE source, ACCESS_MASK access, bool same, HANDLE *copy)
{
	struct winvm_section section;
	NTSTATUS status = winvm_section_get(source, &section);

	if (status == STATUS_OBJECT_TYPE_MISMATCH)
		return STATUS_NOT_SUPPORTED;
	if (status)
		return status;
	return same ? winvm_section_wrap(section.fd, copy) :
		      winvm_section_again(section.fd, access, copy);
}

static NTSTATUS winvm_duplicate(HANDLE source, HANDLE *target, ACCESS_MASK access, bool same)
{
	uint64_t ignored;
	HANDLE copy;
	NTSTATUS status = winvm_user_get64(target, &ignored);

	if (!status)
		status = winvm_duplicate_section(source, access, same, &copy);
	if (!status)
		winvm_user_put64(target, winvm_address(copy));
	return status;
}

NTSTATUS NTAPI NtDuplicateObject(HANDLE SourceProcessHandle, HANDLE SourceHandle,
				 HANDLE TargetProcessHandle, PHANDLE TargetHandle,
				 ACCESS_MASK DesiredAccess, ULONG HandleAttributes, ULONG Options)
{
	NTSTATUS status = winvm_duplicate_self(SourceProcessHandle);
	bool close = Options & DUPLICATE_CLOSE_SOURCE;

	(void)HandleAttributes;
	if (status)
		return status;
	if (TargetHandle || !close)
		status = winvm_duplicate_self(TargetProcessHandle);
	if (!status && (TargetHandle || !close))
		status = winvm_duplicate(SourceHandle, TargetHandle, DesiredAccess,
					 Options & DUPLICATE_SAME_ACCESS);
	/* Also when there is no second one. */
	if (close)
		NtClose(SourceHandle);
	return status;
}

BOOL WINAPI DuplicateHandle(HANDLE hSourceProcessHandle, HANDLE hSourceHandle,
			    HANDLE hTargetProcessHandle, LPHANDLE lpTargetHandle,
			    DWORD dwDesiredAccess, BOOL bInheritHandle, DWORD dwOptions)
{
	NTSTATUS status = NtDuplicateObject(hSourceProcessHandle, hSourceHandle,
					    hTargetProcessHandle, lpTargetHandle, dwDesiredAccess,
					    bInheritHandle ? OBJ_INHERIT : 0, dwOptions);

	return NT_SUCCESS(status) ? TRUE : winvm_error_set(status);
}
