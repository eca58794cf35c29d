// SPDX-License-Identifier: GPL-2.0
/* Names of sections: who finds them, and how long (SPEC SE-11, SE-12). */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <winvm.h>

#include "child.h"
#include "proc.h"
#include "section.h"

#define ST_OBJECT_NAME_EXISTS	  STATUS(0x40000000)
#define ST_OBJECT_NAME_INVALID	  STATUS(0xc0000033)
#define ST_OBJECT_NAME_NOT_FOUND  STATUS(0xc0000034)
#define ST_OBJECT_NAME_COLLISION  STATUS(0xc0000035)
#define ST_OBJECT_PATH_NOT_FOUND  STATUS(0xc000003a)
#define ST_OBJECT_PATH_SYNTAX_BAD STATUS(0xc000003b)

#define NOBODY 65534

/* Gives NULL without a sign of why. */
static HANDLE named(const char *name)
{
	return CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, PAGE, name);
}

static HANDLE opened(const char *name)
{
	return OpenFileMappingA(FILE_MAP_ALL_ACCESS, FALSE, name);
}

#define EXPECT_NEW(call)                       \
	do {                                   \
		SetLastError(MARK);            \
		EXPECT_NE(NULL, (call));       \
		EXPECT_EQ(0u, GetLastError()); \
	} while (0)

#define EXPECT_EXISTS(call)                      \
	do {                                     \
		SetLastError(MARK);              \
		EXPECT_NE(NULL, (call));         \
		EXPECT_EQ(183u, GetLastError()); \
	} while (0)

static SIZE_T size_of(HANDLE section)
{
	SECTION_BASIC_INFORMATION answer = { 0 };

	NtQuerySection(section, SectionBasicInformation, &answer, sizeof(answer), NULL);
	return (SIZE_T)answer.MaximumSize.QuadPart;
}

/* Are both handles on one section? */
static bool same(HANDLE a, HANDLE b)
{
	volatile char *one = view_of(a, FILE_MAP_WRITE), *other = view_of(b, FILE_MAP_WRITE);
	bool same;

	if (!one || !other)
		return false;
	*one = 0;
	*other = 1;
	same = *one == 1;
	UnmapViewOfFile((void *)(uintptr_t)one);
	UnmapViewOfFile((void *)(uintptr_t)other);
	return same;
}

/* An NT name, without its zero. */
static UNICODE_STRING string(const WCHAR *text)
{
	USHORT units = 0;

	while (text[units])
		units++;
	return (UNICODE_STRING){ .Length = (USHORT)(2 * units),
				 .MaximumLength = (USHORT)(2 * units),
				 .Buffer = (PWSTR)(uintptr_t)text };
}

static NTSTATUS nt_create(const WCHAR *text, ULONG flags, HANDLE *handle)
{
	UNICODE_STRING name = string(text);
	LARGE_INTEGER size = { .QuadPart = PAGE };
	OBJECT_ATTRIBUTES attributes;

	InitializeObjectAttributes(&attributes, &name, flags, NULL, NULL);
	return NtCreateSection(handle, SECTION_ALL_ACCESS, &attributes, &size, PAGE_READWRITE,
			       SEC_COMMIT, NULL);
}

static NTSTATUS nt_open(const WCHAR *text, HANDLE *handle)
{
	UNICODE_STRING name = string(text);
	OBJECT_ATTRIBUTES attributes;

	InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
	return NtOpenSection(handle, SECTION_ALL_ACCESS, &attributes);
}

/* Only the status. */
static NTSTATUS nt_open_status(const WCHAR *text)
{
	HANDLE handle = NULL;
	NTSTATUS status = nt_open(text, &handle);

	if (handle)
		NtClose(handle);
	return status;
}

TEST(SE_11_an_existing_name_gives_the_same_section)
{
	HANDLE first, second;

	EXPECT_NEW(first = named("one"));
	SetLastError(MARK);
	second = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 100 * PAGE,
				    "one");
	ASSERT_NE(NULL, second);
	EXPECT_EQ(183u, GetLastError());
	EXPECT_NE(first, second);
	EXPECT_EQ(PAGE, size_of(second));
	EXPECT_TRUE(same(first, second));
	EXPECT_WORKS(CloseHandle(first));
	EXPECT_EXISTS(first = named("one"));
	EXPECT_TRUE(same(first, second));
}

