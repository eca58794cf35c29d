// SPDX-License-Identifier: GPL-2.0
/*
 * PID 1 of the test VM.
 *
 * It shows the host's root (9p, read-only) under a writable overlay, loads
 * winvm.ko when the job holds one, runs the job's command as root and reports
 * on the virtio-serial status port:
 *
 *	boot		the kernel is up
 *	start		the command is about to run
 *	exit N		it exited
 *	signal N	a signal ended it
 *	fail TEXT	something is wrong, whatever the command said
 *	end		everything after the command went as it should
 *
 * Silence means failure: tests/vm/run accepts nothing without "end".
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "init.h"

static int status_port = -1;

__attribute__((noreturn)) static void power_off(void)
{
	flush_port(status_port);
	sync();
	/* The runner starts QEMU with -no-reboot, which makes this the quick way out. */
	reboot(RB_AUTOBOOT);
	for (;;)
		pause();
}

void report(const char *format, ...)
{
	char line[512];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(line, sizeof(line) - 1, format, args);
	va_end(args);
	if (len < 0)
		return;
	if (len > (int)sizeof(line) - 2)
		len = (int)sizeof(line) - 2;
	line[len++] = '\n';
	if (status_port < 0)
		status_port = STDERR_FILENO;
	write_all(status_port, line, (size_t)len);
}

void die(const char *what)
{
	report("fail the VM's init: %s: %s", what, strerror(errno));
	power_off();
}

void nap(long milliseconds)
{
	struct timespec t = {
		.tv_sec = milliseconds / 1000,
		.tv_nsec = milliseconds % 1000 * 1000000,
	};

	nanosleep(&t, NULL);
}

void write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		data += n;
		len -= (size_t)n;
	}
}

int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, text, strlen(text));
	close(fd);
	return n < 0 ? -1 : 0;
}

/* Reads a whole file of the job; NUL-terminated, *len without that NUL. */
static char *slurp(const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *data;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st))
		return NULL;
	data = malloc((size_t)st.st_size + 1);
	if (!data)
		die("malloc");
	n = read(fd, data, (size_t)st.st_size);
	close(fd);
	if (n != st.st_size)
		die(path);
	data[n] = '\0';
	*len = (size_t)n;
	return data;
}

/* Splits NUL-terminated strings into an argv-like vector. */
static char **slurp_vector(const char *path)
{
	size_t len, count = 0, i = 0;
	char *data = slurp(path, &len);
	char **vector;

	if (!data)
		die(path);
	for (size_t at = 0; at < len; at++)
		count += !data[at];
	vector = calloc(count + 1, sizeof(*vector));
	if (!vector)
		die("calloc");
	for (char *s = data; i < count; s += strlen(s) + 1)
		vector[i++] = s;
	return vector;
}

/* The device's index depends on the order in which virtio devices are found. */
static int try_port(int number)
{
	char pattern[32];
	glob_t found;
	int fd = -1;

	snprintf(pattern, sizeof(pattern), "/dev/vport*p%d", number);
	if (glob(pattern, 0, NULL, &found))
		return -1;
	fd = open(found.gl_pathv[0], O_RDWR | O_CLOEXEC);
	globfree(&found);
	return fd;
}

/* The host announces its ports a little after the driver is loaded. */
int open_port(int number)
{
	for (int tries = 0; tries < 1000; tries++) {
		int fd = try_port(number);

		if (fd >= 0)
			return fd;
		nap(10);
	}
	die("no virtio-serial port");
}

/*
 * A write returns when the host has taken the one before. QEMU's end would lose
 * the last: wait until the port could take another.
 */
void flush_port(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	while (fd >= 0 && poll(&p, 1, -1) < 0 && errno == EINTR)
		;
}

int load_module(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	long ret;

	if (fd < 0)
		return -1;
	ret = syscall(SYS_finit_module, fd, "", 0);
	close(fd);
	return ret ? -1 : 0;
}

/* The kernel's own drivers, in dependency order; a built-in one is not listed. */
static void load_drivers(void)
{
	FILE *list = fopen("/drivers", "re");
	char name[256], path[300];

	if (!list)
		return;
	while (fscanf(list, "%255s", name) == 1) {
		snprintf(path, sizeof(path), "/modules/%s", name);
		if (load_module(path) && errno != EEXIST)
			die(path);
	}
	fclose(list);
}

int main(void)
{
	struct job job = { 0 };
	size_t len;

	umask(022);
	mount_kernel_filesystems();
	load_drivers();
	status_port = open_port(PORT_STATUS);
	report("boot");

	job.argv = slurp_vector("/job/argv");
	job.env = slurp_vector("/job/env");
	job.cwd = slurp("/job/cwd", &len);
	job.one_output = !access("/job/one-output", F_OK);
	job.terminal = slurp("/job/terminal", &len);
	if (!access("/job/winvm.ko", F_OK) && load_module("/job/winvm.ko"))
		die("winvm.ko cannot be loaded");

	enter_root();
	report("start");
	run_job(&job);
	check_aftermath();
	report("end");
	power_off();
}
