// SPDX-License-Identifier: GPL-2.0
/* Opening, closing and deleting files, their names, and the rights of handles (SPEC SE-8). */
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <winvm.h>

#include "files.h"

FIXTURE(file)
{
	struct directory directory;
	const char *path;
};

FIXTURE_SETUP(file)
{
	ASSERT_TRUE(directory_begin(&self->directory));
	self->path = self->directory.file;
}

FIXTURE_TEARDOWN(file)
{
	directory_end(&self->directory);
}

static bool exists(const char *path)
{
	return !access(path, F_OK);
}

TEST_F(file, create_new)
{
	EXPECT_OPENS(0, open_as(self->path, READ_WRITE, CREATE_NEW, 0));
	EXPECT_TRUE(exists(self->path));
	EXPECT_REFUSED(80, open_as(self->path, READ_WRITE, CREATE_NEW, 0));
	EXPECT_STATUS(0xc0000035, RtlGetLastNtStatus());
	EXPECT_REFUSED(80, open_as(self->directory.path, GENERIC_READ, CREATE_NEW, 0));
}

TEST_F(file, create_always)
{
	HANDLE file;

	EXPECT_OPENS(0, open_as(self->path, READ_WRITE, CREATE_ALWAYS, 0));
	CloseHandle(file_with(self->path, "contents"));
	EXPECT_OPENS(183, open_as(self->path, READ_WRITE, CREATE_ALWAYS, 0));
	file = open_as(self->path, GENERIC_READ, OPEN_EXISTING, 0);
	EXPECT_EQ(0, size_of(file));
	EXPECT_TRUE(CloseHandle(file));
	/* It is emptied also for a handle that could not. */
	CloseHandle(file_with(self->path, "contents"));
	file = open_as(self->path, 0, CREATE_ALWAYS, 0);
	EXPECT_EQ(0, size_of(file));
	EXPECT_TRUE(CloseHandle(file));
}

TEST_F(file, open_existing)
{
	EXPECT_REFUSED(2, open_as(self->path, GENERIC_READ, OPEN_EXISTING, 0));
	EXPECT_FALSE(exists(self->path));
	CloseHandle(file_with(self->path, "contents"));
	EXPECT_OPENS(0, open_as(self->path, GENERIC_READ, OPEN_EXISTING, 0));
}

TEST_F(file, open_always)
{
	HANDLE file;

	EXPECT_OPENS(0, open_as(self->path, READ_WRITE, OPEN_ALWAYS, 0));
	CloseHandle(file_with(self->path, "contents"));
	EXPECT_OPENS(183, open_as(self->path, READ_WRITE, OPEN_ALWAYS, 0));
	file = open_as(self->path, GENERIC_READ, OPEN_EXISTING, 0);
	EXPECT_EQ(8, size_of(file));
	EXPECT_TRUE(CloseHandle(file));
}

TEST_F(file, truncate_existing)
{
	HANDLE file;

	EXPECT_REFUSED(2, open_as(self->path, GENERIC_WRITE, TRUNCATE_EXISTING, 0));
	EXPECT_FALSE(exists(self->path));
	CloseHandle(file_with(self->path, "contents"));
	EXPECT_REFUSED(87, open_as(self->path, GENERIC_READ, TRUNCATE_EXISTING, 0));
	file = open_as(self->path, READ_WRITE, TRUNCATE_EXISTING, 0);
	EXPECT_EQ(0, size_of(file));
	EXPECT_TRUE(CloseHandle(file));
}

/* A link to nowhere cannot be opened and is no new name: its target is created. */
TEST_F(file, open_always_by_a_link_to_nowhere)
{
	char target[80];

	snprintf(target, sizeof(target), "%s.target", self->path);
	ASSERT_EQ(0, symlink(target, self->path));
	EXPECT_REFUSED(2, open_as(self->path, GENERIC_READ, OPEN_EXISTING, 0));
	EXPECT_REFUSED(80, open_as(self->path, READ_WRITE, CREATE_NEW, 0));
	EXPECT_OPENS(0, open_as(self->path, READ_WRITE, OPEN_ALWAYS, 0));
	EXPECT_EQ(0, unlink(target));
}

