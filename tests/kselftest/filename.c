// SPDX-License-Identifier: GPL-2.0
/* Names of mapped files: GetMappedFileName, MemoryMappedFilenameInformation (SPEC NQ-3). */
#include <limits.h>
#include <psapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "device.h"

#define NAME_ROOM 8192

/* The whole answer, and poison behind it. */
union name_answer {
	UNICODE_STRING name;
	WCHAR text[NAME_ROOM / sizeof(WCHAR)];
	unsigned char bytes[NAME_ROOM];
};

static NTSTATUS ask_name(const void *address, void *buffer, SIZE_T length, SIZE_T *returned)
{
	return NtQueryVirtualMemory(NtCurrentProcess(), (void *)(uintptr_t)address,
				    MemoryMappedFilenameInformation, buffer, length, returned);
}

static bool is_poison(const unsigned char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (bytes[i] != 0xee)
			return false;
	return true;
}

static int a_function(int value)
{
	return value + 1;
}

static void *image_address(void)
{
	return (void *)(uintptr_t)a_function;
}

/* This program's path. */
static const char *program(void)
{
	static char path[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);

	path[length < 0 ? 0 : length] = 0;
	return path;
}

/* A page of a file that is not there yet, or NULL. */
static void *map_new_file(const char *path, int flags)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	void *view = NULL;

	if (fd >= 0 && !ftruncate(fd, PAGE))
		view = mmap(NULL, PAGE, PROT_READ, flags, fd, 0);
	if (fd >= 0)
		close(fd);
	return view == MAP_FAILED ? NULL : view;
}

FIXTURE(filename) {
	char directory[32];
	char path[64];
};

FIXTURE_SETUP(filename)
{
	strcpy(self->directory, "/tmp/filename.XXXXXX");
	ASSERT_NE(NULL, mkdtemp(self->directory));
	snprintf(self->path, sizeof(self->path), "%s/a file", self->directory);
}

FIXTURE_TEARDOWN(filename)
{
	unlink(self->path);
	rmdir(self->directory);
}

TEST_F(filename, NQ_3_name_of_the_program)
{
	char name[PATH_MAX];

	memset(name, 0xee, sizeof(name));
	EXPECT_WORKS(GetMappedFileNameA(GetCurrentProcess(), image_address(), name, sizeof(name)));
	EXPECT_STREQ(program(), name);
	EXPECT_EQ(strlen(name),
		  GetMappedFileNameA(GetCurrentProcess(), image_address(), name, sizeof(name)));
}

TEST_F(filename, NQ_3_name_of_data_whatever_the_mapping)
{
	char name[PATH_MAX];
	char *view = map_new_file(self->path, MAP_SHARED);

	ASSERT_NE(NULL, view);
	EXPECT_WORKS(GetMappedFileNameA(GetCurrentProcess(), view + 0xfff, name, sizeof(name)));
	EXPECT_STREQ(self->path, name);
	ASSERT_EQ(0, unlink(self->path));
	view = map_new_file(self->path, MAP_PRIVATE);
	ASSERT_NE(NULL, view);
	EXPECT_WORKS(GetMappedFileNameA(GetCurrentProcess(), view, name, sizeof(name)));
	EXPECT_STREQ(self->path, name);
	ASSERT_EQ(0, mprotect(view, PAGE, PROT_NONE));
	EXPECT_WORKS(GetMappedFileNameA(GetCurrentProcess(), view, name, sizeof(name)));
}

