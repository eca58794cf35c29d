// SPDX-License-Identifier: GPL-2.0
/* What winvm pte and winvm pfn say of addresses, entries, pages and frames. */
#include <harness.h>

#include <linux/kernel-page-flags.h>
#include <windows.h>

#include "../../libwinvm/tools/address.h"
#include "../../libwinvm/tools/entry.h"
#include "../../libwinvm/tools/frame.h"
#include "../../libwinvm/tools/page.h"

#define NO_ADDRESS 0x1234567890ULL
#define KPF(name)  (1ULL << KPF_##name)

static uint64_t address(const char *text)
{
	uint64_t read;

	return address_parse(text, &read) ? read : NO_ADDRESS;
}

TEST(addresses_are_read)
{
	static const char *const wrong[] = {
		"",   "0x", "x",  "g",	  "-1",	   " 1",
		"1 ", "1`", "`1", "1``2", "0x0x1", "10000000000000000"
	};

	EXPECT_EQ(0, address("0"));
	EXPECT_EQ(0x7f0012345678, address("7f0012345678"));
	EXPECT_EQ(0x7f0012345678, address("0x7F0012345678"));
	EXPECT_EQ(0x7f0012345678, address("00007f00`12345678"));
	EXPECT_EQ(UINT64_MAX, address("ffffffffffffffff"));
	EXPECT_EQ(UINT64_MAX, address("0Xffffffffffffffff"));
	for (size_t n = 0; n < sizeof(wrong) / sizeof(wrong[0]); n++) {
		EXPECT_EQ(NO_ADDRESS, address(wrong[n]))
		TH_LOG("\"%s\"", wrong[n]);
	}
}

TEST(canonical_addresses_have_bits_alike_above)
{
	EXPECT_TRUE(address_canonical(0, 4));
	EXPECT_TRUE(address_canonical(0x00007fffffffffff, 4));
	EXPECT_FALSE(address_canonical(0x0000800000000000, 4));
	EXPECT_FALSE(address_canonical(0xffff7fffffffffff, 4));
	EXPECT_TRUE(address_canonical(0xffff800000000000, 4));
	EXPECT_TRUE(address_canonical(0x0000800000000000, 5));
	EXPECT_TRUE(address_canonical(0x00ffffffffffffff, 5));
	EXPECT_FALSE(address_canonical(0x0100000000000000, 5));
	EXPECT_TRUE(address_canonical(UINT64_MAX, 5));
}

TEST(an_address_has_parts)
{
	const uint64_t sample = 1ULL << 48 | 2ULL << 39 | 3ULL << 30 | 4ULL << 21 | 5ULL << 12 | 6;
	struct address_part parts[ADDRESS_PARTS];
	size_t count = address_parts(5, parts);

	ASSERT_EQ(6, count);
	for (size_t i = 0; i < count; i++)
		EXPECT_EQ(i + 1, address_value(sample, &parts[i]));
	EXPECT_STREQ("PML5", parts[0].name);
	EXPECT_EQ(5, address_parts(4, parts));
	EXPECT_STREQ("PML4", parts[0].name);
	EXPECT_STREQ("offset", parts[4].name);
	EXPECT_EQ(0x1ff, address_value(UINT64_MAX, &parts[0]));
}

/* Randy Kath's split, on an address whose parts are known: 10, 10 and 12 bits. */
TEST(of_32_bits_there_were_three)
{
	struct address_part parts[ADDRESS_PARTS];

	ASSERT_EQ(3, address_parts_x86(parts));
	EXPECT_EQ(0x2aa, address_value(0x7fffaabbccdd, &parts[0]));
	EXPECT_EQ(0x3bc, address_value(0x7fffaabbccdd, &parts[1]));
	EXPECT_EQ(0xcdd, address_value(0x7fffaabbccdd, &parts[2]));
}

TEST(bits_are_drawn)
{
	struct address_part parts[ADDRESS_PARTS];
	struct address_picture picture =
		address_picture(0xaabbccdd, parts, address_parts_x86(parts));

	EXPECT_STREQ("31      22     21      12  11         0", picture.lines[0]);
	EXPECT_STREQ("1010101010     1110111100  110011011101", picture.lines[1]);
	EXPECT_STREQ("\\________/     \\________/  \\__________/", picture.lines[2]);
	EXPECT_STREQ("directory 2aa  table 3bc   offset cdd  ", picture.lines[3]);
	EXPECT_EQ(strlen(picture.lines[0]), picture.width);
	picture = address_picture(UINT64_MAX, parts, address_parts(5, parts));
	EXPECT_GE(80, picture.width);
	EXPECT_EQ(strlen(picture.lines[3]), picture.width);
}

static bool flags_are(uint64_t entry, unsigned int level, const char *wanted)
{
	char text[ENTRY_FLAGS];

	entry_flags(entry, level, text);
	if (strcmp(text, wanted))
		printf("# \"%s\", and should be \"%s\"\n", text, wanted);
	return !strcmp(text, wanted);
}

