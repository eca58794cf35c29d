// SPDX-License-Identifier: GPL-2.0
/*
 * Tracepoints: what is told of calls, charges and faults, in words; and that the
 * scripts in docs/bpftrace ask for what there is.
 */
#include <glob.h>
#include <limits.h>

#include "device.h"
#include "section.h"
#include "stack.h"
#include "swap.h"
#include "tracefs.h"

#define PID	    ((int)getpid())
#define AT(address) ((unsigned long long)(uintptr_t)(address))

#define EXPECT_TOLD(...)      EXPECT_LT(0, tracefs_count(__VA_ARGS__))
#define EXPECT_TOLD_ONCE(...) EXPECT_EQ(1, tracefs_count(__VA_ARGS__))

/* Of a page of this process's: how often it was told, by @kind. */
#define EXPECT_FAULT(times, address, access, kind)                                               \
	EXPECT_EQ(times,                                                                         \
		  tracefs_count("fault: pid=%d address=0x%llx access=" access " kind=" kind " ", \
				PID, AT(address)))

FIXTURE(trace)
{
	bool ready;
};

FIXTURE_SETUP(trace)
{
	const char *reason = tracefs_begin();

	if (reason)
		SKIP(return, "%s", reason);
	self->ready = true;
	ASSERT_TRUE(tracefs_turn("", true));
	ASSERT_TRUE(tracefs_clear());
}

FIXTURE_TEARDOWN(trace)
{
	if (self->ready)
		tracefs_end();
}

TEST_F(trace, calls_are_told_with_what_they_answer)
{
	char *base = reserve(16 * PAGE);
	DWORD old;

	ASSERT_NE(NULL, base);
	EXPECT_TOLD_ONCE("alloc: pid=%d base=0x%llx bytes=65536 type=MEM_RESERVE "
			 "protect=PAGE_READWRITE status=0x0",
			 PID, AT(base));
	EXPECT_WORKS(VirtualAlloc(base, 1, MEM_COMMIT, PAGE_READWRITE | PAGE_GUARD));
	EXPECT_TOLD_ONCE("alloc: pid=%d base=0x%llx bytes=4096 type=MEM_COMMIT "
			 "protect=PAGE_READWRITE|PAGE_GUARD status=0x0",
			 PID, AT(base));
	EXPECT_WORKS(VirtualProtect(base, PAGE, PAGE_EXECUTE_READ, &old));
	EXPECT_TOLD_ONCE("protect: pid=%d base=0x%llx bytes=4096 protect=PAGE_EXECUTE_READ "
			 "old_protect=PAGE_READWRITE|PAGE_GUARD status=0x0",
			 PID, AT(base));
	EXPECT_FAILS(487, VirtualProtect(base + PAGE, PAGE, PAGE_READONLY, &old));
	EXPECT_TOLD_ONCE("protect: pid=%d base=0x%llx bytes=4096 protect=PAGE_READONLY "
			 "old_protect= status=0xc000002d",
			 PID, AT(base + PAGE));
	EXPECT_WORKS(VirtualFree(base, PAGE, MEM_DECOMMIT));
	EXPECT_TOLD_ONCE("free: pid=%d base=0x%llx bytes=4096 type=MEM_DECOMMIT status=0x0", PID,
			 AT(base));
	EXPECT_WORKS(VirtualFree(base, 0, MEM_RELEASE));
	EXPECT_TOLD_ONCE("free: pid=%d base=0x%llx bytes=65536 type=MEM_RELEASE status=0x0", PID,
			 AT(base));
}

TEST_F(trace, views_are_told)
{
	HANDLE section = mapping(PAGE_READWRITE, 16 * PAGE);
	char *view = view_of(section, FILE_MAP_COPY);

	ASSERT_NE(NULL, view);
	EXPECT_TOLD_ONCE("map_view: pid=%d base=0x%llx bytes=65536 offset=0 type= "
			 "protect=PAGE_WRITECOPY status=0x0",
			 PID, AT(view));
	EXPECT_WRITES(view, 1);
	EXPECT_FAULT(1, view, "write", "copy-on-write");
	EXPECT_WORKS(UnmapViewOfFile(view));
	EXPECT_TOLD_ONCE("unmap_view: pid=%d base=0x%llx flags= status=0x0", PID, AT(view));
	CloseHandle(section);
}

