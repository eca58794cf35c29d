// SPDX-License-Identifier: GPL-2.0
/* Sections and views: what may be created, mapped, protected (SPEC 2, 11). */
#include "section.h"
#include "kselftest_harness.h"

#define BASE		0x50000000ULL
#define RW		NT_PAGE_READWRITE
#define COMMIT		NT_SEC_COMMIT
#define MB		0x100000ULL
#define TB		(1ULL << 40)

#define WIDE winvm_layout_bounds(WINVM_LAYOUT_KIND_64BIT)

static struct winvm_section_shape shape;
static struct winvm_alloc_plan place;

static u32 create(u64 bytes, u32 protect, u32 attributes)
{
	struct winvm_section_args args = {
		.bytes = bytes,
		.protect = protect,
		.attributes = attributes,
	};

	return winvm_check_section(&args, &shape);
}

static u32 create_on_file(u32 attributes)
{
	struct winvm_section_args args = {
		.bytes = 1,
		.protect = RW,
		.attributes = attributes,
		.file = true,
	};

	return winvm_check_section(&args, &shape);
}

static u32 attributes_status(u32 attributes)
{
	return create(1, RW, attributes);
}

TEST(SE_2_attributes_that_do_not_go_together)
{
	const u32 bad[] = {
		0, COMMIT | NT_SEC_RESERVE, NT_SEC_NOCACHE, NT_SEC_WRITECOMBINE, NT_SEC_LARGE_PAGES,
		NT_SEC_RESERVE | NT_SEC_LARGE_PAGES, 0x800000, COMMIT | 0x800000, 0x2000000,
		NT_SEC_IMAGE | NT_SEC_RESERVE, NT_SEC_IMAGE | COMMIT, NT_SEC_IMAGE | 0x800000,
		NT_SEC_IMAGE | NT_SEC_LARGE_PAGES, NT_SEC_IMAGE | NT_SEC_WRITECOMBINE,
		COMMIT | NT_SEC_NOCACHE | NT_SEC_WRITECOMBINE, COMMIT | 1, COMMIT | 0x100000,
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(STATUS_INVALID_PARAMETER_6, attributes_status(bad[i]))
			TH_LOG("%#x", bad[i]);
		EXPECT_EQ(STATUS_INVALID_PARAMETER_6, create_on_file(bad[i]));
	}
	EXPECT_EQ(STATUS_INVALID_PARAMETER_6, create_on_file(COMMIT | NT_SEC_LARGE_PAGES));
	EXPECT_EQ(STATUS_PRIVILEGE_NOT_HELD, attributes_status(COMMIT | NT_SEC_LARGE_PAGES));
	EXPECT_EQ(STATUS_SUCCESS, attributes_status(COMMIT));
	EXPECT_EQ(STATUS_SUCCESS, attributes_status(COMMIT | NT_SEC_NOCACHE));
	EXPECT_EQ(STATUS_SUCCESS, attributes_status(COMMIT | NT_SEC_WRITECOMBINE));
}

TEST(SE_3_image_without_a_file)
{
	EXPECT_EQ(STATUS_INVALID_IMAGE_NOT_MZ, attributes_status(NT_SEC_IMAGE));
	EXPECT_EQ(STATUS_INVALID_IMAGE_NOT_MZ, attributes_status(NT_SEC_IMAGE | NT_SEC_NOCACHE));
}

TEST(SE_4_attributes_are_kept)
{
	EXPECT_EQ(STATUS_SUCCESS, attributes_status(COMMIT | NT_SEC_NOCACHE));
	EXPECT_EQ(COMMIT | NT_SEC_NOCACHE, shape.attributes);
	EXPECT_EQ(RW, shape.protect);
}

TEST(SE_4_attributes_on_a_file)
{
	EXPECT_EQ(STATUS_SUCCESS, create_on_file(COMMIT));
	EXPECT_EQ(NT_SEC_FILE, shape.attributes);
	EXPECT_EQ(RW, shape.protect);
	EXPECT_EQ(1, shape.bytes);
	EXPECT_EQ(STATUS_SUCCESS, create_on_file(NT_SEC_RESERVE));
	EXPECT_EQ(NT_SEC_FILE, shape.attributes);
	EXPECT_EQ(STATUS_SUCCESS, create_on_file(COMMIT | NT_SEC_NOCACHE));
	EXPECT_EQ(NT_SEC_FILE | NT_SEC_NOCACHE, shape.attributes);
	EXPECT_EQ(STATUS_SUCCESS, create_on_file(COMMIT | NT_SEC_WRITECOMBINE));
	EXPECT_EQ(NT_SEC_FILE | NT_SEC_WRITECOMBINE, shape.attributes);
}

static u32 file_size(u64 bytes, u64 asked, u32 protect)
{
	struct winvm_file_facts facts = { .bytes = bytes };

	shape = (struct winvm_section_shape){ asked, NT_SEC_FILE, protect, 0, 0 };
	return winvm_check_file_size(&facts, &shape);
}

