// SPDX-License-Identifier: MIT
/*
 * Windows' virtual memory on Linux, played through as Randy Kath explained it
 * in "Managing Virtual Memory" (Microsoft Developer Network, January 1993).
 *
 * Everything on the screen is asked of the system when it is printed, and
 * checked: the demo ends with status 1 where an answer is not Windows'.
 */
#include <stdio.h>

#include "demo.h"

static const struct step {
	const char *title;
	void (*play)(void);
	bool table;
} steps[] = {
	{ "The address space", step_address_space, false },
	{ "Reserve 10 MB", step_reserve, true },
	{ "Commit page 3", step_commit, true },
	{ "Touch", step_touch, true },
	{ "Protect", step_protect, true },
	{ "A buffer that grows in the exception handler", step_buffer, true },
	{ "A linked list in reserved memory", step_list, true },
	{ "Lock", step_lock, true },
	{ "Decommit", step_decommit, true },
	{ "Release", step_release, true },
	{ "A ring of two views", step_ring, false },
	{ "A second process walks this one", step_walk, false },
};

static void introduce(void)
{
	screen_say("In January 1993 Randy Kath explained the virtual memory of Windows NT to "
		   "programmers, in the article \"Managing Virtual Memory\". This program goes "
		   "his way again, with his calls, as a Linux process. Each call that is shown "
		   "is made; each table is what VirtualQuery tells at that moment. Where "
		   "Windows answers differently today it is said, and winvm answers as "
		   "Windows does today.");
}

/* Differences that no call shows: what goes on beneath. */
static void tell_the_rest(void)
{
	screen_say("What has changed since and cannot be seen by calls:");
	screen_then("Page tables have two levels.");
	screen_now(8, "Four on x64, five on large servers. They are Linux' own here.");
	screen_then("The thread that needs a page writes a dirty one back first.");
	screen_now(9, "Writers in the background do; here it is Linux' reclaim.");
	screen_then("Allocations are kept in a self-balancing tree.");
	screen_now(10, "An AVL tree, in Windows as in winvm.");
	screen_then("A database has one entry for each page frame.");
	screen_now(11, "Still so. Here it is Linux' array of struct page.");
	screen_then("Programs are paged from their own files.");
	screen_now(12, "Still so, on both systems.");
}

int main(void)
{
	const struct step *step;

	screen_open();
	introduce();
	for (step = steps; step < steps + sizeof(steps) / sizeof(*steps); step++) {
		screen_heading(step->title);
		step->play();
		if (step->table)
			memory_show();
	}
	screen_heading("The rest");
	tell_the_rest();
	screen_heading("What it comes to");
	step_map();
	printf("\n%sThe demo is complete: %u answers checked, every one as Windows gives it.%s\n",
	       screen_colour(GREEN), checks_made(), screen_colour(PLAIN));
	return 0;
}
