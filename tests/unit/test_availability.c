// SPDX-License-Identifier: GPL-2.0
/* Levels of memory (SPEC CC-15). */
#include "availability.h"
#include "kselftest_harness.h"

#define MB (1ULL << 20)
#define GB (1ULL << 30)

TEST(CC_15_low_and_high_by_default)
{
	static const struct {
		u64 memory, low;
	} machines[] = {
		{ 256 * MB, 32 * MB },	 { 4 * GB - 1, 32 * MB }, { 4 * GB, 32 * MB },
		{ 4 * GB + 1, 64 * MB }, { 8 * GB, 64 * MB },	  { 8 * GB + 1, 64 * MB },
		{ 4096 * GB, 64 * MB },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(machines); i++) {
		struct winvm_levels levels = winvm_levels_default(machines[i].memory);

		EXPECT_EQ(machines[i].low, levels.low);
		EXPECT_EQ(3 * machines[i].low, levels.high);
		EXPECT_TRUE(winvm_levels_sound(&levels));
	}
}

TEST(CC_15_low_middle_and_high)
{
	const struct winvm_levels levels = { 10, 20 };

	EXPECT_EQ(WINVM_AVAILABLE_LOW, winvm_levels_judge(&levels, 0));
	EXPECT_EQ(WINVM_AVAILABLE_LOW, winvm_levels_judge(&levels, 10));
	EXPECT_EQ(WINVM_AVAILABLE_MIDDLE, winvm_levels_judge(&levels, 11));
	EXPECT_EQ(WINVM_AVAILABLE_MIDDLE, winvm_levels_judge(&levels, 19));
	EXPECT_EQ(WINVM_AVAILABLE_HIGH, winvm_levels_judge(&levels, 20));
	EXPECT_EQ(WINVM_AVAILABLE_HIGH, winvm_levels_judge(&levels, ~0ULL));
}

/* With nothing between them there is no middle. */
TEST(CC_15_low_is_below_high)
{
	EXPECT_TRUE(winvm_levels_sound(&(struct winvm_levels){ 10, 11 }));
	EXPECT_FALSE(winvm_levels_sound(&(struct winvm_levels){ 10, 10 }));
	EXPECT_FALSE(winvm_levels_sound(&(struct winvm_levels){ 11, 10 }));
	EXPECT_FALSE(winvm_levels_sound(&(struct winvm_levels){}));
}

TEST_HARNESS_MAIN
