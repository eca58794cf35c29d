// SPDX-License-Identifier: GPL-2.0
/* Sections of files and their views, on each file system that is taken (SPEC 11). */
#include <psapi.h>
#include <sys/mman.h>

#include <winvm.h>

#include "disks.h"
#include "files.h"
#include "section.h"

#define ST_INVALID_FILE_FOR_SECTION STATUS(0xc0000020)
#define ST_SECTION_NOT_EXTENDED	    STATUS(0xc0000087)
#define ST_NOT_MAPPED_DATA	    STATUS(0xc0000088)

#define PAGES	     40
#define EXECUTE_READ (FILE_MAP_EXECUTE | FILE_MAP_READ)

/* SPEC EX-2 */
#define EXPECT_IN_PAGE_ERROR(kind_, where, access)                       \
	do {                                                             \
		struct probe probe_ = (access);                          \
		EXPECT_TRUE(probe_.faulted);                             \
		EXPECT_EQ(0xc0000006u, probe_.code);                     \
		EXPECT_EQ(3u, probe_.parameters);                        \
		EXPECT_EQ((uint64_t)(kind_), probe_.kind);               \
		EXPECT_EQ((uint64_t)(uintptr_t)(where), probe_.address); \
	} while (0)

FIXTURE(data_file)
{
	struct disk disk;
	int fd;
	HANDLE file; /* PAGES pages and 5 bytes: the first of each page is its number plus 1 */
	HANDLE section; /* of all of it, READWRITE */
};

FIXTURE_VARIANT(data_file)
{
	enum disk_kind kind;
};

FIXTURE_VARIANT_ADD(data_file, tmpfs){
	.kind = DISK_TMPFS,
};

FIXTURE_VARIANT_ADD(data_file, overlay){
	.kind = DISK_OVERLAY,
};

FIXTURE_VARIANT_ADD(data_file, ext4){
	.kind = DISK_EXT4,
};

static HANDLE section_of(HANDLE file, DWORD protection, SIZE_T bytes)
{
	return CreateFileMappingA(file, NULL, protection, (DWORD)(bytes >> 32), (DWORD)bytes, NULL);
}

static bool fill(int fd)
{
	char page[PAGE] = { 0 };

	for (int i = 0; i < PAGES; i++) {
		page[0] = (char)(i + 1);
		if (pwrite(fd, page, PAGE, i * (off_t)PAGE) != (ssize_t)PAGE)
			return false;
	}
	return pwrite(fd, "tail!", 5, PAGES * (off_t)PAGE) == 5;
}

FIXTURE_SETUP(data_file)
{
	if (!disk_begin(&self->disk, variant->kind))
		SKIP(return, "this machine cannot make the file system");
	self->fd = open(self->disk.file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
	ASSERT_LE(0, self->fd);
	ASSERT_TRUE(fill(self->fd));
	self->file = open_as(self->disk.file, READ_WRITE | GENERIC_EXECUTE, OPEN_EXISTING, 0);
	ASSERT_NE(INVALID_HANDLE_VALUE, self->file);
	self->section = section_of(self->file, PAGE_READWRITE, 0);
	ASSERT_NE(NULL, self->section);
}

FIXTURE_TEARDOWN(data_file)
{
	CloseHandle(self->section);
	CloseHandle(self->file);
	close(self->fd);
	disk_end(&self->disk);
}

static SECTION_BASIC_INFORMATION basic(HANDLE section)
{
	SECTION_BASIC_INFORMATION answer = { 0 };

	NtQuerySection(section, SectionBasicInformation, &answer, sizeof(answer), NULL);
	return answer;
}

static char byte_of(int fd, off_t at)
{
	char byte = 0;

	return pread(fd, &byte, 1, at) == 1 ? byte : -1;
}

TEST_F(data_file, SE_4_attributes)
{
	static const DWORD asked[] = { 0, SEC_COMMIT, SEC_RESERVE, SEC_COMMIT | SEC_NOCACHE };

	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		HANDLE section = section_of(self->file, PAGE_READWRITE | asked[i], 0);

		EXPECT_EQ((ULONG)(SEC_FILE | (asked[i] & SEC_NOCACHE)),
			  basic(section).AllocationAttributes);
		EXPECT_EQ(NULL, basic(section).BaseAddress);
		EXPECT_WORKS(CloseHandle(section));
	}
	EXPECT_FAILS(87, section_of(self->file, PAGE_READWRITE | SEC_COMMIT | SEC_LARGE_PAGES, 0));
	EXPECT_FAILS(87, section_of(self->file, PAGE_READWRITE | SEC_FILE, 0));
}

