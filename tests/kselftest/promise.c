// SPDX-License-Identifier: GPL-2.0
/*
 * What Linux knows of our commit: Committed_AS has it once, and where Linux does
 * not overcommit it may refuse it (SPEC CC-1, CC-3, CC-4, CC-7, VA-52).
 */
#include "child.h"
#include "device.h"
#include "proc.h"
#include "section.h"

#define MB	((SIZE_T)1 << 20)
#define SIZE	(64 * MB)
#define OVERCOMMIT_MODE	 "/proc/sys/vm/overcommit_memory"
#define OVERCOMMIT_KB	 "/proc/sys/vm/overcommit_kbytes"

/* The promise is up to 1 MB ahead; the rest is for whatever else lives in the machine. */
#define AHEAD_KB (1024 + 512)

#define EXPECT_PROMISED_KB(expected)                                           \
	do {                                                                   \
		long kb_ = promised_kb() - self->before_kb - (long)(expected); \
		EXPECT_LE(-512, kb_);                                          \
		EXPECT_GE(AHEAD_KB, kb_);                                      \
	} while (0)

/* What was closed a moment ago may take another. */
static long promised_kb(void)
{
	return proc_meminfo_kb("Committed_AS:");
}

static bool promise_returns(long before_kb)
{
	for (int tries = 0; tries < 200; tries++) {
		if (promised_kb() <= before_kb + AHEAD_KB)
			return true;
		usleep(50000);
	}
	return false;
}

FIXTURE(promise)
{
	long before_kb;
};

FIXTURE_SETUP(promise)
{
	void *warm = commit(PAGE);

	ASSERT_NE(NULL, warm);
	VirtualFree(warm, 0, MEM_RELEASE);
	self->before_kb = promised_kb();
}

FIXTURE_TEARDOWN(promise)
{
	EXPECT_TRUE(promise_returns(self->before_kb));
}

TEST_F(promise, CC_1_commit_is_counted_and_touch_is_not)
{
	char *base = reserve(2 * SIZE);

	ASSERT_NE(NULL, base);
	EXPECT_PROMISED_KB(0);
	ASSERT_TRUE(commit_at(base, SIZE, PAGE_READWRITE));
	EXPECT_PROMISED_KB(SIZE / 1024);
	memset(base, 1, SIZE);
	EXPECT_PROMISED_KB(SIZE / 1024);
	ASSERT_TRUE(commit_at(base, SIZE, PAGE_READWRITE)); /* again: SPEC VA-52 */
	EXPECT_PROMISED_KB(SIZE / 1024);
	ASSERT_TRUE(commit_at(base + SIZE, SIZE, PAGE_NOACCESS));
	EXPECT_PROMISED_KB(2 * SIZE / 1024);
	EXPECT_WORKS(VirtualFree(base, 0, MEM_RELEASE));
	EXPECT_PROMISED_KB(0);
}

TEST_F(promise, CC_7_decommit_gives_it_back)
{
	char *base = commit(SIZE);

	ASSERT_NE(NULL, base);
	memset(base, 1, SIZE);
	ASSERT_TRUE(decommit(base, SIZE / 2));
	EXPECT_PROMISED_KB(SIZE / 2048);
	EXPECT_WORKS(VirtualAlloc(base + SIZE / 2, SIZE / 2, MEM_RESET, PAGE_READWRITE));
	EXPECT_PROMISED_KB(SIZE / 2048);
	EXPECT_WORKS(VirtualFree(base, 0, MEM_RELEASE));
}

TEST_F(promise, CC_1_page_by_page)
{
	char *base = reserve(SIZE);
	SIZE_T offset;

	ASSERT_NE(NULL, base);
	for (offset = 0; offset < SIZE; offset += PAGE) {
		ASSERT_TRUE(commit_at(base + offset, PAGE, PAGE_READWRITE));
		if (!(offset % (8 * MB)))
			EXPECT_PROMISED_KB(offset / 1024);
	}
	EXPECT_PROMISED_KB(SIZE / 1024);
	while (offset) {
		offset -= PAGE;
		ASSERT_TRUE(decommit(base + offset, PAGE));
		if (!(offset % (8 * MB)))
			EXPECT_PROMISED_KB(offset / 1024);
	}
	EXPECT_WORKS(VirtualFree(base, 0, MEM_RELEASE));
}

TEST_F(promise, CC_3_a_section_is_counted_once)
{
	HANDLE section = mapping(PAGE_READWRITE, 16 * MB);
	char *view, *second;

	ASSERT_NE(NULL, section);
	EXPECT_PROMISED_KB(16 * MB / 1024);
	EXPECT_WORKS(view = view_of(section, FILE_MAP_WRITE));
	EXPECT_WORKS(second = view_of(section, FILE_MAP_READ));
	memset(view, 1, 16 * MB);
	EXPECT_READS(1, second);
	EXPECT_PROMISED_KB(16 * MB / 1024);
	EXPECT_WORKS(CloseHandle(section));
	EXPECT_WORKS(UnmapViewOfFile(view));
	EXPECT_PROMISED_KB(16 * MB / 1024);
	EXPECT_WORKS(UnmapViewOfFile(second));
	EXPECT_PROMISED_KB(0);
}

