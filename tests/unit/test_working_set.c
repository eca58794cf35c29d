// SPDX-License-Identifier: GPL-2.0
/* The working set: limits, and how pages are told (SPEC 8.2, 8.3). */
#include "kselftest_harness.h"
#include "layout.h"
#include "working_set.h"

#define PAGE 0x1000ULL
#define RAM 10000ULL
#define AVAILABLE 5000ULL

static const struct winvm_ws_limits usual = {
	.minimum_pages = WINVM_WS_MINIMUM_PAGES,
	.maximum_pages = WINVM_WS_MAXIMUM_PAGES,
};

static u32 change(struct winvm_ws_limits *limits, u64 minimum, u64 maximum, u32 flags)
{
	struct winvm_ws_change wanted = { minimum, maximum, flags };

	return winvm_ws_check(&wanted, RAM, AVAILABLE, limits);
}

#define EXPECT_CHANGE(minimum, maximum, from, to)                                    \
	do {                                                                          \
		struct winvm_ws_limits limits_ = usual;                               \
		EXPECT_EQ(STATUS_SUCCESS, change(&limits_, from, to, 0));             \
		EXPECT_EQ((u64)(minimum), limits_.minimum_pages);                     \
		EXPECT_EQ((u64)(maximum), limits_.maximum_pages);                     \
		EXPECT_FALSE(limits_.hard_minimum);                                   \
		EXPECT_FALSE(limits_.hard_maximum);                                   \
	} while (0)

#define EXPECT_REFUSED(status, from, to, flags)                                      \
	do {                                                                          \
		struct winvm_ws_limits limits_ = usual;                               \
		EXPECT_EQ(status, change(&limits_, from, to, flags));                 \
		EXPECT_EQ(0, memcmp(&usual, &limits_, sizeof(usual)));                \
	} while (0)

TEST(WS_1_defaults)
{
	EXPECT_EQ(204800, WINVM_WS_MINIMUM_PAGES * PAGE);
	EXPECT_EQ(1413120, WINVM_WS_MAXIMUM_PAGES * PAGE);
}

TEST(WS_2_minimum_is_20_pages_at_least)
{
	EXPECT_CHANGE(20, 100, 1, 100 * PAGE);
	EXPECT_CHANGE(20, 100, 19 * PAGE, 100 * PAGE);
	EXPECT_CHANGE(20, 100, 20 * PAGE, 100 * PAGE);
	EXPECT_CHANGE(21, 100, 21 * PAGE, 100 * PAGE);
}

TEST(WS_2_maximum_is_13_pages_at_least)
{
	EXPECT_CHANGE(20, 20, PAGE, 13 * PAGE);
	EXPECT_CHANGE(20, 20, PAGE, 19 * PAGE);
	EXPECT_REFUSED(STATUS_BAD_WORKING_SET_LIMIT, PAGE, 13 * PAGE - 1, 0);
}

TEST(WS_2_minimum_is_not_above_the_maximum)
{
	EXPECT_CHANGE(100, 100, 100 * PAGE, 100 * PAGE);
	EXPECT_REFUSED(STATUS_BAD_WORKING_SET_LIMIT, 100 * PAGE + 1, 100 * PAGE, 0);
	EXPECT_REFUSED(STATUS_BAD_WORKING_SET_LIMIT, 16 * PAGE, 15 * PAGE, 0);
}

TEST(WS_2_maximum_leaves_512_pages)
{
	EXPECT_CHANGE(50, RAM - 513, 50 * PAGE, (RAM - 513) * PAGE);
	EXPECT_REFUSED(STATUS_BAD_WORKING_SET_LIMIT, 50 * PAGE, (RAM - 512) * PAGE, 0);
	EXPECT_REFUSED(STATUS_BAD_WORKING_SET_LIMIT, 50 * PAGE, ~0ULL, 0);
}

TEST(WS_2_sizes_are_rounded_down)
{
	EXPECT_CHANGE(50, 100, 51 * PAGE - 1, 101 * PAGE - 1);
}

TEST(WS_4_zero)
{
	EXPECT_REFUSED(STATUS_INVALID_PARAMETER, 0, 100 * PAGE, 0);
	EXPECT_REFUSED(STATUS_INVALID_PARAMETER, 100 * PAGE, 0, 0);
	EXPECT_CHANGE(50, 345, 0, 0);
}

TEST(WS_5_raising_needs_memory)
{
	struct winvm_ws_limits limits = usual;

	EXPECT_CHANGE(50 + AVAILABLE, 6000, (50 + AVAILABLE) * PAGE, 6000 * PAGE);
	EXPECT_REFUSED(STATUS_INSUFFICIENT_RESOURCES, (51 + AVAILABLE) * PAGE, 6000 * PAGE, 0);
	/* Lowering needs none. */
	limits.minimum_pages = 9000;
	limits.maximum_pages = 9000;
	EXPECT_EQ(STATUS_SUCCESS, change(&limits, 60 * PAGE, 70 * PAGE, 0));
	EXPECT_EQ(60, limits.minimum_pages);
}

