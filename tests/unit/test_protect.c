// SPDX-License-Identifier: GPL-2.0
/* Page protections (SPEC 2). */
#include "protect.h"
#include "kselftest_harness.h"

static const u32 bases[] = {
	NT_PAGE_NOACCESS, NT_PAGE_READONLY, NT_PAGE_READWRITE, NT_PAGE_WRITECOPY,
	NT_PAGE_EXECUTE, NT_PAGE_EXECUTE_READ, NT_PAGE_EXECUTE_READWRITE,
	NT_PAGE_EXECUTE_WRITECOPY,
};

static const enum winvm_base encoded[] = {
	WINVM_BASE_NOACCESS, WINVM_BASE_READONLY, WINVM_BASE_READWRITE, WINVM_BASE_WRITECOPY,
	WINVM_BASE_EXECUTE, WINVM_BASE_EXECUTE_READ, WINVM_BASE_EXECUTE_READWRITE,
	WINVM_BASE_EXECUTE_WRITECOPY,
};

/* What each base permits, in the order of bases[]: r, w, x. */
static const char *const permits[] = { "---", "r--", "rw-", "r--", "r-x", "r-x", "rwx", "r-x" };

static bool is_base(u32 value)
{
	for (size_t i = 0; i < ARRAY_SIZE(bases); i++)
		if (bases[i] == value)
			return true;
	return false;
}

static bool is_executable(u32 base)
{
	return base == 0x10 || base == 0x20 || base == 0x40 || base == 0x80;
}

TEST(PR_1_exactly_one_base)
{
	for (u32 low = 0; low < 0x100; low++) {
		EXPECT_EQ(is_base(low), winvm_protect_valid(low))
			TH_LOG("protect %#x", low);
	}
}

TEST(PR_2_private_memory_is_not_copied_on_write)
{
	for (size_t i = 0; i < ARRAY_SIZE(bases); i++) {
		bool copy = bases[i] == 0x08 || bases[i] == 0x80;

		EXPECT_EQ(!copy, winvm_protect_private(bases[i]));
		if (bases[i] != NT_PAGE_NOACCESS)
			EXPECT_EQ(!copy, winvm_protect_private(bases[i] | NT_PAGE_GUARD));
	}
}

TEST(PR_4_modifiers_exclude_each_other_and_NOACCESS)
{
	for (size_t i = 0; i < ARRAY_SIZE(bases); i++) {
		for (u32 modifiers = 0x100; modifiers < 0x800; modifiers += 0x100) {
			bool single = modifiers == 0x100 || modifiers == 0x200 ||
				      modifiers == 0x400;

			EXPECT_EQ(single && bases[i] != NT_PAGE_NOACCESS,
				  winvm_protect_valid(bases[i] | modifiers))
				TH_LOG("protect %#x", bases[i] | modifiers);
		}
	}
}

TEST(PR_4_a_modifier_alone_is_not_a_protection)
{
	EXPECT_FALSE(winvm_protect_valid(NT_PAGE_GUARD));
	EXPECT_FALSE(winvm_protect_valid(NT_PAGE_NOCACHE));
	EXPECT_FALSE(winvm_protect_valid(NT_PAGE_WRITECOMBINE));
}

TEST(PR_5_READONLY_WRITECOMBINE_is_accepted)
{
	EXPECT_TRUE(winvm_protect_valid(NT_PAGE_READONLY | NT_PAGE_WRITECOMBINE));
}

TEST(PR_6_whole_attributes_come_from_the_allocation)
{
	EXPECT_EQ(0x204, winvm_protect_decode(winvm_protect_encode(0x04), NT_PAGE_NOCACHE));
	EXPECT_EQ(0x202, winvm_protect_decode(winvm_protect_encode(0x02), NT_PAGE_NOCACHE));
	EXPECT_EQ(0x402, winvm_protect_decode(winvm_protect_encode(0x402), NT_PAGE_WRITECOMBINE));
	/* Asked for on a plain allocation: accepted, not shown. */
	EXPECT_EQ(0x02, winvm_protect_decode(winvm_protect_encode(0x202), 0));
	/* Other bits of AllocationProtect are not the pages'. */
	EXPECT_EQ(0x204, winvm_protect_decode(winvm_protect_encode(0x04), 0x220));
	EXPECT_EQ(0x04, winvm_protect_decode(winvm_protect_encode(0x04), 0x140));
}

TEST(PR_6_whole_attributes_hide_behind_NOACCESS_and_GUARD)
{
	EXPECT_EQ(0x01, winvm_protect_decode(winvm_protect_encode(0x01), NT_PAGE_NOCACHE));
	EXPECT_EQ(0x104, winvm_protect_decode(winvm_protect_encode(0x104), NT_PAGE_NOCACHE));
}

