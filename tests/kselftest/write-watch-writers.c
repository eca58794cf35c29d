// SPDX-License-Identifier: GPL-2.0
/*
 * Write watch sees whoever writes: the processor, system calls, devices, other
 * processes (SPEC WW-5, WW-7, WW-14, WW-15).
 */
#include <linux/if_xdp.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "device.h"
#include "swap.h"
#include "watch.h"

#define WRITTEN ((SIZE_T)4096)
#define PAGES	(2 * WRITTEN)
#define BYTES	(PAGES * PAGE)
#define TIMEOUT 600

#ifndef AF_XDP
#define AF_XDP 44
#endif
#ifndef SOL_XDP
#define SOL_XDP 283
#endif

/*
 * A way of writing. @begin gives what it writes from, or -1 if that cannot be
 * on this machine; @write fills a page from there.
 */
struct writer {
	int (*begin)(void);
	bool (*write)(int from, char *page);
	bool from_another_process;
};

static int begin_nothing(void)
{
	return 0;
}

static bool write_by_cpu(int from, char *page)
{
	(void)from;
	page[17]++;
	return true;
}

static int begin_file(void)
{
	int file = memfd_create("source", MFD_CLOEXEC);

	return ftruncate(file, PAGE) ? -1 : file;
}

static bool write_by_read(int from, char *page)
{
	return pread(from, page, PAGE, 0) == (ssize_t)PAGE;
}

static bool write_by_readv(int from, char *page)
{
	struct iovec pieces[2] = { { page + 3, 100 }, { page + 2000, 1000 } };

	return preadv(from, pieces, 2, 0) == 1100;
}

/* Both ends in one descriptor's word. */
static int begin_socket(void)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) || ends[0] > 0xfff)
		return -1;
	return ends[0] | ends[1] << 12;
}

static bool write_by_recv(int from, char *page)
{
	static const char message[0x1000];

	return send(from >> 12, message, sizeof(message), 0) == sizeof(message) &&
	       recv(from & 0xfff, page, PAGE, 0) == (ssize_t)PAGE;
}

/* A block device: its driver fills the page itself, not through our page tables. */
static int begin_direct(void)
{
	return swap_device(16) ? open(SWAP_DEVICE, O_RDWR | O_DIRECT | O_CLOEXEC) : -1;
}

static bool write_directly(int from, char *page)
{
	return pread(from, page, PAGE, (off_t)PAGE) == (ssize_t)PAGE;
}

static bool write_by_process_vm(int from, char *page)
{
	char value[64] = "from another process";
	struct iovec source = { value, sizeof(value) }, target = { page + 70, sizeof(value) };

	return process_vm_writev(from, &source, 1, &target, 1, 0) == sizeof(value);
}

static int begin_mem(void)
{
	return open("/proc/self/mem", O_RDWR | O_CLOEXEC);
}

static bool write_by_mem(int from, char *page)
{
	return pwrite(from, "x", 1, (off_t)(uintptr_t)page) == 1;
}

static HANDLE parent;

static bool write_by_write_process_memory(int from, char *page)
{
	char value[64] = "from another process";

	if (!parent)
		parent = OpenProcess(PROCESS_VM_OPERATION | PROCESS_VM_WRITE, FALSE, (DWORD)from);
	return WriteProcessMemory(parent, page + 70, value, sizeof(value), NULL);
}

FIXTURE(writer)
{
	char *base;
	int from;
	bool ready;
};

FIXTURE_VARIANT(writer)
{
	struct writer by;
};

FIXTURE_VARIANT_ADD(writer, cpu){
	.by = { begin_nothing, write_by_cpu, false },
};

FIXTURE_VARIANT_ADD(writer, read){
	.by = { begin_file, write_by_read, false },
};

FIXTURE_VARIANT_ADD(writer, readv){
	.by = { begin_file, write_by_readv, false },
};

FIXTURE_VARIANT_ADD(writer, recv){
	.by = { begin_socket, write_by_recv, false },
};

FIXTURE_VARIANT_ADD(writer, direct){
	.by = { begin_direct, write_directly, false },
};

