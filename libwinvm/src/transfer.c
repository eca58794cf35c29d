// SPDX-License-Identifier: MIT
/*
 * Reading and writing files.
 *
 * As on Windows the whole buffer is made sure of before the file is touched.
 * A buffer to read into is written, without a change, page by page: that marks
 * watched pages (SPEC WW-14) and consumes guards (SPEC GP-5) however many
 * bytes will come. It costs a touch a page that would be written anyway.
 */

#include <errno.h>
#include <sys/uio.h>
#include <unistd.h>

#include "internal.h"

/* Offsets that stand for places, as OVERLAPPED has them. */
#define WINVM_OFFSET_END  (-1)
#define WINVM_OFFSET_HERE (-2)

/**
 * struct winvm_transfer - one ReadFile or WriteFile
 * @file: the file
 * @buffer, @bytes: the caller's
 * @done: bytes transferred
 * @offset: where in the file, or WINVM_OFFSET_*
 */
struct winvm_transfer {
	struct winvm_file file;
	char *buffer;
	size_t bytes;
	size_t done;
	int64_t offset;
};

typedef ssize_t winvm_transfer_some(const struct winvm_transfer *transfer);

static ssize_t winvm_transfer_read(const struct winvm_transfer *transfer)
{
	char *to = transfer->buffer + transfer->done;
	size_t bytes = transfer->bytes - transfer->done;

	if (transfer->offset == WINVM_OFFSET_HERE)
		return read(transfer->file.fd, to, bytes);
	return pread(transfer->file.fd, to, bytes, transfer->offset + (int64_t)transfer->done);
}

/*
 * Where others append, too, Linux finds the end at the moment of writing.
 * There are file systems that do not hear of that: for them it is told.
 */
static ssize_t winvm_transfer_append(const struct winvm_transfer *transfer,
				     const struct iovec *from)
{
	LONGLONG end = 0;
	NTSTATUS status = winvm_position_end(&transfer->file, &end);

	if (!status)
		return pwritev2(transfer->file.fd, from, 1, end, RWF_APPEND);
	errno = EIO;
	return -1;
}

static ssize_t winvm_transfer_write(const struct winvm_transfer *transfer)
{
	struct iovec from = {
		.iov_base = transfer->buffer + transfer->done,
		.iov_len = transfer->bytes - transfer->done,
	};

	if (transfer->offset == WINVM_OFFSET_HERE)
		return write(transfer->file.fd, from.iov_base, from.iov_len);
	if (transfer->offset == WINVM_OFFSET_END)
		return winvm_transfer_append(transfer, &from);
	return pwrite(transfer->file.fd, from.iov_base, from.iov_len,
		      transfer->offset + (int64_t)transfer->done);
}

/* The handle, the right, and where: what OVERLAPPED tells of files means nothing elsewhere. */
static NTSTATUS winvm_transfer_begin(struct winvm_transfer *transfer, HANDLE handle,
				     ACCESS_MASK access, const OVERLAPPED *overlapped)
{
	NTSTATUS status = winvm_file_get(handle, access, &transfer->file);

	transfer->offset = WINVM_OFFSET_HERE;
	if (status || !overlapped)
		return status;
	if (overlapped->hEvent)
		return STATUS_INVALID_HANDLE;
	if (transfer->file.type == FILE_TYPE_DISK)
		transfer->offset =
			(int64_t)((uint64_t)overlapped->OffsetHigh << 32 | overlapped->Offset);
	return STATUS_SUCCESS;
}

/* A range that wraps around ends where nobody has memory. */
static bool winvm_transfer_wraps(const struct winvm_transfer *transfer)
{
	return winvm_address(transfer->buffer) + transfer->bytes - 1 <
	       winvm_address(transfer->buffer);
}

static NTSTATUS winvm_transfer_probe_write(const struct winvm_transfer *transfer)
{
	if (!transfer->bytes)
		return STATUS_SUCCESS;
	if (winvm_transfer_wraps(transfer))
		return STATUS_ACCESS_VIOLATION;
	return winvm_user_probe_write(transfer->buffer, transfer->bytes);
}

static NTSTATUS winvm_transfer_probe_read(const struct winvm_transfer *transfer)
{
	if (!transfer->bytes)
		return STATUS_SUCCESS;
	if (winvm_transfer_wraps(transfer))
		return STATUS_ACCESS_VIOLATION;
	return winvm_user_probe_read(transfer->buffer, transfer->bytes);
}

/*
 * Until all bytes are there, or none come any more; what is no file gives what
 * it has. With O_DIRECT one may not go on reading where a file's last bytes end.
 */
