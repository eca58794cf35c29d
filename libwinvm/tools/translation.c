// SPDX-License-Identifier: MIT
/* Translations: the module is asked, or /proc read. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <winvm.h>

#include "text.h"
#include "translation.h"

#define PAGE 4096

/* Documentation/admin-guide/mm/pagemap.rst */
#define PAGEMAP_PRESENT	  (UINT64_C(1) << 63)
#define PAGEMAP_SWAPPED	  (UINT64_C(1) << 62)
#define PAGEMAP_FRAME	  ((UINT64_C(1) << 55) - 1)
#define PAGEMAP_AREA	  31
#define PAGEMAP_AREA_BITS 5

/* Where user space ends: a page before the half of what is translated. */
static uint64_t top(unsigned int levels)
{
	return (UINT64_C(1) << (levels == 5 ? 56 : 47)) - PAGE;
}

/**
 * struct place - a range that Linux has mapped
 * @first, @end: its addresses
 * @protect: PAGE_*; 0: reserved
 * @type: MEM_*
 */
struct place {
	uint64_t first;
	uint64_t end;
	DWORD protect;
	DWORD type;
};

struct places {
	struct place *at;
	size_t count;
};

/* As the module puts it (SPEC VQ-8), but that images are told as files. */
static DWORD protect_of(const char *rights, bool file)
{
	static const DWORD table[2][2][2] = {
		{ { PAGE_NOACCESS, PAGE_READONLY }, { PAGE_READWRITE, PAGE_READWRITE } },
		{ { PAGE_EXECUTE, PAGE_EXECUTE_READ },
		  { PAGE_EXECUTE_READWRITE, PAGE_EXECUTE_READWRITE } },
	};
	DWORD protect = table[rights[2] == 'x'][rights[1] == 'w'][rights[0] == 'r'];

	if (protect == PAGE_NOACCESS && !file)
		return 0;
	return file && rights[1] == 'w' && rights[3] == 'p' ? protect << 1 : protect;
}

/* False: it cannot be read, and errno says why. */
static bool places_read(struct places *places, DWORD pid)
{
	char path[64], rights[5], *line = NULL;
	size_t bytes = 0, room = 0;
	unsigned long long first, end, inode;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%u/maps", pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	while (getline(&line, &bytes, file) > 0) {
		if (sscanf(line, "%llx-%llx %4s %*x %*s %llu", &first, &end, rights, &inode) != 4)
			continue;
		if (places->count == room) {
			room = room ? 2 * room : 64;
			places->at = text_allocate(places->at, room, sizeof(*places->at));
		}
		places->at[places->count++] = (struct place){
			.first = first,
			.end = end,
			.protect = protect_of(rights, inode),
			.type = inode ? MEM_MAPPED : MEM_PRIVATE,
		};
	}
	free(line);
	fclose(file);
	return true;
}

static const struct place *places_find(const struct places *places, uint64_t address)
{
	size_t low = 0, high = places->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (places->at[middle].end <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low < places->count && places->at[low].first <= address ? &places->at[low] : NULL;
}

/* What an entry of pagemap says of a page that is mapped. */
static void read_entry(struct winvm_translation *page, uint64_t entry, bool frames)
{
	if (entry & PAGEMAP_PRESENT) {
		page->location = WINVM_AT_MAPPED;
		page->frame = entry & PAGEMAP_FRAME;
		page->flags |= frames ? WINVM_TRANSLATED_FRAME : 0;
	} else if (entry & PAGEMAP_SWAPPED) {
		page->location = WINVM_AT_PAGE_FILE;
		page->page_file = entry & PAGEMAP_AREA;
		page->slot = (entry & PAGEMAP_FRAME) >> PAGEMAP_AREA_BITS;
		page->flags |= frames ? WINVM_TRANSLATED_SLOT : 0;
	} else if (page->type == MEM_MAPPED) {
		page->location = WINVM_AT_FILE;
	}
}

static void read_page(const struct translation *translation, struct winvm_translation *page,
		      const struct places *places, int pagemap)
{
	const struct place *place = places_find(places, page->address);
	uint64_t entry = 0;

	*page = (struct winvm_translation){ .address = page->address };
	if (!place) {
		page->state = page->address < top(translation->levels) ? MEM_FREE : 0;
		return;
	}
	page->state = place->protect ? MEM_COMMIT : MEM_RESERVE;
	page->protect = place->protect;
	page->type = place->type;
	page->allocation_base = place->first;
	if (pread(pagemap, &entry, sizeof(entry), (off_t)(page->address / PAGE * sizeof(entry))) ==
	    sizeof(entry))
		read_entry(page, entry, translation->frames);
}

static int refused(const struct translation *translation)
{
	const char *words = strerror(errno);

	if (errno == ENOENT || errno == ESRCH)
		words = "there is no such process";
	else if (errno == EACCES || errno == EPERM)
		words = "you may not; be its user, or root";
	fflush(stdout);
	fprintf(stderr, "winvm %s: cannot look into process %u: %s\n", translation->target->command,
		translation->target->pid, words);
	return 1;
}

static int open_pagemap(DWORD pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%u/pagemap", pid);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* Of a page of our own, which is there: its frame is 0 unless we may know it. */
static bool frames_are_told(void)
{
	volatile char here = 1;
	int pagemap = open_pagemap((DWORD)getpid());
	uint64_t entry = 0;
	bool told = pread(pagemap, &entry, sizeof(entry),
			  (off_t)((uintptr_t)&here / PAGE * sizeof(entry))) == sizeof(entry) &&
		    entry & PAGEMAP_FRAME;

	close(pagemap);
	return told;
}

/* Linux leaves the flag out where it has chosen four. */
static bool has_five_levels(void)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	char *line = NULL;
	size_t bytes = 0;
	bool five = false;

	if (!file)
		return false;
	while (getline(&line, &bytes, file) > 0 && strncmp(line, "flags", 5))
		;
	five = line && strstr(line, " la57");
	free(line);
	fclose(file);
	return five;
}

static int read_proc(struct translation *translation, struct winvm_translation *pages, size_t count)
{
	struct places places = { 0 };
	int pagemap = open_pagemap(translation->target->pid);

	if (pagemap < 0)
		return refused(translation);
	if (!places_read(&places, translation->target->pid)) {
		close(pagemap);
		return refused(translation);
	}
	translation->frames = frames_are_told();
	translation->levels = has_five_levels() ? 5 : 4;
	for (size_t i = 0; i < count; i++)
		read_page(translation, &pages[i], &places, pagemap);
	close(pagemap);
	free(places.at);
	return 0;
}

static int read_module(struct translation *translation, struct winvm_translation *pages,
		       size_t count)
{
	DWORD levels;
	BOOL frames;
	int status = target_open(translation->target);

	if (status)
		return status;
	if (!winvm_translate_pages(translation->target->handle, pages, count, &levels, &frames)) {
		status = target_failed(translation->target, "look at the page tables of");
	} else {
		translation->entries = true;
		translation->levels = levels;
		translation->frames = frames;
	}
	target_close(translation->target);
	return status;
}

int translation_read(struct translation *translation, struct winvm_translation *pages, size_t count)
{
	if (access(WINVM_DEVICE, F_OK))
		return read_proc(translation, pages, count);
	return read_module(translation, pages, count);
}
