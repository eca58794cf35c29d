// SPDX-License-Identifier: GPL-2.0
/* Answers that leave something open. */
#include <string.h>

#include "script.h"

static bool fits(const char *pattern, const char *end, const char *rest, const char *answer);

/* "*": any run without spaces, then what follows the braces. */
static bool any_fits(const char *rest, const char *answer)
{
	for (;; answer++) {
		if (fits(rest, rest + strlen(rest), "", answer))
			return true;
		if (!*answer || *answer == ' ' || *answer == '\n')
			return false;
	}
}

/* One of the choices between @choice and @close, and then what follows the braces. */
static bool choice_fits(const char *choice, const char *close, const char *answer)
{
	const char *rest = close + 1;

	for (;;) {
		size_t length = strcspn(choice, "|}");

		if (length == 1 && *choice == '*') {
			if (any_fits(rest, answer))
				return true;
		} else if (fits(choice, choice + length, rest, answer)) {
			return true;
		}
		if (choice + length == close)
			return false;
		choice += length + 1;
	}
}

/* [pattern, end), then @rest, fit all of the answer. */
static bool fits(const char *pattern, const char *end, const char *rest, const char *answer)
{
	for (; pattern < end; pattern++, answer++) {
		if (*pattern == '{')
			return choice_fits(pattern + 1, strchr(pattern, '}'), answer);
		if (*pattern != *answer)
			return false;
	}
	return *rest ? fits(rest, rest + strlen(rest), "", answer) : !*answer;
}

bool model_answer_fits(const char *pattern, const char *answer)
{
	return fits(pattern, pattern + strlen(pattern), "", answer);
}
