// SPDX-License-Identifier: GPL-2.0
/* Sections without a file: creating, asking, ending (SPEC PR-3, SE-1 to SE-10, SE-38, CC-3). */
#include "section.h"

#define RIGHTS (SECTION_QUERY | SECTION_MAP_READ | SECTION_MAP_WRITE | SECTION_MAP_EXECUTE)

static SECTION_BASIC_INFORMATION basic(HANDLE section)
{
	SECTION_BASIC_INFORMATION answer;

	memset(&answer, 0xee, sizeof(answer));
	NtQuerySection(section, SectionBasicInformation, &answer, sizeof(answer), NULL);
	return answer;
}

TEST(SE_1_commit_unless_told_otherwise)
{
	HANDLE section;

	SetLastError(MARK);
	section = mapping(PAGE_READWRITE, 0x3452);
	/* SPEC G-2: success sets it here. */
	EXPECT_EQ(0u, GetLastError());
	ASSERT_NE(NULL, section);
	EXPECT_EQ((ULONG)SEC_COMMIT, basic(section).AllocationAttributes);
	EXPECT_WORKS(CloseHandle(section));
	EXPECT_FAILS(6, CloseHandle(section));
}

TEST(SE_2_attributes_that_do_not_go_together)
{
	static const DWORD bad[] = {
		SEC_RESERVE | SEC_COMMIT,
		SEC_RESERVE | SEC_LARGE_PAGES,
		SEC_NOCACHE,
		SEC_WRITECOMBINE,
		SEC_LARGE_PAGES,
		SEC_FILE,
		SEC_FILE | SEC_COMMIT,
		SEC_FILE | SEC_IMAGE,
		SEC_IMAGE | SEC_RESERVE,
		SEC_IMAGE | SEC_COMMIT,
		SEC_IMAGE | SEC_LARGE_PAGES,
		SEC_IMAGE | SEC_WRITECOMBINE,
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		EXPECT_FAILS(87, mapping(PAGE_READWRITE | bad[i], PAGE));
		EXPECT_STATUS_INVALID(nt_section_status(RIGHTS, PAGE_READWRITE, bad[i], PAGE));
	}
	EXPECT_STATUS_INVALID(nt_section_status(RIGHTS, PAGE_READWRITE, 0, PAGE));
	EXPECT_FAILS(1314, mapping(PAGE_READWRITE | SEC_COMMIT | SEC_LARGE_PAGES, PAGE));
}

TEST(SE_3_image_without_a_file)
{
	EXPECT_FAILS(193, mapping(PAGE_READONLY | SEC_IMAGE, PAGE));
	EXPECT_STATUS(ST_INVALID_IMAGE_NOT_MZ,
		      nt_section_status(RIGHTS, PAGE_READONLY, SEC_IMAGE_NO_EXECUTE, PAGE));
}

TEST(SE_4_attributes)
{
	static const ULONG attributes[] = { SEC_COMMIT, SEC_COMMIT | SEC_NOCACHE,
					    SEC_COMMIT | SEC_WRITECOMBINE };

	for (size_t i = 0; i < 3; i++) {
		HANDLE section = nt_section(RIGHTS, PAGE_READWRITE, attributes[i], PAGE);
		SECTION_BASIC_INFORMATION answer = basic(section);

		ASSERT_NE(NULL, section);
		EXPECT_EQ(attributes[i], answer.AllocationAttributes);
		EXPECT_EQ(NULL, answer.BaseAddress);
	}
}

TEST(SE_5_sizes)
{
	LARGE_INTEGER none = { .QuadPart = 0 };
	HANDLE section = mapping(PAGE_READWRITE, 0x3452), junk = NULL;

	ASSERT_NE(NULL, section);
	EXPECT_EQ(0x4000, basic(section).MaximumSize.QuadPart);
	EXPECT_FAILS(87, mapping(PAGE_READWRITE, 0));
	EXPECT_STATUS_INVALID(
		NtCreateSection(&junk, RIGHTS, NULL, &none, PAGE_READWRITE, SEC_COMMIT, NULL));
	EXPECT_STATUS_INVALID(
		NtCreateSection(&junk, RIGHTS, NULL, NULL, PAGE_READWRITE, SEC_COMMIT, NULL));
	EXPECT_EQ(NULL, junk);
}

TEST(SE_9_protections)
{
	static const DWORD good[] = { PAGE_READONLY,	      PAGE_READWRITE,
				      PAGE_WRITECOPY,	      PAGE_EXECUTE_READ,
				      PAGE_EXECUTE_READWRITE, PAGE_EXECUTE_WRITECOPY };
	static const DWORD bad[] = { 0,
				     PAGE_NOACCESS,
				     PAGE_EXECUTE,
				     PAGE_READWRITE | PAGE_READONLY,
				     PAGE_READWRITE | PAGE_GUARD,
				     PAGE_READWRITE | PAGE_NOCACHE };

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		EXPECT_STATUS(ST_SUCCESS, nt_section_status(RIGHTS, good[i], SEC_COMMIT, PAGE));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		EXPECT_STATUS(ST_INVALID_PAGE_PROTECTION,
			      nt_section_status(RIGHTS, bad[i], SEC_COMMIT, PAGE));
		EXPECT_FAILS(87, mapping(bad[i], PAGE));
	}
}