TEST(SE_5_to_SE_7_sizes_of_files)
{
	EXPECT_EQ(STATUS_SUCCESS, file_size(0x3456, 0, NT_PAGE_READONLY));
	EXPECT_EQ(0x3456, shape.bytes);
	EXPECT_EQ(STATUS_SUCCESS, file_size(0x3456, 36, NT_PAGE_READONLY));
	EXPECT_EQ(36, shape.bytes);
	EXPECT_EQ(STATUS_MAPPED_FILE_SIZE_ZERO, file_size(0, 0, RW));
	EXPECT_EQ(STATUS_SUCCESS, file_size(0x3456, 0x3456, NT_PAGE_READONLY));
	EXPECT_EQ(STATUS_SECTION_TOO_BIG, file_size(0x3456, 0x3457, NT_PAGE_READONLY));
	EXPECT_EQ(STATUS_SECTION_TOO_BIG, file_size(0x3456, 0x3457, NT_PAGE_WRITECOPY));
	EXPECT_EQ(STATUS_SECTION_TOO_BIG, file_size(0x3456, 0x3457, NT_PAGE_EXECUTE_READ));
	EXPECT_EQ(STATUS_SUCCESS, file_size(0x3456, 0x3457, RW));
	EXPECT_EQ(0x3457, shape.bytes);
	EXPECT_EQ(STATUS_SUCCESS, file_size(0, 1, NT_PAGE_EXECUTE_READWRITE));
	EXPECT_EQ(STATUS_SECTION_TOO_BIG, file_size(1, 128 * TB, RW));
	EXPECT_EQ(STATUS_SECTION_TOO_BIG, file_size(1, ~0ULL, RW));
	EXPECT_EQ(STATUS_SUCCESS, file_size(1, 128 * TB - 1, RW));
}

TEST(SE_8_rights_of_files)
{
	static const u32 all[] = { NT_PAGE_READONLY, NT_PAGE_WRITECOPY, RW, NT_PAGE_EXECUTE_READ,
				   NT_PAGE_EXECUTE_WRITECOPY, NT_PAGE_EXECUTE_READWRITE };
	/* By readable 1, writable 2, executable 4: which of them, a bit each. */
	static const u32 good[] = { 0, 0x03, 0, 0x07, 0, 0x1b, 0, 0x3f };

	for (u32 may = 0; may < 8; may++)
		for (u32 i = 0; i < ARRAY_SIZE(all); i++) {
			struct winvm_file_facts facts = { 1, may & 1, may & 2, may & 4, true };

			EXPECT_EQ(good[may] >> i & 1 ? STATUS_SUCCESS : STATUS_ACCESS_DENIED,
				  winvm_check_file(&facts, all[i]));
			facts.regular = false;
			EXPECT_EQ(good[may] >> i & 1 ? STATUS_INVALID_FILE_FOR_SECTION :
						       STATUS_ACCESS_DENIED,
				  winvm_check_file(&facts, all[i]));
		}
}

static u32 extend(u32 attributes, u32 protect, u64 bytes)
{
	shape = (struct winvm_section_shape){ 1, attributes, protect, 0, 0 };
	return winvm_check_extend(&shape, bytes);
}

TEST(SE_39_what_can_be_extended)
{
	EXPECT_EQ(STATUS_SUCCESS, extend(NT_SEC_FILE, RW, 2));
	EXPECT_EQ(STATUS_SUCCESS, extend(NT_SEC_FILE, NT_PAGE_EXECUTE_READWRITE, 128 * TB - 1));
	EXPECT_EQ(STATUS_SECTION_TOO_BIG, extend(NT_SEC_FILE, RW, 128 * TB));
	EXPECT_EQ(STATUS_SECTION_NOT_EXTENDED, extend(NT_SEC_FILE, NT_PAGE_READONLY, 2));
	EXPECT_EQ(STATUS_SECTION_NOT_EXTENDED, extend(NT_SEC_FILE, NT_PAGE_WRITECOPY, 2));
	EXPECT_EQ(STATUS_SECTION_NOT_EXTENDED, extend(COMMIT, RW, 2));
}

static u32 flush(u64 base, u64 bytes, struct winvm_span *span)
{
	return winvm_check_flush(WIDE, base, bytes, span);
}

TEST(SE_33_ranges_to_flush)
{
	struct winvm_span span;

	EXPECT_EQ(STATUS_SUCCESS, flush(BASE + 1, 0, &span));
	EXPECT_EQ(BASE >> 12, span.vpn);
	EXPECT_EQ(0, span.pages);
	EXPECT_EQ(STATUS_SUCCESS, flush(BASE, 0x1000, &span));
	EXPECT_EQ(1, span.pages);
	EXPECT_EQ(STATUS_SUCCESS, flush(BASE + 0xfff, 2, &span));
	EXPECT_EQ(2, span.pages);
	EXPECT_EQ(STATUS_NOT_MAPPED_DATA, flush(0x7fffffff0000, 0, &span));
	EXPECT_EQ(STATUS_NOT_MAPPED_DATA, flush(0x7ffffffe0000, 0x10001, &span));
	EXPECT_EQ(STATUS_SUCCESS, flush(0x7ffffffe0000, 0x10000, &span));
	EXPECT_EQ(STATUS_NOT_MAPPED_DATA, flush(BASE, ~0ULL, &span));
}

