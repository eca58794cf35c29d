/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests share: expectations on calls, on memory and on what a query
 * shows. The harness runs each TEST in a process of its own, so that no test
 * sees what another has allocated.
 */
#ifndef KSELFTEST_VM_H
#define KSELFTEST_VM_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <windows.h>
#include <winternl.h>

#include "../conformance/probe.h"
#include "../../uapi/linux/winvm.h"
#include "harness.h"

#define PAGE		((SIZE_T)0x1000)
#define GRANULARITY	((SIZE_T)0x10000)
#define HIGHEST_ADDRESS UINT64_C(0x7ffffffeffff)

/* An address that nothing uses, for tests that name theirs. */
#define FIXED ((char *)0x200000000000)

/* Last error before a call, and contents of what a failing call must not write. */
#define MARK 0xdeadbeefu

#define STATUS(value)		   ((NTSTATUS)(value))
#define ST_SUCCESS		   STATUS(0)
#define ST_GUARD_PAGE_VIOLATION	   STATUS(0x80000001)
#define ST_BUFFER_OVERFLOW	   STATUS(0x80000005)
#define ST_PARTIAL_COPY		   STATUS(0x8000000d)
#define ST_WAS_LOCKED		   STATUS(0x40000019)
#define ST_INVALID_INFO_CLASS	   STATUS(0xc0000003)
#define ST_INFO_LENGTH_MISMATCH	   STATUS(0xc0000004)
#define ST_ACCESS_VIOLATION	   STATUS(0xc0000005)
#define ST_INVALID_HANDLE	   STATUS(0xc0000008)
#define ST_INVALID_PARAMETER	   STATUS(0xc000000d)
#define ST_NO_MEMORY		   STATUS(0xc0000017)
#define ST_CONFLICTING_ADDRESSES   STATUS(0xc0000018)
#define ST_UNABLE_TO_FREE_VM	   STATUS(0xc000001a)
#define ST_ACCESS_DENIED	   STATUS(0xc0000022)
#define ST_NOT_LOCKED		   STATUS(0xc000002a)
#define ST_NOT_COMMITTED	   STATUS(0xc000002d)
#define ST_QUOTA_EXCEEDED	   STATUS(0xc0000044)
#define ST_INVALID_PAGE_PROTECTION STATUS(0xc0000045)
#define ST_PRIVILEGE_NOT_HELD	   STATUS(0xc0000061)
#define ST_FILE_INVALID		   STATUS(0xc0000098)
#define ST_FREE_VM_NOT_AT_BASE	   STATUS(0xc000009f)
#define ST_NOT_SUPPORTED	   STATUS(0xc00000bb)
#define ST_MEMORY_NOT_ALLOCATED	   STATUS(0xc00000a0)
#define ST_WORKING_SET_QUOTA	   STATUS(0xc00000a1)
#define ST_INVALID_PARAMETER_1	   STATUS(0xc00000ef)
#define ST_INVALID_PARAMETER_12	   STATUS(0xc00000fa)
#define ST_NAME_TOO_LONG	   STATUS(0xc0000106)
#define ST_PROCESS_IS_TERMINATING  STATUS(0xc000010a)
#define ST_COMMITMENT_LIMIT	   STATUS(0xc000012d)
#define ST_INVALID_ADDRESS	   STATUS(0xc0000141)

/* A Win32 call that succeeds leaves the last error alone (SPEC G-2). */
#define EXPECT_WORKS(call)                                  \
	do {                                                \
		SetLastError(MARK);                         \
		EXPECT_NE((uintptr_t)0, (uintptr_t)(call)); \
		EXPECT_EQ(MARK, GetLastError());            \
	} while (0)

/* A Win32 call that fails gives NULL, FALSE or 0 and an error (SPEC G-3). */
#define EXPECT_FAILS(error, call)                           \
	do {                                                \
		SetLastError(MARK);                         \
		EXPECT_EQ((uintptr_t)0, (uintptr_t)(call)); \
		EXPECT_EQ((DWORD)(error), GetLastError());  \
	} while (0)

#define EXPECT_STATUS(expected, call) EXPECT_EQ((uint32_t)(expected), (uint32_t)(call))

/* One of the statuses of an invalid parameter; which one differs between builds (SPEC G-4). */
#define EXPECT_STATUS_INVALID(call) EXPECT_TRUE(status_is_invalid_parameter(call))