TEST(PR_8_TARGETS_INVALID_needs_an_executable_base_and_is_not_kept)
{
	for (size_t i = 0; i < ARRAY_SIZE(bases); i++) {
		u32 protect = bases[i] | NT_PAGE_TARGETS_INVALID;

		EXPECT_EQ(is_executable(bases[i]), winvm_protect_valid(protect));
		EXPECT_EQ(bases[i], winvm_protect_decode(winvm_protect_encode(protect), 0));
	}
	EXPECT_FALSE(winvm_protect_valid(NT_PAGE_TARGETS_INVALID));
}

TEST(PR_9_what_each_base_permits)
{
	for (size_t i = 0; i < ARRAY_SIZE(bases); i++) {
		winvm_pstate_t state = winvm_protect_encode(bases[i]);

		EXPECT_EQ(permits[i][0] == 'r', winvm_pstate_judge(state, WINVM_READ) ==
			  WINVM_PERMIT);
		EXPECT_EQ(permits[i][1] == 'w', winvm_pstate_judge(state, WINVM_WRITE) ==
			  WINVM_PERMIT);
		EXPECT_EQ(permits[i][2] == 'x', winvm_pstate_judge(state, WINVM_EXECUTE) ==
			  WINVM_PERMIT);
		EXPECT_EQ(permits[i][1] == 'w', winvm_pstate_writable(state));
		EXPECT_EQ(permits[i][2] == 'x', winvm_pstate_executable(state));
	}
}

TEST(SE_31_writes_that_copy)
{
	for (size_t i = 0; i < ARRAY_SIZE(bases); i++) {
		winvm_pstate_t state = winvm_protect_encode(bases[i]);
		bool copies = bases[i] == 0x08 || bases[i] == 0x80;

		EXPECT_EQ(copies, winvm_pstate_copies(state));
		EXPECT_EQ(copies, winvm_pstate_judge(state, WINVM_WRITE) == WINVM_COPY);
		EXPECT_NE(WINVM_COPY, winvm_pstate_judge(state, WINVM_READ));
		EXPECT_NE(WINVM_COPY, winvm_pstate_judge(state, WINVM_EXECUTE));
		EXPECT_EQ(WINVM_REFUSE,
			  winvm_pstate_judge(state | WINVM_PSTATE_OFFERED, WINVM_WRITE));
		/* RW-4: what a write copies needs no other way of writing. */
		EXPECT_EQ(bases[i] == 0x10 || bases[i] == 0x20, winvm_pstate_code(state));
	}
	EXPECT_EQ(WINVM_REFUSE_GUARD, winvm_pstate_judge(winvm_protect_encode(0x108), WINVM_WRITE));
}

TEST(VP_17_protections_of_images)
{
	/* In the order of bases[]. */
	static const u32 given[] = { 0x01, 0x02, 0x08, 0x08, 0x10, 0x20, 0x80, 0x80 };

	for (size_t i = 0; i < ARRAY_SIZE(bases); i++) {
		EXPECT_EQ(given[i], winvm_protect_copying(bases[i]));
		EXPECT_EQ(given[i] | NT_PAGE_GUARD,
			  winvm_protect_copying(bases[i] | NT_PAGE_GUARD));
		EXPECT_FALSE(winvm_pstate_writable(
			winvm_protect_encode(winvm_protect_copying(bases[i]))));
	}
}

TEST(VQ_11_protection_of_a_copied_page)
{
	/* In the order of bases[]. */
	static const u32 shown[] = { 0x01, 0x02, 0x04, 0x04, 0x10, 0x20, 0x40, 0x40 };

	for (size_t i = 0; i < ARRAY_SIZE(bases); i++) {
		winvm_pstate_t state = winvm_protect_encode(bases[i]) | WINVM_PSTATE_LOCKED;
		winvm_pstate_t copied = winvm_pstate_copied(state);

		EXPECT_EQ(shown[i], winvm_protect_decode(copied, 0));
		EXPECT_EQ(WINVM_PSTATE_COPIED | WINVM_PSTATE_LOCKED,
			  copied & ~WINVM_PSTATE_BASE);
		EXPECT_NE(WINVM_COPY, winvm_pstate_judge(copied, WINVM_WRITE));
		EXPECT_EQ(copied, winvm_pstate_copied(copied));
	}
	EXPECT_EQ(0x104, winvm_protect_decode(winvm_pstate_copied(winvm_protect_encode(0x108)), 0));
	EXPECT_EQ(0, WINVM_PSTATE_COPIED & WINVM_PSTATE_VISIBLE);
	EXPECT_TRUE(WINVM_PSTATE_COPIED & WINVM_PSTATE_STAYS);
}

