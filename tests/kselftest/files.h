/* SPDX-License-Identifier: GPL-2.0 */
/* What the tests of files share: a directory of their own, and handles in short. */
#ifndef KSELFTEST_FILES_H
#define KSELFTEST_FILES_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "tell.h"

#define READ_WRITE (GENERIC_READ | GENERIC_WRITE)

/* CreateFile and the like fail so. */
#define EXPECT_REFUSED(error, call)                        \
	do {                                               \
		SetLastError(MARK);                        \
		EXPECT_EQ(INVALID_HANDLE_VALUE, (call));   \
		EXPECT_EQ((DWORD)(error), GetLastError()); \
	} while (0)

/* A file is open, and the last error tells whether it was there. */
#define EXPECT_OPENS(error, handle)                        \
	do {                                               \
		SetLastError(MARK);                        \
		HANDLE handle_ = (handle);                 \
		EXPECT_EQ((DWORD)(error), GetLastError()); \
		EXPECT_NE(INVALID_HANDLE_VALUE, handle_);  \
		EXPECT_TRUE(CloseHandle(handle_));         \
	} while (0)

struct directory {
	char path[32];
	char file[64];
};

static inline bool directory_begin(struct directory *directory)
{
	strcpy(directory->path, "/tmp/files.XXXXXX");
	if (!mkdtemp(directory->path))
		return false;
	snprintf(directory->file, sizeof(directory->file), "%s/file", directory->path);
	return true;
}

static inline void directory_end(const struct directory *directory)
{
	unlink(directory->file);
	rmdir(directory->path);
}

static inline HANDLE open_as(const char *path, DWORD access, DWORD disposition, DWORD flags)
{
	return CreateFileA(path, access, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, disposition,
			   flags, NULL);
}

/* A new file with a text, open for everything. */
static inline HANDLE file_with(const char *path, const char *text)
{
	HANDLE file = open_as(path, READ_WRITE, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL);
	DWORD bytes;

	if (!WriteFile(file, text, (DWORD)strlen(text), &bytes, NULL) || bytes != strlen(text))
		return INVALID_HANDLE_VALUE;
	return SetFilePointer(file, 0, NULL, FILE_BEGIN) ? INVALID_HANDLE_VALUE : file;
}

/* -1 without a file */
static inline LONGLONG size_of(HANDLE file)
{
	LARGE_INTEGER size;

	return GetFileSizeEx(file, &size) ? size.QuadPart : -1;
}

static inline LONGLONG position_of(HANDLE file)
{
	LARGE_INTEGER here = { .QuadPart = 0 };

	return SetFilePointerEx(file, here, &here, FILE_CURRENT) ? here.QuadPart : -1;
}

static inline BOOL move_to(HANDLE file, LONGLONG position)
{
	LARGE_INTEGER distance = { .QuadPart = position };

	return SetFilePointerEx(file, distance, NULL, FILE_BEGIN);
}

#endif