TEST_F(data_file, SE_5_size_in_bytes)
{
	EXPECT_EQ((LONGLONG)(PAGES * PAGE + 5), basic(self->section).MaximumSize.QuadPart);
	EXPECT_EQ(0x3456,
		  basic(section_of(self->file, PAGE_READONLY, 0x3456)).MaximumSize.QuadPart);
	EXPECT_EQ(36, basic(section_of(self->file, PAGE_READWRITE, 36)).MaximumSize.QuadPart);
}

TEST_F(data_file, SE_6_an_empty_file)
{
	ASSERT_EQ(0, ftruncate(self->fd, 0));
	EXPECT_FAILS(1006, section_of(self->file, PAGE_READWRITE, 0));
	EXPECT_FAILS(1006, section_of(self->file, PAGE_READONLY, 0));
}

TEST_F(data_file, SE_7_a_section_makes_its_file_larger)
{
	HANDLE section = section_of(self->file, PAGE_READWRITE, 60 * PAGE + 1);
	char *view = view_of(section, FILE_MAP_WRITE);

	ASSERT_NE(NULL, view);
	EXPECT_EQ((LONGLONG)(60 * PAGE + 1), size_of(self->file));
	EXPECT_READS(0, view + 60 * PAGE);
	EXPECT_WRITES(view + 60 * PAGE, 3);
	EXPECT_EQ(3, byte_of(self->fd, 60 * PAGE));
	EXPECT_FAILS(8, section_of(self->file, PAGE_READONLY, 60 * PAGE + 2));
	EXPECT_FAILS(8, section_of(self->file, PAGE_WRITECOPY, 60 * PAGE + 2));
	EXPECT_FAILS(8, section_of(self->file, PAGE_READWRITE, 1ULL << 47));
	EXPECT_FAILS(112, section_of(self->file, PAGE_READWRITE, 1ULL << 30));
	EXPECT_EQ((LONGLONG)(60 * PAGE + 1), size_of(self->file));
}

TEST_F(data_file, SE_8_rights_of_the_file)
{
	static const struct {
		DWORD access, protections[8];
	} table[] = {
		{ GENERIC_READ, { PAGE_READONLY, PAGE_WRITECOPY } },
		{ READ_WRITE, { PAGE_READONLY, PAGE_READWRITE, PAGE_WRITECOPY } },
		{ GENERIC_WRITE, { 0 } },
		{ GENERIC_EXECUTE, { 0 } },
		{ GENERIC_READ | GENERIC_EXECUTE,
		  { PAGE_READONLY, PAGE_WRITECOPY, PAGE_EXECUTE_READ, PAGE_EXECUTE_WRITECOPY } },
	};
	static const DWORD all[] = { PAGE_READONLY,	     PAGE_READWRITE,
				     PAGE_WRITECOPY,	     PAGE_EXECUTE_READ,
				     PAGE_EXECUTE_READWRITE, PAGE_EXECUTE_WRITECOPY };

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		HANDLE file = open_as(self->disk.file, table[i].access, OPEN_EXISTING, 0);

		ASSERT_NE(INVALID_HANDLE_VALUE, file);
		for (size_t j = 0; j < 6; j++) {
			bool good = false;

			for (const DWORD *one = table[i].protections; *one; one++)
				good |= *one == all[j];
			if (good) {
				EXPECT_NE(NULL, section_of(file, all[j], 0));
			} else {
				EXPECT_FAILS(5, section_of(file, all[j], 0));
			}
		}
		/* What is wrong with the other parameters comes first. */
		EXPECT_FAILS(87, section_of(file, PAGE_NOACCESS, 0));
		CloseHandle(file);
	}
}

TEST_F(data_file, SE_8_descriptors_of_linux)
{
	int read_only = open(self->disk.file, O_RDONLY | O_CLOEXEC);
	int write_only = open(self->disk.file, O_WRONLY | O_CLOEXEC);
	int nothing = open(self->disk.file, O_PATH | O_CLOEXEC);
	HANDLE file = winvm_open_fd(read_only, MAXIMUM_ALLOWED);

	EXPECT_NE(NULL, section_of(file, PAGE_READONLY, 0));
	EXPECT_FAILS(5, section_of(file, PAGE_READWRITE, 0));
	EXPECT_FAILS(5, section_of(winvm_open_fd(write_only, MAXIMUM_ALLOWED), PAGE_READWRITE, 0));
	EXPECT_FAILS(5, section_of(winvm_open_fd(nothing, MAXIMUM_ALLOWED), PAGE_READONLY, 0));
	EXPECT_NE(NULL,
		  section_of(winvm_open_fd(self->fd, MAXIMUM_ALLOWED), PAGE_EXECUTE_READWRITE, 0));
}

