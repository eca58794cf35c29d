/* SPDX-License-Identifier: MIT */
/* The picture of totals over time. */
#ifndef TOOLS_TIMELINE_H
#define TOOLS_TIMELINE_H

#include <stdio.h>

#include "history.h"

void timeline_draw(FILE *file, const struct history *history);

#endif
