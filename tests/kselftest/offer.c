// SPDX-License-Identifier: GPL-2.0
/* OfferVirtualMemory and its companions while there is memory enough (SPEC 8.4). */
#include <errno.h>
#include <psapi.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "device.h"
#include "proc.h"
#include "stack.h"

/* These calls return their error, and leave the last one alone (SPEC OF-1). */
#define EXPECT_RETURNS(error, call)                        \
	do {                                               \
		SetLastError(MARK);                        \
		EXPECT_EQ((DWORD)(error), (DWORD)(call));  \
		EXPECT_EQ(MARK, GetLastError());           \
	} while (0)

static DWORD offer(void *address, SIZE_T bytes)
{
	return OfferVirtualMemory(address, bytes, VmOfferPriorityNormal);
}

static DWORD reclaim(void *address, SIZE_T bytes)
{
	return ReclaimVirtualMemory(address, bytes);
}

static DWORD discard(void *address, SIZE_T bytes)
{
	return DiscardVirtualMemory(address, bytes);
}

typedef DWORD call_on_range(void *address, SIZE_T bytes);

static call_on_range *const calls[] = { offer, reclaim, discard };

/* Committed pages, each with its number plus 1 in its first byte. */
static char *numbered(SIZE_T pages)
{
	char *base = commit(pages * PAGE);

	for (SIZE_T i = 0; base && i < pages; i++)
		base[i * PAGE] = (char)(i + 1);
	return base;
}

static SIZE_T resident(char *base, SIZE_T pages)
{
	unsigned char present[8192];
	SIZE_T count = 0;

	if (pages > sizeof(present) || mincore(base, pages * PAGE, present))
		return 0;
	for (SIZE_T i = 0; i < pages; i++)
		count += present[i] & 1;
	return count;
}

/* Pages in the page tables, that is in the working set. */
static SIZE_T mapped(const char *base, SIZE_T pages)
{
	uint64_t entries[1024];
	size_t bytes = pages * sizeof(*entries);
	off_t at = (off_t)((uintptr_t)base / PAGE * sizeof(*entries));
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	SIZE_T count = 0;

	if (bytes <= sizeof(entries) && pread(pagemap, entries, bytes, at) == (ssize_t)bytes)
		for (SIZE_T i = 0; i < pages; i++)
			count += entries[i] >> 63;
	close(pagemap);
	return count;
}

TEST(OF_1_whole_pages)
{
	char *base = numbered(4);

	ASSERT_NE(NULL, base);
	for (int i = 0; i < 3; i++) {
		EXPECT_RETURNS(87, calls[i](base, 0));
		EXPECT_RETURNS(87, calls[i](base, 1));
		EXPECT_RETURNS(87, calls[i](base, PAGE + 1));
		EXPECT_RETURNS(87, calls[i](base + 1, PAGE));
		EXPECT_RETURNS(87, calls[i](base + PAGE - 1, PAGE));
		EXPECT_RETURNS(87, calls[i](base, ~(SIZE_T)0 & ~(PAGE - 1)));
		EXPECT_RETURNS(87, calls[i]((void *)(HIGHEST_ADDRESS + 1), PAGE));
		for (SIZE_T page = 0; page < 4; page++)
			EXPECT_READS(page + 1, base + page * PAGE);
	}
	for (int i = 0; i < 3; i++)
		EXPECT_RETURNS(0, calls[i](base + PAGE, 2 * PAGE));
}

TEST(DG_8_priorities)
{
	char *base = numbered(1);

	ASSERT_NE(NULL, base);
	EXPECT_RETURNS(87, OfferVirtualMemory(base, PAGE, (OFFER_PRIORITY)0));
	EXPECT_RETURNS(87, OfferVirtualMemory(base, PAGE, (OFFER_PRIORITY)5));
	EXPECT_RETURNS(87, OfferVirtualMemory(base, PAGE, (OFFER_PRIORITY)0x1000));
	EXPECT_RETURNS(87, OfferVirtualMemory(base, PAGE, (OFFER_PRIORITY)0x2000));
	EXPECT_READS(1, base);
	for (int priority = 1; priority <= 4; priority++) {
		EXPECT_RETURNS(0, OfferVirtualMemory(base, PAGE, (OFFER_PRIORITY)priority));
		EXPECT_VIOLATION_READ(base);
	}
	EXPECT_RETURNS(0, reclaim(base, PAGE));
	EXPECT_READS(1, base);
}

