// SPDX-License-Identifier: GPL-2.0
/*
 * Which rights each call on another process needs, and what OpenProcess makes
 * of the rights that are asked for (SPEC G-6).
 */
#include "calls.h"
#include "target.h"

#define MEMORY_RIGHTS \
	(PROCESS_VM_OPERATION | PROCESS_VM_READ | PROCESS_VM_WRITE | PROCESS_QUERY_INFORMATION)

FIXTURE(rights)
{
	struct target target;
	HANDLE all;
	char *base;
};

FIXTURE_SETUP(rights)
{
	self->target = target_start(TARGET_ASLEEP);
	ASSERT_LE(0, self->target.pid);
	self->all = OpenProcess(PROCESS_ALL_ACCESS, FALSE, (DWORD)self->target.pid);
	ASSERT_NE(NULL, self->all);
	self->base = foreign_base(self->all);
	ASSERT_NE(NULL, self->base);
}

FIXTURE_TEARDOWN(rights)
{
	target_end(&self->target);
	CloseHandle(self->all);
}

/* What the call says through a handle with these rights. */
static NTSTATUS call_with(size_t index, DWORD access, pid_t pid, char *base)
{
	HANDLE handle = OpenProcess(access, FALSE, (DWORD)pid);
	NTSTATUS status = handle ? foreign_calls[index].call(handle, base) : ST_NOT_SUPPORTED;

	if (handle)
		CloseHandle(handle);
	return status;
}

TEST_F(rights, G_6_each_call_works_with_the_rights_it_needs_alone)
{
	for (size_t i = 0; i < FOREIGN_CALLS; i++) {
		EXPECT_STATUS(ST_SUCCESS,
			      call_with(i, foreign_calls[i].needs, self->target.pid, self->base))
		{
			TH_LOG("%s", foreign_calls[i].name);
		}
	}
}

TEST_F(rights, G_6_each_call_is_denied_when_one_right_is_missing)
{
	for (size_t i = 0; i < FOREIGN_CALLS; i++) {
		for (DWORD right = 1; right < PROCESS_ALL_ACCESS; right <<= 1) {
			if (!(foreign_calls[i].needs & right))
				continue;
			EXPECT_STATUS(ST_ACCESS_DENIED, call_with(i, PROCESS_ALL_ACCESS & ~right,
								  self->target.pid, self->base))
			{
				TH_LOG("%s without %#x", foreign_calls[i].name, right);
			}
		}
	}
}

/* What a process of Windows gives almost everybody is no right to its memory. */
TEST_F(rights, G_6_limited_information_is_not_enough)
{
	for (size_t i = 0; i < FOREIGN_CALLS; i++) {
		EXPECT_STATUS(ST_ACCESS_DENIED,
			      call_with(i, PROCESS_ALL_ACCESS & ~(DWORD)MEMORY_RIGHTS,
					self->target.pid, self->base))
		{
			TH_LOG("%s", foreign_calls[i].name);
		}
	}
}

TEST_F(rights, G_6_denied_is_error_5)
{
	HANDLE none = OpenProcess(SYNCHRONIZE, FALSE, (DWORD)self->target.pid);
	MEMORY_BASIC_INFORMATION region;
	DWORD old = MARK;
	char byte;

	ASSERT_NE(NULL, none);
	EXPECT_FAILS(5, VirtualAllocEx(none, NULL, PAGE, MEM_RESERVE, PAGE_READWRITE));
	EXPECT_FAILS(5, VirtualAlloc2(none, NULL, PAGE, MEM_RESERVE, PAGE_READWRITE, NULL, 0));
	EXPECT_FAILS(5, VirtualFreeEx(none, self->base, 0, MEM_RELEASE));
	EXPECT_FAILS(5, VirtualProtectEx(none, self->base, PAGE, PAGE_READONLY, &old));
	EXPECT_EQ(MARK, old);
	EXPECT_FAILS(5, VirtualQueryEx(none, self->base, &region, sizeof(region)));
	EXPECT_FAILS(5, ReadProcessMemory(none, self->base, &byte, 1, NULL));
	EXPECT_FAILS(5, WriteProcessMemory(none, self->base, &byte, 1, NULL));
	EXPECT_FAILS(5, TerminateProcess(none, 0));
	CloseHandle(none);
}

