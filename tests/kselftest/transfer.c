// SPDX-License-Identifier: GPL-2.0
/* Reading and writing files: bytes, positions, sizes, and what buffers go through. */
#include <pthread.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <winvm.h>

#include "files.h"
#include "swap.h"

#define GIGABYTE ((LONGLONG)1 << 30)

FIXTURE(transfer)
{
	struct directory directory;
	const char *path;
};

FIXTURE_SETUP(transfer)
{
	ASSERT_TRUE(directory_begin(&self->directory));
	self->path = self->directory.file;
}

FIXTURE_TEARDOWN(transfer)
{
	directory_end(&self->directory);
}

TEST_F(transfer, the_file_pointer_moves)
{
	HANDLE file = file_with(self->path, "contents");
	char text[16] = "";
	DWORD bytes = MARK;

	EXPECT_WORKS(ReadFile(file, text, 3, &bytes, NULL));
	EXPECT_EQ(3u, bytes);
	EXPECT_EQ(3, position_of(file));
	EXPECT_WORKS(WriteFile(file, "TE", 2, &bytes, NULL));
	EXPECT_EQ(2u, bytes);
	EXPECT_EQ(5, position_of(file));
	/* What there is, and then nothing. */
	EXPECT_WORKS(ReadFile(file, text, sizeof(text), &bytes, NULL));
	EXPECT_EQ(3u, bytes);
	EXPECT_EQ(0, memcmp(text, "nts", 3));
	EXPECT_WORKS(ReadFile(file, text, sizeof(text), &bytes, NULL));
	EXPECT_EQ(0u, bytes);
	EXPECT_TRUE(move_to(file, 0));
	EXPECT_WORKS(ReadFile(file, text, sizeof(text), NULL, NULL));
	EXPECT_EQ(0, memcmp(text, "conTEnts", 8));
	EXPECT_TRUE(CloseHandle(file));
}

TEST_F(transfer, no_bytes)
{
	HANDLE file = file_with(self->path, "contents");
	DWORD bytes = MARK;

	EXPECT_WORKS(ReadFile(file, NULL, 0, &bytes, NULL));
	EXPECT_EQ(0u, bytes);
	bytes = MARK;
	EXPECT_WORKS(WriteFile(file, NULL, 0, &bytes, NULL));
	EXPECT_EQ(0u, bytes);
	EXPECT_EQ(0, position_of(file));
	EXPECT_EQ(8, size_of(file));
	EXPECT_TRUE(CloseHandle(file));
}

TEST_F(transfer, overlapped_tells_where)
{
	HANDLE file = file_with(self->path, "contents");
	OVERLAPPED at = { .Internal = MARK, .Offset = 3 };
	char text[16] = "";
	DWORD bytes = MARK;

	EXPECT_WORKS(ReadFile(file, text, 4, &bytes, &at));
	EXPECT_STREQ("tent", text);
	EXPECT_EQ(4u, bytes);
	EXPECT_EQ(0u, at.Internal);
	EXPECT_EQ(4u, at.InternalHigh);
	EXPECT_EQ(7, position_of(file));
	at.Offset = 1;
	EXPECT_WORKS(WriteFile(file, "O", 1, NULL, &at));
	EXPECT_EQ(1u, at.InternalHigh);
	EXPECT_EQ(2, position_of(file));
	/* The end of the file is an error here. */
	at.Offset = 8;
	EXPECT_FAILS(38, ReadFile(file, text, 4, &bytes, &at));
	EXPECT_EQ(0u, bytes);
	EXPECT_EQ(0xc0000011u, at.Internal);
	EXPECT_EQ(0u, at.InternalHigh);
	at.Offset = 6;
	EXPECT_WORKS(ReadFile(file, text, 4, &bytes, &at));
	EXPECT_EQ(2u, bytes);
	/* Past it: the file grows. */
	at.Offset = 0;
	at.OffsetHigh = 1;
	EXPECT_WORKS(WriteFile(file, "far", 3, &bytes, &at));
	EXPECT_EQ(4 * GIGABYTE + 3, size_of(file));
	EXPECT_EQ(4 * GIGABYTE + 3, position_of(file));
	EXPECT_TRUE(CloseHandle(file));
}

