// SPDX-License-Identifier: GPL-2.0
/* Wine: a process beside the bench that does the same works, when it is told to. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "bench.h"

static FILE *orders, *answers;

/* False: there is no answer, or it is not what was hoped for. */
static bool ask(const char *order, char *answer, size_t bytes)
{
	fprintf(orders, "%s\n", order);
	fflush(orders);
	return fgets(answer, (int)bytes, answers) && strncmp(answer, "failed", 6);
}

static void become(const char *program, int input, int output)
{
	int nothing = open("/dev/null", O_WRONLY);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(input, 0);
	dup2(output, 1);
	dup2(nothing, 2);
	execlp("wine", "wine", program, NULL);
	_exit(127);
}

void wine_start(const char *program)
{
	int in[2], out[2];
	pid_t pid;

	signal(SIGPIPE, SIG_IGN);
	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
		bench_fail("no pipes for Wine");
	pid = fork();
	if (!pid)
		become(program, in[0], out[1]);
	close(in[0]);
	close(out[1]);
	if (pid < 0)
		return;
	orders = fdopen(in[1], "w");
	answers = fdopen(out[0], "r");
}

const char *no_wine(void)
{
	return answers ? NULL : "Wine is not there";
}

bool wine_begin(const struct work *work, const struct job *job)
{
	char order[128], answer[64];

	snprintf(order, sizeof(order), "begin %s %zu %zu", work->name, job->bytes, job->count);
	return ask(order, answer, sizeof(answer));
}

bool wine_round(struct samples *samples)
{
	char answer[64];

	if (!ask("round", answer, sizeof(answer)))
		return false;
	if (samples)
		samples_add(samples, atof(answer));
	return true;
}

bool wine_end(void)
{
	char answer[64];

	return ask("end", answer, sizeof(answer));
}