TEST_F(data_file, SE_14_and_SE_15_of_handle_and_section)
{
	HANDLE read_only = section_of(self->file, PAGE_READONLY, 0);
	char *view = view_of(read_only, FILE_MAP_READ);

	ASSERT_NE(NULL, view);
	EXPECT_COMMITTED(view, view, (PAGES + 1) * PAGE, PAGE_READONLY);
	EXPECT_EQ((DWORD)MEM_MAPPED, region_at(view).Type);
	EXPECT_READS(1, view);
	EXPECT_VIOLATION_WRITE(view);
	EXPECT_FAILS(5, view_of(read_only, FILE_MAP_WRITE));
	EXPECT_FAILS(5, view_of(read_only, EXECUTE_READ));
	EXPECT_FAILS(87, protect(view, PAGE, PAGE_READWRITE));
	EXPECT_WORKS(protect(view, PAGE, PAGE_NOACCESS));
	EXPECT_VIOLATION_READ(view);
	EXPECT_WORKS(protect(view, PAGE, PAGE_READONLY));
	EXPECT_READS(1, view);
}

TEST_F(data_file, SE_19_to_the_byte)
{
	EXPECT_WORKS(MapViewOfFile(self->section, FILE_MAP_READ, 0, 0x20000, 8 * PAGE + 5));
	EXPECT_FAILS(5, MapViewOfFile(self->section, FILE_MAP_READ, 0, 0x20000, 8 * PAGE + 6));
	EXPECT_FAILS(1132, MapViewOfFile(self->section, FILE_MAP_READ, 0, 0x1000, 1));
	EXPECT_EQ(33, *(char *)MapViewOfFile(self->section, FILE_MAP_READ, 0, 0x20000, 0));
}

TEST_F(data_file, SE_21_the_tail_is_zero_and_stays_outside)
{
	char *view = view_of(self->section, FILE_MAP_WRITE);
	struct stat about;

	ASSERT_NE(NULL, view);
	EXPECT_EQ(0u, (uintptr_t)view % GRANULARITY);
	EXPECT_READS('!', view + PAGES * PAGE + 4);
	EXPECT_READS(0, view + PAGES * PAGE + 5);
	EXPECT_READS(0, view + PAGES * PAGE + PAGE - 1);
	EXPECT_WRITES(view + PAGES * PAGE + 5, 7);
	EXPECT_WORKS(FlushViewOfFile(view, 0));
	ASSERT_EQ(0, fstat(self->fd, &about));
	EXPECT_EQ((off_t)(PAGES * PAGE + 5), about.st_size);
}

TEST_F(data_file, SE_28_any_address_unmaps)
{
	char *view = view_of(self->section, FILE_MAP_WRITE);

	ASSERT_NE(NULL, view);
	EXPECT_WRITES(view, 9);
	EXPECT_WORKS(UnmapViewOfFile(view + 3 * PAGE + 1));
	EXPECT_FREE(view, (PAGES + 1) * PAGE);
	EXPECT_VIOLATION_READ(view);
	EXPECT_FAILS(487, UnmapViewOfFile(view));
	EXPECT_EQ(9, byte_of(self->fd, 0));
}

TEST_F(data_file, SE_29_coherent_with_everything)
{
	char *one = view_of(self->section, FILE_MAP_WRITE);
	char *two = view_of(section_of(self->file, PAGE_READONLY, 0), FILE_MAP_READ);
	char *linux_view =
		mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd, 0);

	ASSERT_NE(NULL, one);
	ASSERT_NE(NULL, two);
	ASSERT_NE(MAP_FAILED, linux_view);
	EXPECT_WRITES(one + 5 * PAGE, 'a');
	EXPECT_READS('a', two + 5 * PAGE);
	EXPECT_EQ('a', linux_view[5 * PAGE]);
	EXPECT_EQ('a', byte_of(self->fd, 5 * PAGE));
	linux_view[5 * PAGE] = 'b';
	EXPECT_READS('b', one + 5 * PAGE);
	ASSERT_EQ(1, pwrite(self->fd, "c", 1, 5 * PAGE));
	EXPECT_READS('c', two + 5 * PAGE);
	/* A protection in one view is nobody else's. */
	EXPECT_WORKS(protect(one + 5 * PAGE, PAGE, PAGE_NOACCESS));
	EXPECT_VIOLATION_READ(one + 5 * PAGE);
	EXPECT_READS('c', two + 5 * PAGE);
	EXPECT_EQ('c', linux_view[5 * PAGE]);
	EXPECT_WORKS(protect(one + 5 * PAGE, PAGE, PAGE_READONLY));
	EXPECT_VIOLATION_WRITE(one + 5 * PAGE);
	linux_view[5 * PAGE] = 'd';
	EXPECT_READS('d', one + 5 * PAGE);
	EXPECT_WORKS(protect(one + 5 * PAGE, PAGE, PAGE_READWRITE));
	EXPECT_WRITES(one + 5 * PAGE, 'e');
	EXPECT_EQ('e', linux_view[5 * PAGE]);
}