/* Of a size that cannot be nothing is made, and nothing is charged. */
TEST(SE_11_the_size_is_ignored)
{
	struct winvm_counters before;
	HANDLE first = named("size");

	ASSERT_NE(NULL, first);
	before = counters();
	EXPECT_EXISTS(
		CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0x400, 0, "size"));
	EXPECT_EQ(before.system_commit_bytes, counters().system_commit_bytes);
	EXPECT_FAILS(87,
		     CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0, "size"));
}

TEST(SE_11_case_and_every_byte_count)
{
	HANDLE a = named("Name"), b = named("name"), c = named("name "), d = named("nam");

	EXPECT_FALSE(same(a, b));
	EXPECT_FALSE(same(b, c));
	EXPECT_FALSE(same(b, d));
	EXPECT_FAILS(2, opened("NAME"));
	EXPECT_EXISTS(named("name"));
}

TEST(SE_11_no_name)
{
	HANDLE first = named(NULL), second = named("");

	EXPECT_FALSE(same(first, second));
	EXPECT_FAILS(87, opened(NULL));
	EXPECT_FAILS(87, OpenFileMappingW(FILE_MAP_READ, FALSE, NULL));
	EXPECT_FAILS(161, opened(""));
}

TEST(SE_11_bytes_and_utf_16_are_one_name)
{
	HANDLE a = named("gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80"), b;

	SetLastError(MARK);
	b = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, PAGE,
			       u"gr\u00fc\u00df \U0001f600");
	EXPECT_EQ(183u, GetLastError());
	EXPECT_TRUE(same(a, b));
	EXPECT_WORKS(b = OpenFileMappingW(FILE_MAP_WRITE, FALSE, u"gr\u00fc\u00df \U0001f600"));
	EXPECT_TRUE(same(a, b));
	EXPECT_FAILS(123, CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, PAGE,
					     (const WCHAR[]){ 'x', 0xd800, 0 }));
}

TEST(SE_11_prefixes)
{
	HANDLE plain = named("there"), other;

	EXPECT_EXISTS(other = named("Local\\there"));
	EXPECT_TRUE(same(plain, other));
	EXPECT_EXISTS(other = named("Global\\there"));
	EXPECT_TRUE(same(plain, other));
	EXPECT_WORKS(other = OpenFileMappingW(FILE_MAP_WRITE, FALSE, u"Local\\there"));
	EXPECT_TRUE(same(plain, other));
	EXPECT_FAILS(3, named("Elsewhere\\there"));
	EXPECT_FAILS(3, named("local\\there"));
	EXPECT_FAILS(3, named("Local\\Local\\there"));
	EXPECT_FAILS(3, opened("\\there"));
	EXPECT_FAILS(123, named("Local\\"));
	EXPECT_FAILS(123, opened("Global\\"));
}

TEST(SE_11_lengths)
{
	static char text[3000];

	memset(text, 'x', sizeof(text) - 1);
	EXPECT_FAILS(206, named(text));
	EXPECT_FAILS(206, opened(text));
	text[1021] = 0;
	EXPECT_FAILS(206, named(text));
	text[1020] = 0;
	EXPECT_FAILS(2, opened(text));
	EXPECT_NEW(named(text));
	EXPECT_EXISTS(named(text));
	text[1019] = 0;
	EXPECT_NEW(named(text));
}