TEST_F(promise, CC_4_copies_are_counted_when_they_are_mapped)
{
	HANDLE section = mapping(PAGE_READWRITE, 16 * MB);
	char *view;

	ASSERT_NE(NULL, section);
	EXPECT_WORKS(view = view_of(section, FILE_MAP_COPY));
	EXPECT_PROMISED_KB(2 * 16 * MB / 1024);
	memset(view, 1, 16 * MB);
	EXPECT_PROMISED_KB(2 * 16 * MB / 1024);
	EXPECT_WORKS(UnmapViewOfFile(view));
	EXPECT_PROMISED_KB(16 * MB / 1024);
	EXPECT_WORKS(CloseHandle(section));
}

static int commit_and_touch(void *how)
{
	char *base = commit(SIZE);

	if (!base)
		return 1;
	memset(base, 1, SIZE / 2);
	return how && kill(getpid(), SIGKILL);
}

TEST_F(promise, CC_7_exit_gives_it_back)
{
	EXPECT_EQ(0, child_run(commit_and_touch, NULL));
	EXPECT_TRUE(promise_returns(self->before_kb));
	EXPECT_EQ(128 + SIGKILL, child_run(commit_and_touch, self));
	EXPECT_TRUE(promise_returns(self->before_kb));
}

/* Views of a parent in a child, which outlive those of the parent. */
TEST_F(promise, CC_3_a_childs_view_keeps_it)
{
	HANDLE section = mapping(PAGE_READWRITE, 16 * MB);
	struct child child;
	char *view;

	ASSERT_NE(NULL, section);
	EXPECT_WORKS(view = view_of(section, FILE_MAP_WRITE));
	EXPECT_WORKS(VirtualProtect(view, PAGE, PAGE_READWRITE, &(DWORD){ 0 }));
	child = child_start(0);
	ASSERT_LT(0, child.pid);
	EXPECT_WORKS(UnmapViewOfFile(view));
	EXPECT_WORKS(CloseHandle(section));
	child_kill(&child);
	EXPECT_TRUE(promise_returns(self->before_kb));
}

/* Strict overcommit with some megabytes left. */
FIXTURE(strict)
{
	long mode;
	long before_kb;
};

FIXTURE_SETUP(strict)
{
	char left[32];

	self->mode = proc_value(OVERCOMMIT_MODE, "");
	self->before_kb = promised_kb();
	/* Root's and the caller's reserves are taken off the limit. */
	snprintf(left, sizeof(left), "%ld", self->before_kb + (long)(SIZE / 1024));
	ASSERT_TRUE(proc_write("/proc/sys/vm/user_reserve_kbytes", "0"));
	ASSERT_TRUE(proc_write("/proc/sys/vm/admin_reserve_kbytes", "0"));
	ASSERT_TRUE(proc_write(OVERCOMMIT_KB, left));
	ASSERT_TRUE(proc_write(OVERCOMMIT_MODE, "2"));
}

FIXTURE_TEARDOWN(strict)
{
	EXPECT_TRUE(proc_write(OVERCOMMIT_MODE, "0"));
	EXPECT_TRUE(proc_write("/proc/sys/vm/overcommit_ratio", "50"));
	EXPECT_TRUE(proc_write("/proc/sys/vm/user_reserve_kbytes", "8192"));
	EXPECT_TRUE(proc_write("/proc/sys/vm/admin_reserve_kbytes", "8192"));
	EXPECT_EQ(0, self->mode);
	EXPECT_TRUE(promise_returns(self->before_kb));
}

TEST_F(strict, CC_1_linux_refuses_and_nothing_is_left)
{
	struct winvm_counters before = counters(), after;
	char *base = reserve(2 * SIZE);

	ASSERT_NE(NULL, base);
	EXPECT_FAILS(1455, VirtualAlloc(base, 2 * SIZE, MEM_COMMIT, PAGE_READWRITE));
	EXPECT_FAILS(1455, VirtualAlloc(NULL, 2 * SIZE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
	EXPECT_FAILS(1455, mapping(PAGE_READWRITE, 2 * SIZE));
	after = counters();
	EXPECT_EQ(before.commit_bytes, after.commit_bytes);
	EXPECT_EQ(before.system_commit_bytes, after.system_commit_bytes);
	EXPECT_PROMISED_KB(0);
	EXPECT_RESERVED(base, base, 2 * SIZE);
	EXPECT_TRUE(commit_at(base, SIZE / 2, PAGE_READWRITE));
	EXPECT_WORKS(VirtualFree(base, 0, MEM_RELEASE));
}

/* Up to the last page, without what the promise likes to be ahead. */
TEST_F(strict, CC_1_up_to_the_limit)
{
	char *base = reserve(2 * SIZE);
	SIZE_T offset = 0;

	ASSERT_NE(NULL, base);
	while (offset < 2 * SIZE && commit_at(base + offset, PAGE, PAGE_READWRITE))
		offset += PAGE;
	EXPECT_EQ(1455u, GetLastError());
	EXPECT_LT(SIZE - 4 * MB, offset);
	EXPECT_GE(SIZE + 4 * MB, offset); /* Linux adds its processors up now and then */
	memset(base, 1, offset);
	EXPECT_WORKS(VirtualFree(base, 0, MEM_RELEASE));
}

TEST_HARNESS_MAIN