TEST(SE_5_size_is_rounded_up)
{
	EXPECT_EQ(STATUS_SUCCESS, create(0x3452, RW, COMMIT));
	EXPECT_EQ(0x4000, shape.bytes);
	EXPECT_EQ(STATUS_SUCCESS, create(0x4000, RW, COMMIT));
	EXPECT_EQ(0x4000, shape.bytes);
	EXPECT_EQ(STATUS_INVALID_PARAMETER_4, create(0, RW, COMMIT));
}

TEST(SE_9_protections_of_sections)
{
	const u32 good[] = { NT_PAGE_READONLY, RW, NT_PAGE_WRITECOPY, NT_PAGE_EXECUTE_READ,
			     NT_PAGE_EXECUTE_READWRITE, NT_PAGE_EXECUTE_WRITECOPY };
	const u32 bad[] = { 0, NT_PAGE_NOACCESS, NT_PAGE_EXECUTE, RW | NT_PAGE_READONLY,
			    RW | NT_PAGE_GUARD, RW | NT_PAGE_NOCACHE, RW | NT_PAGE_WRITECOMBINE,
			    NT_PAGE_EXECUTE_READ | NT_PAGE_TARGETS_INVALID, ~0U };

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		EXPECT_EQ(STATUS_SUCCESS, create(1, good[i], COMMIT));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_EQ(STATUS_INVALID_PAGE_PROTECTION, create(1, bad[i], COMMIT));
	/* Attributes are looked at first, the size last. */
	EXPECT_EQ(STATUS_INVALID_PARAMETER_6, create(0, 0, 0));
	EXPECT_EQ(STATUS_INVALID_PAGE_PROTECTION, create(0, 0, COMMIT));
}

TEST(SE_10_sizes_that_cannot_be)
{
	EXPECT_EQ(STATUS_SECTION_TOO_BIG, create(128 * TB, RW, COMMIT));
	EXPECT_EQ(STATUS_SECTION_TOO_BIG, create(~0ULL, RW, COMMIT));
	EXPECT_EQ(STATUS_SECTION_TOO_BIG, create(128 * TB, RW, NT_SEC_RESERVE));
	EXPECT_EQ(STATUS_INSUFFICIENT_RESOURCES, create(8 * TB, RW, NT_SEC_RESERVE));
	EXPECT_EQ(STATUS_SUCCESS, create(8 * TB - 1, RW, NT_SEC_RESERVE));
	EXPECT_EQ(8 * TB, shape.bytes);
	EXPECT_EQ(STATUS_SUCCESS, create(128 * TB - 1, RW, COMMIT));
	EXPECT_EQ(128 * TB, shape.bytes);
}

TEST(sections_that_are_not_provided_yet)
{
}

TEST(PR_7_whole_attributes_of_views)
{
	EXPECT_EQ(0, winvm_section_whole(COMMIT));
	EXPECT_EQ(NT_PAGE_NOCACHE, winvm_section_whole(COMMIT | NT_SEC_NOCACHE));
	EXPECT_EQ(NT_PAGE_WRITECOMBINE, winvm_section_whole(COMMIT | NT_SEC_WRITECOMBINE));
}

TEST(SE_14_rights_for_protections)
{
	EXPECT_EQ(NT_SECTION_MAP_READ, winvm_section_rights(NT_PAGE_NOACCESS));
	EXPECT_EQ(NT_SECTION_MAP_READ, winvm_section_rights(NT_PAGE_READONLY));
	EXPECT_EQ(NT_SECTION_MAP_READ, winvm_section_rights(NT_PAGE_READONLY | NT_PAGE_GUARD));
	EXPECT_EQ(NT_SECTION_MAP_READ, winvm_section_rights(NT_PAGE_WRITECOPY));
	EXPECT_EQ(NT_SECTION_MAP_WRITE, winvm_section_rights(RW));
	EXPECT_EQ(NT_SECTION_MAP_WRITE, winvm_section_rights(RW | NT_PAGE_GUARD));
	EXPECT_EQ(NT_SECTION_MAP_EXECUTE, winvm_section_rights(NT_PAGE_EXECUTE));
	EXPECT_EQ(NT_SECTION_MAP_EXECUTE | NT_SECTION_MAP_READ,
		  winvm_section_rights(NT_PAGE_EXECUTE_READ));
	EXPECT_EQ(NT_SECTION_MAP_EXECUTE | NT_SECTION_MAP_READ,
		  winvm_section_rights(NT_PAGE_EXECUTE_WRITECOPY));
	EXPECT_EQ(NT_SECTION_MAP_EXECUTE | NT_SECTION_MAP_WRITE,
		  winvm_section_rights(NT_PAGE_EXECUTE_READWRITE));
}

