// SPDX-License-Identifier: GPL-2.0
/*
 * Somebody to look at: has memory in all states and tells when it has, then waits to
 * be killed.
 *
 *	subject [N]
 *
 * N: with so many allocations besides, every other of them committed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <windows.h>

#define MB ((SIZE_T)1 << 20)

static int fail(const char *what)
{
	fprintf(stderr, "subject: %s: error %u\n", what, GetLastError());
	return 1;
}

/* 64 MB reserved, 8 MB of them committed, 2 MB of these touched; a guard, a read-only page. */
static BOOL prepare(void)
{
	char *base = VirtualAlloc(NULL, 64 * MB, MEM_RESERVE, PAGE_READWRITE);
	DWORD old;

	if (!base || !VirtualAlloc(base, 8 * MB, MEM_COMMIT, PAGE_READWRITE))
		return FALSE;
	memset(base, 1, 2 * MB);
	return VirtualProtect(base + 4 * MB, 4096, PAGE_READWRITE | PAGE_GUARD, &old) &&
	       VirtualProtect(base + 5 * MB, 4096, PAGE_READONLY, &old);
}

/* A section of 1 MB that is shown once. */
static BOOL show_section(void)
{
	HANDLE section =
		CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, (DWORD)MB, NULL);

	return section && MapViewOfFile(section, FILE_MAP_READ | FILE_MAP_WRITE, 0, 0, 0);
}

static BOOL reserve_many(unsigned long count)
{
	for (unsigned long i = 0; i < count; i++)
		if (!VirtualAlloc(NULL, 4096, i % 2 ? MEM_RESERVE : MEM_RESERVE | MEM_COMMIT,
				  PAGE_READWRITE))
			return FALSE;
	return TRUE;
}

int main(int argc, char **argv)
{
	if (!prepare())
		return fail("prepare");
	if (!show_section())
		return fail("section");
	if (argc > 1 && !reserve_many(strtoul(argv[1], NULL, 10)))
		return fail("many");
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}
