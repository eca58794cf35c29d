// SPDX-License-Identifier: MIT
/* Making files. They tell where things lie in memory: that is nobody else's business. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "result.h"

static int open_new(const char *path)
{
	return open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
}

static int open_instead(const char *path)
{
	struct stat status;

	if (lstat(path, &status))
		return -1;
	if (S_ISDIR(status.st_mode)) {
		errno = EISDIR;
		return -1;
	}
	if (!S_ISREG(status.st_mode) && !S_ISLNK(status.st_mode))
		return open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	return unlink(path) ? -1 : open_new(path);
}

FILE *result_open(const char *command, const char *path, bool force)
{
	FILE *file;
	int fd;

	if (!strcmp(path, "-"))
		return stdout;
	fd = open_new(path);
	if (fd < 0 && errno == EEXIST && force)
		fd = open_instead(path);
	file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!file)
		fprintf(stderr, "winvm %s: cannot make %s: %s%s\n", command, path, strerror(errno),
			errno == EEXIST ? "; --force replaces it" : "");
	return file;
}

int result_close(const char *command, const char *path, FILE *file, bool fine)
{
	int error = errno;

	if (fine) {
		fine = !fflush(file) && !ferror(file);
		error = errno;
	}
	if (file != stdout && fclose(file) && fine) {
		fine = false;
		error = errno;
	}
	if (!fine)
		fprintf(stderr, "winvm %s: cannot write %s: %s\n", command, path, strerror(error));
	return !fine;
}
