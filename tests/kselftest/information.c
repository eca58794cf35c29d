// SPDX-License-Identifier: GPL-2.0
/* NtQueryVirtualMemory about whole allocations; QueryVirtualMemoryInformation (SPEC 7.1). */
#include <sys/mman.h>

#include "device.h"

/* Room for every answer, and poison behind it. */
union answer {
	MEMORY_BASIC_INFORMATION basic;
	MEMORY_REGION_INFORMATION region;
	MEMORY_IMAGE_INFORMATION image;
	MEMORY_SHARED_COMMIT_INFORMATION shared;
	WIN32_MEMORY_REGION_INFORMATION win32;
	unsigned char bytes[256];
};

static union answer poison(void)
{
	union answer answer;

	memset(&answer, 0xee, sizeof(answer));
	return answer;
}

static bool poison_from(const union answer *answer, size_t first)
{
	for (size_t i = first; i < sizeof(*answer); i++)
		if (answer->bytes[i] != 0xee)
			return false;
	return true;
}

static NTSTATUS ask_of(HANDLE process, const void *address, int class, union answer *answer,
		       SIZE_T length, SIZE_T *returned)
{
	return NtQueryVirtualMemory(process, (void *)(uintptr_t)address,
				    (MEMORY_INFORMATION_CLASS)class, answer, length, returned);
}

static NTSTATUS ask(const void *address, int class, union answer *answer, SIZE_T length,
		    SIZE_T *returned)
{
	return ask_of(NtCurrentProcess(), address, class, answer, length, returned);
}

/* All poison when refused. */
static MEMORY_REGION_INFORMATION whole_at(const void *address)
{
	union answer answer = poison();

	ask(address, MemoryRegionInformationEx, &answer, sizeof(answer.region), NULL);
	return answer.region;
}

#define EXPECT_WHOLE(region_, base, bytes, commit, protect_)                                    \
	do {                                                                                    \
		EXPECT_EQ((void *)(base), (region_).AllocationBase);                            \
		EXPECT_EQ((SIZE_T)(bytes), (region_).RegionSize);                               \
		EXPECT_EQ((SIZE_T)(commit), (region_).CommitSize);                              \
		EXPECT_EQ((DWORD)(protect_), (region_).AllocationProtect);                      \
		EXPECT_EQ(0u, (region_).PartitionId);                                           \
		EXPECT_EQ(0xffffffffu, (region_).NodePreference);                               \
	} while (0)

static int a_function(int value)
{
	return value + 1;
}

static void *image_address(void)
{
	return (void *)(uintptr_t)a_function;
}

TEST(NQ_4_the_whole_allocation_in_whatever_states)
{
	char *base = VirtualAlloc(NULL, 20 * PAGE, MEM_RESERVE, PAGE_EXECUTE_READ);
	MEMORY_REGION_INFORMATION region;

	ASSERT_NE(NULL, base);
	EXPECT_WHOLE(whole_at(base), base, 20 * PAGE, 0, PAGE_EXECUTE_READ);
	ASSERT_TRUE(commit_at(base + PAGE, 3 * PAGE, PAGE_READWRITE));
	ASSERT_TRUE(commit_at(base + 9 * PAGE, PAGE, PAGE_READONLY | PAGE_GUARD));
	ASSERT_TRUE(commit_at(base + 19 * PAGE, PAGE, PAGE_NOACCESS));
	for (SIZE_T i = 0; i < 20; i++) {
		region = whole_at(base + i * PAGE + 0x123);
		EXPECT_WHOLE(region, base, 20 * PAGE, 5 * PAGE, PAGE_EXECUTE_READ);
	}
	ASSERT_TRUE(decommit(base + 2 * PAGE, PAGE));
	EXPECT_WHOLE(whole_at(base), base, 20 * PAGE, 4 * PAGE, PAGE_EXECUTE_READ);
	/* Neighbours are never merged. */
	ASSERT_TRUE(VirtualAlloc(FIXED, GRANULARITY, MEM_RESERVE, PAGE_READWRITE));
	ASSERT_TRUE(VirtualAlloc(FIXED + GRANULARITY, PAGE, MEM_RESERVE, PAGE_READWRITE));
	EXPECT_WHOLE(whole_at(FIXED), FIXED, GRANULARITY, 0, PAGE_READWRITE);
	EXPECT_WHOLE(whole_at(FIXED + GRANULARITY), FIXED + GRANULARITY, PAGE, 0, PAGE_READWRITE);
}

