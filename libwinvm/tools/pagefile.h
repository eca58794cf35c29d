/* SPDX-License-Identifier: MIT */
/* Page files: Linux' swap areas, one by one. */
#ifndef TOOLS_PAGEFILE_H
#define TOOLS_PAGEFILE_H

#include <stdio.h>

#include "table.h"

enum page_file_column {
	PAGE_FILE_SIZE,
	PAGE_FILE_USED,
	PAGE_FILE_FREE,
	PAGE_FILE_PRIORITY,
	PAGE_FILE_TYPE,
	PAGE_FILE_NAME,
	PAGE_FILE_WIDTH
};

/* Of tables of page files. */
extern const struct column page_file_columns[PAGE_FILE_WIDTH];

/* A row for each area that a file as /proc/swaps has. */
void page_files_read(FILE *file, struct table *table);

/* Those of this machine; false if it does not tell. */
bool page_files_now(struct table *table);

#endif