TEST_F(data_file, SE_29_holes_and_dropped_caches)
{
	char *view = view_of(self->section, FILE_MAP_WRITE);
	int caches = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);

	ASSERT_NE(NULL, view);
	EXPECT_WRITES(view + 7 * PAGE, 'x');
	EXPECT_WORKS(FlushViewOfFile(view, 0));
	EXPECT_WORKS(EmptyWorkingSet(GetCurrentProcess()));
	ASSERT_EQ(1, write(caches, "1", 1));
	EXPECT_READS('x', view + 7 * PAGE);
	EXPECT_READS(9, view + 8 * PAGE);
	ASSERT_EQ(0,
		  fallocate(self->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 7 * PAGE, PAGE));
	EXPECT_READS(0, view + 7 * PAGE);
	EXPECT_WRITES(view + 7 * PAGE, 'y');
	EXPECT_EQ('y', byte_of(self->fd, 7 * PAGE));
	close(caches);
}

TEST_F(data_file, SE_29_a_write_is_one_of_today)
{
	const struct timespec long_ago[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } };
	char *view = view_of(self->section, FILE_MAP_WRITE);
	struct stat about;

	ASSERT_NE(NULL, view);
	EXPECT_READS(1, view);
	ASSERT_EQ(0, futimens(self->fd, long_ago));
	EXPECT_WRITES(view, 'x');
	ASSERT_EQ(0, fstat(self->fd, &about));
	EXPECT_LT(1, about.st_mtime);
}

TEST_F(data_file, SE_29_in_another_process)
{
	char *view = view_of(self->section, FILE_MAP_WRITE);
	pid_t child;

	ASSERT_NE(NULL, view);
	fflush(NULL);
	child = fork();
	if (!child) {
		char *own = view_of(self->section, FILE_MAP_WRITE);

		/* SE-36: it has its parent's, too. */
		_exit(own && own != view && view[0] == 1 && own[0] == 1 && (own[PAGE] = 'c') ? 0 :
											       1);
	}
	int status = -1;

	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_READS('c', view + PAGE);
}

TEST_F(data_file, SE_30_executable_pages)
{
	HANDLE code = section_of(self->file, PAGE_EXECUTE_READWRITE, 0);
	char *view = view_of(code, FILE_MAP_EXECUTE | FILE_MAP_WRITE);

	ASSERT_NE(NULL, view);
	EXPECT_WRITES(view, (char)0xc3);
	EXPECT_EXECUTES(view);
	EXPECT_WORKS(protect(view, PAGE, PAGE_READWRITE));
	EXPECT_VIOLATION_EXECUTE(view);
	EXPECT_WORKS(protect(view, PAGE, PAGE_EXECUTE_READ));
	EXPECT_EXECUTES(view);
	EXPECT_VIOLATION_WRITE(view);
	EXPECT_EQ((char)0xc3, byte_of(self->fd, 0));
}

TEST_F(data_file, GP_1_guard_pages)
{
	char *view = view_of(self->section, FILE_MAP_WRITE);

	ASSERT_NE(NULL, view);
	EXPECT_WORKS(protect(view + PAGE, PAGE, PAGE_READWRITE | PAGE_GUARD));
	EXPECT_GUARD_READ(view + PAGE);
	EXPECT_READS(2, view + PAGE);
	EXPECT_WORKS(protect(view + PAGE, PAGE, PAGE_READONLY | PAGE_GUARD));
	EXPECT_GUARD_WRITE(view + PAGE);
	EXPECT_VIOLATION_WRITE(view + PAGE);
}

