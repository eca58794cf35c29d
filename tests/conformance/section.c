// SPDX-License-Identifier: GPL-2.0
/* Operations on sections and their views. */
#include "section.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <winvm.h>

#include "answer.h"
#include "operation.h"
#include "target.h"

#define SECTIONS 16

#define FILES 4

/* A file without a name, by its descriptor and by a handle. */
struct file {
	int fd;
	HANDLE handle;
};

static HANDLE sections[SECTIONS];
static struct file files[FILES];

static struct file *file_numbered(const char *text)
{
	return &files[operation_number(text) % FILES];
}

static void file_close(struct file *file)
{
	if (!file->handle)
		return;
	CloseHandle(file->handle);
	close(file->fd);
	*file = (struct file){ 0 };
}

static HANDLE *numbered(const char *text)
{
	return &sections[operation_number(text) % SECTIONS];
}

static DWORD high(uint64_t value)
{
	return (DWORD)(value >> 32);
}

static DWORD low(uint64_t value)
{
	return (DWORD)value;
}

void section_close_all(void)
{
	for (int i = 0; i < SECTIONS; i++) {
		if (sections[i])
			CloseHandle(sections[i]);
		sections[i] = NULL;
	}
	for (int i = 0; i < FILES; i++)
		file_close(&files[i]);
}

static bool file_open(struct file *file, uint64_t bytes)
{
	char name[] = "/tmp/conformance-XXXXXX";
	HANDLE handle;
	int fd = mkostemp(name, O_CLOEXEC);

	if (fd < 0)
		return false;
	unlink(name);
	fchmod(fd, S_IRWXU);
	handle = ftruncate(fd, (off_t)bytes) ? NULL : winvm_open_fd(fd, MAXIMUM_ALLOWED);
	if (!handle || handle == INVALID_HANDLE_VALUE) {
		close(fd);
		return false;
	}
	*file = (struct file){ .fd = fd, .handle = handle };
	return true;
}

/* A new file; sections of the old one keep it. */
void section_file(char **argument)
{
	struct file *file = file_numbered(argument[0]);

	file_close(file);
	answer_bool(file_open(file, operation_number(argument[1])));
}

void section_create_of_file(char **argument)
{
	HANDLE *section = numbered(argument[0]);
	const struct file *file = file_numbered(argument[1]);
	uint64_t bytes = operation_number(argument[2]);

	if (!file->handle) {
		printf("none\n");
		return;
	}
	if (*section)
		CloseHandle(*section);
	answer_begin();
	*section = CreateFileMappingA(file->handle, NULL, operation_flags(argument[3]), high(bytes),
				      low(bytes), NULL);
	answer_bool(*section);
}

void section_file_read(char **argument)
{
	const struct file *file = file_numbered(argument[0]);
	uint8_t byte;

	if (file->handle && pread(file->fd, &byte, 1, (off_t)operation_number(argument[1])) == 1)
		printf("v=%02x\n", byte);
	else
		printf("none\n");
}

/* Within the file. */
void section_file_write(char **argument)
{
	const struct file *file = file_numbered(argument[0]);
	off_t at = (off_t)operation_number(argument[1]);
	uint8_t byte = (uint8_t)operation_number(argument[2]);
	struct stat about;

	if (file->handle && !fstat(file->fd, &about) && at < about.st_size &&
	    pwrite(file->fd, &byte, 1, at) == 1)
		printf("ok\n");
	else
		printf("none\n");
}

/* Whatever had the number is closed first. */
void section_create(char **argument)
{
	HANDLE *section = numbered(argument[0]);
	uint64_t bytes = operation_number(argument[1]);

	if (*section)
		CloseHandle(*section);
	answer_begin();
	*section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, operation_flags(argument[2]),
				      high(bytes), low(bytes), NULL);
	answer_bool(*section);
}

/* With rights of the handle's own. */
void section_create_native(char **argument)
{
	HANDLE *section = numbered(argument[0]);
	LARGE_INTEGER bytes = { .QuadPart = (LONGLONG)operation_number(argument[1]) };
	NTSTATUS status;

	if (*section)
		CloseHandle(*section);
	*section = NULL;
	answer_begin();
	status = NtCreateSection(section, operation_flags(argument[4]), NULL, &bytes,
				 operation_flags(argument[2]), operation_flags(argument[3]), NULL);
	printf("st=%08" PRIx32 "\n", (uint32_t)status);
}

void section_close(char **argument)
{
	HANDLE *section = numbered(argument[0]);

	if (!*section) {
		printf("none\n");
		return;
	}
	answer_bool(CloseHandle(*section));
	*section = NULL;
}

void section_query(char **argument)
{
	SECTION_BASIC_INFORMATION basic = { 0 };
	NTSTATUS status = NtQuerySection(*numbered(argument[0]), SectionBasicInformation, &basic,
					 sizeof(basic), NULL);

	printf("st=%08" PRIx32 " a=%" PRIx32 " s=%" PRIx64 "\n", (uint32_t)status,
	       basic.AllocationAttributes, (uint64_t)basic.MaximumSize.QuadPart);
}

static void answer_view(const char *slot, void *view)
{
	if (view)
		slots_hold(operation_number(slot), (uintptr_t)view);
	answer_address((uintptr_t)view);
}

/* MapViewOfFileEx knows no process but its own. */
void section_map(char **argument)
{
	uint64_t offset = operation_number(argument[3]);

	answer_view(argument[0],
		    MapViewOfFileEx(*numbered(argument[1]), operation_flags(argument[2]),
				    high(offset), low(offset), operation_number(argument[4]),
				    operation_pointer(argument[5])));
}

void section_map_at(char **argument)
{
	answer_view(argument[0],
		    MapViewOfFile2(*numbered(argument[1]), target_process(),
				   operation_number(argument[3]), operation_pointer(argument[2]),
				   operation_number(argument[4]), operation_flags(argument[5]),
				   operation_flags(argument[6])));
}

void section_map_extended(char **argument)
{
	answer_view(argument[0],
		    MapViewOfFile3(*numbered(argument[1]), target_process(),
				   operation_pointer(argument[2]), operation_number(argument[3]),
				   operation_number(argument[4]), operation_flags(argument[5]),
				   operation_flags(argument[6]), NULL, 0));
}

void section_map_native(char **argument)
{
	void *base = operation_pointer(argument[2]);
	LARGE_INTEGER offset = { .QuadPart = (LONGLONG)operation_number(argument[5]) };
	SIZE_T bytes = operation_number(argument[6]);
	NTSTATUS status = NtMapViewOfSection(*numbered(argument[1]), target_process(), &base,
					     operation_number(argument[3]),
					     operation_number(argument[4]), &offset, &bytes,
					     ViewShare, operation_flags(argument[7]),
					     operation_flags(argument[8]));

	if (NT_SUCCESS(status))
		slots_hold(operation_number(argument[0]), (uintptr_t)base);
	answer_status(status, base, bytes);
	printf("\n");
}

void section_unmap(char **argument)
{
	answer_bool(UnmapViewOfFile(operation_pointer(argument[0])));
}

void section_unmap_with(char **argument)
{
	answer_bool(UnmapViewOfFile2(target_process(), operation_pointer(argument[0]),
				     operation_flags(argument[1])));
}

void section_flush(char **argument)
{
	answer_bool(FlushViewOfFile(operation_pointer(argument[0]), operation_number(argument[1])));
}
