/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The module's calls without the library: one function a call, which gives the
 * NTSTATUS, or RAW_NO_ANSWER with errno set when the ioctl itself failed.
 */
#ifndef KSELFTEST_RAW_H
#define KSELFTEST_RAW_H

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <windows.h>

#include "../../uapi/linux/winvm.h"
#include "harness.h"

#define RAW_PAGE ((size_t)0x1000)
#define RAW_GRANULARITY ((size_t)0x10000)
#define RAW_MB ((size_t)1 << 20)
#define RAW_GB ((size_t)1 << 30)
#define RAW_HIGHEST UINT64_C(0x7ffffffeffff)

/* No NTSTATUS that the module knows. */
#define RAW_NO_ANSWER 0xffffffffu
#define RAW_POISON 0xa5a5a5a5u

#define NT_SUCCESS_ 0u
#define NT_GUARD_PAGE_VIOLATION 0x80000001u
#define NT_PARTIAL_COPY 0x8000000du
#define NT_ACCESS_VIOLATION 0xc0000005u
#define NT_INVALID_PARAMETER 0xc000000du
#define NT_NO_MORE_ENTRIES_ 0x8000001au
#define NT_NO_MEMORY 0xc0000017u
#define NT_CONFLICTING_ADDRESSES 0xc0000018u
#define NT_ACCESS_DENIED 0xc0000022u
#define NT_NOT_COMMITTED 0xc000002du
#define NT_QUOTA_EXCEEDED 0xc0000044u
#define NT_INSUFFICIENT_RESOURCES 0xc000009au
#define NT_MEMORY_NOT_ALLOCATED 0xc00000a0u
#define NT_WORKING_SET_QUOTA 0xc00000a1u
#define NT_PROCESS_IS_TERMINATING 0xc000010au
#define NT_COMMITMENT_LIMIT 0xc000012du

#define RAW_ALL_RIGHTS                                                                          \
	(WINVM_PROCESS_VM_OPERATION | WINVM_PROCESS_VM_READ | WINVM_PROCESS_VM_WRITE |          \
	 WINVM_PROCESS_SET_QUOTA | WINVM_PROCESS_QUERY_INFORMATION)

static inline int raw_open(void)
{
	return open(WINVM_DEVICE, O_RDWR | O_CLOEXEC);
}

static inline uint32_t raw_allocate(int device, void **base, size_t bytes, uint32_t type,
				    uint32_t protection)
{
	struct winvm_allocate request = {
		.size = sizeof(request),
		.status = RAW_POISON,
		.base = (uintptr_t)*base,
		.bytes = bytes,
		.type = type,
		.protect = protection,
	};

	if (ioctl(device, WINVM_IOC_ALLOCATE, &request))
		return RAW_NO_ANSWER;
	if (!request.status)
		*base = (void *)(uintptr_t)request.base;
	return request.status;
}

/* NULL when refused. */
static inline char *raw_new(int device, size_t bytes, uint32_t type, uint32_t protection)
{
	void *base = NULL;

	return raw_allocate(device, &base, bytes, type, protection) ? NULL : base;
}

static inline char *raw_reserve(int device, size_t bytes)
{
	return raw_new(device, bytes, MEM_RESERVE, PAGE_READWRITE);
}

