// SPDX-License-Identifier: GPL-2.0
/*
 * Kernel memory, by the module's own count, and by Linux' of all slabs, page tables
 * and per-processor memory; for so many of a kind that what else happens is nothing.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <windows.h>

#include "bench.h"
#include "peers.h"

#include "../../uapi/linux/winvm.h"

#define MILLION	  ((size_t)1000000)
#define PROCESSES 200

/* In bytes. */
struct held {
	double counted;
	double slab;
};

static int device = -1;

static double meminfo(const char *wanted)
{
	FILE *file = fopen("/proc/meminfo", "r");
	char name[64];
	double number, found = 0;

	while (file && fscanf(file, "%63s %lf%*[^\n]", name, &number) == 2)
		if (!strcmp(name, wanted))
			found = number * 1024;
	if (file)
		fclose(file);
	return found;
}

static double slab(void)
{
	return meminfo("Slab:") + meminfo("Percpu:") + meminfo("PageTables:");
}

/* What has just ended may still be giving back. */
static double settled_slab(void)
{
	double last = 0, now = slab();

	for (int i = 0; i < 50 && (now > last || last > now); i++) {
		usleep(200000);
		last = now;
		now = slab();
	}
	return now;
}

static struct held held(void)
{
	struct winvm_counters counters = { .size = sizeof(counters) };

	if (ioctl(device, WINVM_IOC_COUNTERS, &counters))
		bench_fail("memory: no counters");
	return (struct held){
		.counted = (double)counters.bookkeeping_bytes,
		.slab = settled_slab(),
	};
}

/* What is to be reached is the peer. target 0: nothing is. */
static void tell(const char *name, const char *unit, double counted, double slab, double target)
{
	struct samples ours = {}, targets = {};
	struct bench_result result = {
		.name = name,
		.unit = unit,
		.peer_name = target > 0 ? "target" : "-",
		.winvm = &ours,
		.peer = &targets,
		.bar = BAR(target > 0 ? 1 : 0),
	};

	samples_add(&ours, counted > 0 ? counted : slab);
	if (target > 0)
		samples_add(&targets, target);
	if (counted > 0)
		snprintf(result.note, sizeof(result.note), "Linux counts %.2f", slab);
	else
		snprintf(result.note, sizeof(result.note), "as Linux counts");
	bench_print(&result);
}

static void tell_difference(const char *name, struct held before, double units, double target)
{
	struct held after = held();

	tell(name, "bytes", (after.counted - before.counted) / units,
	     (after.slab - before.slab) / units, target);
}

static void of_vads(void)
{
	size_t vads = bench_options.quick ? MILLION / 10 : MILLION;
	struct held before = held();

	for (size_t i = 0; i < vads; i++)
		if (!VirtualAlloc(NULL, GRANULARITY, MEM_RESERVE, PAGE_READWRITE))
			bench_fail("memory: no further VAD");
	tell_difference("kernel memory of a VAD", before, (double)vads, 160);
}

static void of_uniform_pages(void)
{
	struct held before = held();
	char *base = VirtualAlloc(NULL, MILLION * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);

	if (!base)
		bench_fail("memory: 4 GB");
	tell_difference("kernel memory of a page, uniform", before, MILLION, 0.05);
	VirtualFree(base, 0, MEM_RELEASE);
}

/* Each is protected otherwise than the one before it. */
static void of_differing_pages(void)
{
	size_t pages = MILLION;
	struct held before = held();
	char *base = VirtualAlloc(NULL, pages * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
	DWORD old;

	for (size_t page = 0; page < pages; page += 2)
		if (!base || !VirtualProtect(base + page * PAGE, PAGE, PAGE_READONLY, &old))
			bench_fail("memory: protections by turns");
	tell_difference("kernel memory of a page, no two alike", before, (double)pages, 2);
	VirtualFree(base, 0, MEM_RELEASE);
}

/* Committed pages, one in each step. */
static void of_lone_pages(const char *name, size_t pages, size_t step)
{
	struct held before = held();
	char *base = VirtualAlloc(NULL, pages * step, MEM_RESERVE, PAGE_READWRITE);

	for (size_t i = 0; i < pages; i++)
		if (!base || !VirtualAlloc(base + i * step, PAGE, MEM_COMMIT, PAGE_READWRITE))
			bench_fail("memory: no further page");
	tell_difference(name, before, (double)pages, 0);
	VirtualFree(base, 0, MEM_RELEASE);
}

/* Begins with a reservation, if it is to, and waits to be killed. */
static pid_t start_process(bool with_winvm, int ready)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	if (with_winvm && !VirtualAlloc(NULL, GRANULARITY, MEM_RESERVE, PAGE_READWRITE))
		_exit(1);
	if (write(ready, "", 1) != 1)
		_exit(1);
	pause();
	_exit(0);
}

/* What so many hold. */
static double of_processes(bool with_winvm)
{
	pid_t pids[PROCESSES];
	int ready[2];
	char byte;
	double before = settled_slab(), after;

	if (pipe2(ready, O_CLOEXEC))
		bench_fail("memory: no pipe");
	for (int i = 0; i < PROCESSES; i++) {
		pids[i] = start_process(with_winvm, ready[1]);
		if (read(ready[0], &byte, 1) != 1)
			bench_fail("memory: a process did not begin");
	}
	after = settled_slab();
	close(ready[0]);
	close(ready[1]);
	for (int i = 0; i < PROCESSES; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
	return after - before;
}

void group_memory(void)
{
	double with, without;
	struct held first;

	device = open(WINVM_DEVICE, O_RDWR | O_CLOEXEC);
	if (device < 0 || !VirtualAlloc(NULL, GRANULARITY, MEM_RESERVE, PAGE_READWRITE))
		bench_fail("memory: is the module loaded?");
	first = held();
	of_processes(false); /* warms caches up */
	without = of_processes(false);
	with = of_processes(true);
	tell("kernel memory of a process with a VAD", "bytes", first.counted,
	     (with - without) / PROCESSES, 0);
	of_uniform_pages();
	of_differing_pages();
	of_lone_pages("kernel memory of a page, every other", 500000, 2 * PAGE);
	of_lone_pages("kernel memory of a page, alone in 16 MB", 1000, 16 * MB);
	of_vads();
}