#define EXPECT_READS(expected, address)                                 \
	do {                                                            \
		struct probe probe_ = probe_read((uintptr_t)(address)); \
		EXPECT_FALSE(probe_.faulted);                           \
		EXPECT_EQ((uint8_t)(expected), probe_.value);           \
	} while (0)

#define EXPECT_WRITES(address, value) \
	EXPECT_FALSE(probe_write((uintptr_t)(address), (uint8_t)(value)).faulted)

#define EXPECT_EXECUTES(address) EXPECT_FALSE(probe_execute((uintptr_t)(address)).faulted)

#define EXPECT_EXCEPTION(code_, kind_, where, access)                    \
	do {                                                             \
		struct probe probe_ = (access);                          \
		EXPECT_TRUE(probe_.faulted);                             \
		EXPECT_EQ((uint32_t)(code_), probe_.code);               \
		EXPECT_EQ(2u, probe_.parameters);                        \
		EXPECT_EQ((uint64_t)(kind_), probe_.kind);               \
		EXPECT_EQ((uint64_t)(uintptr_t)(where), probe_.address); \
	} while (0)

/* Exceptions, by the access that raises them (SPEC EX-1, GP-2). */
#define EXPECT_VIOLATION_READ(address) \
	EXPECT_EXCEPTION(ST_ACCESS_VIOLATION, 0, address, probe_read((uintptr_t)(address)))
#define EXPECT_VIOLATION_WRITE(address) \
	EXPECT_EXCEPTION(ST_ACCESS_VIOLATION, 1, address, probe_write((uintptr_t)(address), 1))
#define EXPECT_VIOLATION_EXECUTE(address) \
	EXPECT_EXCEPTION(ST_ACCESS_VIOLATION, 8, address, probe_execute((uintptr_t)(address)))
#define EXPECT_GUARD_READ(address) \
	EXPECT_EXCEPTION(ST_GUARD_PAGE_VIOLATION, 0, address, probe_read((uintptr_t)(address)))
#define EXPECT_GUARD_WRITE(address) \
	EXPECT_EXCEPTION(ST_GUARD_PAGE_VIOLATION, 1, address, probe_write((uintptr_t)(address), 1))
#define EXPECT_GUARD_EXECUTE(address) \
	EXPECT_EXCEPTION(ST_GUARD_PAGE_VIOLATION, 8, address, probe_execute((uintptr_t)(address)))

/* What a query of @address shows. */
#define EXPECT_REGION(address, allocation_, bytes_, state_, protect_)                         \
	do {                                                                                  \
		MEMORY_BASIC_INFORMATION region_ = region_at(address);                        \
		EXPECT_EQ((void *)((uintptr_t)(address) & ~(PAGE - 1)), region_.BaseAddress); \
		EXPECT_EQ((void *)(allocation_), region_.AllocationBase);                     \
		EXPECT_EQ((SIZE_T)(bytes_), region_.RegionSize);                              \
		EXPECT_EQ((DWORD)(state_), region_.State);                                    \
		EXPECT_EQ((DWORD)(protect_), region_.Protect);                                \
	} while (0)

#define EXPECT_COMMITTED(address, allocation, bytes, protect) \
	EXPECT_REGION(address, allocation, bytes, MEM_COMMIT, protect)
#define EXPECT_RESERVED(address, allocation, bytes) \
	EXPECT_REGION(address, allocation, bytes, MEM_RESERVE, 0)

/* Free from here for at least @bytes. */
#define EXPECT_FREE(address, bytes)                                    \
	do {                                                           \
		MEMORY_BASIC_INFORMATION region_ = region_at(address); \
		EXPECT_EQ((DWORD)MEM_FREE, region_.State);             \
		EXPECT_LE((SIZE_T)(bytes), region_.RegionSize);        \
	} while (0)

#define EXPECT_NTH(expected_status, expected_base, expected_bytes, result)        \
	do {                                                                      \
		struct nt_answer answer_ = (result);                              \
		EXPECT_EQ((uint32_t)(expected_status), (uint32_t)answer_.status); \
		EXPECT_EQ((void *)(expected_base), answer_.base);                 \
		EXPECT_EQ((SIZE_T)(expected_bytes), answer_.bytes);               \
	} while (0)

static inline bool status_is_invalid_parameter(NTSTATUS status)
{
	return status == ST_INVALID_PARAMETER ||
	       (status >= ST_INVALID_PARAMETER_1 && status <= ST_INVALID_PARAMETER_12);
}

