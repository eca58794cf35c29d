// SPDX-License-Identifier: MIT
/* Where a file ends, and where its handle is in it. */

#include <errno.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

static NTSTATUS winvm_position_block_device(int fd, LONGLONG *size)
{
	uint64_t bytes;

	if (ioctl(fd, BLKGETSIZE64, &bytes))
		return winvm_status_of_errno(errno);
	*size = (LONGLONG)bytes;
	return STATUS_SUCCESS;
}

/* Where the file ends, in bytes. */
NTSTATUS winvm_position_end(const struct winvm_file *file, LONGLONG *size)
{
	struct stat about;

	if (fstat(file->fd, &about))
		return winvm_status_of_errno(errno);
	if (S_ISBLK(about.st_mode))
		return winvm_position_block_device(file->fd, size);
	if (!S_ISREG(about.st_mode))
		return STATUS_INVALID_DEVICE_REQUEST;
	*size = about.st_size;
	return STATUS_SUCCESS;
}

static NTSTATUS winvm_position_now(const struct winvm_file *file, LONGLONG *position)
{
	off_t now = lseek(file->fd, 0, SEEK_CUR);

	if (now < 0)
		return winvm_status_of_errno(errno);
	*position = now;
	return STATUS_SUCCESS;
}

static NTSTATUS winvm_position_from(const struct winvm_file *file, DWORD method, LONGLONG *from)
{
	switch (method) {
	case FILE_BEGIN:
		*from = 0;
		return STATUS_SUCCESS;
	case FILE_CURRENT:
		return winvm_position_now(file, from);
	case FILE_END:
		return winvm_position_end(file, from);
	default:
		return STATUS_INVALID_PARAMETER;
	}
}

/* A negative position is no position, and no status says so. */
static NTSTATUS winvm_position_set(HANDLE handle, LONGLONG distance, DWORD method, LONGLONG most,
				   LONGLONG *position)
{
	const ACCESS_MASK any = FILE_READ_DATA | FILE_WRITE_DATA | FILE_APPEND_DATA | FILE_EXECUTE;
	struct winvm_file file;
	LONGLONG from = 0;
	NTSTATUS status = winvm_file_get(handle, any, &file);

	if (!status)
		status = winvm_position_from(&file, method, &from);
	if (status)
		return status;
	if (__builtin_add_overflow(from, distance, position) || *position > most)
		return STATUS_INVALID_PARAMETER;
	if (*position >= 0 && lseek(file.fd, *position, SEEK_SET) < 0)
		return winvm_status_of_errno(errno);
	return STATUS_SUCCESS;
}

static BOOL winvm_position_move(HANDLE handle, LONGLONG distance, DWORD method, LONGLONG most,
				LONGLONG *position)
{
	int saved = errno;
	NTSTATUS status = winvm_position_set(handle, distance, method, most, position);

	errno = saved;
	if (status)
		return winvm_error_set(status);
	if (*position >= 0)
		return TRUE;
	SetLastError(ERROR_NEGATIVE_SEEK);
	return FALSE;
}

BOOL WINAPI SetFilePointerEx(HANDLE hFile, LARGE_INTEGER liDistanceToMove,
			     PLARGE_INTEGER lpNewFilePointer, DWORD dwMoveMethod)
{
	LONGLONG position;

	if (!winvm_position_move(hFile, liDistanceToMove.QuadPart, dwMoveMethod, INT64_MAX,
				 &position))
		return FALSE;
	if (lpNewFilePointer)
		lpNewFilePointer->QuadPart = position;
	return TRUE;
}

/* The lower half of a value; one that looks like a failure must be told from one. */
static DWORD winvm_position_low(LONGLONG value)
{
	DWORD low = (DWORD)value;

	if (low == INVALID_SET_FILE_POINTER)
		SetLastError(NO_ERROR);
	return low;
}

DWORD WINAPI SetFilePointer(HANDLE hFile, LONG lDistanceToMove, PLONG lpDistanceToMoveHigh,
			    DWORD dwMoveMethod)
{
	LARGE_INTEGER distance = { .QuadPart = lDistanceToMove };
	LONGLONG position;

	if (lpDistanceToMoveHigh)
		distance.HighPart = *lpDistanceToMoveHigh;
	if (!winvm_position_move(hFile, distance.QuadPart, dwMoveMethod,
				 lpDistanceToMoveHigh ? INT64_MAX : UINT32_MAX, &position))
		return INVALID_SET_FILE_POINTER;
	if (lpDistanceToMoveHigh)
		*lpDistanceToMoveHigh = (LONG)(position >> 32);
	return winvm_position_low(position);
}

BOOL WINAPI GetFileSizeEx(HANDLE hFile, PLARGE_INTEGER lpFileSize)
{
	struct winvm_file file;
	NTSTATUS status = winvm_file_get(hFile, FILE_READ_ATTRIBUTES, &file);
	int saved = errno;
	LONGLONG size = 0;

	if (!status)
		status = winvm_position_end(&file, &size);
	errno = saved;
	if (status)
		return winvm_error_set(status);
	lpFileSize->QuadPart = size;
	return TRUE;
}

DWORD WINAPI GetFileSize(HANDLE hFile, LPDWORD lpFileSizeHigh)
{
	LARGE_INTEGER size;

	if (!GetFileSizeEx(hFile, &size))
		return INVALID_FILE_SIZE;
	if (lpFileSizeHigh)
		*lpFileSizeHigh = (DWORD)size.HighPart;
	return winvm_position_low(size.QuadPart);
}

/* SPEC SE-34: the part of a file that a section has is not cut off. */
static NTSTATUS winvm_position_cut(const struct winvm_file *file, LONGLONG end)
{
	struct winvm_query_file request = { .size = sizeof(request), .file_fd = file->fd };
	LONGLONG size = 0;

	if (winvm_position_end(file, &size) || end >= size)
		return STATUS_SUCCESS;
	/* Without the module nothing is mapped by it. */
	if (winvm_device_call(WINVM_IOC_QUERY_FILE, &request))
		return STATUS_SUCCESS;
	return (uint64_t)end < request.section_bytes ? STATUS_USER_MAPPED_FILE : STATUS_SUCCESS;
}

BOOL WINAPI SetEndOfFile(HANDLE hFile)
{
	struct winvm_file file;
	LONGLONG position = 0;
	NTSTATUS status = winvm_file_get(hFile, FILE_WRITE_DATA, &file);
	int saved = errno;

	if (!status)
		status = winvm_position_now(&file, &position);
	if (!status)
		status = winvm_position_cut(&file, position);
	if (!status && ftruncate(file.fd, position))
		status = winvm_status_of_errno(errno);
	errno = saved;
	return status ? winvm_error_set(status) : TRUE;
}

BOOL WINAPI FlushFileBuffers(HANDLE hFile)
{
	struct winvm_file file;
	NTSTATUS status = winvm_file_get(hFile, FILE_WRITE_DATA | FILE_APPEND_DATA, &file);
	int saved = errno;

	if (!status && fsync(file.fd))
		status = errno == EINVAL ? STATUS_INVALID_DEVICE_REQUEST :
					   winvm_status_of_errno(errno);
	errno = saved;
	return status ? winvm_error_set(status) : TRUE;
}

DWORD WINAPI GetFileType(HANDLE hFile)
{
	struct winvm_file file;
	NTSTATUS status = winvm_file_get(hFile, 0, &file);

	if (!status)
		return file.type;
	winvm_error_set(status);
	return FILE_TYPE_UNKNOWN;
}
