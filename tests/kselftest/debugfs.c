// SPDX-License-Identifier: GPL-2.0
/* /sys/kernel/debug/winvm: what its tables say, to whom, and for how long. */
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#include "proc.h"
#include "victim.h"

#define DEBUGFS	  "/sys/kernel/debug"
#define DIRECTORY DEBUGFS "/winvm"

static bool debugfs_there(void)
{
	return !access(DIRECTORY, F_OK) ||
	       (!mount("debugfs", DEBUGFS, "debugfs", 0, NULL) && !access(DIRECTORY, F_OK));
}

/* The line of a process: its numbers, how many could be read; 0 if it is not there. */
struct line {
	int numbers;
	unsigned long id, pid, uid, reserved, peak_reserved, committed, peak_committed, books, vads;
	char comm[64];
};

static struct line line_of(pid_t pid)
{
	FILE *file = fopen(DIRECTORY "/processes", "re");
	struct line line;
	char text[512];

	while (file && fgets(text, sizeof(text), file)) {
		line.numbers = sscanf(text, "%lu %lu %lu %lu %lu %lu %lu %lu %lu %63s", &line.id,
				      &line.pid, &line.uid, &line.reserved, &line.peak_reserved,
				      &line.committed, &line.peak_committed, &line.books,
				      &line.vads, line.comm);
		if (line.numbers == 10 && line.pid == (unsigned long)pid) {
			fclose(file);
			return line;
		}
	}
	if (file)
		fclose(file);
	return (struct line){ .numbers = 0 };
}

FIXTURE(debugfs)
{
	int device;
};

FIXTURE_SETUP(debugfs)
{
	self->device = raw_open();
	ASSERT_LE(0, self->device);
	if (!debugfs_there())
		SKIP(return, "no debugfs on this kernel");
}

FIXTURE_TEARDOWN(debugfs)
{
	close(self->device);
}

TEST_F(debugfs, processes_have_a_line_each)
{
	char *base = raw_committed(self->device, 3 * RAW_MB);
	struct line line;

	ASSERT_NE(NULL, base);
	ASSERT_EQ(0u, raw_decommit(self->device, base, RAW_MB));
	line = line_of(getpid());
	ASSERT_EQ(10, line.numbers);
	EXPECT_EQ(0u, line.uid);
	EXPECT_EQ(3u << 10, line.reserved);
	EXPECT_EQ(3u << 10, line.peak_reserved);
	EXPECT_EQ(2u << 10, line.committed);
	EXPECT_EQ(3u << 10, line.peak_committed);
	EXPECT_EQ(1u, line.vads);
	EXPECT_STREQ("debugfs", line.comm);
	EXPECT_EQ(0u, raw_release(self->device, base));
}

static bool use(int ready, void *name)
{
	(void)ready;
	return raw_committed(raw_open(), 2 * RAW_PAGE) && !prctl(PR_SET_NAME, name);
}

/* A name is what its process wants it to be: it makes no lines and no columns. */
TEST_F(debugfs, names_are_escaped)
{
	static char name[] = "a b\n7 8\\";
	struct victim victim = victim_start(use, name);

	ASSERT_LT(0, victim.pid);
	EXPECT_STREQ("a\\040b\\0127\\0408\\134", line_of(victim.pid).comm);
	victim_end(&victim);
	EXPECT_EQ(0, line_of(victim.pid).numbers);
}