TEST_F(file, no_such_place)
{
	char path[PATH_MAX + 2];

	EXPECT_REFUSED(3, open_as(NULL, GENERIC_READ, OPEN_EXISTING, 0));
	EXPECT_REFUSED(3, open_as("", GENERIC_READ, OPEN_EXISTING, 0));
	EXPECT_REFUSED(3, CreateFileW(NULL, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL));
	snprintf(path, sizeof(path), "%s/not/there", self->directory.path);
	EXPECT_REFUSED(3, open_as(path, GENERIC_READ, OPEN_EXISTING, 0));
	EXPECT_REFUSED(3, open_as(path, READ_WRITE, CREATE_NEW, 0));
	EXPECT_REFUSED(3, open_as(path, READ_WRITE, OPEN_ALWAYS, 0));
	CloseHandle(file_with(self->path, ""));
	snprintf(path, sizeof(path), "%s/below", self->path);
	EXPECT_REFUSED(3, open_as(path, GENERIC_READ, OPEN_EXISTING, 0));
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = 0;
	EXPECT_REFUSED(206, open_as(path, GENERIC_READ, OPEN_EXISTING, 0));
	EXPECT_REFUSED(2, open_as("/no such file", GENERIC_READ, OPEN_EXISTING, 0));
	ASSERT_EQ(0, chdir(self->directory.path));
	EXPECT_REFUSED(2, open_as("other", GENERIC_READ, OPEN_EXISTING, 0));
	EXPECT_OPENS(0, open_as("file", GENERIC_READ, OPEN_EXISTING, 0));
}

TEST_F(file, directories_are_no_files)
{
	const char *path = self->directory.path;

	EXPECT_REFUSED(5, open_as(path, GENERIC_READ, OPEN_EXISTING, 0));
	EXPECT_REFUSED(5, open_as(path, READ_WRITE, OPEN_EXISTING, 0));
	EXPECT_REFUSED(5, open_as(path, 0, OPEN_EXISTING, 0));
	EXPECT_REFUSED(5, open_as(path, READ_WRITE, OPEN_ALWAYS, 0));
	EXPECT_REFUSED(5, open_as(path, READ_WRITE, CREATE_ALWAYS, 0));
	EXPECT_FAILS(5, DeleteFileA(path));
}

TEST_F(file, bad_arguments)
{
	EXPECT_REFUSED(87, open_as(self->path, READ_WRITE, 0, 0));
	EXPECT_REFUSED(87, open_as(self->path, READ_WRITE, 6, 0));
	EXPECT_REFUSED(87, CreateFileA(self->path, READ_WRITE, 8, NULL, CREATE_NEW, 0, NULL));
	EXPECT_REFUSED(50, open_as(self->path, READ_WRITE, CREATE_NEW, FILE_FLAG_OVERLAPPED));
	EXPECT_REFUSED(50, open_as(self->path, READ_WRITE, CREATE_NEW, FILE_FLAG_BACKUP_SEMANTICS));
	EXPECT_REFUSED(50,
		       open_as(self->path, READ_WRITE, CREATE_NEW, FILE_FLAG_OPEN_REPARSE_POINT));
	EXPECT_REFUSED(50, open_as(self->path, READ_WRITE, CREATE_NEW, FILE_ATTRIBUTE_ENCRYPTED));
	EXPECT_REFUSED(50, CreateFileA(self->path, READ_WRITE, 0, NULL, CREATE_NEW, 0, (HANDLE)4));
	EXPECT_REFUSED(50, open_as(self->path, MAXIMUM_ALLOWED, CREATE_NEW, 0));
	EXPECT_REFUSED(1314,
		       open_as(self->path, READ_WRITE | ACCESS_SYSTEM_SECURITY, CREATE_NEW, 0));
	EXPECT_REFUSED(5, open_as(self->path, 0x200, CREATE_NEW, 0));
	EXPECT_FALSE(exists(self->path));
}

