// SPDX-License-Identifier: GPL-2.0
/* Protection values (SPEC 2). */
#include "vm.h"

static const DWORD private_bases[] = {
	PAGE_NOACCESS, PAGE_READONLY,	  PAGE_READWRITE,
	PAGE_EXECUTE,  PAGE_EXECUTE_READ, PAGE_EXECUTE_READWRITE,
};

#define BASES	       (sizeof(private_bases) / sizeof(private_bases[0]))
#define COPY_BASES     (PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY)
#define RESERVE_COMMIT (MEM_RESERVE | MEM_COMMIT)

static bool is_private_base(DWORD value)
{
	return value && !(value & (value - 1)) && !(value & COPY_BASES);
}

/* All 256 low bytes: exactly one base, and not a write-copy one. */
TEST(PR_1_exactly_one_base)
{
	char *base = commit(PAGE);

	ASSERT_NE(NULL, base);
	for (DWORD value = 0; value <= 0xff; value++) {
		void *page = VirtualAlloc(NULL, PAGE, RESERVE_COMMIT, value);

		EXPECT_EQ(is_private_base(value), page != NULL)
		{
			TH_LOG("allocate with %#x", value);
		}
		EXPECT_EQ(is_private_base(value), protect(base, PAGE, value))
		{
			TH_LOG("protect with %#x", value);
		}
		if (page)
			EXPECT_TRUE(release(page));
	}
}

TEST(PR_1_status_of_a_bad_base)
{
	static const DWORD bad[] = { 0, 3, 5, 6, 0xc, 0x30, 0x50, 0x60, 0xc0, 0x14, 0x42, 0xff };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		EXPECT_STATUS(ST_INVALID_PAGE_PROTECTION,
			      nt_allocate(NULL, 0, PAGE, MEM_RESERVE, bad[i]).status);
		EXPECT_FAILS(87, VirtualAlloc(NULL, PAGE, MEM_RESERVE, bad[i]));
		EXPECT_STATUS(ST_INVALID_PAGE_PROTECTION, nt_protect(FIXED, PAGE, bad[i]).status);
	}
}

TEST(PR_2_private_memory_has_six_bases)
{
	for (size_t i = 0; i < BASES; i++) {
		char *base = VirtualAlloc(NULL, PAGE, RESERVE_COMMIT, private_bases[i]);

		ASSERT_NE(NULL, base);
		EXPECT_COMMITTED(base, base, PAGE, private_bases[i]);
		EXPECT_EQ(private_bases[i], region_at(base).AllocationProtect);
	}
}

TEST(PR_2_write_copy_is_refused)
{
	static const DWORD copies[] = { PAGE_WRITECOPY, PAGE_EXECUTE_WRITECOPY };
	char *base = commit(PAGE);

	ASSERT_NE(NULL, base);
	for (int i = 0; i < 2; i++) {
		EXPECT_NTH(ST_INVALID_PAGE_PROTECTION, NULL, PAGE,
			   nt_allocate(NULL, 0, PAGE, MEM_RESERVE, copies[i]));
		EXPECT_FAILS(87, VirtualAlloc(base, PAGE, MEM_COMMIT, copies[i]));
		EXPECT_STATUS_INVALID(nt_protect(base, PAGE, copies[i]).status);
		EXPECT_COMMITTED(base, base, PAGE, PAGE_READWRITE);
	}
}

TEST(PR_4_modifiers_exclude_each_other)
{
	static const DWORD pairs[] = {
		PAGE_GUARD | PAGE_NOCACHE,
		PAGE_GUARD | PAGE_WRITECOMBINE,
		PAGE_NOCACHE | PAGE_WRITECOMBINE,
		PAGE_GUARD | PAGE_NOCACHE | PAGE_WRITECOMBINE,
	};
	char *base = commit(PAGE);

	ASSERT_NE(NULL, base);
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		for (size_t j = 0; j < BASES; j++) {
			DWORD value = pairs[i] | private_bases[j];

			EXPECT_STATUS(ST_INVALID_PAGE_PROTECTION,
				      nt_allocate(NULL, 0, PAGE, MEM_RESERVE, value).status);
			EXPECT_STATUS(ST_INVALID_PAGE_PROTECTION,
				      nt_protect(base, PAGE, value).status);
		}
	}
	EXPECT_COMMITTED(base, base, PAGE, PAGE_READWRITE);
}

TEST(PR_4_no_modifier_with_noaccess)
{
	static const DWORD modifiers[] = { PAGE_GUARD, PAGE_NOCACHE, PAGE_WRITECOMBINE };
	char *base = commit(PAGE);

	ASSERT_NE(NULL, base);
	for (int i = 0; i < 3; i++) {
		EXPECT_STATUS(ST_INVALID_PAGE_PROTECTION,
			      nt_allocate(NULL, 0, PAGE, MEM_RESERVE, PAGE_NOACCESS | modifiers[i])
				      .status);
		EXPECT_FAILS(87, protect(base, PAGE, PAGE_NOACCESS | modifiers[i]));
	}
}