/* Which of the eight base protections may pages of a view get? A bit each, as in PAGE_*. */
static u32 allowed_in(u32 view)
{
	u32 allowed = 0;

	for (u32 protect = 1; protect <= 0x80; protect <<= 1)
		if (winvm_check_view_protect(view, protect) != STATUS_SECTION_PROTECTION)
			allowed |= protect;
	return allowed;
}

TEST(SE_30_protections_within_a_view)
{
	EXPECT_EQ(0x01, allowed_in(NT_PAGE_NOACCESS));
	EXPECT_EQ(0x0b, allowed_in(NT_PAGE_READONLY));
	EXPECT_EQ(0x0b, allowed_in(NT_PAGE_WRITECOPY));
	EXPECT_EQ(0x0f, allowed_in(RW));
	EXPECT_EQ(0xbb, allowed_in(NT_PAGE_EXECUTE));
	EXPECT_EQ(0xbb, allowed_in(NT_PAGE_EXECUTE_READ));
	EXPECT_EQ(0xff, allowed_in(NT_PAGE_EXECUTE_READWRITE));
	EXPECT_EQ(0xbb, allowed_in(NT_PAGE_EXECUTE_WRITECOPY));
	EXPECT_EQ(0x0f, allowed_in(RW | NT_PAGE_NOCACHE));
	EXPECT_EQ(STATUS_SUCCESS, winvm_check_view_protect(RW, NT_PAGE_READONLY | NT_PAGE_GUARD));
	EXPECT_EQ(STATUS_SECTION_PROTECTION,
		  winvm_check_view_protect(NT_PAGE_READONLY, RW | NT_PAGE_GUARD));
	EXPECT_EQ(STATUS_SUCCESS, winvm_check_view_protect(RW, NT_PAGE_WRITECOPY));
	EXPECT_EQ(STATUS_SECTION_PROTECTION, winvm_check_view_protect(NT_PAGE_WRITECOPY, RW));
}

TEST(VP_10_protecting_private_memory_WRITECOPY)
{
	struct winvm_vad vad = { .kind = WINVM_VAD_PRIVATE, .protect = RW };

	EXPECT_EQ(STATUS_SUCCESS, winvm_check_protect_of(&vad, NT_PAGE_EXECUTE));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_4, winvm_check_protect_of(&vad, NT_PAGE_WRITECOPY));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_4,
		  winvm_check_protect_of(&vad, NT_PAGE_EXECUTE_WRITECOPY));
	/* Also where nothing is. */
	EXPECT_EQ(STATUS_INVALID_PARAMETER_4, winvm_check_protect_of(NULL, NT_PAGE_WRITECOPY));
	EXPECT_EQ(STATUS_CONFLICTING_ADDRESSES, winvm_check_protect_of(NULL, RW));
	vad.kind = WINVM_VAD_AWE;
	EXPECT_EQ(STATUS_CONFLICTING_ADDRESSES, winvm_check_protect_of(&vad, RW));
	vad.kind = WINVM_VAD_VIEW;
	EXPECT_EQ(STATUS_SECTION_PROTECTION, winvm_check_protect_of(&vad, NT_PAGE_EXECUTE));
	EXPECT_EQ(STATUS_SUCCESS, winvm_check_protect_of(&vad, RW));
}

TEST(VA_50_commit_in_a_view_with_whole_attributes)
{
	EXPECT_EQ(STATUS_SUCCESS, winvm_check_view_commit(RW, NT_PAGE_READONLY));
	EXPECT_EQ(STATUS_SECTION_PROTECTION, winvm_check_view_commit(NT_PAGE_READONLY, RW));
	EXPECT_EQ(STATUS_INVALID_PAGE_PROTECTION,
		  winvm_check_view_commit(RW, RW | NT_PAGE_NOCACHE));
	EXPECT_EQ(STATUS_INVALID_PAGE_PROTECTION,
		  winvm_check_view_commit(RW, RW | NT_PAGE_WRITECOMBINE));
	EXPECT_EQ(STATUS_SUCCESS, winvm_check_view_commit(RW | NT_PAGE_NOCACHE,
							  RW | NT_PAGE_NOCACHE));
}

/* A view with all but the interesting arguments right. */
#define VIEW(...) ((struct winvm_view_args){ __VA_ARGS__ })

static void set_the_others(struct winvm_view_args *args)
{
	if (!args->protect)
		args->protect = RW;
	if (!args->inherit)
		args->inherit = 1;
}

static u32 args_status(struct winvm_view_args args)
{
	set_the_others(&args);
	return winvm_check_view(WIDE, &args);
}

static u32 map(struct winvm_view_args args, u64 bytes, u32 protect)
{
	struct winvm_section_shape of = { bytes, COMMIT, protect, 0, 0 };

	set_the_others(&args);
	return winvm_check_view_of(WIDE, &args, &of, &place);
}

