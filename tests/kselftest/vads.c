// SPDX-License-Identifier: GPL-2.0
/* The tree of VADs as WINVM_IOC_VADS tells it (SPEC DS-4, DS-8 to DS-11). */
#include <windows.h>
#include <winvm.h>

#include "../../uapi/linux/winvm.h"

#include "harness.h"

#define MANY 3000
#define ROOM (MANY + 1100)
#define PAGE ((SIZE_T)4096)

FIXTURE(vads)
{
	struct winvm_vad_record records[ROOM];
	DWORD count;
};

FIXTURE_SETUP(vads)
{
	(void)self;
}

FIXTURE_TEARDOWN(vads)
{
	(void)self;
}

/* All of them, at most @batch by a call. */
static bool look(FIXTURE_DATA(vads) * self, DWORD batch)
{
	uint64_t address = 0;
	DWORD count;

	for (self->count = 0; self->count + batch <= ROOM; self->count += count) {
		count = batch;
		if (!winvm_query_vads(GetCurrentProcess(), (void *)address,
				      self->records + self->count, &count))
			return false;
		if (count < batch) {
			self->count += count;
			return true;
		}
		address = (self->records[self->count + count - 1].end_vpn + 1) * PAGE;
	}
	return false;
}

static const struct winvm_vad_record *at(const FIXTURE_DATA(vads) * self, const void *base)
{
	for (DWORD i = 0; i < self->count; i++)
		if (self->records[i].start_vpn == (uintptr_t)base / PAGE)
			return &self->records[i];
	return NULL;
}

TEST_F(vads, DS_4_a_vad_is_told)
{
	char *base = VirtualAlloc(NULL, 10 * PAGE, MEM_RESERVE, PAGE_READONLY);
	const struct winvm_vad_record *vad;

	ASSERT_NE(NULL, VirtualAlloc(base, 3 * PAGE, MEM_COMMIT, PAGE_READWRITE));
	ASSERT_TRUE(look(self, 64));
	vad = at(self, base);
	ASSERT_NE(NULL, vad);
	EXPECT_EQ((uintptr_t)base / PAGE + 9, vad->end_vpn);
	EXPECT_EQ(3, vad->commit_pages);
	EXPECT_EQ(PAGE_READONLY, vad->protect);
	EXPECT_EQ(MEM_PRIVATE, vad->type);
	EXPECT_EQ(0, vad->flags);
}

TEST_F(vads, kinds_are_told)
{
	void *watched = VirtualAlloc(NULL, PAGE, MEM_RESERVE | MEM_WRITE_WATCH, PAGE_READWRITE);
	void *held = VirtualAlloc2(NULL, NULL, 65536, MEM_RESERVE | MEM_RESERVE_PLACEHOLDER,
				   PAGE_NOACCESS, NULL, 0);
	HANDLE section =
		CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 65536, NULL);
	void *view = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);

	ASSERT_TRUE(look(self, 64));
	ASSERT_TRUE(at(self, watched) && at(self, held) && at(self, view));
	EXPECT_EQ(WINVM_VADS_WATCH, at(self, watched)->flags);
	EXPECT_EQ(WINVM_VADS_PLACEHOLDER, at(self, held)->flags);
	EXPECT_EQ(WINVM_VADS_PAGE_FILE, at(self, view)->flags);
	EXPECT_EQ(MEM_MAPPED, at(self, view)->type);
}

static BOOL reserve_many(void)
{
	for (int i = 0; i < MANY; i++)
		if (!VirtualAlloc(NULL, PAGE, MEM_RESERVE, PAGE_READWRITE))
			return FALSE;
	return TRUE;
}

/* Of the records from @first to before @end, which are a subtree whose root is on @level. */
struct subtree {
	int height;
	uint64_t max_gap;
	bool sound;
};

