// SPDX-License-Identifier: GPL-2.0
/* Sections of PE files, and views of them (SPEC SE-3, SE-4, SE-6, SE-8, SE-30, SE-32, SE-38). */
#include <psapi.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "group.h"
#include "image.h"

FIXTURE(image)
{
	struct directory directory;
	const char *path;
	uint8_t pe[USUAL_BYTES];
};

FIXTURE_SETUP(image)
{
	ASSERT_TRUE(directory_begin(&self->directory));
	self->path = self->directory.file;
	usual_image(self->pe, TINY_BASE);
	ASSERT_TRUE(image_file(self->path, self->pe, USUAL_BYTES));
}

FIXTURE_TEARDOWN(image)
{
	directory_end(&self->directory);
}

static HANDLE usual_section(const char *path)
{
	return image_section(path, PAGE_EXECUTE_READ | SEC_IMAGE);
}

/* Every byte of a view of the usual image. */
static bool shows_usual(const volatile uint8_t *view, const uint8_t *pe)
{
	for (unsigned int i = 0; i < USUAL_PAGES << 12; i++)
		if (view[i] != usual_byte(pe, i))
			return false;
	return true;
}

TEST_F(image, SE_32_sections_lie_where_the_headers_say)
{
	HANDLE section = usual_section(self->path);
	char *view;

	ASSERT_NE(NULL, section);
	EXPECT_WORKS(view = view_of(section, FILE_MAP_READ));
	ASSERT_EQ((void *)TINY_BASE, view);
	EXPECT_COMMITTED(view, view, 0x1000, PAGE_READONLY);
	EXPECT_COMMITTED(view + 0x1000, view, 0x1000, PAGE_EXECUTE_READ);
	EXPECT_COMMITTED(view + 0x2000, view, 0x2000, PAGE_READONLY);
	EXPECT_COMMITTED(view + 0x4000, view, 0x3000, PAGE_WRITECOPY);
	EXPECT_FREE(view + 0x7000, GRANULARITY - 0x7000);
	EXPECT_TRUE(shows_usual((uint8_t *)view, self->pe));
	EXPECT_EXECUTES(view + 0x1000);
	EXPECT_VIOLATION_EXECUTE(view);
	EXPECT_VIOLATION_EXECUTE(view + 0x4000);
	EXPECT_VIOLATION_WRITE(view);
	EXPECT_VIOLATION_WRITE(view + 0x1000);
	EXPECT_WORKS(UnmapViewOfFile(view + 0x1234));
	EXPECT_FREE(view, GRANULARITY);
}

TEST_F(image, VQ_10_type_and_VQ_12_allocation)
{
	char *view = view_of(usual_section(self->path), FILE_MAP_READ);
	MEMORY_IMAGE_INFORMATION image;
	WIN32_MEMORY_REGION_INFORMATION region;

	ASSERT_NE(NULL, view);
	for (unsigned int at = 0; at < 0x7000; at += 0x1000) {
		EXPECT_EQ((DWORD)MEM_IMAGE, region_at(view + at).Type);
		EXPECT_EQ((DWORD)PAGE_EXECUTE_WRITECOPY, region_at(view + at).AllocationProtect);
	}
	EXPECT_STATUS(ST_SUCCESS,
		      NtQueryVirtualMemory(NtCurrentProcess(), view + 0x2000,
					   MemoryImageInformation, &image, sizeof(image), NULL));
	EXPECT_EQ(view, image.ImageBase);
	EXPECT_EQ(0x7000u, image.SizeOfImage);
	EXPECT_WORKS(QueryVirtualMemoryInformation(GetCurrentProcess(), view, MemoryRegionInfo,
						   &region, sizeof(region), NULL));
	EXPECT_EQ(1, (int)region.MappedImage);
	EXPECT_EQ(0, (int)region.MappedPageFile);
	EXPECT_EQ(0, (int)region.Private);
	EXPECT_EQ(0x7000u, region.RegionSize);
}