TEST_F(data_file, SE_33_flush)
{
	char *view = view_of(self->section, FILE_MAP_WRITE);
	char *memory = view_of(mapping(PAGE_READWRITE, PAGE), FILE_MAP_WRITE);
	char *private = commit(PAGE);
	IO_STATUS_BLOCK done = { .Information = 77 };
	void *base = view + PAGE + 1;
	SIZE_T bytes = PAGE;

	ASSERT_NE(NULL, view);
	EXPECT_WRITES(view, 'f');
	EXPECT_WORKS(FlushViewOfFile(view, 0));
	EXPECT_WORKS(FlushViewOfFile(view + 3, 1));
	EXPECT_WORKS(FlushViewOfFile(memory, 0));
	EXPECT_FAILS(487, (void *)(intptr_t)FlushViewOfFile(private, 0));
	EXPECT_FAILS(487, (void *)(intptr_t)FlushViewOfFile(view, (PAGES + 1) * PAGE + 1));
	EXPECT_STATUS(ST_SUCCESS, NtFlushVirtualMemory(NtCurrentProcess(), &base, &bytes, &done));
	EXPECT_EQ(view + PAGE, base);
	EXPECT_EQ(2 * PAGE, bytes);
	EXPECT_EQ(2 * PAGE, done.Information);
	base = private;
	EXPECT_STATUS(ST_NOT_MAPPED_DATA,
		      NtFlushVirtualMemory(NtCurrentProcess(), &base, &bytes, &done));
	EXPECT_STATUS(ST_ACCESS_VIOLATION,
		      NtFlushVirtualMemory(NtCurrentProcess(), &base, &bytes, NULL));
}

TEST_F(data_file, SE_34_no_end_below_a_section)
{
	ASSERT_TRUE(move_to(self->file, 2 * PAGE));
	EXPECT_FAILS(1224, (void *)(intptr_t)SetEndOfFile(self->file));
	EXPECT_EQ((LONGLONG)(PAGES * PAGE + 5), size_of(self->file));
	ASSERT_TRUE(move_to(self->file, 50 * PAGE));
	EXPECT_WORKS(SetEndOfFile(self->file));
	/* Down to what the section has. */
	ASSERT_TRUE(move_to(self->file, PAGES * PAGE + 5));
	EXPECT_WORKS(SetEndOfFile(self->file));
	CloseHandle(self->section);
	ASSERT_TRUE(move_to(self->file, 2 * PAGE));
	EXPECT_WORKS(SetEndOfFile(self->file));
	EXPECT_EQ((LONGLONG)(2 * PAGE), size_of(self->file));
	self->section = NULL;
}

TEST_F(data_file, EX_2_a_file_that_was_cut)
{
	char *view = view_of(self->section, FILE_MAP_WRITE);

	ASSERT_NE(NULL, view);
	EXPECT_READS(21, view + 20 * PAGE);
	ASSERT_EQ(0, ftruncate(self->fd, 10 * PAGE));
	EXPECT_READS(10, view + 9 * PAGE);
	EXPECT_IN_PAGE_ERROR(0, view + 20 * PAGE, probe_read((uintptr_t)view + 20 * PAGE));
	EXPECT_IN_PAGE_ERROR(1, view + 20 * PAGE, probe_write((uintptr_t)view + 20 * PAGE, 1));
	ASSERT_EQ(0, ftruncate(self->fd, 30 * PAGE));
	EXPECT_READS(0, view + 20 * PAGE);
}

TEST_F(data_file, SE_39_extend)
{
	HANDLE section = NULL, read_only = NULL;
	LARGE_INTEGER size = { .QuadPart = (LONGLONG)(50 * PAGE + 1) }, small = { .QuadPart = 1 };

	ASSERT_EQ(0, NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, NULL, PAGE_READWRITE,
				     SEC_COMMIT, self->file));
	ASSERT_EQ(0, NtCreateSection(&read_only, SECTION_ALL_ACCESS, NULL, NULL, PAGE_READONLY,
				     SEC_COMMIT, self->file));
	EXPECT_STATUS(ST_SUCCESS, NtExtendSection(section, &size));
	EXPECT_EQ((LONGLONG)(50 * PAGE + 1), size_of(self->file));
	EXPECT_EQ((LONGLONG)(50 * PAGE + 1), basic(section).MaximumSize.QuadPart);
	EXPECT_WORKS(MapViewOfFile(section, FILE_MAP_WRITE, 0, 0x30000, 2 * PAGE + 1));
	EXPECT_STATUS(ST_SUCCESS, NtExtendSection(section, &small));
	EXPECT_EQ((LONGLONG)(50 * PAGE + 1), small.QuadPart);
	EXPECT_STATUS(ST_SECTION_NOT_EXTENDED, NtExtendSection(read_only, &size));
	EXPECT_STATUS(ST_ACCESS_DENIED, NtExtendSection(self->section, &size));
	EXPECT_STATUS(
		ST_SECTION_NOT_EXTENDED,
		NtExtendSection(nt_section(SECTION_ALL_ACCESS, PAGE_READWRITE, SEC_COMMIT, PAGE),
				&size));
	size.QuadPart = 1LL << 47;
	EXPECT_STATUS(ST_SECTION_TOO_BIG, NtExtendSection(section, &size));
	size.QuadPart = 1LL << 30;
	EXPECT_STATUS(STATUS(0xc000007f), NtExtendSection(section, &size));
}

