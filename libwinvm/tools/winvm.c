// SPDX-License-Identifier: MIT
/* The subcommands, and help on them. */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include <winvm.h>

#include "winvm.h"

static const struct winvm_command winvm_commands[] = {
	{ "ps", "", "who uses winvm, and with how much", ps_run },
	{ "monitor", "", "what happens, as it happens", monitor_run },
	{ "walk", "PID", "the address space, region by region", walk_run },
	{ "map", "PID", "what its memory is, by kind", map_run },
	{ "vad", "PID", "its tree of VADs", vad_run },
	{ "pte", "PID ADDRESS...", "addresses through its page tables", pte_run },
	{ "pfn", "[FRAME]", "what the memory of the machine is used for", pfn_run },
	{ "record", "PID -o FILE", "its address space over time, into a file", record_run },
	{ "report", "FILE", "what was recorded, in words or as a page", report_run },
	{ "diff", "BEFORE AFTER", "what changed between two recordings", diff_run },
	{ "vm", "", "memory, page files, and what is committed", vm_run },
	{ "top", "", "who has committed and faults most, live", top_run },
	{ "limit", "[PID [SIZE]]", "what may be committed: shown and set", limit_run },
};

#define COMMANDS (sizeof(winvm_commands) / sizeof(winvm_commands[0]))

static void help(FILE *out)
{
	fputs("usage: winvm COMMAND [OPTION...] [ARGUMENT...]\n\n", out);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-8s %-13s %s\n", winvm_commands[i].name,
			winvm_commands[i].arguments, winvm_commands[i].summary);
	fputs("\nwinvm COMMAND --help tells its options; man winvm tells more.\n", out);
}

static const struct winvm_command *find(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (!strcmp(winvm_commands[i].name, name))
			return &winvm_commands[i];
	return NULL;
}

/* A subcommand's argp calls itself by argv[0]. */
static int run(const struct winvm_command *command, int argc, char **argv)
{
	char name[64];

	snprintf(name, sizeof(name), "winvm %s", command->name);
	argv[0] = name;
	return command->run(argc, argv);
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";
	const struct winvm_command *command = find(name);

	/* Whatever the user's language: names are UTF-8, and numbers are for scripts too. */
	setlocale(LC_CTYPE, "C.UTF-8");
	argp_err_exit_status = WINVM_MISUSED;
	if (command)
		return run(command, argc - 1, argv + 1);
	if (!strcmp(name, "--help") || !strcmp(name, "help")) {
		help(stdout);
		return 0;
	}
	if (!strcmp(name, "--version"))
		return printf("winvm %s\n", WINVM_VERSION) < 0;
	if (*name)
		fprintf(stderr, "winvm: there is no command \"%s\"\n", name);
	help(stderr);
	return WINVM_MISUSED;
}
