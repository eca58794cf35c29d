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

#include <errno.h>
#include <stdatomic.h>

#include "internal.h"

#define WINVM_HANDLES 16384

struct winvm_handle {
	_Atomic(enum winvm_handle_kind) kind;
	union winvm_object object;
};

static struct winvm_handle winvm_handles[WINVM_HANDLES];
static atomic_uint winvm_handle_hint;

static void winvm_handle_end_process(const union winvm_object *object)
{
	winvm_process_close(&object->process);
}

static void winvm_handle_end_file(const union winvm_object *object)
{
	winvm_file_close(&object->file);
}

static void winvm_handle_end_section(const union winvm_object *object)
{
	winvm_section_close(&object->section);
}

static void winvm_handle_end_job(const union winvm_object *object)
{
	winvm_job_close(&object->job);
}

static void winvm_handle_end_port(const union winvm_object *object)
{
	winvm_port_close(object->port);
}

static void winvm_handle_end_notice(const union winvm_object *object)
{
	winvm_notice_close(&object->notice);
}

/* How what a handle stands for is closed; kinds without are no handles. */
static void (*const winvm_handle_ends[WINVM_HANDLE_KINDS])(const union winvm_object *object) = {
	[WINVM_HANDLE_PROCESS] = winvm_handle_end_process,
	[WINVM_HANDLE_THREAD] = winvm_handle_end_process,
	[WINVM_HANDLE_FILE] = winvm_handle_end_file,
	[WINVM_HANDLE_SECTION] = winvm_handle_end_section,
	[WINVM_HANDLE_JOB] = winvm_handle_end_job,
	[WINVM_HANDLE_PORT] = winvm_handle_end_port,
	[WINVM_HANDLE_NOTICE] = winvm_handle_end_notice,
};

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
HANDLE winvm_handle_create(enum winvm_handle_kind kind, const union winvm_object *object)
{
	unsigned int start = atomic_load(&winvm_handle_hint);

	for (unsigned int i = 0; i < WINVM_HANDLES; i++) {
		unsigned int index = (start + i) % WINVM_HANDLES;
		struct winvm_handle *entry = &winvm_handles[index];

		if (!winvm_handle_claim(entry))
			continue;
		entry->object = *object;
		atomic_store_explicit(&entry->kind, kind, memory_order_release);
		atomic_store(&winvm_handle_hint, index + 1);
		return winvm_pointer(((uint64_t)index + 1) * 4);
	}
	return NULL;
}

/* STATUS_INVALID_HANDLE, or STATUS_OBJECT_TYPE_MISMATCH for another kind's (SPEC G-6). */
NTSTATUS winvm_handle_get(HANDLE handle, enum winvm_handle_kind kind, union winvm_object *object)
{
	struct winvm_handle *entry = winvm_handle_find(handle);
	enum winvm_handle_kind found;

	if (!entry)
		return STATUS_INVALID_HANDLE;
	found = atomic_load_explicit(&entry->kind, memory_order_acquire);
	if (!winvm_handle_ends[found])
		return STATUS_INVALID_HANDLE;
	if (found != kind)
		return STATUS_OBJECT_TYPE_MISMATCH;
	*object = entry->object;
	return STATUS_SUCCESS;
}

/* Of several threads that close a handle one does. */
static NTSTATUS winvm_handle_close(struct winvm_handle *entry)
{
	enum winvm_handle_kind kind = atomic_load(&entry->kind);
	union winvm_object object;

	if (!winvm_handle_ends[kind])
		return STATUS_INVALID_HANDLE;
	if (!atomic_compare_exchange_strong(&entry->kind, &kind, WINVM_HANDLE_CLAIMED))
		return STATUS_INVALID_HANDLE;
	object = entry->object;
	atomic_store_explicit(&entry->kind, WINVM_HANDLE_FREE, memory_order_release);
	winvm_handle_ends[kind](&object);
	return STATUS_SUCCESS;
}

void winvm_handle_each(enum winvm_handle_kind kind, void (*visit)(const union winvm_object *object))
{
	for (unsigned int i = 0; i < WINVM_HANDLES; i++)
		if (atomic_load_explicit(&winvm_handles[i].kind, memory_order_acquire) == kind)
			visit(&winvm_handles[i].object);
}

NTSTATUS NTAPI NtClose(HANDLE Handle)
{
	struct winvm_handle *entry = winvm_handle_find(Handle);
	int saved = errno;
	NTSTATUS status;

	if (Handle == NtCurrentProcess())
		return STATUS_SUCCESS;
	if (!entry)
		return STATUS_INVALID_HANDLE;
	status = winvm_handle_close(entry);
	errno = saved;
	return status;
}

BOOL WINAPI CloseHandle(HANDLE hObject)
{
	NTSTATUS status = NtClose(hObject);

	return status ? winvm_error_set(status) : TRUE;
}