TEST(SE_10_sizes_that_cannot_be)
{
	SIZE_T limit = counters().system_commit_limit_bytes;

	EXPECT_FAILS(1455, mapping(PAGE_READWRITE, limit + (512ULL << 30)));
	EXPECT_STATUS(ST_COMMITMENT_LIMIT,
		      nt_section_status(RIGHTS, PAGE_READWRITE, SEC_COMMIT, limit + PAGE));
	EXPECT_FAILS(8, mapping(PAGE_READWRITE, 1ULL << 47));
	EXPECT_FAILS(8, mapping(PAGE_READWRITE | SEC_RESERVE, 1ULL << 47));
	EXPECT_STATUS(ST_SECTION_TOO_BIG,
		      nt_section_status(RIGHTS, PAGE_READWRITE, SEC_COMMIT, ~(SIZE_T)0));
	EXPECT_FAILS(1450, mapping(PAGE_READWRITE | SEC_RESERVE, 1ULL << 43));
}

/* The system is charged at once, no process ever (CC-3); by destruction it gets all back (CC-7). */
TEST(CC_3_the_system_is_charged)
{
	struct winvm_counters before = counters(), during, after;
	HANDLE section = mapping(PAGE_READWRITE, 16 << 20);
	char *view = view_of(section, FILE_MAP_WRITE);

	ASSERT_NE(NULL, view);
	memset(view, 1, 64 * PAGE);
	during = counters();
	EXPECT_EQ(before.system_commit_bytes + (16 << 20), during.system_commit_bytes);
	EXPECT_EQ(before.commit_bytes, during.commit_bytes);
	EXPECT_EQ(before.virtual_bytes + (16 << 20), during.virtual_bytes);
	/* A view is a reference as the handle is. */
	EXPECT_WORKS(CloseHandle(section));
	EXPECT_EQ(during.system_commit_bytes, counters().system_commit_bytes);
	EXPECT_WORKS(UnmapViewOfFile(view));
	after = counters();
	EXPECT_EQ(before.system_commit_bytes, after.system_commit_bytes);
	EXPECT_EQ(before.virtual_bytes, after.virtual_bytes);
	EXPECT_EQ(before.vads, after.vads);
}

TEST(SE_38_query)
{
	HANDLE section = nt_section(RIGHTS, PAGE_READWRITE, SEC_COMMIT, PAGE);
	HANDLE blind = nt_section(SECTION_MAP_READ, PAGE_READWRITE, SEC_COMMIT, PAGE);
	SECTION_BASIC_INFORMATION answers[2];
	SECTION_IMAGE_INFORMATION image;
	SIZE_T bytes = 0;

	ASSERT_NE(NULL, section);
	ASSERT_NE(NULL, blind);
	EXPECT_STATUS(ST_INFO_LENGTH_MISMATCH,
		      NtQuerySection(section, SectionBasicInformation, answers, 23, &bytes));
	EXPECT_EQ(0u, bytes);
	EXPECT_STATUS(ST_SUCCESS, NtQuerySection(section, SectionBasicInformation, answers,
						 sizeof(answers), &bytes));
	EXPECT_EQ(24u, bytes);
	EXPECT_STATUS(ST_SECTION_NOT_IMAGE, NtQuerySection(section, SectionImageInformation, &image,
							   sizeof(image), NULL));
	EXPECT_STATUS(ST_INVALID_INFO_CLASS,
		      NtQuerySection(section, (SECTION_INFORMATION_CLASS)7, answers, 24, NULL));
	EXPECT_STATUS(ST_ACCESS_DENIED,
		      NtQuerySection(blind, SectionBasicInformation, answers, 24, NULL));
	EXPECT_STATUS(ST_INVALID_HANDLE,
		      NtQuerySection((HANDLE)4444, SectionBasicInformation, answers, 24, NULL));
	EXPECT_STATUS(ST_ACCESS_VIOLATION,
		      NtQuerySection(section, SectionBasicInformation, NULL, 24, NULL));
}

TEST(G_6_handles_of_another_kind)
{
	HANDLE process = OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, GetCurrentProcessId());
	HANDLE section = mapping(PAGE_READWRITE, PAGE);
	MEMORY_BASIC_INFORMATION region;

	ASSERT_NE(NULL, process);
	EXPECT_FAILS(6, view_of(process, FILE_MAP_READ));
	EXPECT_STATUS(ST_OBJECT_TYPE_MISMATCH, NT_MAP(.section = process).status);
	EXPECT_STATUS(ST_INVALID_HANDLE, NT_MAP(.section = NULL).status);
	EXPECT_FAILS(6, VirtualQueryEx(section, NULL, &region, sizeof(region)));
	EXPECT_FAILS(6, CreateFileMappingA(section, NULL, PAGE_READWRITE, 0, 1, NULL));
}

TEST(G_8_bad_pointers)
{
	LARGE_INTEGER size = { .QuadPart = 1 };
	HANDLE handle = NULL;

	EXPECT_STATUS(ST_ACCESS_VIOLATION,
		      NtCreateSection(NULL, RIGHTS, NULL, &size, PAGE_READWRITE, SEC_COMMIT, NULL));
	EXPECT_STATUS(ST_ACCESS_VIOLATION,
		      NtCreateSection(&handle, RIGHTS, NULL, (LARGE_INTEGER *)8, PAGE_READWRITE,
				      SEC_COMMIT, NULL));
	EXPECT_EQ(NULL, handle);
}

TEST(what_is_not_provided_yet_says_so)
{
	EXPECT_FAILS(50, mapping(PAGE_READWRITE | SEC_RESERVE, PAGE));
	EXPECT_STATUS(ST_NOT_SUPPORTED,
		      nt_section_status(RIGHTS, PAGE_READWRITE, SEC_COMMIT | SEC_BASED, PAGE));
}

VM_TEST_MAIN