/* Only what is new is charged, and what was is returned. */
TEST_F(trace, charges_are_told)
{
	char *base = reserve(16 * PAGE);
	struct winvm_counters before = counters();

	ASSERT_TRUE(commit_at(base, 2 * PAGE, PAGE_READWRITE));
	EXPECT_TOLD_ONCE("commit: pid=%d base=0x%llx bytes=8192 charged=8192 "
			 "protect=PAGE_READWRITE status=0x0",
			 PID, AT(base));
	ASSERT_TRUE(commit_at(base, 3 * PAGE, PAGE_READONLY));
	EXPECT_TOLD_ONCE("commit: pid=%d base=0x%llx bytes=12288 charged=4096 "
			 "protect=PAGE_READONLY status=0x0",
			 PID, AT(base));
	ASSERT_TRUE(release(base));
	EXPECT_TOLD_ONCE("decommit: pid=%d base=0x%llx bytes=65536 returned=12288", PID, AT(base));
	EXPECT_FAILS(1455, commit(before.system_commit_limit_bytes + PAGE));
	EXPECT_TOLD_ONCE("refused: pid=%d bytes=%llu limit=system", PID,
			 (unsigned long long)before.system_commit_limit_bytes + PAGE);
	EXPECT_FAILS(1455, mapping(PAGE_READWRITE, before.system_commit_limit_bytes + PAGE));
	EXPECT_TOLD_ONCE("refused: pid=0 bytes=%llu limit=system",
			 (unsigned long long)before.system_commit_limit_bytes + PAGE);
}

TEST_F(trace, faults_are_told_apart)
{
	char *base = reserve(16 * PAGE);

	ASSERT_TRUE(commit_at(base, PAGE, PAGE_READWRITE));
	EXPECT_WRITES(base, 1);
	EXPECT_FAULT(1, base, "write", "demand-zero");
	ASSERT_TRUE(protect(base, PAGE, PAGE_NOACCESS));
	EXPECT_VIOLATION_READ(base + 8);
	EXPECT_FAULT(1, base + 8, "read", "violation");
	ASSERT_TRUE(protect(base, PAGE, PAGE_READONLY));
	EXPECT_READS(0, base + 16);
	EXPECT_FAULT(1, base + 16, "read", "soft");
	EXPECT_VIOLATION_WRITE(base + 24);
	EXPECT_FAULT(1, base + 24, "write", "violation");
	ASSERT_TRUE(commit_at(base + PAGE, PAGE, PAGE_READWRITE | PAGE_GUARD));
	EXPECT_GUARD_WRITE(base + PAGE);
	EXPECT_FAULT(1, base + PAGE, "write", "guard");
	EXPECT_WRITES(base + PAGE, 1);
	EXPECT_FAULT(1, base + PAGE, "write", "demand-zero");
	EXPECT_VIOLATION_READ(base + 8 * PAGE);
	EXPECT_FAULT(1, base + 8 * PAGE, "read", "violation");
}

TEST_F(trace, a_guard_page_hit_by_a_system_call)
{
	char *base = reserve(16 * PAGE);

	ASSERT_TRUE(commit_at(base, PAGE, PAGE_READWRITE | PAGE_GUARD));
	EXPECT_EQ(-1, read(full_pipe(1), base, 1));
	EXPECT_TOLD("fault: pid=%d address=0x%llx access=write kind=guard ", PID, AT(base));
}

static void grow_and_overflow(struct __test_metadata *_metadata)
{
	char *before = limit(), *last = lowest() + RUN;

	EXPECT_WRITES(before - PAGE, 1);
	EXPECT_FAULT(1, before - PAGE, "write", "stack-grow");
	EXPECT_FAULT(1, before - PAGE, "write", "demand-zero");
	EXPECT_GROWS_TO(last + PAGE);
	EXPECT_EXCEPTION(RECORD_OVERFLOW, 1, last, probe_write((uintptr_t)last, 1));
	EXPECT_FAULT(1, last, "write", "stack-overflow");
	EXPECT_FAULT(0, last, "write", "guard");
}

TEST_F(trace, stacks_grow_and_end)
{
	run_in_stack(_metadata, grow_and_overflow);
}

