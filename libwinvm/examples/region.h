/* SPDX-License-Identifier: MIT */
/* Words for what VirtualQuery tells. */
#ifndef EXAMPLE_REGION_H
#define EXAMPLE_REGION_H

#include <stdio.h>
#include <string.h>

#include <windows.h>

struct region_text {
	char text[32];
};

static inline const char *region_state(DWORD state)
{
	switch (state) {
	case MEM_COMMIT:
		return "committed";
	case MEM_RESERVE:
		return "reserved";
	case MEM_FREE:
		return "free";
	}
	return "?";
}

static inline const char *region_type(DWORD type)
{
	switch (type) {
	case MEM_PRIVATE:
		return "private";
	case MEM_MAPPED:
		return "mapped";
	case MEM_IMAGE:
		return "image";
	case 0:
		return "-";
	}
	return "?";
}

/* The base value, without the modifiers: exactly one is set (SPEC PR-1). */
static inline const char *region_base_protect(DWORD protect)
{
	switch (protect & 0xff) {
	case PAGE_NOACCESS:
		return "NOACCESS";
	case PAGE_READONLY:
		return "READONLY";
	case PAGE_READWRITE:
		return "READWRITE";
	case PAGE_WRITECOPY:
		return "WRITECOPY";
	case PAGE_EXECUTE:
		return "EXECUTE";
	case PAGE_EXECUTE_READ:
		return "EXECUTE_READ";
	case PAGE_EXECUTE_READWRITE:
		return "EXEC_READWRITE";
	case PAGE_EXECUTE_WRITECOPY:
		return "EXEC_WRITECOPY";
	}
	return "?";
}

/* Reserved pages have no protection: 0 (SPEC VQ-9). */
static inline struct region_text region_protect(DWORD protect)
{
	struct region_text out = { "-" };

	if (protect)
		snprintf(out.text, sizeof(out.text), "%s%s%s%s", region_base_protect(protect),
			 protect & PAGE_GUARD ? "+GUARD" : "",
			 protect & PAGE_NOCACHE ? "+NOCACHE" : "",
			 protect & PAGE_WRITECOMBINE ? "+WC" : "");
	return out;
}

/* 4096 is "4 KB", 10473472 is "9.99 MB". */
static inline struct region_text region_size(SIZE_T bytes)
{
	static const char *const units[] = { "B", "KB", "MB", "GB", "TB" };
	struct region_text out;
	SIZE_T one = 1;
	int unit = 0;

	while (unit < 4 && bytes / one >= 1024) {
		one *= 1024;
		unit++;
	}
	if (bytes % one)
		snprintf(out.text, sizeof(out.text), "%.*f %s", bytes / one < 100 ? 2 : 0,
			 (double)bytes / (double)one, units[unit]);
	else
		snprintf(out.text, sizeof(out.text), "%zu %s", bytes / one, units[unit]);
	return out;
}

/* 10485760 is "10,485,760". */
static inline struct region_text region_number(SIZE_T number)
{
	struct region_text out;
	char digits[24];
	size_t length = (size_t)snprintf(digits, sizeof(digits), "%zu", number);
	size_t from, to = 0;

	for (from = 0; from < length; from++) {
		if (from && (length - from) % 3 == 0)
			out.text[to++] = ',';
		out.text[to++] = digits[from];
	}
	out.text[to] = 0;
	return out;
}

#endif /* EXAMPLE_REGION_H */
