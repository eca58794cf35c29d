// SPDX-License-Identifier: GPL-2.0
/* Handles on other processes, what they serve and what they end with (SPEC G-6, G-7, VQ-13). */
#include <sys/syscall.h>

#include "device.h"
#include "target.h"

#define ALL_RIGHTS \
	(PROCESS_VM_OPERATION | PROCESS_VM_READ | PROCESS_VM_WRITE | PROCESS_QUERY_INFORMATION)
#define RESERVE_COMMIT (MEM_RESERVE | MEM_COMMIT)

FIXTURE(target)
{
	struct target target;
	HANDLE handle;
	int device;
};

FIXTURE_SETUP(target)
{
	self->target = target_start(TARGET_ASLEEP);
	ASSERT_LE(0, self->target.pid);
	self->device = device_open();
	ASSERT_LE(0, self->device);
	self->handle = OpenProcess(ALL_RIGHTS, FALSE, (DWORD)self->target.pid);
	ASSERT_NE(NULL, self->handle);
}

FIXTURE_TEARDOWN(target)
{
	target_end(&self->target);
	CloseHandle(self->handle);
	close(self->device);
}

TEST_F(target, calls_on_a_process_that_never_opened_winvm)
{
	MEMORY_BASIC_INFORMATION region;
	DWORD old = MARK;
	char *base;

	EXPECT_WORKS(
		base = VirtualAllocEx(self->handle, NULL, 4 * PAGE, MEM_RESERVE, PAGE_READWRITE));
	ASSERT_NE(NULL, base);
	EXPECT_TRUE(target_reads(&self->target, base).faulted);
	EXPECT_WORKS(VirtualAllocEx(self->handle, base, 2 * PAGE, MEM_COMMIT, PAGE_READWRITE));
	EXPECT_FALSE(target_writes(&self->target, base, 0x61).faulted);
	EXPECT_EQ(0x61, target_reads(&self->target, base).value);
	EXPECT_WORKS(VirtualProtectEx(self->handle, base, PAGE, PAGE_READONLY, &old));
	EXPECT_EQ((DWORD)PAGE_READWRITE, old);
	EXPECT_EQ((uint32_t)ST_ACCESS_VIOLATION, target_writes(&self->target, base, 1).code);
	EXPECT_EQ(0x61, target_reads(&self->target, base).value);
	EXPECT_WORKS(VirtualQueryEx(self->handle, base, &region, sizeof(region)));
	EXPECT_EQ(base, region.AllocationBase);
	EXPECT_EQ(PAGE, region.RegionSize);
	EXPECT_EQ((DWORD)PAGE_READONLY, region.Protect);
	EXPECT_WORKS(VirtualFreeEx(self->handle, base, PAGE, MEM_DECOMMIT));
	EXPECT_TRUE(target_reads(&self->target, base).faulted);
	EXPECT_WORKS(VirtualFreeEx(self->handle, base, 0, MEM_RELEASE));
	EXPECT_WORKS(VirtualQueryEx(self->handle, base, &region, sizeof(region)));
	EXPECT_EQ((DWORD)MEM_FREE, region.State);
	/* Nothing of it happened here. */
	EXPECT_FREE(base, 4 * PAGE);
}

TEST_F(target, guard_page_set_from_outside_fires_inside)
{
	char *base = VirtualAllocEx(self->handle, NULL, PAGE, RESERVE_COMMIT,
				    PAGE_READWRITE | PAGE_GUARD);
	struct probe probe;

	ASSERT_NE(NULL, base);
	probe = target_reads(&self->target, base);
	EXPECT_EQ((uint32_t)ST_GUARD_PAGE_VIOLATION, probe.code);
	EXPECT_FALSE(target_reads(&self->target, base).faulted);
}

TEST_F(target, VQ_13_walk_over_another_process)
{
	MEMORY_BASIC_INFORMATION region;
	unsigned int reserved = 0;
	uintptr_t address = 0;

	for (uintptr_t i = 0; i < 10; i++)
		ASSERT_NE(NULL, VirtualAllocEx(self->handle, FIXED + i * 0x200000, PAGE,
					       MEM_RESERVE, PAGE_READWRITE));
	while (VirtualQueryEx(self->handle, (void *)address, &region, sizeof(region))) {
		ASSERT_EQ((void *)address, region.BaseAddress);
		ASSERT_NE(0u, region.RegionSize);
		if (region.State == MEM_RESERVE && (char *)address >= FIXED &&
		    (char *)address < FIXED + 0x2000000)
			reserved++;
		address += region.RegionSize;
	}
	EXPECT_EQ(87u, GetLastError());
	EXPECT_EQ(HIGHEST_ADDRESS + 1, address);
	EXPECT_EQ(10u, reserved);
}

