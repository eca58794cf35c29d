// SPDX-License-Identifier: GPL-2.0
/* Thread stacks: the arithmetic of growth (SPEC ST). */
#include "kselftest_harness.h"
#include "stack.h"

/* A stack of pages 0x100 to 0x1ff in an allocation of its own; committed from page @limit on. */
#define LOWEST 0x100ULL
#define END 0x200ULL

static const struct winvm_span own = { LOWEST, END - LOWEST };

static struct winvm_stack stack_from(u64 limit)
{
	return (struct winvm_stack){
		.base = END << 12,
		.limit = limit << 12,
		.deallocation = LOWEST << 12,
	};
}

static struct winvm_stack_plan plan_of(struct winvm_stack stack, u64 vpn, struct winvm_span memory)
{
	struct winvm_stack_plan plan;

	memset(&plan, 0xee, sizeof(plan));
	winvm_stack_plan(&stack, vpn, memory, &plan);
	return plan;
}

#define EXPECT_PLAN(has_room, touched_vpn, touched_pages, below_vpn, below_pages, got) \
	do {                                                                            \
		struct winvm_stack_plan plan_ = (got);                                  \
		EXPECT_EQ(has_room, plan_.room);                                        \
		EXPECT_EQ((u64)(touched_vpn), plan_.touched.vpn);                       \
		EXPECT_EQ((u64)(touched_pages), plan_.touched.pages);                   \
		EXPECT_EQ((u64)(below_vpn), plan_.below.vpn);                           \
		EXPECT_EQ((u64)(below_pages), plan_.below.pages);                       \
	} while (0)

TEST(ST_1_stack_is_from_deallocation_to_base)
{
	struct winvm_stack stack = stack_from(0x1f0);

	EXPECT_TRUE(winvm_stack_holds(&stack, LOWEST << 12));
	EXPECT_FALSE(winvm_stack_holds(&stack, (LOWEST << 12) - 1));
	EXPECT_TRUE(winvm_stack_holds(&stack, (END << 12) - 1));
	EXPECT_FALSE(winvm_stack_holds(&stack, END << 12));
	stack.base = 0;
	EXPECT_FALSE(winvm_stack_holds(&stack, 0));
}

TEST(ST_2_guard_run_is_three_pages)
{
	EXPECT_EQ(3, winvm_stack_run(0));
	EXPECT_EQ(3, winvm_stack_run(1));
	EXPECT_EQ(3, winvm_stack_run(0x2000));
}

TEST(ST_11_guard_run_is_the_guarantee_and_a_page)
{
	EXPECT_EQ(4, winvm_stack_run(0x2001));
	EXPECT_EQ(4, winvm_stack_run(0x3000));
	EXPECT_EQ(17, winvm_stack_run(0x10000));
	EXPECT_EQ(0x100001, winvm_stack_run(0xffffffff));
}

TEST(ST_3_touch_of_the_first_guard)
{
	EXPECT_PLAN(true, 0x1ef, 1, 0x1ec, 3, plan_of(stack_from(0x1f0), 0x1ef, own));
}

TEST(ST_3_touch_that_skips_guards)
{
	EXPECT_PLAN(true, 0x1ed, 3, 0x1ea, 3, plan_of(stack_from(0x1f0), 0x1ed, own));
}

/* A guard in the committed part, StackLimit right above it. */
TEST(ST_6_stack_grows_again_from_a_guard_that_was_set)
{
	EXPECT_PLAN(true, 0x1f8, 1, 0x1f5, 3, plan_of(stack_from(0x1f9), 0x1f8, own));
	EXPECT_PLAN(true, 0x1f0, 9, 0x1ed, 3, plan_of(stack_from(0x1f9), 0x1f0, own));
}