TEST_F(transfer, overlapped_at_the_end_and_here)
{
	HANDLE file = file_with(self->path, "contents");
	OVERLAPPED end = { .Offset = 0xffffffff, .OffsetHigh = 0xffffffff };
	OVERLAPPED here = { .Offset = 0xfffffffe, .OffsetHigh = 0xffffffff };
	char text[16] = "";
	DWORD bytes;

	EXPECT_WORKS(WriteFile(file, "!?", 2, &bytes, &end));
	EXPECT_EQ(10, position_of(file));
	EXPECT_TRUE(move_to(file, 3));
	EXPECT_WORKS(ReadFile(file, text, 2, &bytes, &here));
	EXPECT_WORKS(WriteFile(file, "N", 1, &bytes, &here));
	EXPECT_EQ(6, position_of(file));
	EXPECT_TRUE(move_to(file, 0));
	EXPECT_WORKS(ReadFile(file, text, sizeof(text), &bytes, NULL));
	EXPECT_STREQ("conteNts!?", text);
	EXPECT_TRUE(CloseHandle(file));
}

TEST_F(transfer, overlapped_mistakes)
{
	HANDLE file = file_with(self->path, "contents");
	OVERLAPPED negative = { .Offset = 1, .OffsetHigh = 0x80000000 };
	OVERLAPPED end = { .Offset = 0xffffffff, .OffsetHigh = 0xffffffff };
	OVERLAPPED event = { .hEvent = (HANDLE)4 };
	char text[16] = "as it was";
	DWORD bytes;

	EXPECT_FAILS(87, ReadFile(file, text, 4, &bytes, &negative));
	EXPECT_FAILS(87, WriteFile(file, text, 4, &bytes, &negative));
	EXPECT_FAILS(87, ReadFile(file, text, 4, &bytes, &end));
	EXPECT_FAILS(6, ReadFile(file, text, 4, &bytes, &event));
	EXPECT_FAILS(6, WriteFile(file, text, 4, &bytes, &event));
	EXPECT_STREQ("as it was", text);
	EXPECT_EQ(8, size_of(file));
	EXPECT_EQ(0, position_of(file));
	EXPECT_TRUE(CloseHandle(file));
}

TEST_F(transfer, positions_of_64_bits)
{
	HANDLE file = file_with(self->path, "contents");
	LARGE_INTEGER distance, now;

	distance.QuadPart = 5 * GIGABYTE;
	EXPECT_WORKS(SetFilePointerEx(file, distance, &now, FILE_BEGIN));
	EXPECT_EQ(5 * GIGABYTE, now.QuadPart);
	EXPECT_EQ(8, size_of(file));
	distance.QuadPart = -2 * GIGABYTE;
	EXPECT_WORKS(SetFilePointerEx(file, distance, &now, FILE_CURRENT));
	EXPECT_EQ(3 * GIGABYTE, now.QuadPart);
	distance.QuadPart = -3;
	EXPECT_WORKS(SetFilePointerEx(file, distance, &now, FILE_END));
	EXPECT_EQ(5, now.QuadPart);
	distance.QuadPart = -6;
	EXPECT_FAILS(131, SetFilePointerEx(file, distance, &now, FILE_CURRENT));
	EXPECT_FAILS(131, SetFilePointerEx(file, distance, &now, FILE_BEGIN));
	EXPECT_FAILS(87, SetFilePointerEx(file, distance, &now, 3));
	distance.QuadPart = INT64_MAX;
	EXPECT_FAILS(87, SetFilePointerEx(file, distance, &now, FILE_CURRENT));
	EXPECT_EQ(5, position_of(file));
	EXPECT_WORKS(SetFilePointerEx(file, (LARGE_INTEGER){ .QuadPart = 0 }, NULL, FILE_BEGIN));
	EXPECT_TRUE(CloseHandle(file));
}

