// SPDX-License-Identifier: MIT
/* Reading the list of swap areas. */
#include <stdlib.h>
#include <string.h>

#include "pagefile.h"

const struct column page_file_columns[PAGE_FILE_WIDTH] = {
	{ "size", "SIZE", COLUMN_SIZE, 0, 0 }, { "used", "USED", COLUMN_SIZE, 0, 0 },
	{ "free", "FREE", COLUMN_SIZE, 1, 0 }, { "priority", "PRIORITY", COLUMN_SIGNED, 2, 0 },
	{ "type", "TYPE", COLUMN_TEXT, 3, 0 }, { "name", "PAGE FILE", COLUMN_PATH, 0, 0 },
};

static bool is_octal(const char *text)
{
	return text[0] >= '0' && text[0] <= '3' && text[1] >= '0' && text[1] <= '7' &&
	       text[2] >= '0' && text[2] <= '7';
}

/* Spaces and the like are told as \040. In place: it only gets shorter. */
static void unescape(char *text)
{
	char *to = text;

	while (*text)
		if (*text == '\\' && is_octal(text + 1)) {
			*to++ = (char)((text[1] - '0') << 6 | (text[2] - '0') << 3 |
				       (text[3] - '0'));
			text += 4;
		} else {
			*to++ = *text++;
		}
	*to = 0;
}

static void add(struct table *table, char *line)
{
	size_t name = strcspn(line, " \t");
	unsigned long long size, used;
	char type[32];
	struct cell *row;
	long priority;

	if (!line[name] ||
	    sscanf(line + name, " %31s %llu %llu %ld", type, &size, &used, &priority) != 4)
		return;
	line[name] = 0;
	unescape(line);
	row = table_row(table);
	cell_number(&row[PAGE_FILE_SIZE], size * 1024);
	cell_number(&row[PAGE_FILE_USED], used * 1024);
	cell_number(&row[PAGE_FILE_FREE], size > used ? (size - used) * 1024 : 0);
	cell_number(&row[PAGE_FILE_PRIORITY], (uint64_t)priority);
	cell_text(&row[PAGE_FILE_TYPE], type);
	cell_text(&row[PAGE_FILE_NAME], line);
}

/* The line of titles has no numbers. */
void page_files_read(FILE *file, struct table *table)
{
	size_t room = 0;
	char *line = NULL;

	while (getline(&line, &room, file) > 0)
		add(table, line);
	free(line);
}

bool page_files_now(struct table *table)
{
	FILE *file = fopen("/proc/swaps", "re");

	if (!file)
		return false;
	page_files_read(file, table);
	return !fclose(file);
}