TEST(WS_6_flags)
{
	struct winvm_ws_limits limits = usual;

	EXPECT_REFUSED(STATUS_INVALID_PARAMETER, 50 * PAGE, 345 * PAGE, 0x10);
	EXPECT_REFUSED(STATUS_INVALID_PARAMETER, 50 * PAGE, 345 * PAGE, 3);
	EXPECT_REFUSED(STATUS_INVALID_PARAMETER, 50 * PAGE, 345 * PAGE, 12);
	EXPECT_REFUSED(STATUS_INVALID_PARAMETER, 0, 0, 15);
	/* Bad limits change no flag. */
	EXPECT_REFUSED(STATUS_BAD_WORKING_SET_LIMIT, 50 * PAGE, PAGE, 5);
	EXPECT_EQ(STATUS_SUCCESS, change(&limits, 0, 0, NT_HARDWS_MIN_ENABLE));
	EXPECT_TRUE(limits.hard_minimum);
	EXPECT_FALSE(limits.hard_maximum);
	EXPECT_EQ(STATUS_SUCCESS, change(&limits, 0, 0, NT_HARDWS_MAX_ENABLE));
	EXPECT_TRUE(limits.hard_minimum);
	EXPECT_TRUE(limits.hard_maximum);
	EXPECT_EQ(STATUS_SUCCESS, change(&limits, 0, 0, NT_HARDWS_MIN_DISABLE));
	EXPECT_FALSE(limits.hard_minimum);
	EXPECT_TRUE(limits.hard_maximum);
	EXPECT_EQ(STATUS_SUCCESS, change(&limits, 0, 0, NT_HARDWS_MAX_DISABLE));
	EXPECT_FALSE(limits.hard_minimum);
	EXPECT_FALSE(limits.hard_maximum);
}

TEST(WS_7_flags_are_one_of_each_pair)
{
	struct winvm_ws_limits limits = usual;

	EXPECT_EQ(10, winvm_ws_flags(&limits));
	limits.hard_minimum = true;
	EXPECT_EQ(9, winvm_ws_flags(&limits));
	limits.hard_maximum = true;
	EXPECT_EQ(5, winvm_ws_flags(&limits));
	limits.hard_minimum = false;
	EXPECT_EQ(6, winvm_ws_flags(&limits));
}

TEST(VL_10_what_can_be_locked)
{
	struct winvm_ws_limits limits = usual;

	EXPECT_EQ(42, winvm_ws_lockable(&limits, 8));
	limits.minimum_pages = 92;
	EXPECT_EQ(84, winvm_ws_lockable(&limits, 8));
	limits.minimum_pages = 20;
	EXPECT_EQ(2, winvm_ws_lockable(&limits, 18));
	EXPECT_EQ(0, winvm_ws_lockable(&limits, 20));
	EXPECT_EQ(0, winvm_ws_lockable(&limits, 21));
}

TEST(VL_11_of_the_layouts)
{
	const struct winvm_bounds *large = winvm_layout_bounds(WINVM_LAYOUT_KIND_64BIT);
	const struct winvm_bounds *small = winvm_layout_bounds(WINVM_LAYOUT_KIND_2GB);

	EXPECT_EQ(42, winvm_ws_lockable(&usual, large->lock_overhead_pages));
	EXPECT_EQ(32, winvm_ws_lockable(&usual, small->lock_overhead_pages));
}

static const struct winvm_ws_limits hard = { 50, 100, true, true };

TEST(WS_6_faults_beyond_a_hard_maximum)
{
	EXPECT_FALSE(winvm_ws_due(&usual, 1000, 1000, true));
	EXPECT_FALSE(winvm_ws_due(&hard, 90, 10, true));
	EXPECT_TRUE(winvm_ws_due(&hard, 90, 11, true));
	EXPECT_TRUE(winvm_ws_due(&hard, 90, 12, true));
	EXPECT_TRUE(winvm_ws_due(&hard, 101, 1, true));
}

TEST(WS_6_faults_of_a_system_call)
{
	unsigned int looks = 0;

	EXPECT_FALSE(winvm_ws_due(&hard, 90, 10, false));
	EXPECT_TRUE(winvm_ws_due(&hard, 90, 11, false));
	EXPECT_FALSE(winvm_ws_due(&hard, 90, 12, false));
	for (u64 since = 12; since <= 12 + 6400; since++)
		looks += winvm_ws_due(&hard, 90, since, false);
	EXPECT_EQ(100, looks);
}

TEST(WS_6_what_goes)
{
	EXPECT_EQ(0, winvm_ws_excess(&usual, 10000, 0));
	EXPECT_EQ(0, winvm_ws_excess(&hard, 100, 0));
	EXPECT_EQ(13, winvm_ws_excess(&hard, 101, 0));
	EXPECT_EQ(13, winvm_ws_excess(&hard, 101, 80));
	EXPECT_EQ(912, winvm_ws_excess(&hard, 1000, 0));
}

