/* SPDX-License-Identifier: MIT */
/* Files that are made: never in place of another unless that is wanted, for their owner only. */
#ifndef TOOLS_RESULT_H
#define TOOLS_RESULT_H

#include <stdbool.h>
#include <stdio.h>

/*
 * Opens a new file, or stdout for "-". @force: a file that is there is replaced; what is no
 * file, as a pipe, is written into. NULL when it cannot be, and why was said.
 */
FILE *result_open(const char *command, const char *path, bool force);

/* Whether all of it could be written; if not, says so. Gives the exit status. */
int result_close(const char *command, const char *path, FILE *file, bool fine);

#endif
