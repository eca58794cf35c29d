// SPDX-License-Identifier: MIT
/*
 * Files: opening, closing and deleting them, and the descriptors beneath.
 *
 * Paths are Linux paths and nothing is done to them. What Linux has no notion
 * of, share modes and most attributes, is accepted where a program cannot be
 * hurt by their absence, and refused where it might be.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

#include <winvm.h>

#define WINVM_FILE_SHARES ((DWORD)(FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE))

#define WINVM_FILE_ALL ((ACCESS_MASK)FILE_ALL_ACCESS)

#define WINVM_FILE_READS  ((ACCESS_MASK)(FILE_READ_DATA | FILE_EXECUTE))
#define WINVM_FILE_WRITES ((ACCESS_MASK)(FILE_WRITE_DATA | FILE_APPEND_DATA))

/* Obeyed, and those that may be ignored. */
#define WINVM_FILE_FLAGS                                                                     \
	(FILE_FLAG_WRITE_THROUGH | FILE_FLAG_NO_BUFFERING | FILE_FLAG_RANDOM_ACCESS |        \
	 FILE_FLAG_SEQUENTIAL_SCAN | FILE_FLAG_DELETE_ON_CLOSE | FILE_FLAG_POSIX_SEMANTICS | \
	 FILE_FLAG_OPEN_NO_RECALL | FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_HIDDEN |        \
	 FILE_ATTRIBUTE_SYSTEM | FILE_ATTRIBUTE_ARCHIVE | FILE_ATTRIBUTE_NORMAL |            \
	 FILE_ATTRIBUTE_TEMPORARY | FILE_ATTRIBUTE_OFFLINE | FILE_ATTRIBUTE_NOT_CONTENT_INDEXED)

/**
 * struct winvm_opening - what CreateFile was asked for
 * @path: the file
 * @access: FILE_* rights, the generic ones written out
 * @disposition: CREATE_NEW to TRUNCATE_EXISTING
 * @flags: FILE_FLAG_* and FILE_ATTRIBUTE_*
 * @existed: the file was there before: set when it is open
 */
struct winvm_opening {
	const char *path;
	ACCESS_MASK access;
	DWORD disposition;
	DWORD flags;
	bool existed;
};

/* Handles whose file is to be deleted: at the end of the process there may be some. */
static atomic_int winvm_file_doomed;

static ACCESS_MASK winvm_file_access(ACCESS_MASK asked)
{
	static const ACCESS_MASK generic[][2] = {
		{ GENERIC_READ, FILE_GENERIC_READ },
		{ GENERIC_WRITE, FILE_GENERIC_WRITE },
		{ GENERIC_EXECUTE, FILE_GENERIC_EXECUTE },
		{ GENERIC_ALL, FILE_ALL_ACCESS },
	};
	ACCESS_MASK access = asked | SYNCHRONIZE | FILE_READ_ATTRIBUTES;

	for (unsigned int i = 0; i < 4; i++)
		if (asked & generic[i][0])
			access = (access & ~generic[i][0]) | generic[i][1];
	return access;
}

static NTSTATUS winvm_file_check_access(ACCESS_MASK access)
{
	if (access & ACCESS_SYSTEM_SECURITY)
		return STATUS_PRIVILEGE_NOT_HELD;
	if (access & MAXIMUM_ALLOWED)
		return STATUS_NOT_SUPPORTED;
	return access & ~WINVM_FILE_ALL ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
}

static NTSTATUS winvm_file_check(const struct winvm_opening *opening, DWORD share, HANDLE template)
{
	if (opening->disposition < CREATE_NEW || opening->disposition > TRUNCATE_EXISTING)
		return STATUS_INVALID_PARAMETER;
	if (share & ~WINVM_FILE_SHARES)
		return STATUS_INVALID_PARAMETER;
	if (opening->disposition == TRUNCATE_EXISTING && !(opening->access & FILE_WRITE_DATA))
		return STATUS_INVALID_PARAMETER;
	if (opening->flags & ~WINVM_FILE_FLAGS || template)
		return STATUS_NOT_SUPPORTED;
	return winvm_file_check_access(opening->access);
}