TEST_F(trace, what_comes_from_swap)
{
	char *base = commit(16 * PAGE);

	if (!swap_begin(64))
		SKIP(return, "no zram on this kernel");
	memset(base, 1, 16 * PAGE);
	EXPECT_EQ(0, madvise(base, 16 * PAGE, MADV_PAGEOUT));
	ASSERT_TRUE(tracefs_clear());
	EXPECT_READS(1, base);
	if (!tracefs_count("kind=soft"))
		EXPECT_FAULT(1, base, "read", "swap-in");
	EXPECT_TRUE(release(base));
	EXPECT_TRUE(swap_end());
}

/* What somebody else does to a process is told of that process. */
TEST_F(trace, whose_memory_it_is)
{
	pid_t child = fork();
	HANDLE process;
	char *base;

	if (!child)
		for (;;)
			pause();
	process = OpenProcess(PROCESS_ALL_ACCESS, FALSE, (DWORD)child);
	ASSERT_NE(NULL, process);
	base = VirtualAllocEx(process, NULL, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
	EXPECT_NE(NULL, base);
	EXPECT_TOLD_ONCE("alloc: pid=%d base=0x%llx bytes=4096 type=MEM_COMMIT|MEM_RESERVE",
			 (int)child, AT(base));
	EXPECT_TOLD_ONCE("commit: pid=%d base=0x%llx", (int)child, AT(base));
	CloseHandle(process);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

TEST_F(trace, nothing_is_told_when_it_is_off)
{
	ASSERT_TRUE(tracefs_turn("", false));
	ASSERT_TRUE(tracefs_turn("free", true));
	ASSERT_TRUE(release(commit(PAGE)));
	EXPECT_EQ(0, tracefs_count("alloc:"));
	EXPECT_EQ(0, tracefs_count("commit:"));
	EXPECT_EQ(1, tracefs_count("free: pid=%d", PID));
}

/* The name that ends where @at does not go on, in @name. Return: what is behind it. */
static const char *take_name(const char *at, char *name, size_t room)
{
	size_t length = strspn(at, "abcdefghijklmnopqrstuvwxyz_0123456789");

	snprintf(name, room, "%.*s", (int)length, at);
	return at + length;
}

/*
 * Each probe of ours, tracepoint:winvm:EVENT, and each args->FIELD behind it up
 * to the next probe. Return: how many fields there were, -1 if one is not there.
 */
static int check_script(char *text)
{
	static const char probe[] = "tracepoint:", ours[] = "tracepoint:winvm:", args[] = "args->";
	char event[64] = "", field[64];
	int found = 0;

	for (const char *at = text; *at; at++) {
		if (!strncmp(at, ours, strlen(ours))) {
			at = take_name(at + strlen(ours), event, sizeof(event)) - 1;
			if (!tracefs_has(event, NULL))
				return -1;
		} else if (!strncmp(at, probe, strlen(probe))) {
			event[0] = 0;
		} else if (!strncmp(at, args, strlen(args)) && event[0]) {
			at = take_name(at + strlen(args), field, sizeof(field)) - 1;
			if (!tracefs_has(event, field))
				return -1;
			found++;
		}
	}
	return found;
}

/* The scripts beside this program's sources. */
static bool find_scripts(glob_t *scripts)
{
	char path[PATH_MAX], pattern[PATH_MAX + 32];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (length < 0)
		return false;
	path[length] = 0;
	*strrchr(path, '/') = 0;
	snprintf(pattern, sizeof(pattern), "%s/../../docs/bpftrace/*.bt", path);
	return !glob(pattern, 0, NULL, scripts);
}

TEST_F(trace, scripts_ask_for_what_there_is)
{
	static char text[0x4000];
	glob_t scripts;

	if (!find_scripts(&scripts))
		SKIP(return, "docs/bpftrace is not beside the tests");
	for (size_t i = 0; i < scripts.gl_pathc; i++) {
		int file = open(scripts.gl_pathv[i], O_RDONLY | O_CLOEXEC);
		ssize_t length = read(file, text, sizeof(text) - 1);

		ASSERT_LT(0, length);
		text[length] = 0;
		TH_LOG("%s", scripts.gl_pathv[i]);
		EXPECT_LT(0, check_script(text));
		close(file);
	}
	EXPECT_LE(4u, scripts.gl_pathc);
	globfree(&scripts);
	EXPECT_FALSE(tracefs_has("alloc", "no_such_field"));
	EXPECT_FALSE(tracefs_has("no_such_event", NULL));
}

VM_TEST_MAIN