/* A half that looks like a failure is told from one by the last error. */
TEST_F(transfer, positions_in_halves)
{
	HANDLE file = file_with(self->path, "contents");
	LONG high = 1;

	SetLastError(MARK);
	EXPECT_EQ(7u, SetFilePointer(file, 7, &high, FILE_BEGIN));
	EXPECT_EQ(1, high);
	EXPECT_EQ(4 * GIGABYTE + 7, position_of(file));
	high = -1;
	EXPECT_EQ(2u, SetFilePointer(file, -5, &high, FILE_CURRENT));
	EXPECT_EQ(1, high);
	EXPECT_EQ(MARK, GetLastError());
	/* 4 GB and 2 are too much without the upper half. */
	EXPECT_EQ(INVALID_SET_FILE_POINTER, SetFilePointer(file, 0, NULL, FILE_CURRENT));
	EXPECT_EQ(87u, GetLastError());
	high = 2;
	EXPECT_EQ(INVALID_SET_FILE_POINTER, SetFilePointer(file, -1, &high, FILE_BEGIN));
	EXPECT_EQ(0u, GetLastError());
	EXPECT_EQ(2, high);
	EXPECT_EQ(INVALID_SET_FILE_POINTER, SetFilePointer(file, -1, NULL, FILE_BEGIN));
	EXPECT_EQ(131u, GetLastError());
	EXPECT_EQ(8u, SetFilePointer(file, 0, NULL, FILE_END));
	EXPECT_TRUE(CloseHandle(file));
}

TEST_F(transfer, sizes_and_the_end_of_the_file)
{
	HANDLE file = file_with(self->path, "contents");
	DWORD high = MARK, bytes;
	char text[16];

	SetLastError(MARK);
	EXPECT_EQ(8u, GetFileSize(file, &high));
	EXPECT_EQ(0u, high);
	EXPECT_TRUE(move_to(file, 3));
	EXPECT_WORKS(SetEndOfFile(file));
	EXPECT_EQ(3, size_of(file));
	EXPECT_EQ(3, position_of(file));
	EXPECT_TRUE(move_to(file, 6));
	EXPECT_WORKS(SetEndOfFile(file));
	EXPECT_TRUE(move_to(file, 0));
	memset(text, 'x', sizeof(text));
	EXPECT_WORKS(ReadFile(file, text, sizeof(text), &bytes, NULL));
	EXPECT_EQ(6u, bytes);
	EXPECT_EQ(0, memcmp(text, "con\0\0\0x", 7));
	EXPECT_TRUE(move_to(file, 5 * GIGABYTE - 1));
	EXPECT_WORKS(SetEndOfFile(file));
	EXPECT_EQ((DWORD)(GIGABYTE - 1), GetFileSize(file, &high));
	EXPECT_EQ(1u, high);
	EXPECT_TRUE(move_to(file, 4 * GIGABYTE - 1));
	EXPECT_WORKS(SetEndOfFile(file));
	SetLastError(MARK);
	EXPECT_EQ(INVALID_FILE_SIZE, GetFileSize(file, NULL));
	EXPECT_EQ(0u, GetLastError());
	EXPECT_WORKS(FlushFileBuffers(file));
	EXPECT_TRUE(CloseHandle(file));
	SetLastError(MARK);
	EXPECT_EQ(INVALID_FILE_SIZE, GetFileSize(file, NULL));
	EXPECT_EQ(6u, GetLastError());
}