TEST_F(filename, NQ_3_counted_utf16)
{
	const char *path = program();
	union name_answer answer;
	SIZE_T length = MARK;

	memset(&answer, 0xee, sizeof(answer));
	ASSERT_EQ(ST_SUCCESS, ask_name(image_address(), &answer, sizeof(answer), &length));
	ASSERT_EQ(strlen(path) * 2, answer.name.Length);
	EXPECT_EQ(answer.name.Length + 2, answer.name.MaximumLength);
	EXPECT_EQ((void *)(answer.bytes + 16), (void *)answer.name.Buffer);
	EXPECT_EQ(16u + answer.name.MaximumLength, length);
	for (size_t i = 0; i <= strlen(path); i++)
		EXPECT_EQ(path[i], answer.name.Buffer[i]);
	EXPECT_TRUE(is_poison(answer.bytes + length, sizeof(answer) - length));
	EXPECT_STATUS(ST_SUCCESS, ask_name(image_address(), &answer, sizeof(answer), NULL));
}

/* Too little room: nothing is written but the length needed. */
TEST_F(filename, NQ_3_lengths)
{
	union name_answer answer;
	SIZE_T needed = 0, length;

	EXPECT_STATUS(ST_INFO_LENGTH_MISMATCH, ask_name(image_address(), NULL, 0, &needed));
	ASSERT_LT(18u, needed);
	ASSERT_GT(sizeof(answer), needed);
	memset(&answer, 0xee, sizeof(answer));
	for (SIZE_T room = 0; room < needed; room++) {
		length = MARK;
		EXPECT_STATUS(room < 16 ? ST_INFO_LENGTH_MISMATCH : ST_BUFFER_OVERFLOW,
			      ask_name(image_address(), &answer, room, &length));
		EXPECT_EQ(needed, length);
	}
	EXPECT_TRUE(is_poison(answer.bytes, sizeof(answer)));
	EXPECT_STATUS(ST_SUCCESS, ask_name(image_address(), &answer, needed, &length));
	EXPECT_TRUE(is_poison(answer.bytes + needed, sizeof(answer) - needed));
	EXPECT_EQ(24u, RtlNtStatusToDosError(ST_INFO_LENGTH_MISMATCH));
	EXPECT_EQ(234u, RtlNtStatusToDosError(ST_BUFFER_OVERFLOW));
}

TEST_F(filename, NQ_3_lengths_of_the_win32_forms)
{
	DWORD length = (DWORD)strlen(program());
	union name_answer answer;
	char name[PATH_MAX];

	memset(name, 0xee, sizeof(name));
	memset(&answer, 0xee, sizeof(answer));
	for (DWORD room = 0; room <= length; room++) {
		EXPECT_FAILS(122, GetMappedFileNameA(GetCurrentProcess(), image_address(), name,
						     room));
		EXPECT_FAILS(122, GetMappedFileNameW(GetCurrentProcess(), image_address(),
						     answer.text, room));
	}
	EXPECT_TRUE(is_poison((unsigned char *)name, sizeof(name)));
	EXPECT_TRUE(is_poison(answer.bytes, sizeof(answer)));
	EXPECT_EQ(length, GetMappedFileNameA(GetCurrentProcess(), image_address(), name,
					     length + 1));
	EXPECT_EQ(length, GetMappedFileNameW(GetCurrentProcess(), image_address(), answer.text,
					     length + 1));
	EXPECT_EQ(0, name[length]);
	EXPECT_EQ(0, answer.text[length]);
	EXPECT_TRUE(is_poison((unsigned char *)name + length + 1, 32));
	EXPECT_TRUE(is_poison(answer.bytes + 2 * (length + 1), 32));
}

#define EXPECT_NO_NAME(status, error, address)                                                  \
	do {                                                                                    \
		union name_answer answer_;                                                      \
		SIZE_T length_ = MARK;                                                          \
		EXPECT_STATUS(status, ask_name(address, &answer_, sizeof(answer_), &length_));  \
		EXPECT_EQ(MARK, length_);                                                       \
		EXPECT_FAILS(error, GetMappedFileNameA(GetCurrentProcess(), address,            \
						       (char *)&answer_, sizeof(answer_)));     \
		EXPECT_FAILS(error, GetMappedFileNameW(GetCurrentProcess(), address,            \
						       answer_.text, NAME_ROOM / 2));           \
	} while (0)