TEST_F(file, names_in_utf16)
{
	static const WCHAR name[] = { '/',    't',    'm',  'p', '/', 0xe4, 0x20ac,
				      0xd83d, 0xde00, '\\', 'c', ':', 0 };
	static const WCHAR half[] = { '/', 't', 'm', 'p', '/', 0xd83d, 'x', 0 };
	static const WCHAR other_half[] = { '/', 't', 'm', 'p', '/', 0xde00, 0 };
	static const char path[] = "/tmp/\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\\c:";
	WCHAR filler[PATH_MAX + 1];

	EXPECT_FAILS(2, DeleteFileW(name));
	EXPECT_OPENS(0, CreateFileW(name, READ_WRITE, 0, NULL, CREATE_NEW, 0, NULL));
	EXPECT_TRUE(exists(path));
	EXPECT_OPENS(183, CreateFileW(name, READ_WRITE, 0, NULL, OPEN_ALWAYS, 0, NULL));
	EXPECT_WORKS(DeleteFileW(name));
	EXPECT_FALSE(exists(path));
	EXPECT_REFUSED(123, CreateFileW(half, READ_WRITE, 0, NULL, CREATE_NEW, 0, NULL));
	EXPECT_REFUSED(123, CreateFileW(other_half, READ_WRITE, 0, NULL, CREATE_NEW, 0, NULL));
	EXPECT_FAILS(123, DeleteFileW(half));
	for (size_t i = 0; i < PATH_MAX; i++)
		filler[i] = 'x';
	filler[PATH_MAX] = 0;
	EXPECT_REFUSED(206, CreateFileW(filler, READ_WRITE, 0, NULL, CREATE_NEW, 0, NULL));
	filler[PATH_MAX - 1] = 0;
	/* That fits; Linux refuses it for its length of one name. */
	EXPECT_REFUSED(206, CreateFileW(filler, READ_WRITE, 0, NULL, CREATE_NEW, 0, NULL));
}

TEST_F(file, G_6_a_handle_is_of_one_kind)
{
	HANDLE process = OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, GetCurrentProcessId());
	HANDLE file = file_with(self->path, "contents");
	MEMORY_BASIC_INFORMATION region;
	LARGE_INTEGER size;
	DWORD bytes = MARK;
	char byte;

	ASSERT_NE(NULL, process);
	EXPECT_FAILS(6, GetProcessId(file));
	EXPECT_FAILS(6, VirtualQueryEx(file, &byte, &region, sizeof(region)));
	EXPECT_FAILS(6, TerminateProcess(file, 1));
	EXPECT_FAILS(6, ReadFile(process, &byte, 1, &bytes, NULL));
	EXPECT_EQ(0u, bytes);
	EXPECT_STATUS(0xc0000024, RtlGetLastNtStatus());
	EXPECT_FAILS(6, WriteFile(INVALID_HANDLE_VALUE, &byte, 1, &bytes, NULL));
	EXPECT_FAILS(6, GetFileSizeEx(NULL, &size));
	EXPECT_FAILS(6, SetEndOfFile(process));
	EXPECT_FAILS(6, FlushFileBuffers(process));
	EXPECT_FAILS(6, GetFileType(process));
	EXPECT_EQ(GetCurrentProcessId(), GetProcessId(process));
	EXPECT_WORKS(CloseHandle(file));
	EXPECT_FAILS(6, CloseHandle(file));
	EXPECT_FAILS(6, GetFileSizeEx(file, &size));
	EXPECT_STATUS(0, NtClose(process));
	EXPECT_STATUS(0xc0000008, NtClose(process));
	EXPECT_STATUS(0, NtClose(GetCurrentProcess()));
}

