// SPDX-License-Identifier: GPL-2.0
/*
 * The bench.
 *
 *	bench [--tsv] [--quick] [--icount] [--wine PROGRAM] [GROUP]...
 *
 * --tsv: the output is for machines, the table for people goes to the other one.
 * --quick: fewer rounds, smaller sizes. --icount: the machine's clock counts
 * instructions. --wine: works.exe, for Wine to run. GROUP: only these.
 */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

struct bench_options bench_options;

static const struct group {
	const char *name;
	void (*run)(void);
} groups[] = {
	/* memory first: what others leave in caches is no part of it */
	{ "memory", group_memory },
	{ "reserve", group_reserve },
	{ "commit", group_commit },
	{ "protect", group_protect },
	{ "code", group_code },
	{ "touch", group_touch },
	{ "decommit", group_decommit },
	{ "query", group_query },
	{ "guard", group_guard },
	{ "watch", group_watch },
	{ "threads", group_threads },
	{ "growth", group_growth },
	{ "cross-process", group_cross_process },
};

static bool wanted(const char *name, char **names, int count)
{
	for (int i = 0; i < count; i++)
		if (!strcmp(names[i], name))
			return true;
	return !count;
}

/* What one group leaves behind, or how it ends, is nothing to the others. */
static bool run_group(const struct group *group)
{
	int status = -1;
	pid_t pid;

	bench_print_group(group->name);
	fflush(NULL);
	pid = fork();
	if (!pid) {
		group->run();
		fflush(NULL);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status) {
		fprintf(stderr, "bench: %s: ended with status %x\n", group->name,
			(unsigned int)status);
		return false;
	}
	return true;
}

static int usage(void)
{
	fprintf(stderr,
		"usage: bench [--tsv] [--quick] [--icount] [--wine PROGRAM] [GROUP]...\ngroups:");
	for (size_t i = 0; i < COUNT(groups); i++)
		fprintf(stderr, " %s", groups[i].name);
	fprintf(stderr, "\n");
	return 2;
}

int main(int argc, char **argv)
{
	const char *wine = NULL;
	bool done = true;
	int first = 1;

	for (; first < argc && argv[first][0] == '-'; first++) {
		if (!strcmp(argv[first], "--tsv"))
			bench_options.tsv = true;
		else if (!strcmp(argv[first], "--quick"))
			bench_options.quick = true;
		else if (!strcmp(argv[first], "--icount"))
			bench_options.icount = true;
		else if (!strcmp(argv[first], "--wine") && first + 1 < argc)
			wine = argv[++first];
		else
			return usage();
	}
	bench_print_header();
	for (size_t i = 0; i < COUNT(groups); i++) {
		/* It takes memory while it starts. */
		if (i == 1 && wine)
			wine_start(wine);
		if (wanted(groups[i].name, argv + first, argc - first))
			done = run_group(&groups[i]) && done;
	}
	return !done;
}