/* Linux tells ENOENT for both; a link to nowhere is a file that is not there. */
static NTSTATUS winvm_file_missing(const char *path)
{
	const char *slash = strrchr(path, '/');
	char directory[PATH_MAX];
	struct stat status;

	if (!slash || slash == path)
		return STATUS_OBJECT_NAME_NOT_FOUND;
	memcpy(directory, path, (size_t)(slash - path));
	directory[slash - path] = 0;
	return stat(directory, &status) ? STATUS_OBJECT_PATH_NOT_FOUND :
					  STATUS_OBJECT_NAME_NOT_FOUND;
}

static NTSTATUS winvm_file_refusal(const char *path, int err)
{
	return err == ENOENT ? winvm_file_missing(path) : winvm_status_of_errno(err);
}

/* Gives a descriptor or -errno. */
static int winvm_open_with(const struct winvm_opening *opening, int more)
{
	mode_t mode = opening->flags & FILE_ATTRIBUTE_READONLY ? 0444 : 0666;
	bool write = opening->access & WINVM_FILE_WRITES;
	int flags = more | O_CLOEXEC | O_NOCTTY;
	int fd;

	if (write)
		flags |= opening->access & WINVM_FILE_READS ? O_RDWR : O_WRONLY;
	else if (!(opening->access & WINVM_FILE_READS) && !more)
		flags |= O_PATH;
	if (opening->flags & FILE_FLAG_WRITE_THROUGH)
		flags |= O_SYNC;
	do
		fd = open(opening->path, flags, mode);
	while (fd < 0 && errno == EINTR);
	return fd < 0 ? -errno : fd;
}

/*
 * Creates the file, or opens the one that is there, and knows which. Another
 * process may create and delete it meanwhile; a link to nowhere both exists
 * and cannot be opened. Then Linux decides.
 */
static int winvm_open_always(struct winvm_opening *opening, int more)
{
	int fd = winvm_open_with(opening, O_CREAT | O_EXCL);

	if (fd != -EEXIST)
		return fd;
	fd = winvm_open_with(opening, more);
	opening->existed = fd >= 0;
	return fd == -ENOENT ? winvm_open_with(opening, more | O_CREAT) : fd;
}

static int winvm_open(struct winvm_opening *opening)
{
	switch (opening->disposition) {
	case CREATE_NEW:
		return winvm_open_with(opening, O_CREAT | O_EXCL);
	case CREATE_ALWAYS:
		return winvm_open_always(opening, O_TRUNC);
	case OPEN_ALWAYS:
		return winvm_open_always(opening, 0);
	case TRUNCATE_EXISTING:
		return winvm_open_with(opening, O_TRUNC);
	default:
		return winvm_open_with(opening, 0);
	}
}

/*
 * The same file without Linux' cache, if its file system can do that: asked by
 * opening it so, for the file may be new, and a flag that is set later may be
 * refused only when something is read.
 */
static int winvm_file_unbuffered(int fd)
{
	char link[32];
	int direct;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	direct = open(link, fcntl(fd, F_GETFL) | O_DIRECT | O_CLOEXEC);
	if (direct < 0)
		return fd;
	close(fd);
	return direct;
}

static void winvm_file_advise(int fd, DWORD flags)
{
	if (flags & FILE_FLAG_RANDOM_ACCESS)
		posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
	else if (flags & FILE_FLAG_SEQUENTIAL_SCAN)
		posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
}

static DWORD winvm_file_type(mode_t mode)
{
	if (S_ISREG(mode) || S_ISBLK(mode))
		return FILE_TYPE_DISK;
	if (S_ISCHR(mode))
		return FILE_TYPE_CHAR;
	return S_ISFIFO(mode) || S_ISSOCK(mode) ? FILE_TYPE_PIPE : FILE_TYPE_UNKNOWN;
}