TEST(SE_11_nt_names)
{
	HANDLE first = NULL, second = NULL;

	EXPECT_STATUS(ST_SUCCESS, nt_create(u"\\BaseNamedObjects\\nt", 0, &first));
	EXPECT_STATUS(ST_OBJECT_NAME_COLLISION, nt_create(u"\\BaseNamedObjects\\nt", 0, &second));
	EXPECT_EQ(NULL, second);
	EXPECT_STATUS(ST_OBJECT_NAME_EXISTS,
		      nt_create(u"\\Sessions\\1\\BaseNamedObjects\\nt", OBJ_OPENIF, &second));
	EXPECT_TRUE(same(first, second));
	EXPECT_STATUS(ST_SUCCESS, nt_open(u"\\BaseNamedObjects\\Global\\nt", &second));
	EXPECT_TRUE(same(first, second));
	EXPECT_WORKS(second = opened("nt"));
	EXPECT_TRUE(same(first, second));
	EXPECT_STATUS(ST_OBJECT_NAME_NOT_FOUND, nt_open_status(u"\\BaseNamedObjects\\NT"));
	EXPECT_STATUS(ST_OBJECT_PATH_NOT_FOUND, nt_open_status(u"\\BaseNamedObjects\\a\\nt"));
	EXPECT_STATUS(ST_OBJECT_PATH_NOT_FOUND, nt_open_status(u"\\Device\\nt"));
	EXPECT_STATUS(ST_OBJECT_PATH_NOT_FOUND,
		      nt_open_status(u"\\Sessions\\x\\BaseNamedObjects\\nt"));
	EXPECT_STATUS(ST_OBJECT_NAME_INVALID, nt_open_status(u"\\BaseNamedObjects\\"));
	EXPECT_STATUS(ST_OBJECT_PATH_SYNTAX_BAD, nt_open_status(u"nt"));
	EXPECT_STATUS(ST_OBJECT_PATH_SYNTAX_BAD, nt_open_status(u""));
	EXPECT_STATUS(ST_SUCCESS, nt_create(u"", 0, &second));
	EXPECT_FALSE(same(first, second));
}

static NTSTATUS open_with(OBJECT_ATTRIBUTES attributes)
{
	HANDLE handle = NULL;

	return NtOpenSection(&handle, SECTION_MAP_READ, &attributes);
}

TEST(SE_11_object_attributes)
{
	static WCHAR text[1200];
	UNICODE_STRING name = string(u"\\BaseNamedObjects\\attributes"), odd = name, zero = name;
	UNICODE_STRING nowhere = { .Length = 2, .Buffer = (PWSTR)8 }, endless;
	const OBJECT_ATTRIBUTES good = { .Length = sizeof(good), .ObjectName = &name };
	OBJECT_ATTRIBUTES bad = good;
	HANDLE section = named("attributes");

	for (int i = 0; i < 1199; i++)
		text[i] = 'x';
	endless = string(text);
	odd.Length--;
	zero.Length += 2;
	EXPECT_STATUS(ST_SUCCESS, open_with(good));
	bad.Length--;
	EXPECT_STATUS(ST_INVALID_PARAMETER, open_with(bad));
	bad = good;
	bad.Attributes = 1;
	EXPECT_STATUS(ST_INVALID_PARAMETER, open_with(bad));
	bad.Attributes = OBJ_PERMANENT;
	EXPECT_STATUS(ST_PRIVILEGE_NOT_HELD, open_with(bad));
	bad.Attributes = OBJ_EXCLUSIVE;
	EXPECT_STATUS(ST_NOT_SUPPORTED, open_with(bad));
	bad = good;
	bad.RootDirectory = section;
	EXPECT_STATUS(ST_OBJECT_TYPE_MISMATCH, open_with(bad));
	bad.RootDirectory = (HANDLE)4444;
	EXPECT_STATUS(ST_INVALID_HANDLE, open_with(bad));
	bad = good;
	bad.ObjectName = &odd;
	EXPECT_STATUS(ST_OBJECT_NAME_INVALID, open_with(bad));
	bad.ObjectName = &zero;
	EXPECT_STATUS(ST_OBJECT_NAME_INVALID, open_with(bad));
	bad.ObjectName = &nowhere;
	EXPECT_STATUS(ST_ACCESS_VIOLATION, open_with(bad));
	bad.ObjectName = &endless;
	EXPECT_STATUS(ST_NAME_TOO_LONG, open_with(bad));
	bad.ObjectName = (PUNICODE_STRING)8;
	EXPECT_STATUS(ST_ACCESS_VIOLATION, open_with(bad));
	bad.ObjectName = NULL;
	EXPECT_STATUS(ST_OBJECT_PATH_SYNTAX_BAD, open_with(bad));
	EXPECT_STATUS(ST_ACCESS_VIOLATION, NtOpenSection(NULL, 0, &(OBJECT_ATTRIBUTES){ 0 }));
	EXPECT_STATUS(ST_OBJECT_PATH_SYNTAX_BAD, NtOpenSection(&section, 0, NULL));
}