static u32 map_file(struct winvm_view_args args, u64 bytes)
{
	struct winvm_section_shape of = { bytes, NT_SEC_FILE, RW, 0, 0 };

	set_the_others(&args);
	return winvm_check_view_of(WIDE, &args, &of, &place);
}

TEST(SE_16_zero_bits_of_views)
{
	EXPECT_EQ(STATUS_SUCCESS, args_status(VIEW(.zero_bits = 21)));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_4, args_status(VIEW(.zero_bits = 22)));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_4, args_status(VIEW(.zero_bits = 31)));
	EXPECT_EQ(STATUS_SUCCESS, args_status(VIEW(.zero_bits = 32)));
	EXPECT_EQ(STATUS_SUCCESS, args_status(VIEW(.base = BASE, .zero_bits = 1)));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_4, args_status(VIEW(.base = BASE, .zero_bits = 4)));
	EXPECT_EQ(STATUS_SUCCESS, map(VIEW(.zero_bits = 4), MB, RW));
	EXPECT_EQ(0xffff, place.highest_vpn);
	EXPECT_EQ(STATUS_SUCCESS, map(VIEW(), MB, RW));
	EXPECT_EQ(WINVM_HIGHEST_VPN, place.highest_vpn);
}

TEST(SE_16_alignments_of_views)
{
	EXPECT_EQ(STATUS_MAPPED_ALIGNMENT, map(VIEW(.offset = 0x1000), MB, RW));
	EXPECT_EQ(STATUS_MAPPED_ALIGNMENT, map(VIEW(.offset = 1), MB, RW));
	EXPECT_EQ(STATUS_MAPPED_ALIGNMENT, map(VIEW(.base = BASE + 0x1000), MB, RW));
	EXPECT_EQ(STATUS_SUCCESS, map(VIEW(.base = BASE, .offset = 0x10000), MB, RW));
	EXPECT_FALSE(place.anywhere);
	EXPECT_EQ(BASE >> 12, place.span.vpn);
	EXPECT_EQ((MB - 0x10000) >> 12, place.span.pages);
}

TEST(SE_17_types_of_views)
{
	const u32 good[] = { 0, NT_MEM_TOP_DOWN };
	const u32 bad[] = { NT_MEM_COMMIT, NT_MEM_RESET, 0x40000000, 1, NT_MEM_LARGE_PAGES,
			    NT_MEM_REPLACE_PLACEHOLDER };

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		EXPECT_EQ(STATUS_SUCCESS, args_status(VIEW(.type = good[i])));
		EXPECT_EQ(STATUS_SUCCESS, map(VIEW(.type = good[i]), MB, RW));
		EXPECT_EQ(good[i] == NT_MEM_TOP_DOWN, place.top_down);
		EXPECT_TRUE(place.anywhere);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_EQ(STATUS_INVALID_PARAMETER_9, args_status(VIEW(.type = bad[i])));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_9, map(VIEW(.type = NT_MEM_RESERVE), MB, RW));
	EXPECT_EQ(STATUS_NOT_SUPPORTED, map_file(VIEW(.type = NT_MEM_RESERVE), MB));
	EXPECT_EQ(STATUS_SUCCESS, map_file(VIEW(), MB));
}

