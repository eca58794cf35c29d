// SPDX-License-Identifier: GPL-2.0
/* Reserved sections: committed through any view, for all of them (SPEC SE-10, SE-25, SE-26). */
#include <psapi.h>
#include <pthread.h>
#include <stdlib.h>
#include <winvm.h>

#include "device.h"
#include "section.h"

#define PAGES 64
#define SIZE  (PAGES * PAGE)
#define MB    ((SIZE_T)1 << 20)

FIXTURE(reserved)
{
	HANDLE section; /* PAGES pages, EXECUTE_READWRITE */
	char *view; /* READWRITE */
	char *other; /* READONLY */
};

FIXTURE_SETUP(reserved)
{
	self->section = mapping(PAGE_EXECUTE_READWRITE | SEC_RESERVE, SIZE);
	ASSERT_NE(NULL, self->section);
	self->view = view_of(self->section, FILE_MAP_WRITE);
	self->other = view_of(self->section, FILE_MAP_READ);
	ASSERT_NE(NULL, self->view);
	ASSERT_NE(NULL, self->other);
}

FIXTURE_TEARDOWN(reserved)
{
	UnmapViewOfFile(self->view);
	UnmapViewOfFile(self->other);
	CloseHandle(self->section);
}

static SIZE_T system_pages(void)
{
	return counters().system_commit_bytes / PAGE;
}

TEST_F(reserved, SE_4_attributes)
{
	SECTION_BASIC_INFORMATION answer;

	EXPECT_STATUS(ST_SUCCESS, NtQuerySection(self->section, SectionBasicInformation, &answer,
						 sizeof(answer), NULL));
	EXPECT_EQ((ULONG)SEC_RESERVE, answer.AllocationAttributes);
	EXPECT_EQ((LONGLONG)SIZE, answer.MaximumSize.QuadPart);
	EXPECT_EQ(NULL, answer.BaseAddress);
}

TEST_F(reserved, SE_26_reserved_until_committed)
{
	EXPECT_RESERVED(self->view, self->view, SIZE);
	EXPECT_RESERVED(self->other + PAGE, self->other, SIZE - PAGE);
	EXPECT_EQ((DWORD)PAGE_READWRITE, region_at(self->view).AllocationProtect);
	EXPECT_EQ((DWORD)MEM_MAPPED, region_at(self->view).Type);
	EXPECT_VIOLATION_READ(self->view);
	EXPECT_VIOLATION_WRITE(self->view + SIZE - 1);
	EXPECT_VIOLATION_READ(self->other);
}

TEST_F(reserved, SE_26_every_view_shows_what_one_commits)
{
	char *code = view_of(self->section, FILE_MAP_EXECUTE | FILE_MAP_WRITE), *late;

	/* Two bytes are two pages. */
	EXPECT_TRUE(commit_at(self->view + 3 * PAGE - 1, 2, PAGE_READONLY));
	EXPECT_RESERVED(self->view, self->view, 2 * PAGE);
	EXPECT_COMMITTED(self->view + 2 * PAGE, self->view, 2 * PAGE, PAGE_READONLY);
	EXPECT_RESERVED(self->view + 4 * PAGE, self->view, SIZE - 4 * PAGE);
	EXPECT_COMMITTED(self->other + 2 * PAGE, self->other, 2 * PAGE, PAGE_READONLY);
	EXPECT_COMMITTED(code + 2 * PAGE, code, 2 * PAGE, PAGE_EXECUTE_READWRITE);
	EXPECT_RESERVED(code + 4 * PAGE, code, SIZE - 4 * PAGE);
	/* Each with its own protection. */
	EXPECT_VIOLATION_WRITE(self->view + 2 * PAGE);
	EXPECT_WRITES(code + 2 * PAGE, 7);
	EXPECT_READS(7, self->view + 2 * PAGE);
	EXPECT_READS(7, self->other + 2 * PAGE);
	EXPECT_VIOLATION_READ(self->other + 4 * PAGE);
	/* Also one that comes later. */
	EXPECT_WORKS(late = view_of(self->section, FILE_MAP_WRITE));
	EXPECT_COMMITTED(late + 2 * PAGE, late, 2 * PAGE, PAGE_READWRITE);
	EXPECT_READS(7, late + 2 * PAGE);
	EXPECT_WORKS(UnmapViewOfFile(late));
	EXPECT_WORKS(UnmapViewOfFile(code));
}