/* The rights are those that are asked for, whatever the creator has (SE-14). */
TEST(SE_14_rights_of_an_opened_section)
{
	HANDLE full = named("rights"), read, write, copy, execute;

	ASSERT_NE(NULL, full);
	ASSERT_NE(NULL, read = OpenFileMappingA(FILE_MAP_READ, FALSE, "rights"));
	ASSERT_NE(NULL, write = OpenFileMappingA(FILE_MAP_WRITE, FALSE, "rights"));
	ASSERT_NE(NULL, copy = OpenFileMappingA(FILE_MAP_COPY, FALSE, "rights"));
	ASSERT_NE(NULL, execute = OpenFileMappingA(FILE_MAP_EXECUTE, FALSE, "rights"));
	EXPECT_WORKS(view_of(read, FILE_MAP_READ));
	EXPECT_FAILS(5, view_of(read, FILE_MAP_WRITE));
	EXPECT_WORKS(view_of(write, FILE_MAP_WRITE));
	EXPECT_FAILS(5, view_of(write, FILE_MAP_READ));
	EXPECT_WORKS(view_of(copy, FILE_MAP_READ));
	EXPECT_FAILS(5, view_of(copy, FILE_MAP_WRITE));
	EXPECT_FAILS(5, view_of(execute, FILE_MAP_READ));
}

TEST(SE_12_a_name_goes_with_the_last_handle)
{
	HANDLE first = named("last"), second = opened("last");

	ASSERT_NE(NULL, second);
	EXPECT_WORKS(CloseHandle(first));
	EXPECT_WORKS(first = opened("last"));
	EXPECT_WORKS(CloseHandle(second));
	EXPECT_WORKS(CloseHandle(first));
	EXPECT_FAILS(2, opened("last"));
	EXPECT_STATUS(ST_OBJECT_NAME_NOT_FOUND, nt_open_status(u"\\BaseNamedObjects\\last"));
	EXPECT_NEW(named("last"));
}

/* The view goes on; what is created then is another section. */
TEST(SE_12_views_do_not_keep_it)
{
	HANDLE first = named("view"), second;
	char *view = view_of(first, FILE_MAP_WRITE), *fresh;

	ASSERT_NE(NULL, view);
	*view = 'a';
	EXPECT_WORKS(CloseHandle(first));
	EXPECT_FAILS(2, opened("view"));
	EXPECT_READS('a', view);
	EXPECT_NEW(second = named("view"));
	ASSERT_NE(NULL, fresh = view_of(second, FILE_MAP_WRITE));
	EXPECT_READS(0, fresh);
	*fresh = 'b';
	EXPECT_READS('a', view);
	EXPECT_WRITES(view, 'c');
	EXPECT_READS('b', fresh);
	EXPECT_WORKS(UnmapViewOfFile(view));
	EXPECT_EXISTS(named("view"));
}

/* The handle is the open file: however many descriptors there are, and whose. */
TEST(SE_12_any_descriptor_keeps_it)
{
	HANDLE first = named("kept");
	int pair[2], copy = dup(winvm_get_section_fd(first));
	char byte = 0;
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .header = { .cmsg_len = CMSG_LEN(sizeof(int)),
				  .cmsg_level = SOL_SOCKET,
				  .cmsg_type = SCM_RIGHTS } };
	struct iovec vector = { &byte, 1 };
	struct msghdr message = { .msg_iov = &vector,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };

	ASSERT_LE(0, copy);
	EXPECT_WORKS(CloseHandle(first));
	EXPECT_WORKS(first = opened("kept"));
	EXPECT_WORKS(CloseHandle(first));
	/* On its way from one process to another it is nobody's, and there. */
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
	memcpy(CMSG_DATA(&control.header), &copy, sizeof(copy));
	ASSERT_EQ(1, sendmsg(pair[0], &message, 0));
	close(copy);
	EXPECT_WORKS(first = opened("kept"));
	EXPECT_WORKS(CloseHandle(first));
	close(pair[0]);
	close(pair[1]);
	EXPECT_FAILS(2, opened("kept"));
}

static int hold_and_die(void *argument)
{
	(void)argument;
	return opened("child") ? 0 : 1;
}

TEST(SE_12_a_process_that_ends_closes_its_handles)
{
	HANDLE first = named("child");

	ASSERT_NE(NULL, first);
	EXPECT_EQ(0, child_run(hold_and_die, NULL));
	EXPECT_WORKS(CloseHandle(first));
	EXPECT_FAILS(2, opened("child"));
}

