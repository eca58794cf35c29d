// SPDX-License-Identifier: GPL-2.0
/* Runs the command and carries its bytes to the host, as they come. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init.h"

/* One direction of bytes; from = -1 once it has ended. */
struct stream {
	int from;
	int to;
};

enum { STREAM_OUT, STREAM_ERR, STREAM_IN, STREAMS };

static void copy_some(struct stream *s)
{
	static char buffer[1 << 16];
	ssize_t n = read(s->from, buffer, sizeof(buffer));

	if (n > 0) {
		write_all(s->to, buffer, (size_t)n);
		return;
	}
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	close(s->from);
	s->from = -1;
}

/* Takes what is already there: a process left behind must not keep us here. */
static void drain(struct stream *s)
{
	struct pollfd p = { .fd = s->from, .events = POLLIN };

	while (s->from >= 0 && poll(&p, 1, 0) > 0 && p.revents & (POLLIN | POLLHUP)) {
		copy_some(s);
		p.fd = s->from;
	}
}

static void exec_command(const struct job *job, const int fds[3])
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	for (int i = 0; i < 3; i++)
		dup2(fds[i], i);
	if (job->terminal)
		ioctl(0, TIOCSCTTY, 0);
	if (chdir(job->cwd)) {
		fprintf(stderr, "tests/vm/run: %s: not reachable in the VM: %s\n", job->cwd,
			strerror(errno));
		_exit(126);
	}
	environ = job->env;
	execvp(job->argv[0], job->argv);
	fprintf(stderr, "tests/vm/run: %s: %s\n", job->argv[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

/* The command's side of the streams in fds[]. */
static void open_terminal(const struct job *job, struct stream *streams, int fds[3])
{
	struct winsize size = { .ws_row = 24, .ws_col = 80 };
	int port = open_port(PORT_STDIN);
	int master, slave;

	sscanf(job->terminal, "%hu %hu", &size.ws_row, &size.ws_col);
	if (openpty(&master, &slave, NULL, NULL, &size))
		die("openpty");
	fcntl(master, F_SETFD, FD_CLOEXEC);
	fds[0] = fds[1] = fds[2] = slave;
	streams[STREAM_OUT] = (struct stream){ master, open_port(PORT_STDOUT) };
	streams[STREAM_IN] = (struct stream){ port, master };
}

static void open_pipes(const struct job *job, struct stream *streams, int fds[3])
{
	int out[2], err[2];

	if (pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC))
		die("pipe");
	fds[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	fds[1] = out[1];
	fds[2] = job->one_output ? out[1] : err[1];
	if (job->one_output)
		close(err[1]);
	streams[STREAM_OUT] = (struct stream){ out[0], open_port(PORT_STDOUT) };
	streams[STREAM_ERR] = (struct stream){ err[0], open_port(PORT_STDERR) };
}

static int reap_until(pid_t command, int *status)
{
	pid_t pid;
	int s;

	while ((pid = waitpid(-1, &s, WNOHANG)) > 0) {
		if (pid == command) {
			*status = s;
			return 1;
		}
	}
	return 0;
}

static int carry_until_exit(pid_t command, struct stream *streams, int children)
{
	struct pollfd p[STREAMS + 1];
	struct signalfd_siginfo info;
	int status;

	for (;;) {
		for (int i = 0; i < STREAMS; i++)
			p[i] = (struct pollfd){ .fd = streams[i].from, .events = POLLIN };
		p[STREAMS] = (struct pollfd){ .fd = children, .events = POLLIN };
		if (poll(p, STREAMS + 1, -1) < 0 && errno != EINTR)
			die("poll");
		for (int i = 0; i < STREAMS; i++) {
			if (p[i].revents)
				copy_some(&streams[i]);
		}
		if (!(p[STREAMS].revents & POLLIN))
			continue;
		if (read(children, &info, sizeof(info)) < 0)
			die("signalfd");
		if (reap_until(command, &status))
			return status;
	}
}

static int watch_children(void)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC);
	if (fd < 0)
		die("signalfd");
	return fd;
}

void run_job(const struct job *job)
{
	struct stream streams[STREAMS] = { { -1, -1 }, { -1, -1 }, { -1, -1 } };
	int children = watch_children();
	int fds[3], status;
	pid_t command;

	if (job->terminal)
		open_terminal(job, streams, fds);
	else
		open_pipes(job, streams, fds);
	command = fork();
	if (command < 0)
		die("fork");
	if (!command)
		exec_command(job, fds);
	for (int i = 0; i < 3; i++)
		close(fds[i]);
	status = carry_until_exit(command, streams, children);
	drain(&streams[STREAM_OUT]);
	drain(&streams[STREAM_ERR]);
	flush_port(streams[STREAM_OUT].to);
	flush_port(streams[STREAM_ERR].to);
	if (WIFSIGNALED(status))
		report("signal %d", WTERMSIG(status));
	else
		report("exit %d", WEXITSTATUS(status));
}