/* A view that can only be read commits for those that can write (SPEC VA-48, VA-49). */
TEST_F(reserved, VA_48_any_view_commits)
{
	EXPECT_FAILS(87, VirtualAlloc(self->other, PAGE, MEM_COMMIT, PAGE_READWRITE));
	EXPECT_RESERVED(self->view, self->view, SIZE);
	EXPECT_TRUE(commit_at(self->other, PAGE, PAGE_NOACCESS));
	EXPECT_COMMITTED(self->other, self->other, PAGE, PAGE_NOACCESS);
	EXPECT_COMMITTED(self->view, self->view, PAGE, PAGE_READWRITE);
	EXPECT_WRITES(self->view, 1);
	EXPECT_VIOLATION_READ(self->other);
	EXPECT_TRUE(commit_at(self->view + PAGE, PAGE, PAGE_READWRITE | PAGE_GUARD));
	EXPECT_GUARD_WRITE(self->view + PAGE);
	EXPECT_WRITES(self->view + PAGE, 1);
	EXPECT_READS(1, self->other + PAGE);
}

TEST_F(reserved, SE_26_commit_cannot_be_undone)
{
	EXPECT_TRUE(commit_at(self->view, PAGE, PAGE_READWRITE));
	EXPECT_WRITES(self->view, 5);
	EXPECT_FAILS(87, decommit(self->view, PAGE));
	EXPECT_STATUS(ST_UNABLE_TO_DELETE_SECTION, nt_free(self->view, PAGE, MEM_DECOMMIT).status);
	EXPECT_WORKS(UnmapViewOfFile(self->view));
	EXPECT_READS(5, self->other);
	EXPECT_WORKS(self->view = view_of(self->section, FILE_MAP_WRITE));
	EXPECT_READS(5, self->view);
}

TEST_F(reserved, VP_6_protect_asks_for_committed_pages)
{
	EXPECT_TRUE(commit_at(self->view, 2 * PAGE, PAGE_READWRITE));
	EXPECT_FAILS(487, protect(self->view, 3 * PAGE, PAGE_READONLY));
	EXPECT_STATUS(ST_NOT_COMMITTED, nt_protect(self->view + 2 * PAGE, 1, PAGE_READONLY).status);
	EXPECT_COMMITTED(self->view, self->view, 2 * PAGE, PAGE_READWRITE);
	EXPECT_TRUE(protect(self->view + PAGE, PAGE, PAGE_READONLY));
	EXPECT_COMMITTED(self->view + PAGE, self->view, PAGE, PAGE_READONLY);
	/* What another view has committed. */
	EXPECT_TRUE(protect(self->other, 2 * PAGE, PAGE_NOACCESS));
}

TEST_F(reserved, VP_12_protection_comes_before_commitment)
{
	EXPECT_STATUS(ST_SECTION_PROTECTION, nt_protect(self->other, PAGE, PAGE_READWRITE).status);
	EXPECT_STATUS(ST_NOT_COMMITTED, nt_protect(self->other, PAGE, PAGE_READONLY).status);
}

/* The system is charged, for each page once, until the section goes (SPEC CC-3, CC-7, VA-52). */
TEST_F(reserved, CC_3_charged_when_committed)
{
	SIZE_T before = system_pages(), own = counters().commit_bytes;

	EXPECT_TRUE(commit_at(self->view, 10 * PAGE, PAGE_READWRITE));
	EXPECT_EQ(before + 10, system_pages());
	EXPECT_TRUE(commit_at(self->other + 5 * PAGE, 10 * PAGE, PAGE_READONLY));
	EXPECT_EQ(before + 15, system_pages());
	EXPECT_TRUE(commit_at(self->view, 15 * PAGE, PAGE_READWRITE));
	EXPECT_EQ(before + 15, system_pages());
	EXPECT_EQ(own, counters().commit_bytes);
	EXPECT_WORKS(UnmapViewOfFile(self->other));
	EXPECT_WORKS(CloseHandle(self->section));
	EXPECT_EQ(before + 15, system_pages());
	EXPECT_WORKS(UnmapViewOfFile(self->view));
	EXPECT_EQ(before, system_pages());
}

