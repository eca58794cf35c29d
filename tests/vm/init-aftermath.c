// SPDX-License-Identifier: GPL-2.0
/* What must hold once the command is gone: no process, no module, no leak. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "init.h"

#define KMEMLEAK "/sys/kernel/debug/kmemleak"

enum {
	PATIENCE_MS = 20000,
	STEP_MS = 50,
	/* kmemleak's MSECS_MIN_AGE and a second, for the coarse clocks */
	LEAK_AGE_MS = 6500,
};

static void kill_everybody(void)
{
	for (int waited = 0; waited < PATIENCE_MS; waited += STEP_MS) {
		pid_t pid;

		kill(-1, SIGKILL);
		do {
			pid = waitpid(-1, NULL, WNOHANG);
		} while (pid > 0);
		if (pid < 0 && errno == ECHILD)
			return;
		nap(STEP_MS);
	}
	report("fail a process does not die of SIGKILL");
	write_file("/proc/sysrq-trigger", "w");
}

static bool module_is_loaded(void)
{
	return !access("/sys/module/winvm/initstate", F_OK);
}

/* Final fputs and mm teardown run a little after the process is reaped. */
static void unload_module(void)
{
	int waited = 0;

	while (syscall(SYS_delete_module, "winvm", O_NONBLOCK) && errno != ENOENT) {
		if (waited >= PATIENCE_MS) {
			report("fail winvm cannot be unloaded: %s", strerror(errno));
			return;
		}
		nap(STEP_MS);
		waited += STEP_MS;
	}
}

/* The name of a slab cache the module left, or "". */
static void find_slab_cache(char name[64])
{
	FILE *slabs = fopen("/proc/slabinfo", "re");
	char line[512];

	name[0] = '\0';
	if (!slabs)
		die("/proc/slabinfo");
	while (fgets(line, sizeof(line), slabs)) {
		if (!strncmp(line, "winvm", 5))
			sscanf(line, "%63s", name);
	}
	fclose(slabs);
}

static void check_slab_caches(void)
{
	char name[64];

	for (int waited = 0; waited < PATIENCE_MS / 4; waited += STEP_MS) {
		find_slab_cache(name);
		if (!name[0])
			return;
		nap(STEP_MS);
	}
	report("fail the slab cache %s is left with its objects", name);
}

/* Copies kmemleak's reports to the kernel log, where the runner looks. */
static void log_leaks(void)
{
	FILE *leaks = fopen(KMEMLEAK, "re");
	char line[512];
	int log = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	bool any = false;

	while (leaks && log >= 0 && fgets(line, sizeof(line), leaks)) {
		write_all(log, line, strlen(line));
		any = true;
	}
	if (any)
		report("fail kmemleak found unreferenced objects");
	if (leaks)
		fclose(leaks);
	close(log);
}

static bool scan_for_leaks(void)
{
	return !write_file(KMEMLEAK, "scan");
}

/*
 * Two scans: an object whose checksum is new to the first passes as live, and
 * one younger than LEAK_AGE_MS when a scan starts is not reported.
 */
static void look_for_leaks(void)
{
	struct timespec begin, now;
	long took;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	if (!scan_for_leaks())
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	took = (now.tv_sec - begin.tv_sec) * 1000;
	if (took < LEAK_AGE_MS)
		nap(LEAK_AGE_MS - took);
	scan_for_leaks();
	log_leaks();
}

/* Taints of a kernel that complained: bad page, died, warned, soft lockup. */
static void check_taint(void)
{
	const unsigned long complaints = 1 << 5 | 1 << 7 | 1 << 9 | 1 << 14;
	FILE *file = fopen("/proc/sys/kernel/tainted", "re");
	unsigned long taint;

	if (!file || fscanf(file, "%lu", &taint) != 1)
		die("/proc/sys/kernel/tainted");
	fclose(file);
	if (taint & complaints)
		report("fail the kernel is tainted: %#lx", taint & complaints);
}

/*
 * Leaks are looked for twice: with the module still there the reports name
 * its functions, without it the objects that only its data held come up.
 */
void check_aftermath(void)
{
	bool loaded = module_is_loaded();

	kill_everybody();
	if (loaded) {
		look_for_leaks();
		unload_module();
		check_slab_caches();
		if (scan_for_leaks())
			log_leaks();
	}
	check_taint();
}
