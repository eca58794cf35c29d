// SPDX-License-Identifier: GPL-2.0
/*
 * Somebody to record: memory comes and goes, step by step, for ever.
 *
 *	breather [MILLISECONDS]
 *
 * MILLISECONDS: between steps; without them a byte on the input is a step, and what is done is
 * told. Reserves 256 MB; commits 4 MB of them in each of 12 steps and touches three quarters of
 * that; shows a section of 16 MB; protects a part; then gives back in 4 steps, the section last.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <windows.h>

#define MB   ((SIZE_T)1 << 20)
#define UP   12
#define DOWN 4

static char *base, *view;
static HANDLE section;

static BOOL show_section(void)
{
	section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0,
				     (DWORD)(16 * MB), NULL);
	view = section ? MapViewOfFile(section, FILE_MAP_READ | FILE_MAP_WRITE, 0, 0, 0) : NULL;
	if (!view)
		return FALSE;
	memset(view, 1, 6 * MB);
	return TRUE;
}

static BOOL hide_section(void)
{
	return UnmapViewOfFile(view) && CloseHandle(section);
}

static BOOL grow(int step)
{
	char *part = base + (SIZE_T)step * 8 * MB;

	if (!VirtualAlloc(part, 4 * MB, MEM_COMMIT, PAGE_READWRITE))
		return FALSE;
	memset(part, 1, 3 * MB);
	return TRUE;
}

static BOOL shrink(int step)
{
	return VirtualFree(base + (SIZE_T)step * 24 * MB, 24 * MB, MEM_DECOMMIT);
}

static BOOL take_step(int step)
{
	DWORD old;

	if (step == 0) {
		base = VirtualAlloc(NULL, 256 * MB, MEM_RESERVE, PAGE_READWRITE);
		return base && grow(0);
	}
	if (step < UP)
		return grow(step) && (step != 5 || show_section()) &&
		       (step != 8 || VirtualProtect(base, 2 * MB, PAGE_READONLY, &old));
	if (step < UP + DOWN - 1)
		return shrink(step - UP);
	return hide_section() && VirtualFree(base, 0, MEM_RELEASE);
}

static void wait_for_step(useconds_t pause)
{
	if (pause)
		usleep(pause);
	else if (getchar() == EOF)
		exit(0);
}

int main(int argc, char **argv)
{
	useconds_t pause = argc > 1 ? (useconds_t)(1000 * strtoul(argv[1], NULL, 10)) : 0;

	for (int step = 0;; step = (step + 1) % (UP + DOWN)) {
		if (!take_step(step)) {
			fprintf(stderr, "breather: step %d: error %u\n", step, GetLastError());
			return 1;
		}
		if (!pause || !step)
			puts("ready");
		fflush(stdout);
		wait_for_step(pause);
	}
}
