/* SPDX-License-Identifier: GPL-2.0 */
/* Events of one system in an instance of tracefs of one's own. */
#ifndef KSELFTEST_TRACEFS_H
#define KSELFTEST_TRACEFS_H

#include <errno.h>
#include <stdarg.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "proc.h"

#define TRACEFS	 "/sys/kernel/tracing"
#define INSTANCE TRACEFS "/instances/winvm-test"
#define EVENTS	 INSTANCE "/events/winvm"

/* NULL, or the reason why it cannot be had here. */
static inline const char *tracefs_begin(void)
{
	if (access(TRACEFS "/events", F_OK) && mount("tracefs", TRACEFS, "tracefs", 0, NULL))
		return "no tracefs on this kernel";
	if (mkdir(INSTANCE, 0755) && errno != EEXIST)
		return "no instances of tracefs on this kernel";
	return NULL;
}

static inline bool tracefs_turn(const char *event, bool on)
{
	char path[128];

	snprintf(path, sizeof(path), EVENTS "%s%s/enable", *event ? "/" : "", event);
	return proc_write(path, on ? "1" : "0");
}

static inline bool tracefs_clear(void)
{
	return proc_write(INSTANCE "/trace", "\n");
}

static inline void tracefs_end(void)
{
	tracefs_turn("", false);
	rmdir(INSTANCE);
}

/* How many lines have in them what @format comes to; -1 if they cannot be read. */
static inline int tracefs_count(const char *format, ...)
{
	char want[512], line[1024];
	FILE *file = fopen(INSTANCE "/trace", "re");
	int count = 0;
	va_list args;

	if (!file)
		return -1;
	va_start(args, format);
	vsnprintf(want, sizeof(want), format, args);
	va_end(args);
	while (fgets(line, sizeof(line), file))
		count += strstr(line, want) != NULL;
	fclose(file);
	return count;
}

/* Does an event have a field? With @field NULL: is there one of that name? */
static inline bool tracefs_has(const char *event, const char *field)
{
	char path[128], line[4096], want[64];
	bool found = !field;
	FILE *file;

	snprintf(path, sizeof(path), EVENTS "/%s/format", event);
	file = fopen(path, "re");
	if (!file)
		return false;
	snprintf(want, sizeof(want), " %s;", field ? field : "");
	while (!found && fgets(line, sizeof(line), file))
		found = strstr(line, "field:") && strstr(line, want);
	fclose(file);
	return found;
}

#endif