/* A child of fork has its parent's handles, and so their names. */
TEST(SE_12_inherited_handles_keep_it)
{
	HANDLE first = named("inherited");
	int ends[2], status;
	pid_t child;
	char byte;

	ASSERT_NE(NULL, first);
	ASSERT_EQ(0, pipe2(ends, O_CLOEXEC));
	child = fork();
	if (!child) {
		close(ends[1]);
		_exit(read(ends[0], &byte, 1) == 0 ? 0 : 1);
	}
	EXPECT_WORKS(CloseHandle(first));
	EXPECT_WORKS(first = opened("inherited"));
	EXPECT_WORKS(CloseHandle(first));
	close(ends[1]);
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_FAILS(2, opened("inherited"));
}

TEST(SE_12_duplicates)
{
	HANDLE self = GetCurrentProcess(), first = named("duplicate"), full = NULL, less = NULL;
	HANDLE more = (HANDLE)MARK;

	EXPECT_WORKS(DuplicateHandle(self, first, self, &full, 0, FALSE, DUPLICATE_SAME_ACCESS));
	EXPECT_WORKS(DuplicateHandle(self, first, self, &less, FILE_MAP_READ, FALSE, 0));
	EXPECT_TRUE(same(first, full));
	EXPECT_WORKS(view_of(less, FILE_MAP_READ));
	EXPECT_FAILS(5, view_of(less, FILE_MAP_WRITE));
	EXPECT_FAILS(5, DuplicateHandle(self, less, self, &more, FILE_MAP_WRITE, FALSE, 0));
	EXPECT_EQ((HANDLE)MARK, more);
	EXPECT_WORKS(CloseHandle(first));
	EXPECT_WORKS(CloseHandle(full));
	EXPECT_WORKS(first = opened("duplicate"));
	EXPECT_WORKS(CloseHandle(first));
	/* Moved. */
	EXPECT_WORKS(DuplicateHandle(self, less, self, &full, FILE_MAP_READ, FALSE,
				     DUPLICATE_CLOSE_SOURCE));
	EXPECT_FAILS(6, CloseHandle(less));
	EXPECT_WORKS(DuplicateHandle(self, full, NULL, NULL, 0, FALSE, DUPLICATE_CLOSE_SOURCE));
	EXPECT_FAILS(2, opened("duplicate"));
	EXPECT_FAILS(6, DuplicateHandle(self, full, self, &less, 0, FALSE, DUPLICATE_SAME_ACCESS));
}

TEST(G_6_duplicates_of_what_else)
{
	HANDLE self = GetCurrentProcess(), copy = NULL, section = named(NULL);
	HANDLE process = OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, GetCurrentProcessId());
	HANDLE parent = OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, (DWORD)getppid());

	EXPECT_FAILS(50,
		     DuplicateHandle(self, process, self, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS));
	EXPECT_FAILS(50, DuplicateHandle(self, section, parent, &copy, 0, FALSE,
					 DUPLICATE_SAME_ACCESS));
	EXPECT_FAILS(6, DuplicateHandle(section, section, self, &copy, 0, FALSE,
					DUPLICATE_SAME_ACCESS));
	EXPECT_FAILS(998,
		     DuplicateHandle(self, section, self, NULL, 0, FALSE, DUPLICATE_SAME_ACCESS));
	EXPECT_WORKS(
		DuplicateHandle(process, section, process, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS));
	EXPECT_TRUE(same(section, copy));
}

/* Not opened, and not in the way either. */
static int cannot_see(void *argument)
{
	(void)argument;
	SetLastError(MARK);
	if (opened("secret") || GetLastError() != 2)
		return 1;
	if (!named("secret") || GetLastError() != 0)
		return 2;
	return !opened("secret") ? 3 : 0;
}

static int another_user(void *argument)
{
	return setgid(NOBODY) || setuid(NOBODY) ? 9 : cannot_see(argument);
}

/* As a setuid program of the user nobody has it: its files are that user's. */
static int another_effective_user(void *argument)
{
	return seteuid(NOBODY) ? 9 : cannot_see(argument);
}

static int another_namespace(void *argument)
{
	return unshare(CLONE_NEWIPC) ? 9 : cannot_see(argument);
}

/* A user namespace changes what a user is called, not who he is. */
static int user_namespace(void *argument)
{
	(void)argument;
	if (unshare(CLONE_NEWUSER))
		return 9;
	return opened("secret") ? 0 : 1;
}