/* More are locked than the maximum allows: a few others must have room, or nothing goes on. */
TEST(WS_6_locked_pages_beyond_a_hard_maximum)
{
	EXPECT_EQ(12, winvm_ws_excess(&hard, 101, 81));
	EXPECT_EQ(2, winvm_ws_excess(&hard, 110, 100));
	EXPECT_EQ(1, winvm_ws_excess(&hard, 159, 150));
	EXPECT_EQ(0, winvm_ws_excess(&hard, 158, 150));
	EXPECT_EQ(0, winvm_ws_excess(&hard, 110, 150));
}

TEST(WS_6_what_emptying_takes)
{
	EXPECT_EQ(1000, winvm_ws_surplus(&usual, 1000));
	EXPECT_EQ(950, winvm_ws_surplus(&hard, 1000));
	EXPECT_EQ(1, winvm_ws_surplus(&hard, 51));
	EXPECT_EQ(0, winvm_ws_surplus(&hard, 50));
	EXPECT_EQ(0, winvm_ws_surplus(&hard, 10));
}

#define BITS(...) winvm_ws_attributes(&(struct winvm_ws_page){ __VA_ARGS__ })

TEST(WS_10_nothing_is_known)
{
	EXPECT_EQ(0, BITS(.protect = 0));
	EXPECT_EQ(0, BITS(.protect = NT_PAGE_READWRITE, .node = 5, .sharers = 3));
}

TEST(WS_11_valid)
{
	EXPECT_EQ(0x41, BITS(.valid = true, .protect = NT_PAGE_READWRITE));
	EXPECT_EQ(0x4001, BITS(.valid = true, .protect = NT_PAGE_WRITECOMBINE));
	EXPECT_EQ(0x3f0001, BITS(.valid = true, .node = 0xff));
	EXPECT_EQ(0x400001, BITS(.valid = true, .locked = true));
	EXPECT_EQ(0x80000001, BITS(.valid = true, .bad = true));
}

TEST(WS_12_not_valid)
{
	EXPECT_EQ(0x8000, BITS(.shared = true, .sharers = 4, .protect = NT_PAGE_READONLY));
	EXPECT_EQ(0x400000, BITS(.location = WINVM_WS_RESIDENT, .locked = true));
	EXPECT_EQ(0x800000, BITS(.location = WINVM_WS_PAGEFILE, .locked = true));
	EXPECT_EQ(0x40000000, BITS(.original = true));
	EXPECT_EQ(0x80000000, BITS(.bad = true));
}

TEST(WS_13_sharers)
{
	EXPECT_EQ(0x802b, BITS(.valid = true, .shared = true, .sharers = 5,
			       .protect = NT_PAGE_READONLY));
	EXPECT_EQ(0x802f, BITS(.valid = true, .shared = true, .sharers = 7,
			       .protect = NT_PAGE_READONLY));
	EXPECT_EQ(0x802f, BITS(.valid = true, .shared = true, .sharers = 8,
			       .protect = NT_PAGE_READONLY));
	EXPECT_EQ(0x21, BITS(.valid = true, .sharers = 8, .protect = NT_PAGE_READONLY));
}

TEST(WS_18_copy)
{
	EXPECT_EQ(0x40000041, BITS(.valid = true, .original = true,
				   .protect = NT_PAGE_READWRITE));
}

static u64 block(u64 vpn, u32 protect)
{
	return winvm_ws_block(vpn, &(struct winvm_ws_page){ .valid = true, .protect = protect });
}

TEST(NQ_2_protection_codes)
{
	static const struct {
		u32 protect;
		u64 code;
	} codes[] = {
		{ NT_PAGE_NOACCESS, 0 }, { NT_PAGE_READONLY, 1 }, { NT_PAGE_EXECUTE, 2 },
		{ NT_PAGE_EXECUTE_READ, 3 }, { NT_PAGE_READWRITE, 4 }, { NT_PAGE_WRITECOPY, 5 },
		{ NT_PAGE_EXECUTE_READWRITE, 6 }, { NT_PAGE_EXECUTE_WRITECOPY, 7 },
		{ NT_PAGE_READWRITE | NT_PAGE_NOCACHE, 12 },
		{ NT_PAGE_READONLY | NT_PAGE_GUARD, 17 },
		{ NT_PAGE_EXECUTE_READ | NT_PAGE_WRITECOMBINE, 27 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		EXPECT_EQ(codes[i].code, block(0, codes[i].protect));
}

TEST(NQ_2_block)
{
	const struct winvm_ws_page page = { .valid = true, .shared = true, .sharers = 9,
					    .node = 0xd, .protect = NT_PAGE_EXECUTE_READ };

	EXPECT_EQ(0x7fffffff000ULL | 4, block(0x7fffffff, NT_PAGE_READWRITE));
	EXPECT_EQ(0x122000ULL | 5 << 9 | 0x100 | 7 << 5 | 3, winvm_ws_block(0x122, &page));
}

TEST_HARNESS_MAIN