TEST(SE_15_view_within_the_section)
{
	/* As for SE-30, a bit for each base protection. */
	static const struct { u32 section, allowed; } table[] = {
		{ NT_PAGE_READONLY, 0x0b }, { NT_PAGE_WRITECOPY, 0x0b }, { RW, 0x0f },
		{ NT_PAGE_EXECUTE_READ, 0x3b }, { NT_PAGE_EXECUTE_WRITECOPY, 0xbb },
		{ NT_PAGE_EXECUTE_READWRITE, 0xff },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		for (u32 protect = 1; protect <= 0x80; protect <<= 1) {
			u32 status = map(VIEW(.protect = protect), MB, table[i].section);

			EXPECT_EQ(table[i].allowed & protect ? STATUS_SUCCESS :
							       STATUS_SECTION_PROTECTION, status);
		}
}

TEST(SE_19_view_within_the_size)
{
	EXPECT_EQ(STATUS_SUCCESS, map(VIEW(.bytes = MB), MB, RW));
	EXPECT_EQ(STATUS_INVALID_VIEW_SIZE, map(VIEW(.bytes = MB + 1), MB, RW));
	EXPECT_EQ(STATUS_INVALID_VIEW_SIZE, map(VIEW(.bytes = MB, .offset = 0x10000), MB, RW));
	EXPECT_EQ(STATUS_INVALID_VIEW_SIZE, map(VIEW(.offset = MB), MB, RW));
	EXPECT_EQ(STATUS_INVALID_VIEW_SIZE, map(VIEW(.offset = ~0ULL << 16), MB, RW));
	EXPECT_EQ(STATUS_INVALID_VIEW_SIZE,
		  map(VIEW(.bytes = MB, .offset = ~0ULL << 16), MB, RW));
	EXPECT_EQ(STATUS_SUCCESS, map(VIEW(.bytes = 1), MB, RW));
	EXPECT_EQ(1, place.span.pages);
	EXPECT_EQ(STATUS_SUCCESS, map(VIEW(.bytes = 0x1001, .offset = 0x10000), MB, RW));
	EXPECT_EQ(2, place.span.pages);
	/* A file's size is one of bytes. */
	EXPECT_EQ(STATUS_SUCCESS, map_file(VIEW(.bytes = 0x1001), 0x1001));
	EXPECT_EQ(2, place.span.pages);
	EXPECT_EQ(STATUS_INVALID_VIEW_SIZE, map_file(VIEW(.bytes = 0x1002), 0x1001));
	EXPECT_EQ(STATUS_SUCCESS, map_file(VIEW(), 36));
	EXPECT_EQ(1, place.span.pages);
}

TEST(SE_20_view_within_the_address_space)
{
	EXPECT_EQ(STATUS_INVALID_PARAMETER_3, args_status(VIEW(.bytes = ~0ULL)));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_3, args_status(VIEW(.base = 0x7fffffff0000)));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_3, args_status(VIEW(.base = 0x1000)));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_3,
		  args_status(VIEW(.base = 0x7ffffffe0000, .bytes = 0x10001)));
	EXPECT_EQ(STATUS_SUCCESS, args_status(VIEW(.base = 0x7ffffffe0000, .bytes = 0x10000)));
	/* The size of the whole section is known later. */
	EXPECT_EQ(STATUS_CONFLICTING_ADDRESSES, map(VIEW(.base = 0x7ffffffe0000), MB, RW));
	EXPECT_EQ(STATUS_CONFLICTING_ADDRESSES, map(VIEW(.base = 0x7ffffffe0000), 0x11000, RW));
	EXPECT_EQ(STATUS_SUCCESS, map(VIEW(.base = 0x7ffffffe0000), 0x10000, RW));
}

TEST(SE_25_commit_size_within_the_view)
{
	EXPECT_EQ(STATUS_SUCCESS, map(VIEW(.commit_bytes = MB), MB, RW));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_5, map(VIEW(.commit_bytes = MB + 1), MB, RW));
}

TEST(SE_36_inherit_dispositions)
{
	struct winvm_view_args args = { .protect = RW };

	EXPECT_EQ(STATUS_INVALID_PARAMETER_8, winvm_check_view(WIDE, &args));
	EXPECT_EQ(STATUS_SUCCESS, args_status(VIEW(.inherit = 2)));
	EXPECT_EQ(STATUS_INVALID_PARAMETER_8, args_status(VIEW(.inherit = 3)));
	EXPECT_EQ(STATUS_INVALID_PAGE_PROTECTION, args_status(VIEW(.protect = 3)));
}

TEST(PR_7_view_has_the_attributes_of_its_section)
{
	struct winvm_view_args args = VIEW(.protect = RW | NT_PAGE_WRITECOMBINE);
	struct winvm_section_shape of = { MB, COMMIT | NT_SEC_NOCACHE, RW, 0, 0 };

	EXPECT_EQ(STATUS_SUCCESS, winvm_check_view_of(WIDE, &args, &of, &place));
	EXPECT_EQ(RW | NT_PAGE_NOCACHE, place.protect);
}

TEST(SE_28_addresses_to_unmap)
{
	u64 vpn = 0;

	EXPECT_EQ(STATUS_SUCCESS, winvm_check_unmap(WIDE, BASE + 0x1234, 0, &vpn));
	EXPECT_EQ((BASE >> 12) + 1, vpn);
	EXPECT_EQ(STATUS_SUCCESS, winvm_check_unmap(WIDE, 0x7ffffffeffff, 3, &vpn));
	EXPECT_EQ(STATUS_NOT_MAPPED_VIEW, winvm_check_unmap(WIDE, 0x7fffffff0000, 0, &vpn));
	EXPECT_EQ(STATUS_INVALID_PARAMETER, winvm_check_unmap(WIDE, BASE, 4, &vpn));
}

static struct winvm_view_args into_placeholder(u64 offset_in_space, u64 offset)
{
	return VIEW(.base = BASE + offset_in_space, .offset = offset,
		    .type = NT_MEM_REPLACE_PLACEHOLDER, .extended = true);
}

TEST(PH_17_only_the_extended_call_replaces_placeholders)
{
	struct winvm_view_args args = into_placeholder(0, 0);

	args.node = 3;
	ASSERT_EQ(STATUS_SUCCESS, args_status(args));
	ASSERT_EQ(STATUS_SUCCESS, map(args, MB, RW));
	EXPECT_TRUE(place.replace);
	EXPECT_FALSE(place.anywhere);
	EXPECT_EQ(BASE >> 12, place.span.vpn);
	EXPECT_EQ(MB >> 12, place.span.pages);
	EXPECT_EQ(3, place.node);
	args.extended = false;
	EXPECT_EQ(STATUS_INVALID_PARAMETER_9, args_status(args));
	args.extended = true;
	args.type |= NT_MEM_COMMIT;
	EXPECT_EQ(STATUS_INVALID_PARAMETER_9, args_status(args));
	args.type = NT_MEM_REPLACE_PLACEHOLDER;
	args.base = 0;
	EXPECT_EQ(STATUS_INVALID_PARAMETER_3, args_status(args));
	EXPECT_EQ(STATUS_SUCCESS, map(VIEW(.base = BASE, .extended = true), MB, RW));
	EXPECT_FALSE(place.replace);
}