TEST(NQ_4_allocations_that_were_split)
{
	char *base = commit(16 * PAGE);

	ASSERT_NE(NULL, base);
	ASSERT_EQ(ST_SUCCESS, nt_free(base + 4 * PAGE, 4 * PAGE, MEM_RELEASE).status);
	EXPECT_WHOLE(whole_at(base), base, 4 * PAGE, 4 * PAGE, PAGE_READWRITE);
	EXPECT_WHOLE(whole_at(base + 8 * PAGE), base + 8 * PAGE, 8 * PAGE, 8 * PAGE,
		     PAGE_READWRITE);
}

TEST(NQ_4_nothing_is_there)
{
	union answer answer = poison();
	char *base = commit(PAGE);
	SIZE_T length = MARK;

	ASSERT_NE(NULL, base);
	for (int class = MemoryRegionInformation; class <= MemoryRegionInformationEx; class += 4) {
		EXPECT_STATUS(ST_INVALID_ADDRESS, ask(FIXED, class, &answer, 48, &length));
		EXPECT_STATUS(ST_INVALID_ADDRESS, ask(NULL, class, &answer, 48, &length));
		EXPECT_STATUS(ST_INVALID_ADDRESS, ask(base + PAGE, class, &answer, 48, &length));
		EXPECT_STATUS(ST_INVALID_ADDRESS,
			      ask((void *)HIGHEST_ADDRESS, class, &answer, 48, &length));
		EXPECT_STATUS_INVALID(
			ask((void *)(HIGHEST_ADDRESS + 1), class, &answer, 48, &length));
		EXPECT_STATUS_INVALID(ask((void *)UINTPTR_MAX, class, &answer, 48, &length));
	}
	EXPECT_EQ(MARK, length);
	EXPECT_TRUE(poison_from(&answer, 0));
	EXPECT_EQ(59u, RtlNtStatusToDosError(ST_INVALID_ADDRESS));
}

/* What Linux has mapped: one mapping, or the adjacent ones of an image. */
TEST(NQ_4_mappings_of_linux)
{
	char *view = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);
	MEMORY_REGION_INFORMATION region;
	char local = 0;

	ASSERT_NE(MAP_FAILED, view);
	/* Three mappings, so that no other one merges with the one in the middle. */
	ASSERT_EQ(0, mprotect(view, PAGE, PROT_READ));
	ASSERT_EQ(0, mprotect(view + 7 * PAGE, PAGE, PROT_NONE));
	EXPECT_WHOLE(whole_at(view + 3 * PAGE), view + PAGE, 6 * PAGE, 6 * PAGE, PAGE_READWRITE);
	region = whole_at(&local);
	EXPECT_LE((uintptr_t)region.AllocationBase, (uintptr_t)&local);
	EXPECT_LT((uintptr_t)&local, (uintptr_t)region.AllocationBase + region.RegionSize);
	EXPECT_EQ(region.RegionSize, region.CommitSize);
	/* A reservation costs nothing. */
	view = mmap(NULL, 3 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, view);
	ASSERT_EQ(0, mprotect(view + PAGE, PAGE, PROT_NONE));
	EXPECT_EQ((void *)(view + PAGE), whole_at(view + PAGE).AllocationBase);
	EXPECT_EQ(0u, whole_at(view + PAGE).CommitSize);
}

