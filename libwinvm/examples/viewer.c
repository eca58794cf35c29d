// SPDX-License-Identifier: MIT
/*
 * A viewer of files that may be larger than memory: it looks at them through a
 * window of 64 MB, a view that is mapped where it is needed, and unmapped again.
 * What Linux has read of the file it may forget at any time: nothing is charged.
 *
 *	viewer FILE [OFFSET]		256 bytes from there on
 *	viewer FILE -s TEXT		where the text is
 *
 *	cc -D_GNU_SOURCE viewer.c $(pkg-config --cflags --libs libwinvm) -o viewer
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#define WINDOW_BYTES ((ULONGLONG)64 << 20)
#define LINE_BYTES   16
#define SHOWN_BYTES  256

struct viewer {
	HANDLE file;
	HANDLE section;
	ULONGLONG bytes;
};

static BOOL viewer_open(struct viewer *viewer, const char *path)
{
	LARGE_INTEGER size;

	viewer->file = CreateFileA(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
				   OPEN_EXISTING, FILE_FLAG_SEQUENTIAL_SCAN, NULL);
	if (viewer->file == INVALID_HANDLE_VALUE || !GetFileSizeEx(viewer->file, &size))
		return FALSE;
	viewer->bytes = (ULONGLONG)size.QuadPart;
	viewer->section = CreateFileMappingA(viewer->file, NULL, PAGE_READONLY, 0, 0, NULL);
	return viewer->section != NULL;
}

/* A view from an offset, a multiple of 64 KB (SPEC SE-16), on; *bytes: how much it shows. */
static const char *viewer_map(const struct viewer *viewer, ULONGLONG offset, ULONGLONG *bytes)
{
	*bytes = viewer->bytes - offset;
	if (*bytes > WINDOW_BYTES)
		*bytes = WINDOW_BYTES;
	return MapViewOfFile(viewer->section, FILE_MAP_READ, (DWORD)(offset >> 32), (DWORD)offset,
			     (SIZE_T)*bytes);
}

static void print_line(const char *at, ULONGLONG offset, size_t bytes)
{
	printf("%012lx ", offset);
	for (size_t i = 0; i < bytes; i++)
		printf(" %02x", (unsigned char)at[i]);
	printf("  ");
	for (size_t i = 0; i < bytes; i++)
		putchar(isprint((unsigned char)at[i]) ? at[i] : '.');
	putchar('\n');
}

static BOOL show(const struct viewer *viewer, ULONGLONG offset)
{
	ULONGLONG base = offset & ~(ULONGLONG)0xffff, end, bytes;
	const char *view;

	if (offset >= viewer->bytes)
		return TRUE;
	view = viewer_map(viewer, base, &bytes);
	if (!view)
		return FALSE;
	end = base + bytes < offset + SHOWN_BYTES ? base + bytes : offset + SHOWN_BYTES;
	for (; offset < end; offset += LINE_BYTES)
		print_line(view + (offset - base), offset,
			   end - offset < LINE_BYTES ? (size_t)(end - offset) : LINE_BYTES);
	return UnmapViewOfFile(view);
}

/* Windows overlap by 64 KB, so that a text which lies across their ends is seen. */
static BOOL find(const struct viewer *viewer, const char *text)
{
	size_t length = strlen(text);
	ULONGLONG offset = 0, bytes;

	for (;; offset += WINDOW_BYTES - 0x10000) {
		const char *view = viewer_map(viewer, offset, &bytes), *found;
		ULONGLONG place;

		if (!view)
			return FALSE;
		found = memmem(view, (size_t)bytes, text, length);
		place = found ? offset + (ULONGLONG)(found - view) : 0;
		UnmapViewOfFile(view);
		if (found)
			return show(viewer, place & ~(ULONGLONG)(LINE_BYTES - 1));
		if (offset + bytes == viewer->bytes)
			return printf("not found\n") > 0;
	}
}

int main(int argc, char **argv)
{
	struct viewer viewer;
	BOOL done;

	if (argc < 2 || (argc == 4 && (strcmp(argv[2], "-s") || strlen(argv[3]) > 0x10000))) {
		fprintf(stderr, "usage: viewer FILE [OFFSET | -s TEXT]\n");
		return 2;
	}
	done = viewer_open(&viewer, argv[1]);
	if (done && argc == 4)
		done = find(&viewer, argv[3]);
	else if (done)
		done = show(&viewer, argc == 3 ? strtoull(argv[2], NULL, 0) : 0);
	if (!done)
		fprintf(stderr, "viewer: %s: error %u\n", argv[1], GetLastError());
	return !done;
}