TEST(ST_8_limit_below_the_page_touched)
{
	EXPECT_PLAN(true, 0x1ef, 1, 0x1ec, 3, plan_of(stack_from(0x1e0), 0x1ef, own));
	EXPECT_PLAN(true, 0x1ef, 1, 0x1ec, 3, plan_of(stack_from(0x1ef), 0x1ef, own));
	EXPECT_PLAN(true, 0x1ef, 1, 0x1ec, 3, plan_of(stack_from(0), 0x1ef, own));
}

TEST(ST_8_limit_above_the_stack)
{
	struct winvm_stack stack = stack_from(0);

	EXPECT_PLAN(true, 0x1f0, 0x10, 0x1ed, 3, plan_of(stack_from(0x1000), 0x1f0, own));
	stack.limit = ~0ULL;
	EXPECT_PLAN(true, 0x1f0, 0x10, 0x1ed, 3, plan_of(stack, 0x1f0, own));
}

/* Page 0x100 stays reserved: 0x104 is the lowest that has room for a run below. */
TEST(ST_10_last_run_has_no_room)
{
	EXPECT_PLAN(true, 0x104, 1, 0x101, 3, plan_of(stack_from(0x105), 0x104, own));
	EXPECT_PLAN(false, 0x103, 1, 0x101, 2, plan_of(stack_from(0x104), 0x103, own));
	EXPECT_PLAN(false, 0x102, 2, 0x101, 1, plan_of(stack_from(0x104), 0x102, own));
	EXPECT_PLAN(false, 0x101, 3, 0x101, 0, plan_of(stack_from(0x104), 0x101, own));
	EXPECT_PLAN(false, 0x100, 1, 0x100, 0, plan_of(stack_from(0x101), 0x100, own));
}

TEST(ST_11_guarantee_is_left_to_the_handler)
{
	struct winvm_stack stack = stack_from(0x112);

	stack.guarantee = 0x10000;
	EXPECT_PLAN(false, 0x111, 1, 0x101, 0x10, plan_of(stack, 0x111, own));
	EXPECT_PLAN(true, 0x112, 1, 0x101, 0x11, plan_of(stack, 0x112, own));
	stack.guarantee = 0xffffffff;
	EXPECT_PLAN(false, 0x1ef, 1, 0x101, 0xee, plan_of(stack, 0x1ef, own));
}

/* What the words say beyond the allocation does not count. */
TEST(no_plan_goes_beyond_the_allocation)
{
	const struct winvm_span small = { 0x180, 0x40 };
	struct winvm_stack stack = stack_from(0x1ff);

	EXPECT_PLAN(true, 0x1b0, 0x10, 0x1ad, 3, plan_of(stack, 0x1b0, small));
	EXPECT_PLAN(true, 0x184, 0x3c, 0x181, 3, plan_of(stack, 0x184, small));
	EXPECT_PLAN(false, 0x183, 0x3d, 0x181, 2, plan_of(stack, 0x183, small));
	stack = (struct winvm_stack){ .base = ~0ULL, .limit = ~0ULL };
	EXPECT_PLAN(true, 0x1bf, 1, 0x1bc, 3, plan_of(stack, 0x1bf, small));
}

TEST(words_need_not_be_page_addresses)
{
	const struct winvm_span large = { LOWEST, 2 * END };
	struct winvm_stack stack = {
		.base = (END << 12) - 1,
		.limit = (0x1f0ULL << 12) + 0xfff,
		.deallocation = (LOWEST << 12) + 1,
	};

	EXPECT_PLAN(true, 0x1ef, 1, 0x1ec, 3, plan_of(stack, 0x1ef, own));
	EXPECT_PLAN(false, 0x103, 0xed, 0x101, 2, plan_of(stack, 0x103, own));
	stack.base = (END << 12) + 1;
	stack.limit = ~0ULL;
	EXPECT_PLAN(true, 0x1ff, 1, 0x1fc, 3, plan_of(stack, 0x1ff, own));
	EXPECT_PLAN(true, 0x1ff, 2, 0x1fc, 3, plan_of(stack, 0x1ff, large));
}

TEST_HARNESS_MAIN