TEST(PR_5_single_modifiers)
{
	static const DWORD modifiers[] = { PAGE_GUARD, PAGE_NOCACHE, PAGE_WRITECOMBINE };

	for (int i = 0; i < 3; i++) {
		for (size_t j = 1; j < BASES; j++) {
			DWORD value = private_bases[j] | modifiers[i];
			char *base = VirtualAlloc(NULL, PAGE, RESERVE_COMMIT, value);

			ASSERT_NE(NULL, base);
			EXPECT_COMMITTED(base, base, PAGE, value);
			EXPECT_EQ(value, region_at(base).AllocationProtect);
		}
	}
}

TEST(PR_6_nocache_belongs_to_the_allocation)
{
	char *with = VirtualAlloc(NULL, 2 * PAGE, RESERVE_COMMIT, PAGE_READWRITE | PAGE_NOCACHE);
	char *without = commit(2 * PAGE);
	DWORD old;

	ASSERT_NE(NULL, with);
	EXPECT_WORKS(VirtualProtect(with, PAGE, PAGE_READWRITE, &old));
	EXPECT_EQ(PAGE_READWRITE | PAGE_NOCACHE, old);
	EXPECT_COMMITTED(with, with, 2 * PAGE, PAGE_READWRITE | PAGE_NOCACHE);
	EXPECT_WORKS(protect(with, PAGE, PAGE_READONLY));
	EXPECT_COMMITTED(with, with, PAGE, PAGE_READONLY | PAGE_NOCACHE);
	EXPECT_COMMITTED(with + PAGE, with, PAGE, PAGE_READWRITE | PAGE_NOCACHE);

	ASSERT_NE(NULL, without);
	EXPECT_WORKS(protect(without, 2 * PAGE, PAGE_READONLY | PAGE_NOCACHE));
	EXPECT_COMMITTED(without, without, 2 * PAGE, PAGE_READONLY);
}

TEST(PR_8_targets_invalid_needs_an_executable_base)
{
	for (size_t i = 0; i < BASES; i++) {
		DWORD value = private_bases[i] | PAGE_TARGETS_INVALID;
		bool executable = private_bases[i] >= PAGE_EXECUTE;
		char *base = VirtualAlloc(NULL, PAGE, RESERVE_COMMIT, value);

		EXPECT_EQ(executable, base != NULL);
		if (!base)
			continue;
		EXPECT_COMMITTED(base, base, PAGE, private_bases[i]);
		EXPECT_EQ(private_bases[i], region_at(base).AllocationProtect);
		EXPECT_WORKS(protect(base, PAGE, value));
		EXPECT_COMMITTED(base, base, PAGE, private_bases[i]);
	}
}

/* The access each base allows, tried on one page that holds a RET. */
TEST(PR_9_what_each_base_allows)
{
	char *base = VirtualAlloc(NULL, PAGE, RESERVE_COMMIT, PAGE_READWRITE);

	ASSERT_NE(NULL, base);
	EXPECT_WRITES(base, 0xc3);
	for (size_t i = 0; i < BASES; i++) {
		DWORD value = private_bases[i];

		ASSERT_TRUE(protect(base, PAGE, value));
		if (value == PAGE_NOACCESS) {
			EXPECT_VIOLATION_READ(base);
		} else {
			EXPECT_READS(0xc3, base);
		}
		if (value == PAGE_READWRITE || value == PAGE_EXECUTE_READWRITE) {
			EXPECT_WRITES(base, 0xc3);
		} else {
			EXPECT_VIOLATION_WRITE(base);
		}
		if (value >= PAGE_EXECUTE) {
			EXPECT_EXECUTES(base);
		} else {
			EXPECT_VIOLATION_EXECUTE(base);
		}
	}
}

TEST(PR_10_unknown_bits)
{
	char *base = commit(PAGE);

	ASSERT_NE(NULL, base);
	for (unsigned int bit = 11; bit < 32; bit++) {
		DWORD value = PAGE_READWRITE | 1u << bit;

		EXPECT_STATUS(ST_INVALID_PAGE_PROTECTION,
			      nt_allocate(NULL, 0, PAGE, MEM_RESERVE, value).status);
		EXPECT_FAILS(87, protect(base, PAGE, value));
	}
	EXPECT_STATUS(ST_INVALID_PAGE_PROTECTION,
		      nt_allocate(NULL, 0, PAGE, MEM_RESERVE, 0xffffffff).status);
	EXPECT_STATUS(ST_INVALID_PAGE_PROTECTION, nt_protect(base, PAGE, 0xffffffff).status);
}

VM_TEST_MAIN