TEST(OF_2_offered_pages_are_inaccessible)
{
	char *base = numbered(4);
	int pipe_ends[2];
	char byte = 'x';

	ASSERT_NE(NULL, base);
	ASSERT_EQ(0, pipe(pipe_ends));
	EXPECT_RETURNS(0, offer(base + PAGE, 2 * PAGE));
	EXPECT_READS(1, base);
	EXPECT_VIOLATION_READ(base + PAGE);
	EXPECT_VIOLATION_WRITE(base + PAGE);
	EXPECT_VIOLATION_READ(base + 3 * PAGE - 1);
	EXPECT_VIOLATION_EXECUTE(base + 2 * PAGE);
	EXPECT_READS(4, base + 3 * PAGE);
	/* System calls. */
	EXPECT_EQ(-1, write(pipe_ends[1], base + PAGE, 1));
	EXPECT_EQ(EFAULT, errno);
	ASSERT_EQ(1, write(pipe_ends[1], &byte, 1));
	EXPECT_EQ(-1, read(pipe_ends[0], base + 2 * PAGE, 1));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_RETURNS(0, reclaim(base + PAGE, 2 * PAGE));
	for (SIZE_T page = 0; page < 4; page++)
		EXPECT_READS(page + 1, base + page * PAGE);
	EXPECT_WRITES(base + PAGE, 9);
	EXPECT_EQ(1, write(pipe_ends[1], base + PAGE, 1));
}

TEST(OF_2_nothing_to_be_seen)
{
	char *base = numbered(8);

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(protect(base + 6 * PAGE, 2 * PAGE, PAGE_READONLY));
	EXPECT_RETURNS(0, offer(base + PAGE, 2 * PAGE));
	EXPECT_RETURNS(0, offer(base + 5 * PAGE, 2 * PAGE));
	EXPECT_COMMITTED(base, base, 6 * PAGE, PAGE_READWRITE);
	EXPECT_COMMITTED(base + 6 * PAGE, base, 2 * PAGE, PAGE_READONLY);
}

TEST(OF_2_copies_are_partial)
{
	char *base = numbered(3), buffer[3 * 4096];
	SIZE_T done = MARK;

	ASSERT_NE(NULL, base);
	EXPECT_RETURNS(0, offer(base + PAGE, PAGE));
	EXPECT_FAILS(299, ReadProcessMemory(GetCurrentProcess(), base, buffer, 3 * PAGE, &done));
	EXPECT_EQ(PAGE, done);
	EXPECT_FAILS(299, WriteProcessMemory(GetCurrentProcess(), base, buffer, 3 * PAGE, &done));
	EXPECT_EQ(PAGE, done);
	EXPECT_COMMITTED(base, base, 3 * PAGE, PAGE_READWRITE);
	EXPECT_RETURNS(0, reclaim(base, 3 * PAGE));
	EXPECT_READS(2, base + PAGE);
}

