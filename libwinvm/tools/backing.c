// SPDX-License-Identifier: MIT
/* The names of what is mapped. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <psapi.h>

#include "backing.h"
#include "text.h"

/* "first-end rights offset device inode   [name]": of others the module tells the path. */
static void read_line(struct backing *backing, const char *line)
{
	struct backing_name name = { 0 };
	unsigned long first, end;

	if (sscanf(line, "%lx-%lx %*s %*x %*s %*u [%21[^]\n]", &first, &end, name.text + 1) != 3)
		return;
	name.first = first;
	name.end = end;
	name.text[0] = '[';
	strcat(name.text, "]");
	backing->names = text_allocate(backing->names, backing->count + 1, sizeof(name));
	backing->names[backing->count++] = name;
}

void backing_open(struct backing *backing, const struct target *target)
{
	char path[32], *line = NULL;
	size_t room = 0;
	FILE *maps;

	memset(backing, 0, sizeof(*backing));
	backing->target = target;
	snprintf(path, sizeof(path), "/proc/%u/maps", target->pid);
	maps = fopen(path, "re");
	if (!maps)
		return;
	while (getline(&line, &room, maps) > 0)
		read_line(backing, line);
	free(line);
	fclose(maps);
}

void backing_close(struct backing *backing)
{
	free(backing->names);
}

/* Sections without a file are of the page file, in NT's words. */
static BOOL of_page_file(const struct backing *backing, const void *address)
{
	WIN32_MEMORY_REGION_INFORMATION whole;

	return QueryVirtualMemoryInformation(backing->target->handle, address, MemoryRegionInfo,
					     &whole, sizeof(whole), NULL) &&
	       whole.MappedPageFile;
}

/* All regions of an allocation have one file. */
static const char *path_of(struct backing *backing, const MEMORY_BASIC_INFORMATION *region)
{
	HANDLE process = backing->target->handle;

	if (backing->allocation == region->AllocationBase)
		return backing->path;
	backing->allocation = region->AllocationBase;
	if (of_page_file(backing, region->BaseAddress))
		strcpy(backing->path, "page file");
	else if (!GetMappedFileNameA(process, region->BaseAddress, backing->path,
				     sizeof(backing->path)))
		strcpy(backing->path, "(deleted)");
	return backing->path;
}

static const char *name_of(struct backing *backing, const MEMORY_BASIC_INFORMATION *region)
{
	uint64_t address = (uintptr_t)region->BaseAddress;
	const struct backing_name *name;

	for (; backing->next < backing->count; backing->next++) {
		name = &backing->names[backing->next];
		if (address < name->first)
			break;
		if (address < name->end)
			return name->text;
	}
	return NULL;
}

const char *backing_of(struct backing *backing, const MEMORY_BASIC_INFORMATION *region)
{
	if (region->Type == MEM_MAPPED || region->Type == MEM_IMAGE)
		return path_of(backing, region);
	return name_of(backing, region);
}
