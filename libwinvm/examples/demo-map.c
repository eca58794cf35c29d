// SPDX-License-Identifier: MIT
/* The program winvm shows what this one's memory is, with some of each kind (kinds.h). */
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "demo.h"
#include "kinds.h"

/* Beside the examples, where both are built. */
static void winvm_path(char *path, size_t size)
{
	char self[PATH_MAX];

	if (!GetModuleFileNameA(NULL, self, sizeof(self)))
		fail("GetModuleFileName: error %u", GetLastError());
	snprintf(path, size, "%s/../tools/winvm", dirname(self));
}

void step_map(void)
{
	STARTUPINFOA startup = { .cb = sizeof(startup) };
	PROCESS_INFORMATION process;
	char path[PATH_MAX], command[48];
	int status;

	screen_say("What VMMap shows on Windows, winvm map does here: how much is committed and "
		   "how much of that is in memory, by kind, and where it lies. This program has "
		   "made some memory of each kind for it.");
	expect_true(CALL(kinds_make()));
	winvm_path(path, sizeof(path));
	snprintf(command, sizeof(command), "winvm map -h %u", GetCurrentProcessId());
	/* Nobody knows how wide a pipe is. */
	if (!isatty(STDOUT_FILENO))
		setenv("COLUMNS", "80", 0);
	if (!CALL(CreateProcessA(path, command, NULL, NULL, FALSE, 0, NULL, NULL, &startup,
				 &process)))
		fail("%s: error %u", path, GetLastError());
	putchar('\n');
	fflush(stdout);
	check(waitpid((pid_t)process.dwProcessId, &status, 0) > 0 && !status,
	      "winvm map has shown this process");
	CloseHandle(process.hProcess);
	CloseHandle(process.hThread);
}