TEST_F(data_file, no_commit_is_charged)
{
	struct winvm_counters before = counters(), during;
	char *view = view_of(self->section, FILE_MAP_WRITE);

	ASSERT_NE(NULL, view);
	memset(view, 1, PAGES * PAGE);
	during = counters();
	EXPECT_EQ(before.commit_bytes, during.commit_bytes);
	EXPECT_EQ(before.system_commit_bytes, during.system_commit_bytes);
	EXPECT_EQ(before.virtual_bytes + (PAGES + 1) * PAGE, during.virtual_bytes);
}

TEST_F(data_file, NQ_3_name_and_NQ_10_type)
{
	char *view = view_of(self->section, FILE_MAP_READ), name[256] = "";
	MEMORY_REGION_INFORMATION region;

	ASSERT_NE(NULL, view);
	EXPECT_LT(0u, GetMappedFileNameA(GetCurrentProcess(), view + PAGE, name, sizeof(name)));
	EXPECT_STREQ(self->disk.file, name);
	EXPECT_STATUS(ST_SUCCESS,
		      NtQueryVirtualMemory(NtCurrentProcess(), view, MemoryRegionInformationEx,
					   &region, sizeof(region), NULL));
	EXPECT_EQ(1, region.MappedDataFile + 0);
	EXPECT_EQ(0, region.MappedPageFile + 0);
}

TEST_F(data_file, VL_1_locked_pages)
{
	char *view = view_of(self->section, FILE_MAP_WRITE);

	ASSERT_NE(NULL, view);
	EXPECT_WORKS(VirtualLock(view, 3 * PAGE));
	EXPECT_READS(2, view + PAGE);
	EXPECT_WORKS(protect(view, PAGE, PAGE_READONLY));
	EXPECT_WORKS(VirtualUnlock(view, 3 * PAGE));
	ASSERT_EQ(0, ftruncate(self->fd, PAGE));
	EXPECT_FALSE(VirtualLock(view, 3 * PAGE));
}

TEST_F(data_file, PF_1_and_working_set)
{
	char *view = view_of(self->section, FILE_MAP_WRITE);
	WIN32_MEMORY_RANGE_ENTRY entry = { view, PAGES * PAGE };
	PSAPI_WORKING_SET_EX_INFORMATION page = { .VirtualAddress = view };

	ASSERT_NE(NULL, view);
	EXPECT_WORKS(PrefetchVirtualMemory(GetCurrentProcess(), 1, &entry, 0));
	EXPECT_READS(1, view);
	EXPECT_WORKS(QueryWorkingSetEx(GetCurrentProcess(), &page, sizeof(page)));
	EXPECT_EQ(1, page.VirtualAttributes.Valid + 0);
	EXPECT_EQ(1, page.VirtualAttributes.Shared + 0);
	EXPECT_WORKS(EmptyWorkingSet(GetCurrentProcess()));
	EXPECT_WORKS(QueryWorkingSetEx(GetCurrentProcess(), &page, sizeof(page)));
	EXPECT_EQ(0, page.VirtualAttributes.Valid + 0);
	EXPECT_READS(1, view);
}

TEST_F(data_file, the_file_lives_with_its_view)
{
	char *view = view_of(self->section, FILE_MAP_WRITE);

	ASSERT_NE(NULL, view);
	CloseHandle(self->section);
	CloseHandle(self->file);
	self->section = self->file = NULL;
	ASSERT_EQ(0, unlink(self->disk.file));
	EXPECT_WRITES(view + PAGE, 'z');
	EXPECT_EQ('z', byte_of(self->fd, PAGE));
	EXPECT_WORKS(UnmapViewOfFile(view));
}

VM_TEST_MAIN