FIXTURE_VARIANT_ADD(writer, proc_mem){
	.by = { begin_mem, write_by_mem, false },
};

FIXTURE_VARIANT_ADD(writer, process_vm){
	.by = { getpid, write_by_process_vm, true },
};

FIXTURE_VARIANT_ADD(writer, write_process_memory){
	.by = { getpid, write_by_write_process_memory, true },
};

FIXTURE_SETUP(writer)
{
	self->from = variant->by.begin();
	if (self->from < 0)
		SKIP(return, "no such way of writing on this kernel");
	self->base = watched(BYTES);
	ASSERT_NE(NULL, self->base);
	self->ready = true;
}

FIXTURE_TEARDOWN(writer)
{
	if (self->ready)
		EXPECT_TRUE(release(self->base));
}

/* Writes every second page, as often as there are. */
static int write_pages(const struct writer *by, int from, char *base)
{
	for (SIZE_T i = 1; i < PAGES; i += 2)
		if (!by->write(from, base + i * PAGE))
			return 1;
	return 0;
}

static bool write_by(const struct writer *by, int from, char *base)
{
	pid_t pid;
	int status;

	if (!by->from_another_process)
		return !write_pages(by, from, base);
	pid = fork();
	if (!pid)
		_exit(write_pages(by, from, base));
	return waitpid(pid, &status, 0) == pid && !status;
}

/* How many pages are told and reset, @room at a time; each odd one once, ascending. */
static SIZE_T count_told(char *base, ULONG_PTR room)
{
	static char *told[WRITTEN];
	SIZE_T total = 0;
	ULONG_PTR count;

	do {
		DWORD granularity;

		count = room;
		if (GetWriteWatch(RESET, base, BYTES, (PVOID *)told, &count, &granularity))
			return 0;
		for (ULONG_PTR i = 0; i < count; i++)
			if (told[i] != base + (2 * (total + i) + 1) * PAGE)
				return total + i;
		total += count;
	} while (count);
	return total;
}

/* The first time the pages are not there yet, then they are. */
TEST_F_TIMEOUT(writer, WW_5_all_are_told_none_twice, TIMEOUT)
{
	if (!self->ready)
		return;
	for (int time = 0; time < 3; time++) {
		ASSERT_TRUE(write_by(&variant->by, self->from, self->base));
		EXPECT_EQ(WRITTEN, count_told(self->base, time ? 1000 : WRITTEN));
		EXPECT_CLEAN(self->base, BYTES);
	}
}

/* The kernel's write is refused where the protection does, and marks nothing. */
TEST_F_TIMEOUT(writer, WW_8_what_is_refused_does_not_mark, TIMEOUT)
{
	char *page;

	if (!self->ready)
		return;
	page = self->base + PAGE;
	ASSERT_TRUE(protect(page, PAGE, PAGE_READONLY));
	/* A write of our own would be an exception: see write-watch.c. */
	if (variant->by.write != write_by_cpu)
		EXPECT_FALSE(variant->by.write(self->from, page));
	EXPECT_CLEAN(self->base, BYTES);
	EXPECT_EQ(0, page[0]);
}

/* Where Windows marks the whole buffer when the request is issued, Linux marks what arrives. */
TEST(WW_14_read_marks_what_arrives)
{
	char *base = watched(4 * PAGE);
	int ends[2];

	ASSERT_NE(NULL, base);
	ASSERT_EQ(0, pipe(ends));
	/* A request that fails marks nothing. */
	EXPECT_EQ(-1, read(-1, base, 4 * PAGE));
	EXPECT_EQ(-1, read(ends[1], base, 4 * PAGE));
	EXPECT_CLEAN(base, 4 * PAGE);
	ASSERT_EQ(2, write(ends[1], "ab", 2));
	EXPECT_EQ(2, read(ends[0], base + 2 * PAGE - 1, 2 * PAGE));
	EXPECT_WRITTEN(RESET, base, 4 * PAGE, base + PAGE, base + 2 * PAGE);
	close(ends[1]);
	EXPECT_EQ(0, read(ends[0], base, 4 * PAGE));
	EXPECT_CLEAN(base, 4 * PAGE);
}