/* A right that is asked for with another name. */
TEST_F(rights, G_6_generic_rights)
{
	static const struct {
		DWORD generic, means;
	} rows[] = {
		{ GENERIC_READ, PROCESS_QUERY_INFORMATION | PROCESS_VM_READ },
		{ GENERIC_WRITE, PROCESS_VM_OPERATION | PROCESS_VM_WRITE },
		{ GENERIC_EXECUTE, 0 },
		{ GENERIC_ALL, MEMORY_RIGHTS },
		{ MAXIMUM_ALLOWED, MEMORY_RIGHTS },
		{ MAXIMUM_ALLOWED | PROCESS_VM_READ, MEMORY_RIGHTS },
		{ GENERIC_READ | PROCESS_VM_OPERATION | PROCESS_VM_WRITE, MEMORY_RIGHTS },
	};

	for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
		for (size_t i = 0; i < FOREIGN_CALLS; i++) {
			bool allowed = !(foreign_calls[i].needs & ~rows[row].means);

			EXPECT_STATUS(allowed ? ST_SUCCESS : ST_ACCESS_DENIED,
				      call_with(i, rows[row].generic, self->target.pid, self->base))
			{
				TH_LOG("%s with %#x", foreign_calls[i].name, rows[row].generic);
			}
		}
	}
}

TEST_F(rights, G_6_bits_that_are_no_rights)
{
	const DWORD pid = (DWORD)self->target.pid;

	for (DWORD bit = PROCESS_ALL_ACCESS + 1; bit < ACCESS_SYSTEM_SECURITY; bit <<= 1)
		EXPECT_FAILS(5, OpenProcess(PROCESS_VM_READ | bit, FALSE, pid));
	EXPECT_FAILS(5, OpenProcess(0x04000000, FALSE, pid));
	EXPECT_FAILS(5, OpenProcess(0x08000000, FALSE, pid));
	EXPECT_FAILS(5, OpenProcess(MAXIMUM_ALLOWED | 0x08000000, FALSE, pid));
	EXPECT_FAILS(1314, OpenProcess(PROCESS_VM_READ | ACCESS_SYSTEM_SECURITY, FALSE, pid));
	/* That there is no such process is seen first. */
	EXPECT_FAILS(87, OpenProcess(0x08000000, FALSE, 0x7ffffff0));
}

TEST_F(rights, G_6_terminate)
{
	HANDLE handle = OpenProcess(PROCESS_TERMINATE, FALSE, (DWORD)self->target.pid);

	ASSERT_NE(NULL, handle);
	EXPECT_FAILS(5, ReadProcessMemory(handle, self->base, &(char){ 0 }, 1, NULL));
	EXPECT_WORKS(TerminateProcess(handle, 0));
	CloseHandle(handle);
}

/* As somebody who may not look into the target: what is granted, 0 if as it should be. */
static int as_somebody_else(void *argument)
{
	const DWORD pid = *(DWORD *)argument;
	MEMORY_BASIC_INFORMATION region;
	HANDLE handle;

	if (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534))
		return 100;
	for (DWORD right = PROCESS_TERMINATE; right <= PROCESS_QUERY_INFORMATION; right <<= 1) {
		bool guarded = right & (MEMORY_RIGHTS | PROCESS_SET_QUOTA | PROCESS_TERMINATE);

		handle = OpenProcess(right, FALSE, pid);
		if (guarded != !handle || (!handle && GetLastError() != 5))
			return 1;
	}
	if (OpenProcess(PROCESS_ALL_ACCESS, FALSE, pid) || OpenProcess(GENERIC_READ, FALSE, pid))
		return 2;
	/* There is little that is allowed. */
	handle = OpenProcess(MAXIMUM_ALLOWED, FALSE, pid);
	if (!handle || GetProcessId(handle) != pid)
		return 3;
	if (VirtualQueryEx(handle, NULL, &region, sizeof(region)) || GetLastError() != 5)
		return 4;
	if (TerminateProcess(handle, 0) || GetLastError() != 5)
		return 5;
	if (OpenProcess(MAXIMUM_ALLOWED | PROCESS_VM_READ, FALSE, pid) || GetLastError() != 5)
		return 6;
	return 0;
}

TEST_F(rights, G_6_somebody_else_gets_what_linux_allows)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(as_somebody_else(&self->target.pid));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFEXITED(status));
	EXPECT_EQ(0, WEXITSTATUS(status));
}

VM_TEST_MAIN