/* What was offered in pieces is reclaimed as a whole, or in other pieces. */
TEST(OF_3_pieces)
{
	char *base = numbered(16);

	ASSERT_NE(NULL, base);
	for (SIZE_T page = 0; page < 16; page += 2)
		EXPECT_RETURNS(0, offer(base + page * PAGE, PAGE));
	for (SIZE_T page = 1; page < 16; page += 2)
		EXPECT_READS(page + 1, base + page * PAGE);
	EXPECT_RETURNS(0, offer(base + 4 * PAGE, 4 * PAGE));
	EXPECT_RETURNS(0, reclaim(base, 5 * PAGE));
	for (SIZE_T page = 0; page < 5; page++)
		EXPECT_READS(page + 1, base + page * PAGE);
	EXPECT_VIOLATION_READ(base + 5 * PAGE);
	EXPECT_VIOLATION_READ(base + 7 * PAGE);
	EXPECT_VIOLATION_READ(base + 8 * PAGE);
	EXPECT_READS(10, base + 9 * PAGE);
	EXPECT_RETURNS(0, reclaim(base, 16 * PAGE));
	for (SIZE_T page = 0; page < 16; page++)
		EXPECT_READS(page + 1, base + page * PAGE);
}

TEST(OF_3_reclaiming_what_was_not_offered)
{
	char *base = numbered(2);

	ASSERT_NE(NULL, base);
	EXPECT_RETURNS(0, reclaim(base, 2 * PAGE));
	EXPECT_READS(1, base);
	/* Nor what was never touched. */
	base = commit(2 * PAGE);
	ASSERT_NE(NULL, base);
	EXPECT_RETURNS(0, reclaim(base, 2 * PAGE));
	EXPECT_RETURNS(0, offer(base, 2 * PAGE));
	EXPECT_VIOLATION_READ(base);
	EXPECT_RETURNS(0, reclaim(base, 2 * PAGE));
	EXPECT_READS(0, base);
	EXPECT_RETURNS(0, reclaim(base, 2 * PAGE));
}

/* What is allowed after reclaiming is what the protection says. */
TEST(OF_2_of_any_protection)
{
	static const DWORD protections[] = { PAGE_NOACCESS, PAGE_READONLY, PAGE_EXECUTE,
					     PAGE_EXECUTE_READ, PAGE_EXECUTE_READWRITE };

	for (size_t i = 0; i < sizeof(protections) / sizeof(protections[0]); i++) {
		char *base = numbered(1);

		ASSERT_NE(NULL, base);
		base[8] = (char)0xc3;
		ASSERT_TRUE(protect(base, PAGE, protections[i]));
		EXPECT_RETURNS(0, offer(base, PAGE));
		EXPECT_COMMITTED(base, base, PAGE, protections[i]);
		EXPECT_VIOLATION_READ(base);
		EXPECT_VIOLATION_EXECUTE(base + 8);
		EXPECT_RETURNS(0, reclaim(base, PAGE));
		EXPECT_COMMITTED(base, base, PAGE, protections[i]);
		EXPECT_EQ(protections[i] == PAGE_NOACCESS, probe_read((uintptr_t)base).faulted);
		if (protections[i] & 0xf0) {
			EXPECT_EXECUTES(base + 8);
		} else {
			EXPECT_VIOLATION_EXECUTE(base + 8);
		}
		ASSERT_TRUE(release(base));
	}
}

TEST(OF_2_guard_pages_keep_their_guard)
{
	char *base = numbered(2);

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(protect(base, PAGE, PAGE_READWRITE | PAGE_GUARD));
	EXPECT_RETURNS(0, offer(base, PAGE));
	EXPECT_VIOLATION_READ(base);
	EXPECT_VIOLATION_WRITE(base);
	EXPECT_VIOLATION_EXECUTE(base);
	EXPECT_FAILS(998, VirtualLock(base, PAGE));
	EXPECT_COMMITTED(base, base, PAGE, PAGE_READWRITE | PAGE_GUARD);
	EXPECT_RETURNS(0, reclaim(base, PAGE));
	EXPECT_GUARD_READ(base);
	EXPECT_READS(1, base);
}