TEST(PH_17_no_image_replaces_a_placeholder)
{
	const struct winvm_section_shape image = {
		.bytes = MB, .attributes = NT_SEC_IMAGE, .protect = RW,
	};
	struct winvm_view_args args = into_placeholder(0, 0);

	set_the_others(&args);
	EXPECT_EQ(STATUS_INVALID_PARAMETER_9, winvm_check_view_of(WIDE, &args, &image, &place));
}

TEST(PH_22_a_placeholder_takes_whole_pages)
{
	EXPECT_EQ(STATUS_SUCCESS, map(into_placeholder(0x1000, 0x3000), MB, RW));
	EXPECT_EQ((BASE >> 12) + 1, place.span.vpn);
	EXPECT_EQ((MB >> 12) - 3, place.span.pages);
	EXPECT_EQ(STATUS_MAPPED_ALIGNMENT, map(into_placeholder(0, 0x800), MB, RW));
	EXPECT_EQ(STATUS_MAPPED_ALIGNMENT, map(into_placeholder(0x800, 0), MB, RW));
	EXPECT_EQ(STATUS_MAPPED_ALIGNMENT, map(VIEW(.offset = 0x1000, .extended = true), MB, RW));
}

#define REQUIRE(low, high, align) \
	VIEW(.required = { low, high, align }, .extended = true)

TEST(SE_24_requirements_of_the_choice)
{
	struct winvm_view_args fixed = REQUIRE(0x100000, 0, 0);

	ASSERT_EQ(STATUS_SUCCESS, map(REQUIRE(0x100000, 0x4fffff, 0), MB, RW));
	EXPECT_EQ(0x100, place.lowest_vpn);
	EXPECT_EQ(0x4ff, place.highest_vpn);
	ASSERT_EQ(STATUS_SUCCESS, map(REQUIRE(0, 0, 0), MB, RW));
	EXPECT_EQ(WINVM_LOWEST_VPN, place.lowest_vpn);
	EXPECT_EQ(WINVM_HIGHEST_VPN, place.highest_vpn);
	EXPECT_EQ(STATUS_INVALID_PARAMETER, args_status(REQUIRE(0x101000, 0, 0)));
	EXPECT_EQ(STATUS_INVALID_PARAMETER, args_status(REQUIRE(0, 0x500000, 0)));
	for (unsigned int bit = 0; bit < 64; bit++)
		EXPECT_EQ(STATUS_INVALID_PARAMETER, args_status(REQUIRE(0, 0, 1ULL << bit)));
	fixed.base = BASE;
	EXPECT_EQ(STATUS_INVALID_PARAMETER, args_status(fixed));
}

TEST(SE_37_based_sections_have_their_place)
{
	struct winvm_section_shape of = { MB, COMMIT | NT_SEC_BASED, RW, 0, BASE };
	struct winvm_view_args args = VIEW(.offset = 0x20000, .protect = RW);

	EXPECT_EQ(STATUS_SUCCESS, winvm_check_view_of(WIDE, &args, &of, &place));
	EXPECT_FALSE(place.anywhere);
	EXPECT_EQ((BASE + 0x20000) >> 12, place.span.vpn);
	EXPECT_EQ((MB - 0x20000) >> 12, place.span.pages);
	args.base = BASE;
	EXPECT_EQ(STATUS_CONFLICTING_ADDRESSES, winvm_check_view_of(WIDE, &args, &of, &place));
	args.base = BASE + 0x20000;
	EXPECT_EQ(STATUS_SUCCESS, winvm_check_view_of(WIDE, &args, &of, &place));
	of.base = 0x7ffe00000000;
	args.base = 0;
	EXPECT_EQ(STATUS_SUCCESS, winvm_check_view_of(WIDE, &args, &of, &place));
	EXPECT_EQ(STATUS_CONFLICTING_ADDRESSES,
		  winvm_check_view_of(winvm_layout_bounds(WINVM_LAYOUT_KIND_2GB), &args, &of,
				      &place));
}

