// SPDX-License-Identifier: GPL-2.0
/* model SCRIPT [OUT]: the transcript that SPEC says the script has. */
#include <stdlib.h>
#include <string.h>

#include "script.h"

/* Away from the arena, and never twice the same: no old slot's name fits a new allocation. */
#define CHOICES_BASE UINT64_C(0x300000000000)

struct chooser {
	uint64_t next;
};

/* Addresses below a limit run out, so there the lowest that fits is chosen. */
static uint64_t choose(const struct model_space *space, const struct model_place *place,
		       void *context)
{
	struct chooser *chooser = context;
	struct model_place fresh = *place;
	uint64_t base;

	if (fresh.lowest < chooser->next)
		fresh.lowest = chooser->next;
	base = fresh.lowest < fresh.highest ? model_lowest_fit(space, &fresh) : 0;
	if (!base)
		return model_lowest_fit(space, place);
	chooser->next = base + place->bytes + GRANULE_BYTES;
	return base;
}

static void answer(struct model_script *script, char *line, int number)
{
	line[strcspn(line, "#\r\n")] = '\0';
	if (line[strspn(line, " \t")] == '\0')
		return;
	fprintf(script->out, "%d %s => ", number, line);
	model_script_perform(script, line);
}

int main(int argc, char **argv)
{
	struct chooser chooser = { .next = CHOICES_BASE };
	struct model_script script;
	char line[1024];
	FILE *in, *out = stdout;

	if (argc < 2 || argc > 3) {
		fprintf(stderr, "usage: model SCRIPT [OUT]\n");
		return 2;
	}
	in = fopen(argv[1], "r");
	if (in && argc == 3)
		out = fopen(argv[2], "w");
	if (!in || !out) {
		perror(in ? argv[2] : argv[1]);
		return 2;
	}
	model_script_begin(&script, out, choose, &chooser);
	for (int number = 1; fgets(line, sizeof(line), in); number++)
		answer(&script, line, number);
	model_script_end(&script);
	fclose(in);
	return fclose(out) ? 2 : 0;
}