/* What was asked for is what the handle may do. */
TEST_F(file, SE_8_rights)
{
	HANDLE file = file_with(self->path, "contents");
	DWORD bytes;
	char byte = 'x';

	ASSERT_NE(INVALID_HANDLE_VALUE, file);
	EXPECT_TRUE(CloseHandle(file));
	file = open_as(self->path, GENERIC_READ, OPEN_EXISTING, 0);
	EXPECT_WORKS(ReadFile(file, &byte, 1, &bytes, NULL));
	EXPECT_FAILS(5, WriteFile(file, &byte, 1, &bytes, NULL));
	EXPECT_FAILS(5, SetEndOfFile(file));
	EXPECT_FAILS(5, FlushFileBuffers(file));
	EXPECT_TRUE(CloseHandle(file));
	file = open_as(self->path, GENERIC_WRITE, OPEN_EXISTING, 0);
	EXPECT_FAILS(5, ReadFile(file, &byte, 1, &bytes, NULL));
	EXPECT_WORKS(WriteFile(file, &byte, 1, &bytes, NULL));
	EXPECT_WORKS(FlushFileBuffers(file));
	EXPECT_TRUE(CloseHandle(file));
	file = open_as(self->path, GENERIC_EXECUTE, OPEN_EXISTING, 0);
	EXPECT_FAILS(5, ReadFile(file, &byte, 1, &bytes, NULL));
	EXPECT_FAILS(5, WriteFile(file, &byte, 1, &bytes, NULL));
	EXPECT_TRUE(CloseHandle(file));
	file = open_as(self->path, GENERIC_ALL, OPEN_EXISTING, 0);
	EXPECT_WORKS(ReadFile(file, &byte, 1, &bytes, NULL));
	EXPECT_WORKS(WriteFile(file, &byte, 1, &bytes, NULL));
	EXPECT_TRUE(CloseHandle(file));
}

TEST_F(file, SE_8_no_rights_but_to_ask)
{
	HANDLE file = file_with(self->path, "contents");
	DWORD bytes;
	char byte;

	EXPECT_TRUE(CloseHandle(file));
	file = open_as(self->path, 0, OPEN_EXISTING, 0);
	EXPECT_EQ(8, size_of(file));
	EXPECT_EQ((DWORD)FILE_TYPE_DISK, GetFileType(file));
	EXPECT_FAILS(5, ReadFile(file, &byte, 1, &bytes, NULL));
	EXPECT_FAILS(5, WriteFile(file, &byte, 1, &bytes, NULL));
	EXPECT_FAILS(5, SetEndOfFile(file));
	SetLastError(MARK);
	EXPECT_EQ(INVALID_SET_FILE_POINTER, SetFilePointer(file, 0, NULL, FILE_CURRENT));
	EXPECT_EQ(5u, GetLastError());
	EXPECT_TRUE(CloseHandle(file));
}

TEST_F(file, SE_8_appending_only)
{
	HANDLE file = file_with(self->path, "contents");
	OVERLAPPED front = { .Offset = 0 };
	char text[16] = "";
	DWORD bytes;

	EXPECT_TRUE(CloseHandle(file));
	file = open_as(self->path, FILE_APPEND_DATA, OPEN_EXISTING, 0);
	EXPECT_WORKS(WriteFile(file, "12", 2, &bytes, NULL));
	EXPECT_TRUE(move_to(file, 0));
	EXPECT_WORKS(WriteFile(file, "3", 1, &bytes, NULL));
	EXPECT_WORKS(WriteFile(file, "4", 1, &bytes, &front));
	EXPECT_FAILS(5, SetEndOfFile(file));
	EXPECT_TRUE(CloseHandle(file));
	file = open_as(self->path, GENERIC_READ, OPEN_EXISTING, 0);
	EXPECT_WORKS(ReadFile(file, text, sizeof(text), &bytes, NULL));
	EXPECT_EQ(12u, bytes);
	EXPECT_STREQ("contents1234", text);
	EXPECT_TRUE(CloseHandle(file));
}

static const char *forbidden;

static void open_as_nobody(void)
{
	static const DWORD rights[] = { GENERIC_READ, GENERIC_WRITE, GENERIC_EXECUTE };

	if (setgid(65534) || setuid(65534))
		_exit(1);
	for (int i = 0; i < 3; i++)
		if (open_as(forbidden, rights[i], OPEN_EXISTING, 0) != INVALID_HANDLE_VALUE ||
		    GetLastError() != 5)
			_exit(2 + i);
	if (open_as(forbidden, FILE_READ_ATTRIBUTES, OPEN_EXISTING, 0) == INVALID_HANDLE_VALUE)
		_exit(5);
	_exit(DeleteFileA(forbidden) || GetLastError() != 5 ? 6 : 0);
}