/* What a call tells through a pointer, its status beside the data (as OVERLAPPED does). */
TEST(WW_14_structures_that_calls_fill)
{
	char *base = watched(4 * PAGE);
	ULONG_PTR *count;
	DWORD granularity;
	void *page;

	ASSERT_NE(NULL, base);
	ASSERT_EQ(0, fstat(0, (struct stat *)(void *)(base + PAGE)));
	EXPECT_WRITTEN(RESET, base, 4 * PAGE, base + PAGE);
	ASSERT_NE(0u, VirtualQuery(base, (MEMORY_BASIC_INFORMATION *)(void *)(base + 2 * PAGE),
				   sizeof(MEMORY_BASIC_INFORMATION)));
	EXPECT_WRITTEN(RESET, base, 4 * PAGE, base + 2 * PAGE);
	/* GetWriteWatch's own answer is written after it is found. */
	count = (ULONG_PTR *)(void *)(base + 3 * PAGE);
	ASSERT_EQ(0u, ResetWriteWatch(base, 4 * PAGE));
	*count = 1;
	EXPECT_WATCH_WORKS(GetWriteWatch(RESET, base, 4 * PAGE, &page, count, &granularity));
	EXPECT_EQ((ULONG_PTR)1, *count);
	EXPECT_EQ((void *)count, page);
	EXPECT_WRITTEN(0, base, 4 * PAGE, base + 3 * PAGE);
}

/* In the other process, without its help. */
TEST(WW_15_in_another_process)
{
	const SIZE_T bytes = 8 * PAGE;
	char *base, *told[8] = { 0 };
	ULONG granularity = 0;
	ULONG_PTR count = 8;
	HANDLE handle;
	pid_t pid;

	pid = fork();
	if (!pid) {
		raise(SIGSTOP);
		_exit(0);
	}
	handle = OpenProcess(PROCESS_VM_OPERATION | PROCESS_VM_WRITE, FALSE, (DWORD)pid);
	ASSERT_NE(NULL, handle);
	base = VirtualAllocEx(handle, NULL, bytes, COMMIT_WATCHED, PAGE_READWRITE);
	ASSERT_NE(NULL, base);
	ASSERT_TRUE(WriteProcessMemory(handle, base + 2 * PAGE - 1, "ab", 2, NULL));
	ASSERT_TRUE(WriteProcessMemory(handle, base + 5 * PAGE, "c", 1, NULL));
	EXPECT_STATUS(ST_SUCCESS, NtGetWriteWatch(handle, RESET, base, bytes, (PVOID *)told, &count,
						  &granularity));
	EXPECT_EQ((ULONG_PTR)3, count);
	EXPECT_EQ(base + PAGE, told[0]);
	EXPECT_EQ(base + 2 * PAGE, told[1]);
	EXPECT_EQ(base + 5 * PAGE, told[2]);
	count = 8;
	EXPECT_STATUS(ST_SUCCESS,
		      NtGetWriteWatch(handle, 0, base, bytes, (PVOID *)told, &count, &granularity));
	EXPECT_EQ((ULONG_PTR)0, count);
	ASSERT_TRUE(WriteProcessMemory(handle, base, "d", 1, NULL));
	EXPECT_STATUS(ST_SUCCESS, NtResetWriteWatch(handle, base, bytes));
	count = 8;
	EXPECT_STATUS(ST_SUCCESS,
		      NtGetWriteWatch(handle, 0, base, bytes, (PVOID *)told, &count, &granularity));
	EXPECT_EQ((ULONG_PTR)0, count);
	/* Here it is no allocation at all. */
	EXPECT_STATUS_INVALID(NtResetWriteWatch(NtCurrentProcess(), base, bytes));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	EXPECT_STATUS(ST_PROCESS_IS_TERMINATING, NtResetWriteWatch(handle, base, bytes));
}

/*
 * A copy into our memory that stands still half way: what it copies from comes
 * when the test says so. Linux has pinned the page that it copies to.
 */