TEST(entries_have_kinds)
{
	EXPECT_EQ(ENTRY_NONE, entry_kind(0, 1));
	EXPECT_EQ(ENTRY_PAGE, entry_kind(0x1067, 1));
	EXPECT_EQ(ENTRY_TABLE, entry_kind(0x1067, 2));
	EXPECT_EQ(ENTRY_PAGE, entry_kind(0x2000e7, 2));
	EXPECT_EQ(ENTRY_PAGE, entry_kind(0x400000e7, 3));
	EXPECT_EQ(ENTRY_TABLE, entry_kind(0x10e7, 4));
	EXPECT_EQ(ENTRY_CLOSED, entry_kind(0xffffffff0160, 1));
	EXPECT_EQ(ENTRY_AWAY, entry_kind(0x1ffffffffffdfc00, 1));
}

TEST(entries_have_frames)
{
	EXPECT_EQ(0x12345, entry_frame(0x8000000012345867, 1));
	EXPECT_EQ(0x12345, entry_frame(0x12345067, 4));
	EXPECT_EQ(0x200, entry_frame(0x2000e7 | 0x1000, 2));
	EXPECT_EQ(0x12345, entry_frame((~0x12345000ULL & 0x000ffffffffff000) | 0x160, 1));
	EXPECT_EQ(0, entry_frame(0x160, 1));
	EXPECT_EQ(0, entry_frame(0x1ffffffffffdfc00, 1));
	EXPECT_EQ(4096, entry_bytes(1));
	EXPECT_EQ(2 << 20, entry_bytes(2));
	EXPECT_EQ(1 << 30, entry_bytes(3));
}

TEST(entries_have_flags)
{
	EXPECT_TRUE(flags_are(0, 1, ""));
	EXPECT_TRUE(flags_are(0x8000000012345867, 1, "P RW US A D NX soft-dirty"));
	EXPECT_TRUE(flags_are(0x12345025, 1, "P US A"));
	EXPECT_TRUE(flags_are(0x12345067, 4, "P RW US A"));
	EXPECT_TRUE(flags_are(0x80000000002010e7, 2, "P RW US A D PS PAT NX"));
	EXPECT_TRUE(flags_are(0x1238d, 1, "P US PWT PAT G special"));
	EXPECT_TRUE(flags_are(0x8000000012345160, 1, "A D protnone NX"));
	EXPECT_TRUE(flags_are(0x1800000012345027, 1, "P RW US A key=3"));
	EXPECT_TRUE(flags_are(0x1ffffffffffdfc02, 1, "soft-dirty"));
	/* With all of them there is room. */
	EXPECT_TRUE(flags_are(UINT64_MAX, 1,
			      "P RW US PWT PCD A D PAT G NX special uffd-wp soft-dirty devmap "
			      "key=15"));
}

static enum page_kind kind(DWORD state, DWORD protect, unsigned int location)
{
	const struct winvm_translation page = {
		.state = state,
		.protect = protect,
		.location = (unsigned char)location,
	};

	return page_kind(&page);
}

TEST(pages_have_kinds)
{
	EXPECT_EQ(PAGE_NONE, kind(0, 0, 0));
	EXPECT_EQ(PAGE_FREE, kind(MEM_FREE, 0, 0));
	EXPECT_EQ(PAGE_RESERVED, kind(MEM_RESERVE, 0, 0));
	EXPECT_EQ(PAGE_VALID, kind(MEM_COMMIT, PAGE_READWRITE, WINVM_AT_MAPPED));
	EXPECT_EQ(PAGE_DEMAND_ZERO, kind(MEM_COMMIT, PAGE_READWRITE, WINVM_AT_NOWHERE));
	EXPECT_EQ(PAGE_TRANSITION, kind(MEM_COMMIT, PAGE_READWRITE, WINVM_AT_MEMORY));
	EXPECT_EQ(PAGE_SWAPPED, kind(MEM_COMMIT, PAGE_READWRITE, WINVM_AT_PAGE_FILE));
	EXPECT_EQ(PAGE_PROTOTYPE, kind(MEM_COMMIT, PAGE_READONLY, WINVM_AT_FILE));
	EXPECT_EQ(PAGE_GUARDED, kind(MEM_COMMIT, PAGE_READWRITE | PAGE_GUARD, WINVM_AT_MEMORY));
	EXPECT_EQ(PAGE_CLOSED, kind(MEM_COMMIT, PAGE_NOACCESS, WINVM_AT_MAPPED));
	EXPECT_EQ(PAGE_BROKEN, kind(MEM_COMMIT, PAGE_READWRITE, WINVM_AT_BROKEN));
	EXPECT_EQ(PAGE_UNTOLD, kind(MEM_COMMIT, PAGE_READWRITE, WINVM_AT_UNTOLD));
}

TEST(kinds_and_places_have_words)
{
	struct winvm_translation page = { .location = 200 };

	for (enum page_kind each = 0; each <= PAGE_NONE; each++)
		EXPECT_TRUE(page_word(each) && *page_words(each));
	EXPECT_STREQ("?", page_location(&page));
	for (page.location = 0; page.location <= WINVM_AT_UNTOLD; page.location++)
		EXPECT_TRUE(*page_location(&page));
}

