// SPDX-License-Identifier: MIT
/* The base and size that the Nt calls take and give back. */

#include "internal.h"

NTSTATUS winvm_range_get(PVOID *base, PSIZE_T size, uint64_t *address, uint64_t *bytes)
{
	NTSTATUS status = winvm_user_get64(base, address);

	return status ? status : winvm_user_get64(size, bytes);
}

/* The call has been made: that its results cannot be told does not undo it (SPEC VA-31). */
void winvm_range_put(PVOID *base, PSIZE_T size, uint64_t address, uint64_t bytes)
{
	winvm_user_put64(base, address);
	winvm_user_put64(size, bytes);
}
