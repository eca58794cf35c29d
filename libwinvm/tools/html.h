/* SPDX-License-Identifier: MIT */
/* The page of a recording: HTML with pictures, whole in itself. */
#ifndef TOOLS_HTML_H
#define TOOLS_HTML_H

#include <stdio.h>

#include "history.h"

/* Written errors are the file's: ferror() tells. */
void html_write(FILE *file, const struct history *history);

/* html-style.c */
extern const char html_style[];

/* html-table.c: the tables */
void html_samples(FILE *file, const struct history *history);
void html_kinds(FILE *file, const struct history *history);
void html_places(FILE *file, const struct history *history);
void html_changes(FILE *file, const struct history *history);
void html_steps(FILE *file, const struct history *history);

#endif
