// SPDX-License-Identifier: MIT
/* What the demo has allocated, as VirtualQuery tells it: table, picture, checks. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "demo.h"
#include "region.h"

#define MOST_ALLOCATIONS 4
#define MOST_REGIONS	 24

/* The picture: a letter a page; what is left over goes to the long runs. */
#define PICTURE_COLUMNS 62
#define LONG_RUN	20

struct allocation {
	const char *name;
	const char *base;
	SIZE_T bytes;
};

static struct allocation allocations[MOST_ALLOCATIONS];
static unsigned int checks;

void fail(const char *format, ...)
{
	va_list list;

	fflush(stdout);
	fprintf(stderr, "\n%sdemo: FAILED: ", screen_colour(RED));
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fprintf(stderr, "%s\n", screen_colour(PLAIN));
	exit(1);
}

void check(bool right, const char *format, ...)
{
	char text[256];
	va_list list;

	checks++;
	if (right)
		return;
	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	fail("not so: %s (last error %u)", text, GetLastError());
}

unsigned int checks_made(void)
{
	return checks;
}

static MEMORY_BASIC_INFORMATION query(const void *address)
{
	MEMORY_BASIC_INFORMATION info;
	SIZE_T got = VirtualQuery(address, &info, sizeof(info));

	check(got == sizeof(info), "VirtualQuery tells of %p", address);
	check(info.BaseAddress == address && info.RegionSize, "a region begins at %p", address);
	return info;
}

void expect_reserved(const void *address, SIZE_T bytes)
{
	MEMORY_BASIC_INFORMATION info = query(address);

	check(info.State == MEM_RESERVE && !info.Protect && info.Type == MEM_PRIVATE,
	      "%p is reserved, without a protection", address);
	check(info.RegionSize == bytes, "%p has %zu reserved bytes, not %zu", address, bytes,
	      info.RegionSize);
}

void expect_committed(const void *address, SIZE_T bytes, DWORD protect)
{
	MEMORY_BASIC_INFORMATION info = query(address);

	check(info.State == MEM_COMMIT && info.Protect == protect && info.Type == MEM_PRIVATE,
	      "%p is committed with protection %#x", address, protect);
	check(info.RegionSize == bytes, "%p has %zu such bytes, not %zu", address, bytes,
	      info.RegionSize);
}

/* SPEC VQ-8 */
void expect_free(const void *address)
{
	MEMORY_BASIC_INFORMATION info = query(address);

	check(info.State == MEM_FREE && info.Protect == PAGE_NOACCESS && !info.Type &&
		      !info.AllocationBase && !info.AllocationProtect,
	      "%p is free", address);
}

void expect_true(BOOL answer)
{
	check(answer, "the call succeeds");
	screen_answer("TRUE");
}

void expect_false(BOOL answer, DWORD error)
{
	DWORD got = GetLastError();

	check(!answer, "the call fails");
	check(got == error, "the error is %u, not %u", error, got);
	screen_failed("FALSE");
}

void memory_add(const char *name, const void *base, SIZE_T bytes)
{
	unsigned int i;

	for (i = 0; i < MOST_ALLOCATIONS; i++) {
		if (allocations[i].base)
			continue;
		allocations[i] = (struct allocation){ name, base, bytes };
		return;
	}
	fail("the table takes %d allocations", MOST_ALLOCATIONS);
}

void memory_forget(const void *base)
{
	unsigned int i;

	for (i = 0; i < MOST_ALLOCATIONS; i++)
		if (allocations[i].base == base)
			allocations[i].base = NULL;
}

/* The regions of an allocation, the last one cut off where it ended. */
static unsigned int regions_of(const struct allocation *allocation,
			       MEMORY_BASIC_INFORMATION regions[MOST_REGIONS])
{
	const char *end = allocation->base + allocation->bytes;
	const char *address = allocation->base;
	unsigned int count = 0;

	while (address < end && count < MOST_REGIONS) {
		MEMORY_BASIC_INFORMATION *info = &regions[count++];

		*info = query(address);
		if (info->RegionSize > (SIZE_T)(end - address))
			info->RegionSize = (SIZE_T)(end - address);
		address += info->RegionSize;
	}
	check(address == end, "%s has at most %d regions", allocation->name, MOST_REGIONS);
	return count;
}