TEST_F(image, NQ_3_the_name_is_the_files)
{
	char *view = view_of(usual_section(self->path), FILE_MAP_READ), name[256] = "";

	ASSERT_NE(NULL, view);
	EXPECT_NE(0u, GetMappedFileNameA(GetCurrentProcess(), view + 0x4000, name, sizeof(name)));
	EXPECT_NE(NULL, strstr(name, self->path + 1)) TH_LOG("%s", name);
}

TEST_F(image, SE_32_not_at_its_base)
{
	HANDLE section = usual_section(self->path);
	struct nt_answer first = NT_MAP(.section = section, .protection = PAGE_READONLY);
	struct nt_answer second = NT_MAP(.section = section, .protection = PAGE_READONLY);
	struct nt_answer there =
		NT_MAP(.section = section, .protection = PAGE_READONLY, .base = FIXED);

	EXPECT_NTH(ST_SUCCESS, TINY_BASE, 0x7000, first);
	EXPECT_STATUS(ST_IMAGE_NOT_AT_BASE, second.status);
	EXPECT_NE(first.base, second.base);
	EXPECT_EQ(0u, (uintptr_t)second.base % GRANULARITY);
	EXPECT_NTH(ST_IMAGE_NOT_AT_BASE, FIXED, 0x7000, there);
	EXPECT_TRUE(shows_usual(second.base, self->pe));
	EXPECT_TRUE(shows_usual(there.base, self->pe));
	EXPECT_STATUS(
		ST_CONFLICTING_ADDRESSES,
		NT_MAP(.section = section, .protection = PAGE_READONLY, .base = FIXED).status);
	/* The base is free again. */
	EXPECT_WORKS(UnmapViewOfFile(first.base));
	EXPECT_NTH(ST_SUCCESS, TINY_BASE, 0x7000,
		   NT_MAP(.section = section, .protection = PAGE_READONLY));
}

TEST_F(image, SE_32_a_base_that_cannot_be)
{
	static const uint64_t bases[] = { 0, 0x7fffffff0000, 0x800000000000, 0xffffffffffff0000 };

	for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
		struct nt_answer answer;
		HANDLE section;

		usual_image(self->pe, bases[i]);
		ASSERT_TRUE(image_file(self->path, self->pe, USUAL_BYTES));
		section = usual_section(self->path);
		answer = NT_MAP(.section = section, .protection = PAGE_READONLY);
		EXPECT_STATUS(ST_IMAGE_NOT_AT_BASE, answer.status);
		EXPECT_TRUE(shows_usual(answer.base, self->pe));
		EXPECT_WORKS(UnmapViewOfFile(answer.base));
		EXPECT_WORKS(CloseHandle(section));
	}
}

TEST_F(image, SE_19_parts_of_an_image)
{
	HANDLE section = image_section(self->path, PAGE_READONLY | SEC_IMAGE);

	EXPECT_NTH(ST_SUCCESS, TINY_BASE, 0x5000,
		   NT_MAP(.section = section, .protection = PAGE_READONLY, .bytes = 0x4001));
	EXPECT_COMMITTED((char *)TINY_BASE + 0x4000, TINY_BASE, 0x1000, PAGE_WRITECOPY);
	EXPECT_STATUS(
		ST_INVALID_VIEW_SIZE,
		NT_MAP(.section = section, .protection = PAGE_READONLY, .bytes = 0x7001).status);
	EXPECT_STATUS(
		ST_INVALID_VIEW_SIZE,
		NT_MAP(.section = section, .protection = PAGE_READONLY, .offset = 0x10000).status);
}