/* Nothing is read, and the file pointer stays, if a byte of the buffer cannot be written. */
TEST_F(transfer, EX_4_buffers_to_read_into)
{
	HANDLE file = file_with(self->path, "contents");
	char *base = reserve(4 * PAGE);
	char *bad[] = { NULL, base, base + 2 * PAGE, base + 3 * PAGE - 1, (char *)UINT64_MAX };
	DWORD bytes;

	ASSERT_TRUE(commit_at(base + PAGE, PAGE, PAGE_READWRITE));
	ASSERT_TRUE(commit_at(base + 2 * PAGE, PAGE, PAGE_READONLY));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		bytes = MARK;
		EXPECT_FAILS(998, ReadFile(file, bad[i], 4, &bytes, NULL));
		EXPECT_EQ(0u, bytes);
	}
	EXPECT_FAILS(998, ReadFile(file, base + 2 * PAGE - 4, 8, &bytes, NULL));
	EXPECT_READS(0, base + 2 * PAGE - 4);
	EXPECT_FAILS(998, ReadFile(file, base + PAGE, 0xffffffff, &bytes, NULL));
	EXPECT_READS(0, base + PAGE);
	EXPECT_EQ(0, position_of(file));
	EXPECT_WORKS(ReadFile(file, base + 2 * PAGE - 4, 4, &bytes, NULL));
	EXPECT_READS('c', base + 2 * PAGE - 4);
	EXPECT_TRUE(CloseHandle(file));
}

/* As above; the error has another name. */
TEST_F(transfer, EX_4_buffers_to_write_from)
{
	HANDLE file = file_with(self->path, "contents");
	char *base = reserve(4 * PAGE);
	char *bad[] = { NULL, base, base + 2 * PAGE, (char *)UINT64_MAX };
	DWORD bytes;

	ASSERT_TRUE(commit_at(base + PAGE, PAGE, PAGE_READONLY));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		bytes = MARK;
		EXPECT_FAILS(1784, WriteFile(file, bad[i], 4, &bytes, NULL));
		EXPECT_EQ(0u, bytes);
	}
	EXPECT_FAILS(1784, WriteFile(file, base + 2 * PAGE - 4, 8, &bytes, NULL));
	EXPECT_FAILS(1784, WriteFile(file, base + PAGE, 0xffffffff, &bytes, NULL));
	EXPECT_EQ(0, position_of(file));
	EXPECT_EQ(8, size_of(file));
	EXPECT_WORKS(WriteFile(file, base + 2 * PAGE - 4, 4, &bytes, NULL));
	EXPECT_TRUE(CloseHandle(file));
}

/* The call fails, the guard is gone, and the same call works then. */
TEST_F(transfer, GP_5_guard_pages)
{
	HANDLE file = file_with(self->path, "contents");
	char *base = commit(2 * PAGE);
	DWORD bytes = MARK;

	ASSERT_TRUE(protect(base + PAGE, PAGE, PAGE_READWRITE | PAGE_GUARD));
	EXPECT_FAILS(0x80000001, ReadFile(file, base + PAGE - 4, 8, &bytes, NULL));
	EXPECT_EQ(0u, bytes);
	EXPECT_EQ(0, position_of(file));
	EXPECT_COMMITTED(base, base, 2 * PAGE, PAGE_READWRITE);
	EXPECT_READS(0, base + PAGE - 4);
	EXPECT_WORKS(ReadFile(file, base + PAGE - 4, 8, &bytes, NULL));
	EXPECT_EQ(8u, bytes);
	ASSERT_TRUE(protect(base + PAGE, PAGE, PAGE_READONLY | PAGE_GUARD));
	EXPECT_FAILS(0x80000001, WriteFile(file, base + PAGE - 4, 8, &bytes, NULL));
	EXPECT_EQ(0u, bytes);
	EXPECT_EQ(8, size_of(file));
	EXPECT_WORKS(WriteFile(file, base + PAGE - 4, 8, &bytes, NULL));
	EXPECT_EQ(16, size_of(file));
	/* A handle that cannot read is found out first. */
	ASSERT_TRUE(protect(base + PAGE, PAGE, PAGE_READWRITE | PAGE_GUARD));
	EXPECT_FAILS(6, ReadFile(NULL, base + PAGE, 8, &bytes, NULL));
	EXPECT_COMMITTED(base + PAGE, base, PAGE, PAGE_READWRITE | PAGE_GUARD);
	EXPECT_TRUE(CloseHandle(file));
}