TEST(OF_2_protect_and_recommit_leave_the_offer)
{
	char *base = numbered(3);
	DWORD old = 0;

	ASSERT_NE(NULL, base);
	EXPECT_RETURNS(0, offer(base, 3 * PAGE));
	EXPECT_WORKS(VirtualProtect(base, PAGE, PAGE_READONLY, &old));
	EXPECT_EQ((DWORD)PAGE_READWRITE, old);
	EXPECT_TRUE(commit_at(base + PAGE, PAGE, PAGE_EXECUTE_READ));
	EXPECT_TRUE(commit_at(base + 2 * PAGE, PAGE, PAGE_READWRITE));
	for (SIZE_T page = 0; page < 3; page++)
		EXPECT_VIOLATION_READ(base + page * PAGE);
	EXPECT_COMMITTED(base, base, PAGE, PAGE_READONLY);
	EXPECT_RETURNS(0, reclaim(base, 3 * PAGE));
	for (SIZE_T page = 0; page < 3; page++)
		EXPECT_READS(page + 1, base + page * PAGE);
	EXPECT_VIOLATION_WRITE(base);
	EXPECT_VIOLATION_WRITE(base + PAGE);
	EXPECT_WRITES(base + 2 * PAGE, 1);
}

TEST(OF_2_resets_leave_the_offer)
{
	char *base = numbered(3);

	ASSERT_NE(NULL, base);
	EXPECT_RETURNS(0, offer(base + PAGE, PAGE));
	EXPECT_WORKS(VirtualAlloc(base, 3 * PAGE, MEM_RESET, PAGE_READWRITE));
	EXPECT_VIOLATION_READ(base + PAGE);
	EXPECT_WORKS(VirtualAlloc(base, 3 * PAGE, MEM_RESET_UNDO, PAGE_READWRITE));
	EXPECT_VIOLATION_READ(base + PAGE);
	EXPECT_RETURNS(0, reclaim(base, 3 * PAGE));
	for (SIZE_T page = 0; page < 3; page++)
		EXPECT_READS(page + 1, base + page * PAGE);
}

TEST(OF_2_freeing_ends_the_offer)
{
	char *base = numbered(4);

	ASSERT_NE(NULL, base);
	EXPECT_RETURNS(0, offer(base, 4 * PAGE));
	ASSERT_TRUE(decommit(base, 2 * PAGE));
	EXPECT_RESERVED(base, base, 2 * PAGE);
	EXPECT_RETURNS(487, reclaim(base, 4 * PAGE));
	ASSERT_TRUE(commit_at(base, PAGE, PAGE_READWRITE));
	EXPECT_READS(0, base);
	EXPECT_VIOLATION_READ(base + 2 * PAGE);
	EXPECT_RETURNS(0, reclaim(base + 2 * PAGE, PAGE));
	EXPECT_READS(3, base + 2 * PAGE);
	ASSERT_TRUE(release(base));
	EXPECT_EQ(0u, counters().commit_bytes);
	EXPECT_WORKS(EmptyWorkingSet(GetCurrentProcess()));
	EXPECT_EQ(0u, counters().bookkeeping_bytes);
	/* What takes the place is new. */
	ASSERT_EQ((void *)base, VirtualAlloc(base, 4 * PAGE, MEM_RESERVE | MEM_COMMIT,
					     PAGE_READWRITE));
	for (SIZE_T page = 0; page < 4; page++)
		EXPECT_READS(0, base + page * PAGE);
}

TEST(OF_2_placeholders_of_offered_pages)
{
	char *base = VirtualAlloc2(NULL, NULL, 2 * GRANULARITY,
				   MEM_RESERVE | MEM_RESERVE_PLACEHOLDER, PAGE_NOACCESS, NULL, 0);

	ASSERT_NE(NULL, base);
	EXPECT_RETURNS(487, offer(base, PAGE));
	ASSERT_NE(NULL, VirtualAlloc2(NULL, base, 2 * GRANULARITY,
				      MEM_RESERVE | MEM_COMMIT | MEM_REPLACE_PLACEHOLDER,
				      PAGE_READWRITE, NULL, 0));
	base[0] = 1;
	EXPECT_RETURNS(0, offer(base, 2 * GRANULARITY));
	EXPECT_WORKS(VirtualFree(base, 2 * GRANULARITY, MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER));
	ASSERT_NE(NULL, VirtualAlloc2(NULL, base, 2 * GRANULARITY,
				      MEM_RESERVE | MEM_COMMIT | MEM_REPLACE_PLACEHOLDER,
				      PAGE_READWRITE, NULL, 0));
	EXPECT_READS(0, base);
	EXPECT_WRITES(base, 1);
}

