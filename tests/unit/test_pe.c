// SPDX-License-Identifier: GPL-2.0
/* PE files: which are images, and what of them is where (SPEC SE-3, SE-32). */
#include <stdlib.h>

#include "pe.h"
#include "random.h"
#include "tiny-pe.h"
#include "kselftest_harness.h"

#define FILE_BYTES	0x2000U

static struct winvm_pe pe;

static u32 parse(const uint8_t *file, u64 bytes)
{
	return winvm_pe_parse(file, bytes, bytes, &pe);
}

/* Headers, one page of code, three of data of which the file has 0x700 bytes. */
static void usual(uint8_t *file)
{
	memset(file, 0, FILE_BYTES);
	tiny_pe_begin(file, TINY_BASE, 0x5000);
	tiny_pe_section(file, 0x1000, 0x123, 0x400, 0x200, TINY_CODE);
	tiny_pe_section(file, 0x2000, 0x2801, 0x600, 0x1700, TINY_DATA);
}

static u32 usual_with(u32 at, u64 value, unsigned int bytes)
{
	uint8_t file[FILE_BYTES];

	usual(file);
	tiny_put(file + at, value, bytes);
	return parse(file, sizeof(file));
}

FIXTURE(pe)
{
	uint8_t file[FILE_BYTES];
};

FIXTURE_SETUP(pe)
{
	usual(self->file);
}

FIXTURE_TEARDOWN(pe)
{
}

TEST_F(pe, SE_32_what_the_headers_tell)
{
	ASSERT_EQ(STATUS_SUCCESS, parse(self->file, FILE_BYTES));
	EXPECT_EQ(TINY_BASE, pe.base);
	EXPECT_EQ(5, pe.pages);
	EXPECT_EQ(0x1000, pe.entry);
	EXPECT_EQ(0x200000, pe.stack_reserve);
	EXPECT_EQ(0x3000, pe.stack_commit);
	EXPECT_EQ(0x8664, pe.machine);
	EXPECT_EQ(0x2022, pe.characteristics);
	EXPECT_EQ(0x140, pe.dll_characteristics);
	EXPECT_EQ(3, pe.subsystem);
	EXPECT_EQ(6, pe.subsystem_major);
	EXPECT_EQ(1, pe.subsystem_minor);
	EXPECT_EQ(0x1234, pe.checksum);
	EXPECT_EQ(0, pe.loader_flags);
	EXPECT_EQ(FILE_BYTES, pe.file_bytes);
	EXPECT_TRUE(pe.code);
}

TEST_F(pe, SE_32_parts_and_protections)
{
	ASSERT_EQ(STATUS_SUCCESS, parse(self->file, FILE_BYTES));
	ASSERT_EQ(3, pe.count);
	EXPECT_EQ(NT_PAGE_READONLY, winvm_pe_part(&pe, 0)->protect);
	EXPECT_EQ(NT_PAGE_EXECUTE_READ, winvm_pe_part(&pe, 1)->protect);
	for (u64 page = 2; page < 5; page++)
		EXPECT_EQ(NT_PAGE_WRITECOPY, winvm_pe_part(&pe, page)->protect);
	EXPECT_EQ(NULL, winvm_pe_part(&pe, 5));
	EXPECT_EQ(NULL, winvm_pe_part(&pe, ~0ULL));
}

static void expect_source(struct __test_metadata *_metadata, u64 page, u64 offset, u32 bytes)
{
	u64 at;

	EXPECT_EQ(bytes, winvm_pe_source(&pe, page, &at));
	EXPECT_EQ(offset, at);
}

TEST_F(pe, SE_32_where_the_bytes_are)
{
	ASSERT_EQ(STATUS_SUCCESS, parse(self->file, FILE_BYTES));
	expect_source(_metadata, 0, 0, TINY_HEADERS);
	expect_source(_metadata, 1, 0x400, 0x200);
	expect_source(_metadata, 2, 0x600, 0x1000);
	expect_source(_metadata, 3, 0x1600, 0x700);
	expect_source(_metadata, 4, 0, 0);
	expect_source(_metadata, 5, 0, 0);
	expect_source(_metadata, 1ULL << 52, 0, 0);
}