TEST_F(filename, NQ_3_no_file_is_mapped)
{
	char *base = reserve(4 * PAGE), local = 0;

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(commit_at(base, PAGE, PAGE_READWRITE));
	EXPECT_NO_NAME(ST_INVALID_ADDRESS, 59, base);
	EXPECT_NO_NAME(ST_INVALID_ADDRESS, 59, base + PAGE);
	EXPECT_NO_NAME(ST_INVALID_ADDRESS, 59, base + 4 * PAGE);
	EXPECT_NO_NAME(ST_INVALID_ADDRESS, 59, &local);
	EXPECT_NO_NAME(ST_INVALID_ADDRESS, 59, FIXED);
	EXPECT_NO_NAME(ST_INVALID_ADDRESS, 59, NULL);
	EXPECT_NO_NAME(ST_INVALID_ADDRESS, 59, (void *)HIGHEST_ADDRESS);
	EXPECT_NO_NAME(ST_INVALID_PARAMETER, 87, (void *)(HIGHEST_ADDRESS + 1));
	EXPECT_NO_NAME(ST_INVALID_PARAMETER, 87, (void *)UINTPTR_MAX);
}

TEST_F(filename, NQ_3_a_file_without_a_path)
{
	void *deleted = map_new_file(self->path, MAP_SHARED), *anonymous, *memory;
	int fd = memfd_create("memory", MFD_CLOEXEC);

	ASSERT_NE(NULL, deleted);
	ASSERT_EQ(0, unlink(self->path));
	EXPECT_NO_NAME(ST_FILE_INVALID, 1006, deleted);
	/* Not the new file of that name. */
	ASSERT_NE(NULL, map_new_file(self->path, MAP_SHARED));
	EXPECT_NO_NAME(ST_FILE_INVALID, 1006, deleted);
	anonymous = mmap(NULL, PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, anonymous);
	EXPECT_NO_NAME(ST_FILE_INVALID, 1006, anonymous);
	ASSERT_EQ(0, ftruncate(fd, PAGE));
	memory = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, memory);
	EXPECT_NO_NAME(ST_FILE_INVALID, 1006, memory);
}

static int ask_behind_a_root(void *directory)
{
	char name[PATH_MAX];

	/* The device is open already. */
	if (!region_at(image_address()).RegionSize || chroot(directory) || chdir("/"))
		return 1;
	if (GetMappedFileNameA(GetCurrentProcess(), image_address(), name, sizeof(name)))
		return 2;
	if (GetLastError() != 1006)
		return 3;
	/* What lies inside is named from there. */
	if (!GetMappedFileNameA(GetCurrentProcess(), map_new_file("/a file", MAP_SHARED), name,
				sizeof(name)))
		return 4;
	return strcmp(name, "/a file") ? 5 : 0;
}

TEST_F(filename, NQ_3_a_path_as_the_caller_sees_it)
{
	EXPECT_EQ(0, in_child(ask_behind_a_root, self->directory));
}

/* Deeper and deeper, until the path has 4096 bytes. */
TEST_F(filename, NQ_3_a_path_that_is_too_long)
{
	char part[201], name[PATH_MAX];
	void *view;
	int depth;

	memset(part, 'd', 200);
	part[200] = 0;
	ASSERT_EQ(0, chdir(self->directory));
	for (depth = 0; depth < 20; depth++) {
		ASSERT_EQ(0, mkdir(part, 0700));
		ASSERT_EQ(0, chdir(part));
	}
	part[PATH_MAX - 1 - 20 * 201 - strlen(self->directory) - 1] = 0;
	view = map_new_file(part, MAP_SHARED);
	ASSERT_NE(NULL, view);
	EXPECT_EQ((DWORD)PATH_MAX - 1,
		  GetMappedFileNameA(GetCurrentProcess(), view, name, sizeof(name)));
	EXPECT_EQ(0, unlink(part));
	strcat(part, "d");
	view = map_new_file(part, MAP_SHARED);
	ASSERT_NE(NULL, view);
	EXPECT_NO_NAME(ST_NAME_TOO_LONG, 206, view);
	EXPECT_EQ(0, unlink(part));
	memset(part, 'd', 200);
	part[200] = 0;
	for (; depth; depth--) {
		EXPECT_EQ(0, chdir(".."));
		EXPECT_EQ(0, rmdir(part));
	}
}