static NTSTATUS winvm_transfer_run(struct winvm_transfer *transfer, winvm_transfer_some *some)
{
	ssize_t count = 1;

	while (transfer->done < transfer->bytes && count) {
		count = some(transfer);
		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0 && errno == EINVAL && transfer->done && some == winvm_transfer_read)
			break;
		if (count < 0)
			return winvm_status_of_errno(errno);
		transfer->done += (size_t)count;
		if (transfer->file.type != FILE_TYPE_DISK)
			break;
	}
	return STATUS_SUCCESS;
}

/* The file pointer follows, though Linux' calls with an offset leave it where it was. */
static void winvm_transfer_follow(const struct winvm_transfer *transfer)
{
	if (transfer->offset >= 0)
		lseek(transfer->file.fd, transfer->offset + (int64_t)transfer->done, SEEK_SET);
	else if (transfer->offset == WINVM_OFFSET_END)
		lseek(transfer->file.fd, 0, SEEK_END);
}

static BOOL winvm_transfer_end(NTSTATUS status, const struct winvm_transfer *transfer, DWORD *count,
			       OVERLAPPED *overlapped)
{
	if (count)
		*count = (DWORD)transfer->done;
	if (overlapped) {
		overlapped->Internal = (DWORD)status;
		overlapped->InternalHigh = transfer->done;
	}
	return status ? winvm_error_set(status) : TRUE;
}

static NTSTATUS winvm_transfer_in(struct winvm_transfer *transfer)
{
	NTSTATUS status;

	if (transfer->offset < WINVM_OFFSET_HERE || transfer->offset == WINVM_OFFSET_END)
		return STATUS_INVALID_PARAMETER;
	status = winvm_transfer_probe_write(transfer);
	if (!status)
		status = winvm_transfer_run(transfer, winvm_transfer_read);
	if (status)
		return status;
	winvm_transfer_follow(transfer);
	if (!transfer->bytes || transfer->done)
		return STATUS_SUCCESS;
	return transfer->file.type == FILE_TYPE_PIPE ? STATUS_PIPE_BROKEN : STATUS_END_OF_FILE;
}

BOOL WINAPI ReadFile(HANDLE hFile, LPVOID lpBuffer, DWORD nNumberOfBytesToRead,
		     LPDWORD lpNumberOfBytesRead, LPOVERLAPPED lpOverlapped)
{
	struct winvm_transfer transfer = { .buffer = lpBuffer, .bytes = nNumberOfBytesToRead };
	NTSTATUS status = winvm_transfer_begin(&transfer, hFile, FILE_READ_DATA, lpOverlapped);
	int saved = errno;

	if (!status)
		status = winvm_transfer_in(&transfer);
	errno = saved;
	if (status == STATUS_END_OF_FILE && !lpOverlapped)
		status = STATUS_SUCCESS;
	return winvm_transfer_end(status, &transfer, lpNumberOfBytesRead, lpOverlapped);
}

static NTSTATUS winvm_transfer_out(struct winvm_transfer *transfer)
{
	NTSTATUS status;

	if (transfer->file.type == FILE_TYPE_DISK && !(transfer->file.access & FILE_WRITE_DATA))
		transfer->offset = WINVM_OFFSET_END;
	if (transfer->offset < WINVM_OFFSET_HERE)
		return STATUS_INVALID_PARAMETER;
	status = winvm_transfer_probe_read(transfer);
	if (!status)
		status = winvm_transfer_run(transfer, winvm_transfer_write);
	if (!status)
		winvm_transfer_follow(transfer);
	/* The same mistake has another name than in ReadFile. */
	return status == STATUS_ACCESS_VIOLATION ? STATUS_INVALID_USER_BUFFER : status;
}

BOOL WINAPI WriteFile(HANDLE hFile, LPCVOID lpBuffer, DWORD nNumberOfBytesToWrite,
		      LPDWORD lpNumberOfBytesWritten, LPOVERLAPPED lpOverlapped)
{
	struct winvm_transfer transfer = {
		.buffer = winvm_pointer(winvm_address(lpBuffer)),
		.bytes = nNumberOfBytesToWrite,
	};
	NTSTATUS status = winvm_transfer_begin(&transfer, hFile, FILE_WRITE_DATA | FILE_APPEND_DATA,
					       lpOverlapped);
	int saved = errno;

	if (!status)
		status = winvm_transfer_out(&transfer);
	errno = saved;
	return winvm_transfer_end(status, &transfer, lpNumberOfBytesWritten, lpOverlapped);
}