TEST(NQ_4_what_is_mapped_over_an_allocation)
{
	char *base = commit(4 * PAGE);

	ASSERT_NE(NULL, base);
	ASSERT_EQ(base + PAGE, mmap(base + PAGE, PAGE, PROT_READ,
				    MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	EXPECT_WHOLE(whole_at(base), base, 4 * PAGE, 4 * PAGE, PAGE_READWRITE);
	EXPECT_WHOLE(whole_at(base + PAGE), base + PAGE, PAGE, 0, PAGE_READONLY);
	EXPECT_WHOLE(whole_at(base + 2 * PAGE), base, 4 * PAGE, 4 * PAGE, PAGE_READWRITE);
	ASSERT_EQ(0, munmap(base + PAGE, PAGE));
	EXPECT_WHOLE(whole_at(base + PAGE), base, 4 * PAGE, 4 * PAGE, PAGE_READWRITE);
}

/* Room through RegionSize suffices; what fits is written, field by field. */
TEST(NQ_5_lengths)
{
	char *base = commit(2 * PAGE);

	ASSERT_NE(NULL, base);
	for (int class = MemoryRegionInformation; class <= MemoryRegionInformationEx; class += 4) {
		for (SIZE_T room = 0; room <= 100; room++) {
			union answer answer = poison();
			SIZE_T length = MARK, fits = room / 8 * 8;
			NTSTATUS status = ask(base, class, &answer, room, &length);

			if (room < 24) {
				EXPECT_STATUS(ST_INFO_LENGTH_MISMATCH, status);
				EXPECT_EQ(MARK, length);
				EXPECT_TRUE(poison_from(&answer, 0));
				continue;
			}
			fits = fits < 48 ? fits : 48;
			EXPECT_STATUS(ST_SUCCESS, status);
			EXPECT_EQ(fits, length);
			EXPECT_EQ(2 * PAGE, answer.region.RegionSize);
			EXPECT_TRUE(poison_from(&answer, fits));
			EXPECT_EQ(fits >= 32, answer.region.CommitSize == 2 * PAGE);
		}
	}
}

TEST(NQ_6_class_3_shows_no_type)
{
	void *shared = mmap(NULL, PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	void *const address[] = { commit(PAGE), reserve(PAGE), shared, image_address() };

	ASSERT_NE(MAP_FAILED, shared);
	for (SIZE_T i = 0; i < 4; i++) {
		union answer answer = poison();

		ASSERT_EQ(ST_SUCCESS, ask(address[i], MemoryRegionInformation, &answer, 48, NULL));
		EXPECT_EQ(0u, answer.region.RegionType);
	}
}

TEST(NQ_8_shared_commit_of_the_process)
{
	char *base = commit(PAGE);

	ASSERT_NE(NULL, base);
	for (SIZE_T room = 0; room < 8; room++) {
		union answer answer = poison();

		EXPECT_STATUS(ST_INFO_LENGTH_MISMATCH,
			      ask(base, MemorySharedCommitInformation, &answer, room, NULL));
		EXPECT_TRUE(poison_from(&answer, 0));
	}
	for (SIZE_T room = 8; room < 16; room++) {
		union answer answer = poison();
		SIZE_T length = MARK;

		/* There are no sections; whatever is at the address. */
		EXPECT_STATUS(ST_SUCCESS,
			      ask(room & 1 ? base : NULL, MemorySharedCommitInformation, &answer,
				  room, &length));
		EXPECT_EQ(0u, answer.shared.CommitSize);
		EXPECT_EQ(8u, length);
		EXPECT_TRUE(poison_from(&answer, 8));
	}
}

TEST(NQ_9_image)
{
	union answer answer = poison();
	uintptr_t base, address = (uintptr_t)image_address();
	SIZE_T length = MARK;

	ASSERT_EQ(ST_SUCCESS, ask(image_address(), MemoryImageInformation, &answer, 24, &length));
	EXPECT_EQ(24u, length);
	EXPECT_TRUE(poison_from(&answer, 24));
	base = (uintptr_t)answer.image.ImageBase;
	EXPECT_EQ(answer.image.ImageBase, region_at(image_address()).AllocationBase);
	EXPECT_LE(base, address);
	EXPECT_LT(address, base + answer.image.SizeOfImage);
	EXPECT_EQ(0u, answer.image.ImageFlags);
	EXPECT_EQ(0, memcmp((void *)base, "\177ELF", 4));
	/* All its pages, and no further. */
	for (uintptr_t at = base; at < base + answer.image.SizeOfImage; at += PAGE)
		EXPECT_EQ((void *)base, region_at((void *)at).AllocationBase);
	EXPECT_NE((void *)base,
		  region_at((void *)(base + answer.image.SizeOfImage)).AllocationBase);
	for (SIZE_T room = 0; room < 24; room++)
		EXPECT_STATUS(ST_INFO_LENGTH_MISMATCH,
			      ask(image_address(), MemoryImageInformation, &answer, room, NULL));
}

TEST(NQ_9_no_image)
{
	void *shared = mmap(NULL, PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	void *const address[] = { commit(PAGE), reserve(PAGE), shared };
	union answer answer = poison();

	ASSERT_NE(MAP_FAILED, shared);
	for (SIZE_T i = 0; i < 3; i++) {
		answer = poison();
		ASSERT_EQ(ST_SUCCESS, ask(address[i], MemoryImageInformation, &answer, 24, NULL));
		EXPECT_EQ(NULL, answer.image.ImageBase);
		EXPECT_EQ(0u, answer.image.SizeOfImage);
		EXPECT_EQ(0u, answer.image.ImageFlags);
	}
	answer = poison();
	EXPECT_STATUS(ST_INVALID_ADDRESS, ask(FIXED, MemoryImageInformation, &answer, 24, NULL));
	EXPECT_STATUS_INVALID(
		ask((void *)(HIGHEST_ADDRESS + 1), MemoryImageInformation, &answer, 24, NULL));
	EXPECT_TRUE(poison_from(&answer, 0));
}

TEST(NQ_10_class_7_shows_the_type)
{
	void *shared = mmap(NULL, PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	void *data = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);

	ASSERT_NE(MAP_FAILED, shared);
	ASSERT_NE(MAP_FAILED, data);
	EXPECT_EQ(0x1u, whole_at(commit(PAGE)).RegionType);
	EXPECT_EQ(0x1u, whole_at(reserve(PAGE)).RegionType);
	EXPECT_EQ(0x2u, whole_at(data).RegionType);
	EXPECT_EQ(0x4u, whole_at(image_address()).RegionType);
	EXPECT_EQ(0x8u, whole_at(shared).RegionType);
	EXPECT_EQ(1u, (DWORD)whole_at(commit(PAGE)).Private);
	EXPECT_EQ(1u, (DWORD)whole_at(data).MappedDataFile);
	EXPECT_EQ(1u, (DWORD)whole_at(image_address()).MappedImage);
	EXPECT_EQ(1u, (DWORD)whole_at(shared).MappedPageFile);
}

/* Else the two are alike. */
TEST(NQ_10_class_7_is_class_3_with_the_type)
{
	char *base = commit(4 * PAGE);
	union answer three = poison(), seven = poison();

	ASSERT_NE(NULL, base);
	ASSERT_EQ(ST_SUCCESS, ask(base + PAGE, MemoryRegionInformation, &three, 48, NULL));
	ASSERT_EQ(ST_SUCCESS, ask(base + PAGE, MemoryRegionInformationEx, &seven, 48, NULL));
	EXPECT_NE(0, memcmp(&three, &seven, 48));
	seven.region.RegionType = 0;
	EXPECT_EQ(0, memcmp(&three, &seven, 48));
}

TEST(NQ_11_capped_basic_information)
{
	const SIZE_T mega = 1 << 20;
	char *base = VirtualAlloc(NULL, 64 * mega, MEM_RESERVE, PAGE_READWRITE);
	union answer answer = poison();
	SIZE_T length = MARK;

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(commit_at(base, PAGE, PAGE_READWRITE));
	ASSERT_EQ(ST_SUCCESS, ask(base, MemoryBasicInformationCapped, &answer, 48, &length));
	EXPECT_EQ(48u, length);
	EXPECT_EQ(PAGE, answer.basic.RegionSize);
	EXPECT_EQ((DWORD)MEM_COMMIT, answer.basic.State);
	EXPECT_TRUE(poison_from(&answer, 48));
	ASSERT_EQ(ST_SUCCESS, ask(base + mega, MemoryBasicInformationCapped, &answer, 48, NULL));
	EXPECT_EQ(base + mega, answer.basic.BaseAddress);
	EXPECT_EQ(2 * mega, answer.basic.RegionSize);
	EXPECT_EQ(base, answer.basic.AllocationBase);
	EXPECT_STATUS(ST_INFO_LENGTH_MISMATCH,
		      ask(base, MemoryBasicInformationCapped, &answer, 47, NULL));
}

/* Working sets come later; the rest needs what does not exist here. */
TEST(NQ_12_classes_that_are_not_served)
{
	static const int classes[] = { 8, 9, 11, 12, 99, -1 };
	union answer answer = poison();
	SIZE_T length = MARK;

	for (SIZE_T i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		EXPECT_STATUS(ST_INVALID_INFO_CLASS,
			      ask(image_address(), classes[i], &answer, sizeof(answer), &length));
		EXPECT_STATUS(ST_INVALID_INFO_CLASS,
			      ask(image_address(), classes[i], NULL, 0, NULL));
	}
	EXPECT_EQ(MARK, length);
	EXPECT_TRUE(poison_from(&answer, 0));
}

static BOOL query_win32(const void *address, void *buffer, SIZE_T room, SIZE_T *length)
{
	return QueryVirtualMemoryInformation(GetCurrentProcess(), address, MemoryRegionInfo, buffer,
					     room, length);
}

TEST(NQ_13_query_virtual_memory_information)
{
	char *base = reserve(8 * PAGE);
	union answer answer = poison();
	SIZE_T length = MARK;

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(commit_at(base + PAGE, PAGE, PAGE_READONLY));
	EXPECT_WORKS(query_win32(base + 5 * PAGE + 7, &answer, sizeof(answer), &length));
	EXPECT_EQ(32u, length);
	EXPECT_TRUE(poison_from(&answer, 32));
	EXPECT_EQ(base, answer.win32.AllocationBase);
	EXPECT_EQ((DWORD)PAGE_READWRITE, answer.win32.AllocationProtect);
	EXPECT_EQ(1u, answer.win32.Flags);
	EXPECT_EQ(1u, (DWORD)answer.win32.Private);
	EXPECT_EQ(8 * PAGE, answer.win32.RegionSize);
	EXPECT_EQ(PAGE, answer.win32.CommitSize);
	EXPECT_WORKS(query_win32(image_address(), &answer, 32, NULL));
	EXPECT_EQ(1u, (DWORD)answer.win32.MappedImage);
}

TEST(NQ_13_errors)
{
	char *base = commit(PAGE);
	union answer answer = poison();
	SIZE_T length = MARK;

	ASSERT_NE(NULL, base);
	for (SIZE_T room = 0; room < 32; room++)
		EXPECT_FAILS(24, query_win32(base, &answer, room, &length));
	EXPECT_FAILS(87, QueryVirtualMemoryInformation(GetCurrentProcess(), base,
						       (WIN32_MEMORY_INFORMATION_CLASS)1, &answer,
						       32, &length));
	EXPECT_FAILS(59, query_win32(FIXED, &answer, 32, &length));
	EXPECT_FAILS(87, query_win32((void *)(HIGHEST_ADDRESS + 1), &answer, 32, &length));
	EXPECT_FAILS(6, QueryVirtualMemoryInformation(NULL, base, MemoryRegionInfo, &answer, 32,
						      &length));
	EXPECT_FAILS(998, query_win32(base, NULL, 32, &length));
	EXPECT_EQ(MARK, length);
	EXPECT_TRUE(poison_from(&answer, 0));
}

static const int served[] = {
	MemoryBasicInformation, MemoryRegionInformation, MemorySharedCommitInformation,
	MemoryImageInformation, MemoryRegionInformationEx, MemoryBasicInformationCapped,
};

#define SERVED (sizeof(served) / sizeof(served[0]))

TEST(G_8_answers_that_cannot_be_written)
{
	char *base = commit(2 * PAGE);

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(protect(base + PAGE, PAGE, PAGE_READONLY));
	for (SIZE_T i = 0; i < SERVED; i++) {
		EXPECT_STATUS(ST_ACCESS_VIOLATION,
			      ask(image_address(), served[i], NULL, 64, NULL));
		EXPECT_STATUS(ST_ACCESS_VIOLATION,
			      ask(image_address(), served[i], (void *)(base + PAGE - 4), 64, NULL));
		EXPECT_STATUS(ST_SUCCESS, ask(image_address(), served[i], (void *)(base + 1), 64,
					      (void *)8));
	}
}

static HANDLE sleeping_child(DWORD access, pid_t *pid)
{
	*pid = fork();
	if (!*pid) {
		pause();
		_exit(0);
	}
	return OpenProcess(access, FALSE, (DWORD)*pid);
}

TEST(NQ_4_in_another_process)
{
	union answer answer = poison();
	pid_t pid;
	HANDLE handle = sleeping_child(PROCESS_VM_OPERATION | PROCESS_QUERY_INFORMATION, &pid);
	char *base;

	ASSERT_NE(NULL, handle);
	base = VirtualAllocEx(handle, NULL, 6 * PAGE, MEM_RESERVE, PAGE_READONLY);
	ASSERT_NE(NULL, base);
	ASSERT_TRUE(VirtualAllocEx(handle, base + PAGE, PAGE, MEM_COMMIT, PAGE_READWRITE));
	ASSERT_EQ(ST_SUCCESS, ask_of(handle, base + 4 * PAGE, MemoryRegionInformationEx, &answer,
				     48, NULL));
	EXPECT_WHOLE(answer.region, base, 6 * PAGE, PAGE, PAGE_READONLY);
	EXPECT_EQ(1u, answer.region.RegionType);
	ASSERT_EQ(ST_SUCCESS, ask_of(handle, image_address(), MemoryImageInformation, &answer, 24,
				     NULL));
	EXPECT_EQ(region_at(image_address()).AllocationBase, answer.image.ImageBase);
	/* Nothing of it is here. */
	EXPECT_STATUS(ST_INVALID_ADDRESS,
		      ask(base, MemoryRegionInformationEx, &answer, 48, NULL));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	EXPECT_STATUS(ST_PROCESS_IS_TERMINATING,
		      ask_of(handle, base, MemoryRegionInformationEx, &answer, 48, NULL));
}

TEST(G_6_rights)
{
	union answer answer = poison();
	pid_t pid;
	HANDLE handle = sleeping_child(PROCESS_VM_READ | PROCESS_VM_OPERATION, &pid);

	ASSERT_NE(NULL, handle);
	for (SIZE_T i = 0; i < SERVED; i++) {
		EXPECT_STATUS(ST_ACCESS_DENIED,
			      ask_of(handle, image_address(), served[i], &answer, 64, NULL));
		EXPECT_STATUS(ST_INVALID_HANDLE,
			      ask_of(NULL, image_address(), served[i], &answer, 64, NULL));
	}
	EXPECT_TRUE(poison_from(&answer, 0));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

VM_TEST_MAIN