static int both_namespaces(void *argument)
{
	return unshare(CLONE_NEWUSER | CLONE_NEWIPC) ? 9 : cannot_see(argument);
}

FIXTURE(others)
{
	HANDLE section;
};

FIXTURE_VARIANT(others)
{
	int (*who)(void *argument);
};

#define OTHERS(name)                      \
	FIXTURE_VARIANT_ADD(others, name) \
	{                                 \
		.who = name,              \
	}

OTHERS(another_user);
OTHERS(another_effective_user);
OTHERS(another_namespace);
OTHERS(user_namespace);
OTHERS(both_namespaces);

FIXTURE_SETUP(others)
{
	self->section = named("secret");
	ASSERT_NE(NULL, self->section);
}

FIXTURE_TEARDOWN(others)
{
}

TEST_F(others, SE_11_names_are_those_of_a_user_in_an_ipc_namespace)
{
	int answer = child_run(variant->who, NULL);

	if (answer == 9)
		SKIP(return, "this kernel has no such namespaces");
	EXPECT_EQ(0, answer);
	/* What the others have made is gone, or elsewhere. */
	EXPECT_EXISTS(named("secret"));
}

/* Who comes back finds what was there: by the namespace, not by a number of it that comes again. */
TEST(SE_12_names_of_a_namespace_that_is_gone)
{
	HANDLE first;

	if (unshare(CLONE_NEWIPC))
		SKIP(return, "this kernel has no IPC namespaces");
	first = named("gone");
	ASSERT_NE(NULL, first);
	for (int i = 0; i < 50; i++) {
		ASSERT_EQ(0, unshare(CLONE_NEWIPC));
		ASSERT_FALSE(opened("gone"));
	}
	EXPECT_NEW(named("gone"));
	EXPECT_WORKS(CloseHandle(first));
	EXPECT_EXISTS(named("gone"));
}

/* The kernel frees one in its own time. */
static bool next_namespace(void)
{
	for (int tries = 0; tries < 500; tries++) {
		if (!unshare(CLONE_NEWIPC))
			return true;
		usleep(10000);
	}
	return false;
}

/* A name keeps its namespace, and no longer than the section is there. */
TEST(SE_12_namespaces_do_not_pile_up)
{
	const char *limit = "/proc/sys/user/max_ipc_namespaces";

	if (unshare(CLONE_NEWIPC))
		SKIP(return, "this kernel has no IPC namespaces");
	ASSERT_TRUE(proc_write(limit, "10"));
	for (int i = 0; i < 40; i++) {
		HANDLE section = named("pile"), again = opened("pile"), third, less = NULL;

		EXPECT_EXISTS(third = named("pile"));
		EXPECT_FAILS(2, opened("pill"));
		EXPECT_TRUE(DuplicateHandle(GetCurrentProcess(), section, GetCurrentProcess(),
					    &less, FILE_MAP_READ, FALSE, 0));
		EXPECT_TRUE(CloseHandle(section) && CloseHandle(again) && CloseHandle(third) &&
			    CloseHandle(less));
		ASSERT_TRUE(next_namespace());
	}
	EXPECT_TRUE(proc_write(limit, "10000"));
}

/* libwinvm/examples/shared.c, from where it was built. */
TEST(SE_12_the_example_of_two_processes)
{
	char path[4096];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 64);
	char *end;

	ASSERT_LT(0, length);
	path[length] = 0;
	ASSERT_NE(NULL, end = strrchr(path, '/'));
	strcpy(end, "/../libwinvm/examples/shared");
	if (access(path, X_OK))
		SKIP(return, "the example is not built");
	strcat(path, " >&2");
	EXPECT_EQ(0, system(path));
}

/*
 * The race: four processes create or open a few names, look at what they got and
 * close it. A handle keeps its name: who opens it again meanwhile finds the same
 * section. What is new is empty. Whenever all have closed theirs, no name is there.
 */
#define RACERS 4
#define NAMES  3
#define BATCH  100

struct tally {
	pthread_barrier_t barrier;
	atomic_uint created;
	atomic_uint found;
	atomic_uint missing;
	atomic_uint wrong;
};

static void expect(struct tally *tally, bool right)
{
	if (!right)
		atomic_fetch_add(&tally->wrong, 1);
}

