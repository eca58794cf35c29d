/* SPDX-License-Identifier: GPL-2.0 */
/* Write watch, as the tests ask for it. */
#ifndef KSELFTEST_WATCH_H
#define KSELFTEST_WATCH_H

#include "vm.h"

#define RESERVE_WATCHED (MEM_RESERVE | MEM_WRITE_WATCH)
#define COMMIT_WATCHED	(RESERVE_WATCHED | MEM_COMMIT)
#define RESET		WRITE_WATCH_FLAG_RESET

/* Pages that a test asks for at most, where it does not say how many. */
#define WATCH_MOST 64

/* An answer of GetWriteWatch; @count is MARK if it failed. */
struct watch_answer {
	ULONG_PTR count;
	DWORD granularity;
	char *pages[WATCH_MOST];
};

static inline char *watched(SIZE_T bytes)
{
	return VirtualAlloc(NULL, bytes, COMMIT_WATCHED, PAGE_READWRITE);
}

static inline struct watch_answer watch_get(DWORD flags, char *base, SIZE_T bytes)
{
	struct watch_answer answer = { .count = WATCH_MOST };

	if (GetWriteWatch(flags, base, bytes, (PVOID *)answer.pages, &answer.count,
			  &answer.granularity))
		answer.count = MARK;
	return answer;
}

/* Exactly these pages of the range are told, in this order. */
#define EXPECT_WRITTEN(flags, base, bytes, ...)                                      \
	do {                                                                         \
		char *const expected_[] = { __VA_ARGS__ };                           \
		const ULONG_PTR count_ = sizeof(expected_) / sizeof(expected_[0]);   \
		struct watch_answer answer_ = watch_get(flags, base, bytes);         \
		EXPECT_EQ(count_, answer_.count);                                    \
		EXPECT_EQ((DWORD)PAGE, answer_.granularity);                         \
		for (ULONG_PTR i_ = 0; i_ < count_ && answer_.count == count_; i_++) \
			EXPECT_EQ(expected_[i_], answer_.pages[i_]);                 \
	} while (0)

#define EXPECT_CLEAN(base, bytes)                                         \
	do {                                                              \
		EXPECT_EQ((ULONG_PTR)0, watch_get(0, base, bytes).count); \
	} while (0)

/* These give ~0u when they fail, and 0 when they do not. */
#define EXPECT_WATCH_FAILS(error, call)                    \
	do {                                               \
		SetLastError(MARK);                        \
		EXPECT_EQ(~0u, (call));                    \
		EXPECT_EQ((DWORD)(error), GetLastError()); \
	} while (0)

#define EXPECT_WATCH_WORKS(call)                 \
	do {                                     \
		SetLastError(MARK);              \
		EXPECT_EQ(0u, (call));           \
		EXPECT_EQ(MARK, GetLastError()); \
	} while (0)

#endif