TEST(VA_53_refused_commit_commits_nothing)
{
	SIZE_T limit = counters().system_commit_limit_bytes, before = system_pages();
	HANDLE section = mapping(PAGE_READWRITE | SEC_RESERVE, limit + 16 * MB);
	char *view = view_of(section, FILE_MAP_WRITE);

	ASSERT_NE(NULL, view);
	EXPECT_TRUE(commit_at(view + MB, PAGE, PAGE_READWRITE));
	EXPECT_FAILS(1455, VirtualAlloc(view, limit + 16 * MB, MEM_COMMIT, PAGE_READONLY));
	EXPECT_EQ(before + 1, system_pages());
	EXPECT_RESERVED(view, view, MB);
	EXPECT_COMMITTED(view + MB, view, PAGE, PAGE_READWRITE);
	EXPECT_STATUS(ST_COMMITMENT_LIMIT,
		      NT_MAP(.section = section, .commit = limit + 16 * MB).status);
	EXPECT_EQ(before + 1, system_pages());
	EXPECT_WORKS(UnmapViewOfFile(view));
	EXPECT_WORKS(CloseHandle(section));
	EXPECT_EQ(before, system_pages());
}

/* What it takes to tell the pages is the creator's, and goes with the section. */
TEST(SE_10_large_reservations)
{
	HANDLE section = mapping(PAGE_READWRITE | SEC_RESERVE, (SIZE_T)64 << 30);
	SIZE_T before = system_pages();
	char *view;

	ASSERT_NE(NULL, section);
	EXPECT_WORKS(view = view_of(section, FILE_MAP_WRITE));
	EXPECT_RESERVED(view, view, (SIZE_T)64 << 30);
	EXPECT_TRUE(commit_at(view + ((SIZE_T)63 << 30), PAGE, PAGE_READWRITE));
	EXPECT_WRITES(view + ((SIZE_T)63 << 30), 1);
	EXPECT_RESERVED(view, view, (SIZE_T)63 << 30);
	EXPECT_EQ(before + 1, system_pages());
	EXPECT_WORKS(UnmapViewOfFile(view));
	EXPECT_WORKS(CloseHandle(section));
	EXPECT_FAILS(1450, mapping(PAGE_READWRITE | SEC_RESERVE, (SIZE_T)8 << 40));
	EXPECT_FAILS(8, mapping(PAGE_READWRITE | SEC_RESERVE, (SIZE_T)128 << 40));
}

TEST_F(reserved, SE_25_commit_size)
{
	SIZE_T before = system_pages();
	struct nt_answer answer = NT_MAP(.section = self->section, .commit = 2 * PAGE + 1);

	EXPECT_STATUS(ST_SUCCESS, answer.status);
	EXPECT_COMMITTED(answer.base, answer.base, 3 * PAGE, PAGE_READWRITE);
	EXPECT_RESERVED((char *)answer.base + 3 * PAGE, answer.base, SIZE - 3 * PAGE);
	EXPECT_COMMITTED(self->other, self->other, 3 * PAGE, PAGE_READONLY);
	EXPECT_EQ(before + 3, system_pages());
	EXPECT_STATUS_INVALID(NT_MAP(.section = self->section, .commit = SIZE + 1).status);
	/* From the beginning of the view. */
	answer = NT_MAP(.section = self->section, .offset = GRANULARITY, .commit = 1);
	EXPECT_COMMITTED(self->view + GRANULARITY, self->view, PAGE, PAGE_READWRITE);
	EXPECT_EQ(before + 4, system_pages());
}

TEST_F(reserved, PR_7_attributes_of_the_section)
{
	HANDLE section = mapping(PAGE_READWRITE | SEC_RESERVE | SEC_NOCACHE, SIZE);
	char *view = view_of(section, FILE_MAP_WRITE);

	ASSERT_NE(NULL, view);
	EXPECT_EQ((DWORD)(PAGE_READWRITE | PAGE_NOCACHE), region_at(view).AllocationProtect);
	EXPECT_RESERVED(view, view, SIZE);
	EXPECT_TRUE(commit_at(view, PAGE, PAGE_READONLY));
	EXPECT_COMMITTED(view, view, PAGE, PAGE_READONLY | PAGE_NOCACHE);
}

