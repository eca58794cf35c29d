// SPDX-License-Identifier: GPL-2.0
/*
 * Recordings that are damaged, for libFuzzer: whatever a file has in it, reading it is no crash,
 * and what is accepted can be shown, and be written and read again.
 *
 * With -DREPLAY: reads the files it is given, for where there is no libFuzzer.
 */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../libwinvm/tools/html.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void show(const struct history *history)
{
	FILE *nowhere = fopen("/dev/null", "w");

	if (!nowhere)
		abort();
	html_write(nowhere, history);
	fclose(nowhere);
}

/* The first sample whole, the last as changes of it. */
static void write_again(const struct recording *recording, FILE *file)
{
	bool two = recording->count > 1;

	if (!recording_write_head(file, recording) ||
	    !recording_write_sample(file, 0, NULL, &recording->first) ||
	    (two && !recording_write_sample(file, 1, &recording->first, &recording->last)) ||
	    !recording_write_end(file, recording->end, two ? 2 : 1))
		abort();
}

static void compare(const struct snapshot *one, const struct snapshot *other)
{
	struct changes changes = { 0 };

	changes_find(&changes, one, other);
	if (changes.count || one->count != other->count)
		abort();
	changes_free(&changes);
}

static void read_again(const struct recording *recording)
{
	struct recording again;
	struct recording_error error;
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	write_again(recording, file);
	fclose(file);
	file = fmemopen(text, size, "r");
	if (!recording_read(file, &again, NULL, NULL, &error)) {
		fprintf(stderr, "line %llu: %s\n%s", (unsigned long long)error.line, error.what,
			text);
		abort();
	}
	compare(&recording->first, &again.first);
	compare(&recording->last, &again.last);
	recording_free(&again);
	fclose(file);
	free(text);
}

static bool try(FILE *file)
{
	struct history history;
	struct recording_error error = { 0 };
	bool fine = history_read(&history, file, &error);

	if (fine) {
		show(&history);
		read_again(&history.recording);
	} else if (!error.what || !error.line) {
		abort();
	}
	history_close(&history);
	return fine;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FILE *file;

	setlocale(LC_CTYPE, "C.UTF-8");
	if (!size)
		return 0;
	file = fmemopen((void *)(uintptr_t)data, size, "r");
	try(file);
	fclose(file);
	return 0;
}

#ifdef REPLAY
int main(int argc, char **argv)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	printf("TAP version 13\n1..%d\n", argc - 1);
	for (int i = 1; i < argc; i++) {
		FILE *file = fopen(argv[i], "r");

		if (!file)
			return 1;
		printf("# %s\n", try(file) ? "whole" : "damaged");
		printf("ok %d - %s\n", i,
		       strrchr(argv[i], '/') ? strrchr(argv[i], '/') + 1 : argv[i]);
		fclose(file);
	}
	return 0;
}
#endif
