// SPDX-License-Identifier: MIT
/* Page files: what Windows calls so is a swap area here. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "internal.h"

#include <psapi.h>

/* A callback of either kind. */
struct winvm_pagefile_visitor {
	PENUM_PAGE_FILE_CALLBACKA bytes;
	PENUM_PAGE_FILE_CALLBACKW units;
	void *context;
};

/* All of a file that has no zero, to be freed; NULL and errno without. */
static char *winvm_pagefile_read(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t room = 0;
	int err;

	if (!file)
		return NULL;
	if (getdelim(&text, &room, 0, file) < 0) {
		err = ferror(file) ? errno : ENOENT;
		free(text);
		text = NULL;
		errno = err;
	}
	err = errno;
	fclose(file);
	errno = err;
	return text;
}

static bool winvm_pagefile_octal(const char *at)
{
	return at[0] == '\\' && at[1] >= '0' && at[1] <= '3' && at[2] >= '0' && at[2] <= '7' &&
	       at[3] >= '0' && at[3] <= '7';
}

/* In place, up to the name's end: Linux writes space, tab, newline and backslash as \ooo. */
static char *winvm_pagefile_name(char *at)
{
	char *to = at;

	while (*at && *at != ' ' && *at != '\t' && *at != '\n') {
		if (winvm_pagefile_octal(at)) {
			*to++ = (char)((at[1] - '0') << 6 | (at[2] - '0') << 3 | (at[3] - '0'));
			at += 4;
		} else {
			*to++ = *at++;
		}
	}
	if (*at)
		at++;
	*to = 0;
	return at;
}

/* The text as units, to be freed. */
static WCHAR *winvm_pagefile_units(const char *name)
{
	/* A character of UTF-8 has no fewer bytes than units. */
	WCHAR *units = malloc((strlen(name) + 1) * sizeof(*units));
	size_t count = 0;

	while (units && *name)
		count += winvm_utf16_next(&name, units + count);
	if (units)
		units[count] = 0;
	return units;
}

static BOOL winvm_pagefile_visit(const struct winvm_pagefile_visitor *visitor, const char *name,
				 ENUM_PAGE_FILE_INFORMATION *about, NTSTATUS *status)
{
	WCHAR *units;
	BOOL more;

	if (visitor->bytes)
		return visitor->bytes(visitor->context, about, name);
	units = winvm_pagefile_units(name);
	if (!units) {
		*status = STATUS_NO_MEMORY;
		return FALSE;
	}
	more = visitor->units(visitor->context, about, units);
	free(units);
	return more;
}

/* "NAME TYPE KILOBYTES USED PRIORITY", below a line of titles. */
static NTSTATUS winvm_pagefile_walk(const struct winvm_pagefile_visitor *visitor, char *text)
{
	unsigned long long size, used;
	NTSTATUS status = STATUS_SUCCESS;
	BOOL more = TRUE;

	for (text = strchr(text, '\n'); more && text && text[1]; text = strchr(text, '\n')) {
		char *name = text + 1;
		ENUM_PAGE_FILE_INFORMATION about = { .cb = sizeof(about) };

		text = winvm_pagefile_name(name);
		if (sscanf(text, "%*s %llu %llu", &size, &used) != 2)
			return STATUS_UNSUCCESSFUL;
		about.TotalSize = size / 4;
		about.TotalInUse = used / 4;
		about.PeakUsage = about.TotalInUse;
		more = winvm_pagefile_visit(visitor, name, &about, &status);
	}
	return status;
}

static BOOL winvm_pagefile_enumerate(const struct winvm_pagefile_visitor *visitor)
{
	NTSTATUS status = STATUS_INVALID_PARAMETER;
	int saved = errno;
	char *text = NULL;

	if (visitor->bytes || visitor->units) {
		text = winvm_pagefile_read("/proc/swaps");
		/* A kernel without swap has no such file. */
		status = text || errno == ENOENT ? STATUS_SUCCESS : winvm_status_of_errno(errno);
	}
	if (text)
		status = winvm_pagefile_walk(visitor, text);
	free(text);
	errno = saved;
	return status ? winvm_error_set(status) : TRUE;
}

BOOL WINAPI EnumPageFilesA(PENUM_PAGE_FILE_CALLBACKA pCallBackRoutine, LPVOID pContext)
{
	const struct winvm_pagefile_visitor visitor = {
		.bytes = pCallBackRoutine,
		.context = pContext,
	};

	return winvm_pagefile_enumerate(&visitor);
}

BOOL WINAPI EnumPageFilesW(PENUM_PAGE_FILE_CALLBACKW pCallBackRoutine, LPVOID pContext)
{
	const struct winvm_pagefile_visitor visitor = {
		.units = pCallBackRoutine,
		.context = pContext,
	};

	return winvm_pagefile_enumerate(&visitor);
}