TEST_F(file, SE_8_linux_decides_who_may)
{
	CloseHandle(file_with(self->path, "contents"));
	ASSERT_EQ(0, chmod(self->path, 0600));
	ASSERT_EQ(0, chmod(self->directory.path, 0755));
	forbidden = self->path;
	EXPECT_EQ(0, end_of(open_as_nobody));
}

TEST_F(file, a_program_that_runs_is_not_written)
{
	char command[160], *arguments[] = { self->directory.file, "600", NULL };
	pid_t pid;

	snprintf(command, sizeof(command), "cp /bin/sleep %s", self->path);
	ASSERT_EQ(0, system(command));
	ASSERT_EQ(0, posix_spawn(&pid, self->path, NULL, NULL, arguments, NULL));
	EXPECT_REFUSED(32, open_as(self->path, READ_WRITE, OPEN_EXISTING, 0));
	EXPECT_OPENS(0, open_as(self->path, GENERIC_READ, OPEN_EXISTING, 0));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	EXPECT_OPENS(0, open_as(self->path, READ_WRITE, OPEN_EXISTING, 0));
}

TEST_F(file, a_file_system_that_is_read_only)
{
	char path[80];

	ASSERT_EQ(0, mount("none", self->directory.path, "tmpfs", MS_RDONLY, NULL));
	snprintf(path, sizeof(path), "%s/new", self->directory.path);
	EXPECT_REFUSED(19, open_as(path, READ_WRITE, CREATE_NEW, 0));
	EXPECT_EQ(0, umount(self->directory.path));
}

TEST_F(file, attribute_readonly_takes_write_permission_away)
{
	struct stat about;

	umask(022);
	EXPECT_OPENS(0, open_as(self->path, READ_WRITE, CREATE_NEW, FILE_ATTRIBUTE_READONLY));
	ASSERT_EQ(0, stat(self->path, &about));
	EXPECT_EQ(0444u, about.st_mode & 07777);
	EXPECT_WORKS(DeleteFileA(self->path));
	EXPECT_OPENS(0, open_as(self->path, READ_WRITE, CREATE_NEW, FILE_ATTRIBUTE_NORMAL));
	ASSERT_EQ(0, stat(self->path, &about));
	EXPECT_EQ(0644u, about.st_mode & 07777);
}

TEST_F(file, flags_that_linux_has)
{
	HANDLE file = open_as(self->path, READ_WRITE, CREATE_NEW,
			      FILE_FLAG_WRITE_THROUGH | FILE_FLAG_NO_BUFFERING |
				      FILE_FLAG_SEQUENTIAL_SCAN);
	int direct = open(self->path, O_RDONLY | O_DIRECT | O_CLOEXEC);
	int flags = fcntl(winvm_get_fd(file), F_GETFL);
	DWORD bytes = 0;
	char *buffer = commit(PAGE);

	EXPECT_TRUE(flags & O_SYNC);
	EXPECT_EQ(direct >= 0, !!(flags & O_DIRECT));
	memset(buffer, 'x', PAGE);
	EXPECT_WORKS(WriteFile(file, buffer, PAGE, &bytes, NULL));
	EXPECT_EQ(PAGE, bytes);
	EXPECT_TRUE(fcntl(winvm_get_fd(file), F_GETFD) & FD_CLOEXEC);
	EXPECT_TRUE(CloseHandle(file));
	if (direct >= 0)
		close(direct);
	else
		TH_LOG("no O_DIRECT in /tmp: a handle without it");
	EXPECT_OPENS(0, open_as(self->path, GENERIC_READ, OPEN_EXISTING, FILE_FLAG_RANDOM_ACCESS));
}

TEST_F(file, delete)
{
	CloseHandle(file_with(self->path, "contents"));
	EXPECT_WORKS(DeleteFileA(self->path));
	EXPECT_FALSE(exists(self->path));
	EXPECT_FAILS(2, DeleteFileA(self->path));
	EXPECT_FAILS(3, DeleteFileA(""));
	EXPECT_FAILS(3, DeleteFileA(NULL));
	EXPECT_FAILS(3, DeleteFileA("/no/such/file"));
}

