/* SPDX-License-Identifier: MIT */
/* Who is asked, and what to do when the answer is no. */
#ifndef TOOLS_ASK_H
#define TOOLS_ASK_H

#include <winvm-netlink.h>

/* The module, by netlink; NULL when it cannot be asked, and why was said. */
struct winvm_nl *ask_open(const char *command);

/*
 * Says why it failed and what to do. @what: what was wanted, as "to set a limit". Gives
 * the exit status.
 */
int ask_failed(const char *command, const char *what, int error);

#endif
