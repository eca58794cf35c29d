/* SPDX-License-Identifier: GPL-2.0 */
/* What /proc tells. */
#ifndef KSELFTEST_PROC_H
#define KSELFTEST_PROC_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A number from a file of "Key: value" lines, -1 if it is not there. */
static inline long proc_value(const char *path, const char *key)
{
	FILE *file = fopen(path, "re");
	char line[256];
	long value = -1;

	if (!file)
		return -1;
	while (value < 0 && fgets(line, sizeof(line), file))
		if (!strncmp(line, key, strlen(key)))
			value = strtol(line + strlen(key), NULL, 10);
	fclose(file);
	return value;
}

static inline long proc_meminfo_kb(const char *key)
{
	return proc_value("/proc/meminfo", key);
}

static inline long proc_status(const char *key)
{
	return proc_value("/proc/self/status", key);
}

/* Lines of /proc/self/maps. */
static inline long proc_vmas(void)
{
	FILE *file = fopen("/proc/self/maps", "re");
	long lines = 0;
	int c;

	if (!file)
		return -1;
	while ((c = getc(file)) != EOF)
		lines += c == '\n';
	fclose(file);
	return lines;
}

static inline bool proc_write(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");
	bool written;

	if (!file)
		return false;
	written = fputs(text, file) >= 0;
	return !fclose(file) && written;
}

/* Waits until shared memory is at most @limit_kb; returns what it is in the end. */
static inline long proc_shmem_settles(long limit_kb)
{
	long now = proc_meminfo_kb("Shmem:");

	for (int tries = 0; now > limit_kb && tries < 400; tries++) {
		usleep(50000);
		now = proc_meminfo_kb("Shmem:");
	}
	return now;
}

/* A count of rounds, which the environment may change. */
static inline unsigned long proc_rounds(const char *variable, unsigned long usual)
{
	const char *text = getenv(variable);

	return text ? strtoul(text, NULL, 10) : usual;
}

#endif
