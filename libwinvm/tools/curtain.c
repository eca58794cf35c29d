// SPDX-License-Identifier: MIT
/* The terminal, by ncurses. */
#include <curses.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "curtain.h"
#include "ink.h"
#include "screen.h"
#include "text.h"

static SCREEN *curtain;

/* The colours that the terminal has, on its own ground. */
static void open_colours(void)
{
	if (!*screen_colour(COLOUR_TITLE) || start_color() == ERR)
		return;
	use_default_colors();
	for (short colour = 1; colour < COLORS && colour < COLOR_PAIRS && colour < 256; colour++)
		init_pair(colour, colour, -1);
}

bool curtain_open(void)
{
	curtain = newterm(NULL, stdout, stdin);
	if (!curtain)
		return false;
	set_term(curtain);
	open_colours();
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(25);
	curs_set(0);
	return true;
}

void curtain_close(void)
{
	endwin();
	delscreen(curtain);
	curtain = NULL;
}

void curtain_resize(void)
{
	struct winsize size;

	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_row && size.ws_col)
		resizeterm(size.ws_row, size.ws_col);
}

size_t curtain_rows(void)
{
	return (size_t)getmaxy(stdscr);
}

size_t curtain_columns(void)
{
	return (size_t)getmaxx(stdscr);
}

void curtain_clear(void)
{
	erase();
}

/* Grey is dim where there are 8 colours. */
static attr_t attributes(const struct ink *ink)
{
	return (ink->bold ? A_BOLD : 0) | (ink->reverse ? A_REVERSE : 0) |
	       (ink->colour == 8 && COLORS <= 8 ? A_DIM : 0);
}

static short pair_of(const struct ink *ink)
{
	return ink->colour > 0 && ink->colour < COLORS && ink->colour < COLOR_PAIRS ?
		       (short)ink->colour :
		       0;
}

static void draw(size_t row, const char *text, size_t columns, attr_t always)
{
	struct ink ink = ink_of(text);

	move((int)row, 0);
	for (ink_next(&ink); ink.bytes && columns; ink_next(&ink)) {
		char *part = strndup(ink.text, ink.bytes);
		size_t fits;

		if (!part)
			return;
		fits = text_fit(part, columns);
		part[fits] = 0;
		columns -= text_width(part);
		attr_set(attributes(&ink) | always, pair_of(&ink), NULL);
		addstr(part);
		free(part);
	}
	attr_set(A_NORMAL, 0, NULL);
}

/* The selected one across the whole screen. */
void curtain_line(size_t row, const char *text, bool selected)
{
	size_t columns = curtain_columns();

	if (row >= curtain_rows())
		return;
	draw(row, text, columns, selected ? A_REVERSE : A_NORMAL);
	if (selected)
		mvchgat((int)row, 0, -1, A_REVERSE, 0, NULL);
}

void curtain_show(void)
{
	refresh();
}

int curtain_key(void)
{
	int key = getch();

	switch (key) {
	case ERR:
		return KEY_IS_NONE;
	case KEY_UP:
	case 'k':
		return KEY_IS_MOVE + PANE_UP;
	case KEY_DOWN:
	case 'j':
		return KEY_IS_MOVE + PANE_DOWN;
	case KEY_PPAGE:
		return KEY_IS_MOVE + PANE_PAGE_UP;
	case KEY_NPAGE:
	case ' ':
		return KEY_IS_MOVE + PANE_PAGE_DOWN;
	case KEY_HOME:
		return KEY_IS_MOVE + PANE_HOME;
	case KEY_END:
		return KEY_IS_MOVE + PANE_END;
	case KEY_ENTER:
	case '\r':
	case '\n':
		return KEY_IS_ENTER;
	case KEY_BACKSPACE:
	case 127:
	case '\b':
		return KEY_IS_BACKSPACE;
	}
	return key > 0 && key < 256 ? key : KEY_IS_OTHER;
}