TEST_F(file, delete_on_close)
{
	HANDLE file = open_as(self->path, READ_WRITE, CREATE_NEW, FILE_FLAG_DELETE_ON_CLOSE);
	char path[80];

	ASSERT_NE(INVALID_HANDLE_VALUE, file);
	EXPECT_TRUE(exists(self->path));
	EXPECT_WORKS(CloseHandle(file));
	EXPECT_FALSE(exists(self->path));

	/* It goes by the name that it has by then. */
	file = open_as(self->path, READ_WRITE, CREATE_NEW, FILE_FLAG_DELETE_ON_CLOSE);
	snprintf(path, sizeof(path), "%s.renamed", self->path);
	ASSERT_EQ(0, rename(self->path, path));
	EXPECT_WORKS(CloseHandle(file));
	EXPECT_FALSE(exists(path));

	/* Another file that has got the name stays, and one named as Linux calls what is gone. */
	file = open_as(self->path, READ_WRITE, CREATE_NEW, FILE_FLAG_DELETE_ON_CLOSE);
	EXPECT_WORKS(DeleteFileA(self->path));
	snprintf(path, sizeof(path), "%s (deleted)", self->path);
	EXPECT_OPENS(0, open_as(self->path, READ_WRITE, CREATE_NEW, 0));
	EXPECT_OPENS(0, open_as(path, READ_WRITE, CREATE_NEW, 0));
	EXPECT_WORKS(CloseHandle(file));
	EXPECT_TRUE(exists(self->path));
	EXPECT_EQ(0, unlink(path));
}

static const char *temporary;

static void create_and_exit(void)
{
	exit(open_as(temporary, READ_WRITE, CREATE_NEW, FILE_FLAG_DELETE_ON_CLOSE) ==
	     INVALID_HANDLE_VALUE);
}

static void only_exit(void)
{
	exit(0);
}

TEST_F(file, delete_on_close_at_exit)
{
	HANDLE file;

	temporary = self->path;
	fflush(NULL);
	EXPECT_EQ(0, end_of(create_and_exit));
	EXPECT_FALSE(exists(self->path));
	file = open_as(self->path, READ_WRITE, CREATE_NEW, FILE_FLAG_DELETE_ON_CLOSE);
	fflush(NULL);
	EXPECT_EQ(0, end_of(only_exit));
	EXPECT_TRUE(exists(self->path));
	EXPECT_TRUE(CloseHandle(file));
	EXPECT_FALSE(exists(self->path));
}

