/* SPDX-License-Identifier: GPL-2.0 */
/* Images: files of them, sections and views. */
#ifndef KSELFTEST_IMAGE_H
#define KSELFTEST_IMAGE_H

#include <libgen.h>
#include <limits.h>
#include <tiny-pe.h>

#include "files.h"
#include "section.h"

#define ST_IMAGE_NOT_AT_BASE	    STATUS(0x40000003)
#define ST_INVALID_FILE_FOR_SECTION STATUS(0xc0000020)
#define ST_SHARING_VIOLATION	    STATUS(0xc0000043)
#define ST_INVALID_IMAGE_FORMAT	    STATUS(0xc000007b)

#define IMAGE_RIGHTS (SECTION_QUERY | SECTION_MAP_READ | SECTION_MAP_EXECUTE)

/* Headers, a page of code, two of constants, three of data, of which the file has one and a half. */
#define USUAL_BYTES 0x3e00u
#define USUAL_PAGES 7

static inline void usual_image(uint8_t *pe, uint64_t base)
{
	tiny_pe_begin(pe, base, USUAL_PAGES << 12);
	tiny_pe_section(pe, 0x1000, 0x1000, 0x400, 0x1000, TINY_CODE);
	tiny_pe_section(pe, 0x2000, 0x1800, 0x1400, 0x1200, TINY_CONST);
	tiny_pe_section(pe, 0x4000, 0x2800, 0x2600, 0x1800, TINY_DATA);
	for (unsigned int i = 0x400; i < USUAL_BYTES; i++)
		pe[i] = (uint8_t)(i * 7 + i / 256);
	pe[0x400] = 0xc3; /* ret */
}

/* What the image of that file shows at an address. */
static inline uint8_t usual_byte(const uint8_t *pe, unsigned int at)
{
	if (at < 0x1000)
		return at < 0x400 ? pe[at] : 0;
	if (at < 0x2000)
		return pe[at - 0x1000 + 0x400];
	if (at < 0x4000)
		return at < 0x3200 ? pe[at - 0x2000 + 0x1400] : 0;
	return at < 0x5800 ? pe[at - 0x4000 + 0x2600] : 0;
}

/* A program: everybody may read and run it. */
static inline bool image_file(const char *path, const void *contents, size_t bytes)
{
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	bool written = file >= 0 && write(file, contents, bytes) == (ssize_t)bytes &&
		       !fchmod(file, 0755);

	return file >= 0 && !close(file) && written;
}

/* NULL if it cannot be: the last error tells. */
static inline HANDLE image_section(const char *path, DWORD protection)
{
	HANDLE file = open_as(path, GENERIC_READ | GENERIC_EXECUTE, OPEN_EXISTING, 0);
	HANDLE section = NULL;

	if (file == INVALID_HANDLE_VALUE)
		return NULL;
	section = CreateFileMappingA(file, NULL, protection, 0, 0, NULL);
	CloseHandle(file);
	return section;
}

static inline NTSTATUS image_status(const char *path)
{
	HANDLE file = open_as(path, GENERIC_READ | GENERIC_EXECUTE, OPEN_EXISTING, 0);
	HANDLE section = NULL;
	NTSTATUS status = NtCreateSection(&section, IMAGE_RIGHTS, NULL, NULL, PAGE_EXECUTE_READ,
					  SEC_IMAGE, file);

	CloseHandle(file);
	if (section)
		NtClose(section);
	return status;
}

/* What mingw-w64 built for the tests, beside the program that asks; copied, for it may be anywhere. */
static inline bool image_copy(const char *name, const char *to)
{
	char self[PATH_MAX], command[2 * PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (length < 0)
		return false;
	self[length] = 0;
	snprintf(command, sizeof(command), "cp %s/%s %s 2>/dev/null && chmod 755 %s", dirname(self),
		 name, to, to);
	return !system(command);
}

#define NO_MINGW "gcc-mingw-w64-x86-64-win32 was not there when the tests were built"

/* The frame of a page of this process, 0 if it has none. */
static inline uint64_t frame_of(const volatile void *address)
{
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t entry = 0;

	if (pread(pagemap, &entry, sizeof(entry), (off_t)((uintptr_t)address / PAGE * 8)) !=
	    sizeof(entry))
		entry = 0;
	close(pagemap);
	return entry >> 63 ? entry & ((UINT64_C(1) << 55) - 1) : 0;
}

#endif
