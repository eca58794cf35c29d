/* SPDX-License-Identifier: MIT */
/* A title and a text beside it, in lines that are no wider than the screen. */
#ifndef TOOLS_LINE_H
#define TOOLS_LINE_H

void line_print(const char *title, const char *text);

#endif