/* Takes the descriptor over, whatever the answer. */
static NTSTATUS winvm_file_handle(struct winvm_file file, HANDLE *handle)
{
	NTSTATUS status = STATUS_SUCCESS;
	union winvm_object object;
	struct stat about;

	if (fstat(file.fd, &about))
		status = winvm_status_of_errno(errno);
	else if (S_ISDIR(about.st_mode))
		status = STATUS_FILE_IS_A_DIRECTORY;
	if (!status) {
		file.type = winvm_file_type(about.st_mode);
		object.file = file;
		*handle = winvm_handle_create(WINVM_HANDLE_FILE, &object);
		status = *handle ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
	}
	if (status)
		close(file.fd);
	else if (file.doomed_by)
		atomic_fetch_add(&winvm_file_doomed, 1);
	return status;
}

static NTSTATUS winvm_file_open(struct winvm_opening *opening, HANDLE *handle)
{
	struct winvm_file file = { .fd = winvm_open(opening), .access = opening->access };

	if (file.fd < 0)
		return winvm_file_refusal(opening->path, -file.fd);
	if (opening->flags & FILE_FLAG_NO_BUFFERING)
		file.fd = winvm_file_unbuffered(file.fd);
	winvm_file_advise(file.fd, opening->flags);
	if (opening->flags & FILE_FLAG_DELETE_ON_CLOSE) {
		file.access |= DELETE;
		file.doomed_by = getpid();
	}
	return winvm_file_handle(file, handle);
}

HANDLE WINAPI CreateFileA(LPCSTR lpFileName, DWORD dwDesiredAccess, DWORD dwShareMode,
			  LPSECURITY_ATTRIBUTES lpSecurityAttributes, DWORD dwCreationDisposition,
			  DWORD dwFlagsAndAttributes, HANDLE hTemplateFile)
{
	struct winvm_opening opening = {
		.path = lpFileName,
		.access = winvm_file_access(dwDesiredAccess),
		.disposition = dwCreationDisposition,
		.flags = dwFlagsAndAttributes,
	};
	NTSTATUS status = STATUS_OBJECT_PATH_NOT_FOUND;
	HANDLE handle = INVALID_HANDLE_VALUE;
	int saved = errno;

	(void)lpSecurityAttributes;
	if (lpFileName && *lpFileName)
		status = winvm_file_check(&opening, dwShareMode, hTemplateFile);
	if (!status)
		status = winvm_file_open(&opening, &handle);
	errno = saved;
	if (!status) {
		SetLastError(opening.existed ? ERROR_ALREADY_EXISTS : NO_ERROR);
		return handle;
	}
	winvm_error_set(status);
	/* Of names that collide CreateFile tells in its own way. */
	if (status == STATUS_OBJECT_NAME_COLLISION)
		SetLastError(ERROR_FILE_EXISTS);
	return INVALID_HANDLE_VALUE;
}

HANDLE WINAPI CreateFileW(LPCWSTR lpFileName, DWORD dwDesiredAccess, DWORD dwShareMode,
			  LPSECURITY_ATTRIBUTES lpSecurityAttributes, DWORD dwCreationDisposition,
			  DWORD dwFlagsAndAttributes, HANDLE hTemplateFile)
{
	char path[PATH_MAX] = "";
	NTSTATUS status = STATUS_SUCCESS;

	if (lpFileName)
		status = winvm_utf16_to_utf8(lpFileName, path, sizeof(path));
	if (!status)
		return CreateFileA(path, dwDesiredAccess, dwShareMode, lpSecurityAttributes,
				   dwCreationDisposition, dwFlagsAndAttributes, hTemplateFile);
	winvm_error_set(status);
	return INVALID_HANDLE_VALUE;
}

BOOL WINAPI DeleteFileA(LPCSTR lpFileName)
{
	NTSTATUS status = STATUS_OBJECT_PATH_NOT_FOUND;
	int saved = errno;

	if (lpFileName && *lpFileName)
		status = unlink(lpFileName) ? winvm_file_refusal(lpFileName, errno) :
					      STATUS_SUCCESS;
	errno = saved;
	return status ? winvm_error_set(status) : TRUE;
}