TEST(no_change_keeps_the_protection)
{
	struct winvm_vad vad = {
		.kind = WINVM_VAD_VIEW,
		.protect = RW | NT_PAGE_NOCACHE,
		.flags = WINVM_VAD_NO_CHANGE,
	};

	EXPECT_EQ(STATUS_SUCCESS, winvm_check_protect_of(&vad, RW));
	EXPECT_EQ(STATUS_INVALID_PAGE_PROTECTION, winvm_check_protect_of(&vad, NT_PAGE_READONLY));
	EXPECT_EQ(STATUS_INVALID_PAGE_PROTECTION,
		  winvm_check_protect_of(&vad, RW | NT_PAGE_GUARD));
	EXPECT_EQ(STATUS_SECTION_PROTECTION,
		  winvm_check_protect_of(&vad, NT_PAGE_EXECUTE_READWRITE));
	EXPECT_EQ(STATUS_INVALID_PAGE_PROTECTION, winvm_check_no_change(&vad, NT_PAGE_NOACCESS));
	EXPECT_EQ(STATUS_SUCCESS, winvm_check_no_change(&vad, RW));
	vad.flags = 0;
	EXPECT_EQ(STATUS_SUCCESS, winvm_check_no_change(&vad, NT_PAGE_NOACCESS));
	EXPECT_EQ(STATUS_SUCCESS, winvm_check_protect_of(&vad, NT_PAGE_READONLY));
}

TEST(SE_4_SE_5_sections_of_images)
{
	ASSERT_EQ(STATUS_SUCCESS, create_on_file(NT_SEC_IMAGE));
	EXPECT_EQ(NT_SEC_IMAGE | NT_SEC_FILE, shape.attributes);
	EXPECT_TRUE(winvm_section_image(&shape));
	EXPECT_EQ(1, shape.bytes);
	EXPECT_EQ(STATUS_SUCCESS, winvm_check_image_size(&shape, 0x7000));
	EXPECT_EQ(0x7000, shape.bytes);
	EXPECT_EQ(STATUS_SUCCESS, winvm_check_image_size(&shape, 0x7000));
	EXPECT_EQ(STATUS_SECTION_TOO_BIG, winvm_check_image_size(&shape, 0x6fff));
	/* SPEC SE-39 */
	EXPECT_EQ(STATUS_SECTION_NOT_EXTENDED, winvm_check_extend(&shape, 0x8000));
	ASSERT_EQ(STATUS_SUCCESS, create_on_file(NT_SEC_IMAGE | NT_SEC_NOCACHE));
	EXPECT_EQ(NT_SEC_IMAGE | NT_SEC_FILE | NT_SEC_NOCACHE, shape.attributes);
	EXPECT_EQ(0, winvm_section_whole(shape.attributes));
}

/* What is asked for counts for the descriptor alone. */
TEST(SE_32_allocation_protection_of_images)
{
	const u32 asked[] = { NT_PAGE_NOACCESS, NT_PAGE_READONLY, RW, NT_PAGE_WRITECOPY,
			      NT_PAGE_EXECUTE_READ, NT_PAGE_EXECUTE_WRITECOPY };
	struct winvm_section_shape of = {
		.bytes = 0x7000,
		.attributes = NT_SEC_IMAGE | NT_SEC_FILE,
		.protect = NT_PAGE_READONLY,
	};

	for (size_t i = 0; i < ARRAY_SIZE(asked); i++) {
		struct winvm_view_args args = { .protect = asked[i], .inherit = NT_VIEW_SHARE };

		of.attributes &= ~NT_SEC_NOCACHE;
		ASSERT_EQ(STATUS_SUCCESS, winvm_check_view_of(WIDE, &args, &of, &place));
		EXPECT_EQ(NT_PAGE_EXECUTE_WRITECOPY, place.protect);
		of.attributes |= NT_SEC_NOCACHE;
		ASSERT_EQ(STATUS_SUCCESS, winvm_check_view_of(WIDE, &args, &of, &place));
		EXPECT_EQ(NT_PAGE_WRITECOPY, place.protect);
	}
}

TEST(SE_32_the_place_an_image_wants)
{
	struct winvm_alloc_plan there, anywhere = {
		.span = { 0, 16 },
		.anywhere = true,
		.lowest_vpn = 0x100,
		.highest_vpn = 0x1ff,
	};

	EXPECT_FALSE(winvm_view_at(&anywhere, 0, &there));
	EXPECT_FALSE(winvm_view_at(&anywhere, 0xf0, &there));
	EXPECT_FALSE(winvm_view_at(&anywhere, 0x1f1, &there));
	EXPECT_FALSE(winvm_view_at(&anywhere, 0x200, &there));
	EXPECT_FALSE(winvm_view_at(&anywhere, ~0ULL, &there));
	ASSERT_TRUE(winvm_view_at(&anywhere, 0x100, &there));
	EXPECT_EQ(0x100, there.span.vpn);
	EXPECT_EQ(16, there.span.pages);
	EXPECT_FALSE(there.anywhere);
	ASSERT_TRUE(winvm_view_at(&anywhere, 0x1f0, &there));
	EXPECT_EQ(0x1f0, there.span.vpn);
	/* Who names an address gets that one. */
	EXPECT_FALSE(winvm_view_at(&there, 0x100, &there));
}

TEST_HARNESS_MAIN