static struct subtree check(const struct winvm_vad_record *records, DWORD first, DWORD end,
			    unsigned int level)
{
	struct subtree left, right, whole = { .height = 0, .sound = true };
	DWORD root = first;

	if (first == end)
		return whole;
	while (root < end && records[root].level != level)
		root++;
	if (root == end)
		return (struct subtree){ .sound = false };
	left = check(records, first, root, level + 1);
	right = check(records, root + 1, end, level + 1);
	whole.height = 1 + (left.height > right.height ? left.height : right.height);
	whole.max_gap = records[root].gap_pages;
	if (left.max_gap > whole.max_gap)
		whole.max_gap = left.max_gap;
	if (right.max_gap > whole.max_gap)
		whole.max_gap = right.max_gap;
	whole.sound = left.sound && right.sound &&
		      records[root].balance == right.height - left.height &&
		      records[root].balance >= -1 && records[root].balance <= 1 &&
		      records[root].max_gap_pages == whole.max_gap;
	return whole;
}

/* Levels and order are a tree; it is balanced, and each knows the gaps (SPEC DS-9, DS-10). */
TEST_F(vads, DS_9_DS_10_the_tree_is_balanced_and_knows_its_gaps)
{
	ASSERT_TRUE(reserve_many());
	ASSERT_TRUE(look(self, ROOM));
	ASSERT_LE(MANY, self->count);
	EXPECT_TRUE(check(self->records, 0, self->count, 1).sound);
}

/* However many are asked for at a time. */
TEST_F(vads, DS_8_in_the_order_of_addresses)
{
	static const DWORD batches[] = { 1, 7, 64, 65, 1000 };

	ASSERT_TRUE(reserve_many());
	for (size_t n = 0; n < sizeof(batches) / sizeof(batches[0]); n++) {
		ASSERT_TRUE(look(self, batches[n]));
		ASSERT_LE(MANY, self->count);
		for (DWORD vad = 1; vad < self->count; vad++)
			ASSERT_LT(self->records[vad - 1].end_vpn, self->records[vad].start_vpn);
	}
}

TEST_F(vads, it_begins_with_the_one_that_has_the_address)
{
	char *base = VirtualAlloc(NULL, 10 * PAGE, MEM_RESERVE, PAGE_READONLY);
	DWORD count = 1;

	ASSERT_TRUE(winvm_query_vads(GetCurrentProcess(), base + 5 * PAGE, self->records, &count));
	EXPECT_EQ(1, count);
	EXPECT_EQ((uintptr_t)base / PAGE, self->records[0].start_vpn);
}

TEST_F(vads, above_the_last_there_is_none)
{
	DWORD count = 10;

	ASSERT_TRUE(
		winvm_query_vads(GetCurrentProcess(), (void *)UINTPTR_MAX, self->records, &count));
	EXPECT_EQ(0, count);
}

TEST_F(vads, what_cannot_be_is_refused)
{
	DWORD count = 0;

	EXPECT_FALSE(winvm_query_vads(GetCurrentProcess(), NULL, self->records, &count));
	EXPECT_EQ(ERROR_INVALID_PARAMETER, GetLastError());
	VirtualAlloc(NULL, PAGE, MEM_RESERVE, PAGE_READWRITE);
	count = 1;
	EXPECT_FALSE(winvm_query_vads(GetCurrentProcess(), NULL, (void *)8, &count));
	EXPECT_EQ(ERROR_NOACCESS, GetLastError());
}

TEST_F(vads, G_6_it_takes_the_right_to_query)
{
	HANDLE process = OpenProcess(PROCESS_VM_READ, FALSE, GetCurrentProcessId());
	DWORD count = 1;

	ASSERT_NE(NULL, process);
	EXPECT_FALSE(winvm_query_vads(process, NULL, self->records, &count));
	EXPECT_EQ(ERROR_ACCESS_DENIED, GetLastError());
	CloseHandle(process);
}

TEST_HARNESS_MAIN
