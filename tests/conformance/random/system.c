// SPDX-License-Identifier: GPL-2.0
#include "system.h"

#include <fcntl.h>
#include <linux/winvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <windows.h>
#include <winternl.h>

#include "../operation.h"
#include "../probe.h"
#include "../section.h"
#include "../slots.h"
#include "../target.h"

#define LINE_BYTES 1024
#define WORDS	   16
#define CHOICES	   4096
#define SLOTS	   64
#define PAGE_BYTES 0x1000
#define PATIENCE   3000

static struct {
	uint64_t base;
	uint64_t bytes;
} choices[CHOICES];

static unsigned int chosen;
static bool child_started;
static FILE *answers;
static char *answer;
static size_t answer_bytes;
static int device = -1;
static struct system_counters at_beginning;

static struct system_counters count_all(void)
{
	struct winvm_counters counters = { .size = sizeof(counters) };

	if (ioctl(device, WINVM_IOC_COUNTERS, &counters)) {
		perror("random: WINVM_IOC_COUNTERS");
		exit(2);
	}
	return (struct system_counters){
		.virtual_bytes = counters.virtual_bytes,
		.commit_bytes = counters.commit_bytes,
		.vads = counters.vads,
		.system_bytes = counters.system_commit_bytes,
	};
}

struct system_counters system_count(void)
{
	struct system_counters now = count_all();

	now.virtual_bytes -= at_beginning.virtual_bytes;
	now.commit_bytes -= at_beginning.commit_bytes;
	now.vads -= at_beginning.vads;
	now.system_bytes -= at_beginning.system_bytes;
	return now;
}

struct system_counters system_count_settled(uint64_t system_bytes)
{
	struct system_counters now = system_count();

	for (int tries = 0; now.system_bytes != system_bytes && tries < PATIENCE; tries++) {
		usleep(1000);
		now = system_count();
	}
	return now;
}

bool system_begin(void)
{
	answers = open_memstream(&answer, &answer_bytes);
	device = open("/dev/winvm", O_RDWR | O_CLOEXEC);
	if (!answers || device < 0) {
		perror("random: /dev/winvm");
		return false;
	}
	if (!probe_begin() || !slots_fence_arena()) {
		fprintf(stderr, "random: no arena, error %u\n", GetLastError());
		return false;
	}
	at_beginning = count_all();
	return true;
}

void system_end(void)
{
	target_end();
	close(device);
	fclose(answers);
	free(answer);
}

static int overcommit = -1;

static bool write_setting(const char *path, const char *text)
{
	int file = open(path, O_WRONLY | O_CLOEXEC);
	bool written = file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text);

	if (!written)
		perror(path);
	if (file >= 0)
		close(file);
	return written;
}

/* The limit is as high as it can be but while commits are refused. */
void system_squeeze(bool on)
{
	const char *limit = on ? "1" : "4000000000";

	if (pwrite(overcommit, limit, strlen(limit), 0) != (ssize_t)strlen(limit)) {
		perror("random: overcommit_kbytes");
		exit(2);
	}
}

bool system_squeeze_begin(void)
{
	overcommit = open("/proc/sys/vm/overcommit_kbytes", O_WRONLY | O_CLOEXEC);
	if (overcommit < 0) {
		perror("random: overcommit_kbytes");
		return false;
	}
	system_squeeze(false);
	return write_setting("/proc/sys/vm/overcommit_memory", "2");
}

void system_squeeze_end(void)
{
	write_setting("/proc/sys/vm/overcommit_memory", "0");
	write_setting("/proc/sys/vm/overcommit_ratio", "50");
	close(overcommit);
}

/* Others need memory of Linux's own, as a child does, or begin by closing something. */
bool system_may_refuse(const char *line)
{
	static const char *const calls[] = { "alloc ", "alloc2 ", "alloc2r ", "nalloc ", "prot ",
					     "nprot ", "map ",	  "map2 ",    "map3 ",	 "nmap " };

	if (target_is_child())
		return false;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (!strncmp(line, calls[i], strlen(calls[i])))
			return true;
	return false;
}

static int split(char *line, char **words)
{
	char *rest = line;
	int count = 0;

	while (count < WORDS && (words[count] = strtok_r(rest, " \t", &rest)))
		count++;
	return count;
}

/* The operations print to stdout, which glibc lets us choose. */
const char *system_perform(const char *line)
{
	FILE *console = stdout;
	char copy[LINE_BYTES];
	char *words[WORDS];
	int count;

	snprintf(copy, sizeof(copy), "%s", line);
	count = split(copy, words);
	child_started |= count == 2 && !strcmp(words[1], "child");
	rewind(answers);
	stdout = answers;
	operation_perform(words, count);
	stdout = console;
	fflush(answers);
	answer[answer_bytes] = '\0';
	return answer;
}

uint64_t system_slot(unsigned int number)
{
	char name[16];

	snprintf(name, sizeof(name), "s%u", number);
	return slots_address(name);
}

void system_remember(uint64_t base, uint64_t bytes)
{
	choices[chosen].base = base;
	choices[chosen].bytes = bytes;
	chosen += chosen < CHOICES - 1;
}

static void release(uint64_t allocation)
{
	void *base = (void *)(uintptr_t)allocation;
	SIZE_T bytes = 0;

	if (NT_SUCCESS(NtUnmapViewOfSection(target_process(), base)))
		return;
	NtFreeVirtualMemory(target_process(), &base, &bytes, MEM_RELEASE);
}

static void release_range(uint64_t base, uint64_t end)
{
	MEMORY_BASIC_INFORMATION region;

	while (base < end && target_query(base, &region)) {
		uint64_t allocation = (uintptr_t)region.AllocationBase;

		if (region.State != MEM_FREE && allocation >= base)
			release(allocation);
		base = (uintptr_t)region.BaseAddress + region.RegionSize;
	}
}

/* A slot may hold what the model knows nothing of. */
static void release_slot(unsigned int number)
{
	uint64_t base = system_slot(number);
	MEMORY_BASIC_INFORMATION region;

	if (base && target_query(base, &region) && (uintptr_t)region.AllocationBase == base)
		release(base);
}

/* Scripts may release the fences, too. */
static void release_all(void)
{
	release_range(ARENA_BASE - FENCE_BYTES, ARENA_BASE + ARENA_BYTES + FENCE_BYTES);
	for (unsigned int i = 0; i < chosen; i++)
		release_range(choices[i].base, choices[i].base + choices[i].bytes);
	for (unsigned int i = 0; i < SLOTS; i++)
		release_slot(i);
	if (!slots_fence_arena()) {
		fprintf(stderr, "random: no arena any more, error %u\n", GetLastError());
		exit(2);
	}
}

/* Of the working set, as every process has them at first (SPEC WS-1). */
static void restore_limits(void)
{
	if (SetProcessWorkingSetSizeEx(target_process(), 50 * PAGE_BYTES, 345 * PAGE_BYTES,
				       QUOTA_LIMITS_HARDWS_MIN_DISABLE |
					       QUOTA_LIMITS_HARDWS_MAX_DISABLE))
		return;
	fprintf(stderr, "random: limits of the working set, error %u\n", GetLastError());
	exit(2);
}

static void reset_target(void)
{
	release_all();
	restore_limits();
}

void system_reset(void)
{
	if (child_started && target_choose_child())
		reset_target();
	target_choose_self();
	reset_target();
	slots_forget();
	section_close_all();
	chosen = 0;
}

void system_accept_leftovers(void)
{
	at_beginning = count_all();
}