TEST_F(pe, SE_32_protection_by_characteristics)
{
	const struct {
		u32 characteristics, protect, unexecutable;
	} table[] = {
		{ 0, NT_PAGE_NOACCESS, NT_PAGE_NOACCESS },
		{ 0x40000000, NT_PAGE_READONLY, NT_PAGE_READONLY },
		{ 0x80000000, NT_PAGE_WRITECOPY, NT_PAGE_WRITECOPY },
		{ 0xc0000000, NT_PAGE_WRITECOPY, NT_PAGE_WRITECOPY },
		{ 0xd0000000, NT_PAGE_READWRITE, NT_PAGE_READWRITE },
		{ 0x50000000, NT_PAGE_READONLY, NT_PAGE_READONLY },
		{ 0x20000000, NT_PAGE_EXECUTE, NT_PAGE_NOACCESS },
		{ 0x60000000, NT_PAGE_EXECUTE_READ, NT_PAGE_READONLY },
		{ 0xa0000000, NT_PAGE_EXECUTE_WRITECOPY, NT_PAGE_WRITECOPY },
		{ 0xe0000000, NT_PAGE_EXECUTE_WRITECOPY, NT_PAGE_WRITECOPY },
		{ 0xf0000000, NT_PAGE_EXECUTE_READWRITE, NT_PAGE_READWRITE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		EXPECT_EQ(table[i].protect, winvm_pe_protect(table[i].characteristics | 0x20));
		EXPECT_EQ(table[i].unexecutable, winvm_pe_unexecutable(table[i].protect));
	}
}

TEST_F(pe, SE_3_not_mz)
{
	EXPECT_EQ(STATUS_INVALID_IMAGE_NOT_MZ, parse(self->file, 0));
	EXPECT_EQ(STATUS_INVALID_IMAGE_NOT_MZ, parse(self->file, 1));
	EXPECT_EQ(STATUS_INVALID_IMAGE_NOT_MZ, usual_with(0, 'N', 1));
	EXPECT_EQ(STATUS_INVALID_IMAGE_NOT_MZ, usual_with(1, 'M', 1));
	EXPECT_EQ(STATUS_INVALID_IMAGE_FORMAT, parse(self->file, 2));
}

TEST_F(pe, SE_3_no_pe_header)
{
	const u32 elsewhere[] = { 0, 0x82, 0x84, FILE_BYTES - 20, FILE_BYTES, 0xfffffffc,
				  0xffffffff };

	EXPECT_EQ(STATUS_INVALID_IMAGE_FORMAT, usual_with(TINY_LFANEW, 'N', 1));
	EXPECT_EQ(STATUS_INVALID_IMAGE_FORMAT, usual_with(TINY_LFANEW + 2, 1, 1));
	for (size_t i = 0; i < ARRAY_SIZE(elsewhere); i++)
		EXPECT_EQ(STATUS_INVALID_IMAGE_FORMAT, usual_with(0x3c, elsewhere[i], 4));
}

/* Nor is one that is there, but not where numbers are. */
TEST_F(pe, SE_3_pe_header_at_an_odd_place)
{
	memmove(self->file + TINY_LFANEW + 4, self->file + TINY_LFANEW, 0x200);
	tiny_put(self->file + 0x3c, TINY_LFANEW + 4, 4);
	EXPECT_EQ(STATUS_SUCCESS, parse(self->file, FILE_BYTES));
	memmove(self->file + TINY_LFANEW + 6, self->file + TINY_LFANEW + 4, 0x200);
	tiny_put(self->file + 0x3c, TINY_LFANEW + 6, 4);
	EXPECT_EQ(STATUS_INVALID_IMAGE_FORMAT, parse(self->file, FILE_BYTES));
}

TEST_F(pe, SE_3_what_it_is_for)
{
	EXPECT_EQ(STATUS_INVALID_IMAGE_FORMAT, usual_with(TINY_LFANEW + 4, 0xaa64, 2));
	EXPECT_EQ(STATUS_INVALID_IMAGE_FORMAT, usual_with(TINY_LFANEW + 4, 0x14c, 2));
	EXPECT_EQ(STATUS_INVALID_IMAGE_FORMAT, usual_with(TINY_OPTIONAL, 0x10b, 2));
	EXPECT_EQ(STATUS_INVALID_IMAGE_FORMAT, usual_with(TINY_OPTIONAL, 0x107, 2));
	EXPECT_EQ(STATUS_INVALID_IMAGE_FORMAT, usual_with(TINY_LFANEW + 22, 0x2020, 2));
	EXPECT_EQ(STATUS_INVALID_IMAGE_FORMAT, usual_with(TINY_LFANEW + 20, 0, 2));
	EXPECT_EQ(STATUS_INVALID_IMAGE_FORMAT, usual_with(TINY_LFANEW + 20, 111, 2));
}

/* The 32-bit header has other places for what is as wide as an address. */
TEST_F(pe, SE_32_a_32_bit_image)
{
	tiny_put(self->file + TINY_LFANEW + 4, 0x14c, 2);
	tiny_put(self->file + TINY_OPTIONAL, 0x10b, 2);
	tiny_put(self->file + TINY_OPTIONAL + 24, 0, 8);
	tiny_put(self->file + TINY_OPTIONAL + 28, 0x400000, 4);
	tiny_put(self->file + TINY_OPTIONAL + 72, 0x100000, 4);
	tiny_put(self->file + TINY_OPTIONAL + 76, 0x2000, 4);
	tiny_put(self->file + TINY_OPTIONAL + 88, 7, 4);
	ASSERT_EQ(STATUS_SUCCESS, parse(self->file, FILE_BYTES));
	EXPECT_EQ(0x400000, pe.base);
	EXPECT_EQ(0x14c, pe.machine);
	EXPECT_EQ(0x100000, pe.stack_reserve);
	EXPECT_EQ(0x2000, pe.stack_commit);
	EXPECT_EQ(7, pe.loader_flags);
	EXPECT_EQ(5, pe.pages);
}

/* The shortest 32-bit header that holds all that is read, right before the table. */
TEST_F(pe, SE_3_shortest_optional_headers)
{
	tiny_put(self->file + TINY_LFANEW + 6, 0, 2);
	tiny_put(self->file + TINY_LFANEW + 20, 112, 2);
	EXPECT_EQ(STATUS_SUCCESS, parse(self->file, FILE_BYTES));
	tiny_put(self->file + TINY_LFANEW + 20, 111, 2);
	EXPECT_EQ(STATUS_INVALID_IMAGE_FORMAT, parse(self->file, FILE_BYTES));
	tiny_put(self->file + TINY_LFANEW + 4, 0x14c, 2);
	tiny_put(self->file + TINY_OPTIONAL, 0x10b, 2);
	tiny_put(self->file + TINY_OPTIONAL + 28, 0x400000, 4);
	tiny_put(self->file + TINY_LFANEW + 20, 96, 2);
	EXPECT_EQ(STATUS_SUCCESS, parse(self->file, FILE_BYTES));
	tiny_put(self->file + TINY_LFANEW + 20, 95, 2);
	EXPECT_EQ(STATUS_INVALID_IMAGE_FORMAT, parse(self->file, FILE_BYTES));
}

TEST_F(pe, SE_3_alignment)
{
	const u32 bad[][2] = {
		{ 0, 0x200 }, { 0x1000, 0 }, { 0x1800, 0x200 }, { 0x1000, 0x300 },
		{ 0x1000, 0x100 }, { 0x1000, 0x2000 }, { 0x20000, 0x20000 }, { 0x200, 0x400 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		tiny_put(self->file + TINY_OPTIONAL + 32, bad[i][0], 4);
		tiny_put(self->file + TINY_OPTIONAL + 36, bad[i][1], 4);
		EXPECT_EQ(STATUS_INVALID_IMAGE_FORMAT, parse(self->file, FILE_BYTES))
			TH_LOG("%zu", i);
	}
	EXPECT_EQ(STATUS_NOT_SUPPORTED, usual_with(TINY_OPTIONAL + 32, 0x200, 4));
	EXPECT_EQ(STATUS_SUCCESS, usual_with(TINY_OPTIONAL + 36, 0x1000, 4));
	EXPECT_EQ(STATUS_INVALID_IMAGE_FORMAT,
		  usual_with(TINY_OPTIONAL + 24, TINY_BASE + 0x8000, 8));
}

TEST_F(pe, SE_3_sizes)
{
	EXPECT_EQ(STATUS_INVALID_IMAGE_FORMAT, usual_with(TINY_OPTIONAL + 56, 0, 4));
	EXPECT_EQ(STATUS_INVALID_IMAGE_FORMAT, usual_with(TINY_OPTIONAL + 56, 0x4000, 4));
	EXPECT_EQ(STATUS_SUCCESS, usual_with(TINY_OPTIONAL + 56, 0x4001, 4));
	EXPECT_EQ(STATUS_SUCCESS, usual_with(TINY_OPTIONAL + 56, 0xffffffff, 4));
	EXPECT_EQ(1U << 20, pe.pages);
	EXPECT_EQ(STATUS_INVALID_IMAGE_FORMAT, usual_with(TINY_OPTIONAL + 60, 0, 4));
	EXPECT_EQ(STATUS_INVALID_IMAGE_FORMAT,
		  usual_with(TINY_OPTIONAL + 60, TINY_TABLE + 79, 4));
	EXPECT_EQ(STATUS_SUCCESS, usual_with(TINY_OPTIONAL + 60, TINY_TABLE + 80, 4));
	EXPECT_EQ(STATUS_INVALID_IMAGE_FORMAT, usual_with(TINY_OPTIONAL + 60, FILE_BYTES + 1, 4));
	EXPECT_EQ(STATUS_INVALID_IMAGE_FORMAT, usual_with(TINY_OPTIONAL + 60, 0xffffffff, 4));
	/* Headers of more than a page move the sections. */
	EXPECT_EQ(STATUS_INVALID_IMAGE_FORMAT, usual_with(TINY_OPTIONAL + 60, 0x1001, 4));
}

TEST_F(pe, SE_3_headers_longer_than_the_image)
{
	tiny_pe_begin(self->file, TINY_BASE, 0x1000);
	tiny_put(self->file + TINY_OPTIONAL + 60, 0x1000, 4);
	EXPECT_EQ(STATUS_SUCCESS, parse(self->file, FILE_BYTES));
	tiny_put(self->file + TINY_OPTIONAL + 60, 0x1001, 4);
	EXPECT_EQ(STATUS_INVALID_IMAGE_FORMAT, parse(self->file, FILE_BYTES));
}

#define SECTION(index)	(TINY_TABLE + (index) * 40)

TEST_F(pe, SE_3_sections_are_adjacent)
{
	const u32 elsewhere[] = { 0, 0x1000, 0x1001, 0x2001, 0x3000, 0x80000000, 0xfffff000 };

	for (size_t i = 0; i < ARRAY_SIZE(elsewhere); i++)
		EXPECT_EQ(STATUS_INVALID_IMAGE_FORMAT,
			  usual_with(SECTION(1) + 12, elsewhere[i], 4));
	EXPECT_EQ(STATUS_INVALID_IMAGE_FORMAT, usual_with(SECTION(0) + 12, 0, 4));
	EXPECT_EQ(STATUS_INVALID_IMAGE_FORMAT, usual_with(SECTION(0) + 8, 0x1001, 4));
	EXPECT_EQ(STATUS_SUCCESS, usual_with(SECTION(0) + 8, 0x1000, 4));
}

TEST_F(pe, SE_3_sections_lie_in_the_image)
{
	EXPECT_EQ(STATUS_INVALID_IMAGE_FORMAT, usual_with(SECTION(1) + 8, 0x3001, 4));
	EXPECT_EQ(STATUS_INVALID_IMAGE_FORMAT, usual_with(SECTION(1) + 8, 0xffffffff, 4));
	EXPECT_EQ(STATUS_SUCCESS, usual_with(SECTION(1) + 8, 0x3000, 4));
}

TEST_F(pe, SE_3_raw_data_lies_in_the_file)
{
	EXPECT_EQ(STATUS_INVALID_IMAGE_FORMAT, parse(self->file, 0x1cff));
	EXPECT_EQ(STATUS_SUCCESS, parse(self->file, 0x1d00));
	EXPECT_EQ(STATUS_INVALID_IMAGE_FORMAT, usual_with(SECTION(1) + 20, 0xfffffe00, 4));
	EXPECT_EQ(STATUS_INVALID_IMAGE_FORMAT, usual_with(SECTION(1) + 20, 0x400 + 0x600, 4));
	/* Nor what is not shown: of raw data that goes on counts what its pages show. */
	EXPECT_EQ(STATUS_SUCCESS, usual_with(SECTION(0) + 16, 0xffffffff, 4));
	expect_source(_metadata, 1, 0x400, 0x1000);
}

/* As all loaders have it: by whole sectors, whatever the number says. */
TEST_F(pe, SE_32_raw_data_begins_at_a_sector)
{
	EXPECT_EQ(STATUS_SUCCESS, usual_with(SECTION(0) + 20, 0x5ff, 4));
	expect_source(_metadata, 1, 0x400, 0x200);
}

TEST_F(pe, SE_32_sections_without_raw_data)
{
	EXPECT_EQ(STATUS_SUCCESS, usual_with(SECTION(1) + 20, 0, 4));
	expect_source(_metadata, 2, 0, 0);
	EXPECT_EQ(STATUS_SUCCESS, usual_with(SECTION(1) + 16, 0, 4));
	expect_source(_metadata, 2, 0, 0);
	/* A size of 0 means that of the raw data; both make no section. */
	EXPECT_EQ(STATUS_SUCCESS, usual_with(SECTION(1) + 8, 0, 4));
	EXPECT_EQ(2, winvm_pe_part(&pe, 2)->pages);
	tiny_put(self->file + SECTION(1) + 8, 0, 4);
	tiny_put(self->file + SECTION(1) + 16, 0, 4);
	EXPECT_EQ(STATUS_INVALID_IMAGE_FORMAT, parse(self->file, FILE_BYTES));
}

TEST_F(pe, SE_32_gaps_between_sections)
{
	tiny_put(self->file + TINY_OPTIONAL + 32, 0x10000, 4);
	tiny_put(self->file + TINY_OPTIONAL + 56, 0x30000, 4);
	tiny_put(self->file + SECTION(0) + 12, 0x10000, 4);
	tiny_put(self->file + SECTION(1) + 12, 0x20000, 4);
	ASSERT_EQ(STATUS_SUCCESS, parse(self->file, FILE_BYTES));
	EXPECT_NE(NULL, winvm_pe_part(&pe, 0));
	EXPECT_EQ(NULL, winvm_pe_part(&pe, 1));
	EXPECT_EQ(NULL, winvm_pe_part(&pe, 15));
	EXPECT_NE(NULL, winvm_pe_part(&pe, 16));
	EXPECT_EQ(NULL, winvm_pe_part(&pe, 17));
	EXPECT_NE(NULL, winvm_pe_part(&pe, 34));
	EXPECT_EQ(NULL, winvm_pe_part(&pe, 35));
	expect_source(_metadata, 1, 0, 0);
}

TEST_F(pe, SE_32_shared_sections)
{
	EXPECT_EQ(STATUS_NOT_SUPPORTED, usual_with(SECTION(1) + 36, TINY_DATA | 0x10000000, 4));
	EXPECT_EQ(STATUS_SUCCESS, usual_with(SECTION(1) + 36, TINY_CONST | 0x10000000, 4));
	EXPECT_EQ(NT_PAGE_READONLY, winvm_pe_part(&pe, 2)->protect);
}

TEST_F(pe, SE_3_as_many_sections_as_there_may_be)
{
	static uint8_t file[0x2000];
	unsigned int i;

	tiny_pe_begin(file, TINY_BASE, 0x200000);
	memset(file + TINY_HEADERS, 0, sizeof(file) - TINY_HEADERS);
	tiny_put(file + TINY_OPTIONAL + 60, 0x2000, 4);
	for (i = 0; i < WINVM_PE_SECTIONS; i++)
		tiny_pe_section(file, 0x2000 + i * 0x1000, 1, 0, 0, TINY_CONST);
	ASSERT_EQ(STATUS_SUCCESS, parse(file, sizeof(file)));
	EXPECT_EQ(WINVM_PE_SECTIONS + 1, pe.count);
	EXPECT_FALSE(pe.code);
	tiny_pe_section(file, 0x2000 + i * 0x1000, 1, 0, 0, TINY_CONST);
	EXPECT_EQ(STATUS_INVALID_IMAGE_FORMAT, parse(file, sizeof(file)));
	EXPECT_EQ(STATUS_INVALID_IMAGE_FORMAT, usual_with(TINY_LFANEW + 6, 0xffff, 2));
}

/* The table ends with the bytes that were read. */
TEST_F(pe, SE_3_table_goes_on_behind_the_head)
{
	u32 end = SECTION(2);

	EXPECT_EQ(STATUS_SUCCESS, winvm_pe_parse(self->file, end, FILE_BYTES, &pe));
	EXPECT_EQ(STATUS_INVALID_IMAGE_FORMAT,
		  winvm_pe_parse(self->file, end - 1, FILE_BYTES, &pe));
}

/* Whatever is accepted keeps within its bounds. */
static void expect_sane(struct __test_metadata *_metadata, u64 file_bytes)
{
	u64 next = 0, offset;

	ASSERT_LE(pe.count, WINVM_PE_SECTIONS + 1);
	ASSERT_EQ(0, pe.base % WINVM_GRANULARITY_BYTES);
	ASSERT_LE(pe.pages, 1U << 20);
	for (u32 i = 0; i < pe.count; i++) {
		const struct winvm_pe_part *part = &pe.parts[i];

		ASSERT_GE(part->page, next);
		ASSERT_GE(part->pages, 1);
		next = (u64)part->page + part->pages;
		ASSERT_LE(next, pe.pages);
		ASSERT_LE(part->offset + part->bytes, file_bytes);
		ASSERT_LE(part->bytes, (u64)part->pages << WINVM_PAGE_SHIFT);
		ASSERT_EQ(part, winvm_pe_part(&pe, part->page));
		ASSERT_LE(winvm_pe_source(&pe, next - 1, &offset), WINVM_PAGE_BYTES);
		ASSERT_LE(offset, file_bytes);
	}
}

static struct random dice = { 32 };

static u32 strange(void)
{
	const u32 words[] = { 0, 1, 2, 0x3f, 0x80, 0x200, 0x1000, 0x2000, 0x7fffffff, 0x80000000,
			      0xfffff000, 0xffffffff };

	return random_below(&dice, 2) ? words[random_below(&dice, ARRAY_SIZE(words))] :
				 (u32)random_below(&dice, 1ULL << 32);
}

TEST_F(pe, SE_3_any_bytes_at_all)
{
	const unsigned int rounds = 300000;
	unsigned int accepted = 0;

	for (unsigned int i = 0; i < rounds; i++) {
		u64 bytes = random_below(&dice, 8) ? FILE_BYTES : random_below(&dice, FILE_BYTES + 1);
		uint8_t *file = malloc(bytes ? bytes : 1);	/* ASan knows where it ends */
		uint8_t whole[FILE_BYTES];

		ASSERT_NE(NULL, file);
		usual(whole);
		for (u64 n = random_below(&dice, 5); n; n--)
			tiny_put(whole + random_below(&dice, SECTION(3)), strange(),
				 (unsigned int)random_below(&dice, 5));
		memcpy(file, whole, bytes);
		if (!parse(file, bytes)) {
			expect_sane(_metadata, bytes);
			accepted++;
		}
		free(file);
	}
	EXPECT_GT(accepted, rounds / 50);
	EXPECT_LT(accepted, rounds);
}

TEST_HARNESS_MAIN
