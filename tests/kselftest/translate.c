// SPDX-License-Identifier: GPL-2.0
/* Addresses through the page tables, as WINVM_IOC_TRANSLATE tells them. */
#include <linux/capability.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <windows.h>
#include <winvm.h>

#include "../../uapi/linux/winvm.h"

#include "device.h"
#include "swap.h"

#define PRESENT	 0x1ULL
#define WRITABLE 0x2ULL
#define LARGE	 0x80ULL
#define WHERE	 0x000ffffffffff000ULL

FIXTURE(translate)
{
	DWORD levels;
	BOOL frames;
};

FIXTURE_SETUP(translate)
{
	(void)self;
}

FIXTURE_TEARDOWN(translate)
{
	(void)self;
}

static struct winvm_translation look(FIXTURE_DATA(translate) * self, const volatile void *address)
{
	struct winvm_translation page = { .address = (uintptr_t)address };

	if (!winvm_translate_pages(GetCurrentProcess(), &page, 1, &self->levels, &self->frames))
		page.state = GetLastError();
	return page;
}

/* What /proc/self/pagemap says of it. */
static uint64_t pagemap(const volatile void *address)
{
	int file = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t entry = 0;

	if (pread(file, &entry, sizeof(entry), (off_t)((uintptr_t)address / PAGE * 8)) != 8)
		entry = ~0ULL;
	close(file);
	return entry;
}

static uint64_t frame_in(uint64_t entry)
{
	return (entry & WHERE) / PAGE;
}

