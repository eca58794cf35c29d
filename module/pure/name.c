// SPDX-License-Identifier: GPL-2.0
/* Which names objects may have, and their order. */
#include "name.h"

u32 winvm_check_name_length(u64 bytes)
{
	return bytes > WINVM_NAME_BYTES ? STATUS_NAME_TOO_LONG : STATUS_SUCCESS;
}

u32 winvm_check_name(const char *text, u64 bytes)
{
	if (memchr(text, 0, bytes))
		return STATUS_OBJECT_NAME_INVALID;
	return memchr(text, '\\', bytes) ? STATUS_OBJECT_PATH_NOT_FOUND : STATUS_SUCCESS;
}

int winvm_name_order(const char *a, u64 a_bytes, const char *b, u64 b_bytes)
{
	int order = memcmp(a, b, min(a_bytes, b_bytes));

	if (order || a_bytes == b_bytes)
		return order;
	return a_bytes < b_bytes ? -1 : 1;
}