/* Each racer has a word of its own in every section. */
static void look_at(struct tally *tally, HANDLE section, bool fresh, const char *name,
		    unsigned int racer)
{
	HANDLE again = opened(name);
	volatile unsigned int *view = (void *)view_of(section, FILE_MAP_WRITE);
	volatile unsigned int *other = (void *)view_of(again, FILE_MAP_WRITE);

	expect(tally, view && other);
	if (view && other) {
		expect(tally, !fresh || !view[racer]);
		other[racer] = 0;
		view[racer] = racer + 1;
		expect(tally, other[racer] == racer + 1);
	}
	expect(tally, UnmapViewOfFile((void *)(uintptr_t)view));
	expect(tally, UnmapViewOfFile((void *)(uintptr_t)other));
	expect(tally, CloseHandle(again));
}

static void play(struct tally *tally, unsigned int dice, unsigned int racer)
{
	char name[] = { 'r', 'a', 'c', 'e', (char)('0' + dice % NAMES), 0 };
	bool create = dice / 16 % 2;
	HANDLE section;
	DWORD error;

	SetLastError(MARK);
	section = create ? named(name) : opened(name);
	error = GetLastError();
	if (!section) {
		expect(tally, !create && error == 2);
		atomic_fetch_add(&tally->missing, 1);
		return;
	}
	expect(tally, !create || error == 0 || error == 183);
	atomic_fetch_add(error == 0 ? &tally->created : &tally->found, 1);
	if (dice / 32 % 8 == 0)
		look_at(tally, section, error == 0, name, racer);
	expect(tally, CloseHandle(section));
}

static void run(struct tally *tally, unsigned int racer, unsigned int batches)
{
	uint64_t state = racer + 1;

	while (batches--) {
		pthread_barrier_wait(&tally->barrier);
		for (unsigned int i = 0; i < BATCH; i++) {
			state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
			play(tally, (unsigned int)(state >> 40), racer);
		}
		pthread_barrier_wait(&tally->barrier);
	}
}

static struct tally *tally_new(void)
{
	struct tally *tally =
		mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_barrierattr_t attributes;

	if (tally == MAP_FAILED || pthread_barrierattr_init(&attributes) ||
	    pthread_barrierattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED) ||
	    pthread_barrier_init(&tally->barrier, &attributes, RACERS + 1))
		return NULL;
	return tally;
}

FIXTURE(race)
{
	struct winvm_counters before;
	struct tally *tally;
	pid_t racers[RACERS];
};

FIXTURE_SETUP(race)
{
	self->before = counters();
	self->tally = tally_new();
	ASSERT_NE(NULL, self->tally);
}

FIXTURE_TEARDOWN(race)
{
	const struct tally *tally = self->tally;

	TH_LOG("%u created, %u found, %u not there", tally->created, tally->found, tally->missing);
	EXPECT_EQ(self->before.system_commit_bytes, counters().system_commit_bytes);
}

TEST_F_TIMEOUT(race, SE_12_create_open_and_close, 900)
{
	const unsigned int batches = (unsigned int)proc_rounds("NAMES_ROUNDS", 500) / BATCH;
	struct tally *tally = self->tally;
	int status;

	for (unsigned int i = 0; i < RACERS; i++) {
		self->racers[i] = fork();
		ASSERT_LE(0, self->racers[i]);
		if (!self->racers[i]) {
			run(tally, i, batches);
			_exit(0);
		}
	}
	for (unsigned int i = 0; i < batches; i++) {
		pthread_barrier_wait(&tally->barrier);
		pthread_barrier_wait(&tally->barrier);
		/* Those of the next batch wait for us. */
		EXPECT_FAILS(2, opened("race0"));
		EXPECT_FAILS(2, opened("race1"));
		EXPECT_FAILS(2, opened("race2"));
	}
	for (int i = 0; i < RACERS; i++) {
		ASSERT_EQ(self->racers[i], waitpid(self->racers[i], &status, 0));
		EXPECT_EQ(0, status);
	}
	EXPECT_EQ(0u, tally->wrong);
	EXPECT_EQ(RACERS * batches * BATCH, tally->created + tally->found + tally->missing);
	EXPECT_LT(0u, tally->created);
	EXPECT_LT(0u, tally->found);
}

VM_TEST_MAIN