/* A failed query gives the mark everywhere. */
static inline MEMORY_BASIC_INFORMATION region_at(const void *address)
{
	MEMORY_BASIC_INFORMATION region;

	if (VirtualQuery(address, &region, sizeof(region)) != sizeof(region))
		memset(&region, 0xee, sizeof(region));
	return region;
}

static inline char *reserve(SIZE_T bytes)
{
	return VirtualAlloc(NULL, bytes, MEM_RESERVE, PAGE_READWRITE);
}

static inline char *commit(SIZE_T bytes)
{
	return VirtualAlloc(NULL, bytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
}

/* Commits inside an allocation: did it work? */
static inline bool commit_at(void *address, SIZE_T bytes, DWORD protection)
{
	return VirtualAlloc(address, bytes, MEM_COMMIT, protection);
}

static inline bool protect(void *address, SIZE_T bytes, DWORD protection)
{
	DWORD old;

	return VirtualProtect(address, bytes, protection, &old);
}

static inline bool decommit(void *address, SIZE_T bytes)
{
	return VirtualFree(address, bytes, MEM_DECOMMIT);
}

static inline bool release(void *address)
{
	return VirtualFree(address, 0, MEM_RELEASE);
}

/* An Nt call's status, and its in-out parameters afterwards. */
struct nt_answer {
	NTSTATUS status;
	void *base;
	SIZE_T bytes;
	ULONG old;
};

static inline struct nt_answer nt_allocate(void *base, ULONG_PTR zero_bits, SIZE_T bytes,
					   ULONG type, ULONG protection)
{
	struct nt_answer answer = { .base = base, .bytes = bytes };

	answer.status = NtAllocateVirtualMemory(NtCurrentProcess(), &answer.base, zero_bits,
						&answer.bytes, type, protection);
	return answer;
}

static inline struct nt_answer nt_allocate_ex(void *base, SIZE_T bytes, ULONG type,
					      ULONG protection, MEM_EXTENDED_PARAMETER *parameters,
					      ULONG count)
{
	struct nt_answer answer = { .base = base, .bytes = bytes };

	answer.status = NtAllocateVirtualMemoryEx(NtCurrentProcess(), &answer.base, &answer.bytes,
						  type, protection, parameters, count);
	return answer;
}

static inline struct nt_answer nt_free(void *base, SIZE_T bytes, ULONG type)
{
	struct nt_answer answer = { .base = base, .bytes = bytes };

	answer.status = NtFreeVirtualMemory(NtCurrentProcess(), &answer.base, &answer.bytes, type);
	return answer;
}

static inline struct nt_answer nt_protect(void *base, SIZE_T bytes, ULONG protection)
{
	struct nt_answer answer = { .base = base, .bytes = bytes };

	answer.status = NtProtectVirtualMemory(NtCurrentProcess(), &answer.base, &answer.bytes,
					       protection, &answer.old);
	return answer;
}

static inline struct nt_answer nt_lock(void *base, SIZE_T bytes, ULONG map_type)
{
	struct nt_answer answer = { .base = base, .bytes = bytes };

	answer.status =
		NtLockVirtualMemory(NtCurrentProcess(), &answer.base, &answer.bytes, map_type);
	return answer;
}

static inline struct nt_answer nt_unlock(void *base, SIZE_T bytes, ULONG map_type)
{
	struct nt_answer answer = { .base = base, .bytes = bytes };

	answer.status =
		NtUnlockVirtualMemory(NtCurrentProcess(), &answer.base, &answer.bytes, map_type);
	return answer;
}

/* What the module has charged to this process; all zero if it cannot be asked. */
static inline struct winvm_counters counters(void)
{
	struct winvm_counters counters = { .size = sizeof(counters) };
	int device = open(WINVM_DEVICE, O_RDWR | O_CLOEXEC);

	if (device < 0 || ioctl(device, WINVM_IOC_COUNTERS, &counters))
		memset(&counters, 0, sizeof(counters));
	if (device >= 0)
		close(device);
	return counters;
}

/* Runs the tests of a file, with probes that survive their faults. */
#define VM_TEST_MAIN                                                  \
	int main(int argc, char **argv)                               \
	{                                                             \
		if (!probe_begin())                                   \
			ksft_exit_fail_msg("no exception handler\n"); \
		return test_harness_run(argc, argv);                  \
	}

#endif