TEST_F(image, SE_14_rights)
{
	HANDLE file = open_as(self->path, GENERIC_READ | GENERIC_EXECUTE, OPEN_EXISTING, 0);
	HANDLE read = image_section(self->path, PAGE_READONLY | SEC_IMAGE), query = NULL;

	EXPECT_STATUS(ST_ACCESS_DENIED,
		      NT_MAP(.section = read, .protection = PAGE_EXECUTE_READ).status);
	EXPECT_STATUS(ST_ACCESS_DENIED,
		      NT_MAP(.section = read, .protection = PAGE_READWRITE).status);
	EXPECT_STATUS(ST_SUCCESS, NtCreateSection(&query, SECTION_QUERY, NULL, NULL,
						  PAGE_EXECUTE_READ, SEC_IMAGE, file));
	EXPECT_STATUS(ST_ACCESS_DENIED,
		      NT_MAP(.section = query, .protection = PAGE_READONLY).status);
}

TEST_F(image, SE_30_protections_within_the_images)
{
	char *view = view_of(usual_section(self->path), FILE_MAP_READ);

	ASSERT_NE(NULL, view);
	EXPECT_WORKS(protect(view, PAGE, PAGE_EXECUTE_READ));
	EXPECT_WORKS(protect(view + 0x1000, PAGE, PAGE_NOACCESS));
	EXPECT_VIOLATION_READ(view + 0x1000);
	EXPECT_WORKS(protect(view + 0x1000, PAGE, PAGE_READONLY));
	EXPECT_VIOLATION_EXECUTE(view + 0x1000);
	EXPECT_READS(0xc3, view + 0x1000);
	EXPECT_WORKS(protect(view + 0x1000, PAGE, PAGE_EXECUTE));
	EXPECT_EXECUTES(view + 0x1000);
}

TEST_F(image, SE_3_no_execute)
{
	HANDLE section = image_section(self->path, PAGE_READONLY | SEC_IMAGE_NO_EXECUTE);
	char *view = view_of(section, FILE_MAP_READ);

	ASSERT_NE(NULL, view);
	EXPECT_COMMITTED(view, view, 0x4000, PAGE_READONLY);
	EXPECT_COMMITTED(view + 0x4000, view, 0x3000, PAGE_WRITECOPY);
	EXPECT_EQ((DWORD)PAGE_WRITECOPY, region_at(view).AllocationProtect);
	EXPECT_TRUE(shows_usual((uint8_t *)view, self->pe));
	EXPECT_VIOLATION_EXECUTE(view + 0x1000);
	EXPECT_FAILS(87, protect(view + 0x1000, PAGE, PAGE_EXECUTE_READ));
	EXPECT_FAILS(87, protect(view + 0x4000, PAGE, PAGE_EXECUTE_READWRITE));
	EXPECT_WRITES(view + 0x4000, 1);
	EXPECT_COMMITTED(view + 0x4000, view, 0x1000, PAGE_READWRITE);
}

TEST_F(image, SE_3_files_that_are_no_images)
{
	ASSERT_TRUE(image_file(self->path, "#!/bin/sh\n", 10));
	EXPECT_STATUS(ST_INVALID_IMAGE_NOT_MZ, image_status(self->path));
	EXPECT_FAILS(193, usual_section(self->path));
	ASSERT_TRUE(image_file(self->path, self->pe, 0x80));
	EXPECT_STATUS(ST_INVALID_IMAGE_FORMAT, image_status(self->path));
	EXPECT_FAILS(193, usual_section(self->path));
	ASSERT_TRUE(image_file(self->path, self->pe, USUAL_BYTES - 1));
	EXPECT_STATUS(ST_INVALID_IMAGE_FORMAT, image_status(self->path));
	EXPECT_STATUS(ST_INVALID_FILE_FOR_SECTION, image_status("/dev/zero"));
}

TEST_F(image, SE_6_empty_file)
{
	ASSERT_TRUE(image_file(self->path, "", 0));
	EXPECT_STATUS(ST_INVALID_FILE_FOR_SECTION, image_status(self->path));
	EXPECT_FAILS(193, usual_section(self->path));
}

