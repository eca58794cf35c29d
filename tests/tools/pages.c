// SPDX-License-Identifier: GPL-2.0
/*
 * Somebody whose pages are of every kind: writes "NAME ADDRESS" of each into a file, tells
 * that it is ready, then waits to be killed.
 *
 *	pages FILE [swap]
 *
 * swap: with a page file, which stays on.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <windows.h>
#include <psapi.h>

#include "../kselftest/swap.h"

#define PAGE ((SIZE_T)4096)
#define HUGE ((SIZE_T)2 << 20)

static FILE *list;

static void tell(const char *name, const volatile void *address)
{
	fprintf(list, "%s %llx\n", name, (unsigned long long)(uintptr_t)address);
}

/* Of winvm: one page of each kind. */
static BOOL prepare(void)
{
	char *base = VirtualAlloc(NULL, 16 * PAGE, MEM_RESERVE, PAGE_READWRITE);
	DWORD old;

	if (!base || !VirtualAlloc(base, 8 * PAGE, MEM_COMMIT, PAGE_READWRITE))
		return FALSE;
	memset(base, 1, 4 * PAGE);
	tell("touched", base);
	tell("readonly", base + PAGE);
	tell("guard", base + 2 * PAGE);
	tell("noaccess", base + 3 * PAGE);
	tell("untouched", base + 4 * PAGE + 5);
	tell("reserved", base + 9 * PAGE);
	return VirtualProtect(base + PAGE, PAGE, PAGE_READONLY, &old) &&
	       VirtualProtect(base + 2 * PAGE, PAGE, PAGE_READWRITE | PAGE_GUARD, &old) &&
	       VirtualProtect(base + 3 * PAGE, PAGE, PAGE_NOACCESS, &old);
}

static BOOL show_section(void)
{
	HANDLE section =
		CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 65536, NULL);
	char *view = section ? MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0) : NULL;

	if (!view)
		return FALSE;
	*view = 1;
	tell("view", view);
	tell("view-untouched", view + PAGE);
	return TRUE;
}

/* Of Linux: a huge page if there are any, memory, a file that nobody has read. */
static BOOL map_otherwise(const char *path)
{
	char *base =
		mmap(NULL, 2 * HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *huge = (char *)(((uintptr_t)base + HUGE - 1) & ~(HUGE - 1));
	char *plain = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int file = open(path, O_RDONLY | O_CLOEXEC);
	char *mapped = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, file, 0);

	if (base == MAP_FAILED || plain == MAP_FAILED || mapped == MAP_FAILED)
		return FALSE;
	if (!madvise(huge, HUGE, MADV_HUGEPAGE))
		tell("huge", huge + 3 * PAGE);
	*huge = *plain = 1;
	tell("linux", plain);
	tell("file", mapped);
	tell("program", (void *)(uintptr_t)map_otherwise);
	return TRUE;
}

static BOOL is_resident(void *address)
{
	PSAPI_WORKING_SET_EX_INFORMATION page = { .VirtualAddress = address };

	return QueryWorkingSetEx(GetCurrentProcess(), &page, sizeof(page)) &&
	       page.VirtualAttributes.Valid;
}

static void push_out(char *at)
{
	for (int tries = 0; tries < 10; tries++) {
		*at = 1;
		madvise(at, PAGE, MADV_PAGEOUT);
		if (!is_resident(at))
			break;
		usleep(20000);
	}
}

static BOOL swap(void)
{
	char *ours = VirtualAlloc(NULL, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
	char *linuxs = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (!ours || linuxs == MAP_FAILED)
		return FALSE;
	if (!swap_begin(64))
		return TRUE;
	push_out(ours);
	push_out(linuxs);
	tell("swapped", ours);
	tell("linux-swapped", linuxs);
	return TRUE;
}

/* Two pages out of the working set, as all of winvm's are then: so this comes first. */
static BOOL trim(void)
{
	char *base = VirtualAlloc(NULL, 2 * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);

	if (!base)
		return FALSE;
	base[0] = base[PAGE] = 1;
	tell("trimmed", base);
	return SetProcessWorkingSetSize(GetCurrentProcess(), (SIZE_T)-1, (SIZE_T)-1);
}

int main(int argc, char **argv)
{
	list = argc > 1 ? fopen(argv[1], "we") : NULL;
	if (!list || !trim() || !prepare() || !show_section() || !map_otherwise(argv[0]) ||
	    (argc > 2 && !swap())) {
		fprintf(stderr, "pages: error %u\n", GetLastError());
		return 1;
	}
	fclose(list);
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}
