// SPDX-License-Identifier: GPL-2.0
/*
 * Every call on another process, whatever that does meanwhile: nothing of it is
 * needed. It runs, alone or with threads that map and unmap; it sleeps in a
 * system call, or in vfork(); it is stopped by a signal, a tracer, or with its
 * control group.
 */
#include "calls.h"
#include "device.h"
#include "target.h"

#define RESERVE_COMMIT (MEM_RESERVE | MEM_COMMIT)

FIXTURE(target)
{
	struct target target;
	HANDLE handle;
};

FIXTURE_VARIANT(target)
{
	enum target_state state;
};

FIXTURE_VARIANT_ADD(target, asleep){
	.state = TARGET_ASLEEP,
};

FIXTURE_VARIANT_ADD(target, running){
	.state = TARGET_RUNNING,
};

FIXTURE_VARIANT_ADD(target, running_with_threads){
	.state = TARGET_THREADED,
};

FIXTURE_VARIANT_ADD(target, stopped){
	.state = TARGET_STOPPED,
};

FIXTURE_VARIANT_ADD(target, stopped_by_its_tracer){
	.state = TARGET_TRACED,
};

FIXTURE_VARIANT_ADD(target, in_vfork){
	.state = TARGET_VFORKED,
};

FIXTURE_VARIANT_ADD(target, in_a_frozen_group){
	.state = TARGET_FROZEN,
};

FIXTURE_SETUP(target)
{
	self->target = target_start(variant->state);
	ASSERT_LE(0, self->target.pid);
	ASSERT_TRUE(target_halt(&self->target));
	self->handle = OpenProcess(PROCESS_ALL_ACCESS, FALSE, (DWORD)self->target.pid);
	ASSERT_NE(NULL, self->handle);
}

FIXTURE_TEARDOWN(target)
{
	target_resume(&self->target);
	target_end(&self->target);
	CloseHandle(self->handle);
}

/* The first allocation of the process is made from outside. */
TEST_F(target, every_call)
{
	char *base = foreign_base(self->handle);

	ASSERT_NE(NULL, base);
	for (size_t i = 0; i < FOREIGN_CALLS; i++) {
		EXPECT_STATUS(ST_SUCCESS, foreign_calls[i].call(self->handle, base))
		{
			TH_LOG("%s", foreign_calls[i].name);
		}
	}
}

/* What the calls did is there when the target looks. */
TEST_F(target, what_the_calls_did_is_seen)
{
	char *base, *code;
	SIZE_T copied;
	DWORD old;
	char byte;

	EXPECT_WORKS(base = VirtualAllocEx(self->handle, NULL, 4 * PAGE, RESERVE_COMMIT,
					   PAGE_READWRITE));
	EXPECT_WORKS(
		code = VirtualAllocEx(self->handle, NULL, PAGE, RESERVE_COMMIT, PAGE_EXECUTE_READ));
	EXPECT_WORKS(WriteProcessMemory(self->handle, base, "one page, and the next", 22, &copied));
	EXPECT_WORKS(WriteProcessMemory(self->handle, code, "\xc3", 1, &copied));
	EXPECT_WORKS(VirtualProtectEx(self->handle, base, PAGE, PAGE_READONLY, &old));
	EXPECT_WORKS(VirtualProtectEx(self->handle, base + PAGE, PAGE, PAGE_READWRITE | PAGE_GUARD,
				      &old));
	EXPECT_WORKS(VirtualFreeEx(self->handle, base + 2 * PAGE, PAGE, MEM_DECOMMIT));
	EXPECT_WORKS(ReadProcessMemory(self->handle, base, &byte, 1, &copied));
	EXPECT_EQ('o', byte);

	ASSERT_TRUE(target_resume(&self->target));
	EXPECT_EQ('o', target_reads(&self->target, base).value);
	EXPECT_EQ((uint32_t)ST_ACCESS_VIOLATION, target_writes(&self->target, base, 1).code);
	EXPECT_EQ((uint32_t)ST_GUARD_PAGE_VIOLATION, target_reads(&self->target, base + PAGE).code);
	EXPECT_EQ((uint32_t)ST_ACCESS_VIOLATION, target_reads(&self->target, base + 2 * PAGE).code);
	EXPECT_FALSE(target_writes(&self->target, base + 3 * PAGE, 0x33).faulted);
	EXPECT_EQ(0xc3, target_reads(&self->target, code).value);
	EXPECT_TRUE(target_writes(&self->target, code, 1).faulted);
	EXPECT_WORKS(VirtualFreeEx(self->handle, base, 0, MEM_RELEASE));
	EXPECT_TRUE(target_reads(&self->target, base + 3 * PAGE).faulted);
}