TEST_F(image, SE_8_the_file_must_be_readable_and_executable)
{
	HANDLE file = open_as(self->path, GENERIC_WRITE, OPEN_EXISTING, 0);

	ASSERT_NE(INVALID_HANDLE_VALUE, file);
	EXPECT_FAILS(5, CreateFileMappingA(file, NULL, PAGE_READONLY | SEC_IMAGE, 0, 0, NULL));
	EXPECT_WORKS(CloseHandle(file));
	ASSERT_EQ(0, chmod(self->path, 0644));
	EXPECT_FAILS(5, image_section(self->path, PAGE_READONLY | SEC_IMAGE));
}

TEST_F(image, SE_4_attributes_and_SE_5_size)
{
	HANDLE section = usual_section(self->path);
	SECTION_BASIC_INFORMATION basic;
	LARGE_INTEGER size = { .QuadPart = 0x7001 };
	HANDLE file = open_as(self->path, GENERIC_READ | GENERIC_EXECUTE, OPEN_EXISTING, 0);

	EXPECT_STATUS(ST_SUCCESS, NtQuerySection(section, SectionBasicInformation, &basic,
						 sizeof(basic), NULL));
	EXPECT_EQ((ULONG)(SEC_FILE | SEC_IMAGE), basic.AllocationAttributes);
	EXPECT_EQ(0x7000, basic.MaximumSize.QuadPart);
	EXPECT_EQ(NULL, basic.BaseAddress);
	section = NULL;
	EXPECT_STATUS(ST_SECTION_TOO_BIG, NtCreateSection(&section, IMAGE_RIGHTS, NULL, &size,
							  PAGE_READONLY, SEC_IMAGE, file));
}

TEST_F(image, SE_38_image_class)
{
	HANDLE section = usual_section(self->path);
	SECTION_IMAGE_INFORMATION image;
	SIZE_T bytes = 0;

	EXPECT_STATUS(ST_INFO_LENGTH_MISMATCH,
		      NtQuerySection(section, SectionImageInformation, &image, 63, &bytes));
	EXPECT_STATUS(ST_SUCCESS, NtQuerySection(section, SectionImageInformation, &image,
						 sizeof(image), &bytes));
	EXPECT_EQ(64u, bytes);
	EXPECT_EQ((char *)TINY_BASE + 0x1000, image.TransferAddress);
	EXPECT_EQ(0x200000u, image.MaximumStackSize);
	EXPECT_EQ(0x3000u, image.CommittedStackSize);
	EXPECT_EQ(3u, image.SubSystemType);
	EXPECT_EQ(0x60001u, image.SubSystemVersion);
	EXPECT_EQ(0x2022, image.ImageCharacteristics);
	EXPECT_EQ(0x140, image.DllCharacteristics);
	EXPECT_EQ(0x8664, image.Machine);
	EXPECT_TRUE(image.ImageContainsCode);
	EXPECT_EQ(USUAL_BYTES, image.ImageFileSize);
	EXPECT_EQ(0x1234u, image.CheckSum);
}

TEST_F(image, SE_27_what_views_of_images_refuse)
{
	char *view = view_of(usual_section(self->path), FILE_MAP_READ);

	ASSERT_NE(NULL, view);
	EXPECT_FAILS(87, release(view));
	EXPECT_FAILS(87, decommit(view, PAGE));
	/* SPEC VA-47 */
	EXPECT_FAILS(5, commit_at(view, PAGE, PAGE_READONLY));
	EXPECT_FAILS(5, commit_at(view + 0x4000, PAGE, PAGE_READONLY));
	EXPECT_TRUE(shows_usual((uint8_t *)view, self->pe));
}