TEST(VP_18_new_protection_of_a_copied_page)
{
	winvm_pstate_t copied = winvm_pstate_copied(WINVM_BASE_WRITECOPY);

	EXPECT_EQ(WINVM_PSTATE_COPIED | WINVM_BASE_READWRITE,
		  winvm_pstate_renewed(copied, WINVM_PSTATE_STAYS, WINVM_BASE_WRITECOPY));
	EXPECT_EQ(WINVM_PSTATE_COPIED | WINVM_BASE_EXECUTE_READWRITE,
		  winvm_pstate_renewed(copied, WINVM_PSTATE_STAYS, WINVM_BASE_EXECUTE_WRITECOPY));
	EXPECT_EQ(WINVM_PSTATE_COPIED | WINVM_BASE_READONLY,
		  winvm_pstate_renewed(copied, WINVM_PSTATE_STAYS, WINVM_BASE_READONLY));
	/* Of others it is what is asked for, and nothing is left where nothing stays. */
	EXPECT_EQ(WINVM_BASE_WRITECOPY,
		  winvm_pstate_renewed(WINVM_BASE_READWRITE, WINVM_PSTATE_STAYS,
				       WINVM_BASE_WRITECOPY));
	EXPECT_EQ(WINVM_BASE_WRITECOPY, winvm_pstate_renewed(copied, 0, WINVM_BASE_WRITECOPY));
}

TEST(PR_10_unknown_bits)
{
	EXPECT_FALSE(winvm_protect_valid(~0U));
	for (u32 bit = 0x800; bit; bit <<= 1) {
		if (bit == NT_PAGE_TARGETS_INVALID)
			continue;
		EXPECT_FALSE(winvm_protect_valid(NT_PAGE_READWRITE | bit));
		EXPECT_FALSE(winvm_protect_valid(NT_PAGE_EXECUTE_READ | bit));
	}
}

TEST(DS_6_encoding_is_the_enum_and_comes_back)
{
	for (size_t i = 0; i < ARRAY_SIZE(bases); i++) {
		EXPECT_EQ(encoded[i], winvm_protect_encode(bases[i]));
		EXPECT_EQ(bases[i], winvm_protect_decode(winvm_protect_encode(bases[i]), 0));
		EXPECT_TRUE(winvm_pstate_committed(winvm_protect_encode(bases[i])));
		if (bases[i] == NT_PAGE_NOACCESS)
			continue;
		EXPECT_EQ((winvm_pstate_t)(encoded[i] | WINVM_PSTATE_GUARD),
			  winvm_protect_encode(bases[i] | NT_PAGE_GUARD));
		EXPECT_EQ(bases[i] | NT_PAGE_GUARD,
			  winvm_protect_decode(winvm_protect_encode(bases[i] | NT_PAGE_GUARD), 0));
	}
}

TEST(VQ_7_hidden_bits_are_not_shown_and_change_no_verdict)
{
	winvm_pstate_t hidden = WINVM_PSTATE_LOCKED | WINVM_PSTATE_ARMED | WINVM_PSTATE_EXECMAP;
	winvm_pstate_t state = winvm_protect_encode(NT_PAGE_READONLY) | hidden;

	EXPECT_EQ(NT_PAGE_READONLY, winvm_protect_decode(state, 0));
	EXPECT_EQ(WINVM_PERMIT, winvm_pstate_judge(state, WINVM_READ));
	EXPECT_EQ(WINVM_REFUSE, winvm_pstate_judge(state, WINVM_WRITE));
	EXPECT_FALSE(winvm_pstate_committed(hidden));
	EXPECT_EQ(0, winvm_protect_decode(hidden, NT_PAGE_NOCACHE));
}

TEST(GP_1_guard_comes_first_for_every_access)
{
	for (size_t i = 1; i < ARRAY_SIZE(bases); i++) {
		winvm_pstate_t state = winvm_protect_encode(bases[i] | NT_PAGE_GUARD);

		EXPECT_EQ(WINVM_REFUSE_GUARD, winvm_pstate_judge(state, WINVM_READ));
		EXPECT_EQ(WINVM_REFUSE_GUARD, winvm_pstate_judge(state, WINVM_WRITE));
		EXPECT_EQ(WINVM_REFUSE_GUARD, winvm_pstate_judge(state, WINVM_EXECUTE));
	}
}