static bool frame_is(uint64_t flags, enum frame_use use, enum frame_list list)
{
	bool right = frame_use(flags) == use && frame_list(flags) == list;

	if (!right)
		printf("# %s, %s\n", frame_use_name(frame_use(flags)),
		       frame_list_name(frame_list(flags)));
	return right;
}

TEST(frames_have_uses_and_lists)
{
	const uint64_t cached = KPF(LRU) | KPF(UPTODATE),
		       anon = cached | KPF(ANON) | KPF(SWAPBACKED);

	EXPECT_TRUE(frame_is(0, FRAME_DRIVER, FRAME_ACTIVE));
	EXPECT_TRUE(frame_is(KPF(NOPAGE), FRAME_NOTHING, FRAME_ABSENT));
	EXPECT_TRUE(frame_is(KPF(BUDDY), FRAME_FREE, FRAME_UNUSED));
	EXPECT_TRUE(frame_is(KPF(BUDDY) | KPF(HWPOISON), FRAME_FREE, FRAME_BAD));
	EXPECT_TRUE(frame_is(KPF(SLAB), FRAME_SLAB, FRAME_ACTIVE));
	EXPECT_TRUE(frame_is(KPF(PGTABLE), FRAME_TABLES, FRAME_ACTIVE));
	EXPECT_TRUE(frame_is(KPF(OFFLINE), FRAME_OFFLINE, FRAME_ACTIVE));
	EXPECT_TRUE(frame_is(KPF(HUGE), FRAME_LARGE, FRAME_ACTIVE));
	EXPECT_TRUE(frame_is(1ULL << 32, FRAME_RESERVED, FRAME_ACTIVE));
	EXPECT_TRUE(frame_is(anon | KPF(MMAP), FRAME_PRIVATE, FRAME_ACTIVE));
	EXPECT_TRUE(frame_is(anon, FRAME_PRIVATE, FRAME_MODIFIED));
	EXPECT_TRUE(frame_is(anon | KPF(SWAPCACHE), FRAME_PRIVATE, FRAME_STANDBY));
	EXPECT_TRUE(frame_is(anon | KPF(SWAPCACHE) | KPF(DIRTY), FRAME_PRIVATE, FRAME_MODIFIED));
	EXPECT_TRUE(
		frame_is(anon | KPF(SWAPCACHE) | KPF(WRITEBACK), FRAME_PRIVATE, FRAME_TRANSITION));
	EXPECT_TRUE(frame_is(cached | KPF(SWAPBACKED), FRAME_SECTION, FRAME_MODIFIED));
	EXPECT_TRUE(frame_is(cached | KPF(SWAPBACKED) | KPF(MMAP), FRAME_SECTION, FRAME_ACTIVE));
	EXPECT_TRUE(frame_is(cached, FRAME_FILE, FRAME_STANDBY));
	EXPECT_TRUE(frame_is(cached | KPF(DIRTY), FRAME_FILE, FRAME_MODIFIED));
	EXPECT_TRUE(frame_is(cached | KPF(LOCKED), FRAME_FILE, FRAME_TRANSITION));
	EXPECT_TRUE(frame_is(cached | KPF(MMAP), FRAME_FILE, FRAME_ACTIVE));
}

TEST(tails_are_as_their_heads)
{
	const uint64_t head = KPF(COMPOUND_HEAD) | KPF(LRU) | KPF(ANON) | KPF(SWAPBACKED) |
			      KPF(MMAP);
	const uint64_t tail = KPF(COMPOUND_TAIL) | KPF(THP);

	EXPECT_TRUE(frame_is(frame_inherit(tail, head), FRAME_PRIVATE, FRAME_ACTIVE));
	EXPECT_TRUE(frame_is(frame_inherit(tail, KPF(SLAB)), FRAME_SLAB, FRAME_ACTIVE));
	EXPECT_EQ(KPF(BUDDY), frame_inherit(KPF(BUDDY), head));
}

TEST(every_frame_is_somewhere_and_its_flags_have_room)
{
	char text[FRAME_FLAGS];

	for (unsigned int bit = 0; bit < 64; bit++) {
		EXPECT_GT(FRAME_USES, frame_use(1ULL << bit));
		EXPECT_GT(FRAME_LISTS, frame_list(1ULL << bit));
	}
	frame_flags(0, text);
	EXPECT_STREQ("", text);
	frame_flags(KPF(LRU) | KPF(UPTODATE) | 1ULL << 63, text);
	EXPECT_STREQ("UPTODATE LRU 63", text);
	frame_flags(UINT64_MAX, text);
	EXPECT_GT(FRAME_FLAGS, strlen(text) + 1);
	EXPECT_STREQ("63", text + strlen(text) - 2);
	for (enum frame_use use = 0; use < FRAME_USES; use++)
		EXPECT_TRUE(frame_use_name(use) && *frame_use_name(use));
	for (enum frame_list list = 0; list < FRAME_LISTS; list++)
		EXPECT_TRUE(frame_list_name(list) && *frame_list_name(list));
}

TEST_HARNESS_MAIN