/* Meanwhile nobody writes to the file, as to a program that runs. */
TEST_F(image, SE_32_the_file_stays_as_it_is)
{
	int writer = open(self->path, O_WRONLY | O_CLOEXEC);
	HANDLE section;
	char *view;

	ASSERT_LE(0, writer);
	EXPECT_STATUS(ST_SHARING_VIOLATION, image_status(self->path));
	EXPECT_FAILS(32, usual_section(self->path));
	close(writer);
	section = usual_section(self->path);
	ASSERT_NE(NULL, section);
	EXPECT_EQ(-1, open(self->path, O_WRONLY | O_CLOEXEC));
	EXPECT_EQ(ETXTBSY, errno);
	EXPECT_EQ(-1, truncate(self->path, 0));
	EXPECT_EQ(ETXTBSY, errno);
	/* A view keeps it as a handle does. */
	view = view_of(section, FILE_MAP_READ);
	EXPECT_WORKS(CloseHandle(section));
	EXPECT_EQ(-1, open(self->path, O_WRONLY | O_CLOEXEC));
	EXPECT_TRUE(shows_usual((uint8_t *)view, self->pe));
	EXPECT_WORKS(UnmapViewOfFile(view));
	writer = open(self->path, O_WRONLY | O_CLOEXEC);
	EXPECT_LE(0, writer);
	close(writer);
}

/* Its name may go: the file is there as long as the image. */
TEST_F(image, SE_32_a_deleted_file)
{
	char *view = view_of(usual_section(self->path), FILE_MAP_READ);

	ASSERT_NE(NULL, view);
	ASSERT_EQ(0, unlink(self->path));
	EXPECT_TRUE(shows_usual((uint8_t *)view, self->pe));
}

/* Two sections that know nothing of each other. */
TEST_F(image, SE_32_sections_of_one_file_share_its_pages)
{
	volatile char *first = view_of(usual_section(self->path), FILE_MAP_READ);
	volatile char *second = view_of(usual_section(self->path), FILE_MAP_READ);

	ASSERT_NE(NULL, first);
	ASSERT_NE(NULL, second);
	for (unsigned int at = 0; at < 0x7000; at += 0x1000) {
		EXPECT_EQ(first[at], second[at]);
		EXPECT_NE(0u, frame_of(first + at));
		EXPECT_EQ(frame_of(first + at), frame_of(second + at));
	}
}

static bool drop_caches(void)
{
	sync();
	return proc_write("/proc/sys/vm/drop_caches", "3");
}

/* Pages of a view that are in its page table. */
static unsigned int frames(const char *view, unsigned int bytes)
{
	unsigned int count = 0;

	for (unsigned int at = 0; at < bytes; at += 0x1000)
		count += frame_of(view + at) != 0;
	return count;
}

/* Pages that nobody has in the working set any more go, and come back from the file. */
TEST_F(image, SE_32_dropped_pages_come_back)
{
	char *view = view_of(usual_section(self->path), FILE_MAP_READ);

	ASSERT_NE(NULL, view);
	for (unsigned int round = 0; round < 3; round++) {
		EXPECT_TRUE(shows_usual((uint8_t *)view, self->pe));
		EXPECT_EQ((unsigned int)USUAL_PAGES, frames(view, 0x7000));
		EXPECT_WORKS(EmptyWorkingSet(GetCurrentProcess()));
		EXPECT_EQ(0u, frames(view, 0x7000));
		ASSERT_TRUE(drop_caches());
	}
	EXPECT_TRUE(shows_usual((uint8_t *)view, self->pe));
}

/* Does the working set have the page as one that others may have too? */
static bool shared_page(char *address)
{
	PSAPI_WORKING_SET_EX_INFORMATION page = { .VirtualAddress = address };

	return QueryWorkingSetEx(GetCurrentProcess(), &page, sizeof(page)) &&
	       page.VirtualAttributes.Valid && page.VirtualAttributes.Shared;
}

