// SPDX-License-Identifier: MIT
/*
 * ProcessWalker: a second process, the example walk.c, walks this one. It
 * checks that it has seen every byte once, and tells so by its exit status.
 */
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <sys/wait.h>

#include "demo.h"

/* Linux' own call: a process id is a pid. */
static int wait_for(DWORD pid)
{
	int status;

	if (waitpid((pid_t)pid, &status, 0) < 0 || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

static void walker_path(char *path, size_t size)
{
	char self[PATH_MAX];

	if (!GetModuleFileNameA(NULL, self, sizeof(self)))
		fail("GetModuleFileName: error %u", GetLastError());
	snprintf(path, size, "%s/walk", dirname(self));
}

void step_walk(void)
{
	STARTUPINFOA startup = { .cb = sizeof(startup) };
	PROCESS_INFORMATION process;
	char path[PATH_MAX], command[32];

	screen_say("ProcessWalker, the program that came with the article, showed the whole "
		   "address space of a process. Here a second process does it: for each region "
		   "one VirtualQueryEx, from address 0 on until the answer is that there is no "
		   "more. The buffer and the list are found where the table above has them; "
		   "the rest is Linux': program, heap, libraries, stack.");
	walker_path(path, sizeof(path));
	snprintf(command, sizeof(command), "walk %u", GetCurrentProcessId());
	if (!CALL(CreateProcessA(path, command, NULL, NULL, FALSE, 0, NULL, NULL, &startup,
				 &process)))
		fail("%s: error %u", path, GetLastError());
	putchar('\n');
	fflush(stdout);
	check(wait_for(process.dwProcessId) == 0, "the second process has seen every byte once");
	CloseHandle(process.hProcess);
	CloseHandle(process.hThread);
}
