/* SPDX-License-Identifier: GPL-2.0 */
/* A child that touches memory when it is told to, and processes without a dialogue. */
#ifndef KSELFTEST_CHILD_H
#define KSELFTEST_CHILD_H

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "touch.h"

struct child {
	pid_t pid;
	int orders;
	int answers;
};

enum child_act { CHILD_PEEK, CHILD_POKE, CHILD_EXEC };

struct child_order {
	enum child_act act;
	uint8_t value;
	void *address;
};

static int child_obey(const struct child_order *order)
{
	switch (order->act) {
	case CHILD_PEEK:
		return peek(order->address);
	case CHILD_POKE:
		return poke(order->address, order->value);
	default:
		execl("/bin/sleep", "sleep", "600", NULL);
		return -1;
	}
}

static _Noreturn void child_serve(int orders, int answers)
{
	struct child_order order;
	int answer;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (read(orders, &order, sizeof(order)) == sizeof(order)) {
		answer = child_obey(&order);
		if (write(answers, &answer, sizeof(answer)) != sizeof(answer))
			break;
	}
	_exit(0);
}

/* uid 0: stay who we are. pid -1 when it could not be made. */
static inline struct child child_start(uid_t uid)
{
	struct child child = { .pid = -1 };
	int orders[2], answers[2];

	if (pipe2(orders, O_CLOEXEC) || pipe2(answers, O_CLOEXEC))
		return child;
	child.pid = fork();
	if (!child.pid) {
		close(orders[1]);
		if (uid && (setgid(uid) || setuid(uid) || prctl(PR_SET_DUMPABLE, 1)))
			_exit(1);
		child_serve(orders[0], answers[1]);
	}
	close(orders[0]);
	close(answers[1]);
	child.orders = orders[1];
	child.answers = answers[0];
	return child;
}

/* -2 when the child is gone. */
static inline int child_order(const struct child *child, enum child_act act, void *address,
			      uint8_t value)
{
	struct child_order order = { .act = act, .address = address, .value = value };
	int answer;

	if (write(child->orders, &order, sizeof(order)) != sizeof(order))
		return -2;
	return read(child->answers, &answer, sizeof(answer)) == sizeof(answer) ? answer : -2;
}

static inline int child_peek(const struct child *child, void *address)
{
	return child_order(child, CHILD_PEEK, address, 0);
}

static inline int child_poke(const struct child *child, void *address, uint8_t value)
{
	return child_order(child, CHILD_POKE, address, value);
}

static inline void child_kill(const struct child *child)
{
	kill(child->pid, SIGKILL);
	waitpid(child->pid, NULL, 0);
	close(child->orders);
	close(child->answers);
}

/* Becomes another program and answers nothing any more. */
static inline void child_exec(const struct child *child)
{
	struct child_order order = { .act = CHILD_EXEC };
	int answer;

	/* The pipe's end closes at exec. */
	if (write(child->orders, &order, sizeof(order)) == sizeof(order))
		while (read(child->answers, &answer, sizeof(answer)) > 0)
			;
}

/* Runs a function in a process of its own: its exit status, 128 + signal, -1 if none. */
static inline int child_run(int (*body)(void *), void *argument)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return -1;
	if (!pid)
		_exit(body(argument));
	if (waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

#endif