struct slow_copy {
	int faults;
	char *source;
	char *target;
	pthread_t thread;
	ssize_t copied;
};

static bool slow_source(struct slow_copy *copy)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };

	copy->source = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	copy->faults = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	range.range.start = (uintptr_t)copy->source;
	range.range.len = PAGE;
	return copy->faults >= 0 && !ioctl(copy->faults, UFFDIO_API, &api) &&
	       !ioctl(copy->faults, UFFDIO_REGISTER, &range);
}

static void *copy_slowly(void *argument)
{
	struct slow_copy *copy = argument;
	struct iovec source = { copy->source, PAGE }, target = { copy->target, PAGE };

	copy->copied = process_vm_writev(getpid(), &source, 1, &target, 1, 0);
	return NULL;
}

/* Returns when the copy waits for its source. */
static bool slow_copy_begin(struct slow_copy *copy)
{
	struct uffd_msg message;

	return !pthread_create(&copy->thread, NULL, copy_slowly, copy) &&
	       read(copy->faults, &message, sizeof(message)) == sizeof(message) &&
	       message.event == UFFD_EVENT_PAGEFAULT;
}

static bool slow_copy_end(struct slow_copy *copy)
{
	static char contents[0x1000];
	struct uffdio_copy bring = {
		.dst = (uintptr_t)copy->source,
		.src = (uintptr_t)contents,
		.len = PAGE,
	};

	memset(contents, 0x5a, sizeof(contents));
	return !ioctl(copy->faults, UFFDIO_COPY, &bring) && !pthread_join(copy->thread, NULL) &&
	       copy->copied == (ssize_t)PAGE;
}

TEST(WW_7_page_that_is_being_written_stays_marked)
{
	char *base = watched(4 * PAGE);
	struct slow_copy copy = { .target = base + PAGE };

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(slow_source(&copy));
	EXPECT_WRITES(base + 2 * PAGE, 1);
	ASSERT_TRUE(slow_copy_begin(&copy));
	EXPECT_WRITTEN(RESET, base, 4 * PAGE, base + PAGE, base + 2 * PAGE);
	EXPECT_WRITTEN(RESET, base, 4 * PAGE, base + PAGE);
	EXPECT_WATCH_WORKS(ResetWriteWatch(base, 4 * PAGE));
	EXPECT_READS(0, base + PAGE);
	ASSERT_TRUE(slow_copy_end(&copy));
	EXPECT_READS(0x5a, base + PAGE);
	/* It is told after it happened, and no more. */
	EXPECT_WRITTEN(RESET, base, 4 * PAGE, base + PAGE);
	EXPECT_CLEAN(base, 4 * PAGE);
	EXPECT_WRITES(base + PAGE, 1);
	EXPECT_WRITTEN(RESET, base, 4 * PAGE, base + PAGE);
}

/* Memory that a device is given for as long as a socket lives. */
static int pinned_by_socket(char *base, SIZE_T bytes)
{
	struct xdp_umem_reg memory = {
		.addr = (uintptr_t)base,
		.len = bytes,
		.chunk_size = (uint32_t)PAGE,
	};
	int fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd >= 0 && !setsockopt(fd, SOL_XDP, XDP_UMEM_REG, &memory, sizeof(memory)))
		return fd;
	close(fd);
	return -1;
}

TEST(WW_7_page_that_is_pinned_stays_marked)
{
	char *base = watched(4 * PAGE);
	int fd, tries = 0;

	ASSERT_NE(NULL, base);
	fd = pinned_by_socket(base + PAGE, 2 * PAGE);
	if (fd < 0)
		SKIP(return, "no AF_XDP sockets on this kernel");
	for (int time = 0; time < 2; time++)
		EXPECT_WRITTEN(RESET, base, 4 * PAGE, base + PAGE, base + 2 * PAGE);
	close(fd);
	/* The pages are let go a little later. */
	while (tries++ < 100 && watch_get(RESET, base, 4 * PAGE).count)
		usleep(20000);
	EXPECT_CLEAN(base, 4 * PAGE);
}

VM_TEST_MAIN
