// SPDX-License-Identifier: MIT
/* Errors, with what to do about them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ask.h"

static const struct {
	int error;
	const char *words;
} reasons[] = {
	{ ENOENT, "the module is not loaded; as root: modprobe winvm" },
	{ EPERM, "you may not; be root, or have CAP_SYS_ADMIN" },
	{ EACCES, "you may not; be its user, or root" },
	{ ESRCH, "no such process uses winvm, or it is none that you may see; "
		 "\"winvm ps\" lists those you may" },
	{ EOPNOTSUPP, "the module that is loaded does not know how; load the one that came "
		      "with this program" },
	{ EPROTO, "the module's answer makes no sense; are it and this program of one version?" },
	{ EPROTONOSUPPORT, "this kernel has no generic netlink" },
};

static const char *reason(int error)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].error == error)
			return reasons[i].words;
	return strerror(error);
}

int ask_failed(const char *command, const char *what, int error)
{
	fflush(stdout);
	fprintf(stderr, "winvm %s: cannot %s: %s\n", command, what, reason(-error));
	return 1;
}

struct winvm_nl *ask_open(const char *command)
{
	struct winvm_nl *nl;
	int error = winvm_nl_open(&nl);

	if (error)
		ask_failed(command, "ask the module", error);
	return nl;
}
