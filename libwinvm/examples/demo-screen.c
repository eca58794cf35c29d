// SPDX-License-Identifier: MIT
/* Headings, paragraphs, colours: nothing is wider than 78 columns. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "demo.h"

#define WIDTH 78

static bool colours;

/* WINVM_COLOR decides where it is set: 0 for none. */
void screen_open(void)
{
	const char *wish = getenv("WINVM_COLOR");

	setvbuf(stdout, NULL, _IOLBF, 0);
	colours = wish && *wish ? strcmp(wish, "0") != 0 : isatty(STDOUT_FILENO);
}

const char *screen_colour(enum colour colour)
{
	static const char *const codes[] = {
		[PLAIN] = "\033[0m",   [FAINT] = "\033[2m",    [BOLD] = "\033[1m",
		[RED] = "\033[1;31m",  [GREEN] = "\033[1;32m", [YELLOW] = "\033[33m",
		[BLUE] = "\033[1;34m", [CYAN] = "\033[36m",
	};

	return colours ? codes[colour] : "";
}

void screen_heading(const char *title)
{
	static unsigned int number;
	int rest = WIDTH;

	printf("\n%s", screen_colour(BLUE));
	rest -= printf("== %u  %s ", ++number, title);
	while (rest-- > 0)
		putchar('=');
	printf("%s\n\n", screen_colour(PLAIN));
}

/* Print words, breaking lines; all but the first begin with @indent. */
static void print_wrapped(const char *first, const char *indent, const char *text)
{
	int column = printf("%s", first);
	bool begun = false;

	while (*text) {
		int length = (int)strcspn(text, " ");

		if (begun && column + 1 + length > WIDTH) {
			column = printf("\n%s", indent) - 1;
			begun = false;
		}
		column += printf("%s%.*s", begun ? " " : "", length, text);
		begun = true;
		text += length;
		text += strspn(text, " ");
	}
	putchar('\n');
}

void screen_say(const char *format, ...)
{
	char text[1024];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	print_wrapped("", "", text);
}

void screen_call(const char *call)
{
	printf("\n%s", screen_colour(BOLD));
	print_wrapped("    ", "        ", call);
	printf("%s", screen_colour(PLAIN));
}

void screen_answer(const char *format, ...)
{
	va_list list;

	printf("    %s-> ", screen_colour(GREEN));
	va_start(list, format);
	vprintf(format, list);
	va_end(list);
	printf("%s\n", screen_colour(PLAIN));
}

void screen_failed(const char *answer)
{
	screen_answer("%s, error %u", answer, GetLastError());
}

void screen_then(const char *text)
{
	printf("\n%s", screen_colour(YELLOW));
	print_wrapped("  1993   ", "         ", text);
	printf("%s", screen_colour(PLAIN));
}

void screen_now(unsigned int difference, const char *text)
{
	char with_label[512];

	snprintf(with_label, sizeof(with_label), "%s (SD-%u)", text, difference);
	printf("%s", screen_colour(CYAN));
	print_wrapped("  today  ", "         ", with_label);
	printf("%s", screen_colour(PLAIN));
}
