/* SPDX-License-Identifier: MIT */
/*
 * A ring buffer without a seam.
 *
 * Two views show one section, side by side, so that whoever passes the end of
 * the first goes on at the beginning: whatever lies in the ring lies in one
 * piece, and is copied, parsed or given to a system call as such.
 *
 * The views need two free places that adjoin. A placeholder of both is split in
 * the middle, and each view takes the place of a half: at no moment can another
 * thread's allocation come between (SPEC PH-9, PH-17).
 */
#ifndef EXAMPLE_RING_H
#define EXAMPLE_RING_H

#include <stdbool.h>
#include <string.h>

#include <windows.h>

/**
 * struct ring - bytes, first in, first out
 * @base: the first view; the second begins @bytes behind
 * @bytes: of each view, whole pages
 * @written: how many bytes were ever put in
 * @read: how many were taken out
 */
struct ring {
	char *base;
	SIZE_T bytes;
	SIZE_T written;
	SIZE_T read;
};

/* One half, as a view of the section's beginning. */
static inline bool ring_view(HANDLE section, char *half, SIZE_T bytes)
{
	return MapViewOfFile3(section, NULL, half, 0, bytes, MEM_REPLACE_PLACEHOLDER,
			      PAGE_READWRITE, NULL, 0);
}

/* Both halves; those that are placeholders at the end are released again. */
static inline bool ring_views(HANDLE section, char *base, SIZE_T bytes)
{
	if (!ring_view(section, base, bytes)) {
		VirtualFree(base, 0, MEM_RELEASE);
		VirtualFree(base + bytes, 0, MEM_RELEASE);
		return false;
	}
	if (!ring_view(section, base + bytes, bytes)) {
		UnmapViewOfFile(base);
		VirtualFree(base + bytes, 0, MEM_RELEASE);
		return false;
	}
	return true;
}

/* @bytes: a multiple of the page size. False, with GetLastError(), if there is no room. */
static inline bool ring_create(struct ring *ring, SIZE_T bytes)
{
	HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE,
					    (DWORD)(bytes >> 32), (DWORD)bytes, NULL);
	char *base = NULL;

	*ring = (struct ring){ .bytes = bytes };
	if (!section)
		return false;
	base = VirtualAlloc2(NULL, NULL, 2 * bytes, MEM_RESERVE | MEM_RESERVE_PLACEHOLDER,
			     PAGE_NOACCESS, NULL, 0);
	if (base && VirtualFree(base, bytes, MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER) &&
	    ring_views(section, base, bytes))
		ring->base = base;
	/* The views keep it. */
	CloseHandle(section);
	return ring->base;
}

/* How many bytes lie in the ring, and where the first of them is. */
static inline SIZE_T ring_used(const struct ring *ring)
{
	return ring->written - ring->read;
}

static inline const char *ring_first(const struct ring *ring)
{
	return ring->base + ring->read % ring->bytes;
}

/* All of it, or nothing if there is no room. */
static inline bool ring_put(struct ring *ring, const void *data, SIZE_T bytes)
{
	if (bytes > ring->bytes - ring_used(ring))
		return false;
	memcpy(ring->base + ring->written % ring->bytes, data, bytes);
	ring->written += bytes;
	return true;
}

/* The caller is through with the first @bytes, which lie in the ring. */
static inline void ring_drop(struct ring *ring, SIZE_T bytes)
{
	ring->read += bytes;
}

/* The halves become placeholders, these one, and that is released. */
static inline bool ring_destroy(struct ring *ring)
{
	return UnmapViewOfFileEx(ring->base, MEM_PRESERVE_PLACEHOLDER) &&
	       UnmapViewOfFileEx(ring->base + ring->bytes, MEM_PRESERVE_PLACEHOLDER) &&
	       VirtualFree(ring->base, 2 * ring->bytes, MEM_RELEASE | MEM_COALESCE_PLACEHOLDERS) &&
	       VirtualFree(ring->base, 0, MEM_RELEASE);
}

#endif /* EXAMPLE_RING_H */
