/* SPDX-License-Identifier: MIT */
/* The whole terminal, taken over and given back. */
#ifndef TOOLS_CURTAIN_H
#define TOOLS_CURTAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "pane.h"

/* Keys that are no characters. */
enum curtain_key {
	KEY_IS_NONE = -1,
	KEY_IS_ESCAPE = 27,
	KEY_IS_MOVE = 0x1000, /* + enum pane_move */
	KEY_IS_ENTER = 0x2000,
	KEY_IS_BACKSPACE,
	KEY_IS_OTHER,
};

/* False if the terminal is none that is known. */
bool curtain_open(void);
void curtain_close(void);

/* It may have another size now. */
void curtain_resize(void);
size_t curtain_rows(void);
size_t curtain_columns(void);

/* Begins a picture; lines of it; shows it. */
void curtain_clear(void);
void curtain_line(size_t row, const char *text, bool selected);
void curtain_show(void);

/* A character, or what else was pressed; never waits. */
int curtain_key(void);

#endif