TEST_F(debugfs, the_commit_of_all)
{
	long before = proc_value(DIRECTORY "/commit", "committed:");
	char *base = raw_committed(self->device, 8 * RAW_MB);
	uint64_t limit = raw_counters(self->device).system_commit_limit_bytes;

	ASSERT_NE(NULL, base);
	ASSERT_LE(0, before);
	EXPECT_EQ(before + (8 << 10), proc_value(DIRECTORY "/commit", "committed:"));
	EXPECT_LE(before + (8 << 10), proc_value(DIRECTORY "/commit", "peak:"));
	EXPECT_LE(before + (8 << 10), proc_value(DIRECTORY "/commit", "promised:"));
	EXPECT_GE(before + (9 << 10), proc_value(DIRECTORY "/commit", "promised:"));
	EXPECT_LE(8 << 10, proc_value(DIRECTORY "/commit", "allowed:"));
	EXPECT_LE(1, proc_value(DIRECTORY "/commit", "processes:"));
	EXPECT_EQ((long)(limit >> 10), proc_value(DIRECTORY "/commit", "limit:"));
	EXPECT_EQ(0u, raw_release(self->device, base));
	EXPECT_EQ(before, proc_value(DIRECTORY "/commit", "committed:"));
}

static int come_and_go(void *unused)
{
	(void)unused;
	return !raw_committed(raw_open(), RAW_PAGE);
}

TEST_F(debugfs, events_are_counted)
{
	long before = proc_value(DIRECTORY "/events", "events:");

	ASSERT_LE(0, before);
	EXPECT_EQ(0, child_run(come_and_go, NULL));
	EXPECT_LE(before + 2, proc_value(DIRECTORY "/events", "events:"));
	EXPECT_LE(0, proc_value(DIRECTORY "/events", "waiting:"));
	EXPECT_LE(0, proc_value(DIRECTORY "/events", "lost:"));
}

static int open_as_user(void *unused)
{
	(void)unused;
	if (!become(USER))
		return 100;
	return open(DIRECTORY "/processes", O_RDONLY) < 0 ? errno : 0;
}

TEST_F(debugfs, for_root_alone)
{
	const char *const files[] = { "processes", "commit", "events" };
	char path[64];
	struct stat status;

	EXPECT_EQ(EACCES, child_run(open_as_user, NULL));
	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), DIRECTORY "/%s", files[i]);
		ASSERT_EQ(0, stat(path, &status));
		EXPECT_EQ(0400u, status.st_mode & 07777);
	}
}

/* Processes come and go while the table is read, byte by byte. */
TEST_F(debugfs, processes_die_while_it_is_read)
{
	pid_t pid = fork();
	char byte;

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			if (!fork())
				_exit(raw_committed(raw_open(), RAW_PAGE) == NULL);
			else
				wait(NULL);
	}
	for (int round = 0; round < 100; round++) {
		int file = open(DIRECTORY "/processes", O_RDONLY | O_CLOEXEC);

		ASSERT_LE(0, file);
		while (read(file, &byte, 1) == 1)
			;
		close(file);
	}
	EXPECT_EQ(10, line_of(getpid()).numbers);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* The module of the kernel that runs, beside this program; -1 if it is not there. */
static int module_file(void)
{
	char path[4096], file[4096 + 128];
	struct utsname kernel;
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (length < 0 || uname(&kernel))
		return -1;
	path[length] = 0;
	*strrchr(path, '/') = 0;
	snprintf(file, sizeof(file), "%s/../module/%s/winvm.ko", path, kernel.release);
	return open(file, O_RDONLY | O_CLOEXEC);
}

static bool unload(void)
{
	for (int tries = 0; tries < 1000; tries++) {
		if (!syscall(SYS_delete_module, "winvm", O_NONBLOCK))
			return true;
		usleep(10000);
	}
	return false;
}

TEST_F(debugfs, it_comes_and_goes_with_the_module)
{
	int module = module_file();

	if (module < 0)
		SKIP(return, "winvm.ko of this kernel is not beside the tests");
	close(self->device);
	ASSERT_TRUE(unload());
	EXPECT_EQ(-1, access(DIRECTORY, F_OK));
	ASSERT_EQ(0, syscall(SYS_finit_module, module, "", 0));
	close(module);
	EXPECT_EQ(0, access(DIRECTORY "/commit", R_OK));
	self->device = raw_open();
}

TEST_HARNESS_MAIN
