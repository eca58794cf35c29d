// SPDX-License-Identifier: MIT
/* Lines: broken between words. */
#include <stdio.h>

#include "line.h"
#include "screen.h"
#include "text.h"

#define TITLE_WIDTH 14

/* How many bytes go into a line: up to a space, if there is one. */
static size_t fitting(const char *text, size_t room)
{
	size_t most = text_fit(text, room), bytes = most;

	if (!text[most])
		return most;
	while (bytes && text[bytes] != ' ')
		bytes--;
	return bytes ? bytes : most;
}

void line_print(const char *title, const char *text)
{
	size_t screen = screen_width();
	size_t room = screen > TITLE_WIDTH + 8 ? screen - TITLE_WIDTH : 1000;

	do {
		size_t bytes = fitting(text, room);

		printf("%s%-*s%s%.*s\n", screen_colour(COLOUR_TITLE), TITLE_WIDTH, title,
		       screen_plain(COLOUR_TITLE), (int)bytes, text);
		text += bytes + (text[bytes] == ' ');
		title = "";
	} while (*text);
}