TEST_F(file, descriptors_are_wrapped)
{
	int fd = open(self->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	HANDLE file = winvm_open_fd(fd, READ_WRITE);
	char text[8] = "";
	DWORD bytes;

	ASSERT_NE(INVALID_HANDLE_VALUE, file);
	EXPECT_NE(fd, winvm_get_fd(file));
	EXPECT_TRUE(fcntl(winvm_get_fd(file), F_GETFD) & FD_CLOEXEC);
	ASSERT_EQ(6, write(fd, "abcdef", 6));
	EXPECT_EQ(6, position_of(file));
	ASSERT_EQ(2, lseek(fd, 2, SEEK_SET));
	EXPECT_WORKS(ReadFile(file, text, 3, &bytes, NULL));
	EXPECT_STREQ("cde", text);
	EXPECT_EQ(5, lseek(fd, 0, SEEK_CUR));
	EXPECT_WORKS(CloseHandle(file));
	EXPECT_EQ(0, fcntl(fd, F_GETFD) & ~FD_CLOEXEC);
	close(fd);
	EXPECT_REFUSED(6, winvm_open_fd(fd, GENERIC_READ));
	EXPECT_REFUSED(6, winvm_open_fd(-1, GENERIC_READ));
	SetLastError(MARK);
	EXPECT_EQ(-1, winvm_get_fd(file));
	EXPECT_EQ(6u, GetLastError());
}

TEST_F(file, SE_8_rights_of_a_descriptor)
{
	int fd = open(self->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	int reader = open(self->path, O_RDONLY | O_CLOEXEC);
	int writer = open(self->path, O_WRONLY | O_CLOEXEC);
	int path = open(self->path, O_PATH | O_CLOEXEC);
	int directory = open(self->directory.path, O_RDONLY | O_CLOEXEC);

	EXPECT_REFUSED(5, winvm_open_fd(reader, READ_WRITE));
	EXPECT_REFUSED(5, winvm_open_fd(reader, GENERIC_ALL));
	EXPECT_REFUSED(5, winvm_open_fd(reader, FILE_APPEND_DATA));
	EXPECT_REFUSED(5, winvm_open_fd(writer, READ_WRITE));
	EXPECT_REFUSED(5, winvm_open_fd(writer, GENERIC_EXECUTE));
	EXPECT_REFUSED(5, winvm_open_fd(path, GENERIC_READ));
	EXPECT_REFUSED(5, winvm_open_fd(directory, GENERIC_READ));
	EXPECT_TRUE(CloseHandle(winvm_open_fd(fd, GENERIC_ALL)));
	EXPECT_TRUE(CloseHandle(winvm_open_fd(reader, GENERIC_READ | GENERIC_EXECUTE)));
	EXPECT_TRUE(CloseHandle(winvm_open_fd(writer, GENERIC_WRITE)));
	EXPECT_TRUE(CloseHandle(winvm_open_fd(path, 0)));
}

TEST_F(file, SE_8_all_rights_of_a_descriptor)
{
	int fd = open(self->path, O_RDONLY | O_CREAT | O_CLOEXEC, 0600);
	HANDLE file = winvm_open_fd(fd, MAXIMUM_ALLOWED);
	DWORD bytes;
	char byte = 0;

	EXPECT_WORKS(ReadFile(file, &byte, 1, &bytes, NULL));
	EXPECT_FAILS(5, WriteFile(file, &byte, 1, &bytes, NULL));
	EXPECT_TRUE(CloseHandle(file));
}

TEST_F(file, types)
{
	HANDLE null = open_as("/dev/null", READ_WRITE, OPEN_EXISTING, 0);
	HANDLE file = file_with(self->path, "");
	LARGE_INTEGER size;
	int ends[2];
	HANDLE pipe_end;

	ASSERT_EQ(0, pipe2(ends, O_CLOEXEC));
	pipe_end = winvm_open_fd(ends[0], GENERIC_READ);
	EXPECT_EQ((DWORD)FILE_TYPE_DISK, GetFileType(file));
	EXPECT_EQ((DWORD)FILE_TYPE_CHAR, GetFileType(null));
	EXPECT_EQ((DWORD)FILE_TYPE_PIPE, GetFileType(pipe_end));
	EXPECT_FAILS(1, GetFileSizeEx(null, &size));
	EXPECT_FAILS(1, GetFileSizeEx(pipe_end, &size));
	EXPECT_TRUE(CloseHandle(null));
	EXPECT_TRUE(CloseHandle(file));
	EXPECT_TRUE(CloseHandle(pipe_end));
}

/* Neither descriptors nor handles are lost when there are no more of them. */
TEST_F(file, out_of_descriptors)
{
	struct rlimit limit = { .rlim_cur = 64, .rlim_max = 64 };
	HANDLE files[65];
	int count = 0;

	CloseHandle(file_with(self->path, "contents"));
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	for (int round = 0; round < 2; round++) {
		int before = count;

		for (count = 0; count < 64; count++) {
			files[count] = open_as(self->path, GENERIC_READ, OPEN_EXISTING, 0);
			if (files[count] == INVALID_HANDLE_VALUE)
				break;
		}
		EXPECT_EQ(1450u, GetLastError());
		EXPECT_LT(16, count);
		EXPECT_TRUE(!round || before == count);
		for (int i = 0; i < count; i++)
			EXPECT_TRUE(CloseHandle(files[i]));
	}
}

TEST_F(file, errno_is_left_alone)
{
	HANDLE file = file_with(self->path, "contents");

	errno = ENOTTY;
	open_as("/no such file", GENERIC_READ, OPEN_EXISTING, 0);
	open_as("/no/such/file", GENERIC_READ, OPEN_EXISTING, 0);
	winvm_open_fd(-1, GENERIC_READ);
	DeleteFileA("/no such file");
	CloseHandle(file);
	EXPECT_EQ(ENOTTY, errno);
}

VM_TEST_MAIN