/* What is written is of this view alone: file, the other view and a later one have nothing of it. */
TEST_F(image, SE_31_written_pages_are_private)
{
	char *first = view_of(usual_section(self->path), FILE_MAP_READ);
	char *second = view_of(usual_section(self->path), FILE_MAP_READ);
	char was = (char)usual_byte(self->pe, 0x5004), *again;
	uint64_t frame;

	ASSERT_NE(NULL, first);
	ASSERT_NE(NULL, second);
	EXPECT_READS(was, first + 0x5004);
	EXPECT_READS(was, second + 0x5004);
	frame = frame_of(second + 0x5000);
	EXPECT_EQ(frame, frame_of(first + 0x5000));
	EXPECT_TRUE(shared_page(first + 0x5000));
	EXPECT_WRITES(first + 0x5004, (char)(was + 1));
	/* VQ-11 */
	EXPECT_COMMITTED(first + 0x4000, first, 0x1000, PAGE_WRITECOPY);
	EXPECT_COMMITTED(first + 0x5000, first, 0x1000, PAGE_READWRITE);
	EXPECT_COMMITTED(first + 0x6000, first, 0x1000, PAGE_WRITECOPY);
	EXPECT_FALSE(shared_page(first + 0x5000));
	EXPECT_NE(frame, frame_of(first + 0x5000));
	EXPECT_EQ(frame, frame_of(second + 0x5000));
	EXPECT_TRUE(shows_usual((uint8_t *)second, self->pe));
	first[0x5004] = was;
	EXPECT_TRUE(shows_usual((uint8_t *)first, self->pe)); /* the rest was copied */
	first[0x5004] = (char)(was + 1);
	EXPECT_WORKS(UnmapViewOfFile(first));
	again = view_of(usual_section(self->path), FILE_MAP_READ);
	ASSERT_NE(NULL, again);
	EXPECT_COMMITTED(again + 0x4000, again, 0x3000, PAGE_WRITECOPY);
	EXPECT_TRUE(shows_usual((uint8_t *)again, self->pe));
}

TEST_F(image, SE_31_copies_stay_when_the_others_are_dropped)
{
	char *view = view_of(usual_section(self->path), FILE_MAP_READ);

	ASSERT_NE(NULL, view);
	EXPECT_WRITES(view + 0x4000, 0x5a);
	EXPECT_WRITES(view + 0x6fff, 0x5b);
	for (unsigned int round = 0; round < 3; round++) {
		EXPECT_WORKS(EmptyWorkingSet(GetCurrentProcess()));
		ASSERT_TRUE(drop_caches());
		EXPECT_READS(0x5a, view + 0x4000);
		EXPECT_READS(0x5b, view + 0x6fff);
		EXPECT_READS((char)usual_byte(self->pe, 0x5010), view + 0x5010);
		EXPECT_READS((char)usual_byte(self->pe, 0x2010), view + 0x2010);
	}
	view[0x4000] = (char)usual_byte(self->pe, 0x4000);
	view[0x6fff] = (char)usual_byte(self->pe, 0x6fff);
	EXPECT_TRUE(shows_usual((uint8_t *)view, self->pe));
}

TEST_F(image, VP_17_READWRITE_is_copy_on_write)
{
	char *view = view_of(usual_section(self->path), FILE_MAP_READ);
	char *other = view_of(usual_section(self->path), FILE_MAP_READ);
	DWORD old = 0;

	ASSERT_NE(NULL, view);
	EXPECT_WORKS(VirtualProtect(view, PAGE, PAGE_READWRITE, &old));
	EXPECT_EQ((DWORD)PAGE_READONLY, old);
	EXPECT_COMMITTED(view, view, PAGE, PAGE_WRITECOPY);
	EXPECT_WRITES(view, 'Z');
	EXPECT_COMMITTED(view, view, PAGE, PAGE_READWRITE);
	EXPECT_WORKS(VirtualProtect(view, PAGE, PAGE_READONLY, &old));
	EXPECT_EQ((DWORD)PAGE_READWRITE, old);
	EXPECT_VIOLATION_WRITE(view);
	EXPECT_WORKS(VirtualProtect(view + PAGE, PAGE, PAGE_EXECUTE_READWRITE, &old));
	EXPECT_EQ((DWORD)PAGE_EXECUTE_READ, old);
	EXPECT_COMMITTED(view + PAGE, view, PAGE, PAGE_EXECUTE_WRITECOPY);
	EXPECT_EXECUTES(view + PAGE);
	EXPECT_WRITES(view + PAGE + 1, 1);
	EXPECT_EXECUTES(view + PAGE);
	EXPECT_WORKS(VirtualProtect(view + PAGE, PAGE, PAGE_EXECUTE_WRITECOPY, &old));
	EXPECT_EQ((DWORD)PAGE_EXECUTE_READWRITE, old);
	EXPECT_COMMITTED(view + PAGE, view, PAGE, PAGE_EXECUTE_READWRITE);
	EXPECT_TRUE(shows_usual((uint8_t *)other, self->pe));
}