/* What it wrote before it stopped is seen from outside, and taken away meanwhile. */
TEST_F(target, memory_it_uses_changes_under_it)
{
	MEMORY_BASIC_INFORMATION region;
	SIZE_T copied;
	char byte = 0, *base;
	DWORD old;

	ASSERT_TRUE(target_resume(&self->target));
	base = VirtualAllocEx(self->handle, NULL, 2 * PAGE, RESERVE_COMMIT, PAGE_READWRITE);
	ASSERT_NE(NULL, base);
	EXPECT_FALSE(target_writes(&self->target, base, 0x11).faulted);
	EXPECT_FALSE(target_writes(&self->target, base + PAGE, 0x22).faulted);
	ASSERT_TRUE(target_halt(&self->target));
	EXPECT_WORKS(ReadProcessMemory(self->handle, base, &byte, 1, &copied));
	EXPECT_EQ(0x11, byte);
	EXPECT_WORKS(VirtualProtectEx(self->handle, base, PAGE, PAGE_NOACCESS, &old));
	EXPECT_WORKS(VirtualFreeEx(self->handle, base + PAGE, PAGE, MEM_DECOMMIT));
	EXPECT_WORKS(VirtualQueryEx(self->handle, base + PAGE, &region, sizeof(region)));
	EXPECT_EQ((DWORD)MEM_RESERVE, region.State);
	ASSERT_TRUE(target_resume(&self->target));
	EXPECT_TRUE(target_reads(&self->target, base).faulted);
	EXPECT_TRUE(target_writes(&self->target, base + PAGE, 1).faulted);
}

static uint64_t written_pages(int handle, unsigned long call, char *base)
{
	uint64_t pages[4];
	struct winvm_write_watch request = {
		.size = sizeof(request),
		.base = (uintptr_t)base,
		.bytes = 4 * PAGE,
		.addresses = (uintptr_t)pages,
		.count = 4,
		.flags = call == WINVM_IOC_GET_WRITE_WATCH ? WINVM_WATCH_RESET : 0,
	};

	if (ioctl(handle, call, &request) || request.status)
		return MARK;
	return call == WINVM_IOC_GET_WRITE_WATCH ? request.count : 0;
}

/* Win32 has no form of these for another process, NT has. */
TEST_F(target, write_watch)
{
	char *base = VirtualAllocEx(self->handle, NULL, 4 * PAGE, RESERVE_COMMIT | MEM_WRITE_WATCH,
				    PAGE_READWRITE);
	int handle = device_open_process(device_open(),
					 device_open_proc(self->target.pid, "mem", O_RDWR),
					 WINVM_PROCESS_VM_OPERATION);

	ASSERT_NE(NULL, base);
	ASSERT_LE(0, handle);
	EXPECT_EQ(0u, written_pages(handle, WINVM_IOC_GET_WRITE_WATCH, base));
	EXPECT_WORKS(WriteProcessMemory(self->handle, base, "w", 1, NULL));
	EXPECT_WORKS(WriteProcessMemory(self->handle, base + 2 * PAGE, "w", 1, NULL));
	EXPECT_EQ(2u, written_pages(handle, WINVM_IOC_GET_WRITE_WATCH, base));
	EXPECT_EQ(0u, written_pages(handle, WINVM_IOC_GET_WRITE_WATCH, base));
	EXPECT_WORKS(WriteProcessMemory(self->handle, base, "w", 1, NULL));
	EXPECT_EQ(0u, written_pages(handle, WINVM_IOC_RESET_WRITE_WATCH, base));
	EXPECT_EQ(0u, written_pages(handle, WINVM_IOC_GET_WRITE_WATCH, base));
	ASSERT_TRUE(target_resume(&self->target));
	EXPECT_FALSE(target_writes(&self->target, base + 3 * PAGE, 1).faulted);
	EXPECT_EQ(1u, written_pages(handle, WINVM_IOC_GET_WRITE_WATCH, base));
}

TEST_F(target, G_7_killed_meanwhile)
{
	char *base = foreign_base(self->handle);

	ASSERT_NE(NULL, base);
	target_end(&self->target);
	for (size_t i = 0; i < FOREIGN_CALLS; i++) {
		EXPECT_STATUS(ST_PROCESS_IS_TERMINATING, foreign_calls[i].call(self->handle, base))
		{
			TH_LOG("%s", foreign_calls[i].name);
		}
	}
}

VM_TEST_MAIN
