// SPDX-License-Identifier: GPL-2.0
/* GetWriteWatch, ResetWriteWatch and their Nt forms (SPEC 10). */
#include "device.h"
#include "watch.h"

TEST(WW_1_given_with_the_reservation_and_for_life)
{
	char *base = VirtualAlloc(NULL, 4 * PAGE, RESERVE_WATCHED, PAGE_NOACCESS);

	ASSERT_NE(NULL, base);
	EXPECT_CLEAN(base, 4 * PAGE);
	for (int time = 0; time < 2; time++) {
		ASSERT_TRUE(commit_at(base, 4 * PAGE, PAGE_READWRITE));
		EXPECT_CLEAN(base, 4 * PAGE);
		EXPECT_WRITES(base + PAGE, 1);
		EXPECT_WRITTEN(0, base, 4 * PAGE, base + PAGE);
		ASSERT_TRUE(decommit(base, 4 * PAGE));
	}
	/* It ends with the allocation. */
	ASSERT_TRUE(release(base));
	ASSERT_EQ(base, VirtualAlloc(base, 4 * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
	EXPECT_WATCH_FAILS(87, ResetWriteWatch(base, PAGE));
}

TEST(WW_1_whatever_the_protection)
{
	static const DWORD protections[] = { PAGE_NOACCESS, PAGE_READONLY, PAGE_READWRITE,
					     PAGE_EXECUTE_READWRITE, PAGE_READWRITE | PAGE_GUARD };

	for (SIZE_T i = 0; i < ARRAY_SIZE(protections); i++) {
		char *base = VirtualAlloc(NULL, 2 * PAGE, COMMIT_WATCHED, protections[i]);

		ASSERT_NE(NULL, base);
		EXPECT_CLEAN(base, 2 * PAGE);
		ASSERT_TRUE(protect(base, 2 * PAGE, PAGE_READWRITE));
		EXPECT_WRITES(base + PAGE, 1);
		EXPECT_WRITTEN(0, base, 2 * PAGE, base + PAGE);
	}
}

/* All that is not one allocation whose writes are watched. */
TEST(WW_2_range_in_one_watched_allocation)
{
	static char own[2 * 0x1000];
	char *base = VirtualAlloc(FIXED, GRANULARITY, COMMIT_WATCHED, PAGE_READWRITE);
	char *next = VirtualAlloc(FIXED + GRANULARITY, GRANULARITY, COMMIT_WATCHED, PAGE_READWRITE);
	char *other = commit(PAGE);
	struct {
		char *base;
		SIZE_T bytes;
	} wrong[] = {
		{ NULL, PAGE },
		{ other, PAGE },
		{ own, PAGE },
		{ base - PAGE, PAGE },
		{ base - 1, 2 },
		{ base, GRANULARITY + 1 },
		{ next, GRANULARITY + 1 },
		{ next + GRANULARITY, 1 },
	};

	ASSERT_EQ(FIXED, base);
	ASSERT_EQ(FIXED + GRANULARITY, next);
	ASSERT_NE(NULL, other);
	for (SIZE_T i = 0; i < ARRAY_SIZE(wrong); i++) {
		ULONG_PTR count = 1;
		DWORD granularity = MARK;
		void *page = base;

		EXPECT_WATCH_FAILS(87, GetWriteWatch(0, wrong[i].base, wrong[i].bytes, &page,
						     &count, &granularity));
		EXPECT_WATCH_FAILS(87, ResetWriteWatch(wrong[i].base, wrong[i].bytes));
		EXPECT_STATUS_INVALID(NtGetWriteWatch(NtCurrentProcess(), 0, wrong[i].base,
						      wrong[i].bytes, &page, &count, &granularity));
		EXPECT_STATUS_INVALID(
			NtResetWriteWatch(NtCurrentProcess(), wrong[i].base, wrong[i].bytes));
		/* Nothing was told. */
		EXPECT_EQ((ULONG_PTR)1, count);
		EXPECT_EQ(MARK, granularity);
		EXPECT_EQ((void *)base, page);
	}
	EXPECT_CLEAN(base + GRANULARITY - 1, 1);
}

TEST(WW_3_size_flags_and_room)
{
	char *base = watched(PAGE);
	DWORD granularity;
	ULONG_PTR count = 1;
	void *page;

	ASSERT_NE(NULL, base);
	EXPECT_WATCH_FAILS(87, GetWriteWatch(0, base, 0, &page, &count, &granularity));
	for (DWORD flag = 2; flag; flag <<= 1) {
		EXPECT_WATCH_FAILS(87,
				   GetWriteWatch(flag, base, PAGE, &page, &count, &granularity));
		EXPECT_WATCH_FAILS(87, GetWriteWatch(flag | RESET, base, PAGE, &page, &count,
						     &granularity));
	}
	count = 0;
	EXPECT_WATCH_FAILS(87, GetWriteWatch(0, base, PAGE, &page, &count, &granularity));
	EXPECT_WATCH_FAILS(87, GetWriteWatch(0, base, PAGE, NULL, &count, &granularity));
	EXPECT_STATUS_INVALID(
		NtGetWriteWatch(NtCurrentProcess(), 0, base, PAGE, NULL, &count, &granularity));
}

TEST(WW_4_pointers_that_lead_nowhere)
{
	char *base = watched(2 * PAGE), *sealed = commit(PAGE);
	DWORD granularity;
	ULONG_PTR count = 4;
	void *pages[4];

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(protect(sealed, PAGE, PAGE_READONLY));
	EXPECT_WRITES(base, 1);
	EXPECT_WATCH_FAILS(998, GetWriteWatch(RESET, base, PAGE, NULL, &count, &granularity));
	EXPECT_WATCH_FAILS(998, GetWriteWatch(RESET, base, PAGE, pages, NULL, &granularity));
	EXPECT_WATCH_FAILS(998, GetWriteWatch(RESET, base, PAGE, pages, &count, NULL));
	EXPECT_WATCH_FAILS(998, GetWriteWatch(RESET, base, PAGE, (PVOID *)(void *)sealed, &count,
					      &granularity));
	EXPECT_WATCH_FAILS(998, GetWriteWatch(RESET, base, PAGE, pages, (ULONG_PTR *)(void *)sealed,
					      &granularity));
	EXPECT_WATCH_FAILS(998, GetWriteWatch(RESET, base, PAGE, pages, &count,
					      (DWORD *)(void *)sealed));
	EXPECT_STATUS(ST_ACCESS_VIOLATION, NtGetWriteWatch(NtCurrentProcess(), RESET, base, PAGE,
							   NULL, &count, &granularity));
	EXPECT_EQ((ULONG_PTR)4, count);
	/* No mark went with any of them. */
	EXPECT_WRITTEN(0, base, 2 * PAGE, base);
}

/* The array must hold what the count says, however few pages there are to tell. */
TEST(WW_4_the_whole_array)
{
	char *base = watched(PAGE), *array = reserve(2 * PAGE);
	DWORD granularity;
	ULONG_PTR count;
	void **pages;

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(commit_at(array, PAGE, PAGE_READWRITE));
	pages = (void **)(void *)(array + PAGE - 2 * sizeof(*pages));
	count = 2;
	EXPECT_WATCH_WORKS(GetWriteWatch(0, base, PAGE, pages, &count, &granularity));
	EXPECT_EQ((ULONG_PTR)0, count);
	count = 3;
	EXPECT_WATCH_FAILS(998, GetWriteWatch(0, base, PAGE, pages, &count, &granularity));
	count = UINT64_MAX / sizeof(*pages);
	EXPECT_WATCH_FAILS(998, GetWriteWatch(0, base, PAGE, pages, &count, &granularity));
}

/*
 * What the library looks at is gone by the time the module writes to it. The
 * marks that were about to be told are there again.
 */
TEST(WW_4_array_that_is_gone_when_it_is_filled)
{
	char *base = watched(4 * PAGE);
	int device = device_open();
	struct winvm_write_watch request = {
		.size = sizeof(request),
		.base = (uintptr_t)base,
		.bytes = 4 * PAGE,
		.addresses = 8,
		.count = 4,
		.flags = WINVM_WATCH_RESET,
	};

	ASSERT_NE(NULL, base);
	EXPECT_WRITES(base + PAGE, 1);
	EXPECT_WRITES(base + 3 * PAGE, 1);
	EXPECT_EQ(EFAULT, device_call(device, WINVM_IOC_GET_WRITE_WATCH, &request));
	EXPECT_WRITTEN(RESET, base, 4 * PAGE, base + PAGE, base + 3 * PAGE);
	EXPECT_CLEAN(base, 4 * PAGE);
}

TEST(WW_5_addresses_ascend_and_count_is_told)
{
	char *base = watched(8 * PAGE);
	struct watch_answer answer;

	ASSERT_NE(NULL, base);
	EXPECT_CLEAN(base, 8 * PAGE);
	EXPECT_WRITES(base + 5 * PAGE + 17, 1);
	EXPECT_WRITES(base + PAGE, 1);
	EXPECT_WRITES(base + 8 * PAGE - 1, 1);
	EXPECT_WRITES(base + 5 * PAGE, 1);
	EXPECT_WRITTEN(0, base, 8 * PAGE, base + PAGE, base + 5 * PAGE, base + 7 * PAGE);
	/* Slots that are not used keep what they have. */
	memset(&answer, 0x5a, sizeof(answer));
	answer.count = 5;
	EXPECT_WATCH_WORKS(GetWriteWatch(0, base, 8 * PAGE, (PVOID *)answer.pages, &answer.count,
					 &answer.granularity));
	EXPECT_EQ((ULONG_PTR)3, answer.count);
	EXPECT_EQ((DWORD)0x1000, answer.granularity);
	EXPECT_EQ(base + 7 * PAGE, answer.pages[2]);
	EXPECT_EQ(UINT64_C(0x5a5a5a5a5a5a5a5a), (uint64_t)answer.pages[3]);
	EXPECT_EQ(UINT64_C(0x5a5a5a5a5a5a5a5a), (uint64_t)answer.pages[4]);
}

TEST(WW_5_pages_with_a_byte_of_the_range)
{
	char *base = watched(6 * PAGE);

	ASSERT_NE(NULL, base);
	for (SIZE_T i = 0; i < 6; i++)
		EXPECT_WRITES(base + i * PAGE, 1);
	EXPECT_WRITTEN(0, base + PAGE, PAGE, base + PAGE);
	EXPECT_WRITTEN(0, base + 2 * PAGE - 1, 1, base + PAGE);
	EXPECT_WRITTEN(0, base + 2 * PAGE - 1, 2, base + PAGE, base + 2 * PAGE);
	EXPECT_WRITTEN(RESET, base + 3 * PAGE + 5, PAGE, base + 3 * PAGE, base + 4 * PAGE);
	EXPECT_WRITTEN(0, base, 6 * PAGE, base, base + PAGE, base + 2 * PAGE, base + 5 * PAGE);
}

TEST(WW_5_the_nt_form_tells_the_same)
{
	char *base = watched(4 * PAGE);
	ULONG_PTR count = 4;
	ULONG granularity = 0;
	char *pages[4];

	ASSERT_NE(NULL, base);
	EXPECT_WRITES(base + PAGE, 1);
	EXPECT_WRITES(base + 2 * PAGE, 1);
	EXPECT_STATUS(ST_SUCCESS, NtGetWriteWatch(NtCurrentProcess(), RESET, base, 4 * PAGE,
						  (PVOID *)pages, &count, &granularity));
	EXPECT_EQ((ULONG_PTR)2, count);
	EXPECT_EQ((ULONG)0x1000, granularity);
	EXPECT_EQ(base + PAGE, pages[0]);
	EXPECT_EQ(base + 2 * PAGE, pages[1]);
	EXPECT_CLEAN(base, 4 * PAGE);
	EXPECT_WRITES(base + PAGE, 1);
	EXPECT_STATUS(ST_SUCCESS, NtResetWriteWatch(NtCurrentProcess(), base, 4 * PAGE));
	EXPECT_CLEAN(base, 4 * PAGE);
}

static struct watch_answer watch_some(DWORD flags, char *base, SIZE_T bytes, ULONG_PTR room)
{
	struct watch_answer answer = { .count = room };

	if (GetWriteWatch(flags, base, bytes, (PVOID *)answer.pages, &answer.count,
			  &answer.granularity))
		answer.count = MARK;
	return answer;
}

TEST(WW_6_the_lowest_that_fit_and_only_they_are_reset)
{
	char *base = watched(8 * PAGE);
	struct watch_answer answer;

	ASSERT_NE(NULL, base);
	for (SIZE_T i = 1; i < 8; i += 2)
		EXPECT_WRITES(base + i * PAGE, 1);
	answer = watch_some(0, base, 8 * PAGE, 2);
	EXPECT_EQ((ULONG_PTR)2, answer.count);
	EXPECT_EQ(base + PAGE, answer.pages[0]);
	EXPECT_EQ(base + 3 * PAGE, answer.pages[1]);
	answer = watch_some(RESET, base, 8 * PAGE, 3);
	EXPECT_EQ((ULONG_PTR)3, answer.count);
	EXPECT_EQ(base + 5 * PAGE, answer.pages[2]);
	EXPECT_WRITTEN(0, base, 8 * PAGE, base + 7 * PAGE);
}

/* Pages that one state stands for, of which a part is told. */
TEST(WW_6_a_part_of_many_neighbours)
{
	const SIZE_T pages = 8192;
	char *base = watched(pages * PAGE);
	struct watch_answer answer;
	SIZE_T told = 0;

	ASSERT_NE(NULL, base);
	for (SIZE_T i = 0; i < pages; i++)
		*(volatile char *)(base + i * PAGE) = 1;
	for (; told < pages; told += answer.count) {
		answer = watch_some(RESET, base, pages * PAGE, 1 + told % 61);
		ASSERT_NE((ULONG_PTR)0, answer.count);
		for (SIZE_T i = 0; i < answer.count; i++)
			ASSERT_EQ(base + (told + i) * PAGE, answer.pages[i]);
	}
	EXPECT_EQ(pages, told);
	EXPECT_CLEAN(base, pages * PAGE);
}

/* A lock marks them all at once. */
TEST(WW_6_a_part_of_locked_neighbours)
{
	const SIZE_T pages = 6144, quota = 8000 * PAGE;
	char *base = watched(pages * PAGE);
	struct watch_answer answer;

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(SetProcessWorkingSetSize(GetCurrentProcess(), quota, 2 * quota));
	ASSERT_TRUE(VirtualLock(base, pages * PAGE));
	answer = watch_some(RESET, base, pages * PAGE, 10);
	EXPECT_EQ((ULONG_PTR)10, answer.count);
	answer = watch_some(RESET, base + 4000 * PAGE, 100 * PAGE, 1);
	EXPECT_EQ(base + 4000 * PAGE, answer.pages[0]);
	answer = watch_some(0, base + 8 * PAGE, pages * PAGE / 2, 1);
	EXPECT_EQ(base + 10 * PAGE, answer.pages[0]);
	answer = watch_some(0, base + 3999 * PAGE, pages * PAGE / 4, 2);
	EXPECT_EQ(base + 3999 * PAGE, answer.pages[0]);
	EXPECT_EQ(base + 4001 * PAGE, answer.pages[1]);
}

TEST(WW_8_reads_do_not_mark)
{
	char *base = watched(4 * PAGE);

	ASSERT_NE(NULL, base);
	for (SIZE_T i = 0; i < 4; i++)
		EXPECT_READS(0, base + i * PAGE);
	EXPECT_CLEAN(base, 4 * PAGE);
	EXPECT_WRITES(base + PAGE, 7);
	EXPECT_WATCH_WORKS(ResetWriteWatch(base, 4 * PAGE));
	EXPECT_READS(7, base + PAGE);
	EXPECT_CLEAN(base, 4 * PAGE);
	/* Nor does a write that is refused. */
	ASSERT_TRUE(protect(base, PAGE, PAGE_READONLY));
	ASSERT_TRUE(protect(base + PAGE, PAGE, PAGE_NOACCESS));
	EXPECT_VIOLATION_WRITE(base);
	EXPECT_VIOLATION_WRITE(base + PAGE);
	EXPECT_CLEAN(base, 4 * PAGE);
}

/* Which reading as a system call does, too. */
TEST(WW_8_writing_to_a_file_reads)
{
	char *base = watched(2 * PAGE);
	int ends[2];

	ASSERT_NE(NULL, base);
	ASSERT_EQ(0, pipe(ends));
	ASSERT_EQ((ssize_t)(2 * PAGE), write(ends[1], base, 2 * PAGE));
	EXPECT_CLEAN(base, 2 * PAGE);
}

TEST(WW_9_write_across_the_edge_marks_both)
{
	char *base = watched(4 * PAGE);

	ASSERT_NE(NULL, base);
	*(volatile uint64_t *)(void *)(base + 2 * PAGE - 4) = ~UINT64_C(0);
	EXPECT_WRITTEN(RESET, base, 4 * PAGE, base + PAGE, base + 2 * PAGE);
	*(volatile uint16_t *)(void *)(base + 3 * PAGE - 1) = 0xffff;
	EXPECT_WRITTEN(RESET, base, 4 * PAGE, base + 2 * PAGE, base + 3 * PAGE);
}

TEST(WW_10_reserved_and_fresh_pages)
{
	char *base = VirtualAlloc(NULL, 6 * PAGE, RESERVE_WATCHED, PAGE_READWRITE);

	ASSERT_NE(NULL, base);
	EXPECT_CLEAN(base, 6 * PAGE);
	ASSERT_TRUE(commit_at(base + PAGE, PAGE, PAGE_READWRITE));
	ASSERT_TRUE(commit_at(base + 4 * PAGE, PAGE, PAGE_READWRITE));
	EXPECT_CLEAN(base, 6 * PAGE);
	EXPECT_WRITES(base + 4 * PAGE, 1);
	EXPECT_VIOLATION_WRITE(base + 2 * PAGE);
	EXPECT_WRITTEN(0, base, 6 * PAGE, base + 4 * PAGE);
	/* Committing again neither sets nor clears. */
	ASSERT_TRUE(commit_at(base, 6 * PAGE, PAGE_READWRITE));
	EXPECT_WRITTEN(0, base, 6 * PAGE, base + 4 * PAGE);
}

TEST(WW_11_protect_leaves_the_marks)
{
	static const DWORD protections[] = { PAGE_NOACCESS, PAGE_READONLY, PAGE_EXECUTE_READ,
					     PAGE_READWRITE | PAGE_GUARD, PAGE_EXECUTE_READWRITE };
	char *base = watched(4 * PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_WRITES(base + PAGE, 1);
	for (SIZE_T i = 0; i < ARRAY_SIZE(protections); i++) {
		ASSERT_TRUE(protect(base, 4 * PAGE, protections[i]));
		EXPECT_WRITTEN(0, base, 4 * PAGE, base + PAGE);
	}
	ASSERT_TRUE(protect(base, 4 * PAGE, PAGE_READWRITE));
	EXPECT_WRITES(base + 2 * PAGE, 1);
	ASSERT_TRUE(protect(base, 4 * PAGE, PAGE_NOACCESS));
	/* What is told can be reset all the same. */
	EXPECT_WRITTEN(RESET, base, 4 * PAGE, base + PAGE, base + 2 * PAGE);
	EXPECT_CLEAN(base, 4 * PAGE);
	ASSERT_TRUE(protect(base, 4 * PAGE, PAGE_READWRITE));
	EXPECT_CLEAN(base, 4 * PAGE);
	EXPECT_WRITES(base + PAGE, 1);
	EXPECT_WRITTEN(0, base, 4 * PAGE, base + PAGE);
}

TEST(WW_12_decommit_clears)
{
	char *base = watched(4 * PAGE);

	ASSERT_NE(NULL, base);
	for (SIZE_T i = 0; i < 4; i++)
		EXPECT_WRITES(base + i * PAGE, 1);
	ASSERT_TRUE(decommit(base + PAGE, 2 * PAGE));
	EXPECT_WRITTEN(0, base, 4 * PAGE, base, base + 3 * PAGE);
	ASSERT_TRUE(commit_at(base + PAGE, 2 * PAGE, PAGE_READWRITE));
	EXPECT_WRITTEN(0, base, 4 * PAGE, base, base + 3 * PAGE);
	EXPECT_WRITES(base + 2 * PAGE, 1);
	EXPECT_WRITTEN(0, base, 4 * PAGE, base, base + 2 * PAGE, base + 3 * PAGE);
	ASSERT_TRUE(VirtualFree(base, 0, MEM_DECOMMIT));
	EXPECT_CLEAN(base, 4 * PAGE);
}

/* The rule's own example. */
TEST(WW_13_marks_that_protect_found_outlive_a_decommit)
{
	char *base = watched(8 * PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_WRITES(base + 3 * PAGE, 1);
	ASSERT_TRUE(protect(base, 6 * PAGE, PAGE_READWRITE));
	EXPECT_WRITES(base + 5 * PAGE, 1);
	EXPECT_WRITTEN(0, base, 8 * PAGE, base + 3 * PAGE, base + 5 * PAGE);
	ASSERT_TRUE(VirtualFree(base, 0, MEM_DECOMMIT));
	EXPECT_WRITTEN(0, base, 8 * PAGE, base + 3 * PAGE);
	EXPECT_RESERVED(base, base, 8 * PAGE);
	EXPECT_VIOLATION_READ(base + 3 * PAGE);
	ASSERT_TRUE(commit_at(base, 8 * PAGE, PAGE_READWRITE));
	EXPECT_READS(0, base + 3 * PAGE);
	EXPECT_WRITTEN(0, base, 8 * PAGE, base + 3 * PAGE);
	/* Again and again, until it is reset. */
	ASSERT_TRUE(decommit(base, 8 * PAGE));
	ASSERT_TRUE(commit_at(base + 2 * PAGE, 4 * PAGE, PAGE_NOACCESS));
	EXPECT_WRITTEN(RESET, base, 8 * PAGE, base + 3 * PAGE);
	EXPECT_CLEAN(base, 8 * PAGE);
	ASSERT_TRUE(decommit(base, 8 * PAGE));
	EXPECT_CLEAN(base, 8 * PAGE);
}

TEST(WW_13_reset_of_reserved_pages)
{
	char *base = watched(4 * PAGE);
	struct watch_answer answer;

	ASSERT_NE(NULL, base);
	for (SIZE_T i = 0; i < 4; i++)
		EXPECT_WRITES(base + i * PAGE, 1);
	ASSERT_TRUE(protect(base, 4 * PAGE, PAGE_READONLY));
	ASSERT_TRUE(decommit(base, 4 * PAGE));
	answer = watch_some(RESET, base, 4 * PAGE, 1);
	EXPECT_EQ((ULONG_PTR)1, answer.count);
	EXPECT_EQ(base, answer.pages[0]);
	EXPECT_WATCH_WORKS(ResetWriteWatch(base + 2 * PAGE, 1));
	EXPECT_WRITTEN(0, base, 4 * PAGE, base + PAGE, base + 3 * PAGE);
	EXPECT_RESERVED(base, base, 4 * PAGE);
	/* What is committed now is as fresh as the page beside it. */
	ASSERT_TRUE(commit_at(base, 4 * PAGE, PAGE_READWRITE));
	EXPECT_WRITTEN(0, base, 4 * PAGE, base + PAGE, base + 3 * PAGE);
	EXPECT_WRITES(base, 1);
	EXPECT_WRITTEN(RESET, base, 4 * PAGE, base, base + PAGE, base + 3 * PAGE);
	EXPECT_CLEAN(base, 4 * PAGE);
	EXPECT_WRITES(base + PAGE, 1);
	ASSERT_TRUE(decommit(base, 4 * PAGE));
	EXPECT_CLEAN(base, 4 * PAGE);
}

/* What could not be told is told the next time, also of reserved pages. */
TEST(WW_13_answer_that_cannot_be_written)
{
	char *base = watched(4 * PAGE);
	int device = device_open();
	struct winvm_write_watch request = {
		.size = sizeof(request),
		.base = (uintptr_t)base,
		.bytes = 4 * PAGE,
		.addresses = 8,
		.count = 4,
		.flags = WINVM_WATCH_RESET,
	};

	ASSERT_NE(NULL, base);
	EXPECT_WRITES(base + PAGE, 1);
	EXPECT_WRITES(base + 3 * PAGE, 1);
	ASSERT_TRUE(protect(base, 4 * PAGE, PAGE_READONLY));
	ASSERT_TRUE(decommit(base, 2 * PAGE));
	EXPECT_EQ(EFAULT, device_call(device, WINVM_IOC_GET_WRITE_WATCH, &request));
	EXPECT_WRITTEN(RESET, base, 4 * PAGE, base + PAGE, base + 3 * PAGE);
	EXPECT_CLEAN(base, 4 * PAGE);
}

TEST(WW_13_release_ends_it)
{
	char *base = watched(4 * PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_WRITES(base + PAGE, 1);
	ASSERT_TRUE(protect(base, 4 * PAGE, PAGE_READONLY));
	ASSERT_TRUE(decommit(base, 4 * PAGE));
	ASSERT_TRUE(release(base));
	ASSERT_EQ(base, VirtualAlloc(base, 4 * PAGE, RESERVE_WATCHED, PAGE_READWRITE));
	EXPECT_CLEAN(base, 4 * PAGE);
	ASSERT_TRUE(commit_at(base, 4 * PAGE, PAGE_READWRITE));
	EXPECT_CLEAN(base, 4 * PAGE);
}

/* So does giving the place back as a placeholder; the parts beside it keep theirs. */
TEST(WW_13_a_part_that_becomes_a_placeholder)
{
	const SIZE_T bytes = 3 * PAGE;
	char *base = VirtualAlloc2(NULL, NULL, bytes, MEM_RESERVE | MEM_RESERVE_PLACEHOLDER,
				   PAGE_NOACCESS, NULL, 0);
	DWORD replace = COMMIT_WATCHED | MEM_REPLACE_PLACEHOLDER;

	ASSERT_NE(NULL, base);
	ASSERT_EQ(base, VirtualAlloc2(NULL, base, bytes, replace, PAGE_READWRITE, NULL, 0));
	for (SIZE_T i = 0; i < 3; i++)
		EXPECT_WRITES(base + i * PAGE, 1);
	ASSERT_TRUE(protect(base, bytes, PAGE_READONLY));
	ASSERT_TRUE(decommit(base, bytes));
	ASSERT_TRUE(VirtualFree(base + PAGE, PAGE, MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER));
	ASSERT_EQ(base + PAGE,
		  VirtualAlloc2(NULL, base + PAGE, PAGE, replace, PAGE_READWRITE, NULL, 0));
	EXPECT_WRITTEN(0, base, PAGE, base);
	EXPECT_CLEAN(base + PAGE, PAGE);
	EXPECT_WRITTEN(0, base + 2 * PAGE, PAGE, base + 2 * PAGE);
}

/* The books of many latched pages are closed by the reset, and by the release. */
TEST(WW_13_what_marks_cost_is_given_back)
{
	const SIZE_T bytes = 8192 * PAGE;
	char *base = VirtualAlloc(NULL, bytes, RESERVE_WATCHED, PAGE_READWRITE);
	uint64_t before = counters().bookkeeping_bytes;

	ASSERT_NE(NULL, base);
	for (int time = 0; time < 3; time++) {
		ASSERT_TRUE(commit_at(base, bytes, PAGE_READWRITE));
		for (SIZE_T at = 0; at < bytes; at += 16 * PAGE)
			EXPECT_WRITES(base + at, 1);
		ASSERT_TRUE(protect(base, bytes, PAGE_READONLY));
		ASSERT_TRUE(decommit(base, bytes));
		EXPECT_LT(before, counters().bookkeeping_bytes);
		if (time == 2)
			break;
		EXPECT_WATCH_WORKS(ResetWriteWatch(base, bytes));
		EXPECT_EQ(before, counters().bookkeeping_bytes);
		EXPECT_EQ(0u, counters().commit_bytes);
	}
	ASSERT_TRUE(release(base));
	EXPECT_GT(before, counters().bookkeeping_bytes);
}

/* A lock is a write where writing is allowed. */
TEST(WW_16_lock_marks)
{
	char *base = watched(4 * PAGE);

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(protect(base + 2 * PAGE, PAGE, PAGE_READONLY));
	EXPECT_WORKS(VirtualLock(base + PAGE, 2 * PAGE));
	EXPECT_WRITTEN(RESET, base, 4 * PAGE, base + PAGE);
	EXPECT_CLEAN(base, 4 * PAGE);
	EXPECT_WRITES(base + PAGE, 1);
	EXPECT_WRITTEN(0, base, 4 * PAGE, base + PAGE);
}

TEST(WW_17_every_second_page_of_a_large_region)
{
	const SIZE_T pages = 2048, bytes = pages * PAGE;
	static char *told[2048];
	char *base = watched(bytes);

	ASSERT_NE(NULL, base);
	for (SIZE_T i = 1; i < pages; i += 2)
		EXPECT_WRITES(base + i * PAGE, 1);
	ASSERT_TRUE(protect(base, bytes / 2, PAGE_READONLY));
	for (int time = 0; time < 4; time++) {
		ULONG_PTR count = pages;
		DWORD granularity;

		EXPECT_WATCH_WORKS(GetWriteWatch(time == 2 ? RESET : 0, base, bytes, (PVOID *)told,
						 &count, &granularity));
		ASSERT_EQ((ULONG_PTR)(time < 3 ? pages / 2 : 0), count);
		for (ULONG_PTR i = 0; i < count; i++)
			ASSERT_EQ(base + (2 * i + 1) * PAGE, told[i]);
	}
}

TEST(WW_18_what_replaces_a_placeholder)
{
	const SIZE_T bytes = 4 * PAGE;
	char *base = VirtualAlloc2(NULL, NULL, bytes, MEM_RESERVE | MEM_RESERVE_PLACEHOLDER,
				   PAGE_NOACCESS, NULL, 0);

	ASSERT_NE(NULL, base);
	/* A placeholder is not watched. */
	EXPECT_WATCH_FAILS(87, ResetWriteWatch(base, bytes));
	ASSERT_EQ(base, VirtualAlloc2(NULL, base, bytes, COMMIT_WATCHED | MEM_REPLACE_PLACEHOLDER,
				      PAGE_READWRITE, NULL, 0));
	EXPECT_WRITES(base + PAGE, 1);
	EXPECT_WRITTEN(0, base, bytes, base + PAGE);
	EXPECT_WATCH_WORKS(ResetWriteWatch(base, bytes));
	EXPECT_CLEAN(base, bytes);
	EXPECT_WRITES(base + 2 * PAGE, 1);
	EXPECT_WORKS(VirtualFree(base, bytes, MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER));
	EXPECT_WATCH_FAILS(87, ResetWriteWatch(base, bytes));
	ASSERT_EQ(base, VirtualAlloc2(NULL, base, bytes, COMMIT_WATCHED | MEM_REPLACE_PLACEHOLDER,
				      PAGE_READWRITE, NULL, 0));
	EXPECT_CLEAN(base, bytes);
}

TEST(WW_19_reset)
{
	char *base = VirtualAlloc(NULL, 4 * PAGE, RESERVE_WATCHED, PAGE_READWRITE);
	char *other = commit(PAGE);

	ASSERT_NE(NULL, base);
	EXPECT_WATCH_FAILS(87, ResetWriteWatch(base, 0));
	EXPECT_WATCH_FAILS(87, ResetWriteWatch(other, PAGE));
	EXPECT_WATCH_WORKS(ResetWriteWatch(base, 4 * PAGE));
	ASSERT_TRUE(commit_at(base + PAGE, 2 * PAGE, PAGE_READWRITE));
	EXPECT_WRITES(base + PAGE, 1);
	EXPECT_WRITES(base + 2 * PAGE, 1);
	/* A byte is enough for its page, and reserved pages are no obstacle. */
	EXPECT_WATCH_WORKS(ResetWriteWatch(base + 2 * PAGE - 1, 1));
	EXPECT_WRITTEN(0, base, 4 * PAGE, base + 2 * PAGE);
	EXPECT_WATCH_WORKS(ResetWriteWatch(base, 4 * PAGE));
	EXPECT_CLEAN(base, 4 * PAGE);
}

/* Each call has all the faults of those after it. */
TEST(WW_20_order_of_the_checks)
{
	char *beyond = (char *)(HIGHEST_ADDRESS + 1), *base = watched(PAGE);
	HANDLE none = (HANDLE)(uintptr_t)0xdead0;
	ULONG_PTR no_room = 0, huge = UINT64_MAX / 8 + 1, room = 1;
	ULONG granularity;
	void *page;

	ASSERT_NE(NULL, base);
	EXPECT_STATUS(ST_INVALID_PARAMETER_1 + 1,
		      NtGetWriteWatch(none, 0, beyond, UINT64_MAX, NULL, NULL, NULL));
	EXPECT_STATUS(ST_INVALID_PARAMETER_1 + 2,
		      NtGetWriteWatch(none, 0, base, UINT64_MAX, NULL, NULL, NULL));
	EXPECT_STATUS(ST_ACCESS_VIOLATION, NtGetWriteWatch(none, 0, base, PAGE, NULL, NULL, NULL));
	EXPECT_STATUS(ST_ACCESS_VIOLATION,
		      NtGetWriteWatch(none, 0, base, PAGE, NULL, &no_room, NULL));
	EXPECT_STATUS(ST_INVALID_PARAMETER_1 + 4,
		      NtGetWriteWatch(none, 0, base, PAGE, NULL, &no_room, &granularity));
	EXPECT_STATUS(ST_INVALID_PARAMETER_1 + 4,
		      NtGetWriteWatch(none, 0, base, PAGE, NULL, &huge, &granularity));
	EXPECT_STATUS(ST_ACCESS_VIOLATION,
		      NtGetWriteWatch(none, 0, base, PAGE, NULL, &room, &granularity));
	EXPECT_STATUS(ST_INVALID_HANDLE,
		      NtGetWriteWatch(none, 0, base, PAGE, &page, &room, &granularity));
	EXPECT_STATUS(ST_INVALID_PARAMETER_1 + 1, NtResetWriteWatch(none, beyond, PAGE));
	EXPECT_STATUS(ST_INVALID_PARAMETER_1 + 2, NtResetWriteWatch(none, base, 0));
	EXPECT_STATUS(ST_INVALID_HANDLE, NtResetWriteWatch(none, base, PAGE));
}

TEST(WW_20_rights_of_the_handle)
{
	DWORD rights[] = { PROCESS_QUERY_INFORMATION | PROCESS_VM_READ | PROCESS_VM_WRITE,
			   PROCESS_VM_OPERATION };
	NTSTATUS expected[] = { ST_ACCESS_DENIED, ST_SUCCESS };
	char *base = watched(PAGE);

	ASSERT_NE(NULL, base);
	for (int i = 0; i < 2; i++) {
		HANDLE handle = OpenProcess(rights[i], FALSE, GetCurrentProcessId());
		ULONG_PTR room = 1;
		ULONG granularity;
		void *page;

		ASSERT_NE(NULL, handle);
		EXPECT_STATUS(expected[i],
			      NtGetWriteWatch(handle, 0, base, PAGE, &page, &room, &granularity));
		EXPECT_STATUS(expected[i], NtResetWriteWatch(handle, base, PAGE));
		CloseHandle(handle);
	}
}

TEST(WW_21_neither_large_pages_nor_physical_ones)
{
	static const DWORD kinds[] = { MEM_LARGE_PAGES, MEM_PHYSICAL };

	for (int i = 0; i < 2; i++) {
		EXPECT_FAILS(87, VirtualAlloc(NULL, 512 * PAGE, COMMIT_WATCHED | kinds[i],
					      PAGE_READWRITE));
		EXPECT_FAILS(87, VirtualAlloc(NULL, 512 * PAGE, RESERVE_WATCHED | kinds[i],
					      PAGE_READWRITE));
	}
}

VM_TEST_MAIN