/* The pages that a write copies, and no others. */
TEST_F(image, CC_4_charged_when_it_is_mapped_or_protected)
{
	HANDLE section = usual_section(self->path);
	struct winvm_counters before = counters(), after;
	char *view = view_of(section, FILE_MAP_READ);

	ASSERT_NE(NULL, view);
	after = counters();
	EXPECT_EQ(3 * PAGE, after.commit_bytes - before.commit_bytes);
	EXPECT_EQ(3 * PAGE, after.system_commit_bytes - before.system_commit_bytes);
	EXPECT_WRITES(view + 0x4000, 1);
	EXPECT_EQ(after.commit_bytes, counters().commit_bytes);
	/* VP-21 */
	EXPECT_WORKS(protect(view, 0x4000, PAGE_READWRITE));
	EXPECT_EQ(7 * PAGE, counters().commit_bytes - before.commit_bytes);
	EXPECT_WRITES(view, 1);
	EXPECT_WORKS(protect(view, 0x7000, PAGE_READONLY));
	EXPECT_EQ(2 * PAGE, counters().commit_bytes - before.commit_bytes);
	EXPECT_WORKS(UnmapViewOfFile(view));
	EXPECT_EQ(before.commit_bytes, counters().commit_bytes);
	EXPECT_EQ(before.system_commit_bytes, counters().system_commit_bytes);
}

#define LARGE_BYTES (24u << 20)

static uint32_t large_word(unsigned int at)
{
	return at * 2654435761u ^ at >> 7;
}

/* More image than memory: read twice, every word checked. */
TEST_F(image, SE_32_an_image_larger_than_memory)
{
	uint8_t *pe = mmap(NULL, 0x400 + LARGE_BYTES, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned int wrong = 0;
	char *view;

	ASSERT_NE(MAP_FAILED, pe);
	tiny_pe_begin(pe, TINY_BASE, LARGE_BYTES + 0x1000);
	tiny_pe_section(pe, 0x1000, LARGE_BYTES, 0x400, LARGE_BYTES, TINY_CONST);
	for (unsigned int at = 0; at < LARGE_BYTES; at += 4)
		tiny_put(pe + 0x400 + at, large_word(at), 4);
	ASSERT_TRUE(image_file(self->path, pe, 0x400 + LARGE_BYTES));
	munmap(pe, 0x400 + LARGE_BYTES);
	if (!group_join(12 << 20))
		SKIP(return, "no memory cgroups (version 2) on this machine");
	view = view_of(usual_section(self->path), FILE_MAP_READ);
	ASSERT_NE(NULL, view);
	for (unsigned int round = 0; round < 2; round++)
		for (unsigned int at = 0; at < LARGE_BYTES; at += 4)
			wrong += *(uint32_t *)(void *)(view + 0x1000 + at) != large_word(at);
	EXPECT_EQ(0u, wrong);
	EXPECT_GT(LARGE_BYTES >> 12, frames(view + 0x1000, LARGE_BYTES));
	EXPECT_TRUE(group_leave());
}

VM_TEST_MAIN