TEST(VL_18_offering_unlocks)
{
	char *base = numbered(4);

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(VirtualLock(base, 4 * PAGE));
	EXPECT_RETURNS(0, offer(base + PAGE, 2 * PAGE));
	EXPECT_FAILS(158, VirtualUnlock(base, 4 * PAGE));
	EXPECT_FAILS(998, VirtualLock(base + PAGE, PAGE));
	EXPECT_FAILS(998, VirtualLock(base, 4 * PAGE));
	EXPECT_RETURNS(0, reclaim(base, 4 * PAGE));
	/* It does not come back with the contents. */
	EXPECT_FAILS(158, VirtualUnlock(base + PAGE, PAGE));
	EXPECT_WORKS(VirtualUnlock(base, PAGE));
	EXPECT_WORKS(VirtualUnlock(base + 3 * PAGE, PAGE));
	for (SIZE_T page = 0; page < 4; page++)
		EXPECT_READS(page + 1, base + page * PAGE);
	/* What was locked counts for nothing any more. */
	ASSERT_TRUE(VirtualLock(base, 4 * PAGE));
	EXPECT_RETURNS(0, discard(base, 4 * PAGE));
	EXPECT_EQ(0, proc_status("VmLck:"));
	EXPECT_FAILS(158, VirtualUnlock(base, PAGE));
}

TEST(OF_4_discarded_pages_are_zero)
{
	char *base = numbered(8);

	ASSERT_NE(NULL, base);
	ASSERT_EQ(8u, resident(base, 8));
	EXPECT_RETURNS(0, discard(base + PAGE, 2 * PAGE));
	EXPECT_EQ(6u, resident(base, 8));
	EXPECT_COMMITTED(base, base, 8 * PAGE, PAGE_READWRITE);
	EXPECT_READS(1, base);
	EXPECT_READS(0, base + PAGE);
	EXPECT_READS(0, base + 2 * PAGE);
	EXPECT_READS(4, base + 3 * PAGE);
	EXPECT_WRITES(base + PAGE, 7);
	EXPECT_READS(7, base + PAGE);
	/* Nothing is missed afterwards. */
	EXPECT_RETURNS(0, reclaim(base, 8 * PAGE));
	EXPECT_WORKS(VirtualAlloc(base, 8 * PAGE, MEM_RESET_UNDO, PAGE_READWRITE));
	/* It takes an offer back. */
	EXPECT_RETURNS(0, offer(base, 8 * PAGE));
	EXPECT_RETURNS(0, discard(base, 4 * PAGE));
	EXPECT_READS(0, base);
	EXPECT_READS(0, base + 3 * PAGE);
	EXPECT_VIOLATION_READ(base + 4 * PAGE);
	EXPECT_RETURNS(0, reclaim(base, 8 * PAGE));
	EXPECT_READS(5, base + 4 * PAGE);
}

TEST(OF_4_only_readwrite_is_discarded)
{
	static const DWORD protections[] = { PAGE_NOACCESS, PAGE_READONLY, PAGE_EXECUTE,
					     PAGE_EXECUTE_READ, PAGE_EXECUTE_READWRITE,
					     PAGE_READWRITE | PAGE_GUARD };
	char *base = numbered(4);

	ASSERT_NE(NULL, base);
	for (size_t i = 0; i < sizeof(protections) / sizeof(protections[0]); i++) {
		ASSERT_TRUE(protect(base + 2 * PAGE, PAGE, protections[i]));
		EXPECT_RETURNS(87, discard(base, 4 * PAGE));
		EXPECT_RETURNS(87, discard(base + 2 * PAGE, PAGE));
		EXPECT_COMMITTED(base + 2 * PAGE, base, PAGE, protections[i]);
		EXPECT_EQ(4u, resident(base, 4));
	}
	ASSERT_TRUE(protect(base + 2 * PAGE, PAGE, PAGE_READWRITE));
	for (SIZE_T page = 0; page < 4; page++)
		EXPECT_READS(page + 1, base + page * PAGE);
	EXPECT_RETURNS(0, discard(base, 4 * PAGE));
}