/* Names are bytes on Linux; what is no UTF-8 is shown as such. */
static const struct {
	const char *bytes;
	const WCHAR *units;
} spellings[] = {
	{ "plain", u"plain" },
	{ "\xc3\xa4\xdf\xbf", u"\u00e4\u07ff" },
	{ "\xe2\x82\xac\xef\xbf\xbd", u"\u20ac\ufffd" },
	{ "\xf0\x9d\x84\x9e\xf4\x8f\xbf\xbf", u"\U0001d11e\U0010ffff" },
	{ "a\xff" "b", u"a\ufffdb" },
	{ "\x80", u"\ufffd" },
	{ "\xc3", u"\ufffd" },
	{ "\xc3z", u"\ufffdz" },
	{ "\xc0\xaf", u"\ufffd\ufffd" },
	{ "\xe0\x80\x80", u"\ufffd\ufffd\ufffd" },
	{ "\xed\xa0\x80", u"\ufffd\ufffd\ufffd" },
	{ "\xf4\x90\x80\x80", u"\ufffd\ufffd\ufffd\ufffd" },
	{ "\xf0\x9d\x84", u"\ufffd\ufffd\ufffd" },
};

static size_t units_of(const WCHAR *text)
{
	size_t count = 0;

	while (text[count])
		count++;
	return count;
}

TEST_F(filename, NQ_3_bytes_and_utf16)
{
	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
		const WCHAR *units = spellings[i].units;
		size_t directory = strlen(self->directory) + 1;
		char path[128], bytes[128];
		WCHAR name[128];
		void *view;

		snprintf(path, sizeof(path), "%s/%s", self->directory, spellings[i].bytes);
		view = map_new_file(path, MAP_SHARED);
		ASSERT_NE(NULL, view);
		EXPECT_EQ(strlen(path),
			  GetMappedFileNameA(GetCurrentProcess(), view, bytes, sizeof(bytes)));
		EXPECT_STREQ(path, bytes);
		EXPECT_EQ(directory + units_of(units),
			  GetMappedFileNameW(GetCurrentProcess(), view, name, 128));
		EXPECT_EQ(0, memcmp(name + directory, units, 2 * (units_of(units) + 1)));
		EXPECT_EQ(0, unlink(path));
	}
}

/* The text is converted piece by piece; no piece ends amid a pair. */
TEST_F(filename, NQ_3_pairs_at_every_place)
{
	size_t directory = strlen(self->directory) + 1;
	char path[512];
	WCHAR name[512];
	void *view;

	for (size_t odd = 0; odd < 2; odd++) {
		snprintf(path, sizeof(path), "%s/", self->directory);
		if (odd)
			strcat(path, "x");
		for (int i = 0; i < 60; i++)
			strcat(path, "\xf0\x9d\x84\x9e");
		view = map_new_file(path, MAP_SHARED);
		ASSERT_NE(NULL, view);
		ASSERT_EQ(directory + odd + 120,
			  GetMappedFileNameW(GetCurrentProcess(), view, name, 512));
		for (size_t i = 0; i < 120; i++)
			EXPECT_EQ(i % 2 ? 0xdd1e : 0xd834, name[directory + odd + i]);
		EXPECT_EQ(0, name[directory + odd + 120]);
		EXPECT_EQ(0, unlink(path));
	}
}