TEST_F(target, G_6_missing_rights)
{
	HANDLE query = OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, (DWORD)self->target.pid);
	HANDLE operation = OpenProcess(PROCESS_VM_OPERATION, FALSE, (DWORD)self->target.pid);
	HANDLE limited =
		OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, (DWORD)self->target.pid);
	MEMORY_BASIC_INFORMATION region;
	SIZE_T copied;
	DWORD old;
	char byte = 0;
	char *base = VirtualAllocEx(self->handle, NULL, PAGE, RESERVE_COMMIT, PAGE_READWRITE);

	ASSERT_NE(NULL, base);
	ASSERT_NE(NULL, query);
	ASSERT_NE(NULL, operation);
	ASSERT_NE(NULL, limited);
	EXPECT_WORKS(VirtualQueryEx(query, base, &region, sizeof(region)));
	EXPECT_FAILS(5, VirtualAllocEx(query, NULL, PAGE, MEM_RESERVE, PAGE_READWRITE));
	EXPECT_FAILS(5, VirtualFreeEx(query, base, 0, MEM_RELEASE));
	EXPECT_FAILS(5, VirtualProtectEx(query, base, PAGE, PAGE_READONLY, &old));
	EXPECT_FAILS(5, ReadProcessMemory(query, base, &byte, 1, &copied));
	EXPECT_FAILS(5, WriteProcessMemory(query, base, &byte, 1, &copied));
	EXPECT_WORKS(VirtualProtectEx(operation, base, PAGE, PAGE_READWRITE, &old));
	EXPECT_FAILS(5, VirtualQueryEx(operation, base, &region, sizeof(region)));
	EXPECT_FAILS(5, ReadProcessMemory(operation, base, &byte, 1, &copied));
	EXPECT_FAILS(5, VirtualQueryEx(limited, base, &region, sizeof(region)));
	EXPECT_STATUS(ST_ACCESS_DENIED, RtlGetLastNtStatus());
	EXPECT_WORKS(CloseHandle(query));
	EXPECT_WORKS(CloseHandle(operation));
	EXPECT_WORKS(CloseHandle(limited));
	EXPECT_FAILS(6, VirtualQueryEx(query, base, &region, sizeof(region)));
	EXPECT_FAILS(6, CloseHandle(query));
}

/* What the file in /proc was opened for is what the handle can have. */
TEST_F(target, rights_of_the_proc_files)
{
	int reading = device_open_proc(self->target.pid, "mem", O_RDONLY);
	int writing = device_open_proc(self->target.pid, "mem", O_WRONLY);
	int both = device_open_proc(self->target.pid, "mem", O_RDWR);
	int environment = device_open_proc(self->target.pid, "environ", O_RDONLY);

	ASSERT_LE(0, reading);
	ASSERT_LE(0, writing);
	ASSERT_LE(0, both);
	ASSERT_LE(0, environment);
	EXPECT_LE(0, device_open_process(self->device, both, ALL_RIGHTS));
	EXPECT_LE(0, device_open_process(self->device, reading,
					 PROCESS_VM_READ | PROCESS_QUERY_INFORMATION));
	EXPECT_EQ(-EACCES, device_open_process(self->device, reading, PROCESS_VM_OPERATION));
	EXPECT_EQ(-EACCES, device_open_process(self->device, reading, PROCESS_VM_WRITE));
	EXPECT_LE(0, device_open_process(self->device, writing,
					 ALL_RIGHTS & ~(uint32_t)PROCESS_VM_READ));
	EXPECT_EQ(-EACCES, device_open_process(self->device, writing, PROCESS_VM_READ));
	EXPECT_LE(0, device_open_process(self->device, environment, PROCESS_QUERY_INFORMATION));
	EXPECT_EQ(-EACCES, device_open_process(self->device, environment, PROCESS_VM_READ));
	EXPECT_EQ(-EACCES, device_open_process(self->device, environment, PROCESS_VM_OPERATION));
}

TEST_F(target, other_files_give_nothing)
{
	static const char *const names[] = {
		"maps", "status", "pagemap", "auxv", "cmdline", "stat"
	};
	int ends[2];
	int device = device_open();

	EXPECT_EQ(-EBADF, device_open_process(self->device, -1, 0));
	EXPECT_EQ(-EBADF, device_open_process(self->device, 999, 0));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int file = device_open_proc(self->target.pid, names[i], O_RDONLY);

		ASSERT_LE(0, file);
		EXPECT_EQ(-EINVAL, device_open_process(self->device, file, 0))
		{
			TH_LOG("/proc/PID/%s", names[i]);
		}
		close(file);
	}
	ASSERT_EQ(0, pipe(ends));
	EXPECT_EQ(-EINVAL, device_open_process(self->device, ends[0], 0));
	EXPECT_EQ(-EINVAL, device_open_process(self->device, device, 0));
	/* O_PATH descriptors open nothing, so they prove nothing. */
	EXPECT_GT(0, device_open_process(self->device,
					 device_open_proc(self->target.pid, "mem", O_PATH), 0));
}

