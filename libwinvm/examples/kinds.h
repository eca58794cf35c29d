/* SPDX-License-Identifier: MIT */
/*
 * Memory of all kinds and in all states, so that there is something to see for winvm map
 * (or VMMap): reserved, committed, touched, guarded and locked; sections, files, heap, stack.
 */
#ifndef EXAMPLE_KINDS_H
#define EXAMPLE_KINDS_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <windows.h>

#define KINDS_MB ((SIZE_T)1048576)

/* 40 MB: of the first 24 every third has been written to, 8 are committed only. */
static inline bool kinds_private(void)
{
	char *base = VirtualAlloc(NULL, 40 * KINDS_MB, MEM_RESERVE, PAGE_READWRITE);
	DWORD old;

	if (!base || !VirtualAlloc(base, 32 * KINDS_MB, MEM_COMMIT, PAGE_READWRITE))
		return false;
	for (SIZE_T at = 0; at < 24 * KINDS_MB; at += 3 * KINDS_MB)
		memset(base + at, 1, KINDS_MB);
	return VirtualFree(base + 16 * KINDS_MB, 2 * KINDS_MB, MEM_DECOMMIT) &&
	       VirtualProtect(base + 8 * KINDS_MB, KINDS_MB, PAGE_READONLY, &old) &&
	       VirtualProtect(base + 31 * KINDS_MB, 4096, PAGE_READWRITE | PAGE_GUARD, &old) &&
	       VirtualLock(base, 16 * 4096);
}

/* Blocks with less than the 64 KB that each could have. */
static inline bool kinds_small(void)
{
	for (int i = 0; i < 6; i++) {
		char *block = VirtualAlloc(NULL, 5 * 4096, MEM_RESERVE | MEM_COMMIT,
					   i % 2 ? PAGE_READWRITE : PAGE_EXECUTE_READWRITE);

		if (!block)
			return false;
		memset(block, i, 3 * 4096);
	}
	return true;
}

/* A section of the page file, half of it in use. */
static inline bool kinds_shareable(void)
{
	HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0,
					    (DWORD)(12 * KINDS_MB), NULL);
	char *view = section ? MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0) : NULL;

	if (view)
		memset(view, 2, 6 * KINDS_MB);
	return view;
}

/* A file of 4 MB, one of which is written to. */
static inline bool kinds_mapped(void)
{
	char path[] = "/tmp/kinds.XXXXXX", *view;
	int fd = mkstemp(path);
	HANDLE file, section;

	if (fd < 0 || ftruncate(fd, 4 * KINDS_MB))
		return false;
	file = CreateFileA(path, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
			   NULL, OPEN_EXISTING, 0, NULL);
	section = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 0, NULL);
	view = section ? MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0) : NULL;
	if (view)
		memset(view, 4, KINDS_MB);
	close(fd);
	return !unlink(path) && view;
}

/* What malloc() and calls that go deep make of it. */
static inline bool kinds_of_linux(void)
{
	char deep[512 * 1024];

	memset(deep, 3, sizeof(deep));
	for (int i = 0; i < 64; i++) {
		char *piece = malloc(32 * 1024);

		if (!piece)
			return false;
		memset(piece, deep[i], 32 * 1024);
	}
	return true;
}

static inline bool kinds_make(void)
{
	return kinds_private() && kinds_small() && kinds_shareable() && kinds_mapped() &&
	       kinds_of_linux();
}

#endif /* EXAMPLE_KINDS_H */