TEST_F(filename, NQ_3_bad_buffers)
{
	char *base = commit(2 * PAGE), *edge;
	SIZE_T length = MARK;

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(decommit(base + PAGE, PAGE));
	edge = base + PAGE - 20;
	EXPECT_STATUS(ST_ACCESS_VIOLATION, ask_name(image_address(), NULL, PAGE, &length));
	EXPECT_STATUS(ST_ACCESS_VIOLATION, ask_name(image_address(), edge, PAGE, NULL));
	EXPECT_STATUS(ST_SUCCESS, ask_name(image_address(), base + 1, PAGE, (void *)8));
	EXPECT_FAILS(998, GetMappedFileNameA(GetCurrentProcess(), image_address(), NULL, 4096));
	EXPECT_FAILS(998, GetMappedFileNameA(GetCurrentProcess(), image_address(), base + PAGE - 4,
					     4096));
	EXPECT_FAILS(998, GetMappedFileNameW(GetCurrentProcess(), image_address(),
					     (void *)(base + PAGE - 4), 4096));
	/* A buffer in a guard page consumes it (SPEC GP-5). */
	ASSERT_TRUE(protect(base, PAGE, PAGE_READWRITE | PAGE_GUARD));
	EXPECT_STATUS(ST_GUARD_PAGE_VIOLATION, ask_name(image_address(), base, PAGE, NULL));
	EXPECT_STATUS(ST_SUCCESS, ask_name(image_address(), base, PAGE, NULL));
}

static HANDLE sleeping_child(DWORD access, pid_t *pid)
{
	*pid = fork();
	if (!*pid) {
		pause();
		_exit(0);
	}
	return OpenProcess(access, FALSE, (DWORD)*pid);
}

TEST_F(filename, NQ_3_in_another_process)
{
	char name[PATH_MAX];
	HANDLE handle, reader;
	void *view = map_new_file(self->path, MAP_SHARED);
	pid_t pid, other;

	ASSERT_NE(NULL, view);
	handle = sleeping_child(PROCESS_QUERY_INFORMATION, &pid);
	ASSERT_NE(NULL, handle);
	/* Gone from here, the child has it still. */
	ASSERT_EQ(0, munmap(view, PAGE));
	EXPECT_FAILS(59, GetMappedFileNameA(GetCurrentProcess(), view, name, sizeof(name)));
	EXPECT_WORKS(GetMappedFileNameA(handle, view, name, sizeof(name)));
	EXPECT_STREQ(self->path, name);
	reader = sleeping_child(PROCESS_VM_READ, &other);
	ASSERT_NE(NULL, reader);
	EXPECT_FAILS(5, GetMappedFileNameA(reader, image_address(), name, sizeof(name)));
	EXPECT_FAILS(6, GetMappedFileNameA(NULL, image_address(), name, sizeof(name)));
	kill(pid, SIGKILL);
	kill(other, SIGKILL);
	waitpid(pid, NULL, 0);
	EXPECT_FAILS(5, GetMappedFileNameA(handle, image_address(), name, sizeof(name)));
}

/* Linux can map a file over an allocation; it is the file that is there then. */
TEST_F(filename, NQ_3_a_file_over_an_allocation)
{
	char *base = commit(3 * PAGE), name[PATH_MAX];
	int fd;

	ASSERT_NE(NULL, base);
	ASSERT_NE(NULL, map_new_file(self->path, MAP_SHARED));
	fd = open(self->path, O_RDWR | O_CLOEXEC);
	ASSERT_EQ(base + PAGE, mmap(base + PAGE, PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0));
	EXPECT_WORKS(GetMappedFileNameA(GetCurrentProcess(), base + PAGE, name, sizeof(name)));
	EXPECT_STREQ(self->path, name);
	EXPECT_NO_NAME(ST_INVALID_ADDRESS, 59, base);
	EXPECT_NO_NAME(ST_INVALID_ADDRESS, 59, base + 2 * PAGE);
	ASSERT_EQ(0, munmap(base + PAGE, PAGE));
	EXPECT_NO_NAME(ST_INVALID_ADDRESS, 59, base + PAGE);
}

VM_TEST_MAIN