BOOL WINAPI DeleteFileW(LPCWSTR lpFileName)
{
	char path[PATH_MAX] = "";
	NTSTATUS status = STATUS_SUCCESS;

	if (lpFileName)
		status = winvm_utf16_to_utf8(lpFileName, path, sizeof(path));
	return status ? winvm_error_set(status) : DeleteFileA(path);
}

/* The rights that a descriptor's mode allows. */
static ACCESS_MASK winvm_file_allowed(int mode)
{
	if (mode & O_PATH)
		return WINVM_FILE_ALL & ~(WINVM_FILE_READS | WINVM_FILE_WRITES);
	switch (mode & O_ACCMODE) {
	case O_RDONLY:
		return WINVM_FILE_ALL & ~WINVM_FILE_WRITES;
	case O_WRONLY:
		return WINVM_FILE_ALL & ~WINVM_FILE_READS;
	default:
		return WINVM_FILE_ALL;
	}
}

static NTSTATUS winvm_file_wrap(int fd, ACCESS_MASK access, HANDLE *handle)
{
	int mode = fcntl(fd, F_GETFL);
	struct winvm_file file = { .access = winvm_file_access(access) };

	if (mode < 0)
		return winvm_status_of_errno(errno);
	if (access & MAXIMUM_ALLOWED)
		file.access = (file.access & ~(ACCESS_MASK)MAXIMUM_ALLOWED) |
			      winvm_file_allowed(mode);
	if (file.access & ~winvm_file_allowed(mode))
		return STATUS_ACCESS_DENIED;
	file.fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (file.fd < 0)
		return winvm_status_of_errno(errno);
	return winvm_file_handle(file, handle);
}

HANDLE WINAPI winvm_open_fd(int fd, DWORD access)
{
	HANDLE handle = INVALID_HANDLE_VALUE;
	int saved = errno;
	NTSTATUS status = winvm_file_wrap(fd, access, &handle);

	errno = saved;
	if (!status)
		return handle;
	winvm_error_set(status);
	return INVALID_HANDLE_VALUE;
}

int WINAPI winvm_get_fd(HANDLE handle)
{
	struct winvm_file file;
	NTSTATUS status = winvm_file_get(handle, 0, &file);

	if (!status)
		return file.fd;
	winvm_error_set(status);
	return -1;
}

NTSTATUS winvm_file_get(HANDLE handle, ACCESS_MASK access, struct winvm_file *file)
{
	union winvm_object object;
	NTSTATUS status = winvm_handle_get(handle, WINVM_HANDLE_FILE, &object);

	if (status)
		return status;
	*file = object.file;
	return access && !(file->access & access) ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
}

/* By the name that it has now, if it has one: it may have been renamed or deleted. */
static void winvm_file_delete(int fd)
{
	struct stat ours, named;
	char link[32], path[PATH_MAX];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, sizeof(path));
	if (length <= 0 || length == sizeof(path))
		return;
	path[length] = 0;
	if (fstat(fd, &ours) || lstat(path, &named))
		return;
	if (ours.st_dev == named.st_dev && ours.st_ino == named.st_ino)
		unlink(path);
}

void winvm_file_close(const struct winvm_file *file)
{
	if (file->doomed_by) {
		atomic_fetch_sub(&winvm_file_doomed, 1);
		if (file->doomed_by == getpid())
			winvm_file_delete(file->fd);
	}
	close(file->fd);
}

static void winvm_file_end(const union winvm_object *object)
{
	if (object->file.doomed_by == getpid())
		winvm_file_delete(object->file.fd);
}

/* At the end of the process its handles are closed, and this is how one notices. */
__attribute__((destructor)) static void winvm_file_unload(void)
{
	if (atomic_load(&winvm_file_doomed))
		winvm_handle_each(WINVM_HANDLE_FILE, winvm_file_end);
}