TEST(OF_4_failing_changes_nothing)
{
	char *base = numbered(4);

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(VirtualLock(base, PAGE));
	EXPECT_RETURNS(0, offer(base + PAGE, PAGE));
	ASSERT_TRUE(protect(base + 3 * PAGE, PAGE, PAGE_READONLY));
	EXPECT_RETURNS(87, discard(base, 4 * PAGE));
	EXPECT_VIOLATION_READ(base + PAGE);
	ASSERT_TRUE(decommit(base + 3 * PAGE, PAGE));
	for (int i = 0; i < 3; i++)
		EXPECT_RETURNS(487, calls[i](base, 4 * PAGE));
	EXPECT_VIOLATION_READ(base + PAGE);
	EXPECT_READS(1, base);
	EXPECT_READS(3, base + 2 * PAGE);
	EXPECT_WORKS(VirtualUnlock(base, PAGE));
}

TEST(OF_5_what_cannot_be_offered)
{
	char *base = reserve(2 * GRANULARITY), *view;

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(commit_at(base, PAGE, PAGE_READWRITE));
	ASSERT_TRUE(commit_at(base + 2 * PAGE, PAGE, PAGE_READWRITE));
	view = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, view);
	for (int i = 0; i < 3; i++) {
		EXPECT_RETURNS(487, calls[i](base, 2 * PAGE));
		EXPECT_RETURNS(487, calls[i](base + PAGE, PAGE));
		EXPECT_RETURNS(487, calls[i](base + 2 * PAGE, PAGE * 2));
		EXPECT_RETURNS(487, calls[i](FIXED, PAGE));
		EXPECT_RETURNS(487, calls[i](NULL, PAGE));
		EXPECT_RETURNS(487, calls[i](view, PAGE));
	}
	/* Two allocations. */
	ASSERT_TRUE(VirtualAlloc(FIXED, GRANULARITY, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
	ASSERT_TRUE(VirtualAlloc(FIXED + GRANULARITY, GRANULARITY, MEM_RESERVE | MEM_COMMIT,
				 PAGE_READWRITE));
	for (int i = 0; i < 3; i++)
		EXPECT_RETURNS(487, calls[i](FIXED, 2 * GRANULARITY));
	EXPECT_WRITES(FIXED, 1);
}

TEST(OF_6_pages_leave_the_working_set_at_once)
{
	const SIZE_T pages = 256;
	char *base = numbered(pages);

	ASSERT_NE(NULL, base);
	ASSERT_EQ(pages, mapped(base, pages));
	EXPECT_RETURNS(0, offer(base, pages * PAGE));
	EXPECT_EQ(0u, mapped(base, pages));
	EXPECT_RETURNS(0, reclaim(base, pages * PAGE));
	for (SIZE_T page = 0; page < pages; page++)
		EXPECT_READS(page + 1, base + page * PAGE);
	EXPECT_EQ(pages, mapped(base, pages));
	EXPECT_RETURNS(0, discard(base, pages * PAGE));
	EXPECT_EQ(0u, mapped(base, pages));
	EXPECT_EQ(0u, resident(base, pages));
}

TEST(CC_18_charge_is_unchanged)
{
	const SIZE_T pages = 256;
	char *base = numbered(pages);
	uint64_t charge = counters().commit_bytes;

	ASSERT_NE(NULL, base);
	EXPECT_RETURNS(0, offer(base, pages * PAGE));
	EXPECT_EQ(charge, counters().commit_bytes);
	EXPECT_RETURNS(0, reclaim(base, pages * PAGE));
	EXPECT_EQ(charge, counters().commit_bytes);
	EXPECT_RETURNS(0, discard(base, pages * PAGE));
	EXPECT_EQ(charge, counters().commit_bytes);
	EXPECT_EQ(pages * PAGE, charge);
	ASSERT_TRUE(release(base));
	EXPECT_EQ(0u, counters().commit_bytes);
	EXPECT_WORKS(EmptyWorkingSet(GetCurrentProcess()));
	EXPECT_EQ(0u, counters().bookkeeping_bytes);
}

static ULONG_PTR written(char *base, SIZE_T pages)
{
	void *addresses[16];
	ULONG_PTR count = 16;
	DWORD granularity;

	return GetWriteWatch(0, base, pages * PAGE, addresses, &count, &granularity) ? 99 : count;
}

/* None of the calls is a write, and none makes one forgotten. */
TEST(WW_11_marks_stay)
{
	char *base = VirtualAlloc(NULL, 4 * PAGE, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH,
				  PAGE_READWRITE);

	ASSERT_NE(NULL, base);
	base[0] = 1;
	for (int turn = 0; turn < 2; turn++) {
		EXPECT_RETURNS(0, offer(base, 4 * PAGE));
		EXPECT_EQ(1u, written(base, 4));
		EXPECT_RETURNS(0, reclaim(base, 4 * PAGE));
		EXPECT_EQ(1u, written(base, 4));
	}
	EXPECT_RETURNS(0, discard(base, 4 * PAGE));
	EXPECT_EQ(1u, written(base, 4));
	EXPECT_EQ(0u, ResetWriteWatch(base, 4 * PAGE));
	EXPECT_RETURNS(0, offer(base, 4 * PAGE));
	EXPECT_VIOLATION_WRITE(base);
	EXPECT_EQ(0u, written(base, 4));
	EXPECT_RETURNS(0, reclaim(base, 4 * PAGE));
	EXPECT_EQ(0u, written(base, 4));
	EXPECT_WRITES(base + PAGE, 1);
	EXPECT_EQ(1u, written(base, 4));
}

TEST(OF_2_nobody_has_access)
{
	HANDLE handle;
	char *base, byte = 'x';
	SIZE_T done = MARK;
	pid_t pid = getpid(), child;
	int status = 1;

	base = numbered(2);
	ASSERT_NE(NULL, base);
	EXPECT_RETURNS(0, offer(base, PAGE));
	child = fork();
	if (!child) {
		handle = OpenProcess(PROCESS_VM_READ | PROCESS_VM_WRITE | PROCESS_VM_OPERATION,
				     FALSE, (DWORD)pid);
		_exit(!(handle && !ReadProcessMemory(handle, base, &byte, 1, &done) &&
			GetLastError() == 299 && !done &&
			!WriteProcessMemory(handle, base, &byte, 1, &done) &&
			GetLastError() == 299 && !done &&
			ReadProcessMemory(handle, base + PAGE, &byte, 1, &done) && byte == 2));
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_RETURNS(0, reclaim(base, PAGE));
	EXPECT_READS(1, base);
}

static uint32_t remote_offer(int handle, unsigned long call, void *base, uint32_t priority)
{
	struct winvm_offer request = {
		.size = sizeof(request),
		.base = (uintptr_t)base,
		.bytes = PAGE,
		.priority = priority,
	};

	return ioctl(handle, call, &request) ? ~0u : request.status;
}

/* Win32 has no such form of these calls; the device has. */
TEST(G_6_offers_in_another_process)
{
	int device = device_open(), memory, handle, weak;
	pid_t pid = fork();
	HANDLE process;
	char *base, byte = 'b';

	if (!pid) {
		pause();
		_exit(0);
	}
	memory = device_open_proc(pid, "mem", O_RDWR);
	handle = device_open_process(device, memory, WINVM_PROCESS_VM_OPERATION);
	weak = device_open_process(device, memory, WINVM_PROCESS_QUERY_INFORMATION |
						   WINVM_PROCESS_VM_READ | WINVM_PROCESS_VM_WRITE);
	process = OpenProcess(PROCESS_VM_OPERATION | PROCESS_VM_READ | PROCESS_VM_WRITE, FALSE,
			      (DWORD)pid);
	ASSERT_LE(0, handle);
	ASSERT_LE(0, weak);
	base = VirtualAllocEx(process, NULL, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
	ASSERT_NE(NULL, base);
	ASSERT_TRUE(WriteProcessMemory(process, base, &byte, 1, NULL));
	EXPECT_STATUS(ST_ACCESS_DENIED, remote_offer(weak, WINVM_IOC_OFFER, base, 1));
	EXPECT_STATUS(ST_ACCESS_DENIED, remote_offer(weak, WINVM_IOC_RECLAIM, base, 0));
	EXPECT_STATUS(ST_ACCESS_DENIED, remote_offer(weak, WINVM_IOC_DISCARD, base, 0));
	ASSERT_EQ(0, kill(pid, SIGSTOP));
	EXPECT_STATUS(ST_SUCCESS, remote_offer(handle, WINVM_IOC_OFFER, base, 1));
	EXPECT_FAILS(299, ReadProcessMemory(process, base, &byte, 1, NULL));
	EXPECT_STATUS(ST_SUCCESS, remote_offer(handle, WINVM_IOC_RECLAIM, base, 0));
	byte = 0;
	EXPECT_WORKS(ReadProcessMemory(process, base, &byte, 1, NULL));
	EXPECT_EQ('b', byte);
	EXPECT_STATUS(ST_SUCCESS, remote_offer(handle, WINVM_IOC_DISCARD, base, 0));
	EXPECT_WORKS(ReadProcessMemory(process, base, &byte, 1, NULL));
	EXPECT_EQ(0, byte);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	EXPECT_STATUS(ST_PROCESS_IS_TERMINATING, remote_offer(handle, WINVM_IOC_OFFER, base, 1));
}

/* Of a stack as well: no touch makes it grow while its guard page is offered. */
TEST_IN_STACK(ST_3_offered_guard_page)
{
	char *before = limit(), *guard = before - PAGE;

	EXPECT_RETURNS(0, offer(guard, PAGE));
	EXPECT_VIOLATION_READ(guard);
	EXPECT_EQ((void *)before, limit());
	EXPECT_COMMITTED(guard, lowest(), PAGE, GUARDED);
	EXPECT_RETURNS(0, reclaim(guard, PAGE));
	EXPECT_READS(0, guard);
	EXPECT_EQ((void *)guard, limit());
}

/* Offering and reclaiming cost no memory that stays. */
TEST(offers_leave_no_books_behind)
{
	const SIZE_T mega = (SIZE_T)1 << 20;
	char *base = commit(64 * mega);
	uint64_t before = counters().bookkeeping_bytes, most;

	ASSERT_NE(NULL, base);
	for (SIZE_T i = 0; i < 64; i++)
		base[i * mega] = 1;
	EXPECT_RETURNS(0, offer(base, 64 * mega));
	EXPECT_RETURNS(0, reclaim(base, 64 * mega));
	most = counters().bookkeeping_bytes;
	for (int turn = 0; turn < 8; turn++) {
		for (SIZE_T i = 0; i < 64; i++)
			EXPECT_RETURNS(0, offer(base + i * mega, PAGE));
		EXPECT_RETURNS(0, reclaim(base, 64 * mega));
		EXPECT_RETURNS(0, discard(base, 64 * mega));
	}
	EXPECT_LE(counters().bookkeeping_bytes, most);
	ASSERT_TRUE(release(base));
	EXPECT_GE(before, counters().bookkeeping_bytes);
}

VM_TEST_MAIN