/* The target's own descriptor of the device, taken out of it, serves nobody here. */
TEST_F(target, descriptor_taken_from_the_target)
{
	struct winvm_allocate allocate = device_reserve_request();
	int theirs = target_obeys(&self->target, (struct order){ .what = ORDER_OPEN_DEVICE }).value;
	int pidfd = (int)syscall(SYS_pidfd_open, self->target.pid, 0);
	int taken = (int)syscall(SYS_pidfd_getfd, pidfd, theirs, 0);

	ASSERT_LE(0, pidfd);
	ASSERT_LE(0, taken);
	EXPECT_EQ(EPERM, device_call(taken, WINVM_IOC_ALLOCATE, &allocate));
}

static int open_as_somebody_else(void *pid)
{
	if (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534))
		return 100;
	SetLastError(0);
	if (OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, *(DWORD *)pid))
		return 1;
	if (GetLastError() != 5)
		return 2;
	if (OpenProcess(ALL_RIGHTS, FALSE, *(DWORD *)pid))
		return 3;
	return GetLastError() == 5 ? 0 : 4;
}

TEST_F(target, another_user_is_refused)
{
	EXPECT_EQ(0, in_child(open_as_somebody_else, &self->target.pid));
}

static int is_the_handle_usable(void *handle)
{
	struct winvm_allocate allocate = device_reserve_request();

	return device_call(*(int *)handle, WINVM_IOC_ALLOCATE, &allocate) || allocate.status;
}

/* Unlike the device, a handle is made to be passed on, as /proc/PID/mem itself. */
TEST_F(target, handle_is_a_capability)
{
	int handle = device_open_process(
		self->device, device_open_proc(self->target.pid, "mem", O_RDWR), ALL_RIGHTS);

	ASSERT_LE(0, handle);
	EXPECT_EQ(FD_CLOEXEC, fcntl(handle, F_GETFD));
	EXPECT_EQ(0, in_child(is_the_handle_usable, &handle));
}

TEST_F(target, G_7_target_has_ended)
{
	MEMORY_BASIC_INFORMATION region;

	ASSERT_NE(NULL, VirtualAllocEx(self->handle, NULL, PAGE, RESERVE_COMMIT, PAGE_READWRITE));
	kill(self->target.pid, SIGKILL);
	waitpid(self->target.pid, NULL, 0);
	EXPECT_FAILS(5, VirtualAllocEx(self->handle, NULL, PAGE, MEM_RESERVE, PAGE_READWRITE));
	EXPECT_STATUS(ST_PROCESS_IS_TERMINATING, RtlGetLastNtStatus());
	EXPECT_FAILS(5, VirtualQueryEx(self->handle, FIXED, &region, sizeof(region)));
	EXPECT_FAILS(87, OpenProcess(ALL_RIGHTS, FALSE, (DWORD)self->target.pid));
}

TEST_F(target, zombie)
{
	siginfo_t info;
	int file;

	kill(self->target.pid, SIGKILL);
	ASSERT_EQ(0, waitid(P_PID, (id_t)self->target.pid, &info, WEXITED | WNOWAIT));
	file = device_open_proc(self->target.pid, "mem", O_RDONLY);
	if (file >= 0)
		EXPECT_EQ(-ESRCH, device_open_process(self->device, file, 0));
	EXPECT_EQ(NULL, OpenProcess(ALL_RIGHTS, FALSE, (DWORD)self->target.pid));
}

TEST_F(target, kernel_thread)
{
	int file = device_open_proc(2, "mem", O_RDONLY);

	if (file >= 0)
		EXPECT_EQ(-ESRCH, device_open_process(self->device, file, 0));
	EXPECT_EQ(NULL, OpenProcess(ALL_RIGHTS, FALSE, 2));
}

/* After exec the handle stands for the address space that is gone. */
TEST_F(target, target_that_execs)
{
	char path[64], name[64] = "";
	ssize_t length;

	ASSERT_NE(NULL, VirtualAllocEx(self->handle, NULL, PAGE, RESERVE_COMMIT, PAGE_READWRITE));
	ASSERT_EQ(sizeof(struct order),
		  (size_t)write(self->target.socket, &(struct order){ .what = ORDER_EXEC },
				sizeof(struct order)));
	snprintf(path, sizeof(path), "/proc/%d/exe", self->target.pid);
	do {
		usleep(1000);
		length = readlink(path, name, sizeof(name) - 1);
	} while (length < 5 || !strstr(name, "sleep"));
	EXPECT_FAILS(5, VirtualAllocEx(self->handle, NULL, PAGE, MEM_RESERVE, PAGE_READWRITE));
	EXPECT_STATUS(ST_PROCESS_IS_TERMINATING, RtlGetLastNtStatus());
}

TEST_F(target, nobody_has_that_pid)
{
	EXPECT_FAILS(87, OpenProcess(ALL_RIGHTS, FALSE, 0x7ffffff0));
	EXPECT_FAILS(87, OpenProcess(ALL_RIGHTS, FALSE, 0));
}

VM_TEST_MAIN
