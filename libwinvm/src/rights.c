// SPDX-License-Identifier: MIT
/* What a program asks of a process, in the rights that processes have (SPEC G-6). */

#include "internal.h"

struct winvm_right_meaning {
	DWORD asked;
	DWORD means;
};

static const struct winvm_right_meaning winvm_generic_rights[] = {
	{ GENERIC_READ, READ_CONTROL | PROCESS_QUERY_INFORMATION | PROCESS_VM_READ },
	{ GENERIC_WRITE, READ_CONTROL | PROCESS_TERMINATE | PROCESS_CREATE_THREAD |
				 PROCESS_VM_OPERATION | PROCESS_VM_WRITE | PROCESS_DUP_HANDLE |
				 PROCESS_CREATE_PROCESS | PROCESS_SET_QUOTA |
				 PROCESS_SET_INFORMATION | PROCESS_SUSPEND_RESUME },
	{ GENERIC_EXECUTE,
	  READ_CONTROL | SYNCHRONIZE | PROCESS_TERMINATE | PROCESS_QUERY_LIMITED_INFORMATION },
	{ GENERIC_ALL, PROCESS_ALL_ACCESS },
};

static const struct winvm_right_meaning winvm_implied_rights[] = {
	{ PROCESS_QUERY_INFORMATION, PROCESS_QUERY_LIMITED_INFORMATION },
	{ PROCESS_SET_INFORMATION, PROCESS_SET_LIMITED_INFORMATION },
};

/* With the rights that come with others. */
DWORD winvm_rights_imply(DWORD access)
{
	size_t count = sizeof(winvm_implied_rights) / sizeof(winvm_implied_rights[0]);

	for (size_t i = 0; i < count; i++)
		if (access & winvm_implied_rights[i].asked)
			access |= winvm_implied_rights[i].means;
	return access;
}

/*
 * Replaces generic rights in *@access by what they stand for. MAXIMUM_ALLOWED
 * stays. Nobody has the privilege for ACCESS_SYSTEM_SECURITY; a bit that is no
 * right of a process is granted to nobody.
 */
NTSTATUS winvm_rights_read(DWORD *access)
{
	size_t count = sizeof(winvm_generic_rights) / sizeof(winvm_generic_rights[0]);

	for (size_t i = 0; i < count; i++) {
		if (!(*access & winvm_generic_rights[i].asked))
			continue;
		*access &= ~winvm_generic_rights[i].asked;
		*access |= winvm_generic_rights[i].means;
	}
	if (*access & ACCESS_SYSTEM_SECURITY)
		return STATUS_PRIVILEGE_NOT_HELD;
	if (*access & ~(DWORD)(PROCESS_ALL_ACCESS | MAXIMUM_ALLOWED))
		return STATUS_ACCESS_DENIED;
	*access = winvm_rights_imply(*access);
	return STATUS_SUCCESS;
}
