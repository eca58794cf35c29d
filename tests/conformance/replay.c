// SPDX-License-Identifier: GPL-2.0
/*
 * replay SCRIPT [OUT]: performs the operations of a script, one a line, and
 * writes one answer a line. The answers name no absolute address, so that
 * transcripts of different systems can be compared.
 */
#include <stdio.h>
#include <string.h>

#include "operation.h"
#include "probe.h"
#include "target.h"

#define LINE_BYTES 1024
#define WORDS	   16

static int split(char *line, char **words)
{
	char *rest = NULL;
	int count = 0;

	for (char *word = strtok_r(line, " \t", &rest); word && count < WORDS;
	     word = strtok_r(NULL, " \t", &rest))
		words[count++] = word;
	return count;
}

static void perform(char *line, int number)
{
	char text[LINE_BYTES];
	char *words[WORDS];
	int count;

	line[strcspn(line, "#\r\n")] = '\0';
	strcpy(text, line);
	count = split(line, words);
	if (!count)
		return;
	printf("%d %s => ", number, text);
	operation_perform(words, count);
}

static void replay(FILE *script)
{
	char line[LINE_BYTES];

	for (int number = 1; fgets(line, sizeof(line), script); number++)
		perform(line, number);
}

static bool prepare(void)
{
	if (!probe_begin()) {
		fprintf(stderr, "replay: no exception handler\n");
		return false;
	}
	if (!slots_fence_arena()) {
		fprintf(stderr, "replay: no arena, error %u\n", GetLastError());
		return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	FILE *script;

	if (argc == 2 && !strcmp(argv[1], "--child"))
		target_be_child();
	if (argc < 2 || argc > 3) {
		fprintf(stderr, "usage: replay SCRIPT [OUT]\n");
		return 2;
	}
	script = fopen(argv[1], "r");
	if (!script || (argc == 3 && !freopen(argv[2], "w", stdout))) {
		perror(script ? argv[2] : argv[1]);
		return 2;
	}
	if (!prepare())
		return 3;
	replay(script);
	target_end();
	fclose(script);
	return fflush(stdout) || ferror(stdout) ? 2 : 0;
}
