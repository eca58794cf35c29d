// SPDX-License-Identifier: MIT
/* CreateFileMapping2 and its kin (SPEC 11). */

#include "internal.h"

/* SPEC G-2: as CreateFileMapping it sets the last error in any case. */
HANDLE WINAPI CreateFileMapping2(HANDLE File, SECURITY_ATTRIBUTES *SecurityAttributes,
				 ULONG DesiredAccess, ULONG PageProtection,
				 ULONG AllocationAttributes, ULONG64 MaximumSize, PCWSTR Name,
				 MEM_EXTENDED_PARAMETER *ExtendedParameters, ULONG ParameterCount)
{
	struct winvm_create_section request = {
		.bytes = MaximumSize,
		.protect = PageProtection,
		.attributes = AllocationAttributes,
		.access = DesiredAccess,
	};
	struct winvm_extended extended;
	struct winvm_name name;
	NTSTATUS bad = winvm_name_wide(Name, &name);
	NTSTATUS status =
		winvm_extended_read_section(ExtendedParameters, ParameterCount, &extended);

	(void)SecurityAttributes;
	if (status) {
		winvm_error_set(status);
		return NULL;
	}
	request.node = extended.node;
	return winvm_mapping_create(&request, File, &name, bad);
}

HANDLE WINAPI CreateFileMappingFromApp(HANDLE hFile, PSECURITY_ATTRIBUTES SecurityAttributes,
				       ULONG PageProtection, ULONG64 MaximumSize, PCWSTR Name)
{
	struct winvm_create_section request =
		winvm_mapping_request(PageProtection, MaximumSize, NUMA_NO_PREFERRED_NODE);
	struct winvm_name name;
	NTSTATUS bad = winvm_name_wide(Name, &name);

	(void)SecurityAttributes;
	if (winvm_from_app_refuses(PageProtection))
		return NULL;
	return winvm_mapping_create(&request, hFile, &name, bad);
}