TEST_F(reserved, MR_2_reset_of_reserved_pages)
{
	EXPECT_TRUE(commit_at(self->view, PAGE, PAGE_READWRITE));
	EXPECT_WORKS(VirtualAlloc(self->view, SIZE, MEM_RESET, PAGE_NOACCESS));
	EXPECT_COMMITTED(self->view, self->view, PAGE, PAGE_READWRITE);
	EXPECT_RESERVED(self->view + PAGE, self->view, SIZE - PAGE);
}

TEST_F(reserved, VL_6_lock_asks_for_committed_pages)
{
	EXPECT_TRUE(commit_at(self->other, PAGE, PAGE_READONLY));
	EXPECT_FAILS(998, VirtualLock(self->view, 2 * PAGE));
	EXPECT_FAILS(158, VirtualUnlock(self->view, PAGE));
	EXPECT_WORKS(VirtualLock(self->view, PAGE));
	EXPECT_WORKS(VirtualUnlock(self->view, PAGE));
}

/* Nobody gets in by another door. */
TEST_F(reserved, SE_26_calls_on_reserved_pages)
{
	WIN32_MEMORY_RANGE_ENTRY range = { self->view, SIZE };
	PSAPI_WORKING_SET_EX_INFORMATION page = { .VirtualAddress = self->view };
	ULONG_PTR count = 1;
	void *dirty;
	DWORD granularity;
	SIZE_T done = 0;
	char byte = 1;
	HANDLE self_ = GetCurrentProcess();

	EXPECT_WORKS(PrefetchVirtualMemory(self_, 1, &range, 0));
	EXPECT_WORKS(QueryWorkingSetEx(self_, &page, sizeof(page)));
	EXPECT_EQ(0u, page.VirtualAttributes.Flags);
	EXPECT_FAILS(299, ReadProcessMemory(self_, self->view, &byte, 1, &done));
	EXPECT_FAILS(299, WriteProcessMemory(self_, self->view, &byte, 1, &done));
	/* Not the protection is in the way. */
	EXPECT_FAILS(299, WriteProcessMemory(self_, self->other, &byte, 1, &done));
	EXPECT_NE(0u, OfferVirtualMemory(self->view, PAGE, VmOfferPriorityLow));
	EXPECT_EQ(~0u, GetWriteWatch(0, self->view, SIZE, &dirty, &count, &granularity));
	EXPECT_RESERVED(self->view, self->view, SIZE);
	/* A system call that is given such an address. */
	EXPECT_EQ(-1, read(open("/dev/zero", O_RDONLY | O_CLOEXEC), self->view, 1));
	EXPECT_TRUE(commit_at(self->view, PAGE, PAGE_READWRITE));
	EXPECT_FAILS(998, WriteProcessMemory(self_, self->other, &byte, 1, &done));
	EXPECT_WORKS(WriteProcessMemory(self_, self->view, &byte, 1, &done));
	EXPECT_READS(1, self->other);
}

static int commits_there(void *argument)
{
	char *view = view_of(*(HANDLE *)argument, FILE_MAP_WRITE);

	if (!view || region_at(view).State != MEM_RESERVE)
		return 1;
	if (!commit_at(view + PAGE, PAGE, PAGE_READWRITE))
		return 2;
	view[PAGE] = 2;
	return 0;
}

TEST_F(reserved, SE_26_another_process_commits)
{
	SIZE_T before = system_pages();

	EXPECT_EQ(0, in_child(commits_there, &self->section));
	EXPECT_COMMITTED(self->view + PAGE, self->view, PAGE, PAGE_READWRITE);
	EXPECT_COMMITTED(self->other + PAGE, self->other, PAGE, PAGE_READONLY);
	EXPECT_READS(2, self->other + PAGE);
	EXPECT_EQ(before + 1, system_pages());
}

/* Committers of one section in three processes, with a view each thread. */
#define COMMITTERS 3
#define PROCESSES  3
#define ROUNDS	   80
#define RACE_PAGES 4096

struct committer {
	pthread_t thread;
	HANDLE section;
	unsigned int seed;
	int wrong;
};

