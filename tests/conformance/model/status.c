// SPDX-License-Identifier: GPL-2.0
/* From NTSTATUS to Win32 error (SPEC 0.1), of the statuses that the model gives. */
#include "script.h"

uint32_t model_error(uint32_t status)
{
	switch (status) {
	case SUCCESS:
	case WAS_LOCKED:
		return 0;
	case GUARD_PAGE_VIOLATION:
		return 0x80000001;
	case INFO_LENGTH_MISMATCH:
		return 24;
	case UNSUCCESSFUL:
		return 31;
	case PARTIAL_COPY:
		return 299;
	case ACCESS_VIOLATION:
		return 998;
	case INVALID_HANDLE:
		return 6;
	case ACCESS_DENIED:
	case ALREADY_COMMITTED:
	case INVALID_VIEW_SIZE:
		return 5;
	case SECTION_TOO_BIG:
		return 8;
	case MAPPED_ALIGNMENT:
		return 1132;
	case MAPPED_FILE_SIZE_ZERO:
		return 1006;
	case USER_MAPPED_FILE:
		return 1224;
	case NOT_SUPPORTED:
		return 50;
	case INVALID_IMAGE_NOT_MZ:
		return 193;
	case INSUFFICIENT_RESOURCES:
		return 1450;
	case NO_MEMORY:
		return 8;
	case NOT_LOCKED:
		return 158;
	case PRIVILEGE_NOT_HELD:
		return 1314;
	case WORKING_SET_QUOTA:
		return 1453;
	case COMMITMENT_LIMIT:
		return 1455;
	case CONFLICTING_ADDRESSES:
	case NOT_MAPPED_VIEW:
	case NOT_COMMITTED:
	case FREE_VM_NOT_AT_BASE:
	case MEMORY_NOT_ALLOCATED:
		return 487;
	default: /* the invalid parameters, UNABLE_TO_FREE_VM, INCOMPATIBLE_FILE_MAP, a bad limit */
		return 87;
	}
}