/* Bit i: page i was written since the last time. */
static unsigned int written(char *base, SIZE_T pages)
{
	void *addresses[16];
	ULONG_PTR count = 16;
	unsigned int bits = 0;
	DWORD granularity;

	if (GetWriteWatch(WRITE_WATCH_FLAG_RESET, base, pages * PAGE, addresses, &count,
			  &granularity))
		return ~0u;
	for (ULONG_PTR i = 0; i < count; i++)
		bits |= 1u << (((char *)addresses[i] - base) / (ptrdiff_t)PAGE);
	return bits;
}

TEST_F(transfer, WW_14_the_whole_buffer_counts_as_written)
{
	HANDLE file = file_with(self->path, "contents");
	char *base = VirtualAlloc(NULL, 8 * PAGE, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH,
				  PAGE_READWRITE);
	DWORD bytes;

	ASSERT_NE(NULL, base);
	EXPECT_EQ(0u, written(base, 8));
	EXPECT_WORKS(ReadFile(file, base + PAGE + 1, 3 * PAGE, &bytes, NULL));
	EXPECT_EQ(8u, bytes);
	EXPECT_EQ(0x1eu, written(base, 8));
	EXPECT_READS('c', base + PAGE + 1);
	EXPECT_READS(0, base + 3 * PAGE);
	/* At the end of the file: nothing arrives. */
	EXPECT_WORKS(ReadFile(file, base + 5 * PAGE, PAGE, &bytes, NULL));
	EXPECT_EQ(0u, bytes);
	EXPECT_EQ(0x20u, written(base, 8));
	/* Nor does one byte too many count. */
	EXPECT_WORKS(ReadFile(file, base + 6 * PAGE - 1, 1, &bytes, NULL));
	EXPECT_EQ(0x20u, written(base, 8));
	/* Nothing was asked for. */
	EXPECT_WORKS(ReadFile(file, base, 0, &bytes, NULL));
	EXPECT_EQ(0u, written(base, 8));
	EXPECT_TRUE(CloseHandle(file));
}

TEST_F(transfer, WW_14_what_was_never_issued_marks_nothing)
{
	HANDLE file = file_with(self->path, "contents"), writer;
	OVERLAPPED negative = { .OffsetHigh = 0x80000000 };
	char *base = VirtualAlloc(NULL, 8 * PAGE, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH,
				  PAGE_READWRITE);
	DWORD bytes;

	ASSERT_NE(NULL, base);
	writer = open_as(self->path, GENERIC_WRITE, OPEN_EXISTING, 0);
	EXPECT_FAILS(6, ReadFile((HANDLE)0xdeadbeef, base, PAGE, &bytes, NULL));
	EXPECT_FAILS(5, ReadFile(writer, base, PAGE, &bytes, NULL));
	EXPECT_FAILS(87, ReadFile(file, base, PAGE, &bytes, &negative));
	EXPECT_WORKS(WriteFile(writer, base, PAGE, &bytes, NULL));
	EXPECT_EQ(0u, written(base, 8));
	EXPECT_TRUE(CloseHandle(file));
	EXPECT_TRUE(CloseHandle(writer));
}

TEST_F(transfer, WW_14_the_overlapped_structure_is_written)
{
	HANDLE file = file_with(self->path, "contents");
	char *base = VirtualAlloc(NULL, 8 * PAGE, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH,
				  PAGE_READWRITE);

	ASSERT_NE(NULL, base);
	EXPECT_WORKS(ReadFile(file, base, 1, NULL, (OVERLAPPED *)(base + 3 * PAGE)));
	EXPECT_EQ(0x9u, written(base, 8));
	EXPECT_WORKS(WriteFile(file, base, 1, NULL, (OVERLAPPED *)(base + 3 * PAGE)));
	EXPECT_EQ(0x8u, written(base, 8));
	EXPECT_TRUE(CloseHandle(file));
}

#define CELLS 16

struct counting {
	char *base;
	volatile bool stop;
	uint64_t lost;
};

