/* SPDX-License-Identifier: MIT */
/* The page of a recording: HTML with pictures, whole in itself. */
#ifndef TOOLS_PAGE_H
#define TOOLS_PAGE_H

#include <stdio.h>

#include "history.h"

/* Written errors are the file's: ferror() tells. */
void page_write(FILE *file, const struct history *history);

/* page-style.c */
extern const char page_style[];

/* page-table.c: the tables */
void page_samples(FILE *file, const struct history *history);
void page_kinds(FILE *file, const struct history *history);
void page_places(FILE *file, const struct history *history);
void page_changes(FILE *file, const struct history *history);
void page_steps(FILE *file, const struct history *history);

#endif
