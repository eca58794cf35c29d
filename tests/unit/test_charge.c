// SPDX-License-Identifier: GPL-2.0
/* Charges (SPEC CC-1, CC-8, VA-53). */
#include "charge.h"
#include "kselftest_harness.h"

TEST(CC_1_taken_up_to_the_limit_and_not_past)
{
	struct winvm_charge charge = {};

	EXPECT_TRUE(winvm_charge_take(&charge, 10, 10));
	EXPECT_FALSE(winvm_charge_take(&charge, 1, 10));
	EXPECT_EQ(10, charge.used);
	winvm_charge_return(&charge, 4);
	EXPECT_FALSE(winvm_charge_take(&charge, 5, 10));
	EXPECT_EQ(6, charge.used);
	EXPECT_TRUE(winvm_charge_take(&charge, 4, 10));
	EXPECT_EQ(10, charge.used);
}

TEST(VA_53_refused_amount_changes_nothing)
{
	struct winvm_charge charge = { .used = 3, .peak = 5 };

	EXPECT_FALSE(winvm_charge_take(&charge, 8, 10));
	EXPECT_EQ(3, charge.used);
	EXPECT_EQ(5, charge.peak);
}

TEST(sum_that_overflows_is_refused)
{
	struct winvm_charge charge = { .used = 3, .peak = 3 };

	EXPECT_FALSE(winvm_charge_take(&charge, ~0ULL - 1, ~0ULL - 1));
	EXPECT_FALSE(winvm_charge_take(&charge, ~0ULL, ~0ULL));
	EXPECT_TRUE(winvm_charge_take(&charge, ~0ULL - 3, ~0ULL));
	EXPECT_EQ(~0ULL, charge.used);
}

TEST(limit_that_sank_below_the_use_refuses_all)
{
	struct winvm_charge charge = { .used = 7, .peak = 7 };

	EXPECT_FALSE(winvm_charge_take(&charge, 0, 6));
	EXPECT_FALSE(winvm_charge_take(&charge, 1, 6));
	EXPECT_TRUE(winvm_charge_take(&charge, 0, 7));
	EXPECT_EQ(7, charge.used);
}

TEST(CC_8_peak_of_what_has_no_limit)
{
	struct winvm_charge charge = {};

	winvm_charge_add(&charge, 6);
	winvm_charge_sub(&charge, 4);
	EXPECT_EQ(2, charge.used);
	EXPECT_EQ(6, charge.peak);
	winvm_charge_add(&charge, 3);
	EXPECT_EQ(6, charge.peak);
	winvm_charge_add(&charge, 2);
	EXPECT_EQ(7, charge.used);
	EXPECT_EQ(7, charge.peak);
}

TEST(CC_8_peak_is_the_most_that_ever_was)
{
	struct winvm_charge charge = {};

	ASSERT_TRUE(winvm_charge_take(&charge, 6, 100));
	winvm_charge_return(&charge, 6);
	EXPECT_EQ(0, charge.used);
	EXPECT_EQ(6, charge.peak);
	ASSERT_TRUE(winvm_charge_take(&charge, 5, 100));
	EXPECT_EQ(6, charge.peak);
	ASSERT_TRUE(winvm_charge_take(&charge, 2, 100));
	EXPECT_EQ(7, charge.peak);
}

TEST(returning_more_than_was_taken_warns_and_stops_at_zero)
{
	struct winvm_charge charge = { .used = 2, .peak = 2 };

	winvm_charge_return(&charge, 2);
	EXPECT_EQ(0, seam_warnings());
	charge.used = 2;
	winvm_charge_return(&charge, 3);
	EXPECT_EQ(1, seam_warnings());
	EXPECT_EQ(0, charge.used);
}

TEST_HARNESS_MAIN
