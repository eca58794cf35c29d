// SPDX-License-Identifier: MIT
/*
 * Handles: an index into a table, times four, as on Windows. Never NULL, and
 * never near GetCurrentProcess(), which is -1 and has no entry.
 *
 * No locks: an entry is claimed, filled and then published by its kind, so
 * that handles work in signal handlers and in the child of a fork. Using a
 * handle while another thread closes it is the program's mistake here as it is
 * there.
 */

#include <stdatomic.h>

#include "internal.h"

#define WINVM_HANDLES 16384

struct winvm_handle {
	_Atomic(enum winvm_handle_kind) kind;
	struct winvm_process process;
};

static struct winvm_handle winvm_handles[WINVM_HANDLES];
static atomic_uint winvm_handle_hint;

static struct winvm_handle *winvm_handle_find(HANDLE handle)
{
	uint64_t value = winvm_address(handle);

	if (!value || value % 4 || value / 4 > WINVM_HANDLES)
		return NULL;
	return &winvm_handles[value / 4 - 1];
}

static bool winvm_handle_claim(struct winvm_handle *entry)
{
	enum winvm_handle_kind expected = WINVM_HANDLE_FREE;

	return atomic_compare_exchange_strong(&entry->kind, &expected, WINVM_HANDLE_CLAIMED);
}

/* Gives NULL when all handles are in use. */
HANDLE winvm_handle_create(enum winvm_handle_kind kind, const struct winvm_process *process)
{
	unsigned int start = atomic_load(&winvm_handle_hint);

	for (unsigned int i = 0; i < WINVM_HANDLES; i++) {
		unsigned int index = (start + i) % WINVM_HANDLES;
		struct winvm_handle *entry = &winvm_handles[index];

		if (!winvm_handle_claim(entry))
			continue;
		entry->process = *process;
		atomic_store_explicit(&entry->kind, kind, memory_order_release);
		atomic_store(&winvm_handle_hint, index + 1);
		return winvm_pointer(((uint64_t)index + 1) * 4);
	}
	return NULL;
}

/* STATUS_INVALID_HANDLE, or STATUS_OBJECT_TYPE_MISMATCH for a thread's (SPEC G-6). */
NTSTATUS winvm_handle_process(HANDLE handle, struct winvm_process *process)
{
	struct winvm_handle *entry = winvm_handle_find(handle);

	if (!entry)
		return STATUS_INVALID_HANDLE;
	switch (atomic_load_explicit(&entry->kind, memory_order_acquire)) {
	case WINVM_HANDLE_PROCESS:
		*process = entry->process;
		return STATUS_SUCCESS;
	case WINVM_HANDLE_THREAD:
		return STATUS_OBJECT_TYPE_MISMATCH;
	default:
		return STATUS_INVALID_HANDLE;
	}
}

/* Takes the handle out of use; what it stood for is the caller's to close. */
NTSTATUS winvm_handle_close(HANDLE handle, struct winvm_process *process)
{
	struct winvm_handle *entry = winvm_handle_find(handle);
	enum winvm_handle_kind kind;

	if (!entry)
		return STATUS_INVALID_HANDLE;
	kind = atomic_load(&entry->kind);
	if (kind != WINVM_HANDLE_PROCESS && kind != WINVM_HANDLE_THREAD)
		return STATUS_INVALID_HANDLE;
	if (!atomic_compare_exchange_strong(&entry->kind, &kind, WINVM_HANDLE_CLAIMED))
		return STATUS_INVALID_HANDLE;
	*process = entry->process;
	atomic_store_explicit(&entry->kind, WINVM_HANDLE_FREE, memory_order_release);
	return STATUS_SUCCESS;
}
