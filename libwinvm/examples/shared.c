// SPDX-License-Identifier: MIT
/*
 * Two processes share a named section: the first writes numbers into it, the
 * second, which knows its name only, writes their squares beside them. When
 * both have closed their handles the name is free again, although a view is left.
 *
 *	cc shared.c $(pkg-config --cflags --libs libwinvm) -o shared && ./shared
 */
#include <stdatomic.h>
#include <stdio.h>
#include <sys/wait.h>

#include <windows.h>

#define NUMBERS 10

/* What the section holds. It begins as zeros: it is the first one's turn. */
struct table {
	_Atomic(DWORD) turn; /* even: the first writes line turn / 2; odd: the second */
	DWORD number[NUMBERS];
	DWORD square[NUMBERS];
	DWORD second; /* process id */
};

static int fail(const char *what)
{
	fprintf(stderr, "shared: %s: error %u\n", what, GetLastError());
	return 1;
}

/* A child that is gone takes no turn any more. */
static BOOL wait_for_turn(struct table *table, DWORD turn, pid_t child)
{
	while (atomic_load(&table->turn) != turn) {
		if (child && waitpid(child, NULL, WNOHANG) == child)
			return FALSE;
		Sleep(1);
	}
	return TRUE;
}

static int second(const char *name)
{
	HANDLE section = OpenFileMappingA(FILE_MAP_WRITE | FILE_MAP_READ, FALSE, name);
	struct table *table;

	if (!section)
		return fail("OpenFileMapping");
	table = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
	if (!table)
		return fail("MapViewOfFile");
	table->second = GetCurrentProcessId();
	for (DWORD i = 0; i < NUMBERS; i++) {
		wait_for_turn(table, 2 * i + 1, 0);
		table->square[i] = table->number[i] * table->number[i];
		atomic_store(&table->turn, 2 * i + 2);
	}
	/* Its view and its handle go with it. */
	return 0;
}

static pid_t start_second(const char *name)
{
	STARTUPINFOA startup = { .cb = sizeof(startup) };
	PROCESS_INFORMATION process;
	char path[MAX_PATH], command[64];

	if (!GetModuleFileNameA(NULL, path, sizeof(path)))
		return 0;
	snprintf(command, sizeof(command), "shared %s", name);
	if (!CreateProcessA(path, command, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &process))
		return 0;
	CloseHandle(process.hProcess);
	CloseHandle(process.hThread);
	return (pid_t)process.dwProcessId;
}

static BOOL play(struct table *table, pid_t child)
{
	BOOL right = TRUE;

	for (DWORD i = 0; i < NUMBERS; i++) {
		table->number[i] = i + 1;
		atomic_store(&table->turn, 2 * i + 1);
		if (!wait_for_turn(table, 2 * i + 2, child))
			return FALSE;
		printf("  %2u squared is %3u, says process %u\n", table->number[i],
		       table->square[i], table->second);
		right = right && table->square[i] == (i + 1) * (i + 1);
	}
	return right;
}

/* Is it the last handle that keeps the name, and not the view? */
static BOOL name_is_gone(const char *name)
{
	return !OpenFileMappingA(FILE_MAP_READ, FALSE, name) &&
	       GetLastError() == ERROR_FILE_NOT_FOUND;
}

static int first(void)
{
	struct table *table;
	HANDLE section;
	char name[32];
	pid_t child;
	int status;

	snprintf(name, sizeof(name), "Local\\shared-%u", GetCurrentProcessId());
	section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, sizeof(*table),
				     name);
	if (!section)
		return fail("CreateFileMapping");
	table = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
	if (!table)
		return fail("MapViewOfFile");
	printf("process %u has made the section %s\n", GetCurrentProcessId(), name);
	fflush(stdout);
	child = start_second(name);
	if (!child)
		return fail("CreateProcess");
	if (!play(table, child) || waitpid(child, &status, 0) != child || status)
		return fail("the second process");
	CloseHandle(section);
	if (!name_is_gone(name))
		return fail("the name is still there");
	printf("the name is gone, and the view still shows %u\n", table->square[NUMBERS - 1]);
	return UnmapViewOfFile(table) ? 0 : fail("UnmapViewOfFile");
}

int main(int argc, char **argv)
{
	return argc > 1 ? second(argv[1]) : first();
}