/* Writes the first byte of each page, and then looks whether it is still there. */
static void *count_on(void *argument)
{
	struct counting *counting = argument;
	volatile uint8_t *cells = (volatile uint8_t *)counting->base;

	for (uint8_t i = 1; !counting->stop; i++) {
		for (SIZE_T cell = 0; cell < CELLS; cell++)
			cells[cell * PAGE] = i;
		for (SIZE_T cell = 0; cell < CELLS; cell++)
			counting->lost += cells[cell * PAGE] != i;
	}
	return NULL;
}

/* The buffer is written without a change: what other threads put there stays. */
TEST_F(transfer, WW_14_no_write_of_another_thread_is_lost)
{
	HANDLE file = file_with(self->path, "");
	struct counting counting = { .base = commit(CELLS * PAGE) };
	pthread_t thread;
	DWORD bytes;

	ASSERT_NE(NULL, counting.base);
	ASSERT_EQ(0, pthread_create(&thread, NULL, count_on, &counting));
	for (int i = 0; i < 20000; i++)
		ASSERT_TRUE(ReadFile(file, counting.base, (DWORD)(CELLS * PAGE), &bytes, NULL));
	counting.stop = true;
	pthread_join(thread, NULL);
	EXPECT_EQ(0u, counting.lost);
	EXPECT_TRUE(CloseHandle(file));
}

static void no_action(int number)
{
	(void)number;
}

/* A signal that interrupts the system call does not interrupt ReadFile. */
TEST_F(transfer, signals_do_not_end_a_read)
{
	struct itimerval often = { { 0, 5000 }, { 0, 5000 } }, never = { 0 };
	struct sigaction action = { .sa_handler = no_action };
	char text[8] = "";
	DWORD bytes = MARK;
	HANDLE reader;
	int ends[2];
	pid_t pid;

	ASSERT_EQ(0, pipe2(ends, O_CLOEXEC));
	reader = winvm_open_fd(ends[0], GENERIC_READ);
	pid = fork();
	if (!pid) {
		usleep(300000);
		_exit(write(ends[1], "abc", 3) != 3);
	}
	close(ends[1]);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	EXPECT_WORKS(ReadFile(reader, text, sizeof(text), &bytes, NULL));
	setitimer(ITIMER_REAL, &never, NULL);
	EXPECT_EQ(3u, bytes);
	EXPECT_STREQ("abc", text);
	waitpid(pid, NULL, 0);
	EXPECT_FAILS(109, ReadFile(reader, text, sizeof(text), &bytes, NULL));
	EXPECT_TRUE(CloseHandle(reader));
}

TEST_F(transfer, pipes_give_what_they_have)
{
	OVERLAPPED anywhere = { .Offset = 77 };
	HANDLE reader, writer;
	char text[8] = "";
	DWORD bytes;
	int ends[2];

	ASSERT_EQ(0, pipe2(ends, O_CLOEXEC));
	reader = winvm_open_fd(ends[0], GENERIC_READ);
	writer = winvm_open_fd(ends[1], GENERIC_WRITE);
	EXPECT_WORKS(WriteFile(writer, "abcdef", 6, &bytes, &anywhere));
	EXPECT_WORKS(ReadFile(reader, text, 2, &bytes, NULL));
	EXPECT_WORKS(ReadFile(reader, text, sizeof(text), &bytes, &anywhere));
	EXPECT_STREQ("cdef", text);
	SetLastError(MARK);
	EXPECT_EQ(INVALID_SET_FILE_POINTER, SetFilePointer(reader, 0, NULL, FILE_CURRENT));
	EXPECT_EQ(1u, GetLastError());
	EXPECT_FAILS(1, FlushFileBuffers(writer));
	EXPECT_TRUE(CloseHandle(reader));
	close(ends[0]);
	signal(SIGPIPE, SIG_IGN);
	EXPECT_FAILS(232, WriteFile(writer, "abc", 3, &bytes, NULL));
	EXPECT_TRUE(CloseHandle(writer));
}

