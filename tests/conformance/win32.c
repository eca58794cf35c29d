// SPDX-License-Identifier: GPL-2.0
/* Operations on the Win32 calls. */
#include <inttypes.h>
#include <stdio.h>

#include "answer.h"
#include "operation.h"
#include "target.h"

#define MEM_RESET_ANY	(MEM_RESET | MEM_RESET_UNDO)
#define WATCH_ADDRESSES 4096
#define WATCH_SHOWN	12

static void *allocate(void *address, SIZE_T bytes, DWORD type, DWORD protect)
{
	if (target_is_child())
		return VirtualAllocEx(target_process(), address, bytes, type, protect);
	return VirtualAlloc(address, bytes, type, protect);
}

void win32_alloc(char **argument)
{
	void *wanted = operation_pointer(argument[1]);
	DWORD type = operation_flags(argument[3]);
	void *base =
		allocate(wanted, operation_number(argument[2]), type, operation_flags(argument[4]));

	if (base && !(type & MEM_RESET_ANY) && ((type & MEM_RESERVE) || !wanted))
		slots_hold(operation_number(argument[0]), (uintptr_t)base);
	answer_address((uintptr_t)base);
}

void win32_free(char **argument)
{
	void *address = operation_pointer(argument[0]);
	SIZE_T bytes = operation_number(argument[1]);
	DWORD type = operation_flags(argument[2]);

	if (target_is_child())
		answer_bool(VirtualFreeEx(target_process(), address, bytes, type));
	else
		answer_bool(VirtualFree(address, bytes, type));
}

static bool protect(void *address, SIZE_T bytes, DWORD protection, DWORD *old)
{
	if (target_is_child())
		return VirtualProtectEx(target_process(), address, bytes, protection, old);
	return VirtualProtect(address, bytes, protection, old);
}

void win32_protect(char **argument)
{
	DWORD old = 0xcccc;

	if (protect(operation_pointer(argument[0]), operation_number(argument[1]),
		    operation_flags(argument[2]), &old))
		printf("ok old=%" PRIx32 "\n", old);
	else
		answer_failure();
}

void win32_protect_null(char **argument)
{
	answer_bool(VirtualProtect(operation_pointer(argument[0]), operation_number(argument[1]),
				   operation_flags(argument[2]), NULL));
}

void win32_query(char **argument)
{
	answer_region(slots_address(argument[0]));
}

void win32_walk(char **argument)
{
	uint64_t address = ARENA_BASE;
	uint64_t end;

	(void)argument;
	printf("begin\n");
	while (address < ARENA_BASE + ARENA_BYTES) {
		printf("   ");
		end = answer_region(address);
		if (end <= address)
			break;
		address = end;
	}
}

void win32_lock(char **argument)
{
	answer_bool(VirtualLock(operation_pointer(argument[0]), operation_number(argument[1])));
}

void win32_unlock(char **argument)
{
	answer_bool(VirtualUnlock(operation_pointer(argument[0]), operation_number(argument[1])));
}

static void watch_failure(UINT result)
{
	printf("r=%" PRIx32 " ", result);
	answer_failure();
}

void win32_get_watch(char **argument)
{
	static void *pages[WATCH_ADDRESSES];
	ULONG_PTR count = operation_number(argument[3]);
	DWORD granularity = 0xcccc;
	UINT result;

	if (count > WATCH_ADDRESSES)
		count = WATCH_ADDRESSES;
	result = GetWriteWatch(operation_flags(argument[2]), operation_pointer(argument[0]),
			       operation_number(argument[1]), pages, &count, &granularity);
	if (result)
		return watch_failure(result);
	printf("ok n=%" PRIu64 " g=%" PRIx32, (uint64_t)count, granularity);
	for (ULONG_PTR i = 0; i < count && i < WATCH_SHOWN; i++)
		printf(" %s", slots_name((uintptr_t)pages[i]));
	printf("\n");
}

void win32_reset_watch(char **argument)
{
	UINT result =
		ResetWriteWatch(operation_pointer(argument[0]), operation_number(argument[1]));

	if (result)
		watch_failure(result);
	else
		printf("ok\n");
}
