// SPDX-License-Identifier: GPL-2.0
/* Delta debugging: first on operations, then on arguments. */
#include "shrink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Long enough for a thousand operations, even in an emulated machine. */
#define PATIENCE_SECONDS 300

static time_t give_up_at;

/* Does it fail? What follows the failure is cut off. */
static bool fails(struct lines *script, shrink_play *play)
{
	size_t failed = play(script);

	if (failed == script->count)
		return false;
	if (failed < script->count)
		script->count = failed + 1;
	return true;
}

static struct lines copy_without(const struct lines *script, size_t first, size_t count)
{
	struct lines copy = { malloc((script->count + 1) * sizeof(*copy.line)), 0 };

	if (!copy.line) {
		perror("random");
		exit(2);
	}
	memcpy(copy.line, script->line, first * sizeof(*copy.line));
	memcpy(copy.line + first, script->line + first + count,
	       (script->count - first - count) * sizeof(*copy.line));
	copy.count = script->count - count;
	return copy;
}

/* Keeps @copy if it fails. */
static bool accept(struct lines *script, struct lines *copy, shrink_play *play)
{
	bool better = time(NULL) < give_up_at && fails(copy, play);

	if (better) {
		memcpy(script->line, copy->line, copy->count * sizeof(*copy->line));
		script->count = copy->count;
	}
	free(copy->line);
	return better;
}

/* Runs of operations, half of the script long, then a quarter, ... then single ones. */
static bool drop_lines(struct lines *script, shrink_play *play)
{
	size_t before = script->count;

	for (size_t run = script->count / 2 + 1;; run /= 2) {
		/* From the end: what is there depends on what comes before. */
		for (size_t end = script->count; end > 0;) {
			size_t first = end > run ? end - run : 0;
			struct lines copy = copy_without(script, first, end - first);

			accept(script, &copy, play);
			end = first < script->count ? first : script->count;
		}
		if (run == 1)
			return script->count < before;
	}
}

/* Puts @word in the place of word @index of a line; false if it is there already or too long. */
static bool replace_word(char line[GENERATE_LINE], int index, const char *word)
{
	char *at = line;
	size_t length;

	for (int i = 0; i < index; i++)
		at = strchr(at, ' ') + 1;
	length = strcspn(at, " ");
	if ((length == strlen(word) && !strncmp(at, word, length)) ||
	    strlen(line) - length + strlen(word) >= GENERATE_LINE)
		return false;
	memmove(at + strlen(word), at + length, strlen(at + length) + 1);
	memcpy(at, word, strlen(word));
	return true;
}

static const char *word_at(const char line[GENERATE_LINE], int index, char word[GENERATE_LINE])
{
	char copy[GENERATE_LINE], *rest = copy, *part = NULL;

	strcpy(copy, line);
	for (int i = 0; i <= index; i++)
		part = strtok_r(rest, " ", &rest);
	return part ? strcpy(word, part) : NULL;
}

static bool try_word(struct lines *script, size_t at, int index, const char *word,
		     shrink_play *play)
{
	struct lines copy = copy_without(script, 0, 0);

	if (!replace_word(copy.line[at], index, word)) {
		free(copy.line);
		return false;
	}
	return accept(script, &copy, play);
}

/* An address or number on a page's boundary, and a smaller one. */
static bool simplify_number(struct lines *script, size_t at, int index, const char *word,
			    shrink_play *play)
{
	const char *plus = strchr(word, '+');
	const char *digits = plus ? plus + 1 : word;
	unsigned long long value = strtoull(digits, NULL, 0);
	unsigned long long tries[] = {
		0, 0x1000, 0x2000, 0x4, value & ~0xffffull, value & ~0xfffull
	};
	char text[GENERATE_LINE];

	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		if (tries[i] >= value)
			continue;
		snprintf(text, sizeof(text), "%.*s%#llx", (int)(digits - word), word, tries[i]);
		if (try_word(script, at, index, text, play))
			return true;
	}
	return false;
}

static bool simplify_line(struct lines *script, size_t at, shrink_play *play)
{
	char word[GENERATE_LINE];
	bool changed = false;

	for (int i = 1; at < script->count && word_at(script->line[at], i, word); i++)
		if (strchr("As0123456789", *word) && strcmp(word, "self"))
			changed |= simplify_number(script, at, i, word, play);
	return changed;
}

void shrink(struct lines *script, shrink_play *play)
{
	bool changed = true;

	give_up_at = time(NULL) + PATIENCE_SECONDS;
	if (!fails(script, play))
		return;
	while (changed) {
		changed = drop_lines(script, play);
		for (size_t at = 0; at < script->count; at++)
			changed |= simplify_line(script, at, play);
	}
}
