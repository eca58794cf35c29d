// SPDX-License-Identifier: MIT
/*
 * A map takes a while, and may end the program that makes it: for want of memory, say. So a
 * child makes it. Nothing is executed; it is this program still.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "looker.h"
#include "text.h"
#include "winvm.h"

static const int looker_signals[] = { SIGINT, SIGTERM, SIGHUP, SIGWINCH };

/* Ours are not its own. */
static void let_signals(void)
{
	sigset_t none;

	for (size_t i = 0; i < sizeof(looker_signals) / sizeof(looker_signals[0]); i++)
		signal(looker_signals[i], SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void look(int out, unsigned int pid, size_t columns)
{
	char command[] = "winvm map", number[16], width[32];
	char *arguments[] = { command, number, NULL };
	int in = open("/dev/null", O_RDONLY | O_CLOEXEC), status;

	let_signals();
	snprintf(number, sizeof(number), "%u", pid);
	snprintf(width, sizeof(width), "%zu", columns < 20 ? 20 : columns);
	if (in < 0 || dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
	    dup2(out, STDERR_FILENO) < 0 || setenv("COLUMNS", width, 1))
		_exit(1);
	status = map_run(2, arguments);
	fflush(stdout);
	_exit(status);
}

bool looker_start(struct looker *looker, unsigned int pid, size_t columns)
{
	int ends[2];

	looker_stop(looker);
	if (pipe2(ends, O_CLOEXEC))
		return false;
	fflush(NULL);
	looker->child = fork();
	if (!looker->child)
		look(ends[1], pid, columns);
	close(ends[1]);
	if (looker->child < 0) {
		looker->child = 0;
		close(ends[0]);
		return false;
	}
	looker->fd = ends[0];
	return true;
}

/* Its exit status, or -1. */
static int await(struct looker *looker)
{
	int status = -1;

	close(looker->fd);
	while (waitpid(looker->child, &status, 0) < 0 && errno == EINTR)
		;
	looker->child = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

enum looker_state looker_read(struct looker *looker)
{
	ssize_t got;

	if (looker->room - looker->bytes < 65536) {
		looker->room += 1 << 20;
		looker->text = text_allocate(looker->text, looker->room, 1);
	}
	got = read(looker->fd, looker->text + looker->bytes, looker->room - looker->bytes - 1);
	if (got < 0 && errno == EINTR)
		return LOOKER_LOOKS;
	looker->bytes += got > 0 ? (size_t)got : 0;
	looker->text[looker->bytes] = 0;
	if (got > 0)
		return LOOKER_LOOKS;
	return await(looker) ? LOOKER_FAILED : LOOKER_HAS_SEEN;
}

char *looker_take(struct looker *looker)
{
	char *text = looker->text;

	*looker = (struct looker){ 0 };
	return text;
}

void looker_stop(struct looker *looker)
{
	if (looker->child) {
		kill(looker->child, SIGKILL);
		await(looker);
	}
	free(looker_take(looker));
}