TEST_F(translate, a_touched_page_is_where_pagemap_says)
{
	volatile char *base = VirtualAlloc(NULL, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
	struct winvm_translation page;

	*base = 1;
	page = look(self, base);
	ASSERT_TRUE(self->frames);
	EXPECT_EQ(1, page.level);
	EXPECT_EQ(WINVM_AT_MAPPED, page.location);
	EXPECT_EQ(WINVM_TRANSLATED_VAD | WINVM_TRANSLATED_FRAME, page.flags);
	EXPECT_EQ(PRESENT | WRITABLE, page.entries[0] & (PRESENT | WRITABLE));
	EXPECT_EQ(pagemap(base) & ((1ULL << 55) - 1), page.frame);
	EXPECT_EQ(page.frame, frame_in(page.entries[0]));
	for (DWORD level = 1; level < self->levels; level++)
		EXPECT_TRUE(page.entries[level] & PRESENT && frame_in(page.entries[level]));
	EXPECT_EQ(MEM_COMMIT, page.state);
	EXPECT_EQ(PAGE_READWRITE, page.protect);
	EXPECT_EQ(MEM_PRIVATE, page.type);
	EXPECT_EQ((uintptr_t)base, page.allocation_base);
}

TEST_F(translate, what_is_not_present_is_told_apart)
{
	char *base = VirtualAlloc(NULL, 8 * PAGE, MEM_RESERVE, PAGE_READONLY);
	struct winvm_translation page;

	ASSERT_NE(NULL, VirtualAlloc(base, PAGE, MEM_COMMIT, PAGE_READWRITE));
	ASSERT_NE(NULL, VirtualAlloc(base + PAGE, PAGE, MEM_COMMIT, PAGE_READWRITE | PAGE_GUARD));
	ASSERT_NE(NULL, VirtualAlloc(base + 2 * PAGE, PAGE, MEM_COMMIT, PAGE_NOACCESS));
	page = look(self, base);
	EXPECT_EQ(MEM_COMMIT, page.state);
	EXPECT_EQ(WINVM_AT_NOWHERE, page.location);
	EXPECT_EQ(PAGE_READWRITE | PAGE_GUARD, look(self, base + PAGE).protect);
	EXPECT_EQ(PAGE_NOACCESS, look(self, base + 2 * PAGE).protect);
	page = look(self, base + 3 * PAGE);
	EXPECT_EQ(MEM_RESERVE, page.state);
	EXPECT_EQ(0, page.protect);
	EXPECT_EQ(PAGE_READONLY, page.allocation_protect);
	ASSERT_TRUE(VirtualFree(base, 0, MEM_RELEASE));
	EXPECT_EQ(MEM_FREE, look(self, base).state);
}

TEST_F(translate, what_leaves_the_working_set_is_still_in_memory)
{
	volatile char *base = VirtualAlloc(NULL, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
	struct winvm_translation before, after;

	*base = 1;
	before = look(self, base);
	ASSERT_TRUE(SetProcessWorkingSetSize(GetCurrentProcess(), (SIZE_T)-1, (SIZE_T)-1));
	after = look(self, base);
	EXPECT_EQ(WINVM_AT_MEMORY, after.location);
	EXPECT_EQ(before.frame, after.frame);
	EXPECT_EQ(0, after.entries[0]);
}

TEST_F(translate, a_view_is_of_its_section)
{
	HANDLE section =
		CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 65536, NULL);
	volatile char *view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
	struct winvm_translation page = look(self, view);

	EXPECT_EQ(WINVM_TRANSLATED_VAD | WINVM_TRANSLATED_SHARED, page.flags);
	EXPECT_EQ(WINVM_AT_NOWHERE, page.location);
	EXPECT_EQ(MEM_MAPPED, page.type);
	*view = 1;
	EXPECT_EQ(WINVM_AT_MAPPED, look(self, view).location);
}

TEST_F(translate, a_huge_page_ends_at_the_directory)
{
	const SIZE_T huge = (SIZE_T)2 << 20;
	char *base =
		mmap(NULL, 2 * huge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *at = (char *)(((uintptr_t)base + huge - 1) & ~(huge - 1));
	struct winvm_translation page;

	ASSERT_NE(MAP_FAILED, (void *)base);
	if (madvise(at, huge, MADV_HUGEPAGE))
		SKIP(return, "this kernel has no huge pages");
	*at = 1;
	page = look(self, at + 5 * PAGE + 7);
	ASSERT_EQ(2, page.level);
	EXPECT_TRUE(page.entries[1] & LARGE);
	EXPECT_EQ(0, page.entries[0]);
	EXPECT_EQ(frame_in(page.entries[1] & ~0x1000ULL) + 5, page.frame);
	EXPECT_EQ(pagemap(at + 5 * PAGE) & ((1ULL << 55) - 1), page.frame);
	munmap(base, 2 * huge);
}

/* The zero address, the highest ones, those that no table has, and the kernel's. */
TEST_F(translate, any_address_may_be_asked_for)
{
	static const uintptr_t none[] = { 0x0000800000000000, 0x00ffffffffffffff,
					  0x8000000000000000, 0xffff800000000000,
					  0xffffffff81000000, UINTPTR_MAX };
	struct winvm_translation page;

	EXPECT_EQ(MEM_FREE, look(self, NULL).state);
	EXPECT_EQ(MEM_FREE, look(self, (void *)0x7fffffffefff).state);
	EXPECT_TRUE(self->levels == 4 || self->levels == 5);
	for (size_t n = 0; n < sizeof(none) / sizeof(none[0]); n++) {
		page = look(self, (void *)none[n]);
		if (self->levels == 5 && none[n] < 0x00ffffffffffffff)
			continue;
		EXPECT_EQ(0, page.state);
		EXPECT_EQ(0, page.level);
		EXPECT_EQ(0, page.entries[3]);
		EXPECT_EQ(0, page.flags);
	}
}

/* What a batch holds, and one more or less. */
TEST_F(translate, many_are_told_in_their_order)
{
	static const SIZE_T counts[] = { 0, 1, 31, 32, 33, 1000 };
	char *base = VirtualAlloc(NULL, 1000 * PAGE, MEM_RESERVE, PAGE_READWRITE);
	static struct winvm_translation pages[1001];

	for (SIZE_T i = 0; i < 1000; i += 2)
		ASSERT_NE(NULL, VirtualAlloc(base + i * PAGE, PAGE, MEM_COMMIT, PAGE_READWRITE));
	for (size_t n = 0; n < sizeof(counts) / sizeof(counts[0]); n++) {
		memset(pages, 0xee, sizeof(pages));
		for (SIZE_T i = 0; i < counts[n]; i++)
			pages[i].address = (uintptr_t)base + i * PAGE;
		ASSERT_TRUE(winvm_translate_pages(GetCurrentProcess(), pages, counts[n],
						  &self->levels, &self->frames));
		for (SIZE_T i = 0; i < counts[n]; i++)
			ASSERT_EQ(i % 2 ? MEM_RESERVE : MEM_COMMIT, pages[i].state);
		EXPECT_EQ(0xeeeeeeeeeeeeeeee, pages[counts[n]].address);
	}
}

TEST_F(translate, a_buffer_that_is_nowhere_is_refused)
{
	EXPECT_FALSE(winvm_translate_pages(GetCurrentProcess(), (void *)8, 1, &self->levels,
					   &self->frames));
	EXPECT_EQ(ERROR_NOACCESS, GetLastError());
}

TEST_F(translate, G_6_it_takes_the_right_to_query)
{
	HANDLE process = OpenProcess(PROCESS_VM_READ, FALSE, GetCurrentProcessId());
	struct winvm_translation page = { .address = (uintptr_t)self };

	ASSERT_NE(NULL, process);
	EXPECT_FALSE(winvm_translate_pages(process, &page, 1, &self->levels, &self->frames));
	EXPECT_EQ(ERROR_ACCESS_DENIED, GetLastError());
	EXPECT_EQ(0, page.state);
	CloseHandle(process);
}

/* Whether CAP_SYS_ADMIN is in force. */
static bool admin(bool wanted)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		return false;
	if (wanted)
		data[0].effective |= 1U << CAP_SYS_ADMIN;
	else
		data[0].effective &= ~(1U << CAP_SYS_ADMIN);
	return !syscall(SYS_capset, &header, data);
}

/* Nothing in the answer, nor in its entries, may say where. */
static bool hides(const struct winvm_translation *page)
{
	for (int level = 0; level < WINVM_TABLE_LEVELS; level++)
		if (page->entries[level] & WHERE ||
		    (!(page->entries[level] & (PRESENT | 0x100)) && page->entries[level] >> 9))
			return false;
	return !page->frame && !page->slot && !page->page_file &&
	       !(page->flags & (WINVM_TRANSLATED_FRAME | WINVM_TRANSLATED_SLOT));
}

/* What there is room for is written by a try or two. */
static bool swap_out(FIXTURE_DATA(translate) * self, volatile char *at)
{
	for (int tries = 0; tries < 50; tries++) {
		*at = 1;
		madvise((void *)(uintptr_t)at, PAGE, MADV_PAGEOUT);
		if (look(self, at).location == WINVM_AT_PAGE_FILE)
			return true;
		usleep(20000);
	}
	return false;
}

/* Of our own memory, and of Linux': the slot is that of pagemap where that has one. */
TEST_F(translate, swapped_pages_have_slots)
{
	char *ours = VirtualAlloc(NULL, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
	char *linuxs = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct winvm_translation page;
	uint64_t entry;

	if (!swap_begin(64))
		SKIP(return, "no zram on this kernel");
	ASSERT_TRUE(swap_out(self, ours) && swap_out(self, linuxs));
	page = look(self, linuxs);
	entry = pagemap(linuxs);
	EXPECT_EQ(WINVM_AT_PAGE_FILE, page.location);
	EXPECT_TRUE(page.flags & WINVM_TRANSLATED_SLOT && !(page.entries[0] & PRESENT));
	EXPECT_EQ(entry & 31, page.page_file);
	EXPECT_EQ(entry >> 5 & ((1ULL << 50) - 1), page.slot);
	page = look(self, ours);
	EXPECT_EQ(WINVM_AT_PAGE_FILE, page.location);
	EXPECT_TRUE(page.flags & WINVM_TRANSLATED_SLOT && page.slot);
	EXPECT_EQ(0, page.entries[0]);
	ASSERT_TRUE(admin(false));
	page = look(self, linuxs);
	EXPECT_EQ(WINVM_AT_PAGE_FILE, page.location);
	EXPECT_TRUE(hides(&page));
	ASSERT_TRUE(admin(true));
	EXPECT_TRUE(swap_end());
}

/* Nor may it be found out what others have of a file in memory. */
TEST_F(translate, frames_are_hidden_from_others)
{
	char *base = VirtualAlloc(NULL, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
	const SIZE_T bytes = 1 << 20;
	int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	char *mapped = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, file, 0);
	struct winvm_translation page;

	*base = 1;
	madvise(mapped, bytes, MADV_RANDOM);
	page = look(self, mapped + PAGE);
	EXPECT_TRUE(self->frames);
	EXPECT_TRUE(page.location == WINVM_AT_MEMORY || page.location == WINVM_AT_FILE);
	ASSERT_TRUE(admin(false));
	page = look(self, base);
	EXPECT_FALSE(self->frames);
	EXPECT_EQ(WINVM_AT_MAPPED, page.location);
	EXPECT_EQ(PRESENT | WRITABLE, page.entries[0] & (PRESENT | WRITABLE));
	EXPECT_TRUE(hides(&page));
	page = look(self, mapped + PAGE);
	EXPECT_EQ(WINVM_AT_FILE, page.location);
	EXPECT_TRUE(hides(&page));
}

TEST_HARNESS_MAIN