/* What was committed can be used, by whomever it was; what a query shows is never between. */
static void *commit_at_random(void *argument)
{
	struct committer *committer = argument;
	char *view = view_of(committer->section, FILE_MAP_WRITE);

	for (int round = 0; round < ROUNDS && view; round++) {
		SIZE_T page = (SIZE_T)rand_r(&committer->seed) % (RACE_PAGES - 32);
		SIZE_T pages = 1 + (SIZE_T)rand_r(&committer->seed) % 32;
		char *at = view + page * PAGE;

		committer->wrong += !commit_at(at, pages * PAGE, PAGE_READWRITE);
		at[0] = 1;
		at[(pages - 1) * PAGE] = 1;
		committer->wrong += region_at(at).State != MEM_COMMIT ||
				    region_at(at).RegionSize < pages * PAGE;
	}
	committer->wrong += !view;
	UnmapViewOfFile(view);
	return NULL;
}

static int committers(void *argument)
{
	struct committer crew[COMMITTERS];
	int wrong = 0;

	for (unsigned int i = 0; i < COMMITTERS; i++) {
		crew[i] = (struct committer){ .section = *(HANDLE *)argument,
					      .seed = (unsigned int)getpid() * 8 + i };
		pthread_create(&crew[i].thread, NULL, commit_at_random, &crew[i]);
	}
	for (unsigned int i = 0; i < COMMITTERS; i++) {
		pthread_join(crew[i].thread, NULL);
		wrong += crew[i].wrong;
	}
	return wrong ? 1 : 0;
}

static SIZE_T committed_pages(char *view, SIZE_T bytes)
{
	SIZE_T pages = 0;

	for (char *at = view; at < view + bytes;) {
		MEMORY_BASIC_INFORMATION region = region_at(at);

		if (region.State == MEM_COMMIT)
			pages += region.RegionSize / PAGE;
		at += region.RegionSize;
	}
	return pages;
}

TEST(CC_3_racing_committers_are_charged_once)
{
	HANDLE section = mapping(PAGE_READWRITE | SEC_RESERVE, RACE_PAGES * PAGE);
	char *view = view_of(section, FILE_MAP_WRITE);
	SIZE_T before = system_pages();
	pid_t pids[PROCESSES];
	int status;

	ASSERT_NE(NULL, view);
	for (int i = 0; i < PROCESSES; i++) {
		pids[i] = fork();
		if (!pids[i])
			_exit(committers(&section));
	}
	for (int i = 0; i < PROCESSES; i++) {
		EXPECT_EQ(pids[i], waitpid(pids[i], &status, 0));
		EXPECT_EQ(0, status);
	}
	EXPECT_EQ(before + committed_pages(view, RACE_PAGES * PAGE), system_pages());
	EXPECT_LT(before, system_pages());
	EXPECT_WORKS(UnmapViewOfFile(view));
	EXPECT_WORKS(CloseHandle(section));
	EXPECT_EQ(before, system_pages());
}

/* Pages of views of a SEC_NO_CHANGE section keep the protection that they were mapped with. */
TEST(no_change_keeps_protections)
{
	HANDLE section = mapping(PAGE_READWRITE | SEC_RESERVE | SEC_NO_CHANGE, SIZE);
	char *view = view_of(section, FILE_MAP_WRITE);

	ASSERT_NE(NULL, view);
	EXPECT_STATUS(ST_INVALID_PAGE_PROTECTION,
		      nt_allocate(view, 0, PAGE, MEM_COMMIT, PAGE_READONLY).status);
	EXPECT_RESERVED(view, view, SIZE);
	EXPECT_TRUE(commit_at(view, PAGE, PAGE_READWRITE));
	EXPECT_FAILS(87, protect(view, PAGE, PAGE_READONLY));
	EXPECT_STATUS(ST_INVALID_PAGE_PROTECTION, nt_protect(view, PAGE, PAGE_NOACCESS).status);
	EXPECT_FAILS(87, protect(view, PAGE, PAGE_READWRITE | PAGE_GUARD));
	EXPECT_TRUE(protect(view, PAGE, PAGE_READWRITE));
	EXPECT_COMMITTED(view, view, PAGE, PAGE_READWRITE);
	EXPECT_WORKS(UnmapViewOfFile(view));
}

TEST(global_changes_nothing)
{
	HANDLE section = mapping(PAGE_READWRITE | SEC_COMMIT | SEC_GLOBAL, SIZE);
	char *view = view_of(section, FILE_MAP_WRITE);

	ASSERT_NE(NULL, view);
	EXPECT_COMMITTED(view, view, SIZE, PAGE_READWRITE);
	EXPECT_TRUE(protect(view, PAGE, PAGE_READONLY));
}

VM_TEST_MAIN