static enum colour region_colour(const MEMORY_BASIC_INFORMATION *info)
{
	if (info->State != MEM_COMMIT)
		return FAINT;
	if (info->Protect == PAGE_READWRITE)
		return GREEN;
	return info->Protect == PAGE_READONLY ? YELLOW : RED;
}

static char region_letter(const MEMORY_BASIC_INFORMATION *info)
{
	if (info->State == MEM_FREE)
		return '_';
	if (info->State == MEM_RESERVE)
		return '.';
	switch (info->Protect) {
	case PAGE_READWRITE:
		return 'W';
	case PAGE_READONLY:
		return 'R';
	case PAGE_NOACCESS:
		return 'N';
	}
	return info->Protect & PAGE_GUARD ? 'G' : '?';
}

static void print_row(const MEMORY_BASIC_INFORMATION *info)
{
	printf("  0x%012" PRIxPTR "  %9s  %13s  %s%-9s%s  %-10s  %s\n",
	       (uintptr_t)info->BaseAddress, region_size(info->RegionSize).text,
	       region_number(info->RegionSize).text, screen_colour(region_colour(info)),
	       region_state(info->State), screen_colour(PLAIN),
	       info->State == MEM_FREE ? "-" : region_protect(info->Protect).text,
	       region_protect(info->AllocationProtect).text);
}

/* The columns for each long run: an equal share of what the short ones leave. */
static int long_run_columns(const MEMORY_BASIC_INFORMATION *regions, unsigned int count)
{
	int left = PICTURE_COLUMNS, runs = 0;
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (regions[i].RegionSize / PAGE > LONG_RUN)
			runs++;
		else
			left -= (int)(regions[i].RegionSize / PAGE);
	}
	return runs ? left / runs : 0;
}

static void print_letters(char letter, int count)
{
	while (count-- > 0)
		putchar(letter);
}

static void print_run(const MEMORY_BASIC_INFORMATION *info, int long_columns)
{
	SIZE_T pages = info->RegionSize / PAGE;
	char letter = region_letter(info);
	char label[32];
	int around;

	printf("%s", screen_colour(region_colour(info)));
	if (pages <= LONG_RUN) {
		print_letters(letter, (int)pages);
	} else {
		around = long_columns - snprintf(label, sizeof(label), " %zu pages ", pages);
		print_letters(letter, around - around / 2);
		printf("%s", label);
		print_letters(letter, around / 2);
	}
	printf("%s", screen_colour(PLAIN));
}

static void print_picture(const char *name, const MEMORY_BASIC_INFORMATION *regions,
			  unsigned int count)
{
	int long_columns = long_run_columns(regions, count);
	unsigned int i;

	printf("  %-10s  ", name);
	for (i = 0; i < count; i++)
		print_run(&regions[i], long_columns);
	putchar('\n');
}

void memory_show(void)
{
	MEMORY_BASIC_INFORMATION regions[MOST_ALLOCATIONS][MOST_REGIONS];
	unsigned int count[MOST_ALLOCATIONS] = { 0 };
	unsigned int i, j;

	printf("\n%s  address              size          bytes  state      protection"
	       "  reserved as%s\n",
	       screen_colour(BOLD), screen_colour(PLAIN));
	for (i = 0; i < MOST_ALLOCATIONS; i++) {
		if (!allocations[i].base)
			continue;
		count[i] = regions_of(&allocations[i], regions[i]);
		for (j = 0; j < count[i]; j++)
			print_row(&regions[i][j]);
	}
	putchar('\n');
	for (i = 0; i < MOST_ALLOCATIONS; i++)
		if (count[i])
			print_picture(allocations[i].name, regions[i], count[i]);
	printf("%s  a page:     . reserved  W read-write  R read-only  N no access"
	       "  _ free%s\n",
	       screen_colour(FAINT), screen_colour(PLAIN));
}