static inline char *raw_committed(int device, size_t bytes)
{
	return raw_new(device, bytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
}

static inline uint32_t raw_commit(int device, void *base, size_t bytes, uint32_t protection)
{
	return raw_allocate(device, &base, bytes, MEM_COMMIT, protection);
}

static inline uint32_t raw_free(int device, const void *base, size_t bytes, uint32_t type)
{
	struct winvm_free request = {
		.size = sizeof(request),
		.status = RAW_POISON,
		.base = (uintptr_t)base,
		.bytes = bytes,
		.type = type,
	};

	return ioctl(device, WINVM_IOC_FREE, &request) ? RAW_NO_ANSWER : request.status;
}

static inline uint32_t raw_decommit(int device, const void *base, size_t bytes)
{
	return raw_free(device, base, bytes, MEM_DECOMMIT);
}

static inline uint32_t raw_release(int device, const void *base)
{
	return raw_free(device, base, 0, MEM_RELEASE);
}

static inline uint32_t raw_protect(int device, const void *base, size_t bytes, uint32_t protection)
{
	struct winvm_protect request = {
		.size = sizeof(request),
		.status = RAW_POISON,
		.base = (uintptr_t)base,
		.bytes = bytes,
		.protect = protection,
	};

	return ioctl(device, WINVM_IOC_PROTECT, &request) ? RAW_NO_ANSWER : request.status;
}

static inline uint32_t raw_lock_call(int device, unsigned long call, const void *base, size_t bytes)
{
	struct winvm_lock request = {
		.size = sizeof(request),
		.status = RAW_POISON,
		.base = (uintptr_t)base,
		.bytes = bytes,
		.map_type = 1,
	};

	return ioctl(device, call, &request) ? RAW_NO_ANSWER : request.status;
}

static inline uint32_t raw_lock(int device, const void *base, size_t bytes)
{
	return raw_lock_call(device, WINVM_IOC_LOCK, base, bytes);
}

static inline uint32_t raw_unlock(int device, const void *base, size_t bytes)
{
	return raw_lock_call(device, WINVM_IOC_UNLOCK, base, bytes);
}

/* All poison when refused. */
static inline struct winvm_region raw_region(int device, const void *address)
{
	struct winvm_region region;
	struct winvm_query request = {
		.size = sizeof(request),
		.address = (uintptr_t)address,
		.buffer = (uintptr_t)&region,
		.capacity = 1,
	};

	memset(&region, 0xa5, sizeof(region));
	ioctl(device, WINVM_IOC_QUERY, &request);
	return region;
}

static inline uint32_t raw_state(int device, const void *address)
{
	return raw_region(device, address).state;
}

static inline uint32_t raw_protection(int device, const void *address)
{
	return raw_region(device, address).protect;
}

/* Of the page file, with all rights that a view needs. */
static inline uint32_t raw_section(int device, size_t bytes, int *section)
{
	struct winvm_create_section request = {
		.size = sizeof(request),
		.status = RAW_POISON,
		.bytes = bytes,
		.protect = PAGE_EXECUTE_READWRITE,
		.attributes = SEC_COMMIT,
		.access = SECTION_MAP_READ | SECTION_MAP_WRITE | SECTION_MAP_EXECUTE,
		.file_fd = WINVM_NO_FILE,
	};

	if (ioctl(device, WINVM_IOC_CREATE_SECTION, &request))
		return RAW_NO_ANSWER;
	*section = request.section_fd;
	return request.status;
}

/* From @offset on @bytes, 0 for the rest; *base 0 for any address. */
static inline uint32_t raw_map_view(int device, int section, void **base, uint64_t offset,
				    uint64_t bytes, uint32_t type, uint32_t protection)
{
	struct winvm_map_view request = {
		.size = sizeof(request),
		.status = RAW_POISON,
		.base = (uintptr_t)*base,
		.bytes = bytes,
		.offset = offset,
		.section_fd = section,
		.type = type,
		.protect = protection,
		.inherit = 1,
		.flags = WINVM_MAP_VIEW_EXTENDED,
	};

	if (ioctl(device, WINVM_IOC_MAP_VIEW, &request))
		return RAW_NO_ANSWER;
	if (!request.status)
		*base = (void *)(uintptr_t)request.base;
	return request.status;
}

static inline uint32_t raw_unmap_view_ex(int device, const void *base, uint32_t flags)
{
	struct winvm_unmap_view request = {
		.size = sizeof(request),
		.status = RAW_POISON,
		.base = (uintptr_t)base,
		.flags = flags,
	};

	return ioctl(device, WINVM_IOC_UNMAP_VIEW, &request) ? RAW_NO_ANSWER : request.status;
}

static inline uint32_t raw_unmap_view(int device, const void *base)
{
	return raw_unmap_view_ex(device, base, 0);
}

/* NULL when refused. */
static inline char *raw_placeholder(int device, size_t bytes)
{
	struct winvm_allocate request = {
		.size = sizeof(request),
		.status = RAW_POISON,
		.bytes = bytes,
		.type = MEM_RESERVE | MEM_RESERVE_PLACEHOLDER,
		.protect = PAGE_NOACCESS,
		.flags = WINVM_ALLOCATE_EXTENDED,
	};

	if (ioctl(device, WINVM_IOC_ALLOCATE, &request) || request.status)
		return NULL;
	return (char *)(uintptr_t)request.base;
}

/* Something of Linux's may lie over the start of an allocation. */
static inline void raw_release_everything(int device)
{
	for (uint64_t at = 0x10000; at <= RAW_HIGHEST;) {
		struct winvm_region region = raw_region(device, (void *)(uintptr_t)at);

		if (region.type == MEM_MAPPED)
			raw_unmap_view(device, (void *)(uintptr_t)region.allocation_base);
		else if (region.state != MEM_FREE)
			raw_release(device, (void *)(uintptr_t)region.allocation_base);
		at = region.base + region.bytes;
	}
}

static inline struct winvm_counters raw_counters(int device)
{
	struct winvm_counters counters = { .size = sizeof(counters) };

	if (ioctl(device, WINVM_IOC_COUNTERS, &counters))
		memset(&counters, 0xa5, sizeof(counters));
	return counters;
}

/* Bits of a page's attributes. */
#define RAW_PAGE_VALID 0x1u
#define RAW_PAGE_LOCKED 0x400000u
#define RAW_PAGE_LOCATION(attributes) ((attributes) & RAW_PAGE_VALID ? 0 : (attributes) >> 22 & 3)
#define RAW_PAGE_IN_SWAP 2u

/* All bits set when refused. */
static inline uint64_t raw_page(int device, const void *address)
{
	struct winvm_page page = { .address = (uintptr_t)address };
	struct winvm_query_pages request = {
		.size = sizeof(request),
		.pages = (uintptr_t)&page,
		.count = 1,
	};

	return ioctl(device, WINVM_IOC_QUERY_PAGES, &request) || request.status ? UINT64_MAX :
										  page.attributes;
}

static inline uint32_t raw_limits(int device, uint64_t minimum_bytes, uint64_t maximum_bytes,
				  uint32_t flags)
{
	struct winvm_working_set request = {
		.size = sizeof(request),
		.status = RAW_POISON,
		.minimum_bytes = minimum_bytes,
		.maximum_bytes = maximum_bytes,
		.operation = WINVM_WORKING_SET_SET,
		.flags = flags,
	};

	return ioctl(device, WINVM_IOC_WORKING_SET, &request) ? RAW_NO_ANSWER : request.status;
}

static inline uint32_t raw_empty(int device)
{
	return raw_limits(device, UINT64_MAX, UINT64_MAX, 0);
}

/* How many pages there are is *count. */
static inline uint32_t raw_working_set(int device, uint64_t *blocks, uint64_t capacity,
				       uint64_t *count)
{
	struct winvm_query_working_set request = {
		.size = sizeof(request),
		.status = RAW_POISON,
		.buffer = (uintptr_t)blocks,
		.capacity = capacity,
	};

	if (ioctl(device, WINVM_IOC_QUERY_WORKING_SET, &request))
		return RAW_NO_ANSWER;
	*count = request.count;
	return request.status;
}

/* Why did this thread get SIGSEGV? flags may be NULL. */
static inline uint32_t raw_exception(int device, const void *address, uint32_t access,
				     uint32_t *flags)
{
	struct winvm_exception request = {
		.size = sizeof(request),
		.status = RAW_POISON,
		.address = (uintptr_t)address,
		.access = access,
	};

	if (ioctl(device, WINVM_IOC_EXCEPTION, &request))
		return RAW_NO_ANSWER;
	if (flags)
		*flags = request.flags;
	return request.status;
}

/* What a TEB says of its thread's stack. */
struct raw_stack {
	uint64_t base;
	uint64_t limit;
	uint64_t deallocation;
	uint32_t guarantee;
};

/* The calling thread's stack is what @stack says, whatever that is when it is looked at. */
static inline uint32_t raw_thread(int device, const struct raw_stack *stack)
{
	struct winvm_thread request = {
		.size = sizeof(request),
		.status = RAW_POISON,
		.stack_base_at = (uintptr_t)&stack->base,
		.stack_limit_at = (uintptr_t)&stack->limit,
		.deallocation_stack_at = (uintptr_t)&stack->deallocation,
		.guarantee_at = (uintptr_t)&stack->guarantee,
	};

	return ioctl(device, WINVM_IOC_THREAD, &request) ? RAW_NO_ANSWER : request.status;
}

/* *bytes: wanted and, afterwards, done. */
static inline uint32_t raw_copy(int device, const void *address, const void *buffer, size_t *bytes,
				uint32_t flags)
{
	struct winvm_copy request = {
		.size = sizeof(request),
		.status = RAW_POISON,
		.address = (uintptr_t)address,
		.buffer = (uintptr_t)buffer,
		.bytes = *bytes,
		.flags = flags,
	};

	if (ioctl(device, WINVM_IOC_COPY, &request))
		return RAW_NO_ANSWER;
	*bytes = request.bytes;
	return request.status;
}

/* A handle for what an open descriptor stands for, or -1. */
static inline int raw_handle(int device, int proc_fd, uint32_t access)
{
	struct winvm_open_process request = {
		.size = sizeof(request),
		.proc_fd = proc_fd,
		.access = access,
	};

	return ioctl(device, WINVM_IOC_OPEN_PROCESS, &request);
}

/* A descriptor of /proc/PID/NAME, or -1. */
static inline int raw_proc_open(pid_t pid, const char *name, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return open(path, flags | O_CLOEXEC);
}

/* A handle with all rights on a process, or -1. */
static inline int raw_open_process(int device, pid_t pid)
{
	int proc_fd = raw_proc_open(pid, "mem", O_RDWR);
	int handle, saved;

	if (proc_fd < 0)
		return -1;
	handle = raw_handle(device, proc_fd, RAW_ALL_RIGHTS);
	saved = errno;
	close(proc_fd);
	errno = saved;
	return handle;
}

#endif