TEST_F(transfer, a_full_disk_tells_how_much_it_took)
{
	char path[80];
	char *base = commit(32 * PAGE);
	DWORD bytes = MARK;
	HANDLE file;

	ASSERT_EQ(0, mount("none", self->directory.path, "tmpfs", 0, "size=64k"));
	snprintf(path, sizeof(path), "%s/file", self->directory.path);
	file = open_as(path, READ_WRITE, CREATE_NEW, 0);
	memset(base, 'x', 32 * PAGE);
	EXPECT_FAILS(112, WriteFile(file, base, (DWORD)(32 * PAGE), &bytes, NULL));
	EXPECT_EQ(16 * PAGE, bytes);
	EXPECT_EQ((LONGLONG)(16 * PAGE), size_of(file));
	EXPECT_EQ((LONGLONG)(16 * PAGE), position_of(file));
	EXPECT_TRUE(CloseHandle(file));
	EXPECT_EQ(0, umount(self->directory.path));
}

/* Nothing is mapped at address 0, and Linux calls that an I/O error. */
TEST_F(transfer, a_device_that_fails)
{
	HANDLE file = open_as("/proc/self/mem", READ_WRITE, OPEN_EXISTING, 0);
	DWORD bytes = MARK;
	char byte = 0;

	errno = ENOTTY;
	EXPECT_FAILS(1117, ReadFile(file, &byte, 1, &bytes, NULL));
	EXPECT_EQ(0u, bytes);
	EXPECT_FAILS(1117, WriteFile(file, &byte, 1, &bytes, NULL));
	EXPECT_EQ(ENOTTY, errno);
	EXPECT_TRUE(CloseHandle(file));
}

/* A block device has a size and an end, and does without the cache. */
TEST_F(transfer, block_devices)
{
	char *buffer = commit(PAGE);
	OVERLAPPED last = { .Offset = (1 << 20) - 4096 };
	DWORD bytes = MARK;
	HANDLE file;

	if (!swap_begin(1))
		SKIP(return, "no zram in this kernel");
	ASSERT_EQ(0, swapoff(SWAP_DEVICE));
	file = open_as(SWAP_DEVICE, READ_WRITE, OPEN_EXISTING, FILE_FLAG_NO_BUFFERING);
	EXPECT_TRUE(fcntl(winvm_get_fd(file), F_GETFL) & O_DIRECT);
	EXPECT_EQ(1 << 20, size_of(file));
	EXPECT_EQ((DWORD)FILE_TYPE_DISK, GetFileType(file));
	memset(buffer, 'x', PAGE);
	EXPECT_WORKS(WriteFile(file, buffer, PAGE, &bytes, &last));
	EXPECT_FAILS(87, ReadFile(file, buffer + 1, 100, &bytes, &last));
	memset(buffer, 0, PAGE);
	EXPECT_WORKS(ReadFile(file, buffer, PAGE, &bytes, &last));
	EXPECT_EQ(PAGE, bytes);
	EXPECT_READS('x', buffer + PAGE - 1);
	EXPECT_WORKS(ReadFile(file, buffer, PAGE, &bytes, NULL));
	EXPECT_EQ(0u, bytes);
	EXPECT_FAILS(87, SetEndOfFile(file));
	EXPECT_TRUE(CloseHandle(file));
	EXPECT_TRUE(proc_write("/sys/block/zram0/reset", "1"));
}

static HANDLE inherited;

static void read_inherited(void)
{
	char byte;
	DWORD bytes;

	_exit(!ReadFile(inherited, &byte, 1, &bytes, NULL) || byte != 'c');
}

TEST_F(transfer, a_child_has_the_handle_and_shares_the_position)
{
	inherited = file_with(self->path, "contents");
	EXPECT_EQ(0, end_of(read_inherited));
	EXPECT_EQ(1, position_of(inherited));
	EXPECT_TRUE(CloseHandle(inherited));
}

VM_TEST_MAIN