TEST(OF_2_offered_pages_refuse_every_access)
{
	for (size_t i = 0; i < ARRAY_SIZE(bases); i++) {
		winvm_pstate_t state = winvm_protect_encode(bases[i]) | WINVM_PSTATE_OFFERED;

		for (int access = WINVM_READ; access <= WINVM_EXECUTE; access++) {
			EXPECT_EQ(WINVM_REFUSE, winvm_pstate_judge(state, access));
			/* The guard waits for the time when they are reclaimed. */
			EXPECT_EQ(WINVM_REFUSE,
				  winvm_pstate_judge(state | WINVM_PSTATE_GUARD, access));
		}
		EXPECT_TRUE(winvm_pstate_committed(state));
		EXPECT_EQ(bases[i], winvm_protect_decode(state, 0));
		EXPECT_EQ(0, state & WINVM_PSTATE_OFFERED & WINVM_PSTATE_VISIBLE);
		EXPECT_TRUE(WINVM_PSTATE_OFFERED & WINVM_PSTATE_STAYS);
	}
}

TEST(VQ_9_reserved_pages_show_0_and_refuse_every_access)
{
	EXPECT_EQ(0, winvm_protect_decode(0, 0));
	EXPECT_EQ(0, winvm_protect_decode(0, NT_PAGE_NOCACHE));
	EXPECT_FALSE(winvm_pstate_committed(0));
	EXPECT_EQ(WINVM_REFUSE, winvm_pstate_judge(0, WINVM_READ));
	EXPECT_EQ(WINVM_REFUSE, winvm_pstate_judge(0, WINVM_WRITE));
	EXPECT_EQ(WINVM_REFUSE, winvm_pstate_judge(0, WINVM_EXECUTE));
	/* GP-8: a guard without a base is no guard. */
	EXPECT_EQ(WINVM_REFUSE, winvm_pstate_judge(WINVM_PSTATE_GUARD, WINVM_READ));
}

TEST(WW_10_what_counts_as_written)
{
	const winvm_pstate_t armed = WINVM_PSTATE_ARMED;

	EXPECT_FALSE(winvm_pstate_written(0));
	EXPECT_FALSE(winvm_pstate_written(WINVM_PSTATE_EXECMAP));
	for (winvm_pstate_t base = 1; base <= WINVM_BASE_EXECUTE_WRITECOPY; base++) {
		EXPECT_TRUE(winvm_pstate_written(base));
		EXPECT_FALSE(winvm_pstate_written(base | armed));
		EXPECT_TRUE(winvm_pstate_written(base | WINVM_PSTATE_GUARD));
		EXPECT_FALSE(winvm_pstate_written(base | armed | WINVM_PSTATE_GUARD));
	}
}

TEST(WW_13_latched_pages_count_in_any_state)
{
	const winvm_pstate_t latched = WINVM_PSTATE_LATCHED;

	EXPECT_TRUE(winvm_pstate_written(latched));
	EXPECT_TRUE(winvm_pstate_written(latched | WINVM_BASE_READWRITE));
	EXPECT_TRUE(winvm_pstate_written(latched | WINVM_BASE_NOACCESS | WINVM_PSTATE_ARMED));
	EXPECT_FALSE(winvm_pstate_committed(latched));
	EXPECT_EQ(WINVM_REFUSE, winvm_pstate_judge(latched, WINVM_READ));
}

TEST(bases_without_a_meaning_yet_permit_nothing)
{
	for (winvm_pstate_t state = WINVM_BASE_EXECUTE_WRITECOPY + 1; state < 0x10; state++) {
		EXPECT_EQ(WINVM_REFUSE, winvm_pstate_judge(state, WINVM_READ));
		EXPECT_EQ(WINVM_REFUSE, winvm_pstate_judge(state, WINVM_WRITE));
		EXPECT_EQ(WINVM_REFUSE, winvm_pstate_judge(state, WINVM_EXECUTE));
	}
}

TEST(RW_4_what_counts_as_code)
{
	static const u32 code[] = { NT_PAGE_EXECUTE, NT_PAGE_EXECUTE_READ };
	static const u32 other[] = { NT_PAGE_NOACCESS, NT_PAGE_READONLY, NT_PAGE_READWRITE,
				     NT_PAGE_EXECUTE_READWRITE };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(code); i++) {
		EXPECT_TRUE(winvm_pstate_code(winvm_protect_encode(code[i])));
		/* SPEC RW-5: the guard comes first. */
		EXPECT_FALSE(winvm_pstate_code(winvm_protect_encode(code[i] | NT_PAGE_GUARD)));
		EXPECT_FALSE(winvm_pstate_code(winvm_protect_encode(code[i]) |
					       WINVM_PSTATE_OFFERED));
	}
	for (i = 0; i < ARRAY_SIZE(other); i++)
		EXPECT_FALSE(winvm_pstate_code(winvm_protect_encode(other[i])));
	EXPECT_FALSE(winvm_pstate_code(0));
}

TEST_HARNESS_MAIN
